"""Holds how nested arguments and results are taken apart into tensors, described, and put together again.

A description is what the file's manifest holds: `{"tuple": [{"tensor": 0}, {"value": 3}]}`; docs/export.md lists its
forms. Refuses what a description cannot say.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from flashlight._C import Tensor
from flashlight._deferred import DeferredNumber

__all__ = ["PortNames", "gather", "rebuild", "take_apart"]

Structure = dict[str, Any]


class PortNames:
    """Names of input or output tensors, each used once."""

    def __init__(self) -> None:
        self.listed: list[str] = []

    def add(self, name: str) -> None:
        """The next tensor's name, told apart from those before by a number."""
        count = 1
        unused = name
        while unused in self.listed:
            count += 1
            unused = f"{name}_{count}"
        self.listed.append(unused)


def take_apart(value: Any, path: str, tensors: list[Tensor], names: PortNames, *, results: bool = False) -> Structure:
    """The description of a value; its tensors are added to `tensors`, and named.

    Args:
        value: nested tuples, lists and dictionaries of tensors, numbers, text, truth values and None.
        path: what the value is called.
        tensors: the tensors so far.
        names: their names.
        results: whether a tensor that stands there twice is one output, and numbers that are computed are outputs.

    Raises:
        TypeError: something else stands there.
    """

    def within(item: Any, key: Any) -> Structure:
        # What a whole result calls its parts is what they are called.
        own = results and path == "output" and isinstance(key, str)
        return take_apart(item, key if own else f"{path}.{key}", tensors, names, results=results)

    if isinstance(value, Tensor):
        if results:
            for place, known in enumerate(tensors):
                if known is value:
                    return {"tensor": place}
        return {"tensor": _add(value, path, tensors, names)}
    if results and isinstance(value, DeferredNumber):
        return {"number": _add(value._flashlight_deferred, path, tensors, names)}
    fields: Any = getattr(value, "_fields", None)
    if isinstance(value, tuple) and fields is not None:
        items = [within(item, field) for field, item in zip(fields, value, strict=True)]
        return {"named_tuple": {"name": type(value).__name__, "fields": list(fields), "items": items}}
    if isinstance(value, tuple):
        return {"tuple": [within(item, place) for place, item in enumerate(value)]}
    if isinstance(value, list):
        return {"list": [within(item, place) for place, item in enumerate(value)]}
    if isinstance(value, dict):
        items = []
        for key, item in value.items():
            if type(key) not in (str, int):
                raise TypeError(f"torch.export: the keys of {path} must be text or integers, found {key!r}")
            items.append([key, within(item, key)])
        return {"dict": items}
    if value is None or type(value) in (bool, str):
        return {"value": value}
    if type(value) is int and -(2**63) <= value < 2**63:
        return {"value": value}
    if type(value) is float and value - value == 0:
        return {"value": value}
    found = repr(value) if isinstance(value, int | float) else type(value).__name__
    raise TypeError(
        f"torch.export: {path} must hold tensors, numbers, text, truth values and None in tuples, lists and "
        f"dictionaries, found {found}"
    )


def _add(tensor: Tensor, path: str, tensors: list[Tensor], names: PortNames) -> int:
    tensors.append(tensor)
    names.add(path)
    return len(tensors) - 1


def rebuild(structure: Structure, tensors: Sequence[Tensor]) -> Any:
    """The value of a description, with these tensors."""
    [(form, content)] = structure.items()
    if form == "tensor":
        return tensors[content]
    if form == "number":
        return tensors[content].item()
    if form == "tuple":
        return tuple(rebuild(item, tensors) for item in content)
    if form == "list":
        return [rebuild(item, tensors) for item in content]
    if form == "dict":
        return {key: rebuild(item, tensors) for key, item in content}
    if form == "named_tuple":
        kind = _named_tuple(content["name"], tuple(content["fields"]))
        return kind(*(rebuild(item, tensors) for item in content["items"]))
    return content


@functools.cache
def _named_tuple(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)


def gather(structure: Structure, value: Any, path: str, tensors: list[Any]) -> None:
    """Puts the tensors of a value into their places, where it is as described.

    Raises:
        TypeError: it has another structure.
        ValueError: a value that is no tensor is not the one that was exported.
    """
    [(form, content)] = structure.items()
    if form == "tensor":
        _require(isinstance(value, Tensor), path, "a tensor", value)
        tensors[content] = value
    elif form in ("tuple", "named_tuple", "list"):
        items = content["items"] if form == "named_tuple" else content
        kind = list if form == "list" else tuple
        _require(isinstance(value, kind) and len(value) == len(items), path, f"a {form} of {len(items)}", value)
        for place, (item, inner) in enumerate(zip(items, value, strict=True)):
            gather(item, inner, f"{path}[{place}]", tensors)
    elif form == "dict":
        keys = [key for key, _ in content]
        fits = isinstance(value, Mapping) and len(value) == len(keys) and all(key in value for key in keys)
        _require(fits, path, f"{{{', '.join(map(repr, keys))}}}", value)
        for key, item in content:
            gather(item, value[key], f"{path}[{key!r}]", tensors)
    elif type(value) is not type(content) or value != content:
        raise ValueError(f"the program was exported with {path} = {content!r}, which is part of it; {value!r} given")


def _require(fits: bool, path: str, wanted: str, value: Any) -> None:
    if not fits:
        size = f" of {len(value)}" if isinstance(value, tuple | list | dict) else ""
        if isinstance(value, dict):
            size = f" of {', '.join(map(repr, value))}"
        raise TypeError(f"the program was exported with {wanted} as its {path}; {type(value).__name__}{size} given")
