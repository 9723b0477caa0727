//! Indexing ops. Indices are brought into range first: MLX reads and writes wherever they point.

use flashlight_compiler::ops::Indexing;
use flashlight_compiler::types::{DType, Scalar};

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array, Stream};
use crate::value::Sizes;

pub(super) fn lower(op: Indexing, site: &Site<'_>) -> Result<Array> {
    let (s, x, axis) = (site.stream, site.inputs[0], site.axis("axis")?);
    if site.shape(1).contains(&0) {
        return nowhere(op, site);
    }
    let index = in_range(site, axis)?;
    match op {
        Indexing::Take => Ok(mlx::take(x, &index, axis, s)?),
        Indexing::Gather => Ok(mlx::take_along(x, &index, axis, s)?),
        Indexing::ScatterAdd => Ok(mlx::scatter_add_along(x, &index, site.inputs[2], axis, s)?),
        Indexing::Scatter => Ok(mlx::put_along(x, &index, site.inputs[2], axis, s)?),
        Indexing::ScatterMax => fold(mlx::Fold::Max, site, &index, axis),
        Indexing::ScatterMin => fold(mlx::Fold::Min, site, &index, axis),
        Indexing::ScatterProd => scattered(mlx::Fold::Prod, x, &index, site.inputs[2], axis, s),
        Indexing::TakeAdd | Indexing::TakePut => {
            // MLX wants the indices' axes in front, and a 1 where they were.
            let (axis, rank) = (axis as usize, index.shape().len());
            let update = site.inputs[2];
            let all = update.shape().len();
            let order: Sizes = (axis..axis + rank).chain(0..axis).chain(axis + rank..all).map(|a| a as i32).collect();
            let front = if all > 1 { mlx::transpose(update, &order, s)? } else { update.another() };
            let mut shape: Sizes = front.shape().into();
            shape.insert(rank + axis, 1);
            let update = mlx::reshape(&front, &shape, s)?;
            let call = if op == Indexing::TakePut { mlx::scatter } else { mlx::scatter_add };
            Ok(call(x, &index, &update, axis as i32, s)?)
        }
    }
}

/// Folds each element of the update into the one that its index names along an axis.
fn scattered(fold: mlx::Fold, x: &Array, index: &Array, update: &Array, axis: i32, s: &Stream) -> Result<Array> {
    let rank = x.shape().len();
    let mut indices = Vec::with_capacity(rank);
    for other in 0..rank {
        if other == axis as usize {
            indices.push(index.another());
            continue;
        }
        let mut column: Sizes = x.shape().iter().map(|_| 1).collect();
        column[other] = index.shape()[other];
        let places = mlx::arange(f64::from(column[other]), index.dtype(), s)?;
        // MLX would spread them on a stream of its own choice.
        indices.push(mlx::broadcast_to(&mlx::reshape(&places, &column, s)?, index.shape(), s)?);
    }
    let mut shape: Sizes = update.shape().into();
    shape.extend(x.shape().iter().map(|_| 1));
    Ok(mlx::scatter_fold(fold, x, &indices, &mlx::reshape(update, &shape, s)?, s)?)
}

/// The extreme of what meets at each place. MLX passes over NaN: places that meet one are told apart.
fn fold(fold: mlx::Fold, site: &Site<'_>, index: &Array, axis: i32) -> Result<Array> {
    let (s, x, update) = (site.stream, site.inputs[0], site.inputs[2]);
    let dtype = site.dtype();
    if !dtype.is_float() {
        let narrow = |x: &Array| if dtype == DType::Bool { mlx::cast(x, DType::U8, s) } else { Ok(x.another()) };
        return scattered(fold, &narrow(x)?, index, &narrow(update)?, axis, s);
    }
    let most = if matches!(fold, mlx::Fold::Max) { f64::NEG_INFINITY } else { f64::INFINITY };
    let (most, zero) = (number(Scalar::Float(most), dtype), number(Scalar::Float(0.0), dtype));
    let none = number(Scalar::Float(f64::NAN), dtype);
    let numbers = |x: &Array| -> Result<(Array, Array)> {
        let nan = mlx::not_equal(x, x, s)?;
        Ok((mlx::select(&nan, &most, x, s)?, mlx::select(&nan, &none, &zero, s)?))
    };
    let ((x, odd), (update, odd_update)) = (numbers(x)?, numbers(update)?);
    let extreme = scattered(fold, &x, index, &update, axis, s)?;
    // Sums of zeros, and of NaN where there is one: nothing changes but the places of NaN.
    let odd = mlx::scatter_add_along(&odd, index, &odd_update, axis, s)?;
    Ok(mlx::select(&mlx::equal(&odd, &odd, s)?, &extreme, &odd, s)?)
}

/// No index, nothing read or written.
fn nowhere(op: Indexing, site: &Site<'_>) -> Result<Array> {
    match op {
        Indexing::Take | Indexing::Gather => {
            let zero = number(Scalar::Int(0), site.result.dtype);
            Ok(mlx::broadcast_to(&zero, &site.result_shape()?, site.stream)?)
        }
        Indexing::TakeAdd
        | Indexing::TakePut
        | Indexing::ScatterAdd
        | Indexing::Scatter
        | Indexing::ScatterMax
        | Indexing::ScatterMin
        | Indexing::ScatterProd => Ok(site.inputs[0].another()),
    }
}

fn in_range(site: &Site<'_>, axis: i32) -> Result<Array> {
    let (s, index, dtype) = (site.stream, site.inputs[1], site.call.inputs[1].dtype);
    let last = i64::from(site.shape(0)[axis as usize]) - 1;
    // A narrow index type may not reach the last element, and then needs no upper bound.
    let reach = match dtype {
        DType::I8 => i64::from(i8::MAX),
        DType::U8 => i64::from(u8::MAX),
        DType::I16 => i64::from(i16::MAX),
        DType::U16 => i64::from(u16::MAX),
        _ => i64::from(i32::MAX),
    };
    let below =
        if last <= reach { mlx::minimum(index, &number(Scalar::Int(last), dtype), s)? } else { index.another() };
    match dtype {
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => Ok(below),
        _ => Ok(mlx::maximum(&below, &number(Scalar::Int(0), dtype), s)?),
    }
}
