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
        Elementwise::Atan => unary(mlx::arctan),
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
        Elementwise::Where => Ok(mlx::select(inputs[0], inputs[1], inputs[2], s)?),
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

fn sigmoid(site: &Site<'_>) -> Result<Array> {
    let (s, one) = (site.stream, number(Scalar::Float(1.0), DType::F64));
    let inverse = exp(&mlx::negative(site.inputs[0], s)?, DType::F64, s)?;
    Ok(mlx::divide(&one, &mlx::add(&one, &inverse, s)?, s)?)
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
