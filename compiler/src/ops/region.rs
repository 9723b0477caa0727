//! Ops that own regions: nested graphs with typed parameters, closed.

use super::{
    Batch, Call, Class, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family, row::streaming,
};
use crate::error::Result;

fn called(call: &Call<'_>) -> Result<Types> {
    let region = &call.regions[0];
    if region.params.len() != call.inputs.len() {
        return call.wrong(format_args!(
            "the region takes {} values, {} given",
            region.params.len(),
            call.inputs.len()
        ));
    }
    for (want, given) in region.params.iter().zip(call.inputs) {
        if want.dtype != given.dtype || !call.same_shape(&want.shape, &given.shape) {
            return call.wrong(format_args!("the region takes {want}, {given} given"));
        }
    }
    Ok(region.results.iter().cloned().collect())
}

/// A region's sample is a graph, which this layer does not know: its filetests stand in tests/ir.
fn none() -> Vec<Sample> {
    Vec::new()
}

family! {
    /// Ops that own regions.
    Region {
        Fused = Row {
            op: Op::Fused,
            name: "fused",
            doc: "The region's results, computed in one kernel where the device has an executor for it.",
            operands: &["xs.."],
            results: &["rs.."],
            attributes: &[],
            class: Class::Region,
            infer: called,
            vjp: Derivative::NotYet,
            jvp: Tangent::NotYet,
            batch: Batch::NotYet,
            through: Through::Opaque("a region keeps the layout it was formed for"),
            cost: streaming,
            placement: Placement::Any,
            samples: none,
        };
    }
}
