"""Holds tests of what `flashlight.inspect` and FLASHLIGHT_DUMP show of compiled functions."""

import os
import subprocess
import sys

import pytest

import flashlight as fl
from flashlight.nn import functional


class Block(fl.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = fl.nn.Conv2d(4, 4, 3, padding=1)
        self.norm = fl.nn.BatchNorm2d(4)

    def forward(self, x):
        return functional.relu(x + self.norm(self.conv(x)))


def trained(steps=4):
    model = fl.nn.Sequential(
        fl.nn.Conv2d(1, 4, 3), fl.nn.ModuleList([Block()])[0], fl.nn.Flatten(), fl.nn.Linear(144, 3)
    )
    optimizer = fl.optim.Adam(model.parameters())
    scheduler = fl.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @fl.compile
    def train_step(x, y):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    x, y = fl.randn(2, 1, 8, 8), fl.tensor([0, 2])
    for _ in range(steps):
        train_step(x, y)
        scheduler.step()
    return train_step


def test_inspection_tells_what_was_done(tmp_path):
    run = trained()
    found = fl.inspect(run)
    assert (found.traces, found.runs) == (3, 1)
    assert "made state" in found.reasons[1]
    assert found.reasons[2] == "the option 'lr' of Adam changed (group 0)"
    program = found.programs[0]
    assert "test_inspection.py:" in program.traced
    # Derivatives belong to the lines and modules whose they are.
    lines = [line for line in program.optimised.splitlines() if "convolution_weight" in line]
    assert lines
    assert all(" in 1.conv" in line or " in 0 " in line for line in lines)
    assert any("in 1.norm (batch_norm)" in source for source in program.sources)
    assert "1.conv.weight.exp_avg" in program.optimised
    assert ("tensor", "1.conv.weight", "f32[4,4,3,3]") in program.captured
    assert "1.norm.running_mean" in program.written
    assert any("training=True" in guard for guard in program.guards)
    assert program.numbers == ["the option 'lr' of Adam"]
    (before, after) = program.cost[0]
    assert after <= before
    assert sum(times for _, times, *_ in program.rules) > 0
    assert len(program.left) == program.permutes[0][2]
    text = str(found)
    for part in (
        "recorded 3 times",
        "permutes",
        "relies on",
        "1.conv.weight",
        "the option 'lr' of Adam",
        "rules",
        "regions",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 120
    assert list(program.stages()) == ["traced", "optimised", "fused", "plan"]
    assert program.fused.count("= fused") == program.regions[0] > 1
    assert program.regions[1] > 2 * program.regions[0]
    assert "<pre>" in found._repr_html_()
    found.dump(tmp_path)
    found.dump(tmp_path)
    folders = sorted(p.name for p in tmp_path.iterdir())
    assert folders == [f"{i:04}-train_step" for i in range(1, 2 * len(found.programs) + 1)]
    assert (tmp_path / "0001-train_step" / "2-optimised.fl").read_text() == program.optimised
    assert "permutes" in (tmp_path / "0001-train_step" / "report.txt").read_text()


def test_a_module_shows_its_backward_program():
    model = fl.compile(fl.nn.Linear(3, 2))
    model(fl.ones(1, 3))
    (program,) = fl.inspect(model).programs
    assert list(program.stages()) == ["traced", "differentiated", "optimised", "backward", "plan"]
    assert "%g0" in program.differentiated
    assert "%g0" not in program.traced
    assert len(program.reports) == 2
    assert "backward" in str(program)


def test_what_is_frozen_and_what_cannot_be_seen_is_listed():
    table = list(range(5000))
    run = fl.compile(lambda x: x + fl.tensor([1.0, 2.0]) + table[0])
    run(fl.ones(2))
    (program,) = fl.inspect(run).programs
    assert [kind for kind, *_ in program.captured] == ["frozen"]
    assert any("'table'" in text for text in program.unguarded)


def test_inspect_takes_methods_and_modules_compiled_in_place():
    module = fl.nn.Linear(2, 2)
    module.compile()
    module(fl.ones(1, 2))
    assert fl.inspect(module).traces == 1
    with pytest.raises(TypeError, match="compile returned"):
        fl.inspect(len)
    assert "0 programs" in str(fl.inspect(fl.compile(lambda x: x)))


PROGRAM = """
import flashlight as fl
f = fl.compile(lambda x: x * 2)
for i in range(1, 4):
    f(fl.ones(i))
"""


def test_dumps_of_two_processes_stand_side_by_side(tmp_path):
    environment = {**os.environ, "FLASHLIGHT_DUMP": str(tmp_path), "FLASHLIGHT_LOGS": "+recompiles"}
    run = [sys.executable, "-c", PROGRAM]
    processes = [subprocess.Popen(run, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    logs = [process.communicate()[1] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert all(log.count("is recorded again") == 2 and "the arguments differ: f32[2]" in log for log in logs)
    folders = sorted(p.name.split("-")[0] for p in tmp_path.iterdir())
    assert folders == [f"{i:04}" for i in range(1, 7)]
    assert all((p / "1-traced.fl").exists() and (p / "report.txt").exists() for p in tmp_path.iterdir())
