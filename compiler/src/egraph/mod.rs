//! The optimiser: an e-graph over a whole graph, rules from files and from the rows' layout column, and the cheapest plan
//! that it holds. `README.md` beside this file walks through it.

mod cost;
mod extract;
mod language;
mod layout;
mod matching;
mod record;
mod report;
mod saturate;
mod storage;
#[cfg(test)]
mod tests;

pub use cost::{DeviceCost, copied_permutes};
pub use report::{Fired, Left, Permutes, Report, permutes};
pub use saturate::Stop;
pub use storage::{Stored, permuted_states, store_permuted};

use std::time::Instant;

use crate::{
    error::{Error, Result},
    ir::{Graph, debug_verify},
    rules::{Numerics, RuleFile, shipped_rules},
};

/// What the optimiser may do and for whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// How far numbers may change.
    pub numerics: Numerics,
    /// What calls cost.
    pub device: DeviceCost,
    /// Whether states may be stored permuted: the caller then keeps them so ([`Optimised::stored`]).
    pub permute_states: bool,
    /// The most e-nodes; `8 * nodes + 20,000` where none is given.
    pub node_limit: Option<usize>,
}

impl Options {
    /// The default numerics on a device, with states stored as they are.
    ///
    /// # Errors
    /// A device without a table of costs.
    pub fn for_device(device: &str) -> Result<Self> {
        let device = DeviceCost::of(device)?;
        Ok(Self { numerics: Numerics::default(), device, permute_states: false, node_limit: None })
    }
}

/// An optimised graph and what was done.
#[derive(Clone, Debug)]
pub struct Optimised {
    /// The program: parameters, outputs, states and guards in the order of the recorded graph.
    pub graph: Graph,
    /// The states that this graph takes and writes permuted.
    pub stored: Vec<Stored>,
    /// What was done.
    pub report: Report,
}

/// Optimises a graph. The result is never dearer than what was recorded, by the device's table.
///
/// # Errors
/// A rule that is wrong, by its name; a fault of ours.
pub fn optimise(graph: &Graph, options: &Options) -> Result<Optimised> {
    optimise_by(graph, options, shipped_rules()?)
}

/// [`optimise`] by other rules than this crate's.
///
/// # Errors
/// Those of [`optimise`].
pub fn optimise_by(graph: &Graph, options: &Options, rules: &RuleFile) -> Result<Optimised> {
    let start = Instant::now();
    let before = options.device.graph(graph);
    let stored =
        if options.permute_states { permuted_states(graph, options.numerics == Numerics::Exact) } else { Vec::new() };
    let mut optimised = None;
    if !stored.is_empty() {
        let turned = store_permuted(graph, &stored)?;
        let (graph, report) = one_pass(graph, &turned, before, options, rules)?;
        optimised = Some(Optimised { graph, stored, report }).filter(|o| o.report.cost.1 <= before);
    }
    let mut optimised = match optimised {
        Some(optimised) => optimised,
        None => {
            let (graph, report) = one_pass(graph, graph, before, options, rules)?;
            Optimised { graph, stored: Vec::new(), report }
        }
    };
    debug_verify(&optimised.graph, "optimise")?;
    optimised.report.seconds = start.elapsed().as_secs_f64();
    Ok(optimised)
}

/// Saturates and extracts one graph; `original` is what the report compares with.
fn one_pass(
    original: &Graph,
    graph: &Graph,
    before: u64,
    options: &Options,
    rules: &RuleFile,
) -> Result<(Graph, Report)> {
    let recorded = record::record(graph)?;
    let mut saturation = saturate::Saturation::new(recorded.graph, graph.nodes.len(), options, rules);
    let ended = saturation.run()?;
    let flat = extract::Flat::new(&saturation.graph, recorded.root, &options.device)?;
    let (choice, _) = flat
        .extract(&saturation.graph, &recorded.nodes)
        .ok_or_else(|| Error::internal("the recorded graph is not in the e-graph"))?;
    let mut result = record::rebuild(graph, &saturation.graph, &flat, &choice)?;
    let mut after = options.device.graph(&result);
    if after > options.device.graph(graph) {
        result = graph.clone();
        after = options.device.graph(graph);
    }
    let report = Report::new(original, &result, &saturation, ended, (before, after));
    Ok((result, report))
}
