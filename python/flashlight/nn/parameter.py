"""Holds the tensors a module registers by assignment, Parameter and Buffer; refuses lazy (shapeless) parameters."""

from __future__ import annotations

from typing import Any

from flashlight import _C
from flashlight._C import Tensor

__all__ = ["Buffer", "Parameter"]


def _empty_if_none(data: Tensor | None) -> Tensor:
    return _C.empty(0) if data is None else data


class Parameter(Tensor):
    """A tensor that a module adds to `parameters()` when it is assigned as an attribute: `torch.nn.Parameter`.

    Shares the storage of `data` and is always a leaf. The result of an operation on parameters is a plain `Tensor`.

    Args:
        data: the values, any shape; an empty float tensor when None.
        requires_grad: whether gradients are recorded; True also inside `no_grad`.

    Raises:
        RuntimeError: `requires_grad=True` for a dtype that is neither floating point nor complex.
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """A parameter that shares the storage of `data`."""
        return Tensor._make_subclass(cls, _empty_if_none(data), requires_grad)

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        pass

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self, **options: Any) -> str:
        return "Parameter containing:\n" + super().__repr__(**options)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (_rebuild_parameter, (type(self), self.detach(), self.requires_grad))


class Buffer(Tensor):
    """A tensor that a module registers as a buffer when it is assigned as an attribute: `torch.nn.Buffer`.

    Shares the storage of `data`; unlike a parameter it is not trained.

    Args:
        data: the values, any shape; an empty float tensor when None.
        persistent: whether the buffer is part of the module's `state_dict`.
    """

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        """A buffer that shares the storage of `data`."""
        data = _empty_if_none(data)
        buffer = Tensor._make_subclass(cls, data, data.requires_grad)
        buffer.persistent = persistent
        return buffer

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        pass

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), persistent=self.persistent)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (_rebuild_buffer, (type(self), self.detach(), self.persistent))


def _rebuild_parameter(kind: type[Parameter], data: Tensor, requires_grad: bool) -> Parameter:
    return kind(data, requires_grad)


def _rebuild_buffer(kind: type[Buffer], data: Tensor, persistent: bool) -> Buffer:
    return kind(data, persistent=persistent)
