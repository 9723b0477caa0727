"""Torch-style tensors, automatic differentiation and a graph compiler on Apple's MLX."""

from __future__ import annotations

from flashlight import _backend, _namesake

_namesake.extend(__path__)
# Before the extension: it is linked to libmlx, which must be the right one and must be there.
_backend.load()

from flashlight import _C  # noqa: E402

__version__: str = _C.__version__

__all__ = ["__version__"]

# The tensor core comes first; until it is in the extension, the package holds the extension's checks alone.
if hasattr(_C, "Tensor"):
    from flashlight import _namespace
    from flashlight._namespace import *  # noqa: F403

    __all__ += _namespace.__all__
