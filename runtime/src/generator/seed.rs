//! Where seeds come from: integers as torch reads them, and the operating system's entropy. No generator is changed
//! here.

use super::error::DrawError;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The seed of `torch.Generator()` before it is given one.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// The seed that `manual_seed(seed)` means: a negative one by its two's complement bits, as torch does (its
/// documentation's formula is off by one).
///
/// # Errors
/// Refuses a seed outside `[-2^63, 2^64)`; torch raises `ValueError`.
pub fn seed_from_integer(seed: i128) -> Result<u64, DrawError> {
    u64::try_from(seed).or_else(|_| i64::try_from(seed).map(|seed| seed as u64)).map_err(|_| DrawError::Seed(seed))
}

/// A seed of 53 bits, as `torch.seed()` draws it. The hasher's keys come from the operating system; the time makes two
/// calls of one thread differ even where its keys only count up.
#[must_use]
pub fn nondeterministic_seed() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    if let Ok(elapsed) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        hasher.write_u128(elapsed.as_nanos());
    }
    hasher.finish() & ((1 << 53) - 1)
}
