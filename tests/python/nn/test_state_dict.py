"""Holds tests of state_dict and load_state_dict against torch's."""

from collections import OrderedDict

import pytest
import torch
from conversion import as_flashlight, assert_equal, raised

import flashlight as fl

LIBRARIES = (fl, torch)


def model(library):
    nn = library.nn
    return nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 1))))


CHANGES = {
    "nothing": lambda state: None,
    "missing": lambda state: state.pop("a.weight"),
    "unexpected": lambda state: state.update({"a.more": state["a.bias"], "c.d": state["a.bias"]}),
    "shape": lambda state: state.update({"a.weight": state["a.bias"]}),
    "type": lambda state: state.update({"a.weight": 3}),
    "all": lambda state: (
        state.pop("b.1.bias"),
        state.update({"x": state["a.bias"], "a.weight": state["b.0.bias"]}),
    ),
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_errors_are_torch_errors(change, strict):
    outcomes = []
    for library in LIBRARIES:
        state = model(library).state_dict()
        CHANGES[change](state)
        outcomes.append((raised(model(library).load_state_dict, state, strict=strict), None))
    assert outcomes[0] == outcomes[1]


def test_result_lists_keys_and_prints_as_torch_does():
    reports = []
    for library in LIBRARIES:
        state = model(library).state_dict()
        state["more"] = state.pop("a.bias")
        reports.append(model(library).load_state_dict(state, strict=False))
    assert tuple(reports[0]) == tuple(reports[1])
    assert repr(reports[0]).endswith(
        repr(reports[1]).rpartition("_IncompatibleKeys")[2].removeprefix("IncompatibleKeys")
    )
    assert repr(model(fl).load_state_dict(model(fl).state_dict())) == "<All keys matched successfully>"


def test_torch_state_loads_with_the_same_values():
    ours, theirs = model(fl), model(torch)
    ours.load_state_dict(as_flashlight(dict(theirs.state_dict())))
    assert_equal(dict(ours.state_dict()), dict(theirs.state_dict()))


def test_state_shares_storage_and_keep_vars_gives_parameters():
    ours = model(fl)
    ours.state_dict()["a.bias"].fill_(7)
    assert ours.a.bias.tolist() == [7, 7, 7]
    assert not ours.state_dict()["a.bias"].requires_grad
    assert ours.state_dict(keep_vars=True)["a.bias"] is ours.a.bias
    assert next(iter(ours.state_dict(prefix="m."))) == "m.a.weight"


def test_assign_replaces_tensors_and_keeps_requires_grad():
    ours = model(fl)
    ours.a.bias.requires_grad_(False)
    state = {name: value.double() for name, value in ours.state_dict().items()}
    ours.load_state_dict(state, assign=True)
    assert ours.a.bias.dtype == fl.float64
    assert isinstance(ours.a.bias, fl.nn.Parameter)
    assert not ours.a.bias.requires_grad
    assert ours.a.weight.requires_grad


def test_scalar_entry_takes_a_vector_of_one():
    module = fl.nn.Module()
    module.register_buffer("count", fl.tensor(0.0))
    module.load_state_dict({"count": fl.tensor([3.0])})
    assert module.count.item() == 3


def test_extra_state_goes_through():
    class Counter(fl.nn.Module):
        count = 3

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    saved = Counter()
    saved.count = 8
    loaded = Counter()
    loaded.load_state_dict(saved.state_dict())
    assert loaded.count == 8
    with pytest.raises(RuntimeError, match="_extra_state"):
        loaded.load_state_dict({})


def test_no_mapping_is_refused():
    ours, theirs = (raised(model(library).load_state_dict, 3) for library in LIBRARIES)
    assert ours == theirs
