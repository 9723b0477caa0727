"""Holds the functions of `torch.nn.functional` that are compositions of others and take what the core cannot.

Those are callables, options, a dozen weights. Refuses what can be a row of the function table.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from flashlight import _C
from flashlight._C import Tensor, _nn

__all__ = [
    "gumbel_softmax",
    "linear_cross_entropy",
    "multi_head_attention_forward",
    "triplet_margin_with_distance_loss",
]


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`max(margin + d(anchor, positive) - d(anchor, negative), 0)` with a distance of one's own.

    The tensors are of one rank; `distance_function` is `pairwise_distance` when None, the margin above 0. With `swap`
    the
    negative's distance is that from the positive where this one is smaller. `reduction` is "mean", "sum" or "none".

    Raises:
        ValueError: another reduction, or a margin that is not above 0.
        RuntimeError: ranks that differ.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    ranks = anchor.dim(), positive.dim(), negative.dim()
    if len(set(ranks)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {ranks[0]}D, positive {ranks[1]}D, and negative {ranks[2]}D inputs"
        )
    distance = distance_function or _C.pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = _C.minimum(far, distance(positive, negative))
    losses = (margin + near - far).clamp_min(0)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A draw from the Gumbel-softmax distribution: softmax of the logits with Gumbel noise, over a temperature.

    Args:
        logits: logarithms of weights.
        tau: the temperature.
        hard: whether the largest becomes 1 and the others 0, with the derivative of the soft draw.
        eps: has no effect, as in torch.
        dim: the axis of the softmax.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -_C.empty_like(logits).exponential_().log()
    soft = _nn.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    largest = soft.max(dim, keepdim=True).indices
    return _C.zeros_like(logits).scatter_(dim, largest, 1.0) - soft.detach() + soft


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """The cross entropy of a linear map of the input.

    The input is `[in]` or `[N, in]`, `linear_weight` `[C, in]`, or `[C, d1, ..., in]` for a loss at each place, and
    `linear_bias` as that without `in`; the target and the rest are as in `cross_entropy`. `options` says how torch cuts
    the batch to spare memory; the result is the same, and here nothing is cut.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    classes, *places, width = linear_weight.shape
    if input.shape[-1] != width:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {width}, respectively"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != (classes, *places):
        raise RuntimeError(f"expected linear_bias shape {(classes, *places)}, got {tuple(linear_bias.shape)}")
    if places and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {width}), got unbatched input with shape {tuple(input.shape)}"
        )
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = _nn.linear(input, linear_weight.reshape(-1, width), bias)
    logits = logits.reshape(*input.shape[:-1], classes, *places)
    return _nn.cross_entropy(
        logits,
        target,
        weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def additive_mask(mask: Tensor | None, name: str, dtype: Any) -> Tensor | None:
    """A mask as numbers to add: where a mask of truth values says True, nothing may be looked at."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype != _C.bool:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return _C.zeros_like(mask, dtype=dtype).masked_fill(mask, -math.inf)


def _joined_mask(
    dtype: Any,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    sizes: tuple[int, int, int, int],
) -> Tensor | None:
    """Both masks as one to add, that broadcasts to `[N, heads, L, S]`, which are the sizes."""
    batch, heads, length, keys = sizes
    mask = additive_mask(attn_mask, "attn_mask", dtype)
    if mask is not None:
        wanted = (length, keys) if mask.dim() == 2 else (batch * heads, length, keys)
        if tuple(mask.shape) != wanted:
            raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}.")
        mask = mask.reshape(-1, heads if mask.dim() == 3 else 1, length, keys)
    padding = additive_mask(key_padding_mask, "key_padding_mask", dtype)
    if padding is None:
        return mask
    padding = padding.reshape(-1, 1, 1, padding.size(-1))
    if tuple(padding.shape) != (batch, 1, 1, keys):
        raise AssertionError(f"Expected key_padded_mask of size {(batch, keys)}, but got {padding.shape}")
    return padding if mask is None else mask + padding


def _check_shapes(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    width: int,
    same: bool,
) -> None:
    rank = query.dim()
    if rank not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor")
    for name, tensor, wanted in (("key", key, rank), ("value", value, rank), ("mask", key_padding_mask, rank - 1)):
        if tensor is not None and tensor.dim() != wanted:
            raise AssertionError(f"For {rank}-D query, expected {name} to be {wanted}-D but found {tensor.dim()}-D")
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(f"expected `attn_mask` to be None, 2-D or 3-D but found {attn_mask.dim()}-D")
    if query.size(-1) != width:
        raise AssertionError(f"was expecting embedding dimension of {width}, but got {query.size(-1)}")
    if key.shape[:-1] != value.shape[:-1] or (same and key.shape != value.shape):
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _projected(
    inputs: tuple[Tensor, Tensor, Tensor],
    together: Tensor | None,
    apart: tuple[Tensor | None, Tensor | None, Tensor | None],
    bias: Tensor | None,
) -> list[Tensor]:
    """Queries, keys and values."""
    query, key, value = inputs
    if together is not None:
        if key is value and query is key:
            return list(_nn.linear(query, together, bias).chunk(3, -1))
        weights: list[Any] = list(together.chunk(3))
    else:
        weights = list(apart)
    biases: list[Any] = [None] * 3 if bias is None else list(bias.chunk(3))
    return [_nn.linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    _batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention over several heads, by the weights given: what `nn.MultiheadAttention` computes.

    Queries are `[L, N, E]`, keys and values `[S, N, *]`, or without N; `embed_dim_to_check` is E, which is split
    among the heads. `in_proj_weight` and `in_proj_bias` are the three projections' below each other; with
    `use_separate_proj_weight` the weights come by themselves. `bias_k` and `bias_v` are a key and a value more, and
    `add_zero_attn` adds one of zeros. `static_k` and `static_v`, `[N * num_heads, S, E / num_heads]`, stand instead
    of projected ones. True in `key_padding_mask` `[N, S]` or in `attn_mask`, `[L, S]` or `[N * num_heads, L, S]`,
    leaves a key out; numbers are added. `is_causal` is a hint that `attn_mask` is the causal one. In training
    weights are dropped with probability `dropout_p`. The weights are given where `need_weights`, the heads' mean
    where `average_attn_weights`.
    """
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    together = None if use_separate_proj_weight else in_proj_weight
    _check_shapes(query, key, value, key_padding_mask, attn_mask, embed_dim_to_check, together is not None)
    head = embed_dim_to_check // num_heads
    if head * num_heads != embed_dim_to_check:
        raise AssertionError(f"embed_dim {embed_dim_to_check} not divisible by num_heads {num_heads}")
    batched = query.dim() == 3
    q, k, v = _projected((query, key, value), together, (q_proj_weight, k_proj_weight, v_proj_weight), in_proj_bias)
    if not batched:
        q, k, v = (x.unsqueeze(0) for x in (q, k, v))
    elif not _batch_first:
        q, k, v = (x.transpose(0, 1) for x in (q, k, v))
    batch, length = q.size(0), q.size(1)
    keys = k.size(1) if static_k is None else static_k.size(1)
    mask = _joined_mask(query.dtype, key_padding_mask, attn_mask, (batch, num_heads, length, keys))
    extra = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias cannot be added to static key.")
        k = _C.cat([k, bias_k.expand(batch, 1, -1)], 1)
        v = _C.cat([v, bias_v.expand(batch, 1, -1)], 1)
        extra += 1
    q, k, v = (x.reshape(batch, -1, num_heads, head).transpose(1, 2) for x in (q, k, v))
    if static_k is not None:
        k = static_k.reshape(batch, num_heads, -1, head)
    if static_v is not None:
        v = static_v.reshape(batch, num_heads, -1, head)
    if add_zero_attn:
        zeros = _C.zeros((batch, num_heads, 1, head), dtype=k.dtype, device=k.device)
        k, v = _C.cat([k, zeros], 2), _C.cat([v, zeros], 2)
        extra += 1
    if mask is not None and extra:
        mask = _nn.pad(mask, (0, extra))
    p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        scores = _C.matmul(q * math.sqrt(1.0 / head), k.transpose(-2, -1))
        weights = _nn.softmax(scores if mask is None else scores + mask, -1)
        weights = _nn.dropout(weights, p) if p > 0.0 else weights
        output = _C.matmul(weights, v)
    else:
        output = _nn.scaled_dot_product_attention(q, k, v, mask, p)
    output = output.transpose(1, 2).reshape(batch, length, embed_dim_to_check)
    if batched and not _batch_first:
        output = output.transpose(0, 1)
    output = _nn.linear(output, out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if not batched:
        output = output.squeeze(0)
        weights = None if weights is None else weights.squeeze(0)
    return output, weights
