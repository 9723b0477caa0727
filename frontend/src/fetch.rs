//! Elements of values on the host: the one place where the frontend waits for work.

use std::sync::OnceLock;

use flashlight_runtime::Value as Concrete;

use crate::{
    error::Result,
    value::{Payload, Value},
};

/// How to wait for elements and read them.
pub type Reader = fn(&Concrete) -> Result<Vec<u8>>;

/// What a wait asks now and then; its error ends the wait.
pub type Poll = fn() -> flashlight_runtime::Result<()>;

static READER: OnceLock<(Reader, Poll)> = OnceLock::new();

/// Has every wait done by `reader`: a binding gives up its interpreter's lock and asks for signals in it. `poll` asks for
/// signals alone. The first ones stay.
pub fn set_reader(reader: Reader, poll: Poll) {
    READER.get_or_init(|| (reader, poll));
}

/// What a wait without the interpreter's lock asks now and then.
pub(crate) fn poll() -> flashlight_runtime::Result<()> {
    READER.get().map_or(Ok(()), |(_, poll)| poll())
}

/// The elements, row-major, in the machine's byte order; `what` says what needs them. Of a traced value they become a
/// decision of its trace.
///
/// # Errors
/// What computing them fails with; what a trace refuses to decide.
pub fn fetch(value: &Value, what: &str) -> Result<Vec<u8>> {
    match value.payload() {
        Payload::Concrete(elements) => fetch_concrete(elements),
        Payload::Traced(traced) => traced.trace.decide(traced, what),
    }
}

/// As [`fetch`], for elements that are known to be there.
///
/// # Errors
/// What computing them fails with.
pub fn fetch_concrete(value: &Concrete) -> Result<Vec<u8>> {
    match READER.get() {
        Some((read, _)) => read(value),
        None => Ok(value.to_bytes()?),
    }
}
