//! The emitter below every tape: it runs ops at once, or records them where a trace is active.

use std::sync::Arc;

use flashlight_compiler::{
    ir::{Emit, Graph, Provenance, Values},
    ops::{Attrs, Op},
};
use flashlight_runtime::Device;
use flashlight_runtime::Eager;
use smallvec::SmallVec;

use crate::{
    error::{Error, Result},
    trace,
    value::{Payload, Value},
};

/// Any emitter of the frontend's values.
pub type Emitter<'a> = dyn Emit<Value = Value, Error = Error> + 'a;

/// Runs ops on a device, or records them where a trace is active.
pub struct Base {
    device: Device,
}

impl Base {
    /// Values without operands are made on `device`.
    pub fn on(device: Device) -> Self {
        Self { device }
    }
}

impl Emit for Base {
    type Value = Value;
    type Error = Error;

    fn emit_with(&mut self, op: Op, attrs: Attrs, inputs: &[Value], regions: &[Arc<Graph>]) -> Result<Values<Value>> {
        let device = inputs.first().map_or(self.device, Value::device);
        let traced = inputs.iter().find_map(|v| match v.payload() {
            Payload::Traced(traced) => Some(traced.trace.clone()),
            Payload::Concrete(_) => None,
        });
        if let Some(trace) = traced.or_else(trace::current) {
            return trace.emit(op, attrs, inputs, regions, device);
        }
        let concrete: SmallVec<[flashlight_runtime::Value; 3]> =
            inputs.iter().map(|v| v.concrete(op.name()).cloned()).collect::<Result<_>>()?;
        let results = Eager::new(device).emit_with(op, attrs, &concrete, regions)?;
        Ok(results.into_iter().map(Value::from).collect())
    }

    fn set_provenance(&mut self, provenance: &Provenance) {
        if let Some(trace) = trace::current() {
            trace.set_provenance(provenance);
        }
    }
}
