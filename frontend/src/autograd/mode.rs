//! Whether calls are recorded: a flag of each thread, as in torch.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether calls on this thread are recorded.
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Switches recording on or off for this thread; answers with what it was.
pub fn set_grad_enabled(enabled: bool) -> bool {
    ENABLED.replace(enabled)
}

/// Recording switched for as long as this lives.
#[derive(Debug)]
pub struct GradMode(bool);

impl GradMode {
    /// Switches recording.
    pub fn enter(enabled: bool) -> Self {
        Self(set_grad_enabled(enabled))
    }
}

impl Drop for GradMode {
    fn drop(&mut self) {
        set_grad_enabled(self.0);
    }
}
