//! Windows, and transforms of what is seen through them: `stft` and `istft`.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use smallvec::smallvec;
use std::f64::consts::PI;

use super::{
    Arguments, Function, Places, Returned,
    call::default_device,
    complex::as_real,
    compose::default_dtype,
    creation::Made,
    direct,
    fourier::{frames, spectrum},
    indexing::filled,
    one, row,
};
use crate::{
    autograd::Scope,
    elements::numbers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::{Payload, Value},
};

impl Scope<'_> {
    /// `start`, `start + step`, ... in the widest type of the place.
    fn steps(&mut self, count: i64, start: f64, step: f64, dtype: DType) -> Result<Value> {
        let places = self.emit_one(Op::Iota, attrs![Dim::known(count), dtype], &[])?;
        let scaled = self.with_number(Op::Mul, &places, step)?;
        self.with_number(Op::Add, &scaled, start)
    }

    /// The sum of a_i cos(i k).
    fn cosines(&mut self, k: &Value, a: &[f64]) -> Result<Value> {
        let mut sum: Option<Value> = None;
        for (i, &share) in (0u32..).zip(a) {
            let angle = self.with_number(Op::Mul, k, f64::from(i))?;
            let cos = self.unary(Op::Cos, &angle)?;
            let term = self.with_number(Op::Mul, &cos, share)?;
            sum = Some(match sum {
                None => term,
                Some(sum) => self.binary(Op::Add, &sum, &term)?,
            });
        }
        sum.ok_or_else(|| Error::value("Coefficients cannot be empty"))
    }

    /// The modified Bessel function of order 0 of numbers up to `most`, by its series, of which no term is negative.
    fn bessel(&mut self, x: &Value, most: f64) -> Result<Value> {
        let quarter = self.binary(Op::Mul, x, x)?;
        let quarter = self.with_number(Op::Mul, &quarter, 0.25)?;
        let terms = (most.abs() * 1.5) as i64 + 30;
        let mut sum = self.with_number(Op::Mul, &quarter, 0.0)?;
        for k in (1..=terms).rev() {
            // 1 + q / k^2 (1 + q / (k + 1)^2 (...))
            let inner = self.with_number(Op::Add, &sum, 1.0)?;
            let product = self.binary(Op::Mul, &quarter, &inner)?;
            sum = self.with_number(Op::Mul, &product, 1.0 / (k * k) as f64)?;
        }
        self.with_number(Op::Add, &sum, 1.0)
    }
}

/// A window of `count` points, computed in the widest type of its place.
fn window(a: &Arguments, count: i64, body: impl FnOnce(&mut Scope<'_>, DType) -> Result<Value>) -> Result<Returned> {
    let made = Made::of(a, default_dtype(), default_device())?;
    made.tensor(a, |s| {
        if count == 0 {
            return filled(s, &smallvec![Dim::known(0)], Scalar::Float(0.0), made.dtype);
        }
        let exact = if made.device == flashlight_runtime::Device::Cpu { DType::F64 } else { DType::F32 };
        let value = body(s, exact)?;
        s.cast(&value, made.dtype)
    })
}

/// How long one of torch's own windows is, and how many steps it is cut into.
fn old_length(a: &Arguments) -> Result<(i64, f64)> {
    let n = a.int("window_length")?;
    if let Some(dtype) = a.dtype("dtype")?
        && !dtype.is_inexact()
    {
        return Err(Error::runtime(format_args!("{}() expects floating point dtypes, got: {dtype}", a.signature.name)));
    }
    if n < 0 {
        return Err(Error::runtime(format_args!(
            "{} requires non-negative window_length, got window_length={n}",
            a.signature.name
        )));
    }
    let periodic = if a.signature.position("periodic").is_some() { a.flag("periodic")? } else { true };
    Ok((n, if periodic { n } else { n - 1 } as f64))
}

/// One of torch's own windows that is a sum of cosines.
fn old_cosines(a: &Arguments, shares: &[f64]) -> Result<Returned> {
    let (n, steps) = old_length(a)?;
    window(a, n, |s, dtype| {
        if n == 1 {
            return filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype);
        }
        let k = s.steps(n, 0.0, 2.0 * PI / steps, dtype)?;
        s.cosines(&k, shares)
    })
}

fn hamming_window(a: &Arguments) -> Result<Returned> {
    let given = |name: &str, otherwise: f64| match a.signature.position(name) {
        Some(_) if a.is_given(name) => a.float(name),
        _ => Ok(otherwise),
    };
    old_cosines(a, &[given("alpha", 0.54)?, -given("beta", 0.46)?])
}

/// A triangle with its top in the middle.
fn triangle(s: &mut Scope<'_>, n: i64, steps: f64, dtype: DType) -> Result<Value> {
    let k = s.steps(n, -1.0, 2.0 / steps, dtype)?;
    let away = s.unary(Op::Abs, &k)?;
    let minus = s.unary(Op::Neg, &away)?;
    s.with_number(Op::Add, &minus, 1.0)
}

fn bartlett_window(a: &Arguments) -> Result<Returned> {
    let (n, steps) = old_length(a)?;
    window(a, n, |s, dtype| match n {
        1 => filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype),
        _ => triangle(s, n, steps, dtype),
    })
}

/// Kaiser's window: the Bessel function over a half circle.
fn bell(s: &mut Scope<'_>, n: i64, steps: f64, beta: f64, dtype: DType) -> Result<Value> {
    let k = s.steps(n, -1.0, 2.0 / steps, dtype)?;
    let square = s.binary(Op::Mul, &k, &k)?;
    let minus = s.unary(Op::Neg, &square)?;
    let rest = s.with_number(Op::Add, &minus, 1.0)?;
    let rest = s.with_number(Op::Maximum, &rest, 0.0)?;
    let root = s.unary(Op::Sqrt, &rest)?;
    let x = s.with_number(Op::Mul, &root, beta)?;
    let value = s.bessel(&x, beta)?;
    let end = s.number(Scalar::Float(beta), dtype)?;
    let largest = s.bessel(&end, beta)?;
    s.binary(Op::Div, &value, &largest)
}

fn kaiser_window(a: &Arguments) -> Result<Returned> {
    let (n, steps) = old_length(a)?;
    let beta = if a.signature.position("beta").is_some() { a.float("beta")? } else { 12.0 };
    window(a, n, |s, dtype| match n {
        1 => filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype),
        _ => bell(s, n, steps, beta, dtype),
    })
}

/// How long one of `signal.windows` is, and how many steps it is cut into.
fn length(a: &Arguments) -> Result<(i64, f64)> {
    let (m, name) = (a.int("M")?, a.signature.name.trim_start_matches("windows_"));
    if m < 0 {
        return Err(Error::value(format_args!("{name} requires non-negative window length, got M={m}")));
    }
    if let Some(dtype) = a.dtype("dtype")?
        && !matches!(dtype, DType::F32 | DType::F64)
    {
        return Err(Error::value(format_args!(
            "{name} expects float32 or float64 dtypes, got: torch.{}",
            crate::format::dtype_name(dtype)
        )));
    }
    Ok((m, if a.flag("sym")? { m - 1 } else { m } as f64))
}

fn cosines(a: &Arguments, shares: &[f64]) -> Result<Returned> {
    let (m, steps) = length(a)?;
    let signed: Vec<f64> = shares.iter().enumerate().map(|(i, a)| if i % 2 == 0 { *a } else { -a }).collect();
    window(a, m, |s, dtype| match m {
        1 => filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype),
        _ => {
            let k = s.steps(m, 0.0, 2.0 * PI / steps, dtype)?;
            s.cosines(&k, &signed)
        }
    })
}

fn general_cosine(a: &Arguments) -> Result<Returned> {
    let shares: Vec<f64> = match a.get("a")? {
        super::Argument::Floats(all) => all.to_vec(),
        super::Argument::Ints(all) => all.iter().map(|&n| n as f64).collect(),
        _ => return Err(Error::argument("Coefficients must be a list/tuple")),
    };
    if shares.is_empty() && length(a)?.0 > 1 {
        return Err(Error::value("Coefficients cannot be empty"));
    }
    cosines(a, &shares)
}

/// The first point of a window around its middle; torch takes one more point for the period where there are several.
fn middle(m: i64, steps: f64) -> f64 {
    if m > 1 { steps } else { (m - 1) as f64 }
}

fn gaussian(a: &Arguments) -> Result<Returned> {
    let ((m, steps), std) = (length(a)?, a.float("std")?);
    if std <= 0.0 {
        return Err(Error::value(format_args!("Standard deviation must be positive, got: {std} instead.")));
    }
    let share = 1.0 / (std * 2f64.sqrt());
    window(a, m, |s, dtype| {
        let k = s.steps(m, -middle(m, steps) / 2.0 * share, share, dtype)?;
        let square = s.binary(Op::Mul, &k, &k)?;
        let minus = s.unary(Op::Neg, &square)?;
        s.unary(Op::Exp, &minus)
    })
}

fn exponential(a: &Arguments) -> Result<Returned> {
    let ((m, steps), tau) = (length(a)?, a.float("tau")?);
    if tau <= 0.0 {
        return Err(Error::value(format_args!("Tau must be positive, got: {tau} instead.")));
    }
    let center = a.optional_number("center")?.map(Scalar::as_f64);
    if a.flag("sym")? && center.is_some() {
        return Err(Error::value("Center must be None for symmetric windows"));
    }
    let center = center.unwrap_or(middle(m, steps) / 2.0);
    window(a, m, |s, dtype| {
        let k = s.steps(m, -center / tau, 1.0 / tau, dtype)?;
        let away = s.unary(Op::Abs, &k)?;
        let minus = s.unary(Op::Neg, &away)?;
        s.unary(Op::Exp, &minus)
    })
}

fn cosine(a: &Arguments) -> Result<Returned> {
    let (m, _) = length(a)?;
    let period = if !a.flag("sym")? && m > 1 { m + 1 } else { m } as f64;
    window(a, m, |s, dtype| {
        let k = s.steps(m, 0.5 * PI / period, PI / period, dtype)?;
        s.unary(Op::Sin, &k)
    })
}

fn bartlett(a: &Arguments) -> Result<Returned> {
    let (m, steps) = length(a)?;
    window(a, m, |s, dtype| match m {
        1 => filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype),
        _ => triangle(s, m, steps, dtype),
    })
}

fn kaiser(a: &Arguments) -> Result<Returned> {
    let ((m, steps), beta) = (length(a)?, a.float("beta")?);
    if beta < 0.0 {
        return Err(Error::value(format_args!("beta must be non-negative, got: {beta} instead.")));
    }
    window(a, m, |s, dtype| match m {
        1 => filled(s, &smallvec![Dim::known(1)], Scalar::Float(1.0), dtype),
        _ => bell(s, m, steps, beta, dtype),
    })
}

/// What both transforms through windows are told.
struct Seen {
    points: i64,
    hop: i64,
    onesided: bool,
    window: Value,
}

impl Seen {
    fn of(s: &mut Scope<'_>, a: &Arguments, real: bool, dtype: DType) -> Result<Seen> {
        let name = a.signature.name;
        let points = a.int("n_fft")?;
        let hop = a.optional_int("hop_length")?.unwrap_or(points / 4);
        let length = a.optional_int("win_length")?.unwrap_or(points);
        if hop <= 0 {
            return Err(Error::runtime(format_args!("{name}: expected hop_length > 0, but got hop_length={hop}")));
        }
        if length <= 0 || length > points {
            return Err(Error::runtime(format_args!(
                "{name}: expected 0 < win_length <= n_fft, but got win_length={length}"
            )));
        }
        let window = match a.optional_tensor("window")? {
            Some(window) => {
                let window = s.read(window)?;
                if window.ty().rank() != 1 || window.ty().shape[0] != length {
                    return Err(Error::runtime(format_args!(
                        "{name}: expected a 1D window tensor of size equal to win_length={length}, but got window with size \
                         {}",
                        super::sizes_text(&window.ty().shape)
                    )));
                }
                window
            }
            None => filled(s, &smallvec![Dim::known(length)], Scalar::Float(1.0), dtype)?,
        };
        let left = (points - length) / 2;
        let window = if length < points {
            let side = |n: i64| -> Shape { smallvec![Dim::known(n)] };
            let paddings = attrs![Scalar::Float(0.0), side(left), side(points - length - left), side(0)];
            s.emit_one(Op::Pad, paddings, &[window])?
        } else {
            window
        };
        let onesided = if a.is_given("onesided") { a.flag("onesided")? } else { real };
        Ok(Seen { points, hop, onesided, window })
    }

    /// For each frame the places of its points.
    fn places(&self, s: &mut Scope<'_>, count: i64) -> Result<Value> {
        let starts = s.emit_one(Op::Iota, attrs![Dim::known(count), DType::I64], &[])?;
        let starts = s.with_number(Op::Mul, &starts, self.hop)?;
        let starts = s.with_axis_at(&starts, 0)?;
        let within = s.emit_one(Op::Iota, attrs![Dim::known(self.points), DType::I64], &[])?;
        s.binary(Op::Add, &starts, &within)
    }
}

/// The last axis with as many points around it, by torch's names of paddings.
fn surrounded(s: &mut Scope<'_>, x: &Value, around: i64, mode: &str) -> Result<Value> {
    let axis = x.ty().rank() as u32 - 1;
    let n = x.ty().shape[axis as usize].as_known().ok_or_else(|| Error::unsupported("stft of an unknown length"))?;
    if mode == "constant" {
        let side = |n: i64| -> Shape { (0..=axis).map(|i| Dim::known(if i == axis { n } else { 0 })).collect() };
        let paddings = attrs![Scalar::Float(0.0), side(around), side(around), side(0)];
        return s.emit_one(Op::Pad, paddings, std::slice::from_ref(x));
    }
    let places = s.emit_one(Op::Iota, attrs![Dim::known(n + 2 * around), DType::I64], &[])?;
    let places = s.with_number(Op::Sub, &places, around)?;
    let places = match mode {
        "reflect" => {
            if around >= n {
                return Err(Error::runtime(format_args!(
                    "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding \
                     ({around}, {around}) at dimension {axis} of input {}",
                    super::sizes_text(&x.ty().shape)
                )));
            }
            let places = s.unary(Op::Abs, &places)?;
            let from_end = s.unary(Op::Neg, &places)?;
            let from_end = s.with_number(Op::Add, &from_end, n - 1)?;
            let from_end = s.unary(Op::Abs, &from_end)?;
            let places = s.unary(Op::Neg, &from_end)?;
            s.with_number(Op::Add, &places, n - 1)?
        }
        "replicate" => {
            let low = s.with_number(Op::Maximum, &places, 0i64)?;
            s.with_number(Op::Minimum, &low, n - 1)?
        }
        "circular" => s.with_number(Op::Remainder, &places, n)?,
        other => return Err(Error::lacking(format_args!("Unrecognised padding mode {other}"))),
    };
    s.emit_one(Op::Take, attrs![axis], &[x.clone(), places])
}

fn stft(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if !matches!(x.ty().dtype, DType::F32 | DType::C64) {
        return match x.ty().dtype {
            DType::F64 => Err(Error::unsupported("torch.stft of float64, whose results would be complex128,")),
            _ => Err(Error::runtime("stft expected a tensor of floating point or complex values")),
        };
    }
    let real = x.ty().dtype.kind() != Kind::Complex;
    let rank = x.ty().rank();
    if !(1..=2).contains(&rank) {
        return Err(Error::runtime(format_args!("stft: expected a 1D or 2D tensor, but got {rank}D")));
    }
    let seen = Seen::of(s, a, real, x.ty().dtype)?;
    let complex_window = seen.window.ty().dtype.kind() == Kind::Complex;
    let complex = if a.is_given("return_complex") {
        a.flag("return_complex")?
    } else if real && !complex_window {
        return Err(Error::runtime(
            "stft requires the return_complex parameter be given for real inputs, and will further require that return_complex=True in a future PyTorch release.",
        ));
    } else {
        true
    };
    let padded = if a.flag("center")? { surrounded(s, &x, seen.points / 2, a.text("pad_mode")?)? } else { x.clone() };
    let axis = rank as u32 - 1;
    let length = padded.ty().shape[axis as usize].as_known();
    let length = length.ok_or_else(|| Error::unsupported("stft of an unknown length"))?;
    if seen.points <= 0 || seen.points > length {
        return Err(Error::runtime(format_args!("stft: expected 0 < n_fft < {length}, but got n_fft={}", seen.points)));
    }
    let count = 1 + (length - seen.points) / seen.hop;
    let places = seen.places(s, count)?;
    let frames = s.emit_one(Op::Take, attrs![axis], &[padded, places])?;
    let dtype = if complex_window { DType::C64 } else { frames.ty().dtype };
    let (frames, window) = (s.cast(&frames, dtype)?, s.cast(&seen.window, dtype)?);
    let frames = s.binary(Op::Mul, &frames, &window)?;
    let onesided = seen.onesided && dtype.kind() != Kind::Complex;
    if seen.onesided && !onesided && a.is_given("onesided") {
        return Err(Error::runtime("Cannot have onesided output if window or input is complex"));
    }
    let mut result = spectrum(s, &frames, onesided)?;
    if a.flag("normalized")? {
        result = s.with_number(Op::Mul, &result, 1.0 / (seen.points as f64).sqrt())?;
    }
    let result = s.swap(&result, axis, axis + 1)?;
    if complex { Ok(result) } else { as_real(s, &result) }
}

fn istft(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().dtype.kind() != Kind::Complex {
        return Err(Error::argument(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.",
        ));
    }
    let rank = x.ty().rank();
    if !(2..=3).contains(&rank) {
        return Err(Error::runtime(format_args!("istft: expected a tensor with 2 or 3 dimensions, but got {rank}")));
    }
    let complex = a.flag("return_complex")?;
    let mut seen = Seen::of(s, a, !complex, DType::F32)?;
    let known = |i: usize| {
        let size = x.ty().shape[i].as_known();
        size.ok_or_else(|| Error::unsupported("istft of an unknown length"))
    };
    let (bins, count) = (known(rank - 2)?, known(rank - 1)?);
    if !a.is_given("onesided") {
        seen.onesided = bins != seen.points;
    }
    let wanted = if seen.onesided { seen.points / 2 + 1 } else { seen.points };
    if bins != wanted {
        return Err(Error::runtime(format_args!(
            "istft: expected the frequency dimension (3rd to the last) of the input tensor to match n_fft{} when \
             onesided={}, but got {bins}",
            if seen.onesided { " / 2 + 1" } else { "" },
            if seen.onesided { "True" } else { "False" }
        )));
    }
    let turned = s.swap(&x, rank as u32 - 2, rank as u32 - 1)?;
    let turned =
        if a.flag("normalized")? { s.with_number(Op::Mul, &turned, (seen.points as f64).sqrt())? } else { turned };
    let mut pieces = frames(s, &turned, seen.onesided, seen.points)?;
    if !complex && pieces.ty().dtype.kind() == Kind::Complex {
        pieces = s.unary(Op::Real, &pieces)?;
    }
    let window = s.cast(&seen.window, pieces.ty().dtype)?;
    let pieces = s.binary(Op::Mul, &pieces, &window)?;
    let length = seen.points + seen.hop * (count - 1);
    let places = seen.places(s, count)?;
    let axis = rank as u32 - 2;
    let mut shape: Shape = pieces.ty().shape[..axis as usize].into();
    shape.push(Dim::known(length));
    let laid = |s: &mut Scope<'_>, shape: &Shape, pieces: Value, axis: u32| {
        let zeros = filled(s, shape, Scalar::Float(0.0), pieces.ty().dtype)?;
        s.emit_one(Op::TakeAdd, attrs![axis], &[zeros, places.clone(), pieces])
    };
    let sum = laid(s, &shape, pieces, axis)?;
    let power = s.binary(Op::Mul, &seen.window, &seen.window)?;
    let shape: Shape = smallvec![Dim::known(count), Dim::known(seen.points)];
    let powers = s.broadcast_to(&power, &shape)?;
    let envelope = laid(s, &smallvec![Dim::known(length)], powers, 0)?;
    let start = if a.flag("center")? { seen.points / 2 } else { 0 };
    let end = match a.optional_int("length")? {
        Some(length) => start + length,
        None if a.flag("center")? => length - seen.points / 2,
        None => length,
    };
    let held = end.min(length) - start;
    let sum = s.window(&sum, axis, start, held)?;
    let envelope = s.window(&envelope, 0, start, held)?;
    refuse_holes(s, &envelope)?;
    let envelope = s.cast(&envelope, sum.ty().dtype)?;
    let result = s.binary(Op::Div, &sum, &envelope)?;
    if end <= length {
        return Ok(result);
    }
    let side = |n: i64| -> Shape { (0..=axis).map(|i| Dim::known(if i == axis { n } else { 0 })).collect() };
    s.emit_one(Op::Pad, attrs![Scalar::Float(0.0), side(0), side(end - length), side(0)], &[result])
}

/// Refuses windows between which points are lost, where the elements can be looked at.
fn refuse_holes(s: &mut Scope<'_>, envelope: &Value) -> Result<()> {
    let size = s.magnitude(envelope)?;
    let all: Axes = smallvec![0];
    if size.ty().shape[0] == 0 {
        return Ok(());
    }
    let least = s.fold(Op::Amin, &size, &all, false)?;
    let Payload::Concrete(elements) = least.payload() else { return Ok(()) };
    let least = numbers(&fetch_concrete(elements)?, least.ty().dtype).first().copied().unwrap_or(1.0);
    if least > 1e-11 { Ok(()) } else { Err(Error::runtime("istft: window overlap add min: 1")) }
}

macro_rules! window_row {
    ($name:literal, [$($parameters:literal),*], $body:expr, $doc:literal) => {
        row(
            $name,
            Places::TORCH,
            &[$(direct(
                concat!(
                    "(int window_length", $parameters, ", *, dtype? dtype=None, Any? layout=None, device? device=None, \
                     Any? pin_memory=None, bool requires_grad=False)"
                ),
                $body,
            )),*],
            $doc,
        )
    };
}

macro_rules! signal_row {
    ($name:literal, $parameters:literal, $body:expr, $doc:literal) => {
        row(
            concat!("windows_", $name),
            Places::WINDOWS,
            &[direct(
                concat!(
                    "(int M, *, ",
                    $parameters,
                    "bool sym=True, dtype? dtype=None, Any? layout=None, device? device=None, \
                     bool requires_grad=False)"
                ),
                $body,
            )],
            $doc,
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    window_row!("hann_window", [", bool periodic=True"], |a| old_cosines(a, &[0.5, -0.5]), "Hann's window."),
    window_row!(
        "hamming_window",
        [", bool periodic=True, float alpha=0.54, float beta=0.46"],
        hamming_window,
        "Hamming's window: alpha - beta cos."
    ),
    window_row!(
        "blackman_window",
        [", bool periodic=True"],
        |a| old_cosines(a, &[0.42, -0.5, 0.08]),
        "Blackman's window."
    ),
    window_row!("bartlett_window", [", bool periodic=True"], bartlett_window, "Bartlett's window, a triangle."),
    window_row!("kaiser_window", [", bool periodic=True, float beta=12.0"], kaiser_window, "Kaiser's window."),
    signal_row!("hann", "", |a| cosines(a, &[0.5, 0.5]), "Hann's window."),
    signal_row!("hamming", "", |a| cosines(a, &[0.54, 0.46]), "Hamming's window."),
    signal_row!("blackman", "", |a| cosines(a, &[0.42, 0.5, 0.08]), "Blackman's window."),
    signal_row!(
        "nuttall",
        "",
        |a| cosines(a, &[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1]),
        "Nuttall's window of the least side lobes with four terms."
    ),
    signal_row!(
        "general_cosine",
        "floats a, ",
        general_cosine,
        "The sum of cosines of these shares, by turns added and taken away."
    ),
    signal_row!(
        "general_hamming",
        "float alpha=0.54, ",
        |a| {
            let alpha = a.float("alpha")?;
            cosines(a, &[alpha, 1.0 - alpha])
        },
        "alpha - (1 - alpha) cos."
    ),
    signal_row!("bartlett", "", bartlett, "Bartlett's window, a triangle."),
    signal_row!("cosine", "", cosine, "Half a wave of the sine."),
    signal_row!("gaussian", "float std=1.0, ", gaussian, "A bell curve of that standard deviation, in points."),
    signal_row!(
        "exponential",
        "Number? center=None, float tau=1.0, ",
        exponential,
        "What falls by e in tau points, to both sides of the centre."
    ),
    signal_row!("kaiser", "float beta=12.0, ", kaiser, "Kaiser's window."),
    row(
        "stft",
        Places::BOTH,
        &[one(
            "(Tensor input, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, \
             str pad_mode=\"reflect\", bool normalized=False, bool? onesided=None, bool? return_complex=None, \
             bool? align_to_window=None)",
            stft,
        )],
        "The transforms of what is seen through a window that moves along the last axis; in single precision.",
    ),
    row(
        "istft",
        Places::BOTH,
        &[one(
            "(Tensor input, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, \
             bool normalized=False, bool? onesided=None, int? length=None, bool return_complex=False)",
            istft,
        )],
        "What undoes stft, where its windows leave no holes.",
    ),
];
