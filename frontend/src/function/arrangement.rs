//! Tensors put side by side, repeated and turned, and grids of coordinates.

use smallvec::smallvec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places, Returned,
    call::sizes,
    compose::{all_axes, axes, axis, broadcast_shape, promote},
    direct,
    indexing::filled,
    one,
    ordering::ranks,
    row,
    shape::{expanded, viewed},
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch,
    tensor::Tensor,
    value::Value,
};

/// The least shape of that rank that has the same elements, as numpy pads it.
fn at_least(shape: &Shape, rank: usize) -> Shape {
    let one = || Dim::known(1);
    match (rank, shape.as_slice()) {
        (_, []) => (0..rank).map(|_| one()).collect(),
        (2, [n]) => smallvec![one(), n.clone()],
        (3, [n]) => smallvec![one(), n.clone(), one()],
        (3, [n, m]) => smallvec![n.clone(), m.clone(), one()],
        _ => shape.clone(),
    }
}

fn of_rank(a: &Arguments, rank: usize) -> Result<Returned> {
    let padded = |t: &Tensor| {
        let shape = at_least(&t.shape(), rank);
        if shape == t.shape() { Ok(t.clone()) } else { viewed(t, "view", shape) }
    };
    match a.signature.position("input") {
        Some(_) => padded(a.tensor("input")?).map(Returned::Tensor),
        None => a.tensors("tensors")?.iter().map(padded).collect::<Result<_>>().map(Returned::Tuple),
    }
}

/// Tensors of at least that rank, one after the other along an axis.
fn stacked(s: &mut Scope<'_>, a: &Arguments, rank: usize, at: usize) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    let Some(dtype) = tensors.iter().map(Tensor::dtype).reduce(promote) else {
        return Err(Error::runtime(format_args!("{} expects a non-empty TensorList", a.signature.name)));
    };
    let mut parts: Vec<Value> = Vec::new();
    for t in tensors {
        let value = s.read(t)?;
        let value = s.cast(&value, dtype)?;
        // A column has its elements below each other.
        let shape = match (a.signature.name, value.ty().shape.as_slice()) {
            ("column_stack", []) => smallvec![Dim::known(1), Dim::known(1)],
            ("column_stack", [n]) => smallvec![n.clone(), Dim::known(1)],
            _ => at_least(&value.ty().shape, rank),
        };
        parts.push(s.reshape(&value, shape)?);
    }
    // Lists are put behind each other, whatever the axis.
    let at = if a.signature.name == "hstack" && parts[0].ty().rank() == 1 { 0 } else { at };
    let model = parts[0].ty().shape.clone();
    for (i, part) in parts.iter().enumerate() {
        let shape = &part.ty().shape;
        let fits = shape.len() == model.len() && (0..shape.len()).all(|k| k == at || shape[k] == model[k]);
        if !fits {
            return Err(Error::runtime(format_args!(
                "Sizes of tensors must match except in dimension {at}. Expected {} but got {} for tensor number {i} in \
                 the list.",
                sizes(&model),
                sizes(shape)
            )));
        }
    }
    if parts.len() == 1 { Ok(parts.remove(0)) } else { s.emit_one(Op::Concat, attrs![at as u32], &parts) }
}

fn turned_round(s: &mut Scope<'_>, a: &Arguments, at: usize) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().rank() <= at {
        return Err(Error::runtime(format_args!("Input must be >= {}-d.", at + 1)));
    }
    s.apply(Op::Flip, attrs![smallvec![at as u32] as Axes], &[x])
}

fn rot90(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, dims) = (s.read(a.tensor("input")?)?, a.ints("dims")?);
    let rank = x.ty().rank();
    if dims.len() != 2 {
        return Err(Error::runtime(format_args!("expected total rotation dims == 2, but got dims = {}", dims.len())));
    }
    if rank < 2 {
        return Err(Error::runtime(format_args!("expected total dims >= 2, but got total dims = {rank}")));
    }
    if let Some(bad) = dims.iter().find(|d| **d >= rank as i64 || **d < -(rank as i64)) {
        return Err(Error::index(format_args!(
            "Dimension out of range (expected to be in range of [{}, {}], but got {bad})",
            -(rank as i64),
            rank - 1
        )));
    }
    let (i, j) = (axis(dims[0], rank)?, axis(dims[1], rank)?);
    if i == j {
        return Err(Error::runtime(format_args!(
            "expected rotation dims to be different, but got dim0 = {} and dim1 = {}",
            dims[0], dims[1]
        )));
    }
    let flipped = |s: &mut Scope<'_>, x: &Value, at: Axes| s.apply(Op::Flip, attrs![at], std::slice::from_ref(x));
    match a.int("k")?.rem_euclid(4) {
        1 => {
            let x = flipped(s, &x, smallvec![j])?;
            s.swap(&x, i, j)
        }
        2 => flipped(s, &x, smallvec![i, j]),
        3 => {
            let x = flipped(s, &x, smallvec![i])?;
            s.swap(&x, i, j)
        }
        _ => Ok(x),
    }
}

fn tile(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, mut times) = (s.read(a.tensor("input")?)?, a.ints("dims")?);
    if let Some(bad) = times.iter().find(|n| !(0..=i64::from(i32::MAX)).contains(*n)) {
        return Err(Error::runtime(format_args!(
            "Trying to create tensor with negative or too large dimension {bad}: {times:?}"
        )));
    }
    let mut from = x.ty().shape.clone();
    while times.len() < from.len() {
        times.insert(0, 1);
    }
    while from.len() < times.len() {
        from.insert(0, Dim::known(1));
    }
    let (mut spread, mut whole, mut dims) = (Shape::new(), Shape::new(), Axes::new());
    for (&n, size) in times.iter().zip(&from) {
        spread.push(Dim::known(n));
        dims.push(spread.len() as u32);
        spread.push(size.clone());
        whole.push(&Dim::known(n) * size);
    }
    let x = s.reshape(&x, from)?;
    let x = s.apply(Op::BroadcastInDim, attrs![spread, dims], &[x])?;
    s.reshape(&x, whole)
}

fn repeat_interleave(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let input = s.read(a.tensor("input")?)?;
    let (x, at) = match a.optional_int("dim")? {
        Some(dim) => (s.lined(&input)?, axis(dim, input.ty().rank())?),
        None => (s.reshape(&input, smallvec![input.ty().numel()])?, 0),
    };
    let size = x.ty().shape[at as usize].clone();
    if let Ok(times) = a.int("repeats") {
        if !(0..=i64::from(i32::MAX)).contains(&times) {
            return Err(Error::runtime(format_args!("repeats must be non-negative and below 2^31, got {times}")));
        }
        let (mut spread, mut whole) = (x.ty().shape.clone(), x.ty().shape.clone());
        spread.insert(at as usize + 1, Dim::known(times));
        whole[at as usize] = &size * &Dim::known(times);
        let dims: Axes = (0..spread.len() as u32).filter(|k| *k != at + 1).collect();
        let x = s.emit_one(Op::BroadcastInDim, attrs![spread, dims], &[x])?;
        return s.reshape(&x, whole);
    }
    let repeats = a.tensor("repeats")?;
    if !matches!(repeats.dtype(), DType::I32 | DType::I64) {
        return Err(Error::lacking("\"repeat_interleave_cpu\" is implemented for Long and Int repeats alone"));
    }
    if repeats.rank() > 1 {
        return Err(Error::runtime("repeats must be 0-dim or 1-dim tensor"));
    }
    let count = repeats.ty().numel();
    if count != 1 && count != size {
        return Err(Error::runtime(format_args!(
            "repeats must have the same size as input along dim, but got repeats.size(0) = {count} and \
             input.size({at}) = {size}"
        )));
    }
    let times = s.read(repeats)?;
    let times = s.lined(&times)?;
    let times = s.broadcast_to(&times, &smallvec![size.clone()])?;
    let least = if size == 0 {
        s.number(Scalar::Int(0), DType::I64)?
    } else {
        let least = s.fold(Op::Amin, &times, &all_axes(1), false)?;
        s.cast(&least, DType::I64)?
    };
    let total = s.fold(Op::Sum, &times, &all_axes(1), false)?;
    let known = |v: &Value| Ok::<i64, Error>(integers(&fetch(v, "repeats")?, DType::I64).first().copied().unwrap_or(0));
    if known(&least)? < 0 {
        return Err(Error::runtime("repeats can not be negative"));
    }
    let total = known(&total)?;
    if a.is_given("output_size") && a.int("output_size")? != total {
        return Err(Error::runtime("allocated size does not match required size"));
    }
    // The element of a place is that before whose end it lies.
    let ends = s.emit_one(Op::Cumsum, attrs![0u32, false], &[times])?;
    let places = s.emit_one(Op::Iota, attrs![Dim::known(total), DType::I64], &[])?;
    let owners = ranks(s, &ends, &places, true)?;
    s.emit_one(Op::Take, attrs![at], &[x, owners])
}

fn diff(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let mut x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank();
    if rank == 0 {
        return Err(Error::runtime("diff expects input to be at least one-dimensional"));
    }
    let (at, times) = (axis(a.int("dim")?, rank)?, a.int("n")?);
    if times < 0 {
        return Err(Error::runtime(format_args!("order must be non-negative but got {times}")));
    }
    let mut parts = Vec::new();
    for name in ["prepend", "input", "append"] {
        if name == "input" {
            parts.push(x.clone());
        } else if let Some(t) = a.optional_tensor(name)? {
            let fits = t.rank() == rank && (0..rank).all(|k| k == at as usize || t.shape()[k] == x.ty().shape[k]);
            if !fits {
                return Err(Error::runtime(format_args!(
                    "diff expects the shape of tensor to prepend or append to match that of input except along the \
                     differencing dimension; input {}, got {}",
                    sizes(&x.ty().shape),
                    sizes(&t.shape())
                )));
            }
            let value = s.read(t)?;
            parts.push(value);
        }
    }
    if times == 0 {
        return Ok(x);
    }
    if parts.len() > 1 {
        let dtype = parts.iter().map(|p| p.ty().dtype).fold(x.ty().dtype, promote);
        let parts: Vec<Value> = parts.iter().map(|p| s.cast(p, dtype)).collect::<Result<_>>()?;
        x = s.emit_one(Op::Concat, attrs![at], &parts)?;
    }
    let Some(size) = x.ty().shape[at as usize].as_known() else {
        return Err(Error::unsupported("torch.diff along an axis of unknown size"));
    };
    for round in 0..times.min(size) {
        let left = (size - round - 1).max(0);
        let near = s.slice_axis(&x, at, Dim::known((size - round).min(1)), Dim::known(left), 1)?;
        let far = s.slice_axis(&x, at, Dim::known(0), Dim::known(left), 1)?;
        let op = if x.ty().dtype == DType::Bool { Op::NotEqual } else { Op::Sub };
        x = s.binary(op, &near, &far)?;
    }
    Ok(x)
}

fn broadcast_tensors(a: &Arguments) -> Result<Returned> {
    let tensors = a.tensors("tensors")?;
    let shape = tensors.iter().try_fold(Shape::new(), |shape, t| broadcast_shape(&shape, &t.shape()))?;
    tensors.iter().map(|t| expanded(t, &shape)).collect::<Result<_>>().map(Returned::Tuple)
}

fn meshgrid(a: &Arguments) -> Result<Returned> {
    let tensors = a.tensors("tensors")?;
    let swaps = match a.optional_text("indexing")? {
        None | Some("ij") => false,
        Some("xy") => tensors.len() > 1,
        Some(other) => {
            return Err(Error::runtime(format_args!(
                "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
            )));
        }
    };
    let Some(first) = tensors.first() else {
        return Err(Error::runtime("meshgrid expects a non-empty TensorList"));
    };
    if let Some(bad) = tensors.iter().find(|t| t.rank() > 1) {
        return Err(Error::runtime(format_args!(
            "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}",
            sizes(&bad.shape())
        )));
    }
    if tensors.iter().any(|t| t.dtype() != first.dtype()) {
        return Err(Error::runtime("torch.meshgrid expects all tensors to have the same dtype"));
    }
    let place = |i: usize| match i {
        0 | 1 if swaps => 1 - i,
        i => i,
    };
    let mut shape: Shape = tensors.iter().map(|_| Dim::known(1)).collect();
    for (i, t) in tensors.iter().enumerate() {
        shape[place(i)] = t.ty().numel();
    }
    let grid = |(i, t): (usize, &Tensor)| {
        let mut own: Shape = tensors.iter().map(|_| Dim::known(1)).collect();
        own[place(i)] = t.ty().numel();
        expanded(&viewed(t, "view", own)?, &shape)
    };
    tensors.iter().enumerate().map(grid).collect::<Result<_>>().map(Returned::Tuple)
}

/// The places of the triangle of a matrix: two rows of coordinates.
fn triangle(a: &Arguments, upper: bool) -> Result<Returned> {
    let (rows, columns, offset) = (a.int("row")?, a.int("col")?, a.int("offset")?);
    if rows < 0 || columns < 0 {
        return Err(Error::runtime(format_args!("row and col must be non-negative, got {rows} and {columns}")));
    }
    if rows.max(columns) > i64::from(i32::MAX) {
        return Err(Error::runtime(format_args!("a matrix of {rows} x {columns} is too large")));
    }
    let offset = offset.clamp(-rows - 1, columns + 1);
    let dtype = a.dtype("dtype")?.unwrap_or(DType::I64);
    let device = a.device("device")?.unwrap_or_else(super::default_device);
    let tensor = super::call::computed(a.signature.name, device, |s| {
        let shape: Shape = smallvec![Dim::known(rows), Dim::known(columns)];
        let line = |s: &mut Scope<'_>, n: i64, at: u32| {
            let line = s.emit_one(Op::Iota, attrs![Dim::known(n), DType::I64], &[])?;
            s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), smallvec![at] as Axes], &[line])
        };
        let (down, across) = (line(s, rows, 0)?, line(s, columns, 1)?);
        let away = s.binary(Op::Sub, &across, &down)?;
        let inside = s.with_number(if upper { Op::GreaterEqual } else { Op::LessEqual }, &away, offset)?;
        let flat = s.reshape(&inside, smallvec![Dim::known(rows * columns)])?;
        let places = super::indexing::true_places(s, &flat)?;
        let (row, column) = match columns {
            0 => (places.clone(), places),
            n => (s.with_number(Op::FloorDiv, &places, n)?, s.with_number(Op::Remainder, &places, n)?),
        };
        let lines: Vec<Value> = [row, column]
            .iter()
            .map(|v| s.reshape(v, smallvec![Dim::known(1), v.ty().numel()]))
            .collect::<Result<_>>()?;
        let both = s.emit_one(Op::Concat, attrs![0u32], &lines)?;
        s.cast(&both, dtype)
    })?;
    Ok(Returned::Tensor(tensor))
}

fn nan_to_num(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let dtype = x.ty().dtype;
    if !dtype.is_inexact() {
        return Ok(x);
    }
    let most = match dtype {
        DType::F16 => 65504.0,
        DType::BF16 => 3.389_531_389_251_535_5e38,
        DType::F64 => f64::MAX,
        _ => f64::from(f32::MAX),
    };
    let given =
        |name: &str, otherwise: f64| -> Result<f64> { if a.is_given(name) { a.float(name) } else { Ok(otherwise) } };
    let odd = s.binary(Op::NotEqual, &x, &x)?;
    let high = s.with_number(Op::Equal, &x, f64::INFINITY)?;
    let low = s.with_number(Op::Equal, &x, f64::NEG_INFINITY)?;
    let y = s.replace(&odd, given("nan", 0.0)?, &x)?;
    let y = s.replace(&high, given("posinf", most)?, &y)?;
    s.replace(&low, given("neginf", -most)?, &y)
}

/// The sum without NaN, and how many elements are in it.
fn sum_of_numbers(s: &mut Scope<'_>, a: &Arguments, mean: bool) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let x = match a.dtype("dtype")? {
        Some(dtype) => s.cast(&x, dtype)?,
        None => x,
    };
    if mean && !x.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!(
            "nanmean(): expected input to have floating point or complex dtype but got {}",
            super::compose::torch_name(x.ty().dtype)
        )));
    }
    let rank = x.ty().rank();
    let axes = match a.optional_ints("dim")? {
        Some(dims) if !dims.is_empty() => axes(&dims, rank)?,
        _ => all_axes(rank),
    };
    let keepdim = a.flag("keepdim")?;
    if !x.ty().dtype.is_inexact() {
        return s.fold(Op::Sum, &x, &axes, keepdim);
    }
    let odd = s.binary(Op::NotEqual, &x, &x)?;
    let numbers = s.replace(&odd, 0.0, &x)?;
    let sum = s.fold(Op::Sum, &numbers, &axes, keepdim)?;
    if !mean {
        return Ok(sum);
    }
    let there = s.unary(Op::LogicalNot, &odd)?;
    let count = s.fold(Op::Sum, &there, &axes, keepdim)?;
    let count = s.cast(&count, x.ty().dtype)?;
    s.binary(Op::Div, &sum, &count)
}

/// An element of that sign that is infinite.
fn infinite(s: &mut Scope<'_>, a: &Arguments, number: f64) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    match x.ty().dtype {
        DType::C64 => Err(Error::argument(format_args!("{} does not support complex inputs.", a.signature.name))),
        dtype if dtype.is_float() => s.with_number(Op::Equal, &x, number),
        _ => filled(s, &x.ty().shape.clone(), Scalar::Bool(false), DType::Bool),
    }
}

fn scaled(s: &mut Scope<'_>, a: &Arguments, factor: f64) -> Result<Value> {
    let x = super::reduction::promoted_input(s, a)?;
    if x.ty().dtype == DType::C64 {
        return Err(Error::runtime(format_args!("{} is not supported for complex tensors.", a.signature.name)));
    }
    s.with_number(Op::Mul, &x, factor)
}

const NUMBERS: &str = "(Tensor input, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)";
const TRIANGLE: &str = "(int row, int col, int offset=0, *, dtype? dtype=None, device? device=None)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "atleast_1d",
        Places::TORCH,
        &[direct("(Tensor input)", |a| of_rank(a, 1)), direct("(each tensors) -> Tensors", |a| of_rank(a, 1))],
        "Views with at least one axis.",
    ),
    row(
        "atleast_2d",
        Places::TORCH,
        &[direct("(Tensor input)", |a| of_rank(a, 2)), direct("(each tensors) -> Tensors", |a| of_rank(a, 2))],
        "Views with at least two axes; a list is a row.",
    ),
    row(
        "atleast_3d",
        Places::TORCH,
        &[direct("(Tensor input)", |a| of_rank(a, 3)), direct("(each tensors) -> Tensors", |a| of_rank(a, 3))],
        "Views with at least three axes.",
    ),
    row(
        "hstack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors)", |s, a| stacked(s, a, 1, 1))],
        "The tensors beside each other: along the second axis, lists along their only one.",
    ),
    row(
        "vstack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors)", |s, a| stacked(s, a, 2, 0))],
        "The tensors below each other; a list is a row.",
    ),
    row(
        "row_stack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors)", |s, a| stacked(s, a, 2, 0))],
        "The same as vstack.",
    ),
    row(
        "dstack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors)", |s, a| stacked(s, a, 3, 2))],
        "The tensors behind each other, along the third axis.",
    ),
    row(
        "column_stack",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensors tensors)", |s, a| stacked(s, a, 2, 1))],
        "The tensors beside each other; a list is a column.",
    ),
    row(
        "fliplr",
        Places::BOTH,
        &[one("(Tensor input)", |s, a| turned_round(s, a, 1))],
        "The columns in reverse order.",
    ),
    row("flipud", Places::BOTH, &[one("(Tensor input)", |s, a| turned_round(s, a, 0))], "The rows in reverse order."),
    row(
        "rot90",
        Places::BOTH,
        &[one("(Tensor input, int k=1, ints dims=[0,1])", rot90)],
        "Turned k times by a right angle, from the first axis towards the second.",
    ),
    row(
        "tile",
        Places::BOTH,
        &[one("(Tensor input, size dims)", tile)],
        "Repeated along each axis, the last ones first.",
    ),
    row(
        "repeat_interleave",
        Places::BOTH,
        &[
            one("(Tensor input, int repeats, int? dim=None, *, int? output_size=None)", repeat_interleave),
            one("(Tensor input, Tensor repeats, int? dim=None, *, int? output_size=None)", repeat_interleave),
        ],
        "Each element of an axis, or of all, so many times. How many there are of a tensor of counts is read.",
    ),
    row(
        "diff",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None)", diff)],
        "The differences of neighbours along an axis, n times over.",
    ),
    row(
        "broadcast_tensors",
        Places::TORCH,
        &[direct("(each tensors) -> Tensors", broadcast_tensors)],
        "Views repeated to the shape that all broadcast to.",
    ),
    row(
        "meshgrid",
        Places::TORCH,
        &[direct("(each tensors, *, str? indexing=None) -> Tensors", meshgrid)],
        "Views of lists repeated along the axes of the others: coordinates of a grid.",
    ),
    row(
        "tril_indices",
        Places::TORCH,
        &[direct(TRIANGLE, |a| triangle(a, false))],
        "The places of the lower triangle of a matrix, a row of rows and a row of columns.",
    ),
    row(
        "triu_indices",
        Places::TORCH,
        &[direct(TRIANGLE, |a| triangle(a, true))],
        "The places of the upper triangle of a matrix, a row of rows and a row of columns.",
    ),
    row(
        "nan_to_num",
        Places::ALL,
        &[one("(Tensor input, Number? nan=None, Number? posinf=None, Number? neginf=None)", nan_to_num)],
        "Numbers for NaN, 0 by default, and for infinities, the type's largest and smallest by default.",
    ),
    row(
        "nansum",
        Places::BOTH.and(Places::OUT),
        &[one(NUMBERS, |s, a| sum_of_numbers(s, a, false))],
        "The sum of what is not NaN over axes, all by default.",
    ),
    row(
        "nanmean",
        Places::BOTH.and(Places::OUT),
        &[one(NUMBERS, |s, a| sum_of_numbers(s, a, true))],
        "The mean of what is not NaN over axes, all by default.",
    ),
    row(
        "isposinf",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input)", |s, a| infinite(s, a, f64::INFINITY))],
        "Which elements are infinite.",
    ),
    row(
        "isneginf",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input)", |s, a| infinite(s, a, f64::NEG_INFINITY))],
        "Which elements are minus infinity.",
    ),
    row(
        "deg2rad",
        Places::ALL,
        &[one("(Tensor input)", |s, a| scaled(s, a, std::f64::consts::PI / 180.0))],
        "Degrees as radians.",
    ),
    row(
        "rad2deg",
        Places::ALL,
        &[one("(Tensor input)", |s, a| scaled(s, a, 180.0 / std::f64::consts::PI))],
        "Radians as degrees.",
    ),
];
