//! Elements named by indices along an axis: taken, replaced, added and folded; and elements under a mask.

use smallvec::smallvec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use flashlight_runtime::Device;

use super::{
    Argument, Arguments, Function, Overload, Places,
    call::sizes,
    compose::{all_axes, axis as counted, broadcast_shape, torch_name},
    indexing::{filled, refuse_out_of_range, wrapped},
    one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::Value,
};

/// The index of a call, checked, counted from the front.
fn named_places(s: &mut Scope<'_>, a: &Arguments, at: usize) -> Result<Value> {
    let (x, index) = (a.tensor("input")?, a.tensor("index")?);
    let function = a.signature.name;
    if !matches!(index.dtype(), DType::I32 | DType::I64) {
        return Err(Error::runtime(format_args!("{function}(): Expected dtype int32/int64 for index")));
    }
    let size = x.shape().get(at).cloned().unwrap_or_else(|| Dim::known(1));
    if let (Ok(elements), Some(n), Device::Cpu) = (index.value()?.concrete("an index"), size.as_known(), index.device())
        && let Some(i) = integers(&fetch_concrete(elements)?, index.dtype()).into_iter().find(|i| *i < 0 || *i >= n)
    {
        return Err(match function {
            "index_select" => Error::index("index out of range in self"),
            "index_copy" => {
                Error::index(format_args!("index_copy_(): index {i} is out of bounds for dimension {at} with size {n}"))
            }
            _ => Error::runtime(format_args!("index {i} is out of bounds for dimension {at} with size {n}")),
        });
    }
    let index = s.read(index)?;
    let index = s.lined(&index)?;
    s.cast(&index, DType::I64)
}

fn index_select(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = a.tensor("input")?;
    if a.tensor("index")?.rank() > 1 {
        return Err(Error::index("index_select(): Index is supposed to be a vector"));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    let value = s.read(x)?;
    let scalar = value.ty().rank() == 0;
    let value = s.lined(&value)?;
    let index = named_places(s, a, at as usize)?;
    let taken = s.emit_one(Op::Take, attrs![at], &[value, index])?;
    match taken.ty().numel() == 1 {
        true if scalar => s.reshape(&taken, Shape::new()),
        _ => Ok(taken),
    }
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

/// A shape with an axis.
fn lined(shape: Shape) -> Shape {
    if shape.is_empty() { smallvec![Dim::known(1)] } else { shape }
}

fn gather(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, index) = (a.tensor("input")?, a.tensor("index")?.shape());
    // Gradients are dense here, whatever is asked for.
    if a.flag("sparse_grad")? {
        return Err(Error::unsupported("torch.gather with sparse_grad=True"));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    let value = s.read(x)?;
    let value = s.lined(&value)?;
    if index.iter().any(|d| *d == 0) {
        return filled(s, &index, Scalar::Int(0), x.dtype()).map(|none| s.replacing(&value, none));
    }
    let value = fitting(s, &value, &lined(index.clone()), at as usize, "gather")?;
    let places = named_places(s, a, at as usize)?;
    let taken = s.emit_one(Op::Gather, attrs![at], &[value, places])?;
    s.reshape(&taken, index)
}

fn take_along_dim(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, index) = (a.tensor("input")?, a.tensor("indices")?);
    if index.dtype() != DType::I64 {
        return Err(Error::runtime(format_args!(
            "torch.take_along_dim(): dtype of indices should be Long but got {}",
            torch_name(index.dtype())
        )));
    }
    let (value, places) = (s.read(x)?, s.read(index)?);
    let Some(dim) = a.optional_int("dim")? else {
        refuse_out_of_range(index, 0, &value.ty().numel())?;
        let line = s.reshape(&value, smallvec![value.ty().numel()])?;
        let flat = s.reshape(&places, smallvec![places.ty().numel()])?;
        let flat = wrapped(s, &flat, &line.ty().shape[0])?;
        return s.emit_one(Op::Take, attrs![0u32], &[line, flat]);
    };
    if x.rank() != index.rank() {
        return Err(Error::runtime(format_args!(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions \
             for input, and {} dimensions for indices",
            x.rank(),
            index.rank()
        )));
    }
    let at = counted(dim, x.rank())?;
    if x.rank() == 0 {
        return Err(Error::index("Dimension specified as 0 but tensor has no dimensions"));
    }
    let size = value.ty().shape[at as usize].clone();
    let Some(n) = size.as_known() else {
        return Err(Error::unsupported("torch.take_along_dim along an axis of unknown size"));
    };
    // torch counts round and round here.
    let places = s.with_number(Op::Remainder, &places, n.max(1))?;
    let (mut from, mut to) = (value.ty().shape.clone(), places.ty().shape.clone());
    to[at as usize] = size;
    from[at as usize] = places.ty().shape[at as usize].clone();
    let value_shape = broadcast_shape(&value.ty().shape, &to)?;
    let places_shape = broadcast_shape(&from, &places.ty().shape)?;
    let (value, places) = (s.broadcast_to(&value, &value_shape)?, s.broadcast_to(&places, &places_shape)?);
    s.emit_one(Op::Gather, attrs![at], &[value, places])
}

fn take(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, index) = (a.tensor("input")?, a.tensor("index")?);
    if index.dtype() != DType::I64 {
        return Err(Error::runtime(format_args!(
            "take(): Expected a long tensor for index, but got {}",
            torch_name(index.dtype())
        )));
    }
    let (value, places) = (s.read(x)?, s.read(index)?);
    let line = s.reshape(&value, smallvec![value.ty().numel()])?;
    if line.ty().shape[0] == 0 && places.ty().numel() != 0 {
        return Err(Error::index("take(): tried to take from an empty tensor"));
    }
    refuse_out_of_range(index, 0, &line.ty().shape[0])?;
    let places = wrapped(s, &places, &line.ty().shape[0])?;
    s.emit_one(Op::Take, attrs![0u32], &[line, places])
}

fn put(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, index, source) = (a.tensor("input")?, a.tensor("index")?, a.tensor("source")?);
    if index.dtype() != DType::I64 {
        return Err(Error::runtime(format_args!(
            "put_(): Expected a long tensor for index, but got {}",
            torch_name(index.dtype())
        )));
    }
    if source.dtype() != x.dtype() {
        return Err(Error::runtime(format_args!(
            "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype = {}",
            torch_name(x.dtype()),
            torch_name(source.dtype())
        )));
    }
    let (value, places, new) = (s.read(x)?, s.read(index)?, s.read(source)?);
    if places.ty().numel() != new.ty().numel() {
        return Err(Error::index(format_args!(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = {}, \
             index.numel() = {}",
            new.ty().numel(),
            places.ty().numel()
        )));
    }
    let line = s.reshape(&value, smallvec![value.ty().numel()])?;
    if line.ty().shape[0] == 0 && places.ty().numel() != 0 {
        return Err(Error::index("put_(): tried to put elements into an empty tensor"));
    }
    refuse_out_of_range(index, 0, &line.ty().shape[0])?;
    let places = s.reshape(&places, smallvec![places.ty().numel()])?;
    let places = wrapped(s, &places, &line.ty().shape[0])?;
    let new = s.reshape(&new, smallvec![new.ty().numel()])?;
    let op = if a.flag("accumulate")? { Op::TakeAdd } else { Op::TakePut };
    let line = s.emit_one(op, attrs![0u32], &[line, places, new])?;
    s.reshape(&line, value.ty().shape.clone())
}

// ---- scatter --------------------------------------------------------------------------------------------------------

/// The part of the input that an index reaches, the index, and the part of the source that goes there.
struct Scattered {
    /// The whole input, with an axis.
    whole: Value,
    inside: Value,
    places: Value,
    new: Value,
    at: u32,
}

impl Scattered {
    /// `None` where there is no index.
    fn read(s: &mut Scope<'_>, a: &Arguments) -> Result<Option<Self>> {
        let (x, index) = (a.tensor("input")?, a.tensor("index")?.shape());
        let at = counted(a.int("dim")?, x.rank())?;
        let source = match a.get(if a.signature.position("src").is_some() { "src" } else { "value" })? {
            Argument::Tensor(src) => {
                if src.dtype() != x.dtype() {
                    return Err(Error::runtime("scatter(): Expected self.dtype to be equal to src.dtype"));
                }
                let fits = |(i, n): (&Dim, &Dim)| !matches!((i.as_known(), n.as_known()), (Some(i), Some(n)) if i > n);
                let given = src.shape();
                let none = index.iter().any(|d| *d == 0);
                if !none
                    && (given.len().max(1) != index.len().max(1)
                        || !lined(index.clone()).iter().zip(&lined(given.clone())).all(fits))
                {
                    return Err(Error::runtime(format_args!(
                        "Expected index {} to be no larger than self {} apart from dimension {at} and to be no larger \
                         size than src {}",
                        sizes(&index),
                        sizes(&x.shape()),
                        sizes(&given)
                    )));
                }
                let src = s.read(src)?;
                s.lined(&src)?
            }
            value => s.operand(value, x.dtype())?,
        };
        let value = s.read(x)?;
        let whole = s.lined(&value)?;
        if index.iter().any(|d| *d == 0) {
            named_places(s, a, at as usize)?;
            return Ok(None);
        }
        let index = lined(index);
        let inside = fitting(s, &whole, &index, at as usize, a.signature.name)?;
        let places = named_places(s, a, at as usize)?;
        let new = if source.ty().rank() == 0 {
            s.broadcast_to(&source, &index)?
        } else {
            let zero: Shape = index.iter().map(|_| Dim::known(0)).collect();
            let step: Shape = index.iter().map(|_| Dim::known(1)).collect();
            s.apply(Op::Slice, attrs![zero, index, step], &[source])?
        };
        Ok(Some(Self { whole, inside, places, new, at }))
    }

    fn fold(&self, s: &mut Scope<'_>, op: Op, inside: &Value, new: &Value) -> Result<Value> {
        s.emit_one(op, attrs![self.at], &[inside.clone(), self.places.clone(), new.clone()])
    }

    /// The input with the part that was reached replaced.
    fn leave(&self, s: &mut Scope<'_>, inside: &Value, a: &Arguments) -> Result<Value> {
        let shape = a.tensor("input")?.shape();
        if inside.ty() == self.whole.ty() {
            return s.reshape(inside, shape);
        }
        let zero: Shape = inside.ty().shape.iter().map(|_| Dim::known(0)).collect();
        let step: Shape = inside.ty().shape.iter().map(|_| Dim::known(1)).collect();
        let whole = s.emit_one(Op::SliceUpdate, attrs![zero, step], &[self.whole.clone(), inside.clone()])?;
        s.reshape(&whole, shape)
    }
}

/// What elements that meet at one place become.
#[derive(Clone, Copy, PartialEq)]
enum Meeting {
    Replace,
    Sum,
    Mean,
    Prod,
    Max,
    Min,
}

/// Folds what is scattered; `include` says whether the element that was there takes part.
fn met(s: &mut Scope<'_>, parts: &Scattered, meeting: Meeting, include: bool) -> Result<Value> {
    let (dtype, shape) = (parts.inside.ty().dtype, parts.inside.ty().shape.clone());
    let start = match meeting {
        _ if include => None,
        Meeting::Replace => None,
        Meeting::Sum | Meeting::Mean => Some(Scalar::Int(0)),
        Meeting::Prod => Some(Scalar::Int(1)),
        Meeting::Max => Some(extreme_number(dtype, false)),
        Meeting::Min => Some(extreme_number(dtype, true)),
    };
    let inside = match start {
        None => parts.inside.clone(),
        Some(number) => {
            let start = s.number(number, dtype)?;
            let start = s.broadcast_to(&start, &parts.new.ty().shape.clone())?;
            parts.fold(s, Op::Scatter, &parts.inside, &start)?
        }
    };
    let op = match meeting {
        Meeting::Replace => Op::Scatter,
        Meeting::Sum | Meeting::Mean => Op::ScatterAdd,
        Meeting::Prod => Op::ScatterProd,
        Meeting::Max => Op::ScatterMax,
        Meeting::Min => Op::ScatterMin,
    };
    let folded = parts.fold(s, op, &inside, &parts.new)?;
    if meeting != Meeting::Mean {
        return Ok(folded);
    }
    let first = s.number(Scalar::Int(i64::from(include)), dtype)?;
    let first = s.broadcast_to(&first, &shape)?;
    let one = s.number(Scalar::Int(1), dtype)?;
    let ones = s.broadcast_to(&one, &parts.new.ty().shape.clone())?;
    let counts = parts.fold(s, Op::ScatterAdd, &first, &ones)?;
    let counts = if include { counts } else { s.with_number(Op::Maximum, &counts, 1i64)? };
    s.binary(if dtype.is_inexact() { Op::Div } else { Op::FloorDiv }, &folded, &counts)
}

/// A number that no element of the type is below, or none above.
fn extreme_number(dtype: DType, largest: bool) -> Scalar {
    let bits = dtype.size() as u32 * 8;
    match (dtype.kind(), largest) {
        (Kind::Float | Kind::Complex, true) => Scalar::Float(f64::INFINITY),
        (Kind::Float | Kind::Complex, false) => Scalar::Float(f64::NEG_INFINITY),
        (Kind::Bool, largest) => Scalar::Bool(largest),
        (Kind::Integer, _) if matches!(dtype, DType::U8 | DType::U16 | DType::U32 | DType::U64) => {
            Scalar::Int(if largest { i64::MAX >> (63 - bits.min(63)) } else { 0 })
        }
        (Kind::Integer, true) => Scalar::Int(i64::MAX >> (64 - bits)),
        (Kind::Integer, false) => Scalar::Int(i64::MIN >> (64 - bits)),
    }
}

fn scattered(s: &mut Scope<'_>, a: &Arguments, meeting: Meeting, include: bool) -> Result<Value> {
    match Scattered::read(s, a)? {
        None => s.read(a.tensor("input")?),
        Some(parts) => {
            let inside = met(s, &parts, meeting, include)?;
            parts.leave(s, &inside, a)
        }
    }
}

fn scatter(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let word = if a.signature.position("reduce").is_some() { a.optional_text("reduce")? } else { None };
    let meeting = match word {
        None => Meeting::Replace,
        Some("add") => Meeting::Sum,
        Some("multiply") => Meeting::Prod,
        Some(other) => {
            return Err(Error::runtime(format_args!("reduce argument must be either add or multiply, not {other}.")));
        }
    };
    scattered(s, a, meeting, true)
}

fn scatter_add(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    scattered(s, a, Meeting::Sum, true)
}

fn meeting(a: &Arguments) -> Result<Meeting> {
    match a.text("reduce")? {
        "sum" if a.signature.name == "scatter_reduce" => Ok(Meeting::Sum),
        "mean" => Ok(Meeting::Mean),
        "prod" => Ok(Meeting::Prod),
        "amax" => Ok(Meeting::Max),
        "amin" => Ok(Meeting::Min),
        other => Err(Error::runtime(format_args!(
            "reduce argument must be either sum, prod, mean, amax or amin, got {other}"
        ))),
    }
}

fn scatter_reduce(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (meeting, include) = (meeting(a)?, a.flag("include_self")?);
    scattered(s, a, meeting, include)
}

// ---- slices named by a list -----------------------------------------------------------------------------------------

/// Input, list of places and source of a call that writes slices.
fn slices(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, u32, Value, Value)> {
    let (x, index, source) = (a.tensor("input")?, a.tensor("index")?, a.tensor("source")?);
    let function = a.signature.name;
    let at = counted(a.int("dim")?, x.rank())?;
    if index.rank() > 1 {
        return Err(Error::index(format_args!(
            "{function}_(): Index should have dimension 1 or 0 (got {})",
            index.rank()
        )));
    }
    if source.dtype() != x.dtype() {
        return Err(Error::runtime(format_args!(
            "{function}_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
            torch_name(x.dtype()),
            torch_name(source.dtype())
        )));
    }
    if function == "index_copy" && index.dtype() != DType::I64 {
        return Err(Error::runtime("index_copy_(): Expected a long tensor for index"));
    }
    let (value, new) = (s.read(x)?, s.read(source)?);
    let (value, new) = (s.lined(&value)?, s.lined(&new)?);
    let count = index.ty().numel();
    let mut wanted = value.ty().shape.clone();
    wanted[at as usize] = count.clone();
    let apart = function == "index_add" && x.rank() != source.rank();
    if new.ty().shape != wanted || apart {
        let message = format!(
            "{function}_(): Source/destination tensor must have same slice shapes, and one slice for each index: source \
             {}, destination {}, {count} indices along dimension {at}",
            sizes(&source.shape()),
            sizes(&x.shape()),
        );
        let apart = new.ty().rank() != wanted.len();
        return Err(if function == "index_copy" && (apart || new.ty().shape[at as usize] != count) {
            Error::index(message)
        } else {
            Error::runtime(message)
        });
    }
    let places = named_places(s, a, at as usize)?;
    Ok((value, at, places, new))
}

fn index_add(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let shape = a.tensor("input")?.shape();
    let (x, at, places, new) = slices(s, a)?;
    let alpha = a.number("alpha")?;
    let new = if alpha.as_f64() == 1.0 { new } else { s.with_number(Op::Mul, &new, alpha)? };
    let (dtype, truth) = (x.ty().dtype, x.ty().dtype == DType::Bool);
    let (x, new) = if truth { (s.cast(&x, DType::U8)?, s.cast(&new, DType::U8)?) } else { (x, new) };
    let sum = s.emit_one(Op::TakeAdd, attrs![at], &[x, places, new])?;
    let sum = s.cast(&sum, dtype)?;
    s.reshape(&sum, shape)
}

fn index_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let shape = a.tensor("input")?.shape();
    let (x, at, places, new) = slices(s, a)?;
    let copied = s.emit_one(Op::TakePut, attrs![at], &[x, places, new])?;
    s.reshape(&copied, shape)
}

fn index_reduce(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (meeting, include) = (meeting(a)?, a.flag("include_self")?);
    let (x, at, places, new) = slices(s, a)?;
    if places.ty().numel() == 0 {
        return s.read(a.tensor("input")?);
    }
    let mut column: Shape = new.ty().shape.iter().map(|_| Dim::known(1)).collect();
    column[at as usize] = places.ty().numel();
    let places = s.reshape(&places, column)?;
    let places = s.broadcast_to(&places, &new.ty().shape.clone())?;
    let parts = Scattered { whole: x.clone(), inside: x, places, new, at };
    let inside = met(s, &parts, meeting, include)?;
    parts.leave(s, &inside, a)
}

fn index_fill(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, index, value) = (a.tensor("input")?, a.tensor("index")?, a.get("value")?);
    if let Argument::Tensor(t) = value
        && t.rank() > 0
    {
        return Err(Error::runtime(format_args!(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
            t.rank()
        )));
    }
    let at = counted(a.int("dim")?, x.rank())?;
    if index.rank() > 1 {
        return Err(Error::index("Index has to be a vector/scalar"));
    }
    if index.dtype() != DType::I64 {
        return Err(Error::index("index_fill_(): Expected dtype int64 for index."));
    }
    let whole = s.read(x)?;
    let line = s.lined(&whole)?;
    let size = line.ty().shape[at as usize].clone();
    refuse_out_of_range(index, at as usize, &size)?;
    let new = s.operand(value, x.dtype())?;
    let places = s.read(index)?;
    let places = s.lined(&places)?;
    let places = wrapped(s, &places, &size)?;
    // Chosen, not written: a slice that is named twice is filled once, in the derivative too.
    let nowhere = filled(s, &smallvec![size], Scalar::Bool(false), DType::Bool)?;
    let here = filled(s, &places.ty().shape.clone(), Scalar::Bool(true), DType::Bool)?;
    let named = s.emit_one(Op::TakePut, attrs![0u32], &[nowhere, places, here])?;
    let shape = line.ty().shape.clone();
    let named = s.emit_one(Op::BroadcastInDim, attrs![shape, Axes::from_slice(&[at])], &[named])?;
    let filled = s.emit_one(Op::Where, Attrs::new(), &[named, new, line])?;
    s.reshape(&filled, whole.ty().shape.clone())
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

/// The input with elements of the source, one after the other, where the mask holds.
fn masked_scatter(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, mask, source) = (a.tensor("input")?, a.tensor("mask")?, a.tensor("source")?);
    if mask.dtype() != DType::Bool {
        return Err(Error::runtime(format_args!(
            "masked_scatter_ only supports boolean masks, but got mask with dtype {}",
            torch_name(mask.dtype())
        )));
    }
    if source.dtype() != x.dtype() {
        return Err(Error::runtime(format_args!(
            "masked_scatter_: expected self and source to have same dtypes but got {} and {}",
            torch_name(x.dtype()),
            torch_name(source.dtype())
        )));
    }
    let (old, flags, new) = (s.read(x)?, s.read(mask)?, s.read(source)?);
    let shape = broadcast_shape(&old.ty().shape, &flags.ty().shape)?;
    let (old, flags) = (s.broadcast_to(&old, &shape)?, s.broadcast_to(&flags, &shape)?);
    let list = s.reshape(&flags, smallvec![flags.ty().numel()])?;
    let new = s.reshape(&new, smallvec![new.ty().numel()])?;
    let sum = s.emit_one(Op::Sum, attrs![all_axes(1)], std::slice::from_ref(&list))?;
    if let (Ok(sum), Some(given)) = (sum.concrete("a mask"), new.ty().shape[0].as_known())
        && integers(&fetch_concrete(sum)?, DType::I64).first().is_some_and(|n| *n > given)
    {
        return Err(Error::runtime(
            "masked_scatter: expected self to have fewer true elements than source has elements",
        ));
    }
    if new.ty().shape[0] == 0 || list.ty().shape[0] == 0 {
        return Ok(old);
    }
    let ranks = s.emit_one(Op::Cumsum, attrs![0u32, false], &[list])?;
    let ranks = s.with_number(Op::Sub, &ranks, 1i64)?;
    let taken = s.emit_one(Op::Take, attrs![0u32], &[new, ranks])?;
    let taken = s.reshape(&taken, shape)?;
    s.emit_one(Op::Where, Attrs::new(), &[flags, taken, old])
}

const SCATTER: &[Overload] = &[
    one("(Tensor input, int dim, Tensor index, Tensor src)", scatter),
    one("(Tensor input, int dim, Tensor index, Number value)", scatter),
    one("(Tensor input, int dim, Tensor index, Tensor src, *, str reduce)", scatter),
    one("(Tensor input, int dim, Tensor index, Number value, *, str reduce)", scatter),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "index_select",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int dim, Tensor index)", index_select)],
        "The slices along an axis that an integer vector names. On a GPU, indices out of range name the nearest slice.",
    ),
    row(
        "gather",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int dim, Tensor index, *, bool sparse_grad=False)", gather)],
        "Along an axis, the element that each index names. On a GPU, indices out of range name the nearest element.",
    ),
    row(
        "take_along_dim",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor indices, int? dim=None)", take_along_dim)],
        "Along an axis, the element that each index names, both broadcast to each other; without an axis, of all elements.",
    ),
    row(
        "take",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor index)", take)],
        "The elements that indices name among all of them, in row-major order.",
    ),
    row(
        "put",
        Places::METHOD.and(Places::IN_PLACE),
        &[one("(Tensor input, Tensor index, Tensor source, bool accumulate=False)", put)],
        "The input with elements at places named among all of them; repeated places take one of theirs, or the sum.",
    ),
    row(
        "scatter",
        Places::ALL,
        SCATTER,
        "The input with each element of src, or a number, in the place that its index says along an axis; of repeated \
         places one wins, or with reduce 'add' or 'multiply' they are folded.",
    ),
    row(
        "scatter_add",
        Places::ALL,
        &[one("(Tensor input, int dim, Tensor index, Tensor src)", scatter_add)],
        "The input with each element of src added where its index says along an axis; repeated places add up.",
    ),
    row(
        "scatter_reduce",
        Places::ALL,
        &[one(
            "(Tensor input, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)",
            scatter_reduce,
        )],
        "The sum, prod, mean, amax or amin of the elements of src whose index says so along an axis, and of the input's own.",
    ),
    row(
        "index_add",
        Places::ALL,
        &[one("(Tensor input, int dim, Tensor index, Tensor source, *, Number alpha=1)", index_add)],
        "The input with alpha times each slice of source added where its index says along an axis.",
    ),
    row(
        "index_copy",
        Places::ALL,
        &[one("(Tensor input, int dim, Tensor index, Tensor source)", index_copy)],
        "The input with each slice of source in the place that its index says along an axis.",
    ),
    row(
        "index_reduce",
        Places::ALL,
        &[one(
            "(Tensor input, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)",
            index_reduce,
        )],
        "The prod, mean, amax or amin of the slices of source whose index says so along an axis, and of the input's own.",
    ),
    row(
        "index_fill",
        Places::BOTH.and(Places::IN_PLACE),
        &[one("(Tensor input, int dim, Tensor index, Operand value)", index_fill)],
        "The input with one number in the slices that the index names along an axis.",
    ),
    row(
        "masked_fill",
        Places::BOTH.and(Places::IN_PLACE),
        &[one("(Tensor input, Tensor mask, Operand value)", masked_fill)],
        "The input with one number wherever the mask holds.",
    ),
    row(
        "masked_scatter",
        Places::BOTH.and(Places::IN_PLACE),
        &[one("(Tensor input, Tensor mask, Tensor source)", masked_scatter)],
        "The input with the elements of source, one after the other, where the mask holds.",
    ),
];
