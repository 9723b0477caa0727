//! Reductions, accumulated no narrower than torch does.

use flashlight_compiler::ops::Reduction;
use flashlight_compiler::types::{DType, Scalar};

use super::Site;
use super::creation::number;
use crate::device::Device;
use crate::error::Result;
use crate::mlx::{self, Array};

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
