//! Reductions over axes, positions of extremes, and softmax with its kin, with torch's `dim` and `keepdim`.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Arguments, Function, Overload, Places,
    activation::floating,
    compose::{all_axes, axes, axis, default_dtype, torch_name},
    loss::per,
    many, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// The axes that the argument `dim` names; all of them where it names none.
fn folded_axes(a: &Arguments, rank: usize) -> Result<Axes> {
    match a.optional_ints("dim")? {
        Some(dims) if !dims.is_empty() => axes(&dims, rank),
        _ => Ok(all_axes(rank)),
    }
}

/// The input, in the element type of the argument `dtype` where that is given.
pub(super) fn converted(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    match a.dtype("dtype")? {
        Some(dtype) => s.cast(&x, dtype),
        None => Ok(x),
    }
}

/// The input; integers in the default float.
pub(super) fn promoted_input(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.is_inexact() { Ok(x) } else { s.cast(&x, default_dtype()) }
}

/// How many elements are folded into one.
fn count(x: &Value, axes: &Axes) -> Result<f64> {
    let count: Dim = axes.iter().map(|&i| &x.ty().shape[i as usize]).product();
    match count.as_known() {
        Some(n) => Ok(n as f64),
        None => Err(Error::unsupported(format_args!("a mean over the symbolic size {count}"))),
    }
}

/// The value with the axes to fold made one, the last; and the place of that axis.
fn joined(s: &mut Scope<'_>, x: &Value, axes: &Axes) -> Result<(Value, u32)> {
    if let [axis] = axes[..] {
        return Ok((x.clone(), axis));
    }
    let kept: Axes = (0..x.ty().rank() as u32).filter(|i| !axes.contains(i)).collect();
    let mut shape: Shape = kept.iter().map(|&i| x.ty().shape[i as usize].clone()).collect();
    shape.push(axes.iter().map(|&i| &x.ty().shape[i as usize]).product());
    let last = kept.len() as u32;
    let moved = s.permute(x, kept.iter().chain(axes).copied().collect())?;
    Ok((s.reshape(&moved, shape)?, last))
}

fn sum(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = converted(s, a)?;
    let axes = folded_axes(a, x.ty().rank())?;
    let sum = s.emit_one(Op::Sum, attrs![axes.clone()], std::slice::from_ref(&x))?;
    let sum = match a.dtype("dtype")? {
        Some(dtype) => s.cast(&sum, dtype)?,
        None => sum,
    };
    s.kept(&sum, &x.ty().shape, &axes, a.flag("keepdim")?)
}

/// The sum over axes divided by how many elements it has.
fn average(s: &mut Scope<'_>, x: &Value, axes: &Axes, keepdim: bool) -> Result<Value> {
    let sum = s.fold(Op::Sum, x, axes, keepdim)?;
    let count = axes.iter().map(|&i| &x.ty().shape[i as usize]).product();
    per(s, &sum, &count)
}

fn mean(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = converted(s, a)?;
    if !x.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}",
            torch_name(x.ty().dtype)
        )));
    }
    let axes = folded_axes(a, x.ty().rank())?;
    average(s, &x, &axes, a.flag("keepdim")?)
}

/// Refuses to look for an extreme among no elements.
fn refuse_empty(a: &Arguments, x: &Value, axes: &Axes) -> Result<()> {
    let name = a.signature.name;
    match axes.iter().find(|&&i| x.ty().shape[i as usize] == 0) {
        None => Ok(()),
        Some(axis) if a.is_given("dim") && !a.ints("dim")?.is_empty() => {
            Err(Error::index(format_args!("{name}(): Expected reduction dim {axis} to have non-zero size.")))
        }
        Some(_) if name.starts_with("arg") => {
            Err(Error::index(format_args!("{name}(): Expected reduction dim to be specified for input.numel() == 0.")))
        }
        Some(_) => Err(Error::runtime(format_args!(
            "{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with \
             the 'dim' argument."
        ))),
    }
}

fn extreme(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let axes = folded_axes(a, x.ty().rank())?;
    refuse_empty(a, &x, &axes)?;
    s.fold(op, &x, &axes, a.flag("keepdim")?)
}

/// The exclusive or of bits.
fn hash_tensor(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, mode) = (s.read(a.tensor("input")?)?.untracked(), a.int("mode")?);
    if mode != 0 {
        return Err(Error::runtime(format_args!("Unknown hash_tensor mode: {mode}")));
    }
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::lacking("\"xor_sum_cpu\" not implemented for 'ComplexFloat'"));
    }
    let axes = folded_axes(a, x.ty().rank())?;
    refuse_empty(a, &x, &axes)?;
    s.fold(Op::XorFold, &x, &axes, a.flag("keepdim")?)
}

fn extreme_of_all(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let axes = all_axes(x.ty().rank());
    refuse_empty(a, &x, &axes)?;
    s.fold(op, &x, &axes, false)
}

/// The extreme along an axis and its position; the derivative goes to that position alone.
fn extreme_along(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Vec<Value>> {
    let x = s.read(a.tensor("input")?)?;
    let axis = axis(a.int("dim")?, x.ty().rank())?;
    if x.ty().rank() == 0 {
        let first = s.number(Scalar::Int(0), DType::I64)?;
        return Ok(vec![x, first]);
    }
    let axes = Axes::from_slice(&[axis]);
    refuse_empty(a, &x, &axes)?;
    let shape = x.ty().shape.clone();
    let indices = s.emit_one(op, attrs![axis], std::slice::from_ref(&x))?;
    let kept = s.kept(&indices, &shape, &axes, true)?;
    let mut values = s.emit_one(Op::Gather, attrs![axis], &[x, kept.clone()])?;
    if a.flag("keepdim")? {
        return Ok(vec![values, kept]);
    }
    values = s.reshape(&values, indices.ty().shape.clone())?;
    Ok(vec![values, indices])
}

fn position(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype == DType::Bool {
        return Err(Error::lacking(format_args!("{}(): does not support bool input", a.signature.name)));
    }
    let axes = match a.optional_int("dim")? {
        Some(dim) => axes(&[dim], x.ty().rank())?,
        None => all_axes(x.ty().rank()),
    };
    refuse_empty(a, &x, &axes)?;
    let (flat, axis) = joined(s, &x, &axes)?;
    let at = s.emit_one(op, attrs![axis], &[flat])?;
    s.kept(&at, &x.ty().shape, &axes, a.flag("keepdim")?)
}

/// Whether any, or all, of the elements are true. Counted, so that no elements have an answer.
fn truth(s: &mut Scope<'_>, a: &Arguments, all: bool) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let axes = match a.optional_ints("dim")? {
        Some(dims) => axes(&dims, x.ty().rank())?,
        None => all_axes(x.ty().rank()),
    };
    let truth = s.cast(&x, DType::Bool)?;
    let counted = if all { s.unary(Op::LogicalNot, &truth)? } else { truth };
    let sum = s.emit_one(Op::Sum, attrs![axes.clone()], &[counted])?;
    let answer = s.with_number(if all { Op::Equal } else { Op::NotEqual }, &sum, 0i64)?;
    let answer = if x.ty().dtype == DType::U8 { s.cast(&answer, DType::U8)? } else { answer };
    s.kept(&answer, &x.ty().shape, &axes, a.flag("keepdim")?)
}

fn count_nonzero(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let axes = folded_axes(a, x.ty().rank())?;
    let truth = s.with_number(Op::NotEqual, &x, 0i64)?;
    s.emit_one(Op::Sum, attrs![axes], &[truth])
}

/// An op along one axis that keeps it; a value of rank 0 has an axis of one element.
fn along(s: &mut Scope<'_>, op: Op, x: &Value, axis: u32) -> Result<Value> {
    if x.ty().rank() > 0 {
        return s.emit_one(op, attrs![axis], std::slice::from_ref(x));
    }
    let line = s.reshape(x, [Dim::known(1)].into_iter().collect())?;
    let result = s.emit_one(op, attrs![axis], &[line])?;
    s.reshape(&result, Shape::new())
}

fn normalised(s: &mut Scope<'_>, a: &Arguments, op: Op, negated: bool) -> Result<Value> {
    let mut x = match a.dtype("dtype")? {
        Some(_) => converted(s, a)?,
        None => floating(s, a, "input")?,
    };
    let rank = x.ty().rank();
    // torch's choice where no axis is named.
    let dim = a.optional_int("dim")?.unwrap_or(if matches!(rank, 0 | 1 | 3) { 0 } else { 1 });
    let axis = axis(dim, rank)?;
    if negated {
        x = s.unary(Op::Neg, &x)?;
    }
    along(s, op, &x, axis)
}

fn logsumexp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = promoted_input(s, a)?;
    let axes = axes(&a.ints("dim")?, x.ty().rank())?;
    let (flat, axis) = joined(s, &x, &axes)?;
    let result = s.emit_one(Op::Logsumexp, attrs![axis], &[flat])?;
    s.kept(&result, &x.ty().shape, &axes, a.flag("keepdim")?)
}

/// The square root, whose derivative at 0 is 0 here.
fn root(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let nothing = s.with_number(Op::Equal, x, 0.0)?;
    let there = s.replace(&nothing, 1.0, x)?;
    let root = s.unary(Op::Sqrt, &there)?;
    s.replace(&nothing, 0.0, &root)
}

/// Variance and mean, with the folded axes as the call wants them.
fn moments(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, Value)> {
    let x = s.read(a.tensor("input")?)?;
    if !x.ty().dtype.is_float() {
        return Err(Error::lacking("std and var only support floating point and complex dtypes"));
    }
    let axes = match a.signature.position("dim") {
        Some(_) => folded_axes(a, x.ty().rank())?,
        None => all_axes(x.ty().rank()),
    };
    let correction = if a.is_given("correction") {
        a.float("correction")?
    } else if a.is_given("unbiased") {
        f64::from(u8::from(a.flag("unbiased")?))
    } else {
        1.0
    };
    let keepdim = a.signature.position("keepdim").is_some() && a.flag("keepdim")?;
    let shape = x.ty().shape.clone();
    let mean = average(s, &x, &axes, false)?;
    let level = s.unfold(&mean, &shape, &axes)?;
    let apart = s.binary(Op::Sub, &x, &level)?;
    let squares = s.binary(Op::Mul, &apart, &apart)?;
    let sum = s.fold(Op::Sum, &squares, &axes, keepdim)?;
    let variance = s.with_number(Op::Mul, &sum, 1.0 / (count(&x, &axes)? - correction).max(0.0))?;
    Ok((variance, s.kept(&mean, &shape, &axes, keepdim)?))
}

fn var(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    Ok(moments(s, a)?.0)
}

fn std(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (variance, _) = moments(s, a)?;
    root(s, &variance)
}

fn var_mean(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (variance, mean) = moments(s, a)?;
    Ok(vec![variance, mean])
}

fn std_mean(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (variance, mean) = moments(s, a)?;
    Ok(vec![root(s, &variance)?, mean])
}

/// The p-norm over axes, which are dropped; its derivative at 0 is 0.
pub(super) fn length(s: &mut Scope<'_>, x: &Value, p: f64, axes: &Axes) -> Result<Value> {
    let size = s.unary(Op::Abs, x)?;
    if p == 2.0 {
        let squares = s.binary(Op::Mul, x, x)?;
        let sum = s.fold(Op::Sum, &squares, axes, false)?;
        root(s, &sum)
    } else if p == 1.0 {
        s.fold(Op::Sum, &size, axes, false)
    } else if p == f64::INFINITY {
        s.fold(Op::Amax, &size, axes, false)
    } else if p == f64::NEG_INFINITY {
        s.fold(Op::Amin, &size, axes, false)
    } else if p == 0.0 {
        let there = s.with_number(Op::NotEqual, x, 0.0)?;
        let there = s.cast(&there, x.ty().dtype)?;
        let count = s.fold(Op::Sum, &there, axes, false)?;
        Ok(s.replacing(x, count))
    } else {
        let powers = s.with_number(Op::Pow, &size, p)?;
        let sum = s.fold(Op::Sum, &powers, axes, false)?;
        let nothing = s.with_number(Op::Equal, &sum, 0.0)?;
        let sum = s.replace(&nothing, 1.0, &sum)?;
        let root = s.with_number(Op::Pow, &sum, 1.0 / p)?;
        s.replace(&nothing, 0.0, &root)
    }
}

/// The product over axes. Of floats by halves, so that derivatives are right where elements are 0.
pub(super) fn product(s: &mut Scope<'_>, x: &Value, axes: &Axes) -> Result<Value> {
    let known = axes.iter().map(|&i| &x.ty().shape[i as usize]).product::<Dim>().as_known();
    let Some(mut size) = known.filter(|_| x.ty().dtype.is_inexact()) else {
        return s.fold(Op::Prod, x, axes, false);
    };
    if axes.is_empty() {
        return Ok(x.clone());
    }
    if size == 0 {
        let kept = (0u32..).zip(&x.ty().shape).filter(|(i, _)| !axes.contains(i)).map(|(_, d)| d.clone()).collect();
        let one = s.number(Scalar::Int(1), x.ty().dtype)?;
        let ones = s.broadcast_to(&one, &kept)?;
        return Ok(s.replacing(x, ones));
    }
    let (mut flat, axis) = joined(s, x, axes)?;
    while size > 1 {
        let half = size / 2;
        let low = s.slice_axis(&flat, axis, 0i64.into(), half.into(), 1)?;
        let high = s.slice_axis(&flat, axis, half.into(), half.into(), 1)?;
        let pairs = s.binary(Op::Mul, &low, &high)?;
        flat = if size % 2 == 0 {
            pairs
        } else {
            let rest = s.slice_axis(&flat, axis, (size - 1).into(), 1i64.into(), 1)?;
            s.emit_one(Op::Concat, attrs![axis], &[pairs, rest])?
        };
        size -= half;
    }
    let mut shape = flat.ty().shape.clone();
    shape.remove(axis as usize);
    s.reshape(&flat, shape)
}

fn prod(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = converted(s, a)?;
    let counted = x.ty().dtype.kind() <= Kind::Integer && !a.is_given("dtype");
    let x = if counted { s.cast(&x, DType::I64)? } else { x };
    let axes = match a.optional_int("dim")? {
        Some(dim) => axes(&[dim], x.ty().rank())?,
        None => all_axes(x.ty().rank()),
    };
    let product = product(s, &x, &axes)?;
    s.kept(&product, &x.ty().shape, &axes, a.flag("keepdim")?)
}

const WITH_OUT: Places = Places::BOTH.and(Places::OUT);

const NORMALISED: Places = Places::BOTH.and(Places::OUT).and(Places::FUNCTIONAL).and(Places::SPECIAL);
const SOFTMAX: &[Overload] = &[
    one("(Tensor input, int dim, dtype? dtype=None)", |s, a| normalised(s, a, Op::Softmax, false)),
    one("(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)", |s, a| {
        normalised(s, a, Op::Softmax, false)
    }),
];
const LOG_SOFTMAX: &[Overload] = &[
    one("(Tensor input, int dim, dtype? dtype=None)", |s, a| normalised(s, a, Op::LogSoftmax, false)),
    one("(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)", |s, a| {
        normalised(s, a, Op::LogSoftmax, false)
    }),
];

const CORRECTED: &str = "(Tensor input, ints? dim=None, *, Number? correction=None, bool keepdim=False)";
const UNBIASED: &str = "(Tensor input, ints? dim, bool unbiased=True, bool keepdim=False)";
const UNBIASED_OF_ALL: &str = "(Tensor input, bool unbiased)";
const VAR: &[Overload] = &[one(CORRECTED, var), one(UNBIASED, var), one(UNBIASED_OF_ALL, var)];
const STD: &[Overload] = &[one(CORRECTED, std), one(UNBIASED, std), one(UNBIASED_OF_ALL, std)];
const VAR_MEAN: &[Overload] =
    &[many(CORRECTED, var_mean, &[]), many(UNBIASED, var_mean, &[]), many(UNBIASED_OF_ALL, var_mean, &[])];
const STD_MEAN: &[Overload] =
    &[many(CORRECTED, std_mean, &[]), many(UNBIASED, std_mean, &[]), many(UNBIASED_OF_ALL, std_mean, &[])];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "sum",
        WITH_OUT,
        &[one("(Tensor input, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", sum)],
        "The sum over axes, all by default; integers and truth values are counted in int64.",
    ),
    row(
        "mean",
        WITH_OUT,
        &[one("(Tensor input, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", mean)],
        "The mean over axes, all by default; refuses integers unless dtype is a float.",
    ),
    row(
        "amax",
        WITH_OUT,
        &[one("(Tensor input, ints dim=[], bool keepdim=False)", |s, a| extreme(s, a, Op::Amax))],
        "The largest over axes, all by default; equal ones share the gradient. Refuses axes of no elements.",
    ),
    row(
        "amin",
        WITH_OUT,
        &[one("(Tensor input, ints dim=[], bool keepdim=False)", |s, a| extreme(s, a, Op::Amin))],
        "The smallest over axes, all by default; equal ones share the gradient. Refuses axes of no elements.",
    ),
    row(
        "hash_tensor",
        WITH_OUT,
        &[one("(Tensor input, ints dim=[], *, bool keepdim=False, int mode=0)", hash_tensor)],
        "The exclusive or of the elements' 64 bits, of floats in double precision, over axes, all by default.",
    ),
    row(
        "max",
        Places::BOTH.and(Places::OUT),
        &[
            one("(Tensor input)", |s, a| extreme_of_all(s, a, Op::Amax)),
            many(
                "(Tensor input, int dim, bool keepdim=False)",
                |s, a| extreme_along(s, a, Op::Argmax),
                &["values", "indices"],
            ),
            one("(Tensor input, Tensor other)", super::arithmetic::maximum),
        ],
        "The largest of all elements; along an axis, with its position, which alone has a gradient; or of each pair.",
    ),
    row(
        "min",
        Places::BOTH.and(Places::OUT),
        &[
            one("(Tensor input)", |s, a| extreme_of_all(s, a, Op::Amin)),
            many(
                "(Tensor input, int dim, bool keepdim=False)",
                |s, a| extreme_along(s, a, Op::Argmin),
                &["values", "indices"],
            ),
            one("(Tensor input, Tensor other)", super::arithmetic::minimum),
        ],
        "The smallest of all elements; along an axis, with its position, which alone has a gradient; or of each pair.",
    ),
    row(
        "argmax",
        WITH_OUT,
        &[one("(Tensor input, int? dim=None, bool keepdim=False)", |s, a| position(s, a, Op::Argmax))],
        "The first position of the largest along an axis, or among all elements.",
    ),
    row(
        "argmin",
        WITH_OUT,
        &[one("(Tensor input, int? dim=None, bool keepdim=False)", |s, a| position(s, a, Op::Argmin))],
        "The first position of the smallest along an axis, or among all elements.",
    ),
    row(
        "any",
        WITH_OUT,
        &[one("(Tensor input, ints? dim=None, bool keepdim=False)", |s, a| truth(s, a, false))],
        "Whether an element is not 0, over axes, all by default; uint8 gives uint8.",
    ),
    row(
        "all",
        WITH_OUT,
        &[one("(Tensor input, ints? dim=None, bool keepdim=False)", |s, a| truth(s, a, true))],
        "Whether no element is 0, over axes, all by default; uint8 gives uint8.",
    ),
    row(
        "count_nonzero",
        Places::BOTH,
        &[one("(Tensor input, ints? dim=None)", count_nonzero)],
        "How many elements are not 0, over axes, all by default.",
    ),
    row("softmax", NORMALISED, SOFTMAX, "exp(x) over its sum along an axis."),
    row(
        "log_softmax",
        NORMALISED,
        LOG_SOFTMAX,
        "The logarithm of softmax along an axis, computed without its quotient.",
    ),
    row(
        "softmin",
        Places::FUNCTIONAL,
        &[one("(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)", |s, a| {
            normalised(s, a, Op::Softmax, true)
        })],
        "softmax of -x along an axis.",
    ),
    row(
        "logsumexp",
        WITH_OUT.and(Places::SPECIAL),
        &[one("(Tensor input, ints dim, bool keepdim=False)", logsumexp)],
        "The logarithm of the sum of exp(x) over axes; integers give the default float.",
    ),
    row(
        "var",
        Places::BOTH.and(Places::OUT),
        VAR,
        "The variance over axes, all by default; the divisor is the count less correction.",
    ),
    row("std", Places::BOTH.and(Places::OUT), STD, "The square root of the variance; its gradient at 0 is 0."),
    row("var_mean", Places::TORCH, VAR_MEAN, "The variance over axes, and the mean."),
    row("std_mean", Places::TORCH, STD_MEAN, "The standard deviation over axes, and the mean."),
    row(
        "prod",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int? dim=None, bool keepdim=False, *, dtype? dtype=None)", prod)],
        "The product of all elements or along an axis; integers and truth values in int64.",
    ),
];
