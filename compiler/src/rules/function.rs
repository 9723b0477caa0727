//! The functions that compute attributes in rules, `@f(..)`: each registered once, in the table at the end.

use smallvec::{SmallVec, smallvec};

use crate::{
    error::{Error, Result},
    ops::{Attr, Axes, attention},
    types::{Dim, Scalar, Shape, Type},
};

/// An argument of a function.
#[derive(Clone, Copy)]
pub enum Argument<'a> {
    /// The type of a variable.
    Type(&'a Type),
    /// The types of a variadic operand, and which of them is at hand.
    Each(&'a [&'a Type], usize),
    /// An attribute.
    Attr(&'a Attr),
}

type Function = fn(&[Argument<'_>]) -> Result<Attr>;

/// A function's place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(u16);

impl FunctionId {
    /// Computes an attribute.
    pub fn call(self, arguments: &[Argument<'_>]) -> Result<Attr> {
        let (name, function) = FUNCTIONS[self.0 as usize];
        function(arguments).map_err(|e| Error::internal(format_args!("in @{name}: {e}")))
    }
}

/// The function of that name.
pub fn function_named(name: &str) -> Option<FunctionId> {
    FUNCTIONS.iter().position(|(n, _)| *n == name).map(|i| FunctionId(i as u16))
}

fn misused<T>() -> Result<T> {
    Err(Error::internal("the arguments are of another number or kind"))
}

fn ty<'a>(arguments: &[Argument<'a>], i: usize) -> Result<&'a Type> {
    match arguments.get(i) {
        Some(Argument::Type(t)) => Ok(t),
        Some(Argument::Each(types, at)) => Ok(types[*at]),
        _ => misused(),
    }
}

fn dims<'a>(arguments: &[Argument<'a>], i: usize) -> Result<&'a Shape> {
    match arguments.get(i) {
        Some(Argument::Attr(Attr::Dims(d))) => Ok(d),
        _ => misused(),
    }
}

/// One axis or several.
fn axes(arguments: &[Argument<'_>], i: usize) -> Result<Axes> {
    match arguments.get(i) {
        Some(Argument::Attr(Attr::Axes(a))) => Ok(a.clone()),
        Some(Argument::Attr(Attr::Axis(a))) => Ok(smallvec![*a]),
        _ => misused(),
    }
}

fn each_size(shape: &Shape, f: impl Fn(&Dim) -> Dim) -> Result<Attr> {
    Ok(Attr::Dims(shape.iter().map(f).collect()))
}

/// The sizes of a value.
fn shape(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Dims(ty(a, 0)?.shape.clone()))
}

/// The element type of a value.
fn dtype(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::DType(ty(a, 0)?.dtype))
}

/// The axes of a value that are not among some.
fn complement(a: &[Argument<'_>]) -> Result<Attr> {
    let named = axes(a, 1)?;
    Ok(Attr::Axes((0..ty(a, 0)?.rank() as u32).filter(|i| !named.contains(i)).collect()))
}

/// The inverse of a permutation.
fn inverse(a: &[Argument<'_>]) -> Result<Attr> {
    let permutation = axes(a, 0)?;
    let mut inverse: Axes = smallvec![0; permutation.len()];
    for (i, &p) in (0u32..).zip(&permutation) {
        *inverse.get_mut(p as usize).ok_or_else(|| Error::internal("no permutation"))? = i;
    }
    Ok(Attr::Axes(inverse))
}

/// Each axis' rank among the others: `[5,1,3]` gives `[2,0,1]`.
fn order(a: &[Argument<'_>]) -> Result<Attr> {
    let axes = axes(a, 0)?;
    Ok(Attr::Axes(axes.iter().map(|x| axes.iter().filter(|y| *y < x).count() as u32).collect()))
}

/// A list of one axis.
fn only(a: &[Argument<'_>]) -> Result<Attr> {
    axes(a, 0).map(Attr::Axes)
}

/// The permutation that exchanges the last two axes of a value.
fn swap_last(a: &[Argument<'_>]) -> Result<Attr> {
    let mut all: Axes = (0..ty(a, 0)?.rank() as u32).collect();
    let rank = all.len();
    if rank < 2 {
        return misused();
    }
    all.swap(rank - 1, rank - 2);
    Ok(Attr::Axes(all))
}

/// The axes that a value has before those of a shorter one.
fn leading(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axes((0..(ty(a, 0)?.rank() - ty(a, 1)?.rank()) as u32).collect()))
}

/// The last axis of a value.
fn last(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axes(smallvec![ty(a, 0)?.rank().saturating_sub(1) as u32]))
}

/// The last axis of a value, as one axis.
fn last_axis(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axis(ty(a, 0)?.rank().saturating_sub(1) as u32))
}

/// The shape of the weights of queries over keys.
fn scores_shape(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Dims(attention::scores(ty(a, 0)?, ty(a, 1)?)))
}

/// Every axis of a value but the last.
fn all_but_last(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axes((0..ty(a, 0)?.rank().saturating_sub(1) as u32).collect()))
}

/// One over the size of the last axis.
fn mean_factor(a: &[Argument<'_>]) -> Result<Attr> {
    match ty(a, 0)?.shape.last().and_then(Dim::as_known) {
        Some(n) => Ok(Attr::Scalar(Scalar::Float(1.0 / n as f64))),
        None => Err(Error::unsupported("the mean over an axis of symbolic size in a derivative")),
    }
}

/// One over the number of elements of a value at each place along an axis.
fn share_factor(a: &[Argument<'_>]) -> Result<Attr> {
    let (shape, kept) = (&ty(a, 0)?.shape, axes(a, 1)?);
    let others = (0u32..).zip(shape).filter(|(i, _)| !kept.contains(i)).map(|(_, d)| d);
    match others.fold(Dim::known(1), |n, d| &n * d).as_known() {
        Some(n) => Ok(Attr::Scalar(Scalar::Float(1.0 / n as f64))),
        None => Err(Error::unsupported("the mean over axes of symbolic size in a derivative")),
    }
}

/// Step to interior padding.
fn gaps(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(dims(a, 0)?, |d| d - 1)
}

/// Interior padding to step.
fn strides(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(dims(a, 0)?, |d| d + 1)
}

/// A step of one along each axis of a value.
fn ones(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(&ty(a, 0)?.shape, |_| Dim::known(1))
}

/// How much of a value lies behind a strided window: type, start, size, step.
fn slice_rest(a: &[Argument<'_>]) -> Result<Attr> {
    let (outer, start, size, step) = (ty(a, 0)?, dims(a, 1)?, dims(a, 2)?, dims(a, 3)?);
    let rest = |i: usize| {
        let covered = if size[i] == 0 { Dim::known(0) } else { &(&(&size[i] - 1) * &step[i]) + 1 };
        &(&outer.shape[i] - &start[i]) - &covered
    };
    Ok(Attr::Dims((0..outer.rank()).map(rest).collect()))
}

/// Where the operand at hand starts in a concatenation along an axis.
fn concat_start(a: &[Argument<'_>]) -> Result<Attr> {
    let (Some(Argument::Each(types, at)), Some(&axis)) = (a.first(), axes(a, 1)?.first()) else { return misused() };
    let before: Dim = types[..*at].iter().map(|t| t.shape[axis as usize].clone()).sum();
    let mut start: Shape = SmallVec::from_elem(Dim::known(0), types[*at].rank());
    start[axis as usize] = before;
    Ok(Attr::Dims(start))
}

/// The opposite of a flag.
fn not(a: &[Argument<'_>]) -> Result<Attr> {
    match a {
        [Argument::Attr(Attr::Bool(b))] => Ok(Attr::Bool(!b)),
        _ => misused(),
    }
}

/// The sizes of a channels-last value between its first axis and its last.
fn spatial(a: &[Argument<'_>]) -> Result<Attr> {
    let shape = &ty(a, 0)?.shape;
    Ok(Attr::Dims(shape.get(1..shape.len().saturating_sub(1)).unwrap_or_default().into()))
}

/// A channels-last shape with its spatial axes as one.
fn flat_spatial(a: &[Argument<'_>]) -> Result<Attr> {
    match ty(a, 0)?.shape.as_slice() {
        [batch, spatial @ .., channels] => {
            let places = spatial.iter().fold(Dim::known(1), |n, d| &n * d);
            Ok(Attr::Dims(smallvec![batch.clone(), places, channels.clone()]))
        }
        _ => misused(),
    }
}

/// The padding behind that makes the convolution of an operand with a weight as large as a result: types of all three,
/// then stride, padding in front and dilation.
fn convolution_high(a: &[Argument<'_>]) -> Result<Attr> {
    let (x, weight, y) = (&ty(a, 0)?.shape, &ty(a, 1)?.shape, &ty(a, 2)?.shape);
    let (stride, low, dilation) = (dims(a, 3)?, dims(a, 4)?, dims(a, 5)?);
    let high = |i: usize| {
        let covered = &(&(&y[i + 1] - 1) * &stride[i]) + &(&(&(&weight[i + 1] - 1) * &dilation[i]) + 1);
        &(&covered - &x[i + 1]) - &low[i]
    };
    Ok(Attr::Dims((0..stride.len()).map(high).collect()))
}

/// A list of spatial sizes with `ends` for the batch and the channels.
fn between(ends: i64, spatial: impl Iterator<Item = Dim>) -> Result<Attr> {
    let end = || std::iter::once(Dim::known(ends));
    Ok(Attr::Dims(end().chain(spatial).chain(end()).collect()))
}

/// The padding in front that turns window sums round: window size, padding in front, dilation.
fn window_low(a: &[Argument<'_>]) -> Result<Attr> {
    let (size, low, dilation) = (dims(a, 0)?, dims(a, 1)?, dims(a, 2)?);
    between(0, (0..size.len()).map(|i| &(&(&size[i] - 1) * &dilation[i]) - &low[i]))
}

/// The padding behind that does: types of operand and result, stride, padding in front.
fn window_high(a: &[Argument<'_>]) -> Result<Attr> {
    let (x, y, stride, low) = (&ty(a, 0)?.shape, &ty(a, 1)?.shape, dims(a, 2)?, dims(a, 3)?);
    let behind = |i: usize| &(&x[i + 1] + &low[i]) - &(&(&(&y[i + 1] - 1) * &stride[i]) + 1);
    between(0, (0..stride.len()).map(behind))
}

/// The gaps that a stride leaves between windows.
fn window_gaps(a: &[Argument<'_>]) -> Result<Attr> {
    between(0, dims(a, 0)?.iter().map(|d| d - 1))
}

/// A one for each size of a list.
fn one_each(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(dims(a, 0)?, |_| Dim::known(1))
}

/// A zero for each size of a list.
fn none_each(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(dims(a, 0)?, |_| Dim::known(0))
}

/// The sizes of a batch of matrices with as many rows as columns: its upper square part.
fn square_part(a: &[Argument<'_>]) -> Result<Attr> {
    let mut shape = ty(a, 0)?.shape.clone();
    let rank = shape.len();
    shape[rank - 2] = shape[rank - 1].clone();
    Ok(Attr::Dims(shape))
}

/// The sizes of what is below that part.
fn lower_part(a: &[Argument<'_>]) -> Result<Attr> {
    let mut shape = ty(a, 0)?.shape.clone();
    let rank = shape.len();
    shape[rank - 2] = &shape[rank - 2] - &shape[rank - 1];
    Ok(Attr::Dims(shape))
}

/// Where that begins.
fn lower_start(a: &[Argument<'_>]) -> Result<Attr> {
    let shape = &ty(a, 0)?.shape;
    let at = |i: usize| if i + 2 == shape.len() { shape[i + 1].clone() } else { Dim::known(0) };
    Ok(Attr::Dims((0..shape.len()).map(at).collect()))
}

/// Where the upper right quarter of matrices of twice the size begins.
fn right_half(a: &[Argument<'_>]) -> Result<Attr> {
    let shape = &ty(a, 0)?.shape;
    let at = |i: usize| if i + 1 == shape.len() { shape[i].clone() } else { Dim::known(0) };
    Ok(Attr::Dims((0..shape.len()).map(at).collect()))
}

/// A zero for each axis of a value.
fn origin(a: &[Argument<'_>]) -> Result<Attr> {
    each_size(&ty(a, 0)?.shape, |_| Dim::known(0))
}

/// The axis of the rows of matrices.
fn row_axis(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axis(ty(a, 0)?.rank().saturating_sub(2) as u32))
}

/// The axes of a batch of matrices.
fn batch(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axes((0..ty(a, 0)?.rank().saturating_sub(2) as u32).collect()))
}

/// The last two axes of a value.
fn matrix_axes(a: &[Argument<'_>]) -> Result<Attr> {
    let rank = ty(a, 0)?.rank() as u32;
    Ok(Attr::Axes((rank.saturating_sub(2)..rank).collect()))
}

/// The sizes of the matrices of all pairs along the last axis.
fn pairs(a: &[Argument<'_>]) -> Result<Attr> {
    let mut shape = ty(a, 0)?.shape.clone();
    shape.extend(shape.last().cloned());
    Ok(Attr::Dims(shape))
}

/// Of such matrices every axis but that of the columns.
fn pair_rows(a: &[Argument<'_>]) -> Result<Attr> {
    Ok(Attr::Axes((0..ty(a, 0)?.rank() as u32).collect()))
}

/// Of such matrices every axis but that of the rows.
fn pair_columns(a: &[Argument<'_>]) -> Result<Attr> {
    let rank = ty(a, 0)?.rank() as u32;
    Ok(Attr::Axes((0..rank.saturating_sub(1)).chain([rank]).collect()))
}

/// The sizes of the left factor of a thin decomposition: matrices, and its singular values.
fn left_thin(a: &[Argument<'_>]) -> Result<Attr> {
    let (mut shape, values) = (ty(a, 0)?.shape.clone(), &ty(a, 1)?.shape);
    let rank = shape.len();
    shape[rank - 1] = values[rank - 2].clone();
    Ok(Attr::Dims(shape))
}

/// Those of the right factor.
fn right_thin(a: &[Argument<'_>]) -> Result<Attr> {
    let (mut shape, values) = (ty(a, 0)?.shape.clone(), &ty(a, 1)?.shape);
    let rank = shape.len();
    shape[rank - 2] = values[rank - 2].clone();
    Ok(Attr::Dims(shape))
}

/// 1 where the left factor of a thin decomposition has more rows than columns, else 0.
fn left_rest(a: &[Argument<'_>]) -> Result<Attr> {
    rest(&ty(a, 0)?.shape, &ty(a, 1)?.shape, 2)
}

/// 1 where the right factor has more columns than rows, else 0.
fn right_rest(a: &[Argument<'_>]) -> Result<Attr> {
    rest(&ty(a, 0)?.shape, &ty(a, 1)?.shape, 1)
}

fn rest(factor: &Shape, values: &Shape, from_last: usize) -> Result<Attr> {
    number(f64::from(u8::from(factor.get(factor.len() - from_last) != values.last())))
}

/// What torch takes for zero among the singular values of a matrix, beside the largest.
fn singular_share(a: &[Argument<'_>]) -> Result<Attr> {
    let x = ty(a, 0)?;
    let epsilon = if x.dtype == crate::types::DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    match x.shape[x.rank() - 2..].iter().map(Dim::as_known).collect::<Option<Vec<i64>>>() {
        Some(sizes) => number(epsilon * sizes.into_iter().max().unwrap_or(0) as f64),
        None => Err(Error::unsupported("the pseudoinverse of matrices of symbolic size in a derivative")),
    }
}

fn scalar(a: &[Argument<'_>], i: usize) -> Result<f64> {
    match a.get(i) {
        Some(Argument::Attr(Attr::Scalar(x))) => Ok(x.as_f64()),
        _ => misused(),
    }
}

fn number(x: f64) -> Result<Attr> {
    Ok(Attr::Scalar(Scalar::Float(x)))
}

fn answer(holds: bool) -> Result<Attr> {
    Ok(Attr::Bool(holds))
}

/// The negative of a number.
fn negative(a: &[Argument<'_>]) -> Result<Attr> {
    number(-scalar(a, 0)?)
}

/// One over a number.
fn reciprocal(a: &[Argument<'_>]) -> Result<Attr> {
    number(1.0 / scalar(a, 0)?)
}

/// The product of two numbers.
fn product(a: &[Argument<'_>]) -> Result<Attr> {
    number(scalar(a, 0)? * scalar(a, 1)?)
}

/// The sum of two numbers.
fn total(a: &[Argument<'_>]) -> Result<Attr> {
    number(scalar(a, 0)? + scalar(a, 1)?)
}

/// Whether a number is a power of two whose reciprocal every floating-point type can hold.
fn power_of_two(a: &[Argument<'_>]) -> Result<Attr> {
    let x = scalar(a, 0)?.abs();
    answer((2f64.powi(-14)..=2f64.powi(14)).contains(&x) && x.log2().fract() == 0.0)
}

/// Whether the reciprocal of a number is far from zero and from infinity.
fn invertible(a: &[Argument<'_>]) -> Result<Attr> {
    answer((1e-4..=1e4).contains(&scalar(a, 0)?.abs()))
}

/// Whether a value is of floating point.
fn floating(a: &[Argument<'_>]) -> Result<Attr> {
    answer(ty(a, 0)?.dtype.is_inexact())
}

/// Whether a value is of rank 0.
fn of_rank_zero(a: &[Argument<'_>]) -> Result<Attr> {
    answer(ty(a, 0)?.rank() == 0)
}

/// Whether two values have one shape.
fn equal_shapes(a: &[Argument<'_>]) -> Result<Attr> {
    answer(ty(a, 0)?.shape == ty(a, 1)?.shape)
}

/// Whether two values have as many axes.
fn equal_ranks(a: &[Argument<'_>]) -> Result<Attr> {
    answer(ty(a, 0)?.rank() == ty(a, 1)?.rank())
}

/// Whether a third value has the shape of the matrix product of the first two.
fn product_takes(a: &[Argument<'_>]) -> Result<Attr> {
    let (x, y, c) = (&ty(a, 0)?.shape, &ty(a, 1)?.shape, &ty(a, 2)?.shape);
    answer(match (x.as_slice(), y.last(), c.as_slice()) {
        ([rows @ .., _], Some(columns), [before @ .., last]) => before == rows && last == columns,
        _ => false,
    })
}

/// Whether axes are the last of a shape, in order.
fn trailing(a: &[Argument<'_>]) -> Result<Attr> {
    let (axes, rank) = (axes(a, 0)?, dims(a, 1)?.len());
    let Some(first) = rank.checked_sub(axes.len()) else { return answer(false) };
    answer(!axes.is_empty() && axes.iter().enumerate().all(|(i, &axis)| axis as usize == first + i))
}

/// Whether a permutation exchanges the last two axes and leaves them last.
fn swaps_last(a: &[Argument<'_>]) -> Result<Attr> {
    let perm = axes(a, 0)?;
    let rank = perm.len() as u32;
    answer(rank >= 2 && perm[perm.len() - 2..] == [rank - 1, rank - 2])
}

/// Whether a slice of these sizes and steps is the whole value.
fn whole(a: &[Argument<'_>]) -> Result<Attr> {
    answer(ty(a, 0)?.shape == *dims(a, 1)? && dims(a, 2)?.iter().all(|step| *step == 1))
}

/// The axes `outer[i]` for each `i` of the inner ones.
fn compose(a: &[Argument<'_>]) -> Result<Attr> {
    let (outer, inner) = (axes(a, 0)?, axes(a, 1)?);
    let found: Option<Axes> = inner.iter().map(|&i| outer.get(i as usize).copied()).collect();
    found.map_or_else(misused, |axes| Ok(Attr::Axes(axes)))
}

/// The axes of a value that disappear when some do, and then some of what is left.
fn folded(a: &[Argument<'_>]) -> Result<Attr> {
    let (rank, first, second) = (ty(a, 0)?.rank() as u32, axes(a, 1)?, axes(a, 2)?);
    let kept: Axes = (0..rank).filter(|axis| !first.contains(axis)).collect();
    let later = second.iter().filter_map(|&i| kept.get(i as usize).copied());
    let mut all: Axes = first.iter().copied().chain(later).collect();
    all.sort_unstable();
    Ok(Attr::Axes(all))
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("shape", shape),
    ("dtype", dtype),
    ("complement", complement),
    ("inverse", inverse),
    ("order", order),
    ("only", only),
    ("swap_last", swap_last),
    ("leading", leading),
    ("last", last),
    ("last_axis", last_axis),
    ("scores_shape", scores_shape),
    ("all_but_last", all_but_last),
    ("mean_factor", mean_factor),
    ("share_factor", share_factor),
    ("gaps", gaps),
    ("strides", strides),
    ("ones", ones),
    ("slice_rest", slice_rest),
    ("concat_start", concat_start),
    ("not", not),
    ("spatial", spatial),
    ("flat_spatial", flat_spatial),
    ("convolution_high", convolution_high),
    ("window_low", window_low),
    ("window_high", window_high),
    ("window_gaps", window_gaps),
    ("one_each", one_each),
    ("none_each", none_each),
    ("square_part", square_part),
    ("lower_part", lower_part),
    ("lower_start", lower_start),
    ("right_half", right_half),
    ("origin", origin),
    ("row_axis", row_axis),
    ("batch", batch),
    ("matrix_axes", matrix_axes),
    ("pairs", pairs),
    ("pair_rows", pair_rows),
    ("pair_columns", pair_columns),
    ("left_thin", left_thin),
    ("right_thin", right_thin),
    ("left_rest", left_rest),
    ("right_rest", right_rest),
    ("singular_share", singular_share),
    ("negative", negative),
    ("reciprocal", reciprocal),
    ("product", product),
    ("total", total),
    ("power_of_two", power_of_two),
    ("invertible", invertible),
    ("floating", floating),
    ("scalar", of_rank_zero),
    ("equal_shapes", equal_shapes),
    ("equal_ranks", equal_ranks),
    ("product_takes", product_takes),
    ("trailing", trailing),
    ("swaps_last", swaps_last),
    ("whole", whole),
    ("compose", compose),
    ("folded", folded),
];
