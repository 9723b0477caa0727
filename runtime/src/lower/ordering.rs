//! Ordering ops.

use flashlight_compiler::ops::Ordering;
use flashlight_compiler::types::{DType, Kind, Scalar};

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array};
use crate::value::Sizes;

pub(super) fn lower(op: Ordering, site: &Site<'_>) -> Result<Array> {
    let (s, axis) = (site.stream, site.axis("axis")?);
    let x = match site.dtype() {
        DType::Bool => mlx::cast(site.inputs[0], DType::U8, s)?,
        _ => site.inputs[0].another(),
    };
    match op {
        Ordering::Argsort if site.call.flag("descending")? => {
            // Turned round before and after, so that equal elements keep their order.
            let order = mlx::flip(&mlx::argsort(&mlx::flip(&x, &[axis], s)?, axis, s)?, &[axis], s)?;
            let last = number(Scalar::Int(i64::from(x.shape()[axis as usize]) - 1), DType::I64);
            Ok(mlx::subtract(&last, &mlx::cast(&order, DType::I64, s)?, s)?)
        }
        Ordering::Argsort => Ok(mlx::argsort(&x, axis, s)?),
        Ordering::RunningArgmax => running(site, &x, axis, true),
        Ordering::RunningArgmin => running(site, &x, axis, false),
    }
}

/// The last place so far that holds the extreme so far. Where there was a NaN, the last NaN is it.
fn running(site: &Site<'_>, x: &Array, axis: i32, largest: bool) -> Result<Array> {
    let s = site.stream;
    let extremes = if largest { mlx::cummax } else { mlx::cummin };
    let hits = if site.dtype().kind() == Kind::Float {
        let nan = mlx::not_equal(x, x, s)?;
        let lowest = if largest { f64::NEG_INFINITY } else { f64::INFINITY };
        let numbers = mlx::select(&nan, &number(Scalar::Float(lowest), site.dtype()), x, s)?;
        let best = mlx::equal(x, &extremes(&numbers, axis, s)?, s)?;
        let seen = mlx::cummax(&mlx::cast(&nan, DType::I32, s)?, axis, s)?;
        let before = mlx::logical_not(&mlx::cast(&seen, DType::Bool, s)?, s)?;
        mlx::logical_or(&nan, &mlx::logical_and(&best, &before, s)?, s)?
    } else {
        mlx::equal(x, &extremes(x, axis, s)?, s)?
    };
    let size = x.shape()[axis as usize];
    let mut column: Sizes = x.shape().iter().map(|_| 1).collect();
    column[axis as usize] = size;
    let places = mlx::reshape(&mlx::arange(f64::from(size), DType::I32, s)?, &column, s)?;
    let places = mlx::select(&hits, &places, &number(Scalar::Int(0), DType::I32), s)?;
    Ok(mlx::cummax(&places, axis, s)?)
}
