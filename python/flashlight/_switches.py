"""Holds torch's global switches of numerics; refuses those that Flashlight could not honour."""

from __future__ import annotations

import os
import warnings

from flashlight import _C

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_float32_matmul_precision",
    "use_deterministic_algorithms",
]

_TF32 = "MLX_ENABLE_TF32"
"""MLX reads this variable once, before the first matrix product on a GPU; where it is not set, TF32 is used."""

_deterministic = (False, False)


def set_float32_matmul_precision(precision: str) -> None:
    """Chooses between exact and faster products of float32 matrices: `torch.set_float32_matmul_precision`.

    Differs from torch: it must come before the first product on a GPU, and where it is never called MLX's own default
    holds there, which is "high". The CPU computes in float32 alone.

    Args:
        precision: "highest" computes in float32; "high" and "medium" round the factors to TF32.
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; set_float32_matmul_precision has no effect",
            stacklevel=2,
        )
        return
    os.environ[_TF32] = "0" if precision == "highest" else "1"


def get_float32_matmul_precision() -> str:
    """What products of float32 matrices are computed in: `torch.get_float32_matmul_precision`.

    "highest" where there is no GPU: the CPU computes in float32 alone.
    """
    return "highest" if _C._gpu_count() == 0 or os.environ.get(_TF32) == "0" else "high"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Remembers the choice: `torch.use_deterministic_algorithms`.

    Nothing is computed differently: on the CPU the same calls give the same bits in any case. On a GPU MLX sums
    scattered values in no fixed order, which cannot be changed: with one, the choice warns.
    """
    global _deterministic
    if mode and _C._gpu_count() > 0:
        warnings.warn(
            "use_deterministic_algorithms: on a GPU, MLX adds scattered values in no fixed order all the same",
            RuntimeWarning,
            stacklevel=2,
        )
    _deterministic = (bool(mode), bool(mode) and warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was last told: `torch.are_deterministic_algorithms_enabled`."""
    return _deterministic[0]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was told `warn_only`: `torch.is_deterministic_algorithms_warn_only_enabled`."""
    return _deterministic[1]
