//! Linear algebra: host work over LAPACK, matrix by matrix. What LAPACK says of a matrix goes out as `info`; nothing fails
//! here that a caller could mend.

use flashlight_compiler::ir::Values;
use flashlight_compiler::ops::{Algebra, Call};
use flashlight_compiler::types::{DType, Dim, Type};

use super::Site;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::host::{host, sure_host, typed, typed_mut};
use crate::lapack::{self, Called, Element, Real};
use crate::mlx::{self, Array, HostWork};
use crate::value::Value;

/// One triangle of each matrix.
pub(super) fn triangle(site: &Site<'_>) -> Result<Array> {
    let (lower, strict) = (site.call.flag("lower")?, site.call.flag("strict")?);
    let k = if lower { -i32::from(strict) } else { i32::from(strict) };
    Ok(mlx::triangle(site.inputs[0], lower, k, site.stream)?)
}

pub(super) fn lower(
    op: Algebra,
    call: &Call<'_>,
    inputs: &[Value],
    results: &[Type],
    home: Device,
) -> Result<Values<Value>> {
    if results.iter().all(|ty| ty.shape.iter().any(|size| *size == 0)) {
        return results.iter().map(|ty| Value::from_bytes(&[], ty.clone(), home)).collect();
    }
    lapack::require()?;
    let dtype = call.inputs[0].dtype;
    if op == Algebra::PivotPlaces {
        let made = host(&[&inputs[0]], results, pivot_places(call)?)?;
        return made.iter().map(|value| value.to(home)).collect();
    }
    let general = match dtype {
        DType::F64 => work::<f64>(op, call),
        DType::C64 => work::<[f32; 2]>(op, call),
        _ => work::<f32>(op, call),
    }?;
    let work = match (general, dtype) {
        (Some(work), _) => work,
        (None, DType::C64) if op == Algebra::Eig => complex_eig(Sizes::of(call, 0)?),
        (None, DType::C64) => return Err(Error::unsupported(format_args!("{} of complex matrices", call.op))),
        (None, DType::F64) => real_work::<f64>(op, call)?,
        (None, _) => real_work::<f32>(op, call)?,
    };
    let inputs: Vec<&Value> = inputs.iter().collect();
    let made = sure_host(&inputs, results, work)?;
    made.iter().map(|value| value.to(home)).collect()
}

/// The matrices of a batch.
#[derive(Clone, Copy)]
struct Sizes {
    count: usize,
    rows: usize,
    columns: usize,
}

impl Sizes {
    fn of(call: &Call<'_>, operand: usize) -> Result<Sizes> {
        let known = |size: &Dim| {
            let size = size.as_known().and_then(|n| usize::try_from(n).ok());
            size.ok_or_else(|| Error::user(call.op, "a size is unknown"))
        };
        let shape = &call.inputs[operand].shape;
        let [batch @ .., rows, columns] = shape.as_slice() else {
            return Err(Error::internal(format_args!("{} of what is no matrix", call.op)));
        };
        let count = batch.iter().map(known).product::<Result<usize>>()?;
        Ok(Sizes { count, rows: known(rows)?, columns: known(columns)? })
    }

    fn elements(self) -> usize {
        self.rows * self.columns
    }

    fn smaller(self) -> usize {
        self.rows.min(self.columns)
    }
}

/// The i-th of equal parts of a buffer.
fn part<T>(buffer: &[T], i: usize, size: usize) -> &[T] {
    &buffer[i * size..(i + 1) * size]
}

fn part_mut<T>(buffer: &mut [T], i: usize, size: usize) -> &mut [T] {
    &mut buffer[i * size..(i + 1) * size]
}

/// A matrix of m rows, row by row, written column by column.
fn columns_of<T: Copy>(x: &[T], m: usize, n: usize) -> Vec<T> {
    (0..n).flat_map(|j| (0..m).map(move |i| x[i * n + j])).collect()
}

/// The first rows of a matrix that stands column by column, `leading` apart, written row by row.
fn to_rows<T: Copy>(from: &[T], leading: usize, n: usize, to: &mut [T]) {
    for (i, row) in to.chunks_mut(n.max(1)).enumerate() {
        for (j, slot) in row.iter_mut().enumerate() {
            *slot = from[j * leading + i];
        }
    }
}

fn identity<T: Element>(n: usize) -> Vec<T> {
    (0..n * n).map(|i| if i.is_multiple_of(n + 1) { T::ONE } else { T::ZERO }).collect()
}

/// Where each row went that the exchanges moved.
fn places_of(pivots: &[i32], rows: usize) -> Vec<usize> {
    let mut from: Vec<usize> = (0..rows).collect();
    for (i, &pivot) in pivots.iter().enumerate() {
        from.swap(i, pivot as usize - 1);
    }
    let mut places = vec![0; rows];
    for (i, &row) in from.iter().enumerate() {
        places[row] = i;
    }
    places
}

/// Where the exchanges of each batch take the rows.
fn pivot_places(call: &Call<'_>) -> Result<HostWork> {
    let known = |size: Option<&Dim>| {
        let size = size.and_then(Dim::as_known).and_then(|n| usize::try_from(n).ok());
        size.ok_or_else(|| Error::user(call.op, "a size is unknown"))
    };
    let (rows, count) = (known(Some(call.dim("rows")?))?, known(call.inputs[0].shape.last())?);
    Ok(Box::new(move |inputs, outputs| {
        let (pivots, places) = (typed::<i32>(inputs[0]), typed_mut::<i64>(outputs[0]));
        for (i, places) in places.chunks_mut(rows).enumerate() {
            let pivots = part(pivots, i, count);
            if count > rows || pivots.iter().any(|&pivot| pivot < 1 || pivot as usize > rows) {
                return Err(format!("pivots of {rows} rows are numbers from 1 to {rows}, {pivots:?} given"));
            }
            places.iter_mut().zip(places_of(pivots, rows)).for_each(|(slot, place)| *slot = place as i64);
        }
        Ok(())
    }))
}

/// The work of ops that take complex matrices too.
fn work<T: Element>(op: Algebra, call: &Call<'_>) -> Result<Option<HostWork>> {
    let size = Sizes::of(call, 0)?;
    let (m, n) = (size.rows, size.columns);
    Ok(Some(match op {
        Algebra::Cholesky => Box::new(move |inputs, outputs| {
            let [r, info] = outputs else { return Err(results(2)) };
            let (r, info) = (typed_mut::<T>(r), typed_mut::<i32>(info));
            r.copy_from_slice(typed(inputs[0]));
            for (i, info) in info.iter_mut().enumerate() {
                // Row by row, the lower factor is the upper one of the transposed matrix, column by column.
                let r = part_mut(r, i, n * n);
                *info = lapack::potrf(true, n, r)?;
                (0..n).for_each(|row| r[row * n + row + 1..(row + 1) * n].fill(T::ZERO));
            }
            Ok(())
        }),
        Algebra::SolveTriangular => {
            let (upper, unit, count) = (call.flag("upper")?, call.flag("unit")?, Sizes::of(call, 1)?.columns);
            Box::new(move |inputs, outputs| {
                let (a, r) = (typed::<T>(inputs[0]), typed_mut::<T>(outputs[0]));
                r.copy_from_slice(typed(inputs[1]));
                for i in 0..size.count {
                    // The transposed equation, column by column.
                    lapack::trsm_right(!upper, unit, count, n, part(a, i, n * n), part_mut(r, i, n * count))?;
                }
                Ok(())
            })
        }
        Algebra::Solve => {
            let count = Sizes::of(call, 1)?.columns;
            Box::new(move |inputs, outputs| {
                let [r, info] = outputs else { return Err(results(2)) };
                let (a, b) = (typed::<T>(inputs[0]), typed::<T>(inputs[1]));
                for i in 0..size.count {
                    let mut x = columns_of(part(b, i, n * count), n, count);
                    typed_mut::<i32>(info)[i] = solve(n, count, part(a, i, n * n), &mut x)?;
                    to_rows(&x, n, count, part_mut(typed_mut(r), i, n * count));
                }
                Ok(())
            })
        }
        Algebra::Inverse => Box::new(move |inputs, outputs| {
            let [r, info] = outputs else { return Err(results(2)) };
            for i in 0..size.count {
                let mut x = identity::<T>(n);
                typed_mut::<i32>(info)[i] = solve(n, n, part(typed(inputs[0]), i, n * n), &mut x)?;
                to_rows(&x, n, n, part_mut(typed_mut(r), i, n * n));
            }
            Ok(())
        }),
        Algebra::Lu => Box::new(move |inputs, outputs| {
            let [r, pivots, places, info] = outputs else { return Err(results(4)) };
            for i in 0..size.count {
                let mut x = columns_of::<T>(part(typed(inputs[0]), i, m * n), m, n);
                let pivots = part_mut(typed_mut(pivots), i, n);
                typed_mut::<i32>(info)[i] = lapack::getrf(m, n, &mut x, pivots)?;
                let places = part_mut(typed_mut::<i64>(places), i, m);
                places.iter_mut().zip(places_of(pivots, m)).for_each(|(slot, place)| *slot = place as i64);
                to_rows(&x, m, n, part_mut(typed_mut(r), i, m * n));
            }
            Ok(())
        }),
        Algebra::Qr => Box::new(move |inputs, outputs| {
            let [q, r] = outputs else { return Err(results(2)) };
            for i in 0..size.count {
                let mut x = columns_of::<T>(part(typed(inputs[0]), i, m * n), m, n);
                let mut tau = vec![T::ZERO; n];
                lapack::geqrf(m, n, &mut x, &mut tau)?;
                let r = part_mut(typed_mut(r), i, n * n);
                to_rows(&x, m, n, r);
                (0..n).for_each(|row| r[row * n..row * n + row].fill(T::ZERO));
                lapack::orgqr(m, n, n, &mut x, &tau)?;
                to_rows(&x, m, n, part_mut(typed_mut(q), i, m * n));
            }
            Ok(())
        }),
        Algebra::Geqrf => Box::new(move |inputs, outputs| {
            let [r, tau] = outputs else { return Err(results(2)) };
            for i in 0..size.count {
                let mut x = columns_of::<T>(part(typed(inputs[0]), i, m * n), m, n);
                lapack::geqrf(m, n, &mut x, part_mut(typed_mut(tau), i, size.smaller()))?;
                to_rows(&x, m, n, part_mut(typed_mut(r), i, m * n));
            }
            Ok(())
        }),
        Algebra::Eigh => {
            let upper = call.flag("upper")?;
            Box::new(move |inputs, outputs| {
                let [w, v, info] = outputs else { return Err(results(3)) };
                for i in 0..size.count {
                    let mut x = columns_of::<T>(part(typed(inputs[0]), i, n * n), n, n);
                    typed_mut::<i32>(info)[i] = lapack::syevd(upper, n, &mut x, part_mut(typed_mut(w), i, n))?;
                    to_rows(&x, n, n, part_mut(typed_mut(v), i, n * n));
                }
                Ok(())
            })
        }
        _ => return Ok(None),
    }))
}

/// What a fault of ours says: a row of another number of results.
fn results(wanted: usize) -> String {
    format!("the op has {wanted} results")
}

/// Solves a x = b in place; `a` stands row by row, `x` column by column.
fn solve<T: Element>(n: usize, count: usize, a: &[T], x: &mut [T]) -> Called<i32> {
    let (mut factors, mut pivots) = (columns_of(a, n, n), vec![0; n]);
    let info = lapack::getrf(n, n, &mut factors, &mut pivots)?;
    lapack::getrs(n, count, &factors, &pivots, x)?;
    Ok(info)
}

/// The diagonal of the upper factor, and whether the exchanges turn the sign. Transposed matrices have the same.
fn pivots_of<T: Real>(n: usize, x: &[T]) -> Called<(Vec<T>, bool)> {
    let (mut factors, mut pivots) = (columns_of(x, n, n), vec![0; n]);
    lapack::getrf(n, n, &mut factors, &mut pivots)?;
    let exchanges = (1..).zip(&pivots).filter(|(i, pivot)| i != *pivot).count();
    Ok(((0..n).map(|i| factors[i * (n + 1)]).collect(), exchanges % 2 == 1))
}

/// The work of ops of real matrices.
fn real_work<T: Real + std::ops::Mul<Output = T> + std::ops::AddAssign>(
    op: Algebra,
    call: &Call<'_>,
) -> Result<HostWork> {
    let size = Sizes::of(call, 0)?;
    let (m, n, k) = (size.rows, size.columns, size.smaller());
    Ok(match op {
        Algebra::Svd => {
            let full = call.flag("full")?;
            let (left, right) = if full { (m, n) } else { (k, k) };
            Box::new(move |inputs, outputs| {
                let [u, s, v, info] = outputs else { return Err(results(4)) };
                for i in 0..size.count {
                    let mut x = columns_of::<T>(part(typed(inputs[0]), i, m * n), m, n);
                    let (mut left_columns, mut right_columns) = (vec![T::ZERO; m * left], vec![T::ZERO; right * n]);
                    let s = part_mut(typed_mut(s), i, k);
                    typed_mut::<i32>(info)[i] =
                        lapack::gesdd(full, m, n, &mut x, s, &mut left_columns, &mut right_columns)?;
                    to_rows(&left_columns, m, left, part_mut(typed_mut(u), i, m * left));
                    to_rows(&right_columns, right, n, part_mut(typed_mut(v), i, right * n));
                }
                Ok(())
            })
        }
        Algebra::Eig => Box::new(move |inputs, outputs| {
            let [w, v, info] = outputs else { return Err(results(3)) };
            for i in 0..size.count {
                let x = part(typed::<T>(inputs[0]), i, n * n);
                let x: Vec<f32> = x.iter().map(|&x| Into::<f64>::into(x) as f32).collect();
                let mut x = columns_of(&x, n, n);
                let (mut re, mut im, mut vectors) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * n]);
                typed_mut::<i32>(info)[i] = lapack::geev(n, &mut x, [&mut re, &mut im], &mut vectors)?;
                let w = part_mut(typed_mut::<[f32; 2]>(w), i, n);
                w.iter_mut().zip(re.iter().zip(&im)).for_each(|(slot, (&re, &im))| *slot = [re, im]);
                to_rows(&complex_vectors(n, &im, &vectors), n, n, part_mut(typed_mut(v), i, n * n));
            }
            Ok(())
        }),
        Algebra::Determinant => Box::new(move |inputs, outputs| {
            for i in 0..size.count {
                let (diagonal, turned) = pivots_of::<T>(n, part(typed(inputs[0]), i, n * n))?;
                let start = T::nearest(if turned { -1.0 } else { 1.0 });
                typed_mut::<T>(outputs[0])[i] = diagonal.into_iter().fold(start, |product, x| product * x);
            }
            Ok(())
        }),
        Algebra::Slogdet => Box::new(move |inputs, outputs| {
            let [sign, log] = outputs else { return Err(results(2)) };
            for i in 0..size.count {
                let (diagonal, turned) = pivots_of::<T>(n, part(typed(inputs[0]), i, n * n))?;
                let numbers = || diagonal.iter().map(|&x| Into::<f64>::into(x));
                let start = if turned { -1.0 } else { 1.0 };
                let direction = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
                typed_mut::<T>(sign)[i] = T::nearest(numbers().map(direction).fold(start, |sign, x| sign * x));
                typed_mut::<T>(log)[i] = T::nearest(numbers().map(|x| x.abs().ln()).sum());
            }
            Ok(())
        }),
        Algebra::Cofactors => Box::new(move |inputs, outputs| {
            for i in 0..size.count {
                let r = part_mut(typed_mut::<T>(outputs[0]), i, n * n);
                cofactors(n, part(typed(inputs[0]), i, n * n), r)?;
            }
            Ok(())
        }),
        Algebra::PseudoInverse => {
            let alike = |operand: usize| call.inputs[operand].rank() == 0;
            let alike = [alike(1), alike(2)];
            let hermitian = call.flag("hermitian")?;
            Box::new(move |inputs, outputs| {
                let cutoff =
                    |operand: usize, i: usize| typed::<T>(inputs[operand])[if alike[operand - 1] { 0 } else { i }];
                for i in 0..size.count {
                    let (atol, rtol) = (cutoff(1, i).into(), cutoff(2, i).into());
                    let r = part_mut(typed_mut::<T>(outputs[0]), i, n * m);
                    let x = part(typed::<T>(inputs[0]), i, m * n);
                    if hermitian {
                        let low = |i: usize| x[i.max(i % n * n + i / n)];
                        let whole: Vec<T> = (0..n * n).map(|i| if i / n >= i % n { x[i] } else { low(i) }).collect();
                        pseudo_inverse(size, &whole, atol, rtol, r)?;
                    } else {
                        pseudo_inverse(size, x, atol, rtol, r)?;
                    }
                }
                Ok(())
            })
        }
        Algebra::LeastSquares => {
            let (rcond, driver) = (call.scalar("rcond")?.as_f64(), call.word("driver")?.to_owned());
            let count = Sizes::of(call, 1)?.columns;
            Box::new(move |inputs, outputs| {
                let [r, residuals, rank, values] = outputs else { return Err(results(4)) };
                for i in 0..size.count {
                    let mut a = columns_of::<T>(part(typed(inputs[0]), i, m * n), m, n);
                    let b = columns_of::<T>(part(typed(inputs[1]), i, m * count), m, count);
                    let high = m.max(n);
                    let mut x = vec![T::ZERO; high * count];
                    (0..count).for_each(|j| x[j * high..j * high + m].copy_from_slice(part(&b, j, m)));
                    let values = part_mut(typed_mut(values), i, k);
                    let fit = lapack::least_squares(&driver, [m, n, count], rcond, &mut a, &mut x, values)?;
                    let rank_of_all = if driver == "gels" { k as i64 } else { i64::from(fit.rank) };
                    typed_mut::<i64>(rank)[i] = if fit.info == 0 { rank_of_all } else { -1 };
                    to_rows(&x, high, count, part_mut(typed_mut(r), i, n * count));
                    for (j, slot) in part_mut(typed_mut::<T>(residuals), i, count).iter_mut().enumerate() {
                        let left = x[j * high + n.min(m)..j * high + m].iter();
                        *slot = T::nearest(left.map(|&x| Into::<f64>::into(x)).map(|x| x * x).sum());
                    }
                }
                Ok(())
            })
        }
        Algebra::LdlFactor => Box::new(move |inputs, outputs| {
            let [r, pivots, info] = outputs else { return Err(results(3)) };
            for i in 0..size.count {
                let mut x = columns_of::<T>(part(typed(inputs[0]), i, n * n), n, n);
                typed_mut::<i32>(info)[i] = lapack::sytrf(n, &mut x, part_mut(typed_mut(pivots), i, n))?;
                let r = part_mut(typed_mut(r), i, n * n);
                to_rows(&x, n, n, r);
                (0..n).for_each(|row| r[row * n + row + 1..(row + 1) * n].fill(T::ZERO));
            }
            Ok(())
        }),
        Algebra::LdlSolve => {
            let count = Sizes::of(call, 2)?.columns;
            Box::new(move |inputs, outputs| {
                for i in 0..size.count {
                    let factors = columns_of::<T>(part(typed(inputs[0]), i, n * n), n, n);
                    let mut x = columns_of(part(typed(inputs[2]), i, n * count), n, count);
                    lapack::sytrs(n, count, &factors, part(typed(inputs[1]), i, n), &mut x)?;
                    to_rows(&x, n, count, part_mut(typed_mut(outputs[0]), i, n * count));
                }
                Ok(())
            })
        }
        Algebra::HermitianRoot => Box::new(move |inputs, outputs| {
            for i in 0..size.count {
                let (w, v) = eigen(n, part(typed::<T>(inputs[0]), i, n * n))?;
                let scale = |j: usize, _: usize| w[j].sqrt();
                let eye = identity::<f64>(n);
                let middle = (0..n * n).map(|i| if eye[i] == 0.0 { 0.0 } else { scale(i / n, i % n) }).collect();
                write_turned(n, &v, middle, part_mut(typed_mut::<T>(outputs[0]), i, n * n));
            }
            Ok(())
        }),
        Algebra::Sylvester => Box::new(move |inputs, outputs| {
            for i in 0..size.count {
                let (w, v) = eigen(n, part(typed::<T>(inputs[0]), i, n * n))?;
                let b: Vec<f64> = part(typed::<T>(inputs[1]), i, n * n).iter().map(|&x| x.into()).collect();
                let turned: Vec<f64> = (0..n * n).map(|i| v[i % n * n + i / n]).collect();
                let mut middle = product(n, &product(n, &turned, &b), &v);
                middle.iter_mut().enumerate().for_each(|(i, x)| *x /= w[i / n] + w[i % n]);
                write_turned(n, &v, middle, part_mut(typed_mut::<T>(outputs[0]), i, n * n));
            }
            Ok(())
        }),
        Algebra::MatrixExp => Box::new(move |inputs, outputs| {
            for i in 0..size.count {
                let x = part(typed::<T>(inputs[0]), i, n * n).iter().map(|&x| x.into()).collect();
                let power = exponential(n, x)?;
                let r = part_mut(typed_mut::<T>(outputs[0]), i, n * n);
                r.iter_mut().zip(power).for_each(|(slot, x)| *slot = T::nearest(x));
            }
            Ok(())
        }),
        other => return Err(Error::internal(format_args!("{other:?} has no lowering for real matrices"))),
    })
}

/// Eigenvalues and, as columns of a matrix row by row, vectors of a symmetric matrix, in double precision.
fn eigen<T: Real>(n: usize, x: &[T]) -> Called<(Vec<f64>, Vec<f64>)> {
    let mut columns: Vec<f64> = columns_of(x, n, n).into_iter().map(Into::into).collect();
    let (mut w, mut v) = (vec![0.0; n], vec![0.0; n * n]);
    lapack::syevd(false, n, &mut columns, &mut w)?;
    to_rows(&columns, n, n, &mut v);
    Ok((w, v))
}

/// v m v^T.
fn write_turned<T: Real>(n: usize, v: &[f64], middle: Vec<f64>, to: &mut [T]) {
    let turned: Vec<f64> = (0..n * n).map(|i| v[i % n * n + i / n]).collect();
    let result = product(n, &product(n, v, &middle), &turned);
    to.iter_mut().zip(result).for_each(|(slot, x)| *slot = T::nearest(x));
}

/// Vectors of which pairs of conjugates share two real columns.
fn complex_vectors(n: usize, im: &[f32], packed: &[f32]) -> Vec<[f32; 2]> {
    let mut vectors: Vec<[f32; 2]> = packed.iter().map(|&x| [x, 0.0]).collect();
    let mut j = 0;
    while j < n {
        if im[j] == 0.0 || j + 1 == n {
            j += 1;
            continue;
        }
        for i in 0..n {
            let (re, im) = (packed[j * n + i], packed[(j + 1) * n + i]);
            (vectors[j * n + i], vectors[(j + 1) * n + i]) = ([re, im], [re, -im]);
        }
        j += 2;
    }
    vectors
}

fn complex_eig(size: Sizes) -> HostWork {
    let n = size.columns;
    Box::new(move |inputs, outputs| {
        let [w, v, info] = outputs else { return Err(results(3)) };
        for i in 0..size.count {
            let mut x = columns_of::<[f32; 2]>(part(typed(inputs[0]), i, n * n), n, n);
            let mut vectors = vec![[0.0f32; 2]; n * n];
            typed_mut::<i32>(info)[i] = lapack::complex_geev(n, &mut x, part_mut(typed_mut(w), i, n), &mut vectors)?;
            to_rows(&vectors, n, n, part_mut(typed_mut(v), i, n * n));
        }
        Ok(())
    })
}

/// The determinant times the transposed inverse. A pivot of 0 is taken for a very small one: of the product little more
/// than its rounding depends on it.
fn cofactors<T: Real>(n: usize, x: &[T], r: &mut [T]) -> Called<()> {
    // Solving by double precision: the pivot that stands for 0 may cost half of the digits.
    let mut factors: Vec<f64> = columns_of(x, n, n).into_iter().map(Into::into).collect();
    let largest = factors.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    let mut pivots = vec![0; n];
    lapack::getrf(n, n, &mut factors, &mut pivots)?;
    let mut determinant = 1.0;
    for (i, &pivot) in pivots.iter().enumerate() {
        let diagonal = &mut factors[i * (n + 1)];
        if *diagonal == 0.0 {
            *diagonal = (largest * 1e-14).max(f64::MIN_POSITIVE);
        }
        determinant *= if pivot as usize == i + 1 { *diagonal } else { -*diagonal };
    }
    let mut inverse = identity::<f64>(n);
    lapack::getrs(n, n, &factors, &pivots, &mut inverse)?;
    // Column by column, the inverse is the transposed one row by row.
    r.iter_mut().zip(inverse).for_each(|(slot, x)| *slot = T::nearest(determinant * x));
    Ok(())
}

fn pseudo_inverse<T: Real + std::ops::Mul<Output = T> + std::ops::AddAssign>(
    size: Sizes,
    x: &[T],
    atol: f64,
    rtol: f64,
    r: &mut [T],
) -> Called<()> {
    let (m, n, k) = (size.rows, size.columns, size.smaller());
    if size.elements() == 0 {
        return Ok(());
    }
    let mut columns = columns_of(x, m, n);
    let (mut s, mut u, mut v) = (vec![T::ZERO; k], vec![T::ZERO; m * k], vec![T::ZERO; k * n]);
    let info = lapack::gesdd(false, m, n, &mut columns, &mut s, &mut u, &mut v)?;
    if info != 0 {
        r.fill(T::nearest(f64::NAN));
        return Ok(());
    }
    let cutoff = atol.max(rtol * s.first().map_or(0.0, |&s| s.into()));
    for (j, &value) in s.iter().enumerate() {
        if value.into() <= cutoff {
            continue;
        }
        let share = T::nearest(1.0 / value.into());
        for i in 0..n {
            let left = v[i * k + j] * share;
            let row = &mut r[i * m..(i + 1) * m];
            row.iter_mut().zip(&u[j * m..(j + 1) * m]).for_each(|(slot, &u)| *slot += left * u);
        }
    }
    Ok(())
}

/// x y of n x n matrices; of transposed ones y x.
fn product(n: usize, x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut result = vec![0.0; n * n];
    for (row, x) in result.chunks_mut(n.max(1)).zip(x.chunks(n.max(1))) {
        for (&x, y) in x.iter().zip(y.chunks(n.max(1))) {
            row.iter_mut().zip(y).for_each(|(slot, y)| *slot += x * y);
        }
    }
    result
}

/// The exponential by the quotient of polynomials of degree 13 after halving, and squaring (Higham 2005).
fn exponential(n: usize, mut x: Vec<f64>) -> Called<Vec<f64>> {
    const B: [f64; 14] = [
        64_764_752_532_480_000.0,
        32_382_376_266_240_000.0,
        7_771_770_303_897_600.0,
        1_187_353_796_428_800.0,
        129_060_195_264_000.0,
        10_559_470_521_600.0,
        670_442_572_800.0,
        33_522_128_640.0,
        1_323_241_920.0,
        40_840_800.0,
        960_960.0,
        16_380.0,
        182.0,
        1.0,
    ];
    let norm = x.chunks(n.max(1)).map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    if !norm.is_finite() {
        return Ok(vec![f64::NAN; n * n]);
    }
    let halvings = (norm / 5.371_920_351_148_152).log2().ceil().clamp(0.0, 1100.0) as i32;
    x.iter_mut().for_each(|x| *x *= 0.5f64.powi(halvings));
    let square = product(n, &x, &x);
    let fourth = product(n, &square, &square);
    let sixth = product(n, &fourth, &square);
    let sum = |of: [f64; 4]| -> Vec<f64> {
        let eye = |i: usize| if i.is_multiple_of(n + 1) { of[0] } else { 0.0 };
        (0..n * n).map(|i| eye(i) + of[1] * square[i] + of[2] * fourth[i] + of[3] * sixth[i]).collect()
    };
    let plus = |x: Vec<f64>, y: Vec<f64>| -> Vec<f64> { x.iter().zip(&y).map(|(x, y)| x + y).collect() };
    let odd = plus(product(n, &sixth, &sum([0.0, B[9], B[11], B[13]])), sum([B[1], B[3], B[5], B[7]]));
    let odd = product(n, &x, &odd);
    let even = plus(product(n, &sixth, &sum([0.0, B[8], B[10], B[12]])), sum([B[0], B[2], B[4], B[6]]));
    // Row by row or column by column: the exponential of the transposed matrix is the transposed one.
    let mut result: Vec<f64> = even.iter().zip(&odd).map(|(even, odd)| even + odd).collect();
    let mut below: Vec<f64> = even.iter().zip(&odd).map(|(even, odd)| even - odd).collect();
    let mut pivots = vec![0; n];
    lapack::getrf(n, n, &mut below, &mut pivots)?;
    lapack::getrs(n, n, &below, &pivots, &mut result)?;
    for _ in 0..halvings {
        result = product(n, &result, &result);
    }
    Ok(result)
}
