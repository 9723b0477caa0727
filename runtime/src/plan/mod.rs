//! How a graph runs: its calls in an order, with sizes, devices and last uses known, in three phases. What the program
//! asks of its data comes first, then everything that may fail, then the updates of states, which reuse their memory.
//!
//! A plan is for values of given types on given devices ([`Plan::fits`]); it computes nothing while it is made.

mod order;
mod placement;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use flashlight_compiler::fusion::{decompose, regions};
use flashlight_compiler::ir::{Graph, ValueId};
use flashlight_compiler::ops::{Attr, Attrs, Call, Op, Signature};
use flashlight_compiler::types::{Dim, Symbol, Type};
use smallvec::SmallVec;

use crate::device::Device;
use crate::engine;
use crate::error::{Error, Result};
use crate::lower::lower;
use crate::mlx;
use crate::value::Value;
use order::{Draft, Phase, arrange};
use placement::Placement;

/// Calls after which the results still in use are begun: MLX orders what is begun together as it likes.
const BATCH: usize = 48;

/// Bytes and number of updated states that are begun together.
const GROUP_BYTES: u64 = 16 << 20;
const GROUP: usize = 24;

/// The sizes that a graph's symbols stand for.
type Binding = HashMap<Symbol, i64>;

/// A graph made ready to run on values of certain types and devices.
pub struct Plan {
    /// What runs: regions that no device has an executor for are in their parts.
    graph: Graph,
    params: Vec<Expected>,
    steps: Vec<Step>,
    outputs: Vec<usize>,
    slots: usize,
    /// Where the work begins, and where the updates of states do.
    updates: [usize; 2],
    /// The outputs, in groups whose updates are begun one after the other.
    groups: Vec<Vec<usize>>,
    memory: Memory,
}

/// What one parameter has to be.
struct Expected {
    name: String,
    ty: Type,
    device: Device,
    /// Where it goes; nowhere when nothing reads it.
    slot: Option<usize>,
}

/// One call.
struct Step {
    node: usize,
    op: Op,
    attrs: Attrs,
    /// Where each operand is, and whether this is its last use.
    operands: SmallVec<[(usize, bool); 4]>,
    results: SmallVec<[Option<usize>; 1]>,
    types: SmallVec<[Type; 1]>,
    regions: SmallVec<[Arc<Graph>; 1]>,
    device: Device,
}

/// What outputs are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody reads it once the run is over.
    Result,
    /// A question to the data: answered before anything else runs.
    Check,
    /// The next value of a state, whose present one the run may consume.
    Update,
}

/// Bytes of a plan's values, in the order it runs them; what single calls need inside is not known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of the parameters.
    pub parameters: u64,
    /// The most that is in use at once beside the parameters.
    pub peak: u64,
    /// The same in the order in which the graph was given.
    pub recorded: u64,
    /// The most that the updates of states take beside what is in use when they begin.
    pub updates: u64,
    /// Of results that take the memory of an operand.
    pub reused: u64,
}

impl Plan {
    /// The plan of a graph for parameters of these types and devices; `purposes` says what each output is for.
    ///
    /// # Errors
    /// Types that the graph does not take; a size that is still unknown.
    pub fn new(graph: &Graph, given: &[(Type, Device)], purposes: &[Purpose]) -> Result<Plan> {
        if regions(graph).0 > 0 {
            return Plan::new(&decompose(graph)?, given, purposes);
        }
        let binding = bind(graph, given)?;
        let types: Vec<Type> = graph.values.iter().map(|value| concrete(&value.ty, &binding)).collect();
        let placement = Placement::new(graph, given);
        let drafts = placement.drafts(graph, &types);
        let arranged = arrange(graph, &types, &placement, drafts, purposes);

        let outputs: Vec<usize> = placement.outputs(graph);
        let mut uses = vec![0u32; placement.slots()];
        let read = arranged.drafts.iter().flat_map(|draft| &draft.operands).chain(&outputs);
        read.for_each(|slot| uses[*slot] += 1);
        let slot = |slot: usize| (uses[slot] > 0).then_some(slot);
        let params = graph.params.iter().zip(given).map(|(param, (_, device))| Expected {
            name: param.name.clone(),
            ty: types[param.value.0 as usize].clone(),
            device: *device,
            slot: placement.param(param.value).and_then(slot),
        });
        let params = params.collect();
        let mut left = uses.clone();
        let mut steps = Vec::with_capacity(arranged.drafts.len());
        for draft in &arranged.drafts {
            let node = &graph.nodes[draft.node];
            let of = |id: &ValueId| types[id.0 as usize].clone();
            let mut operands: SmallVec<[(usize, bool); 4]> = draft.operands.iter().map(|slot| (*slot, false)).collect();
            for operand in &mut operands {
                left[operand.0] -= 1;
                operand.1 = left[operand.0] == 0;
            }
            steps.push(Step {
                node: draft.node,
                op: node.op,
                attrs: substitute(&node.attrs, &binding),
                operands,
                results: draft.results.iter().map(|result| slot(*result)).collect(),
                types: node.results.iter().map(of).collect(),
                regions: node.regions.clone(),
                device: draft.device,
            });
        }
        let groups = group(graph, &types, &outputs, &arranged.drafts);
        let before = |phase: Phase| arranged.drafts.iter().take_while(|draft| draft.phase < phase).count();
        Ok(Plan {
            graph: graph.clone(),
            params,
            steps,
            outputs,
            slots: placement.slots(),
            updates: [before(Phase::Work), before(Phase::Update)],
            groups,
            memory: arranged.memory,
        })
    }

    /// The plan of a graph that asks nothing and has no states.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of(graph: &Graph, given: &[(Type, Device)]) -> Result<Plan> {
        Plan::new(graph, given, &vec![Purpose::Result; graph.outputs.len()])
    }

    /// Whether the plan is for values like these.
    pub fn fits(&self, inputs: &[Value]) -> bool {
        self.params.len() == inputs.len()
            && self.params.iter().zip(inputs).all(|(p, v)| p.device == v.device() && p.ty == *v.ty())
    }

    /// The bytes it needs.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// How many calls it makes: to answer its checks, to do the rest of the work, to update states.
    pub fn calls(&self) -> [usize; 3] {
        let [checks, updates] = self.updates;
        [checks, updates - checks, self.steps.len() - updates]
    }

    /// Has the work of a run's outputs begun: a few states at a time, so that each gives back its memory for the next. Where
    /// states are updated the caller has let go of their old values by now.
    pub fn begin(&self, outputs: &[Value]) {
        for group in &self.groups {
            engine::begin(group.iter().map(|i| &outputs[*i]));
        }
    }

    /// Begins a run.
    ///
    /// # Errors
    /// Values that the plan is not for.
    pub fn start(&self, inputs: Vec<Value>) -> Result<Run<'_>> {
        if !self.fits(&inputs) {
            let wrong = |message: String| Err(Error::user("execute", message));
            if inputs.len() != self.params.len() {
                return wrong(format!(
                    "@{} takes {} values, {} given",
                    self.graph.name,
                    self.params.len(),
                    inputs.len()
                ));
            }
            for (param, value) in self.params.iter().zip(&inputs) {
                if param.ty != *value.ty() || param.device != value.device() {
                    return wrong(format!(
                        "%{} of @{} is {} on {}, {value:?} given",
                        param.name, self.graph.name, param.ty, param.device
                    ));
                }
            }
        }
        let mut slots = vec![None; self.slots];
        for (param, value) in self.params.iter().zip(inputs) {
            if let Some(slot) = param.slot {
                slots[slot] = Some(value);
            }
        }
        Ok(Run { plan: self, slots, next: 0, risky: Vec::new() })
    }

    /// Runs it to the end.
    ///
    /// # Errors
    /// As [`Plan::start`]; what single calls refuse.
    pub fn run(&self, inputs: Vec<Value>) -> Result<Vec<Value>> {
        let outputs = self.start(inputs)?.finish()?;
        self.begin(&outputs);
        Ok(outputs)
    }

    /// One line a call, in order, with its device and what it lets go of; the phases have titles.
    pub fn describe(&self) -> String {
        let graph = &self.graph;
        let (names, calls) = (graph.value_names(), graph.calls());
        let [checks, updates] = self.updates;
        let phases =
            [("checks", 0..checks), ("work", checks..updates), ("updates of states", updates..self.steps.len())];
        let mut text = String::new();
        for (title, steps) in phases.into_iter().filter(|(_, steps)| !steps.is_empty()) {
            let _ = writeln!(text, "; {title}");
            for step in &self.steps[steps] {
                let node = &graph.nodes[step.node];
                let inputs: SmallVec<[&Type; 4]> = node.operands.iter().map(|id| graph.ty(*id)).collect();
                let device = if step.op.row().placement.needs_cpu(&inputs) { Device::Cpu } else { step.device };
                let _ = write!(text, "{}  ; {device}", calls[step.node]);
                let freed = step.operands.iter().zip(&node.operands).filter(|((_, last), _)| *last);
                for (i, (_, id)) in freed.enumerate() {
                    let _ = write!(text, "{}{}", if i == 0 { ", frees " } else { " " }, names[id.0 as usize]);
                }
                text.push('\n');
            }
        }
        text
    }
}

/// One run of a plan, phase by phase.
pub struct Run<'p> {
    plan: &'p Plan,
    slots: Vec<Option<Value>>,
    next: usize,
    /// Values whose work may fail because of the data.
    risky: Vec<Value>,
}

impl Run<'_> {
    /// Records what the checks need; [`Run::output`] then gives their values.
    ///
    /// # Errors
    /// What single calls refuse.
    pub fn check(&mut self) -> Result<()> {
        self.record(self.plan.updates[0])
    }

    /// An output that is recorded.
    ///
    /// # Errors
    /// An output of a later phase.
    pub fn output(&self, i: usize) -> Result<Value> {
        let slot = self.plan.outputs[i];
        self.slots[slot].clone().ok_or_else(|| Error::internal(format_args!("output {i} is asked for too early")))
    }

    /// Does everything but the updates of states and makes sure that it succeeds: all memory is there, and what depends
    /// on the data has gone well. `poll` is called now and then.
    ///
    /// # Errors
    /// What fails.
    pub fn settle(&mut self, poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.record(self.plan.updates[1])?;
        let recorded: Vec<&Value> = self.slots.iter().flatten().collect();
        engine::schedule(&recorded, poll)?;
        let risky: Vec<&Value> = self.risky.iter().collect();
        engine::wait(&risky, poll)?;
        self.risky.clear();
        Ok(mlx::reserve(self.plan.memory.updates)?)
    }

    /// Records the rest; the outputs in the graph's order.
    ///
    /// # Errors
    /// What single calls refuse.
    pub fn finish(mut self) -> Result<Vec<Value>> {
        self.record(self.plan.steps.len())?;
        (0..self.plan.outputs.len()).map(|i| self.output(i)).collect()
    }

    fn record(&mut self, end: usize) -> Result<()> {
        engine::planned(|| self.record_planned(end))
    }

    fn record_planned(&mut self, end: usize) -> Result<()> {
        let mut fresh: Vec<usize> = Vec::new();
        for (i, step) in self.plan.steps[..end].iter().enumerate().skip(self.next) {
            let operands: SmallVec<[Value; 4]> =
                step.operands.iter().map(|&(slot, last)| take(&mut self.slots[slot], last)).collect::<Result<_>>()?;
            let inputs: SmallVec<[&Type; 4]> = operands.iter().map(Value::ty).collect();
            let signatures: Vec<Signature> = step.regions.iter().map(|region| region.signature()).collect();
            let call =
                Call { op: step.op, attrs: &step.attrs, inputs: &inputs, regions: &signatures, equalities: None };
            let results = lower(&call, &operands, &step.regions, &step.types, step.device)?;
            for (slot, result) in step.results.iter().zip(results) {
                if result.adds_risk(&operands) {
                    self.risky.push(result.clone());
                }
                if let Some(slot) = slot {
                    self.slots[*slot] = Some(result);
                    fresh.push(*slot);
                }
            }
            if i % BATCH == BATCH - 1 && i < self.plan.updates[1] {
                engine::begin(fresh.drain(..).filter_map(|slot| self.slots[slot].as_ref()));
            }
        }
        self.next = self.next.max(end);
        Ok(())
    }
}

/// The outputs in groups, in the order in which they are made.
fn group(graph: &Graph, types: &[Type], outputs: &[usize], drafts: &[Draft]) -> Vec<Vec<usize>> {
    let made: HashMap<usize, usize> =
        drafts.iter().enumerate().flat_map(|(i, draft)| draft.results.iter().map(move |slot| (*slot, i))).collect();
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    order.sort_by_key(|i| made.get(&outputs[*i]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut bytes = u64::MAX;
    for i in order {
        if bytes >= GROUP_BYTES || groups.last().is_none_or(|group| group.len() >= GROUP) {
            groups.push(Vec::new());
            bytes = 0;
        }
        if let Some(group) = groups.last_mut() {
            group.push(i);
        }
        bytes += types[graph.outputs[i].value.0 as usize].known_bytes().unwrap_or(0);
    }
    groups
}

/// Reads a value, and lets go of it where this is its last use.
fn take(slot: &mut Option<Value>, last: bool) -> Result<Value> {
    let value = if last { slot.take() } else { slot.clone() };
    value.ok_or_else(|| Error::internal("a value is read before it is made"))
}

/// Runs a graph once on these values; see [`Plan`].
///
/// # Errors
/// As [`Plan::new`] and [`Plan::run`].
pub fn execute(graph: &Graph, inputs: &[Value]) -> Result<Vec<Value>> {
    let given: Vec<(Type, Device)> = inputs.iter().map(|value| (value.ty().clone(), value.device())).collect();
    Plan::of(graph, &given)?.run(inputs.to_vec())
}

fn bind(graph: &Graph, given: &[(Type, Device)]) -> Result<Binding> {
    let wrong = |message: String| Error::user("execute", message);
    if given.len() != graph.params.len() {
        return Err(wrong(format!("@{} takes {} values, {} given", graph.name, graph.params.len(), given.len())));
    }
    let mut binding = Binding::new();
    for (param, (ty, _)) in graph.params.iter().zip(given) {
        for (wanted, size) in graph.ty(param.value).shape.iter().zip(&ty.shape) {
            let symbols = wanted.symbols();
            if let (Some(&symbol), Some(size)) = (symbols.first(), size.as_known())
                && *wanted == Dim::from(symbol)
            {
                binding.entry(symbol).or_insert(size);
            }
        }
    }
    for (param, (ty, _)) in graph.params.iter().zip(given) {
        let wanted = graph.ty(param.value);
        let fits = wanted.dtype == ty.dtype
            && wanted.rank() == ty.rank()
            && wanted.shape.iter().zip(&ty.shape).all(|(w, g)| bound(w, &binding) == *g);
        if !fits {
            return Err(wrong(format!("%{} of @{} is {wanted}, {ty} given", param.name, graph.name)));
        }
    }
    for (left, right) in &graph.guards {
        if bound(left, &binding) != bound(right, &binding) {
            return Err(wrong(format!("@{} relies on {left} = {right}, which does not hold here", graph.name)));
        }
    }
    Ok(binding)
}

fn bound(size: &Dim, binding: &Binding) -> Dim {
    if size.is_known() { size.clone() } else { size.substitute(&|symbol| binding.get(&symbol).map(|&n| Dim::known(n))) }
}

fn concrete(ty: &Type, binding: &Binding) -> Type {
    let mut ty = ty.clone();
    ty.shape = ty.shape.iter().map(|size| bound(size, binding)).collect();
    ty
}

fn substitute(attrs: &Attrs, binding: &Binding) -> Attrs {
    if binding.is_empty() {
        return attrs.clone();
    }
    let one = |attr: &Attr| match attr {
        Attr::Dim(size) => Attr::Dim(bound(size, binding)),
        Attr::Dims(sizes) => Attr::Dims(sizes.iter().map(|size| bound(size, binding)).collect()),
        other => other.clone(),
    };
    attrs.iter().map(one).collect()
}

impl Draft {
    /// Whether the results look at the first operand's memory.
    fn is_view(&self, graph: &Graph) -> bool {
        use flashlight_compiler::ops::Movement::{BroadcastInDim, Permute, Reshape, Slice};
        matches!(graph.nodes[self.node].op, Op::Movement(Permute | Reshape | BroadcastInDim | Slice))
    }
}
