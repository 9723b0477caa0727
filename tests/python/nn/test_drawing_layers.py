"""Holds tests of layers that draw, and of those that take more than a tensor: against torch from the same seed."""

import pytest
from comparison import assert_alike

DRAWING = {
    "dropout": (lambda nn: nn.Dropout(0.4), (5, 7)),
    "dropout 1d": (lambda nn: nn.Dropout1d(0.4), (5, 7, 2)),
    "dropout 2d": (lambda nn: nn.Dropout2d(0.4), (5, 7, 2, 2)),
    "dropout 3d": (lambda nn: nn.Dropout3d(0.4), (5, 7, 2, 2, 2)),
    "alpha dropout": (lambda nn: nn.AlphaDropout(0.4), (5, 7)),
    "feature alpha dropout": (lambda nn: nn.FeatureAlphaDropout(0.4), (5, 7, 3)),
    "rrelu": (lambda nn: nn.RReLU(0.1, 0.6), (5, 7)),
    "fractional max pool 2d": (lambda nn: nn.FractionalMaxPool2d(2, output_size=3), (2, 3, 7, 8)),
    "fractional max pool 3d": (
        lambda nn: nn.FractionalMaxPool3d(2, output_ratio=0.5, return_indices=True),
        (2, 6, 7, 8),
    ),
}


@pytest.mark.parametrize("name", DRAWING)
def test_a_layer_draws_what_torch_draws(name):
    make, shape = DRAWING[name]

    def program(library):
        library.manual_seed(5)
        x = library.rand(shape).sub(0.5).requires_grad_()
        y = make(library.nn)(x)
        result = y[0] if isinstance(y, tuple) else y
        result.sum().backward()
        return y, x.grad, library.rand(2) if name != "rrelu" else None

    assert_alike(program)


def test_dropout_draws_in_the_order_of_memory():
    def program(library):
        library.manual_seed(5)
        return library.nn.functional.dropout(library.ones(4, 6).t(), 0.5)

    assert_alike(program)


def test_gumbel_softmax_draws_what_torch_draws():
    def program(library, hard):
        library.manual_seed(5)
        x = library.rand(3, 4).requires_grad_()
        y = library.nn.functional.gumbel_softmax(x, 0.7, hard)
        (y * library.arange(4.0)).sum().backward()
        return y, x.grad

    for hard in (False, True):
        assert_alike(program, hard)


@pytest.mark.parametrize("options", [{}, {"mode": "max"}, {"mode": "sum", "padding_idx": -1}, {"max_norm": 0.5}])
def test_bags_of_rows_are_torchs(options):
    def program(library):
        library.manual_seed(5)
        layer = library.nn.EmbeddingBag(6, 3, **options)
        y = layer(library.tensor([0, 5, 2, 2, 1]), library.tensor([0, 3]))
        y.sum().backward()
        return repr(layer), y, layer.weight.grad, layer.weight

    assert_alike(program)


def test_losses_of_more_than_two_tensors_are_torchs():
    def program(library):
        library.manual_seed(5)
        nn = library.nn
        x = library.rand(6, 2, 4).requires_grad_()
        ctc = nn.CTCLoss()
        alignment = ctc(x.log_softmax(-1), library.tensor([[1, 2], [3, 3]]), (6, 5), (2, 2))
        triplet = nn.TripletMarginWithDistanceLoss(margin=0.5, swap=True)
        near = triplet(x[0], x[1], x[2])
        linear = nn.LinearCrossEntropyLoss(4, 3, bias=True)
        classes = linear(x[3], library.tensor([0, 2]))
        (alignment + near + classes).backward()
        return repr(ctc), repr(triplet), repr(linear), alignment, near, classes, x.grad, linear.linear.weight.grad

    assert_alike(program)


def test_attention_by_its_weights_is_torchs():
    def program(library):
        library.manual_seed(5)
        rand = library.rand
        x, weight, out = rand(4, 2, 6).requires_grad_(), rand(18, 6), rand(6, 6)
        static = rand(4, 5, 3)
        functional = library.nn.functional
        a, b = functional.multi_head_attention_forward(
            x, x, x, 6, 2, weight, None, rand(1, 1, 6), rand(1, 1, 6), True, 0.0, out, None
        )
        c, d = functional.multi_head_attention_forward(
            x, x, x, 6, 2, weight, None, None, None, False, 0.0, out, None, static_k=static, static_v=static
        )
        (a.sum() + c.sum()).backward()
        return a, b, c, d, x.grad

    assert_alike(program)
