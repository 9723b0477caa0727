"""Holds tests of batch, instance and group norm against torch: values, gradients, running statistics, refusals."""

import pytest
import torch
from conversion import as_flashlight, assert_same, raised

import flashlight as fl

SEED = torch.Generator().manual_seed(29)


def randn(*shape):
    return torch.randn(*shape, generator=SEED)


def statistics(channels):
    return randn(channels), torch.rand(channels, generator=SEED) + 0.5


def compare(name, x, *vectors, **keywords):
    """Raises unless value, first and second gradients, and what was written into the statistics are torch's."""
    results = []
    for package, own in ((fl, as_flashlight), (torch, lambda t: t.clone())):
        given = [None if v is None else own(v) for v in vectors]
        leaves = [own(x).requires_grad_()]
        for place, vector in enumerate(given):
            if place >= 2 and vector is not None:
                leaves.append(vector.requires_grad_())
        value = getattr(package.nn.functional, name)(leaves[0], *given, **keywords)
        weights = own(torch.linspace(-1, 1, x.numel()).reshape(x.shape))
        first = package.autograd.grad((value * value * weights).sum(), leaves, create_graph=True)
        second = package.autograd.grad(sum((g * g).sum() for g in first), leaves)
        results.append([value.detach(), [g.detach() for g in first], list(second), given[:2]])
    (value, first, second, written), theirs = results
    assert_same(value, theirs[0], rtol=1e-5, atol=1e-5)
    assert_same(first, theirs[1], rtol=1e-4, atol=1e-4)
    assert_same(second, theirs[2], rtol=1e-3, atol=1e-3 * max(float(t.abs().max()) for t in theirs[2]))
    assert_same(written, theirs[3], rtol=1e-5, atol=1e-6)


SHAPES = [(6, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0])
def test_batch_norm_is_torchs(shape, training, momentum):
    keywords = {"training": training, "momentum": momentum}
    compare("batch_norm", randn(*shape) * 3 + 1, *statistics(3), randn(3), randn(3), **keywords)
    compare("batch_norm", randn(*shape), *statistics(3), eps=1e-2, **keywords)
    if training:
        compare("batch_norm", randn(*shape), None, None, randn(3), None, **keywords)


@pytest.mark.parametrize("shape", [(4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 4)])
@pytest.mark.parametrize("fresh", [True, False])
def test_instance_norm_is_torchs(shape, fresh):
    keywords = {"use_input_stats": fresh, "momentum": 0.3}
    compare("instance_norm", randn(*shape) * 2 - 1, *statistics(3), randn(3), randn(3), **keywords)
    if fresh:
        compare("instance_norm", randn(*shape), None, None, None, None, **keywords)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(2, 6, 3), (2, 6, 4, 5), (3, 6)])
def test_group_norm_is_torchs(groups, shape):
    if shape == (3, 6) and groups == 6:
        return
    results = []
    weight, bias, x = randn(6), randn(6), randn(*shape)
    for package, own in ((fl, as_flashlight), (torch, lambda t: t.clone())):
        leaves = [own(t).requires_grad_() for t in (x, weight, bias)]
        value = package.nn.functional.group_norm(leaves[0], groups, *leaves[1:])
        results.append([value.detach(), package.autograd.grad((value * value * value).sum(), leaves)])
    assert_same(results[0][0], results[1][0], rtol=1e-5, atol=1e-5)
    assert_same(list(results[0][1]), list(results[1][1]), rtol=1e-4, atol=1e-4)


def test_statistics_are_written_in_place_and_carry_no_history():
    x = fl.randn(4, 3, requires_grad=True)
    mean, variance = fl.zeros(3), fl.ones(3)
    versions = mean._version
    fl.nn.functional.batch_norm(x, mean, variance, training=True)
    assert mean._version == versions + 1
    assert not mean.requires_grad
    assert not variance.requires_grad


@pytest.mark.parametrize(
    "call",
    [
        lambda p, f: f.batch_norm(p.ones(1, 3), None, None, training=True),
        lambda p, f: f.batch_norm(p.ones(2, 3), None, None),
        lambda p, f: f.batch_norm(p.ones(2, 3), p.ones(4), p.ones(4)),
        lambda p, f: f.batch_norm(p.ones(2, 3), p.ones(3), p.ones(3), p.ones(2)),
        lambda p, f: f.instance_norm(p.ones(2, 3, 1)),
        lambda p, f: f.instance_norm(p.ones(2, 3, 4), use_input_stats=False),
        lambda p, f: f.group_norm(p.ones(2, 5, 4), 2),
        lambda p, f: f.group_norm(p.ones(2, 4, 4), 2, p.ones(3)),
    ],
)
def test_refusals_are_torchs(call):
    ours, theirs = raised(call, fl, fl.nn.functional), raised(call, torch, torch.nn.functional)
    assert ours is not None
    assert ours[0] is theirs[0], (ours, theirs)
