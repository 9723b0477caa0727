//! The engine: walks nodes backwards, youngest first, so that a node runs when all its gradients have gathered.

use smallvec::SmallVec;
use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    sync::Arc,
};

use super::{
    mode::GradMode,
    node::{Edge, Node, Var},
};
use crate::{
    error::{Error, Result},
    trace,
};

/// What a backward pass is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// Whether the nodes keep what they saved.
    pub retain_graph: bool,
    /// Whether the gradients can be differentiated again.
    pub create_graph: bool,
    /// Whether gradients gather in the leaves' `.grad`.
    pub accumulate: bool,
    /// The hooks of nodes with smaller numbers are left alone: theirs is another walk.
    pub hooks_from: u64,
}

/// A node in the heap: the youngest comes first.
struct Waiting(Arc<Node>);

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.0.sequence() == other.0.sequence()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.sequence().cmp(&other.0.sequence())
    }
}

type Gathered = SmallVec<[Option<Var>; 1]>;

/// The gradients that have gathered at nodes that wait to run.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<Waiting>,
    grads: HashMap<u64, Gathered>,
}

impl Queue {
    fn add(&mut self, edge: &Edge, grad: Var) -> Result<()> {
        let wanted = &edge.node.outputs()[edge.output as usize];
        if grad.ty() != wanted {
            return Err(Error::internal(format_args!(
                "a gradient of {} for an output of {wanted} of {}",
                grad.ty(),
                edge.node.name()
            )));
        }
        let gathered = self.grads.entry(edge.node.sequence()).or_insert_with(|| {
            self.heap.push(Waiting(edge.node.clone()));
            SmallVec::from_elem(None, edge.node.outputs().len())
        });
        let place = &mut gathered[edge.output as usize];
        *place = Some(match place.take() {
            None => grad,
            Some(before) => before.add(&grad)?,
        });
        Ok(())
    }

    fn pop(&mut self) -> Option<(Arc<Node>, Gathered)> {
        let Waiting(node) = self.heap.pop()?;
        let grads = self.grads.remove(&node.sequence()).unwrap_or_default();
        Some((node, grads))
    }
}

/// Runs the graph backwards from `roots`. With `inputs`, only what leads to them runs, and their gradients are the answer.
///
/// # Errors
/// A derivative that is missing, a graph that was freed, a saved tensor that was written, whatever a hook raises.
pub fn backward(roots: Vec<(Edge, Var)>, inputs: Option<&[Edge]>, request: Request) -> Result<Vec<Option<Var>>> {
    let _mode = GradMode::enter(request.create_graph);
    let _here = Here::remember();
    let mut captured: Vec<Option<Var>> = vec![None; inputs.map_or(0, <[Edge]>::len)];
    let needed = inputs.map(|inputs| nodes_towards(&roots, inputs));
    let is_needed = |node: &Node| needed.as_ref().is_none_or(|set| set.contains(&node.sequence()));
    let mut queue = Queue::default();
    for (edge, grad) in roots {
        if is_needed(&edge.node) {
            queue.add(&edge, grad)?;
        }
    }
    while let Some((node, mut grads)) = queue.pop() {
        if node.sequence() >= request.hooks_from && node.has_hooks() {
            for (output, grad) in (0u32..).zip(&mut grads) {
                if let Some(before) = grad.take() {
                    *grad = Some(node.run_hooks(output, before)?);
                }
            }
        }
        let mut is_input = false;
        for (i, edge) in inputs.iter().copied().flatten().enumerate() {
            if Arc::ptr_eq(&edge.node, &node) {
                captured[i] = grads[edge.output as usize].clone();
                is_input = true;
            }
        }
        if node.is_accumulate() {
            let gathers = request.accumulate && (inputs.is_none() || is_input);
            if let (true, Some(leaf), Some(grad)) =
                (gathers, node.leaf().and_then(|l| l.upgrade()), grads.pop().flatten())
            {
                leaf.accumulate(grad, request.create_graph)?;
            }
            continue;
        }
        if inputs.is_some() && !node.inputs().iter().flatten().any(|e| is_needed(&e.node)) {
            continue;
        }
        if let Some(trace) = trace::current() {
            node.set_provenance(&trace);
        }
        let results = node.apply(&grads, request.create_graph, request.retain_graph)?;
        for (edge, grad) in node.inputs().iter().zip(results) {
            if let (Some(edge), Some(grad)) = (edge, grad)
                && is_needed(&edge.node)
            {
                queue.add(edge, grad)?;
            }
        }
    }
    Ok(captured)
}

/// Derivatives belong to the code that made their nodes; what follows the walk belongs to the caller's again.
struct Here(Option<(std::sync::Arc<trace::Trace>, flashlight_compiler::ir::Provenance)>);

impl Here {
    fn remember() -> Self {
        Self(trace::current().map(|t| (t.clone(), t.provenance())))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if let Some((trace, provenance)) = &self.0 {
            trace.set_provenance(provenance);
        }
    }
}

/// The nodes from which a way leads to one of `inputs`.
fn nodes_towards(roots: &[(Edge, Var)], inputs: &[Edge]) -> HashSet<u64> {
    let mut reachable: HashMap<u64, Arc<Node>> = HashMap::new();
    let mut stack: Vec<Arc<Node>> = roots.iter().map(|(e, _)| e.node.clone()).collect();
    while let Some(node) = stack.pop() {
        if reachable.insert(node.sequence(), node.clone()).is_none() {
            stack.extend(node.inputs().iter().flatten().map(|e| e.node.clone()));
        }
    }
    let mut needed: HashSet<u64> = inputs.iter().map(|e| e.node.sequence()).collect();
    let mut order: Vec<&Arc<Node>> = reachable.values().collect();
    order.sort_by_key(|n| n.sequence());
    for node in order {
        if node.inputs().iter().flatten().any(|e| needed.contains(&e.node.sequence())) {
            needed.insert(node.sequence());
        }
    }
    needed
}
