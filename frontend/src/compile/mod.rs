//! Compiled programs: a recording that can run again, on other arguments, with everything it writes put down at once.
//!
//! Where its outputs need gradients, the recording goes on through them, and the joint graph is cut in two: the part that
//! runs when the program is called, and the part that runs when the gradients are known.

mod backward;
mod program;

pub use backward::{Derived, derive};
pub use program::{Program, Run};
