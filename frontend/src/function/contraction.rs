//! Products of matrices and vectors, with torch's rules of rank, batch and element type.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Dim, Scalar, Shape},
};

use super::{
    Arguments, Function, Places,
    compose::{all_axes, broadcast_shape, promote, torch_name},
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// torch's name of an element type where it names C++'s.
fn native_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float",
        DType::F64 => "double",
        DType::I64 => "long int",
        DType::I32 => "int",
        DType::Bool => "bool",
        other => torch_name(other),
    }
}

fn same_dtype(x: &Value, y: &Value) -> Result<()> {
    let (a, b) = (x.ty().dtype, y.ty().dtype);
    if a == b {
        return Ok(());
    }
    Err(Error::runtime(format_args!(
        "expected m1 and m2 to have the same dtype, but got: {} != {}",
        native_name(a),
        native_name(b)
    )))
}

fn refuse_product(x: &[Dim], y: &[Dim]) -> Error {
    Error::runtime(format_args!("mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})", x[0], x[1], y[0], y[1]))
}

/// The product of matrices, or of equal batches of them. Integers are multiplied and summed as such.
pub(super) fn product(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    let dtype = x.ty().dtype;
    if dtype.is_inexact() {
        return s.emit_one(Op::Matmul, Attrs::new(), &[x.clone(), y.clone()]);
    }
    let rank = x.ty().rank();
    let (mut left, mut right) = (x.ty().shape.clone(), y.ty().shape.clone());
    left.push(Dim::known(1));
    right.insert(rank - 2, Dim::known(1));
    let (left, right) = (s.reshape(x, left)?, s.reshape(y, right)?);
    let products = s.binary(Op::Mul, &left, &right)?;
    let axes = [rank as u32 - 1].into_iter().collect();
    let sum = s.fold(Op::Sum, &products, &axes, false)?;
    s.cast(&sum, dtype)
}

/// The product of two matrices.
fn matrices(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    if x.ty().shape[1] != y.ty().shape[0] {
        return Err(refuse_product(&x.ty().shape, &y.ty().shape));
    }
    same_dtype(x, y)?;
    product(s, x, y)
}

/// The rows of all matrices of a batch, as one matrix.
fn rows(s: &mut Scope<'_>, x: &Value) -> Result<Value> {
    let shape = &x.ty().shape;
    let last = shape.len() - 1;
    let count: Dim = shape[..last].iter().product();
    let flat: Shape = [count, shape[last].clone()].into_iter().collect();
    s.reshape(x, flat)
}

fn with_axis(s: &mut Scope<'_>, x: &Value, at: usize) -> Result<Value> {
    let mut shape = x.ty().shape.clone();
    shape.insert(at, Dim::known(1));
    s.reshape(x, shape)
}

fn without_axis(s: &mut Scope<'_>, x: &Value, at: usize) -> Result<Value> {
    let mut shape = x.ty().shape.clone();
    shape.remove(at);
    s.reshape(x, shape)
}

fn vectors(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    let (a, b) = (x.ty().clone(), y.ty().clone());
    if a.dtype != b.dtype {
        return Err(Error::runtime(format_args!(
            "dot : expected both vectors to have same dtype, but found {} and {}",
            torch_name(a.dtype),
            torch_name(b.dtype)
        )));
    }
    if a.shape != b.shape {
        let (n, m) = (&a.shape[0], &b.shape[0]);
        return Err(Error::runtime(format_args!(
            "inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but \
             got {n} and {m} elements respectively"
        )));
    }
    let (row, column) = (with_axis(s, x, 0)?, with_axis(s, y, 1)?);
    let result = product(s, &row, &column)?;
    s.reshape(&result, Shape::new())
}

pub(super) fn matrix_vector(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    let (matrix, vector) = (&x.ty().shape, &y.ty().shape);
    if matrix[1] != vector[0] {
        return Err(Error::runtime(format_args!(
            "size mismatch, got input ({0}), mat ({0}x{1}), vec ({2})",
            matrix[0], matrix[1], vector[0]
        )));
    }
    same_dtype(x, y)?;
    let column = with_axis(s, y, 1)?;
    let result = product(s, x, &column)?;
    without_axis(s, &result, 1)
}

/// Refuses batches of matrices that do not fit.
fn fitting_batches(x: &Value, y: &Value) -> Result<()> {
    for (value, name) in [(x, "batch1"), (y, "batch2")] {
        if value.ty().rank() != 3 {
            return Err(Error::runtime(format_args!("{name} must be a 3D tensor")));
        }
    }
    let (a, b) = (&x.ty().shape, &y.ty().shape);
    if a[0] != b[0] || a[2] != b[1] {
        return Err(Error::runtime(format_args!(
            "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
            a[0], a[2], b[0], b[1]
        )));
    }
    same_dtype(x, y)
}

/// torch's matmul of any ranks.
pub(super) fn general(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<Value> {
    match (x.ty().rank(), y.ty().rank()) {
        (a @ 0, b) | (a, b @ 0) => Err(Error::runtime(format_args!(
            "both arguments to matmul need to be at least 1D, but they are {a}D and {b}D"
        ))),
        (1, 1) => vectors(s, x, y),
        (2, 1) => matrix_vector(s, x, y),
        (1, _) => {
            let row = with_axis(s, x, 0)?;
            let result = general(s, &row, y)?;
            let at = result.ty().rank() - 2;
            without_axis(s, &result, at)
        }
        (2, 2) => matrices(s, x, y),
        (_, 1) => {
            let column = with_axis(s, y, 1)?;
            let result = general(s, x, &column)?;
            let at = result.ty().rank() - 1;
            without_axis(s, &result, at)
        }
        (_, 2) => {
            // One product of all rows is faster than a batch against one matrix.
            let mut shape = x.ty().shape.clone();
            let flat = rows(s, x)?;
            let result = matrices(s, &flat, y)?;
            let last = shape.len() - 1;
            shape[last] = y.ty().shape[1].clone();
            s.reshape(&result, shape)
        }
        (m, n) => {
            let (a, b) = (x.ty().shape.clone(), y.ty().shape.clone());
            let batch = broadcast_shape(&a[..m - 2], &b[..n - 2])?;
            if a[m - 1] != b[n - 2] {
                let count: Dim = batch.iter().product();
                return Err(Error::runtime(format_args!(
                    "Expected size for first two dimensions of batch2 tensor to be: [{count}, {}] but got: [{count}, \
                     {}].",
                    a[m - 1],
                    b[n - 2]
                )));
            }
            same_dtype(x, y)?;
            let to = |matrix: &[Dim]| -> Shape { batch.iter().chain(matrix).cloned().collect() };
            let (left, right) = (s.broadcast_to(x, &to(&a[m - 2..]))?, s.broadcast_to(y, &to(&b[n - 2..]))?);
            product(s, &left, &right)
        }
    }
}

fn pair(s: &mut Scope<'_>, a: &Arguments, first: &str, second: &str) -> Result<(Value, Value)> {
    Ok((s.read(a.tensor(first)?)?, s.read(a.tensor(second)?)?))
}

fn matmul(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "other")?;
    general(s, &x, &y)
}

fn mm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "mat2")?;
    for (value, name) in [(&x, "self"), (&y, "mat2")] {
        if value.ty().rank() != 2 {
            return Err(Error::runtime(format_args!(
                "mm: {name} must be a matrix, got {}-D tensor",
                value.ty().rank()
            )));
        }
    }
    matrices(s, &x, &y)
}

fn bmm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "mat2")?;
    fitting_batches(&x, &y)?;
    product(s, &x, &y)
}

fn mv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "vec")?;
    if x.ty().rank() != 2 || y.ty().rank() != 1 {
        return Err(Error::runtime(format_args!(
            "vector + matrix @ vector expected, got 1, {}, {}",
            x.ty().rank(),
            y.ty().rank()
        )));
    }
    matrix_vector(s, &x, &y)
}

fn dot(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "tensor")?;
    if x.ty().rank() != 1 || y.ty().rank() != 1 {
        return Err(Error::runtime(format_args!(
            "1D tensors expected, but got {}D and {}D tensors",
            x.ty().rank(),
            y.ty().rank()
        )));
    }
    vectors(s, &x, &y)
}

fn outer(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input", "vec2")?;
    for (value, name) in [(&x, "self"), (&y, "vec2")] {
        if value.ty().rank() != 1 {
            return Err(Error::runtime(format_args!(
                "outer: Expected 1-D argument {name}, but got {}-D",
                value.ty().rank()
            )));
        }
    }
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    let (x, y) = (s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let column = with_axis(s, &x, 1)?;
    let row = with_axis(s, &y, 0)?;
    s.binary(Op::Mul, &column, &row)
}

/// `beta * c + alpha * (x @ y)` of matrices or equal batches; where beta is 0, c is not looked at.
fn added(s: &mut Scope<'_>, c: &Value, x: &Value, y: &Value, alpha: Scalar, beta: Scalar) -> Result<Value> {
    same_dtype(c, x)?;
    let mut shape = x.ty().shape.clone();
    let last = shape.len() - 1;
    shape[last] = y.ty().shape[last].clone();
    // The op repeats an addend of trailing axes itself; torch's rule is asked for the rest.
    let c = if shape.ends_with(&c.ty().shape) && c.ty().rank() > 0 { c.clone() } else { s.broadcast_to(c, &shape)? };
    let integral = !x.ty().dtype.is_inexact();
    if integral || beta.as_f64() == 0.0 {
        let mut result = product(s, x, y)?;
        if alpha.as_f64() != 1.0 {
            result = s.with_number(Op::Mul, &result, alpha)?;
        }
        if beta.as_f64() == 0.0 {
            return Ok(result);
        }
        let c = s.with_number(Op::Mul, &c, beta)?;
        return s.binary(Op::Add, &c, &result);
    }
    let (alpha, beta) = (Scalar::Float(alpha.as_f64()), Scalar::Float(beta.as_f64()));
    s.emit_one(Op::Addmm, attrs![alpha, beta], &[c, x.clone(), y.clone()])
}

fn addmm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "mat1", "mat2")?;
    for (value, name) in [(&x, "mat1"), (&y, "mat2")] {
        if value.ty().rank() != 2 {
            return Err(Error::runtime(format_args!("{name} must be a matrix, got {}-D tensor", value.ty().rank())));
        }
    }
    if x.ty().shape[1] != y.ty().shape[0] {
        return Err(refuse_product(&x.ty().shape, &y.ty().shape));
    }
    same_dtype(&x, &y)?;
    let c = s.read(a.tensor("input")?)?;
    added(s, &c, &x, &y, a.number("alpha")?, a.number("beta")?)
}

fn baddbmm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "batch1", "batch2")?;
    fitting_batches(&x, &y)?;
    let c = s.read(a.tensor("input")?)?;
    added(s, &c, &x, &y, a.number("alpha")?, a.number("beta")?)
}

fn linear(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, weight) = pair(s, a, "input", "weight")?;
    let (rank, weights) = (x.ty().rank(), weight.ty().rank());
    if rank == 0 || weights == 0 {
        return Err(Error::runtime(format_args!(
            "both arguments to linear need to be at least 1D, but they are {rank}D and {weights}D"
        )));
    }
    let bias = a.optional_tensor("bias")?.map(|bias| s.read(bias)).transpose()?;
    if weights != 2 {
        let weight = s.permute(&weight, all_axes(weights).into_iter().rev().collect())?;
        let result = general(s, &x, &weight)?;
        return match bias {
            Some(bias) => s.binary(Op::Add, &result, &bias),
            None => Ok(result),
        };
    }
    let weight = s.swap(&weight, 0, 1)?;
    let flat = rows(s, &x)?;
    if flat.ty().shape[1] != weight.ty().shape[0] {
        return Err(refuse_product(&flat.ty().shape, &weight.ty().shape));
    }
    same_dtype(&flat, &weight)?;
    let one = Scalar::Float(1.0);
    let result = match bias {
        Some(bias) => added(s, &bias, &flat, &weight, one, one)?,
        None => product(s, &flat, &weight)?,
    };
    let mut shape = x.ty().shape.clone();
    shape[rank - 1] = weight.ty().shape[1].clone();
    s.reshape(&result, shape)
}

/// Refuses operands of `bilinear` that do not fit.
fn fitting_forms(x: &Value, y: &Value, weight: &Value, bias: Option<&Value>) -> Result<()> {
    let (a, b, w) = (&x.ty().shape, &y.ty().shape, &weight.ty().shape);
    if a.len() != b.len() || a.is_empty() {
        return Err(Error::runtime(format_args!(
            "bilinear(): input dimensions do not match: got {} and {}",
            a.len(),
            b.len()
        )));
    }
    let last = a.len() - 1;
    if let Some(at) = (0..last).find(|&i| a[i] != b[i]) {
        return Err(Error::runtime(format_args!(
            "bilinear(): input batch dimensions do not match at dim {at}: got {} and {}",
            a[at], b[at]
        )));
    }
    if w.len() != 3 {
        return Err(Error::runtime(format_args!("bilinear(): the weight has {} dimensions, and needs 3", w.len())));
    }
    for (name, given, wanted) in [("input1", &a[last], &w[1]), ("input2", &b[last], &w[2])] {
        if given != wanted {
            return Err(Error::runtime(format_args!(
                "bilinear(): {name} size does not match weight size: got {given} but expected {wanted}"
            )));
        }
    }
    if let Some(bias) = bias.filter(|bias| bias.ty().shape[..] != w[..1]) {
        return Err(Error::runtime(format_args!(
            "bilinear(): bias size does not match weight size: got {} but expected {}",
            bias.ty().shape.first().map_or_else(|| "none".to_owned(), ToString::to_string),
            w[0]
        )));
    }
    let (d, e, f) = (x.ty().dtype, y.ty().dtype, weight.ty().dtype);
    if d != e || d != f {
        return Err(Error::runtime(format_args!(
            "All tensors must have the same dtype, got input1: {}, input2: {}, weight: {}",
            native_name(d),
            native_name(e),
            native_name(f)
        )));
    }
    Ok(())
}

fn bilinear(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, y) = pair(s, a, "input1", "input2")?;
    let weight = s.read(a.tensor("weight")?)?;
    let bias = a.optional_tensor("bias")?.map(|bias| s.read(bias)).transpose()?;
    fitting_forms(&x, &y, &weight, bias.as_ref())?;
    let [forms, left, right] = [0, 1, 2].map(|i| weight.ty().shape[i].clone());
    let mut shape = x.ty().shape.clone();
    let last = shape.len() - 1;
    shape[last] = forms.clone();
    let (x, y) = (rows(s, &x)?, rows(s, &y)?);
    let count = x.ty().shape[0].clone();
    // Every row of x through every form, then each with its row of y.
    let weight = s.swap(&weight, 0, 1)?;
    let weight = s.reshape(&weight, [left, &forms * &right].into_iter().collect())?;
    let through = product(s, &x, &weight)?;
    let through = s.reshape(&through, [count, forms, right].into_iter().collect())?;
    let column = with_axis(s, &y, 2)?;
    let result = product(s, &through, &column)?;
    let result = s.reshape(&result, shape)?;
    match bias {
        Some(bias) => s.binary(Op::Add, &result, &bias),
        None => Ok(result),
    }
}

const WITH_OUT: Places = Places::BOTH.and(Places::OUT);

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "matmul",
        WITH_OUT.and(Places::LINALG),
        &[one("(Tensor input, Tensor other)", matmul)],
        "The product of vectors, matrices or batches of matrices, whose batch axes are broadcast; one element type.",
    ),
    row("mm", WITH_OUT, &[one("(Tensor input, Tensor mat2)", mm)], "The product of two matrices of one element type."),
    row(
        "bmm",
        WITH_OUT,
        &[one("(Tensor input, Tensor mat2)", bmm)],
        "The products of two batches of as many matrices; nothing is broadcast.",
    ),
    row("mv", WITH_OUT, &[one("(Tensor input, Tensor vec)", mv)], "The product of a matrix and a vector."),
    row("dot", WITH_OUT, &[one("(Tensor input, Tensor tensor)", dot)], "The sum of the products of two vectors."),
    row("outer", WITH_OUT, &[one("(Tensor input, Tensor vec2)", outer)], "All products of elements of two vectors."),
    row("ger", WITH_OUT, &[one("(Tensor input, Tensor vec2)", outer)], "The same as outer."),
    row(
        "addmm",
        Places::ALL,
        &[one("(Tensor input, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1)", addmm)],
        "beta * input + alpha * (mat1 @ mat2); input is broadcast, and not looked at where beta is 0.",
    ),
    row(
        "baddbmm",
        Places::ALL,
        &[one("(Tensor input, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)", baddbmm)],
        "beta * input + alpha * (batch1 @ batch2); input is broadcast, and not looked at where beta is 0.",
    ),
    row(
        "linear",
        Places::FUNCTIONAL.and(Places::OUT),
        &[one("(Tensor input, Tensor weight, Tensor? bias=None)", linear)],
        "input @ weight.T + bias, over the last axis of the input.",
    ),
    row(
        "bilinear",
        Places::TORCH.and(Places::FUNCTIONAL),
        &[one("(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None)", bilinear)],
        "input1 @ weight[k] @ input2 + bias[k] for each k, over the last axes of the inputs; the others are equal.",
    ),
];
