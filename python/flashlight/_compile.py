"""Holds `flashlight.compile`; recording, cache and guards are the core's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flashlight import _C
from flashlight.nn.modules.module import Module

__all__ = ["OptimizedModule", "compile"]

Function = Callable[..., Any]


class OptimizedModule(Module):
    """A module whose calls are compiled; everything else is the module's own: what `torch.compile(module)` returns.

    Args:
        module: the module.
        options: those of `compile`.
    """

    def __init__(self, module: Module, options: dict[str, Any]) -> None:
        super().__init__()
        self._orig_mod = module
        self.__dict__["_compiled"] = _C.CompiledFunction(module, **options)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the compiled module."""
        return self.__dict__["_compiled"](*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._orig_mod, name)

    def train(self, mode: bool = True) -> OptimizedModule:
        """Sets the mode of the module too."""
        self._orig_mod.train(mode)
        self.training = mode
        return self


def compile(
    model: Function | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Function = "mlx",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """Compiles a function, a method, a module, or a whole training step: `torch.compile`.

    The first call with new arguments records what the function does with tensors, on those arguments; later calls run
    the recorded program and none of the function's Python. What it writes (parameters, gradients, statistics, optimiser
    state, random state) is put down at the end of each call, at once.

    Args:
        model: what is called; None makes a decorator.
        fullgraph: refuse functions that decide on elements of tensors.
        dynamic: sizes are always taken as they are: only None and False.
        backend: only "mlx"; torch's name "inductor" stands for it.
        mode: torch's names are taken; they change nothing.
        options: "numerics", how far the optimiser may change numbers: "exact" keeps every bit, "reassoc" (the default)
            may round otherwise, "fast" may treat infinities otherwise, and "none" runs what was recorded.
        disable: give the function back as it is.

    Raises:
        NotImplementedError: `dynamic=True`, another backend, or options.
    """
    if model is None:
        return functools.partial(
            compile,
            fullgraph=fullgraph,
            dynamic=dynamic,
            backend=backend,
            mode=mode,
            options=options,
            disable=disable,
        )
    if disable:
        return model
    if dynamic:
        raise NotImplementedError("torch.compile: dynamic=True is not implemented; sizes are taken as they are")
    if backend not in ("mlx", "inductor"):
        raise NotImplementedError(f"torch.compile: the backend {backend!r} is not implemented; use 'mlx'")
    if mode not in (None, "default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"):
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: default, reduce-overhead, max-autotune")
    given = dict(options or {})
    settings = {"fullgraph": fullgraph, "numerics": given.pop("numerics", "reassoc")}
    if given:
        raise NotImplementedError(f"torch.compile: the option {next(iter(given))!r} is not implemented")
    if isinstance(model, Module):
        return OptimizedModule(model, settings)
    if not callable(model):
        raise TypeError(f"compile: takes a function or a module, not {type(model).__name__}")
    return functools.update_wrapper(_C.CompiledFunction(model, **settings), model)
