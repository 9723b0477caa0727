"""Holds tests of floats that change between calls: learning rates, factors in closures, globals, arguments."""

import math

import pytest

import flashlight as fl
from flashlight.optim import lr_scheduler

OPTIMIZERS = {
    "SGD": lambda p: fl.optim.SGD(p, lr=0.1),
    "momentum": lambda p: fl.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: fl.optim.Adam(p, lr=0.01, weight_decay=0.1),
    "AdamW": lambda p: fl.optim.AdamW(p, lr=0.01, amsgrad=True),
}

SCHEDULERS = {
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.97),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 100),
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    # Changes betas or momentum too, at each step.
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.3, total_steps=102),
}


def trained(optimizer_of, scheduler_of, wrap, steps=100):
    fl.manual_seed(2)
    model = fl.nn.Linear(4, 3)
    optimizer = optimizer_of(model.parameters())
    scheduler = scheduler_of(optimizer)
    x, y = fl.randn(8, 4), fl.randint(0, 3, (8,))

    def step():
        optimizer.zero_grad()
        loss = fl.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = wrap(step)
    losses = []
    for _ in range(steps):
        losses.append(run().item())
        scheduler.step()
    return losses, [p.tolist() for p in model.parameters()], run


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_hundred_learning_rates_take_few_programs(optimizer, scheduler):
    if scheduler == "one cycle" and optimizer == "SGD":
        pytest.skip("cycles a momentum that is not there")
    make = OPTIMIZERS[optimizer], SCHEDULERS[scheduler]
    eager = trained(*make, lambda f: f)
    compiled = trained(*make, lambda f: fl.compile(f, options={"numerics": "exact"}))
    assert compiled[:2] == eager[:2]
    # One makes the state, one is for the first rate, one for all others; momentum may change later than the rate.
    assert compiled[2].counts[0] <= 4, compiled[2].reasons


def test_groups_have_rates_of_their_own():
    results = []
    for wrap in (lambda f: f, fl.compile):
        one, two = fl.nn.Parameter(fl.ones(2)), fl.nn.Parameter(fl.ones(2))
        optimizer = fl.optim.SGD([{"params": [one], "lr": 0.5}, {"params": [two]}], lr=0.25)

        def step(x, one=one, two=two, optimizer=optimizer):
            optimizer.zero_grad()
            (one * x + two).square().sum().backward()
            optimizer.step()

        run = wrap(step)
        for i in range(6):
            run(fl.ones(2))
            optimizer.param_groups[0]["lr"] *= 0.5
            optimizer.param_groups[1]["lr"] = 0.1 / (i + 1)
        results.append([one.tolist(), two.tolist()])
    assert results[0] == results[1]
    assert run.counts[0] <= 3


SCALE = 1.0


class Settings:
    rate = 1.0


def test_numbers_everywhere_become_inputs():
    global SCALE
    shift, table, settings = 1.0, {"gain": 1.0}, Settings()
    settings.bias = 1.0

    def function(x, factor, *, power=1.0):
        return (x * factor + shift) * SCALE / table["gain"] - settings.bias * Settings.rate + power

    compiled = fl.compile(function, options={"numerics": "exact"})
    x = fl.randn(5)
    for i in range(12):
        factor, SCALE, shift = 1.0 + i, 2.0 - 0.1 * i, 0.3 * i
        table["gain"], settings.bias, Settings.rate = 1.5 + i, -0.7 * i, 1 + 0.25 * i
        expected = function(x, factor, power=i / 3)
        assert compiled(x, factor, power=i / 3).tolist() == expected.tolist()
    assert compiled.counts[0] == 2, compiled.reasons
    SCALE, Settings.rate = 1.0, 1.0


def test_arithmetic_of_numbers_is_pythons():
    def function(x, a, b):
        c = (a * 3 - b / 7) ** 2 + abs(-a) - 1e-3
        d = -c if c > 0 else c
        return x * c + d, x.add(x, alpha=1 - a), fl.lerp(x, x * 2, 1 - b), x.addcmul(x, x, value=a * b), c, [d, a]

    compiled = fl.compile(function, options={"numerics": "exact"})
    x = fl.randn(4)
    for i in range(10):
        a, b = 0.1 + 0.01 * i, 0.9 - 0.003 * i
        expected, found = function(x, a, b), compiled(x, a, b)
        assert [t.tolist() for t in found[:4]] == [t.tolist() for t in expected[:4]]
        assert found[4:] == expected[4:]
        assert type(found[4]) is float
    assert compiled.counts[0] == 2


def test_a_comparison_of_numbers_is_a_guard():
    compiled = fl.compile(lambda x, limit: x + 1 if limit > 0.5 else x - 1)
    x = fl.zeros(1)
    answers = [compiled(x, limit).item() for limit in (0.1, 0.2, 0.3, 0.7, 0.8, 0.4, 0.9)]
    assert answers == [-1, -1, -1, 1, 1, -1, 1]
    assert compiled.counts[0] == 3


def test_a_number_that_python_needs_is_frozen():
    compiled = fl.compile(lambda x, a: x * math.sqrt(a))
    x = fl.ones(1)
    for a in (1.0, 4.0, 9.0, 4.0, 9.0):
        assert compiled(x, a).item() == math.sqrt(a)
    assert compiled.counts[0] == 3
    assert any("Python needed the number" in reason for reason in compiled.reasons)


def test_numbers_look_like_floats():
    def function(x, a):
        kinds = (isinstance(a, float), a.is_integer(), round(a, 1), f"{a:.2f}", int(a), a // 1, {a: 1}[a], bool(a))
        return x * a, kinds

    compiled = fl.compile(function)
    for a in (1.5, 2.5, 3.25):
        result, kinds = compiled(fl.ones(1), a)
        assert result.item() == a
        assert kinds == function(fl.ones(1), a)[1]


def test_errors_of_python_stay_errors():
    compiled = fl.compile(lambda x, a: x * (1.0 / a))
    x = fl.ones(1)
    assert [compiled(x, a).item() for a in (1.0, 2.0, 4.0)] == [1, 0.5, 0.25]
    with pytest.raises(ZeroDivisionError):
        compiled(x, 0.0)
    assert compiled(x, 8.0).item() == 0.125


def test_types_of_numbers_stay_torchs():
    compiled = fl.compile(lambda i, h, z, a: (i * a, h * a, z + a, i > a, fl.full((2,), a), fl.where(i > 1, h, h * a)))
    integers, halves, zero = fl.tensor([1, 2]), fl.ones(2, dtype=fl.float16), fl.tensor(1.0)
    for a in (1.5, 2.5, 3.5):
        i, h, z, larger, full, chosen = compiled(integers, halves, zero, a)
        assert (i.dtype, h.dtype, z.dtype, larger.dtype) == (fl.float32, fl.float16, fl.float32, fl.bool)
        assert i.tolist() == [a, 2 * a]
        assert full.tolist() == [a, a]
        assert chosen.dtype is fl.float16


def test_gradients_pass_numbers_by():
    compiled = fl.compile(lambda x, a: (x * a).sum())
    for a in (1.0, 2.0, 3.0):
        x = fl.ones(2, requires_grad=True)
        compiled(x, a).backward()
        assert x.grad.tolist() == [a, a]
    assert compiled.counts[0] == 2


def test_numbers_read_from_tensors_compute_like_pythons():
    def function(x):
        n = (x * x).sum().item()
        return x * n, n * x, x / n, x + (n * 0.1 + 1), n / 3, fl.where(x > n, x, -x)

    compiled = fl.compile(function, options={"numerics": "exact"})
    for _ in range(3):
        x = fl.randn(3)
        expected, found = function(x), compiled(x)
        for a, b in zip(expected, found, strict=True):
            assert (a.tolist() if isinstance(a, fl.Tensor) else a) == (b.tolist() if isinstance(b, fl.Tensor) else b)
    assert compiled.counts[0] == 1


def test_an_integer_read_from_a_tensor_has_few_answers():
    compiled = fl.compile(lambda x, n: x[: int(n)])
    x = fl.arange(20.0)
    for n in range(1, 9):
        assert compiled(x, fl.tensor(n)).shape == (n,)
    assert compiled.counts[0] == 8
    with pytest.raises(RuntimeError, match=r"test_numbers.py:\d+.*answers"):
        compiled(x, fl.tensor(9))
    assert compiled(x, fl.tensor(3)).shape == (3,)


@pytest.mark.filterwarnings("ignore:the compiled function:RuntimeWarning")
def test_programs_are_few_and_the_latest():
    compiled = fl.compile(lambda x, n: x * n)
    for n in range(15):
        assert compiled(fl.ones(1), n).item() == n
    with pytest.warns(RuntimeWarning, match="recorded 16 times"):
        compiled(fl.ones(1), 15)
    for n in range(16, 40):
        assert compiled(fl.ones(1), n).item() == n
    assert compiled.counts == (40, 0)
    for size in range(1, 80):
        compiled(fl.ones(size), 1)
    assert len(compiled.programs()) <= 64
    before = compiled.counts[0]
    compiled(fl.ones(79), 1)
    assert compiled.counts[0] == before
    assert len(compiled.reasons) == before
    compiled.reset()
    assert compiled.programs() == []
