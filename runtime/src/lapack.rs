//! LAPACK's routines on matrices in memory, column by column: of the BLAS library that is open (`blas`), or of macOS'
//! Accelerate. Refuses to know of values, devices or batches.

#![allow(unsafe_code, reason = "calls Fortran through pointers that are found by name")]

use std::ffi::{c_char, c_int, c_void};

use crate::blas;
use crate::error::{Error, Result};
use crate::mlx::{self, Plain};

/// Why a routine could not run: the library lacks it, or a size is beyond its integers.
pub(crate) type Called<T> = std::result::Result<T, String>;

/// The element types of LAPACK.
pub(crate) trait Element: Plain + PartialEq + Send + 'static {
    /// The first letter of its routines.
    const LETTER: char;
    /// Nothing.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The type of absolute values.
    type Real: Real;
    /// The real part.
    fn real(self) -> f64;
}

/// Those without imaginary parts.
pub(crate) trait Real: Element<Real = Self> + PartialOrd + Into<f64> {
    /// The nearest.
    fn nearest(x: f64) -> Self;
}

macro_rules! reals {
    ($($t:ty => $letter:literal),*) => { $(
        impl Element for $t {
            const LETTER: char = $letter;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            type Real = $t;
            fn real(self) -> f64 { self.into() }
        }
        impl Real for $t {
            fn nearest(x: f64) -> Self { x as $t }
        }
    )* };
}
reals!(f32 => 's', f64 => 'd');

impl Element for [f32; 2] {
    const LETTER: char = 'c';
    const ZERO: Self = [0.0, 0.0];
    const ONE: Self = [1.0, 0.0];
    type Real = f32;
    fn real(self) -> f64 {
        self[0].into()
    }
}

/// Refuses where there is no LAPACK; opens the installed one where no library is open yet.
pub(crate) fn require() -> Result<()> {
    if mlx::lapack("sgetrf").is_some() {
        return Ok(());
    }
    blas::open_installed_blas()?;
    match mlx::lapack("sgetrf") {
        Some(_) => Ok(()),
        None => Err(Error::unsupported("linear algebra without the LAPACK of scipy-openblas32 or of Accelerate")),
    }
}

type Pointer = *const c_void;

macro_rules! pointer {
    ($argument:expr) => {
        Pointer
    };
}

/// Calls a routine by its name without the letter. Behind the arguments, all of them pointers, stand the lengths of texts,
/// which are letters here: more than a routine takes do no harm.
macro_rules! fortran {
    ($t:ty, $name:expr, $($argument:expr),+ $(,)?) => {{
        let name = format!("{}{}", <$t>::LETTER, $name);
        let Some(found) = mlx::lapack(&name) else { return Err(format!("the LAPACK library has no {name}")) };
        // SAFETY: Fortran's routine of that name takes these pointers, to buffers of the sizes that the wrappers below
        // check, and writes nothing beyond them.
        unsafe {
            let routine: unsafe extern "C" fn($(pointer!($argument)),+, usize, usize, usize, usize) =
                std::mem::transmute::<Pointer, _>(found);
            routine($($argument),+, 1, 1, 1, 1);
        }
    }};
}

fn at<T>(x: &T) -> Pointer {
    std::ptr::from_ref(x).cast()
}

fn list<T>(x: &mut [T]) -> Pointer {
    x.as_mut_ptr().cast_const().cast()
}

fn read<T>(x: &[T]) -> Pointer {
    x.as_ptr().cast()
}

/// A size, as Fortran counts.
fn int(n: usize) -> Called<c_int> {
    c_int::try_from(n).map_err(|_| format!("a matrix with a side of {n} is beyond LAPACK's integers"))
}

/// The distance of columns, which may not be 0.
fn leading(n: usize) -> Called<c_int> {
    int(n.max(1))
}

fn letter(c: u8) -> c_char {
    c as c_char
}

fn holds<T>(x: &[T], rows: usize, columns: usize) {
    assert!(x.len() >= rows * columns, "a matrix reaches beyond its buffer");
}

/// The size of the workspace that a first call answered.
fn room<T: Element>(answer: T) -> Called<(c_int, Vec<T>)> {
    let size = (answer.real() as usize).max(1);
    Ok((int(size)?, vec![T::ZERO; size]))
}

/// The Cholesky factor in one triangle.
pub(crate) fn potrf<T: Element>(upper: bool, n: usize, a: &mut [T]) -> Called<i32> {
    holds(a, n, n);
    let (uplo, order, lda, mut info) = (letter(if upper { b'U' } else { b'L' }), int(n)?, leading(n)?, [0 as c_int]);
    fortran!(T, "potrf", at(&uplo), at(&order), list(a), at(&lda), list(&mut info));
    Ok(info[0])
}

/// LU factors with exchanges of rows.
pub(crate) fn getrf<T: Element>(m: usize, n: usize, a: &mut [T], pivots: &mut [i32]) -> Called<i32> {
    holds(a, m, n);
    holds(pivots, m.min(n), 1);
    let (rows, columns, lda, mut info) = (int(m)?, int(n)?, leading(m)?, [0 as c_int]);
    fortran!(T, "getrf", at(&rows), at(&columns), list(a), at(&lda), list(pivots), list(&mut info));
    Ok(info[0])
}

/// Solves by LU factors.
pub(crate) fn getrs<T: Element>(n: usize, count: usize, a: &[T], pivots: &[i32], b: &mut [T]) -> Called<()> {
    holds(a, n, n);
    holds(b, n, count);
    holds(pivots, n, 1);
    let (trans, order, columns, ld, mut info) = (letter(b'N'), int(n)?, int(count)?, leading(n)?, [0 as c_int]);
    fortran!(
        T,
        "getrs",
        at(&trans),
        at(&order),
        at(&columns),
        read(a),
        at(&ld),
        read(pivots),
        list(b),
        at(&ld),
        list(&mut info)
    );
    Ok(())
}

/// x a = b for a triangular a of n x n and rows b of m x n.
pub(crate) fn trsm_right<T: Element>(upper: bool, unit: bool, m: usize, n: usize, a: &[T], b: &mut [T]) -> Called<()> {
    holds(a, n, n);
    holds(b, m, n);
    let (side, uplo, trans) = (letter(b'R'), letter(if upper { b'U' } else { b'L' }), letter(b'N'));
    let (diagonal, one) = (letter(if unit { b'U' } else { b'N' }), T::ONE);
    let (rows, columns, lda, ldb) = (int(m)?, int(n)?, leading(n)?, leading(m)?);
    fortran!(
        T,
        "trsm",
        at(&side),
        at(&uplo),
        at(&trans),
        at(&diagonal),
        at(&rows),
        at(&columns),
        at(&one),
        read(a),
        at(&lda),
        list(b),
        at(&ldb)
    );
    Ok(())
}

/// Reflections, and the triangle that they leave.
pub(crate) fn geqrf<T: Element>(m: usize, n: usize, a: &mut [T], tau: &mut [T]) -> Called<()> {
    holds(a, m, n);
    holds(tau, m.min(n), 1);
    let (rows, columns, lda, mut info) = (int(m)?, int(n)?, leading(m)?, [0 as c_int]);
    let (mut size, mut work) = (-1 as c_int, vec![T::ZERO]);
    for _ in 0..2 {
        fortran!(
            T,
            "geqrf",
            at(&rows),
            at(&columns),
            list(a),
            at(&lda),
            list(tau),
            list(&mut work),
            at(&size),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(())
}

/// The first n columns of the product of k reflections of m rows.
pub(crate) fn orgqr<T: Element>(m: usize, n: usize, k: usize, a: &mut [T], tau: &[T]) -> Called<()> {
    holds(a, m, n);
    holds(tau, k, 1);
    let (rows, columns, count, lda, mut info) = (int(m)?, int(n)?, int(k)?, leading(m)?, [0 as c_int]);
    let (mut size, mut work) = (-1 as c_int, vec![T::ZERO]);
    let name = if T::LETTER == 'c' { "ungqr" } else { "orgqr" };
    for _ in 0..2 {
        fortran!(
            T,
            name,
            at(&rows),
            at(&columns),
            at(&count),
            list(a),
            at(&lda),
            read(tau),
            list(&mut work),
            at(&size),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(())
}

/// Singular values, and thin or full factors u and v (its rows the right vectors).
pub(crate) fn gesdd<T: Real>(
    full: bool,
    m: usize,
    n: usize,
    a: &mut [T],
    s: &mut [T],
    u: &mut [T],
    v: &mut [T],
) -> Called<i32> {
    let k = m.min(n);
    let (left, right) = if full { (m, n) } else { (k, k) };
    holds(a, m, n);
    holds(s, k, 1);
    holds(u, m, left);
    holds(v, right, n);
    let (job, rows, columns) = (letter(if full { b'A' } else { b'S' }), int(m)?, int(n)?);
    let (lda, ldu, ldv, mut info) = (leading(m)?, leading(m)?, leading(right)?, [0 as c_int]);
    let (mut size, mut work, mut places) = (-1 as c_int, vec![T::ZERO], vec![0 as c_int; 8 * k.max(1)]);
    for _ in 0..2 {
        fortran!(
            T,
            "gesdd",
            at(&job),
            at(&rows),
            at(&columns),
            list(a),
            at(&lda),
            list(s),
            list(u),
            at(&ldu),
            list(v),
            at(&ldv),
            list(&mut work),
            at(&size),
            list(&mut places),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(info[0])
}

/// Eigenvalues of a symmetric matrix of which one triangle is read; the vectors take its place.
pub(crate) fn syevd<T: Element>(upper: bool, n: usize, a: &mut [T], w: &mut [T::Real]) -> Called<i32> {
    holds(a, n, n);
    holds(w, n, 1);
    let uplo = letter(if upper { b'U' } else { b'L' });
    let (job, order, lda, mut info) = (letter(b'V'), int(n)?, leading(n)?, [0 as c_int]);
    let (mut size, mut work) = (-1 as c_int, vec![T::ZERO]);
    let (mut real_size, mut real_work) = (-1 as c_int, vec![T::Real::ZERO]);
    let (mut place_size, mut places) = (-1 as c_int, vec![0 as c_int]);
    for _ in 0..2 {
        if T::LETTER == 'c' {
            fortran!(
                T,
                "heevd",
                at(&job),
                at(&uplo),
                at(&order),
                list(a),
                at(&lda),
                list(w),
                list(&mut work),
                at(&size),
                list(&mut real_work),
                at(&real_size),
                list(&mut places),
                at(&place_size),
                list(&mut info)
            );
        } else {
            fortran!(
                T,
                "syevd",
                at(&job),
                at(&uplo),
                at(&order),
                list(a),
                at(&lda),
                list(w),
                list(&mut work),
                at(&size),
                list(&mut places),
                at(&place_size),
                list(&mut info)
            );
        }
        if size == -1 {
            (size, work) = room(work[0])?;
            (real_size, real_work) = room(real_work[0])?;
            place_size = places[0].max(1);
            places = vec![0; place_size as usize];
        }
    }
    Ok(info[0])
}

/// Eigenvalues, in real and imaginary parts, and right vectors: of a pair of conjugates the real and the imaginary part.
pub(crate) fn geev(n: usize, a: &mut [f32], w: [&mut [f32]; 2], v: &mut [f32]) -> Called<i32> {
    let [re, im] = w;
    holds(a, n, n);
    holds(v, n, n);
    holds(re, n, 1);
    holds(im, n, 1);
    let (no, yes, order, lda, mut info) = (letter(b'N'), letter(b'V'), int(n)?, leading(n)?, [0 as c_int]);
    let (mut size, mut work, none) = (-1 as c_int, vec![0.0f32], [0.0f32]);
    for _ in 0..2 {
        fortran!(
            f32,
            "geev",
            at(&no),
            at(&yes),
            at(&order),
            list(a),
            at(&lda),
            list(re),
            list(im),
            read(&none),
            at(&lda),
            list(v),
            at(&lda),
            list(&mut work),
            at(&size),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(info[0])
}

/// [`geev`] of complex matrices.
pub(crate) fn complex_geev(n: usize, a: &mut [[f32; 2]], w: &mut [[f32; 2]], v: &mut [[f32; 2]]) -> Called<i32> {
    type C = [f32; 2];
    holds(a, n, n);
    holds(v, n, n);
    holds(w, n, 1);
    let (no, yes, order, lda, mut info) = (letter(b'N'), letter(b'V'), int(n)?, leading(n)?, [0 as c_int]);
    let (mut size, mut work, none) = (-1 as c_int, vec![C::ZERO], [C::ZERO]);
    let mut real_work = vec![0.0f32; 2 * n.max(1)];
    for _ in 0..2 {
        fortran!(
            C,
            "geev",
            at(&no),
            at(&yes),
            at(&order),
            list(a),
            at(&lda),
            list(w),
            read(&none),
            at(&lda),
            list(v),
            at(&lda),
            list(&mut work),
            at(&size),
            list(&mut real_work),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(info[0])
}

/// The factors of a symmetric indefinite matrix, of which the lower triangle is read.
pub(crate) fn sytrf<T: Real>(n: usize, a: &mut [T], pivots: &mut [i32]) -> Called<i32> {
    holds(a, n, n);
    holds(pivots, n, 1);
    let (uplo, order, lda, mut info) = (letter(b'L'), int(n)?, leading(n)?, [0 as c_int]);
    let (mut size, mut work) = (-1 as c_int, vec![T::ZERO]);
    for _ in 0..2 {
        fortran!(
            T,
            "sytrf",
            at(&uplo),
            at(&order),
            list(a),
            at(&lda),
            list(pivots),
            list(&mut work),
            at(&size),
            list(&mut info)
        );
        if size == -1 {
            (size, work) = room(work[0])?;
        }
    }
    Ok(info[0])
}

/// Solves by the factors of [`sytrf`].
pub(crate) fn sytrs<T: Real>(n: usize, count: usize, a: &[T], pivots: &[i32], b: &mut [T]) -> Called<()> {
    holds(a, n, n);
    holds(pivots, n, 1);
    holds(b, n, count);
    let (uplo, order, columns, ld, mut info) = (letter(b'L'), int(n)?, int(count)?, leading(n)?, [0 as c_int]);
    fortran!(
        T,
        "sytrs",
        at(&uplo),
        at(&order),
        at(&columns),
        read(a),
        at(&ld),
        read(pivots),
        list(b),
        at(&ld),
        list(&mut info)
    );
    Ok(())
}

/// What a routine of least squares found beside the solution.
pub(crate) struct Fit {
    /// The rank, where the routine finds it.
    pub(crate) rank: i32,
    /// More than 0 where it failed.
    pub(crate) info: i32,
}

/// Least squares of m x n matrices; b, of max(m, n) rows, is overwritten by the solution. Routines with singular values
/// write those.
pub(crate) fn least_squares<T: Real>(
    driver: &str,
    size: [usize; 3],
    rcond: f64,
    a: &mut [T],
    b: &mut [T],
    values: &mut [T],
) -> Called<Fit> {
    let [m, n, count] = size;
    let k = m.min(n);
    holds(a, m, n);
    holds(b, m.max(n), count);
    holds(values, k, 1);
    let (rows, columns, sides, lda, ldb) = (int(m)?, int(n)?, int(count)?, leading(m)?, leading(m.max(n))?);
    let (rcond, mut rank, mut info) = (T::nearest(rcond), [0 as c_int], [0 as c_int]);
    let (mut room_size, mut work) = (-1 as c_int, vec![T::ZERO]);
    // More than every routine asks for: gelsd's answer may be read only after the first call.
    let levels = ((k as f64 / 2.0).log2().max(0.0) as usize) + 4;
    let mut places = vec![0 as c_int; (3 * k * levels + 11 * k).max(n).max(1)];
    let no = letter(b'N');
    for _ in 0..2 {
        match driver {
            "gels" => fortran!(
                T,
                "gels",
                at(&no),
                at(&rows),
                at(&columns),
                at(&sides),
                list(a),
                at(&lda),
                list(b),
                at(&ldb),
                list(&mut work),
                at(&room_size),
                list(&mut info)
            ),
            "gelsy" => {
                places.fill(0);
                fortran!(
                    T,
                    "gelsy",
                    at(&rows),
                    at(&columns),
                    at(&sides),
                    list(a),
                    at(&lda),
                    list(b),
                    at(&ldb),
                    list(&mut places),
                    at(&rcond),
                    list(&mut rank),
                    list(&mut work),
                    at(&room_size),
                    list(&mut info)
                );
            }
            "gelsd" => fortran!(
                T,
                "gelsd",
                at(&rows),
                at(&columns),
                at(&sides),
                list(a),
                at(&lda),
                list(b),
                at(&ldb),
                list(values),
                at(&rcond),
                list(&mut rank),
                list(&mut work),
                at(&room_size),
                list(&mut places),
                list(&mut info)
            ),
            _ => fortran!(
                T,
                "gelss",
                at(&rows),
                at(&columns),
                at(&sides),
                list(a),
                at(&lda),
                list(b),
                at(&ldb),
                list(values),
                at(&rcond),
                list(&mut rank),
                list(&mut work),
                at(&room_size),
                list(&mut info)
            ),
        }
        if room_size == -1 {
            (room_size, work) = room(work[0])?;
        }
    }
    Ok(Fit { rank: rank[0], info: info[0] })
}
