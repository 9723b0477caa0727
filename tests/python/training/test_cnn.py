"""Holds tests of the CNN example's training step: eager, compiled and under torch, from the same weights."""

import sys
import types
from pathlib import Path

import pytest
import torch
from conversion import as_flashlight, as_torch, assert_equal, assert_same

import flashlight as fl

EXAMPLES = Path(__file__).parents[3] / "examples"
STEPS, BATCH = 20, 32
OPTIMIZERS = {
    "SGD": lambda library, p: library.optim.SGD(p, lr=2e-3, momentum=0.9),
    "Adam": lambda library, p: library.optim.Adam(p, lr=2e-4),
}


def network(library):
    """The example's network, of either library's layers."""
    text = (EXAMPLES / "mnist_cnn.py").read_text()
    if library is torch:
        text = text.replace("import flashlight as torch", "import torch").replace("from flashlight", "from torch")
    example = types.ModuleType("mnist_cnn")
    sys.path.insert(0, str(EXAMPLES))
    try:
        exec(compile(text, "mnist_cnn.py", "exec"), example.__dict__)
    finally:
        sys.path.remove(str(EXAMPLES))
    return example.build()


def train(library, optimizer, start, dtype, numerics=None):
    """Losses of the steps, and everything that they changed."""
    weights, batches = start
    convert = as_flashlight if library is fl else lambda value: value
    model = network(library)
    model.load_state_dict(convert(weights))
    model = model.to(getattr(library, dtype))
    optimizer = OPTIMIZERS[optimizer](library, model.parameters())
    criterion = library.nn.CrossEntropyLoss()

    def step(images, labels):
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    run = library.compile(step, options={"numerics": numerics}) if numerics else step
    losses = [run(*convert((images.to(getattr(torch, dtype)), labels))).item() for images, labels in batches]
    if numerics:
        assert run.counts == (2, STEPS - 2)
    state = as_torch([model.state_dict(), optimizer.state_dict()["state"], [p.grad for p in model.parameters()]])
    return losses, state


def assert_near(ours, theirs, share):
    """Raises unless each tensor's difference is at most a share of the tensor, both in the Euclidean norm."""
    if isinstance(theirs, dict):
        for key in theirs:
            assert_near(ours[key], theirs[key], share)
    else:
        ours, theirs = (torch.as_tensor(value, dtype=torch.float64) for value in (ours, theirs))
        assert (ours - theirs).norm() <= share * theirs.norm()


@pytest.fixture(scope="module")
def start():
    """Weights and batches, as torch's tensors."""
    torch.manual_seed(5)
    model = network(torch)
    # Classes that differ by a pattern, so that there is something to learn.
    patterns = torch.randn(10, 1, 28, 28)
    labels = torch.randint(0, 10, (STEPS, BATCH))
    batches = [(patterns[each] + torch.randn(BATCH, 1, 28, 28) / 2, each) for each in labels]
    return {name: value.clone() for name, value in model.state_dict().items()}, batches


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_are_torchs(optimizer, start):
    theirs, reference = train(torch, optimizer, start, "float32")
    eager, state = train(fl, optimizer, start, "float32")
    compiled, compiled_state = train(fl, optimizer, start, "float32", "reassoc")
    assert theirs[-1] < theirs[0] / 2
    assert eager == pytest.approx(theirs, rel=1e-4)
    assert compiled == pytest.approx(theirs, rel=1e-4)
    assert compiled == pytest.approx(eager, rel=1e-5)
    # Where two elements of a window are as good as equal, rounding decides which has the derivative, and Adam makes a
    # step of its own of the smallest: parameters, statistics and moments only as a whole. In double precision, below,
    # each element is torch's.
    for part in (0, 1):
        assert_near(state[part], reference[part], 1e-2)
        assert_near(compiled_state[part], reference[part], 1e-2)
        assert_near(compiled_state[part], state[part], 1e-2)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_in_double_precision_are_torchs_in_every_element(optimizer, start):
    theirs, reference = train(torch, optimizer, start, "float64")
    for numerics in (None, "reassoc"):
        losses, state = train(fl, optimizer, start, "float64", numerics)
        assert losses == pytest.approx(theirs, rel=1e-9)
        assert_same(state, reference, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_exact_steps_are_eagers_to_the_bit(optimizer, start):
    eager, state = train(fl, optimizer, start, "float32")
    compiled, compiled_state = train(fl, optimizer, start, "float32", "exact")
    assert compiled == eager
    assert_equal(compiled_state, state)


def test_a_compiled_step_copies_only_around_the_flatten(start):
    model = network(fl)
    optimizer = OPTIMIZERS["Adam"](fl, model.parameters())

    @fl.compile
    def step(images, labels):
        optimizer.zero_grad()
        loss = fl.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    for images, labels in as_flashlight(start[1][:3]):
        step(images, labels)
    program = fl.inspect(step).programs[-1]
    (recorded, copied, left), (before, after) = program.permutes[0], program.cost[0]
    assert (recorded, copied, left) == (35, 30, 2)
    assert after < before
    # Features go into torch's order for the linear layer, and their gradient comes out of it.
    reasons = [line for line in program.reports[0].splitlines() if "left:" in line]
    assert ["reshape" in reason for reason in reasons] == [True, True]
    assert "window_max" in reasons[0]
    assert "scatter_add" in reasons[1]
