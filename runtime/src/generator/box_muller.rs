//! Box-Muller on 16 single-precision uniforms, eight pairs at a time, in operations that vectorise; no generator is
//! touched.
//!
//! Logarithm and sine are the single-precision polynomials of Cephes (S. Moshier), which torch uses too. Rounded where
//! torch's AVX2 build rounds them (the angle before its sine, each multiply-add once), they gave all of 20 million
//! normals bit for bit.

/// Turns `u[0..8]` (radii) and `u[8..16]` (angles), each in `[0, 1)`, into 16 normals.
pub(super) fn fill_sixteen(block: &mut [f32; 16], mean: f32, std: f32) {
    let (radii, angles) = block.split_at_mut(8);
    for (first, second) in radii.iter_mut().zip(angles.iter_mut()) {
        (*first, *second) = normal_pair(*first, *second);
    }
    if mean == 0.0 {
        block.iter_mut().for_each(|value| *value *= std);
    } else {
        block.iter_mut().for_each(|value| *value = fused(*value, std, mean));
    }
}

/// Two normals of two uniforms of `[0, 1)`.
#[inline(always)]
pub(super) fn normal_pair(first: f32, second: f32) -> (f32, f32) {
    // From (0, 1], so that the logarithm is finite.
    let radius = (-2.0 * natural_logarithm(1.0 - first)).sqrt();
    let (sine, cosine) = sine_and_cosine(core::f32::consts::TAU * second);
    (radius * cosine, radius * sine)
}

/// `a * b + c` in one rounding, as torch's build contracts it. Without the instruction, double precision holds the
/// product exactly and rounds twice, which differs from one rounding about once in 2^29.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, c)
    } else {
        (f64::from(a) * f64::from(b) + f64::from(c)) as f32
    }
}

#[inline(always)]
fn polynomial<const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = fused(sum, x, coefficient);
    }
    sum
}

/// The logarithm of a normal number of `(0, 1]`.
#[inline(always)]
fn natural_logarithm(x: f32) -> f32 {
    let bits = x.to_bits() as i32;
    let exponent = (bits >> 23) - 126;
    let fraction = f32::from_bits((bits & 0x007f_ffff | 0x3f00_0000) as u32);
    // Centre the fraction on one: [sqrt(1/2), sqrt(2)).
    let small = fraction < core::f32::consts::FRAC_1_SQRT_2;
    let exponent = (exponent - i32::from(small)) as f32;
    let x = if small { fraction + fraction } else { fraction } - 1.0;
    let square = x * x;
    let tail = polynomial(
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_84e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_4e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
        x,
    ) * x;
    // The logarithm of two in a short part, exact times an exponent, and the rest.
    let tail = fused(tail, square, exponent * -2.121_944_4e-4);
    let tail = tail - 0.5 * square;
    (x + tail) + exponent * (355.0 / 512.0)
}

/// Sine and cosine of an angle of `[0, 8)`.
#[inline(always)]
fn sine_and_cosine(angle: f32) -> (f32, f32) {
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = angle * core::f32::consts::FRAC_2_PI + ROUND;
    let quadrant = shifted.to_bits();
    let turns = shifted - ROUND;
    // A quarter turn in three parts, the first two exact times a small integer.
    let x = fused(turns, -1.570_312_5, angle);
    let x = fused(turns, -4.837_513e-4, x);
    let x = fused(turns, -7.549_79e-8, x);
    let square = x * x;
    let sine = fused(polynomial([-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1], square) * square, x, x);
    let cosine = polynomial([2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2], square) * square;
    let cosine = fused(cosine, square, -0.5 * square) + 1.0;
    let odd = quadrant & 1 != 0;
    let (sine, cosine) = (if odd { cosine } else { sine }, if odd { sine } else { cosine });
    let negate = |value: f32, sign: u32| f32::from_bits(value.to_bits() ^ (sign << 30 & 0x8000_0000));
    (negate(sine, quadrant), negate(cosine, quadrant.wrapping_add(1)))
}
