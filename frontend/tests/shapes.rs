//! Views share memory, strides are torch's, and indexing reads, writes and differentiates as torch's does.

#![allow(clippy::unwrap_used, missing_docs)]

use flashlight_compiler::types::{DType, Scalar, Type};
use flashlight_frontend::{
    Error, Result, Tensor, Value,
    autograd::{Request, backward},
    elements::numbers,
    error::Fault,
    function::{
        Argument, Arguments, Function, Returned, call,
        indexing::{Index, assign, index},
    },
};
use flashlight_runtime::{Device, Value as Concrete};

fn of(bytes: &[u8], dtype: DType, shape: &[i64]) -> Tensor {
    let ty = Type::new(dtype, shape.iter().copied());
    Tensor::from_value(Value::from(Concrete::from_bytes(bytes, ty, Device::Cpu).unwrap()))
}

/// 0, 1, 2, ... as floats.
fn counted(shape: &[i64]) -> Tensor {
    let bytes: Vec<u8> = (0..shape.iter().product::<i64>()).flat_map(|n| (n as f32).to_ne_bytes()).collect();
    of(&bytes, DType::F32, shape)
}

fn longs(all: &[i64], shape: &[i64]) -> Tensor {
    of(&all.iter().flat_map(|n| n.to_ne_bytes()).collect::<Vec<u8>>(), DType::I64, shape)
}

fn mask(all: &[u8], shape: &[i64]) -> Tensor {
    of(all, DType::Bool, shape)
}

fn elements(x: &Tensor) -> Vec<f64> {
    numbers(&x.value().unwrap().concrete("test").unwrap().to_bytes().unwrap(), x.dtype())
}

fn try_call(name: &str, overload: usize, given: &[Argument]) -> Result<Returned> {
    let function = Function::named(name).unwrap();
    let signature = &function.signatures()[overload];
    let values = signature
        .parameters
        .iter()
        .enumerate()
        .map(|(i, p)| given.get(i).cloned().or_else(|| p.default.clone()).unwrap_or(Argument::None));
    call(function, overload, &Arguments { signature, values: values.collect() })
}

fn apply(name: &str, given: &[Argument]) -> Tensor {
    match try_call(name, 0, given).unwrap() {
        Returned::Tensor(t) => t,
        _ => panic!("{name} returns no tensor"),
    }
}

fn t(x: &Tensor) -> Argument {
    Argument::Tensor(x.clone())
}

fn n(x: i64) -> Argument {
    Argument::Number(Scalar::Int(x))
}

fn f(x: f64) -> Argument {
    Argument::Number(Scalar::Float(x))
}

fn ints(all: &[i64]) -> Argument {
    Argument::Ints(all.iter().copied().collect())
}

fn at(i: i64) -> Index {
    Index::Integer(i)
}

fn cut(start: impl Into<Option<i64>>, stop: impl Into<Option<i64>>, step: impl Into<Option<i64>>) -> Index {
    Index::Slice { start: start.into(), stop: stop.into(), step: step.into() }
}

fn all() -> Index {
    cut(None, None, None)
}

fn shape(x: &Tensor) -> Vec<i64> {
    x.shape().iter().map(|d| d.as_known().unwrap()).collect()
}

fn strides(x: &Tensor) -> Vec<i64> {
    x.core().geometry.strides.iter().map(|d| d.as_known().unwrap()).collect()
}

fn refusal<T>(result: Result<T>) -> (Fault, String) {
    match result {
        Err(Error::User { fault, message }) => (fault, message),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// The gradient of the sum of `y`.
fn gradient(y: &Tensor, x: &Tensor) -> Vec<f64> {
    let ones = apply("ones_like", &[t(y)]);
    let root = (y.read().unwrap().edge.unwrap(), ones.read().unwrap());
    backward(vec![root], None, Request { retain_graph: false, create_graph: false, accumulate: true, hooks_from: 0 })
        .unwrap();
    elements(&x.grad().unwrap())
}

#[test]
fn views_share_their_elements() {
    let x = counted(&[2, 3]);
    let y = apply("transpose", &[t(&x), n(0), n(1)]);
    let row = index(&y, &[at(1)]).unwrap();
    assert_eq!(elements(&row), [1.0, 4.0]);
    apply("fill_", &[t(&row), f(9.0)]);
    assert_eq!(elements(&x), [0.0, 9.0, 2.0, 3.0, 9.0, 5.0]);
    assert!(row.base().unwrap().is(&x));
}

#[test]
fn strides_are_torchs() {
    let x = counted(&[2, 3, 4]);
    assert_eq!(strides(&apply("permute", &[t(&x), ints(&[2, 0, 1])])), [1, 12, 4]);
    assert_eq!(strides(&apply("unsqueeze", &[t(&x), n(1)])), [12, 12, 4, 1]);
    assert_eq!(strides(&apply("flatten", &[t(&x), n(1), n(2)])), [12, 1]);
    let part = index(&x, &[all(), at(1), cut(1, None, 2)]).unwrap();
    assert_eq!((shape(&part), strides(&part)), (vec![2, 2], vec![12, 2]));
    assert_eq!(part.core().geometry.offset.as_known(), Some(5));
    let wide = apply("expand", &[t(&counted(&[3, 1])), ints(&[2, -1, 4])]);
    assert_eq!((shape(&wide), strides(&wide)), (vec![2, 3, 4], vec![0, 1, 0]));
}

#[test]
fn a_view_that_needs_a_copy_is_refused_and_a_reshape_copies() {
    let x = counted(&[2, 3]);
    let y = apply("transpose", &[t(&x), n(0), n(1)]);
    let (fault, message) = refusal(try_call("view", 0, &[t(&y), ints(&[6])]));
    assert_eq!(fault, Fault::Runtime);
    assert!(message.starts_with("view size is not compatible"));
    let flat = apply("reshape", &[t(&y), ints(&[-1])]);
    assert_eq!(elements(&flat), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert!(flat.base().is_none());
    let (_, message) = refusal(try_call("reshape", 0, &[t(&x), ints(&[4, -1])]));
    assert_eq!(message, "shape '[4, -1]' is invalid for input of size 6");
}

#[test]
fn basic_indexing_reads_views() {
    let x = counted(&[3, 4]);
    assert_eq!(elements(&index(&x, &[at(-1)]).unwrap()), [8.0, 9.0, 10.0, 11.0]);
    assert_eq!(elements(&index(&x, &[Index::Ellipsis, at(2)]).unwrap()), [2.0, 6.0, 10.0]);
    assert_eq!(elements(&index(&x, &[cut(1, -1, None), cut(-3, 100, 2)]).unwrap()), [5.0, 7.0]);
    assert_eq!(shape(&index(&x, &[Index::NewAxis, all(), Index::NewAxis]).unwrap()), [1, 3, 1, 4]);
    assert_eq!(shape(&index(&x, &[cut(3, 1, None)]).unwrap()), [0, 4]);
    assert_eq!(shape(&index(&x, &[Index::Bool(true)]).unwrap()), [1, 3, 4]);
    assert_eq!(shape(&index(&x, &[Index::Bool(false)]).unwrap()), [0, 3, 4]);
}

#[test]
fn indices_out_of_range_are_refused() {
    let x = counted(&[3, 4]);
    let (fault, message) = refusal(index(&x, &[at(3)]));
    assert_eq!((fault, message.as_str()), (Fault::Index, "index 3 is out of bounds for dimension 0 with size 3"));
    let (fault, message) = refusal(index(&x, &[all(), Index::Tensor(longs(&[0, 4], &[2]))]));
    assert_eq!((fault, message.as_str()), (Fault::Index, "index 4 is out of bounds for dimension 1 with size 4"));
    assert_eq!(refusal(index(&x, &[at(0), at(0), at(0)])).1, "too many indices for tensor of dimension 2");
    let (fault, message) = refusal(index(&x, &[cut(None, None, -1)]));
    assert_eq!((fault, message.as_str()), (Fault::Value, "step must be greater than zero"));
}

#[test]
fn tensors_name_places() {
    let x = counted(&[3, 4]);
    let rows = Index::Tensor(longs(&[2, -3], &[2]));
    assert_eq!(elements(&index(&x, std::slice::from_ref(&rows)).unwrap()), [8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0]);
    let columns = Index::Tensor(longs(&[1, -1], &[2]));
    assert_eq!(elements(&index(&x, &[rows.clone(), columns.clone()]).unwrap()), [9.0, 3.0]);
    // Apart from each other, their axes come first.
    let y = counted(&[2, 3, 4]);
    let apart = index(&y, &[Index::Tensor(longs(&[1, 0], &[2])), all(), columns]).unwrap();
    assert_eq!((shape(&apart), elements(&apart)), (vec![2, 3], vec![13.0, 17.0, 21.0, 3.0, 7.0, 11.0]));
    let scalar = index(&x, &[Index::Tensor(longs(&[1], &[]))]).unwrap();
    assert!(scalar.base().unwrap().is(&x));
}

#[test]
fn masks_name_places() {
    let x = counted(&[2, 3]);
    let flags = Index::Tensor(mask(&[1, 0, 1, 0, 0, 1], &[2, 3]));
    assert_eq!(elements(&index(&x, std::slice::from_ref(&flags)).unwrap()), [0.0, 2.0, 5.0]);
    let columns = Index::Tensor(mask(&[1, 0, 1], &[3]));
    assert_eq!(elements(&index(&x, &[all(), columns.clone()]).unwrap()), [0.0, 2.0, 3.0, 5.0]);
    let (fault, message) = refusal(index(&x, &[columns]));
    assert_eq!(fault, Fault::Index);
    assert_eq!(
        message,
        "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3] at index 0"
    );
}

#[test]
fn gradients_run_through_indexing() {
    let x = counted(&[3, 2]);
    x.set_requires_grad(true).unwrap();
    let y = index(&x, &[Index::Tensor(longs(&[0, 0, -1], &[3]))]).unwrap();
    assert_eq!(gradient(&y, &x), [2.0, 2.0, 0.0, 0.0, 1.0, 1.0]);
    let x = counted(&[3, 2]);
    x.set_requires_grad(true).unwrap();
    assert_eq!(gradient(&index(&x, &[cut(None, None, 2), at(1)]).unwrap(), &x), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn assignments_write_and_differentiate() {
    let v = counted(&[2]);
    v.set_requires_grad(true).unwrap();
    let x = counted(&[3, 2]);
    assign(&x, &[at(1)], &t(&v)).unwrap();
    assert_eq!(elements(&x), [0.0, 1.0, 0.0, 1.0, 4.0, 5.0]);
    assert_eq!(gradient(&x, &v), [1.0, 1.0]);
    let x = counted(&[2, 3]);
    assign(&x, &[all(), Index::Tensor(mask(&[1, 0, 1], &[3]))], &f(7.0)).unwrap();
    assert_eq!(elements(&x), [7.0, 1.0, 7.0, 7.0, 4.0, 7.0]);
    assign(&x, &[Index::Tensor(mask(&[0, 1, 0, 0, 1, 0], &[2, 3]))], &t(&counted(&[2]))).unwrap();
    assert_eq!(elements(&x), [7.0, 0.0, 7.0, 7.0, 1.0, 7.0]);
    let whole = longs(&[1, 2, 3], &[3]);
    assign(&whole, &[cut(1, None, None)], &f(2.9)).unwrap();
    assert_eq!(elements(&whole), [1.0, 2.0, 2.0]);
}

#[test]
fn assignments_by_integers_write_the_last_value_of_a_place() {
    let v = counted(&[2, 2]);
    v.set_requires_grad(true).unwrap();
    let x = counted(&[3, 2]);
    assign(&x, &[Index::Tensor(longs(&[2, 0], &[2]))], &t(&v)).unwrap();
    assert_eq!(elements(&x), [2.0, 3.0, 2.0, 3.0, 0.0, 1.0]);
    assert_eq!(gradient(&x, &v), [1.0; 4]);
    let x = counted(&[3, 2]);
    let twice = Index::Tensor(longs(&[1, 1], &[2]));
    assign(&x, std::slice::from_ref(&twice), &f(8.0)).unwrap();
    assert_eq!(elements(&x), [0.0, 1.0, 8.0, 8.0, 4.0, 5.0]);
    assign(&x, &[twice], &t(&counted(&[2, 2]))).unwrap();
    assert_eq!(elements(&x), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn deep_chains_of_views_do_not_overflow() {
    let x = counted(&[4]);
    x.set_requires_grad(true).unwrap();
    let mut y = x.clone();
    for _ in 0..10_000 {
        y = apply("view", &[t(&y), ints(&[4])]);
    }
    assert_eq!(gradient(&y, &x), [1.0; 4]);
}

#[test]
fn factories_follow_torchs_rules() {
    let whole = try_call("arange", 1, &[n(2), n(9), n(3)]).unwrap();
    let Returned::Tensor(whole) = whole else { panic!() };
    assert_eq!((whole.dtype(), elements(&whole)), (DType::I64, vec![2.0, 5.0, 8.0]));
    let Returned::Tensor(real) = try_call("arange", 1, &[n(1), n(0), f(-0.25)]).unwrap() else { panic!() };
    assert_eq!((real.dtype(), elements(&real)), (DType::F32, vec![1.0, 0.75, 0.5, 0.25]));
    assert_eq!(
        refusal(try_call("arange", 1, &[n(2), n(1)])).1,
        "upper bound and lower bound inconsistent with step sign"
    );
    assert_eq!(elements(&apply("linspace", &[n(0), n(1), n(5)])), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(elements(&apply("eye", &[n(2), n(3)])), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(elements(&apply("triu", &[t(&counted(&[2, 3])), n(1)])), [0.0, 1.0, 2.0, 0.0, 0.0, 5.0]);
    assert_eq!(apply("full", &[ints(&[2]), n(3)]).dtype(), DType::I64);
}

#[test]
fn parts_and_whole() {
    let x = counted(&[5, 2]);
    let Returned::Tuple(parts) = try_call("split", 0, &[t(&x), n(2)]).unwrap() else { panic!() };
    assert_eq!(parts.iter().map(shape).collect::<Vec<_>>(), [[2, 2], [2, 2], [1, 2]]);
    assert_eq!(elements(&apply("cat", &[Argument::Tensors(parts)])), elements(&x));
    assert_eq!(shape(&apply("stack", &[Argument::Tensors(vec![x.clone(), x.clone()]), n(-1)])), [5, 2, 2]);
    assert_eq!(
        elements(&apply("repeat", &[t(&counted(&[2])), ints(&[2, 2])])),
        [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    );
    assert_eq!(elements(&apply("roll", &[t(&counted(&[4])), n(1)])), [3.0, 0.0, 1.0, 2.0]);
}

#[test]
fn elements_are_gathered_and_scattered() {
    let x = counted(&[2, 3]);
    x.set_requires_grad(true).unwrap();
    let places = longs(&[2, 2], &[1, 2]);
    let y = apply("gather", &[t(&x), n(1), t(&places)]);
    assert_eq!(elements(&y), [2.0, 2.0]);
    assert_eq!(gradient(&y, &x), [0.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    let sum = apply("scatter_add", &[t(&counted(&[2, 3])), n(1), t(&places), t(&counted(&[1, 2]))]);
    assert_eq!(elements(&sum), [0.0, 1.0, 3.0, 3.0, 4.0, 5.0]);
    let columns = apply("index_select", &[t(&counted(&[2, 3])), n(-1), t(&longs(&[2, 0], &[2]))]);
    assert_eq!(elements(&columns), [2.0, 0.0, 5.0, 3.0]);
    let (fault, message) = refusal(try_call("index_select", 0, &[t(&x), n(0), t(&longs(&[2], &[1]))]));
    assert_eq!((fault, message.as_str()), (Fault::Index, "index out of range in self"));
}

#[test]
fn masks_fill_and_select() {
    let (x, flags) = (counted(&[2, 3]), mask(&[1, 0, 1], &[3]));
    assert_eq!(elements(&apply("masked_fill", &[t(&x), t(&flags), n(9)])), [9.0, 1.0, 9.0, 9.0, 4.0, 9.0]);
    assert_eq!(elements(&apply("masked_select", &[t(&x), t(&flags)])), [0.0, 2.0, 3.0, 5.0]);
    let places = apply("nonzero", &[t(&mask(&[0, 1, 1, 0], &[2, 2]))]);
    assert_eq!((shape(&places), elements(&places)), (vec![2, 2], vec![0.0, 1.0, 1.0, 0.0]));
}
