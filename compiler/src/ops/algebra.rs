//! Linear algebra of batches of matrices, which are the last two axes. Where a matrix is singular or has no factors of the
//! kind that is asked for, `info` says so, one number a matrix: 0 where all is well, as LAPACK counts.
//!
//! Derivatives after Giles, "Collected matrix derivative results for forward and reverse mode" (2008); of singular values
//! after Townsend, "Differentiating the singular value decomposition" (2016); of q and r after Walter and Lehmann,
//! "Algorithmic differentiation of linear algebra functions" (2010); of the pseudoinverse after Golub and Pereyra (1973).

use smallvec::smallvec;

use super::{
    AttrKind, Batch, Call, Class, Cost, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, number, of, one, streaming},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Dim, Type},
};

/// Refuses what is no batch of matrices of an element type that LAPACK has.
fn matrices(call: &Call<'_>, x: &Type) -> Result<()> {
    if x.rank() < 2 {
        return call.wrong(format_args!("takes matrices, {x} given"));
    }
    if !matches!(x.dtype, DType::F32 | DType::F64 | DType::C64) {
        return call.wrong(format_args!("is not defined for {}, {x} given", x.dtype));
    }
    Ok(())
}

fn real_matrices(call: &Call<'_>, x: &Type) -> Result<()> {
    matrices(call, x)?;
    if x.dtype == DType::C64 { call.wrong(format_args!("is defined for real matrices, {x} given")) } else { Ok(()) }
}

/// Refuses matrices that are not square.
fn square(call: &Call<'_>, x: &Type) -> Result<()> {
    matrices(call, x)?;
    let rank = x.rank();
    if call.same(&x.shape[rank - 1], &x.shape[rank - 2]) {
        return Ok(());
    }
    call.wrong(format_args!("takes square matrices, {x} given"))
}

/// Refuses matrices with more columns than rows.
fn tall(call: &Call<'_>, x: &Type) -> Result<()> {
    matrices(call, x)?;
    match (rows(x).as_known(), columns(x).as_known()) {
        (Some(m), Some(n)) if m < n => call.wrong(format_args!("takes no more columns than rows, {x} given")),
        _ => Ok(()),
    }
}

fn rows(x: &Type) -> Dim {
    x.shape[x.rank() - 2].clone()
}

fn columns(x: &Type) -> Dim {
    x.shape[x.rank() - 1].clone()
}

/// A type of the batch of `x`, with axes behind it.
fn over(x: &Type, dtype: DType, rest: &[Dim]) -> Type {
    let batch = x.shape[..x.rank() - 2].iter().chain(rest).cloned().collect();
    Type { dtype, shape: batch }
}

fn info(x: &Type) -> Type {
    over(x, DType::I32, &[])
}

/// The element type of absolute values.
fn magnitude(dtype: DType) -> DType {
    if dtype == DType::C64 { DType::F32 } else { dtype }
}

/// The smaller side.
fn side(call: &Call<'_>, x: &Type) -> Result<Dim> {
    match (rows(x).as_known(), columns(x).as_known()) {
        (Some(m), Some(n)) => Ok(Dim::known(m.min(n))),
        _ if rows(x) == columns(x) => Ok(rows(x)),
        _ => call.wrong(format_args!("takes matrices of known size, {x} given")),
    }
}

/// Refuses a right side that does not belong to the matrices.
fn right_side(call: &Call<'_>, a: &Type, b: &Type) -> Result<()> {
    matrices(call, b)?;
    if a.dtype != b.dtype {
        return call.wrong(format_args!("element types differ: {a} x {b}"));
    }
    let (p, q) = (a.rank(), b.rank());
    if p != q || !call.same_shape(&a.shape[..p - 2], &b.shape[..q - 2]) || !call.same(&rows(a), &rows(b)) {
        return call.wrong(format_args!("batches or rows differ: {a} x {b}"));
    }
    Ok(())
}

fn triangle(call: &Call<'_>) -> Result<Types> {
    match call.inputs[0].rank() {
        0 | 1 => call.wrong(format_args!("takes matrices, {} given", call.inputs[0])),
        _ => one(call.inputs[0].clone()),
    }
}

fn same_square(call: &Call<'_>) -> Result<Types> {
    square(call, call.inputs[0])?;
    one(call.inputs[0].clone())
}

fn real_square(call: &Call<'_>) -> Result<Types> {
    real_matrices(call, call.inputs[0])?;
    same_square(call)
}

fn with_info(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    square(call, x)?;
    Ok(smallvec![x.clone(), info(x)])
}

fn solved(call: &Call<'_>) -> Result<Types> {
    let (a, b) = (call.inputs[0], call.inputs[1]);
    square(call, a)?;
    right_side(call, a, b)?;
    Ok(smallvec![b.clone(), info(a)])
}

fn solved_triangular(call: &Call<'_>) -> Result<Types> {
    solved(call).map(|mut types| {
        types.truncate(1);
        types
    })
}

fn sylvester(call: &Call<'_>) -> Result<Types> {
    real_square(call)?;
    solved_triangular(call)
}

/// Positive numbers that hardly differ have no root among symmetric matrices; these are positive definite.
fn flat_squares() -> Vec<Sample> {
    vec![Sample::new([f32(&[1, 1])], attrs![]).domain(super::Domain::Range(0.5, 2.0))]
}

fn systems_of_squares() -> Vec<Sample> {
    let squares = Sample::new([f32(&[3, 3]), f32(&[3, 3])], attrs![]);
    vec![squares.domain(super::Domain::Range(0.5, 2.0))]
}

fn lu(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    tall(call, x)?;
    let (pivots, places) = (over(x, DType::I32, &[columns(x)]), over(x, DType::I64, &[rows(x)]));
    Ok(smallvec![x.clone(), pivots, places, info(x)])
}

fn qr(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    tall(call, x)?;
    Ok(smallvec![x.clone(), over(x, x.dtype, &[columns(x), columns(x)])])
}

fn geqrf(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    matrices(call, x)?;
    Ok(smallvec![x.clone(), over(x, x.dtype, &[side(call, x)?])])
}

fn svd(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    real_matrices(call, x)?;
    let (full, k) = (call.flag("full")?, side(call, x)?);
    let (left, right) = if full { (rows(x), columns(x)) } else { (k.clone(), k.clone()) };
    let u = over(x, x.dtype, &[rows(x), left]);
    Ok(smallvec![u, over(x, x.dtype, &[k]), over(x, x.dtype, &[right, columns(x)]), info(x)])
}

fn eigh(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    square(call, x)?;
    Ok(smallvec![over(x, magnitude(x.dtype), &[columns(x)]), x.clone(), info(x)])
}

fn eig(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    square(call, x)?;
    if x.dtype == DType::F64 {
        return call.wrong(format_args!("has complex results of single precision only, {x} given"));
    }
    Ok(smallvec![over(x, DType::C64, &[columns(x)]), x.with_dtype(DType::C64), info(x)])
}

fn determinant(call: &Call<'_>) -> Result<Types> {
    real_square(call)?;
    one(over(call.inputs[0], call.inputs[0].dtype, &[]))
}

fn sign_and_logarithm(call: &Call<'_>) -> Result<Types> {
    real_square(call)?;
    let x = call.inputs[0];
    Ok(smallvec![over(x, x.dtype, &[]), over(x, x.dtype, &[])])
}

fn pseudo_inverse(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    real_matrices(call, x)?;
    let batch = over(x, x.dtype, &[]);
    for cutoff in &call.inputs[1..] {
        if cutoff.dtype != x.dtype || !(cutoff.rank() == 0 || call.same_shape(&cutoff.shape, &batch.shape)) {
            return call.wrong(format_args!("a tolerance is a number for each matrix: {x} x {cutoff}"));
        }
    }
    one(over(x, x.dtype, &[columns(x), rows(x)]))
}

fn least_squares(call: &Call<'_>) -> Result<Types> {
    let (a, b) = (call.inputs[0], call.inputs[1]);
    real_matrices(call, a)?;
    right_side(call, a, b)?;
    let solution = over(a, a.dtype, &[columns(a), columns(b)]);
    let (residuals, values) = (over(a, a.dtype, &[columns(b)]), over(a, a.dtype, &[side(call, a)?]));
    Ok(smallvec![solution, residuals, over(a, DType::I64, &[]), values])
}

fn pivot_places(call: &Call<'_>) -> Result<Types> {
    let pivots = call.inputs[0];
    match pivots.shape.split_last() {
        Some((_, batch)) if pivots.dtype == DType::I32 => {
            let shape = batch.iter().chain([call.dim("rows")?]).cloned().collect();
            one(Type { dtype: DType::I64, shape })
        }
        _ => call.wrong(format_args!("takes exchanges of rows as i32, {pivots} given")),
    }
}

fn exchanges() -> Vec<Sample> {
    let three = attrs![Dim::known(3)];
    vec![Sample::new([of(DType::I32, &[2, 3])], three).domain(super::Domain::Range(1.0, 3.0))]
}

fn ldl_factor(call: &Call<'_>) -> Result<Types> {
    real_square(call)?;
    let x = call.inputs[0];
    Ok(smallvec![x.clone(), over(x, DType::I32, &[columns(x)]), info(x)])
}

fn ldl_solve(call: &Call<'_>) -> Result<Types> {
    let (factors, pivots, b) = (call.inputs[0], call.inputs[1], call.inputs[2]);
    real_square(call)?;
    right_side(call, factors, b)?;
    if pivots.dtype != DType::I32 || !call.same_shape(&pivots.shape, &over(factors, DType::I32, &[rows(b)]).shape) {
        return call.wrong(format_args!("pivots are i32, one for each row: {factors} x {pivots}"));
    }
    one(b.clone())
}

/// Every product of three sides.
fn cubic(call: &Call<'_>, results: &[Type]) -> Cost {
    let Cost { bytes, flops } = streaming(call, results);
    let side = call.inputs[0].shape.last().and_then(Dim::as_known).unwrap_or(1).unsigned_abs();
    Cost { bytes, flops: flops.saturating_mul(side).saturating_mul(4) }
}

fn squares() -> Vec<Sample> {
    vec![Sample::new([f32(&[3, 3])], attrs![]), Sample::new([f32(&[2, 2, 2])], attrs![])]
}

fn talls() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 3])], attrs![]),
        Sample::new([f32(&[3, 3])], attrs![]),
        Sample::new([f32(&[2, 3, 2])], attrs![]),
    ]
}

fn any_sizes() -> Vec<Sample> {
    let wide = Sample::new([f32(&[2, 4])], attrs![]);
    talls().into_iter().chain([wide]).collect()
}

fn full_or_thin() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 3])], attrs![false]),
        Sample::new([f32(&[2, 3, 3])], attrs![false]),
        Sample::new([f32(&[2, 4])], attrs![true]),
    ]
}

fn complex_or_real() -> Vec<Sample> {
    let complex = Sample::new([of(DType::C64, &[3, 3])], attrs![]);
    squares().into_iter().chain([complex]).collect()
}

fn systems() -> Vec<Sample> {
    vec![Sample::new([f32(&[3, 3]), f32(&[3, 2])], attrs![]), Sample::new([f32(&[2, 2, 2]), f32(&[2, 2, 1])], attrs![])]
}

fn triangular_systems() -> Vec<Sample> {
    let systems = [(true, false), (false, true)].into_iter();
    systems.map(|(upper, unit)| Sample::new([f32(&[3, 3]), f32(&[3, 2])], attrs![upper, unit])).collect()
}

fn triangles_of_squares() -> Vec<Sample> {
    vec![Sample::new([f32(&[3, 3])], attrs![false]), Sample::new([f32(&[2, 2, 2])], attrs![true])]
}

fn triangles() -> Vec<Sample> {
    vec![Sample::new([f32(&[3, 4])], attrs![true, false]), Sample::new([f32(&[2, 3, 3])], attrs![false, true])]
}

fn cutoffs() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 3]), f32(&[]), f32(&[])], attrs![false]).domain(super::Domain::Range(0.0, 0.2)),
        Sample::new([f32(&[2, 2, 3]), f32(&[2]), f32(&[2])], attrs![false]).domain(super::Domain::Range(0.0, 0.2)),
    ]
}

fn fits() -> Vec<Sample> {
    let name = |driver: &str| std::sync::Arc::<str>::from(driver);
    vec![
        Sample::new([f32(&[4, 3]), f32(&[4, 2])], attrs![number(1e-6), name("gelsy")]),
        Sample::new([f32(&[4, 3]), f32(&[4, 2])], attrs![number(1e-6), name("gelsd")]),
        Sample::new([f32(&[2, 2, 3]), f32(&[2, 2, 1])], attrs![number(1e-6), name("gels")]),
    ]
}

fn factored() -> Vec<Sample> {
    let pivots = of(DType::I32, &[3]);
    vec![Sample::new([f32(&[3, 3]), pivots, f32(&[3, 2])], attrs![]).domain(super::Domain::Range(1.0, 1.4))]
}

const MATRICES: Row = Row {
    op: Op::Cholesky,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[],
    class: Class::Algebra,
    infer: with_info,
    vjp: Derivative::NotYet,
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Relabel(through::batched),
    cost: cubic,
    placement: Placement::Cpu,
    samples: squares,
};

/// The cotangent of the sum of lower times upper factor, row by row, and the rows where they were before.
const LU: Derivative = Derivative::Rule(
    "let top = (slice ?r start=@origin(?r) size=@square_part(?r) step=@ones(?r));
     let g_top = (slice ?g_r start=@origin(?r) size=@square_part(?r) step=@ones(?r));
     let below = (slice ?r start=@lower_start(?r) size=@lower_part(?r) step=@ones(?r));
     let g_below = (slice ?g_r start=@lower_start(?r) size=@lower_part(?r) step=@ones(?r));
     let lower = (triangle ?top lower=true strict=true);
     let upper = (triangle ?top lower=false strict=false);
     let g_lower = (triangle ?g_top lower=true strict=true);
     let g_upper = (triangle ?g_top lower=false strict=false);
     let first = (add (matmul (conj (permute ?lower dims=@swap_last(?r))) ?g_lower) ?g_lower);
     let second = (sub (matmul ?g_upper (conj (permute ?upper dims=@swap_last(?r))))
                       (matmul (conj (permute ?below dims=@swap_last(?r))) ?g_below));
     let inner = (add (triangle ?first lower=true strict=true) (triangle ?second lower=false strict=false));
     let left = (solve_triangular (conj (permute ?top dims=@swap_last(?r))) ?inner upper=true unit=true);
     let above = (solve_triangular ?top (conj (permute ?left dims=@swap_last(?r))) upper=true unit=false);
     let under = (solve_triangular ?top (conj (permute ?g_below dims=@swap_last(?r))) upper=true unit=false);
     let all = (concat (conj (permute ?above dims=@swap_last(?r))) (conj (permute ?under dims=@swap_last(?r))) axis=@row_axis(?r));
     x = (gather ?all (broadcast_in_dim ?places shape=@shape(?r) dims=@all_but_last(?r)) axis=@row_axis(?r))",
);

const SVD: Derivative = Derivative::Rule(
    "let left = (slice ?u start=@origin(?u) size=@left_thin(?u ?s) step=@ones(?u));
     let g_left = (slice ?g_u start=@origin(?u) size=@left_thin(?u ?s) step=@ones(?u));
     let right = (slice ?v start=@origin(?v) size=@right_thin(?v ?s) step=@ones(?v));
     let g_right = (slice ?g_v start=@origin(?v) size=@right_thin(?v ?s) step=@ones(?v));
     let across = (broadcast_in_dim ?s shape=@pairs(?s) dims=@pair_columns(?s));
     let down = (broadcast_in_dim ?s shape=@pairs(?s) dims=@pair_rows(?s));
     let ones = (add (mul ?across 0.0) 1.0);
     let eye = (triangle (triangle ?ones lower=true strict=false) lower=false strict=false);
     let apart = (add (mul (sub ?across ?down) (add ?across ?down)) ?eye);
     let turn = (matmul (permute ?left dims=@swap_last(?u)) ?g_left);
     let turned = (matmul ?right (permute ?g_right dims=@swap_last(?u)));
     let first = (mul (div (sub ?turn (permute ?turn dims=@swap_last(?u))) ?apart) ?across);
     let second = (mul (div (sub ?turned (permute ?turned dims=@swap_last(?u))) ?apart) ?down);
     let third = (mul ?eye (broadcast_in_dim ?g_s shape=@pairs(?s) dims=@pair_columns(?s)));
     let safe = (where (equal ?s 0.0) 1.0 ?s);
     let over_left = (div (sub ?g_left (matmul ?left ?turn)) (broadcast_in_dim ?safe shape=@left_thin(?u ?s) dims=@pair_columns(?s)));
     let over_right = (div (sub ?g_right (matmul (permute ?turned dims=@swap_last(?u)) ?right)) (broadcast_in_dim ?safe shape=@right_thin(?v ?s) dims=@pair_rows(?s)));
     let inside = (matmul ?left (matmul (add (add ?first ?second) ?third) ?right));
     let outside = (add (mul (matmul ?over_left ?right) @left_rest(?u ?s)) (mul (matmul ?left ?over_right) @right_rest(?v ?s)));
     x = (add ?inside ?outside)",
);

const PSEUDO_INVERSE: Derivative = Derivative::Rule(
    "let rt = (permute ?r dims=@swap_last(?x));
     let gt = (permute ?g dims=@swap_last(?x));
     let k = (matmul ?gt ?r);
     let kr = (matmul ?k ?rt);
     let rest = (matmul ?rt (matmul ?r (sub ?gt (matmul ?k ?x))));
     x = (add (sub (sub ?kr (matmul ?x (matmul ?r ?kr))) (matmul ?rt (matmul ?g ?rt))) ?rest)",
);

const LEAST_SQUARES: Derivative = Derivative::Rule(
    "let p = (pseudo_inverse ?a 0.0 @singular_share(?a) hermitian=false);
     let pt = (permute ?p dims=@swap_last(?a));
     let gt = (matmul ?b (permute ?g_r dims=@swap_last(?a)));
     let k = (matmul ?gt ?p);
     let kp = (matmul ?k ?pt);
     let rest = (matmul ?pt (matmul ?p (sub ?gt (matmul ?k ?a))));
     let g = (permute ?gt dims=@swap_last(?a));
     let of_r = (add (sub (sub ?kp (matmul ?a (matmul ?p ?kp))) (matmul ?pt (matmul ?g ?pt))) ?rest);
     let share = (broadcast_in_dim (mul ?g_residuals 2.0) shape=@shape(?b) dims=@pair_columns(?residuals));
     let left = (mul (sub (matmul ?a ?r) ?b) ?share);
     a = (add ?of_r (matmul ?left (permute ?r dims=@swap_last(?a))));
     b = (sub (matmul ?pt ?g_r) ?left)",
);

family! {
    /// Linear algebra.
    Algebra {
        Triangle = Row {
            name: "triangle", doc: "The lower or the upper triangle of each matrix, with its diagonal or strictly, and zeros elsewhere.",
            attributes: &[attr("lower", AttrKind::Bool), attr("strict", AttrKind::Bool)],
            infer: triangle, jvp: Tangent::Linear, samples: triangles, cost: streaming, placement: Placement::Any,
            vjp: Derivative::Rule("x = (triangle ?g lower=lower strict=strict)"), ..MATRICES
        };
        Cholesky = Row {
            name: "cholesky", doc: "The lower factor r of r r^H = x; of x the lower triangle is read.",
            results: &["r", "info"], samples: squares,
            vjp: Derivative::Rule(
                "let rh = (conj (permute ?r dims=@swap_last(?r)));
                 let low = (triangle (matmul ?rh ?g_r) lower=true strict=false);
                 let both = (add ?low (conj (permute ?low dims=@swap_last(?r))));
                 let middle = (triangle (triangle ?both lower=true strict=false) lower=false strict=false);
                 let left = (solve_triangular ?rh (sub ?both (mul ?middle 0.5)) upper=true unit=false);
                 let right = (solve_triangular ?rh (conj (permute ?left dims=@swap_last(?r))) upper=true unit=false);
                 x = (mul ?right 0.5)"), ..MATRICES
        };
        SolveTriangular = Row {
            name: "solve_triangular", doc: "The solution of a r = b, where only one triangle of a is read; with `unit` its diagonal counts as ones.",
            operands: &["a", "b"], attributes: &[attr("upper", AttrKind::Bool), attr("unit", AttrKind::Bool)],
            infer: solved_triangular, samples: triangular_systems,
            vjp: Derivative::Rule(
                "let gb = (solve_triangular (conj (permute ?a dims=@swap_last(?a))) ?g upper=@not(upper) unit=unit);
                 a = (neg (triangle (matmul ?gb (conj (permute ?r dims=@swap_last(?a)))) lower=@not(upper) strict=unit));
                 b = ?gb"), ..MATRICES
        };
        Solve = Row {
            name: "solve", doc: "The solution of a r = b.", operands: &["a", "b"], results: &["r", "info"],
            infer: solved, samples: systems,
            vjp: Derivative::Rule(
                "let gb = (solve (conj (permute ?a dims=@swap_last(?a))) ?g_r);
                 a = (neg (matmul ?gb (conj (permute ?r dims=@swap_last(?a)))));
                 b = ?gb"), ..MATRICES
        };
        Inverse = Row {
            name: "inverse", doc: "The inverse of each matrix.", results: &["r", "info"], samples: complex_or_real,
            vjp: Derivative::Rule(
                "let rh = (conj (permute ?r dims=@swap_last(?x)));
                 x = (neg (matmul ?rh (matmul ?g_r ?rh)))"), ..MATRICES
        };
        Lu = Row {
            name: "lu", doc: "Unit lower and upper factor in one matrix r, with the exchanges of rows, counted from 1, and where each row of x went.",
            results: &["r", "pivots", "places", "info"], infer: lu, samples: talls, vjp: LU, ..MATRICES
        };
        PivotPlaces = Row {
            name: "pivot_places", doc: "Where exchanges of so many rows, counted from 1 and done in order, take each row.",
            attributes: &[attr("rows", AttrKind::Dim)], infer: pivot_places, vjp: Derivative::Zero, jvp: Tangent::Zero,
            through: Through::Opaque("exchanges are done in order"), cost: streaming, samples: exchanges, ..MATRICES
        };
        Qr = Row {
            name: "qr", doc: "Orthonormal columns q and an upper triangle r with q r = x.",
            results: &["q", "r"], infer: qr, samples: talls,
            vjp: Derivative::Rule(
                "let m = (sub (matmul ?g_r (conj (permute ?r dims=@swap_last(?x)))) (matmul (conj (permute ?q dims=@swap_last(?x))) ?g_q));
                 let up = (triangle ?m lower=false strict=false);
                 let both = (add ?up (conj (permute ?up dims=@swap_last(?x))));
                 let middle = (triangle (triangle ?both lower=true strict=false) lower=false strict=false);
                 let sum = (add ?g_q (matmul ?q (sub ?both (mul ?middle 0.5))));
                 let solved = (solve_triangular ?r (conj (permute ?sum dims=@swap_last(?x))) upper=true unit=false);
                 x = (conj (permute ?solved dims=@swap_last(?x)))"), ..MATRICES
        };
        Geqrf = Row {
            name: "geqrf", doc: "The reflections whose product is q, below the diagonal of r and in tau, and the upper triangle r.",
            results: &["r", "tau"], infer: geqrf, samples: any_sizes, ..MATRICES
        };
        Svd = Row {
            name: "svd", doc: "u diag(s) v = x with orthonormal columns u and rows v, and s falling; `full` completes u and v.",
            results: &["u", "s", "v", "info"], attributes: &[attr("full", AttrKind::Bool)],
            infer: svd, samples: full_or_thin, vjp: SVD, ..MATRICES
        };
        Eigh = Row {
            name: "eigh", doc: "The eigenvalues w of Hermitian matrices, rising, and their vectors, the columns of v; one triangle is read.",
            results: &["w", "v", "info"], attributes: &[attr("upper", AttrKind::Bool)], infer: eigh, samples: triangles_of_squares,
            vjp: Derivative::Rule(
                "let w = (cast ?w dtype=@dtype(?v));
                 let vh = (conj (permute ?v dims=@swap_last(?v)));
                 let across = (broadcast_in_dim ?w shape=@pairs(?w) dims=@pair_columns(?w));
                 let down = (broadcast_in_dim ?w shape=@pairs(?w) dims=@pair_rows(?w));
                 let ones = (add (mul ?across 0.0) 1.0);
                 let eye = (triangle (triangle ?ones lower=true strict=false) lower=false strict=false);
                 let off = (div (matmul ?vh ?g_v) (add (sub ?across ?down) ?eye));
                 let sides = (add (triangle ?off lower=true strict=true) (triangle ?off lower=false strict=true));
                 let middle = (mul ?eye (broadcast_in_dim (cast ?g_w dtype=@dtype(?v)) shape=@pairs(?w) dims=@pair_columns(?w)));
                 let whole = (matmul ?v (matmul (add ?sides ?middle) ?vh));
                 x = (mul (add ?whole (conj (permute ?whole dims=@swap_last(?v)))) 0.5)"), ..MATRICES
        };
        HermitianRoot = Row {
            name: "hermitian_root", doc: "The positive root r of positive definite matrices, r r = x; of x the lower triangle is read.",
            infer: real_square, vjp: Derivative::Rule("x = (sylvester ?r (mul (add ?g (permute ?g dims=@swap_last(?x))) 0.5))"), samples: flat_squares, ..MATRICES
        };
        Sylvester = Row {
            name: "sylvester", doc: "The solution of a r + r a = b for symmetric a.", operands: &["a", "b"],
            infer: sylvester, samples: systems_of_squares,
            vjp: Derivative::Rule(
                "let gb = (sylvester ?a ?g);
                 let rt = (permute ?r dims=@swap_last(?a));
                 a = (neg (add (matmul ?gb ?rt) (matmul ?rt ?gb)));
                 b = ?gb"), ..MATRICES
        };
        Eig = Row {
            name: "eig", doc: "The eigenvalues w, and their vectors of length 1, the columns of v.",
            results: &["w", "v", "info"], infer: eig,
            vjp: Derivative::Rule(
                "let vh = (conj (permute ?v dims=@swap_last(?v)));
                 let across = (broadcast_in_dim ?w shape=@pairs(?w) dims=@pair_columns(?w));
                 let down = (broadcast_in_dim ?w shape=@pairs(?w) dims=@pair_rows(?w));
                 let ones = (add (mul ?across 0.0) 1.0);
                 let eye = (triangle (triangle ?ones lower=true strict=false) lower=false strict=false);
                 let turn = (matmul ?vh ?g_v);
                 let own = (cast (real (sum (mul ?turn ?eye) dims=@only(@row_axis(?v)))) dtype=@dtype(?v));
                 let length = (mul (matmul ?vh ?v) (broadcast_in_dim ?own shape=@pairs(?w) dims=@pair_columns(?w)));
                 let off = (div (sub ?turn ?length) (conj (add (sub ?across ?down) ?eye)));
                 let sides = (add (triangle ?off lower=true strict=true) (triangle ?off lower=false strict=true));
                 let middle = (mul ?eye (broadcast_in_dim ?g_w shape=@pairs(?w) dims=@pair_columns(?w)));
                 x = (cast (solve ?vh (matmul (add ?sides ?middle) ?vh)) dtype=@dtype(?x))"), ..MATRICES
        };
        Determinant = Row {
            name: "determinant", doc: "The determinant of each matrix.", infer: determinant,
            vjp: Derivative::Rule("x = (mul (broadcast_in_dim ?g shape=@shape(?x) dims=@batch(?x)) (cofactors ?x))"), ..MATRICES
        };
        Cofactors = Row {
            name: "cofactors", doc: "The determinant times the transposed inverse, of singular matrices too.", infer: real_square,
            vjp: Derivative::Rule(
                "let y = (permute (inverse ?x) dims=@swap_last(?x));
                 let share = (broadcast_in_dim (sum (mul ?g ?y) dims=@matrix_axes(?x)) shape=@shape(?x) dims=@batch(?x));
                 x = (sub (mul ?share ?r) (matmul ?r (matmul (permute ?g dims=@swap_last(?x)) ?y)))"), ..MATRICES
        };
        Slogdet = Row {
            name: "slogdet", doc: "The sign of the determinant, and the logarithm of its absolute value.",
            results: &["sign", "log"], infer: sign_and_logarithm,
            vjp: Derivative::Rule(
                "x = (mul (broadcast_in_dim ?g_log shape=@shape(?x) dims=@batch(?x)) (permute (inverse ?x) dims=@swap_last(?x)))"),
            ..MATRICES
        };
        PseudoInverse = Row {
            name: "pseudo_inverse", doc: "The Moore-Penrose inverse; singular values up to atol, or up to rtol times the largest, count as 0; of a Hermitian x the lower triangle is read.",
            operands: &["x", "atol", "rtol"], attributes: &[attr("hermitian", AttrKind::Bool)], infer: pseudo_inverse, samples: cutoffs, vjp: PSEUDO_INVERSE, ..MATRICES
        };
        LeastSquares = Row {
            name: "least_squares", doc: "What makes |a r - b| smallest, by LAPACK's routine `driver`; the squares that are left where rows outnumber the rank, the rank, and the singular values where the routine has them.",
            operands: &["a", "b"], results: &["r", "residuals", "rank", "values"],
            attributes: &[attr("rcond", AttrKind::Scalar), attr("driver", AttrKind::Name)],
            infer: least_squares, samples: fits, vjp: LEAST_SQUARES, ..MATRICES
        };
        LdlFactor = Row {
            name: "ldl_factor", doc: "The factors of a symmetric matrix as LAPACK's sytrf packs them; the lower triangle is read.",
            results: &["r", "pivots", "info"], infer: ldl_factor, ..MATRICES
        };
        LdlSolve = Row {
            name: "ldl_solve", doc: "The solution of x r = b for an x of which `factors` and `pivots` are known.",
            operands: &["factors", "pivots", "b"], infer: ldl_solve, samples: factored, ..MATRICES
        };
        MatrixExp = Row {
            name: "matrix_exp", doc: "The exponential of each matrix.", infer: real_square,
            vjp: Derivative::Rule(
                "let xt = (permute ?x dims=@swap_last(?x));
                 let top = (concat ?xt ?g axis=@last_axis(?x));
                 let low = (concat (mul ?g 0.0) ?xt axis=@last_axis(?x));
                 x = (slice (matrix_exp (concat ?top ?low axis=@row_axis(?x))) start=@right_half(?x) size=@shape(?x) step=@ones(?x))"),
            ..MATRICES
        };
    }
}
