//! What a value is: its element type and its shape.

pub mod dim;
mod dtype;
mod scalar;

pub use dim::{Dim, Symbol};
pub use dtype::{DType, Kind};
pub use scalar::Scalar;

use smallvec::SmallVec;
use std::fmt;

/// The sizes of a value, outermost first.
pub type Shape = SmallVec<[Dim; 4]>;

/// The type of a value: element type and shape. Printed `f32[128,s0*2]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Type {
    /// The type of each element.
    pub dtype: DType,
    /// The size along each axis.
    pub shape: Shape,
}

impl Type {
    /// A type from its parts.
    pub fn new(dtype: DType, shape: impl IntoIterator<Item = impl Into<Dim>>) -> Self {
        Self { dtype, shape: shape.into_iter().map(Into::into).collect() }
    }

    /// A value of rank 0.
    pub fn scalar(dtype: DType) -> Self {
        Self { dtype, shape: Shape::new() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn numel(&self) -> Dim {
        self.shape.iter().cloned().product()
    }

    /// The number of bytes, where every size is known; it saturates.
    pub fn known_bytes(&self) -> Option<u64> {
        self.shape
            .iter()
            .try_fold(self.dtype.size() as u64, |n, d| Some(n.saturating_mul(u64::try_from(d.as_known()?).ok()?)))
    }

    /// The sizes as integers, where every one is known.
    pub fn known_shape(&self) -> Option<SmallVec<[i64; 4]>> {
        self.shape.iter().map(Dim::as_known).collect()
    }

    /// The same shape with another element type.
    pub fn with_dtype(&self, dtype: DType) -> Self {
        Self { dtype, shape: self.shape.clone() }
    }

    /// The same element type with another shape.
    pub fn with_shape(&self, shape: Shape) -> Self {
        Self { dtype: self.dtype, shape }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dtype, Sizes(&self.shape))
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints sizes as `[a,b,c]`.
pub struct Sizes<'a>(pub &'a [Dim]);

impl fmt::Display for Sizes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, d) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{d}")?;
        }
        f.write_str("]")
    }
}
