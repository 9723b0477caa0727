//! `flashlight.compile`: what a call is told apart by, what a recorded program relies on in Python, and the cache.
//!
//! A call is described by its arguments' structure (`describe`); each description keeps the programs that were recorded for
//! it. A program runs again where everything that it relied on still holds (`guards`); running it calls nothing of the
//! user's. Floats that changed once are taken anew in each run (`numbers`); `returns` puts together what a run gives.

mod describe;
mod guards;
mod numbers;
mod returns;

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flashlight_compiler::{
    fusion,
    ir::{Printer, Typed},
    rules::Numerics,
    types::Type,
};
use flashlight_frontend::{
    Tensor, Value,
    autograd::{GradMode, is_grad_enabled, set_grad_enabled},
    compile::{Program, Run, derive},
    function::{default_device, default_dtype, set_default_device, set_default_dtype},
    tensor::Storage,
    trace::{self, Change, Source, Trace},
};
use parking_lot::Mutex;
use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::{PyNotImplementedError, PyRuntimeError, PyValueError},
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyFloat, PyTuple},
};

use crate::{convert::tensor_of, errors::raise};
use describe::Described;
use guards::{Expected, Guards, Place, Reach, Substituted};
use numbers::{Numbers, Session};
use returns::{Alias, Given, Returns, Taking};

pub use numbers::NumberObject;
pub use returns::deferred;

/// How many descriptions one function keeps programs for, and programs for one description; how many answers one question
/// about elements may have.
const MOST_DESCRIPTIONS: usize = 64;
const MOST_PROGRAMS: usize = 16;
const MOST_ANSWERS: usize = 8;
/// How many reasons are remembered.
const MOST_REASONS: usize = 1000;

/// A tensor that is the same in each run, or the argument of that number.
enum Target {
    Tensor(Tensor),
    Argument(usize),
}

impl Target {
    fn get<'a>(&'a self, arguments: &'a [Tensor]) -> &'a Tensor {
        match self {
            Target::Tensor(tensor) => tensor,
            Target::Argument(i) => &arguments[*i],
        }
    }
}

/// An argument of a program that the call does not give: the tensor that stands somewhere then.
enum Slot {
    /// In that entry of those that the program rebinds.
    Entry(usize, Type, bool),
    /// The tensor's storage, whichever it is then.
    Data(Target, Type),
}

/// What a program leaves changed in Python or of tensors, besides elements and gradients.
enum Commit {
    /// What the entry of that number holds.
    Entry(usize, Returns),
    /// Another storage.
    Data(Target, usize),
    /// Whether a leaf needs a gradient; before the run, so that its outputs' histories reach it.
    Requires(Target, bool),
}

/// A recorded program with what it relies on.
struct Entry {
    name: String,
    program: Program,
    returns: Returns,
    aliases: Vec<Alias>,
    /// The views that are returned.
    views: Vec<Returns>,
    guards: Guards,
    numbers: Numbers,
    /// Floats of the call that the program stands for.
    fixed: Vec<(usize, f64)>,
    /// Floats of the call that it takes anew: the number, and its place among the call's.
    given: Vec<(usize, usize)>,
    /// Entries of dictionaries that it rebinds: a module's buffers, an optimiser's state.
    rebound: Vec<(Py<PyDict>, Py<PyAny>)>,
    slots: Vec<(usize, Slot)>,
    commits: Vec<Commit>,
    /// For each argument the storage that it shares with something captured, where it does.
    shared: Vec<Option<Arc<Storage>>>,
    /// The storages that it captured.
    captured: HashSet<usize>,
    /// What the description knows by address.
    held: Vec<Py<PyAny>>,
}

/// Why a program does not fit a call.
struct Miss {
    reason: String,
    /// The question about elements that came out otherwise, and its answer.
    answer: Option<(String, Vec<u8>)>,
}

impl From<String> for Miss {
    fn from(reason: String) -> Self {
        Self { reason, answer: None }
    }
}

fn address(storage: &Arc<Storage>) -> usize {
    Arc::as_ptr(storage).addr()
}

impl Entry {
    fn describe<'py>(&self, py: Python<'py>, arguments: &str) -> PyResult<Bound<'py, PyDict>> {
        let printer = Printer { provenance: true };
        let program = &self.program;
        let all = PyDict::new(py);
        all.set_item("name", &self.name)?;
        all.set_item("arguments", arguments)?;
        let joint = program.differentiated().unwrap_or(program.traced());
        all.set_item("traced", printer.print(program.traced()))?;
        all.set_item("differentiated", program.differentiated().map(|g| printer.print(g)))?;
        all.set_item("nodes", (joint.nodes.len(), program.graph().nodes.len()))?;
        all.set_item("optimised", printer.print(program.graph()))?;
        let regions = fusion::regions(program.fused());
        all.set_item("fused", (regions.0 > 0).then(|| printer.print(program.fused())))?;
        all.set_item("regions", regions)?;
        all.set_item("backward", program.backward_graph().map(|g| printer.print(g)))?;
        all.set_item("plan", program.describe_plan())?;
        all.set_item("memory", program.memory().map(|m| [m.parameters, m.peak, m.recorded, m.updates, m.reused]))?;
        let mut reports = Vec::new();
        for report in program.reports() {
            let facts = PyDict::new(py);
            facts.set_item("text", report.to_string())?;
            facts.set_item("nodes", report.nodes)?;
            facts.set_item("cost", report.cost)?;
            facts.set_item("e_nodes", report.e_nodes)?;
            facts.set_item("classes", report.classes)?;
            facts.set_item("iterations", report.iterations)?;
            facts.set_item("stop", report.stop.to_string())?;
            facts.set_item("seconds", report.seconds)?;
            let permutes = &report.permutes;
            facts.set_item("permutes", (permutes.recorded, permutes.copied, permutes.left.len(), permutes.free))?;
            let left = permutes.left.iter().map(|l| {
                let sources: Vec<String> = l.sources.iter().map(ToString::to_string).collect();
                (l.ty.to_string(), l.perm.clone(), l.reason.clone(), sources)
            });
            facts.set_item("left", left.collect::<Vec<_>>())?;
            let rules = report
                .rules
                .iter()
                .map(|r| (r.name.clone(), r.times, r.numerics.map(|n| n.to_string()), r.place.clone()));
            facts.set_item("rules", rules.collect::<Vec<_>>())?;
            reports.push(facts);
        }
        all.set_item("reports", reports)?;
        all.set_item("guards", self.guards.describe(py)?)?;
        all.set_item("unguarded", self.guards.unguarded.clone())?;
        all.set_item("numbers", self.numbers.names.clone())?;
        all.set_item("frozen_numbers", self.numbers.frozen())?;
        all.set_item("decisions", program.decisions().iter().map(|d| d.what.clone()).collect::<Vec<_>>())?;
        let mut lines: Vec<String> = joint.sources.iter().map(ToString::to_string).collect();
        lines.dedup();
        all.set_item("sources", lines)?;
        let graph = program.graph();
        let (mut captured, mut inputs) = (Vec::new(), Vec::new());
        let mut permuted = Vec::new();
        for (i, perm) in program.stored() {
            let param = &graph.params[i];
            permuted.push((param.state.clone().unwrap_or_else(|| param.name.clone()), perm.to_vec()));
        }
        all.set_item("permuted", permuted)?;
        for ((param, source), ty) in graph.params.iter().zip(program.sources()).zip(program.types()) {
            let kind = match source {
                Source::Argument(_) => {
                    inputs.push((param.name.clone(), ty.to_string()));
                    continue;
                }
                Source::Cotangent(_) => continue,
                Source::Storage(_) => "tensor",
                Source::Grad(_) => "gradient",
                Source::Generator(_) => "generator",
                Source::Constant(_) => "frozen",
            };
            let name = param.state.clone().unwrap_or_else(|| param.name.clone());
            captured.push((kind, name, ty.to_string()));
        }
        all.set_item("inputs", inputs)?;
        all.set_item("captured", captured)?;
        all.set_item("written", program.written())?;
        Ok(all)
    }
}

/// An entry of a dictionary that a recording rebinds, as it was.
struct Rebound {
    entries: Py<PyDict>,
    key: Py<PyAny>,
    before: Option<Py<PyAny>>,
}

impl Rebound {
    fn restore(&self, py: Python<'_>) -> PyResult<()> {
        let entries = self.entries.bind(py);
        match &self.before {
            Some(before) => entries.set_item(&self.key, before),
            None if entries.contains(&self.key)? => entries.del_item(&self.key),
            None => Ok(()),
        }
    }
}

/// An optimiser that steps in a recording, as it was.
struct Owner {
    owner: Py<PyAny>,
    /// Puts everything back.
    undo: Py<PyAny>,
    options: Py<PyAny>,
    /// The entries of its state, each with what they held.
    entries: Vec<StateEntry>,
}

/// The state of one parameter, and what it held.
type StateEntry = (Py<PyDict>, Vec<(Py<PyAny>, Py<PyAny>)>);

/// What a recording meets in Python.
#[derive(Default)]
pub struct Met {
    reach: Reach,
    owners: Vec<Owner>,
    rebound: Vec<Rebound>,
    /// Where modules stand in the model, by address, and the paths of those that are being called.
    paths: HashMap<usize, Arc<str>>,
    calling: Vec<Arc<str>>,
    roots: usize,
    /// Keeps what is known by address.
    held: Vec<Py<PyAny>>,
}

impl Met {
    /// Puts back what optimisers did in Python.
    pub fn undo(&self, py: Python<'_>) -> PyResult<()> {
        self.owners.iter().try_for_each(|o| o.undo.call0(py).map(drop))
    }

    /// Has what was rebound, a module's buffer or an optimiser's state, written into the tensor that stood there instead;
    /// puts back everything that was rebound.
    pub fn write_back(&mut self, py: Python<'_>, trace: &Arc<Trace>) -> PyResult<()> {
        note_rebound_states(py, self)?;
        for one in &self.rebound {
            let now = one.entries.bind(py).get_item(&one.key)?;
            one.restore(py)?;
            let (Some(now), Some(before)) = (now, &one.before) else { continue };
            let before = before.bind(py);
            let (Some(new), Some(old)) = (tensor_of(&now), tensor_of(before)) else { continue };
            if now.is(before) {
                continue;
            }
            if new.ty() != old.ty() {
                return Err(PyNotImplementedError::new_err(format!(
                    "torch.export: a step that replaces '{}' of type {} by {}",
                    one.key,
                    old.ty(),
                    new.ty()
                )));
            }
            let off = GradMode::enter(false);
            trace.record(|| old.write(new.detach().read()?)).map_err(raise)?;
            drop(off);
        }
        Ok(())
    }

    /// The class of an optimiser whose options the recording has changed.
    pub fn changed_options(&self, py: Python<'_>) -> PyResult<Option<String>> {
        for owner in &self.owners {
            let bound = owner.owner.bind(py);
            if !options(bound)?.eq(&owner.options)? {
                return Ok(Some(bound.get_type().name()?.to_string()));
            }
        }
        Ok(None)
    }

    /// Puts back everything that was rebound.
    pub fn restore(&self, py: Python<'_>) -> PyResult<()> {
        self.rebound.iter().try_for_each(|r| r.restore(py))
    }
}

/// Calls something of the user's, and says what it met.
pub fn meeting<T>(met: Met, call: impl FnOnce() -> T) -> (T, Met) {
    MET.with_borrow_mut(|stack| stack.push(met));
    let answer = call();
    (answer, MET.with_borrow_mut(Vec::pop).unwrap_or_default())
}

thread_local! {
    static MET: RefCell<Vec<Met>> = const { RefCell::new(Vec::new()) };
}

/// Does something with what the innermost recording has met. It is taken out meanwhile: Python may come back here.
fn with_met<T>(work: impl FnOnce(&mut Met) -> PyResult<T>) -> PyResult<Option<T>> {
    let Some(mut met) = MET.with_borrow_mut(Vec::pop) else { return Ok(None) };
    let answer = work(&mut met);
    MET.with_borrow_mut(|stack| stack.push(met));
    answer.map(Some)
}

/// Whether a trace records what this thread does.
#[pyfunction]
pub fn _is_tracing() -> bool {
    trace::current().is_some()
}

/// A number that names the trace that records what this thread does; 0 where there is none.
#[pyfunction]
fn _trace_number() -> u64 {
    trace::current().map_or(0, |t| t.started())
}

/// Notes a module that is called in a trace, until [`_trace_module_end`].
#[pyfunction]
fn _trace_module(module: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = module.py();
    with_met(|met| {
        let attributes = module.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
        let born = attributes.get_item(intern!(py, "_flashlight_born"))?;
        let number = trace::current().map_or(0, |t| t.started());
        if born.map_or(Ok(0), |b| b.extract::<u64>())? == number {
            // The program's own: it is not to be kept, and has no name.
            met.calling.push(module.get_type().name()?.to_string().into());
            return Ok(());
        }
        met.reach.module(module)?;
        let at = module.as_ptr().addr();
        if !met.paths.contains_key(&at) {
            let prefix = if met.roots == 0 { String::new() } else { module.get_type().name()?.to_string() };
            met.roots += 1;
            for pair in module.call_method0("named_modules")?.try_iter()? {
                let (name, part): (String, Bound<'_, PyAny>) = pair?.extract()?;
                let path = match (prefix.is_empty(), name.is_empty()) {
                    (true, _) => name,
                    (false, true) => prefix.clone(),
                    (false, false) => format!("{prefix}.{name}"),
                };
                met.paths.entry(part.as_ptr().addr()).or_insert_with(|| path.into());
                met.held.push(part.unbind());
            }
        }
        let path = met.paths.get(&at).cloned().unwrap_or_default();
        met.calling.push(path);
        Ok(())
    })?;
    Ok(())
}

/// Notes the end of a module's call.
#[pyfunction]
fn _trace_module_end() {
    MET.with_borrow_mut(|stack| stack.last_mut().and_then(|met| met.calling.pop()));
}

/// Notes an optimiser before it steps in a trace; it says how to undo what it does in Python.
#[pyfunction]
fn _trace_owner(owner: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = owner.py();
    with_met(|met| {
        if met.owners.iter().any(|o| o.owner.is(owner)) {
            return Ok(());
        }
        met.reach.add_owner(owner)?;
        let mut entries = Vec::new();
        for entry in owner.getattr(intern!(py, "state"))?.call_method0("values")?.try_iter()? {
            if let Ok(entry) = entry?.cast_into::<PyDict>() {
                let items = entry.iter().map(|(k, v)| (k.unbind(), v.unbind())).collect();
                entries.push((entry.unbind(), items));
            }
        }
        let undo = owner.call_method0("_flashlight_undo")?.unbind();
        let options = options(owner)?.unbind();
        met.owners.push(Owner { owner: owner.clone().unbind(), undo, options, entries });
        Ok(())
    })?;
    Ok(())
}

/// Notes an entry of a dictionary before it is rebound in a trace: a module's buffer, or its mode.
#[pyfunction]
fn _trace_rebind(entries: &Bound<'_, PyDict>, key: &Bound<'_, PyAny>) -> PyResult<()> {
    with_met(|met| {
        let same = |r: &Rebound| Ok::<_, PyErr>(r.entries.is(entries) && r.key.bind(key.py()).eq(key)?);
        for known in &met.rebound {
            if same(known)? {
                return Ok(());
            }
        }
        let before = entries.get_item(key)?.map(Bound::unbind);
        met.rebound.push(Rebound { entries: entries.clone().unbind(), key: key.clone().unbind(), before });
        Ok(())
    })?;
    Ok(())
}

/// The options of an optimiser's groups, without the parameters, and the version of its state.
fn options<'py>(owner: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    owner.call_method0(intern!(owner.py(), "_flashlight_options"))
}

/// The programs of one description, the one that fitted last first.
#[derive(Default)]
struct Programs {
    entries: Vec<Arc<Entry>>,
    /// When they were asked for last.
    used: u64,
}

/// A compiled function.
#[pyclass(name = "CompiledFunction", module = "flashlight._C", frozen, weakref, dict)]
pub struct CompiledFunction {
    pub function: Py<PyAny>,
    /// Whether decisions about elements are refused.
    whole: bool,
    /// How far the optimiser may change numbers; none leaves programs as they are recorded.
    numerics: Option<Numerics>,
    programs: Mutex<HashMap<String, Programs>>,
    /// The places of floats that have changed: recordings take them anew from then on.
    taken: Mutex<HashSet<String>>,
    /// The answers that questions about elements had.
    answers: Mutex<HashMap<String, HashSet<Vec<u8>>>>,
    reasons: Mutex<Vec<String>>,
    /// Descriptions of calls that were recorded and ran once.
    once: Mutex<HashSet<String>>,
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
            taken: Mutex::default(),
            answers: Mutex::default(),
            reasons: Mutex::default(),
            once: Mutex::default(),
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
        let described = Described::of(args, kwargs)?;
        let known: Vec<Arc<Entry>> = {
            let mut programs = self.programs.lock();
            let now = self.runs.load(Ordering::Relaxed) + self.traces.load(Ordering::Relaxed);
            programs.get_mut(&described.text).map_or_else(Vec::new, |p| {
                p.used = now;
                p.entries.clone()
            })
        };
        // What the latest program misses says best what is new.
        let mut first_miss = None;
        for (i, entry) in known.iter().enumerate() {
            match self.run(py, entry, &described)? {
                Ok(result) => {
                    self.runs.fetch_add(1, Ordering::Relaxed);
                    if i > 0 {
                        self.put_first(&described.text, entry);
                    }
                    return Ok(result);
                }
                Err(miss) => first_miss = first_miss.or(Some(miss)),
            }
        }
        let reason = match first_miss {
            None if self.once.lock().contains(&described.text) => {
                "the call before made state (an optimiser's, say), which no call repeats".to_owned()
            }
            None => self.unlike_the_last(&described.text),
            Some(miss) => {
                self.note_answer(&described.text, &miss)?;
                miss.reason
            }
        };
        // Floats that are others now are taken anew from here on.
        for entry in &known {
            let changed = entry.guards.changed_numbers(py)?;
            let mut taken = self.taken.lock();
            taken.extend(changed);
            for (at, x) in &entry.fixed {
                if let Some((now, Some(name))) = described.numbers.get(*at)
                    && now.to_bits() != x.to_bits()
                {
                    taken.insert(name.clone());
                }
            }
        }
        self.record(py, args, kwargs, described, reason)
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
        let mut known: Vec<(String, Vec<Arc<Entry>>)> =
            self.programs.lock().iter().map(|(key, p)| (key.clone(), p.entries.clone())).collect();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        known.iter().flat_map(|(key, all)| all.iter().map(move |e| e.describe(py, key))).collect()
    }

    /// Forgets every program.
    fn reset(&self) {
        let old = std::mem::take(&mut *self.programs.lock());
        drop(old);
        self.taken.lock().clear();
        self.answers.lock().clear();
        self.once.lock().clear();
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        // Nothing is said of what is in use right now.
        let Some(programs) = self.programs.try_lock() else { return Ok(()) };
        for entry in programs.values().flat_map(|p| &p.entries) {
            entry.guards.traverse(&visit)?;
            for (entries, key) in &entry.rebound {
                visit.call(entries)?;
                visit.call(key)?;
            }
            entry.held.iter().try_for_each(|o| visit.call(o))?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        self.reset();
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<compiled {}>", self.function.bind(py).repr()?))
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

/// Switches of this thread and the process that a function may leave in another position.
struct Modes {
    grad: bool,
    dtype: flashlight_compiler::types::DType,
    device: flashlight_runtime::Device,
}

impl Modes {
    fn now() -> Self {
        Self { grad: is_grad_enabled(), dtype: default_dtype(), device: default_device() }
    }

    /// Puts them back; answers with what was changed.
    fn restore(&self) -> Option<&'static str> {
        let now = Self::now();
        set_grad_enabled(self.grad);
        set_default_dtype(self.dtype);
        set_default_device(self.device);
        if now.grad != self.grad {
            Some("set_grad_enabled")
        } else if now.dtype != self.dtype {
            Some("set_default_dtype")
        } else if now.device != self.device {
            Some("set_default_device")
        } else {
            None
        }
    }
}

/// What a recording came to.
enum Outcome {
    Done(Py<PyAny>),
    /// A decision came out otherwise than while it was recorded.
    Unlike(String),
}

impl CompiledFunction {
    fn put_first(&self, key: &str, entry: &Arc<Entry>) {
        if let Some(programs) = self.programs.lock().get_mut(key)
            && let Some(at) = programs.entries.iter().position(|e| Arc::ptr_eq(e, entry))
        {
            let entry = programs.entries.remove(at);
            programs.entries.insert(0, entry);
        }
    }

    /// What tells a call from those that were recorded.
    fn unlike_the_last(&self, text: &str) -> String {
        let programs = self.programs.lock();
        let Some((last, _)) = programs.iter().max_by_key(|(_, p)| p.used) else { return "new arguments".to_owned() };
        let (mut now, mut before) = (text.split(';'), last.split(';'));
        loop {
            match (now.next(), before.next()) {
                (None, None) => return "new arguments".to_owned(),
                (a, b) if a == b => {}
                (Some(a), Some(b)) => {
                    return format!("the arguments differ: {}, where it was {}", worded(a), worded(b));
                }
                _ => return "the arguments are more or fewer".to_owned(),
            }
        }
    }

    /// Counts the answers to one question; refuses a function that would be recorded for each.
    fn note_answer(&self, key: &str, miss: &Miss) -> PyResult<()> {
        let Some((what, answer)) = &miss.answer else { return Ok(()) };
        let mut answers = self.answers.lock();
        let known = answers.entry(format!("{key}{what}")).or_default();
        known.insert(answer.clone());
        if known.len() < MOST_ANSWERS {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(format!(
            "{what} has had {} answers, and a compiled function is recorded for each: compute with the tensor (torch.where, \
             indexing), or read it outside of the compiled function",
            known.len() + 1
        )))
    }

    /// Runs a program, where what it relies on still holds; else says what does not.
    fn run(&self, py: Python<'_>, entry: &Entry, described: &Described) -> PyResult<Result<Py<PyAny>, Miss>> {
        let mut numbers = vec![0.0; entry.numbers.names.len()];
        for (at, x) in &entry.fixed {
            let (now, name) = &described.numbers[*at];
            if now.to_bits() != x.to_bits() {
                let name = name.as_deref().unwrap_or("a number in an argument");
                return Ok(Err(format!("{name} changed from {x} to {now}").into()));
            }
        }
        for (number, at) in &entry.given {
            numbers[*number] = described.numbers[*at].0;
        }
        if let Some(miss) = entry.guards.miss(py, &mut numbers)? {
            return Ok(Err(miss.into()));
        }
        if let Some(miss) = entry.numbers.misfit(&numbers).or_else(|| entry.program.misfit()) {
            return Ok(Err(miss.into()));
        }
        for (tensor, shared) in described.tensors.iter().zip(&entry.shared) {
            let storage = tensor.storage();
            let fits = match shared {
                Some(expected) => Arc::ptr_eq(&storage, expected),
                None => !entry.captured.contains(&address(&storage)),
            };
            if !fits {
                return Ok(Err("an argument shares elements with another captured tensor".to_owned().into()));
            }
        }
        let before = entry.rebound.iter().map(|(entries, key)| entries.bind(py).get_item(key));
        let before: Vec<Option<Bound<'_, PyAny>>> = before.collect::<PyResult<_>>()?;
        let mut arguments: Vec<Option<Tensor>> = described.tensors.iter().cloned().map(Some).collect();
        let Some(constants) = entry.numbers.arguments(&numbers) else {
            return Ok(Err("a number changed so that Python would raise an error".to_owned().into()));
        };
        let mut put = |place: usize, tensor: Tensor| {
            if arguments.len() <= place {
                arguments.resize(place + 1, None);
            }
            arguments[place] = Some(tensor);
        };
        for (place, value) in constants.map_err(raise)? {
            put(place, Tensor::from_value(value.into()));
        }
        for (place, slot) in &entry.slots {
            let (tensor, ty, needs_grad) = match slot {
                Slot::Entry(i, ty, needs_grad) => {
                    let now = before[*i].as_ref().and_then(|o| tensor_of(o).cloned());
                    let Some(tensor) = now else {
                        return Ok(Err("a tensor that the function keeps is gone".to_owned().into()));
                    };
                    let needs = tensor.requires_grad().map_err(raise)?;
                    (tensor, ty, needs == *needs_grad)
                }
                Slot::Data(target, ty) => (target.get(&described.all).clone(), ty, true),
            };
            if tensor.ty() != *ty || tensor.recipe().is_some() || !needs_grad {
                return Ok(
                    Err(format!("a tensor that the function keeps is {} now, and was {ty}", tensor.ty()).into()),
                );
            }
            put(*place, tensor);
        }
        let arguments: Option<Vec<Tensor>> = arguments.into_iter().collect();
        let arguments = arguments.ok_or_else(|| PyRuntimeError::new_err("a program lacks an argument"))?;
        let flags: Vec<(&Tensor, bool)> = entry
            .commits
            .iter()
            .filter_map(|c| match c {
                Commit::Requires(target, flag) => Some((target.get(&described.all), *flag)),
                _ => None,
            })
            .collect();
        let set = |to: &dyn Fn(bool) -> bool| {
            flags.iter().try_for_each(|(tensor, flag)| tensor.set_requires_grad(to(*flag)).map_err(raise))
        };
        set(&|flag| flag)?;
        let ran = py.detach(|| entry.program.run(&arguments));
        let outputs = match ran {
            Ok(Run::Done(outputs)) => outputs,
            Ok(Run::Missed(decision)) => {
                set(&|flag| !flag)?;
                let reason = format!("{} came out differently", decision.what);
                return Ok(Err(Miss { reason, answer: Some((decision.what, decision.answer)) }));
            }
            Err(error) => {
                set(&|flag| !flag)?;
                return Err(raise(error));
            }
        };
        let outputs: Vec<Tensor> = outputs.into_iter().map(Tensor::from_var).collect();
        let roots: Vec<Tensor> = entry.aliases.iter().map(|a| a.of(&outputs)).collect::<PyResult<_>>()?;
        let given = Given {
            roots: &roots,
            arguments: &described.all,
            views: &entry.views,
            made: &RefCell::default(),
            before: &before,
            numbers: &numbers,
        };
        for commit in &entry.commits {
            if let Commit::Data(target, root) = commit {
                target.get(&described.all).set_data(&roots[*root]).map_err(raise)?;
            }
        }
        let result = entry.returns.build(py, &given)?;
        for commit in &entry.commits {
            if let Commit::Entry(i, value) = commit {
                let (entries, key) = &entry.rebound[*i];
                entries.bind(py).set_item(key, value.build(py, &given)?)?;
            }
        }
        Ok(Ok(result.unbind()))
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
        let count = self.traces.fetch_add(1, Ordering::Relaxed) + 1;
        {
            let mut reasons = self.reasons.lock();
            if reasons.len() == MOST_REASONS {
                reasons.remove(0);
            }
            reasons.push(reason.clone());
        }
        if count > 1 {
            py.import("flashlight._compile")?.getattr("_recorded_again")?.call1((&self.function, count, reason))?;
        }
        let first = self.attempt(py, args, kwargs, &described, self.numerics)?;
        let unlike = match first {
            Outcome::Done(result) => return Ok(result),
            Outcome::Unlike(what) => what,
        };
        // The optimiser rounds otherwise, so that a decision near its edge comes out otherwise than it was recorded.
        match self.attempt(py, args, kwargs, &described, None)? {
            Outcome::Done(result) => Ok(result),
            Outcome::Unlike(_) => {
                Err(PyRuntimeError::new_err(format!("{unlike}: a program decides otherwise than its recording")))
            }
        }
    }

    fn attempt(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        described: &Described,
        numerics: Option<Numerics>,
    ) -> PyResult<Outcome> {
        let function = self.function.bind(py);
        let name = function.getattr_opt("__name__")?.map_or("program".to_owned(), |n| n.to_string());
        let name: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let trace = Trace::new(&name);
        for (i, tensor) in described.tensors.iter().enumerate() {
            trace.argument(&format!("x{i}"), tensor).map_err(raise)?;
        }
        described.all.iter().for_each(|t| trace.give(t));
        // What the function refers to, before it can change it.
        let mut met = Met { reach: Reach::of(function, &described.held)?, ..Met::default() };
        let session = Session::new(trace.clone());
        let taken = self.taken.lock().clone();
        let (args, kwargs, given) = numbers_in_arguments(args, kwargs, described, &taken, &session)?;
        let mut substituted: Vec<Substituted> = Vec::new();
        let mut answer = match substitute(py, &mut met.reach.guards, &taken, &session, &mut substituted) {
            Err(error) => Err(error),
            Ok(()) => {
                let modes = Modes::now();
                let answer;
                (answer, met) = meeting(met, || trace.record(|| function.call(args, kwargs.as_ref())));
                let changed = modes.restore();
                answer.map(|answer| (answer, changed))
            }
        };
        if let Ok((_, Some(switch))) = answer {
            answer = Err(PyRuntimeError::new_err(format!(
                "the compiled function leaves {switch} in another position, which a program cannot repeat: switch it in a \
                 with block, or outside of the compiled function"
            )));
        }
        let answer = answer.map(|(answer, _)| answer);
        let finished = answer.and_then(|answer| self.finish(py, &trace, answer, &mut met, described, numerics));
        // Everything outside goes back to where it was; what the program leaves changed, its run changes.
        let mut touched = None;
        for one in &substituted {
            if !one.restore(py)? {
                touched.get_or_insert_with(|| one.what.clone());
            }
        }
        for variable in &met.reach.guards.variables {
            if !variable.holds(py, &mut session.values())? {
                touched.get_or_insert_with(|| variable.what.clone());
                variable.restore(py)?;
            }
        }
        met.restore(py)?;
        let finished = finished.and_then(|finished| match touched {
            None => Ok(finished),
            Some(what) => Err(PyRuntimeError::new_err(format!(
                "the compiled function changes {what} in Python, which a program cannot repeat: return the new value, keep \
                 it in a registered buffer, or change it outside of the compiled function"
            ))),
        });
        let finished = match finished {
            Ok(finished) => finished,
            Err(error) => {
                trace.abandon();
                met.undo(py)?;
                return Err(error);
            }
        };
        let rebound = met.rebound.iter().map(|r| (r.entries.clone_ref(py), r.key.clone_ref(py))).collect();
        let mut guards = std::mem::take(&mut met.reach).finish(py)?;
        // What the program itself replaces is held against by its type.
        let replaced = |v: &guards::Variable| match &v.place {
            Place::Entry(entries, key) => met.rebound.iter().any(|r| r.entries.is(entries) && r.key.is(key)),
            _ => false,
        };
        guards.variables.retain(|v| !replaced(v));
        for (i, one) in met.rebound.iter().enumerate() {
            let is_slot = finished.slots.iter().any(|(_, s)| matches!(s, Slot::Entry(k, ..) if *k == i));
            let before = one.before.as_ref().map(|b| b.bind(py).clone());
            if let Some(before) = before.filter(|b| !is_slot && tensor_of(b).is_none()) {
                guards.variables.push(guards::Variable {
                    place: Place::Entry(one.entries.clone_ref(py), one.key.clone_ref(py)),
                    expected: Expected::Object(before.unbind()),
                    what: format!("'{}' of a module", one.key),
                });
            }
        }
        let fixed = (0..described.numbers.len())
            .filter(|at| !given.iter().any(|(_, g)| g == at))
            .map(|at| (at, described.numbers[at].0))
            .collect();
        let entry = Arc::new(Entry {
            name,
            program: finished.program,
            returns: finished.returns,
            aliases: finished.aliases,
            views: finished.views,
            guards,
            numbers: session.finish(),
            fixed,
            given,
            rebound,
            slots: finished.slots,
            commits: finished.commits,
            shared: finished.shared,
            captured: finished.captured,
            held: described.held.iter().map(|o| o.clone_ref(py)).collect(),
        });
        let result = match self.run(py, &entry, described) {
            Ok(Ok(result)) => result,
            Ok(Err(miss)) => {
                met.undo(py)?;
                return match miss.answer {
                    Some((what, _)) => Ok(Outcome::Unlike(what)),
                    None => Err(PyRuntimeError::new_err(format!(
                        "{name}: a program does not fit the call that it was recorded for: {reason}",
                        name = entry.name,
                        reason = miss.reason
                    ))),
                };
            }
            Err(error) => {
                met.undo(py)?;
                return Err(error);
            }
        };
        if std::env::var_os("FLASHLIGHT_DUMP").is_some() {
            let facts = entry.describe(py, &described.text)?;
            py.import("flashlight._inspect")?.getattr("_dump")?.call1((facts,))?;
        }
        if entry.program.is_for_once() {
            self.once.lock().insert(described.text.clone());
        } else {
            self.keep(&described.text, entry);
        }
        Ok(Outcome::Done(result))
    }

    fn keep(&self, key: &str, entry: Arc<Entry>) {
        let now = self.runs.load(Ordering::Relaxed) + self.traces.load(Ordering::Relaxed);
        let mut programs = self.programs.lock();
        if programs.len() >= MOST_DESCRIPTIONS
            && !programs.contains_key(key)
            && let Some(oldest) = programs.iter().min_by_key(|(_, p)| p.used).map(|(key, _)| key.clone())
        {
            programs.remove(&oldest);
        }
        let known = programs.entry(key.to_owned()).or_default();
        known.used = now;
        known.entries.truncate(MOST_PROGRAMS - 1);
        // The one that fitted last is tried first.
        known.entries.insert(0, entry);
    }

    fn finish(
        &self,
        py: Python<'_>,
        trace: &Arc<Trace>,
        answer: Bound<'_, PyAny>,
        met: &mut Met,
        described: &Described,
        numerics: Option<Numerics>,
    ) -> PyResult<Finished> {
        note_rebound_states(py, met)?;
        let before: Vec<Option<Tensor>> =
            met.rebound.iter().map(|r| r.before.as_ref().and_then(|b| tensor_of(b.bind(py)).cloned())).collect();
        let mut taking = Taking::new(trace, &described.all, before.clone());
        let mut commits = Vec::new();
        let (returns, changes) = trace.record(|| -> PyResult<_> {
            let returns = taking.take(&answer)?;
            for (i, one) in met.rebound.iter().enumerate() {
                let now = one.entries.bind(py).get_item(&one.key)?;
                let same = match (&now, &one.before) {
                    (Some(now), Some(before)) => now.is(before),
                    (None, None) => true,
                    _ => false,
                };
                if same {
                    continue;
                }
                let Some(now) = now else {
                    return Err(PyRuntimeError::new_err("the compiled function deletes what it was given"));
                };
                commits.push(Commit::Entry(i, taking.take(&now)?));
                one.restore(py)?;
            }
            Ok((returns, trace.changes().map_err(raise)?))
        })?;
        drop(answer);
        let target = |tensor: Tensor| match described.all.iter().position(|t| t.is(&tensor)) {
            Some(i) => Target::Argument(i),
            None => Target::Tensor(tensor),
        };
        let mut data = Vec::new();
        for change in changes {
            match change {
                Change::Data(tensor, alias) => {
                    let root = trace.record(|| taking.output(&alias))?;
                    data.push(tensor.clone());
                    commits.push(Commit::Data(target(tensor), root));
                }
                Change::Requires(tensor, flag) => commits.push(Commit::Requires(target(tensor), flag)),
            }
        }
        let (outputs, aliases, views) = trace.record(|| taking.finish())?;
        if let Some(owner) = met.changed_options(py)? {
            return Err(PyRuntimeError::new_err(format!(
                "the compiled function changes options of {owner} (its learning rate, say) in Python, which a program \
                 cannot repeat: step the scheduler outside of it"
            )));
        }
        let adopted = adopted(py, met)?;
        named_states(py, met)?.iter().for_each(|n| trace.name(&n.tensor.storage(), &n.name));
        refuse_escapes(py, trace, &outputs, &adopted)?;
        // Storages that arguments share with what is captured.
        let in_reach: HashSet<usize> = met.reach.tensors.iter().map(|t| address(&t.storage())).collect();
        let shared = described.tensors.iter().map(|t| Some(t.storage()).filter(|s| in_reach.contains(&address(s))));
        let shared = shared.collect();
        // What the program replaces comes anew in each run.
        let mut slots = Vec::new();
        let mut arguments = described.tensors.clone();
        let mut extend = |place: usize, tensor: &Tensor| {
            if arguments.len() <= place {
                // Numbers lie between: they have no history.
                arguments.resize(place + 1, Tensor::from_value(tensor.storage().value()));
            }
            arguments[place] = tensor.clone();
        };
        for commit in &commits {
            if let Commit::Entry(i, _) = commit
                && let Some(tensor) = before[*i].as_ref().filter(|t| t.recipe().is_none())
                && let Some(place) = trace.take_as_argument(tensor)
            {
                extend(place, tensor);
                let needs_grad = trace.record(|| tensor.requires_grad()).map_err(raise)?;
                slots.push((place, Slot::Entry(*i, tensor.ty(), needs_grad)));
            }
        }
        for tensor in data {
            if let Some((place, ty)) = trace.take_data_as_argument(&tensor) {
                extend(place, &tensor);
                slots.push((place, Slot::Data(target(tensor), ty)));
            }
        }
        let derived = derive(trace, &outputs, &arguments).map_err(raise)?;
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
        let captured = recorded.storages().iter().map(address).collect();
        let program = Program::new(recorded, count, derived, numerics).map_err(raise)?;
        Ok(Finished { program, returns, aliases, views, slots, commits, shared, captured })
    }
}

/// One argument of a description, in words.
fn worded(part: &str) -> String {
    let part = part.rsplit('|').next().unwrap_or(part);
    match part.rfind('T').filter(|i| part[*i..].contains('@')) {
        Some(tensor) => part[tensor + 1..].to_owned(),
        None if part.starts_with('@') => "another object".to_owned(),
        None => part.rsplit(':').next().unwrap_or(part).to_owned(),
    }
}

/// A finished recording.
struct Finished {
    program: Program,
    returns: Returns,
    aliases: Vec<Alias>,
    views: Vec<Returns>,
    slots: Vec<(usize, Slot)>,
    commits: Vec<Commit>,
    shared: Vec<Option<Arc<Storage>>>,
    captured: HashSet<usize>,
}

type NumberedArguments<'py> = (Bound<'py, PyTuple>, Option<Bound<'py, PyDict>>, Vec<(usize, usize)>);

/// The arguments, with floats that are taken anew standing for themselves.
fn numbers_in_arguments<'py>(
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    described: &Described,
    taken: &HashSet<String>,
    session: &Arc<Session>,
) -> PyResult<NumberedArguments<'py>> {
    let py = args.py();
    let mut given = Vec::new();
    // The place among the call's floats of the one of that name, where it is taken anew.
    let mut number = |object: &Bound<'py, PyAny>, name: String| -> PyResult<Option<Bound<'py, PyAny>>> {
        let at = described.numbers.iter().position(|(_, n)| n.as_deref() == Some(&*name));
        match (object.cast_exact::<PyFloat>(), at) {
            (Ok(x), Some(at)) if taken.contains(&name) => {
                given.push((session.count(), at));
                Ok(Some(Bound::new(py, session.input(x.value(), name))?.into_any()))
            }
            _ => Ok(None),
        }
    };
    let mut items = Vec::new();
    for (i, object) in args.iter().enumerate() {
        items.push(number(&object, format!("argument {}", i + 1))?.unwrap_or(object));
    }
    let kwargs = kwargs.map(|all| all.copy()).transpose()?;
    if let Some(all) = &kwargs {
        for (name, object) in all.copy()?.iter() {
            if let Some(object) = number(&object, format!("the argument '{name}'"))? {
                all.set_item(name, object)?;
            }
        }
    }
    Ok((PyTuple::new(py, items)?, kwargs, given))
}

/// Has the floats in reach that are taken anew stand for themselves.
fn substitute(
    py: Python<'_>,
    guards: &mut Guards,
    taken: &HashSet<String>,
    session: &Arc<Session>,
    all: &mut Vec<Substituted>,
) -> PyResult<()> {
    if taken.is_empty() {
        return Ok(());
    }
    let mut make = |x: f64, name: String| -> PyResult<(usize, Py<PyAny>)> {
        let place = session.count();
        Ok((place, Bound::new(py, session.input(x, name))?.into_any().unbind()))
    };
    for variable in &mut guards.variables {
        let Some(x) = variable.number(py, taken)? else { continue };
        let (place, object) = make(x, variable.what.clone())?;
        let before = variable.expected.original_object(py)?;
        variable.place.set(py, object.bind(py))?;
        variable.expected = Expected::Number(place, before.clone_ref(py));
        let place = variable.place.clone_ref(py);
        all.push(Substituted { place, object, before, what: variable.what.clone() });
    }
    for options in &mut guards.options {
        all.extend(options.substitute(py, taken, &mut make)?);
    }
    Ok(())
}

/// Notes the tensors in the states of optimisers that the recording replaced.
fn note_rebound_states(py: Python<'_>, met: &mut Met) -> PyResult<()> {
    for owner in &met.owners {
        let class = owner.owner.bind(py).get_type();
        for (entry, items) in &owner.entries {
            let entry = entry.bind(py);
            for (key, before) in items {
                let now = entry.get_item(key)?;
                let before = before.bind(py);
                if now.as_ref().is_some_and(|now| now.is(before)) {
                    continue;
                }
                let tensors = tensor_of(before).is_some() && now.as_ref().is_some_and(|n| tensor_of(n).is_some());
                let equal = !tensors && guards::is_plain(before) && now.as_ref().map_or(Ok(false), |n| n.eq(before))?;
                if equal {
                    continue;
                }
                if !tensors {
                    return Err(PyRuntimeError::new_err(format!(
                        "the compiled function changes {} in the state of {}, which is no tensor and which a program cannot \
                         change: keep it in a tensor",
                        key.bind(py).repr()?,
                        class.name()?
                    )));
                }
                met.rebound.push(Rebound {
                    entries: entry.clone().unbind(),
                    key: key.clone_ref(py),
                    before: Some(before.clone().unbind()),
                });
            }
        }
    }
    Ok(())
}

/// The tensors of optimisers and modules, which may stay in use.
pub fn adopted(py: Python<'_>, met: &Met) -> PyResult<Vec<Tensor>> {
    let mut adopted: Vec<Tensor> = Vec::new();
    for owner in &met.owners {
        for item in owner.owner.bind(py).call_method0("_flashlight_states")?.try_iter()? {
            adopted.extend(tensor_of(&item?.get_item(2)?).cloned());
        }
    }
    for module in &met.reach.modules {
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
        let known =
            |s: &Arc<Storage>| outputs.iter().chain(adopted).chain(&allowed).any(|t| Arc::ptr_eq(&t.storage(), s));
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
        value.ty()
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
    for module in &met.reach.modules {
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
    for owner in &met.owners {
        for item in owner.owner.bind(py).call_method0("_flashlight_states")?.try_iter()? {
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

/// Whether code is of this package.
fn is_ours(code: &Bound<'_, PyAny>) -> PyResult<bool> {
    static FOLDER: PyOnceLock<String> = PyOnceLock::new();
    let py = code.py();
    let folder = FOLDER.get_or_try_init(py, || -> PyResult<String> {
        let file = py.import("flashlight")?.getattr("__file__")?.to_string();
        Ok(file.trim_end_matches("__init__.py").to_owned())
    })?;
    Ok(code.getattr(intern!(py, "co_filename"))?.to_string().starts_with(folder))
}

/// The line of the user's that is being run: the first outside this package.
pub fn user_line(py: Python<'_>, function: &str) -> Option<flashlight_compiler::ir::Source> {
    let mut frame = py.import("sys").ok()?.getattr("_getframe").ok()?.call0().ok()?;
    let module = MET.with_borrow(|stack| stack.last().and_then(|met| met.calling.last().cloned()));
    loop {
        let code = frame.getattr(intern!(py, "f_code")).ok()?;
        if !is_ours(&code).ok()? {
            return Some(flashlight_compiler::ir::Source {
                file: code.getattr(intern!(py, "co_filename")).ok()?.to_string().into(),
                line: frame.getattr(intern!(py, "f_lineno")).ok()?.extract().ok()?,
                module: module.unwrap_or_else(|| "".into()),
                function: function.into(),
            });
        }
        frame = frame.getattr(intern!(py, "f_back")).ok().filter(|f| !f.is_none())?;
    }
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CompiledFunction>()?;
    // Not among the names that `flashlight` shows.
    module.setattr("Number", module.py().get_type::<NumberObject>())?;
    module.add_function(wrap_pyfunction!(_is_tracing, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_number, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_module, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_module_end, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_owner, module)?)?;
    module.add_function(wrap_pyfunction!(_trace_rebind, module)?)
}
