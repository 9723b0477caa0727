//! What a call costs on a device: integers, so that sums do not depend on their order. The tables are data, in
//! `compiler/costs/devices.json`; nothing here measures.

use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

use crate::{
    error::{Error, Result},
    ir::{Definition, Graph, ValueId},
    ops::{Attr, Attrs, Axes, Call, Op, Signature, Through, through},
    types::{Dim, Type},
};

/// Costs of one device, in femtoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCost {
    /// Starting one kernel.
    pub launch: u64,
    /// Reading or writing a byte in order.
    pub byte: u64,
    /// Reading or writing a byte out of order, as a permute does.
    pub copied_byte: u64,
    /// One floating-point operation.
    pub flop: u64,
}

/// A table as it is written: in picoseconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    launch: f64,
    byte: f64,
    copied_byte: f64,
    flop: f64,
}

static DEVICES: LazyLock<std::result::Result<BTreeMap<String, DeviceCost>, String>> = LazyLock::new(|| {
    let written: BTreeMap<String, Written> =
        serde_json::from_str(include_str!("../../costs/devices.json")).map_err(|e| e.to_string())?;
    let femtoseconds = |x: f64| (x * 1000.0).round() as u64;
    let table = |w: Written| DeviceCost {
        launch: femtoseconds(w.launch),
        byte: femtoseconds(w.byte),
        copied_byte: femtoseconds(w.copied_byte),
        flop: femtoseconds(w.flop),
    };
    Ok(written.into_iter().map(|(name, w)| (name, table(w))).collect())
});

/// The size that stands for a symbol when costs are compared.
const NOMINAL: i64 = 64;

fn nominal(ty: &Type) -> Type {
    let size = |d: &Dim| if d.is_known() { d.clone() } else { d.substitute(&|_| Some(Dim::known(NOMINAL))) };
    ty.with_shape(ty.shape.iter().map(size).collect())
}

fn bytes(ty: &Type) -> u64 {
    nominal(ty).known_bytes().unwrap_or(0)
}

impl DeviceCost {
    /// The table of a device: `cpu`, `cuda` or `metal`.
    ///
    /// # Errors
    /// A device without a table.
    pub fn of(device: &str) -> Result<DeviceCost> {
        let devices = DEVICES.as_ref().map_err(|e| Error::internal(format_args!("costs/devices.json: {e}")))?;
        devices.get(device).copied().ok_or_else(|| {
            let known: Vec<&str> = devices.keys().map(String::as_str).collect();
            Error::internal(format_args!("there are costs for {}, not for {device}", known.join(", ")))
        })
    }

    /// Moving every element of a value to another place.
    pub fn copy(&self, ty: &Type) -> u64 {
        self.launch.saturating_add(bytes(ty).saturating_mul(2).saturating_mul(self.copied_byte))
    }

    /// One call. A permute is a copy here, unless it moves nothing; who reads permuted values in place says so by
    /// costing nothing extra.
    pub fn call(&self, op: Op, attrs: &Attrs, inputs: &[&Type], results: &[Type], regions: &[Signature]) -> u64 {
        if let (Op::Permute, [Attr::Axes(perm)]) = (op, attrs.as_slice()) {
            return if through::moves_nothing(&inputs[0].shape, perm) { 0 } else { self.copy(inputs[0]) };
        }
        if let (Op::BroadcastInDim, [_, Attr::Axes(dims)]) = (op, attrs.as_slice()) {
            // The value is brought into the order of the result first.
            let mut order: Axes = (0..dims.len() as u32).collect();
            order.sort_by_key(|&i| dims[i as usize]);
            return if through::moves_nothing(&inputs[0].shape, &order) { 0 } else { self.copy(inputs[0]) };
        }
        let inputs: Vec<Type> = inputs.iter().map(|ty| nominal(ty)).collect();
        let inputs: Vec<&Type> = inputs.iter().collect();
        let results: Vec<Type> = results.iter().map(nominal).collect();
        let cost = (op.row().cost)(&Call { op, attrs, inputs: &inputs, regions, equalities: None }, &results);
        if cost.bytes == 0 && cost.flops == 0 {
            return 0;
        }
        let bytes = cost.bytes.saturating_mul(self.byte);
        self.launch.saturating_add(bytes).saturating_add(cost.flops.saturating_mul(self.flop))
    }

    /// A whole graph: each node once; a permute that all its readers read in place is free.
    pub fn graph(&self, graph: &Graph) -> u64 {
        let copied = copied_permutes(graph);
        let mut total = 0u64;
        for (id, node) in graph.enumerate() {
            if node.op == Op::Permute && !copied[id.0 as usize] {
                continue;
            }
            let inputs: Vec<&Type> = node.operands.iter().map(|&v| graph.ty(v)).collect();
            let results: Vec<Type> = node.results.iter().map(|&v| graph.ty(v).clone()).collect();
            let regions: Vec<Signature> = node.regions.iter().map(|r| r.signature()).collect();
            total = total.saturating_add(self.call(node.op, &node.attrs, &inputs, &results, &regions));
        }
        total
    }
}

/// Which nodes of a graph are permutes that copy: neither moving nothing, nor read in place by everyone who reads them,
/// nor read by no one.
pub fn copied_permutes(graph: &Graph) -> Vec<bool> {
    let mut copied = vec![false; graph.nodes.len()];
    let permute_of = |value: ValueId| match graph.values[value.0 as usize].definition {
        Definition::Result(id, _) if graph.node(id).op == Op::Permute => Some(id.0 as usize),
        _ => None,
    };
    let perm_of = |at: usize| match graph.nodes[at].attrs.as_slice() {
        [Attr::Axes(perm)] => perm.clone(),
        _ => Axes::new(),
    };
    for node in &graph.nodes {
        for (i, &operand) in node.operands.iter().enumerate() {
            if let Some(at) = permute_of(operand) {
                let through: &Through = &node.op.row().through;
                copied[at] |= !through.reads_in_place(node.operands.len(), i, &perm_of(at));
            }
        }
    }
    for output in &graph.outputs {
        if let Some(at) = permute_of(output.value) {
            copied[at] = true;
        }
    }
    for (at, copied) in copied.iter_mut().enumerate().filter(|(_, c)| **c) {
        *copied = !through::moves_nothing(&graph.ty(graph.nodes[at].operands[0]).shape, &perm_of(at));
    }
    copied
}
