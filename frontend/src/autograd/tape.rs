//! The tape: an emitter that wraps an emitter and records the steps of one torch function call.

use smallvec::SmallVec;
use std::sync::Arc;

use flashlight_compiler::{
    autodiff::{Place, Step, reads},
    ir::{Emit, Graph, Provenance, Typed, Values},
    ops::{Attrs, Op},
};

use super::node::{Edge, Node, Saved, Steps, Var};
use crate::{
    emitter::Emitter,
    error::{Error, Result},
    tensor::{Storage, Tensor},
    value::Value,
};

/// The body of one torch function call: what it reads is tracked, what it emits is recorded where that matters.
pub struct Scope<'e> {
    inner: &'e mut Emitter<'e>,
    recording: bool,
    inputs: SmallVec<[Input; 2]>,
    slots: u32,
    steps: Vec<Step<Value>>,
}

struct Input {
    edge: Edge,
    storage: Option<(std::sync::Weak<Storage>, u64)>,
    what: Option<flashlight_compiler::types::Type>,
}

impl<'e> Scope<'e> {
    /// A scope over an emitter; it records only where `recording` says so and something tracked is read.
    pub fn over(inner: &'e mut Emitter<'e>, recording: bool) -> Self {
        Self { inner, recording, inputs: SmallVec::new(), slots: 0, steps: Vec::new() }
    }

    /// The value of a tensor, tracked where the tensor is.
    ///
    /// # Errors
    /// What applying the tensor's view to its storage can fail with.
    pub fn read(&mut self, tensor: &Tensor) -> Result<Value> {
        let var = tensor.read()?;
        if !self.recording || var.edge.is_none() {
            return Ok(var.value);
        }
        let before = self.inputs.len();
        let value = self.track(&var);
        if self.inputs.len() > before
            && let Some(input) = self.inputs.last_mut()
        {
            let storage = tensor.storage();
            input.storage = Some((Arc::downgrade(&storage), storage.version()));
            input.what = Some(tensor.ty());
        }
        Ok(value)
    }

    /// The value of a variable, tracked where the variable is.
    pub fn track(&mut self, var: &Var) -> Value {
        let Some(edge) = var.edge.as_ref().filter(|_| self.recording) else { return var.value.clone() };
        // One slot for each variable: inputs come before anything that is recorded, or are given later slots below.
        let known =
            self.inputs.iter().position(|i| Arc::ptr_eq(&i.edge.node, &edge.node) && i.edge.output == edge.output);
        let at = known.unwrap_or_else(|| {
            self.inputs.push(Input { edge: edge.clone(), storage: None, what: None });
            self.inputs.len() - 1
        });
        var.value.clone().in_slot(INPUT | (at as u32 + 1))
    }

    /// A value that took the place of another: it leads back to it, with a derivative of zero.
    pub fn replacing(&mut self, old: &Value, new: Value) -> Value {
        if old.slot().is_none() || new.slot().is_some() || !new.ty().dtype.is_inexact() {
            return new;
        }
        self.slots += 1;
        let new = new.in_slot(self.slots);
        let place = |v: &Value| Place { slot: v.slot(), ty: v.ty().clone(), value: None };
        self.steps.push(Step {
            op: Op::StopGradient,
            attrs: Attrs::new(),
            regions: SmallVec::new(),
            operands: SmallVec::from_iter([place(old)]),
            results: SmallVec::from_iter([place(&new)]),
        });
        new
    }

    /// Whether anything tracked was read.
    pub fn is_tracking(&self) -> bool {
        !self.inputs.is_empty()
    }

    /// Ends the call: the variables of its outputs, under a node of the torch function where something tracked went in.
    pub fn finish(self, function: &'static str, outputs: &[Value]) -> SmallVec<[Var; 1]> {
        self.finish_saving(function, outputs).0
    }

    /// [`Scope::finish`]; answers also with the node, so that the caller can have it watch the storages of the outputs.
    pub fn finish_saving(self, function: &'static str, outputs: &[Value]) -> (SmallVec<[Var; 1]>, Option<Arc<Node>>) {
        if outputs.iter().all(|v| v.slot().is_none()) {
            return (outputs.iter().map(|v| Var::constant(v.clone())).collect(), None);
        }
        let count = self.inputs.len() as u32;
        // Slots of inputs come first; those of recorded results are moved behind them.
        let number = |slot: u32| if slot & INPUT != 0 { slot & !INPUT } else { slot + count };
        let mut steps = self.steps;
        let mut read = vec![false; self.inputs.len()];
        for step in &mut steps {
            for place in step.operands.iter_mut().chain(&mut step.results) {
                place.slot = place.slot.map(number);
                if let (Some(slot), true) = (place.slot, place.value.is_some())
                    && slot <= count
                {
                    read[slot as usize - 1] = true;
                }
            }
        }
        let saved =
            (0u32..).zip(self.inputs.iter().zip(read)).filter(|(_, (_, read))| *read).filter_map(|(i, (input, _))| {
                let (storage, version) = input.storage.clone()?;
                let what = input.what.as_ref().map(ToString::to_string).unwrap_or_default();
                Some(Saved { input: Some(i), storage, version, what })
            });
        let body = Steps {
            slots: self.slots + count,
            outputs: outputs.iter().map(|v| v.slot().map(number)).collect(),
            saved: saved.collect(),
            steps,
        };
        let inputs = self.inputs.into_iter().map(|i| Some(i.edge)).collect();
        let types = outputs.iter().map(|v| v.ty().clone()).collect();
        let node = Node::from_steps(function, inputs, types, body);
        let var = |(i, value): (u32, &Value)| Var {
            edge: value.slot().map(|_| Edge { node: node.clone(), output: i }),
            value: value.clone().untracked(),
        };
        ((0u32..).zip(outputs).map(var).collect(), Some(node))
    }
}

/// Marks a slot as an input's until the call ends and all inputs are known.
const INPUT: u32 = 1 << 31;

impl Emit for Scope<'_> {
    type Value = Value;
    type Error = Error;

    fn emit_with(&mut self, op: Op, attrs: Attrs, inputs: &[Value], regions: &[Arc<Graph>]) -> Result<Values<Value>> {
        if !self.recording || inputs.iter().all(|v| v.slot().is_none()) {
            return self.inner.emit_with(op, attrs, inputs, regions);
        }
        // A derivative that is missing is reported when it is asked for, as torch does.
        let read = reads(op, &|i| inputs.get(i).is_some_and(|v| v.slot().is_some())).unwrap_or_default();
        let results = self.inner.emit_with(op, attrs.clone(), inputs, regions)?;
        let kept = |read: &[bool], i: usize| read.get(i).or(read.last()).copied().unwrap_or(false);
        let place = |value: &Value, keep: bool| Place {
            slot: value.slot(),
            ty: value.ty().clone(),
            value: keep.then(|| value.clone().untracked()),
        };
        let results: Values<Value> = results
            .into_iter()
            .map(|value| {
                if !value.ty().dtype.is_inexact() {
                    return value;
                }
                self.slots += 1;
                value.in_slot(self.slots)
            })
            .collect();
        self.steps.push(Step {
            op,
            attrs,
            regions: regions.iter().cloned().collect(),
            operands: inputs.iter().enumerate().map(|(i, v)| place(v, kept(&read.operands, i))).collect(),
            results: results.iter().enumerate().map(|(i, v)| place(v, kept(&read.results, i))).collect(),
        });
        Ok(results)
    }

    fn set_provenance(&mut self, provenance: &Provenance) {
        self.inner.set_provenance(provenance);
    }
}
