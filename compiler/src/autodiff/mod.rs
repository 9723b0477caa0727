//! Reverse-mode differentiation: the derivative of one call, and of programs recorded as graphs or by a tape.

mod derivative;
mod reverse;

pub use derivative::{Gathered, Place, Reads, Step, is_unknown, reads, vjp};
pub use reverse::{Cotangents, backward, reverse};

#[cfg(test)]
mod tests;
