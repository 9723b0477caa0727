//! Norms of channels: batch norm with its running statistics, instance norm and group norm.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places, Returned,
    activation::floating,
    call::{computed, computed_all, sizes, written},
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::Tensor,
    value::Value,
};

/// Statistics, weight and bias of a norm over channels.
struct Channels<'a> {
    mean: Option<&'a Tensor>,
    variance: Option<&'a Tensor>,
    weight: Option<&'a Tensor>,
    bias: Option<&'a Tensor>,
}

impl<'a> Channels<'a> {
    /// Checks that each has as many elements as the input has channels.
    fn of(a: &'a Arguments, channels: &Dim) -> Result<Self> {
        let one = |name: &str| -> Result<Option<&'a Tensor>> {
            let tensor = a.optional_tensor(name)?;
            match tensor {
                Some(t) if t.rank() != 1 || t.shape()[0] != *channels => Err(Error::runtime(format_args!(
                    "{name} should contain {channels} elements not {}",
                    t.ty().numel()
                ))),
                other => Ok(other),
            }
        };
        Ok(Self {
            mean: one("running_mean")?,
            variance: one("running_var")?,
            weight: one("weight")?,
            bias: one("bias")?,
        })
    }
}

/// Weight or bias, or the number that stands for it, in the element type of the input.
fn vector(s: &mut Scope<'_>, tensor: Option<&Tensor>, missing: f64, channels: &Dim, dtype: DType) -> Result<Value> {
    match tensor {
        Some(tensor) => {
            let value = s.read(tensor)?;
            s.cast(&value, dtype)
        }
        None => {
            let number = s.number(Scalar::Float(missing), dtype)?;
            let shape: Shape = [channels.clone()].into_iter().collect();
            s.emit_one(Op::BroadcastInDim, attrs![shape, Axes::new()], &[number])
        }
    }
}

/// A vector of the channels along axis 1 of a shape.
fn along(s: &mut Scope<'_>, x: &Value, shape: &Shape) -> Result<Value> {
    s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), Axes::from_slice(&[1])], std::slice::from_ref(x))
}

/// The input scaled and shifted by fixed statistics.
fn by_statistics(s: &mut Scope<'_>, x: &Value, channels: &Channels<'_>, eps: f64) -> Result<Value> {
    let (Some(mean), Some(variance)) = (channels.mean, channels.variance) else {
        return Err(Error::runtime("Expected running_mean and running_var to be defined when training=False"));
    };
    let (dtype, shape) = (x.ty().dtype, x.ty().shape.clone());
    // The statistics may be of a wider type than the input.
    let mean = s.read(mean)?;
    let variance = s.read(variance)?;
    let wide = mean.ty().dtype;
    let variance = s.cast(&variance, wide)?;
    let variance = s.with_number(Op::Add, &variance, eps)?;
    let mut scale = s.unary(Op::Rsqrt, &variance)?;
    if channels.weight.is_some() {
        let weight = vector(s, channels.weight, 1.0, &shape[1], wide)?;
        scale = s.binary(Op::Mul, &scale, &weight)?;
    }
    let shift = s.binary(Op::Mul, &mean, &scale)?;
    let shift = match channels.bias {
        Some(_) => {
            let bias = vector(s, channels.bias, 0.0, &shape[1], wide)?;
            s.binary(Op::Sub, &bias, &shift)?
        }
        None => s.unary(Op::Neg, &shift)?,
    };
    let (scale, shift) = (along(s, &scale, &shape)?, along(s, &shift, &shape)?);
    let x = s.cast(x, wide)?;
    let y = s.binary(Op::Mul, &x, &scale)?;
    let y = s.binary(Op::Add, &y, &shift)?;
    s.cast(&y, dtype)
}

/// Moves a running statistic towards a new one.
fn follow(running: &Tensor, new: &Tensor, momentum: f64, factor: f64) -> Result<()> {
    written("batch_norm", running, |s| {
        let (old, new) = (s.read(running)?.untracked(), s.read(new)?.untracked());
        let new = s.cast(&new, old.ty().dtype)?;
        let new = s.with_number(Op::Mul, &new, momentum * factor)?;
        let old = s.with_number(Op::Mul, &old, 1.0 - momentum)?;
        s.binary(Op::Add, &old, &new)
    })
    .map(drop)
}

/// The unbiased variance over the biased one.
fn unbiased(count: &Dim, name: &str) -> Result<f64> {
    let n = count.as_known().ok_or_else(|| {
        Error::unsupported(format_args!("running statistics of {name} over the symbolic size {count}"))
    })?;
    Ok(n as f64 / (n - 1) as f64)
}

fn input_of(a: &Arguments, least: usize) -> Result<&Tensor> {
    let input = a.tensor("input")?;
    if input.rank() < least {
        return Err(Error::runtime(format_args!(
            "Expected input of at least {least} dimensions, but got {}",
            sizes(&input.shape())
        )));
    }
    Ok(input)
}

/// torch's refusal of a single value, whose variance does not exist.
fn refuse_single(count: &Dim, what: &str, shape: &Shape) -> Result<()> {
    if *count != 1 {
        return Ok(());
    }
    Err(Error::value(format_args!(
        "Expected more than 1 {what} when training, got input size torch.Size({})",
        sizes(shape)
    )))
}

/// What torch makes of an input without elements, of whatever rank: itself, with the first weight and bias in its history.
fn of_nothing(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let mut x = s.read(a.tensor("input")?)?;
    for (name, op) in [("weight", Op::Mul), ("bias", Op::Add)] {
        if let Some(tensor) = a.optional_tensor(name)? {
            let vector = s.read(tensor)?;
            let first = s.slice_axis(&vector, 0, Dim::known(0), Dim::known(1), 1)?;
            let first = s.reshape(&first, Shape::new())?;
            x = s.binary(op, &x, &first)?;
        }
    }
    Ok(x)
}

fn batch_norm(a: &Arguments) -> Result<Returned> {
    let empty = a.tensor("input")?;
    if empty.ty().numel() == 0 && empty.rank() < 2 {
        return computed("batch_norm", empty.device(), |s| of_nothing(s, a)).map(Returned::Tensor);
    }
    let input = input_of(a, 2)?;
    let (shape, device) = (input.shape(), input.device());
    let channels = Channels::of(a, &shape[1])?;
    let (training, eps) = (a.flag("training")?, a.float("eps")?);
    if !training {
        let mut made = computed_all("batch_norm", device, |s| {
            let x = floating(s, a, "input")?;
            Ok(vec![by_statistics(s, &x, &channels, eps)?])
        })?;
        return Ok(made.pop().map_or(Returned::None, Returned::Tensor));
    }
    let count = (0..shape.len()).filter(|i| *i != 1).fold(Dim::known(1), |n, i| &n * &shape[i]);
    refuse_single(&count, "value per channel", &shape)?;
    let made = computed_all("batch_norm", device, |s| {
        let x = floating(s, a, "input")?;
        let dtype = x.ty().dtype;
        let weight = vector(s, channels.weight, 1.0, &shape[1], dtype)?;
        let bias = vector(s, channels.bias, 0.0, &shape[1], dtype)?;
        let results = s.emit(Op::BatchNorm, attrs![1u32, Scalar::Float(eps)], &[x, weight, bias])?;
        Ok(results.into_iter().collect())
    })?;
    let [y, mean, variance] = made.as_slice() else { return Err(Error::internal("batch norm has three results")) };
    let momentum = a.float("momentum")?;
    if let Some(running) = channels.mean {
        follow(running, mean, momentum, 1.0)?;
    }
    if let Some(running) = channels.variance {
        follow(running, variance, momentum, unbiased(&count, "batch_norm")?)?;
    }
    Ok(Returned::Tensor(y.clone()))
}

/// Each run of the trailing elements normalised; `leading` axes stay apart.
fn normal(s: &mut Scope<'_>, x: &Value, groups: Shape, eps: f64) -> Result<Value> {
    let shape = x.ty().shape.clone();
    let flat = s.reshape(x, groups)?;
    let y = s.emit_one(Op::LayerNorm, attrs![Scalar::Float(eps)], &[flat])?;
    s.reshape(&y, shape)
}

/// Weight and bias of each channel.
fn affine(s: &mut Scope<'_>, y: Value, channels: &Channels<'_>) -> Result<Value> {
    let (shape, dtype, mut y) = (y.ty().shape.clone(), y.ty().dtype, y);
    for (tensor, op) in [(channels.weight, Op::Mul), (channels.bias, Op::Add)] {
        if tensor.is_some() {
            let value = vector(s, tensor, 0.0, &shape[1], dtype)?;
            let value = along(s, &value, &shape)?;
            y = s.binary(op, &y, &value)?;
        }
    }
    Ok(y)
}

fn product(shape: &[Dim]) -> Dim {
    shape.iter().fold(Dim::known(1), |n, d| &n * d)
}

fn instance_norm(a: &Arguments) -> Result<Returned> {
    let input = input_of(a, 3)?;
    let (shape, device) = (input.shape(), input.device());
    let channels = Channels::of(a, &shape[1])?;
    let (fresh, eps) = (a.flag("use_input_stats")?, a.float("eps")?);
    let places = product(&shape[2..]);
    if fresh {
        refuse_single(&places, "spatial element", &shape)?;
    } else if channels.mean.is_none() || channels.variance.is_none() {
        return Err(Error::runtime(
            "Expected running_mean and running_var to be defined when use_input_stats is false",
        ));
    }
    let follows = fresh && (channels.mean.is_some() || channels.variance.is_some());
    let mut made = computed_all("instance_norm", device, |s| {
        let x = floating(s, a, "input")?;
        if !fresh {
            return Ok(vec![by_statistics(s, &x, &channels, eps)?]);
        }
        let groups = [shape[0].clone(), shape[1].clone(), places.clone()].into_iter().collect();
        let y = normal(s, &x, groups, eps)?;
        Ok(vec![affine(s, y, &channels)?])
    })?;
    if follows {
        // The mean over the batch of each instance's statistics.
        let statistics = computed_all("instance_norm", device, |s| {
            let x = s.read(input)?.untracked();
            let count = |n: &Dim| n.as_known().map(|n| n as f64);
            let (Some(batch), Some(n)) = (count(&shape[0]), count(&places)) else {
                return Err(Error::unsupported("running statistics of instance_norm over symbolic sizes"));
            };
            let inner: Axes = (2..shape.len() as u32).collect();
            let mean_of = |s: &mut Scope<'_>, x: &Value, axes: &Axes, n: f64| {
                let sum = s.fold(Op::Sum, x, axes, false)?;
                s.with_number(Op::Div, &sum, n)
            };
            let level = mean_of(s, &x, &inner, n)?;
            let spread = s.unfold(&level, &shape, &inner)?;
            let centred = s.binary(Op::Sub, &x, &spread)?;
            let squares = s.binary(Op::Mul, &centred, &centred)?;
            let variance = mean_of(s, &squares, &inner, n)?;
            let first = Axes::from_slice(&[0]);
            Ok(vec![mean_of(s, &level, &first, batch)?, mean_of(s, &variance, &first, batch)?])
        })?;
        let momentum = a.float("momentum")?;
        if let Some(running) = channels.mean {
            follow(running, &statistics[0], momentum, 1.0)?;
        }
        if let Some(running) = channels.variance {
            follow(running, &statistics[1], momentum, unbiased(&places, "instance_norm")?)?;
        }
    }
    Ok(made.pop().map_or(Returned::None, Returned::Tensor))
}

fn group_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = floating(s, a, "input")?;
    let (shape, groups) = (x.ty().shape.clone(), a.int("num_groups")?);
    if shape.len() < 2 {
        return Err(Error::runtime(format_args!(
            "Expected at least 2 dimensions for input tensor but received {}",
            shape.len()
        )));
    }
    if groups <= 0 {
        return Err(Error::runtime(format_args!("Expected num groups to be greater than 0, got {groups}")));
    }
    if shape[1].as_known().is_some_and(|n| n % groups != 0) {
        return Err(Error::runtime(format_args!(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape {} and \
             num_groups={groups}",
            sizes(&shape)
        )));
    }
    for name in ["weight", "bias"] {
        if let Some(tensor) = a.optional_tensor(name)?.filter(|t| t.shape().as_slice() != [shape[1].clone()]) {
            return Err(Error::runtime(format_args!(
                "Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape \
                 {} and input of shape {}",
                sizes(&tensor.shape()),
                sizes(&shape)
            )));
        }
    }
    let each = product(&shape[1..]).floor_div(&Dim::known(groups));
    refuse_single(&(&each * &shape[0]), "value per channel", &shape)?;
    let y = normal(s, &x, [shape[0].clone(), Dim::known(groups), each].into_iter().collect(), a.float("eps")?)?;
    let channels =
        Channels { mean: None, variance: None, weight: a.optional_tensor("weight")?, bias: a.optional_tensor("bias")? };
    affine(s, y, &channels)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "batch_norm",
        Places::FUNCTIONAL,
        &[direct(
            "(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight=None, Tensor? bias=None, \
             bool training=False, float momentum=0.1, float eps=1e-05)",
            batch_norm,
        )],
        "Normalises each channel, axis 1, by mean and variance of the batch, and moves the running ones towards them in \
         place; outside training by the running ones.",
    ),
    row(
        "instance_norm",
        Places::FUNCTIONAL,
        &[direct(
            "(Tensor input, Tensor? running_mean=None, Tensor? running_var=None, Tensor? weight=None, \
             Tensor? bias=None, bool use_input_stats=True, float momentum=0.1, float eps=1e-05)",
            instance_norm,
        )],
        "Normalises each channel of each element of the batch by its own mean and variance, or by running ones.",
    ),
    row(
        "group_norm",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)", group_norm)],
        "Normalises each group of channels, axis 1, of each element of the batch; times weight, plus bias, per channel.",
    ),
];
