//! Convolutions and windows on the CPU, in single and double precision: windows are laid out as the rows of a small matrix
//! that stays in the cache, and BLAS multiplies them; pooling goes over the operand once.

use std::ops::Range;

use flashlight_compiler::ops::{Convolutional, Window};
use flashlight_compiler::types::DType;

use super::Site;
use crate::blas;
use crate::error::{Error, Result};
use crate::mlx::{self, Array, HostWork, Multiplied, Rows, typed, typed_mut};
use crate::value::Sizes;

/// How many elements of windows are laid out at a time.
const ROOM: usize = 1 << 18;

/// A window over up to three axes; axes that are not there have size 1.
#[derive(Clone, Debug)]
struct Geometry {
    batch: usize,
    operand: [usize; 3],
    result: [usize; 3],
    kernel: [usize; 3],
    stride: [usize; 3],
    low: [isize; 3],
    dilation: [usize; 3],
    groups: usize,
    /// Channels of one group of the operand and of the result.
    channels: [usize; 2],
}

/// The spatial sizes behind ones.
fn spatial<T: Copy, U: Copy>(sizes: &[T], missing: U, convert: impl Fn(T) -> U) -> [U; 3] {
    let mut all = [missing; 3];
    for (slot, &size) in all[3 - sizes.len()..].iter_mut().zip(sizes) {
        *slot = convert(size);
    }
    all
}

impl Geometry {
    fn new(site: &Site<'_>, operand: &[i32], result: &[i32], kernel: &[i32]) -> Result<Self> {
        let inner = |shape: &[i32]| -> Sizes { shape[1..shape.len() - 1].into() };
        let size = |n: i32| n as usize;
        Ok(Self {
            batch: size(operand[0]),
            operand: spatial(&inner(operand), 1, size),
            result: spatial(&inner(result), 1, size),
            kernel: spatial(kernel, 1, size),
            stride: spatial(&site.dims("stride")?, 1, size),
            low: spatial(&site.dims("low")?, 0, |n| n as isize),
            dilation: spatial(&site.dims("dilation")?, 1, size),
            groups: 1,
            channels: [size(operand[operand.len() - 1]), size(result[result.len() - 1])],
        })
    }

    fn grouped(mut self, groups: u32) -> Self {
        self.groups = groups as usize;
        self.channels = self.channels.map(|n| n / self.groups);
        self
    }

    fn rows(&self) -> usize {
        self.batch * self.result.iter().product::<usize>()
    }

    fn places(&self) -> usize {
        self.operand.iter().product()
    }

    /// Elements of one group's window.
    fn columns(&self) -> usize {
        self.kernel.iter().product::<usize>() * self.channels[0]
    }

    /// Whether a window is one element and each element is one window: the operand is its own matrix.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.low == [0; 3] && self.operand == self.result
    }

    /// The places of the kernel that lie inside the operand, along one axis and for one place of the result.
    fn inside(&self, axis: usize, at: usize) -> Range<usize> {
        let start = (at * self.stride[axis]) as isize - self.low[axis];
        let step = self.dilation[axis] as isize;
        let first = if start >= 0 { 0 } else { (-start + step - 1) / step };
        let room = self.operand[axis] as isize - start;
        let last = if room <= 0 { 0 } else { (room + step - 1) / step };
        let last = last.clamp(0, self.kernel[axis] as isize);
        first.min(last) as usize..last as usize
    }

    /// The place in the operand, along one axis, of a place of the kernel that lies inside.
    fn place(&self, axis: usize, at: usize, kernel: usize) -> usize {
        ((at * self.stride[axis] + kernel * self.dilation[axis]) as isize - self.low[axis]) as usize
    }

    /// Calls `each(column, element, count)` for every run of a window that lies inside: the run's first column among the
    /// window's, its first element in the operand (all groups), and the number of kernel places in it.
    fn runs(&self, row: usize, group: usize, mut each: impl FnMut(usize, usize, usize)) {
        let [depth, height, width] = self.result;
        let (image, rest) = (row / (depth * height * width), row % (depth * height * width));
        let at = [rest / (height * width), rest / width % height, rest % width];
        let all = self.channels[0] * self.groups;
        let wide = self.inside(2, at[2]);
        if wide.is_empty() {
            return;
        }
        // Neighbours along the last axis are one run where their channels lie side by side.
        let joined = self.groups == 1 && self.dilation[2] == 1;
        for z in self.inside(0, at[0]) {
            let plane = image * self.operand[0] + self.place(0, at[0], z);
            for y in self.inside(1, at[1]) {
                let line = (plane * self.operand[1] + self.place(1, at[1], y)) * self.operand[2];
                let column = (z * self.kernel[1] + y) * self.kernel[2];
                let mut one = |x: usize, count: usize| {
                    let element = (line + self.place(2, at[2], x)) * all + group * self.channels[0];
                    each((column + x) * self.channels[0], element, count);
                };
                if joined {
                    one(wide.start, wide.len());
                } else {
                    wide.clone().for_each(|x| one(x, 1));
                }
            }
        }
    }

    /// Lays out windows as rows.
    fn gather<T: Multiplied>(&self, operand: &[T], group: usize, rows: Range<usize>, into: &mut [T]) {
        into.fill(T::default());
        for (row, line) in rows.zip(into.chunks_exact_mut(self.columns())) {
            self.runs(row, group, |column, element, count| {
                let n = count * self.channels[0];
                line[column..column + n].copy_from_slice(&operand[element..element + n]);
            });
        }
    }

    /// Adds rows to the elements that their windows were laid out from.
    fn scatter<T: Multiplied>(&self, from: &[T], group: usize, rows: Range<usize>, operand: &mut [T]) {
        for (row, line) in rows.zip(from.chunks_exact(self.columns())) {
            self.runs(row, group, |column, element, count| {
                let n = count * self.channels[0];
                operand[element..element + n].iter_mut().zip(&line[column..column + n]).for_each(|(to, &x)| *to += x);
            });
        }
    }

    /// Ranges of rows whose windows fit the room.
    fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
        let (rows, step) = (self.rows(), (ROOM / self.columns().max(1)).max(1));
        (0..rows).step_by(step).map(move |start| start..(start + step).min(rows))
    }

    fn result_rows<'a, T>(&self, y: &'a [T], group: usize, rows: &Range<usize>) -> Rows<'a, T> {
        let leading = self.channels[1] * self.groups;
        Rows { elements: &y[rows.start * leading + group * self.channels[1]..], leading, transposed: false }
    }

    fn forward<T: Multiplied>(&self, x: &[T], weight: &[T], y: &mut [T]) {
        let (columns, [_, out]) = (self.columns(), self.channels);
        let leading = out * self.groups;
        let mut room = Vec::new();
        for group in 0..self.groups {
            let kernel = &weight[group * out * columns..(group + 1) * out * columns];
            let kernel = Rows { elements: kernel, leading: columns, transposed: true };
            for rows in self.chunks() {
                let windows = self.windows(x, group, &rows, &mut room);
                let target = &mut y[rows.start * leading + group * out..];
                T::multiply([rows.len(), out, columns], windows, kernel, T::default(), target, leading);
            }
        }
    }

    /// The windows of some rows: laid out, unless the operand is already that matrix.
    fn windows<'a, T: Multiplied>(
        &self,
        x: &'a [T],
        group: usize,
        rows: &Range<usize>,
        room: &'a mut Vec<T>,
    ) -> Rows<'a, T> {
        let columns = self.columns();
        if self.is_pointwise() {
            let leading = columns * self.groups;
            return Rows { elements: &x[rows.start * leading + group * columns..], leading, transposed: false };
        }
        room.resize(rows.len() * columns, T::default());
        self.gather(x, group, rows.clone(), room);
        Rows { elements: room, leading: columns, transposed: false }
    }

    fn input<T: Multiplied>(&self, y: &[T], weight: &[T], x: &mut [T]) {
        let (columns, [_, out]) = (self.columns(), self.channels);
        let mut room: Vec<T> = Vec::new();
        for group in 0..self.groups {
            let kernel = &weight[group * out * columns..(group + 1) * out * columns];
            let kernel = Rows { elements: kernel, leading: columns, transposed: false };
            for rows in self.chunks() {
                let from = self.result_rows(y, group, &rows);
                if self.is_pointwise() {
                    let leading = columns * self.groups;
                    let target = &mut x[rows.start * leading + group * columns..];
                    T::multiply([rows.len(), columns, out], from, kernel, T::default(), target, leading);
                    continue;
                }
                room.resize(rows.len() * columns, T::default());
                T::multiply([rows.len(), columns, out], from, kernel, T::default(), &mut room, columns);
                self.scatter(&room, group, rows, x);
            }
        }
    }

    fn weight<T: Multiplied>(&self, x: &[T], y: &[T], one: T, weight: &mut [T]) {
        let (columns, [_, out]) = (self.columns(), self.channels);
        let mut room = Vec::new();
        for group in 0..self.groups {
            let target = &mut weight[group * out * columns..(group + 1) * out * columns];
            for rows in self.chunks() {
                let from = Rows { transposed: true, ..self.result_rows(y, group, &rows) };
                let windows = self.windows(x, group, &rows, &mut room);
                T::multiply([out, columns, rows.len()], from, windows, one, target, columns);
            }
        }
    }
}

/// One node that computes the result from the operands' elements.
fn node<T: Multiplied>(
    site: &Site<'_>,
    dtype: DType,
    work: impl FnOnce(&[&[T]], &mut [T]) + Send + 'static,
) -> Result<Array> {
    let s = site.stream;
    let cast = site.inputs.iter().map(|x| if x.dtype() == dtype { Ok(x.another()) } else { mlx::cast(x, dtype, s) });
    let operands = cast.collect::<std::result::Result<Vec<_>, _>>()?;
    let work: HostWork = Box::new(move |inputs, outputs| {
        let operands: Vec<&[T]> = inputs.iter().map(|bytes| typed(bytes)).collect();
        work(&operands, typed_mut(outputs[0]));
        Ok(())
    });
    let operands: Vec<&Array> = operands.iter().collect();
    let outputs = [(site.result_shape()?, dtype)];
    let mut made = mlx::host(&operands, &outputs, s, None, work)?;
    made.pop().ok_or_else(|| Error::internal("host work has no result"))
}

/// Halves are computed in single precision; none of other types.
fn computed_in(dtype: DType) -> Option<DType> {
    match dtype {
        DType::F16 | DType::BF16 | DType::F32 => Some(DType::F32),
        DType::F64 => Some(DType::F64),
        _ => None,
    }
}

/// A convolution, where BLAS is there for it.
pub(super) fn convolution(op: Convolutional, site: &Site<'_>) -> Option<Result<Array>> {
    let dtype = computed_in(site.dtype())?;
    match blas::is_open() {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => return Some(Err(error)),
    }
    let shape = match site.result_shape() {
        Ok(shape) => shape,
        Err(error) => return Some(Err(error)),
    };
    if shape.contains(&0) || site.inputs.iter().any(|x| x.shape().contains(&0)) {
        return None;
    }
    Some(match dtype {
        DType::F32 => convolved::<f32>(op, site, dtype, &shape, 1.0),
        _ => convolved::<f64>(op, site, dtype, &shape, 1.0),
    })
}

fn convolved<T: Multiplied + Send>(
    op: Convolutional,
    site: &Site<'_>,
    dtype: DType,
    shape: &[i32],
    one: T,
) -> Result<Array> {
    let (a, b) = (site.shape(0), site.shape(1));
    let inner = |shape: &[i32]| -> Sizes { shape[1..shape.len() - 1].into() };
    let (operand, result, kernel) = match op {
        Convolutional::Convolution => (a, shape, inner(b)),
        Convolutional::ConvolutionInput => (shape, a, inner(b)),
        Convolutional::ConvolutionWeight => (a, b, inner(shape)),
    };
    let geometry = Geometry::new(site, operand, result, &kernel)?.grouped(site.call.axis("groups")?);
    match op {
        Convolutional::Convolution => node::<T>(site, dtype, move |from, to| geometry.forward(from[0], from[1], to)),
        Convolutional::ConvolutionInput => node::<T>(site, dtype, move |from, to| geometry.input(from[0], from[1], to)),
        Convolutional::ConvolutionWeight => {
            node::<T>(site, dtype, move |from, to| geometry.weight(from[0], from[1], one, to))
        }
    }
}

/// The reduction of windows of floats.
pub(super) fn window(op: Window, site: &Site<'_>) -> Option<Result<Array>> {
    let dtype = computed_in(site.dtype())?;
    let shape = match site.result_shape() {
        Ok(shape) => shape,
        Err(error) => return Some(Err(error)),
    };
    if shape.contains(&0) {
        return None;
    }
    Some(match dtype {
        DType::F32 => pooled::<f32>(op, site, dtype, &shape, f32::NEG_INFINITY),
        _ => pooled::<f64>(op, site, dtype, &shape, f64::NEG_INFINITY),
    })
}

fn pooled<T: Multiplied + PartialOrd + Send>(
    op: Window,
    site: &Site<'_>,
    dtype: DType,
    shape: &[i32],
    least: T,
) -> Result<Array> {
    let geometry = Geometry::new(site, site.shape(0), shape, &site.dims("size")?)?;
    match op {
        Window::WindowMax => node::<T>(site, dtype, move |from, to| geometry.max(from[0], least, to)),
        Window::WindowSum => node::<T>(site, dtype, move |from, to| geometry.sum(from[0], to)),
        Window::WindowArgmax => {
            let s = site.stream;
            let x = if site.dtype() == dtype { site.inputs[0].another() } else { mlx::cast(site.inputs[0], dtype, s)? };
            let work: HostWork = Box::new(move |inputs, outputs| {
                geometry.argmax(typed::<T>(inputs[0]), least, typed_mut(outputs[0]));
                Ok(())
            });
            let mut made = mlx::host(&[&x], &[(shape.into(), DType::I64)], s, None, work)?;
            made.pop().ok_or_else(|| Error::internal("host work has no result"))
        }
    }
}

impl Geometry {
    /// Calls `each(row, element)` with the first channel of every place of a window that lies inside.
    fn visit(&self, mut each: impl FnMut(usize, usize)) {
        let step = self.channels[0];
        for row in 0..self.rows() {
            self.runs(row, 0, |_, element, count| {
                (0..count).for_each(|i| each(row, element + i * step));
            });
        }
    }

    fn max<T: Multiplied + PartialOrd>(&self, x: &[T], least: T, y: &mut [T]) {
        let n = self.channels[0];
        y.fill(least);
        self.visit(|row, element| {
            for (best, &x) in y[row * n..(row + 1) * n].iter_mut().zip(&x[element..element + n]) {
                // NaN is not at most anything, and then stays.
                if is_better(x, *best) {
                    *best = x;
                }
            }
        });
    }

    fn sum<T: Multiplied>(&self, x: &[T], y: &mut [T]) {
        let n = self.channels[0];
        self.visit(|row, element| {
            y[row * n..(row + 1) * n].iter_mut().zip(&x[element..element + n]).for_each(|(sum, &x)| *sum += x);
        });
    }

    fn argmax<T: Multiplied + PartialOrd>(&self, x: &[T], least: T, y: &mut [i64]) {
        let (n, places) = (self.channels[0], self.places());
        let mut best = vec![least; n];
        let mut current = usize::MAX;
        self.visit(|row, element| {
            let line = &mut y[row * n..(row + 1) * n];
            let place = (element / n % places) as i64;
            if row != current {
                current = row;
                best.fill(least);
                line.fill(place);
            }
            for ((best, at), &x) in best.iter_mut().zip(line).zip(&x[element..element + n]) {
                if is_better(x, *best) {
                    *best = x;
                    *at = place;
                }
            }
        });
    }
}

/// Whether a number is larger, or not one at all; nothing but another NaN follows NaN.
#[allow(clippy::eq_op, reason = "NaN alone differs from itself")]
fn is_better<T: PartialOrd + Copy>(x: T, best: T) -> bool {
    x > best || x != x
}
