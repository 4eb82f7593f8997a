"""What a person should know of how a folder was read, one line a thing: nothing goes in silence."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from xaitool.data.files.file_names import is_hidden, is_picture
from xaitool.data.files.file_sources import FileSource
from xaitool.data.folders.split_folders import few, split_role


def left_out_notes(
    left_out: Iterable[str], why_not: Mapping[str, str], source: FileSource
) -> list[str]:
    """What is not used, but for hidden files: pictures by folder and reason, and other files.

    Args:
        left_out: Names of files.
        why_not: Why, of those that are pictures.
        source: The folder.
    """
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name in left_out:
        if name in why_not and not is_hidden(name):
            by_reason[why_not[name]].append(name)
    notes = [
        f"{files_text(names, 'images')} left out, {reason}" for reason, names in by_reason.items()
    ]
    others = [name for name in left_out if name not in why_not and not is_hidden(name)]
    if others:
        notes.append(f"{files_text(others)} left out, no image such as PNG or JPEG")
    if unreadable := [name for name in source.unreadable if not is_hidden(name)]:
        notes.append(
            f"{files_text(unreadable)} left out, a pipe, a device or a link to nothing new"
        )
    return _of(source.title, notes)


def class_notes(
    class_of: Mapping[str, str],
    split_of: Mapping[str, str],
    tails: Mapping[str, Sequence[str]],
    source: FileSource,
) -> list[str]:
    """What is odd about classes that folders name.

    Args:
        class_of: Class of every used picture.
        split_of: ``train`` or ``test`` of each; empty without split folders.
        tails: Parts of each below its split, the class folder first.
        source: The folder.
    """
    notes = []
    if empty := _empty_folders(class_of, tails, source):
        notes.append(f"no image in the folder{'s' * (len(empty) > 1)} {few(empty)}")
    deeper = [name for name in class_of if len(tails[name]) > 2]
    if len({tuple(tails[name][1:-1]) for name in deeper}) > 1:
        notes.append(f"{files_text(deeper)} deeper than the folders of classes, and used")
    classes = sorted(set(class_of.values()))
    if split_of:
        trained = {one for name, one in class_of.items() if split_of[name] == "train"}
        if trained and (untrained := [one for one in classes if one not in trained]):
            notes.append(
                f"no training image of the class{'es' * (len(untrained) > 1)} {few(untrained)}"
            )
    elif len(classes) > 1 and (called := [one for one in classes if split_role(one)]):
        notes.append(f"{few(called)} taken for a class, as no other split lies beside it")
    return _of(source.title, notes)


def _empty_folders(
    used: Iterable[str], tails: Mapping[str, Sequence[str]], source: FileSource
) -> list[str]:
    """Folders beside those of classes that have no image."""
    full: set[str] = set()
    for name in filter(is_picture, source.fingerprints):
        while name := posixpath.dirname(name):
            full.add(name)
    above = {
        "/".join(name.split("/")[: -len(tails[name])]) for name in used if len(tails[name]) > 1
    }
    return sorted(
        folder
        for folder in source.folders
        if posixpath.dirname(folder) in above and folder not in full and not is_hidden(folder)
    )


def files_text(names: Sequence[str], what: str = "files") -> str:
    """A file by its name, or several by their number and one of them."""
    return f"'{names[0]}'" if len(names) == 1 else f"{len(names):,} {what} such as '{names[0]}'"


def _of(title: str, notes: Iterable[str]) -> list[str]:
    return [f"folder '{title}': {note}" for note in notes]
