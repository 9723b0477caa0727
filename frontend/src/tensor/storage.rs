//! Storage: what tensors that are views of each other share, a current value and how often it was written.

use parking_lot::Mutex;

use crate::value::Value;

/// A value that can be replaced, and its version.
pub struct Storage {
    cell: Mutex<(Value, u64)>,
}

impl Storage {
    /// A storage of this value, never written.
    pub fn new(value: Value) -> Self {
        Self { cell: Mutex::new((value.untracked(), 0)) }
    }

    /// The current value.
    pub fn value(&self) -> Value {
        self.cell.lock().0.clone()
    }

    /// How often it was written.
    pub fn version(&self) -> u64 {
        self.cell.lock().1
    }

    /// The current value and its version.
    pub fn current(&self) -> (Value, u64) {
        self.cell.lock().clone()
    }

    /// Replaces the value. The old one is dropped after the lock, because dropping may take long.
    pub fn write(&self, value: Value) {
        let old = {
            let mut cell = self.cell.lock();
            cell.1 += 1;
            std::mem::replace(&mut cell.0, value.untracked())
        };
        drop(old);
    }
}
