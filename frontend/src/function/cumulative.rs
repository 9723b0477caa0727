//! Running sums, products and extremes along an axis, with torch's rules of types.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::Op,
    types::{DType, Dim, Shape},
};
use flashlight_runtime::Device;

use super::{
    Arguments, Function, Places,
    activation::floating,
    compose::{axis, torch_name},
    many, one,
    reduction::converted,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

fn cumsum(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = converted(s, a)?;
    let axis = axis(a.int("dim")?, x.ty().rank())?;
    let line = s.lined(&x)?;
    let sums = s.emit_one(Op::Cumsum, attrs![axis, false], &[line])?;
    let sums = s.reshape(&sums, x.ty().shape.clone())?;
    match a.dtype("dtype")? {
        Some(dtype) => s.cast(&sums, dtype),
        None => Ok(sums),
    }
}

/// Products of two neighbours, then of four, then of eight: their derivatives are right where elements are 0, to any
/// order.
fn cumprod(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = converted(s, a)?;
    let counted = !x.ty().dtype.is_inexact() && !a.is_given("dtype");
    let x = if counted { s.cast(&x, DType::I64)? } else { x };
    let at = axis(a.int("dim")?, x.ty().rank())?;
    let line = s.lined(&x)?;
    // Halves are multiplied in single precision.
    let narrow = x.ty().dtype.is_float() && x.ty().dtype.size() < 4;
    let mut products = if narrow { s.cast(&line, DType::F32)? } else { line };
    let Some(size) = products.ty().shape[at as usize].as_known() else {
        return Err(Error::unsupported("torch.cumprod along an axis of unknown size"));
    };
    let mut width = 1;
    while width < size {
        let head = s.slice_axis(&products, at, Dim::known(0), Dim::known(width), 1)?;
        let near = s.slice_axis(&products, at, Dim::known(width), Dim::known(size - width), 1)?;
        let far = s.slice_axis(&products, at, Dim::known(0), Dim::known(size - width), 1)?;
        let both = s.binary(Op::Mul, &near, &far)?;
        products = s.emit_one(Op::Concat, attrs![at], &[head, both])?;
        width *= 2;
    }
    let products = s.cast(&products, x.ty().dtype)?;
    s.reshape(&products, x.ty().shape.clone())
}

/// The extreme so far, and its last position; the derivative goes there.
fn extremes(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Vec<Value>> {
    let x = s.read(a.tensor("input")?)?;
    let at = axis(a.int("dim")?, x.ty().rank())?;
    if x.ty().dtype == DType::C64 {
        return Err(Error::lacking(format_args!(
            "\"{}_cpu\" not implemented for '{}'",
            a.signature.name,
            torch_name(x.ty().dtype)
        )));
    }
    let line = s.lined(&x)?;
    let places = s.emit_one(op, attrs![at], std::slice::from_ref(&line))?;
    let values = s.emit_one(Op::Gather, attrs![at], &[line, places.clone()])?;
    let shape: Shape = x.ty().shape.clone();
    Ok(vec![s.reshape(&values, shape.clone())?, s.reshape(&places, shape)?])
}

fn logcumsumexp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let at = axis(a.int("dim")?, x.ty().rank())?;
    let mut line = s.lined(&x)?;
    // The derivative takes exponentials of differences from the result, whose rounding they magnify: double where there is.
    if x.ty().dtype.size() <= 4 && a.tensor("input")?.device() == Device::Cpu {
        line = s.cast(&line, DType::F64)?;
    }
    let sums = s.emit_one(Op::Logcumsumexp, attrs![at, false], &[line])?;
    let sums = s.cast(&sums, x.ty().dtype)?;
    s.reshape(&sums, x.ty().shape.clone())
}

const PAIR: &[&str] = &["values", "indices"];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "cumsum",
        Places::ALL,
        &[one("(Tensor input, int dim, *, dtype? dtype=None)", cumsum)],
        "The running sum along an axis; integers and truth values are counted in int64.",
    ),
    row(
        "cumprod",
        Places::ALL,
        &[one("(Tensor input, int dim, *, dtype? dtype=None)", cumprod)],
        "The running product along an axis; of integers and truth values in int64.",
    ),
    row(
        "cummax",
        Places::BOTH.and(Places::OUT),
        &[many("(Tensor input, int dim)", |s, a| extremes(s, a, Op::RunningArgmax), PAIR)],
        "The largest so far along an axis, and its last position, which has the gradient; NaN once there is one.",
    ),
    row(
        "cummin",
        Places::BOTH.and(Places::OUT),
        &[many("(Tensor input, int dim)", |s, a| extremes(s, a, Op::RunningArgmin), PAIR)],
        "The smallest so far along an axis, and its last position, which has the gradient; NaN once there is one.",
    ),
    row(
        "logcumsumexp",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int dim)", logcumsumexp)],
        "The logarithm of the running sum of exp(x) along an axis.",
    ),
];
