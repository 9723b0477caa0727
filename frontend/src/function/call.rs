//! Calls a function: runs its body on a tape, and puts what it computes into tensors, in place or new.

use parking_lot::RwLock;
use std::sync::Arc;

use flashlight_compiler::types::Shape;
use flashlight_runtime::Device;

use super::{Argument, Arguments, Body, Function, Returned};
use crate::{
    autograd::{Node, Scope, Var, is_grad_enabled},
    emitter::Base,
    error::{Error, Result},
    tensor::Tensor,
    value::Value,
};

static DEFAULT_DEVICE: RwLock<Device> = RwLock::new(Device::Cpu);

/// Where tensors are made that are told nothing else.
pub fn default_device() -> Device {
    *DEFAULT_DEVICE.read()
}

/// Sets [`default_device`].
pub fn set_default_device(device: Device) {
    *DEFAULT_DEVICE.write() = device;
}

/// Where a call runs: at its first tensor, else where it is told, else at the default.
fn device_of(arguments: &Arguments) -> Device {
    let told = || {
        arguments.values.iter().find_map(|v| match v {
            Argument::Device(device) => Some(*device),
            _ => None,
        })
    };
    arguments.first_tensor().map(Tensor::device).or_else(told).unwrap_or_else(default_device)
}

/// What a computation gave.
struct Computed {
    vars: smallvec::SmallVec<[Var; 1]>,
    node: Option<Arc<Node>>,
    fields: Option<&'static [&'static str]>,
}

impl Computed {
    /// Puts the results into new tensors.
    fn into_returned(self) -> Returned {
        let node = self.node;
        let tensors = (0u32..).zip(self.vars).map(|(i, var)| {
            let tensor = Tensor::from_var(var);
            if let Some(node) = &node {
                node.watch(i, &tensor.storage());
            }
            tensor
        });
        let mut tensors: Vec<Tensor> = tensors.collect();
        match self.fields {
            None => tensors.pop().map_or(Returned::None, Returned::Tensor),
            Some([]) => Returned::Tuple(tensors),
            // One function has more results where it is asked for more.
            Some(fields) => Returned::Named(&fields[..tensors.len().min(fields.len())], tensors),
        }
    }
}

/// The functions whose bodies take numbers that a program takes anew in each run; for others they are numbers like any.
const TAKE_LATE_NUMBERS: [&str; 25] = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "eq",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lt",
    "mul",
    "multiply",
    "ne",
    "not_equal",
    "pow",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
    "where",
];

/// The arguments, with numbers as the function takes them; none where they are so already.
fn settled(function: &'static Function, arguments: &Arguments) -> Result<Option<Arguments>> {
    let is_late = |a: &Argument| matches!(a, Argument::Late(_));
    if !arguments.values.iter().any(is_late) || TAKE_LATE_NUMBERS.contains(&function.name) {
        return Ok(None);
    }
    let settle = |a: &Argument| match a {
        Argument::Late(x) => x.scalar().map(Argument::Number),
        other => Ok(other.clone()),
    };
    let values = arguments.values.iter().map(settle).collect::<Result<_>>()?;
    Ok(Some(Arguments { signature: arguments.signature, values }))
}

fn compute(function: &'static Function, body: Body, arguments: &Arguments) -> Result<Computed> {
    let settled = settled(function, arguments)?;
    let arguments = settled.as_ref().unwrap_or(arguments);
    let device = device_of(arguments);
    match body {
        Body::One(body) => compute_one(function.name, device, |s| body(s, arguments)),
        Body::Many(body, fields) => {
            let mut base = Base::on(device);
            let mut scope = Scope::over(&mut base, is_grad_enabled());
            let values = body(&mut scope, arguments)?;
            let (vars, node) = scope.finish_saving(function.name, &values);
            Ok(Computed { vars, node, fields: Some(fields) })
        }
        Body::Direct(_) => Err(Error::internal(format_args!("{} computes nothing", function.name))),
    }
}

fn compute_one(
    function: &'static str,
    device: Device,
    body: impl FnOnce(&mut Scope<'_>) -> Result<Value>,
) -> Result<Computed> {
    let mut base = Base::on(device);
    let mut scope = Scope::over(&mut base, is_grad_enabled());
    let value = body(&mut scope)?;
    let (vars, node) = scope.finish_saving(function, &[value]);
    Ok(Computed { vars, node, fields: None })
}

/// A computation inside a body that works on tensors, as a call of the torch function of that name.
///
/// # Errors
/// What the computation refuses.
pub(super) fn computed(
    function: &'static str,
    device: Device,
    body: impl FnOnce(&mut Scope<'_>) -> Result<Value>,
) -> Result<Tensor> {
    match compute_one(function, device, body)?.into_returned() {
        Returned::Tensor(tensor) => Ok(tensor),
        _ => Err(Error::internal(format_args!("{function} computed no tensor"))),
    }
}

/// As [`computed`], of several values.
///
/// # Errors
/// What the computation refuses.
pub(super) fn computed_all(
    function: &'static str,
    device: Device,
    body: impl FnOnce(&mut Scope<'_>) -> Result<Vec<Value>>,
) -> Result<Vec<Tensor>> {
    let mut base = Base::on(device);
    let mut scope = Scope::over(&mut base, is_grad_enabled());
    let values = body(&mut scope)?;
    let (vars, node) = scope.finish_saving(function, &values);
    match (Computed { vars, node, fields: Some(&[]) }).into_returned() {
        Returned::Tuple(tensors) => Ok(tensors),
        _ => Err(Error::internal(format_args!("{function} computed no tensors"))),
    }
}

/// As [`computed`], written into a tensor.
///
/// # Errors
/// What the computation refuses; a result of another shape, or of a type that does not fit.
pub(super) fn written(
    function: &'static str,
    target: &Tensor,
    body: impl FnOnce(&mut Scope<'_>) -> Result<Value>,
) -> Result<Tensor> {
    target.refuse_write()?;
    let body = |s: &mut Scope<'_>| {
        s.read(target)?;
        body(s)
    };
    store(compute_one(function, target.device(), body)?, target)
}

/// Calls an overload.
///
/// # Errors
/// What the function refuses.
pub fn call(function: &'static Function, overload: usize, arguments: &Arguments) -> Result<Returned> {
    match function.overloads[overload].body {
        Body::Direct(body) => body(settled(function, arguments)?.as_ref().unwrap_or(arguments)),
        body => Ok(compute(function, body, arguments)?.into_returned()),
    }
}

/// Calls an overload and writes its result into its first argument: `Tensor.name_`.
///
/// # Errors
/// What the function refuses; a result of another shape, or of a type that does not fit.
pub fn call_in_place(function: &'static Function, overload: usize, arguments: &Arguments) -> Result<Tensor> {
    let Some(Argument::Tensor(target)) = arguments.values.first() else {
        return Err(Error::argument(format_args!(
            "{}_(): argument 'input' (position 1) must be Tensor",
            function.name
        )));
    };
    if matches!(function.overloads[overload].body, Body::Direct(_)) {
        return Err(Error::argument(format_args!("{}_() got an unexpected keyword argument 'inplace'", function.name)));
    }
    target.refuse_write()?;
    let edge = target.read()?.edge;
    let computed = compute(function, function.overloads[overload].body, arguments)?;
    // torch keeps a copy of what it writes over where its derivative reads it; here every value is one.
    if let (Some(node), Some(edge)) = (&computed.node, edge) {
        node.allow_write(&edge);
    }
    store(computed, target)
}

fn store(mut computed: Computed, target: &Tensor) -> Result<Tensor> {
    let Some(var) = computed.vars.pop() else { return Err(Error::internal("nothing was computed")) };
    let wanted = target.shape();
    if var.ty().shape != wanted {
        return Err(Error::runtime(format_args!(
            "output with shape {} doesn't match the broadcast shape {}",
            sizes(&wanted),
            sizes(&var.ty().shape)
        )));
    }
    target.write(following(fitted(var, target)?, target)?)?;
    if let Some(node) = &computed.node {
        node.watch(0, &target.storage());
    }
    Ok(target.clone())
}

/// What an overload that works on tensors gives, for `out=`. A factory that is told no element type takes that of `out`.
fn given_out(body: fn(&Arguments) -> Result<Returned>, arguments: &Arguments, out: &[Tensor]) -> Result<Computed> {
    let mut values = arguments.values.clone();
    if let (Some(at), Some(target)) = (arguments.signature.position("dtype"), out.first())
        && matches!(values[at], Argument::None)
    {
        values[at] = Argument::DType(target.dtype());
    }
    // That is said of `out` itself, once it is written.
    if let Some(at) = arguments.signature.position("requires_grad") {
        values[at] = Argument::None;
    }
    let (fields, tensors) = match body(&Arguments { signature: arguments.signature, values })? {
        Returned::Tensor(tensor) => (None, vec![tensor]),
        Returned::Tuple(tensors) | Returned::List(tensors) => (Some(&[] as &'static [&'static str]), tensors),
        Returned::Named(fields, tensors) => (Some(fields), tensors),
        _ => {
            return Err(Error::unsupported(format_args!(
                "torch.{} with out= and these arguments",
                arguments.signature.name
            )));
        }
    };
    let vars: smallvec::SmallVec<[Var; 1]> = tensors.iter().map(Tensor::read).collect::<Result<_>>()?;
    let node = vars.iter().find_map(|v| v.edge.as_ref()).map(|e| e.node.clone());
    Ok(Computed { vars, node, fields })
}

/// Calls an overload and writes its results into the tensors of `out=`, which are what is returned.
///
/// # Errors
/// What the function refuses; a result of a type that does not fit; a tensor of another shape that is a view.
pub fn call_out(
    function: &'static Function,
    overload: usize,
    arguments: &Arguments,
    out: &[Tensor],
) -> Result<Returned> {
    let computed = match function.overloads[overload].body {
        Body::Direct(body) => given_out(body, settled(function, arguments)?.as_ref().unwrap_or(arguments), out)?,
        body => compute(function, body, arguments)?,
    };
    if computed.vars.len() != out.len() {
        return Err(Error::argument(format_args!(
            "{}(): out= takes {} tensors, {} given",
            function.name,
            computed.vars.len(),
            out.len()
        )));
    }
    let tracked = |t: &Tensor| t.requires_grad();
    if computed.node.is_some()
        || (is_grad_enabled() && out.iter().map(tracked).collect::<Result<Vec<_>>>()?.contains(&true))
    {
        return Err(Error::runtime(format_args!(
            "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments \
             requires grad.",
            function.name
        )));
    }
    for (var, target) in computed.vars.into_iter().zip(out) {
        if var.ty().shape == target.shape() {
            target.write(fitted(var, target)?)?;
        } else {
            let var = fitted(var, target)?;
            target.set_data(&Tensor::from_var(var))?;
        }
    }
    if arguments.signature.position("requires_grad").is_some() && arguments.flag("requires_grad")? {
        out.iter().try_for_each(|target| target.set_requires_grad(true))?;
    }
    Ok(match computed.fields {
        None => out.first().map_or(Returned::None, |target| Returned::Tensor(target.clone())),
        // As torch: copies of pieces are written, and nothing is returned.
        Some([]) if function.name.ends_with("_copy") => Returned::None,
        Some([]) => Returned::Tuple(out.to_vec()),
        Some(fields) => Returned::Named(&fields[..out.len().min(fields.len())], out.to_vec()),
    })
}

/// The variable in the element type of the tensor it is written into.
fn fitted(var: Var, target: &Tensor) -> Result<Var> {
    let (from, to) = (var.ty().dtype, target.dtype());
    if from == to {
        return Ok(var);
    }
    if from.kind() > to.kind() {
        return Err(Error::runtime(format_args!(
            "result type {} can't be cast to the desired output type {}",
            super::compose::torch_name(from),
            super::compose::torch_name(to)
        )));
    }
    let mut base = Base::on(target.device());
    let mut scope = Scope::over(&mut base, is_grad_enabled());
    let value = scope.track(&var);
    let value = scope.cast(&value, to)?;
    Ok(scope.finish("to_copy", &[value]).remove(0))
}

/// What is written over a tensor that has a history goes on with it.
fn following(var: Var, target: &Tensor) -> Result<Var> {
    if var.edge.is_some() || !is_grad_enabled() {
        return Ok(var);
    }
    let mut base = Base::on(target.device());
    let mut scope = Scope::over(&mut base, true);
    let old = scope.track(&target.read()?);
    let new = scope.replacing(&old, var.value);
    Ok(scope.finish("copy_slices", &[new]).remove(0))
}

/// Sizes as torch prints them: `[2, 3]`.
pub(crate) fn sizes(shape: &Shape) -> String {
    let all: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("[{}]", all.join(", "))
}
