"""Writes docs/coverage.md: which of torch's names Flashlight has, has in part, and lacks, and what op_db says of them.

`python tools/coverage.py` writes it; with `--check` it fails where the committed page is not what it would write.
Torch's names are read from python/flashlight/torch_interface.txt, and the verdicts of torch's operator database from
tests/python/op_db/verdicts.txt (`python -m op_db --write` judges and writes them), so torch need not be installed.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

from stubs import MODULES, names_of, parsed, shown

import flashlight
from flashlight import _C
from flashlight._missing import interface

REPOSITORY = Path(__file__).parents[1]
PAGE = REPOSITORY / "docs" / "coverage.md"
VERDICTS = REPOSITORY / "tests" / "python" / "op_db" / "verdicts.txt"
EXCLUSIONS = REPOSITORY / "tests" / "python" / "op_db" / "exclusions.txt"

TITLES = {
    "torch": "torch",
    "torch.Tensor": "torch.Tensor",
    "torch.nn.functional": "torch.nn.functional",
    "torch.nn": "torch.nn",
    "torch.nn.init": "torch.nn.init",
    "torch.nn.utils": "torch.nn.utils",
    "torch.optim": "torch.optim",
    "torch.optim.lr_scheduler": "torch.optim.lr_scheduler",
    "torch.utils.data": "torch.utils.data",
    "torch.autograd": "torch.autograd",
    "torch.linalg": "torch.linalg",
    "torch.special": "torch.special",
    "torch.fft": "torch.fft",
    "torch.signal.windows": "torch.signal.windows",
    "torch.random": "torch.random",
    "torch.compiler": "torch.compiler",
    "torch.cuda": "torch.cuda",
    "torch.mps": "torch.mps",
    "torch.backends": "torch.backends",
}

HEAD = """\
# What of torch there is

Written by `tools/coverage.py` from the function table and the package: `make generate` writes it again, and `make test`
fails where it is stale. Torch's names and parameters are those of torch {release}.

A name counts as present where it exists and takes every parameter of torch's; as in part where parameters are missing,
which are named here. Whatever is missing raises `NotImplementedError` with torch's name. How functions behave is judged
by torch's own operator database: [op_db](#op_db), at the end.

| | present | in part | missing |
| --- | --- | --- | --- |
"""


def taken() -> dict[str, set[str]]:
    """The parameters of the functions of the table, by torch's name; an attribute takes none."""
    found: dict[str, set[str]] = {}
    namespaces = {"torch": "torch", "method": "torch.Tensor", **{place: f"torch.{place}" for place in MODULES}}
    namespaces |= {"functional": "torch.nn.functional", "windows": "torch.signal.windows"}
    for row in _C._functions():
        for name, in_place in names_of(row):
            names = {p.name for signature in row["signatures"] for p in parsed(signature)}
            for place, namespace in namespaces.items():
                if place in row["places"]:
                    out = {"out"} if "out" in row["places"] and not in_place and place != "method" else set()
                    found.setdefault(f"{namespace}.{shown(name, place)}", set()).update(names | out)
    return found


def holder(namespace: str) -> object | None:
    """The module or class of ours that stands for a namespace of torch."""
    if namespace == "torch.Tensor":
        return flashlight.Tensor
    try:
        return importlib.import_module(namespace.replace("torch", "flashlight", 1))
    except ModuleNotFoundError:
        return None


def lacking(namespace: str, name: str, wanted: list[str] | None, table: dict[str, set[str]]) -> list[str]:
    """The parameters of torch's that ours does not take."""
    if not wanted:
        return []
    ours = table.get(f"{namespace}.{name}")
    if ours is None:
        try:
            signature = inspect.signature(getattr(holder(namespace), name))
        except (TypeError, ValueError):
            return []
        if any(p.kind == p.VAR_KEYWORD for p in signature.parameters.values()):
            return []
        ours = set(signature.parameters)
        if len(ours) == 1 and any(p.kind == p.VAR_POSITIONAL for p in signature.parameters.values()):
            return []
    # The first one is given by position, and torch is not of one mind about its name.
    first = [] if namespace == "torch.Tensor" else wanted[:1]
    return [p for p in wanted if p not in ours and p not in first]


OPERATORS = """
## op_db

Torch's operator database (`torch.testing._internal.common_methods_invocations.op_db`) holds sample inputs for its
operators; Flashlight and torch run on all of them, in float32, or int64 or bool where an entry takes no floats.
*Forward*: the results agree in structure, element types and shapes strictly, in values to 1e-5, or to torch's own
distance between float32 and float64 where that is larger (1e-3 at most). *Gradient*: so do the gradients by every
input, to 1e-4. *Variants*: so do methods, in-place twins, `out=` and aliases. A pass shows the largest distance of any
element from torch's, as a power of ten that bounds it; a failure the number of the first sample that fails, and why.
Written from the verdicts in `tests/python/op_db/verdicts.txt`, to which `make test` holds every entry.

"""


def operators() -> str:
    """The section on torch's operator database."""
    rows = [line.split(" | ") for line in VERDICTS.read_text().splitlines() if not line.startswith("#")]
    sections = [OPERATORS, "| | pass | fail | nothing to judge |\n| --- | --- | --- | --- |\n"]
    for column, aspect in enumerate(("forward", "gradient", "variants"), 2):
        words = [row[column].partition(" ")[0] for row in rows]
        sections.append(f"| {aspect} | {' | '.join(str(words.count(w)) for w in ('pass', 'fail', 'none'))} |\n")
    sections.append("\n| entry | samples | forward | gradient | variants |\n| --- | --- | --- | --- | --- |\n")
    for name, count, *verdicts in rows:
        cells = [verdict.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_") for verdict in verdicts]
        sections.append(f"| `{name}` | {count} | {' | '.join('' if c == 'none' else c for c in cells)} |\n")
    sections.append("\n**Not judged**, and why:\n\n| entry | reason |\n| --- | --- |\n")
    for line in EXCLUSIONS.read_text().splitlines():
        if not line.startswith("#"):
            name, _, reason = line.partition(" | ")
            sections.append(f"| `{name}` | {reason} |\n")
    return "".join(sections)


def page() -> str:
    """The text of the page."""
    table = taken()
    release = (Path(flashlight.__file__).parent / "torch_interface.txt").read_text().split(maxsplit=3)[2].rstrip(":")
    summary, sections = [], []
    for namespace, title in TITLES.items():
        ours = holder(namespace)
        present, partial, missing = [], [], []
        for name, wanted in interface()[namespace].items():
            if ours is None or not hasattr(ours, name):
                missing.append(f"`{name}`")
            elif absent := lacking(namespace, name, wanted.split(", ") if wanted else None, table):
                partial.append(f"`{name}` (without {', '.join(f'`{p}`' for p in absent)})")
            else:
                present.append(f"`{name}`")
        anchor = title.lower().replace(".", "")
        summary.append(f"| [{title}](#{anchor}) | {len(present)} | {len(partial)} | {len(missing)} |")
        sections.append(f"\n## {title}\n")
        for label, names in (("Present", present), ("In part", partial), ("Missing", missing)):
            if names:
                sections.append(f"\n**{label}** ({len(names)}): {', '.join(names)}.\n")
    return HEAD.format(release=release) + "\n".join(summary) + "\n" + "".join(sections) + operators()


def main() -> None:
    """Writes the page, or with `--check` compares it."""
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit("stale: docs/coverage.md; run: make generate")
        return
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
