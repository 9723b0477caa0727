//! A number written in a program: compared and hashed by its bits, so that NaN and -0.0 are ordinary values. All NaNs are
//! one: the text form keeps neither their sign nor their payload.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
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
        let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        match self {
            Scalar::Bool(b) => (0, u64::from(b), 0),
            Scalar::Int(i) => (1, i as u64, 0),
            Scalar::Float(x) => (2, bits(x), 0),
            Scalar::Complex(x, y) => (3, bits(x), bits(y)),
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

/// A real number with a point or exponent: the shortest text that reads back to the same bits.
struct Real(f64);

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() { f.write_str("nan") } else { write!(f, "{:?}", self.0) }
    }
}

impl fmt::Display for Scalar {
    /// Floats always carry a point or exponent (`1.0`, `1e-5`, `inf`, `nan`), so that the text says which kind it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::Float(x) => write!(f, "{}", Real(x)),
            Scalar::Complex(x, y) => write!(f, "complex({},{})", Real(x), Real(y)),
        }
    }
}

/// The text is no number, or one that cannot be represented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number")]
pub struct NoNumber(String);

fn real(text: &str) -> Option<f64> {
    match text {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        // What else Rust reads, `infinity` or `+1`, the printer does not write; `1e999` would read as another number.
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            text.parse().ok().filter(|x: &f64| x.is_finite())
        }
        _ => None,
    }
}

impl FromStr for Scalar {
    type Err = NoNumber;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, NoNumber> {
        let number = match text {
            "true" => Some(Scalar::Bool(true)),
            "false" => Some(Scalar::Bool(false)),
            _ => match text.strip_prefix("complex(").and_then(|t| t.strip_suffix(')')) {
                Some(parts) => {
                    parts.split_once(',').and_then(|(x, y)| Some(Scalar::Complex(real(x.trim())?, real(y.trim())?)))
                }
                None if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => text.parse().ok().map(Scalar::Int),
                None => real(text).map(Scalar::Float),
            },
        };
        number.ok_or_else(|| NoNumber(text.chars().take(40).collect()))
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
