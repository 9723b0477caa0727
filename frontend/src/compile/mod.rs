//! Compiled programs: a recording that can run again, on other arguments, with everything it writes put down at once.

mod program;

pub use program::{Program, Run};
