//! `geometric_`: the number of trials up to the first success.

use super::element::Element;
use super::error::DrawError;
use super::mt19937::Mt19937;

impl Mt19937 {
    /// `Tensor.geometric_(p)`, drawn in double precision.
    ///
    /// # Errors
    /// Refuses `p` outside `(0, 1)`, booleans and the unsigned types wider than a byte.
    pub fn geometric<T: Element>(&mut self, out: &mut [T], p: f64) -> Result<(), DrawError> {
        if T::FULL_MODULUS.is_none() || T::NAME == "Bool" {
            return Err(DrawError::NotImplemented { operation: "geometric_cpu", element: T::NAME });
        }
        if !(p > 0.0 && p < 1.0) {
            let found = format!("p={p}");
            return Err(DrawError::Parameter { operation: "geometric_", expected: "p to be in (0, 1)", found });
        }
        let failure = (-p).ln_1p();
        out.iter_mut().for_each(|slot| *slot = T::from_f64((self.next_f64().ln() / failure).ceil()));
        Ok(())
    }
}
