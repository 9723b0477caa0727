"""Holds `torch.backends.mps`: whether Apple's GPU can be used."""

from __future__ import annotations

import sys

from flashlight import mps

__all__ = ["is_available", "is_built"]


def is_built() -> bool:
    """Whether this build can use Apple's GPU: `torch.backends.mps.is_built`."""
    return sys.platform == "darwin"


def is_available() -> bool:
    """Whether tensors can be made on Apple's GPU: `torch.backends.mps.is_available`."""
    return mps.is_available()
