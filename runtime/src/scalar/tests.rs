//! Values of tables, to fourteen digits or what the neighbour functions give.
#![allow(clippy::unwrap_used)]

use super::*;

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 2e-13 * wanted.abs().max(1e-300), "{found} instead of {wanted}");
}

#[test]
fn the_error_functions_relatives_have_their_known_values() {
    near(erfcx(1.0), 0.427_583_576_155_807);
    near(erfcx(24.5), 0.023_009_011_874_778_182);
    near(erfcx(25.5), 0.022_108_108_052_519_827);
    near(erfcx(-2.0), 108.940_904_389_977_97);
    near(log_ndtr(-30.0), -454.321_243_956_343_2);
    near(log_ndtr(0.0), -std::f64::consts::LN_2);
    for y in [1e-12, 0.1, 0.5, 0.9, 0.999_999, -0.3] {
        near(libm::erf(erfinv(y)), y);
    }
    assert_eq!((erfinv(1.0), erfinv(-1.0)), (f64::INFINITY, f64::NEG_INFINITY));
    assert!(erfinv(1.1).is_nan() && ndtri(-0.1).is_nan());
    assert_eq!((ndtri(0.0), ndtri(1.0), ndtri(0.5)), (f64::NEG_INFINITY, f64::INFINITY, 0.0));
}

#[test]
fn zeta_is_its_sum_also_left_of_zero() {
    near(zeta(2.0, 1.0), std::f64::consts::PI.powi(2) / 6.0);
    let (s, q) = (3.0, -4.3);
    let terms: f64 = (0..6).map(|k| (f64::from(k) + q).powi(-3)).sum();
    near(zeta(s, q), terms + zeta(s, q + 6.0));
    assert_eq!(zeta(1.0, 3.0), f64::INFINITY);
    assert_eq!(zeta(2.0, -3.0), f64::INFINITY);
    assert!(zeta(0.5, 1.0).is_nan() && zeta(2.5, -0.5).is_nan());
    assert!(zeta(2.0, -1e17 - 16.0).is_infinite());
}

#[test]
fn polynomials_agree_with_themselves_over_both_forms() {
    for name in flashlight_compiler::ops::special::POLYNOMIALS {
        let family = Polynomial::named(name).unwrap();
        let at = |n: i64, x: f64| polynomial(family, x, n as f64, 512);
        assert_eq!(at(0, 0.3), 1.0, "{name}");
        assert_eq!(at(-1, 0.3), 0.0, "{name}");
        if name.contains("chebyshev") {
            let inner = if name.starts_with("shifted") { 2.0 * 0.3 - 1.0 } else { 0.3 };
            near(at(12, 0.3), 2.0 * inner * at(11, 0.3) - at(10, 0.3));
        }
    }
    near(polynomial(Polynomial::LegendreP, 0.5, 4.0, 0), -0.289_062_5);
    near(polynomial(Polynomial::LaguerreL, 0.5, 3.0, 0), 1.0 - 1.5 + 0.375 - 0.125 / 6.0);
    near(polynomial(Polynomial::HermiteH, 0.5, 3.0, 512), 8.0 * 0.125 - 6.0);
    near(polynomial(Polynomial::HermiteHe, 0.5, 3.0, 512), 0.125 - 1.5);
}

#[test]
fn divisors_and_multiples_take_zero() {
    assert_eq!((gcd(0, 0), gcd(0, 7), gcd(12, 18)), (0, 7, 6));
    assert_eq!((lcm(0, 0), lcm(0, 7), lcm(4, 6)), (0, 0, 12));
}
