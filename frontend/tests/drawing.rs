//! Draws as effects: generators, dropout, writes that are drawn, and draws in a trace.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use flashlight_compiler::types::{DType, Scalar, Type};
use flashlight_frontend::{
    Result, Tensor, Value,
    autograd::{Request, backward},
    elements::numbers,
    function::{Argument, Arguments, Function, Returned, call, call_in_place},
    generator::{Generator, default_generator},
    trace::Trace,
};
use flashlight_runtime::{Device, Value as Concrete, execute};
use smallvec::SmallVec;

fn tensor(elements: &[f32]) -> Tensor {
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_ne_bytes()).collect();
    let ty = Type::new(DType::F32, [elements.len()]);
    Tensor::from_value(Value::from(Concrete::from_bytes(&bytes, ty, Device::Cpu).unwrap()))
}

fn elements(x: &Tensor) -> Vec<f64> {
    numbers(&x.value().unwrap().concrete("test").unwrap().to_bytes().unwrap(), x.dtype())
}

fn bound(function: &'static Function, overload: usize, given: &[(&str, Argument)]) -> Arguments {
    let signature = &function.signatures()[overload];
    let values: SmallVec<[Argument; 6]> = signature
        .parameters
        .iter()
        .map(|p| {
            let named = given.iter().find(|(name, _)| *name == p.name).map(|(_, a)| a.clone());
            named.or_else(|| p.default.clone()).unwrap_or(Argument::None)
        })
        .collect();
    Arguments { signature, values }
}

fn apply(name: &str, given: &[(&str, Argument)]) -> Result<Tensor> {
    let function = Function::named(name).unwrap();
    match call(function, 0, &bound(function, 0, given))? {
        Returned::Tensor(t) => Ok(t),
        _ => panic!("{name} returns no tensor"),
    }
}

fn number(x: f64) -> Argument {
    Argument::Number(Scalar::Float(x))
}

fn sizes(n: &[i64]) -> Argument {
    Argument::Ints(n.into())
}

fn pull(y: &Tensor, cotangent: &[f32]) {
    let root = (y.read().unwrap().edge.unwrap(), tensor(cotangent).read().unwrap());
    backward(vec![root], None, Request { retain_graph: false, create_graph: false, accumulate: true, hooks_from: 0 })
        .unwrap();
}

#[test]
fn dropout_scales_what_it_keeps_and_passes_the_gradient_there() {
    let x = tensor(&[1.0; 4000]);
    x.set_requires_grad(true).unwrap();
    let y = apply("dropout", &[("input", Argument::Tensor(x.clone())), ("p", number(0.25))]).unwrap();
    let drawn = elements(&y);
    let kept = drawn.iter().filter(|v| **v != 0.0).count();
    assert!((2880..3120).contains(&kept), "{kept} of 4000 are kept");
    assert!(drawn.iter().all(|v| *v == 0.0 || (*v - 4.0 / 3.0).abs() < 1e-6));
    pull(&y, &[1.0; 4000]);
    assert_eq!(elements(&x.grad().unwrap()), drawn);
}

#[test]
fn dropout_that_drops_nothing_is_its_input() {
    let x = tensor(&[1.0, 2.0]);
    let y = apply("dropout", &[("input", Argument::Tensor(x.clone())), ("p", number(0.0))]).unwrap();
    assert!(y.is(&x));
}

#[test]
fn dropout_of_channels_drops_them_whole() {
    let shape = [40, 50, 2, 3];
    let x = apply("rand", &[("size", sizes(&shape))]).unwrap();
    let y = apply("dropout2d", &[("input", Argument::Tensor(x)), ("p", number(0.5))]).unwrap();
    let drawn = elements(&y);
    let channels: Vec<usize> = drawn.chunks(6).map(|c| c.iter().filter(|v| **v != 0.0).count()).collect();
    assert!(channels.iter().all(|n| *n == 0 || *n == 6));
    let kept = channels.iter().filter(|n| **n == 6).count();
    assert!((880..1120).contains(&kept), "{kept} of 2000 are kept");
}

#[test]
fn a_generator_that_is_given_is_the_one_that_draws() {
    let own = Arc::new(Generator::new(Device::Cpu, 5).unwrap());
    let draw = || {
        let given = [("size", sizes(&[7])), ("generator", Argument::Generator(own.clone()))];
        elements(&apply("rand", &given).unwrap())
    };
    let first = draw();
    assert_ne!(first, draw());
    own.manual_seed(5).unwrap();
    assert_eq!(first, draw());
    assert_eq!(own.initial_seed(), 5);
}

#[test]
fn a_state_that_was_kept_draws_the_same_again() {
    let own = Arc::new(Generator::new(Device::Cpu, 9).unwrap());
    let draw = || {
        let given = [("size", sizes(&[3])), ("generator", Argument::Generator(own.clone()))];
        elements(&apply("randn", &given).unwrap())
    };
    draw();
    let state = own.state_bytes().unwrap();
    assert_eq!(state.len(), 5056);
    let next = draw();
    own.set_state_bytes(&state).unwrap();
    assert_eq!(next, draw());
    assert!(own.set_state_bytes(&state[1..]).is_err());
}

#[test]
fn a_refused_draw_leaves_the_generator_as_it_was() {
    let own = Arc::new(Generator::new(Device::Cpu, 1).unwrap());
    let before = own.words().unwrap();
    let x = tensor(&[0.5, 0.5, 2.0]);
    for (name, extra) in [("bernoulli", ("", Argument::None)), ("normal_", ("std", number(-1.0)))] {
        let given = [("input", Argument::Tensor(x.clone())), ("generator", Argument::Generator(own.clone())), extra];
        assert!(apply(name, &given).is_err(), "{name}");
    }
    assert_eq!(own.words().unwrap(), before);
}

#[test]
fn the_default_generator_of_a_device_is_always_the_same() {
    assert!(Arc::ptr_eq(&default_generator(Device::Cpu).unwrap(), &default_generator(Device::Cpu).unwrap()));
}

#[test]
fn a_leaf_that_needs_a_gradient_is_not_filled() {
    let x = tensor(&[1.0]);
    x.set_requires_grad(true).unwrap();
    let error = apply("uniform_", &[("input", Argument::Tensor(x))]).unwrap_err();
    assert!(error.to_string().starts_with("a leaf Variable that requires grad"), "{error}");
}

#[test]
fn an_activation_in_place_is_differentiated() {
    let x = tensor(&[-1.0, 2.0, 3.0]);
    x.set_requires_grad(true).unwrap();
    for (name, wanted) in [("relu", [0.0, 2.0, 2.0]), ("leaky_relu", [0.02, 2.0, 2.0]), ("hardtanh", [0.0, 0.0, 0.0])] {
        x.set_grad(None).unwrap();
        let y = apply("mul", &[("input", Argument::Tensor(x.clone())), ("other", number(2.0))]).unwrap();
        let function = Function::named(name).unwrap();
        let same = call_in_place(function, 0, &bound(function, 0, &[("input", Argument::Tensor(y.clone()))])).unwrap();
        assert!(same.is(&y));
        pull(&y, &[1.0; 3]);
        let got = elements(&x.grad().unwrap());
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{name}: {got:?}");
    }
}

#[test]
fn a_traced_draw_gives_the_numbers_of_an_eager_one() {
    let own = Arc::new(Generator::new(Device::Cpu, 3).unwrap());
    let twin = Arc::new(own.copied());
    let draw = |generator: &Arc<Generator>| {
        let given = [("size", sizes(&[20])), ("generator", Argument::Generator(generator.clone()))];
        let first = apply("randn", &given).unwrap();
        let second = apply("rand", &given).unwrap();
        [first, second]
    };
    let eager: Vec<Vec<f64>> = draw(&own).iter().map(elements).collect();
    let trace = Trace::new("draw");
    let traced = trace.record(|| draw(&twin));
    let outputs: Vec<Value> = traced.iter().map(|t| t.value().unwrap()).collect();
    let recorded = trace.finish(&outputs, &[]).unwrap();
    let run = execute(&recorded.graph, &recorded.inputs(&[]).unwrap()).unwrap();
    let ran: Vec<Vec<f64>> = run.iter().take(eager.len()).map(|v| numbers(&v.to_bytes().unwrap(), v.dtype())).collect();
    assert_eq!(ran, eager);
}
