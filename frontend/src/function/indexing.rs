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
    call::{computed, sizes, written},
    compose::{all_axes, axis as counted, broadcast_shape, torch_name},
    direct, one, row,
};
use crate::{
    autograd::Scope,
    elements::{integers, numbers, refuse_overflow},
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
struct Range {
    start: Dim,
    size: Dim,
    step: i64,
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
fn range(start: Option<i64>, stop: Option<i64>, step: Option<i64>, size: &Dim) -> Result<Range> {
    let step = step.unwrap_or(1);
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

/// The coordinates of the elements that are not zero, one list for each axis.
pub(super) fn coordinates(t: &Tensor) -> Result<Vec<Vec<i64>>> {
    let value = t.value()?;
    let bytes = fetch(&value, "the places of a mask")?;
    let Some(shape) = t.ty().known_shape() else { return Err(Error::internal("concrete sizes are known")) };
    let dtype = t.dtype();
    let parts = if dtype == DType::C64 { 2 } else { 1 };
    let all = numbers(&bytes, dtype);
    let hits = all.chunks_exact(parts).enumerate().filter(|(_, x)| x.iter().any(|x| *x != 0.0));
    let mut lists = vec![Vec::new(); shape.len()];
    for (flat, _) in hits {
        let mut rest = flat as i64;
        for axis in (0..shape.len()).rev() {
            lists[axis].push(rest % shape[axis]);
            rest /= shape[axis];
        }
    }
    Ok(lists)
}

/// An axis and the integers that name its places.
struct Places {
    axis: usize,
    index: Tensor,
    /// Whether they may be negative or out of range.
    unchecked: bool,
}

/// Masks as integers, one tensor for each axis; integers on the device, refused where they are out of range.
fn places(view: &Tensor, tensors: &[(usize, Tensor)]) -> Result<Vec<Places>> {
    let device = view.device();
    let mut list = Vec::new();
    for (axis, t) in tensors {
        if is_mask(t) && t.rank() == 0 {
            let value = t.value()?;
            let yes = numbers(&fetch(&value, "a mask")?, t.dtype()).first() != Some(&0.0);
            let index = host_places(if yes { &[0] } else { &[] }, device)?;
            list.push(Places { axis: *axis, index, unchecked: false });
        } else if is_mask(t) {
            for (k, column) in coordinates(t)?.iter().enumerate() {
                list.push(Places { axis: axis + k, index: host_places(column, device)?, unchecked: false });
            }
        } else {
            refuse_out_of_range(t, *axis, &view.shape()[*axis])?;
            list.push(Places { axis: *axis, index: super::conversion::moved(t, device)?, unchecked: true });
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
    let side_by_side = places.windows(2).all(|w| w[1].axis == w[0].axis + 1);
    let indexed: Axes = places.iter().map(|p| p.axis as u32).collect();
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
    let (first, count) = (axis as usize, places.len());
    let joined: Dim = ordered[first..first + count].iter().product();
    let mut total: Option<Value> = None;
    for (k, index) in indices.iter().enumerate() {
        let index = s.broadcast_to(index, &shape)?;
        total = Some(match total {
            None => index,
            Some(sum) => {
                let Some(n) = ordered[first + k].as_known() else {
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

/// `tensor[indices] = value`. Repeated integer places take one number only.
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
    let places = places(&view, &plan.tensors)?;
    written("index_put_", &view, |s| {
        let old = s.read(&view)?;
        let joined = join(s, &plan.shape, &places)?;
        let (axis, index) = (joined.axis as usize, joined.index.clone());
        let inside = joined.enter(s, &old)?;
        let window: Shape = (inside.ty().shape[..axis].iter())
            .chain(&index.ty().shape)
            .chain(&inside.ty().shape[axis + 1..])
            .cloned()
            .collect();
        let updated = put(s, &inside, &index, axis, &window, &value, is_number)?;
        joined.leave(s, &updated, &plan.shape)
    })?;
    Ok(())
}

/// The value with new elements where the index says, along one axis.
fn put(
    s: &mut Scope<'_>,
    x: &Value,
    index: &Value,
    axis: usize,
    window: &Shape,
    value: &Argument,
    is_number: bool,
) -> Result<Value> {
    let dtype = x.ty().dtype;
    let size = x.ty().shape[axis].clone();
    // How often each place is named.
    let zeros = filled(s, &smallvec![size], Scalar::Int(0), DType::I64)?;
    let ones = filled(s, &index.ty().shape, Scalar::Int(1), DType::I64)?;
    let counts = s.emit_one(Op::TakeAdd, attrs![0u32], &[zeros, index.clone(), ones])?;
    let named = s.with_number(Op::Greater, &counts, 0i64)?;
    let mut column: Shape = x.ty().shape.iter().map(|_| Dim::known(1)).collect();
    column[axis] = x.ty().shape[axis].clone();
    let named = s.reshape(&named, column)?;
    let named = s.broadcast_to(&named, &x.ty().shape)?;
    let new = if is_number {
        s.operand(value, dtype)?
    } else {
        refuse_repeated(s, &counts)?;
        let new = spread(s, value, dtype, window)?;
        // Truth values cannot be added up.
        let wide = if dtype == DType::Bool { DType::U8 } else { dtype };
        let new = s.cast(&new, wide)?;
        let zeros = filled(s, &x.ty().shape.clone(), Scalar::Int(0), wide)?;
        let new = s.emit_one(Op::TakeAdd, attrs![axis as u32], &[zeros, index.clone(), new])?;
        s.cast(&new, dtype)?
    };
    s.emit_one(Op::Where, Attrs::new(), &[named, new, x.clone()])
}

fn refuse_repeated(s: &mut Scope<'_>, counts: &Value) -> Result<()> {
    if counts.ty().shape.iter().any(|d| *d == 0) {
        return Ok(());
    }
    let most = s.emit_one(Op::Amax, attrs![all_axes(1)], std::slice::from_ref(counts))?;
    let Ok(most) = most.concrete("a repeated index") else { return Ok(()) };
    match integers(&fetch_concrete(most)?, DType::I64).first() {
        Some(n) if *n > 1 => {
            Err(Error::unsupported("Tensor.__setitem__ of several values at one place (repeated indices)"))
        }
        _ => Ok(()),
    }
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

/// The index of a call, checked, counted from the front.
fn named_places(s: &mut Scope<'_>, a: &Arguments, at: usize) -> Result<Value> {
    let (x, index) = (a.tensor("input")?, a.tensor("index")?);
    let function = a.signature.name;
    if !matches!(index.dtype(), DType::I32 | DType::I64) {
        return Err(Error::runtime(format_args!("{function}(): Expected dtype int32/int64 for index")));
    }
    let Some(size) = x.shape().get(at).cloned() else { return Err(Error::internal("an axis that is not there")) };
    if let (Ok(elements), Some(n), Device::Cpu) = (index.value()?.concrete("an index"), size.as_known(), index.device())
        && let Some(i) = integers(&fetch_concrete(elements)?, index.dtype()).into_iter().find(|i| *i < 0 || *i >= n)
    {
        return Err(match function {
            "index_select" => Error::index("index out of range in self"),
            _ => Error::runtime(format_args!("index {i} is out of bounds for dimension {at} with size {n}")),
        });
    }
    let index = s.read(index)?;
    s.cast(&index, DType::I64)
}

fn index_select(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = a.tensor("input")?;
    if a.tensor("index")?.rank() > 1 {
        return Err(Error::index("index_select(): Index is supposed to be a vector"));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    let value = s.read(x)?;
    let shape = value.ty().shape.clone();
    if shape.is_empty() {
        return Err(Error::unsupported("torch.index_select of a tensor of rank 0"));
    }
    let index = named_places(s, a, at as usize)?;
    let index = s.reshape(&index, smallvec![index.ty().numel()])?;
    s.emit_one(Op::Take, attrs![at], &[value, index])
}

/// The windows of `x` over which an index of a smaller shape goes.
fn fitting(s: &mut Scope<'_>, x: &Value, index: &Shape, at: usize, function: &str) -> Result<Value> {
    let shape = x.ty().shape.clone();
    if shape.len() != index.len() {
        return Err(Error::runtime(format_args!(
            "Index tensor must have the same number of dimensions as {} tensor",
            if function == "gather" { "input" } else { "self" }
        )));
    }
    let larger = |(k, (i, n)): (usize, (&Dim, &Dim))| k != at && i.as_known() > n.as_known() && n.as_known().is_some();
    if index.iter().zip(&shape).enumerate().any(larger) {
        return Err(Error::runtime(format_args!(
            "Size does not match at dimension {at} expected index {} to be no larger than self {} apart from dimension \
             {at}",
            sizes(index),
            sizes(&shape)
        )));
    }
    let window: Shape = (0..shape.len()).map(|k| if k == at { shape[k].clone() } else { index[k].clone() }).collect();
    let (start, step) = (shape.iter().map(|_| Dim::known(0)).collect(), shape.iter().map(|_| Dim::known(1)).collect());
    let (start, step): (Shape, Shape) = (start, step);
    s.apply(Op::Slice, attrs![start, window, step], std::slice::from_ref(x))
}

fn refuse_rank_0(x: &Tensor, function: &str) -> Result<()> {
    if x.rank() == 0 {
        return Err(Error::unsupported(format_args!("torch.{function} of a tensor of rank 0")));
    }
    Ok(())
}

fn gather(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = a.tensor("input")?;
    refuse_rank_0(x, "gather")?;
    // Gradients are dense here, whatever is asked for.
    if a.flag("sparse_grad")? {
        return Err(Error::unsupported("torch.gather with sparse_grad=True"));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    let value = s.read(x)?;
    let value = fitting(s, &value, &a.tensor("index")?.shape(), at as usize, "gather")?;
    let index = named_places(s, a, at as usize)?;
    s.emit_one(Op::Gather, attrs![at], &[value, index])
}

fn scatter_add(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, src, index) = (a.tensor("input")?, a.tensor("src")?, a.tensor("index")?.shape());
    refuse_rank_0(x, "scatter_add")?;
    if src.dtype() != x.dtype() {
        return Err(Error::runtime("scatter(): Expected self.dtype to be equal to src.dtype"));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    let fits = |(i, n): (&Dim, &Dim)| !matches!((i.as_known(), n.as_known()), (Some(i), Some(n)) if i > n);
    if src.rank() != index.len() || !index.iter().zip(&src.shape()).all(fits) {
        return Err(Error::runtime(format_args!(
            "Expected index {} to be no larger than self {} apart from dimension {at} and to be no larger size than src \
             {}",
            sizes(&index),
            sizes(&x.shape()),
            sizes(&src.shape())
        )));
    }
    let value = s.read(x)?;
    let inside = fitting(s, &value, &index, at as usize, "scatter_add")?;
    let places = named_places(s, a, at as usize)?;
    let new = s.read(src)?;
    let zero: Shape = index.iter().map(|_| Dim::known(0)).collect();
    let step: Shape = index.iter().map(|_| Dim::known(1)).collect();
    let new = s.apply(Op::Slice, attrs![zero.clone(), index, step.clone()], &[new])?;
    let sum = s.emit_one(Op::ScatterAdd, attrs![at], &[inside, places, new])?;
    if sum.ty() == value.ty() {
        return Ok(sum);
    }
    s.emit_one(Op::SliceUpdate, attrs![zero, step], &[value, sum])
}

fn masked_fill(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, mask, value) = (a.tensor("input")?, a.tensor("mask")?, a.get("value")?);
    if mask.dtype() != DType::Bool {
        return Err(Error::runtime(format_args!(
            "masked_fill_ only supports boolean masks, but got mask with dtype {}",
            torch_name(mask.dtype())
        )));
    }
    let kind = match value {
        // torch cuts a number to fit.
        Argument::Number(n) if n.kind() != Kind::Complex => Kind::Bool,
        Argument::Tensor(t) if t.rank() != 0 => {
            return Err(Error::runtime(format_args!(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
                t.rank()
            )));
        }
        Argument::Tensor(t) => t.dtype().kind(),
        Argument::Number(n) => n.kind(),
        _ => Kind::Bool,
    };
    if kind > x.dtype().kind() {
        return Err(Error::runtime(format_args!(
            "value cannot be converted to type {} without overflow",
            torch_name(x.dtype())
        )));
    }
    let (old, flags) = (s.read(x)?, s.read(mask)?);
    let shape = broadcast_shape(&old.ty().shape, &flags.ty().shape)?;
    let (old, flags) = (s.broadcast_to(&old, &shape)?, s.broadcast_to(&flags, &shape)?);
    let new = s.operand(value, x.dtype())?;
    s.emit_one(Op::Where, Attrs::new(), &[flags, new, old])
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

fn nonzero(a: &Arguments) -> Result<Returned> {
    let x = a.tensor("input")?;
    let columns = coordinates(x)?;
    if a.flag("as_tuple")? {
        if columns.is_empty() {
            let count = usize::from(matches!(super::conversion::truth(x)?, Scalar::Bool(true)));
            return host_places(&vec![0; count], x.device()).map(|t| Returned::Tuple(vec![t]));
        }
        let columns: Result<Vec<Tensor>> = columns.iter().map(|c| host_places(c, x.device())).collect();
        return columns.map(Returned::Tuple);
    }
    let rank = columns.len();
    let count = match columns.first() {
        Some(column) => column.len(),
        None => usize::from(matches!(super::conversion::truth(x)?, Scalar::Bool(true))),
    };
    let rows: Vec<i64> = (0..count).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
    let bytes: Vec<u8> = rows.iter().flat_map(|n| n.to_ne_bytes()).collect();
    let ty = Type::new(DType::I64, [count as i64, rank as i64]);
    let value = flashlight_runtime::Value::from_bytes(&bytes, ty, x.device())?;
    Ok(Returned::Tensor(Tensor::from_value(Value::from(value))))
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "index_select",
        At::BOTH.and(At::OUT),
        &[one("(Tensor input, int dim, Tensor index)", index_select)],
        "The slices along an axis that an integer vector names. On a GPU, indices out of range name the nearest slice.",
    ),
    row(
        "gather",
        At::BOTH.and(At::OUT),
        &[one("(Tensor input, int dim, Tensor index, *, bool sparse_grad=False)", gather)],
        "Along an axis, the element that each index names. On a GPU, indices out of range name the nearest element.",
    ),
    row(
        "scatter_add",
        At::ALL,
        &[one("(Tensor input, int dim, Tensor index, Tensor src)", scatter_add)],
        "The input with each element of src added where its index says along an axis; repeated places add up.",
    ),
    row(
        "masked_fill",
        At::BOTH.and(At::IN_PLACE),
        &[one("(Tensor input, Tensor mask, Operand value)", masked_fill)],
        "The input with one number wherever the mask holds.",
    ),
    row(
        "masked_select",
        At::BOTH,
        &[direct("(Tensor input, Tensor mask)", masked_select)],
        "The elements where the mask holds, in row-major order.",
    ),
    row(
        "nonzero",
        At::BOTH,
        &[direct("(Tensor input, *, bool as_tuple=False) -> Tensor | Tensors", nonzero)],
        "The places of the elements that are not zero: a row for each, or with as_tuple a list for each axis. The \
         elements must be known.",
    ),
];
