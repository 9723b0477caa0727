"""Holds tests of attention over several heads and of the transformer's encoder against torch."""

import pytest
import torch
from conversion import as_flashlight, assert_same

import flashlight as fl

SEED = torch.Generator().manual_seed(37)


def randn(*shape):
    return torch.randn(*shape, generator=SEED)


def pair(make):
    """A layer of each package, drawn from one seed."""
    layers = []
    for package in (fl, torch):
        package.manual_seed(41)
        layers.append(make(package.nn))
    ours, theirs = layers
    assert repr(ours) == repr(theirs)
    assert_same(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)
    return ours, theirs


def compare(layers, *inputs, **keywords):
    """Raises unless outputs and gradients of inputs and parameters are torch's."""
    results = []
    for layer, own in zip(layers, (as_flashlight, lambda t: t.clone()), strict=True):
        made = {id(x): own(x) for x in inputs}
        given = [made[id(x)].requires_grad_() for x in inputs]
        named = {k: own(v) if isinstance(v, torch.Tensor) else v for k, v in keywords.items()}
        outputs = layer(*given, **named)
        outputs = [x for x in (outputs if isinstance(outputs, tuple) else (outputs,)) if x is not None]
        layer.zero_grad()
        sum((x * x).sum() for x in outputs).backward()
        parameters = [p.grad for p in layer.parameters() if p.grad is not None]
        results.append([[x.detach() for x in outputs], [x.grad for x in given], parameters])
    assert_same(results[0][0], results[1][0], rtol=1e-5, atol=1e-5)
    assert_same(results[0][1], results[1][1], rtol=1e-4, atol=1e-4)
    assert_same(results[0][2], results[1][2], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [{}, {"batch_first": True}, {"bias": False}, {"add_bias_kv": True, "add_zero_attn": True}],
)
@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_over_heads_is_torchs(options, need_weights):
    layers = pair(lambda nn: nn.MultiheadAttention(8, 2, **options))
    x, other = randn(5, 3, 8), randn(7, 3, 8)
    if options.get("batch_first"):
        x, other = x.transpose(0, 1).contiguous(), other.transpose(0, 1).contiguous()
    compare(layers, x, x, x, need_weights=need_weights)
    compare(layers, x, other, other, need_weights=need_weights, average_attn_weights=False)
    mask = torch.triu(torch.ones(5, 7, dtype=torch.bool), 2)
    padding = torch.arange(7) >= torch.tensor([[7], [5], [3]])
    compare(layers, x, other, other, need_weights=need_weights, attn_mask=mask, key_padding_mask=padding)
    compare(layers, x, other, other, need_weights=need_weights, attn_mask=randn(6, 5, 7))
    compare(layers, randn(5, 8), randn(7, 8), randn(7, 8), need_weights=need_weights)


def test_keys_and_values_may_have_widths_of_their_own():
    layers = pair(lambda nn: nn.MultiheadAttention(8, 4, kdim=6, vdim=5))
    compare(layers, randn(5, 3, 8), randn(7, 3, 6), randn(7, 3, 5))


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_an_encoder_layer_is_torchs(norm_first, activation, batch_first):
    options = {"norm_first": norm_first, "activation": activation, "batch_first": batch_first, "dropout": 0.0}
    layers = pair(lambda nn: nn.TransformerEncoderLayer(8, 2, 16, **options))
    x = randn(4, 4, 8)
    compare(layers, x)
    compare(layers, x, src_mask=torch.triu(torch.full((4, 4), float("-inf")), 1))
    compare(layers, x, src_key_padding_mask=torch.arange(4) >= torch.tensor([[4], [3], [2], [1]]))


def test_an_encoder_is_torchs():
    def make(nn):
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        return nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)

    layers = pair(make)
    compare(layers, randn(3, 5, 8), mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1))
    compare(tuple(layer.eval() for layer in layers), randn(3, 5, 8))


def test_wrong_options_are_refused():
    with pytest.raises(AssertionError, match="divisible"):
        fl.nn.MultiheadAttention(8, 3)
    with pytest.raises(ValueError, match="greater than 0"):
        fl.nn.MultiheadAttention(0, 3)
    with pytest.raises(RuntimeError, match="relu/gelu"):
        fl.nn.TransformerEncoderLayer(8, 2, activation="tanh")
    with pytest.raises(RuntimeError, match="is_causal"):
        fl.nn.MultiheadAttention(8, 2)(fl.ones(2, 8), fl.ones(2, 8), fl.ones(2, 8), is_causal=True)
