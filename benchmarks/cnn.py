"""Measures a training step of the CNN example's network beside torch and hand-written MLX, on the CPU."""

import argparse

import mlx.core as mx
import mlx.nn as mlx_nn
import mlx.optimizers as mlx_optim
import torch
from measure import side_by_side

import flashlight as fl

BATCH, SIZE, CLASSES, FEATURES = 64, 28, 10, 32 * 7 * 7


def torch_style_network(library):
    nn = library.nn

    def conv(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))

    class Residual(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.first, self.second = conv(channels, channels), conv(channels, channels)

        def forward(self, x):
            return library.relu(x + self.second(library.relu(self.first(x))))

    head = [nn.Flatten(), nn.Linear(FEATURES, CLASSES)]
    body = [conv(1, 16), nn.ReLU(), nn.MaxPool2d(2), Residual(16), conv(16, 32), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*body, *head)


def torch_style(library, evaluate, *, whole=False, parts=False):
    """A step as a torch user writes it; compiled as one program, or forward and backward, and the update, apart."""
    library.manual_seed(0)
    model = torch_style_network(library)
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
    criterion = library.nn.CrossEntropyLoss()
    images, labels = library.randn(BATCH, 1, SIZE, SIZE), library.randint(0, CLASSES, (BATCH,))

    def forward(images, labels):
        return criterion(model(images), labels)

    update = optimizer.step
    if parts:
        forward, update = library.compile(forward), library.compile(update)

    def step(images, labels):
        optimizer.zero_grad()
        loss = forward(images, labels)
        loss.backward()
        update()
        return loss

    if whole:
        step = library.compile(step)
    return lambda: evaluate(step(images, labels), model)


class MlxResidual(mlx_nn.Module):
    """The residual block over images with their channels last."""

    def __init__(self, channels):
        super().__init__()
        self.first, self.second = mlx_conv(channels, channels), mlx_conv(channels, channels)

    def __call__(self, x):
        """Applies the block."""
        return mlx_nn.relu(x + self.second(mlx_nn.relu(self.first(x))))


def mlx_conv(inputs, outputs):
    return mlx_nn.Sequential(mlx_nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), mlx_nn.BatchNorm(outputs))


def mlx_style(*, compiled):
    """A step as an MLX user writes it."""
    mx.random.seed(0)
    body = [mlx_conv(1, 16), mlx_nn.ReLU(), mlx_nn.MaxPool2d(2, 2), MlxResidual(16), mlx_conv(16, 32)]
    head = [mlx_nn.ReLU(), mlx_nn.MaxPool2d(2, 2), lambda x: x.reshape(len(x), -1), mlx_nn.Linear(FEATURES, CLASSES)]
    model = mlx_nn.Sequential(*body, *head)
    optimizer = mlx_optim.Adam(learning_rate=1e-3, bias_correction=True)
    images, labels = mx.random.normal((BATCH, SIZE, SIZE, 1)), mx.random.randint(0, CLASSES, (BATCH,))
    mx.eval(model.parameters(), images, labels)
    differentiate = mlx_nn.value_and_grad(
        model, lambda images, labels: mlx_nn.losses.cross_entropy(model(images), labels, reduction="mean")
    )

    def update(images, labels):
        loss, grads = differentiate(images, labels)
        optimizer.update(model, grads)
        return loss

    state = [model.state, optimizer.state]
    if compiled:
        optimizer.init(model.trainable_parameters())
        update = mx.compile(update, inputs=state, outputs=state)
    return lambda: mx.eval(update(images, labels), state)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    mx.set_default_device(mx.cpu)

    def wait(loss, model):
        fl._C._eval([loss, *model.parameters()])

    def read(loss, model):
        loss.item()

    programs = {
        "torch eager": torch_style(torch, read),
        "torch.compile": torch_style(torch, read, parts=True),
        "flashlight eager": torch_style(fl, wait),
        "flashlight compiled": torch_style(fl, wait, whole=True),
        "mlx": mlx_style(compiled=False),
        "mlx compiled": mlx_style(compiled=True),
    }
    title = f"a training step, CNN of three convolutions and a residual block, batch {BATCH}, Adam, milliseconds"
    side_by_side(title, programs, rounds=rounds, unit=1e-3)


main()
