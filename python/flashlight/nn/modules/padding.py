"""Holds the layers that pad; refuses to change what is inside."""

from __future__ import annotations

from collections.abc import Sequence

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """A layer that puts entries around the last dimensions."""

    _dimensions: int
    _mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self._dimensions) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Pads."""
        return functional.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    _mode = "constant"
    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pads."""
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """Puts a constant around the last dimension: `torch.nn.ConstantPad1d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
        value: the constant.
    """

    _dimensions = 1


class ConstantPad2d(_ConstantPad):
    """Puts a constant around the last two dimensions: `torch.nn.ConstantPad2d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
        value: the constant.
    """

    _dimensions = 2


class ConstantPad3d(_ConstantPad):
    """Puts a constant around the last three dimensions: `torch.nn.ConstantPad3d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
        value: the constant.
    """

    _dimensions = 3


class ZeroPad1d(_ZeroPad):
    """Puts zeros around the last dimension: `torch.nn.ZeroPad1d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 1


class ZeroPad2d(_ZeroPad):
    """Puts zeros around the last two dimensions: `torch.nn.ZeroPad2d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 2


class ZeroPad3d(_ZeroPad):
    """Puts zeros around the last three dimensions: `torch.nn.ZeroPad3d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 3


class ReflectionPad1d(_Pad):
    """Puts their entries mirrored around the last dimension: `torch.nn.ReflectionPad1d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 1
    _mode = "reflect"


class ReflectionPad2d(_Pad):
    """Puts their entries mirrored around the last two dimensions: `torch.nn.ReflectionPad2d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 2
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Puts their entries mirrored around the last three dimensions: `torch.nn.ReflectionPad3d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 3
    _mode = "reflect"


class ReplicationPad1d(_Pad):
    """Puts their outermost entries around the last dimension: `torch.nn.ReplicationPad1d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 1
    _mode = "replicate"


class ReplicationPad2d(_Pad):
    """Puts their outermost entries around the last two dimensions: `torch.nn.ReplicationPad2d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 2
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """Puts their outermost entries around the last three dimensions: `torch.nn.ReplicationPad3d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 3
    _mode = "replicate"


class CircularPad1d(_Pad):
    """Puts the entries of their other end around the last dimension: `torch.nn.CircularPad1d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 1
    _mode = "circular"


class CircularPad2d(_Pad):
    """Puts the entries of their other end around the last two dimensions: `torch.nn.CircularPad2d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 2
    _mode = "circular"


class CircularPad3d(_Pad):
    """Puts the entries of their other end around the last three dimensions: `torch.nn.CircularPad3d`.

    Args:
        padding: how many on each side, or before and behind each dimension, the last one first.
    """

    _dimensions = 3
    _mode = "circular"
