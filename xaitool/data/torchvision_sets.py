"""Datasets that torchvision reads and downloads: MNIST and its kin, CIFAR-10, SVHN.

The files are read as torchvision lays them out in the data directory; absent ones are downloaded
there by torchvision's own code, whose progress bar goes to stderr. CIFAR-10 is distributed as
Python pickles, which can run code; torchvision unpickles them only after their MD5 sums matched.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision import datasets

from xaitool.data.file_pixels import OnError
from xaitool.data.loader import Loaded, Loader, Split
from xaitool.data.location import no_location
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError

_DIGITS = tuple(str(digit) for digit in range(10))

Pixels = tuple[Tensor, Tensor]


def _mnist_like(kind: Callable[..., Any], root: Path, split: Split, download: bool) -> Pixels:
    dataset = kind(root, train=split == "train", download=download)
    return dataset.data[:, None], dataset.targets


def _cifar10(root: Path, split: Split, download: bool) -> Pixels:
    with warnings.catch_warnings():
        # The official pickles name NumPy types as NumPy did in 2009.
        warnings.simplefilter("ignore")
        dataset = datasets.CIFAR10(root, train=split == "train", download=download)
    pixels = torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous()
    return pixels, torch.tensor(dataset.targets)


def _svhn(root: Path, split: Split, download: bool) -> Pixels:
    dataset = datasets.SVHN(root, split=split, download=download)
    return torch.from_numpy(dataset.data).contiguous(), torch.from_numpy(dataset.labels)


def _loader(
    name: str, place: str, classes: tuple[str, ...], read: Callable[[Path, Split, bool], Pixels]
) -> Loader:
    """A loader of the one signature; `place` is where the files lie in the data directory."""

    def load(
        split: Split,
        *,
        data_dir: Path,
        location: str | None = None,
        image_size: int | None = None,
        channels: int | None = None,
        workers: int = 2,
        on_error: OnError = "stop",
    ) -> Loaded:
        no_location(name, location)
        pixels, labels = _read_or_download(name, data_dir, data_dir / place, split, read)
        dataset = MemoryDataset(pixels, labels, classes, name=name, split=split)
        return dataset.adapted(image_size, channels)

    return load


def _read_or_download(
    name: str,
    root: Path,
    folder: Path,
    split: Split,
    read: Callable[[Path, Split, bool], Pixels],
) -> Pixels:
    """Read; where that fails download, so that a read-only directory with the files is enough."""
    try:
        return read(root, split, False)
    except Exception:
        try:
            return read(root, split, True)
        except Exception as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise DataError(
                f"dataset '{name}' is absent or damaged in '{folder}' and could not be downloaded "
                f"({reason}), but its files are wanted there",
                hint="put them there, or remove damaged ones and try again with a network; "
                "--dataset digits needs no download",
            ) from None


load_mnist = _loader("mnist", "MNIST/raw", _DIGITS, functools.partial(_mnist_like, datasets.MNIST))
load_fashion_mnist = _loader(
    "fashion-mnist",
    "FashionMNIST/raw",
    tuple(datasets.FashionMNIST.classes),
    functools.partial(_mnist_like, datasets.FashionMNIST),
)
load_kmnist = _loader(
    "kmnist",
    "KMNIST/raw",
    tuple(datasets.KMNIST.classes),
    functools.partial(_mnist_like, datasets.KMNIST),
)
load_cifar10 = _loader(
    "cifar10",
    "cifar-10-batches-py",
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    _cifar10,
)
load_svhn = _loader("svhn", ".", _DIGITS, _svhn)
