//! The gamma function's relatives.

use spec_math::cephes64;

/// The derivative of the logarithm of the gamma function: infinite at 0, by its sign, and NaN at negative integers.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 && (x.fract() == 0.0 || x.is_infinite()) {
        return f64::NAN;
    }
    cephes64::psi(x)
}

/// The Hurwitz zeta function: the sum of 1 / (k + q)^s over k from 0. Left of 0, where s must be an integer, the terms up to
/// 0 are the difference of two such sums from the other side.
pub(crate) fn zeta(s: f64, q: f64) -> f64 {
    if s.is_nan() || q.is_nan() || s < 1.0 {
        return f64::NAN;
    }
    if s == 1.0 {
        return f64::INFINITY;
    }
    if q > 0.0 {
        return cephes64::zeta(s, q);
    }
    if q == q.floor() {
        return f64::INFINITY;
    }
    if s != s.floor() {
        return f64::NAN;
    }
    let above = q - q.floor();
    let sign = if s % 2.0 == 0.0 { 1.0 } else { -1.0 };
    cephes64::zeta(s, above) + sign * (cephes64::zeta(s, 1.0 - above) - cephes64::zeta(s, 1.0 - q))
}

/// The lower incomplete gamma function over the gamma function.
pub(crate) fn igamma(a: f64, x: f64) -> f64 {
    if a.is_nan() || x.is_nan() { f64::NAN } else { cephes64::igam(a, x) }
}

/// The upper incomplete gamma function over the gamma function.
pub(crate) fn igammac(a: f64, x: f64) -> f64 {
    if a.is_nan() || x.is_nan() { f64::NAN } else { cephes64::igamc(a, x) }
}
