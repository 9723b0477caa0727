//! Normalisation over one axis, kept whole: once decomposed in a training graph they are not found again.

use smallvec::smallvec;

use super::{
    AttrKind, Batch, Call, Class, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, number, one, streaming},
    through,
};
use crate::{attrs, error::Result};

fn along_axis(call: &Call<'_>) -> Result<usize> {
    let (x, axis) = (call.inputs[0], call.axis("axis")?);
    if !x.dtype.is_float() {
        return call.wrong(format_args!("is defined for floating-point values, {x} given"));
    }
    if axis as usize >= x.rank() {
        return call.wrong_axis(axis, x.rank());
    }
    Ok(axis as usize)
}

fn kept(call: &Call<'_>) -> Result<Types> {
    along_axis(call)?;
    one(call.inputs[0].clone())
}

fn folded(call: &Call<'_>) -> Result<Types> {
    let axis = along_axis(call)?;
    let mut shape = call.inputs[0].shape.clone();
    shape.remove(axis);
    one(call.inputs[0].with_shape(shape))
}

fn last_axis(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    if !x.dtype.is_float() || x.rank() == 0 {
        return call.wrong(format_args!("takes floating-point values of rank 1 or more, {x} given"));
    }
    one(x.clone())
}

/// The normalised value, and mean and variance of each place along the axis.
fn per_place(call: &Call<'_>) -> Result<Types> {
    let (axis, x) = (along_axis(call)?, call.inputs[0]);
    let each = x.with_shape([x.shape[axis].clone()].into_iter().collect());
    if let Some(other) =
        call.inputs[1..].iter().find(|ty| ty.dtype != x.dtype || !call.same_shape(&ty.shape, &each.shape))
    {
        return call.wrong(format_args!("weight and bias are {each}, {other} given"));
    }
    if (0..x.rank()).any(|i| i != axis && x.shape[i] == 0) {
        return call.wrong(format_args!("{x} has no elements to take a mean of"));
    }
    Ok(smallvec![x.clone(), each.clone(), each])
}

fn per_place_samples() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 3, 2]), f32(&[3]), f32(&[3])], attrs![1u32, number(1e-5)]),
        Sample::new([f32(&[2, 3, 3, 5]), f32(&[5]), f32(&[5])], attrs![3u32, number(1e-3)]),
        Sample::new([f32(&[6, 2]), f32(&[2]), f32(&[2])], attrs![1u32, number(1e-5)]),
    ]
}

fn axis_samples() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[3, 5])], attrs![1u32]),
        Sample::new([f32(&[2, 4, 3])], attrs![1u32]),
        Sample::new([f32(&[6])], attrs![0u32]),
    ]
}

fn last_axis_samples() -> Vec<Sample> {
    vec![Sample::new([f32(&[3, 8])], attrs![number(1e-5)]), Sample::new([f32(&[2, 2, 5])], attrs![number(1e-3)])]
}

const ALONG: Row = Row {
    op: Op::Softmax,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[attr("axis", AttrKind::Axis)],
    class: Class::Normalisation,
    infer: kept,
    vjp: Derivative::NotYet,
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Axes,
    cost: streaming,
    placement: Placement::Any,
    samples: axis_samples,
};

family! {
    /// Normalisation ops.
    Normalisation {
        Softmax = Row {
            name: "softmax", doc: "exp(x) over its sum along an axis.",
            vjp: Derivative::Rule(
                "let total = (sum (mul ?g ?r) dims=@only(axis));
                 x = (mul ?r (sub ?g (broadcast_in_dim ?total shape=@shape(?x) dims=@complement(?x axis))))"), ..ALONG
        };
        LogSoftmax = Row {
            name: "log_softmax", doc: "The logarithm of softmax along an axis.",
            vjp: Derivative::Rule(
                "let total = (sum ?g dims=@only(axis));
                 x = (sub ?g (mul (exp ?r) (broadcast_in_dim ?total shape=@shape(?x) dims=@complement(?x axis))))"), ..ALONG
        };
        Logsumexp = Row {
            name: "logsumexp", doc: "The logarithm of the sum of exp(x) along an axis, -inf where every x is.",
            infer: folded, through: Through::Relabel(through::fold),
            vjp: Derivative::Rule(
                "let level = (broadcast_in_dim ?r shape=@shape(?x) dims=@complement(?x axis));
                 x = (mul (exp (sub ?x ?level)) (broadcast_in_dim ?g shape=@shape(?x) dims=@complement(?x axis)))"), ..ALONG
        };
        LayerNorm = Row {
            name: "layer_norm", doc: "(x - mean) / sqrt(variance + eps) over the last axis; the variance is the biased one.",
            attributes: &[attr("eps", AttrKind::Scalar)], infer: last_axis, samples: last_axis_samples,
            through: Through::Relabel(through::last_stays),
            vjp: Derivative::Rule(
                "let mean = (mul (sum ?x dims=@last(?x)) @mean_factor(?x));
                 let centred = (sub ?x (broadcast_in_dim ?mean shape=@shape(?x) dims=@all_but_last(?x)));
                 let variance = (mul (sum (mul ?centred ?centred) dims=@last(?x)) @mean_factor(?x));
                 let scale = (broadcast_in_dim (rsqrt (add ?variance eps)) shape=@shape(?x) dims=@all_but_last(?x));
                 let along = (mul (sum (mul ?g ?r) dims=@last(?x)) @mean_factor(?x));
                 let level = (mul (sum ?g dims=@last(?x)) @mean_factor(?x));
                 let straight = (sub ?g (broadcast_in_dim ?level shape=@shape(?x) dims=@all_but_last(?x)));
                 x = (mul ?scale (sub ?straight (mul ?r (broadcast_in_dim ?along shape=@shape(?x) dims=@all_but_last(?x)))))"), ..ALONG
        };
        BatchNorm = Row {
            name: "batch_norm",
            doc: "weight * (x - mean) / sqrt(variance + eps) + bias, of the elements at each place along an axis, and their \
                  mean and biased variance.",
            operands: &["x", "weight", "bias"], results: &["r", "mean", "variance"],
            attributes: &[attr("axis", AttrKind::Axis), attr("eps", AttrKind::Scalar)],
            infer: per_place, samples: per_place_samples, through: Through::Relabel(through::per_place),
            vjp: Derivative::Rule(
                "let scale = (rsqrt (add ?variance eps));
                 let centred = (sub ?x (broadcast_in_dim ?mean shape=@shape(?x) dims=@only(axis)));
                 let normal = (mul ?centred (broadcast_in_dim ?scale shape=@shape(?x) dims=@only(axis)));
                 let along = (sum (mul ?g_r ?normal) dims=@complement(?x axis));
                 let level = (sum ?g_r dims=@complement(?x axis));
                 let tilt = (broadcast_in_dim (mul ?along @share_factor(?x axis)) shape=@shape(?x) dims=@only(axis));
                 let flat = (broadcast_in_dim (mul ?level @share_factor(?x axis)) shape=@shape(?x) dims=@only(axis));
                 let steep = (broadcast_in_dim (mul ?weight ?scale) shape=@shape(?x) dims=@only(axis));
                 let by_mean = (broadcast_in_dim (mul ?g_mean @share_factor(?x axis)) shape=@shape(?x) dims=@only(axis));
                 let by_variance = (broadcast_in_dim (mul (mul ?g_variance 2.0) @share_factor(?x axis)) shape=@shape(?x) dims=@only(axis));
                 bias = ?level;
                 weight = ?along;
                 x = (add (mul ?steep (sub (sub ?g_r ?flat) (mul ?normal ?tilt))) (add ?by_mean (mul ?centred ?by_variance)))"), ..ALONG
        };
        RmsNorm = Row {
            name: "rms_norm", doc: "x / sqrt(mean(x * x) + eps) over the last axis.",
            attributes: &[attr("eps", AttrKind::Scalar)], infer: last_axis, samples: last_axis_samples,
            through: Through::Relabel(through::last_stays),
            vjp: Derivative::Rule(
                "let square = (mul (sum (mul ?x ?x) dims=@last(?x)) @mean_factor(?x));
                 let scale = (broadcast_in_dim (rsqrt (add ?square eps)) shape=@shape(?x) dims=@all_but_last(?x));
                 let along = (mul (sum (mul ?g ?r) dims=@last(?x)) @mean_factor(?x));
                 x = (mul ?scale (sub ?g (mul ?r (broadcast_in_dim ?along shape=@shape(?x) dims=@all_but_last(?x)))))"), ..ALONG
        };
    }
}
