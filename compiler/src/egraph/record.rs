//! From a graph to an e-graph and back: every recorded node becomes an e-node, and a choice of e-nodes becomes a graph.

use egg::Id;
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};

use super::{
    extract::{Choice, Flat},
    language::{Context, EGraph, Head, Kind, Node, Views, add_call},
};
use crate::{
    error::{Error, Result},
    ir::{Definition, Emit, Graph, GraphBuilder, Provenance, Reference, ValueId},
    ops::{Attr, Axes, Op},
};

/// A graph in an e-graph.
pub(super) struct Recorded {
    pub(super) graph: EGraph,
    /// The class of all outputs.
    pub(super) root: Id,
    /// The recorded node of each class, in the order of the graph; a permuted operand that the op reads in place is read
    /// so.
    pub(super) nodes: Vec<(Id, Node)>,
}

/// Adds a node, and what it comes from to its class.
fn add(graph: &mut EGraph, node: &Node) -> Id {
    let id = graph.add(node.clone());
    let origin = graph.analysis.origin.clone();
    graph[id].data.provenance.join(&origin);
    id
}

/// The permute that makes a value: what it permutes, and how.
fn permute_behind(graph: &Graph, value: ValueId) -> Option<(ValueId, &Axes)> {
    let Definition::Result(id, _) = graph.values[value.0 as usize].definition else { return None };
    let node = graph.node(id);
    match (node.op, node.attrs.as_slice()) {
        (Op::Permute, [Attr::Axes(perm)]) => Some((node.operands[0], perm)),
        _ => None,
    }
}

/// Records a graph.
pub(super) fn record(graph: &Graph) -> Result<Recorded> {
    let params = graph.params.iter().map(|p| graph.ty(p.value).clone()).collect();
    let guards = graph.guards.iter().cloned().collect();
    let mut egraph = EGraph::new(Context::new(params, guards));
    let (mut classes, mut nodes): (HashMap<ValueId, Id>, _) = (HashMap::new(), Vec::new());
    for (i, param) in (0u32..).zip(&graph.params) {
        let head = egraph.analysis.intern(Head::Param(i));
        let node = Node { kind: Kind::Param, head, children: SmallVec::new() };
        let id = add(&mut egraph, &node);
        nodes.push((id, node));
        classes.insert(param.value, id);
    }
    for (id, node) in graph.enumerate() {
        egraph.analysis.origin = graph.provenance(id).cloned().unwrap_or_default();
        let regions = egraph.analysis.intern_regions(&node.regions);
        let children: SmallVec<[Id; 3]> = node.operands.iter().map(|v| classes[v]).collect();
        let head = Head::Call { op: node.op, attrs: node.attrs.clone(), views: Views::new(), regions };
        let head = egraph.analysis.intern(head);
        let call = Node { kind: Kind::Call(node.op), head, children };
        let class = add(&mut egraph, &call);
        nodes.push((class, in_place(&mut egraph, graph, node, class, regions, &classes).unwrap_or(call)));
        match node.results.as_slice() {
            [one] => _ = classes.insert(*one, class),
            several => {
                for (i, &value) in (0u32..).zip(several) {
                    let head = egraph.analysis.intern(Head::Result(i));
                    let result = Node { kind: Kind::Result, head, children: smallvec::smallvec![class] };
                    let id = add(&mut egraph, &result);
                    nodes.push((id, result));
                    classes.insert(value, id);
                }
            }
        }
    }
    egraph.analysis.origin = Provenance::default();
    let head = egraph.analysis.intern(Head::Outputs);
    let children = graph.outputs.iter().map(|o| classes[&o.value]).collect();
    let outputs = Node { kind: Kind::Outputs, head, children };
    let root = egraph.add(outputs.clone());
    nodes.push((root, outputs));
    match egraph.analysis.fault.take() {
        None => Ok(Recorded { graph: egraph, root, nodes }),
        Some(fault) => Err(Error::internal(format_args!("recording @{}: {fault}", graph.name))),
    }
}

/// The same call with its permuted operands read in place, where the op can and there are some.
fn in_place(
    egraph: &mut EGraph,
    graph: &Graph,
    node: &crate::ir::Node,
    class: Id,
    regions: u32,
    classes: &HashMap<ValueId, Id>,
) -> Option<Node> {
    let (mut views, mut children) = (Views::new(), SmallVec::<[Id; 3]>::new());
    for (i, &operand) in node.operands.iter().enumerate() {
        let behind = permute_behind(graph, operand)
            .filter(|(_, perm)| node.op.row().through.reads_in_place(node.operands.len(), i, perm));
        views.push(behind.map(|(_, perm)| perm.clone()));
        children.push(classes[&behind.map_or(operand, |(stored, _)| stored)]);
    }
    if views.iter().all(Option::is_none) {
        return None;
    }
    let id = add_call(egraph, node.op, node.attrs.clone(), views.clone(), regions, &children);
    egraph.union(class, id);
    let head = egraph.analysis.intern(Head::Call { op: node.op, attrs: node.attrs.clone(), views, regions });
    Some(Node { kind: Kind::Call(node.op), head, children })
}

/// Builds the chosen graph: parameters, outputs, states and guards are those of the recorded one.
pub(super) fn rebuild(original: &Graph, egraph: &EGraph, flat: &Flat, choice: &Choice) -> Result<Graph> {
    let mut builder = GraphBuilder::with_sources_of(original.name.clone(), original);
    let params: Vec<Reference> = original
        .params
        .iter()
        .map(|p| builder.param(p.name.clone(), original.ty(p.value).clone(), p.state.clone()))
        .collect();
    for (a, b) in &original.guards {
        builder.guard(a.clone(), b.clone());
    }
    let order = flat.order(choice).ok_or_else(|| Error::internal("the chosen graph has a cycle"))?;
    let mut values: BTreeMap<Id, SmallVec<[Reference; 1]>> = BTreeMap::new();
    let mut permuted: HashMap<(crate::ir::ValueId, Axes), Reference> = HashMap::new();
    for class in order {
        let id = flat.id(class);
        let node = flat.node(class, choice);
        let value = |child: Id| -> Result<Reference> {
            let known = values.get(&egraph.find(child)).and_then(|v| v.first());
            known.cloned().ok_or_else(|| Error::internal("an operand was not chosen before its reader"))
        };
        builder.set_provenance(&egraph[id].data.provenance);
        let made = match egraph.analysis.head(node) {
            Head::Param(i) => smallvec::smallvec![params[*i as usize].clone()],
            Head::Result(i) => {
                let call = values.get(&egraph.find(node.children[0]));
                let result = call.and_then(|v| v.get(*i as usize)).cloned();
                smallvec::smallvec![result.ok_or_else(|| Error::internal("a result comes before its call"))?]
            }
            Head::Outputs => {
                for (output, &child) in original.outputs.iter().zip(&node.children) {
                    builder.output(&value(child)?, output.writes.clone());
                }
                continue;
            }
            Head::Call { op, attrs, views, regions } => {
                let mut inputs: SmallVec<[Reference; 3]> = SmallVec::new();
                for (i, &child) in node.children.iter().enumerate() {
                    let stored = value(child)?;
                    inputs.push(match views.get(i) {
                        Some(Some(perm)) => match permuted.get(&(stored.id, perm.clone())) {
                            Some(known) => known.clone(),
                            None => {
                                let attrs = crate::attrs![perm.clone()];
                                let turned = builder.emit_one(Op::Permute, attrs, std::slice::from_ref(&stored))?;
                                permuted.insert((stored.id, perm.clone()), turned.clone());
                                turned
                            }
                        },
                        _ => stored,
                    });
                }
                if let (Op::Permute, [Attr::Axes(perm)]) = (*op, attrs.as_slice()) {
                    // The same permute may be there for a reader in place.
                    let key = (inputs[0].id, perm.clone());
                    let known = permuted.get(&key).cloned();
                    let one = match known {
                        Some(known) => known,
                        None => builder.emit_one(*op, attrs.clone(), &inputs)?,
                    };
                    permuted.insert(key, one.clone());
                    smallvec::smallvec![one]
                } else {
                    builder.emit_with(*op, attrs.clone(), &inputs, egraph.analysis.regions(*regions))?
                }
            }
        };
        values.insert(id, made);
    }
    Ok(builder.finish())
}
