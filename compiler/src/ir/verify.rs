//! The rules that every graph keeps, whoever made it: after each pass in debug builds, and for all that comes from
//! outside. It reports the first rule that is broken and repairs nothing.

use std::{cell::RefCell, collections::HashSet, fmt::Display};

use smallvec::SmallVec;

use super::{Definition, Graph, Node, NodeId, ValueId};
use crate::{
    error::{Error, Result},
    ops::{Call, Signature},
    types::{Dim, Type},
};

/// The deepest nesting of regions: what a JSON reader, which stops at 128 brackets, still takes.
pub(super) const REGION_DEPTH: usize = 24;

/// Checks a graph and the regions in it: definitions before uses, types that are the rows' own, closed regions, states
/// carried in and out at most once, guards that can hold and are complete, and provenance of the right length.
///
/// # Errors
/// [`Error::Internal`] that names the graph, the node and both sides of what differs.
pub fn verify(graph: &Graph) -> Result<()> {
    Verifier::new(graph, 0).run()
}

/// [`verify`] in debug builds, nothing otherwise; the error names the pass that made the graph.
///
/// # Errors
/// Those of [`verify`].
pub fn debug_verify(graph: &Graph, pass: &str) -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    verify(graph).map_err(|e| match e {
        Error::Internal { message } => Error::internal(format_args!("after {pass}: {message}")),
        other => other,
    })
}

/// Why no value can have this type: a negative size, or more bytes than can be addressed.
pub(super) fn check_type(ty: &Type) -> std::result::Result<(), String> {
    if let Some(size) = ty.shape.iter().find(|d| d.as_known().is_some_and(|n| n < 0)) {
        return Err(format!("{ty} has the negative size {size}"));
    }
    // A size of 0 elsewhere is no excuse: strides and reductions multiply the others.
    let mut known = ty.shape.iter().filter_map(Dim::as_known).filter(|&n| n > 0);
    let bytes = known.try_fold(ty.dtype.size() as i64, i64::checked_mul);
    if bytes.is_none() || ty.shape.iter().any(|d| *d == i64::MAX) {
        return Err(format!("{ty} is too large"));
    }
    Ok(())
}

struct Verifier<'a> {
    graph: &'a Graph,
    guards: HashSet<&'a (Dim, Dim)>,
    depth: usize,
}

impl<'a> Verifier<'a> {
    fn new(graph: &'a Graph, depth: usize) -> Self {
        Self { graph, guards: graph.guards.iter().collect(), depth }
    }

    fn wrong<T>(&self, message: impl Display) -> Result<T> {
        let place = match (self.depth, self.graph.name.as_str()) {
            (0, "") => "graph".to_owned(),
            (0, name) => format!("graph @{name}"),
            (_, "") => "region".to_owned(),
            (_, name) => format!("region @{name}"),
        };
        Err(Error::internal(format_args!("{place}: {message}")))
    }

    fn wrong_at<T>(&self, id: NodeId, node: &Node, message: impl Display) -> Result<T> {
        self.wrong(format_args!("node {} ({}): {message}", id.0, node.op))
    }

    fn run(&self) -> Result<()> {
        if self.depth > REGION_DEPTH {
            return self.wrong(format_args!("regions are nested more than {REGION_DEPTH} deep"));
        }
        self.values()?;
        self.guards()?;
        let mut defined = vec![false; self.graph.values.len()];
        let mut last = None;
        for (i, param) in (0u32..).zip(&self.graph.params) {
            self.define(&mut defined, param.value, Definition::Param(i))?;
        }
        for (id, node) in self.graph.enumerate() {
            for operand in &node.operands {
                if !is_defined(&defined, *operand) {
                    return self.wrong_at(id, node, format_args!("value {} is used before it is defined", operand.0));
                }
            }
            self.node(id, node)?;
            for (i, &result) in (0u32..).zip(&node.results) {
                self.define(&mut defined, result, Definition::Result(id, i))?;
                // Passes walk values in place of nodes, and rely on it.
                if last.replace(result) > Some(result) {
                    return self.wrong_at(id, node, format_args!("result {} is numbered out of order", result.0));
                }
            }
        }
        if let Some(value) = defined.iter().position(|d| !d) {
            return self.wrong(format_args!("value {value} is defined by no parameter and no node"));
        }
        if let Some(output) = self.graph.outputs.iter().find(|o| !is_defined(&defined, o.value)) {
            return self.wrong(format_args!("output {} is no value", output.value.0));
        }
        self.states()?;
        self.provenance()
    }

    fn values(&self) -> Result<()> {
        for (i, value) in self.graph.values.iter().enumerate() {
            if let Err(message) = check_type(&value.ty) {
                return self.wrong(format_args!("value {i}: {message}"));
            }
        }
        Ok(())
    }

    fn define(&self, defined: &mut [bool], value: ValueId, by: Definition) -> Result<()> {
        let (Some(place), Some(stored)) = (defined.get_mut(value.0 as usize), self.graph.values.get(value.0 as usize))
        else {
            return self.wrong(format_args!("{by:?} defines value {}, which is not there", value.0));
        };
        if stored.definition != by || std::mem::replace(place, true) {
            let says = stored.definition;
            return self.wrong(format_args!("value {} says it is {says:?}, and {by:?} defines it", value.0));
        }
        Ok(())
    }

    fn node(&self, id: NodeId, node: &Node) -> Result<()> {
        let mut regions: SmallVec<[Signature; 1]> = SmallVec::new();
        for region in &node.regions {
            Verifier::new(region, self.depth + 1).run()?;
            if let Some((a, b)) = region.guards.iter().find(|pair| !self.guards.contains(pair)) {
                return self.wrong_at(id, node, format_args!("its region requires {a} == {b}, and the graph does not"));
            }
            regions.push(region.signature());
        }
        let inputs: SmallVec<[&Type; 4]> = node.operands.iter().map(|&v| self.graph.ty(v)).collect();
        let equalities = RefCell::new(Vec::new());
        let call =
            Call { op: node.op, attrs: &node.attrs, inputs: &inputs, regions: &regions, equalities: Some(&equalities) };
        let types = match node.op.row().check(&call) {
            Ok(types) => types,
            Err(Error::User { message, .. } | Error::Internal { message }) => return self.wrong_at(id, node, message),
            Err(other) => return self.wrong_at(id, node, other),
        };
        if types.len() != node.results.len() {
            let (is, has) = (types.len(), node.results.len());
            return self.wrong_at(id, node, format_args!("the op has {is} results, the node {has}"));
        }
        for (want, &result) in types.iter().zip(&node.results) {
            match self.graph.values.get(result.0 as usize) {
                Some(value) if value.ty == *want => {}
                Some(value) => {
                    return self.wrong_at(id, node, format_args!("the op gives {want}, its result is {}", value.ty));
                }
                None => return self.wrong_at(id, node, format_args!("result {} is no value", result.0)),
            }
        }
        for (a, b) in equalities.take() {
            let pair = if a <= b { (a, b) } else { (b, a) };
            if !self.guards.contains(&pair) {
                let (a, b) = pair;
                return self.wrong_at(id, node, format_args!("relies on {a} == {b}, which the graph does not require"));
            }
        }
        Ok(())
    }

    fn guards(&self) -> Result<()> {
        for (a, b) in &self.graph.guards {
            if a.is_known() && b.is_known() && a != b {
                return self.wrong(format_args!("requires {a} == {b}, which never holds"));
            }
            if a > b {
                return self.wrong(format_args!("the sides of requires {a} == {b} are out of order"));
            }
        }
        if self.guards.len() < self.graph.guards.len() {
            return self.wrong("requires the same equality twice");
        }
        Ok(())
    }

    fn states(&self) -> Result<()> {
        let read = self.graph.params.iter().filter_map(|p| p.state.as_ref());
        let written = self.graph.outputs.iter().filter_map(|o| o.writes.as_ref());
        if self.depth > 0
            && let Some(state) = read.clone().chain(written.clone()).next()
        {
            return self.wrong(format_args!("carries the state {state:?}, which only whole graphs do"));
        }
        let mut seen = HashSet::new();
        for state in read {
            if !seen.insert(state) {
                return self.wrong(format_args!("the state {state:?} comes in twice"));
            }
        }
        seen.clear();
        for state in written {
            if !seen.insert(state) {
                return self.wrong(format_args!("the state {state:?} is written twice"));
            }
        }
        Ok(())
    }

    fn provenance(&self) -> Result<()> {
        let (nodes, sets) = (self.graph.nodes.len(), self.graph.provenance.len());
        if nodes != sets {
            return self.wrong(format_args!("{nodes} nodes have {sets} sets of sources"));
        }
        let sources = self.graph.sources.len();
        match self.graph.provenance.iter().flat_map(|set| set.iter()).find(|id| id.0 as usize >= sources) {
            Some(id) => self.wrong(format_args!("a node comes from source {} of {sources}", id.0)),
            None => Ok(()),
        }
    }
}

fn is_defined(defined: &[bool], value: ValueId) -> bool {
    defined.get(value.0 as usize).copied().unwrap_or(false)
}
