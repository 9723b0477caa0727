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
            let wrt: Vec<usize> =
                (0..inputs.len()).filter(|&i| sample.inputs[i].dtype.is_inexact() && !is_unknown(row.op, i)).collect();
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
fn a_derivative_that_is_unknown_by_one_operand_is_refused_for_that_one() {
    assert!(is_unknown(Op::Igamma, 0) && !is_unknown(Op::Igamma, 1) && !is_unknown(Op::Mul, 0));
    let mut builder = GraphBuilder::new("igamma");
    let ty = crate::types::Type::new(crate::types::DType::F32, [3]);
    let inputs = ["a", "x"].map(|name| builder.param(name.to_owned(), ty.clone(), None));
    let result = builder.emit(Op::Igamma, crate::attrs![], &inputs).unwrap().remove(0);
    builder.output(&result, None);
    let graph = builder.finish();
    assert!(reverse(&graph, &[1]).is_ok());
    let error = reverse(&graph, &[0]).unwrap_err();
    assert_eq!(error.to_string(), "the derivative of igamma by its operand x is not implemented");
}

#[test]
fn a_missing_derivative_is_named() {
    let error = reads(Op::Prod, &|_| true).unwrap_err();
    assert_eq!(error.to_string(), "the derivative of prod is not implemented");
}
