"""Holds the way to run a program in a Python of its own, so that a crash or a deadlock is a failed test."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

TESTS = Path(__file__).parent

PREFIX = """
import faulthandler, gc, os, signal, sys, threading, time
faulthandler.enable()
faulthandler.dump_traceback_later({limit}, exit=True)
import flashlight as fl
"""


def start(program, *arguments, limit=60):
    """A process that runs the program; one that hangs for `limit` seconds prints its stacks and ends."""
    import flashlight

    environment = dict(os.environ)
    paths = [str(Path(flashlight.__file__).parent.parent), str(TESTS), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return subprocess.Popen(
        [sys.executable, "-c", PREFIX.format(limit=limit) + textwrap.dedent(program), *map(str, arguments)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Tests that run in the background were told to ignore Ctrl-C, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process, *, limit=90):
    """What the process printed; raises unless it ended well in time."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        # Its children too, which are in its session.
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"the process hangs\n{out}\n{err}") from None
    assert process.returncode == 0, f"exit status {process.returncode}\n{out}\n{err}"
    return out


def run(program, *arguments, limit=60):
    """What the program prints."""
    return finish(start(program, *arguments, limit=limit), limit=limit + 30)
