"""Holds `Size`, the tuple of a tensor's sizes."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """The sizes of a tensor, outermost first: `torch.Size`. Slices and sums of sizes are sizes."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(super().__add__(tuple(other)))

    def __radd__(self, other: Any) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, count: Any) -> Size:
        return Size(super().__mul__(count))

    def __repr__(self) -> str:
        return f"flashlight.Size([{', '.join(map(str, self))}])"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Size, (tuple(self),))
