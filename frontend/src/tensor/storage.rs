//! Storage: what tensors that are views of each other share, a current value, how often it was replaced, and how
//! many of those writes count.

use parking_lot::Mutex;
use std::sync::Arc;

use crate::{error::Result, trace, value::Value};

/// A value that can be replaced.
pub struct Storage {
    cell: Mutex<Cell>,
}

struct Cell {
    value: Value,
    stamp: u64,
    version: u64,
}

impl Storage {
    /// A storage of this value, never written. A trace that records here knows it for its own.
    pub fn new(value: Value) -> Arc<Self> {
        let storage = Arc::new(Self { cell: Mutex::new(Cell { value: value.untracked(), stamp: 0, version: 0 }) });
        if let Some(trace) = trace::current() {
            trace.bear(&storage);
        }
        storage
    }

    /// The current value.
    pub fn value(&self) -> Value {
        self.cell.lock().value.clone()
    }

    /// How often it was written, as torch counts.
    pub fn version(&self) -> u64 {
        self.cell.lock().version
    }

    /// How often the value was replaced.
    pub fn stamp(&self) -> u64 {
        self.cell.lock().stamp
    }

    /// The current value, as a trace that records here sees it, and its stamp.
    ///
    /// # Errors
    /// What the trace refuses.
    pub fn see(self: &Arc<Self>) -> Result<(Value, u64)> {
        match trace::current() {
            Some(trace) => trace.see(self),
            None => Ok(self.current()),
        }
    }

    /// The current value and its stamp.
    pub fn current(&self) -> (Value, u64) {
        let cell = self.cell.lock();
        (cell.value.clone(), cell.stamp)
    }

    /// Puts back a value and the version it had.
    pub fn restore(&self, value: Value, version: u64) {
        let old = {
            let mut cell = self.cell.lock();
            cell.stamp += 1;
            cell.version = version;
            std::mem::replace(&mut cell.value, value)
        };
        drop(old);
    }

    /// Replaces the value; the write is `counted`, or happens behind the back of those who watch the version. A trace that
    /// records here notes the value before. The old value is dropped after the lock, because dropping may take long.
    ///
    /// # Errors
    /// What the trace refuses.
    pub fn write(self: &Arc<Self>, value: Value, counted: bool) -> Result<()> {
        if let Some(trace) = trace::current() {
            trace.before_write(self)?;
        }
        let old = {
            let mut cell = self.cell.lock();
            cell.stamp += 1;
            cell.version += u64::from(counted);
            std::mem::replace(&mut cell.value, value.untracked())
        };
        drop(old);
        Ok(())
    }
}
