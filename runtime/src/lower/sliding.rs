//! Convolutions and windows on the CPU, in single and double precision: windows are laid out as the rows of a small matrix
//! that stays in the cache, and BLAS multiplies them; pooling goes over the operand once. Threads share each.

use std::ops::Range;

use flashlight_compiler::ops::{Convolutional, Window};
use flashlight_compiler::types::DType;

use super::{Site, threads};
use crate::blas;
use crate::error::{Error, Result};
use crate::mlx::{self, Array, HostWork, Multiplied, Rows, typed, typed_mut};
use crate::value::Sizes;

/// How many elements of windows are laid out at a time.
const ROOM: usize = 1 << 18;

/// What of a window lies inside the operand, along one axis.
#[derive(Clone, Copy, Debug)]
struct Reach {
    /// The first place of the kernel that does, and how many do.
    kernel: usize,
    count: usize,
    /// Where the first lies in the operand.
    place: usize,
}

impl Reach {
    fn of(stride: usize, low: isize, dilation: usize, kernel: usize, operand: usize, at: usize) -> Self {
        let (start, step) = ((at * stride) as isize - low, dilation as isize);
        let first = if start >= 0 { 0 } else { (-start + step - 1) / step };
        let room = operand as isize - start;
        let last = if room <= 0 { 0 } else { (room + step - 1) / step };
        let last = last.clamp(0, kernel as isize);
        let first = first.min(last);
        Self { kernel: first as usize, count: (last - first) as usize, place: (start + first * step).max(0) as usize }
    }
}

/// The window of one place of the result.
struct Place {
    image: usize,
    reach: [Reach; 3],
}

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
    /// For each axis and place of the result along it.
    reaches: [Vec<Reach>; 3],
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
        let (places, counts, kernel) =
            (spatial(&inner(operand), 1, size), spatial(&inner(result), 1, size), spatial(kernel, 1, size));
        let (stride, dilation) = (spatial(&site.dims("stride")?, 1, size), spatial(&site.dims("dilation")?, 1, size));
        let low = spatial(&site.dims("low")?, 0, |n| n as isize);
        let reaches = [0, 1, 2].map(|axis| {
            let of = |at| Reach::of(stride[axis], low[axis], dilation[axis], kernel[axis], places[axis], at);
            (0..counts[axis]).map(of).collect()
        });
        Ok(Self {
            batch: size(operand[0]),
            operand: places,
            result: counts,
            kernel,
            stride,
            low,
            dilation,
            groups: 1,
            channels: [size(operand[operand.len() - 1]), size(result[result.len() - 1])],
            reaches,
        })
    }

    fn grouped(mut self, groups: u32) -> Self {
        self.groups = groups as usize;
        self.channels = self.channels.map(|n| n / self.groups);
        self
    }

    /// The windows of one element of the batch.
    fn rows_each(&self) -> usize {
        self.result.iter().product()
    }

    fn rows(&self) -> usize {
        self.batch * self.rows_each()
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

    /// Calls `each(row, window)` for some places of the result.
    fn visit(&self, rows: Range<usize>, mut each: impl FnMut(usize, &Place)) {
        let [depth, height, width] = self.result;
        let mut row = rows.start;
        while row < rows.end {
            let (line, first) = (row / width, row % width);
            let (image, z, y) = (line / (height * depth), line / height % depth, line % height);
            let (deep, high) = (self.reaches[0][z], self.reaches[1][y]);
            let last = width.min(first + rows.end - row);
            for wide in &self.reaches[2][first..last] {
                each(row, &Place { image, reach: [deep, high, *wide] });
                row += 1;
            }
        }
    }

    /// Calls `each(column, element, count)` for every run of a window that lies inside: the run's first column among the
    /// window's, its first element in the operand (all groups), and the number of kernel places in it.
    fn runs(&self, window: &Place, group: usize, mut each: impl FnMut(usize, usize, usize)) {
        let [deep, high, wide] = window.reach;
        if wide.count == 0 {
            return;
        }
        let (channels, all) = (self.channels[0], self.channels[0] * self.groups);
        // Neighbours along the last axis are one run where their channels lie side by side.
        let joined = self.groups == 1 && self.dilation[2] == 1;
        for z in 0..deep.count {
            let plane = window.image * self.operand[0] + deep.place + z * self.dilation[0];
            for y in 0..high.count {
                let line = (plane * self.operand[1] + high.place + y * self.dilation[1]) * self.operand[2] + wide.place;
                let column = ((deep.kernel + z) * self.kernel[1] + high.kernel + y) * self.kernel[2] + wide.kernel;
                if joined {
                    each(column * channels, line * all, wide.count);
                } else {
                    for x in 0..wide.count {
                        let element = (line + x * self.dilation[2]) * all + group * channels;
                        each((column + x) * channels, element, 1);
                    }
                }
            }
        }
    }

    fn is_whole(&self, window: &Place) -> bool {
        window.reach.iter().zip(self.kernel).all(|(reach, size)| reach.count == size)
    }

    /// Lays out windows as rows.
    fn gather<T: Multiplied + Send + Sync>(&self, operand: &[T], group: usize, rows: Range<usize>, into: &mut [T]) {
        let (columns, channels) = (self.columns(), self.channels[0]);
        threads::by_rows(into, columns, |first, part| {
            let start = rows.start + first;
            self.visit(start..start + part.len() / columns, |row, window| {
                let line = &mut part[(row - start) * columns..(row - start + 1) * columns];
                if !self.is_whole(window) {
                    line.fill(T::default());
                }
                self.runs(window, group, |column, element, count| {
                    let n = count * channels;
                    line[column..column + n].copy_from_slice(&operand[element..element + n]);
                });
            });
        });
    }

    /// Adds rows to the elements that their windows were laid out from.
    fn scatter<T: Multiplied + Send + Sync>(&self, from: &[T], group: usize, rows: Range<usize>, operand: &mut [T]) {
        let (columns, channels, each) = (self.columns(), self.channels[0], self.rows_each());
        // `operand` starts with that element of the batch.
        let add = |rows: Range<usize>, image: usize, from: &[T], operand: &mut [T]| {
            let (start, skipped) = (rows.start, image * self.places() * channels * self.groups);
            self.visit(rows, |row, window| {
                let line = &from[(row - start) * columns..(row - start + 1) * columns];
                self.runs(window, group, |column, element, count| {
                    let (n, element) = (count * channels, element - skipped);
                    operand[element..element + n]
                        .iter_mut()
                        .zip(&line[column..column + n])
                        .for_each(|(to, &x)| *to += x);
                });
            });
        };
        if !rows.start.is_multiple_of(each) || !rows.len().is_multiple_of(each) {
            return add(rows, 0, from, operand);
        }
        let (size, images) = (self.places() * channels * self.groups, rows.start / each..rows.end / each);
        threads::by_rows(&mut operand[images.start * size..images.end * size], size, |first, part| {
            let some = first * each..(first + part.len() / size) * each;
            let lines = &from[some.start * columns..some.end * columns];
            add(rows.start + some.start..rows.start + some.end, images.start + first, lines, part);
        });
    }

    /// Ranges of rows whose windows fit the room: of whole elements of the batch, where one fits.
    fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
        let (rows, each, room) = (self.rows(), self.rows_each().max(1), ROOM / self.columns().max(1));
        let step = if room >= each { room / each * each } else { room.max(1) };
        (0..rows).step_by(step).map(move |start| start..(start + step).min(rows))
    }

    fn result_rows<'a, T>(&self, y: &'a [T], group: usize, rows: &Range<usize>) -> Rows<'a, T> {
        let leading = self.channels[1] * self.groups;
        Rows { elements: &y[rows.start * leading + group * self.channels[1]..], leading, transposed: false }
    }

    fn forward<T: Multiplied + Send + Sync>(&self, x: &[T], weight: &[T], y: &mut [T]) {
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
    fn windows<'a, T: Multiplied + Send + Sync>(
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

    fn input<T: Multiplied + Send + Sync>(&self, y: &[T], weight: &[T], x: &mut [T]) {
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

    fn weight<T: Multiplied + Send + Sync>(&self, x: &[T], y: &[T], one: T, weight: &mut [T]) {
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

fn convolved<T: Multiplied + Send + Sync>(
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
    let plane = site.shape(0)[1..].iter().map(|&n| n as usize).product::<usize>();
    if shape.contains(&0) || i32::try_from(plane).is_err() {
        return None;
    }
    Some(match dtype {
        DType::F32 => pooled::<f32>(op, site, dtype, &shape, f32::NEG_INFINITY),
        _ => pooled::<f64>(op, site, dtype, &shape, f64::NEG_INFINITY),
    })
}

fn pooled<T: Multiplied + PartialOrd + Send + Sync>(
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
    /// Calls `each(line, element)` with the first channel of every place inside each window: the result's line of channels
    /// and the operand's element.
    fn pool<U: Send>(&self, result: &mut [U], start: impl Fn(&mut [U]) + Sync, each: impl Fn(&mut [U], usize) + Sync) {
        let n = self.channels[0];
        threads::by_rows(result, n, |first, part| {
            self.visit(first..first + part.len() / n, |row, window| {
                let line = &mut part[(row - first) * n..(row - first + 1) * n];
                start(line);
                self.runs(window, 0, |_, element, count| (0..count).for_each(|i| each(line, element + i * n)));
            });
        });
    }

    fn max<T: Multiplied + PartialOrd + Send + Sync>(&self, x: &[T], least: T, y: &mut [T]) {
        let n = self.channels[0];
        let start = |line: &mut [T]| line.fill(least);
        self.pool(y, start, |line, element| {
            // NaN is not at most anything, and then stays.
            line.iter_mut().zip(&x[element..element + n]).for_each(|(best, &x)| {
                *best = if is_better(x, *best) { x } else { *best };
            });
        });
    }

    fn sum<T: Multiplied + Send + Sync>(&self, x: &[T], y: &mut [T]) {
        let n = self.channels[0];
        self.pool(
            y,
            |_| {},
            |line, element| {
                line.iter_mut().zip(&x[element..element + n]).for_each(|(sum, &x)| *sum += x);
            },
        );
    }

    fn argmax<T: Multiplied + PartialOrd + Send + Sync>(&self, x: &[T], least: T, y: &mut [i64]) {
        let (n, places) = (self.channels[0], self.places());
        threads::by_rows(y, n, |first, part| {
            // Numbers and places of one width, so that lines of them are compared as vectors.
            let (mut best, mut places_of) = (vec![least; n], vec![0i32; n]);
            self.visit(first..first + part.len() / n, |row, window| {
                best.fill(least);
                let mut started = false;
                self.runs(window, 0, |_, element, count| {
                    for element in (0..count).map(|i| element + i * n) {
                        let place = (element / n % places) as i32;
                        if !started {
                            places_of.fill(place);
                            started = true;
                        }
                        follow_best(&mut best, &mut places_of, &x[element..element + n], place);
                    }
                });
                let line = &mut part[(row - first) * n..(row - first + 1) * n];
                line.iter_mut().zip(&places_of).for_each(|(to, &place)| *to = place.into());
            });
        });
    }
}

/// Puts down every number that is better than the best so far, and its place.
fn follow_best<T: PartialOrd + Copy>(best: &mut [T], at: &mut [i32], numbers: &[T], place: i32) {
    for ((best, at), &x) in best.iter_mut().zip(at).zip(numbers) {
        let better = is_better(x, *best);
        *best = if better { x } else { *best };
        *at = if better { place } else { *at };
    }
}

/// Whether a number is larger, or not one at all; nothing but another NaN follows NaN.
#[allow(clippy::eq_op, reason = "NaN alone differs from itself")]
fn is_better<T: PartialOrd + Copy>(x: T, best: T) -> bool {
    // Both sides are computed: a branch would keep lines of numbers from being compared as vectors.
    (x > best) | (x != x)
}
