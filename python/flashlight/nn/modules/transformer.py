"""Holds the transformer's encoder; refuses decoders and nested tensors."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from flashlight._C import Tensor
from flashlight.nn import functional
from flashlight.nn.modules.attention import MultiheadAttention
from flashlight.nn.modules.container import ModuleList
from flashlight.nn.modules.dropout import Dropout
from flashlight.nn.modules.linear import Linear
from flashlight.nn.modules.module import Module
from flashlight.nn.modules.normalization import LayerNorm

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]

ACTIVATIONS = ("relu", "gelu")


class TransformerEncoderLayer(Module):
    """Self-attention and two linear layers, both beside a residual: `torch.nn.TransformerEncoderLayer`.

    Input and output `[L, N, d_model]`, `[N, L, d_model]` with `batch_first`, or `[L, d_model]`.

    Args:
        d_model: the width of the sequence.
        nhead: the heads of the attention.
        dim_feedforward: the width between the linear layers.
        dropout: the probability of dropping, in attention, between the layers and before each residual.
        activation: between the linear layers: "relu", "gelu" or a function.
        layer_norm_eps: added to the variance.
        batch_first: whether the batch comes before the sequence.
        norm_first: whether to normalise before attention and linear layers, or after each residual.
        bias: whether linear layers and norms add one.
        device, dtype: of the parameters; the defaults when None.

    Raises:
        RuntimeError: the name of an activation that is neither.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        if isinstance(activation, str):
            if activation not in ACTIVATIONS:
                raise RuntimeError(f"activation should be relu/gelu, not {activation}")
            self.activation: Callable[[Tensor], Tensor] = getattr(functional, activation)
        else:
            self.activation = activation

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Encodes; the masks are those of `MultiheadAttention`."""
        masks = (src_mask, src_key_padding_mask, is_causal)
        if self.norm_first:
            src = src + self._sa_block(self.norm1(src), *masks)
            return src + self._ff_block(self.norm2(src))
        src = self.norm1(src + self._sa_block(src, *masks))
        return self.norm2(src + self._ff_block(src))

    def _sa_block(self, x: Tensor, mask: Tensor | None, padding: Tensor | None, is_causal: bool) -> Tensor:
        attended, _ = self.self_attn(
            x, x, x, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=is_causal
        )
        return self.dropout1(attended)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Copies of an encoder layer, one after the other: `torch.nn.TransformerEncoder`.

    Args:
        encoder_layer: the layer that is copied.
        num_layers: how many copies.
        norm: what comes last, if anything.
        enable_nested_tensor: taken for torch's sake; padded sequences are computed whole.
        mask_check: taken for torch's sake.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Encodes; the masks are those of `MultiheadAttention`."""
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)
