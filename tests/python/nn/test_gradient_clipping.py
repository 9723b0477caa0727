"""Holds tests of nn.utils: clipping and flat vectors, against torch's."""

import pytest
import torch
from conversion import assert_same

import flashlight as fl

LIBRARIES = (fl, torch)


def parameters(library, scale=1.0):
    made = []
    for size in (3, 4):
        parameter = library.nn.Parameter(library.arange(size).float())
        parameter.grad = library.arange(size).float() * scale - 1
        made.append(parameter)
    made.append(library.nn.Parameter(library.zeros(2)))
    return made


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad_norm(norm_type, max_norm):
    results = []
    for library in LIBRARIES:
        given = parameters(library)
        norm = library.nn.utils.clip_grad_norm_(given, max_norm, norm_type)
        results.append((norm, [each.grad for each in given[:2]]))
    assert_same(*results, rtol=1e-5)


def test_clip_grad_norm_refuses_what_is_not_finite():
    for library in LIBRARIES:
        given = parameters(library, float("inf"))
        with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
            library.nn.utils.clip_grad_norm_(given, 1.0, error_if_nonfinite=True)


def test_clip_grad_value():
    results = []
    for library in LIBRARIES:
        given = parameters(library)
        library.nn.utils.clip_grad_value_(given, 0.5)
        results.append([each.grad for each in given[:2]])
    assert_same(*results)


def test_no_gradients_have_norm_zero():
    assert fl.nn.utils.clip_grad_norm_([], 1.0).item() == 0
    with pytest.warns(UserWarning, match="empty generator"):
        fl.nn.utils.clip_grad_norm_((each for each in []), 1.0)


def test_vectors_go_both_ways():
    ours = fl.nn.Linear(2, 3)
    vector = fl.nn.utils.parameters_to_vector(ours.parameters())
    assert list(vector.shape) == [9]
    fl.nn.utils.vector_to_parameters(fl.arange(9).float(), ours.parameters())
    assert ours.weight.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert ours.bias.tolist() == [6, 7, 8]
    assert isinstance(ours.bias, fl.nn.Parameter)
    with pytest.raises(TypeError, match=r"expected torch\.Tensor"):
        fl.nn.utils.vector_to_parameters([1.0], ours.parameters())
