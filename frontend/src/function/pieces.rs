//! Pieces of axes as views, shapes changed in place, and shapes and places as numbers.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Arguments, Function, Overload, Places, Returned,
    call::{computed, sizes, written},
    compose::torch_name,
    direct,
    indexing::{filled, truths},
    one, row,
    shape::{self, cut, pieces, window},
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch,
    tensor::Tensor,
    value::Value,
};

/// Pieces that end at places of an axis; counted from its end where negative.
fn ending_at(x: &Tensor, at: usize, size: i64, ends: &[i64]) -> Result<Returned> {
    let clamped = |n: i64| if n < 0 { n.saturating_add(size) } else { n }.clamp(0, size);
    let mut list = Vec::new();
    let mut start = 0;
    for end in ends.iter().map(|&n| clamped(n)).chain([size]) {
        list.push(window(x, "slice", at, Dim::known(start), Dim::known((end - start).max(0)))?);
        start = end;
    }
    Ok(Returned::Tuple(list))
}

/// Pieces of nearly one length: the first ones are longer by one where it does not come out even.
fn nearly_even(x: &Tensor, at: usize, size: i64, count: i64) -> Result<Returned> {
    if count <= 0 {
        return Err(Error::runtime(format_args!("number of sections must be larger than 0, got {count}")));
    }
    if count > i64::from(i32::MAX) {
        return Err(Error::runtime(format_args!("number of sections is too large: {count}")));
    }
    let lengths: Vec<i64> = (0..count).map(|i| size / count + i64::from(i < size % count)).collect();
    pieces(x, at, &lengths)
}

fn tensor_split(a: &Arguments) -> Result<Returned> {
    let x = a.tensor("input")?;
    if x.rank() == 0 {
        return Err(Error::runtime(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims",
        ));
    }
    let (at, size) = cut(x, a.int("dim")?, "tensor_split")?;
    let has = |name| a.signature.position(name).is_some();
    if has("sections") {
        return nearly_even(x, at, size, a.int("sections")?);
    }
    if has("indices") {
        return ending_at(x, at, size, &a.ints("indices")?);
    }
    let given = a.tensor("tensor_indices_or_sections")?;
    if given.dtype() != DType::I64 || given.rank() > 1 {
        return Err(Error::runtime(format_args!(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor of type \
             Long, but got a {}-dimensional one of type {}",
            given.rank(),
            torch_name(given.dtype())
        )));
    }
    let list = integers(&fetch(&given.value()?, "the places to split at")?, DType::I64);
    match (given.rank(), list.as_slice()) {
        (0, [count]) => nearly_even(x, at, size, *count),
        _ => ending_at(x, at, size, &list),
    }
}

/// `hsplit`, `vsplit` and `dsplit`.
fn split_at(a: &Arguments, least: usize, dim: usize) -> Result<Returned> {
    let (x, name) = (a.tensor("input")?, a.signature.name);
    if x.rank() < least {
        return Err(Error::runtime(format_args!(
            "torch.{name} requires a tensor with at least {least} dimension{}, but got a tensor with {} dimensions!",
            if least == 1 { "" } else { "s" },
            x.rank()
        )));
    }
    let at = if name == "hsplit" && x.rank() == 1 { 0 } else { dim };
    let (at, size) = cut(x, at as i64, name)?;
    if a.signature.position("sections").is_none() {
        return ending_at(x, at, size, &a.ints("indices")?);
    }
    let count = a.int("sections")?;
    if count == 0 || size % count != 0 {
        return Err(Error::runtime(format_args!(
            "torch.{name} attempted to split along dimension {at}, but the size of the dimension {size} is not divisible \
             by the split_size {count}!"
        )));
    }
    nearly_even(x, at, size, count)
}

/// Changes the shape of the tensor itself, by the view function of the same arguments.
fn in_place(a: &Arguments, look: fn(&Arguments) -> Result<Returned>) -> Result<Returned> {
    let x = a.tensor("input")?;
    x.look_anew(|before| {
        let mut values = a.values.clone();
        values[0] = super::Argument::Tensor(before.clone());
        match look(&Arguments { signature: a.signature, values })? {
            Returned::Tensor(view) => Ok(view),
            _ => Err(Error::internal("a view is a tensor")),
        }
    })?;
    Ok(Returned::Tensor(x.clone()))
}

/// The sum over the axes that were broadcast.
fn sum_to_size(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, wanted) = (s.read(a.tensor("input")?)?, a.ints("size")?);
    let from = x.ty().shape.clone();
    let wanted: Shape = wanted.iter().map(|&n| Dim::known(n)).collect();
    let fits = wanted.len() <= from.len()
        && wanted.iter().rev().zip(from.iter().rev()).all(|(to, size)| to == size || *to == 1);
    if !fits {
        return Err(Error::runtime(format_args!(
            "size {{{}}} is not expandable to size {{{}}}.",
            sizes(&wanted),
            sizes(&from)
        )));
    }
    let lead = from.len() - wanted.len();
    let folded: Axes =
        (0..from.len()).filter(|&i| i < lead || (wanted[i - lead] == 1 && from[i] != 1)).map(|i| i as u32).collect();
    if folded.is_empty() {
        return Ok(x);
    }
    let dtype = x.ty().dtype;
    let sum = s.fold(Op::Sum, &x, &folded, false)?;
    let sum = s.cast(&sum, dtype)?;
    s.reshape(&sum, wanted)
}

/// The coordinates of places in a shape, as views of a row for each place.
fn unravel_index(a: &Arguments) -> Result<Returned> {
    let (places, shape) = (a.tensor("indices")?, a.ints("shape")?);
    if places.dtype().kind() != Kind::Integer {
        return Err(Error::argument(format_args!(
            "expected 'indices' to be integer dtype, but got torch.{}",
            torch_name(places.dtype()).to_lowercase()
        )));
    }
    if shape.iter().any(|n| *n < 0) {
        return Err(Error::value(format_args!("'shape' cannot have negative values, but got {:?}", shape.as_slice())));
    }
    let rank = places.rank();
    let rows = computed("unravel_index", places.device(), |s| {
        let index = s.read(places)?;
        let mut column = index.ty().shape.clone();
        column.push(Dim::known(1));
        let mut columns = Vec::new();
        let mut below = 1i64;
        for &n in shape.iter().rev() {
            let along = if below == 1 { index.clone() } else { s.with_number(Op::FloorDiv, &index, below)? };
            // Along an axis of no elements there is no place: there are none to unravel either.
            let along = if n == 0 { along } else { s.with_number(Op::Remainder, &along, n)? };
            columns.push(s.reshape(&along, column.clone())?);
            below = below.saturating_mul(n.max(1));
        }
        columns.reverse();
        match columns.len() {
            0 => s.reshape(&index, index.ty().shape.clone()),
            1 => Ok(columns.remove(0)),
            _ => s.emit_one(Op::Concat, attrs![rank as u32], &columns),
        }
    })?;
    let views = (0..shape.len() as i64).map(|i| shape::selected(&rows, "select", rank, Dim::known(i)));
    views.collect::<Result<_>>().map(Returned::Tuple)
}

/// The first so many places of elements that are not zero, and a number where there are fewer.
fn nonzero_static(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, size, fill) = (a.tensor("input")?, a.int("size")?, a.int("fill_value")?);
    if size < 0 {
        return Err(Error::runtime("nonzero_static: 'size' must be an non-negative integer"));
    }
    let rank = x.rank() as i64;
    if rank == 0 || size == 0 {
        return filled(s, &smallvec![Dim::known(size), Dim::known(rank)], Scalar::Int(fill), DType::I64);
    }
    let flags = truths(s, x)?;
    let Some(count) = flags.ty().shape[0].as_known() else {
        return Err(Error::unsupported("torch.nonzero_static of a tensor of unknown size"));
    };
    // Those that are false, and those that are too many, share a slot behind.
    let ranks = s.emit_one(Op::Cumsum, attrs![0u32, false], std::slice::from_ref(&flags))?;
    let slots = s.with_number(Op::Sub, &ranks, 1i64)?;
    let inside = s.with_number(Op::Less, &slots, size)?;
    let kept = s.binary(Op::LogicalAnd, &flags, &inside)?;
    let behind = s.number(Scalar::Int(size), DType::I64)?;
    let slots = s.emit_one(Op::Where, Attrs::new(), &[kept, slots, behind])?;
    let none = filled(s, &smallvec![Dim::known(size + 1)], Scalar::Int(-1), DType::I64)?;
    let all = s.emit_one(Op::Iota, attrs![Dim::known(count), DType::I64], &[])?;
    let places = s.emit_one(Op::TakePut, attrs![0u32], &[none, slots, all])?;
    let places = s.slice_axis(&places, 0, Dim::known(0), Dim::known(size), 1)?;
    let missing = s.with_number(Op::Less, &places, 0i64)?;
    let mut rest = places;
    let mut columns = Vec::new();
    for n in x.shape().iter().rev() {
        let n = n.as_known().unwrap_or(1).max(1);
        let along = s.with_number(Op::Remainder, &rest, n)?;
        rest = s.with_number(Op::FloorDiv, &rest, n)?;
        let along = s.replace(&missing, Scalar::Int(fill), &along)?;
        columns.push(s.reshape(&along, smallvec![Dim::known(size), Dim::known(1)])?);
    }
    columns.reverse();
    if columns.len() == 1 { Ok(columns.remove(0)) } else { s.emit_one(Op::Concat, attrs![1u32], &columns) }
}

/// The main diagonal of a matrix, or of a cube of any rank, filled.
fn fill_diagonal(a: &Arguments) -> Result<Returned> {
    let (x, number, wrap) = (a.tensor("input")?, a.number("fill_value")?, a.flag("wrap")?);
    let sides: Option<SmallVec<[i64; 4]>> = x.shape().iter().map(Dim::as_known).collect();
    let Some(sides) = sides else {
        return Err(Error::unsupported("torch.Tensor.fill_diagonal_ of a tensor of unknown size"));
    };
    if sides.len() < 2 {
        return Err(Error::runtime("dimensions must larger than 1"));
    }
    if sides.len() > 2 && sides.iter().any(|n| *n != sides[0]) {
        return Err(Error::runtime("all dimensions of input must be of equal length"));
    }
    let least = sides.iter().copied().min().unwrap_or(0);
    let step: i64 = (0..sides.len()).map(|i| sides[i + 1..].iter().product::<i64>()).sum();
    let all: i64 = sides.iter().product();
    let end = (least - 1).max(0) * step + i64::from(least > 0);
    let mut parts = vec![(0, end)];
    // A tall matrix has its diagonal in its first rows; with wrapping it begins again below them.
    if wrap && sides.len() == 2 && sides[0] > sides[1] + 1 {
        parts.push((end, all));
    }
    for (first, behind) in parts {
        written("fill_diagonal_", x, |s| {
            let old = s.read(x)?;
            let places = s.emit_one(Op::Iota, attrs![Dim::known(all), DType::I64], &[])?;
            let among = s.with_number(Op::Remainder, &places, step.max(1))?;
            let on = s.with_number(Op::Equal, &among, 0i64)?;
            let before = s.with_number(Op::Less, &places, behind)?;
            let after = s.with_number(Op::GreaterEqual, &places, first)?;
            let on = s.binary(Op::LogicalAnd, &on, &before)?;
            let on = s.binary(Op::LogicalAnd, &on, &after)?;
            let on = s.reshape(&on, old.ty().shape.clone())?;
            s.replace(&on, number, &old)
        })?;
    }
    Ok(Returned::Tensor(x.clone()))
}

/// The input's shape filled with one number, or with that of a tensor.
fn fill(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, value) = (a.tensor("input")?, a.get("value")?);
    if let super::Argument::Tensor(t) = value
        && t.rank() != 0
    {
        return Err(Error::runtime(format_args!(
            "fill only supports 0-dimension value tensor but got tensor with {} dimensions.",
            t.rank()
        )));
    }
    if let super::Argument::Number(number) = value {
        crate::elements::refuse_overflow(*number, x.dtype())?;
    }
    let old = s.read(x)?;
    let new = s.operand(value, x.dtype())?;
    let new = s.broadcast_to(&new, &old.ty().shape.clone())?;
    Ok(s.replacing(&old, new))
}

fn scalar_tensor(a: &Arguments) -> Result<Returned> {
    let number = a.number("s")?;
    let dtype = a.dtype("dtype")?.unwrap_or_else(super::default_dtype);
    let device = a.device("device")?.unwrap_or_else(super::default_device);
    let tensor = computed("scalar_tensor", device, |s| filled(s, &Shape::new(), number, dtype))?;
    if a.flag("requires_grad")? {
        tensor.set_requires_grad(true)?;
    }
    Ok(Returned::Tensor(tensor))
}

fn is_same_size(a: &Arguments) -> Result<Returned> {
    Ok(Returned::Number(Scalar::Bool(a.tensor("input")?.shape() == a.tensor("other")?.shape())))
}

fn is_set_to(a: &Arguments) -> Result<Returned> {
    let (x, y) = (a.tensor("input")?.core(), a.tensor("tensor")?.core());
    Ok(Returned::Number(Scalar::Bool(x.sees_the_same(&y))))
}

const SECTIONS: &str = "(Tensor input, int sections) -> Tensors";
const INDICES: &str = "(Tensor input, ints indices) -> Tensors";
const UNSAFE_SPLIT: &[Overload] = &[direct("(Tensor input, int split_size, int dim=0) -> Tensors", shape::split)];
const SPLIT_SIZES: &[Overload] = &[direct("(Tensor input, ints split_sizes, int dim=0) -> Tensors", shape::split)];
const SWAP: &[Overload] = &[direct("(Tensor input, int dim0, int dim1)", |a| in_place(a, shape::transpose))];

pub(super) static FUNCTIONS: &[Function] = &[
    row("split_with_sizes", Places::BOTH, SPLIT_SIZES, "Views of pieces of an axis of the lengths given."),
    row("unsafe_split_with_sizes", Places::BOTH, SPLIT_SIZES, "The same as split_with_sizes."),
    row("unsafe_split", Places::BOTH, UNSAFE_SPLIT, "The same as split by a length."),
    row(
        "unsafe_chunk",
        Places::BOTH,
        &[direct("(Tensor input, int chunks, int dim=0) -> Tensors", shape::chunk)],
        "The same as chunk.",
    ),
    row(
        "tensor_split",
        Places::BOTH,
        &[
            direct("(Tensor input, int sections, int dim=0) -> Tensors", tensor_split),
            direct("(Tensor input, ints indices, int dim=0) -> Tensors", tensor_split),
            direct("(Tensor input, Tensor tensor_indices_or_sections, int dim=0) -> Tensors", tensor_split),
        ],
        "Views of so many pieces of an axis, the first ones perhaps longer by one; or of the pieces that end at places.",
    ),
    row(
        "hsplit",
        Places::BOTH,
        &[direct(SECTIONS, |a| split_at(a, 1, 1)), direct(INDICES, |a| split_at(a, 1, 1))],
        "Views of pieces beside each other: of the second axis, of a list's only one.",
    ),
    row(
        "vsplit",
        Places::BOTH,
        &[direct(SECTIONS, |a| split_at(a, 2, 0)), direct(INDICES, |a| split_at(a, 2, 0))],
        "Views of pieces below each other: of the first axis.",
    ),
    row(
        "dsplit",
        Places::BOTH,
        &[direct(SECTIONS, |a| split_at(a, 3, 2)), direct(INDICES, |a| split_at(a, 3, 2))],
        "Views of pieces behind each other: of the third axis.",
    ),
    row("t_", Places::METHOD, &[direct("(Tensor input)", |a| in_place(a, shape::t))], "t, of the tensor itself."),
    row("transpose_", Places::METHOD, SWAP, "transpose, of the tensor itself."),
    row("swapdims_", Places::METHOD, SWAP, "transpose, of the tensor itself."),
    row(
        "swapaxes_",
        Places::METHOD,
        &[direct("(Tensor input, int axis0, int axis1)", |a| in_place(a, shape::transpose))],
        "transpose, of the tensor itself.",
    ),
    row(
        "squeeze_",
        Places::METHOD,
        &[
            direct("(Tensor input)", |a| in_place(a, shape::squeeze)),
            direct("(Tensor input, ints dim)", |a| in_place(a, shape::squeeze)),
        ],
        "squeeze, of the tensor itself.",
    ),
    row(
        "unsqueeze_",
        Places::METHOD,
        &[direct("(Tensor input, int dim)", |a| in_place(a, shape::unsqueeze))],
        "unsqueeze, of the tensor itself.",
    ),
    row(
        "sum_to_size",
        Places::METHOD,
        &[one("(Tensor input, size size)", sum_to_size)],
        "The sum over the axes that a tensor of that size would be repeated along.",
    ),
    row(
        "unravel_index",
        Places::TORCH,
        &[direct("(Tensor indices, ints shape) -> Tensors", unravel_index)],
        "The coordinates along each axis of places in row-major order.",
    ),
    row(
        "nonzero_static",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, *, int size, int fill_value=-1)", nonzero_static)],
        "The places of the first so many elements that are not zero, a row for each; fill_value where there are fewer.",
    ),
    row(
        "fill_diagonal_",
        Places::METHOD,
        &[direct("(Tensor input, Number fill_value, bool wrap=False)", fill_diagonal)],
        "Fills the main diagonal; with wrap, that of a tall matrix begins again below.",
    ),
    row(
        "fill",
        Places::TORCH,
        &[one("(Tensor input, Operand value)", fill)],
        "One number everywhere, in the shape, type and place of the input.",
    ),
    row(
        "scalar_tensor",
        Places::TORCH,
        &[direct(
            "(Number s, *, dtype? dtype=None, Any? layout=None, device? device=None, bool requires_grad=False, \
             bool? pin_memory=False)",
            scalar_tensor,
        )],
        "A number as a tensor of rank 0, of the default float where no type is told.",
    ),
    row(
        "is_same_size",
        Places::BOTH,
        &[direct("(Tensor input, Tensor other) -> bool", is_same_size)],
        "Whether both have the same shape.",
    ),
    row(
        "is_set_to",
        Places::METHOD,
        &[direct("(Tensor input, Tensor tensor) -> bool", is_set_to)],
        "Whether both see the same elements of one storage, in the same order.",
    ),
];
