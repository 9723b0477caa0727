"""Holds tests of safetensors files: every dtype bit by bit, torch's files, and what is refused."""

import io
import zipfile

import pytest
import safetensors
import safetensors.torch
import torch
from conversion import assert_equal

import flashlight as fl

DTYPES = ["float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"]


@pytest.mark.parametrize("name", [name for name in DTYPES if hasattr(fl, name)])
@pytest.mark.parametrize("shape", [(), (0,), (3, 2)])
def test_values_survive_bit_by_bit(name, shape):
    dtype = getattr(fl, name)
    tensor = (fl.arange(1, 7).reshape(3, 2) if shape == (3, 2) else fl.ones(shape)).to(dtype)
    loaded = fl.safetensors.load(fl.safetensors.save({"a": tensor}, {"kind": "test"}))["a"]
    assert loaded.dtype == dtype
    assert tuple(loaded.shape) == shape
    assert loaded.tolist() == tensor.tolist()


def test_bfloat16_keeps_bits_that_float16_would_lose():
    tensor = fl.tensor([1e30, -3.0, 1e-30]).bfloat16()
    assert fl.safetensors.load(fl.safetensors.save({"a": tensor}))["a"].tolist() == tensor.tolist()


def test_module_goes_through_a_file(tmp_path):
    path = tmp_path / "model.safetensors"
    model, other = fl.nn.Linear(3, 2), fl.nn.Linear(3, 2)
    fl.save(model.state_dict(), path)
    other.load_state_dict(fl.load(path))
    assert_equal(dict(other.state_dict()), dict(model.state_dict()))
    with open(path, "rb") as file:
        assert set(fl.load(file, map_location="cpu", weights_only=True)) == {"weight", "bias"}


def test_files_go_to_torch_and_back(tmp_path):
    path = tmp_path / "model.safetensors"
    theirs = torch.nn.Linear(3, 2)
    safetensors.torch.save_file(theirs.state_dict(), path)
    assert_equal(fl.safetensors.load_file(path), dict(theirs.state_dict()))
    fl.safetensors.save_file({"t": fl.arange(6).reshape(2, 3).t()}, path)
    assert_equal(fl.arange(6).reshape(2, 3).t().contiguous(), safetensors.torch.load_file(path)["t"])


def test_other_formats_are_refused_by_name(tmp_path):
    with pytest.raises(NotImplementedError, match="zip format is not implemented yet"):
        fl.save({"a": fl.ones(1)}, tmp_path / "model.pt")
    with pytest.raises(NotImplementedError, match="flat dictionary of tensors"):
        fl.save({"a": 3}, tmp_path / "model.safetensors")
    with pytest.raises(NotImplementedError, match="pickle_protocol"):
        fl.save({}, tmp_path / "model.safetensors", pickle_protocol=2)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("data.pkl", b"")
    zipped.seek(0)
    with pytest.raises(NotImplementedError, match="zip and pickle formats"):
        fl.load(zipped)
    with pytest.raises(NotImplementedError, match="map_location"):
        fl.load(io.BytesIO(), map_location={"cuda": "cpu"})


def test_damaged_files_and_wrong_values_are_errors():
    with pytest.raises(safetensors.SafetensorError):
        fl.safetensors.load(b"\xff" * 20)
    with pytest.raises(ValueError, match="Key `a` is invalid"):
        fl.safetensors.save({"a": 3})
    with pytest.raises(ValueError, match="keys must be strings"):
        fl.safetensors.save({3: fl.ones(1)})
