"""Trains a small residual network with batch norm on handwritten digits, eagerly or (--compile) as one compiled step.

Prints the test accuracy, how long a step takes and, compiled, what became of the layouts: convolutions want their
channels last, torch's programs have them second. Written as for torch; only the import differs, and the report.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from digits import draw, load_digits, scaled
from tqdm import tqdm

import flashlight as torch
from flashlight import nn
from flashlight.utils.data import DataLoader, TensorDataset


class ConvNorm(nn.Sequential):
    """A convolution that keeps the size of the image, and batch norm."""

    def __init__(self, inputs, outputs):
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """Two convolutions, whose result is added to what went in."""

    def __init__(self, channels):
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels)

    def forward(self, x):
        """Adds what the convolutions make of an image to it."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


def build():
    return nn.Sequential(
        ConvNorm(1, 16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        Residual(16),
        ConvNorm(16, 32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


def as_dataset(images, labels):
    return TensorDataset(torch.from_numpy(scaled(images))[:, None], torch.from_numpy(labels.astype(np.int64)))


def train(step, loader, device, epoch):
    """One pass over the training digits; returns the loss of every step and the seconds it took."""
    losses, seconds = [], []
    progress = tqdm(loader, desc=f"epoch {epoch}", unit="batch")
    start = time.perf_counter()
    for images, labels in progress:
        losses.append(step(images.to(device), labels.to(device)).item())
        seconds.append(time.perf_counter() - start)
        start += seconds[-1]
    progress.write(f"epoch {epoch}: mean loss {np.mean(losses):.4f}")
    return losses, seconds


@torch.no_grad()
def predict(model, loader, device):
    """What the model takes each of the loader's digits for."""
    model.eval()
    return torch.cat([model(images.to(device)).argmax(1) for images, _ in loader]).cpu().numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--compile", action="store_true", help="compile the training step")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--device", default="cpu", help="cpu, or the name of a GPU device")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path("data/mnist"), help="folder with the IDX files")
    parser.add_argument("--plot", type=Path, default=Path("out/mnist_cnn.png"), help="where the picture goes")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    (train_images, train_labels, test_images, test_labels), source = load_digits(arguments.data)
    print(f"{len(train_images)} digits to learn from, {len(test_images)} to test, from {source}")
    train_set, test_set = as_dataset(train_images, train_labels), as_dataset(test_images, test_labels)
    # A smaller last batch would be compiled for itself.
    train_loader = DataLoader(train_set, batch_size=arguments.batch_size, shuffle=True, drop_last=True)
    test_loader = DataLoader(test_set, batch_size=250)

    model = build().to(arguments.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    # Small steps at the end: batch norm's statistics settle.
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [arguments.epochs - 1], gamma=0.1)
    loss_fn = nn.CrossEntropyLoss()

    def step(images, labels):
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    if arguments.compile:
        step = torch.compile(step)
    losses, seconds = [], []
    for epoch in range(1, arguments.epochs + 1):
        model.train()
        more = train(step, train_loader, arguments.device, epoch)
        losses, seconds = losses + more[0], seconds + more[1]
        scheduler.step()
    predictions = predict(model, test_loader, arguments.device)
    accuracy = (predictions == test_labels).mean()
    print(f"test accuracy {accuracy:.2%}")
    first, second, *rest = seconds
    print(f"first two steps {first:.2f} s and {second:.2f} s, then {statistics.median(rest) * 1e3:.1f} ms (median)")
    if arguments.compile:
        report = torch.inspect(step).programs[-1].reports[0]
        print("the compiled step", *report[: report.index("rules:")].splitlines(), sep="\n  ")
    draw(arguments.plot, losses, len(train_loader), accuracy, test_images[:40], test_labels, predictions)
    print(f"saved {arguments.plot}")


if __name__ == "__main__":
    main()
