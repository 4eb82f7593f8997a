"""Text of any origin as one line that a terminal can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Of a message: a path that people have fits, the digits and names of a hostile file do not.
LONGEST_WORD, LONGEST_LINE = 300, 3000


def one_line(text: str) -> str:
    r"""Text that neither breaks a line nor steers a terminal; what is long loses its middle.

    Characters that cannot be seen (controls, line breaks, those that turn the direction of writing)
    become escapes such as ``\n``; bytes of a file name that are no text become ``\xe9``.
    """
    shown = text if text.isprintable() else "".join(map(_visible, text))
    words = (cut(word, LONGEST_WORD) for word in shown.split(" "))
    return cut(" ".join(words), LONGEST_LINE)


def harmless(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with every text in it, names too, as one line."""
    return {one_line(name): _harmless(value) for name, value in row.items()}


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    return harmless(value) if isinstance(value, Mapping) else value


def cut(text: str, most: int) -> str:
    """Both ends of a text that has more than `most` characters."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
