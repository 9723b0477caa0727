"""Holds the `torch.autograd` namespace: gradient modes, `backward` and `grad`; the engine itself is the core's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight._missing import attributes_of
from flashlight.autograd import grad_mode, graph
from flashlight.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = [
    "backward",
    "enable_grad",
    "grad",
    "grad_mode",
    "graph",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Sums the gradients of `tensors` into the `grad` of leaves: `torch.autograd.backward`.

    Args:
        tensors: what is differentiated; scalars where `grad_tensors` gives no weights.
        grad_tensors: a weight for each tensor, of its shape.
        retain_graph: whether the graph can be walked again; `create_graph` when None.
        create_graph: whether the gradients can be differentiated in turn.
        inputs: the tensors whose `grad` is written; all leaves when None.

    Raises:
        RuntimeError: a tensor has no history, a weight is missing or of another shape, the graph was freed, or a saved
            tensor was written since.
    """
    _C._backward(tensors, grad_tensors, retain_graph, create_graph, inputs)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, which are left as they are: `torch.autograd.grad`.

    Args:
        outputs: what is differentiated; scalars where `grad_outputs` gives no weights.
        inputs: leaves or results.
        grad_outputs: a weight for each output, of its shape.
        retain_graph: whether the graph can be walked again; `create_graph` when None.
        create_graph: whether the gradients can be differentiated in turn.
        only_inputs: only True.
        allow_unused: whether None stands for an input that no output depends on; `materialize_grads` when None.
        is_grads_batched: not implemented.
        materialize_grads: whether zeros stand for such an input instead.

    Returns:
        One gradient for each input, of its shape.

    Raises:
        RuntimeError: as `backward`; an input that no output depends on.
        NotImplementedError: `is_grads_batched`.
    """
    if is_grads_batched:
        raise NotImplementedError("torch.autograd.grad: the argument 'is_grads_batched' is not implemented")
    if not only_inputs:
        raise NotImplementedError("torch.autograd.grad: only_inputs=False has no meaning; use backward")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    each = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not each:
        raise RuntimeError("grad requires non-empty inputs.")
    retain = create_graph if retain_graph is None else retain_graph
    found = _C._grad(outputs, each, grad_outputs, retain, create_graph)
    if materialize_grads:
        return tuple(_C.zeros_like(x) if g is None else g for x, g in zip(each, found, strict=True))
    missing = next((i for i, g in enumerate(found) if g is None), None)
    if not allow_unused and missing is not None:
        raise RuntimeError(
            f"The differentiated Tensor at index {missing} appears to not have been used in the graph. Set "
            "allow_unused=True if this is the desired behavior."
        )
    return tuple(found)


if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.autograd")
