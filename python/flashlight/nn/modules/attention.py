"""Holds attention over several heads; refuses its nested and quantised forms."""

from __future__ import annotations

import math
from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.nn import functional, init
from flashlight.nn.modules.linear import Linear
from flashlight.nn.modules.module import Module
from flashlight.nn.parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """`Linear` under the name that torch prints for the output projection of attention."""


def additive_mask(mask: Tensor | None, name: str, dtype: Any) -> Tensor | None:
    """A mask as numbers to add: where a mask of truth values says True, nothing may be looked at."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype != _C.bool:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return _C.zeros_like(mask, dtype=dtype).masked_fill(mask, -math.inf)


class MultiheadAttention(Module):
    """Means of the values, weighted by queries and keys, in several heads: `torch.nn.MultiheadAttention`.

    The projections are drawn as torch does (Xavier); on the CPU the same seed gives torch's numbers.

    Args:
        embed_dim: the width of queries and output, split among the heads.
        num_heads: how many heads.
        dropout: the probability with which a weight is dropped in training.
        bias: whether the projections add one.
        add_bias_kv: whether a learned key and value are added to the sequence.
        add_zero_attn: whether a key and a value of zeros are added.
        kdim, vdim: the widths of keys and values; `embed_dim` when None.
        batch_first: whether the batch comes before the sequence.
        device, dtype: of the parameters; the defaults when None.

    Raises:
        ValueError: widths or heads that are not positive.
        AssertionError: heads that do not divide the width.
    """

    embed_dim: int
    kdim: int
    vdim: int
    num_heads: int
    head_dim: int
    dropout: float
    batch_first: bool
    add_zero_attn: bool
    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    out_proj: Linear
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def table(*shape: int) -> Parameter:
            return Parameter(_C.empty(shape, device=device, dtype=dtype))

        together = self._qkv_same_embed_dim
        widths = {"q_proj_weight": embed_dim, "k_proj_weight": self.kdim, "v_proj_weight": self.vdim}
        if together:
            self.in_proj_weight = table(3 * embed_dim, embed_dim)
        for name, width in widths.items():
            self.register_parameter(name, None if together else table(embed_dim, width))
        if not together:
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", table(3 * embed_dim) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.bias_k = table(1, 1, embed_dim) if add_bias_kv else None
        self.bias_v = table(1, 1, embed_dim) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for vector in (self.bias_k, self.bias_v):
            if vector is not None:
                init.xavier_normal_(vector)

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        if self.in_proj_weight is not None:
            if key is value and query is key:
                return list(functional.linear(query, self.in_proj_weight, self.in_proj_bias).chunk(3, -1))
            weights = list(self.in_proj_weight.chunk(3))
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        biases = [None] * 3 if self.in_proj_bias is None else list(self.in_proj_bias.chunk(3))
        inputs = (query, key, value)
        return [functional.linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]  # type: ignore[arg-type]

    def _check_shapes(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None, attn_mask: Tensor | None
    ) -> None:
        rank = query.dim()
        if rank not in (2, 3):
            raise AssertionError(
                f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor"
            )
        for name, tensor, wanted in (("key", key, rank), ("value", value, rank), ("mask", key_padding_mask, rank - 1)):
            if tensor is not None and tensor.dim() != wanted:
                raise AssertionError(f"For {rank}-D query, expected {name} to be {wanted}-D but found {tensor.dim()}-D")
        if attn_mask is not None and attn_mask.dim() not in (2, 3):
            raise AssertionError(f"expected `attn_mask` to be None, 2-D or 3-D but found {attn_mask.dim()}-D")
        if query.size(-1) != self.embed_dim:
            raise AssertionError(f"was expecting embedding dimension of {self.embed_dim}, but got {query.size(-1)}")
        if key.shape[:-1] != value.shape[:-1] or (self._qkv_same_embed_dim and key.shape != value.shape):
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attends, and gives the weights too where they are needed.

        Args:
            query: `[L, N, E]`; the batch N first with `batch_first`, or not there at all.
            key: `[S, N, kdim]`, as the query.
            value: `[S, N, vdim]`, as the query.
            key_padding_mask: `[N, S]`: True, or a number to add, for keys to leave out.
            need_weights: whether to give the weights `[N, L, S]`.
            attn_mask: `[L, S]` or `[N * num_heads, L, S]`: True, or a number to add, for what may not be looked at.
            average_attn_weights: whether the weights are the heads' mean, or `[N, num_heads, L, S]`.
            is_causal: a hint that `attn_mask` is the causal one.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
        self._check_shapes(query, key, value, key_padding_mask, attn_mask)
        batched = query.dim() == 3
        q, k, v = self._projected(query, key, value)
        if not batched:
            q, k, v = (x.unsqueeze(0) for x in (q, k, v))
        elif not self.batch_first:
            q, k, v = (x.transpose(0, 1) for x in (q, k, v))
        batch, length = q.size(0), q.size(1)
        mask = self._mask(query, key_padding_mask, attn_mask, batch, length, k.size(1))
        extra = 0
        if self.bias_k is not None and self.bias_v is not None:
            k = _C.cat([k, self.bias_k.expand(batch, 1, -1)], 1)
            v = _C.cat([v, self.bias_v.expand(batch, 1, -1)], 1)
            extra += 1
        if self.add_zero_attn:
            zeros = _C.zeros((batch, 1, self.embed_dim), dtype=k.dtype, device=k.device)
            k, v = _C.cat([k, zeros], 1), _C.cat([v, zeros], 1)
            extra += 1
        if mask is not None and extra:
            mask = functional.pad(mask, (0, extra))
        q, k, v = (x.reshape(batch, -1, self.num_heads, self.head_dim).transpose(1, 2) for x in (q, k, v))
        p = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = _C.matmul(q * math.sqrt(1.0 / self.head_dim), k.transpose(-2, -1))
            weights = functional.softmax(scores if mask is None else scores + mask, -1)
            weights = functional.dropout(weights, p) if p > 0.0 else weights
            output = _C.matmul(weights, v)
        else:
            output = functional.scaled_dot_product_attention(q, k, v, mask, p)
        output = output.transpose(1, 2).reshape(batch, length, self.embed_dim)
        if batched and not self.batch_first:
            output = output.transpose(0, 1)
        output = self.out_proj(output)
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if not batched:
            output = output.squeeze(0)
            weights = None if weights is None else weights.squeeze(0)
        return output, weights

    def _mask(
        self,
        query: Tensor,
        key_padding_mask: Tensor | None,
        attn_mask: Tensor | None,
        batch: int,
        length: int,
        keys: int,
    ) -> Tensor | None:
        """Both masks as one to add, that broadcasts to `[N, heads, L, S]`."""
        mask = additive_mask(attn_mask, "attn_mask", query.dtype)
        if mask is not None:
            wanted = (length, keys) if mask.dim() == 2 else (batch * self.num_heads, length, keys)
            if tuple(mask.shape) != wanted:
                raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}.")
            mask = mask.reshape(-1, self.num_heads if mask.dim() == 3 else 1, length, keys)
        padding = additive_mask(key_padding_mask, "key_padding_mask", query.dtype)
        if padding is None:
            return mask
        padding = padding.reshape(-1, 1, 1, padding.size(-1))
        if tuple(padding.shape) != (batch, 1, 1, keys):
            raise AssertionError(f"Expected key_padded_mask of size {(batch, keys)}, but got {padding.shape}")
        return padding if mask is None else mask + padding
