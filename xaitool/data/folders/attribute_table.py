"""The CSV file in an image folder that says what is known of every picture."""

from __future__ import annotations

import csv
import io
import posixpath
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import torch

from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.files.file_bytes import MAXIMUM_TABLE_BYTES, check_size
from xaitool.data.files.file_names import is_hidden, is_picture
from xaitool.data.files.file_sources import FileSource
from xaitool.data.folders.split_folders import SPLITS
from xaitool.data.names import normal_form
from xaitool.errors import DataError

NAME = "attributes.csv"

HEADER_BYTES = 64 * 2**10
"""Of a file that may be another's table, only so much is looked at."""


@dataclass(frozen=True)
class AttributeTable:
    """What the file says.

    Attributes:
        name: The file.
        columns: All but ``filename``, in order.
        rows: File name in the folder to the values of `columns`.
    """

    name: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]

    def column(self, name: str) -> dict[str, str]:
        """File name to value; empty where there is no such column."""
        if name not in self.columns:
            return {}
        place = self.columns.index(name)
        return {file: values[place] for file, values in self.rows.items()}

    def annotations(self, files: Sequence[str]) -> Annotations:
        """Every column but ``split`` as an attribute of these pictures.

        The names of its values are those of the whole table, sorted, so that both splits have the
        same. The column ``sensitive`` is sensitive.
        """
        attributes = {}
        for name in self.columns:
            if name == "split":
                continue
            values = self.column(name)
            names = tuple(sorted(set(values.values())))
            place = {value: index for index, value in enumerate(names)}
            indices = torch.tensor([place[values[file]] for file in files], dtype=torch.int64)
            attributes[name] = Attribute(indices, names)
        return Annotations(
            attributes=attributes,
            label="label" if "label" in attributes else None,
            sensitive=("sensitive",) if "sensitive" in attributes else (),
        )


def find_table(source: FileSource) -> AttributeTable | None:
    """The table of a folder of pictures: ``attributes.csv``, else the only ``.csv``.

    It lies directly in the folder, or in the one folder around everything that a zip may have. A
    ``.csv`` of another name counts only where it has a column ``filename``.

    Columns: ``filename``, relative to the table; ``label``, the class, and ``split``, train, test
    or val, instead of what the folders say; all but ``split`` are attributes.

    Returns:
        The table; None where there is none.

    Raises:
        DataError: It cannot be read, has no ``filename``, names a file twice or one that is not
            there or no picture, or has an empty value; the message names file and line.
    """
    files = [name for name in source.fingerprints if not is_hidden(name)]
    top = "/".join(posixpath.commonprefix([name.split("/")[:-1] for name in files]))
    tables = [
        name for name in files if name.lower().endswith(".csv") and posixpath.dirname(name) == top
    ]
    named = posixpath.join(top, NAME)
    if named in tables:
        return _read(source, named)
    if len(tables) != 1:
        return None
    header = source.read(tables[0], HEADER_BYTES).partition(b"\n")[0]
    return _read(source, tables[0]) if b"filename" in header else None


def _lines(source: FileSource, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and stripped cells of what is not blank."""
    wanted = "a CSV file in UTF-8 is wanted"
    check_size(f"'{name}'", source.size(name), MAXIMUM_TABLE_BYTES)
    try:
        text = source.read(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{name}' cannot be read ({error}), but {wanted}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise DataError(
            f"'{name}' line {reader.line_num} cannot be read ({error}), but {wanted}"
        ) from None


def _read(source: FileSource, name: str) -> AttributeTable:
    lines = _lines(source, name)
    number, header = next(lines, (1, []))
    header = list(map(normal_form, header))
    if "filename" not in header or "" in header or len(set(header)) != len(header):
        raise DataError(
            f"'{name}' line {number} has the columns {', '.join(header) or 'of an empty file'}, "
            "but filename and different names are wanted",
            hint="its first line is such as filename,label,sensitive",
        )
    place = header.index("filename")
    stored = {normal_form(file): file for file in source.fingerprints}
    rows: dict[str, tuple[str, ...]] = {}
    for number, cells in lines:
        _check_cells(header, cells, f"'{name}' line {number}")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(name), cells.pop(place)))
        file = file if file in source.fingerprints else stored.get(normal_form(file), file)
        _check_file(file, rows, source, f"'{name}' line {number}")
        rows[file] = tuple(map(normal_form, cells))
    return AttributeTable(name, tuple(one for one in header if one != "filename"), rows)


def _check_cells(header: list[str], cells: list[str], where: str) -> None:
    if len(cells) != len(header):
        raise DataError(f"{where} has {len(cells)} values, but {len(header)} are wanted")
    for column, cell in zip(header, cells, strict=True):
        if not cell:
            raise DataError(f"{where} has no '{column}', but a value is wanted")
        if column == "split" and cell not in SPLITS:
            raise DataError(f"{where} has the split '{cell}', but {', '.join(SPLITS)} are wanted")


def _check_file(file: str, rows: Container[str], source: FileSource, where: str) -> None:
    fault = ""
    if file in rows:
        fault = "a second time"
    elif file not in source.fingerprints:
        fault = "that does not exist"
    elif not is_picture(file):
        fault = "that is no picture"
    if fault:
        raise DataError(f"{where} names the file '{file}' {fault}, but each picture once is wanted")
