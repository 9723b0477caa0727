"""Holds tests of tensors as Python objects: one object for one tensor, attributes, weak references, and cycles."""

import copy
import gc
import pickle
import weakref

import pytest
from comparison import assert_alike, attempt
from conversion import assert_equal

import flashlight as fl


def test_a_gradient_is_one_object():
    def program(library):
        p = library.ones(3, requires_grad=True)
        (p * 2).sum().backward()
        g = p.grad
        same = p.grad is p.grad
        p.grad.note = "kept"
        (p * 2).sum().backward()
        with library.no_grad():
            p.grad.mul_(2)
        return same, p.grad is g, p.grad.note, g, g._version

    assert_alike(program)


def test_an_assigned_gradient_is_the_same_object():
    def program(library):
        p, g = library.ones(3, requires_grad=True), library.arange(3.0)
        p.grad = g
        seen = [p.grad is g]
        (p * 2).sum().backward()
        seen += [p.grad is g, g.clone()]
        p.grad = None
        seen.append(p.grad)
        (p * 2).sum().backward()
        del p.grad
        return [
            *seen,
            p.grad,
            attempt(lambda: setattr(p, "grad", 3))[0],
            attempt(lambda: setattr(p, "grad", library.ones(2)))[0],
            attempt(lambda: setattr(p, "grad", library.ones(3, dtype=library.float64)))[0],
            attempt(lambda: setattr(p, "grad", p))[0],
        ]

    assert_alike(program)


def test_bases_variables_and_results_in_place_are_the_same_objects():
    def program(library):
        p = library.ones(2, 3, requires_grad=True)
        y = p * 2
        v = y[0]
        accumulate = y.grad_fn.next_functions[0][0]
        return (
            v._base is y,
            v[0]._base is y,
            accumulate.variable is p,
            accumulate.name().rpartition("::")[2],
            y.add_(1) is y,
            p.requires_grad_() is p,
            y.data is y,
            y.detach() is y,
            p.to(library.float32) is p,
            p.contiguous() is p,
            p.float() is p,
            library.as_tensor(p) is p,
            p.view(2, 3) is p,
            y.grad_fn == y.grad_fn,
        )

    assert_alike(program)


def test_hooks_see_the_gradient_that_is_kept():
    def program(library):
        p = library.ones(3, requires_grad=True)
        seen = []
        p.register_post_accumulate_grad_hook(
            lambda leaf: seen.append((leaf is p, leaf.grad is p.grad, leaf.grad.sum()))
        )
        p.register_hook(lambda grad: seen.append(grad * 1))
        (p * 2).sum().backward()
        return seen

    assert_alike(program)


def collected(make):
    """Whether what `make` answers with, a weak reference, is dead after a garbage collection."""
    gc.collect()
    reference = make()
    gc.collect()
    return reference() is None


def _attribute():
    t = fl.ones(2)
    t.me = [t]
    return weakref.ref(t)


def _parameter_attribute():
    p = fl.nn.Parameter(fl.ones(2))
    p.me = {"p": p}
    return weakref.ref(p)


def _leaf_hook():
    p = fl.ones(2, requires_grad=True)
    p.register_hook(lambda grad: p)
    return weakref.ref(p)


def _used_leaf_hook():
    p = fl.ones(2, requires_grad=True)
    p.register_hook(lambda grad: (p, None)[1])
    (p * p).sum().backward()
    return weakref.ref(p)


def _result_hook():
    p = fl.ones(2, requires_grad=True)
    y = p * 2
    y.register_hook(lambda grad: y)
    return weakref.ref(y)


def _view_hook():
    p = fl.ones(2, 2, requires_grad=True)
    y = (p * 2)[0]
    y.register_hook(lambda grad: y)
    return weakref.ref(y)


def _used_result_hook():
    p = fl.ones(2, requires_grad=True)
    y = p * 2
    y.register_hook(lambda grad: (y, None)[1])
    y.sum().backward()
    return weakref.ref(y)


def _post_accumulate_hook():
    p = fl.ones(2, requires_grad=True)
    p.register_post_accumulate_grad_hook(lambda leaf: (p, None)[1])
    (p * 2).sum().backward()
    return weakref.ref(p)


def _module_hook():
    module = fl.nn.Linear(2, 2)
    module.weight.register_hook(lambda grad: (module, None)[1])
    module(fl.ones(1, 2)).sum().backward()
    return weakref.ref(module.weight)


def _handle():
    p = fl.ones(2, requires_grad=True)
    p.handle = p.register_hook(lambda grad: (p.handle, None)[1])
    return weakref.ref(p)


def _gradient():
    p = fl.ones(2, requires_grad=True)
    p.grad = fl.ones(2)
    p.grad.owner = p
    return weakref.ref(p)


CYCLES = [
    _attribute,
    _parameter_attribute,
    _leaf_hook,
    _used_leaf_hook,
    _result_hook,
    _view_hook,
    _used_result_hook,
    _post_accumulate_hook,
    _module_hook,
    _handle,
    _gradient,
]


@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__)
def test_a_cycle_is_collected(make):
    assert collected(make)


def test_what_is_alive_is_not_collected():
    p = fl.ones(2, requires_grad=True)
    calls = []
    p.register_hook(lambda grad, p=p: calls.append(p))
    y = p * 2
    y.register_hook(lambda grad, y=y: calls.append(y))
    z = y.sum()
    reference = weakref.ref(p)
    del p, y
    gc.collect()
    z.backward()
    assert len(calls) == 2
    assert calls[1] is reference()


def test_gradients_flow_to_a_leaf_whose_object_is_gone():
    p = fl.ones(2, requires_grad=True)
    y = (p * 2).sum()
    del p
    gc.collect()
    y.backward()


def test_objects_being_made_survive_collections():
    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        x = fl.ones(3, 3, requires_grad=True)
        for _ in range(50):
            rows = list(x)
            sum(row * 2 for row in rows).sum().backward()
            fl.nn.Parameter(x.detach()).register_hook(lambda grad: None)
    finally:
        gc.set_threshold(*before)
    assert x.grad is not None


def test_attributes_and_weak_references():
    def program(library):
        t = library.ones(2)
        t.name_of_mine = "x"
        reference = weakref.ref(t)
        dictionary = weakref.WeakKeyDictionary({t: 1})
        seen = [t.name_of_mine, reference() is t, dictionary[t], t.__dict__]
        del t
        gc.collect()
        return [*seen, reference(), len(dictionary)]

    assert_alike(program)


def test_a_tensor_that_outlives_its_object_gets_a_new_one():
    p = fl.ones(2, requires_grad=True)
    y = p * 2
    v = y[0]
    y.tag = "gone"
    del y
    # torch would keep the object with its attributes, because the view still holds the tensor.
    base = v._base
    assert v._base is base
    assert not hasattr(base, "tag")
    assert_equal(base, fl.full((2,), 2.0))


class Tagged(fl.nn.Parameter):
    tag = "class"

    def doubled(self):
        return self * 2


def test_parameter_subclasses_survive():
    parameter = Tagged(fl.ones(2))
    parameter.tag = "object"
    holder = fl.nn.Module()
    holder.weight = parameter
    assert holder.weight is parameter
    assert next(holder.parameters()) is parameter
    reference = weakref.ref(parameter)
    del parameter
    gc.collect()
    again = holder.weight
    assert again is reference()
    assert isinstance(again, Tagged)
    assert again.tag == "object"
    assert type(again.doubled()) is fl.Tensor
    again.doubled().sum().backward()
    assert again.doubled().grad_fn.next_functions[0][0].variable is again
    assert type(again.grad) is fl.Tensor
    assert type(copy.deepcopy(again)) is Tagged
    assert type(pickle.loads(pickle.dumps(again))) is Tagged


def test_a_tensor_is_hashed_by_identity():
    def program(library):
        a, b = library.ones(1), library.ones(1)
        table = {a: 1, b: 2}
        return table[a], table[b], hash(a) == hash(a), len({a, a, b}), a in table

    assert_alike(program)
