//! The optimiser on graphs of the size of a screen, and the rules as data. What they do to numbers is tested on MLX, in
//! tests/.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ir::parse;

fn optimised(text: &str) -> Optimised {
    let graph = parse(text).unwrap();
    optimise(&graph, &Options::for_device("cpu").unwrap()).unwrap()
}

#[test]
fn permutes_around_elementwise_work_cancel() {
    let o = optimised(
        "graph(%x: f32[2,3,4]) {
           %1 = permute %x dims=[0,2,1] : f32[2,4,3]
           %2 = neg %1 : f32[2,4,3]
           %3 = exp %2 : f32[2,4,3]
           %4 = permute %3 dims=[0,2,1] : f32[2,3,4]
           return %4
         }",
    );
    assert_eq!(o.report.permutes.left.len(), 0, "{}\n{}", o.graph, o.report);
    assert_eq!(o.graph.nodes.len(), 2, "{}", o.graph);
}
