//! The op table: one row an op, grouped in families. A family is a file here and a `match` in the runtime's lowering.

mod attribute;
mod row;
pub mod through;

pub mod algebra;
pub mod attention;
pub mod contraction;
pub mod convolution;
pub mod creation;
pub mod elementwise;
pub mod indexing;
pub mod movement;
pub mod normalisation;
pub mod ordering;
pub mod random;
pub mod reduction;
pub mod region;
pub mod special;
pub mod spectral;
pub mod window;

pub use attribute::{Attr, AttrKind, AttrSpec, Attrs, Axes};
pub use row::{Batch, Call, Class, Cost, Derivative, Domain, Placement, Row, Sample, Signature, Tangent, Types};
pub use through::{Relabelling, Site, Through};

use std::{collections::HashMap, fmt, sync::LazyLock};

/// Declares a family: an enum of its ops, the constants `Op::Name` and the rows.
macro_rules! family {
    ($(#[$meta:meta])* $Family:ident { $($Variant:ident = $row:expr;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $Family { $($Variant),* }

        #[allow(non_upper_case_globals, missing_docs)]
        impl crate::ops::Op {
            $(pub const $Variant: crate::ops::Op = crate::ops::Op::$Family($Family::$Variant);)*
        }

        /// The rows, in the order of the enum.
        pub(super) static ROWS: &[crate::ops::Row] =
            &[$(crate::ops::Row { op: crate::ops::Op::$Variant, ..$row }),*];
    };
}
use family;

macro_rules! families {
    ($($Family:ident $module:ident),* $(,)?) => {
        $(pub use $module::$Family;)*

        /// An op: its family and its place there. `Op::Add` and the like are constants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum Op { $($Family($Family)),* }

        impl Op {
            /// Everything the compiler knows of this op.
            pub fn row(self) -> &'static Row {
                match self { $(Op::$Family(op) => &$module::ROWS[op as usize]),* }
            }

            /// Every row, family by family.
            pub fn rows() -> impl Iterator<Item = &'static Row> {
                [$($module::ROWS),*].into_iter().flatten()
            }
        }
    };
}
families! {
    Elementwise elementwise, Special special, Reduction reduction, Window window, Movement movement, Contraction contraction,
    Convolutional convolution, Attentive attention, Indexing indexing, Ordering ordering,
    Normalisation normalisation, Algebra algebra, Spectral spectral, Creation creation, Random random, Region region,
}

impl Op {
    /// The name in the text form.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The op of that name.
    pub fn named(name: &str) -> Option<Op> {
        static BY_NAME: LazyLock<HashMap<&'static str, Op>> =
            LazyLock::new(|| Op::rows().map(|r| (r.name, r.op)).collect());
        BY_NAME.get(name).copied()
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
