"""Holds tests of random draws: the same numbers as torch's for the same seed, and generators as torch has them."""

import pytest
import torch
from conversion import assert_equal, assert_same, raised

import flashlight as fl

SIZES = [(), (0,), (1,), (5,), (15,), (16,), (17,), (3, 7), (100,), (1000,)]


def drawn(draw, seed=0):
    """What a program draws with either package from one seed, and what comes next in both streams."""
    results = []
    for package in (fl, torch):
        package.manual_seed(seed)
        results.append((draw(package), package.rand(3)))
    return results


@pytest.mark.parametrize("seed", [0, 1, 2**63, -5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_factories_draw_torchs_numbers(seed, dtype):
    def program(package):
        chosen = getattr(package, dtype)
        return [
            *(package.rand(size, dtype=chosen) for size in SIZES),
            *(package.randint(-7, 2**33, size) for size in SIZES),
            *(package.randperm(n) for n in (0, 1, 10, 300)),
        ]

    ours, theirs = drawn(program, seed)
    assert_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_factories_draw_torchs_numbers(dtype):
    ours, theirs = drawn(lambda p: [p.randn(size, dtype=getattr(p, dtype)) for size in SIZES])
    assert_same(ours, theirs, rtol=1e-6, atol=1e-6)


def test_sizes_may_be_given_one_by_one():
    ours, theirs = drawn(lambda p: [p.rand(2, 3), p.rand([2, 3]), p.rand(size=(2, 3)), p.rand(4), p.randint(9, (2, 3))])
    assert_equal(ours, theirs)


FILLS = {
    "uniform_": lambda x: x.uniform_(),
    "uniform_ between": lambda x: x.uniform_(-1, 3),
    "normal_": lambda x: x.normal_(),
    "normal_ of": lambda x: x.normal_(mean=2.0, std=0.5),
    "exponential_": lambda x: x.exponential_(2.0),
    "log_normal_": lambda x: x.log_normal_(),
    "cauchy_": lambda x: x.cauchy_(),
    "geometric_": lambda x: x.geometric_(0.3),
    "bernoulli_": lambda x: x.bernoulli_(),
    "bernoulli_ of": lambda x: x.bernoulli_(0.2),
    "random_": lambda x: x.random_(),
    "random_ to": lambda x: x.random_(9),
    "random_ from": lambda x: x.random_(3, 9),
}


@pytest.mark.parametrize("name", FILLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fills_draw_torchs_numbers_in_the_order_of_memory(name, dtype):
    def program(package):
        chosen = getattr(package, dtype)
        straight, turned = package.zeros(4, 6, dtype=chosen), package.zeros(6, 4, dtype=chosen).t()
        window = package.zeros(4, 6, dtype=chosen)
        FILLS[name](window[1:3])
        return [FILLS[name](straight), FILLS[name](turned), window]

    ours, theirs = drawn(program)
    assert_same(ours, theirs, rtol=2e-6, atol=2e-6)


def test_a_fill_is_seen_by_views_and_counts_as_a_version():
    x = fl.zeros(6)
    view = x.view(2, 3)
    assert view.uniform_() is view
    assert x._version == 1
    assert_equal(x, view.reshape(-1).clone())


def test_draws_by_probability_are_torchs():
    def program(package):
        p = package.arange(9).to(package.float32) / 8
        weights = package.arange(12).to(package.float32).reshape(3, 4)
        return [
            package.bernoulli(p),
            p.bernoulli(0.5),
            package.zeros(9).bernoulli_(p),
            package.multinomial(weights, 9, replacement=True),
            package.multinomial(weights, 3),
            weights[1].multinomial(1),
            package.poisson(p * 30),
        ]

    ours, theirs = drawn(program)
    assert_equal(ours, theirs)


def test_normal_takes_tensors_and_numbers():
    def program(package):
        mean = package.arange(20).to(package.float32)
        return [
            package.normal(mean, mean / 9),
            package.normal(mean, 0.3),
            package.normal(mean),
            package.normal(2.0, mean),
            package.normal(2.0, 0.5, (20,)),
        ]

    ours, theirs = drawn(program)
    assert_same(ours, theirs, rtol=1e-6, atol=1e-6)


def test_likes_take_shape_type_and_order():
    def program(package):
        x = package.zeros(3, 5, dtype=package.float64)
        return [
            package.rand_like(x),
            package.rand_like(x.t()),
            package.randint_like(x, 9),
            package.randint_like(x, 3, 9),
        ]

    ours, theirs = drawn(program)
    assert_equal(ours, theirs)


def test_a_factory_makes_leaves_that_need_gradients():
    assert fl.rand(2, requires_grad=True).requires_grad
    assert fl.randn(2, requires_grad=True).is_leaf


def test_a_given_generator_draws_and_the_default_one_does_not():
    def program(package):
        own = package.Generator().manual_seed(3)
        return [
            package.rand(4, generator=own),
            package.zeros(5).uniform_(generator=own),
            package.randperm(9, generator=own),
        ]

    ours, theirs = drawn(program)
    assert_equal(ours, theirs)


@pytest.mark.parametrize(
    "draw",
    [
        lambda p: p.randint(3, 3, (2,)),
        lambda p: p.zeros(2).uniform_(2, 1),
        lambda p: p.zeros(2).normal_(0, -1),
        lambda p: p.zeros(2).bernoulli_(1.5),
        lambda p: p.bernoulli(p.tensor([2.0])),
        lambda p: p.zeros(2, dtype=p.int64).uniform_(),
        lambda p: p.randperm(-1),
        lambda p: p.multinomial(p.tensor([0.0, 0.0]), 1),
        lambda p: p.multinomial(p.tensor([1.0, -1.0]), 1),
        lambda p: p.multinomial(p.tensor([1.0, 1.0]), 3),
        lambda p: p.zeros(2, requires_grad=True).uniform_(),
    ],
)
def test_refused_draws_raise_torchs_class_and_draw_nothing(draw):
    fl.manual_seed(0)
    expected = fl.rand(3)
    fl.manual_seed(0)
    ours, theirs = raised(draw, fl), raised(draw, torch)
    assert ours is not None
    assert ours[0] is theirs[0], (ours, theirs)
    assert_equal(fl.rand(3), expected)


def test_dropout_is_repeated_by_a_seed_and_scaled():
    x = fl.ones(2000, requires_grad=True)
    fl.manual_seed(0)
    first = fl.nn.functional.dropout(x, 0.25)
    fl.manual_seed(0)
    assert_equal(fl.nn.functional.dropout(x, 0.25).detach(), first.detach())
    assert 1400 < int((first != 0).sum()) < 1600
    first.sum().backward()
    assert_equal(x.grad, first.detach())
    assert fl.nn.functional.dropout(x, 0.5, training=False) is x
