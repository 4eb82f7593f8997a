"""Which files of a folder are the images of a split, and of which class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.data.annotations import Annotations
from xaitool.data.files.file_names import is_picture
from xaitool.data.files.file_sources import FileSource
from xaitool.data.files.images import WANTED
from xaitool.data.folders.attribute_table import AttributeTable
from xaitool.data.folders.layout_notes import class_notes, left_out_notes
from xaitool.data.folders.split_folders import SPLITS, few, find_splits, names_no_class, split_role
from xaitool.data.folders.tiny_imagenet import listed_classes
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
        left_out: Files that are in neither split: hidden, no picture, or outside the layout.
        notes: What a person should know of it, a line each: what is left out, and why.
        pictures: Those of both splits; the first decides what is not asked for.
        annotations: What a table of attributes says of them.
    """

    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    pictures: tuple[str, ...]
    annotations: Annotations = Annotations()  # noqa: RUF009  # frozen


@dataclass(frozen=True)
class _Assigned:
    """The used pictures of both splits.

    Attributes:
        class_of: Class of each.
        split_of: ``train`` or ``test`` of each; empty where nothing says it.
        tails: Parts of each below its split, the class folder first.
        why_not: Of pictures that are not used, why.
    """

    class_of: dict[str, str]
    split_of: dict[str, str]
    tails: dict[str, list[str]]
    why_not: dict[str, str]


def arrange(source: FileSource, split: str, table: AttributeTable | None = None) -> Layout:
    """Recognise the layout and pick a split.

    ``train/<class>/...`` and ``test/<class>/...``, or ``val`` where there is no ``test`` with
    classes, in any of the spellings that `split_folders` knows and with Tiny ImageNet's list; or
    ``trainA/...``, ``trainB/...``, ``testA/...``, ``testB/...`` (Zhu et al. 2017, CycleGAN), whose
    classes are A and B, or the words around the 2 of a folder such as ``apple2orange``; else
    ``<class>/...`` with a fixed stratified split (`TEST_FRACTION`, `SPLIT_SEED`); else pictures
    without class folders, which are one class called like the folder. One folder around all of
    it, as zips have, is ignored. Hidden files, ``__MACOSX`` and other files are left out. Classes
    and splits that a table names come before those of folders.

    Args:
        source: The files.
        split: ``train`` or ``test``.
        table: What is known of the pictures.

    Raises:
        DataError: There are no pictures, or none in this split, or one is not in the table, or
            folders may be splits or classes.
    """
    title, files = source.title, sorted(source.fingerprints)
    listed = listed_classes(source)
    pictures = {name: _parts(name, listed) for name in files if is_picture(name)}
    if not pictures:
        raise DataError(f"folder '{title}' has no pictures, but {WANTED}")
    if table:
        _check_listed(pictures, table)
    tails = _domains_as_classes(_without_common_top(pictures), pictures, title)
    assigned = _assign(tails, title, table)
    names, labels, classes = _of_split(assigned, split, title)
    own = {table.name if table else None, *listed.lists}
    left_out = tuple(name for name in files if name not in assigned.class_of and name not in own)
    for name in pictures.keys() - tails.keys():
        assigned.why_not[name] = "in no class folder"
    notes = left_out_notes(left_out, assigned.why_not, source)
    if not (table and table.column("label")):
        notes += class_notes(assigned.class_of, assigned.split_of, assigned.tails, source)
    annotations = table.annotations(names) if table else Annotations()
    return Layout(
        names,
        labels,
        classes,
        left_out,
        tuple(notes),
        tuple(assigned.class_of),
        annotations,
    )


def _parts(name: str, listed: Mapping[str, str]) -> list[str]:
    """The parts of a name, with the class that a list gives it as its folder."""
    parts = name.split("/")
    return parts if name not in listed else [*parts[:-2], listed[name], parts[-1]]


def _of_split(
    assigned: _Assigned, split: str, title: str
) -> tuple[tuple[str, ...], Tensor, tuple[str, ...]]:
    """Names and labels of one split, and the classes of both."""
    class_of, split_of = assigned.class_of, assigned.split_of
    classes = tuple(sorted(set(class_of.values())))
    place = {name: index for index, name in enumerate(classes)}
    names = [name for name in class_of if split_of.get(name, split) == split]
    labels = torch.tensor([place[class_of[name]] for name in names], dtype=torch.int64)
    if not split_of:
        indices = stratified_split(labels, TEST_FRACTION, SPLIT_SEED)[split == "test"]
        names, labels = [names[index] for index in indices], labels[indices]
    if not names:
        raise DataError(
            f"folder '{title}' has no pictures for the split '{split}', but some are wanted",
            hint=f"put them into {title}/{split}/<class>/",
        )
    return tuple(names), labels, classes


def _without_common_top(tails: dict[str, list[str]]) -> dict[str, list[str]]:
    """Drop a folder that is around everything; the last folder above the pictures is a class.

    Pictures that lie beside it, and are fewer, are dropped, too.
    """
    while True:
        inside = {name: tail for name, tail in tails.items() if len(tail) > 1}
        tops = {tail[0] for tail in inside.values()}
        if len(tops) != 1 or 2 * len(inside) <= len(tails):
            return tails
        below = {name: tail[1:] for name, tail in inside.items()}
        is_split = tops.pop().lower() in SPLITS and not any(
            split_role(tail[0]) for tail in below.values()
        )
        if is_split or any(len(tail) < 2 for tail in below.values()):
            return tails
        if all(names_no_class(tail[0]) and not split_role(tail[0]) for tail in below.values()):
            return tails
        tails = below


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


def _assign(tails: dict[str, list[str]], title: str, table: AttributeTable | None) -> _Assigned:
    """The class and the split of every used picture, from the table or else from the folders."""
    labels = table.column("label") if table else {}
    splits = table.column("split") if table else {}
    folders = None
    if not (labels and splits):
        folders = find_splits(tails, title, are_classes=not labels, are_splits=not splits)
    why_not: dict[str, str] = {}
    split_of: dict[str, str] = {}
    if folders:
        beside = f"in no split, which are {few(folders.folders)}"
        why_not = {name: beside for name in tails if name not in folders.tails}
        tails, split_of = folders.tails, folders.split_of
    if splits:
        split_of = {name: splits[name] for name in tails}
        held_out = "test" if "test" in split_of.values() else "val"
    else:
        held_out = folders.held_out if folders else "test"
    roles = {"train": "train", held_out: "test"}
    if split_of:
        for name in tails:
            if folders and split_of[name] in folders.unlabelled:
                why_not[name] = f"as {split_of[name]} has no class folders"
            elif split_of[name] not in roles:
                why_not[name] = f"as {held_out} is the test split"
        tails = {name: tail for name, tail in tails.items() if name not in why_not}
        split_of = {name: roles[split_of[name]] for name in tails}
    class_of = {name: labels[name] for name in tails} if labels else _classes(tails, title)
    class_of = {name: normal_form(called) for name, called in class_of.items()}
    why_not |= {name: "in no class folder" for name in tails if name not in class_of}
    return _Assigned(class_of, split_of, tails, why_not)


def _classes(tails: dict[str, list[str]], title: str) -> dict[str, str]:
    """Class folder of every file; files beside class folders belong to none."""
    in_folders = {name: tail[0] for name, tail in tails.items() if len(tail) > 1}
    return in_folders or dict.fromkeys(tails, title)
