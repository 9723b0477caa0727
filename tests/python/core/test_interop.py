"""Holds tests of elements that go to other libraries and come from them: numpy, MLX, torch, DLPack."""

import subprocess
import sys

import mlx.core as mx
import numpy as np
import pytest
import torch

import flashlight as fl

DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
DTYPES += ["float16", "bfloat16", "float32", "float64", "complex64"]
SHAPES = [(), (0,), (3,), (2, 0, 3), (4, 5), (1, 2, 3, 4)]


def numbers(shape, dtype):
    """torch's tensor of small numbers."""
    count = int(np.prod(shape, dtype=int))
    return (torch.arange(count) % 7 - (0 if dtype.startswith("u") else 3)).to(getattr(torch, dtype)).reshape(shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_elements_go_to_torch_and_back(shape, dtype):
    theirs = numbers(shape, dtype)
    ours = fl.from_dlpack(theirs)
    assert (ours.shape, ours.dtype) == (theirs.shape, getattr(fl, dtype))
    back = torch.from_dlpack(ours)
    assert (back.dtype, back.shape) == (theirs.dtype, theirs.shape)
    assert torch.equal(back, theirs)
    assert torch.equal(torch.utils.dlpack.from_dlpack(fl.utils.dlpack.to_dlpack(ours)), theirs)


def test_strided_and_expanded_elements_come_as_they_read():
    theirs = torch.arange(24.0).reshape(2, 3, 4)
    for view in (theirs.transpose(0, 2), theirs[:, ::2, 1:], theirs[:1].expand(5, 3, 4), theirs.permute(2, 0, 1)[1]):
        assert fl.from_dlpack(view).tolist() == view.tolist()
        assert fl.tensor(view).tolist() == view.tolist()


def test_numpy_takes_elements_by_dlpack():
    x = fl.arange(6.0).reshape(2, 3).t()
    array = np.from_dlpack(x)
    assert array.tolist() == x.tolist()
    with pytest.raises(BufferError, match="copy"):
        np.from_dlpack(x, copy=False)


def test_what_others_do_to_a_copy_stays_theirs():
    x = fl.ones(4)
    theirs = torch.from_dlpack(x)
    theirs.add_(1)
    assert x.tolist() == [1, 1, 1, 1]
    source = np.ones(3)
    y = fl.from_dlpack(source)
    source[:] = 7
    assert y.tolist() == [1, 1, 1]


@pytest.mark.parametrize("make", [fl.tensor, fl.as_tensor, fl.from_dlpack])
def test_arrays_of_mlx_become_tensors(make):
    array = mx.arange(6, dtype=mx.float32).reshape(2, 3)
    assert make(array).tolist() == array.tolist()
    assert mx.array(make(array) + 1).tolist() == (array + 1).tolist()


def test_tensors_of_torch_become_tensors():
    leaf = torch.ones(2, requires_grad=True)
    assert fl.tensor(leaf * 3).tolist() == [3, 3]
    assert not fl.as_tensor(leaf).requires_grad
    assert fl.tensor([leaf, leaf]).shape == (2, 2)
    assert fl.tensor(torch.ones(2), dtype=fl.int64).dtype == fl.int64
    assert torch.as_tensor(fl.ones(2)).tolist() == [1, 1]


def test_gradients_are_not_exported():
    with pytest.raises(BufferError, match="require gradient"):
        fl.ones(2, requires_grad=True).__dlpack__()


def test_a_capsule_is_taken_once():
    capsule = fl.utils.dlpack.to_dlpack(fl.ones(2))
    assert fl.from_dlpack(capsule).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="only once"):
        fl.from_dlpack(capsule)
    with pytest.raises(RuntimeError, match="invalid capsule"):
        fl.from_dlpack(object())


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")
def test_numpys_arrays_are_operands():
    x, array = fl.ones(2, 3), np.arange(3.0)
    theirs = torch.ones(2, 3)
    for ours, expected in (
        (x + array, theirs + array),
        (x * array, theirs * array),
        (x == array, theirs == torch.from_numpy(array)),
        (array == x, torch.from_numpy(array) == theirs),
        (np.float32(2) * x, np.float32(2) * theirs),
        (np.sin(x), np.sin(theirs)),
    ):
        assert isinstance(ours, fl.Tensor)
        assert (ours.dtype, ours.tolist()) == (getattr(fl, str(expected.dtype)[6:]), expected.tolist())


def test_bfloat16_comes_from_ml_dtypes_arrays():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = np.arange(4).astype(ml_dtypes.bfloat16)
    assert (fl.from_numpy(array).dtype, fl.from_numpy(array).tolist()) == (fl.bfloat16, [0, 1, 2, 3])


@pytest.mark.parametrize("a", DTYPES)
def test_can_cast_and_result_type_are_torchs(a):
    for b in DTYPES:
        ours, theirs = (getattr(fl, a), getattr(fl, b)), (getattr(torch, a), getattr(torch, b))
        assert fl.can_cast(*ours) == torch.can_cast(*theirs)
    x, y = fl.ones(2, dtype=getattr(fl, a)), torch.ones(2, dtype=getattr(torch, a))
    for number in (True, 2, 2.5, 1j):
        # MLX has neither complex128 nor complex numbers of half precision.
        if number == 1j and a in ("float64", "float16", "bfloat16"):
            continue
        assert str(fl.result_type(x, number)).split(".")[1] == str(torch.result_type(y, number)).split(".")[1]


def test_many_capsules_leave_nothing_behind():
    program = """
import resource, flashlight as fl
x = fl.ones(1 << 16)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(50):
    fl.from_dlpack(fl.utils.dlpack.to_dlpack(x)); x.__dlpack__(max_version=(1, 0))
before = peak()
for _ in range(500):
    fl.from_dlpack(fl.utils.dlpack.to_dlpack(x)); x.__dlpack__(max_version=(1, 0))
assert peak() - before < 40_000, peak() - before
"""
    subprocess.run([sys.executable, "-c", program], check=True)
