//! The constructors of floor division, remainder and maximum, each with its simplifications; the only place that
//! makes such an atom.
//!
//! A constructor applies the first rule that fits and starts again on what is left; it makes an atom only when none
//! fits. So an atom's operands, put through the constructor again, give the same atom: printing and parsing rest on it.

use super::polynomial::{Atom, Polynomial, greatest_common_divisor};
use super::{Dim, Fault, Form, bounds, floor_quotient};

/// The most operands of one maximum.
const OPERAND_LIMIT: usize = 32;

fn known_floor_div(dividend: i64, divisor: i64) -> Result<i64, Fault> {
    if divisor == 0 {
        return Err(Fault::ZeroDivisor);
    }
    floor_quotient(i128::from(dividend), i128::from(divisor))
        .and_then(|quotient| i64::try_from(quotient).ok())
        .ok_or(Fault::TOO_LARGE)
}

fn is_positive(polynomial: &Polynomial) -> bool {
    bounds::lower(polynomial).is_some_and(|bound| bound >= 1)
}

/// The quotient, where the bounds leave only one. The divisor is positive.
fn constant_quotient(dividend: &Polynomial, divisor: &Polynomial) -> Option<i64> {
    let (low, high) = (bounds::lower(dividend), bounds::upper(dividend));
    if let (Some(step), Some(low), Some(high)) = (divisor.as_constant(), low, high) {
        let quotient = known_floor_div(low, step).ok()?;
        return (known_floor_div(high, step) == Ok(quotient)).then_some(quotient);
    }
    let is_not_negative = |polynomial: Result<Polynomial, Fault>| {
        polynomial.is_ok_and(|p| bounds::lower(&p).is_some_and(|bound| bound >= 0))
    };
    if low.is_some_and(|low| low >= 0) {
        let room = divisor.subtract(dividend).and_then(|difference| difference.add_constant(-1));
        return is_not_negative(room).then_some(0);
    }
    if high.is_some_and(|high| high < 0) {
        return is_not_negative(dividend.add(divisor)).then_some(-1);
    }
    None
}

/// `(g, dividend', divisor')` where `dividend = g*dividend' + k` with `0 <= k < g` and `divisor = g*divisor'`: the
/// constant `k` cannot change the quotient.
fn coarser(dividend: &Polynomial, divisor: &Polynomial) -> Result<Option<(i64, Polynomial, Polynomial)>, Fault> {
    let step = greatest_common_divisor(dividend.content_of_variable_part(), divisor.content());
    let Some(step) = i64::try_from(step).ok().filter(|step| *step > 1) else {
        return Ok(None);
    };
    let rest = dividend.constant_term().rem_euclid(step);
    let unit = Polynomial::constant(step)?;
    let parts = dividend.add_constant(-rest)?.exact_divide(&unit).zip(divisor.exact_divide(&unit));
    Ok(parts.map(|(dividend, divisor)| (step, dividend, divisor)))
}

/// The terms `c * (x % b)` of a polynomial, as `(c, x, b)` with the term itself.
fn remainders(polynomial: &Polynomial) -> impl Iterator<Item = (i64, &Dim, &Dim, Polynomial)> {
    polynomial.terms().iter().filter_map(|term| {
        let Atom::Modulo(dividend, divisor) = term.monomial.as_atom()? else {
            return None;
        };
        let whole = Polynomial::term(term.monomial.clone(), term.coefficient).ok()?;
        Some((term.coefficient, dividend, divisor, whole))
    })
}

pub(super) fn floor_div(dividend: &Dim, divisor: &Dim) -> Result<Dim, Fault> {
    match (&dividend.0, &divisor.0) {
        (Form::Known(a), Form::Known(b)) => return known_floor_div(*a, *b).map(Dim::known),
        (_, Form::Known(0)) => return Err(Fault::ZeroDivisor),
        (_, Form::Known(1)) | (Form::Known(0), _) => return Ok(dividend.clone()),
        _ => {}
    }
    floor_div_polynomials(&dividend.polynomial()?, &divisor.polynomial()?)
}

fn floor_div_polynomials(a: &Polynomial, b: &Polynomial) -> Result<Dim, Fault> {
    if let (Some(a), Some(b)) = (a.as_constant(), b.as_constant()) {
        return known_floor_div(a, b).map(Dim::known);
    }
    if a.is_zero() {
        return Ok(Dim::known(0));
    }
    if b.as_constant() == Some(1) {
        return Dim::from_polynomial(a.clone());
    }
    if b.is_leading_negative() {
        return floor_div_polynomials(&a.negate(), &b.negate());
    }
    // (q*b + r) // b = q + r//b
    if let Some((quotient, remainder)) = a.divide(b)
        && !quotient.is_zero()
    {
        return Dim::from_polynomial(quotient)?.try_add(&floor_div_polynomials(&remainder, b)?);
    }
    // (g*a) // (g*b) = a // b
    if let Some(common) = a.common_factor(b)
        && let Some((a, b)) = a.exact_divide(&common).zip(b.exact_divide(&common))
    {
        return floor_div_polynomials(&a, &b);
    }
    // (x - x%b) // b = x // b, and where the remainder's divisor is a multiple of b.
    for (scale, inner, inner_divisor, term) in remainders(a) {
        let Some(multiple) = inner_divisor.polynomial()?.scale(scale).ok().and_then(|product| product.exact_divide(b))
        else {
            continue;
        };
        let without = a.subtract(&term)?.add(&inner.polynomial()?.scale(scale)?)?;
        if without.terms().len() < a.terms().len() {
            let whole = Dim::from_polynomial(multiple)?.try_mul(&floor_div(inner, inner_divisor)?)?;
            return floor_div_polynomials(&without, b)?.try_sub(&whole);
        }
    }
    if is_positive(b) {
        if let Some((_, a, b)) = coarser(a, b)? {
            return floor_div_polynomials(&a, &b);
        }
        if let Some(quotient) = constant_quotient(a, b) {
            return Ok(Dim::known(quotient));
        }
        // (x//c + k) // b = (x + k*c) // (b*c)
        let offset = a.constant_term();
        if let Some(Atom::FloorDiv(inner, inner_divisor)) = a.add_constant(-offset)?.as_atom() {
            let inner_divisor = inner_divisor.polynomial()?;
            let joined = inner_divisor
                .scale(offset)
                .and_then(|offset| inner.polynomial()?.add(&offset))
                .and_then(|dividend| Ok((dividend, inner_divisor.multiply(b)?)));
            if let (true, Ok((dividend, divisor))) = (is_positive(&inner_divisor), joined) {
                return floor_div_polynomials(&dividend, &divisor);
            }
        }
        // a // b = -((b - 1 - a) // b), so that the leading term is positive.
        if a.is_leading_negative() {
            let flipped = b.subtract(a)?.add_constant(-1)?;
            return floor_div_polynomials(&flipped, b)?.try_neg();
        }
    }
    Dim::from_polynomial(Polynomial::atom(Atom::FloorDiv(
        Dim::from_polynomial(a.clone())?,
        Dim::from_polynomial(b.clone())?,
    )))
}

pub(super) fn modulo(dividend: &Dim, divisor: &Dim) -> Result<Dim, Fault> {
    match (&dividend.0, &divisor.0) {
        (Form::Known(a), Form::Known(b)) => return known_modulo(*a, *b).map(Dim::known),
        (_, Form::Known(0)) => return Err(Fault::ZeroDivisor),
        (_, Form::Known(1)) | (Form::Known(0), _) => return Ok(Dim::known(0)),
        _ => {}
    }
    modulo_polynomials(&dividend.polynomial()?, &divisor.polynomial()?)
}

fn known_modulo(dividend: i64, divisor: i64) -> Result<i64, Fault> {
    match divisor {
        0 => Err(Fault::ZeroDivisor),
        -1 => Ok(0),
        _ => {
            let remainder = dividend % divisor;
            let opposite = remainder != 0 && (remainder < 0) != (divisor < 0);
            Ok(if opposite { remainder + divisor } else { remainder })
        }
    }
}

fn modulo_polynomials(a: &Polynomial, b: &Polynomial) -> Result<Dim, Fault> {
    if let (Some(a), Some(b)) = (a.as_constant(), b.as_constant()) {
        return known_modulo(a, b).map(Dim::known);
    }
    if a.is_zero() || b.as_constant() == Some(1) {
        return Ok(Dim::known(0));
    }
    if b.is_leading_negative() {
        return modulo_polynomials(&a.negate(), &b.negate())?.try_neg();
    }
    // (q*b + r) % b = r % b
    if let Some((quotient, remainder)) = a.divide(b)
        && !quotient.is_zero()
    {
        return modulo_polynomials(&remainder, b);
    }
    // (g*a) % (g*b) = g * (a % b)
    if let Some(common) = a.common_factor(b)
        && let Some((a, b)) = a.exact_divide(&common).zip(b.exact_divide(&common))
    {
        return modulo_polynomials(&a, &b)?.try_mul(&Dim::from_polynomial(common)?);
    }
    // (c*(x%d) + y) % b = (c*x + y) % b where b divides c*d
    for (scale, inner, inner_divisor, term) in remainders(a) {
        let divides = inner_divisor.polynomial()?.scale(scale).is_ok_and(|product| product.exact_divide(b).is_some());
        if divides {
            let without = a.subtract(&term)?.add(&inner.polynomial()?.scale(scale)?)?;
            return modulo_polynomials(&without, b);
        }
    }
    if is_positive(b) {
        if let Some((step, coarse_a, coarse_b)) = coarser(a, b)? {
            let rest = Dim::known(a.constant_term().rem_euclid(step));
            return modulo_polynomials(&coarse_a, &coarse_b)?.try_mul(&Dim::known(step))?.try_add(&rest);
        }
        if let Some(quotient) = constant_quotient(a, b) {
            return Dim::from_polynomial(a.subtract(&b.scale(quotient)?)?);
        }
    }
    Dim::from_polynomial(Polynomial::atom(Atom::Modulo(
        Dim::from_polynomial(a.clone())?,
        Dim::from_polynomial(b.clone())?,
    )))
}

pub(super) fn max(left: &Dim, right: &Dim) -> Result<Dim, Fault> {
    match (&left.0, &right.0) {
        (Form::Known(a), Form::Known(b)) => Ok(Dim::known(*(a.max(b)))),
        _ => max_of(vec![left.clone(), right.clone()]),
    }
}

pub(super) fn min(left: &Dim, right: &Dim) -> Result<Dim, Fault> {
    match (&left.0, &right.0) {
        (Form::Known(a), Form::Known(b)) => Ok(Dim::known(*(a.min(b)))),
        _ => min_of(vec![left.clone(), right.clone()]),
    }
}

/// The smallest of one dim or more.
pub(super) fn min_of(mut operands: Vec<Dim>) -> Result<Dim, Fault> {
    if operands.iter().any(|operand| *operand == i64::MIN) {
        return Ok(Dim::known(i64::MIN));
    }
    // No size is larger than i64::MAX: a slice that ends there ends with its axis.
    operands.retain(|operand| *operand != i64::MAX);
    if operands.is_empty() {
        return Ok(Dim::known(i64::MAX));
    }
    max_of(operands.iter().map(Dim::try_neg).collect::<Result<_, _>>()?)?.try_neg()
}

/// The largest of one dim or more.
pub(super) fn max_of(mut operands: Vec<Dim>) -> Result<Dim, Fault> {
    if operands.iter().any(|operand| *operand == i64::MAX) {
        return Ok(Dim::known(i64::MAX));
    }
    operands.retain(|operand| *operand != i64::MIN);
    if operands.is_empty() {
        return Ok(Dim::known(i64::MIN));
    }
    // max(g*max(a,b),c) = max(g*a,g*b,c) where g is positive
    let mut flat: Vec<Dim> = Vec::with_capacity(operands.len());
    for operand in operands {
        match operand.as_multiple_of_max() {
            Some((scale, inner)) => {
                for operand in inner {
                    flat.push(operand.try_mul(&Dim::known(scale))?);
                }
            }
            None => flat.push(operand),
        }
    }
    flat.sort();
    flat.dedup();
    if flat.len() > OPERAND_LIMIT {
        return Err(Fault::TOO_LARGE);
    }
    // An operand that another is proved to reach goes; of two that reach each other, the later.
    let mut kept: Vec<Dim> = Vec::with_capacity(flat.len());
    for operand in flat {
        if kept.iter().any(|other| other.is_at_least(&operand)) {
            continue;
        }
        kept.retain(|other| !operand.is_at_least(other));
        kept.push(operand);
    }
    if let [only] = kept.as_slice() {
        return Ok(only.clone());
    }
    // max(g*a,g*b) = g*max(a,b)
    let mut content = 0;
    for operand in &kept {
        content = greatest_common_divisor(content, operand.polynomial()?.content());
    }
    if content > 1
        && let Ok(content) = i64::try_from(content)
    {
        let unit = Polynomial::constant(content)?;
        let mut reduced = Vec::with_capacity(kept.len());
        for operand in &kept {
            let quotient = operand.polynomial()?.exact_divide(&unit);
            reduced.push(Dim::from_polynomial(quotient.ok_or(Fault::TOO_LARGE)?)?);
        }
        return max_of(reduced)?.try_mul(&Dim::known(content));
    }
    Dim::from_polynomial(Polynomial::atom(Atom::Max(kept.into())))
}

pub(super) fn exact_div(dividend: &Dim, divisor: &Dim) -> Option<Dim> {
    match (&dividend.0, &divisor.0) {
        (_, Form::Known(0)) => return None,
        (_, Form::Known(1)) | (Form::Known(0), _) => return Some(dividend.clone()),
        (Form::Known(a), Form::Known(b)) => {
            return (known_modulo(*a, *b).ok()? == 0).then(|| known_floor_div(*a, *b).ok()).flatten().map(Dim::known);
        }
        _ => {}
    }
    let divisor = divisor.polynomial().ok()?;
    let mut dividend = dividend.polynomial().ok()?;
    let quotient = dividend.exact_divide(&divisor).or_else(|| {
        // x%b = x - (x//b)*b, so s0-s0%8 is (s0//8)*8.
        for (scale, inner, inner_divisor, term) in remainders(&dividend.clone()) {
            let whole = floor_div(inner, inner_divisor)
                .and_then(|quotient| quotient.try_mul(inner_divisor))
                .and_then(|multiple| inner.try_sub(&multiple))
                .and_then(|expanded| expanded.polynomial()?.scale(scale))
                .ok()?;
            dividend = dividend.subtract(&term).ok()?.add(&whole).ok()?;
        }
        dividend.exact_divide(&divisor)
    })?;
    Dim::from_polynomial(quotient).ok()
}
