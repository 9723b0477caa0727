//! Exported programs: a recorded graph with its states, in one file, that runs wherever the runtime does. It knows neither
//! Python nor who recorded the graph.
//!
//! Reading order: [`manifest`] for what a file says about itself, `container` for the archive and what is refused in one,
//! [`File`] for the whole with everything in it checked against everything else, [`Program`] for running it. What the
//! format is, for readers of other makes: docs/export.md; why it is so: docs/adr/0009.

mod container;
mod error;
mod file;
pub mod manifest;
mod program;
mod tensors;

pub use error::{Error, Result};
pub use file::File;
pub use manifest::Manifest;
pub use program::{Compared, Options, Program, Recording};
pub use tensors::{Elements, Tensors};
