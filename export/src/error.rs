//! The one error type of exported programs: who is at fault is in the variant.

use std::{fmt, io, path::Path, sync::Arc};

/// What this crate answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong with an exported program.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What was read is no exported program, one of another version, or a damaged one; nothing of it was run.
    #[error("{place}: {message}")]
    Format {
        /// The file, and where in it.
        place: String,
        /// What was wanted and what was found.
        message: String,
    },
    /// The file system refuses.
    #[error("{place}: {source}")]
    Io {
        /// The file.
        place: String,
        /// What it said.
        source: Arc<io::Error>,
    },
    /// A program was used as it cannot be: inputs or states that do not fit.
    #[error("{message}")]
    User {
        /// What was wanted and what was given.
        message: String,
    },
    /// An op or the optimiser refuses.
    #[error(transparent)]
    Compiler(#[from] flashlight_compiler::Error),
    /// The device refuses.
    #[error(transparent)]
    Runtime(#[from] flashlight_runtime::Error),
}

impl Error {
    /// Something in a file that cannot be.
    pub(crate) fn format(place: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Format { place: place.to_string(), message: message.to_string() }
    }

    /// A refusal of the file system.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { place: path.display().to_string(), source: Arc::new(source) }
    }

    /// A caller's mistake.
    pub(crate) fn user(message: impl fmt::Display) -> Self {
        Self::User { message: message.to_string() }
    }

    /// A fault of ours.
    pub(crate) fn internal(message: impl fmt::Display) -> Self {
        Self::Compiler(flashlight_compiler::Error::internal(message))
    }

    /// The same, with the file's path before the place in it.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Format { place, message } => Self::format(format_args!("{}: {place}", path.display()), message),
            other => other,
        }
    }
}
