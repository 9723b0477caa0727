"""Holds `torch.backends.cuda`: whether float32 products on NVIDIA GPUs may be rounded to TF32."""

from __future__ import annotations

from flashlight import cuda
from flashlight._switches import get_float32_matmul_precision, set_float32_matmul_precision

__all__ = ["is_built", "matmul"]


def is_built() -> bool:
    """Whether the installed MLX backend found an NVIDIA GPU: `torch.backends.cuda.is_built`."""
    return cuda.is_available()


class _MatmulSwitches:
    """What products of matrices may do."""

    @property
    def allow_tf32(self) -> bool:
        """Whether float32 factors are rounded to TF32; see `torch.set_float32_matmul_precision`."""
        return get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool) -> None:
        set_float32_matmul_precision("high" if allowed else "highest")


matmul = _MatmulSwitches()
