"""Holds the name under which error messages mention a value; refuses to judge the value."""

from __future__ import annotations

from flashlight import _C

__all__ = ["typename"]


def typename(obj: object, /) -> str:
    """Names the type of a value as `torch.typename` does.

    A tensor is named by dtype and device (`torch.FloatTensor`), anything else by module and qualified name, without
    the module for built-in types.
    """
    if isinstance(obj, _C.Tensor):
        return obj.type()
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", None)
    name = kind.__qualname__  # type: ignore[attr-defined]
    return name if module in (None, "", "builtins") else f"{module}.{name}"
