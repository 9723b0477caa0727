//! Indexing as `tensor[...]` does it: views where integers and slices suffice, copies where tensors say the places.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape, Type},
};
use flashlight_runtime::Device;

use super::{
    Argument, Arguments, Function, Places as At, Returned,
    call::{computed, computed_all, sizes, written},
    compose::{all_axes, broadcast_shape, torch_name},
    direct, row,
};
use crate::{
    autograd::Scope,
    elements::{integers, refuse_overflow},
    error::{Error, Result},
    fetch::{fetch, fetch_concrete},
    tensor::{Move, Tensor},
    value::Value,
};

/// One place between the brackets.
#[derive(Clone, Debug)]
pub enum Index {
    /// One element of an axis; negative ones count from its end.
    Integer(i64),
    /// A range of an axis.
    Slice {
        /// The first element; that of the axis where none is given.
        start: Option<i64>,
        /// The element behind the last one.
        stop: Option<i64>,
        /// The distance of neighbours.
        step: Option<i64>,
    },
    /// A new axis of size 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
    /// All of a new axis of size 1, or nothing of it.
    Bool(bool),
    /// Places by integers, or by a mask.
    Tensor(Tensor),
}

/// A range of one axis.
#[derive(Clone)]
pub(super) struct Range {
    pub start: Dim,
    pub size: Dim,
    pub step: i64,
}

/// What the brackets say, axis by axis.
#[derive(Default)]
struct Plan {
    ranges: SmallVec<[Range; 4]>,
    /// The shape behind the ranges and new axes.
    shape: Shape,
    /// Tensors, and the axis of `shape` where each one's places begin.
    tensors: Vec<(usize, Tensor)>,
    function: &'static str,
}

/// How many axes an index takes.
fn taken(index: &Index) -> usize {
    match index {
        Index::Integer(_) | Index::Slice { .. } => 1,
        Index::Tensor(t) if is_mask(t) => t.rank(),
        Index::Tensor(_) => 1,
        Index::NewAxis | Index::Ellipsis | Index::Bool(_) => 0,
    }
}

fn is_mask(t: &Tensor) -> bool {
    matches!(t.dtype(), DType::Bool | DType::U8)
}

/// A whole axis.
fn whole(size: &Dim) -> Range {
    Range { start: Dim::known(0), size: size.clone(), step: 1 }
}

/// The place of an integer on an axis.
fn place(i: i64, axis: usize, size: &Dim) -> Result<Dim> {
    if let Some(n) = size.as_known()
        && (i < -n || i >= n)
    {
        return Err(Error::index(format_args!("index {i} is out of bounds for dimension {axis} with size {n}")));
    }
    Ok(if i < 0 { size + &Dim::known(i) } else { Dim::known(i) })
}

/// The elements that a slice names, by Python's rules.
pub(super) fn range(start: Option<i64>, stop: Option<i64>, step: Option<i64>, size: &Dim) -> Result<Range> {
    // No axis is longer: a step beyond this one reaches no second element either.
    let step = step.unwrap_or(1).min(i64::from(i32::MAX));
    if step <= 0 {
        return Err(Error::value("step must be greater than zero"));
    }
    if start.unwrap_or(0) == 0 && step == 1 && stop.is_none_or(|s| s == i64::MAX) {
        return Ok(whole(size));
    }
    if let Some(n) = size.as_known() {
        let clamped = |i: i64| (if i < 0 { i.saturating_add(n) } else { i }).clamp(0, n);
        let (from, to) = (clamped(start.unwrap_or(0)), clamped(stop.unwrap_or(n)));
        let count = if to > from { (to - from - 1) / step + 1 } else { 0 };
        return Ok(Range { start: Dim::known(from), size: Dim::known(count), step });
    }
    let at = |i: i64| if i < 0 { size + &Dim::known(i) } else { Dim::known(i) };
    let (from, to) = (at(start.unwrap_or(0)), stop.map_or_else(|| size.clone(), at));
    Ok(Range { size: (&to - &from).ceil_div(&Dim::known(step)), start: from, step })
}

/// An integer tensor of rank 0 names one place as an integer does, where its element is known.
fn as_integer(t: &Tensor) -> Result<Option<i64>> {
    if t.rank() != 0 || t.dtype().kind() != Kind::Integer || is_mask(t) {
        return Ok(None);
    }
    let value = t.value()?;
    match value.concrete("an index") {
        Ok(elements) => Ok(integers(&fetch_concrete(elements)?, t.dtype()).first().copied()),
        Err(_) => Ok(None),
    }
}

fn plan(x: &Tensor, indices: &[Index]) -> Result<Plan> {
    let (shape, rank) = (x.shape(), x.rank());
    let wanted: usize = indices.iter().map(taken).sum();
    if indices.iter().filter(|i| matches!(i, Index::Ellipsis)).count() > 1 {
        return Err(Error::index("an index can only have a single ellipsis ('...')"));
    }
    if wanted > rank {
        if rank == 0 && matches!(indices, [Index::Integer(_)]) {
            return Err(Error::index(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert \
                 a 0-dim tensor to a number",
            ));
        }
        return Err(Error::index(format_args!("too many indices for tensor of dimension {rank}")));
    }
    let mut plan = Plan { function: "alias", ..Plan::default() };
    let keep = |plan: &mut Plan, count: usize| {
        for _ in 0..count {
            let size = &shape[plan.ranges.len()];
            plan.ranges.push(whole(size));
            plan.shape.push(size.clone());
        }
    };
    for index in indices {
        let axis = plan.ranges.len();
        match index {
            Index::Integer(i) => {
                plan.function = "select";
                plan.ranges.push(Range { start: place(*i, axis, &shape[axis])?, size: Dim::known(1), step: 1 });
            }
            Index::Slice { start, stop, step } => {
                plan.function = "slice";
                let range = range(*start, *stop, *step, &shape[axis])?;
                plan.shape.push(range.size.clone());
                plan.ranges.push(range);
            }
            Index::NewAxis => {
                plan.function = "unsqueeze";
                plan.shape.push(Dim::known(1));
            }
            Index::Ellipsis => keep(&mut plan, rank - wanted),
            Index::Bool(yes) => {
                let places: &[i64] = if *yes { &[0] } else { &[] };
                let at = plan.shape.len();
                plan.shape.push(Dim::known(1));
                plan.tensors.push((at, host_places(places, x.device())?));
            }
            Index::Tensor(t) => match as_integer(t)? {
                Some(i) => {
                    plan.function = "select";
                    plan.ranges.push(Range { start: place(i, axis, &shape[axis])?, size: Dim::known(1), step: 1 });
                }
                None if is_mask(t) => {
                    let (at, mask) = (plan.shape.len(), t.shape());
                    for (k, size) in mask.iter().enumerate() {
                        let own = &shape[axis + k];
                        if size != own {
                            return Err(Error::index(format_args!(
                                "The shape of the mask {} at index {k} does not match the shape of the indexed tensor \
                                 {} at index {}",
                                sizes(&mask),
                                sizes(&shape),
                                axis + k
                            )));
                        }
                    }
                    keep(&mut plan, mask.len());
                    // A mask without axes stands for a new one.
                    if mask.is_empty() {
                        plan.shape.push(Dim::known(1));
                    }
                    plan.tensors.push((at, t.clone()));
                }
                None if t.dtype().kind() == Kind::Integer => {
                    plan.tensors.push((plan.shape.len(), t.clone()));
                    keep(&mut plan, 1);
                }
                None => return Err(Error::index("tensors used as indices must be long, int, byte or bool tensors")),
            },
        }
    }
    let left = rank - plan.ranges.len();
    keep(&mut plan, left);
    Ok(plan)
}

/// The tensor behind the integers, slices and new axes: one view.
fn basic(x: &Tensor, plan: &Plan) -> Result<Tensor> {
    let shape = x.shape();
    let mut moves: SmallVec<[Move; 2]> = SmallVec::new();
    let sliced: Shape = plan.ranges.iter().map(|r| r.size.clone()).collect();
    if plan.ranges.iter().any(|r| r.step != 1) || sliced != shape {
        let start = plan.ranges.iter().map(|r| r.start.clone()).collect();
        let step = plan.ranges.iter().map(|r| Dim::known(r.step)).collect();
        moves.push(Move::slice(start, sliced.clone(), step));
    }
    if sliced != plan.shape {
        moves.push(Move::reshape(plan.shape.clone()));
    }
    x.view(plan.function, moves)?.ok_or_else(|| Error::internal("an axis of size 1 cannot be left out"))
}

fn host_places(places: &[i64], device: Device) -> Result<Tensor> {
    let bytes: Vec<u8> = places.iter().flat_map(|n| n.to_ne_bytes()).collect();
    let ty = Type::new(DType::I64, [places.len() as i64]);
    Ok(Tensor::from_value(Value::from(flashlight_runtime::Value::from_bytes(&bytes, ty, device)?)))
}

/// The places of the true elements of a list, in order. How many there are is read; the rest is computed where the list is.
pub(super) fn true_places(s: &mut Scope<'_>, flags: &Value) -> Result<Value> {
    let Some(size) = flags.ty().shape[0].as_known() else {
        return Err(Error::unsupported("the places of a mask of unknown size"));
    };
    let sum = s.emit_one(Op::Sum, attrs![all_axes(1)], std::slice::from_ref(flags))?;
    let count = integers(&fetch(&sum, "the number of true elements")?, DType::I64).first().copied().unwrap_or(0);
    let all = s.emit_one(Op::Iota, attrs![Dim::known(size), DType::I64], &[])?;
    if count == size {
        return Ok(all);
    }
    // Each true element has a slot of its own; the others share one behind, which is cut off.
    let ranks = s.emit_one(Op::Cumsum, attrs![0u32, false], std::slice::from_ref(flags))?;
    let slots = s.with_number(Op::Sub, &ranks, 1i64)?;
    let behind = s.number(Scalar::Int(count), DType::I64)?;
    let slots = s.emit_one(Op::Where, Attrs::new(), &[flags.clone(), slots, behind])?;
    let empty = filled(s, &smallvec![Dim::known(count + 1)], Scalar::Int(0), DType::I64)?;
    let places = s.emit_one(Op::TakePut, attrs![0u32], &[empty, slots, all])?;
    s.slice_axis(&places, 0, Dim::known(0), Dim::known(count), 1)
}

/// Which elements of a tensor are not zero, as a list.
pub(super) fn truths(s: &mut Scope<'_>, t: &Tensor) -> Result<Value> {
    let x = s.read(t)?.untracked();
    let flat = s.reshape(&x, smallvec![x.ty().numel()])?;
    s.cast(&flat, DType::Bool)
}

/// How often each of the first `count` integers stands in a list.
pub(super) fn count_of(s: &mut Scope<'_>, list: &Value, count: i64) -> Result<Value> {
    let zeros = filled(s, &smallvec![Dim::known(count)], Scalar::Int(0), DType::I64)?;
    let ones = filled(s, &list.ty().shape.clone(), Scalar::Int(1), DType::I64)?;
    s.emit_one(Op::TakeAdd, attrs![0u32], &[zeros, list.clone(), ones])
}

/// Axes side by side, and the integers that name places on them joined.
struct Places {
    axis: usize,
    /// How many axes.
    span: usize,
    index: Tensor,
    /// Whether they may be negative or out of range.
    unchecked: bool,
}

/// Masks as integers, one tensor for all its axes; integers on the device, refused where they are out of range.
fn places(view: &Tensor, tensors: &[(usize, Tensor)]) -> Result<Vec<Places>> {
    let device = view.device();
    let mut list = Vec::new();
    for (axis, t) in tensors {
        let t = super::conversion::moved(t, device)?;
        if is_mask(&t) {
            let index = computed("nonzero", device, |s| {
                let flags = truths(s, &t)?;
                true_places(s, &flags)
            })?;
            list.push(Places { axis: *axis, span: t.rank().max(1), index, unchecked: false });
        } else {
            refuse_out_of_range(&t, *axis, &view.shape()[*axis])?;
            list.push(Places { axis: *axis, span: 1, index: t, unchecked: true });
        }
    }
    Ok(list)
}

/// torch's refusal of indices that can be looked at without waiting for a GPU. Elsewhere they are brought into range.
pub(super) fn refuse_out_of_range(index: &Tensor, axis: usize, size: &Dim) -> Result<()> {
    let (value, Some(n)) = (index.value()?, size.as_known()) else { return Ok(()) };
    if index.device() != Device::Cpu {
        return Ok(());
    }
    let Ok(elements) = value.concrete("an index") else { return Ok(()) };
    match integers(&fetch_concrete(elements)?, index.dtype()).into_iter().find(|i| *i < -n || *i >= n) {
        Some(i) => Err(Error::index(format_args!("index {i} is out of bounds for dimension {axis} with size {n}"))),
        None => Ok(()),
    }
}

/// Negative indices counted from the front, in i64.
pub(super) fn wrapped(s: &mut Scope<'_>, index: &Value, size: &Dim) -> Result<Value> {
    let index = s.cast(index, DType::I64)?;
    let Some(n) = size.as_known() else { return Ok(index) };
    let negative = s.with_number(Op::Less, &index, 0i64)?;
    let from_end = s.with_number(Op::Add, &index, n)?;
    s.emit_one(Op::Where, Attrs::new(), &[negative, from_end, index])
}

/// Places in a value whose indexed axes were joined into one.
struct Joined {
    /// The axes with the indexed ones side by side, where they are not.
    order: Option<Axes>,
    /// The shape with the indexed axes joined.
    shape: Shape,
    axis: u32,
    /// Places on the joined axis.
    index: Value,
}

fn join(s: &mut Scope<'_>, from: &Shape, places: &[Places]) -> Result<Joined> {
    let mut shape = Shape::new();
    let mut indices: Vec<Value> = Vec::new();
    for (i, p) in places.iter().enumerate() {
        let index = s.read(&p.index)?;
        let own = index.ty().shape.clone();
        shape = if i == 0 { own } else { broadcast_shape(&shape, &own).map_err(|_| mismatch(places))? };
        indices.push(if p.unchecked { wrapped(s, &index, &from[p.axis])? } else { index });
    }
    let side_by_side = places.windows(2).all(|w| w[1].axis == w[0].axis + w[0].span);
    let indexed: Axes = places.iter().flat_map(|p| (p.axis..p.axis + p.span).map(|a| a as u32)).collect();
    let (order, axis) = if side_by_side {
        (None, indexed[0])
    } else {
        let rest = (0..from.len() as u32).filter(|a| !indexed.contains(a));
        (Some(indexed.iter().copied().chain(rest).collect::<Axes>()), 0)
    };
    let ordered: Shape = match &order {
        Some(order) => order.iter().map(|&a| from[a as usize].clone()).collect(),
        None => from.clone(),
    };
    let (first, count) = (axis as usize, indexed.len());
    let joined: Dim = ordered[first..first + count].iter().product();
    let mut total: Option<Value> = None;
    for (place, index) in places.iter().zip(&indices) {
        let index = s.broadcast_to(index, &shape)?;
        total = Some(match total {
            None => index,
            Some(sum) => {
                let size: Dim = from[place.axis..place.axis + place.span].iter().product();
                let Some(n) = size.as_known() else {
                    return Err(Error::unsupported("indexing by several tensors along an axis of unknown size"));
                };
                let sum = s.with_number(Op::Mul, &sum, n)?;
                s.binary(Op::Add, &sum, &index)?
            }
        });
    }
    let index = total.ok_or_else(|| Error::internal("no tensor among the indices"))?;
    let shape = ordered[..first].iter().cloned().chain([joined]).chain(ordered[first + count..].iter().cloned());
    Ok(Joined { order, shape: shape.collect(), axis, index })
}

fn mismatch(places: &[Places]) -> Error {
    let all: Vec<String> = places.iter().map(|p| sizes(&p.index.shape())).collect();
    Error::index(format_args!(
        "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
        all.join(", ")
    ))
}

impl Joined {
    /// The value with the indexed axes joined.
    fn enter(&self, s: &mut Scope<'_>, x: &Value) -> Result<Value> {
        let x = match &self.order {
            Some(order) => s.permute(x, order.clone())?,
            None => x.clone(),
        };
        s.reshape(&x, self.shape.clone())
    }

    /// The inverse of [`Joined::enter`].
    fn leave(&self, s: &mut Scope<'_>, x: &Value, shape: &Shape) -> Result<Value> {
        let Some(order) = &self.order else { return s.reshape(x, shape.clone()) };
        let ordered = order.iter().map(|&a| shape[a as usize].clone()).collect();
        let x = s.reshape(x, ordered)?;
        let mut inverse: Axes = smallvec![0; order.len()];
        for (i, &a) in (0u32..).zip(order) {
            inverse[a as usize] = i;
        }
        s.permute(&x, inverse)
    }
}

/// `tensor[indices]`.
///
/// # Errors
/// torch's `IndexError`s.
pub fn index(x: &Tensor, indices: &[Index]) -> Result<Tensor> {
    let plan = plan(x, indices)?;
    let view = basic(x, &plan)?;
    if plan.tensors.is_empty() {
        return Ok(view);
    }
    let places = places(&view, &plan.tensors)?;
    computed("index", x.device(), |s| {
        let value = s.read(&view)?;
        let joined = join(s, &plan.shape, &places)?;
        let value = joined.enter(s, &value)?;
        s.emit_one(Op::Take, attrs![joined.axis], &[value, joined.index])
    })
}

/// `tensor[indices] = value`. Repeated integer places take one of the values.
///
/// # Errors
/// torch's `IndexError`s; a value that cannot be broadcast to the place.
pub fn assign(x: &Tensor, indices: &[Index], value: &Argument) -> Result<()> {
    let plan = plan(x, indices)?;
    let view = basic(x, &plan)?;
    let value = match value {
        Argument::Tensor(t) => Argument::Tensor(super::conversion::moved(t, x.device())?),
        other => other.clone(),
    };
    let is_number = match &value {
        Argument::Tensor(t) => t.rank() == 0,
        _ => true,
    };
    if plan.tensors.is_empty() {
        written("copy_", &view, |s| spread(s, &value, view.dtype(), &plan.shape))?;
        return Ok(());
    }
    if let ([(axis, mask)], true) = (plan.tensors.as_slice(), is_number)
        && is_mask(mask)
    {
        let mask = super::conversion::moved(mask, x.device())?;
        written("index_put_", &view, |s| {
            let (old, new) = (s.read(&view)?, s.operand(&value, view.dtype())?);
            let flags = s.read(&mask)?;
            let flags = s.cast(&flags, DType::Bool)?;
            let behind = plan.shape.len() - axis - mask.rank();
            let shape = mask.shape().into_iter().chain((0..behind).map(|_| Dim::known(1))).collect();
            let flags = s.reshape(&flags, shape)?;
            let flags = s.broadcast_to(&flags, &plan.shape)?;
            s.emit_one(Op::Where, Attrs::new(), &[flags, new, old])
        })?;
        return Ok(());
    }
    put_at(&view, &plan, &value, false)
}

/// Writes into the places that tensors name; repeated places take the sum where `accumulate`, else one of their values.
fn put_at(view: &Tensor, plan: &Plan, value: &Argument, accumulate: bool) -> Result<()> {
    let places = places(view, &plan.tensors)?;
    written("index_put_", view, |s| {
        let old = s.read(view)?;
        let joined = join(s, &plan.shape, &places)?;
        let (axis, index) = (joined.axis as usize, joined.index.clone());
        let inside = joined.enter(s, &old)?;
        let window: Shape = (inside.ty().shape[..axis].iter())
            .chain(&index.ty().shape)
            .chain(&inside.ty().shape[axis + 1..])
            .cloned()
            .collect();
        let dtype = inside.ty().dtype;
        let new = spread(s, value, dtype, &window)?;
        let updated = if !accumulate {
            s.emit_one(Op::TakePut, attrs![joined.axis], &[inside, index, new])?
        } else if dtype == DType::Bool {
            // Truth values cannot be added up.
            let (inside, new) = (s.cast(&inside, DType::U8)?, s.cast(&new, DType::U8)?);
            let sum = s.emit_one(Op::TakeAdd, attrs![joined.axis], &[inside, index, new])?;
            s.cast(&sum, dtype)?
        } else {
            s.emit_one(Op::TakeAdd, attrs![joined.axis], &[inside, index, new])?
        };
        joined.leave(s, &updated, &plan.shape)
    })?;
    Ok(())
}

/// The tensors of `index_put`, as between brackets.
fn between_brackets(a: &Arguments) -> Result<Vec<Index>> {
    Ok(a.tensors("indices")?.iter().map(|t| Index::Tensor(t.clone())).collect())
}

fn put_into(x: &Tensor, a: &Arguments) -> Result<()> {
    let (indices, values) = (between_brackets(a)?, a.tensor("values")?);
    if values.dtype() != x.dtype() {
        return Err(Error::runtime(format_args!(
            "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
            torch_name(x.dtype()),
            torch_name(values.dtype())
        )));
    }
    if a.flag("accumulate")? {
        let plan = plan(x, &indices)?;
        let view = basic(x, &plan)?;
        let values = Argument::Tensor(super::conversion::moved(values, x.device())?);
        if plan.tensors.is_empty() {
            written("index_put_", &view, |s| {
                let (old, new) = (s.read(&view)?, spread(s, &values, view.dtype(), &plan.shape)?);
                s.binary(Op::Add, &old, &new)
            })?;
            return Ok(());
        }
        return put_at(&view, &plan, &values, true);
    }
    assign(x, &indices, &Argument::Tensor(values.clone()))
}

fn index_put(a: &Arguments) -> Result<Returned> {
    let x = a.tensor("input")?;
    let copy = computed("clone", x.device(), |s| s.read(x))?;
    put_into(&copy, a)?;
    Ok(Returned::Tensor(copy))
}

fn index_put_in_place(a: &Arguments) -> Result<Returned> {
    let x = a.tensor("input")?;
    x.refuse_write()?;
    put_into(x, a)?;
    Ok(Returned::Tensor(x.clone()))
}

/// One number in every place.
pub(super) fn filled(s: &mut Scope<'_>, shape: &Shape, number: Scalar, dtype: DType) -> Result<Value> {
    refuse_overflow(number, dtype)?;
    let number = s.number(number, dtype)?;
    s.apply(Op::BroadcastInDim, attrs![shape.clone(), Axes::new()], &[number])
}

/// What is assigned, in the type and shape of its place. Leading axes of size 1 that are too many fall away.
fn spread(s: &mut Scope<'_>, value: &Argument, dtype: DType, shape: &Shape) -> Result<Value> {
    if let Argument::Number(number) = value {
        refuse_overflow(*number, dtype)?;
    }
    let mut new = s.operand(value, dtype)?;
    let from = new.ty().shape.clone();
    if from.len() > shape.len() {
        let extra = from.len() - shape.len();
        if from[..extra].iter().all(|d| *d == 1) {
            new = s.reshape(&new, from[extra..].iter().cloned().collect())?;
        }
    }
    let given = new.ty().shape.clone();
    if broadcast_shape(&given, shape).ok().as_ref() != Some(shape) {
        return Err(Error::runtime(format_args!(
            "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
            sizes(&given),
            sizes(shape)
        )));
    }
    s.broadcast_to(&new, shape)
}

fn masked_select(a: &Arguments) -> Result<Returned> {
    let (x, mask) = (a.tensor("input")?, a.tensor("mask")?);
    if mask.dtype() != DType::Bool {
        return Err(Error::runtime("masked_select: expected BoolTensor for mask"));
    }
    let shape = broadcast_shape(&x.shape(), &mask.shape())?;
    let spread = |t: &Tensor| {
        computed("expand", t.device(), |s| {
            let value = s.read(t)?;
            s.broadcast_to(&value, &shape)
        })
    };
    Ok(Returned::Tensor(index(&spread(x)?, &[Index::Tensor(spread(mask)?)])?))
}

/// The places of the elements that are not zero, and the coordinates of each along each axis.
fn coordinates(s: &mut Scope<'_>, x: &Tensor) -> Result<Vec<Value>> {
    let flags = truths(s, x)?;
    let mut rest = true_places(s, &flags)?;
    let shape = x.shape();
    let mut columns = Vec::new();
    for size in shape.iter().skip(1).rev() {
        let Some(size) = size.as_known() else {
            return Err(Error::unsupported("torch.nonzero of a tensor of unknown size"));
        };
        columns.push(s.with_number(Op::Remainder, &rest, size)?);
        rest = s.with_number(Op::FloorDiv, &rest, size)?;
    }
    columns.push(rest);
    columns.reverse();
    Ok(columns)
}

/// The places of the elements that are not zero, a list for each axis.
fn listed(x: &Tensor) -> Result<Returned> {
    computed_all("nonzero", x.device(), |s| coordinates(s, x)).map(Returned::Tuple)
}

pub(super) fn places_where(a: &Arguments) -> Result<Returned> {
    listed(a.tensor("condition")?)
}

fn nonzero(a: &Arguments) -> Result<Returned> {
    if a.flag("as_tuple")? { listed(a.tensor("input")?) } else { argwhere(a) }
}

fn argwhere(a: &Arguments) -> Result<Returned> {
    let x = a.tensor("input")?;
    let rows = computed("nonzero", x.device(), |s| {
        let columns = coordinates(s, x)?;
        let count = columns[0].ty().shape[0].clone();
        let wide = x.rank();
        if wide == 0 {
            return filled(s, &smallvec![count, Dim::known(0)], Scalar::Int(0), DType::I64);
        }
        let mut parts = Vec::new();
        for column in &columns {
            parts.push(s.reshape(column, smallvec![count.clone(), Dim::known(1)])?);
        }
        if parts.len() == 1 { Ok(parts.remove(0)) } else { s.emit_one(Op::Concat, attrs![1u32], &parts) }
    })?;
    Ok(Returned::Tensor(rows))
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "masked_select",
        At::BOTH.and(At::OUT),
        &[direct("(Tensor input, Tensor mask)", masked_select)],
        "The elements where the mask holds, in row-major order. Their number is read.",
    ),
    row(
        "nonzero",
        At::BOTH.and(At::OUT),
        &[direct("(Tensor input, *, bool as_tuple=False) -> Tensor | Tensors", nonzero)],
        "The places of the elements that are not zero: a row for each, or with as_tuple a list for each axis. Their number \
         is read.",
    ),
    row(
        "argwhere",
        At::BOTH,
        &[direct("(Tensor input)", argwhere)],
        "The places of the elements that are not zero, a row for each. Their number is read.",
    ),
    row(
        "index_put",
        At::BOTH,
        &[direct("(Tensor input, Tensors indices, Tensor values, bool accumulate=False)", index_put)],
        "A copy with values at the places that tensors name, one for each of the first axes, or masks; repeated places \
         take one of theirs, or with accumulate the sum.",
    ),
    row(
        "index_put_",
        At::BOTH,
        &[direct("(Tensor input, Tensors indices, Tensor values, bool accumulate=False)", index_put_in_place)],
        "As index_put, in place.",
    ),
];
