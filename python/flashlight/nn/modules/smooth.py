"""Holds the smooth activation layers besides those of `activation.py`; refuses those with a learnt slope."""

from __future__ import annotations

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.module import Module

__all__ = [
    "CELU",
    "ELU",
    "GLU",
    "SELU",
    "LogSigmoid",
    "Mish",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softsign",
    "Tanhshrink",
]


class ELU(Module):
    """Computes `input` where positive and `alpha * (exp(input) - 1)` elsewhere, any shape: `torch.nn.ELU`.

    Args:
        alpha: the distance of the lower bound.
        inplace: whether to overwrite the input.
    """

    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Bends what is below zero towards `-alpha`."""
        return functional.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(Module):
    """Computes `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`, any shape: `torch.nn.CELU`.

    Args:
        alpha: the distance of the lower bound.
        inplace: whether to overwrite the input.
    """

    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Bends what is below zero towards `-alpha`, smoothly."""
        return functional.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SELU(Module):
    """A scaled ELU whose outputs keep mean 0 and variance 1, any shape: `torch.nn.SELU`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The scaled ELU."""
        return functional.selu(input, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return "inplace=True" if self.inplace else ""


class GLU(Module):
    """Computes `a * sigmoid(b)` of the halves `a` and `b` along `dim`: `torch.nn.GLU`.

    Args:
        dim: the dimension, of even size.
    """

    dim: int

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Weights one half by the sigmoid of the other."""
        return functional.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"dim={self.dim}"


class Softplus(Module):
    """Computes `log(1 + exp(beta * input)) / beta`, any shape: `torch.nn.Softplus`.

    Args:
        beta: how sharp the bend is.
        threshold: above it, `beta * input` is returned as it is.
    """

    beta: float
    threshold: float

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """A smooth ReLU."""
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """Computes `input / (1 + |input|)`, any shape: `torch.nn.Softsign`."""

    def forward(self, input: Tensor) -> Tensor:
        """Divides by the size and one."""
        return functional.softsign(input)


class LogSigmoid(Module):
    """Computes `log(sigmoid(input))`, any shape: `torch.nn.LogSigmoid`."""

    def forward(self, input: Tensor) -> Tensor:
        """The logarithm of the sigmoid."""
        return functional.logsigmoid(input)


class Tanhshrink(Module):
    """Computes `input - tanh(input)`, any shape: `torch.nn.Tanhshrink`."""

    def forward(self, input: Tensor) -> Tensor:
        """The rest beside the hyperbolic tangent."""
        return functional.tanhshrink(input)


class Mish(Module):
    """Computes `input * tanh(softplus(input))`, any shape: `torch.nn.Mish`.

    Args:
        inplace: whether to overwrite the input.
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Weights the input."""
        return functional.mish(input, self.inplace)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return "inplace=True" if self.inplace else ""


class Softmin(Module):
    """Softmax of `-input` along `dim`: `torch.nn.Softmin`.

    Args:
        dim: the dimension along which entries sum to 1.
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The shares."""
        return functional.softmin(input, self.dim)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels at each place, `[N, C, H, W]` or `[C, H, W]`: `torch.nn.Softmax2d`.

    Raises:
        ValueError: an input of another rank.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The shares of the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return functional.softmax(input, -3)
