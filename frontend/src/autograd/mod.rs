//! Autograd: the tape that records torch function calls, their nodes, and the engine that walks them backwards.

mod engine;
mod gradients;
mod mode;
mod node;
mod tape;

pub use engine::{Request, backward};
pub use gradients::differentiate;
pub use mode::{GradMode, is_grad_enabled, set_grad_enabled};
pub use node::{Backward, Edge, Hook, Node, Var, begin, next_hook, now};
pub use tape::Scope;
