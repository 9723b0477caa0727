"""Holds the translation of torch's sample inputs and of the wrappers in its operator database to Flashlight."""

from __future__ import annotations

import functools
import types

import numpy
import torch

import flashlight


class Translator:
    """Translates the values of one call; the same tensor stays the same tensor."""

    def __init__(self) -> None:
        self.tensors: dict[int, flashlight.Tensor] = {}

    def __call__(self, value):
        """A value of Flashlight for one of torch, however nested."""
        if isinstance(value, torch.Tensor):
            if id(value) not in self.tensors:
                self.tensors[id(value)] = tensor(value)
            return self.tensors[id(value)]
        if isinstance(value, torch.Size):
            return flashlight.Size(value)
        if isinstance(value, dict):
            return {key: self(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self, value))
        if isinstance(value, slice):
            return slice(self(value.start), self(value.stop), self(value.step))
        return constant(value)


def tensor(value: torch.Tensor) -> flashlight.Tensor:
    """A tensor with the elements, strides and the place in its storage of one of torch's."""
    # A copy, for torch does not resize what numpy has seen.
    plain = copied(value.detach().resolve_conj().resolve_neg())
    own = elements(plain)
    if value.layout == torch.strided and not fills_its_storage(plain):
        line = torch.empty(0, dtype=plain.dtype).set_(plain.untyped_storage())
        own = elements(line).as_strided(tuple(plain.shape), plain.stride(), plain.storage_offset()).detach()
    return own.requires_grad_(value.requires_grad)


def fills_its_storage(value: torch.Tensor) -> bool:
    """Whether the elements are all that there are in the storage, in order."""
    return value.is_contiguous() and value.untyped_storage().nbytes() == value.numel() * value.element_size()


def copied(value: torch.Tensor) -> torch.Tensor:
    """A copy with the strides and the place in its storage."""
    if value.layout != torch.strided:
        return value.clone()
    storage = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage().clone())
    return storage.as_strided(value.shape, value.stride(), value.storage_offset())


def elements(value: torch.Tensor) -> flashlight.Tensor:
    """A contiguous tensor with the elements of one of torch's."""
    if value.dtype == torch.bfloat16:
        return flashlight.tensor(value.float().numpy()).to(flashlight.bfloat16)
    return flashlight.tensor(numpy.ascontiguousarray(value.numpy()).reshape(tuple(value.shape)))


def constant(value):
    """What of Flashlight's stands for a value of torch's that holds no tensors."""
    if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
        return getattr(flashlight, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return flashlight.device(str(value))
    if isinstance(value, torch.Generator):
        return flashlight.Generator().manual_seed(value.initial_seed())
    if isinstance(value, types.ModuleType):
        return module(value)
    if isinstance(value, functools.partial):
        return functools.partial(constant(value.func), *map(constant, value.args), **value.keywords)
    if isinstance(value, torch.nn.Module):
        return getattr(flashlight.nn, type(value).__name__)()
    if isinstance(value, type) and value.__module__.startswith("torch"):
        return getattr(flashlight, value.__name__, value)
    if callable(value) and not isinstance(value, type):
        return function(value)
    return value


def module(value: types.ModuleType):
    """The module of Flashlight that stands for one of torch's; another module stays."""
    path = value.__name__.split(".")
    return named(".".join(path[1:])) if path[0] == "torch" else value


def named(path: str):
    """What a dotted path of torch's, without `torch`, leads to in Flashlight."""
    return functools.reduce(getattr, filter(None, path.split(".")), flashlight)


def seeded(op, *args, **kwargs):
    """Calls with the seed that torch's wrapper of the same purpose sets."""
    flashlight.manual_seed(42)
    return op(*args, **kwargs)


REPLACED = {"wrapper_set_seed": seeded}


def function(value):
    """What of Flashlight's stands for a callable of torch's: by name, or written anew with our names in it."""
    home = getattr(value, "__module__", None) or ""
    name = getattr(value, "__name__", "")
    if isinstance(value, types.FunctionType) and home.startswith("torch.testing"):
        return REPLACED.get(name) or rewritten(value)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)) and home.startswith("torch"):
        owner = getattr(value, "__qualname__", "").rpartition(".")[0]
        if owner in ("Tensor", "TensorBase"):
            return getattr(flashlight.Tensor, name)
        if "._" in home:  # such as torch._C._linalg, whose functions are called linalg_...
            kind = home.rpartition("._")[2]
            name = name.removeprefix(f"{kind}_")
            home = {"linalg": "torch.linalg", "fft": "torch.fft", "special": "torch.special"}.get(kind, "torch")
            home = "torch.nn.functional" if kind == "nn" else home
        home = {"torch.functional": "torch", "torch._tensor": "torch.Tensor"}.get(home, home)
        return named(".".join([*home.split(".")[1:], name]))
    if isinstance(value, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return getattr(flashlight.Tensor, name)
    return value


@functools.cache
def rewritten(value: types.FunctionType):
    """A function with the same code, whose globals, defaults and closure are ours."""
    names = {"__builtins__": value.__globals__["__builtins__"]}
    cells = tuple(types.CellType() for _ in value.__closure__ or ())
    defaults = tuple(map(constant, value.__defaults__ or ()))
    result = types.FunctionType(value.__code__, names, value.__name__, defaults, cells)
    for name in mentioned(value.__code__):
        if name in REPLACED:
            names[name] = REPLACED[name]
        elif name in value.__globals__:
            other = value.__globals__[name]
            names[name] = result if other is value else constant(other)
    for own, cell in zip(cells, value.__closure__ or (), strict=True):
        own.cell_contents = result if cell.cell_contents is value else constant(cell.cell_contents)
    result.__kwdefaults__ = {key: constant(entry) for key, entry in (value.__kwdefaults__ or {}).items()}
    return result


def mentioned(code: types.CodeType):
    """The global names that code mentions, that of functions within it too."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from mentioned(inner)


def result(value):
    """A value of torch for one of Flashlight, however nested."""
    if isinstance(value, flashlight.Tensor):
        plain = value.detach()
        if plain.dtype == flashlight.bfloat16:
            return torch.from_numpy(numpy.array(plain.float().numpy())).to(torch.bfloat16)
        return torch.from_numpy(numpy.array(plain.numpy()))
    if isinstance(value, (list, tuple)):
        return [result(entry) for entry in value]
    return value
