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


__all__ = [
]
