//! Storage: what tensors that are views of each other share, a current value, how often it was replaced, and how
//! many of those writes count.

use parking_lot::Mutex;

use crate::value::Value;

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
    /// A storage of this value, never written.
    pub fn new(value: Value) -> Self {
        Self { cell: Mutex::new(Cell { value: value.untracked(), stamp: 0, version: 0 }) }
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

    /// The current value and its stamp.
    pub fn current(&self) -> (Value, u64) {
        let cell = self.cell.lock();
        (cell.value.clone(), cell.stamp)
    }

    /// Replaces the value; the write is `counted`, or happens behind the back of those who watch the version. The old
    /// value is dropped after the lock, because dropping may take long.
    pub fn write(&self, value: Value, counted: bool) {
        let old = {
            let mut cell = self.cell.lock();
            cell.stamp += 1;
            cell.version += u64::from(counted);
            std::mem::replace(&mut cell.value, value.untracked())
        };
        drop(old);
    }
}
