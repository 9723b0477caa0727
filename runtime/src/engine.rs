//! When values are evaluated, and by whom. Values register when they are made; a thread of its own schedules them in
//! batches, so that a thread that holds the interpreter's lock never holds a device's. Computes nothing itself.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::time::{Duration, Instant};

use crate::device::Device;
use crate::error::{Error, Origins, Result};
use crate::lane::{Lane, LaneGuard, lock};
use crate::mlx;
use crate::progress::Progress;
use crate::value::{Node, Value};

/// Recorded values and result bytes after which they are scheduled without being asked for.
const PENDING_VALUES: usize = 256;
const PENDING_BYTES: u64 = 64 << 20;

/// Batches that may wait for the evaluator before a thread that makes more has to wait for it.
const BACKLOG: usize = 4;

/// So few values are scheduled by the thread that asks for them: MLX starts to wait for its own work at a hundred nodes.
const FEW: usize = 24;

thread_local! {
    static ORIGIN: Cell<u32> = const { Cell::new(0) };
    static PLANNED: Cell<bool> = const { Cell::new(false) };
}

/// Records values that are not scheduled by the way: the caller knows when ([`begin`]).
pub(crate) fn planned<R>(body: impl FnOnce() -> R) -> R {
    let before = PLANNED.replace(true);
    let result = body();
    PLANNED.set(before);
    result
}

/// Marks the operations that this thread records from now on, so that a late failure can name where it may come from.
/// The frontend decides what the number means; 0 is nowhere.
pub fn set_origin(origin: u32) {
    ORIGIN.with(|slot| slot.set(origin));
}

pub(crate) fn origin() -> u32 {
    ORIGIN.with(Cell::get)
}

/// The policy: in batches, or (`FLASHLIGHT_EVAL=each`) every operation when it is recorded, for debugging.
fn evaluates_each() -> bool {
    static EACH: OnceLock<bool> = OnceLock::new();
    *EACH.get_or_init(|| std::env::var("FLASHLIGHT_EVAL").is_ok_and(|policy| policy == "each"))
}

#[derive(Default)]
struct Pending {
    values: Vec<Weak<Node>>,
    bytes: u64,
}

enum Request {
    /// Values that were recorded; those that nobody holds any more are skipped.
    Recorded(Vec<Weak<Node>>),
    /// Values that somebody waits for.
    Wanted(Vec<Arc<Node>>),
}

#[derive(Default)]
struct Queue {
    requests: VecDeque<Request>,
    busy: bool,
    started: bool,
}

/// All evaluation state of this process. A forked child makes a new one; the old one is kept for the values that were
/// finished before the fork.
pub(crate) struct Engine {
    generation: u32,
    cpu: Lane,
    gpus: Vec<OnceLock<Lane>>,
    opening: Mutex<()>,
    pending: Mutex<Pending>,
    queue: Mutex<Queue>,
    work: Condvar,
    progress: &'static Progress,
    batches: AtomicU64,
}

static CURRENT: AtomicPtr<Engine> = AtomicPtr::new(std::ptr::null_mut());

impl Engine {
    /// This process's engine, started at the first call.
    #[allow(unsafe_code, reason = "reads the pointer that only `install` writes")]
    pub(crate) fn current() -> &'static Engine {
        // SAFETY: null, or a leaked box.
        match unsafe { CURRENT.load(Ordering::Acquire).as_ref() } {
            Some(engine) => engine,
            None => {
                static STARTING: Mutex<()> = Mutex::new(());
                let _guard = lock(&STARTING);
                // SAFETY: as above.
                match unsafe { CURRENT.load(Ordering::Acquire).as_ref() } {
                    Some(engine) => engine,
                    None => Engine::install(0, mlx::gpu_count()),
                }
            }
        }
    }

    fn install(generation: u32, gpus: u32) -> &'static Engine {
        mlx::keep_errors();
        let progress: &'static Progress = Box::leak(Box::default());
        // Without a CPU stream MLX is unusable, and every later call would say so less clearly.
        #[allow(clippy::expect_used, reason = "MLX always has a CPU")]
        let cpu = Lane::new(Device::Cpu, generation, progress).expect("MLX makes a CPU stream");
        let engine = Box::leak(Box::new(Engine {
            generation,
            cpu,
            gpus: (0..gpus).map(|_| OnceLock::new()).collect(),
            opening: Mutex::default(),
            pending: Mutex::default(),
            queue: Mutex::default(),
            work: Condvar::new(),
            progress,
            batches: AtomicU64::new(0),
        }));
        CURRENT.store(engine, Ordering::Release);
        engine
    }

    /// The CPU's lane.
    pub(crate) fn cpu(&'static self) -> &'static Lane {
        &self.cpu
    }

    pub(crate) fn is_forked(&self) -> bool {
        self.generation > 0
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Why a value of the process before a fork is of no use here.
    pub(crate) fn left_behind(&self, node: &Node) -> Error {
        Error::Evaluation {
            message: format!("{} was recorded before a fork and not evaluated by then", node.ty),
            origins: span(std::iter::once(node.origin)),
        }
    }

    pub(crate) fn gpu_count(&self) -> u32 {
        self.gpus.len() as u32
    }

    /// The lane of a device, opened at the first call.
    pub(crate) fn lane(&'static self, device: Device) -> Result<&'static Lane> {
        let Device::Gpu(index) = device else { return Ok(&self.cpu) };
        if self.is_forked() {
            return Err(Error::unsupported(format_args!(
                "{device} in a forked child: GPU drivers do not survive a fork; start the process anew ('spawn'), or compute on the CPU"
            )));
        }
        let Some(slot) = self.gpus.get(index as usize) else {
            return Err(Error::user(
                "device",
                format_args!("{device} was asked for, and MLX has {} GPUs here", self.gpus.len()),
            ));
        };
        if let Some(lane) = slot.get() {
            return Ok(lane);
        }
        let _opening = lock(&self.opening);
        if slot.get().is_none() {
            // MLX's list of streams is not made for a reader beside a writer.
            let _quiet: Vec<LaneGuard<'_>> = self.lanes().map(Lane::lock).collect();
            let lane = Lane::new(device, self.generation, self.progress)?;
            return Ok(slot.get_or_init(|| lane));
        }
        slot.get().ok_or_else(|| Error::internal("a lane that was opened is closed"))
    }

    /// The open lanes in the order in which they are locked.
    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.cpu).chain(self.gpus.iter().filter_map(OnceLock::get))
    }

    /// Registers a value that was just recorded; from time to time has all of them scheduled.
    pub(crate) fn record(&'static self, node: &Arc<Node>, bytes: u64) -> Result<()> {
        if evaluates_each() {
            return self.wait(&[node], &mut || Ok(()));
        }
        if PLANNED.get() {
            return Ok(());
        }
        let due = {
            let mut pending = lock(&self.pending);
            pending.values.push(Arc::downgrade(node));
            pending.bytes = pending.bytes.saturating_add(bytes);
            if pending.values.len() < PENDING_VALUES && pending.bytes < PENDING_BYTES {
                return Ok(());
            }
            std::mem::take(&mut *pending).values
        };
        self.request(Request::Recorded(due));
        if lock(&self.queue).requests.len() > BACKLOG {
            let enough = || lock(&self.queue).requests.len() <= BACKLOG;
            self.progress.wait(&mut || Ok(()), &|| None, &enough)?;
        }
        Ok(())
    }

    /// Gives all recorded values to the evaluator.
    fn flush(&'static self) {
        let due = std::mem::take(&mut *lock(&self.pending)).values;
        if !due.is_empty() {
            self.request(Request::Recorded(due));
        }
    }

    fn request(&'static self, request: Request) {
        let mut queue = lock(&self.queue);
        queue.requests.push_back(request);
        if !queue.started {
            queue.started = true;
            let spawned = std::thread::Builder::new().name("flashlight-evaluate".to_owned()).spawn(|| self.evaluate());
            if spawned.is_err() {
                // No thread is to be had: do its work here.
                queue.started = false;
                let requests: Vec<Request> = queue.requests.drain(..).collect();
                drop(queue);
                requests.into_iter().for_each(|request| self.schedule(request));
                return;
            }
        }
        drop(queue);
        self.work.notify_one();
    }

    /// The evaluator's life.
    fn evaluate(&'static self) {
        let mut queue = lock(&self.queue);
        loop {
            match queue.requests.pop_front() {
                Some(request) => {
                    queue.busy = true;
                    drop(queue);
                    self.schedule(request);
                    queue = lock(&self.queue);
                    queue.busy = false;
                    drop(queue);
                    self.progress.tell();
                    queue = lock(&self.queue);
                }
                None => queue = self.work.wait(queue).unwrap_or_else(|poisoned| poisoned.into_inner()),
            }
        }
    }

    fn schedule(&'static self, request: Request) {
        let nodes: Vec<Arc<Node>> = match request {
            Request::Recorded(nodes) => nodes.iter().filter_map(Weak::upgrade).collect(),
            Request::Wanted(nodes) => nodes,
        };
        let lazy: Vec<&Arc<Node>> = nodes.iter().filter(|node| node.is_lazy()).collect();
        let needed = lazy.iter().fold(0, |bits, node| bits | node.lanes);
        let guards: Vec<LaneGuard<'_>> = self.lanes().filter(|lane| lane.bit() & needed != 0).map(Lane::lock).collect();
        self.schedule_locked(lazy);
        drop(guards);
        self.progress.tell();
    }

    /// Schedules lazy nodes. The caller holds the locks of all lanes they need.
    fn schedule_locked(&self, nodes: Vec<&Arc<Node>>) {
        let nodes: Vec<&Arc<Node>> = nodes.into_iter().filter(|node| node.is_lazy()).collect();
        if nodes.is_empty() {
            return;
        }
        self.batches.fetch_add(1, Ordering::Relaxed);
        let origins = span(nodes.iter().map(|node| node.origin));
        if mlx::async_eval(nodes.iter().map(|node| node.array())).is_err() {
            // One of them could not be scheduled: find out which, so that the others do not fail with it.
            for node in &nodes {
                if !node.array().is_scheduled()
                    && let Err(failure) = mlx::async_eval(std::iter::once(node.array()))
                {
                    node.fail(Error::Evaluation { message: failure.0, origins: span(std::iter::once(node.origin)) });
                }
            }
        }
        for lane in std::iter::once(&self.cpu).chain(self.gpus.iter().filter_map(OnceLock::get)) {
            let mut last = None;
            for node in nodes.iter().filter(|node| std::ptr::eq(node.lane, lane) && node.is_lazy()) {
                let (_, ticket) = *last.get_or_insert_with(|| (*node, lane.next_ticket()));
                node.scheduled(ticket, origins);
                last = Some((*node, ticket));
            }
            if let Some((node, ticket)) = last {
                node.lane.when_over(ticket, node.array());
            }
        }
    }

    /// Schedules everything recorded and waits for `nodes`.
    pub(crate) fn wait(&'static self, nodes: &[&Arc<Node>], poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if nodes.iter().any(|node| node.is_lazy()) {
            self.submit(nodes)?;
        }
        if !nodes.iter().all(|node| node.is_settled()) {
            let since = Instant::now();
            let look = || {
                let watching = nodes.iter().filter(|node| node.lane.look()).count() > 0;
                // A GPU is asked often at first, then about every thirtieth part of the time it has taken.
                watching.then(|| (since.elapsed() / 32).clamp(Duration::from_micros(20), Duration::from_millis(2)))
            };
            self.progress.wait(poll, &look, &|| nodes.iter().all(|node| node.is_settled()))?;
        }
        nodes.iter().try_for_each(|node| node.outcome())
    }

    /// Has `nodes` scheduled, with everything recorded before them, and waits until they are: their memory is there then.
    pub(crate) fn schedule_all(
        &'static self,
        nodes: &[&Arc<Node>],
        poll: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        if nodes.iter().any(|node| node.is_lazy()) {
            self.submit(nodes)?;
            self.progress.wait(poll, &|| None, &|| nodes.iter().all(|node| !node.is_lazy()))?;
        }
        nodes.iter().try_for_each(|node| node.outcome())
    }

    fn submit(&'static self, nodes: &[&Arc<Node>]) -> Result<()> {
        if let Some(node) = nodes.iter().find(|node| node.is_lazy() && node.lane.generation != self.generation) {
            return Err(self.left_behind(node));
        }
        let due = std::mem::take(&mut *lock(&self.pending)).values;
        if due.len() <= FEW && self.schedule_here(&due, nodes) {
            return Ok(());
        }
        if !due.is_empty() {
            self.request(Request::Recorded(due));
        }
        self.request(Request::Wanted(nodes.iter().map(|node| Arc::clone(node)).collect()));
        Ok(())
    }

    /// Schedules a few nodes without the evaluator, where nothing is in the way: no other work, no other thread.
    fn schedule_here(&'static self, due: &[Weak<Node>], wanted: &[&Arc<Node>]) -> bool {
        {
            let queue = lock(&self.queue);
            if queue.busy || !queue.requests.is_empty() {
                return false;
            }
        }
        let alive: Vec<Arc<Node>> = due.iter().filter_map(Weak::upgrade).collect();
        let nodes: Vec<&Arc<Node>> = alive.iter().chain(wanted.iter().copied()).filter(|node| node.is_lazy()).collect();
        let needed = nodes.iter().fold(0, |bits, node| bits | node.lanes);
        let mut guards = Vec::new();
        for lane in self.lanes().filter(|lane| lane.bit() & needed != 0) {
            match lane.try_lock() {
                Some(guard) if lane.is_idle() => guards.push(guard),
                _ => return false,
            }
        }
        self.schedule_locked(nodes);
        true
    }

    /// Whether nothing is recorded, queued or running.
    fn is_quiet(&self, pending: &Pending, queue: &Queue) -> bool {
        let recorded = pending.values.iter().any(|node| node.strong_count() > 0);
        !recorded && queue.requests.is_empty() && !queue.busy && self.lanes().all(Lane::is_idle)
    }

    fn drain(&'static self, poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.flush();
        let quiet = || {
            let queue = lock(&self.queue);
            queue.requests.is_empty() && !queue.busy && self.lanes().all(Lane::is_idle)
        };
        let look = || {
            let watching = self.lanes().filter(|lane| lane.look()).count() > 0;
            watching.then_some(Duration::from_micros(200))
        };
        self.progress.wait(poll, &look, &quiet)
    }

    /// Brings everything to rest and holds it there.
    pub(crate) fn hold(&'static self) -> Held {
        loop {
            // A poll that never refuses: only an interrupted wait fails.
            let _ = self.drain(&mut || Ok(()));
            let held = Held {
                _opening: lock(&self.opening),
                _lanes: self.lanes().map(Lane::lock).collect(),
                pending: lock(&self.pending),
                queue: lock(&self.queue),
                _progress: self.progress.hold(),
            };
            if self.is_quiet(&held.pending, &held.queue) {
                return held;
            }
        }
    }

    /// Starts the engine of a forked child in the place of its parent's.
    pub(crate) fn restart(&self) {
        if !self.gpus.is_empty() {
            mlx::forget_gpu();
        }
        Engine::install(self.generation + 1, 0);
    }
}

/// The locks of an engine at rest.
pub(crate) struct Held {
    _progress: MutexGuard<'static, ()>,
    queue: MutexGuard<'static, Queue>,
    pending: MutexGuard<'static, Pending>,
    _lanes: Vec<LaneGuard<'static>>,
    _opening: MutexGuard<'static, ()>,
}

fn span(origins: impl Iterator<Item = u32>) -> Option<Origins> {
    let known = origins.filter(|origin| *origin != 0);
    known.fold(None, |span, origin| {
        Some(span.map_or(Origins { first: origin, last: origin }, |Origins { first, last }| Origins {
            first: first.min(origin),
            last: last.max(origin),
        }))
    })
}

/// Has everything recorded so far scheduled, and does not wait for it.
pub fn flush() {
    Engine::current().flush();
}

/// Evaluates the values and waits until their work is over; everything else recorded so far is scheduled with them.
/// `poll` is called about every 50 ms, with no lock held; its error ends the wait, not the work.
///
/// Call this without the interpreter's lock: other threads may be waiting for it while they hold a device.
pub fn wait(values: &[&Value], poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let nodes: Vec<&Arc<Node>> = values.iter().map(|value| value.node()).collect();
    Engine::current().wait(&nodes, poll)
}

/// Has the values' work begun before anything that is begun later, and does not wait for it.
pub fn begin<'a>(values: impl IntoIterator<Item = &'a Value>) {
    let lazy = |value: &&Value| value.node().is_lazy();
    let nodes: Vec<Weak<Node>> = values.into_iter().filter(lazy).map(|value| Arc::downgrade(value.node())).collect();
    if !nodes.is_empty() {
        Engine::current().request(Request::Recorded(nodes));
    }
}

/// Has the values' work begun, and waits no longer than that takes: what needs memory that is not there fails here.
/// `poll` as in [`wait`].
pub fn schedule(values: &[&Value], poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let nodes: Vec<&Arc<Node>> = values.iter().map(|value| value.node()).collect();
    Engine::current().schedule_all(&nodes, poll)
}

/// [`wait`] that cannot be interrupted.
pub fn eval(values: &[&Value]) -> Result<()> {
    wait(values, &mut || Ok(()))
}

/// Evaluates everything recorded so far and waits until every device is idle. Failures stay with their values.
pub fn synchronize(poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    Engine::current().drain(poll)
}

/// How many batches of values this process has scheduled: for tests and reports of the evaluation policy.
pub fn batches() -> u64 {
    Engine::current().batches.load(Ordering::Relaxed)
}
