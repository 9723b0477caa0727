//! Noise in training that keeps mean and variance (alpha dropout), and slopes drawn at random (`rrelu`).

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use flashlight_runtime::Device;
use smallvec::smallvec;

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, written},
    compose::torch_name,
    direct,
    random::{generator_of, kept},
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    generator::default_generator,
    tensor::Tensor,
    value::Value,
};

/// What selu gives far below 0: what alpha dropout puts in place of an element.
const FLOOR: f64 = -1.758_099_340_847_376_6;

/// Elements, or with `whole` leading axes all elements along the others together, replaced by what selu gives far below 0
/// with probability p; then scaled and moved, so that mean and variance stay.
fn alpha_dropped(s: &mut Scope<'_>, x: &Tensor, p: f64, whole: usize) -> Result<Value> {
    let input = s.read(x)?;
    if p == 1.0 {
        return s.with_number(Op::Mul, &input, 0.0);
    }
    let full = input.ty().shape.clone();
    let shape: Shape = full.iter().take(whole).cloned().collect();
    let geometry = x.core().geometry.clone();
    let mut kept = kept(s, x.device(), &shape, Some(&geometry).filter(|_| whole == x.rank()), 1.0 - p)?;
    if whole < full.len() {
        let dims: Axes = (0..whole as u32).collect();
        kept = s.emit_one(Op::BroadcastInDim, attrs![full, dims], &[kept])?;
    }
    let scale = 1.0 / ((FLOOR * FLOOR * p + 1.0) * (1.0 - p)).sqrt();
    let moved = FLOOR * scale * p;
    let scaled = s.with_number(Op::Mul, &input, scale)?;
    let scaled = s.with_number(Op::Sub, &scaled, moved)?;
    let dropped = s.number(Scalar::Float(FLOOR * scale - moved), input.ty().dtype)?;
    s.select(&kept, &scaled, &dropped)
}

fn alpha_dropout(a: &Arguments, train: &str, in_place: bool, channels: bool) -> Result<Returned> {
    let (x, p, training) = (a.tensor("input")?, a.float("p")?, a.flag(train)?);
    if !(0.0..=1.0).contains(&p) {
        let message = format_args!("dropout probability has to be between 0 and 1, but got {p}");
        return Err(if train == "train" { Error::runtime(message) } else { Error::value(message) });
    }
    if !training || p == 0.0 || x.ty().numel() == Dim::known(0) {
        return Ok(Returned::Tensor(x.clone()));
    }
    if !x.dtype().is_inexact() {
        return Err(Error::runtime(format_args!(
            "result type Float can't be cast to the desired output type {}",
            torch_name(x.dtype())
        )));
    }
    if channels && x.rank() < 2 {
        return Err(Error::runtime("Feature dropout requires at least 2 dimensions in the input"));
    }
    let whole = if channels { 2 } else { x.rank() };
    let result = if in_place {
        written("alpha_dropout", x, |s| alpha_dropped(s, x, p, whole))
    } else {
        computed("alpha_dropout", x.device(), |s| alpha_dropped(s, x, p, whole))
    };
    result.map(Returned::Tensor)
}

/// Negative elements times a slope: one drawn for each in training, else the middle of the range.
fn sloped(s: &mut Scope<'_>, a: &Arguments, x: &Tensor, training: bool) -> Result<Value> {
    let (low, high) = (a.float("lower")?, a.float("upper")?);
    if low > high {
        return Err(Error::runtime(format_args!(
            "Lower bound should be less than or equal to the upper bound, got {low} and {high}"
        )));
    }
    let input = s.read(x)?;
    if !input.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!("\"rrelu\" not implemented for '{}'", torch_name(input.ty().dtype))));
    }
    let dtype = input.ty().dtype;
    if !training {
        let negative = s.with_number(Op::LessEqual, &input, 0.0)?;
        let scaled = s.with_number(Op::Mul, &input, (low + high) / 2.0)?;
        return s.select(&negative, &scaled, &input);
    }
    let negative = s.with_number(Op::LessEqual, &input, 0.0)?;
    let count = input.ty().numel();
    if count == 0 {
        return Ok(input);
    }
    // The first number that is drawn is that of the first negative element, and so on, as torch draws them.
    let unit = if x.device() == Device::Cpu { DType::F64 } else { DType::F32 };
    let generator = match a.signature.position("generator") {
        Some(_) => generator_of(a, x.device())?,
        None => default_generator(x.device())?,
    };
    let line: Shape = smallvec![count];
    let drawn = attrs![line.clone(), unit, Scalar::Float(low), Scalar::Float(high)];
    let drawn = generator.draw(Op::RandomUniform, drawn, &[], s)?;
    let drawn = s.cast(&drawn, dtype)?;
    let flags = s.reshape(&negative, line)?;
    let rank = s.emit_one(Op::Cumsum, attrs![0u32, false], &[flags])?;
    let rank = s.with_number(Op::Sub, &rank, 1i64)?;
    let rank = s.with_number(Op::Maximum, &rank, 0i64)?;
    let slope = s.emit_one(Op::Take, attrs![0u32], &[drawn, rank])?;
    let slope = s.reshape(&slope, input.ty().shape.clone())?;
    let scaled = s.binary(Op::Mul, &input, &slope)?;
    s.select(&negative, &scaled, &input)
}

fn rrelu(a: &Arguments, in_place: bool) -> Result<Returned> {
    let (x, training) = (a.tensor("input")?, a.flag("training")?);
    let in_place = in_place || (a.signature.position("inplace").is_some() && a.flag("inplace")?);
    let result = if in_place {
        written("rrelu", x, |s| sloped(s, a, x, training))
    } else {
        computed("rrelu", x.device(), |s| sloped(s, a, x, training))
    };
    result.map(Returned::Tensor)
}

const DROPOUT: &str = "(Tensor input, float p=0.5, bool training=False, bool inplace=False)";
const TORCH_DROPOUT: &str = "(Tensor input, float p, bool train)";
const RRELU: &str = "(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool training=False, \
                     bool inplace=False)";
const TORCH_RRELU: &str = "(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool training=False, \
                           Generator? generator=None)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "alpha_dropout",
        Places::FUNCTIONAL.and(Places::TORCH),
        &[
            direct(DROPOUT, |a| alpha_dropout(a, "training", a.flag("inplace")?, false)),
            direct(TORCH_DROPOUT, |a| alpha_dropout(a, "train", false, false)),
        ],
        "Dropout that keeps mean and variance of what selu gives: elements are replaced by its lowest value, all are scaled \
         and moved. The mask is torch's on the CPU.",
    ),
    row(
        "alpha_dropout_",
        Places::TORCH,
        &[direct(TORCH_DROPOUT, |a| alpha_dropout(a, "train", true, false))],
        "alpha_dropout, written into the input.",
    ),
    row(
        "feature_alpha_dropout",
        Places::FUNCTIONAL.and(Places::TORCH),
        &[
            direct(DROPOUT, |a| alpha_dropout(a, "training", a.flag("inplace")?, true)),
            direct(TORCH_DROPOUT, |a| alpha_dropout(a, "train", false, true)),
        ],
        "alpha_dropout of whole channels, which are the second axis.",
    ),
    row(
        "feature_alpha_dropout_",
        Places::TORCH,
        &[direct(TORCH_DROPOUT, |a| alpha_dropout(a, "train", true, true))],
        "feature_alpha_dropout, written into the input.",
    ),
    row(
        "rrelu",
        Places::FUNCTIONAL.and(Places::TORCH),
        &[direct(RRELU, |a| rrelu(a, false)), direct(TORCH_RRELU, |a| rrelu(a, false))],
        "x, or where it is negative x times a slope: drawn from a range for each in training, else the range's middle.",
    ),
    row(
        "rrelu_",
        Places::FUNCTIONAL.and(Places::TORCH),
        &[direct(TORCH_RRELU, |a| rrelu(a, true))],
        "rrelu, written into the input.",
    ),
];
