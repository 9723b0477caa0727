//! Matches the left sides of rules against classes and adds their right sides. Layouts are the business of `layout`.

use egg::Id;
use smallvec::SmallVec;

use super::{
    language::{Adding, EGraph, Handle, Kind, Node, same_number, value_type},
    saturate::{Rule, Saturation},
};
use crate::{
    error::{Error, Result},
    ir::{Emit, Typed},
    ops::{Attr, Attrs, Axes, Op},
    rules::{AttrTerm, Binding, Bound, Evaluator, Outcome, Rewrite, Term, TermId, instantiate},
};

/// What the variables and attributes of a rule stand for in one match.
#[derive(Clone, Debug)]
struct Found {
    values: SmallVec<[Option<Id>; 4]>,
    attrs: SmallVec<[Option<Attr>; 4]>,
}

struct Matcher<'a> {
    graph: &'a EGraph,
    rule: &'a Rewrite,
    commutative: &'a [Op],
}

impl Matcher<'_> {
    /// Every way in which a class matches a term, beginning with what is bound already.
    fn term(&self, term: TermId, class: Id, found: &Found, out: &mut Vec<Found>) {
        let class = self.graph.find(class);
        match self.rule.sides.pattern.term(term) {
            Term::Variable(v) => {
                let place = v.0 as usize;
                match found.values[place] {
                    Some(known) if self.graph.find(known) != class => {}
                    Some(_) => out.push(found.clone()),
                    None => {
                        let mut found = found.clone();
                        found.values[place] = Some(class);
                        out.push(found);
                    }
                }
            }
            Term::Number(number) => {
                let data = &self.graph[class].data;
                let (Some(x), [ty]) = (data.number, data.types.as_slice()) else { return };
                match number {
                    AttrTerm::Literal(Attr::Scalar(y)) if same_number(x, *y, ty.dtype) => out.push(found.clone()),
                    AttrTerm::Bound(i) => self.attr(*i as usize, &Attr::Scalar(x), found, out),
                    _ => {}
                }
            }
            Term::Call { op, operands, attrs } => {
                for node in self.graph[class].nodes.iter().filter(|n| n.kind == Kind::Call(*op)) {
                    self.call(node, operands, attrs, found, out);
                }
            }
        }
    }

    fn call(&self, node: &Node, operands: &[TermId], attrs: &[AttrTerm], found: &Found, out: &mut Vec<Found>) {
        if node.children.len() != operands.len() || self.graph.analysis.has_views(node) {
            return;
        }
        let mut partial = vec![found.clone()];
        for (term, attr) in attrs.iter().zip(self.graph.analysis.attrs(node)) {
            let mut next = Vec::new();
            for found in &partial {
                match term {
                    AttrTerm::Literal(literal) if literal == attr => next.push(found.clone()),
                    AttrTerm::Bound(i) => self.attr(*i as usize, attr, found, &mut next),
                    _ => {}
                }
            }
            partial = next;
        }
        let mut in_order = |children: &[Id]| {
            let mut partial = partial.clone();
            for (&term, &child) in operands.iter().zip(children) {
                let mut next = Vec::new();
                for found in &partial {
                    self.term(term, child, found, &mut next);
                }
                partial = next;
            }
            out.extend(partial);
        };
        in_order(&node.children);
        if let (Kind::Call(op), [x, y]) = (node.kind, node.children.as_slice())
            && x != y
            && self.commutative.contains(&op)
        {
            in_order(&[*y, *x]);
        }
    }

    fn attr(&self, place: usize, attr: &Attr, found: &Found, out: &mut Vec<Found>) {
        match &found.attrs[place] {
            Some(known) if known != attr => {}
            Some(_) => out.push(found.clone()),
            None => {
                let mut found = found.clone();
                found.attrs[place] = Some(attr.clone());
                out.push(found);
            }
        }
    }
}

impl Saturation<'_> {
    /// Applies the text rules that can see a change `depth` classes below this one.
    pub(super) fn rewrite(&mut self, class: Id, depth: usize) -> Result<()> {
        let mut ops: Vec<Op> = Vec::new();
        for node in &self.graph[class].nodes {
            match node.kind {
                Kind::Call(op) if ops.last() != Some(&op) => ops.push(op),
                _ => {}
            }
        }
        for op in ops {
            for i in self.rules_of(op).to_vec() {
                let rules = self.rules;
                let rule = &rules.rules[i];
                if rule.height <= depth {
                    continue;
                }
                let matcher = Matcher { graph: &self.graph, rule, commutative: &rules.commutative };
                let empty = Found {
                    values: SmallVec::from_elem(None, rule.sides.pattern.variables().len()),
                    attrs: SmallVec::from_elem(None, rule.sides.attributes.len()),
                };
                let mut found = Vec::new();
                matcher.term(rule.sides.left, class, &empty, &mut found);
                for found in found {
                    if self.is_full() {
                        return Ok(());
                    }
                    self.apply(i, class, &found)?;
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, number: usize, class: Id, found: &Found) -> Result<()> {
        let rules = self.rules;
        let rule = &rules.rules[number];
        let whole = value_type(&self.graph, class)?.clone();
        let handles = found.values.iter().map(|id| id.map(|id| Handle::of(&self.graph, id)).transpose());
        let handles: Vec<Option<Handle>> = handles.collect::<Result<_>>()?;
        let unread = Handle::of(&self.graph, class)?;
        // A variable that only the right side of another branch names is not there; every rule binds what it reads.
        let bindings: Vec<Binding<'_, Handle>> = handles
            .iter()
            .map(|handle| match handle {
                Some(handle) => Binding::One(Bound { ty: handle.ty(), value: Outcome::Value(handle.clone()) }),
                None => Binding::One(Bound { ty: unread.ty(), value: Outcome::Absent }),
            })
            .collect();
        let attrs: Option<Attrs> = found.attrs.iter().cloned().collect();
        let Some(attrs) = attrs else {
            return Err(Error::internal(format_args!("rule {} leaves an attribute unbound", rule.name)));
        };
        let mut adding = Adding(&mut self.graph);
        let evaluator = Evaluator::new(&mut adding, &rule.sides.pattern, &bindings, &attrs, whole.dtype);
        for condition in &rule.sides.conditions {
            if !evaluator.holds(condition)? {
                return Ok(());
            }
        }
        let symbolic = whole.shape.iter().any(|d| !d.is_known());
        let right = instantiate(&rule.sides.pattern, rule.sides.right, &bindings, &attrs, whole.dtype, &mut adding);
        let mut right = match right {
            Ok(right) => right,
            // What cannot be proved of symbolic sizes is not said.
            Err(Error::User { .. }) if symbolic => return Ok(()),
            Err(error) => return Err(Error::internal(format_args!("rule {}: {error}", rule.name))),
        };
        if right.ty().rank() == 0 && whole.rank() > 0 && right.ty().dtype == whole.dtype {
            // A value of rank 0 stood for every element.
            let attrs = crate::attrs![whole.shape.clone(), Axes::new()];
            right = adding.emit_one(Op::BroadcastInDim, attrs, &[right])?;
        }
        self.merge(Rule::Text(number), class, right.id)?;
        Ok(())
    }
}
