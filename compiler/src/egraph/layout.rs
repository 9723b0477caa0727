//! The layout rules, made from the `through` column of the op rows: a permute is pushed towards producers, pulled out of
//! operands, put together with another, read in place. No op is named here but permute and reshape.

use egg::Id;
use smallvec::SmallVec;

use super::{
    language::{
        EGraph, Head, Kind, Node, Views, add_call, add_permute, add_reshape, add_result, seen_types, value_type,
    },
    saturate::{Rule, Saturation},
};
use crate::{
    error::Result,
    ops::{Attrs, Axes, Call, Class, Op, Relabelling, Signature, Site, through},
    rules::{Numerics, is_identity},
    types::Type,
};

/// The most layouts of one value. Convolution nets need 2, attention 3 or 4.
const VARIANTS: usize = 6;

/// How far a relabelled call of an op may change numbers: a permute keeps each element, but not the order in which some
/// are added up.
fn numerics(op: Op) -> Numerics {
    let row = op.row();
    match row.class {
        Class::Reduction | Class::Contraction | Class::Normalisation => Numerics::Reassoc,
        Class::Indexing if row.operands.contains(&"update") => Numerics::Reassoc,
        _ => Numerics::Exact,
    }
}

/// `permute(x, perm)`, unless x has enough layouts already and this would be a new one.
fn demand(graph: &mut EGraph, x: Id, perm: &[u32]) -> Option<Id> {
    if through::is_identity(perm) {
        return Some(x);
    }
    let known = |graph: &EGraph| {
        graph[x].nodes.iter().filter(|n| graph.analysis.permutation(n).is_some()).count() + 1 >= VARIANTS
    };
    if known(graph) {
        let attrs: Attrs = smallvec::smallvec![crate::ops::Attr::Axes(perm.into())];
        let head = graph.analysis.intern(Head::Call { op: Op::Permute, attrs, views: Views::new(), regions: 0 });
        return graph.lookup(Node { kind: Kind::Call(Op::Permute), head, children: smallvec::smallvec![x] });
    }
    Some(add_permute(graph, x, perm))
}

/// The op and views of a call.
fn call_of(graph: &EGraph, node: &Node) -> Option<(Op, Views)> {
    match graph.analysis.head(node) {
        Head::Call { op, views, .. } => Some((*op, views.clone())),
        _ => None,
    }
}

impl Saturation<'_> {
    /// Applies the layout rules to the nodes of one class.
    pub(super) fn layout(&mut self, class: Id) -> Result<()> {
        for node in self.graph[class].nodes.clone() {
            if self.is_full() {
                break;
            }
            let Kind::Call(op) = node.kind else { continue };
            if let ([x], false) = (node.children.as_slice(), self.graph.analysis.has_views(&node)) {
                let attrs: Attrs = self.graph.analysis.attrs(&node).into();
                if is_identity(op, &attrs, value_type(&self.graph, *x)?) {
                    self.merge(Rule::Same, class, *x)?;
                    continue;
                }
            }
            if op == Op::Permute {
                self.permute(class, &node)?;
            } else {
                self.pull(class, &node)?;
            }
        }
        Ok(())
    }

    /// What a permute lets be said of the class that holds it and of the value it permutes.
    fn permute(&mut self, class: Id, node: &Node) -> Result<()> {
        let Some(perm) = self.graph.analysis.permutation(node).cloned() else { return Ok(()) };
        let x = node.children[0];
        let (before, after) = (value_type(&self.graph, x)?.clone(), value_type(&self.graph, class)?.clone());
        if through::moves_nothing(&before.shape, &perm) {
            let forth = add_reshape(&mut self.graph, x, &after.shape)?;
            self.merge(Rule::Free, class, forth)?;
            let back = add_reshape(&mut self.graph, class, &before.shape)?;
            self.merge(Rule::Free, x, back)?;
            return Ok(());
        }
        let back = add_permute(&mut self.graph, class, &through::inverse(&perm));
        self.merge(Rule::Link, x, back)?;
        for inner in self.graph[x].nodes.clone() {
            match inner.kind {
                Kind::Call(Op::Permute) => {
                    let Some(first) = self.graph.analysis.permutation(&inner) else { continue };
                    let both = through::compose(first, &perm);
                    if let Some(id) = demand(&mut self.graph, inner.children[0], &both) {
                        self.merge(Rule::Compose, class, id)?;
                    }
                }
                Kind::Call(op) => {
                    if let Some(call) = self.relabelled(&inner, &self.result_types(x), Site::Result(0), &perm, None)? {
                        self.merge(Rule::Push(op), class, call.0)?;
                    }
                }
                Kind::Result => {
                    let Head::Result(number) = *self.graph.analysis.head(&inner) else { continue };
                    let results = self.result_types(inner.children[0]);
                    for call in self.graph[inner.children[0]].nodes.clone() {
                        let Kind::Call(op) = call.kind else { continue };
                        let site = Site::Result(number as usize);
                        if let Some((new, _)) = self.relabelled(&call, &results, site, &perm, None)? {
                            let result = add_result(&mut self.graph, new, number);
                            self.merge(Rule::Push(op), class, result)?;
                        }
                    }
                }
                Kind::Param | Kind::Outputs => {}
            }
        }
        Ok(())
    }

    /// Where an operand is a permuted value, the call reads it in place, or asks for the value as it was.
    fn pull(&mut self, class: Id, node: &Node) -> Result<()> {
        let Some((op, views)) = call_of(&self.graph, node) else { return Ok(()) };
        for (i, &child) in node.children.iter().enumerate() {
            for inner in self.graph[child].nodes.clone() {
                let Some(perm) = self.graph.analysis.permutation(&inner).cloned() else { continue };
                let stored = inner.children[0];
                if through::moves_nothing(&value_type(&self.graph, stored)?.shape, &perm) {
                    continue;
                }
                let seen = match views.get(i) {
                    Some(Some(view)) => through::compose(&perm, view),
                    _ => perm,
                };
                if self.absorb(class, node, i, stored, &seen)? {
                    continue;
                }
                let results = self.result_types(class);
                if results.len() == 1 && self.is_crowded(class) {
                    continue;
                }
                let site = Site::Operand(i);
                let Some((new, moved)) =
                    self.relabelled(node, &results, site, &through::inverse(&seen), Some(stored))?
                else {
                    continue;
                };
                let back = moved.results.iter().map(|perm| through::inverse(perm));
                let back: SmallVec<[Axes; 1]> = back.collect();
                if let ([_], [back]) = (results.as_slice(), back.as_slice()) {
                    let turned = add_permute(&mut self.graph, new, back);
                    self.merge(Rule::Pull(op), class, turned)?;
                } else {
                    for (number, back) in (0u32..).zip(&back) {
                        let old = add_result(&mut self.graph, class, number);
                        let result = add_result(&mut self.graph, new, number);
                        let turned = add_permute(&mut self.graph, result, back);
                        self.merge(Rule::Pull(op), old, turned)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a value has as many layouts as it may.
    fn is_crowded(&self, class: Id) -> bool {
        let permutes = self.graph[class].nodes.iter().filter(|n| self.graph.analysis.permutation(n).is_some());
        permutes.count() + 1 >= VARIANTS
    }

    /// Reads an operand in place, where the op can.
    fn absorb(&mut self, class: Id, node: &Node, operand: usize, stored: Id, seen: &[u32]) -> Result<bool> {
        let Head::Call { op, attrs, views, regions } = self.graph.analysis.head(node) else { return Ok(false) };
        let unmoved = through::is_identity(seen);
        if !unmoved && !op.row().through.reads_in_place(node.children.len(), operand, seen) {
            return Ok(false);
        }
        let (op, attrs, mut views, regions) = (*op, attrs.clone(), views.clone(), *regions);
        views.resize(node.children.len(), None);
        views[operand] = (!unmoved).then(|| seen.into());
        let mut children = node.children.clone();
        children[operand] = stored;
        let new = add_call(&mut self.graph, op, attrs, views, regions, &children);
        self.merge(Rule::Absorb(op), class, new)?;
        Ok(true)
    }

    fn result_types(&self, class: Id) -> crate::ops::Types {
        self.graph[class].data.types.clone()
    }

    /// The relabelling of a call with a permutation at a site, added; `given` is the operand that the site stands for,
    /// as it is stored.
    fn relabelled(
        &mut self,
        node: &Node,
        results: &[Type],
        site: Site,
        perm: &[u32],
        given: Option<Id>,
    ) -> Result<Option<(Id, Relabelling)>> {
        let context = &self.graph.analysis;
        let Head::Call { op, attrs, views, regions } = context.head(node) else { return Ok(None) };
        if numerics(*op) > self.options.numerics {
            return Ok(None);
        }
        let seen = seen_types(&self.graph, node)?;
        let inputs: SmallVec<[&Type; 4]> = seen.iter().collect();
        let signatures: SmallVec<[Signature; 1]> = context.regions(*regions).iter().map(|r| r.signature()).collect();
        let call = Call { op: *op, attrs, inputs: &inputs, regions: &signatures, equalities: None };
        let Some(moved) = op.row().through.relabel(&call, results, site, perm) else { return Ok(None) };
        let (op, views, regions) = (*op, views.clone(), *regions);

        let mut children: SmallVec<[Id; 4]> = SmallVec::new();
        let mut new_views = Views::new();
        for (i, (&child, turn)) in node.children.iter().zip(&moved.operands).enumerate() {
            let turn = match views.get(i) {
                Some(Some(view)) => through::compose(view, turn),
                _ => turn.clone(),
            };
            let (id, view) = match given {
                Some(stored) if site == Site::Operand(i) => (stored, None),
                _ if through::is_identity(&turn) => (child, None),
                _ if op.row().through.reads_in_place(node.children.len(), i, &turn) => (child, Some(turn)),
                _ => match demand(&mut self.graph, child, &turn) {
                    Some(id) => (id, None),
                    None => return Ok(None),
                },
            };
            children.push(id);
            new_views.push(view);
        }
        let new = add_call(&mut self.graph, op, moved.attrs.clone(), new_views, regions, &children);
        Ok(Some((new, moved)))
    }
}
