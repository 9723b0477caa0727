"""Holds tests of scaled dot-product attention against torch: values, gradients, masks, refusals."""

import pytest
import torch
import torch.nn.attention
from conversion import as_flashlight, assert_same, raised

import flashlight as fl

SEED = torch.Generator().manual_seed(31)


def randn(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=SEED, dtype=dtype)


def compare(query, key, value, mask=None, **keywords):
    """Raises unless value, first and second gradients are torch's."""
    results = []
    for package, own in ((fl, as_flashlight), (torch, lambda t: t.clone())):
        leaves = [own(t).requires_grad_() for t in (query, key, value)]
        masks = None if mask is None else own(mask)
        if mask is not None and mask.is_floating_point() and mask.isfinite().all():
            leaves.append(masks.requires_grad_())
        # Only torch's composition can be differentiated twice.
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            result = package.nn.functional.scaled_dot_product_attention(*leaves[:3], masks, **keywords)
        first = package.autograd.grad((result * result).sum(), leaves, create_graph=True)
        second = package.autograd.grad(sum((g * g).sum() for g in first), leaves)
        results.append([result.detach(), [g.detach() for g in first], list(second)])
    assert_same(results[0][0], results[1][0], rtol=1e-5, atol=1e-5)
    assert_same(results[0][1], results[1][1], rtol=1e-4, atol=1e-4)
    assert_same(results[0][2], results[1][2], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("lead", [(2, 3), (4,), ()])
def test_attention_is_torchs(lead):
    q, k, v = randn(*lead, 5, 4), randn(*lead, 7, 4), randn(*lead, 7, 3)
    compare(q, k, v)
    compare(q, k, v, scale=0.3)
    compare(q, k, v, is_causal=True)
    compare(q, k, v, torch.rand(5, 7, generator=SEED) > 0.4)
    compare(q, k, v, randn(5, 7))
    compare(q, k, v, randn(*lead, 5, 7))


def test_batches_broadcast_and_heads_are_shared():
    compare(randn(2, 3, 5, 4), randn(2, 1, 7, 4), randn(1, 3, 7, 4))
    compare(randn(2, 6, 5, 4), randn(2, 2, 7, 4), randn(2, 2, 7, 4), enable_gqa=True)
    compare(randn(2, 3, 5, 4), randn(2, 3, 7, 4), randn(2, 3, 7, 4), torch.rand(2, 1, 1, 7, generator=SEED) > 0.4)


def test_a_query_that_may_look_at_nothing_gets_zeros():
    mask = torch.ones(5, 7, dtype=torch.bool)
    mask[2] = False
    compare(randn(2, 3, 5, 4), randn(2, 3, 7, 4), randn(2, 3, 7, 4), mask)


def test_double_precision_is_kept():
    q, k, v = (randn(2, 5, 4, dtype=torch.float64) for _ in range(3))
    ours = fl.nn.functional.scaled_dot_product_attention(*map(as_flashlight, (q, k, v)))
    assert_same(ours, torch.nn.functional.scaled_dot_product_attention(q, k, v), rtol=1e-12, atol=1e-12)


def test_dropout_keeps_the_mean():
    fl.manual_seed(0)
    q = fl.zeros(1, 64, 4)
    dropped = fl.nn.functional.scaled_dot_product_attention(q, q, fl.ones(1, 64, 4), dropout_p=0.5)
    assert abs(dropped.mean().item() - 1) < 0.1
    assert dropped.std().item() > 0.01


@pytest.mark.parametrize(
    "call",
    [
        lambda p, f: f(p.ones(2, 4), p.ones(3, 5), p.ones(3, 5)),
        lambda p, f: f(p.ones(4), p.ones(4), p.ones(4)),
        lambda p, f: f(p.ones(2, 4), p.ones(3, 4, dtype=p.float64), p.ones(3, 4)),
        lambda p, f: f(p.ones(2, 4), p.ones(2, 4), p.ones(2, 4), p.ones(2, 2, dtype=p.bool), is_causal=True),
        lambda p, f: f(p.ones(2, 4), p.ones(2, 4), p.ones(2, 4), p.ones(2, 2, dtype=p.int64)),
    ],
)
def test_refusals_are_torchs(call):
    ours = raised(call, fl, fl.nn.functional.scaled_dot_product_attention)
    theirs = raised(call, torch, torch.nn.functional.scaled_dot_product_attention)
    assert ours is not None
    assert ours[0] is theirs[0], (ours, theirs)
