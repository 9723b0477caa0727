//! Bags of rows of a table, folded: `embedding_bag`.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use flashlight_runtime::Device;
use smallvec::smallvec;

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, sizes},
    compose::torch_name,
    direct,
    embedding::known_integers,
    indexing::filled,
    ordering::ranks,
    reduction::length as norm,
    row,
};
use crate::{
    autograd::{GradMode, Scope, Var},
    error::{Error, Result},
    tensor::Tensor,
    value::Value,
};

/// What becomes of the rows of a bag.
#[derive(Clone, Copy, PartialEq)]
enum Fold {
    Sum,
    Mean,
    Max,
}

fn refuse_index(t: &Tensor, name: &str) -> Result<()> {
    match t.dtype() {
        DType::I32 | DType::I64 => Ok(()),
        other => Err(Error::runtime(format_args!(
            "Expected tensor for argument '{name}' to have one of the following scalar types: Long, Int; but got \
             torch.{}Tensor instead (while checking arguments for embedding_bag)",
            torch_name(other)
        ))),
    }
}

/// The bag of each entry, and how many bags there are.
fn bags(s: &mut Scope<'_>, a: &Arguments, count: i64) -> Result<(Value, i64)> {
    let input = a.tensor("input")?;
    let all = s.emit_one(Op::Iota, attrs![Dim::known(count), DType::I64], &[])?;
    if input.rank() == 2 {
        let shape = input.shape();
        let (Some(number), Some(size)) = (shape[0].as_known(), shape[1].as_known()) else {
            return Err(Error::unsupported("torch.nn.functional.embedding_bag of bags of unknown size"));
        };
        return Ok((s.with_number(Op::FloorDiv, &all, size.max(1))?, number));
    }
    let Some(offsets) = a.optional_tensor("offsets")? else {
        return Err(Error::value("offsets has to be a 1D Tensor but got None"));
    };
    if offsets.rank() != 1 {
        return Err(Error::value("offsets has to be a 1D Tensor"));
    }
    refuse_index(offsets, "offsets")?;
    let Some(number) = offsets.shape()[0].as_known() else {
        return Err(Error::unsupported("torch.nn.functional.embedding_bag of bags of unknown number"));
    };
    let starts = s.read(offsets)?;
    let starts = s.cast(&starts, DType::I64)?;
    if let Some(list) = known_integers(&starts)? {
        if list.first().is_some_and(|n| *n != 0) {
            return Err(Error::runtime(format_args!(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, \
                 got {}",
                list[0]
            )));
        }
        if list.last().is_some_and(|n| *n > count) {
            return Err(Error::runtime(format_args!(
                "offsets[-1] can not be greater than input's length({count}), got offsets[-1] of {}",
                list[list.len() - 1]
            )));
        }
    }
    let number = if a.flag("include_last_offset")? { number - 1 } else { number };
    if number < 0 {
        return Err(Error::runtime("include_last_offset: number of offsets should be at least 1"));
    }
    if number == 0 || count == 0 {
        return Ok((all, number));
    }
    let starts = s.slice_axis(&starts, 0, Dim::known(0), Dim::known(number), 1)?;
    // The bag of an entry is the last one that starts not behind it.
    let bag = ranks(s, &starts, &all, true)?;
    Ok((s.with_number(Op::Sub, &bag, 1i64)?, number))
}

/// Scales the rows that are looked up down to a norm, in the table itself.
fn bound_rows(table: &Tensor, index: &Tensor, most: f64, p: f64) -> Result<()> {
    let _off = GradMode::enter(false);
    let bounded = computed("embedding_renorm_", table.device(), |s| {
        let (weight, index) = (s.read(table)?, s.read(index)?);
        let flat = s.reshape(&index, smallvec![index.ty().numel()])?;
        let flat = s.cast(&flat, DType::I64)?;
        let rows = s.emit_one(Op::Take, attrs![0u32], &[weight.clone(), flat.clone()])?;
        let shape = rows.ty().shape.clone();
        let over = Axes::from_slice(&[1]);
        let size = norm(s, &rows, p, &over)?;
        let above = s.with_number(Op::Greater, &size, most)?;
        let there = s.with_number(Op::Add, &size, 1e-7)?;
        let bound = s.number(Scalar::Float(most), weight.ty().dtype)?;
        let factor = s.binary(Op::Div, &bound, &there)?;
        let one = s.number(Scalar::Float(1.0), weight.ty().dtype)?;
        let factor = s.select(&above, &factor, &one)?;
        let factor = s.unfold(&factor, &shape, &over)?;
        let rows = s.binary(Op::Mul, &rows, &factor)?;
        s.emit_one(Op::TakePut, attrs![0u32], &[weight, flat, rows])
    })?;
    table.write(Var::constant(bounded.value()?))
}

fn embedding_bag(a: &Arguments) -> Result<Returned> {
    let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
    let fold = match a.text("mode")? {
        "sum" => Fold::Sum,
        "mean" => Fold::Mean,
        "max" => Fold::Max,
        _ => return Err(Error::value("mode has to be one of sum, mean or max")),
    };
    let by_freq = a.flag("scale_grad_by_freq")?;
    if a.flag("sparse")? {
        return Err(Error::unsupported("torch.nn.functional.embedding_bag with sparse=True"));
    }
    if fold == Fold::Max && by_freq {
        return Err(Error::value("max mode does not support scaling the gradient by the frequency"));
    }
    let shares = a.optional_tensor("per_sample_weights")?;
    if let Some(shares) = shares {
        if shares.shape() != input.shape() {
            return Err(Error::value(format_args!(
                "embedding_bag: If per_sample_weights ({}) is not None, then it must have the same shape as the input ({})",
                sizes(&shares.shape()),
                sizes(&input.shape())
            )));
        }
        if fold != Fold::Sum {
            return Err(Error::lacking(format_args!(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got \
                 mode='{}'). Please open a feature request on GitHub.",
                a.text("mode")?
            )));
        }
    }
    match input.rank() {
        2 if a.is_given("offsets") => {
            return Err(Error::value(format_args!(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length \
                 sequences. However, found offsets of type {}",
                "Tensor"
            )));
        }
        1 | 2 => {}
        rank => {
            return Err(Error::value(format_args!(
                "input has to be 1D or 2D Tensor, but got Tensor of dimension {rank}"
            )));
        }
    }
    if weight.rank() != 2 {
        return Err(Error::value(format_args!(
            "weight has to be a 2D Tensor, but got Tensor of dimension {}",
            weight.rank()
        )));
    }
    refuse_index(input, "input")?;
    let (Some(rows), Some(count)) = (weight.shape()[0].as_known(), input.ty().numel().as_known()) else {
        return Err(Error::unsupported("torch.nn.functional.embedding_bag of unknown sizes"));
    };
    let padding = match a.optional_int("padding_idx")? {
        Some(at) if at < -rows || at >= rows => {
            return Err(Error::runtime(format_args!(
                "padding_idx must be within the number of embeddings: {at} of {rows}"
            )));
        }
        Some(at) if at < 0 => Some(at + rows),
        at => at,
    };
    if a.is_given("max_norm") {
        bound_rows(weight, input, a.float("max_norm")?, a.float("norm_type")?)?;
    }
    computed("embedding_bag", input.device(), |s| {
        let index = s.read(input)?;
        if input.device() == Device::Cpu
            && let Some(bad) = known_integers(&index)?.and_then(|all| all.into_iter().find(|i| !(0..rows).contains(i)))
        {
            return Err(Error::runtime(format_args!(
                "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {bad}"
            )));
        }
        let index = s.reshape(&index, smallvec![Dim::known(count)])?;
        let index = s.cast(&index, DType::I64)?;
        let table = s.read(weight)?;
        let (bag, number) = bags(s, a, count)?;
        let (dtype, width) = (table.ty().dtype, table.ty().shape[1].clone());
        let result: Shape = smallvec![Dim::known(number), width.clone()];
        if number == 0 || count == 0 {
            let none = filled(s, &result, Scalar::Float(0.0), dtype)?;
            return Ok(s.replacing(&table, none));
        }
        // What is padding goes into a bag of its own, which is cut off.
        let bag = match padding {
            None => bag,
            Some(padding) => {
                let out = s.with_number(Op::Equal, &index, padding)?;
                s.replace(&out, Scalar::Int(number), &bag)?
            }
        };
        let mut taken = s.emit_one(Op::Take, attrs![0u32], &[table, index.clone()])?;
        let grid = taken.ty().shape.clone();
        let along = |s: &mut Scope<'_>, v: &Value| {
            s.emit_one(Op::BroadcastInDim, attrs![grid.clone(), Axes::from_slice(&[0])], std::slice::from_ref(v))
        };
        if by_freq {
            taken = by_frequency(s, &taken, &index, rows)?;
        }
        if let Some(shares) = shares {
            let shares = s.read(shares)?;
            let shares = s.cast(&shares, dtype)?;
            let shares = s.reshape(&shares, smallvec![Dim::known(count)])?;
            let shares = along(s, &shares)?;
            taken = s.binary(Op::Mul, &taken, &shares)?;
        }
        let all: Shape = smallvec![Dim::known(number + 1), width];
        let cut = |s: &mut Scope<'_>, v: &Value| s.slice_axis(v, 0, Dim::known(0), Dim::known(number), 1);
        let ones = filled(s, &smallvec![Dim::known(count)], Scalar::Float(1.0), dtype)?;
        let none = filled(s, &smallvec![Dim::known(number + 1)], Scalar::Float(0.0), dtype)?;
        let counts = s.emit_one(Op::TakeAdd, attrs![0u32], &[none, bag.clone(), ones])?;
        let counts = cut(s, &counts)?;
        if fold == Fold::Max {
            let least = filled(s, &all, Scalar::Float(f64::NEG_INFINITY), dtype)?;
            let places = along(s, &bag)?;
            let most = s.emit_one(Op::ScatterMax, attrs![0u32], &[least, places, taken])?;
            let most = cut(s, &most)?;
            let empty = s.with_number(Op::Equal, &counts, 0.0)?;
            let empty = s.emit_one(Op::BroadcastInDim, attrs![result, Axes::from_slice(&[0])], &[empty])?;
            return s.replace(&empty, 0.0, &most);
        }
        let empty = filled(s, &all, Scalar::Float(0.0), dtype)?;
        let sums = s.emit_one(Op::TakeAdd, attrs![0u32], &[empty, bag, taken])?;
        let sums = cut(s, &sums)?;
        if fold == Fold::Sum {
            return Ok(sums);
        }
        let counts = s.with_number(Op::Maximum, &counts, 1.0)?;
        let counts = s.emit_one(Op::BroadcastInDim, attrs![result, Axes::from_slice(&[0])], &[counts])?;
        s.binary(Op::Div, &sums, &counts)
    })
    .map(Returned::Tensor)
}

/// The rows, whose derivative is divided by how often each is looked up.
fn by_frequency(s: &mut Scope<'_>, taken: &Value, index: &Value, rows: i64) -> Result<Value> {
    let (dtype, shape) = (taken.ty().dtype, taken.ty().shape.clone());
    let ones = filled(s, &index.ty().shape.clone(), Scalar::Float(1.0), dtype)?;
    let none = filled(s, &smallvec![Dim::known(rows)], Scalar::Float(0.0), dtype)?;
    let often = s.emit_one(Op::TakeAdd, attrs![0u32], &[none, index.clone(), ones])?;
    let often = s.emit_one(Op::Take, attrs![0u32], &[often, index.clone()])?;
    let often = s.emit_one(Op::BroadcastInDim, attrs![shape, Axes::from_slice(&[0])], &[often])?;
    let fixed = s.unary(Op::StopGradient, taken)?;
    let moves = s.binary(Op::Sub, taken, &fixed)?;
    let moves = s.binary(Op::Div, &moves, &often)?;
    s.binary(Op::Add, &fixed, &moves)
}

pub(super) static FUNCTIONS: &[Function] = &[row(
    "embedding_bag",
    Places::FUNCTIONAL,
    &[direct(
        "(Tensor input, Tensor weight, Tensor? offsets=None, float? max_norm=None, float norm_type=2, \
         bool scale_grad_by_freq=False, str mode=\"mean\", bool sparse=False, Tensor? per_sample_weights=None, \
         bool include_last_offset=False, int? padding_idx=None)",
        embedding_bag,
    )],
    "The sum, mean or max of the rows of weight that each bag names: bags of one length in a matrix of indices, or of those \
     between offsets in a list. Rows padding_idx are passed over. Refuses sparse.",
)];
