//! Where a value comes from: a set of sources beside the graph, never part of identity or hash.

use indexmap::IndexSet;
use smallvec::SmallVec;
use std::{fmt, sync::Arc};

/// One place in the user's program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The file as Python names it.
    pub file: Arc<str>,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// The path of the module that was being called (`encoder.0`), empty outside modules.
    pub module: Arc<str>,
    /// The torch function that was called.
    pub function: Arc<str>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.rsplit('/').next().unwrap_or_default();
        write!(f, "{file}:{}", self.line)?;
        if !self.module.is_empty() {
            write!(f, " in {}", self.module)?;
        }
        if !self.function.is_empty() {
            write!(f, " ({})", self.function)?;
        }
        Ok(())
    }
}

/// A source's place in its graph's list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// The set of places that a value comes from; joined when values merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance(SmallVec<[SourceId; 2]>);

impl Provenance {
    /// From one place.
    pub fn from_source(id: SourceId) -> Self {
        Self(smallvec::smallvec![id])
    }

    /// Adds every place of `other`.
    pub fn join(&mut self, other: &Provenance) {
        for &id in &other.0 {
            if let Err(at) = self.0.binary_search(&id) {
                self.0.insert(at, id);
            }
        }
    }

    /// The places, in the order of the graph's list.
    pub fn iter(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The sources of a graph, each once.
pub type Sources = IndexSet<Source>;
