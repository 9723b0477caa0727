//! Makes Python's functions and methods of the function table. Python calls them with a bare array of arguments; which
//! function it is, is a number that each entry point carries.

#![allow(unsafe_code, reason = "Python's calling convention is C")]

use std::{
    ffi::{CString, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
};

use flashlight_frontend::function::{
    Argument, Arguments, Body, Function, Places, Returned, call, call_in_place, call_out,
};
use pyo3::{
    exceptions::PyRuntimeError,
    ffi,
    panic::PanicException,
    prelude::*,
    types::{PyDict, PyModule, PyString, PyTuple},
};
use smallvec::SmallVec;

use crate::{
    compile::user_line,
    convert::{argument, returned},
    errors::raise,
    parse::{Call, fit},
    tensor::TensorObject,
};

/// One callable: a function of the table, as it is or in place.
struct Entry {
    function: &'static Function,
    name: String,
    in_place: bool,
}

static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();

fn entries() -> &'static [Entry] {
    ENTRIES.get_or_init(|| {
        let mut all = Vec::new();
        for function in flashlight_frontend::function::functions() {
            all.push(Entry { function, name: function.name.to_owned(), in_place: false });
            if function.places.has(Places::IN_PLACE) {
                all.push(Entry { function, name: format!("{}_", function.name), in_place: true });
            }
        }
        all
    })
}

type Raw = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

macro_rules! ten {
    ($f:ident, $base:expr) => {
        [
            $f::<{ $base }>,
            $f::<{ $base + 1 }>,
            $f::<{ $base + 2 }>,
            $f::<{ $base + 3 }>,
            $f::<{ $base + 4 }>,
            $f::<{ $base + 5 }>,
            $f::<{ $base + 6 }>,
            $f::<{ $base + 7 }>,
            $f::<{ $base + 8 }>,
            $f::<{ $base + 9 }>,
        ]
    };
}
macro_rules! hundred {
    ($f:ident, $base:expr) => {
        [
            ten!($f, $base),
            ten!($f, $base + 10),
            ten!($f, $base + 20),
            ten!($f, $base + 30),
            ten!($f, $base + 40),
            ten!($f, $base + 50),
            ten!($f, $base + 60),
            ten!($f, $base + 70),
            ten!($f, $base + 80),
            ten!($f, $base + 90),
        ]
    };
}
macro_rules! thousand {
    ($f:ident, $base:expr) => {
        [
            hundred!($f, $base),
            hundred!($f, $base + 100),
            hundred!($f, $base + 200),
            hundred!($f, $base + 300),
            hundred!($f, $base + 400),
            hundred!($f, $base + 500),
            hundred!($f, $base + 600),
            hundred!($f, $base + 700),
            hundred!($f, $base + 800),
            hundred!($f, $base + 900),
        ]
    };
}

type Points = [[[[Raw; 10]; 10]; 10]; 2];

/// The entry points of `_C.name`, and those of `Tensor.name`, which get the tensor as their first argument.
static FREE: Points = [thousand!(free, 0), thousand!(free, 1000)];
static BOUND: Points = [thousand!(bound, 0), thousand!(bound, 1000)];

unsafe extern "C" fn free<const N: usize>(
    _module: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls this, attached, with what METH_FASTCALL promises.
    unsafe { enter(N, std::ptr::null_mut(), arguments, count, names) }
}

unsafe extern "C" fn bound<const N: usize>(
    receiver: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls this, attached, with what METH_FASTCALL promises.
    unsafe { enter(N, receiver, arguments, count, names) }
}

/// # Safety
/// Attached to the interpreter; `arguments` are `count` objects, and behind them one for each of the tuple `names`.
unsafe fn enter(
    entry: usize,
    receiver: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the caller is attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: these are borrowed for the length of the call.
    let object = |p: *mut ffi::PyObject| unsafe { Bound::from_borrowed_ptr(py, p) };
    let work = || -> PyResult<Py<PyAny>> {
        let mut positional: SmallVec<[Bound<'_, PyAny>; 8]> = SmallVec::new();
        if !receiver.is_null() {
            positional.push(object(receiver));
        }
        // SAFETY: within the arguments.
        positional.extend((0..count).map(|i| object(unsafe { *arguments.offset(i) })));
        let mut keywords: SmallVec<[(Bound<'_, PyString>, Bound<'_, PyAny>); 4]> = SmallVec::new();
        if !names.is_null() {
            let names = object(names).cast_into::<PyTuple>()?;
            for (i, name) in (count..).zip(names.iter()) {
                // SAFETY: as many values lie behind the positional ones as there are names.
                keywords.push((name.cast_into::<PyString>()?, object(unsafe { *arguments.offset(i) })));
            }
        }
        invoke(py, &entries()[entry], &Call { positional: &positional, keywords: &keywords })
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => result.into_ptr(),
        Ok(Err(error)) => {
            error.restore(py);
            std::ptr::null_mut()
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned())).unwrap_or_default();
            PanicException::new_err((text,)).restore(py);
            std::ptr::null_mut()
        }
    }
}

fn invoke(py: Python<'_>, entry: &Entry, call: &Call<'_, '_>) -> PyResult<Py<PyAny>> {
    let Entry { function, name, in_place } = entry;
    note_line(py, name);
    let takes_out = function.places.has(Places::OUT) && !in_place;
    let fitted = fit(function, name, call, takes_out)?;
    if *in_place {
        let target = call_in_place(function, fitted.overload, &fitted.arguments).map_err(raise)?;
        return returned(py, Returned::Tensor(target));
    }
    if let Some(out) = fitted.out {
        return returned(py, call_out(function, fitted.overload, &fitted.arguments, &out).map_err(raise)?);
    }
    let result = flashlight_frontend::function::call(function, fitted.overload, &fitted.arguments).map_err(raise)?;
    returned(py, result)
}

/// Tells a trace which line of the user's is being recorded.
fn note_line(py: Python<'_>, function: &str) {
    if let Some(trace) = flashlight_frontend::trace::current()
        && let Some(line) = user_line(py, function)
    {
        trace.set_line(line);
    }
}

/// Calls the first overload that takes these objects by position: operators. `None` where none takes them.
pub fn operate(
    function: &'static Function,
    in_place: bool,
    objects: &[&Bound<'_, PyAny>],
) -> PyResult<Option<Py<PyAny>>> {
    let py = objects[0].py();
    note_line(py, function.name);
    'overloads: for (overload, signature) in function.signatures().iter().enumerate() {
        let mut values: SmallVec<[Argument; 6]> = SmallVec::new();
        for (i, parameter) in signature.parameters.iter().enumerate() {
            let value = match objects.get(i) {
                Some(object) => argument(object, parameter)?,
                None => parameter.default.clone(),
            };
            match value {
                Some(value) => values.push(value),
                None => continue 'overloads,
            }
        }
        let arguments = Arguments { signature, values };
        let result = if in_place {
            call_in_place(function, overload, &arguments).map(Returned::Tensor)
        } else {
            call(function, overload, &arguments)
        };
        return returned(py, result.map_err(raise)?).map(Some);
    }
    Ok(None)
}

/// The function of that name: one that the bindings themselves need.
pub fn known(name: &str) -> PyResult<&'static Function> {
    Function::named(name).ok_or_else(|| PyRuntimeError::new_err(format!("the function table lacks {name}")))
}

/// `help()` of an entry: its signatures and what its row says.
fn doc(entry: &Entry, method: bool) -> String {
    let lines: Vec<String> = entry
        .function
        .overloads
        .iter()
        .map(|o| {
            let signature = if method { o.signature.replacen("Tensor input, ", "", 1) } else { o.signature.to_owned() };
            format!("{}{}", entry.name, signature.replacen("(Tensor input)", "()", usize::from(method)))
        })
        .collect();
    let kind = if entry.in_place { "\n\nWrites its result into the tensor." } else { "" };
    format!("{}\n\n{}{kind}", lines.join("\n"), entry.function.doc)
}

/// A definition that lives as long as the process, as Python wants it.
fn definition(number: usize, method: bool) -> PyResult<*mut ffi::PyMethodDef> {
    let entry = &entries()[number];
    let text = |t: String| -> PyResult<*const c_char> { Ok(CString::new(t)?.into_raw().cast_const()) };
    let points = if method { &BOUND } else { &FREE };
    let definition = ffi::PyMethodDef {
        ml_name: text(entry.name.clone())?,
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: points[number / 1000][number / 100 % 10][number / 10 % 10][number % 10],
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: text(doc(entry, method))?,
    };
    Ok(Box::into_raw(Box::new(definition)))
}

fn free_function<'py>(module: &Bound<'py, PyModule>, number: usize) -> PyResult<Bound<'py, PyAny>> {
    let py = module.py();
    let name = module.name()?;
    // SAFETY: attached; the definition lives for ever.
    unsafe {
        let made = ffi::PyCFunction_NewEx(definition(number, false)?, module.as_ptr(), name.as_ptr());
        Bound::from_owned_ptr_or_err(py, made)
    }
}

fn method<'py>(class: &Bound<'py, pyo3::types::PyType>, number: usize) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; the definition lives for ever.
    unsafe {
        let made = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition(number, true)?);
        Bound::from_owned_ptr_or_err(class.py(), made)
    }
}

/// Adds every function to the places of its row.
pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let submodule = |name: &str| -> PyResult<Bound<'_, PyModule>> {
        let made = PyModule::new(py, &format!("flashlight._C.{name}"))?;
        made.index()?; // an `__all__`, also where no function follows
        module.setattr(name, &made)?;
        py.import("sys")?.getattr("modules")?.set_item(format!("flashlight._C.{name}"), &made)?;
        Ok(made)
    };
    let (functional, linalg, special) = (submodule("_nn")?, submodule("linalg")?, submodule("special")?);
    let (fft, windows) = (submodule("_fft")?, submodule("_windows")?);
    let class = py.get_type::<TensorObject>();
    if entries().len() > 2000 {
        return Err(PyRuntimeError::new_err("more functions than entry points"));
    }
    for (number, entry) in entries().iter().enumerate() {
        let places = entry.function.places;
        let name = entry.name.as_str();
        let namespaces = [
            (Places::TORCH, module),
            (Places::FUNCTIONAL, &functional),
            (Places::LINALG, &linalg),
            (Places::SPECIAL, &special),
            (Places::FFT, &fft),
            (Places::WINDOWS, &windows),
        ];
        for (place, namespace) in namespaces {
            // Twins in place are torch's and the tensor's own.
            let own = !entry.in_place || !matches!(place, Places::LINALG | Places::SPECIAL);
            if places.has(place) && own {
                let shown = name.strip_suffix('_').filter(|_| entry.in_place).map_or_else(
                    || entry.function.name_in(place).to_owned(),
                    |_| format!("{}_", entry.function.name_in(place)),
                );
                namespace.add(shown, free_function(namespace, number)?)?;
            }
        }
        if places.has(Places::METHOD) {
            class.setattr(name, method(&class, number)?)?;
        }
        if places.has(Places::PROPERTY) {
            let getter = free_function(module, number)?;
            class.setattr(name, py.import("builtins")?.getattr("property")?.call1((getter,))?)?;
        }
    }
    module.add_function(wrap_pyfunction!(_functions, module)?)
}

/// Every row of the function table: name, signatures, what each returns, places, and what its documentation says.
#[pyfunction]
fn _functions(py: Python<'_>) -> PyResult<Vec<Py<PyDict>>> {
    let places = [
        (Places::TORCH, "torch"),
        (Places::METHOD, "method"),
        (Places::IN_PLACE, "in_place"),
        (Places::OUT, "out"),
        (Places::FUNCTIONAL, "functional"),
        (Places::LINALG, "linalg"),
        (Places::SPECIAL, "special"),
        (Places::FFT, "fft"),
        (Places::WINDOWS, "windows"),
        (Places::PROPERTY, "property"),
    ];
    flashlight_frontend::function::functions()
        .map(|function| {
            let row = PyDict::new(py);
            row.set_item("name", function.name)?;
            row.set_item("signatures", function.signatures().iter().map(|s| s.text).collect::<Vec<_>>())?;
            row.set_item(
                "places",
                places.iter().filter(|(p, _)| function.places.has(*p)).map(|(_, n)| *n).collect::<Vec<_>>(),
            )?;
            let returns = function.overloads.iter().zip(function.signatures()).map(|(o, s)| match o.body {
                Body::Many(_, []) => "Tensors".to_owned(),
                Body::Many(_, fields) => format!("({})", fields.join(", ")),
                Body::One(_) | Body::Direct(_) => s.returns.to_owned(),
            });
            row.set_item("returns", returns.collect::<Vec<_>>())?;
            row.set_item("doc", function.doc)?;
            Ok(row.unbind())
        })
        .collect()
}
