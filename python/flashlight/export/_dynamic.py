"""Holds sizes that callers of a program choose: how they are asked for, and example inputs of other sizes.

One size at most, wherever it stands; refuses the rest of what `torch.export` takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flashlight import _C
from flashlight._C import Tensor

__all__ = ["Dim", "Places", "places", "resized", "sizes_to_record"]


class Dim:
    """A size that callers of a program choose: `torch.export.Dim`.

    Args:
        name: what it is called.
        min: the smallest; None takes 1 where the program is the same there, else 2.
        max: the largest; None for no limit.

    Raises:
        ValueError: the limits exclude each other.
    """

    def __init__(self, name: str, *, min: int | None = None, max: int | None = None) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"torch.export.Dim: the name must be an identifier, found {name!r}")
        if (min is not None and min < 0) or (max is not None and max < (min or 2)):
            raise ValueError(f"torch.export.Dim: no size is at least {min} and at most {max}")
        self.name = self.__name__ = name
        self.min = min
        self.max = max

    def __repr__(self) -> str:
        return f"Dim({self.name!r}, min={self.min}, max={self.max})"


class Places(NamedTuple):
    """The one size and the axes that have it, each as number of the input and axis."""

    size: Dim
    axes: list[tuple[int, int]]


def places(dynamic_shapes: Any, arguments: Sequence[tuple[str, Any]], tensors: Sequence[Tensor]) -> Places | None:
    """Where `dynamic_shapes` asks for a size; None where nowhere.

    Args:
        dynamic_shapes: as torch takes it: by argument's name or in order, nested as the arguments are; for a tensor
            None, sizes by axis or a size for each axis. A size is a `Dim`, or its name.
        arguments: name and description of each argument.
        tensors: the inputs.

    Raises:
        NotImplementedError: a second size, or one of torch's hints.
        TypeError, ValueError: it does not fit the arguments.
    """
    found: list[tuple[int, int, Dim]] = []
    if isinstance(dynamic_shapes, Mapping):
        structures = dict(arguments)
        for name, wanted in dynamic_shapes.items():
            if name not in structures:
                raise ValueError(f"torch.export: dynamic_shapes names {name!r}, which is none of {list(structures)}")
            _look(wanted, structures[name], name, tensors, found)
    elif isinstance(dynamic_shapes, tuple | list):
        if len(dynamic_shapes) != len(arguments):
            raise ValueError(
                f"torch.export: dynamic_shapes has {len(dynamic_shapes)} items for {len(arguments)} arguments"
            )
        for wanted, (name, structure) in zip(dynamic_shapes, arguments, strict=True):
            _look(wanted, structure, name, tensors, found)
    elif dynamic_shapes is not None:
        raise TypeError(f"torch.export: dynamic_shapes must be a dict, tuple or list, found {dynamic_shapes!r}")
    if not found:
        return None
    names = sorted({size.name for *_, size in found})
    if len(names) > 1:
        raise NotImplementedError(
            f"torch.export: dynamic_shapes with several sizes ({', '.join(names)}) is not implemented"
        )
    sizes = {tensors[i].shape[axis] for i, axis, _ in found}
    if len(sizes) > 1:
        raise ValueError(f"torch.export: {names[0]!r} has the sizes {sorted(sizes)} in the example inputs")
    limits = [size for *_, size in found]
    least = max((d.min for d in limits if d.min is not None), default=None)
    most = min((d.max for d in limits if d.max is not None), default=None)
    return Places(Dim(names[0], min=least, max=most), [(i, axis) for i, axis, _ in found])


def _look(wanted: Any, structure: Any, path: str, tensors: Sequence[Tensor], found: list[tuple[int, int, Dim]]) -> None:
    if wanted is None:
        return
    [(form, content)] = structure.items()
    if form == "tensor":
        rank = tensors[content].dim()
        if not isinstance(wanted, Mapping) and not (isinstance(wanted, tuple | list) and len(wanted) == rank):
            raise ValueError(f"torch.export: dynamic_shapes of {path}, which has {rank} axes, is {wanted!r}")
        for axis, size in wanted.items() if isinstance(wanted, Mapping) else enumerate(wanted):
            if size is None or isinstance(size, int):
                continue
            if not isinstance(size, str | Dim):
                raise NotImplementedError(f"torch.export: dynamic_shapes with {size!r} is not implemented")
            if not -rank <= axis < rank:
                raise ValueError(f"torch.export: dynamic_shapes names axis {axis} of {path}, which has {rank}")
            found.append((content, axis % rank, Dim(size) if isinstance(size, str) else size))
        return
    if form not in ("dict", "tuple", "list", "named_tuple"):
        raise ValueError(f"torch.export: dynamic_shapes of {path}, which is no tensor, is {wanted!r}")
    parts = content["items"] if form == "named_tuple" else content
    known = dict(parts) if form == "dict" else dict(enumerate(parts))
    given: dict[Any, Any] | None = None
    if isinstance(wanted, Mapping) and form == "dict":
        given = dict(wanted)
    elif isinstance(wanted, tuple | list) and form != "dict":
        given = dict(enumerate(wanted))
    if given is None or any(key not in known for key in given):
        raise ValueError(f"torch.export: dynamic_shapes of {path} is {wanted!r}, which is not nested as {path} is")
    for key, item in given.items():
        _look(item, known[key], f"{path}.{key}", tensors, found)


def sizes_to_record(example: int, size: Dim) -> list[int]:
    """Three sizes that tell how a program depends on a size, the example's first; and 1, where that is to be tried.

    Raises:
        ValueError: there are no three.
    """
    if example < 2:
        raise ValueError(f"torch.export: {size.name!r} is {example} in the example inputs; it must be 2 or more there")
    least, most = max(size.min or 2, 2), size.max or 2**31
    others = [example + 1, 2 * example + 3, example - 1, example + 2, example - 2, *range(least, least + 8)]
    fitting = [n for n in dict.fromkeys(others) if n != example and least <= n <= most]
    if not least <= example <= most or len(fitting) < 2:
        raise ValueError(
            f"torch.export: {size!r} leaves no three sizes, {example} among them, to record the program at"
        )
    return [example, *fitting[:2], *([1] if size.min in (None, 0, 1) else [])]


def resized(tensors: Sequence[Tensor], axes: Sequence[tuple[int, int]], size: int) -> list[Tensor]:
    """The tensors with these axes cut, or repeated, to a size."""
    results = list(tensors)
    for i, axis in axes:
        tensor = results[i].detach()
        times = -(-size // tensor.shape[axis])
        results[i] = _C.cat([tensor] * times, axis).narrow(axis, 0, size)
    return results
