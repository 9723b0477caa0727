//! Generators: the state of a stream of random numbers, held as a value that each draw replaces.

use parking_lot::Mutex;

use flashlight_compiler::{
    ir::Emit,
    ops::{Attrs, Op},
    types::{DType, Type},
};
use flashlight_runtime::{Device, Value as Concrete, generator::Mt19937};

use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// A stream of random numbers. On the CPU it is torch's Mersenne twister; elsewhere a counter.
pub struct Generator {
    device: Device,
    state: Mutex<State>,
}

struct State {
    value: Value,
    seed: u64,
}

/// The seed of a generator that was given none, as in torch.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

impl Generator {
    /// A generator on a device.
    ///
    /// # Errors
    /// A device that is not there.
    pub fn new(device: Device, seed: u64) -> Result<Self> {
        Ok(Self { device, state: Mutex::new(State { value: seeded(device, seed)?, seed }) })
    }

    /// Where it draws.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Starts the stream of this seed.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn manual_seed(&self, seed: u64) -> Result<()> {
        *self.state.lock() = State { value: seeded(self.device, seed)?, seed };
        Ok(())
    }

    /// The seed it was started with.
    pub fn initial_seed(&self) -> u64 {
        self.state.lock().seed
    }

    /// The state as words: 632 of the twister, 4 of a counter.
    ///
    /// # Errors
    /// What pending draws fail with; a state that is being traced.
    pub fn words(&self) -> Result<Vec<u32>> {
        let value = self.state.lock().value.clone();
        let bytes = value.concrete("the state of a generator")?.to_bytes()?;
        Ok(bytes.chunks_exact(4).map(|b| u32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Replaces the state.
    ///
    /// # Errors
    /// Another number of words than the algorithm has.
    pub fn set_words(&self, words: &[u32]) -> Result<()> {
        let mut state = self.state.lock();
        let known = words_of(self.device);
        if words.len() != known {
            return Err(Error::runtime(format_args!("a generator's state has {known} words, {} given", words.len())));
        }
        if self.device == Device::Cpu {
            let twister = Mt19937::from_words(words).map_err(|e| Error::runtime(e.to_string()))?;
            state.seed = twister.initial_seed();
        }
        state.value = from_words(self.device, words)?;
        Ok(())
    }

    /// Draws: applies an op whose last result is the next state; answers with its first.
    ///
    /// # Errors
    /// What the op refuses.
    pub fn draw(&self, op: Op, attrs: Attrs, scope: &mut Scope<'_>) -> Result<Value> {
        let mut state = self.state.lock();
        let mut results = scope.emit(op, attrs, std::slice::from_ref(&state.value))?;
        match (results.pop(), results.pop()) {
            (Some(next), Some(drawn)) => {
                state.value = next;
                Ok(drawn)
            }
            _ => Err(Error::internal(format_args!("{op} gives no state back"))),
        }
    }
}

fn words_of(device: Device) -> usize {
    if device == Device::Cpu {
        flashlight_compiler::ops::random::MERSENNE_WORDS as usize
    } else {
        flashlight_compiler::ops::random::COUNTER_WORDS as usize
    }
}

fn seeded(device: Device, seed: u64) -> Result<Value> {
    if device == Device::Cpu {
        return from_words(device, &Mt19937::new(seed).to_words());
    }
    from_words(device, &[seed as u32, (seed >> 32) as u32, 0, 0])
}

fn from_words(device: Device, words: &[u32]) -> Result<Value> {
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
    Ok(Concrete::from_bytes(&bytes, Type::new(DType::U32, [words.len()]), device)?.into())
}
