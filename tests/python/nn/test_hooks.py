"""Holds tests of module hooks, around forward and in backward, against torch's."""

import pytest
import torch
from conversion import as_torch, assert_same

import flashlight as fl

LIBRARIES = (fl, torch)


def both(scenario):
    results = []
    for library in LIBRARIES:
        library.manual_seed(3)
        results.append(scenario(library))
    return results


def test_forward_hooks_see_and_replace():
    def scenario(library):
        linear = library.nn.Linear(2, 2)
        order = []
        linear.register_forward_pre_hook(lambda module, args: order.append("pre") or (args[0] * 2,))
        linear.register_forward_pre_hook(lambda module, args: order.append("first") or args[0] + 1, prepend=True)
        linear.register_forward_hook(lambda module, args, output: order.append("post") or output * 3)
        return linear(library.ones(1, 2)), order

    ours, theirs = both(scenario)
    assert_same(ours[0], theirs[0])
    assert ours[1] == theirs[1]


def test_hooks_with_kwargs_and_always_call():
    def scenario(library):
        class Scaled(library.nn.Module):
            def forward(self, x, factor=1, fail=False):
                if fail:
                    raise ValueError("told to")
                return x * factor

        module, seen = Scaled(), []
        module.register_forward_pre_hook(
            lambda module, args, kwargs: (args, {**kwargs, "factor": kwargs["factor"] + 1}), with_kwargs=True
        )
        module.register_forward_hook(
            lambda module, args, kwargs, output: seen.append((sorted(kwargs), output is None)),
            with_kwargs=True,
            always_call=True,
        )
        result = module(library.ones(1), factor=2)
        with pytest.raises(ValueError, match="told to"):
            module(library.ones(1), factor=2, fail=True)
        return result, seen

    ours, theirs = both(scenario)
    assert_same(ours[0], theirs[0])
    assert ours[1] == theirs[1]


def test_wrong_pre_hook_result_is_an_error():
    linear = fl.nn.Linear(1, 1)
    linear.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        linear(fl.ones(1))


def test_removed_hooks_are_not_called():
    linear, calls = fl.nn.Linear(1, 1), []
    handle = linear.register_forward_hook(lambda *_: calls.append(1))
    linear(fl.ones(1))
    handle.remove()
    handle.remove()
    linear(fl.ones(1))
    with fl.nn.modules.module.register_module_forward_hook(lambda *_: calls.append(2)):
        linear(fl.ones(1))
    linear(fl.ones(1))
    assert calls == [1, 2]


@pytest.mark.parametrize("replace", [False, True])
def test_full_backward_hooks_see_torch_gradients(replace):
    def scenario(library):
        model = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.Tanh(), library.nn.Linear(4, 2))
        seen = []

        def hook(module, grad_input, grad_output):
            seen.append([as_torch(grad_input[0]), as_torch(grad_output[0])])
            return (grad_input[0] * 2,) if replace else None

        def pre_hook(module, grad_output):
            seen.append([as_torch(grad_output[0])])
            return (grad_output[0] * 3,) if replace else None

        model[2].register_full_backward_hook(hook)
        model[1].register_full_backward_hook(hook)
        model[1].register_full_backward_pre_hook(pre_hook)
        x = library.linspace(0, 1, 6).reshape(2, 3).requires_grad_()
        model(x).sum().backward()
        return seen, x.grad, [parameter.grad for parameter in model.parameters()]

    ours, theirs = both(scenario)
    assert_same(ours, theirs)


def test_full_backward_hook_without_differentiable_input_fires_on_outputs():
    def scenario(library):
        linear, seen = library.nn.Linear(2, 1), []
        linear.register_full_backward_hook(lambda module, inputs, outputs: seen.append((inputs, as_torch(outputs))))
        with pytest.warns(UserWarning, match="no inputs require gradients"):
            linear(library.ones(1, 2)).sum().backward()
        return seen

    ours, theirs = both(scenario)
    assert_same(ours, theirs)


def test_an_output_that_nothing_uses_has_no_gradient():
    def scenario(library):
        class Split(library.nn.Module):
            def forward(self, x):
                return x * 2, x * 3

        split, seen = Split(), []
        split.register_full_backward_hook(lambda module, inputs, outputs: seen.append(as_torch((inputs, outputs))))
        x = library.ones(2).requires_grad_()
        split(x)[0].sum().backward()
        return seen, x.grad

    ours, theirs = both(scenario)
    assert_same(ours, theirs)


def test_several_differentiable_inputs_are_refused():
    bilinear = fl.nn.Identity()
    bilinear.register_full_backward_hook(lambda *_: None)
    with pytest.raises(NotImplementedError, match="register_full_backward_hook"):
        bilinear(fl.ones(1).requires_grad_(), fl.ones(1).requires_grad_())


def test_state_dict_hooks_run_in_torch_order():
    def scenario(library):
        model, order = library.nn.Sequential(library.nn.Linear(1, 1)), []
        model.register_state_dict_pre_hook(lambda module, prefix, keep: order.append("pre"))
        model.register_state_dict_post_hook(lambda module, state, prefix, meta: order.append("post"))
        model.register_load_state_dict_pre_hook(
            lambda module, state, prefix, meta, strict, missing, unexpected, errors: order.append("load pre")
        )
        model.register_load_state_dict_post_hook(lambda module, keys: order.append("load post"))
        model.load_state_dict(model.state_dict())
        return order

    ours, theirs = both(scenario)
    assert ours == theirs
