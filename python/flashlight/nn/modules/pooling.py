"""Holds the pooling layers: largest and mean of windows, of a stride or of a given number; refuses unpooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules._sizes import per_dimension
from flashlight.nn.modules.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class _MaxPool(Module):
    """The options of the pools of largest elements."""

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _options(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "ceil_mode": self.ceil_mode,
            "return_indices": self.return_indices,
        }

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest of each window of `[N, C, L]` or `[C, L]`: `torch.nn.MaxPool1d`.

    Args:
        kernel_size, padding, dilation: of the window, an int or one for each dimension.
        stride: between windows; the kernel's size when None.
        return_indices: whether to return also the place of each largest.
        ceil_mode: whether a window may begin where only a part of it fits.
    """

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each window."""
        return functional.max_pool1d(input, **self._options())


class MaxPool2d(_MaxPool):
    """`MaxPool1d` of `[N, C, H, W]` or `[C, H, W]`: `torch.nn.MaxPool2d`."""

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each window."""
        return functional.max_pool2d(input, **self._options())


class MaxPool3d(_MaxPool):
    """`MaxPool1d` of `[N, C, D, H, W]` or `[C, D, H, W]`: `torch.nn.MaxPool3d`."""

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each window."""
        return functional.max_pool3d(input, **self._options())


class AvgPool1d(Module):
    """The mean of each window of `[N, C, L]` or `[C, L]`: `torch.nn.AvgPool1d`.

    Args:
        kernel_size, padding: of the window.
        stride: between windows; the kernel's size when None.
        ceil_mode: whether a window may begin where only a part of it fits.
        count_include_pad: whether padding counts as elements.
    """

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, 1)
        self.stride = per_dimension(kernel_size if stride is None else stride, 1)
        self.padding = per_dimension(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each window."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    """The options of the pools of means over several dimensions."""

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _options(self) -> tuple[Any, ...]:
        return (
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window of `[N, C, H, W]` or `[C, H, W]`: `torch.nn.AvgPool2d`.

    Args:
        kernel_size, padding: of the window, an int or one for each dimension.
        stride: between windows; the kernel's size when None.
        ceil_mode: whether a window may begin where only a part of it fits.
        count_include_pad: whether padding counts as elements.
        divisor_override: what to divide the sums by instead of the count.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each window."""
        return functional.avg_pool2d(input, *self._options())


class AvgPool3d(_AvgPool):
    """`AvgPool2d` of `[N, C, D, H, W]` or `[C, D, H, W]`: `torch.nn.AvgPool3d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each window."""
        return functional.avg_pool3d(input, *self._options())


class _AdaptivePool(Module):
    """The number of parts of the adaptive pools."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of `output_size` parts of the last dimension, as equal as can be: `torch.nn.AdaptiveAvgPool1d`.

    Args:
        output_size: how many parts.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each part."""
        return functional.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of parts of the last two dimensions, as equal as can be: `torch.nn.AdaptiveAvgPool2d`.

    Args:
        output_size: how many parts, an int or one for each dimension; None keeps a dimension as it is.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each part."""
        return functional.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptivePool):
    """`AdaptiveAvgPool2d` of the last three dimensions: `torch.nn.AdaptiveAvgPool3d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Takes the mean of each part."""
        return functional.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of `output_size` parts of the last dimension: `torch.nn.AdaptiveMaxPool1d`.

    Args:
        output_size: how many parts.
        return_indices: whether to return also the place of each largest.
    """

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each part."""
        return functional.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of parts of the last two dimensions: `torch.nn.AdaptiveMaxPool2d`.

    Args:
        output_size: how many parts, an int or one for each dimension; None keeps a dimension as it is.
        return_indices: whether to return also the place of each largest, counted row by row.
    """

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each part."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """`AdaptiveMaxPool2d` of the last three dimensions: `torch.nn.AdaptiveMaxPool3d`."""

    def forward(self, input: Tensor) -> Any:
        """Takes the largest of each part."""
        return functional.adaptive_max_pool3d(input, self.output_size, self.return_indices)
