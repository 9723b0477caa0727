//! Copies, casts, moves between devices, and elements as numbers of the host.

use flashlight_compiler::{
    attrs,
    ops::{Axes, Op},
    types::{DType, Kind, Scalar},
};
use flashlight_runtime::Device;
use smallvec::SmallVec;

use super::{
    Argument, Arguments, Function, Places, Returned,
    call::{computed, written},
    compose::result_type,
    direct, one, row,
};
use crate::{
    autograd::Scope,
    elements::{integers, numbers, refuse_overflow},
    error::{Error, Result},
    fetch::fetch,
    tensor::Tensor,
    value::Value,
};

/// The tensor on a device: itself where it is there already.
pub(super) fn moved(t: &Tensor, device: Device) -> Result<Tensor> {
    if t.device() == device { Ok(t.clone()) } else { Ok(Tensor::from_var(t.read()?.to(device)?)) }
}

/// Refuses memory formats that would need another order of the elements in memory.
pub(super) fn plain_format(a: &Arguments) -> Result<()> {
    match a.get("memory_format")? {
        Argument::None => Ok(()),
        Argument::Text(t) if t.ends_with("preserve_format") || t.ends_with("contiguous_format") => Ok(()),
        other => {
            Err(Error::unsupported(format_args!("torch.Tensor.{} with memory_format={other:?}", a.signature.name)))
        }
    }
}

/// Refuses layouts of new tensors that are not dense. Pinned memory is like any: MLX has no other.
pub(super) fn plain_layout(a: &Arguments) -> Result<()> {
    let layout = if a.signature.position("layout").is_some() { a.get("layout")? } else { &Argument::None };
    match layout {
        Argument::None => Ok(()),
        Argument::Text(t) if &**t == "strided" => Ok(()),
        other => Err(Error::unsupported(format_args!("torch.{} with layout={other:?}", a.signature.name))),
    }
}

fn clone(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    plain_format(a)?;
    s.read(a.tensor("input")?)
}

/// The tensor in another type or place; itself where nothing changes.
fn converted(t: &Tensor, dtype: DType, device: Device, copy: bool) -> Result<Tensor> {
    if t.dtype() == dtype && t.device() == device {
        return if copy { computed("clone", device, |s| s.read(t)) } else { Ok(t.clone()) };
    }
    if dtype == DType::F64 && device != Device::Cpu {
        return Err(Error::argument(format_args!(
            "Cannot convert a tensor to float64 on {device}: the GPU has no double precision. Please use float32 instead."
        )));
    }
    let cast = |t: &Tensor| match t.dtype() == dtype {
        true => Ok(t.clone()),
        false => computed("to_copy", t.device(), |s| {
            let value = s.read(t)?;
            s.cast(&value, dtype)
        }),
    };
    // Only the CPU holds doubles: those are made after the move there.
    if dtype == DType::F64 { cast(&moved(t, device)?) } else { moved(&cast(t)?, device) }
}

fn to(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    let t = a.tensor("input")?;
    let (mut dtype, mut device) = (t.dtype(), t.device());
    let has = |name| a.signature.position(name).is_some();
    if has("other") {
        let other = a.tensor("other")?;
        (dtype, device) = (other.dtype(), other.device());
    }
    if has("dtype") {
        dtype = a.dtype("dtype")?.unwrap_or(dtype);
    }
    if has("device") {
        device = a.device("device")?.unwrap_or(device);
    }
    // Transfers are always queued behind the work that makes the elements: there is nothing to block on.
    a.flag("non_blocking")?;
    Ok(Returned::Tensor(converted(t, dtype, device, a.flag("copy")?)?))
}

fn type_as(a: &Arguments) -> Result<Returned> {
    let (t, other) = (a.tensor("input")?, a.tensor("other")?);
    Ok(Returned::Tensor(converted(t, other.dtype(), other.device(), false)?))
}

fn cast(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    let dtype = match a.signature.name {
        "float" => DType::F32,
        "double" => DType::F64,
        "half" => DType::F16,
        "bfloat16" => DType::BF16,
        "int" => DType::I32,
        "long" => DType::I64,
        "short" => DType::I16,
        "char" => DType::I8,
        "byte" => DType::U8,
        "bool" => DType::Bool,
        other => return Err(Error::internal(format_args!("{other} names no element type"))),
    };
    let t = a.tensor("input")?;
    Ok(Returned::Tensor(converted(t, dtype, t.device(), false)?))
}

fn cpu(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    Ok(Returned::Tensor(moved(a.tensor("input")?, Device::Cpu)?))
}

fn cuda(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    a.flag("non_blocking")?;
    if !flashlight_runtime::gpu_available() {
        return Err(Error::runtime("No CUDA GPUs are available"));
    }
    let device = match a.device("device")? {
        None => Device::Gpu(0),
        Some(Device::Cpu) => return Err(Error::runtime("Invalid device, must be cuda device")),
        Some(device) => device,
    };
    Ok(Returned::Tensor(moved(a.tensor("input")?, device)?))
}

fn copy_(a: &Arguments) -> Result<Returned> {
    let target = a.tensor("input")?;
    a.flag("non_blocking")?;
    let source = match a.get("src")? {
        Argument::Tensor(source) => Argument::Tensor(moved(source, target.device())?),
        number => number.clone(),
    };
    written("copy_", target, |s| {
        let value = s.operand(&source, target.dtype())?;
        s.broadcast_to(&value, &target.shape())
    })
    .map(Returned::Tensor)
}

fn filled_with(target: &Tensor, value: &Argument, function: &'static str) -> Result<Returned> {
    if let Argument::Tensor(t) = value
        && t.rank() != 0
    {
        return Err(Error::runtime(format_args!(
            "fill_ only supports 0-dimension value tensor but got tensor with {} dimensions.",
            t.rank()
        )));
    }
    if let Argument::Number(number) = value {
        refuse_overflow(*number, target.dtype())?;
    }
    written(function, target, |s| {
        let value = s.operand(value, target.dtype())?;
        s.apply(Op::BroadcastInDim, attrs![target.shape(), Axes::new()], &[value])
    })
    .map(Returned::Tensor)
}

fn fill_(a: &Arguments) -> Result<Returned> {
    filled_with(a.tensor("input")?, a.get("value")?, "fill_")
}

fn zero_(a: &Arguments) -> Result<Returned> {
    filled_with(a.tensor("input")?, &Argument::Number(Scalar::Int(0)), "zero_")
}

/// The elements, row-major, as numbers of the host.
fn scalars(t: &Tensor, what: &str) -> Result<Vec<Scalar>> {
    let (value, dtype) = (t.value()?, t.dtype());
    let bytes = fetch(&value, what)?;
    Ok(match dtype.kind() {
        Kind::Bool => numbers(&bytes, dtype).into_iter().map(|x| Scalar::Bool(x != 0.0)).collect(),
        Kind::Integer => integers(&bytes, dtype).into_iter().map(Scalar::Int).collect(),
        Kind::Float => numbers(&bytes, dtype).into_iter().map(Scalar::Float).collect(),
        Kind::Complex => numbers(&bytes, dtype).chunks_exact(2).map(|x| Scalar::Complex(x[0], x[1])).collect(),
    })
}

fn item(a: &Arguments) -> Result<Returned> {
    let t = a.tensor("input")?;
    let count = t.ty().numel();
    if count != 1 {
        return Err(Error::runtime(format_args!("a Tensor with {count} elements cannot be converted to Scalar")));
    }
    if t.dtype().is_inexact() && matches!(t.value()?.payload(), crate::value::Payload::Traced(_)) {
        // Python computes with such a number in double precision; GPUs have none.
        let exact = t.device() == flashlight_runtime::Device::Cpu && t.dtype().kind() == Kind::Float;
        let dtype = if exact { DType::F64 } else { t.dtype() };
        let deferred = super::call::computed("item", t.device(), |s| {
            let x = s.read(&t.detach())?;
            s.cast(&x, dtype)
        });
        return deferred.map(Returned::Deferred);
    }
    Ok(Returned::Number(scalars(t, "item()")?[0]))
}

fn tolist(a: &Arguments) -> Result<Returned> {
    let t = a.tensor("input")?;
    let all = scalars(t, "tolist()")?;
    let shape: SmallVec<[i64; 4]> = t.shape().iter().filter_map(flashlight_compiler::types::Dim::as_known).collect();
    Ok(Returned::Numbers(shape.to_vec(), all))
}

/// Whether the one element is not zero.
pub(super) fn truth(t: &Tensor) -> Result<Scalar> {
    match t.ty().numel().as_known() {
        Some(0) => Err(Error::runtime("Boolean value of Tensor with no values is ambiguous")),
        Some(1) => {
            let x = scalars(t, "a truth value")?[0];
            let zero = matches!(x, Scalar::Complex(re, im) if re == 0.0 && im == 0.0)
                || !matches!(x, Scalar::Complex(..)) && x.as_f64() == 0.0;
            Ok(Scalar::Bool(!zero))
        }
        _ => Err(Error::runtime("Boolean value of Tensor with more than one value is ambiguous")),
    }
}

fn is_nonzero(a: &Arguments) -> Result<Returned> {
    truth(a.tensor("input")?).map(Returned::Number)
}

fn is_floating_point(a: &Arguments) -> Result<Returned> {
    Ok(Returned::Number(Scalar::Bool(a.tensor("input")?.dtype().is_float())))
}

fn result_type_of(a: &Arguments) -> Result<Returned> {
    result_type(&a.values).map(Returned::DType)
}

/// Whether torch turns elements of one type into another's unasked: not into a category below.
fn can_cast(a: &Arguments) -> Result<Returned> {
    let wanted =
        |name: &str| a.dtype(name)?.ok_or_else(|| Error::argument(format_args!("can_cast(): {name} is no dtype")));
    let (from, to) = (wanted("from_")?, wanted("to")?);
    Ok(Returned::Number(Scalar::Bool(from.kind() <= to.kind())))
}

fn is_complex(a: &Arguments) -> Result<Returned> {
    Ok(Returned::Number(Scalar::Bool(a.tensor("input")?.dtype().kind() == Kind::Complex)))
}

fn get_device(a: &Arguments) -> Result<Returned> {
    let number = match a.tensor("input")?.device() {
        Device::Cpu => -1,
        Device::Gpu(index) => i64::from(index),
    };
    Ok(Returned::Number(Scalar::Int(number)))
}

fn detach(a: &Arguments) -> Result<Returned> {
    Ok(Returned::Tensor(a.tensor("input")?.detach()))
}

const CAST: &[super::Overload] = &[direct("(Tensor input, *, Any? memory_format=None)", cast)];

/// A method that casts to the element type of its name.
const fn cast_row(name: &'static str, doc: &'static str) -> Function {
    row(name, Places::METHOD, CAST, doc)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "clone",
        Places::BOTH,
        &[one("(Tensor input, *, Any? memory_format=None)", clone)],
        "A copy; gradients flow through it. Its elements lie in row-major order.",
    ),
    row(
        "to",
        Places::METHOD,
        &[
            direct(
                "(Tensor input, dtype dtype, bool non_blocking=False, bool copy=False, *, Any? memory_format=None)",
                to,
            ),
            direct(
                "(Tensor input, device? device=None, dtype? dtype=None, bool non_blocking=False, bool copy=False, *, \
                 Any? memory_format=None)",
                to,
            ),
            direct(
                "(Tensor input, Tensor other, bool non_blocking=False, bool copy=False, *, Any? memory_format=None)",
                to,
            ),
        ],
        "The tensor in another element type or on another device; the tensor itself where neither changes, unless copy is \
         set.",
    ),
    row(
        "type_as",
        Places::METHOD,
        &[direct("(Tensor input, Tensor other)", type_as)],
        "The tensor in the element type and place of another one.",
    ),
    cast_row("float", "The tensor as float32."),
    cast_row("double", "The tensor as float64; on the CPU only."),
    cast_row("half", "The tensor as float16."),
    cast_row("bfloat16", "The tensor as bfloat16."),
    cast_row("int", "The tensor as int32."),
    cast_row("long", "The tensor as int64."),
    cast_row("short", "The tensor as int16."),
    cast_row("char", "The tensor as int8."),
    cast_row("byte", "The tensor as uint8."),
    cast_row("bool", "The tensor as truth values."),
    row(
        "cpu",
        Places::METHOD,
        &[direct("(Tensor input, *, Any? memory_format=None)", cpu)],
        "The tensor on the CPU; itself where it is there.",
    ),
    row(
        "cuda",
        Places::METHOD,
        &[direct("(Tensor input, device? device=None, bool non_blocking=False, *, Any? memory_format=None)", cuda)],
        "The tensor on a GPU, the first where none is named; refused where there is none.",
    ),
    row(
        "get_device",
        Places::BOTH,
        &[direct("(Tensor input) -> int", get_device)],
        "The number of the GPU; -1 on the CPU.",
    ),
    row(
        "copy_",
        Places::METHOD,
        &[direct("(Tensor input, Operand src, bool non_blocking=False)", copy_)],
        "Writes src into the tensor: broadcast, cast, and moved to its device. Gradients flow to src.",
    ),
    row("fill_", Places::METHOD, &[direct("(Tensor input, Operand value)", fill_)], "Writes one number everywhere."),
    row("zero_", Places::METHOD, &[direct("(Tensor input)", zero_)], "Writes zero everywhere."),
    row("item", Places::METHOD, &[direct("(Tensor input) -> Number", item)], "The one element as a Python number."),
    row(
        "tolist",
        Places::METHOD,
        &[direct("(Tensor input) -> Any", tolist)],
        "The elements as nested lists of numbers.",
    ),
    row(
        "is_nonzero",
        Places::BOTH,
        &[direct("(Tensor input) -> bool", is_nonzero)],
        "Whether the one element is not zero.",
    ),
    row(
        "result_type",
        Places::TORCH,
        &[
            direct("(Tensor tensor, Tensor other) -> dtype", result_type_of),
            direct("(Number scalar, Tensor tensor) -> dtype", result_type_of),
            direct("(Tensor tensor, Number other) -> dtype", result_type_of),
            direct("(Number scalar1, Number scalar2) -> dtype", result_type_of),
        ],
        "The element type of an operation on both, by torch's three categories.",
    ),
    row(
        "can_cast",
        Places::TORCH,
        &[direct("(dtype from_, dtype to) -> bool", can_cast)],
        "Whether elements of one type become those of another without being asked to.",
    ),
    row(
        "is_floating_point",
        Places::BOTH,
        &[direct("(Tensor input) -> bool", is_floating_point)],
        "Whether the elements are floats.",
    ),
    row(
        "is_complex",
        Places::BOTH,
        &[direct("(Tensor input) -> bool", is_complex)],
        "Whether the elements are complex.",
    ),
    row(
        "detach",
        Places::BOTH,
        &[direct("(Tensor input)", detach)],
        "The same elements, in the same storage, without the history.",
    ),
];
