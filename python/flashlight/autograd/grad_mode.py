"""Holds the context managers that switch gradient recording; refuses to hold the switch, which is the core's."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from flashlight import _C

__all__ = ["enable_grad", "inference_mode", "is_inference_mode_enabled", "no_grad", "set_grad_enabled"]

Function = TypeVar("Function", bound=Callable[..., Any])


class _GradMode:
    """Sets one mode inside a `with` block or around every call of a decorated function."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exception: object) -> None:
        raise NotImplementedError

    def clone(self) -> _GradMode:
        """A fresh manager of the same mode, so that recursive calls of one decorated function do not share state."""
        return type(self)()

    def __call__(self, function: Function) -> Function:
        """Decorates a function, or a generator function, with this mode."""
        if inspect.isclass(function):
            raise TypeError(
                f"{type(self).__name__}: decorates functions, got class {function.__qualname__}; decorate its methods"
            )
        if inspect.isgeneratorfunction(function):
            return _around_generator(self.clone, function)

        @functools.wraps(function)
        def inside_mode(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return inside_mode  # type: ignore[return-value]


def _around_generator(mode: Callable[[], _GradMode], function: Callable[..., Generator]) -> Any:
    """Wraps a generator function: the mode holds while its body runs and never while its caller does."""

    @functools.wraps(function)
    def inside_mode(*args: Any, **kwargs: Any) -> Generator:
        generator = function(*args, **kwargs)
        advance: Callable[[], Any] = functools.partial(next, generator)
        try:
            while True:
                try:
                    with mode():
                        item = advance()
                except StopIteration as stop:
                    return stop.value
                try:
                    received = yield item
                except GeneratorExit:
                    raise
                except BaseException as error:
                    advance = functools.partial(generator.throw, error)
                else:
                    advance = functools.partial(generator.send, received)
        finally:
            with mode():
                generator.close()

    return inside_mode


class _FixedGradMode(_GradMode):
    """A mode without arguments, which may therefore decorate without parentheses."""

    enabled: bool

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """A manager; or, given a function, that function decorated."""
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()
        return mode(function)

    def __init__(self) -> None:
        self.prev = True

    def __enter__(self) -> None:
        self.prev = _C.is_grad_enabled()
        _C._set_grad_enabled(self.enabled)

    def __exit__(self, *exception: object) -> None:
        _C._set_grad_enabled(self.prev)


class no_grad(_FixedGradMode):  # noqa: N801 (torch's name)
    """Records no gradients inside the block or decorated function: `torch.no_grad`.

    Results have `requires_grad=False`, except those of factories called with `requires_grad=True`. Per thread. Works
    on generator functions; `@no_grad` and `@no_grad()` are the same.
    """

    enabled = False


class enable_grad(_FixedGradMode):  # noqa: N801 (torch's name)
    """Records gradients inside the block or decorated function, also within `no_grad`: `torch.enable_grad`."""

    enabled = True


class set_grad_enabled(_GradMode):  # noqa: N801 (torch's name)
    """Switches gradient recording at once, and back at the end of a `with` block: `torch.set_grad_enabled`.

    Args:
        mode: whether to record gradients.
    """

    def __init__(self, mode: bool) -> None:
        self.prev = _C.is_grad_enabled()
        self.mode = mode
        _C._set_grad_enabled(mode)

    def __call__(self, function: Function) -> Function:
        """Decorates a function; the mode is for it alone, so what construction switched is switched back."""
        _C._set_grad_enabled(self.prev)
        return super().__call__(function)

    def __enter__(self) -> None:
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *exception: object) -> None:
        _C._set_grad_enabled(self.prev)

    def __repr__(self) -> str:
        return f"{type(self).__module__}.{type(self).__qualname__}(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        """A manager of the same mode, made where it is entered: its `prev` is the mode of that caller."""
        return type(self)(self.mode)


class _InferenceState(threading.local):
    enabled = False


_inference = _InferenceState()


class inference_mode(_GradMode):  # noqa: N801 (torch's name)
    """Records no gradients inside the block or decorated function: `torch.inference_mode`.

    Differs from torch: tensors made inside are ordinary ones, so using them later in recorded code is allowed and
    `is_inference()` stays False. `inference_mode(False)` records gradients again, as in torch.

    Args:
        mode: True for inference, False to leave it.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        """A manager; or, given a function, that function decorated."""
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self.prev = (True, False)

    def __enter__(self) -> None:
        self.prev = (_C.is_grad_enabled(), _inference.enabled)
        _C._set_grad_enabled(not self.mode)
        _inference.enabled = self.mode

    def __exit__(self, *exception: object) -> None:
        grad, _inference.enabled = self.prev
        _C._set_grad_enabled(grad)

    def clone(self) -> inference_mode:
        """A fresh manager of the same mode."""
        return type(self)(self.mode)


def is_inference_mode_enabled() -> bool:
    """Whether the calling thread is inside `inference_mode`: `torch.is_inference_mode_enabled`."""
    return _inference.enabled
