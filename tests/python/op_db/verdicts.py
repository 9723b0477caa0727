"""Holds the verdict of an entry, how it is reached, and the committed table of all verdicts, `verdicts.txt`.

A line of the table is an entry, the number of its samples, and three verdicts: of the results, the gradients, and the
variants, which are methods, in-place twins, `out=` and aliases. A verdict is `pass`, with the largest distance from
torch's result; `none` where there is nothing to judge; or `fail`, with the number of the first sample that fails, how
many do, and what is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from op_db.agreement import Disagreement
from op_db.judge import Judge, described, samples_of

TABLE = Path(__file__).with_name("verdicts.txt")

HEAD = """\
# Written by `python -m op_db --write`: what Flashlight makes of torch's operator database. See verdicts.py.
# entry | samples | forward | gradient | variants
"""

ASPECTS = ("forward", "gradient", "variants")


@dataclass(frozen=True)
class Verdict:
    """What one aspect of an entry comes to."""

    status: str
    """`pass`, `fail` or `none`."""
    text: str = ""
    """The distance from torch's results, or the first failure."""
    sample: int = 0
    """The first sample that fails."""

    def __str__(self) -> str:
        if self.status == "fail":
            return f"fail at {self.sample}: {self.text}"
        return f"{self.status} {self.text}".strip()

    @staticmethod
    def parse(text: str) -> Verdict:
        """A verdict from a line of the table."""
        status, _, rest = text.partition(" ")
        if status == "fail":
            place, _, reason = rest.partition(": ")
            return Verdict(status, reason, int(place.removeprefix("at ")))
        return Verdict(status, rest)


def failure(judge, aspect, **how):
    """The distance from torch's results on one sample, None where there is nothing to judge, and what is wrong."""
    try:
        if aspect == "variants":
            wrong = [f"{name}: {reason}" for name, reason in judge.variants() if reason is not None]
            return 0.0, "; ".join(wrong) or None
        return getattr(judge, aspect)(**how), None
    except Disagreement as difference:
        return None, str(difference)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic, too
        return None, described(error)


def verdict(entry, aspect, samples, indices=None, **how) -> Verdict:
    """What one aspect of an entry comes to over its samples, or over those with the given indices."""
    indices = range(len(samples)) if indices is None else indices
    largest, judged, failed = 0.0, 0, []
    for i in indices:
        apart, wrong = failure(Judge(entry, samples[i]), aspect, **how)
        if wrong is not None:
            failed.append((i, wrong))
        elif apart is not None:
            judged += 1
            largest = max(largest, apart)
    if failed:
        first, wrong = failed[0]
        text = f"{len(failed)} of {len(indices)}: {wrong}".replace("|", "/").replace("flashlight._C.", "")
        return Verdict("fail", " ".join(text.split())[:240], first)
    if not judged:
        return Verdict("none")
    if aspect == "variants":
        return Verdict("pass")
    return Verdict("pass", f"1e{math.ceil(math.log10(largest)):+03d}" if largest > 1e-12 else "")


def judged(entry, aspects=ASPECTS, dtype=None, **how) -> tuple[int, dict[str, Verdict]]:
    """The number of samples of an entry and its verdicts; of an element type by its name, if it is told one."""
    samples = samples_of(entry, dtype and getattr(torch, dtype))
    return len(samples), {aspect: verdict(entry, aspect, samples, **how) for aspect in aspects}


def read() -> dict[str, tuple[int, dict[str, Verdict]]]:
    """The committed table: by entry, the number of samples and the verdicts."""
    table = {}
    for line in TABLE.read_text().splitlines() if TABLE.exists() else ():
        if not line.startswith("#"):
            name, count, *texts = line.split(" | ")
            table[name] = int(count), dict(zip(ASPECTS, map(Verdict.parse, texts), strict=True))
    return table


def write(table) -> None:
    """Writes the table, an entry a line, by name."""
    lines = [
        " | ".join([name, str(count), *(str(verdicts[aspect]) for aspect in ASPECTS)])
        for name, (count, verdicts) in sorted(table.items())
    ]
    TABLE.write_text(HEAD + "\n".join(lines) + "\n")


def totals(table) -> dict[str, tuple[int, int]]:
    """By aspect, how many entries pass and how many there are to judge."""
    found = {}
    for aspect in ASPECTS:
        statuses = [verdicts[aspect].status for _, verdicts in table.values() if aspect in verdicts]
        found[aspect] = statuses.count("pass"), len(statuses) - statuses.count("none")
    return found
