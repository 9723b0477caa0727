"""Holds the activation layers; refuses attention, and anything with parameters."""

from __future__ import annotations

from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.module import Module

__all__ = ["GELU", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Softmax", "Tanh"]


class ReLU(Module):
    """Computes `max(input, 0)`, any shape: `torch.nn.ReLU`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Clips below at zero."""
        return functional.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """Computes `input` where positive and `negative_slope * input` elsewhere, any shape: `torch.nn.LeakyReLU`.

    Args:
        negative_slope: the slope below zero.
        inplace: whether to overwrite the input.
    """

    inplace: bool
    negative_slope: float

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Scales what is below zero."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class SiLU(Module):
    """Computes `input * sigmoid(input)`, any shape: `torch.nn.SiLU`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Weights the input by its sigmoid."""
        return functional.silu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """Computes `input * Phi(input)`, Phi the normal distribution function, any shape: `torch.nn.GELU`.

    Args:
        approximate: "none" for the error function, "tanh" for the usual approximation.
    """

    approximate: str

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Weights the input by its normal distribution function."""
        return functional.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """Computes `tanh(input)`, any shape: `torch.nn.Tanh`."""

    def forward(self, input: Tensor) -> Tensor:
        """The hyperbolic tangent."""
        return _C.tanh(input)


class Sigmoid(Module):
    """Computes `1 / (1 + exp(-input))`, any shape: `torch.nn.Sigmoid`."""

    def forward(self, input: Tensor) -> Tensor:
        """The logistic function."""
        return _C.sigmoid(input)


def _checked_dim(dim: Any) -> int | None:
    if dim is not None and (not isinstance(dim, int) or isinstance(dim, bool)):
        raise TypeError(f"dim must be an int or None, got {type(dim)}")
    return dim


class Softmax(Module):
    """Normalises `exp(input)` to sum 1 along one dimension: `torch.nn.Softmax`.

    Args:
        dim: the dimension. None, which torch discourages, means 0 for inputs of 0, 1 or 3 dimensions, otherwise 1.

    Raises:
        TypeError: `dim` is neither an int nor None.
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        dim = _checked_dim(dim)
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Normalises along `dim`."""
        return functional.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """The logarithm of `Softmax`, computed stably: `torch.nn.LogSoftmax`.

    Args:
        dim: as in `Softmax`.

    Raises:
        TypeError: `dim` is neither an int nor None.
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        dim = _checked_dim(dim)
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Normalises along `dim`."""
        return functional.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"dim={self.dim}"
