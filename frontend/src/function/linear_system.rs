//! Systems of linear equations, inverses and determinants. Where torch raises of a singular matrix, so does this as long as
//! the elements can be looked at: in a program that is being traced the results are infinite or NaN instead.

use flashlight_compiler::{
    attrs,
    error::Fault,
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};

use super::{
    Arguments, Function, Places,
    compose::{broadcast_shape, torch_name},
    contraction::general,
    many, one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::{Payload, Value},
};

/// torch's name of a function in its messages: `linalg.inv`.
pub(super) fn said(a: &Arguments) -> String {
    let name = match a.signature.name {
        "inverse" => "linalg_inv",
        name => name.trim_end_matches("_ex"),
    };
    match name.strip_prefix("linalg_") {
        Some(name) => format!("linalg.{name}"),
        None if matches!(name, "det" | "slogdet" | "matrix_power" | "matrix_exp") => format!("linalg.{name}"),
        None => name.to_owned(),
    }
}

/// The first argument.
pub(super) fn first(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    match a.first_tensor() {
        Some(tensor) => s.read(tensor),
        None => Err(Error::internal(format_args!("{} without a tensor", a.signature.name))),
    }
}

/// Refuses what are no matrices of floating point.
pub(super) fn refuse_no_matrices(name: &str, x: &Value, letter: &str) -> Result<()> {
    let ty = x.ty();
    if ty.rank() < 2 {
        return Err(Error::runtime(format_args!("{name}: The input tensor {letter} must have at least 2 dimensions.")));
    }
    refuse_low_precision(name, x)
}

/// Refuses integers and halves.
pub(super) fn refuse_low_precision(name: &str, x: &Value) -> Result<()> {
    let dtype = x.ty().dtype;
    if !dtype.is_inexact() {
        return Err(Error::lacking(format_args!(
            "{name}: Expected a floating point or complex tensor as input. Got {}",
            torch_name(dtype)
        )));
    }
    if matches!(dtype, DType::F16 | DType::BF16) {
        return Err(Error::lacking(format_args!(
            "{name}: Low precision dtypes not supported. Got {}",
            torch_name(dtype)
        )));
    }
    Ok(())
}

/// Refuses matrices that are not square.
pub(super) fn refuse_not_square(name: &str, x: &Value, letter: &str) -> Result<()> {
    refuse_no_matrices(name, x, letter)?;
    let [.., rows, columns] = x.ty().shape.as_slice() else { return Ok(()) };
    if rows == columns {
        return Ok(());
    }
    Err(Error::runtime(format_args!(
        "{name}: {letter} must be batches of square matrices, but they are {rows} by {columns} matrices"
    )))
}

/// The square matrices that are the first argument.
pub(super) fn squares(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = first(s, a)?;
    refuse_not_square(&said(a), &x, "A")?;
    Ok(x)
}

/// Raises `LinAlgError` of the first matrix of which `info` says something else than 0; of a value that is traced nothing
/// is known. Where there are several matrices, torch says which.
pub(super) fn check(name: &str, info: &Value, what: impl Fn(i64) -> String) -> Result<()> {
    let Payload::Concrete(elements) = info.payload() else { return Ok(()) };
    let numbers = integers(&fetch_concrete(elements)?, DType::I32);
    let Some((i, number)) = numbers.iter().enumerate().find(|(_, n)| **n != 0) else { return Ok(()) };
    let which = if info.ty().rank() == 0 { String::new() } else { format!("(Batch element {i}): ") };
    Err(Error::user(Fault::Matrix, format_args!("{name}: {which}{}", what(*number))))
}

fn check_singular(name: &str, info: &Value) -> Result<()> {
    check(name, info, |n| {
        format!(
            "The diagonal element {n} is zero, the inversion could not be completed because the input matrix is singular."
        )
    })
}

impl Scope<'_> {
    /// Matrices with rows and columns exchanged.
    pub(super) fn transposed(&mut self, x: &Value) -> Result<Value> {
        let rank = x.ty().rank() as u32;
        self.swap(x, rank - 2, rank - 1)
    }

    /// Matrices with rows and columns exchanged, conjugate where they are complex.
    pub(super) fn adjoint(&mut self, x: &Value) -> Result<Value> {
        let turned = self.transposed(x)?;
        self.conjugate(&turned)
    }

    /// The conjugate; what is real as it is.
    pub(super) fn conjugate(&mut self, x: &Value) -> Result<Value> {
        self.apply(Op::Conj, Attrs::new(), std::slice::from_ref(x))
    }

    /// The product of matrices or equal batches of them.
    pub(super) fn product(&mut self, x: &Value, y: &Value) -> Result<Value> {
        self.emit_one(Op::Matmul, Attrs::new(), &[x.clone(), y.clone()])
    }

    /// One triangle of each matrix.
    pub(super) fn triangle(&mut self, x: &Value, lower: bool, strict: bool) -> Result<Value> {
        self.emit_one(Op::Triangle, attrs![lower, strict], std::slice::from_ref(x))
    }

    /// Batches of the same sizes.
    pub(super) fn same_batches(&mut self, x: &Value, y: &Value) -> Result<(Value, Value)> {
        let (p, q) = (x.ty().shape.clone(), y.ty().shape.clone());
        let (m, n) = (p.len() - 2, q.len() - 2);
        let batch = broadcast_shape(&p[..m], &q[..n])?;
        let to = |rest: &[Dim]| -> Shape { batch.iter().chain(rest).cloned().collect() };
        Ok((self.broadcast_to(x, &to(&p[m..]))?, self.broadcast_to(y, &to(&q[n..]))?))
    }

    /// Ones on the diagonal, of the sizes and the element type of a batch of matrices.
    pub(super) fn eye(&mut self, like: &Value) -> Result<Value> {
        let shape = like.ty().shape.clone();
        let [.., rows, columns] = shape.as_slice() else { return Err(Error::internal("an eye of no matrix")) };
        let down = self.emit_one(Op::Iota, attrs![rows.clone(), DType::I64], &[])?;
        let down = self.reshape(&down, smallvec::smallvec![rows.clone(), Dim::known(1)])?;
        let across = self.emit_one(Op::Iota, attrs![columns.clone(), DType::I64], &[])?;
        let ones = self.binary(Op::Equal, &down, &across)?;
        let ones = self.cast(&ones, like.ty().dtype)?;
        self.broadcast_to(&ones, &shape)
    }

    /// A diagonal as matrices: each element times a column of ones on the diagonal.
    pub(super) fn with_axis_at(&mut self, x: &Value, from_last: usize) -> Result<Value> {
        let mut shape = x.ty().shape.clone();
        shape.insert(shape.len() - from_last, Dim::known(1));
        self.reshape(x, shape)
    }

    /// The solution of a triangular system of equal batches.
    pub(super) fn solve_triangular(&mut self, a: &Value, b: &Value, upper: bool, unit: bool) -> Result<Value> {
        self.emit_one(Op::SolveTriangular, attrs![upper, unit], &[a.clone(), b.clone()])
    }

    /// The inverse of each matrix, and what LAPACK says of it.
    pub(super) fn inverse(&mut self, x: &Value) -> Result<(Value, Value)> {
        pair(self.emit(Op::Inverse, Attrs::new(), std::slice::from_ref(x))?)
    }

    /// The elements of the main diagonals, as the last axis.
    pub(super) fn diagonal_of(&mut self, x: &Value) -> Result<Value> {
        let rank = x.ty().rank();
        super::diagonal::read(self, x, rank - 2, rank - 1, 0)
    }
}

/// The two results of an op.
pub(super) fn pair(values: impl IntoIterator<Item = Value>) -> Result<(Value, Value)> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (Some(x), Some(y)) => Ok((x, y)),
        _ => Err(Error::internal("an op with two results")),
    }
}

fn inv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    let (inverse, info) = s.inverse(&x)?;
    check_singular("linalg.inv", &info)?;
    Ok(inverse)
}

fn inv_ex(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = squares(s, a)?;
    let (inverse, info) = s.inverse(&x)?;
    if a.flag("check_errors")? {
        check_singular("linalg.inv_ex", &info)?;
    }
    Ok(vec![inverse, info])
}

/// Refuses systems of two element types.
pub(super) fn refuse_mixed(name: &str, x: &Value, y: &Value) -> Result<()> {
    let (p, q) = (x.ty().dtype, y.ty().dtype);
    if p == q {
        return Ok(());
    }
    Err(Error::runtime(format_args!(
        "{name}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
        torch_name(p),
        torch_name(q)
    )))
}

/// Whether the right side of a system is a vector for each matrix, by torch's rule.
fn is_vector(a: &Value, b: &Value) -> bool {
    let (p, q) = (&a.ty().shape, &b.ty().shape);
    q.len() == 1 || (p.len() == q.len() + 1 && p[..p.len() - 1] == q[..])
}

fn solution(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<(Value, Value)> {
    let (x, mut b) = (squares(s, a)?, s.read(a.tensor("B")?)?);
    refuse_mixed(name, &x, &b)?;
    let (left, vector) = (a.flag("left")?, is_vector(&x, &b));
    if vector && !left {
        return Err(Error::runtime(format_args!(
            "{name}: Vector broadcasting of the left hand side is not supported for left=False. In this case linalg.solve \
             is equivalent to B / A.squeeze(-1)"
        )));
    }
    if vector {
        b = s.with_axis_at(&b, 0)?;
    } else if b.ty().rank() < 2 {
        return Err(Error::runtime(format_args!("{name}: The input tensor B must have at least 2 dimensions.")));
    }
    let (matrices, sides) = if left { (x, b) } else { (s.transposed(&x)?, s.transposed(&b)?) };
    let (p, q) = (&matrices.ty().shape, &sides.ty().shape);
    if p[p.len() - 1] != q[q.len() - 2] {
        let form = if left { "AX = B" } else { "XA = B" };
        return Err(Error::runtime(format_args!(
            "{name}: Incompatible shapes of A and B for the equation {form} ({}x{} and {}x{})",
            p[p.len() - 2],
            p[p.len() - 1],
            q[q.len() - 2],
            q[q.len() - 1]
        )));
    }
    let own = matrices.clone();
    let (matrices, sides) = s.same_batches(&matrices, &sides)?;
    let stretched = matrices.ty().shape != own.ty().shape;
    let (mut result, mut info) = pair(s.emit(Op::Solve, Attrs::new(), &[matrices, sides])?)?;
    if stretched {
        // What LAPACK says is said of the matrices, not of the right sides.
        let said = s.emit(Op::Lu, Attrs::new(), &[own.untracked()])?.pop();
        info = said.ok_or_else(|| Error::internal("lu has four results"))?;
    }
    if !left {
        result = s.transposed(&result)?;
    }
    if vector {
        let mut shape = result.ty().shape.clone();
        shape.pop();
        result = s.reshape(&result, shape)?;
    }
    Ok((result, info))
}

fn check_solved(name: &str, info: &Value) -> Result<()> {
    check(name, info, |_| "The solver failed because the input matrix is singular.".to_owned())
}

fn solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (result, info) = solution(s, a, "linalg.solve")?;
    check_solved("torch.linalg.solve", &info)?;
    Ok(result)
}

fn solve_ex(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (result, info) = solution(s, a, "linalg.solve_ex")?;
    if a.flag("check_errors")? {
        check_solved("torch.linalg.solve_ex", &info)?;
    }
    Ok(vec![result, info])
}

fn triangular(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, b) = (squares(s, a)?, s.read(a.tensor("B")?)?);
    let name = "linalg.solve_triangular";
    refuse_mixed(name, &x, &b)?;
    refuse_no_matrices(name, &b, "B")?;
    let (upper, left, unit) = (a.flag("upper")?, a.flag("left")?, a.flag("unitriangular")?);
    let (matrices, sides) = if left { (x, b) } else { (s.transposed(&x)?, s.transposed(&b)?) };
    let (p, q) = (&matrices.ty().shape, &sides.ty().shape);
    if p[p.len() - 1] != q[q.len() - 2] {
        let form = if left { "AX = B" } else { "XA = B" };
        return Err(Error::runtime(format_args!(
            "{name}: Incompatible shapes of A and B for the equation {form} ({}x{} and {}x{})",
            p[p.len() - 2],
            p[p.len() - 1],
            q[q.len() - 2],
            q[q.len() - 1]
        )));
    }
    let (matrices, sides) = s.same_batches(&matrices, &sides)?;
    let result = s.solve_triangular(&matrices, &sides, upper == left, unit)?;
    if left { Ok(result) } else { s.transposed(&result) }
}

fn triangular_solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (b, x) = (s.read(a.tensor("input")?)?, s.read(a.tensor("A")?)?);
    for value in [&b, &x] {
        if value.ty().rank() < 2 {
            return Err(Error::runtime(format_args!(
                "torch.triangular_solve: Expected b and A to have at least 2 dimensions, but they have {} and {} \
                 dimensions instead",
                b.ty().rank(),
                x.ty().rank()
            )));
        }
    }
    refuse_not_square("triangular_solve", &x, "A")?;
    let (x, b) = s.same_batches(&x, &b)?;
    let (upper, transpose) = (a.flag("upper")?, a.flag("transpose")?);
    let matrices = if transpose { s.transposed(&x)? } else { x.clone() };
    let solution = s.solve_triangular(&matrices, &b, upper != transpose, a.flag("unitriangular")?)?;
    Ok(vec![solution, x])
}

/// The factor of Hermitian matrices, lower or upper, and what LAPACK says.
fn factor(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, Value)> {
    let x = squares(s, a)?;
    let upper = a.flag("upper")?;
    let read = if upper { s.adjoint(&x)? } else { x };
    let (lower, info) = pair(s.emit(Op::Cholesky, Attrs::new(), &[read])?)?;
    Ok((if upper { s.adjoint(&lower)? } else { lower }, info))
}

fn check_positive(name: &str, info: &Value) -> Result<()> {
    check(name, info, |n| {
        format!(
            "The factorization could not be completed because the input is not positive-definite (the leading minor of \
             order {n} is not positive-definite)."
        )
    })
}

fn cholesky(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (factor, info) = factor(s, a)?;
    check_positive("linalg.cholesky", &info)?;
    Ok(factor)
}

fn cholesky_ex(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (factor, info) = factor(s, a)?;
    if a.flag("check_errors")? {
        check_positive("linalg.cholesky_ex", &info)?;
    }
    Ok(vec![factor, info])
}

/// The lower factor that an argument names.
fn lower_factor(s: &mut Scope<'_>, a: &Arguments, name: &str) -> Result<Value> {
    let x = s.read(a.tensor(name)?)?;
    refuse_not_square(a.signature.name, &x, "A")?;
    if a.flag("upper")? { s.adjoint(&x) } else { Ok(x) }
}

/// The value of one computation with the derivative of another, which has the same value but for rounding.
fn with_derivative_of(s: &mut Scope<'_>, value: &Value, other: &Value) -> Result<Value> {
    let (value, fixed) = (s.unary(Op::StopGradient, value)?, s.unary(Op::StopGradient, other)?);
    let apart = s.binary(Op::Sub, &value, &fixed)?;
    s.binary(Op::Add, other, &apart)
}

/// The matrices of which these are the lower factors. Their value reads one triangle; their derivative goes to both, as
/// torch's does.
fn composed(s: &mut Scope<'_>, lower: &Value) -> Result<Value> {
    let turned = s.adjoint(lower)?;
    let product = s.product(lower, &turned)?;
    let fixed = s.unary(Op::StopGradient, lower)?;
    let triangle = s.triangle(&fixed, true, false)?;
    let turned = s.adjoint(&triangle)?;
    let value = s.product(&triangle, &turned)?;
    with_derivative_of(s, &value, &product)
}

fn cholesky_inverse(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let lower = lower_factor(s, a, "input")?;
    let plain = s.unary(Op::StopGradient, &lower)?;
    let eye = s.eye(&plain)?;
    let inverse = s.solve_triangular(&plain, &eye, false, false)?;
    let turned = s.adjoint(&inverse)?;
    let value = s.product(&turned, &inverse)?;
    let matrix = composed(s, &lower)?;
    let (other, _) = s.inverse(&matrix)?;
    with_derivative_of(s, &value, &other)
}

fn cholesky_solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (b, lower) = (s.read(a.tensor("input")?)?, lower_factor(s, a, "input2")?);
    if b.ty().rank() < 2 {
        return Err(Error::runtime(format_args!(
            "b should have at least 2 dimensions, but has {} dimensions instead",
            b.ty().rank()
        )));
    }
    let (lower, b) = s.same_batches(&lower, &b)?;
    let plain = s.unary(Op::StopGradient, &lower)?;
    let half = s.solve_triangular(&plain, &b, false, false)?;
    let upper = s.adjoint(&plain)?;
    let value = s.solve_triangular(&upper, &half, true, false)?;
    let matrix = composed(s, &lower)?;
    let (other, _) = pair(s.emit(Op::Solve, Attrs::new(), &[matrix, b])?)?;
    with_derivative_of(s, &value, &other)
}

/// The diagonal of the upper factor of complex matrices, and the sign of the exchanges of rows as a number.
fn complex_pivots(s: &mut Scope<'_>, x: &Value) -> Result<(Value, Value)> {
    let mut results = s.emit(Op::Lu, Attrs::new(), std::slice::from_ref(x))?.into_iter();
    let (Some(factors), Some(pivots)) = (results.next(), results.next()) else {
        return Err(Error::internal("lu has four results"));
    };
    let last = x.ty().rank() as u32 - 2;
    let order = s.emit_one(Op::Iota, attrs![x.ty().shape[last as usize].clone(), DType::I32], &[])?;
    let order = s.with_number(Op::Add, &order, 1i64)?;
    let moved = s.binary(Op::NotEqual, &pivots, &order)?;
    let count = s.fold(Op::Sum, &moved, &[last].into_iter().collect(), false)?;
    let odd = s.with_number(Op::Remainder, &count, 2i64)?;
    let sign = s.with_number(Op::Mul, &odd, -2i64)?;
    let sign = s.with_number(Op::Add, &sign, 1i64)?;
    Ok((s.diagonal_of(&factors)?, s.cast(&sign, x.ty().dtype)?))
}

fn det(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    if x.ty().dtype.kind() != Kind::Complex {
        return s.unary(Op::Determinant, &x);
    }
    let (pivots, sign) = complex_pivots(s, &x)?;
    let last = pivots.ty().rank() as u32 - 1;
    let product = super::reduction::product(s, &pivots, &[last].into_iter().collect())?;
    s.binary(Op::Mul, &product, &sign)
}

/// The sign of the determinant, and the logarithm of its absolute value.
fn sign_and_logarithm(s: &mut Scope<'_>, x: &Value) -> Result<(Value, Value)> {
    if x.ty().dtype.kind() != Kind::Complex {
        return pair(s.emit(Op::Slogdet, Attrs::new(), std::slice::from_ref(x))?);
    }
    let (pivots, sign) = complex_pivots(s, x)?;
    let last = [pivots.ty().rank() as u32 - 1].into_iter().collect();
    let size = s.unary(Op::Modulus, &pivots)?;
    let log = s.unary(Op::Log, &size)?;
    let log = s.fold(Op::Sum, &log, &last, false)?;
    let size = s.cast(&size, DType::C64)?;
    let directions = s.binary(Op::Div, &pivots, &size)?;
    let direction = super::reduction::product(s, &directions, &last)?;
    Ok((s.binary(Op::Mul, &direction, &sign)?, log))
}

fn slogdet(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = squares(s, a)?;
    let (sign, log) = sign_and_logarithm(s, &x)?;
    Ok(vec![sign, log])
}

fn logdet(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    let (sign, log) = sign_and_logarithm(s, &x)?;
    if x.ty().dtype.kind() == Kind::Complex {
        let angle = s.unary(Op::Log, &sign)?;
        let log = s.cast(&log, DType::C64)?;
        return s.binary(Op::Add, &log, &angle);
    }
    let negative = s.with_number(Op::Less, &sign, 0.0)?;
    s.replace(&negative, f64::NAN, &log)
}

/// A power of matrices, by squaring.
fn matrix_power(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    let n = a.int("n")?;
    if n == 0 {
        let eye = s.eye(&x)?;
        return Ok(s.replacing(&x, eye));
    }
    let mut square = x;
    if n < 0 {
        let (inverse, info) = s.inverse(&square)?;
        check_singular("linalg.inv", &info)?;
        square = inverse;
    }
    let (mut rest, mut result) = (n.unsigned_abs(), None);
    loop {
        if rest % 2 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(so_far) => s.product(&so_far, &square)?,
            });
        }
        rest /= 2;
        match result {
            Some(result) if rest == 0 => return Ok(result),
            _ => square = s.product(&square, &square)?,
        }
    }
}

fn matrix_exp(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    s.unary(Op::MatrixExp, &x)
}

/// The order of products that costs least, as torch chooses it: where each chain is cut.
fn cuts(sizes: &[i64]) -> Vec<Vec<usize>> {
    let n = sizes.len() - 1;
    let (mut cost, mut cut) = (vec![vec![0i128; n]; n], vec![vec![0; n]; n]);
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            cost[i][j] = i128::MAX;
            for k in i..j {
                let own = i128::from(sizes[i]) * i128::from(sizes[k + 1]) * i128::from(sizes[j + 1]);
                let all = cost[i][k] + cost[k + 1][j] + own;
                if all < cost[i][j] {
                    (cost[i][j], cut[i][j]) = (all, k);
                }
            }
        }
    }
    cut
}

fn chain(s: &mut Scope<'_>, all: &[Value], cut: &[Vec<usize>], i: usize, j: usize) -> Result<Value> {
    if i == j {
        return Ok(all[i].clone());
    }
    let (left, right) = (chain(s, all, cut, i, cut[i][j])?, chain(s, all, cut, cut[i][j] + 1, j)?);
    general(s, &left, &right)
}

fn multi_dot(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let tensors = a.tensors("tensors")?;
    let n = tensors.len();
    if n < 2 {
        return Err(Error::runtime(format_args!("multi_dot(): expected at least 2 tensors but got {n}")));
    }
    let mut all: Vec<Value> = tensors.iter().map(|t| s.read(t)).collect::<Result<_>>()?;
    let (row, column) = (all[0].ty().rank() == 1, all[n - 1].ty().rank() == 1);
    for (i, value) in all.iter().enumerate() {
        let (rank, end) = (value.ty().rank(), i == 0 || i == n - 1);
        if rank != 2 && !(end && rank == 1) {
            let what = if i == 0 {
                "the first"
            } else if i == n - 1 {
                "the last"
            } else {
                "the middle"
            };
            let may = if end { "1D or 2D" } else { "2D" };
            return Err(Error::runtime(format_args!("multi_dot(): {what} tensor must be {may} but got {rank}D")));
        }
    }
    if row {
        all[0] = s.with_axis_at(&all[0], 1)?;
    }
    if column {
        all[n - 1] = s.with_axis_at(&all[n - 1], 0)?;
    }
    let known = |d: &Dim| d.as_known().ok_or_else(|| Error::unsupported("multi_dot of matrices of unknown size"));
    let mut sizes = vec![known(&all[0].ty().shape[0])?];
    for (i, value) in all.iter().enumerate() {
        let shape = &value.ty().shape;
        if known(&shape[0])? != sizes[i] {
            return Err(Error::runtime(format_args!(
                "multi_dot(): tensors {} and {i} with shapes {} and {} cannot be multiplied",
                i.saturating_sub(1),
                super::sizes_text(&all[i.saturating_sub(1)].ty().shape),
                super::sizes_text(shape)
            )));
        }
        sizes.push(known(&shape[1])?);
    }
    let result = chain(s, &all, &cuts(&sizes), 0, n - 1)?;
    let mut shape = result.ty().shape.clone();
    if column {
        shape.pop();
    }
    if row {
        shape.remove(0);
    }
    s.reshape(&result, shape)
}

fn tensorinv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (x, ind) = (s.read(a.tensor("A")?)?, a.int("ind")?);
    let Some(ind) = usize::try_from(ind).ok().filter(|n| *n > 0) else {
        return Err(Error::runtime(format_args!("Expected a strictly positive integer for 'ind' argument.")));
    };
    let shape = x.ty().shape.clone();
    let at = ind.min(shape.len());
    let (rows, columns): (Dim, Dim) = (shape[..at].iter().product(), shape[at..].iter().product());
    if rows != columns {
        return Err(Error::runtime(format_args!(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {columns} \
             != {rows}."
        )));
    }
    let matrix = s.reshape(&x, smallvec::smallvec![rows, columns])?;
    let (inverse, info) = s.inverse(&matrix)?;
    check_singular("inverse", &info)?;
    s.reshape(&inverse, shape[at..].iter().chain(&shape[..at]).cloned().collect())
}

fn tensorsolve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (mut x, b) = (s.read(a.tensor("A")?)?, s.read(a.tensor("B")?)?);
    let rank = x.ty().rank();
    if let Some(dims) = a.optional_ints("dims")? {
        let last = super::compose::axes(&dims, rank)?;
        let order = (0..rank as u32).filter(|i| !last.contains(i)).chain(last.iter().copied()).collect();
        x = s.permute(&x, order)?;
    }
    let wide: Shape = x.ty().shape[b.ty().rank().min(rank)..].into();
    let (rows, columns): (Dim, Dim) = (b.ty().numel(), wide.iter().product());
    if rows != columns {
        return Err(Error::runtime(format_args!(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but \
             got {columns} != {rows}"
        )));
    }
    let matrix = s.reshape(&x, smallvec::smallvec![rows.clone(), columns])?;
    let side = s.reshape(&b, smallvec::smallvec![rows, Dim::known(1)])?;
    let (result, info) = pair(s.emit(Op::Solve, Attrs::new(), &[matrix, side])?)?;
    check_solved("torch.linalg.solve", &info)?;
    s.reshape(&result, wide)
}

fn ldl_factor(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = squares(s, a)?;
    let mut results: Vec<Value> = s.emit(Op::LdlFactor, Attrs::new(), &[x])?.into_iter().collect();
    if a.signature.position("check_errors").is_none() || a.flag("check_errors")? {
        check("torch.linalg.ldl_factor_ex", &results[2], |n| {
            format!(
                "D[{n},{n}] is exactly zero. The factorization has been completed, but the block diagonal matrix D is \
                 exactly singular."
            )
        })?;
    }
    if a.signature.position("check_errors").is_none() {
        results.pop();
    }
    Ok(results)
}

fn ldl_solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (factors, pivots, b) = (squares(s, a)?, s.read(a.tensor("pivots")?)?, s.read(a.tensor("B")?)?);
    refuse_no_matrices("torch.linalg.ldl_solve", &b, "B")?;
    refuse_mixed("torch.linalg.ldl_solve", &factors, &b)?;
    let (factors, b) = s.same_batches(&factors, &b)?;
    let shape: Shape = factors.ty().shape[..factors.ty().rank() - 1].into();
    let pivots = s.cast(&pivots, DType::I32)?;
    let pivots = s.broadcast_to(&pivots, &shape)?;
    s.emit_one(Op::LdlSolve, Attrs::new(), &[factors, pivots, b])
}

/// A power of x for each column, rising.
fn vander(s: &mut Scope<'_>, a: &Arguments, falling: bool) -> Result<Value> {
    let x = first(s, a)?;
    let x = if x.ty().dtype.is_integral() { s.cast(&x, DType::I64)? } else { x };
    let x = s.lined(&x)?;
    let Some(size) = x.ty().shape.last().cloned() else {
        return Err(Error::runtime("linalg.vander: the input tensor must have at least 1 dimension"));
    };
    let n = match a.optional_int("N")? {
        Some(n) if n < if falling { 0 } else { 2 } => {
            return Err(Error::runtime(format_args!("{}: N must be greater than 1.", said(a))));
        }
        Some(n) if n > 100_000 => {
            return Err(Error::unsupported(format_args!("{} with N = {n}, which is above 100,000", said(a))));
        }
        Some(n) => n,
        None => size.as_known().ok_or_else(|| Error::unsupported("vander of unknown size"))?,
    };
    let mut shape = x.ty().shape.clone();
    shape.push(Dim::known(1));
    let one = s.number(Scalar::Int(1), x.ty().dtype)?;
    let ones = s.broadcast_to(&one, &shape)?;
    let mut columns = vec![s.replacing(&x, ones)];
    let column = s.reshape(&x, shape.clone())?;
    for i in 1..n.max(0) as usize {
        let next = if i == 1 { column.clone() } else { s.binary(Op::Mul, &columns[i - 1], &column)? };
        columns.push(next);
    }
    if n <= 0 {
        let last = shape.len() - 1;
        shape[last] = Dim::known(0);
        return s.broadcast_to(&one, &shape);
    }
    if falling {
        columns.reverse();
    }
    let axis = shape.len() as u32 - 1;
    s.emit_one(Op::Concat, attrs![axis], &columns)
}

const LINALG: Places = Places::LINALG_OUT;
const WITH_OUT: Places = Places::BOTH.and(Places::OUT);

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "linalg_inv",
        LINALG,
        &[one("(Tensor A)", inv)],
        "The inverse of each matrix; a singular one raises LinAlgError.",
    ),
    row(
        "linalg_inv_ex",
        LINALG,
        &[many("(Tensor A, *, bool check_errors=False)", inv_ex, &["inverse", "info"])],
        "The inverse of each matrix, and 0, or the number of a pivot that is 0.",
    ),
    row(
        "inverse",
        WITH_OUT,
        &[one("(Tensor input)", inv)],
        "The inverse of each matrix; a singular one raises LinAlgError.",
    ),
    row(
        "linalg_solve",
        LINALG,
        &[one("(Tensor A, Tensor B, *, bool left=True)", solve)],
        "The solution of A X = B, or of X A = B; B may be a vector for each matrix.",
    ),
    row(
        "linalg_solve_ex",
        LINALG,
        &[many("(Tensor A, Tensor B, *, bool left=True, bool check_errors=False)", solve_ex, &["result", "info"])],
        "The solution of A X = B, or of X A = B, and 0, or the number of a pivot that is 0.",
    ),
    row(
        "linalg_solve_triangular",
        LINALG,
        &[one("(Tensor A, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)", triangular)],
        "The solution of A X = B, or of X A = B, for triangular A, of which the other triangle is not read.",
    ),
    row(
        "triangular_solve",
        WITH_OUT,
        &[many(
            "(Tensor input, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False)",
            triangular_solve,
            &["solution", "cloned_coefficient"],
        )],
        "The solution of A X = input for triangular A, and A.",
    ),
    row(
        "linalg_cholesky",
        LINALG,
        &[one("(Tensor A, *, bool upper=False)", cholesky)],
        "The lower factor L of L L^H = A, or the upper one of U^H U; LinAlgError where A is not positive definite.",
    ),
    row(
        "linalg_cholesky_ex",
        LINALG,
        &[many("(Tensor A, *, bool upper=False, bool check_errors=False)", cholesky_ex, &["L", "info"])],
        "The Cholesky factor, and 0, or the order of the leading minor that is not positive.",
    ),
    row(
        "cholesky_inverse",
        WITH_OUT,
        &[one("(Tensor input, bool upper=False)", cholesky_inverse)],
        "The inverse of the matrices of which these are Cholesky factors.",
    ),
    row(
        "cholesky_solve",
        WITH_OUT,
        &[one("(Tensor input, Tensor input2, bool upper=False)", cholesky_solve)],
        "The solution of A X = input for the A whose Cholesky factor is input2.",
    ),
    row("linalg_det", LINALG, &[one("(Tensor A)", det)], "The determinant of each matrix."),
    row("det", Places::BOTH, &[one("(Tensor input)", det)], "The determinant of each matrix."),
    row(
        "linalg_slogdet",
        LINALG,
        &[many("(Tensor A)", slogdet, &["sign", "logabsdet"])],
        "The sign of the determinant, and the logarithm of its absolute value.",
    ),
    row(
        "slogdet",
        WITH_OUT,
        &[many("(Tensor input)", slogdet, &["sign", "logabsdet"])],
        "The sign of the determinant, and the logarithm of its absolute value.",
    ),
    row(
        "logdet",
        Places::BOTH,
        &[one("(Tensor input)", logdet)],
        "The logarithm of the determinant; NaN of a negative one.",
    ),
    row(
        "linalg_matrix_power",
        LINALG,
        &[one("(Tensor A, int n)", matrix_power)],
        "The n-th power of each matrix; of its inverse where n is negative.",
    ),
    row(
        "matrix_power",
        WITH_OUT,
        &[one("(Tensor input, int n)", matrix_power)],
        "The n-th power of each matrix; of its inverse where n is negative.",
    ),
    row("linalg_matrix_exp", Places::LINALG, &[one("(Tensor A)", matrix_exp)], "The exponential of each matrix."),
    row("matrix_exp", Places::BOTH, &[one("(Tensor input)", matrix_exp)], "The exponential of each matrix."),
    row(
        "linalg_multi_dot",
        LINALG,
        &[one("(Tensors tensors)", multi_dot)],
        "The product of all, in the order that costs least; the first and the last may be vectors.",
    ),
    row(
        "linalg_tensorinv",
        LINALG,
        &[one("(Tensor A, int ind=2)", tensorinv)],
        "The inverse of the matrix whose rows are the first ind axes together, and whose columns are the others.",
    ),
    row(
        "linalg_tensorsolve",
        LINALG,
        &[one("(Tensor A, Tensor B, ints? dims=None)", tensorsolve)],
        "The X whose product with A over all axes of X is B; dims are the axes of A that go last.",
    ),
    row(
        "linalg_ldl_factor",
        LINALG,
        &[many("(Tensor A, *, bool hermitian=False)", ldl_factor, &["LD", "pivots"])],
        "The factors L D L^T of symmetric matrices, packed by LAPACK; the lower triangle is read.",
    ),
    row(
        "linalg_ldl_factor_ex",
        LINALG,
        &[many("(Tensor A, *, bool hermitian=False, bool check_errors=False)", ldl_factor, &["LD", "pivots", "info"])],
        "The packed factors L D L^T of symmetric matrices, and 0, or the number of a block that is 0.",
    ),
    row(
        "linalg_ldl_solve",
        LINALG,
        &[one("(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False)", ldl_solve)],
        "The solution of A X = B for the A of which these are the factors.",
    ),
    row(
        "linalg_vander",
        Places::LINALG,
        &[one("(Tensor x, *, int? N=None)", |s, a| vander(s, a, false))],
        "The powers 0 to N - 1 of the elements, as columns.",
    ),
    row(
        "vander",
        Places::TORCH,
        &[one("(Tensor x, int? N=None, bool increasing=False)", |s, a| {
            let increasing = a.flag("increasing")?;
            if a.tensor("x")?.rank() != 1 {
                return Err(Error::runtime("x must be a one-dimensional tensor."));
            }
            vander(s, a, !increasing)
        })],
        "The powers of the elements, falling or rising, as columns.",
    ),
];
