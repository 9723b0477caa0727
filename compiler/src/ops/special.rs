//! Special functions and functions of the bits of numbers, element by element, computed by host work of ours: no library of
//! devices has them. What MLX has, or composes in a few calls, is in `elementwise`.

use super::{
    AttrKind, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, of, one, streaming_at},
    through,
};
use crate::{
    attrs,
    error::{Error, Fault, Result},
    types::{DType, Kind, Shape, Type},
};

/// The type shared by all operands; one of rank 0 stands for every element.
fn shared(call: &Call<'_>, kind: Kind, wanted: &str) -> Result<Type> {
    if let Some(ty) = call.inputs.iter().find(|t| t.dtype.kind() != kind) {
        let message = format_args!("is defined for {wanted}, {ty} given");
        return Err(Error::user(Fault::Unsupported, call.op.name(), message));
    }
    let first = call.inputs[0];
    if let Some(other) = call.inputs.iter().find(|t| t.dtype != first.dtype) {
        return call.wrong(format_args!("element types differ: {first} x {other}"));
    }
    let mut shape: Option<&Type> = None;
    for ty in call.inputs.iter().filter(|t| t.rank() > 0) {
        match shape {
            None => shape = Some(ty),
            Some(first) if !call.same_shape(&first.shape, &ty.shape) => {
                return call.wrong(format_args!("shapes differ: {first} x {ty}"));
            }
            Some(_) => {}
        }
    }
    Ok(Type { dtype: first.dtype, shape: shape.map_or_else(Shape::new, |t| t.shape.clone()) })
}

fn real(call: &Call<'_>) -> Result<Types> {
    one(shared(call, Kind::Float, "real floating-point values")?)
}

fn whole(call: &Call<'_>) -> Result<Types> {
    one(shared(call, Kind::Integer, "integers")?)
}

fn exponent(call: &Call<'_>) -> Result<Types> {
    one(shared(call, Kind::Float, "real floating-point values")?.with_dtype(DType::I32))
}

/// The names that [`Op::OrthogonalPolynomial`] takes.
pub const POLYNOMIALS: [&str; 12] = [
    "chebyshev_t",
    "chebyshev_u",
    "chebyshev_v",
    "chebyshev_w",
    "shifted_chebyshev_t",
    "shifted_chebyshev_u",
    "shifted_chebyshev_v",
    "shifted_chebyshev_w",
    "hermite_h",
    "hermite_he",
    "laguerre_l",
    "legendre_p",
];

fn polynomial(call: &Call<'_>) -> Result<Types> {
    let name = call.word("family")?;
    if !POLYNOMIALS.contains(&name) {
        return call.wrong(format_args!("knows {POLYNOMIALS:?}, '{name}' given"));
    }
    real(call)
}

fn folded(call: &Call<'_>) -> Result<Types> {
    let (x, dims) = (call.inputs[0], call.axes("dims")?);
    if x.dtype.kind() == Kind::Complex {
        let message = format_args!("is not defined for complex numbers, {x} given");
        return Err(Error::user(Fault::Unsupported, call.op.name(), message));
    }
    if let Some(&axis) = dims.iter().find(|&&axis| axis as usize >= x.rank()) {
        return call.wrong_axis(axis, x.rank());
    }
    let kept = (0u32..).zip(&x.shape).filter(|(i, _)| !dims.contains(i)).map(|(_, size)| size.clone());
    one(Type { dtype: DType::U64, shape: kept.collect() })
}

fn folds() -> Vec<Sample> {
    let axes = |list: &[u32]| attrs![super::Axes::from_slice(list)];
    vec![
        Sample::new([f32(&[2, 3, 4])], axes(&[0, 2])),
        Sample::new([of(DType::I64, &[5])], axes(&[0])),
        Sample::new([f32(&[2, 3])], axes(&[])),
    ]
}

fn drawn(low: f64, high: f64) -> Vec<Sample> {
    [&[2, 3][..], &[], &[0, 2]]
        .into_iter()
        .map(|shape| Sample::new([f32(shape)], attrs![]).domain(Domain::Range(low, high)))
        .collect()
}

fn anywhere() -> Vec<Sample> {
    drawn(-2.0, 2.0)
}

fn above_zero() -> Vec<Sample> {
    drawn(0.3, 3.0)
}

fn probabilities() -> Vec<Sample> {
    drawn(0.1, 0.9)
}

fn pairs(low: f64, high: f64) -> Vec<Sample> {
    [(&[2, 3][..], &[2, 3][..]), (&[2, 3], &[]), (&[], &[4])]
        .into_iter()
        .map(|(x, y)| Sample::new([f32(x), f32(y)], attrs![]).domain(Domain::Range(low, high)))
        .collect()
}

fn two_above_zero() -> Vec<Sample> {
    pairs(0.4, 3.0)
}

fn two_above_one() -> Vec<Sample> {
    pairs(1.5, 4.0)
}

fn two_whole() -> Vec<Sample> {
    [DType::I64, DType::I32, DType::U8]
        .into_iter()
        .map(|dtype| Sample::new([of(dtype, &[7]), of(dtype, &[7])], attrs![]).domain(Domain::Range(0.0, 40.0)))
        .collect()
}

fn polynomials() -> Vec<Sample> {
    let named = |name: &str| attrs![std::sync::Arc::<str>::from(name)];
    POLYNOMIALS
        .iter()
        .map(|name| Sample::new([f32(&[5]), f32(&[])], named(name)).domain(Domain::Range(0.0, 4.0)))
        .collect()
}

/// A row of one real operand.
const UNARY: Row = Row {
    op: Op::Erfc,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[],
    class: Class::Elementwise,
    infer: real,
    vjp: Derivative::NotYet,
    jvp: Tangent::Diagonal,
    batch: Batch::Elementwise,
    through: Through::Same,
    cost: streaming_at::<64>,
    placement: Placement::Cpu,
    samples: anywhere,
};

/// A row of two real operands.
const BINARY: Row = Row { operands: &["x", "y"], samples: two_above_zero, ..UNARY };

const fn unary(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { name, doc, vjp: Derivative::Rule(vjp), ..UNARY }
}

const fn positive(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { samples: above_zero, ..unary(name, doc, vjp) }
}

const fn binary(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { name, doc, vjp: Derivative::Rule(vjp), ..BINARY }
}

/// Of one operand, without a derivative.
const fn bare(name: &'static str, doc: &'static str) -> Row {
    Row { name, doc, jvp: Tangent::NotYet, ..UNARY }
}

const fn integral(name: &'static str, doc: &'static str) -> Row {
    Row { name, doc, infer: whole, vjp: Derivative::Zero, jvp: Tangent::Zero, samples: two_whole, ..BINARY }
}

family! {
    /// Special functions.
    Special {
        Erfc = unary("erfc", "1 - erf(x), accurate where that is small.", "x = (mul ?g (mul -1.1283791670955126 (exp (neg (mul ?x ?x)))))");
        Erfcx = unary("erfcx", "exp(x * x) * erfc(x).", "x = (mul ?g (sub (mul 2.0 (mul ?x ?r)) 1.1283791670955126))");
        LogNdtr = unary("log_ndtr", "The logarithm of the normal distribution's share below x.",
            "x = (div (mul ?g 0.7978845608028654) (erfcx (mul ?x -0.7071067811865476)))");
        Ndtri = Row { samples: probabilities, ..unary("ndtri", "Below which number the normal distribution has the share x.",
            "x = (mul ?g (mul 2.5066282746310002 (exp (mul 0.5 (mul ?r ?r)))))") };
        Lgamma = positive("lgamma", "The logarithm of the absolute value of the gamma function.", "x = (mul ?g (digamma ?x))");
        Digamma = positive("digamma", "The derivative of the logarithm of the gamma function.", "x = (mul ?g (zeta 2.0 ?x))");
        BesselJ0 = unary("bessel_j0", "The Bessel function of the first kind of order 0.", "x = (neg (mul ?g (bessel_j1 ?x)))");
        BesselJ1 = positive("bessel_j1", "The Bessel function of the first kind of order 1.",
            "x = (mul ?g (where (equal ?x 0.0) 0.5 (sub (bessel_j0 ?x) (div ?r ?x))))");
        BesselY0 = positive("bessel_y0", "The Bessel function of the second kind of order 0.", "x = (neg (mul ?g (bessel_y1 ?x)))");
        BesselY1 = positive("bessel_y1", "The Bessel function of the second kind of order 1.",
            "x = (mul ?g (where (equal ?x 0.0) (neg ?r) (sub (bessel_y0 ?x) (div ?r ?x))))");
        BesselI0 = unary("bessel_i0", "The modified Bessel function of the first kind of order 0.", "x = (mul ?g (bessel_i1 ?x))");
        BesselI0e = positive("bessel_i0e", "exp(-|x|) * bessel_i0(x).", "x = (mul ?g (sub (bessel_i1e ?x) (mul (sign ?x) ?r)))");
        BesselI1 = positive("bessel_i1", "The modified Bessel function of the first kind of order 1.",
            "x = (mul ?g (where (equal ?x 0.0) 0.5 (sub (bessel_i0 ?x) (div ?r ?x))))");
        BesselI1e = positive("bessel_i1e", "exp(-|x|) * bessel_i1(x).",
            "x = (mul ?g (where (equal ?x 0.0) 0.5 (sub (bessel_i0e ?x) (mul ?r (add (sign ?x) (div 1.0 ?x))))))");
        BesselK0 = positive("bessel_k0", "The modified Bessel function of the second kind of order 0.", "x = (neg (mul ?g (bessel_k1 ?x)))");
        BesselK1 = positive("bessel_k1", "The modified Bessel function of the second kind of order 1.",
            "x = (neg (mul ?g (add (bessel_k0 ?x) (div ?r ?x))))");
        BesselK0e = Row { samples: above_zero, ..bare("bessel_k0e", "exp(x) * bessel_k0(x).") };
        BesselK1e = Row { samples: above_zero, ..bare("bessel_k1e", "exp(x) * bessel_k1(x).") };
        SphericalBesselJ0 = bare("spherical_bessel_j0", "sin(x) / x, 1 at 0.");
        AiryAi = bare("airy_ai", "The Airy function Ai.");
        FrexpMantissa = positive("frexp_mantissa", "x by the power of two that brings it between 0.5 and 1, with its sign.",
            "x = (div ?g (pow 2.0 (cast (frexp_exponent ?x) dtype=@dtype(?x))))");
        FrexpExponent = Row { infer: exponent, vjp: Derivative::Zero, jvp: Tangent::Zero, ..bare("frexp_exponent", "The exponent of that power of two.") };
        Zeta = Row { samples: two_above_one, ..binary("zeta", "The Hurwitz zeta function: the sum of (k + y) to the power of -x over k from 0.",
            "x = unknown; y = (neg (mul ?g (mul ?x (zeta (add ?x 1.0) ?y))))") };
        Igamma = binary("igamma", "The lower incomplete gamma function of x at y, over the gamma function.",
            "x = unknown; y = (mul ?g (exp (sub (sub (mul (sub ?x 1.0) (log ?y)) ?y) (lgamma ?x))))");
        Igammac = binary("igammac", "The upper incomplete gamma function of x at y, over the gamma function.",
            "x = unknown; y = (neg (mul ?g (exp (sub (sub (mul (sub ?x 1.0) (log ?y)) ?y) (lgamma ?x)))))");
        NextAfter = binary("next_after", "The number beside x towards y.", "x = (where (equal ?x ?y) 0.0 ?g)");
        Gcd = integral("gcd", "The greatest common divisor, not negative.");
        Lcm = integral("lcm", "The least common multiple, not negative.");
        XorFold = Row {
            name: "xor_fold", doc: "The exclusive or of the elements\' 64 bits, of floats in double precision, over axes.",
            attributes: &[attr("dims", AttrKind::Axes)], class: Class::Reduction, infer: folded, vjp: Derivative::Zero,
            jvp: Tangent::Zero, batch: Batch::NotYet, through: Through::Relabel(through::fold), samples: folds, ..UNARY
        };
        OrthogonalPolynomial = Row {
            name: "orthogonal_polynomial", doc: "The polynomial of degree y of a family, at x.",
            attributes: &[attr("family", AttrKind::Name)], infer: polynomial, samples: polynomials, jvp: Tangent::NotYet, ..BINARY
        };
    }
}
