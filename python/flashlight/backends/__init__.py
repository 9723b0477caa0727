"""Holds the `torch.backends` namespace, as far as it can be asked which GPUs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._missing import attributes_of
from flashlight.backends import mps

__all__ = ["mps"]

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.backends")
