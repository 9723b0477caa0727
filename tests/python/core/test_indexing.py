"""Holds tests of what stands between brackets: values, views, gradients and refusals are torch's."""

import warnings

import numpy
import pytest
from comparison import assert_alike, attempt, refuses

import flashlight as fl


def grid(library, *shape):
    count = int(numpy.prod(shape))
    return library.arange(float(count)).view(shape).clone()


KEYS = {
    "integer": lambda t: 1,
    "negative": lambda t: -1,
    "tuple": lambda t: (1, 2),
    "all": lambda t: (1, 2, 3),
    "slice": lambda t: slice(1, 3),
    "open slice": lambda t: slice(None, -1),
    "far slice": lambda t: slice(-100, 100),
    "empty slice": lambda t: slice(2, 1),
    "huge slice": lambda t: slice(0, 10**30),
    "step": lambda t: (slice(None), slice(0, 3, 2)),
    "ellipsis": lambda t: (..., 1),
    "middle ellipsis": lambda t: (0, ..., slice(1, 3)),
    "lone ellipsis": lambda t: ...,
    "new axis": lambda t: (None, 1, None),
    "new axis at the end": lambda t: (..., None),
    "empty tuple": lambda t: (),
    "numpy integer": lambda t: numpy.int64(1),
    "tensor integer": lambda t: t.tensor(1),
    "tensor integers": lambda t: (t.tensor(1), t.tensor(-1)),
    "slice of tensors": lambda t: slice(t.tensor(0), t.tensor(2)),
    "list": lambda t: [0, 2, 0],
    "negative list": lambda t: [-1, -2],
    "two lists": lambda t: ([0, 1], [1, 2]),
    "lists apart": lambda t: ([0, 1], slice(None), [1, 2]),
    "lists with an integer": lambda t: (0, slice(None), [1, 2]),
    "broadcast": lambda t: ([[0], [1]], [0, 2]),
    "index tensor": lambda t: t.tensor([[0, 1], [2, 0]]),
    "index tensor behind": lambda t: (slice(None), t.tensor([2, 0])),
    "int32 tensor": lambda t: t.tensor([1, 0], dtype=t.int32),
    "numpy array": lambda t: numpy.array([1, 0]),
    "range": lambda t: range(2),
    "mask": lambda t: t.tensor([True, False, True]),
    "list mask": lambda t: [True, False, True],
    "full mask": lambda t: grid(t, 3, 4, 5) > 20,
    "mask of two axes": lambda t: t.ones(3, 4, dtype=t.bool),
    "mask behind": lambda t: (slice(None), t.tensor([True, False, True, True])),
    "mask with list": lambda t: (t.tensor([True, False, True]), [0, 1]),
    "numpy mask": lambda t: numpy.array([True, False, True]),
    "empty mask": lambda t: t.zeros(3, dtype=t.bool),
    "true": lambda t: True,
    "false": lambda t: False,
    "true among": lambda t: (True, 1),
    "empty list": lambda t: [],
    "empty tensor": lambda t: t.tensor([], dtype=t.int64),
    "index and new axis": lambda t: (None, [0, 1]),
    "index and ellipsis": lambda t: ([0, 1], ..., 2),
}

WRONG = {
    "too far": lambda t: 3,
    "too far below": lambda t: -4,
    "too far behind": lambda t: (0, 4),
    "too many": lambda t: (0, 0, 0, 0),
    "float": lambda t: 1.5,
    "text": lambda t: "a",
    "dictionary": lambda t: {},
    "object": lambda t: object(),
    "backwards": lambda t: slice(None, None, -1),
    "no step": lambda t: slice(None, None, 0),
    "slice of text": lambda t: slice("a", None),
    "slice of floats": lambda t: slice(0.5, None),
    "list too far": lambda t: [0, 3],
    "tensor too far": lambda t: t.tensor([0, -4]),
    "float tensor": lambda t: t.tensor([0.0]),
    "lists that do not fit": lambda t: ([0, 1], [0, 1, 2]),
    "mask of another size": lambda t: t.tensor([True, False]),
    "mask of another shape": lambda t: t.ones(3, 5, dtype=t.bool),
    "too many lists": lambda t: ([0], [0], [0], [0]),
}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_reading(key):
    def program(library):
        x = grid(library, 3, 4, 5).requires_grad_()
        y = x[key(library)]
        weight = library.arange(1.0, y.numel() + 1).view(y.shape)
        (y * weight).sum().backward()
        return y, x.grad, y._base is x, y._version

    assert_alike(program)


@pytest.mark.parametrize("key", [KEYS[n] for n in KEYS if n != "false"], ids=[n for n in KEYS if n != "false"])
def test_writing_a_number(key):
    def program(library):
        w = grid(library, 3, 4, 5).requires_grad_()
        x = w * 1
        x[key(library)] = -7
        (x * grid(library, 3, 4, 5)).sum().backward()
        return x, x._version, w.grad

    assert_alike(program)


# Of nothing written torch makes no gradient.
WRITTEN = {name: key for name, key in KEYS.items() if name != "false"}


@pytest.mark.parametrize("key", WRITTEN.values(), ids=WRITTEN)
def test_writing_a_tensor(key):
    def program(library):
        w = grid(library, 3, 4, 5).requires_grad_()
        x = w * 1
        shape = x[key(library)].shape
        value = library.linspace(-1, 1, shape.numel()).view(shape).requires_grad_()
        x[key(library)] = value * 2
        (x * grid(library, 3, 4, 5) + w * 0).sum().backward()
        return x, w.grad, value.grad

    assert_alike(program)


def test_of_several_values_for_one_place_a_cpu_keeps_the_last():
    def program(library):
        x, values = library.zeros(3), library.tensor([1.0, 2.0, 3.0], requires_grad=True)
        x[[0, 2, 0]] = values
        x.sum().backward()
        return x, values.grad

    assert_alike(program)


@pytest.mark.parametrize("key", WRONG.values(), ids=WRONG)
def test_refusals(key):
    def program(library):
        x = grid(library, 3, 4, 5)
        reading = refuses(lambda: x[key(library)])
        writing = refuses(lambda: x.__setitem__(key(library), 1.0))
        return reading, writing, x._version

    assert_alike(program)
    x = fl.zeros(3, 4, 5)
    assert refuses(lambda: x.__setitem__(key(fl), 1.0))
    assert not x.any()


def test_messages_name_the_index_the_axis_and_the_size():
    def program(library):
        x, s = library.zeros(3, 4), library.tensor(1.0)
        return (
            attempt(lambda: x[5]),
            attempt(lambda: x[0, -5]),
            attempt(lambda: x[0, 0, 0]),
            attempt(lambda: x[1.5]),
            attempt(lambda: s[0]),
            attempt(lambda: x[::-1]),
            attempt(lambda: x[[0, 1], [0, 1, 2]]),
            attempt(lambda: x[library.ones(2, dtype=library.bool)]),
            attempt(lambda: x[library.zeros(2)]),
        )

    assert_alike(program)


def test_writing_what_does_not_fit_is_refused():
    def program(library):
        x = library.zeros(3, 4)
        return (
            refuses(lambda: x.__setitem__(0, library.zeros(3))),
            refuses(lambda: x.__setitem__(0, library.zeros(2, 4))),
            refuses(lambda: x.__setitem__([0, 1], library.zeros(3, 4))),
            refuses(lambda: x.__setitem__(x == 0, library.zeros(5))),
            refuses(lambda: x.__setitem__(0, "a")),
            refuses(lambda: x.__setitem__(0, None)),
            refuses(lambda: x.__setitem__(0, 1j)),
            refuses(lambda: x.__delitem__(0)),
            x,
            x._version,
        )

    assert_alike(program)


def test_values_are_converted_to_the_tensors_type():
    def program(library):
        results = []
        for dtype in ("int64", "uint8", "bool", "float16"):
            x = library.zeros(4, dtype=getattr(library, dtype))
            x[0] = 2.9
            x[1] = library.tensor(1.9, dtype=library.float64)
            x[2] = True
            x[3] = library.tensor([3.5])
            results.append(x)
        return results

    assert_alike(program)


def test_scalars_are_indexed_by_nothing_ellipses_and_masks():
    def program(library):
        s = library.tensor(2.0)
        t = s.clone()
        t[...] = 3
        u = s.clone()
        u[()] = 4
        v = s.clone()
        v[v > 1] = 5
        return s[None], s[...], s[()], s[True], s[False], t, u, v, s[None]._base is s

    assert_alike(program)


def test_empty_tensors_are_indexed():
    def program(library):
        e = library.zeros(0, 3)
        return e[:, 1], e[library.zeros(0, dtype=library.int64)], e[e > 0], refuses(lambda: e[0]), e[:0].shape

    assert_alike(program)
