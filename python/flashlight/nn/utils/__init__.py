"""Holds the `torch.nn.utils` namespace: gradient clipping and flat parameter vectors."""

from typing import TYPE_CHECKING

from flashlight._missing import attributes_of
from flashlight.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from flashlight.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.nn.utils")
