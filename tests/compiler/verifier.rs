//! Graphs that break one rule each, as a wrong pass would make them: the verifier names what differs.

use std::sync::Arc;

use flashlight_compiler::{
    ir::{Definition, Graph, NodeId, Output, Provenance, SourceId, Value, ValueId, debug_verify, parse, verify},
    ops::{Attr, Op},
    types::{DType, Dim, Scalar, Symbol, Type},
};

fn graph() -> Graph {
    parse(
        "graph @f(%x: f32[2,s0], %y: f32[2,s1] {state \"w\"}) {
           requires s0 == s1
           %1 = add %x, %y : f32[2,s0]
           %2 = sum %1 dims=[0] : f32[s0]
           %3 = fused %2 : f32[s0] { graph(%a: f32[s0]) { %1 = neg %a : f32[s0] return %1 } }
           return %3, %1 {writes \"w\"} }",
    )
    .unwrap()
}

fn refused(change: impl FnOnce(&mut Graph), message: &str) {
    let mut graph = graph();
    verify(&graph).unwrap();
    change(&mut graph);
    let error = verify(&graph).expect_err(message).to_string();
    assert!(error.contains(message), "{error:?} does not say {message:?}");
    // What is refused still prints, so that one can look at it.
    assert!(graph.to_string().starts_with("graph @f("));
}

fn region(graph: &mut Graph) -> &mut Graph {
    Arc::get_mut(&mut graph.nodes[2].regions[0]).unwrap()
}

#[test]
fn uses_come_after_definitions() {
    refused(|g| g.nodes[0].operands[1] = ValueId(3), "node 0 (add): value 3 is used before it is defined");
    refused(|g| g.nodes[0].operands[1] = ValueId(99), "node 0 (add): value 99 is used before it is defined");
    refused(|g| g.nodes[1].operands[0] = g.nodes[1].results[0], "node 1 (sum): value 3 is used before it is defined");
    refused(|g| g.nodes.swap(0, 1), "used before it is defined");
    refused(|g| g.outputs.push(Output { value: ValueId(99), writes: None }), "output 99 is no value");
}

#[test]
fn values_are_defined_once_by_what_they_say() {
    refused(|g| g.params[1].value = ValueId(0), "value 0 says it is Param(0), and Param(1) defines it");
    refused(|g| g.params[1].value = ValueId(99), "Param(1) defines value 99, which is not there");
    refused(|g| g.values[2].definition = Definition::Result(NodeId(1), 0), "value 2 says it is Result(NodeId(1), 0)");
    let extra = Value { ty: Type::scalar(DType::F32), definition: Definition::Param(7) };
    refused(|g| g.values.push(extra), "value 5 is defined by no parameter and no node");
    refused(|g| _ = g.nodes[1].results.pop(), "the op has 1 results, the node 0");
}

#[test]
fn types_are_the_rows_own() {
    refused(|g| g.values[3].ty.dtype = DType::F64, "node 1 (sum): the op gives f32[s0], its result is f64[s0]");
    refused(|g| g.nodes[1].attrs[0] = Attr::Axes([5].into_iter().collect()), "axis 5 is out of range for rank 2");
    refused(|g| g.nodes[1].attrs[0] = Attr::Axis(0), "attribute 'dims' is Axes, 0 given");
    refused(|g| g.nodes[1].attrs.clear(), "takes 1 attributes, 0 given");
    refused(|g| g.nodes[0].op = Op::Where, "takes 3 operands, 2 given");
    refused(|g| g.values[0].ty = Type::new(DType::F32, [-2]), "value 0: f32[-2] has the negative size -2");
    refused(|g| g.values[0].ty = Type::new(DType::F32, [1i64 << 62]), "is too large");
}

#[test]
fn regions_are_right_all_the_way_down() {
    refused(|g| g.nodes[2].regions.clear(), "owns 1 regions, 0 given");
    refused(|g| region(g).nodes[0].operands[0] = ValueId(1), "region: node 0 (neg): value 1 is used before");
    refused(|g| region(g).values[0].ty.dtype = DType::F64, "region: node 0 (neg): the op gives f64[s0]");
    refused(|g| region(g).params[0].state = Some("w".into()), "region: carries the state \"w\"");
    refused(|g| region(g).outputs[0].writes = Some("w".into()), "region: carries the state \"w\"");
    let other = (Dim::symbol(Symbol(3)), Dim::symbol(Symbol(4)));
    refused(|g| region(g).guards.push(other), "its region requires s3 == s4, and the graph does not");
    refused(|g| region(g).outputs.clear(), "node 2 (fused): the op has 0 results, the node 1");
}

#[test]
fn states_come_in_and_go_out_once() {
    refused(|g| g.params[0].state = Some("w".into()), "the state \"w\" comes in twice");
    refused(|g| g.outputs[0].writes = Some("w".into()), "the state \"w\" is written twice");
}

#[test]
fn guards_hold_and_are_complete() {
    refused(|g| g.guards.clear(), "node 0 (add): relies on s0 == s1, which the graph does not require");
    refused(|g| g.guards.push((Dim::known(2), Dim::known(3))), "requires 2 == 3, which never holds");
    refused(|g| g.guards.push(g.guards[0].clone()), "requires the same equality twice");
    let turned = |g: &mut Graph| g.guards[0] = (g.guards[0].1.clone(), g.guards[0].0.clone());
    refused(turned, "the sides of requires s1 == s0 are out of order");
}

#[test]
fn provenance_stands_beside_every_node() {
    refused(|g| _ = g.provenance.pop(), "3 nodes have 2 sets of sources");
    refused(|g| g.provenance[0] = Provenance::from_source(SourceId(4)), "a node comes from source 4 of 0");
}

#[test]
fn debug_builds_name_the_pass() {
    let mut graph = graph();
    graph.guards.clear();
    let error = debug_verify(&graph, "simplify").expect_err("is refused").to_string();
    assert!(error.starts_with("internal error: after simplify: graph @f: node 0 (add)"), "{error}");
}

/// All NaNs are one number, so that a graph that holds one equals itself after text and JSON.
#[test]
fn numbers_read_back_as_they_print() {
    for x in [
        0.0,
        -0.0,
        1.0,
        1e-5,
        1e16,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        -f64::INFINITY,
        f64::NAN,
        -f64::NAN,
    ] {
        for scalar in [Scalar::Float(x), Scalar::Complex(x, 1.0), Scalar::Complex(-2.0, x)] {
            assert_eq!(scalar.to_string().parse(), Ok(scalar));
        }
    }
    for scalar in
        [Scalar::Int(i64::MIN), Scalar::Int(i64::MAX), Scalar::Int(0), Scalar::Bool(true), Scalar::Bool(false)]
    {
        assert_eq!(scalar.to_string().parse(), Ok(scalar));
    }
    for bad in [
        "",
        "-",
        "+1",
        "1e999",
        "infinity",
        "NaN",
        "0x10",
        "1_000",
        "9223372036854775808",
        "complex(1)",
        "complex(1.0,x)",
    ] {
        assert!(bad.parse::<Scalar>().is_err(), "{bad}");
    }
}
