//! The one evaluator: turns terms into values by emitting them, each term once.

use smallvec::SmallVec;

use super::{
    function::Argument,
    pattern::{AttrTerm, Pattern, Term, TermId, VariableId},
};
use crate::{
    error::{Error, Result},
    ir::{Emit, Typed},
    ops::{Attr, Attrs, Op, Tangent},
    types::{DType, Scalar, Type},
};

/// What a variable stands for.
#[derive(Clone, Debug)]
pub enum Binding<'a, V> {
    /// One value.
    One(Bound<'a, V>),
    /// The operands of a variadic op.
    Many(Vec<Bound<'a, V>>),
}

/// A value, or as much as is known of it.
#[derive(Clone, Debug)]
pub struct Bound<'a, V> {
    /// Its type.
    pub ty: &'a Type,
    /// The value, where the caller has it.
    pub value: Outcome<V>,
}

/// What a term comes to.
#[derive(Clone, Debug)]
pub enum Outcome<V> {
    /// A value.
    Value(V),
    /// Zero everywhere, without a value made.
    Zero,
    /// Only the type is known: reading it is a fault.
    Absent,
}

/// Whether a call gives its operand back as it is.
pub fn is_identity(op: Op, attrs: &Attrs, x: &Type) -> bool {
    let in_order = |axes: &[u32]| axes.iter().copied().eq(0..x.rank() as u32);
    match (op, attrs.as_slice()) {
        (Op::Permute, [Attr::Axes(dims)]) => in_order(dims),
        (Op::Sum, [Attr::Axes(dims)]) => dims.is_empty() && x.dtype.is_inexact(),
        (Op::Reshape, [Attr::Dims(shape)]) => *shape == x.shape,
        (Op::BroadcastInDim, [Attr::Dims(shape), Attr::Axes(dims)]) => *shape == x.shape && in_order(dims),
        (Op::Cast, [Attr::DType(dtype)]) => *dtype == x.dtype,
        (Op::Conj, []) => x.dtype != DType::C64,
        _ => false,
    }
}

/// The value of a term under a set of bindings: what every rule's right side comes to.
///
/// # Errors
/// What the emitter refuses; a term that is zero without a value.
pub fn instantiate<E: Emit + ?Sized>(
    pattern: &Pattern,
    term: TermId,
    bindings: &[Binding<'_, E::Value>],
    attrs: &Attrs,
    number_dtype: DType,
    emit: &mut E,
) -> Result<E::Value, E::Error> {
    match Evaluator::new(emit, pattern, bindings, attrs, number_dtype).evaluate(term)? {
        Outcome::Value(value) => Ok(value),
        other => Err(Error::internal(format_args!(
            "a rule's term comes to no value: {}",
            match other {
                Outcome::Zero => "zero",
                _ => "absent",
            }
        ))
        .into()),
    }
}

/// Evaluates the terms of one pattern under one set of bindings.
pub struct Evaluator<'a, E: Emit + ?Sized> {
    emit: &'a mut E,
    pattern: &'a Pattern,
    bindings: &'a [Binding<'a, E::Value>],
    attrs: &'a Attrs,
    number_dtype: DType,
    each: usize,
    memo: Vec<Option<Outcome<E::Value>>>,
}

impl<'a, E: Emit + ?Sized> Evaluator<'a, E> {
    /// `attrs` are those of the call that the rule belongs to; `number_dtype` is the element type of a number that stands
    /// beside no typed operand.
    pub fn new(
        emit: &'a mut E,
        pattern: &'a Pattern,
        bindings: &'a [Binding<'a, E::Value>],
        attrs: &'a Attrs,
        number_dtype: DType,
    ) -> Self {
        let memo = vec![None; pattern.len()];
        Self { emit, pattern, bindings, attrs, number_dtype, each: 0, memo }
    }

    /// The emitter.
    pub fn emitter(&mut self) -> &mut E {
        self.emit
    }

    /// Evaluates for operand `each` of a variadic op; terms that were evaluated for another are forgotten.
    pub fn at(&mut self, each: usize) {
        self.each = each;
        self.memo.fill(None);
    }

    /// The value of a term.
    ///
    /// # Errors
    /// What the emitter refuses; a variable that is read and absent.
    pub fn evaluate(&mut self, id: TermId) -> Result<Outcome<E::Value>, E::Error> {
        if let Some(known) = &self.memo[id.0 as usize] {
            return Ok(known.clone());
        }
        let pattern = self.pattern;
        let outcome = match pattern.term(id) {
            Term::Variable(v) => self.variable(*v)?,
            Term::Number(number) => Outcome::Value(self.number(number, self.number_dtype)?),
            Term::Call { op, operands, attrs } => self.call(*op, operands, attrs)?,
        };
        self.memo[id.0 as usize] = Some(outcome.clone());
        Ok(outcome)
    }

    /// Whether a condition holds: a function of attributes and types that gives a truth value.
    ///
    /// # Errors
    /// A function that gives something else.
    pub fn holds(&self, condition: &AttrTerm) -> Result<bool> {
        match self.attribute(condition)? {
            Attr::Bool(holds) => Ok(holds),
            other => Err(Error::internal(format_args!("{other} stands where a condition belongs"))),
        }
    }

    fn bound(&self, id: VariableId) -> &Bound<'a, E::Value> {
        match &self.bindings[id.0 as usize] {
            Binding::One(bound) => bound,
            Binding::Many(all) => &all[self.each],
        }
    }

    fn variable(&self, id: VariableId) -> Result<Outcome<E::Value>> {
        match &self.bound(id).value {
            Outcome::Absent => Err(Error::internal(format_args!("a rule reads variable {} that was not kept", id.0))),
            known => Ok(known.clone()),
        }
    }

    fn number(&mut self, term: &AttrTerm, dtype: DType) -> Result<E::Value, E::Error> {
        match self.attribute(term)? {
            Attr::Scalar(x) => {
                let x = if dtype.is_inexact() { Scalar::Float(x.as_f64()) } else { x };
                self.emit.constant(x, dtype)
            }
            other => Err(Error::internal(format_args!("{other} stands where a number belongs")).into()),
        }
    }

    fn attribute(&self, term: &AttrTerm) -> Result<Attr> {
        match term {
            AttrTerm::Literal(attr) => Ok(attr.clone()),
            AttrTerm::Bound(i) => Ok(self.attrs[*i as usize].clone()),
            AttrTerm::TypeOf(_) => Err(Error::internal("a type stands where an attribute belongs")),
            AttrTerm::Computed(function, terms) => {
                // Arguments that are attributes are computed first, so that the rest can be borrowed.
                let attrs = terms.iter().map(|t| match t {
                    AttrTerm::TypeOf(_) => Ok(None),
                    other => self.attribute(other).map(Some),
                });
                let attrs: SmallVec<[Option<Attr>; 4]> = attrs.collect::<Result<_>>()?;
                let many: SmallVec<[&Type; 4]> = terms.iter().find_map(|t| self.many(t)).unwrap_or_default();
                let arguments = terms.iter().zip(&attrs).map(|(term, attr)| match (term, attr) {
                    (_, Some(attr)) => Argument::Attr(attr),
                    (term, None) if self.many(term).is_some() => Argument::Each(&many, self.each),
                    (AttrTerm::TypeOf(v), None) => Argument::Type(self.bound(*v).ty),
                    _ => unreachable!("only types are without an attribute"),
                });
                let arguments: SmallVec<[Argument<'_>; 4]> = arguments.collect();
                function.call(&arguments)
            }
        }
    }

    fn many(&self, term: &AttrTerm) -> Option<SmallVec<[&'a Type; 4]>> {
        let AttrTerm::TypeOf(v) = term else { return None };
        match &self.bindings[v.0 as usize] {
            Binding::Many(all) => Some(all.iter().map(|b| b.ty).collect()),
            Binding::One(_) => None,
        }
    }

    fn call(&mut self, op: Op, operands: &[TermId], attrs: &[AttrTerm]) -> Result<Outcome<E::Value>, E::Error> {
        let pattern = self.pattern;
        let mut values: SmallVec<[Option<Outcome<E::Value>>; 3]> = SmallVec::new();
        for &id in operands {
            // Numbers wait until the element type of their neighbour is known.
            values.push(match pattern.term(id) {
                Term::Number(_) => None,
                _ => Some(self.evaluate(id)?),
            });
        }
        let neighbour = values.iter().rev().find_map(|v| match v {
            Some(Outcome::Value(v)) => Some(v.ty().dtype),
            _ => None,
        });
        let mut inputs: SmallVec<[Outcome<E::Value>; 3]> = SmallVec::new();
        for (value, &id) in values.into_iter().zip(operands) {
            inputs.push(match (value, pattern.term(id)) {
                (Some(value), _) => value,
                (None, Term::Number(number)) => {
                    Outcome::Value(self.number(number, neighbour.unwrap_or(self.number_dtype))?)
                }
                (None, _) => unreachable!("only numbers wait"),
            });
        }
        if let Some(outcome) = self.with_zeros(op, &inputs)? {
            return Ok(outcome);
        }
        let attrs: Attrs = attrs.iter().map(|a| self.attribute(a)).collect::<Result<_>>()?;
        let values: Option<SmallVec<[E::Value; 3]>> = inputs
            .into_iter()
            .map(|o| match o {
                Outcome::Value(v) => Some(v),
                _ => None,
            })
            .collect();
        let Some(values) = values else {
            return Err(Error::internal(format_args!("a symbolic zero reaches {op}")).into());
        };
        if values.len() == 1 && is_identity(op, &attrs, values[0].ty()) {
            return Ok(Outcome::Value(values[0].clone()));
        }
        match self.emit.emit(op, attrs, &values)?.into_iter().next() {
            Some(first) => Ok(Outcome::Value(first)),
            None => Err(Error::internal(format_args!("{op} has no result")).into()),
        }
    }

    /// What a call with symbolic zeros comes to, where none has to be made a value.
    fn with_zeros(&mut self, op: Op, inputs: &[Outcome<E::Value>]) -> Result<Option<Outcome<E::Value>>, E::Error> {
        if !inputs.iter().any(|i| matches!(i, Outcome::Zero)) {
            return Ok(None);
        }
        Ok(match (op, inputs) {
            (Op::Add, [Outcome::Zero, other] | [other, Outcome::Zero]) | (Op::Sub, [other, Outcome::Zero]) => {
                Some(other.clone())
            }
            (Op::Sub, [Outcome::Zero, Outcome::Value(other)]) => {
                Some(Outcome::Value(self.emit.emit_one(Op::Neg, Attrs::new(), std::slice::from_ref(other))?))
            }
            (Op::Mul, _) | (Op::Div, [Outcome::Zero, _]) => Some(Outcome::Zero),
            _ if inputs.len() == 1 && op.row().jvp == Tangent::Linear => Some(Outcome::Zero),
            _ if op.row().jvp == Tangent::Multilinear => Some(Outcome::Zero),
            _ => None,
        })
    }
}
