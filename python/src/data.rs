//! Tensors out of Python's data, and bytes out of tensors.

use flashlight_compiler::types::{DType, Scalar, Type};
use flashlight_frontend::{
    Tensor, Value,
    elements::encode,
    fetch::fetch,
    function::{compose::promote, default_device, default_dtype, number_dtype, set_default_device},
};
use flashlight_runtime::{Device, Value as Concrete};
use pyo3::{
    buffer::PyBuffer,
    exceptions::{PyNotImplementedError, PyOverflowError, PyRuntimeError, PyTypeError, PyValueError},
    prelude::*,
    types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType},
};

use crate::{
    convert::{number_of, tensor_of},
    dispatch::{known, operate},
    dlpack,
    errors::raise,
    tensor::{TensorObject, wrap},
    types::{DeviceObject, device_of, dtype_object, dtype_of},
};

type Any<'a, 'py> = &'a Bound<'py, PyAny>;

/// A dtype argument; `None` where nothing is given.
pub fn dtype_argument(function: &str, object: Option<Any<'_, '_>>) -> PyResult<Option<DType>> {
    let Some(object) = object.filter(|o| !o.is_none()) else { return Ok(None) };
    let class = object.get_type().name()?;
    let wrong = || PyTypeError::new_err(format!("{function}(): argument 'dtype' must be torch.dtype, not {class}"));
    dtype_of(object).map(Some).ok_or_else(wrong)
}

/// A device argument; `None` where nothing is given.
pub fn device_argument(function: &str, object: Option<Any<'_, '_>>) -> PyResult<Option<Device>> {
    let Some(object) = object.filter(|o| !o.is_none()) else { return Ok(None) };
    let class = object.get_type().name()?;
    let wrong = || PyTypeError::new_err(format!("{function}(): argument 'device' must be torch.device, not {class}"));
    device_of(object)?.map(Some).ok_or_else(wrong)
}

/// A tensor of elements that lie row-major in bytes.
pub fn tensor_of_bytes(bytes: &[u8], dtype: DType, shape: &[i64], device: Device) -> PyResult<Tensor> {
    let value = Concrete::from_bytes(bytes, Type::new(dtype, shape.iter().copied()), device);
    Ok(Tensor::from_value(Value::from(value.map_err(|e| raise(e.into()))?)))
}

/// Numbers gathered from nested sequences.
#[derive(Default)]
struct Gathered {
    shape: Vec<i64>,
    numbers: Vec<Scalar>,
    dtype: Option<DType>,
}

impl Gathered {
    fn push(&mut self, x: Scalar, dtype: DType) {
        self.dtype = Some(self.dtype.map_or(dtype, |d| promote(d, dtype)));
        self.numbers.push(x);
    }

    /// Everything in one object that lies `depth` sequences deep.
    fn gather(&mut self, object: Any<'_, '_>, depth: usize) -> PyResult<()> {
        // What tensors and arrays hold has a type of its own.
        let typed = match tensor_of(object) {
            Some(tensor) => Some(tensor.dtype()),
            None if object.hasattr("__array_interface__")? => Some(numpy_dtype(&object.getattr("dtype")?)?),
            None => None,
        };
        let object = &match typed {
            Some(_) => object.call_method0("tolist")?,
            None if dlpack::offers(object)? => {
                let tensor = wrap(object.py(), dlpack::import(object)?)?;
                return self.gather(tensor.bind(object.py()), depth);
            }
            None => object.clone(),
        };
        // torch raises another class here than where a number stands alone.
        let wide = |error: PyErr| match error.is_instance_of::<PyOverflowError>(object.py()) {
            true => PyValueError::new_err(error.value(object.py()).to_string()),
            false => error,
        };
        if let Some(x) = number_of(object).map_err(wide)? {
            if depth != self.shape.len() {
                return Err(PyTypeError::new_err(format!("expected a sequence at dimension {depth}, got a number")));
            }
            self.push(x, typed.unwrap_or_else(|| number_dtype(x)));
            return Ok(());
        }
        if object.is_instance_of::<PyString>() && depth > 0 {
            return Err(PyValueError::new_err("too many dimensions 'str'"));
        }
        if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
            let class = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!("new(): invalid data type '{class}'")));
        }
        let Some(length) = sequence_length(object) else {
            return Err(PyRuntimeError::new_err(format!("Could not infer dtype of {}", object.get_type().name()?)));
        };
        match self.shape.get(depth) {
            Some(&wanted) if wanted == length => {}
            Some(wanted) => {
                return Err(PyValueError::new_err(format!(
                    "expected sequence of length {wanted} at dim {depth} (got {length})"
                )));
            }
            None if self.numbers.is_empty() => self.shape.push(length),
            None => {
                return Err(PyTypeError::new_err(format!("expected a number at dimension {depth}, got a sequence")));
            }
        }
        let before = self.dtype;
        for item in object.try_iter()? {
            self.gather(&item?, depth + 1)?;
        }
        if let Some(typed) = typed {
            self.dtype = Some(before.map_or(typed, |d| promote(d, typed)));
        }
        Ok(())
    }
}

fn sequence_length(object: Any<'_, '_>) -> Option<i64> {
    let is_sequence = object.is_instance_of::<PyList>()
        || object.is_instance_of::<PyTuple>()
        || object.hasattr("__getitem__").ok()?;
    let length = if is_sequence && !object.is_instance_of::<PyDict>() { object.len().ok()? } else { return None };
    i64::try_from(length).ok()
}

/// numpy's name of an element type.
pub fn numpy_name(dtype: DType) -> &'static str {
    flashlight_frontend::format::dtype_name(dtype)
}

/// The name of a class, with its module where that is no builtin one.
fn class_of(class: Any<'_, '_>) -> PyResult<String> {
    let (module, name) = (class.getattr("__module__")?.to_string(), class.getattr("__qualname__")?);
    Ok(if module == "builtins" { name.to_string() } else { format!("{module}.{name}") })
}

/// The element type of a numpy dtype.
fn numpy_dtype(dtype: Any<'_, '_>) -> PyResult<DType> {
    let name = dtype.getattr("name")?.to_string();
    if !dtype.getattr("isnative")?.is_truthy()? {
        return Err(PyValueError::new_err(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is \
             currently not supported.",
        ));
    }
    if name == "complex128" {
        return Err(PyNotImplementedError::new_err("torch.complex128 is not supported: MLX has no such element type"));
    }
    // numpy knows bfloat16 where ml_dtypes is there.
    let found = DType::ALL.iter().copied().find(|d| numpy_name(*d) == name);
    let class = class_of(&dtype.getattr("type")?)?;
    found.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "can't convert np.ndarray of type {class}. The only supported types are: float64, float32, float16, \
             complex64, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
        ))
    })
}

/// A tensor of a numpy array's elements.
fn tensor_of_array(array: Any<'_, '_>, device: Device) -> PyResult<Tensor> {
    let py = array.py();
    let numpy = py.import("numpy")?;
    let array = numpy.getattr("asarray")?.call1((array,))?;
    let dtype = numpy_dtype(&array.getattr("dtype")?)?;
    let shape: Vec<i64> = array.getattr("shape")?.extract()?;
    if shape.contains(&0) {
        return tensor_of_bytes(&[], dtype, &shape, device);
    }
    let flat = numpy.getattr("ascontiguousarray")?.call1((&array,))?.call_method1("reshape", (-1,))?;
    let flat = flat.call_method1("view", ("uint8",))?;
    if let Ok(buffer) = PyBuffer::<u8>::get(&flat) {
        return tensor_of_bytes(&buffer.to_vec(py)?, dtype, &shape, device);
    }
    // A read-only array gives no buffer of a writable kind.
    tensor_of_bytes(flat.call_method0("tobytes")?.cast::<PyBytes>()?.as_bytes(), dtype, &shape, device)
}

/// A tensor of its own, of whatever holds numbers.
pub fn tensor_from(data: Any<'_, '_>, dtype: Option<DType>, device: Option<Device>) -> PyResult<Tensor> {
    let py = data.py();
    let place = device.unwrap_or_else(default_device);
    let made = if let Some(tensor) = tensor_of(data) {
        let detached = wrap(py, tensor.detach())?;
        let copy = called(py, "clone", &[detached.bind(py)])?;
        let there = device.unwrap_or_else(|| tensor.device());
        return converted(py, copy.bind(py), dtype, Some(there));
    } else if data.hasattr("__array_interface__")? {
        tensor_of_array(data, if dtype.is_some() { Device::Cpu } else { place })?
    } else if dlpack::offers(data)? {
        dlpack::import(data)?
    } else {
        let mut gathered = Gathered::default();
        gathered.gather(data, 0)?;
        let dtype = dtype.or(gathered.dtype).unwrap_or_else(default_dtype);
        let bytes = encode(&gathered.numbers, dtype).map_err(raise)?;
        return tensor_of_bytes(&bytes, dtype, &gathered.shape, place);
    };
    converted(py, wrap(py, made)?.bind(py), dtype, Some(place))
}

fn called(py: Python<'_>, name: &str, objects: &[Any<'_, '_>]) -> PyResult<Py<PyAny>> {
    let answer = operate(known(name)?, false, objects)?;
    Ok(answer.unwrap_or_else(|| py.None()))
}

fn converted(py: Python<'_>, object: Any<'_, '_>, dtype: Option<DType>, device: Option<Device>) -> PyResult<Tensor> {
    let mut object = object.clone();
    if let Some(dtype) = dtype {
        object = called(py, "to", &[&object, dtype_object(py, dtype)?.bind(py).as_any()])?.into_bound(py);
    }
    if let Some(device) = device {
        object = called(py, "to", &[&object, Bound::new(py, DeviceObject(device))?.as_any()])?.into_bound(py);
    }
    tensor_of(&object).cloned().ok_or_else(|| PyRuntimeError::new_err("a conversion gave no tensor"))
}

/// `torch.Tensor(...)`: sizes one by one, data, or another tensor.
pub fn legacy(args: &Bound<'_, PyTuple>, device: Option<Any<'_, '_>>) -> PyResult<Tensor> {
    let device = device_argument("Tensor", device)?;
    let dtype = default_dtype();
    let py = args.py();
    let of_sizes = |sizes: &[i64]| {
        let zeros = called(py, "zeros", &[PyTuple::new(py, sizes)?.as_any()])?;
        converted(py, zeros.bind(py), Some(dtype), Some(device.unwrap_or_else(default_device)))
    };
    if args.is_empty() {
        return of_sizes(&[0]);
    }
    let first = args.get_item(0)?;
    if args.len() == 1 {
        if let Some(tensor) = tensor_of(&first) {
            return Ok(tensor.detach());
        }
        if first.hasattr("numel")? && first.is_instance_of::<PyTuple>() {
            return of_sizes(&first.extract::<Vec<i64>>()?);
        }
        if first.is_none() || first.is_instance_of::<PyFloat>() || first.is_instance_of::<PyBool>() {
            let class = first.get_type().name()?;
            return Err(PyTypeError::new_err(format!("new(): data must be a sequence (got {class})")));
        }
        if !first.is_instance_of::<PyInt>() {
            return tensor_from(&first, Some(dtype), device);
        }
    }
    let sizes: Vec<i64> = args
        .extract()
        .map_err(|_| PyTypeError::new_err("Tensor(): takes sizes, a sequence of numbers, an array or a tensor"))?;
    of_sizes(&sizes)
}

/// A tensor of its own with the data's elements.
///
/// data: numbers, nested sequences of them, a numpy array or a tensor; dtype: inferred where None; device: the default
/// where None. RuntimeError, TypeError or ValueError where the data holds no numbers or is ragged. Differs from
/// torch: `pin_memory` changes nothing.
#[pyfunction]
#[pyo3(signature = (data, *, dtype=None, device=None, requires_grad=false, pin_memory=false))]
fn tensor(
    data: Any<'_, '_>,
    dtype: Option<Any<'_, '_>>,
    device: Option<Any<'_, '_>>,
    requires_grad: bool,
    pin_memory: bool,
) -> PyResult<Py<PyAny>> {
    let _ = pin_memory;
    let made = tensor_from(data, dtype_argument("tensor", dtype)?, device_argument("tensor", device)?)?;
    if requires_grad {
        made.set_requires_grad(true).map_err(raise)?;
    }
    wrap(data.py(), made)
}

/// The data as a tensor: a tensor of that type and place stays what it is, with its history.
///
/// Differs from torch: the elements of a numpy array are copied.
#[pyfunction]
#[pyo3(signature = (data, dtype=None, device=None))]
fn as_tensor(data: Any<'_, '_>, dtype: Option<Any<'_, '_>>, device: Option<Any<'_, '_>>) -> PyResult<Py<PyAny>> {
    let (dtype, device) = (dtype_argument("as_tensor", dtype)?, device_argument("as_tensor", device)?);
    if tensor_of(data).is_some() {
        return wrap(data.py(), converted(data.py(), data, dtype, device)?);
    }
    wrap(data.py(), tensor_from(data, dtype, device)?)
}

/// A tensor of a numpy array's elements. Differs from torch: they are copied.
#[pyfunction]
fn from_numpy(ndarray: Any<'_, '_>) -> PyResult<Py<PyAny>> {
    let py = ndarray.py();
    if !ndarray.is_instance(&py.import("numpy")?.getattr("ndarray")?)? {
        return Err(PyTypeError::new_err(format!("expected np.ndarray (got {})", class_of(&ndarray.get_type())?)));
    }
    wrap(py, tensor_of_array(ndarray, Device::Cpu)?)
}

/// The elements of a tensor, row-major, in the machine's byte order.
pub fn bytes_of(tensor: &Tensor) -> PyResult<Vec<u8>> {
    fetch(&tensor.value().map_err(raise)?, "reading bytes").map_err(raise)
}

/// [`bytes_of`] an object's tensor.
pub fn tensor_to_bytes<'py>(object: &Bound<'py, TensorObject>) -> PyResult<Bound<'py, PyBytes>> {
    let py = object.py();
    Ok(PyBytes::new(py, &bytes_of(TensorObject::known(object))?))
}

#[pyfunction]
fn _tensor_to_bytes<'py>(tensor: &Bound<'py, TensorObject>) -> PyResult<Bound<'py, PyBytes>> {
    tensor_to_bytes(tensor)
}

#[pyfunction]
fn _tensor_from_bytes(py: Python<'_>, data: Any<'_, '_>, dtype: Any<'_, '_>, shape: Vec<i64>) -> PyResult<Py<PyAny>> {
    let dtype = dtype_argument("_tensor_from_bytes", Some(dtype))?.unwrap_or(DType::U8);
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return wrap(py, tensor_of_bytes(bytes.as_bytes(), dtype, &shape, Device::Cpu)?);
    }
    wrap(py, tensor_of_bytes(&PyBuffer::<u8>::get(data)?.to_vec(py)?, dtype, &shape, Device::Cpu)?)
}

/// What pickles of tensors call.
#[pyfunction]
fn _rebuild_tensor(
    class: &Bound<'_, PyType>,
    bytes: &Bound<'_, PyBytes>,
    dtype: Any<'_, '_>,
    shape: Vec<i64>,
    device: Any<'_, '_>,
    requires_grad: bool,
) -> PyResult<Py<PyAny>> {
    let py = class.py();
    let dtype = dtype_argument("_rebuild_tensor", Some(dtype))?.unwrap_or(DType::F32);
    // A tensor of a device that is not here comes back on the CPU.
    let device = device_of(device).ok().flatten().unwrap_or(Device::Cpu);
    let made = wrap(py, tensor_of_bytes(bytes.as_bytes(), dtype, &shape, device)?)?;
    if class.is(py.get_type::<TensorObject>()) {
        if let Some(tensor) = tensor_of(made.bind(py)) {
            tensor.set_requires_grad(requires_grad).map_err(raise)?;
        }
        return Ok(made);
    }
    Ok(py.get_type::<TensorObject>().getattr("_make_subclass")?.call1((class, made, requires_grad))?.unbind())
}

/// Whether an object is a tensor.
#[pyfunction]
fn is_tensor(obj: Any<'_, '_>) -> bool {
    tensor_of(obj).is_some()
}

/// Where tensors are made that are told nothing else.
#[pyfunction]
fn get_default_device() -> DeviceObject {
    DeviceObject(default_device())
}

/// Sets where tensors are made that are told nothing else; the CPU where `device` is None.
#[pyfunction(name = "set_default_device")]
fn set_default(device: Option<Any<'_, '_>>) -> PyResult<()> {
    set_default_device(device_argument("set_default_device", device)?.unwrap_or(Device::Cpu));
    Ok(())
}

/// The element type of an operation on both: `torch.promote_types`.
#[pyfunction]
fn promote_types(py: Python<'_>, type1: Any<'_, '_>, type2: Any<'_, '_>) -> PyResult<Py<crate::types::DTypeObject>> {
    let of = |object| dtype_argument("promote_types", Some(object)).map(|d| d.unwrap_or(DType::F32));
    dtype_object(py, promote(of(type1)?, of(type2)?))
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(tensor, module)?)?;
    module.add_function(wrap_pyfunction!(as_tensor, module)?)?;
    module.add_function(wrap_pyfunction!(from_numpy, module)?)?;
    module.add_function(wrap_pyfunction!(is_tensor, module)?)?;
    module.add_function(wrap_pyfunction!(promote_types, module)?)?;
    module.add_function(wrap_pyfunction!(get_default_device, module)?)?;
    module.add_function(wrap_pyfunction!(set_default, module)?)?;
    module.add_function(wrap_pyfunction!(_tensor_to_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(_tensor_from_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(_rebuild_tensor, module)?)
}
