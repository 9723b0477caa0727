//! What the optimiser did, in words: rules that fired, cost, e-graph and, above all, the permutes that are left and why.

use std::fmt;

use super::{
    cost::copied_permutes,
    saturate::{Rule, Saturation, Stop},
    storage::Stored,
};
use crate::{
    ir::{Definition, Graph, Source, SourceId},
    ops::{Attr, Op, Through},
    rules::Numerics,
    types::Type,
};

/// A rule that joined values.
#[derive(Clone, Debug)]
pub struct Fired {
    /// Its name.
    pub name: String,
    /// How far it may change numbers; of layout rules what their op's row allows.
    pub numerics: Option<Numerics>,
    /// Where it stands, of rules from files.
    pub place: Option<String>,
    /// How often.
    pub times: usize,
    /// Some of the user's lines that it worked on.
    pub sources: Vec<Source>,
}

/// A permute that copies, and why it is there.
#[derive(Clone, Debug)]
pub struct Left {
    /// What is permuted.
    pub ty: Type,
    /// The permutation.
    pub perm: Vec<u32>,
    /// Between what it stands, and what stops it.
    pub reason: String,
    /// The user's lines.
    pub sources: Vec<Source>,
}

/// The permutes before and after.
#[derive(Clone, Debug, Default)]
pub struct Permutes {
    /// How many were recorded.
    pub recorded: usize,
    /// How many of these copied.
    pub copied: usize,
    /// How many there are now that move nothing or are read in place.
    pub free: usize,
    /// Those that copy now.
    pub left: Vec<Left>,
}

/// What the optimiser did.
#[derive(Clone, Debug)]
pub struct Report {
    /// Rules that fired, by name.
    pub rules: Vec<Fired>,
    /// Nodes of the recorded graph and of the optimised one.
    pub nodes: (usize, usize),
    /// E-nodes at the end.
    pub e_nodes: usize,
    /// Classes at the end.
    pub classes: usize,
    /// Iterations.
    pub iterations: usize,
    /// Why it ended.
    pub stop: Stop,
    /// How long it took.
    pub seconds: f64,
    /// The cost of the recorded graph and of the optimised one, in femtoseconds of the device's table.
    pub cost: (u64, u64),
    /// Permutes before and after.
    pub permutes: Permutes,
}

impl Report {
    pub(super) fn new(
        recorded: &Graph,
        optimised: &Graph,
        saturation: &Saturation<'_>,
        (iterations, stop): (usize, Stop),
        cost: (u64, u64),
    ) -> Self {
        let fired = |(&rule, count): (&Rule, &super::saturate::Count)| {
            let text = match rule {
                Rule::Text(i) => Some(&saturation.rules.rules[i]),
                _ => None,
            };
            Fired {
                name: saturation.name(rule),
                numerics: text.map(|r| r.numerics),
                place: text.map(|r| r.place.clone()),
                times: count.times,
                sources: sources(recorded, count.sources.iter().copied()),
            }
        };
        let mut rules: Vec<Fired> = saturation.fired.iter().map(fired).collect();
        rules.sort_by(|a, b| a.name.cmp(&b.name));
        Report {
            rules,
            nodes: (recorded.nodes.len(), optimised.nodes.len()),
            e_nodes: saturation.graph.total_number_of_nodes(),
            classes: saturation.graph.number_of_classes(),
            iterations,
            stop,
            seconds: 0.0,
            cost,
            permutes: permutes(recorded, optimised),
        }
    }
}

fn sources(graph: &Graph, ids: impl Iterator<Item = SourceId>) -> Vec<Source> {
    ids.filter_map(|SourceId(i)| graph.sources.get_index(i as usize).cloned()).collect()
}

/// The layout report of a graph and what became of it.
pub fn permutes(recorded: &Graph, optimised: &Graph) -> Permutes {
    let count = |graph: &Graph| graph.nodes.iter().filter(|n| n.op == Op::Permute).count();
    let copies = |copied: &[bool]| copied.iter().filter(|c| **c).count();
    let copied = copied_permutes(optimised);
    let left = optimised.enumerate().filter(|(id, _)| copied[id.0 as usize]).map(|(id, node)| {
        let perm = match node.attrs.as_slice() {
            [Attr::Axes(perm)] => perm.to_vec(),
            _ => Vec::new(),
        };
        let provenance = optimised.provenance(id).map(|p| optimised.sources_of(p).cloned().collect());
        Left {
            ty: optimised.ty(node.operands[0]).clone(),
            perm,
            reason: reason(optimised, id),
            sources: provenance.unwrap_or_default(),
        }
    });
    Permutes {
        recorded: count(recorded),
        copied: copies(&copied_permutes(recorded)),
        free: count(optimised) - copies(&copied),
        left: left.collect(),
    }
}

/// Between what a permute stands, and what keeps it from moving further.
fn reason(graph: &Graph, id: crate::ir::NodeId) -> String {
    let (operand, result) = (graph.node(id).operands[0], graph.node(id).results[0]);
    let from = match graph.values[operand.0 as usize].definition {
        Definition::Param(i) => format!("%{} comes in the caller's layout", graph.params[i as usize].name),
        Definition::Result(id, _) => made(graph.node(id).op),
    };
    let readers = graph.nodes.iter().filter(|n| n.operands.contains(&result)).map(|n| read(n.op));
    let outputs = graph.outputs.iter().enumerate().filter(|(_, o)| o.value == result);
    let mut to: Vec<String> = readers.chain(outputs.map(|(i, _)| format!("output {i} is the caller's"))).collect();
    to.dedup();
    format!("{from}; {}", to.join(", "))
}

fn stops(op: Op) -> Option<&'static str> {
    match op.row().through {
        Through::NotYet => Some("its row does not say how permutes move"),
        Through::Opaque(reason) => Some(reason),
        _ if op == Op::Reshape => Some("axes that it joins or splits stand apart"),
        _ => None,
    }
}

fn made(op: Op) -> String {
    stops(op).map_or_else(|| format!("made by {op}"), |why| format!("made by {op}: {why}"))
}

fn read(op: Op) -> String {
    stops(op).map_or_else(|| format!("read by {op}"), |why| format!("read by {op}: {why}"))
}

/// A cost in words.
struct Femtoseconds(u64);

impl fmt::Display for Femtoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} us", self.0 as f64 / 1e9)
    }
}

impl fmt::Display for Report {
    /// Everything but the time it took, which is another each time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cost: {} -> {}", Femtoseconds(self.cost.0), Femtoseconds(self.cost.1))?;
        writeln!(f, "nodes: {} -> {}", self.nodes.0, self.nodes.1)?;
        let (nodes, classes) = (self.e_nodes, self.classes);
        writeln!(f, "e-graph: {nodes} nodes in {classes} classes, {} after {} iterations", self.stop, self.iterations)?;
        let p = &self.permutes;
        let (left, free) = (p.left.len(), p.free);
        writeln!(f, "permutes: {} in, {} of them copies; {left} copies left, {free} free", p.recorded, p.copied)?;
        for left in &p.left {
            let perm: Vec<String> = left.perm.iter().map(u32::to_string).collect();
            writeln!(f, "  left: {} by [{}]: {}", left.ty, perm.join(","), left.reason)?;
        }
        writeln!(f, "rules:")?;
        for rule in &self.rules {
            let class = rule.numerics.map_or_else(String::new, |n| format!(" [{n}]"));
            writeln!(f, "  {} x {}{class}", rule.times, rule.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perm: Vec<String> = self.perm.iter().map(u32::to_string).collect();
        let (param, output) =
            (self.param.map(|p| format!("parameter {p}")), self.output.map(|o| format!("output {o}")));
        let places: Vec<String> = param.into_iter().chain(output).collect();
        write!(f, "{} by [{}]", places.join(" and "), perm.join(","))
    }
}
