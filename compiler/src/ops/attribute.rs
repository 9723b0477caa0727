//! Typed attributes of an op: what is fixed when the op is recorded. Their names and kinds stand in the op's row.

use smallvec::SmallVec;
use std::{fmt, sync::Arc};

use crate::types::{DType, Dim, Scalar, Shape, Sizes};

/// Axes of a value, counted from the front: never negative.
pub type Axes = SmallVec<[u32; 4]>;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attr {
    /// A truth value.
    Bool(bool),
    /// One axis, or another small count.
    Axis(u32),
    /// A list of axes.
    Axes(Axes),
    /// One size.
    Dim(Dim),
    /// A list of sizes.
    Dims(Shape),
    /// An element type.
    DType(DType),
    /// A number.
    Scalar(Scalar),
    /// A word.
    Name(Arc<str>),
}

/// What an attribute may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttrKind {
    /// [`Attr::Bool`]
    Bool,
    /// [`Attr::Axis`]
    Axis,
    /// [`Attr::Axes`]
    Axes,
    /// [`Attr::Dim`]
    Dim,
    /// [`Attr::Dims`]
    Dims,
    /// [`Attr::DType`]
    DType,
    /// [`Attr::Scalar`]
    Scalar,
    /// [`Attr::Name`]
    Name,
}

/// The attributes of one call, in the order of its row.
pub type Attrs = SmallVec<[Attr; 3]>;

/// Name and kind of an attribute, as its row declares it.
#[derive(Clone, Copy, Debug)]
pub struct AttrSpec {
    /// The keyword in the text form.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttrKind,
}

impl Attr {
    /// The kind of this value.
    pub fn kind(&self) -> AttrKind {
        match self {
            Attr::Bool(_) => AttrKind::Bool,
            Attr::Axis(_) => AttrKind::Axis,
            Attr::Axes(_) => AttrKind::Axes,
            Attr::Dim(_) => AttrKind::Dim,
            Attr::Dims(_) => AttrKind::Dims,
            Attr::DType(_) => AttrKind::DType,
            Attr::Scalar(_) => AttrKind::Scalar,
            Attr::Name(_) => AttrKind::Name,
        }
    }
}

impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attr::Bool(b) => write!(f, "{b}"),
            Attr::Axis(a) => write!(f, "{a}"),
            Attr::Axes(a) => {
                f.write_str("[")?;
                for (i, x) in a.iter().enumerate() {
                    write!(f, "{}{x}", if i > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Attr::Dim(d) => write!(f, "{d}"),
            Attr::Dims(d) => write!(f, "{}", Sizes(d)),
            Attr::DType(d) => write!(f, "{d}"),
            Attr::Scalar(s) => write!(f, "{s}"),
            Attr::Name(n) => write!(f, "{n:?}"),
        }
    }
}

macro_rules! attr_from {
    ($($t:ty => $v:ident),*) => { $(impl From<$t> for Attr { fn from(x: $t) -> Self { Attr::$v(x) } })* };
}
attr_from!(bool => Bool, u32 => Axis, Axes => Axes, Dim => Dim, Shape => Dims, DType => DType, Scalar => Scalar, Arc<str> => Name);

/// Builds the attributes of a call: `attrs![axes, dtype]`, in the order of the row.
#[macro_export]
macro_rules! attrs {
    ($($a:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut list = $crate::ops::Attrs::new();
        $(list.push($crate::ops::Attr::from($a));)*
        list
    }};
}
