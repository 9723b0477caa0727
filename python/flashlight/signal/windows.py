"""Holds `torch.signal.windows`: the functions of the core that belong there; refuses to hold any arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._C import _windows
from flashlight._C._windows import *  # noqa: F403
from flashlight._missing import attributes_of

__all__: list[str] = []
__all__ += _windows.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.signal.windows")
