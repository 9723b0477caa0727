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

def bartlett(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Bartlett's window, a triangle."""

def blackman(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Blackman's window."""

def cosine(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Half a wave of the sine."""

def exponential(M: _int, *, center: _Number | None = None, tau: _float = 1.0, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """What falls by e in tau points, to both sides of the centre."""

def gaussian(M: _int, *, std: _float = 1.0, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """A bell curve of that standard deviation, in points."""

def general_cosine(M: _int, *, a: Sequence[_float] | _float, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """The sum of cosines of these shares, by turns added and taken away."""

def general_hamming(M: _int, *, alpha: _float = 0.54, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """alpha - (1 - alpha) cos."""

def hamming(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Hamming's window."""

def hann(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Hann's window."""

def kaiser(M: _int, *, beta: _float = 12.0, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Kaiser's window."""

def nuttall(M: _int, *, sym: _bool = True, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False) -> Tensor:
    """Nuttall's window of the least side lobes with four terms."""

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]
