"""Holds the orders in which a dataset is read; refuses to read it.

The random ones draw from the generator exactly as torch's do, so the same seed gives the same order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar, cast

from flashlight import _C
from flashlight._C import Tensor

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

Index = TypeVar("Index", covariant=True)


class Sampler(Generic[Index]):
    """An order: `torch.utils.data.Sampler`. A subclass defines `__iter__`, usually `__len__`."""

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """The order 0, 1, 2, ...: `torch.utils.data.SequentialSampler`."""

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


def draw_seed(generator: Any = None) -> int:
    """Draws a seed, as torch's loaders do: one 63-bit integer."""
    return int(_C.empty((), dtype=_C.int64).random_(generator=generator).item())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class RandomSampler(Sampler[int]):
    """A random order: `torch.utils.data.RandomSampler`.

    Args:
        data_source: whose indices to order.
        replacement: whether an index may come twice.
        num_samples: how many to draw; the length of `data_source` when None. Without replacement more than that
            begins a new permutation.
        generator: where to draw from; when None, one seeded anew for each pass from the default generator.

    Raises:
        TypeError, ValueError: `replacement` is no bool, or there is nothing to draw.
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices a pass draws."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        length, wanted = len(self.data_source), self.num_samples
        generator = self.generator
        if generator is None:
            seed = draw_seed()
            generator = _C.Generator()
            generator.manual_seed(seed)
        if self.replacement:
            # Portions of 32, the last one also when it is empty: torch draws so.
            for size in (*itertools.repeat(32, wanted // 32), wanted % 32):
                yield from _C.randint(high=length, size=(size,), dtype=_C.int64, generator=generator).tolist()
        else:
            for count in (*itertools.repeat(length, wanted // length), wanted % length):
                yield from _C.randperm(length, generator=generator).tolist()[:count]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """A random order of given indices: `torch.utils.data.SubsetRandomSampler`.

    Args:
        indices: what to order.
        generator: where to draw from; the default generator when None.
    """

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for position in _C.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given weights: `torch.utils.data.WeightedRandomSampler`.

    Args:
        weights: one for each index; they need not sum to 1.
        num_samples: how many to draw.
        replacement: whether an index may come twice.
        generator: where to draw from; the default generator when None.

    Raises:
        ValueError: the weights have not one dimension, or a value is of another type.
        NotImplementedError: the core has no `multinomial`.
    """

    weights: Tensor
    num_samples: int
    replacement: bool

    def __init__(
        self, weights: Sequence[float] | Tensor, num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        if not _is_count(num_samples):
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not hasattr(_C, "multinomial"):
            raise NotImplementedError(
                "torch.utils.data.WeightedRandomSampler needs torch.multinomial, which is not implemented yet"
            )
        self.weights = _C.as_tensor(weights, dtype=_C.float64)
        if self.weights.dim() != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = _C.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Indices of another order in lists: `torch.utils.data.BatchSampler`.

    Args:
        sampler: the order.
        batch_size: how many indices a list holds.
        drop_last: whether a shorter last list is left out.

    Raises:
        ValueError: a value is of another type, or `batch_size` is not positive.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not _is_count(batch_size):
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        total = len(cast(Sized, self.sampler))
        return total // self.batch_size if self.drop_last else -(-total // self.batch_size)
