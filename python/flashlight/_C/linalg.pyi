# Written by tools/stubs.py from the function table and tools/extension.pyi; `make generate` writes it again.
from collections.abc import Sequence
from typing import Any, Literal, overload

from flashlight._C import (
    Generator,
    Tensor,
    _bool,
    _Device,
    _DType,
    _float,
    _int,
    _Ints,
    _Number,
    _str,
    _LD_pivots,
    _LD_pivots_info,
    _LU_pivots,
    _LU_pivots_info,
    _L_info,
    _P_L_U,
    _Q_R,
    _U_H,
    _U_S_Vh,
    _eigenvalues_eigenvectors,
    _inverse_info,
    _result_info,
    _sign_logabsdet,
    _solution_residuals_rank_singular_values,
)

def cholesky(A: Tensor, *, upper: _bool = False, out: Tensor | None = None) -> Tensor:
    """The lower factor L of L L^H = A, or the upper one of U^H U; LinAlgError where A is not positive
    definite.
    """

def cholesky_ex(A: Tensor, *, upper: _bool = False, check_errors: _bool = False, out: Sequence[Tensor] | None = None) -> _L_info:
    """The Cholesky factor, and 0, or the order of the leading minor that is not positive."""

@overload
def cond(A: Tensor, p: _Number | None = None, *, out: Tensor | None = None) -> Tensor:
    """How much solving with a matrix can enlarge an error, in a norm; infinite for singular ones."""
@overload
def cond(A: Tensor, p: _str, *, out: Tensor | None = None) -> Tensor: ...

def cross(input: Tensor, other: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
    """The vectors perpendicular to pairs along an axis of 3."""

def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The determinant of each matrix."""

def diagonal(A: Tensor, *, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """A view of a diagonal of the matrices along two axes, the last by default, as the last axis."""

def eig(A: Tensor, *, out: Sequence[Tensor] | None = None) -> _eigenvalues_eigenvectors:
    """The eigenvalues and vectors of length 1, as complex numbers of single precision."""

def eigh(A: Tensor, UPLO: _str = "L", *, out: Sequence[Tensor] | None = None) -> _eigenvalues_eigenvectors:
    """The eigenvalues of Hermitian matrices, rising, and their vectors; the triangle UPLO is read."""

def eigvals(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues, as complex numbers of single precision."""

def eigvalsh(A: Tensor, UPLO: _str = "L", *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of Hermitian matrices, rising; the triangle UPLO is read."""

def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first columns of the product of the reflections that geqrf gives."""

def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of each matrix; a singular one raises LinAlgError."""

def inv_ex(A: Tensor, *, check_errors: _bool = False, out: Sequence[Tensor] | None = None) -> _inverse_info:
    """The inverse of each matrix, and 0, or the number of a pivot that is 0."""

def ldl_factor(A: Tensor, *, hermitian: _bool = False, out: Sequence[Tensor] | None = None) -> _LD_pivots:
    """The factors L D L^T of symmetric matrices, packed by LAPACK; the lower triangle is read."""

def ldl_factor_ex(A: Tensor, *, hermitian: _bool = False, check_errors: _bool = False, out: Sequence[Tensor] | None = None) -> _LD_pivots_info:
    """The packed factors L D L^T of symmetric matrices, and 0, or the number of a block that is 0."""

def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: _bool = False, out: Tensor | None = None) -> Tensor:
    """The solution of A X = B for the A of which these are the factors."""

def lstsq(A: Tensor, B: Tensor, rcond: _float | None = None, *, driver: _str | None = None, out: Sequence[Tensor] | None = None) -> _solution_residuals_rank_singular_values:
    """What makes |A X - B| smallest, by LAPACK's driver gels, gelsy, gelsd or gelss, and what that knows
    besides.
    """

def lu(A: Tensor, *, pivot: _bool = True, out: Sequence[Tensor] | None = None) -> _P_L_U:
    """A permutation P, a unit lower triangle L and an upper triangle U with P L U = A."""

def lu_factor(A: Tensor, *, pivot: _bool = True, out: Sequence[Tensor] | None = None) -> _LU_pivots:
    """Both factors of LU in one matrix, and the exchanges of rows; LinAlgError where a pivot is 0."""

def lu_factor_ex(A: Tensor, *, pivot: _bool = True, check_errors: _bool = False, out: Sequence[Tensor] | None = None) -> _LU_pivots_info:
    """Both factors of LU in one matrix, the exchanges of rows, and 0, or the number of a pivot that is 0."""

def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: _bool = True, adjoint: _bool = False, out: Tensor | None = None) -> Tensor:
    """The solution of A X = B, or X A = B, for the A of which these are the factors, or for its adjoint."""

def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of each matrix."""

@overload
def matrix_norm(A: Tensor, ord: _Number, dim: _Ints = [-2,-1], keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """A norm of the matrices along two axes: 'fro', 'nuc', 1, -1, 2, -2, inf or -inf."""
@overload
def matrix_norm(A: Tensor, ord: _str = "fro", dim: _Ints = [-2,-1], keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor: ...

def matrix_power(A: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of each matrix; of its inverse where n is negative."""

@overload
def matrix_rank(A: Tensor, *, atol: Tensor | _Number | None = None, rtol: Tensor | _Number | None = None, hermitian: _bool = False, out: Tensor | None = None) -> Tensor:
    """How many singular values are above the tolerances."""
@overload
def matrix_rank(A: Tensor, tol: Tensor | _Number, hermitian: _bool = False, *, out: Tensor | None = None) -> Tensor: ...

def matrix_sqrth(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Hermitian X with X X = A for positive definite A, of which the lower triangle is read."""

def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of all, in the order that costs least; the first and the last may be vectors."""

@overload
def norm(A: Tensor, ord: _Number | None = None, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The norm of all elements, of vectors or of matrices, by ord and dim."""
@overload
def norm(A: Tensor, ord: _str, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor: ...

@overload
def pinv(A: Tensor, *, atol: Tensor | _Number | None = None, rtol: Tensor | _Number | None = None, hermitian: _bool = False, out: Tensor | None = None) -> Tensor:
    """The Moore-Penrose inverse; small singular values count as 0; of real matrices."""
@overload
def pinv(A: Tensor, rcond: Tensor | _Number, hermitian: _bool = False, *, out: Tensor | None = None) -> Tensor: ...

def polar(A: Tensor, *, out: Sequence[Tensor] | None = None) -> _U_H:
    """Orthonormal columns U and a symmetric H with U H = A; of real matrices."""

def qr(A: Tensor, mode: _str = "reduced", *, out: Sequence[Tensor] | None = None) -> _Q_R:
    """Orthonormal columns Q and an upper triangle R with Q R = A; mode is 'reduced', 'complete' or 'r'."""

def slogdet(A: Tensor, *, out: Sequence[Tensor] | None = None) -> _sign_logabsdet:
    """The sign of the determinant, and the logarithm of its absolute value."""

def solve(A: Tensor, B: Tensor, *, left: _bool = True, out: Tensor | None = None) -> Tensor:
    """The solution of A X = B, or of X A = B; B may be a vector for each matrix."""

def solve_ex(A: Tensor, B: Tensor, *, left: _bool = True, check_errors: _bool = False, out: Sequence[Tensor] | None = None) -> _result_info:
    """The solution of A X = B, or of X A = B, and 0, or the number of a pivot that is 0."""

def solve_triangular(A: Tensor, B: Tensor, *, upper: _bool, left: _bool = True, unitriangular: _bool = False, out: Tensor | None = None) -> Tensor:
    """The solution of A X = B, or of X A = B, for triangular A, of which the other triangle is not read."""

def svd(A: Tensor, full_matrices: _bool = True, *, driver: _str | None = None, out: Sequence[Tensor] | None = None) -> _U_S_Vh:
    """U diag(S) Vh = A with orthonormal columns and rows and falling S; of real matrices."""

def svdvals(A: Tensor, *, driver: _str | None = None, out: Tensor | None = None) -> Tensor:
    """The singular values, falling; of real matrices."""

def tensorinv(A: Tensor, ind: _int = 2, *, out: Tensor | None = None) -> Tensor:
    """The inverse of the matrix whose rows are the first ind axes together, and whose columns are the
    others.
    """

def tensorsolve(A: Tensor, B: Tensor, dims: _Ints | None = None, *, out: Tensor | None = None) -> Tensor:
    """The X whose product with A over all axes of X is B; dims are the axes of A that go last."""

def vander(x: Tensor, *, N: _int | None = None) -> Tensor:
    """The powers 0 to N - 1 of the elements, as columns."""

def vecdot(x: Tensor, y: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
    """The sum of the products of y and the conjugate of x along an axis."""

def vector_norm(x: Tensor, ord: _Number = 2, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The norm of that order over axes, all by default; its gradient at 0 is 0."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of vectors, matrices or batches of matrices, whose batch axes are broadcast; one element
    type.
    """

__all__ = [
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_sqrth",
    "multi_dot",
    "norm",
    "pinv",
    "polar",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
