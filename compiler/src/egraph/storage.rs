//! Which states are stored permuted: decided before the e-graph, because a state read through a permutation and written
//! through its inverse costs two copies a step that no rule inside the graph can remove.
//!
//! States that elementwise work ties together (a weight, its moments, its new value) are decided as one. Each permute at
//! the edge of such a group votes for the layout on its far side; what cannot take a layout votes against it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    error::Result,
    ir::{Definition, Emit, Graph, GraphBuilder, Node, NodeId, Reference, ValueId},
    ops::{Attr, Axes, Call, Class, Op, Signature, Site, Through, through},
    types::Type,
};

/// A state that is stored permuted. The optimised graph takes `permute(value, perm)` for its parameter, and its output
/// that writes the state gives the new value permuted so. A state may also be read only, or born here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The number of the parameter that carries the state in, where one does.
    pub param: Option<usize>,
    /// The number of the output that writes the state.
    pub output: Option<usize>,
    /// How the value is permuted.
    pub perm: Axes,
}

/// Groups of values that elementwise work ties to one layout.
struct Groups(Vec<u32>);

impl Groups {
    fn find(&mut self, value: ValueId) -> u32 {
        let mut at = value.0;
        while self.0[at as usize] != at {
            self.0[at as usize] = self.0[self.0[at as usize] as usize];
            at = self.0[at as usize];
        }
        at
    }

    fn join(&mut self, a: ValueId, b: ValueId) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// Who reads each value.
fn readers(graph: &Graph) -> Vec<Vec<(NodeId, usize)>> {
    let mut readers = vec![Vec::new(); graph.values.len()];
    for (id, node) in graph.enumerate() {
        for (i, &operand) in node.operands.iter().enumerate() {
            readers[operand.0 as usize].push((id, i));
        }
    }
    readers
}

/// The states that are better stored permuted. Where results are to have the same bits, none that something reads which may
/// add in another order when its operand lies otherwise.
pub fn permuted_states(graph: &Graph, exact: bool) -> Vec<Stored> {
    let mut groups = Groups((0..graph.values.len() as u32).collect());
    for node in graph.nodes.iter().filter(|n| n.op.row().class == Class::Elementwise) {
        let result = node.results[0];
        let rank = graph.ty(result).rank();
        for &operand in node.operands.iter().filter(|&&v| graph.ty(v).rank() == rank) {
            groups.join(result, operand);
        }
    }
    let written: HashMap<&str, usize> =
        graph.outputs.iter().enumerate().filter_map(|(i, o)| Some((o.writes.as_deref()?, i))).collect();
    let mut states = Vec::new();
    for (i, param) in graph.params.iter().enumerate() {
        let Some(state) = &param.state else { continue };
        let output = written.get(state.as_str()).copied();
        if let Some(output) = output {
            if graph.ty(graph.outputs[output].value) != graph.ty(param.value) {
                continue;
            }
            groups.join(param.value, graph.outputs[output].value);
        }
        states.push((Some(i), output));
    }
    for (i, output) in graph.outputs.iter().enumerate().filter(|(_, o)| o.writes.is_some()) {
        if !graph.params.iter().any(|p| p.state == output.writes) {
            states.push((None, Some(i)));
        }
    }

    let mut ordered = exact.then(|| read_in_order(graph));
    let votes = Votes::count(graph, &mut groups, &states);
    let mut stored = Vec::new();
    for (param, output) in states {
        let value = match (param, output) {
            (Some(param), _) => graph.params[param].value,
            (None, Some(output)) => graph.outputs[output].value,
            (None, None) => continue,
        };
        let group = groups.find(value);
        if ordered.as_mut().is_some_and(|(ties, read)| read.contains(&ties.find(value))) {
            continue;
        }
        if let Some(perm) = votes.winner(group) {
            stored.push(Stored { param, output, perm });
        }
    }
    stored
}

/// Groups of values that elementwise work and permutes tie together, and those of them that products, reductions and their
/// like read: where the operand lies otherwise in memory, these may add in another order. Ops to which permutes are opaque
/// bring their operands into one order first.
fn read_in_order(graph: &Graph) -> (Groups, HashSet<u32>) {
    let mut ties = Groups((0..graph.values.len() as u32).collect());
    let moves = |node: &&Node| node.op.row().class == Class::Elementwise || node.op == Op::Permute;
    for node in graph.nodes.iter().filter(moves) {
        let result = node.results[0];
        let whole = node.operands.iter().filter(|&&v| graph.ty(v).rank() == graph.ty(result).rank());
        whole.for_each(|&operand| ties.join(result, operand));
    }
    let mut read = HashSet::new();
    for node in graph.nodes.iter().filter(|n| !moves(n) && !matches!(n.op.row().through, Through::Opaque(_))) {
        read.extend(node.operands.iter().map(|&operand| ties.find(operand)));
    }
    (ties, read)
}

/// What speaks for and against each layout of each group.
struct Votes<'a> {
    graph: &'a Graph,
    wanted: HashMap<u32, BTreeMap<Axes, i64>>,
    edges: HashMap<u32, Vec<(NodeId, Site)>>,
    fixed: HashMap<u32, i64>,
}

impl<'a> Votes<'a> {
    fn count(graph: &'a Graph, groups: &mut Groups, states: &[(Option<usize>, Option<usize>)]) -> Self {
        let mut votes = Votes { graph, wanted: HashMap::new(), edges: HashMap::new(), fixed: HashMap::new() };
        let readers = readers(graph);
        let in_place = |value: ValueId, perm: &[u32]| {
            readers[value.0 as usize].iter().all(|&(id, i)| {
                let node = graph.node(id);
                node.op.row().through.reads_in_place(node.operands.len(), i, perm)
            })
        };
        let by_product = |value: ValueId| match graph.values[value.0 as usize].definition {
            Definition::Result(id, _) => matches!(graph.node(id).op.row().through, Through::InPlace(..)),
            Definition::Param(_) => false,
        };
        for (id, node) in graph.enumerate() {
            if node.op.row().class == Class::Elementwise {
                continue;
            }
            if let (Op::Permute, [Attr::Axes(perm)]) = (node.op, node.attrs.as_slice()) {
                let (before, after) = (node.operands[0], node.results[0]);
                if through::moves_nothing(&graph.ty(before).shape, perm) {
                    continue;
                }
                if !in_place(after, perm) {
                    *votes.wanted.entry(groups.find(before)).or_default().entry(perm.clone()).or_default() += 1;
                }
                if !by_product(before) {
                    let perm = through::inverse(perm);
                    *votes.wanted.entry(groups.find(after)).or_default().entry(perm).or_default() += 1;
                }
                continue;
            }
            for (i, &operand) in node.operands.iter().enumerate() {
                votes.edges.entry(groups.find(operand)).or_default().push((id, Site::Operand(i)));
            }
            for (i, &result) in node.results.iter().enumerate() {
                votes.edges.entry(groups.find(result)).or_default().push((id, Site::Result(i)));
            }
        }
        // What the caller gives and takes keeps its layout, states aside.
        for (i, param) in graph.params.iter().enumerate() {
            if !states.iter().any(|(p, _)| *p == Some(i)) {
                *votes.fixed.entry(groups.find(param.value)).or_default() += 1;
            }
        }
        for (i, output) in graph.outputs.iter().enumerate() {
            if !states.iter().any(|(_, o)| *o == Some(i)) {
                *votes.fixed.entry(groups.find(output.value)).or_default() += 1;
            }
        }
        votes
    }

    /// The layout that most is for, where more is for it than against it.
    fn winner(&self, group: u32) -> Option<Axes> {
        let wanted = self.wanted.get(&group)?;
        let fixed = self.fixed.get(&group).copied().unwrap_or(0);
        let edges = self.edges.get(&group).map_or(&[][..], Vec::as_slice);
        let score = |perm: &Axes, votes: i64| {
            let against = edges.iter().filter(|(id, site)| !self.lets_pass(*id, *site, perm)).count();
            votes - fixed - against as i64
        };
        let scored = wanted.iter().map(|(perm, &votes)| (score(perm, votes), perm));
        // Of equal scores the first permutation in order.
        let best = scored.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1)))?;
        (best.0 > 0).then(|| best.1.clone())
    }

    fn lets_pass(&self, id: NodeId, site: Site, perm: &[u32]) -> bool {
        let node = self.graph.node(id);
        let inputs: Vec<&Type> = node.operands.iter().map(|&v| self.graph.ty(v)).collect();
        let results: Vec<Type> = node.results.iter().map(|&v| self.graph.ty(v).clone()).collect();
        let regions: Vec<Signature> = node.regions.iter().map(|r| r.signature()).collect();
        let row = node.op.row();
        if matches!(row.through, Through::InPlace(..)) {
            return true;
        }
        let call = Call { op: node.op, attrs: &node.attrs, inputs: &inputs, regions: &regions, equalities: None };
        row.through.relabel(&call, &results, site, perm).is_some()
    }
}

/// The same program over permuted states.
///
/// # Errors
/// None, for what [`permuted_states`] gives of the same graph.
pub fn store_permuted(graph: &Graph, stored: &[Stored]) -> Result<Graph> {
    let mut builder = GraphBuilder::with_sources_of(graph.name.clone(), graph);
    let mut values: HashMap<ValueId, Reference> = HashMap::new();
    let mut params = Vec::new();
    for (i, param) in graph.params.iter().enumerate() {
        let ty = graph.ty(param.value);
        let turned = stored.iter().find(|s| s.param == Some(i));
        let ty = turned.map_or_else(|| ty.clone(), |s| ty.with_shape(through::permuted(&ty.shape, &s.perm)));
        params.push((builder.param(param.name.clone(), ty, param.state.clone()), param.value, turned));
    }
    for (a, b) in &graph.guards {
        builder.guard(a.clone(), b.clone());
    }
    for (reference, value, turned) in params {
        let seen = match turned {
            Some(s) => builder.emit_one(Op::Permute, crate::attrs![through::inverse(&s.perm)], &[reference])?,
            None => reference,
        };
        values.insert(value, seen);
    }
    for (id, node) in graph.enumerate() {
        if let Some(provenance) = graph.provenance(id) {
            builder.set_provenance(provenance);
        }
        let inputs: Vec<Reference> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = builder.emit_with(node.op, node.attrs.clone(), &inputs, &node.regions)?;
        values.extend(node.results.iter().copied().zip(results));
    }
    builder.set_provenance(&crate::ir::Provenance::default());
    for (i, output) in graph.outputs.iter().enumerate() {
        let value = values[&output.value].clone();
        let given = match stored.iter().find(|s| s.output == Some(i)) {
            Some(s) => builder.emit_one(Op::Permute, crate::attrs![s.perm.clone()], &[value])?,
            None => value,
        };
        builder.output(&given, output.writes.clone());
    }
    Ok(builder.finish())
}
