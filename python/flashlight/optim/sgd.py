"""Holds stochastic gradient descent with momentum; refuses sparse gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flashlight._C import Tensor
from flashlight.optim.optimizer import (
    Optimizer,
    as_number,
    as_scalar,
    check_fused,
    check_implementation,
    run_step,
)

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent: `torch.optim.SGD`.

    With gradient `g` (plus `weight_decay * p`): `buffer = momentum * buffer + (1 - dampening) * g`, the first buffer
    being `g` itself; then `p -= lr * buffer`, or `p -= lr * (g + momentum * buffer)` for Nesterov.

    Args:
        params: see `Optimizer`.
        lr: the learning rate; a tensor of one element may require a gradient when `differentiable`.
        momentum, dampening, weight_decay: the factors above.
        nesterov: whether to look ahead.
        maximize: whether to go up the gradient.
        foreach, fused: accepted; there is one implementation, and its results are the same.
        differentiable: whether the step itself is recorded.

    Raises:
        ValueError, RuntimeError: a value is out of its range or excludes another.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        check_implementation(foreach, fused, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters that have a gradient; see `Optimizer.step`."""
        return run_step(self, self._update_parameters, closure)

    def _update_parameters(self) -> None:
        for group in self.param_groups:
            lr = as_scalar(group["lr"])
            if isinstance(lr, Tensor) and not lr.requires_grad:
                lr = as_number(lr)
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                if group["fused"]:
                    check_fused(parameter)
                direction = self._direction(parameter, gradient, group)
                if isinstance(lr, Tensor):
                    parameter.addcmul_(direction, lr, value=-1)
                else:
                    parameter.add_(direction, alpha=-lr)

    def _direction(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """What is subtracted from the parameter, without the learning rate; moves the momentum buffer on."""
        gradient = -gradient if group["maximize"] else gradient
        weight_decay, momentum = group["weight_decay"], group["momentum"]
        if isinstance(weight_decay, Tensor) and weight_decay.requires_grad:
            gradient = gradient.addcmul(parameter.clone(), weight_decay)
        elif weight_decay != 0:
            gradient = gradient.add(parameter, alpha=as_number(weight_decay))
        if momentum == 0:
            return gradient
        state = self.state[parameter]
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = gradient.detach().clone()
        else:
            buffer.mul_(momentum).add_(gradient, alpha=1 - group["dampening"])
        return gradient.add(buffer, alpha=momentum) if group["nesterov"] else buffer
