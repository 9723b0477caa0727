//! What a region computes, element by element: the slow reference that every executor of regions is held to. It refuses
//! element types and ops that no region holds.

use std::collections::HashMap;

use crate::{
    error::{Error, Result},
    ir::{Graph, Node, ValueId},
    ops::{Attr, Elementwise, Movement, Op, Reduction},
    types::{DType, Kind, Scalar, Type},
};

/// The elements of a value, row-major: each a number that its element type holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Elements {
    /// Element type and shape.
    pub ty: Type,
    /// The elements; truth values are 0 and 1. Integers above 2^53 are not exact.
    pub data: Vec<f64>,
}

/// The outputs of a region for these operands. Each op rounds to its result's element type; a reduction adds in double
/// precision, or in whole numbers, and rounds once.
///
/// # Errors
/// What regions do not hold; operands of other types than the region's; a size that is unknown.
pub fn interpret(region: &Graph, operands: &[Elements]) -> Result<Vec<Elements>> {
    if operands.len() != region.params.len() {
        return Err(Error::runtime(
            "fused",
            format_args!("takes {} values, {} given", region.params.len(), operands.len()),
        ));
    }
    let mut values: HashMap<ValueId, Elements> = HashMap::new();
    for (param, given) in region.params.iter().zip(operands) {
        if region.ty(param.value) != &given.ty {
            return Err(Error::runtime("fused", format_args!("takes {}, {} given", region.ty(param.value), given.ty)));
        }
        values.insert(param.value, given.clone());
    }
    for node in &region.nodes {
        let ty = region.ty(node.results[0]).clone();
        let operands: Vec<&Elements> = node.operands.iter().map(|v| &values[v]).collect();
        let data = match node.op {
            Op::Elementwise(op) => elementwise(op, &operands, &ty)?,
            Op::Movement(Movement::BroadcastInDim) => broadcast(node, operands[0], &ty)?,
            Op::Reduction(op) => fold(op, node, operands[0], &ty)?,
            Op::Constant => match &node.attrs[0] {
                Attr::Scalar(value) => vec![number(*value)?; count(&ty)?],
                other => return Err(Error::internal(format_args!("a constant of {other}"))),
            },
            other => return Err(Error::unsupported(format_args!("{other} in a region"))),
        };
        let data = data.into_iter().map(|x| round_to(ty.dtype, x)).collect::<Result<_>>()?;
        values.insert(node.results[0], Elements { ty, data });
    }
    Ok(region.outputs.iter().map(|output| values[&output.value].clone()).collect())
}

fn number(value: Scalar) -> Result<f64> {
    match value {
        Scalar::Bool(x) => Ok(f64::from(u8::from(x))),
        Scalar::Int(x) => Ok(x as f64),
        Scalar::Float(x) => Ok(x),
        Scalar::Complex(..) => Err(Error::unsupported("complex numbers in a region")),
    }
}

fn sizes(ty: &Type) -> Result<Vec<usize>> {
    let known = |size: &crate::types::Dim| size.as_known().and_then(|n| usize::try_from(n).ok());
    let unknown = || Error::runtime("fused", format_args!("{ty} has an unknown size"));
    ty.shape.iter().map(|size| known(size).ok_or_else(unknown)).collect()
}

fn count(ty: &Type) -> Result<usize> {
    Ok(sizes(ty)?.iter().product())
}

/// The nearest number of an element type; whole numbers wrap around.
fn round_to(dtype: DType, x: f64) -> Result<f64> {
    let wrapped = |bits: u32, signed: bool| {
        let range = 2f64.powi(bits as i32);
        let (least, beyond) = if signed { (-range / 2.0, range / 2.0) } else { (0.0, range) };
        let x = x.trunc();
        if (least..beyond).contains(&x) { x } else { (x - least).rem_euclid(range) + least }
    };
    Ok(match dtype {
        DType::F64 => x,
        DType::F32 => f64::from(x as f32),
        DType::F16 => f64::from(half::f16::from_f64(x)),
        DType::BF16 => f64::from(half::bf16::from_f64(x)),
        DType::Bool => f64::from(u8::from(x != 0.0)),
        _ if dtype.kind() == Kind::Integer => {
            let signed = matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
            wrapped(8 * dtype.size() as u32, signed)
        }
        other => return Err(Error::unsupported(format_args!("{other} in a region"))),
    })
}

/// A value of fewer axes read along the axes that `dims` names.
fn broadcast(node: &Node, x: &Elements, ty: &Type) -> Result<Vec<f64>> {
    let (Some(Attr::Axes(dims)), to, from) = (node.attrs.get(1), sizes(ty)?, sizes(&x.ty)?) else {
        return Err(Error::internal("broadcast_in_dim without dims"));
    };
    let mut data = Vec::with_capacity(to.iter().product());
    for i in 0..to.iter().product::<usize>() {
        let place = places(i, &to);
        let at = dims
            .iter()
            .zip(&from)
            .fold(0, |at, (axis, size)| at * size + if *size == 1 { 0 } else { place[*axis as usize] });
        data.push(x.data[at]);
    }
    Ok(data)
}

/// The coordinates of the i-th element.
fn places(mut i: usize, sizes: &[usize]) -> Vec<usize> {
    let mut places = vec![0; sizes.len()];
    for (place, size) in places.iter_mut().zip(sizes).rev() {
        *place = i % size;
        i /= size;
    }
    places
}

fn fold(op: Reduction, node: &Node, x: &Elements, ty: &Type) -> Result<Vec<f64>> {
    let Some(Attr::Axes(dims)) = node.attrs.first() else { return Err(Error::internal("a reduction without dims")) };
    let from = sizes(&x.ty)?;
    let (begin, join): (f64, fn(f64, f64) -> f64) = match op {
        Reduction::Sum => (0.0, |a, b| a + b),
        Reduction::Prod => (1.0, |a, b| a * b),
        Reduction::Amax => (f64::NEG_INFINITY, maximum),
        Reduction::Amin => (f64::INFINITY, |a, b| -maximum(-a, -b)),
        other => return Err(Error::unsupported(format_args!("{} in a region", Op::Reduction(other)))),
    };
    let mut data = vec![begin; count(ty)?];
    for (i, element) in x.data.iter().enumerate() {
        let place = places(i, &from);
        let kept = (0..from.len()).filter(|axis| !dims.contains(&(*axis as u32)));
        let at = kept.fold(0, |at, axis| at * from[axis] + place[axis]);
        data[at] = join(data[at], *element);
    }
    Ok(data)
}

fn maximum(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn elementwise(op: Elementwise, operands: &[&Elements], ty: &Type) -> Result<Vec<f64>> {
    let of = |operand: usize, i: usize| {
        let data = &operands[operand].data;
        // Numbers join what has axes.
        if data.len() == 1 { data[0] } else { data[i] }
    };
    let whole = operands.last().is_some_and(|x| x.ty.dtype.kind() == Kind::Integer);
    (0..count(ty)?)
        .map(|i| {
            Ok(match operands.len() {
                1 => one(op, of(0, i), ty.dtype)?,
                2 => two(op, of(0, i), of(1, i), whole)?,
                _ => match op {
                    Elementwise::Where => {
                        if of(0, i) != 0.0 {
                            of(1, i)
                        } else {
                            of(2, i)
                        }
                    }
                    _ => return Err(Error::unsupported(format_args!("{} in a region", Op::Elementwise(op)))),
                },
            })
        })
        .collect()
}

fn one(op: Elementwise, x: f64, to: DType) -> Result<f64> {
    use Elementwise as E;
    Ok(match op {
        E::Neg => -x,
        E::Abs => x.abs(),
        E::Sign if x == 0.0 || x.is_nan() => x,
        E::Sign => x.signum(),
        E::Exp => x.exp(),
        E::Expm1 => x.exp_m1(),
        E::Log => x.ln(),
        E::Log1p => x.ln_1p(),
        E::Sqrt => x.sqrt(),
        E::Rsqrt => 1.0 / x.sqrt(),
        E::Sin => x.sin(),
        E::Cos => x.cos(),
        E::Tan => x.tan(),
        E::Asin => x.asin(),
        E::Acos => x.acos(),
        E::Atan => x.atan(),
        E::Sinh => x.sinh(),
        E::Cosh => x.cosh(),
        E::Asinh => x.asinh(),
        E::Acosh => x.acosh(),
        E::Atanh => x.atanh(),
        E::Logit => (x / (1.0 - x)).ln(),
        E::Entropy if x == 0.0 => 0.0,
        E::Entropy if x < 0.0 => f64::NEG_INFINITY,
        E::Entropy => -x * x.ln(),
        E::Sinc if x == 0.0 => 1.0,
        E::Sinc => (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x),
        E::Tanh => x.tanh(),
        E::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        E::Erf => libm::erf(x),
        E::Floor => x.floor(),
        E::Ceil => x.ceil(),
        E::Round => x.round_ties_even(),
        E::StopGradient => x,
        E::LogicalNot => f64::from(u8::from(x == 0.0)),
        E::BitwiseNot if to == DType::Bool => f64::from(u8::from(x == 0.0)),
        E::BitwiseNot => !(x as i64) as f64,
        E::Cast if to.kind() == Kind::Integer => x.trunc(),
        E::Cast => x,
        other => return Err(Error::unsupported(format_args!("{} of one value", Op::Elementwise(other)))),
    })
}

fn two(op: Elementwise, x: f64, y: f64, whole: bool) -> Result<f64> {
    use Elementwise as E;
    let truth = |holds: bool| f64::from(u8::from(holds));
    let bits = |f: fn(i64, i64) -> i64| f(x as i64, y as i64) as f64;
    Ok(match op {
        E::Add => x + y,
        E::Sub => x - y,
        E::Mul => x * y,
        E::Div => x / y,
        E::FloorDiv => (x / y).floor(),
        E::Remainder if whole => x - y * (x / y).floor(),
        E::Remainder => {
            let rest = x % y;
            if rest != 0.0 && (rest < 0.0) != (y < 0.0) { rest + y } else { rest }
        }
        E::Pow => x.powf(y),
        E::Maximum => maximum(x, y),
        E::Minimum => -maximum(-x, -y),
        E::NumericMaximum => x.max(y),
        E::NumericMinimum => x.min(y),
        E::TruncatedRemainder => x % y,
        E::CopySign => x.copysign(if y.is_nan() { 1.0 } else { y }),
        E::Heaviside if x == 0.0 => y,
        E::Heaviside => truth(x > 0.0),
        E::Atan2 => x.atan2(y),
        E::Hypot => x.hypot(y),
        E::LogAddExp if x == y && x.is_infinite() => x,
        E::LogAddExp => x.max(y) + (-(x - y).abs()).exp().ln_1p(),
        E::Xlogy if x == 0.0 && !y.is_nan() => 0.0,
        E::Xlogy => x * y.ln(),
        E::Xlog1py if x == 0.0 && !y.is_nan() => 0.0,
        E::Xlog1py => x * y.ln_1p(),
        E::BinaryCrossEntropy => -(y * x.ln().max(-100.0) + (1.0 - y) * (-x).ln_1p().max(-100.0)),
        E::Equal => truth(x == y),
        E::NotEqual => truth(x != y),
        E::Less => truth(x < y),
        E::LessEqual => truth(x <= y),
        E::Greater => truth(x > y),
        E::GreaterEqual => truth(x >= y),
        E::LogicalAnd => truth(x != 0.0 && y != 0.0),
        E::LogicalOr => truth(x != 0.0 || y != 0.0),
        E::BitwiseAnd => bits(|a, b| a & b),
        E::BitwiseOr => bits(|a, b| a | b),
        E::BitwiseXor => bits(|a, b| a ^ b),
        other => return Err(Error::unsupported(format_args!("{} of two values", Op::Elementwise(other)))),
    })
}
