"""Holds the `torch.utils` namespace: data loading and hook handles; refuses anything torch does not put there."""

from flashlight.utils import data, hooks

__all__ = ["data", "hooks"]
