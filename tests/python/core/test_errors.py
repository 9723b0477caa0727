"""Holds the test that no argument crashes: every function, called with anything, answers or raises an exception."""

import json

import pytest
from subprocesses import run

import flashlight as fl

PROGRAM = """
import json, random, warnings
import numpy

warnings.simplefilter("ignore")
names, seed, rounds = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
NAN, INF = float("nan"), float("inf")


def tensor():
    shape = draw.choice([(), (0,), (1,), (3,), (2, 3), (3, 2), (2, 0, 3), (2, 3, 4), (1, 1, 1, 1), (3, 3)])
    dtype = draw.choice(["float32", "float32", "int64", "bool", "float16", "float64", "uint8", "complex64", "int32"])
    x = fl.tensor(draw.choice([0, 1, -1, 2.5, NAN, INF]) if dtype[0] == "f" else 1).to(getattr(fl, dtype))
    x = x.expand(shape) if draw.random() < 0.2 else fl.zeros(shape, dtype=x.dtype) + x
    if draw.random() < 0.3 and dtype[0] == "f":
        x = x.detach().requires_grad_()
        if draw.random() < 0.5:
            x = x * 2
    return x.t() if x.ndim == 2 and draw.random() < 0.3 else x


SIMPLE = [None, True, False, 0, 1, -1, 2, 3, 7, -5, 2**31, 2**63 - 1, -(2**63), 10**30, -(10**30), 0.0, 0.5, -1.5]
SIMPLE += [1e300, NAN, INF, 1j, "", "a", "cpu", "nowhere", "cuda:99", "mean", "sum", "none", "reflect", "tanh", b"x"]
SIMPLE += [(), [], (1,), (2, 3), [0, 1], [1, 0], (-1,), (3, -1), (10**12, 10**12), (2**62, 4), [None]]
SIMPLE += [["a"], (1.5,), [[1], [2, 3]]]
SIMPLE += [{}, {1}, object(), int, float, fl.float32, fl.int64, fl.bool, fl.complex64, fl.device("cpu"), slice(1), ...]
SIMPLE += [fl.default_generator, fl.Size([2, 3]), numpy.float32(2), numpy.arange(3), numpy.int64(1), range(3)]
SIMPLE += [lambda x: x, fl.contiguous_format, fl.strided]
SMALL = [0, 1, -1, 2, 0.5, True, None, (0,), (1, 0), (2, 3), fl.float32, fl.int64, "mean"]


def argument(depth=0):
    kind = draw.random()
    if kind < 0.45:
        return tensor()
    if kind < 0.6:
        return draw.choice(SMALL)
    if kind < 0.7 and depth < 2:
        return draw.choice([list, tuple])(argument(depth + 1) for _ in range(draw.randrange(4)))
    return draw.choice(SIMPLE)


SIZES = [0, 1, -1, 2, 3, -4, 2**40]
KINDS = {
    "Tensor": tensor,
    "Operand": lambda: tensor() if draw.random() < 0.7 else draw.choice(SMALL[:7]),
    "Tensors": lambda: draw.choice([list, tuple])(tensor() for _ in range(draw.randrange(4))),
    "Number": lambda: draw.choice([0, 1, -1, 2.5, True, NAN, INF, 2**40, 1j, 1e-300]),
    "float": lambda: draw.choice([0.0, 0.5, -1.5, NAN, INF, 1e300, 3]),
    "int": lambda: draw.choice([0, 1, -1, 2, -2, 3, 7, -9, 2**31, 2**62, -(2**63)]),
    "bool": lambda: draw.choice([True, False]),
    "ints": lambda: draw.choice([list, tuple])(draw.choice(SIZES) for _ in range(draw.randrange(4))),
    "dtype": lambda: draw.choice([fl.float32, fl.int64, fl.bool, fl.complex64, fl.float16, fl.uint8, fl.bfloat16]),
    "device": lambda: draw.choice(["cpu", fl.device("cpu"), "cuda:7", ""]),
    "str": lambda: draw.choice(["mean", "sum", "none", "floor", "trunc", "tanh", "reflect", "circular", "fro", "x"]),
    "Generator": lambda: draw.choice([None, fl.default_generator, fl.Generator()]),
}
KINDS["size"] = KINDS["ints"]


def fitting(signature):
    # Arguments of the kinds that the signature names, of any values; now and then of another kind.
    given, named, by_name = [], {}, False
    for part in signature.strip("()").split(", "):
        if part == "*":
            by_name = True
            continue
        kind, _, name = part.partition(" ")
        name, default, _ = name.partition("=")
        if not name or default and draw.random() < 0.6:
            by_name = by_name or bool(default)
            continue
        make = KINDS.get(kind.rstrip("?"), argument)
        value = None if kind.endswith("?") and draw.random() < 0.2 else argument() if draw.random() < 0.06 else make()
        if by_name:
            named[name] = value
        else:
            given.append(value)
    return given, named


signatures = {row["name"]: row["signatures"] for row in fl._C._functions()}
NAMES = "dim keepdim dtype out size input other p alpha device requires_grad generator weight reduction value".split()


def use(result):
    # Answers are computed, read and differentiated too.
    for x in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(x, fl.Tensor):
            if x.numel() < 10**6:
                repr(x)
                x.tolist()
            if x.requires_grad and x.dtype.is_floating_point:
                x.sum().backward()


places = [fl._C, fl._C._nn, fl._C.linalg, fl._C.special, fl.Tensor]
counts = {"answered": 0, "raised": 0}
for name in names:
    found = [(place, n) for place in places for n in (name, name + "_") if callable(getattr(place, n, None))]
    for _ in range(rounds if found else 0):
        place, called = draw.choice(found)
        function = getattr(place, called)
        if draw.random() < 0.7:
            given, named = fitting(draw.choice(signatures[name]))
        else:
            given = [argument() for _ in range(draw.choice([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5]))]
            named = {draw.choice(NAMES): argument() for _ in range(draw.choice([0, 0, 0, 1, 2]))}
        if place is fl.Tensor and not (given and isinstance(given[0], fl.Tensor)):
            given.insert(0, tensor())
        try:
            use(function(*given, **named))
            counts["answered"] += 1
        except (RuntimeError, TypeError, ValueError, IndexError, OverflowError, AttributeError, MemoryError) as error:
            counts["raised"] += 1
            text = str(error)
            if "panicked" in text or "internal error" in text or not text:
                print("BAD", name, repr(error)[:300], [str(g)[:60] for g in given], list(named.items()))
        except BaseException as error:
            print("BAD", name, type(error).__name__, str(error)[:300], [str(g)[:60] for g in given], named)
print(json.dumps(counts))
"""

ALL = sorted({row["name"] for row in fl._C._functions()})
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_function_survives_any_arguments(part):
    lines = run(PROGRAM, json.dumps(ALL[part::PARTS]), part, 60, limit=240).splitlines()
    assert [line for line in lines if line.startswith("BAD")] == []
    counts = json.loads(lines[-1])
    assert counts["answered"] > 100
    assert counts["raised"] > 100
