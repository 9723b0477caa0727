//! Indexing ops. Indices are brought into range first: MLX reads and writes wherever they point.

use flashlight_compiler::ops::Indexing;
use flashlight_compiler::types::{DType, Scalar};

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array};
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
        Indexing::TakeAdd => {
            // MLX wants the indices' axes in front, and a 1 where they were.
            let (axis, rank) = (axis as usize, index.shape().len());
            let update = site.inputs[2];
            let all = update.shape().len();
            let order: Sizes = (axis..axis + rank).chain(0..axis).chain(axis + rank..all).map(|a| a as i32).collect();
            let front = if all > 1 { mlx::transpose(update, &order, s)? } else { update.another() };
            let mut shape: Sizes = front.shape().into();
            shape.insert(rank + axis, 1);
            Ok(mlx::scatter_add(x, &index, &mlx::reshape(&front, &shape, s)?, axis as i32, s)?)
        }
    }
}

/// No index, nothing read or written.
fn nowhere(op: Indexing, site: &Site<'_>) -> Result<Array> {
    match op {
        Indexing::Take | Indexing::Gather => {
            let zero = number(Scalar::Int(0), site.result.dtype);
            Ok(mlx::broadcast_to(&zero, &site.result_shape()?, site.stream)?)
        }
        Indexing::TakeAdd | Indexing::ScatterAdd => Ok(site.inputs[0].another()),
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
