//! Reductions. The reduced axes disappear from the result; `keepdim` is a reshape, so that a layout can move through.

use super::{
    Attr, AttrKind, Axes, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types,
    family,
    row::{attr, f32, of, one, streaming, streaming_at},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Kind, Shape},
};

/// The sizes that are left when `axes` are folded away.
fn kept_shape(call: &Call<'_>, axes: &[u32]) -> Result<Shape> {
    let x = call.inputs[0];
    for (i, &axis) in axes.iter().enumerate() {
        if axis as usize >= x.rank() {
            return call.wrong_axis(axis, x.rank());
        }
        if axes[..i].contains(&axis) {
            return call.wrong(format_args!("axis {axis} is named twice in dims={}", Attr::Axes(axes.into())));
        }
    }
    Ok((0u32..).zip(&x.shape).filter(|(i, _)| !axes.contains(i)).map(|(_, d)| d.clone()).collect())
}

fn folded(call: &Call<'_>) -> Result<Types> {
    let axes = call.axes("dims")?;
    one(call.inputs[0].with_shape(kept_shape(call, axes)?))
}

/// Sums of integers and truth values are counted in i64, as in torch.
fn summed(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    let dtype = if x.dtype.kind() <= Kind::Integer { DType::I64 } else { x.dtype };
    let axes = call.axes("dims")?;
    one(x.with_shape(kept_shape(call, axes)?).with_dtype(dtype))
}

/// The largest and smallest of no elements do not exist.
fn extreme(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    if let Some(&axis) = call.axes("dims")?.iter().find(|&&a| x.shape.get(a as usize).is_some_and(|d| *d == 0)) {
        return call.wrong(format_args!("axis {axis} of {x} is empty, and the result has no value for it"));
    }
    folded(call)
}

fn position(call: &Call<'_>) -> Result<Types> {
    let axis = call.axis("axis")?;
    let shape = kept_shape(call, &[axis])?;
    if call.inputs[0].shape[axis as usize] == 0 {
        return call.wrong(format_args!("axis {axis} of {} is empty", call.inputs[0]));
    }
    one(call.inputs[0].with_shape(shape).with_dtype(DType::I64))
}

fn running(call: &Call<'_>) -> Result<Types> {
    let axis = call.axis("axis")?;
    kept_shape(call, &[axis])?;
    let x = call.inputs[0];
    one(x.with_dtype(if x.dtype.kind() <= Kind::Integer { DType::I64 } else { x.dtype }))
}

fn running_float(call: &Call<'_>) -> Result<Types> {
    match call.inputs[0].dtype.is_float() {
        true => running(call),
        false => call.wrong(format_args!("is defined for floating-point elements, {} given", call.inputs[0])),
    }
}

fn axes_samples() -> Vec<Sample> {
    let axes = |a: &[u32]| attrs![Axes::from_slice(a)];
    vec![
        Sample::new([f32(&[2, 3, 4])], axes(&[1])),
        Sample::new([f32(&[2, 3, 4])], axes(&[0, 2])),
        Sample::new([f32(&[5])], axes(&[0])),
        Sample::new([f32(&[2, 3])], axes(&[])),
    ]
}

fn sum_samples() -> Vec<Sample> {
    let mut all = axes_samples();
    all.push(Sample::new([f32(&[0, 3])], attrs![Axes::from_slice(&[0])]));
    all.push(Sample::new([of(DType::I32, &[4, 3])], attrs![Axes::from_slice(&[0])]).domain(Domain::Range(-9.0, 9.0)));
    all.push(Sample::new([of(DType::Bool, &[4, 3])], attrs![Axes::from_slice(&[0, 1])]));
    all
}

fn axis_samples() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3, 4])], attrs![1u32]),
        Sample::new([f32(&[6])], attrs![0u32]),
        Sample::new([of(DType::I64, &[3, 5])], attrs![1u32]).domain(Domain::Range(-3.0, 3.0)),
    ]
}

fn running_samples() -> Vec<Sample> {
    vec![Sample::new([f32(&[2, 5])], attrs![1u32, false]), Sample::new([f32(&[4, 2])], attrs![0u32, true])]
}

/// A row that folds the axes `dims`.
const FOLD: Row = Row {
    op: Op::Sum,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[attr("dims", AttrKind::Axes)],
    class: Class::Reduction,
    infer: folded,
    vjp: Derivative::NotYet,
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Relabel(through::fold),
    cost: streaming,
    placement: Placement::Any,
    samples: axes_samples,
};

/// A row that answers with a position along `axis`.
const POSITION: Row = Row {
    attributes: &[attr("axis", AttrKind::Axis)],
    infer: position,
    vjp: Derivative::Zero,
    jvp: Tangent::Zero,
    samples: axis_samples,
    ..FOLD
};

/// Ties share the derivative equally; so do NaNs, which are the extreme where there are any.
const TIES: Derivative = Derivative::Rule(
    "let best = (broadcast_in_dim ?r shape=@shape(?x) dims=@complement(?x dims));
     let ties = (cast (logical_or (equal ?x ?best) (not_equal ?x ?x)) dtype=@dtype(?x));
     let share = (div ?g (sum ?ties dims=dims));
     x = (mul ?ties (broadcast_in_dim ?share shape=@shape(?x) dims=@complement(?x dims)))",
);

/// Each sum that x is part of hands it the share exp(x - r) of its cotangent. The sums of those are taken as logarithms,
/// of what is positive and of what is negative, so that none overflows.
const RUNNING_SHARES: Derivative = Derivative::Rule(
    "let up = (greater ?g 0.0);
     let down = (less ?g 0.0);
     let rises = (where ?up (sub (log (where ?up ?g 1.0)) ?r) -inf);
     let falls = (where ?down (sub (log (where ?down (neg ?g) 1.0)) ?r) -inf);
     let more = (logcumsumexp ?rises axis=axis reverse=@not(reverse));
     let less = (logcumsumexp ?falls axis=axis reverse=@not(reverse));
     x = (sub (exp (add ?more ?x)) (exp (add ?less ?x)))",
);

family! {
    /// Reductions.
    Reduction {
        Sum = Row {
            name: "sum", doc: "The sum over axes; integers and truth values are counted in i64.",
            infer: summed, jvp: Tangent::Linear, samples: sum_samples,
            vjp: Derivative::Rule("x = (broadcast_in_dim ?g shape=@shape(?x) dims=@complement(?x dims))"), ..FOLD
        };
        Prod = Row { name: "prod", doc: "The product over axes.", ..FOLD };
        Amax = Row {
            name: "amax", doc: "The largest over axes, NaN where there is one; for truth values, any.",
            infer: extreme, vjp: TIES, ..FOLD
        };
        Amin = Row {
            name: "amin", doc: "The smallest over axes, NaN where there is one; for truth values, all.",
            infer: extreme, vjp: TIES, ..FOLD
        };
        Argmax = Row { name: "argmax", doc: "The first position of the largest along an axis.", ..POSITION };
        Argmin = Row { name: "argmin", doc: "The first position of the smallest along an axis.", ..POSITION };
        Cumsum = Row {
            name: "cumsum", doc: "The running sum along an axis, from its end where reversed.",
            attributes: &[attr("axis", AttrKind::Axis), attr("reverse", AttrKind::Bool)],
            infer: running, jvp: Tangent::Linear, through: Through::Axes, samples: running_samples,
            vjp: Derivative::Rule("x = (cumsum ?g axis=axis reverse=@not(reverse))"), ..FOLD
        };
        Logcumsumexp = Row {
            name: "logcumsumexp", doc: "The logarithm of the running sum of exp(x) along an axis, from its end where reversed.",
            attributes: &[attr("axis", AttrKind::Axis), attr("reverse", AttrKind::Bool)],
            infer: running_float, through: Through::Axes, samples: running_samples, cost: streaming_at::<32>,
            vjp: RUNNING_SHARES, ..FOLD
        };
    }
}
