//! Cuts a joint graph in two: what can be computed before the cotangents are known, and what needs them.

use std::collections::HashMap;

use super::{Definition, Graph, Node, NodeId, Output, Param, Value, ValueId};

/// A graph in two parts.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The first outputs, then the saved values. Its parameters are those of the joint graph but the late ones.
    pub forward: Graph,
    /// The other outputs. Its parameters are the saved values, then the late ones.
    pub backward: Graph,
    /// How many values go from the first to the second.
    pub saved: usize,
}

/// Cuts a graph whose first `outputs` outputs do not depend on the parameters in `late`, which are known only when the others
/// are wanted. What both parts need is computed in the first and saved.
pub fn partition(graph: &Graph, outputs: usize, late: &[usize]) -> Parts {
    let mut is_late = vec![false; graph.values.len()];
    for &i in late {
        is_late[graph.params[i].value.0 as usize] = true;
    }
    for node in &graph.nodes {
        if node.operands.iter().any(|o| is_late[o.0 as usize]) {
            node.results.iter().for_each(|r| is_late[r.0 as usize] = true);
        }
    }
    // What the late part reads of the early one, each once, in the order of its making.
    let reads = |node: &Node| node.results.iter().any(|r| is_late[r.0 as usize]);
    let mut saved: Vec<ValueId> = graph
        .nodes
        .iter()
        .filter(|n| reads(n))
        .flat_map(|n| n.operands.iter().copied())
        .chain(graph.outputs[outputs..].iter().map(|o| o.value))
        .filter(|v| !is_late[v.0 as usize])
        .collect();
    saved.sort_unstable();
    saved.dedup();

    let mut forward = graph.clone();
    forward.outputs.truncate(outputs);
    forward.outputs.extend(saved.iter().map(|&value| Output { value, writes: None }));
    let forward = forward.pruned_to(|i| !late.contains(&i));

    let mut backward = Graph {
        name: format!("{}_backward", graph.name),
        sources: graph.sources.clone(),
        guards: graph.guards.clone(),
        ..Graph::default()
    };
    let mut places: HashMap<ValueId, ValueId> = HashMap::new();
    let mut add = |backward: &mut Graph, old: ValueId, definition| {
        let new = ValueId(backward.values.len() as u32);
        backward.values.push(Value { ty: graph.ty(old).clone(), definition });
        places.insert(old, new);
        new
    };
    let named = saved.iter().enumerate().map(|(i, v)| (*v, format!("saved{i}")));
    let late = late.iter().map(|&i| (graph.params[i].value, graph.params[i].name.clone()));
    for (i, (old, name)) in (0u32..).zip(named.chain(late)) {
        let value = add(&mut backward, old, Definition::Param(i));
        backward.params.push(Param { value, name, state: None });
    }
    for (i, node) in graph.enumerate().filter(|(_, n)| reads(n)) {
        let id = NodeId(backward.nodes.len() as u32);
        let results =
            (0u32..).zip(&node.results).map(|(r, old)| add(&mut backward, *old, Definition::Result(id, r))).collect();
        backward.nodes.push(Node { results, ..node.clone() });
        backward.provenance.extend(graph.provenance(i).cloned());
    }
    // Everything that the late part reads is saved, late, or made before.
    let place = |old: &ValueId| places.get(old).copied().unwrap_or(*old);
    for node in &mut backward.nodes {
        node.operands = node.operands.iter().map(place).collect();
    }
    backward.outputs =
        graph.outputs[outputs..].iter().map(|o| Output { value: place(&o.value), ..o.clone() }).collect();
    let backward = backward.pruned();
    Parts { forward, backward, saved: saved.len() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::partition;
    use crate::{
        autodiff::reverse,
        ir::{parse, verify},
    };

    #[test]
    fn what_needs_no_cotangent_is_computed_first() {
        let graph = parse(
            "graph @f(%x: f32[3], %y: f32[3]) {\n  %1 = exp %x : f32[3]\n  %2 = mul %1, %y : f32[3]\n  return %2\n}\n",
        )
        .unwrap();
        let joint = reverse(&graph, &[0, 1]).unwrap();
        let parts = partition(&joint, 1, &[2]);
        verify(&parts.forward).unwrap();
        verify(&parts.backward).unwrap();
        assert_eq!(parts.backward.outputs.len(), 2);
        assert_eq!(parts.backward.params.len(), parts.saved + 1);
        assert!(parts.backward.nodes.iter().all(|n| n.op.name() == "mul"));
        assert_eq!(parts.forward.outputs.len(), 1 + parts.saved);
    }
}
