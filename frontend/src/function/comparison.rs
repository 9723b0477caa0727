//! Comparisons, logic, bits, the choice between operands, and what kind of number an element is.

use flashlight_compiler::{
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Kind, Scalar},
};

use super::{
    Arguments, Function, Overload, Places, Returned,
    arithmetic::{operands, promoted},
    call::computed,
    compose::{all_axes, broadcast_shape, default_dtype, result_type, torch_name},
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    fetch::fetch,
    value::Value,
};

impl Scope<'_> {
    /// x where the condition holds, else y; the three are broadcast.
    pub(super) fn choose(&mut self, condition: &Value, x: &Value, y: &Value) -> Result<Value> {
        let shape = broadcast_shape(&x.ty().shape, &y.ty().shape)?;
        let shape = broadcast_shape(&condition.ty().shape, &shape)?;
        let mut spread = |v: &Value| if v.ty().rank() == 0 { Ok(v.clone()) } else { self.broadcast_to(v, &shape) };
        let (condition, x, y) = (spread(condition)?, spread(x)?, spread(y)?);
        self.emit_one(Op::Where, Attrs::new(), &[condition, x, y])
    }
}

fn compare(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let dtype = promoted(a)?;
    if dtype.kind() == Kind::Complex && !matches!(op, Op::Equal | Op::NotEqual) {
        return Err(Error::lacking(format_args!(
            "\"{}\" not implemented for '{}'",
            a.signature.name,
            torch_name(dtype)
        )));
    }
    let (x, y) = operands(s, a, dtype)?;
    s.binary(op, &x, &y)
}

fn logic(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let truth = |s: &mut Scope<'_>, name: &str| {
        let x = s.read(a.tensor(name)?)?;
        s.cast(&x, DType::Bool)
    };
    let (x, y) = (truth(s, "input")?, truth(s, "other")?);
    s.binary(op, &x, &y)
}

fn logical_not(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let truth = s.cast(&x, DType::Bool)?;
    s.unary(Op::LogicalNot, &truth)
}

fn integral(a: &Arguments, dtype: DType) -> Result<()> {
    if dtype.is_integral() {
        return Ok(());
    }
    Err(Error::lacking(format_args!("\"{}\" not implemented for '{}'", a.signature.name, torch_name(dtype))))
}

fn bits(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let dtype = promoted(a)?;
    integral(a, dtype)?;
    let (x, y) = operands(s, a, dtype)?;
    s.binary(op, &x, &y)
}

fn bitwise_not(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    integral(a, x.ty().dtype)?;
    s.unary(Op::BitwiseNot, &x)
}

fn chosen(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let condition = s.read(a.tensor("condition")?)?;
    let condition = match condition.ty().dtype {
        DType::Bool => condition,
        DType::U8 => s.cast(&condition, DType::Bool)?,
        other => {
            return Err(Error::runtime(format_args!(
                "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
                torch_name(other)
            )));
        }
    };
    let (x, y) = operands(s, a, promoted(a)?)?;
    s.choose(&condition, &x, &y)
}

fn isnan(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    s.binary(Op::NotEqual, &x, &x)
}

/// Whether the size of an element compares so with infinity; an integer is finite.
fn against_infinity(s: &mut Scope<'_>, x: &Value, op: Op) -> Result<Value> {
    if !x.ty().dtype.is_inexact() {
        return s.binary(if op == Op::Equal { Op::NotEqual } else { Op::Equal }, x, x);
    }
    let size = s.unary(Op::Abs, x)?;
    s.with_number(op, &size, f64::INFINITY)
}

fn isinf(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    against_infinity(s, &x, Op::Equal)
}

fn isfinite(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    against_infinity(s, &x, Op::Less)
}

/// Which elements are nearer than `atol + rtol * |other|`, or equal.
fn near(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("other")?)?);
    if x.ty().dtype != y.ty().dtype {
        return Err(Error::runtime(format_args!(
            "{} did not match {}",
            torch_name(x.ty().dtype),
            torch_name(y.ty().dtype)
        )));
    }
    let (rtol, atol) = (a.float("rtol")?, a.float("atol")?);
    for (name, tolerance) in [("rtol", rtol), ("atol", atol)] {
        if tolerance < 0.0 {
            return Err(Error::runtime(format_args!(
                "{name} must be greater than or equal to zero, but got {tolerance}"
            )));
        }
    }
    let mut same = s.binary(Op::Equal, &x, &y)?;
    if a.flag("equal_nan")? && x.ty().dtype.is_inexact() {
        let (left, right) = (s.binary(Op::NotEqual, &x, &x)?, s.binary(Op::NotEqual, &y, &y)?);
        let both = s.binary(Op::LogicalAnd, &left, &right)?;
        same = s.binary(Op::LogicalOr, &same, &both)?;
    }
    if rtol == 0.0 && atol == 0.0 {
        return Ok(same);
    }
    let dtype = if x.ty().dtype.is_inexact() { x.ty().dtype } else { default_dtype() };
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let size = s.unary(Op::Abs, &y)?;
    let relative = s.with_number(Op::Mul, &size, rtol)?;
    let allowed = s.with_number(Op::Add, &relative, atol)?;
    let apart = s.binary(Op::Sub, &x, &y)?;
    let apart = s.unary(Op::Abs, &apart)?;
    let within = s.binary(Op::LessEqual, &apart, &allowed)?;
    let finite = against_infinity(s, &apart, Op::Less)?;
    let within = s.binary(Op::LogicalAnd, &within, &finite)?;
    s.binary(Op::LogicalOr, &same, &within)
}

/// Whether every element holds.
fn holds(s: &mut Scope<'_>, truth: &Value) -> Result<Value> {
    let wrong = s.unary(Op::LogicalNot, truth)?;
    let axes = all_axes(wrong.ty().rank());
    let wrong = s.cast(&wrong, DType::I64)?;
    let count = s.fold(Op::Sum, &wrong, &axes, false)?;
    s.with_number(Op::Equal, &count, 0i64)
}

/// The answer of a computation of one truth value, waited for.
fn answer(a: &Arguments, body: impl FnOnce(&mut Scope<'_>) -> Result<Value>) -> Result<Returned> {
    let name = a.signature.name;
    let truth = computed(name, a.tensor("input")?.device(), body)?;
    let bytes = fetch(&truth.value()?, name)?;
    Ok(Returned::Number(Scalar::Bool(bytes.first().is_some_and(|&b| b != 0))))
}

fn allclose(a: &Arguments) -> Result<Returned> {
    answer(a, |s| {
        let near = near(s, a)?;
        holds(s, &near)
    })
}

fn equal(a: &Arguments) -> Result<Returned> {
    let (x, y) = (a.tensor("input")?, a.tensor("other")?);
    if x.shape() != y.shape() {
        return Ok(Returned::Number(Scalar::Bool(false)));
    }
    answer(a, |s| {
        let dtype = result_type([a.get("input")?, a.get("other")?])?;
        let (x, y) = operands(s, a, dtype)?;
        let same = s.binary(Op::Equal, &x, &y)?;
        holds(s, &same)
    })
}

const EQ: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::Equal))];
const NE: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::NotEqual))];
const LT: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::Less))];
const LE: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::LessEqual))];
const GT: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::Greater))];
const GE: &[Overload] = &[one("(Tensor input, Operand other)", |s, a| compare(s, a, Op::GreaterEqual))];
const NEAR: &str = "(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)";

pub(super) static FUNCTIONS: &[Function] = &[
    row("eq", Places::ALL, EQ, "Whether input is other, as truth values; the operands are broadcast and promoted."),
    row("ne", Places::ALL, NE, "Whether input is not other."),
    row("not_equal", Places::ALL, NE, "The same as ne."),
    row("lt", Places::ALL, LT, "Whether input is below other."),
    row("less", Places::ALL, LT, "The same as lt."),
    row("le", Places::ALL, LE, "Whether input is not above other; false for NaN."),
    row("less_equal", Places::ALL, LE, "The same as le."),
    row("gt", Places::ALL, GT, "Whether input is above other."),
    row("greater", Places::ALL, GT, "The same as gt."),
    row("ge", Places::ALL, GE, "Whether input is not below other; false for NaN."),
    row("greater_equal", Places::ALL, GE, "The same as ge."),
    row(
        "equal",
        Places::BOTH,
        &[direct("(Tensor input, Tensor other) -> bool", equal)],
        "Whether two tensors have one shape and the same elements, as a bool of Python; waits for them.",
    ),
    row("isclose", Places::BOTH, &[one(NEAR, near)], "Which elements are equal or nearer than atol + rtol * |other|."),
    row(
        "allclose",
        Places::BOTH,
        &[direct(
            "(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool",
            allclose,
        )],
        "Whether all elements are close, as a bool of Python; waits for them.",
    ),
    row(
        "logical_and",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| logic(s, a, Op::LogicalAnd))],
        "Whether neither is 0.",
    ),
    row(
        "logical_or",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| logic(s, a, Op::LogicalOr))],
        "Whether one of the two is not 0.",
    ),
    row(
        "logical_xor",
        Places::ALL,
        &[one("(Tensor input, Tensor other)", |s, a| logic(s, a, Op::NotEqual))],
        "Whether just one of the two is not 0.",
    ),
    row("logical_not", Places::ALL, &[one("(Tensor input)", logical_not)], "Whether an element is 0."),
    row(
        "bitwise_and",
        Places::ALL,
        &[
            one("(Tensor input, Operand other)", |s, a| bits(s, a, Op::BitwiseAnd)),
            one("(Number input, Tensor other)", |s, a| bits(s, a, Op::BitwiseAnd)),
        ],
        "The bits set in both; for truth values, and. Refuses floats.",
    ),
    row(
        "bitwise_or",
        Places::ALL,
        &[
            one("(Tensor input, Operand other)", |s, a| bits(s, a, Op::BitwiseOr)),
            one("(Number input, Tensor other)", |s, a| bits(s, a, Op::BitwiseOr)),
        ],
        "The bits set in one or both; for truth values, or. Refuses floats.",
    ),
    row(
        "bitwise_xor",
        Places::ALL,
        &[
            one("(Tensor input, Operand other)", |s, a| bits(s, a, Op::BitwiseXor)),
            one("(Number input, Tensor other)", |s, a| bits(s, a, Op::BitwiseXor)),
        ],
        "The bits set in just one; for truth values, whether they differ. Refuses floats.",
    ),
    row(
        "bitwise_not",
        Places::ALL,
        &[one("(Tensor input)", bitwise_not)],
        "Each bit inverted; for truth values, not. Refuses floats.",
    ),
    row(
        "where",
        Places::TORCH.and(Places::OUT),
        &[
            one("(Tensor condition, Operand input, Operand other)", chosen),
            direct("(Tensor condition) -> Tensors", super::indexing::places_where),
        ],
        "input where the condition holds, else other; the three are broadcast, and the latter two promoted. Of a condition \
         alone, its places as nonzero gives them with as_tuple.",
    ),
    row("isnan", Places::BOTH, &[one("(Tensor input)", isnan)], "Which elements are NaN."),
    row("isinf", Places::BOTH, &[one("(Tensor input)", isinf)], "Which elements are infinite, of either sign."),
    row("isfinite", Places::BOTH, &[one("(Tensor input)", isfinite)], "Which elements are neither infinite nor NaN."),
];
