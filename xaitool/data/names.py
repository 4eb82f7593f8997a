"""Names as people type them, and as files have them."""

from __future__ import annotations

import unicodedata


def normal_form(name: str) -> str:
    """The name in Unicode's normal form C, in which names are kept and compared.

    An ``é`` is one character where a keyboard wrote it, and two in the file names of macOS.
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)
