//! Views: the movement ops that make a tensor of another one, forwards to read and backwards to write; and the strides
//! that torch would report.

use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::Typed,
    ops::{Attr, Attrs, Axes, Op},
    types::{DType, Dim, Scalar, Shape, Type},
};

use crate::{
    emitter::Emitter,
    error::{Error, Result},
    value::Value,
};

/// One movement op of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// `permute`, `reshape`, `slice` or `broadcast_in_dim`; `take` stands for a grid of places.
    pub op: Op,
    /// Its attributes.
    pub attrs: Attrs,
}

/// The movement ops of one torch view function.
#[derive(Clone, Debug)]
pub struct ViewCall {
    /// The torch function.
    pub function: &'static str,
    /// The ops, first one first.
    pub moves: SmallVec<[Move; 2]>,
}

/// Where a tensor's elements lie in its storage, in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The place of the first element.
    pub offset: Dim,
    /// The distance between neighbours along each axis.
    pub strides: Shape,
}

impl Move {
    /// A permutation of the axes.
    pub fn permute(dims: Axes) -> Self {
        Self { op: Op::Permute, attrs: attrs![dims] }
    }

    /// Another shape of the same elements in order.
    pub fn reshape(shape: Shape) -> Self {
        Self { op: Op::Reshape, attrs: attrs![shape] }
    }

    /// A strided window.
    pub fn slice(start: Shape, size: Shape, step: Shape) -> Self {
        Self { op: Op::Slice, attrs: attrs![start, size, step] }
    }

    /// Repetition along new axes.
    pub fn broadcast(shape: Shape, dims: Axes) -> Self {
        Self { op: Op::BroadcastInDim, attrs: attrs![shape, dims] }
    }

    /// The elements at a grid of places in row-major order: `offset`, and from there `stride` apart along each axis. Places
    /// may repeat.
    pub fn grid(size: Shape, stride: Shape, offset: Dim) -> Self {
        let offset: Shape = [offset].into_iter().collect();
        Self { op: Op::Take, attrs: attrs![size, stride, offset] }
    }

    /// Reads through it.
    pub fn apply(&self, value: &Value, emit: &mut Emitter<'_>) -> Result<Value> {
        if let Some(grid) = Grid::of(self) {
            let line = grid.line(value, emit)?;
            let places = grid.places(emit)?;
            return emit.emit_one(Op::Take, attrs![0u32], &[line, places]);
        }
        if flashlight_compiler::rules::is_identity(self.op, &self.attrs, value.ty()) {
            return Ok(value.clone());
        }
        emit.emit_one(self.op, self.attrs.clone(), std::slice::from_ref(value))
    }

    /// Writes through it: `base` with what lies under it replaced by `new`.
    pub fn write(&self, base: &Value, new: Value, emit: &mut Emitter<'_>) -> Result<Value> {
        if let Some(grid) = Grid::of(self) {
            return grid.write(base, new, emit);
        }
        match (self.op, self.attrs.as_slice()) {
            (Op::Permute, [Attr::Axes(dims)]) => {
                let mut inverse = dims.clone();
                for (i, &d) in (0u32..).zip(dims) {
                    inverse[d as usize] = i;
                }
                Move::permute(inverse).apply(&new, emit)
            }
            (Op::Reshape, _) => Move::reshape(base.ty().shape.clone()).apply(&new, emit),
            (Op::Slice, [Attr::Dims(start), _, Attr::Dims(step)]) => {
                emit.emit_one(Op::SliceUpdate, attrs![start.clone(), step.clone()], &[base.clone(), new])
            }
            (Op::BroadcastInDim, _) if new.ty().numel() == base.ty().numel() => {
                Move::reshape(base.ty().shape.clone()).apply(&new, emit)
            }
            (Op::BroadcastInDim, _) => Err(shared_place()),
            (op, _) => Err(Error::internal(format_args!("{op} is no view"))),
        }
    }
}

/// The refusal to write elements that share a place.
fn shared_place() -> Error {
    Error::runtime(
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please \
         clone() the tensor before performing the operation.",
    )
}

/// A grid of places in the row-major order of a value.
struct Grid<'a> {
    size: &'a Shape,
    stride: &'a Shape,
    offset: &'a Dim,
}

impl<'a> Grid<'a> {
    fn of(step: &'a Move) -> Option<Self> {
        match (step.op, step.attrs.as_slice()) {
            (Op::Take, [Attr::Dims(size), Attr::Dims(stride), Attr::Dims(offset)]) => {
                Some(Self { size, stride, offset: offset.first()? })
            }
            _ => None,
        }
    }

    /// All elements as a list.
    fn line(&self, value: &Value, emit: &mut Emitter<'_>) -> Result<Value> {
        Move::reshape([value.ty().numel()].into_iter().collect()).apply(value, emit)
    }

    /// The place of each element.
    fn places(&self, emit: &mut Emitter<'_>) -> Result<Value> {
        let spread = |value: Value, dims: Axes, emit: &mut Emitter<'_>| {
            Move::broadcast(self.size.clone(), dims).apply(&value, emit)
        };
        let number = |n: &Dim, emit: &mut Emitter<'_>| match n.as_known() {
            Some(n) => emit.constant(Scalar::Int(n), DType::I64),
            None => Err(Error::unsupported("torch.as_strided by strides that are not known")),
        };
        let first = number(self.offset, emit)?;
        let mut places = spread(first, Axes::new(), emit)?;
        for (axis, (size, stride)) in (0u32..).zip(self.size.iter().zip(self.stride)) {
            if *size == 1 || *stride == 0 {
                continue;
            }
            let line = emit.emit_one(Op::Iota, attrs![size.clone(), DType::I64], &[])?;
            let by = number(stride, emit)?;
            let line = emit.emit_one(Op::Mul, Attrs::new(), &[line, by])?;
            let line = spread(line, Axes::from_slice(&[axis]), emit)?;
            places = emit.emit_one(Op::Add, Attrs::new(), &[places, line])?;
        }
        Ok(places)
    }

    fn write(&self, base: &Value, new: Value, emit: &mut Emitter<'_>) -> Result<Value> {
        if self.size.iter().zip(self.stride).any(|(n, by)| *by == 0 && n.as_known().is_none_or(|n| n > 1)) {
            return Err(shared_place());
        }
        let line = self.line(base, emit)?;
        let places = self.places(emit)?;
        let places = self.line(&places, emit)?;
        let new = self.line(&new, emit)?;
        let line = emit.emit_one(Op::TakePut, attrs![0u32], &[line, places, new])?;
        Move::reshape(base.ty().shape.clone()).apply(&line, emit)
    }
}

impl ViewCall {
    /// Reads through every move.
    pub fn apply(&self, value: &Value, emit: &mut Emitter<'_>) -> Result<Value> {
        self.moves.iter().try_fold(value.clone(), |value, step| step.apply(&value, emit))
    }

    /// Writes through every move.
    pub fn write(&self, base: &Value, new: Value, emit: &mut Emitter<'_>) -> Result<Value> {
        let mut bases = vec![base.clone()];
        for (i, step) in self.moves.iter().enumerate().take(self.moves.len().saturating_sub(1)) {
            bases.push(step.apply(&bases[i].clone(), emit)?);
        }
        self.moves.iter().zip(&bases).rev().try_fold(new, |new, (step, base)| step.write(base, new, emit))
    }
}

impl Geometry {
    /// Row-major from the start.
    pub fn contiguous(shape: &[Dim]) -> Self {
        let mut strides: Shape = shape.iter().map(|_| Dim::known(1)).collect();
        for i in (1..shape.len()).rev() {
            let size = if shape[i] == 0 { Dim::known(1) } else { shape[i].clone() };
            strides[i - 1] = &strides[i] * &size;
        }
        Self { offset: Dim::known(0), strides }
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self, shape: &[Dim]) -> bool {
        if shape.iter().any(|d| *d == 0) {
            return true;
        }
        let wanted = Self::contiguous(shape);
        (0..shape.len()).all(|i| shape[i] == 1 || self.strides[i] == wanted.strides[i])
    }

    /// The geometry behind a move from `shape`; `None` where the new shape would need a copy.
    pub fn through(&self, shape: &[Dim], step: &Move) -> Option<Self> {
        let Self { offset, strides } = self;
        if let Some(grid) = Grid::of(step) {
            let lies = Self { offset: offset + grid.offset, strides: grid.stride.clone() };
            return self.is_contiguous(shape).then_some(lies);
        }
        match (step.op, step.attrs.as_slice()) {
            (Op::Permute, [Attr::Axes(dims)]) => Some(Self {
                offset: offset.clone(),
                strides: dims.iter().map(|&d| strides[d as usize].clone()).collect(),
            }),
            (Op::Slice, [Attr::Dims(start), _, Attr::Dims(by)]) => {
                let moved: Dim = start.iter().zip(strides).map(|(a, s)| a * s).sum();
                Some(Self { offset: offset + &moved, strides: by.iter().zip(strides).map(|(b, s)| b * s).collect() })
            }
            (Op::BroadcastInDim, [Attr::Dims(to), Attr::Axes(dims)]) => {
                let mut spread: Shape = to.iter().map(|_| Dim::known(0)).collect();
                for (&d, s) in dims.iter().zip(strides) {
                    spread[d as usize] = s.clone();
                }
                Some(Self { offset: offset.clone(), strides: spread })
            }
            (Op::Reshape, [Attr::Dims(to)]) => {
                Some(Self { offset: offset.clone(), strides: restride(shape, strides, to)? })
            }
            _ => None,
        }
    }
}

/// The strides under another shape of the same elements, where no copy is needed: each run of axes that lie in memory
/// without gaps may be cut anew.
fn restride(from: &[Dim], strides: &[Dim], to: &[Dim]) -> Option<Shape> {
    let (Some(sizes), Some(steps), Some(new)) = (known(from), known(strides), known(to)) else {
        let geometry = Geometry { offset: Dim::known(0), strides: strides.into() };
        return geometry.is_contiguous(from).then(|| Geometry::contiguous(to).strides);
    };
    if sizes.contains(&0) {
        return Some(if sizes == new { strides.into() } else { Geometry::contiguous(to).strides });
    }
    if sizes.is_empty() {
        return Some(to.iter().map(|_| Dim::known(1)).collect());
    }
    let mut result = vec![0i64; new.len()];
    let mut next = new.len();
    let mut run_size = 1i64;
    let mut run_step = steps[steps.len() - 1];
    for axis in (0..sizes.len()).rev() {
        run_size *= sizes[axis];
        let ends = axis == 0 || (sizes[axis - 1] != 1 && steps[axis - 1] != run_size * run_step);
        if ends {
            let mut covered = 1i64;
            while next > 0 && (covered < run_size || new[next - 1] == 1) {
                result[next - 1] = covered * run_step;
                covered *= new[next - 1];
                next -= 1;
            }
            if covered != run_size {
                return None;
            }
            if axis > 0 {
                run_size = 1;
                run_step = steps[axis - 1];
            }
        }
    }
    (next == 0).then(|| result.into_iter().map(Dim::known).collect())
}

fn known(dims: &[Dim]) -> Option<Vec<i64>> {
    dims.iter().map(Dim::as_known).collect()
}

/// The type behind moves.
pub fn moved_type(ty: &Type, moves: &[Move]) -> Result<Type> {
    moves.iter().try_fold(ty.clone(), |ty, step| {
        if let Some(grid) = Grid::of(step) {
            return Ok(ty.with_shape(grid.size.clone()));
        }
        let call = flashlight_compiler::ops::Call {
            op: step.op,
            attrs: &step.attrs,
            inputs: &[&ty],
            regions: &[],
            equalities: None,
        };
        Ok(step.op.row().check(&call)?.remove(0))
    })
}
