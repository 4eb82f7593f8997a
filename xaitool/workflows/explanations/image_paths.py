"""The image files that arguments name: themselves, folders of them, patterns, or a list of them."""

from __future__ import annotations

import glob
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from xaitool.data.files.file_names import is_hidden, is_picture
from xaitool.data.files.file_sources import FolderSource
from xaitool.data.files.images import SUFFIXES, WANTED
from xaitool.data.folders.layout_notes import files_text, left_out_notes
from xaitool.errors import DataError, DataWarning
from xaitool.io.standard_input import listed_names


def expand_paths(images: Iterable[Path]) -> Iterator[Path]:
    """The files that arguments name, one argument after the other.

    A folder is all images in it and in the folders below, but for hidden ones; a pattern such as
    ``photos/**/*.jpg``, which no file is called, is the images that it matches. Both come in
    natural order, ``2.png`` before ``10.png``; what else lies there is a `DataWarning`. ``-`` is
    what standard input lists.

    Raises:
        DataError: A folder or a pattern has no image, or a folder cannot be read.
        ConfigError: Standard input cannot be read.
    """
    for image in images:
        if str(image) == "-":
            yield from map(Path, listed_names())
        elif os.path.isdir(image):
            yield from _in_folder(image)
        elif glob.has_magic(str(image)) and not os.path.exists(image):
            yield from _matches(str(image))
        else:
            yield image


def natural_order(name: str) -> list[tuple[str | int, ...]]:
    """A key that sorts paths folder by folder, and numbers in them by their value."""
    parts = [re.split(r"(\d+)", part.casefold()) for part in name.split("/")]
    # Split so, text and numbers alternate: the same places hold the same types.
    return [(*(int(x) if i % 2 else x for i, x in enumerate(part)),) for part in parts]


def _in_folder(folder: Path) -> Iterator[Path]:
    source = FolderSource(folder)
    names = [name for name in source.fingerprints if not is_hidden(name)]
    images = [name for name in names if is_picture(name)]
    if not images:
        raise DataError(f"folder '{folder}' has no images, but {WANTED}")
    for note in left_out_notes([name for name in names if not is_picture(name)], {}, source):
        warnings.warn(note, DataWarning, stacklevel=2)
    return (folder / name for name in sorted(sorted(images), key=natural_order))


def _matches(pattern: str) -> Iterator[Path]:
    files = [name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name)]
    images = [name for name in files if name.lower().endswith(SUFFIXES)]
    if not images:
        found = f"{files_text(files)} and no image" if files else "no file"
        raise DataError(f"pattern '{pattern}' matches {found}, but {WANTED}")
    if others := sorted(set(files) - set(images)):
        note = f"pattern '{pattern}': {files_text(others)} left out, no image such as PNG or JPEG"
        warnings.warn(note, DataWarning, stacklevel=2)
    return map(Path, sorted(sorted(images), key=natural_order))
