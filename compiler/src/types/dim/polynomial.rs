//! Sums of monomials with integer coefficients over atoms: exact arithmetic only; what an atom means is `simplify`'s.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Dim, Fault, Form, Symbol};

/// The highest power of one atom.
const POWER_LIMIT: u32 = 64;
/// The most terms before like ones are joined.
const TERM_LIMIT: usize = 4096;
/// The most steps of one division.
const DIVISION_LIMIT: usize = 256;

/// An indeterminate. Operands are in normal form, and no rule of `simplify` applies to the atom.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Atom {
    Symbol(Symbol),
    FloorDiv(Dim, Dim),
    Modulo(Dim, Dim),
    /// Two operands or more, sorted, without duplicates.
    Max(Arc<[Dim]>),
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Factor {
    pub atom: Atom,
    pub power: u32,
}

/// A product of atoms, sorted by atom, each with a power of at least 1; the empty product is 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Monomial(Vec<Factor>);

/// Graded lexicographic, the larger monomial first: the order that terms print in, and one in which division by the
/// leading term ends.
impl Ord for Monomial {
    fn cmp(&self, other: &Monomial) -> Ordering {
        other.degree().cmp(&self.degree()).then_with(|| {
            self.0
                .iter()
                .zip(&other.0)
                .map(|(left, right)| left.atom.cmp(&right.atom).then(right.power.cmp(&left.power)))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Monomial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Monomial {
    pub fn one() -> Monomial {
        Monomial(Vec::new())
    }

    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    pub fn factors(&self) -> &[Factor] {
        &self.0
    }

    /// The atom, where this is one atom to the first power.
    pub fn as_atom(&self) -> Option<&Atom> {
        match self.0.as_slice() {
            [Factor { atom, power: 1 }] => Some(atom),
            _ => None,
        }
    }

    pub fn power_of(&self, atom: &Atom) -> u32 {
        self.0.iter().find(|factor| factor.atom == *atom).map_or(0, |factor| factor.power)
    }

    fn degree(&self) -> u32 {
        self.0.iter().map(|factor| factor.power).sum()
    }

    fn multiply(&self, other: &Monomial) -> Result<Monomial, Fault> {
        let mut factors: Vec<Factor> = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.atom.cmp(&b.atom) {
                Ordering::Less => factors.extend(left.next().cloned()),
                Ordering::Greater => factors.extend(right.next().cloned()),
                Ordering::Equal => {
                    let power = a.power + b.power;
                    if power > POWER_LIMIT {
                        return Err(Fault::TOO_LARGE);
                    }
                    factors.push(Factor { atom: a.atom.clone(), power });
                    left.next();
                    right.next();
                }
            }
        }
        factors.extend(left.cloned());
        factors.extend(right.cloned());
        Ok(Monomial(factors))
    }

    fn divide(&self, divisor: &Monomial) -> Option<Monomial> {
        let mut factors = self.0.clone();
        for factor in &divisor.0 {
            let found = factors.iter_mut().find(|candidate| candidate.atom == factor.atom)?;
            found.power = found.power.checked_sub(factor.power)?;
        }
        factors.retain(|factor| factor.power > 0);
        Some(Monomial(factors))
    }

    fn common(&self, other: &Monomial) -> Monomial {
        let factors = self.0.iter().filter_map(|factor| {
            let power = factor.power.min(other.power_of(&factor.atom));
            (power > 0).then(|| Factor { atom: factor.atom.clone(), power })
        });
        Monomial(factors.collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Term {
    pub monomial: Monomial,
    /// Not 0, and strictly between `i64::MIN + 1` and `i64::MAX`: those are what saturated dims are.
    pub coefficient: i64,
}

/// Terms in the order of their monomials, one for each; no terms is 0.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Polynomial(Vec<Term>);

fn coefficient(wide: i128) -> Result<i64, Fault> {
    match i64::try_from(wide) {
        Ok(value) if value.unsigned_abs() < i64::MAX.unsigned_abs() => Ok(value),
        _ => Err(Fault::TooLarge { negative: wide < 0 }),
    }
}

pub(super) fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Atom {
    /// Whether this is a maximum that reads better as the negated minimum of its negated operands: `max(-s0,-4)` is
    /// `-min(s0,4)`.
    pub fn is_negated_minimum(&self) -> bool {
        let Atom::Max(operands) = self else {
            return false;
        };
        operands.iter().all(|operand| match &operand.0 {
            Form::Known(value) => *value <= 0,
            Form::Symbolic(expression) => expression.polynomial.is_leading_negative(),
        })
    }
}

impl Term {
    /// The sign that the term reads with, negated minima among its factors counted in.
    pub fn is_negative(&self) -> bool {
        let odd_minima =
            self.monomial.factors().iter().filter(|factor| factor.power % 2 == 1 && factor.atom.is_negated_minimum());
        (self.coefficient < 0) != (odd_minima.count() % 2 == 1)
    }
}

impl Polynomial {
    pub fn zero() -> Polynomial {
        Polynomial(Vec::new())
    }

    pub fn constant(value: i64) -> Result<Polynomial, Fault> {
        Polynomial::term(Monomial::one(), value)
    }

    pub fn atom(atom: Atom) -> Polynomial {
        Polynomial(vec![Term { monomial: Monomial(vec![Factor { atom, power: 1 }]), coefficient: 1 }])
    }

    pub fn term(monomial: Monomial, value: i64) -> Result<Polynomial, Fault> {
        let coefficient = coefficient(i128::from(value))?;
        Ok(match coefficient {
            0 => Polynomial::zero(),
            _ => Polynomial(vec![Term { monomial, coefficient }]),
        })
    }

    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_constant(&self) -> Option<i64> {
        match self.0.as_slice() {
            [] => Some(0),
            [term] if term.monomial.is_one() => Some(term.coefficient),
            _ => None,
        }
    }

    /// The atom, where this is one atom and nothing else.
    pub fn as_atom(&self) -> Option<&Atom> {
        match self.0.as_slice() {
            [term] if term.coefficient == 1 => term.monomial.as_atom(),
            _ => None,
        }
    }

    /// The term without atoms.
    pub fn constant_term(&self) -> i64 {
        match self.0.last() {
            Some(term) if term.monomial.is_one() => term.coefficient,
            _ => 0,
        }
    }

    pub fn is_leading_negative(&self) -> bool {
        self.0.first().is_some_and(Term::is_negative)
    }

    /// The atoms of all terms, each once, in order.
    pub fn atoms(&self) -> Vec<&Atom> {
        let mut atoms: Vec<&Atom> =
            self.0.iter().flat_map(|term| term.monomial.factors()).map(|factor| &factor.atom).collect();
        atoms.sort();
        atoms.dedup();
        atoms
    }

    /// Joins like terms.
    fn collect(mut terms: Vec<(Monomial, i128)>) -> Result<Polynomial, Fault> {
        terms.sort_by(|left, right| left.0.cmp(&right.0));
        let mut joined: Vec<Term> = Vec::with_capacity(terms.len());
        let mut terms = terms.into_iter().peekable();
        while let Some((monomial, mut sum)) = terms.next() {
            while let Some((_, addend)) = terms.next_if(|(next, _)| *next == monomial) {
                sum = sum.saturating_add(addend);
            }
            let coefficient = coefficient(sum)?;
            if coefficient != 0 {
                joined.push(Term { monomial, coefficient });
            }
        }
        Ok(Polynomial(joined))
    }

    /// `self + other * scale`.
    fn add_scaled(&self, other: &Polynomial, scale: i64) -> Result<Polynomial, Fault> {
        let mut terms: Vec<Term> = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.monomial.cmp(&b.monomial),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let a = if order.is_le() { left.next() } else { None };
            let b = if order.is_ge() { right.next() } else { None };
            let wide = a.map_or(0, |term| i128::from(term.coefficient))
                + b.map_or(0, |term| i128::from(term.coefficient) * i128::from(scale));
            let coefficient = coefficient(wide)?;
            if let (Some(term), true) = (a.or(b), coefficient != 0) {
                terms.push(Term { monomial: term.monomial.clone(), coefficient });
            }
        }
        Ok(Polynomial(terms))
    }

    pub fn add(&self, other: &Polynomial) -> Result<Polynomial, Fault> {
        self.add_scaled(other, 1)
    }

    pub fn subtract(&self, other: &Polynomial) -> Result<Polynomial, Fault> {
        self.add_scaled(other, -1)
    }

    pub fn add_constant(&self, value: i64) -> Result<Polynomial, Fault> {
        self.add(&Polynomial::constant(value)?)
    }

    pub fn negate(&self) -> Polynomial {
        Polynomial(
            self.0
                .iter()
                .map(|term| Term { monomial: term.monomial.clone(), coefficient: -term.coefficient })
                .collect(),
        )
    }

    pub fn scale(&self, value: i64) -> Result<Polynomial, Fault> {
        Polynomial::zero().add_scaled(self, value)
    }

    pub fn multiply(&self, other: &Polynomial) -> Result<Polynomial, Fault> {
        if self.0.len() * other.0.len() > TERM_LIMIT {
            return Err(Fault::TOO_LARGE);
        }
        let mut products = Vec::with_capacity(self.0.len() * other.0.len());
        for left in &self.0 {
            for right in &other.0 {
                products.push((
                    left.monomial.multiply(&right.monomial)?,
                    i128::from(left.coefficient) * i128::from(right.coefficient),
                ));
            }
        }
        Polynomial::collect(products)
    }

    /// The greatest common divisor of the coefficients; 0 for 0.
    pub fn content(&self) -> u64 {
        self.0.iter().fold(0, |divisor, term| greatest_common_divisor(divisor, term.coefficient.unsigned_abs()))
    }

    /// The content, the constant term left out.
    pub fn content_of_variable_part(&self) -> u64 {
        self.0
            .iter()
            .filter(|term| !term.monomial.is_one())
            .fold(0, |divisor, term| greatest_common_divisor(divisor, term.coefficient.unsigned_abs()))
    }

    /// The largest single term that divides all terms of both; `None` for 1 and where both are 0.
    pub fn common_factor(&self, other: &Polynomial) -> Option<Polynomial> {
        let content = greatest_common_divisor(self.content(), other.content());
        let monomial = self
            .0
            .iter()
            .chain(&other.0)
            .map(|term| term.monomial.clone())
            .reduce(|common, monomial| common.common(&monomial))?;
        if content == 1 && monomial.is_one() {
            return None;
        }
        Polynomial::term(monomial, i64::try_from(content).ok()?).ok()
    }

    /// Quotient and remainder by the leading term of the divisor, coefficients rounded towards 0 and a constant over a
    /// constant downwards: `self = quotient * divisor + remainder`. `None` where a step does not fit.
    pub fn divide(&self, divisor: &Polynomial) -> Option<(Polynomial, Polynomial)> {
        let lead = divisor.0.first()?;
        let mut quotient = Vec::new();
        let mut remainder = self.clone();
        let mut position = 0;
        while let Some(term) = remainder.0.get(position) {
            let step = term
                .monomial
                .divide(&lead.monomial)
                .map(|monomial| {
                    let rounded = match term.monomial.is_one() {
                        true => term.coefficient.div_euclid(lead.coefficient),
                        false => term.coefficient / lead.coefficient,
                    };
                    (monomial, rounded)
                })
                .filter(|(_, rounded)| *rounded != 0);
            let Some((monomial, rounded)) = step else {
                position += 1;
                continue;
            };
            if quotient.len() == DIVISION_LIMIT {
                return None;
            }
            let step = Polynomial::term(monomial.clone(), rounded).ok()?;
            remainder = remainder.subtract(&step.multiply(divisor).ok()?).ok()?;
            quotient.push((monomial, i128::from(rounded)));
        }
        Some((Polynomial::collect(quotient).ok()?, remainder))
    }

    pub fn exact_divide(&self, divisor: &Polynomial) -> Option<Polynomial> {
        let (quotient, remainder) = self.divide(divisor)?;
        remainder.is_zero().then_some(quotient)
    }

    /// `(a, b)` such that `self = a * atom + b` and neither holds the atom; `None` where it has a higher power.
    pub fn split_at(&self, atom: &Atom) -> Option<(Polynomial, Polynomial)> {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for term in &self.0 {
            match term.monomial.power_of(atom) {
                0 => without.push((term.monomial.clone(), i128::from(term.coefficient))),
                1 => {
                    let mut factors = term.monomial.0.clone();
                    factors.retain(|factor| factor.atom != *atom);
                    with.push((Monomial(factors), i128::from(term.coefficient)));
                }
                _ => return None,
            }
        }
        Some((Polynomial::collect(with).ok()?, Polynomial::collect(without).ok()?))
    }
}
