"""Holds the samples of functions of one and two numbers, of inverse and special functions, of the parts of floating
numbers, of divisors and shifts, and of tensors plus products. `samples.py` takes them in.
"""

from dataclasses import replace

import torch
from samples import (
    BOOL,
    C64,
    F16,
    F32,
    F64,
    I32,
    I64,
    INF,
    NAN,
    SAMPLES,
    SEED,
    U8,
    Constant,
    add,
    call,
    constant,
    flags,
    number,
    of_one,
    of_two,
    once,
    only,
    rand,
    turned,
    whole,
)

SEED.manual_seed(31)  # So that these stay what they are where others are added.
X, Y = rand(3, 4), rand(3, 4)
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.5, INF, -INF, NAN)
REAL = (F64, F16, I64, BOOL)

of_one("asin acos arcsin arccos arctanh", -0.8, 0.8)
of_one("asinh arcsinh")
of_one("acosh arccosh", 1.2, 4.0)
of_one("log_ndtr", edges=EDGES[:7], dtypes=REAL)
of_one("erfc erfcx entr ndtr expit i0 i1 i0e i1e modified_bessel_i0 modified_bessel_i1", 0.1, 3.0, dtypes=REAL)
of_one("sinc", 0.1, 3.0, dtypes=(F64, I64, BOOL))
of_one("erfinv", -0.8, 0.8, edges=(0.0, 1.0, -1.0, 0.5, 2.5, NAN), dtypes=REAL)
of_one("logit ndtri", 0.1, 0.9, edges=EDGES[:6], dtypes=REAL)
# Of Bessel's functions in double precision torch has five digits.
of_one("bessel_j0 bessel_j1", 0.1, 20.0, edges=(0.0, 1.0, -1.0, 2.5, -9.0, NAN), dtypes=(I64,))
of_one("bessel_y0 bessel_y1", 0.3, 20.0, edges=(1.0, 2.5, 9.0, NAN), dtypes=(I64,))
of_one("modified_bessel_k0 modified_bessel_k1", 0.3, 5.0, edges=(0.0, 1.0, 2.5, 9.0, INF, NAN), dtypes=(F64, I64))
of_one("scaled_modified_bessel_k0 scaled_modified_bessel_k1", 0.3, 9.0, edges=(0.0, -1.0, INF, NAN), dtypes=(F64, I64))
of_one("spherical_bessel_j0", -9.0, 9.0, edges=EDGES, dtypes=(F64, I64))
of_one("airy_ai", -9.0, 9.0, edges=EDGES, dtypes=(I64,))
of_one("lgamma gammaln digamma psi", 0.3, 6.0, edges=(0.5, 1.0, 2.0, 9.5, -0.5, -3.25, INF, NAN), dtypes=(F64, I64))
add("lgamma digamma", once(Constant(number([0.0, -0.0, -1.0, -3.0, INF, -INF]))), call(rand(2, dtype=C64)))
of_one("signbit sgn", edges=EDGES[:-1], dtypes=(F64, F16, I64, I32, U8, BOOL))
of_one("positive isreal is_signed", dtypes=(F64, F16, I64, U8, BOOL))
add("isreal", call(torch.tensor([1 + 0j, 2 + 1j])))
add(
    "logit", *(once(x, eps) for x in (rand(9, low=-0.2, high=1.2), number([0.1, 0.9, 0.5])) for eps in (0.1, 0.6, None))
)
add("logit", call(X, eps="a"), call(rand(3, low=0.1, high=0.9), eps=1e-6))
for n in range(5):
    add(
        "polygamma",
        *(only(place, n, rand(3, 4, low=0.3, high=6.0)) for place in ("torch", "special")),
        *(only(place, rand(5, low=-2.9, high=-2.1, dtype=F64), n) for place in ("method", "in_place")),
        only("torch", n, whole(3, low=1)),
    )
add("polygamma", only("torch", -1, X), only("method", X, -1), only("torch", 1.5, X), only("torch", 1))
for p in (1, 2, 5):
    add("mvlgamma multigammaln", call(rand(3, 4, low=2.5, high=6.0), p), call(rand(low=2.5, high=4.0, dtype=F64), p))
add("mvlgamma multigammaln", call(X, 0), call(whole(3, low=3), 2), call(flags(3), 1), call(X))

# Of two numbers.
of_two("atan2 arctan2", dtypes=(F64, F16, I64, BOOL))
of_two("hypot", dtypes=(F64, F16, I64))
of_two("logaddexp logaddexp2", dtypes=(F64, I64))
of_two("fmax fmin", dtypes=(F64, F16, I64, BOOL))
of_two("fmod", 0.4, 3.0, dtypes=(F64, F16, I64, I32, BOOL))
of_two("copysign", dtypes=(F64, F16, I64, BOOL))
of_two("nextafter", dtypes=(F64, F16, I64))
of_two("xlogy xlog1py", 0.3, 3.0, dtypes=(F64, F16, I64, BOOL))
of_two("ldexp float_power", 1.1, 3.0, dtypes=(F64, I64, BOOL))
of_two("heaviside", dtypes=(F64, I64, BOOL))
for pair in [
    (number([1.0, NAN, NAN, INF, -INF, 0.0, -0.0]), number([NAN, 1.0, NAN, INF, INF, -0.0, 0.0])),
    (number([5.0, -5.0, 5.0, -5.0, 0.0, -0.0]), number([3.0, 3.0, -3.0, -3.0, INF, 2.0])),
    (number([1.0, 2.0, 2.0]), number([2.0, 2.0, 1.0])),
]:
    add("fmax fmin fmod atan2 copysign nextafter heaviside", once(*pair))
    add("fmax heaviside", once(*(x.double() for x in pair)))
add("nextafter", once(number([0.0, -0.0, 1e-45, -1e-45, 65504.0]), number([1.0, -1.0, 0.0, 0.0, INF])))
add("nextafter", *(once(X.to(t), Y.to(t)) for t in (F16, torch.bfloat16, F64)))
add("hypot", once(number([3e38, 0.0, INF, INF, 1e-30]), number([1.0, 2.0, NAN, 1.0, 1e-30])))
add("atan2", once(number([0.0, 0.0, -0.0, 1.0]), number([0.0, -1.0, -1.0, 0.0])))
add("logaddexp logaddexp2", once(number([INF, -INF, -INF, 1e30]), number([INF, -INF, 1.0, -1e30])))
ZEROS = (number([0.0, 0.0, 0.0, 2.0, NAN, 0.0]), number([0.0, -2.0, 2.0, 0.0, 1.0, NAN]))
add("xlogy xlog1py", once(*ZEROS), once(ZEROS[0], 0.0), call(2, rand(3, low=0.5)), call(2, 3))
add("zeta", call(rand(3, 4, low=1.5, high=5.0), rand(4, low=0.3, high=4.0)), call(2, rand(3, low=0.3)))
add(
    "zeta",
    once(number([2.0, 3, 2, 1, 0.5, 2.5]), number([-2.5, -0.3, -3, 2, 1, -0.5])),
    call(rand(2, low=2.0, dtype=F64), 3),
)
add("zeta", call(whole(3, low=2), 2), call(2, 3), call(X, 1j), call(Constant(rand(3, low=2.0)), rand(3, low=0.5)))
SHAPES = [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((0,), (0,))]
for x, y in SHAPES:
    add("igamma igammac gammainc gammaincc", call(Constant(rand(*x, low=0.1, high=9.0)), rand(*y, low=0.1, high=9.0)))
for x, y in ((0.0, 1.0), (1.0, 0.0), (INF, 1.0), (1.0, INF), (0.0, 0.0), (-1.0, 1.0), (30.0, 31.0), (NAN, 1.0)):
    add("igamma igammac gammainc gammaincc", once(*map(Constant, (number([x]), number([y])))))
add(
    "igamma igammac gammainc gammaincc", call(X, X), call(whole(3), whole(3)), call(X, 2.0), call(rand(3, dtype=F64), X)
)
add("frexp", call(rand(3, 4)), once(number([*EDGES, 1e-42, 3e38])), call(rand(3, dtype=F64)), call(rand(3, dtype=F16)))
add("frexp", call(rand()), call(rand(0)), call(turned(X)), call(whole(3)), call(2.0))
add(
    "heaviside",
    call(X, Y.double()),
    call(whole(4), whole(4)),
    call(Constant(number([0.0, 1.0])), Constant(number([2.0, 3.0]))),
)
add(
    "heaviside",
    call(*(Constant(rand(3, 4)) for _ in "xy")),
    call(Constant(whole(3, 4, low=-1, high=2)), Constant(whole(4))),
)
add("float_power", call(2, rand(3)), call(rand(3, low=0.5), 2), call(flags(3), flags(3)), call(2, 3))
add(
    "float_power_",
    call(rand(3, low=0.5, dtype=F64), 2.5),
    call(rand(3), 2.0),
    call(rand(3, low=0.5, dtype=F64), rand(3)),
)

POLYNOMIALS = [
    f"{name}_polynomial_{kind}"
    for name, kinds in {
        "chebyshev": "tuvw",
        "shifted_chebyshev": "tuvw",
        "hermite": ("h", "he"),
        "laguerre": "l",
        "legendre": "p",
    }.items()
    for kind in kinds
]
add(
    " ".join(POLYNOMIALS),
    *(call(rand(7, low=-1.0, high=2.0, dtype=F64), n) for n in (0, 1, 2, 5, 9, 30, -1)),
    call(rand(3, 4, low=0.0, high=1.0), whole(4, low=0, high=12)),
    call(number([1.0, -1.0, 0.0, 0.5, NAN], F64), number([[3.0], [4.0], [10.0], [0.0]], F64)),
    call(0.3, whole(3, low=0)),
    call(whole(3), 2),
    call(0.3, 2),
    call(X, "a"),
)

# Integers.
for pair in [
    (whole(3, 4), whole(4)),
    (whole(9, low=-40, high=40), whole(9, low=-40, high=40)),
    (whole(3, dtype=I32), whole(3)),
    (whole(3, low=0, dtype=U8), whole(3, low=0, dtype=U8)),
    (whole(3), number(6, I64)),
    (turned(whole(2, 3)), whole(3, 2)),
    (whole(0), whole(0)),
    (flags(3), flags(3)),
    (X, X),
    (whole(3), 2),
    (2, whole(3)),
]:
    add("gcd lcm bitwise_left_shift bitwise_right_shift", call(*pair))
PLACES = (number([1, -3, 5, -7, 2], I64), number([0, 65, -1, 63, 64], I64))
add(
    "bitwise_left_shift bitwise_right_shift",
    call(*PLACES),
    call(*(x.to(I32) for x in PLACES)),
    only("torch", whole(3), 1.5),
)
add("bitwise_left_shift bitwise_right_shift", call(number([1, 200, 3], U8), number([7, 8, 200], U8)), call(2, 3))

# Sums with products.
for beta, alpha in ((1, 1), (0.5, -1.5), (0, 2)):
    options = {"beta": beta, "alpha": alpha}
    add("addmv", *(call(c, rand(2, 3), rand(3), **options) for c in (rand(2), rand(1), rand())))
    add("addr", *(call(c, rand(2), rand(3), **options) for c in (rand(2, 3), rand(3), rand(2, 1), rand())))
    add("addbmm", call(rand(2, 5), rand(4, 2, 3), rand(4, 3, 5), **options))
    # In place torch would give the tensor another shape.
    add("addbmm", *(only("torch", c, rand(4, 2, 3), rand(4, 3, 5), **options) for c in (rand(5), rand(2, 1), rand())))
add("addmv", call(number([NAN, 1.0]), rand(2, 3), rand(3), beta=0), call(rand(2), rand(2, 3), rand(4)), call(X, X, X))
add(
    "addmv",
    call(whole(2), whole(2, 3), whole(3)),
    call(rand(2, dtype=F64), rand(2, 3), rand(3)),
    call(rand(2), rand(2, 0), rand(0)),
)
add("addmv", call(rand(3), rand(2, 3), rand(3)), call(rand(2), turned(rand(3, 2)), rand(3)))
add(
    "addr",
    call(whole(2, 3), whole(2), whole(3)),
    call(whole(2, 3), whole(2), whole(3), alpha=1.5),
    call(flags(2, 3), flags(2), flags(3)),
)
add("addr", call(rand(2, 3, dtype=F64), rand(2), rand(3)), call(X, X, X), call(rand(2, 2), rand(2), rand(3)))
add("addbmm", call(rand(2, 5), rand(4, 2, 3), rand(3, 3, 5)), call(rand(2, 5), rand(4, 2, 3), rand(4, 2, 5)))
add(
    "addbmm",
    call(whole(2, 2), whole(3, 2, 2), whole(3, 2, 2)),
    call(rand(2, 5, dtype=F64), rand(4, 2, 3), rand(4, 3, 5)),
)
add(
    "aminmax",
    *(call(x, **o) for x in (X, whole(3, 4), flags(3, 4)) for o in ({}, {"dim": 0}, {"dim": -1, "keepdim": True})),
)
add(
    "aminmax",
    call(rand()),
    call(rand(), dim=0),
    call(rand(0)),
    call(rand(0, 3), dim=1),
    call(X, dim=5),
    call(Constant(number([1.0, NAN]))),
)
add("aminmax", call(number([1.0, 1.0, 2.0, 2.0])), call(X, 0), call(rand(2, dtype=C64)))
add("isin", call(whole(4), test_element=2), call(element=2, test_elements=whole(4)), call(2, 3))
for x in (rand(3, 4), rand(3, dtype=F64), rand(5, dtype=F16), whole(3, 4), whole(4, dtype=I32), flags(3, 4)):
    add("hash_tensor", call(x), call(x, 0), call(x, -1, keepdim=True), call(x, dim=()))
add("hash_tensor", call(turned(X), 1), call(X, (0, 1)), call(rand()), call(whole(3, low=0, dtype=U8)), call(X, mode=1))
add(
    "hash_tensor", call(rand(0)), call(rand(0, 3), dim=1), call(rand(0, 3), dim=0), call(X, 2), call(rand(2, dtype=C64))
)
OPERANDS = (whole(3), number(1, I64), number(1.0), number(1.0, F64), rand(3, dtype=F16), flags(2), 1, 2.5, True)
add("result_type", *(call(x, y) for x in OPERANDS for y in OPERANDS), call(X), call(X, "a"))
add("can_cast", *(call(x, y) for x in (F32, I64, BOOL, C64, U8) for y in (F32, I32, BOOL, C64, F16)), call(F32))
TRIALS = number([10.0, 100.0, 50.0, 3.0, 0.0, 1e4, 7.0]), number([0.3, 0.5, 0.9, 0.0, 0.5, 0.01, 1.0])
add("binomial", call(*TRIALS), call(*(x.double() for x in TRIALS)), call(number(20.0), rand(9, low=0.0, high=1.0)))
add("binomial", call(rand(3, 1, low=5.0, high=90.0), rand(40, low=0.0, high=1.0)), call(rand(0), rand(0)), call(X))
add("binomial", call(whole(3), rand(3)), call(rand(3), whole(3)), call(rand(3, dtype=F64), rand(3)), call(X, rand(5)))

# Sums of halves are rounded otherwise by a gradient of double precision.
for name in ("atan2", "arctan2", "hypot", "logaddexp", "logaddexp2", "ldexp", "xlogy", "xlog1py", "copysign", "fmod"):
    SAMPLES[name] = [s for s in SAMPLES[name] if [getattr(x, "dtype", None) for x in s.arguments[:2]] != [F16, F64]]

# torch has no derivative by these arguments.
for name, places in {"heaviside": 2, "igamma": 1, "igammac": 1, "gammainc": 1, "gammaincc": 1, "zeta": 1}.items():
    SAMPLES[name] = [
        replace(s, arguments=(*map(constant, s.arguments[:places]), *s.arguments[places:])) for s in SAMPLES[name]
    ]
