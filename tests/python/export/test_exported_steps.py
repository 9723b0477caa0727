"""Holds tests of exported training steps: parameters, moments, statistics and random state go on as in eager steps."""

import pytest

import flashlight as fl
from flashlight import nn

OPTIMIZERS = {
    "SGD": lambda p: fl.optim.SGD(p, lr=0.1),
    "momentum": lambda p: fl.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: fl.optim.Adam(p, lr=0.01),
    "AdamW": lambda p: fl.optim.AdamW(p, lr=0.01, amsgrad=True),
}


class Model(nn.Module):
    """Two layers, statistics, dropout, and a buffer that counts."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 16)
        self.norm = nn.BatchNorm1d(16)
        self.dropout = nn.Dropout(0.25)
        self.second = nn.Linear(16, 4)
        self.register_buffer("calls", fl.zeros((), dtype=fl.int64))

    def forward(self, x):
        self.calls.add_(1)
        return self.second(self.dropout(fl.relu(self.norm(self.first(x)))))


def training(optimizer_of, zero):
    fl.manual_seed(3)
    model = Model()
    optimizer = optimizer_of(model.parameters())
    batches = [(fl.randn(10, 12), fl.randint(0, 4, (10,))) for _ in range(3)]

    def step(x, y):
        if zero in ("before", "fill"):
            optimizer.zero_grad(set_to_none=zero == "before")
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if zero == "after":
            optimizer.zero_grad()
        return {"loss": loss}

    return model, optimizer, step, batches


@pytest.mark.parametrize("optimizer_of", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("zero", ["before", "after", "fill", "never"])
def test_a_step_goes_on_as_eager_steps_do(optimizer_of, zero, tmp_path):
    model, optimizer, step, batches = training(optimizer_of, zero)
    step(*batches[0])
    if zero == "never":
        optimizer.zero_grad()
    before = [v.tolist() for v in model.state_dict().values()], fl.get_rng_state().tolist()
    grads = [p.grad is None for p in model.parameters()]
    path = tmp_path / "step.flash"
    program = fl.export(step, batches[1])
    assert ([v.tolist() for v in model.state_dict().values()], fl.get_rng_state().tolist()) == before
    assert [p.grad is None for p in model.parameters()] == grads
    program.save(path)
    loaded = fl.export.load(path)
    halfway = tmp_path / "halfway.flash"
    for i in range(6):
        wanted = step(*batches[i % 3])["loss"].item()
        assert program(*batches[i % 3])["loss"].item() == wanted
        assert loaded(*batches[i % 3])["loss"].item() == wanted
        if i == 2:
            loaded.check()
            loaded.save(halfway)
            loaded = fl.export.load(halfway)
            loaded.check()
    state = loaded.states()
    for name, value in model.state_dict().items():
        assert state[name].tolist() == value.tolist(), name
    names = {id(p): name for name, p in model.named_parameters()}
    for parameter, entry in optimizer.state.items():
        for key, value in entry.items():
            if isinstance(value, fl.Tensor):
                assert state[f"{names[id(parameter)]}.{key}"].tolist() == value.tolist()
    assert (zero in ("fill", "never")) == any(name.endswith(".grad") for name in state)
    assert Model().load_state_dict(loaded.state_dict()) is not None


def test_a_first_step_is_refused_with_what_to_do():
    model, optimizer, step, batches = training(OPTIMIZERS["Adam"], "before")
    with pytest.raises(RuntimeError, match=r"makes state in its first call .* call it once before it is exported"):
        fl.export(step, batches[0])
    assert not optimizer.state
    assert all(p.grad is None for p in model.parameters())


def test_a_compiled_step_is_exported_as_what_it_compiles():
    _model, _optimizer, step, batches = training(OPTIMIZERS["Adam"], "before")
    compiled = fl.compile(step, options={"numerics": "exact"})
    compiled(*batches[0])
    compiled(*batches[0])
    program = fl.export(compiled, batches[1])
    for batch in batches:
        assert program(*batch)["loss"].item() == compiled(*batch)["loss"].item()


def test_gradients_that_only_the_first_step_has_are_refused():
    model, _optimizer, step, batches = training(OPTIMIZERS["SGD"], "after")
    nn.functional.cross_entropy(model(batches[0][0]), batches[0][1]).backward()
    with pytest.raises(RuntimeError, match=r"call zero_grad\(\) before"):
        fl.export(step, batches[0])
    assert all(p.grad is not None for p in model.parameters())


def test_a_scheduler_inside_the_step_is_refused():
    _model, optimizer, step, batches = training(OPTIMIZERS["SGD"], "before")
    scheduler = fl.optim.lr_scheduler.StepLR(optimizer, 1)

    def scheduled(x, y):
        loss = step(x, y)
        scheduler.step()
        return loss

    step(*batches[0])
    with pytest.raises(RuntimeError, match="steps StepLR, which counts in Python"):
        fl.export(scheduled, batches[0])
    assert optimizer.param_groups[0]["lr"] == 0.1
