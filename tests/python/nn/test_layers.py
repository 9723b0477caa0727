"""Holds tests of the layers and losses against torch's: values, gradients, state and printing."""

import pytest
import torch
from conversion import as_flashlight, as_torch, assert_same, raised

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
    "relu6": (lambda nn: nn.ReLU6(), (3, 4)),
    "hardtanh": (lambda nn: nn.Hardtanh(-0.5, 0.7), (3, 4)),
    "hardsigmoid": (lambda nn: nn.Hardsigmoid(), (3, 4)),
    "hardswish": (lambda nn: nn.Hardswish(), (3, 4)),
    "threshold": (lambda nn: nn.Threshold(0.1, 2.0), (3, 4)),
    "hardshrink": (lambda nn: nn.Hardshrink(0.3), (3, 4)),
    "softshrink": (lambda nn: nn.Softshrink(0.3), (3, 4)),
    "prelu": (lambda nn: nn.PReLU(), (3, 4)),
    "prelu of channels": (lambda nn: nn.PReLU(4, 0.1), (3, 4, 2)),
    "elu": (lambda nn: nn.ELU(0.5), (3, 4)),
    "celu": (lambda nn: nn.CELU(0.5), (3, 4)),
    "selu": (lambda nn: nn.SELU(), (3, 4)),
    "glu": (lambda nn: nn.GLU(), (3, 4)),
    "softplus": (lambda nn: nn.Softplus(2, 3), (3, 4)),
    "softsign": (lambda nn: nn.Softsign(), (3, 4)),
    "log sigmoid": (lambda nn: nn.LogSigmoid(), (3, 4)),
    "tanhshrink": (lambda nn: nn.Tanhshrink(), (3, 4)),
    "mish": (lambda nn: nn.Mish(), (3, 4)),
    "softmin": (lambda nn: nn.Softmin(1), (3, 4)),
    "softmax 2d": (lambda nn: nn.Softmax2d(), (2, 3, 4, 5)),
    "rrelu in evaluation": (lambda nn: nn.RReLU().eval(), (3, 4)),
    "alpha dropout in evaluation": (lambda nn: nn.AlphaDropout(0.4).eval(), (3, 4)),
    "alpha dropout of nothing": (lambda nn: nn.AlphaDropout(0.0), (3, 4)),
    "feature alpha dropout in evaluation": (lambda nn: nn.FeatureAlphaDropout(0.4).eval(), (3, 4, 2)),
    "lp pool 1d": (lambda nn: nn.LPPool1d(2, 3), (2, 3, 7)),
    "lp pool 2d": (lambda nn: nn.LPPool2d(2, 3, stride=2), (2, 3, 7, 7)),
    "lp pool 3d": (lambda nn: nn.LPPool3d(1, 2), (2, 3, 4, 4, 4)),
    "max unpool 1d": (lambda nn: Unpooled(nn, 1), (2, 3, 6)),
    "max unpool 2d": (lambda nn: Unpooled(nn, 2), (2, 3, 6, 6)),
    "max unpool 3d": (lambda nn: Unpooled(nn, 3), (2, 3, 4, 4, 4)),
    "dropout 1d in evaluation": (lambda nn: nn.Dropout1d(0.4).eval(), (3, 4, 2)),
    "dropout 2d of nothing": (lambda nn: nn.Dropout2d(0.0), (2, 3, 4, 2)),
    "dropout 3d of nothing": (lambda nn: nn.Dropout3d(0.0), (2, 3, 4, 2, 2)),
    "constant pad 1d": (lambda nn: nn.ConstantPad1d(2, 1.5), (2, 3, 4)),
    "constant pad 2d": (lambda nn: nn.ConstantPad2d((1, 2, 0, 1), 1.5), (2, 3, 4)),
    "constant pad 3d": (lambda nn: nn.ConstantPad3d(1, 1.5), (2, 3, 4)),
    "zero pad 1d": (lambda nn: nn.ZeroPad1d((1, 0)), (2, 3, 4)),
    "zero pad 2d": (lambda nn: nn.ZeroPad2d(1), (2, 3, 4)),
    "zero pad 3d": (lambda nn: nn.ZeroPad3d(1), (2, 3, 4)),
    "reflection pad 1d": (lambda nn: nn.ReflectionPad1d((1, 2)), (2, 3, 4)),
    "reflection pad 2d": (lambda nn: nn.ReflectionPad2d(2), (2, 3, 4)),
    "reflection pad 3d": (lambda nn: nn.ReflectionPad3d(1), (2, 2, 3, 4)),
    "replication pad 1d": (lambda nn: nn.ReplicationPad1d(2), (2, 3, 4)),
    "replication pad 2d": (lambda nn: nn.ReplicationPad2d((1, 2, 0, 1)), (2, 3, 4)),
    "replication pad 3d": (lambda nn: nn.ReplicationPad3d(1), (2, 2, 3, 4)),
    "circular pad 1d": (lambda nn: nn.CircularPad1d(2), (2, 3, 4)),
    "circular pad 2d": (lambda nn: nn.CircularPad2d((1, 2, 0, 1)), (2, 3, 4)),
    "circular pad 3d": (lambda nn: nn.CircularPad3d(1), (2, 2, 3, 4)),
    "rms norm": (lambda nn: nn.RMSNorm(4), (3, 4)),
    "rms norm of two": (lambda nn: nn.RMSNorm((3, 4), eps=1e-3, elementwise_affine=False), (2, 3, 4)),
    "local response norm": (lambda nn: nn.LocalResponseNorm(2), (2, 5, 3)),
    "upsample": (lambda nn: nn.Upsample(scale_factor=2), (2, 3, 4, 5)),
    "upsample to a size": (lambda nn: nn.Upsample((7, 3), mode="bilinear", align_corners=True), (2, 3, 4, 5)),
    "upsampling nearest": (lambda nn: nn.UpsamplingNearest2d(scale_factor=1.5), (2, 3, 4, 5)),
    "upsampling bilinear": (lambda nn: nn.UpsamplingBilinear2d(9), (2, 3, 4, 5)),
    "pixel shuffle": (lambda nn: nn.PixelShuffle(2), (2, 8, 3, 4)),
    "pixel unshuffle": (lambda nn: nn.PixelUnshuffle(2), (2, 3, 4, 6)),
    "channel shuffle": (lambda nn: nn.ChannelShuffle(3), (2, 6, 4)),
    "unfold": (lambda nn: nn.Unfold((2, 3), padding=1), (2, 3, 4, 5)),
    "fold": (lambda nn: nn.Fold((4, 5), (2, 3), padding=(0, 1)), (2, 12, 15)),
    "cosine similarity": (lambda nn: Twice(nn, nn.CosineSimilarity(-1)), (3, 4)),
    "pairwise distance": (lambda nn: Twice(nn, nn.PairwiseDistance(1, keepdim=True)), (3, 4)),
    "dropout in evaluation": (lambda nn: nn.Dropout(0.4).eval(), (3, 4)),
    "dropout of nothing": (lambda nn: nn.Dropout(0.0), (3, 4)),
    "flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, -1)), (3, 4)),
    "layer norm": (lambda nn: nn.LayerNorm(4), (3, 4)),
    "layer norm of two": (lambda nn: nn.LayerNorm((3, 4), eps=1e-3, bias=False), (2, 3, 4)),
    "layer norm plain": (lambda nn: nn.LayerNorm(4, elementwise_affine=False), (3, 4)),
    "group norm": (lambda nn: nn.GroupNorm(2, 4), (3, 4, 5)),
    "group norm plain": (lambda nn: nn.GroupNorm(2, 4, eps=1e-3, affine=False), (3, 4)),
    "conv1d": (lambda nn: nn.Conv1d(4, 6, 3, padding=1), (2, 4, 7)),
    "conv2d": (lambda nn: nn.Conv2d(4, 6, 3, stride=2, groups=2, bias=False), (2, 4, 7, 6)),
    "conv2d same": (lambda nn: nn.Conv2d(4, 6, (2, 3), padding="same", dilation=2), (2, 4, 7, 6)),
    "conv2d reflecting": (lambda nn: nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="reflect"), (2, 4, 7, 6)),
    "conv2d circular": (lambda nn: nn.Conv2d(4, 6, 2, padding="same", padding_mode="circular"), (2, 4, 7, 6)),
    "conv3d": (lambda nn: nn.Conv3d(2, 3, 2), (2, 2, 4, 3, 5)),
    "conv transposed 1d": (lambda nn: nn.ConvTranspose1d(4, 3, 3), (2, 4, 5)),
    "conv transposed 2d": (lambda nn: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (2, 4, 5, 4)),
    "conv transposed 3d": (lambda nn: nn.ConvTranspose3d(2, 3, 2, stride=2, bias=False), (1, 2, 3, 2, 2)),
    "batch norm 1d": (lambda nn: nn.BatchNorm1d(4), (5, 4)),
    "batch norm 1d long": (lambda nn: nn.BatchNorm1d(4, momentum=None), (5, 4, 3)),
    "batch norm 2d": (lambda nn: nn.BatchNorm2d(4, eps=1e-3, momentum=0.3), (2, 4, 3, 3)),
    "batch norm 2d evaluated": (lambda nn: nn.BatchNorm2d(4).eval(), (2, 4, 3, 3)),
    "batch norm 2d plain": (lambda nn: nn.BatchNorm2d(4, affine=False), (2, 4, 3, 3)),
    "batch norm 2d untracked": (lambda nn: nn.BatchNorm2d(4, track_running_stats=False).eval(), (2, 4, 3, 3)),
    "batch norm 3d": (lambda nn: nn.BatchNorm3d(2), (2, 2, 3, 3, 2)),
    "instance norm 1d": (lambda nn: nn.InstanceNorm1d(4), (2, 4, 5)),
    "instance norm 2d": (lambda nn: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), (2, 4, 3, 5)),
    "instance norm 2d of one": (lambda nn: nn.InstanceNorm2d(4), (4, 3, 5)),
    "max pool 1d": (lambda nn: nn.MaxPool1d(2), (2, 3, 7)),
    "max pool 2d": (lambda nn: nn.MaxPool2d(3, 2, 1, ceil_mode=True), (2, 3, 7, 6)),
    "max pool 3d": (lambda nn: nn.MaxPool3d((2, 1, 2)), (2, 3, 4, 3, 4)),
    "avg pool 1d": (lambda nn: nn.AvgPool1d(2), (2, 3, 7)),
    "avg pool 2d": (lambda nn: nn.AvgPool2d(3, 2, 1, count_include_pad=False), (2, 3, 7, 6)),
    "avg pool 3d": (lambda nn: nn.AvgPool3d(2), (2, 3, 4, 4, 4)),
    "adaptive avg pool 1d": (lambda nn: nn.AdaptiveAvgPool1d(3), (2, 3, 7)),
    "adaptive avg pool 2d": (lambda nn: nn.AdaptiveAvgPool2d((None, 3)), (2, 3, 7, 6)),
    "adaptive max pool 1d": (lambda nn: nn.AdaptiveMaxPool1d(2), (2, 3, 7)),
    "adaptive max pool 2d": (lambda nn: nn.AdaptiveMaxPool2d(2), (2, 3, 7, 6)),
}


def Unpooled(nn, axes):  # noqa: N802 (stands for a class)
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = getattr(nn, f"MaxPool{axes}d")(2, return_indices=True)
            self.inverse = getattr(nn, f"MaxUnpool{axes}d")(2)

        def forward(self, x):
            return self.inverse(*self.pool(x))

    return Wrapper()


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

    assert_same(dict(ours.named_buffers()), dict(theirs.named_buffers()), rtol=1e-5, atol=1e-6)


CONVOLUTIONS = {
    "conv1d": lambda nn: nn.Conv1d(4, 6, 3, groups=2),
    "conv2d": lambda nn: nn.Conv2d(3, 5, (2, 3)),
    "conv3d": lambda nn: nn.Conv3d(2, 3, 2, bias=False),
    "transposed": lambda nn: nn.ConvTranspose2d(4, 6, 3, groups=2),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_draw_torchs_numbers(name):
    states = []
    for library in (fl, torch):
        library.manual_seed(3)
        states.append(dict(CONVOLUTIONS[name](library.nn).state_dict()))
    assert_same(*states, rtol=0, atol=0)


def test_statistics_follow_torchs_over_batches():
    for momentum in (0.2, None):
        ours, theirs = (package.nn.BatchNorm2d(3, momentum=momentum) for package in (fl, torch))
        for step in range(3):
            numbers = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(step)) * (step + 1)
            assert_same(ours(as_flashlight(numbers)), theirs(numbers), rtol=1e-5, atol=1e-5)
        assert_same(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=1e-5, atol=1e-6)
        numbers = torch.randn(2, 3, 4, 4)
        assert_same(ours.eval()(as_flashlight(numbers)), theirs.eval()(numbers), rtol=1e-5, atol=1e-5)


def test_a_state_without_a_count_of_batches_loads():
    state = fl.nn.BatchNorm2d(2).state_dict()
    del state["num_batches_tracked"]
    del state._metadata
    fl.nn.BatchNorm2d(2).load_state_dict(state)


def test_an_output_size_chooses_among_those_that_a_stride_leaves_open():
    ours, theirs = (package.nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1) for package in (fl, torch))
    ours.load_state_dict(as_flashlight(dict(theirs.state_dict())))
    x = torch.randn(1, 2, 5, 5)
    for size in ([10, 9], [1, 3, 9, 10]):
        assert_same(ours(as_flashlight(x), output_size=size), theirs(x, output_size=size), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="valid sizes range"):
        ours(as_flashlight(x), output_size=[12, 9])


@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.Conv2d(3, 4, 3, groups=2),
        lambda nn: nn.Conv2d(4, 4, 3, groups=0),
        lambda nn: nn.Conv2d(4, 4, 3, padding="some"),
        lambda nn: nn.Conv2d(4, 4, 3, padding="same", stride=2),
        lambda nn: nn.Conv2d(4, 4, 3, padding_mode="some"),
        lambda nn: nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect"),
        lambda nn: nn.GroupNorm(3, 4),
    ],
)
def test_wrong_options_are_refused_as_torch_does(make):
    ours, theirs = raised(make, fl.nn), raised(make, torch.nn)
    # A set of names is printed in no order.
    assert theirs is not None
    assert (ours[0], sorted(ours[1])) == (theirs[0], sorted(theirs[1]))


def test_norms_refuse_other_ranks():
    for make, shape in ((lambda nn: nn.BatchNorm2d(3), (2, 3, 4)), (lambda nn: nn.BatchNorm1d(3), (2, 3, 4, 4))):
        ours = raised(make(fl.nn), fl.ones(shape))
        assert ours is not None
        assert ours == raised(make(torch.nn), torch.ones(shape))


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
    "smooth l1": (lambda nn, t, r: nn.SmoothL1Loss(reduction=r, beta=0.5), "values"),
    "huber": (lambda nn, t, r: nn.HuberLoss(r, 0.5), "values"),
    "kl div": (lambda nn, t, r: nn.KLDivLoss(reduction=r), "shares"),
    "hinge embedding": (lambda nn, t, r: nn.HingeEmbeddingLoss(0.5, reduction=r), "signs"),
    "soft margin": (lambda nn, t, r: nn.SoftMarginLoss(reduction=r), "signs"),
    "poisson": (lambda nn, t, r: nn.PoissonNLLLoss(full=True, reduction=r), "shares"),
    "gaussian": (lambda nn, t, r: Third(nn.GaussianNLLLoss(reduction=r), 0.5), "values"),
    "multi margin": (lambda nn, t, r: nn.MultiMarginLoss(2, weight=t.tensor([1.0, 2.0, 0.5]), reduction=r), "classes"),
    "multi label margin": (lambda nn, t, r: nn.MultiLabelMarginLoss(reduction=r), "labels"),
    "multi label soft margin": (lambda nn, t, r: nn.MultiLabelSoftMarginLoss(reduction=r), "shares"),
    "margin ranking": (lambda nn, t, r: Turned(nn.MarginRankingLoss(0.2, reduction=r)), "signs"),
    "cosine embedding": (lambda nn, t, r: Turned(nn.CosineEmbeddingLoss(0.1, reduction=r), 0), "signs"),
    "triplet margin": (lambda nn, t, r: Turned(nn.TripletMarginLoss(0.3, reduction=r)), "values"),
    "bce": (lambda nn, t, r: SigmoidBCE(nn, r), "shares"),
    "bce logits": (
        lambda nn, t, r: nn.BCEWithLogitsLoss(reduction=r, pos_weight=t.tensor([1.0, 2.0, 3.0])),
        "shares",
    ),
}


def Third(loss, value):  # noqa: N802 (stands for a class)
    return lambda x, y: loss(x, y, value)


def Turned(loss, column=None):  # noqa: N802 (stands for a class)
    return lambda x, y: loss(x, x.flip(0) * 0.5, y if column is None else y[:, column])


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
        "labels": torch.tensor([[0, 2, -1], [1, -1, 0], [2, 1, 0], [-1, 0, 0]]),
        "signs": torch.randn(4, 3, generator=generator).sign(),
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
