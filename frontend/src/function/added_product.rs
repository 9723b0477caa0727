//! A tensor plus a product: of a matrix and a vector, of two vectors, of batches of matrices that are summed. Those of
//! matrices stand in `contraction`.

use flashlight_compiler::{
    ir::Typed,
    ops::Op,
    types::{DType, Dim, Kind, Scalar, Shape},
};
use smallvec::smallvec;

use super::{
    Arguments, Function, Places,
    call::sizes,
    compose::{promote, torch_name},
    contraction::{matrix_vector, product},
    one, row,
};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// `beta * c + alpha * product`; c is broadcast, and not looked at where beta is 0.
fn added(s: &mut Scope<'_>, a: &Arguments, c: &Value, product: &Value) -> Result<Value> {
    let (beta, alpha) = (a.number("beta")?, a.number("alpha")?);
    let dtype = product.ty().dtype;
    for (name, factor) in [("beta", beta), ("alpha", alpha)] {
        if dtype.is_integral() && factor.kind() > Kind::Integer {
            return Err(Error::runtime(format_args!(
                "For integral input tensors, argument {name} must not be a floating point number."
            )));
        }
        if dtype == DType::Bool && factor.kind() > Kind::Bool && factor.as_f64() != 1.0 {
            return Err(Error::runtime(format_args!("Boolean {name} only supported for Boolean results.")));
        }
    }
    let scaled = |s: &mut Scope<'_>, x: &Value, factor: Scalar| {
        if factor.as_f64() == 1.0 { Ok(x.clone()) } else { s.with_number(Op::Mul, x, factor) }
    };
    let product = scaled(s, product, alpha)?;
    let c = s.broadcast_to(c, &product.ty().shape.clone())?;
    if beta.as_f64() == 0.0 {
        return Ok(s.replacing(&c, product));
    }
    let c = scaled(s, &c, beta)?;
    s.binary(Op::Add, &c, &product)
}

fn same_dtypes(function: &str, all: [&Value; 3]) -> Result<()> {
    let [x, y, z] = all.map(|v| v.ty().dtype);
    if x == y && y == z {
        return Ok(());
    }
    Err(Error::runtime(format_args!(
        "{function} input tensors must have the same dtype, but got {}, {}, and {}",
        torch_name(x),
        torch_name(y),
        torch_name(z)
    )))
}

fn addmv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (c, x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("mat")?)?, s.read(a.tensor("vec")?)?);
    let ranks = [&c, &x, &y].map(|v| v.ty().rank());
    if ranks[0] > 1 || ranks[1] != 2 || ranks[2] != 1 {
        return Err(Error::runtime(format_args!(
            "vector + matrix @ vector expected, got {}, {}, {}",
            ranks[0], ranks[1], ranks[2]
        )));
    }
    let (matrix, vector) = (&x.ty().shape, &y.ty().shape);
    let size = c.ty().numel();
    if matrix[1] != vector[0] || (size != matrix[0] && size != 1) {
        return Err(Error::runtime(format_args!(
            "size mismatch, got input ({size}), mat ({}x{}), vec ({})",
            matrix[0], matrix[1], vector[0]
        )));
    }
    same_dtypes("addmv", [&c, &x, &y])?;
    let product = matrix_vector(s, &x, &y)?;
    added(s, a, &c, &product)
}

fn addr(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (c, x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("vec1")?)?, s.read(a.tensor("vec2")?)?);
    for (value, name) in [(&x, "vec1"), (&y, "vec2")] {
        if value.ty().rank() != 1 {
            return Err(Error::runtime(format_args!(
                "addr: Expected 1-D argument {name}, but got {}-D",
                value.ty().rank()
            )));
        }
    }
    let dtype = promote(c.ty().dtype, promote(x.ty().dtype, y.ty().dtype));
    let (c, x, y) = (s.cast(&c, dtype)?, s.cast(&x, dtype)?, s.cast(&y, dtype)?);
    let column = Shape::from_iter([x.ty().shape[0].clone(), Dim::known(1)]);
    let (column, line) = (s.reshape(&x, column)?, y);
    let product = s.binary(Op::Mul, &column, &line)?;
    added(s, a, &c, &product)
}

/// The batches' products and their sum are one product of wide matrices.
fn addbmm(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (c, x, y) = (s.read(a.tensor("input")?)?, s.read(a.tensor("batch1")?)?, s.read(a.tensor("batch2")?)?);
    for (value, name) in [(&x, "batch1"), (&y, "batch2")] {
        if value.ty().rank() != 3 {
            return Err(Error::runtime(format_args!("{name} must be a 3D tensor")));
        }
    }
    let (left, right) = (x.ty().shape.clone(), y.ty().shape.clone());
    if left[0] != right[0] {
        return Err(Error::runtime(format_args!(
            "batch1 and batch2 must have same number of batches, got {} and {}",
            left[0], right[0]
        )));
    }
    if left[2] != right[1] {
        return Err(Error::runtime(format_args!(
            "Incompatible matrix sizes for bmm ({}x{} and {}x{})",
            left[1], left[2], right[1], right[2]
        )));
    }
    same_dtypes("addbmm", [&c, &x, &y])?;
    let wanted = Shape::from_iter([left[1].clone(), right[2].clone()]);
    if c.ty().rank() > 2 {
        return Err(Error::runtime(format_args!(
            "expand(input, size={}): the number of sizes provided (2) must be greater or equal to the number of \
             dimensions in the tensor ({})",
            sizes(&wanted),
            c.ty().rank()
        )));
    }
    let inner = &left[0] * &left[2];
    let x = s.permute(&x, smallvec![1, 0, 2])?;
    let x = s.reshape(&x, Shape::from_iter([left[1].clone(), inner.clone()]))?;
    let y = s.reshape(&y, Shape::from_iter([inner, right[2].clone()]))?;
    let product = product(s, &x, &y)?;
    added(s, a, &c, &product)
}

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "addmv",
        Places::ALL,
        &[one("(Tensor input, Tensor mat, Tensor vec, *, Number beta=1, Number alpha=1)", addmv)],
        "beta * input + alpha * (mat @ vec); input is broadcast, and not looked at where beta is 0.",
    ),
    row(
        "addr",
        Places::ALL,
        &[one("(Tensor input, Tensor vec1, Tensor vec2, *, Number beta=1, Number alpha=1)", addr)],
        "beta * input + alpha * outer(vec1, vec2); input is broadcast, and not looked at where beta is 0.",
    ),
    row(
        "addbmm",
        Places::ALL,
        &[one("(Tensor input, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)", addbmm)],
        "beta * input + alpha * the sum of batch1 @ batch2 over the batches; input is not looked at where beta is 0.",
    ),
];
