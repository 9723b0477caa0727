//! Recording into a graph: the emitter of traced values. Elements that a traced program meets become inputs by identity.

use parking_lot::Mutex;
use smallvec::SmallVec;
use std::{cell::RefCell, sync::Arc};

use flashlight_compiler::{
    ir::{Emit, Graph, GraphBuilder, Provenance, Reference, Typed, Values},
    ops::{Attrs, Op},
    types::Type,
};
use flashlight_runtime::{Device, Value as Concrete};

use crate::{
    error::{Error, Result},
    value::{Payload, Traced, Value},
};

/// A graph that is being recorded.
pub struct Trace {
    state: Mutex<State>,
}

struct State {
    builder: GraphBuilder,
    captured: Vec<(Concrete, Reference)>,
    params: usize,
}

/// A finished trace.
pub struct Recorded {
    /// The program.
    pub graph: Graph,
    /// The values of the parameters behind the declared ones.
    pub captured: Vec<Concrete>,
}

thread_local! {
    static CURRENT: RefCell<Vec<Arc<Trace>>> = const { RefCell::new(Vec::new()) };
}

/// The trace that records what this thread does.
pub fn current() -> Option<Arc<Trace>> {
    CURRENT.with_borrow(|stack| stack.last().cloned())
}

impl Trace {
    /// A trace into an empty graph of that name.
    pub fn new(name: &str) -> Arc<Self> {
        let state = State { builder: GraphBuilder::new(name), captured: Vec::new(), params: 0 };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// A new input.
    pub fn input(self: &Arc<Self>, name: &str, ty: Type, device: Device) -> Value {
        let mut state = self.state.lock();
        state.params += 1;
        let reference = state.builder.param(name, ty, None);
        Traced { trace: self.clone(), reference, device }.into()
    }

    /// Records what `program` does on this thread.
    pub fn record<T>(self: &Arc<Self>, program: impl FnOnce() -> T) -> T {
        struct Pop;
        impl Drop for Pop {
            fn drop(&mut self) {
                CURRENT.with_borrow_mut(|stack| stack.pop());
            }
        }
        CURRENT.with_borrow_mut(|stack| stack.push(self.clone()));
        let _pop = Pop;
        program()
    }

    /// The graph with these outputs.
    ///
    /// # Errors
    /// A value of another trace.
    pub fn finish(self: &Arc<Self>, outputs: &[Value]) -> Result<Recorded> {
        let mut state = self.state.lock();
        let references: Vec<Reference> = outputs.iter().map(|v| state.reference(self, v)).collect::<Result<_>>()?;
        for reference in references {
            state.builder.output(&reference, None);
        }
        let captured = state.captured.drain(..).map(|(value, _)| value).collect();
        Ok(Recorded { graph: std::mem::take(&mut state.builder).finish(), captured })
    }

    /// Applies an op to values of this trace and elements that it captures.
    pub fn emit(
        self: &Arc<Self>,
        op: Op,
        attrs: Attrs,
        inputs: &[Value],
        regions: &[Arc<Graph>],
        device: Device,
    ) -> Result<Values<Value>> {
        let mut state = self.state.lock();
        let references: SmallVec<[Reference; 3]> =
            inputs.iter().map(|v| state.reference(self, v)).collect::<Result<_>>()?;
        let results = state.builder.emit_with(op, attrs, &references, regions)?;
        let traced = |reference| Traced { trace: self.clone(), reference, device }.into();
        Ok(results.into_iter().map(traced).collect())
    }

    /// Says whose code the next calls come from.
    pub fn set_provenance(&self, provenance: &Provenance) {
        self.state.lock().builder.set_provenance(provenance);
    }
}

impl State {
    /// The place of a value in the graph; elements become a parameter the first time they are met.
    fn reference(&mut self, trace: &Arc<Trace>, value: &Value) -> Result<Reference> {
        match value.payload() {
            Payload::Traced(traced) if Arc::ptr_eq(&traced.trace, trace) => Ok(traced.reference.clone()),
            Payload::Traced(_) => Err(Error::runtime("a tensor of one trace is used in another")),
            Payload::Concrete(concrete) => {
                if let Some((_, known)) = self.captured.iter().find(|(v, _)| v.key() == concrete.key()) {
                    return Ok(known.clone());
                }
                let name = format!("captured{}", self.captured.len());
                let reference = self.builder.param(name, value.ty().clone(), None);
                self.captured.push((concrete.clone(), reference.clone()));
                Ok(reference)
            }
        }
    }
}
