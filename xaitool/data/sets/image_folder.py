"""The dataset ``folder:PATH``: a folder of pictures, or a ``.zip`` of one."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import replace

import torch

from xaitool.data.files.file_pixels import SKIP, OnError
from xaitool.data.files.file_sources import FileSource, open_source
from xaitool.data.files.images import read_image
from xaitool.data.folders.attribute_table import find_table
from xaitool.data.folders.folder_layout import arrange
from xaitool.data.lazy import LazyDataset
from xaitool.data.loader import DatasetRequest, Loaded
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError, DataWarning

MEMORY_LIMIT = 2 * 2**30
"""Bytes of pixels up to which a split is read into memory once."""


def load(request: DatasetRequest) -> Loaded:
    """Load a split of an image folder; see `folder_layout.arrange` for the layouts.

    A table of attributes may lie in the folder; see `attribute_table.find_table`.

    Images are square: the shorter side is resized to `image_size` (by default the shorter side of
    the first picture) and the centre is cut. They are grey if the first picture is, unless
    `channels` says otherwise. "First" is by name over both splits, so both get the same shape.
    """
    return decoded(undecoded(request), request.on_error)


def undecoded(request: DatasetRequest) -> LazyDataset:
    """A split of which no picture but the first is read yet, for those who need a few; see `load`.

    What is left out, or odd, is a `DataWarning`.

    Raises:
        DataError: The folder is absent or empty, its first picture cannot be read, or its table of
            attributes does not fit.
    """
    source = open_source(request.path())
    table = find_table(source)
    layout = arrange(source, request.split, table)
    for note in layout.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return LazyDataset(
        source,
        layout.names,
        layout.labels,
        layout.classes,
        picture_shape(source, layout.pictures, request),
        name=request.name,
        split=request.split,
        left_out=layout.left_out,
        workers=request.workers,
        annotations=layout.annotations,
        framing=request.framing,
    )


def decoded(dataset: LazyDataset, on_error: OnError) -> Loaded:
    """The dataset in memory where it has at most `MEMORY_LIMIT` bytes.

    Raises:
        DataError: A picture cannot be decoded and `on_error` is ``stop``, or none can.
    """
    if len(dataset) * math.prod(dataset.shape) <= MEMORY_LIMIT:
        return _in_memory(dataset, on_error)
    return _readable(dataset) if on_error == "skip" else dataset


def picture_shape(
    source: FileSource, pictures: Iterable[str], request: DatasetRequest
) -> tuple[int, int, int]:
    """``(C, S, S)``: what is not asked for is as in the first of the pictures that can be read.

    Raises:
        DataError: One that is needed cannot be read and `on_error` is ``stop``, or none can.
    """
    side = request.framing.crop if request.framing else None
    channels = request.channels
    if side is not None and channels is not None:
        return channels, side, side
    for name in pictures:
        try:
            image = read_image(source.read(name), channels=channels, name=name)
        except DataError as error:
            if request.on_error == "stop":
                raise DataError(str(error), hint=error.hint or SKIP) from error
            continue
        side = side or min(image.size)
        return len(image.getbands()), side, side
    raise none_readable(request.name)


def none_readable(name: str) -> DataError:
    """Of a dataset."""
    return DataError(
        f"dataset '{name}' has no picture that can be decoded, but at least one is wanted"
    )


def _in_memory(dataset: LazyDataset, on_error: OnError) -> MemoryDataset:
    pixels, failed = dataset.decode(dataset.names, on_error)
    kept = without(dataset, failed)
    if failed:
        pixels = pixels[_others(len(pixels), failed)]
    return MemoryDataset(
        pixels,
        kept.labels,
        kept.classes,
        name=kept.name,
        split=kept.split,
        filenames=kept.names,
        skipped=kept.skipped,
        left_out=kept.left_out,
        annotations=kept.annotations,
    )


def _readable(dataset: LazyDataset) -> LazyDataset:
    """Leave out what cannot be decoded; only decoding everything once can tell."""
    failed = []
    for start in range(0, len(dataset), 1024):
        names = dataset.names[start : start + 1024]
        _, rows = dataset.decode(names, "skip")
        failed += [start + row for row in rows]
    return without(dataset, failed)


def without(dataset: LazyDataset, failed: list[int]) -> LazyDataset:
    """The dataset without the pictures at these places, which are then skipped ones.

    Raises:
        DataError: No picture is left.
    """
    if len(failed) == len(dataset):
        raise none_readable(dataset.name)
    skipped = (*dataset.skipped, *(dataset.names[row] for row in failed))
    return replace(dataset.subset(_others(len(dataset), failed)), skipped=skipped)


def _others(count: int, rows: list[int]) -> torch.Tensor:
    kept = torch.ones(count, dtype=torch.bool)
    kept[rows] = False
    return kept.nonzero().squeeze(1)
