//! Losses that compare with a margin, and those of counts, spreads and several labels; distances between vectors.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Argument, Arguments, Function, Places,
    activation::{floating, log_tail},
    call::sizes,
    compose::{broadcast_shape, promote, result_type, torch_name},
    loss::{Reduction, reduce, reduction},
    one,
    reduction::length,
    row,
};
use crate::{
    autograd::Scope,
    elements::numbers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::Value,
};

/// What is above 0, else 0; at 0 the derivative is 0, and NaN stays.
fn positive(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let below = s.with_number(Op::LessEqual, x, 0.0)?;
    s.replace(&below, 0.0, x)
}

/// A number less a value.
fn less(s: &mut Scope<'_>, from: f64, x: &Value) -> Result<Value> {
    let negative = s.unary(Op::Neg, x)?;
    s.with_number(Op::Add, &negative, from)
}

/// Tensors of floats in their common element type.
fn together(s: &mut Scope<'_>, a: &Arguments, names: &[&str]) -> Result<Vec<Value>> {
    let values: Vec<Value> = names.iter().map(|name| s.read(a.tensor(name)?)).collect::<Result<_>>()?;
    let dtype = values.iter().map(|v| v.ty().dtype).reduce(promote).unwrap_or(DType::F32);
    if !dtype.is_inexact() {
        return Err(Error::unsupported(format_args!(
            "{} for elements of type {}",
            a.signature.name,
            torch_name(dtype)
        )));
    }
    values.iter().map(|v| s.cast(v, dtype)).collect()
}

fn reduced(s: &mut Scope<'_>, a: &Arguments, losses: &Value) -> Result<Value> {
    let reduction = reduction(a)?;
    reduce(s, losses, reduction)
}

/// One value where the target is 1, another where it is -1, and 0 elsewhere.
fn by_side(s: &mut Scope<'_>, target: &Value, near: &Value, far: &Value) -> Result<Value> {
    let zero = s.number(Scalar::Float(0.0), near.ty().dtype)?;
    let (is_near, is_far) = (s.with_number(Op::Equal, target, 1.0)?, s.with_number(Op::Equal, target, -1.0)?);
    let near = s.choose(&is_near, near, &zero)?;
    let far = s.choose(&is_far, far, &zero)?;
    s.binary(Op::Add, &near, &far)
}

fn hinge_embedding_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, target) = (floating(s, a, "input")?, s.read(a.tensor("target")?)?);
    let target = s.cast(&target, x.ty().dtype)?;
    let gap = less(s, a.float("margin")?, &x)?;
    let gap = positive(s, &gap)?;
    let zero = s.number(Scalar::Float(0.0), x.ty().dtype)?;
    let not_near = s.with_number(Op::NotEqual, &target, 1.0)?;
    let not_far = s.with_number(Op::NotEqual, &target, -1.0)?;
    let (far, near) = (s.choose(&not_near, &gap, &zero)?, s.choose(&not_far, &x, &zero)?);
    let losses = s.binary(Op::Add, &far, &near)?;
    reduced(s, a, &losses)
}

fn margin_ranking_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["input1", "input2", "target"])?;
    if values.iter().any(|v| v.ty().rank() != values[2].ty().rank()) {
        return Err(Error::runtime(format_args!(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {}, input2: {}, \
             target: {} ",
            sizes(&values[0].ty().shape),
            sizes(&values[1].ty().shape),
            sizes(&values[2].ty().shape)
        )));
    }
    let apart = s.binary(Op::Sub, &values[1], &values[0])?;
    let losses = s.binary(Op::Mul, &values[2], &apart)?;
    let losses = s.with_number(Op::Add, &losses, a.float("margin")?)?;
    let losses = positive(s, &losses)?;
    reduced(s, a, &losses)
}

fn cosine_embedding_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["input1", "input2"])?;
    let target = s.read(a.tensor("target")?)?;
    let rank = target.ty().rank();
    if rank > 1 {
        return Err(Error::runtime("0D or 1D target tensor expected, multi-target not supported"));
    }
    if values.iter().any(|v| v.ty().rank() != rank + 1) {
        return Err(Error::runtime(format_args!(
            "{rank}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}.",
            rank + 1,
            sizes(&values[0].ty().shape),
            sizes(&values[1].ty().shape)
        )));
    }
    let axes: Axes = smallvec![rank as u32];
    let mut sum = |x: &Value, y: &Value| {
        let products = s.binary(Op::Mul, x, y)?;
        s.fold(Op::Sum, &products, &axes, false)
    };
    let (dot, first, second) =
        (sum(&values[0], &values[1])?, sum(&values[0], &values[0])?, sum(&values[1], &values[1])?);
    let (first, second) = (s.with_number(Op::Add, &first, 1e-12)?, s.with_number(Op::Add, &second, 1e-12)?);
    let length = s.binary(Op::Mul, &first, &second)?;
    let length = s.unary(Op::Sqrt, &length)?;
    let cosine = s.binary(Op::Div, &dot, &length)?;
    let near = less(s, 1.0, &cosine)?;
    let far = s.with_number(Op::Sub, &cosine, a.float("margin")?)?;
    let far = positive(s, &far)?;
    let target = s.cast(&target, cosine.ty().dtype)?;
    let losses = by_side(s, &target, &near, &far)?;
    reduced(s, a, &losses)
}

/// The p-norm of `x - y + eps` over the last axis.
fn distance(s: &mut Scope<'_>, x: &Value, y: &Value, p: f64, eps: f64) -> Result<Value> {
    let apart = s.binary(Op::Sub, x, y)?;
    let apart = s.with_number(Op::Add, &apart, eps)?;
    let axes: Axes = (0..apart.ty().rank() as u32).last().into_iter().collect();
    length(s, &apart, p, &axes)
}

fn pairwise_distance(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["x1", "x2"])?;
    let distance = distance(s, &values[0], &values[1], a.float("p")?, a.float("eps")?)?;
    if !a.flag("keepdim")? {
        return Ok(distance);
    }
    let mut shape = distance.ty().shape.clone();
    shape.push(Dim::known(1));
    s.reshape(&distance, shape)
}

fn triplet_margin_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let margin = a.float("margin")?;
    if margin <= 0.0 {
        return Err(Error::value(format_args!("margin must be greater than 0, got {margin}")));
    }
    let values = together(s, a, &["anchor", "positive", "negative"])?;
    let ranks: Vec<usize> = values.iter().map(|v| v.ty().rank()).collect();
    if ranks.iter().any(|r| *r != ranks[0]) {
        return Err(Error::runtime(format_args!(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: \
             anchor {}D, positive {}D, and negative {}D inputs",
            ranks[0], ranks[1], ranks[2]
        )));
    }
    let (p, eps) = (a.float("p")?, a.float("eps")?);
    let near = distance(s, &values[0], &values[1], p, eps)?;
    let mut far = distance(s, &values[0], &values[2], p, eps)?;
    if a.flag("swap")? {
        let other = distance(s, &values[1], &values[2], p, eps)?;
        far = s.binary(Op::Minimum, &far, &other)?;
    }
    let apart = s.binary(Op::Sub, &near, &far)?;
    let losses = s.with_number(Op::Add, &apart, margin)?;
    let losses = positive(s, &losses)?;
    reduced(s, a, &losses)
}

fn soft_margin_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["input", "target"])?;
    let product = s.binary(Op::Mul, &values[0], &values[1])?;
    let power = s.unary(Op::Neg, &product)?;
    let power = s.unary(Op::Exp, &power)?;
    let losses = s.unary(Op::Log1p, &power)?;
    reduced(s, a, &losses)
}

fn poisson_nll_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["input", "target"])?;
    let [x, target] = [&values[0], &values[1]];
    let mut losses = if a.flag("log_input")? {
        let rate = s.unary(Op::Exp, x)?;
        let product = s.binary(Op::Mul, target, x)?;
        s.binary(Op::Sub, &rate, &product)?
    } else {
        let shifted = s.with_number(Op::Add, x, a.float("eps")?)?;
        let log = s.unary(Op::Log, &shifted)?;
        let product = s.binary(Op::Mul, target, &log)?;
        s.binary(Op::Sub, x, &product)?
    };
    if a.flag("full")? {
        // Stirling's formula for the logarithm of the factorial.
        let small = s.with_number(Op::LessEqual, target, 1.0)?;
        let counts = s.replace(&small, 1.0, target)?;
        let log = s.unary(Op::Log, &counts)?;
        let product = s.binary(Op::Mul, &counts, &log)?;
        let main = s.binary(Op::Sub, &product, &counts)?;
        let half = s.with_number(Op::Mul, &log, 0.5)?;
        let term = s.binary(Op::Add, &main, &half)?;
        let term = s.with_number(Op::Add, &term, 0.5 * (2.0 * std::f64::consts::PI).ln())?;
        let term = s.replace(&small, 0.0, &term)?;
        losses = s.binary(Op::Add, &losses, &term)?;
    }
    reduced(s, a, &losses)
}

fn gaussian_nll_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let given = a.get("var")?;
    let dtype = result_type([a.get("input")?, a.get("target")?, given])?;
    let [x, target, var] = ["input", "target", "var"].map(|name| a.get(name).and_then(|v| s.operand(v, dtype)));
    let (x, target, mut var) = (x?, target?, var?);
    if let Argument::Number(n) = given
        && n.as_f64() < 0.0
    {
        return Err(Error::value("var has negative entry/entries"));
    }
    if let Argument::Tensor(_) = given
        && let Ok(elements) = var.concrete("a variance")
        && numbers(&fetch_concrete(elements)?, dtype).into_iter().any(|v| v < 0.0)
    {
        return Err(Error::value("var has negative entry/entries"));
    }
    let (shape, own) = (x.ty().shape.clone(), var.ty().shape.clone());
    if matches!(given, Argument::Tensor(_)) && own != shape {
        let last = shape.len().saturating_sub(1);
        let one = |d: Option<&Dim>| d.is_some_and(|d| *d == 1);
        if own[..] == shape[..last] && !shape.is_empty() {
            let mut column = own;
            column.push(Dim::known(1));
            var = s.reshape(&var, column)?;
        } else if !(own.len() == shape.len() && own[..last] == shape[..last] && one(own.last())) {
            return Err(Error::value("var is of incorrect size"));
        }
    }
    let words = ["none", "mean", "sum"];
    if !words.contains(&a.text("reduction")?) {
        return Err(Error::value(format_args!("{} is not valid", a.text("reduction")?)));
    }
    // Bounded below as a value; the derivative is that of the variance itself.
    let small = s.with_number(Op::Less, &var, a.float("eps")?)?;
    let constant = s.unary(Op::StopGradient, &var)?;
    let nothing = s.binary(Op::Sub, &var, &constant)?;
    let least = s.with_number(Op::Add, &nothing, a.float("eps")?)?;
    let var = s.choose(&small, &least, &var)?;
    let apart = s.binary(Op::Sub, &x, &target)?;
    let squares = s.binary(Op::Mul, &apart, &apart)?;
    let share = s.binary(Op::Div, &squares, &var)?;
    let log = s.unary(Op::Log, &var)?;
    let sum = s.binary(Op::Add, &log, &share)?;
    let mut losses = s.with_number(Op::Mul, &sum, 0.5)?;
    if a.flag("full")? {
        losses = s.with_number(Op::Add, &losses, 0.5 * (2.0 * std::f64::consts::PI).ln())?;
    }
    let reduction = match a.text("reduction")? {
        "none" => Reduction::None,
        "sum" => Reduction::Sum,
        _ => Reduction::Mean,
    };
    reduce(s, &losses, reduction)
}

/// Scores `[N, C]` and targets with a batch in front, and whether it was there.
fn scores(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, Value, bool)> {
    let (x, target) = (floating(s, a, "input")?, s.read(a.tensor("target")?)?);
    if target.ty().dtype != DType::I64 {
        return Err(Error::runtime(format_args!(
            "expected scalar type Long but found {}",
            torch_name(target.ty().dtype)
        )));
    }
    let has_batch = x.ty().rank() == 2;
    if has_batch {
        return Ok((x, target, true));
    }
    let mut shape = x.ty().shape.clone();
    shape.insert(0, Dim::known(1));
    if shape.len() == 1 {
        shape.push(Dim::known(1));
    }
    let mut of_target = target.ty().shape.clone();
    of_target.insert(0, Dim::known(1));
    Ok((s.reshape(&x, shape)?, s.reshape(&target, of_target)?, false))
}

fn refuse_scores(a: &Arguments) -> Error {
    let shape = |name: &str| a.tensor(name).map(|t| sizes(&t.shape())).unwrap_or_default();
    Error::runtime(format_args!(
        "{}: inconsistent sizes of input {} and target {}",
        a.signature.name,
        shape("input"),
        shape("target")
    ))
}

/// 0, 1, .. along an axis of a shape.
fn numbered(s: &mut Scope<'_>, shape: &Shape, at: u32) -> Result<Value> {
    let line = s.emit_one(Op::Iota, attrs![shape[at as usize].clone(), DType::I64], &[])?;
    s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), smallvec![at] as Axes], &[line])
}

fn multi_margin_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let p = a.int("p")?;
    if p != 1 && p != 2 {
        return Err(Error::value("only p == 1 and p == 2 supported"));
    }
    let ranks = (a.tensor("input")?.rank(), a.tensor("target")?.rank());
    if !matches!(ranks, (2, 1) | (1 | 0, 0 | 1)) {
        return Err(refuse_scores(a));
    }
    let (x, target, has_batch) = scores(s, a)?;
    let rows = x.ty().shape[0].clone();
    if target.ty().numel() != rows {
        return Err(refuse_scores(a));
    }
    let shape = x.ty().shape.clone();
    let Some(classes) = shape[1].as_known().filter(|n| *n > 0) else { return Err(refuse_scores(a)) };
    let column = s.reshape(&target, smallvec![rows.clone(), Dim::known(1)])?;
    if let Ok(elements) = column.concrete("a target")
        && crate::elements::integers(&fetch_concrete(elements)?, DType::I64).iter().any(|i| !(0..classes).contains(i))
    {
        return Err(Error::runtime("target out of range"));
    }
    let own = s.emit_one(Op::Gather, attrs![1u32], &[x.clone(), column.clone()])?;
    let apart = s.binary(Op::Sub, &x, &own)?;
    let gaps = s.with_number(Op::Add, &apart, a.float("margin")?)?;
    let mut gaps = positive(s, &gaps)?;
    if p == 2 {
        gaps = s.binary(Op::Mul, &gaps, &gaps)?;
    }
    if let Some(weight) = a.optional_tensor("weight")? {
        let weight = s.read(weight)?;
        if weight.ty().shape.as_slice() != [Dim::known(classes)] {
            return Err(Error::runtime("inconsistent weight size"));
        }
        let flat = s.reshape(&column, smallvec![rows])?;
        let weight = s.emit_one(Op::Take, attrs![0u32], &[weight, flat])?;
        let weight = s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), smallvec![0u32] as Axes], &[weight])?;
        gaps = s.binary(Op::Mul, &gaps, &weight)?;
    }
    let places = numbered(s, &shape, 1)?;
    let itself = s.binary(Op::Equal, &places, &column)?;
    let gaps = s.replace(&itself, 0.0, &gaps)?;
    let sums = s.fold(Op::Sum, &gaps, &smallvec![1u32], false)?;
    let losses = s.with_number(Op::Div, &sums, classes as f64)?;
    let losses = if has_batch { losses } else { s.reshape(&losses, Shape::new())? };
    reduced(s, a, &losses)
}

fn multilabel_margin_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    if a.tensor("input")?.shape() != a.tensor("target")?.shape() || a.tensor("input")?.rank() > 2 {
        return Err(refuse_scores(a));
    }
    let (x, target, has_batch) = scores(s, a)?;
    let shape = x.ty().shape.clone();
    let target = s.reshape(&target, shape.clone())?;
    let Some(classes) = shape[1].as_known().filter(|n| *n > 0) else { return Err(refuse_scores(a)) };
    // The labels are those before the first negative one.
    let ends = s.with_number(Op::Less, &target, 0i64)?;
    let ended = s.emit_one(Op::Cumsum, attrs![1u32, false], &[ends])?;
    let valid = s.with_number(Op::Equal, &ended, 0i64)?;
    let named = s.with_number(Op::Maximum, &target, 0i64)?;
    let own = s.emit_one(Op::Gather, attrs![1u32], &[x.clone(), named])?;
    // [N, label, class]
    let cube: Shape = smallvec![shape[0].clone(), shape[1].clone(), shape[1].clone()];
    let over = |s: &mut Scope<'_>, v: &Value, at: u32| {
        s.emit_one(Op::BroadcastInDim, attrs![cube.clone(), smallvec![0u32, at] as Axes], std::slice::from_ref(v))
    };
    let (labels, valid) = (over(s, &target, 1)?, over(s, &valid, 1)?);
    let places = numbered(s, &cube, 2)?;
    let hit = s.binary(Op::Equal, &labels, &places)?;
    let hit = s.binary(Op::LogicalAnd, &hit, &valid)?;
    let is_label = s.fold(Op::Amax, &hit, &smallvec![1u32], false)?;
    let is_label = over(s, &is_label, 2)?;
    let (own, all) = (over(s, &own, 1)?, over(s, &x, 2)?);
    let apart = s.binary(Op::Sub, &all, &own)?;
    let gaps = s.with_number(Op::Add, &apart, 1.0)?;
    let gaps = positive(s, &gaps)?;
    let other = s.unary(Op::LogicalNot, &is_label)?;
    let counts = s.binary(Op::LogicalAnd, &valid, &other)?;
    let zero = s.number(Scalar::Float(0.0), x.ty().dtype)?;
    let gaps = s.select(&counts, &gaps, &zero)?;
    let sums = s.fold(Op::Sum, &gaps, &smallvec![1u32, 2], false)?;
    let losses = s.with_number(Op::Div, &sums, classes as f64)?;
    let losses = if has_batch { losses } else { s.reshape(&losses, Shape::new())? };
    reduced(s, a, &losses)
}

fn multilabel_soft_margin_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let values = together(s, a, &["input", "target"])?;
    let [x, target] = [&values[0], &values[1]];
    broadcast_shape(&x.ty().shape, &target.ty().shape)?;
    // log(sigmoid(x)) = min(x, 0) - tail, and of -x it is that less x.
    let tail = log_tail(s, x)?;
    let low = s.with_number(Op::Minimum, x, 0.0)?;
    let yes = s.binary(Op::Sub, &low, &tail)?;
    let no = s.binary(Op::Sub, &yes, x)?;
    let rest = less(s, 1.0, target)?;
    let (yes, no) = (s.binary(Op::Mul, target, &yes)?, s.binary(Op::Mul, &rest, &no)?);
    let sum = s.binary(Op::Add, &yes, &no)?;
    let mut losses = s.unary(Op::Neg, &sum)?;
    if let Some(weight) = a.optional_tensor("weight")? {
        let weight = s.read(weight)?;
        losses = s.binary(Op::Mul, &losses, &weight)?;
    }
    let Some(last) = losses.ty().rank().checked_sub(1) else {
        return Err(Error::index(
            "Dimension out of range (expected to be in range of [-1, 0], but got a tensor of rank 0)",
        ));
    };
    let Some(classes) = losses.ty().shape[last].as_known() else {
        return Err(Error::unsupported("multilabel_soft_margin_loss of an unknown number of classes"));
    };
    let sums = s.fold(Op::Sum, &losses, &smallvec![last as u32], false)?;
    let losses = s.with_number(Op::Div, &sums, classes as f64)?;
    reduced(s, a, &losses)
}

fn local_response_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, size) = (floating(s, a, "input")?, a.int("size")?);
    let rank = x.ty().rank();
    if rank < 3 {
        return Err(Error::value(format_args!(
            "Expected 3D or higher dimensionality                          input (got {rank} dimensions)"
        )));
    }
    let shape = x.ty().shape.clone();
    if shape.iter().any(|d| *d == 0) {
        return Ok(x);
    }
    if !(1..=1 << 16).contains(&size) {
        return Err(Error::runtime(format_args!("local_response_norm: size must be from 1 to 65536, got {size}")));
    }
    let squares = s.binary(Op::Mul, &x, &x)?;
    let at_channels = |n: i64| -> Shape { (0..rank).map(|k| Dim::known(if k == 1 { n } else { 0 })).collect() };
    let (low, high, none) = (at_channels(size / 2), at_channels((size - 1) / 2), at_channels(0));
    let padded = s.emit_one(Op::Pad, attrs![Scalar::Float(0.0), low, high, none], &[squares])?;
    // Sums of windows are differences of running sums only where nothing is lost; windows are narrow, and summed.
    let mut sum = s.slice_axis(&padded, 1, Dim::known(0), shape[1].clone(), 1)?;
    for start in 1..size {
        let part = s.slice_axis(&padded, 1, Dim::known(start), shape[1].clone(), 1)?;
        sum = s.binary(Op::Add, &sum, &part)?;
    }
    let scale = s.with_number(Op::Mul, &sum, a.float("alpha")? / size as f64)?;
    let scale = s.with_number(Op::Add, &scale, a.float("k")?)?;
    let scale = s.with_number(Op::Pow, &scale, a.float("beta")?)?;
    s.binary(Op::Div, &x, &scale)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "hinge_embedding_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, float margin=1.0, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\")",
            hinge_embedding_loss,
        )],
        "The input where the target is 1, what it lacks of the margin where it is -1.",
    ),
    row(
        "margin_ranking_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input1, Tensor input2, Tensor target, float margin=0, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\")",
            margin_ranking_loss,
        )],
        "What target * (input1 - input2) lacks of the margin.",
    ),
    row(
        "cosine_embedding_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input1, Tensor input2, Tensor target, float margin=0, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\")",
            cosine_embedding_loss,
        )],
        "1 less the cosine of vectors where the target is 1, the cosine above the margin where it is -1.",
    ),
    row(
        "triplet_margin_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor anchor, Tensor positive, Tensor negative, float margin=1.0, float p=2, float eps=1e-06, \
             bool swap=False, bool? size_average=None, bool? reduce=None, str reduction=\"mean\")",
            triplet_margin_loss,
        )],
        "What the distance to the negative lacks of that to the positive and the margin.",
    ),
    row(
        "pairwise_distance",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor x1, Tensor x2, float p=2.0, float eps=1e-06, bool keepdim=False)", pairwise_distance)],
        "The p-norm of x1 - x2 + eps over the last axis.",
    ),
    row(
        "soft_margin_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\")",
            soft_margin_loss,
        )],
        "log(1 + exp(-target * input)).",
    ),
    row(
        "poisson_nll_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool log_input=True, bool full=False, bool? size_average=None, \
             float eps=1e-08, bool? reduce=None, str reduction=\"mean\")",
            poisson_nll_loss,
        )],
        "Minus the logarithm of the chance of a count, of which the input is the rate or its logarithm.",
    ),
    row(
        "gaussian_nll_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Operand var, bool full=False, float eps=1e-06, str reduction=\"mean\")",
            gaussian_nll_loss,
        )],
        "Minus the logarithm of the density of a target about the input, with variances that count as eps at least.",
    ),
    row(
        "multi_margin_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, int p=1, float margin=1.0, Tensor? weight=None, bool? size_average=None, \
             bool? reduce=None, str reduction=\"mean\")",
            multi_margin_loss,
        )],
        "What the target's score lacks of each other score and the margin, to the power of p, over the classes.",
    ),
    row(
        "multilabel_margin_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str reduction=\"mean\")",
            multilabel_margin_loss,
        )],
        "What each label's score lacks of each score without one, and of 1; labels stand before the first negative one.",
    ),
    row(
        "multilabel_soft_margin_loss",
        Places::FUNCTIONAL,
        &[one(
            "(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, bool? reduce=None, \
             str reduction=\"mean\")",
            multilabel_soft_margin_loss,
        )],
        "The binary cross-entropy of logits, meant over the last axis.",
    ),
    row(
        "local_response_norm",
        Places::FUNCTIONAL,
        &[one("(Tensor input, int size, float alpha=0.0001, float beta=0.75, float k=1.0)", local_response_norm)],
        "x / (k + alpha * mean of the squares of neighbouring channels) ** beta.",
    ),
];
