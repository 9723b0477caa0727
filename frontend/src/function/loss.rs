//! Losses, with torch's reductions and its old arguments for them.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places,
    activation::{floating, log_tail},
    call::sizes,
    compose::{all_axes, promote, torch_name},
    embedding::known_integers,
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::Value,
};

/// What becomes of the losses of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduction {
    None,
    Mean,
    Sum,
    BatchMean,
}

/// The reduction that the call asks for, in words or by the old arguments.
pub(super) fn reduction(a: &Arguments) -> Result<Reduction> {
    let old = |name: &str| a.signature.position(name).is_some() && a.is_given(name);
    if old("size_average") || old("reduce") {
        let on = |name: &str| Ok::<bool, Error>(!old(name) || a.flag(name)?);
        return Ok(match (on("reduce")?, on("size_average")?) {
            (false, _) => Reduction::None,
            (true, true) => Reduction::Mean,
            (true, false) => Reduction::Sum,
        });
    }
    match a.text("reduction")? {
        "none" => Ok(Reduction::None),
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        "batchmean" if a.signature.name == "kl_div" => Ok(Reduction::BatchMean),
        other => Err(Error::value(format_args!("{other} is not a valid value for reduction"))),
    }
}

/// Divides by a count of elements; by none of them gives NaN, as in torch.
pub(super) fn per(s: &mut Scope<'_>, x: &Value, count: &Dim) -> Result<Value> {
    match count.as_known() {
        Some(n) => s.with_number(Op::Div, x, n as f64),
        None => Err(Error::unsupported(format_args!("a mean over the symbolic size {count}"))),
    }
}

fn total(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let axes = all_axes(x.ty().rank());
    s.fold(Op::Sum, x, &axes, false)
}

pub(super) fn reduce(s: &mut Scope<'_>, losses: &Value, reduction: Reduction) -> Result<Value> {
    match reduction {
        Reduction::None => Ok(losses.clone()),
        Reduction::Sum => total(s, losses),
        Reduction::Mean => {
            let sum = total(s, losses)?;
            per(s, &sum, &losses.ty().numel())
        }
        Reduction::BatchMean => {
            let sum = total(s, losses)?;
            let batch = losses.ty().shape.first().cloned().unwrap_or_else(|| Dim::known(1));
            per(s, &sum, &batch)
        }
    }
}

/// Input and target in their common element type and shape.
fn pair(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, Value)> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("target")?)?);
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    if !dtype.is_inexact() {
        return Err(Error::unsupported(format_args!(
            "{} for elements of type {}",
            a.signature.name,
            torch_name(dtype)
        )));
    }
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    if x.ty().shape == y.ty().shape {
        return Ok((x, y));
    }
    let shape = super::compose::broadcast_shape(&x.ty().shape, &y.ty().shape)?;
    Ok((s.broadcast_to(&x, &shape)?, s.broadcast_to(&y, &shape)?))
}

/// Reduces the losses of elements with the weights of the call; torch's mean divides by the weights here, but for one.
fn weighted(s: &mut Scope<'_>, a: &Arguments, losses: &Value, by_weight: bool) -> Result<Value> {
    let reduction = reduction(a)?;
    let Some(weight) = a.optional_tensor("weight")? else { return reduce(s, losses, reduction) };
    if weight.shape() != a.tensor("input")?.shape() {
        return Err(Error::value("Weights and input must have the same size."));
    }
    let weight = s.read(weight)?;
    let weight = s.cast(&weight, losses.ty().dtype)?;
    let losses = s.binary(Op::Mul, losses, &weight)?;
    if reduction == Reduction::Mean && by_weight {
        let (sum, weights) = (total(s, &losses)?, total(s, &weight)?);
        return s.binary(Op::Div, &sum, &weights);
    }
    reduce(s, &losses, reduction)
}

fn mse_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a)?;
    let apart = s.binary(Op::Sub, &x, &y)?;
    let losses = s.binary(Op::Mul, &apart, &apart)?;
    weighted(s, a, &losses, true)
}

fn l1_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a)?;
    let apart = s.binary(Op::Sub, &x, &y)?;
    let losses = s.unary(Op::Abs, &apart)?;
    weighted(s, a, &losses, true)
}

/// `slope * d^2 / 2` up to the bound, and on along its tangent.
fn bent(s: &mut Scope<'_>, apart: &Value, bound: f64, slope: f64) -> Result<Value> {
    let size = s.unary(Op::Abs, apart)?;
    let near = s.with_number(Op::Less, &size, bound)?;
    let square = s.binary(Op::Mul, apart, apart)?;
    let inner = s.with_number(Op::Mul, &square, 0.5 * slope)?;
    let beyond = s.with_number(Op::Sub, &size, 0.5 * bound)?;
    let outer = if slope * bound == 1.0 { beyond } else { s.with_number(Op::Mul, &beyond, slope * bound)? };
    s.select(&near, &inner, &outer)
}

fn smooth_l1_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let beta = a.float("beta")?;
    if beta < 0.0 {
        return Err(Error::runtime("smooth_l1_loss does not support negative values for beta."));
    }
    let (x, y) = pair(s, a)?;
    let apart = s.binary(Op::Sub, &x, &y)?;
    let losses = if beta == 0.0 { s.unary(Op::Abs, &apart)? } else { bent(s, &apart, beta, 1.0 / beta)? };
    let reduction = reduction(a)?;
    reduce(s, &losses, reduction)
}

fn huber_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let delta = a.float("delta")?;
    if delta <= 0.0 {
        return Err(Error::runtime("huber_loss does not support non-positive values for delta."));
    }
    let (x, y) = pair(s, a)?;
    let apart = s.binary(Op::Sub, &x, &y)?;
    let losses = bent(s, &apart, delta, 1.0)?;
    weighted(s, a, &losses, false)
}

/// Multiplies losses by the weights of the call, broadcast to them, and reduces.
fn rescaled(s: &mut Scope<'_>, a: &Arguments, mut losses: Value) -> Result<Value> {
    if let Some(weight) = a.optional_tensor("weight")? {
        let weight = s.read(weight)?;
        let weight = s.cast(&weight, losses.ty().dtype)?;
        let weight = s.broadcast_to(&weight, &losses.ty().shape.clone())?;
        losses = s.binary(Op::Mul, &losses, &weight)?;
    }
    let reduction = reduction(a)?;
    reduce(s, &losses, reduction)
}

fn same_sizes(a: &Arguments, message: impl Fn(&str, &str) -> String) -> Result<()> {
    let (x, y) = (a.tensor("input")?.shape(), a.tensor("target")?.shape());
    if x == y {
        return Ok(());
    }
    Err(Error::value(message(&format!("torch.Size({})", sizes(&x)), &format!("torch.Size({})", sizes(&y)))))
}

fn binary_cross_entropy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    same_sizes(a, |x, y| {
        format!(
            "Using a target size ({y}) that is different to the input size ({x}) is deprecated. Please ensure they \
             have the same size."
        )
    })?;
    let x = floating(s, a, "input")?;
    let y = s.read(a.tensor("target")?)?;
    if y.ty().dtype != x.ty().dtype {
        return Err(Error::runtime(format_args!(
            "Found dtype {} but expected {}",
            torch_name(y.ty().dtype),
            torch_name(x.ty().dtype)
        )));
    }
    // A graphics processor is not waited for.
    if x.device() == flashlight_runtime::Device::Cpu
        && let crate::value::Payload::Concrete(elements) = x.payload()
        && crate::elements::numbers(&fetch_concrete(elements)?, x.ty().dtype).iter().any(|p| !(0.0..=1.0).contains(p))
    {
        return Err(Error::runtime("all elements of input should be between 0 and 1"));
    }
    let losses = s.emit_one(Op::BinaryCrossEntropy, Attrs::new(), &[x, y])?;
    rescaled(s, a, losses)
}

fn binary_cross_entropy_with_logits(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    same_sizes(a, |x, y| format!("Target size ({y}) must be the same as input size ({x})"))?;
    let x = floating(s, a, "input")?;
    let y = s.read(a.tensor("target")?)?;
    let y = s.cast(&y, x.ty().dtype)?;
    let tail = log_tail(s, &x)?;
    let losses = match a.optional_tensor("pos_weight")? {
        None => {
            // max(x, 0) - x y + log(1 + exp(-|x|))
            let high = s.with_number(Op::Maximum, &x, 0.0)?;
            let product = s.binary(Op::Mul, &x, &y)?;
            let straight = s.binary(Op::Sub, &high, &product)?;
            s.binary(Op::Add, &straight, &tail)?
        }
        Some(positive) => {
            // (1 - y) x + (1 + (w - 1) y) (max(-x, 0) + log(1 + exp(-|x|)))
            let positive = s.read(positive)?;
            let positive = s.cast(&positive, x.ty().dtype)?;
            let more = s.with_number(Op::Sub, &positive, 1.0)?;
            let more = s.broadcast_to(&more, &x.ty().shape.clone())?;
            let more = s.binary(Op::Mul, &more, &y)?;
            let factor = s.with_number(Op::Add, &more, 1.0)?;
            let opposite = s.unary(Op::Neg, &x)?;
            let high = s.with_number(Op::Maximum, &opposite, 0.0)?;
            let log = s.binary(Op::Add, &high, &tail)?;
            let curved = s.binary(Op::Mul, &factor, &log)?;
            let product = s.binary(Op::Mul, &x, &y)?;
            let straight = s.binary(Op::Sub, &x, &product)?;
            s.binary(Op::Add, &straight, &curved)?
        }
    };
    rescaled(s, a, losses)
}

fn kl_div(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a)?;
    let losses = if a.flag("log_target")? {
        let apart = s.binary(Op::Sub, &y, &x)?;
        let p = s.unary(Op::Exp, &y)?;
        s.binary(Op::Mul, &p, &apart)?
    } else {
        let nothing = s.with_number(Op::Equal, &y, 0.0)?;
        let safe = s.replace(&nothing, 1.0, &y)?;
        let log = s.unary(Op::Log, &safe)?;
        let own = s.binary(Op::Mul, &y, &log)?;
        let cross = s.binary(Op::Mul, &y, &x)?;
        s.binary(Op::Sub, &own, &cross)?
    };
    let reduction = reduction(a)?;
    reduce(s, &losses, reduction)
}

/// The class axis of logits, and how many classes there are.
fn classes(x: &Value) -> Result<(u32, Dim)> {
    match x.ty().rank() {
        0 => Err(Error::value("Expected 1 or more dimensions (got 0)")),
        1 => Ok((0, x.ty().shape[0].clone())),
        _ => Ok((1, x.ty().shape[1].clone())),
    }
}

/// The weights of the classes, in the element type of the logits.
fn class_weight(s: &mut Scope<'_>, a: &Arguments, x: &Value, count: &Dim) -> Result<Option<Value>> {
    let Some(weight) = a.optional_tensor("weight")? else { return Ok(None) };
    let shape = weight.shape();
    if shape.len() != 1 || shape[0] != *count {
        return Err(Error::runtime(format_args!(
            "weight tensor should be defined either for all {count} classes or no classes but got weight tensor of \
             shape: {}",
            sizes(&shape)
        )));
    }
    if weight.dtype() != x.ty().dtype {
        return Err(Error::runtime(format_args!(
            "expected scalar type {} but found {}",
            torch_name(x.ty().dtype),
            torch_name(weight.dtype())
        )));
    }
    s.read(weight).map(Some)
}

/// The weights of the classes beside every logit.
fn beside(s: &mut Scope<'_>, weight: &Value, x: &Value, axis: u32) -> Result<Value> {
    let shape: Shape = x.ty().shape.clone();
    s.apply(Op::BroadcastInDim, attrs![shape, Axes::from_slice(&[axis])], std::slice::from_ref(weight))
}

/// The classes that the target names, and where it names one at all; everywhere, where that is known.
struct Named {
    index: Value,
    real: Option<Value>,
}

/// Checks target against logits, as torch does.
fn named_classes(s: &mut Scope<'_>, a: &Arguments, x: &Value, axis: u32, count: &Dim) -> Result<Named> {
    let target = s.read(a.tensor("target")?)?;
    let (given, wanted) = (target.ty().shape.clone(), {
        let mut shape = x.ty().shape.clone();
        shape.remove(axis as usize);
        shape
    });
    let first = |shape: &Shape| shape.first().cloned().unwrap_or_else(|| Dim::known(1));
    if x.ty().rank() > 1 && first(&x.ty().shape) != first(&given) {
        return Err(Error::value(format_args!(
            "Expected input batch_size ({}) to match target batch_size ({}).",
            first(&x.ty().shape),
            first(&given)
        )));
    }
    if !matches!(target.ty().dtype, DType::I64 | DType::U8) {
        return Err(Error::runtime(format_args!(
            "expected target dtype to be Long or Byte, but got {}",
            torch_name(target.ty().dtype)
        )));
    }
    let single = wanted.is_empty() && given.len() == 1 && given[0] == 1;
    if given != wanted && !single {
        return Err(Error::runtime(match x.ty().rank() {
            1 | 2 => "0D or 1D target tensor expected, multi-target not supported".to_owned(),
            _ => format!("Expected target size {}, got {}", sizes(&wanted), sizes(&given)),
        }));
    }
    let target = s.reshape(&target, wanted)?;
    let index = s.cast(&target, DType::I64)?;
    let ignored = a.int("ignore_index")?;
    if let (Some(all), Some(count)) = (known_integers(&index)?, count.as_known()) {
        if let Some(wrong) = all.iter().find(|&&t| t != ignored && !(0..count).contains(&t)) {
            return Err(Error::index(format_args!("Target {wrong} is out of bounds.")));
        }
        if !all.contains(&ignored) {
            return Ok(Named { index, real: None });
        }
    }
    let real = s.with_number(Op::NotEqual, &index, ignored)?;
    Ok(Named { index, real: Some(real) })
}

impl Named {
    /// Zero where no class is named.
    fn only(&self, s: &mut Scope<'_>, x: Value) -> Result<Value> {
        match &self.real {
            None => Ok(x),
            Some(real) => {
                let zero = s.number(Scalar::Float(0.0), x.ty().dtype)?;
                s.select(real, &x, &zero)
            }
        }
    }
}

/// `-x`, and 0 of 0.
fn negated(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let zero = s.number(Scalar::Float(0.0), x.ty().dtype)?;
    s.emit_one(Op::Sub, Attrs::new(), &[zero, x.clone()])
}

/// The negative logarithms of the named classes; with smoothing, a part of it from all classes alike.
fn negative_log(s: &mut Scope<'_>, a: &Arguments, logs: &Value, smoothing: f64) -> Result<Value> {
    let (axis, count) = classes(logs)?;
    let reduction = reduction(a)?;
    let weight = class_weight(s, a, logs, &count)?;
    let named = named_classes(s, a, logs, axis, &count)?;
    let shape = named.index.ty().shape.clone();
    let mut column = shape.clone();
    column.insert(axis as usize, Dim::known(1));
    let column = s.reshape(&named.index, column)?;
    let picked = s.emit_one(Op::Gather, attrs![axis], &[logs.clone(), column])?;
    let mut losses = s.reshape(&picked, shape)?;
    let weights = match &weight {
        None => None,
        Some(weight) => {
            let weights = s.emit_one(Op::Take, attrs![0u32], &[weight.clone(), named.index.clone()])?;
            losses = s.binary(Op::Mul, &losses, &weights)?;
            Some(named.only(s, weights)?)
        }
    };
    if smoothing > 0.0 {
        let all = match &weight {
            None => logs.clone(),
            Some(weight) => {
                let weight = beside(s, weight, logs, axis)?;
                s.binary(Op::Mul, logs, &weight)?
            }
        };
        let sum = s.fold(Op::Sum, &all, &Axes::from_slice(&[axis]), false)?;
        let share = per(s, &sum, &count)?;
        let share = s.with_number(Op::Mul, &share, smoothing)?;
        let own = s.with_number(Op::Mul, &losses, 1.0 - smoothing)?;
        losses = s.binary(Op::Add, &own, &share)?;
    }
    let losses = named.only(s, losses)?;
    if reduction == Reduction::None {
        return negated(s, &losses);
    }
    let sum = total(s, &losses)?;
    let sum = negated(s, &sum)?;
    match (reduction, weights, &named.real) {
        (Reduction::Mean, Some(weights), _) => {
            let weights = total(s, &weights)?;
            s.binary(Op::Div, &sum, &weights)
        }
        (Reduction::Mean, None, Some(real)) => {
            let real = s.cast(real, sum.ty().dtype)?;
            let count = total(s, &real)?;
            s.binary(Op::Div, &sum, &count)
        }
        (Reduction::Mean, None, None) => per(s, &sum, &losses.ty().numel()),
        _ => Ok(sum),
    }
}

/// The cross entropy with a probability for each class.
fn with_probabilities(s: &mut Scope<'_>, a: &Arguments, logs: &Value, smoothing: f64) -> Result<Value> {
    let (axis, count) = classes(logs)?;
    let reduction = reduction(a)?;
    let target = s.read(a.tensor("target")?)?;
    if a.int("ignore_index")? >= 0 {
        return Err(Error::runtime("ignore_index is not supported for floating point target"));
    }
    let weight = class_weight(s, a, logs, &count)?;
    let dtype = promote(logs.ty().dtype, target.ty().dtype);
    let (logs, mut target) = (s.cast(logs, dtype)?, s.cast(&target, dtype)?);
    if smoothing > 0.0 {
        let Some(n) = count.as_known() else {
            return Err(Error::unsupported("cross_entropy with label smoothing over a symbolic number of classes"));
        };
        let kept = s.with_number(Op::Mul, &target, 1.0 - smoothing)?;
        target = s.with_number(Op::Add, &kept, smoothing / n as f64)?;
    }
    let mut products = s.binary(Op::Mul, &logs, &target)?;
    if let Some(weight) = weight {
        let weight = s.cast(&weight, dtype)?;
        let weight = beside(s, &weight, &logs, axis)?;
        products = s.binary(Op::Mul, &products, &weight)?;
    }
    match reduction {
        Reduction::None => {
            let sum = s.fold(Op::Sum, &products, &Axes::from_slice(&[axis]), false)?;
            negated(s, &sum)
        }
        _ => {
            let sum = total(s, &products)?;
            let sum = negated(s, &sum)?;
            if reduction != Reduction::Mean {
                return Ok(sum);
            }
            let mut shape = logs.ty().shape.clone();
            shape.remove(axis as usize);
            per(s, &sum, &shape.iter().fold(Dim::known(1), |n, d| &n * d))
        }
    }
}

fn cross_entropy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let smoothing = a.float("label_smoothing")?;
    if !(0.0..=1.0).contains(&smoothing) {
        return Err(Error::runtime(format_args!("label_smoothing must be between 0.0 and 1.0. Got: {smoothing}")));
    }
    let x = floating(s, a, "input")?;
    let target = a.tensor("target")?;
    let probabilities = target.shape() == x.ty().shape;
    if probabilities && !target.dtype().is_float() {
        return Err(Error::runtime(format_args!(
            "Expected floating point type for target with class probabilities, got {}",
            torch_name(target.dtype())
        )));
    }
    let (axis, _) = classes(&x)?;
    let logs = s.emit_one(Op::LogSoftmax, attrs![axis], &[x])?;
    if probabilities {
        return with_probabilities(s, a, &logs, smoothing);
    }
    negative_log(s, a, &logs, smoothing)
}

fn nll_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let logs = floating(s, a, "input")?;
    negative_log(s, a, &logs, 0.0)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "cross_entropy",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, int ignore_index=-100, \
             bool? reduce=None, str reduction=\"mean\", float label_smoothing=0.0)",
            cross_entropy,
        )],
        "The cross entropy of logits (C), (N, C) or (N, C, d1, ...) with class numbers (without C) or probabilities (of \
         the same shape). On a graphics processor, class numbers that are not computed yet are not checked.",
    ),
    row(
        "nll_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, int ignore_index=-100, \
             bool? reduce=None, str reduction=\"mean\")",
            nll_loss,
        )],
        "The negative logarithms (C), (N, C) or (N, C, d1, ...) at the class numbers of the target.",
    ),
    row(
        "mse_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\", \
             Tensor? weight=None)",
            mse_loss,
        )],
        "The squares of the differences; their mean with weights is the weighted one.",
    ),
    row(
        "l1_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\", \
             Tensor? weight=None)",
            l1_loss,
        )],
        "The sizes of the differences; their mean with weights is the weighted one.",
    ),
    row(
        "smooth_l1_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\", \
             float beta=1.0)",
            smooth_l1_loss,
        )],
        "d^2 / (2 beta) where the difference d is below beta, else |d| - beta / 2.",
    ),
    row(
        "huber_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, str reduction=\"mean\", float delta=1.0, Tensor? weight=None)",
            huber_loss,
        )],
        "d^2 / 2 where the difference d is below delta, else delta (|d| - delta / 2).",
    ),
    row(
        "binary_cross_entropy",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\")",
            binary_cross_entropy,
        )],
        "The cross entropy of probabilities; logarithms below -100 count as -100.",
    ),
    row(
        "binary_cross_entropy_with_logits",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\", Tensor? pos_weight=None)",
            binary_cross_entropy_with_logits,
        )],
        "The cross entropy of sigmoid(input).",
    ),
    row(
        "kl_div",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\", \
             bool log_target=False)",
            kl_div,
        )],
        "target * (log(target) - input), or with log_target exp(target) * (target - input); reduction may be \
         'batchmean'.",
    ),
];
