"""Holds `flashlight.save` and `flashlight.load`; refuses torch's zip format for now, and pickles.

The one format so far is safetensors, a flat dictionary of tensors: `torch.save(model.state_dict(), "m.safetensors")`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from flashlight import safetensors
from flashlight._C import Tensor

__all__ = ["load", "save"]

Target = str | os.PathLike[str] | BinaryIO


def save(obj: Any, f: Target, **options: Any) -> None:
    """Writes a dictionary of tensors as a safetensors file.

    Stands for `torch.save`, which writes a zip file of pickled objects: that format is not implemented yet.

    Args:
        obj: tensors by name, such as a module's `state_dict`.
        f: a path that ends in ".safetensors".
        **options: none; those of `torch.save` are refused by name.

    Raises:
        NotImplementedError: the path ends otherwise, `f` is no path, `obj` is no flat dictionary of tensors, or an
            option of `torch.save` is given.
    """
    if options:
        raise NotImplementedError(f"torch.save: the argument {next(iter(options))!r} is not implemented")
    if not isinstance(f, (str, os.PathLike)) or not os.fspath(f).endswith(".safetensors"):
        raise NotImplementedError(
            f"torch.save: torch's zip format is not implemented yet (to {f!r}); give a path that ends in "
            "'.safetensors', or use flashlight.safetensors"
        )
    if not isinstance(obj, Mapping) or not all(isinstance(value, Tensor) for value in obj.values()):
        raise NotImplementedError(
            f"torch.save: a .safetensors file holds a flat dictionary of tensors, not {type(obj).__name__} of other "
            "values; torch's zip format is not implemented yet"
        )
    safetensors.save_file(obj, f)


def load(
    f: Target, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None, **options: Any
) -> dict[str, Any]:
    """Reads a safetensors file, by its content and not its name.

    Stands for `torch.load`, which reads a zip file of pickled objects: that format is not implemented yet.

    Args:
        f: a path, or a file open for reading bytes.
        map_location: where the tensors go, a device or its name; the CPU when None.
        pickle_module: only None.
        weights_only: accepted; nothing but tensors is ever read.
        **options: none; those of `torch.load` are refused by name.

    Returns:
        The tensors by name.

    Raises:
        NotImplementedError: the file is of another format, or an argument is not honoured.
        safetensors.SafetensorError: the file is damaged.
    """
    if pickle_module is not None:
        raise NotImplementedError("torch.load: the argument 'pickle_module' is not implemented; nothing is unpickled")
    if options:
        raise NotImplementedError(f"torch.load: the argument {next(iter(options))!r} is not implemented")
    if callable(map_location) or isinstance(map_location, Mapping):
        raise NotImplementedError("torch.load: map_location must be a device or its name")
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            data = file.read()
    else:
        data = f.read()
    if data[:4] == b"PK\x03\x04" or data[:1] == b"\x80":
        raise NotImplementedError(
            f"torch.load: torch's zip and pickle formats are not implemented yet (from {f!r}); save the tensors with "
            "safetensors"
        )
    return safetensors.load(data, "cpu" if map_location is None else map_location)
