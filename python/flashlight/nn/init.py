"""Holds the functions that fill a tensor with initial values, in place; refuses to choose them for a layer.

Each returns the tensor it filled and records no gradient. The random ones draw from `generator`, or from the default
generator when None; on the CPU the same seed gives torch's numbers.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flashlight import _C
from flashlight._C import Tensor
from flashlight._missing import attributes_of
from flashlight.autograd.grad_mode import no_grad

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

Function = TypeVar("Function", bound=Callable[..., Any])


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a nonlinearity wants its weights' deviation enlarged: `torch.nn.init.calculate_gain`.

    Args:
        nonlinearity: "linear", a convolution's name, "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: the negative slope of "leaky_relu", 0.01 when None; unused by the others.

    Raises:
        ValueError: the name is unknown, or the slope is no number.
    """
    convolutions = {f"conv{kind}{rank}d" for kind in ("", "_transpose") for rank in (1, 2, 3)}
    if nonlinearity in {"linear", "sigmoid"} | convolutions:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from the uniform distribution on `[a, b)`: `torch.nn.init.uniform_`."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from the normal distribution: `torch.nn.init.normal_`."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Draws from the normal distribution restricted to `[a, b]`: `torch.nn.init.trunc_normal_`.

    Where `[a, b]` holds much of the distribution, values outside are drawn again; otherwise uniform candidates are
    accepted in proportion to the density.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=3,
        )

    def below(bound: float) -> float:
        return (1.0 + math.erf((bound - mean) / std / math.sqrt(2.0))) / 2.0

    if below(b) - below(a) > 0.3:
        return _redraw_outside(tensor, mean, std, a, b, generator)
    return _accept_by_density(tensor, mean, std, a, b, generator)


def _redraw_outside(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    # The bounds as the tensor's dtype holds them, so that a rounded draw on a bound is inside.
    low, high = tensor.new_tensor(a, device="cpu").item(), tensor.new_tensor(b, device="cpu").item()
    tensor.normal_(mean, std, generator=generator)
    while True:
        outside = (tensor < low) | (tensor > high)
        if not outside.any():
            return tensor
        again = _C.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(_C.where(outside, again, tensor))


def _accept_by_density(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    mode = max(a, min(mean, b))
    log_peak = -0.5 * ((mode - mean) / std) ** 2

    def rejected(candidates: Tensor) -> Tensor:
        log_density = candidates.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        return _C.empty_like(tensor).uniform_(generator=generator).log_().gt(log_density)

    tensor.uniform_(a, b, generator=generator)
    pending = rejected(tensor)
    while pending.any():
        candidates = _C.empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.copy_(_C.where(pending, candidates, tensor))
        pending = pending & rejected(candidates)
    return tensor


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills with one value: `torch.nn.init.constant_`."""
    return tensor.fill_(val)


@no_grad()
def ones_(tensor: Tensor) -> Tensor:
    """Fills with ones: `torch.nn.init.ones_`."""
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """Fills with zeros: `torch.nn.init.zeros_`."""
    return tensor.zero_()


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Fills a matrix with ones on the diagonal and zeros elsewhere: `torch.nn.init.eye_`.

    Raises:
        ValueError: the tensor has not two dimensions.
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(_C.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fills a convolution weight `[out, in / groups, *kernel]` so that channels pass through: `torch.nn.init.dirac_`.

    Raises:
        ValueError: the tensor has not 3, 4 or 5 dimensions, or `groups` does not divide the first.
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    outputs, inputs, *kernel = tensor.shape
    if outputs % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    centre = tuple(length // 2 for length in kernel)
    tensor.zero_()
    for group in range(groups):
        for channel in range(min(outputs // groups, inputs)):
            tensor[(group * (outputs // groups) + channel, channel, *centre)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output entry of a weight `[out, in, *kernel]` sees, and how many outputs an input entry."""
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    outputs, inputs, *kernel = tensor.shape
    field = math.prod(kernel)
    return inputs * field, outputs * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    fans = dict(zip(("fan_in", "fan_out"), _calculate_fan_in_and_fan_out(tensor), strict=True))
    mode = mode.lower()
    if mode not in fans:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(fans)}")
    return fans[mode]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draws uniformly with deviation `gain * sqrt(2 / (fan_in + fan_out))`: `torch.nn.init.xavier_uniform_`.

    Raises:
        ValueError: the tensor has fewer than two dimensions.
    """
    bound = math.sqrt(3.0) * _xavier_deviation(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draws normally with deviation `gain * sqrt(2 / (fan_in + fan_out))`: `torch.nn.init.xavier_normal_`.

    Raises:
        ValueError: the tensor has fewer than two dimensions.
    """
    return normal_(tensor, 0.0, _xavier_deviation(tensor, gain), generator)


def _xavier_deviation(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Draws uniformly with deviation `gain / sqrt(fan)`: `torch.nn.init.kaiming_uniform_`.

    Args:
        tensor: a weight `[out, in, *kernel]`; a tensor without entries is left alone, with a warning.
        a: the negative slope, for "leaky_relu".
        mode: "fan_in" or "fan_out".
        nonlinearity: what follows the layer, as in `calculate_gain`.
        generator: where to draw from.

    Raises:
        ValueError: an unknown mode or nonlinearity, or fewer than two dimensions.
    """
    if _has_no_entries(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_deviation(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Draws normally with deviation `gain / sqrt(fan)`: `torch.nn.init.kaiming_normal_`.

    Arguments and errors are those of `kaiming_uniform_`.
    """
    if _has_no_entries(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_deviation(tensor, a, mode, nonlinearity), generator)


def _has_no_entries(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def _kaiming_deviation(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fills with a random matrix of orthonormal rows or columns, times `gain`: `torch.nn.init.orthogonal_`.

    A tensor of more than two dimensions is taken as a matrix `[first, rest]`.

    Raises:
        ValueError: the tensor has fewer than two dimensions.
        NotImplementedError: the core has no `linalg.qr`.
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    decompose = getattr(getattr(_C, "linalg", None), "qr", None)
    if decompose is None:
        raise NotImplementedError("torch.nn.init.orthogonal_ needs torch.linalg.qr, which is not implemented yet")
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    q, r = decompose(drawn.t() if rows < columns else drawn)
    # The signs of R's diagonal make Q uniformly distributed.
    q = q * _C.diag(r, 0).sign()  # pyright: ignore[reportAttributeAccessIssue]
    return tensor.copy_((q.t() if rows < columns else q).reshape(tensor.shape)).mul_(gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Draws a matrix normally, then zeroes a share `sparsity` of every column: `torch.nn.init.sparse_`.

    As in torch, which entries become zero is drawn from the default generator.

    Raises:
        ValueError: the tensor has not two dimensions.
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[_C.randperm(rows)[:zeros], column] = 0
    return tensor


def _deprecated(function: Function, name: str) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    call.__name__ = name
    call.__doc__ = f"The old name of `{name}_`."
    return call  # type: ignore[return-value]


uniform = _deprecated(uniform_, "uniform")
normal = _deprecated(normal_, "normal")
constant = _deprecated(constant_, "constant")
eye = _deprecated(eye_, "eye")
dirac = _deprecated(dirac_, "dirac")
xavier_uniform = _deprecated(xavier_uniform_, "xavier_uniform")
xavier_normal = _deprecated(xavier_normal_, "xavier_normal")
kaiming_uniform = _deprecated(kaiming_uniform_, "kaiming_uniform")
kaiming_normal = _deprecated(kaiming_normal_, "kaiming_normal")
orthogonal = _deprecated(orthogonal_, "orthogonal")
sparse = _deprecated(sparse_, "sparse")

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.nn.init")
