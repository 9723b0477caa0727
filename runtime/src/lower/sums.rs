//! Sums of many single-precision elements on the CPU, and batch norm over such: accumulated in double precision, because a
//! running sum of a hundred thousand floats loses four of their seven digits, and MLX keeps one.

use flashlight_compiler::types::DType;
use smallvec::{SmallVec, smallvec};

use super::{Site, threads};
use crate::error::{Error, Result};
use crate::mlx::{self, HostWork, typed, typed_mut};
use crate::value::Sizes;

/// Fewer elements than these in one sum lose no digit that matters.
const MANY: usize = 256;

/// Neighbouring axes of one fate as one.
struct Folding {
    /// Sizes, outermost first, and whether each is summed over.
    axes: SmallVec<[(usize, bool); 4]>,
}

impl Folding {
    fn new(shape: &[i32], folded: impl Fn(i32) -> bool) -> Self {
        let mut axes: SmallVec<[(usize, bool); 4]> = SmallVec::new();
        for (i, &size) in (0..).zip(shape) {
            let (size, fate) = (size as usize, folded(i));
            match axes.last_mut() {
                Some((last, same)) if *same == fate => *last *= size,
                _ => axes.push((size, fate)),
            }
        }
        Self { axes }
    }

    fn size(&self, folded: bool) -> usize {
        self.axes.iter().filter(|axis| axis.1 == folded).map(|axis| axis.0).product()
    }

    /// Calls `each(place, start, length)` for every run along the last axis: the place of its first element in the result,
    /// its first element and its length.
    fn runs(&self, mut each: impl FnMut(usize, usize, usize)) {
        let Some((&(length, _), outer)) = self.axes.split_last() else { return };
        // How far one step along each outer axis moves in the result.
        let mut steps: SmallVec<[usize; 4]> = smallvec![0; outer.len()];
        let mut step = if self.axes[outer.len()].1 { 1 } else { length };
        for (slot, &(size, folded)) in steps.iter_mut().zip(outer).rev() {
            if !folded {
                *slot = step;
                step *= size;
            }
        }
        let mut index: SmallVec<[usize; 4]> = smallvec![0; outer.len()];
        let (mut place, mut start) = (0, 0);
        loop {
            each(place, start, length);
            start += length;
            let mut axis = outer.len();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                place += steps[axis];
                if index[axis] < outer[axis].0 {
                    break;
                }
                place -= steps[axis] * index[axis];
                index[axis] = 0;
            }
        }
    }

    /// Adds `of(element, place)` of every element to the sums.
    fn add(&self, x: &[f32], sums: &mut [f64], of: impl Fn(f32, usize) -> f64) {
        let folded = self.axes.last().is_some_and(|axis| axis.1);
        self.runs(|place, start, length| {
            let run = &x[start..start + length];
            if folded {
                sums[place] += lanes(run, |x| of(x, place));
            } else {
                let sums = &mut sums[place..place + length];
                sums.iter_mut().zip(run).enumerate().for_each(|(i, (sum, &x))| *sum += of(x, place + i));
            }
        });
    }
}

/// Into how many parts the outermost axis is cut: always the same, so that the order of a sum depends on its shape alone.
const PARTS: usize = 8;

impl Folding {
    /// The same over some of the outermost axis.
    fn some(&self, outermost: usize) -> Self {
        let mut axes = self.axes.clone();
        if let Some(axis) = axes.first_mut() {
            axis.0 = outermost;
        }
        Self { axes }
    }

    /// The outermost axis, and how many elements one step along it covers, where it is summed over.
    fn outermost(&self) -> Option<(usize, usize)> {
        let (first, inner) = self.axes.split_first().filter(|(first, _)| first.1 && first.0 > 1)?;
        Some((first.0, inner.iter().map(|axis| axis.0).product()))
    }

    /// The sums of `of(element, place)`.
    fn sums(&self, x: &[f32], of: impl Fn(f32, usize) -> f64 + Sync) -> Vec<f64> {
        let mut sums = vec![0f64; self.size(false)];
        let Some((size, step)) = self.outermost() else {
            self.add(x, &mut sums, of);
            return sums;
        };
        let each = size.div_ceil(PARTS);
        let mut parts = vec![sums.clone(); size.div_ceil(each)];
        threads::each(&mut parts, x.len(), |part, sums| {
            let (start, end) = (part * each, size.min((part + 1) * each));
            self.some(end - start).add(&x[start * step..end * step], sums, &of);
        });
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        sums
    }
}

/// The sum of a run in eight lanes, in an order that depends on its length alone.
fn lanes(run: &[f32], of: impl Fn(f32) -> f64) -> f64 {
    let mut lanes = [0f64; 8];
    let chunks = run.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|&x| of(x)).sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &x)| *lane += of(x));
    }
    lanes.iter().sum::<f64>() + rest
}

/// The sum over axes, where it is of many single-precision elements.
pub(super) fn sum(site: &Site<'_>) -> Option<Result<mlx::Array>> {
    if site.dtype() != DType::F32 || site.result.dtype != DType::F32 {
        return None;
    }
    let axes = match site.axes("dims") {
        Ok(axes) => axes,
        Err(error) => return Some(Err(error)),
    };
    let folding = Folding::new(site.shape(0), |i| axes.contains(&i));
    if folding.size(true) < MANY || site.shape(0).contains(&0) {
        return None;
    }
    Some(site.result_shape().and_then(|shape| {
        let work: HostWork = Box::new(move |inputs, outputs| {
            let sums = folding.sums(typed(inputs[0]), |x, _| f64::from(x));
            typed_mut::<f32>(outputs[0]).iter_mut().zip(sums).for_each(|(to, sum)| *to = sum as f32);
            Ok(())
        });
        let mut made = mlx::host(&[site.inputs[0]], &[(shape, DType::F32)], site.stream, None, work)?;
        made.pop().ok_or_else(|| Error::internal("host work has no result"))
    }))
}

/// Batch norm of single-precision elements: the result, mean and variance.
pub(super) fn per_place(site: &Site<'_>) -> Option<Result<SmallVec<[mlx::Array; 1]>>> {
    if site.dtype() != DType::F32 {
        return None;
    }
    let (axis, eps) = match site.axis("axis").and_then(|axis| Ok((axis, site.call.scalar("eps")?.as_f64()))) {
        Ok(found) => found,
        Err(error) => return Some(Err(error)),
    };
    let shape: Sizes = site.shape(0).into();
    let each: Sizes = smallvec![shape[axis as usize]];
    let folding = Folding::new(&shape, |i| i != axis);
    let outputs = [(shape, DType::F32), (each.clone(), DType::F32), (each, DType::F32)];
    let work: HostWork = Box::new(move |inputs, outputs| {
        let (x, weight, bias) = (typed::<f32>(inputs[0]), typed::<f32>(inputs[1]), typed::<f32>(inputs[2]));
        let share = folding.size(true) as f64;
        let mut mean = folding.sums(x, |x, _| f64::from(x));
        mean.iter_mut().for_each(|sum| *sum /= share);
        let mut variance = folding.sums(x, |x, place| {
            let centred = f64::from(x) - mean[place];
            centred * centred
        });
        variance.iter_mut().for_each(|sum| *sum /= share);
        let scale: Vec<f32> =
            variance.iter().zip(weight).map(|(v, &w)| (f64::from(w) / (v + eps).sqrt()) as f32).collect();
        let centre: Vec<f32> = mean.iter().map(|&m| m as f32).collect();
        let folded = folding.axes.last().is_some_and(|axis| axis.1);
        let [y, means, variances] = outputs else { return Err("batch norm has three results".to_owned()) };
        let (outermost, step) = folding.outermost().unwrap_or((1, x.len()));
        threads::by_rows(typed_mut::<f32>(y), step, |first, y| {
            let whole = if outermost > 1 { &folding.some(y.len() / step) } else { &folding };
            let x = &x[first * step..];
            whole.runs(|place, start, length| {
                let (to, from) = (&mut y[start..start + length], &x[start..start + length]);
                if folded {
                    let (m, s, b) = (centre[place], scale[place], bias[place]);
                    to.iter_mut().zip(from).for_each(|(y, &x)| *y = (x - m) * s + b);
                } else {
                    let places = place..place + length;
                    let vectors = centre[places.clone()].iter().zip(&scale[places.clone()]).zip(&bias[places]);
                    to.iter_mut().zip(from).zip(vectors).for_each(|((y, &x), ((&m, &s), &b))| *y = (x - m) * s + b);
                }
            });
        });
        typed_mut::<f32>(means).copy_from_slice(&centre);
        typed_mut::<f32>(variances).iter_mut().zip(&variance).for_each(|(to, &v)| *to = v as f32);
        Ok(())
    });
    Some(mlx::host(site.inputs, &outputs, site.stream, None, work).map(SmallVec::from_vec).map_err(Into::into))
}
