"""Holds tests of the `flashlight` command: the same bits as in Python, in a process without it, and what it refuses."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import flashlight as fl
from flashlight import nn

REPOSITORY = Path(__file__).parents[3]
SCRIPT = REPOSITORY / "python" / "flashlight_mlx.data" / "scripts" / "flashlight"
PROGRAM = Path(fl.__file__).parent / "_program" / "flashlight"


def command(*arguments, check=True):
    """Runs the command as it is installed."""
    assert PROGRAM.is_file(), f"build it: {sys.executable} packaging/flashlight_build.py"
    paths = [str(Path(fl.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    words = [sys.executable, str(SCRIPT), *map(str, arguments)]
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    if check:
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
    return result


def refusal(*arguments):
    result = command(*arguments, check=False)
    assert result.returncode != 0
    assert "panicked" not in result.stderr
    return result.stderr


def saved(folder, **arrays):
    for name, array in arrays.items():
        numpy.save(folder / f"{name}.npy", array)


@pytest.fixture
def mlp(tmp_path):
    fl.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 96), nn.GELU(), nn.LayerNorm(96), nn.Linear(96, 10)).eval()
    fl.export(model, (fl.randn(32, 64),)).save(tmp_path / "m.flash")
    return model


def test_run_gives_the_bits_of_python(mlp, tmp_path):
    x = fl.randn(32, 64)
    saved(tmp_path, x=x.numpy())
    command("run", tmp_path / "m.flash", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    y = numpy.load(tmp_path / "y.npy")
    assert y.tobytes() == mlp(x).detach().numpy().tobytes()
    assert y.tobytes() == fl.export.load(tmp_path / "m.flash")(x).numpy().tobytes()


def test_no_python_is_in_the_process(mlp, tmp_path):
    """The program runs where there is no Python at all: with nothing but libmlx and the BLAS in its environment."""
    libraries = Path(importlib.util.find_spec("mlx").submodule_search_locations[0]) / "lib"
    environment = {"LD_LIBRARY_PATH": str(libraries), "DYLD_LIBRARY_PATH": str(libraries)}
    saved(tmp_path, x=numpy.ones((32, 64), "float32"))
    words = [PROGRAM, "run", tmp_path / "m.flash", "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy"]
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert numpy.load(tmp_path / "y.npy").tobytes() == mlp(fl.ones(32, 64)).detach().numpy().tobytes()
    if sys.platform == "linux":
        needed = subprocess.run(["ldd", PROGRAM], env=environment, capture_output=True, text=True, check=True).stdout
        assert "libmlx" in needed
        assert "python" not in needed.replace(str(libraries), "")


def test_check_runs_the_sample(mlp, tmp_path):
    assert command("run", tmp_path / "m.flash", "--check").stdout == "output: the same bits\n"
    for numerics in ("none", "reassoc", "fast"):
        assert "DIFFERS" not in command("run", tmp_path / "m.flash", "--check", "--numerics", numerics).stdout


def test_several_inputs_and_outputs_by_name_and_in_order(tmp_path):
    def function(a, batch, flag):
        return {"sum": a + batch["b"], "rest": [a * 2, batch["c"].logical_not()]}

    a, b, c = fl.randn(2, 3), fl.randn(3), fl.tensor([True, False])
    fl.export(function, (a, {"b": b, "c": c}, True)).save(tmp_path / "m.flash")
    saved(tmp_path, a=a.numpy(), b=b.numpy(), c=c.numpy())
    place = str(tmp_path)
    words = ["-i", f"batch.b={place}/b.npy", "-i", f"{place}/a.npy", "-i", f"{place}/c.npy"]
    result = command("run", tmp_path / "m.flash", *words, "-o", f"rest.1={place}/r.npy", "-o", f"{place}/s.npy")
    assert result.stdout == "rest.0 f32[2,3] is not written: no --output says where to\n"
    assert numpy.load(tmp_path / "s.npy").tobytes() == (a + b).numpy().tobytes()
    assert numpy.load(tmp_path / "r.npy").tolist() == [False, True]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_arrays_of_every_kind(dtype, tmp_path):
    array = (numpy.arange(24).reshape(2, 3, 4) % 5).astype(dtype)
    fl.export(lambda x: (x, x.permute(2, 0, 1)), (fl.tensor(array),)).save(tmp_path / "m.flash")
    swapped = array.astype(array.dtype.newbyteorder(">"))
    for given in (array, numpy.asfortranarray(array), swapped):
        saved(tmp_path, x=given)
        words = [
            "run",
            tmp_path / "m.flash",
            "-i",
            tmp_path / "x.npy",
            "-o",
            tmp_path / "y.npy",
            "-o",
            tmp_path / "z.npy",
        ]
        command(*words)
        y, z = numpy.load(tmp_path / "y.npy"), numpy.load(tmp_path / "z.npy")
        assert (y.dtype, y.tolist()) == (array.dtype, array.tolist())
        assert z.tolist() == array.transpose(2, 0, 1).tolist()


def test_complex_numbers_bfloat16_and_arrays_without_dimensions(tmp_path):
    c, h, s = fl.tensor([1 + 2j, -3j]), fl.tensor([1.5, -2.0], dtype=fl.bfloat16), fl.tensor(2.5)
    fl.export(lambda c, h, s: (c * c, h + h, s * s), (c, h, s)).save(tmp_path / "m.flash")
    raw = numpy.frombuffer(fl._C._tensor_to_bytes(h), "V2")
    saved(tmp_path, c=c.numpy(), h=raw, s=s.numpy())
    words = [word for name in "chs" for word in ("-i", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}o.npy")]
    command("run", tmp_path / "m.flash", *words)
    assert numpy.load(tmp_path / "co.npy").tolist() == (c * c).tolist()
    assert numpy.load(tmp_path / "ho.npy").tobytes() == fl._C._tensor_to_bytes(h + h)
    assert numpy.load(tmp_path / "so.npy") == 6.25


def test_a_training_step_saves_what_it_learned(tmp_path):
    fl.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
    optimizer = fl.optim.Adam(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    x, y = fl.randn(12, 6), fl.randint(0, 3, (12,))
    step(x, y)
    file = tmp_path / "step.flash"
    fl.export(step, (x, y)).save(file)
    saved(tmp_path, x=x.numpy(), y=y.numpy())
    words = ["-i", tmp_path / "x.npy", "-i", tmp_path / "y.npy", "-o", tmp_path / "loss.npy", "--save", file]
    for _ in range(3):
        wanted = step(x, y)["loss"]
        command("run", file, *words)
        assert numpy.load(tmp_path / "loss.npy").tobytes() == wanted.detach().numpy().tobytes()
    learned = fl.export.load(file).state_dict()
    for name, value in model.state_dict().items():
        assert learned[name].tolist() == value.tolist(), name
    assert command("run", file, "--check").stdout == "loss: the same bits\n"


def test_a_size_that_the_caller_chooses(tmp_path):
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh()).eval()
    fl.export(model, (fl.randn(4, 6),), dynamic_shapes={"input": {0: "batch"}}).save(tmp_path / "m.flash")
    for n in (1, 7):
        x = fl.randn(n, 6)
        saved(tmp_path, x=x.numpy())
        command("run", tmp_path / "m.flash", "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
        assert numpy.load(tmp_path / "y.npy").tobytes() == model(x).detach().numpy().tobytes()
    assert "input  f32[s0,6]" in command("show", tmp_path / "m.flash").stdout
    assert "batch  s0, at least 1" in command("show", tmp_path / "m.flash").stdout
    saved(tmp_path, x=numpy.ones((7, 5), "float32"))
    assert 'the input "input" is' in refusal("run", tmp_path / "m.flash", "-i", tmp_path / "x.npy")


def test_show(mlp, tmp_path):
    text = command("show", tmp_path / "m.flash").stdout
    for line in ("  input  f32[32,64]", "  output  f32[32,10]", "  0.weight  f32[96,64]  parameter"):
        assert line in text.splitlines()
    assert "parameter in all: 7402 elements, 29608 bytes" in text
    assert command("show", tmp_path / "m.flash", "--graph").stdout == fl.export.load(tmp_path / "m.flash").graph
    assert '"format": "flashlight"' in command("show", tmp_path / "m.flash", "--manifest").stdout


def test_refusals_are_one_sentence(mlp, tmp_path):
    file = tmp_path / "m.flash"
    saved(tmp_path, x=numpy.ones((32, 64), "float32"), short=numpy.ones((2, 64), "float32"), d=numpy.ones((32, 64)))
    (tmp_path / "no.npy").write_bytes(b"no array")
    (tmp_path / "cut.flash").write_bytes(file.read_bytes()[:-30])
    (tmp_path / "cut.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-4])
    cases = {
        'no --input for "input"; the program takes input f32[32,64]': ["run", file],
        'the input "input" is f32[32,64], f32[2,64] given': ["run", file, "-i", tmp_path / "short.npy"],
        'the input "input" is f32[32,64], f64[32,64] given': ["run", file, "-i", tmp_path / "d.npy"],
        "no .npy file": ["run", file, "-i", tmp_path / "no.npy"],
        "which do not make f32[32,64]": ["run", file, "-i", tmp_path / "cut.npy"],
        "no exported program, or one that is cut off": ["run", tmp_path / "cut.flash", "--check"],
        "nowhere.flash: No such file": ["show", tmp_path / "nowhere.flash"],
        "No such file": ["run", file, "-i", tmp_path / "nowhere.npy"],
        "have their files already": ["run", file, "-i", tmp_path / "x.npy", "-i", tmp_path / "x.npy"],
        "given twice": ["run", file, "-i", f"input={tmp_path}/x.npy", "-i", f"input={tmp_path}/x.npy"],
        "cannot be used with": ["run", file, "--check", "-i", tmp_path / "x.npy"],
        "wanted cpu, gpu or gpu:1": ["run", file, "--check", "--device", "tpu"],
        "nowhere": ["run", file, "-i", tmp_path / "x.npy", "-o", tmp_path / "nowhere" / "y.npy"],
    }
    for message, words in cases.items():
        assert message in refusal(*words), words
