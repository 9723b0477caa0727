//! Reductions, accumulated no narrower than torch does.

use flashlight_compiler::ops::Reduction;
use flashlight_compiler::types::DType;

use super::Site;
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
        Reduction::Argmax => Ok(mlx::argmax(x, site.axis("axis")?, s)?),
        Reduction::Argmin => Ok(mlx::argmin(x, site.axis("axis")?, s)?),
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
