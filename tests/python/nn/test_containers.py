"""Holds tests of Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict against torch's."""

import pytest
import torch

import flashlight as fl

LIBRARIES = (fl, torch)


def sequential(nn):
    model = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))
    model.append(nn.Tanh()).insert(1, nn.Sigmoid()).extend([nn.ReLU(), nn.ReLU()])
    model.insert(-1, nn.GELU())
    del model[1]
    del model[-2:]
    model[0] = nn.Linear(1, 5)
    model += nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, -1)))
    model.pop(1)
    return [model, model[1:3], model * 2, model + nn.Sequential(nn.Identity()), model[-1], len(model), list(model)]


def module_list(nn):
    modules = nn.ModuleList(nn.Linear(1, 1) for _ in range(3))
    modules.append(nn.ReLU())
    modules.extend([nn.ReLU()])
    modules.insert(2, nn.Embedding(3, 4, padding_idx=-1, max_norm=1.0, norm_type=3.0))
    modules += [nn.LayerNorm((2, 3), bias=False), nn.LayerNorm(2, elementwise_affine=False)]
    del modules[0]
    modules[-1] = nn.Softmax(dim=1)
    longer = modules + (nn.Tanh(),)  # noqa: RUF005 (the sum is what is tested)
    return [modules, modules[1:], modules[-1], len(modules), longer, nn.ModuleList(), modules.pop(0)]


def module_dict(nn):
    modules = nn.ModuleDict({"b": nn.ReLU(), "a": nn.LeakyReLU(0.2, True)})
    modules.update([("c", nn.SiLU()), ("d", nn.LogSoftmax(-1))])
    modules["e"] = nn.Dropout(0.3, inplace=True)
    modules.pop("b")
    del modules["c"]
    return [modules, list(modules), list(modules.keys()), "a" in modules, len(modules), list(modules.values())]


def parameter_list(nn):
    library = fl if nn is fl.nn else torch
    values = nn.ParameterList([library.zeros(2), nn.Parameter(library.zeros(2, 3)), "text"])
    values.append(library.zeros(()))
    values[0] = library.ones(4)
    values += [library.zeros(1, dtype=library.float16)]
    return [values, values[1:3], len(values), [name for name, _ in values.named_parameters()]]


def parameter_dict(nn):
    library = fl if nn is fl.nn else torch
    values = nn.ParameterDict({"b": library.zeros(2), "a": library.zeros(3)})
    values["c"] = 3
    values.setdefault("d", library.ones(1))
    values.update([("e", library.zeros(1))])
    values.pop("b")
    merged = values | nn.ParameterDict({"z": library.zeros(1)})
    return [list(values), list(merged), values.popitem()[0], len(values), values.get("x", 5), list(reversed(values))]


@pytest.mark.parametrize("scenario", [sequential, module_list, module_dict, parameter_list, parameter_dict])
def test_container_behaves_as_torch(scenario):
    ours, theirs = (scenario(library.nn) for library in LIBRARIES)
    assert [repr(each).replace("flashlight.", "torch.") for each in ours] == [repr(each) for each in theirs]


def test_sequential_calls_in_order():
    model = fl.nn.Sequential(fl.nn.Identity(), fl.nn.Flatten(0))
    assert list(model(fl.ones(2, 3)).shape) == [6]
