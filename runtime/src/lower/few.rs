//! Calls on few elements that are there: done at once, here. Recording such a call for MLX, scheduling it and telling that it
//! is over costs fifty times the call. Only calls whose every bit is settled by IEEE 754, or that move elements, are done
//! here, so that it makes no difference who computes them.

use flashlight_compiler::ops::{Call, Creation, Elementwise, Movement, Op};
use flashlight_compiler::types::{DType, Dim, Type};
use smallvec::SmallVec;

use super::creation::number_bytes;
use crate::few::{Few, MOST};
use crate::mlx::Plain;
use crate::value::Value;

/// The result of a call, where it has one of few elements, as all operands have, and these are there.
pub(super) fn lower(call: &Call<'_>, inputs: &[Value], results: &[Type]) -> Option<Few> {
    let [result] = results else { return None };
    if !matches!(call.op, Op::Elementwise(_) | Op::Movement(_) | Op::Creation(_)) {
        return None;
    }
    let count = elements(result).filter(|count| *count <= MOST)?;
    let operands: SmallVec<[Few; 3]> = inputs.iter().map(Value::few).collect::<Option<_>>()?;
    match call.op {
        Op::Elementwise(op) => elementwise(op, call, &operands, result, count),
        Op::Movement(op) => movement(op, call, &operands, result, count),
        Op::Creation(Creation::Constant) => Some(Few::of(&number_bytes(call.scalar("value").ok()?, result.dtype))),
        _ => None,
    }
}

/// How many elements there are, where MLX takes each size.
fn elements(ty: &Type) -> Option<usize> {
    let size = |size: &Dim| usize::try_from(i32::try_from(size.as_known()?).ok()?).ok();
    ty.shape.iter().try_fold(1usize, |n, dim| n.checked_mul(size(dim)?))
}

/// Runs a body with `T` standing for the Rust type of an element type; `None` for those that are left to MLX.
macro_rules! with_type {
    ($dtype:expr, [$($variant:ident $type:ty),*], $T:ident => $body:expr) => {
        match $dtype {
            $(DType::$variant => { type $T = $type; $body })*
            _ => None,
        }
    };
}

macro_rules! with_integer {
    ($dtype:expr, $T:ident => $body:expr) => {
        with_type!($dtype, [U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64], $T => $body)
    };
}

macro_rules! with_float {
    ($dtype:expr, $T:ident => $body:expr) => { with_type!($dtype, [F32 f32, F64 f64], $T => $body) };
}

macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr) => {
        with_type!(
            $dtype,
            [U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64, F32 f32, F64 f64],
            $T => $body
        )
    };
}

/// Each element of `x` by itself.
fn map<T: Plain, R: Plain>(x: &Few, count: usize, f: impl Fn(T) -> R) -> Option<Few> {
    let mut out = Few::zeroed(count * size_of::<R>());
    out.elements_mut::<R>().iter_mut().zip(x.elements::<T>()).for_each(|(out, x)| *out = f(*x));
    Some(out)
}

/// The elements of `x` and `y` in pairs; an operand of rank 0 stands for every element.
fn zip<T: Plain, R: Plain>(x: &Few, y: &Few, count: usize, f: impl Fn(T, T) -> R) -> Option<Few> {
    let mut out = Few::zeroed(count * size_of::<R>());
    let (x, y, results) = (x.elements::<T>(), y.elements::<T>(), out.elements_mut::<R>());
    match (x, y) {
        (x, y) if x.len() == count && y.len() == count => {
            results.iter_mut().zip(x).zip(y).for_each(|((out, x), y)| *out = f(*x, *y));
        }
        (x, [y]) if x.len() == count => results.iter_mut().zip(x).for_each(|(out, x)| *out = f(*x, *y)),
        ([x], y) if y.len() == count => results.iter_mut().zip(y).for_each(|(out, y)| *out = f(*x, *y)),
        ([x], [y]) => results.fill(f(*x, *y)),
        _ => return None,
    }
    Some(out)
}

fn elementwise(op: Elementwise, call: &Call<'_>, operands: &[Few], result: &Type, count: usize) -> Option<Few> {
    use Elementwise::{
        Abs, Add, BitwiseAnd, BitwiseNot, BitwiseOr, BitwiseXor, Cast, Ceil, Div, Equal, Floor, Greater, GreaterEqual,
        Less, LessEqual, LogicalAnd, LogicalNot, LogicalOr, Maximum, Minimum, Mul, Neg, NotEqual, Round, Sqrt,
        StopGradient, Sub, Where,
    };
    let dtype = call.inputs[0].dtype;
    let (x, y) = (&operands[0], operands.last()?);
    let boolean = dtype == DType::Bool;
    match op {
        StopGradient => Some(x.clone()),
        Cast => cast(x, dtype, result.dtype, count),
        Where => choose(operands, result.dtype, count),
        Neg => with_float!(dtype, T => map(x, count, |x: T| -x))
            .or_else(|| with_integer!(dtype, T => map(x, count, T::wrapping_neg))),
        Abs => with_float!(dtype, T => map(x, count, T::abs)),
        Sqrt => with_float!(dtype, T => map(x, count, T::sqrt)),
        Floor => with_float!(dtype, T => map(x, count, T::floor)),
        Ceil => with_float!(dtype, T => map(x, count, T::ceil)),
        Round => with_float!(dtype, T => map(x, count, T::round_ties_even)),
        LogicalNot => map(x, count, |x: u8| x == 0),
        BitwiseNot if boolean => map(x, count, |x: u8| x == 0),
        BitwiseNot => with_integer!(dtype, T => map(x, count, |x: T| !x)),
        Add | LogicalOr | BitwiseOr if boolean => zip(x, y, count, |x: u8, y: u8| x != 0 || y != 0),
        Mul | LogicalAnd | BitwiseAnd if boolean => zip(x, y, count, |x: u8, y: u8| x != 0 && y != 0),
        BitwiseXor | NotEqual if boolean => zip(x, y, count, |x: u8, y: u8| (x != 0) != (y != 0)),
        Equal if boolean => zip(x, y, count, |x: u8, y: u8| (x != 0) == (y != 0)),
        Add => with_float!(dtype, T => zip(x, y, count, |x: T, y| x + y))
            .or_else(|| with_integer!(dtype, T => zip(x, y, count, T::wrapping_add))),
        Sub => with_float!(dtype, T => zip(x, y, count, |x: T, y| x - y))
            .or_else(|| with_integer!(dtype, T => zip(x, y, count, T::wrapping_sub))),
        Mul => with_float!(dtype, T => zip(x, y, count, |x: T, y| x * y))
            .or_else(|| with_integer!(dtype, T => zip(x, y, count, T::wrapping_mul))),
        Div => with_float!(dtype, T => zip(x, y, count, |x: T, y| x / y)),
        Maximum => with_float!(dtype, T => zip(x, y, count, |x: T, y| if x.is_nan() || x > y { x } else { y }))
            .or_else(|| with_integer!(dtype, T => zip(x, y, count, |x: T, y| x.max(y)))),
        Minimum => with_float!(dtype, T => zip(x, y, count, |x: T, y| if x.is_nan() || x < y { x } else { y }))
            .or_else(|| with_integer!(dtype, T => zip(x, y, count, |x: T, y| x.min(y)))),
        BitwiseAnd => with_integer!(dtype, T => zip(x, y, count, |x: T, y| x & y)),
        BitwiseOr => with_integer!(dtype, T => zip(x, y, count, |x: T, y| x | y)),
        BitwiseXor => with_integer!(dtype, T => zip(x, y, count, |x: T, y| x ^ y)),
        Equal => with_number!(dtype, T => zip(x, y, count, |x: T, y| x == y)),
        NotEqual => with_number!(dtype, T => zip(x, y, count, |x: T, y| x != y)),
        Less => with_number!(dtype, T => zip(x, y, count, |x: T, y| x < y)),
        LessEqual => with_number!(dtype, T => zip(x, y, count, |x: T, y| x <= y)),
        Greater => with_number!(dtype, T => zip(x, y, count, |x: T, y| x > y)),
        GreaterEqual => with_number!(dtype, T => zip(x, y, count, |x: T, y| x >= y)),
        _ => None,
    }
}

fn choose(operands: &[Few], dtype: DType, count: usize) -> Option<Few> {
    let [condition, x, y] = operands else { return None };
    let size = dtype.size();
    let mut out = Few::zeroed(count * size);
    let from = |few: &Few, i: usize| if few.bytes().len() == size { 0 } else { i * size };
    let conditions = condition.elements::<u8>();
    for (i, place) in out.bytes_mut().chunks_exact_mut(size).enumerate() {
        let chosen = if conditions[if conditions.len() == 1 { 0 } else { i }] != 0 { x } else { y };
        let start = from(chosen, i);
        place.copy_from_slice(&chosen.bytes()[start..start + size]);
    }
    Some(out)
}

/// Another element type. Floats that no integer of the type is near are left to MLX: what becomes of them is the processor's.
fn cast(x: &Few, from: DType, to: DType, count: usize) -> Option<Few> {
    if from == to {
        return Some(x.clone());
    }
    if from == DType::Bool {
        return with_type!(
            to,
            [U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64],
            T => map(x, count, |x: u8| T::from(x != 0))
        )
        .or_else(|| with_float!(to, T => map(x, count, |x: u8| T::from(u8::from(x != 0)))));
    }
    if to == DType::Bool {
        return with_integer!(from, T => map(x, count, |x: T| x != 0))
            .or_else(|| with_float!(from, T => map(x, count, |x: T| x != 0.0)));
    }
    if from.is_float() && !to.is_float() {
        // Within 2^31, and so within every signed type of 4 bytes or more.
        let near = with_float!(from, F => Some(x.elements::<F>().iter().all(|x| x.abs() < 2_147_483_648.0)))?;
        return if near && matches!(to, DType::I32 | DType::I64) {
            with_float!(from, F => with_type!(to, [I32 i32, I64 i64], T => map(x, count, |x: F| x as T)))
        } else {
            None
        };
    }
    with_number!(from, F => with_number!(to, T => map(x, count, |x: F| x as T)))
}

fn movement(op: Movement, call: &Call<'_>, operands: &[Few], result: &Type, count: usize) -> Option<Few> {
    let x = operands.first()?;
    let from: SmallVec<[usize; 4]> =
        call.inputs[0].shape.iter().map(|size| usize::try_from(size.as_known()?).ok()).collect::<Option<_>>()?;
    let to: SmallVec<[usize; 4]> =
        result.shape.iter().map(|size| usize::try_from(size.as_known()?).ok()).collect::<Option<_>>()?;
    if op == Movement::Reshape {
        return Some(x.clone());
    }
    let mut strides: SmallVec<[usize; 4]> = smallvec::smallvec![1; from.len()];
    for axis in (1..from.len()).rev() {
        strides[axis - 1] = strides[axis] * from[axis];
    }
    let mut start = 0;
    let steps: SmallVec<[usize; 4]> = match op {
        Movement::Permute => call.axes("dims").ok()?.iter().map(|&axis| strides[axis as usize]).collect(),
        Movement::BroadcastInDim => {
            let mut steps: SmallVec<[usize; 4]> = smallvec::smallvec![0; to.len()];
            for (axis, &place) in call.axes("dims").ok()?.iter().enumerate() {
                if from[axis] > 1 {
                    steps[place as usize] = strides[axis];
                }
            }
            steps
        }
        Movement::Slice => {
            let known = |name: &str| -> Option<SmallVec<[usize; 4]>> {
                call.dims(name).ok()?.iter().map(|n| usize::try_from(n.as_known()?).ok()).collect()
            };
            start = known("start")?.iter().zip(&strides).map(|(start, stride)| start * stride).sum();
            known("step")?.iter().zip(&strides).map(|(step, stride)| step * stride).collect()
        }
        _ => return None,
    };
    let bytes = count * result.dtype.size();
    match result.dtype.size() {
        1 => walk::<u8>(x, &to, &steps, start, bytes),
        2 => walk::<u16>(x, &to, &steps, start, bytes),
        4 => walk::<u32>(x, &to, &steps, start, bytes),
        8 => walk::<u64>(x, &to, &steps, start, bytes),
        _ => None,
    }
}

/// The elements that a walk over `shape` meets, which goes `steps` elements on along each axis.
fn walk<T: Plain>(x: &Few, shape: &[usize], steps: &[usize], start: usize, bytes: usize) -> Option<Few> {
    let mut out = Few::zeroed(bytes);
    let x = x.elements::<T>();
    let mut index: SmallVec<[usize; 4]> = smallvec::smallvec![0; shape.len()];
    let mut place = start;
    for element in out.elements_mut::<T>() {
        *element = *x.get(place)?;
        for axis in (0..shape.len()).rev() {
            place += steps[axis];
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            place -= steps[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    Some(out)
}
