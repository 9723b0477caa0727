//! Saturation: applies rules until nothing new is said or a limit is hit. Only classes that changed, and those above them
//! within reach of a pattern, are looked at again. Neither time nor chance decides anything.

use egg::Id;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Options,
    language::{EGraph, value_type},
};
use crate::{
    error::{Error, Result},
    ir::SourceId,
    ops::Op,
    rules::{Rewrite, RuleFile},
    types::Dim,
};

/// A rule, as the report counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// The rule of that place in the rule files.
    Text(usize),
    /// A call that gives its operand back.
    Same,
    /// A value whose every element is one known number.
    Number,
    /// A permute that moves nothing is a reshape.
    Free,
    /// A value is its permuted value, permuted back.
    Link,
    /// Two permutes are one.
    Compose,
    /// A permute after the op moves before it.
    Push(Op),
    /// A permute before the op moves behind it.
    Pull(Op),
    /// A permuted operand is read in place.
    Absorb(Op),
}

/// How often a rule joined two classes, and whose code they came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) times: usize,
    pub(super) sources: BTreeSet<SourceId>,
}

/// Why saturation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Every rule has said what it can.
    Saturated,
    /// The limit of iterations.
    Iterations,
    /// The limit of e-nodes.
    Nodes,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stop::Saturated => "saturated",
            Stop::Iterations => "stopped at the limit of iterations",
            Stop::Nodes => "stopped at the limit of e-nodes",
        })
    }
}

/// The most iterations.
const ITERATIONS: usize = 60;

/// How many of a rule's source lines the report keeps.
const SOURCES: usize = 8;

/// An e-graph on its way to saturation.
pub(super) struct Saturation<'a> {
    pub(super) graph: EGraph,
    pub(super) options: &'a Options,
    pub(super) rules: &'a RuleFile,
    pub(super) fired: BTreeMap<Rule, Count>,
    by_root: HashMap<Op, Vec<usize>>,
    limit: usize,
}

impl<'a> Saturation<'a> {
    /// With the rules that the options allow, and room for `8 * nodes + 20,000` e-nodes.
    pub(super) fn new(graph: EGraph, nodes: usize, options: &'a Options, rules: &'a RuleFile) -> Self {
        let mut by_root: HashMap<Op, Vec<usize>> = HashMap::new();
        for (i, rule) in rules.rules.iter().enumerate().filter(|(_, r)| r.numerics <= options.numerics) {
            if let Some(op) = root(rule) {
                by_root.entry(op).or_default().push(i);
            }
        }
        let limit = options.node_limit.unwrap_or(8 * nodes + 20_000);
        Self { graph, options, rules, fired: BTreeMap::new(), by_root, limit }
    }

    /// Whether no more e-nodes may be added.
    pub(super) fn is_full(&self) -> bool {
        self.graph.total_size() >= self.limit
    }

    /// Runs to the end; gives the number of iterations and why it ended.
    pub(super) fn run(&mut self) -> Result<(usize, Stop)> {
        self.rebuild(None)?;
        let tallest = self.rules.rules.iter().map(|r| r.height).max().unwrap_or(1);
        for iteration in 0..ITERATIONS {
            let changed = std::mem::take(&mut self.graph.analysis.changed);
            let dirty = self.above(changed, tallest);
            if dirty.is_empty() {
                return Ok((iteration, Stop::Saturated));
            }
            // All of a wave sees the classes as they were: until they are made one where they are, their readers would
            // be added twice.
            for (class, depth) in dirty {
                if self.is_full() {
                    self.rebuild(None)?;
                    return Ok((iteration, Stop::Nodes));
                }
                self.visit(self.graph.find(class), depth)?;
            }
            self.rebuild(None)?;
        }
        Ok((ITERATIONS, Stop::Iterations))
    }

    /// Applies every rule to one class, with a change `depth` classes below it.
    fn visit(&mut self, class: Id, depth: usize) -> Result<()> {
        self.graph.analysis.origin = self.graph[class].data.provenance.clone();
        self.number(class)?;
        if depth <= 1 {
            self.layout(class)?;
        }
        self.rewrite(class, depth)
    }

    /// Changed classes, at depth 0, and those above them, by how far they are above.
    fn above(&self, changed: Vec<Id>, tallest: usize) -> BTreeMap<Id, usize> {
        let mut dirty = BTreeMap::new();
        let mut front: Vec<Id> = Vec::new();
        for id in changed {
            let id = self.graph.find(id);
            if nearest(&mut dirty, id, 0) {
                front.push(id);
            }
        }
        for depth in 1..tallest {
            let mut next = Vec::new();
            while let Some(id) = front.pop() {
                // A call of several results is no step of its own: its results are what patterns see.
                let several = self.graph[id].data.types.len() != 1;
                let depth = if several { depth - 1 } else { depth };
                for parent in self.graph[id].parents() {
                    let parent = self.graph.find(parent);
                    if nearest(&mut dirty, parent, depth) {
                        if several { front.push(parent) } else { next.push(parent) }
                    }
                }
            }
            front = next;
        }
        dirty
    }

    /// Where the analysis knows a value to be one number, it is that number repeated.
    fn number(&mut self, class: Id) -> Result<()> {
        let data = &self.graph[class].data;
        let (Some(number), [ty]) = (data.number, data.types.as_slice()) else { return Ok(()) };
        let ty = ty.clone();
        let known = self.graph[class].nodes.iter().any(|n| self.is_number(n));
        if known {
            return Ok(());
        }
        let value = crate::ir::Emit::full(&mut super::language::Adding(&mut self.graph), number, ty.dtype, ty.shape)?;
        self.merge(Rule::Number, class, value.id)?;
        Ok(())
    }

    fn is_number(&self, node: &super::language::Node) -> bool {
        use super::language::Kind;
        match node.kind {
            Kind::Call(Op::Constant) => true,
            Kind::Call(Op::BroadcastInDim) => {
                let inner = &self.graph[node.children[0]];
                inner.nodes.iter().any(|n| n.kind == Kind::Call(Op::Constant))
            }
            _ => false,
        }
    }

    /// Says that two classes are one value.
    ///
    /// # Errors
    /// Types that differ: the rule is wrong.
    pub(super) fn merge(&mut self, rule: Rule, a: Id, b: Id) -> Result<bool> {
        let (a, b) = (self.graph.find(a), self.graph.find(b));
        if let Some(fault) = self.graph.analysis.fault.take() {
            return Err(Error::internal(format_args!("rule {}: {fault}", self.name(rule))));
        }
        if a == b {
            return Ok(false);
        }
        let (left, right) = (value_type(&self.graph, a)?, value_type(&self.graph, b)?);
        if left != right {
            if !left.shape.iter().chain(&right.shape).all(Dim::is_known) {
                return Ok(false);
            }
            let message = format!("rule {} merges {left} with {right}", self.name(rule));
            return Err(Error::internal(message));
        }
        let count = self.fired.entry(rule).or_default();
        count.times += 1;
        for id in [a, b] {
            for source in self.graph[id].data.provenance.iter() {
                if count.sources.len() < SOURCES {
                    count.sources.insert(source);
                }
            }
        }
        self.graph.union(a, b);
        Ok(true)
    }

    fn rebuild(&mut self, rule: Option<Rule>) -> Result<()> {
        self.graph.rebuild();
        match self.graph.analysis.fault.take() {
            None => Ok(()),
            Some(fault) => {
                let by = rule.map(|r| self.name(r)).unwrap_or_else(|| "congruence".to_owned());
                Err(Error::internal(format_args!("{by}: {fault}")))
            }
        }
    }

    /// The rules whose left side begins with this op.
    pub(super) fn rules_of(&self, op: Op) -> &[usize] {
        self.by_root.get(&op).map_or(&[], Vec::as_slice)
    }

    /// A rule's name in the report.
    pub(super) fn name(&self, rule: Rule) -> String {
        match rule {
            Rule::Text(i) => self.rules.rules[i].name.clone(),
            Rule::Same => "same".to_owned(),
            Rule::Number => "number".to_owned(),
            Rule::Free => "permute-free".to_owned(),
            Rule::Link => "permute-link".to_owned(),
            Rule::Compose => "permute-compose".to_owned(),
            Rule::Push(op) => format!("push-{op}"),
            Rule::Pull(op) => format!("pull-{op}"),
            Rule::Absorb(op) => format!("absorb-{op}"),
        }
    }
}

/// Notes a class at a depth, if it was not noted nearer; says whether that is news.
fn nearest(dirty: &mut BTreeMap<Id, usize>, id: Id, depth: usize) -> bool {
    let known = dirty.entry(id).or_insert(usize::MAX);
    let news = depth < *known;
    *known = depth.min(*known);
    news
}

/// The op that a rule's left side begins with.
fn root(rule: &Rewrite) -> Option<Op> {
    match rule.sides.pattern.term(rule.sides.left) {
        crate::rules::Term::Call { op, .. } => Some(*op),
        _ => None,
    }
}
