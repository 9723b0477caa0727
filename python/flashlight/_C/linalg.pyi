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

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of vectors, matrices or batches of matrices, whose batch axes are broadcast; one element
    type.
    """

def vector_norm(input: Tensor, ord: _Number = 2, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The norm of that order over axes, all by default; its gradient at 0 is 0."""

__all__ = [
    "matmul",
    "vector_norm",
]
