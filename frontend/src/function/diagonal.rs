//! Diagonals: views of them, and matrices made of them.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, sizes, written},
    compose::{all_axes, axis},
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::{Geometry, Move, Tensor},
    value::Value,
};

/// One diagonal of the matrices along two axes: it lies in them at equal steps.
struct Diagonal {
    /// All axes, those of the matrices last.
    order: Axes,
    /// The shape with the matrices as lists.
    flat: Shape,
    start: i64,
    step: i64,
    size: i64,
}

/// The two axes that a call names.
fn named(a: &Arguments, rank: usize, first: i64, second: i64) -> Result<(usize, usize)> {
    let given = |name: &str, otherwise: i64| match a.signature.position(name) {
        Some(_) => a.int(name),
        None => Ok(otherwise),
    };
    let (i, j) = (axis(given("dim1", first)?, rank)? as usize, axis(given("dim2", second)?, rank)? as usize);
    if i == j {
        return Err(Error::runtime(format_args!("diagonal dimensions cannot be identical {first}, {second}")));
    }
    Ok((i, j))
}

impl Diagonal {
    fn of(shape: &Shape, i: usize, j: usize, offset: i64) -> Result<Self> {
        let (Some(rows), Some(columns)) = (shape[i].as_known(), shape[j].as_known()) else {
            return Err(Error::unsupported("a diagonal of matrices of unknown size"));
        };
        // Beyond the matrices there is no diagonal, however far.
        let offset = offset.clamp(-rows - 1, columns + 1);
        let size = if offset >= 0 { rows.min(columns - offset) } else { (rows + offset).min(columns) }.max(0);
        let start = match size {
            0 => 0,
            _ if offset >= 0 => offset,
            _ => -offset * columns,
        };
        let rest = (0..shape.len()).filter(|k| *k != i && *k != j);
        let order: Axes = rest.chain([i, j]).map(|k| k as u32).collect();
        let lead = order.len() - 2;
        let mut flat: Shape = order[..lead].iter().map(|&k| shape[k as usize].clone()).collect();
        flat.push(Dim::known(rows * columns));
        Ok(Self { order, flat, start, step: columns + 1, size })
    }

    /// What leads from the matrices to their diagonal.
    fn moves(&self) -> SmallVec<[Move; 2]> {
        let last = self.flat.len() - 1;
        let (mut start, mut size, mut step): (Shape, Shape, Shape) =
            (self.flat.iter().map(|_| Dim::known(0)).collect(), self.flat.clone(), smallvec![Dim::known(1); last + 1]);
        (start[last], size[last]) = (Dim::known(self.start), Dim::known(self.size));
        // Of one element and of none, any step will do; the type rule asks for one that stays inside.
        step[last] = Dim::known(if self.size > 1 { self.step } else { 1 });
        smallvec![Move::permute(self.order.clone()), Move::reshape(self.flat.clone()), Move::slice(start, size, step)]
    }
}

/// A view of a diagonal.
fn seen(x: &Tensor, i: usize, j: usize, offset: i64) -> Result<Tensor> {
    let diagonal = Diagonal::of(&x.shape(), i, j, offset)?;
    let core = x.core();
    let strides = &core.geometry.strides;
    let (along_rows, along_columns) = (&strides[i], &strides[j]);
    let away = match diagonal.size {
        0 => Dim::known(0),
        _ if offset >= 0 => along_columns * &Dim::known(offset),
        _ => along_rows * &Dim::known(-offset),
    };
    let lead = diagonal.order.len() - 2;
    let mut kept: Shape = diagonal.order[..lead].iter().map(|&k| strides[k as usize].clone()).collect();
    kept.push(along_rows + along_columns);
    x.view_lying("diagonal", diagonal.moves(), Geometry { offset: &core.geometry.offset + &away, strides: kept })
}

/// The elements of a diagonal.
pub(super) fn read(s: &mut Scope<'_>, x: &Value, i: usize, j: usize, offset: i64) -> Result<Value> {
    let diagonal = Diagonal::of(&x.ty().shape, i, j, offset)?;
    let turned = s.permute(x, diagonal.order.clone())?;
    let flat = s.reshape(&turned, diagonal.flat.clone())?;
    let step = if diagonal.size > 1 { diagonal.step } else { 1 };
    let last = diagonal.flat.len() as u32 - 1;
    s.slice_axis(&flat, last, Dim::known(diagonal.start), Dim::known(diagonal.size), step)
}

fn offset(a: &Arguments) -> Result<i64> {
    a.int(if a.signature.position("offset").is_some() { "offset" } else { "diagonal" })
}

pub(super) fn diagonal(a: &Arguments) -> Result<Returned> {
    let x = a.first_tensor().ok_or_else(|| Error::internal("a diagonal without a tensor"))?;
    let (i, j) = named(a, x.rank(), 0, 1)?;
    Ok(Returned::Tensor(seen(x, i, j, offset(a)?)?))
}

/// Square matrices with the last axis on a diagonal and zeros elsewhere, along the last two axes.
fn embedded(s: &mut Scope<'_>, x: &Value, offset: i64) -> Result<Value> {
    let last = x.ty().rank() - 1;
    let Some(n) = x.ty().shape[last].as_known() else {
        return Err(Error::unsupported("a diagonal of unknown size"));
    };
    if offset.unsigned_abs() > i32::MAX as u64 {
        return Err(Error::runtime(format_args!("a matrix with a diagonal {offset} from its middle is too large")));
    }
    let side = n + offset.abs();
    let start = if n == 0 {
        0
    } else if offset >= 0 {
        offset
    } else {
        -offset * side
    };
    let covered = if n == 0 { 0 } else { n + (n - 1) * side };
    let at_last = |value: i64| -> Shape { (0..=last).map(|k| Dim::known(if k == last { value } else { 0 })).collect() };
    let (low, high, interior) = (at_last(start), at_last(side * side - start - covered), at_last(side));
    let zero = if x.ty().dtype.is_inexact() { Scalar::Float(0.0) } else { Scalar::Int(0) };
    let flat = s.emit_one(Op::Pad, attrs![zero, low, high, interior], std::slice::from_ref(x))?;
    let mut shape = x.ty().shape.clone();
    shape[last] = Dim::known(side);
    shape.push(Dim::known(side));
    s.reshape(&flat, shape)
}

fn diag(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    match x.ty().rank() {
        1 => embedded(s, &x, offset(a)?),
        2 => read(s, &x, 0, 1, offset(a)?),
        rank => Err(Error::runtime(format_args!("diag(): Supports 1D or 2D tensors. Got {rank}D"))),
    }
}

fn diagflat(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let flat = s.reshape(&x, smallvec![x.ty().numel()])?;
    embedded(s, &flat, offset(a)?)
}

fn diag_embed(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let rank = x.ty().rank() + 1;
    let (i, j) = named(a, rank, -2, -1)?;
    if rank == 1 {
        return Err(Error::index("diag_embed(): a tensor of rank 0 has no diagonal"));
    }
    let matrices = embedded(s, &x, offset(a)?)?;
    let mut rest = 0..rank as u32 - 2;
    let order = (0..rank).map(|k| match k {
        k if k == i => Some(rank as u32 - 2),
        k if k == j => Some(rank as u32 - 1),
        _ => rest.next(),
    });
    let order: Axes = order.flatten().collect();
    s.permute(&matrices, order)
}

fn trace(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().rank() != 2 {
        return Err(Error::runtime("trace: expected a matrix"));
    }
    let line = read(s, &x, 0, 1, 0)?;
    s.fold(Op::Sum, &line, &all_axes(1), false)
}

fn diagonal_scatter(a: &Arguments) -> Result<Returned> {
    let (x, src) = (a.tensor("input")?, a.tensor("src")?);
    let (i, j) = named(a, x.rank(), 0, 1)?;
    let copy = computed("clone", x.device(), |s| s.read(x))?;
    let view = seen(&copy, i, j, offset(a)?)?;
    if view.shape() != src.shape() {
        return Err(Error::runtime(format_args!(
            "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
            sizes(&src.shape()),
            sizes(&view.shape())
        )));
    }
    written("copy_", &view, |s| {
        let new = s.read(src)?;
        s.cast(&new, view.dtype())
    })?;
    Ok(Returned::Tensor(copy))
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "diagonal",
        Places::BOTH,
        &[direct("(Tensor input, int offset=0, int dim1=0, int dim2=1)", diagonal)],
        "A view of a diagonal of the matrices along two axes, as the last axis.",
    ),
    row(
        "linalg_diagonal",
        Places::LINALG,
        &[direct("(Tensor A, *, int offset=0, int dim1=-2, int dim2=-1)", diagonal)],
        "A view of a diagonal of the matrices along two axes, the last by default, as the last axis.",
    ),
    row(
        "diag",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int diagonal=0)", diag)],
        "A diagonal of a matrix, or a matrix with a list on a diagonal.",
    ),
    row(
        "diagflat",
        Places::BOTH,
        &[one("(Tensor input, int offset=0)", diagflat)],
        "A matrix with all elements on a diagonal.",
    ),
    row(
        "diag_embed",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int offset=0, int dim1=-2, int dim2=-1)", diag_embed)],
        "Matrices along two new axes, with the last axis on a diagonal.",
    ),
    row(
        "trace",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input)", trace)],
        "The sum of the diagonal of a matrix.",
    ),
    row(
        "diagonal_scatter",
        Places::BOTH.and(Places::OUT),
        &[direct("(Tensor input, Tensor src, int offset=0, int dim1=0, int dim2=1)", diagonal_scatter)],
        "A copy with a diagonal of the matrices along two axes replaced.",
    ),
];
