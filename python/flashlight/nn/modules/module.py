"""Holds Module, the base class of every layer, and the hooks common to all modules; refuses to hold any layer."""

from __future__ import annotations

import inspect
import itertools
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from flashlight import _C
from flashlight._C import Tensor
from flashlight._typename import typename
from flashlight.autograd.grad_mode import no_grad
from flashlight.nn.modules import _module_call
from flashlight.nn.modules._module_call import add_hook, any_global_hook, call_with_hooks
from flashlight.nn.modules._module_state import _IncompatibleKeys, load_entries, save_entries
from flashlight.nn.parameter import Buffer, Parameter
from flashlight.utils.hooks import RemovableHandle

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Self = TypeVar("Self", bound="Module")
Hook = Callable[..., Any]

# One counter for all modules: a version names one state of one module, with no need to compare identities.
_versions = itertools.count(1)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, parameter)` at every parameter registration; a result that is not None replaces it."""
    return add_hook(_module_call.parameter_registration_hooks, hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, buffer)` at every buffer registration; a result that is not None replaces it."""
    return add_hook(_module_call.buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, submodule)` at every child registration; a result that is not None replaces it."""
    return add_hook(_module_call.module_registration_hooks, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, args)` before the forward of every module; see `Module.register_forward_pre_hook`."""
    return add_hook(_module_call.forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls `hook(module, args, output)` after the forward of every module; see `Module.register_forward_hook`."""
    return add_hook(
        _module_call.forward_hooks,
        hook,
        marks=(
            (_module_call.forward_hooks_with_kwargs, with_kwargs),
            (_module_call.forward_hooks_always_called, always_call),
        ),
    )


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_output)` for every module; see `Module.register_full_backward_pre_hook`."""
    return add_hook(_module_call.full_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_input, grad_output)` for every module; see `Module.register_full_backward_hook`."""
    return add_hook(_module_call.full_backward_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Refused: the old hook of torch sees gradients that depend on how a module is written inside.

    Raises:
        NotImplementedError: always; `register_module_full_backward_hook` is the one to use.
    """
    raise NotImplementedError(
        "torch.nn.modules.module.register_module_backward_hook is not implemented; "
        "use register_module_full_backward_hook"
    )


def _registered(hooks: Mapping[int, Hook], module: Module, name: str, value: Any) -> Any:
    for hook in hooks.values():
        replacement = hook(module, name, value)
        if replacement is not None:
            value = replacement
    return value


def _check_name(kind: str, name: Any, owner: Module, registered: Mapping[str, Any]) -> None:
    """Raises torch's errors for a name that cannot be registered."""
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
    taken = hasattr(owner, name) and name not in registered
    # torch looks at a module's name after it has looked whether the name is taken.
    if kind == "module" and taken:
        raise KeyError(f"attribute '{name}' already exists")
    if "." in name:
        raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')
    if taken:
        raise KeyError(f"attribute '{name}' already exists")


class Module:
    """A part of a model that owns parameters, buffers and further modules: `torch.nn.Module`.

    A subclass calls `super().__init__()` before it assigns anything, and defines `forward`. Assigned `Parameter`s,
    `Buffer`s and `Module`s are registered under the attribute's name, in order of assignment.

    `_flashlight_version` names the module's structure and plain attributes for compiled functions: setting, deleting
    or registering anything takes a new number, unique in the process. `training` is a key of its own beside it, so
    that going back to `train()` after `eval()` finds what was compiled before.

    Differs from torch: lazy modules, `share_memory`, `register_backward_hook` and the devices `xpu`, `ipu` and `mtia`
    are not provided, and full backward hooks see one differentiable input (`register_full_backward_hook`).
    """

    dump_patches: bool = False
    call_super_init: bool = False
    # The version of the state_dict layout, for `_load_from_state_dict` of classes that changed theirs.
    _version: int = 1
    _compiled_call_impl: Callable[..., Any] | None = None

    training: bool
    _flashlight_version: int
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]
    _forward_hooks: OrderedDict[int, Hook]
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _forward_pre_hooks: OrderedDict[int, Hook]
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]
    _backward_hooks: OrderedDict[int, Hook]
    _backward_pre_hooks: OrderedDict[int, Hook]
    _state_dict_hooks: OrderedDict[int, Hook]
    _state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_post_hooks: OrderedDict[int, Hook]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # Straight into __dict__: nothing here needs what __setattr__ does.
        self.__dict__.update(
            training=True,
            _flashlight_version=next(_versions),
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
            _forward_hooks=OrderedDict(),
            _forward_hooks_with_kwargs=OrderedDict(),
            _forward_hooks_always_called=OrderedDict(),
            _forward_pre_hooks=OrderedDict(),
            _forward_pre_hooks_with_kwargs=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _backward_pre_hooks=OrderedDict(),
            _state_dict_hooks=OrderedDict(),
            _state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_post_hooks=OrderedDict(),
        )
        number = _C._trace_number()
        if number:
            # Made by a compiled function, which may go on setting what it likes.
            self.__dict__["_flashlight_born"] = number
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the module's output; every subclass that is called defines it.

        Raises:
            NotImplementedError: the subclass has none.
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # ---- calling -----------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `forward` between the hooks."""
        if self._compiled_call_impl is not None:
            return self._compiled_call_impl(*args, **kwargs)
        if _C._is_tracing():
            _C._trace_module(self)
            try:
                return self._call_impl(*args, **kwargs)
            finally:
                _C._trace_module_end()
        return self._call_impl(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or any_global_hook()
        ):
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compiles later calls of this module in place, with the arguments of `flashlight.compile`."""
        from flashlight._compile import compile as compiled

        self._compiled_call_impl = compiled(self._call_impl, *args, **kwargs)

    # ---- registration ------------------------------------------------------------------------------------------

    def _refuse_in_program(self, name: str) -> None:
        """Refuses to be changed by a compiled function, unless that made this module."""
        number = _C._trace_number()
        if number and self.__dict__.get("_flashlight_born") != number:
            raise RuntimeError(
                f"a compiled function sets or deletes an attribute of {type(self).__name__}, '{name}', which a program "
                "cannot repeat: keep it in a registered buffer, or do it outside of the compiled function"
            )

    def _bump_version(self) -> None:
        self.__dict__["_flashlight_version"] = next(_versions)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Registers a parameter, readable as the attribute `name`.

        Args:
            name: without dots, not empty, not yet an attribute of another kind.
            param: a leaf; None registers the name without a parameter.

        Raises:
            AttributeError: before `Module.__init__()`.
            KeyError, TypeError: the name or the value cannot be registered.
            ValueError: the parameter is not a leaf.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._refuse_in_program(name)
        _check_name("parameter", name, self, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                    "forward() method."
                )
            param = _registered(_module_call.parameter_registration_hooks, self, name, param)
        self._parameters[name] = param
        self._bump_version()

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Registers a tensor that is state but not trained, readable as the attribute `name`.

        Args:
            name: without dots, not empty, not yet an attribute of another kind.
            tensor: the buffer; None registers the name without one.
            persistent: whether it is part of `state_dict`.

        Raises:
            AttributeError: before `Module.__init__()`.
            KeyError, TypeError: the name or the value cannot be registered.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._refuse_in_program(name)
        _check_name("buffer", name, self, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _registered(_module_call.buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)
        self._bump_version()

    def add_module(self, name: str, module: Module | None) -> None:
        """Registers a child, readable as the attribute `name`.

        Args:
            name: without dots, not empty, not yet an attribute of another kind.
            module: the child; None registers the name without one.

        Raises:
            KeyError, TypeError: the name or the value cannot be registered.
        """
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._refuse_in_program(name)
        _check_name("module", name, self, self._modules)
        self._modules[name] = _registered(_module_call.module_registration_hooks, self, name, module)
        self._bump_version()

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    # ---- attributes --------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Reached only for names that are not in __dict__ or the class.
        own = self.__dict__
        for registry in ("_parameters", "_buffers", "_modules"):
            entries = own.get(registry)
            if entries is not None and name in entries:
                return entries[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        parameters = own.get("_parameters")
        if _C._is_tracing() and self._set_in_program(name, value):
            return
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, except_in=parameters)
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, except_in=self._modules)
            self._modules[name] = _registered(_module_call.module_registration_hooks, self, name, value)
            self._bump_version()
        elif parameters is not None and name in self._modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            self._modules[name] = _registered(_module_call.module_registration_hooks, self, name, value)
            self._bump_version()
        elif isinstance(value, Buffer) or (parameters is not None and name in self._buffers):
            self._set_buffer(name, value)
        else:
            unchanged = name == "training" or own.get(name, own) is value
            if not unchanged:
                self._bump_version()
            super().__setattr__(name, value)

    def _set_in_program(self, name: str, value: Any) -> bool:
        """Sets what a program can set anew in each run, a buffer or the mode; refuses everything else."""
        own = self.__dict__
        if "_flashlight_version" not in own or own.get(name, own) is value:
            return False
        if name == "training":
            _C._trace_rebind(own, name)
            return False
        buffers = own["_buffers"]
        if isinstance(value, Tensor) and not isinstance(value, (Parameter, Buffer)) and name in buffers:
            _C._trace_rebind(buffers, name)
            buffers[name] = value
            return True
        self._refuse_in_program(name)
        return False

    def _forget(self, name: str, except_in: Mapping[str, Any]) -> None:
        """Removes `name` wherever it is held except in one registry, before it is registered there."""
        for entries in (self.__dict__, self._parameters, self._buffers, self._modules):
            if entries is not except_in:
                entries.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{typename(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None expected)"
            )
        persistent = name not in self._non_persistent_buffers_set
        if isinstance(value, Buffer):
            persistent = value.persistent
        if "_buffers" in self.__dict__ and name not in self._buffers:
            self._forget(name, except_in=self._buffers)
        # A subclass may have narrowed register_buffer to (name, tensor).
        if type(self).register_buffer is Module.register_buffer or (
            "persistent" in inspect.signature(self.register_buffer).parameters
        ):
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements register_buffer() without "
                "the persistent argument is not allowed."
            )

    def __delattr__(self, name: str) -> None:
        self._refuse_in_program(name)
        for entries in (self._parameters, self._buffers, self._modules):
            if name in entries:
                del entries[name]
                self._non_persistent_buffers_set.discard(name)
                break
        else:
            super().__delattr__(name)
        self._bump_version()

    def __dir__(self) -> list[str]:
        names = [
            *dir(type(self)),
            *self.__dict__,
            *self._parameters,
            *self._modules,
            *self._buffers,
        ]
        return sorted(name for name in names if not name[:1].isdigit())

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("_compiled_call_impl", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # A copy is another module: it takes a version of its own.
        self._bump_version()

    # ---- walking -----------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yields this module and all below it, parents first, with dotted names (the empty name for itself).

        Args:
            memo: modules to leave out; those yielded are added.
            prefix: put before every name.
            remove_duplicate: whether a module reached by two names is yielded once.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Yields this module and all below it, parents first."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yields the direct children with their names, each module once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yields the direct children, each module once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        if recurse:
            modules: Iterable[tuple[str, Module]] = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        else:
            modules = [(prefix, self)]
        seen: set[int] = set()
        for module_name, module in modules:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield (f"{module_name}.{name}" if module_name else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yields the parameters with dotted names.

        Args:
            prefix: put before every name.
            recurse: whether to go below this module.
            remove_duplicate: whether a shared parameter is yielded once.
        """
        yield from self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate=remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yields the parameters, each once; those of this module alone when `recurse` is False."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yields the buffers with dotted names; the arguments are those of `named_parameters`."""
        yield from self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate=remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yields the buffers, each once; those of this module alone when `recurse` is False."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; this module for the empty path.

        Raises:
            AttributeError: a part of the path is missing or is no module.
        """
        module: Module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module at a dotted path.

        Args:
            target: the path; all but its last part exist.
            module: what to put there.
            strict: whether the last part must exist as well.

        Raises:
            ValueError: an empty path, or `module` is no module.
            AttributeError: a part of the path is missing or is no module.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path.

        Raises:
            AttributeError: a part of the path is missing, or it leads to no parameter.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        parameter = getattr(module, name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path.

        Raises:
            AttributeError: a part of the path is missing, or it leads to no buffer.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return getattr(module, name)

    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """Calls `fn` with every module below this one, then with this one, and returns this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ---- modes and conversions ---------------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Sets `training` here and below (it matters to `Dropout` and its kind), and returns this module.

        Raises:
            ValueError: `mode` is not a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """The same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Says for every parameter whether gradients are recorded, and returns this module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters.

        Args:
            set_to_none: True sets `grad` to None, False fills the existing gradients with zeros.
        """
        for parameter in self.parameters():
            clear_gradient(parameter, set_to_none)

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the values of parameters, gradients and buffers by `fn` of them; parameters stay themselves."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            gradient = parameter.grad
            with no_grad():
                parameter.data = fn(parameter)
                if gradient is not None:
                    gradient.data = fn(gradient)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        self._bump_version()
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Moves and casts parameters and buffers in place, and returns this module.

        Called as `to(device=None, dtype=None, non_blocking=False)`, `to(dtype, non_blocking=False)`,
        `to(tensor, non_blocking=False)`, each with an optional `memory_format` (for entries of 4 and 5 dimensions).
        Entries of integer dtypes are moved but not cast. `non_blocking` changes no result.

        Raises:
            TypeError: an integer dtype, or arguments of another form.
        """
        device, dtype, non_blocking, memory_format = _parse_to(args, kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            wanted = dtype if tensor.is_floating_point() or tensor.is_complex() else None
            if memory_format is not None and tensor.dim() in (4, 5):
                return tensor.to(device, wanted, non_blocking, memory_format=memory_format)
            return tensor.to(device, wanted, non_blocking)

        return self._apply(convert)

    def to_empty(self: Self, *, device: Any, recurse: bool = True) -> Self:
        """Moves parameters and buffers to a device without their values, and returns this module."""
        return self._apply(lambda tensor: _C.empty_like(tensor, device=device), recurse=recurse)

    def cpu(self: Self) -> Self:
        """Moves parameters and buffers to the CPU, and returns this module."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self: Self, device: Any = None) -> Self:
        """Moves parameters and buffers to a CUDA device, and returns this module."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def type(self: Self, dst_type: Any) -> Self:
        """Casts parameters and buffers to `dst_type`, and returns this module."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self: Self) -> Self:
        """Casts floating point parameters and buffers to float32, and returns this module."""
        return self._apply(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def double(self: Self) -> Self:
        """Casts floating point parameters and buffers to float64, and returns this module."""
        return self._apply(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def half(self: Self) -> Self:
        """Casts floating point parameters and buffers to float16, and returns this module."""
        return self._apply(lambda tensor: tensor.half() if tensor.is_floating_point() else tensor)

    def bfloat16(self: Self) -> Self:
        """Casts floating point parameters and buffers to bfloat16, and returns this module."""
        return self._apply(lambda tensor: tensor.bfloat16() if tensor.is_floating_point() else tensor)

    def share_memory(self) -> Any:
        """Refused: tensors cannot be shared between processes.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("torch.nn.Module.share_memory is not implemented")

    # ---- state_dict --------------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """What a subclass adds to its `state_dict` beside tensors; one that defines it defines `set_extra_state`."""
        raise RuntimeError("Module.get_extra_state was called on a class that does not define it")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what `get_extra_state` gave, when a `state_dict` is loaded."""
        raise RuntimeError("Module.set_extra_state was called on a class that does not define it")

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Writes this module's own entries; subclasses override it to change their layout."""
        has_extra = type(self).get_extra_state is not Module.get_extra_state
        save_entries(self, destination, prefix, keep_vars, has_extra)

    def state_dict(
        self, *args: Any, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers by dotted name, sharing storage with the module.

        Args:
            *args: the three arguments by position, which torch discourages.
            destination: a dictionary to write into; a new `OrderedDict` when None. It carries `_metadata`: for each
                module's path its state_dict layout version.
            prefix: put before every name.
            keep_vars: whether the entries are the parameters themselves instead of detached tensors.
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead.", category=FutureWarning, stacklevel=2
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given["destination"] if destination is None else destination
            prefix = given.get("prefix", prefix) if prefix == "" else prefix
            keep_vars = given.get("keep_vars", keep_vars) or keep_vars
        entries: dict[str, Any] = OrderedDict() if destination is None else destination
        if destination is None:
            entries._metadata = OrderedDict()  # type: ignore[attr-defined]
        local_metadata = {"version": self._version}
        metadata = getattr(entries, "_metadata", None)
        if metadata is not None:
            metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(entries, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=entries, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            changed = hook(self, entries, prefix, local_metadata)
            if changed is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            entries = changed
        return entries

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Reads this module's own entries; subclasses override it to read older layouts."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        load_entries(
            self,
            state_dict,
            prefix,
            assign=local_metadata.get("assign_to_params_buffers", False),
            extra_state=type(self).set_extra_state is not Module.set_extra_state,
            missing_keys=missing_keys,
            unexpected_keys=unexpected_keys,
            error_msgs=error_msgs,
            strict=strict,
        )

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies the entries of a `state_dict` into this module and those below.

        Args:
            state_dict: tensors by dotted name.
            strict: whether missing and unexpected names are an error.
            assign: whether to put the given tensors in place of the module's, instead of copying into them; they
                keep their dtype and device, and `requires_grad` of the module's parameter.

        Returns:
            The lists `missing_keys` and `unexpected_keys`.

        Raises:
            TypeError: `state_dict` is not a mapping.
            RuntimeError: names do not match (`strict`) or shapes differ; one line for each. Entries before and after
                a faulty one have been copied by then, as in torch.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing_keys: list[str] = []
        unexpected_keys: list[str] = []
        error_msgs: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)
        # A copy, because pre-hooks may change what they are given.
        entries: OrderedDict[str, Any] = OrderedDict(state_dict)
        if metadata is not None:
            entries._metadata = metadata  # type: ignore[attr-defined]

        def load(module: Module, entries: Mapping[str, Any], prefix: str) -> None:
            local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
            if assign:
                local_metadata["assign_to_params_buffers"] = assign
            module._load_from_state_dict(
                entries, prefix, local_metadata, True, missing_keys, unexpected_keys, error_msgs
            )
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {key: value for key, value in entries.items() if key.startswith(below)}, below)
            report = _IncompatibleKeys(missing_keys, unexpected_keys)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, report) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                        "values, if incompatible_keys need to be modified, it should be done inplace."
                    )

        load(self, entries, "")
        if strict:
            mismatches = [
                "{} key(s) in state_dict: {}. ".format(kind, ", ".join(f'"{key}"' for key in keys))
                for kind, keys in (("Missing", missing_keys), ("Unexpected", unexpected_keys))
                if keys
            ]
            error_msgs = mismatches + error_msgs
        if error_msgs:
            lines = "\n\t".join(error_msgs)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        return _IncompatibleKeys(missing_keys, unexpected_keys)

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, prefix, keep_vars)` before this module writes its entries."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, state_dict, prefix, local_metadata)` after; it may change `state_dict` in place."""
        hook._from_public_api = True  # type: ignore[attr-defined]
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls a hook before this module reads its entries.

        It is called as `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)` and may change what it is given in place.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        return add_hook(self._load_state_dict_pre_hooks, _ModuleHook(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, incompatible_keys)` after this module and those below are loaded."""
        return add_hook(self._load_state_dict_post_hooks, hook)

    # ---- hooks around forward and backward ---------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args)` before `forward`; a result that is not None replaces the arguments.

        Args:
            hook: returns None, one value, or the tuple of all positional arguments.
            prepend: whether it comes before the hooks already registered here.
            with_kwargs: whether it is called as `hook(module, args, kwargs)` and returns None or `(args, kwargs)`.
        """
        return add_hook(
            self._forward_pre_hooks,
            hook,
            prepend=prepend,
            marks=((self._forward_pre_hooks_with_kwargs, with_kwargs),),
        )

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args, output)` after `forward`; a result that is not None replaces the output.

        Args:
            hook: returns None or the new output.
            prepend: whether it comes before the hooks already registered here.
            with_kwargs: whether it is called as `hook(module, args, kwargs, output)`.
            always_call: whether it is called also when `forward` raises.
        """
        return add_hook(
            self._forward_hooks,
            hook,
            prepend=prepend,
            marks=(
                (self._forward_hooks_with_kwargs, with_kwargs),
                (self._forward_hooks_always_called, always_call),
            ),
        )

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_output)` in backward, before the module's gradients are computed.

        A result that is not None replaces `grad_output` (a tuple, one entry per output). Differs from torch: a call
        with several outputs that require a gradient raises NotImplementedError.
        """
        return add_hook(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` in backward, once the gradient of the input is known.

        Both are tuples with one entry per positional argument or output, None where there is no gradient; a result
        that is not None replaces `grad_input`. Differs from torch: a call with several inputs that require a gradient
        (or with none, and several such outputs) raises NotImplementedError.
        """
        return add_hook(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Refused: the old hook of torch sees gradients that depend on how a module is written inside.

        Raises:
            NotImplementedError: always; `register_full_backward_hook` is the one to use.
        """
        raise NotImplementedError(
            "torch.nn.Module.register_backward_hook is not implemented; use register_full_backward_hook"
        )

    # ---- printing ----------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of `repr(module)`, before the children; subclasses define it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {indent_following_lines(repr(child))}" for name, child in self._modules.items()]
        if not child_lines and len(extra_lines) <= 1:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join([*extra_lines, *child_lines])
        return f"{self._get_name()}(\n  {body}\n)"


class _ModuleHook:
    """A hook that gets its module first, held weakly so that the module's own hooks do not keep it alive."""

    def __init__(self, hook: Hook, module: Module) -> None:
        self.hook = hook
        self.module = weakref.ref(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        return (_ModuleHook, (self.hook, module))


def indent_following_lines(text: str) -> str:
    """Indents all lines but the first by two, leaving blank ones empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"  {line}" if line.strip() else "" for line in rest)])


def clear_gradient(parameter: Tensor, set_to_none: bool) -> None:
    """Forgets one gradient: None, or the same tensor, detached and filled with zeros."""
    gradient = parameter.grad
    if gradient is None:
        return
    if set_to_none:
        parameter.grad = None
        return
    if gradient.grad_fn is not None:
        gradient.detach_()
    else:
        gradient.requires_grad_(False)
    gradient.zero_()


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """The device, dtype, non_blocking and memory_format that the arguments of `Module.to` mean."""
    names = {"device", "dtype", "non_blocking", "memory_format", "tensor"}
    unknown = set(kwargs) - names
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument '{sorted(unknown)[0]}'")
    if args and isinstance(args[0], Tensor):
        order = ("tensor", "non_blocking")
    elif args and isinstance(args[0], _C.dtype):
        order = ("dtype", "non_blocking")
    else:
        order = ("device", "dtype", "non_blocking")
    if len(args) > len(order):
        raise TypeError(f"to() takes at most {len(order)} positional arguments but {len(args)} were given")
    given: dict[str, Any] = dict(zip(order, args, strict=False))
    repeated = set(given) & set(kwargs)
    if repeated:
        raise TypeError(f"to() got multiple values for argument '{sorted(repeated)[0]}'")
    given.update(kwargs)
    tensor = given.get("tensor")
    device, dtype = given.get("device"), given.get("dtype")
    if tensor is not None:
        if device is not None or dtype is not None:
            raise TypeError("to() takes a tensor or a device and dtype, not both")
        device, dtype = tensor.device, tensor.dtype
    if device is not None and not isinstance(device, _C.device):
        device = _C.device(device)
    if dtype is not None and not isinstance(dtype, _C.dtype):
        raise TypeError(f"to(): dtype must be a torch.dtype, not {typename(dtype)}")
    return device, dtype, bool(given.get("non_blocking", False)), given.get("memory_format")
