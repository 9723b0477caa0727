"""Holds `flashlight.inspect`: what compiled functions became, and why; and what FLASHLIGHT_DUMP writes of it."""

from __future__ import annotations

import html
import os
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from flashlight._compile import OptimizedModule

__all__ = ["Inspection", "Program", "inspect"]

# How many names of a kind, and how many rules and lines, a report lists.
_MOST_NAMES = 8
_MOST_LINES = 12
_WIDTH = 110
_INDENT = " " * 13
_MEMORY = ("parameters", "peak", "recorded", "updates", "reused")


class Program:
    """One recorded program of a compiled function.

    Attributes:
        name: the function's.
        arguments: what calls it stands for.
        traced: the program as recorded, each node with the user's line and the path of the module that was called.
        differentiated: the same with the gradients of its outputs, or None where it has none to give.
        optimised: the program that runs.
        fused: the same with its elementwise work in regions, or None where there is none.
        backward: the program that computes its outputs' gradients, or None.
        plan: the calls in the order in which they run, and what they free.
        memory: bytes of the plan: "parameters", the most in use at once beside them ("peak"), the same in the order of
            the recording ("recorded"), what the updates of states take at most beside what is in use when they begin
            ("updates"), and what takes the memory of an operand ("reused").
        peak: the most bytes in use at once beside the parameters.
        reports: what the optimiser did to `optimised` and to `backward`, as text.
        cost: for each, the cost before and after, in femtoseconds of the device's table.
        permutes: for each, the permutes recorded, those of them that copied, and those that copy now.
        left: for each permute that copies now: its type, the permutation, why it is there, the user's lines.
        rules: for each rule that fired: its name, how often, how far it may change numbers, where it stands.
        regions: how many regions of elementwise work there are, and how many calls they hold.
        inputs: what the call gives: name, type.
        captured: what it reads besides: kind ("tensor", "gradient", "generator", or "frozen" of elements that were made
            while it was recorded), name, type.
        permuted: states that are kept with their axes in another order: name, permutation. Outside they are as ever.
        written: what it leaves changed.
        guards: what it relies on in Python; where that changes, the function is recorded again.
        unguarded: what it relies on and cannot see change.
        numbers: floats that it takes anew in each run.
        decisions: the questions about elements that it was recorded with.
        sources: the user's lines it was recorded from.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.name: str = facts["name"]
        self.arguments: str = facts["arguments"]
        self.traced: str = facts["traced"]
        self.differentiated: str | None = facts["differentiated"]
        self.optimised: str = facts["optimised"]
        self.fused: str | None = facts["fused"]
        self.regions: tuple[int, int] = facts["regions"]
        self.backward: str | None = facts["backward"]
        self.plan: str | None = facts["plan"]
        self.memory: dict[str, int] = dict(zip(_MEMORY, facts["memory"] or (), strict=False))
        self.peak: int | None = self.memory.get("peak")
        self.nodes: tuple[int, int] = facts["nodes"]
        self._optimised: list[dict[str, Any]] = facts["reports"]
        self.reports: list[str] = [report["text"] for report in self._optimised]
        self.cost: list[tuple[int, int]] = [report["cost"] for report in self._optimised]
        self.permutes: list[tuple[int, int, int]] = [report["permutes"][:3] for report in self._optimised]
        self.left: list[tuple[str, list[int], str, list[str]]] = [
            left for report in self._optimised for left in report["left"]
        ]
        self.rules: list[tuple[str, int, str | None, str | None]] = [
            rule for report in self._optimised for rule in report["rules"]
        ]
        self.seconds: float = sum(report["seconds"] for report in self._optimised)
        self.e_nodes: int = sum(report["e_nodes"] for report in self._optimised)
        self.inputs: list[tuple[str, str]] = facts["inputs"]
        self.captured: list[tuple[str, str, str]] = facts["captured"]
        self.permuted: list[tuple[str, list[int]]] = facts["permuted"]
        self.written: list[str] = facts["written"]
        self.guards: list[str] = facts["guards"]
        self.unguarded: list[str] = facts["unguarded"]
        self.numbers: list[str] = facts["numbers"]
        self.frozen_numbers: int = facts["frozen_numbers"]
        self.decisions: list[str] = facts["decisions"]
        self.sources: list[str] = facts["sources"]

    def stages(self) -> dict[str, str]:
        """The program at each stage, by name, in order."""
        all_stages = {
            "traced": self.traced,
            "differentiated": self.differentiated,
            "optimised": self.optimised,
            "fused": self.fused,
            "backward": self.backward,
            "plan": self.plan,
        }
        return {name: text for name, text in all_stages.items() if text is not None}

    def __str__(self) -> str:
        rows = [("inputs", _listed([f"{name} {type}" for name, type in self.inputs]) or "none")]
        kinds = [("tensor", "captured"), ("gradient", "gradients"), ("generator", "generators"), ("frozen", "frozen")]
        for kind, title in kinds:
            rows.append((title, _listed([f"{name} {type}" for of, name, type in self.captured if of == kind])))
        rows += [
            ("permuted", _listed([f"{name} by {perm}" for name, perm in self.permuted])),
            ("writes", _listed(_counted(self.written))),
            ("relies on", _listed(_grouped(self.guards), between="\n")),
            ("can't see", _listed(self.unguarded)),
            ("decides on", _listed(self.decisions)),
            ("numbers", _listed(self.numbers)),
        ]
        lines = [_row(title, text) for title, text in rows if text]
        for title, report in zip(("program", "backward"), self._optimised, strict=False):
            lines += _optimised(title if len(self.reports) > 1 else "", report)
        if not self.reports:
            lines.append(_row("nodes", f"{self.nodes[1]}, as recorded (numerics='none')"))
        if self.fused:
            lines.append(_row("regions", "{} of elementwise work, {} calls in them".format(*self.regions)))
        if self.memory:
            lines.append(_row("memory", _remembered(self.memory)))
        lines.append(_row("lines", _listed(_by_line(self.sources), most=_MOST_LINES, between="\n")))
        return "\n".join(lines)

    __repr__ = __str__


class Inspection:
    """What a compiled function became; prints as a report.

    Attributes:
        programs: the recorded programs, those that ran last first.
        reasons: why each recording was made, in order.
        traces: how often the function was recorded.
        runs: how often a program ran.
    """

    def __init__(self, compiled: Any) -> None:
        self.programs = [Program(facts) for facts in compiled.programs()]
        self.reasons: list[str] = compiled.reasons
        self.traces, self.runs = compiled.counts
        self.name: str = self.programs[0].name if self.programs else "compiled function"

    def _heading(self) -> str:
        programs = f"{len(self.programs)} program" + ("s" if len(self.programs) != 1 else "")
        return f"{self.name}: {programs}, recorded {self.traces} times, ran {self.runs} times"

    def __str__(self) -> str:
        parts = [self._heading()]
        shown = list(enumerate(self.reasons, 1))
        if len(shown) > _MOST_LINES:
            parts.append(f"  … {len(shown) - _MOST_LINES} recordings before")
        parts += [f"  recording {i}: {reason}" for i, reason in shown[-_MOST_LINES:]]
        for i, program in enumerate(self.programs, 1):
            parts += ["", f"program {i}", str(program)]
        return "\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def pre(text: str) -> str:
            return f"<pre>{html.escape(text)}</pre>"

        def details(title: str, text: str) -> str:
            return f"<details><summary>{html.escape(title)}</summary>{pre(text)}</details>"

        parts = [f"<b>{html.escape(self._heading())}</b>"]
        for i, program in enumerate(self.programs, 1):
            parts.append(f"<h4>program {i}</h4>{pre(str(program))}")
            parts += [details(name, text) for name, text in program.stages().items()]
        return "".join(parts)

    def dump(self, folder: str | Path) -> None:
        """Writes each stage of each program into a folder of its own: `0001-step/1-traced.fl`, …, `report.txt`.

        Folders that are there already stay as they are; the new ones take the next numbers.
        """
        for program in self.programs:
            _write(program, Path(folder))


def _listed(items: list[str], most: int = _MOST_NAMES, between: str = ", ") -> str:
    shown = items[:most]
    if len(items) > most:
        shown = [*shown, f"… and {len(items) - most} more"]
    return between.join(shown)


def _counted(items: list[str]) -> list[str]:
    """Each once, with how often it was there."""
    return [text if count == 1 else f"{count} x {text}" for text, count in Counter(items).items()]


def _grouped(guards: list[str]) -> list[str]:
    """What is relied on, with the names of one function, and the classes of modules, in one line."""
    groups: dict[str, list[str]] = {}
    for guard in guards:
        name = re.fullmatch(r"the (global|variable|attribute) '(.*)' of (\S+)", guard)
        module = re.fullmatch(r"attributes of (\S+), training=(\w+)(?: \((\d+) modules\))?", guard)
        if name:
            groups.setdefault(f"{name[1]}s of {name[3]}: ", []).append(name[2])
        elif module:
            times = f"{module[3]} x " if module[3] else ""
            groups.setdefault(f"attributes of modules (training={module[2]}): ", []).append(times + module[1])
        else:
            groups.setdefault(guard, [])
    return [title + _listed(names) for title, names in groups.items()]


def _by_line(sources: list[str]) -> list[str]:
    """The user's lines, each once for a module, with the functions it calls there."""
    lines: dict[str, list[str]] = {}
    for source in sources:
        place, _, function = source.removesuffix(")").partition(" (")
        functions = lines.setdefault(place, [])
        if function not in functions:
            functions.append(function)
    return [f"{place} ({_listed(functions, most=6)})" for place, functions in lines.items()]


def _row(title: str, text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, _WIDTH - len(_INDENT), subsequent_indent="  ", break_on_hyphens=False) or [""]
    first = f"  {title:<{len(_INDENT) - 2}}{lines[0]}"
    return "\n".join([first, *(_INDENT + line for line in lines[1:])])


def _time(femtoseconds: int) -> str:
    microseconds = femtoseconds / 1e9
    return f"{microseconds / 1000:.2f} ms" if microseconds >= 1000 else f"{microseconds:.1f} us"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def _remembered(memory: dict[str, int]) -> str:
    peak, recorded = _bytes(memory["peak"]), _bytes(memory["recorded"])
    text = f"{_bytes(memory['parameters'])} of parameters, and at most {peak} beside them"
    if recorded != peak:
        text += f" ({recorded} in the order of the recording)"
    return text + f"; updates in place, {_bytes(memory['updates'])} at most beside that"


def _optimised(title: str, report: dict[str, Any]) -> list[str]:
    """What the optimiser did to one graph."""
    lines = [f"  -- {title}"] if title else []
    before, after = report["cost"]
    saved = f" ({100 * (after - before) / before:+.0f} %)" if before else ""
    lines.append(_row("cost", f"{_time(before)} -> {_time(after)}{saved}"))
    lines.append(_row("nodes", f"{report['nodes'][0]} -> {report['nodes'][1]}"))
    recorded, copied, left, free = report["permutes"]
    text = f"{recorded} recorded, {copied} of them copied -> {left} copies left, {free} free"
    for type, perm, reason, sources in report["left"]:
        text += f"\n{type} by {perm}: {reason}"
        if sources:
            text += "\n    at " + _listed(sources, most=3)
    lines.append(_row("permutes", text))
    rules = sorted(report["rules"], key=lambda rule: -rule[1])
    named = [f"{times:>5} x {name}" + (f" [{numerics}]" if numerics else "") for name, times, numerics, _ in rules]
    total = sum(times for _, times, *_ in rules)
    if rules:
        lines.append(_row("rules", f"{len(rules)} fired, {total} times"))
        shown = named[:_MOST_LINES]
        lines += [_INDENT + name for name in shown]
        if len(named) > len(shown):
            lines.append(f"{_INDENT}      … and {len(named) - len(shown)} more")
    lines.append(
        _row(
            "e-graph",
            f"{report['e_nodes']:,} nodes in {report['classes']:,} classes, {report['stop']} after "
            f"{report['iterations']} iterations, {report['seconds']:.3f} s",
        )
    )
    return lines


def _write(program: Program, folder: Path) -> Path:
    """Writes a program's stages into a new folder of `folder`, with a number that no other process has taken."""
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("[0-9]*-*"))
    while True:
        number += 1
        # Making a folder works for one process, and says to the others that it is there.
        claim = folder / f".{number:04}"
        try:
            claim.mkdir()
        except FileExistsError:
            continue
        # Another process may have been here and be done.
        if not any(folder.glob(f"{number:04}-*")):
            place = folder / f"{number:04}-{program.name}"
            place.mkdir()
            break
        claim.rmdir()
    for stage, (name, text) in enumerate(program.stages().items(), 1):
        suffix = "txt" if name == "plan" else "fl"
        (place / f"{stage}-{name}.{suffix}").write_text(text)
    (place / "report.txt").write_text(str(program) + "\n")
    claim.rmdir()
    return place


def _dump(facts: dict[str, Any]) -> None:
    """Writes a program that was just recorded, where FLASHLIGHT_DUMP names a folder."""
    folder = os.environ.get("FLASHLIGHT_DUMP")
    if folder:
        _write(Program(facts), Path(folder))


def inspect(compiled: Any) -> Inspection:
    """Looks into what `flashlight.compile` made.

    Args:
        compiled: a compiled function or module.

    Raises:
        TypeError: it was not compiled.
    """
    inner = getattr(compiled, "__func__", compiled)
    if isinstance(inner, OptimizedModule):
        inner = inner.__dict__["_compiled"]
    elif not hasattr(inner, "programs"):
        inner = getattr(inner, "_compiled_call_impl", None) or inner
    if not hasattr(inner, "programs"):
        raise TypeError(f"inspect: takes what flashlight.compile returned, not {type(compiled).__name__}")
    return Inspection(inner)
