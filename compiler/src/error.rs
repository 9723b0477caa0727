//! The one error type of the compiler: who is at fault is in the variant.

use std::fmt;

/// What the compiler answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which of Python's exception classes a user's mistake is raised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Shapes, dtypes or states that do not fit: torch's `RuntimeError`.
    Runtime,
    /// An index or axis out of range: `IndexError`.
    Index,
    /// An argument of the wrong kind: `TypeError`.
    Type,
    /// An argument of the right kind and a wrong value: `ValueError`.
    Value,
    /// A combination that torch lacks too, in its words: `NotImplementedError`.
    Unsupported,
    /// A matrix without the inverse, or the factors, that were asked for: `torch.linalg.LinAlgError`.
    Matrix,
}

/// Everything that can go wrong in the compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The caller gave something that the op cannot take.
    #[error("{op}: {message}")]
    User {
        /// The op or function that was called.
        op: String,
        /// What was wanted and what was given.
        message: String,
        /// The exception class.
        fault: Fault,
    },
    /// A gap that is known: raised as `NotImplementedError`, named.
    #[error("{what} is not implemented")]
    Unsupported {
        /// The torch function or op, and what of it.
        what: String,
    },
    /// Text that does not parse.
    #[error("line {line}, column {column}: {message}")]
    Parse {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What was wanted and what was found.
        message: String,
    },
    /// A fault of ours.
    #[error("internal error: {message}")]
    Internal {
        /// What did not hold.
        message: String,
    },
}

impl Error {
    /// A mistake in shapes, dtypes or states.
    pub fn runtime(op: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::user(Fault::Runtime, op, message)
    }

    /// An index out of range.
    pub fn index(op: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::user(Fault::Index, op, message)
    }

    /// A mistake of the class `fault`.
    pub fn user(fault: Fault, op: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::User { op: op.to_string(), message: message.to_string(), fault }
    }

    /// A known gap.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::Unsupported { what: what.to_string() }
    }

    /// A fault of ours.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::Internal { message: message.to_string() }
    }
}
