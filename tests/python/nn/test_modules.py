"""Holds tests of Module: registration, attributes, walking, modes and printing, against torch's."""

import copy
import gc
import pickle
import weakref

import pytest
import torch
from conversion import assert_equal, raised

import flashlight as fl

LIBRARIES = (fl, torch)


def mlp(library):
    nn = library.nn
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Dropout(0.1), nn.Linear(5, 3, bias=False))


def nested(library):
    class Block(library.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.linear = library.nn.Linear(width, width)
            self.register_buffer("scale", library.ones(width))
            self.register_buffer("scratch", library.zeros(2), persistent=False)

        def forward(self, x, shift=0):
            return self.linear(x) * self.scale + shift

    class Net(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3)
            self.blocks = library.nn.ModuleList([Block(3), Block(3)])
            self.tied = self.first.linear
            self.own = library.nn.Parameter(library.zeros(3))
            self.register_parameter("absent", None)

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return self.tied(self.first(x)) + self.own

    return Net()


def pair(make):
    made = []
    for library in LIBRARIES:
        library.manual_seed(7)
        made.append(make(library))
    return made


@pytest.mark.parametrize("make", [mlp, nested])
def test_same_seed_gives_torch_initial_state(make):
    ours, theirs = pair(make)
    assert_equal(dict(ours.state_dict()), dict(theirs.state_dict()))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.state_dict()._metadata == theirs.state_dict()._metadata


@pytest.mark.parametrize("make", [mlp, nested])
@pytest.mark.parametrize("remove_duplicate", [True, False])
def test_names_come_in_torch_order(make, remove_duplicate):
    for walk in ("named_parameters", "named_buffers", "named_modules"):
        ours, theirs = (
            [name for name, _ in getattr(model, walk)(remove_duplicate=remove_duplicate)] for model in pair(make)
        )
        assert ours == theirs
    ours, theirs = ([name for name, _ in model.named_children()] for model in pair(make))
    assert ours == theirs
    ours, theirs = ([name for name, _ in model.named_parameters("top", recurse=False)] for model in pair(make))
    assert ours == theirs


@pytest.mark.parametrize("make", [mlp, nested])
def test_repr_is_torch_repr(make):
    ours, theirs = pair(make)
    assert repr(ours) == repr(theirs)


def test_forward_equals_torch():
    ours, theirs = pair(nested)
    numbers = torch.randn(4, 3)
    assert_equal_after = ours(fl.tensor(numbers.numpy())), theirs(numbers)
    torch.testing.assert_close(torch.tensor(assert_equal_after[0].tolist()), assert_equal_after[1].detach())


def test_assignment_moves_a_name_between_registries():
    module = fl.nn.Module()
    module.x = 3
    module.x = fl.nn.Parameter(fl.ones(2))
    assert "x" not in module.__dict__
    assert [name for name, _ in module.named_parameters()] == ["x"]
    module.y = fl.nn.Linear(1, 1)
    module.y = None
    assert module.y is None
    assert module._modules == {"y": None}
    del module.x
    assert not hasattr(module, "x")
    module.z = fl.nn.Buffer(fl.ones(2), persistent=False)
    assert list(dict(module.named_buffers())) == ["z"]
    assert "z" not in module.state_dict()
    module.z = fl.zeros(2)
    assert list(dict(module.named_buffers())) == ["z"]


def test_parameter_is_a_leaf_that_shares_storage():
    values = fl.zeros(3)
    parameter = fl.nn.Parameter(values)
    assert isinstance(parameter, fl.Tensor)
    assert parameter.requires_grad
    assert parameter.is_leaf
    with fl.no_grad():
        parameter.add_(1)
    assert values.tolist() == [1, 1, 1]
    assert type(parameter + 1) is fl.Tensor
    assert not fl.nn.Parameter(values, requires_grad=False).requires_grad
    assert fl.nn.Parameter().numel() == 0
    assert repr(parameter) == repr(torch.nn.Parameter(torch.ones(3)))
    with fl.no_grad():
        assert fl.nn.Parameter(fl.ones(1)).requires_grad


ERRORS = {
    "parameter before init": lambda nn, t: uninitialised(nn).__setattr__("p", nn.Parameter(t.ones(1))),
    "module before init": lambda nn, t: uninitialised(nn).__setattr__("m", nn.Linear(1, 1)),
    "buffer before init": lambda nn, t: uninitialised(nn).register_buffer("b", t.ones(1)),
    "number for parameter": lambda nn, t: nn.Linear(1, 1).__setattr__("weight", 3),
    "number for module": lambda nn, t: nn.Sequential(nn.ReLU()).__setattr__("0", 3),
    "number for buffer": lambda nn, t: nn.CrossEntropyLoss(t.ones(1)).__setattr__("weight", 3),
    "dotted parameter": lambda nn, t: nn.Module().register_parameter("a.b", None),
    "empty parameter": lambda nn, t: nn.Module().register_parameter("", None),
    "taken parameter": lambda nn, t: nn.Module().register_parameter("train", None),
    "parameter name type": lambda nn, t: nn.Module().register_parameter(3, None),
    "parameter type": lambda nn, t: nn.Module().register_parameter("p", 3),
    "dotted buffer": lambda nn, t: nn.Module().register_buffer("a.b", None),
    "buffer type": lambda nn, t: nn.Module().register_buffer("b", 3),
    "dotted module": lambda nn, t: nn.Module().add_module("a.b", None),
    "empty module": lambda nn, t: nn.Module().add_module("", None),
    "module type": lambda nn, t: nn.Module().add_module("m", 3),
    "missing attribute": lambda nn, t: nn.Module().nothing,
    "missing forward": lambda nn, t: nn.Module()(1),
    "init argument": lambda nn, t: nn.Module(1),
    "init keyword": lambda nn, t: nn.Module(a=1),
    "train mode": lambda nn, t: nn.Module().train(1),
    "integer dtype": lambda nn, t: nn.Linear(1, 1).to(t.int64),
    "missing submodule": lambda nn, t: nn.Sequential(nn.ReLU()).get_submodule("0.x"),
    "no module": lambda nn, t: nn.Sequential(nn.ReLU()).get_submodule("training"),
    "missing parameter": lambda nn, t: nn.Linear(1, 1).get_parameter("x"),
    "no parameter": lambda nn, t: nn.Linear(1, 1).get_parameter("in_features"),
    "no buffer": lambda nn, t: nn.Linear(1, 1).get_buffer("weight"),
    "set submodule without name": lambda nn, t: nn.Module().set_submodule("", nn.ReLU()),
    "sequential index": lambda nn, t: nn.Sequential()[0],
    "list index": lambda nn, t: nn.ModuleList()[0],
    "list extend": lambda nn, t: nn.ModuleList().extend(3),
    "dict update": lambda nn, t: nn.ModuleDict().update(3),
    "dict pair": lambda nn, t: nn.ModuleDict([("a",)]),
    "parameter dict key": lambda nn, t: nn.ParameterDict()[3],
    "parameter list call": lambda nn, t: nn.ParameterList()(),
    "sequential sum": lambda nn, t: nn.Sequential() + 3,
    "sequential product": lambda nn, t: nn.Sequential() * 0,
    "dropout p": lambda nn, t: nn.Dropout(2),
    "padding": lambda nn, t: nn.Embedding(2, 2, padding_idx=2),
    "softmax dim": lambda nn, t: nn.Softmax("0"),
}


def uninitialised(nn):
    return nn.Module.__new__(nn.Module)


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_torch_errors(name):
    ours, theirs = (raised(ERRORS[name], library.nn, library) for library in LIBRARIES)
    assert theirs is not None
    if name == "parameter dict key":  # torch's goes on to ask for an issue.
        theirs = (theirs[0], theirs[1].split(" Open an issue")[0])
    assert ours == theirs


def test_non_leaf_is_no_parameter():
    parameter = fl.nn.Parameter(fl.ones(1))
    with pytest.raises(TypeError, match=r"torch\.nn\.Parameter or None required"):
        fl.nn.Module().register_parameter("p", parameter * 2)


def test_train_reaches_every_module():
    for model in pair(nested):
        model.eval()
        assert not any(module.training for module in model.modules())
        model.blocks[0].train()
        assert [module.training for module in model.modules()].count(True) == 2


def test_version_changes_with_structure_and_attributes_but_not_with_mode():
    model = mlp(fl)
    seen = {model._flashlight_version}

    def changed():
        new = model._flashlight_version not in seen
        seen.add(model._flashlight_version)
        return new

    model.width = 3
    assert changed()
    model.width = model.width
    assert not changed()
    model.eval()
    assert not changed()
    model.append(fl.nn.ReLU())
    assert changed()
    del model[0]
    assert changed()
    model.register_buffer("steps", None)
    assert changed()
    assert copy.deepcopy(model)._flashlight_version not in seen


def test_zero_grad_and_requires_grad():
    model = mlp(fl)
    model(fl.ones(2, 6)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    model.zero_grad(set_to_none=False)
    assert all(parameter.grad.abs().sum().item() == 0 for parameter in model.parameters())
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())
    model.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_conversion_keeps_parameters_and_casts_gradients():
    model = mlp(fl)
    model(fl.ones(2, 6)).sum().backward()
    before = list(model.parameters())
    assert model.half() is model
    assert all(new is old for new, old in zip(model.parameters(), before, strict=True))
    assert {parameter.dtype for parameter in before} == {fl.float16}
    assert {parameter.grad.dtype for parameter in before} == {fl.float16}
    model.register_buffer("count", fl.tensor(3))
    model.to("cpu", fl.float32)
    assert model.count.dtype == fl.int64
    assert {parameter.dtype for parameter in before} == {fl.float32}
    model.to(fl.ones(1, dtype=fl.bfloat16))
    assert {parameter.dtype for parameter in before} == {fl.bfloat16}
    with pytest.raises(TypeError):
        model.to(dtype="float32")
    with pytest.raises(TypeError):
        model.to("cpu", device="cpu")


def test_deepcopy_and_pickle_make_independent_modules():
    model = nested(fl)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(mlp(fl)))):
        assert all(isinstance(parameter, fl.nn.Parameter) for parameter in twin.parameters())
    twin = copy.deepcopy(model)
    assert_equal(dict(twin.state_dict()), dict(model.state_dict()))
    assert twin.tied is twin.first.linear
    with fl.no_grad():
        twin.own.add_(1)
    assert model.own.tolist() == [0, 0, 0]


def test_apply_visits_children_first():
    ours, theirs = ([], [])
    for names, model in zip((ours, theirs), pair(nested), strict=True):
        model.apply(lambda module, names=names: names.append(type(module).__name__))
    assert ours == theirs


def test_dir_lists_registered_names():
    names = dir(nested(fl))
    assert {"own", "blocks", "forward", "training"} <= set(names)
    assert "scale" in dir(nested(fl).first)
    assert "0" not in dir(mlp(fl))


def test_submodules_are_found_and_set_by_path():
    model = nested(fl)
    assert model.get_submodule("blocks.1.linear") is model.blocks[1].linear
    assert model.get_parameter("first.linear.weight") is model.first.linear.weight
    assert model.get_buffer("first.scale") is model.first.scale
    model.set_submodule("blocks.0.linear", fl.nn.Identity())
    assert isinstance(model.blocks[0].linear, fl.nn.Identity)


def test_dropped_module_is_collected():
    model = nested(fl)
    model.back = [model]
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_refusals_name_the_function():
    module = fl.nn.Linear(1, 1)
    with pytest.raises(NotImplementedError, match="register_backward_hook"):
        module.register_backward_hook(print)
    with pytest.raises(NotImplementedError, match="share_memory"):
        module.share_memory()
    with pytest.raises(NotImplementedError, match="sparse=True"):
        fl.nn.Embedding(2, 2, sparse=True)


def test_registration_hooks_may_replace():
    seen = []
    handle = fl.nn.modules.module.register_module_parameter_registration_hook(lambda m, n, p: seen.append(n))
    with handle:
        fl.nn.Linear(1, 1)
    fl.nn.Linear(1, 1)
    assert seen == ["weight", "bias"]
