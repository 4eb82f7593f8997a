"""Checkpoints: tensors and plain JSON types only, and no way to load anything else."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import torch
from torch import Tensor

from xaitool.errors import ArtifactError
from xaitool.io.archive import archive_fault, is_archive, pickle_size
from xaitool.io.atomic import atomic_write
from xaitool.io.folders import is_stream, near_file
from xaitool.io.plain import DEEPEST, checked
from xaitool.io.provenance import file_sha256, version

__all__ = ["checkpoint_path", "file_sha256", "load_checkpoint", "save_checkpoint"]

FORMAT = "xaitool.checkpoint"
SCHEMA = 1
HEADER = ("format", "schema", "kind", "xaitool_version")

# What checkpoints are called, also those of older versions of torch, which are no archives.
_SUFFIXES = (".pt", ".pth", ".ckpt", ".bin")
_SUFFIX = re.compile(r"\.[a-zA-Z][a-zA-Z0-9]{1,7}")

# Tensors may share their bytes; more often than this they would be a small file's large memory.
MOST_SHARED = 4


class Header(TypedDict):
    """What `save_checkpoint` puts before the content."""

    format: str
    schema: int
    kind: str
    xaitool_version: NotRequired[str]


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


def load_checkpoint(
    path: Path, *, kind: str | None, schema: type[Any] | None = None
) -> dict[str, Any]:
    """Load a checkpoint on the CPU, without running anything that it holds.

    Args:
        path: The file, or a run directory that has one.
        kind: The wanted kind; None takes any.
        schema: What the content has to be, as `plain.checked` reads it.

    Returns:
        The header (``format``, ``schema``, ``kind``, ``xaitool_version``) and the content.

    Raises:
        ArtifactError: It is absent, damaged, no checkpoint of xaitool, of another schema or kind,
            or its content is another.
    """
    path = checkpoint_path(path)
    checkpoint = _load_plain(path)
    found = checkpoint.get("format") if isinstance(checkpoint, dict) else None
    if not isinstance(found, str) or found != FORMAT:
        raise ArtifactError(
            f"{path} has no xaitool header, but a xaitool checkpoint is wanted",
            hint="weights of another program go with their network: "
            f"torchvision:NAME (or package.module:factory) --weights {path}",
        )
    header = checked(checkpoint, Header, f"checkpoint {path}")
    if header["schema"] != SCHEMA:
        raise ArtifactError(
            f"checkpoint {path} has schema {header['schema']}, "
            f"but this xaitool reads schema {SCHEMA}",
            hint=f"it was written by xaitool {header.get('xaitool_version', 'unknown')}",
        )
    if kind is not None and header["kind"] != kind:
        raise ArtifactError(
            f"checkpoint {path} is {_with_article(header['kind'])}, "
            f"but {_with_article(kind)} is wanted"
        )
    if schema is not None:
        checked(checkpoint, schema, f"checkpoint {path}")
    return cast("dict[str, Any]", checkpoint)


def checkpoint_path(path: Path) -> Path:
    """The file itself, or the ``best.pt``, else ``last.pt`` of a run directory.

    Raises:
        ArtifactError: There is none.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise ArtifactError(
            f"checkpoint {path} does not exist, but a file or a run's folder is wanted",
            hint=near_file(path),
        )
    for name in ("best.pt", "last.pt"):
        if (path / name).is_file():
            return path / name
    if is_stream(path):
        raise ArtifactError(f"checkpoint {path} is a pipe or a device, but a file is wanted")
    raise ArtifactError(f"{path} has no best.pt or last.pt, but a checkpoint is wanted")


def _load_plain(path: Path) -> Any:
    # Damage shows as any of a dozen exception types, so every one means the same here.
    try:
        if not is_archive(path):
            raise _other_file(path)
        fault, value = archive_fault(path), None
        if fault is None:
            value = torch.load(path, map_location="cpu", weights_only=True)
            fault = _content_fault(value, path)
    except PermissionError:
        raise ArtifactError(f"checkpoint {path} is not readable, but it has to be") from None
    except ArtifactError:
        raise
    except Exception as error:
        raise _damaged(path, "") from error
    if fault:
        raise _damaged(path, f" ({fault})")
    return value


def _other_file(path: Path) -> ArtifactError:
    """Of a file that does not begin as a checkpoint: what its name says, else damage."""
    if path.suffix in _SUFFIXES or not _SUFFIX.fullmatch(path.suffix):
        return _damaged(path, "")
    near = (folder for folder in [*path.parents][:2] if (folder / "last.pt").is_file())
    run = next(near, None)
    return ArtifactError(
        f"{path} is a {path.suffix} file, but a run or a xaitool checkpoint is wanted",
        hint=f"the run is {run}" if run else None,
    )


def _damaged(path: Path, fault: str) -> ArtifactError:
    return ArtifactError(
        f"{path} is damaged{fault}, or holds more than tensors and plain values, "
        "but a xaitool checkpoint is wanted"
    )


def _content_fault(value: Any, path: Path) -> str | None:
    """What no checkpoint of ours holds, before anybody takes its sizes or its depth at their word.

    A value that is no part of two others takes a byte of the pickle at least, and a tensor that
    is all of its storage takes no more memory than the file has bytes.
    """
    waiting, left, size = [(value, 0)], pickle_size(path), 0
    while waiting:
        item, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > DEEPEST:
            return "values within values without an end"
        if isinstance(item, dict | list | tuple):
            parts = [*item, *item.values()] if isinstance(item, dict) else item
            waiting += [(part, depth + 1) for part in parts]
        elif type(item) is Tensor:
            if not _is_whole(item):
                return "a tensor that is more, or less, than its bytes"
            size += item.nbytes
        elif not (item is None or type(item) in (str, bool, int, float)):
            return f"a value of type {type(item).__name__}"
    return "tensors that share their bytes" if size > MOST_SHARED * path.stat().st_size else None


def _is_whole(tensor: Tensor) -> bool:
    """Whether a tensor is a dense one of all the bytes that it has in the file, as we save it."""
    return (
        tensor.layout == torch.strided
        and tensor.device.type == "cpu"
        and not tensor.is_quantized
        and tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    )


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
