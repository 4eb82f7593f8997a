"""Checkpoints: tensors and plain JSON types only, and no way to load anything else."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.errors import ArtifactError
from xaitool.io.atomic import atomic_write
from xaitool.io.provenance import file_sha256, version

__all__ = ["checkpoint_path", "file_sha256", "load_checkpoint", "save_checkpoint"]

FORMAT = "xaitool.checkpoint"
SCHEMA = 1
HEADER = ("format", "schema", "kind", "xaitool_version")


def save_checkpoint(path: Path, kind: str, content: dict[str, Any]) -> None:
    """Save a checkpoint; equal content gives an equal file, byte for byte.

    Args:
        path: The file to create or replace.
        kind: What it is a checkpoint of, such as ``classifier`` or ``gan``.
        content: Nested dicts, lists and tuples of tensors, text, numbers, booleans and None.

    Raises:
        TypeError: The content holds anything else, such as an array or an object.
        ValueError: A key of the content belongs to the header.
        OSError: The file cannot be written.
    """
    if taken := [key for key in HEADER if key in content]:
        raise ValueError(f"content has {taken}, but these keys belong to the header")
    header = dict(zip(HEADER, (FORMAT, SCHEMA, kind, version()), strict=True))
    whole = _plain({**header, **content}, "")
    # Given a path, torch.save would write its name into the archive; given a file on a full disk,
    # it raises a RuntimeError about positions.
    buffer = io.BytesIO()
    torch.save(whole, buffer)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def load_checkpoint(path: Path, *, kind: str | None) -> dict[str, Any]:
    """Load a checkpoint on the CPU, without running anything that it holds.

    Args:
        path: The file, or a run directory that has one.
        kind: The wanted kind; None takes any.

    Returns:
        The header (``format``, ``schema``, ``kind``, ``xaitool_version``) and the content.

    Raises:
        ArtifactError: It is absent, damaged, no checkpoint of xaitool, of another schema or kind.
    """
    path = checkpoint_path(path)
    checkpoint = _load_plain(path)
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        raise ArtifactError(f"{path} has no xaitool header, but a xaitool checkpoint is wanted")
    if checkpoint.get("schema") != SCHEMA:
        raise ArtifactError(
            f"checkpoint {path} has schema {checkpoint.get('schema')!r}, "
            f"but this xaitool reads schema {SCHEMA}",
            hint=f"it was written by xaitool {checkpoint.get('xaitool_version')}",
        )
    found = str(checkpoint.get("kind"))
    if kind is not None and found != kind:
        raise ArtifactError(
            f"checkpoint {path} is {_with_article(found)}, but {_with_article(kind)} is wanted"
        )
    return checkpoint


def checkpoint_path(path: Path) -> Path:
    """The file itself, or the ``best.pt``, else ``last.pt`` of a run directory.

    Raises:
        ArtifactError: There is none.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise ArtifactError(f"checkpoint {path} does not exist, but a file is wanted")
    for name in ("best.pt", "last.pt"):
        if (path / name).is_file():
            return path / name
    raise ArtifactError(f"{path} has no best.pt or last.pt, but a checkpoint is wanted")


def _load_plain(path: Path) -> Any:
    # Damage shows as any of a dozen exception types, so every one means the same here.
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError:
        raise ArtifactError(f"checkpoint {path} is not readable, but it has to be") from None
    except Exception as error:
        raise ArtifactError(
            f"{path} is damaged, or holds more than tensors and plain values, "
            "but a xaitool checkpoint is wanted"
        ) from error


def _plain(value: Any, where: str) -> Any:
    """Copy into the one form that pickles to the same bytes whatever was shared or interned."""
    if isinstance(value, dict):
        return {_plain(key, where): _plain(one, f"{where}.{key}") for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(one, f"{where}[{index}]") for index, one in enumerate(value))
    if isinstance(value, Tensor):
        return _compact(value.detach().cpu())
    if type(value) is str:
        return sys.intern(value)
    if value is None or type(value) in (bool, int, float):
        return value
    raise TypeError(
        f"checkpoint content{where} is {type(value).__module__}.{type(value).__qualname__}, "
        "but only tensors and plain JSON types are saved"
    )


def _compact(tensor: Tensor) -> Tensor:
    """A view would save all that it is a view of."""
    used = tensor.numel() * tensor.element_size()
    return tensor if tensor.untyped_storage().nbytes() == used else tensor.clone()


def _with_article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"
