"""The dataset ``bam:PATH``: BAM's objects on scenes, as its own script writes them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from xaitool.data.annotations import Annotations, framed_masks
from xaitool.data.files.byte_arrays import Bytes, read_byte_arrays
from xaitool.data.files.file_sources import FileSource, open_source
from xaitool.data.files.images import Framing, read_image
from xaitool.data.folders.layout_notes import left_out_notes
from xaitool.data.lazy import LazyDataset
from xaitool.data.loader import DatasetRequest, Loaded
from xaitool.data.sets.image_folder import decoded, picture_shape
from xaitool.errors import DataError, DataWarning

FOLDERS = ("obj", "data/obj", "scene", "data/scene")
"""Where the pictures are looked for, in this order: `obj` and `scene` hold the same ones."""

MASKS_EACH = 100
"""Masks of an object in ``val_mask``: those of its last hundred pictures."""

_PICTURE = re.compile(r"(train|val)/(?:[^/]+/)?([^/-]+)-([^/-]+)-(\d+)\.jpg")


class Picture(NamedTuple):
    """What a file's name says."""

    name: str
    part: str
    object: str
    scene: str
    number: int


def load(request: DatasetRequest) -> Loaded:
    """Load a split of BAM (Yang and Kim 2019); see `DatasetRequest`.

    PATH is the folder in which BAM's ``construct_bam_dataset.py`` was run, or the ``data`` in it.
    Of ``obj`` (else ``scene``) in it these files are read, and no others:

    - ``train/<object>/<object>-<scene>-<number>.jpg``, the train split;
    - ``val/<object>-<scene>-<number>.jpg``, the test split;
    - ``val_loc.txt``, lines of ``<file> <top>,<left>,<bottom>,<right>`` in pixels, and
      ``val_mask``, 100 cut-out masks of each object, in the order of the objects' names: together
      the masks of the test split. BAM has none for its train split, and where one of the two files
      is absent there are none at all. ``val_mask`` is a pickle; see `read_byte_arrays`.

    Every pair of an object and a scene is one class, ``<object>-<scene>``, as in Shih et al. 2021
    (GANMEX), section 4.1; BAM's own labels are the object or the scene. A mask is the cut-out,
    resized to its place as BAM does, and true wherever anything of it arrives.

    Raises:
        DataError: The folder is not BAM's, or its files do not fit together.
    """
    root = request.path()
    source = open_source(_folder(root))
    pictures = _pictures(source.fingerprints)
    if not pictures:
        raise _not_bam(root)
    parts = tuple(sorted({(one.object, one.scene) for one in pictures}))
    place = {pair: index for index, pair in enumerate(parts)}
    left_out = _left_out(source, pictures)
    for note in left_out_notes(left_out, dict.fromkeys(left_out, "none of BAM's"), source):
        warnings.warn(note, DataWarning, stacklevel=2)
    part = "train" if request.split == "train" else "val"
    chosen = [one for one in pictures if one.part == part]
    if not chosen:
        raise DataError(f"BAM folder '{root}' has no pictures in '{part}', but some are wanted")
    shape = picture_shape(source, (one.name for one in pictures), request)
    dataset = LazyDataset(
        source,
        tuple(one.name for one in chosen),
        torch.tensor([place[one.object, one.scene] for one in chosen]),
        tuple("-".join(pair) for pair in parts),
        shape,
        name=request.name,
        split=request.split,
        left_out=left_out,
        workers=request.workers,
        annotations=Annotations(class_parts=parts),
        framing=request.framing,
    )
    if part == "val" and {"val_loc.txt", "val_mask"} <= source.fingerprints.keys():
        framing = request.framing or Framing.of(shape[1])
        masks = framed_masks(_masks(source, pictures, chosen), framing)
        dataset = replace(dataset, annotations=replace(dataset.annotations, masks=masks))
    return decoded(dataset, request.on_error)


def _folder(root: Path) -> Path:
    for name in FOLDERS:
        if (root / name / "train").is_dir() or (root / name / "val").is_dir():
            return root / name
    raise _not_bam(root)


def _not_bam(root: Path) -> DataError:
    return DataError(
        f"folder '{root}' has no {' or '.join(FOLDERS)} with <object>-<scene>-<number>.jpg in "
        "train or val, but BAM's data folder is wanted",
        hint="BAM's construct_bam_dataset.py writes it; other pictures are folder:PATH, and "
        "composite makes objects on scenes of other datasets",
    )


def _pictures(names: Iterable[str]) -> list[Picture]:
    matches = ((name, _PICTURE.fullmatch(name)) for name in sorted(names))
    return [
        Picture(name, match[1], match[2], match[3], int(match[4]))
        for name, match in matches
        if match
    ]


def _left_out(source: FileSource, pictures: list[Picture]) -> tuple[str, ...]:
    used = {one.name for one in pictures}
    inside = (name for name in sorted(source.fingerprints) if name.startswith(("train/", "val/")))
    return tuple(name for name in inside if name not in used)


def _masks(source: FileSource, pictures: list[Picture], chosen: list[Picture]) -> Tensor:
    """Where the objects are in the pictures as they are in the files: bool ``(N, 1, S, S)``."""
    size = read_image(source.read(chosen[0].name), name=chosen[0].name).size
    if size[0] != size[1]:
        raise DataError(
            f"image '{chosen[0].name}' is {size[0]}x{size[1]}, but BAM's square ones are wanted"
        )
    objects = sorted({one.object for one in pictures})
    cut_outs = read_byte_arrays(source.read("val_mask"), "val_mask")
    if len(cut_outs) != MASKS_EACH * len(objects):
        raise DataError(
            f"'val_mask' has {len(cut_outs)} masks for {len(objects)} objects, but {MASKS_EACH} of "
            "each are wanted"
        )
    boxes = _boxes(source.read("val_loc.txt"))
    masks = torch.zeros(len(chosen), 1, *size, dtype=torch.bool)
    for row, one in enumerate(chosen):
        place = MASKS_EACH * objects.index(one.object) + one.number % MASKS_EACH
        _put(masks[row, 0], cut_outs[place], boxes.get(Path(one.name).name), one.name)
    return masks


def _boxes(content: bytes) -> dict[str, tuple[int, ...]]:
    """File name to top, left, bottom and right."""
    boxes = {}
    for line in content.decode(errors="replace").splitlines():
        name, _, numbers = line.strip().rpartition(" ")
        if re.fullmatch(r"\d+(,\d+){3}", numbers):
            boxes[name] = tuple(int(number) for number in numbers.split(","))
    return boxes


def _put(mask: Tensor, cut_out: Bytes, box: tuple[int, ...] | None, name: str) -> None:
    if box is None:
        raise DataError(
            f"'val_loc.txt' has no box for '{name}', but top,left,bottom,right is wanted"
        )
    top, left, bottom, right = box
    if not (top < bottom <= len(mask) and left < right <= len(mask)) or cut_out.ndim != 2:
        raise DataError(
            f"'{name}' of {len(mask)} pixels has the box {box} and a mask of shape "
            f"{cut_out.shape}, but a box inside it and a flat mask are wanted"
        )
    bright = Image.fromarray((cut_out > 0).astype(np.uint8) * 255)
    resized = bright.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
    mask[top:bottom, left:right] = torch.from_numpy(np.asarray(resized) > 0)
