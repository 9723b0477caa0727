//! `flashlight.export`: what a function does with tensors, recorded into a program that needs no Python, and the class that
//! such programs are in Python. Nested arguments and results are taken apart in the package.

use std::{path::PathBuf, sync::Arc};

use flashlight_compiler::{
    ir::{Graph, Printer, Typed, generalise, instance},
    types::{Dim, Symbol},
};
use flashlight_export::{
    Options, Program, Recording,
    manifest::{Kind, Size, Structure},
};
use flashlight_frontend::{
    Tensor, Value,
    autograd::is_grad_enabled,
    trace::{self, Recorded, Source, Trace, Write},
};
use flashlight_runtime::{Device, Value as Concrete};
use pyo3::{
    exceptions::{PyNotImplementedError, PyRuntimeError},
    prelude::*,
};

use crate::{
    compile::{Met, Named, Role, adopted, meeting, named_states, numerics_of, refuse_escapes},
    convert::{poll, tensor_of},
    errors::{exported, raise},
    tensor::wrap,
    types::device_of,
};

/// How often a function is recorded until its gradients are there, or not there, at the end as at the beginning.
const MOST_RECORDINGS: usize = 3;

/// A program without Python: its graph and its states.
#[pyclass(name = "Exported", module = "flashlight._C", frozen, weakref)]
pub struct Exported(Program);

/// A state's name, kind and value.
type StateObject = (String, &'static str, Py<PyAny>);

#[pymethods]
impl Exported {
    /// Runs it on tensors: the outputs.
    fn run(&self, py: Python<'_>, inputs: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Py<PyAny>>> {
        if trace::current().is_some() {
            return Err(PyNotImplementedError::new_err(
                "an exported program inside a compiled function is not implemented",
            ));
        }
        let tensors = tensors(&inputs)?;
        if is_grad_enabled()
            && tensors.iter().map(Tensor::requires_grad).try_fold(false, |a, b| b.map(|b| a | b)).map_err(raise)?
        {
            return Err(PyNotImplementedError::new_err(
                "gradients through an exported program are not implemented: detach its inputs, or call it in no_grad()",
            ));
        }
        let outputs = py.detach(|| {
            let values =
                tensors.iter().map(concrete).collect::<flashlight_frontend::Result<Vec<_>>>().map_err(raise)?;
            self.0.run_polled(&values, &mut poll).map_err(exported)
        })?;
        outputs.into_iter().map(|v| wrap(py, Tensor::from_value(v.into()))).collect()
    }

    /// Writes it into a file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(&path)).map_err(exported)
    }

    /// What it says about itself, as JSON.
    fn manifest(&self) -> PyResult<String> {
        self.0.manifest().to_json().map_err(exported)
    }

    /// The states, as they are now.
    fn states(&self, py: Python<'_>) -> PyResult<Vec<StateObject>> {
        let one = |(state, value): (&flashlight_export::manifest::State, Concrete)| {
            Ok((state.name.clone(), kind_name(state.kind), wrap(py, Tensor::from_value(value.into()))?))
        };
        self.0.states().into_iter().map(one).collect()
    }

    /// Replaces states, all of those given or none.
    fn set_states(&self, states: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<()> {
        let (names, objects): (Vec<String>, Vec<Bound<'_, PyAny>>) = states.into_iter().unzip();
        let values = tensors(&objects)?.iter().map(concrete).collect::<flashlight_frontend::Result<Vec<_>>>();
        self.0.set_states(names.into_iter().zip(values.map_err(raise)?).collect()).map_err(exported)
    }

    /// The sample's inputs.
    fn sample(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let values = self.0.sample().map_err(exported)?;
        values.into_iter().map(|v| wrap(py, Tensor::from_value(v.into()))).collect()
    }

    /// Each output on the sample: its name, whether every bit is the file's, the largest difference, whether it fits.
    fn check(&self, py: Python<'_>) -> PyResult<Vec<(String, bool, f64, bool)>> {
        let all = py.detach(|| self.0.check()).map_err(exported)?;
        Ok(all.into_iter().map(|c| (c.name, c.same_bits, c.largest, c.fits)).collect())
    }

    /// The graph as text: as recorded, or as it runs.
    fn graph(&self, optimised: bool) -> PyResult<String> {
        let printer = Printer::default();
        Ok(if optimised { printer.print(&self.0.graph().map_err(exported)?) } else { printer.print(self.0.recorded()) })
    }
}

/// Reads a file.
#[pyfunction]
fn _load_exported(py: Python<'_>, path: PathBuf, device: &Bound<'_, PyAny>, numerics: &str) -> PyResult<Exported> {
    let device = device_of(device)?.unwrap_or(Device::Cpu);
    let options = Options { device, numerics: numerics_of(numerics)? };
    py.detach(|| Program::load(&path, options)).map(Exported).map_err(exported)
}

/// What the package takes apart and puts together.
struct Taken {
    tensors: Vec<Tensor>,
    names: Vec<String>,
    structure: Structure,
}

/// A size that callers choose: its name, the sizes that it has in the variants, and its limits.
type SizeObject = (String, Vec<i64>, Option<i64>, Option<i64>);

/// Records `run`, which is called with a variant's number and answers with the output tensors, their names and the result's
/// structure, as it computes from the tensors of that variant. Nothing that it writes stays written.
#[pyfunction]
#[pyo3(signature = (name, run, variants, names, arguments, keywords, size))]
#[allow(clippy::too_many_arguments, reason = "a private entry of the package, each argument of another kind")]
fn _export(
    py: Python<'_>,
    name: &str,
    run: &Bound<'_, PyAny>,
    variants: Vec<Vec<Bound<'_, PyAny>>>,
    names: Vec<String>,
    arguments: &str,
    keywords: &str,
    size: Option<SizeObject>,
) -> PyResult<Exported> {
    if trace::current().is_some() {
        return Err(PyRuntimeError::new_err(
            "torch.export: a compiled function cannot be exported while it is recorded",
        ));
    }
    let mut variants = variants.iter().map(|v| tensors(v)).collect::<PyResult<Vec<_>>>()?.into_iter().enumerate();
    let recorded = |variant: (usize, Vec<Tensor>)| instance_at(py, name, run, &names, variant);
    let Some(first) = variants.next() else { return Err(PyRuntimeError::new_err("torch.export: no inputs")) };
    let sample = first.1.iter().map(concrete).collect::<flashlight_frontend::Result<Vec<_>>>().map_err(raise)?;
    let Instance { mut graph, states, taken } = recorded(first)?;
    let mut sizes = Vec::new();
    if let Some((size, at, min, max)) = size {
        let mut graphs = vec![graph];
        // A recording at size 1 says whether the program is the same there, where sizes may broadcast.
        let mut probe = None;
        for variant in variants {
            let is_probe = variant.0 + 1 == at.len() && at[variant.0] == 1;
            let other = recorded(variant).and_then(|other| {
                same_but_for_sizes(&size, (&states, &taken), &other)?;
                Ok(other.graph)
            });
            match other {
                Ok(other) if is_probe => probe = Some(other),
                // Nobody asked for size 1.
                Err(_) if is_probe && min.is_none() => {}
                other => graphs.push(other?),
            }
        }
        let symbol = Symbol(0);
        let what = format!("torch.export: dynamic_shapes with {size:?}");
        graph = generalise(&graphs, &at[..graphs.len()], symbol, &what).map_err(|e| raise(e.into()))?;
        let holds = |probe: &Graph| generic_instance(&graph, symbol, 1).is_some_and(|g| g == *probe);
        let least = match (min, &probe) {
            (None | Some(0 | 1), Some(probe)) if holds(probe) => 1,
            (Some(min), _) if min > 1 => min,
            (None, _) => 2,
            (Some(min), _) => {
                return Err(PyNotImplementedError::new_err(format!(
                    "{what}, which may be {min}: the program is another one at size 1; its sizes begin at 2"
                )));
            }
        };
        sizes.push(Size { name: size, symbol: Dim::symbol(symbol), min: least, max });
    }
    let device = sample.iter().chain(states.iter().map(|(.., v)| v)).map(Concrete::device).max().unwrap_or(Device::Cpu);
    let recording = Recording {
        graph,
        inputs: names,
        outputs: taken.names,
        arguments: structure(arguments)?,
        keywords: structure(keywords)?,
        result: taken.structure,
        states,
        sizes,
        sample,
    };
    let options = Options { device, ..Options::default() };
    py.detach(|| Program::new(recording, options)).map(Exported).map_err(exported)
}

/// One recording, as a program with its states.
struct Instance {
    graph: Graph,
    states: States,
    taken: Taken,
}

fn instance_at(
    py: Python<'_>,
    name: &str,
    run: &Bound<'_, PyAny>,
    names: &[String],
    (place, inputs): (usize, Vec<Tensor>),
) -> PyResult<Instance> {
    let mut before: Vec<(Tensor, Option<Tensor>)> = Vec::new();
    let run = || run.call1((place,));
    let recorded = record_steady(py, name, &run, (names, &inputs), &mut before);
    // The values of states are those that the recording was made with.
    let prepared = recorded.and_then(|(recorded, taken, named)| {
        let (graph, states) = with_states(recorded, taken.tensors.len(), &named)?;
        Ok(Instance { graph, states, taken })
    });
    for (tensor, grad) in before {
        drop(tensor.swap_grad(grad));
    }
    prepared
}

/// The instance of a graph at a size, where there is one.
fn generic_instance(graph: &Graph, symbol: Symbol, size: i64) -> Option<Graph> {
    instance(graph, &|s| (s == symbol).then_some(size)).ok()
}

/// Refuses a program that depends on a size by more than other sizes.
fn same_but_for_sizes(size: &str, (states, taken): (&States, &Taken), other: &Instance) -> PyResult<()> {
    let refuse = |what: &str| {
        let message =
            format!("torch.export: dynamic_shapes with {size:?}, on which {what} depends, is not implemented");
        Err(PyNotImplementedError::new_err(message))
    };
    if taken.names != other.taken.names || taken.structure != other.taken.structure {
        return refuse("the structure of the result");
    }
    if states.len() != other.states.len() {
        return refuse("what the program reads");
    }
    for ((.., a), (.., b)) in states.iter().zip(&other.states) {
        let bytes = |v: &Concrete| v.to_bytes().map_err(|e| raise(e.into()));
        if a.key() != b.key() && (a.ty() != b.ty() || bytes(a)? != bytes(b)?) {
            return refuse("a tensor that the function makes");
        }
    }
    Ok(())
}

/// Records until one run leaves gradients there, or not there, as it found them: then the program stands for every run. Adds
/// to `before` what gradients were that it had to set for that.
fn record_steady<'py>(
    py: Python<'py>,
    name: &str,
    run: &dyn Fn() -> PyResult<Bound<'py, PyAny>>,
    inputs: (&[String], &[Tensor]),
    before: &mut Vec<(Tensor, Option<Tensor>)>,
) -> PyResult<(Recorded, Taken, Vec<Named>)> {
    for _ in 0..MOST_RECORDINGS {
        let (recorded, taken, named) = record(py, name, run, inputs)?;
        let mut steady = true;
        for (tensor, had) in &recorded.looked {
            let sets = recorded.writes.iter().any(|w| matches!(w, Write::Grad(t) if t.is(tensor)));
            let has = sets || (*had && !recorded.cleared.iter().any(|t| t.is(tensor)));
            if has == *had {
                continue;
            }
            steady = false;
            let reads = recorded.sources.iter().any(|s| matches!(s, Source::Grad(t) if t.is(tensor)));
            if *had && reads {
                return Err(PyRuntimeError::new_err(format!(
                    "torch.export: the step adds to a gradient ({}) that later steps do not have: call zero_grad() before \
                     the step is exported",
                    tensor.ty()
                )));
            }
            let new = if has { Some(zeros(tensor)?) } else { None };
            let old = tensor.swap_grad(new);
            if !before.iter().any(|(t, _)| t.is(tensor)) {
                before.push((tensor.clone(), old));
            }
        }
        if steady {
            return Ok((recorded, taken, named));
        }
    }
    Err(PyRuntimeError::new_err("torch.export: the step leaves other gradients in every run"))
}

fn zeros(like: &Tensor) -> PyResult<Tensor> {
    let ty = like.ty();
    let bytes = ty.known_bytes().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let value = Concrete::from_bytes(&vec![0; bytes], ty, like.device()).map_err(|e| raise(e.into()))?;
    Ok(Tensor::from_value(value.into()))
}

/// Records one run; everything outside is as it was then.
fn record<'py>(
    py: Python<'py>,
    name: &str,
    run: &dyn Fn() -> PyResult<Bound<'py, PyAny>>,
    (names, inputs): (&[String], &[Tensor]),
) -> PyResult<(Recorded, Taken, Vec<Named>)> {
    let trace = Trace::new(&identifier(name));
    for (name, tensor) in names.iter().zip(inputs) {
        trace.argument(&identifier(name), tensor).map_err(raise)?;
    }
    let (answer, mut met) = meeting(Met::default(), || trace.record(run));
    let finished = answer.and_then(|answer| {
        let taken = taken(&answer)?;
        drop(answer);
        met.write_back(py, &trace)?;
        if !trace.changes().map_err(raise)?.is_empty() {
            return Err(PyNotImplementedError::new_err(
                "torch.export: setting .data or requires_grad of a tensor from outside, which no program does",
            ));
        }
        if let Some(owner) = met.changed_options(py)? {
            return Err(PyRuntimeError::new_err(format!(
                "torch.export: the step changes options of {owner} (its learning rate, say) in Python, which a program \
                 cannot repeat: step the scheduler outside of it"
            )));
        }
        let adopted = adopted(py, &met)?;
        let named = named_states(py, &met)?;
        named.iter().for_each(|n| trace.name(&n.tensor.storage(), &n.name));
        refuse_escapes(py, &trace, &taken.tensors, &adopted)?;
        let values: Vec<Value> = trace
            .record(|| taken.tensors.iter().map(Tensor::value).collect::<flashlight_frontend::Result<_>>())
            .map_err(raise)?;
        let recorded = trace.finish(&values, &adopted).map_err(raise)?;
        Ok((recorded, taken, named))
    });
    if finished.is_err() {
        trace.abandon();
    }
    met.restore(py)?;
    met.undo(py)?;
    let finished = finished?;
    refuse(&finished.0)?;
    Ok(finished)
}

/// Refuses what no program does that is called with tensors and gives tensors.
fn refuse(recorded: &Recorded) -> PyResult<()> {
    if let Some(decision) = recorded.decisions.first() {
        return Err(PyRuntimeError::new_err(format!(
            "torch.export: {} decides on elements of a tensor, which differ from run to run: compute with tensors \
             (torch.where) instead",
            decision.what
        )));
    }
    for write in &recorded.writes {
        match write {
            Write::Argument(i) => {
                return Err(PyNotImplementedError::new_err(format!(
                    "torch.export: the function writes into its input {i} in place, which is not implemented: return the new \
                     elements, or keep them in a buffer"
                )));
            }
            Write::Born(storage) => {
                return Err(PyRuntimeError::new_err(format!(
                    "torch.export: the function makes state in its first call that later calls go on with ({}, of an \
                     optimizer or a module): call it once before it is exported",
                    storage.value().ty()
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Kind, other names and value of each state.
type States = Vec<(Kind, Vec<String>, Concrete)>;

/// The graph with all that it reads and writes outside as named states, and the states.
fn with_states(recorded: Recorded, outputs: usize, named: &[Named]) -> PyResult<(Graph, States)> {
    let Recorded { mut graph, sources, writes, .. } = recorded;
    // What a write goes into is the parameter that reads it; a gradient that nobody reads is forgotten.
    let place = |write: &Write| {
        sources.iter().position(|source| match (write, source) {
            (Write::Storage(a), Source::Storage(b)) => Arc::ptr_eq(a, b),
            (Write::GradStorage(a) | Write::Grad(a), Source::Grad(b)) => a.is(b),
            (Write::Generator(a), Source::Generator(b)) => Arc::ptr_eq(a, b),
            _ => false,
        })
    };
    let places: Vec<Option<usize>> = writes.iter().map(place).collect();
    let mut states = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    let mut used = vec![false; graph.values.len()];
    let read = graph.nodes.iter().flat_map(|n| &n.operands).chain(graph.outputs.iter().map(|o| &o.value));
    read.for_each(|v| used[v.0 as usize] = true);
    let mut keeps = vec![true; sources.len()];
    for (i, source) in sources.iter().enumerate() {
        if matches!(source, Source::Argument(_)) {
            continue;
        }
        let written = places.contains(&Some(i));
        if !written && !used[graph.params[i].value.0 as usize] {
            keeps[i] = false;
            continue;
        }
        let (kind, mut names) = described(source, written, named);
        let own = graph.params[i].state.take();
        let first = own.or_else(|| names.first().cloned()).unwrap_or_else(|| graph.params[i].name.clone());
        names.retain(|n| *n != first);
        let mut name = first;
        while taken.contains(&name) {
            name.push('_');
        }
        taken.extend(names.iter().cloned().chain([name.clone()]));
        graph.params[i].name = identifier(&name);
        graph.params[i].state = Some(name);
        states.push((kind, names, source.value(&[]).map_err(raise)?));
    }
    let names: Vec<Option<String>> = graph.params.iter().map(|p| p.state.clone()).collect();
    let behind = graph.outputs.split_off(outputs);
    for (mut output, place) in behind.into_iter().zip(&places) {
        if let Some(place) = place {
            output.writes = names[*place].clone();
            graph.outputs.push(output);
        }
    }
    // Types and equalities of sizes stay as they were recorded; nodes that only dropped outputs needed go.
    Ok((graph.pruned_to(|i| keeps[i]), states))
}

/// What a state is, and its names.
fn described(source: &Source, written: bool, named: &[Named]) -> (Kind, Vec<String>) {
    let loose = if written { Kind::Buffer } else { Kind::Constant };
    match source {
        Source::Storage(storage) => {
            let all = || named.iter().filter(|n| Arc::ptr_eq(&n.tensor.storage(), storage));
            let kind = all().next().map_or(loose, |n| match n.role {
                Role::Parameter => Kind::Parameter,
                Role::Buffer => Kind::Buffer,
                Role::Optimizer => Kind::Optimizer,
            });
            let mut names: Vec<String> = Vec::new();
            all().for_each(|n| {
                if !names.contains(&n.name) {
                    names.push(n.name.clone())
                }
            });
            (kind, names)
        }
        Source::Grad(tensor) => {
            let name = named.iter().find(|n| n.tensor.is(tensor)).map(|n| format!("{}.grad", n.name));
            (Kind::Gradient, name.into_iter().collect())
        }
        Source::Generator(_) => (Kind::Generator, Vec::new()),
        Source::Constant(_) | Source::Argument(_) | Source::Cotangent(_) => (loose, Vec::new()),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Parameter => "parameter",
        Kind::Buffer => "buffer",
        Kind::Optimizer => "optimizer",
        Kind::Gradient => "gradient",
        Kind::Generator => "generator",
        Kind::Constant => "constant",
    }
}

/// A name that can stand in a graph's text.
fn identifier(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("v_{plain}") }
}

fn structure(json: &str) -> PyResult<Structure> {
    serde_json::from_str(json)
        .map_err(|e| PyRuntimeError::new_err(format!("torch.export: a structure is damaged: {e}")))
}

fn taken(answer: &Bound<'_, PyAny>) -> PyResult<Taken> {
    let (objects, names, json): (Vec<Bound<'_, PyAny>>, Vec<String>, String) = answer.extract()?;
    Ok(Taken { tensors: tensors(&objects)?, names, structure: structure(&json)? })
}

fn tensors(objects: &[Bound<'_, PyAny>]) -> PyResult<Vec<Tensor>> {
    let one = |object: &Bound<'_, PyAny>| {
        tensor_of(object).cloned().ok_or_else(|| PyRuntimeError::new_err("torch.export: a tensor is none"))
    };
    objects.iter().map(one).collect()
}

fn concrete(tensor: &Tensor) -> flashlight_frontend::Result<Concrete> {
    tensor.value()?.concrete("an exported program").cloned()
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Exported>()?;
    module.add_function(wrap_pyfunction!(_export, module)?)?;
    module.add_function(wrap_pyfunction!(_load_exported, module)?)
}
