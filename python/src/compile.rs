//! `flashlight.compile`: what a call is told apart by, what a recorded program relies on in Python, and the cache.
//!
//! A call is described by its arguments' structure; each description keeps the programs that were recorded for it. A program
//! runs again where everything that it relied on still holds; running it calls nothing of the user's.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flashlight_compiler::{ir::Printer, rules::Numerics};
use flashlight_frontend::{
    Tensor, Value,
    autograd::is_grad_enabled,
    compile::{Program, Run, derive},
    format::dtype_name,
    function::default_dtype,
    trace::{self, Source, Trace},
};
use parking_lot::Mutex;
use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyRuntimeError, PyValueError},
    intern,
    prelude::*,
    types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType},
};

use crate::{
    convert::tensor_of,
    errors::raise,
    tensor::wrap,
    types::{DTypeObject, DeviceObject},
};

/// How many descriptions one function keeps programs for, and programs for one description.
const MOST_DESCRIPTIONS: usize = 64;
const MOST_PROGRAMS: usize = 16;

/// The tensors of a call and a description of everything else about it.
#[derive(Default)]
struct Described {
    text: String,
    tensors: Vec<Tensor>,
    /// Objects that the description knows by their address.
    held: Vec<Py<PyAny>>,
}

impl Described {
    fn tensor(&mut self, tensor: &Tensor) -> PyResult<()> {
        let storage = tensor.storage();
        let known = self.tensors.iter().position(|t| Arc::ptr_eq(&t.storage(), &storage));
        let grad = tensor.requires_grad().map_err(raise)?;
        let _ = write!(self.text, "T{}@{}", tensor.ty(), tensor.device());
        if grad {
            self.text.push_str(if tensor.is_leaf().map_err(raise)? { "+leaf" } else { "+grad" });
        }
        if let Some(recipe) = tensor.recipe() {
            let _ = write!(self.text, "<{recipe}>");
        }
        match known {
            Some(i) => {
                let _ = write!(self.text, "={i}");
            }
            None => self.tensors.push(tensor.clone()),
        }
        self.text.push(';');
        Ok(())
    }

    fn add(&mut self, object: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(tensor) = tensor_of(object) {
            return self.tensor(tensor);
        }
        if let Ok(all) = object.cast::<PyTuple>() {
            let _ = write!(self.text, "({:x}:", object.get_type().as_ptr().addr());
            all.iter().try_for_each(|o| self.add(&o))?;
            self.text.push(')');
        } else if let Ok(all) = object.cast::<PyList>() {
            self.text.push('[');
            all.iter().try_for_each(|o| self.add(&o))?;
            self.text.push(']');
        } else if let Ok(all) = object.cast::<PyDict>() {
            let _ = write!(self.text, "{{{:x}:", object.get_type().as_ptr().addr());
            for (key, value) in all.iter() {
                self.add(&key)?;
                self.add(&value)?;
            }
            self.text.push('}');
        } else if is_plain(object) {
            let _ = write!(self.text, "{}:{};", object.get_type().name()?, object.repr()?);
        } else {
            let _ = write!(self.text, "@{:x};", object.as_ptr().addr());
            self.held.push(object.clone().unbind());
        }
        Ok(())
    }
}

/// Whether an object is told apart by its text: numbers, words, and our own small classes.
fn is_plain(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyBytes>()
        || object.is_exact_instance_of::<PyComplex>()
        || object.is_instance_of::<DTypeObject>()
        || object.is_instance_of::<DeviceObject>()
}

/// What a program returns, with the places of its outputs.
enum Returns {
    Output(usize),
    /// The element of an output as a Python number.
    Number(usize),
    /// The argument of that number, or a tensor from outside, as it is.
    Same(Py<PyAny>),
    Argument(usize),
    Sequence(Py<PyType>, Vec<Returns>),
    /// A class of named tuples, made by its `_make`.
    Named(Py<PyType>, Vec<Returns>),
    Dictionary(Py<PyType>, Vec<(Py<PyAny>, Returns)>),
    Plain(Py<PyAny>),
}

/// Something in Python that a program relies on.
enum Guard {
    /// What a name in a module, or a variable of an enclosing function, stands for.
    Variable { place: Place, expected: Py<PyAny>, what: String },
    /// A module's structure and plain attributes, and its mode.
    Module { module: Py<PyAny>, version: i64, training: bool },
    /// The options of an optimiser's groups.
    Options { owner: Py<PyAny>, expected: Py<PyAny> },
}

enum Place {
    Name(Py<PyDict>, Py<PyString>),
    Cell(Py<PyAny>),
    Defaults(Py<PyAny>),
}

impl Place {
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Place::Name(names, name) => names.bind(py).get_item(name),
            Place::Cell(cell) => cell.bind(py).getattr_opt(intern!(py, "cell_contents")),
            Place::Defaults(function) => function.bind(py).getattr_opt(intern!(py, "__defaults__")),
        }
    }
}

impl Guard {
    /// What it is about.
    fn what(&self, py: Python<'_>) -> PyResult<String> {
        Ok(match self {
            Guard::Variable { what, .. } => what.clone(),
            Guard::Module { module, training, .. } => {
                let mode = if *training { "True" } else { "False" };
                format!("attributes of {}, training={mode}", module.bind(py).get_type().name()?)
            }
            Guard::Options { owner, .. } => format!("options of {}", owner.bind(py).get_type().name()?),
        })
    }

    /// Why it no longer holds, where it does not.
    fn miss(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match self {
            Guard::Variable { place, expected, what } => {
                let now = place.get(py)?;
                let same = match &now {
                    Some(now) if now.is(expected) => true,
                    Some(now) if is_plain(now) => {
                        now.get_type().is(expected.bind(py).get_type()) && now.eq(expected)?
                    }
                    _ => false,
                };
                Ok((!same).then(|| format!("{what} changed")))
            }
            Guard::Module { module, version, training } => {
                let module = module.bind(py);
                let attributes = module.getattr(intern!(py, "__dict__"))?;
                let attributes = attributes.cast::<PyDict>()?;
                let now: Option<i64> =
                    attributes.get_item(intern!(py, "_flashlight_version"))?.map(|v| v.extract()).transpose()?;
                if now != Some(*version) {
                    return Ok(Some(format!("an attribute of {} changed", module.get_type().name()?)));
                }
                let mode = attributes.get_item(intern!(py, "training"))?;
                let mode = mode.map_or(Ok(false), |m| m.is_truthy())?;
                Ok((mode != *training).then(|| format!("training is {mode} now")))
            }
            Guard::Options { owner, expected } => {
                let now = options(owner.bind(py))?;
                if now.eq(expected)? {
                    return Ok(None);
                }
                Ok(Some(format!("options of {} changed", owner.bind(py).get_type().name()?)))
            }
        }
    }
}

/// The options of an optimiser's groups, without the parameters, and the version of its state.
fn options<'py>(owner: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    owner.call_method0(intern!(owner.py(), "_flashlight_options"))
}

/// A recorded program with what it relies on.
struct Entry {
    program: Program,
    returns: Returns,
    guards: Vec<Guard>,
    /// What the description knows by address.
    _held: Vec<Py<PyAny>>,
}

impl Entry {
    fn describe<'py>(&self, py: Python<'py>, arguments: &str) -> PyResult<Bound<'py, PyDict>> {
        let printer = Printer { provenance: true };
        let all = PyDict::new(py);
        all.set_item("arguments", arguments)?;
        all.set_item("traced", printer.print(self.program.traced()))?;
        all.set_item("optimised", printer.print(self.program.graph()))?;
        all.set_item("backward", self.program.backward_graph().map(|g| printer.print(g)))?;
        all.set_item("reports", self.program.reports().iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let permutes =
            self.program.reports().iter().map(|r| (r.permutes.recorded, r.permutes.copied, r.permutes.left.len()));
        all.set_item("permutes", permutes.collect::<Vec<_>>())?;
        let cost = self.program.reports().iter().map(|r| r.cost);
        all.set_item("cost", cost.collect::<Vec<_>>())?;
        all.set_item("seconds", self.program.reports().iter().map(|r| r.seconds).sum::<f64>())?;
        all.set_item("e_nodes", self.program.reports().iter().map(|r| r.e_nodes).sum::<usize>())?;
        let guards = self.guards.iter().map(|g| g.what(py)).collect::<PyResult<Vec<_>>>()?;
        all.set_item("guards", guards)?;
        all.set_item("decisions", self.program.decisions().iter().map(|d| d.what.clone()).collect::<Vec<_>>())?;
        let graph = self.program.graph();
        let mut captured = Vec::new();
        for (param, source) in graph.params.iter().zip(self.program.sources()) {
            let kind = match source {
                Source::Argument(_) | Source::Cotangent(_) => continue,
                Source::Storage(_) => "tensor",
                Source::Grad(_) => "gradient",
                Source::Generator(_) => "generator",
                Source::Constant(_) => "frozen",
            };
            let name = param.state.clone().unwrap_or_else(|| param.name.clone());
            captured.push((kind, name, graph.ty(param.value).to_string()));
        }
        all.set_item("captured", captured)?;
        Ok(all)
    }
}

/// What a recording meets in Python.
#[derive(Default)]
pub struct Met {
    pub modules: Vec<Py<PyAny>>,
    /// Optimisers, with what undoes what they do in Python.
    pub owners: Vec<(Py<PyAny>, Py<PyAny>, Py<PyAny>)>,
}

/// Calls something of the user's, and says what it met.
pub fn meeting<T>(call: impl FnOnce() -> T) -> (T, Met) {
    MET.with_borrow_mut(|stack| stack.push(Met::default()));
    let answer = call();
    (answer, MET.with_borrow_mut(Vec::pop).unwrap_or_default())
}

thread_local! {
    static MET: RefCell<Vec<Met>> = const { RefCell::new(Vec::new()) };
}

/// Whether a trace records what this thread does.
#[pyfunction]
pub fn _is_tracing() -> bool {
    trace::current().is_some()
}

/// Notes a module that is called in a trace.
#[pyfunction]
fn _trace_module(module: &Bound<'_, PyAny>) {
    MET.with_borrow_mut(|stack| {
        if let Some(met) = stack.last_mut()
            && !met.modules.iter().any(|m| m.is(module))
        {
            met.modules.push(module.clone().unbind());
        }
    });
}

/// Notes an optimiser before it steps in a trace; it says how to undo what it does in Python.
#[pyfunction]
fn _trace_owner(owner: &Bound<'_, PyAny>) -> PyResult<()> {
    if MET.with_borrow(|stack| stack.last().is_none_or(|met| met.owners.iter().any(|(o, ..)| o.is(owner)))) {
        return Ok(());
    }
    let undo = owner.call_method0("_flashlight_undo")?.unbind();
    let before = options(owner)?.unbind();
    MET.with_borrow_mut(|stack| {
        if let Some(met) = stack.last_mut() {
            met.owners.push((owner.clone().unbind(), undo, before));
        }
    });
    Ok(())
}

/// A compiled function.
#[pyclass(name = "CompiledFunction", module = "flashlight._C", frozen, weakref, dict)]
pub struct CompiledFunction {
    function: Py<PyAny>,
    /// Whether decisions about elements are refused.
    whole: bool,
    /// How far the optimiser may change numbers; none leaves programs as they are recorded.
    numerics: Option<Numerics>,
    programs: Mutex<HashMap<String, Vec<Arc<Entry>>>>,
    reasons: Mutex<Vec<String>>,
    traces: AtomicU64,
    runs: AtomicU64,
}

/// How far numbers may change, by its name; "none" leaves programs as they are recorded.
pub fn numerics_of(name: &str) -> PyResult<Option<Numerics>> {
    Ok(match name {
        "none" => None,
        "exact" => Some(Numerics::Exact),
        "reassoc" => Some(Numerics::Reassoc),
        "fast" => Some(Numerics::Fast),
        other => {
            return Err(PyValueError::new_err(format!(
                "numerics must be 'exact', 'reassoc', 'fast' or 'none', not '{other}'"
            )));
        }
    })
}

#[pymethods]
impl CompiledFunction {
    #[new]
    #[pyo3(signature = (function, fullgraph=false, numerics="reassoc"))]
    fn new(function: Py<PyAny>, fullgraph: bool, numerics: &str) -> PyResult<Self> {
        let numerics = numerics_of(numerics)?;
        Ok(Self {
            function,
            whole: fullgraph,
            numerics,
            programs: Mutex::default(),
            reasons: Mutex::default(),
            traces: AtomicU64::new(0),
            runs: AtomicU64::new(0),
        })
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        if trace::current().is_some() {
            return Ok(self.function.bind(py).call(args, kwargs)?.unbind());
        }
        let mut described = Described::default();
        let _ = write!(described.text, "{}{}|", u8::from(is_grad_enabled()), dtype_name(default_dtype()));
        described.add(args)?;
        if let Some(kwargs) = kwargs {
            described.add(kwargs)?;
        }
        let known: Vec<Arc<Entry>> = self.programs.lock().get(&described.text).cloned().unwrap_or_default();
        // What the latest program misses says best what is new.
        let mut reason = None;
        for entry in &known {
            match self.run(py, entry, &described.tensors)? {
                Ok(result) => return Ok(result),
                Err(miss) => reason = reason.or(Some(miss)),
            }
        }
        self.record(py, args, kwargs, described, reason.unwrap_or_else(|| "new arguments".to_owned()))
    }

    /// Why each trace was made, in order.
    #[getter]
    fn reasons(&self) -> Vec<String> {
        self.reasons.lock().clone()
    }

    /// How often the function was recorded, and how often a program ran.
    #[getter]
    fn counts(&self) -> (u64, u64) {
        (self.traces.load(Ordering::Relaxed), self.runs.load(Ordering::Relaxed))
    }

    /// The programs, each as a dictionary: graphs as text, what the optimiser did, what it relies on and captured.
    fn programs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let programs = self.programs.lock();
        let mut keys: Vec<&String> = programs.keys().collect();
        keys.sort();
        keys.into_iter().flat_map(|key| programs[key].iter().map(move |e| e.describe(py, key))).collect()
    }

    /// Forgets every program.
    fn reset(&self) {
        let old = std::mem::take(&mut *self.programs.lock());
        drop(old);
    }

    fn __get__(
        slf: &Bound<'_, Self>,
        object: &Bound<'_, PyAny>,
        _class: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if object.is_none() {
            return Ok(slf.clone().into_any().unbind());
        }
        let method = slf.py().import("types")?.getattr("MethodType")?;
        Ok(method.call1((slf, object))?.unbind())
    }
}

impl CompiledFunction {
    /// Runs a program, where what it relies on still holds; else says what does not.
    fn run(&self, py: Python<'_>, entry: &Entry, arguments: &[Tensor]) -> PyResult<Result<Py<PyAny>, String>> {
        for guard in &entry.guards {
            if let Some(miss) = guard.miss(py)? {
                return Ok(Err(miss));
            }
        }
        if let Some(miss) = entry.program.misfit() {
            return Ok(Err(miss));
        }
        match py.detach(|| entry.program.run(arguments)).map_err(raise)? {
            Run::Done(outputs) => {
                self.runs.fetch_add(1, Ordering::Relaxed);
                let outputs: Vec<Tensor> = outputs.into_iter().map(Tensor::from_var).collect();
                entry.returns.build(py, &outputs, arguments).map(Ok)
            }
            Run::Missed(decision) => Ok(Err(format!("{} came out differently", decision.what))),
        }
    }

    /// Records the function on these arguments and runs the program once.
    fn record(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        described: Described,
        reason: String,
    ) -> PyResult<Py<PyAny>> {
        self.traces.fetch_add(1, Ordering::Relaxed);
        self.reasons.lock().push(reason);
        let function = self.function.bind(py);
        let name = function.getattr_opt("__name__")?.map_or("program".to_owned(), |n| n.to_string());
        let name: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let trace = Trace::new(&name);
        for (i, tensor) in described.tensors.iter().enumerate() {
            trace.argument(&format!("x{i}"), tensor).map_err(raise)?;
        }
        // What the function refers to, before it can change it.
        let mut guards = Vec::new();
        variables(function, &mut guards, &mut Vec::new())?;
        let (answer, met) = meeting(|| trace.record(|| function.call(args, kwargs)));
        let finished = answer.and_then(|answer| self.finish(py, &trace, answer, &met, &described));
        let (program, returns) = match finished {
            Ok(finished) => finished,
            Err(error) => {
                trace.abandon();
                for (_, undo, _) in &met.owners {
                    undo.call0(py)?;
                }
                return Err(error);
            }
        };
        for module in &met.modules {
            let bound = module.bind(py);
            guards.push(Guard::Module {
                version: bound.getattr("_flashlight_version")?.extract()?,
                training: bound.getattr("training")?.is_truthy()?,
                module: module.clone_ref(py),
            });
        }
        for (owner, _, before) in &met.owners {
            guards.push(Guard::Options { owner: owner.clone_ref(py), expected: before.clone_ref(py) });
        }
        let entry = Arc::new(Entry { program, returns, guards, _held: described.held });
        let ran = py.detach(|| entry.program.run(&described.tensors));
        let outputs = match ran {
            Ok(Run::Done(outputs)) => outputs,
            Ok(Run::Missed(decision)) => {
                let message = format!("{}: a program decides otherwise than its recording", decision.what);
                return Err(PyRuntimeError::new_err(message));
            }
            Err(error) => {
                for (_, undo, _) in &met.owners {
                    undo.call0(py)?;
                }
                return Err(raise(error));
            }
        };
        let outputs: Vec<Tensor> = outputs.into_iter().map(Tensor::from_var).collect();
        let result = entry.returns.build(py, &outputs, &described.tensors)?;
        if !entry.program.is_for_once() {
            let mut programs = self.programs.lock();
            if programs.len() >= MOST_DESCRIPTIONS {
                programs.clear();
            }
            let known = programs.entry(described.text).or_default();
            if known.len() >= MOST_PROGRAMS {
                known.remove(0);
            }
            // The one that fitted last is tried first.
            known.insert(0, entry);
        }
        Ok(result)
    }

    fn finish(
        &self,
        py: Python<'_>,
        trace: &Arc<Trace>,
        answer: Bound<'_, PyAny>,
        met: &Met,
        described: &Described,
    ) -> PyResult<(Program, Returns)> {
        let mut outputs: Vec<Tensor> = Vec::new();
        let returns = trace.record(|| returns_of(&answer, &mut outputs, described))?;
        drop(answer);
        for (owner, _, before) in &met.owners {
            let owner = owner.bind(py);
            if !options(owner)?.eq(before)? {
                return Err(PyRuntimeError::new_err(format!(
                    "the compiled function changes options of {} (its learning rate, say) in Python, which a program \
                     cannot repeat: step the scheduler outside of it",
                    owner.get_type().name()?
                )));
            }
        }
        let adopted = adopted(py, met)?;
        named_states(py, met)?.iter().for_each(|n| trace.name(&n.tensor.storage(), &n.name));
        refuse_escapes(py, trace, &outputs, &adopted)?;
        let derived = derive(trace, &outputs, &described.tensors).map_err(raise)?;
        let mut values: Vec<Value> =
            trace.record(|| outputs.iter().map(|t| t.value().map_err(raise)).collect::<PyResult<_>>())?;
        let count = values.len();
        values.extend(derived.iter().flat_map(|d| d.grads.iter().flatten().cloned()));
        let recorded = trace.finish(&values, &adopted).map_err(raise)?;
        if self.whole
            && let Some(decision) = recorded.decisions.first()
        {
            return Err(PyRuntimeError::new_err(format!(
                "fullgraph=True: {} decides on an element of a tensor",
                decision.what
            )));
        }
        let program = Program::new(recorded, count, derived, self.numerics).map_err(raise)?;
        Ok((program, returns))
    }
}

/// The tensors of optimisers and modules, which may stay in use.
pub fn adopted(py: Python<'_>, met: &Met) -> PyResult<Vec<Tensor>> {
    let mut adopted: Vec<Tensor> = Vec::new();
    for (owner, ..) in &met.owners {
        for item in owner.bind(py).call_method0("_flashlight_states")?.try_iter()? {
            adopted.extend(tensor_of(&item?.get_item(2)?).cloned());
        }
    }
    for module in &met.modules {
        for tensor in module.bind(py).getattr("_buffers")?.cast::<PyDict>()?.values() {
            adopted.extend(tensor_of(&tensor).cloned());
        }
    }
    Ok(adopted)
}

/// Refuses tensors of the trace that are kept beyond the call otherwise than as outputs, adopted ones and gradients.
pub fn refuse_escapes(py: Python<'_>, trace: &Trace, outputs: &[Tensor], adopted: &[Tensor]) -> PyResult<()> {
    let allowed: Vec<Tensor> = trace.grads();
    let escaped = || {
        let known = |s: &Arc<flashlight_frontend::tensor::Storage>| {
            outputs.iter().chain(adopted).chain(&allowed).any(|t| Arc::ptr_eq(&t.storage(), s))
        };
        trace.survivors().into_iter().find(|s| !known(s))
    };
    if escaped().is_some() {
        // Cycles of the function's own keep tensors for a while.
        py.import("gc")?.getattr("collect")?.call0()?;
    }
    let Some(storage) = escaped() else { return Ok(()) };
    let value = storage.value();
    let line = trace.line_of(&value).map_or("an unknown line".to_owned(), |l| l.to_string());
    Err(PyRuntimeError::new_err(format!(
        "a tensor of the compiled function ({}) made at {line} is kept beyond the call, by a list or an attribute say: a \
         program cannot repeat that; return it instead",
        flashlight_compiler::ir::Typed::ty(&value)
    )))
}

/// A tensor that a state_dict names.
pub struct Named {
    pub tensor: Tensor,
    pub name: String,
    pub role: Role,
}

/// Whose tensor it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Parameter,
    Buffer,
    Optimizer,
}

/// The tensors of optimisers and modules as their state_dicts name them; the first name is a tensor's own, further ones are
/// those of tied weights.
pub fn named_states(py: Python<'_>, met: &Met) -> PyResult<Vec<Named>> {
    let mut names: Vec<Named> = Vec::new();
    let mut known: Vec<usize> = Vec::new();
    let mut roots = 0;
    let every = PyDict::new(py);
    every.set_item("remove_duplicate", false)?;
    for module in &met.modules {
        let module = module.bind(py);
        if known.contains(&module.as_ptr().addr()) {
            continue;
        }
        let prefix = if roots == 0 { String::new() } else { format!("module{roots}.") };
        roots += 1;
        for part in module.call_method0("modules")?.try_iter()? {
            known.push(part?.as_ptr().addr());
        }
        for (method, role) in [("named_parameters", Role::Parameter), ("named_buffers", Role::Buffer)] {
            for pair in module.call_method(method, (), Some(&every))?.try_iter()? {
                let (name, tensor): (String, Bound<'_, PyAny>) = pair?.extract()?;
                if let Some(tensor) = tensor_of(&tensor) {
                    names.push(Named { tensor: tensor.clone(), name: format!("{prefix}{name}"), role });
                }
            }
        }
    }
    let mut states = Vec::new();
    for (owner, ..) in &met.owners {
        for item in owner.bind(py).call_method0("_flashlight_states")?.try_iter()? {
            let (parameter, key, tensor): (Bound<'_, PyAny>, String, Bound<'_, PyAny>) = item?.extract()?;
            let (Some(parameter), Some(tensor)) = (tensor_of(&parameter), tensor_of(&tensor)) else { continue };
            if let Some(named) = names.iter().find(|n| n.tensor.is(parameter)) {
                let name = format!("{}.{key}", named.name);
                states.push(Named { tensor: tensor.clone(), name, role: Role::Optimizer });
            }
        }
    }
    names.extend(states);
    Ok(names)
}

/// Takes apart what a function returned.
fn returns_of(object: &Bound<'_, PyAny>, outputs: &mut Vec<Tensor>, described: &Described) -> PyResult<Returns> {
    if let Some(tensor) = tensor_of(object) {
        let storage = tensor.storage();
        if tensor.recipe().is_none()
            && let Some(i) = described.tensors.iter().position(|t| t.is(tensor))
        {
            return Ok(Returns::Argument(i));
        }
        if let Some(i) = outputs.iter().position(|t| t.is(tensor)) {
            return Ok(Returns::Output(i));
        }
        // A tensor from outside is returned as it is; its elements are whatever they are then.
        if matches!(storage.value().payload(), flashlight_frontend::value::Payload::Concrete(_))
            && !described.tensors.iter().any(|t| Arc::ptr_eq(&t.storage(), &storage))
            && trace::current().is_some_and(|t| !t.is_own(&storage))
        {
            return Ok(Returns::Same(object.clone().unbind()));
        }
        outputs.push(tensor.clone());
        return Ok(Returns::Output(outputs.len() - 1));
    }
    if let Some(tensor) = deferred(object)? {
        outputs.push(tensor);
        return Ok(Returns::Number(outputs.len() - 1));
    }
    let class = object.get_type().unbind();
    if let Ok(all) = object.cast::<PyTuple>() {
        let items = all.iter().map(|o| returns_of(&o, outputs, described)).collect::<PyResult<_>>()?;
        let named = object.hasattr("_make")?;
        return Ok(if named { Returns::Named(class, items) } else { Returns::Sequence(class, items) });
    }
    if let Ok(all) = object.cast::<PyList>() {
        let items = all.iter().map(|o| returns_of(&o, outputs, described)).collect::<PyResult<_>>()?;
        return Ok(Returns::Sequence(class, items));
    }
    if let Ok(all) = object.cast::<PyDict>() {
        let items = all.iter().map(|(k, v)| Ok((k.unbind(), returns_of(&v, outputs, described)?)));
        return Ok(Returns::Dictionary(class, items.collect::<PyResult<_>>()?));
    }
    Ok(Returns::Plain(object.clone().unbind()))
}

/// The tensor behind a number that is not known yet.
fn deferred(object: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    match object.getattr_opt(intern!(object.py(), "_flashlight_deferred"))? {
        Some(tensor) => Ok(tensor_of(&tensor).cloned()),
        None => Ok(None),
    }
}

impl Returns {
    fn build(&self, py: Python<'_>, outputs: &[Tensor], arguments: &[Tensor]) -> PyResult<Py<PyAny>> {
        let all = |items: &[Returns]| -> PyResult<Vec<Py<PyAny>>> {
            items.iter().map(|r| r.build(py, outputs, arguments)).collect()
        };
        match self {
            Returns::Output(i) => wrap(py, outputs[*i].clone()),
            Returns::Number(i) => Ok(wrap(py, outputs[*i].clone())?.bind(py).call_method0("item")?.unbind()),
            Returns::Argument(i) => wrap(py, arguments[*i].clone()),
            Returns::Same(object) | Returns::Plain(object) => Ok(object.clone_ref(py)),
            Returns::Sequence(class, items) => class.bind(py).call1((all(items)?,)).map(Bound::unbind),
            Returns::Named(class, items) => class.bind(py).call_method1("_make", (all(items)?,)).map(Bound::unbind),
            Returns::Dictionary(class, items) => {
                let pairs = items
                    .iter()
                    .map(|(k, v)| Ok((k.clone_ref(py), v.build(py, outputs, arguments)?)))
                    .collect::<PyResult<Vec<_>>>()?;
                let plain = PyDict::new(py);
                pairs.into_iter().try_for_each(|(k, v)| plain.set_item(k, v))?;
                if class.bind(py).is(py.get_type::<PyDict>()) {
                    return plain.into_py_any(py);
                }
                class.bind(py).call1((plain,)).map(Bound::unbind)
            }
        }
    }
}

/// Guards what a Python function refers to by name: globals that its code names, variables of enclosing functions, defaults;
/// and so on in the functions that it finds there, ours excepted.
fn variables(function: &Bound<'_, PyAny>, guards: &mut Vec<Guard>, seen: &mut Vec<usize>) -> PyResult<()> {
    let py = function.py();
    let function = match function.getattr_opt("__func__")? {
        Some(inner) => inner,
        None => function.clone(),
    };
    let Some(code) = function.getattr_opt("__code__")? else {
        // A module or another callable object: what it calls is `forward` or `__call__`.
        let class = function.get_type();
        for name in ["forward", "__call__"] {
            if let Some(method) = class.getattr_opt(name)?
                && method.hasattr("__code__")?
            {
                return variables(&method, guards, seen);
            }
        }
        return Ok(());
    };
    if seen.contains(&code.as_ptr().addr()) || is_ours(&code)? {
        return Ok(());
    }
    seen.push(code.as_ptr().addr());
    let owner = function.getattr("__name__")?.to_string();
    let mut add = |place: Place, what: String| -> PyResult<()> {
        let Some(now) = place.get(py)? else { return Ok(()) };
        guards.push(Guard::Variable { place, expected: now.clone().unbind(), what });
        if now.is_callable() && now.hasattr("__code__")? {
            variables(&now, guards, seen)?;
        }
        Ok(())
    };
    let globals = function.getattr("__globals__")?.cast_into::<PyDict>()?;
    for name in names_of(&code)? {
        if globals.contains(&name)? {
            let what = format!("the global '{name}' of {owner}");
            add(Place::Name(globals.clone().unbind(), name.unbind()), what)?;
        }
    }
    let closure = function.getattr("__closure__")?;
    if !closure.is_none() {
        for (cell, name) in closure.try_iter()?.zip(code.getattr("co_freevars")?.try_iter()?) {
            add(Place::Cell(cell?.unbind()), format!("the variable '{}' of {owner}", name?))?;
        }
    }
    if !function.getattr("__defaults__")?.is_none() {
        add(Place::Defaults(function.clone().unbind()), format!("the defaults of {owner}"))?;
    }
    Ok(())
}

/// The names that code looks up, nested functions included.
fn names_of<'py>(code: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    let mut all: Vec<Bound<'py, PyString>> = Vec::new();
    for name in code.getattr("co_names")?.try_iter()? {
        all.push(name?.cast_into()?);
    }
    for constant in code.getattr("co_consts")?.try_iter()? {
        let constant = constant?;
        if constant.hasattr("co_names")? {
            all.extend(names_of(&constant)?);
        }
    }
    Ok(all)
}

/// Whether code is of this package.
fn is_ours(code: &Bound<'_, PyAny>) -> PyResult<bool> {
    let file = code.getattr("co_filename")?;
    let ours = code.py().import("flashlight")?.getattr("__file__")?.to_string();
    let folder = ours.trim_end_matches("__init__.py");
    Ok(file.to_string().starts_with(folder))
}

/// The line of the user's that is being run: the first outside this package.
pub fn user_line(py: Python<'_>, function: &str) -> Option<flashlight_compiler::ir::Source> {
    let mut frame = py.import("sys").ok()?.getattr("_getframe").ok()?.call0().ok()?;
    loop {
        let code = frame.getattr("f_code").ok()?;
        if !is_ours(&code).ok()? {
            return Some(flashlight_compiler::ir::Source {
                file: code.getattr("co_filename").ok()?.to_string().into(),
                line: frame.getattr("f_lineno").ok()?.extract().ok()?,
                module: "".into(),
                function: function.into(),
            });
        }
        frame = frame.getattr("f_back").ok().filter(|f| !f.is_none())?;
    }
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CompiledFunction>()?;
    module.add_function(wrap_pyfunction!(_is_tracing, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_module, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_owner, module)?)
}
