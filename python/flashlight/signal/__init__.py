"""Holds `torch.signal`: its windows."""

from flashlight.signal import windows

__all__ = ["windows"]
