//! Functions of each element by itself. Integers give the default float where a function's values are real numbers.

use flashlight_compiler::{
    ir::Typed,
    ops::Op,
    types::{DType, Kind, Scalar},
};

use super::{
    Argument, Arguments, Function, Overload, Places,
    arithmetic::truncated,
    compose::{result_type, torch_name},
    one,
    reduction::promoted_input,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// An op whose values are real numbers.
fn real(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = promoted_input(s, a)?;
    s.unary(op, &x)
}

fn neg(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype == DType::Bool {
        return Err(Error::lacking(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the \
             `~` or `logical_not()` operator instead.",
        ));
    }
    s.unary(Op::Neg, &x)
}

fn abs(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype == DType::Bool {
        return Err(Error::lacking("\"abs_cpu\" not implemented for 'Bool'"));
    }
    s.magnitude(&x)
}

fn sign(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype == DType::C64 {
        return Err(Error::lacking(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
        ));
    }
    if x.ty().dtype == DType::Bool { Ok(x) } else { s.unary(Op::Sign, &x) }
}

/// The logarithm to a base whose natural logarithm is given.
fn logarithm(s: &mut Scope<'_>, a: &Arguments, base: f64) -> Result<Value> {
    let log = real(s, a, Op::Log)?;
    s.with_number(Op::Mul, &log, 1.0 / base)
}

fn exp2(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = promoted_input(s, a)?;
    let two = s.number(Scalar::Float(2.0), x.ty().dtype)?;
    s.binary(Op::Pow, &two, &x)
}

fn square(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let x = if x.ty().dtype == DType::Bool { s.cast(&x, DType::I64)? } else { x };
    s.binary(Op::Mul, &x, &x)
}

fn reciprocal(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = promoted_input(s, a)?;
    let one = s.number(Scalar::Int(1), x.ty().dtype)?;
    s.binary(Op::Div, &one, &x)
}

/// A float's neighbour among the integers; an integer is its own.
fn rounded(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.is_inexact() { s.unary(op, &x) } else { Ok(x) }
}

fn round(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let decimals = a.int("decimals")?;
    let x = s.read(a.tensor("input")?)?;
    if decimals == 0 || !x.ty().dtype.is_inexact() {
        return rounded(s, a, Op::Round);
    }
    // Powers of ten below one are no floats; dividing by their inverse is exact where it can be.
    let scale = 10f64.powi(decimals.unsigned_abs().min(400) as i32);
    let (first, second) = if decimals > 0 { (Op::Mul, Op::Div) } else { (Op::Div, Op::Mul) };
    let scaled = s.with_number(first, &x, scale)?;
    let whole = s.unary(Op::Round, &scaled)?;
    s.with_number(second, &whole, scale)
}

fn trunc(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.is_inexact() { truncated(s, &x) } else { Ok(x) }
}

fn frac(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if !x.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!("\"frac_cpu\" not implemented for '{}'", torch_name(x.ty().dtype))));
    }
    let whole = truncated(s, &x)?;
    s.binary(Op::Sub, &x, &whole)
}

/// The input between bounds that may be missing. On a bound the gradient is 0 where that is a number, and shared where it
/// is a tensor. NaN stays.
fn bounded(s: &mut Scope<'_>, a: &Arguments, min: &Argument, max: &Argument) -> Result<Value> {
    let dtype = result_type([a.get("input")?, min, max])?;
    let number = |bound: &Argument| matches!(bound, Argument::Number(_));
    if dtype.kind() == Kind::Complex {
        return Err(Error::lacking("clamp is not supported for complex types"));
    }
    if dtype == DType::Bool && (number(min) || number(max)) {
        return Err(Error::lacking("\"clamp_scalar_cpu\" not implemented for 'Bool'"));
    }
    let mut x = s.operand(a.get("input")?, dtype)?;
    if let (Argument::Tensor(_), Argument::Tensor(_)) = (min, max) {
        return between(s, &x, min, max, dtype);
    }
    for (bound, beyond, nearer) in [(min, Op::LessEqual, Op::Maximum), (max, Op::GreaterEqual, Op::Minimum)] {
        let shared = match bound {
            Argument::None => continue,
            bound => matches!(bound, Argument::Tensor(_)),
        };
        let bound = s.operand(bound, dtype)?;
        x = if shared {
            s.binary(nearer, &x, &bound)?
        } else {
            let outside = s.binary(beyond, &x, &bound)?;
            s.choose(&outside, &bound, &x)?
        };
    }
    Ok(x)
}

/// Between two tensors. Where both bounds are equal, the input has all of the gradient if it is too, and none is shared.
fn between(s: &mut Scope<'_>, x: &Value, min: &Argument, max: &Argument, dtype: DType) -> Result<Value> {
    let (low, high) = (s.operand(min, dtype)?, s.operand(max, dtype)?);
    let raised = s.binary(Op::Maximum, x, &low)?;
    let bounded = s.binary(Op::Minimum, &raised, &high)?;
    let narrow = s.binary(Op::Equal, &low, &high)?;
    let under = s.binary(Op::LessEqual, x, &high)?;
    let single = s.binary(Op::LogicalAnd, &narrow, &under)?;
    let below = s.binary(Op::Less, x, &low)?;
    let chosen = s.choose(&below, &low, x)?;
    s.choose(&single, &chosen, &bounded)
}

fn clamp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (min, max) = (a.get("min")?, a.get("max")?);
    if let (Argument::Tensor(_), Argument::Number(_)) | (Argument::Number(_), Argument::Tensor(_)) = (min, max) {
        return Err(Error::argument("clamp(): min and max are to be both numbers or both tensors"));
    }
    if matches!((min, max), (Argument::None, Argument::None)) {
        return Err(Error::runtime("torch.clamp: At least one of 'min' or 'max' must not be None"));
    }
    bounded(s, a, min, max)
}

fn clamp_min(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    bounded(s, a, a.get("min")?, &Argument::None)
}

fn clamp_max(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    bounded(s, a, &Argument::None, a.get("max")?)
}

/// `input + value * (tensor1 op tensor2)`.
fn add_scaled(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let dtype = result_type([a.get("input")?, a.get("tensor1")?, a.get("tensor2")?])?;
    let x = s.operand(a.get("input")?, dtype)?;
    let (y, z) = (s.operand(a.get("tensor1")?, dtype)?, s.operand(a.get("tensor2")?, dtype)?);
    // The number goes to one factor first, as in torch.
    let y = match a.get("value")? {
        late @ Argument::Late(_) if dtype.is_inexact() => s.times(&y, late)?,
        _ => match a.number("value")? {
            value if value.as_f64() == 1.0 => y,
            value => s.with_number(Op::Mul, &y, value)?,
        },
    };
    let change = s.binary(op, &y, &z)?;
    s.binary(Op::Add, &x, &change)
}

fn addcmul(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    add_scaled(s, a, Op::Mul)
}

fn addcdiv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    if result_type([a.get("tensor1")?, a.get("tensor2")?])?.kind() <= Kind::Integer {
        return Err(Error::runtime(
            "Integer division with addcdiv is no longer supported; divide with torch.div and add the result",
        ));
    }
    add_scaled(s, a, Op::Div)
}

fn lerp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("end")?)?);
    let dtype = x.ty().dtype;
    let same = |name: &str, other: DType| {
        if other == dtype {
            return Ok(());
        }
        Err(Error::runtime(format_args!("expected dtype {dtype} for `{name}` but got dtype {other}")))
    };
    same("end", y.ty().dtype)?;
    if !dtype.is_inexact() {
        return Err(Error::lacking(format_args!("\"lerp_kernel\" not implemented for '{}'", torch_name(dtype))));
    }
    let apart = s.binary(Op::Sub, &y, &x)?;
    let weight = match a.get("weight")? {
        // From the nearer end, so that a weight of 1 gives `end` itself.
        Argument::Number(weight) if weight.as_f64().abs() >= 0.5 => {
            let back = s.with_number(Op::Mul, &apart, 1.0 - weight.as_f64())?;
            return s.binary(Op::Sub, &y, &back);
        }
        Argument::Late(weight) if weight.is_at_least(0.5)? => {
            let back = s.times(&apart, &Argument::Late(weight.one_minus()?))?;
            return s.binary(Op::Sub, &y, &back);
        }
        Argument::Tensor(weight) if weight.rank() > 0 => {
            same("weight", weight.dtype())?;
            s.read(weight)?
        }
        weight => s.operand(weight, dtype)?,
    };
    let change = s.binary(Op::Mul, &apart, &weight)?;
    s.binary(Op::Add, &x, &change)
}

/// In `torch`, as a method and in `torch.special`.
const EVERYWHERE: Places = Places::ALL.and(Places::SPECIAL);

const ASIN: &[Overload] = &[one("(Tensor input)", |s, a| real(s, a, Op::Asin))];
const ACOS: &[Overload] = &[one("(Tensor input)", |s, a| real(s, a, Op::Acos))];
const ASINH: &[Overload] = &[one("(Tensor input)", |s, a| real(s, a, Op::Asinh))];
const ACOSH: &[Overload] = &[one("(Tensor input)", |s, a| real(s, a, Op::Acosh))];
const ATANH: &[Overload] = &[one("(Tensor input)", |s, a| real(s, a, Op::Atanh))];
const NEG: &[Overload] = &[one("(Tensor input)", neg)];
const ABS: &[Overload] = &[one("(Tensor input)", abs)];
const CLAMP: &[Overload] = &[one("(Tensor input, Operand? min=None, Operand? max=None)", clamp)];
const TRUNC: &[Overload] = &[one("(Tensor input)", trunc)];

pub(super) static FUNCTIONS: &[Function] = &[
    row("neg", Places::ALL, NEG, "-x; refuses truth values."),
    row("negative", Places::ALL, NEG, "The same as neg."),
    row("abs", Places::ALL, ABS, "The absolute value; its gradient at 0 is 0."),
    row("absolute", Places::ALL, ABS, "The same as abs."),
    row("sign", Places::ALL, &[one("(Tensor input)", sign)], "-1, 0 or 1 by the sign of x."),
    row("exp", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Exp))], "e to the power of x."),
    row("expm1", EVERYWHERE, &[one("(Tensor input)", |s, a| real(s, a, Op::Expm1))], "exp(x) - 1, accurate near 0."),
    row("log", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Log))], "The natural logarithm."),
    row("log1p", EVERYWHERE, &[one("(Tensor input)", |s, a| real(s, a, Op::Log1p))], "log(1 + x), accurate near 0."),
    row("sqrt", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Sqrt))], "The square root; NaN below 0."),
    row("rsqrt", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Rsqrt))], "One over the square root."),
    row("sin", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Sin))], "The sine of x in radians."),
    row("cos", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Cos))], "The cosine of x in radians."),
    row("atan", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Atan))], "The arctangent, in radians."),
    row("arctan", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Atan))], "The same as atan."),
    row(
        "tanh",
        Places::ALL.and(Places::FUNCTIONAL),
        &[one("(Tensor input)", |s, a| real(s, a, Op::Tanh))],
        "The hyperbolic tangent.",
    ),
    row(
        "sigmoid",
        Places::ALL.and(Places::FUNCTIONAL),
        &[one("(Tensor input)", |s, a| real(s, a, Op::Sigmoid))],
        "1 / (1 + exp(-x)).",
    ),
    row("erf", EVERYWHERE, &[one("(Tensor input)", |s, a| real(s, a, Op::Erf))], "The error function."),
    row(
        "log2",
        Places::ALL,
        &[one("(Tensor input)", |s, a| logarithm(s, a, std::f64::consts::LN_2))],
        "The logarithm to base 2.",
    ),
    row(
        "log10",
        Places::ALL,
        &[one("(Tensor input)", |s, a| logarithm(s, a, std::f64::consts::LN_10))],
        "The logarithm to base 10.",
    ),
    row("exp2", EVERYWHERE, &[one("(Tensor input)", exp2)], "2 to the power of x."),
    row("tan", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Tan))], "The tangent of x in radians."),
    row("sinh", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Sinh))], "The hyperbolic sine."),
    row("cosh", Places::ALL, &[one("(Tensor input)", |s, a| real(s, a, Op::Cosh))], "The hyperbolic cosine."),
    row("asin", Places::ALL, ASIN, "The arcsine, in radians; NaN beyond -1 and 1."),
    row("arcsin", Places::ALL, ASIN, "The same as asin."),
    row("acos", Places::ALL, ACOS, "The arccosine, in radians; NaN beyond -1 and 1."),
    row("arccos", Places::ALL, ACOS, "The same as acos."),
    row("asinh", Places::ALL, ASINH, "The inverse of sinh."),
    row("arcsinh", Places::ALL, ASINH, "The same as asinh."),
    row("acosh", Places::ALL, ACOSH, "The inverse of cosh; NaN below 1."),
    row("arccosh", Places::ALL, ACOSH, "The same as acosh."),
    row("atanh", Places::ALL, ATANH, "The inverse of tanh; NaN beyond -1 and 1."),
    row("arctanh", Places::ALL, ATANH, "The same as atanh."),
    row("square", Places::ALL, &[one("(Tensor input)", square)], "x * x."),
    row("reciprocal", Places::ALL, &[one("(Tensor input)", reciprocal)], "1 / x; integers give the default float."),
    row(
        "floor",
        Places::ALL,
        &[one("(Tensor input)", |s, a| rounded(s, a, Op::Floor))],
        "The largest integer not above x; the gradient is 0.",
    ),
    row(
        "ceil",
        Places::ALL,
        &[one("(Tensor input)", |s, a| rounded(s, a, Op::Ceil))],
        "The smallest integer not below x; the gradient is 0.",
    ),
    row(
        "round",
        EVERYWHERE,
        &[one("(Tensor input, *, int decimals=0)", round)],
        "x to so many decimals, halves to the even neighbour; the gradient is 0.",
    ),
    row("trunc", Places::ALL, TRUNC, "x without its fraction; the gradient is 0."),
    row("fix", Places::ALL, TRUNC, "The same as trunc."),
    row("frac", Places::ALL, &[one("(Tensor input)", frac)], "The fraction of x, with its sign; refuses integers."),
    row(
        "clamp",
        Places::ALL,
        CLAMP,
        "x between bounds, of which one may be missing; max where they cross. On a bound that is a number the gradient is 0.",
    ),
    row("clip", Places::ALL, CLAMP, "The same as clamp."),
    row("clamp_min", Places::ALL, &[one("(Tensor input, Operand min)", clamp_min)], "x, or min where x is below it."),
    row("clamp_max", Places::ALL, &[one("(Tensor input, Operand max)", clamp_max)], "x, or max where x is above it."),
    row(
        "addcmul",
        Places::ALL,
        &[one("(Tensor input, Tensor tensor1, Tensor tensor2, *, Number value=1)", addcmul)],
        "input + value * tensor1 * tensor2.",
    ),
    row(
        "addcdiv",
        Places::ALL,
        &[one("(Tensor input, Tensor tensor1, Tensor tensor2, *, Number value=1)", addcdiv)],
        "input + value * tensor1 / tensor2; refuses to divide integers.",
    ),
    row(
        "lerp",
        Places::ALL,
        &[one("(Tensor input, Tensor end, Operand weight)", lerp)],
        "input + weight * (end - input); of one element type.",
    ),
];
