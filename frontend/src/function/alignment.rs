//! Connectionist temporal classification: the loss of all alignments of labels with a longer sequence.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Argument, Arguments, Function, Places,
    call::sizes,
    compose::torch_name,
    indexing::filled,
    loss::{Reduction, reduce},
    one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch,
    tensor::Tensor,
    value::Value,
};

/// A logarithm that stands for that of 0, and that derivatives pass by: what is added to it does not change it much.
const NEVER: f64 = -1e30;

fn dims(list: &[i64]) -> Shape {
    list.iter().map(|&n| Dim::known(n)).collect()
}

/// The lengths of a call, as numbers.
fn lengths(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<Vec<i64>> {
    match a.get(name)? {
        Argument::Tensor(t) => {
            let value = s.read(t)?;
            Ok(integers(&fetch(&value, "the lengths of ctc_loss")?, t.dtype()))
        }
        Argument::Number(_) => Ok(vec![a.int(name)?]),
        _ => Ok(a.ints(name)?.to_vec()),
    }
}

fn fixed(s: &mut Scope<'_>, list: &[i64]) -> Result<Value> {
    let parts: Vec<Value> = list
        .iter()
        .map(|&n| {
            let n = s.number(Scalar::Int(n), DType::I64)?;
            s.reshape(&n, dims(&[1]))
        })
        .collect::<Result<_>>()?;
    if let [only] = parts.as_slice() { Ok(only.clone()) } else { s.emit_one(Op::Concat, attrs![0u32], &parts) }
}

/// What a call is about, with a batch.
struct Batch {
    log_probs: Value,
    /// (batch, longest): the labels, blank behind their own.
    labels: Value,
    inputs: Vec<i64>,
    targets: Vec<i64>,
    blank: i64,
    batched: bool,
}

impl Batch {
    fn of(s: &mut Scope<'_>, a: &Arguments) -> Result<Self> {
        let (x, targets) = (a.tensor("log_probs")?, a.tensor("targets")?);
        if !matches!(x.dtype(), DType::F32 | DType::F64) {
            return Err(Error::lacking(format_args!(
                "\"ctc_loss_cpu\" not implemented for '{}'",
                torch_name(x.dtype())
            )));
        }
        if !matches!(targets.dtype(), DType::I32 | DType::I64) {
            return Err(Error::runtime(format_args!(
                "ctc_loss: targets must be integers, not {}",
                torch_name(targets.dtype())
            )));
        }
        let batched = x.rank() == 3;
        if !batched && x.rank() != 2 {
            return Err(Error::runtime(format_args!(
                "log_probs tensor must have 2 or 3 dimensions, but got {}",
                sizes(&x.shape())
            )));
        }
        let log_probs = s.read(x)?;
        let shape = x.shape();
        let known: Option<Vec<i64>> = shape.iter().map(Dim::as_known).collect();
        let Some(known) = known else {
            return Err(Error::unsupported("torch.nn.functional.ctc_loss of unknown sizes"));
        };
        let (time, count, classes) = if batched { (known[0], known[1], known[2]) } else { (known[0], 1, known[1]) };
        let log_probs = s.reshape(&log_probs, dims(&[time, count, classes]))?;
        let blank = a.int("blank")?;
        if !(0..classes).contains(&blank) {
            return Err(Error::runtime(format_args!("blank must be in label range: {blank} of {classes}")));
        }
        let (inputs, own) = (lengths(s, a, "input_lengths")?, lengths(s, a, "target_lengths")?);
        for (what, list) in [("input_lengths", &inputs), ("target_lengths", &own)] {
            if list.len() as i64 != count {
                return Err(Error::runtime(format_args!(
                    "{what} must be of size batch_size: {} of {count}",
                    list.len()
                )));
            }
        }
        if let Some(bad) = inputs.iter().find(|n| **n < 0 || **n > time) {
            return Err(Error::runtime(format_args!(
                "Expected input_lengths to have value at most {time}, but got value {bad} (while checking arguments for \
                 ctc_loss)"
            )));
        }
        let longest = own.iter().copied().max().unwrap_or(0);
        let labels = Self::padded(s, targets, &own, longest, blank)?;
        Ok(Self { log_probs, labels, inputs, targets: own, blank, batched })
    }

    /// The labels of each sequence in a row of its own.
    fn padded(s: &mut Scope<'_>, targets: &Tensor, own: &[i64], longest: i64, blank: i64) -> Result<Value> {
        if own.iter().any(|n| *n < 0) {
            return Err(Error::runtime("Expected target_lengths to have non-negative values"));
        }
        let count = own.len() as i64;
        let all = s.read(targets)?;
        let all = s.cast(&all, DType::I64)?;
        let wide = targets.shape().last().and_then(Dim::as_known).unwrap_or(0);
        let concatenated = targets.rank() == 1 && (own.len() != 1 || wide == own[0]);
        let starts: Vec<i64> = match concatenated {
            true => own
                .iter()
                .scan(0, |sum, n| {
                    let start = *sum;
                    *sum += n;
                    Some(start)
                })
                .collect(),
            false => (0..count).map(|i| i * wide).collect(),
        };
        let there = targets.ty().numel().as_known().unwrap_or(0);
        let enough =
            if concatenated { own.iter().sum::<i64>() <= there } else { longest <= wide && count * wide <= there };
        if !enough {
            return Err(Error::runtime(format_args!(
                "Expected tensor to have size at least {longest} at dimension 1, but got size {} for argument #2 'targets' \
                 (while checking arguments for ctc_loss)",
                sizes(&targets.shape())
            )));
        }
        let grid = dims(&[count, longest]);
        if there == 0 || longest == 0 {
            return filled(s, &grid, Scalar::Int(blank), DType::I64);
        }
        let flat = s.reshape(&all, dims(&[there]))?;
        let (starts, own) = (fixed(s, &starts)?, fixed(s, own)?);
        let spread = |s: &mut Scope<'_>, v: &Value, axis: u32| {
            s.emit_one(Op::BroadcastInDim, attrs![grid.clone(), Axes::from_slice(&[axis])], std::slice::from_ref(v))
        };
        let step = s.emit_one(Op::Iota, attrs![Dim::known(longest), DType::I64], &[])?;
        let (starts, own, step) = (spread(s, &starts, 0)?, spread(s, &own, 0)?, spread(s, &step, 1)?);
        let place = s.binary(Op::Add, &starts, &step)?;
        let place = s.with_number(Op::Minimum, &place, there - 1)?;
        let labels = s.emit_one(Op::Take, attrs![0u32], &[flat, place])?;
        let behind = s.binary(Op::GreaterEqual, &step, &own)?;
        s.replace(&behind, Scalar::Int(blank), &labels)
    }

    /// The negative logarithm of the probability of all alignments, for each sequence.
    fn losses(&self, s: &mut Scope<'_>) -> Result<Value> {
        let (shape, dtype) = (self.log_probs.ty().shape.clone(), self.log_probs.ty().dtype);
        let count = self.targets.len() as i64;
        let time = shape[0].as_known().unwrap_or(0);
        let longest = self.labels.ty().shape[1].as_known().unwrap_or(0);
        let states = 2 * longest + 1;
        let rows = dims(&[count, states]);
        // Blanks around and between the labels.
        let zero = |n: usize| Dim::known(n as i64);
        let apart = s.emit_one(
            Op::Pad,
            attrs![
                Scalar::Int(self.blank),
                smallvec![zero(0), zero(1)] as Shape,
                smallvec![zero(0), zero(usize::from(longest > 0))] as Shape,
                smallvec![zero(0), zero(usize::from(longest > 0))] as Shape
            ],
            std::slice::from_ref(&self.labels),
        )?;
        let sequence = s.slice_axis(&apart, 1, Dim::known(0), Dim::known(states), 1)?;
        // A label follows another one at once where it differs from it.
        let skips = if states > 2 {
            let (late, early) = (
                s.slice_axis(&sequence, 1, Dim::known(2), Dim::known(states - 2), 1)?,
                s.slice_axis(&sequence, 1, Dim::known(0), Dim::known(states - 2), 1)?,
            );
            let differs = s.binary(Op::NotEqual, &late, &early)?;
            let is_label = s.with_number(Op::NotEqual, &late, self.blank)?;
            Some(s.binary(Op::LogicalAnd, &differs, &is_label)?)
        } else {
            None
        };
        let index = s.emit_one(
            Op::BroadcastInDim,
            attrs![dims(&[time, count, states]), Axes::from_slice(&[1, 2])],
            std::slice::from_ref(&sequence),
        )?;
        let low = s.with_number(Op::Maximum, &self.log_probs, NEVER)?;
        let scores = s.emit_one(Op::Gather, attrs![2u32], &[low, index])?;
        let never = s.number(Scalar::Float(NEVER), dtype)?;
        let at = |s: &mut Scope<'_>, t: i64| {
            let now = s.slice_axis(&scores, 0, Dim::known(t), Dim::known(1), 1)?;
            s.reshape(&now, rows.clone())
        };
        let places = s.emit_one(Op::Iota, attrs![Dim::known(states), DType::I64], &[])?;
        let places = s.emit_one(Op::BroadcastInDim, attrs![rows.clone(), Axes::from_slice(&[1])], &[places])?;
        // Before the first step, there is one way to be in front of the first blank.
        let begins = s.with_number(Op::Equal, &places, 0i64)?;
        let nought = s.number(Scalar::Float(0.0), dtype)?;
        let start = s.select(&begins, &nought, &never)?;
        let mut alpha = start;
        let fixed_inputs = fixed(s, &self.inputs)?;
        let fixed_inputs =
            s.emit_one(Op::BroadcastInDim, attrs![rows.clone(), Axes::from_slice(&[0])], &[fixed_inputs])?;
        for t in 0..time {
            let now = at(s, t)?;
            let mut ways = vec![alpha.clone()];
            for back in 1..=2i64 {
                if states <= back {
                    continue;
                }
                let part = s.slice_axis(&alpha, 1, Dim::known(0), Dim::known(states - back), 1)?;
                let part = match (back, &skips) {
                    (2, _) if t == 0 => continue,
                    (2, Some(skips)) => s.select(skips, &part, &never)?,
                    _ => part,
                };
                ways.push(s.emit_one(
                    Op::Pad,
                    attrs![
                        Scalar::Float(NEVER),
                        smallvec![zero(0), zero(back as usize)] as Shape,
                        smallvec![zero(0), zero(0)] as Shape,
                        smallvec![zero(0), zero(0)] as Shape
                    ],
                    &[part],
                )?);
            }
            let stacked: Vec<Value> =
                ways.iter().map(|w| s.reshape(w, dims(&[1, count, states]))).collect::<Result<_>>()?;
            let stacked =
                if stacked.len() == 1 { stacked[0].clone() } else { s.emit_one(Op::Concat, attrs![0u32], &stacked)? };
            let sum = s.emit_one(Op::Logsumexp, attrs![0u32], &[stacked])?;
            let next = s.binary(Op::Add, &sum, &now)?;
            let over = s.with_number(Op::LessEqual, &fixed_inputs, t)?;
            alpha = if self.inputs.iter().all(|n| *n > t) { next } else { s.select(&over, &alpha, &next)? };
        }
        // It ends with the last label, or with the blank behind it.
        let own = fixed(s, &self.targets)?;
        let last = s.with_number(Op::Mul, &own, 2i64)?;
        let before = s.with_number(Op::Sub, &last, 1i64)?;
        let none = s.with_number(Op::Less, &before, 0i64)?;
        let before = s.with_number(Op::Maximum, &before, 0i64)?;
        let ends: Vec<Value> = [last, before]
            .iter()
            .map(|place| {
                let place = s.reshape(place, dims(&[count, 1]))?;
                s.emit_one(Op::Gather, attrs![1u32], &[alpha.clone(), place])
            })
            .collect::<Result<_>>()?;
        let none = s.reshape(&none, dims(&[count, 1]))?;
        let second = s.select(&none, &never, &ends[1])?;
        let both = s.emit_one(Op::Concat, attrs![1u32], &[ends[0].clone(), second])?;
        let likely = s.emit_one(Op::Logsumexp, attrs![1u32], &[both])?;
        s.unary(Op::Neg, &likely)
    }
}

fn ctc_loss(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let reduction = match a.get("reduction")? {
        Argument::Number(_) => match a.int("reduction")? {
            0 => Reduction::None,
            1 => Reduction::Mean,
            _ => Reduction::Sum,
        },
        _ => super::loss::reduction(a)?,
    };
    let batch = Batch::of(s, a)?;
    let mut losses = batch.losses(s)?;
    let dtype = losses.ty().dtype;
    // torch takes the logarithms for those of a softmax: where one rises, the others fall.
    let raised = s.unary(Op::Exp, &batch.log_probs)?;
    let level = s.unary(Op::StopGradient, &raised)?;
    let rise = s.binary(Op::Sub, &raised, &level)?;
    let shape = rise.ty().shape.clone();
    let step = s.emit_one(Op::Iota, attrs![shape[0].clone(), DType::I64], &[])?;
    let grid: Shape = shape[..2].iter().cloned().collect();
    let step = s.emit_one(Op::BroadcastInDim, attrs![grid.clone(), Axes::from_slice(&[0])], &[step])?;
    let inputs = fixed(s, &batch.inputs)?;
    let inputs = s.emit_one(Op::BroadcastInDim, attrs![grid, Axes::from_slice(&[1])], &[inputs])?;
    let inside = s.binary(Op::Less, &step, &inputs)?;
    let rise = s.fold(Op::Sum, &rise, &Axes::from_slice(&[2]), false)?;
    let zero = s.number(Scalar::Float(0.0), dtype)?;
    let rise = s.select(&inside, &rise, &zero)?;
    let rise = s.fold(Op::Sum, &rise, &Axes::from_slice(&[0]), false)?;
    losses = s.binary(Op::Add, &losses, &rise)?;
    let impossible = s.with_number(Op::Greater, &losses, -NEVER / 2.0)?;
    let instead = if a.flag("zero_infinity")? { 0.0 } else { f64::INFINITY };
    losses = s.replace(&impossible, instead, &losses)?;
    match reduction {
        Reduction::Mean => {
            let own: Vec<i64> = batch.targets.iter().map(|n| (*n).max(1)).collect();
            let own = fixed(s, &own)?;
            let own = s.cast(&own, dtype)?;
            let shares = s.binary(Op::Div, &losses, &own)?;
            reduce(s, &shares, reduction)
        }
        Reduction::None if !batch.batched => s.reshape(&losses, Shape::new()),
        other => reduce(s, &losses, other),
    }
}

pub(super) static FUNCTIONS: &[Function] = &[row(
    "ctc_loss",
    Places::FUNCTIONAL.and(Places::TORCH),
    &[one(
        "(Tensor log_probs, Tensor targets, Any input_lengths, Any target_lengths, int blank=0, Any reduction=\"mean\", \
         bool zero_infinity=False)",
        ctc_loss,
    )],
    "The negative log-likelihood of labels under all their alignments with (T, N, C) or (T, C) log-probabilities; the mean \
     divides by the labels' lengths. The lengths are read. The gradient takes the input for a log-softmax, as torch's does.",
)];
