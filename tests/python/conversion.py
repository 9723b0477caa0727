"""Holds the way of values between flashlight and torch in tests: through numpy, copied."""

import numpy
import torch

import flashlight as fl

# Threads that spin between small operations take more than they give, on machines with few cores above all.
torch.set_num_threads(1)


def _rebuilt(value, entries):
    return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)


def as_torch(value):
    """Tensors of flashlight, however nested, as tensors of torch."""
    if isinstance(value, fl.Tensor):
        if value.dtype == fl.bfloat16:  # numpy has no such type
            return as_torch(value.float()).to(torch.bfloat16)
        return torch.from_numpy(numpy.array(value.detach().cpu().numpy()))
    if isinstance(value, dict):
        return {key: as_torch(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return _rebuilt(value, map(as_torch, value))
    return value


def as_flashlight(value):
    """Tensors of torch, however nested, as tensors of flashlight."""
    if isinstance(value, torch.Tensor):
        if value.dtype == torch.bfloat16:
            return fl.tensor(value.detach().float().cpu().numpy()).to(fl.bfloat16)
        return fl.tensor(value.detach().cpu().numpy())
    if isinstance(value, dict):
        return {key: as_flashlight(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return _rebuilt(value, map(as_flashlight, value))
    return value


def assert_same(ours, theirs, *, rtol=1e-6, atol=1e-7):
    """Raises unless our value and torch's agree: structure, shapes, dtypes, and values to rounding."""
    ours, theirs = as_torch(ours), as_torch(theirs)
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            assert_same(ours[key], theirs[key], rtol=rtol, atol=atol)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other, rtol=rtol, atol=atol)
    elif isinstance(theirs, (torch.Tensor, float)):
        torch.testing.assert_close(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)
    else:
        assert ours == theirs


def assert_equal(ours, theirs):
    """Raises unless our value and torch's are equal to the last bit."""
    assert_same(ours, theirs, rtol=0, atol=0)


def raised(function, *args, **kwargs):
    """The type and text of the error of a call, without the package's name; None when there is none."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error).replace("flashlight", "torch")
    return None
