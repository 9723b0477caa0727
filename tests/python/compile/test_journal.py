"""Holds tests of what a compiled function may change outside: it does what eager does, or says that it cannot."""

import gc

import pytest

import flashlight as fl
from flashlight.nn import functional


def same(eager, compiled):
    assert [x.tolist() for x in compiled] == [x.tolist() for x in eager]


def both(make, steps=4, traces=2):
    """What a step leaves after each call, eager and compiled; `make` gives the step and what to look at."""
    histories = []
    for wrap in (lambda f: f, fl.compile):
        fl.manual_seed(5)
        step, look = make()
        run = wrap(step)
        history = []
        for i in range(steps):
            out = run(fl.full((3,), float(i + 1)))
            history.append([t.detach().numpy().tobytes() for t in (*look(), *([out] if out is not None else []))])
        histories.append(history)
    assert histories[0] == histories[1]
    assert run.counts[0] <= traces
    return run


class Averaging(fl.nn.Module):
    """A module that rebinds its buffer."""

    def __init__(self):
        super().__init__()
        self.weight = fl.nn.Parameter(fl.ones(3))
        self.register_buffer("mean", fl.zeros(3))

    def forward(self, x):
        self.mean = self.mean * 0.9 + x.detach() * 0.1
        return x * self.weight - self.mean


def test_a_rebound_buffer_is_state():
    def make():
        model = Averaging()
        return lambda x: model(x), lambda: [model.mean]

    run = both(make, traces=1)
    assert run.counts == (1, 3)


def test_a_rebound_buffer_in_a_training_step_with_statistics():
    def make():
        model = fl.nn.Sequential(Averaging(), fl.nn.Linear(3, 3), fl.nn.BatchNorm1d(3), fl.nn.Dropout(0.5))
        optimizer = fl.optim.Adam(model.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            loss = model(fl.stack([x, x * x, x + 1])).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return step, lambda: [*model.state_dict().values(), *(p.grad for p in model.parameters())]

    both(make, traces=2)


def test_a_rebound_buffer_gives_eager_aliases():
    model = Averaging()
    run = fl.compile(model)
    run(fl.ones(3))
    held = model.mean
    before = held.tolist()
    run(fl.ones(3))
    assert model.mean is not held
    assert held.tolist() == before
    assert model.mean.tolist() != before
    model.mean = fl.full((3,), 10.0)
    out = run(fl.zeros(3))
    assert out.tolist() == [-9.0] * 3
    model.mean = fl.zeros(3, dtype=fl.float64)
    assert run(fl.zeros(3)).dtype is fl.float64


def test_a_buffer_may_change_its_type_and_be_returned():
    class Growing(fl.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", fl.zeros(1))

        def forward(self, x):
            before = self.seen
            self.seen = fl.cat([self.seen, x])
            return before, self.seen

    model, eager = fl.compile(Growing()), Growing()
    for i in range(3):
        x = fl.full((2,), float(i))
        for a, b in zip(model(x), eager(x), strict=True):
            assert a.tolist() == b.tolist()
    assert model(fl.ones(2))[1] is model.seen


def test_an_exception_puts_buffers_and_modes_back():
    model = Averaging()

    def step(x):
        model.eval()
        model(x)
        raise KeyError("mine")

    held = model.mean
    with pytest.raises(KeyError):
        fl.compile(step)(fl.ones(3))
    assert model.mean is held
    assert model.training


def test_a_mode_switched_inside_stays_switched():
    model = fl.nn.Dropout(0.5)

    @fl.compile
    def step(x):
        model.eval()
        y = model(x)
        model.train()
        return y

    model.eval()
    assert step(fl.ones(2)).tolist() == [1, 1]
    assert model.training
    assert step(fl.ones(2)).tolist() == [1, 1]
    assert model.training


@pytest.mark.parametrize(
    "update",
    [
        lambda w, x: setattr(w, "data", w.data * 0.5 + x),
        lambda w, x: setattr(w, "data", w.data.add_(x)),
        lambda w, x: w.data.mul_(2).add_(x),
        lambda w, x: w.data.copy_(x),
        lambda w, x: w.data.set_(w.data + x) if hasattr(w, "set_") else setattr(w, "data", w + x),
    ],
)
def test_data_is_written_and_replaced(update):
    def make():
        weight = fl.nn.Parameter(fl.ones(3))

        def step(x):
            weight.grad = None
            (weight * x).sum().backward()
            update(weight, x)
            return weight * 1

        return step, lambda: [weight, weight.grad]

    both(make, traces=2)


def test_replaced_data_leaves_the_old_elements_alone():
    weight = fl.zeros(2)
    view = weight.detach()[0:1]

    @fl.compile
    def step(x):
        weight.data = weight.data + x
        return weight + 0

    for i in range(3):
        assert step(fl.ones(2)).tolist() == [i + 1.0] * 2
    assert view.tolist() == [0]
    assert step.counts[0] == 1


def test_data_replaced_outside_is_seen():
    weight = fl.nn.Parameter(fl.ones(2))
    step = fl.compile(lambda x: x * weight)
    assert step(fl.ones(2)).tolist() == [1, 1]
    weight.data = fl.full((2,), 5.0)
    assert step(fl.ones(2)).tolist() == [5, 5]
    weight.requires_grad_(False)
    assert not step(fl.ones(2)).requires_grad
    weight.requires_grad_()
    step(fl.ones(2)).sum().backward()
    assert weight.grad.tolist() == [1, 1]


def test_an_exception_puts_data_and_gradients_back():
    weight = fl.nn.Parameter(fl.ones(2))
    plain = fl.ones(2)
    weight.grad = fl.full((2,), 3.0)
    grad = weight.grad

    @fl.compile
    def step(x):
        weight.data = weight.data * 2
        plain.requires_grad_()
        (weight * plain).sum().backward()
        raise KeyError("mine")

    with pytest.raises(KeyError):
        step(fl.ones(2))
    assert weight.tolist() == [1, 1]
    assert weight.grad is grad
    assert grad.tolist() == [3, 3]
    assert not plain.requires_grad
    assert plain.grad is None


def test_requires_grad_switched_inside():
    """As a discriminator is frozen while a generator learns."""

    def make():
        one, two = fl.nn.Linear(3, 3), fl.nn.Linear(3, 1)
        first = fl.optim.SGD(one.parameters(), lr=0.1)
        second = fl.optim.SGD(two.parameters(), lr=0.1)

        def step(x):
            two.requires_grad_(False)
            first.zero_grad()
            loss = two(one(x)).sum()
            loss.backward()
            first.step()
            two.requires_grad_(True)
            second.zero_grad()
            two(one(x).detach()).sum().backward()
            second.step()
            return loss

        return step, lambda: [*one.parameters(), *two.parameters()]

    both(make, traces=2)


def test_requires_grad_left_switched():
    weight = fl.ones(2)
    step = fl.compile(lambda x: (weight.requires_grad_() * x).sum())
    for i in range(3):
        step(fl.full((2,), 2.0)).backward()
        assert weight.requires_grad
        assert weight.grad.tolist() == [2.0 * (i + 1)] * 2
    assert step.counts[0] <= 2


def test_a_history_left_on_a_tensor_from_outside_is_refused():
    state = fl.zeros(2)
    weight = fl.nn.Parameter(fl.ones(2))

    @fl.compile
    def step(x):
        state.copy_(weight * x)
        return x

    with pytest.raises(RuntimeError, match="history of a tensor from outside"):
        step(fl.ones(2))
    assert state.tolist() == [0, 0]
    assert not state.requires_grad

    @fl.compile
    def allowed(x):
        with fl.no_grad():
            state.copy_(weight * x)
        return x

    allowed(fl.ones(2))
    assert state.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("hook", lambda w, x: w.register_hook(lambda g: g)),
        ("hook", lambda w, x: w.register_post_accumulate_grad_hook(lambda p: None)),
        ("seeds a generator", lambda w, x: fl.manual_seed(3)),
        ("seeds a generator", lambda w, x: fl.set_rng_state(fl.get_rng_state())),
        ("clone_state", lambda w, x: fl.default_generator.clone_state()),
        ("needs", lambda w, x: (fl.rand(2), fl.get_rng_state())),
        ("set_grad_enabled", lambda w, x: fl.set_grad_enabled(False)),
        ("set_default_dtype", lambda w, x: fl.set_default_dtype(fl.float64)),
    ],
)
def test_what_a_program_cannot_repeat_is_refused(what, act):
    weight = fl.nn.Parameter(fl.ones(2))
    state = fl.get_rng_state().tolist()

    @fl.compile
    def step(x):
        act(weight, x)
        return weight * x

    with pytest.raises((RuntimeError, NotImplementedError), match=what):
        step(fl.ones(2))
    assert fl.get_rng_state().tolist() == state
    assert fl.is_grad_enabled()
    assert fl.get_default_dtype() is fl.float32
    weight.sum().backward()


def test_a_generator_of_its_own_starts_anew():
    def make():
        def step(x):
            generator = fl.Generator().manual_seed(7)
            return fl.rand(3, generator=generator) + x + fl.rand(3)

        return step, lambda: [fl.get_rng_state()]

    run = both(make, traces=1)
    assert run.counts == (1, 3)


def test_the_state_of_an_optimiser_may_be_rebound():
    class Custom(fl.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

        def step(self, closure=None):
            with fl.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        state = self.state[p]
                        state["mean"] = state.get("mean", fl.zeros_like(p)) * 0.9 + p.grad
                        p.sub_(state["mean"], alpha=group["lr"])

    def make():
        weight = fl.nn.Parameter(fl.ones(3))
        optimizer = Custom([weight])

        def step(x):
            optimizer.zero_grad()
            (weight * x).square().sum().backward()
            optimizer.step()

        return step, lambda: [weight, optimizer.state[weight]["mean"]]

    run = both(make, steps=6, traces=2)
    assert run.counts == (2, 4)


def test_an_optimiser_that_counts_in_python_is_refused():
    class Counting(fl.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

        def step(self, closure=None):
            with fl.no_grad():
                for p in self.param_groups[0]["params"]:
                    state = self.state[p]
                    state["count"] = state.get("count", 0) + 1
                    p.sub_(p.grad, alpha=1 / state["count"])

    weight = fl.nn.Parameter(fl.ones(3))
    optimizer = Counting([weight])
    optimizer.state[weight]["count"] = 4

    @fl.compile
    def step(x):
        optimizer.zero_grad()
        (weight * x).sum().backward()
        optimizer.step()

    with pytest.raises(RuntimeError, match="'count' in the state of Counting"):
        step(fl.ones(3))
    assert optimizer.state[weight] == {"count": 4}
    assert weight.tolist() == [1, 1, 1]


def test_a_scheduler_in_a_program_is_refused():
    weight = fl.nn.Parameter(fl.ones(3))
    optimizer = fl.optim.SGD([weight], lr=1.0)
    scheduler = fl.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    @fl.compile
    def step(x):
        optimizer.zero_grad()
        (weight * x).sum().backward()
        optimizer.step()
        scheduler.step()

    with pytest.raises(RuntimeError, match="steps ExponentialLR"):
        step(fl.ones(3))
    assert scheduler.last_epoch == 0
    assert optimizer.param_groups[0]["lr"] == 1.0
    assert weight.grad is None


class Trainer:
    """Plain Python around a model."""

    def __init__(self):
        self.model = fl.nn.Linear(3, 1)
        self.optimizer = fl.optim.SGD(self.model.parameters(), lr=0.1)
        self.count = 0
        self.scale = 2.0
        self.losses = []

    @fl.compile
    def step(self, x):
        return self.update(x)

    def update(self, x):
        self.optimizer.zero_grad()
        loss = self.model(x).sum() * self.scale
        loss.backward()
        self.optimizer.step()
        return loss

    @fl.compile
    def counted(self, x):
        self.count += 1
        return self.update(x)

    @fl.compile
    def listed(self, x):
        loss = self.update(x)
        self.losses.append(loss)
        return loss

    @fl.compile
    def numbered(self, x):
        loss = self.update(x)
        self.losses.append(loss.item())
        return loss


@pytest.mark.parametrize(
    ("name", "what"), [("counted", "'count' of Trainer"), ("listed", "'losses' of Trainer"), ("numbered", "kept")]
)
def test_python_state_written_inside_is_refused(name, what):
    trainer = Trainer()
    weight = trainer.model.weight.tolist()
    with pytest.raises(RuntimeError, match=what):
        getattr(trainer, name)(fl.ones(3))
    gc.collect()
    assert trainer.count == 0
    assert trainer.losses == []
    assert trainer.model.weight.tolist() == weight
    assert trainer.model.weight.grad is None
    trainer.step(fl.ones(3))
    assert trainer.model.weight.tolist() != weight


def test_methods_see_their_object_change():
    trainer = Trainer()
    x = fl.ones(3)
    first = trainer.step(x)
    for _ in range(3):
        trainer.step(x)
    assert Trainer.step.counts[0] >= 1
    trainer.scale = 0.0
    assert trainer.step(x).item() == 0.0
    assert first.item() != 0.0
    trainer.model = fl.nn.Linear(3, 1, bias=False)
    trainer.model.weight.data.fill_(1)
    trainer.scale = 1.0
    assert trainer.step(x).item() == 3.0


COUNT = 0


def test_a_global_or_variable_rebound_inside_is_refused():
    global COUNT
    count = 0

    @fl.compile
    def globally(x):
        global COUNT
        COUNT += 1
        return x * COUNT

    @fl.compile
    def locally(x):
        nonlocal count
        count += 1
        return x * count

    with pytest.raises(RuntimeError, match="the global 'COUNT' of globally"):
        globally(fl.ones(1))
    with pytest.raises(RuntimeError, match="the variable 'count' of locally"):
        locally(fl.ones(1))
    assert (COUNT, count) == (0, 0)


def test_a_list_written_inside_is_refused_and_put_back():
    seen, table = [1], {"a": 1}

    @fl.compile
    def lists(x):
        seen.append(2)
        return x

    @fl.compile
    def tables(x):
        table["b"] = 2
        table["a"] = 3
        return x

    with pytest.raises(RuntimeError, match="the variable 'seen'"):
        lists(fl.ones(1))
    with pytest.raises(RuntimeError, match="table"):
        tables(fl.ones(1))
    assert seen == [1]
    assert table == {"a": 1}


def test_a_module_made_inside_may_be_set_up():
    @fl.compile
    def step(x, y):
        criterion = fl.nn.CrossEntropyLoss(label_smoothing=0.1)
        norm = fl.nn.BatchNorm1d(3)
        return criterion(norm(x), y)

    x, y = fl.randn(4, 3), fl.tensor([0, 1, 2, 0])
    expected = functional.cross_entropy(fl.nn.BatchNorm1d(3)(x), y, label_smoothing=0.1).item()
    for _ in range(3):
        assert step(x, y).item() == pytest.approx(expected, rel=1e-6)
    assert step.counts == (1, 2)
