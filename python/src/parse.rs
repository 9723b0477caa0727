//! Fits the objects of a call to the signatures of a function, and says as torch does where none fits.

use flashlight_frontend::{
    Tensor,
    function::{Argument, Arguments, Function, Kind, Parameter, Signature},
};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyString, PyTuple},
};
use smallvec::SmallVec;

use crate::convert::{argument, tensor_of};

/// The objects of one call.
pub struct Call<'a, 'py> {
    /// By position; of a method the tensor comes first.
    pub positional: &'a [Bound<'py, PyAny>],
    /// By name.
    pub keywords: &'a [(Bound<'py, PyString>, Bound<'py, PyAny>)],
}

/// A call that fits.
pub struct Fitted {
    /// The overload.
    pub overload: usize,
    /// Its arguments.
    pub arguments: Arguments,
    /// What `out=` named.
    pub out: Option<Vec<Tensor>>,
}

/// Why a signature does not fit.
enum Misfit {
    TooMany { taken: usize },
    Missing(String),
    Unknown(String),
    Twice(String),
    Kind { parameter: usize, position: Option<usize>, given: String },
}

/// Other names under which torch takes a parameter.
fn is_alias(parameter: &str, given: &str) -> bool {
    matches!(
        (parameter, given),
        ("dim", "axis") | ("keepdim", "keepdims") | ("input", "x" | "a" | "self") | ("other", "x2") | ("dims", "axis")
    )
}

/// Finds the overload that takes the call. `name` is the one that was called.
///
/// # Errors
/// `TypeError` in torch's words; what converting an argument raises.
pub fn fit(function: &'static Function, name: &str, call: &Call<'_, '_>, takes_out: bool) -> PyResult<Fitted> {
    let mut out = None;
    let mut keywords = call.keywords;
    let without;
    if takes_out && let Some(at) = keywords.iter().position(|(k, _)| k == "out") {
        out = out_of(name, &keywords[at].1)?;
        without = keywords.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, k)| k.clone()).collect::<Vec<_>>();
        keywords = &without;
    }
    let signatures = function.signatures();
    let mut misfits: SmallVec<[Misfit; 2]> = SmallVec::new();
    for (overload, signature) in signatures.iter().enumerate() {
        match bind(signature, call.positional, keywords)? {
            Ok(values) => return Ok(Fitted { overload, arguments: Arguments { signature, values }, out }),
            Err(misfit) => misfits.push(misfit),
        }
    }
    Err(PyTypeError::new_err(refusal(signatures, name, call, &misfits)))
}

/// The tensors of `out=`.
fn out_of(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Tensor>>> {
    if object.is_none() {
        return Ok(None);
    }
    if let Some(tensor) = tensor_of(object) {
        return Ok(Some(vec![tensor.clone()]));
    }
    let all: Option<Vec<Tensor>> =
        object.try_iter().ok().and_then(|items| items.map(|i| tensor_of(&i.ok()?).cloned()).collect());
    let class = object.get_type().name()?;
    all.map(Some).ok_or_else(|| PyTypeError::new_err(format!("{name}(): argument 'out' must be Tensor, not {class}")))
}

type Values = SmallVec<[Argument; 6]>;

fn bind(
    signature: &Signature,
    positional: &[Bound<'_, PyAny>],
    keywords: &[(Bound<'_, PyString>, Bound<'_, PyAny>)],
) -> PyResult<Result<Values, Misfit>> {
    let parameters = &signature.parameters;
    let by_position = parameters.iter().take_while(|p| !p.keyword_only).count();
    let mut values: Values = SmallVec::new();
    let mut used = 0;
    for (i, parameter) in parameters.iter().enumerate() {
        if i < by_position && i < positional.len() {
            // Sizes may be given one by one, where they come last; tensors of that kind are.
            let rest = &positional[i..];
            let spread = i + 1 == by_position
                && match parameter.kind {
                    Kind::Size => is_integer(&rest[0]),
                    Kind::Each => tensor_of(&rest[0]).is_some(),
                    _ => false,
                };
            let found = if spread {
                argument(PyTuple::new(rest[0].py(), rest)?.as_any(), parameter)?
            } else {
                argument(&rest[0], parameter)?
            };
            match found {
                Some(value) => values.push(value),
                None => return Ok(Err(kind_misfit(i, Some(i), &rest[0])?)),
            }
            used = if spread { positional.len() } else { i + 1 };
            if !keywords.is_empty() && keywords.iter().any(|(k, _)| names(parameter, k)) {
                return Ok(Err(Misfit::Twice(parameter.name.clone())));
            }
            continue;
        }
        match keywords.iter().find(|(k, _)| names(parameter, k)) {
            Some((_, object)) => match argument(object, parameter)? {
                Some(value) => values.push(value),
                None => return Ok(Err(kind_misfit(i, None, object)?)),
            },
            None => match &parameter.default {
                Some(default) => values.push(default.clone()),
                None if parameter.kind == Kind::Size && i + 1 == by_position && keywords.is_empty() => {
                    values.push(Argument::Ints(SmallVec::new()));
                }
                None => return Ok(Err(Misfit::Missing(parameter.name.clone()))),
            },
        }
    }
    if used < positional.len() {
        return Ok(Err(Misfit::TooMany { taken: by_position }));
    }
    for (keyword, _) in keywords {
        if !parameters.iter().any(|p| names(p, keyword)) {
            return Ok(Err(Misfit::Unknown(keyword.to_string())));
        }
    }
    Ok(Ok(values))
}

fn is_integer(object: &Bound<'_, PyAny>) -> bool {
    !object.is_instance_of::<PyTuple>()
        && !object.is_instance_of::<pyo3::types::PyList>()
        && (object.is_instance_of::<pyo3::types::PyInt>() || object.hasattr("__index__").unwrap_or(false))
}

fn names(parameter: &Parameter, keyword: &Bound<'_, PyString>) -> bool {
    let keyword = keyword.to_str().unwrap_or_default();
    parameter.name == keyword || is_alias(&parameter.name, keyword)
}

fn kind_misfit(parameter: usize, position: Option<usize>, object: &Bound<'_, PyAny>) -> PyResult<Misfit> {
    Ok(Misfit::Kind { parameter, position, given: described(object)? })
}

/// The class of an object; of a list or tuple also that of its first item that stands out.
fn described(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let class = object.get_type().name()?.to_string();
    if class != "list" && class != "tuple" {
        return Ok(class);
    }
    let items: Vec<String> =
        object.try_iter()?.take(4).map(|i| Ok(i?.get_type().name()?.to_string())).collect::<PyResult<_>>()?;
    Ok(format!("{class} of ({})", items.join(", ")))
}

/// torch's word for what a parameter takes.
fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Tensor | Kind::Operand => "Tensor",
        Kind::Tensors | Kind::Each => "tuple of Tensors",
        Kind::Number => "Number",
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Bool => "bool",
        Kind::Ints | Kind::Entries | Kind::Size => "tuple of ints",
        Kind::Floats => "tuple of floats",
        Kind::DType => "dtype",
        Kind::Device => "device",
        Kind::Text => "str",
        Kind::Generator => "Generator",
        Kind::Any => "object",
    }
}

fn refusal(signatures: &[Signature], name: &str, call: &Call<'_, '_>, misfits: &[Misfit]) -> String {
    if let ([signature], [misfit]) = (signatures, misfits) {
        return match misfit {
            Misfit::TooMany { taken } => {
                let plural = if *taken == 1 { "argument" } else { "arguments" };
                format!("{name}() takes {taken} positional {plural} but {} were given", call.positional.len())
            }
            Misfit::Missing(parameter) => format!("{name}() missing 1 required positional arguments: \"{parameter}\""),
            Misfit::Unknown(keyword) => format!("{name}() got an unexpected keyword argument '{keyword}'"),
            Misfit::Twice(parameter) => format!("{name}() got multiple values for argument '{parameter}'"),
            Misfit::Kind { parameter, position, given } => {
                let parameter = &signature.parameters[*parameter];
                let place = position.map_or(String::new(), |p| format!(" (position {})", p + 1));
                format!(
                    "{name}(): argument '{}'{place} must be {}, not {given}",
                    parameter.name,
                    wanted(parameter.kind)
                )
            }
        };
    }
    let class = |o: &Bound<'_, PyAny>| described(o).unwrap_or_default();
    let positional = call.positional.iter().map(class);
    let keywords = call.keywords.iter().map(|(k, o)| format!("{k}={}", class(o)));
    let given: Vec<String> = positional.chain(keywords).collect();
    let expected: Vec<String> = signatures.iter().map(|s| format!(" * {}", s.text)).collect();
    format!(
        "{name}() received an invalid combination of arguments - got ({}), but expected one of:\n{}\n",
        given.join(", "),
        expected.join("\n")
    )
}
