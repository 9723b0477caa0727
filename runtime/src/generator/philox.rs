//! Philox4x32-10, the counter-based generator of torch's CUDA devices: each value is a function of (seed, offset,
//! index), so any number of threads can make them. Kernels for a GPU live elsewhere and must give these values.
//!
//! Reference: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). The layout is cuRAND's: the seed
//! is the key; the counter's low 64 bits count blocks of four words, its high 64 bits are the subsequence. The
//! functions over slices use subsequence zero and word `index % 4` of block `offset + index / 4`. Torch spreads
//! subsequences over GPU threads, so its CUDA tensors hold these values in an order that depends on its launch; that
//! order is not copied.

use super::box_muller::normal_pair;
use super::error::DrawError;

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;
/// Blocks made together, so that the compiler makes vectors of the rounds.
const LANES: usize = 8;
const WORDS: usize = 4 * LANES;

/// A generator for a GPU: a seed, and how many blocks of four words are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhiloxGenerator {
    /// The key.
    pub seed: u64,
    /// The first unused block.
    pub offset: u64,
}

impl PhiloxGenerator {
    /// Length of [`PhiloxGenerator::to_words`].
    pub const WORDS: usize = 4;

    /// `manual_seed(seed)`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, offset: 0 }
    }

    /// Reserves `count` 32-bit values and returns the offset at which they begin.
    pub fn reserve(&mut self, count: usize) -> u64 {
        let start = self.offset;
        self.offset = start.wrapping_add(count.div_ceil(4) as u64);
        start
    }

    /// The state as words: seed and offset, low halves first.
    #[must_use]
    pub fn to_words(&self) -> [u32; Self::WORDS] {
        [self.seed as u32, (self.seed >> 32) as u32, self.offset as u32, (self.offset >> 32) as u32]
    }

    /// The generator of [`PhiloxGenerator::to_words`].
    ///
    /// # Errors
    /// Refuses another length.
    pub fn from_words(words: &[u32]) -> Result<Self, DrawError> {
        let &[seed_low, seed_high, offset_low, offset_high] = words else {
            return Err(DrawError::StateSize { algorithm: "Philox4x32-10", expected: Self::WORDS, found: words.len() });
        };
        let join = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
        Ok(Self { seed: join(seed_low, seed_high), offset: join(offset_low, offset_high) })
    }
}

/// The four words of block `offset` of `subsequence`.
#[must_use]
pub fn block(seed: u64, subsequence: u64, offset: u64) -> [u32; 4] {
    let counter = [offset as u32, (offset >> 32) as u32, subsequence as u32, (subsequence >> 32) as u32];
    let [a, b, c, d] = rounds(seed, counter.map(|word| [word]));
    [a[0], b[0], c[0], d[0]]
}

/// Word `index` after `offset`: what [`fill_u32`] puts at `index`.
#[must_use]
pub fn word(seed: u64, offset: u64, index: u64) -> u32 {
    block(seed, 0, offset.wrapping_add(index / 4))[(index % 4) as usize]
}

/// A word as a number of `[0, 1)` with 24 bits.
#[must_use]
pub fn unit(word: u32) -> f32 {
    (word >> 8) as i32 as f32 * (1.0 / (1u32 << 24) as f32)
}

/// A word as cuRAND's `curand_uniform` makes it: a number of `(0, 1]`.
#[must_use]
pub fn curand_uniform(word: u32) -> f32 {
    const SCALE: f32 = 2.328_306_4e-10;
    (f64::from(word as f32) * f64::from(SCALE) + f64::from(SCALE / 2.0)) as f32
}

/// Fills with words.
pub fn fill_u32(seed: u64, offset: u64, out: &mut [u32]) {
    fill(seed, offset, out, |words| words);
}

/// Fills with uniforms of `[0, 1)`.
pub fn fill_uniform(seed: u64, offset: u64, out: &mut [f32]) {
    fill(seed, offset, out, |words| words.map(unit));
}

/// Fills with standard normals: Box-Muller on words 0 and 1, and on words 2 and 3, of each block.
pub fn fill_normal(seed: u64, offset: u64, out: &mut [f32]) {
    fill(seed, offset, out, |words| {
        let mut values = words.map(unit);
        for pair in values.as_chunks_mut::<2>().0 {
            (pair[0], pair[1]) = normal_pair(pair[0], pair[1]);
        }
        values
    });
}

/// Dropout's mask: `true` where the element is kept, with probability `1 - p`. Element `i` depends on (seed, offset,
/// `i`) only, so a slice that begins at a multiple of four can be made apart, with `offset` advanced by a quarter of
/// its start.
///
/// # Errors
/// Refuses `p` outside `[0, 1]`.
pub fn keep_mask(seed: u64, offset: u64, p: f64, out: &mut [bool]) -> Result<(), DrawError> {
    let dropped = dropped_words(p)?;
    fill(seed, offset, out, |words| words.map(|word| kept(word, dropped)));
    Ok(())
}

/// Whether [`keep_mask`] keeps element `index`.
///
/// # Errors
/// Refuses `p` outside `[0, 1]`.
pub fn keep(seed: u64, offset: u64, index: u64, p: f64) -> Result<bool, DrawError> {
    Ok(kept(word(seed, offset, index), dropped_words(p)?))
}

/// Whether a word is not among the lowest `dropped`; compared in 32 bits, which vectorises.
#[inline(always)]
fn kept(word: u32, dropped: u64) -> bool {
    dropped == 0 || (dropped <= u64::from(u32::MAX) && word >= dropped as u32)
}

/// How many of the 2^32 words mean "dropped": none at 0, all at 1.
fn dropped_words(p: f64) -> Result<u64, DrawError> {
    if !(0.0..=1.0).contains(&p) {
        let found = format!("p={p}");
        return Err(DrawError::Parameter { operation: "dropout", expected: "p to be in [0, 1]", found });
    }
    Ok((p * (1u64 << 32) as f64).round() as u64)
}

fn fill<T>(seed: u64, offset: u64, out: &mut [T], convert: impl Fn([u32; WORDS]) -> [T; WORDS])
where
    T: Copy,
{
    let mut offset = offset;
    for chunk in out.chunks_mut(WORDS) {
        let low = core::array::from_fn(|lane| offset.wrapping_add(lane as u64) as u32);
        let high = core::array::from_fn(|lane| (offset.wrapping_add(lane as u64) >> 32) as u32);
        let words = rounds(seed, [low, high, [0; LANES], [0; LANES]]);
        let mut ordered = [0; WORDS];
        for lane in 0..LANES {
            for word in 0..4 {
                ordered[4 * lane + word] = words[word][lane];
            }
        }
        // Whole chunks have a length known to the compiler.
        match <&mut [T; WORDS]>::try_from(&mut *chunk) {
            Ok(whole) => *whole = convert(ordered),
            Err(_) => chunk.copy_from_slice(&convert(ordered)[..chunk.len()]),
        }
        offset = offset.wrapping_add(LANES as u64);
    }
}

/// Ten rounds on `N` counters side by side.
#[inline(always)]
fn rounds<const N: usize>(seed: u64, mut counter: [[u32; N]; 4]) -> [[u32; N]; 4] {
    let mut key = [seed as u32, (seed >> 32) as u32];
    for _ in 0..ROUNDS {
        let [a, b, c, d] = counter;
        for lane in 0..N {
            let left = u64::from(MULTIPLIERS[0]) * u64::from(a[lane]);
            let right = u64::from(MULTIPLIERS[1]) * u64::from(c[lane]);
            counter[0][lane] = (right >> 32) as u32 ^ b[lane] ^ key[0];
            counter[1][lane] = right as u32;
            counter[2][lane] = (left >> 32) as u32 ^ d[lane] ^ key[1];
            counter[3][lane] = left as u32;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed draw fails the test")]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_known_answers() {
        assert_eq!(block(0, 0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(block(u64::MAX, u64::MAX, u64::MAX), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let (key, high, low) = (0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88);
        assert_eq!(block(key, high, low), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
        let carry = |blocks: u64| block(0x0123_4567_89ab_cdef, 77, (1 << 32) - 2 + blocks);
        assert_eq!(carry(0), [0xa9fa_6266, 0xc45b_a857, 0x5133_0377, 0x88ad_b4e6]);
        assert_eq!(carry(2), [0x65fb_8180, 0xb4e1_f92c, 0x630f_8fa0, 0x136b_bfba]);
    }

    #[test]
    fn each_element_depends_on_its_index_alone() {
        let (seed, offset) = (0x0123_4567_89ab_cdef, u64::from(u32::MAX) - 5);
        for n in [0, 1, 3, 4, 31, 32, 33, 100] {
            let mut words = vec![0; n];
            fill_u32(seed, offset, &mut words);
            let mut kept = vec![false; n];
            keep_mask(seed, offset, 0.4, &mut kept).unwrap();
            let mut uniforms = vec![0.0; n];
            fill_uniform(seed, offset, &mut uniforms);
            for (index, found) in words.iter().enumerate() {
                assert_eq!(*found, word(seed, offset, index as u64));
                assert_eq!(kept[index], keep(seed, offset, index as u64, 0.4).unwrap());
                assert_eq!(uniforms[index], unit(*found));
            }
        }
        let (mut whole, mut part) = ([0.0; 100], [0.0; 60]);
        fill_normal(seed, offset, &mut whole);
        fill_normal(seed, offset + 10, &mut part);
        assert_eq!(whole[40..], part);
    }

    #[test]
    fn masks_keep_the_asked_share() {
        let mut mask = vec![false; 100_000];
        for p in [0.0, 0.1, 0.5, 0.9, 1.0] {
            keep_mask(7, 0, p, &mut mask).unwrap();
            let dropped = mask.iter().filter(|kept| !**kept).count() as f64 / mask.len() as f64;
            let margin = 5.0 * (p * (1.0 - p) / mask.len() as f64).sqrt();
            assert!((dropped - p).abs() <= margin, "p={p} dropped {dropped}");
        }
        assert!(keep_mask(7, 0, 1.1, &mut mask).is_err() && keep_mask(7, 0, f64::NAN, &mut mask).is_err());
    }

    #[test]
    fn normals_have_the_moments() {
        let mut out = vec![0f32; 100_000];
        fill_normal(3, 0, &mut out);
        let moment = |power: i32| out.iter().map(|v| f64::from(*v).powi(power)).sum::<f64>() / out.len() as f64;
        assert!(moment(1).abs() < 0.016 && (moment(2) - 1.0).abs() < 0.023 && (moment(4) - 3.0).abs() < 0.16);
    }

    #[test]
    fn reserved_ranges_do_not_meet() {
        let mut generator = PhiloxGenerator::new(9);
        assert_eq!([generator.reserve(5), generator.reserve(4), generator.reserve(0), generator.offset], [0, 2, 3, 3]);
        assert_eq!(PhiloxGenerator::from_words(&generator.to_words()), Ok(generator));
        assert!(PhiloxGenerator::from_words(&[0; 3]).is_err());
    }
}
