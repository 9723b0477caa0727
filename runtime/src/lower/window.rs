//! Reductions of windows, one axis after the other: each step folds strided slices of the padded operand.

use flashlight_compiler::ops::Window;
use flashlight_compiler::types::{DType, Kind, Scalar};
use smallvec::smallvec;

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array, Stream};
use crate::value::Sizes;

/// The windows along one axis.
struct Along {
    axis: usize,
    count: i32,
    size: i32,
    stride: i32,
    dilation: i32,
}

impl Along {
    /// Of each window its element `place`.
    fn slice(&self, x: &Array, place: i32, s: &Stream) -> mlx::Called<Array> {
        let rank = x.shape().len();
        let (mut start, mut stop): (Sizes, Sizes) = (smallvec![0; rank], x.shape().into());
        let mut step: Sizes = smallvec![1; rank];
        start[self.axis] = place * self.dilation;
        stop[self.axis] = start[self.axis] + (self.count - 1) * self.stride + 1;
        step[self.axis] = self.stride;
        mlx::slice(x, &start, &stop, &step, s)
    }

    fn fold(&self, x: &Array, with: fn(&Array, &Array, &Stream) -> mlx::Called<Array>, s: &Stream) -> Result<Array> {
        let mut whole = self.slice(x, 0, s)?;
        for place in 1..self.size {
            whole = with(&whole, &self.slice(x, place, s)?, s)?;
        }
        Ok(whole)
    }

    /// The first largest and where it was.
    fn first(&self, x: &Array, at: &Array, s: &Stream) -> Result<(Array, Array)> {
        let (mut best, mut place) = (self.slice(x, 0, s)?, self.slice(at, 0, s)?);
        for i in 1..self.size {
            let (next, there) = (self.slice(x, i, s)?, self.slice(at, i, s)?);
            // NaN is not at most anything.
            let better = mlx::logical_not(&mlx::less_equal(&next, &best, s)?, s)?;
            let settled = mlx::logical_and(&mlx::not_equal(&best, &best, s)?, &mlx::equal(&next, &next, s)?, s)?;
            let better = mlx::logical_and(&better, &mlx::logical_not(&settled, s)?, s)?;
            best = mlx::select(&better, &next, &best, s)?;
            place = mlx::select(&better, &there, &place, s)?;
        }
        Ok((best, place))
    }
}

pub(super) fn lower(op: Window, site: &Site<'_>) -> Result<Array> {
    let s = site.stream;
    let shape = site.result_shape()?;
    if shape.contains(&0) {
        return Ok(mlx::broadcast_to(&number(Scalar::Int(0), site.result.dtype), &shape, s)?);
    }
    let (size, stride, dilation) = (site.dims("size")?, site.dims("stride")?, site.dims("dilation")?);
    let axes: Vec<Along> = (0..size.len())
        .map(|i| Along { axis: i + 1, count: shape[i + 1], size: size[i], stride: stride[i], dilation: dilation[i] })
        .collect();
    match op {
        Window::WindowSum => {
            let half = matches!(site.dtype(), DType::F16 | DType::BF16);
            let x = if half { mlx::cast(site.inputs[0], DType::F32, s)? } else { site.inputs[0].another() };
            let dtype = if half { DType::F32 } else { site.dtype() };
            let mut x = padded(site, &x, &number(Scalar::Int(0), dtype))?;
            for along in axes.iter().rev() {
                x = along.fold(&x, mlx::add, s)?;
            }
            Ok(x)
        }
        Window::WindowMax => {
            let mut x = padded(site, site.inputs[0], &smallest(site.dtype()))?;
            for along in axes.iter().rev() {
                x = along.fold(&x, mlx::maximum, s)?;
            }
            Ok(x)
        }
        Window::WindowArgmax => {
            let mut x = padded(site, site.inputs[0], &smallest(site.dtype()))?;
            let mut at = mlx::broadcast_to(&places(site, x.shape())?, x.shape(), s)?;
            for along in axes.iter().rev() {
                (x, at) = along.first(&x, &at, s)?;
            }
            Ok(at)
        }
    }
}

/// What no element is smaller than.
fn smallest(dtype: DType) -> Array {
    let least = match dtype.kind() {
        Kind::Integer => Scalar::Int(match dtype {
            DType::I8 => i8::MIN.into(),
            DType::I16 => i16::MIN.into(),
            DType::I32 => i32::MIN.into(),
            DType::I64 => i64::MIN,
            _ => 0,
        }),
        _ => Scalar::Float(f64::NEG_INFINITY),
    };
    number(least, dtype)
}

fn padded(site: &Site<'_>, x: &Array, around: &Array) -> Result<Array> {
    let (low, high) = (site.dims("low")?, site.dims("high")?);
    if low.iter().chain(&high).all(|&n| n == 0) {
        return Ok(x.another());
    }
    let mut shape: Sizes = x.shape().into();
    let (mut start, mut stop): (Sizes, Sizes) = (smallvec![0; shape.len()], shape.clone());
    for i in 0..low.len() {
        shape[i + 1] += low[i] + high[i];
        start[i + 1] = low[i];
        stop[i + 1] += low[i];
    }
    let step: Sizes = smallvec![1; shape.len()];
    let around = mlx::broadcast_to(around, &shape, site.stream)?;
    Ok(mlx::slice_update(&around, x, &start, &stop, &step, site.stream)?)
}

/// The place of each element of the padded operand, row by row; in the padding that of the nearest element.
fn places(site: &Site<'_>, padded: &[i32]) -> Result<Array> {
    let (s, rank) = (site.stream, padded.len());
    let low = site.dims("low")?;
    let mut all = number(Scalar::Int(0), DType::I64);
    for i in 1..rank - 1 {
        let n = i64::from(site.shape(0)[i]);
        let steps = mlx::arange(f64::from(padded[i]), DType::I64, s)?;
        let steps = mlx::subtract(&steps, &number(Scalar::Int(low[i - 1].into()), DType::I64), s)?;
        let steps = mlx::maximum(&steps, &number(Scalar::Int(0), DType::I64), s)?;
        let steps = mlx::minimum(&steps, &number(Scalar::Int(n - 1), DType::I64), s)?;
        let mut line: Sizes = smallvec![1; rank];
        line[i] = padded[i];
        let steps = mlx::reshape(&steps, &line, s)?;
        all = mlx::add(&mlx::multiply(&all, &number(Scalar::Int(n), DType::I64), s)?, &steps, s)?;
    }
    Ok(all)
}
