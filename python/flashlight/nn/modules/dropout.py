"""Holds the dropout layers."""

from __future__ import annotations

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    p: float
    inplace: bool

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, sets each entry to zero with probability `p` and scales the rest by `1 / (1 - p)`.

    Equals `torch.nn.Dropout`; in evaluation it returns its input. Any shape, floating dtype.

    Args:
        p: the probability, from 0 to 1.
        inplace: whether to overwrite the input.

    Raises:
        ValueError: `p` is outside 0 to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drops entries when `training`."""
        return functional.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """In training, sets each channel to zero with probability `p` and scales the rest by `1 / (1 - p)`.

    Equals `torch.nn.Dropout1d`; in evaluation it returns its input. `[N, C, L]` or `[C, L]`, floating dtype.

    Args:
        p: the probability, from 0 to 1.
        inplace: whether to overwrite the input.

    Raises:
        ValueError: `p` is outside 0 to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drops channels when `training`."""
        return functional.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training, sets each channel to zero with probability `p` and scales the rest by `1 / (1 - p)`.

    Equals `torch.nn.Dropout2d`; in evaluation it returns its input. `[N, C, H, W]`, floating dtype.

    Args:
        p: the probability, from 0 to 1.
        inplace: whether to overwrite the input.

    Raises:
        ValueError: `p` is outside 0 to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drops channels when `training`."""
        return functional.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """In training, sets each channel to zero with probability `p` and scales the rest by `1 / (1 - p)`.

    Equals `torch.nn.Dropout3d`; in evaluation it returns its input.
    `[N, C, D, H, W]` or `[C, D, H, W]`, floating dtype.

    Args:
        p: the probability, from 0 to 1.
        inplace: whether to overwrite the input.

    Raises:
        ValueError: `p` is outside 0 to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drops channels when `training`."""
        return functional.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """In training, replaces entries with probability `p` by what selu gives far below 0; keeps mean and variance.

    Equals `torch.nn.AlphaDropout`; in evaluation it returns its input. Any shape, floating dtype.

    Args:
        p: the probability, from 0 to 1.
        inplace: whether to overwrite the input.

    Raises:
        ValueError: `p` is outside 0 to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Replaces entries when `training`."""
        return functional.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels, which are the second dimension: `torch.nn.FeatureAlphaDropout`."""

    def forward(self, input: Tensor) -> Tensor:
        """Replaces channels when `training`."""
        return functional.feature_alpha_dropout(input, self.p, self.training)
