"""Holds the `torch.optim` namespace: optimizers and, in lr_scheduler, schedules of their rates."""

from flashlight.optim import lr_scheduler
from flashlight.optim.adam import Adam
from flashlight.optim.adamw import AdamW
from flashlight.optim.optimizer import Optimizer
from flashlight.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
