//! `binomial`: successes in so many trials.

use super::element::{Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;

impl Mt19937 {
    /// `torch.binomial(counts, p)`: sums of waiting times where few successes are expected, else transformed rejection
    /// (W. Hörmann, 1993); of a probability above a half, the failures are counted. A NaN for a probability gives NaN.
    ///
    /// # Errors
    /// Refuses lengths that differ.
    pub fn binomial<T: Real>(&mut self, out: &mut [T], counts: &[T], p: &[T]) -> Result<(), DrawError> {
        if out.len() != counts.len() || out.len() != p.len() {
            return Err(DrawError::Length { operation: "binomial", left: counts.len(), right: p.len() });
        }
        for ((slot, count), p) in out.iter_mut().zip(counts).zip(p) {
            *slot = T::from_f64(self.next_binomial(count.widen().to_f64(), p.widen().to_f64()));
        }
        Ok(())
    }

    fn next_binomial(&mut self, count: f64, p: f64) -> f64 {
        if count <= 0.0 || p <= 0.0 {
            0.0
        } else if p >= 1.0 {
            count
        } else if p <= 0.5 {
            self.few_or_many(count, p)
        } else if p > 0.5 {
            count - self.few_or_many(count, 1.0 - p)
        } else {
            f64::NAN
        }
    }

    fn few_or_many(&mut self, count: f64, p: f64) -> f64 {
        if count * p >= 10.0 { self.successes_by_rejection(count, p) } else { self.successes_by_waiting(count, p) }
    }

    /// How many waiting times, each for one success, fit into the trials.
    fn successes_by_waiting(&mut self, count: f64, p: f64) -> f64 {
        let failure = (-p).ln_1p();
        let (mut trials, mut successes) = (0.0, 0.0);
        loop {
            trials += (self.next_f64().ln() / failure).ceil();
            if trials > count || trials.is_nan() {
                return successes;
            }
            successes += 1.0;
        }
    }

    fn successes_by_rejection(&mut self, count: f64, p: f64) -> f64 {
        let deviation = (count * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = count * p + 0.5;
        let sure = 0.92 - 4.2 / b;
        let odds = p / (1.0 - p);
        let alpha = (2.83 + 5.1 / b) * deviation;
        let mode = ((count + 1.0) * p).floor();
        loop {
            let u = self.next_f64() - 0.5;
            let v = self.next_f64();
            let edge = 0.5 - u.abs();
            let k = ((2.0 * a / edge + b) * u + centre).floor();
            if !(0.0..=count).contains(&k) {
                continue;
            }
            if edge >= 0.07 && v <= sure {
                return k;
            }
            let v = (v * alpha / (a / (edge * edge) + b)).ln();
            let bound = (mode + 0.5) * ((mode + 1.0) / (odds * (count - mode + 1.0))).ln()
                + (count + 1.0) * ((count - mode + 1.0) / (count - k + 1.0)).ln()
                + (k + 0.5) * (odds * (count - k + 1.0) / (k + 1.0)).ln()
                + tail(mode)
                + tail(count - mode)
                - tail(k)
                - tail(count - k);
            if v <= bound {
                return k;
            }
        }
    }
}

/// What Stirling's formula lacks of the logarithm of k!; for small k its exact value.
fn tail(k: f64) -> f64 {
    if k <= 9.0 {
        let stirling = (k + 0.5) * (k + 1.0).ln() - (k + 1.0) + 0.5 * (2.0 * std::f64::consts::PI).ln();
        return libm::lgamma(k + 1.0) - stirling;
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}
