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
    atomic::{AtomicUsize, Ordering},
};

use flashlight_compiler::{
    ir::Typed,
    types::{DType, Shape, Type},
};
use flashlight_runtime::Device;

use crate::{
    autograd::{Edge, Hook, Node, Scope, Var, is_grad_enabled},
    emitter::Base,
    error::{Error, Result},
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
}

/// What a tensor is a view of.
struct Parent {
    tensor: Tensor,
    call: Arc<ViewCall>,
    /// Whether gradients run through the view; they do not through `detach`.
    tracked: bool,
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
        }))
    }

    /// A new tensor in a storage of its own.
    pub fn from_var(var: Var) -> Self {
        let ty = var.value.ty().clone();
        let geometry = Geometry::contiguous(&ty.shape);
        let device = var.value.device();
        let storage = Arc::new(Storage::new(var.value));
        Self::assemble(Core { storage, parent: None, ty, geometry, device, created: crate::autograd::now() }, var.edge)
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
        self.0.core.read().storage.version()
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
        while let Some(parent) = core.parent.as_ref().filter(|p| p.tracked) {
            base = Some(parent.tensor.clone());
            core = parent.tensor.core();
        }
        base
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
            let (value, version) = core.storage.current();
            let mut state = tensor.0.state.lock();
            let Some(parent) = &core.parent else {
                break Var { value, edge: state.edge.clone() };
            };
            match &state.cache {
                Some((v, var)) if *v == version => {
                    let edge = if parent.tracked { var.edge.clone() } else { state.edge.clone() };
                    break Var { value: var.value.clone(), edge };
                }
                _ => state.cache = None,
            }
            let next = parent.tensor.clone();
            drop(state);
            stale.push((std::mem::replace(&mut tensor, next), core));
        };
        for (tensor, core) in stale.into_iter().rev() {
            let Some(parent) = &core.parent else { return Err(Error::internal("a stale tensor is a view")) };
            let version = core.storage.version();
            // A view that is older than its parent's claim to a gradient has no part in it.
            let source = match var.edge {
                Some(edge) if parent.tracked && (!edge.node.is_accumulate() || edge.node.sequence() < core.created) => {
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
            state.cache = Some((version, made.clone()));
            var = if parent.tracked { made } else { Var { value: made.value, edge: state.edge.clone() } };
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
        let tracked = is_grad_enabled();
        Ok(Some(self.seen_through(call, ty, geometry, tracked)))
    }

    /// The same elements without the history, which is not kept alive.
    pub fn detach(&self) -> Tensor {
        let core = self.core();
        let mut calls: SmallVec<[Arc<ViewCall>; 2]> = SmallVec::new();
        let mut root = core.clone();
        while let Some(parent) = &root.parent {
            calls.push(parent.call.clone());
            root = parent.tensor.core();
        }
        let seen = |of: &Core, parent| Core {
            storage: core.storage.clone(),
            parent,
            ty: of.ty.clone(),
            geometry: of.geometry.clone(),
            device: of.device,
            created: crate::autograd::now(),
        };
        let whole = Self::assemble(seen(&root, None), None);
        let moves: SmallVec<[Move; 2]> = calls.iter().rev().flat_map(|c| c.moves.iter().cloned()).collect();
        if moves.is_empty() {
            return whole;
        }
        let call = Arc::new(ViewCall { function: "detach", moves });
        Self::assemble(seen(&core, Some(Parent { tensor: whole, call, tracked: false })), None)
    }

    fn seen_through(&self, call: Arc<ViewCall>, ty: Type, geometry: Geometry, tracked: bool) -> Tensor {
        let core = self.core();
        let parent = Some(Parent { tensor: self.clone(), call, tracked });
        let (storage, device) = (core.storage.clone(), core.device);
        Self::assemble(Core { storage, parent, ty, geometry, device, created: crate::autograd::now() }, None)
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
        let mut tensor = self.clone();
        let mut new = new;
        loop {
            let core = tensor.core();
            let Some(parent) = &core.parent else {
                if recording {
                    tensor.0.state.lock().edge = new.edge;
                }
                core.storage.write(new.value);
                return Ok(());
            };
            if !parent.tracked && recording {
                tensor.0.state.lock().edge = new.edge.take();
                recording = false;
            }
            let source = parent.tensor.read()?;
            let mut base = Base::on(core.device);
            let mut scope = Scope::over(&mut base, recording);
            let (into, from) = (scope.track(&source), scope.track(&new));
            let updated = parent.call.write(&into, from, &mut scope)?;
            new = scope.finish("copy_slices", &[updated]).remove(0);
            tensor = parent.tensor.clone();
        }
    }

    /// Refuses what torch refuses before it computes what an in-place operation would write.
    ///
    /// # Errors
    /// A leaf that needs a gradient, or a view of one, where recording is on.
    pub fn refuse_write(&self) -> Result<()> {
        if !is_grad_enabled() {
            return Ok(());
        }
        let leaf = |t: &Tensor| t.read().map(|v| v.edge.is_some_and(|e| e.node.is_accumulate()));
        if leaf(self)? {
            return Err(Error::runtime("a leaf Variable that requires grad is being used in an in-place operation."));
        }
        if let Some(base) = self.base()
            && leaf(&base)?
            && self.requires_grad()?
        {
            return Err(Error::runtime(
                "a view of a leaf Variable that requires grad is being used in an in-place operation.",
            ));
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
                tensor: p.tensor.clone(),
                call: p.call.clone(),
                tracked: false,
            }),
            ty: source.ty.clone(),
            geometry: source.geometry.clone(),
            device: source.device,
            created: source.created,
        };
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
