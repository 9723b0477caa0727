//! `exponential_` and `cauchy_`, drawn in double precision and rounded; uniforms and normals have their own files.

use super::element::Real;
use super::error::DrawError;
use super::mt19937::Mt19937;

impl Mt19937 {
    /// `Tensor.exponential_(lambd)`.
    ///
    /// # Errors
    /// Refuses a rate that is not positive.
    pub fn exponential<T: Real>(&mut self, out: &mut [T], rate: f64) -> Result<(), DrawError> {
        check_positive("exponential_", "lambda > 0.0", "lambda", rate)?;
        let scale = -1.0 / rate;
        out.iter_mut().for_each(|slot| *slot = T::from_f64(scale * (-self.next_f64()).ln_1p()));
        Ok(())
    }

    /// `Tensor.cauchy_(median, sigma)`.
    ///
    /// # Errors
    /// Refuses a `sigma` that is not positive.
    pub fn cauchy<T: Real>(&mut self, out: &mut [T], median: f64, sigma: f64) -> Result<(), DrawError> {
        check_positive("cauchy_", "sigma > 0.0", "sigma", sigma)?;
        for slot in out {
            let tangent = (core::f64::consts::PI * (self.next_f64() - 0.5)).tan();
            *slot = T::from_f64(sigma.mul_add(tangent, median));
        }
        Ok(())
    }
}

fn check_positive(operation: &'static str, expected: &'static str, name: &str, value: f64) -> Result<(), DrawError> {
    if value > 0.0 {
        return Ok(());
    }
    Err(DrawError::Parameter { operation, expected, found: format!("{name}={value}") })
}
