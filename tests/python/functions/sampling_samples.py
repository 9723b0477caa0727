"""Holds the samples of pooling turned round, grids, alignments, bags and noise; `samples.py` reads them."""

import torch
from samples import (
    BOOL,
    F64,
    I32,
    INF,
    Constant,
    Sample,
    X,
    add,
    call,
    number,
    once,
    only,
    rand,
    whole,
)

# Pooling turned round. The places are those that pooling finds.
for axes, name in ((1, "max_unpool1d"), (2, "max_unpool2d"), (3, "max_unpool3d")):
    pool = getattr(torch.nn.functional, name.replace("unpool", "pool"))
    for shape, options in (((2, 3), {}), ((2,), {"stride": 3}), ((1, 2), {"padding": 1, "stride": 2})):
        kernel = 3 if "padding" in options else 2
        values, places = pool(rand(*shape, *[6] * axes), kernel, return_indices=True, **options)
        add(
            name,
            call(values, places, kernel, **options),
            once(values, places, kernel, **options, output_size=(6,) * axes),
        )
    values, places = pool(rand(1, 1, *[5] * axes), 2, return_indices=True)
    add(
        name, call(values, places, 2, output_size=(1, 1, *[5] * axes)), call(values, places, 2, output_size=(9,) * axes)
    )
    add(
        name,
        call(values, places.int(), 2),
        call(values, places[:, :, :1], 2),
        *([call(X[0], whole(4), 2)] * (axes == 1)),
        call(values, places + 99, 2),
    )
    add(
        name, call(values.double(), places, [2] * axes, None, 0), call(values, places, 2, output_size=(5,) * (axes + 3))
    )
IMAGE, VOLUME = rand(2, 3, 6, 7), rand(1, 2, 5, 6, 5)
for axes, name, x in ((2, "fractional_max_pool2d", IMAGE), (3, "fractional_max_pool3d", VOLUME)):
    draws = rand(*x.shape[:2], axes, low=0.0, high=1.0)
    for names in (name, name + "_with_indices"):
        add(
            names,
            call(x, 2, 3, _random_samples=Constant(draws)),
            call(x, 2, output_ratio=[0.5] * axes, _random_samples=Constant(draws)),
        )
        add(names, call(x, [2] * axes, [3] * axes, None, True), call(x, 2), call(x, 2, output_ratio=[0.5] * axes))
        add(names, call(x[0], 2, 3), call(x, 9, 3), call(x, 1, 1), call(x.int(), 2, 3))
for axes, name in ((1, "lp_pool1d"), (2, "lp_pool2d"), (3, "lp_pool3d")):
    x = rand(2, 3, *[5] * axes, low=0.1)
    add(
        name,
        call(x, 2, 2),
        call(x, 3, 2, 1),
        call(x, 2.0, 2 if axes == 1 else [2] * axes, ceil_mode=True),
        call(x, 1, 3, stride=2),
        once(x, 1.5, 2),
    )
    add(name, once(x * 0, 2, 2), call(x, 2, 9), call(x[0], 2, 2))
add(
    "conv_tbc",
    call(rand(5, 2, 3), rand(3, 3, 4), rand(4)),
    call(rand(5, 2, 3), rand(3, 3, 4), rand(4), 1),
    call(X, X, X),
)
add(
    "constant_pad_nd",
    call(X, (1, 2)),
    call(X, (1, 0, -1, 2), 3.5),
    call(whole(3), (2, 2), 7),
    call(X, (1,)),
    call(X, (1,) * 6),
)
add("native_channel_shuffle", call(rand(2, 6, 3), 3), call(rand(2, 5, 3), 3))
for axes in (1, 2, 3):
    x = rand(2, 3, *[6] * axes)
    add(f"adaptive_max_pool{axes}d_with_indices", call(x, 3), call(x, (4,) * axes))

# Places between elements.
for mode in ("bilinear", "nearest", "bicubic"):
    for outside in ("zeros", "border", "reflection"):
        for middles in (False, True):
            grid = rand(2, 3, 4, 2, low=-1.6, high=1.6)
            add("grid_sample", once(IMAGE, grid, mode, outside, middles))
            if mode != "bicubic":
                add("grid_sample", once(VOLUME, rand(1, 2, 3, 2, 3, low=-1.6, high=1.6), mode, outside, middles))
add(
    "grid_sample",
    call(IMAGE, rand(2, 3, 4, 2)),
    call(IMAGE, rand(1, 3, 4, 2)),
    call(IMAGE, rand(2, 3, 4, 3)),
    call(X, X),
)
add("grid_sample", call(IMAGE, rand(2, 3, 4, 2), "cubic"), call(IMAGE, rand(2, 3, 4, 2), padding_mode="none"))
add("grid_sample", call(IMAGE, rand(2, 3, 4, 2, dtype=F64)), call(IMAGE.double(), rand(2, 3, 4, 2, dtype=F64)))
add(
    "grid_sampler grid_sampler_2d",
    *(once(IMAGE, rand(2, 3, 4, 2), mode, outside, True) for mode in (0, 1, 2) for outside in (0, 1)),
)
add(
    "grid_sampler_3d",
    *(once(VOLUME, rand(1, 2, 2, 3, 3), mode, outside, False) for mode in (0, 1) for outside in (0, 2)),
)
add(
    "affine_grid",
    call(rand(2, 2, 3), (2, 3, 4, 5)),
    call(rand(1, 3, 4), (1, 3, 2, 3, 4), True),
    call(rand(2, 2, 3), (2, 3, 1, 5), False),
)
add(
    "affine_grid",
    call(rand(2, 2, 2), (2, 3, 4, 5)),
    call(rand(2, 2, 3), (2, 3, 4)),
    call(whole(2, 2, 3), (2, 3, 4, 5)),
    call(rand(2, 2, 3), (2, 3, 0, 5)),
)
add("affine_grid_generator", call(rand(2, 2, 3), (2, 3, 4, 5), False), call(rand(1, 3, 4), (1, 3, 2, 3, 4), True))

# Alignments.
PROBABLE = rand(8, 3, 5).log_softmax(-1)
LABELS = whole(3, 4, low=1, high=5)
for how in ("none", "mean", "sum"):
    add("ctc_loss", only("functional", PROBABLE, LABELS, (8, 8, 6), (4, 2, 1), reduction=how))
LENGTHS = number([8, 7, 8], I32), number([3, 0, 4], I32)
BOTH = {"places": ("functional",), "twice": False}
add(
    "ctc_loss", Sample((PROBABLE, LABELS, *LENGTHS), **BOTH), Sample((PROBABLE, LABELS.flatten()[:7], *LENGTHS), **BOTH)
)
add("ctc_loss", Sample((PROBABLE, number([[1, 1, 1, 1]] * 3, LABELS.dtype), (8, 8, 7), (4, 4, 4)), **BOTH))
add("ctc_loss", Sample((PROBABLE, LABELS, (2, 8, 8), (4, 4, 4)), {"zero_infinity": True}, **BOTH))
add(
    "ctc_loss",
    Sample((PROBABLE[:, 0], LABELS[0], (8,), (4,)), **BOTH),
    Sample((PROBABLE, LABELS - 1, (8, 8, 8), (3, 3, 3)), {"blank": 4}, **BOTH),
)
add(
    "ctc_loss",
    Sample((PROBABLE, LABELS, (9, 8, 8), (4, 4, 4)), **BOTH),
    Sample((PROBABLE, LABELS, (8, 8), (4, 4)), **BOTH),
)
add(
    "ctc_loss",
    Sample((PROBABLE, LABELS, (8, 8, 8), (4, 4, 4)), {"blank": 5}, **BOTH),
    Sample((PROBABLE, LABELS, (8, 8, 8), (4, 4, 5)), **BOTH),
)
add("ctc_loss", Sample((PROBABLE, LABELS, (8, 8, 8), (4, 4, 4), 0, 2), places=("torch",), twice=False))

# Bags.
TABLE, ENTRIES = rand(6, 3), whole(7, low=0, high=6)
STARTS = number([0, 2, 2, 5], ENTRIES.dtype)
for mode in ("sum", "mean", "max"):
    add("embedding_bag", call(ENTRIES, TABLE, STARTS, mode=mode), call(whole(2, 4, low=0, high=6), TABLE, mode=mode))
    add("embedding_bag", call(ENTRIES, TABLE, number([0, 3, 7], ENTRIES.dtype), mode=mode, include_last_offset=True))
    add(
        "embedding_bag",
        call(ENTRIES, TABLE, STARTS, mode=mode, padding_idx=-2),
        call(whole(0, 3, low=0, high=6), TABLE, mode=mode),
    )
add("embedding_bag", call(ENTRIES, TABLE, STARTS, mode="sum", per_sample_weights=rand(7)), call(ENTRIES, TABLE))
add(
    "embedding_bag",
    call(ENTRIES, TABLE, STARTS, mode="mean", per_sample_weights=rand(7)),
    call(ENTRIES, TABLE, STARTS, mode="min"),
)
add(
    "embedding_bag", once(ENTRIES, TABLE, STARTS, mode="sum", scale_grad_by_freq=True), call(ENTRIES + 9, TABLE, STARTS)
)
add(
    "embedding_bag",
    call(ENTRIES.reshape(1, 7), TABLE, STARTS),
    call(rand(3), TABLE, STARTS),
    call(ENTRIES, X[0], STARTS),
)
add(
    "embedding_bag",
    call(ENTRIES, TABLE, STARTS, padding_idx=9),
    call(ENTRIES, TABLE, number([1, 2], ENTRIES.dtype)),
    call(ENTRIES.int(), TABLE, STARTS.int()),
)

# Noise.
for p in (0.0, 0.3, 1.0):
    for name in ("alpha_dropout", "feature_alpha_dropout"):
        add(
            name,
            only("functional", X, p, True),
            only("functional", X, p),
            only("torch", X, p, True),
            only("torch", X, p, False),
        )
        add(name + "_", Sample((X * 1, p, False)))
add(
    "alpha_dropout feature_alpha_dropout",
    only("functional", X, 1.5, True),
    only("functional", rand(4), 0.3, True),
    only("functional", whole(2, 2), 0.3, True),
)
add(
    "rrelu",
    only("functional", X),
    only("functional", X, 0.2, 0.5),
    only("functional", X, training=True),
    only("torch", X, 0.1, 0.3, True),
)
add(
    "rrelu",
    only("torch", X),
    only("functional", X, 0.5, 0.1),
    only("functional", whole(3)),
    only("functional", number([0.0, -0.0, -INF, INF])),
)
add(
    "rrelu_",
    Sample((X * 1, 0.2, 0.4), places=("functional", "torch")),
    Sample((X * 1, 0.2, 0.4, True), places=("functional", "torch")),
)
add("grid_sampler", call(whole(3, dtype=BOOL), X, 0, 0, True))
