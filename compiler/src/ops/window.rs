//! Windows that move over the spatial axes of a channels-last value (batch, spatial..., channels) and are reduced: pooling.
//! Means are sums over counts, and what a window counts is the frontend's.

use super::{
    Attr, AttrKind, Attrs, Batch, Call, Class, Cost, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through,
    Types, family,
    row::{attr, f32, of, one, sizes, streaming},
};
use crate::{
    error::Result,
    types::{DType, Dim, Shape, Type},
};

/// The result's shape. Every window lies inside the padded operand, starts before its end and is no smaller than the
/// padding: it holds an element, unless dilation steps over all of them.
fn windows(call: &Call<'_>) -> Result<Type> {
    let x = call.inputs[0];
    if x.rank() < 3 {
        return call.wrong(format_args!("takes values of rank 3 or more, {x} given"));
    }
    let list = |name: &str| -> Result<&Shape> {
        let list = call.dims(name)?;
        if list.len() != x.rank() - 2 {
            return call.wrong(format_args!("{name} has {} sizes for {} spatial axes", list.len(), x.rank() - 2));
        }
        let least = i64::from(name != "low" && name != "high");
        if let Some(bad) = list.iter().find(|d| d.as_known().is_some_and(|d| d < least)) {
            return call.wrong(format_args!("{name} is at least {least}, {bad} given"));
        }
        Ok(list)
    };
    let (size, stride, dilation) = (list("size")?, list("stride")?, list("dilation")?);
    let (low, high) = (list("low")?, list("high")?);
    let mut shape = x.shape.clone();
    for i in 0..size.len() {
        let n = &x.shape[i + 1];
        let reach = &(&size[i] - 1) * &dilation[i];
        let room = &(&(&(n + &low[i]) + &high[i]) - &reach) - 1;
        let count = &room.floor_div(&stride[i]) + 1;
        let start = &(&(&count - 1) * &stride[i]) - &low[i];
        let known = |d: Dim| d.as_known();
        if known(room.clone()).is_some_and(|n| n < 0) {
            return call.wrong(format_args!("a window of {} does not fit into {n} with its padding: {x}", &reach + 1));
        }
        if known(&reach - &low[i]).is_some_and(|n| n < 0) || known(n - &start).is_some_and(|n| n <= 0) {
            return call.wrong(format_args!("a window along axis {} lies in the padding: {x}", i + 1));
        }
        shape[i + 1] = count;
    }
    Ok(x.with_shape(shape))
}

fn numbers(call: &Call<'_>) -> Result<Types> {
    if call.inputs[0].dtype == DType::Bool || call.inputs[0].dtype == DType::C64 {
        return call.wrong(format_args!("is defined for real numbers, {} given", call.inputs[0]));
    }
    windows(call).and_then(one)
}

fn floats(call: &Call<'_>) -> Result<Types> {
    if !call.inputs[0].dtype.is_float() {
        return call.wrong(format_args!("is defined for floating-point values, {} given", call.inputs[0]));
    }
    windows(call).and_then(one)
}

fn positions(call: &Call<'_>) -> Result<Types> {
    let types = numbers(call)?;
    one(types[0].with_dtype(DType::I64))
}

fn cost(call: &Call<'_>, results: &[Type]) -> Cost {
    let places = call.dims("size").map_or(1, |s| s.iter().filter_map(Dim::as_known).product::<i64>());
    let Cost { bytes, flops } = streaming(call, results);
    Cost { bytes, flops: flops.saturating_mul(places.unsigned_abs()) }
}

fn moved(size: &[i64], stride: &[i64], low: &[i64], high: &[i64], dilation: &[i64]) -> Attrs {
    [size, stride, low, high, dilation].into_iter().map(|list| Attr::Dims(sizes(list))).collect()
}

fn sums() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 6, 5, 3])], moved(&[2, 2], &[2, 2], &[0, 0], &[0, 0], &[1, 1])),
        Sample::new([f32(&[2, 7, 7, 2])], moved(&[3, 2], &[2, 1], &[1, 0], &[1, 1], &[1, 2])),
        Sample::new([f32(&[1, 5, 2])], moved(&[3], &[3], &[1], &[2], &[1])),
        Sample::new([f32(&[1, 3, 4, 3, 1])], moved(&[2, 2, 2], &[1, 2, 1], &[0, 0, 0], &[0, 0, 0], &[1, 1, 1])),
    ]
}

fn extremes() -> Vec<Sample> {
    let whole = moved(&[2, 2], &[1, 1], &[0, 0], &[0, 0], &[1, 1]);
    let mut all = sums();
    all.push(Sample::new([of(DType::I64, &[1, 3, 3, 2])], whole).domain(Domain::Range(-3.0, 3.0)));
    all
}

/// A row over windows.
const WINDOW: Row = Row {
    op: Op::WindowMax,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[
        attr("size", AttrKind::Dims),
        attr("stride", AttrKind::Dims),
        attr("low", AttrKind::Dims),
        attr("high", AttrKind::Dims),
        attr("dilation", AttrKind::Dims),
    ],
    class: Class::Reduction,
    infer: numbers,
    vjp: Derivative::Zero,
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Opaque("windows know batch, space and channels by their places"),
    cost,
    placement: Placement::Any,
    samples: extremes,
};

family! {
    /// Reductions of windows.
    Window {
        WindowMax = Row {
            name: "window_max",
            doc: "The largest in each window, NaN where there is one; padding is smaller than everything. The first of \
                  several has the derivative.",
            vjp: Derivative::Rule(
                "let at = (reshape (window_argmax ?x size=size stride=stride low=low high=high dilation=dilation) shape=@flat_spatial(?r));
                 let none = (broadcast_in_dim 0.0 shape=@flat_spatial(?x) dims=[]);
                 x = (reshape (scatter_add ?none ?at (reshape ?g shape=@flat_spatial(?r)) axis=1) shape=@shape(?x))"), ..WINDOW
        };
        WindowArgmax = Row {
            name: "window_argmax",
            doc: "The place of the first largest in each window, counted row by row over the spatial axes of x; the last \
                  NaN, where there is one.",
            infer: positions, jvp: Tangent::Zero, ..WINDOW
        };
        WindowSum = Row {
            name: "window_sum",
            doc: "The sum of each window; padding counts as zero.",
            infer: floats, jvp: Tangent::Linear, samples: sums,
            vjp: Derivative::Rule(
                "let spread = (pad ?g value=0.0 low=@window_low(size low dilation) high=@window_high(?x ?r stride low) interior=@window_gaps(stride));
                 x = (window_sum ?spread size=size stride=@one_each(stride) low=@none_each(stride) high=@none_each(stride) dilation=dilation)"), ..WINDOW
        };
    }
}
