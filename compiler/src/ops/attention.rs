//! Attention: weights from queries and keys, and the mean of the values by them. Its derivative computes the weights anew,
//! so that no value of their size is kept.

use super::{
    AttrKind, Batch, Call, Class, Cost, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, number, of, one, streaming},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Dim, Type},
};

/// The shape of the weights of queries over keys.
pub(crate) fn scores(q: &Type, k: &Type) -> crate::types::Shape {
    let mut shape = q.shape.clone();
    let rank = shape.len();
    shape[rank - 1] = k.shape[rank - 2].clone();
    shape
}

fn attention(call: &Call<'_>) -> Result<Types> {
    let (q, k, v) = (call.inputs[0], call.inputs[1], call.inputs[2]);
    if !q.dtype.is_float() || call.inputs.iter().any(|ty| ty.dtype != q.dtype) {
        return call.wrong(format_args!("takes operands of one floating-point type: {q} x {k} x {v}"));
    }
    let rank = q.rank();
    if rank < 2 || k.rank() != rank || v.rank() != rank {
        return call.wrong(format_args!("takes operands of one rank, at least 2: {q} x {k} x {v}"));
    }
    let fits = call.same(&q.shape[rank - 1], &k.shape[rank - 1])
        && call.same(&k.shape[rank - 2], &v.shape[rank - 2])
        && call.same_shape(&q.shape[..rank - 2], &k.shape[..rank - 2])
        && call.same_shape(&q.shape[..rank - 2], &v.shape[..rank - 2]);
    if !fits {
        return call.wrong(format_args!("queries, keys and values do not fit: {q} x {k} x {v}"));
    }
    if k.shape[rank - 2] == 0 {
        return call.wrong(format_args!("there are no keys: {k}"));
    }
    if let Some(mask) = call.inputs.get(3)
        && !call.same_shape(&mask.shape, &scores(q, k))
    {
        return call.wrong(format_args!("the mask is {}, {mask} given", q.with_shape(scores(q, k))));
    }
    let mut shape = q.shape.clone();
    shape[rank - 1] = v.shape[rank - 1].clone();
    one(q.with_shape(shape))
}

fn cost(call: &Call<'_>, results: &[Type]) -> Cost {
    let (q, k, v) = (call.inputs[0], call.inputs[1], call.inputs[2]);
    let weights = scores(q, k).iter().filter_map(Dim::as_known).fold(1, |n: i64, d| n.saturating_mul(d));
    let last = |ty: &Type| ty.shape.last().and_then(Dim::as_known).unwrap_or(1);
    let flops = weights.saturating_mul(2 * (last(q) + last(v)) + 5);
    Cost { flops: flops.unsigned_abs(), ..streaming(call, results) }
}

fn plain() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3, 5, 4]), f32(&[2, 3, 6, 4]), f32(&[2, 3, 6, 2])], attrs![number(0.5)]),
        Sample::new([f32(&[3, 4]), f32(&[5, 4]), f32(&[5, 4])], attrs![number(1.0)]),
        Sample::new(
            [of(DType::F64, &[2, 3, 4]), of(DType::F64, &[2, 3, 4]), of(DType::F64, &[2, 3, 4])],
            attrs![number(0.5)],
        ),
    ]
}

fn masked() -> Vec<Sample> {
    let with_mask = |sample: Sample| {
        let mask = sample.inputs[0].with_shape(scores(&sample.inputs[0], &sample.inputs[1]));
        Sample { inputs: sample.inputs.into_iter().chain([mask]).collect(), ..sample }
    };
    plain().into_iter().map(with_mask).collect()
}

const ATTENTION: Row = Row {
    op: Op::Attention,
    name: "attention",
    doc: "softmax(scale * q @ k.T) @ v over the last two axes; the axes before them are a batch.",
    operands: &["q", "k", "v"],
    results: &["r"],
    attributes: &[attr("scale", AttrKind::Scalar)],
    class: Class::Contraction,
    infer: attention,
    vjp: Derivative::Rule(
        "let weights = (softmax (mul (matmul ?q (permute ?k dims=@swap_last(?k))) scale) axis=@last_axis(?q));
         let by_weights = (matmul ?g (permute ?v dims=@swap_last(?v)));
         let along = (sum (mul ?by_weights ?weights) dims=@last(?q));
         let level = (broadcast_in_dim ?along shape=@scores_shape(?q ?k) dims=@all_but_last(?q));
         let by_scores = (mul (mul ?weights (sub ?by_weights ?level)) scale);
         q = (matmul ?by_scores ?k);
         k = (matmul (permute ?by_scores dims=@swap_last(?q)) ?q);
         v = (matmul (permute ?weights dims=@swap_last(?q)) ?g)",
    ),
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Relabel(through::product),
    cost,
    placement: Placement::Any,
    samples: plain,
};

family! {
    /// Attention.
    Attentive {
        Attention = ATTENTION;
        MaskedAttention = Row {
            name: "masked_attention",
            doc: "softmax(scale * q @ k.T + mask) @ v over the last two axes; the axes before them are a batch.",
            operands: &["q", "k", "v", "mask"], samples: masked,
            vjp: Derivative::Rule(
                "let scores = (mul (matmul ?q (permute ?k dims=@swap_last(?k))) scale);
                 let weights = (softmax (add ?scores ?mask) axis=@last_axis(?q));
                 let by_weights = (matmul ?g (permute ?v dims=@swap_last(?v)));
                 let along = (sum (mul ?by_weights ?weights) dims=@last(?q));
                 let level = (broadcast_in_dim ?along shape=@scores_shape(?q ?k) dims=@all_but_last(?q));
                 let by_sums = (mul ?weights (sub ?by_weights ?level));
                 let by_scores = (mul ?by_sums scale);
                 q = (matmul ?by_scores ?k);
                 k = (matmul (permute ?by_scores dims=@swap_last(?q)) ?q);
                 v = (matmul (permute ?weights dims=@swap_last(?q)) ?g);
                 mask = ?by_sums"), ..ATTENTION
        };
    }
}
