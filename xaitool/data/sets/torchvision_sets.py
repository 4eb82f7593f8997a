"""Datasets that torchvision reads and downloads: MNIST and its kin, CIFAR-10, CIFAR-100, SVHN.

The files are read as torchvision lays them out in the data directory; absent ones are downloaded
there by torchvision's own code, whose progress bar goes to stderr. What is there and damaged is
named, and never downloaded over. CIFAR is distributed as Python pickles, which can run code;
torchvision unpickles them only after their MD5 sums matched.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torchvision import datasets
from torchvision.datasets.utils import check_integrity

from xaitool.data.files.idx import check_regular, damaged, idx_file, read_idx
from xaitool.data.loader import DatasetRequest, Loaded, Loader, Split
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError

_DIGITS = tuple(str(digit) for digit in range(10))
_NAMES_OF_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
    mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
    plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
    television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""

Pixels = tuple[Tensor, Tensor]


class _Absent(Exception):
    """The files of a split are not there, or not all of them."""


class _Files(Protocol):
    """A dataset's files in the data directory."""

    def read(self, root: Path, split: Split) -> Pixels:
        """Read what is there.

        Raises:
            _Absent: A file is not there.
            DataError: One is damaged; the message names it.
        """

    def download(self, root: Path, split: Split) -> None:
        """Download by torchvision's own code."""


@dataclass(frozen=True)
class _MnistLike:
    """Two IDX files a split, packed by gzip or not; torchvision only downloads them."""

    kind: type[datasets.MNIST]

    def read(self, root: Path, split: Split) -> Pixels:
        folder = root / self.kind.__name__ / "raw"
        part = "train" if split == "train" else "t10k"
        found = [
            idx_file(folder / f"{part}-{name}-ubyte") for name in ("images-idx3", "labels-idx1")
        ]
        images, labels = found
        if images is None or labels is None:
            raise _Absent
        pixels, targets = read_idx(images, 3), read_idx(labels, 1)
        if len(pixels) != len(targets):
            raise damaged(labels, f"it has {len(targets)} labels for {len(pixels)} images")
        if len(targets) and targets.max() > 9:
            raise damaged(labels, f"it has the label {targets.max()}, and 0 to 9 are known")
        return torch.from_numpy(pixels)[:, None], torch.from_numpy(targets).long()

    def download(self, root: Path, split: Split) -> None:
        self.kind(root, train=split == "train", download=True)


@dataclass(frozen=True)
class _Cifar:
    """Pickles of CIFAR-10, or of CIFAR-100 with its fine labels."""

    kind: type[datasets.CIFAR10]

    def read(self, root: Path, split: Split) -> Pixels:
        kind = self.kind
        folder = root / kind.base_folder
        files = [(folder / name, md5) for name, md5 in (*kind.train_list, *kind.test_list)]
        files.append((folder / kind.meta["filename"], kind.meta["md5"]))
        with _named_damage(files, (root / kind.filename, kind.tgz_md5)), warnings.catch_warnings():
            # The official pickles name NumPy types as NumPy did in 2009.
            warnings.simplefilter("ignore")
            dataset = kind(root, train=split == "train")
        pixels = torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous()
        return pixels, torch.tensor(dataset.targets)

    def download(self, root: Path, split: Split) -> None:
        self.kind(root, train=split == "train", download=True)


class _Svhn:
    def read(self, root: Path, split: Split) -> Pixels:
        _, name, md5 = datasets.SVHN.split_list[split]
        with _named_damage([(root / name, md5)]):
            dataset = datasets.SVHN(root, split=split)
        return torch.from_numpy(dataset.data).contiguous(), torch.from_numpy(dataset.labels)

    def download(self, root: Path, split: Split) -> None:
        datasets.SVHN(root, split=split, download=True)


@contextmanager
def _named_damage(
    files: Sequence[tuple[Path, str]], archive: tuple[Path, str] | None = None
) -> Iterator[None]:
    """Say which file it was that torchvision could not read; it says only that one was.

    Args:
        files: All that it wants, with their MD5 sums.
        archive: What it unpacks them from where one is not there.

    Raises:
        _Absent: A file is not there, and no damaged archive is, either.
        DataError: One is damaged.
    """
    for path, _ in files:
        check_regular(path)
    try:
        yield
    except Exception as error:
        complete = all(path.exists() for path, _ in files)
        for path, md5 in (*files, *([archive] if archive and not complete else [])):
            if path.exists() and not check_integrity(str(path), md5):
                raise damaged(path, "its MD5 sum is not the official one") from None
        if not complete:
            raise _Absent from None
        raise damaged(files[0][0], one_line(error)) from None


def _loader(place: str, classes: tuple[str, ...], files: _Files) -> Loader:
    """`place` is where the files lie in the data directory."""

    def load(request: DatasetRequest) -> Loaded:
        request.refuse_location()
        pixels, labels = _read_or_download(request, request.data_dir / place, files)
        dataset = MemoryDataset(pixels, labels, classes, name=request.name, split=request.split)
        return dataset.adapted(request.image_size, request.channels)

    return load


def _read_or_download(request: DatasetRequest, folder: Path, files: _Files) -> Pixels:
    """Read, and download only what is not there, so that a read-only directory is enough."""
    root, split = request.data_dir, request.split
    try:
        return files.read(root, split)
    except _Absent:
        reason = "not all of it came"
    try:
        files.download(root, split)
    except Exception as error:  # no network, a wrong sum, a full disk: one type each
        reason = one_line(error)
    try:
        return files.read(root, split)
    except _Absent:
        raise DataError(
            f"dataset '{request.name}' is absent in '{folder}' and could not be downloaded "
            f"({reason}), but its files are wanted there",
            hint="put them there, or try again with a network; --dataset digits needs no download",
        ) from None


def one_line(error: Exception) -> str:
    """What an exception says, short and without line breaks; its type where it says nothing."""
    return " ".join(str(error).split())[:300] or type(error).__name__


load_mnist = _loader("MNIST/raw", _DIGITS, _MnistLike(datasets.MNIST))
load_fashion_mnist = _loader(
    "FashionMNIST/raw",
    tuple(datasets.FashionMNIST.classes),
    _MnistLike(datasets.FashionMNIST),
)
load_kmnist = _loader(
    "KMNIST/raw",
    tuple(datasets.KMNIST.classes),
    _MnistLike(datasets.KMNIST),
)
load_cifar10 = _loader(
    "cifar-10-batches-py",
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    _Cifar(datasets.CIFAR10),
)
load_cifar100 = _loader(
    "cifar-100-python", tuple(_NAMES_OF_CIFAR100.split()), _Cifar(datasets.CIFAR100)
)
load_svhn = _loader(".", _DIGITS, _Svhn())
