"""Holds `torch.cuda`: what there is to ask of NVIDIA GPUs; refuses streams, events and everything that MLX keeps.

Without such a GPU every question has torch's answer (`is_available()` is False, counts and sizes are 0), and what needs
one raises.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flashlight import _C
from flashlight._C import Generator, Tensor
from flashlight._missing import attributes_of

__all__ = [
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state",
    "set_rng_state_all",
    "synchronize",
]


def is_available() -> bool:
    """Whether tensors can be made on an NVIDIA GPU: `torch.cuda.is_available`."""
    return device_count() > 0


def device_count() -> int:
    """How many NVIDIA GPUs MLX finds: `torch.cuda.device_count`."""
    return 0 if sys.platform == "darwin" else _C._gpu_count()


def is_initialized() -> bool:
    """Whether GPUs are in use: `torch.cuda.is_initialized`. MLX prepares them as it is loaded."""
    return is_available()


def init() -> None:
    """Does nothing: `torch.cuda.init`. MLX prepares GPUs as it is loaded."""
    _require()


def current_device() -> int:
    """The number of the GPU that "cuda" means: `torch.cuda.current_device`. Always 0."""
    _require()
    return 0


def set_device(device: Any) -> None:
    """Chooses the GPU that "cuda" means: `torch.cuda.set_device`.

    Raises:
        NotImplementedError: the GPU is not the first one; name it where tensors are made.
    """
    if _index(device) != 0:
        raise NotImplementedError(f"torch.cuda.set_device: only GPU 0 can be the current one, not {device}")


class device:  # noqa: N801 (torch's name)
    """Chooses the GPU that "cuda" means inside a `with` block: `torch.cuda.device`. See `set_device`."""

    def __init__(self, device: Any) -> None:
        self.idx = _index(device)

    def __enter__(self) -> None:
        set_device(self.idx)

    def __exit__(self, *exception: object) -> None:
        pass


def get_device_name(device: Any = None) -> str:
    """The product name of a GPU: `torch.cuda.get_device_name`."""
    return _C._device_info(f"cuda:{_index(device)}")["device_name"]


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of a GPU, major and minor: `torch.cuda.get_device_capability`."""
    known = _C._device_info(f"cuda:{_index(device)}")
    return int(known["compute_capability_major"]), int(known["compute_capability_minor"])


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: `torch.cuda.is_bf16_supported`. Emulated where it is older than Ampere."""
    return is_available() and (including_emulation or get_device_capability()[0] >= 8)


def synchronize(device: Any = None) -> None:
    """Waits until everything that was asked for is computed: `torch.cuda.synchronize`."""
    _C._synchronize(f"cuda:{_index(device)}")


def memory_allocated(device: Any = None) -> int:
    """Bytes in tensors: `torch.cuda.memory_allocated`. Differs from torch: of all GPUs together."""
    return _C._memory()[0] if is_available() else 0


def max_memory_allocated(device: Any = None) -> int:
    """The most that `memory_allocated` was since `reset_peak_memory_stats`: `torch.cuda.max_memory_allocated`."""
    return _C._memory()[1] if is_available() else 0


def memory_reserved(device: Any = None) -> int:
    """Bytes in tensors and kept for reuse: `torch.cuda.memory_reserved`. Differs from torch: of all GPUs together."""
    active, _, kept, _ = _C._memory()
    return active + kept if is_available() else 0


def max_memory_reserved(device: Any = None) -> int:
    """The larger of `max_memory_allocated` and `memory_reserved`: `torch.cuda.max_memory_reserved`.

    Differs from torch: MLX does not know the true one.
    """
    return max(max_memory_allocated(device), memory_reserved(device))


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes that are free, and all bytes, of a GPU: `torch.cuda.mem_get_info`."""
    known = _C._device_info(f"cuda:{_index(device)}")
    return int(known["free_memory"]), int(known["total_memory"])


def reset_peak_memory_stats(device: Any = None) -> None:
    """Starts the count of `max_memory_allocated` anew: `torch.cuda.reset_peak_memory_stats`."""
    _index(device)
    _C._reset_peak_memory()


def empty_cache() -> None:
    """Gives memory kept for reuse back to the GPU: `torch.cuda.empty_cache`. Waits for pending work."""
    if is_available():
        _C._clear_cache()


def manual_seed(seed: int) -> None:
    """Starts the stream of this seed on the current GPU, if there is one: `torch.cuda.manual_seed`."""
    if is_available():
        _generator(None).manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Starts the stream of this seed on every GPU: `torch.cuda.manual_seed_all`."""
    for index in range(device_count()):
        _generator(index).manual_seed(seed)


def seed() -> None:
    """Starts a stream that no one foresees on the current GPU, if there is one: `torch.cuda.seed`."""
    if is_available():
        _generator(None).seed()


def seed_all() -> None:
    """Starts one stream that no one foresees on every GPU: `torch.cuda.seed_all`."""
    if is_available():
        manual_seed_all(_generator(None).seed())


def initial_seed() -> int:
    """The seed of the current GPU's stream: `torch.cuda.initial_seed`."""
    return _generator(None).initial_seed()


def get_rng_state(device: Any = "cuda") -> Tensor:
    """The state of a GPU's stream as bytes: `torch.cuda.get_rng_state`."""
    return _generator(device).get_state()


def set_rng_state(new_state: Tensor, device: Any = "cuda") -> None:
    """Sets the state of a GPU's stream: `torch.cuda.set_rng_state`."""
    _generator(device).set_state(new_state)


def get_rng_state_all() -> list[Tensor]:
    """The state of every GPU's stream: `torch.cuda.get_rng_state_all`."""
    return [get_rng_state(index) for index in range(device_count())]


def set_rng_state_all(new_states: Iterable[Tensor]) -> None:
    """Sets the state of every GPU's stream: `torch.cuda.set_rng_state_all`."""
    for index, state in enumerate(new_states):
        set_rng_state(state, index)


def _require() -> None:
    if not is_available():
        raise RuntimeError("Found no NVIDIA GPU: the installed backend of MLX has none in this process")


def _index(device: Any) -> int:
    """The number of a GPU that is named by number, name, device or None for the current one."""
    _require()
    if isinstance(device, int):
        index = device
    elif device is None:
        return 0
    else:
        named = _C.device(device)
        if named.type != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {device}")
        index = named.index or 0
    if index < 0:
        return 0
    if index >= device_count():
        raise RuntimeError(f"CUDA device {index} was asked for, and there are {device_count()}")
    return index


def _generator(device: Any) -> Generator:
    return _C._default_generator(f"cuda:{_index(device)}")


if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.cuda")
