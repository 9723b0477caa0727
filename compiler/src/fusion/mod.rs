//! Forms `fused` regions on an optimised graph: elementwise work over one shape, with the broadcasts that it reads and the
//! reductions that end it, becomes one call that owns a region. What an executor of a region may count on is written here;
//! [`interpret()`] says what a region computes.
//!
//! A region has one shape, that of all elementwise results in it. It reads values of that shape, and values of fewer axes
//! through `broadcast_in_dim`; it holds its own scalar constants. A reduction of a value of that shape may be an output, and
//! is read by nothing inside. The call depends on itself through nothing outside.

mod interpret;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use smallvec::SmallVec;

use crate::{
    error::Result,
    ir::{Definition, Emit, Graph, GraphBuilder, NodeId, Provenance, Reference, ValueId},
    ops::{Attrs, Class, Movement, Op, Reduction},
    types::{Kind, Shape},
};

pub use interpret::{Elements, interpret};

/// So few elementwise calls are worth no region.
const FEWEST: usize = 2;

/// What a call is in a region.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Computes elements of the region's shape.
    Body,
    /// Reads what has fewer axes.
    Load,
    /// Folds axes away, at the end.
    Fold,
}

/// The graph with its elementwise work in regions.
///
/// # Errors
/// A fault of ours.
pub fn fuse(graph: &Graph) -> Result<Graph> {
    let mut groups = Groups::new(graph);
    for (id, _) in graph.enumerate() {
        groups.place(id.0 as usize);
    }
    groups.dissolve();
    Rebuild::new(graph, &groups).run()
}

/// How many regions a graph has, and how many calls are in them.
pub fn regions(graph: &Graph) -> (usize, usize) {
    let fused = graph.nodes.iter().filter(|node| node.op == Op::Fused);
    fused.fold((0, 0), |(regions, calls), node| (regions + 1, calls + node.regions[0].nodes.len()))
}

/// The same graph with its regions' calls in their places: what a device without an executor of regions runs.
///
/// # Errors
/// A fault of ours.
pub fn decompose(graph: &Graph) -> Result<Graph> {
    let mut builder = GraphBuilder::with_sources_of(graph.name.clone(), graph);
    let mut values: HashMap<ValueId, Reference> = HashMap::new();
    for param in &graph.params {
        let reference = builder.param(param.name.clone(), graph.ty(param.value).clone(), param.state.clone());
        values.insert(param.value, reference);
    }
    for (a, b) in &graph.guards {
        builder.guard(a.clone(), b.clone());
    }
    for (id, node) in graph.enumerate() {
        builder.set_provenance(graph.provenance(id).unwrap_or(&Provenance::default()));
        let operands: Vec<Reference> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = if node.op == Op::Fused {
            inline(&mut builder, &node.regions[0], operands)?
        } else {
            builder.emit_with(node.op, node.attrs.clone(), &operands, &node.regions)?.to_vec()
        };
        values.extend(node.results.iter().copied().zip(results));
    }
    for output in &graph.outputs {
        builder.output(&values[&output.value], output.writes.clone());
    }
    Ok(builder.finish())
}

fn inline(builder: &mut GraphBuilder, region: &Graph, operands: Vec<Reference>) -> Result<Vec<Reference>> {
    let mut values: HashMap<ValueId, Reference> = region.params.iter().map(|p| p.value).zip(operands).collect();
    for node in &region.nodes {
        let operands: Vec<Reference> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = builder.emit_with(node.op, node.attrs.clone(), &operands, &node.regions)?;
        values.extend(node.results.iter().copied().zip(results));
    }
    Ok(region.outputs.iter().map(|output| values[&output.value].clone()).collect())
}

/// Which calls go into which region.
struct Groups<'g> {
    graph: &'g Graph,
    /// The call that makes each value.
    maker: Vec<Option<usize>>,
    /// By call: its group, which is named by its first call.
    of: Vec<Option<usize>>,
    members: BTreeMap<usize, BTreeSet<usize>>,
}

impl<'g> Groups<'g> {
    fn new(graph: &'g Graph) -> Self {
        let maker = graph.values.iter().map(|value| match value.definition {
            Definition::Result(node, _) => Some(node.0 as usize),
            Definition::Param(_) => None,
        });
        Self { graph, maker: maker.collect(), of: vec![None; graph.nodes.len()], members: BTreeMap::new() }
    }

    fn role(&self, node: usize) -> Option<Role> {
        let call = &self.graph.nodes[node];
        let real = |id: &ValueId| self.graph.ty(*id).dtype.kind() != Kind::Complex;
        if !call.operands.iter().chain(&call.results).all(real) {
            return None;
        }
        match call.op {
            Op::Elementwise(_) if self.shape(node).iter().any(|size| *size != 1) => Some(Role::Body),
            Op::Movement(Movement::BroadcastInDim) => Some(Role::Load),
            Op::Reduction(Reduction::Sum | Reduction::Prod | Reduction::Amax | Reduction::Amin) => Some(Role::Fold),
            _ => None,
        }
    }

    /// The shape over which a call works.
    fn shape(&self, node: usize) -> &Shape {
        let call = &self.graph.nodes[node];
        let fold = matches!(call.op, Op::Reduction(_));
        &self.graph.ty(if fold { call.operands[0] } else { call.results[0] }).shape
    }

    /// A constant number, of which each region has its own.
    fn is_number(&self, value: ValueId) -> bool {
        self.maker[value.0 as usize]
            .is_some_and(|i| self.graph.nodes[i].op == Op::Constant && self.graph.ty(value).rank() == 0)
    }

    fn sources(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.graph.nodes[node].operands.iter().filter_map(|value| self.maker[value.0 as usize])
    }

    /// Puts a call into the groups that it reads from, as far as they can be one.
    fn place(&mut self, node: usize) {
        let Some(role) = self.role(node) else { return };
        self.of[node] = Some(node);
        self.members.insert(node, BTreeSet::from([node]));
        if role == Role::Load {
            return;
        }
        let sources: Vec<usize> = self.sources(node).collect();
        for source in sources {
            let (Some(theirs), Some(own)) = (self.of[source], self.of[node]) else { continue };
            if theirs != own && self.may_join(theirs, own) {
                let moved = self.members.remove(&own).unwrap_or_default();
                for member in &moved {
                    self.of[*member] = Some(theirs);
                }
                self.members.entry(theirs).or_default().extend(moved);
            }
        }
    }

    fn may_join(&self, a: usize, b: usize) -> bool {
        self.shape(a) == self.shape(b)
            && !self.reads_a_fold(a, b)
            && !self.reads_a_fold(b, a)
            && !self.leads_back(a, b)
            && !self.leads_back(b, a)
    }

    /// Whether a call of `to` reads what a fold, or for a load what anything, of `from` makes.
    fn reads_a_fold(&self, from: usize, to: usize) -> bool {
        self.members[&to].iter().any(|reader| {
            let load = self.role(*reader) == Some(Role::Load);
            self.sources(*reader)
                .any(|source| self.of[source] == Some(from) && (load || self.role(source) == Some(Role::Fold)))
        })
    }

    /// Whether a way leads from `from` to `to` that passes a call of neither. Groups are one: to reach a call of a group is
    /// to reach all of it.
    fn leads_back(&self, from: usize, to: usize) -> bool {
        // Calls are placed in order: nobody reads the last one yet.
        if self.members[&from].first() == self.members[&from].last() && self.members[&to].iter().all(|i| *i < from) {
            return false;
        }
        let mut seen = vec![false; self.graph.nodes.len()];
        let mut waiting: Vec<usize> = Vec::new();
        let mut reach = |node: usize, waiting: &mut Vec<usize>| {
            let group = self.of[node].map(|group| &self.members[&group]);
            for member in group.into_iter().flatten().copied().chain([node]) {
                if !std::mem::replace(&mut seen[member], true) {
                    waiting.push(member);
                }
            }
        };
        let other = |node: usize| self.of[node] != Some(to) && self.of[node] != Some(from);
        for member in &self.members[&to] {
            self.sources(*member).filter(|source| other(*source)).for_each(|source| reach(source, &mut waiting));
        }
        while let Some(node) = waiting.pop() {
            for source in self.sources(node) {
                if self.of[source] == Some(from) {
                    return true;
                }
                if other(source) {
                    reach(source, &mut waiting);
                }
            }
        }
        false
    }

    /// Sends the calls of groups that are too small to be regions back.
    fn dissolve(&mut self) {
        let (graph, of) = (self.graph, &mut self.of);
        self.members.retain(|_, members| {
            let body = members.iter().filter(|i| graph.nodes[**i].op.row().class == Class::Elementwise).count();
            if body < FEWEST {
                members.iter().for_each(|i| of[*i] = None);
            }
            body >= FEWEST
        });
    }
}

/// The graph anew, with a call for each group.
struct Rebuild<'g> {
    graph: &'g Graph,
    groups: &'g Groups<'g>,
    builder: GraphBuilder,
    values: HashMap<ValueId, Reference>,
    /// By value: whether it is an output, or something outside its group reads it.
    read_outside: Vec<bool>,
    done: BTreeSet<usize>,
}

impl<'g> Rebuild<'g> {
    fn new(graph: &'g Graph, groups: &'g Groups<'g>) -> Self {
        let mut builder = GraphBuilder::with_sources_of(graph.name.clone(), graph);
        let mut values = HashMap::new();
        for param in &graph.params {
            let reference = builder.param(param.name.clone(), graph.ty(param.value).clone(), param.state.clone());
            values.insert(param.value, reference);
        }
        for (a, b) in &graph.guards {
            builder.guard(a.clone(), b.clone());
        }
        let mut read_outside = vec![false; graph.values.len()];
        for output in &graph.outputs {
            read_outside[output.value.0 as usize] = true;
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            for value in &node.operands {
                let source = groups.maker[value.0 as usize].and_then(|source| groups.of[source]);
                read_outside[value.0 as usize] |= source.is_none() || source != groups.of[i];
            }
        }
        Self { graph, groups, builder, values, read_outside, done: BTreeSet::new() }
    }

    fn run(mut self) -> Result<Graph> {
        for i in 0..self.graph.nodes.len() {
            self.need(i)?;
        }
        for output in &self.graph.outputs {
            self.builder.output(&self.values[&output.value], output.writes.clone());
        }
        Ok(self.builder.finish().pruned())
    }

    /// Emits a call or its group, after everything that they read.
    fn need(&mut self, node: usize) -> Result<()> {
        let mut waiting = vec![(node, false)];
        while let Some((node, ready)) = waiting.pop() {
            if self.done.contains(&node) {
                continue;
            }
            let group = self.groups.of[node].and_then(|group| Some((group, self.groups.members.get(&group)?)));
            if ready {
                match group {
                    Some((_, members)) => self.emit_region(members)?,
                    None => self.emit(node)?,
                }
                continue;
            }
            waiting.push((node, true));
            let members: Vec<usize> = group.map_or(vec![node], |(_, members)| members.iter().copied().collect());
            for member in &members {
                let own = |source: &usize| {
                    self.groups.of[*source].is_none() || self.groups.of[*source] != self.groups.of[node]
                };
                waiting.extend(self.groups.sources(*member).filter(own).map(|source| (source, false)));
            }
        }
        Ok(())
    }

    fn emit(&mut self, i: usize) -> Result<()> {
        let node = &self.graph.nodes[i];
        self.builder.set_provenance(self.graph.provenance(NodeId(i as u32)).unwrap_or(&Provenance::default()));
        let operands: SmallVec<[Reference; 3]> = node.operands.iter().map(|v| self.values[v].clone()).collect();
        let results = self.builder.emit_with(node.op, node.attrs.clone(), &operands, &node.regions)?;
        self.values.extend(node.results.iter().copied().zip(results));
        self.done.insert(i);
        Ok(())
    }

    fn emit_region(&mut self, members: &BTreeSet<usize>) -> Result<()> {
        let graph = self.graph;
        let mut region = GraphBuilder::new("fused");
        let mut inside: HashMap<ValueId, Reference> = HashMap::new();
        let mut given: Vec<Reference> = Vec::new();
        let mut provenance = Provenance::default();
        for i in members {
            let node = &graph.nodes[*i];
            if let Some(own) = graph.provenance(NodeId(*i as u32)) {
                provenance.join(own);
            }
            for value in &node.operands {
                if inside.contains_key(value) {
                    continue;
                }
                let reference = if self.groups.is_number(*value) {
                    let constant = &graph.nodes[self.groups.maker[value.0 as usize].unwrap_or_default()];
                    region.emit_one(constant.op, constant.attrs.clone(), &[])?
                } else {
                    given.push(self.values[value].clone());
                    region.param(format!("x{}", given.len() - 1), graph.ty(*value).clone(), None)
                };
                inside.insert(*value, reference);
            }
            let operands: SmallVec<[Reference; 3]> = node.operands.iter().map(|v| inside[v].clone()).collect();
            let results = region.emit_with(node.op, node.attrs.clone(), &operands, &node.regions)?;
            inside.extend(node.results.iter().copied().zip(results));
        }
        let results = members.iter().flat_map(|i| &graph.nodes[*i].results);
        let made: Vec<ValueId> = results.filter(|value| self.read_outside[value.0 as usize]).copied().collect();
        for value in &made {
            region.output(&inside[value], None);
        }
        self.builder.set_provenance(&provenance);
        let results = self.builder.emit_with(Op::Fused, Attrs::new(), &given, &[region.finish().into()])?;
        self.values.extend(made.into_iter().zip(results));
        self.done.extend(members.iter().copied());
        Ok(())
    }
}
