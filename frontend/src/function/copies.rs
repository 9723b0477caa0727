//! Copies of what views show, and copies with what a view shows replaced: torch's functions named `_copy` and `_scatter`.

use flashlight_compiler::types::Dim;

use super::{
    Arguments, Function, Overload, Places, Returned,
    call::{computed, sizes, written},
    compose::axis,
    diagonal::diagonal,
    indexing::{Range, range},
    many, one, row,
    shape::{self, selected},
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    tensor::{Move, Tensor},
    value::Value,
};

/// The elements of a view.
fn copied(s: &mut Scope<'_>, view: Result<Returned>) -> Result<Value> {
    match view? {
        Returned::Tensor(view) => s.read(&view),
        _ => Err(Error::internal("a view is a tensor")),
    }
}

/// The elements of several views.
fn all_copied(s: &mut Scope<'_>, views: Result<Returned>) -> Result<Vec<Value>> {
    match views? {
        Returned::Tuple(views) => views.iter().map(|view| s.read(view)).collect(),
        _ => Err(Error::internal("views are a tuple")),
    }
}

/// A range of one axis, as Python slices.
fn sliced(x: &Tensor, a: &Arguments) -> Result<Tensor> {
    if x.rank() == 0 {
        return Err(Error::index("slice() cannot be applied to a 0-dim tensor."));
    }
    let shape = x.shape();
    let at = axis(a.int("dim")?, x.rank())? as usize;
    let step = a.int("step")?.min(i64::from(i32::MAX));
    if step <= 0 {
        return Err(Error::runtime("slice step must be positive"));
    }
    let Range { start, size, step } = range(a.optional_int("start")?, a.optional_int("end")?, Some(step), &shape[at])?;
    let (mut starts, mut counts, mut steps) = (shape.clone(), shape.clone(), shape.clone());
    starts.fill(Dim::known(0));
    steps.fill(Dim::known(1));
    (starts[at], counts[at], steps[at]) = (start, size, Dim::known(step));
    shape::seen(x, "slice", smallvec::smallvec![Move::slice(starts, counts, steps)])
}

/// One element of an axis, without the axis.
fn one_of(x: &Tensor, a: &Arguments) -> Result<Tensor> {
    let (at, i) = (axis(a.int("dim")?, x.rank())? as usize, a.int("index")?);
    if x.rank() == 0 {
        return Err(Error::index("select() cannot be applied to a 0-dim tensor."));
    }
    let size = x.shape()[at].clone();
    if size.as_known().is_some_and(|n| i < -n || i >= n) {
        return Err(Error::index(format_args!(
            "select(): index {i} out of range for tensor of size {} at dimension {at}",
            sizes(&x.shape())
        )));
    }
    selected(x, "select", at, if i < 0 { &size + &Dim::known(i) } else { Dim::known(i) })
}

/// A copy of the input with what a view of it shows replaced by `src`.
fn replaced(s: &mut Scope<'_>, a: &Arguments, look: fn(&Tensor, &Arguments) -> Result<Tensor>) -> Result<Value> {
    let (x, src) = (a.tensor("input")?, a.tensor("src")?);
    let copy = computed("clone", x.device(), |s| s.read(x))?;
    let view = look(&copy, a)?;
    if view.shape() != src.shape() {
        return Err(Error::runtime(format_args!(
            "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
            sizes(&src.shape()),
            sizes(&view.shape())
        )));
    }
    written("copy_", &view, |s| {
        let new = s.read(src)?;
        s.cast(&new, view.dtype())
    })?;
    s.read(&copy)
}

fn slice_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let view = sliced(a.tensor("input")?, a)?;
    s.read(&view)
}

fn alias_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    s.read(a.tensor("input")?)
}

fn detach_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    s.read(&a.tensor("input")?.detach())
}

const COPY: Places = Places::TORCH.and(Places::OUT);
const SPLIT: &[Overload] = &[
    many("(Tensor input, int split_size, int dim=0)", |s, a| all_copied(s, shape::split(a)), &[]),
    many("(Tensor input, ints split_size, int dim=0)", |s, a| all_copied(s, shape::split(a)), &[]),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row("alias_copy", COPY, &[one("(Tensor input)", alias_copy)], "A copy."),
    row("detach_copy", COPY, &[one("(Tensor input)", detach_copy)], "A copy without the history."),
    row(
        "diagonal_copy",
        COPY,
        &[one("(Tensor input, int offset=0, int dim1=0, int dim2=1)", |s, a| copied(s, diagonal(a)))],
        "A copy of a diagonal of the matrices along two axes.",
    ),
    row(
        "expand_copy",
        COPY,
        &[one("(Tensor input, ints size, *, bool implicit=False)", |s, a| copied(s, shape::expand(a)))],
        "A copy in which axes of size 1, and new ones in front, are repeated.",
    ),
    row(
        "narrow_copy",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, int dim, int start, int length)", |s, a| copied(s, shape::narrow(a)))],
        "A copy of a window on one axis.",
    ),
    row(
        "permute_copy",
        COPY,
        &[one("(Tensor input, ints dims)", |s, a| copied(s, shape::permute(a)))],
        "A copy with the axes in another order.",
    ),
    row(
        "select_copy",
        COPY,
        &[one("(Tensor input, int dim, int index)", |s, a| copied(s, shape::select(a)))],
        "A copy of one element of an axis, without the axis.",
    ),
    row(
        "slice_copy",
        COPY,
        &[one("(Tensor input, int dim=0, int? start=None, int? end=None, int step=1)", slice_copy)],
        "A copy of a range of an axis, as Python slices.",
    ),
    row("split_copy", COPY, SPLIT, "Copies of pieces of an axis."),
    row(
        "split_with_sizes_copy",
        COPY,
        &[many("(Tensor input, ints split_sizes, int dim=0)", |s, a| all_copied(s, shape::split(a)), &[])],
        "Copies of pieces of an axis of the lengths given.",
    ),
    row(
        "squeeze_copy",
        COPY,
        &[
            one("(Tensor input)", |s, a| copied(s, shape::squeeze(a))),
            one("(Tensor input, ints dim)", |s, a| copied(s, shape::squeeze(a))),
        ],
        "A copy without the axes of size 1, or without those named that have size 1.",
    ),
    row(
        "t_copy",
        COPY,
        &[one("(Tensor input)", |s, a| copied(s, shape::t(a)))],
        "A copy of a matrix with its axes exchanged.",
    ),
    row(
        "transpose_copy",
        COPY,
        &[one("(Tensor input, int dim0, int dim1)", |s, a| copied(s, shape::transpose(a)))],
        "A copy with two axes exchanged.",
    ),
    row(
        "unbind_copy",
        COPY,
        &[many("(Tensor input, int dim=0)", |s, a| all_copied(s, shape::unbind(a)), &[])],
        "Copies of every element of an axis.",
    ),
    row(
        "unsqueeze_copy",
        COPY,
        &[one("(Tensor input, int dim)", |s, a| copied(s, shape::unsqueeze(a)))],
        "A copy with a new axis of size 1.",
    ),
    row(
        "view_copy",
        COPY,
        &[
            one("(Tensor input, ints size)", |s, a| copied(s, shape::view(a))),
            one("(Tensor input, dtype dtype)", |s, a| copied(s, shape::view(a))),
        ],
        "A copy of the same elements under another shape.",
    ),
    row(
        "slice_scatter",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)", |s, a| {
            replaced(s, a, sliced)
        })],
        "A copy of the input with src in a range of an axis.",
    ),
    row(
        "select_scatter",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor src, int dim, int index)", |s, a| replaced(s, a, one_of))],
        "A copy of the input with src as one element of an axis.",
    ),
];
