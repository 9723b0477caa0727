//! Dropout, with torch's masks on the CPU.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{Dim, Scalar, Shape},
};

use flashlight_runtime::Device;

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, written},
    compose::torch_name,
    direct,
    random::kept,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::{Geometry, Tensor},
    value::Value,
};

/// The input with elements zeroed by probability p and the others scaled up. `whole` leading axes have a mask of their
/// own; along the others what is dropped is dropped together.
fn dropped(s: &mut Scope<'_>, x: &Tensor, p: f64, whole: usize) -> Result<Value> {
    let input = s.read(x)?;
    let geometry = x.core().geometry.clone();
    drop_elements(s, &input, x.device(), p, whole, Some(&geometry).filter(|_| whole == x.rank()))
}

/// The same of a value on a device, whose mask is drawn in the order of memory where that is told.
pub(super) fn drop_elements(
    s: &mut Scope<'_>,
    input: &Value,
    device: Device,
    p: f64,
    whole: usize,
    geometry: Option<&Geometry>,
) -> Result<Value> {
    if p == 1.0 {
        return s.with_number(Op::Mul, input, 0.0);
    }
    let full = input.ty().shape.clone();
    let shape: Shape = full.iter().take(whole).cloned().collect();
    let mut mask = kept(s, device, &shape, geometry, 1.0 - p)?;
    if whole < full.len() {
        let dims: Axes = (0..whole as u32).collect();
        mask = s.emit_one(Op::BroadcastInDim, attrs![full, dims], &[mask])?;
    }
    let scaled = s.with_number(Op::Mul, input, 1.0 / (1.0 - p))?;
    let zero = s.number(Scalar::Float(0.0), input.ty().dtype)?;
    s.select(&mask, &scaled, &zero)
}

/// What all kinds of dropout share: the refusals, and what does nothing.
fn drop_axes(a: &Arguments, train: &str, in_place: bool, whole: impl Fn(&Tensor) -> usize) -> Result<Returned> {
    let (x, p, training) = (a.tensor("input")?, a.float("p")?, a.flag(train)?);
    if !(0.0..=1.0).contains(&p) {
        let message = format_args!("dropout probability has to be between 0 and 1, but got {p}");
        return Err(if train == "train" { Error::runtime(message) } else { Error::value(message) });
    }
    if !training || p == 0.0 || x.ty().numel() == Dim::known(0) {
        return Ok(Returned::Tensor(x.clone()));
    }
    if !x.dtype().is_inexact() && p < 1.0 {
        return Err(Error::runtime(format_args!(
            "result type Float can't be cast to the desired output type {}",
            torch_name(x.dtype())
        )));
    }
    let whole = whole(x);
    let result = if in_place {
        written("dropout", x, |s| dropped(s, x, p, whole))
    } else {
        computed("dropout", x.device(), |s| dropped(s, x, p, whole))
    };
    result.map(Returned::Tensor)
}

fn dropout(a: &Arguments) -> Result<Returned> {
    drop_axes(a, "training", a.flag("inplace")?, Tensor::rank)
}

fn torch_dropout(a: &Arguments) -> Result<Returned> {
    drop_axes(a, "train", false, Tensor::rank)
}

fn dropout_(a: &Arguments) -> Result<Returned> {
    drop_axes(a, "train", true, Tensor::rank)
}

/// Whole channels: the two leading axes, or the first one where there is no batch.
fn channels(a: &Arguments, spatial: usize) -> Result<Returned> {
    let rank = a.tensor("input")?.rank();
    if rank != spatial + 1 && rank != spatial + 2 {
        return Err(Error::runtime(format_args!(
            "{}: Expected {}D or {}D input, but received a {rank}D input.",
            a.signature.name,
            spatial + 1,
            spatial + 2
        )));
    }
    drop_axes(a, "training", a.flag("inplace")?, |x| x.rank() - spatial)
}

fn dropout1d(a: &Arguments) -> Result<Returned> {
    channels(a, 1)
}

/// As torch: a rank of 3 is a batch of channels here.
fn dropout2d(a: &Arguments) -> Result<Returned> {
    let rank = a.tensor("input")?.rank();
    if rank != 3 && rank != 4 {
        return Err(Error::runtime(format_args!("dropout2d: Expected 3D or 4D input, but received a {rank}D input.")));
    }
    drop_axes(a, "training", a.flag("inplace")?, |_| 2)
}

fn dropout3d(a: &Arguments) -> Result<Returned> {
    channels(a, 3)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "dropout",
        Places::FUNCTIONAL.and(Places::TORCH),
        &[
            direct("(Tensor input, float p=0.5, bool training=True, bool inplace=False)", dropout),
            direct("(Tensor input, float p, bool train)", torch_dropout),
        ],
        "Zeroes elements with probability p and scales the others by 1 / (1 - p). The mask is torch's on the CPU.",
    ),
    row(
        "dropout_",
        Places::TORCH,
        &[direct("(Tensor input, float p, bool train)", dropout_)],
        "dropout, written into the input.",
    ),
    row(
        "dropout1d",
        Places::FUNCTIONAL,
        &[direct("(Tensor input, float p=0.5, bool training=True, bool inplace=False)", dropout1d)],
        "dropout of whole channels of (N, C, L) or (C, L).",
    ),
    row(
        "dropout2d",
        Places::FUNCTIONAL,
        &[direct("(Tensor input, float p=0.5, bool training=True, bool inplace=False)", dropout2d)],
        "dropout of whole channels of (N, C, H, W); (N, C, L) is taken as a batch, as in torch.",
    ),
    row(
        "dropout3d",
        Places::FUNCTIONAL,
        &[direct("(Tensor input, float p=0.5, bool training=True, bool inplace=False)", dropout3d)],
        "dropout of whole channels of (N, C, D, H, W) or (C, D, H, W).",
    ),
];
