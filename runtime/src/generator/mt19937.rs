//! The Mersenne twister of torch's CPU generator and its word streams; what the words are made into lives in the other
//! files.

/// Words of the twister's state.
pub(super) const STATE: usize = 624;
const SHIFT: usize = 397;
/// Words fetched at a time for 64-bit draws: even, so that a pair never straddles two fetches.
const PAIR_WORDS: usize = 512;

/// `torch.Generator("cpu")`: mt19937 seeded with the low 32 bits of the seed, and the normals kept for the next call.
#[derive(Clone, Debug, PartialEq)]
pub struct Mt19937 {
    pub(super) seed: u64,
    /// Torch's `left`: one more than the words still unread.
    pub(super) left: u32,
    pub(super) next: u32,
    pub(super) state: [u32; STATE],
    pub(super) next_float_normal: Option<f32>,
    pub(super) next_double_normal: Option<f64>,
}

impl Mt19937 {
    /// `torch.Generator().manual_seed(seed)`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut state = [0u32; STATE];
        state[0] = seed as u32;
        for index in 1..STATE {
            let last = state[index - 1];
            state[index] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(index as u32);
        }
        Self { seed, left: 1, next: 0, state, next_float_normal: None, next_double_normal: None }
    }

    /// `Generator.manual_seed(seed)`: the sequence begins anew and kept normals are dropped.
    pub fn manual_seed(&mut self, seed: u64) {
        *self = Self::new(seed);
    }

    /// `Generator.initial_seed()`: all 64 bits, though only 32 of them seed the twister.
    #[must_use]
    pub fn initial_seed(&self) -> u64 {
        self.seed
    }

    /// `Generator.seed()`: seeds from the operating system's entropy and returns the seed.
    pub fn seed(&mut self) -> u64 {
        let seed = super::nondeterministic_seed();
        self.manual_seed(seed);
        seed
    }

    /// The next 32-bit word.
    pub fn next_u32(&mut self) -> u32 {
        temper(self.run(1)[0])
    }

    /// The next 64-bit word: the first 32-bit word is the high half.
    pub fn next_u64(&mut self) -> u64 {
        let high = self.next_u32();
        u64::from(high) << 32 | u64::from(self.next_u32())
    }

    /// The next number of `[0, 1)` with 53 bits.
    pub fn next_f64(&mut self) -> f64 {
        (self.next_u64() & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
    }

    /// One key for a counter-based expansion (dropout): [`super::philox`] makes any number of values of it, in any
    /// order.
    pub fn draw_key(&mut self) -> u64 {
        self.next_u64()
    }

    /// Fills `out` from consecutive 32-bit words.
    pub(super) fn fill_from_u32<T>(&mut self, mut out: &mut [T], convert: impl Fn(u32) -> T) {
        while !out.is_empty() {
            let run = self.run(out.len());
            let (head, tail) = out.split_at_mut(run.len());
            for (slot, word) in head.iter_mut().zip(run) {
                *slot = convert(temper(*word));
            }
            out = tail;
        }
    }

    /// Fills `out` from consecutive 64-bit words.
    pub(super) fn fill_from_u64<T>(&mut self, out: &mut [T], convert: impl Fn(u64) -> T) {
        let mut words = [0u32; PAIR_WORDS];
        for chunk in out.chunks_mut(PAIR_WORDS / 2) {
            let words = &mut words[..2 * chunk.len()];
            self.fill_from_u32(words, |word| word);
            for (slot, pair) in chunk.iter_mut().zip(words.as_chunks::<2>().0) {
                *slot = convert(u64::from(pair[0]) << 32 | u64::from(pair[1]));
            }
        }
    }

    /// Drops `count` 32-bit words.
    pub(super) fn skip(&mut self, mut count: usize) {
        while count > 0 {
            count -= self.run(count).len();
        }
    }

    /// The next untempered words, at least one and at most `limit`, marked as read.
    fn run(&mut self, limit: usize) -> &[u32] {
        if self.left == 1 {
            twist(&mut self.state);
            self.left = STATE as u32 + 1;
            self.next = 0;
        }
        let count = limit.min(self.left as usize - 1);
        let start = self.next as usize;
        self.left -= count as u32;
        self.next += count as u32;
        &self.state[start..start + count]
    }
}

fn temper(word: u32) -> u32 {
    let word = word ^ (word >> 11);
    let word = word ^ ((word << 7) & 0x9d2c_5680);
    let word = word ^ ((word << 15) & 0xefc6_0000);
    word ^ (word >> 18)
}

fn mix(upper: u32, lower: u32) -> u32 {
    let joined = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
    (joined >> 1) ^ (0x9908_b0df & (lower & 1).wrapping_neg())
}

/// The next 624 words. Three loops with constant distances, so that the compiler makes vectors of them.
fn twist(state: &mut [u32; STATE]) {
    for index in 0..STATE - SHIFT {
        state[index] = state[index + SHIFT] ^ mix(state[index], state[index + 1]);
    }
    for index in STATE - SHIFT..STATE - 1 {
        state[index] = state[index + SHIFT - STATE] ^ mix(state[index], state[index + 1]);
    }
    state[STATE - 1] = state[SHIFT - 1] ^ mix(state[STATE - 1], state[0]);
}
