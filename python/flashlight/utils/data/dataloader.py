"""Holds DataLoader, which fetches batches of a dataset in the calling process; refuses worker processes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from flashlight import _C
from flashlight.utils.data.collate import default_collate, default_convert
from flashlight.utils.data.dataset import Dataset, IterableDataset, Subset, TensorDataset
from flashlight.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed

__all__ = ["DataLoader", "get_worker_info"]

Sample = TypeVar("Sample", covariant=True)

_FIXED = frozenset({"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"})


def get_worker_info() -> None:
    """What a worker process knows about itself; None, because there are no workers."""
    return None


class _Endless(Sampler[None]):
    """The order of a stream: there is none, so every index is None."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[Sample]):
    """Batches of a dataset, in the order of a sampler: `torch.utils.data.DataLoader`.

    The same seed shuffles as torch does. Batches are fetched in the calling process, when they are asked for.

    Args:
        dataset: samples by index, or an `IterableDataset`.
        batch_size: how many samples a batch holds; None for samples one by one, not collated.
        shuffle: whether the order is drawn anew for each pass.
        sampler: the order, instead of `shuffle`.
        batch_sampler: the lists of indices, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: only 0.
        collate_fn: makes a batch of a list of samples; `default_collate` when None.
        pin_memory, pin_memory_device: accepted; memory is shared between devices or copied when moved, and no result
            depends on it.
        drop_last: whether a smaller last batch is left out.
        timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers, in_order: for worker
            processes; checked as torch checks them without workers.
        generator: where shuffling draws from; the default generator when None.

    Raises:
        ValueError: a value is out of its range or excludes another.
        NotImplementedError: `num_workers` is positive.
    """

    dataset: Dataset[Any]
    batch_size: int | None
    num_workers: int
    drop_last: bool
    sampler: Iterable[Any]
    batch_sampler: Iterable[Any] | None
    collate_fn: Callable[..., Any]
    _initialized = False

    def __init__(
        self,
        dataset: Dataset[Sample],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[..., Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, multiprocessing_context, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator

        self._is_stream = isinstance(dataset, IterableDataset)
        if self._is_stream:
            _check_stream(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._is_stream:
                sampler = _Endless()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)  # type: ignore[arg-type]
            else:
                sampler = SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._announced_length: int | None = None
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> _LoaderIterator:
        return _LoaderIterator(self)

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self._order)  # type: ignore[arg-type]
        length = self._announced_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    @property
    def _order(self) -> Iterable[Any]:
        return self.sampler if self.batch_sampler is None else self.batch_sampler


def _check_workers(
    num_workers: int,
    timeout: float,
    multiprocessing_context: Any,
    prefetch_factor: int | None,
    persistent_workers: bool,
) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if num_workers > 0:
        raise NotImplementedError(
            f"torch.utils.data.DataLoader: num_workers={num_workers} is not implemented; use num_workers=0"
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if timeout > 0:
        raise ValueError(f"timeout={timeout} can only be used with multi-process loading (num_workers > 0)")
    if prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if multiprocessing_context is not None:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
            f"but got num_workers={num_workers}"
        )


def _check_stream(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


class _LoaderIterator(Iterator[Any]):
    """One pass over a loader."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._indices = iter(loader._order)
        # torch draws a seed for its workers here, also without any: drawing it keeps the generators in step.
        self._base_seed = draw_seed(loader.generator)
        self._stream = iter(loader.dataset) if loader._is_stream else None  # type: ignore[call-overload]
        self._stream_ended = False
        self._yielded = 0
        self._rows = _row_source(loader)

    def __len__(self) -> int:
        return len(self._loader._order)  # type: ignore[arg-type]

    def __next__(self) -> Any:
        index = next(self._indices)
        data = self._fetch(index) if self._stream is None else self._fetch_from_stream(index)
        self._yielded += 1
        announced = self._loader._announced_length
        if self._stream is not None and announced is not None and self._yielded > announced:
            warnings.warn(
                f"Length of IterableDataset {self._loader.dataset} was reported to be {announced}"
                f"(when accessing len(dataloader)), but {self._yielded} samples have been fetched. ",
                stacklevel=2,
            )
        return data

    def _fetch(self, index: Any) -> Any:
        loader = self._loader
        dataset: Any = loader.dataset
        if loader.batch_sampler is None:
            return loader.collate_fn(dataset[index])
        if self._rows is not None:
            batch = self._rows(index)
            if batch is not None:
                return batch
        if getattr(dataset, "__getitems__", None):
            return loader.collate_fn(dataset.__getitems__(index))
        return loader.collate_fn([dataset[each] for each in index])

    def _fetch_from_stream(self, index: Any) -> Any:
        loader, stream = self._loader, self._stream
        assert stream is not None
        if loader.batch_sampler is None:
            return loader.collate_fn(next(stream))
        if self._stream_ended:
            raise StopIteration
        samples = []
        for _ in index:
            try:
                samples.append(next(stream))
            except StopIteration:
                self._stream_ended = True
                break
        if not samples or (loader.drop_last and len(samples) < len(index)):
            raise StopIteration
        return loader.collate_fn(samples)

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


def _row_source(loader: DataLoader[Any]) -> Callable[[Sequence[Any]], list[Any] | None] | None:
    """Gathers a batch of a plain TensorDataset, or subsets of one, with one operation a tensor.

    The batch is the one that stacking its rows gives. None where the dataset or the collation is of another kind; the
    function gives None for indices that only `__getitem__` understands.
    """
    if loader.batch_sampler is None or loader.collate_fn is not default_collate:
        return None
    subsets: list[Subset[Any]] = []
    dataset: Any = loader.dataset
    while type(dataset) is Subset:
        subsets.append(dataset)
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset:
        return None
    tensors, length = dataset.tensors, len(dataset)

    def rows(indices: Sequence[Any]) -> list[Any] | None:
        chosen = list(indices)
        for subset in subsets:
            chosen = [subset.indices[index] for index in chosen]
        if not chosen or not all(type(index) is int and 0 <= index < length for index in chosen):
            return None
        positions: dict[Any, Any] = {}
        batch = []
        for tensor in tensors:
            if tensor.device not in positions:
                positions[tensor.device] = _C.tensor(chosen, dtype=_C.int64, device=tensor.device)
            batch.append(tensor.index_select(0, positions[tensor.device]))
        return batch

    return rows
