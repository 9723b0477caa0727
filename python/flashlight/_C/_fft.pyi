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

def fft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The discrete Fourier transform along an axis; in single precision, as all of this module."""

def fft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The discrete Fourier transform along two axes."""

def fftfreq(n: _int, d: _float = 1.0, *, dtype: _DType | None = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """The frequencies of a transform of n points that lie d apart."""

def fftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The discrete Fourier transform along axes, all by default."""

def fftshift(input: Tensor, dim: _Ints | None = None) -> Tensor:
    """The axes, all by default, turned so that the frequency 0 stands in the middle."""

def hfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The real transform of n numbers of which this is the first half, the other its mirror image."""

def hfft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The real transform along two axes, of the last one given by its first half."""

def hfftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The real transform along axes, all by default, of the last one given by its first half."""

def ifft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse discrete Fourier transform along an axis."""

def ifft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse discrete Fourier transform along two axes."""

def ifftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse discrete Fourier transform along axes, all by default."""

def ifftshift(input: Tensor, dim: _Ints | None = None) -> Tensor:
    """What undoes fftshift."""

def ihfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The first half of the inverse transform of real numbers."""

def ihfft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse transform of real numbers along two axes, of the last one the first half."""

def ihfftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse transform of real numbers along axes, of the last one the first half."""

def irfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The n real numbers of which this is the first half of the transform."""

def irfft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The real numbers of which this is the transform along two axes, of the last one the first half."""

def irfftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The real numbers of which this is the transform along axes, of the last one the first half."""

def rfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The first half of the transform of real numbers along an axis."""

def rfft2(input: Tensor, s: _Ints | None = None, dim: _Ints = [-2,-1], norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The transform of real numbers along two axes, of the last one the first half."""

def rfftfreq(n: _int, d: _float = 1.0, *, dtype: _DType | None = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """The frequencies of the first half of a transform of n points that lie d apart."""

def rfftn(input: Tensor, s: _Ints | None = None, dim: _Ints | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The transform of real numbers along axes, all by default, of the last one the first half."""

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
