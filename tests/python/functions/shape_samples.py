"""Holds the samples of views of a storage, pieces, copies and places, and of statistics; `samples.py` reads them."""

from samples import (
    BOOL,
    F64,
    I32,
    I64,
    INF,
    NAN,
    U8,
    Constant,
    Sample,
    X,
    add,
    call,
    constant,
    number,
    once,
    only,
    rand,
    turned,
    whole,
)

CUBE = rand(2, 3, 4)


def fixed(*arguments, **keywords):
    """A call that is not differentiated."""

    def held(argument):
        return [held(entry) for entry in argument] if isinstance(argument, list) else constant(argument)

    return Sample(tuple(map(held, arguments)), {key: held(entry) for key, entry in keywords.items()}, twice=False)


# Views of a storage as the caller says.
LAYOUTS = [
    ((2, 2), (1, 2)), ((2, 2), (1, 2), 3), ((3,), (4,), 1), ((4, 3), (1, 4)), ((2, 3, 2), (0, 1, 3)), ((0, 2), (1, 1)),
    ((), ()), ((5,), (9,)), ((2,), (1, 1)), ((2,), (-1,)), ((2,), (1,), -1), ((3, 3), (1, 1), 2), ((1, 4), (7, 3)),
]  # fmt: skip
for layout in LAYOUTS:
    add("as_strided as_strided_ as_strided_copy", once(X, *layout), once(turned(CUBE), *layout))
    if len(layout[0]) == len(layout[1]):
        # torch takes the gradient from the elements that src does not replace, and gives it to the others.
        add("as_strided_scatter", Sample((Constant(X), rand(*layout[0]), *layout), twice=False))
add("as_strided as_strided_copy", once(X, size=(2, 2), stride=(4, 1), storage_offset=2), call(X), call(X, (2, 2)))
add(
    "unfold_copy",
    call(CUBE, 1, 2, 1), call(CUBE, 2, 2, 2), call(CUBE, -1, 3, 2), call(CUBE, 0, 2, 1), call(turned(CUBE), 0, 3, 1),
    call(rand(), 0, 1, 1), call(rand(), 0, 0, 1), call(CUBE, 1, 0, 2), call(CUBE, 1, 4, 1), call(CUBE, 1, 2, 0),
    call(CUBE, 3, 1, 1), call(whole(7), 0, 3, 2), call(CUBE, dimension=1, size=2, step=1), call(CUBE, 1, -1, 1),
)  # fmt: skip
add("empty_strided", call((2, 3), (1, 2)), call((2, 3), (4, 1), dtype=I64), call((2,), (1, 2)), call((0, 2), (1, 1)))
add("new_empty_strided", call(X, (2, 3), (1, 2)), call(whole(2), (2,), (3,)), call(X, (2, 3), (4, 1), dtype=I32))
add(
    "empty_permuted",
    call((2, 3, 4), (0, 2, 1)),
    call((2, 3), (1, 0), dtype=I64),
    call((2, 3), (0, 0)),
    call((2, 3), (2, 0)),
)
add("empty_permuted", call((), ()), call((2, 3), (1,)))
add(
    "resize_",
    only("method", whole(2, 3), 3, 2),
    only("method", whole(2, 3), (2, 2)),
    call(whole(3), (3,)),
    call(X, (-1,)),
)
add("resize_as_", call(whole(2, 3), whole(3, 2)), call(whole(2, 3), whole(4)), call(X, X))

# Copies, and copies with a part replaced.
add("alias_copy", call(X), call(turned(CUBE)), call(whole(3)))
add("detach_copy", call(Constant(X)), call(Constant(turned(CUBE))), call(whole(3)))
add("diagonal_copy", call(X), call(CUBE, 1, 0, 2), call(X, -1), call(X, offset=9))
add("expand_copy", call(rand(3, 1), (3, 4)), call(rand(3, 1), (2, -1, 4)), call(X, (2,)))
add("narrow_copy", call(X, 1, 1, 2), call(X, -1, -2, 2), call(X, 0, 4, 1), call(rand(), 0, 0, 0))
add("permute_copy", call(CUBE, (2, 0, 1)), call(CUBE, (0, 0, 1)))
add("select_copy", call(X, 0, 1), call(X, -1, -1), call(X, 0, 3))
add(
    "slice_copy",
    call(X, 1, 1, 3),
    call(X),
    call(X, 0, -2, None, 1),
    call(X, 1, 0, 9, 2),
    call(rand(), 0),
    call(X, 0, 0, 1, 0),
)
add("split_copy", call(X, 2, 1), call(X, 3), call(X, -1))
add(
    "split_with_sizes split_with_sizes_copy unsafe_split_with_sizes",
    call(X, (1, 2)),
    call(X, (1, 3), -1),
    call(X, (1, 1)),
)
add("squeeze_copy", call(rand(1, 3, 1)), call(rand(1, 3, 1), 0), call(rand(1, 3, 1), (0, 2)), call(rand(1, 3), 1))
add("t_copy", call(X), call(rand(3)), call(rand()), call(CUBE))
add("transpose_copy", call(CUBE, 0, 2), call(CUBE, -1, 1), call(CUBE, 3, 0))
add("unbind_copy", call(X), call(CUBE, 2), call(rand()))
add("unsqueeze_copy", call(X, 0), call(X, -1), call(X, 4))
add("view_copy", call(X, (4, 3)), call(X, (-1,)), call(X, (2, 6)), call(X, (5,)))
add(
    "slice_scatter",
    call(X, rand(3, 2), 1, 1, 3),
    call(X, rand(2, 4), 0, -2),
    call(X, rand(3, 2), 1, 0, 9, 2),
    call(X, X),
)
add(
    "slice_scatter",
    call(X, rand(3, 3), 1, 1, 3),
    call(X, rand(3, 2, dtype=F64), 1, 1, 3),
    call(whole(4), whole(2), 0, 2),
)
add("select_scatter", call(X, rand(4), 0, 1), call(X, rand(3), -1, -1), call(X, rand(3), 0, 1), call(X, rand(4), 0, 3))

# Pieces.
add("unsafe_split", call(X, 2, 1), call(X, 3))
add("unsafe_chunk", call(X, 2, 1), call(X, 5), call(X, 0))
add(
    "tensor_split",
    call(X, 3, 1),
    call(X, (1, 2), 1),
    call(X, (1, -1), -1),
    call(X, (5, 2)),
    call(X, 0),
    call(rand(), 1),
)
add(
    "tensor_split",
    call(X, number([1, 3], I64), 1),
    call(X, number(2, I64)),
    call(X, number([1.0])),
    call(X, 7),
    call(X, ()),
)
add("hsplit", call(X, 2), call(rand(4), 2), call(X, (1, 3)), call(X, 3), call(rand(), 1), call(X, 0))
add("vsplit", call(X, 3), call(X, (1,)), call(rand(4), 2), call(X, 2))
add("dsplit", call(CUBE, 2), call(CUBE, (1, 3)), call(X, 2))
for name, args in {
    "t_": [()],
    "transpose_": [(0, 1), (-1, 0), (0, 2)],
    "swapdims_": [(0, 1)],
    "swapaxes_": [(0, 1)],
}.items():
    add(name, *(call(X, *each) for each in args), *(call(whole(2, 3), *each) for each in args))
add("squeeze_", call(rand(1, 3, 1)), call(rand(1, 3, 1), 0), call(rand(1, 3, 1), (0, 2)), call(whole(1, 2)))
add("unsqueeze_", call(X, 0), call(X, -1), call(X, 4), call(whole(2), 1))
add(
    "sum_to_size",
    call(X, 1, 4),
    call(X, (4,)),
    call(X, ()),
    call(X, (3, 4)),
    call(CUBE, (3, 1)),
    call(X, 5),
    call(whole(2, 3), 1),
)
add(
    "unravel_index",
    call(whole(5, low=0, high=24), (2, 3, 4)),
    call(whole(2, 2, low=0, high=6), 6),
    call(rand(2), (2, 2)),
)
add(
    "unravel_index",
    call(number(5, I64), (2, 3)),
    call(whole(3, low=0, high=4), (2, -2)),
    call(whole(3, low=-6, high=12), (2, 3)),
)
add("nonzero_static", *(call(number([[0.0, 1, 2], [3, 0, 4]]), size=n) for n in (0, 2, 4, 6)), call(X, size=-1))
add(
    "nonzero_static",
    call(number([0, 1, 0, 2], I64), size=3, fill_value=9),
    call(number(3.0), size=2),
    call(rand(0, 2), size=1),
)
for shape in ((3, 3), (4, 2), (7, 3), (2, 5), (3, 3, 3), (3,), (2, 3, 3), (0, 2)):
    add("fill_diagonal_", once(rand(*shape), 2.0), once(rand(*shape), 2, wrap=True))
add("fill", call(X, 2.5), call(X, number(3.0)), call(whole(3), 2), call(whole(3), 2.5), call(X, rand(2)), call(U8, 300))
add("scalar_tensor", call(2.5), call(3), call(True), call(3, dtype=I64), call(1.0, requires_grad=True), call(X))
add("is_same_size", call(X, X), call(X, rand(4, 3)), call(X, rand(12)))
add("is_set_to", call(X, X), call(X, rand(3, 4)))

# Statistics.
ODD = number([[1.0, NAN, 3, 2], [4, 1, 0, 2]])
for word in ("linear", "lower", "higher", "midpoint", "nearest"):
    for q in (0.3, number([0.0, 0.25, 1.0]), number(0.5)):
        add(
            "quantile nanquantile",
            call(X, q, interpolation=word),
            call(X, q, 1, interpolation=word),
            call(ODD, q, 1, True, interpolation=word),
        )
add(
    "quantile nanquantile",
    call(X, 0.5, 0, True),
    call(rand(), 0.5),
    call(rand(), 0.5, 0),
    call(X, 1.5),
    call(whole(3), 0.5),
)
add(
    "quantile nanquantile",
    call(X, number([[0.5]])),
    call(X, number(0.5, F64)),
    call(rand(0), 0.5),
    call(X, 0.5, interpolation="up"),
)
add(
    "quantile nanquantile",
    call(X, 0.5, keepdim=True),
    call(number([NAN, NAN]), 0.5),
    call(rand(3, dtype=F64), 0.2),
    call(X, number([2.0])),
)
add(
    "mode",
    call(whole(4, 5)),
    call(whole(4, 5), 0),
    call(whole(4, 5), 0, True),
    call(number([1.0, 2, 2, 1, 3])),
    call(rand()),
    call(rand(0)),
)
add("mode", call(ODD), call(whole(3, 3, dtype=BOOL)), call(X, 2), call(rand(2, 0), 0))
add(
    "aminmax",
    call(X),
    call(X, dim=1),
    call(X, dim=0, keepdim=True),
    call(X, keepdim=True),
    fixed(ODD, dim=1),
    call(rand(0)),
    call(rand()),
)
add(
    "aminmax",
    call(rand(0, 2), dim=0),
    call(rand(0, 2), dim=1),
    call(whole(3, 2)),
    call(number([1.0, 1, 2])),
    call(whole(3, dtype=BOOL)),
)
add(
    "histc",
    once(X),
    once(X, 5),
    once(X, 5, -1, 1),
    once(X, 4, min=0, max=2),
    once(rand(0), 3),
    once(number([1.0, 1]), 3),
    once(X, 0),
)
add(
    "histc",
    once(X, 3, 2, 1),
    once(number([1.0, INF]), 3),
    once(number([1.0, NAN, 2]), 3, 0, 4),
    once(rand(5, dtype=F64), 3),
    once(X, 5, INF, 1),
)
add(
    "histogram",
    fixed(X, 5),
    fixed(X, 5, range=(-1.0, 1.0)),
    fixed(X, 5, density=True),
    fixed(X, 4, weight=rand(3, 4)),
    fixed(X),
    fixed(rand(0), 3),
)
add(
    "histogram",
    fixed(X, number([-1.0, 0, 0.5, 2])),
    fixed(X, number([-1.0, 0, 2]), density=True),
    fixed(X, 0),
    fixed(X, 3, range=(1.0, 0.0)),
)
add(
    "histogram",
    fixed(X, number([0.0])),
    fixed(X, 3, weight=rand(2)),
    fixed(X, 3, weight=rand(3, 4, dtype=F64)),
    fixed(whole(3), 2),
)
POINTS = rand(6, 2)
add(
    "histogramdd",
    fixed(POINTS, [3, 4]),
    fixed(POINTS, 3),
    fixed(POINTS, [2, 2], range=[-1.0, 1.0, 0.0, 2.0]),
    fixed(POINTS, 2, density=True),
)
add(
    "histogramdd",
    fixed(POINTS, [number([-1.0, 0, 1]), number([-2.0, 2])]),
    fixed(POINTS, [3]),
    fixed(rand(3), [3]),
    fixed(POINTS, 2, weight=rand(6)),
)
add("histogramdd", fixed(rand(2, 3, 2), (2, 3)), fixed(POINTS, 2, weight=rand(5)), fixed(rand(0, 2), 2))
add(
    "bincount",
    call(whole(9, low=0)),
    call(whole(9, low=0), minlength=8),
    call(whole(9, low=0), rand(9)),
    call(whole(9, low=0, dtype=U8)),
)
add(
    "bincount",
    call(whole(0)),
    call(whole(0), minlength=2),
    call(whole(3, low=-4, high=-1)),
    call(X),
    call(rand(3)),
    call(whole(3, low=0), rand(2)),
)
add(
    "bincount",
    call(whole(9, low=0), whole(9)),
    call(whole(9, low=0), rand(9, dtype=F64)),
    call(whole(3, low=0), minlength=-1),
)
add(
    "dist",
    *(call(X, rand(3, 4), p) for p in (0, 1, 2, 3, 0.5, INF, -INF)),
    call(X, rand(4)),
    once(X, X),
    call(X, rand(3, 4, dtype=F64)),
)
add(
    "renorm",
    call(X, 2, 0, 1.0),
    call(X, 1, 1, 2),
    call(CUBE, 3, -1, 1.5),
    call(X, INF, 0, 1.0),
    call(rand(3), 2, 0, 1.0),
    call(X, 0, 0, 1),
)
add("renorm", call(X, 2, 0, -1.0), call(X * 0.01, 2, 0, 1.0))
add(
    "gradient",
    call(X),
    call(X, spacing=2),
    call(X, dim=0),
    call(X, dim=(0, 1), edge_order=2),
    call(CUBE, spacing=[1.0, 2.0, 0.5], dim=(0, 1, 2)),
)
add(
    "gradient",
    call(CUBE, dim=-1, edge_order=2),
    call(X, spacing=[number([0.0, 1, 3]), number([0.0, 2, 3, 7])]),
    call(X, edge_order=3),
    call(rand(1)),
)
add(
    "gradient",
    call(X, spacing=[number([0.0, 1, 3]), number([0.0, 2, 3, 7])], edge_order=2),
    call(X, spacing=[1.0]),
    call(whole(5)),
    call(rand(2)),
)
add(
    "logspace",
    call(0, 2, 5),
    call(-1.0, 1.0, 4, 2.0),
    call(0, 3, 4, dtype=I64),
    call(1, 2, 0),
    call(1, 2, 1),
    call(0, 1, -1),
)
add("range", call(1, 5), call(0, 2, 0.5), call(5, 1, -2), call(0, 1, 0), call(0, -1), call(0, 3, dtype=I64))
add("logspace", call(0, 1, 3, dtype=F64))
