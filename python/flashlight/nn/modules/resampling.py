"""Holds the layers that change the size of images, or what of them is channel and what pixel; refuses convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.module import Module

__all__ = [
    "ChannelShuffle",
    "Fold",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unfold",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]

_Sizes = int | Sequence[int]


class Upsample(Module):
    """Images `[N, C, ..]` of another size, or enlarged by a factor: `torch.nn.Upsample`.

    Args:
        size: the sizes of the output.
        scale_factor: how much larger it is, where no size is given.
        mode: "nearest", "linear", "bilinear", "bicubic" or "trilinear".
        align_corners: whether the corners' middles meet, in the modes that are not "nearest".
        recompute_scale_factor: whether the factor is worked out again from the sizes.
    """

    name: str
    size: _Sizes | None
    scale_factor: float | tuple[float, ...] | None
    mode: str
    align_corners: bool | None
    recompute_scale_factor: bool | None

    def __init__(
        self,
        size: _Sizes | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The images of that size."""
        return functional.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        scale = f"scale_factor={self.scale_factor!r}" if self.scale_factor is not None else f"size={self.size!r}"
        return f"{scale}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images `[N, C, H, W]` of another size by their nearest pixels: `torch.nn.UpsamplingNearest2d`.

    Args:
        size: the sizes of the output.
        scale_factor: how much larger it is, where no size is given.
    """

    def __init__(self, size: _Sizes | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Images `[N, C, H, W]` of another size, bilinear with aligned corners: `torch.nn.UpsamplingBilinear2d`.

    Args:
        size: the sizes of the output.
        scale_factor: how much larger it is, where no size is given.
    """

    def __init__(self, size: _Sizes | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels `[.., C * r * r, H, W]` as pixels `[.., C, H * r, W * r]`: `torch.nn.PixelShuffle`.

    Args:
        upscale_factor: r.
    """

    upscale_factor: int

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The larger images."""
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels `[.., C, H * r, W * r]` as channels `[.., C * r * r, H, W]`: `torch.nn.PixelUnshuffle`.

    Args:
        downscale_factor: r.
    """

    downscale_factor: int

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The smaller images."""
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels `[N, C, ..]` in groups, one of each group after the other: `torch.nn.ChannelShuffle`.

    Args:
        groups: how many groups.
    """

    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The channels in another order."""
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"groups={self.groups}"


class Unfold(Module):
    """The windows of images `[N, C, H, W]` as columns `[N, C * window, windows]`: `torch.nn.Unfold`.

    Args:
        kernel_size: the sizes of the window.
        dilation: the distance of its places.
        padding: how many zeros are put around the image.
        stride: the distance of windows.
    """

    kernel_size: _Sizes
    dilation: _Sizes
    padding: _Sizes
    stride: _Sizes

    def __init__(self, kernel_size: _Sizes, dilation: _Sizes = 1, padding: _Sizes = 0, stride: _Sizes = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Images that are the sums of windows `[N, C * window, windows]`: `torch.nn.Fold`.

    Args:
        output_size: the sizes of the images.
        kernel_size: the sizes of the window.
        dilation: the distance of its places.
        padding: how many pixels around the image are left out.
        stride: the distance of windows.
    """

    output_size: _Sizes
    kernel_size: _Sizes
    dilation: _Sizes
    padding: _Sizes
    stride: _Sizes

    def __init__(
        self,
        output_size: _Sizes,
        kernel_size: _Sizes,
        dilation: _Sizes = 1,
        padding: _Sizes = 0,
        stride: _Sizes = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
