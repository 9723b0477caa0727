"""Holds the two forms of `einsum`: by an equation, and by lists of axes, which become one."""

from __future__ import annotations

from typing import Any

from flashlight import _C
from flashlight._C import Tensor


def _letters(axes: Any) -> str:
    """The axes of an operand as an equation has them: numbers below 52 and the ellipsis."""
    text = ""
    for axis in axes:
        if axis is Ellipsis:
            text += "..."
        elif 0 <= axis < 52:
            text += chr(ord("A") + axis if axis < 26 else ord("a") + axis - 26)
        else:
            raise RuntimeError(f"einsum(): subscript {axis} is not within the valid range [0, 52)")
    return text


def einsum(*args: Any) -> Tensor:
    """Sums of products over axes that have a name each: `torch.einsum`.

    By an equation and operands, `einsum("ij,jk->ik", a, b)`; or by operands, each followed by the numbers of its axes,
    and perhaps by those of the result: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Raises:
        ValueError: fewer than an operand and its axes.
        RuntimeError: axes that are no numbers below 52.
    """
    if args and not isinstance(args[0], Tensor):
        return _C.einsum(*args)
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    equation = ",".join(map(_letters, args[1::2]))
    if len(args) % 2:
        equation += "->" + _letters(args[-1])
    return _C.einsum(equation, *args[: len(args) - len(args) % 2 : 2])
