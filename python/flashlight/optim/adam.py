"""Holds Adam, with coupled and with decoupled weight decay; refuses sparse gradients and complex parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.optim.optimizer import (
    Optimizer,
    as_number,
    as_scalar,
    check_fused,
    check_implementation,
    new_step,
    run_step,
)

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adaptive moments: `torch.optim.Adam`.

    With gradient `g` (plus `weight_decay * p` unless decoupled) at step t: `m = b1 * m + (1 - b1) * g`,
    `v = b2 * v + (1 - b2) * g * g`, `p -= lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)`.

    Differs from torch: `capturable=True` is taken on every device, also the CPU, and complex parameters are refused.

    Args:
        params: see `Optimizer`.
        lr: the learning rate; a tensor of one element is read at every step unless `capturable`.
        betas: b1 and b2, two floats or two tensors of one element.
        eps: added to the denominator.
        weight_decay: the factor above.
        amsgrad: whether to divide by the largest `v` so far.
        foreach, fused: accepted; there is one implementation, and its results are the same.
        maximize: whether to go up the gradient.
        capturable: whether the step count stays on the device and is never read by Python.
        differentiable: whether the step itself is recorded.
        decoupled_weight_decay: whether to shrink `p` by `lr * weight_decay` instead, as AdamW does.

    Raises:
        ValueError, RuntimeError: a value is out of its range or excludes another.
        NotImplementedError: a parameter is complex.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_one_element("lr", lr, foreach, capturable)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for index, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for index, beta in enumerate(betas):
            _check_one_element(f"betas[{index}]", beta, foreach, capturable)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": (as_scalar(betas[0]), as_scalar(betas[1])),
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )
        check_implementation(foreach, fused, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("amsgrad", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            group.setdefault("decoupled_weight_decay", False)
            group.setdefault("fused", None)
            for parameter in group["params"]:
                entry = self.state.get(parameter)
                # Old checkpoints count steps in plain numbers.
                if entry and not isinstance(entry["step"], Tensor):
                    entry["step"] = new_step(parameter, group, float(entry["step"]))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters that have a gradient; see `Optimizer.step`."""
        return run_step(self, self._update_parameters, closure)

    def _update_parameters(self) -> None:
        for group in self.param_groups:
            if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
                raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is not None:
                    _update(parameter, gradient, self._entry(parameter, group), group)

    def _entry(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        """The parameter's state, made at its first step."""
        entry = self.state[parameter]
        if not entry:
            if parameter.is_complex():
                raise NotImplementedError(f"{type(self).__name__}: parameters of {parameter.dtype} are not implemented")
            if group["fused"]:
                check_fused(parameter)
            entry["step"] = new_step(parameter, group)
            entry["exp_avg"] = _C.zeros_like(parameter)
            entry["exp_avg_sq"] = _C.zeros_like(parameter)
            if group["amsgrad"]:
                entry["max_exp_avg_sq"] = _C.zeros_like(parameter)
        if group["differentiable"] and entry["step"].requires_grad:
            raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
        return entry


def _check_one_element(name: str, value: Any, foreach: bool | None, capturable: bool) -> None:
    if not isinstance(value, Tensor):
        return
    if foreach and not capturable:
        raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
    if value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")


def _update(parameter: Tensor, gradient: Tensor, entry: dict[str, Tensor], group: dict[str, Any]) -> None:
    """One step of one parameter, in torch's order of operations, so that trajectories agree to rounding."""
    lr = as_scalar(group["lr"])
    beta1, beta2 = group["betas"]
    weight_decay = group["weight_decay"]
    average, squares, step = entry["exp_avg"], entry["exp_avg_sq"], entry["step"]
    gradient = -gradient if group["maximize"] else gradient

    step += 1
    if weight_decay != 0:
        if group["decoupled_weight_decay"]:
            parameter.mul_(1 - lr * weight_decay)
        elif isinstance(weight_decay, Tensor) and weight_decay.requires_grad:
            gradient = gradient.addcmul(parameter.clone(), weight_decay)
        else:
            gradient = gradient.add(parameter, alpha=as_number(weight_decay))

    near_beta1 = beta1.to(parameter.device, parameter.dtype) if isinstance(beta1, Tensor) else beta1
    average.lerp_(gradient, 1 - near_beta1)
    if isinstance(beta2, Tensor) and beta2.requires_grad:
        squares.lerp_(gradient.square(), 1 - beta2)
    else:
        squares.mul_(beta2).addcmul_(gradient, gradient, value=as_number(1 - beta2))

    if group["amsgrad"]:
        largest = entry["max_exp_avg_sq"]
        largest.copy_(_C.maximum(largest.clone() if group["differentiable"] else largest, squares))
        squares = largest

    if group["capturable"] or group["differentiable"]:
        _subtract_on_device(parameter, average, squares, step, lr, beta1, beta2, group)
        return
    if _C._is_tracing():
        _subtract_in_program(parameter, average, squares, step, lr, beta1, beta2, group["eps"])
        return
    count = step.item()
    step_size = lr / (1 - beta1**count)
    denominator = (squares.sqrt() / as_number((1 - beta2**count) ** 0.5)).add_(group["eps"])
    parameter.addcdiv_(average, denominator, value=as_number(-step_size))


def _subtract_in_program(
    parameter: Tensor,
    average: Tensor,
    squares: Tensor,
    step: Tensor,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: float,
) -> None:
    """The last part of a step with the count in a tensor and each operation in the order of the eager step."""
    # Python counts in double precision; GPUs have none.
    count = step.double() if step.device.type == "cpu" else step
    step_size = (-(lr / (1 - beta1**count))).to(parameter.dtype)
    correction = ((1 - beta2**count) ** 0.5).to(parameter.dtype)
    denominator = (squares.sqrt() / correction).add_(eps)
    parameter.add_(average * step_size / denominator)


def _subtract_on_device(
    parameter: Tensor,
    average: Tensor,
    squares: Tensor,
    step: Tensor,
    lr: Any,
    beta1: Any,
    beta2: Any,
    group: dict[str, Any],
) -> None:
    """The last part of a step with the count kept in a tensor, which Python never reads."""
    # The count changes in place at the next step, while a derivative by a beta still needs this one.
    count = step.clone() if group["differentiable"] else step
    negative_step_size = (lr / (1 - beta1**count)).neg()
    correction = (1 - beta2**count).sqrt() * negative_step_size
    denominator = (squares.sqrt() / correction).add_(group["eps"] / negative_step_size)
    parameter.addcdiv_(average.clone() if group["differentiable"] else average, denominator)
