//! The one place where errors become Python's exceptions, and back for those that callbacks raise.

use std::sync::Arc;

use flashlight_compiler::{Error as Compiler, error::Fault};
use flashlight_export::Error as Exported;
use flashlight_frontend::{Error, error::Raised};
use flashlight_runtime::Error as Runtime;
use pyo3::{
    exceptions::{PyIndexError, PyKeyboardInterrupt, PyNotImplementedError, PyRuntimeError, PyTypeError, PyValueError},
    prelude::*,
};

pyo3::create_exception!(
    flashlight.linalg,
    LinAlgError,
    PyRuntimeError,
    "A matrix has no inverse, or not the factors that were asked for."
);

/// The exception of torch's class for an error.
pub fn raise(error: Error) -> PyErr {
    match error {
        Error::User { fault, message } => of(fault, message),
        Error::Compiler(error) => compiler(error),
        Error::Runtime(error) => runtime(error),
        Error::Callback(Raised(raised)) => match raised.downcast_ref::<PyErr>() {
            Some(error) => Python::attach(|py| error.clone_ref(py)),
            None => PyRuntimeError::new_err("a callback failed"),
        },
    }
}

fn of(fault: Fault, message: String) -> PyErr {
    match fault {
        Fault::Runtime => PyRuntimeError::new_err(message),
        Fault::Index => PyIndexError::new_err(message),
        Fault::Type => PyTypeError::new_err(message),
        Fault::Value => PyValueError::new_err(message),
        Fault::Unsupported => PyNotImplementedError::new_err(message),
        Fault::Matrix => LinAlgError::new_err(message),
    }
}

fn compiler(error: Compiler) -> PyErr {
    let message = error.to_string();
    match error {
        Compiler::User { fault, .. } => of(fault, message),
        Compiler::Unsupported { .. } => PyNotImplementedError::new_err(message),
        Compiler::Parse { .. } => PyValueError::new_err(message),
        Compiler::Internal { .. } => PyRuntimeError::new_err(message),
    }
}

fn runtime(error: Runtime) -> PyErr {
    let message = error.to_string();
    match error {
        Runtime::Compiler(error) => compiler(error),
        Runtime::Unsupported { .. } => PyNotImplementedError::new_err(message),
        // A signal handler has set the exception that stopped the wait, and Python has kept it.
        Runtime::Interrupted => Python::attach(PyErr::take).unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        _ => PyRuntimeError::new_err(message),
    }
}

/// The exception for what is wrong with an exported program.
pub fn exported(error: Exported) -> PyErr {
    match error {
        Exported::Io { place, source } => std::io::Error::new(source.kind(), format!("{place}: {source}")).into(),
        Exported::Format { .. } => PyRuntimeError::new_err(error.to_string()),
        Exported::User { message } => PyValueError::new_err(message),
        Exported::Compiler(error) => compiler(error),
        Exported::Runtime(error) => runtime(error),
    }
}

/// An exception on its way through the frontend.
pub fn callback(error: PyErr) -> Error {
    Error::Callback(Raised(Arc::new(error)))
}
