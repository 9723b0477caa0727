"""Holds the conversion between parameters and one flat vector; refuses to reorder them."""

from __future__ import annotations

from collections.abc import Iterable

from flashlight import _C
from flashlight._C import Tensor
from flashlight._typename import typename

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _check_one_device(parameters: list[Tensor]) -> None:
    if any(parameter.device != parameters[0].device for parameter in parameters):
        raise TypeError("Found two parameters on different devices, this is currently not supported.")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Puts all entries of the parameters, one after the other, into a vector: `torch.nn.utils.parameters_to_vector`.

    Raises:
        TypeError: the parameters are on several devices.
    """
    parameters = list(parameters)
    _check_one_device(parameters)
    return _C.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Gives the parameters the entries of a vector, in order: `torch.nn.utils.vector_to_parameters`.

    As in torch the parameters become views of the vector.

    Raises:
        TypeError: `vec` is no tensor, or the parameters are on several devices.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    parameters = list(parameters)
    _check_one_device(parameters)
    start = 0
    for parameter in parameters:
        length = parameter.numel()
        parameter.data = vec[start : start + length].view_as(parameter).data
        start += length
