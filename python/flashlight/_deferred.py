"""Holds the number that `item()` of a float gives inside a compiled function, where it is not known yet."""

from __future__ import annotations

from typing import Any, NoReturn

from flashlight._C import Tensor

__all__ = ["DeferredNumber"]


class DeferredNumber:
    """A number that a compiled function computes with and returns: its caller gets a float.

    Arithmetic gives deferred numbers, comparisons decide (as `bool(tensor)` does), and text shows three dots. What
    needs the number itself is refused: a recorded program has none.

    Args:
        tensor: of one element.
    """

    __slots__ = ("_flashlight_deferred",)

    def __init__(self, tensor: Tensor) -> None:
        self._flashlight_deferred = tensor

    @property
    def __class__(self) -> type:  # type: ignore[override]
        # To `isinstance` it is what `item()` gives elsewhere.
        return float

    def _computed(self, name: str, other: Any = None) -> Any:
        if isinstance(other, Tensor):
            # The tensor knows what a number does to its type.
            return NotImplemented
        tensor = self._flashlight_deferred
        operand = other._flashlight_deferred if type(other) is DeferredNumber else other
        result = getattr(tensor, name)() if other is None else getattr(tensor, name)(operand)
        return result if result is NotImplemented else DeferredNumber(result)

    def _compared(self, name: str, other: Any) -> Any:
        if isinstance(other, Tensor):
            return NotImplemented
        operand = other._flashlight_deferred if type(other) is DeferredNumber else other
        result = getattr(self._flashlight_deferred, name)(operand)
        return result if result is NotImplemented else bool(result)

    def __add__(self, other: Any) -> Any:
        return self._computed("__add__", other)

    def __radd__(self, other: Any) -> Any:
        return self._computed("__radd__", other)

    def __sub__(self, other: Any) -> Any:
        return self._computed("__sub__", other)

    def __rsub__(self, other: Any) -> Any:
        return self._computed("__rsub__", other)

    def __mul__(self, other: Any) -> Any:
        return self._computed("__mul__", other)

    def __rmul__(self, other: Any) -> Any:
        return self._computed("__rmul__", other)

    def __truediv__(self, other: Any) -> Any:
        return self._computed("__truediv__", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._computed("__rtruediv__", other)

    def __pow__(self, other: Any) -> Any:
        return self._computed("__pow__", other)

    def __rpow__(self, other: Any) -> Any:
        return self._computed("__rpow__", other)

    def __neg__(self) -> Any:
        return self._computed("__neg__")

    def __abs__(self) -> Any:
        return self._computed("__abs__")

    def __lt__(self, other: Any) -> Any:
        return self._compared("__lt__", other)

    def __le__(self, other: Any) -> Any:
        return self._compared("__le__", other)

    def __gt__(self, other: Any) -> Any:
        return self._compared("__gt__", other)

    def __ge__(self, other: Any) -> Any:
        return self._compared("__ge__", other)

    def __eq__(self, other: Any) -> Any:
        return self._compared("__eq__", other)

    def __ne__(self, other: Any) -> Any:
        return self._compared("__ne__", other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self._flashlight_deferred)

    def __repr__(self) -> str:
        return "..."

    def __format__(self, spec: str) -> str:
        return "..."

    def _refuse(self) -> NoReturn:
        raise RuntimeError(
            "a compiled function needs the number that item() of a float tensor stands for, which only a run of the "
            "program knows: compute with tensors, or return the number"
        )

    def __float__(self) -> float:
        self._refuse()

    def __int__(self) -> int:
        self._refuse()

    def __round__(self, digits: int | None = None) -> float:
        self._refuse()
