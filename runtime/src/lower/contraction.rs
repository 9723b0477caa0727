//! Contractions through MLX's own kernels.

use flashlight_compiler::ops::Contraction;
use flashlight_compiler::types::DType;

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array};

pub(super) fn lower(op: Contraction, site: &Site<'_>) -> Result<Array> {
    let s = site.stream;
    match op {
        Contraction::Matmul => Ok(mlx::matmul(site.inputs[0], site.inputs[1], s)?),
        Contraction::Addmm => {
            let (alpha, beta) = (site.call.scalar("alpha")?, site.call.scalar("beta")?);
            let [c, a, b] = [site.inputs[0], site.inputs[1], site.inputs[2]];
            let (alpha_f, beta_f) = (alpha.as_f64(), beta.as_f64());
            // MLX keeps both factors in single precision, and reads c even where beta is 0.
            if beta_f != 0.0 && matches!(site.dtype(), DType::F16 | DType::BF16 | DType::F32) {
                return Ok(mlx::addmm(c, a, b, alpha_f as f32, beta_f as f32, s)?);
            }
            let product = mlx::matmul(a, b, s)?;
            let product =
                if alpha_f == 1.0 { product } else { mlx::multiply(&product, &number(alpha, site.dtype()), s)? };
            if beta_f == 0.0 {
                return Ok(product);
            }
            Ok(mlx::add(&mlx::multiply(c, &number(beta, site.dtype()), s)?, &product, s)?)
        }
    }
}
