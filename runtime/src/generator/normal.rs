//! `randn`, `normal_` and `log_normal_`; other distributions have their own files.

use super::element::{Element, Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;

const BLOCK: usize = 16;
/// Blocks made at a time.
const BLOCKS: usize = 32;

impl Mt19937 {
    /// `Tensor.normal_(mean, std)` on a contiguous tensor, and `torch.randn` with `0, 1`.
    ///
    /// From 16 elements on, blocks of 16 uniforms become 16 normals, and a rest is made by drawing the last 16 anew.
    /// Shorter ones, and tensors that are not contiguous, take [`Mt19937::normal_one_by_one`].
    ///
    /// # Errors
    /// Refuses a negative or NaN `std`.
    pub fn normal<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) -> Result<(), DrawError> {
        if out.len() < BLOCK {
            return self.normal_one_by_one(out, mean, std);
        }
        check_std(std)?;
        let (mean, std) = (T::Wide::from_f64(mean), T::Wide::from_f64(std));
        let mut buffer = [[T::Wide::default(); BLOCK]; BLOCKS];
        let mut draw = |generator: &mut Self, chunk: &mut [T]| {
            let blocks = &mut buffer[..chunk.len() / BLOCK];
            T::Wide::draw_unit(generator, blocks.as_flattened_mut());
            T::Wide::box_muller(blocks, mean, std);
            for (slot, value) in chunk.iter_mut().zip(blocks.as_flattened()) {
                *slot = T::narrow(*value);
            }
        };
        let rest = out.len() % BLOCK;
        let whole = out.len() - rest;
        for chunk in out[..whole].chunks_mut(BLOCK * BLOCKS) {
            draw(self, chunk);
        }
        if rest != 0 {
            if T::IS_WIDE {
                // Torch draws uniforms for the rest before it overwrites them; not so for the 16-bit types.
                self.skip(rest * size_of::<T>() / size_of::<u32>());
            }
            let start = out.len() - BLOCK;
            draw(self, &mut out[start..]);
        }
        Ok(())
    }

    /// `Tensor.normal_(mean, std)` on fewer than 16 elements or a tensor that is not contiguous: pairs in double
    /// precision, the second of which is kept for the next call.
    ///
    /// # Errors
    /// Refuses a negative or NaN `std`.
    pub fn normal_one_by_one<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) -> Result<(), DrawError> {
        check_std(std)?;
        out.iter_mut().for_each(|slot| *slot = T::from_f64(self.next_normal().mul_add(std, mean)));
        Ok(())
    }

    /// `Tensor.log_normal_(mean, std)`.
    ///
    /// # Errors
    /// Refuses a `std` that is not positive.
    pub fn log_normal<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) -> Result<(), DrawError> {
        if std <= 0.0 || std.is_nan() {
            let found = format!("std={std}");
            return Err(DrawError::Parameter { operation: "log_normal_", expected: "std > 0.0", found });
        }
        out.iter_mut().for_each(|slot| *slot = T::from_f64(self.next_normal().mul_add(std, mean).exp()));
        Ok(())
    }

    /// The next standard normal, the kept one first.
    pub(super) fn next_normal(&mut self) -> f64 {
        if let Some(kept) = self.next_double_normal.take() {
            return kept;
        }
        let angle = core::f64::consts::TAU * self.next_f64();
        let radius = (-2.0 * (-self.next_f64()).ln_1p()).sqrt();
        self.next_double_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

fn check_std(std: f64) -> Result<(), DrawError> {
    if std >= 0.0 {
        return Ok(());
    }
    Err(DrawError::Parameter { operation: "normal_", expected: "std >= 0.0", found: format!("std={std}") })
}
