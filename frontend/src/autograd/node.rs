//! Nodes of the backward graph. A node is one torch function call: what it was called with, and the recorded steps inside.

use parking_lot::Mutex;
use smallvec::SmallVec;
use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use flashlight_compiler::{
    autodiff::{Cotangents, Place, Step, backward},
    ir::{Emit, Provenance, Typed},
    types::Scalar,
    types::Type,
};

use flashlight_runtime::Device;

use super::{mode::is_grad_enabled, tape::Scope};
use crate::{
    emitter::Base,
    error::{Error, Result},
    tensor::{Storage, Tensor, WeakTensor},
    trace::{self, Trace},
    value::Value,
};

/// A value and where its gradient goes.
#[derive(Clone)]
pub struct Var {
    /// The value, outside any tape.
    pub value: Value,
    /// The output of a node that made it; none where it needs no gradient.
    pub edge: Option<Edge>,
}

/// One output of a node.
#[derive(Clone)]
pub struct Edge {
    /// The node.
    pub node: Arc<Node>,
    /// Which of its outputs.
    pub output: u32,
}

/// A callback on a gradient, which may answer with another one.
pub trait Hook: Send + Sync {
    /// Called with the gradient.
    fn call(&self, grad: &Tensor) -> Result<Option<Tensor>>;

    /// The callback as the binding that made it knows it.
    fn as_any(&self) -> &dyn Any;

    /// Whether it only looks at what the other hooks leave of the gradient.
    fn watches(&self) -> bool {
        false
    }
}

/// A hook on an output, and the number under which it can be removed.
type Hooked = (u32, u64, Arc<dyn Hook>);

/// One torch function call, seen backwards.
pub struct Node {
    function: &'static str,
    sequence: u64,
    accumulate: bool,
    inputs: SmallVec<[Option<Edge>; 2]>,
    outputs: SmallVec<[Type; 1]>,
    body: Mutex<Body>,
    hooks: Mutex<Vec<Hooked>>,
    /// Whose code made it, where a trace records it.
    provenance: Option<(u64, Provenance)>,
}

enum Body {
    /// Recorded steps.
    Steps(Steps),
    /// They were freed by an earlier backward.
    Freed,
    /// A leaf's gradient gathers here.
    Accumulate(WeakTensor),
    /// The same elements were brought here from that device.
    Moved(Device),
    /// A compiled program's backward part.
    Program(Arc<dyn Backward>),
}

/// The backward part of a program: how it computes the gradients of the inputs from those of the outputs.
pub trait Backward: Send + Sync {
    /// One gradient for each input; every output has one.
    fn run(&self, grads: &[Option<Value>]) -> Result<Vec<Option<Value>>>;
}

/// What was recorded inside a call.
pub(super) struct Steps {
    pub steps: Vec<Step<Value>>,
    /// Slots are numbered from 1; those of the inputs come first, in order.
    pub slots: u32,
    pub outputs: SmallVec<[Option<u32>; 1]>,
    pub saved: SmallVec<[Saved; 1]>,
}

/// A storage that a derivative reads, and the version it had then.
pub(super) struct Saved {
    /// The input that it is; none of an output.
    pub input: Option<u32>,
    pub storage: Weak<Storage>,
    pub version: u64,
    pub what: String,
}

static SEQUENCE: AtomicU64 = AtomicU64::new(1);
static HOOK: AtomicU64 = AtomicU64::new(1);

/// A number under which a hook can be removed.
pub fn next_hook() -> u64 {
    HOOK.fetch_add(1, Ordering::Relaxed)
}

/// The number of the next node: what exists now has smaller ones.
pub fn now() -> u64 {
    SEQUENCE.load(Ordering::Relaxed)
}

/// Takes a number for itself: nodes and tensors that are made from now on have no smaller one than the answer, and all
/// others have.
pub fn begin() -> u64 {
    SEQUENCE.fetch_add(1, Ordering::Relaxed) + 1
}

impl Node {
    fn new(
        function: &'static str,
        inputs: SmallVec<[Option<Edge>; 2]>,
        outputs: SmallVec<[Type; 1]>,
        body: Body,
    ) -> Arc<Self> {
        let accumulate = matches!(body, Body::Accumulate(_));
        Arc::new(Self {
            function,
            accumulate,
            sequence: SEQUENCE.fetch_add(1, Ordering::Relaxed),
            inputs,
            outputs,
            body: Mutex::new(body),
            hooks: Mutex::default(),
            provenance: trace::current().map(|t| (t.started(), t.provenance())),
        })
    }

    /// Says to the trace that made this node, where it still records, whose code the derivative belongs to.
    pub(super) fn set_provenance(&self, trace: &Trace) {
        if let Some((started, provenance)) = &self.provenance
            && *started == trace.started()
        {
            trace.set_provenance(provenance);
        }
    }

    pub(super) fn from_steps(
        function: &'static str,
        inputs: SmallVec<[Option<Edge>; 2]>,
        outputs: SmallVec<[Type; 1]>,
        steps: Steps,
    ) -> Arc<Self> {
        Self::new(function, inputs, outputs, Body::Steps(steps))
    }

    /// The node in which a leaf's gradient gathers.
    pub fn accumulate(leaf: WeakTensor, ty: Type) -> Arc<Self> {
        Self::new("", SmallVec::new(), smallvec::smallvec![ty], Body::Accumulate(leaf))
    }

    /// A node whose derivative is a compiled program.
    pub fn program(
        inputs: SmallVec<[Option<Edge>; 2]>,
        outputs: SmallVec<[Type; 1]>,
        backward: Arc<dyn Backward>,
    ) -> Arc<Self> {
        Self::new("compiled_function", inputs, outputs, Body::Program(backward))
    }

    /// Whether an earlier backward freed what its derivative reads.
    pub fn is_freed(&self) -> bool {
        matches!(*self.body.lock(), Body::Freed)
    }

    /// torch's name of the node: `MulBackward0`.
    pub fn name(&self) -> String {
        if self.accumulate {
            return "AccumulateGrad".to_owned();
        }
        let words = self.function.split('_').filter(|w| !w.is_empty());
        let camel = words.map(|w| w[..1].to_uppercase() + &w[1..]).collect::<String>();
        if self.function == "copy_slices" { camel } else { camel + "Backward0" }
    }

    /// Nodes are numbered in the order in which they are made: a node's inputs have smaller numbers.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Where the gradients of the inputs go.
    pub fn inputs(&self) -> &[Option<Edge>] {
        &self.inputs
    }

    /// The types of the outputs.
    pub fn outputs(&self) -> &[Type] {
        &self.outputs
    }

    /// Whether a leaf's gradient gathers here.
    pub fn is_accumulate(&self) -> bool {
        self.accumulate
    }

    /// Every hook on a gradient here.
    pub fn hooks(&self) -> Vec<Arc<dyn Hook>> {
        self.hooks.lock().iter().map(|(.., h)| h.clone()).collect()
    }

    /// Drops every hook.
    pub fn clear_hooks(&self) {
        let dropped = std::mem::take(&mut *self.hooks.lock());
        drop(dropped);
    }

    /// Watches the storage into which an output was put, where the derivative reads that output.
    pub fn watch(&self, output: u32, storage: &Arc<Storage>) {
        if let Body::Steps(steps) = &mut *self.body.lock() {
            let slot = steps.outputs[output as usize];
            let places = steps.steps.iter().flat_map(|s| s.operands.iter().chain(&s.results));
            let read = slot.is_some() && places.into_iter().any(|p| p.slot == slot && p.value.is_some());
            if read {
                let what = self.outputs[output as usize].to_string();
                steps.saved.push(Saved {
                    input: None,
                    storage: Arc::downgrade(storage),
                    version: storage.version(),
                    what,
                });
            }
        }
    }

    /// Lets the input with this edge be written after all: a value that was read before the write is still there.
    pub fn allow_write(&self, edge: &Edge) {
        let is = |i: u32| {
            self.inputs[i as usize]
                .as_ref()
                .is_some_and(|e| Arc::ptr_eq(&e.node, &edge.node) && e.output == edge.output)
        };
        if let Body::Steps(steps) = &mut *self.body.lock() {
            steps.saved.retain(|s| !s.input.is_some_and(is));
        }
    }

    /// The leaf whose gradient gathers here.
    pub fn leaf(&self) -> Option<WeakTensor> {
        match &*self.body.lock() {
            Body::Accumulate(leaf) => Some(leaf.clone()),
            _ => None,
        }
    }

    /// Adds a hook on the gradient of an output; answers with the number under which it can be removed.
    pub fn add_hook(&self, output: u32, hook: Arc<dyn Hook>) -> u64 {
        let id = next_hook();
        self.hooks.lock().push((output, id, hook));
        id
    }

    /// Removes a hook.
    pub fn remove_hook(&self, id: u64) {
        self.hooks.lock().retain(|(_, i, _)| *i != id);
    }

    /// Whether a hook waits for a gradient here.
    pub fn has_hooks(&self) -> bool {
        !self.hooks.lock().is_empty()
    }

    /// Runs the hooks on a gradient, in order, those that only watch behind those that may replace it.
    pub(super) fn run_hooks(&self, output: u32, grad: Var) -> Result<Var> {
        let mut hooks: Vec<Arc<dyn Hook>> =
            self.hooks.lock().iter().filter(|(o, ..)| *o == output).map(|(.., h)| h.clone()).collect();
        hooks.sort_by_key(|h| h.watches());
        hooks.into_iter().try_fold(grad, |grad, hook| {
            // Read again: a hook may also write into the gradient.
            let given = Tensor::from_var(grad);
            hook.call(&given)?.unwrap_or(given).read()
        })
    }

    /// The gradients of the inputs from those of the outputs.
    pub(super) fn apply(
        self: &Arc<Self>,
        grads: &[Option<Var>],
        create_graph: bool,
        keep: bool,
    ) -> Result<Vec<Option<Var>>> {
        let device = grads.iter().flatten().map(|g| g.value.device()).next();
        let Some(device) = device else { return Ok(vec![None; self.inputs.len()]) };
        let mut base = Base::on(device);
        let mut body = self.body.lock();
        let steps = match &*body {
            Body::Steps(steps) => steps,
            Body::Accumulate(_) => return Err(Error::internal("a leaf's node has no derivative")),
            Body::Program(_) if create_graph => {
                return Err(Error::unsupported("torch.compile: gradients of gradients of a compiled function"));
            }
            Body::Program(program) => {
                let program = program.clone();
                if !keep {
                    *body = Body::Freed;
                }
                drop(body);
                let values: Vec<Option<Value>> = grads.iter().map(|g| g.as_ref().map(|g| g.value.clone())).collect();
                let results = program.run(&values)?;
                return Ok(results.into_iter().map(|v| v.map(Var::constant)).collect());
            }
            Body::Moved(source) => {
                let back = |g: &Option<Var>| g.as_ref().map(|g| g.to(*source)).transpose();
                return grads.iter().map(back).collect();
            }
            Body::Freed => {
                return Err(Error::runtime(
                    "Trying to backward through the graph a second time (or directly access saved tensors after they \
                     have already been freed). Saved intermediate values of the graph are freed when you call \
                     .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the \
                     graph a second time or if you need to access saved tensors after calling backward.",
                ));
            }
        };
        steps.check_versions(self)?;
        let results = if create_graph {
            self.apply_tracked(steps, grads, &mut base)?
        } else {
            let mut cotangents = Cotangents::new(steps.slots as usize + 1);
            for (slot, grad) in steps.outputs.iter().zip(grads) {
                if let (Some(slot), Some(grad)) = (slot, grad) {
                    cotangents.add(*slot, grad.value.clone(), &mut base)?;
                }
            }
            for step in steps.steps.iter().rev() {
                backward(step, &mut cotangents, &mut base)?;
            }
            let take = |i: u32| cotangents.take(i + 1).map(|value| Var { value, edge: None });
            (0..self.inputs.len() as u32).map(take).collect()
        };
        let results = self.with_zeros(results, &mut base)?;
        if !keep && steps.holds_values() {
            let freed = std::mem::replace(&mut *body, Body::Freed);
            drop(body);
            drop(freed);
        }
        Ok(results)
    }

    /// An input that the outputs do not depend on has a gradient of zeros, as in torch.
    fn with_zeros(&self, mut grads: Vec<Option<Var>>, base: &mut Base) -> Result<Vec<Option<Var>>> {
        for (edge, grad) in self.inputs.iter().zip(&mut grads) {
            if let (Some(edge), None) = (edge, &grad) {
                let ty = &edge.node.outputs()[edge.output as usize];
                *grad = Some(Var::constant(base.full(Scalar::Float(0.0), ty.dtype, ty.shape.clone())?));
            }
        }
        Ok(grads)
    }

    /// The same on a tape: every value that a derivative reads is tracked to where it came from.
    fn apply_tracked(
        self: &Arc<Self>,
        steps: &Steps,
        grads: &[Option<Var>],
        base: &mut Base,
    ) -> Result<Vec<Option<Var>>> {
        let mut scope = Scope::over(base, true);
        let mut cotangents = Cotangents::new(steps.slots as usize + 1);
        for (slot, grad) in steps.outputs.iter().zip(grads) {
            if let (Some(slot), Some(grad)) = (slot, grad) {
                let value = scope.track(grad);
                cotangents.add(*slot, value, &mut scope)?;
            }
        }
        let edges = self.step_edges(steps);
        for step in steps.steps.iter().rev() {
            let mut step = step.clone();
            for place in step.operands.iter_mut().chain(&mut step.results) {
                if let (Some(slot), Some(value)) = (place.slot, &mut place.value) {
                    let edge = edges.get(slot as usize).cloned().flatten();
                    *value = scope.track(&Var { value: value.clone(), edge });
                }
            }
            backward(&step, &mut cotangents, &mut scope)?;
        }
        let taken: Vec<Option<Value>> = (0..self.inputs.len() as u32).map(|i| cotangents.take(i + 1)).collect();
        let present: Vec<Value> = taken.iter().flatten().cloned().collect();
        let mut vars = scope.finish(self.function, &present).into_iter();
        Ok(taken.into_iter().map(|v| v.and_then(|_| vars.next())).collect())
    }

    /// Where the gradient of each slot goes: inputs and outputs are known, each step between is a node of its own.
    fn step_edges(self: &Arc<Self>, steps: &Steps) -> Vec<Option<Edge>> {
        let mut edges: Vec<Option<Edge>> = vec![None; steps.slots as usize + 1];
        for (i, edge) in self.inputs.iter().enumerate() {
            edges[i + 1] = edge.clone();
        }
        for step in &steps.steps {
            let mut numbered = step.clone();
            let mut inputs: SmallVec<[Option<Edge>; 2]> = SmallVec::new();
            let mut known: SmallVec<[(u32, u32); 4]> = SmallVec::new();
            let mut renumber = |place: &mut Place<Value>, inputs: &mut SmallVec<[Option<Edge>; 2]>, input: bool| {
                let Some(slot) = place.slot else { return };
                let new = known.iter().find(|(old, _)| *old == slot).map(|(_, new)| *new).unwrap_or_else(|| {
                    let new = known.len() as u32 + 1;
                    known.push((slot, new));
                    if input {
                        inputs.push(edges[slot as usize].clone());
                    }
                    new
                });
                place.slot = Some(new);
            };
            numbered.operands.iter_mut().for_each(|p| renumber(p, &mut inputs, true));
            numbered.results.iter_mut().for_each(|p| renumber(p, &mut inputs, false));
            let slots = known.len() as u32;
            let outputs = numbered.results.iter().map(|p| p.slot).collect();
            let types = numbered.results.iter().map(|p| p.ty.clone()).collect();
            let body = Steps { steps: vec![numbered], slots, outputs, saved: SmallVec::new() };
            let node = Node::from_steps(self.function, inputs, types, body);
            for (i, place) in (0u32..).zip(&step.results) {
                if let Some(slot) = place.slot {
                    edges[slot as usize] = Some(Edge { node: node.clone(), output: i });
                }
            }
        }
        for (i, slot) in (0u32..).zip(&steps.outputs) {
            // An output that is an input too keeps the input's place.
            if let Some(slot) = slot.filter(|s| *s as usize > self.inputs.len()) {
                edges[slot as usize] = Some(Edge { node: self.clone(), output: i });
            }
        }
        edges
    }
}

impl Steps {
    /// Whether a derivative reads values that were kept.
    fn holds_values(&self) -> bool {
        self.steps.iter().any(|s| s.operands.iter().chain(&s.results).any(|p| p.value.is_some()))
    }

    fn check_versions(&self, node: &Node) -> Result<()> {
        for saved in &self.saved {
            if let Some(version) = saved.storage.upgrade().map(|s| s.version()).filter(|v| *v != saved.version) {
                return Err(Error::runtime(format_args!(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: \
                     [{}], which is an operand or result of {}, is at version {version}; expected version {} instead.",
                    saved.what,
                    node.name(),
                    saved.version
                )));
            }
        }
        Ok(())
    }
}

impl Drop for Node {
    /// Long chains are taken apart one by one, so that no stack is deep enough to overflow.
    fn drop(&mut self) {
        let mut waiting: Vec<Arc<Node>> = self.inputs.drain(..).flatten().map(|e| e.node).collect();
        while let Some(node) = waiting.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                waiting.extend(node.inputs.drain(..).flatten().map(|e| e.node));
            }
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.name())
    }
}

impl Var {
    /// A value that needs no gradient.
    pub fn constant(value: Value) -> Self {
        Self { value: value.untracked(), edge: None }
    }

    /// Adds two gradients, on the tape where one is tracked.
    pub fn add(&self, other: &Var) -> Result<Var> {
        let mut base = Base::on(self.value.device());
        let mut scope = Scope::over(&mut base, self.edge.is_some() || other.edge.is_some());
        let inputs = [scope.track(self), scope.track(other)];
        let sum = scope.emit_one(flashlight_compiler::ops::Op::Add, flashlight_compiler::ops::Attrs::new(), &inputs)?;
        let mut vars = scope.finish("add", &[sum]);
        vars.pop().ok_or_else(|| Error::internal("a sum has one result"))
    }

    /// The same elements on a device; gradients flow back to where they are now.
    ///
    /// # Errors
    /// The device's; a traced value, whose place is the trace's matter.
    pub fn to(&self, device: Device) -> Result<Var> {
        let source = self.value.device();
        if source == device {
            return Ok(self.clone());
        }
        let value = Value::from(self.value.concrete("a move between devices")?.to(device)?);
        let edge = self.edge.clone().filter(|_| is_grad_enabled()).map(|edge| {
            let types = smallvec::smallvec![self.ty().clone()];
            let node = Node::new("to_copy", smallvec::smallvec![Some(edge)], types, Body::Moved(source));
            Edge { node, output: 0 }
        });
        Ok(Var { value, edge })
    }

    /// The type of the value.
    pub fn ty(&self) -> &Type {
        self.value.ty()
    }
}
