"""Which files of a folder are the images of a split, and of which class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.data.images import SUFFIXES, WANTED
from xaitool.data.splits import SPLIT_SEED, TEST_FRACTION, stratified_split
from xaitool.errors import DataError

_SPLIT_FOLDERS = ("train", "test", "val")
_DOMAIN_FOLDER = re.compile(rf"({'|'.join(_SPLIT_FOLDERS)})([AB])")


@dataclass(frozen=True)
class Layout:
    """The images of one split.

    Attributes:
        names: File names, sorted.
        labels: int64 ``(N,)``, indices into `classes`.
        classes: Names of the class folders of both splits, sorted.
        skipped: Files that are in neither split: hidden, no picture, or outside the layout.
        first: The first picture of both splits; it decides what is not asked for.
    """

    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    first: str


def arrange(files: Iterable[str], split: str, title: str) -> Layout:
    """Recognise the layout and pick a split.

    ``train/<class>/...`` and ``test/<class>/...`` (``val`` where there is no ``test``); or
    ``trainA/...``, ``trainB/...``, ``testA/...``, ``testB/...`` (Zhu et al. 2017, CycleGAN), whose
    classes are A and B, or the words around the 2 of a folder such as ``apple2orange``; else
    ``<class>/...`` with a fixed stratified split (`TEST_FRACTION`, `SPLIT_SEED`); else pictures
    without class folders, which are one class called like the folder. One folder around all of
    it, as zips have, is ignored. Hidden files, ``__MACOSX`` and other files are skipped.

    Args:
        files: File names with ``/`` between their parts.
        split: ``train`` or ``test``.
        title: The folder's own name.

    Raises:
        DataError: There are no pictures, or none in this split.
    """
    files = sorted(files)
    pictures = {name: name.split("/") for name in files if _is_picture(name)}
    tails = _domains_as_classes(_without_common_top(pictures), pictures, title)
    if not tails:
        raise DataError(f"folder '{title}' has no pictures, but {WANTED}")
    class_of, split_of = _assign(tails, title)
    classes = tuple(sorted(set(class_of.values())))
    names = [name for name in class_of if split_of.get(name, split) == split]
    labels = torch.tensor([classes.index(class_of[name]) for name in names], dtype=torch.int64)
    if not split_of:
        indices = stratified_split(labels, TEST_FRACTION, SPLIT_SEED)[split == "test"]
        names, labels = [names[index] for index in indices], labels[indices]
    if not names:
        raise DataError(
            f"folder '{title}' has no pictures for the split '{split}', but some are wanted",
            hint=f"put them into {title}/{split}/<class>/",
        )
    skipped = tuple(name for name in files if name not in class_of)
    return Layout(tuple(names), labels, classes, skipped, next(iter(class_of)))


def _is_picture(name: str) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
    return not hidden and name.lower().endswith(SUFFIXES)


def _without_common_top(tails: dict[str, list[str]]) -> dict[str, list[str]]:
    """Drop a folder that is around everything; the last folder above the pictures is a class."""
    while (
        tails
        and len({tail[0] for tail in tails.values()}) == 1
        and all(len(tail) > 2 and tail[0] not in _SPLIT_FOLDERS for tail in tails.values())
    ):
        tails = {name: tail[1:] for name, tail in tails.items()}
    return tails


def _domains_as_classes(
    tails: dict[str, list[str]], pictures: dict[str, list[str]], title: str
) -> dict[str, list[str]]:
    """``trainA/1.jpg`` as ``train/A/1.jpg``, where there are two domains."""
    tops = {tail[0] for tail in tails.values() if len(tail) > 1}
    if not any({f"{split}A", f"{split}B"} <= tops for split in _SPLIT_FOLDERS):
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


def _assign(tails: dict[str, list[str]], title: str) -> tuple[dict[str, str], dict[str, str]]:
    """The class and the split of every used file; no splits where no folder names them."""
    tops = {tail[0] for tail in tails.values() if len(tail) > 1}
    if "train" not in tops and not (tops and tops <= set(_SPLIT_FOLDERS)):
        return _classes(tails, title), {}
    split_folders = {"train": "train", "test" if "test" in tops else "val": "test"}
    inside = {
        name: tail[1:] for name, tail in tails.items() if len(tail) > 1 and tail[0] in split_folders
    }
    return _classes(inside, title), {name: split_folders[tails[name][0]] for name in inside}


def _classes(tails: dict[str, list[str]], title: str) -> dict[str, str]:
    """Class folder of every file; files beside class folders belong to none."""
    in_folders = {name: tail[0] for name, tail in tails.items() if len(tail) > 1}
    return in_folders or dict.fromkeys(tails, title)
