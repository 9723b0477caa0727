"""Holds the handle that every `register_*_hook` method returns; refuses to hold the hooks themselves."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import MutableMapping, Sequence
from typing import Any

__all__ = ["RemovableHandle"]


class RemovableHandle:
    """Removes one hook again: the class `torch.utils.hooks.RemovableHandle`.

    The handle refers to the hook dictionaries weakly, so keeping a handle never keeps a module alive. As a context
    manager it removes the hook on exit. Removing twice, or after the owner is gone, does nothing.

    Args:
        hooks_dict: the dictionary that holds the hook under `handle.id`.
        extra_dict: one dictionary, or several, that hold facts about the same hook under the same id.
    """

    id: int
    next_id: int = 0

    def __init__(
        self,
        hooks_dict: MutableMapping[int, Any],
        *,
        extra_dict: MutableMapping[int, Any] | Sequence[MutableMapping[int, Any]] | None = None,
    ) -> None:
        if extra_dict is None:
            others: Sequence[MutableMapping[int, Any]] = ()
        elif isinstance(extra_dict, MutableMapping):
            others = (extra_dict,)
        else:
            others = extra_dict
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.extra_dict_ref = tuple(weakref.ref(each) for each in others)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1

    def remove(self) -> None:
        """Takes the hook out of every dictionary that still exists."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.hooks_dict_ref(), self.id, tuple(reference() for reference in self.extra_dict_ref))

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        hooks, self.id, extra = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(each) for each in extra if each is not None)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)


class TensorHookHandle(RemovableHandle):
    """Removes one hook of a tensor again; keeps neither the tensor nor the hook alive.

    Args:
        hook: what the core answered when the hook was added; its `remove()` does the work.
    """

    def __init__(self, hook: Any) -> None:
        self._hook = hook
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1

    def remove(self) -> None:
        """Takes the hook off its tensor, if that still exists."""
        self._hook.remove()

    def __getstate__(self) -> Any:
        raise TypeError("the handle of a tensor's hook cannot be pickled")
