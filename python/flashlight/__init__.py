"""Torch-style tensors, automatic differentiation and a graph compiler on Apple's MLX."""

from __future__ import annotations

from flashlight import _backend, _namesake

_namesake.extend(__path__)
# Before the extension: it is linked to libmlx, which must be the right one and must be there.
_backend.load()

from flashlight import _C  # noqa: E402

__version__ = _C.__version__

__all__ = ["__version__"]
