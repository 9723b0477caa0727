"""Holds calls of every function of the table, as data: arguments drawn by torch from one seed. What they must give is
`test_table.py`'s. Calls that torch refuses belong here too: the class of the exception is compared.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch

SEED = torch.Generator().manual_seed(23)
F16, BF16, F32, F64 = torch.float16, torch.bfloat16, torch.float32, torch.float64
I32, I64, U8, BOOL, C64 = torch.int32, torch.int64, torch.uint8, torch.bool, torch.complex64
NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Sample:
    """One call."""

    arguments: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    """Where it makes sense; everywhere when empty."""
    twice: bool = True
    """Whether second derivatives are compared."""


@dataclass(frozen=True)
class View:
    """A view of a tensor, taken by each package for itself."""

    base: torch.Tensor
    look: Callable[[Any], Any]


@dataclass(frozen=True)
class Constant:
    """A tensor by which nothing is differentiated."""

    tensor: torch.Tensor


def constant(argument):
    if isinstance(argument, View):
        return View(Constant(argument.base), argument.look)
    return Constant(argument) if isinstance(argument, torch.Tensor) else argument


def call(*arguments, **keywords):
    return Sample(arguments, keywords)


def only(place, *arguments, **keywords):
    return Sample(arguments, keywords, (place,))


def once(*arguments, **keywords):
    return Sample(arguments, keywords, twice=False)


def rand(*shape, low=-2.0, high=2.0, dtype=F32):
    return (torch.rand(shape, generator=SEED, dtype=F64) * (high - low) + low).to(dtype)


def whole(*shape, low=-5, high=6, dtype=I64):
    return torch.randint(low, high, shape, generator=SEED).to(dtype)


def flags(*shape):
    return whole(*shape, low=0, high=2, dtype=BOOL)


def number(x, dtype=F32):
    return torch.tensor(x, dtype=dtype)


def turned(x):
    return View(x, lambda t: t.transpose(0, -1))


def window(x):
    return View(x, lambda t: t[1:, ::2])


def spread(x, *shape):
    return View(x, lambda t: t.expand(*shape))


X, Y = rand(3, 4), rand(3, 4)
SAMPLES: dict[str, list[Sample]] = {}


def add(names, *samples):
    for name in names.split():
        SAMPLES.setdefault(name, []).extend(samples)


def of_one(names, low=-2.0, high=2.0, edges=(0.0, -0.0, 1.0, -1.0, INF, -INF, NAN), dtypes=(F64, F16, BF16, I64, BOOL)):
    """Samples of a function of each element."""
    add(
        names,
        call(rand(3, 4, low=low, high=high)),
        call(rand(low=low, high=high)),
        call(rand(0, 2)),
        call(turned(rand(2, 3, low=low, high=high))),
        call(window(rand(3, 4, low=low, high=high))),
        once(number(list(edges))),
        *(call(rand(5, low=low, high=high, dtype=dtype)) for dtype in dtypes),
        call(2.0),
        call(X, X, X, X, X),
        call(X, what=1),
        call(),
    )


of_one("exp expm1 sin cos atan arctan tanh sigmoid erf exp2 sinh cosh square neg negative abs absolute")
of_one("sign floor ceil trunc fix frac round relu")
of_one("tan", -1.3, 1.3)
of_one("log log2 log10 log1p sqrt rsqrt reciprocal", 0.3, 3.0)
of_one("atanh", -0.8, 0.8)
of_one("isnan isinf isfinite logical_not bitwise_not", dtypes=(F64, F16, I64, I32, U8, BOOL))
add("round", call(rand(6), decimals=2), call(rand(6, low=-900, high=900), decimals=-2), call(whole(3), decimals=1))
add("round", call(number([0.5, 1.5, 2.5, -0.5, -1.5])))
add("abs absolute neg negative square sign", call(whole(4, dtype=I32)), call(whole(4, dtype=U8)))
add("bitwise_not logical_not", call(whole(5)), call(flags(5)), call(turned(whole(2, 3))))

# Activations.
KINKS = number([-7.0, -6, -3, -1, -0.4, 0, 0.4, 1, 3, 6, 7, 25])
of_one("silu mish relu6 hardsigmoid hardswish selu", edges=KINKS.tolist(), dtypes=(F64, F16))
of_one("softsign tanhshrink logsigmoid", edges=KINKS.tolist(), dtypes=(F64,))
add(
    "relu relu6 silu mish hardsigmoid hardswish selu", only("functional", X, inplace=False), only("functional", X, True)
)
for name, numbers in {
    "hardtanh": [(), (-0.5, 0.7), (-1,)],
    "elu": [(), (0.5,), (2,)],
    "celu": [(), (0.5,), (2,)],
    "leaky_relu": [(), (0.3,), (0,)],
    "hardshrink": [(), (0.3,), (0,)],
    "softshrink": [(), (0.3,), (0.0,), (-1.0,)],
    "threshold": [(0.1, 20.0), (0, 3), (1.0,)],
    "softplus": [(), (2.0,), (1.0, 1.5), (3, 2)],
}.items():
    inputs = [rand(3, 4), KINKS, rand(), rand(0, 2), turned(rand(3, 2)), rand(5, dtype=F64), whole(4)]
    add(name, *(once(x, *n) for n in numbers for x in inputs[: 7 if n == numbers[0] else 2]))
add("hardtanh elu celu leaky_relu", only("functional", X, inplace=True))
add("threshold", only("functional", X, 0.5, 9.0, inplace=True))
add("gelu", *(call(x, approximate=a) for x in (X, KINKS, rand(4, dtype=F64)) for a in ("none", "tanh")))
add("gelu", call(X), call(X, approximate="x"), call(whole(3)), call(rand(0)), call(rand()))
add(
    "prelu",
    call(X, number([0.25])),
    call(rand(2, 3, 4), rand(3)),
    call(X, number(0.5)),
    call(X, rand(3)),
    call(X, rand(2, 2)),
)
add("glu", call(rand(3, 4)), call(rand(4, 3), 0), call(rand(2, 6, 2), dim=1), call(rand(3)), call(number(1.0)))

# Arithmetic.


def of_two(names, low=-2.0, high=2.0, numbers=(2, 1.5, -1), dtypes=(F64, F16, BF16, I64, I32, BOOL), **keywords):
    def draw(*shape, dtype=F32):
        return rand(*shape, low=low, high=high, dtype=dtype)

    x = draw(3, 4)
    add(
        names,
        *(
            call(*operands, **keywords)
            for operands in [
                (x, draw(3, 4)),
                (x, draw(4)),
                (draw(3, 1), draw(1, 4)),
                (x, draw()),
                (draw(), draw()),
                (draw(0, 3), draw(3)),
                (turned(draw(3, 2)), draw(2, 3)),
                (window(draw(3, 4)), draw(2, 2)),
                (spread(draw(3, 1), 3, 4), draw(3, 4)),
                *((x, n) for n in numbers),
                *((draw(4, dtype=dtype), draw(4)) for dtype in dtypes),
                *((draw(4, dtype=dtype), draw(4, dtype=dtype)) for dtype in dtypes),
                (whole(4, low=1), 2),
                (whole(4, low=1), 1.5),
                (whole(4, low=1), number(2.5)),
                (draw(4, dtype=F16), number(2.5, F64)),
                (x, draw(2, 4)),
                (x,),
                (x, "two"),
                (x, None),
                (2, x),
            ]
        ),
    )


of_two("add sub subtract mul multiply rsub")
of_two("add sub subtract rsub", alpha=2)
add("add sub subtract rsub", call(X, Y, alpha=0.5), call(whole(3), whole(3), alpha=1.5), call(X, 3, alpha=2.5))
add(
    "add sub mul",
    call(flags(4), flags(4)),
    call(flags(4), 2),
    call(X, True),
    call(whole(4, dtype=U8), whole(4, dtype=I32)),
)
add("add sub mul div true_divide", call(rand(3), 1j), call(rand(3, dtype=C64), rand(3, dtype=C64)))
of_two("div divide true_divide", 0.4, 3.0)
of_two("div divide", 0.4, 3.0, rounding_mode="floor", dtypes=(F64, I64, I32))
of_two("div divide", 0.4, 3.0, rounding_mode="trunc", dtypes=(F64, I64, I32))
of_two("floor_divide remainder", 0.4, 3.0, dtypes=(F64, F16, I64, I32))
SIGNED = (number([5.0, -5, 5, -5, 0, 1, -0.0, 0.0, 1.0]), number([3.0, 3, -3, -3, 2, 0, 3, -3, INF]))
INTEGERS = (number([7, -7, 7, -7, 0, 8, -8], I64), number([3, 3, -3, -3, 2, 4, -4], I64))
add("div floor_divide remainder", call(*SIGNED), call(*INTEGERS), call(whole(3), number([1, 0, 2], I64)))
add("div", *(call(*pair, rounding_mode=mode) for pair in (SIGNED, INTEGERS) for mode in ("floor", "trunc", "up")))
of_two("pow", 1.1, 2.0, numbers=(2, 3, 0, 0.5, -1, 1.0), dtypes=(F64, F16, I64))
add("pow", call(2, X), once(0, X), once(number([0.0, 0.0, 1.0, -2.0, 2.0]), number([0.0, 2.0, NAN, 3.0, INF])))
add(
    "pow",
    call(whole(4), 2),
    call(whole(4), whole(4, low=0, high=4)),
    call(whole(3), -1),
    call(whole(3), 0.5),
    call(rand(3), 2.0),
)
add("pow", call(number([-1.0, -2.0, 0.0]), 3), call(number([0.0, 1.0]), 0.5), call(2.5, whole(3, low=0)))
of_two("maximum minimum", dtypes=(F64, F16, I64, BOOL), numbers=(1,))
TIED = (number([1.0, 2.0, NAN, 0.0, -0.0]), number([1.0, 3.0, 1.0, NAN, 0.0]))
add("maximum minimum eq ne lt le gt ge", call(*TIED))


# Comparison.
of_two("eq ne not_equal lt less le less_equal gt greater ge greater_equal", dtypes=(F64, F16, I64, BOOL))
add("eq ne lt", call(whole(9), whole(9)), call(whole(4), 2.5), call(flags(4), True), call(flags(4), flags(4)))
add("equal", call(X, X), call(X, Y), call(X, rand(3)), call(whole(3), whole(3)), call(rand(0), rand(0)), call(X))
add("equal", call(turned(X), rand(4, 3)), call(number(2), number(2, I64)), call(number([NAN]), number([NAN])))
CLOSE = (number([1.0, 1.0, NAN, INF, -INF, 0.0]), number([1.0 + 1e-6, 1.1, NAN, INF, INF, 1e-9]))
for keywords in (
    {},
    {"equal_nan": True},
    {"rtol": 0.2},
    {"atol": 0.2, "rtol": 0.0},
    {"rtol": 0.0, "atol": 0.0},
    {"rtol": -1.0},
):
    add("isclose allclose", call(*CLOSE, **keywords))
add("isclose allclose", call(X, X), call(X, rand(4)), call(whole(3), whole(3)), call(X, X.double()), call(X, 1.0))
of_two("logical_and logical_or logical_xor", dtypes=(F64, I64, BOOL))
add(
    "logical_and logical_or logical_xor",
    call(whole(9, low=0, high=2), whole(9, low=0, high=2)),
    call(flags(4), flags(4)),
)
for pair in [
    (whole(5), whole(5)),
    (whole(2, 3), whole(3)),
    (whole(5), 3),
    (flags(5), flags(5)),
    (flags(5), True),
    (whole(4, dtype=U8), whole(4, dtype=I32)),
    (turned(whole(2, 3)), number(3, I64)),
    (X, X),
    (whole(0), whole(0)),
    (1, whole(3)),
]:
    add("bitwise_and bitwise_or bitwise_xor", call(*pair))
add(
    "where",
    call(flags(3, 4), X, Y),
    call(flags(3, 1), rand(4), rand(3, 4)),
    call(flags(3, 4), X, 0.0),
    call(flags(3, 4), 1, Y),
    call(flags(4), 1.5, 2),
    call(flags(4), whole(4), 0.5),
    call(flags(4), rand(4), rand(4, dtype=F64)),
    call(number(True, BOOL), X, Y),
    call(whole(4, low=0, high=2, dtype=U8), rand(4), rand(4)),
    call(whole(4), rand(4), rand(4)),
    call(turned(flags(2, 3)), rand(3, 2), rand()),
    call(flags(0), rand(0), rand(0)),
    call(flags(3), rand(4), rand(4)),
)

# Elementwise functions of several.
add(
    "clamp clip",
    *(call(x, *bounds) for x in (X, KINKS, rand(), rand(0)) for bounds in [(-1, 1), (None, 0.5), (0.5,), (1.0, -1.0)]),
    call(X, rand(3, 4), rand(3, 4)),
    call(X, max=rand(4)),
    call(X, min=0.5),
    call(X, rand(3, 1), None),
    call(whole(6), -2, 3),
    call(whole(6), -1.5, 2.5),
    call(whole(6), whole(6), None),
    call(rand(6, dtype=F64), -1, 1),
    call(turned(X), -1, 1),
    call(X),
    call(X, "a"),
    call(number([1.0, -1.0, 0.5]), -1.0, 1.0),
    call(number([1.0, -1.0, 0.5]), number([-1.0]), number([1.0])),
)
add(
    "clamp_min clamp_max",
    call(X, 0.5),
    call(X, rand(4)),
    call(whole(5), 2),
    call(whole(5), 1.5),
    call(X),
    call(KINKS, 1),
)
add(
    "addcmul addcdiv",
    call(X, Y, rand(3, 4, low=0.5)),
    call(X, rand(4), rand(3, 1, low=0.5), value=0.5),
    call(X, Y, rand(low=0.5), value=2),
    call(rand(), rand(), rand(low=0.5)),
    call(rand(3, dtype=F64), rand(3, dtype=F64), rand(3, low=0.5, dtype=F64), value=-1),
    call(turned(X), turned(Y), rand(4, 3, low=0.5)),
    call(whole(3), whole(3), whole(3, low=1)),
    call(whole(3), whole(3), whole(3, low=1), value=1.5),
    call(rand(3), whole(3), whole(3, low=1)),
    call(X, Y),
    call(X, rand(5), Y),
)
add(
    "lerp",
    *(call(X, Y, weight) for weight in (0.2, 0.5, 0.7, 1, 0.0, rand(3, 4), rand(), rand(4))),
    call(rand(4), X, 0.3),
    call(rand(3, dtype=F64), rand(3, dtype=F64), 0.6),
    call(X, rand(3, 4, dtype=F64), 0.5),
    call(whole(3), whole(3), 0.5),
    call(turned(X), rand(4, 3), 0.25),
)

# Contraction.
PRODUCTS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((2, 3), (2, 3)),
]
add("matmul", call(rand(), rand(3)))
add("matmul", *(call(rand(*x), rand(*y)) for x, y in PRODUCTS))
add("mm bmm mv dot outer ger", *(call(rand(*x), rand(*y)) for x, y in PRODUCTS))
for dtype in (F64, F16, BF16, I64):
    draw = whole if dtype == I64 else rand
    add("matmul mm", call(draw(2, 3, dtype=dtype), draw(3, 2, dtype=dtype)))
    add("mv", call(draw(2, 3, dtype=dtype), draw(3, dtype=dtype)))
    add("dot outer ger", call(draw(3, dtype=dtype), draw(3, dtype=dtype)))
    add("bmm", call(draw(2, 2, 3, dtype=dtype), draw(2, 3, 2, dtype=dtype)))
add("matmul mm", call(turned(rand(3, 2)), turned(rand(4, 3))), call(rand(2, 3), rand(3, 2, dtype=F64)), call(X, 2.0))
add("mm matmul", call(window(rand(3, 4)), rand(2, 2)))
add("outer ger", call(rand(3), rand(4)), call(rand(0), rand(4)), call(whole(3), rand(4)))
add(
    "addmm",
    *(call(b, rand(2, 3), rand(3, 4)) for b in (rand(2, 4), rand(4), rand(2, 1), rand(), rand(3))),
    *(call(rand(2, 4), rand(2, 3), rand(3, 4), beta=b, alpha=a) for b, a in ((2, 1), (0, 1), (0.5, -1.5))),
    call(rand(2, 4, dtype=F64), rand(2, 3, dtype=F64), rand(3, 4, dtype=F64)),
    call(rand(2, 4), turned(rand(3, 2)), rand(3, 4)),
    call(number([[NAN]]), rand(1, 3), rand(3, 1), beta=0),
    call(rand(2, 4), rand(2, 3), rand(4, 4)),
    call(rand(2, 4), rand(0, 3), rand(3, 4)),
)
add(
    "baddbmm",
    *(call(b, rand(5, 2, 3), rand(5, 3, 4)) for b in (rand(5, 2, 4), rand(4), rand(1, 2, 1))),
    call(rand(5, 2, 4), rand(5, 2, 3), rand(5, 3, 4), beta=0.5, alpha=2),
    call(rand(5, 2, 4), rand(5, 2, 3), rand(4, 3, 4)),
)
add(
    "linear",
    call(rand(2, 3), rand(4, 3), rand(4)),
    call(rand(2, 3), rand(4, 3)),
    call(rand(3), rand(4, 3), rand(4)),
    call(rand(5, 2, 3), rand(4, 3), bias=rand(4)),
    call(rand(0, 3), rand(4, 3), rand(4)),
    call(rand(2, 3, dtype=F64), rand(4, 3, dtype=F64), rand(4, dtype=F64)),
    call(rand(2, 3, dtype=F16), rand(4, 3, dtype=F16)),
    call(turned(rand(3, 2)), rand(4, 3), rand(4)),
    call(rand(2, 3), rand(3)),
    call(rand(2, 3), rand(4, 2)),
    call(rand(2, 3), rand(4, 3), rand(5)),
)

# Reductions.
DIMS = [{}, {"dim": 0}, {"dim": -1}, {"dim": 1, "keepdim": True}]
MANY = [{"dim": (0, 1)}, {"dim": [0, -1], "keepdim": True}, {"dim": None}, {"dim": None, "keepdim": True}, {"dim": []}]
WRONG = [{"dim": 3}, {"dim": -4}]
CUBE = rand(2, 3, 4)


def folds(names, dims, inputs=(), draw=rand):
    add(names, *(call(draw(2, 3, 4), **d) for d in dims))
    add(names, call(turned(draw(2, 3, 4)), dim=1), call(window(draw(3, 4)), dim=0), call(draw(2, 3, dtype=F64), dim=1))
    add(names, call(draw(0, 3), dim=1), call(draw(0, 3), dim=0), call(draw(0)), call(draw()), call(draw(), dim=0))
    add(names, *(call(x) for x in inputs), *(call(x, dim=0) for x in inputs), call(draw(3), dim="a"), call(2.0))


TWICE = [{"dim": (0, 0)}]
COUNTED = (whole(2, 3), whole(4, dtype=I32), whole(4, dtype=U8), flags(2, 3), rand(3, dtype=F16), rand(3, dtype=BF16))
folds("sum", DIMS + MANY + WRONG + TWICE + [{"dtype": F64}, {"dim": 1, "dtype": F16}], COUNTED)
folds("mean", DIMS + MANY + WRONG + TWICE + [{"dtype": F64}], COUNTED)
add("mean", call(whole(3), dtype=F32), call(number([[NAN, 1.0]]), dim=1))
folds("amax amin", DIMS + WRONG + TWICE + [{"dim": (0, 1)}, {"dim": (0, 2), "keepdim": True}, {"dim": []}], COUNTED)
folds("max min", DIMS + WRONG, COUNTED)
folds("argmax argmin", DIMS + WRONG + [{"dim": None, "keepdim": True}], COUNTED)
TIES = number([[2.0, 1.0, 2.0], [0.0, 0.0, 0.0], [1.0, NAN, 2.0]])
add("max min argmax argmin", call(TIES), *(call(TIES, dim=d) for d in (0, 1)))
# torch gives every element along a NaN a gradient of NaN here, and in max() the NaN its own.
add("amax amin", call(Constant(TIES)), *(call(Constant(TIES), dim=d) for d in (0, 1)))
add("amax amin", call(TIES[:2]), *(call(TIES[:2], dim=d) for d in (0, 1)))
add("max min", call(X, Y), call(X, rand(4)), call(*TIED), call(X, 0), call(X, 0, True), call(X, other=Y))
folds("any all", DIMS + WRONG + [{"dim": (0, 1)}, {"dim": (0, 1), "keepdim": True}], (*COUNTED, number([0.0, NAN])))
add("any all", call(flags(3, 4), dim=1), call(number([[0.0, 1.0], [0.0, 0.0]]), dim=1))
folds("count_nonzero", [{}, {"dim": 0}, {"dim": (0, 2)}, {"dim": 5}], (*COUNTED, number([0.0, NAN, -0.0])))
folds("logsumexp", [{"dim": 0}, {"dim": (0, 1)}, {"dim": -1, "keepdim": True}, {}, {"dim": 4}], (whole(3),))
add("logsumexp", call(number([[-INF, -INF], [INF, 1.0], [1e4, 1e4]]), dim=1))
STATISTICS = [{"unbiased": False}, {"dim": 1, "unbiased": False}, {"dim": (0, 1), "correction": 0, "keepdim": True}]
STATISTICS += [{"dim": 1, "correction": 2}, {"dim": None, "unbiased": False}]
folds("var std var_mean std_mean", DIMS + MANY[:-1] + WRONG + STATISTICS, (rand(3, dtype=F16), whole(3), rand(1)))
add("var std var_mean std_mean", call(X, False), call(X, 1), call(X, (0, 1)), call(X, 0, False, True))
add("std", once(torch.ones(2, 3), dim=1))
NORMS = [2, 1, 3, 0, 0.5, 2.5, INF, -INF, -1]
add("norm", *(call(CUBE, p, d) for p in NORMS for d in (None, 1, (0, 2))), call(X), call(X, "fro"), call(X, dim=1))
add(
    "linalg_vector_norm",
    *(call(CUBE, p, d) for p in NORMS for d in (None, 1, (0, 2))),
    call(X),
    call(X, dim=1, keepdim=True),
)
add(
    "norm linalg_vector_norm",
    call(turned(X), 2, 0),
    call(rand(3, dtype=F64)),
    call(whole(3)),
    call(rand(0)),
    call(X, 2, 5),
)
add(
    "norm linalg_vector_norm",
    call(X, dtype=F64),
    call(rand(3, dtype=F16)),
    call(rand(0, 3), 2, 1),
    call(rand(0, 3), 2, 0),
)
add(
    "norm linalg_vector_norm",
    once(torch.zeros(2, 3), 2, 1),
    once(torch.zeros(2, 3), 1, 1),
    once(torch.zeros(2, 3), 3, 1),
)
add("cumsum", *(call(CUBE, d) for d in (0, 1, -1, 3)), call(rand(), 0), call(rand(0, 2), 0), call(X.double(), dim=1))
add("cumsum", only("torch", flags(4), 0), only("method", X, dim=1, dtype=F64))
add("cumsum", call(whole(4), 0), call(turned(X), 0), call(rand(3, dtype=F16), 0), call(X))
add("prod", *(call(CUBE, **d) for d in DIMS + WRONG), *(call(x) for x in COUNTED), call(rand(0)), call(rand(0, 2), 0))
add("prod", call(X, dtype=F64), call(number([0.0, 2.0, 3.0])), call(number([[0.0, 0.0, 3.0], [0.0, 2.0, 5.0]]), 1))
add("prod", call(turned(X), 0), call(rand()), call(rand(), 0), call(rand(0, 2), 1), call(whole(3), dtype=F32))
SOFT = [(X, 0), (X, 1), (CUBE, -1), (rand(3), 0), (rand(), 0), (rand(0, 3), 1), (turned(X), 0), (X, 2), (whole(3), 0)]
SOFT += [(rand(3, dtype=F64), 0), (rand(3, dtype=F16), 0), (number([1e4, 1e4, -INF]), 0), (rand(3, 0), 1)]
add("softmax log_softmax softmin", *(call(*s) for s in SOFT), call(whole(3), 0, dtype=F32), call(X, dim=1, dtype=F64))
add("softmax log_softmax softmin", only("functional", X), only("functional", CUBE))

# Creation.
OPTIONS = [
    {},
    {"dtype": F64},
    {"dtype": I64},
    {"dtype": BOOL},
    {"device": "cpu"},
    {"requires_grad": True},
    {"dtype": F16},
]
add(
    "zeros ones empty rand randn",
    *(call(2, 3, **o) for o in OPTIONS),
    call((2, 3)),
    call([4]),
    call(()),
    call(0),
    call(-1),
)
add("zeros ones empty", call(size=(2,)), call(2.5), call("a"), call((2, "b")), call(2, requires_grad=True, dtype=I64))
add(
    "full",
    *(call((2, 3), 7, **o) for o in OPTIONS),
    call((), 1.5),
    call((2,), True),
    call((2,), 2j),
    call([0, 2], 1.0),
    call(3),
)
add(
    "zeros_like ones_like empty_like",
    *(call(X, **o) for o in OPTIONS),
    call(whole(3)),
    call(turned(X)),
    call(rand()),
    call(2),
)
add("full_like", *(call(X, 7, **o) for o in OPTIONS), call(whole(3), 2), call(turned(X), 1.5), call(rand(), 1), call(X))
add(
    "new_zeros new_ones new_empty",
    *(call(X, 2, 3, **o) for o in OPTIONS),
    call(whole(2), (3,)),
    call(X, ()),
    call(X, -1),
)
add("new_full", *(call(X, (2, 3), 7, **o) for o in OPTIONS), call(whole(2), (3,), 2.5), call(X, ()))
add(
    "arange",
    *(
        call(*r)
        for r in [(5,), (0,), (2, 9), (9, 2, -3), (0.0, 1.0, 0.25), (1, 2, 0.3), (5.5,), (3, 1), (1, 3, 0), (1, 3, -1)]
    ),
    *(call(4, **o) for o in OPTIONS),
    call(start=1, end=4),
    call(end=4),
    call(1, 9, step=2),
    call("a"),
    call(),
)
add("linspace", *(call(*r) for r in [(0, 1, 5), (0.0, 1.0, 1), (3, -2, 4), (0, 1, 0), (0, 9, -1), (0, 1)]))
add(
    "linspace",
    call(0, 9, 4, dtype=F64),
    call(0, 9, 4, dtype=I64),
    call(0, 9, 4, requires_grad=True),
    call(0, 1, steps=7),
)
add("eye", *(call(*n) for n in [(3,), (2, 4), (4, 2), (0,), (-1,), (2, -1)]), *(call(2, **o) for o in OPTIONS))
TRIANGLES = [
    rand(3, 4),
    rand(4, 3),
    rand(2, 3, 3),
    whole(3, 3),
    flags(3, 3),
    turned(X),
    rand(0, 3),
    rand(3, 3, dtype=F64),
]
add(
    "tril triu",
    *(call(x) for x in TRIANGLES),
    *(call(X, d) for d in (-1, 1, 9, -9)),
    call(rand(3)),
    call(X, diagonal=2),
)

# Conversion.
add(
    "clone",
    call(X),
    call(turned(X)),
    call(rand()),
    call(rand(0)),
    call(whole(3)),
    call(X, memory_format=torch.preserve_format),
)
add(
    "to",
    *(call(X, dtype) for dtype in (F64, F16, BF16, I64, U8, BOOL, F32)),
    call(whole(3), F32),
    call(flags(3), F32),
    call(number([1.9, -1.9, 0.5]), I64),
    call(X, "cpu"),
    call(X, "cpu", F64),
    call(X, dtype=F64, copy=True),
    call(X, whole(2)),
    call(X, rand(2, dtype=F64)),
    call(X, F32, False, True),
    call(turned(X), F64),
    call(X, "nowhere"),
)
add("type_as", call(X, whole(2)), call(X, rand(2, dtype=F64)), call(X, Y), call(whole(3), X), call(X, 1))
add(
    "float double half bfloat16 int long short char byte bool cpu",
    *(call(x) for x in (X, whole(3), flags(3), turned(X), rand())),
)
add("cuda", call(X, "cpu"), call(X))
add("get_device is_floating_point is_complex", call(X), call(whole(3)), call(rand(2, dtype=F16)))
for source in (Y, rand(4), rand(), whole(3, 4), rand(3, 4, dtype=F64), turned(rand(4, 3)), rand(5), 2.0):
    add("copy_", call(X, source), call(whole(3, 4), source), call(turned(rand(4, 3)), source))
add("fill_", *(call(x, n) for x in (X, whole(3), turned(X), rand(0), window(X)) for n in (2, 1.5, rand(), rand(2))))
add("zero_", call(X), call(whole(3)), call(turned(X)), call(rand()), call(flags(3)))
add("item", call(rand()), call(rand(1, 1)), call(whole()), call(flags()), call(rand(dtype=F64)), call(X), call(rand(0)))
add(
    "tolist",
    call(X),
    call(rand()),
    call(whole(2, 2)),
    call(flags(3)),
    call(rand(0, 2)),
    call(turned(X)),
    call(rand(2, 0)),
)
add("is_nonzero", call(rand()), call(number([0.0])), call(flags()), call(X), call(rand(0)))
add("detach", call(X), call(turned(X)), call(whole(3)))

# Embeddings and indices.
PLACES = whole(2, 3, low=0, high=5)
add(
    "embedding",
    call(PLACES, rand(5, 2)),
    call(PLACES, rand(5, 2), 1),
    call(PLACES, rand(5, 2), padding_idx=-1),
    call(number(3, I64), rand(5, 2)),
    call(whole(0, low=0), rand(5, 2)),
    call(PLACES.to(I32), rand(5, 2, dtype=F64)),
    call(PLACES, rand(3, 2)[:1]),
    call(rand(2), rand(5, 2)),
    call(PLACES, rand(5)),
)
add(
    "one_hot",
    call(PLACES),
    call(PLACES, 7),
    call(PLACES, 2),
    call(number(1, I64), 3),
    call(number([-1], I64)),
    call(rand(2)),
)
add("one_hot", call(whole(0, low=0)), call(whole(0, low=0), 4), call(number([1], I32)))
add(
    "index_select",
    call(CUBE, 1, number([2, 0, 2], I64)),
    call(CUBE, -1, number([1], I64)),
    call(X, 0, number([], I64)),
    call(X, 0, number(1, I64)),
    call(turned(X), 0, number([3, 1], I32)),
    call(whole(4), 0, number([3, 1], I64)),
    call(X, 0, number([3], I64)),
    call(X, 0, number([-1], I64)),
    call(X, 2, number([0], I64)),
    call(X, 0, rand(2)),
    call(X, 0, number([[0]], I64)),
)
add(
    "gather",
    call(X, 1, whole(3, 2, low=0, high=4)),
    call(X, 0, whole(2, 4, low=0, high=3)),
    call(X, -1, whole(2, 2, low=0, high=4)),
    call(turned(X), 0, whole(2, 3, low=0, high=4)),
    call(whole(4), 0, number([3, 1, 1], I64)),
    call(rand(3), 0, whole(0, low=0)),
    call(X, 1, number([[4]], I64)),
    call(X, 1, number([[-1]], I64)),
    call(X, 1, number([0], I64)),
    call(X, 2, whole(3, 2, low=0, high=3)),
    call(X, 1, rand(3, 2)),
    call(X, 1, whole(4, 2, low=0, high=3)),
)
add(
    "scatter_add",
    call(X, 1, whole(3, 2, low=0, high=4), rand(3, 2)),
    call(X, 0, whole(2, 4, low=0, high=3), rand(3, 4)),
    call(X, 1, whole(2, 2, low=0, high=4), rand(3, 4)),
    call(turned(X), 0, whole(2, 3, low=0, high=4), rand(2, 3)),
    call(rand(3), 0, number([1, 1, 1, 0], I64), rand(4)),
    call(whole(3), 0, number([1, 1, 0], I64), whole(3)),
    call(rand(3), 0, whole(0, low=0), rand(0)),
    call(X, 1, number([[4]], I64), rand(1, 1)),
    call(X, 1, whole(3, 2, low=0, high=4), rand(3, 2, dtype=F64)),
    call(X, 1, whole(3, 2, low=0, high=4), rand(2, 2)),
    call(X, 1, rand(3, 2), rand(3, 2)),
)
add(
    "masked_fill",
    *(call(X, flags(3, 4), value) for value in (2, 1.5, -INF, rand(), True)),
    call(X, flags(4), 0.0),
    call(rand(4), flags(3, 4), 0.0),
    call(X, flags(3, 1), 1),
    call(turned(X), flags(4, 3), 1),
    call(whole(3), flags(3), 2),
    call(whole(3), flags(3), 2.5),
    call(flags(3), flags(3), True),
    call(rand(), number(True, BOOL), 1.0),
    call(X, whole(3, 4), 1.0),
    call(X, flags(3, 4), rand(2)),
    call(X, flags(5), 0.0),
)
add("masked_select", call(X, flags(3, 4)), call(X, flags(4)), call(rand(4), flags(3, 4)), call(turned(X), flags(4, 3)))
add(
    "masked_select",
    call(whole(3), flags(3)),
    call(X, torch.zeros(3, 4, dtype=BOOL)),
    call(X, whole(3, 4)),
    call(X, flags(5)),
)
add("nonzero", *(call(x) for x in (flags(3, 4), whole(9), X, rand(), rand(0), turned(flags(2, 3)), number([0.0, NAN]))))
add("nonzero", call(flags(3, 4), as_tuple=True), call(number(0.0), as_tuple=True), call(whole(9), as_tuple=True))

# Losses.
REDUCTIONS = ("none", "mean", "sum")
LABELS, SCORES = whole(7, low=0, high=5), rand(7, 5)
GAPS = number([0, -100, 4, 1, -100, 2, 3], I64)
for reduction in REDUCTIONS:
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "binary_cross_entropy_with_logits"):
        add(name, call(X, rand(3, 4, low=0.1, high=1), reduction=reduction))
    add("binary_cross_entropy", call(rand(3, 4, low=0.1, high=0.9), rand(3, 4, low=0.1, high=0.9), reduction=reduction))
    add("cross_entropy nll_loss", call(SCORES, LABELS, reduction=reduction), call(SCORES, GAPS, reduction=reduction))
    add("cross_entropy nll_loss", call(SCORES, LABELS, Constant(rand(5, low=0.1)), reduction=reduction))
    add("cross_entropy", call(SCORES, GAPS, label_smoothing=0.2, reduction=reduction))
    add("cross_entropy", call(SCORES, rand(7, 5, low=0.1), reduction=reduction, label_smoothing=0.1))
    add("cross_entropy nll_loss", call(rand(2, 5, 3), whole(2, 3, low=0, high=5), ignore_index=1, reduction=reduction))
add(
    "cross_entropy nll_loss",
    call(rand(5), number(3, I64)),
    call(SCORES, LABELS, rand(4)),
    call(SCORES, whole(6, low=0)),
)
add("cross_entropy nll_loss", call(SCORES, number([9] * 7, I64)), call(SCORES, LABELS, reduction="some"), call(SCORES))
add(
    "cross_entropy nll_loss",
    call(SCORES.double(), LABELS),
    call(rand(0, 5), whole(0, low=0)),
    call(SCORES, LABELS.to(I32)),
)
add("cross_entropy", call(SCORES, LABELS, label_smoothing=1.5), call(rand(2, 5, 3, 2), whole(2, 3, 2, low=0, high=5)))
PAIRS = "mse_loss l1_loss smooth_l1_loss huber_loss"
add(
    PAIRS,
    call(X, rand(4)),
    call(X, rand(5)),
    call(X, reduction="mean"),
    call(X, Y, reduction="x"),
    call(rand(0), rand(0)),
)
add(PAIRS, call(X, X), call(turned(X), rand(4, 3)), call(X.double(), Y.double()), call(rand(), rand()), call(X, 2.0))
add("smooth_l1_loss", call(X, Y, beta=0.3), call(X, Y, beta=0.0), call(X, Y, beta=-1.0))
add("huber_loss", call(X, Y, delta=0.3), call(X, Y, delta=0.0), call(X, Y, weight=rand(3, 4)))
add(
    "mse_loss l1_loss",
    call(X, Y, weight=rand(3, 4)),
    call(X, Y, False),
    call(X, Y, None, False),
    call(whole(3), whole(3)),
)
add(
    "kl_div",
    call(X, Y, log_target=True, reduction="sum"),
    call(X, Y, reduction="batchmean"),
    call(X, rand(3, 4), reduction="x"),
)
ODDS = number([0.0, 1.0, 0.3])
add(
    "binary_cross_entropy",
    once(ODDS, Constant(number([0.0, 1.0, 0.2]))),
    call(number([1.5]), number([1.0])),
    call(ODDS, rand(2)),
)
add(
    "binary_cross_entropy",
    call(rand(3, low=0.1, high=0.9), rand(3, low=0.1, high=0.9), Constant(rand(3))),
    once(ODDS, Constant(number([1.0, 0.0, 1.0]))),
)
LOGITS = (rand(3, 4, low=-9, high=9), rand(3, 4, low=0, high=1))
add(
    "binary_cross_entropy_with_logits",
    call(*LOGITS),
    call(*LOGITS, Constant(rand(4))),
    call(*LOGITS, pos_weight=Constant(rand(4, low=0.1))),
)
add("binary_cross_entropy_with_logits", call(X, rand(4)), call(number([1e3, -1e3]), number([0.0, 1.0])))

# Normalisation and padding.
add(
    "layer_norm rms_norm",
    call(CUBE, (4,)),
    call(CUBE, [3, 4], rand(3, 4)),
    call(X, (4,), rand(4)),
    call(X.double(), (4,)),
    call(turned(X), (3,)),
    call(rand(0, 3), (3,)),
    call(CUBE, (3,)),
    call(CUBE, ()),
    call(CUBE, (4,), rand(3)),
    call(rand(3, dtype=F16), (3,)),
)
add(
    "layer_norm",
    call(CUBE, (4,), rand(4), rand(4)),
    call(CUBE, (4,), rand(4), rand(4), 1e-2),
    call(CUBE, (4,), None, rand(4)),
)
add("rms_norm", call(CUBE, (4,), rand(4), 1e-2), call(CUBE, (4,), eps=1e-3))
add(
    "normalize", call(X), call(X, 3.0, 0), call(X, dim=1, p=1), call(CUBE, dim=(0, 1)), call(X, eps=5.0), call(X, dim=4)
)
add("normalize", call(turned(X)), call(X.double()), once(torch.zeros(2, 3)), call(X, dim=None))
add(
    "cosine_similarity",
    call(X, Y),
    call(X, Y, 0),
    call(X, rand(4)),
    call(CUBE, rand(3, 1), -1),
    call(X, Y, 2),
)
add("cosine_similarity", call(X.double(), Y.double()), call(X, rand(5)), call(rand(3), rand(3), 0))
for mode, pads in {
    "constant": [(1, 2), (1, 0, 2, 1), (-1, 1), (0, 0, 1, 1, 2, 0), (0, 0), (1,), (1, 1, 1, 1, 1, 1, 1, 1)],
    "reflect": [(1, 2), (1, 1), (3, 0), (4, 0)],
    "replicate": [(1, 2), (5, 0)],
    "circular": [(1, 2), (4, 0), (5, 0)],
}.items():
    add("pad", *(call(CUBE, pad, mode) for pad in pads))
add("pad", call(X, (1, 1), "constant", 2.5), call(X, (1, 1), value=1), call(whole(3), (1, 1)), call(X, (1, 1), "odd"))
add("pad", call(turned(X), (1, 0)), call(rand(2, 3, 4, 5), (1, 1, 2, 1), "reflect"), call(flags(3), (1, 1)))

# Convolution and pooling.
for n, axes in ((1, (7,)), (2, (6, 5)), (3, (4, 5, 4))):
    x, weight, bias = rand(2, 4, *axes), rand(6, 4, *(3,) * n), rand(6)
    add(
        f"conv{n}d",
        call(x, weight, bias),
        call(x, weight),
        call(x[0], weight, bias),
        call(x, weight, bias, 2, 1),
        call(x, weight, padding="same"),
        call(x, rand(6, 2, *(2,) * n), bias, groups=2, dilation=(2,) * n),
        call(x.double(), weight.double()),
        call(x, weight, rand(5)),
        call(x, rand(6, 3, *(3,) * n)),
        call(x, weight, padding="odd"),
        call(x, weight, stride=0),
        call(x, rand(6, 4, *(9,) * n)),
        call(whole(2, 4, *axes), weight),
    )
    back = rand(4, 3, *(3,) * n)
    add(
        f"conv_transpose{n}d",
        call(x, back, rand(3)),
        call(x, back, stride=2, padding=1, output_padding=1),
        call(x, back, groups=2),
        call(x, back, dilation=2),
        call(x, rand(3, 3, *(3,) * n)),
        call(x, back, output_padding=2),
    )
    windows = [
        call(x, 2),
        call(x, 3, 2, 1),
        call(x, 3, 2, 1, ceil_mode=True),
        call(x[0], (2,) * n),
        call(x, 3, 2, 2),
        call(x, 9),
    ]
    add(f"max_pool{n}d avg_pool{n}d", *windows, call(x.double(), 2, 1))
    add(f"max_pool{n}d_with_indices", *windows)
    add(f"max_pool{n}d", call(x, 2, dilation=2), only("functional", x, 2, return_indices=True))
    add(f"avg_pool{n}d", call(x, 3, 2, 1, False, False), call(x, 3, 2, 1, True, False))
    if n > 1:
        add(f"avg_pool{n}d", call(x, 2, divisor_override=3), call(x, 2, divisor_override=0))
    parts = [call(x, 1), call(x, 3), call(x, (2,) * n), call(x[0], 2), call(x, -1)]
    add(f"adaptive_avg_pool{n}d adaptive_max_pool{n}d", *parts)
    add(f"adaptive_max_pool{n}d", call(x, 2, True))
add(
    "bilinear",
    call(rand(5, 3), rand(5, 4), rand(2, 3, 4), rand(2)),
    call(rand(5, 3), rand(5, 4), rand(2, 3, 4)),
    call(rand(2, 5, 3), rand(2, 5, 4), rand(2, 3, 4), rand(2)),
    call(rand(3), rand(4), rand(2, 3, 4)),
    call(rand(5, 3, dtype=F64), rand(5, 4, dtype=F64), rand(2, 3, 4, dtype=F64)),
    call(rand(5, 3), rand(6, 4), rand(2, 3, 4)),
    call(rand(5, 3), rand(5, 3), rand(2, 3, 4)),
    call(rand(5, 3), rand(5, 4), rand(2, 3, 4), rand(3)),
)

# Attention. torch's fused kernels have no second derivatives.
QKV = (rand(2, 3, 5, 4), rand(2, 3, 7, 4), rand(2, 3, 7, 6))
add(
    "scaled_dot_product_attention",
    once(*QKV),
    once(*QKV, is_causal=True),
    once(*QKV, scale=0.3),
    once(*QKV, Constant(flags(5, 7))),
    once(*QKV, Constant(rand(5, 7))),
    once(rand(5, 4), rand(7, 4), rand(7, 4)),
    once(*(rand(2, 5, 4, dtype=F64) for _ in range(3))),
    once(rand(2, 4, 5, 4), rand(2, 2, 7, 4), rand(2, 2, 7, 4), enable_gqa=True),
    once(rand(5, 4), rand(7, 3), rand(7, 4)),
    once(rand(5, 4), rand(7, 4, dtype=F64), rand(7, 4)),
    once(*QKV, Constant(whole(5, 7))),
    once(*QKV, Constant(flags(5, 7)), is_causal=True),
)

# Normalisation of channels; the running statistics are written where the call trains.
PLANES = rand(3, 4, 5)
RUNNING = (Constant(rand(4)), Constant(rand(4, low=0.5)))
for name, option in (("batch_norm", "training"), ("instance_norm", "use_input_stats")):
    for own in (True, False):
        add(name, call(PLANES, *RUNNING, **{option: own}), call(PLANES, *RUNNING, rand(4), rand(4), **{option: own}))
        add(name, call(PLANES, None, None, **{option: own}), call(PLANES, *RUNNING, **{option: own}, eps=0.1))
    add(name, call(PLANES, *RUNNING, rand(3), **{option: True}))
add(
    "batch_norm",
    call(rand(4), *RUNNING, training=True),
    call(rand(5, 4), *RUNNING, training=True),
    call(PLANES.double(), None, None, training=True),
)
add("group_norm", call(PLANES, 2), call(PLANES, 4, rand(4), rand(4)), call(PLANES, 1, eps=0.1), call(PLANES, 3))
add("group_norm", call(PLANES, 2, rand(3)), call(rand(3, 4, 2, 2), 2, rand(4)), call(rand(3, 4), 2))

# Random draws.
add("rand randn", call(2, dtype=I64), call(2, 2, requires_grad=True))
add(
    "randint",
    call(9, (3,)),
    call(-4, 5, (2, 3)),
    call(9, (), dtype=F32),
    call(9, [2], dtype=I32),
    call(3, 3, (2,)),
    call(9),
)
add("randperm", call(9), call(0), call(1), call(5, dtype=I32), call(5, dtype=F32), call(-1), call(2.5))
add(
    "rand_like randn_like",
    call(X),
    call(turned(X)),
    call(X, dtype=F64),
    call(rand(0)),
    call(whole(3)),
    call(whole(3), dtype=F32),
)
add("randint_like", call(X, 9), call(whole(3), -3, 3), call(X, 9, dtype=I64), call(turned(X), 5), call(X, 0))
add(
    "bernoulli",
    call(rand(9, low=0, high=1)),
    call(X, 0.3),
    call(number([2.0])),
    call(X, 1.5),
    call(rand(3, low=0, high=1, dtype=F64)),
)
add("poisson", call(rand(9, low=0, high=20)), call(number([-1.0])), call(rand(3, low=0, dtype=F64)))
add("multinomial", call(rand(4, low=0.1), 2), call(rand(3, 4, low=0.1), 9, True), call(rand(4, low=0.1), 5), call(X, 1))
add(
    "normal",
    call(Constant(X), Constant(rand(3, 4, low=0.1))),
    call(Constant(X), 0.5),
    call(Constant(X)),
    call(1.5, Constant(rand(4, low=0.1))),
    call(1.0, 2.0, (3,)),
    call(1.0),
)
DRAWS = [X, turned(X), rand(20, dtype=F64), rand(0), rand()]
for name, arguments in {
    "uniform_": [(), (-1, 3), (0.5,), (3.0, 1.0)],
    "normal_": [(), (2.0, 0.5), (1,), (0.0, -1.0)],
    "random_": [(), (9,), (-3, 9), (3, 3)],
    "bernoulli_": [(), (0.2,), (0,), (1.5,)],
    "exponential_": [(), (2.0,), (-1.0,)],
    "cauchy_": [(), (1.0, 2.0), (0.0, -1.0)],
    "log_normal_": [(), (0.5, 0.25), (0.0, -1.0)],
    "geometric_": [(0.3,), (1.5,), ()],
}.items():
    add(name, *(call(x, *a) for x in DRAWS for a in arguments), call(whole(4), *arguments[0]))
add("bernoulli_", call(X, rand(3, 4, low=0, high=1)), call(rand(4), rand(4, low=0, high=1, dtype=F64)))
for name in ["dropout", "dropout1d", "dropout2d", "dropout3d"]:
    x = rand(2, 3, 4, 5, 2) if name == "dropout3d" else rand(2, 3, 4, 5) if name == "dropout2d" else CUBE
    add(name, *(call(x, p, training) for p, training in ((0.0, True), (1.0, True), (0.5, False))))
    add(name, only("functional", x, 1.5), only("functional", x, 0.0, True, True), only("functional", x, training=False))
add("dropout_", call(X, 0.0, True), call(X, 1.0, True), call(X, 0.5, False), call(X, -0.5, True))

# Shapes.
SQUARE = rand(4, 4)
add(
    "view reshape",
    only("method", X, 2, 6),
    call(X, (4, 3)),
    only("method", X, -1),
    only("method", X, 2, -1),
    only("method", X, 5, 2),
    only("method", X, -1, -1),
    only("method", rand(), 1, 1),
)
add(
    "view reshape",
    only("method", turned(X), -1),
    only("method", turned(X), 4, 3),
    only("method", rand(0, 3), 3, 0),
    only("method", rand(0, 3), -1),
    call(rand(1), ()),
)
add(
    "view reshape",
    only("method", turned(rand(2, 3, 4)), 4, 3, 2),
    only("method", window(X), -1),
    only("method", spread(rand(3, 1), 3, 4), 3, 2, 2),
    call(X, "a"),
)
add("view_as reshape_as", call(X, rand(2, 6)), call(X, rand(5)), call(turned(X), rand(12)))
add(
    "flatten",
    call(CUBE),
    call(CUBE, 1),
    call(CUBE, 0, 1),
    call(CUBE, -2, -1),
    call(rand()),
    call(turned(CUBE)),
    call(X, 1, 0),
)
add("ravel", call(CUBE), call(rand()), call(turned(X)), call(rand(0, 2)))
add(
    "unflatten",
    call(X, 1, (2, 2)),
    call(X, -1, (2, -1)),
    call(X, 0, [3, 1]),
    call(X, 1, (3, 2)),
    call(X, 2, (1,)),
    call(X, 1, ()),
)
add(
    "permute",
    only("method", CUBE, 2, 0, 1),
    call(CUBE, (1, -1, 0)),
    call(rand(), ()),
    call(CUBE, (0, 0, 1)),
    call(CUBE, (0, 1)),
    call(X, (0, 5)),
)
for pair in [(0, 1), (-1, 0), (1, 1), (0, 3)]:
    add("transpose swapaxes swapdims", call(CUBE, *pair), call(rand(), *pair))
add("transpose swapdims", call(CUBE, dim0=0, dim1=2))
add("swapaxes", call(CUBE, axis0=0, axis1=2))
add("t", call(X), call(rand(3)), call(rand()), call(CUBE))
add("T", call(X), call(turned(X)))
add("mT", call(X), call(CUBE), call(rand(3)))
add(
    "movedim moveaxis",
    call(CUBE, 0, 2),
    call(CUBE, (0, 1), (2, 0)),
    call(CUBE, -1, 0),
    call(CUBE, (0, 0), (1, 2)),
    call(CUBE, 0, 4),
)
add("unsqueeze", *(call(X, d) for d in (0, 1, 2, -1, -3, 3, -4)), call(rand(), 0), call(turned(X), 1))
ONES = rand(1, 3, 1, 2)
add(
    "squeeze",
    call(ONES),
    call(ONES, 0),
    call(ONES, 1),
    call(ONES, (0, 2)),
    call(ONES, -2),
    call(ONES, 4),
    call(rand()),
    call(rand(), 0),
)
add(
    "expand",
    call(rand(3, 1), 3, 4),
    call(rand(3, 1), (2, 3, 4)),
    call(rand(3, 1), -1, 4),
    call(rand(), 2, 2),
    call(X, 3, 5),
)
add("expand", call(rand(3, 1), 4), call(rand(1, 3), 0, 3), call(X, -1, 3, 4))
add("expand_as", call(rand(3, 1), X), call(rand(4), X), call(X, rand(4)))
add(
    "broadcast_to",
    call(rand(3, 1), (3, 4)),
    call(rand(4), (2, 3, 4)),
    call(X, (3, 5)),
    call(rand(), (2,)),
    call(X, (4,)),
)
add(
    "select",
    call(CUBE, 1, 2),
    call(CUBE, -1, -1),
    call(CUBE, 0, 2),
    call(CUBE, 3, 0),
    call(rand(), 0, 0),
    call(turned(X), 0, 1),
)
add(
    "narrow",
    call(X, 1, 1, 2),
    call(X, 0, -1, 1),
    call(X, 0, 0, 0),
    call(X, 0, 2, 2),
    call(X, 2, 0, 1),
    call(X, 0, 0, -1),
)
add(
    "split",
    *(call(rand(7, 2), n) for n in (3, 7, 9, [3, 4], (2, 2, 3), [3, 3], 0, -1)),
    call(CUBE, 2, 2),
    call(CUBE, [1, 3], dim=-1),
)
add("split", call(rand(0, 2), 3), call(rand(), 1), call(CUBE, 2, 5))
add(
    "chunk",
    *(call(rand(7, 2), n) for n in (1, 3, 4, 9, 0)),
    call(CUBE, 2, 1),
    call(CUBE, 2, dim=-1),
    call(rand(0, 2), 3),
    call(rand(), 1),
)
add("unbind", call(CUBE), call(CUBE, 1), call(CUBE, -1), call(rand(0, 2)), call(rand()), call(CUBE, 3))
add("contiguous is_contiguous", call(X), call(turned(X)), call(window(X)), call(rand()), call(spread(rand(3, 1), 3, 4)))
add("contiguous is_contiguous", call(turned(X), memory_format=torch.contiguous_format), call(X.reshape(3, 4, 1)))
add(
    "size stride",
    call(CUBE),
    call(CUBE, 1),
    call(CUBE, -1),
    call(rand()),
    call(turned(X)),
    call(CUBE, 3),
    call(rand(0, 2)),
)
add(
    "storage_offset dim ndimension numel nelement element_size",
    call(CUBE),
    call(rand()),
    call(window(X)),
    call(whole(3, dtype=I32)),
)
add("storage_offset dim ndimension numel nelement element_size", call(rand(0, 2)), call(turned(X)), call(X, 1))
add(
    "flip",
    only("method", CUBE, 0),
    call(CUBE, (0, -1)),
    call(CUBE, [1]),
    call(CUBE, (3,)),
    call(CUBE, (0, 0)),
    call(turned(X), (0,)),
    call(CUBE, ()),
)
add(
    "roll",
    call(CUBE, 1),
    call(CUBE, 1, 0),
    call(CUBE, (1, -2), (0, 2)),
    call(CUBE, 9, -1),
    call(CUBE, (1, 2), 0),
    call(CUBE, 1, 3),
)
add("roll", call(rand(0, 2), 1, 0), call(turned(X), 1, 0))
add(
    "repeat",
    call(X, 2, 1),
    call(X, (2, 3)),
    call(X, 2, 1, 3),
    call(X, 2),
    call(rand(), 3),
    call(X, 0, 1),
    call(X, -1, 1),
)
for name in ("cat", "concat", "concatenate"):
    add(
        name,
        call([X, Y]),
        call((X, Y), 1),
        call([X, rand(1, 4)]),
        call([X, turned(rand(2, 3))], dim=-1),
        call([X]),
        call([]),
    )
    add(
        name,
        call([X, rand(2, 3)]),
        call([X, Y], 2),
        call([X, whole(3, 4)]),
        call([rand(0), X]),
        call([rand(), rand()]),
        call([X, 1.0]),
    )
    add(name, call([X, rand(2, 4, dtype=F64)]), call([rand(3, dtype=F16), whole(3)]), call([X, X]))
add(
    "stack",
    call([X, Y]),
    call((X, Y), 1),
    call([X, Y], -1),
    call([rand(), rand()]),
    call([X, rand(4)]),
    call([]),
    call([X, Y], 3),
)
add("stack", call([X, whole(3, 4)]), call([turned(X), rand(4, 3)], 2), call([X, X], dim=0))

# Powers of truth values, and bounds that meet.
TRUTHS = flags(4)
add(
    "pow",
    *(call(TRUTHS, n) for n in (2, True, False, 0.5, -1, flags(4), whole(4, low=0))),
    call(2, TRUTHS),
    call(True, TRUTHS),
)
add(
    "clamp clip",
    call(
        number([1.0, 1.0, 1.0, 0.0, 2.0, 3.0, 1.0]),
        number([1.0, 0.0, 1, 1, 1, 2, 3]),
        number([1.0, 1.0, 2, 1, 1, 1, 2]),
    ),
    call(X, -0.5, rand(3, 4)),
    call(X, rand(3, 4), rand()),
)

# Order. Equal elements are told apart by where they were, of which torch leaves some open: those lists have none.
LISTS = [rand(3, 4), rand(2, 3, 4), rand(5), rand(), rand(0, 3), turned(rand(3, 2)), window(rand(4, 6)), rand(1, 3)]
TIES = [number([2.0, 1.0, 2.0, 1.0, 1.0]), number([1.0, NAN, -1.0, NAN, INF, -INF, 0.0]), whole(9), flags(7)]
NARROW = [rand(5, dtype=F64), rand(5, dtype=F16), rand(5, dtype=BF16), whole(6, dtype=U8, low=0), whole(6, dtype=I32)]
add("msort", *map(call, [*LISTS, *TIES, *NARROW]), call(rand(3, dtype=C64)))
add("sort argsort", *map(call, LISTS[:-1]), *map(call, NARROW), call(rand(3, dtype=C64)), call(X, 2), call(X, 1.5))
for down in (False, True):
    add("sort argsort", *(call(x, 0, down) for x in LISTS), call(X, descending=down), call(X, dim=-2, descending=down))
    add("sort argsort", *(call(x, stable=True, descending=down) for x in TIES), call(CUBE, stable=True, dim=1))
add("sort", call(X, stable=None), call(X, stable=False))
DISTINCT = torch.randperm(24, generator=SEED).to(F32).reshape(2, 3, 4) / 7
for k in (0, 1, 2, 4, 5, -1):
    add("topk", call(DISTINCT, k), call(DISTINCT[0], k, 0, False))
    add("kthvalue", call(DISTINCT, k), call(DISTINCT, k, 1, True))
add(
    "topk",
    call(rand(), 1),
    call(rand(0, 3), 2),
    call(rand(3, 0), 0),
    call(X, 1, 2),
    call(X),
    call(X, 1.5),
)
add(
    "topk",
    call(DISTINCT.double(), 2, largest=False),
    call((DISTINCT * 7).to(I64), 2),
    call(turned(DISTINCT), 1, sorted=True),
)
add("topk", call(number([1.0, NAN, 3.0, 2.0]), 2), call(number([1.0, NAN, 3.0, 2.0]), 2, largest=False))
add("kthvalue", call(rand(), 1), call(rand(), 1, keepdim=True), call(rand(0, 3), 1), call(rand(3, 0), 1), call(X, 1, 2))
add("kthvalue", call(DISTINCT.double(), 2), call((DISTINCT * 7).to(I64), 2), call(number([3.0, NAN, 1.0]), 3))
MIDDLES = [DISTINCT, DISTINCT[0], DISTINCT[0, 0], rand(), turned(DISTINCT), DISTINCT.double(), (DISTINCT * 7).to(I64)]
for name in ("median", "nanmedian"):
    add(name, *map(call, MIDDLES), *(call(x, 0) for x in MIDDLES), call(DISTINCT, 1, True), call(DISTINCT, dim=-1))
    add(name, call(number([2.0, 1.0, 2.0, 2.0, 3.0])), call(rand(0)), call(rand(0, 3), 0), call(X, 2), call(whole(0)))
    add(name, call(number([[2.0, NAN, 1.0], [NAN, 5.0, 4.0]]), 1), call(number([NAN, 3.0, 1.0, NAN, 2.0])))
    add(name, call(number([1.0, NAN, 3.0, 2.0])), call(number([INF, -INF, 1.0])), call(rand(4, dtype=F16)))
add("median nanmedian", call(rand(0, 3), 1), call(number([NAN, NAN])), call(flags(3)))
STEPS = number([1.0, 3.0, 3.0, 5.0])
for right in (False, True):
    add(
        "searchsorted",
        call(STEPS, number([[0.0, 3.0, 6.0], [1.0, 2.0, NAN]]), right=right),
        call(STEPS, 3.0, right=right),
        call(STEPS, number(4.0), right=right),
        call(torch.sort(rand(2, 3, 4))[0], rand(2, 3, 2), right=right),
        call(number([1, 3, 5], I64), number([0, 3, 9], I64), right=right),
        call(number([1, 3, 5], I64), 2.5, right=right),
        call(STEPS, rand(0), right=right),
        call(rand(0), rand(3), right=right),
    )
    add("bucketize", call(number([[0.0, 3.0], [6.0, 1.0]]), STEPS, right=right), call(3.0, STEPS, right=right))
    add("bucketize", call(whole(5), number([-1, 2], I64), right=right), call(rand(3), rand(0), right=right))
add(
    "searchsorted",
    call(STEPS, rand(3), out_int32=True),
    call(STEPS, rand(3), side="right"),
    call(STEPS, rand(3), side="left", right=True),
    call(STEPS, rand(3), side="odd"),
    call(number([5.0, 1.0, 3.0]), rand(3), sorter=number([1, 2, 0], I64)),
    call(number([5.0, 1.0, 3.0]), rand(3), sorter=number([1, 2], I64)),
    call(number([5.0, 1.0, 3.0]), rand(3), sorter=number([1.0, 2.0, 0.0])),
    call(STEPS, rand(3, dtype=F64)),
    call(rand(2, 3), rand(3)),
    call(rand(), rand(3)),
    call(STEPS),
)
add("bucketize", call(rand(3), STEPS, out_int32=True), call(rand(3), rand(2, 2)), call(whole(3), STEPS), call(rand(3)))
GROUPED = number([3, 1, 1, 2, 3, 3, 0], I64)
for options in ({}, {"return_inverse": True}, {"return_counts": True}, {"return_inverse": True, "return_counts": True}):
    add(
        "unique unique_consecutive",
        *(call(x, **options) for x in (GROUPED, GROUPED.to(F32), whole(3, 4, low=0), rand())),
    )
    add(
        "unique unique_consecutive",
        *(call(x, **options) for x in (flags(5), whole(0), rand(2, 0), number([1.0, NAN, NAN]))),
    )
add("unique", call(GROUPED, sorted=True), call(turned(whole(3, 2))))
add(
    "isin",
    call(whole(3, 4), whole(5)),
    call(X, X[0]),
    call(whole(5), 2),
    call(2, whole(5)),
    call(whole(5), whole(3), invert=True),
    call(whole(5), whole(0)),
    call(whole(0), whole(3)),
    call(whole(5), whole(3), assume_unique=False),
    call(number([1.0, NAN]), number([NAN, 2.0])),
    call(number([1.0, NAN]), number([NAN, 2.0]), invert=True),
)

# Running products and extremes.
HOLES = number([[1.5, 0.0, 2.0, -1.0], [0.0, 3.0, 0.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
RUNS = [
    X,
    CUBE,
    rand(),
    rand(0, 2),
    rand(1),
    turned(rand(3, 2)),
    rand(9, dtype=F64),
    rand(5, low=0.8, high=1.2, dtype=F16),
    HOLES,
]
add("cumprod", *(call(x, 0) for x in RUNS), *(call(x, -1) for x in RUNS), call(rand(3, dtype=C64), 0))
add(
    "cumprod",
    *(call(x, 0) for x in (whole(4), whole(4, dtype=I32), whole(4, dtype=U8, low=0))),
    only("torch", flags(4), 0),
)
add(
    "cumprod",
    *(only("torch", x, 0, dtype=d) for x, d in ((X, F64), (whole(4), F32), (whole(4), I32))),
    call(X, 2),
    call(X),
)
add("cummax cummin logcumsumexp", *(call(x, 0) for x in RUNS), *(call(x, -1) for x in RUNS), call(X, 2), call(X))
add("cummax cummin", *(call(x, 0) for x in (whole(9), whole(9, dtype=U8, low=0), flags(9), TIES[0])))
add("cummax cummin", call(number([1.0, NAN, 3.0, NAN, 2.0]), 0), call(number([INF, -INF, -INF, INF, 1.0]), 0))
add("cummax cummin", call(rand(3, dtype=C64), 0))
add(
    "logcumsumexp", call(rand(7, low=-90, high=90), 0), call(rand(7, low=-90, high=90, dtype=F64), 0), call(whole(3), 0)
)
add(
    "logcumsumexp",
    once(number([-INF, 1.0, -INF, 2.0]), 0),
    once(number([1.0, INF, 2.0]), 0),
    once(number([1.0, NAN, 2.0]), 0),
)

# Scattered elements. Of repeated places torch leaves open which one wins.
MASK = flags(3, 4)
PERMUTED = torch.stack([torch.randperm(4, generator=SEED) for _ in range(3)])
REPEATED = whole(3, 2, low=0, high=4)
add(
    "scatter",
    call(X, 1, PERMUTED, rand(3, 4)),
    call(X, 1, PERMUTED[:, :2], rand(3, 4)),
    call(X, 1, PERMUTED[:2, :3], rand(3, 4)),
    call(X, -1, PERMUTED, 2.5),
    call(X, 1, REPEATED, 2),
    call(X, 1, PERMUTED, rand(3, 4, dtype=F64)),
    call(whole(4), 0, PERMUTED[0], whole(4)),
    call(flags(4), 0, PERMUTED[0], flags(4)),
    call(whole(4), 0, PERMUTED[0], 3),
    call(rand(4, dtype=F64), 0, PERMUTED[0], rand(4, dtype=F64)),
    call(turned(rand(4, 3)), 1, PERMUTED, rand(3, 4)),
    call(rand(), 0, number(0, I64), rand()),
    call(rand(3), 0, whole(0, low=0), rand(0)),
    call(X, 1, PERMUTED.to(I32), rand(3, 4)),
    call(X, 1, PERMUTED + 1, rand(3, 4)),
    call(X, 1, PERMUTED, rand(2, 4)),
    call(X, 1, PERMUTED.float(), rand(3, 4)),
    call(X, 2, PERMUTED, rand(3, 4)),
    call(X, 1, PERMUTED[0], rand(3, 4)),
    call(Constant(X), 1, REPEATED, Constant(rand(3, 2)), reduce="add"),
    call(Constant(X), 1, REPEATED, Constant(rand(3, 2)), reduce="multiply"),
    call(Constant(X), 1, REPEATED, 2.0, reduce="multiply"),
    call(X, 1, REPEATED, rand(3, 2), reduce="odd"),
)
FACTORS = number([[0.0, 2.0, 0.0, 3.0], [1.0, 0.0, 2.0, 2.0], [1.5, 1.0, 1.0, 0.0]])
for reduce in ("sum", "mean", "prod", "amax", "amin", "odd"):
    for own in (True, False):
        add(
            "scatter_reduce",
            call(X, 1, REPEATED, rand(3, 2), reduce, include_self=own),
            call(X, 1, whole(3, 4, low=0, high=2), rand(3, 4), reduce, include_self=own),
            call(X, 0, whole(2, 3, low=0, high=3), rand(2, 4), reduce, include_self=own),
            call(whole(4), 0, whole(6, low=0, high=4), whole(6), reduce, include_self=own),
            call(rand(4, dtype=F64), 0, whole(6, low=0, high=4), rand(6, dtype=F64), reduce, include_self=own),
            once(X, 1, whole(3, 4, low=0, high=4), FACTORS, reduce, include_self=own),
            once(
                # torch counts an equal element that takes no part among those that share.
                number([1.0 if own else 0.5, 2.5, 1.0]),
                0,
                number([0, 0, 1, 1], I64),
                number([1.0, 1.0, 2.0, NAN]),
                reduce,
                include_self=own,
            ),
            once(
                number([1.5 if reduce == "prod" else NAN, 2.5, 1.0]),
                0,
                number([0, 0, 1, 1], I64),
                number([1.0, 1.0, 2.0, 2.0]),
                reduce,
                include_self=own,
            ),
        )
        if reduce != "sum":
            add(
                "index_reduce",
                once(X, 1, number([2, 0, 2], I64), rand(3, 3), reduce, include_self=own),
                once(CUBE, 0, number([1, 1], I64), rand(2, 3, 4), reduce, include_self=own),
                once(whole(4), 0, number([1, 1, 3], I64), whole(3), reduce, include_self=own),
            )
add(
    "scatter_reduce", call(rand(3), 0, whole(0, low=0), rand(0), "sum"), call(rand(), 0, number(0, I64), rand(), "amax")
)
add("scatter_reduce", call(X, 1, REPEATED, rand(3, 2)), call(X, 1, REPEATED + 9, rand(3, 2), "sum"))
add("index_reduce", call(X, 1, number([0], I64), rand(3, 2), "amax"), call(X, 1, number([], I64), rand(3, 0), "mean"))
for name in ("index_add", "index_copy"):
    add(
        name,
        call(X, 1, number([2, 0], I64), rand(3, 2)),
        call(CUBE, 0, number([1], I64), rand(1, 3, 4)),
        call(X, -2, number([2, 0, 1], I32), rand(3, 4)),
        call(whole(4), 0, number([3, 1], I64), whole(2)),
        call(turned(X), 0, number([3, 1], I64), rand(2, 3)),
        call(X, 0, number([], I64), rand(0, 4)),
        call(rand(3), 0, number(1, I64), rand(1)),
        call(rand(3), 0, number(1, I64), rand()),
        call(rand(), 0, number([0], I64), rand(1)),
        call(X, 1, number([2, 0], I64), rand(3, 3)),
        call(X, 1, number([2, 4], I64), rand(3, 2)),
        call(X, 1, number([[2, 0]], I64), rand(3, 2)),
        call(X, 1, rand(2), rand(3, 2)),
        call(X, 1, number([2, 0], I64), rand(3, 2, dtype=F64)),
        call(X, 2, number([2, 0], I64), rand(3, 2)),
    )
add(
    "index_add",
    call(X, 1, number([2, 0, 2], I64), rand(3, 3), alpha=0.5),
    call(whole(4), 0, number([1, 1], I64), whole(2), alpha=2),
)
add(
    "index_fill",
    call(X, 1, number([2, 0], I64), 1.5),
    call(X, 0, number([-1], I64), rand()),
    call(X, 0, number(1, I64), 2),
    call(whole(4), 0, number([3, 3], I64), 7),
    call(X, 1, number([], I64), 1.5),
    call(rand(), 0, number([0], I64), 1.5),
    call(turned(X), 0, number([3], I64), -1.0),
    call(X, 1, number([4], I64), 1.5),
    call(X, 1, number([0], I32), 1.5),
    call(X, 1, number([0], I64), rand(2)),
)
add("take_along_dim", call(X, PERMUTED, 1), call(X, PERMUTED[:1], 1), call(X, whole(2, 1, low=0, high=3), 0))
add(
    "take_along_dim",
    call(X, whole(5, low=0, high=12)),
    call(X, PERMUTED),
    call(X, -1 - PERMUTED, 1),
    call(rand(), number(0, I64), 0),
)
add(
    "take_along_dim",
    call(X, PERMUTED + 1, 1),
    call(X, PERMUTED[0], 1),
    call(X, PERMUTED.to(I32), 1),
    call(X, PERMUTED, 3),
)
add(
    "take",
    call(X, whole(2, 3, low=0, high=12)),
    call(X, number(-1, I64)),
    call(turned(X), whole(5, low=-12, high=12)),
    call(whole(3), number([1], I64)),
)
add(
    "take",
    call(X, whole(0)),
    call(X, number([12], I64)),
    call(X, number([1], I32)),
    call(rand(0), number([0], I64)),
    call(rand(), number([0], I64)),
)
add(
    "put",
    call(X, number([3, 11, 0], I64), rand(3)),
    call(X, number([[3, -1], [1, 5]], I64), rand(4)),
    call(X, number([3, 3], I64), rand(2), accumulate=True),
    call(whole(4), number([1], I64), whole(1)),
    call(turned(X), number([1, 2], I64), rand(2)),
    call(X, whole(0), rand(0)),
    call(X, number([12], I64), rand(1)),
    call(X, number([1], I32), rand(1)),
    call(X, number([1], I64), rand(2)),
    call(X, number([1], I64), rand(1, dtype=F64)),
)
for name in ("index_put", "index_put_"):
    add(
        name,
        call(X, (number([2, 0], I64),), rand(2, 4)),
        call(X, (number([2, 0], I64),), rand(4)),
        call(X, (number([2, 0], I64), number([1, 3], I64)), rand(2)),
        call(X, (number([[2], [0]], I64), number([1, 3], I64)), rand(2, 2)),
        call(X, (number([2, 0], I64),), rand()),
        call(X, (number([2, 2, 1], I64),), rand(3, 4), accumulate=True),
        call(X, (number([2, -2], I64), number([1, 1], I64)), rand(2), accumulate=True),
        call(X, [MASK], rand(int(MASK.sum()))),
        call(X, (MASK[:, 0],), rand(4)),
        call(X, (MASK,), rand(), accumulate=True),
        call(whole(4), (number([1, 1], I64),), whole(2), True),
        call(flags(4), (number([1], I64),), flags(1)),
        call(turned(X), (number([3], I64),), rand(1, 3)),
        call(X, (number([3], I64),), rand(1, 4)),
        call(X, (number([1], I64),), rand(3, 4)),
        call(X, (number([1], I64),), rand(4, dtype=F64)),
        call(X, (rand(2),), rand(4)),
        call(X, (number([1], I64), number([1], I64), number([1], I64)), rand(1)),
    )
add(
    "masked_scatter",
    call(X, MASK, rand(3, 4)),
    call(X, MASK, rand(12)),
    call(X, flags(4), rand(20)),
    call(turned(X), flags(4, 3), rand(12)),
)
add(
    "masked_scatter",
    call(whole(4), flags(4), whole(4)),
    call(X, torch.zeros(3, 4, dtype=BOOL), rand(0)),
    call(rand(4), flags(3, 4), rand(12)),
)
add(
    "masked_scatter",
    call(X, torch.ones(3, 4, dtype=BOOL), rand(2)),
    call(X, whole(3, 4), rand(12)),
    call(X, MASK, rand(12, dtype=F64)),
)
add(
    "argwhere",
    *(call(x) for x in (flags(3, 4), whole(9), X, rand(), rand(0), turned(flags(2, 3)), torch.zeros(2, 0, 3))),
)
add("where", only("torch", MASK), only("torch", whole(9)), only("torch", rand()), only("torch", X))
add("gather", call(rand(), 0, number(0, I64)), call(rand(), 0, number([0, 0], I64)), call(rand(2), 0, number(1, I64)))
add("index_select", call(rand(), 0, number([0], I64)), call(rand(), 0, number(0, I64)))
add("scatter_add", call(rand(), 0, number(0, I64), rand()), call(X, 1, torch.zeros(3, 0, dtype=I64), rand(3, 0)))

# Diagonals.
MATRICES = rand(2, 3, 4)
for x in (rand(3, 4), rand(4, 3), rand(3, 3), turned(rand(4, 3)), window(rand(4, 6)), spread(rand(3, 1), 3, 4)):
    add("diagonal", *(call(x, *o) for o in ((), (1,), (-1,), (5,), (-5,), (0, 1, 0))))
    add("diag", *(call(x, d) for d in (0, 1, -2, 9)))
    add("trace", call(x))
add("diagonal", *(call(MATRICES, *o) for o in ((0, 1, 2), (1, -2, -1), (0, 0, 2), (-1, 2, 0), (0, 0, 0), (0, 0, 3))))
add(
    "diagonal",
    call(rand(3)),
    call(rand(0, 3)),
)
add(
    "diag",
    *(call(rand(3), d) for d in (0, 1, -2)),
    call(rand(0)),
    call(rand(0), 2),
    call(rand()),
    call(MATRICES),
    call(whole(3)),
)
add("diag", call(flags(3)), call(whole(2, 3)), call(X, diagonal=1))
add(
    "diagflat",
    call(rand(3)),
    call(rand(2, 2), 1),
    call(rand()),
    call(whole(2, 2), -1),
    call(turned(rand(2, 3))),
    call(rand(0)),
)
add(
    "diag_embed",
    *(call(rand(2, 3), *o) for o in ((), (1,), (-2,), (0, 0, 1), (1, 0, 2), (0, 2, 0), (0, 1, 1), (0, 3, 0))),
)
add("diag_embed", call(rand(3)), call(rand()), call(rand(2, 0)), call(whole(3), 1), call(turned(rand(2, 3))))
add("trace", call(whole(3, 3)), call(rand(0, 3)), call(rand(3)), call(MATRICES), call(flags(3, 3)))
add(
    "diagonal_scatter",
    call(X, rand(3)),
    call(X, rand(3), 1),
    call(MATRICES, rand(4, 2), 0, 0, 1),
    call(X, rand(4)),
    call(X, rand(3, dtype=F64)),
)
add(
    "diagonal_scatter",
    call(turned(X), rand(3)),
    call(whole(3, 3), whole(3)),
    call(X, rand(2), -1),
    call(X, rand(3), 0, 1, 1),
)

# Images of another size.
LINE, IMAGE, SOLID = rand(2, 3, 5), rand(2, 3, 5, 4), rand(1, 2, 3, 4, 2)
for x in (LINE, IMAGE, SOLID):
    for mode in ("nearest", "nearest-exact", "area", "linear", "bilinear", "trilinear", "bicubic"):
        n = x.dim() - 2
        add("interpolate upsample", *(call(x, size, mode=mode) for size in (7, 2, 1, (10, 8, 4)[:n])))
        add("interpolate upsample", *(call(x, None, f, mode) for f in (2, 1.7, 0.6, (2.0, 1.5, 3.0)[:n], 1)))
        add("interpolate upsample", *(call(x, size, mode=mode, align_corners=True) for size in (7, 1)))
        add(
            "interpolate",
            call(x, scale_factor=1.7, mode=mode, recompute_scale_factor=True),
            call(x.double(), 3, mode=mode),
        )
    add("upsample_nearest", call(x, 7), call(x, scale_factor=2))
    add("upsample_bilinear", call(x, 7), call(x, scale_factor=2))
add(
    "interpolate",
    call(IMAGE),
    call(IMAGE, 3, 2.0),
    call(IMAGE, (3, 3, 3)),
    call(IMAGE, None, (2.0,)),
    call(IMAGE, 3, recompute_scale_factor=True),
    call(IMAGE, 3, mode="odd"),
    call(IMAGE, 0),
    call(rand(2, 3), 3),
    call(IMAGE[:0], 3),
    call(rand(2, 0, 3), 3),
    call(IMAGE.half(), 7, mode="bilinear"),
    call(turned(IMAGE), 7, mode="bilinear", align_corners=False),
    call(IMAGE, (9, 4), mode="bilinear"),
    call(IMAGE, (5, 4), mode="bicubic"),
    call(IMAGE, 3, mode="nearest", antialias=True),
    call(whole(2, 3, 4), 3),
)
BLOCKS = rand(2, 12, 3, 4)
add(
    "pixel_shuffle",
    call(BLOCKS, 2),
    call(BLOCKS[0], 2),
    call(BLOCKS, 1),
    call(BLOCKS, 3),
    call(BLOCKS, 0),
    call(rand(4, 2), 2),
    call(whole(1, 4, 2, 2), 2),
)
add(
    "pixel_unshuffle",
    call(rand(2, 3, 4, 6), 2),
    call(rand(3, 4, 6), 2),
    call(rand(3, 4, 6), 3),
    call(rand(3, 4, 6), 0),
    call(rand(4, 2), 2),
)
add(
    "channel_shuffle",
    call(BLOCKS, 3),
    call(BLOCKS[0], 3),
    call(BLOCKS, 5),
    call(BLOCKS, 0),
    call(rand(4, 2), 2),
    call(turned(BLOCKS), 2),
)
add(
    "unfold",
    call(IMAGE, 2),
    call(rand(1, 2, 8, 9), (6, 7)),
    call(IMAGE, (2, 3)),
    call(IMAGE, 3, 1, 1, 2),
    call(IMAGE, 2, dilation=(2, 1), padding=(0, 1), stride=(1, 2)),
    call(IMAGE[0], 2),
    call(IMAGE.double(), 2),
    call(IMAGE, 9),
    call(IMAGE, (2, 2, 2)),
    call(IMAGE, 0),
    call(rand(3, 4), 2),
)
PATCHES = rand(2, 12, 12)
add(
    "fold",
    call(PATCHES, (5, 4), 2),
    call(PATCHES[0], (5, 4), (2, 2)),
    call(rand(2, 12, 9), (5, 5), 2, 1, 1, 2),
    call(rand(2, 8, 6), (4, 5), 2, dilation=(2, 1), padding=(0, 1), stride=(1, 2)),
    call(PATCHES.double(), (5, 4), 2),
    call(PATCHES, (5, 5), 2),
    call(PATCHES, (5, 4), 5),
    call(rand(3), (5, 4), 2),
)

# Sums of products over named axes.
for equation, *operands in [
    ("ij,jk->ik", rand(2, 3), rand(3, 4)),
    ("ij,jk", rand(2, 3), rand(3, 4)),
    ("bij,bjk->bik", rand(2, 3, 4), rand(2, 4, 2)),
    ("i,i->", rand(4), rand(4)),
    ("i,j->ij", rand(3), rand(4)),
    ("i,j->ji", rand(3), rand(4)),
    ("ij->", X),
    ("ij->j", X),
    ("ii", rand(3, 3)),
    ("iji->j", rand(3, 2, 3)),
    ("ij,ij->ij", X, rand(3, 4)),
    ("...ij,...jk->...ik", rand(2, 3, 4), rand(4, 2)),
    ("...ij,...j", rand(2, 3, 4), rand(2, 4)),
    ("bhid,bhjd->bhij", rand(2, 2, 3, 4), rand(2, 2, 5, 4)),
    ("ij,jk,kl->il", rand(2, 3), rand(3, 4), rand(4, 2)),
    ("ij,j,ik->jk", rand(2, 3), rand(3), rand(2, 4)),
    ("bn,anm,bm->ba", rand(2, 3), rand(4, 3, 2), rand(2, 2)),
    ("ab,cd->abcd", rand(2, 3), rand(2, 2)),
    ("ij,jk->", rand(2, 3), rand(3, 4)),
    ("i,ij->j", rand(1), rand(3, 4)),
    ("ij,jk->ik", whole(2, 3), whole(3, 2)),
    ("ij,jk->ik", rand(2, 3, dtype=F64), rand(3, 2, dtype=F64)),
    ("ij,jk->ik", turned(rand(3, 2)), rand(3, 4)),
    ("ij,jk->ik", rand(0, 3), rand(3, 4)),
    (" i j , j k -> i k ", rand(2, 3), rand(3, 4)),
    ("->", rand()),
    (",ij->ij", rand(), X),
    ("ij,jk->ik", rand(2, 3), rand(4, 4)),
    ("ij,jk->ik", rand(2, 3)),
    ("ij->ik", X),
    ("ijk->ik", X),
    ("ij->ii", X),
    ("i1->i", X),
    ("i..->i", X),
    ("ij,jk->ik", rand(2, 3), rand(3, 4, dtype=F64)),
]:
    add("einsum", call(equation, *operands))
add("einsum", call("ij,jk->ik", [rand(2, 3), rand(3, 4)]), call(X, "ij"))
PRODUCTS = [(rand(3), rand(3)), (X, rand(2, 4)), (CUBE, rand(4)), (rand(), X), (X, rand()), (whole(3), whole(3))]
add("inner", *(call(*p) for p in PRODUCTS), call(X, rand(3)), call(X, rand(4, dtype=F64)), call(turned(rand(4, 3)), X))
add(
    "kron",
    *(call(*p) for p in PRODUCTS),
    call(X, whole(2, 2)),
    call(X, rand(2, 1)),
    call(rand(0, 2), rand(2, 2)),
)
add(
    "vdot",
    call(rand(3), rand(3)),
    call(whole(3), whole(3)),
    call(rand(3), rand(4)),
    call(X, rand(3)),
    call(rand(3), whole(3)),
)
add(
    "chain_matmul",
    call(rand(2, 3), rand(3, 4)),
    call(X, rand(4, 2), rand(2, 3)),
    call(X),
    call(X, rand(3, 2)),
    call(rand(3), X),
)

# Losses with margins.
SIGNS = whole(3, 4, low=0, high=2) * 2 - 1
for reduction in REDUCTIONS:
    add("hinge_embedding_loss", call(X, SIGNS, reduction=reduction), call(X, SIGNS.float(), 0.5, reduction=reduction))
    add("margin_ranking_loss", call(X, Y, SIGNS, 0.3, reduction=reduction))
    add(
        "cosine_embedding_loss",
        call(X, Y, SIGNS[:, 0], reduction=reduction),
        call(X, Y, SIGNS[:, 1], 0.2, reduction=reduction),
    )
    add(
        "triplet_margin_loss",
        call(X, Y, rand(3, 4), reduction=reduction),
        call(X, Y, rand(3, 4), swap=True, reduction=reduction),
    )
    add("soft_margin_loss", call(X, SIGNS, reduction=reduction), call(X, Constant(SIGNS.float()), reduction=reduction))
    add(
        "poisson_nll_loss",
        call(X, rand(3, 4, low=0, high=5), reduction=reduction),
        call(X.abs(), whole(3, 4, low=0), False, True, reduction=reduction),
    )
    add(
        "gaussian_nll_loss",
        call(X, Y, rand(3, 4, low=0.1), reduction=reduction),
        call(X, Y, rand(3, low=0.1), True, reduction=reduction),
    )
    add(
        "multi_margin_loss",
        once(SCORES, LABELS, reduction=reduction),
        once(SCORES, LABELS, 2, 0.5, Constant(rand(5, low=0.1)), reduction=reduction),
    )
    add(
        "multilabel_margin_loss",
        once(SCORES[:2], number([[3, 0, -1, 1, 2], [1, -1, 0, 0, 0]], I64), reduction=reduction),
    )
    add(
        "multilabel_soft_margin_loss",
        call(X, rand(3, 4, low=0, high=1), reduction=reduction),
        call(X, SIGNS, Constant(rand(4)), reduction=reduction),
    )
LOSSES = "hinge_embedding_loss soft_margin_loss poisson_nll_loss multilabel_soft_margin_loss"
add(
    LOSSES,
    call(X, SIGNS, reduction="odd"),
    call(X, Constant(rand(5))),
    call(X),
    call(rand(0, 2), Constant(rand(0, 2))),
    call(X.double(), Constant(SIGNS.double())),
)
add("hinge_embedding_loss", call(X, rand(3, 4)), call(number([1.0, 2.0]), number([-1, -1], I64)))
add("margin_ranking_loss", call(X, Y, SIGNS), call(X, Y, SIGNS[0]), call(rand(3), rand(3), rand(3), reduction="odd"))
add(
    "cosine_embedding_loss",
    call(X, Y, SIGNS),
    call(rand(4), rand(4), number(1.0)),
    call(rand(4), rand(4), number(-1, I64)),
    call(X, rand(4), SIGNS[:, 0]),
)
add(
    "triplet_margin_loss",
    call(X, Y, rand(3, 4), p=1),
    call(X, Y, rand(3, 4), margin=-1.0),
    call(X, Y, rand(4)),
    call(rand(4), rand(4), rand(4)),
    call(CUBE, CUBE + 1, CUBE - 1),
)
add(
    "pairwise_distance",
    call(X, Y),
    call(X, Y, 1),
    call(X, Y, keepdim=True),
    call(X, rand(4)),
    call(rand(4), rand(4)),
    call(CUBE, rand(3, 4), 3.0),
    call(X, rand(5)),
    call(X.double(), Y.double(), eps=0.1),
)
add("poisson_nll_loss", call(X, SIGNS, full=True), call(X.abs(), Y, log_input=False, eps=0.1))
add(
    "gaussian_nll_loss",
    call(X, Y, 0.5),
    call(X, Y, rand(3, 1, low=0.1)),
    call(X, Y, number([[1e-9, 1.0, 2.0, 3.0]] * 3)),
    call(X, Y, rand(3, 4, low=-1, high=-0.5)),
    call(X, Y, -0.5),
    call(X, Y, rand(4, low=0.1)),
    call(X, Y, rand(3, 4, low=0.1), reduction="odd"),
)
add(
    "multi_margin_loss",
    once(rand(5), number(3, I64)),
    call(SCORES, LABELS, 3),
    call(SCORES, LABELS[:3]),
    call(SCORES, LABELS + 5),
    call(SCORES, LABELS.to(I32)),
    call(CUBE, LABELS),
)
add(
    "multilabel_margin_loss",
    once(rand(4), number([1, 2, -1, 0], I64)),
    call(SCORES, LABELS),
    call(SCORES[0], LABELS),
    call(X, SIGNS.float()),
)
add(
    "local_response_norm",
    *(call(x, n) for x in (rand(2, 5, 3), rand(2, 5, 3, 2)) for n in (1, 2, 3, 9)),
    call(rand(2, 5, 3), 3, 0.1, 0.5, 2.0),
    call(X, 2),
    call(rand(0, 5, 3), 2),
    call(rand(2, 5, 3, dtype=F64), 2),
)

# Tensors side by side, repeated and turned.
LISTED = [rand(3), rand(), X, CUBE, whole(3)]
for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    add(name, *map(call, LISTED), call(rand(), rand(3), X), call((rand(), X)), call(X, 1.0))
for name in ("hstack", "vstack", "row_stack", "dstack", "column_stack"):
    add(
        name, call([rand(3), rand(3)]), call((X, rand(3, 4))), call([rand(), rand()]), call([CUBE, CUBE + 1]), call([X])
    )
    add(
        name,
        call([]),
        call([X, rand(2, 3)]),
        call([rand(3), whole(3)]),
        call([X, rand(3)]),
        call([turned(X), rand(4, 3)]),
        call(X, X),
    )
add("fliplr flipud", call(X), call(CUBE), call(rand(3)), call(rand()), call(turned(X)))
add(
    "rot90",
    *(call(X, k) for k in (0, 1, 2, 3, -1, 5)),
    call(CUBE, 1, (1, 2)),
    call(CUBE, 1, [0, -1]),
    call(X, 1, (0, 0)),
    call(X, 1, (0,)),
    call(rand(3)),
    call(X, 1, (0, 4)),
)
add(
    "tile",
    call(X, (2, 1)),
    only("method", X, 2, 3),
    call(X, (2,)),
    call(X, (2, 1, 3)),
    call(rand(), (2, 2)),
    call(X, ()),
    call(X, (0, 1)),
    call(X, (-1, 1)),
)
add(
    "repeat_interleave",
    call(X, 2),
    call(X, 3, 0),
    call(X, 2, dim=-1),
    call(rand(), 2),
    call(X, 0, 1),
    call(X, -1),
    call(X, 2, 4),
    call(turned(X), 2, 0),
)
add(
    "repeat_interleave",
    call(X, number([1, 0, 2], I64), 0),
    call(X, number([2], I64), 1),
    call(X, number(2, I64)),
    call(rand(3), number([1, 0, 2], I32)),
    call(X, number([1, 2], I64), 0),
    call(X, number([1, -1, 2], I64), 0),
    call(X, rand(3), 0),
    call(X, number([1, 0, 2], I64), 0, output_size=3),
    call(X, number([[1, 0, 2]], I64), 0),
)
add(
    "diff",
    call(X),
    call(X, 2),
    call(X, 1, 0),
    call(X, dim=0, n=9),
    call(rand()),
    call(X, 0),
    call(X, -1),
    call(whole(5)),
    call(flags(5)),
    call(rand(0)),
)
add(
    "diff",
    call(X, prepend=rand(3, 1)),
    call(X, 1, -1, rand(3, 2), rand(3, 1)),
    call(X, append=rand(2, 1)),
    call(X, append=rand(3)),
    call(X, prepend=whole(3, 1)),
)
add("broadcast_tensors", call(X, rand(4)), call(rand(3, 1), rand(4), rand()), call(X, rand(3)), call(X))
add(
    "meshgrid",
    call(rand(3), rand(4)),
    call(rand(3), rand(), rand(2)),
    call(rand(3), rand(4), indexing="xy"),
    call(rand(3), rand(4), rand(2), indexing="xy"),
)
add(
    "meshgrid",
    call(rand(3), indexing="xy"),
    call((rand(3), rand(2))),
    call(X),
    call(rand(2), whole(3)),
    call(rand(2), indexing="yx"),
)
add(
    "tril_indices triu_indices",
    *(call(*n) for n in ((3, 4), (4, 3), (3, 3, 1), (3, 3, -1), (3, 3, 9), (3, 3, -9), (0, 3), (3, 0), (-1, 2))),
    call(3, 3, dtype=I32),
)
WILD = number([1.0, NAN, INF, -INF, -2.0])
for options in ({}, {"nan": 3.0}, {"posinf": 7.0, "neginf": -7.0}):
    add("nan_to_num", *(call(x, **options) for x in (WILD, WILD.double(), WILD.half(), X, whole(3), rand(0))))
HOLED = number([[1.0, NAN, 3.0], [NAN, NAN, NAN], [1.0, 2.0, 4.0]])
for name in ("nansum", "nanmean"):
    add(
        name,
        call(HOLED),
        call(HOLED, 0),
        call(Constant(HOLED), 1, True),
        call(HOLED, (0, 1)),
        call(X),
        call(whole(3)),
        call(rand()),
        call(HOLED, dtype=F64),
        call(rand(0)),
        call(HOLED, 2),
    )
add("isposinf isneginf", call(WILD), call(whole(3)), call(flags(3)), call(X), call(rand(2, dtype=C64)))
of_one("deg2rad rad2deg", -200, 200)

# A variance of one element is NaN, and so are its derivatives, of which torch has the second be 0.
for name in ("var", "var_mean"):
    SAMPLES[name] = [
        replace(sample, twice=False) if torch.is_tensor(x := sample.arguments[0]) and x.numel() == 1 else sample
        for sample in SAMPLES[name]
    ]

# torch's logic in place hands the gradient on as though nothing had been written.
for name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
    SAMPLES[name] = [replace(sample, arguments=tuple(map(constant, sample.arguments))) for sample in SAMPLES[name]]

# What torch's operator database found missing. At the end, so that the numbers drawn above stay what they are.
ROWS = number([[2, 1, 1], [1, 2, 0], [2, 1, 1], [1, 2, 0], [2, 1, 0]], I64)
for name in ("unique", "unique_consecutive"):
    add(name, call(ROWS, return_inverse=True, return_counts=True, dim=0), call(ROWS, dim=-1), call(ROWS[:, 0], dim=0))
    add(name, call(ROWS[:0], dim=0), call(ROWS[:0], dim=1), call(ROWS, dim=2))
add("index_fill", call(X, 1, number([1, 1, -1], I64), rand()))
add("pad", *(call(rand(2, 3, 5), (-1, 2), mode) for mode in ("reflect", "replicate", "circular")))
add("pad", call(rand(0, 3, 5), (1, 2), "reflect"), call(rand(2, 3, 5), (2, -2), "replicate"))
add("batch_norm", call(rand(0), None, None, rand(2), rand(2), training=True))

import linear_samples  # noqa: E402, F401
import math_samples  # noqa: E402, F401 - the families' own samples, added to these
import sampling_samples  # noqa: E402, F401
import shape_samples  # noqa: E402, F401
