//! What a file says about itself: version, producer, what goes in and comes out, and what it remembers. What the graph says
//! too is checked against the graph, by [`crate::File`].

use std::collections::HashSet;

use flashlight_compiler::types::{DType, Dim, Symbol, Type};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;
/// What every manifest begins with.
pub const FORMAT: &str = "flashlight";
/// The entry that holds it.
pub(crate) const ENTRY: &str = "manifest.json";

/// The manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Who wrote it.
    pub producer: String,
    /// The graph's content hash.
    pub graph: String,
    /// The graph's inputs: its parameters that are no states, in order.
    pub inputs: Vec<Port>,
    /// The graph's results: its outputs that are no states, in order.
    pub outputs: Vec<Port>,
    /// How the caller's positional arguments hold the inputs: a tuple.
    pub arguments: Structure,
    /// How the caller's arguments by name hold the inputs: a dictionary.
    pub keywords: Structure,
    /// How the outputs make up what the caller gets.
    pub result: Structure,
    /// What the program remembers: the graph's states, in the order of its parameters.
    pub states: Vec<State>,
    /// The sizes that callers choose: symbols of the graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Size>,
    /// How far the outputs may be from the sample's.
    pub tolerance: Tolerance,
}

/// A size that callers choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// What it is called: `batch`.
    pub name: String,
    /// The symbol that stands for it: `s0`.
    pub symbol: Dim,
    /// The smallest that it may be.
    pub min: i64,
    /// The largest, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// What it is called: `x`, `batch.image`, `logits`. Inputs have names of their own.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its sizes.
    pub shape: Vec<Dim>,
}

/// A value that the program keeps between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Its name in the graph and among the weights; of parameters and buffers, that of the state_dict.
    pub name: String,
    /// What it is to the program.
    pub kind: Kind,
    /// Its other names in the state_dict, where it has several: tied weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Whether runs change it.
    pub written: bool,
    /// The type of its elements.
    pub dtype: DType,
    /// Its sizes.
    pub shape: Vec<Dim>,
}

/// What a state is to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A module's parameter.
    Parameter,
    /// A module's buffer, or another tensor that runs change.
    Buffer,
    /// An optimiser's.
    Optimizer,
    /// A parameter's gradient, where runs add to it.
    Gradient,
    /// A generator's words.
    Generator,
    /// A tensor that the program found and does not change.
    Constant,
}

/// Nested containers around tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Structure {
    /// The input or output of that number.
    Tensor(usize),
    /// The only element of that output, as a number.
    Number(usize),
    /// A tuple.
    Tuple(Vec<Structure>),
    /// A list.
    List(Vec<Structure>),
    /// A dictionary, in its order; keys are text or integers.
    Dict(Vec<(serde_json::Value, Structure)>),
    /// A tuple whose items have names.
    NamedTuple {
        /// Of the class.
        name: String,
        /// Of the items.
        fields: Vec<String>,
        /// One for each field.
        items: Vec<Structure>,
    },
    /// None, a truth value, a number or text; of inputs, what the program was recorded with.
    Value(serde_json::Value),
}

/// The largest differences from the sample's outputs: `absolute + relative * |sample|`; integers are equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Per unit of the sample's element.
    pub relative: f64,
    /// Whatever the sample's element is.
    pub absolute: f64,
}

/// What is read before anything else, so that another version is told from a damaged file.
#[derive(Deserialize)]
struct Version {
    format: Option<String>,
    version: Option<serde_json::Value>,
}

impl Manifest {
    /// Reads one, and checks what can be told from it alone.
    ///
    /// # Errors
    /// Another format or version; a field that is missing, unknown or of another kind; structures that do not fit.
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = |e: serde_json::Error| Error::format(ENTRY, e);
        let said: Version = serde_json::from_str(text).map_err(wrong)?;
        if said.format.as_deref() != Some(FORMAT) {
            let found = said.format.map_or("nothing".to_owned(), |f| format!("{f:?}"));
            return Err(Error::format(ENTRY, format_args!("the format is {found}, wanted {FORMAT:?}")));
        }
        if said.version.as_ref().and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
            let found = said.version.map_or("none".to_owned(), |v| v.to_string());
            let message = format!("the format's version is {found}, and this is a reader of version {VERSION}");
            return Err(Error::format(ENTRY, message));
        }
        let manifest: Self = serde_json::from_str(text).map_err(wrong)?;
        manifest.check().map_err(|message| Error::format(ENTRY, message))?;
        Ok(manifest)
    }

    /// The text of the entry.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(Error::internal)
    }

    /// Why it cannot be.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut names = HashSet::new();
        if let Some(port) = self.inputs.iter().find(|p| !names.insert(&p.name)) {
            return Err(format!("two inputs are called {:?}", port.name));
        }
        names.clear();
        let all = self.states.iter().flat_map(|s| std::iter::once(&s.name).chain(&s.aliases));
        for name in all {
            if !names.insert(name) {
                return Err(format!("two states are called {name:?}"));
            }
        }
        let mut seen = vec![0u32; self.inputs.len()];
        if !matches!(self.arguments, Structure::Tuple(_)) || !matches!(self.keywords, Structure::Dict(_)) {
            return Err("the arguments are no tuple and dictionary".to_owned());
        }
        self.arguments.check("arguments", &mut seen, false)?;
        self.keywords.check("keywords", &mut seen, false)?;
        if let Some(i) = seen.iter().position(|n| *n != 1) {
            return Err(format!("input {i} stands {} times in the arguments", seen[i]));
        }
        let mut seen = vec![0u32; self.outputs.len()];
        self.result.check("result", &mut seen, true)?;
        if let Some(i) = seen.iter().position(|n| *n == 0) {
            return Err(format!("output {i} is no part of the result"));
        }
        for size in &self.sizes {
            let symbol =
                size.symbol().ok_or_else(|| format!("{:?} is {}, which is no symbol", size.name, size.symbol))?;
            if size.min < 0 || size.max.is_some_and(|max| max < size.min) {
                return Err(format!("{:?} is at least {} and at most {:?}", size.name, size.min, size.max));
            }
            if !self.inputs.iter().any(|p| p.shape.contains(&Dim::symbol(symbol))) {
                return Err(format!("no input has the size {:?}", size.name));
            }
        }
        let symbols = || self.sizes.iter().map(|s| &s.symbol);
        if symbols().enumerate().any(|(i, s)| symbols().take(i).any(|t| t == s)) {
            return Err("two sizes have the same symbol".to_owned());
        }
        let chosen = |d: &Dim| d.symbols().iter().all(|s| symbols().any(|t| *t == Dim::symbol(*s)));
        let shapes = self.inputs.iter().chain(&self.outputs).map(|p| &p.shape);
        if let Some(size) = shapes.flatten().find(|d| !chosen(d)) {
            return Err(format!("the size {size} is none that a caller can choose"));
        }
        let Tolerance { relative, absolute } = self.tolerance;
        if !(relative.is_finite() && absolute.is_finite() && relative >= 0.0 && absolute >= 0.0) {
            return Err(format!("the tolerance is {relative} and {absolute}"));
        }
        Ok(())
    }
}

impl Structure {
    /// Why it cannot be; counts the tensors that it holds.
    fn check(&self, place: &str, seen: &mut [u32], numbers: bool) -> Result<(), String> {
        let mut all = |items: &[Structure]| items.iter().try_for_each(|s| s.check(place, seen, numbers));
        match self {
            Structure::Number(_) if !numbers => Err(format!("a number that is an output stands in the {place}")),
            Structure::Tensor(i) | Structure::Number(i) => {
                let known = seen.len();
                let slot = seen.get_mut(*i).ok_or_else(|| format!("tensor {i} of {known} stands in the {place}"))?;
                *slot += 1;
                Ok(())
            }
            Structure::Tuple(items) | Structure::List(items) => all(items),
            Structure::NamedTuple { name, fields, items } => {
                if fields.len() != items.len() || !fields.iter().chain([name]).all(|f| is_identifier(f)) {
                    return Err(format!("{name:?} has {} fields and {} items", fields.len(), items.len()));
                }
                if fields.iter().any(|f| f.starts_with('_'))
                    || fields.iter().collect::<HashSet<_>>().len() < fields.len()
                {
                    return Err(format!("fields of {name:?} have the same name, or a private one"));
                }
                all(items)
            }
            Structure::Dict(items) => {
                let mut keys = HashSet::new();
                for (key, item) in items {
                    if !(key.is_string() || key.is_i64()) || !keys.insert(key.to_string()) {
                        return Err(format!("the key {key} stands in the {place}"));
                    }
                    item.check(place, seen, numbers)?;
                }
                Ok(())
            }
            Structure::Value(value) if value.is_array() || value.is_object() => {
                Err(format!("a value in the {place} is no single one"))
            }
            Structure::Value(_) => Ok(()),
        }
    }
}

/// Whether Python can take it as a name.
fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Size {
    /// The symbol that stands for it.
    pub fn symbol(&self) -> Option<Symbol> {
        let symbol = self.symbol.symbols().first().copied()?;
        (self.symbol == Dim::symbol(symbol)).then_some(symbol)
    }
}

impl Port {
    /// An input or output of that type.
    pub fn new(name: impl Into<String>, ty: &Type) -> Self {
        Self { name: name.into(), dtype: ty.dtype, shape: ty.shape.to_vec() }
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        Type::new(self.dtype, self.shape.iter().cloned())
    }
}

impl State {
    /// Its type.
    pub fn ty(&self) -> Type {
        Type::new(self.dtype, self.shape.iter().cloned())
    }
}
