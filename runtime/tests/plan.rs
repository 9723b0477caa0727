//! How graphs run: phases, the memory that a plan says it needs and what it needs, states whose memory is used again.
//! One test measures the process's memory; the others make little.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Mutex, PoisonError};

use flashlight_compiler::ir::{Graph, parse};
use flashlight_compiler::types::{DType, Type};
use flashlight_runtime::{
    Device, Plan, Purpose, Value, active_memory, eval, execute, peak_memory, reset_peak_memory, synchronize, typed,
};

static QUIET: Mutex<()> = Mutex::new(());

const SIDE: usize = 1 << 20;

fn vector(values: &[f32]) -> Value {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    Value::from_bytes(&bytes, Type::new(DType::F32, [values.len()]), Device::Cpu).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    typed::<f32>(&value.to_bytes().unwrap()).to_vec()
}

fn plan(graph: &Graph, inputs: &[Value], purposes: &[Purpose]) -> Plan {
    let given: Vec<_> = inputs.iter().map(|value| (value.ty().clone(), value.device())).collect();
    Plan::new(graph, &given, purposes).unwrap()
}

/// `w` decays towards `x`, of 4 MiB each.
fn decay() -> Graph {
    parse(
        "graph @decay(%w: f32[1048576] {state \"w\"}, %x: f32[1048576]) {
  %1 = mul %x, %x : f32[1048576]
  %2 = sum %1 dims=[0] : f32[]
  %3 = constant value=0.5 dtype=f32 : f32[]
  %4 = mul %w, %3 : f32[1048576]
  %5 = mul %x, %3 : f32[1048576]
  %6 = add %4, %5 : f32[1048576]
  return %2, %6 {writes \"w\"}
}",
    )
    .unwrap()
}

#[test]
fn a_state_that_nobody_else_holds_gives_its_memory() {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    let graph = decay();
    let x = vector(&vec![1.0; SIDE]);
    let mut w = vector(&vec![3.0; SIDE]);
    let plan = plan(&graph, &[w.clone(), x.clone()], &[Purpose::Result, Purpose::Update]);
    assert_eq!(plan.calls(), [0, 2, 4]);
    let bytes = 4 * SIDE as u64;
    let memory = plan.memory();
    assert_eq!((memory.parameters, memory.updates), (2 * bytes, bytes + 4));
    assert_eq!(memory.reused, 2 * bytes);
    for round in 0..3 {
        let mut run = plan.start(vec![std::mem::replace(&mut w, vector(&[])), x.clone()]).unwrap();
        run.settle(&mut || Ok(())).unwrap();
        // The work's own memory is given back when the work is over.
        synchronize(&mut || Ok(())).unwrap();
        reset_peak_memory().unwrap();
        let before = active_memory().unwrap();
        let outputs = run.finish().unwrap();
        plan.begin(&outputs);
        w = outputs[1].clone();
        eval(&[&w]).unwrap();
        synchronize(&mut || Ok(())).unwrap();
        let used = peak_memory().unwrap() - before;
        // The half of x: never a second w beside it.
        assert!(used < memory.updates + (1 << 16), "round {round}: {used} bytes beside the {before} before");
    }
    assert_eq!(floats(&w)[7], 0.125 * 3.0 + 0.875);
}

#[test]
fn checks_come_first_and_updates_last() {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    let graph = parse(
        "graph @guarded(%w: f32[2] {state \"w\"}, %x: f32[2]) {
  %1 = add %w, %x : f32[2]
  %2 = sum %x dims=[0] : f32[]
  %3 = constant value=4.0 dtype=f32 : f32[]
  %4 = less %2, %3 : bool[]
  return %2, %1 {writes \"w\"}, %4
}",
    )
    .unwrap();
    let inputs = [vector(&[1.0, 2.0]), vector(&[1.0, 1.0])];
    let plan = plan(&graph, &inputs, &[Purpose::Result, Purpose::Update, Purpose::Check]);
    assert_eq!(plan.calls(), [3, 0, 1]);
    let mut run = plan.start(inputs.to_vec()).unwrap();
    assert!(run.output(2).is_err(), "nothing is recorded yet");
    run.check().unwrap();
    assert_eq!(run.output(2).unwrap().to_bytes().unwrap(), [1]);
    assert!(run.output(1).is_err(), "the update waits");
    run.settle(&mut || Ok(())).unwrap();
    let outputs = run.finish().unwrap();
    assert_eq!(floats(&outputs[1]), [2.0, 3.0]);
    let expected = "; checks
%2 = sum %x dims=[0] : f32[]  ; cpu
%3 = constant value=4.0 dtype=f32 : f32[]  ; cpu
%4 = less %2, %3 : bool[]  ; cpu, frees %3
; updates of states
%1 = add %w, %x : f32[2]  ; cpu, frees %w %x
";
    assert_eq!(plan.describe(), expected);
}

#[test]
fn what_frees_memory_comes_before_what_takes_it() {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    // As recorded, both wide products are alive before either is folded.
    let graph = parse(
        "graph @wide(%x: f32[64,1], %y: f32[1,64]) {
  %1 = matmul %x, %y : f32[64,64]
  %2 = matmul %x, %y : f32[64,64]
  %3 = sum %1 dims=[0,1] : f32[]
  %4 = sum %2 dims=[0,1] : f32[]
  %5 = add %3, %4 : f32[]
  return %5
}",
    )
    .unwrap();
    let side = |shape: [usize; 2]| (Type::new(DType::F32, shape), Device::Cpu);
    let memory = Plan::of(&graph, &[side([64, 1]), side([1, 64])]).unwrap().memory();
    let wide = 4 * 64 * 64;
    assert_eq!(memory.recorded, 2 * wide + 4);
    assert_eq!(memory.peak, wide + 8);
}

#[test]
fn values_that_do_not_fit_are_named() {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    let graph = decay();
    let (w, x) = (vector(&[1.0]), vector(&[2.0]));
    let said = execute(&graph, &[w.clone(), x.clone()]).unwrap_err().to_string();
    assert_eq!(said, "execute: %w of @decay is f32[1048576], f32[1] given");
    let said = execute(&graph, std::slice::from_ref(&w)).unwrap_err().to_string();
    assert_eq!(said, "execute: @decay takes 2 values, 1 given");
}
