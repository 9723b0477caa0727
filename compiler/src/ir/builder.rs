//! Builds a graph: the emitter that records. It checks each call by the op's row and keeps provenance beside it.

use smallvec::SmallVec;
use std::{cell::RefCell, collections::HashSet, sync::Arc};

use super::{
    Definition, Emit, Graph, Node, NodeId, Output, Param, Provenance, Source, SourceId, Typed, Value, ValueId, Values,
    emit::infer,
};
use crate::{
    error::{Error, Result},
    ops::{Attrs, Op, Signature},
    types::{Dim, Type},
};

/// A value of the graph being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its place.
    pub id: ValueId,
    ty: Type,
}

impl Typed for Reference {
    fn ty(&self) -> &Type {
        &self.ty
    }
}

/// Records calls into a graph.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
    provenance: Provenance,
    equalities: RefCell<Vec<(Dim, Dim)>>,
    guards: HashSet<(Dim, Dim)>,
}

impl GraphBuilder {
    /// An empty graph of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { graph: Graph { name: name.into(), ..Graph::default() }, ..Self::default() }
    }

    /// A builder whose sources are those of another graph, so that its provenance can be carried over.
    pub fn with_sources_of(name: impl Into<String>, other: &Graph) -> Self {
        let mut builder = Self::new(name);
        builder.graph.sources = other.sources.clone();
        builder
    }

    /// The graph so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// A new parameter.
    pub fn param(&mut self, name: impl Into<String>, ty: Type, state: Option<String>) -> Reference {
        let definition = Definition::Param(self.graph.params.len() as u32);
        let reference = self.value(ty, definition);
        self.graph.params.push(Param { value: reference.id, name: name.into(), state });
        reference
    }

    /// Says that a parameter carries a state.
    pub fn set_state(&mut self, param: usize, name: impl Into<String>, state: impl Into<String>) {
        if let Some(param) = self.graph.params.get_mut(param) {
            param.name = name.into();
            param.state = Some(state.into());
        }
    }

    /// The place of a source in this graph.
    pub fn source(&mut self, source: Source) -> SourceId {
        SourceId(self.graph.sources.insert_full(source).0 as u32)
    }

    /// Adds an output; `writes` names the state it carries out.
    pub fn output(&mut self, value: &Reference, writes: Option<String>) {
        self.graph.outputs.push(Output { value: value.id, writes });
    }

    /// An equality of sizes that the recorded program relies on.
    pub fn guard(&mut self, a: Dim, b: Dim) {
        self.equalities.get_mut().push((a, b));
        self.take_equalities();
    }

    /// Whose code the next calls come from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// A reference to a value that is there already.
    pub fn reference(&self, id: ValueId) -> Reference {
        Reference { id, ty: self.graph.ty(id).clone() }
    }

    /// The finished graph.
    pub fn finish(self) -> Graph {
        self.graph
    }

    fn value(&mut self, ty: Type, definition: Definition) -> Reference {
        let id = ValueId(self.graph.values.len() as u32);
        self.graph.values.push(Value { ty: ty.clone(), definition });
        Reference { id, ty }
    }

    fn take_equalities(&mut self) {
        for (a, b) in self.equalities.take() {
            let pair = if a <= b { (a, b) } else { (b, a) };
            if self.guards.insert(pair.clone()) {
                self.graph.guards.push(pair);
            }
        }
    }
}

impl Emit for GraphBuilder {
    type Value = Reference;
    type Error = Error;

    fn emit_with(
        &mut self,
        op: Op,
        attrs: Attrs,
        inputs: &[Reference],
        regions: &[Arc<Graph>],
    ) -> Result<Values<Reference>> {
        let signatures: SmallVec<[Signature; 1]> = regions.iter().map(|r| r.signature()).collect();
        let types = infer(op, &attrs, inputs, &signatures, Some(&self.equalities)).inspect_err(|_| {
            // A refused call relies on nothing.
            self.equalities.take();
        })?;
        // What a region relies on, the graph around it does.
        self.equalities.get_mut().extend(regions.iter().flat_map(|r| r.guards.iter().cloned()));
        self.take_equalities();
        let id = NodeId(self.graph.nodes.len() as u32);
        let results: Values<Reference> =
            (0u32..).zip(types).map(|(i, ty)| self.value(ty, Definition::Result(id, i))).collect();
        self.graph.nodes.push(Node {
            op,
            attrs,
            operands: inputs.iter().map(|v| v.id).collect(),
            results: results.iter().map(|v| v.id).collect(),
            regions: regions.iter().cloned().collect(),
        });
        self.graph.provenance.push(self.provenance.clone());
        Ok(results)
    }

    fn set_provenance(&mut self, provenance: &Provenance) {
        self.provenance = provenance.clone();
    }
}
