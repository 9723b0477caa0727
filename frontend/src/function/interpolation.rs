//! Images of another size: nearest, linear, cubic and area interpolation; and channels and pixels that change places.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Shape},
};

use super::{
    Argument, Arguments, Function, Places, call::sizes, compose::all_axes, indexing::filled, one, pooling::averaged_to,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// How an axis gets another size.
#[derive(Clone, Copy)]
struct Stretch {
    axis: u32,
    from: i64,
    to: i64,
    /// The factor that was asked for, where one was, and is to be used instead of the sizes' quotient.
    factor: Option<f64>,
}

impl Stretch {
    /// How far places of the input lie apart, by those of the output.
    fn step(&self, aligned: bool) -> f64 {
        match self.factor {
            _ if aligned && self.to > 1 => (self.from - 1) as f64 / (self.to - 1) as f64,
            _ if aligned => 0.0,
            Some(factor) if factor > 0.0 => 1.0 / factor,
            _ => self.from as f64 / self.to as f64,
        }
    }

    /// The places of the output's elements in the input: `(i + shift) * step - shift`.
    fn places(&self, s: &mut Scope<'_>, dtype: DType, aligned: bool) -> Result<Value> {
        let places = s.emit_one(Op::Iota, attrs![Dim::known(self.to), dtype], &[])?;
        if aligned {
            return s.with_number(Op::Mul, &places, self.step(true));
        }
        let places = s.with_number(Op::Add, &places, 0.5)?;
        let places = s.with_number(Op::Mul, &places, self.step(false))?;
        s.with_number(Op::Sub, &places, 0.5)
    }

    fn take(&self, s: &mut Scope<'_>, x: &Value, index: &Value) -> Result<Value> {
        s.emit_one(Op::Take, attrs![self.axis], &[x.clone(), index.clone()])
    }

    /// Indices, none beyond the ends.
    fn index(&self, s: &mut Scope<'_>, places: &Value) -> Result<Value> {
        let index = s.cast(places, DType::I64)?;
        let index = s.with_number(Op::Minimum, &index, self.from - 1)?;
        s.with_number(Op::Maximum, &index, 0i64)
    }

    fn nearest(&self, s: &mut Scope<'_>, x: &Value, exact: bool) -> Result<Value> {
        let whole = self.to % self.from == 0 && self.factor.is_none_or(|f| f == (self.to / self.from) as f64);
        if self.to == self.from && whole {
            return Ok(x.clone());
        }
        if whole {
            // Each element so many times: no index, and the derivative is a sum.
            let at = self.axis as usize;
            let (mut spread, mut joined) = (x.ty().shape.clone(), x.ty().shape.clone());
            spread.insert(at + 1, Dim::known(self.to / self.from));
            joined[at] = Dim::known(self.to);
            let dims: Axes = (0..spread.len() as u32).filter(|k| *k != self.axis + 1).collect();
            let repeated = s.emit_one(Op::BroadcastInDim, attrs![spread, dims], std::slice::from_ref(x))?;
            return s.reshape(&repeated, joined);
        }
        let places = s.emit_one(Op::Iota, attrs![Dim::known(self.to), DType::F32], &[])?;
        let places = if exact { s.with_number(Op::Add, &places, 0.5)? } else { places };
        let places = s.with_number(Op::Mul, &places, f64::from(self.step(false) as f32))?;
        let places = s.unary(Op::Floor, &places)?;
        let index = self.index(s, &places)?;
        self.take(s, x, &index)
    }

    /// The sum of elements around each place, weighted along the axis.
    fn weighted(&self, s: &mut Scope<'_>, x: &Value, parts: &[(Value, Value)]) -> Result<Value> {
        let mut sum: Option<Value> = None;
        for (index, weight) in parts {
            let taken = self.take(s, x, index)?;
            let shape = taken.ty().shape.clone();
            let weight = s.emit_one(
                Op::BroadcastInDim,
                attrs![shape, smallvec![self.axis] as Axes],
                std::slice::from_ref(weight),
            )?;
            let part = s.binary(Op::Mul, &taken, &weight)?;
            sum = Some(match sum {
                None => part,
                Some(sum) => s.binary(Op::Add, &sum, &part)?,
            });
        }
        sum.ok_or_else(|| Error::internal("a place has elements around it"))
    }

    /// A whole number of places for each element, between it and its neighbours: no index, and the derivative is sums.
    fn linear_between(&self, s: &mut Scope<'_>, x: &Value, times: i64) -> Result<Value> {
        let (at, size) = (self.axis as usize, Dim::known(self.from));
        let first = s.slice_axis(x, self.axis, Dim::known(0), Dim::known(1), 1)?;
        let last = s.slice_axis(x, self.axis, Dim::known(self.from - 1), Dim::known(1), 1)?;
        let around = s.emit_one(Op::Concat, attrs![self.axis], &[first, x.clone(), last])?;
        let mut column = x.ty().shape.clone();
        column.insert(at + 1, Dim::known(1));
        let mut parts = Vec::new();
        for i in 0..times {
            let place = (i as f64 + 0.5) / times as f64 - 0.5;
            let far = place - place.floor();
            let start = place.floor() as i64 + 1;
            let mut part = s.slice_axis(&around, self.axis, Dim::known(start), size.clone(), 1)?;
            if far > 0.0 {
                let next = s.slice_axis(&around, self.axis, Dim::known(start + 1), size.clone(), 1)?;
                let (near, far) = (s.with_number(Op::Mul, &part, 1.0 - far)?, s.with_number(Op::Mul, &next, far)?);
                part = s.binary(Op::Add, &near, &far)?;
            }
            parts.push(s.reshape(&part, column.clone())?);
        }
        let all = s.emit_one(Op::Concat, attrs![self.axis + 1], &parts)?;
        let mut joined = x.ty().shape.clone();
        joined[at] = Dim::known(self.to);
        s.reshape(&all, joined)
    }

    fn linear(&self, s: &mut Scope<'_>, x: &Value, aligned: bool) -> Result<Value> {
        if self.from == self.to && (aligned || self.step(false) == 1.0) {
            return Ok(x.clone());
        }
        let times = self.to / self.from;
        if !aligned
            && (2..=8).contains(&times)
            && self.step(false) * times as f64 == 1.0
            && times * self.from == self.to
        {
            return self.linear_between(s, x, times);
        }
        let places = self.places(s, x.ty().dtype, aligned)?;
        let places = s.with_number(Op::Maximum, &places, 0.0)?;
        let low = s.unary(Op::Floor, &places)?;
        let low = s.with_number(Op::Minimum, &low, (self.from - 1) as f64)?;
        let far = s.binary(Op::Sub, &places, &low)?;
        let far = s.with_number(Op::Minimum, &far, 1.0)?;
        let one = s.number(1.0.into(), x.ty().dtype)?;
        let near = s.binary(Op::Sub, &one, &far)?;
        let index = self.index(s, &low)?;
        let next = s.with_number(Op::Add, &index, 1i64)?;
        let next = s.with_number(Op::Minimum, &next, self.from - 1)?;
        self.weighted(s, x, &[(index, near), (next, far)])
    }

    fn cubic(&self, s: &mut Scope<'_>, x: &Value, aligned: bool) -> Result<Value> {
        let places = self.places(s, x.ty().dtype, aligned)?;
        let low = s.unary(Op::Floor, &places)?;
        let after = s.binary(Op::Sub, &places, &low)?;
        let one = s.number(1.0.into(), x.ty().dtype)?;
        let before = s.binary(Op::Sub, &one, &after)?;
        let mut parts = Vec::new();
        for (shift, distance, outer) in
            [(-1.0, &after, true), (0.0, &after, false), (1.0, &before, false), (2.0, &before, true)]
        {
            let place = s.with_number(Op::Add, &low, shift)?;
            parts.push((self.index(s, &place)?, kernel(s, distance, outer)?));
        }
        self.weighted(s, x, &parts)
    }
}

/// Keys' cubic kernel at a distance below 1, or at that distance and one more.
fn kernel(s: &mut Scope<'_>, distance: &Value, outer: bool) -> Result<Value> {
    const A: f64 = -0.75;
    // Horner's rule: highest power first.
    let (at, powers) = match outer {
        true => (s.with_number(Op::Add, distance, 1.0)?, [A, -5.0 * A, 8.0 * A, -4.0 * A]),
        false => (distance.clone(), [A + 2.0, -(A + 3.0), 0.0, 1.0]),
    };
    let mut sum = s.with_number(Op::Mul, &at, powers[0])?;
    for power in &powers[1..3] {
        let more = s.with_number(Op::Add, &sum, *power)?;
        sum = s.binary(Op::Mul, &more, &at)?;
    }
    s.with_number(Op::Add, &sum, powers[3])
}

/// The factors that a call asks for: one for all axes, or one for each.
fn factors(a: &Arguments, axes: usize) -> Result<Option<Vec<f64>>> {
    let list = match a.get("scale_factor")? {
        Argument::None => return Ok(None),
        Argument::Number(factor) => vec![factor.as_f64(); axes],
        Argument::Floats(list) => list.to_vec(),
        _ => return Err(Error::argument("interpolate(): argument 'scale_factor' must be float or tuple of floats")),
    };
    if list.len() != axes {
        return Err(Error::value(format_args!(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with {axes} spatial \
             dimensions and scale_factor of {list:?}"
        )));
    }
    Ok(Some(list))
}

fn interpolate(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let name = a.signature.name;
    let has = |parameter: &str| a.signature.position(parameter).is_some();
    let mode = match name {
        "upsample_nearest" => "nearest",
        "upsample_bilinear" => "bilinear",
        _ => a.text("mode")?,
    };
    let x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank();
    let smooth = matches!(mode, "linear" | "bilinear" | "bicubic" | "trilinear");
    if has("align_corners") && !smooth && a.is_given("align_corners") {
        return Err(Error::value(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear",
        ));
    }
    if rank < 3 {
        return Err(Error::lacking(format_args!(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got {rank}D) for the modes: nearest | linear | \
             bilinear | bicubic | trilinear | area | nearest-exact (got {mode})"
        )));
    }
    let aligned = if name == "upsample_bilinear" { true } else { has("align_corners") && a.flag("align_corners")? };
    let axes = rank - 2;
    let (mut factors, given) = (factors(a, axes)?, a.optional_ints("size")?);
    let old: Vec<i64> = x.ty().shape[2..]
        .iter()
        .map(|d| d.as_known())
        .collect::<Option<_>>()
        .ok_or_else(|| Error::unsupported("torch.nn.functional.interpolate of an image of unknown size"))?;
    let again = has("recompute_scale_factor") && a.flag("recompute_scale_factor")?;
    let new: Vec<i64> = match (&given, &factors) {
        (Some(_), Some(_)) => return Err(Error::value("only one of size or scale_factor should be defined")),
        (None, None) => return Err(Error::value("either size or scale_factor should be defined")),
        (Some(_), None) if again => {
            return Err(Error::value("recompute_scale_factor is not meaningful with an explicit size."));
        }
        (Some(size), None) if matches!(a.get("size")?, Argument::Number(_)) => vec![size[0]; axes],
        (Some(size), None) if size.len() == axes => size.to_vec(),
        // One integer and a list of one are the same here, and the former is meant for all axes.
        (Some(size), None) if size.len() == 1 => vec![size[0]; axes],
        (Some(size), None) => {
            return Err(Error::value(format_args!(
                "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions \
                 of {old:?} and output size of {:?}",
                size.as_slice()
            )));
        }
        (None, Some(factors)) => old.iter().zip(factors).map(|(&n, f)| (n as f64 * f).floor() as i64).collect(),
    };
    if again {
        factors = None;
    }
    if has("antialias") && a.flag("antialias")? {
        return Err(match (mode, rank) {
            ("bilinear" | "bicubic", 4) => Error::unsupported("torch.nn.functional.interpolate with antialias=True"),
            _ => Error::value(
                "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input",
            ),
        });
    }
    match (mode, rank) {
        ("nearest" | "nearest-exact" | "area", 3..=5)
        | ("linear", 3)
        | ("bilinear" | "bicubic", 4)
        | ("trilinear", 5) => {}
        ("linear" | "bilinear" | "bicubic" | "trilinear", 3..=5) => {
            return Err(Error::lacking(format_args!("Got {rank}D input, but {mode} mode needs another rank")));
        }
        _ => {
            return Err(Error::lacking(format_args!(
                "Input Error: Only 3D, 4D and 5D input Tensors supported (got {rank}D) for the modes: nearest | linear | \
                 bilinear | bicubic | trilinear | area | nearest-exact (got {mode})"
            )));
        }
    }
    if x.ty().shape[1..].iter().any(|d| *d == 0) || new.iter().any(|n| !(1..=i64::from(i32::MAX)).contains(n)) {
        return Err(Error::runtime(format_args!(
            "Input and output sizes should be greater than 0 and below 2^31, but got input {} and output {new:?}",
            sizes(&x.ty().shape)
        )));
    }
    let dtype = x.ty().dtype;
    if !(dtype.is_inexact() || dtype == DType::U8 && mode != "area") {
        return Err(Error::lacking(format_args!(
            "\"{name}\" not implemented for '{}'",
            super::compose::torch_name(dtype)
        )));
    }
    if mode == "area" {
        return averaged_to(s, a, &new);
    }
    if dtype == DType::U8 && smooth {
        return Err(Error::unsupported(format_args!("torch.nn.functional.interpolate of uint8 with mode='{mode}'")));
    }
    // Halves are weighted in single precision, as torch does.
    let wide = if smooth && dtype.size() < 4 { DType::F32 } else { dtype };
    let mut y = s.cast(&x, wide)?;
    // What shrinks first leaves less to do.
    let mut order: SmallVec<[usize; 3]> = (0..axes).collect();
    order.sort_by(|i, j| (new[*i] * old[*j]).cmp(&(new[*j] * old[*i])));
    for i in order {
        let factor = factors.as_ref().map(|f| f[i]);
        let stretch = Stretch { axis: i as u32 + 2, from: old[i], to: new[i], factor };
        y = match mode {
            "nearest" => stretch.nearest(s, &y, false)?,
            "nearest-exact" => stretch.nearest(s, &y, true)?,
            "bicubic" => stretch.cubic(s, &y, aligned)?,
            _ => stretch.linear(s, &y, aligned)?,
        };
    }
    s.cast(&y, dtype)
}

// ---- channels and pixels --------------------------------------------------------------------------------------------

/// The shape of an image before and after its channels become pixels: leading sizes, channels, rows, columns.
fn image(x: &Value, function: &str) -> Result<(Shape, i64, i64, i64)> {
    let shape = &x.ty().shape;
    let Some(lead) = shape.len().checked_sub(3) else {
        return Err(Error::runtime(format_args!(
            "{function} expects input to have at least 3 dimensions, but got input with {} dimension(s)",
            shape.len()
        )));
    };
    match (shape[lead].as_known(), shape[lead + 1].as_known(), shape[lead + 2].as_known()) {
        (Some(channels), Some(rows), Some(columns)) => Ok((shape[..lead].into(), channels, rows, columns)),
        _ => Err(Error::unsupported(format_args!("torch.{function} of an image of unknown size"))),
    }
}

fn with(lead: &Shape, rest: &[i64]) -> Shape {
    lead.iter().cloned().chain(rest.iter().map(|&n| Dim::known(n))).collect()
}

fn reordered(s: &mut Scope<'_>, x: &Value, lead: usize, rest: &[u32]) -> Result<Value> {
    s.permute(x, all_axes(lead).into_iter().chain(rest.iter().map(|k| k + lead as u32)).collect())
}

fn pixel_shuffle(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, r) = (s.read(a.tensor("input")?)?, a.int("upscale_factor")?);
    let (lead, channels, rows, columns) = image(&x, "pixel_shuffle")?;
    if !(1..=i64::from(i32::MAX)).contains(&r) {
        return Err(Error::runtime(format_args!("pixel_shuffle expects a positive upscale_factor, but got {r}")));
    }
    if channels % (r * r) != 0 {
        return Err(Error::runtime(format_args!(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but \
             input.size(-3)={channels} is not divisible by {}",
            r * r
        )));
    }
    let c = channels / (r * r);
    let apart = s.reshape(&x, with(&lead, &[c, r, r, rows, columns]))?;
    let turned = reordered(s, &apart, lead.len(), &[0, 3, 1, 4, 2])?;
    s.reshape(&turned, with(&lead, &[c, rows * r, columns * r]))
}

fn pixel_unshuffle(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, r) = (s.read(a.tensor("input")?)?, a.int("downscale_factor")?);
    let (lead, channels, rows, columns) = image(&x, "pixel_unshuffle")?;
    if !(1..=i64::from(i32::MAX)).contains(&r) {
        return Err(Error::runtime(format_args!("pixel_unshuffle expects a positive downscale_factor, but got {r}")));
    }
    if rows % r != 0 || columns % r != 0 {
        return Err(Error::runtime(format_args!(
            "pixel_unshuffle expects height and width to be divisible by downscale_factor, but {rows} x {columns} is not \
             divisible by {r}"
        )));
    }
    let apart = s.reshape(&x, with(&lead, &[channels, rows / r, r, columns / r, r]))?;
    let turned = reordered(s, &apart, lead.len(), &[0, 2, 4, 1, 3])?;
    s.reshape(&turned, with(&lead, &[channels * r * r, rows / r, columns / r]))
}

fn channel_shuffle(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, groups) = (s.read(a.tensor("input")?)?, a.int("groups")?);
    let shape = x.ty().shape.clone();
    if shape.len() < 3 {
        return Err(Error::runtime(format_args!(
            "channel_shuffle expects input with > 2 dims, but got input with sizes {}",
            sizes(&shape)
        )));
    }
    let Some(channels) = shape[1].as_known() else {
        return Err(Error::unsupported("torch.channel_shuffle of an unknown number of channels"));
    };
    if groups < 1 {
        return Err(Error::runtime(format_args!(
            "Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )));
    }
    if channels % groups != 0 {
        return Err(Error::runtime(format_args!(
            "Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )));
    }
    let (mut apart, mut rest): (Shape, Shape) = (shape[..1].into(), shape[2..].into());
    apart.extend([Dim::known(groups), Dim::known(channels / groups)]);
    apart.append(&mut rest);
    let apart = s.reshape(&x, apart)?;
    let turned = s.swap(&apart, 1, 2)?;
    s.reshape(&turned, shape)
}

// ---- windows as columns ---------------------------------------------------------------------------------------------

/// Up to so many places of a window, a slice for each is faster than an index.
const MOST_SLICES: i64 = 32;

/// The windows of an image of two spatial axes.
struct Columns {
    kernel: [i64; 2],
    dilation: [i64; 2],
    padding: [i64; 2],
    stride: [i64; 2],
}

impl Columns {
    fn of(a: &Arguments) -> Result<Self> {
        let pair = |name: &str, least: i64| -> Result<[i64; 2]> {
            let pair = match a.ints(name)?.as_slice() {
                [n] => [*n, *n],
                [n, m] => [*n, *m],
                other => {
                    return Err(Error::runtime(format_args!(
                        "{}: expected {name} of one or two integers, got {other:?}",
                        a.signature.name
                    )));
                }
            };
            match pair.iter().find(|n| !(least..1 << 20).contains(*n)) {
                Some(bad) => Err(Error::runtime(format_args!(
                    "{}: {name} must be at least {least} and below 2^20, got {bad}",
                    a.signature.name
                ))),
                None => Ok(pair),
            }
        };
        Ok(Self {
            kernel: pair("kernel_size", 1)?,
            dilation: pair("dilation", 1)?,
            padding: pair("padding", 0)?,
            stride: pair("stride", 1)?,
        })
    }

    /// How many windows fit along each axis of an image.
    fn counts(&self, image: [i64; 2], function: &str) -> Result<[i64; 2]> {
        let mut counts = [0; 2];
        for i in 0..2 {
            let room = image[i] + 2 * self.padding[i] - self.dilation[i] * (self.kernel[i] - 1) - 1;
            if room < 0 {
                return Err(Error::runtime(format_args!(
                    "{function}: no window of kernel_size {:?} with dilation {:?} and padding {:?} fits into {image:?}",
                    self.kernel, self.dilation, self.padding
                )));
            }
            counts[i] = room / self.stride[i] + 1;
        }
        Ok(counts)
    }

    /// The places in the padded image, as a list of its pixels: one row for each place of the window, one column for each
    /// window.
    fn places(&self, s: &mut Scope<'_>, counts: [i64; 2], width: i64) -> Result<Value> {
        let mut sum: Option<Value> = None;
        let all: Shape = self.kernel.iter().chain(&counts).map(|&n| Dim::known(n)).collect();
        let along: [(u32, i64, i64); 4] = [
            (0, self.kernel[0], self.dilation[0] * width),
            (1, self.kernel[1], self.dilation[1]),
            (2, counts[0], self.stride[0] * width),
            (3, counts[1], self.stride[1]),
        ];
        for (axis, size, step) in along {
            let line = s.emit_one(Op::Iota, attrs![Dim::known(size), DType::I64], &[])?;
            let line = s.with_number(Op::Mul, &line, step)?;
            let line = s.emit_one(Op::BroadcastInDim, attrs![all.clone(), smallvec![axis] as Axes], &[line])?;
            sum = Some(match sum {
                None => line,
                Some(sum) => s.binary(Op::Add, &sum, &line)?,
            });
        }
        let sum = sum.ok_or_else(|| Error::internal("a window has axes"))?;
        let [rows, columns] = [self.kernel, counts].map(|[n, m]| Dim::known(n * m));
        s.reshape(&sum, smallvec![rows, columns])
    }
}

/// The input with a batch in front, its channels, and whether the batch was there.
fn batched(s: &mut Scope<'_>, a: &Arguments, rank: usize) -> Result<(Value, bool)> {
    let x = s.read(a.tensor("input")?)?;
    let has_batch = x.ty().rank() == rank;
    if !has_batch && x.ty().rank() + 1 != rank {
        return Err(Error::runtime(format_args!(
            "{}: expected a tensor of rank {} or {rank}, got {}",
            a.signature.name,
            rank - 1,
            sizes(&x.ty().shape)
        )));
    }
    if has_batch {
        return Ok((x, true));
    }
    let mut shape = x.ty().shape.clone();
    shape.insert(0, Dim::known(1));
    Ok((s.reshape(&x, shape)?, false))
}

fn without_batch(s: &mut Scope<'_>, x: &Value, has_batch: bool) -> Result<Value> {
    if has_batch { Ok(x.clone()) } else { s.reshape(x, x.ty().shape[1..].into()) }
}

fn unfold(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let windows = Columns::of(a)?;
    if a.tensor("input")?.rank() < 3 {
        return Err(Error::index("unfold: expected an image of rank 3 or 4"));
    }
    let (x, has_batch) = batched(s, a, 4)?;
    let (batch, channels, [rows, columns]) = match x.ty().shape.as_slice() {
        [batch, channels, rows, columns] => match (rows.as_known(), columns.as_known()) {
            (Some(n), Some(m)) => (batch.clone(), channels.clone(), [n, m]),
            _ => return Err(Error::unsupported("torch.nn.functional.unfold of an image of unknown size")),
        },
        _ => return Err(Error::internal("a batch of images has four axes")),
    };
    let counts = windows.counts([rows, columns], "unfold")?;
    let [high, wide] = [rows + 2 * windows.padding[0], columns + 2 * windows.padding[1]];
    let around: Shape = [0, 0, windows.padding[0], windows.padding[1]].iter().map(|&n| Dim::known(n)).collect();
    let padded = if windows.padding == [0, 0] {
        x
    } else {
        let none: Shape = smallvec![Dim::known(0); 4];
        s.emit_one(Op::Pad, attrs![flashlight_compiler::types::Scalar::Int(0), around.clone(), around, none], &[x])?
    };
    let window = windows.kernel[0] * windows.kernel[1];
    let taken = if window <= MOST_SLICES {
        let mut parts = Vec::new();
        for i in 0..window {
            let place = [i / windows.kernel[1] * windows.dilation[0], i % windows.kernel[1] * windows.dilation[1]];
            let sizes =
                |ends: [Dim; 2], rest: [i64; 2]| -> Shape { ends.into_iter().chain(rest.map(Dim::known)).collect() };
            let none = [Dim::known(0), Dim::known(0)];
            let part = attrs![
                sizes(none, place),
                sizes([batch.clone(), channels.clone()], counts),
                sizes([Dim::known(1), Dim::known(1)], windows.stride)
            ];
            let part = s.apply(Op::Slice, part, std::slice::from_ref(&padded))?;
            let column = smallvec![batch.clone(), channels.clone(), Dim::known(1), Dim::known(counts[0] * counts[1])];
            parts.push(s.reshape(&part, column)?);
        }
        if parts.len() == 1 { parts.remove(0) } else { s.emit_one(Op::Concat, attrs![2u32], &parts)? }
    } else {
        let flat = s.reshape(&padded, smallvec![batch.clone(), channels.clone(), Dim::known(high * wide)])?;
        let places = windows.places(s, counts, wide)?;
        s.emit_one(Op::Take, attrs![2u32], &[flat, places])?
    };
    let rows = &channels * &Dim::known(windows.kernel[0] * windows.kernel[1]);
    let columns = s.reshape(&taken, smallvec![batch, rows, Dim::known(counts[0] * counts[1])])?;
    without_batch(s, &columns, has_batch)
}

fn fold(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let windows = Columns::of(a)?;
    let [rows, columns] = match a.ints("output_size")?.as_slice() {
        [n] => [*n, *n],
        [n, m] => [*n, *m],
        other => return Err(Error::runtime(format_args!("fold: output_size is one or two integers, got {other:?}"))),
    };
    if [rows, columns].iter().any(|n| !(1..=i64::from(i32::MAX)).contains(n)) {
        return Err(Error::runtime(format_args!(
            "fold: output_size is positive and below 2^31, got {rows} and {columns}"
        )));
    }
    if !matches!(a.tensor("input")?.rank(), 2 | 3) {
        return Err(Error::runtime("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size"));
    }
    let (x, has_batch) = batched(s, a, 3)?;
    let counts = windows.counts([rows, columns], "fold")?;
    let window = windows.kernel[0] * windows.kernel[1];
    let (batch, parts, given) = (x.ty().shape[0].clone(), x.ty().shape[1].clone(), x.ty().shape[2].clone());
    let channels = parts.as_known().filter(|n| n % window == 0).map(|n| n / window);
    let Some(channels) = channels else {
        return Err(Error::runtime(format_args!(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got \
             input.size(1)={parts} and kernel_size={:?}",
            windows.kernel
        )));
    };
    if given != counts[0] * counts[1] {
        return Err(Error::runtime(format_args!(
            "Given output_size={:?}, kernel_size={:?}, dilation={:?}, padding={:?}, stride={:?}, expected size of input's \
             dimension 2 to match the calculated number of sliding blocks {} * {}, but got input.size(2)={given}.",
            [rows, columns],
            windows.kernel,
            windows.dilation,
            windows.padding,
            windows.stride,
            counts[0],
            counts[1]
        )));
    }
    let [high, wide] = [rows + 2 * windows.padding[0], columns + 2 * windows.padding[1]];
    let dtype = x.ty().dtype;
    let parts = s.reshape(&x, smallvec![batch.clone(), Dim::known(channels), Dim::known(window), given])?;
    let places = windows.places(s, counts, wide)?;
    let empty: Shape = smallvec![batch.clone(), Dim::known(channels), Dim::known(high * wide)];
    let empty = filled(s, &empty, flashlight_compiler::types::Scalar::Int(0), dtype)?;
    let sums = s.emit_one(Op::TakeAdd, attrs![2u32], &[empty, places, parts])?;
    let image = s.reshape(&sums, smallvec![batch.clone(), Dim::known(channels), Dim::known(high), Dim::known(wide)])?;
    let start: Shape = [0, 0, windows.padding[0], windows.padding[1]].iter().map(|&n| Dim::known(n)).collect();
    let size: Shape = smallvec![batch, Dim::known(channels), Dim::known(rows), Dim::known(columns)];
    let image = s.apply(Op::Slice, attrs![start, size, smallvec![Dim::known(1); 4] as Shape], &[image])?;
    without_batch(s, &image, has_batch)
}

const RESIZE: &str = "(Tensor input, ints? size=None, floats? scale_factor=None, str mode=\"nearest\", \
                      bool? align_corners=None, bool? recompute_scale_factor=None, bool antialias=False)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "interpolate",
        Places::FUNCTIONAL,
        &[one(RESIZE, interpolate)],
        "Images `[N, C, ..]` of another size, or enlarged by factors: 'nearest', 'nearest-exact', 'linear', 'bilinear', \
         'trilinear', 'bicubic' or 'area'. Refuses antialias.",
    ),
    row(
        "upsample",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, ints? size=None, floats? scale_factor=None, str mode=\"nearest\", bool? align_corners=None)",
            interpolate,
        )],
        "As interpolate.",
    ),
    row(
        "upsample_nearest",
        Places::FUNCTIONAL,
        &[one("(Tensor input, ints? size=None, floats? scale_factor=None)", interpolate)],
        "As interpolate with mode 'nearest'.",
    ),
    row(
        "upsample_bilinear",
        Places::FUNCTIONAL,
        &[one("(Tensor input, ints? size=None, floats? scale_factor=None)", interpolate)],
        "As interpolate with mode 'bilinear' and align_corners.",
    ),
    row(
        "pixel_shuffle",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, int upscale_factor)", pixel_shuffle)],
        "Channels `[.., C * r * r, H, W]` as pixels `[.., C, H * r, W * r]`.",
    ),
    row(
        "pixel_unshuffle",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, int downscale_factor)", pixel_unshuffle)],
        "Pixels `[.., C, H * r, W * r]` as channels `[.., C * r * r, H, W]`.",
    ),
    row(
        "channel_shuffle",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, int groups)", channel_shuffle)],
        "Channels in groups, one of each group after the other.",
    ),
    row(
        "native_channel_shuffle",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, int groups)", channel_shuffle)],
        "The same as channel_shuffle.",
    ),
    row(
        "unfold",
        Places::FUNCTIONAL,
        &[one("(Tensor input, ints kernel_size, ints dilation=1, ints padding=0, ints stride=1)", unfold)],
        "The windows of images `[N, C, H, W]` as columns `[N, C * window, windows]`.",
    ),
    row(
        "fold",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, ints output_size, ints kernel_size, ints dilation=1, ints padding=0, ints stride=1)",
            fold,
        )],
        "Images that are the sums of windows given as columns.",
    ),
];
