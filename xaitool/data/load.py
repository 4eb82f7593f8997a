"""Datasets by name, as the command line gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from xaitool import registry
from xaitool.data.cache import data_directory
from xaitool.data.file_pixels import OnError
from xaitool.data.loader import Loaded, Loader, Split
from xaitool.data.splits import stratified_split
from xaitool.errors import ConfigError, DataError, UnknownNameError

__all__ = ["load_dataset", "stratified_split"]


def load_dataset(
    name: str,
    split: Split,
    *,
    data_dir: Path | None = None,
    classes: Sequence[str] | None = None,
    image_size: int | None = None,
    channels: int | None = None,
    workers: int = 2,
    on_error: OnError = "stop",
) -> Loaded:
    """Load a split of a dataset.

    Args:
        name: A registered name, or ``folder:PATH``.
        split: ``train`` or ``test``.
        data_dir: See `data_directory`.
        classes: Only these classes, by name or else by index, relabelled 0 to k - 1 in this
            order; None: all.
        image_size: Side of the square images, pixels; None: the dataset's own.
        channels: 1 or 3; None: the dataset's own.
        workers: Threads that decode files.
        on_error: Whether a picture file that cannot be decoded stops the loading or is skipped
            (and listed in ``skipped``).

    Raises:
        UnknownNameError: There is no such dataset, split or class.
        ConfigError: An image size is below 1, or a class is given twice.
        DataError: The data is absent, empty or damaged.
    """
    if split not in ("train", "test"):
        raise UnknownNameError("split", split, ("train", "test"))
    if image_size is not None and image_size < 1:
        raise ConfigError(f"image size is {image_size}, but at least 1 is wanted")
    loader, location = _resolve(name)
    dataset = loader(
        split,
        location=location,
        data_dir=data_directory(data_dir),
        image_size=image_size,
        channels=channels,
        workers=workers,
        on_error=on_error,
    )
    return dataset if classes is None else _only(dataset, classes)


def _resolve(name: str) -> tuple[Loader, str]:
    base, _, location = name.partition(":")
    loader: Loader = registry.load("dataset", base)
    if base == "folder" and not location:
        raise DataError("dataset 'folder' names no path, but folder:PATH is wanted")
    if base != "folder" and ":" in name:
        raise DataError(
            f"dataset '{name}' has something after its name, but '{base}' alone is wanted"
        )
    return loader, location


def _only(dataset: Loaded, classes: Sequence[str]) -> Loaded:
    wanted = [_class_index(dataset.classes, text) for text in classes]
    if len(set(wanted)) != len(wanted):
        raise ConfigError(f"classes {', '.join(classes)} name one twice, but each once is wanted")
    new_label = torch.full((len(dataset.classes),), -1, dtype=torch.int64)
    new_label[wanted] = torch.arange(len(wanted))
    labels = new_label[dataset.labels]
    indices = (labels >= 0).nonzero().squeeze(1)
    if not len(indices):
        raise DataError(
            f"dataset '{dataset.name}' has no {dataset.split} images of class "
            f"{', '.join(classes)}, but at least one is wanted"
        )
    names = [dataset.classes[index] for index in wanted]
    return dataset.subset(indices).relabelled(labels[indices], names)


def _class_index(known: Sequence[str], text: str) -> int:
    if text in known:
        return known.index(text)
    if text.isascii() and text.isdigit() and int(text) < len(known):
        return int(text)
    raise UnknownNameError("class", text, known, also=f", or an index below {len(known)}")
