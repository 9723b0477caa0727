//! A number written in a program: compared and hashed by its bits, so that NaN and -0.0 are ordinary values.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::Kind;

/// A Python number as an attribute or constant.
#[derive(Clone, Copy, Debug)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
}

impl Scalar {
    /// The category, as torch promotes it.
    pub fn kind(self) -> Kind {
        match self {
            Scalar::Bool(_) => Kind::Bool,
            Scalar::Int(_) => Kind::Integer,
            Scalar::Float(_) => Kind::Float,
            Scalar::Complex(..) => Kind::Complex,
        }
    }

    /// The value as a real number; the imaginary part is dropped.
    pub fn as_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => f64::from(b),
            Scalar::Int(i) => i as f64,
            Scalar::Float(x) | Scalar::Complex(x, _) => x,
        }
    }

    /// The value as an integer, where it is one.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Scalar::Bool(b) => Some(i64::from(b)),
            Scalar::Int(i) => Some(i),
            Scalar::Float(x) if x.fract() == 0.0 && x.abs() < 9.0e18 => Some(x as i64),
            Scalar::Float(_) | Scalar::Complex(..) => None,
        }
    }

    fn bits(self) -> (u8, u64, u64) {
        match self {
            Scalar::Bool(b) => (0, u64::from(b), 0),
            Scalar::Int(i) => (1, i as u64, 0),
            Scalar::Float(x) => (2, x.to_bits(), 0),
            Scalar::Complex(x, y) => (3, x.to_bits(), y.to_bits()),
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

impl fmt::Display for Scalar {
    /// Floats always carry a point or exponent (`1.0`, `1e-5`, `inf`, `nan`), so that the text says which kind it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(i) => write!(f, "{i}"),
            // Rust's Debug is the shortest text that reads back to the same bits; NaN's payload is not kept.
            Scalar::Float(x) if x.is_nan() => f.write_str("nan"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(x, y) => write!(f, "complex({x:?},{y:?})"),
        }
    }
}

impl From<f64> for Scalar {
    fn from(x: f64) -> Self {
        Scalar::Float(x)
    }
}

impl From<i64> for Scalar {
    fn from(x: i64) -> Self {
        Scalar::Int(x)
    }
}

impl From<bool> for Scalar {
    fn from(x: bool) -> Self {
        Scalar::Bool(x)
    }
}
