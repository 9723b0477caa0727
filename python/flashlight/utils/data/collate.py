"""Holds how a list of samples becomes a batch; refuses to choose the samples."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy

from flashlight import _C
from flashlight._C import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

CollateFunction = Callable[..., Any]
CollateMap = dict[Any, CollateFunction]

_NOT_COLLATED = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _holds_no_numbers(array: Any) -> bool:
    return array.dtype.kind in "SUOa"


def _rebuild_mapping(template: Any, entries: dict[Any, Any]) -> Any:
    """Entries in a mapping of the template's type, or in a dictionary where that type cannot be made so."""
    try:
        if isinstance(template, MutableMapping):
            rebuilt = copy.copy(template)
            rebuilt.update(entries)
            return rebuilt
        return type(template)(entries)
    except TypeError:
        return entries


def _rebuild_sequence(template: Any, entries: list[Any]) -> Any:
    """Entries in a sequence of the template's type, or in a list where that type cannot be made so."""
    try:
        if isinstance(template, MutableSequence):
            rebuilt = copy.copy(template)
            for index, entry in enumerate(entries):
                rebuilt[index] = entry
            return rebuilt
        return type(template)(entries)  # type: ignore[call-arg]
    except TypeError:
        return entries


def default_convert(data: Any) -> Any:
    """Makes tensors of the numpy arrays in one sample, however nested: `torch.utils.data.default_convert`.

    Tuples become lists; arrays of text or objects, and everything else, stay as they are.
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (numpy.ndarray, numpy.generic)) and not isinstance(data, (numpy.str_, numpy.bytes_)):
        return data if isinstance(data, numpy.ndarray) and _holds_no_numbers(data) else _C.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuild_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple):
        converted = [default_convert(each) for each in data]
        return type(data)(*converted) if hasattr(data, "_fields") else converted
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuild_sequence(data, [default_convert(each) for each in data])
    return data


def collate(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Makes one batch of samples of one structure: `torch.utils.data._utils.collate.collate`.

    Args:
        batch: the samples; the first decides the structure.
        collate_fn_map: for a type, or tuple of types, of leaves the function that batches them, called as
            `function(leaves, collate_fn_map=...)`.

    Raises:
        RuntimeError: sequences in the samples differ in length.
        TypeError: a leaf has a type that is not in the map.
    """
    first = batch[0]
    functions = collate_fn_map or {}
    if type(first) in functions:
        return functions[type(first)](batch, collate_fn_map=collate_fn_map)
    for kind, function in functions.items():
        if isinstance(first, kind):
            return function(batch, collate_fn_map=collate_fn_map)

    def column(leaves: Sequence[Any]) -> Any:
        return collate(leaves, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _rebuild_mapping(first, {key: column([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(column(leaves) for leaves in zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [column(leaves) for leaves in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _rebuild_sequence(first, columns)
    raise TypeError(_NOT_COLLATED.format(type(first)))


def _collate_tensors(batch: Sequence[Tensor], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return _C.stack(list(batch), 0)


def _collate_arrays(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    if _holds_no_numbers(batch[0]):
        raise TypeError(_NOT_COLLATED.format(batch[0].dtype))
    return collate([_C.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def _collate_array_scalars(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return _C.as_tensor(numpy.asarray(batch))


def _collate_floats(batch: Sequence[float], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return _C.tensor(list(batch), dtype=_C.float64)


def _collate_integers(batch: Sequence[int], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return _C.tensor(list(batch))


def _collate_text(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Sequence[Any]:
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: _collate_tensors,
    numpy.ndarray: _collate_arrays,
    (numpy.bool_, numpy.number, numpy.object_): _collate_array_scalars,
    float: _collate_floats,
    int: _collate_integers,
    str: _collate_text,
    bytes: _collate_text,
}


def default_collate(batch: Sequence[Any]) -> Any:
    """Stacks the leaves of samples along a new first dimension: `torch.utils.data.default_collate`.

    Tensors and arrays are stacked; ints become int64 and floats float64 tensors; text stays a sequence; mappings,
    named tuples and sequences keep their structure, tuples becoming lists.

    Raises:
        RuntimeError: tensors differ in shape, or sequences in length.
        TypeError: a leaf is of another type.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
