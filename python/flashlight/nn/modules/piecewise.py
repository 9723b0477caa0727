"""Holds the activation layers made of straight lines; refuses the smooth ones."""

from __future__ import annotations

from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.init import constant_
from flashlight.nn.modules.module import Module
from flashlight.nn.parameter import Parameter

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "PReLU",
    "RReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class ReLU6(Module):
    """Computes `min(max(input, 0), 6)`, any shape: `torch.nn.ReLU6`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Clips to 0 and 6."""
        return functional.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return "inplace=True" if self.inplace else ""


class Hardtanh(Module):
    """Clips to `min_val` and `max_val`, any shape: `torch.nn.Hardtanh`.

    Args:
        min_val: the lower bound.
        max_val: the upper bound.
        inplace: whether to overwrite the input.
    """

    min_val: float
    max_val: float
    inplace: bool

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if max_val <= min_val:
            raise AssertionError(f"max_val is to be above min_val: {max_val}, {min_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Clips to the bounds."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class Hardsigmoid(Module):
    """Computes `relu6(input + 3) / 6`, any shape: `torch.nn.Hardsigmoid`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """A sigmoid of straight lines."""
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """Computes `input * hardsigmoid(input)`, any shape: `torch.nn.Hardswish`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Weights the input by its hard sigmoid."""
        return functional.hardswish(input, self.inplace)


class Threshold(Module):
    """Computes `input` where above `threshold` and `value` elsewhere, any shape: `torch.nn.Threshold`.

    Args:
        threshold: the bound.
        value: what stands for entries not above it.
        inplace: whether to overwrite the input.
    """

    threshold: float
    value: float
    inplace: bool

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Replaces what is not above the threshold."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Hardshrink(Module):
    """Computes `input` where its size is above `lambd` and 0 elsewhere, any shape: `torch.nn.Hardshrink`.

    Args:
        lambd: the bound.
    """

    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Drops what is small."""
        return functional.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"{self.lambd}"


class Softshrink(Module):
    """Moves entries by `lambd` towards 0, those nearer to 0, any shape: `torch.nn.Softshrink`.

    Args:
        lambd: how far, not negative.
    """

    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Moves towards zero."""
        return functional.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return str(self.lambd)


class PReLU(Module):
    """Computes `input` where positive and `weight * input` elsewhere, `weight` being learnt: `torch.nn.PReLU`.

    Args:
        num_parameters: 1, or the size of the input's second dimension.
        init: the first value of `weight`, `[num_parameters]`.
        device, dtype: of the weight; the defaults when None.
    """

    num_parameters: int
    init: float
    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(_C.empty((num_parameters,), device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to `init`."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Scales what is below zero."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """Scales negative entries by a slope drawn from a range in training, else by its middle: `torch.nn.RReLU`.

    Args:
        lower, upper: the range.
        inplace: whether to overwrite the input.
    """

    lower: float
    upper: float
    inplace: bool

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Scales negative entries."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")
