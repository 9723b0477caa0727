"""Holds `torch.autograd.graph`: the class of the calls in a tensor's history."""

from __future__ import annotations

from flashlight._C import Node

__all__ = ["Node"]
