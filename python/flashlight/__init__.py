"""Torch-style tensors, automatic differentiation and a graph compiler on Apple's MLX."""

from __future__ import annotations

from flashlight import _backend, _namesake

_namesake.extend(__path__)
# Before the extension: it is linked to libmlx, which must be the right one and must be there.
_backend.load()

from flashlight import _C  # noqa: E402

__version__: str = _C.__version__

_library = _backend.openblas_library()
if _library is not None:
    _C._open_blas(str(_library))

from flashlight import _namespace  # noqa: E402
from flashlight._namespace import *  # noqa: E402, F403

__all__ = ["__version__", *_namespace.__all__]
