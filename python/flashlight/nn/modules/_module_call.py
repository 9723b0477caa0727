"""Holds what happens around `forward` when hooks are registered; refuses calls without hooks, which Module makes."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flashlight import _C
from flashlight.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from flashlight.nn.modules.module import Module

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]

buffer_registration_hooks: Hooks = OrderedDict()
module_registration_hooks: Hooks = OrderedDict()
parameter_registration_hooks: Hooks = OrderedDict()
forward_pre_hooks: Hooks = OrderedDict()
forward_hooks: Hooks = OrderedDict()
forward_hooks_with_kwargs: OrderedDict[int, bool] = OrderedDict()
forward_hooks_always_called: OrderedDict[int, bool] = OrderedDict()
full_backward_pre_hooks: Hooks = OrderedDict()
full_backward_hooks: Hooks = OrderedDict()


def add_hook(
    hooks: Hooks, hook: Hook, *, prepend: bool = False, marks: Sequence[tuple[OrderedDict[int, bool], bool]] = ()
) -> RemovableHandle:
    """Registers `hook`, first when `prepend`, and marks its id in each dictionary whose flag is set."""
    handle = RemovableHandle(hooks, extra_dict=[marked for marked, _ in marks])
    hooks[handle.id] = hook
    for marked, wanted in marks:
        if wanted:
            marked[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def any_global_hook() -> bool:
    """Whether a call of any module must take the path with hooks."""
    return bool(forward_pre_hooks or forward_hooks or full_backward_pre_hooks or full_backward_hooks)


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls `module.forward` between its hooks and the global ones, in torch's order."""
    result: Any = None
    called: set[int] = set()
    try:
        args, kwargs = _run_forward_pre_hooks(module, args, kwargs)
        backward = _BackwardHooks.of(module)
        if backward is not None:
            args = backward.watch_inputs(args)
        result = module.forward(*args, **kwargs)
        for hook_id, hook in (*forward_hooks.items(), *module._forward_hooks.items()):
            called.add(hook_id)
            result = _run_forward_hook(module, hook_id, hook, args, kwargs, result)
        return result if backward is None else backward.watch_outputs(result)
    except Exception:
        _run_always_called_hooks(module, called, args, kwargs, result)
        raise


def _run_forward_pre_hooks(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook_id, hook in (*forward_pre_hooks.items(), *module._forward_pre_hooks.items()):
        if hook_id in module._forward_pre_hooks_with_kwargs:
            changed = hook(module, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                )
            args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    return args, kwargs


def _run_forward_hook(
    module: Module, hook_id: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    if hook_id in module._forward_hooks_with_kwargs or hook_id in forward_hooks_with_kwargs:
        changed = hook(module, args, kwargs, result)
    else:
        changed = hook(module, args, result)
    return result if changed is None else changed


def _run_always_called_hooks(
    module: Module, called: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> None:
    """Runs the `always_call=True` hooks an exception has skipped; their own errors become warnings."""
    always = [
        ("global module", hook_id, hook)
        for hook_id, hook in forward_hooks.items()
        if hook_id in forward_hooks_always_called
    ] + [
        ("module", hook_id, hook)
        for hook_id, hook in module._forward_hooks.items()
        if hook_id in module._forward_hooks_always_called
    ]
    for kind, hook_id, hook in always:
        if hook_id in called:
            continue
        try:
            result = _run_forward_hook(module, hook_id, hook, args, kwargs, result)
        except Exception as error:
            warnings.warn(
                f"{kind} forward hook with ``always_call=True`` raised an exception "
                f"that was silenced as another error was raised in forward: {error}",
                stacklevel=2,
            )


class _BackwardHooks:
    """The full backward hooks of one call, hung on identity views of its inputs and outputs.

    Tensor hooks fire one tensor at a time, so a hook that may change several gradients together has no place to hang:
    a call with several inputs that require a gradient, or with several such outputs and a pre-hook, is refused.
    """

    def __init__(self, module: Module, pre_hooks: Sequence[Hook], hooks: Sequence[Hook]) -> None:
        self.module = module
        self.pre_hooks = pre_hooks
        self.hooks = hooks
        self.input_count = 0
        self.input_index: int | None = None
        self.output_count = 0
        self.grad_outputs: dict[int, Any] = {}

    @classmethod
    def of(cls, module: Module) -> _BackwardHooks | None:
        """The hooks that apply to `module`, or None."""
        pre_hooks = [*full_backward_pre_hooks.values(), *module._backward_pre_hooks.values()]
        hooks = [*full_backward_hooks.values(), *module._backward_hooks.values()]
        return cls(module, pre_hooks, hooks) if pre_hooks or hooks else None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Replaces the input that requires a gradient by a view of it whose gradient the hooks see."""
        self.input_count = len(args)
        watched = _differentiable(args)
        if not watched or not self.hooks:
            return args
        if len(watched) > 1:
            raise NotImplementedError(
                f"register_full_backward_hook: {type(self.module).__name__} was called with {len(watched)} inputs "
                "that require a gradient; Flashlight calls these hooks for one such input"
            )
        self.input_index = watched[0]
        view = args[self.input_index].view_as(args[self.input_index])
        view.register_hook(self._on_grad_input)
        return (*args[: self.input_index], view, *args[self.input_index + 1 :])

    def watch_outputs(self, result: Any) -> Any:
        """Replaces the outputs that require a gradient by views of them whose gradients the hooks see."""
        if not isinstance(result, (_C.Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                f"but received {type(result)}",
                stacklevel=2,
            )
            return result
        outputs = list(result) if isinstance(result, tuple) else [result]
        self.output_count = len(outputs)
        watched = _differentiable(outputs)
        if len(watched) > 1 and (self.pre_hooks or self.input_index is None):
            which = "register_full_backward_pre_hook" if self.pre_hooks else "register_full_backward_hook"
            raise NotImplementedError(
                f"{which}: {type(self.module).__name__} returned {len(watched)} outputs that require a gradient; "
                "Flashlight calls this hook for one such output"
            )
        for index in watched:
            view = outputs[index].view_as(outputs[index])
            view.register_hook(lambda grad, index=index: self._on_grad_output(index, grad))
            outputs[index] = view
        if not isinstance(result, tuple):
            return outputs[0]
        return type(result)(*outputs) if hasattr(result, "_fields") else tuple(outputs)

    def _on_grad_output(self, index: int, grad: Any) -> Any:
        self.grad_outputs[index] = grad
        for hook in self.pre_hooks:
            changed = hook(self.module, self._all_grad_outputs())
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != self.output_count:
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(changed)}, but expected {self.output_count}"
                )
            self.grad_outputs[index] = changed[index]
        grad = self.grad_outputs[index]
        if self.input_index is None and self.hooks:
            self._run_without_grad_input()
        return grad

    def _run_without_grad_input(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients.",
            stacklevel=2,
        )
        for hook in self.hooks:
            changed = hook(self.module, (None,) * self.input_count, self._all_grad_outputs())
            if changed is not None and not (isinstance(changed, tuple) and all(each is None for each in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None "
                    "or None for all gradients."
                )
        self.grad_outputs.clear()

    def _on_grad_input(self, grad: Any) -> Any:
        if not self.grad_outputs:
            return None
        grad_inputs: tuple[Any, ...] = tuple(
            grad if index == self.input_index else None for index in range(self.input_count)
        )
        for hook in self.hooks:
            changed = hook(self.module, grad_inputs, self._all_grad_outputs())
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != len(grad_inputs):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, "
                    f"got {len(changed)}, but expected {len(grad_inputs)}"
                )
            grad_inputs = changed
        self.grad_outputs.clear()
        assert self.input_index is not None
        return grad_inputs[self.input_index]

    def _all_grad_outputs(self) -> tuple[Any, ...]:
        """One gradient per output, None for those without one."""
        return tuple(self.grad_outputs.get(index) for index in range(self.output_count))


def _differentiable(values: Sequence[Any]) -> list[int]:
    if not _C.is_grad_enabled():
        return []
    return [index for index, value in enumerate(values) if isinstance(value, _C.Tensor) and value.requires_grad]
