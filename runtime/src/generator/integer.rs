//! `randint` and `random_`: whole numbers of a range, in integer or floating types. Permutations have their own file.

use super::element::Element;
use super::error::DrawError;
use super::mt19937::Mt19937;

/// From this range on a 64-bit word is taken, so that the remainder's skew stays small.
const WIDE_RANGE: u64 = 1 << 28;

impl Mt19937 {
    /// `Tensor.random_()`: from zero to the type's largest value, or for a floating type to its last exact integer.
    ///
    /// # Errors
    /// Refuses the unsigned types wider than a byte, as torch does.
    pub fn random<T: Element>(&mut self, out: &mut [T]) -> Result<(), DrawError> {
        let Some(modulus) = T::FULL_MODULUS else {
            return Err(DrawError::NotImplemented { operation: "random_kernel_cpu", element: T::NAME });
        };
        if T::FULL_IS_WIDE {
            self.fill_from_u64(out, |word| T::from_i64((word % modulus) as i64));
        } else {
            let modulus = modulus as u32;
            self.fill_from_u32(out, |word| T::from_i64(i64::from(word % modulus)));
        }
        Ok(())
    }

    /// `Tensor.random_(from, to)` and `torch.randint(from, to, …)`: `[from, to)`. Without `to`: from `from` to the
    /// type's largest value; from `i64::MIN` without `to`: every 64-bit value.
    ///
    /// # Errors
    /// Refuses `from >= to` and bounds that the type cannot hold.
    pub fn random_from<T: Element>(&mut self, out: &mut [T], from: i64, to: Option<i64>) -> Result<(), DrawError> {
        let (from, range) = match to {
            Some(to) => bounded::<T>(from, to)?,
            None if from != i64::MIN => open_ended::<T>(from)?,
            None if matches!(T::NAME, "Long" | "Double" | "Float" | "BFloat16") => {
                self.fill_from_u64(out, |word| T::from_i64(word as i64));
                return Ok(());
            }
            None => {
                let operation = "random_full_64_bits_range_kernel_cpu";
                return Err(DrawError::NotImplemented { operation, element: T::NAME });
            }
        };
        if range >= WIDE_RANGE {
            self.fill_from_u64(out, |word| T::from_i64((word % range).wrapping_add_signed(from) as i64));
        } else {
            let range = range as u32;
            self.fill_from_u32(out, |word| T::from_i64(i64::from(word % range).wrapping_add(from)));
        }
        Ok(())
    }
}

/// The first value and the number of values of `[from, to)`.
fn bounded<T: Element>(from: i64, to: i64) -> Result<(i64, u64), DrawError> {
    check_order(from, to)?;
    let (from, to) = match T::DIGITS {
        Some(digits) => (inner_from::<T>(from, digits), inner_to::<T>(to, digits)),
        None => (from, to),
    };
    check_order(from, to)?;
    check_bounds::<T>(from, to - 1)?;
    Ok((from, (to as u64).wrapping_sub(from as u64)))
}

/// The first value and the number of values from `from` to the type's last.
fn open_ended<T: Element>(from: i64) -> Result<(i64, u64), DrawError> {
    let from = match T::DIGITS {
        Some(digits) => inner_from::<T>(from, digits),
        None => from,
    };
    if T::DIGITS.is_some() {
        check_order(from, T::LAST)?;
    }
    // An unsigned 64-bit type's last value is no signed bound; torch compares its bits and refuses it.
    check_bounds::<T>(from, T::LAST)?;
    let range = (T::LAST as u64).wrapping_sub(from as u64).wrapping_add(1);
    if range == 0 || T::LAST < from {
        return Err(order(from, T::LAST));
    }
    Ok((from, range))
}

fn check_order(from: i64, to: i64) -> Result<(), DrawError> {
    if from < to { Ok(()) } else { Err(order(from, to)) }
}

fn order(from: i64, to: i64) -> DrawError {
    let found = format!("from={from} >= to={to}");
    DrawError::Parameter { operation: "random_", expected: "'from' to be less than 'to'", found }
}

fn check_bounds<T: Element>(from: i64, last: i64) -> Result<(), DrawError> {
    for (bound, value) in [("from", from), ("to - 1", last)] {
        if !T::can_bound(value) {
            return Err(DrawError::Bound { operation: "random_", bound, value: value.to_string(), element: T::NAME });
        }
    }
    Ok(())
}

/// The first integer from `from` on that the floating type does not round below it.
fn inner_from<T: Element>(from: i64, digits: u32) -> i64 {
    let next = T::from_i64(from.wrapping_add(1)).to_i64();
    if next < from { next + spacing(from.wrapping_add(1), digits) } else { from }
}

/// The last end up to `to` below which the floating type rounds nothing up to it.
fn inner_to<T: Element>(to: i64, digits: u32) -> i64 {
    let last = T::from_i64(to.wrapping_sub(1)).to_i64();
    if last >= to { last - spacing(to.wrapping_sub(1), digits) } else { to }
}

/// The distance between the floating type's neighbours at `value`, which is beyond its exact integers.
fn spacing(value: i64, digits: u32) -> i64 {
    1 << (value.unsigned_abs().max(1).ilog2() + 1).saturating_sub(digits)
}
