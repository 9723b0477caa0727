//! Random draws. A generator is a value: its state goes in and the next state comes out, so that eager and compiled
//! programs draw the same numbers by construction. The state's length tells the algorithm.

use smallvec::smallvec;

use super::{
    AttrKind, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, number, of, one, sizes, streaming},
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Dim, Scalar, Type},
};

/// Words of a Mersenne twister's state: 624, the position, how many are left, whether it is seeded and the seed (two), and the
/// normal that is kept back in both precisions (flag and bits: 2 + 3).
pub const MERSENNE_WORDS: i64 = 632;

/// Words of a counter-based generator's state: key and counter, 64 bits each.
pub const COUNTER_WORDS: i64 = 4;

fn state<'a>(call: &Call<'a>) -> Result<&'a Type> {
    let state = call.inputs[0];
    let known = state.rank() == 1 && (state.shape[0] == MERSENNE_WORDS || state.shape[0] == COUNTER_WORDS);
    if state.dtype != DType::U32 || !known {
        return call.wrong(format_args!(
            "a generator's state is u32[{MERSENNE_WORDS}] or u32[{COUNTER_WORDS}], {state} given"
        ));
    }
    Ok(state)
}

fn drawn(call: &Call<'_>) -> Result<Types> {
    let dtype = call.dtype("dtype")?;
    if !dtype.is_float() {
        return call.wrong(format_args!("draws floating-point values, {dtype} asked for"));
    }
    Ok(smallvec![Type::new(dtype, call.dims("shape")?.iter().cloned()), state(call)?.clone()])
}

fn integers(call: &Call<'_>) -> Result<Types> {
    let (low, high) = (call.scalar("low")?, call.scalar("high")?);
    match (low.as_i64(), high.as_i64()) {
        (Some(l), Some(h)) if l < h => {}
        _ => return call.wrong(format_args!("draws from [low, high): {low} is not below {high}")),
    }
    Ok(smallvec![Type::new(call.dtype("dtype")?, call.dims("shape")?.iter().cloned()), state(call)?.clone()])
}

/// The laws of [`Op::RandomLaw`], and whether their draws are real numbers.
const LAWS: &[(&str, bool)] = &[
    ("normal", true),
    ("log_normal", true),
    ("exponential", true),
    ("cauchy", true),
    ("geometric", false),
    ("integers", false),
    ("integers_from", false),
];

fn by_law(call: &Call<'_>) -> Result<Types> {
    let (law, dtype) = (call.word("law")?, call.dtype("dtype")?);
    match LAWS.iter().find(|(name, _)| *name == law) {
        None => call.wrong(format_args!("knows no law '{law}'")),
        Some((_, true)) => drawn(call),
        Some((_, false)) => Ok(smallvec![Type::new(dtype, call.dims("shape")?.iter().cloned()), state(call)?.clone()]),
    }
}

fn categories(call: &Call<'_>) -> Result<Types> {
    let (weights, samples) = (call.inputs[1], call.dim("samples")?);
    if !weights.dtype.is_float() || weights.rank() == 0 || weights.rank() > 2 {
        return call.wrong(format_args!("weights are floating-point values of rank 1 or 2, {weights} given"));
    }
    let mut shape = weights.shape.clone();
    shape[weights.rank() - 1] = samples.clone();
    Ok(smallvec![Type::new(DType::I64, shape), state(call)?.clone()])
}

fn events(call: &Call<'_>) -> Result<Types> {
    let rates = call.inputs[1];
    if !rates.dtype.is_float() {
        return call.wrong(format_args!("rates are floating-point values, {rates} given"));
    }
    Ok(smallvec![rates.clone(), state(call)?.clone()])
}

fn successes(call: &Call<'_>) -> Result<Types> {
    let (counts, p) = (call.inputs[1], call.inputs[2]);
    if !counts.dtype.is_float() || p.dtype != counts.dtype || !call.same_shape(&counts.shape, &p.shape) {
        return call.wrong(format_args!("takes floating-point values of one type, {counts} and {p} given"));
    }
    Ok(smallvec![counts.clone(), state(call)?.clone()])
}

fn permutation(call: &Call<'_>) -> Result<Types> {
    let size = call.dim("size")?;
    Ok(smallvec![Type::new(DType::I64, [size.clone()]), state(call)?.clone()])
}

fn key(call: &Call<'_>) -> Result<Types> {
    Ok(smallvec![Type::new(DType::U32, [2i64]), state(call)?.clone()])
}

fn mask(call: &Call<'_>) -> Result<Types> {
    let (key, p) = (call.inputs[0], call.scalar("p")?.as_f64());
    if key.dtype != DType::U32 || key.rank() != 1 || !call.same(&key.shape[0], &Dim::known(2)) {
        return call.wrong(format_args!("a key is u32[2], {key} given"));
    }
    if !(0.0..=1.0).contains(&p) {
        return call.wrong(format_args!("p is a probability, {p} given"));
    }
    one(Type::new(DType::Bool, call.dims("shape")?.iter().cloned()))
}

fn states() -> Type {
    of(DType::U32, &[COUNTER_WORDS])
}

fn sample(attrs: super::Attrs) -> Vec<Sample> {
    vec![Sample::new([states()], attrs).domain(Domain::Range(1.0, 9000.0))]
}

fn floats() -> Vec<Sample> {
    sample(attrs![sizes(&[3, 7]), DType::F32, number(-1.0), number(2.0)])
}

fn ranges() -> Vec<Sample> {
    sample(attrs![sizes(&[11]), DType::I64, Scalar::Int(-4), Scalar::Int(9)])
}

fn laws() -> Vec<Sample> {
    let law = |name: &str, dtype: DType, first: Scalar| {
        sample(attrs![sizes(&[4, 5]), dtype, std::sync::Arc::<str>::from(name), first, number(0.5)])
    };
    let real = law("exponential", DType::F32, number(2.0));
    real.into_iter().chain(law("integers_from", DType::I64, Scalar::Int(7))).collect()
}

fn weights() -> Vec<Sample> {
    let inputs = [states(), of(DType::F32, &[3, 6])];
    vec![Sample::new(inputs, attrs![Dim::known(4), true]).domain(Domain::Range(1.0, 9000.0))]
}

fn trials() -> Vec<Sample> {
    let inputs = [states(), of(DType::F32, &[3, 6]), of(DType::F32, &[3, 6])];
    vec![Sample::new(inputs, attrs![]).domain(Domain::Range(1.0, 9000.0))]
}

fn rates() -> Vec<Sample> {
    vec![Sample::new([states(), of(DType::F32, &[3, 6])], attrs![]).domain(Domain::Range(1.0, 9000.0))]
}

fn orders() -> Vec<Sample> {
    sample(attrs![Dim::known(9)])
}

fn keys() -> Vec<Sample> {
    sample(attrs![])
}

fn masks() -> Vec<Sample> {
    vec![Sample::new([of(DType::U32, &[2])], attrs![sizes(&[5, 9]), number(0.3)]).domain(Domain::Range(1.0, 9000.0))]
}

const DRAW: Row = Row {
    op: Op::RandomUniform,
    name: "",
    doc: "",
    operands: &["state"],
    results: &["r", "next"],
    attributes: &[],
    class: Class::Random,
    infer: drawn,
    vjp: Derivative::Zero,
    jvp: Tangent::Zero,
    batch: Batch::NotYet,
    through: Through::Opaque("numbers are drawn in the order of the axes"),
    cost: streaming,
    placement: Placement::Any,
    samples: floats,
};

family! {
    /// Random draws.
    Random {
        RandomUniform = Row {
            name: "random_uniform", doc: "Uniform numbers from [low, high).",
            attributes: &[attr("shape", AttrKind::Dims), attr("dtype", AttrKind::DType), attr("low", AttrKind::Scalar), attr("high", AttrKind::Scalar)],
            ..DRAW
        };
        RandomNormal = Row {
            name: "random_normal", doc: "Normal numbers of the given mean and standard deviation.",
            attributes: &[attr("shape", AttrKind::Dims), attr("dtype", AttrKind::DType), attr("mean", AttrKind::Scalar), attr("std", AttrKind::Scalar)],
            ..DRAW
        };
        RandomInteger = Row {
            name: "random_integer", doc: "Integers from [low, high).", infer: integers, samples: ranges,
            attributes: &[attr("shape", AttrKind::Dims), attr("dtype", AttrKind::DType), attr("low", AttrKind::Scalar), attr("high", AttrKind::Scalar)],
            ..DRAW
        };
        RandomPermutation = Row {
            name: "random_permutation", doc: "0 to size - 1 in random order.", infer: permutation, samples: orders,
            attributes: &[attr("size", AttrKind::Dim)], ..DRAW
        };
        RandomLaw = Row {
            name: "random_law", doc: "Numbers of a law named with its parameters: one by one, as torch draws them.",
            infer: by_law, samples: laws,
            attributes: &[attr("shape", AttrKind::Dims), attr("dtype", AttrKind::DType), attr("law", AttrKind::Name), attr("first", AttrKind::Scalar), attr("second", AttrKind::Scalar)],
            ..DRAW
        };
        RandomMultinomial = Row {
            name: "random_multinomial", doc: "Places along the last axis of the weights, drawn by weight.",
            operands: &["state", "weights"], infer: categories, samples: weights,
            attributes: &[attr("samples", AttrKind::Dim), attr("replacement", AttrKind::Bool)], ..DRAW
        };
        RandomPoisson = Row {
            name: "random_poisson", doc: "Counts of events at the given rates.",
            operands: &["state", "rates"], infer: events, samples: rates, ..DRAW
        };
        RandomBinomial = Row {
            name: "random_binomial", doc: "How many of so many trials succeed, each with its probability.",
            operands: &["state", "counts", "p"], infer: successes, samples: trials, ..DRAW
        };
        RandomKey = Row {
            name: "random_key", doc: "A key for draws that are pure functions of key and position.",
            infer: key, samples: keys, ..DRAW
        };
        RandomMask = Row {
            name: "random_mask", doc: "True with probability p at each place, by key and position alone.",
            operands: &["key"], results: &["r"], infer: mask, samples: masks,
            attributes: &[attr("shape", AttrKind::Dims), attr("p", AttrKind::Scalar)], ..DRAW
        };
    }
}
