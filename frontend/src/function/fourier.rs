//! Fourier transforms: of complex numbers one op, of real ones slices and mirrored halves of it.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use smallvec::{SmallVec, smallvec};

use super::{
    Arguments, Function, Overload, Places, Returned,
    call::default_device,
    compose::{axes, axis, default_dtype, torch_name},
    creation::Made,
    direct, one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// Which sign the exponent has, which decides where the division by the size stands.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forward,
    Inverse,
}

/// The factor by which a transform of so many points is multiplied.
fn factor(a: &Arguments, way: Way, points: i64) -> Result<f64> {
    let n = points as f64;
    match (a.optional_text("norm")?, way) {
        (None | Some("backward"), Way::Forward) | (Some("forward"), Way::Inverse) => Ok(1.0),
        (None | Some("backward"), Way::Inverse) | (Some("forward"), Way::Forward) => Ok(1.0 / n),
        (Some("ortho"), _) => Ok(1.0 / n.sqrt()),
        (Some(other), _) => Err(Error::runtime(format_args!("Invalid normalization mode: \"{other}\""))),
    }
}

/// The input in an element type that transforms have.
fn input(s: &mut Scope<'_>, a: &Arguments, complex: bool) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let dtype = if x.ty().dtype.is_inexact() { x.ty().dtype } else { default_dtype() };
    match dtype {
        DType::F32 | DType::C64 => s.cast(&x, if complex { DType::C64 } else { dtype }),
        DType::F16 | DType::BF16 => Err(Error::runtime(format_args!("Unsupported dtype {}", torch_name(dtype)))),
        _ => Err(Error::unsupported(format_args!(
            "torch.{} of float64, whose results are complex128 or come from it,",
            a.signature.name.replacen('_', ".", 1)
        ))),
    }
}

/// The axes of a transform of several, and the points along each.
struct Grid {
    axes: Axes,
    points: SmallVec<[i64; 4]>,
}

fn size(x: &Value, axis: u32) -> Result<i64> {
    let size = x.ty().shape[axis as usize].as_known();
    size.ok_or_else(|| Error::unsupported("a transform along an axis of unknown size"))
}

fn refuse_no_points(n: i64) -> Result<()> {
    if n >= 1 { Ok(()) } else { Err(Error::runtime(format_args!("Invalid number of data points ({n}) specified"))) }
}

impl Grid {
    /// One axis.
    fn line(a: &Arguments, x: &Value) -> Result<Grid> {
        if x.ty().rank() == 0 {
            let dim = a.int("dim")?;
            return Err(Error::index(format_args!("Dimension specified as {dim} but tensor has no dimensions")));
        }
        let axis = axis(a.int("dim")?, x.ty().rank())?;
        let n = match a.optional_int("n")? {
            Some(n) => n,
            None => size(x, axis)?,
        };
        Ok(Grid { axes: smallvec![axis], points: smallvec![n] })
    }

    /// Those that `dim` and `s` name; all where they name none.
    fn named(a: &Arguments, x: &Value) -> Result<Grid> {
        let rank = x.ty().rank();
        let sizes = a.optional_ints("s")?;
        let dims: SmallVec<[i64; 4]> = match (a.optional_ints("dim")?, &sizes) {
            (Some(dims), _) => dims,
            (None, Some(sizes)) if sizes.len() > rank => {
                return Err(Error::runtime(format_args!(
                    "Got shape with {} values but input tensor only has {rank} dimensions.",
                    sizes.len()
                )));
            }
            (None, Some(sizes)) => ((rank - sizes.len()) as i64..rank as i64).collect(),
            (None, None) => (0..rank as i64).collect(),
        };
        let axes = match axes(&dims, rank) {
            Err(Error::User { message, .. }) if message.contains("multiple times") => {
                return Err(Error::runtime("FFT dims must be unique"));
            }
            other => other?,
        };
        if let Some(sizes) = &sizes
            && sizes.len() != axes.len()
        {
            return Err(Error::runtime("When given, dim and shape arguments must have the same length"));
        }
        let mut points = SmallVec::new();
        for (i, &axis) in axes.iter().enumerate() {
            points.push(match &sizes {
                Some(sizes) if sizes[i] != -1 => sizes[i],
                _ => size(x, axis)?,
            });
        }
        Ok(Grid { axes, points })
    }

    fn refuse_no_points(&self) -> Result<()> {
        self.points.iter().try_for_each(|&n| refuse_no_points(n))
    }

    /// All but the last, and the last.
    fn split_last(&self) -> Result<(Grid, u32, i64)> {
        match (self.axes.split_last(), self.points.split_last()) {
            (Some((&axis, axes)), Some((&n, points))) => {
                Ok((Grid { axes: axes.into(), points: points.into() }, axis, n))
            }
            _ => Err(Error::runtime("at least one dimension must be transformed")),
        }
    }
}

/// As many elements along an axis as are wanted: cut off, or with zeros behind.
fn resized(s: &mut Scope<'_>, x: &Value, axis: u32, wanted: i64) -> Result<Value> {
    let given = size(x, axis)?;
    if wanted <= given {
        return s.window(x, axis, 0, wanted);
    }
    let none: Shape = smallvec![Dim::known(0); x.ty().rank()];
    let mut high = none.clone();
    high[axis as usize] = Dim::known(wanted - given);
    s.emit_one(Op::Pad, attrs![Scalar::Float(0.0), none.clone(), high, none], std::slice::from_ref(x))
}

fn scaled(s: &mut Scope<'_>, x: &Value, by: f64) -> Result<Value> {
    if by == 1.0 { Ok(x.clone()) } else { s.with_number(Op::Mul, x, by) }
}

/// The transform of complex numbers over a grid, without its factor.
fn transformed(s: &mut Scope<'_>, x: &Value, grid: &Grid, way: Way) -> Result<Value> {
    let mut x = x.clone();
    for (&axis, &n) in grid.axes.iter().zip(&grid.points) {
        x = resized(s, &x, axis, n)?;
    }
    if grid.axes.is_empty() || x.ty().shape.iter().any(|d| *d == 0) {
        return Ok(x);
    }
    s.emit_one(Op::Fft, attrs![grid.axes.clone(), way == Way::Inverse], &[x])
}

/// The first half of the transform of real numbers along an axis; the other is its mirror image.
fn half(s: &mut Scope<'_>, x: &Value, axis: u32, n: i64) -> Result<Value> {
    let x = s.cast(x, DType::C64)?;
    let grid = Grid { axes: smallvec![axis], points: smallvec![n] };
    let whole = transformed(s, &x, &grid, Way::Forward)?;
    s.window(&whole, axis, 0, n / 2 + 1)
}

/// n real numbers of which this is the first half of the transform.
fn whole(s: &mut Scope<'_>, x: &Value, axis: u32, n: i64) -> Result<Value> {
    let given = n / 2 + 1;
    let x = resized(s, x, axis, given)?;
    let rest = s.window(&x, axis, 1, n - given)?;
    let mirrored = s.emit_one(Op::Flip, attrs![Axes::from_slice(&[axis])], &[rest])?;
    let mirrored = s.conjugate(&mirrored)?;
    let both = s.emit_one(Op::Concat, attrs![axis], &[x, mirrored])?;
    let grid = Grid { axes: smallvec![axis], points: smallvec![n] };
    let result = transformed(s, &both, &grid, Way::Inverse)?;
    s.unary(Op::Real, &result)
}

fn total(grid: &Grid) -> i64 {
    grid.points.iter().product()
}

/// Complex to complex.
fn complex(s: &mut Scope<'_>, a: &Arguments, way: Way, several: bool) -> Result<Value> {
    let x = input(s, a, true)?;
    let grid = if several { Grid::named(a, &x)? } else { Grid::line(a, &x)? };
    grid.refuse_no_points()?;
    let by = factor(a, way, total(&grid))?;
    let result = transformed(s, &x, &grid, way)?;
    scaled(s, &result, by)
}

/// Real to the first half of complex: `rfft`, and with the other sign `ihfft`.
fn from_real(s: &mut Scope<'_>, a: &Arguments, way: Way, several: bool) -> Result<Value> {
    let x = input(s, a, false)?;
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::argument(format_args!(
            "{} expects a real input tensor, but got {}",
            a.signature.name.trim_start_matches("fft_"),
            torch_name(x.ty().dtype)
        )));
    }
    let grid = if several { Grid::named(a, &x)? } else { Grid::line(a, &x)? };
    grid.refuse_no_points()?;
    let (others, axis, n) = grid.split_last()?;
    let by = factor(a, way, total(&grid))?;
    let mut result = half(s, &x, axis, n)?;
    if way == Way::Inverse {
        result = s.conjugate(&result)?;
    }
    let result = transformed(s, &result, &others, way)?;
    scaled(s, &result, by)
}

/// The first half of complex to real: `irfft`, and with the other sign `hfft`.
fn to_real(s: &mut Scope<'_>, a: &Arguments, way: Way, several: bool) -> Result<Value> {
    let x = input(s, a, true)?;
    let mut grid = if several { Grid::named(a, &x)? } else { Grid::line(a, &x)? };
    // Without a number of points, the last axis is taken for the half of an even one.
    let told = match a.optional_ints(if several { "s" } else { "n" })? {
        Some(sizes) => sizes.last().copied().filter(|n| *n != -1),
        None => None,
    };
    if let (None, Some(last)) = (told, grid.points.last_mut()) {
        *last = 2 * (*last - 1);
    }
    grid.refuse_no_points()?;
    let (others, axis, n) = grid.split_last()?;
    let by = factor(a, way, total(&grid))?;
    let mut x = transformed(s, &x, &others, way)?;
    if way == Way::Forward {
        x = s.conjugate(&x)?;
    }
    let result = whole(s, &x, axis, n)?;
    scaled(s, &result, by)
}

/// Turned so that 0 stands in the middle, or back to the front.
fn shifted(s: &mut Scope<'_>, a: &Arguments, back: bool) -> Result<Value> {
    let mut x = s.read(a.tensor("input")?)?;
    let dims = match a.optional_ints("dim")? {
        Some(dims) => axes(&dims, x.ty().rank())?,
        None => super::compose::all_axes(x.ty().rank()),
    };
    for axis in dims {
        let n = size(&x, axis)?;
        let by = if back { n / 2 } else { (n + 1) / 2 };
        if n < 2 {
            continue;
        }
        let (first, rest) = (s.window(&x, axis, by, n - by)?, s.window(&x, axis, 0, by)?);
        x = s.emit_one(Op::Concat, attrs![axis], &[first, rest])?;
    }
    Ok(x)
}

/// The frequencies of a transform of n points that lie d apart.
fn frequencies(a: &Arguments, half: bool) -> Result<Returned> {
    let (n, d) = (a.int("n")?, a.float("d")?);
    let made = Made::of(a, default_dtype(), default_device())?;
    if !made.dtype.is_float() {
        return Err(Error::runtime(format_args!(
            "{} requires a floating point or complex dtype",
            a.signature.name.trim_start_matches("fft_")
        )));
    }
    made.tensor(a, |s| {
        let count = if half { n / 2 + 1 } else { n };
        let places = s.emit_one(Op::Iota, attrs![Dim::known(count.max(0)), made.dtype], &[])?;
        let steps = if half {
            places
        } else {
            let beyond = s.with_number(Op::GreaterEqual, &places, ((n + 1) / 2) as f64)?;
            let before = s.with_number(Op::Sub, &places, n as f64)?;
            s.choose(&beyond, &before, &places)?
        };
        s.with_number(Op::Mul, &steps, 1.0 / (n as f64 * d))
    })
}

const OUT: Places = Places::FFT.and(Places::OUT);
const LINE: &str = "(Tensor input, int? n=None, int dim=-1, str? norm=None)";
const PLANE: &str = "(Tensor input, ints? s=None, ints dim=[-2,-1], str? norm=None)";
const GRID: &str = "(Tensor input, ints? s=None, ints? dim=None, str? norm=None)";
const FREQUENCIES: &str = "(int n, float d=1.0, *, dtype? dtype=None, device? device=None, bool requires_grad=False)";

const FORWARD: [Overload; 3] = [
    one(LINE, |s, a| complex(s, a, Way::Forward, false)),
    one(PLANE, |s, a| complex(s, a, Way::Forward, true)),
    one(GRID, |s, a| complex(s, a, Way::Forward, true)),
];
const INVERSE: [Overload; 3] = [
    one(LINE, |s, a| complex(s, a, Way::Inverse, false)),
    one(PLANE, |s, a| complex(s, a, Way::Inverse, true)),
    one(GRID, |s, a| complex(s, a, Way::Inverse, true)),
];
const FROM_REAL: [Overload; 3] = [
    one(LINE, |s, a| from_real(s, a, Way::Forward, false)),
    one(PLANE, |s, a| from_real(s, a, Way::Forward, true)),
    one(GRID, |s, a| from_real(s, a, Way::Forward, true)),
];
const TO_REAL: [Overload; 3] = [
    one(LINE, |s, a| to_real(s, a, Way::Inverse, false)),
    one(PLANE, |s, a| to_real(s, a, Way::Inverse, true)),
    one(GRID, |s, a| to_real(s, a, Way::Inverse, true)),
];
const HERMITIAN: [Overload; 3] = [
    one(LINE, |s, a| to_real(s, a, Way::Forward, false)),
    one(PLANE, |s, a| to_real(s, a, Way::Forward, true)),
    one(GRID, |s, a| to_real(s, a, Way::Forward, true)),
];
const INVERSE_HERMITIAN: [Overload; 3] = [
    one(LINE, |s, a| from_real(s, a, Way::Inverse, false)),
    one(PLANE, |s, a| from_real(s, a, Way::Inverse, true)),
    one(GRID, |s, a| from_real(s, a, Way::Inverse, true)),
];

macro_rules! transforms {
    ($($name:literal $overloads:ident $which:literal $doc:literal;)*) => {
        pub(super) static FUNCTIONS: &[Function] = &[
            $(row(
                concat!("fft_", $name),
                OUT,
                {
                    const ONE: [Overload; 3] = $overloads;
                    static THIS: [Overload; 1] = [Overload { signature: ONE[$which].signature, body: ONE[$which].body }];
                    &THIS
                },
                $doc,
            ),)*
            row(
                "fft_fftshift",
                Places::FFT,
                &[one("(Tensor input, ints? dim=None)", |s, a| shifted(s, a, false))],
                "The axes, all by default, turned so that the frequency 0 stands in the middle.",
            ),
            row(
                "fft_ifftshift",
                Places::FFT,
                &[one("(Tensor input, ints? dim=None)", |s, a| shifted(s, a, true))],
                "What undoes fftshift.",
            ),
            row(
                "fft_fftfreq",
                Places::FFT,
                &[direct(FREQUENCIES, |a| frequencies(a, false))],
                "The frequencies of a transform of n points that lie d apart.",
            ),
            row(
                "fft_rfftfreq",
                Places::FFT,
                &[direct(FREQUENCIES, |a| frequencies(a, true))],
                "The frequencies of the first half of a transform of n points that lie d apart.",
            ),
        ];
    };
}
transforms! {
    "fft" FORWARD 0 "The discrete Fourier transform along an axis; in single precision, as all of this module.";
    "fft2" FORWARD 1 "The discrete Fourier transform along two axes.";
    "fftn" FORWARD 2 "The discrete Fourier transform along axes, all by default.";
    "ifft" INVERSE 0 "The inverse discrete Fourier transform along an axis.";
    "ifft2" INVERSE 1 "The inverse discrete Fourier transform along two axes.";
    "ifftn" INVERSE 2 "The inverse discrete Fourier transform along axes, all by default.";
    "rfft" FROM_REAL 0 "The first half of the transform of real numbers along an axis.";
    "rfft2" FROM_REAL 1 "The transform of real numbers along two axes, of the last one the first half.";
    "rfftn" FROM_REAL 2 "The transform of real numbers along axes, all by default, of the last one the first half.";
    "irfft" TO_REAL 0 "The n real numbers of which this is the first half of the transform.";
    "irfft2" TO_REAL 1 "The real numbers of which this is the transform along two axes, of the last one the first half.";
    "irfftn" TO_REAL 2 "The real numbers of which this is the transform along axes, of the last one the first half.";
    "hfft" HERMITIAN 0 "The real transform of n numbers of which this is the first half, the other its mirror image.";
    "hfft2" HERMITIAN 1 "The real transform along two axes, of the last one given by its first half.";
    "hfftn" HERMITIAN 2 "The real transform along axes, all by default, of the last one given by its first half.";
    "ihfft" INVERSE_HERMITIAN 0 "The first half of the inverse transform of real numbers.";
    "ihfft2" INVERSE_HERMITIAN 1 "The inverse transform of real numbers along two axes, of the last one the first half.";
    "ihfftn" INVERSE_HERMITIAN 2 "The inverse transform of real numbers along axes, of the last one the first half.";
}

/// The first half, or all, of the transform of frames along the last axis, for `signal`.
pub(super) fn spectrum(s: &mut Scope<'_>, x: &Value, onesided: bool) -> Result<Value> {
    let axis = x.ty().rank() as u32 - 1;
    let n = size(x, axis)?;
    if onesided {
        return half(s, x, axis, n);
    }
    let x = s.cast(x, DType::C64)?;
    transformed(s, &x, &Grid { axes: smallvec![axis], points: smallvec![n] }, Way::Forward)
}

/// What undoes [`spectrum`] of frames of n points.
pub(super) fn frames(s: &mut Scope<'_>, x: &Value, onesided: bool, n: i64) -> Result<Value> {
    let axis = x.ty().rank() as u32 - 1;
    let result = if onesided {
        whole(s, x, axis, n)?
    } else {
        transformed(s, x, &Grid { axes: smallvec![axis], points: smallvec![n] }, Way::Inverse)?
    };
    scaled(s, &result, 1.0 / n as f64)
}
