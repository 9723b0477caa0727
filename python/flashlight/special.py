"""Holds `torch.special`: the functions of the core that belong there; refuses to hold any arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._C import special
from flashlight._C.special import *  # noqa: F403
from flashlight._missing import attributes_of

__all__: list[str] = []
__all__ += special.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.special")
