//! Every op row, by its samples and in random graphs: typed, verified, and the same after text and JSON.

use std::collections::HashSet;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Graph, GraphBuilder, Printer, Provenance, Source, content_hash, from_json, parse, to_json, verify},
    ops::{Axes, Call, Class, Op, Site, through::permuted},
    types::Type,
};
use proptest::{prelude::*, test_runner::RngSeed};

use crate::graphs::{any_graph, of_sample, samples};

/// Text is a fixed point; JSON keeps everything; the hash sees the program alone.
fn survives(graph: &Graph) {
    verify(graph).unwrap_or_else(|e| panic!("{e}\n{graph}"));
    let text = graph.to_string();
    let read = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify(&read).unwrap();
    assert_eq!(read.to_string(), text);
    assert_eq!(parse(&text).unwrap(), read);
    assert_eq!(content_hash(&read), content_hash(graph), "{text}");

    let commented = Printer { provenance: true }.print(graph);
    let read = parse(&commented).unwrap_or_else(|e| panic!("{e}\n{commented}"));
    assert_eq!(read.to_string(), text, "{commented}");

    let json = to_json(graph).unwrap();
    let read = from_json(&json).unwrap_or_else(|e| panic!("{e}\n{json}"));
    assert_eq!(read, *graph, "{json}");
    assert_eq!(
        (&read.name, &read.sources, &read.provenance),
        (&graph.name, &graph.sources, &graph.provenance),
        "{json}"
    );
    assert_eq!(to_json(&read).unwrap(), json);
}

#[test]
fn every_sample_survives_text_and_json() {
    for (op, sample) in samples() {
        let graph = of_sample(op, &sample).unwrap_or_else(|e| panic!("a sample of {op} is refused: {e}"));
        survives(&graph);
        assert_eq!(parse(&graph.to_string()).unwrap(), graph);
    }
}

#[test]
fn every_row_is_complete() {
    let mut names = HashSet::new();
    for row in Op::rows() {
        assert!(names.insert(row.name), "two rows are called {}", row.name);
        assert_eq!(Op::named(row.name), Some(row.op));
        assert!(row.doc.ends_with('.'), "the doc of {} is no sentence: {}", row.name, row.doc);
        assert!(!["graph", "return", "requires"].contains(&row.name), "{} is a keyword of the text form", row.name);
        assert!(!(row.samples)().is_empty() || row.class == Class::Region, "{} has no samples", row.name);
    }
}

/// Sources stand beside their nodes, in one column, and a file's odd name does not end the comment.
#[test]
fn provenance_prints_as_aligned_comments() {
    let mut builder = GraphBuilder::new("f");
    let source = |line, function: &str| Source {
        file: "/home/me/train\n.py".into(),
        line,
        module: if line == 14 { "0".into() } else { "".into() },
        function: function.into(),
    };
    let (linear, relu) = (builder.source(source(14, "linear")), builder.source(source(15, "relu")));
    let x = builder.param("x", "f32[2,3]".parse().unwrap(), None);
    builder.set_provenance(&Provenance::from_source(linear));
    let wide = builder.emit_one(Op::Permute, attrs![Axes::from_slice(&[1, 0])], &[x]).unwrap();
    let mut both = Provenance::from_source(relu);
    both.join(&Provenance::from_source(linear));
    builder.set_provenance(&both);
    let y = builder.emit_one(Op::Neg, attrs![], &[wide]).unwrap();
    builder.output(&y, None);
    let graph = builder.finish();
    assert_eq!(
        format!("{graph:#}"),
        "graph @f(%x: f32[2,3]) {
  %1 = permute %x dims=[1,0] : f32[3,2]  ; train .py:14 in 0 (linear)
  %2 = neg %1 : f32[3,2]                 ; train .py:14 in 0 (linear), train .py:15 (relu)
  return %2
}
"
    );
    survives(&graph);
}

/// Another name and other provenance are the same program; another attribute, type or state is not.
#[test]
fn the_hash_is_of_the_program() {
    let hash = |text: &str| content_hash(&parse(text).unwrap());
    let base = hash("graph @f(%x: f32[2,3]) { %1 = sum %x dims=[0] : f32[3] return %1 }");
    assert_eq!(base, hash("graph @g(%y: f32[2,3]) { %z = sum %y dims=[0] : f32[3] ; elsewhere\n return %z }"));
    for other in [
        "graph(%x: f32[2,3]) { %1 = sum %x dims=[1] : f32[2] return %1 }",
        "graph(%x: f64[2,3]) { %1 = sum %x dims=[0] : f64[3] return %1 }",
        "graph(%x: f32[2,3] {state \"w\"}) { %1 = sum %x dims=[0] : f32[3] return %1 }",
        "graph(%x: f32[2,3]) { %1 = sum %x dims=[0] : f32[3] return %1 {writes \"w\"} }",
        "graph(%x: f32[2,3]) { %1 = prod %x dims=[0] : f32[3] return %1 }",
        "graph(%x: f32[2,3]) { requires s0 == s1\n %1 = sum %x dims=[0] : f32[3] return %1 }",
    ] {
        assert_ne!(base, hash(other), "{other}");
    }
}

/// Every cell of the layout column, at every site and for every permutation of its samples: the call it answers with is
/// well typed and has the results it promises.
#[test]
fn relabellings_are_well_typed() {
    for (op, sample) in samples() {
        let inputs: Vec<&Type> = sample.inputs.iter().collect();
        let call = Call { op, attrs: &sample.attrs, inputs: &inputs, regions: &[], equalities: None };
        let results = op.row().check(&call).unwrap();
        let sites = (0..inputs.len()).map(Site::Operand).chain((0..results.len()).map(Site::Result));
        for site in sites {
            let ty = match site {
                Site::Operand(i) => inputs[i],
                Site::Result(i) => &results[i],
            };
            for perm in permutations(ty.rank() as u32) {
                let Some(moved) = op.row().through.relabel(&call, &results, site, &perm) else { continue };
                let given = match site {
                    Site::Operand(i) => &moved.operands[i],
                    Site::Result(i) => &moved.results[i],
                };
                assert_eq!(*given, perm, "{op} {inputs:?} at {site:?}");
                let turned = |ty: &Type, perm: &[u32]| ty.with_shape(permuted(&ty.shape, perm));
                let turned_inputs: Vec<Type> = inputs.iter().zip(&moved.operands).map(|(t, p)| turned(t, p)).collect();
                let turned_inputs: Vec<&Type> = turned_inputs.iter().collect();
                let again = Call { op, attrs: &moved.attrs, inputs: &turned_inputs, regions: &[], equalities: None };
                let got = op.row().check(&again).unwrap_or_else(|e| panic!("{op} at {site:?} {perm:?}: {e}"));
                let wanted: Vec<Type> = results.iter().zip(&moved.results).map(|(t, p)| turned(t, p)).collect();
                assert_eq!(got.as_slice(), wanted, "{op} {inputs:?} at {site:?} {perm:?}");
            }
        }
    }
}

fn permutations(rank: u32) -> Vec<Axes> {
    let mut all = vec![Axes::new()];
    for axis in 0..rank {
        let longer = |p: &Axes| {
            (0..=p.len())
                .map(|at| {
                    let mut p = p.clone();
                    p.insert(at, axis);
                    p
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_survive_text_and_json(graph in any_graph()) {
        survives(&graph);
    }
}
