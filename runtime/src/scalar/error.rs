//! The error function's relatives.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use spec_math::cephes64;

/// exp(x x) erfc(x). The square's rounding error is taken along; far right by the asymptotic series (Abramowitz and Stegun
/// 7.1.23), whose terms fall by (2 k - 1) / (2 x x).
pub(crate) fn erfcx(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 25.0 {
        let step = -0.5 / (x * x);
        let (mut term, mut sum) = (1.0, 1.0);
        for k in 1..8 {
            term *= step * f64::from(2 * k - 1);
            sum += term;
        }
        return sum / (x * PI.sqrt());
    }
    let square = x * x;
    if square.is_infinite() {
        return f64::INFINITY;
    }
    let lost = x.mul_add(x, -square);
    square.exp() * (1.0 + lost) * libm::erfc(x)
}

/// The logarithm of the normal distribution's share below x.
pub(crate) fn log_ndtr(x: f64) -> f64 {
    if x < -1.0 {
        (0.5 * erfcx(-x * FRAC_1_SQRT_2)).ln() - 0.5 * x * x
    } else {
        (-0.5 * libm::erfc(x * FRAC_1_SQRT_2)).ln_1p()
    }
}

/// Below which number the normal distribution has the share.
pub(crate) fn ndtri(share: f64) -> f64 {
    match share {
        0.0 => f64::NEG_INFINITY,
        1.0 => f64::INFINITY,
        share if share > 0.0 && share < 1.0 => cephes64::ndtri(share),
        _ => f64::NAN,
    }
}

/// The inverse of the error function: a start by the normal distribution's inverse, and two of Newton's steps, the ends by
/// the complement.
pub(crate) fn erfinv(y: f64) -> f64 {
    let size = y.abs();
    if size == 1.0 {
        return f64::INFINITY.copysign(y);
    }
    if size.is_nan() || size > 1.0 {
        return f64::NAN;
    }
    if size < 1e-8 {
        return y * (PI.sqrt() / 2.0);
    }
    let mut x = -cephes64::ndtri(0.5 * (1.0 - size)) * FRAC_1_SQRT_2;
    for _ in 0..2 {
        let excess = if size > 0.5 { (1.0 - size) - libm::erfc(x) } else { libm::erf(x) - size };
        x -= excess * (PI.sqrt() / 2.0) * (x * x).exp();
    }
    x.copysign(y)
}
