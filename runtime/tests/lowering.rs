//! Every op that has a row runs, with the type its row says; and the edges where MLX alone would answer otherwise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use flashlight_compiler::attrs;
use flashlight_compiler::ir::Emit;
use flashlight_compiler::ops::{Attrs, Axes, Domain, Op, Sample};
use flashlight_compiler::types::{DType, Dim, Kind, Scalar, Shape, Type};
use flashlight_runtime::generator::{Mt19937, PhiloxGenerator};
use flashlight_runtime::{Device, Eager, Plain, Value, eval, typed};

fn run(op: Op, attrs: Attrs, inputs: &[&Value]) -> Value {
    let inputs: Vec<Value> = inputs.iter().map(|value| (*value).clone()).collect();
    Eager::new(Device::Cpu).emit_one(op, attrs, &inputs).unwrap()
}

trait Element: Plain + PartialEq + std::fmt::Debug {
    const DTYPE: DType;
    fn bytes(values: &[Self]) -> Vec<u8>;
}

macro_rules! elements {
    ($($t:ty => $d:ident),*) => { $(impl Element for $t {
        const DTYPE: DType = DType::$d;
        fn bytes(values: &[Self]) -> Vec<u8> { values.iter().flat_map(|value| value.to_ne_bytes()).collect() }
    })* };
}
elements!(u8 => U8, i8 => I8, i32 => I32, i64 => I64, u32 => U32, f32 => F32, f64 => F64);
impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn bytes(values: &[Self]) -> Vec<u8> {
        values.iter().map(|&value| u8::from(value)).collect()
    }
}

fn tensor<T: Element>(shape: &[usize], values: &[T]) -> Value {
    Value::from_bytes(&T::bytes(values), Type::new(T::DTYPE, shape.iter().copied()), Device::Cpu).unwrap()
}

fn list<T: Element>(values: &[T]) -> Value {
    tensor(&[values.len()], values)
}

fn elements<T: Element>(value: &Value) -> Vec<T> {
    assert_eq!(value.dtype(), T::DTYPE);
    typed(&value.to_bytes().unwrap()).to_vec()
}

fn sizes(sizes: &[i64]) -> Shape {
    sizes.iter().map(|&n| Dim::known(n)).collect()
}

fn axes(axes: &[u32]) -> Axes {
    Axes::from_slice(axes)
}

/// An operand of a sample: small numbers of the sample's domain.
fn operand(ty: &Type, domain: Domain, seed: u64) -> Value {
    let count = ty.numel().as_known().unwrap() as u64;
    let (low, high) = match domain {
        Domain::Range(low, high) => (low, high),
        Domain::Index(size) if ty.dtype.kind() == Kind::Integer => (0.0, size as f64 - 1.0),
        Domain::Index(_) => (-2.0, 2.0),
    };
    let numbers: Vec<f64> = (0..count)
        .map(|i| {
            let word = (seed + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let number = low + (high - low) * (word as f64 / f64::from(1 << 24));
            if ty.dtype.is_float() { number } else { number.round() }
        })
        .collect();
    let wide = tensor(&[numbers.len()], &numbers);
    let shaped = run(Op::Reshape, attrs![ty.shape.clone()], &[&wide]);
    run(Op::Cast, attrs![ty.dtype], &[&shaped])
}

#[test]
fn every_sample_of_every_row_runs_and_has_its_type() {
    let mut ran = 0;
    for row in Op::rows() {
        for Sample { inputs, attrs, domain } in (row.samples)() {
            let operands: Vec<Value> =
                inputs.iter().enumerate().map(|(i, ty)| operand(ty, domain, 1000 * i as u64)).collect();
            let results = Eager::new(Device::Cpu).emit(row.op, attrs, &operands);
            let results = results.unwrap_or_else(|error| panic!("{} {inputs:?}: {error}", row.name));
            for result in &results {
                let bytes = result.to_bytes().unwrap_or_else(|error| panic!("{} {inputs:?}: {error}", row.name));
                assert_eq!(Some(bytes.len() as u64), result.ty().known_bytes(), "{} {inputs:?}", row.name);
                if result.dtype() == DType::F32 && !inputs.is_empty() {
                    let wild = typed::<f32>(&bytes).iter().any(|x| x.is_nan());
                    assert!(!wild, "{} {inputs:?} gives NaN", row.name);
                }
            }
            ran += 1;
        }
    }
    assert!(ran > 100, "{ran} samples");
}

/// No lowering may leave work on a stream of the thread that called it: nobody else could do it.
#[test]
fn every_sample_of_every_row_can_be_evaluated_by_another_thread() {
    for row in Op::rows() {
        for Sample { inputs, attrs, domain } in (row.samples)() {
            for dtype in [None, Some(DType::F16), Some(DType::F64)] {
                let operands: Vec<Value> = inputs.iter().map(|ty| operand(ty, domain, 7)).collect();
                let recast = |x: Value| match dtype {
                    Some(other) if x.dtype() == DType::F32 => run(Op::Cast, attrs![other], &[&x]),
                    _ => x,
                };
                let operands: Vec<Value> = operands.into_iter().map(recast).collect();
                // Types fixed by an attribute do not fit operands of another type.
                let Ok(results) = Eager::new(Device::Cpu).emit(row.op, attrs.clone(), &operands) else { continue };
                for result in results {
                    let read = std::thread::spawn(move || result.to_bytes().map(drop)).join().unwrap();
                    read.unwrap_or_else(|error| panic!("{} {inputs:?} {dtype:?}: {error}", row.name));
                }
            }
        }
    }
}

/// A value of so many elements, edges among them: MLX computes on 2,000 of them, the runtime itself on 37.
fn edges(dtype: DType, count: usize, seed: usize) -> Value {
    let at = |i: usize| (i * 7 + seed * 13) % 37;
    let floats = [0.0f32, -0.0, 1.5, -2.5, 0.5, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e30, -1e-40, 3.0, 77.7];
    let value = |i: usize| floats.get(at(i)).copied().unwrap_or(at(i) as f32 - 20.25);
    let floats: Vec<f32> = (0..count).map(value).collect();
    let integers: Vec<i64> = (0..count).map(|i| [0, 1, -1, i64::MAX, i64::MIN, 255, -256, 5][at(i) % 8]).collect();
    match dtype {
        DType::F32 => list(&floats),
        DType::F64 => list(&floats.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>()),
        DType::I64 => list(&integers),
        DType::I32 => list(&integers.iter().map(|x| *x as i32).collect::<Vec<i32>>()),
        DType::U8 => list(&integers.iter().map(|x| *x as u8).collect::<Vec<u8>>()),
        _ => list(&integers.iter().map(|x| *x % 2 == 0).collect::<Vec<bool>>()),
    }
}

#[test]
fn calls_on_few_elements_have_the_bits_that_mlx_gives() {
    let (few, many) = (37, 2000);
    let mut compared = 0;
    for row in Op::rows().filter(|row| matches!(row.op, Op::Elementwise(_))) {
        for dtype in [DType::F32, DType::F64, DType::I64, DType::I32, DType::U8, DType::Bool] {
            for to in DType::ALL {
                let attrs = if row.attributes.is_empty() { attrs![] } else { attrs![*to] };
                let compute = |count: usize| -> Option<Vec<u8>> {
                    let operands: Vec<Value> = (0..row.operands.len())
                        .map(|i| edges(if row.name == "where" && i == 0 { DType::Bool } else { dtype }, count, i))
                        .collect();
                    let results = Eager::new(Device::Cpu).emit(row.op, attrs.clone(), &operands).ok()?;
                    let size = results[0].dtype().size();
                    Some(results[0].to_bytes().unwrap()[..few * size].to_vec())
                };
                let (Some(ours), Some(mlx)) = (compute(few), compute(many)) else { continue };
                let is_single = row.attributes.is_empty() && dtype == DType::F32 && ours.len() == 4 * few;
                let same = |(a, b): (&[u8], &[u8])| {
                    let number = |bytes: &[u8]| f32::from_ne_bytes(bytes.try_into().unwrap());
                    a == b || (is_single && number(a).is_nan() && number(b).is_nan())
                };
                let width = ours.len() / few;
                let all = ours.chunks(width).zip(mlx.chunks(width)).all(same);
                assert!(all, "{} of {dtype} (to {to}): {ours:?} is not MLX's {mlx:?}", row.name);
                compared += 1;
                if row.attributes.is_empty() {
                    break;
                }
            }
        }
    }
    assert!(compared > 150, "{compared}");
}

#[test]
fn sizes_that_mlx_does_not_take_are_refused_also_where_there_are_no_elements() {
    let huge = sizes(&[0, 1 << 40]);
    let attrs = attrs![huge, Axes::new()];
    let result = Eager::new(Device::Cpu).emit(Op::BroadcastInDim, attrs, &[tensor(&[], &[1.0f32])]);
    assert!(result.unwrap_err().to_string().contains("2147483647"));
}

#[test]
fn integer_division_rounds_down_and_never_traps() {
    let x = list(&[7i32, -7, 7, -7, i32::MIN, 5, 0]);
    let y = list(&[2i32, 2, -2, -2, -1, 0, 0]);
    assert_eq!(elements::<i32>(&run(Op::FloorDiv, attrs![], &[&x, &y])), [3, -4, -4, 3, i32::MIN, 0, 0]);
    assert_eq!(elements::<i32>(&run(Op::Remainder, attrs![], &[&x, &y])), [1, 1, -1, -1, 0, 0, 0]);
    let (x, y) = (list(&[7u8, 255, 3]), list(&[2u8, 16, 0]));
    assert_eq!(elements::<u8>(&run(Op::FloorDiv, attrs![], &[&x, &y])), [3, 15, 0]);
    let (x, y) = (list(&[i64::MIN, i64::MIN, 9_007_199_254_740_993]), list(&[-1i64, 3, 1]));
    let quotients = elements::<i64>(&run(Op::FloorDiv, attrs![], &[&x, &y]));
    assert_eq!(quotients, [i64::MIN, -3_074_457_345_618_258_603, 9_007_199_254_740_993]);
}

#[test]
fn floor_division_of_floats_is_not_lifted_by_rounding() {
    let (x, y) = (list(&[0.3f32, -0.3, 7.5, -7.5, 1.0]), list(&[0.1f32, 0.1, 2.0, 2.0, 0.0]));
    let got = elements::<f32>(&run(Op::FloorDiv, attrs![], &[&x, &y]));
    assert_eq!(got[1..4], [-4.0, 3.0, -4.0]);
    assert!(got[0] == 2.0 || got[0] == 3.0);
    assert_eq!(got[4], f32::INFINITY);
}

#[test]
fn integer_powers_end_on_negative_exponents() {
    let x = list(&[2i32, 2, 1, -1, -1, 0, -3]);
    let y = list(&[10i32, -1, -5, -3, -4, -1, 3]);
    assert_eq!(elements::<i32>(&run(Op::Pow, attrs![], &[&x, &y])), [1024, 0, 1, -1, 1, 0, -27]);
}

#[test]
fn truth_values_add_multiply_and_reduce_as_logic() {
    let (x, y) = (list(&[true, true, false, false]), list(&[true, false, true, false]));
    assert_eq!(elements::<bool>(&run(Op::Add, attrs![], &[&x, &y])), [true, true, true, false]);
    assert_eq!(elements::<bool>(&run(Op::Mul, attrs![], &[&x, &y])), [true, false, false, false]);
    assert_eq!(elements::<bool>(&run(Op::BitwiseXor, attrs![], &[&x, &y])), [false, true, true, false]);
    assert_eq!(elements::<bool>(&run(Op::BitwiseNot, attrs![], &[&x])), [false, false, true, true]);
    assert_eq!(elements::<bool>(&run(Op::Maximum, attrs![], &[&x, &y])), [true, true, true, false]);
    assert_eq!(elements::<bool>(&run(Op::Less, attrs![], &[&x, &y])), [false, false, true, false]);
    assert_eq!(elements::<i64>(&run(Op::Sum, attrs![axes(&[0])], &[&x])), [2]);
    assert_eq!(elements::<bool>(&run(Op::Amax, attrs![axes(&[0])], &[&x])), [true]);
    assert_eq!(elements::<bool>(&run(Op::Amin, attrs![axes(&[0])], &[&x])), [false]);
    assert_eq!(elements::<bool>(&run(Op::Prod, attrs![axes(&[0])], &[&x])), [false]);
}

#[test]
fn small_integers_are_counted_in_64_bits() {
    let x = list(&[200u8, 200, 200]);
    assert_eq!(elements::<i64>(&run(Op::Sum, attrs![axes(&[0])], &[&x])), [600]);
    assert_eq!(elements::<i64>(&run(Op::Cumsum, attrs![0u32, true], &[&x])), [600, 400, 200]);
    let big = list(&[i32::MAX, i32::MAX]);
    assert_eq!(elements::<i64>(&run(Op::Sum, attrs![axes(&[0])], &[&big])), [2 * i64::from(i32::MAX)]);
}

#[test]
fn not_a_number_shows_in_extremes() {
    let x = tensor(&[2, 2], &[1.0f32, f32::NAN, 3.0, 2.0]);
    let largest = elements::<f32>(&run(Op::Amax, attrs![axes(&[1])], &[&x]));
    assert!(largest[0].is_nan() && largest[1] == 3.0, "{largest:?}");
    let smallest = elements::<f32>(&run(Op::Amin, attrs![axes(&[0])], &[&x]));
    assert!(smallest[0] == 1.0 && smallest[1].is_nan(), "{smallest:?}");
    let (x, y) = (list(&[1.0f32, f32::NAN]), list(&[f32::NAN, 1.0f32]));
    for op in [Op::Maximum, Op::Minimum] {
        assert!(elements::<f32>(&run(op, attrs![], &[&x, &y])).iter().all(|value| value.is_nan()), "{op}");
    }
}

#[test]
fn positions_are_the_first() {
    let x = tensor(&[2, 3], &[1.0f32, 5.0, 5.0, -1.0, -2.0, -2.0]);
    assert_eq!(elements::<i64>(&run(Op::Argmax, attrs![1u32], &[&x])), [1, 0]);
    assert_eq!(elements::<i64>(&run(Op::Argmin, attrs![1u32], &[&x])), [0, 1]);
    assert_eq!(elements::<i64>(&run(Op::Argmax, attrs![0u32], &[&x])), [0, 0, 0]);
}

#[test]
fn halves_round_to_even() {
    let x = list(&[0.5f32, 1.5, 2.5, -0.5, -1.5, 2.4]);
    assert_eq!(elements::<f32>(&run(Op::Round, attrs![], &[&x])), [0.0, 2.0, 2.0, -0.0, -2.0, 2.0]);
}

#[test]
fn casts_go_towards_zero_and_to_truth() {
    let x = list(&[1.9f32, -1.9, 0.0, 0.25]);
    assert_eq!(elements::<i32>(&run(Op::Cast, attrs![DType::I32], &[&x])), [1, -1, 0, 0]);
    assert_eq!(elements::<bool>(&run(Op::Cast, attrs![DType::Bool], &[&x])), [true, true, false, true]);
}

#[test]
fn softmax_and_its_logarithm_keep_their_digits() {
    let x = tensor(&[2, 2], &[1e4f32, 1e4 + 1.0, f32::NEG_INFINITY, 0.0]);
    let logs = elements::<f32>(&run(Op::LogSoftmax, attrs![1u32], &[&x]));
    let wanted = [-1.313_261_7f32, -0.313_261_7, f32::NEG_INFINITY, 0.0];
    assert!(logs.iter().zip(wanted).all(|(got, want)| *got == want || (got - want).abs() < 1e-6), "{logs:?}");
    let none = tensor(&[1, 2], &[f32::NEG_INFINITY, f32::NEG_INFINITY]);
    assert_eq!(elements::<f32>(&run(Op::Logsumexp, attrs![1u32], &[&none])), [f32::NEG_INFINITY]);
    let doubles = tensor(&[1, 2], &[0.0f64, 1.0]);
    let soft = elements::<f64>(&run(Op::Softmax, attrs![1u32], &[&doubles]));
    assert!((soft[1] - 0.731_058_578_630_004_9).abs() < 1e-14, "{soft:?}");
    let logs = elements::<f64>(&run(Op::LogSoftmax, attrs![0u32], &[&tensor(&[2, 1], &[0.0f64, 1.0])]));
    assert!((logs[0] + 1.313_261_687_518_222_8).abs() < 1e-14, "{logs:?}");
}

#[test]
fn double_precision_is_kept() {
    if std::env::var("FLASHLIGHT_NATIVE").is_ok_and(|value| value == "0") {
        return; // MLX's own sine, cosine and error function have single precision in every type
    }
    let x = list(&[0.5f64, -20.0, 1e3]);
    for (op, function) in [
        (Op::Exp, f64::exp as fn(f64) -> f64),
        (Op::Sin, f64::sin),
        (Op::Cos, f64::cos),
        (Op::Tanh, f64::tanh),
        (Op::Expm1, f64::exp_m1),
    ] {
        let got = elements::<f64>(&run(op, attrs![], &[&x]));
        for (got, x) in got.into_iter().zip([0.5f64, -20.0, 1e3]) {
            let want = function(x);
            assert!(got == want || ((got - want) / want).abs() < 1e-14, "{op} {x}: {got} {want}");
        }
    }
    let got = elements::<f64>(&run(Op::Erf, attrs![], &[&x]))[0];
    assert!((got - 0.520_499_877_813_046_5).abs() < 1e-15, "{got}");
    let sum = elements::<f32>(&run(Op::Cumsum, attrs![0u32, false], &[&list(&vec![0.1f32; 100_000])]));
    assert!((sum[99_999] - 10_000.0).abs() < 1e-3, "{}", sum[99_999]);
}

#[test]
fn layer_norm_is_computed_in_the_type_of_its_operand() {
    let x = tensor(&[1, 4], &[1.0f64, 2.0, 3.0, 4.0]);
    let got = elements::<f64>(&run(Op::LayerNorm, attrs![Scalar::Float(0.0)], &[&x]));
    let wanted = [-1.341_640_786_499_874, -0.447_213_595_499_958, 0.447_213_595_499_958, 1.341_640_786_499_874];
    assert!(got.iter().zip(wanted).all(|(got, want)| (got - want).abs() < 1e-14), "{got:?}");
}

#[test]
fn indices_out_of_range_meet_the_nearest_element() {
    let x = list(&[10.0f32, 20.0, 30.0]);
    let index = list(&[-5i64, 0, 2, 99]);
    assert_eq!(elements::<f32>(&run(Op::Take, attrs![0u32], &[&x, &index])), [10.0, 10.0, 30.0, 30.0]);
    assert_eq!(elements::<f32>(&run(Op::Gather, attrs![0u32], &[&x, &index])), [10.0, 10.0, 30.0, 30.0]);
    let one = list(&[1.0f32; 4]);
    assert_eq!(elements::<f32>(&run(Op::ScatterAdd, attrs![0u32], &[&x, &index, &one])), [12.0, 20.0, 32.0]);
    assert_eq!(elements::<f32>(&run(Op::TakeAdd, attrs![0u32], &[&x, &index, &one])), [12.0, 20.0, 32.0]);
    let narrow = list(&[255u8, 1]);
    assert_eq!(elements::<f32>(&run(Op::Take, attrs![0u32], &[&x, &narrow])), [30.0, 20.0]);
}

#[test]
fn taken_slices_stand_in_the_place_of_the_axis() {
    let x = tensor(&[2, 3], &[0i32, 1, 2, 3, 4, 5]);
    let index = tensor(&[2, 2], &[2i32, 0, 1, 1]);
    let taken = run(Op::Take, attrs![1u32], &[&x, &index]);
    assert_eq!(taken.ty().to_string(), "i32[2,2,2]");
    assert_eq!(elements::<i32>(&taken), [2, 0, 1, 1, 5, 3, 4, 4]);
    let added = run(Op::TakeAdd, attrs![1u32], &[&x, &index, &taken]);
    assert_eq!(elements::<i32>(&added), [0, 3, 4, 6, 12, 10]);
    let none = run(Op::Take, attrs![0u32], &[&x, &tensor::<i64>(&[0], &[])]);
    assert_eq!(none.ty().to_string(), "i32[0,3]");
    assert!(elements::<i32>(&none).is_empty());
}

#[test]
fn movement_reaches_every_place() {
    let x = tensor(&[2, 3], &[0i32, 1, 2, 3, 4, 5]);
    let turned = run(Op::BroadcastInDim, attrs![sizes(&[3, 2, 2]), axes(&[2, 0])], &[&x]);
    assert_eq!(elements::<i32>(&turned), [0, 3, 0, 3, 1, 4, 1, 4, 2, 5, 2, 5]);
    let padded = attrs![Scalar::Int(-1), sizes(&[1, 0]), sizes(&[0, 1]), sizes(&[0, 1])];
    assert_eq!(
        elements::<i32>(&run(Op::Pad, padded, &[&x])),
        [-1, -1, -1, -1, -1, -1, 0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1]
    );
    assert_eq!(elements::<i32>(&run(Op::Flip, attrs![axes(&[1])], &[&x])), [2, 1, 0, 5, 4, 3]);
    let updated =
        run(Op::SliceUpdate, attrs![sizes(&[0, 0]), sizes(&[1, 2])], &[&x, &tensor(&[2, 2], &[9i32, 8, 7, 6])]);
    assert_eq!(elements::<i32>(&updated), [9, 1, 8, 7, 4, 6]);
    let sliced = run(Op::Slice, attrs![sizes(&[0, 2]), sizes(&[2, 1]), sizes(&[1, 1])], &[&x]);
    assert_eq!(elements::<i32>(&sliced), [2, 5]);
    // Elements of a permuted value come out in row-major order.
    assert_eq!(elements::<i32>(&run(Op::Permute, attrs![axes(&[1, 0])], &[&x])), [0, 3, 1, 4, 2, 5]);
}

#[test]
fn numbers_of_every_type_are_made_and_read() {
    for dtype in DType::ALL.iter().copied().filter(|dtype| *dtype != DType::C64) {
        let value = if dtype == DType::Bool { Scalar::Bool(true) } else { Scalar::Int(3) };
        let made = run(Op::Constant, attrs![value, dtype], &[]);
        let read = elements::<f64>(&run(Op::Cast, attrs![DType::F64], &[&made]));
        assert_eq!(read, [if dtype == DType::Bool { 1.0 } else { 3.0 }], "{dtype}");
    }
    let made = run(Op::Constant, attrs![Scalar::Complex(1.5, -2.0), DType::C64], &[]);
    assert_eq!(typed::<f32>(&made.to_bytes().unwrap()), [1.5, -2.0]);
}

#[test]
fn draws_are_the_generators_and_carry_its_state_on() {
    let mut twister = Mt19937::new(5);
    let state = list(&twister.to_words());
    let attrs = || attrs![sizes(&[20]), DType::F32, Scalar::Float(0.0), Scalar::Float(1.0)];
    let first = Eager::new(Device::Cpu).emit(Op::RandomNormal, attrs(), &[state]).unwrap();
    let second = Eager::new(Device::Cpu).emit(Op::RandomUniform, attrs(), &[first[1].clone()]).unwrap();
    let (mut normals, mut uniforms) = ([0f32; 20], [0f32; 20]);
    twister.normal(&mut normals, 0.0, 1.0).unwrap();
    twister.uniform(&mut uniforms, 0.0, 1.0).unwrap();
    assert_eq!(elements::<f32>(&first[0]), normals);
    assert_eq!(elements::<f32>(&second[0]), uniforms);
    assert_eq!(elements::<u32>(&second[1]), twister.to_words());
    let refused = Eager::new(Device::Cpu).emit(
        Op::RandomNormal,
        attrs![sizes(&[2]), DType::F32, Scalar::Float(0.0), Scalar::Float(-1.0)],
        &[list(&twister.to_words())],
    );
    assert!(refused.unwrap_err().to_string().contains("std"), "std is refused at the call");
}

#[test]
fn counter_based_draws_stay_in_their_ranges() {
    let state = list(&PhiloxGenerator::new(3).to_words());
    let emit = |op, attrs| Eager::new(Device::Cpu).emit(op, attrs, std::slice::from_ref(&state)).unwrap();
    let integers = emit(Op::RandomInteger, attrs![sizes(&[1000]), DType::I64, Scalar::Int(-3), Scalar::Int(4)]);
    let drawn = elements::<i64>(&integers[0]);
    assert!((-3..4).all(|value| drawn.contains(&value)) && drawn.iter().all(|value| (-3..4).contains(value)));
    let mut order = elements::<i64>(&emit(Op::RandomPermutation, attrs![Dim::known(100)])[0]);
    assert_ne!(order, (0..100).collect::<Vec<i64>>());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<i64>>());
    let uniforms = emit(Op::RandomUniform, attrs![sizes(&[1000]), DType::F64, Scalar::Float(-1.0), Scalar::Float(1.0)]);
    let drawn = elements::<f64>(&uniforms[0]);
    assert!(drawn.iter().all(|x| (-1.0..1.0).contains(x)) && drawn.iter().sum::<f64>().abs() < 80.0);
    assert_ne!(elements::<u32>(&integers[1]), elements::<u32>(&state));
    let key = emit(Op::RandomKey, attrs![]);
    let mask = run(Op::RandomMask, attrs![sizes(&[1000]), Scalar::Float(0.25)], &[&key[0]]);
    let share = elements::<bool>(&mask).iter().filter(|kept| **kept).count();
    assert!((180..320).contains(&share), "{share}");
    eval(&[&mask]).unwrap();
}
