//! Factors of matrices: LU, QR, reflections, singular values, eigenvalues, and what is computed from them.

use flashlight_compiler::{
    attrs,
    error::Fault,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use smallvec::smallvec;
use std::sync::Arc;

use super::{
    Argument, Arguments, Function, Overload, Places,
    compose::{default_dtype, promote},
    linear_system::{check, first, pair, refuse_low_precision, refuse_mixed, refuse_no_matrices, said, squares},
    many, one, row,
};
use crate::{
    autograd::Scope,
    elements::integers,
    error::{Error, Result},
    fetch::fetch_concrete,
    value::{Payload, Value},
};

/// The matrices that are the first argument.
fn matrices(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = first(s, a)?;
    refuse_no_matrices(&said(a), &x, "A")?;
    Ok(x)
}

/// Rows and columns, which must be known.
fn sides(x: &Value) -> Result<(i64, i64)> {
    match x.ty().shape.as_slice() {
        [.., rows, columns] => match (rows.as_known(), columns.as_known()) {
            (Some(m), Some(n)) => Ok((m, n)),
            _ => Err(Error::unsupported("a decomposition of matrices of unknown size")),
        },
        _ => Err(Error::internal("a decomposition of what is no matrix")),
    }
}

impl Scope<'_> {
    /// Some columns of each matrix.
    fn columns(&mut self, x: &Value, from: i64, count: i64) -> Result<Value> {
        let axis = x.ty().rank() as u32 - 1;
        self.window(x, axis, from, count)
    }

    /// Some rows of each matrix.
    fn rows(&mut self, x: &Value, from: i64, count: i64) -> Result<Value> {
        let axis = x.ty().rank() as u32 - 2;
        self.window(x, axis, from, count)
    }

    /// A run of elements along an axis; all of them as they are.
    pub(super) fn window(&mut self, x: &Value, axis: u32, from: i64, count: i64) -> Result<Value> {
        if from == 0 && x.ty().shape[axis as usize] == count {
            return Ok(x.clone());
        }
        self.slice_axis(x, axis, Dim::known(from), Dim::known(count), 1)
    }

    /// Matrices side by side.
    fn beside(&mut self, x: &Value, y: &Value) -> Result<Value> {
        let axis = x.ty().rank() as u32 - 1;
        self.emit_one(Op::Concat, attrs![axis], &[x.clone(), y.clone()])
    }

    /// The singular value decomposition: u, s and v, whose rows are the right vectors.
    fn svd(&mut self, x: &Value, full: bool, name: &str) -> Result<[Value; 3]> {
        if x.ty().dtype.kind() == Kind::Complex {
            return Err(Error::unsupported(format_args!("{name} of complex matrices")));
        }
        let mut results = self.emit(Op::Svd, attrs![full], std::slice::from_ref(x))?.into_iter();
        let (Some(u), Some(s), Some(v), Some(info)) = (results.next(), results.next(), results.next(), results.next())
        else {
            return Err(Error::internal("svd has four results"));
        };
        check(name, &info, |n| match n {
            n if n < 0 => {
                "The algorithm failed to converge because the input matrix contained non-finite values.".into()
            }
            n => format!(
                "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated \
                 singular values (error code: {n})."
            ),
        })?;
        Ok([u, s, v])
    }

    /// Singular values, falling.
    pub(super) fn singular_values(&mut self, x: &Value, name: &str) -> Result<Value> {
        let [_, s, _] = self.svd(x, false, name)?;
        Ok(s)
    }

    /// Eigenvalues, rising, and vectors of Hermitian matrices, of which one triangle is read.
    pub(super) fn eigh(&mut self, x: &Value, upper: bool, name: &str) -> Result<(Value, Value)> {
        let mut results = self.emit(Op::Eigh, attrs![upper], std::slice::from_ref(x))?.into_iter();
        let (Some(w), Some(v), Some(info)) = (results.next(), results.next(), results.next()) else {
            return Err(Error::internal("eigh has three results"));
        };
        check(name, &info, |n| {
            format!(
                "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated \
                 eigenvalues (error code: {n})."
            )
        })?;
        Ok((w, v))
    }

    /// Orthonormal columns and an upper triangle.
    fn qr(&mut self, x: &Value) -> Result<(Value, Value)> {
        pair(self.emit(Op::Qr, Attrs::new(), std::slice::from_ref(x))?)
    }

    /// The permutation matrices that put rows where `places` says.
    fn permutation(&mut self, places: &Value, dtype: DType) -> Result<Value> {
        let mut shape = places.ty().shape.clone();
        let size = shape[shape.len() - 1].clone();
        let across = self.emit_one(Op::Iota, attrs![size.clone(), DType::I64], &[])?;
        shape.push(size);
        let places = self.with_axis_at(places, 0)?;
        let places = self.broadcast_to(&places, &shape)?;
        let across = self.broadcast_to(&across, &shape)?;
        let there = self.emit_one(Op::Equal, Attrs::new(), &[places, across])?;
        self.cast(&there, dtype)
    }

    /// Rows of matrices by their numbers.
    fn rows_at(&mut self, x: &Value, numbers: &Value) -> Result<Value> {
        let (shape, axis) = (x.ty().shape.clone(), x.ty().rank() as u32 - 2);
        let numbers = self.with_axis_at(numbers, 0)?;
        let numbers = self.broadcast_to(&numbers, &shape)?;
        self.emit_one(Op::Gather, attrs![axis], &[x.clone(), numbers])
    }
}

/// LU factors in one matrix, exchanges, where each row went, and what LAPACK says.
fn factors(s: &mut Scope<'_>, x: &Value) -> Result<[Value; 4]> {
    let (m, n) = sides(x)?;
    let square = if m < n { s.columns(x, 0, m)? } else { x.clone() };
    let results: Vec<Value> = s.emit(Op::Lu, Attrs::new(), &[square])?.into_iter().collect();
    let [lu, pivots, places, info] =
        <[Value; 4]>::try_from(results).map_err(|_| Error::internal("lu has four results"))?;
    if m >= n {
        return Ok([lu, pivots, places, info]);
    }
    // What is right of the square has no say in the exchanges.
    let rest = s.columns(x, m, n - m)?;
    let order = last_order(s, &places)?;
    let rest = s.rows_at(&rest, &order)?;
    let rest = s.solve_triangular(&lu, &rest, false, true)?;
    Ok([s.beside(&lu, &rest)?, pivots, places, info])
}

/// Which row went to each place.
fn last_order(s: &mut Scope<'_>, places: &Value) -> Result<Value> {
    let axis = places.ty().rank() as u32 - 1;
    s.emit_one(Op::Argsort, attrs![axis, false], std::slice::from_ref(places))
}

fn refuse_without_pivots(a: &Arguments) -> Result<()> {
    if a.flag("pivot")? {
        return Ok(());
    }
    Err(Error::runtime(format_args!("{}: LU without pivoting is not implemented on the CPU", said(a))))
}

fn check_factors(info: &Value) -> Result<()> {
    check("torch.linalg.lu_factor", info, |n| {
        format!(
            "U[{n},{n}] is zero and using it on lu_solve would result in a division by zero. If you still want to perform \
             the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )
    })
}

fn lu_factor(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    refuse_without_pivots(a)?;
    let [lu, pivots, _, info] = factors(s, &x)?;
    check_factors(&info)?;
    Ok(vec![lu, pivots])
}

fn lu_factor_ex(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    refuse_without_pivots(a)?;
    let [lu, pivots, _, info] = factors(s, &x)?;
    if a.flag("check_errors")? {
        check_factors(&info)?;
    }
    Ok(vec![lu, pivots, info])
}

/// The old function: factors, exchanges, and what LAPACK says where that is asked for.
fn old_lu(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    refuse_without_pivots(a)?;
    let [lu, pivots, _, info] = factors(s, &x)?;
    if a.flag("get_infos")? {
        return Ok(vec![lu, pivots, info]);
    }
    check_factors(&info)?;
    Ok(vec![lu, pivots])
}

/// The lower and the upper factor.
fn unpacked(s: &mut Scope<'_>, lu: &Value) -> Result<(Value, Value)> {
    let (m, n) = sides(lu)?;
    let k = m.min(n);
    let (left, above) = (s.columns(lu, 0, k)?, s.rows(lu, 0, k)?);
    let lower = s.triangle(&left, true, true)?;
    let eye = s.eye(&lower)?;
    Ok((s.binary(Op::Add, &lower, &eye)?, s.triangle(&above, false, false)?))
}

fn lu(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    refuse_without_pivots(a)?;
    let [lu, _, places, _] = factors(s, &x)?;
    let (lower, upper) = unpacked(s, &lu)?;
    Ok(vec![s.permutation(&places, x.ty().dtype)?, lower, upper])
}

/// Where exchanges take the rows of `x`.
fn places(s: &mut Scope<'_>, pivots: &Value, x: &Value) -> Result<Value> {
    if pivots.ty().dtype != DType::I32 {
        return Err(Error::runtime(
            "LU_pivots is expected to be a contiguous tensor of torch.int32 dtype. Note: this function is intended to be \
             used with the output produced by torch.linalg.lu_factor",
        ));
    }
    let rows = x.ty().shape[x.ty().rank() - 2].clone();
    s.emit_one(Op::PivotPlaces, attrs![rows], std::slice::from_ref(pivots))
}

fn nothing(s: &mut Scope<'_>, dtype: DType) -> Result<Value> {
    super::indexing::filled(s, &smallvec![Dim::known(0)], Scalar::Int(0), dtype)
}

fn lu_unpack(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (lu, pivots) = (s.read(a.tensor("LU_data")?)?, s.read(a.tensor("LU_pivots")?)?);
    refuse_no_matrices("torch.lu_unpack", &lu, "LU_data")?;
    let dtype = lu.ty().dtype;
    let matrix = if a.flag("unpack_pivots")? {
        let places = places(s, &pivots, &lu)?;
        s.permutation(&places, dtype)?
    } else {
        nothing(s, dtype)?
    };
    if !a.flag("unpack_data")? {
        let mut none = || {
            let none = nothing(s, dtype)?;
            Ok::<Value, Error>(s.replacing(&lu, none))
        };
        return Ok(vec![matrix, none()?, none()?]);
    }
    let (lower, upper) = unpacked(s, &lu)?;
    Ok(vec![matrix, lower, upper])
}

/// The solution of A X = B, or with the conjugate transpose of A, by its factors.
fn solved(s: &mut Scope<'_>, lu: &Value, pivots: &Value, b: &Value, adjoint: bool) -> Result<Value> {
    let places = places(s, pivots, lu)?;
    let (lu, b) = s.same_batches(lu, b)?;
    let shape: Shape = lu.ty().shape[..lu.ty().rank() - 1].into();
    let places = s.broadcast_to(&places, &shape)?;
    if adjoint {
        let turned = s.adjoint(&lu)?;
        let half = s.solve_triangular(&turned, &b, false, false)?;
        let whole = s.solve_triangular(&turned, &half, true, true)?;
        return s.rows_at(&whole, &places);
    }
    let order = last_order(s, &places)?;
    let moved = s.rows_at(&b, &order)?;
    let half = s.solve_triangular(&lu, &moved, false, true)?;
    s.solve_triangular(&lu, &half, true, false)
}

fn lu_solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (lu, pivots, b) = (squares(s, a)?, s.read(a.tensor("pivots")?)?, s.read(a.tensor("B")?)?);
    refuse_mixed("linalg.lu_solve", &lu, &b)?;
    refuse_no_matrices("linalg.lu_solve", &b, "B")?;
    let (left, adjoint) = (a.flag("left")?, a.flag("adjoint")?);
    if left {
        return solved(s, &lu, &pivots, &b, adjoint);
    }
    let turned = s.adjoint(&b)?;
    let result = solved(s, &lu, &pivots, &turned, !adjoint)?;
    s.adjoint(&result)
}

fn old_lu_solve(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (b, lu, pivots) = (s.read(a.tensor("input")?)?, s.read(a.tensor("LU_data")?)?, s.read(a.tensor("LU_pivots")?)?);
    refuse_no_matrices("lu_solve", &b, "B")?;
    refuse_no_matrices("lu_solve", &lu, "LU")?;
    solved(s, &lu, &pivots, &b, false)
}

/// The first columns of the product of reflections of which the vectors stand below the diagonal: I - V T V^H, where T is
/// the triangle whose inverse is that above the diagonal of V^H V, with 1 / tau on it (Puglisi 1992).
fn reflections(s: &mut Scope<'_>, v: &Value, tau: &Value, onto: &Value, adjoint: bool) -> Result<Value> {
    let count = tau.ty().shape.last().and_then(Dim::as_known);
    let count = count.ok_or_else(|| Error::unsupported("an unknown number of reflections"))?;
    let v = s.columns(v, 0, count)?;
    let below = s.triangle(&v, true, true)?;
    let eye = s.eye(&below)?;
    let v = s.binary(Op::Add, &below, &eye)?;
    let vh = s.adjoint(&v)?;
    let gram = s.product(&vh, &v)?;
    let above = s.triangle(&gram, false, true)?;
    let scale = s.with_axis_at(tau, 0)?;
    let scaled = s.binary(Op::Mul, &scale, &above)?;
    let eye = s.eye(&scaled)?;
    let inner = s.binary(Op::Add, &scaled, &eye)?;
    let (v, onto) = s.same_batches(&v, onto)?;
    let vh = s.adjoint(&v)?;
    let seen = s.product(&vh, &onto)?;
    let turned = if adjoint {
        let inner = s.adjoint(&inner)?;
        let (inner, seen) = s.same_batches(&inner, &seen)?;
        let half = s.solve_triangular(&inner, &seen, false, true)?;
        let scale = s.conjugate(&scale)?;
        s.binary(Op::Mul, &scale, &half)?
    } else {
        let scaled = s.binary(Op::Mul, &scale, &seen)?;
        let (inner, scaled) = s.same_batches(&inner, &scaled)?;
        s.solve_triangular(&inner, &scaled, true, true)?
    };
    let moved = s.product(&v, &turned)?;
    s.binary(Op::Sub, &onto, &moved)
}

/// Ones on the diagonal of matrices with so many columns, in the batch and with the rows of others.
fn eye_of(s: &mut Scope<'_>, like: &Value, columns: i64) -> Result<Value> {
    let mut shape = like.ty().shape.clone();
    let last = shape.len() - 1;
    shape[last] = Dim::known(columns);
    let zero = s.number(Scalar::Int(0), like.ty().dtype)?;
    let zeros = s.broadcast_to(&zero, &shape)?;
    s.eye(&zeros)
}

fn householder_product(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let v = matrices(s, a)?;
    let tau = s.read(a.tensor(if a.is_given("tau") { "tau" } else { "input2" })?)?;
    let name = "torch.linalg.householder_product";
    let (m, n) = sides(&v)?;
    if m < n {
        return Err(Error::runtime(format_args!(
            "{name}: input.shape[-2] must be greater than or equal to input.shape[-1]"
        )));
    }
    let count = tau.ty().shape.last().and_then(Dim::as_known).unwrap_or(0);
    if n < count {
        return Err(Error::runtime(format_args!(
            "{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )));
    }
    if v.ty().dtype != tau.ty().dtype {
        return Err(Error::runtime(format_args!(
            "{name}: tau dtype {} does not match input dtype {}",
            tau.ty().dtype,
            v.ty().dtype
        )));
    }
    let eye = eye_of(s, &v, n)?;
    reflections(s, &v, &tau, &eye, false)
}

fn ormqr(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let (v, tau, onto) = (s.read(a.tensor("input")?)?, s.read(a.tensor("input2")?)?, s.read(a.tensor("input3")?)?);
    refuse_no_matrices("torch.ormqr", &v, "input")?;
    refuse_no_matrices("torch.ormqr", &onto, "other")?;
    let (left, transpose) = (a.flag("left")?, a.flag("transpose")?);
    let axis = onto.ty().rank() - if left { 2 } else { 1 };
    let rows = v.ty().shape[v.ty().rank() - 2].clone();
    if onto.ty().shape[axis] != rows {
        let place = if left { "-2" } else { "-1" };
        return Err(Error::runtime(format_args!("torch.ormqr: other.shape[{place}] must be equal to input.shape[-2]")));
    }
    if left {
        return reflections(s, &v, &tau, &onto, transpose);
    }
    let turned = s.adjoint(&onto)?;
    let result = reflections(s, &v, &tau, &turned, !transpose)?;
    s.adjoint(&result)
}

fn geqrf(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    let (reflected, tau) = pair(s.emit(Op::Geqrf, Attrs::new(), &[x])?)?;
    Ok(vec![reflected, tau])
}

fn qr(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    let (m, n) = sides(&x)?;
    let mode = a.text("mode")?;
    if !matches!(mode, "reduced" | "complete" | "r") {
        return Err(Error::runtime(format_args!(
            "qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )));
    }
    if mode == "r" || (mode == "complete" && m > n) {
        let (reflected, tau) = pair(s.emit(Op::Geqrf, Attrs::new(), std::slice::from_ref(&x))?)?;
        if mode == "r" {
            let above = s.rows(&reflected, 0, m.min(n))?;
            return Ok(vec![nothing(s, x.ty().dtype)?, s.triangle(&above, false, false)?]);
        }
        let eye = eye_of(s, &x, m)?;
        return Ok(vec![reflections(s, &reflected, &tau, &eye, false)?, s.triangle(&reflected, false, false)?]);
    }
    if m >= n {
        let (q, r) = s.qr(&x)?;
        return Ok(vec![q, r]);
    }
    let (square, rest) = (s.columns(&x, 0, m)?, s.columns(&x, m, n - m)?);
    let (q, r) = s.qr(&square)?;
    let turned = s.adjoint(&q)?;
    let rest = s.product(&turned, &rest)?;
    Ok(vec![q, s.beside(&r, &rest)?])
}

fn refuse_driver(a: &Arguments) -> Result<()> {
    match a.optional_text("driver")? {
        None => Ok(()),
        Some(_) => Err(Error::runtime(format_args!(
            "{}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.",
            said(a)
        ))),
    }
}

fn linalg_svd(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    refuse_driver(a)?;
    let x = matrices(s, a)?;
    Ok(s.svd(&x, a.flag("full_matrices")?, "linalg.svd")?.into())
}

fn svdvals(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    refuse_driver(a)?;
    let x = matrices(s, a)?;
    s.singular_values(&x, "linalg.svd")
}

fn old_svd(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = first(s, a)?;
    refuse_no_matrices("linalg.svd", &x, "A")?;
    if a.flag("compute_uv")? {
        let [u, values, v] = s.svd(&x, !a.flag("some")?, "linalg.svd")?;
        let v = s.adjoint(&v)?;
        return Ok(vec![u, values, v]);
    }
    let values = s.singular_values(&x, "linalg.svd")?;
    let (m, n) = sides(&x)?;
    let mut zeros = |side: i64| {
        let batch = &x.ty().shape[..x.ty().rank() - 2];
        let shape = batch.iter().cloned().chain([Dim::known(side), Dim::known(side)]).collect();
        super::indexing::filled(s, &shape, Scalar::Float(0.0), x.ty().dtype)
    };
    Ok(vec![zeros(m)?, values, zeros(n)?])
}

/// Eigenvalues and vectors by the triangle that is named.
fn hermitian(s: &mut Scope<'_>, a: &Arguments) -> Result<(Value, Value)> {
    let x = squares(s, a)?;
    match a.text("UPLO")?.to_ascii_uppercase().as_str() {
        "L" => s.eigh(&x, false, "linalg.eigh"),
        "U" => s.eigh(&x, true, "linalg.eigh"),
        _ => Err(Error::runtime(format_args!("Expected UPLO argument to be 'L' or 'U', but got {}", a.text("UPLO")?))),
    }
}

fn eigh(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let (w, v) = hermitian(s, a)?;
    Ok(vec![w, v])
}

fn eigvalsh(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    Ok(hermitian(s, a)?.0)
}

fn eig(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = squares(s, a)?;
    if x.ty().dtype == DType::F64 {
        return Err(Error::unsupported("torch.linalg.eig of float64, whose results would be complex128,"));
    }
    let mut results = s.emit(Op::Eig, Attrs::new(), &[x])?.into_iter();
    let (Some(w), Some(v), Some(info)) = (results.next(), results.next(), results.next()) else {
        return Err(Error::internal("eig has three results"));
    };
    check("linalg.eig", &info, |n| {
        format!(
            "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated \
             eigenvalues (error code: {n})."
        )
    })?;
    Ok(vec![w, v])
}

fn eigvals(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    Ok(eig(s, a)?.swap_remove(0))
}

/// The factor of orthonormal columns next to the matrices, and the Hermitian one.
fn polar(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let x = matrices(s, a)?;
    let (m, n) = sides(&x)?;
    if m < n {
        return Err(Error::runtime(format_args!(
            "linalg.polar: expected the input to have at least as many rows as columns, but got {m} by {n} matrices"
        )));
    }
    let [u, values, v] = s.svd(&x, false, "linalg.svd")?;
    let columns = s.product(&u, &v)?;
    let scale = s.with_axis_at(&values, 0)?;
    let scaled = s.binary(Op::Mul, &scale, &v)?;
    let turned = s.adjoint(&v)?;
    Ok(vec![columns, s.product(&turned, &scaled)?])
}

fn matrix_sqrth(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = squares(s, a)?;
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::unsupported("torch.linalg.matrix_sqrth of complex matrices"));
    }
    s.unary(Op::HermitianRoot, &x)
}

/// A tolerance that may be a number or a number for each matrix, in the element type of the matrices.
fn tolerance(s: &mut Scope<'_>, given: &Argument, dtype: DType) -> Result<Option<Value>> {
    if let Argument::Tensor(t) = given
        && t.dtype().kind() == Kind::Complex
    {
        return Err(Error::runtime("tolerances are expected to be of real type, but they are complex"));
    }
    match given {
        Argument::None => Ok(None),
        given => s.operand(given, dtype).map(Some),
    }
}

/// The absolute and the relative tolerance that a call names, or torch's.
fn tolerances(s: &mut Scope<'_>, a: &Arguments, x: &Value) -> Result<(Value, Value)> {
    let dtype = if x.ty().dtype == DType::C64 { DType::F32 } else { x.ty().dtype };
    let given = |name: &str| if a.signature.position(name).is_some() { a.get(name) } else { Ok(&Argument::None) };
    let absolute = match given("tol")? {
        Argument::None => given("atol")?,
        tol => tol,
    };
    let relative = match given("rcond")? {
        Argument::None => given("rtol")?,
        rcond => rcond,
    };
    let (absolute, mut relative) = (tolerance(s, absolute, dtype)?, tolerance(s, relative, dtype)?);
    let (m, n) = sides(x)?;
    let epsilon = if dtype == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let share = s.number(Scalar::Float(epsilon * m.max(n) as f64), dtype)?;
    if given("tol")?.is_none() && relative.is_none() {
        // torch's relative tolerance stands where no absolute one above 0 is given.
        relative = Some(match &absolute {
            None => share,
            Some(absolute) => {
                let some = s.with_number(Op::Greater, absolute, 0.0)?;
                s.replace(&some, 0.0, &share)?
            }
        });
    }
    let zero = s.number(Scalar::Float(0.0), dtype)?;
    Ok((absolute.unwrap_or_else(|| zero.clone()), relative.unwrap_or(zero)))
}

/// A number for each matrix of the batch.
fn for_each_matrix(s: &mut Scope<'_>, x: &Value, tolerance: &Value) -> Result<Value> {
    let batch: Shape = x.ty().shape[..x.ty().rank() - 2].into();
    if tolerance.ty().rank() == 0 { Ok(tolerance.clone()) } else { s.broadcast_to(tolerance, &batch) }
}

fn pinv(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = matrices(s, a)?;
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::unsupported(format_args!("{} of complex matrices", said(a))));
    }
    let (absolute, relative) = tolerances(s, a, &x)?;
    // Tolerances with more axes than the batch of the matrices stretch that.
    let batch = super::compose::broadcast_shape(&absolute.ty().shape, &relative.ty().shape)?;
    let own = x.ty().shape.clone();
    let batch = super::compose::broadcast_shape(&batch, &own[..own.len() - 2])?;
    let shape = batch.iter().chain(&own[own.len() - 2..]).cloned().collect();
    let x = s.broadcast_to(&x, &shape)?;
    let (absolute, relative) = (for_each_matrix(s, &x, &absolute)?, for_each_matrix(s, &x, &relative)?);
    let hermitian = a.signature.position("hermitian").is_some() && a.flag("hermitian")?;
    s.emit_one(Op::PseudoInverse, attrs![hermitian], &[x, absolute, relative])
}

fn matrix_rank(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = matrices(s, a)?;
    let (absolute, relative) = tolerances(s, a, &x)?;
    let shape = &x.ty().shape;
    let values = if shape[shape.len() - 2..].iter().any(|d| *d == 0) {
        let batch: Shape = shape[..shape.len() - 2].into();
        return super::indexing::filled(s, &batch, Scalar::Int(0), DType::I64);
    } else if a.flag("hermitian")? {
        let (w, _) = s.eigh(&x, false, "linalg.eigh")?;
        s.unary(Op::Abs, &w)?
    } else {
        s.singular_values(&x, "linalg.svd")?
    };
    let last: Axes = [values.ty().rank() as u32 - 1].into_iter().collect();
    let largest = s.fold(Op::Amax, &values, &last, false)?;
    let bound = s.binary(Op::Mul, &largest, &relative)?;
    let bound = s.binary(Op::Maximum, &bound, &absolute)?;
    let bound = s.with_axis_at(&bound, 0)?;
    let above = s.binary(Op::Greater, &values, &bound)?;
    let last: Axes = [above.ty().rank() as u32 - 1].into_iter().collect();
    s.fold(Op::Sum, &above, &last, false)
}

fn lstsq(s: &mut Scope<'_>, a: &Arguments) -> Result<Vec<Value>> {
    let name = "torch.linalg.lstsq";
    let (x, mut b) = (s.read(a.tensor("A")?)?, s.read(a.tensor("B")?)?);
    if x.ty().rank() < 2 {
        return Err(Error::runtime(format_args!("{name}: input must have at least 2 dimensions.")));
    }
    if b.ty().rank() < 1 {
        return Err(Error::runtime(format_args!("{name}: other must have at least 1 dimension.")));
    }
    refuse_low_precision(name, &x)?;
    if x.ty().dtype != b.ty().dtype {
        return Err(Error::runtime(format_args!(
            "{name}: Expected input and other to have the same dtype, but got input's dtype {} and other's dtype {}",
            x.ty().dtype,
            b.ty().dtype
        )));
    }
    if x.ty().dtype.kind() == Kind::Complex {
        return Err(Error::unsupported("torch.linalg.lstsq of complex matrices"));
    }
    let driver = match a.optional_text("driver")? {
        None => "gelsy",
        Some(driver @ ("gels" | "gelsy" | "gelsd" | "gelss")) => driver,
        Some(_) => {
            return Err(Error::runtime(format_args!(
                "{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
            )));
        }
    };
    let vector = x.ty().rank() == b.ty().rank() + 1;
    if vector {
        b = s.with_axis_at(&b, 0)?;
    }
    let (m, n) = sides(&x)?;
    if b.ty().shape[b.ty().rank() - 2] != m {
        return Err(Error::runtime(format_args!("{name}: input.size(-2) should match other.size(-2)")));
    }
    let epsilon = if x.ty().dtype == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let rcond = if a.is_given("rcond") { a.float("rcond")? } else { epsilon * m.max(n) as f64 };
    let (x, b) = s.same_batches(&x, &b)?;
    let attributes = attrs![Scalar::Float(rcond), Arc::<str>::from(driver)];
    let results: Vec<Value> = s.emit(Op::LeastSquares, attributes, &[x.clone(), b])?.into_iter().collect();
    let [mut solution, residuals, rank, values] =
        <[Value; 4]>::try_from(results).map_err(|_| Error::internal("least_squares has four results"))?;
    if vector {
        let mut shape = solution.ty().shape.clone();
        shape.pop();
        solution = s.reshape(&solution, shape)?;
    }
    let full = || match rank.payload() {
        Payload::Concrete(elements) if driver != "gels" => {
            Ok(integers(&fetch_concrete(elements)?, DType::I64).iter().all(|r| *r == n))
        }
        _ => Ok::<bool, Error>(true),
    };
    if let Payload::Concrete(elements) = rank.payload()
        && driver == "gels"
        && integers(&fetch_concrete(elements)?, DType::I64).contains(&-1)
    {
        return Err(Error::user(
            Fault::Matrix,
            format_args!(
                "{name}: The least squares solution could not be computed because the input matrix does not have full rank."
            ),
        ));
    }
    let dtype = x.ty().dtype;
    let residuals = if m > n && driver != "gelsy" && full()? {
        residuals
    } else {
        let none = nothing(s, dtype)?;
        s.replacing(&solution, none)
    };
    let rank = if driver == "gels" { nothing(s, DType::I64)? } else { rank };
    let values = if matches!(driver, "gelsd" | "gelss") { values.untracked() } else { nothing(s, dtype)? };
    Ok(vec![solution, residuals, rank, values])
}

/// The covariance of rows.
fn cov(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().rank() > 2 {
        return Err(Error::runtime(format_args!(
            "cov(): expected input to have two or fewer dimensions but got an input with {} dimensions",
            x.ty().rank()
        )));
    }
    if x.ty().dtype == DType::Bool {
        return Err(Error::runtime("cov(): bool dtype is not supported for input"));
    }
    let correction = a.int("correction")?;
    let weights = ["fweights", "aweights"].map(|name| a.optional_tensor(name));
    let [counts, shares] = weights;
    let (counts, shares) = (counts?.map(|t| s.read(t)).transpose()?, shares?.map(|t| s.read(t)).transpose()?);
    covariance(s, &x, correction as f64, counts, shares)
}

/// The covariance of rows, each column counted so often and weighted so much.
fn covariance(
    s: &mut Scope<'_>,
    x: &Value,
    correction: f64,
    counts: Option<Value>,
    shares: Option<Value>,
) -> Result<Value> {
    let line = x.ty().rank() < 2;
    let x = if line { s.reshape(x, smallvec![Dim::known(1), x.ty().numel()])? } else { x.clone() };
    let scalar = x.ty().shape[0] == 1;
    let dtype = if x.ty().dtype.is_inexact() { x.ty().dtype } else { default_dtype() };
    let real = if dtype == DType::C64 { DType::F32 } else { dtype };
    let x = s.cast(&x, dtype)?;
    let observations = x.ty().shape[1].clone();
    for (weights, name) in [(&counts, "fweights"), (&shares, "aweights")] {
        let Some(weights) = weights else { continue };
        if weights.ty().rank() > 1 {
            return Err(Error::runtime(format_args!(
                "cov(): expected {name} to have one or fewer dimensions but got {name} with {} dimensions",
                weights.ty().rank()
            )));
        }
        if weights.ty().numel() != observations {
            return Err(Error::runtime(format_args!(
                "cov(): expected {name} to have the same numel as there are observations in the input but got {} != \
                 {observations}",
                weights.ty().numel()
            )));
        }
    }
    let all: Axes = [0].into_iter().collect();
    let line = |s: &mut Scope<'_>, w: &Value| {
        let w = s.cast(w, real)?;
        s.reshape(&w, smallvec![observations.clone()])
    };
    let counts = counts.map(|w| line(s, &w)).transpose()?;
    let shares = shares.map(|w| line(s, &w)).transpose()?;
    let weights = match (&counts, &shares) {
        (Some(c), Some(w)) => Some(s.binary(Op::Mul, c, w)?),
        (one, other) => one.clone().or_else(|| other.clone()),
    };
    let sum = match &weights {
        Some(w) => s.fold(Op::Sum, w, &all, false)?,
        None => {
            let n = observations.as_known().ok_or_else(|| Error::unsupported("cov of an unknown size"))?;
            s.number(Scalar::Int(n), real)?
        }
    };
    let weigh = |s: &mut Scope<'_>, x: &Value| match &weights {
        Some(w) => {
            let w = s.cast(w, dtype)?;
            s.binary(Op::Mul, x, &w)
        }
        None => Ok(x.clone()),
    };
    let last: Axes = [1].into_iter().collect();
    let weighted = weigh(s, &x)?;
    let total = s.fold(Op::Sum, &weighted, &last, true)?;
    let divisor = s.cast(&sum, dtype)?;
    let mean = s.binary(Op::Div, &total, &divisor)?;
    let apart = s.binary(Op::Sub, &x, &mean)?;
    // Of shares the correction is in proportion to how uneven they are.
    let norm = match (&weights, &shares) {
        (Some(w), Some(shares)) if correction != 0.0 => {
            let square = s.binary(Op::Mul, w, shares)?;
            let spread = s.fold(Op::Sum, &square, &all, false)?;
            let spread = s.with_number(Op::Mul, &spread, correction)?;
            let spread = s.binary(Op::Div, &spread, &sum)?;
            s.binary(Op::Sub, &sum, &spread)?
        }
        _ => s.with_number(Op::Sub, &sum, correction)?,
    };
    let norm = s.with_number(Op::Maximum, &norm, 0.0)?;
    let weighted = weigh(s, &apart)?;
    let turned = s.adjoint(&apart)?;
    let product = s.product(&weighted, &turned)?;
    let norm = s.cast(&norm, dtype)?;
    let result = s.binary(Op::Div, &product, &norm)?;
    if scalar { s.reshape(&result, Shape::new()) } else { Ok(result) }
}

fn corrcoef(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    if x.ty().rank() > 2 {
        return Err(Error::runtime(format_args!(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with {} dimensions",
            x.ty().rank()
        )));
    }
    let covariance = covariance(s, &x, 1.0, None, None)?;
    if covariance.ty().rank() == 0 {
        return s.binary(Op::Div, &covariance, &covariance);
    }
    let variances = s.diagonal_of(&covariance)?;
    let complex = variances.ty().dtype == DType::C64;
    let variances = if complex { s.unary(Op::Real, &variances)? } else { variances };
    let deviations = s.unary(Op::Sqrt, &variances)?;
    let deviations = s.cast(&deviations, covariance.ty().dtype)?;
    let down = s.with_axis_at(&deviations, 0)?;
    let scaled = s.binary(Op::Div, &covariance, &down)?;
    let scaled = s.binary(Op::Div, &scaled, &deviations)?;
    let bounded = |s: &mut Scope<'_>, x: &Value| {
        let low = s.with_number(Op::Maximum, x, -1.0)?;
        s.with_number(Op::Minimum, &low, 1.0)
    };
    if !complex {
        return bounded(s, &scaled);
    }
    let (re, im) = (s.unary(Op::Real, &scaled)?, s.unary(Op::Imag, &scaled)?);
    let (re, im) = (bounded(s, &re)?, bounded(s, &im)?);
    s.binary(Op::Complex, &re, &im)
}

/// Squared differences or whatever else lies between two points, with torch's promotion.
pub(super) fn common(s: &mut Scope<'_>, x: &Value, y: &Value) -> Result<(Value, Value)> {
    let dtype = promote(x.ty().dtype, y.ty().dtype);
    Ok((s.cast(x, dtype)?, s.cast(y, dtype)?))
}

const LINALG: Places = Places::LINALG_OUT;
const WITH_OUT: Places = Places::BOTH.and(Places::OUT);

const PINV: &[Overload] = &[
    one("(Tensor A, *, Operand? atol=None, Operand? rtol=None, bool hermitian=False)", pinv),
    one("(Tensor A, Operand rcond, bool hermitian=False)", pinv),
];
const RANK: &[Overload] = &[
    one("(Tensor A, *, Operand? atol=None, Operand? rtol=None, bool hermitian=False)", matrix_rank),
    one("(Tensor A, Operand tol, bool hermitian=False)", matrix_rank),
];

pub(super) static FUNCTIONS: &[Function] = &[
    row(
        "linalg_lu_factor",
        LINALG,
        &[many("(Tensor A, *, bool pivot=True)", lu_factor, &["LU", "pivots"])],
        "Both factors of LU in one matrix, and the exchanges of rows; LinAlgError where a pivot is 0.",
    ),
    row(
        "linalg_lu_factor_ex",
        LINALG,
        &[many("(Tensor A, *, bool pivot=True, bool check_errors=False)", lu_factor_ex, &["LU", "pivots", "info"])],
        "Both factors of LU in one matrix, the exchanges of rows, and 0, or the number of a pivot that is 0.",
    ),
    row(
        "linalg_lu",
        LINALG,
        &[many("(Tensor A, *, bool pivot=True)", lu, &["P", "L", "U"])],
        "A permutation P, a unit lower triangle L and an upper triangle U with P L U = A.",
    ),
    row(
        "lu",
        WITH_OUT,
        &[many("(Tensor input, bool pivot=True, bool get_infos=False)", old_lu, &["LU", "pivots", "info"])],
        "Both factors of LU in one matrix and the exchanges of rows; with get_infos also what LAPACK says.",
    ),
    row(
        "linalg_lu_solve",
        LINALG,
        &[one("(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)", lu_solve)],
        "The solution of A X = B, or X A = B, for the A of which these are the factors, or for its adjoint.",
    ),
    row(
        "lu_solve",
        WITH_OUT,
        &[one("(Tensor input, Tensor LU_data, Tensor LU_pivots)", old_lu_solve)],
        "The solution of A X = input for the A of which these are the factors.",
    ),
    row(
        "lu_unpack",
        Places::TORCH.and(Places::OUT),
        &[many(
            "(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True)",
            lu_unpack,
            &["P", "L", "U"],
        )],
        "The permutation and the factors that lu_factor packs; empty where they are not asked for.",
    ),
    row(
        "linalg_qr",
        LINALG,
        &[many("(Tensor A, str mode=\"reduced\")", qr, &["Q", "R"])],
        "Orthonormal columns Q and an upper triangle R with Q R = A; mode is 'reduced', 'complete' or 'r'.",
    ),
    row(
        "geqrf",
        WITH_OUT,
        &[many("(Tensor input)", geqrf, &["a", "tau"])],
        "The reflections of a QR decomposition below the diagonal and in tau, and R.",
    ),
    row(
        "linalg_householder_product",
        LINALG,
        &[one("(Tensor input, Tensor tau)", householder_product)],
        "The first columns of the product of the reflections that geqrf gives.",
    ),
    row(
        "orgqr",
        WITH_OUT,
        &[one("(Tensor input, Tensor input2)", householder_product)],
        "The first columns of the product of the reflections that geqrf gives.",
    ),
    row(
        "ormqr",
        WITH_OUT,
        &[one("(Tensor input, Tensor input2, Tensor input3, bool left=True, bool transpose=False)", ormqr)],
        "The product of the reflections that geqrf gives and input3, from the left or the right.",
    ),
    row(
        "linalg_svd",
        LINALG,
        &[many("(Tensor A, bool full_matrices=True, *, str? driver=None)", linalg_svd, &["U", "S", "Vh"])],
        "U diag(S) Vh = A with orthonormal columns and rows and falling S; of real matrices.",
    ),
    row(
        "svd",
        WITH_OUT,
        &[many("(Tensor input, bool some=True, bool compute_uv=True)", old_svd, &["U", "S", "V"])],
        "U diag(S) V^T of the input, with falling S; of real matrices.",
    ),
    row(
        "linalg_svdvals",
        LINALG,
        &[one("(Tensor A, *, str? driver=None)", svdvals)],
        "The singular values, falling; of real matrices.",
    ),
    row(
        "linalg_eigh",
        LINALG,
        &[many("(Tensor A, str UPLO=\"L\")", eigh, &["eigenvalues", "eigenvectors"])],
        "The eigenvalues of Hermitian matrices, rising, and their vectors; the triangle UPLO is read.",
    ),
    row(
        "linalg_eigvalsh",
        LINALG,
        &[one("(Tensor A, str UPLO=\"L\")", eigvalsh)],
        "The eigenvalues of Hermitian matrices, rising; the triangle UPLO is read.",
    ),
    row(
        "linalg_eig",
        LINALG,
        &[many("(Tensor A)", eig, &["eigenvalues", "eigenvectors"])],
        "The eigenvalues and vectors of length 1, as complex numbers of single precision.",
    ),
    row(
        "linalg_eigvals",
        LINALG,
        &[one("(Tensor A)", eigvals)],
        "The eigenvalues, as complex numbers of single precision.",
    ),
    row(
        "linalg_polar",
        LINALG,
        &[many("(Tensor A)", polar, &["U", "H"])],
        "Orthonormal columns U and a symmetric H with U H = A; of real matrices.",
    ),
    row(
        "linalg_matrix_sqrth",
        LINALG,
        &[one("(Tensor A)", matrix_sqrth)],
        "The Hermitian X with X X = A for positive definite A, of which the lower triangle is read.",
    ),
    row("linalg_pinv", LINALG, PINV, "The Moore-Penrose inverse; small singular values count as 0; of real matrices."),
    row(
        "pinverse",
        Places::BOTH,
        &[one("(Tensor input, float rcond=1e-15)", pinv)],
        "The Moore-Penrose inverse; singular values up to rcond times the largest count as 0.",
    ),
    row("linalg_matrix_rank", LINALG, RANK, "How many singular values are above the tolerances."),
    row(
        "linalg_lstsq",
        LINALG,
        &[many(
            "(Tensor A, Tensor B, float? rcond=None, *, str? driver=None)",
            lstsq,
            &["solution", "residuals", "rank", "singular_values"],
        )],
        "What makes |A X - B| smallest, by LAPACK's driver gels, gelsy, gelsd or gelss, and what that knows besides.",
    ),
    row(
        "cov",
        Places::BOTH,
        &[one("(Tensor input, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None)", cov)],
        "The covariance of rows, whose columns are observations, counted and weighted.",
    ),
    row("corrcoef", Places::BOTH, &[one("(Tensor input)", corrcoef)], "The correlation of rows."),
];
