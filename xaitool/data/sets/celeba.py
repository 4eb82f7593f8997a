"""``celeba``: photographs of faces with forty attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision import datasets

from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.files.file_bytes import MAXIMUM_TABLE_BYTES, check_size, file_bytes
from xaitool.data.files.file_pixels import OnError
from xaitool.data.files.file_sources import FileSource, open_source
from xaitool.data.lazy import LazyDataset
from xaitool.data.loader import DatasetRequest, Loaded
from xaitool.data.sets.image_folder import decoded, without
from xaitool.errors import DataError
from xaitool.options import Options, option

FOLDER = "celeba"
PICTURES, ATTRIBUTES, PARTITION = (
    "img_align_celeba",
    "list_attr_celeba.txt",
    "list_eval_partition.txt",
)
"""As the authors distribute them; Kaggle has the lists as ``.csv`` and the folder in itself."""

LABEL, SENSITIVE = "Heavy_Makeup", "Male"
"""The attributes that are the class and sensitive by default (Qiang et al. 2022, CIA)."""

SIDE = 64
"""Side of the images by default."""

_PARTS = {"train": "0", "valid": "1", "test": "2"}


@dataclass(frozen=True, kw_only=True)
class CelebA(Options):
    """What is used of it: ``celeba:crop=178,test=valid``."""

    crop: int = option(
        128, "side of the central square of the 178x218 picture, pixels", minimum=1, maximum=178
    )
    test: str = option(
        "test",
        "official partition that is the test split",
        choices=("test", "valid"),
        what="partition",
    )


def load(request: DatasetRequest) -> Loaded:
    """Load an official partition (Liu et al. 2015); see `DatasetRequest` and `CelebA`.

    Every attribute has the values no and yes; the class is `LABEL` and `SENSITIVE` is sensitive
    unless other ones are chosen. The central 128x128 pixels, which are those at (25, 45) that the
    code of Qiang et al. 2022 cuts, are resized to 64x64. It takes the last fifth of the files for
    the test; here the partition is the official one, in which nobody is in two parts.

    The files lie as torchvision or Kaggle lay them out, in ``celeba/`` in the data directory; the
    pictures may be in their ``.zip``. torchvision's class is not used to read them: it wants
    identities, boxes and landmarks, too, which nothing here needs.

    Raises:
        DataError: Files are absent and cannot be downloaded, or do not fit together.
    """
    options = request.options(CelebA)
    folder = request.data_dir / FOLDER
    _check_or_download(request.data_dir, folder)
    names = _partition(folder, "train" if request.split == "train" else options.test)
    attributes = _attributes(folder, names)
    source = open_source(_existing(folder, PICTURES) or folder / PICTURES)
    side = request.framing.crop if request.framing else SIDE
    inside = f"{PICTURES}/"
    nested = any(name.startswith(inside) for name in source.fingerprints)
    dataset = LazyDataset(
        source,
        tuple(f"{inside}{name}" for name in names) if nested else tuple(names),
        attributes[LABEL].values,
        attributes[LABEL].names,
        (request.channels or 3, side, side),
        name=request.name,
        split=request.split,
        workers=request.workers,
        annotations=Annotations(attributes=attributes, label=LABEL, sensitive=(SENSITIVE,)),
        crop=options.crop,
        framing=request.framing,
    )
    return decoded(_with_its_files(dataset, source, request.on_error), request.on_error)


def _check_or_download(data_dir: Path, folder: Path) -> None:
    """Whatever the download leaves out is told, as a directory that needs none may be read-only."""
    if not _missing(folder):
        return
    try:
        datasets.CelebA(data_dir, split="all", download=True)
        reason = "not all of it came"
    except Exception as error:  # no network, no gdown, a quota: one type each
        reason = " ".join(str(error).split())[:300] or type(error).__name__
    if missing := _missing(folder):
        raise DataError(
            f"dataset 'celeba' has no {', '.join(missing)} in '{folder}' and could not be "
            f"downloaded ({reason}), but its files are wanted there",
            hint=f"put them there, the pictures unpacked in {folder / PICTURES}; "
            "--dataset biased-mnist:of=digits needs no download",
        )


def _missing(folder: Path) -> list[str]:
    return [name for name in (PICTURES, ATTRIBUTES, PARTITION) if _existing(folder, name) is None]


def _existing(folder: Path, name: str) -> Path | None:
    """The file or folder as the authors, torchvision or Kaggle call it; None where it is absent."""
    other = f"{name}.zip" if name == PICTURES else name.replace(".txt", ".csv")
    return next((folder / one for one in (name, other) if (folder / one).exists()), None)


def _partition(folder: Path, part: str) -> list[str]:
    """The pictures of a part, in the order of the list."""
    path, lines = _lines(folder, PARTITION)
    if path.suffix == ".csv":
        next(lines, None)  # the names of the columns
    names = []
    for number, cells in lines:
        if len(cells) != 2 or cells[1] not in _PARTS.values():
            raise _damaged(path, number, "a picture and 0, 1 or 2 are wanted")
        if cells[1] == _PARTS[part]:
            names.append(cells[0])
    if not names:
        raise DataError(f"'{path}' has no {part} pictures, but some are wanted")
    return names


def _attributes(folder: Path, names: list[str]) -> dict[str, Attribute]:
    """The attributes of these pictures."""
    path, lines = _lines(folder, ATTRIBUTES)
    if path.suffix == ".txt":
        next(lines, None)  # how many there are
    number, titles = next(lines, (2, []))
    titles = titles[1:] if path.suffix == ".csv" else titles
    if not {LABEL, SENSITIVE} <= set(titles):
        raise _damaged(
            path, number, f"names of attributes, with {LABEL} and {SENSITIVE}, are wanted"
        )
    values: dict[str, list[bool]] = {}
    for number, (name, *cells) in lines:
        if len(cells) != len(titles) or not set(cells) <= {"1", "-1"}:
            raise _damaged(path, number, f"a picture and {len(titles)} times 1 or -1 are wanted")
        values[name] = [cell == "1" for cell in cells]
    for name in names:
        if name not in values:
            raise DataError(f"'{path}' has no line for '{name}', but one for each is wanted")
    table = torch.tensor([values[name] for name in names])
    columns: tuple[Tensor, ...] = table.long().T.contiguous().unbind()
    return {
        title: Attribute(column, ("no", "yes"))
        for title, column in zip(titles, columns, strict=True)
    }


def _lines(folder: Path, name: str) -> tuple[Path, Iterator[tuple[int, list[str]]]]:
    """The file of a list, and line numbers and values of what is not blank in it."""
    path = _existing(folder, name) or folder / name
    content = file_bytes(path, f"'{path}'", "CelebA's list is wanted")
    check_size(f"'{path}'", len(content), MAXIMUM_TABLE_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}' cannot be read ({error}), but CelebA's list is wanted") from None
    separator = "," if path.suffix == ".csv" else None
    lines = (
        (number, [cell.strip() for cell in line.split(separator)])
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    )
    return path, lines


def _damaged(path: Path, number: int, wanted: str) -> DataError:
    return DataError(f"'{path}' line {number} is damaged, but {wanted}")


def _with_its_files(dataset: LazyDataset, source: FileSource, on_error: OnError) -> LazyDataset:
    """Refuse or leave out pictures that the lists have and the folder has not."""
    names = enumerate(dataset.names)
    absent = [row for row, name in names if name not in source.fingerprints]
    if absent and on_error == "stop":
        raise DataError(
            f"{len(absent)} of the {len(dataset)} pictures of '{dataset.name}' are not in "
            f"{PICTURES}, such as '{dataset.names[absent[0]]}', but all are wanted"
        )
    return without(dataset, absent) if absent else dataset
