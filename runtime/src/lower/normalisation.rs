//! Softmax and norms.

use flashlight_compiler::ops::Normalisation;
use flashlight_compiler::types::{DType, Scalar};

use smallvec::{SmallVec, smallvec};

use super::Site;
use super::creation::number;
use super::elementwise::exp;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::mlx::{self, Array};
use crate::value::Sizes;

pub(super) fn lower(op: Normalisation, site: &Site<'_>) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    match op {
        // Of no elements there is nothing to normalise, and MLX's maximum of them is an error.
        Normalisation::Softmax | Normalisation::LogSoftmax | Normalisation::LayerNorm | Normalisation::RmsNorm
            if x.shape().contains(&0) =>
        {
            Ok(x.another())
        }
        Normalisation::Softmax if site.dtype() == DType::F64 => {
            let axis = site.axis("axis")?;
            let powers = exp(&shifted(site, axis)?, DType::F64, s)?;
            Ok(mlx::divide(&powers, &kept(&mlx::sum(&powers, &[axis], s)?, site, axis)?, s)?)
        }
        Normalisation::Softmax => Ok(mlx::softmax(x, site.axis("axis")?, s)?),
        Normalisation::LogSoftmax => {
            // From the maximum down, so that large inputs keep their digits.
            let axis = site.axis("axis")?;
            let shifted = shifted(site, axis)?;
            let total = kept(&logsumexp(&shifted, site, axis)?, site, axis)?;
            Ok(mlx::subtract(&shifted, &total, s)?)
        }
        Normalisation::Logsumexp if x.shape().contains(&0) => {
            let none = number(Scalar::Float(f64::NEG_INFINITY), site.result.dtype);
            Ok(mlx::broadcast_to(&none, &site.result_shape()?, s)?)
        }
        Normalisation::Logsumexp if site.dtype() == DType::F64 => {
            let axis = site.axis("axis")?;
            // An infinite maximum is the answer, and would make NaN of the differences.
            let largest = mlx::max(x, &[axis], s)?;
            let total = logsumexp(&shifted(site, axis)?, site, axis)?;
            let sum = mlx::add(&largest, &total, s)?;
            let infinite = mlx::equal(&mlx::abs(&largest, s)?, &number(Scalar::Float(f64::INFINITY), DType::F64), s)?;
            Ok(mlx::select(&infinite, &largest, &sum, s)?)
        }
        Normalisation::Logsumexp => Ok(mlx::logsumexp(x, &[site.axis("axis")?], s)?),
        Normalisation::LayerNorm => {
            let eps = site.call.scalar("eps")?;
            // MLX's kernel computes in single precision; on the CPU it is composed of ops, one of which MLX 0.32.2 puts
            // on the calling thread's own stream, where no other thread can evaluate it.
            if site.device == Device::Cpu || site.dtype() == DType::F64 {
                layer_norm(site, eps)
            } else {
                Ok(mlx::layer_norm(x, eps.as_f64() as f32, s)?)
            }
        }
        Normalisation::BatchNorm => Err(Error::internal("batch_norm is lowered with all its results")),
        Normalisation::RmsNorm => {
            let eps = site.call.scalar("eps")?;
            if site.dtype() == DType::F64 {
                by_root_mean_square(site, x, eps)
            } else {
                Ok(mlx::rms_norm(x, eps.as_f64() as f32, s)?)
            }
        }
    }
}

/// Batch norm: the result, and mean and variance of each place along the axis. In single precision at least.
pub(super) fn per_place(site: &Site<'_>) -> Result<SmallVec<[Array; 1]>> {
    let (s, axis, eps) = (site.stream, site.axis("axis")?, site.call.scalar("eps")?);
    let dtype = if site.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let cast = |x: &Array| if x.dtype() == dtype { Ok(x.another()) } else { mlx::cast(x, dtype, s) };
    let (x, weight, bias) = (cast(site.inputs[0])?, cast(site.inputs[1])?, cast(site.inputs[2])?);
    if x.shape().contains(&0) {
        return Ok(smallvec![x, weight.another(), weight]);
    }
    let others: Sizes = (0..x.shape().len() as i32).filter(|i| *i != axis).collect();
    let mut line: Sizes = smallvec![1; x.shape().len()];
    line[axis as usize] = x.shape()[axis as usize];
    let share = others.iter().map(|&i| f64::from(x.shape()[i as usize])).product::<f64>();
    let share = number(Scalar::Float(share), dtype);
    let mean = |x: &Array| mlx::divide(&mlx::sum(x, &others, s)?, &share, s);
    let along = |x: &Array| mlx::reshape(x, &line, s);
    let level = mean(&x)?;
    let centred = mlx::subtract(&x, &along(&level)?, s)?;
    let variance = mean(&mlx::multiply(&centred, &centred, s)?)?;
    let scale = mlx::rsqrt(&mlx::add(&variance, &number(eps, dtype), s)?, s)?;
    let scaled = mlx::multiply(&centred, &along(&mlx::multiply(&scale, &weight, s)?)?, s)?;
    Ok(smallvec![mlx::add(&scaled, &along(&bias)?, s)?, level, variance])
}

/// The operand less its maximum along the axis.
fn shifted(site: &Site<'_>, axis: i32) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    Ok(mlx::subtract(x, &kept(&mlx::max(x, &[axis], s)?, site, axis)?, s)?)
}

/// The logarithm of the sum of powers of e, in the operand's precision; the largest operand is 0.
fn logsumexp(shifted: &Array, site: &Site<'_>, axis: i32) -> Result<Array> {
    let s = site.stream;
    if site.dtype() != DType::F64 {
        return Ok(mlx::logsumexp(shifted, &[axis], s)?);
    }
    Ok(mlx::log(&mlx::sum(&exp(shifted, DType::F64, s)?, &[axis], s)?, s)?)
}

/// A reduced value with its axis back, of size 1.
fn kept(reduced: &Array, site: &Site<'_>, axis: i32) -> Result<Array> {
    let mut shape: Sizes = site.shape(0).into();
    shape[axis as usize] = 1;
    Ok(mlx::reshape(reduced, &shape, site.stream)?)
}

/// The mean over the last axis, which stays with size 1.
fn mean(site: &Site<'_>, of: &Array, dtype: DType) -> Result<Array> {
    let axis = site.shape(0).len() as i32 - 1;
    let count = number(Scalar::Int(i64::from(site.shape(0)[axis as usize])), dtype);
    kept(&mlx::divide(&mlx::sum(of, &[axis], site.stream)?, &count, site.stream)?, site, axis)
}

/// In single precision at least.
fn layer_norm(site: &Site<'_>, eps: Scalar) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    if site.dtype() == DType::F64 {
        return by_root_mean_square(site, &mlx::subtract(x, &mean(site, x, DType::F64)?, s)?, eps);
    }
    let x = mlx::cast(x, DType::F32, s)?;
    let centred = mlx::subtract(&x, &mean(site, &x, DType::F32)?, s)?;
    Ok(mlx::cast(&mlx::rms_norm(&centred, eps.as_f64() as f32, s)?, site.dtype(), s)?)
}

fn by_root_mean_square(site: &Site<'_>, x: &Array, eps: Scalar) -> Result<Array> {
    let (s, dtype) = (site.stream, site.dtype());
    let square = mean(site, &mlx::multiply(x, x, s)?, dtype)?;
    Ok(mlx::multiply(x, &mlx::rsqrt(&mlx::add(&square, &number(eps, dtype), s)?, s)?, s)?)
}
