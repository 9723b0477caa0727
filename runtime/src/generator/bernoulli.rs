//! `bernoulli` and `bernoulli_`; dropout's own masks are in `philox.rs`.

use super::element::{Element, Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;

const CHUNK: usize = 256;

impl Mt19937 {
    /// `Tensor.bernoulli_(p)`: ones with probability `p`, else zeros; a 53-bit uniform an element.
    ///
    /// # Errors
    /// Refuses `p` outside `[0, 1]`.
    pub fn bernoulli<T: Element>(&mut self, out: &mut [T], p: f64) -> Result<(), DrawError> {
        check(p)?;
        let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
        let mut units = [0.0; CHUNK];
        for chunk in out.chunks_mut(CHUNK) {
            let units = &mut units[..chunk.len()];
            f64::draw_unit(self, units);
            for (slot, unit) in chunk.iter_mut().zip(units) {
                *slot = if *unit < p { one } else { zero };
            }
        }
        Ok(())
    }

    /// `torch.bernoulli(p)` and `Tensor.bernoulli_(p)` with a tensor of probabilities, one for each element: a 53-bit
    /// uniform for each `f64`, a 24-bit one for the narrower types.
    ///
    /// # Errors
    /// Refuses any `p` outside `[0, 1]`, before anything is drawn, and lengths that differ.
    pub fn bernoulli_each<T: Element, P: Real>(&mut self, out: &mut [T], p: &[P]) -> Result<(), DrawError> {
        if out.len() != p.len() {
            return Err(DrawError::Length { operation: "bernoulli", left: out.len(), right: p.len() });
        }
        p.iter().try_for_each(|p| check(p.widen().to_f64()))?;
        let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
        let mut units = [P::Wide::default(); CHUNK];
        for (chunk, p) in out.chunks_mut(CHUNK).zip(p.chunks(CHUNK)) {
            let units = &mut units[..chunk.len()];
            P::Wide::draw_unit(self, units);
            for ((slot, unit), p) in chunk.iter_mut().zip(units).zip(p) {
                *slot = if *unit < p.widen() { one } else { zero };
            }
        }
        Ok(())
    }
}

fn check(p: f64) -> Result<(), DrawError> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(DrawError::Parameter { operation: "bernoulli_", expected: "p to be in [0, 1]", found: format!("p={p}") })
}
