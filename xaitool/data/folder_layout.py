"""Which files of a folder are the images of a split, and of which class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.data.annotations import Annotations
from xaitool.data.attribute_table import SPLITS, AttributeTable
from xaitool.data.file_names import is_picture
from xaitool.data.images import WANTED
from xaitool.data.names import normal_form
from xaitool.data.splits import SPLIT_SEED, TEST_FRACTION, stratified_split
from xaitool.errors import DataError

_DOMAIN_FOLDER = re.compile(rf"({'|'.join(SPLITS)})([AB])")


@dataclass(frozen=True)
class Layout:
    """The images of one split.

    Attributes:
        names: File names, sorted.
        labels: int64 ``(N,)``, indices into `classes`.
        classes: Names of the classes of both splits, sorted.
        skipped: Files that are in neither split: hidden, no picture, or outside the layout.
        first: The first picture of both splits; it decides what is not asked for.
        annotations: What a table of attributes says of them.
    """

    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    first: str
    annotations: Annotations = Annotations()  # noqa: RUF009  # frozen


def arrange(
    files: Iterable[str], split: str, title: str, table: AttributeTable | None = None
) -> Layout:
    """Recognise the layout and pick a split.

    ``train/<class>/...`` and ``test/<class>/...`` (``val`` where there is no ``test``); or
    ``trainA/...``, ``trainB/...``, ``testA/...``, ``testB/...`` (Zhu et al. 2017, CycleGAN), whose
    classes are A and B, or the words around the 2 of a folder such as ``apple2orange``; else
    ``<class>/...`` with a fixed stratified split (`TEST_FRACTION`, `SPLIT_SEED`); else pictures
    without class folders, which are one class called like the folder. One folder around all of
    it, as zips have, is ignored. Hidden files, ``__MACOSX`` and other files are skipped. Classes
    and splits that a table names come before those of folders.

    Args:
        files: File names with ``/`` between their parts.
        split: ``train`` or ``test``.
        title: The folder's own name.
        table: What is known of the pictures.

    Raises:
        DataError: There are no pictures, or none in this split, or one is not in the table.
    """
    files = sorted(files)
    pictures = {name: name.split("/") for name in files if is_picture(name)}
    tails = _domains_as_classes(_without_common_top(pictures), pictures, title)
    if not tails:
        raise DataError(f"folder '{title}' has no pictures, but {WANTED}")
    if table:
        _check_listed(pictures, table)
    class_of, split_of = _assign(tails, title, table)
    class_of = {name: normal_form(called) for name, called in class_of.items()}
    classes = tuple(sorted(set(class_of.values())))
    names = [name for name in class_of if split_of.get(name, split) == split]
    place = {name: index for index, name in enumerate(classes)}
    labels = torch.tensor([place[class_of[name]] for name in names], dtype=torch.int64)
    if not split_of:
        indices = stratified_split(labels, TEST_FRACTION, SPLIT_SEED)[split == "test"]
        names, labels = [names[index] for index in indices], labels[indices]
    if not names:
        raise DataError(
            f"folder '{title}' has no pictures for the split '{split}', but some are wanted",
            hint=f"put them into {title}/{split}/<class>/",
        )
    own = table.name if table else None
    skipped = tuple(name for name in files if name not in class_of and name != own)
    annotations = table.annotations(names) if table else Annotations()
    return Layout(tuple(names), labels, classes, skipped, next(iter(class_of)), annotations)


def _without_common_top(tails: dict[str, list[str]]) -> dict[str, list[str]]:
    """Drop a folder that is around everything; the last folder above the pictures is a class."""
    while (
        tails
        and len({tail[0] for tail in tails.values()}) == 1
        and all(len(tail) > 2 and tail[0] not in SPLITS for tail in tails.values())
    ):
        tails = {name: tail[1:] for name, tail in tails.items()}
    return tails


def _domains_as_classes(
    tails: dict[str, list[str]], pictures: dict[str, list[str]], title: str
) -> dict[str, list[str]]:
    """``trainA/1.jpg`` as ``train/A/1.jpg``, where there are two domains."""
    tops = {tail[0] for tail in tails.values() if len(tail) > 1}
    if not any({f"{split}A", f"{split}B"} <= tops for split in SPLITS):
        return tails
    # Beside the folder's own name, the one that a zip has around everything.
    name, tail = next(iter(tails.items()))
    words = _two_words([title, *pictures[name][: -len(tail)]])
    return {
        name: [match[1], words[match[2]], *tail[1:]]
        if (match := _DOMAIN_FOLDER.fullmatch(tail[0]))
        else tail
        for name, tail in tails.items()
    }


def _two_words(titles: list[str]) -> dict[str, str]:
    """What the domains are called: ``apple2orange`` says it, else A and B."""
    for title in titles:
        first, _, second = title.partition("2")
        if first and second and first != second:
            return {"A": first, "B": second}
    return {"A": "A", "B": "B"}


def _check_listed(pictures: Iterable[str], table: AttributeTable) -> None:
    for name in pictures:
        if name not in table.rows:
            raise DataError(
                f"'{table.name}' has no line for the picture '{name}', but one for each is wanted"
            )


def _assign(
    tails: dict[str, list[str]], title: str, table: AttributeTable | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The class and the split of every used file; no splits where nothing names them."""
    tops = {tail[0] for tail in tails.values() if len(tail) > 1}
    split_of: dict[str, str] = {}
    if "train" in tops or (tops and tops <= set(SPLITS)):
        inside = {n: tail for n, tail in tails.items() if len(tail) > 1 and tail[0] in SPLITS}
        split_of = {name: tail[0] for name, tail in inside.items()}
        tails = {name: tail[1:] for name, tail in inside.items()}
    if table and (told := table.column("split")):
        split_of = {name: told[name] for name in tails}
    if split_of:
        held_out = "test" if "test" in split_of.values() else "val"
        names = {"train": "train", held_out: "test"}
        split_of = {name: names[one] for name, one in split_of.items() if one in names}
        tails = {name: tails[name] for name in split_of}
    if table and (told := table.column("label")):
        return {name: told[name] for name in tails}, split_of
    return _classes(tails, title), split_of


def _classes(tails: dict[str, list[str]], title: str) -> dict[str, str]:
    """Class folder of every file; files beside class folders belong to none."""
    in_folders = {name: tail[0] for name, tail in tails.items() if len(tail) > 1}
    return in_folders or dict.fromkeys(tails, title)
