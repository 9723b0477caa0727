//! Views: the movement ops that make a tensor of another one, forwards to read and backwards to write; and the strides
//! that torch would report.

use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::Typed,
    ops::{Attr, Attrs, Axes, Op},
    types::{Dim, Shape, Type},
};

use crate::{
    emitter::Emitter,
    error::{Error, Result},
    value::Value,
};

/// One movement op of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// `permute`, `reshape`, `slice` or `broadcast_in_dim`.
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

    /// Reads through it.
    pub fn apply(&self, value: &Value, emit: &mut Emitter<'_>) -> Result<Value> {
        if flashlight_compiler::rules::is_identity(self.op, &self.attrs, value.ty()) {
            return Ok(value.clone());
        }
        emit.emit_one(self.op, self.attrs.clone(), std::slice::from_ref(value))
    }

    /// Writes through it: `base` with what lies under it replaced by `new`.
    pub fn write(&self, base: &Value, new: Value, emit: &mut Emitter<'_>) -> Result<Value> {
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
            (Op::BroadcastInDim, _) => Err(Error::runtime(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory \
                 location. Please clone() the tensor before performing the operation.",
            )),
            (op, _) => Err(Error::internal(format_args!("{op} is no view"))),
        }
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
