"""Writes attribution files: whole parts as the samples come, joined into one at the end."""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaitool.errors import ArtifactError, ConfigError, DataError, ShapeError, StoppedBySignal
from xaitool.io import attribution_layout as layout
from xaitool.io.atomic import atomic_write, finite, remove_partials
from xaitool.io.attribution_layout import AttributionRows, partial_path, to_array
from xaitool.io.folders import (
    check_file,
    check_folder,
    check_name,
    kind_of,
    make_folder,
    remove_files,
)
from xaitool.io.lock import Lock, locked

# What a kill -9 can lose: a part is written as soon as either is reached.
PART_BYTES = 8 * 2**20
PART_SECONDS = 30.0

# All that lies in the folder of an unfinished file, beside the lock.
PART = re.compile(r"part-[0-9]{12}\.h5")
UNFINISHED_FILE = re.compile(rf"header\.h5|{PART.pattern}|\..+\.[0-9]+\.partial")
LOCK = ".lock"

# Differs between a run and its continuation, and says nothing of the result.
MAY_DIFFER = frozenset({"command"})


class AttributionWriter:
    """Writes an attribution file of which nothing is lost or broken when the run is stopped.

    Samples gather in whole files in the folder ``NAME.partial``. When the ``with`` block ends
    without an exception they are joined under the final name and the folder goes; after an
    exception or a kill the folder stays, and `resume` goes on; but an error before the first sample
    leaves none in the way. The joined file is the same, byte for byte, however often the run was
    stopped. Memory does not grow with the number of samples,
    but for their names; while joining, the disk holds the samples twice.

    Use `create` or `resume`; both take the right to write, so a second writer is refused.
    """

    def __init__(self, path: Path, lock: Lock, parts: list[Path]) -> None:
        self._path = path
        self._lock = lock
        self._parts = parts
        # Whatever a killed writer was writing is useless; the lock says that it is dead.
        remove_partials(partial_path(path))
        remove_partials(path.parent.resolve(), re.escape(path.name))
        self._rows: list[dict[str, layout.Column]] = []
        self._started = time.monotonic()
        self._form: dict[str, tuple[Any, ...]] | None = None
        self._indices: list[int] = []
        for part in parts:
            with h5py.File(part, "r", locking=False) as file:
                self._indices.extend(file["index"][...].tolist())
                self._form = _form({name: file[name] for name in layout.column_names(file)})

    @classmethod
    def create(
        cls,
        path: Path,
        attributes: dict[str, Any],
        *,
        references: Tensor | None = None,
        overwrite: bool = False,
    ) -> Self:
        """Start a new file.

        Args:
            path: The final name, such as ``cat.h5``.
            attributes: Plain values that describe the run: no times or dates.
            references: References ``(R, C, H, W)`` in [0, 1] that all samples share.
            overwrite: Replace a finished file (at the end) and discard an unfinished one (now).

        Raises:
            ConfigError: There is a file of that name, finished or not, or another writer, or a link
                or something else in place of the folder.
        """
        check_new(path, overwrite=overwrite, resume=False)
        folder = partial_path(path)
        header = _header_bytes(attributes, references)
        make_folder(folder)
        with locked(folder / LOCK) as lock:
            remove_files(folder, UNFINISHED_FILE)
            with atomic_write(folder / "header.h5") as file:
                file.write(header)
            return cls(path, lock, [])

    @classmethod
    def resume(
        cls, path: Path, attributes: dict[str, Any], *, references: Tensor | None = None
    ) -> Self:
        """Go on with an unfinished file, or start one; `indices` says what is done.

        Args:
            path: The final name.
            attributes: As given to `create`; only ``command`` may differ, the first one is kept.
            references: As given to `create`.

        Raises:
            ArtifactError: It is of another run.
            ConfigError: As `create`.
        """
        check_new(path, overwrite=False, resume=True)
        folder = partial_path(path)
        if not (folder / "header.h5").exists():
            begun = folder.is_dir()
            return cls.create(path, attributes, references=references, overwrite=begun)
        with locked(folder / LOCK) as lock:
            _check_same_run(path, folder / "header.h5", attributes, references)
            return cls(path, lock, _whole_parts(folder))

    @property
    def indices(self) -> list[int]:
        """The ``index`` of every sample that was appended, by this run and those it continues."""
        return self._indices

    def append(self, rows: AttributionRows) -> None:
        """Add samples.

        Raises:
            ShapeError: Their columns or shapes differ from each other's or the earlier ones'.
            OSError: The disk is full; what was written before stays.
        """
        columns = rows.columns()
        self._check(columns, rows)
        self._rows.append(columns)
        self._indices.extend(rows.index.tolist())
        if self._gathered_bytes() >= PART_BYTES or time.monotonic() - self._started > PART_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Put all samples so far on the disk, as a whole part."""
        if self._rows:
            self._write_part(
                {name: _concatenate([rows[name] for rows in self._rows]) for name in self._rows[0]}
            )
            self._rows = []
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
                self._finish()
            else:
                # A full disk may be the very reason to stop; it must not hide the error.
                with contextlib.suppress(OSError):
                    self.flush()
                if _is_refusal(error) and not self._indices:
                    self._remove_folder()
        finally:
            self._lock.release()

    def _check(self, columns: dict[str, layout.Column], rows: AttributionRows) -> None:
        form = _form(columns)
        self._form = self._form or form
        if form == self._form and all(len(column) == len(rows) for column in columns.values()):
            return
        differing = [name for name in form | self._form if form.get(name) != self._form.get(name)]
        raise ShapeError(
            f"samples from {rows.filename[:1]} differ in {', '.join(differing) or 'number'}, "
            f"but every sample of {self._path} has the same columns and shapes"
        )

    def _write_part(self, columns: dict[str, layout.Column]) -> None:
        start = len(self._indices) - len(columns["index"])
        part = partial_path(self._path) / f"part-{start:012d}.h5"
        buffer = io.BytesIO()
        with h5py.File(buffer, "w", libver=layout.VERSIONS) as file:
            layout.write_columns(file, columns)
        with atomic_write(part) as target:
            target.write(buffer.getbuffer())
        self._parts.append(part)

    def _finish(self) -> None:
        if not self._parts:
            raise DataError(f"{self._path} would have no sample, but at least one is wanted")
        folder = partial_path(self._path)
        with atomic_write(self._path) as file:
            layout.join(folder / "header.h5", self._parts, file)
        self._remove_folder()

    def _remove_folder(self) -> None:
        folder = partial_path(self._path)
        remove_files(folder, UNFINISHED_FILE)
        self._lock.release()
        # Whoever waited for the lock has it now, and goes on in the folder.
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _gathered_bytes(self) -> int:
        arrays = (column for rows in self._rows for column in rows.values())
        return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def check_new(path: Path, *, overwrite: bool, resume: bool) -> None:
    """Refuse a name that `create` or `resume` would refuse, before long work; writes nothing.

    Args:
        path: The final name.
        overwrite: Whether `create` may replace what is there.
        resume: Whether an unfinished file is to be continued.

    Raises:
        ConfigError: There is a file of that name, finished or not, and neither was asked for; or
            something else is in place of the file, or of the folder of its parts.
    """
    folder = partial_path(path)
    check_name(folder)
    check_file(path)
    check_folder(folder)
    _check_content(folder)
    if resume or overwrite:
        return
    if folder.is_dir():
        raise ConfigError(
            f"{path} is unfinished, but a new file was asked for",
            hint="go on with --resume, or start again with --overwrite",
        )
    if path.exists():
        raise ConfigError(
            f"{path} exists, but a new file was asked for", hint="replace it with --overwrite"
        )


def check_begun(
    path: Path, attributes: dict[str, Any], *, references: Tensor | None = None
) -> None:
    """Refuse what is there of a file, finished or not, that is of another run.

    Args:
        path: The final name.
        attributes: As given to `AttributionWriter.create`; ``command`` may differ.
        references: Same.

    Raises:
        ArtifactError: It is of another run, or damaged.
    """
    header = partial_path(path) / "header.h5"
    written = header if header.exists() else path
    if written.exists():
        _check_same_run(path, written, attributes, references)


def _header_bytes(attributes: dict[str, Any], references: Tensor | None) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=layout.VERSIONS) as file:
        layout.write_attributes(file, attributes)
        if references is not None:
            layout.write_references(file, to_array(references, torch.float32))
    return buffer.getvalue()


def _check_same_run(
    path: Path, header: Path, attributes: dict[str, Any], references: Tensor | None
) -> None:
    with layout.damage_as_error(header), h5py.File(header, "r", locking=False) as file:
        saved = layout.read_attributes(file)
        shared = file["references"][...] if "references" in file else None
    now = json.loads(json.dumps(finite(attributes)))
    differing = [name for name in {**saved, **now} if saved.get(name) != now.get(name)]
    if not _equal(shared, references):
        differing.append("references")
    if differing := [name for name in differing if name not in MAY_DIFFER]:
        raise ArtifactError(
            f"{path} was written with another {', '.join(differing)}, but --resume needs the same",
            hint="give the same options, or start again with --overwrite in place of --resume",
        )


def _equal(shared: NDArray[np.float32] | None, references: Tensor | None) -> bool:
    if shared is None or references is None:
        return shared is None and references is None
    return np.array_equal(shared, to_array(references, torch.float32))


def _is_refusal(error: BaseException | None) -> bool:
    """Whether this is an error of the run, and no request to stop."""
    return isinstance(error, Exception) and not isinstance(error, StoppedBySignal)


def _check_content(folder: Path) -> None:
    """Refuse a folder with files that are not ours, because it goes when the file is finished."""
    for path in folder.iterdir() if folder.is_dir() else ():
        own = path.name == LOCK or UNFINISHED_FILE.fullmatch(path.name)
        if not own or kind_of(path) == "a folder":
            raise ConfigError(
                f"{folder} holds {path.name}, but it has only parts of an attribution file"
            )


def _whole_parts(folder: Path) -> list[Path]:
    """The parts up to the first one that is missing or damaged; later ones are made again."""
    files = sorted(path for path in folder.iterdir() if PART.fullmatch(path.name))
    whole: list[Path] = []
    done = 0
    for part in files:
        try:
            samples = layout.length(part)
        except (OSError, LookupError, TypeError, ValueError, RuntimeError):
            break
        if part.name != f"part-{done:012d}.h5":
            break
        whole.append(part)
        done += samples
    for part in files[len(whole) :]:
        part.unlink()
    return whole


def _form(columns: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """What every sample shares: dtype and shape of each column but the first dimension."""
    return {
        name: () if name == "filename" else (str(column.dtype), *column.shape[1:])
        for name, column in columns.items()
    }


def _concatenate(columns: list[layout.Column]) -> layout.Column:
    if isinstance(columns[0], list):
        return [text for texts in columns for text in texts]
    return np.concatenate(columns)
