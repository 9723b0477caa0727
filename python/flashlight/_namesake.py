"""Shares the package name with `flashlight-text`, another project's distribution that installs `flashlight/lib/text`.

It brings no `flashlight/__init__.py`, so beside a regular installation of ours it needs nothing. An editable
installation of ours lies elsewhere, and there its folder has to be added to the package's path.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from importlib import metadata
from pathlib import Path


def extend(search_path: MutableSequence[str]) -> None:
    """Appends the folder of an installed `flashlight-text` to the package's `search_path`, where it is not in it."""
    try:
        folder = str(metadata.distribution("flashlight-text").locate_file("flashlight"))
    except metadata.PackageNotFoundError:
        return
    if Path(folder, "lib", "text").is_dir() and folder not in search_path:
        search_path.append(folder)
