"""Holds the `torch.utils.dlpack` namespace: elements handed to other libraries and taken from them."""

from flashlight._C import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
