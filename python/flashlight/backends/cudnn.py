"""Holds `torch.backends.cudnn`: switches that scripts set; refuses nothing, and says what each means here.

MLX chooses its convolution kernels itself, so `benchmark`, `deterministic` and `enabled` can be set and change nothing.
"""

from __future__ import annotations

from flashlight import cuda

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

enabled: bool = True
"""Changes nothing."""

benchmark: bool = False
"""Changes nothing: MLX tries the kernels of a shape when it first meets it."""

deterministic: bool = False
"""Changes nothing: see `torch.use_deterministic_algorithms`."""

allow_tf32: bool = True
"""Changes nothing: `torch.set_float32_matmul_precision` decides for convolutions too."""


def is_available() -> bool:
    """Whether there is an NVIDIA GPU, whose convolutions MLX takes from cuDNN: `torch.backends.cudnn.is_available`."""
    return cuda.is_available()


def version() -> None:
    """The release of cuDNN, which MLX does not tell: `torch.backends.cudnn.version`. Always None."""
