//! The tensor: a handle on a storage, seen through views, with what autograd knows of it.

mod leaf;
mod storage;
mod view;

pub use storage::Storage;
pub use view::{Geometry, Move, ViewCall, moved_type};

use parking_lot::{Mutex, RwLock};
use smallvec::SmallVec;
use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use flashlight_compiler::{
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Scalar, Shape, Type},
};
use flashlight_runtime::Device;

use crate::{
    autograd::{Edge, Hook, Node, Scope, Var, is_grad_enabled},
    emitter::Base,
    error::{Error, Result},
    trace,
    value::Value,
};

/// A tensor. Clones are the same tensor.
#[derive(Clone)]
pub struct Tensor(Arc<Inner>);

/// A tensor that is not kept alive.
#[derive(Clone)]
pub struct WeakTensor(Weak<Inner>);

struct Inner {
    core: RwLock<Arc<Core>>,
    state: Mutex<State>,
    mark: AtomicUsize,
    /// Itself before its shape was changed in place, and when that was: what older views of it see.
    former: Mutex<Option<(u64, WeakTensor)>>,
}

/// What a tensor is made of; replaced as a whole by `tensor.data = other`.
pub struct Core {
    storage: Arc<Storage>,
    parent: Option<Parent>,
    /// Element type and shape.
    pub ty: Type,
    /// Where its elements lie.
    pub geometry: Geometry,
    /// Where they are.
    pub device: Device,
    /// Nodes with larger numbers are younger than this tensor.
    created: u64,
    /// How often it was written, where it does not count with its storage: `tensor.data`.
    counter: Option<Arc<AtomicU64>>,
}

/// What a tensor is a view of.
struct Parent {
    tensor: Tensor,
    call: Arc<ViewCall>,
    link: Link,
}

/// How a view hangs on what it is a view of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Gradients run through it.
    Tracked,
    /// Made where recording was off: a view all the same, which must not be written where recording is on.
    NoGrad,
    /// It shares elements and nothing else: `detach`.
    Detached,
    /// The tensor itself, as it was before its shape was changed in place: no view, and gradients run through.
    Itself,
}

impl Parent {
    /// What a view sees that was made at a time: the tensor as it was then.
    fn tensor(&self, created: u64) -> Tensor {
        let mut tensor = self.tensor.clone();
        loop {
            let former = match &*tensor.0.former.lock() {
                Some((when, former)) if created < *when => former.upgrade(),
                _ => None,
            };
            match former {
                Some(former) => tensor = former,
                None => return tensor,
            }
        }
    }

    fn is_tracked(&self) -> bool {
        matches!(self.link, Link::Tracked | Link::Itself)
    }

    /// Whether what hangs on it is a view of it in torch's sense.
    fn is_base(&self) -> bool {
        matches!(self.link, Link::Tracked | Link::NoGrad)
    }
}

/// One step from a tensor to one that sees its elements.
#[derive(Clone)]
pub enum Seen {
    /// A view, and whether it was made where recording was on.
    Through(Arc<ViewCall>, bool),
    /// Without the history.
    Detached,
}

/// What changes during a tensor's life.
#[derive(Default)]
struct State {
    /// Where the gradient goes, of a tensor that is no tracked view.
    edge: Option<Edge>,
    /// What was read last, and the version of the storage then.
    cache: Option<(u64, Var)>,
    grad: Option<Tensor>,
    retains_grad: bool,
    post_accumulate: Vec<(u64, Arc<dyn Hook>)>,
}

impl Tensor {
    fn assemble(core: Core, edge: Option<Edge>) -> Self {
        Self(Arc::new(Inner {
            core: RwLock::new(Arc::new(core)),
            state: Mutex::new(State { edge, ..State::default() }),
            mark: AtomicUsize::new(0),
            former: Mutex::new(None),
        }))
    }

    /// A new tensor in a storage of its own.
    pub fn from_var(var: Var) -> Self {
        let ty = var.value.ty().clone();
        let geometry = Geometry::contiguous(&ty.shape);
        let device = var.value.device();
        let storage = Storage::new(var.value);
        let created = crate::autograd::now();
        Self::assemble(Core { storage, parent: None, ty, geometry, device, created, counter: None }, var.edge)
    }

    /// A new tensor that needs no gradient.
    pub fn from_value(value: Value) -> Self {
        Self::from_var(Var::constant(value))
    }

    /// What it is made of.
    pub fn core(&self) -> Arc<Core> {
        self.0.core.read().clone()
    }

    /// Its storage.
    pub fn storage(&self) -> Arc<Storage> {
        self.core().storage.clone()
    }

    /// Element type and shape.
    pub fn ty(&self) -> Type {
        self.core().ty.clone()
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.0.core.read().ty.dtype
    }

    /// The sizes.
    pub fn shape(&self) -> Shape {
        self.0.core.read().ty.shape.clone()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.core.read().ty.rank()
    }

    /// Where the elements are.
    pub fn device(&self) -> Device {
        self.0.core.read().device
    }

    /// How often the storage was written.
    pub fn version(&self) -> u64 {
        let core = self.0.core.read();
        core.counter.as_ref().map_or_else(|| core.storage.version(), |c| c.load(Ordering::Relaxed))
    }

    /// A number that no other living tensor has.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Where its own gradient goes: of a tensor that is no tracked view.
    pub(crate) fn own_edge(&self) -> Option<Edge> {
        self.0.state.lock().edge.clone()
    }

    /// Puts back what it was made of, and where its gradient went.
    pub(crate) fn restore(&self, core: Arc<Core>, edge: Option<Edge>) {
        let old = std::mem::replace(&mut *self.0.core.write(), core);
        let mut state = self.0.state.lock();
        let cache = state.cache.take();
        let edge = std::mem::replace(&mut state.edge, edge);
        drop(state);
        drop((old, cache, edge));
    }

    /// Notes in the trace that records here what is about to change.
    fn touch(&self) {
        if let Some(trace) = trace::current() {
            trace.touch(self);
        }
    }

    /// Sets where the gradient goes.
    fn set_edge(&self, edge: Option<Edge>) {
        if edge.is_none() && self.own_edge().is_none() {
            return;
        }
        self.touch();
        let old = std::mem::replace(&mut self.0.state.lock().edge, edge);
        drop(old);
    }

    /// Whether two handles are of the same tensor.
    pub fn is(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many handles there are.
    pub fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// A handle that does not keep it alive.
    pub fn downgrade(&self) -> WeakTensor {
        WeakTensor(Arc::downgrade(&self.0))
    }

    /// The tensor whose storage this one sees, where it is a view.
    pub fn base(&self) -> Option<Tensor> {
        let mut base: Option<Tensor> = None;
        let mut core = self.core();
        while let Some(parent) = core.parent.as_ref().filter(|p| p.link != Link::Detached) {
            if parent.is_base() {
                base = Some(parent.tensor.clone());
            }
            core = parent.tensor(core.created).core();
        }
        base
    }

    /// The tensor that sees the whole storage, in row-major order, and whether gradients run from there to this one.
    pub fn root(&self) -> (Tensor, bool) {
        let (mut root, mut tracked) = (self.clone(), true);
        loop {
            let core = root.core();
            let Some(parent) = &core.parent else { return (root, tracked) };
            tracked &= parent.is_tracked();
            root = parent.tensor(core.created);
        }
    }

    /// How it is seen in its storage, where it is a view: the storage's type and the moves. For telling programs apart.
    pub fn recipe(&self) -> Option<String> {
        let mut core = self.core();
        let mut text = String::new();
        while let Some(parent) = &core.parent {
            text.push_str(&format!("{:?}", parent.call.moves));
            core = parent.tensor(core.created).core();
        }
        (!text.is_empty()).then(|| format!("{}{text}", core.ty))
    }

    /// The tensor that this one is seen from: the nearest that `is_base` knows, or one that sees its whole storage. With the
    /// steps from there.
    pub fn seen_from(&self, is_base: &dyn Fn(&Tensor) -> bool) -> (Tensor, Vec<Seen>) {
        let mut steps = Vec::new();
        let mut tensor = self.clone();
        while !is_base(&tensor) {
            let core = tensor.core();
            let Some(parent) = &core.parent else { break };
            let seen = Seen::Through(parent.call.clone(), parent.is_tracked());
            steps.push(seen);
            if parent.link == Link::Detached {
                steps.push(Seen::Detached);
            }
            tensor = parent.tensor(core.created);
        }
        steps.reverse();
        (tensor, steps)
    }

    /// The tensor that is one step further.
    ///
    /// # Errors
    /// A view that is none of this tensor.
    pub fn look_through(&self, step: &Seen) -> Result<Tensor> {
        match step {
            Seen::Detached => Ok(self.detach()),
            Seen::Through(call, recording) => {
                let _mode = crate::autograd::GradMode::enter(*recording);
                self.view(call.function, call.moves.clone())?
                    .ok_or_else(|| Error::internal(format_args!("{} of a result needs a copy", call.function)))
            }
        }
    }

    /// The current value, and where its gradient goes.
    ///
    /// # Errors
    /// What the ops of a view can fail with.
    pub fn read(&self) -> Result<Var> {
        // The tensors between this one and the nearest that is up to date, this one first.
        let mut stale: SmallVec<[(Tensor, Arc<Core>); 1]> = SmallVec::new();
        let mut tensor = self.clone();
        let mut var = loop {
            let core = tensor.core();
            let (value, stamp) = core.storage.see()?;
            if let Some(trace) = trace::current() {
                let needs_grad = core.parent.is_none().then(|| tensor.own_edge().is_some());
                trace.meet(&tensor, &core, needs_grad);
            }
            let mut state = tensor.0.state.lock();
            let Some(parent) = &core.parent else {
                break Var { value, edge: state.edge.clone() };
            };
            match &state.cache {
                Some((at, var)) if *at == stamp && var.value.is_of_the_same_trace(&value) => {
                    let edge = if parent.is_tracked() { var.edge.clone() } else { state.edge.clone() };
                    break Var { value: var.value.clone(), edge };
                }
                _ => state.cache = None,
            }
            let next = parent.tensor(core.created);
            drop(state);
            stale.push((std::mem::replace(&mut tensor, next), core));
        };
        for (tensor, core) in stale.into_iter().rev() {
            let Some(parent) = &core.parent else { return Err(Error::internal("a stale tensor is a view")) };
            let stamp = core.storage.stamp();
            // A view that is older than its parent's claim to a gradient has no part in it.
            let source = match var.edge {
                Some(edge)
                    if parent.is_tracked() && (!edge.node.is_accumulate() || edge.node.sequence() < core.created) =>
                {
                    Var { value: var.value, edge: Some(edge) }
                }
                _ => Var::constant(var.value),
            };
            let mut base = Base::on(core.device);
            let mut scope = Scope::over(&mut base, source.edge.is_some());
            let value = scope.track(&source);
            let value = parent.call.apply(&value, &mut scope)?;
            let made = scope.finish(parent.call.function, &[value]).remove(0);
            let mut state = tensor.0.state.lock();
            state.cache = Some((stamp, made.clone()));
            var = if parent.is_tracked() { made } else { Var { value: made.value, edge: state.edge.clone() } };
        }
        Ok(var)
    }

    /// The current value alone.
    ///
    /// # Errors
    /// As [`Tensor::read`].
    pub fn value(&self) -> Result<Value> {
        Ok(self.read()?.value)
    }

    /// A view. `None` where the moves would need a copy.
    ///
    /// # Errors
    /// What the moves' type rules refuse.
    pub fn view(&self, function: &'static str, moves: SmallVec<[Move; 2]>) -> Result<Option<Tensor>> {
        let core = self.core();
        let mut geometry = core.geometry.clone();
        let mut ty = core.ty.clone();
        for step in &moves {
            let Some(next) = geometry.through(&ty.shape, step) else { return Ok(None) };
            geometry = next;
            ty = moved_type(&ty, std::slice::from_ref(step))?;
        }
        let call = Arc::new(ViewCall { function, moves });
        let link = if is_grad_enabled() { Link::Tracked } else { Link::NoGrad };
        Ok(Some(self.seen_through(call, ty, geometry, link)))
    }

    /// A view whose elements lie where the caller says: moves that pass through a shape that has no strides of its own.
    ///
    /// # Errors
    /// What the moves' type rules refuse.
    pub fn view_lying(&self, function: &'static str, moves: SmallVec<[Move; 2]>, geometry: Geometry) -> Result<Tensor> {
        let ty = moved_type(&self.ty(), &moves)?;
        let link = if is_grad_enabled() { Link::Tracked } else { Link::NoGrad };
        Ok(self.seen_through(Arc::new(ViewCall { function, moves }), ty, geometry, link))
    }

    /// A tensor of its own whose elements lie in this one as the moves say: no view, unlike [`Tensor::view_lying`].
    ///
    /// # Errors
    /// What the moves' type rules refuse.
    pub fn lying(&self, function: &'static str, moves: SmallVec<[Move; 2]>, geometry: Geometry) -> Result<Tensor> {
        let ty = moved_type(&self.ty(), &moves)?;
        Ok(self.seen_through(Arc::new(ViewCall { function, moves }), ty, geometry, Link::Itself))
    }

    /// Makes this tensor see its own elements through the view that `look` takes of it: `t_`, `squeeze_`, `as_strided_`.
    ///
    /// # Errors
    /// What `look` refuses; a leaf that needs a gradient, where recording is on.
    pub fn look_anew(&self, look: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<()> {
        self.refuse_write()?;
        let core = self.core();
        let edge = self.own_edge();
        let is_leaf = edge.as_ref().is_some_and(|e| e.node.is_accumulate());
        // Its former self keeps its history.
        let before = Self(Arc::new(Inner {
            core: RwLock::new(core.clone()),
            state: Mutex::new(State { edge: edge.clone().filter(|_| !is_leaf), ..State::default() }),
            mark: AtomicUsize::new(0),
            former: Mutex::new(self.0.former.lock().take()),
        }));
        let view = look(&before)?.core();
        let Some(parent) = &view.parent else { return Err(Error::internal("a view has a parent")) };
        let link = if is_leaf { Link::Detached } else { Link::Itself };
        let fresh = Core {
            storage: view.storage.clone(),
            parent: Some(Parent { tensor: parent.tensor(view.created), call: parent.call.clone(), link }),
            ty: view.ty.clone(),
            geometry: view.geometry.clone(),
            device: view.device,
            created: view.created,
            counter: core.counter.clone(),
        };
        self.touch();
        let ty = fresh.ty.clone();
        let old = std::mem::replace(&mut *self.0.core.write(), Arc::new(fresh));
        drop(old);
        *self.0.former.lock() = Some((crate::autograd::begin(), before.downgrade()));
        let mut state = self.0.state.lock();
        let cache = state.cache.take();
        let own = is_leaf.then(|| Edge { node: Node::accumulate(self.downgrade(), ty), output: 0 });
        let edge = std::mem::replace(&mut state.edge, own);
        drop(state);
        drop((cache, edge));
        // torch counts it as a write.
        match &core.counter {
            Some(counter) => drop(counter.fetch_add(1, Ordering::Relaxed)),
            None => core.storage.write(core.storage.see()?.0, true)?,
        }
        Ok(())
    }

    /// The same elements without the history, which is not kept alive.
    pub fn detach(&self) -> Tensor {
        self.detached(self.core().counter.clone())
    }

    /// [`Tensor::detach`], but what is written there does not count as written here: `tensor.data`.
    pub fn data(&self) -> Tensor {
        self.detached(Some(Arc::default()))
    }

    fn detached(&self, counter: Option<Arc<AtomicU64>>) -> Tensor {
        let core = self.core();
        let mut calls: SmallVec<[Arc<ViewCall>; 2]> = SmallVec::new();
        let mut root = core.clone();
        while let Some(parent) = &root.parent {
            calls.push(parent.call.clone());
            root = parent.tensor(root.created).core();
        }
        let seen = |of: &Core, parent| Core {
            storage: core.storage.clone(),
            parent,
            ty: of.ty.clone(),
            geometry: of.geometry.clone(),
            device: of.device,
            created: crate::autograd::now(),
            counter: counter.clone(),
        };
        let whole = Self::assemble(seen(&root, None), None);
        let moves: SmallVec<[Move; 2]> = calls.iter().rev().flat_map(|c| c.moves.iter().cloned()).collect();
        if moves.is_empty() {
            return whole;
        }
        let call = Arc::new(ViewCall { function: "detach", moves });
        Self::assemble(seen(&core, Some(Parent { tensor: whole, call, link: Link::Detached })), None)
    }

    fn seen_through(&self, call: Arc<ViewCall>, ty: Type, geometry: Geometry, link: Link) -> Tensor {
        let core = self.core();
        let parent = Some(Parent { tensor: self.clone(), call, link });
        let (storage, device, counter) = (core.storage.clone(), core.device, core.counter.clone());
        let created = crate::autograd::now();
        Self::assemble(Core { storage, parent, ty, geometry, device, created, counter }, None)
    }

    /// Replaces the elements in place: every view sees it. Where recording is on, the history is replaced too; where it is
    /// off, only the elements are.
    ///
    /// # Errors
    /// What reading and writing through views fails with; see [`Tensor::refuse_write`] for what torch refuses.
    pub fn write(&self, new: Var) -> Result<()> {
        let core = self.core();
        if new.ty() != &core.ty {
            return Err(Error::internal(format_args!("a write of {} into {}", new.ty(), core.ty)));
        }
        let mut recording = is_grad_enabled();
        if recording && new.edge.is_some() {
            self.refuse_recording()?;
        }
        let mut tensor = self.clone();
        let mut new = new;
        loop {
            let core = tensor.core();
            let Some(parent) = &core.parent else {
                if recording {
                    let old = tensor.0.state.lock().edge.clone();
                    if let (None, Some(edge)) = (&new.edge, old) {
                        new = replaced(Var { value: core.storage.see()?.0, edge: Some(edge) }, new)?;
                    }
                }
                core.storage.write(new.value, core.counter.is_none())?;
                if let Some(counter) = &core.counter {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                if recording {
                    tensor.set_edge(new.edge);
                }
                return Ok(());
            };
            if !parent.is_tracked() && recording {
                tensor.set_edge(new.edge.take());
                recording = false;
            }
            let source = parent.tensor(core.created).read()?;
            let mut base = Base::on(core.device);
            let mut scope = Scope::over(&mut base, recording);
            let (into, from) = (scope.track(&source), scope.track(&new));
            let updated = parent.call.write(&into, from, &mut scope)?;
            new = scope.finish("copy_slices", &[updated]).remove(0);
            tensor = parent.tensor(core.created);
        }
    }

    /// Refuses what torch refuses before it computes what an in-place operation would write.
    ///
    /// # Errors
    /// Where recording is on: a leaf that needs a gradient, a view of one, and a view made where recording was off of
    /// what needs a gradient.
    pub fn refuse_write(&self) -> Result<()> {
        if !is_grad_enabled() {
            return Ok(());
        }
        let leaf = |t: &Tensor| t.read().map(|v| v.edge.is_some_and(|e| e.node.is_accumulate()));
        if leaf(self)? {
            return Err(Error::runtime("a leaf Variable that requires grad is being used in an in-place operation."));
        }
        let Some(base) = self.base() else { return Ok(()) };
        if base.requires_grad()? {
            self.refuse_recording()?;
        }
        if leaf(&base)? && self.requires_grad()? {
            return Err(Error::runtime(
                "a view of a leaf Variable that requires grad is being used in an in-place operation.",
            ));
        }
        Ok(())
    }

    /// Refuses to give a history to a view that was made where recording was off.
    fn refuse_recording(&self) -> Result<()> {
        let mut core = self.core();
        while let Some(parent) = core.parent.as_ref().filter(|p| p.link != Link::Detached) {
            if parent.link == Link::NoGrad {
                return Err(Error::runtime(
                    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Make view \
                     and write both inside the no_grad block, where the write is not to be recorded, or both outside.",
                ));
            }
            core = parent.tensor(core.created).core();
        }
        Ok(())
    }

    /// Makes this tensor see another one's storage and type: `tensor.data = other`.
    ///
    /// # Errors
    /// Another element type under a leaf that needs a gradient.
    pub fn set_data(&self, other: &Tensor) -> Result<()> {
        let detached = other.detach();
        let source = detached.core();
        let fresh = Core {
            storage: source.storage.clone(),
            parent: source.parent.as_ref().map(|p| Parent {
                tensor: p.tensor(source.created),
                call: p.call.clone(),
                link: Link::Detached,
            }),
            ty: source.ty.clone(),
            geometry: source.geometry.clone(),
            device: source.device,
            created: source.created,
            counter: source.counter.clone(),
        };
        self.touch();
        let old = std::mem::replace(&mut *self.0.core.write(), Arc::new(fresh));
        drop(old);
        let mut state = self.0.state.lock();
        state.cache = None;
        if state.edge.as_ref().is_some_and(|e| e.node.is_accumulate()) {
            let node = Node::accumulate(self.downgrade(), source.ty.clone());
            state.edge = Some(Edge { node, output: 0 });
        }
        Ok(())
    }

    /// What a binding noted of this tensor, 0 where nothing: the address of the object that stands for it.
    pub fn mark(&self) -> usize {
        self.0.mark.load(Ordering::Relaxed)
    }

    /// Notes something of this tensor for a binding.
    pub fn set_mark(&self, mark: usize) {
        self.0.mark.store(mark, Ordering::Relaxed);
    }
}

/// What replaces every element of a tensor that has a history: as in torch it keeps one, through which no gradient
/// reaches what there was.
fn replaced(old: Var, new: Var) -> Result<Var> {
    let mut base = Base::on(new.value.device());
    let mut scope = Scope::over(&mut base, true);
    let old = scope.track(&old);
    let never = scope.number(Scalar::Bool(false), DType::Bool)?;
    let never = scope.broadcast_to(&never, &new.ty().shape)?;
    let chosen = scope.emit_one(Op::Where, Attrs::new(), &[never, old, new.value])?;
    let mut vars = scope.finish("copy", &[chosen]);
    vars.pop().ok_or_else(|| Error::internal("a choice has one result"))
}

impl Core {
    /// The number that every node and tensor made earlier is below.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// The storage it sees.
    pub fn storage_of(&self) -> Arc<Storage> {
        self.storage.clone()
    }

    /// Whether it sees the elements of another tensor.
    pub fn is_view(&self) -> bool {
        self.parent.is_some()
    }

    /// Whether both see the same elements of one storage.
    pub fn sees_the_same(&self, other: &Core) -> bool {
        Arc::ptr_eq(&self.storage, &other.storage) && self.ty == other.ty && self.geometry == other.geometry
    }
}

impl Drop for Core {
    /// Long chains of views are taken apart one by one, so that no stack is deep enough to overflow.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(parent) = next {
            let core = Arc::into_inner(parent.tensor.0).map(|inner| inner.core.into_inner());
            next = core.and_then(Arc::into_inner).and_then(|mut core| core.parent.take());
        }
    }
}

impl WeakTensor {
    /// The tensor, if it is still there.
    pub fn upgrade(&self) -> Option<Tensor> {
        self.0.upgrade().map(Tensor)
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}", self.core().ty, self.device())
    }
}
