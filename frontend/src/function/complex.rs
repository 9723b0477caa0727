//! Complex numbers: their parts, how they are made, and what is conjugate.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Dim, Kind, Scalar},
};

use super::{
    Arguments, Function, Places, Returned,
    call::computed,
    compose::torch_name,
    direct,
    indexing::filled,
    one,
    reduction::promoted_input,
    row,
    shape::{matrix_transpose, turned},
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::Tensor,
    value::Value,
};

fn is_complex(t: &Tensor) -> bool {
    t.dtype().kind() == Kind::Complex
}

/// The tensor itself where it is real, else what is computed from it.
fn or_itself(a: &Arguments, body: fn(&mut Scope<'_>, &Value) -> Result<Value>) -> Result<Returned> {
    let x = a.tensor("input")?;
    if !is_complex(x) {
        return Ok(Returned::Tensor(x.clone()));
    }
    let made = computed(a.signature.name, x.device(), |s| {
        let value = s.read(x)?;
        body(s, &value)
    })?;
    Ok(Returned::Tensor(made))
}

fn real(a: &Arguments) -> Result<Returned> {
    or_itself(a, |s, x| s.unary(Op::Real, x))
}

fn conj(a: &Arguments) -> Result<Returned> {
    or_itself(a, |s, x| s.conjugate(x))
}

fn itself(a: &Arguments) -> Result<Returned> {
    Ok(Returned::Tensor(a.tensor("input")?.clone()))
}

fn never(a: &Arguments) -> Result<Returned> {
    a.tensor("input")?;
    Ok(Returned::Number(Scalar::Bool(false)))
}

fn imag(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.kind() != Kind::Complex {
        return Err(Error::argument("imag is not implemented for tensors with non-complex dtypes."));
    }
    s.unary(Op::Imag, &x)
}

fn conj_physical(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    s.conjugate(&x)
}

/// Both parts in single precision, which alone has complex numbers here.
fn parts(s: &mut Scope<'_>, a: &Arguments, first: &str, second: &str) -> Result<(Value, Value)> {
    let (x, y) = (s.read(a.tensor(first)?)?, s.read(a.tensor(second)?)?);
    let (p, q) = (x.ty().dtype, y.ty().dtype);
    if !p.is_float() || !q.is_float() {
        return Err(Error::lacking(format_args!(
            "Expected both inputs to be Half, Float or Double tensors but got {} and {}",
            torch_name(p),
            torch_name(q)
        )));
    }
    if p != q {
        return Err(Error::runtime(format_args!(
            "Expected object of scalar type {} but got scalar type {} for second argument",
            torch_name(p),
            torch_name(q)
        )));
    }
    if p != DType::F32 {
        return Err(Error::unsupported(format_args!("torch.{} of {p}", a.signature.name)));
    }
    Ok((x, y))
}

fn complex(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = parts(s, a, "real", "imag")?;
    s.binary(Op::Complex, &x, &y)
}

fn polar(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (size, angle) = parts(s, a, "abs", "angle")?;
    let (cos, sin) = (s.unary(Op::Cos, &angle)?, s.unary(Op::Sin, &angle)?);
    let (x, y) = (s.binary(Op::Mul, &size, &cos)?, s.binary(Op::Mul, &size, &sin)?);
    s.binary(Op::Complex, &x, &y)
}

/// Both parts of complex numbers along a new last axis.
pub(super) fn as_real(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let (re, im) = (s.unary(Op::Real, x)?, s.unary(Op::Imag, x)?);
    let (re, im) = (s.with_axis_at(&re, 0)?, s.with_axis_at(&im, 0)?);
    s.emit_one(Op::Concat, attrs![x.ty().rank() as u32], &[re, im])
}

fn view_as_real(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.kind() != Kind::Complex {
        return Err(Error::argument("view_as_real is only supported for complex tensors"));
    }
    as_real(s, &x)
}

fn view_as_complex(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype != DType::F32 {
        return Err(Error::lacking(format_args!(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {}",
            torch_name(x.ty().dtype)
        )));
    }
    let Some(last) = x.ty().rank().checked_sub(1) else {
        return Err(Error::runtime("Input tensor must have one or more dimensions"));
    };
    if x.ty().shape[last] != 2 {
        return Err(Error::runtime("Tensor must have a last dimension of size 2"));
    }
    let shape: flashlight_compiler::types::Shape = x.ty().shape[..last].into();
    let mut part = |i: i64| {
        let part = s.slice_axis(&x, last as u32, Dim::known(i), Dim::known(1), 1)?;
        s.reshape(&part, shape.clone())
    };
    let (re, im) = (part(0)?, part(1)?);
    s.binary(Op::Complex, &re, &im)
}

fn angle(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = promoted_input(s, a)?;
    if x.ty().dtype.kind() == Kind::Complex {
        let nothing = s.with_number(Op::Equal, &x, 0.0)?;
        let there = s.replace(&nothing, 1.0, &x)?;
        let log = s.unary(Op::Log, &there)?;
        return s.unary(Op::Imag, &log);
    }
    // Of NaN the angle is NaN.
    let negative = s.with_number(Op::Less, &x, 0.0)?;
    let nan = s.binary(Op::NotEqual, &x, &x)?;
    let zeros = filled(s, &x.ty().shape.clone(), Scalar::Float(0.0), x.ty().dtype)?;
    let angle = s.replace(&negative, std::f64::consts::PI, &zeros)?;
    let angle = s.replace(&nan, f64::NAN, &angle)?;
    Ok(s.replacing(&x, angle))
}

fn sgn(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    match x.ty().dtype {
        DType::Bool => Ok(x),
        DType::C64 => {
            let size = s.unary(Op::Modulus, &x)?;
            let nothing = s.with_number(Op::Equal, &size, 0.0)?;
            let size = s.replace(&nothing, 1.0, &size)?;
            let size = s.cast(&size, DType::C64)?;
            s.emit_one(Op::Div, Attrs::new(), &[x, size])
        }
        _ => s.unary(Op::Sign, &x),
    }
}

fn isreal(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.kind() == Kind::Complex {
        let im = s.unary(Op::Imag, &x)?;
        return s.with_number(Op::Equal, &im, 0.0);
    }
    filled(s, &x.ty().shape.clone(), Scalar::Bool(true), DType::Bool)
}

/// The transposed view of real matrices; of complex ones the conjugate.
fn adjoint_of(a: &Arguments, view: fn(&Arguments) -> Result<Returned>) -> Result<Returned> {
    let Returned::Tensor(seen) = view(a)? else { return Err(Error::internal("a transpose is a tensor")) };
    if !is_complex(&seen) {
        return Ok(Returned::Tensor(seen));
    }
    let made = computed(a.signature.name, seen.device(), |s| {
        let value = s.read(&seen)?;
        s.conjugate(&value)
    })?;
    Ok(Returned::Tensor(made))
}

fn matrix_adjoint(a: &Arguments) -> Result<Returned> {
    let rank = a.tensor("input")?.rank();
    if rank < 2 {
        let name = if a.signature.name == "adjoint" { "tensor.adjoint()" } else { "tensor.mH" };
        return Err(Error::runtime(format_args!(
            "{name} is only supported on matrices or batches of matrices. Got {rank}-D tensor."
        )));
    }
    adjoint_of(a, matrix_transpose)
}

fn h(a: &Arguments) -> Result<Returned> {
    let rank = a.tensor("input")?.rank();
    match rank {
        0 => conj(a),
        2 => adjoint_of(a, turned),
        _ => Err(Error::runtime(format_args!(
            "tensor.H is only supported on matrices (2-D tensors). Got {rank}-D tensor. For batches of matrices, consider \
             using tensor.mH"
        ))),
    }
}

const WITH_OUT: Places = Places::BOTH.and(Places::OUT);

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "real",
        Places::TORCH.and(Places::PROPERTY),
        &[direct("(Tensor input)", real)],
        "The real part, as a copy; what is real as it is.",
    ),
    row("imag", Places::TORCH.and(Places::PROPERTY), &[one("(Tensor input)", imag)], "The imaginary part, as a copy."),
    row("conj", Places::BOTH, &[direct("(Tensor input)", conj)], "The conjugate; what is real as it is."),
    row("conj_physical", Places::ALL, &[one("(Tensor input)", conj_physical)], "The conjugate."),
    row(
        "resolve_conj",
        Places::BOTH,
        &[direct("(Tensor input)", itself)],
        "The tensor: nothing is conjugate lazily here.",
    ),
    row(
        "resolve_neg",
        Places::BOTH,
        &[direct("(Tensor input)", itself)],
        "The tensor: nothing is negative lazily here.",
    ),
    row(
        "is_conj",
        Places::BOTH,
        &[direct("(Tensor input) -> bool", never)],
        "False: nothing is conjugate lazily here.",
    ),
    row("is_neg", Places::BOTH, &[direct("(Tensor input) -> bool", never)], "False: nothing is negative lazily here."),
    row(
        "complex",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensor real, Tensor imag)", complex)],
        "The complex numbers of these parts, in single precision.",
    ),
    row(
        "polar",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensor abs, Tensor angle)", polar)],
        "The complex numbers of these sizes and angles, in single precision.",
    ),
    row(
        "view_as_real",
        Places::TORCH,
        &[one("(Tensor input)", view_as_real)],
        "Real and imaginary parts along a new last axis; a copy, where torch gives a view.",
    ),
    row(
        "view_as_complex",
        Places::TORCH,
        &[one("(Tensor input)", view_as_complex)],
        "Complex numbers of the pairs along the last axis; a copy, where torch gives a view.",
    ),
    row("angle", WITH_OUT, &[one("(Tensor input)", angle)], "The angle in radians; of real numbers 0 or pi."),
    row("sgn", Places::ALL, &[one("(Tensor input)", sgn)], "x over its absolute value, and 0 at 0."),
    row("isreal", Places::BOTH, &[one("(Tensor input)", isreal)], "Whether the imaginary part is 0."),
    row(
        "H",
        Places::PROPERTY,
        &[direct("(Tensor input)", h)],
        "A view of a matrix with rows and columns exchanged; of complex numbers the conjugate, as a copy.",
    ),
    row(
        "mH",
        Places::PROPERTY,
        &[direct("(Tensor input)", matrix_adjoint)],
        "A view with the last two axes exchanged; of complex numbers the conjugate, as a copy.",
    ),
    row(
        "adjoint",
        Places::BOTH,
        &[direct("(Tensor input)", matrix_adjoint)],
        "A view with the last two axes exchanged; of complex numbers the conjugate, as a copy.",
    ),
];
