//! Torch's CPU generator, draw by draw: what `generator_torch.py` recorded against this crate's `generator`, and the
//! refusals.

#![allow(clippy::unwrap_used, reason = "a failed draw or a damaged fixture fails the test")]

use flashlight_runtime::generator::{DrawError, Element, Mt19937, Real, STATE_BYTES, STATE_WORDS, seed_from_integer};
use half::{bf16, f16};
use serde_json::Value;

/// A drawn tensor: its bytes for exact draws, its values for the others.
struct Drawn {
    bytes: Vec<u8>,
    values: Vec<f64>,
}

trait Bytes: Element + Default {
    fn bytes(self) -> Vec<u8>;
    fn value(self) -> f64;
}
macro_rules! bytes {
    ($($type:ty => $value:expr),*) => { $( impl Bytes for $type {
        fn bytes(self) -> Vec<u8> { self.to_le_bytes().to_vec() }
        fn value(self) -> f64 { $value(self) }
    } )* };
}
bytes!(f32 => f64::from, f64 => f64::from, f16 => f64::from, bf16 => f64::from, i8 => f64::from, i16 => f64::from, i32 => f64::from,
    i64 => |v| v as f64, u8 => f64::from, u16 => f64::from, u32 => f64::from, u64 => |v| v as f64);
impl Bytes for bool {
    fn bytes(self) -> Vec<u8> {
        vec![u8::from(self)]
    }
    fn value(self) -> f64 {
        f64::from(u8::from(self))
    }
}

fn fill<T: Bytes>(n: usize, draw: impl FnOnce(&mut [T]) -> Result<(), DrawError>) -> Drawn {
    let mut out = vec![T::default(); n];
    draw(&mut out).unwrap();
    drawn(&out)
}

fn drawn<T: Bytes>(out: &[T]) -> Drawn {
    Drawn { bytes: out.iter().flat_map(|v| v.bytes()).collect(), values: out.iter().map(|v| v.value()).collect() }
}

fn crc(bytes: &[u8]) -> u64 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    u64::from(!crc)
}

fn any_element<T: Bytes>(generator: &mut Mt19937, operation: &str, n: usize, arguments: &[Value]) -> Drawn {
    let real = |index: usize| arguments[index].as_f64().unwrap();
    match operation {
        "random" => fill::<T>(n, |out| generator.random(out)),
        "random_from" => {
            fill::<T>(n, |out| generator.random_from(out, arguments[0].as_i64().unwrap(), arguments[1].as_i64()))
        }
        "randperm" => fill::<T>(n, |out| generator.randperm(out)),
        "bernoulli" => fill::<T>(n, |out| generator.bernoulli(out, real(0))),
        "geometric" => fill::<T>(n, |out| generator.geometric(out, real(0))),
        _ => panic!("unknown operation {operation}"),
    }
}

fn any_real<T: Bytes + Real>(generator: &mut Mt19937, operation: &str, n: usize, arguments: &[Value]) -> Drawn {
    let real = |index: usize| arguments[index].as_f64().unwrap();
    let fractions = |modulus: usize, factor: usize, divisor: f64| -> Vec<T> {
        (0..n).map(|index| T::from_f64((index * factor % modulus) as f64 / divisor)).collect()
    };
    match operation {
        "uniform" => fill::<T>(n, |out| generator.uniform(out, real(0), real(1))),
        "normal" => fill::<T>(n, |out| generator.normal(out, real(0), real(1))),
        "normal_one_by_one" => fill::<T>(n, |out| generator.normal_one_by_one(out, real(0), real(1))),
        "log_normal" => fill::<T>(n, |out| generator.log_normal(out, real(0), real(1))),
        "exponential" => fill::<T>(n, |out| generator.exponential(out, real(0))),
        "cauchy" => fill::<T>(n, |out| generator.cauchy(out, real(0), real(1))),
        "poisson" => fill::<T>(n, |out| generator.poisson(out, &fractions(120, 5, 4.0))),
        "bernoulli_each" => fill::<f32>(n, |out| generator.bernoulli_each(out, &fractions(65, 7, 64.0))),
        "multinomial" => {
            let weights: Vec<T> = (0..9 * n).map(|index| T::from_f64((5 * index % 17) as f64 / 4.0)).collect();
            let samples = arguments[0].as_u64().unwrap() as usize;
            drawn(&generator.multinomial(&weights, 9, samples, arguments[1] == 1).unwrap())
        }
        _ => any_element::<T>(generator, operation, n, arguments),
    }
}

fn draw(generator: &mut Mt19937, step: &Value) -> Drawn {
    let operation = step["operation"].as_str().unwrap();
    let n = step["n"].as_u64().unwrap() as usize;
    let arguments = step["arguments"].as_array().unwrap();
    macro_rules! by_name {
        ($($name:literal $function:ident $type:ty),*) => {
            match step["dtype"].as_str().unwrap() {
                $($name => $function::<$type>(generator, operation, n, arguments),)*
                other => panic!("unknown dtype {other}"),
            }
        };
    }
    by_name!("float32" any_real f32, "float64" any_real f64, "float16" any_real f16, "bfloat16" any_real bf16,
        "int8" any_element i8, "int16" any_element i16, "int32" any_element i32, "int64" any_element i64, "uint8" any_element u8,
        "uint16" any_element u16, "uint32" any_element u32, "uint64" any_element u64, "bool" any_element bool)
}

fn tolerance(dtype: &str) -> f64 {
    match dtype {
        "float64" => 1e-13,
        "float16" => 1.0 / 1024.0,
        "bfloat16" => 1.0 / 128.0,
        _ => 1e-6,
    }
}

fn check_state(generator: &Mt19937, recorded: &Value, place: &str) {
    let bytes = generator.to_torch_bytes();
    assert_eq!(bytes.len(), STATE_BYTES);
    let integer = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    assert_eq!(
        (integer(8), integer(16)),
        (recorded["left"].as_u64().unwrap(), recorded["next"].as_u64().unwrap()),
        "{place}"
    );
    assert_eq!(crc(&bytes[24..5016]), recorded["crc"].as_u64().unwrap(), "{place}");
    assert_eq!(integer(5040) != 0, recorded["kept"].is_string(), "{place}");
    if let Some(kept) = recorded["kept"].as_str() {
        let ours = f64::from_le_bytes(bytes[5024..5032].try_into().unwrap());
        assert!((ours - kept.parse::<f64>().unwrap()).abs() < 1e-12, "{place}");
    }
    assert_eq!(&Mt19937::from_torch_bytes(&bytes).unwrap(), generator, "{place}");
    assert_eq!(&Mt19937::from_words(&generator.to_words()).unwrap(), generator, "{place}");
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("generator_torch.json")).unwrap()
}

#[test]
fn every_draw_and_state_is_torchs() {
    let fixture = fixture();
    let mut steps = 0;
    for chain in fixture["chains"].as_array().unwrap() {
        let seed: u64 = chain["seed"].as_str().unwrap().parse().unwrap();
        let mut generator = Mt19937::new(seed);
        for (index, step) in chain["steps"].as_array().unwrap().iter().enumerate() {
            let dtype = step["dtype"].as_str().unwrap();
            let place = format!(
                "seed {seed}, step {index}: {} {dtype} {} n={}",
                step["operation"], step["arguments"], step["n"]
            );
            let drawn = draw(&mut generator, step);
            if let Some(recorded) = step["crc"].as_u64() {
                assert_eq!(crc(&drawn.bytes), recorded, "{place}: {:?}", &drawn.values[..drawn.values.len().min(8)]);
            } else {
                let values = step["values"].as_array().unwrap();
                for (at, value) in step["at"].as_array().unwrap().iter().zip(values) {
                    let ours = drawn.values[at.as_u64().unwrap() as usize];
                    let torchs: f64 = value.as_str().unwrap().parse().unwrap();
                    let near = (ours - torchs).abs() <= tolerance(dtype) * torchs.abs().max(1.0);
                    assert!(near, "{place}: at {at} {ours} is not {torchs}");
                }
            }
            check_state(&generator, &step["state"], &place);
            steps += 1;
        }
    }
    assert!(steps > 1500, "only {steps} steps");
}

#[test]
fn the_state_bytes_are_torchs() {
    let mut generator = Mt19937::new(3);
    generator.normal(&mut [0f32; 3], 0.0, 1.0).unwrap();
    let recorded = fixture()["state_after_three_normals_of_seed_3_crc"].as_u64().unwrap();
    assert_eq!(crc(&generator.to_torch_bytes()), recorded);
}

#[test]
fn the_first_numbers_of_seed_zero_are_the_known_ones() {
    let mut out = [0f32; 4];
    Mt19937::new(0).uniform(&mut out, 0.0, 1.0).unwrap();
    assert_eq!(out, [0.496_256_6, 0.768_221_8, 0.088_477_43, 0.132_030_49]);
}

#[test]
fn a_negative_seed_means_its_bits() {
    assert_eq!(seed_from_integer(-1), Ok(u64::MAX));
    assert_eq!(seed_from_integer(-5), Ok(u64::MAX - 4));
    assert_eq!(seed_from_integer(i128::from(i64::MIN)), Ok(1 << 63));
    assert_eq!(seed_from_integer(i128::from(u64::MAX)), Ok(u64::MAX));
    for seed in [i128::from(i64::MIN) - 1, i128::from(u64::MAX) + 1] {
        assert_eq!(seed_from_integer(seed), Err(DrawError::Seed(seed)));
    }
}

#[test]
fn seeding_anew_forgets_the_kept_normal() {
    let mut generator = Mt19937::new(1);
    generator.normal(&mut [0f64; 1], 0.0, 1.0).unwrap();
    generator.manual_seed(9);
    assert_eq!(generator, Mt19937::new(9));
    let seed = generator.seed();
    assert_eq!((generator.initial_seed(), generator), (seed, Mt19937::new(seed)));
}

#[test]
fn damaged_states_are_refused() {
    let generator = Mt19937::new(5);
    let words = generator.to_words();
    let refused = |index: usize, value: u32| {
        let mut words = words;
        words[index] = value;
        Mt19937::from_words(&words).is_err()
    };
    assert!(refused(624, 0) && refused(624, 625) && refused(625, 625) && refused(628, 4));
    let mut ahead = words;
    (ahead[624], ahead[625]) = (600, 100);
    assert!(Mt19937::from_words(&ahead).is_err());
    assert!(Mt19937::from_words(&words[1..]).is_err() && words.len() == STATE_WORDS);
    let bytes = generator.to_torch_bytes();
    assert_eq!(
        Mt19937::from_torch_bytes(&bytes[..100]).unwrap_err().to_string(),
        "Expected a mt19937 state of size 5056 but found the input RNG state size to be 100"
    );
    let mut never = bytes;
    never[12] = 0;
    assert!(Mt19937::from_torch_bytes(&never).is_err());
}

#[test]
fn refused_draws_leave_the_generator_as_it_was() {
    let mut generator = Mt19937::new(5);
    let g = &mut generator;
    let mut out = [0f32; 3];
    assert!(g.uniform(&mut out, 2.0, 1.0).is_err());
    assert!(g.uniform(&mut out, f64::NAN, 1.0).is_err());
    assert!(g.uniform(&mut out, -3e38, 3e38).is_err());
    assert!(g.uniform(&mut [f16::ZERO; 2], 0.0, 70000.0).is_err());
    assert!(g.normal(&mut out, 0.0, -1.0).is_err() && g.normal(&mut [0f32; 32], 0.0, f64::NAN).is_err());
    assert!(g.log_normal(&mut out, 0.0, 0.0).is_err() && g.exponential(&mut out, 0.0).is_err());
    assert!(g.cauchy(&mut out, 0.0, 0.0).is_err());
    assert!(g.geometric(&mut out, 1.0).is_err() && g.geometric(&mut [false; 2], 0.5).is_err());
    assert!(g.bernoulli(&mut out, 2.0).is_err() && g.bernoulli_each(&mut out, &[0.5f32, 0.5, 2.0]).is_err());
    assert!(g.bernoulli_each(&mut out, &[0.5f32]).is_err());
    assert!(g.random_from(&mut out, 3, Some(3)).is_err() && g.random_from(&mut [0i8; 3], 0, Some(300)).is_err());
    assert!(g.random_from(&mut [0u64; 3], 0, None).is_err() && g.random_from(&mut [0i32; 3], i64::MIN, None).is_err());
    assert!(g.random_from(&mut [0i8; 3], i64::MIN, Some(i64::MAX)).is_err());
    assert!(g.random(&mut [0u16; 3]).is_err());
    assert!(g.randperm(&mut [0i8; 300]).is_err() && g.randperm(&mut [false; 1]).is_err());
    assert!(g.poisson(&mut out, &[1.0, f32::NAN, 2.0]).is_err() && g.poisson(&mut out, &[1.0]).is_err());
    for weights in [[0f32, 0.0], [-1.0, 2.0], [1.0, f32::INFINITY], [f32::NAN, 1.0]] {
        assert!(g.multinomial(&weights, 2, 1, true).is_err());
    }
    assert!(g.multinomial(&[1f32, 1.0], 2, 3, false).is_err() && g.multinomial(&[1f32, 1.0], 2, 0, true).is_err());
    assert!(g.multinomial(&[1f32, 1.0, 1.0], 2, 1, true).is_err() && g.multinomial::<f32>(&[], 0, 1, true).is_err());
    assert_eq!(generator, Mt19937::new(5));
}

#[test]
fn an_error_names_both_values() {
    let error = Mt19937::new(0).random_from(&mut [0f32; 1], 5, Some(3)).unwrap_err();
    assert_eq!(error.to_string(), "random_ expects 'from' to be less than 'to', but found from=5 >= to=3");
}
