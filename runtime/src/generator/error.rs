//! What a draw can refuse; all of it is the caller's to mend. Mapping to Python's classes happens elsewhere.

/// A refused draw, seed or state, in torch's words where torch refuses it too.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// A parameter outside its domain.
    #[error("{operation} expects {expected}, but found {found}")]
    Parameter {
        /// The torch function.
        operation: &'static str,
        /// The domain, as torch words it.
        expected: &'static str,
        /// The parameter's name and value.
        found: String,
    },
    /// A bound that the element type cannot hold.
    #[error("{operation}: {bound}={value} is out of bounds for {element}")]
    Bound {
        /// The torch function.
        operation: &'static str,
        /// `from`, `to` or `to - 1`.
        bound: &'static str,
        /// The bound's value.
        value: String,
        /// Torch's name of the element type.
        element: &'static str,
    },
    /// An element type for which torch has no such draw (torch raises `NotImplementedError`).
    #[error("\"{operation}\" not implemented for '{element}'")]
    NotImplemented {
        /// The torch function.
        operation: &'static str,
        /// Torch's name of the element type.
        element: &'static str,
    },
    /// A permutation longer than its element type can count.
    #[error("randperm: n cannot be greater than {limit} for {element} type, but found n={found}")]
    PermutationTooLong {
        /// The longest permutation of this type.
        limit: u64,
        /// Torch's name of the element type.
        element: &'static str,
        /// The length asked for.
        found: usize,
    },
    /// Weights that are no distribution, or more samples than categories.
    #[error("multinomial: {0}")]
    Multinomial(String),
    /// Two slices that must have one length.
    #[error("{operation}: the lengths differ: {left} and {right}")]
    Length {
        /// The torch function.
        operation: &'static str,
        /// The length of the output.
        left: usize,
        /// The length of the parameter.
        right: usize,
    },
    /// A seed outside `[-2^63, 2^64)` (torch raises `ValueError`).
    #[error("manual_seed expects a seed in [-0x8000_0000_0000_0000, 0xffff_ffff_ffff_ffff], but found {0}")]
    Seed(i128),
    /// A state of the wrong size.
    #[error("Expected a {algorithm} state of size {expected} but found the input RNG state size to be {found}")]
    StateSize {
        /// The generator's algorithm.
        algorithm: &'static str,
        /// The size wanted, in bytes or words.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// A state of the right size that no generator can be in.
    #[error("Invalid {algorithm} state: {reason}")]
    StateContent {
        /// The generator's algorithm.
        algorithm: &'static str,
        /// The field that is wrong and its value.
        reason: String,
    },
}
