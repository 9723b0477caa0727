//! `randperm`: shuffles of `0..n`. Other integers have their own file.

use super::element::Element;
use super::error::DrawError;
use super::mt19937::Mt19937;

/// From this length on torch shuffles inside out with 64-bit words. Too long for a test; compared by hand on both sides.
const LONG: usize = (u32::MAX / 20) as usize;

impl Mt19937 {
    /// `torch.randperm(n)`: a permutation of `0..out.len()`; one 32-bit word an element but the last.
    ///
    /// # Errors
    /// Refuses a length that the type cannot count, booleans and the unsigned types wider than a byte.
    pub fn randperm<T: Element>(&mut self, out: &mut [T]) -> Result<(), DrawError> {
        check_length::<T>(out.len())?;
        if out.len() < LONG {
            self.shuffle_forward(out);
        } else {
            self.shuffle_inside_out(out);
        }
        Ok(())
    }

    fn shuffle_forward<T: Element>(&mut self, out: &mut [T]) {
        out.iter_mut().enumerate().for_each(|(index, slot)| *slot = T::from_i64(index as i64));
        let mut words = [0u32; 512];
        let mut start = 0;
        let last = out.len().saturating_sub(1);
        while start < last {
            let count = words.len().min(last - start);
            self.fill_from_u32(&mut words[..count], |word| word);
            for word in &words[..count] {
                // The length is below 2^28: 32-bit remainders are exact and fast.
                let offset = word % (out.len() - start) as u32;
                out.swap(start, start + offset as usize);
                start += 1;
            }
        }
    }

    fn shuffle_inside_out<T: Element>(&mut self, out: &mut [T]) {
        for index in 0..out.len() {
            let place = (self.next_u64() % (index as u64 + 1)) as usize;
            let value = T::from_i64(index as i64);
            out[index] = value;
            out[index] = out[place];
            out[place] = value;
        }
    }
}

fn check_length<T: Element>(length: usize) -> Result<(), DrawError> {
    if T::FULL_MODULUS.is_none() || T::NAME == "Bool" {
        return Err(DrawError::NotImplemented { operation: "randperm", element: T::NAME });
    }
    // Torch counts one past a floating type's exact integers and, for integers, asks whether `n` itself fits.
    let limit = T::LAST as u64 + u64::from(T::DIGITS.is_some());
    if length as u64 > limit {
        return Err(DrawError::PermutationTooLong { limit, element: T::NAME, found: length });
    }
    Ok(())
}
