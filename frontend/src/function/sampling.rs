//! Images and volumes looked at between their elements: `grid_sample`, and the grids of affine maps.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::SmallVec;

use super::{Arguments, Function, Places, call::sizes, compose::torch_name, indexing::filled, one, row};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

fn dims(list: &[i64]) -> Shape {
    list.iter().map(|&n| Dim::known(n)).collect()
}

/// How an element between others is made of them.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Linear,
    Nearest,
    Cubic,
}

/// What there is outside.
#[derive(Clone, Copy, PartialEq)]
enum Outside {
    Zeros,
    Border,
    Reflection,
}

/// How a grid is to be read.
struct Reading {
    mode: Mode,
    outside: Outside,
    /// Whether -1 and 1 are the middles of the outermost elements, not their outer edges.
    middles: bool,
}

impl Reading {
    fn named(a: &Arguments) -> Result<Self> {
        let (mode, outside) = (a.text("mode")?, a.text("padding_mode")?);
        let mode = match mode {
            "bilinear" => Mode::Linear,
            "nearest" => Mode::Nearest,
            "bicubic" => Mode::Cubic,
            _ => {
                return Err(Error::value(format_args!(
                    "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: \
                     '{mode}'"
                )));
            }
        };
        let outside = match outside {
            "zeros" => Outside::Zeros,
            "border" => Outside::Border,
            "reflection" => Outside::Reflection,
            _ => {
                return Err(Error::value(format_args!(
                    "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but \
                     got: '{outside}'"
                )));
            }
        };
        Ok(Self { mode, outside, middles: a.flag("align_corners")? })
    }

    fn numbered(a: &Arguments) -> Result<Self> {
        let mode = match a.int("interpolation_mode")? {
            0 => Mode::Linear,
            1 => Mode::Nearest,
            2 => Mode::Cubic,
            n => {
                return Err(Error::runtime(format_args!("grid_sampler: interpolation_mode {n} is none of 0, 1 and 2")));
            }
        };
        let outside = match a.int("padding_mode")? {
            0 => Outside::Zeros,
            1 => Outside::Border,
            2 => Outside::Reflection,
            n => return Err(Error::runtime(format_args!("grid_sampler: padding_mode {n} is none of 0, 1 and 2"))),
        };
        Ok(Self { mode, outside, middles: a.flag("align_corners")? })
    }

    /// Coordinates from -1 to 1 as places between the elements of an axis.
    fn place(&self, s: &mut Scope<'_>, x: &Value, size: i64) -> Result<Value> {
        let moved = s.with_number(Op::Add, x, 1.0)?;
        if self.middles {
            let share = s.with_number(Op::Mul, &moved, 0.5)?;
            return s.with_number(Op::Mul, &share, (size - 1) as f64);
        }
        let scaled = s.with_number(Op::Mul, &moved, size as f64)?;
        let scaled = s.with_number(Op::Sub, &scaled, 1.0)?;
        s.with_number(Op::Mul, &scaled, 0.5)
    }

    /// Places brought back from outside. On the border, the derivative is that of outside.
    fn inside(&self, s: &mut Scope<'_>, x: &Value, size: i64) -> Result<Value> {
        let x = match self.outside {
            Outside::Zeros => return Ok(x.clone()),
            Outside::Border => x.clone(),
            Outside::Reflection => {
                let (low, span) = if self.middles { (0.0, (size - 1) as f64) } else { (-0.5, size as f64) };
                if span == 0.0 { s.with_number(Op::Mul, x, 0.0)? } else { self.reflected(s, x, low, span)? }
            }
        };
        let (low, high) =
            (s.with_number(Op::LessEqual, &x, 0.0)?, s.with_number(Op::GreaterEqual, &x, (size - 1) as f64)?);
        let x = s.replace(&high, (size - 1) as f64, &x)?;
        s.replace(&low, 0.0, &x)
    }

    fn reflected(&self, s: &mut Scope<'_>, x: &Value, low: f64, span: f64) -> Result<Value> {
        let away = s.with_number(Op::Sub, x, low)?;
        let below = s.with_number(Op::Less, &away, 0.0)?;
        let back = s.unary(Op::Neg, &away)?;
        let away = s.select(&below, &back, &away)?;
        let turns = s.with_number(Op::Div, &away, span)?;
        let turns = s.unary(Op::Floor, &turns)?;
        let whole = s.with_number(Op::Mul, &turns, span)?;
        let rest = s.binary(Op::Sub, &away, &whole)?;
        let odd = s.with_number(Op::Remainder, &turns, 2.0)?;
        let odd = s.with_number(Op::Equal, &odd, 1.0)?;
        let from_end = s.with_number(Op::Mul, &rest, -1.0)?;
        let from_end = s.with_number(Op::Add, &from_end, span)?;
        let there = s.select(&odd, &from_end, &rest)?;
        s.with_number(Op::Add, &there, low)
    }
}

/// One neighbour along an axis: its place, whether it is there, and its weight, if that is not 1.
struct Neighbour {
    place: Value,
    there: Value,
    weight: Option<Value>,
}

fn neighbour(s: &mut Scope<'_>, at: &Value, size: i64, weight: Option<Value>) -> Result<Neighbour> {
    let at = s.unary(Op::StopGradient, at)?;
    let (above, below) =
        (s.with_number(Op::GreaterEqual, &at, 0.0)?, s.with_number(Op::LessEqual, &at, (size - 1) as f64)?);
    let there = s.binary(Op::LogicalAnd, &above, &below)?;
    let place = s.replace(&above, 0.0, &at)?;
    let outside = s.unary(Op::LogicalNot, &there)?;
    let place = s.select(&there, &at, &place)?;
    let place = s.replace(&outside, 0.0, &place)?;
    let place = s.cast(&place, DType::I64)?;
    Ok(Neighbour { place, there, weight })
}

/// The weights of the four nearest elements on a line, by Keys' cubic with -3/4, from how far the second one is away.
fn cubic_weights(s: &mut Scope<'_>, t: &Value) -> Result<Vec<Value>> {
    const A: f64 = -0.75;
    let one = s.number(Scalar::Float(1.0), t.ty().dtype)?;
    let rest = s.binary(Op::Sub, &one, t)?;
    let inner = |s: &mut Scope<'_>, x: &Value| {
        let y = s.with_number(Op::Mul, x, A + 2.0)?;
        let y = s.with_number(Op::Sub, &y, A + 3.0)?;
        let y = s.binary(Op::Mul, &y, x)?;
        let y = s.binary(Op::Mul, &y, x)?;
        s.with_number(Op::Add, &y, 1.0)
    };
    let outer = |s: &mut Scope<'_>, x: &Value| {
        let x = s.with_number(Op::Add, x, 1.0)?;
        let y = s.with_number(Op::Mul, &x, A)?;
        let y = s.with_number(Op::Sub, &y, 5.0 * A)?;
        let y = s.binary(Op::Mul, &y, &x)?;
        let y = s.with_number(Op::Add, &y, 8.0 * A)?;
        let y = s.binary(Op::Mul, &y, &x)?;
        s.with_number(Op::Sub, &y, 4.0 * A)
    };
    Ok(vec![outer(s, t)?, inner(s, t)?, inner(s, &rest)?, outer(s, &rest)?])
}

/// The neighbours along one axis of places in it.
fn neighbours(s: &mut Scope<'_>, x: &Value, size: i64, reading: &Reading) -> Result<Vec<Neighbour>> {
    let place = reading.place(s, x, size)?;
    match reading.mode {
        Mode::Nearest => {
            let place = reading.inside(s, &place, size)?;
            let nearest = s.unary(Op::Round, &place)?;
            Ok(vec![neighbour(s, &nearest, size, None)?])
        }
        Mode::Linear => {
            let place = reading.inside(s, &place, size)?;
            let low = s.unary(Op::Floor, &place)?;
            let high = s.with_number(Op::Add, &low, 1.0)?;
            let (near, far) = (s.binary(Op::Sub, &high, &place)?, s.binary(Op::Sub, &place, &low)?);
            Ok(vec![neighbour(s, &low, size, Some(near))?, neighbour(s, &high, size, Some(far))?])
        }
        Mode::Cubic => {
            let low = s.unary(Op::Floor, &place)?;
            let t = s.binary(Op::Sub, &place, &low)?;
            let mut all = Vec::new();
            for (i, weight) in (-1i32..).zip(cubic_weights(s, &t)?) {
                let at = s.with_number(Op::Add, &low, f64::from(i))?;
                let at = reading.inside(s, &at, size)?;
                all.push(neighbour(s, &at, size, Some(weight))?);
            }
            Ok(all)
        }
    }
}

fn sampled(s: &mut Scope<'_>, a: &Arguments, reading: &Reading) -> Result<Value> {
    let (input, grid) = (a.tensor("input")?, a.tensor("grid")?);
    let (from, at) = (input.shape(), grid.shape());
    if input.dtype() != grid.dtype() || !input.dtype().is_float() {
        return Err(Error::runtime(format_args!(
            "grid_sampler(): expected input and grid to have the same floating dtype, but input has {} and grid has {}",
            torch_name(input.dtype()),
            torch_name(grid.dtype())
        )));
    }
    let rank = from.len();
    let axes = rank.saturating_sub(2);
    if !matches!(rank, 4 | 5) || at.len() != rank {
        return Err(Error::runtime(format_args!(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes {} \
             and grid with sizes {}",
            sizes(&from),
            sizes(&at)
        )));
    }
    let known = |shape: &Shape| shape.iter().map(Dim::as_known).collect::<Option<SmallVec<[i64; 5]>>>();
    let (Some(from), Some(at)) = (known(&from), known(&at)) else {
        return Err(Error::unsupported("torch.nn.functional.grid_sample of unknown sizes"));
    };
    if from[0] != at[0] {
        return Err(Error::runtime(format_args!(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes {from:?} and grid \
             with sizes {at:?}"
        )));
    }
    if at[rank - 1] != axes as i64 {
        return Err(Error::runtime(format_args!(
            "grid_sampler(): expected grid to have size {axes} in last dimension, but got grid with sizes {at:?}"
        )));
    }
    if from[2..].contains(&0) {
        return Err(Error::runtime(format_args!(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {from:?}"
        )));
    }
    let (batch, channels) = (from[0], from[1]);
    let places: i64 = at[1..rank - 1].iter().product();
    let (x, grid) = (s.read(input)?, s.read(grid)?);
    let all: i64 = from[2..].iter().product();
    let flat = s.reshape(&x, dims(&[batch, channels, all]))?;
    let points = s.reshape(&grid, dims(&[batch, places, axes as i64]))?;
    // The grid names the last axis first.
    let mut along = Vec::new();
    for i in 0..axes {
        let of = (axes - 1 - i) as i64;
        let column = s.slice_axis(&points, 2, Dim::known(of), Dim::known(1), 1)?;
        let column = s.reshape(&column, dims(&[batch, places]))?;
        along.push(neighbours(s, &column, from[i + 2], reading)?);
    }
    // Every choice of a neighbour along each axis is a corner.
    let corners: usize = along.iter().map(Vec::len).product();
    let mut sum: Option<Value> = None;
    let spread = dims(&[batch, channels, places]);
    for corner in 0..corners {
        let mut rest = corner;
        let (mut place, mut weight, mut there): (Option<Value>, Option<Value>, Option<Value>) = (None, None, None);
        for (i, line) in along.iter().enumerate() {
            let one = &line[rest % line.len()];
            rest /= line.len();
            place = Some(match place {
                None => one.place.clone(),
                Some(place) => {
                    let place = s.with_number(Op::Mul, &place, from[i + 2])?;
                    s.binary(Op::Add, &place, &one.place)?
                }
            });
            there = Some(match there {
                None => one.there.clone(),
                Some(there) => s.binary(Op::LogicalAnd, &there, &one.there)?,
            });
            weight = match (weight, &one.weight) {
                (Some(weight), Some(own)) => Some(s.binary(Op::Mul, &weight, own)?),
                (weight, own) => weight.or_else(|| own.clone()),
            };
        }
        let (Some(place), Some(there)) = (place, there) else { return Err(Error::internal("an image has an axis")) };
        let over = |s: &mut Scope<'_>, v: &Value| {
            s.emit_one(Op::BroadcastInDim, attrs![spread.clone(), Axes::from_slice(&[0, 2])], std::slice::from_ref(v))
        };
        let place = over(s, &place)?;
        let mut part = s.emit_one(Op::Gather, attrs![2u32], &[flat.clone(), place])?;
        if let Some(weight) = weight {
            let weight = over(s, &weight)?;
            part = s.binary(Op::Mul, &part, &weight)?;
        }
        if reading.outside == Outside::Zeros {
            let outside = s.unary(Op::LogicalNot, &there)?;
            let outside = over(s, &outside)?;
            part = s.replace(&outside, 0.0, &part)?;
        }
        sum = Some(match sum {
            None => part,
            Some(sum) => s.binary(Op::Add, &sum, &part)?,
        });
    }
    let sum = sum.ok_or_else(|| Error::internal("an image has a corner"))?;
    // The nearest element does not change with its place: its derivative there is zero.
    let sum = s.replacing(&grid, sum);
    let shape: SmallVec<[i64; 5]> = [batch, channels].into_iter().chain(at[1..rank - 1].iter().copied()).collect();
    s.reshape(&sum, dims(&shape))
}

/// Coordinates of an axis from -1 to 1.
fn coordinates(s: &mut Scope<'_>, size: i64, middles: bool, dtype: DType) -> Result<Value> {
    if size <= 1 {
        return filled(s, &dims(&[size.max(0)]), Scalar::Float(0.0), dtype);
    }
    let line = s.emit_one(Op::Iota, attrs![Dim::known(size), dtype], &[])?;
    let line = s.with_number(Op::Mul, &line, 2.0 / (size - 1) as f64)?;
    let line = s.with_number(Op::Sub, &line, 1.0)?;
    if middles { Ok(line) } else { s.with_number(Op::Mul, &line, (size - 1) as f64 / size as f64) }
}

fn affine_grid(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (theta, size) = (a.tensor("theta")?, a.ints("size")?);
    if !theta.dtype().is_float() {
        return Err(Error::value(format_args!(
            "Expected theta to have floating point type, but got torch.{}",
            torch_name(theta.dtype()).to_lowercase()
        )));
    }
    let axes = match size.len() {
        4 => 2,
        5 => 3,
        n => {
            return Err(Error::lacking(format_args!(
                "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {:?} \
                 of length {n}.",
                size.as_slice()
            )));
        }
    };
    let shape = theta.shape();
    if shape.len() != 3 || shape[1] != axes as i64 || shape[2] != axes as i64 + 1 {
        return Err(Error::value(format_args!(
            "Expected a batch of {axes}D affine matrices of shape Nx{axes}x{} for size {:?}. Got {}.",
            axes + 1,
            size.as_slice(),
            sizes(&shape)
        )));
    }
    if size.iter().any(|n| *n <= 0) {
        return Err(Error::value(format_args!("Expected non-zero, positive output size. Got {:?}", size.as_slice())));
    }
    let theta = s.read(theta)?;
    let dtype = theta.ty().dtype;
    let middles = a.flag("align_corners")?;
    // (places, axes + 1): the coordinates of each place, the last axis first, and a one.
    let spatial = dims(&size[2..]);
    let places: i64 = size[2..].iter().product();
    let mut columns = Vec::new();
    for i in (0..axes).rev() {
        let line = coordinates(s, size[i + 2], middles, dtype)?;
        let line = s.emit_one(Op::BroadcastInDim, attrs![spatial.clone(), Axes::from_slice(&[i as u32])], &[line])?;
        columns.push(s.reshape(&line, dims(&[places, 1]))?);
    }
    columns.push(filled(s, &dims(&[places, 1]), Scalar::Float(1.0), dtype)?);
    let base = s.emit_one(Op::Concat, attrs![1u32], &columns)?;
    let batch = size[0];
    let base = s.emit_one(
        Op::BroadcastInDim,
        attrs![dims(&[batch, places, axes as i64 + 1]), Axes::from_slice(&[1, 2])],
        &[base],
    )?;
    let turned = s.swap(&theta, 1, 2)?;
    let grid = s.emit_one(Op::Matmul, attrs![], &[base, turned])?;
    let shape: SmallVec<[i64; 5]> = [batch].into_iter().chain(size[2..].iter().copied()).chain([axes as i64]).collect();
    s.reshape(&grid, dims(&shape))
}

const SAMPLER: &str = "(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "grid_sample",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor grid, str mode=\"bilinear\", str padding_mode=\"zeros\", bool? align_corners=None)",
            |s, a| {
                let reading = Reading::named(a)?;
                sampled(s, a, &reading)
            },
        )],
        "The input at the places of a grid, from -1 to 1 along each axis: between its elements linearly, cubically, or the \
         nearest; outside zeros, the border or its reflection.",
    ),
    row(
        "grid_sampler",
        Places::TORCH,
        &[one(SAMPLER, |s, a| {
            let reading = Reading::numbered(a)?;
            sampled(s, a, &reading)
        })],
        "grid_sample with numbers for its modes, in their order.",
    ),
    row(
        "grid_sampler_2d",
        Places::TORCH,
        &[one(SAMPLER, |s, a| {
            let reading = Reading::numbered(a)?;
            sampled(s, a, &reading)
        })],
        "grid_sample of images, with numbers for its modes, in their order.",
    ),
    row(
        "grid_sampler_3d",
        Places::TORCH,
        &[one(SAMPLER, |s, a| {
            let reading = Reading::numbered(a)?;
            sampled(s, a, &reading)
        })],
        "grid_sample of volumes, with numbers for its modes, in their order.",
    ),
    row(
        "affine_grid",
        Places::FUNCTIONAL,
        &[one("(Tensor theta, ints size, bool? align_corners=None)", affine_grid)],
        "The grid that grid_sample reads to show its input through an affine map.",
    ),
    row(
        "affine_grid_generator",
        Places::TORCH,
        &[one("(Tensor theta, ints size, bool align_corners)", affine_grid)],
        "The same as affine_grid.",
    ),
];
