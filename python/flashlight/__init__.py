"""Torch-style tensors, automatic differentiation and a graph compiler on Apple's MLX."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from flashlight import _backend, _namesake

_namesake.extend(__path__)
# Before the extension: it is linked to libmlx, which must be the right one and must be there.
_backend.load()

from flashlight import _C  # noqa: E402

__version__: str = _C.__version__

_library = _backend.openblas_library()
if _library is not None:
    try:
        _C._open_blas(str(_library))
    except (OSError, RuntimeError) as error:
        warnings.warn(
            f"flashlight cannot open {_library}, so that matrix products on the CPU are slow: {error}; run: "
            "pip install --force-reinstall --no-deps scipy-openblas32",
            RuntimeWarning,
            stacklevel=2,
        )

from flashlight import _missing, _namespace  # noqa: E402
from flashlight._namespace import *  # noqa: E402, F403

_missing.complete(_C.Tensor)

__all__ = ["__version__"]
__all__ += _namespace.__all__

if not TYPE_CHECKING:
    __getattr__ = _missing.attributes_of("torch")
