//! Devices, memory, threads, waiting, forks, printing options, and rows and graphs for tests.

use std::path::PathBuf;

use flashlight_compiler::{
    autodiff::reverse,
    ir::{Graph, Printer, parse, verify},
};
use flashlight_frontend::{
    Tensor,
    fetch::set_reader,
    format::{PrintOptions, print_options, set_print_options},
    trace::{Source, Trace},
};
use flashlight_runtime::{self as runtime, Device, Value as Concrete};
use pyo3::{
    exceptions::{PyRuntimeError, PyValueError},
    prelude::*,
    types::PyDict,
};

use crate::{
    autograd::tensors,
    convert::{poll, read},
    data::device_argument,
    errors::raise,
    tensor::wrap,
};

fn failed(error: runtime::Error) -> PyErr {
    raise(error.into())
}

/// Waits until everything that was asked for so far is computed, on every device.
#[pyfunction]
#[pyo3(signature = (device=None))]
fn _synchronize(py: Python<'_>, device: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    device_argument("synchronize", device)?;
    py.detach(|| runtime::synchronize(&mut poll)).map_err(failed)
}

/// The elements of these tensors, not yet computed or computed.
fn values(object: &Bound<'_, PyAny>) -> PyResult<Vec<Concrete>> {
    let all = tensors(object)?;
    let value = |t: &Tensor| t.value().and_then(|v| v.concrete("evaluation").cloned()).map_err(raise);
    all.iter().map(value).collect()
}

/// Computes these tensors and waits for them.
#[pyfunction]
fn _eval(py: Python<'_>, tensors: &Bound<'_, PyAny>) -> PyResult<()> {
    let values = values(tensors)?;
    py.detach(|| runtime::wait(&values.iter().collect::<Vec<_>>(), &mut poll)).map_err(failed)
}

/// Has everything recorded so far scheduled, and does not wait for it.
#[pyfunction]
fn _flush() {
    runtime::flush();
}

/// How many batches of work have been scheduled.
#[pyfunction]
fn _batches() -> u64 {
    runtime::batches()
}

#[pyfunction]
fn _gpu_count() -> u32 {
    runtime::gpu_count()
}

/// What MLX knows of a device, by name.
#[pyfunction]
fn _device_info(py: Python<'_>, device: &Bound<'_, PyAny>) -> PyResult<Py<PyDict>> {
    let device = device_argument("device_info", Some(device))?.unwrap_or(Device::Cpu);
    let all = PyDict::new(py);
    for (name, text) in runtime::device_info(device).map_err(failed)? {
        all.set_item(name, text)?;
    }
    Ok(all.unbind())
}

/// Bytes: in use, the most that were in use, kept for reuse, and the limit.
#[pyfunction]
fn _memory() -> PyResult<(u64, u64, u64, u64)> {
    let figures =
        || Ok((runtime::active_memory()?, runtime::peak_memory()?, runtime::cache_memory()?, runtime::memory_limit()?));
    figures().map_err(failed)
}

#[pyfunction]
fn _reset_peak_memory() -> PyResult<()> {
    runtime::reset_peak_memory().map_err(failed)
}

#[pyfunction]
fn _clear_cache(py: Python<'_>) -> PyResult<()> {
    py.detach(runtime::clear_cache).map_err(failed)
}

/// Opens the library for the CPU's matrix products.
#[pyfunction]
fn _open_blas(path: PathBuf) -> PyResult<()> {
    runtime::open_blas(&path).map_err(failed)
}

/// How many threads a matrix product on the CPU uses.
#[pyfunction]
fn get_num_threads() -> PyResult<usize> {
    Ok(runtime::blas_threads().map_err(failed)?.unwrap_or(1))
}

/// Sets how many threads a matrix product on the CPU uses. Differs from torch: other operations use one each.
#[pyfunction]
fn set_num_threads(threads: i64) -> PyResult<()> {
    match usize::try_from(threads) {
        Ok(threads) if threads > 0 => runtime::set_blas_threads(threads).map_err(failed),
        _ => Err(PyRuntimeError::new_err("set_num_threads expects a positive integer")),
    }
}

/// Attached throughout: a thread that is attached may wait for what this one holds, and could never let go.
#[pyfunction]
fn _before_fork() {
    runtime::before_fork();
}

#[pyfunction]
fn _after_fork_parent() {
    runtime::after_fork_parent();
}

#[pyfunction]
fn _after_fork_child() {
    runtime::after_fork_child();
}

/// How tensors are printed: `torch.set_printoptions`.
#[pyfunction]
#[pyo3(signature = (precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None))]
fn set_printoptions(
    precision: Option<usize>,
    threshold: Option<f64>,
    edgeitems: Option<usize>,
    linewidth: Option<usize>,
    profile: Option<&str>,
    sci_mode: Option<bool>,
) -> PyResult<()> {
    let mut options = match profile {
        None => PrintOptions { sci_mode: None, ..print_options() },
        Some(name) => PrintOptions::profile(name)
            .ok_or_else(|| PyValueError::new_err(format!("set_printoptions(): no profile '{name}'")))?,
    };
    options.precision = precision.unwrap_or(options.precision);
    options.threshold = threshold.unwrap_or(options.threshold);
    options.edgeitems = edgeitems.unwrap_or(options.edgeitems);
    options.linewidth = linewidth.unwrap_or(options.linewidth);
    options.sci_mode = sci_mode.or(options.sci_mode);
    set_print_options(options);
    Ok(())
}

/// Tensors as Python sees them.
type Objects = Vec<Py<PyAny>>;

/// Traces a function of tensors into a graph. Answers with the graph's text, with what it computes from the same tensors,
/// and with what the reverse of the graph computes from them and `weights`, one for each floating output: the gradients of
/// the inputs at the places `wrt`. Each graph is printed and parsed, and runs as it was parsed. For tests of the table.
#[pyfunction]
#[pyo3(signature = (function, inputs, wrt=Vec::new(), weights=None))]
fn _trace(
    py: Python<'_>,
    function: &Bound<'_, PyAny>,
    inputs: &Bound<'_, PyAny>,
    wrt: Vec<usize>,
    weights: Option<&Bound<'_, PyAny>>,
) -> PyResult<(String, Objects, Objects)> {
    let inputs = tensors(inputs)?;
    let trace = Trace::new("traced");
    let given = values_of(&inputs)?;
    let arguments: Vec<Py<PyAny>> = (0..)
        .zip(&inputs)
        .map(|(i, t): (usize, _)| {
            let value = trace.input(&format!("x{i}"), t.ty(), t.device());
            wrap(py, Tensor::from_value(value))
        })
        .collect::<PyResult<_>>()?;
    let arguments = pyo3::types::PyTuple::new(py, arguments)?;
    let answer = trace.record(|| function.call1(arguments))?;
    let outputs = tensors(&answer)?.iter().map(|t| t.value().map_err(raise)).collect::<PyResult<Vec<_>>>()?;
    let recorded = trace.finish(&outputs, &[]).map_err(raise)?;
    let mut values = recorded.inputs(&given).map_err(raise)?;
    let (text, mut results) = run_parsed(py, &recorded.graph, &values)?;
    let all = results.len();
    results.truncate(outputs.len());
    if wrt.is_empty() {
        return Ok((text, results, Vec::new()));
    }
    // Behind the declared outputs may be states, which have no weights.
    let place = |i: &usize| recorded.sources.iter().position(|s| matches!(s, Source::Argument(k) if k == i));
    let places: Vec<usize> = wrt.iter().filter_map(place).collect();
    let reversed = reverse(&recorded.graph, &places).map_err(|e| raise(e.into()))?;
    values.extend(weights.map_or(Ok(Vec::new()), |w| values_of(&tensors(w)?))?);
    let gradients = run_parsed(py, &reversed, &values)?.1.split_off(all);
    Ok((text, results, gradients))
}

/// A graph's text, and what the graph that is parsed from it computes.
fn run_parsed(py: Python<'_>, graph: &Graph, given: &[Concrete]) -> PyResult<(String, Objects)> {
    verify(graph).map_err(|e| raise(e.into()))?;
    let text = Printer::default().print(graph);
    let again = parse(&text).map_err(|e| raise(e.into()))?;
    if Printer::default().print(&again) != text {
        return Err(PyRuntimeError::new_err(format!("a graph does not print as it was parsed:\n{text}")));
    }
    let results = runtime::execute(&again, given).map_err(failed)?;
    let wrapped = results.into_iter().map(|v| wrap(py, Tensor::from_value(v.into()))).collect::<PyResult<_>>()?;
    Ok((text, wrapped))
}

fn values_of(all: &[Tensor]) -> PyResult<Vec<Concrete>> {
    all.iter().map(|t| t.value().and_then(|v| v.concrete("a trace").cloned()).map_err(raise)).collect()
}

/// Adds the functions, opens the BLAS library that is installed, and has forks prepared.
pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    set_reader(read, poll);
    module.add_function(wrap_pyfunction!(_synchronize, module)?)?;
    module.add_function(wrap_pyfunction!(_eval, module)?)?;
    module.add_function(wrap_pyfunction!(_flush, module)?)?;
    module.add_function(wrap_pyfunction!(_batches, module)?)?;
    module.add_function(wrap_pyfunction!(_gpu_count, module)?)?;
    module.add_function(wrap_pyfunction!(_device_info, module)?)?;
    module.add_function(wrap_pyfunction!(_memory, module)?)?;
    module.add_function(wrap_pyfunction!(_reset_peak_memory, module)?)?;
    module.add_function(wrap_pyfunction!(_clear_cache, module)?)?;
    module.add_function(wrap_pyfunction!(_open_blas, module)?)?;
    module.add_function(wrap_pyfunction!(get_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_printoptions, module)?)?;
    module.add_function(wrap_pyfunction!(_trace, module)?)?;
    let hooks = PyDict::new(py);
    hooks.set_item("before", wrap_pyfunction!(_before_fork, module)?)?;
    hooks.set_item("after_in_parent", wrap_pyfunction!(_after_fork_parent, module)?)?;
    hooks.set_item("after_in_child", wrap_pyfunction!(_after_fork_child, module)?)?;
    py.import("os")?.getattr("register_at_fork")?.call((), Some(&hooks))?;
    Ok(())
}
