"""Holds `flashlight.compile`; recording, cache and guards are the core's."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from flashlight import _C
from flashlight.nn.modules.module import Module

__all__ = ["OptimizedModule", "compile"]

Function = Callable[..., Any]

# The folders of Python, of installed packages and of this one: what their functions name does not change.
_installed = tuple(
    {
        os.path.join(sysconfig.get_path(name), "")
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if sysconfig.get_path(name)
    }
    | {os.path.join(os.path.dirname(os.path.abspath(__file__)), "")}
)


def _is_foreign(file: str) -> bool:
    """Whether a file belongs to Python, an installed package or this one."""
    return file.startswith(("<frozen", *_installed))


def _recorded_again(function: Function, count: int, reason: str) -> None:
    """Tells that a function is recorded again, under FLASHLIGHT_LOGS="+recompiles"; warns where that is too often."""
    name = getattr(function, "__qualname__", type(function).__name__)
    if "recompiles" in os.environ.get("FLASHLIGHT_LOGS", ""):
        print(f"flashlight: {name} is recorded again, for the {count}. time: {reason}", file=sys.stderr)
    if count in (16, 64, 256):
        warnings.warn(
            f"the compiled function {name} was recorded {count} times, which takes time; lastly because {reason}. "
            "flashlight.inspect(function).reasons lists every reason.",
            RuntimeWarning,
            stacklevel=2,
        )


# Every compiled function that is in use.
_compiled: weakref.WeakSet[Any] = weakref.WeakSet()


def _compiled_function(function: Function, options: dict[str, Any]) -> Any:
    compiled = _C.CompiledFunction(function, **options)
    _compiled.add(compiled)
    return compiled


def forget_all() -> None:
    """Forgets what was recorded of every compiled function: `torch.compiler.reset`."""
    for compiled in list(_compiled):
        compiled.reset()


class OptimizedModule(Module):
    """A module whose calls are compiled; everything else is the module's own: what `torch.compile(module)` returns.

    Args:
        module: the module.
        options: those of `compile`.
    """

    def __init__(self, module: Module, options: dict[str, Any]) -> None:
        super().__init__()
        self._orig_mod = module
        self.__dict__["_compiled"] = _compiled_function(module, options)

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
        NotImplementedError: `dynamic=True`, another backend, or other options.
        RuntimeError, TypeError, ValueError: a mode that there is not, a mode beside options, arguments of other types.
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
    if not isinstance(fullgraph, bool):
        raise TypeError(f"torch.compile: fullgraph must be a bool, not {type(fullgraph).__name__}")
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
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
    return functools.update_wrapper(_compiled_function(model, settings), model)
