"""Holds the meaning of the old `size_average` and `reduce` arguments of losses; refuses the reductions themselves."""

from __future__ import annotations

import warnings

__all__ = ["legacy_get_string"]


def legacy_get_string(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """The `reduction` that the two old arguments mean: "mean", "sum" or "none". Each counts as True when None."""
    reduction = "sum" if size_average is False else "mean"
    if reduce is False:
        reduction = "none"
    if emit_warning:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    return reduction
