"""Holds the `torch.optim` namespace: optimizers and, in lr_scheduler, schedules of their rates."""

from typing import TYPE_CHECKING

from flashlight._missing import attributes_of
from flashlight.optim import lr_scheduler
from flashlight.optim.adam import Adam
from flashlight.optim.adamw import AdamW
from flashlight.optim.optimizer import Optimizer
from flashlight.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]

if not TYPE_CHECKING:
    __getattr__ = attributes_of("torch.optim")
