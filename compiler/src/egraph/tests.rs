//! The optimiser on graphs of the size of a screen, and rule files that must be refused. What rules do to numbers is
//! tested on MLX, in tests/numbers and tests/ir/optimise.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    ir::{Emit, GraphBuilder, Provenance, Source, parse},
    ops::Op,
    rules::read_rules,
};

fn cpu() -> Options {
    Options::for_device("cpu").unwrap()
}

fn optimised(text: &str) -> Optimised {
    optimise(&parse(text).unwrap(), &cpu()).unwrap()
}

const CHAIN: &str = "graph(%x: f32[20,30,40]) {
   %1 = permute %x dims=[0,2,1] : f32[20,40,30]
   %2 = neg %1 : f32[20,40,30]
   %3 = exp %2 : f32[20,40,30]
   %4 = permute %3 dims=[0,2,1] : f32[20,30,40]
   return %4
 }";

#[test]
fn permutes_around_elementwise_work_cancel() {
    let o = optimised(CHAIN);
    assert_eq!(o.report.permutes.left.len(), 0, "{}\n{}", o.graph, o.report);
    assert_eq!(o.graph.nodes.len(), 2, "{}", o.graph);
}

#[test]
fn a_hit_limit_is_told_and_never_dearer() {
    let graph = parse(CHAIN).unwrap();
    let before = cpu().device.graph(&graph);
    for limit in [1, 7, 9, 10, 12] {
        let o = optimise(&graph, &Options { node_limit: Some(limit), ..cpu() }).unwrap();
        assert!(o.report.cost.1 <= before, "{limit}: {}", o.report);
        assert_eq!(o.report.cost.0, before);
        assert_eq!(o.report.stop, Stop::Nodes, "{limit}: {}", o.report);
    }
}

#[test]
fn states_outputs_and_guards_stay_what_they_are() {
    let o = optimised(
        "graph(%x: f32[s0,4], %y: f32[s1,4], %w: f32[4] {state \"w\"}, %unused: f32[2]) {
           requires s0 == s1
           %1 = add %x, %y : f32[s0,4]
           %2 = permute %1 dims=[1,0] : f32[4,s0]
           %3 = sum %2 dims=[1] : f32[4]
           %4 = add %w, %3 : f32[4]
           return %4 {writes \"w\"}, %w, %4
         }",
    );
    let names: Vec<&str> = o.graph.params.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "w", "unused"]);
    assert_eq!(o.graph.outputs.len(), 3);
    assert_eq!(o.graph.outputs[0].writes.as_deref(), Some("w"));
    assert_eq!(o.graph.outputs[1].value, o.graph.params[2].value);
    assert_eq!(o.graph.guards.len(), 1);
    assert_eq!(o.report.permutes.left.len(), 0, "{}", o.graph);
}

/// Draws follow the generator's state from one to the next; their order is the order of the states.
#[test]
fn draws_keep_their_order_and_their_results() {
    let o = optimised(
        "graph(%g: u32[4] {state \"generator\"}) {
           %1, %2 = random_uniform %g shape=[2,3] dtype=f32 low=0.0 high=1.0 : f32[2,3], u32[4]
           %3, %4 = random_uniform %2 shape=[2,3] dtype=f32 low=0.0 high=1.0 : f32[2,3], u32[4]
           %5 = permute %3 dims=[1,0] : f32[3,2]
           %6 = permute %1 dims=[1,0] : f32[3,2]
           %7 = sub %6, %5 : f32[3,2]
           %8 = permute %7 dims=[1,0] : f32[2,3]
           return %8, %4 {writes \"generator\"}
         }",
    );
    let text = o.graph.to_string();
    assert_eq!(o.graph.nodes.len(), 3, "{text}");
    assert!(text.contains("sub %1, %3"), "{text}");
    assert_eq!(o.report.permutes.left.len(), 0, "{text}");
}

#[test]
fn regions_are_kept_by_their_content() {
    let o = optimised(
        "graph(%x: f32[4]) {
           %1 = fused %x : f32[4] { graph(%a: f32[4]) { %2 = neg %a : f32[4] return %2 } }
           %3 = fused %x : f32[4] { graph(%b: f32[4]) { %4 = neg %b : f32[4] return %4 } }
           %5 = sub %1, %3 : f32[4]
           %6 = neg %5 : f32[4]
           return %6
         }",
    );
    let fused: Vec<_> = o.graph.nodes.iter().filter(|n| n.op == Op::Fused).collect();
    assert_eq!(fused.len(), 1, "{}", o.graph);
    assert_eq!(fused[0].regions.len(), 1);
}

#[test]
fn merged_values_come_from_all_their_lines() {
    let mut builder = GraphBuilder::new("f");
    let source = |line| Source { file: "train.py".into(), line, module: "".into(), function: "neg".into() };
    let x = builder.param("x", "f32[4]".parse().unwrap(), None);
    let mut outputs = Vec::new();
    for line in [3, 8] {
        let id = builder.source(source(line));
        builder.set_provenance(&Provenance::from_source(id));
        outputs.push(builder.emit_one(Op::Neg, crate::attrs![], std::slice::from_ref(&x)).unwrap());
    }
    for output in &outputs {
        builder.output(output, None);
    }
    let o = optimise(&builder.finish(), &cpu()).unwrap();
    assert_eq!(o.graph.nodes.len(), 1, "{}", o.graph);
    let lines: Vec<u32> = o.graph.sources_of(&o.graph.provenance[0]).map(|s| s.line).collect();
    assert_eq!(lines, [3, 8]);
}

/// A weight read and written through a permutation, with a moment: both are stored as the convolution reads them.
#[test]
fn a_weight_and_its_moment_are_stored_as_the_kernel_reads_them() {
    let graph = parse(
        "graph(%x: f32[2,8,8,3], %w: f32[5,3,3,3] {state \"w\"}, %m: f32[5,3,3,3] {state \"m\"}, %g: f32[2,8,8,5]) {
           %1 = permute %w dims=[0,2,3,1] : f32[5,3,3,3]
           %2 = convolution %x, %1 stride=[1,1] low=[1,1] high=[1,1] dilation=[1,1] groups=1 : f32[2,8,8,5]
           %3 = convolution_weight %x, %g size=[3,3] stride=[1,1] low=[1,1] dilation=[1,1] groups=1 : f32[5,3,3,3]
           %4 = permute %3 dims=[0,3,1,2] : f32[5,3,3,3]
           %5 = add %m, %4 : f32[5,3,3,3]
           %6 = sub %w, %5 : f32[5,3,3,3]
           return %2, %6 {writes \"w\"}, %5 {writes \"m\"}
         }",
    )
    .unwrap();
    let stored = permuted_states(&graph, false);
    assert_eq!(permuted_states(&graph, true), stored);
    let found: Vec<(Option<usize>, Option<usize>, Vec<u32>)> =
        stored.iter().map(|s| (s.param, s.output, s.perm.to_vec())).collect();
    let perm = vec![0, 2, 3, 1];
    assert_eq!(found, [(Some(1), Some(1), perm.clone()), (Some(2), Some(2), perm)]);
    let o = optimise(&graph, &Options { permute_states: true, ..cpu() }).unwrap();
    assert_eq!(o.stored, stored);
    assert_eq!(o.report.permutes.left.len(), 0, "{}\n{}", o.graph, o.report);
    assert!(optimise(&graph, &cpu()).unwrap().stored.is_empty());
}

/// A matrix that is read by products as it is and transposed: fewer copies the other way round, but not the same bits.
#[test]
fn exact_programs_keep_the_layout_of_what_products_read() {
    let graph = parse(
        "graph(%x: f32[4,8], %w: f32[3,8] {state \"w\"}, %g: f32[4,3]) {
           %1 = permute %w dims=[1,0] : f32[8,3]
           %2 = matmul %x, %1 : f32[4,3]
           %3 = permute %1 dims=[1,0] : f32[3,8]
           %4 = matmul %g, %3 : f32[4,8]
           %5 = permute %x dims=[1,0] : f32[8,4]
           %6 = matmul %5, %g : f32[8,3]
           %7 = permute %6 dims=[1,0] : f32[3,8]
           %8 = sub %w, %7 : f32[3,8]
           return %2, %4, %8 {writes \"w\"}
         }",
    )
    .unwrap();
    assert_eq!(permuted_states(&graph, false).len(), 1);
    assert!(permuted_states(&graph, true).is_empty());
}

#[test]
fn a_rule_that_merges_two_types_is_named() {
    let text = "; A matrix is its transpose.\nwrong: (permute ?x dims=p) => (neg ?x) [exact]\n";
    let rules = read_rules("planted.rules", text).unwrap();
    let graph = parse("graph(%x: f32[2,3]) { %1 = permute %x dims=[1,0] : f32[3,2] return %1 }").unwrap();
    let error = optimise_by(&graph, &cpu(), &rules).unwrap_err().to_string();
    assert_eq!(error, "internal error: rule wrong merges f32[3,2] with f32[2,3]");
}

#[test]
fn rule_files_are_refused_with_their_line() {
    let refused = |text: &str| read_rules("my.rules", text).unwrap_err().to_string();
    let sentence = "; A sentence.\n";
    for (text, wanted) in [
        ("a: (neg ?x) => ?x [exact]", "no sentence above"),
        ("; A sentence.\na: (nog ?x) => ?x [exact]", "an op, not 'nog'"),
        ("; A sentence.\na: (neg ?x) => ?y [exact]", "not 'y'"),
        ("; A sentence.\na: (sum ?x dims=a) => (sum ?x dims=b) [exact]", "not 'b'"),
        ("; A sentence.\na: (sum ?x dims=a) => (sum ?x dims=@nothing(a)) [exact]", "a function, not 'nothing'"),
        ("; A sentence.\na: (sum ?x) => ?x [exact]", "every attribute of sum"),
        ("; A sentence.\na: (neg ?x) => ?x", "ends in [exact], [reassoc] or [fast]"),
        ("; A sentence.\na: (?f:nothing ?x) => ?x [exact]", "'nothing' is no group"),
        ("; A sentence.\na: ?x => (neg ?x) [exact]", "the left side is no call"),
        ("commutative: neg", "has not two operands"),
    ] {
        let error = refused(text);
        let line = if text.starts_with(sentence) { 2 } else { 1 };
        assert!(error.contains(wanted) && error.starts_with(&format!("line {line},")), "{text}\n{error}");
        assert!(error.contains("my.rules"), "{error}");
    }
}

#[test]
fn the_rest_of_the_attributes_is_copied() {
    let text = "; Padding twice by nothing.\nrest: (layer_norm (neg ?x) ..) => (neg (layer_norm ?x ..)) [exact]\n";
    let rules = read_rules("my.rules", text).unwrap();
    let graph = parse(
        "graph(%x: f32[2,3]) { %1 = neg %x : f32[2,3] %2 = layer_norm %1 eps=0.5 : f32[2,3] %3 = neg %2 : f32[2,3] return %3 }",
    );
    let o = optimise_by(&graph.unwrap(), &cpu(), &rules).unwrap();
    assert_eq!(o.report.rules.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["rest"]);
    assert_eq!(o.report.rules[0].place.as_deref(), Some("my.rules:2"));
}

#[test]
fn numerics_hold_rules_back() {
    let text = "graph(%x: f32[4]) { %1 = constant value=2.0 dtype=f32 : f32[] %2 = pow %x, %1 : f32[4] return %2 }";
    let graph = parse(text).unwrap();
    let ops = |numerics| {
        let o = optimise(&graph, &Options { numerics, ..cpu() }).unwrap();
        o.graph.nodes.iter().map(|n| n.op).collect::<Vec<_>>()
    };
    assert_eq!(ops(Numerics::Exact), [Op::Constant, Op::Pow]);
    assert_eq!(ops(Numerics::Reassoc), [Op::Mul]);
}

#[test]
fn a_device_without_costs_is_refused() {
    let error = Options::for_device("abacus").unwrap_err().to_string();
    assert_eq!(error, "internal error: there are costs for cpu, cuda, metal, not for abacus");
}
