"""Holds `flashlight.inspect`: what compiled functions became, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flashlight._compile import OptimizedModule

__all__ = ["Inspection", "Program", "inspect"]


class Program:
    """One recorded program of a compiled function.

    Attributes:
        arguments: what calls it stands for.
        traced: the program as recorded, with the user's lines.
        optimised: the program that runs.
        backward: the program that computes its outputs' gradients, or None.
        reports: what the optimiser did to each of the two.
        permutes: for each, the permutes recorded, those of them that copied, and those that copy now.
        cost: for each, the cost before and after, in femtoseconds of the device's table.
        captured: what it reads besides its arguments: kind, name, type.
        guards: what it relies on in Python.
        decisions: the questions about elements that it was recorded with.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.arguments: str = facts["arguments"]
        self.traced: str = facts["traced"]
        self.optimised: str = facts["optimised"]
        self.backward: str | None = facts["backward"]
        self.reports: list[str] = facts["reports"]
        self.permutes: list[tuple[int, int, int]] = facts["permutes"]
        self.cost: list[tuple[int, int]] = facts["cost"]
        self.seconds: float = facts["seconds"]
        self.e_nodes: int = facts["e_nodes"]
        self.captured: list[tuple[str, str, str]] = facts["captured"]
        self.guards: list[str] = facts["guards"]
        self.decisions: list[str] = facts["decisions"]

    def __str__(self) -> str:
        parts = ["reads:", *(f"  {kind} {name}: {type}" for kind, name, type in self.captured)]
        parts += ["relies on:", *(f"  {guard}" for guard in self.guards)]
        if self.decisions:
            parts += ["decides on:", *(f"  {decision}" for decision in self.decisions)]
        parts += self.reports
        return "\n".join(parts)


class Inspection:
    """What a compiled function became; prints as a report.

    Attributes:
        programs: the recorded programs.
        reasons: why each recording was made, in order.
        traces: how often the function was recorded.
        runs: how often a program ran.
    """

    def __init__(self, compiled: Any) -> None:
        self.programs = [Program(facts) for facts in compiled.programs()]
        self.reasons: list[str] = compiled.reasons
        self.traces, self.runs = compiled.counts

    def __str__(self) -> str:
        parts = [f"recorded {self.traces} times, ran {self.runs} times"]
        parts += [f"  recording {i + 1}: {reason}" for i, reason in enumerate(self.reasons)]
        for i, program in enumerate(self.programs):
            parts += [f"program {i + 1}", str(program)]
        return "\n".join(parts)

    __repr__ = __str__

    def dump(self, folder: str | Path) -> None:
        """Writes each stage of each program into files: `0-traced.fl`, `0-optimised.fl`, `0-report.txt`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for i, program in enumerate(self.programs):
            (folder / f"{i}-traced.fl").write_text(program.traced)
            (folder / f"{i}-optimised.fl").write_text(program.optimised)
            if program.backward is not None:
                (folder / f"{i}-backward.fl").write_text(program.backward)
            (folder / f"{i}-report.txt").write_text(str(program) + "\n")


def inspect(compiled: Any) -> Inspection:
    """Looks into what `flashlight.compile` made.

    Args:
        compiled: a compiled function or module.

    Raises:
        TypeError: it was not compiled.
    """
    inner = compiled.__dict__["_compiled"] if isinstance(compiled, OptimizedModule) else compiled
    if not hasattr(inner, "programs"):
        raise TypeError(f"inspect: takes what flashlight.compile returned, not {type(compiled).__name__}")
    return Inspection(inner)
