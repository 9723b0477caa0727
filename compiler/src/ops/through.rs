//! The layout column: how a permute moves through an op. It knows one identity and no rewriting; the e-graph makes
//! rules of it.
//!
//! A *relabelling* of a call `F(x..; a)` is a call of the same op on permuted operands with permuted results:
//! `F(permute(x, q)..; a') = permute(F(x..; a), r)`. A row answers which relabelling there is when the permutation of
//! one operand, or of one result, is given. With `r` given, a permute after the op moves before it; with one `q` given,
//! a permute before the op moves behind it.

use smallvec::{SmallVec, smallvec};

use super::{Attr, Attrs, Axes, Call};
use crate::types::{Dim, Shape, Type};

/// The layout cell of a row.
#[derive(Clone, Copy, Debug)]
pub enum Through {
    /// Not written yet: permutes stop here.
    NotYet,
    /// Permutes stop here, and why.
    Opaque(&'static str),
    /// Operands and results have the same axes, or rank 0; no attribute speaks of them.
    Same,
    /// Operands and results have the same axes, and the attributes that name axes or list sizes follow them.
    Axes,
    /// What this function says.
    Relabel(Relabel),
    /// What the first function says; the second says which of the operands, counted from the last, are read in place
    /// through which permutation, without a copy.
    InPlace(Relabel, fn(from_last: usize, perm: &[u32]) -> bool),
}

/// A cell's function: the relabelling with the given permutation at the given site, where there is one.
pub type Relabel = fn(call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling>;

/// Where a permutation is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// At the operand of that number.
    Operand(usize),
    /// At the result of that number.
    Result(usize),
}

/// A call on permuted operands: `F(permute(x, q)..; a') = permute(F(x..; a), r)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relabelling {
    /// How each operand is permuted.
    pub operands: SmallVec<[Axes; 3]>,
    /// How each result is permuted.
    pub results: SmallVec<[Axes; 1]>,
    /// The attributes of the new call.
    pub attrs: Attrs,
}

/// The permutation that leaves every axis in its place.
pub fn identity(rank: usize) -> Axes {
    (0..rank as u32).collect()
}

/// Whether every axis stays in its place.
pub fn is_identity(perm: &[u32]) -> bool {
    perm.iter().copied().eq(0..perm.len() as u32)
}

/// `permute(permute(x, first), second)` is `permute(x, compose(first, second))`.
pub fn compose(first: &[u32], second: &[u32]) -> Axes {
    second.iter().map(|&axis| first[axis as usize]).collect()
}

/// The permutation that undoes another.
pub fn inverse(perm: &[u32]) -> Axes {
    let mut inverse: Axes = smallvec![0; perm.len()];
    for (i, &p) in (0u32..).zip(perm) {
        inverse[p as usize] = i;
    }
    inverse
}

/// Whether only axes of size 1 change their order: no element moves.
pub fn moves_nothing(shape: &[Dim], perm: &[u32]) -> bool {
    let mut moved = perm.iter().filter(|&&axis| shape[axis as usize] != 1);
    moved
        .clone()
        .zip({
            moved.next();
            moved
        })
        .all(|(a, b)| a < b)
}

impl Through {
    /// The relabelling of a call with `perm` at `site`, where there is one.
    pub fn relabel(&self, call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
        let follow = |attrs: Attrs| {
            let of = |rank: usize| match rank {
                0 => Some(Axes::new()),
                rank if rank == perm.len() => Some(perm.into()),
                _ => None,
            };
            Some(Relabelling {
                operands: call.inputs.iter().map(|ty| of(ty.rank())).collect::<Option<_>>()?,
                results: results.iter().map(|ty| of(ty.rank())).collect::<Option<_>>()?,
                attrs,
            })
        };
        match self {
            Through::NotYet | Through::Opaque(_) => None,
            Through::Same => follow(call.attrs.clone()),
            Through::Axes => follow(followed(call.attrs, perm)?),
            Through::Relabel(relabel) | Through::InPlace(relabel, _) => relabel(call, results, site, perm),
        }
    }

    /// Whether a call of so many operands reads one of them through this permutation without a copy.
    pub fn reads_in_place(&self, operands: usize, operand: usize, perm: &[u32]) -> bool {
        matches!(self, Through::InPlace(_, in_place) if in_place(operands - 1 - operand, perm))
    }
}

/// The attributes of a call whose axes were permuted: axes by their new number, sizes in their new order.
fn followed(attrs: &Attrs, perm: &[u32]) -> Option<Attrs> {
    let inverse = inverse(perm);
    let place = |axis: u32| inverse.get(axis as usize).copied();
    let follow = |attr: &Attr| match attr {
        Attr::Axis(axis) => place(*axis).map(Attr::Axis),
        Attr::Axes(axes) => axes.iter().map(|&a| place(a)).collect::<Option<Axes>>().map(Attr::Axes),
        Attr::Dims(sizes) if sizes.len() == perm.len() => Some(Attr::Dims(permuted(sizes, perm))),
        Attr::Dims(_) => None,
        other => Some(other.clone()),
    };
    attrs.iter().map(follow).collect()
}

/// Sizes in another order of the axes.
pub fn permuted(sizes: &[Dim], perm: &[u32]) -> Shape {
    perm.iter().map(|&axis| sizes[axis as usize].clone()).collect()
}

/// Axes and sizes of which the last stays last: norms over it.
pub fn last_stays(call: &Call<'_>, results: &[Type], _: Site, perm: &[u32]) -> Option<Relabelling> {
    let last = perm.len().checked_sub(1)?;
    if perm[last] as usize != last {
        return None;
    }
    Through::Same.relabel(call, results, Site::Result(0), perm)
}

/// A norm that keeps one value for each place along an axis: its first operand and result have the axes, the others only
/// that one.
pub fn per_place(call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let (Some(Attr::Axis(axis)), Site::Operand(0) | Site::Result(0)) = (call.attrs.first(), site) else { return None };
    let of = |at: usize, rank: usize| if at == 0 { perm.into() } else { identity(rank) };
    let mut attrs = call.attrs.clone();
    attrs[0] = Attr::Axis(*inverse(perm).get(*axis as usize)?);
    Some(Relabelling {
        operands: call.inputs.iter().enumerate().map(|(i, ty)| of(i, ty.rank())).collect(),
        results: results.iter().enumerate().map(|(i, ty)| of(i, ty.rank())).collect(),
        attrs,
    })
}

/// The permute itself: what is given is taken up in its `dims`.
pub fn permute(call: &Call<'_>, _: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let Attr::Axes(dims) = &call.attrs[0] else { return None };
    let unmoved = identity(perm.len());
    let (operand, result, dims) = match site {
        // The result is what it was, whatever the order in which the operand comes.
        Site::Operand(_) => (perm.into(), unmoved, compose(&inverse(perm), dims)),
        Site::Result(_) => (unmoved, perm.into(), compose(dims, perm)),
    };
    Some(Relabelling { operands: smallvec![operand], results: smallvec![result], attrs: smallvec![Attr::Axes(dims)] })
}

/// A broadcast takes up every permute in its attributes.
pub fn broadcast(call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let (Attr::Dims(shape), Attr::Axes(dims)) = (&call.attrs[0], &call.attrs[1]) else { return None };
    let (operand, result, shape, dims): (Axes, Axes, Shape, Axes) = match site {
        Site::Operand(_) => (perm.into(), identity(results[0].rank()), shape.clone(), compose(dims, perm)),
        Site::Result(_) => {
            let place = inverse(perm);
            let moved = dims.iter().map(|&d| place[d as usize]).collect();
            (identity(dims.len()), perm.into(), permuted(shape, perm), moved)
        }
    };
    Some(Relabelling {
        operands: smallvec![operand],
        results: smallvec![result],
        attrs: smallvec![Attr::Dims(shape), Attr::Axes(dims)],
    })
}

/// A reduction reads its operand in any order; the first attribute says which axes disappear.
pub fn fold(call: &Call<'_>, _: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let folded: Axes = match &call.attrs[0] {
        Attr::Axes(axes) => axes.clone(),
        Attr::Axis(axis) => smallvec![*axis],
        _ => return None,
    };
    let rank = call.inputs[0].rank() as u32;
    let kept: Axes = (0..rank).filter(|axis| !folded.contains(axis)).collect();
    let (operand, result): (Axes, Axes) = match site {
        Site::Operand(_) => {
            let order = perm.iter().filter_map(|axis| kept.iter().position(|k| k == axis)).map(|i| i as u32).collect();
            (perm.into(), order)
        }
        // The folded axes may stand anywhere: they keep their places among the others where those do.
        Site::Result(_) if is_identity(perm) => (identity(rank as usize), perm.into()),
        Site::Result(_) => {
            let moved = perm.iter().map(|&i| kept[i as usize]);
            let rest = (0..rank).filter(|axis| folded.contains(axis));
            (moved.chain(rest).collect(), perm.into())
        }
    };
    let place = inverse(&operand);
    let mut attrs = call.attrs.clone();
    attrs[0] = match &call.attrs[0] {
        Attr::Axis(axis) => Attr::Axis(place[*axis as usize]),
        _ => {
            let mut axes: Axes = folded.iter().map(|&axis| place[axis as usize]).collect();
            axes.sort_unstable();
            Attr::Axes(axes)
        }
    };
    Some(Relabelling { operands: smallvec![operand], results: smallvec![result], attrs })
}

/// Of a product, or of attention, the axes of the batch may change places among themselves. Its last two operands are the matrices; one
/// before them is added to the result, and is of no more than two axes or has its batch.
pub fn product(call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let rank = results[0].rank();
    let whole = |perm: &[u32]| perm.len() == rank && (rank - 2..rank).all(|i| perm[i] as usize == i);
    if !whole(perm) || matches!(site, Site::Operand(i) if call.inputs[i].rank() != rank) {
        return None;
    }
    let of = |ty: &&Type| match ty.rank() {
        r if r == rank => Some(perm.into()),
        r if r <= 2 => Some(identity(r)),
        _ => None,
    };
    Some(Relabelling {
        operands: call.inputs.iter().map(of).collect::<Option<_>>()?,
        results: smallvec![perm.into()],
        attrs: call.attrs.clone(),
    })
}

/// A product reads its matrices, the last two operands, in place where one of their two axes is the last of what is
/// stored.
pub fn matrix_in_place(from_last: usize, perm: &[u32]) -> bool {
    let rank = perm.len();
    from_last < 2 && rank >= 2 && perm[rank - 2..].contains(&(rank as u32 - 1))
}

/// What computes with the matrices of a batch, which are the last two axes of the first operand: the axes of the batch
/// may change places among themselves, in front of all operands and results but those of rank 0.
pub fn batched(call: &Call<'_>, results: &[Type], _: Site, perm: &[u32]) -> Option<Relabelling> {
    let batch = call.inputs[0].rank() - 2;
    let (front, rest) = (perm.get(..batch)?, &perm[batch..]);
    if front.iter().any(|&axis| axis as usize >= batch) || (batch as u32..).zip(rest).any(|(i, &axis)| i != axis) {
        return None;
    }
    let of = |ty: &Type| -> Axes {
        if ty.rank() < batch {
            return identity(ty.rank());
        }
        front.iter().copied().chain(batch as u32..ty.rank() as u32).collect()
    };
    Some(Relabelling {
        operands: call.inputs.iter().map(|ty| of(ty)).collect(),
        results: results.iter().map(of).collect(),
        attrs: call.attrs.clone(),
    })
}

/// Which part of the taken slices' axes an axis is: the index's axes stand where `axis` was.
fn taken_order(perm: &[u32], axis: u32, index: &[u32]) -> Axes {
    let width = index.len() as u32;
    let mut order = Axes::new();
    for &p in perm {
        match p {
            p if p == axis => order.extend(index.iter().map(|&i| axis + i)),
            p if p < axis => order.push(p),
            p => order.push(p - 1 + width),
        }
    }
    order
}

/// The permutations of x and of the index that give a permutation of the taken slices: the index's axes stay together.
fn taken_from(perm: &[u32], axis: u32, width: u32) -> Option<(Axes, Axes)> {
    let of_index = |p: u32| (axis..axis + width).contains(&p);
    let (mut x, mut index) = (Axes::new(), Axes::new());
    if width == 0 {
        // The place of an axis of which one element is taken is free.
        x.push(axis);
    }
    for (i, &p) in perm.iter().enumerate() {
        if of_index(p) {
            if index.is_empty() {
                x.push(axis);
            } else if !of_index(perm[i - 1]) {
                return None;
            }
            index.push(p - axis);
        } else {
            x.push(if p < axis { p } else { p + 1 - width });
        }
    }
    Some((x, index))
}

/// `take`, `take_add` and `take_put`: x, the index and, of the latter two, the update, which has the axes of the taken slices.
pub fn taken(call: &Call<'_>, _: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let Attr::Axis(axis) = call.attrs[0] else { return None };
    let (rank, width) = (call.inputs[0].rank(), call.inputs[1].rank());
    let adds = call.inputs.len() == 3;
    let of_slices = if adds { Site::Operand(2) } else { Site::Result(0) };
    let (x, index) = match site {
        site if site == of_slices => taken_from(perm, axis, width as u32)?,
        Site::Operand(1) => (identity(rank), perm.into()),
        Site::Operand(_) | Site::Result(_) => (perm.into(), identity(width)),
    };
    let slices = taken_order(&x, axis, &index);
    let attrs = smallvec![Attr::Axis(inverse(&x)[axis as usize])];
    Some(if adds {
        Relabelling { operands: smallvec![x.clone(), index, slices], results: smallvec![x], attrs }
    } else {
        Relabelling { operands: smallvec![x, index], results: smallvec![slices], attrs }
    })
}

/// A run of axes before a reshape and the run after it that has the same elements.
struct Run {
    before: Axes,
    after: Axes,
}

/// The finest way to cut two shapes into runs with equal products. An axis of size 1 goes with the run before it; where
/// there is none, or no such cut, `None`.
fn runs(before: &[Dim], after: &[Dim]) -> Option<Vec<Run>> {
    let real = |shape: &[Dim]| -> Axes { (0u32..).zip(shape).filter(|(_, d)| **d != 1).map(|(i, _)| i).collect() };
    let (left, right) = (real(before), real(after));
    if before.iter().chain(after).any(|d| *d == 0) {
        return None;
    }
    let (mut i, mut j, mut runs) = (0, 0, Vec::new());
    while i < left.len() && j < right.len() {
        let (from, to) = (i, j);
        let (mut x, mut y) = (before[left[i] as usize].clone(), after[right[j] as usize].clone());
        (i, j) = (i + 1, j + 1);
        while x != y {
            let more_left = match (x.as_known(), y.as_known()) {
                (Some(x), Some(y)) => x < y,
                _ => y.exact_div(&x).is_some(),
            };
            if more_left {
                x = &x * &before[*left.get(i)? as usize];
                i += 1;
            } else {
                y = &y * &after[*right.get(j)? as usize];
                j += 1;
            }
        }
        runs.push(Run { before: left[from..i].into(), after: right[to..j].into() });
    }
    (i == left.len() && j == right.len()).then_some(runs)
}

/// A reshape lets a permute pass that moves whole runs of the axes that it splits or merges.
pub fn reshape(call: &Call<'_>, results: &[Type], site: Site, perm: &[u32]) -> Option<Relabelling> {
    let (before, after) = (&call.inputs[0].shape, &results[0].shape);
    let runs = runs(before, after)?;
    let given = |run: &Run| match site {
        Site::Operand(_) => run.before.clone(),
        Site::Result(_) => run.after.clone(),
    };
    // The order of the runs, if each comes whole; axes of size 1 may be anywhere.
    let shape = if matches!(site, Site::Operand(_)) { before } else { after };
    let real: Axes = perm.iter().copied().filter(|&axis| shape[axis as usize] != 1).collect();
    let (mut order, mut at) = (Vec::new(), 0);
    while at < real.len() {
        let run = runs.iter().find(|run| given(run).first() == Some(&real[at]))?;
        let axes = given(run);
        if real.get(at..at + axes.len())? != axes.as_slice() {
            return None;
        }
        at += axes.len();
        order.push(run);
    }
    let other = |axes: fn(&Run) -> &Axes, sizes: &[Dim]| -> Axes {
        // Axes of size 1 go with the axis before them, those in front stay there.
        let leading = (0..sizes.len()).take_while(|&i| sizes[i] == 1).map(|i| i as u32);
        let mut moved: Axes = leading.collect();
        for &axis in order.iter().flat_map(|run| axes(run)) {
            moved.push(axis);
            let next = axis as usize + 1;
            moved.extend((next..sizes.len()).take_while(|&i| sizes[i] == 1).map(|i| i as u32));
        }
        moved
    };
    let (operand, result) = match site {
        Site::Operand(_) => (perm.into(), other(|run| &run.after, after)),
        Site::Result(_) => (other(|run| &run.before, before), perm.into()),
    };
    let attrs = smallvec![Attr::Dims(permuted(after, &result))];
    Some(Relabelling { operands: smallvec![operand], results: smallvec![result], attrs })
}
