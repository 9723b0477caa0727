"""Holds `torch.compiler`: what programs ask about compilation, and forgetting what was compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flashlight import _C
from flashlight._compile import compile, forget_all
from flashlight._missing import attributes_of

__all__ = ["compile", "disable", "is_compiling", "is_dynamo_compiling", "reset"]


def is_compiling() -> bool:
    """Whether a compiled function is being recorded on this thread."""
    return _C._is_tracing()


def is_dynamo_compiling() -> bool:
    """The same as `is_compiling`."""
    return is_compiling()


def reset() -> None:
    """Forgets what was recorded of every compiled function."""
    forget_all()


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Makes a function that no compiled function may call: a program cannot leave itself in the middle.

    Args:
        fn: the function; None makes a decorator.
        recursive: only True.
        reason: said in the error.

    Raises:
        NotImplementedError: `recursive=False`; later, where a compiled function calls it.
    """
    if fn is None:
        return functools.partial(disable, recursive=recursive, reason=reason)
    if not recursive:
        raise NotImplementedError("torch.compiler.disable: recursive=False is not implemented")

    @functools.wraps(fn)
    def disabled(*args: Any, **kwargs: Any) -> Any:
        if is_compiling():
            why = f" ({reason})" if reason else ""
            raise NotImplementedError(
                f"torch.compiler.disable: a compiled function calls {getattr(fn, '__name__', fn)}, which is not to be "
                f"compiled{why}; Flashlight records whole functions: call it outside"
            )
        return fn(*args, **kwargs)

    return disabled


if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.compiler")
