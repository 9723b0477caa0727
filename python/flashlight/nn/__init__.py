"""Holds the `torch.nn` namespace: layers, parameters, and the modules functional, init and utils."""

from typing import TYPE_CHECKING

from flashlight._missing import attributes_of
from flashlight.nn import functional, init, modules, parameter, utils
from flashlight.nn.modules import *  # noqa: F403
from flashlight.nn.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter", "functional", "init", "modules", "parameter", "utils"]
__all__ += modules.__all__

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.nn")
