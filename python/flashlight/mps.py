"""Holds `torch.mps`: what there is to ask of Apple's GPU; refuses events, profiling and shaders. Never run so far."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flashlight import _C
from flashlight._C import Generator, Tensor
from flashlight._missing import attributes_of

__all__ = [
    "current_allocated_memory",
    "device_count",
    "driver_allocated_memory",
    "empty_cache",
    "get_rng_state",
    "is_available",
    "manual_seed",
    "seed",
    "set_rng_state",
    "synchronize",
]


def is_available() -> bool:
    """Whether tensors can be made on Apple's GPU: `torch.mps.is_available`."""
    return device_count() > 0


def device_count() -> int:
    """1 where there is such a GPU, else 0: `torch.mps.device_count`."""
    return min(_C._gpu_count(), 1) if sys.platform == "darwin" else 0


def synchronize() -> None:
    """Waits until everything that was asked for is computed: `torch.mps.synchronize`."""
    _require()
    _C._synchronize("mps")


def empty_cache() -> None:
    """Gives memory kept for reuse back to the system: `torch.mps.empty_cache`. Waits for pending work."""
    _require()
    _C._clear_cache()


def current_allocated_memory() -> int:
    """Bytes in tensors: `torch.mps.current_allocated_memory`."""
    _require()
    return _C._memory()[0]


def driver_allocated_memory() -> int:
    """Bytes in tensors and kept for reuse: `torch.mps.driver_allocated_memory`."""
    _require()
    active, _, kept, _ = _C._memory()
    return active + kept


def manual_seed(seed: int) -> None:
    """Starts the stream of this seed on the GPU, if there is one: `torch.mps.manual_seed`."""
    if is_available():
        _generator().manual_seed(seed)


def seed() -> None:
    """Starts a stream that no one foresees on the GPU, if there is one: `torch.mps.seed`."""
    if is_available():
        _generator().seed()


def get_rng_state(device: object = "mps") -> Tensor:
    """The state of the GPU's stream as bytes: `torch.mps.get_rng_state`."""
    return _generator().get_state()


def set_rng_state(new_state: Tensor, device: object = "mps") -> None:
    """Sets the state of the GPU's stream: `torch.mps.set_rng_state`."""
    _generator().set_state(new_state)


def _require() -> None:
    if not is_available():
        raise RuntimeError("Found no Apple GPU: the installed backend of MLX has none in this process")


def _generator() -> Generator:
    _require()
    return _C._default_generator("mps")


if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.mps")
