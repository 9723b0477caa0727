"""Holds the norms of last dimensions and of groups of channels; refuses those that keep running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional, init
from flashlight.nn.modules.module import Module
from flashlight.nn.parameter import Parameter

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LayerNorm(Module):
    """Normalises over the last dimensions to mean 0 and variance 1, then scales and shifts: `torch.nn.LayerNorm`.

    Input and output `[*, *normalized_shape]`. The variance is the biased one.

    Args:
        normalized_shape: the last dimensions of the input; an int for one.
        eps: added to the variance.
        elementwise_affine: whether there are a weight (ones at first) and a bias (zeros) of `normalized_shape`.
        bias: whether there is a bias beside the weight.
        device, dtype: of weight and bias; the defaults when None.
    """

    normalized_shape: tuple[int, ...]
    eps: float
    elementwise_affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        lengths = (normalized_shape,) if isinstance(normalized_shape, Integral) else normalized_shape
        self.normalized_shape = tuple(lengths)  # type: ignore[arg-type]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            table = _C.empty(self.normalized_shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if table is None else Parameter(table))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalises."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """Normalises each group of channels of `[N, C, *]` by itself, then scales and shifts: `torch.nn.GroupNorm`.

    Args:
        num_groups: into how many groups the channels fall.
        num_channels: the channels C.
        eps: added to the variance.
        affine: whether there are a weight (ones at first) and a bias (zeros) of `num_channels`.
        device, dtype: of weight and bias; the defaults when None.
        bias: whether there is a bias beside the weight.

    Raises:
        ValueError: channels that do not fall into groups.
    """

    num_groups: int
    num_channels: int
    eps: float
    affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            vector = Parameter(_C.empty(num_channels, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, vector)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalises."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides by the root of the mean square over the last dimensions, then scales: `torch.nn.RMSNorm`.

    Input and output `[*, *normalized_shape]`.

    Args:
        normalized_shape: the last dimensions of the input; an int for one.
        eps: added to the mean square; the smallest step from 1 of the element type when None.
        elementwise_affine: whether there is a weight (ones at first) of `normalized_shape`.
        device, dtype: of the weight; the defaults when None.
    """

    normalized_shape: tuple[int, ...]
    eps: float | None
    elementwise_affine: bool
    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        lengths = (normalized_shape,) if isinstance(normalized_shape, Integral) else normalized_shape
        self.normalized_shape = tuple(lengths)  # type: ignore[arg-type]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        table = _C.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if table is None else Parameter(table))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to ones."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """Normalises."""
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Module):
    """Divides by a power of the mean square of neighbouring channels, `[N, C, ..]`: `torch.nn.LocalResponseNorm`.

    Args:
        size: how many channels are neighbours.
        alpha: a factor of the mean square.
        beta: the power.
        k: added to the mean square.
    """

    size: int
    alpha: float
    beta: float
    k: float

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalises."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
