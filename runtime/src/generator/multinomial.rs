//! `multinomial`: category numbers drawn by weight, with or without replacement.

use super::element::{Real, Wide};
use super::error::DrawError;
use super::mt19937::Mt19937;
use core::cmp::Ordering;

impl Mt19937 {
    /// `torch.multinomial(weights, samples, replacement)` on row-major `weights` of `categories` columns; returns
    /// `samples` category numbers for each row.
    ///
    /// With replacement a 53-bit uniform is looked up in the cumulated weights; without, or for one sample, the weights
    /// are divided by exponential draws and the largest quotients win. Equal quotients (weights of zero, or 16-bit
    /// types) come in order of category; torch leaves their order to its sort.
    ///
    /// # Errors
    /// Refuses zero samples, more samples than categories without replacement, and weights that are negative, not
    /// finite or all zero in a row.
    pub fn multinomial<T: Real>(
        &mut self,
        weights: &[T],
        categories: usize,
        samples: usize,
        replacement: bool,
    ) -> Result<Vec<i64>, DrawError> {
        check(weights, categories, samples, replacement)?;
        if replacement && samples > 1 {
            return Ok(weights.chunks(categories).flat_map(|row| self.look_up(row, samples)).collect());
        }
        let mut quotients = vec![T::from_f64(0.0); weights.len()];
        self.exponential(&mut quotients, 1.0)?;
        for (quotient, weight) in quotients.iter_mut().zip(weights) {
            *quotient = T::narrow(weight.widen() / quotient.widen());
        }
        Ok(quotients.chunks(categories).flat_map(|row| largest(row, samples)).collect())
    }

    fn look_up<T: Real>(&mut self, row: &[T], samples: usize) -> Vec<i64> {
        let mut sum = T::Wide::default();
        let mut cumulated: Vec<T::Wide> = row
            .iter()
            .map(|weight| {
                sum += weight.widen();
                sum
            })
            .collect();
        cumulated.iter_mut().for_each(|value| *value = *value / sum);
        // The last category takes what rounding left over: it is never compared.
        let inner = &cumulated[..row.len() - 1];
        (0..samples)
            .map(|_| {
                let unit = self.next_f64();
                inner.partition_point(|value| value.to_f64() < unit) as i64
            })
            .collect()
    }
}

fn largest<T: Real>(row: &[T], samples: usize) -> Vec<i64> {
    // As torch orders them: NaN (zero weight by a zero draw) before everything.
    let descending = |&left: &usize, &right: &usize| {
        let (left, right) = (row[left].widen().to_f64(), row[right].widen().to_f64());
        right.partial_cmp(&left).unwrap_or_else(|| match (left.is_nan(), right.is_nan()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => Ordering::Equal,
        })
    };
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(descending);
    order[..samples].iter().map(|&category| category as i64).collect()
}

fn check<T: Real>(weights: &[T], categories: usize, samples: usize, replacement: bool) -> Result<(), DrawError> {
    let refuse = |reason: String| Err(DrawError::Multinomial(reason));
    if samples == 0 {
        return refuse("cannot sample n_sample <= 0 samples".to_owned());
    }
    if !replacement && samples > categories {
        return refuse(format!(
            "cannot sample n_sample={samples} > prob_dist.size(-1)={categories} samples without replacement"
        ));
    }
    if categories == 0 || !weights.len().is_multiple_of(categories) {
        return refuse(format!("{} weights are no rows of {categories} categories", weights.len()));
    }
    if categories > 1 << 24 {
        return refuse(format!("number of categories cannot exceed 2^24, but found {categories}"));
    }
    for row in weights.chunks(categories) {
        if row.iter().any(|weight| !(0.0..=T::LARGEST).contains(&weight.widen().to_f64())) {
            return refuse("probability tensor contains either `inf`, `nan` or element < 0".to_owned());
        }
        if row.iter().all(|weight| weight.widen().to_f64() == 0.0) {
            return refuse("invalid multinomial distribution (sum of probabilities <= 0)".to_owned());
        }
    }
    Ok(())
}
