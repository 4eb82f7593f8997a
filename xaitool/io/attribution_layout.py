"""How attribution files lie in HDF5: columns, attributes, and several files joined as one."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaitool.errors import ArtifactError
from xaitool.io.atomic import finite
from xaitool.io.plain import parse_json

# What the machine lacks says nothing of a file.
NOT_OF_THE_FILE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EIO)

FORMAT = "xaitool.attribution"
SCHEMA = 1

# Fixed, so that the next HDF5 release writes the same bytes.
VERSIONS = ("v110", "v110")

# Name to dtype and number of dimensions; ViRelAy reads the first four names.
COLUMNS: dict[str, tuple[str, int]] = {
    "attribution": ("float32", 4),
    "label": ("int64", 1),
    "prediction": ("float32", 2),
    "index": ("int64", 1),
    "input": ("float32", 4),
    "baseline": ("float32", 4),
    "target": ("int64", 1),
    "against": ("int64", 1),
    "score_input": ("float64", 1),
    "score_baseline": ("float64", 1),
    "completeness_gap": ("float64", 1),
    "object_mask": ("uint8", 4),
    "sensitive": ("int64", 2),
    "top_classes": ("int64", 2),
    "top_probabilities": ("float32", 2),
}
OPTIONAL = ("baseline", "object_mask", "sensitive", "top_classes", "top_probabilities")
TEXT = h5py.string_dtype()

# A list of texts for `filename`, an array for all other columns.
Column = NDArray[Any] | list[str]


@dataclass(frozen=True)
class AttributionRows:
    """Some samples of an attribution file; every first dimension is the sample.

    Attributes:
        attribution: Signed contributions in units of the score, float32 ``(N, C, H, W)``.
        label: True class, int64 ``(N,)``, -1 unknown.
        prediction: Logits, float32 ``(N, K)``.
        index: Position in the input, int64 ``(N,)``.
        input: Images, float32 ``(N, C, H, W)`` in [0, 1].
        target: Class that was explained, int64 ``(N,)``.
        against: Second class of a one-vs-one score, int64 ``(N,)``, -1 none.
        score_input: Score at the input, float64 ``(N,)``.
        score_baseline: Score at the baseline, float64 ``(N,)``, NaN where there is none.
        completeness_gap: float64 ``(N,)``, NaN where the method promises none.
        filename: A name a sample.
        baseline: One baseline a sample, float32 ``(N, C, H, W)`` in [0, 1]; None without.
        object_mask: Where the object is, uint8 ``(N, 1, H, W)``, 1 in it and 0 outside; None where
            the dataset does not know.
        sensitive: Values of the A sensitive attributes, int64 ``(N, A)``, indices into the names
            that the file's attribute ``sensitive`` holds; None where there are none.
        top_classes: The T most probable classes, the most probable first, int64 ``(N, T)``; None in
            files of earlier versions.
        top_probabilities: Theirs, float32 ``(N, T)``; None likewise.
        path: Points of the path that the method followed, ``(N, P, C, H, W)`` in [0, 1], for a
            picture; no part of the file. None without.
        extra: What else the method says of each sample.
    """

    attribution: Tensor
    label: Tensor
    prediction: Tensor
    index: Tensor
    input: Tensor
    target: Tensor
    against: Tensor
    score_input: Tensor
    score_baseline: Tensor
    completeness_gap: Tensor
    filename: list[str]
    baseline: Tensor | None = None
    object_mask: Tensor | None = None
    sensitive: Tensor | None = None
    top_classes: Tensor | None = None
    top_probabilities: Tensor | None = None
    path: Tensor | None = None
    extra: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)

    def select(self, rows: Tensor) -> AttributionRows:
        """Some of them, by index or boolean mask."""
        own = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        chosen = torch.arange(len(self))[rows.cpu()].tolist()
        return replace(
            self,
            **{name: value[rows.to(value.device)] for name, value in own.items()},
            filename=[self.filename[row] for row in chosen],
            extra={name: value[rows.to(value.device)] for name, value in self.extra.items()},
        )

    def as_kept(self) -> AttributionRows:
        """On the CPU and in the file's dtypes, as they come back from it."""
        own = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        kept = {name: getattr(torch, COLUMNS[name][0]) for name in own if name in COLUMNS}
        return replace(
            self,
            **{name: value.to("cpu", kept.get(name)) for name, value in own.items()},
            filename=self.filename,
            extra={name: value.cpu() for name, value in self.extra.items()},
        )

    def columns(self) -> dict[str, Column]:
        """As arrays of the file's dtypes, on the CPU, by dataset name."""
        columns: dict[str, Column] = {
            name: to_array(value, getattr(torch, dtype))
            for name, (dtype, _) in COLUMNS.items()
            if (value := getattr(self, name)) is not None
        }
        columns |= {f"extra/{name}": to_array(value) for name, value in sorted(self.extra.items())}
        return columns | {"filename": self.filename}


def write_columns(file: h5py.File, columns: dict[str, Column]) -> None:
    """Write columns whose first dimension is the sample; ``extra/NAME`` lands in a group."""
    for name, column in columns.items():
        if isinstance(column, list):
            _write_texts(file, name, column)
        else:
            _create(file, name, column.shape, column.dtype)[...] = column


def write_references(file: h5py.File, references: NDArray[np.float32]) -> None:
    """Write references ``(R, C, H, W)`` that all samples share."""
    _create(file, "references", references.shape, references.dtype)[...] = references


def write_attributes(file: h5py.File, attributes: dict[str, Any]) -> None:
    """Write plain values: text and numbers as they are, all else as JSON, NaN in it as null."""
    nested = [
        name for name, value in attributes.items() if not isinstance(value, str | int | float)
    ]
    file.attrs["format"] = FORMAT
    file.attrs["schema"] = SCHEMA
    file.attrs["json_attributes"] = " ".join(nested)
    for name, value in attributes.items():
        if isinstance(value, str):
            file.attrs.create(name, _text(value), dtype=TEXT)
        else:
            file.attrs[name] = json.dumps(finite(value)) if name in nested else value


def read_attributes(file: h5py.File) -> dict[str, Any]:
    """The values that `write_attributes` was given; a tuple comes back as a list.

    Raises:
        ArtifactError: What should be JSON is not.
    """
    nested = str(file.attrs["json_attributes"]).split()
    values = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in file.attrs.items()
        if name not in ("format", "schema", "json_attributes")
    }
    for name in nested:
        if not isinstance(values[name], str):
            raise ArtifactError(
                f"{file.filename} has an attribute '{name}' that is no text, but JSON is wanted"
            )
        values[name] = parse_json(values[name], f"attribute '{name}' of {file.filename}")
    return values


def join(header: Path, parts: Sequence[Path], target: BinaryIO) -> None:
    """Write one file from parts; the same bytes however the samples were parted.

    Args:
        header: A file with the attributes and, optionally, ``references``.
        parts: Files with equal columns, at least one.
        target: Where the whole goes: a binary file that can be read and sought.
    """
    with h5py.File(target, "w", libver=VERSIONS) as whole:
        with h5py.File(header, "r", locking=False) as source:
            write_attributes(whole, read_attributes(source))
            if "references" in source:
                write_references(whole, source["references"][...])
        with h5py.File(parts[0], "r", locking=False) as first:
            names = column_names(first)
        samples = sum(length(part) for part in parts)
        # Column by column, so that nothing in the file tells where one part ended.
        for name in names:
            _join_column(whole, name, parts, samples)


def length(part: Path) -> int:
    """The number of samples in a part."""
    with h5py.File(part, "r", locking=False) as file:
        return len(file["index"])


def column_names(file: h5py.File) -> list[str]:
    """The names of all columns, those of the group ``extra`` as ``extra/NAME``."""
    names = [name for name in file if name not in ("extra", "references")]
    link = file.get("extra", getlink=True)
    if not isinstance(link, h5py.HardLink):
        return names if link is None else [*names, "extra"]
    return names + [f"extra/{name}" for name in file["extra"]]


def check_layout(file: h5py.File, where: Path) -> None:
    """Refuse a file that `AttributionFile` could not read, before anything is read from it.

    Raises:
        ArtifactError: A dataset is missing, of another dtype or shape, or points to another file.
    """
    names = column_names(file)
    for name in (*COLUMNS, "filename"):
        if name not in names and name not in OPTIONAL:
            raise ArtifactError(f"{where} has no dataset '{name}', but every attribution file has")
    samples = len(_inner_dataset(file, "index", where))
    for name in names:
        _check_column(_inner_dataset(file, name, where), name, samples, where)
    if "references" in file:
        _inner_dataset(file, "references", where)


def _check_column(column: h5py.Dataset, name: str, samples: int, where: Path) -> None:
    dtype, dimensions = COLUMNS.get(name, (column.dtype.name, column.ndim))
    is_text = h5py.check_string_dtype(column.dtype) is not None
    if (
        is_text != (name == "filename")
        or column.dtype.name != dtype
        or column.ndim != dimensions
        or column.shape[0] != samples
    ):
        raise ArtifactError(
            f"{where} has '{name}' {column.dtype} {column.shape}, "
            f"but {samples} rows of {dtype} in {dimensions} dimensions are wanted"
        )


def _inner_dataset(file: h5py.File, name: str, where: Path) -> h5py.Dataset:
    """A stranger's file could name any other HDF5 or raw file on this machine as its data."""
    link = file.get(name, getlink=True)
    dataset = file[name] if isinstance(link, h5py.HardLink) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        raise ArtifactError(f"{where} keeps '{name}' elsewhere, but a dataset in it is wanted")
    return dataset


def _create(file: h5py.File, name: str, shape: tuple[int, ...], dtype: Any) -> h5py.Dataset:
    """Images compressed one a chunk, so that one is read fast; the small rest as it is."""
    images = len(shape) >= 3
    return file.create_dataset(
        name,
        shape=shape,
        dtype=dtype,
        chunks=(1, *shape[1:]) if images else None,
        compression="gzip" if images else None,
        compression_opts=4 if images else None,
        track_times=False,
    )


def _write_texts(file: h5py.File, name: str, texts: list[str]) -> None:
    file.create_dataset(name, data=list(map(_text, texts)), dtype=TEXT, track_times=False)


def _text(text: str) -> bytes:
    """A file name is bytes; those that are no UTF-8 live in Python texts as surrogates."""
    return text.encode(errors="surrogateescape")


def _join_column(whole: h5py.File, name: str, parts: Sequence[Path], samples: int) -> None:
    if name == "filename":
        _write_texts(whole, name, _all_filenames(parts))
        return
    start = 0
    for path in parts:
        with h5py.File(path, "r", locking=False) as part:
            source = part[name]
            if start == 0:
                _create(whole, name, (samples, *source.shape[1:]), source.dtype)
            _copy_rows(source, whole[name], start)
            start += len(source)


def _copy_rows(source: h5py.Dataset, target: h5py.Dataset, start: int) -> None:
    if source.chunks is None:
        target[start : start + len(source)] = source[...]
        return
    rest = (0,) * (source.ndim - 1)
    for row in range(len(source)):
        # One chunk is one sample, so it moves as it is, without being compressed again.
        mask, chunk = source.id.read_direct_chunk((row, *rest))
        target.id.write_direct_chunk((start + row, *rest), chunk, mask)


def _all_filenames(parts: Sequence[Path]) -> list[str]:
    names: list[str] = []
    for path in parts:
        with h5py.File(path, "r", locking=False) as part:
            names.extend(part["filename"].asstr(errors="surrogateescape")[...])
    return names


def partial_path(path: Path) -> Path:
    """The folder in which an unfinished file's samples wait."""
    return path.with_name(path.name + ".partial")


def to_array(tensor: Tensor, dtype: torch.dtype | None = None) -> NDArray[Any]:
    """A copy on the CPU that the caller cannot change any more."""
    array: NDArray[Any] = tensor.detach().to("cpu", dtype or tensor.dtype, copy=True).numpy()
    return array


@contextlib.contextmanager
def damage_as_error(path: Path) -> Iterator[None]:
    """HDF5 tells damage by any of these, depending on where it is."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, OSError) and error.errno in NOT_OF_THE_FILE:
            raise
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> ArtifactError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EAGAIN or "already open for" in str(error):
        return ArtifactError(
            f"{path} is open for writing in another program, but a finished attribution file is "
            "wanted",
            hint=f"close it there; if that program was killed: h5clear -s {path}",
        )
    if number in (errno.EACCES, errno.EPERM):
        return ArtifactError(f"{path} may not be read, but an attribution file is wanted")
    return ArtifactError(f"{path} is damaged or no HDF5 file, but an attribution file is wanted")
