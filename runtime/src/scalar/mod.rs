//! Special functions of one or two real numbers in double precision. Cephes' own stand in the crate `spec_math`, those of
//! musl in `libm`; here is what both lack, and the edges where torch answers otherwise.

mod error;
mod gamma;
mod polynomial;
mod whole;

pub(crate) use error::{erfcx, erfinv, log_ndtr, ndtri};
pub(crate) use gamma::{digamma, igamma, igammac, zeta};
pub(crate) use polynomial::{Polynomial, polynomial};
pub(crate) use whole::{gcd, lcm};

use spec_math::cephes64;

/// sin(pi x) / (pi x).
pub(crate) fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if x == 0.0 { 1.0 } else { angle.sin() / angle }
}

/// sin(x) / x, which vanishes at infinity.
pub(crate) fn spherical_bessel_j0(x: f64) -> f64 {
    if x.is_infinite() {
        0.0
    } else if x == 0.0 {
        1.0
    } else {
        x.sin() / x
    }
}

/// The Airy function Ai; NaN at infinities, as torch has it.
pub(crate) fn airy_ai(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    // Beyond this Ai is below the smallest number.
    if x > 104.0 { 0.0 } else { cephes64::airy(x).0 }
}

/// A Bessel function of the second kind from one of positive numbers: an even or odd function has no value left of 0.
pub(crate) fn right_of_zero(x: f64, at_zero: f64, function: fn(f64) -> f64) -> f64 {
    if x == 0.0 {
        at_zero
    } else if x > 0.0 {
        function(x)
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests;
