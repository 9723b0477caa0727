"""Holds tests of compiled functions whose shapes depend on data: the count is guarded, and the rest is in the graph."""

import pytest
import torch
from conversion import as_flashlight, assert_same

import flashlight as fl

PROGRAMS = {
    "mask": lambda t, x: x[x > 0] * 2,
    "masked rows": lambda t, x: x[x[:, 0] > 0].sum(0),
    "masked select": lambda t, x: t.masked_select(x, x < 0.5).exp(),
    "nonzero": lambda t, x: t.nonzero(x > 0),
    "where": lambda t, x: t.where(x > 0)[1],
    "unique": lambda t, x: t.unique((x * 2).floor()),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_count_is_guarded_and_no_other_element(name):
    program = PROGRAMS[name]
    compiled = fl.compile(lambda x: program(fl, x))
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    # The same elements elsewhere have the same counts.
    for numbers in (x, x.flip(0), -x, x.flip(0)):
        assert_same(compiled(as_flashlight(numbers)), program(torch, numbers), rtol=1e-6, atol=1e-6)
    assert fl.inspect(compiled).traces <= 2


def test_writing_through_a_mask_is_one_graph():
    def function(x, y):
        x = x.clone()
        x[x > 0] = 1.5
        x[[0, 2]] = y
        return x.sort(dim=1, descending=True).values

    compiled = fl.compile(function, fullgraph=True)
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        x, y = torch.randn(4, 5, generator=generator), torch.randn(2, 5, generator=generator)
        expected = x.clone()
        expected[expected > 0] = 1.5
        expected[[0, 2]] = y
        assert_same(compiled(as_flashlight(x), as_flashlight(y)), expected.sort(dim=1, descending=True).values)
    assert fl.inspect(compiled).traces == 1


def test_gradients_run_through_a_compiled_mask():
    def function(package):
        def loss(x):
            return (x[x > 0] ** 2).sum() + x.topk(2, dim=1).values.sum()

        return loss

    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    ours, theirs = as_flashlight(x).requires_grad_(), x.clone().requires_grad_()
    for _ in range(2):
        fl.compile(function(fl))(ours).backward()
        function(torch)(theirs).backward()
    assert_same(ours.grad, theirs.grad, rtol=1e-6, atol=1e-6)
