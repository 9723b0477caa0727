//! Every rule of the files: both sides give the same numbers and gradients, and each is seen firing in a filetest.

use std::{fmt::Write, fs, path::Path};

use flashlight_compiler::{
    autodiff::reverse,
    ir::Graph,
    ops::Op,
    rules::{Numerics, Rewrite, read_rules, shipped_rules},
};
use flashlight_runtime::Value;

use crate::{
    instances::{fitted, instances},
    values,
};

/// How far both sides may be apart, relative to the largest element.
fn tolerance(numerics: Numerics) -> f64 {
    match numerics {
        Numerics::Exact => 0.0,
        Numerics::Reassoc => 1e-5,
        Numerics::Fast => 1e-4,
    }
}

/// Away from zero, positive and below one: every op is defined there but two, which are above one.
fn domain(graph: &Graph) -> (f64, f64) {
    let above = graph.nodes.iter().any(|node| matches!(node.op, Op::Acosh | Op::Zeta));
    if above { (1.25, 1.95) } else { (0.25, 0.95) }
}

fn inputs(graph: &Graph) -> Vec<Value> {
    let one = |(i, p): (usize, &flashlight_compiler::ir::Param)| {
        let ty = graph.ty(p.value);
        values::sample(ty, Some(if ty.dtype.is_float() { domain(graph) } else { (0.0, 2.99) }), i as u64 + 3).unwrap()
    };
    graph.params.iter().enumerate().map(one).collect()
}

fn agree(rule: &Rewrite, left: &Graph, right: &Graph, inputs: &[Value], tolerance: f64) {
    let (wanted, given) = (values::run(left, inputs).unwrap(), values::run(right, inputs).unwrap());
    for (wanted, given) in wanted.iter().zip(&given) {
        let difference = values::difference(wanted, given, tolerance).unwrap();
        assert_eq!(difference, None, "{} ({})\n{left}{right}", rule.name, rule.place);
    }
}

/// What a wrong rule would break: values, or gradients where both sides have some.
fn hold(rule: &Rewrite, count: usize) -> usize {
    let found = instances(rule, count);
    for instance in &found {
        let left = &instance.left;
        let right = fitted(&instance.right, left.ty(left.outputs[0].value));
        let given = inputs(left);
        agree(rule, left, &right, &given, tolerance(rule.numerics));
        let wrt: Vec<usize> =
            (0..left.params.len()).filter(|&i| left.ty(left.params[i].value).dtype.is_inexact()).collect();
        if !left.ty(left.outputs[0].value).dtype.is_inexact() {
            continue;
        }
        if let (Ok(left), Ok(right)) = (reverse(left, &wrt), reverse(&right, &wrt)) {
            agree(rule, &left, &right, &inputs(&left), tolerance(rule.numerics).max(1e-5));
        }
    }
    found.len()
}

#[test]
fn both_sides_of_every_rule_agree() {
    for rule in &shipped_rules().unwrap().rules {
        let count = hold(rule, 6);
        let unlikely = rule.sides.attributes.len() > 3;
        assert!(count > 0, "no instance of {} was found{}", rule.name, if unlikely { "; add sizes" } else { "" });
    }
}

#[test]
fn a_planted_wrong_rule_is_caught() {
    let wrong = "; A difference is a sum.\nwrong: (sub ?x ?y) => (add ?x ?y) [exact]\n";
    let rules = read_rules("planted.rules", wrong).unwrap();
    assert!(std::panic::catch_unwind(|| hold(&rules.rules[0], 3)).is_err());
}

/// `UPDATE=1` adds a case for each rule that no filetest shows, from its first instance.
#[test]
fn every_rule_is_seen_firing_in_a_filetest() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ir/optimise");
    let mut seen = String::new();
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "snap") {
            seen.push_str(&fs::read_to_string(entry.path()).unwrap());
        }
    }
    let fired = |name: &str| seen.lines().any(|l| l.trim().split(' ').nth(2) == Some(name));
    let mut missing = String::new();
    let rules = &shipped_rules().unwrap().rules;
    for rule in rules {
        // Of a rule for a group of ops, one member is enough.
        let group = rules.iter().filter(|r| r.place == rule.place);
        if group.clone().any(|r| fired(&r.name)) || group.into_iter().next().is_some_and(|r| r.name != rule.name) {
            continue;
        }
        let found = instances(rule, 1);
        let Some(graph) = found.first().map(|f| &f.left) else { panic!("no instance of {} was found", rule.name) };
        writeln!(missing, "; case: {}", rule.name).unwrap();
        if rule.numerics == Numerics::Fast {
            missing.push_str("; numerics: fast\n");
            // Equal where there are roots and logarithms.
            let (low, high) = domain(graph);
            graph.params.iter().for_each(|p| writeln!(missing, "; domain: {} {low} {high}", p.name).unwrap());
        }
        write!(missing, "{graph}").unwrap();
    }
    if std::env::var_os("UPDATE").is_some() && !missing.is_empty() {
        let path = folder.join("rules.fl");
        let head = "; test: optimise\n; One graph for each rule of the files.\n";
        let text = fs::read_to_string(&path).unwrap_or_else(|_| head.to_owned());
        fs::write(path, text + &missing).unwrap();
        return;
    }
    assert!(missing.is_empty(), "no filetest shows these rules firing:\n{missing}");
}
