"""Holds AdamW, which is Adam with decoupled weight decay; refuses a second copy of the update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flashlight._C import Tensor
from flashlight.optim.adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam that shrinks parameters by `lr * weight_decay` before each step: `torch.optim.AdamW`.

    Arguments, errors and differences are those of `Adam`; `weight_decay` is 0.01 unless given.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
