"""Holds `torch.nn.functional`: the functions of the core that belong there; refuses to hold any arithmetic.

Every function is the core's, with torch's signature. Asking for one of torch's that the core does not have yet says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._C import _nn
from flashlight._C._nn import *  # noqa: F403
from flashlight._missing import attributes_of
from flashlight.nn._composed import (
    gumbel_softmax,
    linear_cross_entropy,
    multi_head_attention_forward,
    triplet_margin_with_distance_loss,
)

__all__ = [
    "gumbel_softmax",
    "linear_cross_entropy",
    "multi_head_attention_forward",
    "triplet_margin_with_distance_loss",
]
__all__ += _nn.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.nn.functional")
