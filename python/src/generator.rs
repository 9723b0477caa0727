//! Generators and seeds.

use std::sync::Arc;

use flashlight_frontend::{
    format::device_name,
    generator::{self as generators, Generator, default_generator, seed_from_integer},
    trace,
};
use flashlight_runtime::Device;
use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyNotImplementedError, PyRuntimeError},
    prelude::*,
};

use crate::{
    convert::tensor_of,
    data::{bytes_of, device_argument, tensor_of_bytes},
    errors::raise,
    tensor::wrap,
    types::DeviceObject,
};

/// `torch.Generator`.
#[pyclass(name = "Generator", module = "flashlight", frozen, weakref)]
pub struct GeneratorObject(pub Arc<Generator>);

/// A seed of any Python integer that torch takes.
fn seed_of(seed: &Bound<'_, PyAny>) -> PyResult<u64> {
    let number: i128 = seed.call_method0("__int__")?.extract().map_err(|_| {
        PyRuntimeError::new_err(format!("Overflow when unpacking long long: the seed {seed} does not fit 64 bits"))
    })?;
    seed_from_integer(number).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

#[pymethods]
impl GeneratorObject {
    #[new]
    #[pyo3(signature = (device=None))]
    fn new(device: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let device = device_argument("Generator", device)?.unwrap_or(Device::Cpu);
        Ok(Self(Arc::new(Generator::new(device, generators::DEFAULT_SEED).map_err(raise)?)))
    }

    #[getter]
    fn device(&self) -> DeviceObject {
        DeviceObject(self.0.device())
    }

    /// Starts the stream of this seed; answers with the generator.
    fn manual_seed(slf: Bound<'_, Self>, seed: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        slf.get().0.manual_seed(seed_of(seed)?).map_err(raise)?;
        Ok(slf.unbind())
    }

    /// Starts a stream that no one foresees; answers with its seed.
    fn seed(&self) -> PyResult<u64> {
        self.0.seed().map_err(raise)
    }

    fn initial_seed(&self) -> u64 {
        self.0.initial_seed()
    }

    /// The state as bytes: on the CPU torch's own.
    fn get_state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        state_of(py, &self.0)
    }

    fn set_state(&self, new_state: &Bound<'_, PyAny>) -> PyResult<()> {
        set_state_of(&self.0, new_state)
    }

    /// A generator that goes on from here by itself.
    fn clone_state(&self) -> PyResult<Self> {
        if trace::current().is_some() {
            return Err(PyNotImplementedError::new_err(
                "torch.Generator.clone_state in a compiled function is not implemented: clone it outside",
            ));
        }
        Ok(Self(Arc::new(self.0.copied())))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let rebuild = py.import("flashlight._C")?.getattr("_rebuild_generator")?.unbind();
        (rebuild, (device_name(slf.get().0.device()), state_of(py, &slf.get().0)?)).into_py_any(py)
    }
}

fn state_of(py: Python<'_>, generator: &Generator) -> PyResult<Py<PyAny>> {
    let bytes = generator.state_bytes().map_err(raise)?;
    let count = bytes.len() as i64;
    wrap(py, tensor_of_bytes(&bytes, flashlight_compiler::types::DType::U8, &[count], Device::Cpu)?)
}

fn set_state_of(generator: &Generator, state: &Bound<'_, PyAny>) -> PyResult<()> {
    let tensor = tensor_of(state).filter(|t| t.dtype() == flashlight_compiler::types::DType::U8).ok_or_else(|| {
        pyo3::exceptions::PyTypeError::new_err(format!("expected a torch.ByteTensor, but got {}", state.get_type()))
    })?;
    generator.set_state_bytes(&bytes_of(tensor)?).map_err(raise)
}

#[pyfunction]
fn _rebuild_generator(device: &Bound<'_, PyAny>, state: &Bound<'_, PyAny>) -> PyResult<GeneratorObject> {
    let made = GeneratorObject::new(Some(device))?;
    set_state_of(&made.0, state)?;
    Ok(made)
}

/// Starts the stream of this seed on every device; answers with the CPU's generator.
#[pyfunction]
fn manual_seed(py: Python<'_>, seed: &Bound<'_, PyAny>) -> PyResult<Py<GeneratorObject>> {
    generators::manual_seed(seed_of(seed)?).map_err(raise)?;
    default_cpu(py)
}

/// Starts streams that no one foresees on every device; answers with the seed.
#[pyfunction]
fn seed() -> PyResult<u64> {
    generators::seed().map_err(raise)
}

/// The seed of the CPU's stream.
#[pyfunction]
fn initial_seed() -> PyResult<u64> {
    generators::initial_seed().map_err(raise)
}

/// The state of the CPU's stream.
#[pyfunction]
fn get_rng_state(py: Python<'_>) -> PyResult<Py<PyAny>> {
    state_of(py, &*default_generator(Device::Cpu).map_err(raise)?)
}

/// Sets the state of the CPU's stream.
#[pyfunction]
fn set_rng_state(new_state: &Bound<'_, PyAny>) -> PyResult<()> {
    set_state_of(&*default_generator(Device::Cpu).map_err(raise)?, new_state)
}

/// The one object of the CPU's stream.
fn default_cpu(py: Python<'_>) -> PyResult<Py<GeneratorObject>> {
    static OBJECT: pyo3::sync::PyOnceLock<Py<GeneratorObject>> = pyo3::sync::PyOnceLock::new();
    let made = || Py::new(py, GeneratorObject(default_generator(Device::Cpu).map_err(raise)?));
    OBJECT.get_or_try_init(py, made).map(|g| g.clone_ref(py))
}

/// The stream of a device: what is drawn from it is missing in what follows.
#[pyfunction]
fn _default_generator(py: Python<'_>, device: &Bound<'_, PyAny>) -> PyResult<Py<GeneratorObject>> {
    match device_argument("default_generator", Some(device))?.unwrap_or(Device::Cpu) {
        Device::Cpu => default_cpu(py),
        device => Py::new(py, GeneratorObject(default_generator(device).map_err(raise)?)),
    }
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GeneratorObject>()?;
    module.add_function(wrap_pyfunction!(manual_seed, module)?)?;
    module.add_function(wrap_pyfunction!(seed, module)?)?;
    module.add_function(wrap_pyfunction!(initial_seed, module)?)?;
    module.add_function(wrap_pyfunction!(get_rng_state, module)?)?;
    module.add_function(wrap_pyfunction!(set_rng_state, module)?)?;
    module.add_function(wrap_pyfunction!(_rebuild_generator, module)?)?;
    module.add_function(wrap_pyfunction!(_default_generator, module)?)?;
    module.add("default_generator", default_cpu(module.py())?)
}
