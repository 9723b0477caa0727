//! Random draws: host work over a generator's state, which goes in and comes out as words. The draws themselves stand in
//! `generator`.

use flashlight_compiler::ir::Values;
use flashlight_compiler::ops::{Call, Random};
use flashlight_compiler::types::{DType, Type};

use crate::device::Device;
use crate::error::{Error, Result};
use crate::generator::{DrawError, Element, Mt19937, PhiloxGenerator, Real, STATE_WORDS, philox};
use crate::host::{Plain, sure_host, typed, typed_mut};
use crate::value::Value;

/// What one draw is asked for.
#[derive(Clone, Copy)]
enum Draw {
    Uniform(f64, f64),
    Normal(f64, f64),
    Integer(i64, i64),
    Permutation,
    Key,
}

pub(super) fn lower(
    op: Random,
    call: &Call<'_>,
    inputs: &[Value],
    results: &[Type],
    home: Device,
) -> Result<Values<Value>> {
    let number = |name: &str| Ok::<f64, Error>(call.scalar(name)?.as_f64());
    let integer = |name: &str| {
        let value = call.scalar(name)?;
        value.as_i64().ok_or_else(|| Error::user(call.op, format_args!("{name}={value} is no integer")))
    };
    let draw = match op {
        Random::RandomUniform => Draw::Uniform(number("low")?, number("high")?),
        Random::RandomNormal => Draw::Normal(number("mean")?, number("std")?),
        Random::RandomInteger => Draw::Integer(integer("low")?, integer("high")?),
        Random::RandomPermutation => Draw::Permutation,
        Random::RandomKey => Draw::Key,
        Random::RandomMask => return mask(call, &inputs[0], results, home),
    };
    let dtype = results[0].dtype;
    // Refuses what the draw will refuse, while the user's line is still known.
    fill(&mut Generator::Mersenne(Box::new(Mt19937::new(0))), draw, dtype, &mut [])
        .map_err(|error| Error::user(call.op, error))?;
    let made = sure_host(&[&inputs[0].to(Device::Cpu)?], results, move |inputs, outputs| {
        let [values, next] = outputs else { return Err("a draw has two results".to_owned()) };
        let mut generator = Generator::from_words(typed(inputs[0])).map_err(|error| error.to_string())?;
        fill(&mut generator, draw, dtype, values).map_err(|error| error.to_string())?;
        generator.write(typed_mut(next));
        Ok(())
    })?;
    made.iter().map(|value| value.to(home)).collect()
}

fn mask(call: &Call<'_>, key: &Value, results: &[Type], home: Device) -> Result<Values<Value>> {
    let p = call.scalar("p")?.as_f64();
    let made = sure_host(&[&key.to(Device::Cpu)?], results, move |inputs, outputs| {
        let words = typed::<u32>(inputs[0]);
        let seed = u64::from(words[1]) << 32 | u64::from(words[0]);
        // Kept with probability p: dropped with the rest.
        philox::keep_mask(seed, 0, 1.0 - p, typed_mut(outputs[0])).map_err(|error| error.to_string())
    })?;
    made.iter().map(|value| value.to(home)).collect()
}

/// A generator of either algorithm; the length of its state tells which.
enum Generator {
    Mersenne(Box<Mt19937>),
    Counter(PhiloxGenerator),
}

impl Generator {
    fn from_words(words: &[u32]) -> std::result::Result<Generator, DrawError> {
        if words.len() == STATE_WORDS {
            return Ok(Generator::Mersenne(Box::new(Mt19937::from_words(words)?)));
        }
        Ok(Generator::Counter(PhiloxGenerator::from_words(words)?))
    }

    fn write(&self, words: &mut [u32]) {
        match self {
            Generator::Mersenne(twister) => words.copy_from_slice(&twister.to_words()),
            Generator::Counter(counter) => words.copy_from_slice(&counter.to_words()),
        }
    }
}

fn fill(generator: &mut Generator, draw: Draw, dtype: DType, out: &mut [u8]) -> std::result::Result<(), DrawError> {
    match (draw, dtype) {
        (Draw::Key, _) => {
            let key = match generator {
                Generator::Mersenne(twister) => twister.draw_key(),
                Generator::Counter(counter) => wide_words(counter, 1)[0],
            };
            if let [low, high] = typed_mut::<u32>(out) {
                (*low, *high) = (key as u32, (key >> 32) as u32);
            }
            Ok(())
        }
        (Draw::Uniform(..) | Draw::Normal(..), DType::F16) => real::<half::f16>(generator, draw, typed_mut(out)),
        (Draw::Uniform(..) | Draw::Normal(..), DType::BF16) => real::<half::bf16>(generator, draw, typed_mut(out)),
        (Draw::Uniform(..) | Draw::Normal(..), DType::F64) => real::<f64>(generator, draw, typed_mut(out)),
        (Draw::Uniform(..) | Draw::Normal(..), _) => real::<f32>(generator, draw, typed_mut(out)),
        (_, DType::Bool) => whole::<bool>(generator, draw, typed_mut(out)),
        (_, DType::U8) => whole::<u8>(generator, draw, typed_mut(out)),
        (_, DType::U16) => whole::<u16>(generator, draw, typed_mut(out)),
        (_, DType::U32) => whole::<u32>(generator, draw, typed_mut(out)),
        (_, DType::U64) => whole::<u64>(generator, draw, typed_mut(out)),
        (_, DType::I8) => whole::<i8>(generator, draw, typed_mut(out)),
        (_, DType::I16) => whole::<i16>(generator, draw, typed_mut(out)),
        (_, DType::I32) => whole::<i32>(generator, draw, typed_mut(out)),
        (_, DType::I64) => whole::<i64>(generator, draw, typed_mut(out)),
        (_, DType::F16) => whole::<half::f16>(generator, draw, typed_mut(out)),
        (_, DType::BF16) => whole::<half::bf16>(generator, draw, typed_mut(out)),
        (_, DType::F32) => whole::<f32>(generator, draw, typed_mut(out)),
        (_, DType::F64) => whole::<f64>(generator, draw, typed_mut(out)),
        (_, DType::C64) => Err(DrawError::NotImplemented { operation: "random_", element: "ComplexFloat" }),
    }
}

/// 64-bit words of a counter-based generator.
fn wide_words(counter: &mut PhiloxGenerator, count: usize) -> Vec<u64> {
    let offset = counter.reserve(2 * count);
    let mut words = vec![0u32; 2 * count];
    philox::fill_u32(counter.seed, offset, &mut words);
    words.chunks_exact(2).map(|pair| u64::from(pair[1]) << 32 | u64::from(pair[0])).collect()
}

fn real<T: Real + Plain>(generator: &mut Generator, draw: Draw, out: &mut [T]) -> std::result::Result<(), DrawError> {
    match (generator, draw) {
        (Generator::Mersenne(twister), Draw::Normal(mean, std)) => twister.normal(out, mean, std),
        (Generator::Mersenne(twister), Draw::Uniform(low, high)) => twister.uniform(out, low, high),
        (Generator::Counter(counter), draw) => {
            let offset = counter.reserve(out.len());
            let mut values = vec![0f32; out.len()];
            let (scale, shift) = match draw {
                Draw::Normal(mean, std) => {
                    philox::fill_normal(counter.seed, offset, &mut values);
                    (std, mean)
                }
                Draw::Uniform(low, high) => {
                    philox::fill_uniform(counter.seed, offset, &mut values);
                    (high - low, low)
                }
                _ => (1.0, 0.0),
            };
            let end = if let Draw::Uniform(_, high) = draw { T::from_f64(high) } else { T::from_f64(f64::NAN) };
            for (slot, value) in out.iter_mut().zip(values) {
                let value = T::from_f64(f64::from(value).mul_add(scale, shift));
                // Rounding may reach the excluded end.
                *slot = if value == end { T::from_f64(shift) } else { value };
            }
            Ok(())
        }
        (Generator::Mersenne(_), _) => Ok(()),
    }
}

fn whole<T: Element + Plain>(
    generator: &mut Generator,
    draw: Draw,
    out: &mut [T],
) -> std::result::Result<(), DrawError> {
    match (generator, draw) {
        (Generator::Mersenne(twister), Draw::Integer(low, high)) => twister.random_from(out, low, Some(high)),
        (Generator::Mersenne(twister), _) => twister.randperm(out),
        (Generator::Counter(counter), Draw::Integer(low, high)) => {
            let range = high.wrapping_sub(low) as u64;
            let words = wide_words(counter, out.len());
            for (slot, word) in out.iter_mut().zip(words) {
                *slot = T::from_i64((word % range).wrapping_add_signed(low) as i64);
            }
            Ok(())
        }
        (Generator::Counter(counter), _) => {
            out.iter_mut().enumerate().for_each(|(index, slot)| *slot = T::from_i64(index as i64));
            let words = wide_words(counter, out.len());
            for (index, word) in words.into_iter().enumerate() {
                let rest = (out.len() - index) as u64;
                out.swap(index, index + (word % rest) as usize);
            }
            Ok(())
        }
    }
}
