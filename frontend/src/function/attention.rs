//! Scaled dot-product attention.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Arguments, Function, Places,
    call::sizes,
    compose::{broadcast_shape, torch_name},
    dropout::drop_elements,
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// Each head of keys or values for several heads of queries.
fn shared_heads(s: &mut Scope<'_>, x: &Value, heads: &Dim) -> Result<Value> {
    let shape = x.ty().shape.clone();
    let at = shape.len() - 3;
    if shape[at] == *heads {
        return Ok(x.clone());
    }
    let (Some(own), Some(all)) = (shape[at].as_known(), heads.as_known()) else {
        return Err(Error::unsupported("enable_gqa with a symbolic number of heads"));
    };
    if own == 0 || all % own != 0 {
        return Err(Error::runtime(format_args!(
            "Number of heads in key and value must divide the number of heads in query: {own} and {all}"
        )));
    }
    let mut spread: Shape = shape.clone();
    spread.insert(at + 1, Dim::known(all / own));
    let dims: Axes = (0..spread.len() as u32).filter(|i| *i != at as u32 + 1).collect();
    let spread = s.emit_one(Op::BroadcastInDim, attrs![spread, dims], std::slice::from_ref(x))?;
    let mut whole = shape;
    whole[at] = heads.clone();
    s.reshape(&spread, whole)
}

/// The mask as numbers to add, with rows that leave nothing over cleared, and which rows are not such.
fn additive(s: &mut Scope<'_>, mask: &Value, dtype: DType) -> Result<(Value, Value)> {
    let last = Axes::from_slice(&[mask.ty().rank() as u32 - 1]);
    let (none, least) = (s.number(Scalar::Float(0.0), dtype)?, s.number(Scalar::Float(f64::NEG_INFINITY), dtype)?);
    let mask = if mask.ty().dtype == DType::Bool { s.select(mask, &none, &least)? } else { s.cast(mask, dtype)? };
    let largest = s.fold(Op::Amax, &mask.clone().untracked(), &last, false)?;
    let alive = s.binary(Op::NotEqual, &largest, &least)?;
    let shape = mask.ty().shape.clone();
    let everywhere = s.unfold(&alive, &shape, &last)?;
    Ok((s.select(&everywhere, &mask, &none)?, alive))
}

/// Which keys come no later than each query.
fn causal(s: &mut Scope<'_>, shape: &[Dim]) -> Result<Value> {
    let shape: Shape = shape.into();
    let line = |s: &mut Scope<'_>, axis: u32| {
        let steps = s.emit_one(Op::Iota, attrs![shape[axis as usize].clone(), DType::I64], &[])?;
        s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), Axes::from_slice(&[axis])], &[steps])
    };
    let (query, key) = (line(s, 0)?, line(s, 1)?);
    s.binary(Op::GreaterEqual, &query, &key)
}

fn attention(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (q, k, v) = (s.read(a.tensor("query")?)?, s.read(a.tensor("key")?)?, s.read(a.tensor("value")?)?);
    let dtype = q.ty().dtype;
    if k.ty().dtype != dtype || v.ty().dtype != dtype {
        return Err(Error::runtime(format_args!(
            "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and \
             value.dtype: {} instead.",
            torch_name(dtype),
            torch_name(k.ty().dtype),
            torch_name(v.ty().dtype)
        )));
    }
    if dtype.kind() != Kind::Float {
        return Err(Error::unsupported(format_args!("scaled_dot_product_attention of {}", torch_name(dtype))));
    }
    let least = if a.flag("enable_gqa")? { 3 } else { 2 };
    for (name, x) in [("query", &q), ("key", &k), ("value", &v)] {
        if x.ty().rank() < least {
            return Err(Error::runtime(format_args!(
                "Expected query, key, and value to all be at least {least} dimensional, but got {name} of size {}",
                sizes(&x.ty().shape)
            )));
        }
    }
    let (k, v) = if least == 3 {
        let heads = q.ty().shape[q.ty().rank() - 3].clone();
        (shared_heads(s, &k, &heads)?, shared_heads(s, &v, &heads)?)
    } else {
        (k, v)
    };
    let ends = |x: &Value| -> [Dim; 2] {
        let shape = &x.ty().shape;
        [shape[shape.len() - 2].clone(), shape[shape.len() - 1].clone()]
    };
    let ([length, width], [keys, key_width], [values, _]) = (ends(&q), ends(&k), ends(&v));
    if width != key_width || keys != values {
        return Err(Error::runtime(format_args!(
            "query of size {}, key of size {} and value of size {} do not fit",
            sizes(&q.ty().shape),
            sizes(&k.ty().shape),
            sizes(&v.ty().shape)
        )));
    }
    let batch = |x: &Value| -> Shape { x.ty().shape[..x.ty().rank() - 2].into() };
    let mut leading = broadcast_shape(&batch(&q), &batch(&k))?;
    leading = broadcast_shape(&leading, &batch(&v))?;
    let whole = |s: &mut Scope<'_>, x: &Value| {
        let shape = leading.iter().cloned().chain(ends(x)).collect();
        s.broadcast_to(x, &shape)
    };
    let (q, k, v) = (whole(s, &q)?, whole(s, &k)?, whole(s, &v)?);
    let scale = match (a.is_given("scale"), width.as_known()) {
        (true, _) => a.float("scale")?,
        (false, Some(width)) => 1.0 / (width as f64).sqrt(),
        (false, None) => return Err(Error::unsupported("attention over a symbolic width without scale")),
    };
    let given = a.optional_tensor("attn_mask")?;
    let mask = match given {
        Some(_) if a.flag("is_causal")? => {
            return Err(Error::runtime(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True",
            ));
        }
        Some(mask) => {
            if mask.dtype() != DType::Bool && mask.dtype().kind() != Kind::Float {
                return Err(Error::runtime(format_args!(
                    "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and \
                     query.dtype: {} instead.",
                    torch_name(mask.dtype()),
                    torch_name(dtype)
                )));
            }
            Some(s.read(mask)?)
        }
        None if a.flag("is_causal")? => Some(causal(s, &[length.clone(), keys.clone()])?),
        None => None,
    };
    let scores: Shape = leading.iter().cloned().chain([length, keys]).collect();
    let (mask, alive) = match mask {
        Some(mask) if mask.ty().rank() < 2 => {
            let rows: Shape = scores[scores.len() - 2..].into();
            let mask = s.broadcast_to(&mask, &rows)?;
            let (mask, alive) = additive(s, &mask, dtype)?;
            (Some(mask), Some(alive))
        }
        Some(mask) => {
            let (mask, alive) = additive(s, &mask, dtype)?;
            (Some(mask), Some(alive).filter(|_| given.is_some()))
        }
        None => (None, None),
    };
    let mask = mask.map(|mask| s.broadcast_to(&mask, &scores)).transpose()?;
    let p = a.float("dropout_p")?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::runtime(format_args!("dropout probability has to be between 0 and 1, but got {p}")));
    }
    let scale_number = Scalar::Float(scale);
    let result = match (p > 0.0, mask) {
        (false, None) => s.emit_one(Op::Attention, attrs![scale_number], &[q, k, v])?,
        (false, Some(mask)) => s.emit_one(Op::MaskedAttention, attrs![scale_number], &[q, k, v, mask])?,
        (true, mask) => {
            let rank = k.ty().rank() as u32;
            let turned = s.swap(&k, rank - 1, rank - 2)?;
            // Each takes its half of the scale, as in torch: large scores are then rounded as torch's are.
            let half = scale.abs().sqrt();
            let q = s.with_number(Op::Mul, &q, half.copysign(scale))?;
            let turned = s.with_number(Op::Mul, &turned, half)?;
            let mut weights = s.emit_one(Op::Matmul, attrs![], &[q, turned])?;
            if let Some(mask) = mask {
                weights = s.binary(Op::Add, &weights, &mask)?;
            }
            let weights = s.emit_one(Op::Softmax, attrs![rank - 1], &[weights])?;
            let weights = drop_elements(s, &weights, a.tensor("query")?.device(), p, rank as usize, None)?;
            s.emit_one(Op::Matmul, attrs![], &[weights, v])?
        }
    };
    let Some(alive) = alive else { return Ok(result) };
    // A query that may look at nothing gets zeros.
    let shape = result.ty().shape.clone();
    let rows: Shape = shape[..shape.len() - 1].into();
    let alive = s.broadcast_to(&alive, &rows)?;
    let last = Axes::from_slice(&[shape.len() as u32 - 1]);
    let alive = s.unfold(&alive, &shape, &last)?;
    let none = s.number(Scalar::Float(0.0), dtype)?;
    s.select(&alive, &result, &none)
}

pub(super) static FUNCTIONS: &[Function] = &[row(
    "scaled_dot_product_attention",
    Places::FUNCTIONAL,
    &[one(
        "(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, \
         float? scale=None, bool enable_gqa=False)",
        attention,
    )],
    "softmax(scale * query @ key.T + mask) @ value over the last two axes; a mask of truth values says where to look. A query \
     that may look at nothing gets zeros.",
)];
