//! The small classes: `dtype` and `device`.

use flashlight_compiler::types::{DType, Kind};
use flashlight_frontend::{
    format::{GPU, PACKAGE, device_name, dtype_name},
    function::{default_dtype, set_default_dtype},
};
use flashlight_runtime::{Device, gpu_available};
use pyo3::{
    exceptions::{PyRuntimeError, PyTypeError},
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyComplex, PyFloat, PyInt, PyString, PyType},
};

/// `torch.dtype`.
#[pyclass(name = "dtype", module = "flashlight", frozen)]
pub struct DTypeObject(pub DType);

/// `torch.device`: a kind and, for GPUs, a number.
#[pyclass(name = "device", module = "flashlight", frozen)]
pub struct DeviceObject(pub Device);

/// `torch.memory_format`, by name.
#[pyclass(name = "memory_format", module = "flashlight", frozen)]
pub struct MemoryFormat(pub &'static str);

#[pymethods]
impl MemoryFormat {
    fn __repr__(&self) -> String {
        format!("{PACKAGE}.{}", self.0)
    }

    fn __reduce__(&self) -> &'static str {
        self.0
    }
}

/// `torch.layout`: every tensor is strided.
#[pyclass(name = "layout", module = "flashlight", frozen)]
pub struct Layout;

#[pymethods]
impl Layout {
    fn __repr__(&self) -> String {
        format!("{PACKAGE}.strided")
    }

    fn __reduce__(&self) -> &'static str {
        "strided"
    }
}

static STRIDED: PyOnceLock<Py<Layout>> = PyOnceLock::new();

/// The one layout.
pub fn strided(py: Python<'_>) -> PyResult<Py<Layout>> {
    STRIDED.get_or_try_init(py, || Py::new(py, Layout)).map(|l| l.clone_ref(py))
}

static OBJECTS: PyOnceLock<Vec<Py<DTypeObject>>> = PyOnceLock::new();

/// The one object of an element type.
pub fn dtype_object(py: Python<'_>, dtype: DType) -> PyResult<Py<DTypeObject>> {
    let all = OBJECTS.get_or_try_init(py, || {
        DType::ALL.iter().map(|d| Py::new(py, DTypeObject(*d))).collect::<PyResult<Vec<_>>>()
    })?;
    Ok(all[dtype as usize].clone_ref(py))
}

#[pymethods]
impl DTypeObject {
    #[getter]
    fn is_floating_point(&self) -> bool {
        self.0.is_float()
    }

    #[getter]
    fn is_complex(&self) -> bool {
        self.0.kind() == Kind::Complex
    }

    #[getter]
    fn is_signed(&self) -> bool {
        !matches!(self.0, DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    #[getter]
    fn itemsize(&self) -> usize {
        self.0.size()
    }

    fn __repr__(&self) -> String {
        format!("{PACKAGE}.{}", dtype_name(self.0))
    }

    fn __reduce__(&self) -> &'static str {
        dtype_name(self.0)
    }
}

/// The element type that an object names: a dtype, or one of Python's number classes.
pub fn dtype_of(object: &Bound<'_, PyAny>) -> Option<DType> {
    if let Ok(dtype) = object.cast::<DTypeObject>() {
        return Some(dtype.get().0);
    }
    let class = object.cast::<PyType>().ok()?;
    let py = object.py();
    if class.is(py.get_type::<PyFloat>()) {
        Some(DType::F64)
    } else if class.is(py.get_type::<PyInt>()) {
        Some(DType::I64)
    } else if class.is(py.get_type::<PyBool>()) {
        Some(DType::Bool)
    } else if class.is(py.get_type::<PyComplex>()) {
        Some(DType::C64)
    } else {
        None
    }
}

#[pymethods]
impl DeviceObject {
    #[new]
    #[pyo3(signature = (r#type, index=None))]
    fn new(r#type: &Bound<'_, PyAny>, index: Option<u32>) -> PyResult<Self> {
        match (device_of(r#type)?, index) {
            (Some(Device::Gpu(_)), Some(index)) => Ok(Self(Device::Gpu(index))),
            (Some(device), _) => Ok(Self(device)),
            (None, _) => Err(PyTypeError::new_err(format!("device(): argument 'type' must be str, not {type:?}"))),
        }
    }

    #[getter]
    fn r#type(&self) -> &'static str {
        match self.0 {
            Device::Cpu => "cpu",
            Device::Gpu(_) => GPU,
        }
    }

    #[getter]
    fn index(&self) -> Option<u32> {
        match self.0 {
            Device::Cpu => None,
            Device::Gpu(index) => Some(index),
        }
    }

    fn __repr__(&self) -> String {
        match self.0 {
            Device::Cpu => "device(type='cpu')".to_owned(),
            Device::Gpu(index) => format!("device(type='{}', index={index})", GPU),
        }
    }

    fn __str__(&self) -> String {
        device_name(self.0)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<DeviceObject>().is_ok_and(|d| d.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        match self.0 {
            Device::Cpu => 0,
            Device::Gpu(index) => 1 + u64::from(index),
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (String,)) {
        (py.get_type::<DeviceObject>(), (device_name(self.0),))
    }
}

/// The device that an object names; `None` where it is no name of a device.
pub fn device_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Device>> {
    if let Ok(device) = object.cast::<DeviceObject>() {
        return Ok(Some(device.get().0));
    }
    let device = if let Ok(text) = object.cast::<PyString>() {
        let text = text.to_cow()?;
        let (kind, index) = text.split_once(':').unwrap_or((&text, "0"));
        match (kind, index.parse::<u32>()) {
            ("cpu", Ok(_)) => Device::Cpu,
            ("cuda" | "mps" | "gpu", Ok(index)) => Device::Gpu(index),
            _ => {
                return Err(PyRuntimeError::new_err(format!(
                    "Expected one of cpu, cuda, mps, gpu device type at start of device string: {text}"
                )));
            }
        }
    } else if let Ok(index) = object.cast::<PyInt>() {
        Device::Gpu(index.extract()?)
    } else {
        return Ok(None);
    };
    if matches!(device, Device::Gpu(_)) && !gpu_available() {
        return Err(PyRuntimeError::new_err(format!(
            "device '{object}' is not available: the installed MLX backend finds no GPU"
        )));
    }
    Ok(Some(device))
}

#[pyfunction]
fn get_default_dtype(py: Python<'_>) -> PyResult<Py<DTypeObject>> {
    dtype_object(py, default_dtype())
}

#[pyfunction(name = "set_default_dtype")]
fn set_default(d: &Bound<'_, PyAny>) -> PyResult<()> {
    match dtype_of(d).filter(|d| d.is_float()) {
        Some(dtype) => {
            set_default_dtype(dtype);
            Ok(())
        }
        None => Err(PyTypeError::new_err("only floating-point types are supported as the default type")),
    }
}

/// Adds the classes and the element types under torch's names.
pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<DTypeObject>()?;
    module.add_class::<DeviceObject>()?;
    for &dtype in DType::ALL {
        module.add(dtype_name(dtype), dtype_object(py, dtype)?)?;
    }
    let aliases = [
        ("float", DType::F32),
        ("double", DType::F64),
        ("half", DType::F16),
        ("short", DType::I16),
        ("int", DType::I32),
        ("long", DType::I64),
        ("cfloat", DType::C64),
    ];
    for (alias, dtype) in aliases {
        module.add(alias, dtype_object(py, dtype)?)?;
    }
    module.add_class::<MemoryFormat>()?;
    module.add_class::<Layout>()?;
    module.add("strided", strided(py)?)?;
    for name in ["contiguous_format", "preserve_format", "channels_last", "channels_last_3d"] {
        module.add(name, MemoryFormat(name))?;
    }
    module.add_function(wrap_pyfunction!(get_default_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(set_default, module)?)
}
