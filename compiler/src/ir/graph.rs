//! What a graph is: parameters, nodes in an order of execution, outputs, and beside them names, states and provenance.

use smallvec::SmallVec;
use std::sync::Arc;

use super::{
    Provenance,
    provenance::{Source, SourceId, Sources},
};
use crate::{
    ops::{Attrs, Op, Signature},
    types::{Dim, Type},
};

/// A value's place in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

/// A node's place in its graph, which is also its place in the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Who makes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// It is the graph's parameter of that number.
    Param(u32),
    /// It is the result of that number of a node.
    Result(NodeId, u32),
}

/// One value: its type and who makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Element type and shape.
    pub ty: Type,
    /// Who makes it.
    pub definition: Definition,
}

/// One call of an op.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The op.
    pub op: Op,
    /// Its attributes, in the row's order.
    pub attrs: Attrs,
    /// Its operands: each is made before this node.
    pub operands: SmallVec<[ValueId; 3]>,
    /// Its results.
    pub results: SmallVec<[ValueId; 1]>,
    /// The graphs it owns: closed, what they capture are operands.
    pub regions: SmallVec<[Arc<Graph>; 1]>,
}

/// A parameter of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The value inside the graph.
    pub value: ValueId,
    /// Its name, without the `%`.
    pub name: String,
    /// The state that it carries in (`0.weight`), where it is one.
    pub state: Option<String>,
}

/// An output of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The value that goes out.
    pub value: ValueId,
    /// The state that it carries out, where it is one.
    pub writes: Option<String>,
}

/// A graph in static single assignment.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Its name, without the `@`.
    pub name: String,
    /// Parameters, in order.
    pub params: Vec<Param>,
    /// Nodes, in an order in which they can run.
    pub nodes: Vec<Node>,
    /// Outputs, in order.
    pub outputs: Vec<Output>,
    /// Every value of parameters and nodes.
    pub values: Vec<Value>,
    /// Equalities of symbolic sizes that hold wherever this graph is used.
    pub guards: Vec<(Dim, Dim)>,
    /// The places in the user's program that provenance refers to.
    pub sources: Sources,
    /// Where each node comes from. Beside the graph: never compared, never hashed.
    pub provenance: Vec<Provenance>,
}

impl PartialEq for Graph {
    /// The same program; names of the graph and provenance aside.
    fn eq(&self, other: &Self) -> bool {
        self.params == other.params
            && self.nodes == other.nodes
            && self.outputs == other.outputs
            && self.values == other.values
            && self.guards == other.guards
    }
}

impl Graph {
    /// The type of a value.
    pub fn ty(&self, value: ValueId) -> &Type {
        &self.values[value.0 as usize].ty
    }

    /// A node by its place.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Nodes with their places, in the order of execution.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (NodeId(i as u32), n))
    }

    /// Where a node comes from.
    pub fn provenance(&self, id: NodeId) -> Option<&Provenance> {
        self.provenance.get(id.0 as usize)
    }

    /// The places of a set.
    pub fn sources_of<'a>(&'a self, set: &'a Provenance) -> impl Iterator<Item = &'a Source> {
        set.iter().filter_map(|SourceId(i)| self.sources.get_index(i as usize))
    }

    /// The graph without the nodes that no output needs. Parameters stay.
    pub fn pruned(&self) -> Graph {
        self.pruned_to(|_| true)
    }

    /// [`Graph::pruned`], and without the parameters that are not kept, which no output may need.
    pub fn pruned_to(&self, keeps: impl Fn(usize) -> bool) -> Graph {
        let mut needed = vec![false; self.values.len()];
        for output in &self.outputs {
            needed[output.value.0 as usize] = true;
        }
        let mut kept = vec![false; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate().rev() {
            if node.results.iter().any(|r| needed[r.0 as usize]) {
                kept[i] = true;
                node.operands.iter().for_each(|o| needed[o.0 as usize] = true);
            }
        }
        let mut graph = Graph {
            name: self.name.clone(),
            guards: self.guards.clone(),
            sources: self.sources.clone(),
            ..Graph::default()
        };
        let mut places: Vec<Option<ValueId>> = vec![None; self.values.len()];
        let mut add = |graph: &mut Graph, old: ValueId, definition| {
            let new = ValueId(graph.values.len() as u32);
            graph.values.push(Value { ty: self.ty(old).clone(), definition });
            places[old.0 as usize] = Some(new);
            new
        };
        for (_, param) in self.params.iter().enumerate().filter(|(i, _)| keeps(*i)) {
            let place = graph.params.len() as u32;
            let value = add(&mut graph, param.value, Definition::Param(place));
            graph.params.push(Param { value, ..param.clone() });
        }
        let mut operands = Vec::new();
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| kept[*i]) {
            let id = NodeId(graph.nodes.len() as u32);
            let results =
                (0u32..).zip(&node.results).map(|(r, old)| add(&mut graph, *old, Definition::Result(id, r))).collect();
            operands.push(&node.operands);
            graph.nodes.push(Node { results, ..node.clone() });
            graph.provenance.extend(self.provenance.get(i).cloned());
        }
        // Every value is made before it is read, so its place is known.
        let place = |old: &ValueId| places[old.0 as usize].unwrap_or(*old);
        for (node, old) in graph.nodes.iter_mut().zip(operands) {
            node.operands = old.iter().map(place).collect();
        }
        graph.outputs = self.outputs.iter().map(|o| Output { value: place(&o.value), ..o.clone() }).collect();
        graph
    }

    /// The types that go in and come out.
    pub fn signature(&self) -> Signature {
        Signature {
            params: self.params.iter().map(|p| self.ty(p.value).clone()).collect(),
            results: self.outputs.iter().map(|o| self.ty(o.value).clone()).collect(),
        }
    }
}
