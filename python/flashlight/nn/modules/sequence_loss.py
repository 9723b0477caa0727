"""Holds the losses of alignments, of a distance of one's own, and of a linear map."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.distance import PairwiseDistance
from flashlight.nn.modules.linear import Linear
from flashlight.nn.modules.loss import _Loss, _WeightedLoss

__all__ = ["CTCLoss", "LinearCrossEntropyLoss", "LinearCrossEntropyOptions", "TripletMarginWithDistanceLoss"]


class CTCLoss(_Loss):
    """The loss of all alignments of labels with a longer sequence: `torch.nn.CTCLoss`.

    Args:
        blank: the class that stands for no label.
        reduction: "mean" (each loss over the length of its labels), "sum" or "none".
        zero_infinity: whether losses of labels that do not fit are 0.
    """

    blank: int
    zero_infinity: bool

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        """The loss."""
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`max(margin + d(anchor, positive) - d(anchor, negative), 0)`: `torch.nn.TripletMarginWithDistanceLoss`.

    Args:
        distance_function: the distance d; `PairwiseDistance` when None.
        margin: above 0.
        swap: whether the negative may be nearer to the positive than to the anchor.

    Raises:
        ValueError: a margin that is not above 0.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss."""
        return functional.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


@dataclass
class LinearCrossEntropyOptions:
    """How torch cuts the batch of `linear_cross_entropy` to spare memory; here nothing is cut."""

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None


class LinearCrossEntropyLoss(_WeightedLoss):
    """The cross entropy of a linear map of the input: `torch.nn.LinearCrossEntropyLoss`.

    Args:
        in_features: the width of the input.
        num_classes: how many classes.
        out_features: the sizes of the places that have a loss each.
        bias: whether the map adds one.
        device, dtype: of the map; the defaults when None.
        reduction, weight, ignore_index, label_smoothing: as in `CrossEntropyLoss`.
        options: a `LinearCrossEntropyOptions`, which changes nothing here.

    Raises:
        RuntimeError: a weight of another shape, or a smoothing outside 0 to 1.
    """

    linear: Linear

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise RuntimeError(f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        width = math.prod(out_features, start=num_classes)
        self.linear = Linear(in_features, width, bias=bias, device=device, dtype=dtype)
        self.options = options

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return functional.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*shape, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The options, as torch prints them."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )
