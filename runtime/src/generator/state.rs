//! A generator's state as a value: words for the IR, and the bytes of torch's `get_state`/`set_state`. Nothing is drawn
//! here.

use super::error::DrawError;
use super::mt19937::{Mt19937, STATE};

/// Length of [`Mt19937::to_words`]: the IR type of a CPU generator is `u32[632]`.
pub const STATE_WORDS: usize = 632;
/// Length of [`Mt19937::to_torch_bytes`].
pub const STATE_BYTES: usize = 5056;

const ALGORITHM: &str = "mt19937";
// Offsets in words after the twister's 624.
const LEFT: usize = STATE;
const NEXT: usize = STATE + 1;
const SEED: usize = STATE + 2;
const KEPT: usize = STATE + 4;
const FLOAT: usize = STATE + 5;
const DOUBLE: usize = STATE + 6;
const KEPT_FLOAT: u32 = 1;
const KEPT_DOUBLE: u32 = 2;
// Offsets in torch's bytes; the twister's words are widened to 64 bits there.
const BYTE_LEFT: usize = 8;
const BYTE_SEEDED: usize = 12;
const BYTE_NEXT: usize = 16;
const BYTE_STATE: usize = 24;
const BYTE_DOUBLE: usize = 5024;
const BYTE_DOUBLE_KEPT: usize = 5040;
const BYTE_FLOAT: usize = 5048;
const BYTE_FLOAT_KEPT: usize = 5052;

impl Mt19937 {
    /// The state as words: the twister's 624, `left`, `next`, the seed (low, high), which normals are kept, the float
    /// one, the double one (low, high).
    #[must_use]
    pub fn to_words(&self) -> [u32; STATE_WORDS] {
        let mut words = [0; STATE_WORDS];
        words[..STATE].copy_from_slice(&self.state);
        words[LEFT] = self.left;
        words[NEXT] = self.next;
        [words[SEED], words[SEED + 1]] = halves(self.seed);
        if let Some(value) = self.next_float_normal {
            words[KEPT] |= KEPT_FLOAT;
            words[FLOAT] = value.to_bits();
        }
        if let Some(value) = self.next_double_normal {
            words[KEPT] |= KEPT_DOUBLE;
            [words[DOUBLE], words[DOUBLE + 1]] = halves(value.to_bits());
        }
        words
    }

    /// The generator of [`Mt19937::to_words`].
    ///
    /// # Errors
    /// Refuses another length and indices outside the state.
    pub fn from_words(words: &[u32]) -> Result<Self, DrawError> {
        if words.len() != STATE_WORDS {
            return Err(DrawError::StateSize { algorithm: ALGORITHM, expected: STATE_WORDS, found: words.len() });
        }
        let kept = words[KEPT];
        if kept & !(KEPT_FLOAT | KEPT_DOUBLE) != 0 {
            return Err(invalid(format!("unknown flags {kept:#x}")));
        }
        let mut state = [0; STATE];
        state.copy_from_slice(&words[..STATE]);
        Self {
            seed: joined(words[SEED], words[SEED + 1]),
            left: words[LEFT],
            next: words[NEXT],
            state,
            next_float_normal: (kept & KEPT_FLOAT != 0).then(|| f32::from_bits(words[FLOAT])),
            next_double_normal: (kept & KEPT_DOUBLE != 0)
                .then(|| f64::from_bits(joined(words[DOUBLE], words[DOUBLE + 1]))),
        }
        .checked()
    }

    /// `Generator.get_state()`: torch's 5056 bytes.
    #[must_use]
    pub fn to_torch_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES];
        let mut put = |offset: usize, part: &[u8]| bytes[offset..offset + part.len()].copy_from_slice(part);
        put(0, &self.seed.to_le_bytes());
        put(BYTE_LEFT, &self.left.to_le_bytes());
        put(BYTE_SEEDED, &1u32.to_le_bytes());
        put(BYTE_NEXT, &u64::from(self.next).to_le_bytes());
        for (index, word) in self.state.iter().enumerate() {
            put(BYTE_STATE + 8 * index, &u64::from(*word).to_le_bytes());
        }
        if let Some(value) = self.next_double_normal {
            put(BYTE_DOUBLE, &value.to_le_bytes());
            put(BYTE_DOUBLE_KEPT, &1u32.to_le_bytes());
        }
        if let Some(value) = self.next_float_normal {
            put(BYTE_FLOAT, &value.to_le_bytes());
            put(BYTE_FLOAT_KEPT, &[1]);
        }
        bytes
    }

    /// `Generator.set_state(bytes)`: reads what [`Mt19937::to_torch_bytes`] or torch wrote.
    ///
    /// # Errors
    /// Refuses another length, a state that was never seeded, and indices outside the state.
    pub fn from_torch_bytes(bytes: &[u8]) -> Result<Self, DrawError> {
        if bytes.len() != STATE_BYTES {
            return Err(DrawError::StateSize { algorithm: ALGORITHM, expected: STATE_BYTES, found: bytes.len() });
        }
        let word = |offset: usize| u32::from_le_bytes([0, 1, 2, 3].map(|index| bytes[offset + index]));
        let wide = |offset: usize| joined(word(offset), word(offset + 4));
        if word(BYTE_SEEDED) == 0 {
            return Err(invalid("it was never seeded".to_owned()));
        }
        Self {
            seed: wide(0),
            left: word(BYTE_LEFT),
            next: word(BYTE_NEXT),
            state: core::array::from_fn(|index| word(BYTE_STATE + 8 * index)),
            next_float_normal: (bytes[BYTE_FLOAT_KEPT] != 0).then(|| f32::from_bits(word(BYTE_FLOAT))),
            next_double_normal: (word(BYTE_DOUBLE_KEPT) != 0).then(|| f64::from_bits(wide(BYTE_DOUBLE))),
        }
        .checked()
    }

    fn checked(self) -> Result<Self, DrawError> {
        let (left, next) = (self.left as usize, self.next as usize);
        // Torch would read past the state where `next` runs ahead of `left`.
        if left == 0 || left > STATE || next > STATE || next + left - 1 > STATE {
            return Err(invalid(format!("left={left} and next={next} do not fit {STATE} words")));
        }
        Ok(self)
    }
}

fn invalid(reason: String) -> DrawError {
    DrawError::StateContent { algorithm: ALGORITHM, reason }
}

fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

fn joined(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
