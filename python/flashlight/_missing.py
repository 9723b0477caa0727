"""Holds what asking for a part of torch raises that Flashlight does not have; torch's names are in torch_interface.txt.

docs/coverage.md lists what is there and what is not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["MissingError", "attributes_of", "interface"]


class MissingError(AttributeError, NotImplementedError):
    """Torch has it and Flashlight does not: a `NotImplementedError`, for which `hasattr` is False all the same."""


@functools.cache
def interface() -> dict[str, dict[str, str | None]]:
    """The public names of torch: by namespace, each with its parameters as text where it is called.

    One line a name, `torch.linalg.norm(A, ord, dim, keepdim, dtype, out)`. Written by tools/torch_interface.py.
    """
    namespaces: dict[str, dict[str, str | None]] = {}
    for line in Path(__file__).with_name("torch_interface.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        path, bracket, parameters = line.partition("(")
        namespace, _, name = path.rpartition(".")
        namespaces.setdefault(namespace, {})[name] = parameters.removesuffix(")") if bracket else None
    return namespaces


def attributes_of(namespace: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of the module that stands for a namespace of torch, such as "torch.linalg"."""
    module = namespace.replace("torch", "flashlight", 1)

    def missing(name: str) -> NoReturn:
        if not name.startswith("__") and name in interface().get(namespace, {}):
            raise MissingError(f"{namespace}.{name} is not implemented in {module}", name=name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)

    return missing


class MissingAttribute:
    """An attribute of torch's tensors that ours do not have."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise MissingError(f"torch.Tensor.{self.name} is not implemented in flashlight", name=self.name, obj=instance)


def complete(tensor: type) -> None:
    """Gives the class `tensor` a `MissingAttribute` for each attribute of torch's that it lacks.

    Not `__getattr__`, which would slow every call of a method down.
    """
    for name in interface()["torch.Tensor"]:
        if not hasattr(tensor, name):
            setattr(tensor, name, MissingAttribute(name))
