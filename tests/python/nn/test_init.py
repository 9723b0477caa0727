"""Holds tests of nn.init: the numbers of torch for the same seed, gains and errors."""

import pytest
import torch
from conversion import assert_equal, assert_same, raised

import flashlight as fl

FILLS = {
    "uniform_": [{}, {"a": -2.0, "b": 3.0}],
    "normal_": [{}, {"mean": 1.0, "std": 2.0}],
    "trunc_normal_": [{}, {"a": -0.5, "b": 0.5}, {"mean": 0.0, "std": 1.0, "a": 2.0, "b": 3.0}, {"std": 0.02}],
    "constant_": [{"val": 3.5}],
    "ones_": [{}],
    "zeros_": [{}],
    "eye_": [{}],
    "xavier_uniform_": [{}, {"gain": 2.0}],
    "xavier_normal_": [{}],
    "kaiming_uniform_": [{}, {"a": 2.2, "mode": "fan_out"}, {"nonlinearity": "relu"}],
    "kaiming_normal_": [{}, {"nonlinearity": "tanh"}],
    "sparse_": [{"sparsity": 0.3}],
}


@pytest.mark.parametrize(("name", "options"), [(name, each) for name in FILLS for each in FILLS[name]])
def test_fill_gives_torch_numbers(name, options):
    filled = []
    for library in (fl, torch):
        library.manual_seed(11)
        tensor = library.empty(20, 30)
        assert getattr(library.nn.init, name)(tensor, **options) is tensor
        assert not tensor.requires_grad
        filled.append(tensor)
    # Both densities are computed with the same steps; whether a candidate near the bound is taken may hang on a bit.
    assert_same(*filled, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (4, 2, 3)])
def test_orthogonal_fills_as_torch(shape):
    filled = []
    for library in (fl, torch):
        library.manual_seed(11)
        try:
            filled.append(library.nn.init.orthogonal_(library.empty(shape), gain=2.0))
        except NotImplementedError as error:
            pytest.skip(str(error))
    assert_same(*filled, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("shape", "groups"), [((4, 2, 3), 1), ((4, 2, 3, 3), 2), ((3, 3, 2, 3, 3), 1)])
def test_dirac_fills_as_torch(shape, groups):
    assert_equal(*(library.nn.init.dirac_(library.ones(shape), groups) for library in (fl, torch)))


def test_generator_is_drawn_from():
    ours, theirs = (
        library.nn.init.kaiming_normal_(library.empty(3, 4), generator=library.Generator().manual_seed(5))
        for library in (fl, torch)
    )
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    "name", ["linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
def test_gain_is_torch_gain(name):
    assert fl.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert fl.nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


ERRORS = {
    "gain name": lambda init, t: init.calculate_gain("nothing"),
    "gain slope": lambda init, t: init.calculate_gain("leaky_relu", True),
    "fan of a vector": lambda init, t: init.xavier_uniform_(t.empty(3)),
    "fan mode": lambda init, t: init.kaiming_normal_(t.empty(3, 3), mode="both"),
    "eye of a vector": lambda init, t: init.eye_(t.empty(3)),
    "dirac of a matrix": lambda init, t: init.dirac_(t.empty(3, 3)),
    "dirac groups": lambda init, t: init.dirac_(t.empty(3, 3, 3), groups=2),
    "orthogonal vector": lambda init, t: init.orthogonal_(t.empty(3)),
    "sparse vector": lambda init, t: init.sparse_(t.empty(3), 0.5),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_torch_errors(name):
    ours, theirs = (raised(ERRORS[name], library.nn.init, library) for library in (fl, torch))
    assert ours is not None
    assert ours == theirs


def test_old_names_warn():
    with pytest.warns(FutureWarning, match="deprecated in favor of `nn.init.uniform_`"):
        fl.nn.init.uniform(fl.empty(2))


def test_empty_tensors_are_left_alone():
    with pytest.warns(UserWarning, match="zero-element"):
        fl.nn.init.kaiming_uniform_(fl.empty(0, 3))
