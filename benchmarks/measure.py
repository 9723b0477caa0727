"""Times programs side by side: in turns, in one process, so that a noisy machine is noisy for all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def side_by_side(
    title: str, programs: dict[str, Callable[[], object]], *, rounds: int = 15, unit: float = 1e-6
) -> None:
    """Runs every program once per round and prints medians and ratios to the first.

    Args:
        title: what is measured, and per what.
        programs: by name; each runs until its results are computed.
        rounds: how often each runs; two more rounds warm up.
        unit: seconds that count as one; divide by the number of repetitions in a program.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(rounds + 2):
        for name, program in programs.items():
            start = time.perf_counter()
            program()
            if turn >= 2:
                times[name].append((time.perf_counter() - start) / unit)
    medians = {name: statistics.median(each) for name, each in times.items()}
    first = next(iter(medians.values()))
    print(f"\n{title}  (median of {rounds}, in turns)")
    for name, median in medians.items():
        spread = statistics.quantiles(times[name], n=4)
        print(f"  {name:28} {median:10.2f}   {median / first:6.2f} x   [{spread[0]:.2f} to {spread[2]:.2f}]")
