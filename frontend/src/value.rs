//! What ops take and give in the frontend: elements on a device, or a place in a graph that is being traced.

use std::sync::Arc;

use flashlight_compiler::{
    ir::{Reference, Typed},
    types::Type,
};
use flashlight_runtime::{Device, Value as Concrete};

use crate::{
    error::{Error, Result},
    trace::Trace,
};

/// A value, and its slot on the tape that is being recorded (0 outside it).
#[derive(Clone)]
pub struct Value {
    payload: Payload,
    slot: u32,
}

/// What stands behind a value.
#[derive(Clone)]
pub enum Payload {
    /// Elements on a device, perhaps still to be computed.
    Concrete(Concrete),
    /// A place in a graph.
    Traced(Traced),
}

/// A place in a graph that is being traced.
#[derive(Clone)]
pub struct Traced {
    /// The trace it belongs to.
    pub trace: Arc<Trace>,
    /// Its place there.
    pub reference: Reference,
    /// Where its elements will be.
    pub device: Device,
}

impl Value {
    /// What stands behind it.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The elements, where they are not those of a traced value.
    ///
    /// # Errors
    /// A traced value has none: `what` says what needed them.
    pub fn concrete(&self, what: &str) -> Result<&Concrete> {
        match &self.payload {
            Payload::Concrete(value) => Ok(value),
            Payload::Traced(_) => Err(Error::runtime(format_args!(
                "{what} needs the elements of a tensor that is being traced, which are not known yet"
            ))),
        }
    }

    /// Whether both are elements, or both places in one graph.
    pub fn is_of_the_same_trace(&self, other: &Value) -> bool {
        match (&self.payload, &other.payload) {
            (Payload::Concrete(_), Payload::Concrete(_)) => true,
            (Payload::Traced(a), Payload::Traced(b)) => Arc::ptr_eq(&a.trace, &b.trace),
            _ => false,
        }
    }

    /// Where the elements are.
    pub fn device(&self) -> Device {
        match &self.payload {
            Payload::Concrete(value) => value.device(),
            Payload::Traced(traced) => traced.device,
        }
    }

    /// The slot on the tape that is being recorded.
    pub fn slot(&self) -> Option<u32> {
        (self.slot != 0).then_some(self.slot)
    }

    /// The same value in a slot of a tape.
    pub fn in_slot(mut self, slot: u32) -> Self {
        self.slot = slot;
        self
    }

    /// The same value outside any tape.
    pub fn untracked(self) -> Self {
        self.in_slot(0)
    }
}

impl Typed for Value {
    fn ty(&self) -> &Type {
        match &self.payload {
            Payload::Concrete(value) => value.ty(),
            Payload::Traced(traced) => traced.reference.ty(),
        }
    }
}

impl From<Concrete> for Value {
    fn from(value: Concrete) -> Self {
        Self { payload: Payload::Concrete(value), slot: 0 }
    }
}

impl From<Traced> for Value {
    fn from(traced: Traced) -> Self {
        Self { payload: Payload::Traced(traced), slot: 0 }
    }
}
