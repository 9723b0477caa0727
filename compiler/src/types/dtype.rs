//! Element types: names, sizes and categories. Promotion between them is torch's business and lives in the frontend.

use std::{fmt, str::FromStr};

/// The category of an element type, in torch's order of promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Truth values.
    Bool,
    /// Signed and unsigned integers.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Complex numbers.
    Complex,
}

macro_rules! dtypes {
    ($($variant:ident $name:literal $size:literal $kind:ident),* $(,)?) => {
        /// The type of one element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum DType { $($variant),* }

        impl DType {
            /// Every element type.
            pub const ALL: &'static [DType] = &[$(DType::$variant),*];

            /// The name in the IR.
            pub const fn name(self) -> &'static str { match self { $(DType::$variant => $name),* } }

            /// Bytes of one element.
            pub const fn size(self) -> usize { match self { $(DType::$variant => $size),* } }

            /// The category.
            pub const fn kind(self) -> Kind { match self { $(DType::$variant => Kind::$kind),* } }
        }
    };
}

dtypes! {
    Bool "bool" 1 Bool,
    U8 "u8" 1 Integer, U16 "u16" 2 Integer, U32 "u32" 4 Integer, U64 "u64" 8 Integer,
    I8 "i8" 1 Integer, I16 "i16" 2 Integer, I32 "i32" 4 Integer, I64 "i64" 8 Integer,
    F16 "f16" 2 Float, BF16 "bf16" 2 Float, F32 "f32" 4 Float, F64 "f64" 8 Float,
    C64 "c64" 8 Complex,
}

impl DType {
    /// Real or complex floating point: what has a derivative.
    pub const fn is_inexact(self) -> bool {
        matches!(self.kind(), Kind::Float | Kind::Complex)
    }

    /// Real floating point.
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// Integers and truth values.
    pub const fn is_integral(self) -> bool {
        matches!(self.kind(), Kind::Bool | Kind::Integer)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is of no element type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown element type '{0}'")]
pub struct UnknownDType(String);

impl FromStr for DType {
    type Err = UnknownDType;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|d| d.name() == s).ok_or_else(|| UnknownDType(s.to_owned()))
    }
}

impl serde::Serialize for DType {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for DType {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(d)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
