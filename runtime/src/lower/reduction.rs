//! Reductions, accumulated no narrower than torch does.

use flashlight_compiler::ops::Reduction;
use flashlight_compiler::types::{DType, Scalar};

use super::Site;
use super::creation::number;
use crate::device::Device;
use crate::error::Result;
use crate::mlx::{self, Array};
use crate::value::Sizes;

pub(super) fn lower(op: Reduction, site: &Site<'_>) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    let truth = site.dtype() == DType::Bool;
    match op {
        Reduction::Sum => Ok(mlx::sum(&wide(site)?, &site.axes("dims")?, s)?),
        Reduction::Prod if truth => Ok(mlx::all(x, &site.axes("dims")?, s)?),
        Reduction::Prod => Ok(mlx::prod(&wide(site)?, &site.axes("dims")?, s)?),
        Reduction::Amax if truth => Ok(mlx::any(x, &site.axes("dims")?, s)?),
        Reduction::Amin if truth => Ok(mlx::all(x, &site.axes("dims")?, s)?),
        Reduction::Amax => Ok(mlx::max(x, &site.axes("dims")?, s)?),
        Reduction::Amin => Ok(mlx::min(x, &site.axes("dims")?, s)?),
        // Nothing to look at, and nothing to answer: MLX refuses it.
        Reduction::Argmax | Reduction::Argmin if x.shape().contains(&0) => {
            Ok(mlx::broadcast_to(&number(Scalar::Int(0), site.result.dtype), &site.result_shape()?, s)?)
        }
        Reduction::Argmax | Reduction::Argmin => {
            let (axis, largest) = (site.axis("axis")?, op == Reduction::Argmax);
            let at = if largest { mlx::argmax(x, axis, s)? } else { mlx::argmin(x, axis, s)? };
            if !site.dtype().is_float() {
                return Ok(at);
            }
            // The first NaN, where there is one, is the extreme; MLX passes over it.
            let nan = mlx::not_equal(x, x, s)?;
            let there = mlx::any(&nan, &[axis], s)?;
            let first = mlx::argmax(&mlx::cast(&nan, DType::U8, s)?, axis, s)?;
            Ok(mlx::select(&there, &first, &at, s)?)
        }
        Reduction::Logcumsumexp if site.dtype() == DType::F64 => running_logsumexp(site),
        Reduction::Logcumsumexp => {
            Ok(mlx::logcumsumexp(&wide(site)?, site.axis("axis")?, site.call.flag("reverse")?, s)?)
        }
        // MLX divides by the size of what it scans.
        Reduction::Cumsum if x.shape().contains(&0) => Ok(mlx::cast(x, site.result.dtype, s)?),
        Reduction::Cumsum => {
            // A running sum has no pairs to fold: torch keeps it in double precision on the CPU.
            let double = site.device == Device::Cpu && site.result.dtype.is_float();
            let x = if double { mlx::cast(x, DType::F64, s)? } else { wide(site)? };
            Ok(mlx::cumsum(&x, site.axis("axis")?, site.call.flag("reverse")?, s)?)
        }
    }
}

/// The operand as the type that sums are counted in: integers as the result's, halves in single precision.
fn wide(site: &Site<'_>) -> Result<Array> {
    let dtype = match site.result.dtype {
        DType::F16 | DType::BF16 => DType::F32,
        other => other,
    };
    Ok(if dtype == site.dtype() { site.inputs[0].another() } else { mlx::cast(site.inputs[0], dtype, site.stream)? })
}

/// The logarithm of the running sum of powers, in double precision, which MLX's own has not: pairs, then fours, then eights.
fn running_logsumexp(site: &Site<'_>) -> Result<Array> {
    let (s, axis) = (site.stream, site.axis("axis")? as usize);
    let reverse = site.call.flag("reverse")?;
    let mut sums = site.inputs[0].another();
    let size = sums.shape()[axis];
    let window = |x: &Array, from: i32, to: i32| {
        let (mut start, mut stop): (Sizes, Sizes) = (x.shape().iter().map(|_| 0).collect(), x.shape().into());
        (start[axis], stop[axis]) = (from, to);
        let step: Sizes = x.shape().iter().map(|_| 1).collect();
        mlx::slice(x, &start, &stop, &step, s)
    };
    let mut width = 1;
    while width < size {
        let (near, far) = (window(&sums, width, size)?, window(&sums, 0, size - width)?);
        let largest = mlx::maximum(&near, &far, s)?;
        let smallest = mlx::minimum(&near, &far, s)?;
        let apart = mlx::subtract(&smallest, &largest, s)?;
        let power = super::elementwise::exp(&apart, DType::F64, s)?;
        let sum = mlx::add(&largest, &mlx::log1p(&power, s)?, s)?;
        // Of two infinite ones the difference is NaN, and the larger is the sum.
        let endless = mlx::equal(&near, &far, s)?;
        let two = mlx::add(&largest, &number(Scalar::Float(std::f64::consts::LN_2), DType::F64), s)?;
        let sum = mlx::select(&endless, &two, &sum, s)?;
        sums = if reverse {
            mlx::concatenate(&[&sum, &window(&sums, size - width, size)?], axis as i32, s)?
        } else {
            mlx::concatenate(&[&window(&sums, 0, width)?, &sum], axis as i32, s)?
        };
        width *= 2;
    }
    Ok(sums)
}
