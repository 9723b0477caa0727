"""Holds tests of SGD, Adam and AdamW against torch's: trajectories with every argument, state, groups and errors."""

import copy
import importlib
import itertools
import pickle

import pytest
import torch
from conversion import as_flashlight, as_torch, assert_same, raised

import flashlight as fl

LIBRARIES = (fl, torch)

SGD_OPTIONS = [
    {},
    {"lr": 0.03},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"momentum": 0.5, "weight_decay": 0.1, "maximize": True},
    {"foreach": True, "momentum": 0.9},
    {"fused": True, "momentum": 0.9, "weight_decay": 0.01},
]
ADAM_OPTIONS = [
    {},
    {"lr": 0.1, "betas": (0.8, 0.95)},
    {"eps": 1e-3},
    {"weight_decay": 0.1},
    {"amsgrad": True},
    {"maximize": True, "amsgrad": True, "weight_decay": 0.01},
    {"foreach": True},
    {"fused": True, "weight_decay": 0.1},
]
CASES = [
    *(("SGD", options) for options in SGD_OPTIONS),
    *(("Adam", options) for options in [*ADAM_OPTIONS, {"decoupled_weight_decay": True, "weight_decay": 0.1}]),
    *(("AdamW", options) for options in ADAM_OPTIONS),
]


def start(library):
    values = [torch.linspace(-1, 1, 6).reshape(2, 3), torch.linspace(1, 2, 3)]
    given = as_flashlight(values) if library is fl else [value.clone() for value in values]
    return [library.nn.Parameter(value) for value in given]


def loss(library, parameters, step):
    matrix, vector = parameters
    return ((matrix * vector).sin() * (step + 1)).sum() + (vector * vector * 0.1).sum()


def run(library, name, options, steps=10, change=None):
    parameters = start(library)
    optimizer = getattr(library.optim, name)(parameters, **options)
    for step in range(steps):
        optimizer.zero_grad()
        loss(library, parameters, step).backward()
        optimizer.step()
        if change is not None:
            optimizer = change(library, optimizer, parameters, step) or optimizer
    return parameters, optimizer


@pytest.mark.parametrize(("name", "options"), CASES)
def test_trajectory_is_torch_trajectory(name, options):
    (ours, optimizer), (theirs, reference) = (run(library, name, options) for library in LIBRARIES)
    assert_same(ours, theirs, rtol=1e-5, atol=1e-6)
    assert repr(optimizer) == repr(reference)
    assert_same(optimizer.state_dict(), reference.state_dict(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("options", [{}, {"amsgrad": True, "weight_decay": 0.1}])
def test_capturable_steps_on_the_device_to_the_same_values(name, options):
    ours, _ = run(fl, name, {**options, "capturable": True})
    theirs, _ = run(torch, name, options)
    assert_same(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_learning_rate_may_be_a_tensor(name):
    ours, theirs = (run(library, name, {"lr": library.tensor(0.05), "weight_decay": 0.1})[0] for library in LIBRARIES)
    assert_same(ours, theirs, rtol=1e-5, atol=1e-6)


def test_betas_may_be_tensors():
    results = []
    for library in LIBRARIES:
        betas = (library.tensor(0.8), library.tensor([0.9]))
        results.append(run(library, "Adam", {"betas": betas})[0])
    assert_same(*results, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {}), ("AdamW", {"amsgrad": True})],
)
def test_differentiable_step_carries_gradients(name, options):
    results = []
    for library in LIBRARIES:
        origin = start(library)
        moved = [parameter.clone() for parameter in origin]
        optimizer = getattr(library.optim, name)(moved, lr=0.1, differentiable=True, **options)
        for parameter in moved:
            parameter.grad = (parameter * parameter).detach().requires_grad_()
        optimizer.step()
        sum((parameter * parameter).sum() for parameter in moved).backward()
        results.append([parameter.grad for parameter in origin])
    assert_same(*results, rtol=1e-4, atol=1e-5)


def test_learning_rate_may_require_a_gradient():
    results = []
    for library in LIBRARIES:
        rate = library.tensor(0.1, requires_grad=True)
        parameter = library.ones(3).requires_grad_().clone()
        optimizer = library.optim.SGD([parameter], lr=rate, differentiable=True)
        parameter.grad = library.arange(3).float()
        optimizer.step()
        parameter.sum().backward()
        results.append(rate.grad)
    assert_same(*results)


def test_groups_have_options_of_their_own():
    results = []
    for library in LIBRARIES:
        parameters = start(library)
        optimizer = library.optim.SGD([{"params": parameters[:1], "lr": 0.1}], lr=0.01, momentum=0.5)
        optimizer.add_param_group({"params": parameters[1], "momentum": 0.0})
        for step in range(5):
            optimizer.zero_grad()
            loss(library, parameters, step).backward()
            optimizer.step()
        results.append((parameters, optimizer.state_dict(), repr(optimizer)))
    assert_same(results[0][:2], results[1][:2], rtol=1e-5, atol=1e-6)
    assert results[0][2] == results[1][2]


def test_changed_learning_rate_is_used():
    def change(library, optimizer, parameters, step):
        optimizer.param_groups[0]["lr"] *= 0.5

    assert_same(*(run(library, "Adam", {}, change=change)[0] for library in LIBRARIES), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_state_goes_to_a_new_optimizer(name):
    options = {"momentum": 0.9} if name == "SGD" else {"amsgrad": True}

    def change(library, optimizer, parameters, step):
        if step == 4:
            fresh = getattr(library.optim, name)(parameters, lr=3.0)
            fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            return fresh

    assert_same(*(run(library, name, options, change=change)[0] for library in LIBRARIES), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_torch_state_loads(name):
    options = {"momentum": 0.9} if name == "SGD" else {"amsgrad": True}
    theirs, reference = run(torch, name, options)
    ours = [fl.nn.Parameter(as_flashlight(parameter.detach())) for parameter in theirs]
    optimizer = getattr(fl.optim, name)(ours)
    optimizer.load_state_dict(as_flashlight(reference.state_dict()))
    for library, parameters, which in ((fl, ours, optimizer), (torch, theirs, reference)):
        which.zero_grad()
        loss(library, parameters, 3).backward()
        which.step()
    assert_same(ours, theirs, rtol=1e-5, atol=1e-6)


def test_loaded_state_takes_the_dtype_of_the_parameter():
    parameters, optimizer = run(fl, "Adam", {}, steps=1)
    halves = [fl.nn.Parameter(parameter.detach().half()) for parameter in parameters]
    fresh = fl.optim.Adam(halves)
    fresh.load_state_dict(optimizer.state_dict())
    assert {entry["exp_avg"].dtype for entry in fresh.state.values()} == {fl.float16}
    assert {entry["step"].dtype for entry in fresh.state.values()} == {fl.float32}


def test_old_states_count_steps_in_numbers():
    _, optimizer = run(fl, "Adam", {}, steps=2)
    state = copy.deepcopy(optimizer.state_dict())
    for entry in state["state"].values():
        entry["step"] = 2
    optimizer.load_state_dict(state)
    assert [entry["step"].item() for entry in optimizer.state.values()] == [2, 2]


def test_closure_runs_with_gradients_and_its_loss_is_returned():
    for library in LIBRARIES:
        parameter = library.nn.Parameter(library.ones(2))
        optimizer = library.optim.SGD([parameter], lr=0.5)

        def closure(parameter=parameter, optimizer=optimizer):
            optimizer.zero_grad()
            value = (parameter * 2).sum()
            value.backward()
            return value

        with library.no_grad():
            assert optimizer.step(closure).item() == 4
        assert as_torch(parameter.detach()).tolist() == [0, 0]


def test_zero_grad_forgets_or_fills():
    parameters, optimizer = run(fl, "SGD", {}, steps=1)
    gradient = parameters[0].grad
    optimizer.zero_grad(set_to_none=False)
    assert parameters[0].grad is gradient
    assert gradient.abs().sum().item() == 0
    optimizer.zero_grad()
    assert parameters[0].grad is None


def test_parameters_without_gradient_are_left_alone():
    used, unused = fl.nn.Parameter(fl.ones(1)), fl.nn.Parameter(fl.ones(1))
    optimizer = fl.optim.AdamW([used, unused])
    used.sum().backward()
    optimizer.step()
    assert unused.item() == 1
    assert unused not in optimizer.state


def test_hooks_run_around_steps_and_states():
    results = []
    for library in LIBRARIES:
        order = []
        parameters = start(library)
        optimizer = library.optim.SGD(parameters, lr=0.1)
        optimizer.register_step_pre_hook(lambda o, args, kwargs, order=order: order.append(("pre", len(args), kwargs)))
        optimizer.register_step_post_hook(lambda o, args, kwargs, order=order: order.append(("post", len(args))))
        optimizer.register_state_dict_pre_hook(lambda o, order=order: order.append("state pre"))
        optimizer.register_state_dict_post_hook(lambda o, state, order=order: order.append("state post"))
        optimizer.register_load_state_dict_pre_hook(lambda o, state, order=order: order.append("load pre"))
        optimizer.register_load_state_dict_post_hook(lambda o, order=order: order.append("load post"), prepend=True)
        module = importlib.import_module(f"{library.__name__}.optim.optimizer")
        first = module.register_optimizer_step_pre_hook(lambda o, args, kwargs, order=order: order.append("all pre"))
        last = module.register_optimizer_step_post_hook(lambda o, args, kwargs, order=order: order.append("all post"))
        with first, last:
            optimizer.step()
        optimizer.step(closure=None)
        optimizer.load_state_dict(optimizer.state_dict())
        results.append(order)
    assert results[0] == results[1]


def test_pickled_optimizer_keeps_its_groups():
    _, optimizer = run(fl, "Adam", {}, steps=1)
    twin = pickle.loads(pickle.dumps(optimizer))
    assert repr(twin) == repr(optimizer)
    assert len(twin.state) == 2


def test_named_parameters_are_kept_by_name():
    ours, theirs = (library.optim.SGD(library.nn.Linear(1, 1).named_parameters()) for library in LIBRARIES)
    assert ours.param_groups[0]["param_names"] == theirs.param_groups[0]["param_names"] == ["weight", "bias"]


def test_own_optimizers_are_written_as_in_torch():
    results = []
    for library in LIBRARIES:

        class Plain(library.optim.Optimizer):
            def __init__(self, params, lr):
                super().__init__(params, {"lr": lr})

            def step(self, closure=None, library=library):
                with library.no_grad():
                    for group in self.param_groups:
                        for parameter in group["params"]:
                            parameter.sub_(parameter.grad * group["lr"])

        parameters = start(library)
        optimizer = Plain(parameters, 0.1)
        loss(library, parameters, 1).backward()
        optimizer.step()
        results.append(parameters)
    assert_same(*results)


def one(library):
    return [library.nn.Parameter(library.ones(1))]


ERRORS = {
    "tensor": lambda o, t: o.SGD(t.ones(1)),
    "empty": lambda o, t: o.SGD([]),
    "number": lambda o, t: o.SGD([3]),
    "non-leaf": lambda o, t: o.SGD([one(t)[0] * 2]),
    "set in group": lambda o, t: o.SGD([{"params": set(one(t))}]),
    "group type": lambda o, t: o.SGD(one(t)).add_param_group(3),
    "some names": lambda o, t: o.SGD([("a", one(t)[0]), one(t)[0]]),
    "lr": lambda o, t: o.SGD(one(t), lr=-1.0),
    "lr tensor": lambda o, t: o.SGD(one(t), lr=t.ones(2)),
    "momentum": lambda o, t: o.SGD(one(t), momentum=-1.0),
    "decay": lambda o, t: o.SGD(one(t), weight_decay=-1.0),
    "nesterov": lambda o, t: o.SGD(one(t), nesterov=True),
    "nesterov dampening": lambda o, t: o.SGD(one(t), momentum=0.9, dampening=0.1, nesterov=True),
    "sgd fused differentiable": lambda o, t: o.SGD(one(t), fused=True, differentiable=True),
    "sgd fused foreach": lambda o, t: o.SGD(one(t), fused=True, foreach=True),
    "adam lr": lambda o, t: o.Adam(one(t), lr=-1.0),
    "adam lr tensor": lambda o, t: o.Adam(one(t), lr=t.ones(2)),
    "adam lr foreach": lambda o, t: o.Adam(one(t), lr=t.tensor(0.1), foreach=True),
    "adam eps": lambda o, t: o.Adam(one(t), eps=-1.0),
    "adam beta 1": lambda o, t: o.Adam(one(t), betas=(1.0, 0.9)),
    "adam beta 2": lambda o, t: o.Adam(one(t), betas=(0.9, -0.1)),
    "adam betas": lambda o, t: o.Adam(one(t), betas=(0.9, t.tensor(0.9))),
    "adam beta tensor": lambda o, t: o.Adam(one(t), betas=(t.tensor(0.9), t.tensor(0.9)), foreach=True),
    "adam decay": lambda o, t: o.Adam(one(t), weight_decay=-1.0),
    "adam fused differentiable": lambda o, t: o.Adam(one(t), fused=True, differentiable=True),
    "adam fused foreach": lambda o, t: o.AdamW(one(t), fused=True, foreach=True),
    "other groups": lambda o, t: o.SGD(one(t)).load_state_dict({"state": {}, "param_groups": []}),
    "other group": lambda o, t: o.SGD(one(t)).load_state_dict({"state": {}, "param_groups": [{"params": []}]}),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_torch_errors(name):
    ours, theirs = (raised(ERRORS[name], library.optim, library) for library in LIBRARIES)
    assert ours is not None
    assert ours == theirs


def test_shared_parameters_are_refused_or_warned_about():
    for library in LIBRARIES:
        parameters = one(library)
        with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
            library.optim.SGD([{"params": parameters}, {"params": parameters}])
        with pytest.warns(UserWarning, match="duplicate parameters"):
            library.optim.SGD(parameters * 2)
        with pytest.warns(FutureWarning, match="ordered collections"):
            library.optim.SGD(set(parameters))


SCHEDULES = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda epoch: 0.9**epoch),
    "step": lambda s, o: s.StepLR(o, 3, gamma=0.5),
    "multi step": lambda s, o: s.MultiStepLR(o, [2, 2, 5], gamma=0.5),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.8),
    "linear": lambda s, o: s.LinearLR(o, start_factor=0.2, total_iters=4),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 5, eta_min=0.01),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.3, total_steps=20),
    "one cycle phases": lambda s, o: s.OneCycleLR(
        o, [0.3, 0.2], epochs=4, steps_per_epoch=5, anneal_strategy="linear", three_phase=True
    ),
}


@pytest.mark.parametrize(("name", "optimizer"), list(itertools.product(SCHEDULES, ["SGD", "AdamW"])))
def test_schedules_are_torch_schedules(name, optimizer):
    results = []
    for library in LIBRARIES:
        groups = [{"params": [parameter], "lr": 0.1 * (index + 1)} for index, parameter in enumerate(start(library))]
        made = getattr(library.optim, optimizer)(groups, lr=0.5, **({"momentum": 0.9} if optimizer == "SGD" else {}))
        schedule = SCHEDULES[name](library.optim.lr_scheduler, made)
        rates = [schedule.get_last_lr()]
        for _ in range(18):
            made.step()
            schedule.step()
            rates.append((schedule.get_last_lr(), made.param_groups[0].get("betas"), schedule.last_epoch))
        results.append(rates)
    assert results[0] == results[1]


def test_schedule_state_resumes():
    optimizer = fl.optim.SGD(one(fl), lr=0.1)
    schedule = fl.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    schedule.step()
    other = fl.optim.lr_scheduler.StepLR(fl.optim.SGD(one(fl), lr=0.1), 7)
    other.load_state_dict(schedule.state_dict())
    assert (other.step_size, other.last_epoch) == (2, 1)


def test_schedule_before_step_warns():
    schedule = fl.optim.lr_scheduler.StepLR(fl.optim.SGD(one(fl), lr=0.1), 2)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()
    with pytest.raises(TypeError, match="is not an Optimizer"):
        fl.optim.lr_scheduler.StepLR(3, 2)
    with pytest.raises(KeyError, match="initial_lr"):
        fl.optim.lr_scheduler.StepLR(fl.optim.SGD(one(fl)), 2, last_epoch=3)
