"""Holds how one module's entries go into and out of a state_dict; refuses the walk over children, which is Module's."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flashlight import _C
from flashlight.autograd.grad_mode import no_grad
from flashlight.nn.parameter import Parameter

if TYPE_CHECKING:
    from flashlight.nn.modules.module import Module

EXTRA_STATE_SUFFIX = "_extra_state"


class _KeyReport(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class _IncompatibleKeys(_KeyReport):
    """What `load_state_dict` could not match: `missing_keys` and `unexpected_keys`, both lists of names."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"

    __str__ = __repr__


def save_entries(module: Module, destination: dict[str, Any], prefix: str, keep_vars: bool, extra_state: bool) -> None:
    """Writes a module's own parameters, persistent buffers and extra state under `prefix`."""
    buffers = (
        (name, buffer) for name, buffer in module._buffers.items() if name not in module._non_persistent_buffers_set
    )
    for name, tensor in itertools.chain(module._parameters.items(), buffers):
        if tensor is not None:
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
    if extra_state:
        destination[prefix + EXTRA_STATE_SUFFIX] = module.get_extra_state()


def load_entries(
    module: Module,
    state_dict: Mapping[str, Any],
    prefix: str,
    assign: bool,
    extra_state: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
    strict: bool,
) -> None:
    """Reads a module's own entries from `state_dict`, adding what does not fit to the three lists."""
    own = {
        name: tensor
        for name, tensor in itertools.chain(module._parameters.items(), module._buffers.items())
        if tensor is not None and name not in module._non_persistent_buffers_set
    }
    for name, current in own.items():
        key = prefix + name
        if key in state_dict:
            error = _load_entry(module, name, key, current, state_dict[key], assign)
            if error is not None:
                error_msgs.append(error)
        elif strict:
            missing_keys.append(key)

    extra_key = prefix + EXTRA_STATE_SUFFIX
    if extra_state:
        if extra_key in state_dict:
            module.set_extra_state(state_dict[extra_key])
        elif strict:
            missing_keys.append(extra_key)
    elif strict and extra_key in state_dict:
        unexpected_keys.append(extra_key)

    if strict:
        for key in state_dict:
            if not key.startswith(prefix) or key == extra_key:
                continue
            first, dot, _ = key[len(prefix) :].partition(".")
            if first not in (module._modules if dot else own):
                unexpected_keys.append(key)


def _load_entry(module: Module, name: str, key: str, current: Any, saved: Any, assign: bool) -> str | None:
    """Copies or assigns one entry; the error message when that is impossible."""
    if not isinstance(saved, _C.Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(saved)}"
        )
    # Old checkpoints hold scalars as tensors of one element.
    if current.dim() == 0 and saved.dim() == 1 and saved.shape[0] == 1:
        saved = saved[0]
    if tuple(saved.shape) != tuple(current.shape):
        return (
            f"size mismatch for {key}: copying a param with shape {saved.shape} from checkpoint, "
            f"the shape in current model is {current.shape}."
        )
    try:
        with no_grad():
            if not assign:
                current.copy_(saved)
            else:
                setattr(module, name, _as_replacement(current, saved))
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are {current.size()} and whose '
            f"dimensions in the checkpoint are {saved.size()}, an exception occurred : {error.args}."
        )
    return None


def _as_replacement(current: Any, saved: Any) -> Any:
    if not isinstance(current, Parameter):
        return saved
    if not isinstance(saved, Parameter):
        return Parameter(saved, requires_grad=current.requires_grad)
    return saved.requires_grad_(current.requires_grad)
