//! Extraction: which node each class is computed by. The e-graph is flattened once; a greedy choice that counts shared
//! classes once, and the recorded choice, are both improved by hill climbing, and the cheaper is taken.

use egg::Id;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap},
    rc::Rc,
};

use super::{
    cost::DeviceCost,
    language::{EGraph, Head, Node, seen_types},
};
use crate::{error::Result, ops::Signature, types::Type};

/// A class's number in the flat e-graph.
pub(super) type Class = u32;

/// For each class, the place of its chosen node; [`NONE`] where there is none.
pub(super) type Choice = Vec<u32>;

/// No node is chosen.
const NONE: u32 = u32::MAX;

/// One node of a class.
struct Alternative {
    cost: u64,
    children: Vec<Class>,
    node: Node,
}

/// The part of an e-graph that its root can reach, numbered densely.
pub(super) struct Flat {
    ids: Vec<Id>,
    alternatives: Vec<Vec<Alternative>>,
    parents: Vec<Vec<Class>>,
    root: Class,
}

/// The cost of one node's own work.
fn own_cost(graph: &EGraph, id: Id, node: &Node, device: &DeviceCost) -> Result<u64> {
    let Head::Call { op, attrs, regions, .. } = graph.analysis.head(node) else { return Ok(0) };
    let seen = seen_types(graph, node)?;
    let inputs: Vec<&Type> = seen.iter().collect();
    let signatures: Vec<Signature> = graph.analysis.regions(*regions).iter().map(|r| r.signature()).collect();
    // One more, so that of two ways that cost nothing the one of fewer nodes is taken.
    Ok(device.call(*op, attrs, &inputs, &graph[id].data.types, &signatures).saturating_add(1))
}

impl Flat {
    pub(super) fn new(graph: &EGraph, root: Id, device: &DeviceCost) -> Result<Flat> {
        let root = graph.find(root);
        let (mut reached, mut stack) = (BTreeSet::from([root]), vec![root]);
        while let Some(id) = stack.pop() {
            for &child in graph[id].nodes.iter().flat_map(|n| &n.children) {
                let child = graph.find(child);
                if reached.insert(child) {
                    stack.push(child);
                }
            }
        }
        let ids: Vec<Id> = reached.into_iter().collect();
        let number: HashMap<Id, Class> = ids.iter().zip(0..).map(|(&id, i)| (id, i)).collect();
        let mut alternatives = Vec::with_capacity(ids.len());
        let mut parents: Vec<Vec<Class>> = vec![Vec::new(); ids.len()];
        for (class, &id) in (0..).zip(&ids) {
            let mut of_class = Vec::new();
            for node in &graph[id].nodes {
                let mut children: Vec<Class> = node.children.iter().map(|&c| number[&graph.find(c)]).collect();
                children.sort_unstable();
                children.dedup();
                if children.contains(&class) {
                    continue;
                }
                for &child in &children {
                    parents[child as usize].push(class);
                }
                of_class.push(Alternative { cost: own_cost(graph, id, node, device)?, children, node: node.clone() });
            }
            alternatives.push(of_class);
        }
        for list in &mut parents {
            list.sort_unstable();
            list.dedup();
        }
        Ok(Flat { root: number[&root], ids, alternatives, parents })
    }

    /// How many classes there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// A class's place in the e-graph.
    pub(super) fn id(&self, class: Class) -> Id {
        self.ids[class as usize]
    }

    /// The node that a choice takes for a class.
    pub(super) fn node(&self, class: Class, choice: &Choice) -> &Node {
        &self.chosen(class, choice).node
    }

    fn chosen(&self, class: Class, choice: &Choice) -> &Alternative {
        &self.alternatives[class as usize][choice[class as usize] as usize]
    }

    /// The classes that the root uses, operands before their readers; `None` if the choice has a cycle or a gap.
    pub(super) fn order(&self, choice: &Choice) -> Option<Vec<Class>> {
        const OPEN: u8 = 1;
        const DONE: u8 = 2;
        let mut state = vec![0u8; self.len()];
        let (mut order, mut stack) = (Vec::new(), vec![(self.root, 0usize)]);
        state[self.root as usize] = OPEN;
        while let Some((class, next)) = stack.pop() {
            let place = choice[class as usize] as usize;
            let children = &self.alternatives[class as usize].get(place)?.children;
            let Some(&child) = children.get(next) else {
                state[class as usize] = DONE;
                order.push(class);
                continue;
            };
            stack.push((class, next + 1));
            match state[child as usize] {
                0 => {
                    state[child as usize] = OPEN;
                    stack.push((child, 0));
                }
                OPEN => return None,
                _ => {}
            }
        }
        Some(order)
    }

    /// The cost of a choice, each class counted once.
    pub(super) fn cost(&self, choice: &Choice) -> Option<u64> {
        Some(self.order(choice)?.into_iter().fold(0, |sum, c| sum.saturating_add(self.chosen(c, choice).cost)))
    }

    /// The choice that stands for the recorded graph; classes that it does not use are chosen as in `others`.
    pub(super) fn recorded(&self, graph: &EGraph, nodes: &[(Id, Node)], others: &Choice) -> Choice {
        let (mut choice, mut set) = (others.clone(), vec![false; self.len()]);
        for (id, node) in nodes {
            let Ok(class) = self.ids.binary_search(&graph.find(*id)) else { continue };
            let mut node = node.clone();
            node.children.iter_mut().for_each(|c| *c = graph.find(*c));
            // Of two recorded nodes of one class the first is taken: it is made of what was recorded before.
            if let (false, Some(at)) = (set[class], self.alternatives[class].iter().position(|a| a.node == node)) {
                choice[class] = at as u32;
                set[class] = true;
            }
        }
        choice
    }

    /// The cheapest choice found, with its cost.
    pub(super) fn extract(&self, graph: &EGraph, recorded: &[(Id, Node)]) -> Option<(Choice, u64)> {
        let first = self.ranked();
        let mut greedy = self.greedy(&first);
        let mut recorded = self.recorded(graph, recorded, &first.choice);
        let mut best: Option<(Choice, u64)> = None;
        for choice in [&mut recorded, &mut greedy] {
            let before = self.cost(choice).map(|cost| (choice.clone(), cost));
            self.climb(choice);
            let after = self.cost(choice).map(|cost| (choice.clone(), cost));
            for found in before.into_iter().chain(after) {
                if best.as_ref().is_none_or(|(_, cost)| found.1 < *cost) {
                    best = Some(found);
                }
            }
        }
        best
    }

    /// A first choice without cycles, and the order in which classes were fixed: a class costs its node and a share of
    /// its operands by how many readers they have.
    fn ranked(&self) -> Ranked {
        let n = self.len();
        let (mut choice, mut done, mut rank) = (vec![NONE; n], vec![0u64; n], vec![u32::MAX; n]);
        let mut missing: Vec<Vec<u32>> =
            self.alternatives.iter().map(|a| a.iter().map(|x| x.children.len() as u32).collect()).collect();
        let mut uses: Vec<Vec<(Class, u32)>> = vec![Vec::new(); n];
        let mut heap = BinaryHeap::new();
        for (class, alternatives) in (0..).zip(&self.alternatives) {
            for (place, alternative) in (0..).zip(alternatives) {
                for &child in &alternative.children {
                    uses[child as usize].push((class, place));
                }
                if alternative.children.is_empty() {
                    heap.push(Reverse((alternative.cost, class, place)));
                }
            }
        }
        let mut next = 0;
        while let Some(Reverse((cost, class, place))) = heap.pop() {
            let at = class as usize;
            if rank[at] != u32::MAX {
                continue;
            }
            (choice[at], done[at], rank[at]) = (place, cost, next);
            next += 1;
            for &(user, place) in &uses[at] {
                let missing = &mut missing[user as usize][place as usize];
                *missing -= 1;
                if *missing == 0 && rank[user as usize] == u32::MAX {
                    let alternative = &self.alternatives[user as usize][place as usize];
                    let share = |&c: &Class| done[c as usize] / (self.parents[c as usize].len() as u64).max(1);
                    let cost = alternative.children.iter().map(share).fold(alternative.cost, u64::saturating_add);
                    heap.push(Reverse((cost, user, place)));
                }
            }
        }
        Ranked { choice, rank }
    }

    /// Each class keeps the set of classes below it and the sum of their costs, so that what is shared counts once.
    fn greedy(&self, first: &Ranked) -> Choice {
        let n = self.len();
        let rank = &first.rank;
        let mut by_rank = vec![0 as Class; n];
        for (class, &r) in (0..).zip(rank) {
            if r != u32::MAX {
                by_rank[r as usize] = class;
            }
        }
        let (mut choice, mut total, mut own) = (vec![NONE; n], vec![u64::MAX; n], vec![0u64; n]);
        let mut sets: Vec<Set> = vec![Set::default(); n];
        let mut todo: BTreeSet<(u32, Class)> =
            (0..).zip(rank).filter(|(_, r)| **r != u32::MAX).map(|(class, &r)| (r, class)).collect();
        let mut steps = 64 * n;
        while let Some((place, class)) = todo.pop_first() {
            let at = class as usize;
            let mut improved = false;
            for (i, alternative) in (0..).zip(&self.alternatives[at]) {
                if alternative.children.iter().any(|&c| total[c as usize] == u64::MAX) {
                    continue;
                }
                steps = steps.saturating_sub(1);
                let largest = alternative.children.iter().copied().max_by_key(|&c| (total[c as usize], c));
                let mut sum = alternative.cost.saturating_add(largest.map_or(0, |c| total[c as usize]));
                if sum >= total[at] {
                    continue;
                }
                let mut set = largest.map_or_else(Set::default, |c| sets[c as usize].clone());
                for &child in alternative.children.iter().filter(|&&c| Some(c) != largest) {
                    set.join(&sets[child as usize], |new| sum = sum.saturating_add(own[by_rank[new] as usize]));
                }
                if sum < total[at] && !set.contains(place) {
                    set.insert(place);
                    (total[at], own[at], choice[at], sets[at]) = (sum, alternative.cost, i, set);
                    improved = true;
                }
            }
            if improved && steps > 0 {
                let ranked = self.parents[at].iter().filter(|&&p| rank[p as usize] != u32::MAX);
                todo.extend(ranked.map(|&p| (rank[p as usize], p)));
            }
        }
        for (choice, &first) in choice.iter_mut().zip(&first.choice) {
            if *choice == NONE {
                *choice = first;
            }
        }
        choice
    }

    /// Changes one class at a time while that makes the whole cheaper.
    fn climb(&self, choice: &mut Choice) {
        const ROUNDS: usize = 8;
        for _ in 0..ROUNDS {
            let Some(order) = self.order(choice) else { return };
            let mut readers = vec![0u32; self.len()];
            readers[self.root as usize] = 1;
            for &class in &order {
                self.chosen(class, choice).children.iter().for_each(|&c| readers[c as usize] += 1);
            }
            let mut improved = false;
            // Readers first: they decide what is asked for.
            for &class in order.iter().rev() {
                let at = class as usize;
                for i in 0..self.alternatives[at].len() as u32 {
                    let old = choice[at];
                    if readers[at] == 0 || i == old {
                        continue;
                    }
                    let (new, now) = (&self.alternatives[at][i as usize], &self.alternatives[at][old as usize]);
                    if new.children.iter().any(|&c| choice[c as usize] == NONE) {
                        continue;
                    }
                    let mut gain = i128::from(now.cost) - i128::from(new.cost);
                    for &child in &new.children {
                        gain -= self.count(choice, &mut readers, child, true);
                    }
                    for &child in &now.children {
                        gain += self.count(choice, &mut readers, child, false);
                    }
                    choice[at] = i;
                    if gain > 0 && !self.reaches(choice, class) {
                        improved = true;
                        continue;
                    }
                    choice[at] = old;
                    for &child in &now.children {
                        self.count(choice, &mut readers, child, true);
                    }
                    for &child in &new.children {
                        self.count(choice, &mut readers, child, false);
                    }
                }
            }
            if !improved {
                return;
            }
        }
    }

    /// Adds or drops one reader of a class; gives the cost of the classes that come into or go out of use.
    fn count(&self, choice: &Choice, readers: &mut [u32], class: Class, more: bool) -> i128 {
        let (mut cost, mut stack) = (0, vec![class]);
        while let Some(class) = stack.pop() {
            let readers = &mut readers[class as usize];
            if more {
                *readers += 1;
            } else {
                *readers -= 1;
            }
            if *readers == u32::from(more) {
                let chosen = self.chosen(class, choice);
                cost += i128::from(chosen.cost);
                stack.extend(&chosen.children);
            }
        }
        cost
    }

    /// Whether a class would be computed from itself.
    fn reaches(&self, choice: &Choice, class: Class) -> bool {
        let mut seen = vec![false; self.len()];
        let mut stack: Vec<Class> = self.chosen(class, choice).children.clone();
        while let Some(next) = stack.pop() {
            if next == class {
                return true;
            }
            if !std::mem::replace(&mut seen[next as usize], true) {
                stack.extend(&self.chosen(next, choice).children);
            }
        }
        false
    }
}

struct Ranked {
    choice: Choice,
    rank: Vec<u32>,
}

/// Words of one block of a set.
const WORDS: usize = 8;

/// A set of ranks in blocks that are shared with the sets they come from.
#[derive(Clone, Default)]
struct Set(Vec<Option<Rc<[u64; WORDS]>>>);

impl Set {
    fn contains(&self, rank: u32) -> bool {
        let (word, bit) = (rank as usize / 64, rank % 64);
        let block = self.0.get(word / WORDS).and_then(Option::as_ref);
        block.is_some_and(|b| b[word % WORDS] >> bit & 1 == 1)
    }

    fn insert(&mut self, rank: u32) {
        let (word, bit) = (rank as usize / 64, rank % 64);
        if self.0.len() <= word / WORDS {
            self.0.resize(word / WORDS + 1, None);
        }
        let block = self.0[word / WORDS].get_or_insert_with(|| Rc::new([0; WORDS]));
        Rc::make_mut(block)[word % WORDS] |= 1 << bit;
    }

    /// Adds another set's ranks, and calls `new` for each that was not there.
    fn join(&mut self, other: &Set, mut new: impl FnMut(usize)) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), None);
        }
        for (number, (mine, theirs)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let Some(theirs) = theirs else { continue };
            if mine.as_ref().is_some_and(|mine| Rc::ptr_eq(mine, theirs)) {
                continue;
            }
            let before = mine.as_ref().map_or([0; WORDS], |mine| **mine);
            let mut grew = false;
            for (word, (&mine, &theirs)) in before.iter().zip(theirs.iter()).enumerate() {
                let mut added = theirs & !mine;
                grew |= added != 0;
                while added != 0 {
                    new((number * WORDS + word) * 64 + added.trailing_zeros() as usize);
                    added &= added - 1;
                }
            }
            if before.iter().zip(theirs.iter()).all(|(mine, theirs)| mine & !theirs == 0) {
                *mine = Some(theirs.clone());
            } else if grew {
                let joined = std::array::from_fn(|i| before[i] | theirs[i]);
                *mine = Some(Rc::new(joined));
            }
        }
    }
}
