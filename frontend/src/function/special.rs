//! Special functions, under their names in `torch` and in `torch.special`. Integers give the default float. What torch does
//! not differentiate has no history here either.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Kind, Scalar},
};
use std::sync::Arc;

use super::{
    Arguments, Function, Overload, Places,
    compose::{default_dtype, result_type, torch_name},
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// A real argument, in floating point.
pub(super) fn real_operand(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<Value> {
    let x = s.read(a.tensor(name)?)?;
    match x.ty().dtype.kind() {
        Kind::Float => Ok(x),
        Kind::Complex => Err(lacking(a, DType::C64)),
        Kind::Bool | Kind::Integer => s.cast(&x, default_dtype()),
    }
}

/// Two real arguments, tensors or numbers, in one floating type.
pub(super) fn real_operands(s: &mut Scope<'_>, a: &Arguments, first: &str, second: &str) -> Result<(Value, Value)> {
    let (x, y) = (a.get(first)?, a.get(second)?);
    let dtype = match result_type([x, y])? {
        dtype if dtype.is_float() => dtype,
        DType::C64 => return Err(lacking(a, DType::C64)),
        _ => default_dtype(),
    };
    Ok((s.operand(x, dtype)?, s.operand(y, dtype)?))
}

/// As [`real_operands`], of what torch has for floating-point arguments alone.
pub(super) fn floating_operands(s: &mut Scope<'_>, a: &Arguments, first: &str, second: &str) -> Result<(Value, Value)> {
    match result_type([a.get(first)?, a.get(second)?])? {
        dtype if dtype.is_float() => real_operands(s, a, first, second),
        dtype => Err(lacking(a, dtype)),
    }
}

/// torch's refusal of an element type.
pub(super) fn lacking(a: &Arguments, dtype: DType) -> Error {
    Error::lacking(format_args!("\"{}_cpu\" not implemented for '{}'", a.signature.name, torch_name(dtype)))
}

fn of_one(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let x = real_operand(s, a, "input")?;
    s.unary(op, &x)
}

/// Of `input`, or `x`, and without a derivative.
fn flat(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let name = if a.signature.position("x").is_some() { "x" } else { "input" };
    let x = real_operand(s, a, name)?.untracked();
    s.unary(op, &x)
}

fn of_two(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let (x, y) = real_operands(s, a, "input", "other")?;
    s.binary(op, &x, &y)
}

fn incomplete_gamma(s: &mut Scope<'_>, a: &Arguments, op: Op) -> Result<Value> {
    let (x, y) = floating_operands(s, a, "input", "other")?;
    s.binary(op, &x, &y)
}

fn polynomial(s: &mut Scope<'_>, a: &Arguments, family: &str) -> Result<Value> {
    let (x, n) = real_operands(s, a, "x", "n")?;
    let (x, n) = s.broadcast(&x.untracked(), &n.untracked())?;
    s.emit_one(Op::OrthogonalPolynomial, attrs![Arc::<str>::from(family)], &[x, n])
}

/// Half of what erfc leaves on the other side.
fn ndtr(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = real_operand(s, a, "input")?;
    let scaled = s.with_number(Op::Mul, &x, -std::f64::consts::FRAC_1_SQRT_2)?;
    let rest = s.unary(Op::Erfc, &scaled)?;
    s.with_number(Op::Mul, &rest, 0.5)
}

/// Between bounds within which the derivative goes on, its ends included.
fn logit(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = real_operand(s, a, "input")?;
    let Some(eps) = a.optional_number("eps")?.map(Scalar::as_f64).filter(|eps| *eps >= 0.0) else {
        return s.unary(Op::Logit, &x);
    };
    let (low, high) = (s.number(eps.into(), x.ty().dtype)?, s.number((1.0 - eps).into(), x.ty().dtype)?);
    let (below, above) = (s.binary(Op::Less, &x, &low)?, s.binary(Op::Greater, &x, &high)?);
    let capped = s.emit_one(Op::Where, Attrs::new(), &[above, high, x])?;
    let bounded = s.emit_one(Op::Where, Attrs::new(), &[below, low, capped])?;
    s.unary(Op::Logit, &bounded)
}

/// The derivative of digamma of order n: (-1)^(n + 1) n! zeta(n + 1, x).
fn polygamma(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let n = a.int("n")?;
    if n < 0 {
        return Err(Error::runtime("polygamma(n, x) does not support negative n."));
    }
    let x = real_operand(s, a, "input")?;
    if n == 0 {
        return s.unary(Op::Digamma, &x);
    }
    let order = s.number(Scalar::Float(n as f64 + 1.0), x.ty().dtype)?;
    let zeta = s.emit_one(Op::Zeta, Attrs::new(), &[order, x])?;
    let factorial: f64 = (1..=n.min(200)).map(|k| k as f64).product();
    s.with_number(Op::Mul, &zeta, if n % 2 == 0 { -factorial } else { factorial })
}

/// The logarithm of the gamma function of p dimensions.
fn mvlgamma(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let p = a.int("p")?;
    if p < 1 {
        return Err(Error::runtime("p has to be greater than or equal to 1"));
    }
    if p > 1000 {
        return Err(Error::unsupported(format_args!("torch.mvlgamma with p = {p}, which is above 1,000")));
    }
    if a.tensor("input")?.dtype() == DType::Bool {
        return Err(Error::runtime("The input tensor may not be a boolean tensor."));
    }
    let x = real_operand(s, a, "input")?;
    let mut sum = s.unary(Op::Lgamma, &x)?;
    for j in 1..p {
        let lower = s.with_number(Op::Sub, &x, 0.5 * j as f64)?;
        let next = s.unary(Op::Lgamma, &lower)?;
        sum = s.binary(Op::Add, &sum, &next)?;
    }
    let volume = 0.25 * (p * (p - 1)) as f64 * std::f64::consts::PI.ln();
    if p == 1 { Ok(sum) } else { s.with_number(Op::Add, &sum, volume) }
}

/// torch's first argument of two is a tensor, or the second is.
macro_rules! numbers_or_tensors {
    ($body:expr) => {
        &[one("(Tensor input, Operand other)", $body), one("(Number input, Tensor other)", $body)]
    };
}

macro_rules! polynomials {
    ($family:literal) => {
        &[
            one("(Tensor x, Operand n)", |s, a| polynomial(s, a, $family)),
            one("(Number x, Tensor n)", |s, a| polynomial(s, a, $family)),
        ]
    };
}

/// In `torch`, as a method and in `torch.special`.
const EVERYWHERE: Places = Places::ALL.and(Places::SPECIAL);
/// In `torch.special` alone.
const SPECIAL: Places = Places::SPECIAL.and(Places::OUT);

const LGAMMA: &[Overload] = &[one("(Tensor input)", |s, a| of_one(s, a, Op::Lgamma))];
const DIGAMMA: &[Overload] = &[one("(Tensor input)", |s, a| of_one(s, a, Op::Digamma))];
const MVLGAMMA: &[Overload] = &[one("(Tensor input, int p)", mvlgamma)];
const I0: &[Overload] = &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselI0))];
const I1: &[Overload] = &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselI1))];
const LOWER: &[Overload] = &[one("(Tensor input, Tensor other)", |s, a| incomplete_gamma(s, a, Op::Igamma))];
const UPPER: &[Overload] = &[one("(Tensor input, Tensor other)", |s, a| incomplete_gamma(s, a, Op::Igammac))];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "erfc",
        EVERYWHERE,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::Erfc))],
        "1 - erf(x), accurate where that is small.",
    ),
    row(
        "erfinv",
        EVERYWHERE,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::Erfinv))],
        "The inverse of erf; NaN beyond -1 and 1.",
    ),
    row("erfcx", SPECIAL, &[one("(Tensor input)", |s, a| of_one(s, a, Op::Erfcx))], "exp(x * x) * erfc(x)."),
    row("ndtr", SPECIAL, &[one("(Tensor input)", ndtr)], "The share of the normal distribution below x."),
    row(
        "log_ndtr",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::LogNdtr))],
        "The logarithm of ndtr, accurate where that is small.",
    ),
    row(
        "ndtri",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::Ndtri))],
        "The inverse of ndtr; NaN beyond 0 and 1.",
    ),
    row(
        "logit",
        EVERYWHERE,
        &[one("(Tensor input, float? eps=None)", logit)],
        "log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and 1 where eps is None.",
    ),
    row("expit", SPECIAL, &[one("(Tensor input)", |s, a| of_one(s, a, Op::Sigmoid))], "The same as torch.sigmoid."),
    row(
        "entr",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::Entropy))],
        "-x log(x), 0 at 0 and -inf below.",
    ),
    row("sinc", EVERYWHERE, &[one("(Tensor input)", |s, a| of_one(s, a, Op::Sinc))], "sin(pi x) / (pi x), 1 at 0."),
    row(
        "xlogy",
        EVERYWHERE,
        numbers_or_tensors!(|s, a| of_two(s, a, Op::Xlogy)),
        "input * log(other), 0 where input is 0 and other a number.",
    ),
    row(
        "xlog1py",
        SPECIAL,
        numbers_or_tensors!(|s, a| of_two(s, a, Op::Xlog1py)),
        "input * log(1 + other), 0 where input is 0 and other a number.",
    ),
    row("lgamma", Places::ALL, LGAMMA, "The logarithm of the size of the gamma function."),
    row("gammaln", SPECIAL, LGAMMA, "The same as torch.lgamma."),
    row("digamma", EVERYWHERE, DIGAMMA, "The derivative of lgamma."),
    row("psi", SPECIAL, DIGAMMA, "The same as torch.digamma."),
    row(
        "polygamma",
        EVERYWHERE,
        &[one("(int n, Tensor input)", polygamma), one("(Tensor input, int n)", polygamma)],
        "The derivative of digamma of order n. As a method it takes the order alone.",
    ),
    row("mvlgamma", Places::ALL, MVLGAMMA, "The logarithm of the gamma function of p dimensions."),
    row("multigammaln", SPECIAL, MVLGAMMA, "The same as torch.mvlgamma."),
    row(
        "igamma",
        Places::ALL,
        LOWER,
        "The lower incomplete gamma function of input at other, over the gamma function; differentiated by other alone.",
    ),
    row("gammainc", SPECIAL, LOWER, "The same as torch.igamma."),
    row(
        "igammac",
        Places::ALL,
        UPPER,
        "The upper incomplete gamma function of input at other, over the gamma function; differentiated by other alone.",
    ),
    row("gammaincc", SPECIAL, UPPER, "The same as torch.igammac."),
    row(
        "zeta",
        SPECIAL,
        numbers_or_tensors!(|s, a| of_two(s, a, Op::Zeta)),
        "The Hurwitz zeta function: the sum of 1 / (k + other) ** input over k from 0; differentiated by other alone.",
    ),
    row("i0", EVERYWHERE, I0, "The modified Bessel function of the first kind of order 0."),
    row("i0e", SPECIAL, &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselI0e))], "exp(-|x|) * i0(x)."),
    row("i1", SPECIAL, I1, "The modified Bessel function of the first kind of order 1."),
    row("i1e", SPECIAL, &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselI1e))], "exp(-|x|) * i1(x)."),
    row("modified_bessel_i0", SPECIAL, I0, "The same as i0."),
    row("modified_bessel_i1", SPECIAL, I1, "The same as i1."),
    row(
        "modified_bessel_k0",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselK0))],
        "The modified Bessel function of the second kind of order 0.",
    ),
    row(
        "modified_bessel_k1",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselK1))],
        "The modified Bessel function of the second kind of order 1.",
    ),
    row(
        "scaled_modified_bessel_k0",
        SPECIAL,
        &[one("(Tensor x)", |s, a| flat(s, a, Op::BesselK0e))],
        "exp(x) * modified_bessel_k0(x), without a derivative.",
    ),
    row(
        "scaled_modified_bessel_k1",
        SPECIAL,
        &[one("(Tensor x)", |s, a| flat(s, a, Op::BesselK1e))],
        "exp(x) * modified_bessel_k1(x), without a derivative.",
    ),
    row(
        "bessel_j0",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselJ0))],
        "The Bessel function of the first kind of order 0.",
    ),
    row(
        "bessel_j1",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselJ1))],
        "The Bessel function of the first kind of order 1.",
    ),
    row(
        "bessel_y0",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselY0))],
        "The Bessel function of the second kind of order 0.",
    ),
    row(
        "bessel_y1",
        SPECIAL,
        &[one("(Tensor input)", |s, a| of_one(s, a, Op::BesselY1))],
        "The Bessel function of the second kind of order 1.",
    ),
    row(
        "spherical_bessel_j0",
        SPECIAL,
        &[one("(Tensor x)", |s, a| flat(s, a, Op::SphericalBesselJ0))],
        "sin(x) / x, 1 at 0, without a derivative.",
    ),
    row(
        "airy_ai",
        SPECIAL,
        &[one("(Tensor x)", |s, a| flat(s, a, Op::AiryAi))],
        "The Airy function Ai, without a derivative.",
    ),
    row(
        "chebyshev_polynomial_t",
        SPECIAL,
        polynomials!("chebyshev_t"),
        "Chebyshev's polynomial of the first kind of degree n, without a derivative.",
    ),
    row(
        "chebyshev_polynomial_u",
        SPECIAL,
        polynomials!("chebyshev_u"),
        "Chebyshev's polynomial of the second kind of degree n, without a derivative.",
    ),
    row(
        "chebyshev_polynomial_v",
        SPECIAL,
        polynomials!("chebyshev_v"),
        "Chebyshev's polynomial of the third kind of degree n, without a derivative.",
    ),
    row(
        "chebyshev_polynomial_w",
        SPECIAL,
        polynomials!("chebyshev_w"),
        "Chebyshev's polynomial of the fourth kind of degree n, without a derivative.",
    ),
    row(
        "shifted_chebyshev_polynomial_t",
        SPECIAL,
        polynomials!("shifted_chebyshev_t"),
        "chebyshev_polynomial_t at 2 x - 1.",
    ),
    row(
        "shifted_chebyshev_polynomial_u",
        SPECIAL,
        polynomials!("shifted_chebyshev_u"),
        "chebyshev_polynomial_u at 2 x - 1.",
    ),
    row(
        "shifted_chebyshev_polynomial_v",
        SPECIAL,
        polynomials!("shifted_chebyshev_v"),
        "chebyshev_polynomial_v at 2 x - 1.",
    ),
    row(
        "shifted_chebyshev_polynomial_w",
        SPECIAL,
        polynomials!("shifted_chebyshev_w"),
        "chebyshev_polynomial_w at 2 x - 1.",
    ),
    row(
        "hermite_polynomial_h",
        SPECIAL,
        polynomials!("hermite_h"),
        "The physicist's Hermite polynomial of degree n, without a derivative.",
    ),
    row(
        "hermite_polynomial_he",
        SPECIAL,
        polynomials!("hermite_he"),
        "The probabilist's Hermite polynomial of degree n, without a derivative.",
    ),
    row(
        "laguerre_polynomial_l",
        SPECIAL,
        polynomials!("laguerre_l"),
        "Laguerre's polynomial of degree n, without a derivative.",
    ),
    row(
        "legendre_polynomial_p",
        SPECIAL,
        polynomials!("legendre_p"),
        "Legendre's polynomial of degree n, without a derivative.",
    ),
];
