"""Holds every layer under one name; refuses to define any."""

from flashlight.nn.modules.activation import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Tanh
from flashlight.nn.modules.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from flashlight.nn.modules.dropout import Dropout
from flashlight.nn.modules.flatten import Flatten, Unflatten
from flashlight.nn.modules.linear import Bilinear, Identity, Linear
from flashlight.nn.modules.loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from flashlight.nn.modules.module import Module
from flashlight.nn.modules.normalization import LayerNorm
from flashlight.nn.modules.sparse import Embedding

__all__ = [
    "GELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "Bilinear",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "ParameterDict",
    "ParameterList",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Unflatten",
]
