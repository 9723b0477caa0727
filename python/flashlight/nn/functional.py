"""Holds `torch.nn.functional`: the functions of the core that belong there; refuses to hold any arithmetic.

Every function is the core's, with torch's signature. Asking for one of torch's that the core does not have yet says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashlight._C import _nn
from flashlight._C._nn import *  # noqa: F403
from flashlight._missing import attributes_of

__all__: list[str] = []
__all__ += _nn.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.nn.functional")
