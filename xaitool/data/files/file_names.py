"""What the name of a file says."""

from __future__ import annotations

from xaitool.data.files.images import SUFFIXES


def is_hidden(name: str) -> bool:
    """Whether a file is not for people, such as those that a zip of macOS has beside them."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def is_picture(name: str) -> bool:
    """Whether a file that is not hidden is called as pictures are."""
    return not is_hidden(name) and name.lower().endswith(SUFFIXES)
