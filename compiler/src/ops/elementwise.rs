//! Elementwise ops. Operands have one shape, or rank 0 where they stand for every element; all other broadcasting is an
//! explicit `broadcast_in_dim`, so that a layout can move through it.

use super::{
    AttrKind, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, free, of, one, streaming, streaming_at},
};
use crate::{
    attrs,
    error::{Error, Fault, Result},
    types::{DType, Kind, Shape, Type},
};

/// The shape shared by all operands that are not scalars.
fn shared_shape(call: &Call<'_>) -> Result<Shape> {
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
    Ok(shape.map(|t| t.shape.clone()).unwrap_or_default())
}

/// The one element type of all operands.
fn shared_dtype(call: &Call<'_>, inputs: &[&Type]) -> Result<DType> {
    let first = inputs[0];
    match inputs.iter().find(|t| t.dtype != first.dtype) {
        Some(other) => call.wrong(format_args!("element types differ: {first} x {other}")),
        None => Ok(first.dtype),
    }
}

fn arithmetic(call: &Call<'_>) -> Result<Types> {
    let dtype = shared_dtype(call, call.inputs)?;
    one(Type { dtype, shape: shared_shape(call)? })
}

fn numeric(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| t.dtype == DType::Bool) {
        Some(ty) => {
            let message = format_args!("is not defined for truth values, {ty} given");
            Err(Error::user(Fault::Unsupported, call.op.name(), message))
        }
        None => arithmetic(call),
    }
}

fn floating(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| !t.dtype.is_inexact()) {
        Some(ty) => call.wrong(format_args!("is defined for floating-point values, {ty} given")),
        None => arithmetic(call),
    }
}

fn integral(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| !t.dtype.is_integral()) {
        Some(ty) => call.wrong(format_args!("is defined for integers and truth values, {ty} given")),
        None => arithmetic(call),
    }
}

fn whole(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| t.dtype.kind() != Kind::Integer) {
        Some(ty) => call.wrong(format_args!("is defined for integers, {ty} given")),
        None => arithmetic(call),
    }
}

fn comparison(call: &Call<'_>) -> Result<Types> {
    shared_dtype(call, call.inputs)?;
    one(Type { dtype: DType::Bool, shape: shared_shape(call)? })
}

fn truth(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| t.dtype != DType::Bool) {
        Some(ty) => call.wrong(format_args!("is defined for truth values, {ty} given")),
        None => comparison(call),
    }
}

fn select(call: &Call<'_>) -> Result<Types> {
    if call.inputs[0].dtype != DType::Bool {
        return call.wrong(format_args!("the condition is bool, {} given", call.inputs[0]));
    }
    let dtype = shared_dtype(call, &call.inputs[1..])?;
    one(Type { dtype, shape: shared_shape(call)? })
}

fn cast(call: &Call<'_>) -> Result<Types> {
    one(call.inputs[0].with_dtype(call.dtype("dtype")?))
}

fn conjugate(call: &Call<'_>) -> Result<Types> {
    one(call.inputs[0].clone())
}

/// The real numbers in complex ones.
fn part(call: &Call<'_>) -> Result<Types> {
    match call.inputs[0].dtype {
        DType::C64 => one(call.inputs[0].with_dtype(DType::F32)),
        _ => call.wrong(format_args!("is defined for complex numbers, {} given", call.inputs[0])),
    }
}

fn joined(call: &Call<'_>) -> Result<Types> {
    match call.inputs.iter().find(|t| t.dtype != DType::F32) {
        Some(ty) => call.wrong(format_args!("takes two f32, {ty} given")),
        None => one(Type { dtype: DType::C64, shape: shared_shape(call)? }),
    }
}

fn one_complex() -> Vec<Sample> {
    vec![Sample::new([of(DType::C64, &[2, 3])], attrs![])]
}

fn one_operand() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3])], attrs![]),
        Sample::new([f32(&[])], attrs![]),
        Sample::new([f32(&[0, 2])], attrs![]),
    ]
}

fn one_positive() -> Vec<Sample> {
    one_operand().into_iter().map(|s| s.domain(Domain::Range(0.2, 3.0))).collect()
}

fn two_probabilities() -> Vec<Sample> {
    vec![Sample::new([f32(&[2, 3]), f32(&[2, 3])], attrs![]).domain(Domain::Range(0.1, 0.9))]
}

fn one_small() -> Vec<Sample> {
    one_operand().into_iter().map(|s| s.domain(Domain::Range(-0.8, 0.8))).collect()
}

fn one_large() -> Vec<Sample> {
    one_operand().into_iter().map(|s| s.domain(Domain::Range(1.2, 3.0))).collect()
}

fn one_probability() -> Vec<Sample> {
    one_operand().into_iter().map(|s| s.domain(Domain::Range(0.1, 0.9))).collect()
}

fn one_truth() -> Vec<Sample> {
    vec![Sample::new([of(DType::Bool, &[2, 3])], attrs![])]
}

fn one_integer() -> Vec<Sample> {
    vec![
        Sample::new([of(DType::I64, &[7])], attrs![]),
        Sample::new([of(DType::U8, &[7])], attrs![]).domain(Domain::Range(0.0, 9.0)),
    ]
}

fn two_operands() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3]), f32(&[2, 3])], attrs![]),
        Sample::new([f32(&[2, 3]), f32(&[])], attrs![]),
        Sample::new([f32(&[]), f32(&[4])], attrs![]),
    ]
}

fn two_positive() -> Vec<Sample> {
    two_operands().into_iter().map(|s| s.domain(Domain::Range(0.2, 3.0))).collect()
}

fn two_truths() -> Vec<Sample> {
    vec![Sample::new([of(DType::Bool, &[5]), of(DType::Bool, &[5])], attrs![])]
}

fn two_integers() -> Vec<Sample> {
    vec![Sample::new([of(DType::I32, &[3, 4]), of(DType::I32, &[])], attrs![]).domain(Domain::Range(1.0, 9.0))]
}

fn two_places() -> Vec<Sample> {
    vec![
        Sample::new([of(DType::I64, &[3, 4]), of(DType::I64, &[])], attrs![]).domain(Domain::Range(0.0, 9.0)),
        Sample::new([of(DType::U8, &[9]), of(DType::U8, &[9])], attrs![]).domain(Domain::Range(0.0, 12.0)),
        Sample::new([of(DType::I32, &[9]), of(DType::I32, &[9])], attrs![]).domain(Domain::Range(-40.0, 40.0)),
    ]
}

fn selections() -> Vec<Sample> {
    vec![
        Sample::new([of(DType::Bool, &[2, 3]), f32(&[2, 3]), f32(&[2, 3])], attrs![]),
        Sample::new([of(DType::Bool, &[2, 3]), f32(&[]), f32(&[2, 3])], attrs![]),
    ]
}

fn casts() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3])], attrs![DType::I32]),
        Sample::new([of(DType::I64, &[4])], attrs![DType::F32]),
        Sample::new([f32(&[4])], attrs![DType::F64]),
    ]
}

/// A row of one floating-point operand.
const UNARY: Row = Row {
    op: Op::Neg,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[],
    class: Class::Elementwise,
    infer: floating,
    vjp: Derivative::NotYet,
    jvp: Tangent::Diagonal,
    batch: Batch::Elementwise,
    through: Through::Same,
    cost: streaming,
    placement: Placement::Any,
    samples: one_operand,
};

/// A row of two operands of one element type.
const BINARY: Row = Row { operands: &["x", "y"], infer: arithmetic, samples: two_operands, ..UNARY };

/// A row of two operands that answers with truth values.
const COMPARE: Row = Row { infer: comparison, vjp: Derivative::Zero, jvp: Tangent::Zero, ..BINARY };

const fn unary(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { name, doc, vjp: Derivative::Rule(vjp), ..UNARY }
}

const fn positive(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { samples: one_positive, ..unary(name, doc, vjp) }
}

/// Of a function that is defined, or tame, near 0 alone.
const fn small(row: Row) -> Row {
    Row { samples: one_small, ..row }
}

/// A quotient or root: a few operations for each element.
const fn quotient(row: Row) -> Row {
    Row { cost: streaming_at::<4>, ..row }
}

/// A series or table: many operations for each element.
const fn transcendental(row: Row) -> Row {
    Row { cost: streaming_at::<16>, ..row }
}

/// Piecewise constant: its derivative is zero.
const fn flat(name: &'static str, doc: &'static str) -> Row {
    Row { name, doc, vjp: Derivative::Zero, jvp: Tangent::Zero, ..UNARY }
}

const fn binary(name: &'static str, doc: &'static str, vjp: &'static str) -> Row {
    Row { name, doc, vjp: Derivative::Rule(vjp), ..BINARY }
}

const fn compare(name: &'static str, doc: &'static str) -> Row {
    Row { name, doc, ..COMPARE }
}

const fn bitwise(name: &'static str, doc: &'static str) -> Row {
    Row { infer: integral, samples: two_integers, ..compare(name, doc) }
}

const fn shift(name: &'static str, doc: &'static str) -> Row {
    Row { infer: whole, samples: two_places, ..compare(name, doc) }
}

const fn logic(name: &'static str, doc: &'static str) -> Row {
    Row { infer: truth, samples: two_truths, ..compare(name, doc) }
}

family! {
    /// Elementwise ops.
    Elementwise {
        Neg = Row { infer: numeric, jvp: Tangent::Linear, ..unary("neg", "-x.", "x = (neg ?g)") };
        Abs = Row { infer: numeric, ..unary("abs", "The absolute value; its derivative at 0 is 0.", "x = (mul ?g (sign ?x))") };
        Sign = Row { infer: numeric, ..flat("sign", "-1, 0 or 1 by the sign of x.") };
        Exp = transcendental(unary("exp", "e to the power of x.", "x = (mul ?g (conj ?r))"));
        Expm1 = transcendental(unary("expm1", "exp(x) - 1, accurate near 0.", "x = (mul ?g (conj (add ?r 1.0)))"));
        Log = transcendental(positive("log", "The natural logarithm.", "x = (div ?g (conj ?x))"));
        Log1p = transcendental(positive("log1p", "log(1 + x), accurate near 0.", "x = (div ?g (conj (add ?x 1.0)))"));
        Sqrt = quotient(positive("sqrt", "The square root.", "x = (div ?g (mul (conj ?r) 2.0))"));
        Rsqrt = quotient(positive("rsqrt", "One over the square root.", "x = (mul ?g (conj (mul -0.5 (mul ?r (mul ?r ?r)))))"));
        Sin = transcendental(unary("sin", "The sine of x in radians.", "x = (mul ?g (conj (cos ?x)))"));
        Cos = transcendental(unary("cos", "The cosine of x in radians.", "x = (neg (mul ?g (conj (sin ?x))))"));
        Atan = transcendental(unary("atan", "The arctangent, in radians.", "x = (div ?g (conj (add (mul ?x ?x) 1.0)))"));
        Tan = transcendental(small(unary("tan", "The tangent of x in radians.", "x = (mul ?g (conj (add 1.0 (mul ?r ?r))))")));
        Asin = transcendental(small(unary("asin", "The arcsine, in radians.", "x = (mul ?g (conj (rsqrt (sub 1.0 (mul ?x ?x)))))")));
        Acos = transcendental(small(unary("acos", "The arccosine, in radians.", "x = (neg (mul ?g (conj (rsqrt (sub 1.0 (mul ?x ?x))))))")));
        Sinh = transcendental(unary("sinh", "The hyperbolic sine.", "x = (mul ?g (conj (cosh ?x)))"));
        Cosh = transcendental(unary("cosh", "The hyperbolic cosine.", "x = (mul ?g (conj (sinh ?x)))"));
        Asinh = transcendental(unary("asinh", "The inverse of sinh.", "x = (mul ?g (conj (rsqrt (add 1.0 (mul ?x ?x)))))"));
        Acosh = transcendental(Row { samples: one_large, ..unary("acosh", "The inverse of cosh.", "x = (mul ?g (conj (rsqrt (sub (mul ?x ?x) 1.0))))") });
        Atanh = transcendental(small(unary("atanh", "The inverse of tanh.", "x = (div ?g (conj (sub 1.0 (mul ?x ?x))))")));
        Tanh = transcendental(unary("tanh", "The hyperbolic tangent.", "x = (mul ?g (conj (sub 1.0 (mul ?r ?r))))"));
        Sigmoid = transcendental(unary("sigmoid", "1 / (1 + exp(-x)).", "x = (mul ?g (conj (mul ?r (sub 1.0 ?r))))"));
        Erf = transcendental(unary("erf", "The error function.", "x = (mul ?g (mul 1.1283791670955126 (exp (neg (mul ?x ?x)))))"));
        Erfinv = transcendental(small(unary("erfinv", "The inverse of erf.", "x = (mul ?g (mul 0.886226925452758 (exp (mul ?r ?r))))")));
        Logit = transcendental(Row { samples: one_probability, ..unary("logit", "log(x / (1 - x)).",
            "x = (where (logical_and (greater_equal ?x 0.0) (less_equal ?x 1.0)) (div ?g (mul ?x (sub 1.0 ?x))) (log (sub -1.0 (abs ?x))))") });
        Entropy = transcendental(positive("entropy", "-x log(x), 0 at 0 and -inf below.", "x = (mul ?g (sub -1.0 (log ?x)))"));
        Sinc = transcendental(positive("sinc", "sin(pi x) / (pi x), 1 at 0.",
            "let p = (mul ?x 3.141592653589793);
             let square = (mul (mul ?x ?x) 3.141592653589793);
             x = (where (equal ?square 0.0) 0.0 (mul ?g (div (sub (mul ?p (cos ?p)) (sin ?p)) ?square)))"));
        Floor = flat("floor", "The largest integer not above x.");
        Ceil = flat("ceil", "The smallest integer not below x.");
        Round = flat("round", "The nearest integer, halves to the even one.");
        StopGradient = Row { infer: arithmetic, cost: free, ..flat("stop_gradient", "x, of which nothing is differentiated.") };
        LogicalNot = Row { infer: truth, samples: one_truth, ..flat("logical_not", "Not x.") };
        BitwiseNot = Row { infer: integral, samples: one_integer, ..flat("bitwise_not", "Each bit of x inverted; for truth values, not x.") };
        Add = Row { jvp: Tangent::Linear, ..binary("add", "x + y; for truth values, or.", "x = ?g; y = ?g") };
        Sub = Row { infer: numeric, jvp: Tangent::Linear, ..binary("sub", "x - y.", "x = ?g; y = (neg ?g)") };
        Mul = binary("mul", "x * y; for truth values, and.", "x = (mul ?g (conj ?y)); y = (mul ?g (conj ?x))");
        Div = Row { infer: floating, samples: two_positive, cost: streaming_at::<4>, ..binary("div", "x / y.", "x = (div ?g (conj ?y)); y = (neg (mul ?g (conj (div ?r ?y))))") };
        FloorDiv = Row { infer: numeric, vjp: Derivative::Zero, jvp: Tangent::Zero, samples: two_positive, name: "floor_div", doc: "floor(x / y).", ..BINARY };
        Remainder = Row { infer: numeric, samples: two_positive,
            ..binary("remainder", "x - y * floor(x / y): the sign of y.", "x = ?g; y = (neg (mul ?g (floor (div ?x ?y))))") };
        Pow = Row { infer: numeric, samples: two_positive, cost: streaming_at::<32>, ..binary("pow", "x to the power of y.",
            "x = (where (equal ?y 0.0) 0.0 (mul ?g (conj (mul ?y (pow ?x (sub ?y 1.0))))));
             y = (where (logical_and (equal ?x 0.0) (greater_equal ?y 0.0)) 0.0 (mul ?g (conj (mul ?r (log ?x)))))") };
        Maximum = binary("maximum", "The larger of x and y, NaN where either is; where equal, each has half of the derivative.",
            "let half = (mul ?g 0.5);
             x = (where (equal ?x ?y) ?half (where (less ?x ?y) 0.0 ?g));
             y = (where (equal ?x ?y) ?half (where (greater ?x ?y) 0.0 ?g))");
        Minimum = binary("minimum", "The smaller of x and y, NaN where either is; where equal, each has half of the derivative.",
            "let half = (mul ?g 0.5);
             x = (where (equal ?x ?y) ?half (where (greater ?x ?y) 0.0 ?g));
             y = (where (equal ?x ?y) ?half (where (less ?x ?y) 0.0 ?g))");
        NumericMaximum = binary("numeric_maximum", "The larger of x and y, the number where one is NaN; where equal, each has half of the derivative.",
            "let half = (mul ?g 0.5);
             let first = (logical_or (greater ?x ?y) (not_equal ?y ?y));
             x = (where (equal ?x ?y) ?half (where ?first ?g 0.0));
             y = (where (equal ?x ?y) ?half (where ?first 0.0 ?g))");
        NumericMinimum = binary("numeric_minimum", "The smaller of x and y, the number where one is NaN; where equal, each has half of the derivative.",
            "let half = (mul ?g 0.5);
             let first = (logical_or (less ?x ?y) (not_equal ?y ?y));
             x = (where (equal ?x ?y) ?half (where ?first ?g 0.0));
             y = (where (equal ?x ?y) ?half (where ?first 0.0 ?g))");
        TruncatedRemainder = Row { infer: numeric, samples: two_positive,
            ..binary("truncated_remainder", "x - y * trunc(x / y): the sign of x.",
            "let q = (div ?x ?y); x = ?g; y = (neg (mul ?g (where (less ?q 0.0) (ceil ?q) (floor ?q))))") };
        Atan2 = transcendental(Row { infer: floating, samples: two_positive, ..binary("atan2", "The angle of the point (y, x), from -pi to pi.",
            "let square = (add (mul ?x ?x) (mul ?y ?y));
             let inverse = (where (equal ?square 0.0) 0.0 (div 1.0 ?square));
             x = (mul ?g (mul ?y ?inverse)); y = (mul ?g (mul (neg ?x) ?inverse))") });
        Hypot = transcendental(Row { infer: floating, samples: two_positive, ..binary("hypot", "sqrt(x * x + y * y), computed without overflow.",
            "x = (mul ?g (div ?x ?r)); y = (mul ?g (div ?y ?r))") });
        LogAddExp = transcendental(Row { infer: floating, ..binary("log_add_exp", "log(exp(x) + exp(y)), computed without overflow.",
            "x = (div ?g (add 1.0 (exp (sub ?y ?x)))); y = (div ?g (add 1.0 (exp (sub ?x ?y))))") });
        Xlogy = transcendental(Row { infer: floating, samples: two_positive, ..binary("xlogy", "x log(y), 0 where x is 0 and y is a number.",
            "x = (where (logical_and (equal ?x 0.0) (less_equal ?y 0.0)) 0.0 (mul ?g (log ?y))); y = (mul ?g (div ?x ?y))") });
        Xlog1py = transcendental(Row { infer: floating, samples: two_positive, ..binary("xlog1py", "x log(1 + y), 0 where x is 0 and y is a number.",
            "x = (where (logical_and (equal ?x 0.0) (less_equal ?y -1.0)) 0.0 (mul ?g (log1p ?y))); y = (mul ?g (div ?x (add ?y 1.0)))") });
        BinaryCrossEntropy = Row { infer: floating, samples: two_probabilities, cost: streaming_at::<40>,
            ..binary("binary_cross_entropy", "-(y log(x) + (1 - y) log(1 - x)); logarithms below -100 count as -100, and a derivative's divisor below 1e-12 as that.",
            "x = (div (mul ?g (sub ?x ?y)) (maximum (mul ?x (sub 1.0 ?x)) 1e-12));
             y = (mul ?g (sub (maximum (log1p (neg ?x)) -100.0) (maximum (log ?x) -100.0)))") };
        CopySign = Row { infer: floating, samples: two_positive, ..binary("copy_sign", "The size of x with the sign of y, of zeros too; a NaN counts as positive.",
            "x = (where (equal ?x 0.0) 0.0 (mul ?g (div ?r ?x)))") };
        Heaviside = Row { name: "heaviside", doc: "0 where x is below 0 or NaN, 1 where it is above, and y where it is 0.", jvp: Tangent::NotYet, ..BINARY };
        Equal = compare("equal", "Whether x is y.");
        NotEqual = compare("not_equal", "Whether x is not y.");
        Less = compare("less", "Whether x is below y.");
        LessEqual = compare("less_equal", "Whether x is not above y.");
        Greater = compare("greater", "Whether x is above y.");
        GreaterEqual = compare("greater_equal", "Whether x is not below y.");
        LogicalAnd = logic("logical_and", "x and y.");
        LogicalOr = logic("logical_or", "x or y.");
        BitwiseAnd = bitwise("bitwise_and", "The bits set in both x and y.");
        BitwiseOr = bitwise("bitwise_or", "The bits set in x or y.");
        BitwiseXor = bitwise("bitwise_xor", "The bits set in one of x and y.");
        ShiftLeft = shift("shift_left", "The bits of x moved up by y places; 0 where y is no number of places within x.");
        ShiftRight = shift("shift_right", "The bits of x moved down by y places, the sign staying; where y is no number of places within x, only the sign is left.");
        Where = Row {
            name: "where", doc: "x where the condition holds, else y.", operands: &["condition", "x", "y"],
            infer: select, samples: selections,
            vjp: Derivative::Rule("x = (where ?condition ?g 0.0); y = (where ?condition 0.0 ?g)"), ..BINARY
        };
        Conj = Row {
            infer: conjugate, samples: one_complex, jvp: Tangent::Linear,
            ..unary("conj", "The complex conjugate; what is real as it is.", "x = (conj ?g)")
        };
        Real = Row { infer: part, samples: one_complex, jvp: Tangent::Linear, ..unary("real", "The real part.", "x = (complex ?g 0.0)") };
        Imag = Row { infer: part, samples: one_complex, jvp: Tangent::Linear, ..unary("imag", "The imaginary part.", "x = (complex 0.0 ?g)") };
        Complex = Row {
            infer: joined, jvp: Tangent::Linear,
            ..binary("complex", "x + iy.", "x = (real ?g); y = (imag ?g)")
        };
        Modulus = Row {
            infer: part, samples: one_complex,
            ..unary("modulus", "The absolute value of complex numbers; its derivative at 0 is 0.",
            "let size = (cast (where (equal ?r 0.0) 1.0 ?r) dtype=@dtype(?x));
             x = (div (mul (cast ?g dtype=@dtype(?x)) ?x) ?size)")
        };
        Cast = Row {
            name: "cast", doc: "x as another element type; floats to integers towards zero.",
            attributes: &[attr("dtype", AttrKind::DType)], infer: cast, samples: casts, jvp: Tangent::Linear,
            vjp: Derivative::Rule("x = (cast ?g dtype=@dtype(?x))"), ..UNARY
        };
    }
}
