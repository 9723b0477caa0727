"""Holds `torch.nn.functional`: the functions of the core that belong there; refuses to hold any arithmetic.

Every function is the core's, with torch's signature. One that the core does not have yet is not an attribute, and
asking for it says so.
"""

from __future__ import annotations

from typing import Any

from flashlight import _C

__all__ = sorted(name for name in dir(_C._nn) if not name.startswith("_"))

globals().update({name: getattr(_C._nn, name) for name in __all__})


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"flashlight.nn.functional has no function {name!r}: torch.nn.functional.{name} is not provided"
    )
