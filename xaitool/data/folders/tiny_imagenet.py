"""Tiny ImageNet's list of the classes of its validation pictures, which lie in one folder."""

from __future__ import annotations

import posixpath

from xaitool.data.files.file_bytes import MAXIMUM_TABLE_BYTES, check_size
from xaitool.data.files.file_sources import FileSource
from xaitool.errors import DataError

NAME = "val_annotations.txt"
"""Lines of file, class and box, parted by tabs; the files are in ``images`` beside it."""


class ListedClasses(dict[str, str]):
    """Name of a picture to its class.

    Attributes:
        lists: Names of the lists.
    """

    lists: tuple[str, ...] = ()


def listed_classes(source: FileSource) -> ListedClasses:
    """What the lists in a folder say; nothing where there are none.

    Raises:
        DataError: A list cannot be read, or has no line for a picture; the message names it.
    """
    class_of = ListedClasses()
    class_of.lists = tuple(name for name in source.fingerprints if posixpath.basename(name) == NAME)
    for name in class_of.lists:
        folder = posixpath.join(posixpath.dirname(name), "images")
        classes = _read(source, name)
        pictures = [one for one in source.fingerprints if posixpath.dirname(one) == folder]
        for picture in pictures:
            file = posixpath.basename(picture)
            if file not in classes:
                raise DataError(f"'{name}' has no line for '{file}', but one for each is wanted")
            class_of[picture] = classes[file]
    return class_of


def _read(source: FileSource, name: str) -> dict[str, str]:
    check_size(f"'{name}'", source.size(name), MAXIMUM_TABLE_BYTES)
    classes = {}
    lines = source.read(name).decode("utf-8-sig", errors="surrogateescape").splitlines()
    for number, line in enumerate(lines, 1):
        file, _, rest = line.partition("\t")
        label = rest.partition("\t")[0].strip()
        if line.strip() and not (file and label and "/" not in label):
            raise DataError(
                f"'{name}' line {number} names no class, but a file and its class are wanted"
            )
        classes[file] = label
    return classes
