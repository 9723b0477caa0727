//! Pooling: the largest and the mean of windows, of a stride or of a given number. As convolutions, recorded channels-last.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attr, Attrs, Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::SmallVec;

use super::{
    Argument, Arguments, Function, MISSING, Places, Returned,
    call::computed_all,
    compose::torch_name,
    convolution::{channels_last, channels_second, known},
    direct, many, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

type PerAxis = SmallVec<[i64; 4]>;

/// An input with a batch and its channels last, and whether the batch was there.
struct Planes {
    x: Value,
    batched: bool,
}

impl Planes {
    fn of(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Self> {
        let input = a.tensor("input")?;
        let (rank, shape) = (input.rank(), input.shape());
        let name = a.signature.name;
        if rank != axes + 1 && rank != axes + 2 {
            return Err(Error::runtime(format_args!(
                "{name}(): Expected {}D or {}D (batch mode) tensor with optional 0 dim batch size for input, but got: {}",
                axes + 1,
                axes + 2,
                super::call::sizes(&shape)
            )));
        }
        if shape[rank - axes - 1..].iter().any(|d| *d == 0) {
            return Err(Error::runtime(format_args!(
                "{name}(): Expected input to have non-zero size for non-batch dimensions, but got {}",
                super::call::sizes(&shape)
            )));
        }
        let x = s.read(input)?;
        let batched = rank == axes + 2;
        let x = if batched { x } else { s.reshape(&x, [Dim::known(1)].into_iter().chain(shape).collect())? };
        Ok(Self { x: s.permute(&x, channels_last(axes + 2))?, batched })
    }

    /// The channels back in their place, and no batch where there was none.
    fn finish(&self, s: &mut Scope<'_>, y: &Value) -> Result<Value> {
        let y = s.permute(y, channels_second(y.ty().rank()))?;
        if self.batched { Ok(y) } else { s.reshape(&y, y.ty().shape[1..].into()) }
    }

    /// The sizes of the spatial axes.
    fn spatial(&self) -> &[Dim] {
        let shape = &self.x.ty().shape;
        &shape[1..shape.len() - 1]
    }
}

/// Windows of a stride.
struct Windows {
    size: PerAxis,
    stride: PerAxis,
    low: PerAxis,
    high: Shape,
    dilation: PerAxis,
}

impl Windows {
    fn of(a: &Arguments, planes: &Planes) -> Result<Self> {
        let (axes, name) = (planes.spatial().len(), a.signature.name);
        let list = |given: PerAxis, what: &str| match given.as_slice() {
            far if far.iter().any(|&n| i32::try_from(n).is_err()) => {
                Err(Error::runtime(format_args!("{name}: {what} does not fit 32 bits: {far:?}")))
            }
            [all] => Ok(SmallVec::from_elem(*all, axes)),
            list if list.len() == axes => Ok(given),
            _ => Err(Error::runtime(format_args!(
                "{name}: {what} must either be a single int, or a tuple of {axes} ints, but got {given:?}"
            ))),
        };
        let size = list(a.ints("kernel_size")?, "kernel_size")?;
        let stride = match a.get("stride")? {
            Argument::None => size.clone(),
            Argument::Ints(none) if none.is_empty() => size.clone(),
            _ => list(a.ints("stride")?, "stride")?,
        };
        let low = list(a.ints("padding")?, "padding")?;
        let dilation = match a.signature.position("dilation") {
            Some(_) => list(a.ints("dilation")?, "dilation")?,
            None => SmallVec::from_elem(1, axes),
        };
        for (what, list) in [("kernel size", &size), ("stride", &stride), ("dilation", &dilation)] {
            if list.iter().any(|&n| n <= 0) {
                return Err(Error::runtime(format_args!(
                    "{what} should be greater than zero, but got {list:?} in {name}"
                )));
            }
        }
        let ceil = a.flag("ceil_mode")?;
        let mut high = Shape::new();
        for (i, n) in planes.spatial().iter().enumerate() {
            let reach = dilation[i] * (size[i] - 1) + 1;
            if low[i] < 0 {
                return Err(Error::runtime(format_args!("pad must be non-negative, but got pad: {}", low[i])));
            }
            if low[i] > reach / 2 {
                return Err(Error::runtime(format_args!(
                    "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and \
                     dilation={}",
                    low[i], size[i], dilation[i]
                )));
            }
            let room = n + (2 * low[i] - reach);
            let Some(known) = room.as_known() else {
                if ceil {
                    return Err(Error::unsupported(format_args!("{name} with ceil_mode of the symbolic size {n}")));
                }
                high.push(Dim::known(low[i]));
                continue;
            };
            let length = known + reach - 2 * low[i];
            let mut count = (known + if ceil { stride[i] - 1 } else { 0 }).div_euclid(stride[i]) + 1;
            if ceil && (count - 1) * stride[i] >= length + low[i] {
                count -= 1;
            }
            if count < 1 {
                return Err(Error::runtime(format_args!(
                    "Given input size: {}. Calculated output size is too small in {name}: window {reach}, padding {}",
                    super::call::sizes(&planes.x.ty().shape),
                    low[i]
                )));
            }
            let behind = (count - 1) * stride[i] + reach - length - low[i];
            high.push(Dim::known(if ceil { behind.max(0) } else { low[i] }));
        }
        Ok(Self { size, stride, low, high, dilation })
    }

    fn attrs(&self) -> Attrs {
        let high = Attr::Dims(self.high.clone());
        [known(&self.size), known(&self.stride), known(&self.low), high, known(&self.dilation)].into_iter().collect()
    }

    /// Windows of one axis.
    fn along(&self, axis: usize, low: i64, high: Dim) -> Attrs {
        let one = |n: i64| known(&[n]);
        let high = Attr::Dims([high].into_iter().collect());
        [one(self.size[axis]), one(self.stride[axis]), one(low), high, one(self.dilation[axis])].into_iter().collect()
    }
}

/// Largest elements and where they stand.
fn largest(s: &mut Scope<'_>, a: &Arguments, axes: usize, places: bool) -> Result<Vec<Value>> {
    let planes = Planes::of(s, a, axes)?;
    let windows = Windows::of(a, &planes)?;
    if planes.x.ty().dtype == DType::Bool {
        return Err(Error::unsupported(format_args!("{} of Bool", a.signature.name)));
    }
    let y = s.emit_one(Op::WindowMax, windows.attrs(), std::slice::from_ref(&planes.x))?;
    let mut results = vec![planes.finish(s, &y)?];
    if places {
        let at = s.emit_one(Op::WindowArgmax, windows.attrs(), std::slice::from_ref(&planes.x))?;
        results.push(planes.finish(s, &at)?);
    }
    Ok(results)
}

fn max_pool(a: &Arguments, axes: usize) -> Result<Returned> {
    let (device, places) = (a.tensor("input")?.device(), a.flag("return_indices")?);
    let mut tensors = computed_all(a.signature.name, device, |s| largest(s, a, axes, places))?;
    match tensors.pop() {
        Some(tensor) if !places => Ok(Returned::Tensor(tensor)),
        Some(at) => {
            tensors.push(at);
            Ok(Returned::Tuple(tensors))
        }
        None => Err(Error::internal("pooling computed nothing")),
    }
}

/// How many elements each window along an axis holds, where that is not the same for all; with `padded`, of the padded
/// input as torch sees it.
fn counts_along(
    s: &mut Scope<'_>,
    windows: &Windows,
    axis: usize,
    n: &Dim,
    padded: bool,
    dtype: DType,
) -> Result<Counts> {
    let (low, size) = (windows.low[axis], windows.size[axis]);
    let all = Counts::Same(size);
    let high = windows.high[axis].clone();
    // Padding that counts is as good as input; what ceil_mode adds behind it is not.
    let (length, low, high) =
        if padded { (n + 2 * low, 0, (&high - low).max(Dim::known(0))) } else { (n.clone(), low, high) };
    if low == 0 && high == 0 {
        return Ok(all);
    }
    let one = s.number(Scalar::Float(1.0), dtype)?;
    let line: Shape = [Dim::known(1), length, Dim::known(1)].into_iter().collect();
    let ones = s.emit_one(Op::BroadcastInDim, attrs![line, Axes::new()], &[one])?;
    let counts = s.emit_one(Op::WindowSum, windows.along(axis, low, high), &[ones])?;
    let count = counts.ty().shape[1].clone();
    Ok(Counts::Each(s.reshape(&counts, [count].into_iter().collect())?))
}

enum Counts {
    Same(i64),
    Each(Value),
}

/// Divides by the product of the counts along the axes.
fn divided(s: &mut Scope<'_>, sum: &Value, counts: Vec<Counts>) -> Result<Value> {
    let shape = sum.ty().shape.clone();
    let (mut number, mut whole) = (1, None::<Value>);
    for (axis, count) in (1u32..).zip(counts) {
        match count {
            Counts::Same(n) => number *= n,
            Counts::Each(counts) => {
                let spread =
                    s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), Axes::from_slice(&[axis])], &[counts])?;
                whole = Some(match whole {
                    Some(whole) => s.binary(Op::Mul, &whole, &spread)?,
                    None => spread,
                });
            }
        }
    }
    match whole {
        Some(whole) if number == 1 => s.binary(Op::Div, sum, &whole),
        Some(whole) => {
            let whole = s.with_number(Op::Mul, &whole, number as f64)?;
            s.binary(Op::Div, sum, &whole)
        }
        None => s.with_number(Op::Div, sum, number as f64),
    }
}

fn mean(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Value> {
    let planes = Planes::of(s, a, axes)?;
    let windows = Windows::of(a, &planes)?;
    let dtype = planes.x.ty().dtype;
    if !dtype.is_float() {
        return Err(Error::unsupported(format_args!("{} of {}", a.signature.name, torch_name(dtype))));
    }
    let sum = s.emit_one(Op::WindowSum, windows.attrs(), std::slice::from_ref(&planes.x))?;
    let divisor = match a.signature.position("divisor_override") {
        Some(_) => a.optional_int("divisor_override")?,
        None => None,
    };
    let y = match divisor {
        Some(0) => return Err(Error::runtime("divisor must be not zero")),
        Some(n) => s.with_number(Op::Div, &sum, n as f64)?,
        None => {
            let padded = a.flag("count_include_pad")?;
            let spatial: Shape = planes.spatial().into();
            let counts = spatial.iter().enumerate();
            let counts = counts.map(|(i, n)| counts_along(s, &windows, i, n, padded, dtype)).collect::<Result<_>>()?;
            divided(s, &sum, counts)?
        }
    };
    planes.finish(s, &y)
}

/// The numbers of windows that were asked for; `None` stands for as many as there are elements.
fn wanted(a: &Arguments, planes: &Planes) -> Result<PerAxis> {
    let (given, spatial, name) = (a.ints("output_size")?, planes.spatial(), a.signature.name);
    let list: PerAxis = match given.as_slice() {
        [all] => SmallVec::from_elem(*all, spatial.len()),
        list if list.len() == spatial.len() => list.into(),
        list => {
            return Err(Error::runtime(format_args!(
                "{name}: output_size must be {} ints, but got {}",
                spatial.len(),
                list.len()
            )));
        }
    };
    let sizes = list.iter().zip(spatial).map(|(&n, size)| match (n, size.as_known()) {
        (MISSING, Some(size)) => Ok(size),
        (MISSING, None) => Err(Error::unsupported(format_args!("{name} to the symbolic size {size}"))),
        (n, _) if n < 0 => Err(Error::runtime(format_args!(
            "{name}: elements of output_size must be greater than or equal to 0 but received {n}"
        ))),
        (n, _) => Ok(n),
    });
    sizes.collect()
}

/// The spatial sizes as numbers.
fn lengths(a: &Arguments, planes: &Planes) -> Result<PerAxis> {
    let known = planes.spatial().iter().map(|d| {
        d.as_known().ok_or_else(|| Error::unsupported(format_args!("{} of the symbolic size {d}", a.signature.name)))
    });
    known.collect()
}

/// Windows that cut an axis into equal parts, where there are such for every axis.
fn equal_parts(lengths: &[i64], wanted: &[i64]) -> Option<Windows> {
    let even = lengths.iter().zip(wanted).all(|(n, parts)| *parts > 0 && n % parts == 0);
    even.then(|| {
        let size: PerAxis = lengths.iter().zip(wanted).map(|(n, parts)| n / parts).collect();
        let axes = size.len();
        Windows {
            stride: size.clone(),
            low: SmallVec::from_elem(0, axes),
            high: SmallVec::from_elem(Dim::known(0), axes),
            dilation: SmallVec::from_elem(1, axes),
            size,
        }
    })
}

/// The parts of an axis of which neighbours share elements: where each starts, which elements it has (as many for each as
/// the longest has, the last one again for those that are shorter) and which of these are its own.
struct Parts {
    start: Value,
    elements: Value,
    own: Value,
    most: i64,
}

impl Parts {
    fn of(s: &mut Scope<'_>, length: i64, parts: i64) -> Result<Self> {
        let begin = |i: i64| i * length / parts;
        let end = |i: i64| ((i + 1) * length + parts - 1) / parts;
        let most = (0..parts).map(|i| end(i) - begin(i)).max().unwrap_or(0);
        let ramp = |s: &mut Scope<'_>, n: i64| s.emit_one(Op::Iota, attrs![Dim::known(n), DType::I64], &[]);
        let places = ramp(s, parts)?;
        let start = s.with_number(Op::Mul, &places, length)?;
        let start = s.with_number(Op::FloorDiv, &start, parts)?;
        let stop = s.with_number(Op::Add, &places, 1i64)?;
        let stop = s.with_number(Op::Mul, &stop, length)?;
        let stop = s.with_number(Op::Add, &stop, parts - 1)?;
        let stop = s.with_number(Op::FloorDiv, &stop, parts)?;
        let grid: Shape = [Dim::known(parts), Dim::known(most)].into_iter().collect();
        let spread = |s: &mut Scope<'_>, x: &Value, axis: u32| {
            s.emit_one(Op::BroadcastInDim, attrs![grid.clone(), Axes::from_slice(&[axis])], std::slice::from_ref(x))
        };
        let (first, stop) = (spread(s, &start, 0)?, spread(s, &stop, 0)?);
        let steps = ramp(s, most)?;
        let steps = spread(s, &steps, 1)?;
        let elements = s.binary(Op::Add, &first, &steps)?;
        let own = s.binary(Op::Less, &elements, &stop)?;
        let elements = s.with_number(Op::Minimum, &elements, length - 1)?;
        Ok(Self { start, elements, own, most })
    }
}

/// A value of axes (parts, elements) spread over a value that has them at `axis` and behind it.
fn over(s: &mut Scope<'_>, x: &Value, shape: &Shape, axis: u32) -> Result<Value> {
    s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), Axes::from_slice(&[axis, axis + 1])], std::slice::from_ref(x))
}

fn adaptive_mean(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Value> {
    let planes = Planes::of(s, a, axes)?;
    let parts = wanted(a, &planes)?;
    means(s, a, &planes, &parts)
}

/// The input's spatial axes as so many means each.
pub(super) fn averaged_to(s: &mut Scope<'_>, a: &Arguments, parts: &[i64]) -> Result<Value> {
    let planes = Planes::of(s, a, parts.len())?;
    means(s, a, &planes, parts)
}

fn means(s: &mut Scope<'_>, a: &Arguments, planes: &Planes, parts: &[i64]) -> Result<Value> {
    let (dtype, axes) = (planes.x.ty().dtype, parts.len());
    if !dtype.is_float() {
        return Err(Error::unsupported(format_args!("{} of {}", a.signature.name, torch_name(dtype))));
    }
    let lengths = lengths(a, planes)?;
    if parts.iter().all(|&n| n == 1) {
        let spatial: Axes = (1..=axes as u32).collect();
        let sum = s.fold(Op::Sum, &planes.x, &spatial, true)?;
        let mean = s.with_number(Op::Div, &sum, lengths.iter().product::<i64>() as f64)?;
        return planes.finish(s, &mean);
    }
    if let Some(windows) = equal_parts(&lengths, parts) {
        let sum = s.emit_one(Op::WindowSum, windows.attrs(), std::slice::from_ref(&planes.x))?;
        let mean = s.with_number(Op::Div, &sum, windows.size.iter().product::<i64>() as f64)?;
        return planes.finish(s, &mean);
    }
    let mut y = planes.x.clone();
    for i in 0..axes {
        let axis = i as u32 + 1;
        if parts[i] == 0 {
            let step = Dim::known(0);
            y = s.slice_axis(&y, axis, step.clone(), step, 1)?;
            continue;
        }
        let part = Parts::of(s, lengths[i], parts[i])?;
        let taken = s.emit_one(Op::Take, attrs![axis], &[y, part.elements])?;
        let own = s.cast(&part.own, dtype)?;
        let counts = s.emit_one(Op::Sum, attrs![Axes::from_slice(&[1])], std::slice::from_ref(&own))?;
        let own = over(s, &own, &taken.ty().shape.clone(), axis)?;
        let taken = s.binary(Op::Mul, &taken, &own)?;
        let sum = s.emit_one(Op::Sum, attrs![Axes::from_slice(&[axis + 1])], &[taken])?;
        let shape = sum.ty().shape.clone();
        let counts = s.emit_one(Op::BroadcastInDim, attrs![shape, Axes::from_slice(&[axis])], &[counts])?;
        y = s.binary(Op::Div, &sum, &counts)?;
    }
    planes.finish(s, &y)
}

fn adaptive_largest(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Vec<Value>> {
    let planes = Planes::of(s, a, axes)?;
    let parts = wanted(a, &planes)?;
    let lengths = lengths(a, &planes)?;
    if let Some(windows) = equal_parts(&lengths, &parts) {
        let y = s.emit_one(Op::WindowMax, windows.attrs(), std::slice::from_ref(&planes.x))?;
        let at = s.emit_one(Op::WindowArgmax, windows.attrs(), std::slice::from_ref(&planes.x))?;
        return Ok(vec![planes.finish(s, &y)?, planes.finish(s, &at)?]);
    }
    if !planes.x.ty().dtype.is_float() || parts.contains(&0) {
        return Err(Error::unsupported(format_args!(
            "{} of {} to {parts:?}",
            a.signature.name,
            torch_name(planes.x.ty().dtype)
        )));
    }
    // (batch, parts.., channels), with the elements of a part behind its axis, then all elements before the channels.
    let mut y = planes.x.clone().untracked();
    let least = s.number(Scalar::Float(f64::NEG_INFINITY), y.ty().dtype)?;
    let mut cuts = Vec::new();
    for i in 0..axes {
        let (axis, part) = (2 * i as u32 + 1, Parts::of(s, lengths[i], parts[i])?);
        let taken = s.emit_one(Op::Take, attrs![axis], &[y, part.elements.clone()])?;
        let own = over(s, &part.own, &taken.ty().shape.clone(), axis)?;
        y = s.select(&own, &taken, &least)?;
        cuts.push(part);
    }
    let rank = 2 * axes as u32 + 2;
    let order = [0].into_iter().chain((1..rank - 1).step_by(2)).chain((2..rank - 1).step_by(2)).chain([rank - 1]);
    let y = s.permute(&y, order.collect())?;
    let mut shape: Shape = y.ty().shape[..=axes].into();
    shape.push(Dim::known(cuts.iter().map(|cut| cut.most).product()));
    shape.extend(y.ty().shape.last().cloned());
    let y = s.reshape(&y, shape)?;
    let mut within = s.emit_one(Op::Argmax, attrs![axes as u32 + 1], &[y])?;
    let shape = within.ty().shape.clone();
    let mut at = s.number(Scalar::Int(0), DType::I64)?;
    let mut after: i64 = cuts.iter().map(|cut| cut.most).product();
    for (i, cut) in cuts.iter().enumerate() {
        after /= cut.most;
        let step = s.with_number(Op::FloorDiv, &within, after)?;
        within = s.with_number(Op::Remainder, &within, after)?;
        let start = attrs![shape.clone(), Axes::from_slice(&[i as u32 + 1])];
        let start = s.emit_one(Op::BroadcastInDim, start, std::slice::from_ref(&cut.start))?;
        let place = s.binary(Op::Add, &start, &step)?;
        let before = s.with_number(Op::Mul, &at, lengths[i])?;
        at = s.binary(Op::Add, &before, &place)?;
    }
    let flat = |s: &mut Scope<'_>, x: &Value| {
        let shape = &x.ty().shape;
        let places = shape[1..=axes].iter().fold(Dim::known(1), |n, d| &n * d);
        s.reshape(x, [shape[0].clone(), places, shape[axes + 1].clone()].into_iter().collect())
    };
    let (elements, places) = (flat(s, &planes.x)?, flat(s, &at)?);
    let y = s.emit_one(Op::Gather, attrs![1u32], &[elements, places])?;
    let y = s.reshape(&y, shape)?;
    Ok(vec![planes.finish(s, &y)?, planes.finish(s, &at)?])
}

fn adaptive_max_pool(a: &Arguments, axes: usize) -> Result<Returned> {
    let (device, places) = (a.tensor("input")?.device(), a.flag("return_indices")?);
    let mut tensors = computed_all(a.signature.name, device, |s| adaptive_largest(s, a, axes))?;
    if places {
        return Ok(Returned::Tuple(tensors));
    }
    tensors.truncate(1);
    tensors.pop().map(Returned::Tensor).ok_or_else(|| Error::internal("pooling computed nothing"))
}

macro_rules! by_axes {
    (max { $($max:ident $with:ident $m:literal),* } mean { $($mean:ident $n:literal),* }
     adaptive { $($adaptive:ident $a:literal),* } adaptive_max { $($adaptive_max:ident $x:literal),* }) => {
        $(fn $max(a: &Arguments) -> Result<Returned> { max_pool(a, $m) }
          fn $with(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> { largest(s, a, $m, true) })*
        $(fn $mean(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> { mean(s, a, $n) })*
        $(fn $adaptive(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> { adaptive_mean(s, a, $a) })*
        $(fn $adaptive_max(a: &Arguments) -> Result<Returned> { adaptive_max_pool(a, $x) })*
    };
}
by_axes! {
    max { max_pool1d max_pool1d_with_indices 1, max_pool2d max_pool2d_with_indices 2, max_pool3d max_pool3d_with_indices 3 }
    mean { avg_pool1d 1, avg_pool2d 2, avg_pool3d 3 }
    adaptive { adaptive_avg_pool1d 1, adaptive_avg_pool2d 2, adaptive_avg_pool3d 3 }
    adaptive_max { adaptive_max_pool1d 1, adaptive_max_pool2d 2, adaptive_max_pool3d 3 }
}

const WITH_PLACES: &str = "(Tensor input, entries output_size, bool return_indices=False) -> Tensors";

/// Found in both namespaces.
const POOLING: Places = Places::TORCH.and(Places::FUNCTIONAL);

macro_rules! max_rows {
    ($name:ident, $doc:literal) => {
        row(
            stringify!($name),
            POOLING,
            &[direct(
                "(Tensor input, ints kernel_size, ints? stride=None, ints padding=[0], ints dilation=[1], \
                 bool ceil_mode=False, bool return_indices=False) -> Tensor | Tensors",
                $name,
            )],
            $doc,
        )
    };
}

macro_rules! with_indices_rows {
    ($with:ident, $places:expr, $doc:literal) => {
        row(
            stringify!($with),
            $places,
            &[many(
                "(Tensor input, ints kernel_size, ints? stride=None, ints padding=[0], ints dilation=[1], \
                 bool ceil_mode=False) -> Tensors",
                $with,
                &[],
            )],
            $doc,
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    max_rows!(
        max_pool1d,
        "The largest of each window of (N, C, L) or (C, L); the first of several has the gradient. With return_indices also \
         its place."
    ),
    max_rows!(
        max_pool2d,
        "The largest of each window of (N, C, H, W) or (C, H, W); the first of several has the gradient. With \
         return_indices also its place, counted row by row."
    ),
    max_rows!(
        max_pool3d,
        "The largest of each window of (N, C, D, H, W) or (C, D, H, W); the first of several has the gradient. With \
         return_indices also its place, counted row by row."
    ),
    with_indices_rows!(max_pool1d_with_indices, POOLING, "max_pool1d and the place of each largest."),
    with_indices_rows!(
        max_pool2d_with_indices,
        Places::FUNCTIONAL,
        "max_pool2d and the place of each largest, counted row by row."
    ),
    with_indices_rows!(
        max_pool3d_with_indices,
        Places::FUNCTIONAL,
        "max_pool3d and the place of each largest, counted row by row."
    ),
    row(
        "avg_pool1d",
        POOLING,
        &[one(
            "(Tensor input, ints kernel_size, ints? stride=None, ints padding=[0], bool ceil_mode=False, \
             bool count_include_pad=True)",
            avg_pool1d,
        )],
        "The mean of each window of (N, C, L) or (C, L); padding counts unless count_include_pad is off.",
    ),
    row(
        "avg_pool2d",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one(
            "(Tensor input, ints kernel_size, ints? stride=None, ints padding=[0], bool ceil_mode=False, \
             bool count_include_pad=True, int? divisor_override=None)",
            avg_pool2d,
        )],
        "The mean of each window of (N, C, H, W) or (C, H, W); padding counts unless count_include_pad is off.",
    ),
    row(
        "avg_pool3d",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one(
            "(Tensor input, ints kernel_size, ints? stride=None, ints padding=[0], bool ceil_mode=False, \
             bool count_include_pad=True, int? divisor_override=None)",
            avg_pool3d,
        )],
        "The mean of each window of (N, C, D, H, W) or (C, D, H, W); padding counts unless count_include_pad is off.",
    ),
    row(
        "adaptive_avg_pool1d",
        POOLING,
        &[one("(Tensor input, entries output_size)", adaptive_avg_pool1d)],
        "The means of output_size parts of the last axis, as equal as can be.",
    ),
    row(
        "adaptive_avg_pool2d",
        Places::FUNCTIONAL,
        &[one("(Tensor input, entries output_size)", adaptive_avg_pool2d)],
        "The means of output_size parts of the last two axes, as equal as can be; None keeps an axis.",
    ),
    row(
        "adaptive_avg_pool3d",
        Places::FUNCTIONAL,
        &[one("(Tensor input, entries output_size)", adaptive_avg_pool3d)],
        "The means of output_size parts of the last three axes, as equal as can be; None keeps an axis.",
    ),
    row(
        "adaptive_max_pool1d",
        Places::FUNCTIONAL,
        &[direct(
            "(Tensor input, entries output_size, bool return_indices=False) -> Tensor | Tensors",
            adaptive_max_pool1d,
        )],
        "The largest of output_size parts of the last axis, and with return_indices its place.",
    ),
    row(
        "adaptive_max_pool2d",
        Places::FUNCTIONAL,
        &[direct(
            "(Tensor input, entries output_size, bool return_indices=False) -> Tensor | Tensors",
            adaptive_max_pool2d,
        )],
        "The largest of output_size parts of the last two axes, and with return_indices its place; None keeps an axis.",
    ),
    row(
        "adaptive_max_pool3d",
        Places::FUNCTIONAL,
        &[direct(
            "(Tensor input, entries output_size, bool return_indices=False) -> Tensor | Tensors",
            adaptive_max_pool3d,
        )],
        "The largest of output_size parts of the last three axes, and with return_indices its place; None keeps an axis.",
    ),
    row(
        "adaptive_max_pool1d_with_indices",
        Places::FUNCTIONAL,
        &[many(WITH_PLACES, |s, a| adaptive_largest(s, a, 1), &[])],
        "adaptive_max_pool1d and the place of each largest.",
    ),
    row(
        "adaptive_max_pool2d_with_indices",
        Places::FUNCTIONAL,
        &[many(WITH_PLACES, |s, a| adaptive_largest(s, a, 2), &[])],
        "adaptive_max_pool2d and the place of each largest, counted row by row.",
    ),
    row(
        "adaptive_max_pool3d_with_indices",
        Places::FUNCTIONAL,
        &[many(WITH_PLACES, |s, a| adaptive_largest(s, a, 3), &[])],
        "adaptive_max_pool3d and the place of each largest, counted row by row.",
    ),
];
