//! A pattern: terms as a graph in which equal terms are one, so that what is written twice is computed once.

use indexmap::IndexSet;

use super::function::FunctionId;
use crate::{
    ops::{Attr, Op},
    types::Scalar,
};

/// A variable's place in its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(pub u32);

/// A term's place in its pattern; its parts come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermId(pub u32);

/// One term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// A bound value.
    Variable(VariableId),
    /// A number of rank 0; its element type is that of the operand beside it.
    Number(AttrTerm),
    /// A call of an op of one result.
    Call {
        /// The op.
        op: Op,
        /// Its operands.
        operands: Vec<TermId>,
        /// Its attributes, in the order of the row.
        attrs: Vec<AttrTerm>,
    },
}

/// How an attribute of a call is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttrTerm {
    /// Written out.
    Literal(Attr),
    /// An attribute of the call that the rule belongs to, by its place.
    Bound(u32),
    /// The type of a variable: only as an argument.
    TypeOf(VariableId),
    /// Computed.
    Computed(FunctionId, Vec<AttrTerm>),
}

impl AttrTerm {
    /// A number written out.
    pub fn number(x: Scalar) -> Self {
        AttrTerm::Literal(Attr::Scalar(x))
    }
}

/// Terms over variables.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    terms: IndexSet<Term>,
    variables: Vec<String>,
}

impl Pattern {
    /// A pattern over these variables and no terms yet.
    pub fn over(variables: Vec<String>) -> Self {
        Self { terms: IndexSet::new(), variables }
    }

    /// The place of a term, new or known.
    pub fn add(&mut self, term: Term) -> TermId {
        TermId(self.terms.insert_full(term).0 as u32)
    }

    /// A term by its place.
    pub fn term(&self, id: TermId) -> &Term {
        &self.terms[id.0 as usize]
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The variable of that name.
    pub fn variable(&self, name: &str) -> Option<VariableId> {
        self.variables.iter().position(|v| v == name).map(|i| VariableId(i as u32))
    }

    /// A new variable.
    pub fn add_variable(&mut self, name: &str) -> VariableId {
        self.variables.push(name.to_owned());
        VariableId(self.variables.len() as u32 - 1)
    }

    /// The variables' names.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Calls `visit` on each variable whose value the term reads; types alone do not count.
    pub fn values_read(&self, root: TermId, visit: &mut dyn FnMut(VariableId)) {
        let mut seen = vec![false; self.terms.len()];
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            match self.term(id) {
                Term::Variable(v) => visit(*v),
                Term::Call { operands, .. } => stack.extend(operands),
                Term::Number(_) => {}
            }
        }
    }
}
