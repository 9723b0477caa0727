//! Arithmetic of two operands, with torch's broadcasting and type promotion.

use flashlight_compiler::{
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Kind, Scalar},
};
use flashlight_runtime::Device;

use super::{
    Argument, Arguments, Function, Overload, Places,
    compose::{default_dtype, result_type, torch_name},
    indexing::filled,
    one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::Value,
};

/// Both operands in the element type of the call.
pub(super) fn operands(s: &mut Scope<'_>, a: &Arguments, dtype: DType) -> Result<(Value, Value)> {
    Ok((s.operand(a.get("input")?, dtype)?, s.operand(a.get("other")?, dtype)?))
}

pub(super) fn promoted(a: &Arguments) -> Result<DType> {
    result_type([a.get("input")?, a.get("other")?])
}

/// The element type of a quotient: that of the call, or the default float for integers.
fn promoted_float(a: &Arguments) -> Result<DType> {
    let dtype = promoted(a)?;
    Ok(if dtype.is_inexact() { dtype } else { default_dtype() })
}

/// `other`, times `alpha`.
fn scaled(s: &mut Scope<'_>, a: &Arguments, y: Value, dtype: DType) -> Result<Value> {
    if let late @ Argument::Late(_) = a.get("alpha")?
        && dtype.is_inexact()
    {
        return s.times(&y, late);
    }
    let alpha = a.number("alpha")?;
    if dtype == DType::Bool && alpha.kind() <= Kind::Integer {
        return if alpha.as_f64() == 1.0 {
            Ok(y)
        } else {
            s.with_number(Op::Mul, &y, Scalar::Bool(alpha.as_f64() != 0.0))
        };
    }
    if alpha.kind() > dtype.kind() {
        return Err(Error::runtime("For integral input tensors, argument alpha must not be a floating point number."));
    }
    if alpha == Scalar::Int(1) { Ok(y) } else { s.with_number(Op::Mul, &y, alpha) }
}

fn add(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = promoted(a)?;
    let (x, y) = operands(s, a, dtype)?;
    let y = scaled(s, a, y, dtype)?;
    s.binary(Op::Add, &x, &y)
}

/// Refuses to subtract truth values.
fn refuse_truth(a: &Arguments) -> Result<()> {
    let truth = |argument: &Argument| match argument {
        Argument::Tensor(t) => t.dtype() == DType::Bool,
        Argument::Number(n) => matches!(n, Scalar::Bool(_)),
        _ => false,
    };
    match (truth(a.get("input")?), truth(a.get("other")?)) {
        (true, true) => Err(Error::lacking(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` \
             operator instead.",
        )),
        (true, false) | (false, true) => Err(Error::lacking(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use \
             the `~` or `logical_not()` operator instead.",
        )),
        (false, false) => Ok(()),
    }
}

fn sub(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    refuse_truth(a)?;
    let dtype = promoted(a)?;
    let (x, y) = operands(s, a, dtype)?;
    let y = scaled(s, a, y, dtype)?;
    s.binary(Op::Sub, &x, &y)
}

fn rsub(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    refuse_truth(a)?;
    let dtype = promoted(a)?;
    let (x, y) = operands(s, a, dtype)?;
    let x = scaled(s, a, x, dtype)?;
    s.binary(Op::Sub, &y, &x)
}

fn mul(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = promoted(a)?;
    let (x, y) = operands(s, a, dtype)?;
    s.binary(Op::Mul, &x, &y)
}

fn div(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    match a.optional_text("rounding_mode")? {
        None => true_divide(s, a),
        Some("floor") => floor_divide(s, a),
        Some("trunc") => {
            let dtype = promoted(a)?;
            if matches!(dtype.kind(), Kind::Bool | Kind::Complex) {
                let name = torch_name(dtype);
                return Err(Error::lacking(format_args!("\"div_trunc_cpu\" not implemented for '{name}'")));
            }
            if dtype.kind() == Kind::Integer {
                refuse_zero(a)?;
                let (x, y) = operands(s, a, dtype)?;
                return truncated_integers(s, &x, &y);
            }
            let (x, y) = operands(s, a, promoted_float(a)?)?;
            let quotient = s.binary(Op::Div, &x, &y)?;
            truncated(s, &quotient)
        }
        Some(other) => Err(Error::runtime(format_args!(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{other}'"
        ))),
    }
}

fn true_divide(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = operands(s, a, promoted_float(a)?)?;
    s.binary(Op::Div, &x, &y)
}

/// torch's refusal to divide integers by 0, where the divisor can be looked at without waiting for a GPU. Elsewhere the
/// answer is 0.
pub(super) fn refuse_zero(a: &Arguments) -> Result<()> {
    let zero = match a.get("other")? {
        Argument::Number(n) => n.as_f64() == 0.0,
        Argument::Tensor(t) if t.device() == Device::Cpu => match t.value()?.concrete("a divisor") {
            Ok(elements) if t.dtype() == DType::Bool => fetch_concrete(elements)?.contains(&0),
            Ok(elements) => integers(&fetch_concrete(elements)?, t.dtype()).contains(&0),
            Err(_) => false,
        },
        _ => false,
    };
    if zero { Err(Error::runtime("ZeroDivisionError")) } else { Ok(()) }
}

/// The quotient of integers, towards zero.
fn truncated_integers(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    let quotient = s.binary(Op::FloorDiv, x, y)?;
    let back = s.binary(Op::Mul, &quotient, y)?;
    let inexact = s.binary(Op::NotEqual, &back, x)?;
    let negative = s.with_number(Op::Less, &quotient, 0i64)?;
    let short = s.binary(Op::LogicalAnd, &inexact, &negative)?;
    let up = s.with_number(Op::Add, &quotient, 1i64)?;
    s.emit_one(Op::Where, Attrs::new(), &[short, up, quotient])
}

/// Towards zero.
pub(super) fn truncated(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let (down, up) = (s.unary(Op::Floor, x)?, s.unary(Op::Ceil, x)?);
    let negative = s.with_number(Op::Less, x, 0.0)?;
    s.emit_one(Op::Where, Attrs::new(), &[negative, up, down])
}

/// Refuses what has no whole quotient: truth values and complex numbers.
fn refuse_unordered(a: &Arguments, dtype: DType) -> Result<()> {
    if !matches!(dtype.kind(), Kind::Bool | Kind::Complex) {
        return Ok(());
    }
    Err(Error::lacking(format_args!("\"{}\" not implemented for '{}'", a.signature.name, torch_name(dtype))))
}

fn floor_divide(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = promoted(a)?;
    refuse_unordered(a, dtype)?;
    if dtype.kind() == Kind::Integer {
        refuse_zero(a)?;
    }
    let (x, y) = operands(s, a, dtype)?;
    s.binary(Op::FloorDiv, &x, &y)
}

fn remainder(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = promoted(a)?;
    refuse_unordered(a, dtype)?;
    if dtype.kind() == Kind::Integer {
        refuse_zero(a)?;
    }
    let (x, y) = operands(s, a, dtype)?;
    s.binary(Op::Remainder, &x, &y)
}

fn pow(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = result_type([a.get("input")?, a.get("exponent")?])?;
    let x = s.operand(a.get("input")?, dtype)?;
    // Which exponent it is decides how the power is computed.
    let exponent = match a.get("exponent")? {
        Argument::Late(x) => Argument::Number(x.scalar()?),
        other => other.clone(),
    };
    if dtype == DType::Bool {
        return match &exponent {
            Argument::Number(n) if n.as_f64() == 1.0 => Ok(x),
            Argument::Number(_) => filled(s, &x.ty().shape.clone(), Scalar::Bool(true), dtype),
            _ => Err(Error::lacking("\"pow\" not implemented for 'Bool'")),
        };
    }
    if let Argument::Number(n) = &exponent {
        if dtype.kind() == Kind::Integer && n.as_f64() < 0.0 {
            return Err(Error::runtime("Integers to negative integer powers are not allowed."));
        }
        if n.as_f64() == 2.0 {
            return s.binary(Op::Mul, &x, &x);
        }
    }
    let y = s.operand(&exponent, dtype)?;
    s.binary(Op::Pow, &x, &y)
}

/// The element type of operands that are compared.
fn ordered(a: &Arguments) -> Result<DType> {
    let dtype = promoted(a)?;
    let complex = |name| matches!(a.get(name), Ok(Argument::Tensor(t)) if t.dtype().kind() == Kind::Complex);
    if complex("input") || complex("other") {
        return Err(Error::argument(format_args!("{} not implemented for complex tensors.", a.signature.name)));
    }
    Ok(dtype)
}

pub(super) fn maximum(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = operands(s, a, ordered(a)?)?;
    s.binary(Op::Maximum, &x, &y)
}

pub(super) fn minimum(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = operands(s, a, ordered(a)?)?;
    s.binary(Op::Minimum, &x, &y)
}

const SUB: &[Overload] = &[one("(Operand input, Operand other, *, Number alpha=1)", sub)];
const MUL: &[Overload] = &[one("(Operand input, Operand other)", mul)];
const DIV: &[Overload] = &[one("(Operand input, Operand other, *, str? rounding_mode=None)", div)];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "add",
        Places::ALL,
        &[one("(Operand input, Operand other, *, Number alpha=1)", add)],
        "input + alpha * other, broadcast and promoted as in torch.",
    ),
    row("sub", Places::ALL, SUB, "input - alpha * other, broadcast and promoted as in torch."),
    row("subtract", Places::ALL, SUB, "The same as sub."),
    row(
        "rsub",
        Places::TORCH,
        &[one("(Tensor input, Operand other, *, Number alpha=1)", rsub)],
        "other - alpha * input.",
    ),
    row("mul", Places::ALL, MUL, "input * other, broadcast and promoted as in torch."),
    row("multiply", Places::ALL, MUL, "The same as mul."),
    row(
        "div",
        Places::ALL,
        DIV,
        "input / other; integers give the default float, unless rounding_mode is 'floor' or 'trunc'.",
    ),
    row("divide", Places::ALL, DIV, "The same as div."),
    row("true_divide", Places::ALL, &[one("(Operand input, Operand other)", true_divide)], "input / other."),
    row(
        "floor_divide",
        Places::ALL,
        &[one("(Operand input, Operand other)", floor_divide)],
        "The quotient rounded down.",
    ),
    row(
        "remainder",
        Places::ALL,
        &[one("(Tensor input, Operand other)", remainder), one("(Number input, Tensor other)", remainder)],
        "input - other * floor(input / other): the sign of other.",
    ),
    row(
        "pow",
        Places::ALL,
        &[one("(Tensor input, Operand exponent)", pow), one("(Number input, Tensor exponent)", pow)],
        "input to the power of exponent; refuses integers to negative powers.",
    ),
    row(
        "maximum",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other)", maximum)],
        "The larger of each pair; NaN where either is. Where equal, each has half of the gradient.",
    ),
    row(
        "minimum",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other)", minimum)],
        "The smaller of each pair; NaN where either is. Where equal, each has half of the gradient.",
    ),
];
