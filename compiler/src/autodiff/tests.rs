//! Every rule reads and types: the derivative of each row's samples builds.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    ir::{Emit, GraphBuilder},
    ops::{Derivative, Op},
};

#[test]
fn every_rule_differentiates_its_samples() {
    for row in Op::rows() {
        if row.vjp == Derivative::NotYet {
            continue;
        }
        for sample in (row.samples)() {
            let mut builder = GraphBuilder::new("sample");
            let inputs: Vec<_> = sample
                .inputs
                .iter()
                .enumerate()
                .map(|(i, t)| builder.param(format!("x{i}"), t.clone(), None))
                .collect();
            let results = builder.emit(row.op, sample.attrs.clone(), &inputs).unwrap();
            for result in &results {
                builder.output(result, None);
            }
            let graph = builder.finish();
            let wrt: Vec<usize> = (0..inputs.len()).filter(|&i| sample.inputs[i].dtype.is_inexact()).collect();
            let reversed = reverse(&graph, &wrt).unwrap_or_else(|e| panic!("{}: {e}", row.name));
            for (output, &i) in reversed.outputs[graph.outputs.len()..].iter().zip(&wrt) {
                assert_eq!(reversed.ty(output.value), &sample.inputs[i], "{}: the cotangent of operand {i}", row.name);
            }
        }
    }
}

#[test]
fn a_rule_reads_only_what_it_needs() {
    let first = reads(Op::Mul, &|i| i == 0).unwrap();
    assert_eq!((first.operands.as_slice(), first.results.as_slice()), (&[false, true][..], &[false][..]));
    let exp = reads(Op::Exp, &|_| true).unwrap();
    assert_eq!((exp.operands.as_slice(), exp.results.as_slice()), (&[false][..], &[true][..]));
}

#[test]
fn a_missing_derivative_is_named() {
    let error = reads(Op::Prod, &|_| true).unwrap_err();
    assert_eq!(error.to_string(), "the derivative of prod is not implemented");
}
