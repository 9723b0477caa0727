"""Measures what a call costs: 1,000 small adds evaluated, tracked and untracked, beside torch and MLX on the CPU."""

import argparse

import mlx.core as mx
import torch
from measure import side_by_side

import flashlight as fl

COUNT = 1000


def chain(x, y):
    for _ in range(COUNT):
        x = x + y
    return x


def differentiated(x, y):
    total = chain(x, y).sum()
    total.backward()
    grad, x.grad = x.grad, None
    return total, grad


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    mx.set_default_device(mx.cpu)
    ours, theirs, raw = (fl.ones(8), fl.ones(8)), (torch.ones(8), torch.ones(8)), (mx.ones(8), mx.ones(8))
    leaf, torch_leaf = fl.ones(8, requires_grad=True), torch.ones(8, requires_grad=True)
    microseconds = 1e-6 * COUNT
    untracked = {
        "torch": lambda: chain(*theirs),
        "flashlight": lambda: fl._C._eval(chain(*ours)),
        "mlx": lambda: mx.eval(chain(*raw)),
    }
    side_by_side("an add of 8 numbers, microseconds", untracked, rounds=rounds, unit=microseconds)
    tracked = {
        "torch": lambda: chain(torch_leaf, theirs[1]),
        "flashlight": lambda: fl._C._eval(chain(leaf, ours[1])),
    }
    side_by_side("a tracked add, microseconds", tracked, rounds=rounds, unit=microseconds)
    backward = {
        "torch": lambda: differentiated(torch_leaf, theirs[1]),
        "flashlight": lambda: fl._C._eval(differentiated(leaf, ours[1])),
    }
    side_by_side("a tracked add and its backward, microseconds", backward, rounds=rounds, unit=microseconds)


main()
