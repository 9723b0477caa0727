//! The intermediate representation: graphs in static single assignment, how they are made, checked, printed and read.

mod builder;
mod emit;
mod graph;
mod hash;
mod instances;
mod json;
mod parse;
mod partition;
mod print;
mod provenance;
mod verify;

pub use builder::{GraphBuilder, Reference};
pub use emit::{Emit, Typed, Values};
pub use graph::{Definition, Graph, Node, NodeId, Output, Param, Value, ValueId};
pub use hash::content_hash;
pub use instances::{generalise, instance};
pub use json::{from_json, to_json};
pub use parse::parse;
pub use partition::{Parts, partition};
pub use print::Printer;
pub use provenance::{Provenance, Source, SourceId};
pub use verify::{debug_verify, verify};
