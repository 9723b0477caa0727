//! Shapes: views of the same elements, queries, and tensors put together from others.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, sizes},
    compose::{all_axes, axes, axis, promote},
    conversion::plain_format,
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::{Move, Tensor},
    value::Value,
};

type Moves = SmallVec<[Move; 2]>;

/// A view that never needs a copy.
pub(super) fn seen(t: &Tensor, function: &'static str, moves: Moves) -> Result<Tensor> {
    t.view(function, moves)?.ok_or_else(|| Error::internal(format_args!("{function} needs no copy")))
}

fn known(n: i64) -> Dim {
    Dim::known(n)
}

/// The sizes that a caller asks for, with the one that is -1 worked out.
fn inferred(shape: &[i64], numel: &Dim) -> Result<Shape> {
    let invalid = || Error::runtime(format_args!("shape '{shape:?}' is invalid for input of size {numel}"));
    if let Some(bad) = shape.iter().find(|n| **n < -1) {
        return Err(Error::runtime(format_args!("invalid shape dimension {bad}")));
    }
    let rest: Dim = shape.iter().filter(|n| **n >= 0).map(|&n| known(n)).product();
    match shape.iter().filter(|n| **n == -1).count() {
        0 if numel.as_known().is_none() || rest == *numel => Ok(shape.iter().map(|&n| known(n)).collect()),
        0 => Err(invalid()),
        1 if rest == 0 => Err(match *numel == 0 {
            true => Error::runtime(format_args!(
                "cannot reshape tensor of 0 elements into shape {shape:?} because the unspecified dimension size -1 can \
                 be any value and is ambiguous"
            )),
            false => invalid(),
        }),
        1 => {
            let one = numel.exact_div(&rest).ok_or_else(invalid)?;
            Ok(shape.iter().map(|&n| if n == -1 { one.clone() } else { known(n) }).collect())
        }
        _ => Err(Error::runtime("only one dimension can be inferred")),
    }
}

/// A view under another shape, or a copy where there is no such view.
fn reshaped(t: &Tensor, function: &'static str, shape: Shape) -> Result<Tensor> {
    match t.view(function, smallvec![Move::reshape(shape.clone())])? {
        Some(view) => Ok(view),
        None => computed(function, t.device(), |s| {
            let value = s.read(t)?;
            s.reshape(&value, shape)
        }),
    }
}

/// A view under another shape.
pub(super) fn viewed(t: &Tensor, function: &'static str, shape: Shape) -> Result<Tensor> {
    t.view(function, smallvec![Move::reshape(shape)])?.ok_or_else(|| {
        Error::runtime(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two \
             contiguous subspaces). Use .reshape(...) instead.",
        )
    })
}

fn input(a: &Arguments) -> Result<&Tensor> {
    a.tensor("input")
}

fn tensor(t: Tensor) -> Result<Returned> {
    Ok(Returned::Tensor(t))
}

pub(super) fn view(a: &Arguments) -> Result<Returned> {
    let t = input(a)?;
    if a.signature.position("dtype").is_some() {
        let wanted = a.dtype("dtype")?;
        if wanted.is_some_and(|d| d != t.dtype()) {
            return Err(Error::unsupported("torch.Tensor.view with another dtype"));
        }
        return tensor(viewed(t, "view", t.shape())?);
    }
    tensor(viewed(t, "view", inferred(&a.ints("size")?, &t.ty().numel())?)?)
}

fn view_as(a: &Arguments) -> Result<Returned> {
    let (t, shape) = (input(a)?, a.tensor("other")?.shape());
    refuse_count(t, &shape)?;
    tensor(viewed(t, "view", shape)?)
}

fn refuse_count(t: &Tensor, shape: &Shape) -> Result<()> {
    let (have, want): (Dim, Dim) = (t.ty().numel(), shape.iter().product());
    if have.as_known().is_some() && want.as_known().is_some() && have != want {
        return Err(Error::runtime(format_args!("shape '{}' is invalid for input of size {have}", sizes(shape))));
    }
    Ok(())
}

fn reshape(a: &Arguments) -> Result<Returned> {
    let t = input(a)?;
    tensor(reshaped(t, "reshape", inferred(&a.ints("shape")?, &t.ty().numel())?)?)
}

fn reshape_as(a: &Arguments) -> Result<Returned> {
    let (t, shape) = (input(a)?, a.tensor("other")?.shape());
    refuse_count(t, &shape)?;
    tensor(reshaped(t, "reshape", shape)?)
}

pub(super) fn flatten(a: &Arguments) -> Result<Returned> {
    let t = input(a)?;
    let (shape, rank) = (t.shape(), t.rank());
    let (first, last) = (axis(a.int("start_dim")?, rank)? as usize, axis(a.int("end_dim")?, rank)? as usize);
    if first > last {
        return Err(Error::runtime("flatten() has invalid args: start_dim cannot come after end_dim"));
    }
    if rank == 0 {
        return tensor(reshaped(t, "reshape", smallvec![known(1)])?);
    }
    if first == last {
        return tensor(t.clone());
    }
    let joined: Dim = shape[first..=last].iter().product();
    let flat = shape[..first].iter().cloned().chain([joined]).chain(shape[last + 1..].iter().cloned());
    tensor(reshaped(t, "reshape", flat.collect())?)
}

fn ravel(a: &Arguments) -> Result<Returned> {
    let t = input(a)?;
    tensor(reshaped(t, "reshape", smallvec![t.ty().numel()])?)
}

fn unflatten(a: &Arguments) -> Result<Returned> {
    let t = input(a)?;
    let (shape, at) = (t.shape(), axis(a.int("dim")?, t.rank())? as usize);
    let parts = a.ints("sizes")?;
    if parts.is_empty() {
        return Err(Error::runtime("unflatten: sizes must be non-empty"));
    }
    if t.rank() == 0 {
        return Err(Error::index("Dimension specified as 0 but tensor has no dimensions"));
    }
    let parts = inferred(&parts, &shape[at]).map_err(|_| {
        Error::runtime(format_args!(
            "unflatten: Provided sizes {parts:?} don't multiply up to the size of dim {at} ({}) in the input tensor",
            shape[at]
        ))
    })?;
    let full = shape[..at].iter().cloned().chain(parts).chain(shape[at + 1..].iter().cloned());
    tensor(viewed(t, "view", full.collect())?)
}

pub(super) fn permute(a: &Arguments) -> Result<Returned> {
    let (t, dims) = (input(a)?, a.ints("dims")?);
    if dims.len() != t.rank() {
        return Err(Error::runtime(format_args!(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired \
             ordering of dimensions i.e. input.dim() = {} is not equal to len(dims) = {}",
            t.rank(),
            dims.len()
        )));
    }
    let order = axes(&dims, t.rank()).map_err(|e| match e {
        Error::User { fault: crate::error::Fault::Runtime, .. } => {
            Error::runtime("permute(): duplicate dims are not allowed.")
        }
        other => other,
    })?;
    tensor(seen(t, "permute", smallvec![Move::permute(order)])?)
}

fn swapped(t: &Tensor, function: &'static str, a: i64, b: i64) -> Result<Tensor> {
    let (a, b) = (axis(a, t.rank())?, axis(b, t.rank())?);
    let mut order = all_axes(t.rank());
    if t.rank() > 0 {
        order.swap(a as usize, b as usize);
    }
    seen(t, function, smallvec![Move::permute(order)])
}

pub(super) fn transpose(a: &Arguments) -> Result<Returned> {
    let names = if a.signature.position("axis0").is_some() { ("axis0", "axis1") } else { ("dim0", "dim1") };
    tensor(swapped(input(a)?, "transpose", a.int(names.0)?, a.int(names.1)?)?)
}

pub(super) fn t(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    match x.rank() {
        0 | 1 => tensor(seen(x, "t", Moves::new())?),
        2 => tensor(swapped(x, "t", 0, 1)?),
        rank => Err(Error::runtime(format_args!("t() expects a tensor with <= 2 dimensions, but self is {rank}D"))),
    }
}

pub(super) fn turned(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    tensor(seen(x, "permute", smallvec![Move::permute((0..x.rank() as u32).rev().collect())])?)
}

pub(super) fn matrix_transpose(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    if x.rank() < 2 {
        return Err(Error::runtime(format_args!(
            "tensor.mT is only supported on matrices or batches of matrices. Got {}-D tensor.",
            x.rank()
        )));
    }
    tensor(swapped(x, "transpose", -2, -1)?)
}

fn movedim(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    let (from, to) = (axes(&a.ints("source")?, x.rank())?, axes(&a.ints("destination")?, x.rank())?);
    if from.len() != to.len() {
        return Err(Error::runtime(format_args!(
            "movedim: Invalid source or destination dims: source ({from:?} dims) should contain the same number of dims \
             as destination ({to:?} dims)"
        )));
    }
    let mut rest = (0..x.rank() as u32).filter(|d| !from.contains(d));
    let mut order = Axes::new();
    for place in 0..x.rank() as u32 {
        let next = match to.iter().position(|d| *d == place) {
            Some(i) => Some(from[i]),
            None => rest.next(),
        };
        order.extend(next);
    }
    tensor(seen(x, "permute", smallvec![Move::permute(order)])?)
}

pub(super) fn unsqueeze(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    let at = axis(a.int("dim")?, x.rank() + 1)? as usize;
    let mut shape = x.shape();
    shape.insert(at, known(1));
    tensor(seen(x, "unsqueeze", smallvec![Move::reshape(shape)])?)
}

pub(super) fn squeeze(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    let chosen = match a.signature.position("dim") {
        Some(_) => axes(&a.ints("dim")?, x.rank())?,
        None => all_axes(x.rank()),
    };
    let kept = (0u32..).zip(x.shape()).filter(|(i, d)| *d != 1 || !chosen.contains(i)).map(|(_, d)| d);
    tensor(seen(x, "squeeze", smallvec![Move::reshape(kept.collect())])?)
}

/// The view in which axes of size 1, and new ones in front, are repeated.
pub(super) fn expanded(x: &Tensor, wanted: &Shape) -> Result<Tensor> {
    let from = x.shape();
    if from == *wanted {
        return seen(x, "expand", Moves::new());
    }
    let added = wanted.len() - from.len();
    let (mut kept, mut dims) = (Shape::new(), Axes::new());
    for (i, size) in from.iter().enumerate() {
        let target = &wanted[i + added];
        if size == target {
            kept.push(size.clone());
            dims.push((i + added) as u32);
        } else if *size != 1 {
            return Err(Error::runtime(format_args!(
                "The expanded size of the tensor ({target}) must match the existing size ({size}) at non-singleton \
                 dimension {}.  Target sizes: {}.  Tensor sizes: {}",
                i + added,
                sizes(wanted),
                sizes(&from)
            )));
        }
    }
    seen(x, "expand", smallvec![Move::reshape(kept), Move::broadcast(wanted.clone(), dims)])
}

pub(super) fn expand(a: &Arguments) -> Result<Returned> {
    let (x, asked) = (input(a)?, a.ints("size")?);
    let from = x.shape();
    let Some(added) = asked.len().checked_sub(from.len()) else {
        return Err(Error::runtime(format_args!(
            "expand(): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the \
             tensor ({})",
            asked.len(),
            from.len()
        )));
    };
    let mut wanted = Shape::new();
    for (i, &n) in asked.iter().enumerate() {
        wanted.push(match n {
            -1 if i >= added => from[i - added].clone(),
            -1 => {
                return Err(Error::runtime(format_args!(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"
                )));
            }
            n if n < 0 => {
                return Err(Error::runtime(format_args!(
                    "Trying to create tensor with negative dimension {n}: {asked:?}"
                )));
            }
            n => known(n),
        });
    }
    tensor(expanded(x, &wanted)?)
}

fn expand_as(a: &Arguments) -> Result<Returned> {
    let (x, wanted) = (input(a)?, a.tensor("other")?.shape());
    if wanted.len() < x.rank() {
        return Err(Error::runtime(format_args!(
            "expand(): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the \
             tensor ({})",
            wanted.len(),
            x.rank()
        )));
    }
    tensor(expanded(x, &wanted)?)
}

/// A window on one axis.
pub(super) fn window(x: &Tensor, function: &'static str, at: usize, start: Dim, size: Dim) -> Result<Tensor> {
    let shape = x.shape();
    let mut counts = shape.clone();
    let mut starts: Shape = shape.iter().map(|_| known(0)).collect();
    counts[at] = size;
    starts[at] = start;
    seen(x, function, smallvec![Move::slice(starts, counts, shape.iter().map(|_| known(1)).collect())])
}

/// One element of an axis, without the axis.
pub(super) fn selected(x: &Tensor, function: &'static str, at: usize, place: Dim) -> Result<Tensor> {
    let shape = x.shape();
    let mut counts = shape.clone();
    let mut starts: Shape = shape.iter().map(|_| known(0)).collect();
    counts[at] = known(1);
    starts[at] = place;
    let mut kept = shape.clone();
    kept.remove(at);
    let steps = shape.iter().map(|_| known(1)).collect();
    seen(x, function, smallvec![Move::slice(starts, counts, steps), Move::reshape(kept)])
}

pub(super) fn select(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    if x.rank() == 0 {
        return Err(Error::index("select() cannot be applied to a 0-dim tensor."));
    }
    let (at, i) = (axis(a.int("dim")?, x.rank())? as usize, a.int("index")?);
    let size = x.shape()[at].clone();
    if size.as_known().is_some_and(|n| i < -n || i >= n) {
        return Err(Error::index(format_args!(
            "select(): index {i} out of range for tensor of size {} at dimension {at}",
            sizes(&x.shape())
        )));
    }
    tensor(selected(x, "select", at, if i < 0 { &size + &known(i) } else { known(i) })?)
}

pub(super) fn narrow(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    if x.rank() == 0 {
        return Err(Error::runtime("narrow() cannot be applied to a 0-dim tensor."));
    }
    let at = axis(a.int("dim")?, x.rank())? as usize;
    let (start, length) = (a.int("start")?, a.int("length")?);
    if length < 0 {
        return Err(Error::runtime("narrow(): length must be non-negative."));
    }
    let size = x.shape()[at].clone();
    if let Some(n) = size.as_known() {
        if start < -n || start > n {
            return Err(Error::index(format_args!(
                "Dimension out of range (expected to be in range of [{}, {n}], but got {start})",
                -n
            )));
        }
        let from = if start < 0 { start + n } else { start };
        if from + length > n {
            return Err(Error::runtime(format_args!(
                "start ({from}) + length ({length}) exceeds dimension size ({n})."
            )));
        }
    }
    let from = if start < 0 { &size + &known(start) } else { known(start) };
    tensor(window(x, "narrow", at, from, known(length))?)
}

/// The size of an axis that is to be cut.
pub(super) fn cut(x: &Tensor, dim: i64, function: &str) -> Result<(usize, i64)> {
    if x.rank() == 0 {
        return Err(Error::runtime(format_args!("{function} expects at least a 1-dimensional tensor")));
    }
    let at = axis(dim, x.rank())? as usize;
    let size = x.shape()[at].as_known();
    let size = size.ok_or_else(|| Error::unsupported(format_args!("torch.{function} of an axis of unknown size")))?;
    Ok((at, size))
}

pub(super) fn pieces(x: &Tensor, at: usize, lengths: &[i64]) -> Result<Returned> {
    let mut start = 0;
    let mut list = Vec::new();
    for &length in lengths {
        list.push(window(x, "split", at, known(start), known(length))?);
        start += length;
    }
    Ok(Returned::Tuple(list))
}

/// Pieces of one length, the last one perhaps shorter.
fn even(size: i64, length: i64) -> Vec<i64> {
    if size == 0 || length == 0 {
        return vec![size];
    }
    (0..size).step_by(length as usize).map(|start| length.min(size - start)).collect()
}

pub(super) fn split(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    let (at, size) = cut(x, a.int("dim")?, "split")?;
    let name = &a.signature.parameters[1].name;
    if let Ok(length) = a.int(name) {
        if length < 0 {
            return Err(Error::runtime(format_args!(
                "split expects split_size be non-negative, but got split_size={length}"
            )));
        }
        if length == 0 && size != 0 {
            return Err(Error::runtime(format_args!(
                "split_size can only be 0 if dimension size is 0, but got dimension size of {size}"
            )));
        }
        return pieces(x, at, &even(size, length));
    }
    let lengths = a.ints(name)?;
    if lengths.iter().any(|n| *n < 0) {
        return Err(Error::runtime(format_args!(
            "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={lengths:?}"
        )));
    }
    if lengths.iter().sum::<i64>() != size {
        return Err(Error::runtime(format_args!(
            "split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {at}), but \
             got split_sizes={lengths:?}"
        )));
    }
    pieces(x, at, &lengths)
}

pub(super) fn chunk(a: &Arguments) -> Result<Returned> {
    let (x, chunks) = (input(a)?, a.int("chunks")?);
    let (at, size) = cut(x, a.int("dim")?, "chunk")?;
    if chunks <= 0 {
        return Err(Error::runtime(format_args!("chunk expects `chunks` to be greater than 0, got: {chunks}")));
    }
    if size == 0 {
        // So many that there is no room for them would be asked for by mistake only.
        if chunks > i64::from(i32::MAX) {
            return Err(Error::runtime(format_args!("chunk: `chunks` is too large for an axis of size 0: {chunks}")));
        }
        return pieces(x, at, &vec![0; chunks as usize]);
    }
    pieces(x, at, &even(size, size.div_euclid(chunks) + i64::from(size.rem_euclid(chunks) != 0)))
}

pub(super) fn unbind(a: &Arguments) -> Result<Returned> {
    let x = input(a)?;
    if x.rank() == 0 {
        return Err(Error::index("Dimension specified as 0 but tensor has no dimensions"));
    }
    let (at, size) = cut(x, a.int("dim")?, "unbind")?;
    (0..size).map(|i| selected(x, "unbind", at, known(i))).collect::<Result<_>>().map(Returned::Tuple)
}

fn contiguous(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    let x = input(a)?;
    if x.core().geometry.is_contiguous(&x.shape()) {
        return tensor(x.clone());
    }
    tensor(computed("clone", x.device(), |s| s.read(x))?)
}

fn is_contiguous(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    let x = input(a)?;
    Ok(Returned::Number(Scalar::Bool(x.core().geometry.is_contiguous(&x.shape()))))
}

fn integers(dims: &[Dim], what: &str) -> Result<SmallVec<[i64; 4]>> {
    let all: Option<_> = dims.iter().map(Dim::as_known).collect();
    all.ok_or_else(|| Error::unsupported(format_args!("{what} of a tensor of unknown size")))
}

fn integer(n: i64) -> Result<Returned> {
    Ok(Returned::Number(Scalar::Int(n)))
}

/// All of a list, or the entry of one axis.
fn entries(a: &Arguments, list: SmallVec<[i64; 4]>, all: fn(SmallVec<[i64; 4]>) -> Returned) -> Result<Returned> {
    match a.optional_int("dim")? {
        None => Ok(all(list)),
        Some(_) if list.is_empty() => Err(Error::index("Dimension specified as 0 but tensor has no dimensions")),
        Some(dim) => integer(list[axis(dim, list.len())? as usize]),
    }
}

fn size(a: &Arguments) -> Result<Returned> {
    entries(a, integers(&input(a)?.shape(), "size()")?, Returned::Size)
}

fn stride(a: &Arguments) -> Result<Returned> {
    entries(a, integers(&input(a)?.core().geometry.strides, "stride()")?, Returned::Ints)
}

fn storage_offset(a: &Arguments) -> Result<Returned> {
    let offset = input(a)?.core().geometry.offset.clone();
    integer(integers(&[offset], "storage_offset()")?[0])
}

fn dim(a: &Arguments) -> Result<Returned> {
    integer(input(a)?.rank() as i64)
}

fn numel(a: &Arguments) -> Result<Returned> {
    integer(integers(&[input(a)?.ty().numel()], "numel()")?[0])
}

fn element_size(a: &Arguments) -> Result<Returned> {
    integer(input(a)?.dtype().size() as i64)
}

fn flip(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(input(a)?)?;
    let dims = axes(&a.ints("dims")?, x.ty().rank())?;
    if dims.is_empty() { Ok(x) } else { s.apply(Op::Flip, attrs![dims], &[x]) }
}

/// One axis turned round by a number of places.
fn rolled(s: &mut Scope<'_>, x: &Value, at: u32, shift: i64) -> Result<Value> {
    let size = x.ty().shape[at as usize].clone();
    let Some(n) = size.as_known() else {
        return Err(Error::unsupported("torch.roll along an axis of unknown size"));
    };
    let front = if n == 0 { 0 } else { (n - shift.rem_euclid(n)) % n };
    if front == 0 {
        return Ok(x.clone());
    }
    let tail = s.slice_axis(x, at, known(front), known(n - front), 1)?;
    let head = s.slice_axis(x, at, known(0), known(front), 1)?;
    s.emit_one(Op::Concat, attrs![at], &[tail, head])
}

fn roll(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(input(a)?)?;
    let (shifts, dims) = (a.ints("shifts")?, a.optional_ints("dims")?.unwrap_or_default());
    if dims.is_empty() && shifts.len() == 1 {
        let flat = s.reshape(&x, smallvec![x.ty().numel()])?;
        let flat = rolled(s, &flat, 0, shifts[0])?;
        return s.reshape(&flat, x.ty().shape.clone());
    }
    if shifts.len() != dims.len() || shifts.is_empty() {
        return Err(Error::runtime(format_args!(
            "shifts and dimensions must align. shifts: {}, dims:{}",
            shifts.len(),
            dims.len()
        )));
    }
    let mut y = x;
    for (&shift, &dim) in shifts.iter().zip(&dims) {
        let at = axis(dim, y.ty().rank())?;
        if y.ty().rank() > 0 {
            y = rolled(s, &y, at, shift)?;
        }
    }
    Ok(y)
}

fn repeat(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(input(a)?)?;
    let times = a.ints("repeats")?;
    let from = x.ty().shape.clone();
    let Some(added) = times.len().checked_sub(from.len()) else {
        return Err(Error::runtime(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
        ));
    };
    if let Some(bad) = times.iter().find(|n| **n < 0) {
        return Err(Error::runtime(format_args!("Trying to create tensor with negative dimension {bad}: {times:?}")));
    }
    // Each axis becomes two: how often, and itself.
    let (mut spread, mut dims, mut whole) = (Shape::new(), Axes::new(), Shape::new());
    for (i, &n) in times.iter().enumerate() {
        spread.push(known(n));
        let mut total = known(n);
        if i >= added {
            dims.push(spread.len() as u32);
            spread.push(from[i - added].clone());
            total = &total * &from[i - added];
        }
        whole.push(total);
    }
    let x = s.apply(Op::BroadcastInDim, attrs![spread, dims], &[x])?;
    s.reshape(&x, whole)
}

fn cat(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    let Some(first) = tensors.first() else {
        return Err(Error::value("torch.cat(): expected a non-empty list of Tensors"));
    };
    if let Some(i) = tensors.iter().position(|t| t.rank() == 0) {
        return Err(Error::runtime(format_args!("zero-dimensional tensor (at position {i}) cannot be concatenated")));
    }
    let dtype = tensors.iter().map(Tensor::dtype).fold(first.dtype(), promote);
    // torch passes over empty lists, whatever the others' rank.
    let is_void = |t: &&Tensor| t.rank() == 1 && t.shape()[0] == 0;
    let model = tensors.iter().find(|t| !is_void(t)).unwrap_or(first);
    let at = axis(a.int("dim")?, model.rank())?;
    let wanted = model.shape();
    let mut parts = Vec::new();
    for (i, t) in tensors.iter().enumerate() {
        if is_void(&t) && !is_void(&model) {
            continue;
        }
        let shape = t.shape();
        if shape.len() != wanted.len() {
            return Err(Error::runtime(format_args!(
                "Tensors must have same number of dimensions: got {} and {}",
                wanted.len(),
                shape.len()
            )));
        }
        let differs = (0..shape.len()).find(|&k| {
            k != at as usize && matches!((shape[k].as_known(), wanted[k].as_known()), (Some(x), Some(y)) if x != y)
        });
        if let Some(k) = differs {
            return Err(Error::runtime(format_args!(
                "Sizes of tensors must match except in dimension {at}. Expected size {} but got size {} for tensor \
                 number {i} in the list.",
                wanted[k], shape[k]
            )));
        }
        let value = s.read(t)?;
        parts.push(s.cast(&value, dtype)?);
    }
    match parts.as_slice() {
        [only] => Ok(only.clone()),
        _ => s.emit_one(Op::Concat, attrs![at], &parts),
    }
}

fn stack(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    let Some(first) = tensors.first() else {
        return Err(Error::runtime("stack expects a non-empty TensorList"));
    };
    let at = axis(a.int("dim")?, first.rank() + 1)?;
    let shape = first.shape();
    if let Some((i, other)) = tensors.iter().enumerate().find(|(_, t)| t.shape() != shape) {
        return Err(Error::runtime(format_args!(
            "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {i}",
            sizes(&shape),
            sizes(&other.shape())
        )));
    }
    let dtype = tensors.iter().map(Tensor::dtype).fold(first.dtype(), promote);
    let mut one_more = shape;
    one_more.insert(at as usize, known(1));
    let mut parts = Vec::new();
    for t in tensors {
        let value = s.read(t)?;
        let value = s.cast(&value, dtype)?;
        parts.push(s.reshape(&value, one_more.clone())?);
    }
    match parts.as_slice() {
        [only] => Ok(only.clone()),
        _ => s.emit_one(Op::Concat, attrs![at], &parts),
    }
}

const SWAP: &[super::Overload] = &[direct("(Tensor input, int dim0, int dim1)", transpose)];
const SWAP_AXES: &[super::Overload] = &[
    direct("(Tensor input, int axis0, int axis1)", transpose),
    direct("(Tensor input, int dim0, int dim1)", transpose),
];
const CAT: &[super::Overload] = &[one("(Tensors tensors, int dim=0)", cat)];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "view",
        Places::METHOD,
        &[direct("(Tensor input, size size)", view), direct("(Tensor input, dtype dtype)", view)],
        "The same elements under another shape, without a copy; one size may be -1. Another dtype is not supported.",
    ),
    row(
        "view_as",
        Places::METHOD,
        &[direct("(Tensor input, Tensor other)", view_as)],
        "A view in the shape of another tensor.",
    ),
    row(
        "reshape",
        Places::BOTH,
        &[direct("(Tensor input, size shape)", reshape)],
        "The same elements under another shape: a view where there is one, else a copy. One size may be -1.",
    ),
    row(
        "reshape_as",
        Places::METHOD,
        &[direct("(Tensor input, Tensor other)", reshape_as)],
        "The same elements in the shape of another tensor.",
    ),
    row(
        "flatten",
        Places::BOTH,
        &[direct("(Tensor input, int start_dim=0, int end_dim=-1)", flatten)],
        "The axes from start_dim to end_dim as one: a view where there is one.",
    ),
    row("ravel", Places::BOTH, &[direct("(Tensor input)", ravel)], "All axes as one: a view where there is one."),
    row(
        "unflatten",
        Places::BOTH,
        &[direct("(Tensor input, int dim, ints sizes)", unflatten)],
        "One axis as several; one size may be -1.",
    ),
    row(
        "permute",
        Places::BOTH,
        &[direct("(Tensor input, size dims)", permute)],
        "A view with the axes in another order.",
    ),
    row("transpose", Places::BOTH, SWAP, "A view with two axes exchanged."),
    row("swapaxes", Places::BOTH, SWAP_AXES, "A view with two axes exchanged."),
    row("swapdims", Places::BOTH, SWAP, "A view with two axes exchanged."),
    row("t", Places::BOTH, &[direct("(Tensor input)", t)], "A view of a matrix with its axes exchanged."),
    row("T", Places::PROPERTY, &[direct("(Tensor input)", turned)], "A view with the axes in reverse order."),
    row(
        "mT",
        Places::PROPERTY,
        &[direct("(Tensor input)", matrix_transpose)],
        "A view with the last two axes exchanged.",
    ),
    row(
        "movedim",
        Places::BOTH,
        &[direct("(Tensor input, ints source, ints destination)", movedim)],
        "A view with some axes at other places, and the rest in order.",
    ),
    row(
        "moveaxis",
        Places::BOTH,
        &[direct("(Tensor input, ints source, ints destination)", movedim)],
        "A view with some axes at other places, and the rest in order.",
    ),
    row(
        "unsqueeze",
        Places::BOTH,
        &[direct("(Tensor input, int dim)", unsqueeze)],
        "A view with a new axis of size 1.",
    ),
    row(
        "squeeze",
        Places::BOTH,
        &[direct("(Tensor input)", squeeze), direct("(Tensor input, ints dim)", squeeze)],
        "A view without the axes of size 1, or without those named that have size 1.",
    ),
    row(
        "expand",
        Places::METHOD,
        &[direct("(Tensor input, size size)", expand)],
        "A view in which axes of size 1, and new ones in front, are repeated; -1 keeps a size.",
    ),
    row(
        "expand_as",
        Places::METHOD,
        &[direct("(Tensor input, Tensor other)", expand_as)],
        "A view repeated to the shape of another tensor.",
    ),
    row("broadcast_to", Places::BOTH, &[direct("(Tensor input, size size)", expand)], "A view repeated to a shape."),
    row(
        "select",
        Places::BOTH,
        &[direct("(Tensor input, int dim, int index)", select)],
        "A view of one element of an axis, without the axis.",
    ),
    row(
        "narrow",
        Places::BOTH,
        &[direct("(Tensor input, int dim, int start, int length)", narrow)],
        "A view of a window on one axis.",
    ),
    row(
        "split",
        Places::BOTH,
        &[
            direct("(Tensor input, int split_size, int dim=0) -> Tensors", split),
            direct("(Tensor input, ints split_size, int dim=0) -> Tensors", split),
            direct("(Tensor input, int split_size_or_sections, int dim=0) -> Tensors", split),
            direct("(Tensor input, ints split_size_or_sections, int dim=0) -> Tensors", split),
        ],
        "Views of one length, the last perhaps shorter, or of the lengths given.",
    ),
    row(
        "chunk",
        Places::BOTH,
        &[direct("(Tensor input, int chunks, int dim=0) -> Tensors", chunk)],
        "At most as many views of equal length as asked for; the last may be shorter.",
    ),
    row(
        "unbind",
        Places::BOTH,
        &[direct("(Tensor input, int dim=0) -> Tensors", unbind)],
        "Views of every element of an axis.",
    ),
    row(
        "contiguous",
        Places::METHOD,
        &[direct("(Tensor input, *, Any? memory_format=None)", contiguous)],
        "The tensor itself where its elements lie in row-major order, else a copy in which they do.",
    ),
    row(
        "is_contiguous",
        Places::METHOD,
        &[direct("(Tensor input, *, Any? memory_format=None) -> bool", is_contiguous)],
        "Whether the elements lie in row-major order.",
    ),
    row(
        "size",
        Places::METHOD,
        &[direct("(Tensor input, int? dim=None) -> Size | int", size)],
        "The sizes, or that of one axis.",
    ),
    row(
        "stride",
        Places::METHOD,
        &[direct("(Tensor input, int? dim=None) -> ints | int", stride)],
        "The distances of neighbours in the storage, in elements, or that of one axis.",
    ),
    row(
        "storage_offset",
        Places::METHOD,
        &[direct("(Tensor input) -> int", storage_offset)],
        "The place of the first element in the storage.",
    ),
    row("dim", Places::METHOD, &[direct("(Tensor input) -> int", dim)], "The number of axes."),
    row("ndimension", Places::METHOD, &[direct("(Tensor input) -> int", dim)], "The number of axes."),
    row("numel", Places::BOTH, &[direct("(Tensor input) -> int", numel)], "The number of elements."),
    row("nelement", Places::METHOD, &[direct("(Tensor input) -> int", numel)], "The number of elements."),
    row("element_size", Places::METHOD, &[direct("(Tensor input) -> int", element_size)], "The bytes of one element."),
    row(
        "flip",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, size dims)", flip)],
        "A copy with the order along some axes turned round.",
    ),
    row(
        "roll",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, ints shifts, ints? dims=None)", roll)],
        "A copy with the elements moved along axes; those that fall off come in at the other end.",
    ),
    row("repeat", Places::METHOD, &[one("(Tensor input, size repeats)", repeat)], "A copy repeated along each axis."),
    row("cat", Places::TORCH.and(Places::OUT), CAT, "The tensors one after the other along an axis."),
    row("concat", Places::TORCH.and(Places::OUT), CAT, "The tensors one after the other along an axis."),
    row("concatenate", Places::TORCH.and(Places::OUT), CAT, "The tensors one after the other along an axis."),
    row(
        "stack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors, int dim=0)", stack)],
        "The tensors one after the other along a new axis.",
    ),
];
