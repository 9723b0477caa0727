//! Functions return what torch returns, with its gradients, its errors and its random numbers. `torch_calls.py` writes
//! what torch does.

#![allow(clippy::unwrap_used, missing_docs)]

use smallvec::SmallVec;

use flashlight_compiler::{
    Error as CompilerError,
    types::{DType, Scalar, Type},
};
use flashlight_frontend::{
    Error, Result, Tensor, Value,
    autograd::{Request, backward},
    elements::numbers,
    error::Fault,
    function::{Argument, Arguments, Body, Function, Kind, Returned, Signature, call, call_in_place},
    generator::manual_seed,
    tensor::Move,
};
use flashlight_runtime::{Device, Value as Concrete};
use serde_json::Value as Json;

fn fixture() -> Json {
    serde_json::from_str(include_str!("torch_calls.json")).unwrap()
}

fn tensor(encoded: &Json) -> Tensor {
    let dtype: DType = encoded["dtype"].as_str().unwrap().parse().unwrap();
    let shape: Vec<i64> = encoded["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    let hex = encoded["data"].as_str().unwrap();
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
    let value = Concrete::from_bytes(&bytes, Type::new(dtype, shape), Device::Cpu).unwrap();
    let tensor = Tensor::from_value(Value::from(value));
    tensor.set_requires_grad(encoded["grad"].as_bool().unwrap()).unwrap();
    tensor
}

fn argument(encoded: &Json) -> Argument {
    match encoded {
        Json::Null => Argument::None,
        Json::Bool(b) => Argument::Number(Scalar::Bool(*b)),
        Json::Number(n) => Argument::Number(n.as_i64().map_or_else(|| Scalar::Float(n.as_f64().unwrap()), Scalar::Int)),
        Json::String(s) => Argument::Text(s.as_str().into()),
        Json::Array(list) => Argument::Ints(list.iter().map(|n| n.as_i64().unwrap()).collect()),
        Json::Object(o) if o.contains_key("type") => Argument::DType(o["type"].as_str().unwrap().parse().unwrap()),
        Json::Object(o) if o.contains_key("float") => {
            Argument::Number(Scalar::Float(o["float"].as_str().unwrap().parse().unwrap()))
        }
        Json::Object(_) => Argument::Tensor(tensor(encoded)),
    }
}

fn fits(kind: Kind, optional: bool, argument: &Argument) -> bool {
    match (kind, argument) {
        (_, Argument::None) => optional,
        (Kind::Tensor, Argument::Tensor(_))
        | (Kind::Operand, Argument::Tensor(_) | Argument::Number(_))
        | (Kind::Number | Kind::Float, Argument::Number(_))
        | (Kind::Int, Argument::Number(Scalar::Int(_)))
        | (Kind::Bool, Argument::Number(Scalar::Bool(_)))
        | (Kind::Ints, Argument::Ints(_) | Argument::Number(Scalar::Int(_)))
        | (Kind::Size, Argument::Ints(_))
        | (Kind::DType, Argument::DType(_))
        | (Kind::Text, Argument::Text(_)) => true,
        _ => false,
    }
}

fn bind(signature: &'static Signature, given: &[Argument], keywords: &[(String, Argument)]) -> Option<Arguments> {
    let positional = signature.parameters.iter().filter(|p| !p.keyword_only).count();
    if given.len() > positional || keywords.iter().any(|(name, _)| signature.position(name).is_none()) {
        return None;
    }
    let mut values: SmallVec<[Argument; 6]> = SmallVec::new();
    for (i, parameter) in signature.parameters.iter().enumerate() {
        let named = keywords.iter().find(|(name, _)| *name == parameter.name).map(|(_, a)| a);
        match given.get(i).or(named) {
            Some(argument) if fits(parameter.kind, parameter.optional, argument) => values.push(argument.clone()),
            Some(_) => return None,
            None => values.push(parameter.default.clone()?),
        }
    }
    Some(Arguments { signature, values })
}

struct Case {
    function: &'static Function,
    overload: usize,
    arguments: Arguments,
    leaves: Vec<Tensor>,
}

fn case(encoded: &Json) -> Case {
    let name = encoded["function"].as_str().unwrap();
    let function = Function::named(name).unwrap_or_else(|| panic!("no function {name}"));
    let given: Vec<Argument> = encoded["arguments"].as_array().unwrap().iter().map(argument).collect();
    let keywords: Vec<(String, Argument)> =
        encoded["keywords"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), argument(v))).collect();
    let leaves = given.iter().chain(keywords.iter().map(|(_, a)| a)).filter_map(|a| match a {
        Argument::Tensor(t) if t.requires_grad().unwrap() => Some(t.clone()),
        _ => None,
    });
    let leaves = leaves.collect();
    for (overload, signature) in function.signatures().iter().enumerate() {
        if let Some(arguments) = bind(signature, &given, &keywords) {
            return Case { function, overload, arguments, leaves };
        }
    }
    panic!("no overload of {name} takes {given:?} {keywords:?}");
}

fn run(case: &Case) -> Result<Tensor> {
    match call(case.function, case.overload, &case.arguments)? {
        Returned::Tensor(tensor) => Ok(tensor),
        _ => panic!("{} returns no tensor", case.function.name),
    }
}

fn elements(tensor: &Tensor) -> Vec<f64> {
    numbers(&tensor.value().unwrap().concrete("test").unwrap().to_bytes().unwrap(), tensor.dtype())
}

fn close(got: &Tensor, wanted: &Tensor, tolerance: f64) -> std::result::Result<(), String> {
    if got.ty() != wanted.ty() {
        return Err(format!("the type is {}, not {}", got.ty(), wanted.ty()));
    }
    let (a, b) = (elements(got), elements(wanted));
    let same =
        |(x, y): (&f64, &f64)| x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * (1.0 + y.abs());
    if a.iter().zip(&b).all(same) { Ok(()) } else { Err(format!("\n   got {a:?}\nwanted {b:?}")) }
}

fn class(error: &Error) -> &'static str {
    let fault = |fault: &Fault| match fault {
        Fault::Runtime => "RuntimeError",
        Fault::Index => "IndexError",
        Fault::Type => "TypeError",
        Fault::Value => "ValueError",
        Fault::Matrix => "LinAlgError",
        Fault::Unsupported => "NotImplementedError",
    };
    match error {
        Error::User { fault: f, .. } | Error::Compiler(CompilerError::User { fault: f, .. }) => fault(f),
        Error::Compiler(CompilerError::Unsupported { .. }) => "NotImplementedError",
        Error::Runtime(_) => "RuntimeError",
        _ => "another error",
    }
}

fn check_call(encoded: &Json) -> std::result::Result<(), String> {
    let case = case(encoded);
    let result = run(&case);
    if let Some(wanted) = encoded["error"].as_str() {
        let wanted = if wanted == "AssertionError" { "ValueError" } else { wanted };
        return match result {
            Ok(_) => Err(format!("no error, torch raises {wanted}")),
            Err(error) if class(&error) == wanted => Ok(()),
            Err(error) => Err(format!("{} instead of {wanted}: {error}", class(&error))),
        };
    }
    let result = result.map_err(|e| e.to_string())?;
    close(&result, &tensor(&encoded["result"]), 1e-5)?;
    if case.leaves.is_empty() {
        return Ok(());
    }
    let root = result.read().unwrap().edge.ok_or("the result needs no gradient")?;
    let weight = tensor(&encoded["weight"]).read().unwrap();
    let request = Request { retain_graph: false, create_graph: false, accumulate: true, hooks_from: 0 };
    backward(vec![(root, weight)], None, request).map_err(|e| format!("backward: {e}"))?;
    for (i, (leaf, wanted)) in case.leaves.iter().zip(encoded["gradients"].as_array().unwrap()).enumerate() {
        let wanted = tensor(wanted);
        match leaf.grad() {
            Some(grad) => close(&grad, &wanted, 1e-4).map_err(|e| format!("gradient {i}: {e}"))?,
            None if elements(&wanted).iter().all(|x| *x == 0.0) => {}
            None => return Err(format!("gradient {i} is missing")),
        }
    }
    Ok(())
}

/// A view of this shape and these elements, zeros, whose first two axes are exchanged in memory.
fn as_transposed(x: &Tensor) -> Tensor {
    let mut shape: Vec<i64> = x.shape().iter().map(|d| d.as_known().unwrap()).collect();
    shape.swap(0, 1);
    let mut dims: SmallVec<[u32; 4]> = (0..shape.len() as u32).collect();
    dims.swap(0, 1);
    let bytes = vec![0; shape.iter().product::<i64>() as usize * x.dtype().size()];
    let value = Concrete::from_bytes(&bytes, Type::new(x.dtype(), shape), Device::Cpu).unwrap();
    let base = Tensor::from_value(Value::from(value));
    base.view("transpose", smallvec::smallvec![Move::permute(dims)]).unwrap().unwrap()
}

fn report(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} of them differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

fn describe(encoded: &Json) -> String {
    let arguments = encoded["arguments"].as_array().unwrap().iter().map(|a| match a {
        Json::Object(o) if o.contains_key("shape") => format!("{}{}", o["dtype"], o["shape"]),
        other => other.to_string(),
    });
    let keywords = encoded["keywords"].as_object().unwrap().iter().map(|(k, a)| match a {
        Json::Object(o) if o.contains_key("shape") => format!("{k}={}{}", o["dtype"], o["shape"]),
        other => format!("{k}={other}"),
    });
    format!("{}({})", encoded["function"].as_str().unwrap(), arguments.chain(keywords).collect::<Vec<_>>().join(", "))
}

#[test]
fn functions_return_what_torch_returns() {
    let fixture = fixture();
    let calls = fixture["calls"].as_array().unwrap();
    let wrong = calls.iter().filter_map(|c| check_call(c).err().map(|e| format!("{}: {e}", describe(c))));
    report(wrong.collect());
}

#[test]
fn a_seed_draws_torchs_numbers() {
    let fixture = fixture();
    manual_seed(0).unwrap();
    let mut wrong = Vec::new();
    for encoded in fixture["draws"].as_array().unwrap() {
        if let Some(seed) = encoded["seed"].as_u64() {
            manual_seed(seed).unwrap();
            continue;
        }
        let mut case = case(encoded);
        if encoded["transposed"].as_bool().unwrap() {
            let Argument::Tensor(x) = &case.arguments.values[0] else { panic!("no tensor is transposed") };
            case.arguments.values[0] = Argument::Tensor(as_transposed(x));
        }
        let tolerance = if encoded["exact"].as_bool().unwrap() { 0.0 } else { 2e-6 };
        let drawn = run(&case).map_err(|e| e.to_string());
        if let Err(error) = drawn.and_then(|drawn| close(&drawn, &tensor(&encoded["result"]), tolerance)) {
            wrong.push(format!("{}: {error}", describe(encoded)));
        }
    }
    report(wrong);
}

/// Every function with an `inplace` argument writes into its input, and computes the same.
#[test]
fn an_activation_in_place_writes_its_input() {
    for function in flashlight_frontend::function::functions() {
        let Some(signature) = function.signatures().iter().find(|s| s.position("inplace").is_some()) else { continue };
        // Each call of these draws anew.
        if function.name.contains("dropout") || function.name == "rrelu" {
            continue;
        }
        let elements_of = |n: f64| Argument::Number(Scalar::Float(n));
        let fresh = || {
            let bytes: Vec<u8> = [-1.5f32, -0.2, 0.0, 0.3, 7.0].iter().flat_map(|x| x.to_ne_bytes()).collect();
            let value = Concrete::from_bytes(&bytes, Type::new(DType::F32, [5]), Device::Cpu).unwrap();
            Tensor::from_value(Value::from(value))
        };
        let arguments = |x: &Tensor, inplace: bool| {
            let values = signature.parameters.iter().map(|p| match p.name.as_str() {
                "input" => Argument::Tensor(x.clone()),
                "inplace" => Argument::Number(Scalar::Bool(inplace)),
                _ => p.default.clone().unwrap_or(elements_of(0.5)),
            });
            Arguments { signature, values: values.collect() }
        };
        let overload = function.signatures().iter().position(|s| std::ptr::eq(s, signature)).unwrap();
        let (x, y) = (fresh(), fresh());
        let Returned::Tensor(new) = call(function, overload, &arguments(&x, false)).unwrap() else { panic!() };
        let Returned::Tensor(same) = call(function, overload, &arguments(&y, true)).unwrap() else { panic!() };
        assert!(same.is(&y), "{}", function.name);
        assert_eq!(elements(&new), elements(&y), "{}", function.name);
        assert_eq!(y.version(), 1, "{}", function.name);
        assert!(matches!(function.overloads[0].body, Body::One(_)));
        assert!(
            call_in_place(
                function,
                0,
                &Arguments {
                    signature: &function.signatures()[0],
                    values: arguments(&x, false).values[..signature.parameters.len() - 1].iter().cloned().collect(),
                }
            )
            .unwrap()
            .is(&x)
        );
    }
}
