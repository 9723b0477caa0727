//! One device's stream, its evaluation lock, and the tickets by which work is known to be over. Work scheduled together
//! has one ticket; a device finishes its tickets in order.

use std::collections::VecDeque;
use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use crate::device::Device;
use crate::error::Result;
use crate::mlx::{self, Array, Stream};
use crate::progress::Progress;

/// How many failed tickets are remembered.
const FAILURES: usize = 256;

pub(crate) struct Lane {
    pub(crate) device: Device,
    pub(crate) stream: Stream,
    /// Which process of a line of forks the stream belongs to.
    pub(crate) generation: u32,
    progress: &'static Progress,
    lock: Mutex<()>,
    issued: AtomicU64,
    finished: AtomicU64,
    failures: Mutex<VecDeque<Failed>>,
    /// A GPU tells nobody that it is done: one array of each ticket, to be asked.
    running: Mutex<VecDeque<(u64, Array)>>,
    /// Nodes dropped while another thread was evaluating, when freeing them could meet the evaluation.
    graveyard: Mutex<Vec<Array>>,
    /// Whether anything was put there since the lock was last released.
    buried: AtomicBool,
}

/// Tickets that came to nothing.
struct Failed {
    first: u64,
    last: u64,
    message: Arc<str>,
}

/// Locks what panicking code cannot leave half-done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lane {
    pub(crate) fn new(device: Device, generation: u32, progress: &'static Progress) -> Result<Lane> {
        Ok(Lane {
            device,
            stream: Stream::new(device.gpu())?,
            generation,
            progress,
            lock: Mutex::new(()),
            issued: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            failures: Mutex::default(),
            running: Mutex::default(),
            graveyard: Mutex::default(),
            buried: AtomicBool::new(false),
        })
    }

    /// The bit of this lane in the set of lanes that a pending value needs.
    pub(crate) fn bit(&self) -> u32 {
        match self.device {
            Device::Cpu => 1,
            Device::Gpu(index) => 2 << index,
        }
    }

    /// The right to evaluate on this device.
    pub(crate) fn lock(&self) -> LaneGuard<'_> {
        LaneGuard { lane: self, _guard: lock(&self.lock) }
    }

    pub(crate) fn try_lock(&self) -> Option<LaneGuard<'_>> {
        match self.lock.try_lock() {
            Ok(guard) => Some(LaneGuard { lane: self, _guard: guard }),
            Err(TryLockError::Poisoned(poisoned)) => Some(LaneGuard { lane: self, _guard: poisoned.into_inner() }),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Frees a node that may be part of pending work.
    pub(crate) fn bury(&self, array: Array) {
        match self.try_lock() {
            Some(guard) => {
                drop(array);
                drop(guard);
            }
            None => {
                lock(&self.graveyard).push(array);
                self.buried.store(true, Ordering::Release);
            }
        }
    }

    /// The ticket of the work that is scheduled next. Called under the lock.
    pub(crate) fn next_ticket(&self) -> u64 {
        self.issued.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Has the ticket marked as finished when everything scheduled so far is over. `last` is scheduled under this ticket.
    pub(crate) fn when_over(&'static self, ticket: u64, last: &Array) {
        if self.device != Device::Cpu {
            lock(&self.running).push_back((ticket, last.another()));
            return;
        }
        // On MLX's main thread a call may report an older failure instead of doing its work: then it is done again.
        if let Err(older) = self.stream.notify(over, self, ticket) {
            self.fail(ticket, &older.0);
            if let Err(failure) = self.stream.notify(over, self, ticket) {
                self.finish(ticket, Some(&failure.0));
            }
        }
    }

    pub(crate) fn is_over(&self, ticket: u64) -> bool {
        self.finished.load(Ordering::Acquire) >= ticket
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.is_over(self.issued.load(Ordering::Acquire))
    }

    pub(crate) fn failure(&self, ticket: u64) -> Option<Arc<str>> {
        let failures = lock(&self.failures);
        failures
            .iter()
            .find(|failed| (failed.first..=failed.last).contains(&ticket))
            .map(|failed| failed.message.clone())
    }

    /// Asks the GPU how far it is; `false` where it has nothing to do.
    pub(crate) fn look(&self) -> bool {
        if self.device == Device::Cpu {
            return false;
        }
        let Some(guard) = self.try_lock() else { return true };
        loop {
            let mut running = lock(&self.running);
            let Some((ticket, array)) = running.front() else { return false };
            let ticket = *ticket;
            let failure = match array.is_finished() {
                Ok(false) => return true,
                Ok(true) => None,
                Err(failure) => Some(failure.0),
            };
            let done = running.pop_front();
            drop(running);
            drop(done);
            self.finish(ticket, failure.as_deref());
            let _ = &guard;
        }
    }

    /// MLX does not say which array failed, and what was recorded before anyone knew may have read it: everything on
    /// its way, and the batch that is being recorded, fails too. An op that fails because of a user's numbers is
    /// therefore evaluated alone.
    fn fail(&self, ticket: u64, message: &str) {
        let mut failures = lock(&self.failures);
        let last = self.issued.load(Ordering::Acquire) + 1;
        failures.push_back(Failed { first: ticket, last, message: message.into() });
        if failures.len() > FAILURES {
            failures.pop_front();
        }
    }

    fn finish(&self, ticket: u64, failure: Option<&str>) {
        if let Some(message) = failure {
            self.fail(ticket, message);
        }
        self.finished.fetch_max(ticket, Ordering::Release);
        self.progress.tell();
    }
}

#[allow(unsafe_code, reason = "reads back the context that `when_over` gave to the stream")]
extern "C" fn over(context: *mut c_void, ticket: u64, error: *const c_char) {
    // SAFETY: `when_over` is the only caller of `notify` with this function, and passes a lane.
    let (lane, failure) = unsafe { mlx::notified::<Lane>(context, error) };
    lane.finish(ticket, failure.as_deref());
}

/// Held by the one thread that evaluates on a device.
pub(crate) struct LaneGuard<'a> {
    lane: &'a Lane,
    _guard: MutexGuard<'a, ()>,
}

impl Drop for LaneGuard<'_> {
    fn drop(&mut self) {
        if self.lane.buried.swap(false, Ordering::Acquire) {
            let dead = std::mem::take(&mut *lock(&self.lane.graveyard));
            drop(dead);
        }
    }
}
