//! Convolutions through MLX's own, of which all three faces are written as one: where it cannot be used (on the CPU, and for
//! groups over three axes), windows are laid out and multiplied.

use flashlight_compiler::ops::Convolutional;
use flashlight_compiler::types::Scalar;
use smallvec::{SmallVec, smallvec};

use super::Site;
use super::creation::number;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::mlx::{self, Array, Steps};
use crate::value::Sizes;

pub(super) fn lower(op: Convolutional, site: &Site<'_>) -> Result<Array> {
    let shape = site.result_shape()?;
    if shape.contains(&0) || site.inputs.iter().any(|x| x.shape().contains(&0)) {
        return Ok(mlx::broadcast_to(&number(Scalar::Int(0), site.result.dtype), &shape, site.stream)?);
    }
    match op {
        Convolutional::Convolution => convolution(site),
        Convolutional::ConvolutionInput => input(site),
        Convolutional::ConvolutionWeight => weight(site),
    }
}

fn groups(site: &Site<'_>) -> Result<i32> {
    let groups = site.call.axis("groups")?;
    i32::try_from(groups).map_err(|_| Error::user(site.call.op, format_args!("{groups} groups are too many")))
}

fn spatial(shape: &[i32]) -> &[i32] {
    &shape[1..shape.len() - 1]
}

fn convolution(site: &Site<'_>) -> Result<Array> {
    let stride = site.dims("stride")?;
    let steps = Steps {
        input_dilation: smallvec![1; stride.len()],
        stride,
        low: site.dims("low")?,
        high: site.dims("high")?,
        dilation: site.dims("dilation")?,
        groups: groups(site)?,
        flip: false,
    };
    correlate(site, site.inputs[0], site.inputs[1], steps)
}

/// A convolution of the spread result with the turned kernel, channels in and out exchanged.
fn input(site: &Site<'_>) -> Result<Array> {
    let (s, [y, weight]) = (site.stream, [site.inputs[0], site.inputs[1]]);
    let (stride, low, dilation, size) =
        (site.dims("stride")?, site.dims("low")?, site.dims("dilation")?, site.dims("size")?);
    let (groups, axes, last) = (groups(site)?, stride.len(), weight.shape().len() - 1);
    let (out, each) = (weight.shape()[0] / groups, weight.shape()[last]);
    let mut apart: Sizes = smallvec![groups, out];
    apart.extend_from_slice(&weight.shape()[1..]);
    let mut order: Sizes = (0..apart.len() as i32).collect();
    order.swap(1, axes + 2);
    let mut joined: Sizes = weight.shape().into();
    (joined[0], joined[last]) = (groups * each, out);
    let exchanged = mlx::reshape(&mlx::transpose(&mlx::reshape(weight, &apart, s)?, &order, s)?, &joined, s)?;

    let front = |i: usize| dilation[i] * (weight.shape()[i + 1] - 1) - low[i];
    let behind = |i: usize| size[i] + low[i] - (y.shape()[i + 1] - 1) * stride[i] - 1;
    let steps = Steps {
        stride: smallvec![1; axes],
        low: (0..axes).map(|i| front(i).max(0)).collect(),
        high: (0..axes).map(|i| behind(i).max(0)).collect(),
        dilation: dilation.clone(),
        input_dilation: stride.clone(),
        groups,
        flip: true,
    };
    let whole = correlate(site, y, &exchanged, steps)?;
    // MLX takes negative padding from the value before it is spread: cut the result instead.
    if (0..axes).all(|i| front(i) >= 0 && behind(i) >= 0) {
        return Ok(whole);
    }
    let mut start: Sizes = smallvec![0; axes + 2];
    (0..axes).for_each(|i| start[i + 1] = (-front(i)).max(0));
    let stop: Sizes = start.iter().zip(&site.result_shape()?).map(|(start, size)| start + size).collect();
    // What is asked for beyond the reach of the kernel is zero.
    let mut room: Sizes = whole.shape().into();
    let short = room.iter().zip(&stop).any(|(have, want)| have < want);
    let whole = if short {
        room.iter_mut().zip(&stop).for_each(|(have, want)| *have = (*have).max(*want));
        let none = mlx::broadcast_to(&number(Scalar::Int(0), site.result.dtype), &room, s)?;
        mlx::slice_update(
            &none,
            &whole,
            &smallvec::SmallVec::<[i32; 4]>::from_elem(0, room.len()),
            whole.shape(),
            &ones(room.len()),
            s,
        )?
    } else {
        whole
    };
    Ok(mlx::slice(&whole, &start, &stop, &ones(axes + 2), s)?)
}

fn ones(n: usize) -> Sizes {
    smallvec![1; n]
}

/// A convolution over the batch: channels of the operand are its batch, and the result is the kernel.
fn weight(site: &Site<'_>) -> Result<Array> {
    let (s, [x, y]) = (site.stream, [site.inputs[0], site.inputs[1]]);
    let (stride, low, dilation, size) =
        (site.dims("stride")?, site.dims("low")?, site.dims("dilation")?, site.dims("size")?);
    let (groups, axes) = (groups(site)?, stride.len() as i32);
    let (batch, last) = (x.shape()[0], x.shape().len() - 1);
    let each = x.shape()[last] / groups;
    let mut apart: Sizes = x.shape().into();
    apart[last] = groups;
    apart.push(each);
    let order: Sizes = [axes + 2].into_iter().chain(1..axes + 2).chain([0]).collect();
    let mut joined: Sizes = x.shape().into();
    (joined[0], joined[last]) = (each, groups * batch);
    let operand = mlx::reshape(&mlx::transpose(&mlx::reshape(x, &apart, s)?, &order, s)?, &joined, s)?;
    let exchange: Sizes = [axes + 1].into_iter().chain(1..axes + 1).chain([0]).collect();
    let kernel = mlx::transpose(y, &exchange, s)?;
    let high = (0..axes as usize).map(|i| {
        let covered = (y.shape()[i + 1] - 1) * stride[i] + (size[i] - 1) * dilation[i] + 1;
        covered - x.shape()[i + 1] - low[i]
    });
    let steps = Steps {
        high: high.collect(),
        low,
        stride: dilation,
        dilation: stride,
        input_dilation: smallvec![1; axes as usize],
        groups,
        flip: false,
    };
    Ok(mlx::transpose(&correlate(site, &operand, &kernel, steps)?, &exchange, s)?)
}

fn correlate(site: &Site<'_>, x: &Array, weight: &Array, steps: Steps) -> Result<Array> {
    // MLX 0.32.2 on the CPU has no convolution in double precision, and reads beyond its operands in others.
    if site.device == Device::Cpu || (steps.groups > 1 && steps.stride.len() > 2) {
        return by_products(site, x, weight, &steps);
    }
    Ok(mlx::convolution(x, weight, &steps, site.stream)?)
}

/// Windows as rows, times the weight of each group.
fn by_products(site: &Site<'_>, x: &Array, weight: &Array, steps: &Steps) -> Result<Array> {
    let (s, axes) = (site.stream, steps.stride.len());
    let x = padded(site, x, steps)?;
    let weight =
        if steps.flip { mlx::flip(weight, &(1..=axes as i32).collect::<Sizes>(), s)? } else { weight.another() };
    let (batch, channels) = (x.shape()[0], x.shape()[axes + 1]);
    let (each, out) = (channels / steps.groups, weight.shape()[0] / steps.groups);
    let kernel: Sizes = spatial(weight.shape()).into();
    let counts: Sizes =
        (0..axes).map(|i| (x.shape()[i + 1] - steps.dilation[i] * (kernel[i] - 1) - 1) / steps.stride[i] + 1).collect();
    let mut jumps: SmallVec<[i64; 5]> = smallvec![1; axes + 2];
    (0..=axes).rev().for_each(|i| jumps[i] = jumps[i + 1] * i64::from(x.shape()[i + 1]));
    let mut shape: Sizes = smallvec![batch];
    shape.extend_from_slice(&counts);
    shape.extend_from_slice(&kernel);
    shape.push(channels);
    let mut strides: SmallVec<[i64; 8]> = smallvec![jumps[0]];
    strides.extend((0..axes).map(|i| jumps[i + 1] * i64::from(steps.stride[i])));
    strides.extend((0..axes).map(|i| jumps[i + 1] * i64::from(steps.dilation[i])));
    strides.push(1);
    let windows = mlx::as_strided(&x, &shape, &strides, s)?;
    let rows = shape[..axes + 1].iter().product::<i32>();
    let columns = kernel.iter().product::<i32>() * each;
    let parts = (0..steps.groups).map(|group| {
        let window = along_last(&windows, group * each, each, s)?;
        let mut start: Sizes = smallvec![0; axes + 2];
        start[0] = group * out;
        let mut stop: Sizes = weight.shape().into();
        stop[0] = (group + 1) * out;
        let kernel = mlx::slice(&weight, &start, &stop, &ones(axes + 2), s)?;
        let kernel = mlx::transpose(&mlx::reshape(&kernel, &[out, columns], s)?, &[1, 0], s)?;
        mlx::matmul(&mlx::reshape(&window, &[rows, columns], s)?, &kernel, s)
    });
    let parts = parts.collect::<std::result::Result<Vec<_>, _>>()?;
    let mut result = shape;
    result.truncate(axes + 1);
    result.push(out * steps.groups);
    let all: Vec<&Array> = parts.iter().collect();
    Ok(mlx::reshape(&mlx::concatenate(&all, 1, s)?, &result, s)?)
}

fn along_last(x: &Array, from: i32, count: i32, s: &mlx::Stream) -> mlx::Called<Array> {
    let mut start: Sizes = smallvec![0; x.shape().len()];
    let mut stop: Sizes = x.shape().into();
    let last = stop.len() - 1;
    (start[last], stop[last]) = (from, from + count);
    mlx::slice(x, &start, &stop, &ones(last + 1), s)
}

/// The operand spread by the input dilation, zeros around it, and what negative padding says cut off.
fn padded(site: &Site<'_>, x: &Array, steps: &Steps) -> Result<Array> {
    let (s, axes) = (site.stream, steps.stride.len());
    let spread: Sizes = (0..axes).map(|i| (x.shape()[i + 1] - 1) * steps.input_dilation[i] + 1).collect();
    let mut shape: Sizes = x.shape().into();
    let (mut start, mut stop, mut step) = (ones(axes + 2), shape.clone(), ones(axes + 2));
    (start[0], start[axes + 1]) = (0, 0);
    for i in 0..axes {
        shape[i + 1] = spread[i] + steps.low[i].max(0) + steps.high[i].max(0);
        start[i + 1] = steps.low[i].max(0);
        stop[i + 1] = start[i + 1] + spread[i];
        step[i + 1] = steps.input_dilation[i];
    }
    let none = mlx::broadcast_to(&number(Scalar::Int(0), site.result.dtype), &shape, s)?;
    let whole = mlx::slice_update(&none, x, &start, &stop, &step, s)?;
    let (mut from, mut to): (Sizes, Sizes) = (smallvec![0; axes + 2], shape);
    for i in 0..axes {
        from[i + 1] = (-steps.low[i]).max(0);
        to[i + 1] -= (-steps.high[i]).max(0);
    }
    Ok(mlx::slice(&whole, &from, &to, &ones(axes + 2), s)?)
}
