"""Holds what `import flashlight as torch` shows: every public name of the core, and the package's own modules."""

from __future__ import annotations

from math import e, inf, nan, pi

from flashlight import (
    _C,
    autograd,
    backends,
    compiler,
    cuda,
    export,
    fft,
    linalg,
    mps,
    nn,
    optim,
    random,
    safetensors,
    signal,
    special,
    utils,
)
from flashlight._array_likes import asarray
from flashlight._broadcast_shapes import broadcast_shapes
from flashlight._C import *  # noqa: F403
from flashlight._compile import compile
from flashlight._einsum import einsum
from flashlight._inspect import inspect
from flashlight._low_rank import pca_lowrank, svd_lowrank, tensordot
from flashlight._numeric_limits import finfo, iinfo
from flashlight._size import Size
from flashlight._switches import (
    are_deterministic_algorithms_enabled,
    get_float32_matmul_precision,
    is_deterministic_algorithms_warn_only_enabled,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
)
from flashlight._typename import typename
from flashlight.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from flashlight.serialization import load, save

newaxis = None
"""What adds an axis where it stands in an index."""

__all__ = [
    "Size",
    "are_deterministic_algorithms_enabled",
    "asarray",
    "autograd",
    "backends",
    "broadcast_shapes",
    "compile",
    "compiler",
    "cuda",
    "e",
    "einsum",
    "enable_grad",
    "export",
    "fft",
    "finfo",
    "get_float32_matmul_precision",
    "iinfo",
    "inf",
    "inference_mode",
    "inspect",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_inference_mode_enabled",
    "linalg",
    "load",
    "mps",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pca_lowrank",
    "pi",
    "random",
    "safetensors",
    "save",
    "set_float32_matmul_precision",
    "set_grad_enabled",
    "signal",
    "special",
    "svd_lowrank",
    "tensordot",
    "typename",
    "use_deterministic_algorithms",
    "utils",
]

__all__ += _C.__all__
