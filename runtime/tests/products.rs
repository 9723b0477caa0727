//! Matrix products through the BLAS library, against sums written out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use flashlight_compiler::attrs;
use flashlight_compiler::ir::Emit;
use flashlight_compiler::ops::{Axes, Op};
use flashlight_compiler::types::{DType, Dim, Scalar, Shape, Type};
use flashlight_runtime::{Device, Eager, Value, blas_threads, open_blas, typed};

/// The library beside the MLX that this build links.
fn with_blas() {
    let library = Path::new(env!("FLASHLIGHT_BUILD_LIBMLX")).join("../../scipy_openblas32/lib/libscipy_openblas.so");
    if library.exists() {
        open_blas(&library).unwrap();
        assert!(blas_threads().unwrap().unwrap() >= 1);
    }
}

/// A matrix batch and how it is stored.
#[derive(Clone)]
struct Operand {
    value: Value,
    shape: Vec<usize>,
    elements: Vec<f64>,
}

fn emit(op: Op, attrs: flashlight_compiler::ops::Attrs, inputs: &[Value]) -> Value {
    Eager::new(Device::Cpu).emit_one(op, attrs, inputs).unwrap()
}

fn sizes(shape: &[usize]) -> Shape {
    shape.iter().map(|&n| Dim::from(n)).collect()
}

fn dense(shape: &[usize], dtype: DType, seed: u64) -> Operand {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let elements: Vec<f64> = (0..shape.iter().product())
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            f64::from(((state >> 40) as i32 % 17) - 8)
        })
        .collect();
    let bytes: Vec<u8> = match dtype {
        DType::F64 => elements.iter().flat_map(|x| x.to_ne_bytes()).collect(),
        _ => elements.iter().flat_map(|x| (*x as f32).to_ne_bytes()).collect(),
    };
    let ty = Type::new(dtype, shape.iter().copied());
    Operand { value: Value::from_bytes(&bytes, ty, Device::Cpu).unwrap(), shape: shape.to_vec(), elements }
}

/// The ways in which the last two axes, of these sizes, can lie in memory.
fn layouts(batch: &[usize], rows: usize, columns: usize, dtype: DType, seed: u64) -> Vec<Operand> {
    let shape = [batch, &[rows, columns]].concat();
    let rank = shape.len();
    let plain = dense(&shape, dtype, seed);
    let mut swapped: Axes = (0..rank as u32).collect();
    swapped.swap(rank - 2, rank - 1);

    let turned_shape = [batch, &[columns, rows]].concat();
    let mut turned = dense(&turned_shape, dtype, seed + 1);
    turned.value = emit(Op::Permute, attrs![swapped.clone()], &[turned.value.clone()]);
    turned.elements = transpose(&turned.elements, columns, rows);
    turned.shape = shape.clone();

    let mut all = vec![plain, turned];
    // A window of a larger matrix: no axis fills its stride; and one with steps, which BLAS cannot read in place.
    for step in [1, 2] {
        let outer_shape = [batch, &[rows * step + 1, columns * step + 2]].concat();
        let outer = dense(&outer_shape, dtype, seed + 2);
        let (mut start, mut steps) = (vec![0; rank], vec![1; rank]);
        (start[rank - 2], start[rank - 1]) = (1, 2);
        (steps[rank - 2], steps[rank - 1]) = (step, step);
        let (height, width) = (rows * step + 1, columns * step + 2);
        let elements = outer
            .elements
            .chunks(height * width)
            .flat_map(|matrix| {
                (0..rows).flat_map(move |i| (0..columns).map(move |j| matrix[(1 + i * step) * width + 2 + j * step]))
            })
            .collect();
        let value = emit(Op::Slice, attrs![sizes(&start), sizes(&shape), sizes(&steps)], &[outer.value]);
        all.push(Operand { value, shape: shape.clone(), elements });
    }
    // One row, repeated: stride 0.
    let row = dense(&[columns], dtype, seed + 3);
    let value = emit(Op::BroadcastInDim, attrs![sizes(&shape), Axes::from_slice(&[rank as u32 - 1])], &[row.value]);
    let repeats: usize = batch.iter().product::<usize>() * rows;
    all.push(Operand { value, shape, elements: row.elements.repeat(repeats) });
    all
}

fn transpose(elements: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    elements
        .chunks(rows * columns)
        .flat_map(|matrix| (0..columns).flat_map(move |j| (0..rows).map(move |i| matrix[i * columns + j])))
        .collect()
}

fn naive(a: &Operand, b: &Operand) -> Vec<f64> {
    let rank = a.shape.len();
    let (m, k, n) = (a.shape[rank - 2], a.shape[rank - 1], b.shape[rank - 1]);
    let batches: usize = a.shape[..rank - 2].iter().product();
    let mut out = Vec::new();
    for batch in 0..batches {
        let (a, b) = (&a.elements[batch * m * k..][..m * k], &b.elements[batch * k * n..][..k * n]);
        for i in 0..m {
            for j in 0..n {
                out.push((0..k).map(|l| a[i * k + l] * b[l * n + j]).sum());
            }
        }
    }
    out
}

fn elements(value: &Value) -> Vec<f64> {
    let bytes = value.to_bytes().unwrap();
    match value.dtype() {
        DType::F64 => typed::<f64>(&bytes).to_vec(),
        _ => typed::<f32>(&bytes).iter().map(|&x| f64::from(x)).collect(),
    }
}

#[test]
fn every_layout_and_batch_gives_the_sums() {
    with_blas();
    for dtype in [DType::F32, DType::F64] {
        for batch in [&[][..], &[3], &[2, 2]] {
            for (m, k, n) in [(2, 3, 4), (1, 5, 1), (4, 1, 3), (7, 6, 1), (1, 1, 1)] {
                for a in layouts(batch, m, k, dtype, 11) {
                    for b in layouts(batch, k, n, dtype, 23) {
                        let product = emit(Op::Matmul, attrs![], &[a.value.clone(), b.value.clone()]);
                        // Small integers: sums are exact in any order.
                        assert_eq!(elements(&product), naive(&a, &b), "{dtype} {batch:?} {m}x{k}x{n}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_addend_of_any_rank_is_scaled_and_added() {
    with_blas();
    for dtype in [DType::F32, DType::F64] {
        let (a, b) = (dense(&[2, 3, 4], dtype, 1), dense(&[2, 4, 5], dtype, 2));
        for shape in [&[][..], &[5], &[3, 5], &[2, 3, 5]] {
            let c = dense(shape, dtype, 3);
            let attrs = attrs![Scalar::Float(0.5), Scalar::Float(2.0)];
            let sum = emit(Op::Addmm, attrs, &[c.value.clone(), a.value.clone(), b.value.clone()]);
            let wanted: Vec<f64> = naive(&a, &b)
                .iter()
                .enumerate()
                .map(|(i, product)| 2.0 * c.elements[i % c.elements.len()] + 0.5 * product)
                .collect();
            assert_eq!(elements(&sum), wanted, "{dtype} {shape:?}");
            // The addend's memory may be taken for the result where nobody else holds it, and only there.
            assert_eq!(elements(&c.value), c.elements);
        }
    }
}

#[test]
fn a_factor_of_zero_hides_what_the_addend_holds() {
    with_blas();
    let (a, b) = (dense(&[2, 3], DType::F32, 1), dense(&[3, 2], DType::F32, 2));
    let nan = emit(Op::Constant, attrs![Scalar::Float(f64::NAN), DType::F32], &[]);
    let attrs = attrs![Scalar::Float(1.0), Scalar::Float(0.0)];
    let sum = emit(Op::Addmm, attrs, &[nan, a.value.clone(), b.value.clone()]);
    assert_eq!(elements(&sum), naive(&a, &b));
}

#[test]
fn sizes_of_zero_give_zeros_or_nothing() {
    with_blas();
    for (m, k, n) in [(2, 0, 3), (0, 2, 3), (2, 3, 0)] {
        let (a, b) = (dense(&[m, k], DType::F32, 1), dense(&[k, n], DType::F32, 2));
        let product = emit(Op::Matmul, attrs![], &[a.value, b.value]);
        assert_eq!(elements(&product), vec![0.0; m * n]);
    }
}

#[test]
fn other_types_go_to_mlx() {
    with_blas();
    let (a, b) = (dense(&[2, 3], DType::F32, 1), dense(&[3, 2], DType::F32, 2));
    for dtype in [DType::F16, DType::BF16] {
        let narrow = |x: &Operand| emit(Op::Cast, attrs![dtype], std::slice::from_ref(&x.value));
        let product = emit(Op::Matmul, attrs![], &[narrow(&a), narrow(&b)]);
        assert_eq!(elements(&emit(Op::Cast, attrs![DType::F32], &[product])), naive(&a, &b));
    }
}
