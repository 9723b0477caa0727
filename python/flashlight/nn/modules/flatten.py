"""Holds the layers that only change a shape; refuses those that move or pad data."""

from __future__ import annotations

from typing import Any

from flashlight._C import Tensor
from flashlight.nn.modules.module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Makes one dimension of those from `start_dim` to `end_dim`: `torch.nn.Flatten`.

    Args:
        start_dim: the first; 1 keeps the batch.
        end_dim: the last, included.
    """

    start_dim: int
    end_dim: int

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Flattens."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Makes several dimensions of one: `torch.nn.Unflatten`.

    Differs from torch: dimensions have numbers, not names.

    Args:
        dim: the dimension to split.
        unflattened_size: what it becomes, a tuple or list of ints; their product is its length, and one may be -1.

    Raises:
        TypeError: `dim` or `unflattened_size` is of another type.
    """

    dim: int
    unflattened_size: Any

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise TypeError("invalid argument type for dim parameter")
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for index, length in enumerate(unflattened_size):
            if not isinstance(length, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(length).__name__} "
                    f"at pos {index}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Splits the dimension."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
