"""Holds the layers of pooling turned round, of windows drawn at random, and of p-norms of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules._sizes import per_dimension
from flashlight.nn.modules.module import Module

__all__ = [
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _MaxUnpool(Module):
    """The options of the inverses of the pools of largest elements."""

    _dimensions = 1

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, self._dimensions)
        self.stride = per_dimension(kernel_size if stride is None else stride, self._dimensions)
        self.padding = per_dimension(padding, self._dimensions)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """What `MaxPool1d` found, back in its places among zeros: `torch.nn.MaxUnpool1d`.

    Args:
        kernel_size, stride, padding: of the pool.
    """

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Puts the elements back."""
        return functional.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """What `MaxPool2d` found, back in its places among zeros: `torch.nn.MaxUnpool2d`."""

    _dimensions = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Puts the elements back."""
        return functional.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """What `MaxPool3d` found, back in its places among zeros: `torch.nn.MaxUnpool3d`."""

    _dimensions = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Puts the elements back."""
        return functional.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _FractionalMaxPool(Module):
    """The options of the pools of windows drawn at random."""

    _dimensions = 2
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        output_size: int | Sequence[int] | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        count = self._dimensions
        self.kernel_size = per_dimension(kernel_size, count)
        if count == 3 and any(n <= 0 for n in self.kernel_size):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        self.output_size = None if output_size is None else per_dimension(output_size, count)
        self.output_ratio = None
        if output_ratio is not None:
            shares = tuple(output_ratio) if isinstance(output_ratio, Sequence) else (output_ratio,) * count
            if not all(0 < share < 1 for share in shares):
                raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")
            self.output_ratio = shares

    def _options(self) -> tuple[Any, ...]:
        return self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest of windows whose places are drawn at random: `torch.nn.FractionalMaxPool2d`.

    Args:
        kernel_size: of the windows.
        output_size: how many of them.
        output_ratio: instead of that, a share of the input's size between 0 and 1.
        return_indices: whether to give the places of the largest too.

    Raises:
        ValueError: neither or both of size and ratio, or a ratio that is no such share.
    """

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each window."""
        return functional.fractional_max_pool2d(input, *self._options())


class FractionalMaxPool3d(_FractionalMaxPool):
    """`FractionalMaxPool2d` of volumes: `torch.nn.FractionalMaxPool3d`."""

    _dimensions = 3

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each window."""
        return functional.fractional_max_pool3d(input, *self._options())


class _LPPool(Module):
    """The options of the pools of p-norms."""

    def __init__(
        self,
        norm_type: float,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The p-norm of each window of `[N, C, L]` or `[C, L]`: `torch.nn.LPPool1d`.

    Args:
        norm_type: p.
        kernel_size: of the window.
        stride: between windows; the kernel's size when None.
        ceil_mode: whether a window may begin where only a part of it fits.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Takes the norm of each window."""
        return functional.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """`LPPool1d` of `[N, C, H, W]` or `[C, H, W]`: `torch.nn.LPPool2d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Takes the norm of each window."""
        return functional.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """`LPPool1d` of `[N, C, D, H, W]` or `[C, D, H, W]`: `torch.nn.LPPool3d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Takes the norm of each window."""
        return functional.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
