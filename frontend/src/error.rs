//! The one error type of the frontend: the compiler's and the runtime's, torch's own, and what hooks and callbacks raise.

use std::{any::Any, fmt, sync::Arc};

pub use flashlight_compiler::error::Fault;

/// What the frontend answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a torch function and its result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An op refuses its operands, or is not there yet.
    #[error(transparent)]
    Compiler(#[from] flashlight_compiler::Error),
    /// The device or the evaluation fails.
    #[error(transparent)]
    Runtime(#[from] flashlight_runtime::Error),
    /// A user's mistake, in torch's words.
    #[error("{message}")]
    User {
        /// The exception class.
        fault: Fault,
        /// The message.
        message: String,
    },
    /// What a hook or another callback raised; the binding that made the callback knows its type.
    #[error("a callback failed")]
    Callback(Raised),
}

/// An exception of the host language on its way through.
#[derive(Clone)]
pub struct Raised(pub Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raised")
    }
}

impl Error {
    /// A mistake of the class `fault`.
    pub fn user(fault: Fault, message: impl fmt::Display) -> Self {
        Self::User { fault, message: message.to_string() }
    }

    /// torch's `RuntimeError`.
    pub fn runtime(message: impl fmt::Display) -> Self {
        Self::user(Fault::Runtime, message)
    }

    /// `IndexError`.
    pub fn index(message: impl fmt::Display) -> Self {
        Self::user(Fault::Index, message)
    }

    /// `TypeError`.
    pub fn argument(message: impl fmt::Display) -> Self {
        Self::user(Fault::Type, message)
    }

    /// `ValueError`.
    pub fn value(message: impl fmt::Display) -> Self {
        Self::user(Fault::Value, message)
    }

    /// `NotImplementedError` for what torch lacks too, in its words.
    pub fn lacking(message: impl fmt::Display) -> Self {
        Self::user(Fault::Unsupported, message)
    }

    /// `NotImplementedError` for what is missing here; `what` names the torch function.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::Compiler(flashlight_compiler::Error::unsupported(what))
    }

    /// A fault of ours.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::Compiler(flashlight_compiler::Error::internal(message))
    }
}
