# ruff: noqa: N999 (the name is that of torch's extension)
"""The types of the extension, until they are generated from it: anything may be asked of it."""

from typing import Any

__version__: str

class Tensor(Any): ...

def __getattr__(name: str) -> Any: ...
