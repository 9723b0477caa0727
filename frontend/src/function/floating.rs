//! Functions of the parts of floating-point numbers, sign, exponent and neighbours, and of two numbers: angles, lengths,
//! remainders, extremes that pass over NaN.

use flashlight_compiler::{
    ir::Typed,
    ops::Op,
    types::{DType, Kind, Scalar},
};

use super::{
    Arguments, Function, Overload, Places, Returned,
    arithmetic::{operands, promoted, refuse_zero},
    call_in_place,
    compose::{result_type, torch_name},
    direct, many, one, row,
    special::{floating_operands, lacking, real_operand, real_operands},
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

fn real(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let (x, y) = real_operands(s, a, "input", "other")?;
    s.binary(op, &x, &y)
}

fn floating(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let (x, y) = floating_operands(s, a, "input", "other")?;
    s.binary(op, &x, &y)
}

/// log2(2 ** x + 2 ** y).
fn logaddexp2(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = floating_operands(s, a, "input", "other")?;
    let (x, y) =
        (s.with_number(Op::Mul, &x, std::f64::consts::LN_2)?, s.with_number(Op::Mul, &y, std::f64::consts::LN_2)?);
    let sum = s.binary(Op::LogAddExp, &x, &y)?;
    s.with_number(Op::Mul, &sum, std::f64::consts::LOG2_E)
}

/// Which elements have a sign: those below 0, and -0.
fn negative(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let below = s.with_number(Op::Less, x, 0i64)?;
    if !x.ty().dtype.is_float() {
        return Ok(below);
    }
    let zero = s.with_number(Op::Equal, x, 0.0)?;
    let one = s.number(Scalar::Float(1.0), x.ty().dtype)?;
    let inverse = s.binary(Op::Div, &one, x)?;
    let under = s.with_number(Op::Less, &inverse, 0.0)?;
    let minus_zero = s.binary(Op::LogicalAnd, &zero, &under)?;
    s.binary(Op::LogicalOr, &below, &minus_zero)
}

fn signbit(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?.untracked();
    match x.ty().dtype {
        DType::C64 => Err(Error::lacking("signbit is not implemented for complex tensors.")),
        DType::Bool => s.binary(Op::NotEqual, &x, &x),
        _ => negative(s, &x),
    }
}

/// Two to the power of `other`, times `input`.
fn ldexp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = real_operands(s, a, "input", "other")?;
    let two = s.number(Scalar::Float(2.0), y.ty().dtype)?;
    let factor = s.binary(Op::Pow, &two, &y)?;
    s.binary(Op::Mul, &x, &factor)
}

fn frexp(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    if !a.tensor("input")?.dtype().is_float() {
        return Err(Error::runtime("torch.frexp() only supports floating-point dtypes"));
    }
    let x = real_operand(s, a, "input")?;
    Ok(vec![s.unary(Op::FrexpMantissa, &x)?, s.unary(Op::FrexpExponent, &x)?])
}

fn numeric_extreme(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let dtype = promoted(a)?;
    if dtype == DType::C64 {
        return Err(Error::argument(format_args!("{} not implemented for complex tensors.", a.signature.name)));
    }
    let (x, y) = operands(s, a, dtype)?;
    s.binary(op, &x, &y)
}

fn fmod(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let dtype = promoted(a)?;
    match dtype.kind() {
        Kind::Bool | Kind::Complex => return Err(lacking(a, dtype)),
        Kind::Integer => refuse_zero(a)?,
        Kind::Float => {}
    }
    let (x, y) = operands(s, a, dtype)?;
    s.binary(Op::TruncatedRemainder, &x, &y)
}

fn heaviside(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, values) = (s.read(a.tensor("input")?)?, s.read(a.tensor("values")?)?);
    if x.ty().dtype == DType::C64 || values.ty().dtype == DType::C64 {
        return Err(Error::lacking("heaviside is not yet implemented for complex tensors."));
    }
    if x.ty().dtype != values.ty().dtype {
        return Err(Error::runtime("heaviside is not yet implemented for tensors with different dtypes."));
    }
    s.binary(Op::Heaviside, &x, &values)
}

/// The power in double precision.
fn float_power(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (a.get("input")?, a.get("exponent")?);
    if result_type([x, y])? == DType::C64 {
        return Err(Error::unsupported("torch.float_power in complex128"));
    }
    let (x, y) = (s.operand(x, DType::F64)?, s.operand(y, DType::F64)?);
    s.binary(Op::Pow, &x, &y)
}

fn float_power_(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    if input.dtype() != DType::F64 {
        return Err(Error::runtime(format_args!(
            "the base given to float_power_ has dtype {} but the operation's result requires dtype Double",
            torch_name(input.dtype())
        )));
    }
    let function = Function::named("float_power").ok_or_else(|| Error::internal("float_power has no row"))?;
    let arguments = Arguments { signature: &function.signatures()[0], values: a.values.clone() };
    call_in_place(function, 0, &arguments).map(Returned::Tensor)
}

fn positive(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    if input.dtype() == DType::Bool {
        return Err(Error::lacking("The `+` operator, on a bool tensor is not supported."));
    }
    Ok(Returned::Tensor(input.clone()))
}

fn is_signed(a: &Arguments) -> Result<Returned> {
    let unsigned = matches!(a.tensor("input")?.dtype(), DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64);
    Ok(Returned::Number(Scalar::Bool(!unsigned)))
}

fn whole_operands(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<(Value, Value)> {
    let dtype = promoted(a)?;
    if dtype.kind() != Kind::Integer {
        return Err(Error::lacking(format_args!("\"{name}_cpu\" not implemented for '{}'", torch_name(dtype))));
    }
    operands(s, a, dtype)
}

fn whole(s: &mut Scope<'_>, a: &Arguments, op: Op, name: &str) -> Result<Value> {
    let (x, y) = whole_operands(s, a, name)?;
    s.binary(op, &x, &y)
}

const ATAN2: &[Overload] = &[one("(Tensor input, Tensor other)", |s, a| real(s, a, Op::Atan2))];
const TWO: Places = Places::BOTH.and(Places::OUT);

pub(super) static FUNCTIONS: &[Function] = &[
    row("atan2", Places::ALL, ATAN2, "The angle of the point (other, input), from -pi to pi."),
    row("arctan2", Places::ALL, ATAN2, "The same as atan2."),
    row(
        "hypot",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| floating(s, a, Op::Hypot))],
        "The length of the vector (input, other), computed without overflow.",
    ),
    row(
        "logaddexp",
        TWO,
        &[one("(Tensor input, Tensor other)", |s, a| floating(s, a, Op::LogAddExp))],
        "log(exp(input) + exp(other)), computed without overflow.",
    ),
    row(
        "logaddexp2",
        TWO,
        &[one("(Tensor input, Tensor other)", logaddexp2)],
        "log2(2 ** input + 2 ** other), computed without overflow.",
    ),
    row(
        "copysign",
        Places::ALL,
        &[one("(Tensor input, Operand other)", |s, a| real(s, a, Op::CopySign))],
        "The size of input with the sign of other, of zeros too; a NaN counts as positive.",
    ),
    row("signbit", TWO, &[one("(Tensor input)", signbit)], "Whether an element is below 0, or -0."),
    row(
        "nextafter",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| floating(s, a, Op::NextAfter))],
        "The number beside input towards other.",
    ),
    row("ldexp", Places::ALL, &[one("(Tensor input, Tensor other)", ldexp)], "input * 2 ** other."),
    row(
        "frexp",
        TWO,
        &[many("(Tensor input)", frexp, &["mantissa", "exponent"])],
        "A mantissa between 0.5 and 1, with the sign, and the exponent of 2 that give the input together.",
    ),
    row(
        "fmax",
        TWO,
        &[one("(Tensor input, Tensor other)", |s, a| numeric_extreme(s, a, Op::NumericMaximum))],
        "The larger of each pair; the number where one is NaN. Where equal, each has half of the gradient.",
    ),
    row(
        "fmin",
        TWO,
        &[one("(Tensor input, Tensor other)", |s, a| numeric_extreme(s, a, Op::NumericMinimum))],
        "The smaller of each pair; the number where one is NaN. Where equal, each has half of the gradient.",
    ),
    row(
        "fmod",
        Places::ALL,
        &[one("(Tensor input, Operand other)", fmod)],
        "input - other * trunc(input / other): the sign of input.",
    ),
    row(
        "heaviside",
        Places::ALL,
        &[one("(Tensor input, Tensor values)", heaviside)],
        "0 below 0, 1 above, and values at 0; of one element type, without a derivative.",
    ),
    row(
        "float_power",
        TWO,
        &[one("(Tensor input, Operand exponent)", float_power), one("(Number input, Tensor exponent)", float_power)],
        "input to the power of exponent in double precision, which GPUs do not have.",
    ),
    row(
        "float_power_",
        Places::METHOD,
        &[direct("(Tensor input, Operand exponent)", float_power_)],
        "float_power written into the input, which must be of double precision.",
    ),
    row("positive", Places::BOTH, &[direct("(Tensor input)", positive)], "The input itself; refuses truth values."),
    row(
        "is_signed",
        Places::BOTH,
        &[direct("(Tensor input) -> bool", is_signed)],
        "Whether the element type has negative numbers.",
    ),
    row(
        "gcd",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| whole(s, a, Op::Gcd, "gcd"))],
        "The greatest common divisor of integers, not negative.",
    ),
    row(
        "lcm",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| whole(s, a, Op::Lcm, "lcm"))],
        "The least common multiple of integers, not negative.",
    ),
    row(
        "bitwise_left_shift",
        Places::ALL,
        &[
            one("(Tensor input, Operand other)", |s, a| whole(s, a, Op::ShiftLeft, "lshift")),
            one("(Number input, Tensor other)", |s, a| whole(s, a, Op::ShiftLeft, "lshift")),
        ],
        "The bits moved up by so many places; 0 for a number of places that the type does not have.",
    ),
    row(
        "bitwise_right_shift",
        Places::ALL,
        &[
            one("(Tensor input, Operand other)", |s, a| whole(s, a, Op::ShiftRight, "rshift")),
            one("(Number input, Tensor other)", |s, a| whole(s, a, Op::ShiftRight, "rshift")),
        ],
        "The bits moved down by so many places, the sign staying; the sign alone for a number of places that the type \
         does not have.",
    ),
];
