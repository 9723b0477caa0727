//! The one error type of the runtime: who is at fault is in the variant.

use std::fmt;

/// What the runtime answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The origins (see [`crate::set_origin`]) of the first and the last operation that may have caused a late failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origins {
    /// The earliest operation that was evaluated together with the failing one.
    pub first: u32,
    /// The latest.
    pub last: u32,
}

/// Everything that can go wrong in the runtime.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// What the compiler's type rules refuse.
    #[error(transparent)]
    Compiler(#[from] flashlight_compiler::Error),
    /// A value was used as it cannot be.
    #[error("{op}: {message}")]
    User {
        /// The operation that was asked for.
        op: String,
        /// What was wanted and what was given.
        message: String,
    },
    /// A gap that is known.
    #[error("{what} is not supported")]
    Unsupported {
        /// What, and where.
        what: String,
    },
    /// The work of an operation failed when it was evaluated, some time after the operation was recorded.
    #[error("evaluation failed: {message}")]
    Evaluation {
        /// What the work reported.
        message: String,
        /// Which operations may be guilty, where the frontend told them apart.
        origins: Option<Origins>,
    },
    /// The caller's poll asked to stop waiting.
    #[error("interrupted")]
    Interrupted,
    /// A fault of ours.
    #[error("internal error: {message}")]
    Internal {
        /// What did not hold.
        message: String,
    },
}

impl Error {
    pub(crate) fn user(op: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::User { op: op.to_string(), message: message.to_string() }
    }

    pub(crate) fn unsupported(what: impl fmt::Display) -> Self {
        Self::Unsupported { what: what.to_string() }
    }

    pub(crate) fn internal(message: impl fmt::Display) -> Self {
        Self::Internal { message: message.to_string() }
    }
}
