//! Creation: values without operands.

use super::{
    AttrKind, Batch, Call, Class, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, free, number, one},
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Dim, Type},
};

fn constant(call: &Call<'_>) -> Result<Types> {
    let (value, dtype) = (call.scalar("value")?, call.dtype("dtype")?);
    if value.kind() > dtype.kind() {
        return call.wrong(format_args!("{value} is no value of {dtype}"));
    }
    one(Type::scalar(dtype))
}

fn iota(call: &Call<'_>) -> Result<Types> {
    let size = call.dim("size")?;
    if size.as_known().is_some_and(|n| n < 0) {
        return call.wrong(format_args!("size {size} is negative"));
    }
    one(Type::new(call.dtype("dtype")?, [size.clone()]))
}

fn constants() -> Vec<Sample> {
    vec![
        Sample::new([], attrs![number(2.5), DType::F32]),
        Sample::new([], attrs![number(f64::NEG_INFINITY), DType::F32]),
        Sample::new([], attrs![crate::types::Scalar::Int(-3), DType::I64]),
        Sample::new([], attrs![crate::types::Scalar::Bool(true), DType::Bool]),
    ]
}

fn ranges() -> Vec<Sample> {
    vec![
        Sample::new([], attrs![Dim::known(5), DType::I64]),
        Sample::new([], attrs![Dim::known(0), DType::I32]),
        Sample::new([], attrs![Dim::known(4), DType::F32]),
    ]
}

const VALUE: Row = Row {
    op: Op::Constant,
    name: "",
    doc: "",
    operands: &[],
    results: &["r"],
    attributes: &[],
    class: Class::Creation,
    infer: constant,
    vjp: Derivative::Zero,
    jvp: Tangent::Zero,
    batch: Batch::Elementwise,
    through: Through::Opaque("the result has at most one axis"),
    cost: free,
    placement: Placement::Any,
    samples: constants,
};

family! {
    /// Creation ops.
    Creation {
        Constant = Row {
            name: "constant", doc: "One number, of rank 0.",
            attributes: &[attr("value", AttrKind::Scalar), attr("dtype", AttrKind::DType)], ..VALUE
        };
        Iota = Row {
            name: "iota", doc: "0, 1, 2, ... up to `size` values.", infer: iota, samples: ranges,
            attributes: &[attr("size", AttrKind::Dim), attr("dtype", AttrKind::DType)], ..VALUE
        };
    }
}
