//! Graphs to test with: one of each row's samples, and random ones made of them.

use flashlight_compiler::{
    Result,
    ir::{Emit, Graph, GraphBuilder, Provenance, Reference, Source, Typed},
    ops::{Op, Sample},
    types::{Dim, Symbol, Type},
};
use proptest::prelude::*;

/// Every row's samples.
pub fn samples() -> Vec<(Op, Sample)> {
    Op::rows().flat_map(|row| (row.samples)().into_iter().map(|sample| (row.op, sample))).collect()
}

/// The graph of one call.
pub fn of_sample(op: Op, sample: &Sample) -> Result<Graph> {
    let mut builder = GraphBuilder::new(op.name());
    let inputs: Vec<Reference> =
        sample.inputs.iter().enumerate().map(|(i, ty)| builder.param(format!("x{i}"), ty.clone(), None)).collect();
    for value in builder.emit(op, sample.attrs.clone(), &inputs)? {
        builder.output(&value, None);
    }
    Ok(builder.finish())
}

/// One step of a random graph.
#[derive(Clone, Debug)]
pub struct Choice {
    sample: prop::sample::Index,
    /// Which values become operands, where one of the type is there; else parameters are made.
    reuse: u32,
    sources: Vec<(u8, u8)>,
    name: String,
    state: Option<String>,
    output: bool,
}

/// Random graphs: samples' calls on one another's results, odd names, states, guards, provenance and regions.
pub fn any_graph() -> impl Strategy<Value = Graph> {
    let odd = prop_oneof![Just("x".to_owned()), Just("p1".to_owned()), "[a-z_][a-z0-9_.]{0,3}", "\\PC{0,4}", ".{0,3}"];
    let choice = (
        any::<prop::sample::Index>(),
        any::<u32>(),
        prop::collection::vec(any::<(u8, u8)>(), 0..3),
        odd.clone(),
        prop::option::of(odd.clone()),
        any::<bool>(),
    )
        .prop_map(|(sample, reuse, sources, name, state, output)| Choice {
            sample,
            reuse,
            sources,
            name,
            state,
            output,
        });
    let guards = prop::collection::vec((0u32..4, 0u32..4), 0..3);
    (odd, prop::collection::vec(choice, 0..12), guards, 0..3usize).prop_map(|(name, choices, guards, depth)| {
        build(name, &choices, &guards, depth).expect("samples are well typed")
    })
}

fn build(name: String, choices: &[Choice], guards: &[(u32, u32)], depth: usize) -> Result<Graph> {
    let samples = samples();
    let mut builder = GraphBuilder::new(name);
    let mut values: Vec<Reference> = Vec::new();
    let (mut states, mut written) = (Vec::new(), Vec::new());
    let symbol = |s: u32| Dim::symbol(Symbol(s));
    for &(a, b) in guards {
        builder.guard(&symbol(a) * 2, symbol(b));
    }
    for choice in choices {
        let (op, sample) = choice.sample.get(&samples);
        let mut provenance = Provenance::default();
        for (line, file) in &choice.sources {
            let file = format!("/home/{}/train\n{file}.py", choice.name);
            let source = Source { file: file.into(), line: (*line).into(), module: "0.1".into(), function: "f".into() };
            let id = builder.source(source);
            provenance.join(&Provenance::from_source(id));
        }
        builder.set_provenance(&provenance);

        let mut inputs = Vec::new();
        for (i, ty) in sample.inputs.iter().enumerate() {
            let same: Vec<&Reference> = values.iter().filter(|v| v.ty() == ty).collect();
            let reused = same.get((choice.reuse >> i) as usize % (same.len() + 1)).map(|v| (*v).clone());
            inputs.push(match reused {
                Some(value) => value,
                None => {
                    let state = choice.state.clone().filter(|s| depth == 0 && !states.contains(s));
                    states.extend(state.clone());
                    let value = builder.param(choice.name.clone(), ty.clone(), state);
                    values.push(value.clone());
                    value
                }
            });
        }
        let results = if depth > 0 && choice.output {
            let region = region(*op, sample, depth)?;
            builder.emit_with(Op::Fused, Default::default(), &inputs, &[region.into()])?
        } else {
            builder.emit(*op, sample.attrs.clone(), &inputs)?
        };
        for value in &results {
            if choice.output {
                let writes = choice.state.clone().filter(|s| !written.contains(s));
                written.extend(writes.clone());
                builder.output(value, writes);
            }
        }
        values.extend(results);
    }
    Ok(builder.finish())
}

/// A sample's call, wrapped in as many regions.
fn region(op: Op, sample: &Sample, depth: usize) -> Result<Graph> {
    let inner = of_sample(op, sample)?;
    if depth == 1 {
        return Ok(inner);
    }
    let mut builder = GraphBuilder::new("");
    let inputs: Vec<Reference> =
        sample.inputs.iter().map(|ty: &Type| builder.param("inner", ty.clone(), None)).collect();
    let region = region(op, sample, depth - 1)?;
    for value in builder.emit_with(Op::Fused, Default::default(), &inputs, &[region.into()])? {
        builder.output(&value, None);
    }
    Ok(builder.finish())
}
