"""Holds tests of what `import flashlight as torch` shows, what it says of the rest, and of the pages made from it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import flashlight as fl
from flashlight._missing import interface

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("program", ["stubs.py", "coverage.py"])
def test_what_is_generated_is_what_is_committed(program):
    command = [sys.executable, str(REPOSITORY / "tools" / program), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


USER = """
import flashlight as torch
import flashlight.nn.functional as F
x = torch.zeros(2, 3)
reveal_type(torch.add(x, 1))
reveal_type(x.size())
reveal_type(x.size(0))
reveal_type(x.max(1).values)
reveal_type(F.relu(x))
reveal_type(x.split(2))
reveal_type(torch.nn.Linear(1, 2)(x))
reveal_type(torch.optim.Adam([x]))
torch.nope
F.nope
x.nope
"""


def test_editors_know_the_public_names(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(tmp_path)]
    try:
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    except ValueError:
        pytest.skip("pyright cannot run here")
    types = [d["message"].rpartition(" is ")[2] for d in found["generalDiagnostics"] if d["severity"] == "information"]
    errors = [d["message"].splitlines()[0] for d in found["generalDiagnostics"] if d["severity"] == "error"]
    assert types == ['"Tensor"', '"Size"', '"int"', '"Tensor"', '"Tensor"', '"tuple[Tensor, ...]"', '"Any"', '"Adam"']
    assert [error.partition(" ")[0] for error in errors] == ['"nope"', '"nope"', "Cannot"]


@pytest.mark.parametrize(
    ("namespace", "name"), [("", "no_such"), ("nn.", "no_such"), ("nn.functional.", "no_such"), ("linalg.", "no_such")]
)
def test_what_torch_lacks_too_is_no_attribute(namespace, name):
    with pytest.raises(AttributeError, match="has no attribute 'no_such'") as raised:
        eval(f"fl.{namespace}{name}")
    assert not isinstance(raised.value, NotImplementedError)


def test_what_torch_has_and_we_lack_says_so():
    seen = 0
    for namespace, names in interface().items():
        try:
            holder = eval(namespace, {"torch": fl})
        except NotImplementedError:
            continue
        for name in names:
            if hasattr(holder, name):
                continue
            seen += 1
            with pytest.raises(NotImplementedError) as raised:
                getattr(holder, name)
            assert isinstance(raised.value, AttributeError)
            assert f"{namespace}.{name} is not implemented" in str(raised.value)
    assert seen > 0


def test_a_missing_attribute_can_be_set_on_an_instance_and_a_subclass():
    name = next(n for n in interface()["torch.Tensor"] if not hasattr(fl.Tensor, n))
    x = fl.ones(1)
    assert not hasattr(x, name)
    setattr(x, name, 3)
    assert getattr(x, name) == 3


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "complex64"])
def test_finfo_is_torchs(name):
    ours, theirs = fl.finfo(getattr(fl, name)), torch.finfo(getattr(torch, name))
    for field in ("bits", "eps", "max", "min", "smallest_normal", "tiny", "resolution", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field), field
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_iinfo_is_torchs(name):
    ours, theirs = fl.iinfo(getattr(fl, name)), torch.iinfo(getattr(torch, name))
    for field in ("bits", "max", "min", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field), field
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("call", ["finfo(X.int8)", "iinfo(X.float32)", "iinfo(X.bool)", "finfo(X.bool)"])
def test_limits_refuse_other_types_as_torch_does(call):
    def error(library):
        with pytest.raises(TypeError) as raised:
            eval(f"X.{call}", {"X": library})
        return str(raised.value)

    assert error(fl) == error(torch)


def test_finfo_without_a_type_is_that_of_the_default():
    assert fl.finfo() == fl.finfo(fl.float32)
    assert len({fl.finfo(), fl.finfo(fl.float32), fl.finfo(fl.float16)}) == 2


@pytest.mark.parametrize("name", ["pi", "e", "inf", "newaxis"])
def test_constants_are_torchs(name):
    assert getattr(fl, name) == getattr(torch, name)


def test_size_is_what_shapes_are():
    assert type(fl.ones(2, 3).shape) is fl.Size
    assert fl.Size([2, 3]) == fl.ones(2, 3).shape


@pytest.mark.skipif(fl.cuda.is_available(), reason="asks what there is without a GPU")
def test_cuda_without_a_gpu_answers_as_torch_does():
    for question in ("is_available", "device_count", "memory_allocated", "max_memory_allocated", "memory_reserved"):
        assert getattr(fl.cuda, question)() == 0
    for command in ("empty_cache", "seed", "seed_all"):
        assert getattr(fl.cuda, command)() is None
    fl.cuda.manual_seed(1)
    fl.cuda.manual_seed_all(1)
    assert fl.cuda.get_rng_state_all() == []
    for needing in ("current_device", "synchronize", "get_device_name", "reset_peak_memory_stats", "get_rng_state"):
        with pytest.raises(RuntimeError, match="no NVIDIA GPU"):
            getattr(fl.cuda, needing)()


@pytest.mark.skipif(sys.platform == "darwin", reason="asks what there is without Metal")
def test_mps_elsewhere_is_not_available():
    assert not fl.backends.mps.is_available()
    assert not fl.backends.mps.is_built()
    assert fl.mps.device_count() == 0
    with pytest.raises(RuntimeError, match="no Apple GPU"):
        fl.mps.synchronize()


def test_fork_rng_puts_the_stream_back():
    fl.manual_seed(3)
    first = fl.rand(4)
    fl.manual_seed(3)
    with fl.random.fork_rng():
        fl.manual_seed(7)
        fl.rand(10)
    assert fl.equal(fl.rand(4), first)
    with fl.random.fork_rng(enabled=False):
        fl.manual_seed(7)
    assert fl.initial_seed() == 7


def test_switches_of_numerics(monkeypatch):
    monkeypatch.setenv("MLX_ENABLE_TF32", "0")
    assert fl.get_float32_matmul_precision() == "highest"
    fl.set_float32_matmul_precision("high")
    with pytest.warns(UserWarning, match="no effect"):
        fl.set_float32_matmul_precision("exact")
    assert not fl.are_deterministic_algorithms_enabled()
    fl.use_deterministic_algorithms(True, warn_only=True)
    assert fl.are_deterministic_algorithms_enabled()
    assert fl.is_deterministic_algorithms_warn_only_enabled()
    fl.use_deterministic_algorithms(False)
    assert not fl.is_deterministic_algorithms_warn_only_enabled()


def test_switches_of_the_backends_can_be_set_as_scripts_do(monkeypatch):
    monkeypatch.setenv("MLX_ENABLE_TF32", "1")
    fl.backends.cudnn.benchmark = True
    fl.backends.cudnn.deterministic = True
    fl.backends.cuda.matmul.allow_tf32 = False
    assert os.environ["MLX_ENABLE_TF32"] == "0"
    assert fl.backends.cuda.matmul.allow_tf32 is False
    assert fl.backends.cudnn.is_available() == fl.cuda.is_available() == fl.backends.cuda.is_built()


def test_a_blas_that_does_not_open_warns_and_does_not_stop_the_import(tmp_path):
    program = f"""
import importlib.abc, sys
class Patch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "flashlight._namesake":
            import flashlight._backend as backend, pathlib
            backend.openblas_library = lambda: pathlib.Path({str(tmp_path / "no.so")!r})
sys.meta_path.insert(0, Patch())
import warnings
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    import flashlight
assert any("cannot open" in str(w.message) and "no.so" in str(w.message) for w in seen), seen
assert (flashlight.ones(2, 2) @ flashlight.ones(2, 2)).tolist() == [[2, 2], [2, 2]]
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
