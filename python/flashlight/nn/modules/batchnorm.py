"""Holds the norms of channels that may keep running statistics, batch and instance norm; refuses lazy ones."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional, init
from flashlight.nn.modules.module import Module
from flashlight.nn.parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _ChannelNorm(Module):
    """What norms of channels are made of: weight, bias and running statistics of `num_features`."""

    _version = 2
    ranks: ClassVar[tuple[int, ...]]

    num_features: int
    eps: float
    momentum: float | None
    affine: bool
    track_running_stats: bool
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            vector = Parameter(_C.empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, vector)
        track = track_running_stats
        self.register_buffer("running_mean", _C.zeros(num_features, device=device, dtype=dtype) if track else None)
        self.register_buffer("running_var", _C.ones(num_features, device=device, dtype=dtype) if track else None)
        count = _C.tensor(0, dtype=_C.int64, device=device) if track else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Sets the running mean to 0, the variance to 1 and the count to 0."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Resets the statistics, the weight to ones and the bias to zeros."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in self.ranks:
            wanted = " or ".join(f"{rank}D" for rank in self.ranks)
            raise ValueError(f"expected {wanted} input (got {input.dim()}D input)")

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        # The first layout had no count of batches: it is what the layer has.
        if (local_metadata.get("version") or 1) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(prefix + "num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalises: by the batch in training, and where there are no running statistics."""
        self._check_input_dim(input)
        share = self.momentum or 0.0
        follows = self.training and self.track_running_stats
        if follows and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                # All batches weigh the same.
                share = 1.0 / float(self.num_batches_tracked)
        mean, variance = self.running_mean, self.running_var
        by_batch = self.training or (mean is None and variance is None)
        if self.training and not follows:
            mean = variance = None
        return functional.batch_norm(input, mean, variance, self.weight, self.bias, by_batch, share, self.eps)


class BatchNorm1d(_BatchNorm):
    """Normalises each channel of `[N, C]` or `[N, C, L]`, then scales and shifts: `torch.nn.BatchNorm1d`.

    In training by mean and biased variance of the batch, towards which the running ones move; in evaluation by those.

    Args:
        num_features: the channels C.
        eps: added to the variance.
        momentum: how far the running statistics move at each batch; None weighs all batches alike.
        affine: whether there are a weight (ones at first) and a bias (zeros).
        track_running_stats: whether there are running statistics.
        device, dtype: of all of them; the defaults when None.
        bias: whether there is a bias beside the weight.

    Raises:
        ValueError: an input of another rank, or one value per channel in training.
    """

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` of `[N, C, H, W]`: `torch.nn.BatchNorm2d`."""

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` of `[N, C, D, H, W]`: `torch.nn.BatchNorm3d`."""

    ranks = (5,)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalises: by the input, or in evaluation by the running statistics, where there are such."""
        self._check_input_dim(input)
        single = input.dim() == self.ranks[0]
        place = 0 if single else 1
        if input.size(place) != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={place} to match num_features ({self.num_features}), but got: "
                    f"{input.size(place)}."
                )
            warnings.warn(
                f"input's size at dim={place} does not match num_features. You can silence this warning by not passing "
                "in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        batch = input.unsqueeze(0) if single else input
        output = functional.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return output.squeeze(0) if single else output


class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each element of `[N, C, L]` or `[C, L]` by itself: `torch.nn.InstanceNorm1d`.

    Args:
        num_features: the channels C.
        eps: added to the variance.
        momentum: how far running statistics move at each batch.
        affine: whether there are a weight (ones at first) and a bias (zeros).
        track_running_stats: whether there are running statistics, by which it normalises in evaluation.
        device, dtype: of all of them; the defaults when None.
        bias: whether there is a bias beside the weight.

    Raises:
        ValueError: an input of another rank or another number of channels, or one place per channel.
    """

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` of `[N, C, H, W]` or `[C, H, W]`: `torch.nn.InstanceNorm2d`."""

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` of `[N, C, D, H, W]` or `[C, D, H, W]`: `torch.nn.InstanceNorm3d`."""

    ranks = (4, 5)
