//! Elements of values on the host: the one place where the frontend waits for work.

use std::sync::OnceLock;

use flashlight_runtime::Value as Concrete;

use crate::{
    error::Result,
    value::{Payload, Value},
};

/// How to wait for elements and read them.
pub type Reader = fn(&Concrete) -> Result<Vec<u8>>;

static READER: OnceLock<Reader> = OnceLock::new();

/// Has every wait done by `reader`: a binding gives up its interpreter's lock and asks for signals in it. The first one
/// stays.
pub fn set_reader(reader: Reader) {
    READER.get_or_init(|| reader);
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
        Some(read) => read(value),
        None => Ok(value.to_bytes()?),
    }
}
