//! Statistics: quantiles, modes, histograms and counts, distances and bounded norms, and differences on a grid.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Argument, Arguments, Function, Overload, Places, Returned,
    call::{computed, computed_all, sizes},
    compose::{all_axes, axes, axis, broadcast_shape, default_dtype, promote, torch_name},
    direct,
    indexing::filled,
    many, one,
    ordering::ranks,
    reduction::length as norm,
    row,
};
use crate::{
    autograd::Scope,
    elements::{integers, numbers},
    error::{Error, Result},
    fetch::{fetch, fetch_concrete},
    tensor::Tensor,
    value::Value,
};

fn known(x: &Value, at: usize, function: &str) -> Result<i64> {
    let size = x.ty().shape.get(at).map_or(Some(1), Dim::as_known);
    size.ok_or_else(|| Error::unsupported(format_args!("torch.{function} along an axis of unknown size")))
}

fn dims(list: &[i64]) -> Shape {
    list.iter().map(|&n| Dim::known(n)).collect()
}

/// The axis moved to the end; all elements as a list where none is named.
fn axis_last(s: &mut Scope<'_>, x: &Value, dim: Option<i64>) -> Result<(Value, Option<u32>)> {
    match dim {
        None => Ok((s.reshape(x, smallvec![x.ty().numel()])?, None)),
        Some(dim) => {
            let at = axis(dim, x.ty().rank())?;
            let x = s.lined(x)?;
            let order: Axes = (0..x.ty().rank() as u32).filter(|i| *i != at).chain([at]).collect();
            Ok((s.permute(&x, order)?, Some(at)))
        }
    }
}

// ---- quantiles ------------------------------------------------------------------------------------------------------

fn quantile(s: &mut Scope<'_>, a: &Arguments, ignores_nan: bool) -> Result<Value> {
    let (x, name) = (s.read(a.tensor("input")?)?, a.signature.name);
    let dtype = x.ty().dtype;
    if !matches!(dtype, DType::F32 | DType::F64) {
        return Err(Error::runtime(format_args!("{name}() input tensor must be either float or double dtype")));
    }
    if x.ty().numel() == 0 {
        return Err(Error::runtime(format_args!("{name}() input tensor must be non-empty")));
    }
    let q = match a.get("q")? {
        Argument::Tensor(q) => {
            if q.rank() > 1 {
                return Err(Error::runtime(format_args!("{name}() q must be a scalar or 1D tensor")));
            }
            if q.dtype() != dtype {
                return Err(Error::runtime(format_args!("{name}() q tensor must be same dtype as the input tensor")));
            }
            let value = s.read(q)?;
            if let crate::value::Payload::Concrete(all) = value.payload()
                && q.device() == flashlight_runtime::Device::Cpu
                && numbers(&fetch_concrete(all)?, dtype).iter().any(|x| !(0.0..=1.0).contains(x))
            {
                return Err(Error::runtime(format_args!("{name}() q values must be in the range [0, 1]")));
            }
            value
        }
        q => {
            let number = match q {
                Argument::Number(x) => x.as_f64(),
                _ => a.float("q")?,
            };
            if !(0.0..=1.0).contains(&number) {
                return Err(Error::runtime(format_args!("{name}() q must be in the range [0, 1] but got {number}")));
            }
            s.number(Scalar::Float(number), dtype)?
        }
    };
    let word = a.text("interpolation")?;
    if !matches!(word, "linear" | "lower" | "higher" | "midpoint" | "nearest") {
        return Err(Error::runtime(format_args!(
            "{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {word}"
        )));
    }
    let (rows, at) = axis_last(s, &x, a.optional_int("dim")?)?;
    let last = rows.ty().rank() - 1;
    let size = known(&rows, last, name)?;
    let places = s.emit_one(Op::Argsort, attrs![last as u32, false], std::slice::from_ref(&rows))?;
    let sorted = s.emit_one(Op::Gather, attrs![last as u32], &[rows.clone(), places])?;
    // For each row and each q the place between the sorted elements.
    let count = q.ty().numel();
    let mut grid = rows.ty().shape.clone();
    grid[last] = count.clone();
    let line = s.reshape(&q, smallvec![count.clone()])?;
    let q_grid = s.broadcast_to(&line, &grid)?;
    let odd = s.binary(Op::NotEqual, &rows, &rows)?;
    let odd = s.fold(Op::Sum, &odd, &smallvec![last as u32], true)?;
    let place = if ignores_nan {
        let top = s.number(Scalar::Int(size - 1), DType::I64)?;
        let top = s.binary(Op::Sub, &top, &odd)?;
        let top = s.cast(&top, dtype)?;
        let place = s.binary(Op::Mul, &q_grid, &top)?;
        let none = s.with_number(Op::Less, &place, 0.0)?;
        s.replace(&none, 0.0, &place)?
    } else {
        let place = s.with_number(Op::Mul, &q_grid, (size - 1) as f64)?;
        let some = s.with_number(Op::NotEqual, &odd, 0i64)?;
        let some = s.broadcast_to(&some, &grid)?;
        s.replace(&some, (size - 1) as f64, &place)?
    };
    let at_place = |s: &mut Scope<'_>, place: &Value| {
        let place = s.unary(Op::StopGradient, place)?;
        let place = s.cast(&place, DType::I64)?;
        s.emit_one(Op::Gather, attrs![last as u32], &[sorted.clone(), place])
    };
    let found = match word {
        "lower" | "higher" | "nearest" => {
            let op = match word {
                "lower" => Op::Floor,
                "higher" => Op::Ceil,
                _ => Op::Round,
            };
            let place = s.unary(op, &place)?;
            at_place(s, &place)?
        }
        _ => {
            let (below, above) = (s.unary(Op::Floor, &place)?, s.unary(Op::Ceil, &place)?);
            let weight = if word == "midpoint" {
                let half = s.number(Scalar::Float(0.5), dtype)?;
                s.broadcast_to(&half, &grid)?
            } else {
                s.binary(Op::Sub, &place, &below)?
            };
            let (low, high) = (at_place(s, &below)?, at_place(s, &above)?);
            // From the nearer end, as torch interpolates.
            let apart = s.binary(Op::Sub, &high, &low)?;
            let up = s.binary(Op::Mul, &apart, &weight)?;
            let up = s.binary(Op::Add, &low, &up)?;
            let one = s.number(Scalar::Float(1.0), dtype)?;
            let rest = s.binary(Op::Sub, &one, &weight)?;
            let down = s.binary(Op::Mul, &apart, &rest)?;
            let down = s.binary(Op::Sub, &high, &down)?;
            let near = s.with_number(Op::Less, &weight, 0.5)?;
            s.select(&near, &up, &down)?
        }
    };
    // The axis of q comes first, where q has one; the axis that was folded goes, or keeps size 1.
    let order: Axes = [last as u32].into_iter().chain(0..last as u32).collect();
    let found = s.permute(&found, order)?;
    let mut shape: Shape = found.ty().shape[1..].into();
    if a.flag("keepdim")? {
        match at {
            None => shape = x.ty().shape.iter().map(|_| Dim::known(1)).collect(),
            Some(at) if x.ty().rank() > 0 => shape.insert(at as usize, Dim::known(1)),
            Some(_) => {}
        }
    }
    if q.ty().rank() > 0 {
        shape.insert(0, count);
    }
    s.reshape(&found, shape)
}

// ---- modes ----------------------------------------------------------------------------------------------------------

/// The most frequent along an axis, of equally frequent ones the smallest, and the last place where it stands.
fn mode(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let input = s.read(a.tensor("input")?)?;
    let at = axis(a.int("dim")?, input.ty().rank())?;
    let scalar = input.ty().rank() == 0;
    let x = s.lined(&input)?;
    if x.ty().shape[at as usize] == 0 {
        return Err(Error::index(format_args!("mode(): Expected reduction dim {at} to have non-zero size.")));
    }
    let size = known(&x, at as usize, "mode")?;
    let shape = x.ty().shape.clone();
    let places = s.emit_one(Op::Argsort, attrs![at, false], std::slice::from_ref(&x))?;
    let sorted = s.emit_one(Op::Gather, attrs![at], &[x.clone(), places.clone()])?;
    // Where a run of equal elements begins, and from that how long it is so far.
    let left = s.slice_axis(&sorted, at, Dim::known(0), Dim::known(size - 1), 1)?;
    let right = s.slice_axis(&sorted, at, Dim::known(1), Dim::known(size - 1), 1)?;
    let begins = s.binary(Op::NotEqual, &left, &right)?;
    // NaN are equal here.
    let numbers = s.binary(Op::Equal, &left, &left)?;
    let begins = s.binary(Op::LogicalAnd, &begins, &numbers)?;
    let along =
        |n: i64| -> Shape { (0..shape.len()).map(|i| Dim::known(if i == at as usize { n } else { 0 })).collect() };
    let begins = s.emit_one(Op::Pad, attrs![Scalar::Bool(true), along(1), along(0), along(0)], &[begins])?;
    let iota = s.emit_one(Op::Iota, attrs![Dim::known(size), DType::I64], &[])?;
    let iota = s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), smallvec![at] as Axes], &[iota])?;
    let nowhere = s.number(Scalar::Int(-1), DType::I64)?;
    let starts = s.select(&begins, &iota, &nowhere)?;
    let start = s.emit_one(Op::RunningArgmax, attrs![at], &[starts])?;
    let length = s.binary(Op::Sub, &iota, &start)?;
    let longest = s.emit_one(Op::Argmax, attrs![at], &[length])?;
    let longest = s.kept(&longest, &shape, &smallvec![at], true)?;
    let place = s.emit_one(Op::Gather, attrs![at], &[places, longest])?;
    let value = s.emit_one(Op::Gather, attrs![at], &[x, place.clone()])?;
    if a.flag("keepdim")? && !scalar {
        return Ok(vec![value, place]);
    }
    let mut kept = shape;
    kept.remove(at as usize);
    Ok(vec![s.reshape(&value, kept.clone())?, s.reshape(&place, kept)?])
}

fn aminmax(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank();
    let over = match a.optional_int("dim")? {
        Some(dim) => axes(&[dim], rank)?,
        None => all_axes(rank),
    };
    if let Some(at) = over.iter().find(|&&i| x.ty().shape[i as usize] == 0) {
        return Err(match a.is_given("dim") {
            true => Error::index(format_args!("aminmax(): Expected reduction dim {at} to have non-zero size.")),
            false => Error::runtime(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
            ),
        });
    }
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::argument("aminmax not implemented for ComplexFloat"));
    }
    let keepdim = a.flag("keepdim")?;
    Ok(vec![s.fold(Op::Amin, &x, &over, keepdim)?, s.fold(Op::Amax, &x, &over, keepdim)?])
}

// ---- histograms -----------------------------------------------------------------------------------------------------

/// Elements that are read, as numbers.
fn read_numbers(value: &Value, what: &str) -> Result<Vec<f64>> {
    Ok(numbers(&fetch(value, what)?, value.ty().dtype))
}

/// The smallest and largest of a list of elements that is not empty.
fn bounds(s: &mut Scope<'_>, x: &Value) -> Result<(f64, f64)> {
    let over = all_axes(x.ty().rank());
    let (low, high) = (s.fold(Op::Amin, x, &over, false)?, s.fold(Op::Amax, x, &over, false)?);
    let one =
        |v: &Value| Ok::<f64, Error>(read_numbers(v, "the range of a histogram")?.first().copied().unwrap_or(0.0));
    Ok((one(&low)?, one(&high)?))
}

fn refuse_range(low: f64, high: f64, function: &str) -> Result<()> {
    if !low.is_finite() || !high.is_finite() {
        return Err(Error::runtime(format_args!("{function}: range of [{low}, {high}] is not finite")));
    }
    if low > high {
        return Err(Error::runtime(format_args!("{function}: max must be larger than min, got [{low}, {high}]")));
    }
    Ok(())
}

fn refuse_no_float(x: &Value, function: &str) -> Result<()> {
    match x.ty().dtype.is_float() {
        true => Ok(()),
        false => Err(Error::lacking(format_args!("\"{function}\" not implemented for '{}'", torch_name(x.ty().dtype)))),
    }
}

/// How much falls into each of `count` bins; places beyond them count nowhere.
fn tally(s: &mut Scope<'_>, bins: &Value, weight: &Value, count: i64) -> Result<Value> {
    let empty = filled(s, &dims(&[count + 1]), Scalar::Int(0), weight.ty().dtype)?;
    let all = s.emit_one(Op::TakeAdd, attrs![0u32], &[empty, bins.clone(), weight.clone()])?;
    s.slice_axis(&all, 0, Dim::known(0), Dim::known(count), 1)
}

fn histc(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, bins) = (s.read(a.tensor("input")?)?, a.int("bins")?);
    let x = s.unary(Op::StopGradient, &x)?;
    refuse_no_float(&x, "histogram_cpu")?;
    if !(1..=i64::from(i32::MAX)).contains(&bins) {
        return Err(Error::runtime(format_args!("bins must be > 0 and below 2^31, but got {bins}")));
    }
    let dtype = x.ty().dtype;
    let line = s.reshape(&x, smallvec![x.ty().numel()])?;
    let (mut low, mut high) = (a.float("min")?, a.float("max")?);
    if low == high && line.ty().shape[0] != 0 {
        (low, high) = bounds(s, &line)?;
    }
    if low == high {
        (low, high) = (low - 1.0, high + 1.0);
    }
    refuse_range(low, high, "torch.histc")?;
    // Bounds are numbers of the elements' type.
    let (low, high) = (s.number(Scalar::Float(low), dtype)?, s.number(Scalar::Float(high), dtype)?);
    let above = s.binary(Op::GreaterEqual, &line, &low)?;
    let below = s.binary(Op::LessEqual, &line, &high)?;
    let inside = s.binary(Op::LogicalAnd, &above, &below)?;
    let away = s.binary(Op::Sub, &line, &low)?;
    let away = s.with_number(Op::Mul, &away, bins as f64)?;
    let width = s.binary(Op::Sub, &high, &low)?;
    let place = s.binary(Op::Div, &away, &width)?;
    let outside = s.unary(Op::LogicalNot, &inside)?;
    let place = s.replace(&outside, 0.0, &place)?;
    let place = s.cast(&place, DType::I64)?;
    let place = s.with_number(Op::Minimum, &place, bins - 1)?;
    let place = s.replace(&outside, Scalar::Int(bins), &place)?;
    let ones = filled(s, &line.ty().shape.clone(), Scalar::Int(1), dtype)?;
    tally(s, &place, &ones, bins)
}

/// Edges of bins of one width, from `low` to `high`: the first half is counted from below, the other from above, each with
/// one rounding where there are doubles.
fn even_edges(s: &mut Scope<'_>, low: f64, high: f64, bins: i64, dtype: DType) -> Result<Value> {
    let (low, high) = (s.number(Scalar::Float(low), dtype)?, s.number(Scalar::Float(high), dtype)?);
    let width = s.binary(Op::Sub, &high, &low)?;
    let step = s.with_number(Op::Div, &width, bins as f64)?;
    let exact = if step.device() == flashlight_runtime::Device::Cpu { DType::F64 } else { DType::F32 };
    let (low, high, step) = (s.cast(&low, exact)?, s.cast(&high, exact)?, s.cast(&step, exact)?);
    let up = s.emit_one(Op::Iota, attrs![Dim::known(bins + 1), exact], &[])?;
    let down = s.number(Scalar::Int(bins), exact)?;
    let down = s.binary(Op::Sub, &down, &up)?;
    let first = s.with_number(Op::Less, &up, ((bins + 1) / 2) as f64)?;
    let (up, down) = (s.binary(Op::Mul, &up, &step)?, s.binary(Op::Mul, &down, &step)?);
    let (up, down) = (s.binary(Op::Add, &low, &up)?, s.binary(Op::Sub, &high, &down)?);
    let edges = s.select(&first, &up, &down)?;
    s.cast(&edges, dtype)
}

/// How many edges a search by halves passes for each element. Of edges that are not in order it finds what torch finds.
fn passed(s: &mut Scope<'_>, edges: &Value, line: &Value, count: i64) -> Result<Value> {
    let shape = line.ty().shape.clone();
    let mut first = filled(s, &shape, Scalar::Int(0), DType::I64)?;
    let mut left = filled(s, &shape, Scalar::Int(count), DType::I64)?;
    let mut most = count;
    while most > 0 {
        let half = s.with_number(Op::FloorDiv, &left, 2i64)?;
        let middle = s.binary(Op::Add, &first, &half)?;
        let within = s.with_number(Op::Minimum, &middle, count - 1)?;
        let edge = s.emit_one(Op::Take, attrs![0u32], &[edges.clone(), within])?;
        let below = s.binary(Op::Less, line, &edge)?;
        let over = s.with_number(Op::LessEqual, &left, 0i64)?;
        let behind = s.with_number(Op::Add, &middle, 1i64)?;
        let rest = s.binary(Op::Sub, &left, &half)?;
        let rest = s.with_number(Op::Sub, &rest, 1i64)?;
        let stays = s.binary(Op::LogicalOr, &below, &over)?;
        first = s.select(&stays, &first, &behind)?;
        let next = s.select(&below, &half, &rest)?;
        left = s.select(&over, &left, &next)?;
        most /= 2;
    }
    Ok(first)
}

/// The bin of each element of a list; `count` for those that are in none. `in_order` says that the edges are.
fn bin_of(s: &mut Scope<'_>, edges: &Value, line: &Value, count: i64, in_order: bool) -> Result<Value> {
    let not_above = if in_order { ranks(s, edges, line, true)? } else { passed(s, edges, line, count + 1)? };
    let place = s.with_number(Op::Sub, &not_above, 1i64)?;
    let end = |s: &mut Scope<'_>, at: i64| {
        let edge = s.slice_axis(edges, 0, Dim::known(at), Dim::known(1), 1)?;
        s.broadcast_to(&edge, &line.ty().shape.clone())
    };
    let (low, high) = (end(s, 0)?, end(s, count)?);
    let at_end = s.with_number(Op::Equal, &place, count)?;
    let place = s.replace(&at_end, Scalar::Int(count - 1), &place)?;
    let (above, below) = (s.binary(Op::GreaterEqual, line, &low)?, s.binary(Op::LessEqual, line, &high)?);
    let inside = s.binary(Op::LogicalAnd, &above, &below)?;
    let there = s.with_number(Op::GreaterEqual, &place, 0i64)?;
    let inside = s.binary(Op::LogicalAnd, &inside, &there)?;
    let outside = s.unary(Op::LogicalNot, &inside)?;
    s.replace(&outside, Scalar::Int(count), &place)
}

/// How bins are asked for along one coordinate.
enum Bins {
    Count(i64),
    Edges(Tensor),
}

/// The histogram of points, of which each row is one, and the edges of the bins of each coordinate.
fn histogram_of(
    s: &mut Scope<'_>,
    a: &Arguments,
    points: &Value,
    bins: &[Bins],
    weight: Option<&Tensor>,
) -> Result<Vec<Value>> {
    let (function, dtype) = (a.signature.name, points.ty().dtype);
    let count = known(points, 0, function)?;
    let range = match a.get("range")? {
        Argument::None => None,
        Argument::Floats(list) => Some(list.clone()),
        _ => Some(smallvec![a.float("range")?]),
    };
    if let Some(range) = &range
        && range.len() != 2 * bins.len()
    {
        return Err(Error::runtime(format_args!(
            "torch.{function}: range should have {} elements, but got {}",
            2 * bins.len(),
            range.len()
        )));
    }
    let mut edges = Vec::new();
    let mut flat: Option<Value> = None;
    let mut inside: Option<Value> = None;
    let mut shape = Vec::new();
    for (i, bin) in bins.iter().enumerate() {
        let column = s.slice_axis(points, 1, Dim::known(i as i64), Dim::known(1), 1)?;
        let column = s.reshape(&column, dims(&[count]))?;
        let (edge, number) = match bin {
            Bins::Count(number) => {
                if !(1..=i64::from(i32::MAX)).contains(number) {
                    return Err(Error::runtime(format_args!("torch.{function}(): bins must be > 0, but got {number}")));
                }
                let (mut low, mut high) = match &range {
                    Some(range) => (range[2 * i], range[2 * i + 1]),
                    None if count == 0 => (0.0, 1.0),
                    None => bounds(s, &column)?,
                };
                refuse_range(low, high, &format!("torch.{function}: dimension {i}'s"))?;
                if low == high {
                    (low, high) = (low - 0.5, high + 0.5);
                }
                (even_edges(s, low, high, *number, dtype)?, *number)
            }
            Bins::Edges(edge) => {
                if edge.rank() != 1 || edge.dtype() != dtype {
                    return Err(Error::runtime(format_args!(
                        "torch.{function}(): bins tensor should have one dimension and the input's dtype, but got {} \
                         dimensions of type {}",
                        edge.rank(),
                        torch_name(edge.dtype())
                    )));
                }
                let edge = s.read(edge)?;
                let number = known(&edge, 0, function)? - 1;
                if number < 1 {
                    return Err(Error::runtime(format_args!("torch.{function}(): bins must be > 0, but got {number}")));
                }
                (s.unary(Op::StopGradient, &edge)?, number)
            }
        };
        let own = bin_of(s, &edge, &column, number, matches!(bin, Bins::Count(_)))?;
        let fits = s.with_number(Op::Less, &own, number)?;
        inside = Some(match inside {
            None => fits,
            Some(all) => s.binary(Op::LogicalAnd, &all, &fits)?,
        });
        flat = Some(match flat {
            None => own,
            Some(sum) => {
                let sum = s.with_number(Op::Mul, &sum, number)?;
                s.binary(Op::Add, &sum, &own)?
            }
        });
        shape.push(number);
        edges.push(edge);
    }
    let (Some(flat), Some(inside)) = (flat, inside) else {
        return Err(Error::runtime(format_args!("torch.{function}: input of no coordinates")));
    };
    let all: i64 = shape.iter().product();
    let outside = s.unary(Op::LogicalNot, &inside)?;
    let flat = s.replace(&outside, Scalar::Int(all), &flat)?;
    let weight = match weight {
        None => filled(s, &dims(&[count]), Scalar::Int(1), dtype)?,
        Some(weight) => {
            if weight.dtype() != dtype {
                return Err(Error::runtime(format_args!(
                    "torch.{function}: if weight tensor is provided, input tensor and weight tensor should have the same \
                     dtype, but got input({}), and weight({})",
                    torch_name(dtype),
                    torch_name(weight.dtype())
                )));
            }
            let weight = s.read(weight)?;
            let weight = s.unary(Op::StopGradient, &weight)?;
            s.reshape(&weight, dims(&[count]))?
        }
    };
    let counts = tally(s, &flat, &weight, all)?;
    let mut counts = s.reshape(&counts, dims(&shape))?;
    if a.flag("density")? {
        let total = s.fold(Op::Sum, &counts, &all_axes(shape.len()), false)?;
        counts = s.binary(Op::Div, &counts, &total)?;
        for (i, edge) in edges.iter().enumerate() {
            let upper = s.slice_axis(edge, 0, Dim::known(1), Dim::known(shape[i]), 1)?;
            let lower = s.slice_axis(edge, 0, Dim::known(0), Dim::known(shape[i]), 1)?;
            let widths = s.binary(Op::Sub, &upper, &lower)?;
            let own: Vec<i64> = (0..shape.len()).map(|j| if i == j { shape[j] } else { 1 }).collect();
            let widths = s.reshape(&widths, dims(&own))?;
            counts = s.binary(Op::Div, &counts, &widths)?;
        }
    }
    let mut results = vec![counts];
    results.extend(edges);
    Ok(results)
}

fn asked_bins(a: &Arguments, coordinates: usize) -> Result<Vec<Bins>> {
    match a.get("bins")? {
        Argument::Tensor(edges) => Ok(vec![Bins::Edges(edges.clone())]),
        Argument::Tensors(all) => Ok(all.iter().cloned().map(Bins::Edges).collect()),
        Argument::Number(_) => Ok((0..coordinates).map(|_| a.int("bins").map(Bins::Count)).collect::<Result<_>>()?),
        _ => Ok(a.ints("bins")?.iter().map(|&n| Bins::Count(n)).collect()),
    }
}

fn histogram(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = s.read(a.tensor("input")?)?;
    let x = s.unary(Op::StopGradient, &x)?;
    refuse_no_float(&x, "histogram")?;
    let weight = a.optional_tensor("weight")?;
    if let Some(weight) = weight
        && weight.shape() != x.ty().shape
    {
        return Err(Error::runtime(format_args!(
            "torch.histogram: if weight tensor is provided it should have the same shape as the input tensor excluding its \
             innermost dimension, but got input with shape {} and weight with shape {}",
            sizes(&x.ty().shape),
            sizes(&weight.shape())
        )));
    }
    let points = s.reshape(&x, smallvec![x.ty().numel(), Dim::known(1)])?;
    let bins = asked_bins(a, 1)?;
    histogram_of(s, a, &points, &bins, weight)
}

fn histogramdd(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    let (rank, shape) = (input.rank(), input.shape());
    if rank < 2 {
        return Err(Error::runtime(format_args!(
            "torch.histogramdd: input tensor should have at least 2 dimensions, but got {rank}"
        )));
    }
    let Some(coordinates) = shape[rank - 1].as_known() else {
        return Err(Error::unsupported("torch.histogramdd of points of unknown size"));
    };
    let bins = asked_bins(a, coordinates as usize)?;
    if bins.len() as i64 != coordinates {
        return Err(Error::runtime(format_args!(
            "torch.histogramdd: the size of bins should match the innermost dimension of the input tensor, but got {} and \
             {coordinates}",
            bins.len()
        )));
    }
    let weight = a.optional_tensor("weight")?;
    if let Some(weight) = weight
        && weight.shape()[..] != shape[..rank - 1]
    {
        return Err(Error::runtime(format_args!(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding \
             its innermost dimension, but got input with shape {} and weight with shape {}",
            sizes(&shape),
            sizes(&weight.shape())
        )));
    }
    let mut tensors = computed_all("histogramdd", input.device(), |s| {
        let x = s.read(input)?;
        let x = s.unary(Op::StopGradient, &x)?;
        refuse_no_float(&x, "histogramdd")?;
        let count: Dim = shape[..rank - 1].iter().product();
        let points = s.reshape(&x, smallvec![count, Dim::known(coordinates)])?;
        histogram_of(s, a, &points, &bins, weight)
    })?;
    let edges = tensors.split_off(1);
    Ok(Returned::Nested(&["hist", "bin_edges"], tensors, edges))
}

fn bincount(a: &Arguments) -> Result<Returned> {
    let (x, least) = (a.tensor("input")?, a.int("minlength")?);
    if x.dtype().kind() != Kind::Integer {
        return Err(Error::lacking(format_args!("\"bincount_cpu\" not implemented for '{}'", torch_name(x.dtype()))));
    }
    if x.rank() != 1 {
        return Err(Error::runtime("bincount only supports 1-d non-negative integral inputs."));
    }
    if least < 0 {
        return Err(Error::runtime("minlength should be >= 0"));
    }
    let weights = a.optional_tensor("weights")?;
    if let Some(weights) = weights
        && weights.shape() != x.shape()
    {
        return Err(Error::runtime("weights should be 1-d and have the same length as input"));
    }
    computed("bincount", x.device(), |s| {
        let line = s.read(x)?;
        let line = s.cast(&line, DType::I64)?;
        let mut count = least;
        if line.ty().shape[0] != 0 {
            let (low, high) =
                (s.fold(Op::Amin, &line, &all_axes(1), false)?, s.fold(Op::Amax, &line, &all_axes(1), false)?);
            let first = |v: &Value| {
                let all = integers(&fetch(v, "how far bincount counts")?, DType::I64);
                Ok::<i64, Error>(all.first().copied().unwrap_or(0))
            };
            if first(&low)? < 0 {
                return Err(Error::runtime("bincount only supports 1-d non-negative integral inputs."));
            }
            count = count.max(first(&high)?.saturating_add(1));
        }
        if count > 1 << 40 {
            return Err(Error::runtime(format_args!("bincount: {count} counts are too many")));
        }
        let weight = match weights {
            None => filled(s, &line.ty().shape.clone(), Scalar::Int(1), DType::I64)?,
            Some(weights) => {
                let weights = s.read(weights)?;
                let weights = s.unary(Op::StopGradient, &weights)?;
                if weights.ty().dtype == DType::F32 { weights } else { s.cast(&weights, DType::F64)? }
            }
        };
        tally(s, &line, &weight, count)
    })
    .map(Returned::Tensor)
}

// ---- distances ------------------------------------------------------------------------------------------------------

fn dist(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("other")?)?);
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    if !dtype.is_float() {
        return Err(Error::lacking(format_args!(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
            torch_name(dtype)
        )));
    }
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let shape = broadcast_shape(&x.ty().shape, &y.ty().shape)?;
    let (x, y) = (s.broadcast_to(&x, &shape)?, s.broadcast_to(&y, &shape)?);
    let apart = s.binary(Op::Sub, &x, &y)?;
    norm(s, &apart, a.float("p")?, &all_axes(shape.len()))
}

/// Slices whose norm is above a bound, brought down to it.
fn renorm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let (rank, p, most) = (x.ty().rank(), a.float("p")?, a.float("maxnorm")?);
    if rank < 2 {
        return Err(Error::runtime(format_args!("renorm: input needs at least 2 dimensions, got {rank} dimensions")));
    }
    if p <= 0.0 {
        return Err(Error::runtime("renorm: non-positive-norm not supported"));
    }
    if most < 0.0 {
        return Err(Error::runtime(format_args!("renorm: expected maxnorm to be >= 0 but got {most}")));
    }
    refuse_no_float(&x, "renorm")?;
    let at = axis(a.int("dim")?, rank)?;
    let others: Axes = all_axes(rank).into_iter().filter(|i| *i != at).collect();
    let size = norm(s, &x, p, &others)?;
    let above = s.with_number(Op::Greater, &size, most)?;
    let there = s.with_number(Op::Add, &size, 1e-7)?;
    let bound = s.number(Scalar::Float(most), x.ty().dtype)?;
    let factor = s.binary(Op::Div, &bound, &there)?;
    let one = s.number(Scalar::Float(1.0), x.ty().dtype)?;
    let factor = s.select(&above, &factor, &one)?;
    let factor = s.unfold(&factor, &x.ty().shape.clone(), &others)?;
    s.binary(Op::Mul, &x, &factor)
}

// ---- differences on a grid ------------------------------------------------------------------------------------------

/// How far the points of a grid are apart along one axis.
enum Spacing {
    Even(f64),
    At(Tensor),
}

fn gradient(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank();
    let order = a.int("edge_order")?;
    if order != 1 && order != 2 {
        return Err(Error::runtime("torch.gradient only supports edge_order=1 and edge_order=2."));
    }
    let over = match a.optional_ints("dim")? {
        Some(list) => axes(&list, rank)?,
        None => all_axes(rank),
    };
    let spacing: Vec<Spacing> = match a.get("spacing")? {
        Argument::None => over.iter().map(|_| Spacing::Even(1.0)).collect(),
        Argument::Number(n) => over.iter().map(|_| Spacing::Even(n.as_f64())).collect(),
        Argument::Floats(list) => list.iter().map(|&h| Spacing::Even(h)).collect(),
        _ => a.tensors("spacing")?.iter().cloned().map(Spacing::At).collect(),
    };
    if spacing.len() != over.len() {
        return Err(Error::runtime(format_args!(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of the length of dim, which is {}, but \
             got spacing of length {}",
            over.len(),
            spacing.len()
        )));
    }
    if !x.ty().dtype.is_inexact() && x.ty().dtype == DType::U8 {
        return Err(Error::runtime("torch.gradient does not support uint8 input."));
    }
    let x = if x.ty().dtype.is_inexact() { x } else { s.cast(&x, default_dtype())? };
    over.iter().zip(&spacing).map(|(&at, spacing)| differences(s, &x, at, spacing, order)).collect()
}

/// The differences along one axis: from both neighbours inside, one-sided at the edges.
fn differences(s: &mut Scope<'_>, x: &Value, at: u32, spacing: &Spacing, order: i64) -> Result<Value> {
    let size = known(x, at as usize, "gradient")?;
    if size < order + 1 {
        return Err(Error::runtime("torch.gradient expected each dimension size to be at least edge_order+1"));
    }
    let part = |s: &mut Scope<'_>, v: &Value, axis: u32, start: i64, count: i64| {
        s.slice_axis(v, axis, Dim::known(start), Dim::known(count), 1)
    };
    let dtype = x.ty().dtype;
    // The widths of the gaps, spread along the axis.
    let gaps = match spacing {
        Spacing::Even(h) => {
            let step = |s: &mut Scope<'_>, count: i64, far: i64, near: i64, by: f64| {
                let (far, near) = (part(s, x, at, far, count)?, part(s, x, at, near, count)?);
                let apart = s.binary(Op::Sub, &far, &near)?;
                s.with_number(Op::Div, &apart, by)
            };
            let mut parts = Vec::new();
            let edge = |s: &mut Scope<'_>, first: bool| {
                if order == 1 {
                    return if first { step(s, 1, 1, 0, *h) } else { step(s, 1, size - 1, size - 2, *h) };
                }
                let (places, factors) = match first {
                    true => ([0, 1, 2], [-1.5, 2.0, -0.5]),
                    false => ([size - 3, size - 2, size - 1], [0.5, -2.0, 1.5]),
                };
                let mut sum: Option<Value> = None;
                for (place, factor) in places.into_iter().zip(factors) {
                    let element = part(s, x, at, place, 1)?;
                    let element = s.with_number(Op::Mul, &element, factor / h)?;
                    sum = Some(match sum {
                        None => element,
                        Some(sum) => s.binary(Op::Add, &sum, &element)?,
                    });
                }
                sum.ok_or_else(|| Error::internal("three points have a sum"))
            };
            parts.push(edge(s, true)?);
            if size > 2 {
                parts.push(step(s, size - 2, 2, 0, 2.0 * h)?);
            }
            parts.push(edge(s, false)?);
            return s.emit_one(Op::Concat, attrs![at], &parts);
        }
        Spacing::At(places) => {
            if places.rank() != 1 || places.shape()[0] != size {
                return Err(Error::runtime(format_args!(
                    "torch.gradient expected each tensor of spacing to have one element for each point of its axis, which \
                     has {size}, but got {}",
                    sizes(&places.shape())
                )));
            }
            let places = s.read(places)?;
            let places = s.cast(&places, dtype)?;
            let (upper, lower) = (part(s, &places, 0, 1, size - 1)?, part(s, &places, 0, 0, size - 1)?);
            s.binary(Op::Sub, &upper, &lower)?
        }
    };
    let spread = |s: &mut Scope<'_>, line: &Value| {
        let mut shape = x.ty().shape.clone();
        shape[at as usize] = line.ty().shape[0].clone();
        s.emit_one(Op::BroadcastInDim, attrs![shape, smallvec![at] as Axes], std::slice::from_ref(line))
    };
    let sloped = |s: &mut Scope<'_>, place: i64| {
        let (far, near) = (part(s, x, at, place + 1, 1)?, part(s, x, at, place, 1)?);
        let apart = s.binary(Op::Sub, &far, &near)?;
        let gap = part(s, &gaps, 0, place, 1)?;
        let gap = spread(s, &gap)?;
        s.binary(Op::Div, &apart, &gap)
    };
    // Three points with gaps g and h: the parabola through them has its slope there by these weights of f.
    let three = |s: &mut Scope<'_>, start: i64, count: i64, slope_at: u8| {
        let (g, h) = (part(s, &gaps, 0, start, count)?, part(s, &gaps, 0, start + 1, count)?);
        let both = s.binary(Op::Add, &g, &h)?;
        let (twice_g, twice_h) = (s.binary(Op::Add, &g, &both)?, s.binary(Op::Add, &h, &both)?);
        let apart = s.binary(Op::Sub, &h, &g)?;
        let minus = |s: &mut Scope<'_>, v: &Value| s.unary(Op::Neg, v);
        let (above_a, above_b, above_c) = match slope_at {
            0 => (minus(s, &twice_g)?, both.clone(), minus(s, &g)?),
            1 => (minus(s, &h)?, apart, g.clone()),
            _ => (h.clone(), minus(s, &both)?, twice_h),
        };
        let under_a = s.binary(Op::Mul, &g, &both)?;
        let under_b = s.binary(Op::Mul, &g, &h)?;
        let under_c = s.binary(Op::Mul, &h, &both)?;
        let mut sum: Option<Value> = None;
        for (i, (above, under)) in [(above_a, under_a), (above_b, under_b), (above_c, under_c)].iter().enumerate() {
            let weight = s.binary(Op::Div, above, under)?;
            let weight = spread(s, &weight)?;
            let points = part(s, x, at, start + i as i64, count)?;
            let term = s.binary(Op::Mul, &weight, &points)?;
            sum = Some(match sum {
                None => term,
                Some(sum) => s.binary(Op::Add, &sum, &term)?,
            });
        }
        sum.ok_or_else(|| Error::internal("three points have a sum"))
    };
    let mut parts = vec![if order == 1 { sloped(s, 0)? } else { three(s, 0, 1, 0)? }];
    if size > 2 {
        parts.push(three(s, 0, size - 2, 1)?);
    }
    parts.push(if order == 1 { sloped(s, size - 2)? } else { three(s, size - 3, 1, 2)? });
    s.emit_one(Op::Concat, attrs![at], &parts)
}

const QUANTILES: [&str; 2] = [
    "(Tensor input, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\")",
    "(Tensor input, float q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\")",
];
const QUANTILE: &[Overload] =
    &[one(QUANTILES[0], |s, a| quantile(s, a, false)), one(QUANTILES[1], |s, a| quantile(s, a, false))];
const NANQUANTILE: &[Overload] =
    &[one(QUANTILES[0], |s, a| quantile(s, a, true)), one(QUANTILES[1], |s, a| quantile(s, a, true))];
const WITH_OUT: Places = Places::BOTH.and(Places::OUT);
const HISTOGRAM: &[&str] = &["hist", "bin_edges"];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "quantile",
        WITH_OUT,
        QUANTILE,
        "The elements along an axis, or of all, below which the shares q of them lie; between two of them by the \
         interpolation. NaN where there is one.",
    ),
    row("nanquantile", WITH_OUT, NANQUANTILE, "As quantile, of the elements that are not NaN."),
    row(
        "mode",
        WITH_OUT,
        &[many("(Tensor input, int dim=-1, bool keepdim=False)", mode, &["values", "indices"])],
        "The most frequent along an axis, of equally frequent ones the smallest, and the last place where it stands.",
    ),
    row(
        "aminmax",
        WITH_OUT,
        &[many("(Tensor input, *, int? dim=None, bool keepdim=False)", aminmax, &["min", "max"])],
        "The smallest and the largest along an axis, or of all; equal ones share the gradient.",
    ),
    row(
        "histc",
        WITH_OUT,
        &[one("(Tensor input, int bins=100, Number min=0, Number max=0)", histc)],
        "How many elements fall into each of so many bins between min and max, or between the extremes where these are \
         equal, which are then read.",
    ),
    row(
        "histogram",
        WITH_OUT,
        &[
            many(
                "(Tensor input, Tensor bins, *, floats? range=None, Tensor? weight=None, bool density=False)",
                histogram,
                HISTOGRAM,
            ),
            many(
                "(Tensor input, int bins=100, *, floats? range=None, Tensor? weight=None, bool density=False)",
                histogram,
                HISTOGRAM,
            ),
        ],
        "How many elements, or how much weight, falls into each bin, and the edges of the bins. The range is read where \
         none is told.",
    ),
    row(
        "histogramdd",
        Places::TORCH,
        &[
            direct(
                "(Tensor input, int bins, floats? range=None, Tensor? weight=None, bool density=False) -> Tensors",
                histogramdd,
            ),
            direct(
                "(Tensor input, ints bins, floats? range=None, Tensor? weight=None, bool density=False) -> Tensors",
                histogramdd,
            ),
            direct(
                "(Tensor input, Tensors bins, floats? range=None, Tensor? weight=None, bool density=False) -> Tensors",
                histogramdd,
            ),
        ],
        "How many points, or how much weight, falls into each cell of a grid, and the edges along each coordinate.",
    ),
    row(
        "bincount",
        Places::BOTH,
        &[direct("(Tensor input, Tensor? weights=None, int minlength=0)", bincount)],
        "How often each number from 0 to the largest stands in a list, or the weight it has there. The largest is read.",
    ),
    row(
        "dist",
        WITH_OUT,
        &[one("(Tensor input, Tensor other, Number p=2)", dist)],
        "The p-norm of the difference of all elements.",
    ),
    row(
        "renorm",
        Places::ALL,
        &[one("(Tensor input, Number p, int dim, Number maxnorm)", renorm)],
        "The slices along an axis, those whose p-norm is above maxnorm brought down to it.",
    ),
    row(
        "gradient",
        Places::TORCH,
        &[
            many("(Tensor input, *, floats? spacing=None, ints? dim=None, int edge_order=1)", gradient, &[]),
            many("(Tensor input, *, Tensors spacing, ints? dim=None, int edge_order=1)", gradient, &[]),
        ],
        "The slope along each axis from the neighbours, one-sided at the edges; spacing is a distance, one for each axis, or \
         the places of the points.",
    ),
];
