//! Runs a graph on values, node by node, through the same lowering as eager execution.

use std::collections::HashMap;

use flashlight_compiler::ir::{Emit, Graph, ValueId};
use flashlight_compiler::ops::{Attr, Attrs};
use flashlight_compiler::types::{Dim, Symbol};
use smallvec::SmallVec;

use crate::device::Device;
use crate::eager::Eager;
use crate::error::{Error, Result};
use crate::value::Value;

/// The sizes that a graph's symbols stand for in one run.
type Binding = HashMap<Symbol, i64>;

/// Runs the graph; the outputs in its order. Operands are let go after their last use, so that MLX can reuse their
/// memory while it evaluates. Symbols are bound by the operands' shapes, and the graph's guards checked.
pub fn execute(graph: &Graph, inputs: &[Value]) -> Result<Vec<Value>> {
    let binding = bind(graph, inputs)?;
    let device = inputs.iter().map(Value::device).max().unwrap_or(Device::Cpu);
    let mut eager = Eager::new(device);
    let mut uses = vec![0u32; graph.values.len()];
    let read =
        graph.nodes.iter().flat_map(|node| &node.operands).chain(graph.outputs.iter().map(|output| &output.value));
    read.for_each(|value| uses[value.0 as usize] += 1);

    let mut values: Vec<Option<Value>> = vec![None; graph.values.len()];
    for (param, input) in graph.params.iter().zip(inputs) {
        if uses[param.value.0 as usize] > 0 {
            values[param.value.0 as usize] = Some(input.clone());
        }
    }
    for node in &graph.nodes {
        let operands: SmallVec<[Value; 4]> =
            node.operands.iter().map(|&id| take(&mut values, &mut uses, id)).collect::<Result<_>>()?;
        let results = eager.emit_with(node.op, substitute(&node.attrs, &binding), &operands, &node.regions)?;
        for (&id, result) in node.results.iter().zip(results) {
            if uses[id.0 as usize] > 0 {
                values[id.0 as usize] = Some(result);
            }
        }
    }
    graph.outputs.iter().map(|output| take(&mut values, &mut uses, output.value)).collect()
}

/// Reads a value, and lets go of it where this is its last use.
fn take(values: &mut [Option<Value>], uses: &mut [u32], id: ValueId) -> Result<Value> {
    let (slot, left) = (&mut values[id.0 as usize], &mut uses[id.0 as usize]);
    *left -= 1;
    let value = if *left == 0 { slot.take() } else { slot.clone() };
    value.ok_or_else(|| Error::internal(format_args!("value {} is read before it is made", id.0)))
}

fn bind(graph: &Graph, inputs: &[Value]) -> Result<Binding> {
    let wrong = |message: String| Error::user("execute", message);
    if inputs.len() != graph.params.len() {
        return Err(wrong(format!("@{} takes {} values, {} given", graph.name, graph.params.len(), inputs.len())));
    }
    let mut binding = Binding::new();
    let sizes = || {
        graph
            .params
            .iter()
            .zip(inputs)
            .flat_map(|(param, input)| graph.ty(param.value).shape.iter().zip(&input.ty().shape))
    };
    for (wanted, given) in sizes() {
        let symbols = wanted.symbols();
        if let (Some(&symbol), Some(given)) = (symbols.first(), given.as_known())
            && *wanted == Dim::from(symbol)
        {
            binding.entry(symbol).or_insert(given);
        }
    }
    for (param, input) in graph.params.iter().zip(inputs) {
        let (wanted, given) = (graph.ty(param.value), input.ty());
        let fits = wanted.dtype == given.dtype
            && wanted.rank() == given.rank()
            && wanted.shape.iter().zip(&given.shape).all(|(w, g)| bound(w, &binding) == *g);
        if !fits {
            return Err(wrong(format!("%{} of @{} is {wanted}, {given} given", param.name, graph.name)));
        }
    }
    for (left, right) in &graph.guards {
        if bound(left, &binding) != bound(right, &binding) {
            return Err(wrong(format!("@{} relies on {left} = {right}, which does not hold here", graph.name)));
        }
    }
    Ok(binding)
}

fn bound(size: &Dim, binding: &Binding) -> Dim {
    if size.is_known() { size.clone() } else { size.substitute(&|symbol| binding.get(&symbol).map(|&n| Dim::known(n))) }
}

fn substitute(attrs: &Attrs, binding: &Binding) -> Attrs {
    if binding.is_empty() {
        return attrs.clone();
    }
    let one = |attr: &Attr| match attr {
        Attr::Dim(size) => Attr::Dim(bound(size, binding)),
        Attr::Dims(sizes) => Attr::Dims(sizes.iter().map(|size| bound(size, binding)).collect()),
        other => other.clone(),
    };
    attrs.iter().map(one).collect()
}
