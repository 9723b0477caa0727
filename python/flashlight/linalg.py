"""Holds `torch.linalg`: the functions of the core that belong there; refuses to hold any arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._C import _LinAlgError as LinAlgError
from flashlight._C import linalg
from flashlight._C.linalg import *  # noqa: F403
from flashlight._missing import attributes_of

__all__: list[str] = ["LinAlgError"]
__all__ += linalg.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.linalg")
