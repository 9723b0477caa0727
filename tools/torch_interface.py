"""Writes python/flashlight/torch_interface.txt, torch's public names with their parameters, from the installed torch.

For whoever moves to another release of torch: nothing else needs torch to know its names. Holds no knowledge of ours.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import torch

FILE = Path(__file__).parents[1] / "python" / "flashlight" / "torch_interface.txt"

NAMESPACES = [
    "torch",
    "torch.Tensor",
    "torch.autograd",
    "torch.backends",
    "torch.compiler",
    "torch.cuda",
    "torch.fft",
    "torch.linalg",
    "torch.mps",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.random",
    "torch.signal",
    "torch.signal.windows",
    "torch.special",
    "torch.utils.data",
]


def schemas() -> dict[str, list[str]]:
    """The parameters of the native functions, over all their overloads, in order of appearance."""
    found: dict[str, list[str]] = {}
    for schema in torch._C._jit_get_all_schemas():
        if not schema.name.startswith("aten::") or "name" in schema.overload_name.lower():
            continue
        if not any("Tensor" in str(part.type) for part in (*schema.arguments, *schema.returns)):
            continue  # TorchScript's, on Python's numbers
        if schema.arguments and schema.arguments[0].name == "a":
            continue  # TorchScript's, on lists
        names = found.setdefault(schema.name.removeprefix("aten::"), [])
        for argument in schema.arguments:
            name = "out" if argument.is_out else argument.name
            if name not in names:
                names.append(name)
    return found


SCHEMAS = schemas()
PREFIXES = {"torch.linalg": "linalg_", "torch.special": "special_", "torch.fft": "fft_"}


def parameters(namespace: str, name: str, value: object) -> list[str] | None:
    """The names of what a callable takes; None where torch does not tell, `*` where it takes anything."""
    is_method = namespace == "torch.Tensor"
    if is_method and not callable(value):
        return None
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        native = PREFIXES.get(namespace, "") + name
        found = SCHEMAS.get(native) or SCHEMAS.get(name)
        if found is None:
            return documented(value)
        if is_method:
            return [n for n in found if n not in ("self", "out")]
        return ["input" if n == "self" else n for n in found]
    names = [p.name for p in signature.parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [n for n in names if n != "self" and not n.startswith("_")]


def documented(value: object) -> list[str]:
    """The parameters of the signature with which the documentation begins."""
    text = value.__doc__
    match = re.match(r"\s*\w*\(([^)]*)\)", text) if isinstance(text, str) else None
    if match is None:
        return []
    names = [part.partition("=")[0].partition(":")[0].strip().lstrip("*") for part in match[1].split(",")]
    return [n for n in names if n.isidentifier()]


def public(namespace: str, holder: object) -> Iterator[str]:
    """The names that are torch's interface: exported, or documented where there is no list of exports."""
    is_class = isinstance(holder, type)
    exported = set(getattr(holder, "__all__", ()))
    for name in sorted(set(dir(holder)) | exported):
        value = getattr(holder, name, None)
        if name.startswith("_") or "torch_function" in name or "(arg0: " in str(getattr(value, "__doc__", "")):
            continue
        if isinstance(value, ModuleType):
            # Of torch itself, and no internal one that it happens to import.
            if value.__name__ == f"{namespace}.{name}" and (namespace != "torch" or name in MODULES):
                yield name
        elif is_class:
            if callable(value) and not value.__doc__ and SCHEMAS.get(name) is None:
                continue
            yield name
        elif isinstance(value, type) or callable(value):
            of_torch = (getattr(value, "__module__", None) or "torch").startswith("torch")
            if of_torch and (value.__doc__ or name in CLASSES) and (name in exported or not exported):
                yield name
        elif isinstance(value, (torch.dtype, torch.layout, torch.memory_format, float)) or name == "newaxis":
            yield name


CLASSES = {"Generator", "Size", "Tensor", "device", "dtype", "finfo", "iinfo", "layout", "memory_format"}
"""Classes of torch's interface that come without documentation; the others without it are TorchScript's."""

MODULES = {
    *(
        "amp",
        "autograd",
        "backends",
        "compiler",
        "cpu",
        "cuda",
        "distributed",
        "distributions",
        "export",
        "fft",
        "func",
    ),
    *("futures", "fx", "hub", "jit", "library", "linalg", "masked", "mps", "mtia", "multiprocessing", "nested", "nn"),
    *("onnx", "optim", "overrides", "package", "profiler", "quantization", "random", "signal", "sparse", "special"),
    *("storage", "testing", "types", "utils", "version", "xpu"),
}


def main() -> None:
    """Writes the file."""
    lines = [f"# torch {torch.__version__.partition('+')[0]}: its public names; written by tools/torch_interface.py"]
    for namespace in NAMESPACES:
        holder = eval(namespace, {"torch": torch})
        for name in public(namespace, holder):
            value = getattr(holder, name, None)
            is_called = callable(value) and not isinstance(value, ModuleType)
            taken = parameters(namespace, name, value) if is_called else None
            lines.append(f"{namespace}.{name}" + ("" if taken is None else f"({', '.join(taken)})"))
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
