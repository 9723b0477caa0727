//! Reverse mode over recorded programs: cotangents gather by slot while the steps are walked backwards.

use smallvec::SmallVec;
use std::collections::HashMap;

use super::derivative::{Place, Step, vjp};
use crate::{
    error::{Error, Result},
    ir::{Definition, Emit, Graph, GraphBuilder, Provenance, Reference, ValueId, debug_verify},
    ops::{Attrs, Op},
};

/// The cotangents gathered so far, by slot.
#[derive(Debug)]
pub struct Cotangents<V>(Vec<Option<V>>);

impl<V: Clone> Cotangents<V> {
    /// None yet, for so many slots.
    pub fn new(slots: usize) -> Self {
        Self(vec![None; slots])
    }

    /// Adds to a slot.
    ///
    /// # Errors
    /// What the emitter refuses.
    pub fn add<E: Emit<Value = V> + ?Sized>(&mut self, slot: u32, value: V, emit: &mut E) -> Result<(), E::Error> {
        let place = &mut self.0[slot as usize];
        *place = Some(match place.take() {
            None => value,
            Some(before) => emit.emit_one(Op::Add, Attrs::new(), &[before, value])?,
        });
        Ok(())
    }

    /// Takes what gathered in a slot.
    pub fn take(&mut self, slot: u32) -> Option<V> {
        self.0[slot as usize].take()
    }

    /// What has gathered in a slot.
    pub fn get(&self, slot: u32) -> Option<&V> {
        self.0[slot as usize].as_ref()
    }
}

/// Sends the cotangents of one step's results on to its operands. The results' slots are emptied.
///
/// # Errors
/// An op without a derivative; what the emitter refuses.
pub fn backward<E: Emit + ?Sized>(
    step: &Step<E::Value>,
    cotangents: &mut Cotangents<E::Value>,
    emit: &mut E,
) -> Result<(), E::Error> {
    let incoming: SmallVec<[Option<E::Value>; 2]> =
        step.results.iter().map(|r| r.slot.and_then(|s| cotangents.take(s))).collect();
    if incoming.iter().all(Option::is_none) {
        return Ok(());
    }
    for (place, value) in step.operands.iter().zip(vjp(step, &incoming, emit)?) {
        if let (Some(slot), Some(value)) = (place.slot, value) {
            cotangents.add(slot, value, emit)?;
        }
    }
    Ok(())
}

/// The graph that computes `graph`'s outputs and, after them, the cotangents of the parameters in `wrt`. It takes the
/// parameters of `graph` and then a cotangent `g<i>` for each output of floating point.
///
/// # Errors
/// An op without a derivative; a parameter in `wrt` that is not there or not of floating point.
pub fn reverse(graph: &Graph, wrt: &[usize]) -> Result<Graph> {
    let mut builder = GraphBuilder::with_sources_of(graph.name.clone(), graph);
    let mut values: HashMap<ValueId, Reference> = HashMap::new();
    for param in &graph.params {
        let reference = builder.param(param.name.clone(), graph.ty(param.value).clone(), param.state.clone());
        values.insert(param.value, reference);
    }
    let incoming: Vec<Option<Reference>> = (0..)
        .zip(&graph.outputs)
        .map(|(i, output): (usize, _)| {
            let ty = graph.ty(output.value);
            ty.dtype.is_inexact().then(|| builder.param(format!("g{i}"), ty.clone(), None))
        })
        .collect();
    for (a, b) in &graph.guards {
        builder.guard(a.clone(), b.clone());
    }

    let active = active_values(graph, wrt)?;
    let slot = |v: ValueId| active[v.0 as usize].then_some(v.0);
    let mut steps: Vec<(Step<Reference>, &Provenance)> = Vec::new();
    let nowhere = Provenance::default();
    for (id, node) in graph.enumerate() {
        let provenance = graph.provenance(id).unwrap_or(&nowhere);
        builder.set_provenance(provenance);
        let inputs: SmallVec<[Reference; 3]> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = builder.emit_with(node.op, node.attrs.clone(), &inputs, &node.regions)?;
        values.extend(node.results.iter().copied().zip(results));
        if node.results.iter().any(|&v| active[v.0 as usize]) {
            let place =
                |&v: &ValueId| Place { slot: slot(v), ty: graph.ty(v).clone(), value: Some(values[&v].clone()) };
            let step = Step {
                op: node.op,
                attrs: node.attrs.clone(),
                regions: node.regions.clone(),
                operands: node.operands.iter().map(place).collect(),
                results: node.results.iter().map(place).collect(),
            };
            steps.push((step, provenance));
        }
    }
    for output in &graph.outputs {
        builder.output(&values[&output.value], output.writes.clone());
    }

    let mut cotangents = Cotangents::new(graph.values.len());
    builder.set_provenance(&nowhere);
    for (output, g) in graph.outputs.iter().zip(incoming) {
        if let (Some(slot), Some(g)) = (slot(output.value), g) {
            cotangents.add(slot, g, &mut builder)?;
        }
    }
    for (step, provenance) in steps.iter().rev() {
        builder.set_provenance(provenance);
        backward(step, &mut cotangents, &mut builder)?;
    }
    builder.set_provenance(&nowhere);
    for &i in wrt {
        let value = graph.params[i].value;
        let cotangent = match cotangents.get(value.0) {
            Some(g) => g.clone(),
            None => {
                let ty = graph.ty(value);
                builder.full(crate::types::Scalar::Float(0.0), ty.dtype, ty.shape.clone())?
            }
        };
        builder.output(&cotangent, None);
    }
    let reversed = builder.finish();
    debug_verify(&reversed, "reverse")?;
    Ok(reversed)
}

/// Which values depend on the parameters in `wrt` by way of floating-point values.
fn active_values(graph: &Graph, wrt: &[usize]) -> Result<Vec<bool>> {
    let mut active = vec![false; graph.values.len()];
    for &i in wrt {
        let Some(param) = graph.params.get(i) else {
            return Err(Error::index("reverse", format_args!("parameter {i} of {}", graph.params.len())));
        };
        let ty = graph.ty(param.value);
        if !ty.dtype.is_inexact() {
            return Err(Error::runtime("reverse", format_args!("parameter %{} is {ty}: no derivative", param.name)));
        }
        active[param.value.0 as usize] = true;
    }
    for value in 0..graph.values.len() {
        if let Definition::Result(node, _) = graph.values[value].definition {
            let depends = graph.node(node).operands.iter().any(|v| active[v.0 as usize]);
            active[value] |= depends && graph.values[value].ty.dtype.is_inexact();
        }
    }
    Ok(active)
}
