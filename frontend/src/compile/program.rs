//! A recorded program and its runs: gather what it reads, execute, check what it decided, and only then write.

use std::sync::{Arc, Mutex, PoisonError};

use flashlight_compiler::{
    attrs,
    egraph::{Options, Report, Stored, optimise},
    fusion::fuse,
    ir::{Emit, Graph, partition},
    ops::{Axes, Op, through::inverse},
    rules::Numerics,
    types::Type,
};
use flashlight_runtime::{Device, Eager, Memory, Plan, Purpose, Value as Concrete};

use super::backward::{Derived, Gradients};
use crate::{
    autograd::Var,
    error::{Error, Result},
    fetch::{fetch_concrete, poll},
    tensor::Tensor,
    trace::{Decision, Met, Recorded, Source, Write},
    value::Value,
};

/// A program that can run again.
pub struct Program {
    recorded: Recorded,
    /// As it was recorded, before anything was done to it.
    traced: Graph,
    /// The same with the gradients of its outputs, where it has any.
    differentiated: Option<Graph>,
    /// How many outputs are the caller's.
    outputs: usize,
    types: Vec<Type>,
    gradients: Option<Gradients>,
    reports: Vec<Report>,
    /// The states that the graph takes and leaves permuted. Outside they keep their shapes: a permuted value is a view.
    stored: Vec<Stored>,
    /// The graph with its elementwise work in regions: what is planned.
    fused: Graph,
    /// For the devices of the last run.
    plan: Mutex<Option<Arc<Plan>>>,
}

/// What a run came to.
pub enum Run {
    /// The caller's outputs; everything the program writes is written.
    Done(Vec<Var>),
    /// A decision came out differently; nothing is written.
    Missed(Decision),
}

impl Program {
    /// The program of a recording whose first `outputs` outputs are the caller's, then the gradients of `derived`. It is
    /// optimised as far as `numerics` allows; where none is given it runs as recorded.
    ///
    /// # Errors
    /// A fault of the optimiser.
    pub fn new(
        recorded: Recorded,
        outputs: usize,
        derived: Option<Derived>,
        numerics: Option<Numerics>,
    ) -> Result<Self> {
        let traced = recorded.graph.clone();
        let Recorded { mut graph, mut sources, writes, cleared, looked, decisions, met } = recorded;
        let present: Vec<bool> = derived.iter().flat_map(|d| d.grads.iter().map(Option::is_some)).collect();
        let grads = present.iter().filter(|p| **p).count();
        // The gradients go behind everything that the first part computes.
        let late_outputs: Vec<_> = graph.outputs.drain(outputs..outputs + grads).collect();
        let early = graph.outputs.len();
        graph.outputs.extend(late_outputs);
        let is_late = |s: &Source| matches!(s, Source::Cotangent(_));
        let late: Vec<usize> = (0..sources.len()).filter(|i| is_late(&sources[*i])).collect();
        let parts = partition(&graph, early, &late);
        let (traced, differentiated) = match &derived {
            None => (traced, None),
            Some(_) => {
                let mut forward = parts.forward.clone();
                forward.outputs.truncate(early);
                (forward.pruned(), Some(traced))
            }
        };
        sources.retain(|s| !is_late(s));
        let (mut reports, mut stored) = (Vec::new(), Vec::new());
        // What runs once is not worth the time.
        let once = writes.iter().any(|w| matches!(w, Write::Born(_)));
        let (forward, backward) = match numerics.filter(|_| !once) {
            None => (parts.forward, parts.backward),
            Some(numerics) => {
                let options = Options { numerics, permute_states: true, ..Options::for_device(device_of(&sources))? };
                let forward = optimise(&parts.forward, &options)?;
                reports.push(forward.report);
                stored = forward.stored;
                let backward = match derived {
                    Some(_) => {
                        let backward = optimise(&parts.backward, &Options { permute_states: false, ..options })?;
                        reports.push(backward.report);
                        backward.graph
                    }
                    None => parts.backward,
                };
                (forward.graph, backward)
            }
        };
        let gradients = derived.map(|d| Gradients {
            graph: Arc::new(backward),
            outputs: d.outputs,
            destinations: d.destinations,
            present,
        });
        let graph = forward;
        let fused = if numerics.is_some() && !once { fuse(&graph)? } else { graph.clone() };
        let types = graph.params.iter().map(|p| graph.ty(p.value).clone()).collect();
        let recorded = Recorded { graph, sources, writes, cleared, looked, decisions, met };
        let mut program = Self {
            recorded,
            traced,
            differentiated,
            outputs,
            types,
            gradients,
            reports,
            stored,
            fused,
            plan: Mutex::default(),
        };
        for stored in &program.stored {
            if let Some(param) = stored.param {
                let ty = &mut program.types[param];
                let inverse = inverse(&stored.perm);
                ty.shape = inverse.iter().map(|axis| ty.shape[*axis as usize].clone()).collect();
            }
        }
        Ok(program)
    }

    /// What runs.
    pub fn graph(&self) -> &Graph {
        &self.recorded.graph
    }

    /// What runs, with its elementwise work in regions.
    pub fn fused(&self) -> &Graph {
        &self.fused
    }

    /// What computes its outputs' gradients, where they have any.
    pub fn backward_graph(&self) -> Option<&Graph> {
        self.gradients.as_ref().map(|g| &*g.graph)
    }

    /// What the optimiser did: to the program, and to what computes its outputs' gradients.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Where the parameters come from.
    pub fn sources(&self) -> &[Source] {
        &self.recorded.sources
    }

    /// The parameters' types outside.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The states that are kept permuted, by the parameters' numbers.
    pub fn stored(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.stored.iter().filter_map(|s| Some((s.param?, &s.perm[..])))
    }

    /// What was recorded, with the gradients of its outputs, where it has any.
    pub fn differentiated(&self) -> Option<&Graph> {
        self.differentiated.as_ref()
    }

    /// What it leaves changed, in words.
    pub fn written(&self) -> Vec<String> {
        let outputs = self.recorded.graph.outputs.iter().skip(self.outputs);
        let name = |(write, output): (&Write, &flashlight_compiler::ir::Output)| match (&output.writes, write) {
            (Some(state), _) => state.clone(),
            (None, Write::Argument(i)) => format!("argument {}", i + 1),
            (None, Write::Storage(_) | Write::Born(_)) => "a captured tensor".to_owned(),
            (None, Write::Grad(tensor) | Write::GradStorage(tensor)) => {
                format!("the gradient of a tensor ({})", tensor.ty())
            }
            (None, Write::Generator(_)) => "a generator".to_owned(),
        };
        self.recorded.writes.iter().zip(outputs).map(name).collect()
    }

    /// What was recorded.
    pub fn traced(&self) -> &Graph {
        &self.traced
    }

    /// The questions it asked while it was recorded.
    pub fn decisions(&self) -> &[Decision] {
        &self.recorded.decisions
    }

    /// Whether storages were made in the recording that are still in use: such a program runs once.
    pub fn is_for_once(&self) -> bool {
        self.recorded.writes.iter().any(|w| matches!(w, Write::Born(_)))
    }

    /// Why the program does not fit what it captured, where it does not: gradients that came or went, tensors of another
    /// type.
    pub fn misfit(&self) -> Option<String> {
        if let Some(misfit) = self.recorded.met.iter().find_map(Met::misfit) {
            return Some(misfit);
        }
        for (tensor, had) in &self.recorded.looked {
            if tensor.current_grad().is_some() != *had {
                let now = if *had { "has none now" } else { "has one now" };
                return Some(format!("the gradient of a tensor ({}) {now}", tensor.ty()));
            }
        }
        for (source, wanted) in self.recorded.sources.iter().zip(&self.types) {
            let now = match source {
                Source::Storage(storage) => storage.value(),
                Source::Grad(tensor) => match tensor.current_grad() {
                    Some(grad) => grad.storage().value(),
                    None => return Some(format!("the gradient of a tensor ({}) is gone", tensor.ty())),
                },
                Source::Argument(_) | Source::Generator(_) | Source::Constant(_) | Source::Cotangent(_) => continue,
            };
            let now = flashlight_compiler::ir::Typed::ty(&now);
            if now != wanted {
                return Some(format!("a captured tensor is {now} now, and was {wanted}"));
            }
        }
        None
    }

    /// Runs it on the storages of the arguments.
    ///
    /// # Errors
    /// What the device refuses; nothing is written then.
    pub fn run(&self, arguments: &[Tensor]) -> Result<Run> {
        let elements = |t: &Tensor| t.storage().value().concrete("an argument of a compiled program").cloned();
        let given: Vec<Concrete> = arguments.iter().map(elements).collect::<Result<_>>()?;
        let mut inputs = self.recorded.inputs(&given)?;
        drop(given);
        for Stored { param, perm, .. } in &self.stored {
            if let Some(param) = *param {
                inputs[param] = permuted(&inputs[param], perm)?;
            }
        }
        let plan = self.plan(&inputs)?;
        let written = self.outputs + self.recorded.writes.len();
        let mut run = plan.start(inputs)?;
        run.check()?;
        for (i, decision) in self.recorded.decisions.iter().enumerate() {
            let answer = fetch_concrete(&run.output(written + i)?)?;
            if answer != decision.answer {
                return Ok(Run::Missed(Decision { what: decision.what.clone(), answer }));
            }
        }
        if !self.recorded.writes.is_empty() {
            run.settle(&mut poll)?;
        }
        let mut results = run.finish()?;
        for Stored { output, perm, .. } in &self.stored {
            if let Some(output) = *output {
                results[output] = permuted(&results[output], &inverse(perm))?;
            }
        }
        let all = results.clone();
        let saved = results.split_off(written + self.recorded.decisions.len());
        results.truncate(written);
        let values = results.split_off(self.outputs);
        let mut outputs: Vec<Var> = results.into_iter().map(|v| Var::constant(v.into())).collect();
        if let Some(gradients) = &self.gradients {
            gradients.attach(&mut outputs, arguments, saved)?;
        }
        self.commit(arguments, values)?;
        plan.begin(&all);
        Ok(Run::Done(outputs))
    }

    /// The bytes that runs need, once there was one.
    pub fn memory(&self) -> Option<Memory> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|plan| plan.memory())
    }

    /// The calls of a run, one a line, once there was one.
    pub fn describe_plan(&self) -> Option<String> {
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.as_ref().map(|plan| plan.describe())
    }

    fn plan(&self, inputs: &[Concrete]) -> Result<Arc<Plan>> {
        let mut kept = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = kept.as_ref().filter(|plan| plan.fits(inputs)) {
            return Ok(Arc::clone(plan));
        }
        let graph = &self.recorded.graph;
        let given: Vec<_> = inputs.iter().map(|value| (value.ty().clone(), value.device())).collect();
        let mut purposes = vec![Purpose::Result; graph.outputs.len()];
        let written = self.outputs + self.recorded.writes.len();
        purposes[self.outputs..written].fill(Purpose::Update);
        purposes[written..written + self.recorded.decisions.len()].fill(Purpose::Check);
        let plan = Arc::new(Plan::new(&self.fused, &given, &purposes)?);
        *kept = Some(Arc::clone(&plan));
        Ok(plan)
    }

    fn commit(&self, arguments: &[Tensor], values: Vec<Concrete>) -> Result<()> {
        // Everything that could fail comes first.
        let mut storages = Vec::new();
        let mut grads = Vec::new();
        let mut generators = Vec::new();
        for (write, value) in self.recorded.writes.iter().zip(values) {
            match write {
                Write::Argument(i) => storages.push((arguments[*i].storage(), value)),
                Write::Storage(storage) | Write::Born(storage) => storages.push((storage.clone(), value)),
                Write::GradStorage(tensor) => {
                    let grad = tensor.current_grad().ok_or_else(|| Error::internal("a gradient is gone"))?;
                    storages.push((grad.storage(), value));
                }
                Write::Grad(tensor) => grads.push((tensor, value)),
                Write::Generator(generator) => generators.push((Arc::clone(generator), value)),
            }
        }
        for (storage, value) in storages {
            storage.write(value.into(), true)?;
        }
        for (tensor, value) in grads {
            drop(tensor.swap_grad(Some(Tensor::from_value(Value::from(value)))));
        }
        for tensor in &self.recorded.cleared {
            drop(tensor.swap_grad(None));
        }
        for (generator, value) in generators {
            drop(generator.swap_state(value.into()));
        }
        Ok(())
    }
}

/// Whose costs count: the GPU's where a program has states on one.
fn device_of(sources: &[Source]) -> &'static str {
    let on_gpu = |source: &Source| matches!(source, Source::Storage(s) if s.value().device() != Device::Cpu);
    match sources.iter().any(on_gpu) {
        false => "cpu",
        true if cfg!(target_os = "macos") => "metal",
        true => "cuda",
    }
}

/// A view of the value with its axes in another order.
fn permuted(value: &Concrete, perm: &[u32]) -> Result<Concrete> {
    let dims = Axes::from_slice(perm);
    Ok(Eager::new(value.device()).emit_one(Op::Permute, attrs![dims], std::slice::from_ref(value))?)
}
