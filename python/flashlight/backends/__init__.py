"""Holds the `torch.backends` namespace, as far as scripts ask which GPUs there are and set switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._missing import attributes_of
from flashlight.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.backends")
