//! Sampled inputs for graphs, their execution on MLX, and the comparison of results. It knows no command.

use flashlight_compiler::{
    ir::Graph,
    ops::through,
    types::{DType, Kind, Type},
};
use flashlight_runtime::{Device, Value, eval, execute, typed};

/// From which numbers the floats of an input are drawn, by the name of its parameter.
pub type Domains = Vec<(String, f64, f64)>;

/// The domains that a file's lines `; domain: NAME LOW HIGH` give.
pub fn domains(text: &str) -> Domains {
    let of_line = |line: &str| {
        let mut words = line.strip_prefix("; domain: ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    text.lines().filter_map(of_line).collect()
}

/// One float after the other of a fixed sequence, from 0 to 1.
fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// An input of a type: floats from -1 to 1 or of the domain, integers from 0 to 2 or of the domain.
pub fn sample(ty: &Type, domain: Option<(f64, f64)>, seed: u64) -> Result<Value, String> {
    let count = ty.numel().as_known().ok_or_else(|| format!("{ty} has no known size"))?;
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    let (low, high) = domain.unwrap_or(if ty.dtype.is_float() { (-1.0, 1.0) } else { (0.0, 2.99) });
    let mut bytes = Vec::new();
    for _ in 0..count {
        let x = low + (high - low) * next(&mut state);
        match ty.dtype {
            DType::Bool => bytes.push(u8::from(x > (low + high) / 2.0)),
            DType::U8 => bytes.push(x as u8),
            DType::I8 => bytes.push(x as i8 as u8),
            DType::I32 => bytes.extend((x as i32).to_ne_bytes()),
            DType::U32 => bytes.extend((x as u32).to_ne_bytes()),
            DType::I64 => bytes.extend((x as i64).to_ne_bytes()),
            DType::F32 => bytes.extend((x as f32).to_ne_bytes()),
            DType::F64 => bytes.extend(x.to_ne_bytes()),
            DType::C64 => {
                let im = low + (high - low) * next(&mut state);
                bytes.extend((x as f32).to_ne_bytes().into_iter().chain((im as f32).to_ne_bytes()));
            }
            other => return Err(format!("there are no samples of {other}")),
        }
    }
    Value::from_bytes(&bytes, ty.clone(), Device::Cpu).map_err(|e| e.to_string())
}

/// Inputs for every parameter of a graph.
pub fn inputs(graph: &Graph, domains: &Domains) -> Result<Vec<Value>, String> {
    let one = |(i, param): (usize, &flashlight_compiler::ir::Param)| {
        let domain = domains.iter().find(|(name, ..)| *name == param.name).map(|(_, low, high)| (*low, *high));
        sample(graph.ty(param.value), domain, i as u64 + 1)
    };
    graph.params.iter().enumerate().map(one).collect()
}

/// The outputs of a graph, computed.
pub fn run(graph: &Graph, inputs: &[Value]) -> Result<Vec<Value>, String> {
    let outputs = execute(graph, inputs).map_err(|e| e.to_string())?;
    let all: Vec<&Value> = outputs.iter().collect();
    eval(&all).map_err(|e| e.to_string())?;
    Ok(outputs)
}

/// A value permuted, its elements moved.
pub fn permuted(value: &Value, perm: &[u32]) -> Result<Value, String> {
    use flashlight_compiler::{
        attrs,
        ir::Emit,
        ops::{Axes, Op},
    };
    let attrs = attrs![Axes::from_slice(perm)];
    let mut eager = flashlight_runtime::Eager::new(Device::Cpu);
    eager.emit_one(Op::Permute, attrs, std::slice::from_ref(value)).map_err(|e| e.to_string())
}

/// A permuted value, put back.
pub fn restored(value: &Value, perm: &[u32]) -> Result<Value, String> {
    permuted(value, &through::inverse(perm))
}

/// The elements of a value as double-precision numbers.
pub fn numbers(value: &Value) -> Result<Vec<f64>, String> {
    let bytes = value.to_bytes().map_err(|e| e.to_string())?;
    let ty = value.ty();
    Ok(match ty.dtype {
        DType::F32 | DType::C64 => typed::<f32>(&bytes).iter().map(|&x| f64::from(x)).collect(),
        DType::F64 => typed::<f64>(&bytes).to_vec(),
        DType::I64 => typed::<i64>(&bytes).iter().map(|&x| x as f64).collect(),
        DType::I32 => typed::<i32>(&bytes).iter().map(|&x| f64::from(x)).collect(),
        DType::U32 => typed::<u32>(&bytes).iter().map(|&x| f64::from(x)).collect(),
        DType::Bool | DType::U8 => bytes.iter().map(|&x| f64::from(x)).collect(),
        other => return Err(format!("{other} is not compared")),
    })
}

/// What sums of single-precision numbers near 1 leave where they should cancel.
const CANCELLED: f64 = 1e-6;

/// Where two results differ by more than `tolerance`, relative to the largest element, and by more than cancelling sums
/// leave; 0 asks for the same bits.
pub fn difference(left: &Value, right: &Value, tolerance: f64) -> Result<Option<String>, String> {
    if left.ty() != right.ty() {
        return Ok(Some(format!("{} against {}", left.ty(), right.ty())));
    }
    if tolerance == 0.0 || left.dtype().kind() < Kind::Float {
        let bytes = |v: &Value| v.to_bytes().map_err(|e| e.to_string());
        if bytes(left)? == bytes(right)? {
            return Ok(None);
        }
    }
    let (left, right) = (numbers(left)?, numbers(right)?);
    let scale = left.iter().filter(|x| x.is_finite()).fold(1e-30f64, |m, x| m.max(x.abs()));
    let differs = |(x, y): (&f64, &f64)| {
        let near = (x.is_nan() && y.is_nan()) || (x - y).abs() <= CANCELLED + tolerance * scale;
        x.to_bits() != y.to_bits() && !(tolerance > 0.0 && near)
    };
    let at = left.iter().zip(&right).position(differs);
    Ok(at.map(|i| format!("element {i}: {} against {}, of {scale} at most", left[i], right[i])))
}
