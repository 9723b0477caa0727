"""Holds tests of `repr`: character by character torch's, but for the package's name."""

import pytest
import torch

import flashlight as fl

INF, NAN = float("inf"), float("nan")


@pytest.fixture(autouse=True)
def _named_alike(monkeypatch):
    """Lets torch print this package's name before element types, because names decide where lines break."""
    add_suffixes = torch._tensor_str._add_suffixes

    def renamed(text, suffixes, *rest, **named):
        return add_suffixes(text, [s.replace("=torch.", "=flashlight.") for s in suffixes], *rest, **named)

    monkeypatch.setattr(torch._tensor_str, "_add_suffixes", renamed)
    yield
    fl.set_printoptions(profile="default")
    torch.set_printoptions(profile="default")


def assert_prints_alike(make):
    """Raises unless both packages print what `make` makes alike."""
    assert repr(make(fl)) == repr(make(torch))


VALUES = {
    "float": lambda p: p.tensor([1.0, 2.5, -3.25]),
    "whole": lambda p: p.tensor([1.0, 2.0]),
    "number": lambda p: p.tensor(3.5),
    "int": lambda p: p.tensor([[1, -20], [300, 4]]),
    "bool": lambda p: p.tensor([True, False]),
    "small": lambda p: p.tensor([1e-5, 1.0]),
    "large": lambda p: p.tensor([1e9, 1.0]),
    "nonfinite": lambda p: p.tensor([INF, -INF, NAN, 1.5]),
    "double": lambda p: p.tensor([1.5], dtype=p.float64),
    "bfloat16": lambda p: p.tensor([1.5], dtype=p.bfloat16),
    "empty": lambda p: p.tensor([]),
    "empty with sizes": lambda p: p.zeros(0, 3),
    "three axes": lambda p: p.arange(24).reshape(2, 3, 4),
    "summarised": lambda p: p.arange(3000).reshape(30, 100),
    "long": lambda p: p.arange(1001),
    "leaf": lambda p: p.tensor([1.0], requires_grad=True),
    "sum": lambda p: p.tensor([1.0], requires_grad=True) + 1,
    "product": lambda p: p.tensor([1.0], requires_grad=True) * 2,
    "view": lambda p: p.arange(6).reshape(2, 3).t(),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_tensor_prints_as_torchs(name):
    assert_prints_alike(VALUES[name])


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2},
        {"linewidth": 40},
        {"sci_mode": True},
        {"sci_mode": False},
        {"threshold": 3, "edgeitems": 1},
        {"profile": "short"},
        {"profile": "full"},
    ],
)
def test_options_change_what_is_printed(name, options):
    fl.set_printoptions(**options)
    torch.set_printoptions(**options)
    assert_prints_alike(VALUES[name])


def test_str_is_repr():
    x = fl.arange(3)
    assert str(x) == repr(x) == "tensor([0, 1, 2])"
