"""Writes the type stubs of `flashlight._C` from its function table and from `extension.pyi`; refuses to invent a type.

`python tools/stubs.py` writes python/flashlight/_C/*.pyi; with `--check` it fails where they are stale.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from flashlight import _C
from flashlight._missing import MissingAttribute

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "python" / "flashlight" / "_C"
EXTENSION = Path(__file__).parent / "extension.pyi"

NOTICE = (
    "# Written by tools/stubs.py from the function table and tools/extension.pyi; `make generate` writes it again.\n"
)

KINDS = {
    "Tensor": "Tensor",
    "Operand": "Tensor | _Number",
    "Tensors": "Sequence[Tensor]",
    "each": "Sequence[Tensor]",
    "Number": "_Number",
    "int": "_int",
    "float": "_float",
    "bool": "_bool",
    "ints": "_Ints",
    "floats": "Sequence[_float] | _float",
    "entries": "Sequence[_int | None] | _int",
    "size": "Sequence[_int]",
    "dtype": "_DType",
    "device": "_Device",
    "str": "_str",
    "Generator": "Generator",
    "Any": "Any",
}
"""What a parameter of each kind takes: the kinds are those of frontend/src/function/signature.rs."""

RETURNS = KINDS | {
    "Number": "_Real",
    "Tensors": "tuple[Tensor, ...]",
    "ints": "tuple[_int, ...]",
    "Size": "Size",
    "dtype": "_dtype",
    "device": "_device",
}

MODULES = {"functional": "_nn", "linalg": "linalg", "special": "special", "fft": "_fft", "windows": "_windows"}
"""The place of a row, and the module of the extension that it is."""


def shown(name: str, place: str) -> str:
    """The name of a function in a place: `linalg_norm` is `norm` in `torch.linalg`."""
    return name.removeprefix(f"{place}_")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a signature of the table."""

    kind: str
    name: str
    default: str | None
    keyword_only: bool

    @property
    def optional(self) -> bool:
        """Whether None may be given."""
        return self.kind.endswith("?") or self.default == "None"

    def typed(self, kind: str | None = None) -> str:
        """As Python declares it; `kind` is another type for it."""
        kind = kind or KINDS[self.kind.removesuffix("?")]
        kind = f"{kind} | None" if self.optional and kind != "Any" else kind
        name = f"{self.name}_" if keyword.iskeyword(self.name) else self.name
        return f"{name}: {kind}" if self.default is None else f"{name}: {kind} = {self.default}"


def parsed(signature: str) -> list[Parameter]:
    """The parameters of `(Kind name, Kind? name=default, *, ...)`."""
    parameters: list[Parameter] = []
    keyword_only = False
    depth, part = 0, ""
    for letter in signature.strip()[1:-1] + ",":
        depth += (letter in "[(") - (letter in "])")
        if letter != "," or depth:
            part += letter
            continue
        declared, part = part.strip(), ""
        if declared == "*":
            keyword_only = True
        elif declared:
            declared, _, default = declared.partition("=")
            kind, _, name = declared.strip().partition(" ")
            parameters.append(Parameter(kind, name, default.strip() or None, keyword_only))
    return parameters


def declarations(row: dict, name: str, *, method: bool = False, in_place: bool = False) -> list[str]:
    """Every way to call a function of the table: `(parameters) -> result`, without repetitions."""
    out = "out" in row["places"] and not in_place and not method
    ways: list[str] = []
    for signature, returns in zip(row["signatures"], row["returns"], strict=True):
        parameters = parsed(signature)
        # A number has no methods, and nothing can be written into it.
        if (method or in_place) and parameters and parameters[0].kind == "Number":
            continue
        if method:
            parameters = parameters[1:]
        returns = "Tensor" if in_place else returns
        ways += _ways(parameters, returns, method=method, out=out)
    return [f"def {name}({parameters}) -> {result}:" for parameters, result in dict.fromkeys(ways)]


def _ways(parameters: list[Parameter], returns: str, *, method: bool, out: bool) -> list[tuple[str, str]]:
    by_position = [p for p in parameters if not p.keyword_only]
    by_keyword = [p for p in parameters if p.keyword_only]
    variants: list[tuple[list[str], list[str], str]] = []
    if " | " in returns:
        # The last parameter decides: the first result is that of its default.
        without, given = returns.split(" | ")
        last = parameters[-1]
        plain = [p.typed() for p in by_position if p is not last]
        decides = f"{last.name}: {'Literal[True]' if last.kind == 'bool' else KINDS[last.kind.removesuffix('?')]}"
        unset = [f"{last.name}: Literal[False] = False" if last.kind == "bool" else f"{last.name}: None = None"]
        if last.keyword_only:
            variants = [(plain, unset, RETURNS[without]), (plain, [decides], RETURNS[given])]
        elif any("=" in p for p in plain):
            # Behind defaults it can be required by keyword alone.
            variants = [([*plain, *unset], [], RETURNS[without]), (plain, [decides], RETURNS[given])]
        else:
            variants = [([*plain, *unset], [], RETURNS[without]), ([*plain, decides], [], RETURNS[given])]
    else:
        result = f"_{'_'.join(_fields(returns))}" if returns.startswith("(") else RETURNS[returns]
        keywords = [p.typed() for p in by_keyword]
        variants.append(([p.typed() for p in by_position], keywords, result))
        one_by_one = {"size": "_int", "each": "Tensor"}.get(by_position[-1].kind) if by_position else None
        if one_by_one:
            spread = [*(p.typed() for p in by_position[:-1]), f"*{by_position[-1].name}: {one_by_one}"]
            variants.append((spread, keywords, result))
    ways = []
    for positional, keywords, result in variants:
        if out:
            keywords = [*keywords, f"out: {'Sequence[Tensor]' if returns.startswith('(') else 'Tensor'} | None = None"]
        star = [] if not keywords or any(p.startswith("*") for p in positional) else ["*"]
        # A parameter without a default cannot follow one that has a default, even where Python's position says so.
        ways.append((", ".join([*(["self"] if method else []), *positional, *star, *keywords]), result))
    return ways


def _fields(returns: str) -> list[str]:
    return returns[1:-1].split(", ")


def stub(row: dict, name: str, *, method: bool = False, in_place: bool = False) -> str:
    """The declarations of one name, the documentation below the first."""
    ways = declarations(row, name, method=method, in_place=in_place)
    lines = []
    for i, way in enumerate(ways):
        if len(ways) > 1:
            lines.append("@overload")
        if i > 0:
            lines.append(f"{way} ...")
            continue
        lines += [way, textwrap.indent(documentation(row, in_place), "    ")]
    return "\n".join(lines) + "\n"


def documentation(row: dict, in_place: bool) -> str:
    """The docstring: what the row says."""
    text = row["doc"].replace("\\", "\\\\")
    if in_place:
        text = f"Writes its result into the tensor. {text}"
    wrapped = textwrap.fill(text, 100)
    return f'"""{wrapped}"""' if "\n" not in wrapped else f'"""{wrapped}\n"""'


def names_of(row: dict) -> list[tuple[str, bool]]:
    """The names of a row: its own and that of its in-place twin."""
    return [(row["name"], False), *([(row["name"] + "_", True)] if "in_place" in row["places"] else [])]


def stubs() -> dict[Path, str]:
    """Every file and its text."""
    rows = sorted(_C._functions(), key=lambda row: row["name"])
    tables: dict[str, list[str]] = {"torch": [], "method": [], **{place: [] for place in MODULES}}
    public: dict[str, list[str]] = {place: [] for place in tables}
    for row in rows:
        for name, in_place in names_of(row):
            for place in row["places"]:
                if place == "property":
                    tables["method"].append(f"@property\n{stub(row, name, method=True)}")
                    public["method"].append(name)
                elif place in tables:
                    named = shown(name, place)
                    tables[place].append(stub(row, named, method=place == "method", in_place=in_place))
                    public[place].append(named)
    tuples = {r for row in rows for r in row["returns"] if r.startswith("(")}
    classes = "".join(
        f"class _{'_'.join(_fields(fields))}(NamedTuple):\n" + "".join(f"    {f}: Tensor\n" for f in _fields(fields))
        for fields in sorted(tuples)
    )
    template = EXTENSION.read_text()
    refuse_misfits(template, set(public["torch"]), set(public["method"]))
    template = template[template.index("import builtins") :]
    main = template.replace("# FUNCTIONS\n", classes + "\n".join(tables["torch"]))
    main = main.replace("    # METHODS\n", textwrap.indent("\n".join(tables["method"]), "    "))
    files = {FOLDER / "__init__.pyi": NOTICE + main + "\n" + listed(sorted(_C.__all__))}
    head = (
        "from collections.abc import Sequence\n"
        "from typing import Any, Literal, overload\n\n"
        "from flashlight._C import (\n    Generator,\n    Tensor,\n    _bool,\n    _Device,\n    _DType,\n    _float,\n"
        "    _int,\n    _Ints,\n    _Number,\n    _str,\n"
    )
    for place, module in MODULES.items():
        body = "\n".join(tables[place])
        named = sorted({f"_{'_'.join(_fields(fields))}" for fields in tuples})
        used = "".join(f"    {name},\n" for name in named if re.search(rf"\b{name}\b", body))
        text = NOTICE + head + used + ")\n\n" + body + "\n" + listed(sorted(public[place]))
        files[FOLDER / f"{module}.pyi"] = text
    for path, text in files.items():
        ast.parse(text, path.name)
    return files


def listed(names: list[str]) -> str:
    """`__all__`, a name a line."""
    return "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


def refuse_misfits(template: str, functions: set[str], methods: set[str]) -> None:
    """Exits where extension.pyi and what Python sees beside the table's names differ in a name or a parameter."""
    tree = ast.parse(template)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    others = {name: getattr(_C, name) for name in dir(_C) if name not in functions}
    wrong = compare("_C", declared(tree.body), others, {"__version__"})
    for name in ("Tensor", "Generator", "Node", "dtype", "device", "_TensorHook"):
        hidden = methods if name == "Tensor" else set()
        found = vars(getattr(_C, name))
        actual = {n: m for n, m in found.items() if n not in hidden and not isinstance(m, MissingAttribute)}
        wrong += compare(name, declared(classes[name].body), actual, set())
    if wrong:
        sys.exit("tools/extension.pyi does not fit the extension:\n" + "\n".join(f"  {line}" for line in wrong))


def declared(body: list[ast.stmt]) -> dict[str, list[str] | None]:
    """The names of a body, each with its parameters where it is a function."""
    names: dict[str, list[str] | None] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            of = node.args
            plain = [a.arg for a in (*of.posonlyargs, *of.args, *of.kwonlyargs)]
            is_property = any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)
            names[node.name] = None if is_property or of.vararg else plain
        elif isinstance(node, ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = None
        elif isinstance(node, ast.ImportFrom) and node.module == "flashlight._C":
            names |= dict.fromkeys(alias.name for alias in node.names)
    return names


def compare(where: str, ours: dict[str, list[str] | None], actual: dict[str, object], also: set[str]) -> list[str]:
    """What is declared and absent, present and not declared, or declared with other parameters."""
    present = {n for n in actual if not n.startswith("__") or n in also}
    written = {n for n in ours if not n.startswith("__") or n in also}
    if where == "_C":
        written -= {n for n in ours if n in ALIASES}
    wrong = [f"{where}.{name}: the extension has no such name" for name in sorted(written - present)]
    wrong += [f"{where}.{name}: not declared" for name in sorted(present - written)]
    for name in sorted(present & written):
        parameters = ours[name]
        try:
            signature = inspect.signature(actual[name])  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if parameters is not None and [p.name for p in signature.parameters.values()] != parameters:
            wrong.append(f"{where}.{name}: the extension has {signature}, declared is ({', '.join(parameters)})")
    return wrong


ALIASES = {
    *("_int", "_float", "_bool", "_str", "_complex", "_Number", "_Real", "_dtype", "_device", "_layout"),
    *("_DType", "_Device", "_Ints"),
}
"""Names of types, which only the stub has."""


def main() -> None:
    """Writes the stubs, or with `--check` compares them."""
    files = stubs()
    if "--check" in sys.argv[1:]:
        stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
        if stale:
            sys.exit(f"stale: {', '.join(str(p.relative_to(REPOSITORY)) for p in stale)}; run: make generate")
        return
    FOLDER.mkdir(exist_ok=True)
    for path, text in files.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
