"""Holds tests of the layers and losses against torch's: values, gradients, state and printing."""

import pytest
import torch
from conversion import as_flashlight, as_torch, assert_same

import flashlight as fl

LAYERS = {
    "identity": (lambda nn: nn.Identity(1, a=2), (3, 4)),
    "linear": (lambda nn: nn.Linear(4, 5), (3, 4)),
    "linear without bias": (lambda nn: nn.Linear(4, 5, bias=False), (2, 3, 4)),
    "bilinear": (lambda nn: Twice(nn, nn.Bilinear(4, 4, 2)), (3, 4)),
    "relu": (lambda nn: nn.ReLU(), (3, 4)),
    "leaky relu": (lambda nn: nn.LeakyReLU(0.2), (3, 4)),
    "silu": (lambda nn: nn.SiLU(), (3, 4)),
    "gelu": (lambda nn: nn.GELU(), (3, 4)),
    "gelu tanh": (lambda nn: nn.GELU("tanh"), (3, 4)),
    "tanh": (lambda nn: nn.Tanh(), (3, 4)),
    "sigmoid": (lambda nn: nn.Sigmoid(), (3, 4)),
    "softmax": (lambda nn: nn.Softmax(1), (3, 4)),
    "log softmax": (lambda nn: nn.LogSoftmax(-1), (3, 4)),
    "dropout in evaluation": (lambda nn: nn.Dropout(0.4).eval(), (3, 4)),
    "dropout of nothing": (lambda nn: nn.Dropout(0.0), (3, 4)),
    "flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, -1)), (3, 4)),
    "layer norm": (lambda nn: nn.LayerNorm(4), (3, 4)),
    "layer norm of two": (lambda nn: nn.LayerNorm((3, 4), eps=1e-3, bias=False), (2, 3, 4)),
    "layer norm plain": (lambda nn: nn.LayerNorm(4, elementwise_affine=False), (3, 4)),
}


def Twice(nn, inner):  # noqa: N802 (stands for a class)
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x, x)

    return Wrapper()


@pytest.mark.parametrize("name", LAYERS)
def test_layer_equals_torch(name):
    make, shape = LAYERS[name]
    ours, theirs = make(fl.nn), make(torch.nn)
    ours.load_state_dict(as_flashlight(dict(theirs.state_dict())))
    assert repr(ours) == repr(theirs)
    numbers = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    x, y = as_flashlight(numbers).requires_grad_(), numbers.clone().requires_grad_()
    a, b = ours(x), theirs(y)
    assert_same(a, b, rtol=1e-5, atol=1e-6)
    (a * a).sum().backward()
    (b * b).sum().backward()
    assert_same(x.grad, y.grad, rtol=1e-4, atol=1e-5)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_same(mine.grad, other.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"padding_idx": 1}, {"padding_idx": -1}, {"_freeze": True}])
def test_embedding_equals_torch(options):
    made = []
    for library in (fl, torch):
        library.manual_seed(2)
        made.append(library.nn.Embedding(5, 3, **options))
    ours, theirs = made
    assert_same(ours.weight, theirs.weight, rtol=0, atol=0)
    assert repr(ours) == repr(theirs)
    indices = torch.tensor([[0, 1], [4, 1]])
    a, b = ours(as_flashlight(indices)), theirs(indices)
    assert_same(a, b)
    if not options.get("_freeze"):
        (a * a).sum().backward()
        (b * b).sum().backward()
        assert_same(ours.weight.grad, theirs.weight.grad)


def test_embedding_from_pretrained_is_frozen():
    table = fl.eye(3)
    embedding = fl.nn.Embedding.from_pretrained(table)
    assert not embedding.weight.requires_grad
    assert embedding(fl.tensor([2])).tolist() == [[0, 0, 1]]


LOSSES = {
    "mse": (lambda nn, t, r: nn.MSELoss(reduction=r), "values"),
    "l1": (lambda nn, t, r: nn.L1Loss(reduction=r), "values"),
    "cross entropy": (lambda nn, t, r: nn.CrossEntropyLoss(reduction=r), "classes"),
    "cross entropy weighted": (
        lambda nn, t, r: nn.CrossEntropyLoss(t.tensor([1.0, 2.0, 0.5]), reduction=r, ignore_index=1),
        "classes",
    ),
    "cross entropy smooth": (lambda nn, t, r: nn.CrossEntropyLoss(reduction=r, label_smoothing=0.1), "classes"),
    "nll": (lambda nn, t, r: nn.NLLLoss(reduction=r), "classes"),
    "bce": (lambda nn, t, r: SigmoidBCE(nn, r), "shares"),
    "bce logits": (
        lambda nn, t, r: nn.BCEWithLogitsLoss(reduction=r, pos_weight=t.tensor([1.0, 2.0, 3.0])),
        "shares",
    ),
}


def SigmoidBCE(nn, reduction):  # noqa: N802 (stands for a class)
    loss = nn.BCELoss(reduction=reduction)
    return lambda x, y: loss(x.sigmoid(), y)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_loss_equals_torch(name, reduction):
    make, kind = LOSSES[name]
    generator = torch.Generator().manual_seed(5)
    numbers = torch.randn(4, 3, generator=generator)
    target = {
        "values": torch.randn(4, 3, generator=generator),
        "classes": torch.tensor([0, 2, 1, 1]),
        "shares": torch.rand(4, 3, generator=generator),
    }[kind]
    x, y = as_flashlight(numbers).requires_grad_(), numbers.clone().requires_grad_()
    a = make(fl.nn, fl, reduction)(x, as_flashlight(target))
    b = make(torch.nn, torch, reduction)(y, target)
    assert_same(a, b, rtol=1e-5, atol=1e-6)
    a.sum().backward()
    b.sum().backward()
    assert_same(x.grad, y.grad, rtol=1e-4, atol=1e-5)


def test_old_reduction_arguments_are_understood():
    for arguments, expected in (((False, None), "sum"), ((True, True), "mean"), ((None, False), "none")):
        with pytest.warns(UserWarning, match="size_average and reduce args"):
            assert fl.nn.MSELoss(*arguments).reduction == expected


def test_class_weights_are_buffers():
    loss = fl.nn.CrossEntropyLoss(weight=fl.ones(3))
    assert list(loss.state_dict()) == ["weight"]
    assert as_torch(loss.weight).tolist() == [1, 1, 1]
    assert repr(loss) == repr(torch.nn.CrossEntropyLoss(torch.ones(3)))


def test_functional_names_what_is_missing():
    with pytest.raises(AttributeError, match="has no attribute 'conv_of_nothing'"):
        fl.nn.functional.conv_of_nothing  # noqa: B018
