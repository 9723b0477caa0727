//! Contractions: sums of products.

use super::{
    AttrKind, Batch, Call, Class, Cost, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, number, of, one, streaming},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Type},
};

/// The product of the last two operands' matrices.
fn product(call: &Call<'_>, x: &Type, y: &Type) -> Result<Type> {
    if x.dtype != y.dtype {
        return call.wrong(format_args!("element types differ: {x} x {y}"));
    }
    if !x.dtype.is_inexact() {
        return call.wrong(format_args!("is defined for floating-point values: {x} x {y}"));
    }
    let rank = x.rank();
    if rank < 2 || y.rank() != rank {
        return call.wrong(format_args!("takes two operands of one rank, at least 2: {x} x {y}"));
    }
    if !call.same(&x.shape[rank - 1], &y.shape[rank - 2]) {
        return call.wrong(format_args!("inner dimensions differ: {x} x {y}"));
    }
    if !call.same_shape(&x.shape[..rank - 2], &y.shape[..rank - 2]) {
        return call.wrong(format_args!("batch dimensions differ: {x} x {y}"));
    }
    let mut shape = x.shape.clone();
    shape[rank - 1] = y.shape[rank - 1].clone();
    Ok(x.with_shape(shape))
}

fn matmul(call: &Call<'_>) -> Result<Types> {
    one(product(call, call.inputs[0], call.inputs[1])?)
}

fn addmm(call: &Call<'_>) -> Result<Types> {
    let (c, result) = (call.inputs[0], product(call, call.inputs[1], call.inputs[2])?);
    let fits = c.dtype == result.dtype
        && c.rank() <= result.rank()
        && call.same_shape(&c.shape, &result.shape[result.rank() - c.rank()..]);
    if !fits {
        return call.wrong(format_args!("the addend {c} does not fit the trailing axes of {result}"));
    }
    one(result)
}

fn multiply_add(call: &Call<'_>, results: &[Type]) -> Cost {
    let inner = call.inputs[call.inputs.len() - 2].shape.last().and_then(|d| d.as_known()).unwrap_or(1);
    let Cost { bytes, flops } = streaming(call, results);
    Cost { bytes, flops: flops.saturating_mul(inner.unsigned_abs()).saturating_mul(2) }
}

fn products() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[3, 4]), f32(&[4, 5])], attrs![]),
        Sample::new([f32(&[2, 3, 4]), f32(&[2, 4, 2])], attrs![]),
        Sample::new([f32(&[3, 0]), f32(&[0, 2])], attrs![]),
        Sample::new([of(DType::F64, &[3, 4]), of(DType::F64, &[4, 1])], attrs![]),
    ]
}

fn sums_of_products() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[5]), f32(&[3, 4]), f32(&[4, 5])], attrs![number(1.0), number(1.0)]),
        Sample::new([f32(&[3, 5]), f32(&[3, 4]), f32(&[4, 5])], attrs![number(0.5), number(2.0)]),
    ]
}

const PRODUCT: Row = Row {
    op: Op::Matmul,
    name: "matmul",
    doc: "The matrix product over the last two axes; the axes before them are a batch.",
    operands: &["x", "y"],
    results: &["r"],
    attributes: &[],
    class: Class::Contraction,
    infer: matmul,
    vjp: Derivative::Rule(
        "x = (matmul ?g (conj (permute ?y dims=@swap_last(?y))));
         y = (matmul (conj (permute ?x dims=@swap_last(?x))) ?g)",
    ),
    jvp: Tangent::Multilinear,
    batch: Batch::NotYet,
    through: Through::InPlace(through::product, through::matrix_in_place),
    cost: multiply_add,
    placement: Placement::Any,
    samples: products,
};

family! {
    /// Contractions.
    Contraction {
        Matmul = PRODUCT;
        Addmm = Row {
            name: "addmm", doc: "beta * c + alpha * (x @ y); c has the trailing axes of the result.",
            operands: &["c", "x", "y"],
            attributes: &[attr("alpha", AttrKind::Scalar), attr("beta", AttrKind::Scalar)],
            infer: addmm, jvp: Tangent::NotYet, samples: sums_of_products,
            vjp: Derivative::Rule(
                "let scaled = (mul ?g alpha);
                 c = (sum (mul ?g beta) dims=@leading(?g ?c));
                 x = (matmul ?scaled (conj (permute ?y dims=@swap_last(?y))));
                 y = (matmul (conj (permute ?x dims=@swap_last(?x))) ?scaled)"), ..PRODUCT
        };
    }
}
