//! Movement ops.

use flashlight_compiler::ops::Movement;

use super::Site;
use super::creation::number;
use crate::error::Result;
use crate::mlx::{self, Array};
use crate::value::Sizes;

pub(super) fn lower(op: Movement, site: &Site<'_>) -> Result<Array> {
    let (s, inputs) = (site.stream, site.inputs);
    match op {
        Movement::Permute if inputs[0].shape().len() < 2 => Ok(inputs[0].another()),
        Movement::Permute => Ok(mlx::transpose(inputs[0], &site.axes("dims")?, s)?),
        Movement::Reshape => Ok(mlx::reshape(inputs[0], &site.result_shape()?, s)?),
        Movement::BroadcastInDim => broadcast(site),
        Movement::Slice => {
            let window = Window::new(site.dims("start")?, site.dims("size")?, site.dims("step")?);
            Ok(mlx::slice(inputs[0], &window.start, &window.stop, &window.step, s)?)
        }
        Movement::SliceUpdate => update(site, inputs[0], inputs[1], site.dims("start")?, site.dims("step")?),
        Movement::Pad => {
            let value = number(site.call.scalar("value")?, site.result.dtype);
            let around = mlx::broadcast_to(&value, &site.result_shape()?, s)?;
            let step = site.dims("interior")?.iter().map(|gap| gap.saturating_add(1)).collect();
            update(site, &around, inputs[0], site.dims("low")?, step)
        }
        Movement::Concat => Ok(mlx::concatenate(inputs, site.axis("axis")?, s)?),
        Movement::Flip => {
            let mut axes = site.axes("dims")?;
            axes.retain(|axis| inputs[0].shape()[*axis as usize] > 1);
            if axes.is_empty() { Ok(inputs[0].another()) } else { Ok(mlx::flip(inputs[0], &axes, s)?) }
        }
    }
}

/// A strided window: where it starts along each axis, the first place after its last element, and its steps.
struct Window {
    start: Sizes,
    stop: Sizes,
    step: Sizes,
}

impl Window {
    fn new(start: Sizes, size: Sizes, step: Sizes) -> Window {
        let stop =
            (0..start.len()).map(|i| if size[i] == 0 { start[i] } else { start[i] + (size[i] - 1) * step[i] + 1 });
        Window { stop: stop.collect(), start, step }
    }
}

fn update(site: &Site<'_>, x: &Array, update: &Array, start: Sizes, step: Sizes) -> Result<Array> {
    if update.shape().contains(&0) {
        return Ok(x.another());
    }
    if update.shape().is_empty() {
        return Ok(update.another());
    }
    let window = Window::new(start, update.shape().into(), step);
    Ok(mlx::slice_update(x, update, &window.start, &window.stop, &window.step, site.stream)?)
}

/// Brings the axes into the result's order, puts axes of size 1 between them, and stretches those.
fn broadcast(site: &Site<'_>) -> Result<Array> {
    let (s, x) = (site.stream, site.inputs[0]);
    let (shape, dims) = (site.result_shape()?, site.axes("dims")?);
    let first = shape.len() - dims.len();
    if dims.iter().enumerate().all(|(i, &dim)| dim as usize == first + i) {
        return Ok(mlx::broadcast_to(x, &shape, s)?);
    }
    let mut order: Sizes = (0..dims.len() as i32).collect();
    order.sort_by_key(|&axis| dims[axis as usize]);
    let sorted = order.iter().enumerate().all(|(i, &axis)| axis as usize == i);
    let ordered = if sorted { x.another() } else { mlx::transpose(x, &order, s)? };
    let spread: Sizes =
        (0..shape.len() as i32).map(|axis| if dims.contains(&axis) { shape[axis as usize] } else { 1 }).collect();
    Ok(mlx::broadcast_to(&mlx::reshape(&ordered, &spread, s)?, &shape, s)?)
}
