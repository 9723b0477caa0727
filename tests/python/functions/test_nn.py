"""Holds tests of `nn.functional`: values, gradients and refusals against torch's."""

import pytest
import torch
from conversion import as_flashlight, assert_same, raised

import flashlight as fl

SEED = torch.Generator().manual_seed(11)


def randn(*shape):
    return torch.randn(*shape, generator=SEED)


def check(name, *arguments, leaves=(0,), **keywords):
    """Raises unless value and gradients agree; `leaves` are the places of arguments that need gradients."""
    results = []
    for package, own in ((fl, as_flashlight), (torch, lambda x: x.clone())):
        given = [own(a) if isinstance(a, torch.Tensor) else a for a in arguments]
        named = {k: own(a) if isinstance(a, torch.Tensor) else a for k, a in keywords.items()}
        for place in leaves:
            given[place].requires_grad_(True)
        value = getattr(package.nn.functional, name)(*given, **named)
        if leaves:
            (value * value).sum().backward()
        results.append([value.detach(), [given[i].grad for i in leaves]])
    assert_same(results[0][0], results[1][0], rtol=1e-5, atol=1e-5)
    assert_same(results[0][1], results[1][1], rtol=1e-4, atol=1e-4)


ACTIVATIONS = ["relu", "relu6", "hardtanh", "gelu", "silu", "mish", "elu", "selu", "celu", "leaky_relu", "softplus"]
ACTIVATIONS += ["logsigmoid", "hardsigmoid", "hardswish", "softsign", "tanhshrink", "hardshrink", "softshrink"]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("x", [randn(3, 5) * 4, torch.tensor(0.0), torch.tensor([-6.0, -3, -1, -0.5, 0, 0.5, 1, 3, 6])])
def test_activations_are_torchs(name, x):
    check(name, x)


@pytest.mark.parametrize("name", ["relu", "silu", "elu", "leaky_relu", "hardtanh"])
def test_an_activation_in_place_writes_and_differentiates(name):
    grads = []
    for package in (fl, torch):
        x = package.tensor([-1.0, 0.5, 3.0], requires_grad=True)
        y = x * 2
        assert getattr(package.nn.functional, name)(y, inplace=True) is y
        y.sum().backward()
        grads.append(x.grad)
    assert_same(*grads, rtol=1e-5)


def test_gelu_by_tanh_is_torchs():
    check("gelu", randn(9), approximate="tanh")
    assert raised(fl.nn.functional.gelu, fl.ones(1), approximate="x") == raised(
        torch.nn.functional.gelu, torch.ones(1), approximate="x"
    )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_is_torchs(reduction, smoothing, weighted):
    weight = torch.rand(5, generator=SEED) if weighted else None
    common = {"reduction": reduction, "label_smoothing": smoothing, "weight": weight}
    check("cross_entropy", randn(7, 5), torch.tensor([0, -100, 4, 1, -100, 2, 3]), **common)
    check("cross_entropy", randn(7, 5), torch.tensor([0, 1, 4, 1, 2, 2, 3]), ignore_index=2, **common)
    check("cross_entropy", randn(2, 5, 3), torch.tensor([[0, 1, 4], [1, 2, 3]]), **common)
    check("cross_entropy", randn(5), torch.tensor(3), **common)
    check("cross_entropy", randn(7, 5), torch.softmax(randn(7, 5), 1), leaves=(0, 1), **common)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"])
def test_losses_of_pairs_are_torchs(name, reduction):
    check(name, randn(3, 4), torch.rand(3, 4, generator=SEED), leaves=(0, 1), reduction=reduction)
    check("binary_cross_entropy_with_logits", randn(3, 4) * 9, torch.rand(3, 4, generator=SEED), reduction=reduction)
    check("binary_cross_entropy", torch.tensor([0.0, 1.0, 0.3]), torch.tensor([0.0, 1.0, 0.2]), reduction=reduction)


@pytest.mark.filterwarnings("ignore:size_average and reduce")
@pytest.mark.parametrize(("size_average", "reduce"), [(False, None), (True, False), (None, True), (False, False)])
def test_the_old_arguments_of_losses_choose_the_reduction(size_average, reduce):
    check("mse_loss", randn(3), randn(3), size_average, reduce)


def test_embedding_gives_the_padding_no_gradient():
    index = torch.tensor([[0, 2, 5], [5, 2, 2]])
    check("embedding", index, randn(6, 3), leaves=(1,))
    check("embedding", index, randn(6, 3), leaves=(1,), padding_idx=2)
    check("embedding", index, randn(6, 3), leaves=(1,), padding_idx=-1)
    with pytest.raises(NotImplementedError, match="max_norm"):
        fl.nn.functional.embedding(fl.tensor([0]), fl.ones(2, 2), max_norm=1.0)


def test_norms_and_cosines_are_torchs():
    check("layer_norm", randn(2, 3, 4), (4,))
    check("layer_norm", randn(2, 3, 4), (3, 4), randn(3, 4), randn(3, 4), 1e-3, leaves=(0, 2, 3))
    check("rms_norm", randn(2, 3, 4), (4,), randn(4), leaves=(0, 2))
    check("normalize", randn(3, 4))
    check("normalize", randn(3, 4), p=3.0, dim=0)
    check("cosine_similarity", randn(3, 4), randn(3, 4), leaves=(0, 1))


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_is_torchs(mode):
    check("pad", randn(2, 3, 4), (2, 1), mode)
    check("pad", randn(2, 3, 4), (2, 1, 0, 1), mode) if mode == "constant" else None
    check("pad", randn(2, 3, 4, 5), (2, 1, 1, 2), mode)


@pytest.mark.parametrize(
    "call",
    [
        lambda p, f: f.cross_entropy(p.ones(3, 5), p.tensor([0, 1, 9])),
        lambda p, f: f.cross_entropy(p.ones(3, 5), p.tensor([0, 1])),
        lambda p, f: f.cross_entropy(p.ones(3, 5), p.tensor([0, 1, 2]), reduction="some"),
        lambda p, f: f.cross_entropy(p.ones(3, 5), p.tensor([0, 1, 2]), label_smoothing=1.5),
        lambda p, f: f.binary_cross_entropy(p.tensor([1.5]), p.tensor([1.0])),
        lambda p, f: f.embedding(p.tensor([6]), p.ones(6, 3)),
        lambda p, f: f.embedding(p.tensor([0]), p.ones(6)),
        lambda p, f: f.one_hot(p.tensor([1, -1])),
        lambda p, f: f.layer_norm(p.ones(2, 4), [3]),
        lambda p, f: f.pad(p.ones(2, 4), [1]),
        lambda p, f: f.dropout(p.ones(2, 4), 1.5),
    ],
)
def test_refusals_are_torchs(call):
    ours, theirs = raised(call, fl, fl.nn.functional), raised(call, torch, torch.nn.functional)
    assert ours is not None
    assert ours[0] is theirs[0], (ours, theirs)


@pytest.mark.parametrize(
    ("first", "second", "weight", "bias"),
    [((3, 4), (3, 5), (2, 4, 5), (2,)), ((4,), (5,), (2, 4, 5), None), ((2, 3, 4), (2, 3, 1), (6, 4, 1), (6,))],
)
def test_bilinear_equals_torch(first, second, weight, bias):
    given = [randn(*shape) for shape in (first, second, weight, *([bias] if bias else []))]
    check("bilinear", *given, leaves=tuple(range(len(given))))


@pytest.mark.parametrize(
    ("first", "second", "weight", "bias"),
    [
        ((3, 4), (2, 5), (2, 4, 5), None),
        ((3, 4), (3, 5), (2, 3, 5), None),
        ((3, 4), (3, 5), (2, 4, 4), None),
        ((3, 4), (2, 3, 5), (2, 4, 5), None),
        ((3, 4), (3, 5), (2, 4, 5), (3,)),
    ],
)
def test_bilinear_refuses_what_torch_refuses(first, second, weight, bias):
    shapes = (first, second, weight, *([bias] if bias else []))
    theirs = raised(torch.nn.functional.bilinear, *map(torch.ones, shapes))
    assert raised(fl.nn.functional.bilinear, *map(fl.ones, shapes)) == theirs
    assert theirs is not None
