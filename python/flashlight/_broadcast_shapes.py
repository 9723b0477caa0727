"""Holds `broadcast_shapes`, which computes with sizes alone; refuses tensors."""

from __future__ import annotations

from collections.abc import Sequence

from flashlight._size import Size


def broadcast_shapes(*shapes: int | Sequence[int]) -> Size:
    """The shape that tensors of all these shapes broadcast to: `torch.broadcast_shapes`.

    Raises:
        RuntimeError: sizes that differ and are not 1, or that are negative.
    """
    result: list[int] = []
    for shape in shapes:
        sizes = [shape] if isinstance(shape, int) else list(shape)
        result = [1] * (len(sizes) - len(result)) + result
        for i in range(1, len(sizes) + 1):
            size = sizes[-i]
            if size < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({size}): ({size})")
            if size in (1, result[-i]):
                continue
            if result[-i] != 1:
                raise RuntimeError(
                    "Shape mismatch: objects cannot be broadcast to a single shape: "
                    f"sizes {result[-i]} and {size} at dimension {-i}"
                )
            result[-i] = size
    return Size(result)
