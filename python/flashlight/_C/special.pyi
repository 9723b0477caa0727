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
)

def airy_ai(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Airy function Ai, without a derivative."""

def bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind of order 0."""

def bessel_j1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind of order 1."""

def bessel_y0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind of order 0."""

def bessel_y1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind of order 1."""

@overload
def chebyshev_polynomial_t(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the first kind of degree n, without a derivative."""
@overload
def chebyshev_polynomial_t(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def chebyshev_polynomial_u(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the second kind of degree n, without a derivative."""
@overload
def chebyshev_polynomial_u(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def chebyshev_polynomial_v(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the third kind of degree n, without a derivative."""
@overload
def chebyshev_polynomial_v(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def chebyshev_polynomial_w(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the fourth kind of degree n, without a derivative."""
@overload
def chebyshev_polynomial_w(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of lgamma."""

def digamma_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The derivative of lgamma."""

def entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x log(x), 0 at 0 and -inf below."""

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function."""

def erf_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The error function."""

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 - erf(x), accurate where that is small."""

def erfc_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 1 - erf(x), accurate where that is small."""

def erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(x * x) * erfc(x)."""

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of erf; NaN beyond -1 and 1."""

def erfinv_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The inverse of erf; NaN beyond -1 and 1."""

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of x."""

def exp2_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 2 to the power of x."""

def expit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.sigmoid."""

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(x) - 1, accurate near 0."""

def expm1_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. exp(x) - 1, accurate near 0."""

def gammainc(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.igamma."""

def gammaincc(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.igammac."""

def gammaln(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.lgamma."""

@overload
def hermite_polynomial_h(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The physicist's Hermite polynomial of degree n, without a derivative."""
@overload
def hermite_polynomial_h(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def hermite_polynomial_he(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The probabilist's Hermite polynomial of degree n, without a derivative."""
@overload
def hermite_polynomial_he(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""

def i0_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The modified Bessel function of the first kind of order 0."""

def i0e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(-|x|) * i0(x)."""

def i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 1."""

def i1e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(-|x|) * i1(x)."""

@overload
def laguerre_polynomial_l(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Laguerre's polynomial of degree n, without a derivative."""
@overload
def laguerre_polynomial_l(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def legendre_polynomial_p(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Legendre's polynomial of degree n, without a derivative."""
@overload
def legendre_polynomial_p(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 + x), accurate near 0."""

def log1p_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. log(1 + x), accurate near 0."""

def log_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of ndtr, accurate where that is small."""

@overload
def log_softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of softmax along an axis, computed without its quotient."""
@overload
def log_softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and 1 where eps is None."""

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """Writes its result into the tensor. log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and
    1 where eps is None.
    """

def logsumexp(input: Tensor, dim: _Ints, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the sum of exp(x) over axes; integers give the default float."""

def modified_bessel_i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as i0."""

def modified_bessel_i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as i1."""

def modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind of order 0."""

def modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind of order 1."""

def multigammaln(input: Tensor, p: _int, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.mvlgamma."""

def ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The share of the normal distribution below x."""

def ndtri(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of ndtr; NaN beyond 0 and 1."""

@overload
def polygamma(n: _int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of digamma of order n. As a method it takes the order alone."""
@overload
def polygamma(input: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor: ...

@overload
def polygamma_(n: _int, input: Tensor) -> Tensor:
    """Writes its result into the tensor. The derivative of digamma of order n. As a method it takes the
    order alone.
    """
@overload
def polygamma_(input: Tensor, n: _int) -> Tensor: ...

def psi(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as torch.digamma."""

def round(input: Tensor, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
    """x to so many decimals, halves to the even neighbour; the gradient is 0."""

def round_(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """Writes its result into the tensor. x to so many decimals, halves to the even neighbour; the gradient
    is 0.
    """

def scaled_modified_bessel_k0(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(x) * modified_bessel_k0(x), without a derivative."""

def scaled_modified_bessel_k1(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(x) * modified_bessel_k1(x), without a derivative."""

@overload
def shifted_chebyshev_polynomial_t(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """chebyshev_polynomial_t at 2 x - 1."""
@overload
def shifted_chebyshev_polynomial_t(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def shifted_chebyshev_polynomial_u(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """chebyshev_polynomial_u at 2 x - 1."""
@overload
def shifted_chebyshev_polynomial_u(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def shifted_chebyshev_polynomial_v(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """chebyshev_polynomial_v at 2 x - 1."""
@overload
def shifted_chebyshev_polynomial_v(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def shifted_chebyshev_polynomial_w(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """chebyshev_polynomial_w at 2 x - 1."""
@overload
def shifted_chebyshev_polynomial_w(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""

def sinc_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. sin(pi x) / (pi x), 1 at 0."""

@overload
def softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """exp(x) over its sum along an axis."""
@overload
def softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

def spherical_bessel_j0(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(x) / x, 1 at 0, without a derivative."""

@overload
def xlog1py(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input * log(1 + other), 0 where input is 0 and other a number."""
@overload
def xlog1py(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

@overload
def xlogy(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input * log(other), 0 where input is 0 and other a number."""
@overload
def xlogy(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def xlogy_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input * log(other), 0 where input is 0 and other a number."""

@overload
def zeta(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The Hurwitz zeta function: the sum of 1 / (k + other) ** input over k from 0; differentiated by
    other alone.
    """
@overload
def zeta(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "digamma_",
    "entr",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfcx",
    "erfinv",
    "erfinv_",
    "exp2",
    "exp2_",
    "expit",
    "expm1",
    "expm1_",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0_",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log1p_",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logit_",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "polygamma_",
    "psi",
    "round",
    "round_",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "sinc_",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "xlogy_",
    "zeta",
]
