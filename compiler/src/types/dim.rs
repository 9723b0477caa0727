//! `Dim`: a size as a normalised integer expression over symbols; no shapes, no guards and no knowledge of tensors.
//!
//! A dim is either a known `i64`, which costs what an `i64` costs, or a polynomial with integer coefficients whose
//! indeterminates are symbols, floor divisions, remainders and maxima. Two dims are equal when their normal forms are:
//! equality proves that the sizes agree, inequality proves nothing.
//!
//! Division and remainder are Python's: they round towards minus infinity. A symbol stands for a size of at least 2,
//! because 0 and 1 are always specialised; a difference of symbols may be anything. An expression means something only
//! where its divisors are not 0, so `s0*s1//s1` is `s0`.
//!
//! What does not fit (a coefficient outside `i64`, or an expression past the limits on nodes and nesting) is refused
//! by the `checked_` methods. The operators and the methods without that prefix never panic: they *saturate*, which
//! means that the whole result becomes the known dim `i64::MAX`, or `i64::MIN` where the coefficient that overflowed
//! was negative. These two stay what they are in all further arithmetic with symbols, but are neutral where they cannot
//! be the answer: `min(s0,i64::MAX)` is `s0`. Numbers that a user chose belong in the `checked_` methods.

mod bounds;
mod polynomial;
mod simplify;
mod text;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use polynomial::{Atom, Polynomial};
pub use text::ParseDimError;

/// The name of an unknown size of at least 2, printed `s0`, `s1`, ...
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbol(pub u32);

/// One size: an integer expression in normal form. The module says what that means.
///
/// The order is structural, for sorting and for canonical forms: known dims by value, then expressions. It is not the
/// order of the sizes, so `Ord::max` and `Ord::min` are the methods of the same name here: `a.max(b)` is the larger
/// size, however it is called.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Dim(Form);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Form {
    Known(i64),
    Symbolic(Arc<Expression>),
}

/// A polynomial that is not a constant, with what the limits need to know of it.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Expression {
    polynomial: Polynomial,
    nodes: u32,
    depth: u32,
}

/// The most nodes (terms and factors, those of operands included) of one dim.
const NODE_LIMIT: u32 = 2048;
/// The deepest nesting of floor divisions, remainders and maxima.
const DEPTH_LIMIT: u32 = 24;

/// Why an operation has no exact result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// The divisor is known to be 0.
    ZeroDivisor,
    /// The result does not fit; the sign of what overflowed.
    TooLarge { negative: bool },
}

impl Fault {
    const TOO_LARGE: Fault = Fault::TooLarge { negative: false };

    fn saturated(self) -> Dim {
        match self {
            Fault::TooLarge { negative: true } => Dim::known(i64::MIN),
            Fault::TooLarge { negative: false } | Fault::ZeroDivisor => Dim::known(i64::MAX),
        }
    }
}

fn saturate(result: Result<Dim, Fault>) -> Dim {
    result.unwrap_or_else(Fault::saturated)
}

impl Dim {
    /// A size that is known now.
    pub const fn known(value: i64) -> Dim {
        Dim(Form::Known(value))
    }

    /// A size of at least 2 that is not known yet.
    pub fn symbol(symbol: Symbol) -> Dim {
        saturate(Dim::from_polynomial(Polynomial::atom(Atom::Symbol(symbol))))
    }

    /// The value, where it does not depend on a symbol.
    pub const fn as_known(&self) -> Option<i64> {
        match &self.0 {
            Form::Known(value) => Some(*value),
            Form::Symbolic(_) => None,
        }
    }

    /// Whether the value does not depend on a symbol.
    pub const fn is_known(&self) -> bool {
        matches!(self.0, Form::Known(_))
    }

    /// The sum, or `None` where it does not fit.
    pub fn checked_add(&self, other: &Dim) -> Option<Dim> {
        self.try_add(other).ok()
    }

    /// The difference, or `None` where it does not fit.
    pub fn checked_sub(&self, other: &Dim) -> Option<Dim> {
        self.try_sub(other).ok()
    }

    /// The product, or `None` where it does not fit.
    pub fn checked_mul(&self, other: &Dim) -> Option<Dim> {
        self.try_mul(other).ok()
    }

    /// The quotient rounded towards minus infinity; `None` where the divisor is known to be 0 or the result does not
    /// fit.
    pub fn checked_floor_div(&self, divisor: &Dim) -> Option<Dim> {
        simplify::floor_div(self, divisor).ok()
    }

    /// The remainder of `checked_floor_div`, with the sign of the divisor; `None` where the divisor is known to be 0 or
    /// the result does not fit.
    pub fn checked_modulo(&self, divisor: &Dim) -> Option<Dim> {
        simplify::modulo(self, divisor).ok()
    }

    /// The larger of two sizes, or `None` where the expression does not fit.
    pub fn checked_max(&self, other: &Dim) -> Option<Dim> {
        simplify::max(self, other).ok()
    }

    /// The smaller of two sizes, or `None` where the expression does not fit.
    pub fn checked_min(&self, other: &Dim) -> Option<Dim> {
        simplify::min(self, other).ok()
    }

    /// The quotient rounded towards minus infinity. Saturates; a divisor known to be 0 gives `i64::MAX`.
    pub fn floor_div(&self, divisor: &Dim) -> Dim {
        saturate(simplify::floor_div(self, divisor))
    }

    /// The quotient rounded towards plus infinity. Saturates; a divisor known to be 0 gives `i64::MAX`.
    pub fn ceil_div(&self, divisor: &Dim) -> Dim {
        saturate(
            self.try_neg()
                .and_then(|negated| simplify::floor_div(&negated, divisor))
                .and_then(|quotient| quotient.try_neg()),
        )
    }

    /// The remainder of `floor_div`, with the sign of the divisor. Saturates; a divisor known to be 0 gives `i64::MAX`.
    pub fn modulo(&self, divisor: &Dim) -> Dim {
        saturate(simplify::modulo(self, divisor))
    }

    /// The larger of two sizes: one of them where the bounds of the symbols prove which, else `max(a,b)`. Saturates.
    pub fn max(&self, other: &Dim) -> Dim {
        saturate(simplify::max(self, other))
    }

    /// The smaller of two sizes, held as `-max(-a,-b)` and printed `min(a,b)`. Saturates.
    pub fn min(&self, other: &Dim) -> Dim {
        saturate(simplify::min(self, other))
    }

    /// The quotient where the divisor provably divides this dim, as polynomials: `s0*6` by `3` is `s0*2`,
    /// `s0*s1*4` by `s1*2` is `s0*2`. `None` where that is not proved, or the divisor is known to be 0.
    pub fn exact_div(&self, divisor: &Dim) -> Option<Dim> {
        simplify::exact_div(self, divisor)
    }

    /// The largest number proved to be at most this size, whatever the symbols are. `None` proves nothing.
    pub fn lower_bound(&self) -> Option<i64> {
        match &self.0 {
            Form::Known(value) => Some(*value),
            Form::Symbolic(expression) => bounds::lower(&expression.polynomial),
        }
    }

    /// The smallest number proved to be at least this size, whatever the symbols are. `None` proves nothing.
    pub fn upper_bound(&self) -> Option<i64> {
        match &self.0 {
            Form::Known(value) => Some(*value),
            Form::Symbolic(expression) => bounds::upper(&expression.polynomial),
        }
    }

    /// Whether this size is proved to be at least `other`, whatever the symbols are. `false` proves nothing.
    pub fn is_at_least(&self, other: &Dim) -> bool {
        match (self.as_known(), other.as_known()) {
            (Some(left), Some(right)) => left >= right,
            _ => {
                self.checked_sub(other).and_then(|difference| difference.lower_bound()).is_some_and(|bound| bound >= 0)
            }
        }
    }

    /// The symbols that the value depends on.
    pub fn symbols(&self) -> BTreeSet<Symbol> {
        let mut found = BTreeSet::new();
        self.collect_symbols(&mut found);
        found
    }

    fn collect_symbols(&self, found: &mut BTreeSet<Symbol>) {
        for atom in self.atoms() {
            match atom {
                Atom::Symbol(symbol) => {
                    found.insert(*symbol);
                }
                Atom::FloorDiv(left, right) | Atom::Modulo(left, right) => {
                    left.collect_symbols(found);
                    right.collect_symbols(found);
                }
                Atom::Max(operands) => {
                    for operand in operands.iter() {
                        operand.collect_symbols(found);
                    }
                }
            }
        }
    }

    /// This dim with symbols replaced, all at once; a symbol for which `replacement` is `None` stays. Saturates, also
    /// where a divisor becomes 0.
    pub fn substitute(&self, replacement: &dyn Fn(Symbol) -> Option<Dim>) -> Dim {
        saturate(self.try_substitute(replacement))
    }

    /// `substitute`, or `None` where the result does not fit or a divisor becomes 0.
    pub fn checked_substitute(&self, replacement: &dyn Fn(Symbol) -> Option<Dim>) -> Option<Dim> {
        self.try_substitute(replacement).ok()
    }

    fn try_substitute(&self, replacement: &dyn Fn(Symbol) -> Option<Dim>) -> Result<Dim, Fault> {
        let Form::Symbolic(expression) = &self.0 else {
            return Ok(self.clone());
        };
        let mut sum = Dim::known(0);
        for term in expression.polynomial.terms() {
            let mut product = Dim::known(term.coefficient);
            for factor in term.monomial.factors() {
                let value = match &factor.atom {
                    Atom::Symbol(symbol) => replacement(*symbol).unwrap_or_else(|| Dim::symbol(*symbol)),
                    Atom::FloorDiv(left, right) => {
                        simplify::floor_div(&left.try_substitute(replacement)?, &right.try_substitute(replacement)?)?
                    }
                    Atom::Modulo(left, right) => {
                        simplify::modulo(&left.try_substitute(replacement)?, &right.try_substitute(replacement)?)?
                    }
                    Atom::Max(operands) => simplify::max_of(
                        operands.iter().map(|operand| operand.try_substitute(replacement)).collect::<Result<_, _>>()?,
                    )?,
                };
                for _ in 0..factor.power {
                    product = product.try_mul(&value)?;
                }
            }
            sum = sum.try_add(&product)?;
        }
        Ok(sum)
    }

    /// The value under the given symbols; `None` where a symbol has no value, a divisor is 0, or the value (or, far
    /// beyond that, a step towards it) does not fit.
    pub fn evaluate(&self, value: &dyn Fn(Symbol) -> Option<i64>) -> Option<i64> {
        i64::try_from(self.evaluate_wide(value)?).ok()
    }

    fn evaluate_wide(&self, value: &dyn Fn(Symbol) -> Option<i64>) -> Option<i128> {
        let expression = match &self.0 {
            Form::Known(known) => return Some(i128::from(*known)),
            Form::Symbolic(expression) => expression,
        };
        let mut sum = 0_i128;
        for term in expression.polynomial.terms() {
            let mut product = i128::from(term.coefficient);
            for factor in term.monomial.factors() {
                let base = match &factor.atom {
                    Atom::Symbol(symbol) => i128::from(value(*symbol)?),
                    Atom::FloorDiv(left, right) => {
                        floor_quotient(left.evaluate_wide(value)?, right.evaluate_wide(value)?)?
                    }
                    Atom::Modulo(left, right) => {
                        let (left, right) = (left.evaluate_wide(value)?, right.evaluate_wide(value)?);
                        left.checked_sub(floor_quotient(left, right)?.checked_mul(right)?)?
                    }
                    Atom::Max(operands) => {
                        let mut largest = i128::MIN;
                        for operand in operands.iter() {
                            largest = largest.max(operand.evaluate_wide(value)?);
                        }
                        largest
                    }
                };
                product = product.checked_mul(base.checked_pow(factor.power)?)?;
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }

    /// The atoms of the outermost polynomial, those of operands left out.
    fn atoms(&self) -> impl Iterator<Item = &Atom> {
        let expression = match &self.0 {
            Form::Known(_) => None,
            Form::Symbolic(expression) => Some(expression),
        };
        expression
            .into_iter()
            .flat_map(|expression| expression.polynomial.terms())
            .flat_map(|term| term.monomial.factors())
            .map(|factor| &factor.atom)
    }

    /// `(g, operands)` where this is `g * max(operands)` and `g` is positive.
    fn as_multiple_of_max(&self) -> Option<(i64, &[Dim])> {
        let Form::Symbolic(expression) = &self.0 else {
            return None;
        };
        let [term] = expression.polynomial.terms() else {
            return None;
        };
        match term.monomial.as_atom() {
            Some(Atom::Max(operands)) if term.coefficient > 0 => Some((term.coefficient, operands)),
            _ => None,
        }
    }

    fn nodes(&self) -> u32 {
        match &self.0 {
            Form::Known(_) => 1,
            Form::Symbolic(expression) => expression.nodes,
        }
    }

    fn depth(&self) -> u32 {
        match &self.0 {
            Form::Known(_) => 0,
            Form::Symbolic(expression) => expression.depth,
        }
    }

    fn polynomial(&self) -> Result<Polynomial, Fault> {
        match &self.0 {
            Form::Known(value) => Polynomial::constant(*value),
            Form::Symbolic(expression) => Ok(expression.polynomial.clone()),
        }
    }

    fn from_polynomial(polynomial: Polynomial) -> Result<Dim, Fault> {
        if let Some(value) = polynomial.as_constant() {
            return Ok(Dim::known(value));
        }
        let (mut nodes, mut depth) = (0_u32, 0_u32);
        for term in polynomial.terms() {
            nodes = nodes.saturating_add(1);
            for factor in term.monomial.factors() {
                nodes = nodes.saturating_add(1);
                let operands: &[&Dim] = match &factor.atom {
                    Atom::Symbol(_) => &[],
                    Atom::FloorDiv(left, right) | Atom::Modulo(left, right) => &[left, right],
                    Atom::Max(operands) => &operands.iter().collect::<Vec<_>>(),
                };
                for operand in operands {
                    nodes = nodes.saturating_add(operand.nodes());
                    depth = depth.max(operand.depth() + 1);
                }
            }
        }
        if nodes > NODE_LIMIT || depth > DEPTH_LIMIT {
            return Err(Fault::TOO_LARGE);
        }
        Ok(Dim(Form::Symbolic(Arc::new(Expression { polynomial, nodes, depth }))))
    }

    fn try_add(&self, other: &Dim) -> Result<Dim, Fault> {
        match (&self.0, &other.0) {
            (Form::Known(left), Form::Known(right)) => {
                left.checked_add(*right).map(Dim::known).ok_or(Fault::TooLarge { negative: *left < 0 })
            }
            (Form::Known(0), _) => Ok(other.clone()),
            (_, Form::Known(0)) => Ok(self.clone()),
            _ => Dim::from_polynomial(self.polynomial()?.add(&other.polynomial()?)?),
        }
    }

    fn try_sub(&self, other: &Dim) -> Result<Dim, Fault> {
        match (&self.0, &other.0) {
            (Form::Known(left), Form::Known(right)) => {
                left.checked_sub(*right).map(Dim::known).ok_or(Fault::TooLarge { negative: *left < 0 })
            }
            (_, Form::Known(0)) => Ok(self.clone()),
            _ => Dim::from_polynomial(self.polynomial()?.subtract(&other.polynomial()?)?),
        }
    }

    fn try_mul(&self, other: &Dim) -> Result<Dim, Fault> {
        match (&self.0, &other.0) {
            (Form::Known(left), Form::Known(right)) => left
                .checked_mul(*right)
                .map(Dim::known)
                .ok_or(Fault::TooLarge { negative: (*left < 0) != (*right < 0) }),
            (Form::Known(0), _) | (_, Form::Known(0)) => Ok(Dim::known(0)),
            (Form::Known(1), _) => Ok(other.clone()),
            (_, Form::Known(1)) => Ok(self.clone()),
            _ => Dim::from_polynomial(self.polynomial()?.multiply(&other.polynomial()?)?),
        }
    }

    fn try_neg(&self) -> Result<Dim, Fault> {
        Dim::known(0).try_sub(self)
    }
}

/// The quotient rounded towards minus infinity; `None` for a divisor of 0 and for a quotient that does not fit.
fn floor_quotient(dividend: i128, divisor: i128) -> Option<i128> {
    let quotient = dividend.checked_div(divisor)?;
    let exact = dividend % divisor == 0;
    Some(if !exact && (dividend < 0) != (divisor < 0) { quotient - 1 } else { quotient })
}

impl Ord for Dim {
    fn cmp(&self, other: &Dim) -> Ordering {
        self.0.cmp(&other.0)
    }

    fn max(self, other: Dim) -> Dim {
        Dim::max(&self, &other)
    }

    fn min(self, other: Dim) -> Dim {
        Dim::min(&self, &other)
    }

    fn clamp(self, low: Dim, high: Dim) -> Dim {
        Dim::min(&Dim::max(&self, &low), &high)
    }
}

impl PartialOrd for Dim {
    fn partial_cmp(&self, other: &Dim) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Dim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Default for Dim {
    fn default() -> Dim {
        Dim::known(0)
    }
}

impl From<i32> for Dim {
    fn from(value: i32) -> Dim {
        Dim::known(i64::from(value))
    }
}

impl From<i64> for Dim {
    fn from(value: i64) -> Dim {
        Dim::known(value)
    }
}

/// Saturates at `i64::MAX`.
impl From<usize> for Dim {
    fn from(value: usize) -> Dim {
        Dim::known(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<Symbol> for Dim {
    fn from(symbol: Symbol) -> Dim {
        Dim::symbol(symbol)
    }
}

impl PartialEq<i64> for Dim {
    fn eq(&self, other: &i64) -> bool {
        self.as_known() == Some(*other)
    }
}

impl PartialEq<Dim> for i64 {
    fn eq(&self, other: &Dim) -> bool {
        other == self
    }
}

/// The operator for every pairing of owned and borrowed dims, and with an `i64` on either side.
macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $exact:ident) => {
        /// Saturates.
        impl $trait<&Dim> for &Dim {
            type Output = Dim;
            fn $method(self, other: &Dim) -> Dim {
                saturate(self.$exact(other))
            }
        }
        /// Saturates.
        impl $trait<Dim> for &Dim {
            type Output = Dim;
            fn $method(self, other: Dim) -> Dim {
                saturate(self.$exact(&other))
            }
        }
        /// Saturates.
        impl $trait<&Dim> for Dim {
            type Output = Dim;
            fn $method(self, other: &Dim) -> Dim {
                saturate(self.$exact(other))
            }
        }
        /// Saturates.
        impl $trait<Dim> for Dim {
            type Output = Dim;
            fn $method(self, other: Dim) -> Dim {
                saturate(self.$exact(&other))
            }
        }
        /// Saturates.
        impl $trait<i64> for &Dim {
            type Output = Dim;
            fn $method(self, other: i64) -> Dim {
                saturate(self.$exact(&Dim::known(other)))
            }
        }
        /// Saturates.
        impl $trait<i64> for Dim {
            type Output = Dim;
            fn $method(self, other: i64) -> Dim {
                saturate(self.$exact(&Dim::known(other)))
            }
        }
        /// Saturates.
        impl $trait<&Dim> for i64 {
            type Output = Dim;
            fn $method(self, other: &Dim) -> Dim {
                saturate(Dim::known(self).$exact(other))
            }
        }
        /// Saturates.
        impl $trait<Dim> for i64 {
            type Output = Dim;
            fn $method(self, other: Dim) -> Dim {
                saturate(Dim::known(self).$exact(&other))
            }
        }
        /// Saturates.
        impl $assign<&Dim> for Dim {
            fn $assign_method(&mut self, other: &Dim) {
                *self = saturate(self.$exact(other));
            }
        }
        /// Saturates.
        impl $assign<Dim> for Dim {
            fn $assign_method(&mut self, other: Dim) {
                *self = saturate(self.$exact(&other));
            }
        }
        /// Saturates.
        impl $assign<i64> for Dim {
            fn $assign_method(&mut self, other: i64) {
                *self = saturate(self.$exact(&Dim::known(other)));
            }
        }
    };
}

operator!(Add, add, AddAssign, add_assign, try_add);
operator!(Sub, sub, SubAssign, sub_assign, try_sub);
operator!(Mul, mul, MulAssign, mul_assign, try_mul);

/// Saturates.
impl Neg for &Dim {
    type Output = Dim;
    fn neg(self) -> Dim {
        saturate(self.try_neg())
    }
}

/// Saturates.
impl Neg for Dim {
    type Output = Dim;
    fn neg(self) -> Dim {
        saturate(self.try_neg())
    }
}

/// Saturates.
impl Sum<Dim> for Dim {
    fn sum<I: Iterator<Item = Dim>>(dims: I) -> Dim {
        dims.fold(Dim::known(0), |sum, dim| sum + dim)
    }
}

/// Saturates.
impl<'a> Sum<&'a Dim> for Dim {
    fn sum<I: Iterator<Item = &'a Dim>>(dims: I) -> Dim {
        dims.fold(Dim::known(0), |sum, dim| sum + dim)
    }
}

/// Saturates.
impl Product<Dim> for Dim {
    fn product<I: Iterator<Item = Dim>>(dims: I) -> Dim {
        dims.fold(Dim::known(1), |product, dim| product * dim)
    }
}

/// Saturates.
impl<'a> Product<&'a Dim> for Dim {
    fn product<I: Iterator<Item = &'a Dim>>(dims: I) -> Dim {
        dims.fold(Dim::known(1), |product, dim| product * dim)
    }
}

/// A known dim as an integer, an expression as its text.
impl Serialize for Dim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_known() {
            Some(value) => serializer.serialize_i64(value),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Dim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dim, D::Error> {
        struct DimVisitor;

        impl Visitor<'_> for DimVisitor {
            type Value = Dim;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a size: an integer or the text of an expression")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Dim, E> {
                Ok(Dim::known(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Dim, E> {
                i64::try_from(value)
                    .map(Dim::known)
                    .map_err(|_| E::custom(format_args!("size {value} is larger than {}", i64::MAX)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Dim, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(DimVisitor)
    }
}
