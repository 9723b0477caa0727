//! A program on a device: the recorded graph, optimised for it, and its states, which runs read and write.

use std::{path::Path, sync::Arc};

use flashlight_compiler::{
    egraph::{self, optimise},
    ir::{Graph, content_hash, instance},
    rules::Numerics,
    types::{DType, Type},
};
use flashlight_runtime::{Device, Plan, Purpose, Value, execute};
use parking_lot::Mutex;

use crate::{
    error::{Error, Result},
    file::{Chosen, File, chosen, input_name, output_name},
    manifest::{FORMAT, Kind, Manifest, Port, Size, State, Structure, Tolerance, VERSION},
    tensors::Elements,
};

/// For how many sizes a program stays ready.
const MOST_SIZES: usize = 16;

/// How a program is made ready.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where it runs.
    pub device: Device,
    /// How far the optimiser may change numbers; where none is given the graph runs as it was recorded.
    pub numerics: Option<Numerics>,
}

impl Default for Options {
    /// On the CPU, with the bits of the recorded program.
    fn default() -> Self {
        Self { device: Device::Cpu, numerics: Some(Numerics::Exact) }
    }
}

/// What a tracer recorded, to be made a program of.
pub struct Recording {
    /// The graph: parameters that are states say so, and outputs that are written into states.
    pub graph: Graph,
    /// The inputs' names, in the graph's order.
    pub inputs: Vec<String>,
    /// The outputs' names, in the graph's order.
    pub outputs: Vec<String>,
    /// How arguments hold the inputs: by position and by name.
    pub arguments: Structure,
    /// The same by name.
    pub keywords: Structure,
    /// How outputs make up the result.
    pub result: Structure,
    /// The states, in the graph's order: kind, other names, value.
    pub states: Vec<(Kind, Vec<String>, Value)>,
    /// The sizes that callers choose.
    pub sizes: Vec<Size>,
    /// Inputs to compare runs on.
    pub sample: Vec<Value>,
}

/// A program that can run.
pub struct Program {
    manifest: Manifest,
    /// As it was recorded: what is saved.
    recorded: Graph,
    /// What runs, for the sizes that were chosen lately; the latest last.
    graphs: Mutex<Vec<(Chosen, Arc<Ready>)>>,
    options: Options,
    params: Vec<Place>,
    outputs: Vec<Place>,
    states: Mutex<States>,
    inputs: Vec<Elements>,
}

/// Where a parameter's value comes from, or an output's goes.
#[derive(Clone, Copy)]
enum Place {
    Port,
    State(usize),
}

/// What runs at certain sizes.
struct Ready {
    graph: Graph,
    /// For the devices of the latest run's values.
    plan: Mutex<Option<Arc<Plan>>>,
}

impl Ready {
    fn plan(&self, values: &[Value], outputs: &[Place]) -> Result<Arc<Plan>> {
        let mut kept = self.plan.lock();
        if let Some(plan) = kept.as_ref().filter(|plan| plan.fits(values)) {
            return Ok(plan.clone());
        }
        let given: Vec<_> = values.iter().map(|v| (v.ty().clone(), v.device())).collect();
        let purpose = |place: &Place| match place {
            Place::State(_) => Purpose::Update,
            Place::Port => Purpose::Result,
        };
        let purposes: Vec<Purpose> = outputs.iter().map(purpose).collect();
        let plan = Arc::new(Plan::new(&self.graph, &given, &purposes)?);
        *kept = Some(plan.clone());
        Ok(plan)
    }
}

struct States {
    values: Vec<Value>,
    /// What the sample's inputs give with the states as they were when this was computed.
    sample: Option<Vec<Elements>>,
}

/// How an output on the sample compares with what the file says.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The output's name.
    pub name: String,
    /// Whether every bit is the same.
    pub same_bits: bool,
    /// The largest difference; NaN where one has a NaN that the other has not.
    pub largest: f64,
    /// Whether it is within the tolerance.
    pub fits: bool,
}

impl Program {
    /// A program of what was recorded; it runs once, on the sample, and no state is changed by that.
    ///
    /// # Errors
    /// Parts that do not fit together; what the device refuses.
    pub fn new(recording: Recording, options: Options) -> Result<Self> {
        let Recording { graph, inputs, outputs, arguments, keywords, result, states, sizes, sample } = recording;
        let port = |(name, value): (String, _)| Port::new(name, graph.ty(value));
        let written = |name: &String| graph.outputs.iter().any(|o| o.writes.as_ref() == Some(name));
        let params = graph.params.iter().filter(|p| p.state.is_none()).map(|p| p.value);
        let results = graph.outputs.iter().filter(|o| o.writes.is_none()).map(|o| o.value);
        let mut described = Vec::new();
        let named = graph.params.iter().filter_map(|p| Some((p.state.as_ref()?, graph.ty(p.value))));
        let mut values = Vec::new();
        for ((name, ty), (kind, aliases, value)) in named.zip(states) {
            described.push(State {
                name: name.clone(),
                kind,
                aliases,
                written: written(name),
                dtype: ty.dtype,
                shape: ty.shape.to_vec(),
            });
            values.push(value);
        }
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            producer: format!("flashlight {}", env!("CARGO_PKG_VERSION")),
            graph: content_hash(&graph),
            inputs: inputs.into_iter().zip(params).map(port).collect(),
            outputs: outputs.into_iter().zip(results).map(port).collect(),
            arguments,
            keywords,
            result,
            states: described,
            sizes,
            tolerance: tolerance(&graph),
        };
        manifest.check().map_err(Error::internal)?;
        let sample = sample.iter().map(read).collect::<Result<Vec<_>>>()?;
        Self::ready(manifest, graph, values, sample, None, options)
    }

    /// A program from a file.
    ///
    /// # Errors
    /// As [`File::read`]; a device that is not there.
    pub fn load(path: &Path, options: Options) -> Result<Self> {
        Self::from_file(File::read(path)?, options)
    }

    /// A program from what a file holds.
    ///
    /// # Errors
    /// A device that is not there, or cannot hold the states.
    pub fn from_file(file: File, options: Options) -> Result<Self> {
        let File { manifest, graph, weights, samples } = file;
        let missing = |name: &str| Error::internal(format_args!("the tensor {name:?} is gone"));
        let mut values = Vec::new();
        for state in &manifest.states {
            let (ty, bytes) = weights.get(&state.name).ok_or_else(|| missing(&state.name))?;
            values.push(Value::from_bytes(bytes, ty.clone(), options.device)?);
        }
        let sample = |name: String| {
            let (ty, bytes) = samples.get(&name).ok_or_else(|| missing(&name))?;
            Ok(Elements { ty: ty.clone(), bytes: bytes.to_vec() })
        };
        let inputs = (0..manifest.inputs.len()).map(|i| sample(input_name(i))).collect::<Result<Vec<_>>>()?;
        let outputs = (0..manifest.outputs.len()).map(|i| sample(output_name(i))).collect::<Result<Vec<_>>>()?;
        Self::ready(manifest, graph, values, inputs, Some(outputs), options)
    }

    fn ready(
        manifest: Manifest,
        recorded: Graph,
        values: Vec<Value>,
        inputs: Vec<Elements>,
        sample: Option<Vec<Elements>>,
        options: Options,
    ) -> Result<Self> {
        let state = |name: &String| {
            let place = manifest.states.iter().position(|s| s.name == *name);
            place.map(Place::State).ok_or_else(|| Error::internal(format_args!("the state {name:?} is unknown")))
        };
        let place = |name: &Option<String>| name.as_ref().map_or(Ok(Place::Port), state);
        let params = recorded.params.iter().map(|p| place(&p.state)).collect::<Result<_>>()?;
        let outputs = recorded.outputs.iter().map(|o| place(&o.writes)).collect::<Result<_>>()?;
        let states = Mutex::new(States { values, sample });
        let program = Self { manifest, recorded, graphs: Mutex::default(), options, params, outputs, states, inputs };
        program.graph()?;
        Ok(program)
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What was recorded.
    pub fn recorded(&self) -> &Graph {
        &self.recorded
    }

    /// What runs, at the sizes of the sample.
    ///
    /// # Errors
    /// A fault of the optimiser.
    pub fn graph(&self) -> Result<Graph> {
        let types: Vec<Type> = self.inputs.iter().map(|e| e.ty.clone()).collect();
        Ok(self.ready_at(&chosen(&self.manifest, &types).map_err(Error::user)?)?.graph.clone())
    }

    /// What runs at these sizes.
    fn ready_at(&self, chosen: &Chosen) -> Result<Arc<Ready>> {
        let mut graphs = self.graphs.lock();
        if let Some(i) = graphs.iter().position(|(known, _)| known == chosen) {
            let found = graphs.remove(i);
            graphs.push(found.clone());
            return Ok(found.1);
        }
        let mut graph = self.recorded_at(chosen)?;
        if let Some(numerics) = self.options.numerics {
            let costs = egraph::Options { numerics, ..egraph::Options::for_device(costs_of(self.options.device))? };
            graph = optimise(&graph, &costs)?.graph;
        }
        if graphs.len() == MOST_SIZES {
            graphs.remove(0);
        }
        let ready = Arc::new(Ready { graph, plan: Mutex::default() });
        graphs.push((chosen.clone(), ready.clone()));
        Ok(ready)
    }

    fn recorded_at(&self, chosen: &Chosen) -> Result<Graph> {
        if chosen.is_empty() {
            return Ok(self.recorded.clone());
        }
        Ok(instance(&self.recorded, &|symbol| chosen.get(symbol))?)
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        self.options.device
    }

    /// The sample's inputs.
    ///
    /// # Errors
    /// What the device refuses.
    pub fn sample(&self) -> Result<Vec<Value>> {
        let value = |e: &Elements| Ok(Value::from_bytes(&e.bytes, e.ty.clone(), self.options.device)?);
        self.inputs.iter().map(value).collect()
    }

    /// Runs it; states that it writes are written when nothing can fail any more.
    ///
    /// # Errors
    /// Inputs of another number or type; what the device refuses. No state is written then.
    pub fn run(&self, inputs: &[Value]) -> Result<Vec<Value>> {
        self.run_polled(inputs, &mut || Ok(()))
    }

    /// [`Program::run`], which calls `poll` while it waits.
    ///
    /// # Errors
    /// Those of [`Program::run`], and of `poll`.
    pub fn run_polled(
        &self,
        inputs: &[Value],
        poll: &mut dyn FnMut() -> flashlight_runtime::Result<()>,
    ) -> Result<Vec<Value>> {
        if inputs.len() != self.manifest.inputs.len() {
            let wanted = self.manifest.inputs.len();
            return Err(Error::user(format_args!("the program takes {wanted} tensors, {} given", inputs.len())));
        }
        let types: Vec<Type> = inputs.iter().map(|v| v.ty().clone()).collect();
        let ready = self.ready_at(&chosen(&self.manifest, &types).map_err(Error::user)?)?;
        let moved = inputs.iter().map(|v| v.to(self.options.device)).collect::<Result<Vec<_>, _>>()?;
        if !self.manifest.states.iter().any(|s| s.written) {
            let values = self.values(&moved, &self.states.lock().values)?;
            return Ok(ready.plan(&values, &self.outputs)?.run(values)?);
        }
        let mut states = self.states.lock();
        let values = self.values(&moved, &states.values)?;
        let plan = ready.plan(&values, &self.outputs)?;
        drop(moved);
        let mut run = plan.start(values)?;
        run.settle(poll)?;
        let all = run.finish()?;
        let mut outputs = Vec::new();
        for (place, value) in self.outputs.iter().zip(&all) {
            match place {
                Place::State(i) => states.values[*i] = value.clone(),
                Place::Port => outputs.push(value.clone()),
            }
        }
        states.sample = None;
        plan.begin(&all);
        Ok(outputs)
    }

    /// The parameters' values.
    fn values(&self, inputs: &[Value], states: &[Value]) -> Result<Vec<Value>> {
        let mut inputs = inputs.iter();
        let mut next = |place: &Place| match place {
            Place::State(i) => states.get(*i).cloned(),
            Place::Port => inputs.next().cloned(),
        };
        let values: Option<Vec<Value>> = self.params.iter().map(&mut next).collect();
        values.ok_or_else(|| Error::internal("a parameter has no value"))
    }

    /// What a graph of the program gives on the sample's inputs with these states.
    fn outputs_of(&self, graph: &Graph, states: &[Value]) -> Result<Vec<Value>> {
        let results = execute(graph, &self.values(&self.sample()?, states)?)?;
        let ports = self.outputs.iter().zip(results).filter(|(place, _)| matches!(place, Place::Port));
        Ok(ports.map(|(_, value)| value).collect())
    }

    /// The states by name, as they are now.
    pub fn states(&self) -> Vec<(&State, Value)> {
        self.manifest.states.iter().zip(self.states.lock().values.iter().cloned()).collect()
    }

    /// Replaces states, all of those given or none.
    ///
    /// # Errors
    /// A name that is none of the program's; a value of another type.
    pub fn set_states(&self, new: Vec<(String, Value)>) -> Result<()> {
        let mut places = Vec::with_capacity(new.len());
        for (name, value) in new {
            let found = self.manifest.states.iter().position(|s| s.name == name || s.aliases.contains(&name));
            let Some(i) = found else {
                return Err(Error::user(format_args!("the program has no state {name:?}")));
            };
            let wanted = self.manifest.states[i].ty();
            if wanted != *value.ty() {
                return Err(Error::user(format_args!("the state {name:?} is {wanted}, {} given", value.ty())));
            }
            places.push((i, value.to(self.options.device)?));
        }
        let mut states = self.states.lock();
        for (i, value) in places {
            states.values[i] = value;
        }
        states.sample = None;
        Ok(())
    }

    /// Runs it on the sample's inputs, changing no state, and compares with what the file says, or with what the recorded
    /// graph gives where states have changed since.
    ///
    /// # Errors
    /// What the device refuses.
    pub fn check(&self) -> Result<Vec<Compared>> {
        let (values, wanted) = self.with_sample()?;
        let found = self.outputs_of(&self.graph()?, &values)?;
        let names = self.manifest.outputs.iter().map(|p| &p.name);
        let compared = |((name, wanted), found): ((&String, &Elements), &Value)| {
            let found = read(found)?;
            let (largest, fits) = difference(wanted, &found, self.manifest.tolerance);
            Ok(Compared { name: name.clone(), same_bits: found.bytes == wanted.bytes, largest, fits })
        };
        names.zip(&wanted).zip(&found).map(compared).collect()
    }

    /// The states, and what the recorded graph gives on the sample's inputs with them.
    fn with_sample(&self) -> Result<(Vec<Value>, Vec<Elements>)> {
        let mut states = self.states.lock();
        if let Some(sample) = &states.sample {
            return Ok((states.values.clone(), sample.clone()));
        }
        let types: Vec<Type> = self.inputs.iter().map(|e| e.ty.clone()).collect();
        let recorded = self.recorded_at(&chosen(&self.manifest, &types).map_err(Error::user)?)?;
        let outputs = self.outputs_of(&recorded, &states.values)?;
        let sample = outputs.iter().map(read).collect::<Result<Vec<_>>>()?;
        states.sample = Some(sample.clone());
        Ok((states.values.clone(), sample))
    }

    /// Writes it into a file: the recorded graph, the states as they are now, and a sample that fits them.
    ///
    /// # Errors
    /// A file that cannot be written; what computing the states failed with.
    pub fn save(&self, path: &Path) -> Result<()> {
        let (values, outputs) = self.with_sample()?;
        let weights = values.iter().map(read).collect::<Result<Vec<_>>>()?;
        let weights = self.manifest.states.iter().map(|s| s.name.as_str()).zip(&weights);
        let names: Vec<String> =
            (0..self.inputs.len()).map(input_name).chain((0..outputs.len()).map(output_name)).collect();
        let samples = names.iter().map(String::as_str).zip(self.inputs.iter().chain(&outputs));
        File::write(path, &self.manifest, &self.recorded, weights, samples)
    }
}

fn costs_of(device: Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Gpu(_) if cfg!(target_vendor = "apple") => "metal",
        Device::Gpu(_) => "cuda",
    }
}

fn read(value: &Value) -> Result<Elements> {
    Ok(Elements { ty: value.ty().clone(), bytes: value.to_bytes()? })
}

/// How far other kernels may come out: some units in the last place of the coarsest type that the graph computes with.
fn tolerance(graph: &Graph) -> Tolerance {
    let has = |dtype: DType| graph.values.iter().any(|v| v.ty.dtype == dtype);
    let relative = match (has(DType::BF16), has(DType::F16)) {
        (true, _) => 1.6e-2,
        (_, true) => 2e-3,
        _ => 1e-4,
    };
    Tolerance { relative, absolute: relative * 0.1 }
}

/// The largest difference of two tensors' elements, and whether all are within the tolerance; others than floats are equal.
fn difference(wanted: &Elements, found: &Elements, tolerance: Tolerance) -> (f64, bool) {
    if wanted == found {
        return (0.0, true);
    }
    let (Some(wanted), Some(found)) = (numbers(wanted), numbers(found)) else { return (f64::NAN, false) };
    let (mut largest, mut fits) = (0.0f64, wanted.len() == found.len());
    for (a, b) in wanted.iter().zip(&found) {
        let apart = if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() };
        fits &= apart <= tolerance.absolute + tolerance.relative * a.abs();
        largest = if apart.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(apart) };
    }
    (largest, fits)
}

/// The elements of a floating type as real numbers, complex ones as two; none of other types.
fn numbers(elements: &Elements) -> Option<Vec<f64>> {
    macro_rules! read {
        ($type:ty) => {
            elements.bytes.as_chunks().0.iter().map(|b| f64::from(<$type>::from_le_bytes(*b))).collect()
        };
    }
    Some(match elements.ty.dtype {
        DType::F16 => read!(half::f16),
        DType::BF16 => read!(half::bf16),
        DType::F32 | DType::C64 => read!(f32),
        DType::F64 => read!(f64),
        _ => return None,
    })
}
