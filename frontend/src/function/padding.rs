//! Padding: a constant around a tensor, or the tensor's own elements.

use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{Dim, Scalar, Shape},
};

use super::{Arguments, Function, Places, one, row};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// How many elements to put before and behind each axis; negative ones are cut off.
type Amounts = SmallVec<[(i64, i64); 4]>;

fn amounts(a: &Arguments, rank: usize) -> Result<Amounts> {
    let list = a.ints("pad")?;
    if list.len() % 2 != 0 {
        return Err(Error::runtime("Padding length must be divisible by 2"));
    }
    if list.len() > 2 * rank {
        return Err(Error::runtime(format_args!(
            "Padding length should be less than or equal to two times the input dimension but got padding length {} \
             and input of dimension {rank}",
            list.len()
        )));
    }
    let mut amounts: Amounts = SmallVec::from_elem((0, 0), rank);
    // torch counts axes from the last one.
    for (pair, amount) in list.chunks_exact(2).zip(amounts.iter_mut().rev()) {
        *amount = (pair[0], pair[1]);
    }
    Ok(amounts)
}

/// Cuts off what negative amounts say.
fn cut(s: &mut Scope<'_>, x: &Value, amounts: &Amounts) -> Result<Value> {
    if amounts.iter().all(|(low, high)| *low >= 0 && *high >= 0) {
        return Ok(x.clone());
    }
    let start: Shape = amounts.iter().map(|(low, _)| Dim::known((-low).max(0))).collect();
    let step: Shape = amounts.iter().map(|_| Dim::known(1)).collect();
    let mut sizes = Shape::new();
    for (size, &(low, high)) in x.ty().shape.iter().zip(amounts) {
        let kept = &(size - &Dim::known((-low).max(0))) - &Dim::known((-high).max(0));
        if kept.as_known().is_some_and(|n| n < 0) {
            return Err(Error::runtime(format_args!(
                "The input size {size}, plus negative padding {low} and {high}, resulted in a negative output size, \
                 which is invalid."
            )));
        }
        sizes.push(kept);
    }
    s.apply(Op::Slice, attrs![start, sizes, step], std::slice::from_ref(x))
}

fn constant(s: &mut Scope<'_>, x: &Value, amounts: &Amounts, value: Option<Scalar>) -> Result<Value> {
    let kept = cut(s, x, amounts)?;
    if amounts.iter().all(|(low, high)| *low <= 0 && *high <= 0) {
        return Ok(kept);
    }
    let sizes = |f: fn(&(i64, i64)) -> i64| amounts.iter().map(|a| Dim::known(f(a).max(0))).collect::<Shape>();
    let (low, high, interior) = (sizes(|a| a.0), sizes(|a| a.1), sizes(|_| 0));
    let value = match (value, x.ty().dtype.kind()) {
        (None, _) => Scalar::Int(0),
        (Some(v), flashlight_compiler::types::Kind::Integer) => Scalar::Int(v.as_f64() as i64),
        (Some(v), flashlight_compiler::types::Kind::Bool) => Scalar::Bool(v.as_f64() != 0.0),
        (Some(v), _) => v,
    };
    s.emit_one(Op::Pad, attrs![value, low, high, interior], &[kept])
}

/// Which elements of the tensor itself go around it.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Reflect,
    Replicate,
    Circular,
}

/// Puts elements of the tensor itself before and behind one axis.
fn extend(s: &mut Scope<'_>, x: &Value, axis: u32, (low, high): (i64, i64), mode: Mode) -> Result<Value> {
    let (low, high) = (low.max(0), high.max(0));
    if low == 0 && high == 0 {
        return Ok(x.clone());
    }
    let size = x.ty().shape[axis as usize].clone();
    let window = |s: &mut Scope<'_>, start: Dim, count: i64| s.slice_axis(x, axis, start, Dim::known(count), 1);
    let flip = |s: &mut Scope<'_>, part: &Value| {
        s.apply(Op::Flip, attrs![Axes::from_slice(&[axis])], std::slice::from_ref(part))
    };
    let repeat = |s: &mut Scope<'_>, part: &Value, count: i64| {
        let mut shape = part.ty().shape.clone();
        shape[axis as usize] = Dim::known(count);
        s.broadcast_to(part, &shape)
    };
    let mut parts: SmallVec<[Value; 3]> = SmallVec::new();
    if low > 0 {
        parts.push(match mode {
            Mode::Reflect => {
                let part = window(s, Dim::known(1), low)?;
                flip(s, &part)?
            }
            Mode::Replicate => {
                let part = window(s, Dim::known(0), 1)?;
                repeat(s, &part, low)?
            }
            Mode::Circular => window(s, &size - low, low)?,
        });
    }
    parts.push(x.clone());
    if high > 0 {
        parts.push(match mode {
            Mode::Reflect => {
                let part = window(s, &size - (high + 1), high)?;
                flip(s, &part)?
            }
            Mode::Replicate => {
                let part = window(s, &size - 1, 1)?;
                repeat(s, &part, high)?
            }
            Mode::Circular => window(s, Dim::known(0), high)?,
        });
    }
    s.emit_one(Op::Concat, attrs![axis], &parts)
}

fn pad(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank();
    let amounts = amounts(a, rank)?;
    let mode = match a.text("mode")? {
        "constant" => return constant(s, &x, &amounts, a.optional_number("value")?),
        "reflect" => Mode::Reflect,
        "replicate" => Mode::Replicate,
        "circular" => Mode::Circular,
        other => {
            return Err(Error::lacking(format_args!("Unrecognised padding mode {other}")));
        }
    };
    let word = a.text("mode")?;
    if a.is_given("value") && a.float("value")? != 0.0 {
        return Err(Error::runtime(format_args!("Padding mode \"{word}\" doesn't take in value argument")));
    }
    let padded = a.ints("pad")?.len() / 2;
    if !matches!((padded, rank), (1, 2 | 3) | (2, 3 | 4) | (3, 4 | 5)) {
        return Err(Error::lacking("Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now"));
    }
    for (axis, &(low, high)) in amounts.iter().enumerate() {
        let Some(size) = x.ty().shape[axis].as_known() else { continue };
        let (limit, rule) = match mode {
            Mode::Reflect => (size - 1, "less than the corresponding input dimension"),
            Mode::Circular => (size, "at most the corresponding input dimension"),
            Mode::Replicate if size == 0 && (low > 0 || high > 0) => (0, "zero where the input dimension is"),
            Mode::Replicate => (i64::MAX, ""),
        };
        if (low > 0 && low > limit) || (high > 0 && high > limit) {
            return Err(Error::runtime(format_args!(
                "Padding size should be {rule}, but got: padding ({low}, {high}) at dimension {axis} of input {}",
                super::call::sizes(&x.ty().shape)
            )));
        }
    }
    // What goes around is circular's only after the cut, and the others' before it.
    let mut y = if mode == Mode::Circular { cut(s, &x, &amounts)? } else { x };
    for (axis, &amount) in (0u32..).zip(&amounts) {
        y = extend(s, &y, axis, amount, mode)?;
    }
    if mode == Mode::Circular { Ok(y) } else { cut(s, &y, &amounts) }
}

fn constant_pad_nd(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let amounts = amounts(a, x.ty().rank())?;
    constant(s, &x, &amounts, Some(a.number("value")?))
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "pad",
        Places::FUNCTIONAL,
        &[one("(Tensor input, ints pad, str mode=\"constant\", Number? value=None)", pad)],
        "The tensor with elements around it: a constant, or with mode 'reflect', 'replicate' or 'circular' its own. Amounts \
     are counted from the last axis; negative ones cut off.",
    ),
    row(
        "constant_pad_nd",
        Places::TORCH,
        &[one("(Tensor input, ints pad, Number value=0)", constant_pad_nd)],
        "The tensor with a constant around it. Amounts are counted from the last axis; negative ones cut off.",
    ),
];
