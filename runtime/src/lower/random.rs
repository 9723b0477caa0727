//! Random draws: host work over a generator's state, which goes in and comes out as words. The draws themselves stand in
//! `generator`.

use flashlight_compiler::ir::Values;
use flashlight_compiler::ops::{Call, Random};
use flashlight_compiler::types::{DType, Scalar, Type};

use crate::device::Device;
use crate::error::{Error, Result};
use crate::generator::{DrawError, Element, Mt19937, PhiloxGenerator, Real, STATE_WORDS, philox};
use crate::host::{Plain, host, sure_host, typed, typed_mut};
use crate::value::Value;

/// What one draw is asked for.
#[derive(Clone, Copy)]
enum Draw {
    Uniform(f64, f64),
    Normal(f64, f64),
    Integer(i64, i64),
    Permutation,
    Key,
    Law(Law, Scalar, Scalar),
}

/// What [`Op::RandomLaw`](flashlight_compiler::ops::Op::RandomLaw) may name.
#[derive(Clone, Copy)]
enum Law {
    Normal,
    LogNormal,
    Exponential,
    Cauchy,
    Geometric,
    Integers,
    IntegersFrom,
}

impl Law {
    fn named(name: &str) -> Result<Law> {
        Ok(match name {
            "normal" => Law::Normal,
            "log_normal" => Law::LogNormal,
            "exponential" => Law::Exponential,
            "cauchy" => Law::Cauchy,
            "geometric" => Law::Geometric,
            "integers" => Law::Integers,
            "integers_from" => Law::IntegersFrom,
            _ => return Err(Error::internal(format_args!("no law is called '{name}'"))),
        })
    }
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
        Random::RandomLaw => Draw::Law(Law::named(call.word("law")?)?, call.scalar("first")?, call.scalar("second")?),
        Random::RandomMultinomial => return multinomial(call, inputs, results, home),
        Random::RandomPoisson => return poisson(inputs, results, home),
        Random::RandomBinomial => return binomial(inputs, results, home),
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

/// A draw by the elements of the other operands, which may be refused when they are known.
fn by_elements(
    inputs: &[Value],
    results: &[Type],
    home: Device,
    draw: impl FnOnce(&mut Mt19937, &[&[u8]], &mut [u8]) -> std::result::Result<(), DrawError> + Send + 'static,
) -> Result<Values<Value>> {
    let inputs = inputs.iter().map(|value| value.to(Device::Cpu)).collect::<Result<Vec<_>>>()?;
    let inputs: Vec<&Value> = inputs.iter().collect();
    let made = host(&inputs, results, move |inputs, outputs| {
        let [values, next] = outputs else { return Err("a draw has two results".to_owned()) };
        let mut generator = Generator::from_words(typed(inputs[0])).map_err(|error| error.to_string())?;
        generator.with_twister(|twister| draw(twister, &inputs[1..], values)).map_err(|error| error.to_string())?;
        generator.write(typed_mut(next));
        Ok(())
    })?;
    made.iter().map(|value| value.to(home)).collect()
}

fn multinomial(call: &Call<'_>, inputs: &[Value], results: &[Type], home: Device) -> Result<Values<Value>> {
    let known = |name: &str, dim: &flashlight_compiler::types::Dim| {
        let size = dim.as_known().and_then(|n| usize::try_from(n).ok());
        size.ok_or_else(|| Error::user(call.op, format_args!("{name}={dim} is no number of elements")))
    };
    let samples = known("samples", call.dim("samples")?)?;
    let weights = inputs[1].ty();
    let categories = known("categories", &weights.shape[weights.rank() - 1])?;
    let (replacement, dtype) = (call.flag("replacement")?, weights.dtype);
    by_elements(inputs, results, home, move |twister, parameters, places| {
        let weights = parameters[0];
        let drawn = match dtype {
            DType::F16 => twister.multinomial::<half::f16>(typed(weights), categories, samples, replacement),
            DType::BF16 => twister.multinomial::<half::bf16>(typed(weights), categories, samples, replacement),
            DType::F64 => twister.multinomial::<f64>(typed(weights), categories, samples, replacement),
            _ => twister.multinomial::<f32>(typed(weights), categories, samples, replacement),
        }?;
        typed_mut(places).copy_from_slice(&drawn);
        Ok(())
    })
}

fn poisson(inputs: &[Value], results: &[Type], home: Device) -> Result<Values<Value>> {
    let dtype = results[0].dtype;
    by_elements(inputs, results, home, move |twister, rates, counts| match dtype {
        DType::F16 => twister.poisson::<half::f16>(typed_mut(counts), typed(rates[0])),
        DType::BF16 => twister.poisson::<half::bf16>(typed_mut(counts), typed(rates[0])),
        DType::F64 => twister.poisson::<f64>(typed_mut(counts), typed(rates[0])),
        _ => twister.poisson::<f32>(typed_mut(counts), typed(rates[0])),
    })
}

fn binomial(inputs: &[Value], results: &[Type], home: Device) -> Result<Values<Value>> {
    let dtype = results[0].dtype;
    by_elements(inputs, results, home, move |twister, given, out| match dtype {
        DType::F16 => twister.binomial::<half::f16>(typed_mut(out), typed(given[0]), typed(given[1])),
        DType::BF16 => twister.binomial::<half::bf16>(typed_mut(out), typed(given[0]), typed(given[1])),
        DType::F64 => twister.binomial::<f64>(typed_mut(out), typed(given[0]), typed(given[1])),
        _ => twister.binomial::<f32>(typed_mut(out), typed(given[0]), typed(given[1])),
    })
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

    /// Draws that only the twister has: a counter seeds one for them.
    fn with_twister<T>(&mut self, draw: impl FnOnce(&mut Mt19937) -> T) -> T {
        match self {
            Generator::Mersenne(twister) => draw(twister),
            Generator::Counter(counter) => draw(&mut Mt19937::new(wide_words(counter, 1)[0])),
        }
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
        (Draw::Law(law, first, second), _) => {
            generator.with_twister(|twister| fill_by_law(twister, law, first, second, dtype, out))
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

fn fill_by_law(
    twister: &mut Mt19937,
    law: Law,
    first: Scalar,
    second: Scalar,
    dtype: DType,
    out: &mut [u8],
) -> std::result::Result<(), DrawError> {
    macro_rules! each {
        ($fill:ident: $($dtype:ident $type:ty),*) => {
            match dtype {
                $(DType::$dtype => $fill::<$type>(twister, law, first, second, typed_mut(out)),)*
                _ => Err(DrawError::NotImplemented { operation: "random_law", element: dtype.name() }),
            }
        };
    }
    match law {
        Law::Geometric | Law::Integers | Law::IntegersFrom => {
            each!(whole_by_law: Bool bool, U8 u8, U16 u16, U32 u32, U64 u64,
            I8 i8, I16 i16, I32 i32, I64 i64, F16 half::f16, BF16 half::bf16, F32 f32, F64 f64)
        }
        _ => each!(real_by_law: F16 half::f16, BF16 half::bf16, F32 f32, F64 f64),
    }
}

fn whole_by_law<T: Element>(
    twister: &mut Mt19937,
    law: Law,
    first: Scalar,
    _: Scalar,
    out: &mut [T],
) -> std::result::Result<(), DrawError> {
    match law {
        Law::Geometric => twister.geometric(out, first.as_f64()),
        Law::IntegersFrom => twister.random_from(out, first.as_i64().unwrap_or_default(), None),
        _ => twister.random(out),
    }
}

fn real_by_law<T: Real>(
    twister: &mut Mt19937,
    law: Law,
    first: Scalar,
    second: Scalar,
    out: &mut [T],
) -> std::result::Result<(), DrawError> {
    let (first, second) = (first.as_f64(), second.as_f64());
    match law {
        Law::Exponential => twister.exponential(out, first),
        Law::Cauchy => twister.cauchy(out, first, second),
        Law::LogNormal => twister.log_normal(out, first, second),
        _ => twister.normal_one_by_one(out, first, second),
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
