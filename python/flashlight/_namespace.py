"""Holds what `import flashlight as torch` shows: every public name of the core, and the package's own modules."""

from __future__ import annotations

from flashlight import _C, autograd, nn, optim, safetensors, utils
from flashlight._typename import typename
from flashlight.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from flashlight.serialization import load, save

__all__ = [
    "autograd",
    "enable_grad",
    "inference_mode",
    "is_inference_mode_enabled",
    "load",
    "nn",
    "no_grad",
    "optim",
    "safetensors",
    "save",
    "set_grad_enabled",
    "typename",
    "utils",
]

_core = [name for name in dir(_C) if not name.startswith("_") and name not in __all__]

globals().update({name: getattr(_C, name) for name in _core})

__all__ += _core
