//! The emitter that computes: each op's type rule first, for good messages, then its lowering onto MLX, which is lazy.

use std::sync::Arc;

use flashlight_compiler::ir::{Emit, Graph, Typed, Values};
use flashlight_compiler::ops::{Attrs, Call, Op, Signature};
use flashlight_compiler::types::Type;
use smallvec::SmallVec;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::lower::lower;
use crate::value::Value;

impl Typed for Value {
    fn ty(&self) -> &Type {
        Value::ty(self)
    }
}

/// Applies ops to values at once.
#[derive(Clone, Copy, Debug)]
pub struct Eager {
    /// Where ops without operands put their results; all others run where their operands are.
    pub device: Device,
}

impl Eager {
    /// An emitter for that device.
    pub fn new(device: Device) -> Eager {
        Eager { device }
    }
}

impl Emit for Eager {
    type Value = Value;
    type Error = Error;

    fn emit_with(&mut self, op: Op, attrs: Attrs, inputs: &[Value], regions: &[Arc<Graph>]) -> Result<Values<Value>> {
        let types: SmallVec<[&Type; 4]> = inputs.iter().map(Value::ty).collect();
        let signatures: Vec<Signature> = regions.iter().map(|region| region.signature()).collect();
        let call = Call { op, attrs: &attrs, inputs: &types, regions: &signatures, equalities: None };
        let results = op.row().check(&call)?;
        lower(&call, inputs, regions, &results, self.device)
    }
}
