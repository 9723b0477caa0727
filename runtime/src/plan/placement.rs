//! On which device each call of a graph runs. A call runs where its operands are; constants and the like, which have none,
//! are made where they are read, once for each device that reads them.

use flashlight_compiler::ir::{Graph, ValueId};
use flashlight_compiler::types::Type;
use smallvec::SmallVec;

use super::order::{Draft, Phase};
use crate::device::Device;

/// Where the values are, and which slot each has there.
pub(super) struct Placement {
    /// By value: whether it comes from parameters, and then has one device.
    anchored: Vec<bool>,
    devices: Vec<SmallVec<[Device; 1]>>,
    first: Vec<usize>,
    slots: usize,
    /// Where results go that come from no parameter.
    default: Device,
}

impl Placement {
    pub(super) fn new(graph: &Graph, given: &[(Type, Device)]) -> Placement {
        let default = given.iter().map(|(_, device)| *device).max().unwrap_or(Device::Cpu);
        let values = graph.values.len();
        let mut anchored = vec![false; values];
        let mut devices: Vec<SmallVec<[Device; 1]>> = vec![SmallVec::new(); values];
        for (param, (_, device)) in graph.params.iter().zip(given) {
            anchored[param.value.0 as usize] = true;
            devices[param.value.0 as usize].push(*device);
        }
        for node in &graph.nodes {
            let known = || node.operands.iter().filter(|id| anchored[id.0 as usize]);
            // As in eager execution: a number on the CPU joins values on a GPU.
            let whole = known().find(|id| graph.ty(**id).rank() > 0).map(|id| devices[id.0 as usize][0]);
            let Some(device) = whole.or_else(|| known().map(|id| devices[id.0 as usize][0]).max()) else { continue };
            for id in &node.results {
                anchored[id.0 as usize] = true;
                devices[id.0 as usize].push(device);
            }
        }
        let ask = |devices: &mut Vec<SmallVec<[Device; 1]>>, id: ValueId, device: Device| {
            let wanted = &mut devices[id.0 as usize];
            if !anchored[id.0 as usize] && !wanted.contains(&device) {
                wanted.push(device);
            }
        };
        for output in &graph.outputs {
            ask(&mut devices, output.value, default);
        }
        for node in graph.nodes.iter().rev() {
            let mut homes: SmallVec<[Device; 1]> = SmallVec::new();
            for id in &node.results {
                homes.extend(devices[id.0 as usize].iter().copied());
            }
            homes.sort();
            homes.dedup();
            for device in &homes {
                for id in &node.operands {
                    ask(&mut devices, *id, *device);
                }
                for id in &node.results {
                    ask(&mut devices, *id, *device);
                }
            }
        }
        let mut first = Vec::with_capacity(values);
        let mut slots = 0;
        for devices in &devices {
            first.push(slots);
            slots += devices.len();
        }
        Placement { anchored, devices, first, slots, default }
    }

    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// The slot of a value that a call on this device reads.
    fn slot(&self, id: ValueId, device: Device) -> usize {
        let i = id.0 as usize;
        if self.anchored[i] {
            return self.first[i];
        }
        self.first[i] + self.devices[i].iter().position(|d| *d == device).unwrap_or(0)
    }

    /// The slot of a parameter.
    pub(super) fn param(&self, id: ValueId) -> Option<usize> {
        (!self.devices[id.0 as usize].is_empty()).then(|| self.first[id.0 as usize])
    }

    pub(super) fn outputs(&self, graph: &Graph) -> Vec<usize> {
        graph.outputs.iter().map(|output| self.slot(output.value, self.default)).collect()
    }

    /// The calls, in the graph's order; those whose results nobody asked for are left out.
    pub(super) fn drafts(&self, graph: &Graph, types: &[Type]) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(graph.nodes.len());
        for (i, node) in graph.nodes.iter().enumerate() {
            let homes = node.results.first().map_or(&[][..], |id| &self.devices[id.0 as usize]);
            for device in homes {
                drafts.push(Draft {
                    node: i,
                    device: *device,
                    operands: node.operands.iter().map(|id| self.slot(*id, *device)).collect(),
                    results: node.results.iter().map(|id| self.slot(*id, *device)).collect(),
                    bytes: node.results.iter().map(|id| types[id.0 as usize].known_bytes().unwrap_or(0)).collect(),
                    phase: Phase::Work,
                });
            }
        }
        drafts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use flashlight_compiler::ir::parse;

    use super::*;

    const GPU: Device = Device::Gpu(0);

    fn devices(text: &str, given: &[Device]) -> Vec<(usize, Device)> {
        let graph = parse(text).unwrap();
        let given: Vec<(Type, Device)> =
            graph.params.iter().zip(given).map(|(p, device)| (graph.ty(p.value).clone(), *device)).collect();
        let types: Vec<Type> = graph.values.iter().map(|value| value.ty.clone()).collect();
        let placement = Placement::new(&graph, &given);
        placement.drafts(&graph, &types).iter().map(|draft| (draft.node, draft.device)).collect()
    }

    #[test]
    fn constants_are_made_where_they_are_read() {
        // A step's count lives on the CPU, in double precision, and scales what is on the GPU.
        let text = "graph @count(%step: f32[], %w: f32[4]) {
  %1 = constant value=1.0 dtype=f32 : f32[]
  %2 = add %step, %1 : f32[]
  %3 = cast %2 dtype=f64 : f64[]
  %4 = constant value=0.9 dtype=f64 : f64[]
  %5 = pow %4, %3 : f64[]
  %6 = cast %5 dtype=f32 : f32[]
  %7 = mul %w, %6 : f32[4]
  %8 = mul %7, %1 : f32[4]
  return %2, %8
}";
        let cpu = Device::Cpu;
        let expected =
            [(0, cpu), (0, GPU), (1, cpu), (2, cpu), (3, cpu), (4, cpu), (5, cpu), (6, GPU), (7, GPU)].to_vec();
        let mut found = devices(text, &[cpu, GPU]);
        found.sort();
        assert_eq!(found, expected);
        assert!(devices(text, &[cpu, cpu]).iter().all(|(_, device)| *device == cpu));
    }

    #[test]
    fn what_comes_from_nowhere_goes_where_the_parameters_are() {
        let text = "graph @made(%x: f32[2]) {
  %1 = iota size=3 dtype=f32 : f32[3]
  %2 = neg %1 : f32[3]
  return %2
}";
        assert_eq!(devices(text, &[GPU]), [(0, GPU), (1, GPU)]);
    }
}
