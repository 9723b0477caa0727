//! Attention: MLX's fused kernel on GPUs, and on the CPU products around a softmax.

use flashlight_compiler::types::DType;

use super::Site;
use super::creation::number;
use crate::blas;
use crate::device::Device;
use crate::error::Result;
use crate::mlx::{self, Array};
use crate::value::Sizes;

pub(super) fn lower(site: &Site<'_>) -> Result<Array> {
    let (s, scale) = (site.stream, site.call.scalar("scale")?);
    let (q, k, v) = (site.inputs[0], site.inputs[1], site.inputs[2]);
    let mask = site.inputs.get(3).copied();
    if site.device != Device::Cpu && q.shape().len() == 4 {
        return Ok(mlx::attention(q, k, v, mask, scale.as_f64() as f32, s)?);
    }
    // In single precision at least.
    let dtype = if site.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let wide = |x: &Array| if x.dtype() == dtype { Ok(x.another()) } else { mlx::cast(x, dtype, s) };
    let rank = q.shape().len();
    let mut swapped: Sizes = (0..rank as i32).collect();
    swapped.swap(rank - 1, rank - 2);
    let scaled = mlx::multiply(&wide(q)?, &number(scale, dtype), s)?;
    let mut scores = product(site, &scaled, &mlx::transpose(&wide(k)?, &swapped, s)?)?;
    if let Some(mask) = mask {
        scores = mlx::add(&scores, &wide(mask)?, s)?;
    }
    let last = rank as i32 - 1;
    let weights = if dtype == DType::F64 {
        // MLX's softmax has single precision.
        let mut line: Sizes = scores.shape().into();
        line[rank - 1] = 1;
        let largest = mlx::reshape(&mlx::max(&scores, &[last], s)?, &line, s)?;
        let powers = super::elementwise::exp(&mlx::subtract(&scores, &largest, s)?, dtype, s)?;
        let total = mlx::reshape(&mlx::sum(&powers, &[last], s)?, &line, s)?;
        mlx::divide(&powers, &total, s)?
    } else {
        mlx::softmax(&scores, last, s)?
    };
    product(site, &weights, &wide(v)?)
}

/// A product by the BLAS library, where it is there.
fn product(site: &Site<'_>, x: &Array, y: &Array) -> Result<Array> {
    if site.device == Device::Cpu && super::native::is_on() && blas::is_open()? {
        return Ok(mlx::gemm(x, y, None, 1.0, 0.0, site.stream)?);
    }
    Ok(mlx::matmul(x, y, site.stream)?)
}
