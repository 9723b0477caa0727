//! Sums of products over named axes: einsum, tensordot and their kin, as products of matrices.

use flashlight_compiler::{
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{Dim, Shape},
};
use smallvec::smallvec;

use super::{
    Arguments, Function, Places,
    call::sizes,
    compose::{all_axes, broadcast_shape, promote, torch_name},
    contraction::product,
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// The name of an axis: a letter, or a place under the ellipsis, counted from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Hidden(usize),
    Letter(char),
}

/// A value whose axes have names, each once.
struct Named {
    value: Value,
    labels: Vec<Label>,
}

fn refuse<T>(message: impl std::fmt::Display) -> Result<T> {
    Err(Error::runtime(format_args!("einsum(): {message}")))
}

/// The labels of one operand, or of the result; `rank` says how many axes there are for the ellipsis to stand for.
fn labels(text: &str, rank: Option<usize>, hidden: usize) -> Result<Vec<Label>> {
    let mut list = Vec::new();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let mut rest = text.chars().filter(|c| *c != ' ').peekable();
    let mut ellipsis = false;
    while let Some(c) = rest.next() {
        match c {
            'a'..='z' | 'A'..='Z' => list.push(Label::Letter(c)),
            '.' => {
                if ellipsis || rest.next() != Some('.') || rest.next() != Some('.') {
                    return refuse(format_args!(
                        "found '.' in \"{text}\" that is not part of any ellipsis, or a second ellipsis"
                    ));
                }
                ellipsis = true;
                let count = match rank {
                    Some(rank) => rank.checked_sub(letters).unwrap_or(usize::MAX),
                    None => hidden,
                };
                if count == usize::MAX {
                    break;
                }
                list.extend((0..count).rev().map(Label::Hidden));
            }
            other => return refuse(format_args!("invalid subscript given: '{other}', subscripts must be in [a-zA-Z]")),
        }
    }
    match rank {
        Some(rank) if list.len() != rank || letters > rank => refuse(format_args!(
            "the number of subscripts in \"{text}\" does not match the number of dimensions ({rank}) of its operand"
        )),
        _ => Ok(list),
    }
}

impl Named {
    /// With the diagonal taken where a name stands twice.
    fn of(s: &mut Scope<'_>, value: Value, mut labels: Vec<Label>) -> Result<Self> {
        let mut value = value;
        while let Some((i, j)) = (0..labels.len())
            .flat_map(|i| (i + 1..labels.len()).map(move |j| (i, j)))
            .find(|&(i, j)| labels[i] == labels[j])
        {
            let (a, b) = (value.ty().shape[i].clone(), value.ty().shape[j].clone());
            if a != b {
                return refuse(format_args!("a subscript is repeated for axes of sizes {a} and {b} of one operand"));
            }
            value = super::diagonal::read(s, &value, i, j, 0)?;
            let label = labels[i];
            labels.remove(j);
            labels.remove(i);
            labels.push(label);
        }
        Ok(Self { value, labels })
    }

    fn size(&self, label: Label) -> Option<&Dim> {
        self.labels.iter().position(|l| *l == label).map(|at| &self.value.ty().shape[at])
    }

    /// Sums over axes.
    fn summed(self, s: &mut Scope<'_>, over: &[Label]) -> Result<Self> {
        let axes: Axes = (0u32..).zip(&self.labels).filter(|(_, l)| over.contains(l)).map(|(i, _)| i).collect();
        if axes.is_empty() {
            return Ok(self);
        }
        let dtype = self.value.ty().dtype;
        let sum = s.fold(Op::Sum, &self.value, &axes, false)?;
        let value = s.cast(&sum, dtype)?;
        Ok(Self { value, labels: self.labels.into_iter().filter(|l| !over.contains(l)).collect() })
    }

    /// With the axes in this order.
    fn ordered(&self, s: &mut Scope<'_>, order: &[Label]) -> Result<Value> {
        let place = |label: &Label| self.labels.iter().position(|l| l == label).map(|i| i as u32);
        let order: Option<Axes> = order.iter().map(place).collect();
        s.permute(&self.value, order.ok_or_else(|| Error::internal("an axis is not there"))?)
    }

    /// With the axes in three groups, each joined to one.
    fn grouped(&self, s: &mut Scope<'_>, groups: [&[Label]; 3]) -> Result<Value> {
        let value = self.ordered(s, &groups.concat())?;
        let mut shape = Shape::new();
        let mut at = 0;
        for group in groups {
            shape.push(value.ty().shape[at..at + group.len()].iter().product());
            at += group.len();
        }
        s.reshape(&value, shape)
    }

    /// The product with another, summed over the names in `over`.
    fn times(self, s: &mut Scope<'_>, other: Self, over: &[Label]) -> Result<Self> {
        let one = Dim::known(1);
        // An axis of size 1 beside a larger one of that name is left out, and one that only one has is summed there.
        let differs = |a: &Self, b: &Self, l: Label| a.size(l) == Some(&one) && b.size(l).is_some_and(|d| *d != one);
        let drop =
            |a: &Self, b: &Self| -> Vec<Label> { a.labels.iter().copied().filter(|l| differs(a, b, *l)).collect() };
        let (of_left, of_right) = (drop(&self, &other), drop(&other, &self));
        let (left, right) = (self.summed(s, &of_left)?, other.summed(s, &of_right)?);
        let alone = |a: &Self, b: &Self| -> Vec<Label> {
            a.labels.iter().copied().filter(|l| over.contains(l) && !b.labels.contains(l)).collect()
        };
        let (of_left, of_right) = (alone(&left, &right), alone(&right, &left));
        let (left, right) = (left.summed(s, &of_left)?, right.summed(s, &of_right)?);
        let (mut batch, mut inner, mut rows, mut columns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for label in &left.labels {
            match (right.labels.contains(label), over.contains(label)) {
                (true, true) => inner.push(*label),
                (true, false) => batch.push(*label),
                (false, _) => rows.push(*label),
            }
        }
        columns.extend(right.labels.iter().copied().filter(|l| !left.labels.contains(l)));
        for label in batch.iter().chain(&inner) {
            if let (Some(a), Some(b)) = (left.size(*label), right.size(*label))
                && a != b
            {
                return refuse(format_args!("a subscript has size {a} in one operand and {b} in another"));
            }
        }
        let sizes_of = |from: &Self, labels: &[Label]| -> Vec<Dim> {
            labels.iter().filter_map(|l| from.size(*l).cloned()).collect()
        };
        let shape: Shape =
            [sizes_of(&left, &batch), sizes_of(&left, &rows), sizes_of(&right, &columns)].concat().into();
        let labels = [batch.clone(), rows.clone(), columns.clone()].concat();
        let value = if inner.is_empty() {
            // Nothing is summed: a product of elements.
            let (left, right) = (left.grouped(s, [&batch, &rows, &[]])?, right.grouped(s, [&batch, &[], &columns])?);
            s.binary(Op::Mul, &left, &right)?
        } else {
            let (left, right) =
                (left.grouped(s, [&batch, &rows, &inner])?, right.grouped(s, [&batch, &inner, &columns])?);
            product(s, &left, &right)?
        };
        Ok(Self { value: s.reshape(&value, shape)?, labels })
    }
}

fn einsum(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (equation, tensors) = (a.text("equation")?, a.tensors("operands")?);
    if tensors.is_empty() {
        return refuse("must provide at least one operand");
    }
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation, None),
    };
    let texts: Vec<&str> = left.split(',').collect();
    if texts.len() != tensors.len() {
        return refuse(format_args!(
            "{} operands were provided for the {} of the equation \"{equation}\"",
            tensors.len(),
            texts.len()
        ));
    }
    let dtype = tensors.iter().map(|t| t.dtype()).reduce(promote).unwrap_or(tensors[0].dtype());
    if let Some(other) = tensors.iter().find(|t| t.dtype() != dtype) {
        return Err(Error::runtime(format_args!(
            "expected m1 and m2 to have the same dtype, but got: {} != {}",
            torch_name(tensors[0].dtype()),
            torch_name(other.dtype())
        )));
    }
    let (mut operands, mut hidden) = (Vec::new(), 0);
    for (text, tensor) in texts.iter().zip(tensors) {
        let names = labels(text, Some(tensor.rank()), 0)?;
        hidden = hidden.max(names.iter().filter(|l| matches!(l, Label::Hidden(_))).count());
        operands.push((s.read(tensor)?, names));
    }
    let all: Vec<Label> = operands.iter().flat_map(|(_, l)| l.clone()).collect();
    let result = match right {
        Some(right) => {
            let result = labels(right, None, hidden)?;
            for (i, label) in result.iter().enumerate() {
                if result[..i].contains(label) {
                    return refuse(format_args!("output subscript {label:?} appears more than once in the output"));
                }
                if !all.contains(label) {
                    return refuse(format_args!(
                        "output subscript {label:?} does not appear in the equation for any input operand"
                    ));
                }
            }
            result
        }
        None => {
            let mut once: Vec<Label> = all
                .iter()
                .copied()
                .filter(|l| matches!(l, Label::Letter(_)) && all.iter().filter(|o| *o == l).count() == 1)
                .collect();
            once.sort_unstable();
            (0..hidden).rev().map(Label::Hidden).chain(once).collect()
        }
    };
    let mut named = Vec::new();
    for (value, labels) in operands {
        named.push(Named::of(s, value, labels)?);
    }
    named.reverse();
    let mut total = named.pop().ok_or_else(|| Error::internal("an operand is there"))?;
    while let Some(next) = named.pop() {
        let needed = |l: &Label| result.contains(l) || named.iter().any(|n| n.labels.contains(l));
        let over: Vec<Label> = total.labels.iter().chain(&next.labels).copied().filter(|l| !needed(l)).collect();
        total = total.times(s, next, &over)?;
    }
    let over: Vec<Label> = total.labels.iter().copied().filter(|l| !result.contains(l)).collect();
    let total = total.summed(s, &over)?;
    total.ordered(s, &result)
}

/// Products summed over some axes of each: the rest of the first's axes, then of the second's.
fn contracted(s: &mut Scope<'_>, x: &Value, y: &Value, of_x: &[u32], of_y: &[u32]) -> Result<Value> {
    let rest =
        |v: &Value, used: &[u32]| -> Vec<u32> { (0..v.ty().rank() as u32).filter(|i| !used.contains(i)).collect() };
    let (rows, columns) = (rest(x, of_x), rest(y, of_y));
    let (x, y) = (
        s.permute(x, rows.iter().chain(of_x).copied().collect())?,
        s.permute(y, of_y.iter().chain(&columns).copied().collect())?,
    );
    let (lead, behind): (Shape, Shape) = (x.ty().shape[..rows.len()].into(), y.ty().shape[of_y.len()..].into());
    let inner: Dim = y.ty().shape[..of_y.len()].iter().product();
    let left = s.reshape(&x, smallvec![lead.iter().product(), inner.clone()])?;
    let right = s.reshape(&y, smallvec![inner, behind.iter().product()])?;
    let result = product(s, &left, &right)?;
    s.reshape(&result, lead.into_iter().chain(behind).collect())
}

fn same_types(x: &Value, y: &Value, function: &str) -> Result<()> {
    if x.ty().dtype == y.ty().dtype {
        return Ok(());
    }
    Err(Error::runtime(format_args!(
        "{function}: expected both tensors to have the same dtype, but got {} and {}",
        torch_name(x.ty().dtype),
        torch_name(y.ty().dtype)
    )))
}

fn inner(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("other")?)?);
    if x.ty().rank() == 0 || y.ty().rank() == 0 {
        let dtype = promote(x.ty().dtype, y.ty().dtype);
        let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
        return s.binary(Op::Mul, &x, &y);
    }
    same_types(&x, &y, "inner()")?;
    let (i, j) = (x.ty().rank() - 1, y.ty().rank() - 1);
    if x.ty().shape[i] != y.ty().shape[j] {
        return Err(Error::runtime(format_args!(
            "inner() the last dimension must match on both input tensors but got shapes {} and {}",
            sizes(&x.ty().shape),
            sizes(&y.ty().shape)
        )));
    }
    contracted(s, &x, &y, &[i as u32], &[j as u32])
}

fn kron(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("other")?)?);
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let rank = x.ty().rank().max(y.ty().rank());
    let padded = |v: &Value| -> Shape {
        (v.ty().rank()..rank).map(|_| Dim::known(1)).chain(v.ty().shape.iter().cloned()).collect()
    };
    let (of_x, of_y) = (padded(&x), padded(&y));
    let wide = |shape: &Shape, first: bool| -> Shape {
        shape.iter().flat_map(|d| if first { [d.clone(), Dim::known(1)] } else { [Dim::known(1), d.clone()] }).collect()
    };
    let (x, y) = (s.reshape(&x, wide(&of_x, true))?, s.reshape(&y, wide(&of_y, false))?);
    let shape = broadcast_shape(&x.ty().shape, &y.ty().shape)?;
    let (x, y) = (s.broadcast_to(&x, &shape)?, s.broadcast_to(&y, &shape)?);
    let products = s.emit_one(Op::Mul, Attrs::new(), &[x, y])?;
    s.reshape(&products, of_x.iter().zip(&of_y).map(|(n, m)| n * m).collect())
}

fn chain_matmul(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("matrices")?;
    let Some(bad) = tensors.iter().find(|t| t.rank() != 2) else {
        let mut product: Option<Value> = None;
        for t in tensors {
            let next = s.read(t)?;
            product = Some(match product {
                None => next,
                Some(x) => {
                    same_types(&x, &next, "chain_matmul()")?;
                    if x.ty().shape[1] != next.ty().shape[0] {
                        return Err(Error::runtime(format_args!(
                            "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
                            x.ty().shape[0],
                            x.ty().shape[1],
                            next.ty().shape[0],
                            next.ty().shape[1]
                        )));
                    }
                    contracted(s, &x, &next, &[1], &[0])?
                }
            });
        }
        return product.ok_or_else(|| Error::runtime("chain_matmul(): Expected one or more matrices"));
    };
    Err(Error::runtime(format_args!("Tensor dimension is {}, expected 2 instead.", bad.rank())))
}

fn vdot(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("other")?)?);
    if x.ty().dtype.kind() == flashlight_compiler::types::Kind::Complex {
        return Err(Error::unsupported("torch.vdot of complex numbers"));
    }
    if x.ty().rank() != 1 || y.ty().rank() != 1 {
        return Err(Error::runtime(format_args!(
            "1D tensors expected, but got {}D and {}D tensors",
            x.ty().rank(),
            y.ty().rank()
        )));
    }
    same_types(&x, &y, "dot")?;
    if x.ty().shape != y.ty().shape {
        return Err(Error::runtime(format_args!(
            "inconsistent tensor size, expected tensor {} and src {} to have the same number of elements",
            sizes(&x.ty().shape),
            sizes(&y.ty().shape)
        )));
    }
    let axes = all_axes(1);
    contracted(s, &x, &y, &axes, &axes)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "einsum",
        Places::TORCH,
        &[one("(str equation, each operands)", einsum)],
        "Products summed over named axes: 'ij,jk->ik' is the product of matrices. Names are letters, and an ellipsis stands \
         for the axes without one. Operands are multiplied from left to right. The result is a copy where torch gives a view.",
    ),
    row(
        "inner",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other)", inner)],
        "The sums of products over the last axis of both.",
    ),
    row(
        "kron",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other)", kron)],
        "Every product of an element of the one and one of the other, in blocks.",
    ),
    row(
        "vdot",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other)", vdot)],
        "The sum of the products of two vectors.",
    ),
    row(
        "chain_matmul",
        Places::TORCH.and(Places::OUT),
        &[one("(each matrices)", chain_matmul)],
        "The product of matrices, from left to right.",
    ),
];
