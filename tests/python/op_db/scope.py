"""Holds which entries of torch's operator database are judged, and why the others are not."""

from __future__ import annotations

from pathlib import Path

from torch.testing._internal.common_methods_invocations import op_db

EXCLUDED = dict(
    line.split(" | ")
    for line in Path(__file__).with_name("exclusions.txt").read_text().splitlines()
    if not line.startswith("#")
)
"""Entries that are not judged; a name that ends in `*` stands for all that begin so."""


def identifier(entry) -> str:
    """The name of an entry, with that of its variant."""
    return ".".join(filter(None, (entry.name, entry.variant_test_name)))


def exclusion(name: str) -> str | None:
    """Why an entry is not judged."""
    for pattern, reason in EXCLUDED.items():
        if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            return reason
    return None


ENTRIES = {identifier(entry): entry for entry in op_db if exclusion(identifier(entry)) is None}
"""The entries that are judged, by name."""
