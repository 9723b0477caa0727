//! Every torch function: one row each, grouped by family. A row's signatures are parsed for argument checks, and the
//! functions, methods, in-place twins, `out=` forms and type stubs are derived from them.
//!
//! A function computes with values of a [`Scope`], which is a tape: what it emits is differentiable by construction.

mod argument;
mod call;
pub mod compose;
mod signature;

pub mod activation;
pub mod added_product;
pub mod alignment;
pub mod arithmetic;
pub mod arrangement;
pub mod attention;
pub mod bags;
pub mod channel_norm;
pub mod comparison;
pub mod complex;
pub mod contraction;
pub mod conversion;
pub mod convolution;
pub mod copies;
pub mod creation;
pub mod cumulative;
pub mod decomposition;
pub mod diagonal;
pub mod dropout;
pub mod einsum;
pub mod elementwise;
pub mod embedding;
pub mod floating;
pub mod fourier;
pub mod indexing;
pub mod interpolation;
pub mod linear_system;
pub mod loss;
pub mod margin_loss;
pub mod matrix_norm;
pub mod noise;
pub mod normalisation;
pub mod ordering;
pub mod padding;
pub mod pieces;
pub mod pooling;
pub mod product;
pub mod random;
pub mod reduction;
pub mod sampling;
pub mod scatter;
pub mod shape;
pub mod signal;
pub mod special;
pub mod statistics;
pub mod strided;
pub mod unpooling;

pub use argument::{Argument, Arguments, LateNumber, Returned};
pub(crate) use call::sizes as sizes_text;
pub use call::{call, call_in_place, call_out, default_device, set_default_device};
pub use compose::{default_dtype, number_dtype, set_default_dtype};
pub use signature::{Kind, MISSING, Parameter, Signature};

use std::{collections::HashMap, sync::LazyLock};

use crate::{autograd::Scope, error::Result, value::Value};

/// Where a function can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places(u32);

impl Places {
    /// `torch.name`.
    pub const TORCH: Places = Places(1);
    /// `Tensor.name`.
    pub const METHOD: Places = Places(2);
    /// `Tensor.name_`: derived from a computation.
    pub const IN_PLACE: Places = Places(4);
    /// `torch.name(..., out=)`: derived from a computation.
    pub const OUT: Places = Places(8);
    /// `torch.nn.functional.name`.
    pub const FUNCTIONAL: Places = Places(16);
    /// `torch.linalg.name`.
    pub const LINALG: Places = Places(32);
    /// `torch.special.name`.
    pub const SPECIAL: Places = Places(64);
    /// A property of `Tensor`.
    pub const PROPERTY: Places = Places(128);
    /// `torch.fft.name`.
    pub const FFT: Places = Places(256);
    /// `torch.signal.windows.name`.
    pub const WINDOWS: Places = Places(512);
    /// `torch.linalg.name`, and its `out=`.
    pub const LINALG_OUT: Places = Places(32 | 8);
    /// `torch.name` and `Tensor.name`.
    pub const BOTH: Places = Places(1 | 2);
    /// As [`Places::BOTH`], with the in-place twin and `out=`.
    pub const ALL: Places = Places(1 | 2 | 4 | 8);

    /// Both.
    pub const fn and(self, other: Places) -> Places {
        Places(self.0 | other.0)
    }

    /// Whether every place of `other` is one of these.
    pub const fn has(self, other: Places) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A torch function.
pub struct Function {
    /// torch's name, without namespace.
    pub name: &'static str,
    /// Where it can be found.
    pub places: Places,
    /// Its overloads, tried in order.
    pub overloads: &'static [Overload],
    /// Shapes, dtypes, errors, and where it differs from torch.
    pub doc: &'static str,
}

/// One signature of a function and what it does.
pub struct Overload {
    /// As torch writes it: `(Tensor input, Operand other, *, Number alpha=1)`. Where it returns no tensor, followed by what:
    /// `(Tensor input) -> bool`.
    pub signature: &'static str,
    /// What it does.
    pub body: Body,
}

/// What an overload does.
#[derive(Clone, Copy)]
pub enum Body {
    /// Computes one value.
    One(fn(&mut Scope<'_>, &Arguments) -> Result<Value>),
    /// Computes several values: a named tuple where fields are named, else a tuple.
    Many(fn(&mut Scope<'_>, &Arguments) -> Result<Vec<Value>>, &'static [&'static str]),
    /// Views, queries and effects: works on tensors, not values.
    Direct(fn(&Arguments) -> Result<Returned>),
}

macro_rules! families {
    ($($family:ident),* $(,)?) => {
        /// Every function, family by family.
        pub fn functions() -> impl Iterator<Item = &'static Function> {
            [$($family::FUNCTIONS),*].into_iter().flatten()
        }
    };
}
families! {
    activation, added_product, alignment, arithmetic, arrangement, attention, bags, channel_norm, comparison, complex, contraction, conversion, convolution, copies, creation, cumulative, decomposition, diagonal, dropout, einsum, elementwise, embedding, floating, fourier, indexing, interpolation, linear_system, loss, margin_loss, matrix_norm, noise, normalisation, ordering, padding, pieces, pooling, product, random, reduction, sampling, scatter, shape, signal, special, statistics, strided, unpooling,
}

impl Function {
    /// The name in a place. Where torch has functions of one name that differ, those of a namespace carry it in front, as
    /// they do in torch's own sources: `linalg_norm` is `torch.linalg.norm`.
    pub fn name_in(&self, place: Places) -> &'static str {
        let prefix = match place {
            Places::LINALG => "linalg_",
            Places::SPECIAL => "special_",
            Places::FFT => "fft_",
            Places::WINDOWS => "windows_",
            _ => "",
        };
        self.name.strip_prefix(prefix).unwrap_or(self.name)
    }

    /// The function of that name.
    pub fn named(name: &str) -> Option<&'static Function> {
        static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
            LazyLock::new(|| functions().map(|f| (f.name, f)).collect());
        BY_NAME.get(name).copied()
    }

    /// The parsed signatures, in order.
    pub fn signatures(&'static self) -> &'static [Signature] {
        static PARSED: LazyLock<HashMap<&'static str, Vec<Signature>>> = LazyLock::new(|| {
            functions()
                .map(|f| (f.name, f.overloads.iter().map(|o| Signature::parse(f.name, o.signature)).collect()))
                .collect()
        });
        PARSED.get(self.name).map_or(&[], Vec::as_slice)
    }
}

/// A function of one overload.
const fn row(name: &'static str, places: Places, overloads: &'static [Overload], doc: &'static str) -> Function {
    Function { name, places, overloads, doc }
}

/// An overload that computes one value.
const fn one(signature: &'static str, body: fn(&mut Scope<'_>, &Arguments) -> Result<Value>) -> Overload {
    Overload { signature, body: Body::One(body) }
}

/// An overload that computes several values.
#[allow(dead_code, reason = "families that are not written yet use it")]
const fn many(
    signature: &'static str,
    body: fn(&mut Scope<'_>, &Arguments) -> Result<Vec<Value>>,
    fields: &'static [&'static str],
) -> Overload {
    Overload { signature, body: Body::Many(body, fields) }
}

/// An overload that works on tensors.
const fn direct(signature: &'static str, body: fn(&Arguments) -> Result<Returned>) -> Overload {
    Overload { signature, body: Body::Direct(body) }
}
