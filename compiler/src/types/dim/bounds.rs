//! What can be proved of a polynomial's value from symbols being at least 2: bounds only, nothing is rewritten here.
//!
//! A bound is found by writing each atom as its smallest (or largest) value plus (or minus) something that is not
//! negative: where no term of what results can pull the other way, the constant is the bound. Atoms that depend on
//! others are also replaced by what they lie between: `x//b*b` between `x-b+1` and `x`, `x%b` below `b`, a maximum is
//! one of its operands. The work is bounded; running out proves nothing, and does so the same way each time.

use super::polynomial::{Atom, Polynomial};
use super::{Dim, floor_quotient};

/// How many terms may be looked at for one bound.
const BUDGET: usize = 2048;

/// The largest number proved to be at most `polynomial`.
pub(super) fn lower(polynomial: &Polynomial) -> Option<i64> {
    Search { budget: BUDGET }.lower(polynomial)
}

/// The smallest number proved to be at least `polynomial`.
pub(super) fn upper(polynomial: &Polynomial) -> Option<i64> {
    Search { budget: BUDGET }.upper(polynomial)
}

struct Search {
    budget: usize,
}

/// What a value lies between; `None` is infinite.
#[derive(Clone, Copy)]
struct Interval {
    low: Option<i64>,
    high: Option<i64>,
}

impl Search {
    fn spend(&mut self, polynomial: &Polynomial) -> Option<()> {
        let factors: usize = polynomial.terms().iter().map(|term| 1 + term.monomial.factors().len()).sum();
        match self.budget.checked_sub(factors + 1) {
            Some(left) => {
                self.budget = left;
                Some(())
            }
            None => {
                self.budget = 0;
                None
            }
        }
    }

    fn upper(&mut self, polynomial: &Polynomial) -> Option<i64> {
        self.lower(&polynomial.negate())?.checked_neg()
    }

    fn lower(&mut self, polynomial: &Polynomial) -> Option<i64> {
        if let Some(value) = polynomial.as_constant() {
            return Some(value);
        }
        self.spend(polynomial)?;
        let mut best = self.lower_by_shift(polynomial);
        for atom in polynomial.atoms() {
            if !matches!(atom, Atom::Symbol(_)) {
                best = best.max(self.lower_by_relation(polynomial, atom));
            }
        }
        best
    }

    fn lower_of(&mut self, dim: &Dim) -> Option<i64> {
        self.lower(&dim.polynomial().ok()?)
    }

    fn upper_of(&mut self, dim: &Dim) -> Option<i64> {
        self.upper(&dim.polynomial().ok()?)
    }

    fn is_not_negative(&mut self, polynomial: &Polynomial) -> bool {
        self.lower(polynomial).is_some_and(|bound| bound >= 0)
    }

    fn interval(&mut self, atom: &Atom) -> Interval {
        const EVERYTHING: Interval = Interval { low: None, high: None };
        match atom {
            Atom::Symbol(_) => Interval { low: Some(2), high: None },
            Atom::FloorDiv(dividend, divisor) => {
                let Some(smallest) = self.lower_of(divisor).filter(|bound| *bound >= 1) else {
                    return EVERYTHING;
                };
                let largest = self.upper_of(divisor);
                // The quotient moves away from 0 as the divisor shrinks.
                let quotient = |value: i64, away: bool| match (away, largest) {
                    (true, _) => narrow_floor(value, smallest),
                    (false, Some(largest)) => narrow_floor(value, largest),
                    (false, None) => Some(if value < 0 { -1 } else { 0 }),
                };
                Interval {
                    low: self.lower_of(dividend).and_then(|value| quotient(value, value < 0)),
                    high: self.upper_of(dividend).and_then(|value| quotient(value, value >= 0)),
                }
            }
            Atom::Modulo(dividend, divisor) => {
                if self.lower_of(divisor).is_none_or(|bound| bound < 1) {
                    return EVERYTHING;
                }
                let below_divisor = self.upper_of(divisor).and_then(|bound| bound.checked_sub(1));
                let below_dividend = match self.lower_of(dividend) {
                    Some(bound) if bound >= 0 => self.upper_of(dividend),
                    _ => None,
                };
                Interval {
                    low: Some(0),
                    high: match (below_divisor, below_dividend) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    },
                }
            }
            Atom::Max(operands) => {
                let mut interval = Interval { low: None, high: Some(i64::MIN) };
                for operand in operands.iter() {
                    interval.low = interval.low.max(self.lower_of(operand));
                    interval.high = match (interval.high, self.upper_of(operand)) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        _ => None,
                    };
                }
                interval
            }
        }
    }

    /// Each atom is an end of its interval, plus or minus a distance from it.
    fn lower_by_shift(&mut self, polynomial: &Polynomial) -> Option<i64> {
        let mut shifts = Vec::new();
        for atom in polynomial.atoms() {
            let interval = self.interval(atom);
            let only_pulls_down =
                polynomial.terms().iter().all(|term| term.coefficient < 0 || term.monomial.power_of(atom) == 0);
            let distance = Polynomial::atom(atom.clone());
            let shifted = match (interval.low, interval.high) {
                (_, Some(high)) if only_pulls_down => distance.negate().add_constant(high),
                (Some(low), _) => distance.add_constant(low),
                (None, Some(high)) => distance.negate().add_constant(high),
                (None, None) => return None,
            };
            let reach = match (interval.low, interval.high) {
                (Some(low), Some(high)) => Some(high.checked_sub(low)?),
                _ => None,
            };
            shifts.push((atom, shifted.ok()?, reach));
        }
        let shift = |atom: &Atom| shifts.iter().find(|(shifted, ..)| *shifted == atom);

        let mut expanded = Polynomial::zero();
        for term in polynomial.terms() {
            let mut product = Polynomial::constant(term.coefficient).ok()?;
            for factor in term.monomial.factors() {
                let (_, shifted, _) = shift(&factor.atom)?;
                for _ in 0..factor.power {
                    product = product.multiply(shifted).ok()?;
                    self.spend(&product)?;
                }
            }
            expanded = expanded.add(&product).ok()?;
        }

        let mut bound = i128::from(expanded.constant_term());
        for term in expanded.terms() {
            if term.coefficient >= 0 || term.monomial.is_one() {
                continue;
            }
            let mut worst = i128::from(term.coefficient);
            for factor in term.monomial.factors() {
                let (_, _, reach) = shift(&factor.atom)?;
                worst = worst.checked_mul(i128::from((*reach)?).checked_pow(factor.power)?)?;
            }
            bound = bound.checked_add(worst)?;
        }
        i64::try_from(bound).ok()
    }

    /// The atom, where it is linear, is replaced by what it lies between.
    fn lower_by_relation(&mut self, polynomial: &Polynomial, atom: &Atom) -> Option<i64> {
        self.spend(polynomial)?;
        let (slope, rest) = polynomial.split_at(atom)?;
        let replaced = |value: &Polynomial| slope.multiply(value).and_then(|p| p.add(&rest)).ok();
        match atom {
            Atom::Symbol(_) => None,
            Atom::FloorDiv(dividend, divisor) => {
                let dividend = dividend.polynomial().ok()?;
                let falls = self.is_not_negative(&slope.negate());
                if let Some(step) = divisor.as_known().filter(|step| *step >= 1) {
                    let multiple = if falls {
                        dividend
                    } else if self.is_not_negative(&slope) {
                        dividend.add_constant(1 - step).ok()?
                    } else {
                        return None;
                    };
                    let scaled = slope.multiply(&multiple).ok()?.add(&rest.scale(step).ok()?).ok()?;
                    let bound = self.lower(&scaled)?;
                    // Rounded up: the value is an integer.
                    narrow_floor(bound.checked_neg()?, step)?.checked_neg()
                } else if falls
                    && self.is_not_negative(&dividend)
                    && self.lower_of(divisor).is_some_and(|bound| bound >= 1)
                {
                    self.lower(&replaced(&dividend)?)
                } else {
                    None
                }
            }
            Atom::Modulo(dividend, divisor) => {
                if !self.is_not_negative(&slope.negate()) || self.lower_of(divisor).is_none_or(|bound| bound < 1) {
                    return None;
                }
                let dividend = dividend.polynomial().ok()?;
                let largest = divisor.polynomial().ok()?.add_constant(-1).ok()?;
                let below_divisor = replaced(&largest).and_then(|p| self.lower(&p));
                let below_dividend = match self.is_not_negative(&dividend) {
                    true => replaced(&dividend).and_then(|p| self.lower(&p)),
                    false => None,
                };
                below_divisor.max(below_dividend)
            }
            Atom::Max(operands) => {
                let rises = self.is_not_negative(&slope);
                let (mut smallest, mut largest) = (Some(i64::MAX), None);
                for operand in operands.iter() {
                    let bound =
                        operand.polynomial().ok().and_then(|operand| replaced(&operand)).and_then(|p| self.lower(&p));
                    smallest = smallest.min(bound);
                    largest = largest.max(bound);
                }
                if rises { largest } else { smallest }
            }
        }
    }
}

fn narrow_floor(dividend: i64, divisor: i64) -> Option<i64> {
    i64::try_from(floor_quotient(i128::from(dividend), i128::from(divisor))?).ok()
}
