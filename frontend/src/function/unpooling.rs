//! Pooling turned round, pooling of windows drawn at random, and the p-norms of windows.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::{SmallVec, smallvec};

use super::{
    Argument, Arguments, Function, Places, Returned,
    call::{computed, computed_all, sizes},
    compose::torch_name,
    direct,
    embedding::known_integers,
    indexing::filled,
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    generator::default_generator,
    value::Value,
};

type PerAxis = SmallVec<[i64; 4]>;

fn dims(list: impl IntoIterator<Item = i64>) -> Shape {
    list.into_iter().map(Dim::known).collect()
}

/// One number for each spatial axis.
fn per_axis(a: &Arguments, name: &str, axes: usize) -> Result<PerAxis> {
    let given = a.ints(name)?;
    match given.as_slice() {
        [all] => Ok(SmallVec::from_elem(*all, axes)),
        list if list.len() == axes => Ok(given),
        _ => Err(Error::runtime(format_args!(
            "{}: {name} must either be a single int, or a tuple of {axes} ints, but got {given:?}",
            a.signature.name
        ))),
    }
}

fn known_shape(shape: &Shape, function: &str) -> Result<PerAxis> {
    let sizes: Option<PerAxis> = shape.iter().map(Dim::as_known).collect();
    sizes.ok_or_else(|| Error::unsupported(format_args!("{function} of unknown sizes")))
}

/// The spatial sizes of what was pooled.
fn unpooled_sizes(a: &Arguments, pooled: &[i64]) -> Result<PerAxis> {
    let (axes, name) = (pooled.len(), a.signature.name);
    let kernel = per_axis(a, "kernel_size", axes)?;
    let stride = if a.is_given("stride") { per_axis(a, "stride", axes)? } else { kernel.clone() };
    let padding = per_axis(a, "padding", axes)?;
    let usual: PerAxis = (0..axes).map(|i| (pooled[i] - 1) * stride[i] + kernel[i] - 2 * padding[i]).collect();
    let Some(asked) = a.optional_ints("output_size")? else { return Ok(usual) };
    let asked: PerAxis = if asked.len() == axes + 2 { asked[2..].into() } else { asked };
    if asked.len() != axes {
        return Err(Error::value(format_args!(
            "output_size should be a sequence containing {axes} or {} elements, but it has a length of '{}'",
            axes + 2,
            asked.len()
        )));
    }
    for (i, &n) in asked.iter().enumerate() {
        let (least, most) = (usual[i] - stride[i], usual[i] + stride[i]);
        if n <= least || n >= most {
            return Err(Error::value(format_args!(
                "invalid output_size \"{asked:?}\" (dim {i} must be between {least} and {most}) in {name}"
            )));
        }
    }
    Ok(asked)
}

fn max_unpool(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Value> {
    let (input, places, name) = (a.tensor("input")?, a.tensor("indices")?, a.signature.name);
    if places.dtype() != DType::I64 {
        return Err(Error::runtime(format_args!(
            "elements in indices should be type int64 but got: {}",
            torch_name(places.dtype())
        )));
    }
    let (rank, shape) = (input.rank(), input.shape());
    if rank != axes + 1 && rank != axes + 2 {
        return Err(Error::runtime(format_args!(
            "Input to {name} should be a {}d or {}d Tensor, but got: {rank}d",
            axes + 1,
            axes + 2
        )));
    }
    if places.shape() != shape {
        return Err(Error::runtime(format_args!(
            "Expected shape of indices to be same as that of the input tensor ({}) but got indices tensor with shape: {}",
            sizes(&shape),
            sizes(&places.shape())
        )));
    }
    let sides = known_shape(&shape, name)?;
    let (lead, pooled) = sides.split_at(rank - axes);
    if pooled.contains(&0) {
        return Err(Error::runtime(format_args!(
            "{name}(): Expected input to have non-zero size for non-batch dimensions, but got {}",
            sizes(&shape)
        )));
    }
    let spatial = unpooled_sizes(a, pooled)?;
    if spatial.iter().any(|n| *n < 0) {
        return Err(Error::runtime(format_args!("{name}: negative output size {spatial:?}")));
    }
    let all: i64 = spatial.iter().product();
    let (x, index) = (s.read(input)?, s.read(places)?);
    if let Some(bad) = known_integers(&index)?.and_then(|list| list.into_iter().find(|i| !(0..all).contains(i))) {
        return Err(Error::runtime(format_args!(
            "Found an invalid max index: {bad} (output volumes are of size {spatial:?})"
        )));
    }
    let planes: i64 = lead.iter().product();
    let flat = dims([planes, pooled.iter().product()]);
    let (x, index) = (s.reshape(&x, flat.clone())?, s.reshape(&index, flat)?);
    let empty = filled(s, &dims([planes, all]), Scalar::Int(0), x.ty().dtype)?;
    let y = s.emit_one(Op::Scatter, attrs![1u32], &[empty, index, x])?;
    s.reshape(&y, dims(lead.iter().chain(&spatial).copied()))
}

// ---- windows drawn at random ----------------------------------------------------------------------------------------

/// How many windows each axis is to have: so many, or a share of its size.
fn asked_windows(a: &Arguments, spatial: &[i64]) -> Result<PerAxis> {
    let name = a.signature.name.trim_end_matches("_with_indices");
    if a.is_given("output_size") {
        return per_axis(a, "output_size", spatial.len());
    }
    let shares: SmallVec<[f64; 4]> = match a.get("output_ratio")? {
        Argument::None => {
            return Err(Error::value(format_args!(
                "{name} requires specifying either an output_size or an output_ratio"
            )));
        }
        Argument::Floats(list) => list.clone(),
        _ => smallvec![a.float("output_ratio")?; spatial.len()],
    };
    if shares.len() != spatial.len() {
        return Err(Error::value(format_args!("{name} requires output_ratio to have {} elements", spatial.len())));
    }
    Ok(spatial.iter().zip(&shares).map(|(&n, share)| (n as f64 * share) as i64).collect())
}

/// The places of the elements of each window along an axis, for each plane: (planes, windows, elements).
fn window_places(s: &mut Scope<'_>, sample: &Value, size: i64, windows: i64, kernel: i64) -> Result<Value> {
    let (planes, dtype) = (sample.ty().shape[0].clone(), sample.ty().dtype);
    let starts: Shape = smallvec![planes.clone(), Dim::known(windows)];
    let last = filled(s, &smallvec![planes.clone(), Dim::known(1)], Scalar::Int(size - kernel), DType::I64)?;
    let start = if windows > 1 {
        // As the elements' own type rounds it.
        let step = match dtype {
            DType::F64 => (size - kernel) as f64 / (windows - 1) as f64,
            _ => f64::from((size - kernel) as f32 / (windows - 1) as f32),
        };
        let ramp = s.emit_one(Op::Iota, attrs![Dim::known(windows), dtype], &[])?;
        let ramp = s.emit_one(Op::BroadcastInDim, attrs![starts.clone(), Axes::from_slice(&[1])], &[ramp])?;
        let first =
            s.emit_one(Op::BroadcastInDim, attrs![starts, Axes::from_slice(&[0])], std::slice::from_ref(sample))?;
        let whole = |s: &mut Scope<'_>, x: &Value| {
            let x = s.with_number(Op::Mul, x, step)?;
            s.cast(&x, DType::I64)
        };
        let moved = s.binary(Op::Add, &ramp, &first)?;
        let (moved, first) = (whole(s, &moved)?, whole(s, &first)?);
        let places = s.binary(Op::Sub, &moved, &first)?;
        let inner = s.slice_axis(&places, 1, Dim::known(0), Dim::known(windows - 1), 1)?;
        s.emit_one(Op::Concat, attrs![1u32], &[inner, last])?
    } else {
        last
    };
    let grid: Shape = smallvec![planes, Dim::known(windows), Dim::known(kernel)];
    let start = s.emit_one(Op::BroadcastInDim, attrs![grid.clone(), Axes::from_slice(&[0, 1])], &[start])?;
    let within = s.emit_one(Op::Iota, attrs![Dim::known(kernel), DType::I64], &[])?;
    let within = s.emit_one(Op::BroadcastInDim, attrs![grid, Axes::from_slice(&[2])], &[within])?;
    s.binary(Op::Add, &start, &within)
}

fn fractional(a: &Arguments, axes: usize, always: bool) -> Result<Returned> {
    let (input, name) = (a.tensor("input")?, a.signature.name);
    let (rank, shape) = (input.rank(), input.shape());
    if rank != axes + 1 && rank != axes + 2 {
        return Err(Error::runtime(format_args!(
            "{name}(): Expected {}D or {}D tensor, but got: {}",
            axes + 1,
            axes + 2,
            sizes(&shape)
        )));
    }
    if !input.dtype().is_float() {
        return Err(Error::lacking(format_args!("\"{name}\" not implemented for '{}'", torch_name(input.dtype()))));
    }
    let sides = known_shape(&shape, name)?;
    let (lead, spatial) = sides.split_at(rank - axes);
    let (kernel, windows) = (per_axis(a, "kernel_size", axes)?, asked_windows(a, spatial)?);
    for i in 0..axes {
        if windows[i] < 1 || kernel[i] < 1 || windows[i] + kernel[i] - 1 > spatial[i] {
            return Err(Error::runtime(format_args!(
                "{name}(): pool size {} too large relative to input size {} with {} windows along axis {i}",
                kernel[i], spatial[i], windows[i]
            )));
        }
    }
    let planes: i64 = lead.iter().product();
    let mut tensors = computed_all(name, input.device(), |s| {
        let x = s.read(input)?;
        let samples = match a.optional_tensor("_random_samples")? {
            Some(given) => s.read(given)?,
            None => {
                let count = [if rank == axes + 2 { lead[0] } else { 1 }, lead[lead.len() - 1], axes as i64];
                let unit = attrs![dims(count), x.ty().dtype, Scalar::Float(0.0), Scalar::Float(1.0)];
                default_generator(input.device())?.draw(Op::RandomUniform, unit, &[], s)?
            }
        };
        let samples = s.reshape(&samples, dims([planes, axes as i64]))?;
        // (planes, windows.., elements..): the place of each element in its plane.
        let count: i64 = kernel.iter().product();
        let grid: Shape = dims([planes].into_iter().chain(windows.iter().copied()).chain(kernel.iter().copied()));
        let mut place: Option<Value> = None;
        for i in 0..axes {
            // torch's samples name the axes of an image from the last one, those of a volume from the first.
            let of = if axes == 2 { axes - 1 - i } else { i };
            let sample = s.slice_axis(&samples, 1, Dim::known(of as i64), Dim::known(1), 1)?;
            let sample = s.reshape(&sample, dims([planes]))?;
            let along = window_places(s, &sample, spatial[i], windows[i], kernel[i])?;
            let at = Axes::from_slice(&[0, i as u32 + 1, (i + axes) as u32 + 1]);
            let along = s.apply(Op::BroadcastInDim, attrs![grid.clone(), at], &[along])?;
            place = Some(match place {
                None => along,
                Some(sum) => {
                    let sum = s.with_number(Op::Mul, &sum, spatial[i])?;
                    s.binary(Op::Add, &sum, &along)?
                }
            });
        }
        let Some(place) = place else { return Err(Error::internal("pooling has an axis")) };
        let all: i64 = windows.iter().product();
        let flat = s.reshape(&x, dims([planes, spatial.iter().product()]))?;
        let place = s.reshape(&place, dims([planes, all * count]))?;
        let elements = s.emit_one(Op::Gather, attrs![1u32], &[flat.clone().untracked(), place.clone()])?;
        let elements = s.reshape(&elements, dims([planes, all, count]))?;
        let best = s.emit_one(Op::Argmax, attrs![2u32], &[elements])?;
        let best = s.reshape(&best, dims([planes, all, 1]))?;
        let place = s.reshape(&place, dims([planes, all, count]))?;
        let place = s.emit_one(Op::Gather, attrs![2u32], &[place, best])?;
        let place = s.reshape(&place, dims([planes, all]))?;
        let y = s.emit_one(Op::Gather, attrs![1u32], &[flat, place.clone()])?;
        let result = dims(lead.iter().chain(&windows).copied());
        Ok(vec![s.reshape(&y, result.clone())?, s.reshape(&place, result)?])
    })?;
    if always || a.flag("return_indices")? {
        return Ok(Returned::Tuple(tensors));
    }
    tensors.truncate(1);
    tensors.pop().map(Returned::Tensor).ok_or_else(|| Error::internal("pooling computed nothing"))
}

// ---- p-norms --------------------------------------------------------------------------------------------------------

fn lp_pool(a: &Arguments, axes: usize) -> Result<Returned> {
    let (input, p) = (a.tensor("input")?, a.float("norm_type")?);
    let kernel = per_axis(a, "kernel_size", axes)?;
    let powers = computed("pow", input.device(), |s| {
        let x = s.read(input)?;
        s.with_number(Op::Pow, &x, p)
    })?;
    let stride = if a.is_given("stride") { Argument::Ints(per_axis(a, "stride", axes)?) } else { Argument::None };
    let mean = ["avg_pool1d", "avg_pool2d", "avg_pool3d"][axes - 1];
    let function = Function::named(mean).ok_or_else(|| Error::internal(format_args!("{mean} has no row")))?;
    let signature = &function.signatures()[0];
    let values = signature.parameters.iter().map(|parameter| match parameter.name.as_str() {
        "input" => Argument::Tensor(powers.clone()),
        "kernel_size" => Argument::Ints(kernel.clone()),
        "stride" => stride.clone(),
        "ceil_mode" => a.get("ceil_mode").cloned().unwrap_or(Argument::None),
        _ => parameter.default.clone().unwrap_or(Argument::None),
    });
    let arguments = Arguments { signature, values: values.collect() };
    let Returned::Tensor(means) = super::call(function, 0, &arguments)? else {
        return Err(Error::internal("a mean is a tensor"));
    };
    computed(a.signature.name, input.device(), |s| {
        let mean = s.read(&means)?;
        // The sign apart, so that the derivative at 0 is 0.
        let (sign, size) = (s.unary(Op::Sign, &mean)?, s.unary(Op::Abs, &mean)?);
        let none = s.with_number(Op::LessEqual, &size, 0.0)?;
        let size = s.replace(&none, 0.0, &size)?;
        let sum = s.binary(Op::Mul, &sign, &size)?;
        let sum = s.with_number(Op::Mul, &sum, kernel.iter().product::<i64>() as f64)?;
        let there = s.replace(&none, 1.0, &sum)?;
        let root = s.with_number(Op::Pow, &there, 1.0 / p)?;
        s.replace(&none, 0.0, &root)
    })
    .map(Returned::Tensor)
}

/// `conv_tbc`: a convolution of (time, batch, channels).
fn conv_tbc(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, weight, bias) = (a.tensor("input")?, a.tensor("weight")?, a.tensor("bias")?);
    for (what, t, rank) in [("Input", x, 3), ("Weight", weight, 3), ("Bias", bias, 1)] {
        if t.rank() != rank {
            return Err(Error::runtime(format_args!(
                "{what} must have {rank} dims, but got {}: conv_tbc takes (time, batch, in), (kernel width, in, out) and \
                 (out)",
                t.rank()
            )));
        }
    }
    let pad = a.int("pad")?;
    let (x, weight, bias) = (s.read(x)?, s.read(weight)?, s.read(bias)?);
    let (channels, outputs) = (&x.ty().shape[2], &weight.ty().shape[2]);
    if *channels != weight.ty().shape[1] || *outputs != bias.ty().shape[0] {
        return Err(Error::runtime(format_args!(
            "conv_tbc: the input {} , weight {} and bias {} do not fit each other",
            sizes(&x.ty().shape),
            sizes(&weight.ty().shape),
            sizes(&bias.ty().shape)
        )));
    }
    let rows = s.permute(&x, Axes::from_slice(&[1, 0, 2]))?;
    let kernel = s.permute(&weight, Axes::from_slice(&[2, 0, 1]))?;
    let one = |n: i64| dims([n]);
    let y = s.emit_one(Op::Convolution, attrs![one(1), one(pad), one(pad), one(1), 1u32], &[rows, kernel])?;
    let shape = y.ty().shape.clone();
    let bias = s.broadcast_to(&bias, &shape)?;
    let y = s.binary(Op::Add, &y, &bias)?;
    s.permute(&y, Axes::from_slice(&[1, 0, 2]))
}

const UNPOOL: &str =
    "(Tensor input, Tensor indices, ints kernel_size, ints? stride=None, ints padding=[0], ints? output_size=None)";
const FRACTIONAL: &str = "(Tensor input, ints kernel_size, ints? output_size=None, floats? output_ratio=None, \
                          bool return_indices=False, Tensor? _random_samples=None) -> Tensor | Tensors";
const LP: &str = "(Tensor input, Number norm_type, ints kernel_size, ints? stride=None, bool ceil_mode=False)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "max_unpool1d",
        Places::FUNCTIONAL,
        &[one(UNPOOL, |s, a| max_unpool(s, a, 1))],
        "What max_pool1d found, back in its places among zeros.",
    ),
    row(
        "max_unpool2d",
        Places::FUNCTIONAL,
        &[one(UNPOOL, |s, a| max_unpool(s, a, 2))],
        "What max_pool2d found, back in its places among zeros.",
    ),
    row(
        "max_unpool3d",
        Places::FUNCTIONAL,
        &[one(UNPOOL, |s, a| max_unpool(s, a, 3))],
        "What max_pool3d found, back in its places among zeros.",
    ),
    row(
        "fractional_max_pool2d",
        Places::FUNCTIONAL,
        &[direct(FRACTIONAL, |a| fractional(a, 2, false))],
        "The largest of windows whose places are drawn at random, so many along each axis, or a share of its size.",
    ),
    row(
        "fractional_max_pool3d",
        Places::FUNCTIONAL,
        &[direct(FRACTIONAL, |a| fractional(a, 3, false))],
        "The largest of windows whose places are drawn at random, so many along each axis, or a share of its size.",
    ),
    row(
        "fractional_max_pool2d_with_indices",
        Places::FUNCTIONAL,
        &[direct(FRACTIONAL, |a| fractional(a, 2, true))],
        "fractional_max_pool2d and the place of each largest, counted row by row.",
    ),
    row(
        "fractional_max_pool3d_with_indices",
        Places::FUNCTIONAL,
        &[direct(FRACTIONAL, |a| fractional(a, 3, true))],
        "fractional_max_pool3d and the place of each largest, counted row by row.",
    ),
    row("lp_pool1d", Places::FUNCTIONAL, &[direct(LP, |a| lp_pool(a, 1))], "The p-norm of each window of (N, C, L)."),
    row(
        "lp_pool2d",
        Places::FUNCTIONAL,
        &[direct(LP, |a| lp_pool(a, 2))],
        "The p-norm of each window of (N, C, H, W).",
    ),
    row(
        "lp_pool3d",
        Places::FUNCTIONAL,
        &[direct(LP, |a| lp_pool(a, 3))],
        "The p-norm of each window of (N, C, D, H, W).",
    ),
    row(
        "conv_tbc",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, Tensor weight, Tensor bias, int pad=0)", conv_tbc)],
        "The convolution of (time, batch, in) with (kernel width, in, out).",
    ),
];
