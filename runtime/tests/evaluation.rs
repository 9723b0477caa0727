//! When values are evaluated: batches, waits, threads, late failures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use flashlight_compiler::attrs;
use flashlight_compiler::ir::Emit;
use flashlight_compiler::ops::{Axes, Op};
use flashlight_compiler::types::{DType, Type};
use flashlight_runtime::{Device, Eager, Error, Value, eval, flush, host, synchronize, typed, typed_mut, wait};

fn vector(values: &[f32]) -> Value {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    Value::from_bytes(&bytes, Type::new(DType::F32, [values.len()]), Device::Cpu).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    typed::<f32>(&value.to_bytes().unwrap()).to_vec()
}

fn add(x: &Value, y: &Value) -> Value {
    Eager::new(Device::Cpu).emit_one(Op::Add, attrs![], &[x.clone(), y.clone()]).unwrap()
}

/// A value that takes this long.
fn slow(time: Duration) -> Value {
    let made = host(&[], &[Type::new(DType::F32, [1i64])], move |_, outputs| {
        std::thread::sleep(time);
        typed_mut::<f32>(outputs[0])[0] = 1.0;
        Ok(())
    });
    made.unwrap().remove(0)
}

#[test]
fn a_chain_of_values_is_computed() {
    let mut x = vector(&[0.0, 1.0]);
    let one = vector(&[1.0, 1.0]);
    for _ in 0..2000 {
        x = add(&x, &one);
    }
    assert_eq!(floats(&x), [2000.0, 2001.0]);
}

#[test]
fn a_value_of_one_thread_is_evaluated_on_another() {
    let x = add(&vector(&[1.0]), &vector(&[2.0]));
    let y = std::thread::spawn(move || {
        let y = add(&x, &x);
        assert_eq!(floats(&x), [3.0]);
        y
    });
    assert_eq!(floats(&y.join().unwrap()), [6.0]);
}

#[test]
fn threads_share_and_drop_values_while_others_evaluate() {
    let shared = Arc::new(add(&vector(&[1.0]), &vector(&[1.0])));
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                let mut sum = vector(&[0.0]);
                for step in 0..2000 {
                    sum = add(&sum, &shared);
                    drop(add(&sum, &shared));
                    if step % (50 + worker) == 0 {
                        floats(&sum);
                    }
                    if step % 97 == 0 {
                        flush();
                    }
                }
                floats(&sum)
            })
        })
        .collect();
    for worker in workers {
        assert_eq!(worker.join().unwrap(), [4000.0]);
    }
}

#[test]
fn many_results_of_one_host_node_are_read_by_many_threads() {
    for _ in 0..50 {
        let ty = Type::new(DType::F32, [1i64]);
        let parts = host(&[&vector(&[2.0])], &[ty.clone(), ty.clone(), ty], |inputs, outputs| {
            let x = typed::<f32>(inputs[0])[0];
            for (power, output) in outputs.iter_mut().enumerate() {
                typed_mut::<f32>(output)[0] = x.powi(power as i32);
            }
            Ok(())
        })
        .unwrap();
        let readers: Vec<_> =
            parts.into_iter().map(|part| std::thread::spawn(move || floats(&add(&part, &part))[0])).collect();
        let got: Vec<f32> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        assert_eq!(got, [2.0, 4.0, 8.0]);
    }
}

#[test]
fn recorded_values_are_scheduled_without_being_asked_for() {
    let x = slow(Duration::ZERO);
    let mut sum = vector(&[0.0]);
    for _ in 0..600 {
        sum = add(&sum, &x);
    }
    let since = Instant::now();
    while !x.is_ready() {
        assert!(since.elapsed() < Duration::from_secs(20), "nothing was scheduled after 600 operations");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_loop_that_reads_nothing_keeps_memory_flat() {
    let ones = vector(&vec![1.0; 1 << 16]);
    let mut sum = ones.clone();
    for _ in 0..5000 {
        sum = add(&sum, &ones);
        assert!(flashlight_runtime::active_memory().unwrap() < 1 << 30);
    }
    assert_eq!(floats(&sum)[7], 5001.0);
}

#[test]
fn a_wait_is_interrupted_by_its_poll_and_the_work_goes_on() {
    let value = slow(Duration::from_millis(600));
    let polls = AtomicU32::new(0);
    let since = Instant::now();
    let stopped = wait(&[&value], &mut || {
        if polls.fetch_add(1, Ordering::Relaxed) == 2 { Err(Error::Interrupted) } else { Ok(()) }
    });
    assert_eq!(stopped, Err(Error::Interrupted));
    assert!(since.elapsed() < Duration::from_millis(450), "{:?}", since.elapsed());
    assert_eq!(floats(&value), [1.0]);
}

#[test]
fn a_failure_of_host_work_is_told_when_the_value_is_read() {
    let bad = host(&[], &[Type::new(DType::F32, [1i64])], |_, _| Err("no such luck".to_owned())).unwrap().remove(0);
    let told = eval(&[&bad]).unwrap_err();
    assert!(matches!(&told, Error::Evaluation { message, .. } if message == "no such luck"), "{told}");
    // Told again, and to those who build on it.
    assert_eq!(bad.to_bytes().unwrap_err(), told);
    let more = Eager::new(Device::Cpu).emit_one(Op::Neg, attrs![], &[bad]);
    assert_eq!(more.unwrap_err(), told);
    // What comes later is well.
    synchronize(&mut || Ok(())).unwrap();
    assert_eq!(floats(&add(&vector(&[1.0]), &vector(&[1.0]))), [2.0]);
}

#[test]
fn a_panic_in_host_work_becomes_an_error() {
    let bad = host(&[], &[Type::new(DType::F32, [1i64])], |_, _| panic!("over the edge")).unwrap().remove(0);
    let told = bad.to_bytes().unwrap_err();
    assert!(told.to_string().contains("host work panicked: over the edge"), "{told}");
}

#[test]
fn what_host_work_holds_is_freed_whether_it_ran_or_not() {
    struct Held(mpsc::Sender<()>);
    impl Drop for Held {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (sender, receiver) = mpsc::channel();
    for run in [true, false] {
        let held = Held(sender.clone());
        let value = host(&[], &[Type::new(DType::U8, [1i64])], move |_, _| {
            let _ = &held;
            Ok(())
        })
        .unwrap()
        .remove(0);
        if run {
            eval(&[&value]).unwrap();
        }
        drop(value);
        receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}

#[test]
fn late_failures_name_the_origins_of_their_batch() {
    static DONE: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        flashlight_runtime::set_origin(41);
        let _kept = add(&vector(&[1.0]), &vector(&[1.0]));
        flashlight_runtime::set_origin(43);
        let bad = host(&[], &[Type::new(DType::F32, [1i64])], |_, _| Err("bad".to_owned())).unwrap().remove(0);
        let Err(Error::Evaluation { origins: Some(origins), .. }) = bad.to_bytes() else { panic!("no origins") };
        assert!(origins.first <= 43 && origins.last >= 43, "{origins:?}");
        DONE.store(true, Ordering::Relaxed);
    })
    .join()
    .unwrap();
    assert!(DONE.load(Ordering::Relaxed));
}

#[test]
fn errors_of_mlx_are_returned_and_name_what_was_wrong() {
    let x = vector(&[1.0, 2.0]);
    let wrong = Eager::new(Device::Cpu).emit_one(Op::Permute, attrs![Axes::from_slice(&[3])], &[x]).unwrap_err();
    assert!(wrong.to_string().contains("no permutation"), "{wrong}");
    let wrong = Value::from_bytes(&[0; 3], Type::new(DType::F32, [1i64]), Device::Cpu).unwrap_err();
    assert!(wrong.to_string().contains("f32[1] does not fit 3 bytes"), "{wrong}");
}

#[test]
fn a_gpu_that_is_not_there_is_refused_with_a_sentence() {
    if flashlight_runtime::gpu_available() {
        return;
    }
    let wrong = Value::from_bytes(&[0; 4], Type::new(DType::F32, [1i64]), Device::Gpu(0)).unwrap_err();
    assert!(wrong.to_string().contains("gpu:0 was asked for"), "{wrong}");
}
