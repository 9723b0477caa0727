"""Holds the build back end: maturin's, after the `flashlight` program is built and put where the package has it.

maturin builds an extension or a program, and a wheel of ours holds both (docs/adr/0009). As a script it builds and
places the program alone, for `maturin develop`: `python packaging/flashlight_build.py --profile release`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PLACE = REPOSITORY / "python" / "flashlight" / "_program" / "flashlight"
"""Two folders below the one that holds `mlx`: the program's loader looks for libmlx from there."""


def build_program(profile: str = "release") -> Path:
    """Builds the program and puts it into the package.

    Raises:
        SystemExit: cargo fails; it has said why.
    """
    # A source distribution unpacks it as a plain file, and pip installs scripts with the mode they have.
    (REPOSITORY / "python" / "flashlight_mlx.data" / "scripts" / "flashlight").chmod(0o755)
    # Both packages are named so that what they share has the features that maturin's build gives it, and is built once.
    command = ["cargo", "build", "--locked", "--profile", profile, "--message-format", "json-render-diagnostics"]
    command += ["--package", "flashlight-cli", "--package", "flashlight-python", "--bin", "flashlight"]
    # As maturin has it: cargo builds again what it finds built for another Python.
    environment = {"PYO3_PYTHON": sys.executable, "PYO3_BUILD_EXTENSION_MODULE": "1", **os.environ}
    build = subprocess.run(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, check=False)
    if build.returncode:
        raise SystemExit(f"the flashlight program was not built: {' '.join(command)} failed")
    messages = map(json.loads, build.stdout.splitlines())
    built = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "flashlight"]
    PLACE.parent.mkdir(exist_ok=True)
    # A program that is running keeps its file.
    PLACE.unlink(missing_ok=True)
    shutil.copy(built[-1], PLACE)
    return PLACE


def _maturin() -> Any:
    import maturin

    return maturin


def build_wheel(
    wheel_directory: str, config_settings: Mapping[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """The hook that builds a wheel."""
    build_program()
    return _maturin().build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Mapping[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """The hook that builds an editable installation."""
    build_program()
    return _maturin().build_editable(wheel_directory, config_settings, metadata_directory)


def __getattr__(name: str) -> Any:
    """The other hooks are maturin's."""
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(_maturin(), name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=build_program.__doc__)
    parser.add_argument("--profile", default="release")
    print(build_program(parser.parse_args().profile))
