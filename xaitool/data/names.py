"""Names as people type them, and as files have them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection


def normal_form(name: str) -> str:
    """The name in Unicode's normal form C, in which names are kept and compared.

    An ``é`` is one character where a keyboard wrote it, and two in the file names of macOS.
    """
    return unicodedata.normalize("NFC", name)


def stored_name(name: str, files: Collection[str]) -> str:
    """The one of these file names that is meant, which may be of another normal form."""
    if name in files or (name.isascii()):
        return name
    meant = normal_form(name)
    return next((one for one in files if normal_form(one) == meant), name)
