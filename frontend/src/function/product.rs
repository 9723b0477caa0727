//! Products beside those of matrices: of vectors, distances between points, and sums under curves.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Argument, Arguments, Function, Overload, Places,
    compose::{axis, broadcast_shape, promote, result_type, torch_name},
    decomposition::common,
    indexing::{filled, true_places},
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

fn read_pair(s: &mut Scope<'_>, a: &Arguments, first: &str, second: &str) -> Result<(Value, Value)> {
    Ok((s.read(a.tensor(first)?)?, s.read(a.tensor(second)?)?))
}

/// The vectors perpendicular to pairs along an axis of 3.
fn perpendicular(s: &mut Scope<'_>, x: &Value, y: &Value, axis: u32) -> Result<Value> {
    let (x, y) = common(s, x, y)?;
    let (x, y) = s.broadcast(&x, &y)?;
    let turn = |s: &mut Scope<'_>, v: &Value, by: i64| {
        let (first, rest) = (s.window(v, axis, by, 3 - by)?, s.window(v, axis, 0, by)?);
        s.emit_one(Op::Concat, attrs![axis], &[first, rest])
    };
    let (a, b) = (turn(s, &x, 1)?, turn(s, &y, 2)?);
    let first = s.binary(Op::Mul, &a, &b)?;
    let (a, b) = (turn(s, &x, 2)?, turn(s, &y, 1)?);
    let second = s.binary(Op::Mul, &a, &b)?;
    s.binary(Op::Sub, &first, &second)
}

fn cross(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = read_pair(s, a, "input", "other")?;
    if x.ty().rank() != y.ty().rank() {
        return Err(Error::runtime(format_args!("linalg.cross: inputs must have the same number of dimensions.")));
    }
    let rank = x.ty().rank();
    let of_three = |i: usize| x.ty().shape[i] == 3 && y.ty().shape[i] == 3;
    let axis = match a.optional_int("dim")? {
        Some(dim) => axis(dim, rank)?,
        None => match (0..rank).find(|&i| x.ty().shape[i] == 3) {
            Some(i) => i as u32,
            None => return Err(Error::runtime("no dimension of size 3 in input")),
        },
    };
    if rank == 0 || !of_three(axis as usize) {
        let size = |v: &Value| v.ty().shape.get(axis as usize).map_or_else(|| "none".to_owned(), ToString::to_string);
        return Err(Error::runtime(format_args!(
            "linalg.cross: inputs dimension {} must have length 3. Got {} and {}",
            a.optional_int("dim")?.unwrap_or(axis.into()),
            size(&x),
            size(&y)
        )));
    }
    perpendicular(s, &x, &y, axis)
}

fn vecdot(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = read_pair(s, a, "x", "y")?;
    let (x, y) = common(s, &x, &y)?;
    if !x.ty().dtype.is_inexact() {
        return Err(Error::lacking(format_args!(
            "linalg.vecdot: Expected a floating point or complex tensor as input. Got {}",
            torch_name(x.ty().dtype)
        )));
    }
    let x = s.conjugate(&x)?;
    let shape = broadcast_shape(&x.ty().shape, &y.ty().shape)?;
    let (x, y) = (s.broadcast_to(&x, &shape)?, s.broadcast_to(&y, &shape)?);
    let products = s.emit_one(Op::Mul, Attrs::new(), &[x.clone(), y])?;
    let axis = axis(a.int("dim")?, shape.len())?;
    let sum = s.fold(Op::Sum, &products, &smallvec![axis], false)?;
    s.cast(&sum, x.ty().dtype)
}

/// Neighbours along an axis: all but the last, and all but the first.
fn neighbours(s: &mut Scope<'_>, y: &Value, axis: u32) -> Result<(Value, Value)> {
    let size = y.ty().shape[axis as usize].as_known();
    let n = size.ok_or_else(|| Error::unsupported("a sum under a curve of unknown length"))?;
    Ok((s.window(y, axis, 0, n - 1)?, s.window(y, axis, 1, n - 1)?))
}

/// The areas of trapezoids under a curve, summed over an axis or step by step. Without points the sum is 0.
fn trapezoids(s: &mut Scope<'_>, a: &Arguments, running: bool) -> Result<Value> {
    let y = s.read(a.tensor("y")?)?;
    let rank = y.ty().rank();
    let axis = axis(a.int("dim")?, rank)?;
    let name = a.signature.name;
    if rank == 0 {
        return Err(Error::index(format_args!(
            "Dimension specified as {} but tensor has no dimensions",
            a.int("dim")?
        )));
    }
    if y.ty().dtype == DType::Bool {
        return Err(Error::runtime(format_args!("{name}: received a bool input for `y`, but bool is not supported")));
    }
    if !running && y.ty().shape[axis as usize] == 0 {
        let dtype = if y.ty().dtype.is_inexact() { y.ty().dtype } else { super::default_dtype() };
        let shape = (0u32..).zip(&y.ty().shape).filter(|(i, _)| *i != axis).map(|(_, d)| d.clone()).collect();
        let zeros = filled(s, &shape, Scalar::Int(0), dtype)?;
        return Ok(s.replacing(&y, zeros));
    }
    let steps = match a.signature.position("x") {
        Some(_) => Some(widths(s, a, &y, axis)?),
        None => None,
    };
    let (left, right) = neighbours(s, &y, axis)?;
    let both = s.binary(Op::Add, &left, &right)?;
    let areas = match steps {
        Some(steps) => {
            let (both, steps) = common(s, &both, &steps)?;
            let dtype = both.ty().dtype;
            let shape = broadcast_shape(&both.ty().shape, &steps.ty().shape)?;
            let (both, steps) = (s.broadcast_to(&both, &shape)?, s.broadcast_to(&steps, &shape)?);
            let areas = s.emit_one(Op::Mul, Attrs::new(), &[both, steps])?;
            let areas = s.cast(&areas, if dtype.is_inexact() { dtype } else { super::default_dtype() })?;
            s.with_number(Op::Mul, &areas, 0.5)?
        }
        None => {
            let dx = a.number("dx")?;
            let dtype = both.ty().dtype;
            let dtype = if dtype.is_inexact() { dtype } else { super::default_dtype() };
            let both = s.cast(&both, dtype)?;
            s.with_number(Op::Mul, &both, dx.as_f64() / 2.0)?
        }
    };
    let axis = axis + (areas.ty().rank() - rank) as u32;
    if running {
        s.emit_one(Op::Cumsum, attrs![axis, false], &[areas])
    } else {
        s.fold(Op::Sum, &areas, &smallvec![axis], false)
    }
}

/// How far the points lie apart at which a curve is known.
fn widths(s: &mut Scope<'_>, a: &Arguments, y: &Value, at: u32) -> Result<Value> {
    let x = s.read(a.tensor("x")?)?;
    let (name, rank) = (a.signature.name, y.ty().rank());
    if x.ty().dtype == DType::Bool {
        return Err(Error::runtime(format_args!("{name}: received a bool input for `x`, but bool is not supported")));
    }
    if x.ty().rank() == 1 {
        if x.ty().shape[0] != y.ty().shape[at as usize] {
            return Err(Error::runtime(format_args!("{name}: There must be one `x` value for each sample point")));
        }
        let mut shape: Shape = smallvec![Dim::known(1); rank];
        shape[at as usize] = x.ty().shape[0].clone();
        let x = s.reshape(&x, shape)?;
        let (left, right) = neighbours(s, &x, at)?;
        return s.binary(Op::Sub, &right, &left);
    }
    let x = if x.ty().rank() < rank {
        let extra = rank - x.ty().rank();
        let shape = (0..extra).map(|_| Dim::known(1)).chain(x.ty().shape.iter().cloned()).collect();
        s.reshape(&x, shape)?
    } else {
        x
    };
    let at = axis(a.int("dim")?, x.ty().rank())?;
    let (left, right) = neighbours(s, &x, at)?;
    s.binary(Op::Sub, &right, &left)
}

/// The p-norm of differences along the last axis.
fn distance(s: &mut Scope<'_>, apart: &Value, p: f64, name: &str) -> Result<Value> {
    if p < 0.0 || p.is_nan() {
        return Err(Error::runtime(format_args!("{name} only supports non-negative p values")));
    }
    let last = apart.ty().rank() as u32 - 1;
    if apart.ty().shape[last as usize] == 0 {
        let shape: Shape = apart.ty().shape[..last as usize].into();
        let zeros = filled(s, &shape, Scalar::Float(0.0), apart.ty().dtype)?;
        return Ok(s.replacing(apart, zeros));
    }
    s.vector_norm(apart, p, &smallvec![last], name)
}

fn cdist(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = read_pair(s, a, "x1", "x2")?;
    for (value, name) in [(&x, "X1"), (&y, "X2")] {
        if value.ty().rank() < 2 {
            return Err(Error::runtime(format_args!(
                "cdist only supports at least 2D tensors, {name} got: {}D",
                value.ty().rank()
            )));
        }
        if !value.ty().dtype.is_float() {
            return Err(Error::runtime(format_args!(
                "cdist only supports floating-point dtypes, {name} got: {}",
                torch_name(value.ty().dtype)
            )));
        }
    }
    let (p, q) = (&x.ty().shape, &y.ty().shape);
    if p.last() != q.last() {
        return Err(Error::runtime(format_args!(
            "X1 and X2 must have the same number of columns. X1: {} X2: {}",
            p[p.len() - 1],
            q[q.len() - 1]
        )));
    }
    if let Some(mode) = a.optional_text("compute_mode")?
        && !matches!(
            mode,
            "use_mm_for_euclid_dist_if_necessary" | "use_mm_for_euclid_dist" | "donot_use_mm_for_euclid_dist"
        )
    {
        return Err(Error::value(format_args!("{mode} is not a valid value for compute_mode")));
    }
    let (x, y) = common(s, &x, &y)?;
    let (down, across) = (s.with_axis_at(&x, 1)?, s.with_axis_at(&y, 2)?);
    let apart = s.binary(Op::Sub, &down, &across)?;
    distance(s, &apart, a.float("p")?, "cdist")
}

/// The places in a flat grid of so many axes of n where each number is above the one before it, or also equal to it.
fn rising(s: &mut Scope<'_>, n: i64, axes: usize, equal: bool) -> Result<Value> {
    let shape: Shape = smallvec![Dim::known(n); axes];
    let line = s.emit_one(Op::Iota, attrs![Dim::known(n), DType::I64], &[])?;
    let mut inside = filled(s, &shape, Scalar::Bool(true), DType::Bool)?;
    let mut before: Option<Value> = None;
    for axis in 0..axes as u32 {
        let dims: Axes = smallvec![axis];
        let numbers = s.emit_one(Op::BroadcastInDim, attrs![shape.clone(), dims], std::slice::from_ref(&line))?;
        if let Some(before) = before {
            let above = s.binary(if equal { Op::GreaterEqual } else { Op::Greater }, &numbers, &before)?;
            inside = s.binary(Op::LogicalAnd, &inside, &above)?;
        }
        before = Some(numbers);
    }
    let flat = s.reshape(&inside, smallvec![inside.ty().numel()])?;
    true_places(s, &flat)
}

/// The digit of numbers that counts `unit`s, to the base n.
fn digit(s: &mut Scope<'_>, places: &Value, unit: i64, n: i64) -> Result<Value> {
    let high = s.with_number(Op::FloorDiv, places, unit.max(1))?;
    s.with_number(Op::Remainder, &high, n.max(1))
}

fn pdist(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().rank() != 2 {
        return Err(Error::runtime(format_args!("pdist only supports 2D tensors, got: {}D", x.ty().rank())));
    }
    if !x.ty().dtype.is_float() {
        return Err(Error::runtime("pdist only supports floating-point dtypes"));
    }
    let n = x.ty().shape[0].as_known().ok_or_else(|| Error::unsupported("pdist of an unknown number of points"))?;
    let places = rising(s, n, 2, false)?;
    let (row, column) = (digit(s, &places, n, n)?, digit(s, &places, 1, n)?);
    let left = s.emit_one(Op::Take, attrs![0u32], &[x.clone(), row])?;
    let right = s.emit_one(Op::Take, attrs![0u32], &[x, column])?;
    let apart = s.binary(Op::Sub, &left, &right)?;
    distance(s, &apart, a.float("p")?, "pdist")
}

fn combinations(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, r) = (s.read(a.tensor("input")?)?, a.int("r")?);
    if x.ty().rank() != 1 {
        return Err(Error::runtime(format_args!(
            "Expect a 1D vector, but got shape {}",
            super::sizes_text(&x.ty().shape)
        )));
    }
    if r < 0 {
        return Err(Error::runtime(format_args!("Expect a non-negative number, but got {r}")));
    }
    if r == 0 {
        return filled(s, &smallvec![Dim::known(0)], Scalar::Int(0), x.ty().dtype);
    }
    let n = x.ty().shape[0].as_known().ok_or_else(|| Error::unsupported("combinations of an unknown number"))?;
    let all = u32::try_from(r).ok().and_then(|r| n.checked_pow(r)).filter(|n| *n <= i64::from(i32::MAX));
    let Some(mut unit) = all else {
        return Err(Error::runtime(format_args!("combinations: {r} of {n} elements are too many")));
    };
    let places = rising(s, n, r as usize, a.flag("with_replacement")?)?;
    let mut columns = Vec::new();
    for _ in 0..r {
        unit /= n.max(1);
        let index = digit(s, &places, unit, n)?;
        let column = s.emit_one(Op::Take, attrs![0u32], &[x.clone(), index])?;
        columns.push(s.with_axis_at(&column, 0)?);
    }
    s.emit_one(Op::Concat, attrs![1u32], &columns)
}

fn cartesian_prod(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    let all: Vec<Value> = tensors.iter().map(|t| s.read(t)).collect::<Result<_>>()?;
    for value in &all {
        if value.ty().rank() != 1 {
            return Err(Error::runtime(format_args!(
                "Expect a 1D vector, but got shape {}",
                super::sizes_text(&value.ty().shape)
            )));
        }
    }
    let Some(first) = all.first() else {
        return Err(Error::runtime("meshgrid expects a non-empty TensorList"));
    };
    if all.len() == 1 {
        return Ok(first.clone());
    }
    if let Some(other) = all.iter().find(|v| v.ty().dtype != first.ty().dtype) {
        return Err(Error::runtime(format_args!(
            "torch.meshgrid expects all tensors to have the same dtype, {} and {} given",
            torch_name(first.ty().dtype),
            torch_name(other.ty().dtype)
        )));
    }
    let shape: Shape = all.iter().map(|v| v.ty().shape[0].clone()).collect();
    let mut columns = Vec::new();
    for (i, value) in (0u32..).zip(&all) {
        let dims: Axes = smallvec![i];
        let grid = s.apply(Op::BroadcastInDim, attrs![shape.clone(), dims], std::slice::from_ref(value))?;
        columns.push(s.reshape(&grid, smallvec![shape.iter().product(), Dim::known(1)])?);
    }
    s.emit_one(Op::Concat, attrs![1u32], &columns)
}

fn block_diag(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    if tensors.is_empty() {
        return Err(Error::runtime("torch.cat(): expected a non-empty list of Tensors"));
    }
    let arguments: Vec<Argument> = tensors.iter().map(|t| Argument::Tensor(t.clone())).collect();
    let mut dtype = tensors[0].dtype();
    for argument in &arguments {
        if let Argument::Tensor(t) = argument {
            dtype = promote(dtype, t.dtype());
        }
    }
    result_type(&arguments)?;
    let mut blocks = Vec::new();
    for (i, t) in tensors.iter().enumerate() {
        let x = s.read(t)?;
        let x = s.cast(&x, dtype)?;
        let shape = x.ty().shape.clone();
        blocks.push(match shape.len() {
            0 => s.reshape(&x, smallvec![Dim::known(1), Dim::known(1)])?,
            1 => s.reshape(&x, smallvec![Dim::known(1), shape[0].clone()])?,
            2 => x,
            rank => {
                return Err(Error::runtime(format_args!(
                    "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {rank} dimensions"
                )));
            }
        });
    }
    let wide: Dim = blocks.iter().map(|b| b.ty().shape[1].clone()).sum();
    let mut from = Dim::known(0);
    let mut rows = Vec::new();
    let zero = if dtype.is_inexact() { Scalar::Float(0.0) } else { Scalar::Int(0) };
    for block in blocks {
        let columns = block.ty().shape[1].clone();
        let rest = &(&wide - &from) - &columns;
        let none: Shape = smallvec![Dim::known(0), Dim::known(0)];
        let (low, high): (Shape, Shape) = (smallvec![Dim::known(0), from.clone()], smallvec![Dim::known(0), rest]);
        let zero = if dtype == DType::Bool { Scalar::Bool(false) } else { zero };
        rows.push(s.emit_one(Op::Pad, attrs![zero, low, high, none], &[block])?);
        from = &from + &columns;
    }
    s.emit_one(Op::Concat, attrs![0u32], &rows)
}

const TRAPEZOID: &[Overload] = &[
    one("(Tensor y, Tensor x, *, int dim=-1)", |s, a| trapezoids(s, a, false)),
    one("(Tensor y, *, Number dx=1, int dim=-1)", |s, a| trapezoids(s, a, false)),
];
const CUMULATIVE: &[Overload] = &[
    one("(Tensor y, Tensor x, *, int dim=-1)", |s, a| trapezoids(s, a, true)),
    one("(Tensor y, *, Number dx=1, int dim=-1)", |s, a| trapezoids(s, a, true)),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "cross",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor other, int? dim=None)", cross)],
        "The vectors perpendicular to pairs along an axis of 3, the first one by default.",
    ),
    row(
        "linalg_cross",
        Places::LINALG_OUT,
        &[one("(Tensor input, Tensor other, *, int dim=-1)", cross)],
        "The vectors perpendicular to pairs along an axis of 3.",
    ),
    row(
        "linalg_vecdot",
        Places::LINALG_OUT,
        &[one("(Tensor x, Tensor y, *, int dim=-1)", vecdot)],
        "The sum of the products of y and the conjugate of x along an axis.",
    ),
    row("trapezoid", Places::TORCH, TRAPEZOID, "The area under a curve of which points are known, along an axis."),
    row("trapz", Places::TORCH, TRAPEZOID, "The same as trapezoid."),
    row("cumulative_trapezoid", Places::TORCH, CUMULATIVE, "The area under a curve up to each point but the first."),
    row(
        "cdist",
        Places::TORCH,
        &[one("(Tensor x1, Tensor x2, float p=2.0, str? compute_mode=None)", cdist)],
        "The p-norms of the differences of all pairs of rows, always without a product of matrices; 0 where rows are equal \
         has a gradient of 0.",
    ),
    row(
        "pdist",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input, float p=2.0)", pdist)],
        "The p-norms of the differences of each pair of rows, once.",
    ),
    row(
        "combinations",
        Places::TORCH,
        &[one("(Tensor input, int r=2, bool with_replacement=False)", combinations)],
        "All choices of r elements, in order, as rows.",
    ),
    row(
        "cartesian_prod",
        Places::TORCH,
        &[one("(each tensors)", cartesian_prod)],
        "All choices of one element from each, as rows.",
    ),
    row(
        "block_diag",
        Places::TORCH,
        &[one("(each tensors)", block_diag)],
        "A matrix with the inputs along its diagonal.",
    ),
];
