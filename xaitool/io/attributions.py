"""Reads attribution files, a slice at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import h5py
import torch
from torch import Tensor

from xaitool.errors import ArtifactError
from xaitool.io import attribution_layout as layout
from xaitool.io.attribution_layout import AttributionRows, damage_as_error, partial_path
from xaitool.io.attribution_writer import AttributionWriter
from xaitool.io.folders import is_stream, near_file

__all__ = ["AttributionFile", "AttributionRows", "AttributionWriter", "partial_path"]


class AttributionFile:
    """Reads a finished attribution file a slice at a time; a context manager.

    Attributes:
        attributes: What was given to `AttributionWriter.create`.

    Args:
        path: The file.

    Raises:
        ArtifactError: It is absent, unfinished, damaged, of another kind or schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise _absent(path)
        with damage_as_error(path):
            self._file = h5py.File(path, "r", locking=False)
        try:
            with damage_as_error(path):
                self._check_header()
                layout.check_layout(self._file, path)
                self.attributes = layout.read_attributes(self._file)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._file["index"])

    @property
    def references(self) -> Tensor | None:
        """References ``(R, C, H, W)`` that all samples share, or None."""
        if "references" not in self._file:
            return None
        with damage_as_error(self.path):
            return torch.from_numpy(self._file["references"][...])

    def read(self, rows: slice = slice(None)) -> AttributionRows:
        """Some samples, or all.

        Raises:
            ArtifactError: The data are damaged.
        """
        with damage_as_error(self.path):
            columns: dict[str, Any] = {**dict.fromkeys(layout.OPTIONAL), "extra": {}}
            for name in layout.column_names(self._file):
                dataset = self._file[name]
                if name == "filename":
                    columns[name] = list(dataset.asstr(errors="surrogateescape")[rows])
                elif name.startswith("extra/"):
                    columns["extra"][name.removeprefix("extra/")] = torch.from_numpy(dataset[rows])
                elif name in layout.COLUMNS:
                    columns[name] = torch.from_numpy(dataset[rows])
            return AttributionRows(**columns)

    def finite(self, rows: slice = slice(None)) -> AttributionRows:
        """As `read`, for those who measure the attributions.

        Raises:
            ArtifactError: The data are damaged, or an attribution has NaN or infinite values.
        """
        samples = self.read(rows)
        broken = (~samples.attribution.flatten(1).isfinite().all(1)).nonzero().flatten().tolist()
        if broken:
            raise ArtifactError(
                f"{self.path} has NaN or infinite values in the attribution of "
                f"'{samples.filename[broken[0]]}', but finite ones are wanted"
            )
        return samples

    def column(self, name: str, rows: slice = slice(None)) -> Tensor | None:
        """One column of numbers by itself, such as ``extra/classes``; None where it is not there.

        Raises:
            ArtifactError: The data are damaged.
        """
        with damage_as_error(self.path):
            if name not in layout.column_names(self._file):
                return None
            return torch.from_numpy(self._file[name][rows])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_header(self) -> None:
        found = self._file.attrs.get("format")
        if found != layout.FORMAT:
            raise ArtifactError(
                f"{self.path} has format {found!r}, but a xaitool attribution file is wanted"
            )
        schema = self._file.attrs.get("schema")
        if schema != layout.SCHEMA:
            raise ArtifactError(
                f"{self.path} has schema {schema}, but this xaitool reads schema {layout.SCHEMA}"
            )


def _absent(path: Path) -> ArtifactError:
    if path.suffix == ".partial" or partial_path(path).exists():
        return ArtifactError(
            f"{path} is unfinished, but a finished attribution file is wanted",
            hint="finish it: the same explain command with --resume",
        )
    stream = "is a pipe or a device" if is_stream(path) else "does not exist"
    found = "is a directory" if path.is_dir() else stream
    hint = None if path.exists() else near_file(path)
    return ArtifactError(f"{path} {found}, but an attribution file is wanted", hint=hint)
