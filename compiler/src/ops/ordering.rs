//! Ordering: positions along an axis, by the size of the elements. The elements at those positions are `gather`'s, and so is
//! their derivative.

use super::{
    AttrKind, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, of, one, streaming, streaming_at},
};
use crate::{attrs, error::Result, types::DType};

fn positions(call: &Call<'_>) -> Result<Types> {
    let (x, axis) = (call.inputs[0], call.axis("axis")?);
    if axis as usize >= x.rank() {
        return call.wrong_axis(axis, x.rank());
    }
    if x.dtype == DType::C64 {
        return call.wrong(format_args!("complex numbers have no order, {x} given"));
    }
    one(x.with_dtype(DType::I64))
}

fn orders() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3, 4])], attrs![1u32, false]),
        Sample::new([f32(&[6])], attrs![0u32, true]),
        Sample::new([of(DType::I64, &[3, 5])], attrs![1u32, true]).domain(Domain::Range(-3.0, 3.0)),
        Sample::new([of(DType::Bool, &[7])], attrs![0u32, false]),
    ]
}

fn runs() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3, 4])], attrs![1u32]),
        Sample::new([f32(&[6])], attrs![0u32]),
        Sample::new([of(DType::I64, &[3, 5])], attrs![1u32]).domain(Domain::Range(-3.0, 3.0)),
    ]
}

/// A row that answers with positions along `axis`.
const POSITIONS: Row = Row {
    op: Op::Argsort,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[attr("axis", AttrKind::Axis)],
    class: Class::Indexing,
    infer: positions,
    vjp: Derivative::Zero,
    jvp: Tangent::Zero,
    batch: Batch::NotYet,
    through: Through::Axes,
    cost: streaming,
    placement: Placement::Any,
    samples: runs,
};

family! {
    /// Ordering ops.
    Ordering {
        Argsort = Row {
            name: "argsort",
            doc: "The positions that put an axis in order; equal elements keep theirs, and NaN is above all others.",
            attributes: &[attr("axis", AttrKind::Axis), attr("descending", AttrKind::Bool)],
            samples: orders, cost: streaming_at::<64>, ..POSITIONS
        };
        RunningArgmax = Row {
            name: "running_argmax",
            doc: "At each place, the last position so far of the largest so far along an axis; of NaN, once there is one.",
            ..POSITIONS
        };
        RunningArgmin = Row {
            name: "running_argmin",
            doc: "At each place, the last position so far of the smallest so far along an axis; of NaN, once there is one.",
            ..POSITIONS
        };
    }
}
