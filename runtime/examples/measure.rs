//! Measures the runtime on this machine: matrix products, the price of recording and evaluating a small op, and the
//! latency of reading one number. `cargo run --release -p flashlight-runtime --example measure [matmul] [record] [chain]
//! [read] [--no-blas]`; without words, everything.

#![allow(clippy::print_stdout, reason = "a report on standard output")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::path::Path;
use std::time::{Duration, Instant};

use flashlight_compiler::attrs;
use flashlight_compiler::ir::Emit;
use flashlight_compiler::ops::Op;
use flashlight_compiler::types::{DType, Type};
use flashlight_runtime::{Device, Eager, Value, blas_threads, eval, open_blas, synchronize};

/// The median time of a few runs, after one to warm up.
fn median(runs: usize, mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let since = Instant::now();
            run();
            since.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}

fn emit(op: Op, inputs: &[Value]) -> Value {
    Eager::new(Device::Cpu).emit_one(op, attrs![], inputs).unwrap()
}

fn square(n: usize) -> Value {
    let bytes = 1f32.to_ne_bytes().repeat(n * n);
    Value::from_bytes(&bytes, Type::new(DType::F32, [n, n]), Device::Cpu).unwrap()
}

fn main() {
    let library = Path::new(env!("FLASHLIGHT_BUILD_LIBMLX")).join("../../scipy_openblas32/lib/libscipy_openblas.so");
    let opened = std::env::args().all(|word| word != "--no-blas") && open_blas(&library).is_ok();
    println!(
        "BLAS library: {}, threads: {:?}",
        if opened { "scipy-openblas32" } else { "MLX's own" },
        blas_threads().unwrap()
    );

    let wanted = |part: &str| {
        let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--")).peekable();
        words.peek().is_none() || words.any(|word| word == part)
    };
    for n in [64, 256, 1024, 2048].into_iter().filter(|_| wanted("matmul")) {
        let x = square(n);
        let time = median(9, || eval(&[&emit(Op::Matmul, &[x.clone(), x.clone()])]).unwrap());
        let rate = 2.0 * (n as f64).powi(3) / time.as_secs_f64() / 1e9;
        println!("matmul {n}: {:.3} ms, {rate:.1} GFLOP/s", time.as_secs_f64() * 1e3);
    }

    let x = Value::from_bytes(&1f32.to_ne_bytes().repeat(16), Type::new(DType::F32, [16i64]), Device::Cpu).unwrap();
    if wanted("record") {
        // Fewer than a batch, and nothing else on its way: the recording thread's share alone.
        let (count, mut times) = (200, Vec::new());
        for _ in 0..2000 {
            synchronize(&mut || Ok(())).unwrap();
            let since = Instant::now();
            let made: Vec<Value> = (0..count).map(|_| emit(Op::Add, &[x.clone(), x.clone()])).collect();
            times.push((since.elapsed(), made.len()));
        }
        times.sort();
        println!("recording an add: {:.0} ns", times[times.len() / 2].0.as_nanos() as f64 / f64::from(count));
    }
    if wanted("chain") {
        for length in [1000, 100_000] {
            let time = median(300_000 / length as usize, || {
                let mut y = x.clone();
                for _ in 0..length {
                    y = emit(Op::Add, &[y, x.clone()]);
                }
                eval(&[&y]).unwrap();
            });
            println!("an add in a chain of {length}, evaluated: {:.0} ns", time.as_nanos() as f64 / f64::from(length));
        }
    }
    if wanted("read") {
        let time = median(2000, || drop(emit(Op::Add, &[x.clone(), x.clone()]).to_bytes().unwrap()));
        println!("an add, evaluated and read: {:.1} us", time.as_secs_f64() * 1e6);
    }
    synchronize(&mut || Ok(())).unwrap();
}
