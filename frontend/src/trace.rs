//! Recording into a graph: the emitter of traced values, and the journal of what the program writes meanwhile.
//!
//! A program is recorded on its real arguments. What it reads outside becomes a parameter of the graph the first time it is
//! met, and keeps its place: an argument, a storage, a leaf's gradient, a generator. What it writes outside is noted with the
//! value before, and put back when the recording ends; only a run of the finished program writes for good.

use parking_lot::Mutex;
use smallvec::SmallVec;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{Arc, Weak},
};

use flashlight_compiler::{
    ir::{Emit, Graph, GraphBuilder, Provenance, Reference, Source as Line, Typed, Values},
    ops::{Attrs, Op},
    types::Type,
};
use flashlight_runtime::{Device, Value as Concrete, execute};

use crate::{
    autograd::Edge,
    error::{Error, Result},
    generator::Generator,
    tensor::{Core, Storage, Tensor, WeakTensor},
    value::{Payload, Traced, Value},
};

/// How many times one program may ask for an element while it is recorded.
const MOST_DECISIONS: usize = 8;

/// A graph that is being recorded.
pub struct Trace {
    state: Mutex<State>,
    /// Nodes with smaller numbers were there before.
    started: u64,
}

/// Where a parameter's elements come from when the program runs.
#[derive(Clone)]
pub enum Source {
    /// A value that the caller declared: its place among them.
    Argument(usize),
    /// A storage that was there before.
    Storage(Arc<Storage>),
    /// The gradient of a tensor, whichever it is then.
    Grad(Tensor),
    /// The state of a generator.
    Generator(Arc<Generator>),
    /// Elements that were made while the program was recorded.
    Constant(Concrete),
    /// The gradient of an output, known only to the program's backward part.
    Cotangent(usize),
}

/// Something outside that the program leaves changed; each takes the next of the graph's outputs behind the declared ones.
#[derive(Clone)]
pub enum Write {
    /// The new value of an argument's storage.
    Argument(usize),
    /// A storage's new value.
    Storage(Arc<Storage>),
    /// The new value of the storage of a gradient that stays.
    GradStorage(Tensor),
    /// A new gradient.
    Grad(Tensor),
    /// The next state of a generator.
    Generator(Arc<Generator>),
    /// The first value of a storage that was made while the program was recorded and is still in use.
    Born(Arc<Storage>),
}

/// A question that the program asked about elements, and the answer it went on with.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What asked.
    pub what: String,
    /// The answer: the elements.
    pub answer: Vec<u8>,
}

struct State {
    builder: GraphBuilder,
    params: Vec<(Source, Option<Concrete>)>,
    /// Parameters that stand for elements without a storage.
    constants: HashMap<usize, Reference>,
    /// What storages held before, by address.
    storages: HashMap<usize, Lifted>,
    /// Storages made meanwhile, by address: as long as this is here no other has that address.
    born: HashMap<usize, Weak<Storage>>,
    generators: Vec<(Arc<Generator>, Value, Value)>,
    grads: Vec<(Tensor, Option<Tensor>, bool)>,
    decisions: Vec<(Reference, Decision)>,
    arguments: usize,
    /// Tensors that the caller gave: the call is told apart by what they are.
    given: Vec<Tensor>,
    /// Tensors from outside that were read, by address.
    met: HashMap<usize, Met>,
    /// Tensors from outside, as they were before their `data` or their place in a history was changed.
    touched: Vec<Touched>,
    /// The user's line that is being recorded.
    line: Option<Line>,
}

/// A tensor from outside that the program read.
#[derive(Clone)]
pub struct Met {
    tensor: WeakTensor,
    core: Arc<Core>,
    /// Whether it needed a gradient; not known of views.
    needs_grad: Option<bool>,
}

/// A tensor from outside, as it was.
struct Touched {
    tensor: Tensor,
    core: Arc<Core>,
    edge: Option<Edge>,
}

/// What the program leaves changed of a tensor from outside besides elements and gradient.
pub enum Change {
    /// Another storage: `tensor.data = other`. With a tensor over that storage.
    Data(Tensor, Tensor),
    /// Whether the leaf needs a gradient.
    Requires(Tensor, bool),
}

/// A storage from outside.
struct Lifted {
    storage: Arc<Storage>,
    /// Its place among the parameters.
    place: usize,
    /// The state that it is, where it is one.
    name: Option<String>,
    source: Source,
    /// What stands for its value before the program.
    value: Value,
    /// What it held, and its version, where the program writes it.
    before: Option<(Value, u64)>,
}

/// A finished recording.
pub struct Recorded {
    /// The program. Its outputs are the declared ones, then one for each of `writes`, then the decisions' elements.
    pub graph: Graph,
    /// Where each parameter comes from.
    pub sources: Vec<Source>,
    /// What it leaves changed.
    pub writes: Vec<Write>,
    /// Gradients that it drops.
    pub cleared: Vec<Tensor>,
    /// Leaves whose gradient it looked for, and whether there was one.
    pub looked: Vec<(Tensor, bool)>,
    /// What it asked.
    pub decisions: Vec<Decision>,
    /// Tensors from outside that it read: the program stands for them as they are.
    pub met: Vec<Met>,
}

thread_local! {
    static CURRENT: RefCell<Vec<Arc<Trace>>> = const { RefCell::new(Vec::new()) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// The trace that records what this thread does.
pub fn current() -> Option<Arc<Trace>> {
    if DEPTH.get() == 0 {
        return None;
    }
    CURRENT.with_borrow(|stack| stack.last().cloned())
}

impl Trace {
    /// A trace into an empty graph of that name.
    pub fn new(name: &str) -> Arc<Self> {
        let state = State {
            builder: GraphBuilder::new(name),
            params: Vec::new(),
            constants: HashMap::new(),
            storages: HashMap::new(),
            born: HashMap::new(),
            generators: Vec::new(),
            grads: Vec::new(),
            decisions: Vec::new(),
            arguments: 0,
            given: Vec::new(),
            met: HashMap::new(),
            touched: Vec::new(),
            line: None,
        };
        Arc::new(Self { state: Mutex::new(state), started: crate::autograd::begin() })
    }

    /// Says that a tensor is the caller's, declared or sharing a declared one's storage: what calls are told apart by
    /// describes it.
    pub fn give(&self, tensor: &Tensor) {
        self.state.lock().given.push(tensor.clone());
    }

    /// A new argument behind the declared ones: elements that the caller computes anew for each run.
    pub fn supply(self: &Arc<Self>, name: &str, value: Concrete) -> (Value, usize) {
        let mut state = self.state.lock();
        let place = state.arguments;
        state.arguments += 1;
        (self.param(&mut state, name, Source::Argument(place), value), place)
    }

    /// Has what a tensor's storage held before come from the caller in each run, as a new argument behind the declared ones:
    /// the tensor is another one then. `None` where the program has not read it from outside.
    pub fn take_as_argument(&self, tensor: &Tensor) -> Option<usize> {
        let place = self.take_storage_as_argument(&tensor.storage())?;
        self.give(tensor);
        Some(place)
    }

    fn take_storage_as_argument(&self, storage: &Arc<Storage>) -> Option<usize> {
        let mut state = self.state.lock();
        let place = state.arguments;
        let lifted = state.storages.get_mut(&address(storage))?;
        if !matches!(lifted.source, Source::Storage(_)) {
            return None;
        }
        lifted.source = Source::Argument(place);
        let param = lifted.place;
        state.params[param].0 = Source::Argument(place);
        state.arguments += 1;
        state.met.retain(|_, met| met.tensor.upgrade().is_some_and(|_| !Arc::ptr_eq(&met.core.storage_of(), storage)));
        Some(place)
    }

    /// Has what the storage of a tensor held before its `data` was set come from the caller in each run, as
    /// [`Trace::take_as_argument`]; with the type it had.
    pub fn take_data_as_argument(&self, tensor: &Tensor) -> Option<(usize, Type)> {
        let before = {
            let state = self.state.lock();
            let touched = state.touched.iter().find(|t| t.tensor.is(tensor))?;
            (touched.core.storage_of(), touched.core.ty.clone())
        };
        let place = self.take_storage_as_argument(&before.0)?;
        self.give(tensor);
        Some((place, before.1))
    }

    /// Whether a tensor was there before this trace.
    pub fn is_outside(&self, tensor: &Tensor) -> bool {
        self.state.lock().touched.iter().any(|t| t.tensor.is(tensor)) || tensor.core().created() < self.started
    }

    /// Notes a tensor that the program reads.
    pub fn meet(&self, tensor: &Tensor, core: &Arc<Core>, needs_grad: Option<bool>) {
        if core.created() >= self.started {
            return;
        }
        let mut state = self.state.lock();
        if let Some(met) = state.met.get_mut(&tensor.address()) {
            met.needs_grad = met.needs_grad.or(needs_grad);
            return;
        }
        if state.touched.iter().any(|t| t.tensor.is(tensor))
            || state.given.iter().any(|t| t.is(tensor))
            || state.grads.iter().any(|(_, before, _)| before.as_ref().is_some_and(|grad| grad.is(tensor)))
        {
            return;
        }
        state.met.insert(tensor.address(), Met { tensor: tensor.downgrade(), core: core.clone(), needs_grad });
    }

    /// Notes a tensor before its `data` or its place in a history is changed.
    pub fn touch(&self, tensor: &Tensor) {
        let core = tensor.core();
        if core.created() >= self.started {
            return;
        }
        let mut state = self.state.lock();
        if !state.touched.iter().any(|t| t.tensor.is(tensor)) {
            let edge = tensor.own_edge();
            let needs_grad = edge.is_some();
            state.touched.push(Touched { tensor: tensor.clone(), core: core.clone(), edge });
            if !state.given.iter().any(|t| t.is(tensor)) {
                let met = Met { tensor: tensor.downgrade(), core, needs_grad: Some(needs_grad) };
                state.met.entry(tensor.address()).or_insert(met);
            }
        }
    }

    /// Refuses what a program cannot repeat with a tensor from outside.
    ///
    /// # Errors
    /// Where the tensor was there before.
    pub fn refuse_outside(&self, what: &str, tensor: &Tensor) -> Result<()> {
        if !self.is_outside(tensor) {
            return Ok(());
        }
        Err(Error::runtime(format_args!(
            "{what} of a tensor from outside in a compiled function ({}), which a program cannot repeat: do it outside of \
             the compiled function",
            tensor.ty()
        )))
    }

    /// What the program has changed of tensors from outside besides elements and gradients.
    ///
    /// # Errors
    /// What a program cannot repeat: a history that would outlive the call, `data` of a tensor that is a view.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let touched: Vec<(Tensor, Arc<Core>, Option<Edge>)> =
            self.state.lock().touched.iter().map(|t| (t.tensor.clone(), t.core.clone(), t.edge.clone())).collect();
        let mut changes = Vec::new();
        for (tensor, before, edge) in touched {
            let (core, edge_now) = (tensor.core(), tensor.own_edge());
            if !Arc::ptr_eq(&core, &before) && !core.sees_the_same(&before) {
                let storage = tensor.storage();
                if tensor.recipe().is_some() || before.is_view() || !self.is_own(&storage) {
                    return Err(Error::runtime(format_args!(
                        "a compiled function sets the data of a tensor from outside ({}) to a view or to another tensor \
                         from outside, which a program cannot repeat: copy the elements (tensor.data.copy_(other))",
                        before.ty
                    )));
                }
                changes.push(Change::Data(tensor.clone(), tensor.detach()));
            }
            let is_history = |e: &Option<Edge>| e.as_ref().is_some_and(|e| !e.node.is_accumulate());
            let same = match (&edge, &edge_now) {
                (Some(a), Some(b)) => Arc::ptr_eq(&a.node, &b.node) && a.output == b.output,
                (None, None) => true,
                _ => false,
            };
            if same {
                continue;
            }
            if is_history(&edge) || is_history(&edge_now) {
                return Err(Error::runtime(format_args!(
                    "a compiled function changes the history of a tensor from outside ({}) in place, which a program cannot \
                     repeat: return the result, or write under no_grad() or into detach()",
                    tensor.ty()
                )));
            }
            if edge.is_some() != edge_now.is_some() {
                changes.push(Change::Requires(tensor, edge_now.is_some()));
            }
        }
        Ok(changes)
    }

    /// A new input, whose elements nobody knows yet.
    pub fn input(self: &Arc<Self>, name: &str, ty: Type, device: Device) -> Value {
        let mut state = self.state.lock();
        let source = Source::Argument(state.arguments);
        state.arguments += 1;
        let reference = state.builder.param(name, ty, None);
        state.params.push((source, None));
        Traced { trace: self.clone(), reference, device }.into()
    }

    /// The gradient of the output of that number.
    pub fn cotangent(self: &Arc<Self>, i: usize, ty: Type, device: Device) -> Value {
        let mut state = self.state.lock();
        let reference = state.builder.param(format!("g{i}"), ty, None);
        state.params.push((Source::Cotangent(i), None));
        Traced { trace: self.clone(), reference, device }.into()
    }

    /// Declares a tensor as the next input: its storage's value comes from the caller in each run.
    ///
    /// # Errors
    /// A tensor of a trace.
    pub fn argument(self: &Arc<Self>, name: &str, tensor: &Tensor) -> Result<()> {
        let storage = tensor.storage();
        let mut state = self.state.lock();
        let source = Source::Argument(state.arguments);
        state.arguments += 1;
        if state.storages.contains_key(&address(&storage)) {
            return Err(Error::internal("two arguments share a storage"));
        }
        let value = storage.value();
        let elements = value.concrete("an argument of a program")?.clone();
        let value = self.param(&mut state, name, source.clone(), elements);
        let place = state.params.len() - 1;
        state.storages.insert(address(&storage), Lifted { storage, place, name: None, source, value, before: None });
        Ok(())
    }

    /// The number of the first node that can have been made while this trace recorded.
    pub fn started(&self) -> u64 {
        self.started
    }

    /// Records what `program` does on this thread.
    pub fn record<T>(self: &Arc<Self>, program: impl FnOnce() -> T) -> T {
        struct Pop;
        impl Drop for Pop {
            fn drop(&mut self) {
                DEPTH.set(DEPTH.get() - 1);
                CURRENT.with_borrow_mut(|stack| stack.pop());
            }
        }
        CURRENT.with_borrow_mut(|stack| stack.push(self.clone()));
        DEPTH.set(DEPTH.get() + 1);
        let _pop = Pop;
        program()
    }

    fn param(self: &Arc<Self>, state: &mut State, name: &str, source: Source, value: Concrete) -> Value {
        let device = value.device();
        let reference = state.builder.param(name, value.ty().clone(), None);
        state.params.push((source, Some(value)));
        Traced { trace: self.clone(), reference, device }.into()
    }

    /// A storage's value as the program sees it, and its version.
    ///
    /// # Errors
    /// A value of another trace.
    pub fn see(self: &Arc<Self>, storage: &Arc<Storage>) -> Result<(Value, u64)> {
        let (value, version) = storage.current();
        let Payload::Concrete(concrete) = value.payload() else { return Ok((value, version)) };
        let mut state = self.state.lock();
        if state.born.contains_key(&address(storage)) {
            return Ok((value, version));
        }
        if let Some(lifted) = state.storages.get(&address(storage)) {
            return Ok((lifted.value.clone(), version));
        }
        let holder = state
            .grads
            .iter()
            .find(|(_, before, _)| before.as_ref().is_some_and(|grad| Arc::ptr_eq(&grad.storage(), storage)));
        let source = match holder {
            Some((tensor, ..)) => Source::Grad(tensor.clone()),
            None => Source::Storage(storage.clone()),
        };
        let name = format!("captured{}", state.storages.len());
        let value = self.param(&mut state, &name, source.clone(), concrete.clone());
        let lifted = Lifted {
            storage: storage.clone(),
            place: state.params.len() - 1,
            name: None,
            source,
            value: value.clone(),
            before: None,
        };
        state.storages.insert(address(storage), lifted);
        Ok((value, version))
    }

    /// Notes a storage that was made while this trace records.
    pub fn bear(&self, storage: &Arc<Storage>) {
        self.state.lock().born.insert(address(storage), Arc::downgrade(storage));
    }

    /// Whether a storage was made while this trace records.
    pub fn is_own(&self, storage: &Arc<Storage>) -> bool {
        self.state.lock().born.contains_key(&address(storage))
    }

    /// Notes what a storage holds before it is written.
    ///
    /// # Errors
    /// As [`Trace::see`].
    pub fn before_write(self: &Arc<Self>, storage: &Arc<Storage>) -> Result<()> {
        self.see(storage)?;
        if let Some(lifted) = self.state.lock().storages.get_mut(&address(storage))
            && lifted.before.is_none()
        {
            lifted.before = Some((storage.value(), storage.version()));
        }
        Ok(())
    }

    /// Notes that the program looks at a tensor's gradient, and what it is before it is set.
    pub fn look_at_grad(&self, tensor: &Tensor, before: Option<&Tensor>, sets: bool) {
        let mut state = self.state.lock();
        if state.born.contains_key(&address(&tensor.storage())) {
            return;
        }
        if let Some((.., set)) = state.grads.iter_mut().find(|(t, ..)| t.is(tensor)) {
            *set |= sets;
            return;
        }
        state.grads.push((tensor.clone(), before.cloned(), sets));
    }

    /// Names a storage that the program has read: what it carries is a state of that name.
    pub fn name(&self, storage: &Arc<Storage>, name: &str) {
        let mut state = self.state.lock();
        let Some(lifted) = state.storages.get_mut(&address(storage)) else { return };
        if lifted.name.is_some() || matches!(lifted.source, Source::Argument(_)) {
            return;
        }
        lifted.name = Some(name.to_owned());
        let place = lifted.place;
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        state.builder.set_state(place, format!("s_{plain}"), name);
    }

    /// A generator's state as the program sees it.
    ///
    /// # Errors
    /// As [`Trace::see`].
    pub fn see_generator(self: &Arc<Self>, generator: &Arc<Generator>, value: &Value) -> Result<Value> {
        let Payload::Concrete(concrete) = value.payload() else { return Ok(value.clone()) };
        if generator.is_born_in(self.started) {
            return Ok(value.clone());
        }
        let mut state = self.state.lock();
        if let Some((.., seen)) = state.generators.iter().find(|(g, ..)| Arc::ptr_eq(g, generator)) {
            return Ok(seen.clone());
        }
        let name = format!("generator{}", state.generators.len());
        let seen = self.param(&mut state, &name, Source::Generator(generator.clone()), concrete.clone());
        state.generators.push((generator.clone(), value.clone(), seen.clone()));
        Ok(seen)
    }

    /// The elements of a value that the program must know to go on: computed from what it has read so far, and from then on
    /// part of what this recording stands for.
    ///
    /// # Errors
    /// Floats, which no recording can stand for; too many questions; what computing them fails with.
    pub fn decide(&self, value: &Traced, what: &str) -> Result<Vec<u8>> {
        let ty = value.reference.ty().clone();
        if ty.dtype.is_inexact() || ty.numel().as_known().is_none_or(|n| n > 64) {
            return Err(Error::runtime(format_args!(
                "{what} needs the elements of a tensor ({ty}) that is being compiled, which are not known yet: compute with \
                 the tensor, or return it"
            )));
        }
        let state = self.state.lock();
        if let Some((_, known)) = state.decisions.iter().find(|(r, _)| r == &value.reference) {
            return Ok(known.answer.clone());
        }
        if state.decisions.len() == MOST_DECISIONS {
            return Err(Error::runtime(format_args!(
                "{what}: a compiled program may ask for elements of tensors {MOST_DECISIONS} times, and this is one more; \
                 compute with tensors (torch.where), or compile a part of it"
            )));
        }
        let mut graph = state.builder.graph().clone();
        graph.outputs = vec![flashlight_compiler::ir::Output { value: value.reference.id, writes: None }];
        let graph = graph.pruned();
        let unknown = || Error::runtime(format_args!("{what} needs elements that are not known yet"));
        let inputs: Vec<Concrete> =
            state.params.iter().map(|(_, v)| v.clone().ok_or_else(unknown)).collect::<Result<_>>()?;
        let answer = execute(&graph, &inputs)?.remove(0);
        drop(state);
        let answer = crate::fetch::fetch_concrete(&answer)?;
        let mut state = self.state.lock();
        let line = state.line.as_ref().map_or_else(String::new, |line| format!(" at {line}"));
        let decision = Decision { what: format!("{what}{line}"), answer: answer.clone() };
        state.decisions.push((value.reference.clone(), decision));
        Ok(answer)
    }

    /// Ends the recording: puts everything outside back as it was, and answers with the program of these outputs.
    /// `adopted` are tensors made meanwhile that may stay in use besides the outputs.
    ///
    /// # Errors
    /// A value of another trace; a tensor that is still in use and neither output nor adopted.
    pub fn finish(self: &Arc<Self>, outputs: &[Value], adopted: &[Tensor]) -> Result<Recorded> {
        let after = self.put_back();
        let mut state = self.state.lock();
        let mut references: Vec<Reference> = outputs.iter().map(|v| state.reference(self, v)).collect::<Result<_>>()?;
        let mut carried: Vec<Option<String>> = vec![None; references.len()];
        let mut writes = Vec::new();
        for (source, name, storage, value) in after.storages {
            references.push(state.reference(self, &value)?);
            carried.push(name);
            writes.push(match source {
                Source::Argument(i) => Write::Argument(i),
                Source::Grad(tensor) => Write::GradStorage(tensor),
                _ => Write::Storage(storage),
            });
        }
        let mut cleared = Vec::new();
        for (tensor, grad) in after.grads {
            match grad {
                None => cleared.push(tensor),
                Some(grad) => {
                    drop(state);
                    let value = self.clone().record(|| grad.value())?;
                    state = self.state.lock();
                    references.push(state.reference(self, &value)?);
                    // A state as the parameter is one, so that both may be stored in one layout.
                    let holder = state.storages.get(&address(&tensor.storage()));
                    carried.push(holder.and_then(|l| l.name.as_ref()).map(|name| format!("{name}.grad")));
                    writes.push(Write::Grad(tensor));
                }
            }
        }
        for (generator, value) in after.generators {
            references.push(state.reference(self, &value)?);
            writes.push(Write::Generator(generator));
        }
        for tensor in adopted {
            let storage = tensor.storage();
            let value = storage.value();
            if matches!(value.payload(), Payload::Traced(_)) {
                references.push(state.reference(self, &value)?);
                writes.push(Write::Born(storage));
            }
        }
        for (i, reference) in references.into_iter().enumerate() {
            state.builder.output(&reference, carried.get(i).cloned().flatten());
        }
        let (asked, decisions): (Vec<Reference>, Vec<Decision>) = state.decisions.drain(..).unzip();
        for reference in asked {
            state.builder.output(&reference, None);
        }
        let looked = state.grads.iter().map(|(t, before, _)| (t.clone(), before.is_some())).collect();
        let mut met: Vec<Met> = state.met.drain().map(|(_, met)| met).collect();
        met.sort_by_key(|m| m.core.created());
        let sources = state.params.drain(..).map(|(source, _)| source).collect();
        let graph = std::mem::take(&mut state.builder).finish();
        drop(state);
        self.let_go();
        Ok(Recorded { graph, sources, writes, cleared, looked, decisions, met })
    }

    /// Puts everything outside back as it was: what a program that failed has written.
    pub fn abandon(&self) {
        drop(self.put_back());
        self.let_go();
    }

    /// Forgets what it knew from outside: among that are values of its own, which keep it alive.
    fn let_go(&self) {
        let mut state = self.state.lock();
        let State { params, constants, storages, generators, grads, decisions, given, met, touched, .. } = &mut *state;
        constants.clear();
        let known = (
            std::mem::take(params),
            std::mem::take(storages),
            std::mem::take(generators),
            std::mem::take(grads),
            std::mem::take(decisions),
            (std::mem::take(given), std::mem::take(met), std::mem::take(touched)),
        );
        drop(state);
        drop(known);
    }

    /// The gradients that were set, as they are now.
    pub fn grads(&self) -> Vec<Tensor> {
        let set: Vec<Tensor> = self.state.lock().grads.iter().filter(|(.., s)| *s).map(|(t, ..)| t.clone()).collect();
        set.iter().filter_map(Tensor::current_grad).collect()
    }

    /// Storages made while this trace recorded that are still in use and hold a traced value.
    pub fn survivors(&self) -> Vec<Arc<Storage>> {
        let born: Vec<Weak<Storage>> = self.state.lock().born.values().cloned().collect();
        let traced = |s: &Arc<Storage>| matches!(s.value().payload(), Payload::Traced(_));
        born.iter().filter_map(Weak::upgrade).filter(traced).collect()
    }

    /// Where a value of this trace was made.
    pub fn line_of(&self, value: &Value) -> Option<Line> {
        let Payload::Traced(traced) = value.payload() else { return None };
        let state = self.state.lock();
        let graph = state.builder.graph();
        let definition = graph.values.get(traced.reference.id.0 as usize)?.definition;
        let flashlight_compiler::ir::Definition::Result(node, _) = definition else { return None };
        graph.sources_of(graph.provenance(node)?).next().cloned()
    }

    fn put_back(&self) -> After {
        let touched = std::mem::take(&mut self.state.lock().touched);
        for Touched { tensor, core, edge } in touched {
            tensor.restore(core, edge);
        }
        let (storages, grads, generators) = {
            let mut state = self.state.lock();
            let mut lifted: Vec<&mut Lifted> = state.storages.values_mut().collect();
            lifted.sort_by_key(|l| l.place);
            let written = lifted
                .into_iter()
                .filter_map(|l| Some((l.source.clone(), l.name.clone(), l.storage.clone(), l.before.take()?)));
            let written: Vec<_> = written.collect();
            (written, state.grads.clone(), state.generators.clone())
        };
        let mut after = After { storages: Vec::new(), grads: Vec::new(), generators: Vec::new() };
        for (source, name, storage, (value, version)) in storages {
            after.storages.push((source, name, storage.clone(), storage.value()));
            storage.restore(value, version);
        }
        for (tensor, before, _) in grads.into_iter().filter(|(.., set)| *set) {
            after.grads.push((tensor.clone(), tensor.swap_grad(before)));
        }
        for (generator, before, _) in generators {
            let value = generator.swap_state(before);
            after.generators.push((generator, value));
        }
        after
    }

    /// Applies an op to values of this trace and elements that it captures.
    pub fn emit(
        self: &Arc<Self>,
        op: Op,
        attrs: Attrs,
        inputs: &[Value],
        regions: &[Arc<Graph>],
        device: Device,
    ) -> Result<Values<Value>> {
        let mut state = self.state.lock();
        let references: SmallVec<[Reference; 3]> =
            inputs.iter().map(|v| state.reference(self, v)).collect::<Result<_>>()?;
        let results = state.builder.emit_with(op, attrs, &references, regions)?;
        let traced = |reference| Traced { trace: self.clone(), reference, device }.into();
        Ok(results.into_iter().map(traced).collect())
    }

    /// Says whose code the next calls come from.
    pub fn set_provenance(&self, provenance: &Provenance) {
        self.state.lock().builder.set_provenance(provenance);
    }

    /// Whose code the next calls come from.
    pub fn provenance(&self) -> Provenance {
        self.state.lock().builder.provenance().clone()
    }

    /// Says which line of the user's the next calls come from.
    pub fn set_line(&self, line: Line) {
        let mut state = self.state.lock();
        state.line = Some(line.clone());
        let id = state.builder.source(line);
        state.builder.set_provenance(&Provenance::from_source(id));
    }
}

impl Met {
    /// What is no longer as it was, where something is not.
    pub fn misfit(&self) -> Option<String> {
        let Some(tensor) = self.tensor.upgrade() else {
            return Some(format!("a captured tensor ({}) is gone", self.core.ty));
        };
        if !Arc::ptr_eq(&tensor.core(), &self.core) {
            return Some(format!("the data of a captured tensor ({}) was replaced", self.core.ty));
        }
        match self.needs_grad {
            Some(needed) if tensor.own_edge().is_some() != needed => {
                let now = if needed { "needs no gradient now" } else { "needs a gradient now" };
                Some(format!("a captured tensor ({}) {now}", self.core.ty))
            }
            _ => None,
        }
    }
}

impl Recorded {
    /// The storages from outside that it reads or writes, arguments' excepted.
    pub fn storages(&self) -> Vec<Arc<Storage>> {
        let read = self.sources.iter().filter_map(|s| match s {
            Source::Storage(storage) => Some(storage.clone()),
            _ => None,
        });
        let written = self.writes.iter().filter_map(|w| match w {
            Write::Storage(storage) => Some(storage.clone()),
            _ => None,
        });
        read.chain(written).collect()
    }

    /// The values of all parameters, from those of the arguments.
    ///
    /// # Errors
    /// A gradient that is not there; a tensor that is being traced.
    pub fn inputs(&self, arguments: &[Concrete]) -> Result<Vec<Concrete>> {
        self.sources.iter().map(|s| s.value(arguments)).collect()
    }
}

impl Source {
    /// The value now.
    ///
    /// # Errors
    /// As [`Recorded::inputs`].
    pub fn value(&self, arguments: &[Concrete]) -> Result<Concrete> {
        let elements = |v: Value| v.concrete("an input of a program").cloned();
        match self {
            Source::Argument(i) => {
                arguments.get(*i).cloned().ok_or_else(|| Error::internal(format_args!("a program lacks argument {i}")))
            }
            Source::Storage(storage) => elements(storage.value()),
            Source::Grad(tensor) => {
                let grad = tensor.current_grad().ok_or_else(|| Error::internal("a gradient is gone"))?;
                elements(grad.storage().value())
            }
            Source::Generator(generator) => elements(generator.value()),
            Source::Constant(value) => Ok(value.clone()),
            Source::Cotangent(i) => {
                Err(Error::internal(format_args!("cotangent {i} is asked for in the forward part")))
            }
        }
    }
}

/// What the program left.
struct After {
    storages: Vec<(Source, Option<String>, Arc<Storage>, Value)>,
    grads: Vec<(Tensor, Option<Tensor>)>,
    generators: Vec<(Arc<Generator>, Value)>,
}

fn address(storage: &Arc<Storage>) -> usize {
    Arc::as_ptr(storage).addr()
}

impl State {
    /// The place of a value in the graph; elements become a parameter the first time they are met.
    fn reference(&mut self, trace: &Arc<Trace>, value: &Value) -> Result<Reference> {
        match value.payload() {
            Payload::Traced(traced) if Arc::ptr_eq(&traced.trace, trace) => Ok(traced.reference.clone()),
            Payload::Traced(_) => Err(Error::runtime("a tensor of one trace is used in another")),
            Payload::Concrete(concrete) => {
                if let Some(known) = self.constants.get(&concrete.key()) {
                    return Ok(known.clone());
                }
                let name = format!("constant{}", self.constants.len());
                let reference = self.builder.param(name, value.ty().clone(), None);
                self.params.push((Source::Constant(concrete.clone()), Some(concrete.clone())));
                self.constants.insert(concrete.key(), reference.clone());
                Ok(reference)
            }
        }
    }
}
