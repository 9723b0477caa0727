"""Holds the `torch.autograd` namespace: gradient modes, and what the core gives of `backward` and `grad`."""

from __future__ import annotations

from flashlight.autograd import grad_mode
from flashlight.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = ["enable_grad", "grad_mode", "inference_mode", "no_grad", "set_grad_enabled"]
