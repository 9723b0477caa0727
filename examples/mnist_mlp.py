"""Trains a two-layer network on handwritten digits, prints its test accuracy and draws what it learned.

Written as for torch; only the import differs. Where the digits come from: digits.py.
"""

import argparse
from pathlib import Path

import numpy as np
from digits import draw, load_digits, scaled
from tqdm import tqdm

import flashlight as torch
from flashlight import nn
from flashlight.utils.data import DataLoader, TensorDataset


def as_dataset(images, labels):
    return TensorDataset(torch.from_numpy(scaled(images)), torch.from_numpy(labels.astype(np.int64)))


def train(model, loader, optimizer, loss_fn, device, epoch):
    """One pass over the training digits; returns the loss of every step."""
    model.train()
    losses = []
    progress = tqdm(loader, desc=f"epoch {epoch}", unit="batch")
    for step, (images, labels) in enumerate(progress):
        loss = loss_fn(model(images.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if step % 20 == 0:  # Reading the loss waits for it, so not at every step.
            progress.set_postfix(loss=f"{loss.item():.3f}")
    return torch.stack(losses).tolist()


@torch.no_grad()
def predict(model, loader, device):
    """What the model takes each of the loader's digits for."""
    model.eval()
    return torch.cat([model(images.to(device)).argmax(1) for images, _ in loader]).cpu().numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--device", default="cpu", help="cpu, or the name of a GPU device")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path("data/mnist"), help="folder with the IDX files")
    parser.add_argument("--plot", type=Path, default=Path("out/mnist_mlp.png"), help="where the picture goes")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    (train_images, train_labels, test_images, test_labels), source = load_digits(arguments.data)
    print(f"{len(train_images)} digits to learn from, {len(test_images)} to test, from {source}")
    train_loader = DataLoader(as_dataset(train_images, train_labels), batch_size=arguments.batch_size, shuffle=True)
    test_loader = DataLoader(as_dataset(test_images, test_labels), batch_size=500)

    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)).to(arguments.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    loss_fn = nn.CrossEntropyLoss()
    losses = []
    for epoch in range(1, arguments.epochs + 1):
        losses += train(model, train_loader, optimizer, loss_fn, arguments.device, epoch)
    predictions = predict(model, test_loader, arguments.device)
    accuracy = (predictions == test_labels).mean()
    print(f"test accuracy {accuracy:.2%}")
    draw(arguments.plot, losses, len(train_loader), accuracy, test_images[:40], test_labels, predictions)
    print(f"saved {arguments.plot}")


if __name__ == "__main__":
    main()
