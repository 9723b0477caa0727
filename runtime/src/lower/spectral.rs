//! Fourier transforms, as MLX has them.

use flashlight_compiler::ops::Spectral;

use super::Site;
use crate::error::Result;
use crate::mlx::{self, Array};

pub(super) fn lower(op: Spectral, site: &Site<'_>) -> Result<Array> {
    match op {
        Spectral::Fft if site.call.axes("dims")?.is_empty() => Ok(site.inputs[0].another()),
        Spectral::Fft => Ok(mlx::fft(site.inputs[0], &site.axes("dims")?, site.call.flag("inverse")?, site.stream)?),
    }
}
