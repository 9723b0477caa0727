//! Where threads wait for evaluations: one condition that every change of a ticket tells.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::error::Result;
use crate::lane::lock;

/// How long a wait goes on before the caller's poll is asked again.
const POLL: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(crate) struct Progress {
    changed: Mutex<()>,
    condition: Condvar,
}

impl Progress {
    pub(crate) fn tell(&self) {
        // Taken so that a waiter cannot look before the change and fall asleep after it.
        drop(lock(&self.changed));
        self.condition.notify_all();
    }

    /// Waits until `done`, asking `poll` now and then; no lock is held while it runs. `look` is asked between sleeps
    /// where something must be watched that tells nobody; it answers how long that may wait.
    pub(crate) fn wait(
        &self,
        poll: &mut dyn FnMut() -> Result<()>,
        look: &dyn Fn() -> Option<Duration>,
        done: &dyn Fn() -> bool,
    ) -> Result<()> {
        let mut slept = Duration::ZERO;
        loop {
            let patience = look().unwrap_or(POLL).min(POLL);
            let guard = lock(&self.changed);
            if done() {
                return Ok(());
            }
            drop(self.condition.wait_timeout(guard, patience));
            slept += patience;
            if slept >= POLL {
                slept = Duration::ZERO;
                poll()?;
            }
        }
    }

    /// Keeps every thread from telling or sleeping: held over a fork.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        lock(&self.changed)
    }
}
