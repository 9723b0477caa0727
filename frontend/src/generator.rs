//! Generators: the state of a stream of random numbers, held as a value that each draw replaces.

use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

use flashlight_compiler::{
    ir::Emit,
    ops::{Attrs, Op},
    types::{DType, Type},
};
use flashlight_runtime::{
    Device, Value as Concrete,
    generator::{Mt19937, nondeterministic_seed},
};

use crate::{
    autograd::Scope,
    error::{Error, Result},
    fetch::fetch,
    trace,
    value::Value,
};

/// A stream of random numbers. On the CPU it is torch's Mersenne twister; elsewhere a counter.
pub struct Generator {
    device: Device,
    state: Mutex<State>,
    /// The trace that it was made in, by the number it began with; 0 outside.
    born: u64,
}

struct State {
    value: Value,
    seed: u64,
}

pub use flashlight_runtime::generator::{DEFAULT_SEED, seed_from_integer};

/// The generators that draws take which are given none, one for each device, and the seed of those still to come.
struct Defaults {
    seed: u64,
    generators: Option<HashMap<Device, Arc<Generator>>>,
}

static DEFAULTS: Mutex<Defaults> = Mutex::new(Defaults { seed: DEFAULT_SEED, generators: None });

/// The generator that draws on a device take where they are given none.
///
/// # Errors
/// A device that is not there.
pub fn default_generator(device: Device) -> Result<Arc<Generator>> {
    let mut defaults = DEFAULTS.lock();
    let seed = defaults.seed;
    let generators = defaults.generators.get_or_insert_default();
    if let Some(generator) = generators.get(&device) {
        return Ok(generator.clone());
    }
    let generator = Arc::new(Generator { born: 0, ..Generator::new(device, seed)? });
    generators.insert(device, generator.clone());
    Ok(generator)
}

/// Starts the stream of this seed on every device: `torch.manual_seed`. Answers with the CPU's generator.
///
/// # Errors
/// What making the states fails with.
pub fn manual_seed(seed: u64) -> Result<Arc<Generator>> {
    default_generator(Device::Cpu)?.refuse_in_program()?;
    let known: Vec<Arc<Generator>> = {
        let mut defaults = DEFAULTS.lock();
        defaults.seed = seed;
        defaults.generators.iter().flat_map(HashMap::values).cloned().collect()
    };
    known.iter().try_for_each(|generator| generator.manual_seed(seed))?;
    default_generator(Device::Cpu)
}

/// Starts a stream that no one foresees on every device, and answers with its seed: `torch.seed`.
///
/// # Errors
/// As [`manual_seed`].
pub fn seed() -> Result<u64> {
    let seed = nondeterministic_seed();
    manual_seed(seed)?;
    Ok(seed)
}

/// The seed that the CPU's stream was started with: `torch.initial_seed`.
///
/// # Errors
/// As [`default_generator`].
pub fn initial_seed() -> Result<u64> {
    Ok(default_generator(Device::Cpu)?.initial_seed())
}

impl Generator {
    /// A generator on a device.
    ///
    /// # Errors
    /// A device that is not there.
    pub fn new(device: Device, seed: u64) -> Result<Self> {
        let born = trace::current().map_or(0, |t| t.started());
        Ok(Self { device, state: Mutex::new(State { value: seeded(device, seed)?, seed }), born })
    }

    /// Whether it was made in the trace that began with that number.
    pub fn is_born_in(&self, started: u64) -> bool {
        self.born == started
    }

    /// Refuses to be seeded by a program, which could not repeat it.
    fn refuse_in_program(&self) -> Result<()> {
        if trace::current().is_none_or(|t| self.is_born_in(t.started())) {
            return Ok(());
        }
        Err(Error::runtime(
            "a compiled function seeds a generator from outside or sets its state, which a program cannot repeat: do it \
             outside of the compiled function, or draw from a generator of its own",
        ))
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
        self.refuse_in_program()?;
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
        let bytes = fetch(&value, "the state of a generator")?;
        Ok(bytes.chunks_exact(4).map(|b| u32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Starts a stream that no one foresees, and answers with its seed: `Generator.seed`.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn seed(&self) -> Result<u64> {
        let seed = nondeterministic_seed();
        self.manual_seed(seed)?;
        Ok(seed)
    }

    /// The state as torch's bytes, `Generator.get_state`: 5056 of the twister; the 16 of a counter.
    ///
    /// # Errors
    /// As [`Generator::words`].
    pub fn state_bytes(&self) -> Result<Vec<u8>> {
        let words = self.words()?;
        if self.device != Device::Cpu {
            return Ok(words.iter().flat_map(|w| w.to_le_bytes()).collect());
        }
        Ok(Mt19937::from_words(&words).map_err(refused)?.to_torch_bytes())
    }

    /// Replaces the state by what [`Generator::state_bytes`] or, on the CPU, torch gave: `Generator.set_state`.
    ///
    /// # Errors
    /// Bytes of another length, or that no generator gives.
    pub fn set_state_bytes(&self, bytes: &[u8]) -> Result<()> {
        if self.device == Device::Cpu {
            return self.set_words(&Mt19937::from_torch_bytes(bytes).map_err(refused)?.to_words());
        }
        let words: Vec<u32> = bytes.chunks(4).map(|b| b.iter().rev().fold(0, |w, &b| w << 8 | u32::from(b))).collect();
        self.set_words(&words)
    }

    /// A generator that goes on from here by itself: `Generator.clone_state`.
    pub fn copied(&self) -> Generator {
        let state = self.state.lock();
        let born = trace::current().map_or(0, |t| t.started());
        Self { device: self.device, state: Mutex::new(State { value: state.value.clone(), seed: state.seed }), born }
    }

    /// Replaces the state.
    ///
    /// # Errors
    /// Another number of words than the algorithm has.
    pub fn set_words(&self, words: &[u32]) -> Result<()> {
        self.refuse_in_program()?;
        let mut state = self.state.lock();
        let known = words_of(self.device);
        if words.len() != known {
            return Err(Error::runtime(format_args!("a generator's state has {known} words, {} given", words.len())));
        }
        if self.device == Device::Cpu {
            let twister = Mt19937::from_words(words).map_err(refused)?;
            state.seed = twister.initial_seed();
        }
        state.value = from_words(self.device, words)?;
        Ok(())
    }

    /// The state as a value.
    pub(crate) fn value(&self) -> Value {
        self.state.lock().value.clone()
    }

    /// Replaces the state by a value; answers with the one before.
    pub(crate) fn swap_state(&self, value: Value) -> Value {
        std::mem::replace(&mut self.state.lock().value, value)
    }

    /// Draws: applies an op to the state and the parameters, whose last result is the next state; answers with its first.
    ///
    /// # Errors
    /// What the op refuses; the state is then as it was.
    pub fn draw(self: &Arc<Self>, op: Op, attrs: Attrs, parameters: &[Value], scope: &mut Scope<'_>) -> Result<Value> {
        let mut state = self.state.lock();
        let current = match trace::current() {
            Some(trace) => trace.see_generator(self, &state.value)?,
            None => state.value.clone(),
        };
        let inputs: Vec<Value> = std::iter::once(&current).chain(parameters).cloned().collect();
        let mut results = scope.emit(op, attrs, &inputs)?;
        match (results.pop(), results.pop()) {
            (Some(next), Some(drawn)) => {
                state.value = next;
                Ok(drawn)
            }
            _ => Err(Error::internal(format_args!("{op} gives no state back"))),
        }
    }
}

fn refused(error: flashlight_runtime::generator::DrawError) -> Error {
    Error::runtime(error)
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
