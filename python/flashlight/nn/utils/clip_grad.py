"""Holds gradient clipping; refuses to choose which parameters."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

from flashlight import _C
from flashlight._C import Tensor
from flashlight.autograd.grad_mode import no_grad

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _as_list(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of several tensors taken as one vector: `torch.nn.utils.get_total_norm`.

    Args:
        tensors: what to measure; none give 0.
        norm_type: the p of the norm; `inf` for the largest absolute value.
        error_if_nonfinite: whether an infinite norm or NaN is an error; asking waits for the value.
        foreach: accepted; it changes no result.

    Returns:
        A tensor without dimensions, on the device of the first.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite` is set.
    """
    tensors = _as_list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return _C.tensor(0.0)
    device = tensors[0].device
    norms = [_C.linalg.vector_norm(each, norm_type).to(device) for each in tensors]
    total = _C.linalg.vector_norm(_C.stack(norms), norm_type)
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales gradients, in place, by `max_norm / total_norm` where that is below 1.

    Equals `torch.nn.utils.clip_grads_with_norm_`; nothing is read back from the device.

    Args:
        parameters: those whose gradients to scale.
        max_norm: the norm aimed at.
        total_norm: the norm there is, from `get_total_norm`.
        foreach: accepted; it changes no result.
    """
    scale = _C.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    for gradient in _gradients(_as_list(parameters)):
        gradient.mul_(scale.to(gradient.device))


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales gradients, in place, so that their norm as one vector is at most `max_norm`.

    Equals `torch.nn.utils.clip_grad_norm_`.

    Args:
        parameters: those whose gradients to clip; those without one are left out.
        max_norm: the largest norm.
        norm_type: the p of the norm.
        error_if_nonfinite: whether an infinite norm or NaN is an error.
        foreach: accepted; it changes no result.

    Returns:
        The norm before clipping, a tensor without dimensions.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite` is set.
    """
    listed = _as_list(parameters)
    if isinstance(parameters, types.GeneratorType) and not listed:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    total = get_total_norm(_gradients(listed), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, total, foreach)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limits every entry of the gradients, in place, to `[-clip_value, clip_value]`.

    Equals `torch.nn.utils.clip_grad_value_`.

    Args:
        parameters: those whose gradients to clip.
        clip_value: the largest absolute value.
        foreach: accepted; it changes no result.
    """
    clip_value = float(clip_value)
    for gradient in _gradients(_as_list(parameters)):
        gradient.clamp_(min=-clip_value, max=clip_value)
