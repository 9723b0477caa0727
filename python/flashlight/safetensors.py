"""Holds reading and writing of safetensors files, bytes kept as they are; refuses every other format.

Stands where `safetensors.torch` stands beside torch. Every dtype goes in and out bit by bit, bfloat16 included.
Differs from `safetensors.torch`: tensors that share memory are each written in full instead of refused, and tensors
that are not contiguous are written in order instead of refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import safetensors

from flashlight import _C
from flashlight._C import Tensor

__all__ = ["load", "load_file", "save", "save_file"]

# The format's names of dtypes, and ours.
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


def _pieces(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None) -> Iterator[bytes]:
    """The parts of a file in order: the header with its length, then the values of each tensor.

    Wide dtypes come first, so that every tensor begins at a multiple of its own width.
    """
    if not isinstance(tensors, Mapping):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    names = {getattr(_C, ours): theirs for theirs, ours in _DTYPES.items() if hasattr(_C, ours)}
    for key, tensor in tensors.items():
        if not isinstance(key, str):
            raise ValueError(f"safetensors: keys must be strings, found {key!r} of type {type(key).__name__}")
        if not isinstance(tensor, Tensor):
            raise ValueError(f"Key `{key}` is invalid, expected torch.Tensor but received {type(tensor)}")
        if tensor.dtype not in names:
            raise ValueError(f"Key `{key}` has {tensor.dtype}, which a safetensors file cannot hold")
    order = sorted(tensors, key=lambda key: (-tensors[key].element_size(), key))
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": dict(metadata)}
    end = 0
    for key in order:
        tensor = tensors[key]
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[key] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little")
    yield text
    for key in order:
        yield _C._tensor_to_bytes(tensors[key])


def save(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file: `safetensors.torch.save`.

    Args:
        tensors: tensors by name, on any device.
        metadata: text by name, kept in the header.

    Raises:
        ValueError: a key is no string, or a value is no tensor of a dtype the format knows.
    """
    return b"".join(_pieces(tensors, metadata))


def save_file(
    tensors: Mapping[str, Tensor], filename: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Writes a safetensors file: `safetensors.torch.save_file`. Arguments and errors are those of `save`."""
    pieces = _pieces(tensors, metadata)
    # The header is made, and the tensors are looked at, before an existing file is overwritten.
    first = next(pieces)
    with open(filename, "wb") as file:
        file.write(first)
        file.writelines(pieces)


def load(data: bytes, device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors in the bytes of a safetensors file: `safetensors.torch.load`.

    Args:
        data: the whole file.
        device: where the tensors go.

    Raises:
        safetensors.SafetensorError: the bytes are no valid file.
        NotImplementedError: a tensor has a dtype that Flashlight lacks.
    """
    tensors = {}
    for name, entry in safetensors.deserialize(data):
        dtype = getattr(_C, _DTYPES.get(entry["dtype"], ""), None)
        if dtype is None:
            raise NotImplementedError(f"safetensors: tensor {name!r} has dtype {entry['dtype']}, which is not provided")
        tensor = _C._tensor_from_bytes(entry["data"], dtype, tuple(entry["shape"]))
        tensors[name] = tensor if str(device) == "cpu" else tensor.to(device)
    return tensors


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """Reads a safetensors file: `safetensors.torch.load_file`. Errors are those of `load`."""
    with open(filename, "rb") as file:
        return load(file.read(), device)
