//! Fourier transforms of complex numbers. Those of real numbers are slices of them.

use super::{
    AttrKind, Axes, Batch, Call, Class, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, of, one, streaming_at},
};
use crate::{attrs, error::Result, types::DType};

fn transformed(call: &Call<'_>) -> Result<Types> {
    let (x, dims) = (call.inputs[0], call.axes("dims")?);
    if x.dtype != DType::C64 {
        return call.wrong(format_args!("is defined for complex numbers, {x} given"));
    }
    for (i, &axis) in dims.iter().enumerate() {
        if axis as usize >= x.rank() {
            return call.wrong_axis(axis, x.rank());
        }
        if dims[..i].contains(&axis) {
            return call.wrong(format_args!("axis {axis} is named twice"));
        }
        if x.shape[axis as usize] == 0 {
            return call.wrong(format_args!("axis {axis} of {x} is empty"));
        }
    }
    one(x.clone())
}

fn waves() -> Vec<Sample> {
    let axes = |axes: &[u32]| Axes::from_slice(axes);
    vec![
        Sample::new([of(DType::C64, &[3, 8])], attrs![axes(&[1]), false]),
        Sample::new([of(DType::C64, &[4, 5, 3])], attrs![axes(&[0, 1]), true]),
        Sample::new([of(DType::C64, &[7])], attrs![axes(&[0]), true]),
    ]
}

family! {
    /// Fourier transforms.
    Spectral {
        Fft = Row {
            op: Op::Fft,
            name: "fft",
            doc: "The discrete Fourier transform along each of `dims`, or the inverse one, which is not divided by the sizes.",
            operands: &["x"],
            results: &["r"],
            attributes: &[attr("dims", AttrKind::Axes), attr("inverse", AttrKind::Bool)],
            class: Class::Reduction,
            infer: transformed,
            vjp: Derivative::Rule("x = (fft ?g dims=dims inverse=@not(inverse))"),
            jvp: Tangent::Linear,
            batch: Batch::NotYet,
            through: Through::Axes,
            cost: streaming_at::<64>,
            placement: Placement::Any,
            samples: waves,
        };
    }
}
