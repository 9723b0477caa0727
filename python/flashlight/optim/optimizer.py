"""Holds Optimizer: parameter groups, their state, saving and loading it, and hooks; refuses any update rule."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, TypeVar

from flashlight import _C
from flashlight._C import Tensor
from flashlight._typename import typename
from flashlight.autograd.grad_mode import enable_grad, set_grad_enabled
from flashlight.nn.modules.module import clear_gradient
from flashlight.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

Hook = Callable[..., Any]
Step = TypeVar("Step", bound=Callable[..., Any])
StateDict = dict[str, Any]

_global_step_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
_global_step_post_hooks: OrderedDict[int, Hook] = OrderedDict()


class _RequiredParameter:
    """Stands for an option that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


def _add_hook(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(optimizer, args, kwargs)` before every step of every optimizer; see `register_step_pre_hook`."""
    return _add_hook(_global_step_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(optimizer, args, kwargs)` after every step of every optimizer."""
    return _add_hook(_global_step_post_hooks, hook)


def _with_hooks(step: Step) -> Step:
    """Wraps a class's `step`: hooks before and after, then the new values are set to work."""

    @functools.wraps(step)
    def step_with_hooks(*args: Any, **kwargs: Any) -> Any:
        self: Optimizer = args[0]
        for hook in chain(_global_step_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
            changed = hook(self, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
            args, kwargs = changed
        self._opt_called = True
        tracing = _C._is_tracing()
        if tracing:
            _C._trace_owner(self)
        result = step(*args, **kwargs)
        for hook in chain(self._optimizer_step_post_hooks.values(), _global_step_post_hooks.values()):
            hook(self, args, kwargs)
        if not tracing:
            # The step's work begins while Python goes on.
            _C._flush()
        return result

    return step_with_hooks  # type: ignore[return-value]


def run_step(optimizer: Optimizer, update: Callable[[], None], closure: Callable[[], Any] | None) -> Any:
    """A step of this package's optimizers: the closure's loss, and `update`, recorded only when `differentiable`."""
    with set_grad_enabled(optimizer.defaults["differentiable"]):
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        update()
        return loss


def as_number(value: Any) -> Any:
    """A Python number for a tensor of one element; reading it waits for its value."""
    return value.item() if isinstance(value, Tensor) else value


def as_scalar(value: Any) -> Any:
    """A tensor of one element without its dimensions; numbers as they are."""
    return value.squeeze() if isinstance(value, Tensor) and value.dim() != 0 else value


def step_dtype(on_device: bool) -> Any:
    """The dtype of step counts: float32, or float64 where that is the default and the count is on the CPU."""
    return _C.float64 if not on_device and _C.get_default_dtype() == _C.float64 else _C.float32


def new_step(parameter: Tensor, group: dict[str, Any], value: float = 0.0) -> Tensor:
    """A step count: on the parameter's device for `capturable` and `fused`, otherwise on the CPU."""
    on_device = bool(group["capturable"] or group["fused"])
    return _C.tensor(value, dtype=step_dtype(on_device), device=parameter.device if on_device else "cpu")


def check_implementation(foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """Raises torch's errors for implementations that exclude each other."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_fused(parameter: Tensor) -> None:
    """Raises where `fused=True` is asked for a parameter that is not floating point."""
    if not parameter.is_floating_point():
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported devices, "
            f"but {parameter.dtype} and {parameter.device.type}"
        )


class Optimizer:
    """Updates parameters from their gradients: `torch.optim.Optimizer`, the base of all.

    A subclass defines `step` and passes its options to `__init__`. `state_dict` is in torch's format, so states go
    from one library to the other.

    Args:
        params: tensors; or pairs `(name, tensor)`; or dictionaries with a list "params" and options of the group.
        defaults: the options of groups that do not give their own.

    Raises:
        TypeError, ValueError: the parameters cannot be optimized; see `add_param_group`.
    """

    state: defaultdict[Any, Any]
    param_groups: list[dict[str, Any]]
    defaults: dict[str, Any]

    _hook_registries = (
        "_optimizer_step_pre_hooks",
        "_optimizer_step_post_hooks",
        "_optimizer_state_dict_pre_hooks",
        "_optimizer_state_dict_post_hooks",
        "_optimizer_load_state_dict_pre_hooks",
        "_optimizer_load_state_dict_post_hooks",
    )
    _optimizer_step_pre_hooks: OrderedDict[int, Hook]
    _optimizer_step_post_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Hook]
    _opt_called: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._ensure_hook_registries()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        if isinstance(params, set):
            warnings.warn(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead. This will be an error in a future release.",
                FutureWarning,
                stacklevel=3,
            )
        self.state = defaultdict(dict)
        self._state_version = 0
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _ensure_hook_registries(self) -> None:
        for name in self._hook_registries:
            if name not in self.__dict__:
                setattr(self, name, OrderedDict())

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._state_version = self.__dict__.get("_state_version", 0) + 1
        self._ensure_hook_registries()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines.extend(f"    {key}: {group[key]}" for key in sorted(group) if key != "params")
            lines.append("")
        return "\n".join(lines[:-1]) + "\n)"

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters once.

        Args:
            closure: computes the loss and its gradients again; called first, with gradients recorded.

        Returns:
            What `closure` returned, or None.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters.

        Args:
            set_to_none: True sets `grad` to None, False fills the existing gradients with zeros.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_gradient(parameter, set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters with options of their own.

        Args:
            param_group: "params", one tensor or an ordered collection of tensors or of pairs `(name, tensor)`, and
                options; the defaults stand in for those not given.

        Raises:
            TypeError: the group is no dictionary, its parameters are a set, or one of them is no tensor.
            ValueError: a parameter is not a leaf, is in another group, only some have names, or an option without a
                default is missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        listed = [given] if isinstance(given, Tensor) else list(given)
        names = [each[0] for each in listed if isinstance(each, tuple)]
        parameters = [each[1] if isinstance(each, tuple) else each for each in listed]
        param_group["params"] = parameters
        if names:
            if len(names) != len(parameters):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for parameter in parameters:
            self._check_parameter(parameter)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        self._check_group(param_group)
        self.param_groups.append(param_group)

    def _check_parameter(self, parameter: Any) -> None:
        if not isinstance(parameter, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(parameter)}")
        if not self.defaults.get("differentiable") and not (parameter.is_leaf or parameter.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_group(self, param_group: dict[str, Any]) -> None:
        own = {id(parameter) for parameter in param_group["params"]}
        if len(own) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
                stacklevel=4,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                kind = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {kind} to the optimizer"
                )
            if not own.isdisjoint(id(parameter) for parameter in group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")

    # ---- compiled functions ------------------------------------------------------------------------------------

    def _flashlight_options(self) -> tuple[Any, ...]:
        """What a compiled step relies on besides tensors."""
        groups = tuple(
            tuple((key, value if key != "params" else tuple(map(id, value))) for key, value in group.items())
            for group in self.param_groups
        )
        return (groups, self._state_version)

    def _flashlight_undo(self) -> Callable[[], None]:
        """What puts the state's dictionaries and the options back as they are now."""
        state = [(key, entry, dict(entry) if isinstance(entry, dict) else None) for key, entry in self.state.items()]
        groups = [dict(group) for group in self.param_groups]

        def undo() -> None:
            self.state.clear()
            for key, entry, before in state:
                self.state[key] = entry
                if before is not None:
                    entry.clear()
                    entry.update(before)
            for group, before in zip(self.param_groups, groups, strict=True):
                group.clear()
                group.update(before)

        return undo

    def _flashlight_states(self) -> list[tuple[Any, str, Tensor]]:
        """The tensors of the state, each with its parameter and its key."""
        entries = ((key, entry) for key, entry in self.state.items() if isinstance(entry, dict))
        return [(p, key, value) for p, entry in entries for key, value in entry.items() if isinstance(value, Tensor)]

    # ---- saving and loading ------------------------------------------------------------------------------------

    def state_dict(self) -> StateDict:
        """The state by parameter number and the groups with parameter numbers, in torch's format.

        Tensors are the optimizer's own, not copies.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            for number, parameter in enumerate(group["params"], start):
                numbers.setdefault(id(parameter), number)
            start += len(group["params"])
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(parameter)] for parameter in group["params"]]
            groups.append(packed)
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        result: StateDict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, result)
            if changed is not None:
                result = changed
        return result

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Takes over a `state_dict`, casting its tensors to the dtypes and devices of the parameters.

        Raises:
            ValueError: it has another number of groups, or a group of another size.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            if changed is not None:
                state_dict = changed
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(
            len(group["params"]) != len(saved["params"])
            for group, saved in zip(self.param_groups, saved_groups, strict=True)
        ):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        owners: dict[Any, tuple[Tensor, dict[str, Any]]] = {}
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            for number, parameter in zip(saved["params"], group["params"], strict=True):
                owners[number] = (parameter, saved)

        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in owners:
                parameter, saved = owners[key]
                state[parameter] = _cast_state(value, parameter, saved)
            else:
                state[key] = value
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    # ---- hooks -------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` before `step`; it returns None or new `(args, kwargs)`.

        `args` begins with the optimizer itself.
        """
        return _add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` after `step`."""
        return _add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` before `state_dict` is made."""
        return _add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` after; a result that is not None replaces it."""
        return _add_hook(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` before it is loaded; a result that is not None replaces it."""
        return _add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` after a state is loaded."""
        return _add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def _cast_state(value: Any, parameter: Tensor, saved_group: dict[str, Any], key: Any = None) -> Any:
    """A saved value as the optimizer of `parameter` keeps it: step counts as they are, tensors like the parameter."""
    if isinstance(value, Tensor):
        if key == "step":
            if saved_group.get("capturable") or saved_group.get("fused"):
                return value.to(dtype=_C.float32, device=parameter.device)
            return value
        if parameter.is_floating_point():
            return value.to(dtype=parameter.dtype, device=parameter.device)
        return value.to(device=parameter.device)
    if isinstance(value, dict):
        return {name: _cast_state(entry, parameter, saved_group, name) for name, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return type(value)(_cast_state(entry, parameter, saved_group) for entry in value)  # type: ignore[call-arg]
    return value
