"""What an artifact seems to be, at a glance: for those who cannot wait until it is read."""

from __future__ import annotations

import pickletools
import zipfile
from io import BytesIO
from pathlib import Path

# A checkpoint's header stands first in its pickle.
_HEADER_BYTES = 4096
_CHECKPOINTS = ("best.pt", "last.pt")


def named_kind(path: Path) -> str | None:
    """The kind of an artifact that is no checkpoint, which its name alone says; None of others."""
    if path.suffix in (".h5", ".hdf5", ".partial"):
        return "attribution"
    is_program = path.suffix == ".pt2" and not path.is_dir()
    if is_program or (":" in str(path) and not path.exists()):
        return "classifier"  # or torchvision:NAME, package.module:factory
    return None


def glimpsed_kind(path: Path) -> str | None:
    """The kind that an artifact seems to be of, without torch; nothing in it runs.

    Args:
        path: As ``evaluate`` takes it.

    Returns:
        The kind, None where a glance does not say: it is absent, damaged or something else.
    """
    if (kind := named_kind(path)) is not None:
        return kind
    places = [path, *(path / name for name in _CHECKPOINTS)]
    file = next((place for place in places if place.is_file()), None)
    try:
        return None if file is None else _kind_in_header(file)
    except Exception:  # damage shows as any of a dozen types, and `evaluate` will say which
        return None


def _kind_in_header(file: Path) -> str | None:
    with zipfile.ZipFile(file) as archive:
        name = next(one for one in archive.namelist() if one.endswith("data.pkl"))
        with archive.open(name) as member:
            beginning = member.read(_HEADER_BYTES)
    before = None
    for operation, argument, _ in pickletools.genops(BytesIO(beginning)):
        if "UNICODE" in operation.name:
            if before == "kind":
                return str(argument)
            before = argument
    return None
