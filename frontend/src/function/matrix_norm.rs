//! Norms of vectors and matrices, and the condition of matrices.

use flashlight_compiler::{
    ir::Typed,
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Arguments, Function, Overload, Places,
    compose::{all_axes, axes, torch_name},
    linear_system::{first, refuse_no_matrices, said, squares},
    one,
    reduction::length,
    row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// The input in the type that `dtype` asks for, which may not lose an imaginary part.
fn input(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<Value> {
    let x = first(s, a)?;
    if !x.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!(
            "{name}: Expected a floating point or complex tensor as input. Got {}",
            torch_name(x.ty().dtype)
        )));
    }
    let Some(dtype) = a.dtype("dtype")? else { return Ok(x) };
    if !dtype.is_inexact() || dtype.kind() < x.ty().dtype.kind() {
        return Err(Error::runtime(format_args!(
            "{name}: the dtype of the input ({}) should be convertible without narrowing to the specified dtype ({})",
            torch_name(x.ty().dtype),
            torch_name(dtype)
        )));
    }
    s.cast(&x, dtype)
}

impl Scope<'_> {
    /// Absolute values, which are real.
    pub(super) fn magnitude(&mut self, x: &Value) -> Result<Value> {
        self.unary(if x.ty().dtype.kind() == Kind::Complex { Op::Modulus } else { Op::Abs }, x)
    }

    /// The p-norm over axes, which are dropped, with torch's derivatives: at 0 it is 0.
    pub(super) fn vector_norm(&mut self, x: &Value, p: f64, axes: &Axes, name: &str) -> Result<Value> {
        let empty = axes.iter().any(|&i| x.ty().shape[i as usize] == 0);
        if empty && (p < 0.0 || p == f64::INFINITY) {
            let order =
                if p.is_infinite() { if p > 0.0 { "inf".into() } else { "-inf".into() } } else { format!("{p}") };
            return Err(Error::runtime(format_args!(
                "{name} cannot compute the {order} norm on an empty dimension because the operation does not have an \
                 identity"
            )));
        }
        let x = if x.ty().dtype.kind() == Kind::Complex { self.unary(Op::Modulus, x)? } else { x.clone() };
        if axes.is_empty() && p != 0.0 {
            return self.unary(Op::Abs, &x);
        }
        if p < 1.0 && p != 0.0 && p.is_finite() {
            // Steep or infinite at 0, where the derivative counts as 0 all the same.
            let nothing = self.with_number(Op::Equal, &x, 0.0)?;
            let there = self.replace(&nothing, 1.0, &x)?;
            let size = self.unary(Op::Abs, &there)?;
            let powers = self.with_number(Op::Pow, &size, p)?;
            let powers = self.replace(&nothing, if p > 0.0 { 0.0 } else { f64::INFINITY }, &powers)?;
            let sum = self.fold(Op::Sum, &powers, axes, false)?;
            if p < 0.0 {
                let endless = self.with_number(Op::Equal, &sum, f64::INFINITY)?;
                let sum = self.replace(&endless, 1.0, &sum)?;
                let root = self.with_number(Op::Pow, &sum, 1.0 / p)?;
                return self.replace(&endless, 0.0, &root);
            }
            let nothing = self.with_number(Op::Equal, &sum, 0.0)?;
            let sum = self.replace(&nothing, 1.0, &sum)?;
            let root = self.with_number(Op::Pow, &sum, 1.0 / p)?;
            return self.replace(&nothing, 0.0, &root);
        }
        length(self, &x, p, axes)
    }

    /// A norm of the matrices along two axes, which are dropped.
    fn matrix_norm(&mut self, x: &Value, order: &Order, dims: &Axes, name: &str) -> Result<Value> {
        let [rows, columns] = dims[..] else { return Err(Error::internal("a matrix norm over two axes")) };
        let p = match order {
            Order::Number(p) => *p,
            Order::Frobenius => return self.vector_norm(x, 2.0, dims, name),
            Order::Nuclear => 0.0,
        };
        if matches!(order, Order::Nuclear) || p.abs() == 2.0 {
            let rest = all_axes(x.ty().rank()).into_iter().filter(|i| !dims.contains(i));
            let order_of_axes: Axes = rest.chain([rows, columns]).collect();
            let turned = self.permute(x, order_of_axes)?;
            let values = self.singular_values(&turned, "linalg.svd")?;
            let op = match order {
                Order::Nuclear => Op::Sum,
                _ if p > 0.0 => Op::Amax,
                _ => Op::Amin,
            };
            let last = [values.ty().rank() as u32 - 1].into_iter().collect();
            return self.fold(op, &values, &last, false);
        }
        let (summed, rest) = match p.abs() {
            1.0 => (rows, columns),
            f64::INFINITY => (columns, rows),
            _ => {
                return Err(Error::runtime(format_args!("linalg.matrix_norm: Order {p} not supported.")));
            }
        };
        let size = self.magnitude(x)?;
        let sums = self.fold(Op::Sum, &size, &[summed].into_iter().collect(), false)?;
        let rest = if rest > summed { rest - 1 } else { rest };
        if sums.ty().shape[rest as usize] == 0 {
            return Err(Error::index(format_args!(
                "{}(): Expected reduction dim {rest} to have non-zero size.",
                if p > 0.0 { "amax" } else { "amin" }
            )));
        }
        self.fold(if p > 0.0 { Op::Amax } else { Op::Amin }, &sums, &[rest].into_iter().collect(), false)
    }
}

/// Which norm of matrices.
enum Order {
    Number(f64),
    Frobenius,
    Nuclear,
}

impl Order {
    fn named(name: &str) -> Result<Order> {
        match name {
            "fro" => Ok(Order::Frobenius),
            "nuc" => Ok(Order::Nuclear),
            _ => Err(Error::runtime(format_args!("linalg.matrix_norm: Order {name} not supported."))),
        }
    }
}

fn given_axes(a: &Arguments, rank: usize) -> Result<Option<Axes>> {
    match a.optional_ints("dim")? {
        Some(dims) => axes(&dims, rank).map(Some),
        None => Ok(None),
    }
}

/// Puts the folded axes back, where that is asked for.
fn kept(s: &mut Scope<'_>, a: &Arguments, folded: &Value, shape: &Shape, dims: &Axes) -> Result<Value> {
    s.kept(folded, shape, dims, a.flag("keepdim")?)
}

fn vector_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let name = "linalg.vector_norm";
    let x = input(s, a, name)?;
    let dims = given_axes(a, x.ty().rank())?.filter(|d| !d.is_empty());
    let dims = dims.unwrap_or_else(|| all_axes(x.ty().rank()));
    let norm = s.vector_norm(&x, a.float("ord")?, &dims, name)?;
    kept(s, a, &norm, &x.ty().shape, &dims)
}

/// A norm of matrices along the axes that the argument names.
fn of_matrices(s: &mut Scope<'_>, a: &Arguments, x: &Value, order: &Order, dims: &Axes) -> Result<Value> {
    if x.ty().rank() < 2 {
        return Err(Error::runtime("linalg.matrix_norm: The input tensor A must have at least 2 dimensions."));
    }
    if dims.len() != 2 {
        return Err(Error::runtime(format_args!(
            "linalg.matrix_norm: dim must be a 2-tuple. Got {}",
            dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        )));
    }
    let norm = s.matrix_norm(x, order, dims, "linalg.vector_norm")?;
    kept(s, a, &norm, &x.ty().shape, dims)
}

fn matrix_norm(s: &mut Scope<'_>, a: &Arguments, order: &Order) -> Result<Value> {
    let x = input(s, a, "linalg.matrix_norm")?;
    if x.ty().rank() < 2 {
        return Err(Error::runtime("linalg.matrix_norm: The input tensor A must have at least 2 dimensions."));
    }
    let dims = axes(&a.ints("dim")?, x.ty().rank())?;
    of_matrices(s, a, &x, order, &dims)
}

/// `linalg.norm`: of all elements, of vectors or of matrices, by what is given.
fn linalg_norm(s: &mut Scope<'_>, a: &Arguments, order: Option<Order>) -> Result<Value> {
    let x = input(s, a, "linalg.norm")?;
    let rank = x.ty().rank();
    let dims = given_axes(a, rank)?;
    let Some(order) = order else {
        let dims = dims.filter(|d| !d.is_empty()).unwrap_or_else(|| all_axes(rank));
        let norm = s.vector_norm(&x, 2.0, &dims, "linalg.vector_norm")?;
        return kept(s, a, &norm, &x.ty().shape, &dims);
    };
    let dims = match dims {
        Some(dims) if matches!(dims.len(), 1 | 2) => dims,
        None if matches!(rank, 1 | 2) => all_axes(rank),
        Some(dims) if rank == 0 => dims,
        Some(dims) => {
            return Err(Error::runtime(format_args!(
                "linalg.norm: If dim is specified, it must be of length 1 or 2. Got {:?}",
                dims.as_slice()
            )));
        }
        None => {
            return Err(Error::runtime(format_args!(
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {rank}D."
            )));
        }
    };
    match order {
        Order::Number(p) if dims.len() < 2 => {
            let norm = s.vector_norm(&x, p, &dims, "linalg.vector_norm")?;
            kept(s, a, &norm, &x.ty().shape, &dims)
        }
        order => of_matrices(s, a, &x, &order, &dims),
    }
}

fn number_order(a: &Arguments, name: &str) -> Result<Option<Order>> {
    Ok(a.optional_number(name)?.map(|p| Order::Number(p.as_f64())))
}

/// `torch.norm`, which takes every order as one of vectors, but for names.
fn old_norm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let p = a.optional_number("p")?.map_or(2.0, Scalar::as_f64);
    let x = input(s, a, "linalg.vector_norm")?;
    let dims = given_axes(a, x.ty().rank())?.filter(|d| !d.is_empty());
    let dims = dims.unwrap_or_else(|| all_axes(x.ty().rank()));
    let norm = s.vector_norm(&x, p, &dims, "linalg.vector_norm")?;
    kept(s, a, &norm, &x.ty().shape, &dims)
}

fn old_norm_by_name(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    match a.text("p")? {
        "fro" => {
            let x = input(s, a, "linalg.vector_norm")?;
            let dims = given_axes(a, x.ty().rank())?.filter(|d| !d.is_empty());
            let dims = dims.unwrap_or_else(|| all_axes(x.ty().rank()));
            let norm = s.vector_norm(&x, 2.0, &dims, "linalg.vector_norm")?;
            kept(s, a, &norm, &x.ty().shape, &dims)
        }
        "nuc" => {
            let x = input(s, a, "linalg.matrix_norm")?;
            let dims = match given_axes(a, x.ty().rank())? {
                Some(dims) => dims,
                None if x.ty().rank() == 2 => all_axes(2),
                None => axes(&[-2, -1], x.ty().rank())?,
            };
            of_matrices(s, a, &x, &Order::Nuclear, &dims)
        }
        other => Err(Error::runtime(format_args!("Expected p to be a number, 'fro' or 'nuc', but got '{other}'"))),
    }
}

/// The largest over the smallest singular value, or the norm of the matrix times that of its inverse.
fn cond(s: &mut Scope<'_>, a: &Arguments, order: Option<Order>) -> Result<Value> {
    let name = said(a);
    let x = first(s, a)?;
    refuse_no_matrices(&name, &x, "A")?;
    let spectral = match &order {
        None => Some(true),
        Some(Order::Number(p)) if p.abs() == 2.0 => Some(*p > 0.0),
        _ => None,
    };
    if x.ty().shape.iter().any(|d| *d == 0) {
        let batch: Shape = x.ty().shape[..x.ty().rank() - 2].into();
        return super::indexing::filled(s, &batch, Scalar::Float(0.0), real(x.ty().dtype));
    }
    if let Some(largest_first) = spectral {
        let values = s.singular_values(&x, "linalg.svd")?;
        let last = values.ty().rank() as u32 - 1;
        let size = values.ty().shape[last as usize].as_known().unwrap_or(1);
        let batch: Shape = values.ty().shape[..last as usize].into();
        let mut at = |i: i64| {
            let one = s.slice_axis(&values, last, Dim::known(i), Dim::known(1), 1)?;
            s.reshape(&one, batch.clone())
        };
        let (largest, smallest) = (at(0)?, at(size - 1)?);
        return if largest_first {
            s.binary(Op::Div, &largest, &smallest)
        } else {
            s.binary(Op::Div, &smallest, &largest)
        };
    }
    let Some(order) = order else { return Err(Error::internal("an order of a norm")) };
    let x = squares(s, a)?;
    let (inverse, info) = s.inverse(&x)?;
    let dims = axes(&[-2, -1], x.ty().rank())?;
    let own = s.matrix_norm(&x, &order, &dims, "linalg.vector_norm")?;
    let other = s.matrix_norm(&inverse, &order, &dims, "linalg.vector_norm")?;
    let product = s.binary(Op::Mul, &own, &other)?;
    let singular = s.with_number(Op::NotEqual, &info, 0i64)?;
    s.replace(&singular, f64::INFINITY, &product)
}

fn real(dtype: DType) -> DType {
    if dtype == DType::C64 { DType::F32 } else { dtype }
}

const LINALG: Places = Places::LINALG_OUT;

const NORM: &[Overload] = &[
    one("(Tensor A, Number? ord=None, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", |s, a| {
        let order = number_order(a, "ord")?;
        linalg_norm(s, a, order)
    }),
    one("(Tensor A, str ord, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", |s, a| {
        let order = Order::named(a.text("ord")?)?;
        linalg_norm(s, a, Some(order))
    }),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "norm",
        Places::BOTH.and(Places::OUT),
        &[
            one("(Tensor input, Number? p=2, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", old_norm),
            one("(Tensor input, str p, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", old_norm_by_name),
        ],
        "The p-norm over axes, all by default; p is a number, 'fro' or 'nuc'. Its gradient at 0 is 0.",
    ),
    row(
        "linalg_vector_norm",
        LINALG,
        &[one("(Tensor x, Number ord=2, ints? dim=None, bool keepdim=False, *, dtype? dtype=None)", vector_norm)],
        "The norm of that order over axes, all by default; its gradient at 0 is 0.",
    ),
    row(
        "linalg_matrix_norm",
        LINALG,
        &[
            one("(Tensor A, Number ord, ints dim=[-2,-1], bool keepdim=False, *, dtype? dtype=None)", |s, a| {
                let p = a.float("ord")?;
                matrix_norm(s, a, &Order::Number(p))
            }),
            one("(Tensor A, str ord=\"fro\", ints dim=[-2,-1], bool keepdim=False, *, dtype? dtype=None)", |s, a| {
                let order = Order::named(a.text("ord")?)?;
                matrix_norm(s, a, &order)
            }),
        ],
        "A norm of the matrices along two axes: 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.",
    ),
    row("linalg_norm", LINALG, NORM, "The norm of all elements, of vectors or of matrices, by ord and dim."),
    row(
        "linalg_cond",
        LINALG,
        &[
            one("(Tensor A, Number? p=None)", |s, a| {
                let order = number_order(a, "p")?;
                cond(s, a, order)
            }),
            one("(Tensor A, str p)", |s, a| {
                let order = Order::named(a.text("p")?)?;
                cond(s, a, Some(order))
            }),
        ],
        "How much solving with a matrix can enlarge an error, in a norm; infinite for singular ones.",
    ),
];
