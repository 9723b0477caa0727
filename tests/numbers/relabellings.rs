//! Every cell of the layout column: the relabelled call computes the permuted results, for each sample of the row, each
//! site and each permutation.

use flashlight_compiler::{
    ir::Emit,
    ops::{Attrs, Axes, Call, Class, Op, Site, Through},
    types::Type,
};
use flashlight_runtime::{Device, Eager, Value};

use crate::values;

/// Every permutation of so many axes.
fn permutations(rank: u32) -> Vec<Axes> {
    let mut all = vec![Axes::new()];
    for axis in 0..rank {
        let longer = |p: &Axes| -> Vec<Axes> {
            let inserted = (0..=p.len()).map(|at| {
                let mut p = p.clone();
                p.insert(at, axis);
                p
            });
            inserted.collect()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn call(op: Op, attrs: &Attrs, inputs: &[Value]) -> Vec<Value> {
    Eager::new(Device::Cpu).emit(op, attrs.clone(), inputs).unwrap().into_iter().collect()
}

#[test]
fn relabelled_calls_compute_permuted_results() {
    let mut moved = 0;
    for row in Op::rows().filter(|r| !matches!(r.through, Through::Opaque(_))) {
        assert!(!matches!(row.through, Through::NotYet), "the layout cell of {} is not written", row.op);
        for sample in (row.samples)() {
            let types: Vec<&Type> = sample.inputs.iter().collect();
            let site_call = Call { op: row.op, attrs: &sample.attrs, inputs: &types, regions: &[], equalities: None };
            let results = row.check(&site_call).unwrap();
            let draw = |(i, ty): (usize, &Type)| {
                let domain = match sample.domain {
                    flashlight_compiler::ops::Domain::Range(low, high) => (low, high),
                    flashlight_compiler::ops::Domain::Index(_) if ty.dtype.is_float() => (-2.0, 2.0),
                    flashlight_compiler::ops::Domain::Index(n) => (0.0, n as f64 - 0.01),
                };
                values::sample(ty, Some(domain), i as u64 + 7).unwrap()
            };
            let inputs: Vec<Value> = sample.inputs.iter().enumerate().map(draw).collect();
            let wanted = call(row.op, &sample.attrs, &inputs);
            let sites = (0..types.len()).map(Site::Operand).chain((0..results.len()).map(Site::Result));
            for site in sites {
                let rank = match site {
                    Site::Operand(i) => types[i].rank(),
                    Site::Result(i) => results[i].rank(),
                };
                for perm in permutations(rank as u32) {
                    let Some(found) = row.through.relabel(&site_call, &results, site, &perm) else { continue };
                    moved += 1;
                    let turned = inputs.iter().zip(&found.operands).map(|(x, p)| values::permuted(x, p).unwrap());
                    let turned: Vec<Value> = turned.collect();
                    let given = call(row.op, &found.attrs, &turned);
                    for ((wanted, given), perm) in wanted.iter().zip(&given).zip(&found.results) {
                        let wanted = values::permuted(wanted, perm).unwrap();
                        let reorders = matches!(
                            row.class,
                            Class::Reduction | Class::Normalisation | Class::Contraction | Class::Indexing
                        );
                        let tolerance = if reorders { 1e-6 } else { 0.0 };
                        let difference = values::difference(&wanted, given, tolerance).unwrap();
                        assert_eq!(difference, None, "{} {types:?} at {site:?} by {perm:?}", row.op);
                    }
                }
            }
        }
    }
    assert!(moved > 500, "{moved} relabelled calls");
}
