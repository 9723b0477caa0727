"""Holds that a compiled program gives its memory back, and that one for which there is not enough changes nothing."""

import sys
import textwrap

import pytest
from subprocesses import run

STEP = """
from flashlight import nn

def everything(model, optimizer):
    found = list(model.state_dict().values()) + [p.grad for p in model.parameters()] + [fl.get_rng_state()]
    return found + [value for state in optimizer.state.values() for value in state.values()]

fl.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
optimizer = fl.optim.Adam(model.parameters(), lr=1e-3)

@fl.compile
def step(x):
    optimizer.zero_grad()
    loss = (model(x) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss

small, large = fl.randn(8, 64), fl.randn(200_000, 64)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and limits the address space")
@pytest.mark.parametrize("known", [False, True])
def test_a_run_without_memory_changes_nothing(known):
    """The program is met for the first time there, or it has run before."""
    program = """
    import resource

    for x in [small, small, small] + [large] * KNOWN:
        step(x).item()
    before = [t.detach().clone() for t in everything(model, optimizer)]
    fl._C._eval(before)
    programs = len(step.programs())
    fl._C._clear_cache()
    pages = int(open("/proc/self/statm").read().split()[0])
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 100_000_000, resource.RLIM_INFINITY))
    try:
        step(large).item()
    except RuntimeError as error:
        print("said", error)
    resource.setrlimit(resource.RLIMIT_AS, unlimited)
    after = everything(model, optimizer)
    print(len(before) == len(after), all(fl.equal(a, b) for a, b in zip(before, after)))
    print(len(step.programs()) >= programs, step(small).isfinite().item(), step(large).isfinite().item())
    """
    said, kept, goes_on = run(STEP + textwrap.dedent(program).replace("KNOWN", str(int(known)))).strip().splitlines()
    assert "out of memory" in said
    assert (kept, goes_on) == ("True True", "True True True")


def test_what_a_program_was_recorded_with_is_let_go_of():
    program = """
    def used():
        import gc
        gc.collect()
        fl._C._synchronize()
        return fl._C._memory()[0]

    before = used()
    x, w = fl.randn(1 << 20), fl.randn(1 << 20, requires_grad=True)

    def descend(x):
        w.grad = None
        (w * x).square().sum().backward()
        with fl.no_grad():
            w.sub_(w.grad, alpha=0.1)

    compiled = fl.compile(descend)
    for _ in range(3):
        compiled(x)
    print(used() - before)
    del x, w, compiled, descend
    print(used() - before)
    """
    held, left = map(int, run(textwrap.dedent(program)).split())
    # x, w and its gradient.
    assert 3 << 22 <= held < 3.5 * (1 << 22)
    assert left < 1 << 16
