//! The element types that draws can fill, with C++'s conversions to them; the draws themselves live in the other files.

use super::box_muller::fill_sixteen;
use super::mt19937::Mt19937;
use half::{bf16, f16};

mod sealed {
    pub trait Sealed {}
}

/// A type that [`Mt19937`] can draw into.
pub trait Element: sealed::Sealed + Copy + PartialEq {
    /// Torch's name of the type (`Float`, `Long`, …).
    const NAME: &'static str;
    /// `random_()` takes a word modulo this; `None` where torch has no `random_()`.
    const FULL_MODULUS: Option<u64>;
    /// `random_()` takes a 64-bit word, not a 32-bit one.
    const FULL_IS_WIDE: bool;
    /// Digits of the significand, for the floating types.
    const DIGITS: Option<u32>;
    /// The last integer of `random_(from, None)`.
    const LAST: i64;
    /// `static_cast` from an integer.
    fn from_i64(value: i64) -> Self;
    /// `static_cast` from a double.
    fn from_f64(value: f64) -> Self;
    /// Whether torch accepts `value` as a bound of `random_`.
    fn can_bound(value: i64) -> bool;
    /// `static_cast` to an integer.
    fn to_i64(self) -> i64;
}

/// A floating type that continuous draws can fill.
pub trait Real: Element {
    /// The type torch computes in: itself, or `f32` for the 16-bit types.
    type Wide: Wide;
    /// The element type is its own [`Real::Wide`].
    const IS_WIDE: bool;
    /// The largest finite value.
    const LARGEST: f64;
    /// Rounds to the element type.
    fn narrow(value: Self::Wide) -> Self;
    /// Widens to the type torch computes in.
    fn widen(self) -> Self::Wide;
}

/// `f32` or `f64`: the types torch computes continuous draws in.
pub trait Wide:
    Element + Real<Wide = Self> + Default + PartialOrd + core::ops::Div<Output = Self> + core::ops::AddAssign
{
    /// The next numbers of `[0, 1)`: 24 bits of a 32-bit word, or 53 bits of a 64-bit one.
    fn draw_unit(generator: &mut Mt19937, out: &mut [Self]);
    /// Maps `[0, 1)` to `[from, to)`, multiplication and addition in one rounding.
    fn spread(values: &mut [Self], from: Self, to: Self);
    /// Box-Muller on blocks of 16 uniforms.
    fn box_muller(blocks: &mut [[Self; 16]], mean: Self, std: Self);
    /// Converts exactly.
    fn to_f64(self) -> f64;
}

macro_rules! integers {
    ($($type:ty, $name:literal, $modulus:expr, $wide:literal;)*) => { $(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const NAME: &'static str = $name;
            const FULL_MODULUS: Option<u64> = $modulus;
            const FULL_IS_WIDE: bool = $wide;
            const DIGITS: Option<u32> = None;
            const LAST: i64 = <$type>::MAX as i64;
            fn from_i64(value: i64) -> Self { value as $type }
            fn from_f64(value: f64) -> Self { value as $type }
            fn can_bound(value: i64) -> bool { <$type>::try_from(value).is_ok() }
            fn to_i64(self) -> i64 { self as i64 }
        }
    )* };
}

integers! {
    u8, "Byte", Some(1 << 8), false;
    i8, "Char", Some(1 << 7), false;
    i16, "Short", Some(1 << 15), false;
    i32, "Int", Some(1 << 31), false;
    i64, "Long", Some(1 << 63), true;
    u16, "UInt16", None, false;
    u32, "UInt32", None, false;
    u64, "UInt64", None, false;
}

impl sealed::Sealed for bool {}
impl Element for bool {
    const NAME: &'static str = "Bool";
    const FULL_MODULUS: Option<u64> = Some(2);
    const FULL_IS_WIDE: bool = false;
    const DIGITS: Option<u32> = None;
    const LAST: i64 = 1;
    fn from_i64(value: i64) -> Self {
        value != 0
    }
    fn from_f64(value: f64) -> Self {
        value != 0.0
    }
    fn can_bound(value: i64) -> bool {
        value == 0 || value == 1
    }
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
}

macro_rules! reals {
    ($($type:ty, $name:literal, $wide:ty, $is_wide:literal, $wide_word:literal, $digits:literal, $max:expr,
        from_i64 $from_i64:expr, from_f64 $from_f64:expr, to_f64 $to_f64:expr, narrow $narrow:expr, widen $widen:expr;)*) => { $(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const NAME: &'static str = $name;
            const FULL_MODULUS: Option<u64> = Some((1 << $digits) + 1);
            const FULL_IS_WIDE: bool = $wide_word;
            const DIGITS: Option<u32> = Some($digits);
            const LAST: i64 = 1 << $digits;
            fn from_i64(value: i64) -> Self { $from_i64(value) }
            fn from_f64(value: f64) -> Self { $from_f64(value) }
            fn can_bound(value: i64) -> bool { (value as f64).abs() <= Self::LARGEST }
            fn to_i64(self) -> i64 { $to_f64(self) as i64 }
        }
        impl Real for $type {
            type Wide = $wide;
            const IS_WIDE: bool = $is_wide;
            const LARGEST: f64 = $max;
            fn narrow(value: $wide) -> Self { $narrow(value) }
            fn widen(self) -> $wide { $widen(self) }
        }
    )* };
}

reals! {
    f32, "Float", f32, true, false, 24, f32::MAX as f64,
        from_i64 |v| v as f32, from_f64 |v| v as f32, to_f64 f64::from, narrow |v| v, widen |v| v;
    f64, "Double", f64, true, true, 53, f64::MAX,
        from_i64 |v| v as f64, from_f64 |v| v, to_f64 |v| v, narrow |v| v, widen |v| v;
    // C++ reaches the 16-bit types through float, rounding twice from wider types.
    f16, "Half", f32, false, false, 11, 65504.0,
        from_i64 |v| f16::from_f32(v as f32), from_f64 |v| f16::from_f32(v as f32), to_f64 f64::from,
        narrow f16::from_f32, widen f16::to_f32;
    bf16, "BFloat16", f32, false, false, 8, 3.389_531_389_251_535_5e38,
        from_i64 |v| bf16::from_f32(v as f32), from_f64 |v| bf16::from_f32(v as f32), to_f64 f64::from,
        narrow bf16::from_f32, widen bf16::to_f32;
}

const UNIT_F32: f32 = 1.0 / (1u32 << 24) as f32;
const UNIT_F64: f64 = 1.0 / (1u64 << 53) as f64;

impl Wide for f32 {
    fn draw_unit(generator: &mut Mt19937, out: &mut [f32]) {
        // Through i32: the masked word is not negative, and the signed conversion is the vector one.
        generator.fill_from_u32(out, |word| (word & 0x00ff_ffff) as i32 as f32 * UNIT_F32);
    }
    fn spread(values: &mut [f32], from: f32, to: f32) {
        let width = to - from;
        if from == 0.0 {
            values.iter_mut().for_each(|value| *value *= width);
        } else if sum_is_exact_in_f64(from, to, width) {
            let (from, width) = (f64::from(from), f64::from(width));
            values.iter_mut().for_each(|value| *value = (f64::from(*value) * width + from) as f32);
        } else {
            values.iter_mut().for_each(|value| *value = value.mul_add(width, from));
        }
    }
    fn box_muller(blocks: &mut [[f32; 16]], mean: f32, std: f32) {
        blocks.iter_mut().for_each(|block| fill_sixteen(block, mean, std));
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

/// A 24-bit uniform times `width` plus `from` fits the 53 bits of a double, so that rounding it once gives
/// `f32::mul_add`'s bits without a call per element on machines built without fused multiply-add.
fn sum_is_exact_in_f64(from: f32, to: f32, width: f32) -> bool {
    let exponent = |value: f32| (value.to_bits() >> 23 & 0xff) as i32;
    let normal = |value: f32| value.is_normal();
    let largest = exponent(from).max(exponent(to)) + 1;
    // The lowest bit of the product lies 24 + 23 below width's leading bit, that of `from` 23 below its own.
    let lowest = (exponent(width) - 47).min(exponent(from) - 23);
    normal(from) && normal(width) && to.is_finite() && largest - lowest < 53
}

impl Wide for f64 {
    fn draw_unit(generator: &mut Mt19937, out: &mut [f64]) {
        generator.fill_from_u64(out, |word| (word & ((1 << 53) - 1)) as i64 as f64 * UNIT_F64);
    }
    fn spread(values: &mut [f64], from: f64, to: f64) {
        let width = to - from;
        if from == 0.0 {
            values.iter_mut().for_each(|value| *value *= width);
        } else {
            values.iter_mut().for_each(|value| *value = value.mul_add(width, from));
        }
    }
    fn box_muller(blocks: &mut [[f64; 16]], mean: f64, std: f64) {
        for block in blocks {
            for j in 0..8 {
                let radius = (-2.0 * (1.0 - block[j]).ln()).sqrt();
                let (sine, cosine) = (core::f64::consts::TAU * block[j + 8]).sin_cos();
                block[j] = (radius * cosine).mul_add(std, mean);
                block[j + 8] = (radius * sine).mul_add(std, mean);
            }
        }
    }
    fn to_f64(self) -> f64 {
        self
    }
}
