"""Holds the convolutions and transposed convolutions over one to three dimensions; refuses lazy and unfolded ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional, init
from flashlight.nn.modules._sizes import per_dimension
from flashlight.nn.modules.module import Module
from flashlight.nn.parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

PADDINGS = {"same", "valid"}
MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """What all convolutions are made of: their options, weight `[first, second / groups, *kernel_size]` and bias."""

    dimensions: ClassVar[int]
    transposed: ClassVar[bool] = False

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    groups: int
    padding_mode: str
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups != 0:
                raise ValueError(f"{name} must be divisible by groups")
        sizes = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "output_padding": output_padding}
        for name, value in sizes.items():
            setattr(self, name, per_dimension(value, self.dimensions))
        if isinstance(padding, str):
            if padding not in PADDINGS:
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {PADDINGS}")
            if padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
            self.padding = padding
        else:
            self.padding = per_dimension(padding, self.dimensions)
        if padding_mode not in MODES:
            raise ValueError(f"padding_mode must be one of {MODES}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(_C.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(_C.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniformly from +-1/sqrt(fan in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def _edges(self) -> list[int]:
        """The padding in the order of `functional.pad`: before and behind, from the last dimension on."""
        if isinstance(self.padding, str):
            reach = [
                d * (k - 1) if self.padding == "same" else 0
                for d, k in zip(self.dilation, self.kernel_size, strict=True)
            ]
            pairs = [(n // 2, n - n // 2) for n in reach]
        else:
            pairs = [(n, n) for n in self.padding]
        return [n for pair in reversed(pairs) for n in pair]

    def _convolve(self, function: Callable[..., Tensor], input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._edges(), mode=self.padding_mode)
            padding = (0,) * self.dimensions
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        plain = {"padding": 0, "dilation": 1, "output_padding": 0}
        for name, usual in plain.items():
            if getattr(self, name) != (usual,) * self.dimensions:
                text += f", {name}={getattr(self, name)}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Convolution(_ConvNd):
    """The constructor that the convolutions share."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class Conv1d(_Convolution):
    """Convolves `[N, in_channels, L]` or `[in_channels, L]`: `torch.nn.Conv1d`.

    Weight `[out_channels, in_channels / groups, kernel]` and bias are drawn uniformly from +-1/sqrt(fan in); on the CPU
    the same seed gives torch's numbers.

    Args:
        in_channels, out_channels: the channels of input and output.
        kernel_size, stride, dilation: of the window, an int or one for each dimension.
        padding: zeros at both ends of each dimension, or "same" or "valid".
        groups: into how many independent convolutions the channels fall.
        bias: whether to add one.
        padding_mode: "zeros", or with what else `functional.pad` pads: "reflect", "replicate", "circular".
        device, dtype: of weight and bias; the defaults when None.

    Raises:
        ValueError: channels that do not fall into groups, an unknown padding, "same" with a stride.
    """

    dimensions = 1

    def forward(self, input: Tensor) -> Tensor:
        """Convolves."""
        return self._convolve(functional.conv1d, input)


class Conv2d(_Convolution):
    """Convolves `[N, in_channels, H, W]` or `[in_channels, H, W]`: `torch.nn.Conv2d`. Options as those of `Conv1d`."""

    dimensions = 2

    def forward(self, input: Tensor) -> Tensor:
        """Convolves."""
        return self._convolve(functional.conv2d, input)


class Conv3d(_Convolution):
    """Convolves `[N, in_channels, D, H, W]` or without N: `torch.nn.Conv3d`. Options as those of `Conv1d`."""

    dimensions = 3

    def forward(self, input: Tensor) -> Tensor:
        """Convolves."""
        return self._convolve(functional.conv3d, input)


class _TransposedConvolution(_ConvNd):
    """The constructor that the transposed convolutions share, and how an output size becomes output padding."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """What must be added to the least output size, which stride leaves open, to reach the wanted one."""
        if output_size is None:
            return self.output_padding
        outer = input.dim() - self.dimensions
        wanted = list(output_size)
        if len(wanted) == outer + self.dimensions:
            wanted = wanted[outer:]
        if len(wanted) != self.dimensions:
            raise ValueError(
                f"{type(self).__name__}: for {input.dim()}D input, output_size must have {self.dimensions} or "
                f"{outer + self.dimensions} elements (got {len(wanted)})"
            )
        least = [
            (input.size(outer + i) - 1) * self.stride[i]
            - 2 * int(self.padding[i])
            + self.dilation[i] * (self.kernel_size[i] - 1)
            + 1
            for i in range(self.dimensions)
        ]
        most = [n + step - 1 for n, step in zip(least, self.stride, strict=True)]
        if any(not low <= n <= high for low, n, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{input.size()[2:]})"
            )
        return tuple(n - low for n, low in zip(wanted, least, strict=True))

    def _spread(self, function: Callable[..., Tensor], input: Tensor, output_size: Sequence[int] | None) -> Tensor:
        more = self._output_padding(input, output_size)
        return function(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)


class ConvTranspose1d(_TransposedConvolution):
    """What a convolution's input gets of its output: `torch.nn.ConvTranspose1d`.

    Input `[N, in_channels, L]` or `[in_channels, L]`. Weight `[in_channels, out_channels / groups, kernel]` and bias
    are drawn uniformly from +-1/sqrt(fan in); on the CPU the same seed gives torch's numbers.

    Args:
        in_channels, out_channels: the channels of input and output.
        kernel_size, stride, padding, dilation: of the convolution that this one transposes.
        output_padding: how much larger the output is than the least that fits.
        groups: into how many independent convolutions the channels fall.
        bias: whether to add one.
        padding_mode: "zeros".
        device, dtype: of weight and bias; the defaults when None.

    Raises:
        ValueError: channels that do not fall into groups, another padding mode.
    """

    dimensions = 1

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spreads the input; `output_size` chooses among the sizes that a stride leaves open."""
        return self._spread(functional.conv_transpose1d, input, output_size)


class ConvTranspose2d(_TransposedConvolution):
    """`ConvTranspose1d` of `[N, in_channels, H, W]` or `[in_channels, H, W]`: `torch.nn.ConvTranspose2d`."""

    dimensions = 2

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spreads the input; `output_size` chooses among the sizes that a stride leaves open."""
        return self._spread(functional.conv_transpose2d, input, output_size)


class ConvTranspose3d(_TransposedConvolution):
    """`ConvTranspose1d` of `[N, in_channels, D, H, W]`: `torch.nn.ConvTranspose3d`."""

    dimensions = 3

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spreads the input; `output_size` chooses among the sizes that a stride leaves open."""
        return self._spread(functional.conv_transpose3d, input, output_size)
