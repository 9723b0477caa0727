"""Holds tests of datasets, samplers, collation and DataLoader against torch's: the same batches for the same seed."""

import collections
import types

import numpy
import pytest
import torch
from conversion import as_torch, assert_equal, raised

import flashlight as fl

LIBRARIES = (fl, torch)
Pair = collections.namedtuple("Pair", ["x", "y"])


def rows(library, count=10):
    return library.utils.data.TensorDataset(library.arange(count * 3).reshape(count, 3).float(), library.arange(count))


def squares(library, count=10):
    class Squares(library.utils.data.Dataset):
        def __len__(self):
            return count

        def __getitem__(self, index):
            if index >= count:
                raise IndexError(index)
            return {"x": library.tensor([index, index**2]), "name": str(index), "pair": (index, index / 2)}

    return Squares()


def stream(library, count=7):
    class Stream(library.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(count))

        def __len__(self):
            return count

    return Stream()


def loader(library, make=rows, **options):
    return library.utils.data.DataLoader(make(library), **options)


def passes(library, make, options, times=2):
    library.manual_seed(4)
    given = {key: value(library) if isinstance(value, types.LambdaType) else value for key, value in options.items()}
    loads = loader(library, make, **given)
    batches = [[as_torch(batch) for batch in loads] for _ in range(times)]
    return batches, as_torch(library.rand(2))


OPTIONS = [
    {},
    {"batch_size": 4},
    {"batch_size": 4, "drop_last": True},
    {"batch_size": None},
    {"batch_size": 3, "shuffle": True},
    {"batch_size": 3, "shuffle": True, "generator": lambda library: library.Generator().manual_seed(9)},
    {"batch_sampler": [[1, 2], [-1, 0, 4]]},
    {"batch_size": 2, "sampler": [5, 3, 1]},
    {"batch_size": 2, "pin_memory": False, "shuffle": False, "timeout": 0, "in_order": True},
]


@pytest.mark.parametrize("make", [rows, squares])
@pytest.mark.parametrize("options", OPTIONS)
def test_batches_are_torch_batches(make, options):
    if make is squares and "batch_sampler" in options:
        options = {"batch_sampler": [[1, 2], [0, 4]]}
    ours, theirs = (passes(library, make, options) for library in LIBRARIES)
    assert_equal(ours, theirs)


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}])
def test_streams_are_torch_streams(options):
    ours, theirs = (passes(library, stream, options) for library in LIBRARIES)
    assert_equal(ours, theirs)
    ours, theirs = (len(loader(library, stream, **options)) for library in LIBRARIES)
    assert ours == theirs


@pytest.mark.parametrize("options", [each for each in OPTIONS if "generator" not in each])
def test_length_is_torch_length(options):
    ours, theirs = (len(loader(library, rows, **options)) for library in LIBRARIES)
    assert ours == theirs


def test_a_stream_longer_than_it_says_warns():
    class Liar(fl.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(3))

        def __len__(self):
            return 1

    loads = fl.utils.data.DataLoader(Liar())
    len(loads)
    with pytest.warns(UserWarning, match="Length of IterableDataset"):
        assert len(list(loads)) == 3


def test_gathered_rows_equal_stacked_rows():
    subset = fl.utils.data.Subset(rows(fl), [9, 2, 4, 7, 0])
    fast = list(fl.utils.data.DataLoader(subset, batch_size=2))
    slow = list(fl.utils.data.DataLoader(subset, batch_size=2, collate_fn=lambda b: fl.utils.data.default_collate(b)))
    assert_equal(fast, slow)
    assert isinstance(fast[0], list)


def test_index_outside_is_an_error():
    with pytest.raises(IndexError):
        list(fl.utils.data.DataLoader(rows(fl), batch_sampler=[[0, 10]]))


def test_random_split_is_torch_split():
    for lengths in ([7, 3], [0.25, 0.75], [0.33, 0.33, 0.34]):
        results = []
        for library in LIBRARIES:
            parts = library.utils.data.random_split(
                rows(library), lengths, generator=library.Generator().manual_seed(3)
            )
            results.append([list(part.indices) for part in parts])
        assert results[0] == results[1]
    library_default = []
    for library in LIBRARIES:
        library.manual_seed(8)
        library_default.append(list(library.utils.data.random_split(rows(library), [5, 5])[0].indices))
    assert library_default[0] == library_default[1]


SAMPLERS = {
    "sequential": lambda d, t: d.SequentialSampler(range(5)),
    "random": lambda d, t: d.RandomSampler(range(50)),
    "random with replacement": lambda d, t: d.RandomSampler(range(50), replacement=True, num_samples=70),
    "random twice over": lambda d, t: d.RandomSampler(range(5), num_samples=13),
    "random seeded": lambda d, t: d.RandomSampler(range(50), generator=t.Generator().manual_seed(1)),
    "subset": lambda d, t: d.SubsetRandomSampler([3, 5, 7, 11]),
    "batch": lambda d, t: d.BatchSampler(d.RandomSampler(range(11)), 4, False),
    "batch without last": lambda d, t: d.BatchSampler(d.SequentialSampler(range(11)), 4, True),
    "weighted": lambda d, t: d.WeightedRandomSampler([0.1, 0.5, 3.0], 20),
    "weighted without replacement": lambda d, t: d.WeightedRandomSampler([0.1, 0.5, 3.0], 2, replacement=False),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_draw_as_torch(name):
    results = []
    for library in LIBRARIES:
        library.manual_seed(12)
        try:
            sampler = SAMPLERS[name](library.utils.data, library)
        except NotImplementedError as error:
            pytest.skip(str(error))
        results.append([list(sampler), list(sampler), len(sampler), library.rand(1).item()])
    assert results[0] == results[1]


BATCHES = {
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "ints": lambda t: [1, 2],
    "bools": lambda t: [True, False],
    "floats": lambda t: [1.5, 2.0],
    "text": lambda t: ["a", "b"],
    "tuples": lambda t: [(1, t.ones(1)), (2, t.zeros(1))],
    "named tuples": lambda t: [Pair(1, 2.0), Pair(3, 4.0)],
    "lists": lambda t: [[1, "a"], [2, "b"]],
    "dictionaries": lambda t: [{"a": 1, "b": [1.0]}, {"a": 2, "b": [2.0]}],
    "ordered": lambda t: [collections.OrderedDict(b=1, a=2), collections.OrderedDict(b=3, a=4)],
    "arrays": lambda t: [numpy.arange(3), numpy.arange(3) + 1],
    "array scalars": lambda t: [numpy.float32(1), numpy.float32(2)],
    "unequal lists": lambda t: [[1], [1, 2]],
    "sets": lambda t: [{1}, {2}],
    "text arrays": lambda t: [numpy.array(["a"]), numpy.array(["b"])],
}


@pytest.mark.parametrize("name", BATCHES)
def test_default_collate_is_torch_collate(name):
    outcomes = []
    for library in LIBRARIES:
        try:
            result = library.utils.data.default_collate(BATCHES[name](library))
            outcomes.append((type(result).__name__, as_torch(result)))
        except Exception as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0][0] == outcomes[1][0]
    assert_equal(outcomes[0][1], outcomes[1][1])


def test_default_convert_makes_tensors_of_arrays():
    sample = {"a": numpy.arange(3), "b": (numpy.ones(2), "text", 3), "c": [numpy.float32(2)], "d": numpy.array(["x"])}
    ours, theirs = (library.utils.data.default_convert(sample) for library in LIBRARIES)
    assert_equal(ours["a"], theirs["a"])
    assert type(ours["b"]) is type(theirs["b"])
    assert_equal(ours["b"][0], theirs["b"][0])
    assert ours["b"][1:] == theirs["b"][1:]
    assert_equal(ours["c"], theirs["c"])
    assert ours["d"] is sample["d"]


def test_datasets_combine_as_in_torch():
    results = []
    for library in LIBRARIES:
        data = library.utils.data
        joined = rows(library, 3) + rows(library, 2)
        stacked = data.StackDataset(a=rows(library, 3), b=squares(library, 3))
        chained = stream(library, 2) + stream(library, 3)
        results.append(
            [
                [as_torch(joined[index]) for index in (0, 2, 3, 4, -1)],
                len(joined),
                joined.cumulative_sizes,
                as_torch(stacked[1]),
                as_torch(stacked.__getitems__([0, 2])),
                as_torch(data.StackDataset(rows(library, 3), rows(library, 3))[2]),
                list(chained),
                len(chained),
                as_torch(data.Subset(rows(library), [3, 1])[1]),
            ]
        )
    assert_equal(*results)


ERRORS = {
    "no getitem": lambda d, t: d.Dataset()[0],
    "sizes": lambda d, t: d.TensorDataset(t.ones(2), t.ones(3)),
    "empty concat": lambda d, t: d.ConcatDataset([]),
    "concat index": lambda d, t: d.ConcatDataset([rows(t, 2)])[-3],
    "stack nothing": lambda d, t: d.StackDataset(),
    "stack sizes": lambda d, t: d.StackDataset(rows(t, 2), rows(t, 3)),
    "split sum": lambda d, t: d.random_split(rows(t), [1, 2]),
    "split fraction": lambda d, t: d.random_split(rows(t), [1.5, -0.5]),
    "random nothing": lambda d, t: d.RandomSampler([]),
    "replacement": lambda d, t: d.RandomSampler([1], replacement=3),
    "weights": lambda d, t: d.WeightedRandomSampler([0.5], 0),
    "batch size": lambda d, t: d.BatchSampler([1], 0, False),
    "drop last": lambda d, t: d.BatchSampler([1], 1, 3),
    "negative workers": lambda d, t: loader(t, num_workers=-1),
    "negative timeout": lambda d, t: loader(t, timeout=-1),
    "prefetch": lambda d, t: loader(t, prefetch_factor=2),
    "persistent": lambda d, t: loader(t, persistent_workers=True),
    "context": lambda d, t: loader(t, multiprocessing_context="spawn"),
    "sampler and shuffle": lambda d, t: loader(t, shuffle=True, sampler=[1]),
    "batch sampler and size": lambda d, t: loader(t, batch_size=2, batch_sampler=[[1]]),
    "no batches to drop": lambda d, t: loader(t, batch_size=None, drop_last=True),
    "stream shuffle": lambda d, t: loader(t, stream, shuffle=True),
    "stream sampler": lambda d, t: loader(t, stream, sampler=[1]),
    "stream batches": lambda d, t: loader(t, stream, batch_sampler=[[1]]),
    "later size": lambda d, t: setattr(loader(t), "batch_size", 3),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_torch_errors(name):
    ours, theirs = (raised(ERRORS[name], library.utils.data, library) for library in LIBRARIES)
    assert ours is not None
    assert ours == theirs


def test_workers_are_refused():
    with pytest.raises(NotImplementedError, match="num_workers=2 is not implemented"):
        loader(fl, num_workers=2)
    assert fl.utils.data.get_worker_info() is None
