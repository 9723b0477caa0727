//! Elementwise functions, comparisons, reductions and products: known values and gradients.

#![allow(clippy::unwrap_used, missing_docs)]

use std::f64::consts::LN_2;

use flashlight_compiler::types::{DType, Scalar, Type};
use flashlight_frontend::{
    Result, Tensor, Value,
    autograd::{Request, backward},
    elements::numbers,
    function::{Argument, Arguments, Function, Returned, call, call_in_place},
};
use flashlight_runtime::{Device, Value as Concrete};

fn tensor(elements: &[f32], shape: &[i64]) -> Tensor {
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_ne_bytes()).collect();
    let ty = Type::new(DType::F32, shape.iter().copied());
    Tensor::from_value(Value::from(Concrete::from_bytes(&bytes, ty, Device::Cpu).unwrap()))
}

fn line(elements: &[f32]) -> Tensor {
    tensor(elements, &[elements.len() as i64])
}

fn leaf(elements: &[f32], shape: &[i64]) -> Tensor {
    let x = tensor(elements, shape);
    x.set_requires_grad(true).unwrap();
    x
}

fn elements(x: &Tensor) -> Vec<f64> {
    numbers(&x.value().unwrap().concrete("test").unwrap().to_bytes().unwrap(), x.dtype())
}

fn t(x: &Tensor) -> Argument {
    Argument::Tensor(x.clone())
}

fn n(x: f64) -> Argument {
    Argument::Number(Scalar::Float(x))
}

fn i(x: i64) -> Argument {
    Argument::Number(Scalar::Int(x))
}

fn bound(name: &str, overload: usize, given: &[Argument]) -> (&'static Function, Arguments) {
    let function = Function::named(name).unwrap();
    let signature = &function.signatures()[overload];
    let values = signature.parameters.iter().enumerate();
    let values =
        values.map(|(i, p)| given.get(i).cloned().or_else(|| p.default.clone()).unwrap_or(Argument::None)).collect();
    (function, Arguments { signature, values })
}

fn attempt(name: &str, overload: usize, given: &[Argument]) -> Result<Returned> {
    let (function, arguments) = bound(name, overload, given);
    call(function, overload, &arguments)
}

fn apply(name: &str, given: &[Argument]) -> Tensor {
    match attempt(name, 0, given).unwrap() {
        Returned::Tensor(x) => x,
        _ => panic!("{name} returns no tensor"),
    }
}

fn refusal(name: &str, given: &[Argument]) -> String {
    match attempt(name, 0, given) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name} is not refused"),
    }
}

fn near(got: &[f64], wanted: &[f64]) {
    let same =
        got.len() == wanted.len() && got.iter().zip(wanted).all(|(x, y)| (x - y).abs() <= 1e-5 * (1.0 + y.abs()));
    assert!(same, "{got:?} is not {wanted:?}");
}

/// The gradient of the sum of the elements.
fn gradient(y: &Tensor, x: &Tensor) -> Vec<f64> {
    let shape: Vec<i64> = y.shape().iter().map(|d| d.as_known().unwrap()).collect();
    let weight = tensor(&vec![1.0; shape.iter().product::<i64>() as usize], &shape).read().unwrap();
    let request = Request { retain_graph: false, create_graph: false, accumulate: true, hooks_from: 0 };
    backward(vec![(y.read().unwrap().edge.unwrap(), weight)], None, request).unwrap();
    elements(&x.grad().unwrap())
}

#[test]
fn sums_and_means_over_axes() {
    let x = tensor(&[1., 2., 3., 4., 5., 6.], &[2, 3]);
    near(&elements(&apply("sum", &[t(&x)])), &[21.0]);
    near(&elements(&apply("sum", &[t(&x), i(-1)])), &[6.0, 15.0]);
    near(&elements(&apply("mean", &[t(&x), i(0)])), &[2.5, 3.5, 4.5]);
    near(&elements(&apply("prod", &[t(&x), i(1)])), &[6.0, 120.0]);
    near(&elements(&apply("cumsum", &[t(&x), i(1)])), &[1., 3., 6., 4., 9., 15.]);
    near(&elements(&apply("var", &[t(&x), i(1)])), &[1.0, 1.0]);
    near(&elements(&apply("logsumexp", &[t(&line(&[0., 0.])), i(0)])), &[2f64.ln()]);
    let truths = apply("gt", &[t(&x), n(2.5)]);
    assert_eq!(apply("sum", &[t(&truths)]).dtype(), DType::I64);
    assert!(refusal("mean", &[t(&truths)]).contains("could not infer output dtype"));
}

#[test]
fn an_extreme_along_an_axis_gives_its_gradient_to_one_position() {
    let x = leaf(&[1., 3., 3., 4., 0., 4.], &[2, 3]);
    let Returned::Named(fields, results) = attempt("max", 1, &[t(&x), i(1)]).unwrap() else { panic!("no named tuple") };
    assert_eq!(fields, ["values", "indices"]);
    near(&elements(&results[0]), &[3.0, 4.0]);
    near(&elements(&results[1]), &[1.0, 0.0]);
    near(&gradient(&results[0], &x), &[0., 1., 0., 1., 0., 0.]);
    let x = leaf(&[1., 3., 3.], &[3]);
    near(&gradient(&apply("amax", &[t(&x)]), &x), &[0., 0.5, 0.5]);
    near(&elements(&apply("argmin", &[t(&x)])), &[0.0]);
}

#[test]
fn any_and_all_of_no_elements_have_an_answer() {
    let none = line(&[]);
    near(&elements(&apply("any", &[t(&none)])), &[0.0]);
    near(&elements(&apply("all", &[t(&none)])), &[1.0]);
    near(&elements(&apply("all", &[t(&line(&[1., 0.]))])), &[0.0]);
    assert!(refusal("max", &[t(&none)]).contains("Expected reduction dim to be specified"));
}

#[test]
fn norms_and_products_have_gradients_at_zero() {
    let x = leaf(&[0., 0.], &[2]);
    near(&gradient(&apply("norm", &[t(&x)]), &x), &[0., 0.]);
    let x = leaf(&[3., -4.], &[2]);
    let y = apply("norm", &[t(&x)]);
    near(&elements(&y), &[5.0]);
    near(&gradient(&y, &x), &[0.6, -0.8]);
    let x = leaf(&[2., 0., 5.], &[3]);
    near(&gradient(&apply("prod", &[t(&x)]), &x), &[0., 10., 0.]);
}

#[test]
fn softmax_sums_to_one() {
    let x = tensor(&[0., 1000., 1000.], &[1, 3]);
    near(&elements(&apply("softmax", &[t(&x), i(-1)])), &[0., 0.5, 0.5]);
    near(&elements(&apply("log_softmax", &[t(&x), i(-1)])), &[-1000.0 - LN_2, -LN_2, -LN_2]);
    near(&elements(&apply("softmax", &[t(&tensor(&[7.], &[])), i(0)])), &[1.0]);
}

#[test]
fn products_of_all_ranks() {
    let (x, y) = (tensor(&[1., 2., 3., 4.], &[2, 2]), tensor(&[1., 0., 2., 1.], &[2, 2]));
    let v = line(&[1., 1.]);
    near(&elements(&apply("matmul", &[t(&x), t(&y)])), &[5., 2., 11., 4.]);
    near(&elements(&apply("matmul", &[t(&x), t(&v)])), &[3., 7.]);
    near(&elements(&apply("matmul", &[t(&v), t(&x)])), &[4., 6.]);
    near(&elements(&apply("matmul", &[t(&v), t(&v)])), &[2.]);
    let batch = tensor(&[1., 2., 3., 4., 1., 2., 3., 4.], &[2, 2, 2]);
    near(&elements(&apply("matmul", &[t(&batch), t(&y)])), &[5., 2., 11., 4., 5., 2., 11., 4.]);
    near(&elements(&apply("matmul", &[t(&x), t(&batch)])), &[7., 10., 15., 22., 7., 10., 15., 22.]);
    near(&elements(&apply("outer", &[t(&v), t(&line(&[2., 3.]))])), &[2., 3., 2., 3.]);
    near(&elements(&apply("linear", &[t(&batch), t(&y), t(&v)])), &[2., 5., 4., 11., 2., 5., 4., 11.]);
    let text = refusal("mm", &[t(&tensor(&[0.; 6], &[2, 3])), t(&tensor(&[0.; 20], &[4, 5]))]);
    assert!(text.contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), "{text}");
}

#[test]
fn linear_has_gradients_for_weight_and_bias() {
    let (x, w, b) = (tensor(&[1., 2., 3., 4.], &[2, 2]), leaf(&[1., 0.], &[1, 2]), leaf(&[5.], &[1]));
    let y = apply("linear", &[t(&x), t(&w), t(&b)]);
    near(&elements(&y), &[6., 8.]);
    near(&gradient(&y, &w), &[4., 6.]);
    near(&elements(&b.grad().unwrap()), &[2.]);
}

#[test]
fn clamping_gives_no_gradient_on_bounds_that_are_numbers() {
    let x = leaf(&[-2., -1., 0., 1., 2.], &[5]);
    let y = apply("clamp", &[t(&x), n(-1.0), n(1.0)]);
    near(&elements(&y), &[-1., -1., 0., 1., 1.]);
    near(&gradient(&y, &x), &[0., 0., 1., 0., 0.]);
    assert!(refusal("clamp", &[t(&x)]).contains("At least one of"));
}

#[test]
fn comparisons_and_choices_broadcast() {
    let (x, y) = (tensor(&[1., 2.], &[2, 1]), line(&[1., 2., 3.]));
    let less = apply("lt", &[t(&x), t(&y)]);
    near(&elements(&less), &[0., 1., 1., 0., 0., 1.]);
    near(&elements(&apply("where", &[t(&less), t(&x), n(0.0)])), &[0., 1., 1., 0., 0., 2.]);
    let odd = line(&[f32::NAN, f32::INFINITY, 1.]);
    near(&elements(&apply("isnan", &[t(&odd)])), &[1., 0., 0.]);
    near(&elements(&apply("isinf", &[t(&odd)])), &[0., 1., 0.]);
    near(&elements(&apply("isfinite", &[t(&odd)])), &[0., 0., 1.]);
    for (name, other, wanted) in [("equal", &y, true), ("equal", &x, false), ("allclose", &y, true)] {
        let Returned::Number(answer) = attempt(name, 0, &[t(&y), t(other)]).unwrap() else { panic!("no number") };
        assert_eq!(answer, Scalar::Bool(wanted), "{name}");
    }
    assert!(refusal("bitwise_and", &[t(&y), t(&y)]).contains("not implemented for 'Float'"));
}

#[test]
fn functions_of_elements() {
    let x = line(&[0.5, 2.25, -1.5]);
    near(&elements(&apply("trunc", &[t(&x)])), &[0., 2., -1.]);
    near(&elements(&apply("frac", &[t(&x)])), &[0.5, 0.25, -0.5]);
    near(&elements(&apply("sinh", &[t(&x)])), &[0.521_095, 4.691_168, -2.129_279]);
    near(&elements(&apply("reciprocal", &[t(&x)])), &[2., 0.444_444, -0.666_667]);
    near(&elements(&apply("log2", &[t(&line(&[8.]))])), &[3.]);
    let counted = apply("argmax", &[t(&x)]);
    assert_eq!(apply("sqrt", &[t(&counted)]).dtype(), DType::F32);
}

#[test]
fn what_optimisers_write_in_place() {
    let x = line(&[1., 2.]);
    for (name, given) in [
        ("mul", vec![n(0.5)]),
        ("add", vec![t(&line(&[1., 1.])), n(2.0)]),
        ("addcmul", vec![t(&line(&[1., 2.])), t(&line(&[3., 4.])), n(0.5)]),
        ("addcdiv", vec![t(&line(&[1., 2.])), t(&line(&[2., 4.])), n(-1.0)]),
        ("lerp", vec![t(&line(&[10., 10.])), n(0.5)]),
        ("sqrt", vec![]),
        ("clamp", vec![n(2.7)]),
    ] {
        let given: Vec<Argument> = std::iter::once(t(&x)).chain(given).collect();
        let (function, arguments) = bound(name, 0, &given);
        call_in_place(function, 0, &arguments).unwrap();
    }
    near(&elements(&x), &[2.7, 8.25f64.sqrt()]);
}
