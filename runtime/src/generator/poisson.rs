//! `poisson`: counts at given rates.

use super::element::{Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;

impl Mt19937 {
    /// `torch.poisson(rates)`: multiplication of uniforms below a rate of ten, transformed rejection (W. Hörmann, 1993)
    /// above.
    ///
    /// # Errors
    /// Refuses negative and NaN rates, before anything is drawn, and lengths that differ.
    pub fn poisson<T: Real>(&mut self, out: &mut [T], rates: &[T]) -> Result<(), DrawError> {
        if out.len() != rates.len() {
            return Err(DrawError::Length { operation: "poisson", left: out.len(), right: rates.len() });
        }
        for rate in rates {
            let rate = rate.widen().to_f64();
            if rate.is_nan() || rate < 0.0 {
                let found = format!("rate={rate}");
                return Err(DrawError::Parameter { operation: "poisson", expected: "rate to be non-negative", found });
            }
        }
        for (slot, rate) in out.iter_mut().zip(rates) {
            *slot = T::from_i64(self.next_poisson(rate.widen().to_f64()));
        }
        Ok(())
    }

    fn next_poisson(&mut self, rate: f64) -> i64 {
        if rate == 0.0 {
            0
        } else if rate < 10.0 {
            self.count_by_multiplication(rate)
        } else {
            self.count_by_rejection(rate)
        }
    }

    fn count_by_multiplication(&mut self, rate: f64) -> i64 {
        let end = (-rate).exp();
        let mut product = self.next_f64();
        let mut count = 0;
        while product > end {
            count += 1;
            product *= self.next_f64();
        }
        count
    }

    fn count_by_rejection(&mut self, rate: f64) -> i64 {
        let logarithm = rate.ln();
        let b = 0.931 + 2.53 * rate.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let sure = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.next_f64() - 0.5;
            let v = self.next_f64();
            let edge = 0.5 - u.abs();
            let count = ((2.0 * a / edge + b).mul_add(u, rate) + 0.43).floor() as i64;
            if edge >= 0.07 && v <= sure {
                return count;
            }
            if count < 0 || (edge < 0.013 && v > edge) {
                continue;
            }
            let drawn = v.ln() + inverse_alpha.ln() - (a / (edge * edge) + b).ln();
            if drawn <= -rate + count as f64 * logarithm - log_factorial(count) {
                return count;
            }
        }
    }
}

/// The logarithm of `count!`: of the exact product while it fits a double, by Stirling's series beyond.
fn log_factorial(count: i64) -> f64 {
    if count <= 22 {
        return (2..=count).map(|factor| factor as f64).product::<f64>().ln();
    }
    let z = count as f64 + 1.0;
    let inverse = 1.0 / z;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (z - 0.5) * z.ln() - z + 0.5 * core::f64::consts::TAU.ln() + series
}

#[cfg(test)]
mod tests {
    use super::log_factorial;

    #[test]
    fn both_branches_of_the_logarithm_agree() {
        let sum: f64 = (2..=23).map(|factor| f64::from(factor).ln()).sum();
        assert!((log_factorial(23) - sum).abs() < 1e-13);
        assert!((log_factorial(22) + 23f64.ln() - sum).abs() < 1e-13);
    }
}
