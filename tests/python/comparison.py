"""Holds the way to run one program with flashlight and with torch and to compare what came of it."""

import re

import torch
from conversion import as_torch, assert_same

import flashlight as fl


def attempt(function, *args, **kwargs):
    """What a call gives, or the class and text of its exception."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return refusal(error)


def refusal(error):
    """The class of an exception and its text as both libraries would put it."""
    text = str(error).replace("flashlight.", "torch.").replace("Flashlight", "Torch")
    return [type(error).__name__, re.sub(r"0x[0-9a-f]+", "0x", text)]


def refuses(function, *args, **kwargs):
    """Only the class of a call's exception, for refusals whose words are the library's own; False without one."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return False


def described(value):
    """What Python sees of a result: of tensors values, element type and what autograd says, of all else the value."""
    if isinstance(value, fl.Tensor | torch.Tensor):
        facts = [str(value.dtype).rpartition(".")[2], list(value.shape), value.requires_grad, value.is_leaf]
        return [*facts, value.detach()]
    if isinstance(value, fl.dtype | torch.dtype | fl.device | torch.device):
        return str(value).replace("flashlight.", "torch.")
    if isinstance(value, fl.Size | torch.Size):
        return ["Size", *value]
    if isinstance(value, dict):
        return {key: described(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [described(entry) for entry in value]
    return value


def differences(ours, theirs, rtol, atol, place="result"):
    """Where two described results differ: the place, ours and torch's."""
    if isinstance(theirs, list) and isinstance(ours, list) and len(ours) == len(theirs):
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(mine, other, rtol, atol, f"{place}[{i}]")
    elif isinstance(theirs, dict) and isinstance(ours, dict) and ours.keys() == theirs.keys():
        for key in theirs:
            yield from differences(ours[key], theirs[key], rtol, atol, f"{place}[{key!r}]")
    else:
        try:
            assert type(as_torch(ours)) is type(theirs)
            assert_same(ours, theirs, rtol=rtol, atol=atol)
        except AssertionError:
            yield f"{place}:\n  ours:    {ours!r}\n  torch's: {theirs!r}"


def assert_alike(program, *args, rtol=1e-5, atol=1e-6):
    """Raises unless `program(library, *args)` gives the same with flashlight as with torch."""
    ours, theirs = (described(attempt(program, library, *args)) for library in (fl, torch))
    found = list(differences(ours, theirs, rtol, atol))
    assert not found, "\n".join(found)
