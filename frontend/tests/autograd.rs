//! Autograd as torch has it: gradients through functions, views and in-place writes; second derivatives; hooks; refusals.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};

use flashlight_compiler::types::{DType, Dim, Scalar, Type};
use flashlight_frontend::{
    Result, Tensor, Value,
    autograd::{Edge, GradMode, Hook, Request, Var, backward},
    function::{Argument, Arguments, Function, Returned, call, call_in_place},
    tensor::Move,
};
use flashlight_runtime::{Device, Value as Concrete};

fn tensor(elements: &[f32], shape: &[i64]) -> Tensor {
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_ne_bytes()).collect();
    let ty = Type::new(DType::F32, shape.iter().copied());
    Tensor::from_value(Value::from(Concrete::from_bytes(&bytes, ty, Device::Cpu).unwrap()))
}

fn leaf(elements: &[f32]) -> Tensor {
    let x = tensor(elements, &[elements.len() as i64]);
    x.set_requires_grad(true).unwrap();
    x
}

fn elements(x: &Tensor) -> Vec<f32> {
    let bytes = x.value().unwrap().concrete("test").unwrap().to_bytes().unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_ne_bytes(b.try_into().unwrap())).collect()
}

fn arguments(name: &str, given: &[Argument]) -> (&'static Function, Arguments) {
    let function = Function::named(name).unwrap();
    let signature = &function.signatures()[0];
    let values = signature
        .parameters
        .iter()
        .enumerate()
        .map(|(i, p)| given.get(i).cloned().or_else(|| p.default.clone()).unwrap_or(Argument::None));
    (function, Arguments { signature, values: values.collect() })
}

fn apply(name: &str, given: &[Argument]) -> Tensor {
    let (function, arguments) = arguments(name, given);
    match call(function, 0, &arguments).unwrap() {
        Returned::Tensor(t) => t,
        _ => panic!("{name} returns no tensor"),
    }
}

fn write(name: &str, given: &[Argument]) -> Result<Tensor> {
    let (function, arguments) = arguments(name, given);
    call_in_place(function, 0, &arguments)
}

fn t(x: &Tensor) -> Argument {
    Argument::Tensor(x.clone())
}

fn n(x: f64) -> Argument {
    Argument::Number(Scalar::Float(x))
}

fn add(x: &Tensor, y: &Tensor) -> Tensor {
    apply("add", &[t(x), t(y)])
}

fn mul(x: &Tensor, y: &Tensor) -> Tensor {
    apply("mul", &[t(x), t(y)])
}

fn window(x: &Tensor, start: i64, size: i64) -> Tensor {
    let one = |n: i64| [Dim::known(n)].into_iter().collect();
    x.view("slice", smallvec::smallvec![Move::slice(one(start), one(size), one(1))]).unwrap().unwrap()
}

fn run(y: &Tensor, request: Request) -> Result<()> {
    let ones =
        tensor(&vec![1.0; elements(y).len()], &y.shape().iter().map(|d| d.as_known().unwrap()).collect::<Vec<_>>());
    let root = (y.read()?.edge.unwrap(), ones.read()?);
    backward(vec![root], None, request).map(drop)
}

const ONCE: Request = Request { retain_graph: false, create_graph: false, accumulate: true, hooks_from: 0 };
const KEEP: Request = Request { retain_graph: true, create_graph: false, accumulate: true, hooks_from: 0 };

fn grad(x: &Tensor) -> Vec<f32> {
    elements(&x.grad().unwrap())
}

#[test]
fn a_product_with_itself_has_twice_the_gradient() {
    let x = leaf(&[1.0, 2.0, 3.0]);
    run(&mul(&x, &x), ONCE).unwrap();
    assert_eq!(grad(&x), [2.0, 4.0, 6.0]);
}

#[test]
fn gradients_gather_in_the_same_tensor() {
    let x = leaf(&[1.0, 2.0]);
    let y = mul(&x, &x);
    run(&y, KEEP).unwrap();
    let first = x.grad().unwrap();
    run(&y, ONCE).unwrap();
    assert!(first.is(&x.grad().unwrap()));
    assert_eq!(grad(&x), [4.0, 8.0]);
}

#[test]
fn a_freed_graph_refuses_a_second_backward() {
    let x = leaf(&[1.0]);
    let y = mul(&x, &x);
    run(&y, ONCE).unwrap();
    assert!(run(&y, ONCE).unwrap_err().to_string().starts_with("Trying to backward through the graph a second time"));
}

#[test]
fn derivatives_can_be_differentiated_again() {
    let x = leaf(&[2.0, 3.0]);
    let cube = mul(&mul(&x, &x), &x);
    let ones = tensor(&[1.0, 1.0], &[2]).read().unwrap();
    let edge = |t: &Tensor| t.read().unwrap().edge.unwrap();
    let request = Request { retain_graph: true, create_graph: true, accumulate: false, hooks_from: 0 };
    let derive = |y: Edge, g: Var| backward(vec![(y, g)], Some(&[edge(&x)]), request).unwrap().remove(0).unwrap();
    let first = derive(edge(&cube), ones.clone());
    assert_eq!(elements(&Tensor::from_var(first.clone())), [12.0, 27.0]);
    let second = derive(first.edge.unwrap(), ones.clone());
    assert_eq!(elements(&Tensor::from_var(second.clone())), [12.0, 18.0]);
    let third = derive(second.edge.unwrap(), ones);
    assert_eq!(elements(&Tensor::from_var(third)), [6.0, 6.0]);
}

#[test]
fn a_composition_of_steps_can_be_differentiated_again() {
    let x = leaf(&[0.5]);
    let y = apply("pow", &[t(&x), n(4.0)]);
    let edge = x.read().unwrap().edge.unwrap();
    let request = Request { retain_graph: true, create_graph: true, accumulate: false, hooks_from: 0 };
    let one = tensor(&[1.0], &[1]).read().unwrap();
    let first =
        backward(vec![(y.read().unwrap().edge.unwrap(), one.clone())], Some(std::slice::from_ref(&edge)), request);
    let first = first.unwrap().remove(0).unwrap();
    let second = backward(vec![(first.edge.unwrap(), one)], Some(&[edge]), request).unwrap().remove(0).unwrap();
    assert_eq!(elements(&Tensor::from_var(second)), [3.0]);
}

#[test]
fn a_detached_alias_of_the_same_value_is_not_tracked() {
    let x = leaf(&[3.0]);
    run(&mul(&x, &x.detach()), ONCE).unwrap();
    assert_eq!(grad(&x), [3.0]);
}

#[test]
fn a_write_through_a_view_is_seen_by_all_and_differentiated() {
    let w = leaf(&[1.0, 2.0, 3.0]);
    let x = mul(&w, &w);
    let (a, b) = (window(&x, 0, 3), window(&x, 1, 1));
    write("mul", &[t(&b), n(10.0)]).unwrap();
    assert_eq!(elements(&x), [1.0, 40.0, 9.0]);
    assert_eq!(elements(&a), [1.0, 40.0, 9.0]);
    assert_eq!((x.version(), a.version(), b.version()), (1, 1, 1));
    assert_eq!(x.grad_fn().unwrap().unwrap().node.name(), "CopySlices");
    run(&a, ONCE).unwrap();
    assert_eq!(grad(&w), [2.0, 40.0, 6.0]);
}

#[test]
fn leaves_that_need_a_gradient_are_not_written_in_place() {
    let x = leaf(&[1.0, 2.0]);
    let refused = write("mul", &[t(&x), n(2.0)]).unwrap_err().to_string();
    assert!(refused.starts_with("a leaf Variable that requires grad"), "{refused}");
    let refused = write("mul", &[t(&window(&x, 0, 1)), n(2.0)]).unwrap_err().to_string();
    assert!(refused.starts_with("a view of a leaf Variable that requires grad"), "{refused}");
    let _off = GradMode::enter(false);
    write("mul", &[t(&x), n(2.0)]).unwrap();
    assert_eq!(elements(&x), [2.0, 4.0]);
    assert!(x.is_leaf().unwrap() && x.requires_grad().unwrap());
}

#[test]
fn a_saved_tensor_that_was_written_is_refused() {
    let x = leaf(&[1.0, 2.0]);
    let y = mul(&x, &x);
    let z = mul(&y, &y);
    write("add", &[t(&y), n(1.0)]).unwrap();
    assert!(run(&z, ONCE).unwrap_err().to_string().contains("modified by an inplace operation"));
}

#[test]
fn a_chain_of_20000_calls_differentiates_and_drops() {
    let x = leaf(&[1.0]);
    let mut y = x.clone();
    for _ in 0..20_000 {
        y = apply("add", &[t(&y), n(0.5)]);
    }
    run(&y, ONCE).unwrap();
    assert_eq!(grad(&x), [1.0]);
    drop(y);
    let mut unused = x.clone();
    for _ in 0..20_000 {
        unused = apply("mul", &[t(&unused), n(1.0)]);
    }
}

struct Doubling(Mutex<Vec<f32>>);

impl Hook for Doubling {
    fn call(&self, grad: &Tensor) -> Result<Option<Tensor>> {
        self.0.lock().unwrap().extend(elements(grad));
        Ok(Some(apply("mul", &[t(grad), n(2.0)])))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn hooks_see_the_whole_gradient_and_may_replace_it() {
    let x = leaf(&[1.0]);
    let y = apply("mul", &[t(&x), n(3.0)]);
    let hook = Arc::new(Doubling(Mutex::default()));
    y.register_hook(hook.clone()).unwrap();
    run(&add(&y, &y), ONCE).unwrap();
    assert_eq!(*hook.0.lock().unwrap(), [2.0]);
    assert_eq!(grad(&x), [12.0]);
}

#[test]
fn a_tensor_that_is_no_leaf_can_keep_its_gradient() {
    let x = leaf(&[1.0, 4.0]);
    let y = mul(&x, &x);
    y.retain_grad().unwrap();
    run(&apply("mul", &[t(&y), n(5.0)]), ONCE).unwrap();
    assert_eq!(grad(&y), [5.0, 5.0]);
}

#[test]
fn a_view_older_than_the_claim_to_a_gradient_has_no_part_in_it() {
    let x = tensor(&[1.0, 2.0], &[2]);
    let before = window(&x, 0, 1);
    x.set_requires_grad(true).unwrap();
    assert!(!before.requires_grad().unwrap());
    assert!(window(&x, 0, 1).requires_grad().unwrap());
}
