//! The derivative of one call, by the rule in its op's row.

use smallvec::SmallVec;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use crate::{
    error::{Error, Result},
    ir::{Emit, Graph, Typed},
    ops::{Attrs, Axes, Class, Derivative, Op, Row},
    rules::{Binding, Bound, Evaluator, Outcome, Pattern, TermId, parse_statements},
    types::Type,
};

/// One recorded call with what its derivative reads.
#[derive(Clone, Debug)]
pub struct Step<V> {
    /// The op.
    pub op: Op,
    /// Its attributes.
    pub attrs: Attrs,
    /// Its regions.
    pub regions: SmallVec<[Arc<Graph>; 1]>,
    /// Its operands.
    pub operands: SmallVec<[Place<V>; 2]>,
    /// Its results.
    pub results: SmallVec<[Place<V>; 1]>,
}

/// A value of a recorded program: where its cotangent gathers, its type, and the value if it was kept.
#[derive(Clone, Debug)]
pub struct Place<V> {
    /// The number under which its cotangent gathers; `None` where none is wanted.
    pub slot: Option<u32>,
    /// Its type.
    pub ty: Type,
    /// The value, where the derivative reads it.
    pub value: Option<V>,
}

/// Which values the derivative of a call reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Of the operands, by place; for a variadic op the last one speaks for all that follow.
    pub operands: SmallVec<[bool; 4]>,
    /// Of the results.
    pub results: SmallVec<[bool; 2]>,
}

/// A rule read from its row.
struct Rule {
    pattern: Pattern,
    targets: Vec<Target>,
}

/// The cotangent of one operand; one without a term is unknown.
struct Target {
    operand: usize,
    term: Option<TermId>,
    reads: Reads,
}

static RULES: LazyLock<HashMap<Op, Result<Rule>>> = LazyLock::new(|| {
    let with_rules = Op::rows().filter_map(|row| match row.vjp {
        Derivative::Rule(text) => Some((row.op, read(row, text))),
        _ => None,
    });
    with_rules.collect()
});

/// Variables are the operands, then the results, then the results' cotangents.
fn read(row: &Row, text: &str) -> Result<Rule> {
    let bare = |n: &&str| n.trim_end_matches("..").to_owned();
    let mut variables: Vec<String> = row.operands.iter().chain(row.results).map(bare).collect();
    match row.results {
        [_] => variables.push("g".to_owned()),
        several => variables.extend(several.iter().map(|r| format!("g_{r}"))),
    }
    let mut pattern = Pattern::over(variables);
    let statements = parse_statements(text, row.op, &mut pattern)?;
    let mut targets = Vec::new();
    for statement in statements {
        let Some(operand) = row.operands.iter().position(|n| bare(n) == statement.name) else {
            return Err(Error::internal(format_args!("the rule of {} names '{}'", row.op, statement.name)));
        };
        let mut used = Reads {
            operands: SmallVec::from_elem(false, row.operands.len()),
            results: SmallVec::from_elem(false, row.results.len()),
        };
        if let Some(term) = statement.term {
            pattern.values_read(term, &mut |v| {
                let (v, operands) = (v.0 as usize, row.operands.len());
                if v < operands {
                    used.operands[v] = true;
                } else if v < operands + row.results.len() {
                    used.results[v - operands] = true;
                }
            });
        }
        targets.push(Target { operand, term: statement.term, reads: used });
    }
    Ok(Rule { pattern, targets })
}

fn rule(op: Op) -> Result<Option<&'static Rule>> {
    match op.row().vjp {
        Derivative::Zero => Ok(None),
        Derivative::NotYet => Err(Error::unsupported(format_args!("the derivative of {op}"))),
        Derivative::Rule(_) => match RULES.get(&op) {
            Some(Ok(rule)) => Ok(Some(rule)),
            Some(Err(e)) => Err(e.clone()),
            None => Err(Error::internal(format_args!("{op} has a rule that was not read"))),
        },
    }
}

/// Which values the derivative of `op` reads when the cotangents of the operands in `wanted` are asked for.
///
/// # Errors
/// [`Error::Unsupported`] where the op has no derivative yet.
pub fn reads(op: Op, wanted: &dyn Fn(usize) -> bool) -> Result<Reads> {
    let row = op.row();
    let mut all = Reads {
        operands: SmallVec::from_elem(false, row.operands.len()),
        results: SmallVec::from_elem(false, row.results.len()),
    };
    let variadic = row.is_variadic();
    for target in rule(op)?.iter().flat_map(|r| &r.targets) {
        if wanted(target.operand) || (variadic && target.operand + 1 == row.operands.len()) {
            all.operands.iter_mut().zip(&target.reads.operands).for_each(|(a, b)| *a |= b);
            all.results.iter_mut().zip(&target.reads.results).for_each(|(a, b)| *a |= b);
        }
    }
    Ok(all)
}

/// Whether the derivative of an op by one operand is unknown, while that by others is not.
pub fn is_unknown(op: Op, operand: usize) -> bool {
    rule(op).ok().flatten().is_some_and(|r| r.targets.iter().any(|t| t.operand == operand && t.term.is_none()))
}

/// The cotangent of each operand; `None` stands for zero.
pub type Gathered<V> = SmallVec<[Option<V>; 2]>;

/// The cotangents of a step's operands from those of its results; `None` stands for zero, and for what has no slot.
///
/// # Errors
/// [`Error::Unsupported`] where the op has no derivative yet; what the emitter refuses.
pub fn vjp<E: Emit + ?Sized>(
    step: &Step<E::Value>,
    cotangents: &[Option<E::Value>],
    emit: &mut E,
) -> Result<Gathered<E::Value>, E::Error> {
    let row = step.op.row();
    let mut gathered: Gathered<E::Value> = SmallVec::from_elem(None, step.operands.len());
    let Some(rule) = rule(step.op)? else { return Ok(gathered) };
    let Some(number_dtype) = cotangents.iter().flatten().map(|g| g.ty().dtype).next() else { return Ok(gathered) };

    let kept = |p: &'_ Place<E::Value>| p.value.clone().map_or(Outcome::Absent, Outcome::Value);
    let mut bindings: SmallVec<[Binding<'_, E::Value>; 4]> = SmallVec::new();
    let fixed = row.operands.len() - usize::from(row.is_variadic());
    for place in &step.operands[..fixed] {
        bindings.push(Binding::One(Bound { ty: &place.ty, value: kept(place) }));
    }
    if row.is_variadic() {
        let all = step.operands[fixed..].iter().map(|p| Bound { ty: &p.ty, value: kept(p) });
        bindings.push(Binding::Many(all.collect()));
    }
    for place in &step.results {
        bindings.push(Binding::One(Bound { ty: &place.ty, value: kept(place) }));
    }
    for (place, cotangent) in step.results.iter().zip(cotangents) {
        let value = cotangent.clone().map_or(Outcome::Zero, Outcome::Value);
        bindings.push(Binding::One(Bound { ty: &place.ty, value }));
    }

    let mut evaluator = Evaluator::new(emit, &rule.pattern, &bindings, &step.attrs, number_dtype);
    for target in &rule.targets {
        let variadic = row.is_variadic() && target.operand == fixed;
        let places = if variadic { fixed..step.operands.len() } else { target.operand..target.operand + 1 };
        for at in places {
            let place = &step.operands[at];
            if place.slot.is_none() {
                continue;
            }
            if variadic {
                evaluator.at(at - fixed);
            }
            let Some(term) = target.term else {
                let name = row.operands[target.operand];
                return Err(
                    Error::unsupported(format_args!("the derivative of {} by its operand {name}", row.op)).into()
                );
            };
            if let Outcome::Value(value) = evaluator.evaluate(term)? {
                gathered[at] = Some(fit(value, &place.ty, row, evaluator.emitter())?);
            }
        }
    }
    Ok(gathered)
}

/// Reverses the broadcasting of an elementwise operand: what stood for every element gets the sum over them.
fn fit<E: Emit + ?Sized>(value: E::Value, wanted: &Type, row: &Row, emit: &mut E) -> Result<E::Value, E::Error> {
    if value.ty().shape == wanted.shape || row.class != Class::Elementwise {
        return Ok(value);
    }
    if wanted.rank() == 0 {
        let all: Axes = (0..value.ty().rank() as u32).collect();
        return emit.emit_one(Op::Sum, crate::attrs![all], &[value]);
    }
    if value.ty().rank() == 0 {
        return emit.emit_one(Op::BroadcastInDim, crate::attrs![wanted.shape.clone(), Axes::new()], &[value]);
    }
    Err(Error::internal(format_args!("the derivative of {} gives {} for {wanted}", row.op, value.ty())).into())
}
