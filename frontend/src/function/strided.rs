//! Tensors that lie in a storage as the caller says: `as_strided` and its kin, windows that overlap, and sizes changed in
//! place.

use smallvec::{SmallVec, smallvec};

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, default_device, written},
    compose::{axis, default_dtype},
    creation::size as sizes_of,
    direct,
    indexing::filled,
    one, row,
};
use crate::{
    autograd::{GradMode, Scope},
    error::{Error, Result},
    tensor::{Geometry, Move, Tensor},
    value::Value,
};

type Ints = SmallVec<[i64; 4]>;

fn dims(list: &[i64]) -> Shape {
    list.iter().map(|&n| Dim::known(n)).collect()
}

/// Sizes, strides and the place of the first element.
struct Layout {
    size: Ints,
    stride: Ints,
    offset: i64,
}

impl Layout {
    fn of(a: &Arguments, offset: i64) -> Result<Self> {
        let size = a.ints("size")?;
        let stride = a.ints("stride")?;
        if size.len() != stride.len() {
            return Err(Error::runtime(format_args!(
                "mismatch in length of strides and shape: {} and {}",
                stride.len(),
                size.len()
            )));
        }
        if stride.iter().any(|n| *n < 0) {
            return Err(Error::runtime(format_args!(
                "as_strided: Negative strides are not supported at the moment, got strides: {:?}",
                stride.as_slice()
            )));
        }
        sizes_of(a)?;
        if offset < 0 {
            return Err(Error::runtime(format_args!("Tensor: invalid storage offset {offset}")));
        }
        Ok(Self { size, stride, offset })
    }

    /// The place behind its last element, counted from its first; 0 where it has none.
    fn reach(&self) -> i64 {
        if self.size.contains(&0) {
            return 0;
        }
        let away = |(n, by): (&i64, &i64)| (n - 1).saturating_mul(*by);
        self.size.iter().zip(&self.stride).map(away).fold(1, i64::saturating_add)
    }

    fn geometry(&self) -> Geometry {
        Geometry { offset: Dim::known(self.offset), strides: dims(&self.stride) }
    }

    /// What leads to it from all elements in order, of which `at` is its first one.
    fn moves(&self, all: Dim, at: i64) -> SmallVec<[Move; 2]> {
        let flat = Move::reshape(smallvec![all]);
        if self.size.contains(&0) {
            let none = Move::slice(dims(&[0]), dims(&[0]), dims(&[1]));
            return smallvec![flat, none, Move::reshape(dims(&self.size))];
        }
        // The axes that lead to other places, the longest stride first: of a plain range, each goes over all behind it.
        let mut axes: Axes = (0..self.size.len() as u32)
            .filter(|&i| self.size[i as usize] != 1 && self.stride[i as usize] != 0)
            .collect();
        let kept = axes.clone();
        axes.sort_by_key(|&i| std::cmp::Reverse(self.stride[i as usize]));
        let of = |i: u32| (self.size[i as usize], self.stride[i as usize]);
        let is_range = axes.windows(2).all(|pair| of(pair[0]).1 == of(pair[1]).1.saturating_mul(of(pair[1]).0));
        if !is_range {
            return smallvec![Move::grid(dims(&self.size), dims(&self.stride), Dim::known(at))];
        }
        let step = axes.last().map_or(1, |&i| of(i).1);
        let count: i64 = axes.iter().map(|&i| of(i).0).product();
        let sorted: Shape = axes.iter().map(|&i| Dim::known(of(i).0)).collect();
        let order = kept.iter().filter_map(|i| axes.iter().position(|j| i == j)).map(|i| i as u32).collect();
        smallvec![
            flat,
            Move::slice(dims(&[at]), dims(&[count]), dims(&[step])),
            Move::reshape(sorted),
            Move::permute(order),
            Move::broadcast(dims(&self.size), kept),
        ]
    }
}

/// A view of the storage under any sizes and strides.
fn strided(x: &Tensor, layout: &Layout) -> Result<Tensor> {
    let core = x.core();
    let (own, first) = (core.ty.numel(), core.geometry.offset.clone());
    let behind = layout.offset.saturating_add(layout.reach());
    // Among its own elements the view is one of the tensor itself, and gradients run through it.
    if let (Some(own), Some(first)) = (own.as_known(), first.as_known())
        && core.geometry.is_contiguous(&core.ty.shape)
        && layout.offset >= first
        && behind <= first.saturating_add(own)
    {
        return x.view_lying("as_strided", layout.moves(Dim::known(own), layout.offset - first), layout.geometry());
    }
    let (root, tracked) = x.root();
    let Some(all) = root.ty().numel().as_known() else {
        return Err(Error::unsupported("torch.as_strided of a storage of unknown size"));
    };
    if layout.reach() > 0 && behind > all {
        let item = core.ty.dtype.size() as i64;
        return Err(Error::runtime(format_args!(
            "setStorage: sizes {:?}, strides {:?}, storage offset {}, and itemsize {item} requiring a storage size of {} \
             are out of bounds for storage of size {}",
            layout.size.as_slice(),
            layout.stride.as_slice(),
            layout.offset,
            behind.saturating_mul(item),
            all.saturating_mul(item)
        )));
    }
    if !tracked && x.requires_grad()? {
        return beyond(x, &root, layout);
    }
    root.view_lying("as_strided", layout.moves(Dim::known(all), layout.offset), layout.geometry())
}

/// The elements of a layout that reaches beyond a tensor that needs a gradient by itself: its own ones lead there, what lies
/// around them is constant. No view, for no write could go both ways.
fn beyond(x: &Tensor, root: &Tensor, layout: &Layout) -> Result<Tensor> {
    let around = root.detach();
    computed("as_strided", x.device(), |s| {
        let (own, all) = (s.read(x)?, s.read(&around)?);
        let (count, whole) = (own.ty().numel(), all.ty().numel());
        let own = s.reshape(&own, smallvec![count.clone()])?;
        let all = s.reshape(&all, smallvec![whole.clone()])?;
        let every = s.emit_one(Op::Iota, attrs![whole.clone(), DType::I64], &[])?;
        let ranks = s.emit_one(Op::Iota, attrs![count.clone(), DType::I64], &[])?;
        let geometry = x.core().geometry.clone();
        let of_own = Move::grid(x.shape(), geometry.strides, geometry.offset).apply(&every, s)?;
        let of_own = s.reshape(&of_own, smallvec![count])?;
        let nowhere = filled(s, &smallvec![whole], Scalar::Int(-1), DType::I64)?;
        let rank_at = s.emit_one(Op::TakePut, attrs![0u32], &[nowhere, of_own, ranks])?;
        let asked = Move::grid(dims(&layout.size), dims(&layout.stride), Dim::known(layout.offset)).apply(&every, s)?;
        let rank = s.emit_one(Op::Take, attrs![0u32], &[rank_at, asked.clone()])?;
        let is_own = s.with_number(Op::GreaterEqual, &rank, 0i64)?;
        let rank = s.with_number(Op::Maximum, &rank, 0i64)?;
        let inside = s.emit_one(Op::Take, attrs![0u32], &[own, rank])?;
        let outside = s.emit_one(Op::Take, attrs![0u32], &[all, asked])?;
        s.select(&is_own, &inside, &outside)
    })
}

/// The layout of a call on the input's storage.
fn asked(a: &Arguments) -> Result<(&Tensor, Layout)> {
    let x = a.tensor("input")?;
    let offset = match a.optional_int("storage_offset")? {
        Some(offset) => offset,
        None => x.core().geometry.offset.as_known().unwrap_or(0),
    };
    Ok((x, Layout::of(a, offset)?))
}

fn as_strided(a: &Arguments) -> Result<Returned> {
    let (x, layout) = asked(a)?;
    strided(x, &layout).map(Returned::Tensor)
}

fn as_strided_(a: &Arguments) -> Result<Returned> {
    let (x, layout) = asked(a)?;
    x.look_anew(|x| strided(x, &layout))?;
    Ok(Returned::Tensor(x.clone()))
}

fn as_strided_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, layout) = asked(a)?;
    s.read(&strided(x, &layout)?)
}

/// A copy of the elements in order, and then what a view of it holds replaced.
fn as_strided_scatter(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, layout) = asked(a)?;
    let src = a.tensor("src")?;
    if src.shape() != dims(&layout.size) {
        return Err(Error::runtime(format_args!(
            "expected src to have a size equal to the slice of self. src size = {}, slice size = {:?}",
            super::call::sizes(&src.shape()),
            layout.size.as_slice()
        )));
    }
    let copy = computed("clone", x.device(), |s| s.read(x))?;
    let view = strided(&copy, &layout)?;
    written("copy_", &view, |s| {
        let new = s.read(src)?;
        s.cast(&new, view.dtype())
    })?;
    s.read(&copy)
}

/// `Tensor.unfold`: a view of all windows of a size along an axis, each a step behind the one before; they are the last axis.
/// No row, for `torch.nn.functional.unfold` is another function of the name.
///
/// # Errors
/// A window that is longer than the axis, and steps that lead nowhere.
pub fn unfold(x: &Tensor, dimension: i64, size: i64, step: i64) -> Result<Tensor> {
    let at = axis(dimension, x.rank())? as usize;
    let shape = if x.rank() == 0 { smallvec![Dim::known(1)] } else { x.shape() };
    let Some(most) = shape[at].as_known() else {
        return Err(Error::unsupported("torch.Tensor.unfold along an axis of unknown size"));
    };
    if size < 0 {
        return Err(Error::runtime(format_args!("size is {size} but must be >= 0")));
    }
    if size > most {
        return Err(Error::runtime(format_args!(
            "maximum size for tensor at dimension {at} is {most} but size is {size}"
        )));
    }
    if step <= 0 {
        return Err(Error::runtime(format_args!("step is {step} but must be > 0")));
    }
    let geometry = x.core().geometry.clone();
    let windows = |strides: &Shape| -> Shape {
        let mut all = strides.clone();
        all.push(strides[at].clone());
        all[at] = &strides[at] * &Dim::known(step);
        all
    };
    if x.rank() == 0 {
        let one = Geometry { offset: geometry.offset, strides: smallvec![Dim::known(1)] };
        let moves =
            smallvec![Move::reshape(smallvec![Dim::known(1)]), Move::slice(dims(&[0]), dims(&[size]), dims(&[1]))];
        return x.view_lying("unfold", moves, one);
    }
    let mut sizes = shape.clone();
    sizes[at] = Dim::known((most - size) / step + 1);
    sizes.push(Dim::known(size));
    let logical = windows(&Geometry::contiguous(&shape).strides);
    let lies = Geometry { offset: geometry.offset, strides: windows(&geometry.strides) };
    x.view_lying("unfold", smallvec![Move::grid(sizes, logical, Dim::known(0))], lies)
}

fn unfold_copy(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let view = unfold(a.tensor("input")?, a.int("dimension")?, a.int("size")?, a.int("step")?)?;
    s.read(&view)
}

/// The type and place of a new tensor: as told, else as the tensor it is made after, else the defaults.
fn new_storage(a: &Arguments, length: i64) -> Result<Tensor> {
    let model = if a.signature.position("input").is_some() { Some(a.tensor("input")?) } else { None };
    let dtype = a.dtype("dtype")?.unwrap_or_else(|| model.map_or_else(default_dtype, Tensor::dtype));
    let device = a.device("device")?.unwrap_or_else(|| model.map_or_else(default_device, Tensor::device));
    let _off = GradMode::enter(false);
    computed("empty", device, |s| filled(s, &dims(&[length]), Scalar::Int(0), dtype))
}

fn with_grad(a: &Arguments, tensor: Tensor) -> Result<Returned> {
    if a.flag("requires_grad")? {
        tensor.set_requires_grad(true)?;
    }
    Ok(Returned::Tensor(tensor))
}

/// Zeros that lie as the caller says in a storage just large enough.
fn empty_strided(a: &Arguments) -> Result<Returned> {
    let layout = Layout::of(a, 0)?;
    let storage = new_storage(a, layout.reach())?;
    let made = storage.lying("empty", layout.moves(Dim::known(layout.reach()), 0), layout.geometry())?;
    with_grad(a, made)
}

fn empty_permuted(a: &Arguments) -> Result<Returned> {
    let (size, order) = (a.ints("size")?, a.ints("physical_layout")?);
    sizes_of(a)?;
    let rank = size.len();
    if order.len() != rank {
        return Err(Error::runtime(format_args!(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = {rank} is \
             not equal to len(physical_layout) = {}",
            order.len()
        )));
    }
    let mut stride: Ints = smallvec![0; rank];
    let mut step = 1;
    for &i in order.iter().rev() {
        if !(0..rank as i64).contains(&i) {
            return Err(Error::runtime(format_args!(
                "Dimension out of range (expected to be between 0 and {}, but got {i}). NB: negative dims not currently \
                 supported; file an issue if you want it.",
                rank as i64 - 1
            )));
        }
        if stride[i as usize] != 0 {
            return Err(Error::runtime("Duplicate dim not allowed"));
        }
        stride[i as usize] = step;
        step *= size[i as usize].max(1);
    }
    let layout = Layout { size, stride, offset: 0 };
    let storage = new_storage(a, layout.reach())?;
    let made = storage.lying("empty", layout.moves(Dim::known(layout.reach()), 0), layout.geometry())?;
    with_grad(a, made)
}

/// Gives a tensor other sizes: of its own storage while that suffices, else of a longer one of its own.
fn resized(x: &Tensor, size: Ints) -> Result<Returned> {
    if x.requires_grad()? {
        return Err(Error::runtime("cannot resize variables that require grad"));
    }
    if let Some(negative) = size.iter().find(|n| **n < 0) {
        return Err(Error::runtime(format_args!(
            "Trying to create tensor with negative dimension {negative}: {:?}",
            size.as_slice()
        )));
    }
    let shape = dims(&size);
    if x.shape() == shape {
        return Ok(Returned::Tensor(x.clone()));
    }
    let known = |d: &Dim| d.as_known().unwrap_or(1);
    let stride = Geometry::contiguous(&shape).strides.iter().map(known).collect();
    let layout = Layout { size, stride, offset: known(&x.core().geometry.offset) };
    let (root, _) = x.root();
    let have = known(&root.ty().numel());
    let need = layout.offset + layout.reach();
    if need <= have {
        x.look_anew(|x| strided(x, &layout))?;
        return Ok(Returned::Tensor(x.clone()));
    }
    let longer = computed("resize_", x.device(), |s| {
        let all = s.read(&root)?;
        let line = s.reshape(&all, dims(&[have]))?;
        let line = s.slice_axis(&line, 0, Dim::known(layout.offset), Dim::known((have - layout.offset).max(0)), 1)?;
        let zero = if x.dtype().is_inexact() { Scalar::Float(0.0) } else { Scalar::Int(0) };
        let line = s.emit_one(Op::Pad, attrs![zero, dims(&[0]), dims(&[need - have]), dims(&[0])], &[line])?;
        s.reshape(&line, shape.clone())
    })?;
    x.set_data(&longer)?;
    Ok(Returned::Tensor(x.clone()))
}

fn resize_(a: &Arguments) -> Result<Returned> {
    super::conversion::plain_format(a)?;
    resized(a.tensor("input")?, a.ints("size")?)
}

fn resize_as_(a: &Arguments) -> Result<Returned> {
    super::conversion::plain_format(a)?;
    let wanted: Option<Ints> = a.tensor("the_template")?.shape().iter().map(Dim::as_known).collect();
    let wanted = wanted.ok_or_else(|| Error::unsupported("torch.Tensor.resize_as_ to unknown sizes"))?;
    resized(a.tensor("input")?, wanted)
}

const STRIDED: &str = "(Tensor input, ints size, ints stride, int? storage_offset=None)";

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "as_strided",
        Places::BOTH,
        &[direct(STRIDED, as_strided)],
        "A view of the tensor's storage under any sizes and strides. Places that several elements share cannot be written.",
    ),
    row(
        "as_strided_",
        Places::BOTH,
        &[direct(STRIDED, as_strided_)],
        "Gives the tensor itself other sizes and strides in its storage.",
    ),
    row(
        "as_strided_copy",
        Places::TORCH.and(Places::OUT),
        &[one(STRIDED, as_strided_copy)],
        "A copy of the storage's elements under any sizes and strides.",
    ),
    row(
        "as_strided_scatter",
        Places::BOTH.and(Places::OUT),
        &[one("(Tensor input, Tensor src, ints size, ints stride, int? storage_offset=None)", as_strided_scatter)],
        "A copy of the input with src where as_strided would look.",
    ),
    row(
        "unfold_copy",
        Places::TORCH.and(Places::OUT),
        &[one("(Tensor input, int dimension, int size, int step)", unfold_copy)],
        "A copy of all windows of that size along an axis.",
    ),
    row(
        "empty_strided",
        Places::TORCH,
        &[direct(
            "(ints size, ints stride, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool requires_grad=False, bool? pin_memory=False)",
            empty_strided,
        )],
        "Zeros with the strides that are asked for.",
    ),
    row(
        "new_empty_strided",
        Places::METHOD,
        &[direct(
            "(Tensor input, ints size, ints stride, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool requires_grad=False, bool? pin_memory=False)",
            empty_strided,
        )],
        "Zeros of the tensor's type and place, with the strides that are asked for.",
    ),
    row(
        "empty_permuted",
        Places::TORCH,
        &[direct(
            "(ints size, ints physical_layout, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool requires_grad=False, bool? pin_memory=False)",
            empty_permuted,
        )],
        "Zeros whose axes lie in memory in the order that is asked for, the outermost first.",
    ),
    row(
        "resize_",
        Places::METHOD,
        &[direct("(Tensor input, size size, *, Any? memory_format=None)", resize_)],
        "Gives the tensor other sizes: of its own storage while that suffices, else of a longer one, with zeros behind, \
         which its views do not see.",
    ),
    row(
        "resize_as_",
        Places::BOTH,
        &[direct("(Tensor input, Tensor the_template, *, Any? memory_format=None)", resize_as_)],
        "Gives the tensor the sizes of another one, as resize_ does.",
    ),
];
