//! Between Python's objects and the frontend's arguments and results.

use std::sync::Arc;

use flashlight_compiler::types::{DType, Scalar};
use flashlight_frontend::{
    Error, Tensor, Value,
    autograd::{GradMode, Scope},
    emitter::Base,
    function::{Argument, Kind, LateNumber, MISSING, Parameter, Returned},
    trace,
};
use flashlight_runtime::Device;
use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyOverflowError, PyRuntimeError},
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use smallvec::SmallVec;

use crate::{
    compile::{NumberObject, deferred},
    errors::raise,
    generator::GeneratorObject,
    tensor::{TensorObject, wrap},
    types::{DeviceObject, Layout, MemoryFormat, device_of, dtype_object, dtype_of},
};

/// The tensor behind an object.
pub fn tensor_of<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a Tensor> {
    object.cast::<TensorObject>().ok().map(TensorObject::known)
}

/// A Python number.
pub fn number_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if let Ok(b) = object.cast::<PyBool>() {
        return Ok(Some(Scalar::Bool(b.is_true())));
    }
    if let Ok(x) = object.cast::<PyFloat>() {
        return Ok(Some(Scalar::Float(x.value())));
    }
    if object.is_instance_of::<PyInt>() {
        return match object.extract::<i64>() {
            Ok(n) => Ok(Some(Scalar::Int(n))),
            Err(_) => Err(too_wide(object)),
        };
    }
    if let Ok(x) = object.cast::<PyComplex>() {
        return Ok(Some(Scalar::Complex(x.real(), x.imag())));
    }
    if let Ok(x) = object.cast::<NumberObject>() {
        return Ok(Some(Scalar::Float(x.get().freeze())));
    }
    // numpy's scalars are no Python numbers, but say what they are.
    let class = object.get_type();
    if class.module().is_ok_and(|m| m == "numpy") && object.hasattr("dtype")? && !object.hasattr("__len__")? {
        return number_of(&object.call_method0("item")?);
    }
    Ok(None)
}

fn integer_of(object: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if object.is_instance_of::<PyBool>() || object.is_instance_of::<PyFloat>() {
        return Ok(None);
    }
    if let Some(tensor) = tensor_of(object) {
        if tensor.rank() > 0 || !tensor.dtype().is_integral() {
            return Ok(None);
        }
        return object.call_method0("item")?.extract().map(Some);
    }
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyTuple>() {
        return Ok(None);
    }
    if object.is_instance_of::<PyInt>() || object.hasattr("__index__")? {
        let overflow = |error: PyErr| match error.is_instance_of::<PyOverflowError>(object.py()) {
            true => too_wide(object),
            false => error,
        };
        return object.extract().map(Some).map_err(overflow);
    }
    Ok(None)
}

/// The refusal of an integer that no element and no size can hold; of a very long one only its length is told.
fn too_wide(object: &Bound<'_, PyAny>) -> PyErr {
    let bits = object.call_method0("__index__").and_then(|i| i.call_method0("bit_length"));
    let bits = bits.map_or_else(|_| "too many".to_owned(), |b| b.to_string());
    PyOverflowError::new_err(format!("Overflow when unpacking long long: an int of {bits} bits does not fit 64 bits"))
}

/// Integers, or one integer; `None` among them is `missing`, where that is given.
fn integers_of(object: &Bound<'_, PyAny>, missing: Option<i64>) -> PyResult<Option<SmallVec<[i64; 4]>>> {
    if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
        return Ok(integer_of(object)?.map(|n| smallvec::smallvec![n]));
    }
    let mut all = SmallVec::new();
    for item in object.try_iter()? {
        let item = item?;
        let integer = if item.is_none() { missing } else { integer_of(&item)? };
        match integer {
            Some(n) => all.push(n),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// Real numbers, or one.
fn floats_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Argument>> {
    let real = |x: Scalar| !matches!(x, Scalar::Complex(..));
    if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
        return Ok(number_of(object)?.filter(|x| real(*x)).map(Argument::Number));
    }
    let mut all = SmallVec::new();
    for item in object.try_iter()? {
        match number_of(&item?)?.filter(|x| real(*x)) {
            Some(x) => all.push(x.as_f64()),
            None => return Ok(None),
        }
    }
    Ok(Some(Argument::Floats(all)))
}

fn tensors_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Tensor>>> {
    if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
        return Ok(None);
    }
    let items: Vec<Bound<'_, PyAny>> = object.try_iter()?.collect::<PyResult<_>>()?;
    Ok(items.iter().map(|i| tensor_of(i).cloned()).collect())
}

/// A number that only runs of the program that is being recorded know.
fn late(object: &Bound<'_, PyAny>) -> Option<Argument> {
    if trace::current().is_none() || object.is_exact_instance_of::<PyFloat>() {
        return None;
    }
    if let Ok(number) = object.cast::<NumberObject>() {
        return number.get().late().map(Argument::Late);
    }
    deferred(object).ok().flatten().map(|tensor| Argument::Late(Arc::new(Deferred(tensor))))
}

/// The number in a tensor of one element.
struct Deferred(Tensor);

impl LateNumber for Deferred {
    fn value(&self, dtype: DType, device: Device) -> Result<Value, Error> {
        let device_is = self.0.device();
        if device_is != device {
            return Err(Error::runtime(format_args!(
                "a number that item() read on {device_is} is used on {device} in a compiled function: keep it a tensor"
            )));
        }
        let _off = GradMode::enter(false);
        let mut base = Base::on(device);
        let mut scope = Scope::over(&mut base, false);
        let value = scope.read(&self.0)?;
        scope.cast(&value, dtype)
    }

    fn scalar(&self) -> Result<Scalar, Error> {
        Err(Error::runtime(
            "a compiled function needs the number that item() of a float tensor stands for, which only a run of the \
             program knows: compute with tensors, or return the number",
        ))
    }

    fn is_at_least(&self, _bound: f64) -> Result<bool, Error> {
        self.scalar().map(|_| false)
    }

    fn one_minus(&self) -> Result<Arc<dyn LateNumber>, Error> {
        self.scalar().map(|_| Arc::new(Deferred(self.0.clone())) as Arc<dyn LateNumber>)
    }
}

/// The argument for a parameter; `None` where the object is of another kind.
pub fn argument(object: &Bound<'_, PyAny>, parameter: &Parameter) -> PyResult<Option<Argument>> {
    if object.is_none() {
        let allowed =
            parameter.optional || matches!(parameter.default, Some(Argument::None)) || parameter.kind == Kind::Any;
        return Ok(allowed.then_some(Argument::None));
    }
    let tensor = || tensor_of(object).cloned().map(Argument::Tensor);
    Ok(match parameter.kind {
        Kind::Tensor => tensor(),
        Kind::Operand => match tensor().or_else(|| late(object)) {
            Some(found) => Some(found),
            None => number_of(object)?.map(Argument::Number),
        },
        Kind::Tensors | Kind::Each => tensors_of(object)?.map(Argument::Tensors),
        Kind::Number => match tensor_of(object) {
            Some(t) if t.rank() == 0 => {
                let item = object.call_method0("item")?;
                match late(&item) {
                    Some(found) => Some(found),
                    None => number_of(&item)?.map(Argument::Number),
                }
            }
            Some(_) => None,
            None => match late(object) {
                Some(found) => Some(found),
                None => number_of(object)?.map(Argument::Number),
            },
        },
        Kind::Float => match number_of(object)? {
            Some(Scalar::Complex(..)) | None => None,
            Some(x) => Some(Argument::Number(x)),
        },
        Kind::Int => integer_of(object)?.map(|n| Argument::Number(Scalar::Int(n))),
        Kind::Bool => object.cast::<PyBool>().ok().map(|b| Argument::Number(Scalar::Bool(b.is_true()))),
        Kind::Ints | Kind::Size => integers_of(object, None)?.map(Argument::Ints),
        Kind::Floats => floats_of(object)?,
        Kind::Entries => integers_of(object, Some(MISSING))?.map(Argument::Ints),
        Kind::DType => dtype_of(object).map(Argument::DType),
        Kind::Device => device_of(object)?.map(Argument::Device),
        Kind::Text => match object.cast::<PyString>() {
            Ok(text) => Some(Argument::Text(text.to_cow()?.as_ref().into())),
            Err(_) => None,
        },
        Kind::Generator => object.cast::<GeneratorObject>().ok().map(|g| Argument::Generator(g.get().0.clone())),
        Kind::Any => Some(any(object)?),
    })
}

/// An argument of whatever kind the object is of.
fn any(object: &Bound<'_, PyAny>) -> PyResult<Argument> {
    if let Some(tensor) = tensor_of(object) {
        return Ok(Argument::Tensor(tensor.clone()));
    }
    if let Some(number) = number_of(object)? {
        return Ok(Argument::Number(number));
    }
    if let Some(dtype) = dtype_of(object) {
        return Ok(Argument::DType(dtype));
    }
    if let Ok(device) = object.cast::<DeviceObject>() {
        return Ok(Argument::Device(device.get().0));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Argument::Text(text.to_cow()?.as_ref().into()));
    }
    if let Ok(format) = object.cast::<MemoryFormat>() {
        return Ok(Argument::Text(format.get().0.into()));
    }
    if object.is_instance_of::<Layout>() {
        return Ok(Argument::Text("strided".into()));
    }
    if let Some(tensors) = tensors_of(object)?.filter(|t| !t.is_empty()) {
        return Ok(Argument::Tensors(tensors));
    }
    if let Some(integers) = integers_of(object, None)? {
        return Ok(Argument::Ints(integers));
    }
    let foreign: Py<PyAny> = object.clone().unbind();
    Ok(Argument::Foreign(Arc::new(foreign)))
}

/// A tensor or a number: what is written into a tensor.
pub fn argument_of(object: &Bound<'_, PyAny>) -> PyResult<Argument> {
    if let Some(tensor) = tensor_of(object) {
        return Ok(Argument::Tensor(tensor.clone()));
    }
    // Written elements have a type; a number that is read has one too.
    if trace::current().is_some()
        && let Some(tensor) = deferred(object)?
    {
        return Ok(Argument::Tensor(tensor));
    }
    match number_of(object)? {
        Some(number) => Ok(Argument::Number(number)),
        None => crate::data::tensor_from(object, None, None).map(Argument::Tensor),
    }
}

/// A Python number of a scalar.
pub fn number(py: Python<'_>, x: Scalar) -> PyResult<Py<PyAny>> {
    match x {
        Scalar::Bool(b) => b.into_py_any(py),
        Scalar::Int(n) => n.into_py_any(py),
        Scalar::Float(x) => x.into_py_any(py),
        Scalar::Complex(re, im) => Ok(PyComplex::from_doubles(py, re, im).into_any().unbind()),
    }
}

/// What a function returned, for Python.
pub fn returned(py: Python<'_>, value: Returned) -> PyResult<Py<PyAny>> {
    let own = |tensor: Tensor| wrap(py, tensor);
    match value {
        Returned::None => Ok(py.None()),
        Returned::Tensor(tensor) => own(tensor),
        Returned::Tuple(all) => {
            let all = all.into_iter().map(own).collect::<PyResult<Vec<_>>>()?;
            Ok(PyTuple::new(py, all)?.into_any().unbind())
        }
        Returned::List(all) => all.into_iter().map(own).collect::<PyResult<Vec<_>>>()?.into_py_any(py),
        Returned::Named(fields, all) => {
            let all = all.into_iter().map(own).collect::<PyResult<Vec<_>>>()?;
            Ok(named_tuple(py, fields)?.call_method1("_make", (all,))?.unbind())
        }
        Returned::Nested(fields, ones, rest) => {
            let mut all = ones.into_iter().map(own).collect::<PyResult<Vec<_>>>()?;
            all.push(returned(py, Returned::Tuple(rest))?);
            Ok(named_tuple(py, fields)?.call_method1("_make", (all,))?.unbind())
        }
        Returned::Number(x) => number(py, x),
        Returned::Deferred(tensor) => {
            static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let class = CLASS.get_or_try_init(py, || {
                py.import("flashlight._deferred")?.getattr("DeferredNumber").map(Bound::unbind)
            })?;
            class.call1(py, (wrap(py, tensor)?,))
        }
        Returned::Size(sizes) => size(py, &sizes),
        Returned::Ints(all) => Ok(PyTuple::new(py, all.iter())?.into_any().unbind()),
        Returned::DType(dtype) => dtype_object(py, dtype)?.into_py_any(py),
        Returned::Device(device) => DeviceObject(device).into_py_any(py),
        Returned::Text(text) => text.into_py_any(py),
        Returned::Numbers(shape, all) => nested(py, &shape, &mut all.into_iter()),
    }
}

/// Row-major numbers as nested lists.
fn nested(py: Python<'_>, shape: &[i64], all: &mut impl Iterator<Item = Scalar>) -> PyResult<Py<PyAny>> {
    match shape {
        [] => number(py, all.next().ok_or_else(|| PyRuntimeError::new_err("fewer numbers than the shape says"))?),
        [n, rest @ ..] => (0..*n).map(|_| nested(py, rest, all)).collect::<PyResult<Vec<_>>>()?.into_py_any(py),
    }
}

/// A `flashlight.Size`.
pub fn size(py: Python<'_>, sizes: &[i64]) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || py.import("flashlight._size")?.getattr("Size").map(Bound::unbind))?;
    class.call1(py, (PyTuple::new(py, sizes)?,))
}

/// The class of named tuples with these fields; made once.
fn named_tuple<'py>(py: Python<'py>, fields: &'static [&'static str]) -> PyResult<Bound<'py, PyAny>> {
    static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let classes = CLASSES.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    let key = fields.join("_");
    if let Some(class) = classes.get_item(&key)? {
        return Ok(class);
    }
    let class = py.import("collections")?.getattr("namedtuple")?.call1((&key, fields.to_vec()))?;
    classes.set_item(key, &class)?;
    Ok(class)
}

/// Runs something that may wait without the interpreter's lock; its error becomes an exception.
pub fn unlocked<T: Send>(py: Python<'_>, work: impl FnOnce() -> flashlight_frontend::Result<T> + Send) -> PyResult<T> {
    py.detach(work).map_err(raise)
}

/// What a wait asks now and then: whether a signal's handler raised.
pub fn poll() -> flashlight_runtime::Result<()> {
    Python::attach(|py| {
        py.check_signals().map_err(|error| {
            error.restore(py);
            flashlight_runtime::Error::Interrupted
        })
    })
}

/// The elements of a value, waited for without the interpreter's lock.
pub fn read(value: &flashlight_runtime::Value) -> flashlight_frontend::Result<Vec<u8>> {
    if value.is_ready() {
        return Ok(value.to_bytes()?);
    }
    Ok(Python::attach(|py| py.detach(|| value.read(&mut poll)))?)
}
