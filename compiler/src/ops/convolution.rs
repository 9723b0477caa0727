//! Convolutions of one to three spatial axes and the two other faces of the same sum: what the operand and what the
//! weight get of it. Each is the derivative of the others, so nothing is flipped or dilated to write one as another.
//! Everything is channels-last; padding by anything but zeros is `pad`.

use super::{
    AttrKind, AttrSpec, Attrs, Batch, Call, Class, Cost, Derivative, Op, Placement, Row, Sample, Tangent, Through,
    Types, family,
    row::{attr, f32, of, one, sizes, streaming},
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Dim, Shape, Sizes, Type},
};

/// What the three rows share: the steps of the window, and how channels fall into groups.
struct Window<'a> {
    stride: &'a Shape,
    low: &'a Shape,
    dilation: &'a Shape,
    groups: i64,
}

impl<'a> Window<'a> {
    fn of(call: &'a Call<'_>, operand: &Type) -> Result<Self> {
        let (a, b) = (call.inputs[0], call.inputs[1]);
        if a.dtype != b.dtype || !a.dtype.is_float() {
            return call.wrong(format_args!("takes two operands of one floating-point type: {a} x {b}"));
        }
        let rank = operand.rank();
        if a.rank() != b.rank() || !(3..=5).contains(&rank) {
            return call.wrong(format_args!("takes two operands of one rank, 3 to 5: {a} x {b}"));
        }
        let window = Self {
            stride: call.dims("stride")?,
            low: call.dims("low")?,
            dilation: call.dims("dilation")?,
            groups: i64::from(call.axis("groups")?),
        };
        for (name, list) in [("stride", window.stride), ("low", window.low), ("dilation", window.dilation)] {
            if list.len() != rank - 2 {
                return call.wrong(format_args!("{name} has {} sizes for {} spatial axes", list.len(), rank - 2));
            }
            if name != "low" && list.iter().any(|d| d.as_known().is_some_and(|d| d < 1)) {
                return call.wrong(format_args!("{name} is at least 1, {} given", Sizes(list)));
            }
        }
        if window.groups < 1 {
            return call.wrong("groups is at least 1, 0 given");
        }
        Ok(window)
    }

    /// Checks the channels of an operand, a weight and a result against each other.
    fn channels(&self, call: &Call<'_>, operand: &Dim, weight: (&Dim, &Dim), result: &Dim) -> Result<()> {
        let (out, each) = weight;
        let fits = call.same(operand, &(each * self.groups))
            && call.same(result, out)
            && out.as_known().is_none_or(|n| n % self.groups == 0);
        if !fits {
            return call.wrong(format_args!(
                "channels differ: {operand} in {} groups, a weight of {out} channels over {each}, a result of {result}",
                self.groups
            ));
        }
        Ok(())
    }
}

/// The extent of a dilated kernel.
fn extent(kernel: &Dim, dilation: &Dim) -> Dim {
    &(&(kernel - 1) * dilation) + 1
}

fn convolution(call: &Call<'_>) -> Result<Types> {
    let (x, weight) = (call.inputs[0], call.inputs[1]);
    let (window, high, last) = (Window::of(call, x)?, call.dims("high")?, x.rank() - 1);
    if high.len() != last - 1 {
        return call.wrong(format_args!("high has {} sizes for {} spatial axes", high.len(), last - 1));
    }
    window.channels(call, &x.shape[last], (&weight.shape[0], &weight.shape[last]), &weight.shape[0])?;
    let mut shape = x.shape.clone();
    for i in 0..last - 1 {
        let padded = &(&x.shape[i + 1] + &window.low[i]) + &high[i];
        let room = &padded - &extent(&weight.shape[i + 1], &window.dilation[i]);
        if room.as_known().is_some_and(|n| n < 0) {
            return call.wrong(format_args!("the kernel does not fit into the padded size {padded}: {x} x {weight}"));
        }
        shape[i + 1] = &room.floor_div(&window.stride[i]) + 1;
    }
    shape[last] = weight.shape[0].clone();
    one(x.with_shape(shape))
}

/// The attribute `size`: one size for each spatial axis.
fn wanted<'a>(call: &'a Call<'_>, rank: usize) -> Result<&'a Shape> {
    let size = call.dims("size")?;
    if size.len() + 2 != rank || size.iter().any(|d| d.as_known().is_some_and(|d| d < 0)) {
        return call.wrong(format_args!("size {} is not one of {} axes", Sizes(size), rank - 2));
    }
    Ok(size)
}

fn convolution_input(call: &Call<'_>) -> Result<Types> {
    let (y, weight) = (call.inputs[0], call.inputs[1]);
    let (window, last) = (Window::of(call, y)?, y.rank() - 1);
    let size = wanted(call, y.rank())?;
    let channels = &weight.shape[last] * window.groups;
    window.channels(call, &channels, (&weight.shape[0], &weight.shape[last]), &y.shape[last])?;
    let shape = std::iter::once(&y.shape[0]).chain(size).chain([&channels]).cloned().collect();
    one(y.with_shape(shape))
}

fn convolution_weight(call: &Call<'_>) -> Result<Types> {
    let (x, y) = (call.inputs[0], call.inputs[1]);
    let (window, last) = (Window::of(call, x)?, x.rank() - 1);
    let size = wanted(call, x.rank())?;
    if !call.same(&x.shape[0], &y.shape[0]) {
        return call.wrong(format_args!("batch sizes differ: {x} x {y}"));
    }
    let each = x.shape[last].floor_div(&Dim::known(window.groups));
    window.channels(call, &x.shape[last], (&y.shape[last], &each), &y.shape[last])?;
    let shape = std::iter::once(&y.shape[last]).chain(size).chain([&each]).cloned().collect();
    one(x.with_shape(shape))
}

/// Two floating-point operations for each element of the smaller side and each place of the kernel.
fn cost(call: &Call<'_>, results: &[Type]) -> Cost {
    // Of operand, weight and result, the result of `convolution` and the weight give the count.
    let (y, weight) = match call.op {
        Op::ConvolutionInput => (call.inputs[0], call.inputs[1]),
        Op::ConvolutionWeight => (call.inputs[1], &results[0]),
        _ => (&results[0], call.inputs[1]),
    };
    let count = |sizes: &[Dim]| sizes.iter().filter_map(Dim::as_known).fold(1, |n: i64, d| n.saturating_mul(d));
    let flops = 2i64.saturating_mul(count(&y.shape)).saturating_mul(count(&weight.shape[1..]));
    Cost { flops: flops.unsigned_abs(), ..streaming(call, results) }
}

fn steps(stride: &[i64], low: &[i64], dilation: &[i64], groups: u32) -> Attrs {
    attrs![sizes(stride), sizes(low), sizes(dilation), groups]
}

fn convolutions() -> Vec<Sample> {
    let with = |stride: &[i64], low: &[i64], high: &[i64], dilation: &[i64], groups: u32| {
        attrs![sizes(stride), sizes(low), sizes(high), sizes(dilation), groups]
    };
    vec![
        Sample::new([f32(&[2, 5, 6, 3]), f32(&[4, 3, 2, 3])], with(&[1, 1], &[1, 0], &[1, 0], &[1, 1], 1)),
        Sample::new([f32(&[2, 7, 6, 4]), f32(&[6, 3, 2, 2])], with(&[2, 3], &[1, 2], &[0, 1], &[2, 1], 2)),
        Sample::new([f32(&[1, 5, 5, 3]), f32(&[3, 3, 3, 1])], with(&[1, 1], &[1, 1], &[1, 1], &[1, 1], 3)),
        Sample::new([f32(&[2, 9, 2]), f32(&[3, 4, 2])], with(&[2], &[0], &[0], &[1], 1)),
        Sample::new(
            [f32(&[1, 3, 4, 5, 2]), f32(&[2, 2, 2, 2, 1])],
            with(&[1, 2, 1], &[0, 1, 0], &[0, 0, 1], &[1, 1, 2], 2),
        ),
        Sample::new([f32(&[2, 4, 4, 2]), f32(&[2, 1, 1, 2])], with(&[1, 1], &[-1, 0], &[0, -2], &[1, 1], 1)),
        Sample::new([f32(&[0, 4, 4, 2]), f32(&[2, 3, 3, 2])], with(&[1, 1], &[0, 0], &[0, 0], &[1, 1], 1)),
        Sample::new([of(DType::F64, &[1, 6, 2]), of(DType::F64, &[2, 3, 2])], with(&[1], &[1], &[1], &[1], 1)),
    ]
}

fn with_size(size: &[i64], stride: &[i64], low: &[i64], dilation: &[i64], groups: u32) -> Attrs {
    let mut all = attrs![sizes(size)];
    all.extend(steps(stride, low, dilation, groups));
    all
}

fn inputs() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 5, 5, 4]), f32(&[4, 3, 2, 3])], with_size(&[5, 6], &[1, 1], &[1, 0], &[1, 1], 1)),
        Sample::new([f32(&[2, 2, 3, 6]), f32(&[6, 3, 2, 2])], with_size(&[7, 6], &[2, 3], &[1, 2], &[2, 1], 2)),
        Sample::new([f32(&[1, 3, 3]), f32(&[3, 4, 2])], with_size(&[9], &[2], &[0], &[1], 1)),
        Sample::new([f32(&[1, 4, 4, 2]), f32(&[2, 1, 1, 2])], with_size(&[2, 3], &[1, 1], &[1, 0], &[1, 1], 1)),
        Sample::new(
            [f32(&[1, 2, 2, 2, 2]), f32(&[2, 2, 2, 2, 1])],
            with_size(&[3, 3, 3], &[1, 1, 1], &[0, 0, 0], &[1, 1, 1], 2),
        ),
    ]
}

fn weights() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 5, 6, 3]), f32(&[2, 5, 5, 4])], with_size(&[3, 2], &[1, 1], &[1, 0], &[1, 1], 1)),
        Sample::new([f32(&[2, 7, 6, 4]), f32(&[2, 2, 3, 6])], with_size(&[3, 2], &[2, 3], &[1, 2], &[2, 1], 2)),
        Sample::new([f32(&[1, 9, 2]), f32(&[1, 3, 3])], with_size(&[4], &[2], &[0], &[1], 1)),
        Sample::new(
            [f32(&[1, 3, 3, 3, 2]), f32(&[1, 2, 2, 2, 2])],
            with_size(&[2, 2, 2], &[1, 1, 1], &[0, 0, 0], &[1, 1, 1], 2),
        ),
    ]
}

const SIZE: AttrSpec = attr("size", AttrKind::Dims);
const STRIDE: AttrSpec = attr("stride", AttrKind::Dims);
const LOW: AttrSpec = attr("low", AttrKind::Dims);
const DILATION: AttrSpec = attr("dilation", AttrKind::Dims);
const GROUPS: AttrSpec = attr("groups", AttrKind::Axis);

const CONVOLUTION: Row = Row {
    op: Op::Convolution,
    name: "convolution",
    doc: "Each element of the result is the sum over a window of x, times the weight: x is (batch, spatial..., channels), \
          the weight (channels out, spatial..., channels in of one group); `low` and `high` zeros stand around x, fewer \
          than none cut off.",
    operands: &["x", "weight"],
    results: &["r"],
    attributes: &[STRIDE, LOW, attr("high", AttrKind::Dims), DILATION, GROUPS],
    class: Class::Contraction,
    infer: convolution,
    vjp: Derivative::Rule(
        "x = (convolution_input ?g ?weight size=@spatial(?x) stride=stride low=low dilation=dilation groups=groups);
         weight = (convolution_weight ?x ?g size=@spatial(?weight) stride=stride low=low dilation=dilation groups=groups)",
    ),
    jvp: Tangent::Multilinear,
    batch: Batch::NotYet,
    through: Through::Opaque("a convolution knows batch, space and channels by their places"),
    cost,
    placement: Placement::Any,
    samples: convolutions,
};

family! {
    /// Convolutions.
    Convolutional {
        Convolution = CONVOLUTION;
        ConvolutionInput = Row {
            name: "convolution_input",
            doc: "What each element of a convolution's operand gets of y: the transposed convolution, to the spatial sizes \
                  `size`.",
            operands: &["y", "weight"], attributes: &[SIZE, STRIDE, LOW, DILATION, GROUPS],
            infer: convolution_input, samples: inputs,
            vjp: Derivative::Rule(
                "y = (convolution ?g ?weight stride=stride low=low high=@convolution_high(?g ?weight ?y stride low dilation) dilation=dilation groups=groups);
                 weight = (convolution_weight ?g ?y size=@spatial(?weight) stride=stride low=low dilation=dilation groups=groups)"), ..CONVOLUTION
        };
        ConvolutionWeight = Row {
            name: "convolution_weight",
            doc: "What each element of a convolution's weight, of the spatial sizes `size`, gets of the operand x and y.",
            operands: &["x", "y"], attributes: &[SIZE, STRIDE, LOW, DILATION, GROUPS],
            infer: convolution_weight, samples: weights,
            vjp: Derivative::Rule(
                "x = (convolution_input ?y ?g size=@spatial(?x) stride=stride low=low dilation=dilation groups=groups);
                 y = (convolution ?x ?g stride=stride low=low high=@convolution_high(?x ?g ?y stride low dilation) dilation=dilation groups=groups)"), ..CONVOLUTION
        };
    }
}
