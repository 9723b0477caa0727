//! The content hash of a graph: of the program alone, whatever it and its parameters are called and wherever it comes
//! from.

use sha2::{Digest, Sha256};
use std::fmt::Write;

use super::{Graph, print::canonical};

/// SHA-256 of the canonical text form, in hexadecimal. Names of the graph and of its parameters, the numbering of values
/// and provenance are left out; types, attributes, order, regions, guards and names of states count.
pub fn content_hash(graph: &Graph) -> String {
    Sha256::digest(canonical(graph)).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
