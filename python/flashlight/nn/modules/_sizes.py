"""Holds how layers read sizes given once for all spatial dimensions or one by one; refuses to check their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def per_dimension(value: Any, dimensions: int) -> Any:
    """A tuple of one entry for each dimension: what was iterable as it is, anything else repeated."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * dimensions
