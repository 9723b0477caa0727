//! The order in which a plan's calls run: checks, work, updates of states; within a phase, what frees memory first. The
//! recorded order stays where the other one would need more.

use flashlight_compiler::ir::Graph;
use flashlight_compiler::ops::Class;
use flashlight_compiler::types::Type;
use smallvec::SmallVec;

use super::placement::Placement;
use super::{Memory, Purpose};
use crate::device::Device;

/// A call before it has its place.
pub(super) struct Draft {
    pub(super) node: usize,
    pub(super) device: Device,
    pub(super) operands: SmallVec<[usize; 4]>,
    pub(super) results: SmallVec<[usize; 1]>,
    pub(super) bytes: SmallVec<[u64; 1]>,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Check,
    Work,
    Update,
}

pub(super) struct Arranged {
    pub(super) drafts: Vec<Draft>,
    pub(super) memory: Memory,
}

/// What holds memory: values that are views of one another share one.
struct Blocks {
    /// By slot.
    of: Vec<usize>,
    /// By block: bytes, whether a parameter owns it, whether a call may write into it once it is read for the last time.
    bytes: Vec<u64>,
    given: Vec<bool>,
    ours: Vec<bool>,
    /// By block: how many calls and outputs read it.
    uses: Vec<u32>,
}

pub(super) fn arrange(
    graph: &Graph,
    types: &[Type],
    placement: &Placement,
    mut drafts: Vec<Draft>,
    purposes: &[Purpose],
) -> Arranged {
    let outputs = placement.outputs(graph);
    assign_phases(graph, &mut drafts, &outputs, purposes, placement.slots());
    let blocks = Blocks::new(graph, types, placement, &drafts, &outputs);
    let mut recorded: Vec<usize> = (0..drafts.len()).collect();
    recorded.sort_by_key(|i| drafts[*i].phase);
    let thrifty = greedy(graph, &drafts, &blocks);
    let (was, is) = (blocks.simulate(graph, &drafts, &recorded), blocks.simulate(graph, &drafts, &thrifty));
    let (order, mut memory) = if is.peak < was.peak { (thrifty, is) } else { (recorded, was) };
    memory.recorded = was.peak;
    memory.parameters = graph.params.iter().map(|param| types[param.value.0 as usize].known_bytes().unwrap_or(0)).sum();
    let mut slots: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    Arranged { drafts: order.into_iter().filter_map(|i| slots[i].take()).collect(), memory }
}

/// Checks are what their answers need. Updates are the elementwise ends of the calls that lead to states alone.
fn assign_phases(graph: &Graph, drafts: &mut [Draft], outputs: &[usize], purposes: &[Purpose], slots: usize) {
    let (mut asked, mut kept) = (vec![false; slots], vec![false; slots]);
    for (slot, purpose) in outputs.iter().zip(purposes) {
        match purpose {
            Purpose::Check => asked[*slot] = true,
            Purpose::Result => kept[*slot] = true,
            Purpose::Update => {}
        }
    }
    let has_updates = purposes.contains(&Purpose::Update);
    for draft in drafts.iter_mut().rev() {
        let class = graph.nodes[draft.node].op.row().class;
        draft.phase = if draft.results.iter().any(|slot| asked[*slot]) {
            Phase::Check
        } else if has_updates
            && matches!(class, Class::Elementwise | Class::Movement | Class::Creation)
            && !draft.results.iter().any(|slot| kept[*slot])
        {
            Phase::Update
        } else {
            Phase::Work
        };
        for slot in &draft.operands {
            match draft.phase {
                Phase::Check => asked[*slot] = true,
                Phase::Work => kept[*slot] = true,
                Phase::Update => {}
            }
        }
    }
}

impl Blocks {
    fn new(graph: &Graph, types: &[Type], placement: &Placement, drafts: &[Draft], outputs: &[usize]) -> Blocks {
        let slots = placement.slots();
        let mut blocks = Blocks {
            of: (0..slots).collect(),
            bytes: vec![0; slots],
            given: vec![false; slots],
            ours: vec![true; slots],
            uses: vec![0; slots],
        };
        for param in &graph.params {
            if let Some(slot) = placement.param(param.value) {
                blocks.bytes[slot] = types[param.value.0 as usize].known_bytes().unwrap_or(0);
                blocks.given[slot] = true;
                blocks.ours[slot] =
                    param.state.is_some() && graph.outputs.iter().any(|output| output.writes == param.state);
            }
        }
        for draft in drafts {
            for (slot, bytes) in draft.results.iter().zip(&draft.bytes) {
                if draft.is_view(graph) {
                    blocks.of[*slot] = blocks.of[draft.operands[0]];
                } else {
                    blocks.bytes[*slot] = *bytes;
                }
            }
        }
        for slot in drafts.iter().flat_map(|draft| &draft.operands).chain(outputs) {
            blocks.uses[blocks.of[*slot]] += 1;
        }
        blocks
    }

    /// How many of a block's uses a call is.
    fn uses_in(&self, draft: &Draft, block: usize) -> u32 {
        draft.operands.iter().filter(|slot| self.of[**slot] == block).count() as u32
    }

    /// The operand's block whose memory the call's result takes, given how many uses are left.
    fn reused(&self, graph: &Graph, draft: &Draft, left: &[u32]) -> Option<usize> {
        if graph.nodes[draft.node].op.row().class != Class::Elementwise {
            return None;
        }
        let fits = |block: &usize| {
            self.ours[*block]
                && Some(&self.bytes[*block]) == draft.bytes.first()
                && left[*block] == self.uses_in(draft, *block)
        };
        draft.operands.iter().map(|slot| self.of[*slot]).find(fits)
    }

    /// By how much a call changes what is in use: before and after it lets go of its operands.
    fn change(&self, graph: &Graph, draft: &Draft, left: &[u32]) -> (u64, u64) {
        let reused = self.reused(graph, draft, left);
        let made = if reused.is_some() || draft.is_view(graph) { 0 } else { draft.bytes.iter().sum() };
        let mut freed = 0;
        for (i, slot) in draft.operands.iter().enumerate() {
            let block = self.of[*slot];
            let seen = draft.operands[..i].iter().any(|other| self.of[*other] == block);
            let over = left[block] == self.uses_in(draft, block);
            // A view keeps its block.
            if !seen && over && !self.given[block] && Some(block) != reused && !draft.is_view(graph) {
                freed += self.bytes[block];
            }
        }
        (made, freed)
    }

    fn simulate(&self, graph: &Graph, drafts: &[Draft], order: &[usize]) -> Memory {
        let mut left = self.uses.clone();
        let (mut used, mut memory) = (0u64, Memory::default());
        let mut start = None;
        for i in order {
            let draft = &drafts[*i];
            let begin = if draft.phase == Phase::Update { *start.get_or_insert(used) } else { 0 };
            let (made, freed) = self.change(graph, draft, &left);
            if self.reused(graph, draft, &left).is_some() {
                memory.reused += draft.bytes.first().copied().unwrap_or(0);
            }
            used += made;
            memory.peak = memory.peak.max(used);
            if draft.phase == Phase::Update {
                memory.updates = memory.updates.max(used.saturating_sub(begin));
            }
            used = used.saturating_sub(freed);
            for slot in &draft.operands {
                left[self.of[*slot]] -= 1;
            }
        }
        memory
    }
}

/// Of what can run, always that which leaves the least in use; the earlier recorded one where two are alike.
fn greedy(graph: &Graph, drafts: &[Draft], blocks: &Blocks) -> Vec<usize> {
    let mut maker = vec![None; blocks.of.len()];
    for (i, draft) in drafts.iter().enumerate() {
        draft.results.iter().for_each(|slot| maker[*slot] = Some(i));
    }
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    let mut waits = vec![0u32; drafts.len()];
    for (i, draft) in drafts.iter().enumerate() {
        for made in draft.operands.iter().filter_map(|slot| maker[*slot]) {
            readers[made].push(i);
            waits[i] += 1;
        }
    }
    let mut left = blocks.uses.clone();
    let mut ready: Vec<usize> = (0..drafts.len()).filter(|i| waits[*i] == 0).collect();
    let mut order = Vec::with_capacity(drafts.len());
    while !ready.is_empty() {
        let key = |i: &usize| {
            let (made, freed) = blocks.change(graph, &drafts[*i], &left);
            (drafts[*i].phase, i128::from(made) - i128::from(freed), *i)
        };
        let Some(at) = (0..ready.len()).min_by_key(|at| key(&ready[*at])) else { break };
        let i = ready.swap_remove(at);
        for slot in &drafts[i].operands {
            left[blocks.of[*slot]] -= 1;
        }
        for reader in std::mem::take(&mut readers[i]) {
            waits[reader] -= 1;
            if waits[reader] == 0 {
                ready.push(reader);
            }
        }
        order.push(i);
    }
    order
}
