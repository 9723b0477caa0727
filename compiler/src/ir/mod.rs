//! The intermediate representation: graphs in static single assignment, how they are made, checked, printed and read.

mod builder;
mod emit;
mod graph;
mod provenance;

pub use builder::{GraphBuilder, Reference};
pub use emit::{Emit, Typed, Values};
pub use graph::{Definition, Graph, Node, NodeId, Output, Param, Value, ValueId};
pub use provenance::{Provenance, Source, SourceId};
