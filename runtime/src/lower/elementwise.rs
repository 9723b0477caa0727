//! Elementwise ops. Where the processor would trap, or MLX loop, on integers, the operands are kept from it.

use flashlight_compiler::ops::Elementwise;
use flashlight_compiler::types::{DType, Kind, Scalar};

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array};

pub(super) fn lower(op: Elementwise, site: &Site<'_>) -> Result<Array> {
    let (s, inputs) = (site.stream, site.inputs);
    let unary = |call: fn(&Array, &mlx::Stream) -> mlx::Called<Array>| Ok(call(inputs[0], s)?);
    let binary = |call: fn(&Array, &Array, &mlx::Stream) -> mlx::Called<Array>| Ok(call(inputs[0], inputs[1], s)?);
    match op {
        Elementwise::Neg => unary(mlx::negative),
        Elementwise::Abs => unary(mlx::abs),
        Elementwise::Sign => unary(mlx::sign),
        Elementwise::Exp => exp(inputs[0], site.dtype(), s),
        Elementwise::Expm1 => unary(mlx::expm1),
        Elementwise::Log => unary(mlx::log),
        Elementwise::Log1p => unary(mlx::log1p),
        Elementwise::Sqrt => unary(mlx::sqrt),
        Elementwise::Rsqrt => unary(mlx::rsqrt),
        Elementwise::Sin => unary(mlx::sin),
        Elementwise::Cos => unary(mlx::cos),
        Elementwise::Tan => unary(mlx::tan),
        Elementwise::Asin => unary(mlx::arcsin),
        Elementwise::Acos => unary(mlx::arccos),
        Elementwise::Atan => unary(mlx::arctan),
        Elementwise::Sinh => unary(mlx::sinh),
        Elementwise::Cosh => unary(mlx::cosh),
        Elementwise::Asinh => unary(mlx::arcsinh),
        Elementwise::Acosh => unary(mlx::arccosh),
        Elementwise::Atanh => unary(mlx::arctanh),
        Elementwise::Erfinv => unary(mlx::erfinv),
        Elementwise::Logit => logit(site),
        Elementwise::Entropy => entropy(site),
        Elementwise::Sinc => sinc(site),
        Elementwise::Tanh => unary(mlx::tanh),
        Elementwise::Sigmoid if site.dtype() == DType::F64 => sigmoid(site),
        Elementwise::Sigmoid => unary(mlx::sigmoid),
        Elementwise::Erf => unary(mlx::erf),
        Elementwise::Floor => unary(mlx::floor),
        Elementwise::Ceil => unary(mlx::ceil),
        Elementwise::Round => unary(mlx::round),
        Elementwise::StopGradient => Ok(inputs[0].another()),
        Elementwise::LogicalNot => unary(mlx::logical_not),
        Elementwise::BitwiseNot => unary(mlx::bitwise_invert),
        Elementwise::Add if site.dtype() == DType::Bool => binary(mlx::logical_or),
        Elementwise::Add => binary(mlx::add),
        Elementwise::Sub => binary(mlx::subtract),
        Elementwise::Mul if site.dtype() == DType::Bool => binary(mlx::logical_and),
        Elementwise::Mul => binary(mlx::multiply),
        Elementwise::Div => binary(mlx::divide),
        Elementwise::FloorDiv => floor_div(site),
        Elementwise::Remainder => remainder(site),
        Elementwise::Pow => power(site),
        Elementwise::Maximum => binary(mlx::maximum),
        Elementwise::Minimum => binary(mlx::minimum),
        Elementwise::NumericMaximum => numeric(site, mlx::greater_equal),
        Elementwise::NumericMinimum => numeric(site, mlx::less_equal),
        Elementwise::TruncatedRemainder => truncated_remainder(site),
        Elementwise::CopySign => copy_sign(site),
        Elementwise::Heaviside => heaviside(site),
        Elementwise::Atan2 => binary(mlx::arctan2),
        Elementwise::Hypot => hypot(site),
        Elementwise::LogAddExp if site.dtype() == DType::F64 => log_add_exp(site),
        Elementwise::LogAddExp => binary(mlx::logaddexp),
        Elementwise::Xlogy => product_with_log(site, mlx::log),
        Elementwise::Xlog1py => product_with_log(site, mlx::log1p),
        Elementwise::BinaryCrossEntropy => binary_cross_entropy(site),
        Elementwise::Equal => binary(mlx::equal),
        Elementwise::NotEqual => binary(mlx::not_equal),
        Elementwise::Less => binary(mlx::less),
        Elementwise::LessEqual => binary(mlx::less_equal),
        Elementwise::Greater => binary(mlx::greater),
        Elementwise::GreaterEqual => binary(mlx::greater_equal),
        Elementwise::LogicalAnd => binary(mlx::logical_and),
        Elementwise::LogicalOr => binary(mlx::logical_or),
        Elementwise::BitwiseAnd => binary(mlx::bitwise_and),
        Elementwise::BitwiseOr => binary(mlx::bitwise_or),
        // MLX's own is wrong for some truth values on CPUs: true ^ true is true.
        Elementwise::BitwiseXor if site.dtype() == DType::Bool => binary(mlx::not_equal),
        Elementwise::BitwiseXor => binary(mlx::bitwise_xor),
        Elementwise::ShiftLeft => shift(site, true),
        Elementwise::ShiftRight => shift(site, false),
        Elementwise::Where => Ok(mlx::select(inputs[0], inputs[1], inputs[2], s)?),
        Elementwise::Conj if site.dtype() != DType::C64 => Ok(inputs[0].another()),
        Elementwise::Conj => unary(mlx::conjugate),
        Elementwise::Real => unary(mlx::real),
        Elementwise::Imag => unary(mlx::imag),
        Elementwise::Complex => complex(site),
        Elementwise::Modulus => unary(mlx::abs),
        Elementwise::Cast => Ok(mlx::cast(inputs[0], site.result.dtype, s)?),
    }
}

/// e to the power of x. MLX's own has single precision in every type; its powers have all.
pub(super) fn exp(x: &Array, dtype: DType, s: &mlx::Stream) -> Result<Array> {
    if dtype != DType::F64 {
        return Ok(mlx::exp(x, s)?);
    }
    Ok(mlx::power(&number(Scalar::Float(std::f64::consts::E), dtype), x, s)?)
}

/// Both parts side by side in memory: by arithmetic an infinite part would spoil the other.
fn complex(site: &Site<'_>) -> Result<Array> {
    let s = site.stream;
    let mut shape = site.result_shape()?;
    let whole = shape.clone();
    shape.push(1);
    let part = |x: &Array| mlx::reshape(&mlx::broadcast_to(x, &whole, s)?, &shape, s);
    let pairs = mlx::concatenate(&[&part(site.inputs[0])?, &part(site.inputs[1])?], whole.len() as i32, s)?;
    Ok(mlx::reshape(&mlx::paired(&pairs, s)?, &whole, s)?)
}

fn sigmoid(site: &Site<'_>) -> Result<Array> {
    let (s, one) = (site.stream, number(Scalar::Float(1.0), DType::F64));
    let inverse = exp(&mlx::negative(site.inputs[0], s)?, DType::F64, s)?;
    Ok(mlx::divide(&one, &mlx::add(&one, &inverse, s)?, s)?)
}

fn logit(site: &Site<'_>) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    let rest = mlx::subtract(&number(Scalar::Float(1.0), site.dtype()), x, s)?;
    Ok(mlx::log(&mlx::divide(x, &rest, s)?, s)?)
}

/// -x log(x). At 0 it is 0, and below -inf; NaN stays.
fn entropy(site: &Site<'_>) -> Result<Array> {
    let (s, x, dtype) = (site.stream, site.inputs[0], site.dtype());
    let (zero, least) = (number(Scalar::Float(0.0), dtype), number(Scalar::Float(f64::NEG_INFINITY), dtype));
    let inner = mlx::negative(&mlx::multiply(x, &mlx::log(x, s)?, s)?, s)?;
    let known = mlx::select(&mlx::equal(x, &zero, s)?, &zero, &inner, s)?;
    Ok(mlx::select(&mlx::less(x, &zero, s)?, &least, &known, s)?)
}

fn sinc(site: &Site<'_>) -> Result<Array> {
    let (s, x, dtype) = (site.stream, site.inputs[0], site.dtype());
    let angle = mlx::multiply(x, &number(Scalar::Float(std::f64::consts::PI), dtype), s)?;
    let sine = mlx::sin(&angle, s)?;
    let zero = mlx::equal(x, &number(Scalar::Float(0.0), dtype), s)?;
    Ok(mlx::select(&zero, &number(Scalar::Float(1.0), dtype), &mlx::divide(&sine, &angle, s)?, s)?)
}

/// x where it compares so with y or y is NaN, else y.
fn numeric(site: &Site<'_>, over: fn(&Array, &Array, &mlx::Stream) -> mlx::Called<Array>) -> Result<Array> {
    let (s, x, y) = (site.stream, site.inputs[0], site.inputs[1]);
    let first = over(x, y, s)?;
    let first = match site.dtype().kind() {
        Kind::Float => mlx::logical_or(&first, &mlx::not_equal(y, y, s)?, s)?,
        _ => first,
    };
    Ok(mlx::select(&first, x, y, s)?)
}

/// What is left of x after whole multiples of y, with the sign of x. Of integers divided by zero it is 0.
fn truncated_remainder(site: &Site<'_>) -> Result<Array> {
    let (s, x, dtype) = (site.stream, site.inputs[0], site.dtype());
    if dtype.kind() == Kind::Integer && !is_signed(dtype) {
        return remainder(site);
    }
    let zero = number(Scalar::Int(0), dtype);
    let negative = mlx::less(x, &zero, s)?;
    let (rest, y) = if dtype.kind() == Kind::Integer {
        // The rest by the divisor's sign, made one by the dividend's.
        (remainder(site)?, site.inputs[1].another())
    } else {
        let y = mlx::abs(site.inputs[1], s)?;
        (mlx::remainder(&mlx::abs(x, s)?, &y, s)?, y)
    };
    if dtype.kind() != Kind::Integer {
        return Ok(mlx::select(&negative, &mlx::negative(&rest, s)?, &rest, s)?);
    }
    let below = mlx::less(&rest, &zero, s)?;
    let other_side = mlx::logical_and(&mlx::not_equal(&below, &negative, s)?, &mlx::not_equal(&rest, &zero, s)?, s)?;
    Ok(mlx::select(&other_side, &mlx::subtract(&rest, &y, s)?, &rest, s)?)
}

/// One over a zero tells its sign.
fn copy_sign(site: &Site<'_>) -> Result<Array> {
    let (s, y, dtype) = (site.stream, site.inputs[1], site.dtype());
    let float = |x: f64| number(Scalar::Float(x), dtype);
    let below = mlx::less(y, &float(0.0), s)?;
    let under = mlx::less(&mlx::divide(&float(1.0), y, s)?, &float(0.0), s)?;
    let size = mlx::abs(site.inputs[0], s)?;
    Ok(mlx::select(&mlx::logical_or(&below, &under, s)?, &mlx::negative(&size, s)?, &size, s)?)
}

fn heaviside(site: &Site<'_>) -> Result<Array> {
    let (s, x, dtype) = (site.stream, site.inputs[0], site.dtype());
    let zero = number(Scalar::Int(0), dtype);
    let above = mlx::cast(&mlx::greater(x, &zero, s)?, dtype, s)?;
    Ok(mlx::select(&mlx::equal(x, &zero, s)?, site.inputs[1], &above, s)?)
}

/// The larger side times the root of one plus the square of the sides' quotient.
fn hypot(site: &Site<'_>) -> Result<Array> {
    let (s, dtype) = (site.stream, site.dtype());
    let float = |x: f64| number(Scalar::Float(x), dtype);
    let (x, y) = (mlx::abs(site.inputs[0], s)?, mlx::abs(site.inputs[1], s)?);
    let (long, short) = (mlx::maximum(&x, &y, s)?, mlx::minimum(&x, &y, s)?);
    let none = mlx::equal(&long, &float(0.0), s)?;
    let ratio = mlx::divide(&short, &mlx::select(&none, &float(1.0), &long, s)?, s)?;
    let root = mlx::sqrt(&mlx::add(&float(1.0), &mlx::multiply(&ratio, &ratio, s)?, s)?, s)?;
    let infinite = float(f64::INFINITY);
    let boundless = mlx::logical_or(&mlx::equal(&x, &infinite, s)?, &mlx::equal(&y, &infinite, s)?, s)?;
    Ok(mlx::select(&boundless, &infinite, &mlx::multiply(&long, &root, s)?, s)?)
}

/// The larger plus what the smaller adds. Where the larger is infinite, or the smaller is -inf, the larger is all.
fn log_add_exp(site: &Site<'_>) -> Result<Array> {
    let (s, x, y, dtype) = (site.stream, site.inputs[0], site.inputs[1], site.dtype());
    let (high, low) = (mlx::maximum(x, y, s)?, mlx::minimum(x, y, s)?);
    let apart = mlx::subtract(&low, &high, s)?;
    let sum = mlx::add(&high, &mlx::log1p(&exp(&apart, dtype, s)?, s)?, s)?;
    let equal = mlx::equal(&mlx::abs(&high, s)?, &number(Scalar::Float(f64::INFINITY), dtype), s)?;
    Ok(mlx::select(&equal, &high, &sum, s)?)
}

/// x times a logarithm of y; 0 where x is 0, unless y is NaN.
fn product_with_log(site: &Site<'_>, log: fn(&Array, &mlx::Stream) -> mlx::Called<Array>) -> Result<Array> {
    let (s, x, y) = (site.stream, site.inputs[0], site.inputs[1]);
    let zero = number(Scalar::Float(0.0), site.dtype());
    let none = mlx::logical_and(&mlx::equal(x, &zero, s)?, &mlx::equal(y, y, s)?, s)?;
    Ok(mlx::select(&none, &zero, &mlx::multiply(x, &log(y, s)?, s)?, s)?)
}

/// The bits moved by as many places as there are; the processor would take the number of places modulo the bits.
fn shift(site: &Site<'_>, left: bool) -> Result<Array> {
    let (s, x, y, dtype) = (site.stream, site.inputs[0], site.inputs[1], site.dtype());
    let bits = 8 * dtype.size() as i64;
    let zero = number(Scalar::Int(0), dtype);
    let beyond = mlx::greater_equal(y, &number(Scalar::Int(bits), dtype), s)?;
    let outside = if is_signed(dtype) { mlx::logical_or(&beyond, &mlx::less(y, &zero, s)?, s)? } else { beyond };
    if left {
        let places = mlx::select(&outside, &zero, y, s)?;
        return Ok(mlx::select(&outside, &zero, &mlx::left_shift(x, &places, s)?, s)?);
    }
    if is_signed(dtype) {
        let places = mlx::select(&outside, &number(Scalar::Int(bits - 1), dtype), y, s)?;
        return Ok(mlx::right_shift(x, &places, s)?);
    }
    let places = mlx::select(&outside, &zero, y, s)?;
    Ok(mlx::select(&outside, &zero, &mlx::right_shift(x, &places, s)?, s)?)
}

fn binary_cross_entropy(site: &Site<'_>) -> Result<Array> {
    let (s, x, y) = (site.stream, site.inputs[0], site.inputs[1]);
    let (one, least) = (number(Scalar::Float(1.0), site.dtype()), number(Scalar::Float(-100.0), site.dtype()));
    let own = mlx::maximum(&mlx::log(x, s)?, &least, s)?;
    let other = mlx::maximum(&mlx::log1p(&mlx::negative(x, s)?, s)?, &least, s)?;
    // (y - 1) log(1 - x) - y log(x)
    let rest = mlx::multiply(&mlx::subtract(y, &one, s)?, &other, s)?;
    Ok(mlx::subtract(&rest, &mlx::multiply(y, &own, s)?, s)?)
}

/// An integer divisor without the values that trap: 0, and -1 under the smallest number. Also, where it was each.
struct Divisor {
    safe: Array,
    zero: Array,
    minus_one: Option<Array>,
}

fn divisor(site: &Site<'_>) -> Result<Divisor> {
    let (s, y, dtype) = (site.stream, site.inputs[1], site.dtype());
    let one = number(Scalar::Int(1), dtype);
    let zero = mlx::equal(y, &number(Scalar::Int(0), dtype), s)?;
    let mut safe = mlx::select(&zero, &one, y, s)?;
    let mut minus_one = None;
    if is_signed(dtype) {
        let found = mlx::equal(y, &number(Scalar::Int(-1), dtype), s)?;
        safe = mlx::select(&found, &one, &safe, s)?;
        minus_one = Some(found);
    }
    Ok(Divisor { safe, zero, minus_one })
}

fn is_signed(dtype: DType) -> bool {
    matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64)
}

/// floor(x / y), by way of the remainder, so that rounding in the quotient cannot lift it over an integer. An integer
/// divided by zero gives 0 here; refusing it is the frontend's.
fn floor_div(site: &Site<'_>) -> Result<Array> {
    let (s, x, y) = (site.stream, site.inputs[0], site.inputs[1]);
    if site.dtype().kind() != Kind::Integer {
        let exact = mlx::divide(x, y, s)?;
        let rest = mlx::remainder(x, y, s)?;
        let quotient = mlx::round(&mlx::divide(&mlx::subtract(x, &rest, s)?, y, s)?, s)?;
        let zero = mlx::equal(y, &number(Scalar::Float(0.0), site.dtype()), s)?;
        return Ok(mlx::select(&zero, &exact, &quotient, s)?);
    }
    let Divisor { safe, zero, minus_one } = divisor(site)?;
    let mut quotient = mlx::floor_divide(x, &safe, s)?;
    if is_signed(site.dtype()) {
        // MLX cuts off: one too many where there is a rest and the signs differ.
        let nothing = number(Scalar::Int(0), site.dtype());
        let rest = mlx::not_equal(&mlx::remainder(x, &safe, s)?, &nothing, s)?;
        let apart = mlx::not_equal(&mlx::less(x, &nothing, s)?, &mlx::less(&safe, &nothing, s)?, s)?;
        let excess = mlx::cast(&mlx::logical_and(&rest, &apart, s)?, site.dtype(), s)?;
        quotient = mlx::subtract(&quotient, &excess, s)?;
    }
    if let Some(minus_one) = minus_one {
        quotient = mlx::select(&minus_one, &mlx::negative(x, s)?, &quotient, s)?;
    }
    Ok(mlx::select(&zero, &number(Scalar::Int(0), site.dtype()), &quotient, s)?)
}

/// The rest of the division above. An integer's rest after division by zero is 0 here.
fn remainder(site: &Site<'_>) -> Result<Array> {
    let (s, x, y) = (site.stream, site.inputs[0], site.inputs[1]);
    if site.dtype().kind() != Kind::Integer {
        return Ok(mlx::remainder(x, y, s)?);
    }
    let Divisor { safe, zero, .. } = divisor(site)?;
    // After division by the 1 that stands for -1 the rest is 0, as it should be.
    Ok(mlx::select(&zero, &number(Scalar::Int(0), site.dtype()), &mlx::remainder(x, &safe, s)?, s)?)
}

/// x to the power of y. MLX never ends on a negative exponent of integers: such powers are 0, or 1 and -1 for those bases.
fn power(site: &Site<'_>) -> Result<Array> {
    let (s, x, y, dtype) = (site.stream, site.inputs[0], site.inputs[1], site.dtype());
    if !is_signed(dtype) {
        return Ok(mlx::power(x, y, s)?);
    }
    let (zero, one, minus_one) =
        (number(Scalar::Int(0), dtype), number(Scalar::Int(1), dtype), number(Scalar::Int(-1), dtype));
    let negative = mlx::less(y, &zero, s)?;
    let odd = mlx::bitwise_and(y, &one, s)?;
    let is_unit = mlx::logical_or(&mlx::equal(x, &one, s)?, &mlx::equal(x, &minus_one, s)?, s)?;
    // For 1 and -1 the parity of the exponent decides; for other bases the exponent 0 is put in, and the 1 it gives replaced.
    let exponent = mlx::select(&negative, &odd, y, s)?;
    let powers = mlx::power(x, &exponent, s)?;
    let vanishes = mlx::logical_and(&negative, &mlx::logical_not(&is_unit, s)?, s)?;
    Ok(mlx::select(&vanishes, &zero, &powers, s)?)
}
