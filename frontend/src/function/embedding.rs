//! Rows of a table named by indices, and indices as rows of zeros and a one.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Shape},
};

use super::{Arguments, Function, Places, compose::torch_name, one, row};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::{Payload, Value},
};

/// Integers of a value that can be read without waiting for a graphics processor; none of a traced value.
pub(super) fn known_integers(value: &Value) -> Result<Option<Vec<i64>>> {
    let Payload::Concrete(elements) = value.payload() else { return Ok(None) };
    if elements.device() != flashlight_runtime::Device::Cpu && !elements.is_ready() {
        return Ok(None);
    }
    Ok(Some(crate::elements::integers(&fetch_concrete(elements)?, value.ty().dtype)))
}

fn embedding(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (index, weight) = (s.read(a.tensor("input")?)?, s.read(a.tensor("weight")?)?);
    for (name, given) in [
        ("max_norm", a.is_given("max_norm")),
        ("scale_grad_by_freq", a.flag("scale_grad_by_freq")?),
        ("sparse", a.flag("sparse")?),
    ] {
        if given {
            return Err(Error::unsupported(format_args!("torch.nn.functional.embedding with {name}")));
        }
    }
    if weight.ty().rank() != 2 {
        return Err(Error::runtime("'weight' must be 2-D"));
    }
    if !matches!(index.ty().dtype, DType::I64 | DType::I32) {
        return Err(Error::runtime(format_args!(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got \
             torch.{}Tensor instead (while checking arguments for embedding)",
            torch_name(index.ty().dtype)
        )));
    }
    let rows = weight.ty().shape[0].as_known();
    let padding = match (a.optional_int("padding_idx")?, rows) {
        (Some(at), Some(n)) if at < -n || at >= n => {
            return Err(Error::value(format_args!("Padding_idx must be within num_embeddings: {at} of {n}")));
        }
        (Some(at), Some(n)) if at < 0 => Some(at + n),
        (at, _) => at,
    };
    if let (Some(rows), Some(places)) = (rows, known_integers(&index)?)
        && places.iter().any(|i| !(0..rows).contains(i))
    {
        return Err(Error::index("index out of range in self"));
    }
    let taken = s.emit_one(Op::Take, attrs![0u32], &[weight, index.clone()])?;
    let Some(padding) = padding else { return Ok(taken) };
    // What the padding takes is a constant: no gradient flows there.
    let real = s.with_number(Op::NotEqual, &index, padding)?;
    let shape = taken.ty().shape.clone();
    let dims: Axes = (0..index.ty().rank() as u32).collect();
    let real = s.emit_one(Op::BroadcastInDim, attrs![shape, dims], &[real])?;
    let constant = s.unary(Op::StopGradient, &taken)?;
    s.select(&real, &taken, &constant)
}

fn one_hot(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let index = s.read(a.tensor("tensor")?)?;
    if index.ty().dtype != DType::I64 {
        return Err(Error::runtime("one_hot is only applicable to index tensor of type LongTensor."));
    }
    let mut classes = a.int("num_classes")?;
    let known = known_integers(&index)?;
    if index.ty().numel() == Dim::known(0) && classes <= 0 {
        return Err(Error::runtime("Can not infer total number of classes from empty tensor."));
    }
    if let Some(places) = &known {
        let largest = places.iter().copied().max().unwrap_or(-1);
        if places.iter().any(|i| *i < 0) {
            return Err(Error::runtime("Class values must be non-negative."));
        }
        if classes == -1 {
            classes = largest + 1;
        }
        if largest >= classes {
            return Err(Error::runtime(format_args!(
                "Class values must be smaller than num_classes. ({largest} of {classes})"
            )));
        }
    } else if classes < 0 {
        return Err(Error::unsupported(
            "torch.nn.functional.one_hot without num_classes where the indices are not known",
        ));
    }
    let mut shape: Shape = index.ty().shape.clone();
    let rank = shape.len() as u32;
    shape.push(Dim::known(classes));
    let numbers = s.emit_one(Op::Iota, attrs![Dim::known(classes), DType::I64], &[])?;
    let numbers = s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), Axes::from_slice(&[rank])], &[numbers])?;
    let places = s.emit_one(Op::BroadcastInDim, attrs![shape, (0..rank).collect::<Axes>()], &[index])?;
    let hit = s.binary(Op::Equal, &places, &numbers)?;
    s.cast(&hit, DType::I64)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "embedding",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, float norm_type=2.0, \
             bool scale_grad_by_freq=False, bool sparse=False)",
            embedding,
        )],
        "The rows of weight that the input names; the row padding_idx gets no gradient. Refuses max_norm, \
         scale_grad_by_freq and sparse.",
    ),
    row(
        "one_hot",
        Places::FUNCTIONAL,
        &[one("(Tensor tensor, int num_classes=-1)", one_hot)],
        "A one at the place that each int64 names along a new last axis, else zeros.",
    ),
];
