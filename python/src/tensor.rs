//! The class `Tensor`: one Python object for each of the frontend's tensors, its properties and its special methods. The
//! methods that rows describe are added by `dispatch`.

use std::sync::atomic::{AtomicUsize, Ordering};

use flashlight_compiler::types::{DType, Scalar};
use flashlight_frontend::{
    Tensor,
    autograd::GradMode,
    format::{device_name, format_tensor, print_options},
    function::{
        Function,
        indexing::{Index, assign, index},
    },
};
use flashlight_runtime::Device;
use pyo3::{
    IntoPyObjectExt, PyTraverseError, PyVisit,
    basic::CompareOp,
    exceptions::{PyIndexError, PyNotImplementedError, PyRuntimeError, PyTypeError, PyValueError},
    ffi,
    prelude::*,
    types::{PyByteArray, PyComplex, PyDict, PyEllipsis, PyList, PyRange, PySlice, PyString, PyTuple, PyType},
};

use crate::{
    autograd::{self, NodeObject, PyHook},
    convert::{argument_of, number_of, size, tensor_of},
    data,
    dispatch::{known, operate},
    dlpack,
    errors::raise,
    types::{DTypeObject, DeviceObject, Layout, dtype_object, dtype_of, strided},
};

/// `torch.Tensor`.
#[pyclass(name = "Tensor", module = "flashlight", subclass, weakref, dict, frozen)]
pub struct TensorObject {
    inner: Tensor,
    /// Where the Python object lies; 0 until that is known.
    address: AtomicUsize,
}

impl TensorObject {
    fn holding(inner: Tensor) -> Self {
        Self { inner, address: AtomicUsize::new(0) }
    }

    /// The tensor of an object, which from now on finds the object again.
    pub fn known<'a>(object: &'a Bound<'_, Self>) -> &'a Tensor {
        let this = object.get();
        if this.address.load(Ordering::Relaxed) == 0 {
            this.address.store(object.as_ptr().addr(), Ordering::Relaxed);
            this.inner.set_mark(object.as_ptr().expose_provenance());
        }
        &this.inner
    }
}

impl Drop for TensorObject {
    /// Runs attached, as the object is deallocated.
    fn drop(&mut self) {
        if self.inner.mark() == *self.address.get_mut() {
            self.inner.set_mark(0);
        }
    }
}

/// The Python object of a tensor: the one that there is, or a new one.
#[allow(unsafe_code, reason = "the tensor keeps its object's address, not a reference, or neither would ever be freed")]
pub fn wrap(py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
    let mark = tensor.mark();
    if mark != 0 {
        let object: *mut ffi::PyObject = std::ptr::with_exposed_provenance_mut(mark);
        // SAFETY: an object takes its address back before its memory goes, and that, as this, happens attached. One that
        // is being deallocated has no references left.
        if unsafe { ffi::Py_REFCNT(object) } > 0 {
            // SAFETY: as above.
            return Ok(unsafe { Bound::from_borrowed_ptr(py, object) }.unbind());
        }
    }
    let object = Bound::new(py, TensorObject::holding(tensor))?;
    let this = object.get();
    this.address.store(object.as_ptr().addr(), Ordering::Relaxed);
    this.inner.set_mark(object.as_ptr().expose_provenance());
    Ok(object.into_any().unbind())
}

/// The object of a function of the table, looked up once.
macro_rules! function {
    ($name:expr) => {{
        static FOUND: std::sync::OnceLock<&'static Function> = std::sync::OnceLock::new();
        match FOUND.get() {
            Some(found) => *found,
            None => {
                let found = known($name)?;
                *FOUND.get_or_init(|| found)
            }
        }
    }};
}

/// An operator's answer; `NotImplemented` where the function takes no such objects.
macro_rules! operator {
    ($name:expr, $($object:expr),+) => {{
        let objects: &[&Bound<'_, PyAny>] = &[$($object),+];
        match operate(function!($name), false, objects)? {
            Some(answer) => Ok(answer),
            None => operated_on_arrays(function!($name), objects),
        }
    }};
}

/// An operator's answer where some of the objects are numpy's arrays; `NotImplemented` where none is.
fn operated_on_arrays(function: &'static Function, objects: &[&Bound<'_, PyAny>]) -> PyResult<Py<PyAny>> {
    let py = objects[0].py();
    let mut some = false;
    let tensors = objects.iter().map(|object| {
        // numpy's scalars have no length, and are numbers where a function takes numbers.
        if tensor_of(object).is_some() || !object.hasattr("__array_interface__")? || !object.hasattr("__len__")? {
            return Ok((*object).clone());
        }
        some = true;
        Ok(wrap(py, data::tensor_from(object, None, None)?)?.into_bound(py))
    });
    let tensors = tensors.collect::<PyResult<Vec<_>>>()?;
    if !some {
        return Ok(py.NotImplemented());
    }
    let objects: Vec<&Bound<'_, PyAny>> = tensors.iter().collect();
    Ok(operate(function, false, &objects)?.unwrap_or_else(|| py.NotImplemented()))
}

/// An operator with an equals sign: writes into the tensor.
macro_rules! assignment {
    ($name:expr, $slf:expr, $other:expr) => {
        match operate(function!($name), true, &[$slf.as_any(), $other])? {
            Some(_) => Ok(()),
            None => Err(PyTypeError::new_err(format!(
                "unsupported operand types for {}_: Tensor and {}",
                $name,
                $other.get_type().name()?
            ))),
        }
    };
}

/// The result of a function that takes these objects.
macro_rules! called {
    ($name:expr, $($object:expr),+) => {
        operate(function!($name), false, &[$($object),+])?
            .ok_or_else(|| PyTypeError::new_err(concat!($name, "(): an argument is of another kind")))
    };
}

type Slf<'a, 'py> = &'a Bound<'py, TensorObject>;
type Any<'a, 'py> = &'a Bound<'py, PyAny>;

#[pymethods]
impl TensorObject {
    /// torch's legacy constructor: sizes, data or another tensor. Always of the default element type.
    #[new]
    #[pyo3(signature = (*args, device=None))]
    fn new(args: &Bound<'_, PyTuple>, device: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        data::legacy(args, device).map(Self::holding)
    }

    #[classattr]
    fn __array_priority__() -> i32 {
        1000
    }

    /// A tensor of the class `cls` over the storage of `data`; always a leaf.
    #[staticmethod]
    #[pyo3(signature = (cls, data, require_grad=false))]
    fn _make_subclass(
        cls: &Bound<'_, PyType>,
        data: &Bound<'_, TensorObject>,
        require_grad: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = cls.py();
        let made = py.get_type::<TensorObject>().getattr("__new__")?.call1((cls, data))?;
        let object = made.cast::<TensorObject>()?;
        TensorObject::known(object).set_requires_grad(require_grad).map_err(raise)?;
        Ok(made.unbind())
    }

    /// The same tensor seen as an object of another class: `torch.Tensor.as_subclass`.
    fn as_subclass(slf: Slf<'_, '_>, cls: &Bound<'_, PyType>) -> PyResult<Py<PyAny>> {
        let alias = called!("view_as", slf.as_any(), slf.as_any())?;
        Ok(slf.py().get_type::<TensorObject>().getattr("__new__")?.call1((cls, alias))?.unbind())
    }

    // What it is.

    #[getter]
    fn shape(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        size(slf.py(), &sizes(Self::known(slf))?)
    }

    #[getter]
    fn dtype(slf: Slf<'_, '_>) -> PyResult<Py<DTypeObject>> {
        dtype_object(slf.py(), slf.get().inner.dtype())
    }

    #[getter]
    fn device(&self) -> DeviceObject {
        DeviceObject(self.inner.device())
    }

    #[getter]
    fn layout(&self, py: Python<'_>) -> PyResult<Py<Layout>> {
        strided(py)
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.inner.rank()
    }

    #[getter]
    fn itemsize(&self) -> usize {
        self.inner.dtype().size()
    }

    #[getter]
    fn nbytes(&self) -> PyResult<i64> {
        Ok(sizes(&self.inner)?.iter().product::<i64>() * self.inner.dtype().size() as i64)
    }

    #[getter]
    fn is_cuda(&self) -> bool {
        matches!(self.inner.device(), Device::Gpu(_)) && cfg!(not(target_os = "macos"))
    }

    #[getter]
    fn is_mps(&self) -> bool {
        matches!(self.inner.device(), Device::Gpu(_)) && cfg!(target_os = "macos")
    }

    #[getter]
    fn is_cpu(&self) -> bool {
        self.inner.device() == Device::Cpu
    }

    #[getter]
    fn is_sparse(&self) -> bool {
        false
    }

    #[getter]
    fn is_quantized(&self) -> bool {
        false
    }

    #[getter]
    fn _version(&self) -> u64 {
        self.inner.version()
    }

    /// The tensor that this one is a view of.
    #[getter]
    fn _base(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.inner.base().map(|t| wrap(py, t)).transpose()
    }

    fn is_inference(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_pinned(&self) -> bool {
        false
    }

    /// The tensor itself: MLX has no pinned memory.
    fn pin_memory(slf: Slf<'_, '_>) -> Py<PyAny> {
        slf.clone().into_any().unbind()
    }

    /// The name of the class that torch once had for the element type, or the tensor in another element type.
    #[pyo3(signature = (dtype=None, non_blocking=false))]
    fn r#type(slf: Slf<'_, '_>, dtype: Option<Any<'_, '_>>, non_blocking: bool) -> PyResult<Py<PyAny>> {
        let _ = non_blocking;
        match dtype {
            None => {
                let place = if slf.get().inner.device() == Device::Cpu { "" } else { "cuda." };
                format!("torch.{place}{}", legacy_name(slf.get().inner.dtype())).into_py_any(slf.py())
            }
            Some(dtype) if dtype_of(dtype).is_some() => called!("to", slf.as_any(), dtype),
            Some(name) => {
                let text = name.to_string();
                let found = DType::ALL.iter().find(|d| text == format!("torch.{}", legacy_name(**d)));
                match found {
                    Some(dtype) => {
                        called!("to", slf.as_any(), dtype_object(slf.py(), *dtype)?.bind(slf.py()).as_any())
                    }
                    None => Err(PyValueError::new_err(format!("invalid type: '{text}'"))),
                }
            }
        }
    }

    // Autograd.

    #[getter(requires_grad)]
    fn get_requires_grad(&self) -> PyResult<bool> {
        self.inner.requires_grad().map_err(raise)
    }

    #[setter(requires_grad)]
    fn set_requires_grad(&self, wanted: bool) -> PyResult<()> {
        self.inner.set_requires_grad(wanted).map_err(raise)
    }

    #[pyo3(signature = (requires_grad=true))]
    fn requires_grad_(slf: Slf<'_, '_>, requires_grad: bool) -> PyResult<Py<PyAny>> {
        Self::known(slf).set_requires_grad(requires_grad).map_err(raise)?;
        Ok(slf.clone().into_any().unbind())
    }

    #[getter]
    fn is_leaf(&self) -> PyResult<bool> {
        self.inner.is_leaf().map_err(raise)
    }

    #[getter]
    fn retains_grad(&self) -> bool {
        self.inner.retains_grad()
    }

    fn retain_grad(&self) -> PyResult<()> {
        self.inner.retain_grad().map_err(raise)
    }

    #[getter]
    fn grad_fn(&self, py: Python<'_>) -> PyResult<Option<Py<NodeObject>>> {
        self.inner.grad_fn().map_err(raise)?.map(|e| NodeObject::of(py, &e.node)).transpose()
    }

    #[getter]
    fn output_nr(&self) -> PyResult<u32> {
        Ok(self.inner.read().map_err(raise)?.edge.map_or(0, |e| e.output))
    }

    #[getter(grad)]
    fn get_grad(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.inner.grad().map(|t| wrap(py, t)).transpose()
    }

    #[setter(grad)]
    fn set_grad(&self, grad: Option<Any<'_, '_>>) -> PyResult<()> {
        let grad = match grad {
            None => None,
            Some(object) if object.is_none() => None,
            Some(object) => Some(tensor_of(object).cloned().ok_or_else(|| {
                PyTypeError::new_err(format!(
                    "assigned grad expected to be a Tensor or None but got grad of type {}",
                    object.get_type()
                ))
            })?),
        };
        self.inner.set_grad(grad).map_err(raise)
    }

    #[deleter(grad)]
    fn delete_grad(&self) -> PyResult<()> {
        self.inner.set_grad(None).map_err(raise)
    }

    #[getter(data)]
    fn get_data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        wrap(py, self.inner.data())
    }

    #[setter(data)]
    fn set_data(&self, other: Any<'_, '_>) -> PyResult<()> {
        let Some(tensor) = tensor_of(other) else {
            let class = other.get_type().name()?;
            return Err(PyTypeError::new_err(format!("Variable data has to be a tensor, but got {class}")));
        };
        self.inner.set_data(tensor).map_err(raise)
    }

    fn detach_(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        Self::known(slf).detach_in_place().map_err(raise)?;
        Ok(slf.clone().into_any().unbind())
    }

    /// The gradients of this tensor, summed into the leaves' `grad`: `torch.Tensor.backward`.
    #[pyo3(signature = (gradient=None, retain_graph=None, create_graph=false, inputs=None))]
    fn backward(
        slf: Slf<'_, '_>,
        gradient: Option<Any<'_, '_>>,
        retain_graph: Option<bool>,
        create_graph: bool,
        inputs: Option<Any<'_, '_>>,
    ) -> PyResult<()> {
        let gradient = gradient.map(autograd::gradient).transpose()?.flatten();
        let inputs = inputs.map(autograd::tensors).transpose()?;
        let root = Self::known(slf).clone();
        autograd::accumulate(slf.py(), vec![(root, gradient)], inputs, retain_graph, create_graph)
    }

    /// A view of all windows of `size` elements along `dimension`, each `step` behind the one before: `torch.Tensor.unfold`.
    fn unfold(slf: Slf<'_, '_>, dimension: i64, size: i64, step: i64) -> PyResult<Py<PyAny>> {
        let view = flashlight_frontend::function::strided::unfold(Self::known(slf), dimension, size, step);
        wrap(slf.py(), view.map_err(raise)?)
    }

    /// Calls `hook` with the gradient of this tensor, whenever it is computed; what it returns stands for it.
    fn register_hook(slf: Slf<'_, '_>, hook: Py<PyAny>) -> PyResult<Py<PyAny>> {
        let id = Self::known(slf).register_hook(PyHook::new(hook)).map_err(raise)?;
        autograd::handle(slf.py(), Self::known(slf), id)
    }

    /// Calls `hook` with this leaf, whenever a gradient has gathered in it.
    fn register_post_accumulate_grad_hook(slf: Slf<'_, '_>, hook: Py<PyAny>) -> PyResult<Py<PyAny>> {
        let id = Self::known(slf).register_post_accumulate_grad_hook(PyHook::new(hook)).map_err(raise)?;
        autograd::handle(slf.py(), Self::known(slf), id)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // An object that is being made can be met here before it holds a tensor: Python makes its dictionary first.
        // Another handle might keep the hooks alive.
        if self.address.load(Ordering::Relaxed) != 0 && self.inner.handles() == 1 {
            for hook in self.inner.own_hooks() {
                if let Some(hook) = hook.as_any().downcast_ref::<PyHook>() {
                    visit.call(hook.callable())?;
                }
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        if self.inner.handles() == 1 {
            self.inner.clear_hooks();
        }
    }

    // Python's own protocols.

    fn __repr__(&self) -> PyResult<String> {
        format_tensor(&self.inner, &print_options()).map_err(raise)
    }

    fn __str__(slf: Slf<'_, '_>) -> PyResult<String> {
        slf.repr().map(|text| text.to_string())
    }

    fn __format__(slf: Slf<'_, '_>, spec: &str) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if slf.get().inner.rank() == 0 {
            return Ok(item(slf)?.bind(py).call_method1("__format__", (spec,))?.unbind());
        }
        if spec.is_empty() {
            return slf.str().map(|s| s.into_any().unbind());
        }
        Err(PyTypeError::new_err("unsupported format string passed to Tensor.__format__"))
    }

    fn __hash__(slf: Slf<'_, '_>) -> u64 {
        (slf.as_ptr().addr() >> 4) as u64
    }

    fn __len__(&self) -> PyResult<usize> {
        match sizes(&self.inner)?.first() {
            Some(n) => Ok(*n as usize),
            None => Err(PyTypeError::new_err("len() of a 0-d tensor")),
        }
    }

    fn __iter__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        if slf.get().inner.rank() == 0 {
            return Err(PyTypeError::new_err("iteration over a 0-d tensor"));
        }
        Ok(called!("unbind", slf.as_any())?.bind(slf.py()).try_iter()?.into_any().unbind())
    }

    fn __contains__(slf: Slf<'_, '_>, element: Any<'_, '_>) -> PyResult<bool> {
        if tensor_of(element).is_none() && number_of(element)?.is_none() {
            return Err(PyRuntimeError::new_err(format!(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {}.",
                element.get_type()
            )));
        }
        let same = called!("eq", slf.as_any(), element)?;
        called!("any", same.bind(slf.py()))?.bind(slf.py()).is_truthy()
    }

    fn __bool__(slf: Slf<'_, '_>) -> PyResult<bool> {
        called!("is_nonzero", slf.as_any())?.extract(slf.py())
    }

    fn __int__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        Ok(real_number(slf, "int64_t")?.bind(slf.py()).call_method0("__int__")?.unbind())
    }

    fn __float__(slf: Slf<'_, '_>) -> PyResult<f64> {
        real_number(slf, "double")?.extract(slf.py())
    }

    fn __complex__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        Ok(slf.py().get_type::<PyComplex>().call1((only_number(slf)?,))?.unbind())
    }

    /// `reversed`: flipped along the first axis.
    fn __reversed__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        if slf.get().inner.rank() == 0 {
            return Ok(slf.clone().into_any().unbind());
        }
        called!("flip", slf.as_any(), PyTuple::new(slf.py(), [0])?.as_any())
    }

    fn __index__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        let dtype = slf.get().inner.dtype();
        if dtype.is_inexact() || slf.get().inner.ty().numel().as_known() != Some(1) {
            return Err(PyTypeError::new_err("only integer tensors of a single element can be converted to an index"));
        }
        Ok(item(slf)?.bind(slf.py()).call_method0("__int__")?.unbind())
    }

    fn __getitem__(slf: Slf<'_, '_>, key: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        let indices = indices(key)?;
        wrap(slf.py(), index(Self::known(slf), &indices).map_err(raise)?)
    }

    fn __setitem__(slf: Slf<'_, '_>, key: Any<'_, '_>, value: Any<'_, '_>) -> PyResult<()> {
        let indices = indices(key)?;
        if value.is_none() || value.is_instance_of::<PyString>() {
            let (class, name) = (value.get_type().name()?, legacy_name(slf.get().inner.dtype()));
            return Err(PyTypeError::new_err(format!("can't assign a {class} to a torch.{name}")));
        }
        let value = argument_of(value)?;
        assign(Self::known(slf), &indices, &value).map_err(raise)
    }

    fn __delitem__(_slf: Slf<'_, '_>, _key: Any<'_, '_>) -> PyResult<()> {
        Err(PyTypeError::new_err("Tensor does not support deleting items"))
    }

    /// A copy with the same gradient and attributes. Only of leaves, as in torch.
    fn __deepcopy__(slf: Slf<'_, '_>, memo: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let key = slf.as_ptr().addr();
        if let Some(done) = memo.get_item(key)? {
            return Ok(done.unbind());
        }
        let tensor = Self::known(slf);
        if !tensor.is_leaf().map_err(raise)? {
            return Err(PyRuntimeError::new_err(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  \
                 If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, \
                 see https://github.com/pytorch/pytorch/pull/103001",
            ));
        }
        let copy = {
            let _off = GradMode::enter(false);
            let plain = wrap(py, tensor.detach())?;
            called!("clone", plain.bind(py))?
        };
        let class = slf.get_type();
        let copy = if class.is(py.get_type::<TensorObject>()) {
            copy
        } else {
            class.call_method1("__new__", (&class, copy))?.unbind()
        };
        let bound = copy.bind(py).cast::<TensorObject>()?;
        memo.set_item(key, bound)?;
        let made = Self::known(bound);
        made.set_requires_grad(tensor.requires_grad().map_err(raise)?).map_err(raise)?;
        if let Some(grad) = tensor.grad() {
            let grad = wrap(py, grad)?;
            let grad = grad.bind(py).call_method1("__deepcopy__", (memo,))?;
            made.set_grad(tensor_of(&grad).cloned()).map_err(raise)?;
        }
        let attributes = slf.getattr("__dict__")?;
        if attributes.is_truthy()? {
            let copied = py.import("copy")?.getattr("deepcopy")?.call1((attributes, memo))?;
            bound.getattr("__dict__")?.call_method1("update", (copied,))?;
        }
        Ok(copy)
    }

    fn __reduce_ex__(slf: Slf<'_, '_>, _protocol: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let tensor = Self::known(slf);
        if !tensor.is_leaf().map_err(raise)? {
            return Err(PyRuntimeError::new_err(
                "Only leaf tensors can be pickled: call detach() first, or save what made the tensor",
            ));
        }
        let rebuild = py.import("flashlight._C")?.getattr("_rebuild_tensor")?;
        let class = slf.get_type();
        let arguments = (
            class,
            data::tensor_to_bytes(slf)?,
            dtype_object(py, tensor.dtype())?,
            PyTuple::new(py, sizes(tensor)?)?,
            device_name(tensor.device()),
            tensor.requires_grad().map_err(raise)?,
        );
        let attributes = slf.getattr("__dict__")?;
        if attributes.is_truthy()? {
            (rebuild, arguments, attributes).into_py_any(py)
        } else {
            (rebuild, arguments).into_py_any(py)
        }
    }

    /// The elements as a `numpy.ndarray` of its own. Differs from torch: memory is not shared.
    #[pyo3(signature = (*, force=false))]
    fn numpy(slf: Slf<'_, '_>, force: bool) -> PyResult<Py<PyAny>> {
        let tensor = Self::known(slf);
        if !force {
            if tensor.requires_grad().map_err(raise)? {
                return Err(PyRuntimeError::new_err(
                    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
                ));
            }
            if tensor.device() != Device::Cpu {
                return Err(PyTypeError::new_err(format!(
                    "can't convert {} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory \
                     first.",
                    device_name(tensor.device())
                )));
            }
        }
        let py = slf.py();
        let dtype = tensor.dtype();
        if dtype == DType::BF16 {
            return Err(PyTypeError::new_err("Got unsupported ScalarType BFloat16"));
        }
        let numpy = py.import("numpy")?;
        let bytes = data::bytes_of(tensor)?;
        let flat = numpy.getattr("frombuffer")?.call1((PyByteArray::new(py, &bytes), data::numpy_name(dtype)))?;
        Ok(flat.call_method1("reshape", (PyTuple::new(py, sizes(tensor)?)?,))?.unbind())
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__(slf: Slf<'_, '_>, dtype: Option<Any<'_, '_>>, copy: Option<bool>) -> PyResult<Py<PyAny>> {
        if copy == Some(false) {
            return Err(PyValueError::new_err("a tensor's elements cannot be had as a numpy array without a copy"));
        }
        let array = Self::numpy(slf, false)?;
        match dtype.filter(|d| !d.is_none()) {
            Some(dtype) => {
                let options = PyDict::new(slf.py());
                options.set_item("copy", false)?;
                Ok(array.bind(slf.py()).call_method("astype", (dtype,), Some(&options))?.unbind())
            }
            None => Ok(array),
        }
    }

    /// What numpy's functions of a tensor give: a tensor.
    #[pyo3(signature = (array, context=None, return_scalar=false))]
    fn __array_wrap__(
        &self,
        array: Any<'_, '_>,
        context: Option<Any<'_, '_>>,
        return_scalar: bool,
    ) -> PyResult<Py<PyAny>> {
        let _ = (context, return_scalar);
        wrap(array.py(), data::tensor_from(array, None, Some(Device::Cpu))?)
    }

    /// A DLPack capsule with a copy of the elements; BufferError where the tensor requires a gradient or is on a GPU.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__(
        slf: Slf<'_, '_>,
        stream: Option<Any<'_, '_>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Py<PyAny>> {
        // Elements on the CPU are there: no stream has to wait.
        let _ = stream;
        dlpack::export(slf.py(), Self::known(slf), max_version, dl_device, copy)
    }

    /// DLPack's numbers of the device: (1, 0), the CPU.
    fn __dlpack_device__(slf: Slf<'_, '_>) -> PyResult<Py<PyTuple>> {
        dlpack::device_of(slf.py(), Self::known(slf))
    }

    /// A tensor of other data in this one's element type and place: `torch.Tensor.new_tensor`.
    #[pyo3(signature = (data, *, dtype=None, device=None, requires_grad=false))]
    fn new_tensor(
        &self,
        py: Python<'_>,
        data: Any<'_, '_>,
        dtype: Option<Any<'_, '_>>,
        device: Option<Any<'_, '_>>,
        requires_grad: bool,
    ) -> PyResult<Py<PyAny>> {
        let dtype = data::dtype_argument("new_tensor", dtype)?.unwrap_or_else(|| self.inner.dtype());
        let device = data::device_argument("new_tensor", device)?.unwrap_or_else(|| self.inner.device());
        let made = data::tensor_from(data, Some(dtype), Some(device))?;
        made.set_requires_grad(requires_grad).map_err(raise)?;
        wrap(py, made)
    }

    // Operators.

    fn __add__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("add", slf.as_any(), other)
    }
    fn __radd__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("add", other, slf.as_any())
    }
    fn __iadd__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("add", slf, other)
    }
    fn __sub__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("sub", slf.as_any(), other)
    }
    fn __rsub__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("rsub", slf.as_any(), other)
    }
    fn __isub__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("sub", slf, other)
    }
    fn __mul__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("mul", slf.as_any(), other)
    }
    fn __rmul__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("mul", other, slf.as_any())
    }
    fn __imul__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("mul", slf, other)
    }
    fn __truediv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("true_divide", slf.as_any(), other)
    }
    fn __rtruediv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        let reciprocal = called!("reciprocal", slf.as_any())?;
        operator!("mul", reciprocal.bind(slf.py()), other)
    }
    /// What Python 2 called [`TensorObject::__rtruediv__`]; torch still has it.
    fn __rdiv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        Self::__rtruediv__(slf, other)
    }
    fn __itruediv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("true_divide", slf, other)
    }
    fn __floordiv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("floor_divide", slf.as_any(), other)
    }
    fn __rfloordiv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("floor_divide", other, slf.as_any())
    }
    fn __ifloordiv__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("floor_divide", slf, other)
    }
    fn __mod__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("remainder", slf.as_any(), other)
    }
    fn __rmod__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("remainder", other, slf.as_any())
    }
    fn __imod__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("remainder", slf, other)
    }
    fn __pow__(slf: Slf<'_, '_>, other: Any<'_, '_>, modulo: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        if !modulo.is_none() {
            return Err(PyTypeError::new_err("pow() of a Tensor takes no modulus"));
        }
        operator!("pow", slf.as_any(), other)
    }
    fn __rpow__(slf: Slf<'_, '_>, other: Any<'_, '_>, modulo: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        if !modulo.is_none() {
            return Err(PyTypeError::new_err("pow() of a Tensor takes no modulus"));
        }
        operator!("pow", other, slf.as_any())
    }
    fn __ipow__(slf: Slf<'_, '_>, other: Any<'_, '_>, _modulo: Any<'_, '_>) -> PyResult<()> {
        assignment!("pow", slf, other)
    }
    /// The tensor where the condition holds, else `other`: as `torch.where`, of which it is not the first argument.
    #[pyo3(name = "where")]
    fn where_(slf: Slf<'_, '_>, condition: Any<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        called!("where", condition, slf.as_any(), other)
    }

    fn __matmul__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("matmul", slf.as_any(), other)
    }
    fn __and__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_and", slf.as_any(), other)
    }
    fn __rand__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_and", other, slf.as_any())
    }
    fn __iand__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("bitwise_and", slf, other)
    }
    fn __or__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_or", slf.as_any(), other)
    }
    fn __ror__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_or", other, slf.as_any())
    }
    fn __ior__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("bitwise_or", slf, other)
    }
    fn __xor__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_xor", slf.as_any(), other)
    }
    fn __rxor__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_xor", other, slf.as_any())
    }
    fn __ixor__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("bitwise_xor", slf, other)
    }
    fn __lshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_left_shift", slf.as_any(), other)
    }
    fn __rlshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_left_shift", other, slf.as_any())
    }
    fn __ilshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("bitwise_left_shift", slf, other)
    }
    fn __rshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_right_shift", slf.as_any(), other)
    }
    fn __rrshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        operator!("bitwise_right_shift", other, slf.as_any())
    }
    fn __irshift__(slf: Slf<'_, '_>, other: Any<'_, '_>) -> PyResult<()> {
        assignment!("bitwise_right_shift", slf, other)
    }
    fn __invert__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        if slf.get().inner.dtype().is_inexact() {
            return Err(PyTypeError::new_err(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
            ));
        }
        called!("bitwise_not", slf.as_any())
    }
    fn __neg__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        called!("neg", slf.as_any())
    }
    fn __pos__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        if slf.get().inner.dtype() == DType::Bool {
            let message = "The `+` operator, on a bool tensor is not supported.";
            return Err(PyNotImplementedError::new_err(message));
        }
        Ok(slf.clone().into_any().unbind())
    }
    fn __abs__(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
        called!("abs", slf.as_any())
    }
    fn __richcmp__(slf: Slf<'_, '_>, other: Any<'_, '_>, op: CompareOp) -> PyResult<Py<PyAny>> {
        match op {
            CompareOp::Lt => operator!("lt", slf.as_any(), other),
            CompareOp::Le => operator!("le", slf.as_any(), other),
            CompareOp::Eq => operator!("eq", slf.as_any(), other),
            CompareOp::Ne => operator!("ne", slf.as_any(), other),
            CompareOp::Gt => operator!("gt", slf.as_any(), other),
            CompareOp::Ge => operator!("ge", slf.as_any(), other),
        }
    }
}

/// The sizes as numbers.
pub fn sizes(tensor: &Tensor) -> PyResult<smallvec::SmallVec<[i64; 4]>> {
    let shape = tensor.shape();
    let all: Option<_> = shape.iter().map(flashlight_compiler::types::Dim::as_known).collect();
    all.ok_or_else(|| PyRuntimeError::new_err("a size that only a run of the program knows has no number"))
}

/// The one element.
fn item(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
    called!("item", slf.as_any())
}

/// The one element, for Python's own conversions.
fn only_number(slf: Slf<'_, '_>) -> PyResult<Py<PyAny>> {
    if slf.get().inner.ty().numel().as_known() != Some(1) {
        return Err(PyValueError::new_err("only one element tensors can be converted to Python scalars"));
    }
    item(slf)
}

/// [`only_number`] where it is no complex one.
fn real_number(slf: Slf<'_, '_>, wanted: &str) -> PyResult<Py<PyAny>> {
    let number = only_number(slf)?;
    if number.bind(slf.py()).is_instance_of::<PyComplex>() {
        return Err(PyRuntimeError::new_err(format!("value cannot be converted to type {wanted} without overflow")));
    }
    Ok(number)
}

/// torch's old class name of an element type.
fn legacy_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "BoolTensor",
        DType::U8 => "ByteTensor",
        DType::U16 => "UInt16Tensor",
        DType::U32 => "UInt32Tensor",
        DType::U64 => "UInt64Tensor",
        DType::I8 => "CharTensor",
        DType::I16 => "ShortTensor",
        DType::I32 => "IntTensor",
        DType::I64 => "LongTensor",
        DType::F16 => "HalfTensor",
        DType::BF16 => "BFloat16Tensor",
        DType::F32 => "FloatTensor",
        DType::F64 => "DoubleTensor",
        DType::C64 => "ComplexFloatTensor",
    }
}

/// What stands between the brackets.
fn indices(key: &Bound<'_, PyAny>) -> PyResult<Vec<Index>> {
    if let Ok(all) = key.cast::<PyTuple>() {
        return all.iter().map(|k| index_of(&k)).collect();
    }
    Ok(vec![index_of(key)?])
}

fn index_of(key: &Bound<'_, PyAny>) -> PyResult<Index> {
    if key.is_none() {
        return Ok(Index::NewAxis);
    }
    if let Some(tensor) = tensor_of(key) {
        return Ok(Index::Tensor(tensor.clone()));
    }
    if key.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("new(): invalid data type 'str'"));
    }
    if let Ok(slice) = key.cast::<PySlice>() {
        let part = |name: &str| -> PyResult<Option<i64>> {
            let object = slice.getattr(name)?;
            if object.is_none() {
                return Ok(None);
            }
            whole(&object).map(Some)
        };
        return Ok(Index::Slice { start: part("start")?, stop: part("stop")?, step: part("step")? });
    }
    if key.is_instance_of::<PyEllipsis>() {
        return Ok(Index::Ellipsis);
    }
    match number_of(key)? {
        Some(Scalar::Bool(b)) => return Ok(Index::Bool(b)),
        Some(Scalar::Int(n)) => return Ok(Index::Integer(n)),
        _ => {}
    }
    let array = key.hasattr("__array_interface__")?;
    if array || key.is_instance_of::<PyList>() || key.is_instance_of::<PyTuple>() || key.is_instance_of::<PyRange>() {
        let empty = !array && key.len()? == 0;
        return Ok(Index::Tensor(data::tensor_from(key, empty.then_some(DType::I64), None)?));
    }
    if key.hasattr("__index__")? {
        return whole(key).map(Index::Integer);
    }
    Err(PyIndexError::new_err(format!(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {})",
        key.get_type().name()?
    )))
}

/// An integer of whatever says that it is one; beyond 64 bits it is cut, as Python's slices are.
fn whole(object: &Bound<'_, PyAny>) -> PyResult<i64> {
    let index = object
        .call_method0("__index__")
        .map_err(|_| PyTypeError::new_err("slice indices must be integers or None or have an __index__ method"))?;
    match index.extract::<i64>() {
        Ok(n) => Ok(n),
        Err(_) => Ok(if index.gt(0)? { i64::MAX } else { i64::MIN + 1 }),
    }
}
