//! Random draws: factories, and methods that fill a tensor. On the CPU a seed gives torch's numbers.

use smallvec::smallvec;
use std::sync::Arc;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use flashlight_runtime::Device;

use super::{
    Argument, Arguments, Function, Places, Returned,
    call::{computed, default_device, written},
    compose::{broadcast_shape, default_dtype, torch_name},
    conversion::plain_layout,
    direct, row,
};
use crate::{
    autograd::{GradMode, Scope},
    error::{Error, Result},
    fetch::fetch,
    generator::{Generator, default_generator},
    tensor::{Geometry, Tensor},
    value::Value,
};

/// What is drawn, with its parameters.
#[derive(Clone, Copy)]
enum Law {
    Uniform(f64, f64),
    Normal(f64, f64),
    Integer(i64, i64),
    Bernoulli(f64),
    /// One of the laws of [`Op::RandomLaw`].
    Named(&'static str, Scalar, Scalar),
}

/// The generator of the call, or the device's own.
pub(super) fn generator_of(a: &Arguments, device: Device) -> Result<Arc<Generator>> {
    match a.generator("generator")? {
        None => default_generator(device),
        Some(generator) if generator.device() == device => Ok(generator),
        Some(generator) => Err(Error::runtime(format_args!(
            "Expected a '{device}' device type for generator but found '{}'",
            generator.device()
        ))),
    }
}

impl Law {
    /// Draws elements in row-major order. torch draws normal numbers in blocks where they fill memory in order.
    fn draw(
        self,
        s: &mut Scope<'_>,
        from: &Arc<Generator>,
        shape: Shape,
        dtype: DType,
        in_order: bool,
    ) -> Result<Value> {
        let real = |name: &str| match dtype.is_float() {
            true => Ok(()),
            false => Err(Error::lacking(format_args!("\"{name}\" not implemented for '{}'", torch_name(dtype)))),
        };
        match self {
            Law::Uniform(low, high) => {
                real("uniform_")?;
                let attrs = attrs![shape, dtype, Scalar::Float(low), Scalar::Float(high)];
                from.draw(Op::RandomUniform, attrs, &[], s)
            }
            Law::Normal(mean, std) => {
                real("normal_")?;
                if std.is_nan() || std < 0.0 {
                    return Err(Error::runtime(format_args!("normal expects std >= 0.0, but found std {std}")));
                }
                let (mean, std) = (Scalar::Float(mean), Scalar::Float(std));
                if in_order {
                    return from.draw(Op::RandomNormal, attrs![shape, dtype, mean, std], &[], s);
                }
                Law::Named("normal", mean, std).draw(s, from, shape, dtype, in_order)
            }
            Law::Integer(low, high) => {
                if low >= high {
                    return Err(Error::runtime(format_args!(
                        "random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
                    )));
                }
                from.draw(Op::RandomInteger, attrs![shape, dtype, Scalar::Int(low), Scalar::Int(high)], &[], s)
            }
            Law::Bernoulli(p) => {
                if !(0.0..=1.0).contains(&p) {
                    return Err(Error::runtime(format_args!("bernoulli_ expects p to be in [0, 1], but got p={p}")));
                }
                let unit = unit(from.device(), DType::F64);
                let drawn = Law::Uniform(0.0, 1.0).draw(s, from, shape, unit, in_order)?;
                let hit = s.with_number(Op::Less, &drawn, p)?;
                s.cast(&hit, dtype)
            }
            Law::Named(law, first, second) => {
                from.draw(Op::RandomLaw, attrs![shape, dtype, Arc::<str>::from(law), first, second], &[], s)
            }
        }
    }

    /// Draws elements for memory that lies as `geometry` says: in the order of memory, as torch fills it.
    fn fill(
        self,
        s: &mut Scope<'_>,
        from: &Arc<Generator>,
        (shape, geometry): (&Shape, &Geometry),
        dtype: DType,
        in_order: bool,
    ) -> Result<Value> {
        let order = memory_order(shape, geometry);
        if order.iter().enumerate().all(|(i, &d)| i == d as usize) {
            return self.draw(s, from, shape.clone(), dtype, in_order);
        }
        let outer_first: Shape = order.iter().map(|&d| shape[d as usize].clone()).collect();
        let drawn = self.draw(s, from, outer_first, dtype, false)?;
        let mut inverse: Axes = smallvec![0; order.len()];
        for (i, &d) in (0u32..).zip(&order) {
            inverse[d as usize] = i;
        }
        s.permute(&drawn, inverse)
    }
}

/// The type of the uniform numbers that are compared with probabilities of a type: torch's on the CPU; elsewhere there is
/// no double precision.
fn unit(device: Device, dtype: DType) -> DType {
    if device == Device::Cpu && dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

/// Which elements dropout keeps, each with probability p. On the CPU they are torch's, drawn in the order of memory where
/// that is told; elsewhere one key is drawn and expanded by position, so that the mask is made in parallel.
pub(super) fn kept(
    s: &mut Scope<'_>,
    device: Device,
    shape: &Shape,
    geometry: Option<&Geometry>,
    p: f64,
) -> Result<Value> {
    let from = default_generator(device)?;
    if device != Device::Cpu {
        let key = from.draw(Op::RandomKey, attrs![], &[], s)?;
        return s.emit_one(Op::RandomMask, attrs![shape.clone(), Scalar::Float(p)], &[key]);
    }
    match geometry {
        Some(geometry) => Law::Bernoulli(p).fill(s, &from, (shape, geometry), DType::Bool, true),
        None => Law::Bernoulli(p).draw(s, &from, shape.clone(), DType::Bool, true),
    }
}

/// The axes from the widest stride to the narrowest. Sizes that are not known yet lie in order.
fn memory_order(shape: &Shape, geometry: &Geometry) -> Axes {
    let mut order: Axes = (0..shape.len() as u32).collect();
    if geometry.is_contiguous(shape) {
        return order;
    }
    let strides: Option<Vec<i64>> = geometry.strides.iter().map(Dim::as_known).collect();
    if let Some(strides) = strides {
        order.sort_by_key(|&d| std::cmp::Reverse(strides[d as usize]));
    }
    order
}

/// What a factory is told besides what it draws.
struct Made {
    dtype: DType,
    device: Device,
    generator: Arc<Generator>,
    requires_grad: bool,
}

impl Made {
    fn of(a: &Arguments, dtype: DType, device: Device) -> Result<Self> {
        plain_layout(a)?;
        let device = a.device("device")?.unwrap_or(device);
        Ok(Self {
            dtype: a.dtype("dtype")?.unwrap_or(dtype),
            device,
            generator: generator_of(a, device)?,
            requires_grad: a.flag("requires_grad")?,
        })
    }

    /// The tensor that a computation draws.
    fn tensor(
        self,
        function: &'static str,
        draw: impl FnOnce(&mut Scope<'_>, &Self) -> Result<Value>,
    ) -> Result<Returned> {
        let tensor = {
            let _off = GradMode::enter(false);
            computed(function, self.device, |s| draw(s, &self))?
        };
        if self.requires_grad {
            tensor.set_requires_grad(true)?;
        }
        Ok(Returned::Tensor(tensor))
    }
}

fn size(a: &Arguments) -> Result<Shape> {
    let sizes = a.ints("size")?;
    if let Some(negative) = sizes.iter().find(|n| **n < 0) {
        return Err(Error::runtime(format_args!(
            "Trying to create tensor with negative dimension {negative}: {:?}",
            sizes.as_slice()
        )));
    }
    Ok(sizes.iter().map(|&n| Dim::known(n)).collect())
}

fn factory(a: &Arguments, law: Law, dtype: DType) -> Result<Returned> {
    let (shape, made) = (size(a)?, Made::of(a, dtype, default_device())?);
    made.tensor(a.signature.name, |s, m| law.draw(s, &m.generator, shape, m.dtype, true))
}

/// A tensor of the input's shape, drawn in the order of the input's memory.
fn like(a: &Arguments, law: Law) -> Result<Returned> {
    let input = a.tensor("input")?.core();
    let made = Made::of(a, input.ty.dtype, input.device)?;
    made.tensor(a.signature.name, |s, m| law.fill(s, &m.generator, (&input.ty.shape, &input.geometry), m.dtype, true))
}

fn rand(a: &Arguments) -> Result<Returned> {
    factory(a, Law::Uniform(0.0, 1.0), default_dtype())
}

fn randn(a: &Arguments) -> Result<Returned> {
    factory(a, Law::Normal(0.0, 1.0), default_dtype())
}

fn bounds(a: &Arguments) -> Result<Law> {
    let low = if a.signature.position("low").is_some() { a.int("low")? } else { 0 };
    Ok(Law::Integer(low, a.int("high")?))
}

fn randint(a: &Arguments) -> Result<Returned> {
    factory(a, bounds(a)?, DType::I64)
}

fn rand_like(a: &Arguments) -> Result<Returned> {
    like(a, Law::Uniform(0.0, 1.0))
}

fn randn_like(a: &Arguments) -> Result<Returned> {
    like(a, Law::Normal(0.0, 1.0))
}

fn randint_like(a: &Arguments) -> Result<Returned> {
    like(a, bounds(a)?)
}

fn randperm(a: &Arguments) -> Result<Returned> {
    let size = a.int("n")?;
    if size < 0 {
        return Err(Error::runtime(format_args!("n must be non-negative, got {size}")));
    }
    let made = Made::of(a, DType::I64, default_device())?;
    let limit = match made.dtype {
        DType::F16 => 1 << 11,
        DType::BF16 => 1 << 8,
        DType::F32 => 1 << 24,
        DType::U8 => i64::from(u8::MAX),
        DType::I8 => i64::from(i8::MAX),
        DType::I16 => i64::from(i16::MAX),
        DType::I32 => i64::from(i32::MAX),
        DType::I64 | DType::F64 => i64::MAX,
        other => return Err(Error::unsupported(format_args!("randperm for elements of type {}", torch_name(other)))),
    };
    if size > limit {
        return Err(Error::runtime(format_args!(
            "n is too large for result tensor type: '{}'",
            torch_name(made.dtype)
        )));
    }
    made.tensor("randperm", |s, m| {
        let drawn = m.generator.draw(Op::RandomPermutation, attrs![Dim::known(size)], &[], s)?;
        s.cast(&drawn, m.dtype)
    })
}

/// Real elements of a value, where they are known.
fn elements(value: &Value) -> Result<Option<Vec<f64>>> {
    if value.concrete("").is_err() {
        return Ok(None);
    }
    let dtype = value.ty().dtype;
    let bytes = fetch(value, "a draw")?;
    Ok(Some(crate::elements::numbers(&bytes, dtype)))
}

fn refuse_unless(value: &Value, holds: impl Fn(f64) -> bool, message: &str) -> Result<()> {
    match elements(value)? {
        Some(all) if !all.iter().all(|x| holds(*x)) => Err(Error::runtime(message)),
        _ => Ok(()),
    }
}

/// Ones with the probabilities that a tensor holds.
fn bernoulli_of(s: &mut Scope<'_>, from: &Arc<Generator>, p: &Value, shape: &Shape, dtype: DType) -> Result<Value> {
    if !p.ty().dtype.is_float() {
        return Err(Error::unsupported(format_args!(
            "bernoulli for probabilities of type {}",
            torch_name(p.ty().dtype)
        )));
    }
    refuse_unless(p, |x| (0.0..=1.0).contains(&x), "Expected p_in >= 0 && p_in <= 1 to be true, but got false.")?;
    let unit = unit(from.device(), p.ty().dtype);
    let p = s.cast(p, unit)?;
    let p = s.broadcast_to(&p, shape)?;
    let drawn = Law::Uniform(0.0, 1.0).draw(s, from, shape.clone(), unit, true)?;
    let hit = s.binary(Op::Less, &drawn, &p)?;
    s.cast(&hit, dtype)
}

fn bernoulli(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    let generator = generator_of(a, input.device())?;
    let (shape, dtype) = (input.shape(), input.dtype());
    let drawn = if a.signature.position("p").is_some() {
        let law = Law::Bernoulli(a.float("p")?);
        let geometry = input.core().geometry.clone();
        computed("bernoulli", input.device(), |s| {
            let old = s.read(input)?;
            let drawn = law.fill(s, &generator, (&shape, &geometry), dtype, true)?;
            Ok(s.replacing(&old, drawn))
        })?
    } else {
        computed("bernoulli", input.device(), |s| {
            let p = s.read(input)?;
            let drawn = bernoulli_of(s, &generator, &p.clone().untracked(), &shape, dtype)?;
            Ok(s.replacing(&p, drawn))
        })?
    };
    Ok(Returned::Tensor(drawn))
}

fn poisson(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    let (rates, generator) = (input.value()?, generator_of(a, input.device())?);
    if !rates.ty().dtype.is_float() {
        return Err(Error::unsupported(format_args!("poisson for elements of type {}", torch_name(input.dtype()))));
    }
    refuse_unless(&rates, |x| x >= 0.0, "invalid Poisson rate, expected rate to be non-negative")?;
    let drawn = computed("poisson", input.device(), |s| {
        let old = s.read(input)?;
        let drawn = generator.draw(Op::RandomPoisson, attrs![], &[rates], s)?;
        Ok(s.replacing(&old, drawn))
    })?;
    Ok(Returned::Tensor(drawn))
}

fn binomial(a: &Arguments) -> Result<Returned> {
    let (counts, p) = (a.tensor("count")?, a.tensor("prob")?);
    if !counts.dtype().is_float() {
        return Err(Error::value(format_args!(
            "binomial only supports floating-point dtypes for count, got: {}",
            torch_name(counts.dtype())
        )));
    }
    if !p.dtype().is_float() {
        return Err(Error::value(format_args!(
            "binomial only supports floating-point dtypes for prob, got: {}",
            torch_name(p.dtype())
        )));
    }
    if p.dtype() != counts.dtype() {
        return Err(Error::runtime(format_args!(
            "Found dtype {} but expected {}",
            torch_name(p.dtype()),
            torch_name(counts.dtype())
        )));
    }
    let generator = generator_of(a, counts.device())?;
    let drawn = computed("binomial", counts.device(), |s| {
        let (old, other) = (s.read(counts)?, s.read(p)?);
        let shape = broadcast_shape(&old.ty().shape, &other.ty().shape)?;
        let count = s.broadcast_to(&old.clone().untracked(), &shape)?;
        let prob = s.broadcast_to(&other.clone().untracked(), &shape)?;
        let drawn = generator.draw(Op::RandomBinomial, attrs![], &[count, prob], s)?;
        Ok(s.replacing(if old.slot().is_some() { &old } else { &other }, drawn))
    })?;
    Ok(Returned::Tensor(drawn))
}

fn multinomial(a: &Arguments) -> Result<Returned> {
    let input = a.tensor("input")?;
    let (samples, replacement) = (a.int("num_samples")?, a.flag("replacement")?);
    let (weights, generator) = (input.value()?, generator_of(a, input.device())?);
    let rank = input.rank();
    if rank == 0 || rank > 2 {
        return Err(Error::runtime(format_args!("prob_dist must be 1 or 2 dim, but got prob_dist.dim()={rank}")));
    }
    if !input.dtype().is_float() {
        return Err(Error::runtime(format_args!(
            "multinomial only supports floating-point dtypes for input, got: {}",
            torch_name(input.dtype())
        )));
    }
    if samples <= 0 {
        return Err(Error::runtime("cannot sample n_sample <= 0 samples"));
    }
    let categories = input.shape()[rank - 1].clone();
    if !replacement && categories.as_known().is_some_and(|n| samples > n) {
        return Err(Error::runtime(format_args!(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: {samples} > {categories}"
        )));
    }
    if let (Some(all), Some(row)) = (elements(&weights)?, categories.as_known()) {
        if all.iter().any(|w| !w.is_finite() || *w < 0.0) {
            return Err(Error::runtime("probability tensor contains either `inf`, `nan` or element < 0"));
        }
        if all.chunks(row.max(1) as usize).any(|row| row.iter().all(|w| *w == 0.0)) {
            return Err(Error::runtime("invalid multinomial distribution (sum of probabilities <= 0)"));
        }
    }
    let attrs = attrs![Dim::known(samples), replacement];
    let drawn =
        computed("multinomial", input.device(), |s| generator.draw(Op::RandomMultinomial, attrs, &[weights], s))?;
    Ok(Returned::Tensor(drawn))
}

/// One parameter of `torch.normal`, and the tensor that it may be.
fn parameter(a: &Arguments, name: &str) -> Result<Option<Tensor>> {
    Ok(match a.get(name)? {
        Argument::Tensor(t) => Some(t.clone()),
        _ => None,
    })
}

fn normal(a: &Arguments) -> Result<Returned> {
    if a.signature.position("size").is_some() {
        return factory(a, Law::Normal(a.float("mean")?, a.float("std")?), default_dtype());
    }
    let (mean, std) = (parameter(a, "mean")?, parameter(a, "std")?);
    let Some(first) = mean.as_ref().or(std.as_ref()) else {
        return Err(Error::internal("normal() without a tensor"));
    };
    let (dtype, device) = (first.dtype(), first.device());
    let shape = match (&mean, &std) {
        (Some(m), Some(d)) => broadcast_shape(&m.shape(), &d.shape())?,
        _ => first.shape(),
    };
    let generator = generator_of(a, device)?;
    let mean_value = mean.as_ref().map(Tensor::value).transpose()?;
    let std_value = std.as_ref().map(Tensor::value).transpose()?;
    if let Some(std) = &std_value {
        refuse_unless(std, |x| x >= 0.0, "normal expects all elements of std >= 0.0")?;
    }
    let drawn = computed("normal", device, |s| {
        let given: Vec<Value> = [&mean, &std].into_iter().flatten().map(|t| s.read(t)).collect::<Result<_>>()?;
        // torch gives a number for the deviation to the draw itself, and applies everything else to its elements.
        let spread = if std_value.is_some() { 1.0 } else { a.float("std")? };
        let mut x = Law::Normal(0.0, spread).draw(s, &generator, shape.clone(), dtype, true)?;
        if let Some(std) = &std_value {
            let std = s.cast(std, dtype)?;
            x = s.binary(Op::Mul, &x, &std)?;
        }
        let drawn = match &mean_value {
            Some(mean) => s.binary(Op::Add, &x, mean),
            None => s.with_number(Op::Add, &x, a.float("mean")?),
        }?;
        let history = given.iter().find(|v| v.slot().is_some());
        Ok(history.map_or(drawn.clone(), |old| s.replacing(old, drawn)))
    })?;
    Ok(Returned::Tensor(drawn))
}

/// Fills the input in the order of its memory.
fn refill(a: &Arguments, law: Law) -> Result<Returned> {
    let input = a.tensor("input")?;
    let (core, generator) = (input.core(), generator_of(a, input.device())?);
    let in_order = core.geometry.is_contiguous(&core.ty.shape);
    let place = (&core.ty.shape, &core.geometry);
    written(a.signature.name, input, |s| law.fill(s, &generator, place, core.ty.dtype, in_order)).map(Returned::Tensor)
}

fn uniform_(a: &Arguments) -> Result<Returned> {
    let (low, high) = (a.float("from")?, a.float("to")?);
    if low > high {
        return Err(Error::runtime(format_args!(
            "uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
        )));
    }
    refill(a, Law::Uniform(low, high))
}

fn normal_(a: &Arguments) -> Result<Returned> {
    refill(a, Law::Normal(a.float("mean")?, a.float("std")?))
}

fn random_(a: &Arguments) -> Result<Returned> {
    let none = Scalar::Int(0);
    let from = if a.signature.position("from").is_some() { a.int("from")? } else { 0 };
    let law = match a.signature.position("to") {
        None => Law::Named("integers", none, none),
        Some(_) => match a.optional_int("to")? {
            Some(to) => Law::Integer(from, to),
            None => Law::Named("integers_from", Scalar::Int(from), none),
        },
    };
    refill(a, law)
}

fn bernoulli_(a: &Arguments) -> Result<Returned> {
    if let Argument::Tensor(p) = a.get("p")? {
        let input = a.tensor("input")?;
        let (p, generator) = (p.value()?, generator_of(a, input.device())?);
        let (shape, dtype) = (input.shape(), input.dtype());
        return written("bernoulli_", input, |s| bernoulli_of(s, &generator, &p, &shape, dtype)).map(Returned::Tensor);
    }
    refill(a, Law::Bernoulli(a.float("p")?))
}

fn named(a: &Arguments, law: &'static str, first: &str, second: Option<&str>) -> Result<Returned> {
    let second = second.map_or(Ok(0.0), |name| a.float(name))?;
    let dtype = a.tensor("input")?.dtype();
    if !dtype.is_float() && law != "geometric" {
        let text = format!("\"{}\" not implemented for '{}'", a.signature.name, torch_name(dtype));
        return Err(if law == "log_normal" { Error::lacking(text) } else { Error::runtime(text) });
    }
    refill(a, Law::Named(law, Scalar::Float(a.float(first)?), Scalar::Float(second)))
}

fn exponential_(a: &Arguments) -> Result<Returned> {
    named(a, "exponential", "lambd", None)
}

fn cauchy_(a: &Arguments) -> Result<Returned> {
    named(a, "cauchy", "median", Some("sigma"))
}

fn log_normal_(a: &Arguments) -> Result<Returned> {
    named(a, "log_normal", "mean", Some("std"))
}

fn geometric_(a: &Arguments) -> Result<Returned> {
    named(a, "geometric", "p", None)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "rand",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(size size, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            rand,
        )],
        "Uniform numbers from [0, 1).",
    ),
    row(
        "randn",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(size size, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            randn,
        )],
        "Normal numbers of mean 0 and standard deviation 1. Complex types are refused.",
    ),
    row(
        "randint",
        Places::TORCH.and(Places::OUT),
        &[
            direct(
                "(int high, ints size, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                randint,
            ),
            direct(
                "(int low, int high, ints size, *, Generator? generator=None, dtype? dtype=None, \
                 Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                randint,
            ),
        ],
        "Integers from [low, high), of type int64 where none is given.",
    ),
    row(
        "randperm",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(int n, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            randperm,
        )],
        "0 to n - 1 in random order.",
    ),
    row(
        "rand_like",
        Places::TORCH,
        &[direct(
            "(Tensor input, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            rand_like,
        )],
        "Uniform numbers from [0, 1) in the shape, type and place of the input.",
    ),
    row(
        "randn_like",
        Places::TORCH,
        &[direct(
            "(Tensor input, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            randn_like,
        )],
        "Normal numbers in the shape, type and place of the input.",
    ),
    row(
        "randint_like",
        Places::TORCH,
        &[
            direct(
                "(Tensor input, int high, *, Generator? generator=None, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                randint_like,
            ),
            direct(
                "(Tensor input, int low, int high, *, Generator? generator=None, dtype? dtype=None, \
                 Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                randint_like,
            ),
        ],
        "Integers from [low, high) in the shape, type and place of the input.",
    ),
    row(
        "bernoulli",
        Places::BOTH.and(Places::OUT),
        &[
            direct("(Tensor input, *, Generator? generator=None)", bernoulli),
            direct("(Tensor input, float p, *, Generator? generator=None)", bernoulli),
        ],
        "Ones with the probabilities in the input, or with the probability p; else zeros.",
    ),
    row(
        "poisson",
        Places::TORCH,
        &[direct("(Tensor input, Generator? generator=None)", poisson)],
        "Counts of events at the rates in the input.",
    ),
    row(
        "binomial",
        Places::TORCH,
        &[direct("(Tensor count, Tensor prob, Generator? generator=None)", binomial)],
        "How many of count trials succeed, each with probability prob; a gradient is 0.",
    ),
    row(
        "multinomial",
        Places::BOTH.and(Places::OUT),
        &[direct("(Tensor input, int num_samples, bool replacement=False, *, Generator? generator=None)", multinomial)],
        "Places along the last axis, drawn by the weights in the input.",
    ),
    row(
        "normal",
        Places::TORCH.and(Places::OUT),
        &[
            direct("(Tensor mean, Tensor std, *, Generator? generator=None)", normal),
            direct("(Tensor mean, float std=1.0, *, Generator? generator=None)", normal),
            direct("(float mean, Tensor std, *, Generator? generator=None)", normal),
            direct(
                "(float mean, float std, ints size, *, Generator? generator=None, dtype? dtype=None, \
                 Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                normal,
            ),
        ],
        "Normal numbers of the given means and standard deviations.",
    ),
    row(
        "uniform_",
        Places::METHOD,
        &[direct("(Tensor input, float from=0.0, float to=1.0, *, Generator? generator=None)", uniform_)],
        "Fills the tensor with uniform numbers from [from, to).",
    ),
    row(
        "normal_",
        Places::METHOD,
        &[direct("(Tensor input, float mean=0.0, float std=1.0, *, Generator? generator=None)", normal_)],
        "Fills the tensor with normal numbers.",
    ),
    row(
        "random_",
        Places::METHOD,
        &[
            direct("(Tensor input, *, Generator? generator=None)", random_),
            direct("(Tensor input, int to, *, Generator? generator=None)", random_),
            direct("(Tensor input, int from, int? to, *, Generator? generator=None)", random_),
        ],
        "Fills the tensor with integers from [from, to), or with all that its type can count exactly.",
    ),
    row(
        "bernoulli_",
        Places::METHOD,
        &[
            direct("(Tensor input, Tensor p, *, Generator? generator=None)", bernoulli_),
            direct("(Tensor input, float p=0.5, *, Generator? generator=None)", bernoulli_),
        ],
        "Fills the tensor with ones of probability p, else zeros.",
    ),
    row(
        "exponential_",
        Places::METHOD,
        &[direct("(Tensor input, float lambd=1.0, *, Generator? generator=None)", exponential_)],
        "Fills the tensor with exponential numbers of rate lambd.",
    ),
    row(
        "cauchy_",
        Places::METHOD,
        &[direct("(Tensor input, float median=0.0, float sigma=1.0, *, Generator? generator=None)", cauchy_)],
        "Fills the tensor with Cauchy numbers.",
    ),
    row(
        "log_normal_",
        Places::METHOD,
        &[direct("(Tensor input, float mean=1.0, float std=2.0, *, Generator? generator=None)", log_normal_)],
        "Fills the tensor with numbers whose logarithm is normal.",
    ),
    row(
        "geometric_",
        Places::METHOD,
        &[direct("(Tensor input, float p, *, Generator? generator=None)", geometric_)],
        "Fills the tensor with the number of trials up to the first success of probability p.",
    ),
];
