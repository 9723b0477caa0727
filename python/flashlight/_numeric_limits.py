"""Holds `finfo` and `iinfo`: the limits of the element types; refuses to compute anything from a tensor."""

from __future__ import annotations

from flashlight import _C
from flashlight._C import dtype

__all__ = ["finfo", "iinfo"]

_FLOATS = {
    # The bits of the fraction, and the exponents of the smallest and of the largest normal number.
    "float16": (10, -14, 15, 1e-3),
    "bfloat16": (7, -126, 127, 1e-2),
    "float32": (23, -126, 127, 1e-6),
    "float64": (52, -1022, 1023, 1e-15),
}


def _name(type: dtype) -> str:
    return repr(type).rpartition(".")[2]


class finfo:  # noqa: N801 (torch's name)
    """The limits of a floating point type: `torch.finfo`. That of a complex type is that of its parts.

    Args:
        type: a floating point or complex type; the default type when None.

    Raises:
        TypeError: the type is another.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    tiny: float
    resolution: float
    dtype: str

    def __init__(self, type: dtype | None = None) -> None:
        type = _C.get_default_dtype() if type is None else type
        self.dtype = {"complex64": "float32"}.get(_name(type), _name(type))
        if self.dtype not in _FLOATS:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        fraction, least, most, self.resolution = _FLOATS[self.dtype]
        self.bits = getattr(_C, self.dtype).itemsize * 8
        self.eps = 2.0**-fraction
        self.max = (2.0 - self.eps) * 2.0**most
        self.min = -self.max
        self.smallest_normal = self.tiny = 2.0**least

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("finfo", self.dtype))

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 (torch's name)
    """The limits of an integer type: `torch.iinfo`.

    Args:
        type: an integer type.

    Raises:
        TypeError: the type is another.
    """

    bits: int
    max: int
    min: int
    dtype: str

    def __init__(self, type: dtype) -> None:
        self.dtype = _name(type)
        if type.is_floating_point or type.is_complex:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if self.dtype == "bool":
            raise TypeError("torch.bool is not supported by torch.iinfo")
        self.bits = type.itemsize * 8
        self.max = 2 ** (self.bits - type.is_signed) - 1
        self.min = -(2 ** (self.bits - 1)) if type.is_signed else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("iinfo", self.dtype))

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
