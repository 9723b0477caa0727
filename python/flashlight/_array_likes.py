"""Holds the constructor that takes whatever holds numbers: `asarray`; refuses to compute."""

from __future__ import annotations

from typing import Any

from flashlight import _C
from flashlight._C import Tensor


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of what holds numbers, sharing its memory where that can be: `torch.asarray`.

    `copy` says whether it must be a copy (True), must be none (False), or is one where that is needed (None).

    Raises:
        ValueError: `copy=False` of what cannot be shared.
    """
    shares = isinstance(obj, Tensor) or hasattr(obj, "__array_interface__") or hasattr(obj, "__dlpack__")
    if copy is False and not shares:
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    made = _C.as_tensor(obj, dtype=dtype, device=device)
    if isinstance(obj, Tensor):
        if copy is False and made is not obj:
            raise ValueError(
                f"can't alias tensor with dtype '{obj.dtype}' on '{obj.device}' into '{made.dtype}' on '{made.device}'."
            )
        if copy and made is obj:
            made = obj.clone()
    elif copy and shares:
        made = made.clone()
    return made.requires_grad_() if requires_grad else made
