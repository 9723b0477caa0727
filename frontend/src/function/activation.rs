//! Activation functions. Where one is composed of branches, no branch computes what the other one's elements would make
//! infinite, so that derivatives stay finite too.

use flashlight_compiler::{
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{Kind, Scalar},
};

use super::{
    Arguments, Function, Places, Returned, call, call_in_place,
    compose::{axis, torch_name},
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

impl Scope<'_> {
    /// x where the condition holds, else y.
    pub(super) fn select(&mut self, condition: &Value, x: &Value, y: &Value) -> Result<Value> {
        self.emit_one(Op::Where, Attrs::new(), &[condition.clone(), x.clone(), y.clone()])
    }

    /// The elements, with a number where the condition holds.
    pub(super) fn replace(&mut self, condition: &Value, with: impl Into<Scalar>, x: &Value) -> Result<Value> {
        let number = self.number(with.into(), x.ty().dtype)?;
        self.select(condition, &number, x)
    }
}

/// The input of a function that is defined for floating-point elements only.
pub(super) fn floating(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<Value> {
    let x = s.read(a.tensor(name)?)?;
    if x.ty().dtype.is_inexact() {
        return Ok(x);
    }
    Err(Error::unsupported(format_args!("{} for elements of type {}", a.signature.name, torch_name(x.ty().dtype))))
}

/// The first overload without its last argument, `inplace`: written into the input where that is true.
fn with_inplace(a: &Arguments) -> Result<Returned> {
    let name = a.signature.name;
    let function = Function::named(name).ok_or_else(|| Error::internal(format_args!("{name} has no row")))?;
    let signature = &function.signatures()[0];
    let values = a.values[..signature.parameters.len()].iter().cloned().collect();
    let arguments = Arguments { signature, values };
    if a.flag("inplace")? {
        return call_in_place(function, 0, &arguments).map(Returned::Tensor);
    }
    call(function, 0, &arguments)
}

fn relu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.kind() == Kind::Bool {
        return Err(Error::lacking("Boolean inputs not supported for relu"));
    }
    // A comparison that NaN fails, so that NaN stays.
    let low = s.with_number(Op::LessEqual, &x, 0i64)?;
    s.replace(&low, 0i64, &x)
}

/// The elements between two bounds; on and beyond them the derivative is 0, as in torch.
fn between(s: &mut Scope<'_>, x: &Value, low: Scalar, high: Scalar) -> Result<Value> {
    let above = s.with_number(Op::GreaterEqual, x, high)?;
    let capped = s.replace(&above, high, x)?;
    let below = s.with_number(Op::LessEqual, x, low)?;
    s.replace(&below, low, &capped)
}

fn hardtanh(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (low, high) = (a.number("min_val")?, a.number("max_val")?);
    if low.as_f64() > high.as_f64() {
        return Err(Error::value("min_val cannot be greater than max_val"));
    }
    let x = s.read(a.tensor("input")?)?;
    between(s, &x, low, high)
}

fn relu6(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    between(s, &x, Scalar::Int(0), Scalar::Int(6))
}

/// `relu6(x + 3) / 6`.
fn gate(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let moved = s.with_number(Op::Add, x, 3.0)?;
    let kept = between(s, &moved, Scalar::Float(0.0), Scalar::Float(6.0))?;
    s.with_number(Op::Mul, &kept, 1.0 / 6.0)
}

fn hardsigmoid(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    gate(s, &x)
}

fn hardswish(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let gate = gate(s, &x)?;
    s.binary(Op::Mul, &x, &gate)
}

fn gelu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tanh = match a.text("approximate")? {
        "none" => false,
        "tanh" => true,
        _ => return Err(Error::runtime("approximate argument must be either none or tanh.")),
    };
    let x = floating(s, a, "input")?;
    if tanh {
        // (1 + tanh(u)) / 2 is sigmoid(2 u).
        let twice = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
        let square = s.binary(Op::Mul, &x, &x)?;
        let scaled = s.with_number(Op::Mul, &square, 0.044715 * twice)?;
        let factor = s.with_number(Op::Add, &scaled, twice)?;
        let inner = s.binary(Op::Mul, &x, &factor)?;
        let share = s.unary(Op::Sigmoid, &inner)?;
        return s.binary(Op::Mul, &x, &share);
    }
    let scaled = s.with_number(Op::Mul, &x, std::f64::consts::FRAC_1_SQRT_2)?;
    let erf = s.unary(Op::Erf, &scaled)?;
    let share = s.with_number(Op::Add, &erf, 1.0)?;
    let half = s.with_number(Op::Mul, &x, 0.5)?;
    s.binary(Op::Mul, &half, &share)
}

fn silu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let share = s.unary(Op::Sigmoid, &x)?;
    s.binary(Op::Mul, &x, &share)
}

/// `scale * x` above 0, else `scale * alpha * (exp(x / width) - 1)`.
fn exponential_unit(s: &mut Scope<'_>, x: &Value, alpha: f64, scale: f64, width: f64) -> Result<Value> {
    let times = |s: &mut Scope<'_>, x: &Value, by: f64| {
        if by == 1.0 { Ok(x.clone()) } else { s.with_number(Op::Mul, x, by) }
    };
    let above = s.with_number(Op::Greater, x, 0.0)?;
    let low = s.replace(&above, 0.0, x)?;
    let low = times(s, &low, 1.0 / width)?;
    let power = s.unary(Op::Expm1, &low)?;
    let low = times(s, &power, alpha * scale)?;
    let high = times(s, x, scale)?;
    s.select(&above, &high, &low)
}

fn elu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    exponential_unit(s, &x, a.float("alpha")?, 1.0, 1.0)
}

fn selu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    exponential_unit(s, &x, 1.673_263_242_354_377_2, 1.050_700_987_355_480_5, 1.0)
}

fn celu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, alpha) = (floating(s, a, "input")?, a.float("alpha")?);
    if alpha == 0.0 {
        return Err(Error::runtime("ZeroDivisionError: alpha cannot be 0 for CELU"));
    }
    exponential_unit(s, &x, alpha, 1.0, alpha)
}

fn leaky_relu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let above = s.with_number(Op::Greater, &x, 0.0)?;
    let low = s.with_number(Op::Mul, &x, a.number("negative_slope")?)?;
    s.select(&above, &x, &low)
}

fn prelu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, weight) = (floating(s, a, "input")?, s.read(a.tensor("weight")?)?);
    if weight.ty().dtype != x.ty().dtype {
        return Err(Error::runtime(format_args!(
            "prelu: Type promoting not supported. Got {} and {}",
            torch_name(x.ty().dtype),
            torch_name(weight.ty().dtype)
        )));
    }
    let channels = x.ty().shape.get(1).cloned().unwrap_or_else(|| 1i64.into());
    let weight = match weight.ty().numel().as_known() {
        Some(1) => s.reshape(&weight, Default::default())?,
        _ if weight.ty().rank() == 1 && weight.ty().shape[0] == channels => {
            let mut shape = x.ty().shape.clone();
            shape.iter_mut().for_each(|d| *d = 1i64.into());
            shape[1] = channels;
            s.reshape(&weight, shape)?
        }
        _ => {
            return Err(Error::runtime(format_args!(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = {} and channel size \
                 = {channels}.",
                weight.ty().numel()
            )));
        }
    };
    let above = s.with_number(Op::Greater, &x, 0.0)?;
    let low = s.binary(Op::Mul, &x, &weight)?;
    s.select(&above, &x, &low)
}

/// log(1 + exp(beta * x)) / beta; x itself above the threshold.
fn soft_plus(s: &mut Scope<'_>, x: &Value, beta: f64, threshold: f64) -> Result<Value> {
    let scaled = if beta == 1.0 { x.clone() } else { s.with_number(Op::Mul, x, beta)? };
    let above = s.with_number(Op::Greater, &scaled, threshold)?;
    let low = s.replace(&above, 0.0, &scaled)?;
    let power = s.unary(Op::Exp, &low)?;
    let log = s.unary(Op::Log1p, &power)?;
    let log = if beta == 1.0 { log } else { s.with_number(Op::Mul, &log, 1.0 / beta)? };
    s.select(&above, x, &log)
}

fn softplus(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    soft_plus(s, &x, a.float("beta")?, a.float("threshold")?)
}

fn mish(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let plus = soft_plus(s, &x, 1.0, 20.0)?;
    let share = s.unary(Op::Tanh, &plus)?;
    s.binary(Op::Mul, &x, &share)
}

/// log(1 + exp(-|x|)): what is small in the logarithms of a sigmoid.
pub(super) fn log_tail(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let size = s.unary(Op::Abs, x)?;
    let low = s.unary(Op::Neg, &size)?;
    let power = s.unary(Op::Exp, &low)?;
    s.unary(Op::Log1p, &power)
}

fn logsigmoid(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let low = s.with_number(Op::Minimum, &x, 0.0)?;
    let tail = log_tail(s, &x)?;
    s.binary(Op::Sub, &low, &tail)
}

fn softsign(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let x = if x.ty().dtype.is_inexact() { x } else { s.cast(&x, super::compose::default_dtype())? };
    let size = s.unary(Op::Abs, &x)?;
    let below = s.with_number(Op::Add, &size, 1.0)?;
    s.binary(Op::Div, &x, &below)
}

fn tanhshrink(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let x = if x.ty().dtype.is_inexact() { x } else { s.cast(&x, super::compose::default_dtype())? };
    let tanh = s.unary(Op::Tanh, &x)?;
    s.binary(Op::Sub, &x, &tanh)
}

fn hardshrink(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let size = s.unary(Op::Abs, &x)?;
    let small = s.with_number(Op::LessEqual, &size, a.number("lambd")?)?;
    s.replace(&small, 0.0, &x)
}

fn softshrink(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, width) = (floating(s, a, "input")?, a.float("lambd")?);
    if width < 0.0 {
        return Err(Error::runtime(format_args!("lambda must be greater or equal to 0, but found to be {width}.")));
    }
    let nearest = between(s, &x, Scalar::Float(-width), Scalar::Float(width))?;
    let rest = s.binary(Op::Sub, &x, &nearest)?;
    let size = s.unary(Op::Abs, &x)?;
    let small = s.with_number(Op::LessEqual, &size, width)?;
    s.replace(&small, 0.0, &rest)
}

fn threshold(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let low = s.with_number(Op::LessEqual, &x, a.number("threshold")?)?;
    s.replace(&low, a.number("value")?, &x)
}

fn glu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    if x.ty().rank() == 0 {
        return Err(Error::runtime("glu does not support 0-dimensional tensors"));
    }
    let axis = axis(a.int("dim")?, x.ty().rank())?;
    let size = x.ty().shape[axis as usize].clone();
    let half = match size.as_known() {
        Some(n) if n % 2 == 0 => n / 2,
        _ => {
            return Err(Error::runtime(format_args!(
                "Halving dimension must be even, but dimension {axis} is size {size}"
            )));
        }
    };
    let first = s.slice_axis(&x, axis, 0i64.into(), half.into(), 1)?;
    let second = s.slice_axis(&x, axis, half.into(), half.into(), 1)?;
    let share = s.unary(Op::Sigmoid, &second)?;
    s.binary(Op::Mul, &first, &share)
}

const TWINS: Places = Places::FUNCTIONAL.and(Places::IN_PLACE);
const EVERYWHERE: Places = Places::BOTH.and(Places::IN_PLACE).and(Places::FUNCTIONAL);

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "relu",
        EVERYWHERE,
        &[one("(Tensor input)", relu), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "The elements above 0, else 0; NaN stays. The derivative at 0 is 0.",
    ),
    row(
        "relu6",
        TWINS,
        &[one("(Tensor input)", relu6), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "The elements between 0 and 6; on the bounds the derivative is 0.",
    ),
    row(
        "hardtanh",
        TWINS,
        &[
            one("(Tensor input, Number min_val=-1.0, Number max_val=1.0)", hardtanh),
            direct("(Tensor input, Number min_val=-1.0, Number max_val=1.0, bool inplace=False)", with_inplace),
        ],
        "The elements between two bounds; on the bounds the derivative is 0.",
    ),
    row(
        "gelu",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input, *, str approximate=\"none\")", gelu)],
        "x times the normal distribution's share below x; approximate is 'none' or 'tanh'.",
    ),
    row(
        "silu",
        TWINS,
        &[one("(Tensor input)", silu), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "x * sigmoid(x).",
    ),
    row(
        "mish",
        TWINS,
        &[one("(Tensor input)", mish), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "x * tanh(softplus(x)).",
    ),
    row(
        "elu",
        TWINS,
        &[
            one("(Tensor input, Number alpha=1.0)", elu),
            direct("(Tensor input, Number alpha=1.0, bool inplace=False)", with_inplace),
        ],
        "x above 0, else alpha * (exp(x) - 1).",
    ),
    row(
        "selu",
        TWINS.and(Places::TORCH),
        &[one("(Tensor input)", selu), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "elu of the self-normalising alpha and scale.",
    ),
    row(
        "celu",
        TWINS.and(Places::TORCH),
        &[
            one("(Tensor input, Number alpha=1.0)", celu),
            direct("(Tensor input, Number alpha=1.0, bool inplace=False)", with_inplace),
        ],
        "x above 0, else alpha * (exp(x / alpha) - 1).",
    ),
    row(
        "leaky_relu",
        TWINS,
        &[
            one("(Tensor input, Number negative_slope=0.01)", leaky_relu),
            direct("(Tensor input, Number negative_slope=0.01, bool inplace=False)", with_inplace),
        ],
        "x above 0, else negative_slope * x.",
    ),
    row(
        "prelu",
        Places::BOTH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, Tensor weight)", prelu)],
        "x above 0, else weight * x; one weight, or one for each channel of axis 1.",
    ),
    row(
        "softplus",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input, Number beta=1.0, Number threshold=20.0)", softplus)],
        "log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold.",
    ),
    row(
        "logsigmoid",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input)", logsigmoid)],
        "The logarithm of sigmoid(x).",
    ),
    row(
        "hardsigmoid",
        TWINS,
        &[one("(Tensor input)", hardsigmoid), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "relu6(x + 3) / 6.",
    ),
    row(
        "hardswish",
        TWINS,
        &[one("(Tensor input)", hardswish), direct("(Tensor input, bool inplace=False)", with_inplace)],
        "x * relu6(x + 3) / 6.",
    ),
    row("softsign", Places::FUNCTIONAL, &[one("(Tensor input)", softsign)], "x / (1 + |x|)."),
    row("tanhshrink", Places::FUNCTIONAL, &[one("(Tensor input)", tanhshrink)], "x - tanh(x)."),
    row(
        "hardshrink",
        Places::BOTH.and(Places::FUNCTIONAL).and(Places::OUT),
        &[one("(Tensor input, Number lambd=0.5)", hardshrink)],
        "x, and 0 where |x| is not above lambd.",
    ),
    row(
        "softshrink",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input, Number lambd=0.5)", softshrink)],
        "x moved towards 0 by lambd, and 0 on the way.",
    ),
    row(
        "threshold",
        TWINS.and(Places::TORCH),
        &[
            one("(Tensor input, Number threshold, Number value)", threshold),
            direct("(Tensor input, Number threshold, Number value, bool inplace=False)", with_inplace),
        ],
        "x above the threshold, else the value.",
    ),
    row(
        "glu",
        Places::FUNCTIONAL,
        &[one("(Tensor input, int dim=-1)", glu)],
        "The first half along an axis times sigmoid of the second half.",
    ),
];
