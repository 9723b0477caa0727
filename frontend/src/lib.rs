//! Torch's tensors, autograd and functions over the compiler and the runtime. It knows no Python types.
//!
//! Reading order: [`value`] (what ops take) -> [`autograd`] (the tape and the engine) -> [`tensor`] (storage, views, the
//! handle) -> [`function`] (every torch function, one row each).

pub mod autograd;
pub mod compile;
pub mod elements;
pub mod emitter;
pub mod error;
pub mod fetch;
pub mod format;
pub mod function;
pub mod generator;
pub mod tensor;
pub mod trace;
pub mod value;

pub use error::{Error, Result};
pub use tensor::Tensor;
pub use value::Value;
