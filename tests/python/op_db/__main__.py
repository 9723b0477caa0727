"""Holds the command `python -m op_db`: judges entries of torch's operator database on every sample, prints and writes.

Entries are judged in another process, so that one that ends it or hangs is a failure of that entry alone.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict

from op_db import verdicts
from op_db.scope import ENTRIES, EXCLUDED
from op_db.verdicts import ASPECTS, Verdict

PATIENCE = 180
"""Seconds after which an entry counts as hanging."""


def chosen(names: list[str]) -> list[str]:
    """The entries in scope that bear a name or fit a pattern, with every variant of a name; all without names."""
    if not names:
        return list(ENTRIES)
    found = [n for n in ENTRIES if any(fnmatch.fnmatch(n, p) or ENTRIES[n].name == p for p in names)]
    for name in names:
        if not any(fnmatch.fnmatch(n, name) or ENTRIES[n].name == name for n in found):
            print(f"no entry in scope is called {name}", file=sys.stderr)
    return found


def work() -> None:
    """Judges the entries named on standard input, one at a time, and prints a line of JSON for each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what functions print is no answer
    for line in sys.stdin:
        name, aspects, how = json.loads(line)
        count, found = verdicts.judged(ENTRIES[name], aspects, **how)
        print(json.dumps([count, {aspect: asdict(v) for aspect, v in found.items()}]), file=answers, flush=True)


class Worker:
    """A process that judges entries."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "op_db", "--work"]
        self.noise = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.noise, text=True
        )

    def judge(self, name, aspects, how):
        """The verdicts of an entry; where the process ends or hangs, that is the verdict, and the process is gone."""
        self.process.stdin.write(json.dumps([name, aspects, how]) + "\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(PATIENCE) else None
        if line:
            count, found = json.loads(line)
            return count, {aspect: Verdict(**fields) for aspect, fields in found.items()}
        self.process.kill()
        status = self.process.wait()
        self.noise.seek(0)
        last = (self.noise.read().strip().splitlines() or [""])[-1][:160]
        text = f"hangs for {PATIENCE} s" if line is None else f"the process ends with {status}: {last}"
        return None, {aspect: Verdict("fail", text) for aspect in aspects}

    def end(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m op_db", description=__doc__)
    parser.add_argument("names", nargs="*", help="entries or patterns such as 'fft.*'; all in scope without")
    parser.add_argument("--grad", action="store_true", help="judge results and gradients, not variants")
    parser.add_argument("--forward", action="store_true", help="judge results alone")
    parser.add_argument("--compiled", action="store_true", help="run each function through flashlight.compile")
    parser.add_argument("--dtype", help="judge with that element type, where an entry takes it, such as int64")
    parser.add_argument("--failing", action="store_true", help="print only what fails")
    parser.add_argument("--json", metavar="FILE", help="write the verdicts there")
    parser.add_argument("--write", action="store_true", help="write the verdicts into the committed table")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return
    aspects = ASPECTS[:1] if options.forward or options.compiled else ASPECTS[:2] if options.grad else ASPECTS
    if options.write and (len(aspects) < len(ASPECTS) or options.compiled or options.dtype):
        parser.error("--write takes the verdicts of every aspect, in each entry's own element type")
    how = {"compiled": True} if options.compiled else {}
    how |= {"dtype": options.dtype} if options.dtype else {}
    table, worker, began = {}, None, time.monotonic()
    for name in chosen(options.names):
        worker = worker or Worker()
        count, found = worker.judge(name, aspects, how)
        if count is None:
            worker, count = None, 0
        table[name] = count, found
        show(name, count, found, options.failing)
    if worker:
        worker.end()
    print(f"\n{len(table)} entries, {len(EXCLUDED)} lines of exclusions, {time.monotonic() - began:.0f} s")
    for aspect, (passed, there) in verdicts.totals(table).items():
        if aspect in aspects:
            print(f"{aspect}: {passed} of {there} pass")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(
                {name: [count, {a: asdict(v) for a, v in found.items()}] for name, (count, found) in table.items()},
                file,
            )
    if options.write:
        known = {} if not options.names else verdicts.read()
        verdicts.write({name: entry for name, entry in (known | table).items() if name in ENTRIES})


def show(name, count, found, failing) -> None:
    """Prints the verdicts of an entry."""
    if failing and all(v.status != "fail" for v in found.values()):
        return
    words = [
        f"{aspect[:4]} {v.status}{f' {v.text}' if v.status == 'pass' and v.text else ''}" for aspect, v in found.items()
    ]
    print(f"{name:45s} {count:4d}  {', '.join(words)}", flush=True)
    for aspect, v in found.items():
        if v.status == "fail":
            print(f"    {aspect}: {v}", flush=True)


if __name__ == "__main__":
    main()
