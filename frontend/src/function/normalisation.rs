//! Layer and RMS norm, vectors scaled to length one, and the cosine between vectors.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Argument, Arguments, Function, Places,
    activation::floating,
    compose::{all_axes, axis, promote, torch_name},
    one,
    reduction::length,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// The sizes that are normalised over, which the input must end in.
fn checked_shape(a: &Arguments, x: &Value) -> Result<Shape> {
    let sizes = a.ints("normalized_shape")?;
    if sizes.is_empty() {
        return Err(Error::runtime(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got \
             normalized_shape = []",
        ));
    }
    let (shape, wanted) = (&x.ty().shape, sizes.iter().map(|&n| Dim::known(n)).collect::<Shape>());
    if !shape.ends_with(&wanted) {
        let list = |s: &[Dim]| s.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::runtime(format_args!(
            "Given normalized_shape=[{0}], expected input with shape [*, {0}], but got input of size[{1}]",
            list(&wanted),
            list(shape)
        )));
    }
    Ok(wanted)
}

/// Weight or bias of the normalised sizes, where it is given.
fn affine(s: &mut Scope<'_>, a: &Arguments, name: &str, x: &Value, wanted: &Shape) -> Result<Option<Value>> {
    let Some(tensor) = a.optional_tensor(name)? else { return Ok(None) };
    if tensor.shape() != *wanted {
        return Err(Error::runtime(format_args!(
            "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {} and normalized_shape \
             = {}",
            super::call::sizes(&tensor.shape()),
            super::call::sizes(wanted)
        )));
    }
    if tensor.dtype() != x.ty().dtype && (x.ty().dtype.size() != 2 || tensor.dtype() != DType::F32) {
        return Err(Error::runtime("mixed dtype (CPU): all inputs must share same datatype."));
    }
    let value = s.read(tensor)?;
    s.cast(&value, x.ty().dtype).map(Some)
}

/// An op over the last axis, on all the normalised axes together.
fn over_last(s: &mut Scope<'_>, op: Op, x: &Value, axes: usize, eps: f64) -> Result<Value> {
    let shape = x.ty().shape.clone();
    let mut flat: Shape = shape[..shape.len() - axes].into();
    flat.push(shape[shape.len() - axes..].iter().fold(Dim::known(1), |n, d| &n * d));
    let flat = s.reshape(x, flat)?;
    let normal = s.emit_one(op, attrs![Scalar::Float(eps)], &[flat])?;
    s.reshape(&normal, shape)
}

fn layer_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let wanted = checked_shape(a, &x)?;
    let weight = affine(s, a, "weight", &x, &wanted)?;
    let bias = affine(s, a, "bias", &x, &wanted)?;
    let mut y = over_last(s, Op::LayerNorm, &x, wanted.len(), a.float("eps")?)?;
    if let Some(weight) = weight {
        y = s.binary(Op::Mul, &y, &weight)?;
    }
    if let Some(bias) = bias {
        y = s.binary(Op::Add, &y, &bias)?;
    }
    Ok(y)
}

/// The distance from 1 to the next number.
fn resolution(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    }
}

fn rms_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let wanted = checked_shape(a, &x)?;
    let weight = affine(s, a, "weight", &x, &wanted)?;
    let eps = if a.is_given("eps") { a.float("eps")? } else { resolution(x.ty().dtype) };
    let y = over_last(s, Op::RmsNorm, &x, wanted.len(), eps)?;
    match weight {
        Some(weight) => s.binary(Op::Mul, &y, &weight),
        None => Ok(y),
    }
}

/// One over the length along axes, at most 1 / eps, repeated over them. From the squares, whose derivative exists at 0.
fn inverse_length(s: &mut Scope<'_>, x: &Value, axes: &Axes, eps: f64) -> Result<Value> {
    let squares = s.binary(Op::Mul, x, x)?;
    let sum = s.fold(Op::Sum, &squares, axes, false)?;
    let sum = s.with_number(Op::Maximum, &sum, eps * eps)?;
    s.unary(Op::Rsqrt, &sum)
}

fn normalize(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (p, eps) = (a.float("p")?, a.float("eps")?);
    let x = floating(s, a, "input")?;
    let axes: Axes = match a.get("dim")? {
        Argument::None => all_axes(x.ty().rank()),
        _ => super::compose::axes(&a.ints("dim")?, x.ty().rank())?,
    };
    let shape = x.ty().shape.clone();
    if p == 2.0 {
        let inverse = inverse_length(s, &x, &axes, eps)?;
        let inverse = s.unfold(&inverse, &shape, &axes)?;
        return s.binary(Op::Mul, &x, &inverse);
    }
    let length = length(s, &x, p, &axes)?;
    let length = s.with_number(Op::Maximum, &length, eps)?;
    let length = s.unfold(&length, &shape, &axes)?;
    s.binary(Op::Div, &x, &length)
}

fn cosine_similarity(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("x1")?)?, s.read(a.tensor("x2")?)?);
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    if dtype.kind() != Kind::Float {
        return Err(Error::runtime(format_args!(
            "expected common dtype to be floating point, yet common dtype is {}",
            torch_name(dtype)
        )));
    }
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let shape = super::compose::broadcast_shape(&x.ty().shape, &y.ty().shape)?;
    let (x, y) = (s.broadcast_to(&x, &shape)?, s.broadcast_to(&y, &shape)?);
    let axes = if shape.is_empty() { Axes::new() } else { Axes::from_slice(&[axis(a.int("dim")?, shape.len())?]) };
    let eps = a.float("eps")?;
    let product = s.binary(Op::Mul, &x, &y)?;
    let dot = s.fold(Op::Sum, &product, &axes, false)?;
    let (a, b) = (inverse_length(s, &x, &axes, eps)?, inverse_length(s, &y, &axes, eps)?);
    let scale = s.emit_one(Op::Mul, Attrs::new(), &[a, b])?;
    s.emit_one(Op::Mul, Attrs::new(), &[dot, scale])
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "layer_norm",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one(
            "(Tensor input, ints normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)",
            layer_norm,
        )],
        "(x - mean) / sqrt(variance + eps) over the last axes, of the sizes normalized_shape; times weight, plus bias.",
    ),
    row(
        "rms_norm",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, ints normalized_shape, Tensor? weight=None, float? eps=None)", rms_norm)],
        "x / sqrt(mean of squares + eps) over the last axes, of the sizes normalized_shape; times weight.",
    ),
    row(
        "normalize",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input, float p=2.0, ints? dim=[1], float eps=1e-12)", normalize)],
        "x over its p-norm along axes; a norm below eps counts as eps.",
    ),
    row(
        "cosine_similarity",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor x1, Tensor x2, int dim=1, float eps=1e-08)", cosine_similarity)],
        "The cosine between vectors along an axis; a length below eps counts as eps.",
    ),
];
