//! Autograd as Python sees it: `backward` and `grad`, hooks, nodes, and the switch of recording.

use std::{any::Any, sync::Arc};

use flashlight_frontend::{
    Tensor,
    autograd::{Hook, Node, Request, differentiate, is_grad_enabled, set_grad_enabled},
};
use pyo3::{
    exceptions::{PyRuntimeError, PyTypeError},
    prelude::*,
    sync::PyOnceLock,
    types::PyTuple,
};

use crate::{
    convert::{tensor_of, unlocked},
    errors::{callback, raise},
    tensor::wrap,
};

/// A Python callable as a hook.
pub struct PyHook(Py<PyAny>);

impl PyHook {
    pub fn new(callable: Py<PyAny>) -> Arc<Self> {
        Arc::new(Self(callable))
    }

    pub fn callable(&self) -> &Py<PyAny> {
        &self.0
    }
}

impl Hook for PyHook {
    fn call(&self, grad: &Tensor) -> flashlight_frontend::Result<Option<Tensor>> {
        Python::attach(|py| {
            let answer = self.0.bind(py).call1((wrap(py, grad.clone())?,))?;
            if answer.is_none() {
                return Ok(None);
            }
            match tensor_of(&answer) {
                Some(tensor) => Ok(Some(tensor.clone())),
                None => Err(PyTypeError::new_err(format!(
                    "hook '{}' has returned an incorrect type (got {}, expected Tensor or None)",
                    self.0.bind(py).repr()?,
                    answer.get_type()
                ))),
            }
        })
        .map_err(callback)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Takes one hook off its tensor again.
#[pyclass(name = "_TensorHook", module = "flashlight._C", frozen)]
pub struct TensorHook {
    tensor: flashlight_frontend::tensor::WeakTensor,
    id: u64,
}

#[pymethods]
impl TensorHook {
    fn remove(&self) -> PyResult<()> {
        self.tensor.upgrade().map_or(Ok(()), |t| t.remove_hook(self.id).map_err(raise))
    }
}

/// The handle of a hook: `torch.utils.hooks.RemovableHandle`.
pub fn handle(py: Python<'_>, tensor: &Tensor, id: u64) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS
        .get_or_try_init(py, || py.import("flashlight.utils.hooks")?.getattr("TensorHookHandle").map(Bound::unbind))?;
    class.call1(py, (TensorHook { tensor: tensor.downgrade(), id },))
}

/// One call in the history of a tensor: `torch.autograd.graph.Node`.
#[pyclass(name = "Node", module = "flashlight.autograd.graph", frozen)]
pub struct NodeObject(Arc<Node>);

impl NodeObject {
    pub fn of(py: Python<'_>, node: &Arc<Node>) -> PyResult<Py<Self>> {
        Py::new(py, Self(node.clone()))
    }
}

#[pymethods]
impl NodeObject {
    fn name(&self) -> String {
        self.0.name()
    }

    /// The nodes of the inputs, each with the number of its output.
    #[getter]
    fn next_functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let pair = |edge: &Option<flashlight_frontend::autograd::Edge>| -> PyResult<(Option<Py<NodeObject>>, u32)> {
            match edge {
                Some(edge) => Ok((Some(NodeObject::of(py, &edge.node)?), edge.output)),
                None => Ok((None, 0)),
            }
        };
        PyTuple::new(py, self.0.inputs().iter().map(pair).collect::<PyResult<Vec<_>>>()?)
    }

    /// The leaf whose gradient gathers here.
    #[getter]
    fn variable(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.leaf().and_then(|l| l.upgrade()).map(|t| wrap(py, t)).transpose()
    }

    fn __repr__(&self) -> String {
        format!("<{} object at {:p}>", self.0.name(), Arc::as_ptr(&self.0))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<NodeObject>().is_ok_and(|o| Arc::ptr_eq(&o.get().0, &self.0))
    }

    fn __hash__(&self) -> u64 {
        self.0.sequence()
    }
}

/// A gradient that was given, or `None`.
pub fn gradient(object: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    if object.is_none() {
        return Ok(None);
    }
    tensor_of(object).cloned().map(Some).ok_or_else(|| {
        PyTypeError::new_err(format!("gradients can be either Tensors or None, but got {}", object.get_type()))
    })
}

/// A tensor, or several.
pub fn tensors(object: &Bound<'_, PyAny>) -> PyResult<Vec<Tensor>> {
    if let Some(tensor) = tensor_of(object) {
        return Ok(vec![tensor.clone()]);
    }
    let of = |item: PyResult<Bound<'_, PyAny>>| {
        let item = item?;
        tensor_of(&item)
            .cloned()
            .ok_or_else(|| PyTypeError::new_err(format!("expected Tensors, but got {}", item.get_type())))
    };
    object.try_iter()?.map(of).collect()
}

type Outputs = Vec<(Tensor, Option<Tensor>)>;

/// Outputs, each with its gradient where one is given.
fn outputs(tensors_given: &Bound<'_, PyAny>, grads: Option<&Bound<'_, PyAny>>) -> PyResult<Outputs> {
    let all = tensors(tensors_given)?;
    let grads: Vec<Option<Tensor>> = match grads {
        None => vec![None; all.len()],
        Some(grads) if grads.is_none() || tensor_of(grads).is_some() => vec![gradient(grads)?],
        Some(grads) => grads.try_iter()?.map(|g| gradient(&g?)).collect::<PyResult<_>>()?,
    };
    if grads.len() != all.len() && !(grads.len() == 1 && grads[0].is_none()) {
        return Err(PyRuntimeError::new_err(format!("got {} tensors and {} gradients", all.len(), grads.len())));
    }
    let mut grads = grads.into_iter();
    Ok(all.into_iter().map(|t| (t, grads.next().flatten())).collect())
}

/// Sums gradients into the leaves, or into `inputs`.
pub fn accumulate(
    py: Python<'_>,
    outputs: Outputs,
    inputs: Option<Vec<Tensor>>,
    retain_graph: Option<bool>,
    create_graph: bool,
) -> PyResult<()> {
    if inputs.as_ref().is_some_and(Vec::is_empty) {
        return Err(PyRuntimeError::new_err("'inputs' argument to backward cannot be empty."));
    }
    let request =
        Request { retain_graph: retain_graph.unwrap_or(create_graph), create_graph, accumulate: true, hooks_from: 0 };
    unlocked(py, move || differentiate(&outputs, inputs.as_deref(), request)).map(drop)
}

/// `torch.autograd.backward`.
#[pyfunction]
#[pyo3(signature = (tensors, grad_tensors=None, retain_graph=None, create_graph=false, inputs=None))]
fn _backward(
    py: Python<'_>,
    tensors: &Bound<'_, PyAny>,
    grad_tensors: Option<&Bound<'_, PyAny>>,
    retain_graph: Option<bool>,
    create_graph: bool,
    inputs: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let inputs = inputs.filter(|i| !i.is_none()).map(self::tensors).transpose()?;
    accumulate(py, outputs(tensors, grad_tensors)?, inputs, retain_graph, create_graph)
}

/// `torch.autograd.grad`, where `None` stands for an input that no output depends on.
#[pyfunction]
fn _grad(
    py: Python<'_>,
    tensors: &Bound<'_, PyAny>,
    inputs: &Bound<'_, PyAny>,
    grad_outputs: &Bound<'_, PyAny>,
    retain_graph: bool,
    create_graph: bool,
) -> PyResult<Vec<Option<Py<PyAny>>>> {
    let (outputs, inputs) = (outputs(tensors, Some(grad_outputs))?, self::tensors(inputs)?);
    let request = Request { retain_graph, create_graph, accumulate: false, hooks_from: 0 };
    let grads = unlocked(py, move || differentiate(&outputs, Some(&inputs), request))?;
    grads.into_iter().map(|g| g.map(|t| wrap(py, t)).transpose()).collect()
}

#[pyfunction(name = "is_grad_enabled")]
fn is_enabled() -> bool {
    is_grad_enabled()
}

#[pyfunction]
fn _set_grad_enabled(enabled: bool) -> bool {
    set_grad_enabled(enabled)
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // Not among the names that `flashlight` shows.
    module.setattr("Node", module.py().get_type::<NodeObject>())?;
    module.setattr("_TensorHook", module.py().get_type::<TensorHook>())?;
    module.add_function(wrap_pyfunction!(_backward, module)?)?;
    module.add_function(wrap_pyfunction!(_grad, module)?)?;
    module.add_function(wrap_pyfunction!(is_enabled, module)?)?;
    module.add_function(wrap_pyfunction!(_set_grad_enabled, module)?)?;
    Ok(())
}
