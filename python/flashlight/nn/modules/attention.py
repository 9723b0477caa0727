"""Holds attention over several heads; refuses its nested and quantised forms."""

from __future__ import annotations

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
        return functional.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            self.training,
            key_padding_mask,
            need_weights,
            attn_mask,
            not self._qkv_same_embed_dim,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            _batch_first=self.batch_first,
        )
