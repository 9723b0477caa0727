//! What a file holds, read and written as a whole: everything in it is checked against everything else before anyone sees
//! it, and nothing of it is run.

use std::{
    collections::HashSet,
    fs,
    io::{BufReader, BufWriter, Cursor, Read, Seek},
    path::Path,
};

use flashlight_compiler::{
    ir::{Graph, Printer, content_hash, parse, verify},
    types::{Dim, Symbol, Type},
};

use crate::{
    container::{self, Slot},
    error::{Error, Result},
    manifest::{self, Manifest, Port},
    tensors::{Elements, Tensors},
};

const MANIFEST: Slot = Slot { name: manifest::ENTRY, limit: 1 << 26 };
const GRAPH: Slot = Slot { name: "graph.fl", limit: 1 << 28 };
const WEIGHTS: Slot = Slot { name: "weights.safetensors", limit: u64::MAX };
const SAMPLES: Slot = Slot { name: "samples.safetensors", limit: u64::MAX };
/// The most bytes of one value of a graph: more is no program but an attack on memory.
const LARGEST_VALUE: u64 = 1 << 40;

/// An exported program as it lies in a file.
#[derive(Debug)]
pub struct File {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The program, as it was recorded.
    pub graph: Graph,
    /// The states' values, by name.
    pub weights: Tensors,
    /// The sample: `input.0`, `output.0` and so on.
    pub samples: Tensors,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read; [`Error::Format`] for everything that is no exported program of this version, whole and
    /// in agreement with itself.
    pub fn read(path: &Path) -> Result<Self> {
        let file = fs::File::open(path).map_err(|e| Error::io(path, e))?;
        if file.metadata().map_err(|e| Error::io(path, e))?.is_dir() {
            return Err(Error::format(path.display(), "this is a folder"));
        }
        Self::from_reader(BufReader::new(file)).map_err(|e| e.in_file(path))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::from_reader(Cursor::new(bytes))
    }

    fn from_reader(reader: impl Read + Seek) -> Result<Self> {
        let entries = container::read(reader, &[MANIFEST, GRAPH, WEIGHTS, SAMPLES])?;
        let [manifest, graph, weights, samples] = <[Vec<u8>; 4]>::try_from(entries)
            .map_err(|_| Error::internal("an archive of four entries has another number"))?;
        let text = |slot: Slot, bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|e| Error::format(slot.name, format_args!("the entry is no text: {e}")))
        };
        let manifest = Manifest::from_json(&text(MANIFEST, manifest)?)?;
        let wrong = |e: flashlight_compiler::Error| Error::format(GRAPH.name, e);
        let graph = parse(&text(GRAPH, graph)?).map_err(wrong)?;
        verify(&graph).map_err(wrong)?;
        let weights = Tensors::parse(WEIGHTS.name, weights)?;
        let samples = Tensors::parse(SAMPLES.name, samples)?;
        let file = Self { manifest, graph, weights, samples };
        file.check()?;
        Ok(file)
    }

    /// Checks the parts against each other.
    fn check(&self) -> Result<()> {
        let Self { manifest, graph, .. } = self;
        let hash = content_hash(graph);
        if hash != manifest.graph {
            let message = format!("the graph's hash is {hash}, and the manifest says {:?}", manifest.graph);
            return Err(Error::format(GRAPH.name, message));
        }
        sizes(graph)?;
        check_ports(manifest, graph).map_err(|message| Error::format(GRAPH.name, message))?;
        let states = manifest.states.iter().map(|s| (s.name.clone(), s.ty()));
        holds(WEIGHTS, &self.weights, states)?;
        let given: Vec<Type> = (0..manifest.inputs.len())
            .map(|i| self.samples.get(&input_name(i)).map(|(ty, _)| ty.clone()))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::format(SAMPLES.name, "an input is missing"))?;
        let chosen = chosen(manifest, &given).map_err(|message| Error::format(SAMPLES.name, message))?;
        let at = |ty: Type| ty.with_shape(ty.shape.iter().map(|d| chosen.of(d)).collect());
        let inputs = manifest.inputs.iter().enumerate().map(|(i, p)| (input_name(i), at(p.ty())));
        let outputs = manifest.outputs.iter().enumerate().map(|(i, p)| (output_name(i), at(p.ty())));
        holds(SAMPLES, &self.samples, inputs.chain(outputs))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Parts that do not fit together.
    pub(crate) fn write<'a>(
        path: &Path,
        manifest: &Manifest,
        graph: &Graph,
        weights: impl IntoIterator<Item = (&'a str, &'a Elements)>,
        samples: impl IntoIterator<Item = (&'a str, &'a Elements)>,
    ) -> Result<()> {
        verify(graph)?;
        manifest.check().and_then(|()| check_ports(manifest, graph)).map_err(Error::internal)?;
        let manifest = manifest.to_json()?;
        let graph = Printer::default().print(graph);
        let (weights, samples) = (Tensors::format(weights)?, Tensors::format(samples)?);
        let entries: [(Slot, &[u8]); 4] =
            [(MANIFEST, manifest.as_bytes()), (GRAPH, graph.as_bytes()), (WEIGHTS, &weights), (SAMPLES, &samples)];
        // A reader of the old file never sees half a new one.
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = path.with_file_name(name);
        let attempt = || {
            let file = fs::File::create(&partial)?;
            container::write(BufWriter::new(&file), &entries).map_err(std::io::Error::from)?;
            file.sync_all()?;
            fs::rename(&partial, path)
        };
        attempt().map_err(|e| {
            let _ = fs::remove_file(&partial);
            Error::io(path, e)
        })
    }
}

/// The name of an input's sample.
pub(crate) fn input_name(i: usize) -> String {
    format!("input.{i}")
}

/// The name of an output's sample.
pub(crate) fn output_name(i: usize) -> String {
    format!("output.{i}")
}

/// The sizes that callers chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Chosen(Vec<(Symbol, i64)>);

impl Chosen {
    /// A size, with numbers for the symbols that are known.
    pub fn of(&self, size: &Dim) -> Dim {
        size.substitute(&|symbol| self.get(symbol).map(Dim::known))
    }

    /// What a symbol stands for.
    pub fn get(&self, symbol: Symbol) -> Option<i64> {
        self.0.iter().find(|(s, _)| *s == symbol).map(|(_, n)| *n)
    }

    /// Whether the program has no size that callers choose.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The sizes that inputs of these types choose; says why they fit none.
pub(crate) fn chosen(manifest: &Manifest, given: &[Type]) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    for size in &manifest.sizes {
        let symbol = size.symbol().ok_or_else(|| format!("{} is no symbol", size.symbol))?;
        let sizes = |(port, ty): (&Port, &Type)| port.shape.iter().cloned().zip(ty.shape.clone()).collect::<Vec<_>>();
        let place = manifest.inputs.iter().zip(given).flat_map(sizes).find(|(wanted, _)| *wanted == size.symbol);
        let Some(n) = place.and_then(|(_, found)| found.as_known()) else {
            return Err(format!("no input says what {:?} is", size.name));
        };
        let most = size.max.map_or(String::new(), |max| format!(" and at most {max}"));
        if n < size.min || size.max.is_some_and(|max| n > max) {
            return Err(format!("{:?} is at least {}{most}, and {n} is given", size.name, size.min));
        }
        chosen.0.push((symbol, n));
    }
    for (port, ty) in manifest.inputs.iter().zip(given) {
        let wanted = port.ty();
        let wanted = wanted.with_shape(wanted.shape.iter().map(|d| chosen.of(d)).collect());
        if wanted != *ty {
            let also = if wanted == port.ty() { String::new() } else { format!(" ({})", port.ty()) };
            return Err(format!("the input {:?} is {wanted}{also}, {ty} given", port.name));
        }
    }
    Ok(chosen)
}

/// Why the manifest does not describe the graph.
fn check_ports(manifest: &Manifest, graph: &Graph) -> Result<(), String> {
    let known = |ty: &Type, is_state: bool| match ty.known_shape() {
        None if is_state => Err(format!("a state is {ty}, with a size that is no number")),
        _ => Ok(()),
    };
    let mut inputs = manifest.inputs.iter();
    let mut states = manifest.states.iter();
    for param in &graph.params {
        let ty = graph.ty(param.value);
        known(ty, param.state.is_some())?;
        let said = match &param.state {
            None => inputs.next().map(|p| (p.name.as_str(), p.ty())),
            Some(name) => states.next().filter(|s| s.name == *name).map(|s| (s.name.as_str(), s.ty())),
        };
        match said {
            Some((_, said)) if said == *ty => {}
            Some((name, said)) => return Err(format!("{name:?} is {ty} in the graph and {said} in the manifest")),
            None => return Err(format!("the manifest lacks the graph's parameter %{} ({ty})", param.name)),
        }
    }
    if let Some(name) = inputs.map(|p| &p.name).chain(states.map(|s| &s.name)).next() {
        return Err(format!("{name:?} of the manifest is no parameter of the graph"));
    }
    let mut outputs = manifest.outputs.iter();
    let mut written = HashSet::new();
    for output in &graph.outputs {
        let ty = graph.ty(output.value);
        known(ty, output.writes.is_some())?;
        let said = match &output.writes {
            None => outputs.next().map(|p| (p.name.as_str(), p.ty())),
            Some(name) => {
                written.insert(name.as_str());
                manifest.states.iter().find(|s| s.name == *name).map(|s| (s.name.as_str(), s.ty()))
            }
        };
        match said {
            Some((_, said)) if said == *ty => {}
            Some((name, said)) => return Err(format!("{name:?} goes out as {ty} and is {said} in the manifest")),
            None => return Err(format!("the manifest lacks one of the graph's outputs ({ty})")),
        }
    }
    if let Some(port) = outputs.next() {
        return Err(format!("{:?} of the manifest is no output of the graph", port.name));
    }
    match manifest.states.iter().find(|s| s.written != written.contains(s.name.as_str())) {
        Some(state) => Err(format!("the manifest says of {:?} that written is {}", state.name, state.written)),
        None => Ok(()),
    }
}

/// Refuses values that no machine holds.
fn sizes(graph: &Graph) -> Result<()> {
    for value in &graph.values {
        if value.ty.known_bytes().is_some_and(|n| n > LARGEST_VALUE) {
            return Err(Error::format(GRAPH.name, format_args!("a value is {}, which is too large", value.ty)));
        }
    }
    graph.nodes.iter().flat_map(|n| &n.regions).try_for_each(|region| sizes(region))
}

/// Checks that an entry holds these tensors and no others.
fn holds(slot: Slot, tensors: &Tensors, wanted: impl Iterator<Item = (String, Type)>) -> Result<()> {
    let mut names = HashSet::new();
    for (name, ty) in wanted {
        match tensors.get(&name) {
            Some((found, _)) if *found == ty => {}
            Some((found, _)) => return Err(Error::format(slot.name, format_args!("{name:?} is {found}, wanted {ty}"))),
            None => return Err(Error::format(slot.name, format_args!("{name:?} ({ty}) is missing"))),
        }
        names.insert(name);
    }
    match tensors.names().find(|name| !names.contains(*name)) {
        Some(name) => Err(Error::format(slot.name, format_args!("{name:?} is no tensor of the program"))),
        None => Ok(()),
    }
}
