//! `rand` and `uniform_`; other distributions have their own files.

use super::element::{Element, Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;

/// Elements made at a time: small enough for the first cache, large enough for vectors.
const CHUNK: usize = 512;

impl Mt19937 {
    /// `Tensor.uniform_(from, to)`, and `torch.rand` with `0, 1`: one 32-bit word an element, two for `f64`.
    ///
    /// # Errors
    /// Refuses bounds that the type cannot hold, `from > to`, and a width beyond the type's largest value.
    pub fn uniform<T: Real>(&mut self, out: &mut [T], from: f64, to: f64) -> Result<(), DrawError> {
        check_bounds::<T>(from, to)?;
        let (low, high) = (T::Wide::from_f64(from), T::Wide::from_f64(to));
        let (lowest, end) = (T::from_f64(from), T::from_f64(to));
        let mut buffer = [T::Wide::default(); CHUNK];
        for chunk in out.chunks_mut(CHUNK) {
            let values = &mut buffer[..chunk.len()];
            T::Wide::draw_unit(self, values);
            if from != 0.0 || to != 1.0 {
                T::Wide::spread(values, low, high);
            }
            for (slot, value) in chunk.iter_mut().zip(values) {
                let value = T::narrow(*value);
                // Rounding may reach the excluded end.
                *slot = if value == end { lowest } else { value };
            }
        }
        Ok(())
    }
}

fn check_bounds<T: Real>(from: f64, to: f64) -> Result<(), DrawError> {
    for (bound, value) in [("from", from), ("to", to)] {
        if value.is_nan() || value.abs() > T::LARGEST {
            let value = value.to_string();
            return Err(DrawError::Bound { operation: "uniform_", bound, value, element: T::NAME });
        }
    }
    if from > to || to - from > T::LARGEST {
        let expected =
            if from > to { "to return a [from, to) range" } else { "to-from within the type's largest value" };
        return Err(DrawError::Parameter {
            operation: "uniform_",
            expected,
            found: format!("from={from} and to={to}"),
        });
    }
    Ok(())
}
