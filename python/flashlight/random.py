"""Holds `torch.random`: seeds and the states of the streams of random numbers; the streams are the core's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flashlight import cuda, mps
from flashlight._C import get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from flashlight._missing import attributes_of

__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """Puts the streams back at the end of a `with` block to where they were at its start: `torch.random.fork_rng`.

    Args:
        devices: the GPUs whose streams are put back beside the CPU's; all of them when None.
        enabled: whether to do anything.
        _caller: for torch's callers; not used.
        _devices_kw: for torch's callers; not used.
        device_type: "cuda" or "mps"; that of this machine when None.

    Raises:
        RuntimeError: `device_type` is another word.
    """
    if device_type not in (None, "cpu", "cuda", "mps"):
        raise RuntimeError(f"torch has no module of `{device_type}`, the device_type of fork_rng")
    if not enabled:
        yield
        return
    chosen = list(range(cuda.device_count())) if devices is None else list(devices)
    before = get_rng_state()
    on_cuda = [(device, cuda.get_rng_state(device)) for device in chosen] if cuda.is_available() else []
    on_mps = mps.get_rng_state() if mps.is_available() else None
    try:
        yield
    finally:
        set_rng_state(before)
        for device, state in on_cuda:
            cuda.set_rng_state(state, device)
        if on_mps is not None:
            mps.set_rng_state(on_mps)


if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.random")
