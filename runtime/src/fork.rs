//! What happens to the runtime when the process forks: everything is brought to rest before, and the child starts with
//! streams and threads of its own. Values that were evaluated before the fork are readable in the child.

use std::cell::RefCell;

use crate::engine::{Engine, Held};

thread_local! {
    static HELD: RefCell<Option<(&'static Engine, Held)>> = const { RefCell::new(None) };
}

/// Call before the fork, on the thread that forks. Evaluates everything recorded so far, waits for it, and keeps every
/// other thread from evaluating until one of the functions below is called. Call it with the interpreter's lock, where
/// there is one: who holds that may be waiting for what this call holds.
pub fn before_fork() {
    let engine = Engine::current();
    let held = engine.hold();
    HELD.with(|slot| *slot.borrow_mut() = Some((engine, held)));
}

/// Call in the parent after the fork, on the same thread.
pub fn after_fork_parent() {
    HELD.with(|slot| slot.borrow_mut().take());
}

/// Call in the child after the fork: gives it a fresh CPU stream and threads of its own. GPUs are closed in the child;
/// asking for one is an error that says so.
pub fn after_fork_child() {
    if let Some((engine, held)) = HELD.with(|slot| slot.borrow_mut().take()) {
        // The parent's locks stay locked for ever: no thread is left that could wait for them.
        std::mem::forget(held);
        engine.restart();
    }
}
