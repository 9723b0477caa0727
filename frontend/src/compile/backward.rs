//! The backward part of a program whose outputs need gradients: recorded with the program, run by the tape.

use smallvec::SmallVec;
use std::{collections::HashSet, sync::Arc};

use flashlight_compiler::{
    ir::{Graph, Typed},
    types::Type,
};
use flashlight_runtime::{Value as Concrete, execute};

use crate::{
    autograd::{Backward, Edge, Node, Request, Scope, Var, backward},
    emitter::Base,
    error::{Error, Result},
    tensor::{Tensor, WeakTensor},
    trace::Trace,
    value::Value,
};

/// Where a gradient goes when the program runs again.
#[derive(Clone)]
pub enum Destination {
    /// To the argument of that number.
    Argument(usize),
    /// To a leaf from outside.
    Leaf(WeakTensor),
}

/// The gradients of a recorded program.
pub struct Derived {
    /// The outputs that have a history, by number.
    pub outputs: Vec<usize>,
    /// Where the gradients go.
    pub destinations: Vec<Destination>,
    /// The gradients as recorded; none where no output depends on the destination.
    pub grads: Vec<Option<Value>>,
}

/// Records the gradients of a program's outputs with respect to everything outside that has one. `None` where no output has
/// a history, or a backward inside the program used it up.
///
/// # Errors
/// A derivative that is missing; a tensor from outside that has a history and is no argument.
pub fn derive(trace: &Arc<Trace>, outputs: &[Tensor], arguments: &[Tensor]) -> Result<Option<Derived>> {
    let vars: Vec<Var> = trace.record(|| outputs.iter().map(Tensor::read).collect::<Result<_>>())?;
    let mut roots = Vec::new();
    let mut numbers = Vec::new();
    let mut found: Vec<Edge> = Vec::new();
    for (i, var) in vars.into_iter().enumerate() {
        let Some(edge) = var.edge else { continue };
        // A leaf that the program made is one in each run.
        if edge.node.is_accumulate() && edge.node.sequence() >= trace.started() {
            continue;
        }
        let Some(leading_out) = boundary(trace, &edge)? else { continue };
        if leading_out.is_empty() {
            continue;
        }
        found.extend(leading_out);
        let grad = trace.cotangent(numbers.len(), var.value.ty().clone(), var.value.device());
        numbers.push(i);
        roots.push((edge, Var::constant(grad)));
    }
    if roots.is_empty() {
        return Ok(None);
    }
    found.sort_by_key(|e| (e.node.sequence(), e.output));
    found.dedup_by_key(|e| (e.node.sequence(), e.output));
    let boundary = found;
    let destinations = boundary.iter().map(|e| destination(e, arguments)).collect::<Result<Vec<_>>>()?;
    let request = Request { hooks_from: trace.started(), ..Request::default() };
    let grads = trace.record(|| backward(roots, Some(&boundary), request))?;
    let grads = grads.into_iter().map(|g| g.map(|v| v.value)).collect();
    Ok(Some(Derived { outputs: numbers, destinations, grads }))
}

/// The edges that lead out of the trace; `None` where the way there was freed.
fn boundary(trace: &Trace, root: &Edge) -> Result<Option<Vec<Edge>>> {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut found: Vec<Edge> = Vec::new();
    let mut waiting: Vec<Edge> = vec![root.clone()];
    while let Some(edge) = waiting.pop() {
        let leaf = edge.node.leaf().and_then(|l| l.upgrade());
        if edge.node.sequence() < trace.started() || leaf.as_ref().is_some_and(|l| trace.is_outside(l)) {
            found.push(edge);
            continue;
        }
        // Where this is the only handle, nobody can ask for its gradient.
        if let Some(leaf) = leaf.filter(|l| l.handles() > 1) {
            return Err(Error::runtime(format_args!(
                "a compiled function returns or keeps a leaf that it made ({}) and a result that depends on it: make the \
                 leaf outside of the compiled function",
                leaf.ty()
            )));
        }
        if edge.node.is_freed() {
            return Ok(None);
        }
        if seen.insert(edge.node.sequence()) {
            waiting.extend(edge.node.inputs().iter().flatten().cloned());
        }
    }
    Ok(Some(found))
}

fn destination(edge: &Edge, arguments: &[Tensor]) -> Result<Destination> {
    let same = |t: &Tensor| {
        t.read().is_ok_and(|v| v.edge.is_some_and(|e| Arc::ptr_eq(&e.node, &edge.node) && e.output == edge.output))
    };
    if let Some(i) = arguments.iter().position(same) {
        return Ok(Destination::Argument(i));
    }
    edge.node.leaf().map(Destination::Leaf).ok_or_else(|| {
        Error::runtime(format_args!(
            "the compiled function uses a tensor from outside that {} made and that needs a gradient: pass it as an \
             argument, or detach it",
            edge.node.name()
        ))
    })
}

/// What a program needs to give its outputs a history.
pub struct Gradients {
    pub(super) graph: Arc<Graph>,
    pub(super) outputs: Vec<usize>,
    pub(super) destinations: Vec<Destination>,
    /// For each destination, whether it has a gradient.
    pub(super) present: Vec<bool>,
}

impl Gradients {
    /// Gives the outputs of a run their history.
    ///
    /// # Errors
    /// What reading the arguments fails with.
    pub fn attach(&self, outputs: &mut [Var], arguments: &[Tensor], saved: Vec<Concrete>) -> Result<()> {
        let edge = |d: &Destination| match d {
            Destination::Argument(i) => Ok(arguments[*i].read()?.edge),
            Destination::Leaf(leaf) => Ok(leaf.upgrade().map(|t| t.read()).transpose()?.and_then(|v| v.edge)),
        };
        let inputs: SmallVec<[Option<Edge>; 2]> = self.destinations.iter().map(edge).collect::<Result<_>>()?;
        let types: SmallVec<[Type; 1]> = self.outputs.iter().map(|i| outputs[*i].ty().clone()).collect();
        let part = Part { graph: self.graph.clone(), saved, types: types.to_vec(), present: self.present.clone() };
        let node = Node::program(inputs, types, Arc::new(part));
        for (number, i) in (0u32..).zip(&self.outputs) {
            outputs[*i].edge = Some(Edge { node: node.clone(), output: number });
        }
        Ok(())
    }
}

/// The backward part of one run.
struct Part {
    graph: Arc<Graph>,
    saved: Vec<Concrete>,
    types: Vec<Type>,
    present: Vec<bool>,
}

impl Backward for Part {
    fn run(&self, grads: &[Option<Value>]) -> Result<Vec<Option<Value>>> {
        let mut inputs = self.saved.clone();
        let device = grads.iter().flatten().map(Value::device).next();
        for (grad, ty) in grads.iter().zip(&self.types) {
            let value = match (grad, device) {
                (Some(grad), _) => grad.clone(),
                (None, Some(device)) => {
                    let mut base = Base::on(device);
                    let mut scope = Scope::over(&mut base, false);
                    let zero = scope.number(flashlight_compiler::types::Scalar::Int(0), ty.dtype)?;
                    scope.broadcast_to(&zero, &ty.shape)?
                }
                (None, None) => return Ok(vec![None; self.present.len()]),
            };
            inputs.push(value.concrete("the gradient of a compiled function")?.clone());
        }
        let mut results = execute(&self.graph, &inputs)?.into_iter();
        Ok(self.present.iter().map(|p| if *p { results.next().map(Value::from) } else { None }).collect())
    }
}
