//! From ops to MLX calls. One exhaustive match a family is the portable lowering: an op that has a row and no line here
//! does not compile. `native` overrides single ops by kernels of ours; `FLASHLIGHT_NATIVE=0` switches those off.

mod algebra;
mod attention;
mod contraction;
mod convolution;
mod creation;
mod elementwise;
mod few;
mod indexing;
mod movement;
mod native;
mod normalisation;
mod ordering;
mod random;
mod reduction;
mod sliding;
mod special;
mod spectral;
mod sums;
mod threads;
mod window;

use std::sync::Arc;

use flashlight_compiler::ir::{Graph, Values};
use flashlight_compiler::ops::{Algebra, Attentive, Call, Movement, Normalisation, Op, Region};
use flashlight_compiler::types::{DType, Dim, Type};
use smallvec::SmallVec;

use crate::device::Device;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::few::MOST;
use crate::lane::Lane;
use crate::mlx::{self, Array, Stream};
use crate::plan::execute;
use crate::value::{Sizes, Value, sizes};

/// One call that is being lowered: what its row checked, and where it runs.
pub(crate) struct Site<'a> {
    /// Op, attributes and operand types.
    pub(crate) call: &'a Call<'a>,
    /// The operands.
    pub(crate) inputs: &'a [&'a Array],
    /// The type of the result, for ops that have one.
    pub(crate) result: &'a Type,
    /// The device.
    pub(crate) device: Device,
    /// Its stream.
    pub(crate) stream: &'a Stream,
}

impl Site<'_> {
    /// The element type of the first operand.
    pub(crate) fn dtype(&self) -> DType {
        self.call.inputs[0].dtype
    }

    /// The shape of an operand.
    pub(crate) fn shape(&self, operand: usize) -> &[i32] {
        self.inputs[operand].shape()
    }

    /// The shape of the result.
    pub(crate) fn result_shape(&self) -> Result<Sizes> {
        sizes(self.result)
    }

    /// Axes as MLX takes them.
    pub(crate) fn axes(&self, name: &str) -> Result<Sizes> {
        Ok(self.call.axes(name)?.iter().map(|&axis| axis as i32).collect())
    }

    /// One axis as MLX takes it.
    pub(crate) fn axis(&self, name: &str) -> Result<i32> {
        Ok(self.call.axis(name)? as i32)
    }

    /// Sizes as MLX takes them.
    pub(crate) fn dims(&self, name: &str) -> Result<Sizes> {
        self.call.dims(name)?.iter().map(|size| self.size(size)).collect()
    }

    /// One size as MLX takes it.
    pub(crate) fn size(&self, size: &Dim) -> Result<i32> {
        let known = size.as_known().and_then(|n| i32::try_from(n).ok());
        known.ok_or_else(|| Error::user(self.call.op, format_args!("{size} is unknown or beyond 2147483647")))
    }
}

/// The device that a call runs on, given where its operands are: a number on the CPU joins values on a GPU.
fn place(op: Op, inputs: &[Value], default: Device) -> Result<Device> {
    let mut device = None;
    for value in inputs {
        match device {
            Some(found) if found != value.device() && value.ty().rank() > 0 => {
                return Err(Error::user(op, format_args!("operands are on {found} and on {}", value.device())));
            }
            None if value.ty().rank() > 0 => device = Some(value.device()),
            _ => {}
        }
    }
    // Numbers alone: a GPU's, where there is one.
    Ok(device.or_else(|| inputs.iter().map(Value::device).max()).unwrap_or(default))
}

/// Runs a call whose row has been asked; the results have the given types.
pub(crate) fn lower(
    call: &Call<'_>,
    inputs: &[Value],
    regions: &[Arc<Graph>],
    results: &[Type],
    default: Device,
) -> Result<Values<Value>> {
    let home = place(call.op, inputs, default)?;
    let device = if call.op.row().placement.needs_cpu(call.inputs) { Device::Cpu } else { home };
    let moved: SmallVec<[Value; 4]>;
    let inputs = if inputs.iter().all(|value| value.device() == device) {
        inputs
    } else {
        moved = inputs.iter().map(|value| value.to(device)).collect::<Result<_>>()?;
        &moved
    };
    match call.op {
        Op::Region(Region::Fused) => return Ok(execute(&regions[0], inputs)?.into_iter().collect()),
        Op::Random(op) => return random::lower(op, call, inputs, results, home),
        Op::Algebra(op) if op != Algebra::Triangle => return algebra::lower(op, call, inputs, results, home),
        _ => {}
    }
    let Some(result) = results.first() else {
        return Err(Error::internal(format_args!("{} has no result", call.op)));
    };
    if device != Device::Cpu && (result.dtype == DType::F64 || call.inputs.iter().any(|ty| ty.dtype == DType::F64)) {
        return Err(Error::unsupported(format_args!("{} of f64 on {device}", call.op)));
    }
    if home == Device::Cpu
        && native::is_on()
        && let Some(few) = few::lower(call, inputs, results)
    {
        return Ok(smallvec::smallvec![Value::here(few, result.clone())]);
    }
    let lane = Engine::current().lane(device)?;
    let laid: SmallVec<[Option<Array>; 4]> = inputs.iter().map(|x| in_rows(call.op, x, lane)).collect::<Result<_>>()?;
    let arrays: SmallVec<[&Array; 4]> =
        inputs.iter().zip(&laid).map(|(x, laid)| laid.as_ref().unwrap_or_else(|| x.array())).collect();
    let site = Site { call, inputs: &arrays, result, device, stream: &lane.stream };
    let arrays: SmallVec<[Array; 1]> = if results.iter().all(|ty| ty.shape.iter().any(|size| *size == 0)) {
        // Nothing to compute, and some of MLX's own calls divide by the zero.
        results.iter().map(|ty| Ok(Array::from_bytes(&[], &sizes(ty)?, ty.dtype))).collect::<Result<_>>()?
    } else {
        match call.op {
            Op::Normalisation(Normalisation::BatchNorm) => match native::per_place(&site) {
                Some(arrays) => arrays?,
                None => normalisation::per_place(&site)?,
            },
            _ => match native::lower(&site) {
                Some(array) => smallvec::smallvec![array?],
                None => smallvec::smallvec![portable(&site)?],
            },
        }
    };
    if arrays.len() != results.len() {
        return Err(Error::internal(format_args!(
            "{} has {} results and was lowered to {}",
            call.op,
            results.len(),
            arrays.len()
        )));
    }
    let sources: SmallVec<[&Value; 4]> = inputs.iter().collect();
    let values = arrays.into_iter().zip(results).map(|(array, result)| {
        let array = if array.dtype() == result.dtype { array } else { mlx::cast(&array, result.dtype, &lane.stream)? };
        let value = Value::lazy(array, result.clone(), lane, &sources)?;
        if keeps_rows(call.op, inputs) {
            value.set_in_rows();
        }
        if device == home { Ok(value) } else { value.to(home) }
    });
    values.collect()
}

/// A small operand in row-major order, where it may lie otherwise and the order of a sum would follow: whether few elements
/// are computed at once or by MLX makes a difference in how they lie, and must make none in a result.
fn in_rows(op: Op, operand: &Value, lane: &Lane) -> Result<Option<Array>> {
    let ordered = match op {
        Op::Elementwise(_) | Op::Special(_) | Op::Movement(_) | Op::Creation(_) | Op::Indexing(_) | Op::Random(_) => {
            false
        }
        // The kernel sees to it.
        Op::Contraction(_) => !matches!(operand.dtype(), DType::F32 | DType::F64) || !native::is_on(),
        _ => true,
    };
    let few = ordered && lane.device == Device::Cpu && native::is_on() && !operand.is_in_rows();
    let few = few && operand.ty().known_bytes().is_some_and(|bytes| bytes <= (MOST * operand.dtype().size()) as u64);
    Ok(if few { Some(mlx::in_rows(operand.array(), &lane.stream)?) } else { None })
}

/// Whether MLX gives the results of an op in row-major order.
fn keeps_rows(op: Op, inputs: &[Value]) -> bool {
    match op {
        Op::Reduction(_) | Op::Contraction(_) | Op::Creation(_) => true,
        Op::Elementwise(_) | Op::Movement(Movement::Reshape) => inputs.iter().all(Value::is_in_rows),
        _ => false,
    }
}

/// The portable lowering of ops with one result.
fn portable(site: &Site<'_>) -> Result<Array> {
    match site.call.op {
        Op::Elementwise(op) => elementwise::lower(op, site),
        Op::Special(op) => special::lower(op, site),
        Op::Reduction(op) => reduction::lower(op, site),
        Op::Window(op) => window::lower(op, site),
        Op::Movement(op) => movement::lower(op, site),
        Op::Contraction(op) => contraction::lower(op, site),
        Op::Convolutional(op) => convolution::lower(op, site),
        Op::Attentive(Attentive::Attention | Attentive::MaskedAttention) => attention::lower(site),
        Op::Indexing(op) => indexing::lower(op, site),
        Op::Ordering(op) => ordering::lower(op, site),
        Op::Normalisation(op) => normalisation::lower(op, site),
        Op::Algebra(_) => algebra::triangle(site),
        Op::Spectral(op) => spectral::lower(op, site),
        Op::Creation(op) => creation::lower(op, site),
        Op::Random(_) | Op::Region(_) => Err(Error::internal(format_args!("{} is lowered elsewhere", site.call.op))),
    }
}
