//! Order: sorted elements, the largest and smallest of them, medians, distinct elements, and places in sorted lists. The
//! derivative of every element goes to where it came from.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Argument, Arguments, Function, Overload, Places, Returned,
    call::{computed, computed_all, sizes},
    compose::{all_axes, axis, result_type, torch_name},
    direct,
    indexing::{count_of, filled},
    many, one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch,
    tensor::Tensor,
    value::Value,
};

/// The size of an axis, which must be known.
fn length(x: &Value, at: u32, function: &str) -> Result<i64> {
    let size = x.ty().shape.get(at as usize).map_or(Some(1), Dim::as_known);
    size.ok_or_else(|| Error::unsupported(format_args!("torch.{function} along an axis of unknown size")))
}

fn refuse_complex(x: &Value, function: &str) -> Result<()> {
    match x.ty().dtype {
        DType::C64 if function.contains("sort") || function == "topk" => {
            Err(Error::argument(format_args!("{function}(): complex numbers have no order")))
        }
        DType::C64 => Err(Error::lacking(format_args!("\"{function}_cpu\" not implemented for 'ComplexFloat'"))),
        _ => Ok(()),
    }
}

/// The input, its axis, and whether it had to be given one.
fn along(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, u32, bool)> {
    let x = s.read(a.tensor("input")?)?;
    refuse_complex(&x, a.signature.name)?;
    let at = axis(a.int("dim")?, x.ty().rank())?;
    let scalar = x.ty().rank() == 0;
    Ok((s.lined(&x)?, at, scalar))
}

/// A result without the axis that the input had to be given.
fn back(s: &mut Scope<'_>, x: Value, scalar: bool) -> Result<Value> {
    if scalar { s.reshape(&x, Shape::new()) } else { Ok(x) }
}

fn order(s: &mut Scope<'_>, x: &Value, at: u32, descending: bool) -> Result<Value> {
    s.emit_one(Op::Argsort, attrs![at, descending], std::slice::from_ref(x))
}

fn at_places(s: &mut Scope<'_>, x: &Value, at: u32, places: &Value) -> Result<Value> {
    s.emit_one(Op::Gather, attrs![at], &[x.clone(), places.clone()])
}

fn sort(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (x, at, scalar) = along(s, a)?;
    let places = order(s, &x, at, a.flag("descending")?)?;
    let values = at_places(s, &x, at, &places)?;
    Ok(vec![back(s, values, scalar)?, back(s, places, scalar)?])
}

fn argsort(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, at, scalar) = along(s, a)?;
    let places = order(s, &x, at, a.flag("descending")?)?;
    back(s, places, scalar)
}

fn msort(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    refuse_complex(&x, "msort")?;
    let line = s.lined(&x)?;
    let places = order(s, &line, 0, false)?;
    let values = at_places(s, &line, 0, &places)?;
    back(s, values, x.ty().rank() == 0)
}

fn topk(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (x, at, scalar) = along(s, a)?;
    let (k, size) = (a.int("k")?, length(&x, at, "topk")?);
    if k < 0 || k > size {
        return Err(Error::runtime(format_args!("selected index k out of range: {k} of {size}")));
    }
    let places = order(s, &x, at, a.flag("largest")?)?;
    let places = s.slice_axis(&places, at, Dim::known(0), Dim::known(k), 1)?;
    let values = at_places(s, &x, at, &places)?;
    let scalar = scalar && k == 1;
    Ok(vec![back(s, values, scalar)?, back(s, places, scalar)?])
}

/// What stands at one place of the order along an axis, and where it came from; the axis goes, or keeps size 1.
fn single(s: &mut Scope<'_>, a: &Arguments, x: &Value, at: u32, place: &Value, scalar: bool) -> Result<Vec<Value>> {
    let value = at_places(s, x, at, place)?;
    if a.flag("keepdim")? && !scalar {
        return Ok(vec![value, place.clone()]);
    }
    let mut shape = value.ty().shape.clone();
    shape.remove(at as usize);
    Ok(vec![s.reshape(&value, shape.clone())?, s.reshape(place, shape)?])
}

fn refuse_empty(x: &Value, at: u32, function: &str) -> Result<()> {
    if x.ty().shape[at as usize] == 0 {
        return Err(Error::index(format_args!("{function}(): Expected reduction dim {at} to have non-zero size.")));
    }
    Ok(())
}

fn kthvalue(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (x, at, scalar) = along(s, a)?;
    refuse_empty(&x, at, "kthvalue")?;
    let (k, size) = (a.int("k")?, length(&x, at, "kthvalue")?);
    if k < 1 || k > size {
        return Err(Error::runtime(format_args!("kthvalue(): selected number k out of range for dimension {at}")));
    }
    let places = order(s, &x, at, false)?;
    let place = s.slice_axis(&places, at, Dim::known(k - 1), Dim::known(1), 1)?;
    single(s, a, &x, at, &place, scalar)
}

/// Where the median along an axis is: of an even number of elements the lower one. NaN is the median where there is one,
/// unless they are passed over.
fn median_place(s: &mut Scope<'_>, x: &Value, at: u32, ignores_nan: bool) -> Result<Value> {
    let size = length(x, at, "median")?;
    let places = order(s, x, at, false)?;
    if !x.ty().dtype.is_inexact() {
        return s.slice_axis(&places, at, Dim::known((size - 1) / 2), Dim::known(1), 1);
    }
    let nan = s.binary(Op::NotEqual, x, x)?;
    let odd = s.fold(Op::Sum, &nan, &Axes::from_slice(&[at]), true)?;
    let last = s.number(Scalar::Int(size - 1), DType::I64)?;
    let rank = if ignores_nan {
        let behind = s.binary(Op::Sub, &last, &odd)?;
        let middle = s.with_number(Op::FloorDiv, &behind, 2i64)?;
        s.with_number(Op::Maximum, &middle, 0i64)?
    } else {
        let none = s.with_number(Op::Equal, &odd, 0i64)?;
        let first = s.binary(Op::Sub, &last, &odd)?;
        let first = s.with_number(Op::Add, &first, 1i64)?;
        let middle = s.number(Scalar::Int((size - 1) / 2), DType::I64)?;
        s.select(&none, &middle, &first)?
    };
    at_places(s, &places, at, &rank)
}

fn median_along(s: &mut Scope<'_>, a: &Arguments, ignores_nan: bool) -> Result<Vec<Value>> {
    let (x, at, scalar) = along(s, a)?;
    refuse_empty(&x, at, a.signature.name)?;
    let place = median_place(s, &x, at, ignores_nan)?;
    single(s, a, &x, at, &place, scalar)
}

/// The median of all elements, whose derivative those that are equal to it share.
fn median(s: &mut Scope<'_>, a: &Arguments, ignores_nan: bool) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    refuse_complex(&x, a.signature.name)?;
    let flat = s.reshape(&x, smallvec![x.ty().numel()])?;
    if flat.ty().shape[0] == 0 {
        if !x.ty().dtype.is_inexact() {
            return s.number(Scalar::Int(i64::MIN), x.ty().dtype);
        }
        let none = s.number(Scalar::Float(f64::NAN), x.ty().dtype)?;
        return Ok(s.replacing(&x, none));
    }
    let place = median_place(s, &flat, 0, ignores_nan)?;
    let middle = at_places(s, &flat, 0, &place)?;
    if !x.ty().dtype.is_float() {
        return s.reshape(&middle, Shape::new());
    }
    let middle = s.unary(Op::StopGradient, &middle)?;
    let middle = s.reshape(&middle, Shape::new())?;
    let equal = s.binary(Op::Equal, &flat, &middle)?;
    let odd = s.binary(Op::NotEqual, &flat, &flat)?;
    let none = s.binary(Op::NotEqual, &middle, &middle)?;
    let none = s.broadcast_to(&none, &odd.ty().shape.clone())?;
    let both = s.binary(Op::LogicalAnd, &odd, &none)?;
    let those = s.binary(Op::LogicalOr, &equal, &both)?;
    let lowest = s.number(Scalar::Float(f64::NEG_INFINITY), x.ty().dtype)?;
    let kept = s.select(&those, &flat, &lowest)?;
    s.fold(Op::Amax, &kept, &all_axes(1), false)
}

// ---- places in sorted lists -----------------------------------------------------------------------------------------

/// For each value the number of elements of a sorted list that are below it, or not above it where `right`. List and
/// values are put in order together; the elements in front of a value are counted.
pub(super) fn ranks(s: &mut Scope<'_>, sorted: &Value, values: &Value, right: bool) -> Result<Value> {
    let at = sorted.ty().rank() as u32 - 1;
    let (n, m) = (length(sorted, at, "searchsorted")?, length(values, at, "searchsorted")?);
    if n == 0 || values.ty().numel() == 0 {
        return filled(s, &values.ty().shape.clone(), Scalar::Int(0), DType::I64);
    }
    // Equal ones keep their order: who comes first is counted before the other.
    let (first, second) = if right { (sorted, values) } else { (values, sorted) };
    let all = s.emit_one(Op::Concat, attrs![at], &[first.clone(), second.clone()])?;
    let places = order(s, &all, at, false)?;
    let own = if right { s.with_number(Op::Less, &places, n)? } else { s.with_number(Op::GreaterEqual, &places, m)? };
    let counts = s.emit_one(Op::Cumsum, attrs![at, false], &[own])?;
    let counts = s.emit_one(Op::Scatter, attrs![at], &[counts.clone(), places, counts])?;
    s.slice_axis(&counts, at, Dim::known(if right { n } else { 0 }), Dim::known(m), 1)
}

fn place_in(s: &mut Scope<'_>, a: &Arguments, sorted: &Tensor, values: &Argument, right: bool) -> Result<Value> {
    let function = a.signature.name;
    let dtype = result_type([&Argument::Tensor(sorted.clone()), values])?;
    if sorted.rank() == 0 {
        return Err(Error::runtime(format_args!(
            "torch.{function}(): input value can be a scalar only when boundaries tensor dimension is 1, but we got \
             boundaries tensor dim(0)"
        )));
    }
    let (list, values) = (s.read(sorted)?, s.operand(values, dtype)?);
    let list = s.cast(&list, dtype)?;
    let (list, values) = (s.unary(Op::StopGradient, &list)?, s.unary(Op::StopGradient, &values)?);
    let shape = values.ty().shape.clone();
    let ranked = if list.ty().rank() == 1 {
        let flat = s.reshape(&values, smallvec![values.ty().numel()])?;
        ranks(s, &list, &flat, right)?
    } else {
        let lead = list.ty().rank() - 1;
        if shape.len() != lead + 1 || shape[..lead] != list.ty().shape[..lead] {
            return Err(Error::runtime(format_args!(
                "torch.{function}(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries \
                 tensor and input value tensor must match, but we got boundaries tensor {} and input value tensor {}",
                sizes(&list.ty().shape),
                sizes(&shape)
            )));
        }
        ranks(s, &list, &values, right)?
    };
    let ranked = s.reshape(&ranked, shape)?;
    if a.flag("out_int32")? { s.cast(&ranked, DType::I32) } else { Ok(ranked) }
}

fn searchsorted(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let right = match (a.optional_text("side")?, a.flag("right")?) {
        (Some("left"), true) => {
            return Err(Error::runtime(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True",
            ));
        }
        (Some(side @ ("left" | "right")), _) => side == "right",
        (Some(other), _) => {
            return Err(Error::runtime(format_args!(
                "torch.searchsorted(): side can only be 'left' or 'right' but got {other}"
            )));
        }
        (None, right) => right,
    };
    let sorted = a.tensor("sorted_sequence")?;
    match a.optional_tensor("sorter")? {
        None => place_in(s, a, sorted, a.get("input")?, right),
        Some(sorter) => {
            if sorter.shape() != sorted.shape() {
                return Err(Error::runtime(format_args!(
                    "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {} and \
                     got sorter tensor {}",
                    sizes(&sorted.shape()),
                    sizes(&sorter.shape())
                )));
            }
            if sorter.dtype() != DType::I64 {
                return Err(Error::runtime(format_args!(
                    "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {}",
                    torch_name(sorter.dtype())
                )));
            }
            let in_order = computed("gather", sorted.device(), |s| {
                let (x, places) = (s.read(sorted)?, s.read(sorter)?);
                at_places(s, &x, sorted.rank() as u32 - 1, &places)
            })?;
            place_in(s, a, &in_order, a.get("input")?, right)
        }
    }
}

fn bucketize(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let boundaries = a.tensor("boundaries")?;
    if boundaries.rank() != 1 {
        return Err(Error::runtime(format_args!(
            "boundaries tensor must be 1 dimension, but got dim({})",
            boundaries.rank()
        )));
    }
    place_in(s, a, boundaries, a.get("input")?, a.flag("right")?)
}

// ---- distinct elements ----------------------------------------------------------------------------------------------

/// What a list of elements in groups of equal neighbours is made of.
struct Groups {
    /// The group of each element.
    group: Value,
    /// How many there are.
    count: i64,
}

fn groups(s: &mut Scope<'_>, line: &Value) -> Result<Groups> {
    let group = numbered(s, line)?;
    let size = length(line, 0, "unique")?;
    let last = s.slice_axis(&group, 0, Dim::known(size - 1), Dim::known(1), 1)?;
    let last = integers(&fetch(&last, "the number of distinct elements")?, DType::I64);
    Ok(Groups { group, count: last.first().copied().unwrap_or(0) + 1 })
}

/// The group of equal neighbours that each element of a list, or each row, belongs to.
fn numbered(s: &mut Scope<'_>, line: &Value) -> Result<Value> {
    let size = length(line, 0, "unique")?;
    let (left, right) = (
        s.slice_axis(line, 0, Dim::known(0), Dim::known(size - 1), 1)?,
        s.slice_axis(line, 0, Dim::known(1), Dim::known(size - 1), 1)?,
    );
    let mut begins = s.binary(Op::NotEqual, &left, &right)?;
    if begins.ty().rank() > 1 {
        let apart = s.emit_one(Op::Sum, attrs![Axes::from_slice(&[1])], &[begins])?;
        begins = s.with_number(Op::NotEqual, &apart, 0i64)?;
    }
    let begins = s.emit_one(
        Op::Pad,
        attrs![
            Scalar::Bool(false),
            smallvec![Dim::known(1)] as Shape,
            smallvec![Dim::known(0)] as Shape,
            smallvec![Dim::known(0)] as Shape
        ],
        &[begins],
    )?;
    s.emit_one(Op::Cumsum, attrs![0u32, false], &[begins])
}

/// The place of each element of a list among its distinct elements in order.
fn dense_ranks(s: &mut Scope<'_>, flat: &Value) -> Result<Value> {
    let places = order(s, flat, 0, false)?;
    let sorted = at_places(s, flat, 0, &places)?;
    let group = numbered(s, &sorted)?;
    s.emit_one(Op::Scatter, attrs![0u32], &[group.clone(), places, group])
}

/// The place of each row among the distinct rows in order: neighbours are joined two by two, ranked anew each time.
fn row_ranks(s: &mut Scope<'_>, rows: &Value) -> Result<Value> {
    let (n, mut m) = (length(rows, 0, "unique")?, length(rows, 1, "unique")?);
    let ranked = |s: &mut Scope<'_>, x: &Value, m: i64| -> Result<Value> {
        let flat = s.reshape(x, smallvec![Dim::known(n * m)])?;
        let ranks = dense_ranks(s, &flat)?;
        s.reshape(&ranks, smallvec![Dim::known(n), Dim::known(m)])
    };
    let mut ranks = ranked(s, rows, m)?;
    while m > 1 {
        let half = m / 2;
        let first = s.slice_axis(&ranks, 1, Dim::known(0), Dim::known(half), 2)?;
        let second = s.slice_axis(&ranks, 1, Dim::known(1), Dim::known(half), 2)?;
        let first = s.with_number(Op::Mul, &first, n * m)?;
        let mut joined = s.binary(Op::Add, &first, &second)?;
        if m % 2 == 1 {
            let last = s.slice_axis(&ranks, 1, Dim::known(m - 1), Dim::known(1), 1)?;
            let last = s.with_number(Op::Mul, &last, n * m)?;
            joined = s.emit_one(Op::Concat, attrs![1u32], &[joined, last])?;
        }
        m = half + m % 2;
        ranks = ranked(s, &joined, m)?;
    }
    s.reshape(&ranks, smallvec![Dim::known(n)])
}

/// The distinct slices along an axis, each slice's place among them, and how many each has.
fn distinct_slices(s: &mut Scope<'_>, x: &Value, dim: i64, sorts: bool) -> Result<Vec<Value>> {
    let at = axis(dim, x.ty().rank())?;
    let line = s.lined(x)?;
    let shape = line.ty().shape.clone();
    if (0u32..).zip(&shape).any(|(i, size)| i != at && *size == 0) {
        return Err(Error::runtime(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied",
        ));
    }
    let mut to_front: Axes = all_axes(shape.len());
    to_front.remove(at as usize);
    to_front.insert(0, at);
    let front = s.permute(&line, to_front)?;
    let size = length(&front, 0, "unique")?;
    if size == 0 {
        let none = filled(s, &smallvec![Dim::known(0)], Scalar::Int(0), DType::I64)?;
        return Ok(vec![line, none.clone(), none]);
    }
    let rest: Dim = front.ty().shape[1..].iter().product();
    let rows = s.reshape(&front, smallvec![Dim::known(size), rest.clone()])?;
    let group = if sorts { row_ranks(s, &rows)? } else { numbered(s, &rows)? };
    let most = s.emit_one(Op::Amax, attrs![all_axes(1)], std::slice::from_ref(&group))?;
    let most = integers(&fetch(&most, "the number of distinct slices")?, DType::I64);
    let count = most.first().copied().unwrap_or(0) + 1;
    let empty = filled(s, &smallvec![Dim::known(count), rest], Scalar::Int(0), line.ty().dtype)?;
    let slices = s.emit_one(Op::TakePut, attrs![0u32], &[empty, group.clone(), rows])?;
    let mut kept = front.ty().shape.clone();
    kept[0] = Dim::known(count);
    let slices = s.reshape(&slices, kept)?;
    let mut back: Axes = (1..shape.len() as u32).collect();
    back.insert(at as usize, 0);
    let slices = s.permute(&slices, back)?;
    let counted = count_of(s, &group, count)?;
    Ok(vec![slices, group, counted])
}

/// The elements of the groups, each group's place for every element in `places`, and how many each has.
fn distinct(a: &Arguments, sorts: bool) -> Result<Returned> {
    let input = a.tensor("input")?;
    let (inverse, counts) = (a.flag("return_inverse")?, a.flag("return_counts")?);
    let tensors = computed_all(a.signature.name, input.device(), |s| {
        let x = s.read(input)?;
        refuse_complex(&x, a.signature.name)?;
        if let Some(dim) = a.optional_int("dim")? {
            return distinct_slices(s, &x, dim, sorts);
        }
        let shape = x.ty().shape.clone();
        let flat = s.reshape(&x, smallvec![x.ty().numel()])?;
        let size = length(&flat, 0, a.signature.name)?;
        if size == 0 {
            let none = filled(s, &smallvec![Dim::known(0)], Scalar::Int(0), DType::I64)?;
            let same = s.reshape(&none, shape)?;
            return Ok(vec![flat, same, none]);
        }
        let places = if sorts { Some(order(s, &flat, 0, false)?) } else { None };
        let line = match &places {
            Some(places) => at_places(s, &flat, 0, places)?,
            None => flat,
        };
        let Groups { group, count } = groups(s, &line)?;
        let empty = filled(s, &smallvec![Dim::known(count)], Scalar::Int(0), line.ty().dtype)?;
        let elements = s.emit_one(Op::TakePut, attrs![0u32], &[empty, group.clone(), line])?;
        let counted = count_of(s, &group, count)?;
        let of_each = match &places {
            Some(places) => s.emit_one(Op::Scatter, attrs![0u32], &[group.clone(), places.clone(), group])?,
            None => group,
        };
        let of_each = s.reshape(&of_each, shape)?;
        Ok(vec![elements, of_each, counted])
    })?;
    let [elements, of_each, counted]: [Tensor; 3] =
        tensors.try_into().map_err(|_| Error::internal("three results are three tensors"))?;
    Ok(match (inverse, counts) {
        (false, false) => Returned::Tensor(elements),
        (true, false) => Returned::Tuple(vec![elements, of_each]),
        (false, true) => Returned::Tuple(vec![elements, counted]),
        (true, true) => Returned::Tuple(vec![elements, of_each, counted]),
    })
}

fn isin(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let either = |one, other| if a.signature.position(one).is_some() { a.get(one) } else { a.get(other) };
    let (elements, tests) = (either("elements", "element")?, either("test_elements", "test_element")?);
    let dtype = result_type([elements, tests])?;
    let (x, y) = (s.operand(elements, dtype)?, s.operand(tests, dtype)?);
    let (x, y) = (s.unary(Op::StopGradient, &x)?, s.unary(Op::StopGradient, &y)?);
    let shape = x.ty().shape.clone();
    let wanted = !a.flag("invert")?;
    let (x, y) = (s.reshape(&x, smallvec![x.ty().numel()])?, s.reshape(&y, smallvec![y.ty().numel()])?);
    if x.ty().shape[0] == 0 || y.ty().shape[0] == 0 {
        return filled(s, &shape, Scalar::Bool(!wanted), DType::Bool);
    }
    // In the sorted tests, the first that is not below an element is that element, or it is not there.
    let places = order(s, &y, 0, false)?;
    let sorted = at_places(s, &y, 0, &places)?;
    let first = ranks(s, &sorted, &x, false)?;
    let nearest = s.emit_one(Op::Take, attrs![0u32], &[sorted, first])?;
    let found = s.emit_one(if wanted { Op::Equal } else { Op::NotEqual }, Attrs::new(), &[nearest, x])?;
    s.reshape(&found, shape)
}

const PAIR: &[&str] = &["values", "indices"];
const SORT: &[Overload] = &[
    many("(Tensor input, int dim=-1, bool descending=False)", sort, PAIR),
    many("(Tensor input, *, bool? stable, int dim=-1, bool descending=False)", sort, PAIR),
];
const ARGSORT: &[Overload] = &[
    one("(Tensor input, int dim=-1, bool descending=False)", argsort),
    one("(Tensor input, *, bool stable, int dim=-1, bool descending=False)", argsort),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "sort",
        Places::BOTH.and(Places::OUT),
        SORT,
        "The elements along an axis in order, and where each was. Equal ones keep their order, asked for or not; NaN is \
         above all others.",
    ),
    row(
        "argsort",
        Places::BOTH,
        ARGSORT,
        "The positions that put an axis in order. Equal elements keep theirs; NaN is above all others.",
    ),
    row(
        "msort",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input)", msort)],
        "The elements along the first axis in order.",
    ),
    row(
        "topk",
        Places::BOTH.and(Places::OUT),
        &[many("(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True)", topk, PAIR)],
        "The k largest or smallest along an axis, in order, and where they were; of equal ones the first.",
    ),
    row(
        "kthvalue",
        Places::BOTH.and(Places::OUT),
        &[many("(Tensor input, int k, int dim=-1, bool keepdim=False)", kthvalue, PAIR)],
        "The k-th smallest along an axis, counted from 1, and where it was.",
    ),
    row(
        "median",
        Places::BOTH.and(Places::OUT),
        &[
            one("(Tensor input)", |s, a| median(s, a, false)),
            many("(Tensor input, int dim, bool keepdim=False)", |s, a| median_along(s, a, false), PAIR),
        ],
        "The median, of an even number of elements the lower one; NaN where there is one. Of all elements, whose equals \
         share the gradient; or along an axis, with its position, which alone has it.",
    ),
    row(
        "nanmedian",
        Places::BOTH.and(Places::OUT),
        &[
            one("(Tensor input)", |s, a| median(s, a, true)),
            many("(Tensor input, int dim, bool keepdim=False)", |s, a| median_along(s, a, true), PAIR),
        ],
        "The median of the elements that are not NaN; as median otherwise.",
    ),
    row(
        "searchsorted",
        Places::TORCH.and(Places::OUT),
        &[one(
            "(Tensor sorted_sequence, Operand input, *, bool out_int32=False, bool right=False, str? side=None, \
             Tensor? sorter=None)",
            searchsorted,
        )],
        "How many elements of a sorted list, or of one list for each row, are below each value; with right, not above it.",
    ),
    row(
        "bucketize",
        Places::TORCH.and(Places::OUT),
        &[one("(Operand input, Tensor boundaries, *, bool out_int32=False, bool right=False)", bucketize)],
        "How many of the boundaries are below each value; with right, not above it.",
    ),
    row(
        "unique",
        Places::BOTH,
        &[direct(
            "(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None) \
             -> Tensor",
            |a| distinct(a, true),
        )],
        "The distinct elements, or slices along dim, sorted; with their place for each element and how often each is \
         there. Their number is read.",
    ),
    row(
        "unique_consecutive",
        Places::BOTH,
        &[direct(
            "(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Tensor",
            |a| distinct(a, false),
        )],
        "The elements, or slices along dim, without those that equal the one before; otherwise as unique.",
    ),
    row(
        "isin",
        Places::TORCH.and(Places::OUT),
        &[
            one("(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", isin),
            one("(Tensor elements, Number test_element, *, bool assume_unique=False, bool invert=False)", isin),
            one("(Number element, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", isin),
        ],
        "Which elements are among the tests.",
    ),
];
