//! Tensors are printed as torch prints them, character by character. `printing_torch.py` writes what torch prints.

#![allow(clippy::unwrap_used, missing_docs)]

use flashlight_compiler::types::{DType, Scalar, Type};
use flashlight_frontend::{
    Tensor, Value,
    format::{PrintOptions, format_tensor},
    function::{Argument, Arguments, Function, Returned, call},
};
use flashlight_runtime::{Device, Value as Concrete};
use serde_json::Value as Json;

fn bytes_of(case: &Json, dtype: DType) -> Vec<u8> {
    if let Some(count) = case["data"].as_i64() {
        return (0..count)
            .flat_map(|n| match dtype {
                DType::I64 => n.to_ne_bytes().to_vec(),
                DType::F64 => (n as f64).to_ne_bytes().to_vec(),
                _ => (n as f32).to_ne_bytes().to_vec(),
            })
            .collect();
    }
    let hex = case["data"].as_str().unwrap();
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn add_zero(x: Tensor) -> Tensor {
    let function = Function::named("add").unwrap();
    let (zero, one) = (Argument::Number(Scalar::Int(0)), Argument::Number(Scalar::Int(1)));
    let values = [Argument::Tensor(x), zero, one].into_iter().collect();
    match call(function, 0, &Arguments { signature: &function.signatures()[0], values }).unwrap() {
        Returned::Tensor(y) => y,
        _ => panic!("add returns a tensor"),
    }
}

fn options_of(case: &Json) -> PrintOptions {
    let given = &case["options"];
    let mut options = given["profile"].as_str().map_or(PrintOptions::DEFAULT, |p| PrintOptions::profile(p).unwrap());
    let number = |name: &str| given[name].as_u64().map(|n| n as usize);
    options.precision = number("precision").unwrap_or(options.precision);
    options.edgeitems = number("edgeitems").unwrap_or(options.edgeitems);
    options.linewidth = number("linewidth").unwrap_or(options.linewidth);
    options.threshold = given["threshold"].as_f64().unwrap_or(options.threshold);
    options.sci_mode = given["sci_mode"].as_bool();
    options
}

#[test]
fn tensors_are_printed_as_torch_prints_them() {
    let fixture: Json = serde_json::from_str(include_str!("printing_torch.json")).unwrap();
    let mut wrong = Vec::new();
    for case in fixture["cases"].as_array().unwrap() {
        let dtype: DType = case["dtype"].as_str().unwrap().parse().unwrap();
        let shape: Vec<i64> = case["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        let value = Concrete::from_bytes(&bytes_of(case, dtype), Type::new(dtype, shape), Device::Cpu).unwrap();
        let mut tensor = Tensor::from_value(Value::from(value));
        tensor.set_requires_grad(case["requires_grad"].as_bool().unwrap()).unwrap();
        if case["add"].as_bool().unwrap() {
            tensor = add_zero(tensor);
        }
        let text = format_tensor(&tensor, &options_of(case)).unwrap();
        let wanted = case["text"].as_str().unwrap();
        if text != wanted {
            wrong.push(format!("{}\nwanted:\n{wanted}\ngot:\n{text}", case["options"]));
        }
    }
    assert!(wrong.is_empty(), "{} of them differ:\n{}", wrong.len(), wrong.join("\n\n"));
}
