"""Holds tests of gradients through compiled functions: in an eager loop, through arguments, captures and views."""

import pytest

import flashlight as fl


def both(function, make):
    """What a function of fresh inputs gives, eager and compiled twice: outputs and gradients."""
    results = []
    compiled = fl.compile(function)
    for run in (function, compiled, compiled):
        inputs = make()
        outputs = run(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        sum((o * (i + 1)).sum() for i, o in enumerate(outputs)).backward()
        results.append([o.tolist() for o in outputs] + [None if x.grad is None else x.grad.tolist() for x in inputs])
    assert compiled.counts[0] == 1
    return results


def leaf(*sizes):
    return fl.randn(*sizes).requires_grad_()


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: (x @ y).relu(),
        lambda x, y: (x * x[0], y.sum()),
        lambda x, y: ((x.t() + 1).exp().sum(0), (y - y.mean(0)).square()),
        lambda x, y: fl.nn.functional.cross_entropy(x @ y, fl.tensor([0, 1, 2])),
        lambda x, y: fl.nn.functional.layer_norm(x, (4,)) + y.t().softmax(1),
        lambda x, y: (x.detach() * 2 + x, y.clone()),
    ],
)
def test_gradients_of_arguments(function):
    fl.manual_seed(1)
    inputs = [(3, 4), (4, 3)]
    values = [fl.randn(*s) for s in inputs]
    eager, first, second = both(function, lambda: [v.clone().requires_grad_() for v in values])
    assert first == eager
    assert second == eager


def test_a_compiled_module_trains_in_an_eager_loop():
    losses = []
    for wrap in (lambda m: m, fl.compile):
        fl.manual_seed(0)
        model = fl.nn.Sequential(fl.nn.Linear(6, 8), fl.nn.Tanh(), fl.nn.Dropout(0.2), fl.nn.Linear(8, 3))
        run = wrap(model)
        optimizer = fl.optim.SGD(model.parameters(), lr=0.1)
        x, y = fl.randn(9, 6), fl.randint(0, 3, (9,))
        for _ in range(6):
            optimizer.zero_grad()
            loss = fl.nn.functional.cross_entropy(run(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[:6] == losses[6:]


def test_a_history_goes_through_an_argument():
    compiled = fl.compile(lambda x: (x * 3).sum())
    x = leaf(4)
    for _ in range(2):
        compiled(x * x).backward()
    assert (x.grad == 12 * x).all()
    z = compiled(x * x)
    z.backward()
    with pytest.raises(RuntimeError, match="second time"):
        z.backward()


def test_an_outside_tensor_with_a_history_is_refused():
    x = leaf(2)
    y = x * 2
    with pytest.raises(RuntimeError, match="pass it as an argument"):
        fl.compile(lambda z: z + y)(fl.ones(2))


def test_hooks_run_once_and_not_in_the_recording():
    x = leaf(2)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    compiled = fl.compile(lambda v: (v * 2).sum())
    out = compiled(x)
    assert seen == []
    out.backward()
    assert seen == [[2, 2]]


def test_without_recording_nothing_has_a_history():
    x = leaf(2)
    compiled = fl.compile(lambda v: v * 2)
    with fl.no_grad():
        assert not compiled(x).requires_grad
    assert compiled(x).requires_grad
    assert not compiled(x.detach()).requires_grad
    assert compiled.counts[0] == 3


def test_second_derivatives_say_that_they_are_missing():
    x = leaf(2)
    out = fl.compile(lambda v: (v * v).sum())(x)
    with pytest.raises(NotImplementedError, match=r"torch.compile"):
        fl.autograd.grad(out, x, create_graph=True)
