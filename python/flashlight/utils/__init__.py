"""Holds the `torch.utils` namespace: data loading, DLPack, hook handles; refuses what torch does not put there."""

from flashlight.utils import data, dlpack, hooks

__all__ = ["data", "dlpack", "hooks"]
