"""Holds tests of convolutions, transposed convolutions and pooling against torch: values, gradients, refusals."""

import itertools

import pytest
import torch
from conversion import as_flashlight, assert_equal, assert_same, raised

import flashlight as fl

SEED = torch.Generator().manual_seed(23)
LONG = {1: (9,), 2: (8, 7), 3: (5, 6, 4)}


def randn(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=SEED, dtype=dtype)


def both(name, *arguments, leaves=(0,), **keywords):
    """What a function gives, and the gradients and second gradients of its leaves, from flashlight and from torch."""
    results = []
    for package, own in ((fl, as_flashlight), (torch, lambda x: x.clone())):
        given = [own(a) if isinstance(a, torch.Tensor) else a for a in arguments]
        for place in leaves:
            given[place].requires_grad_(True)
        value = getattr(package.nn.functional, name)(*given, **keywords)
        inputs = [given[i] for i in leaves]
        first = package.autograd.grad((value * value).sum(), inputs, create_graph=True) if leaves else []
        smooth = [g for g in first if g.requires_grad]
        second = package.autograd.grad(sum((g * g).sum() for g in smooth), inputs) if smooth else []
        results.append((value.detach(), [g.detach() for g in first], second))
    return results


def check(name, *arguments, leaves=(0,), **keywords):
    """Raises unless value, gradients and second gradients are torch's."""
    (value, first, second), (their_value, their_first, their_second) = both(name, *arguments, leaves=leaves, **keywords)
    scale = lambda tensors: max((float(t.abs().max()) for t in tensors if t.numel()), default=1.0)  # noqa: E731
    assert_same(value, their_value, rtol=1e-5, atol=1e-5 * max(1.0, scale([their_value])))
    assert_same(first, list(their_first), rtol=1e-4, atol=1e-5 * max(1.0, scale(their_first)))
    assert_same(list(second), list(their_second), rtol=1e-4, atol=1e-5 * max(1.0, scale(their_second)))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [
        (3, 1, 0, 1),
        (3, 2, 1, 1),
        (2, 3, 1, 2),
        (1, 1, 0, 1),
        (1, 2, 2, 1),
        (3, 1, "same", 1),
        (2, 1, "same", 2),
        (2, 1, "valid", 1),
    ],
)
def test_convolutions_are_torchs(axes, groups, kernel, stride, padding, dilation):
    x, weight, bias = randn(2, 4, *LONG[axes]), randn(6, 4 // groups, *[kernel] * axes), randn(6)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    check(f"conv{axes}d", x, weight, bias, leaves=(0, 1, 2), **options)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "more", "dilation"),
    [(3, 1, 0, 0, 1), (3, 2, 1, 1, 1), (2, 3, 1, 2, 2), (1, 1, 0, 0, 1), (2, 2, 0, 0, 1), (2, 1, 1, 1, 2)],
)
def test_transposed_convolutions_are_torchs(axes, groups, kernel, stride, padding, more, dilation):
    x, weight, bias = randn(2, 4, *LONG[axes]), randn(4, 6 // groups, *[kernel] * axes), randn(6)
    options = {"stride": stride, "padding": padding, "output_padding": more, "dilation": dilation, "groups": groups}
    check(f"conv_transpose{axes}d", x, weight, bias, leaves=(0, 1, 2), **options)


def test_steps_may_differ_between_axes():
    x, weight = randn(1, 2, 9, 8), randn(3, 2, 2, 3)
    check("conv2d", x, weight, stride=(2, 1), padding=(1, 0), dilation=(1, 2), leaves=(0, 1))
    check("conv_transpose2d", x, randn(2, 3, 2, 3), None, (2, 1), (1, 0), (1, 0), leaves=(0, 1))


def test_depthwise_and_unbatched_and_empty_and_double():
    check("conv2d", randn(2, 6, 7, 7), randn(6, 1, 3, 3), groups=6, padding=1, leaves=(0, 1))
    check("conv2d", randn(2, 3, 7, 7), randn(6, 1, 3, 3), groups=3, leaves=(0, 1))
    check("conv2d", randn(3, 7, 7), randn(2, 3, 3, 3), leaves=(0, 1))
    check("conv1d", randn(3, 7), randn(2, 3, 3), leaves=(0, 1))
    check("conv2d", randn(0, 3, 7, 7), randn(2, 3, 3, 3), leaves=())
    double = {"dtype": torch.float64}
    results = both("conv2d", randn(2, 3, 6, 6, **double), randn(4, 3, 3, 3, **double), padding=1, leaves=(0, 1))
    assert_same(results[0], results[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_round_a_sum_in_single_precision(dtype):
    x, weight = randn(2, 3, 6, 6), randn(4, 3, 3, 3)
    ours = fl.nn.functional.conv2d(
        as_flashlight(x).to(getattr(fl, dtype)), as_flashlight(weight).to(getattr(fl, dtype))
    )
    theirs = torch.nn.functional.conv2d(x.to(getattr(torch, dtype)), weight.to(getattr(torch, dtype)))
    assert ours.dtype == getattr(fl, dtype)
    assert_same(ours.float(), theirs.float(), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    "call",
    [
        lambda p, f: f.conv2d(p.ones(2, 3), p.ones(4, 3, 3, 3)),
        lambda p, f: f.conv2d(p.ones(1, 5, 8, 8), p.ones(4, 3, 3, 3)),
        lambda p, f: f.conv2d(p.ones(1, 3, 2, 2), p.ones(4, 3, 3, 3)),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), p.ones(5)),
        lambda p, f: f.conv2d(p.ones(1, 4, 8, 8), p.ones(4, 4, 3, 3), groups=3),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), stride=0),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), stride=(1, 1, 1)),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), padding=-1),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), padding="same", stride=2),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), padding="some"),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), dilation=0),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3), groups=0),
        lambda p, f: f.conv2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3, dtype=p.float64)),
        lambda p, f: f.conv_transpose2d(p.ones(1, 3, 8, 8), p.ones(4, 3, 3, 3)),
        lambda p, f: f.conv_transpose2d(p.ones(1, 3, 8, 8), p.ones(3, 4, 3, 3), output_padding=1),
        lambda p, f: f.max_pool2d(p.ones(1, 3, 8, 8), 3, padding=2),
        lambda p, f: f.max_pool2d(p.ones(8, 8), 3),
        lambda p, f: f.max_pool2d(p.ones(1, 3, 8, 8), (3, 3, 3)),
        lambda p, f: f.max_pool2d(p.ones(1, 3, 2, 2), 5),
        lambda p, f: f.avg_pool2d(p.ones(1, 3, 8, 8), 3, padding=2),
        lambda p, f: f.avg_pool2d(p.ones(1, 3, 8, 8), 3, divisor_override=0),
        lambda p, f: f.max_pool2d(p.ones(1, 3, 8, 8), 3, stride=0),
    ],
)
def test_refusals_are_torchs(call):
    ours, theirs = raised(call, fl, fl.nn.functional), raised(call, torch, torch.nn.functional)
    assert ours is not None
    assert ours[0] is theirs[0], (ours, theirs)


WINDOWS = [(2, None, 0), (3, 2, 1), (3, 1, 1), (2, 3, 1), (4, 2, 2)]


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride", "padding"), WINDOWS)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling_is_torchs(axes, kernel, stride, padding, ceil_mode):
    x = randn(2, 3, *LONG[axes])
    options = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    check(f"max_pool{axes}d", x, kernel, **options)
    for count_include_pad in (False, True):
        check(f"avg_pool{axes}d", x, kernel, count_include_pad=count_include_pad, **options)
    if axes > 1:
        check(f"avg_pool{axes}d", x, kernel, divisor_override=5, **options)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation", "ceil_mode"), [(1, 2, False), (2, 1, True), (3, 2, True)])
def test_places_of_the_largest_are_torchs(axes, stride, dilation, ceil_mode):
    x = torch.randint(0, 3, (2, 3, *LONG[axes]), generator=SEED).float()
    options = {"stride": stride, "dilation": dilation, "ceil_mode": ceil_mode, "return_indices": True}
    ours = getattr(fl.nn.functional, f"max_pool{axes}d")(as_flashlight(x), 2, **options)
    theirs = getattr(torch.nn.functional, f"max_pool{axes}d")(x, 2, **options)
    assert_equal(ours, theirs)


def test_the_first_of_equals_has_the_gradient():
    x = torch.tensor([1.0, 1, 0, 2, 2, 2, -1, -1]).reshape(1, 1, 8)
    check("max_pool1d", x, 3, stride=2, padding=1)
    check("max_pool2d", torch.zeros(1, 2, 6, 6), 3, stride=1, padding=1)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_adaptive_pooling_is_torchs(axes, size):
    x = randn(2, 3, *LONG[axes])
    check(f"adaptive_avg_pool{axes}d", x, size)
    check(f"adaptive_max_pool{axes}d", x, size)
    ours = getattr(fl.nn.functional, f"adaptive_max_pool{axes}d")(as_flashlight(x), size, return_indices=True)
    assert_equal(ours, getattr(torch.nn.functional, f"adaptive_max_pool{axes}d")(x, size, return_indices=True))


def test_adaptive_pooling_keeps_an_axis_that_is_not_named():
    check("adaptive_avg_pool2d", randn(2, 3, 8, 7), (None, 3))
    check("adaptive_max_pool2d", randn(3, 8, 7), (5, None))


def test_not_a_number_is_the_largest():
    x = randn(1, 1, 4, 4)
    x[0, 0, 1, 1] = float("nan")
    ours = fl.nn.functional.max_pool2d(as_flashlight(x), 2, stride=1, return_indices=True)
    assert_equal(ours, torch.nn.functional.max_pool2d(x, 2, stride=1, return_indices=True))


def test_integers_have_a_largest():
    x = torch.randint(-9, 9, (1, 2, 6, 6), generator=SEED)
    for kernel, padding in itertools.product((2, 3), (0, 1)):
        ours = fl.nn.functional.max_pool2d(as_flashlight(x), kernel, 1, padding, return_indices=True)
        assert_equal(ours, torch.nn.functional.max_pool2d(x, kernel, 1, padding, return_indices=True))
