"""Holds the `torch.nn` namespace: layers, parameters, and the modules functional, init and utils."""

from flashlight.nn import functional, init, modules, parameter, utils
from flashlight.nn.modules import *  # noqa: F403
from flashlight.nn.modules import __all__ as _layers
from flashlight.nn.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter", "functional", "init", "modules", "parameter", "utils", *_layers]
