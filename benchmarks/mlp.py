"""Measures a training step of the MNIST example's network beside torch eager and hand-written MLX, on the CPU."""

import argparse

import mlx.core as mx
import mlx.nn as mlx_nn
import mlx.optimizers as mlx_optim
import torch
from measure import side_by_side

import flashlight as fl

BATCH, INPUTS, HIDDEN, CLASSES = 64, 784, 256, 10


def torch_style(library, evaluate):
    """A step as a torch user writes it."""
    library.manual_seed(0)
    nn = library.nn
    model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    images, labels = library.randn(BATCH, INPUTS), library.randint(0, CLASSES, (BATCH,))

    def step():
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        evaluate(loss, model)

    return step


def mlx_style(compiled):
    """A step as an MLX user writes it."""
    mx.random.seed(0)
    model = mlx_nn.Sequential(mlx_nn.Linear(INPUTS, HIDDEN), mlx_nn.ReLU(), mlx_nn.Linear(HIDDEN, CLASSES))
    optimizer = mlx_optim.Adam(learning_rate=1e-3, bias_correction=True)
    images, labels = mx.random.normal((BATCH, INPUTS)), mx.random.randint(0, CLASSES, (BATCH,))
    mx.eval(model.parameters(), images, labels)
    differentiate = mlx_nn.value_and_grad(
        model, lambda images, labels: mlx_nn.losses.cross_entropy(model(images), labels, reduction="mean")
    )

    def update(images, labels):
        loss, grads = differentiate(images, labels)
        optimizer.update(model, grads)
        return loss

    if compiled:
        optimizer.init(model.trainable_parameters())
        state = [model.state, optimizer.state]
        update = mx.compile(update, inputs=state, outputs=state)

    def step():
        loss = update(images, labels)
        mx.eval(loss, model.parameters(), optimizer.state)

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=101)
    rounds = parser.parse_args().rounds
    mx.set_default_device(mx.cpu)
    programs = {
        "torch eager": torch_style(torch, lambda loss, model: loss.item()),
        "flashlight eager": torch_style(fl, lambda loss, model: fl._C._eval([loss, *model.parameters()])),
        "mlx": mlx_style(compiled=False),
        "mlx compiled": mlx_style(compiled=True),
    }
    title = f"a training step, {INPUTS}-{HIDDEN}-{CLASSES}, batch {BATCH}, Adam, milliseconds"
    side_by_side(title, programs, rounds=rounds, unit=1e-3)


main()
