"""Help as text: headings, names on the left and what they mean on the right, the same anywhere.

Written without Rich, whose import alone takes as long as all of ``--help``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

from typer.core import TyperCommand

MAIN = "Main options"
"""The first section: what nearly every run is told."""

SHARED = ("Output", "Run")
"""The last sections, nearly the same for all commands."""

NARROWEST, WIDEST = 40, 100
_NAMES = 26

Row = tuple[str, str]
"""A name and what it means."""


class Command(TyperCommand):
    """A command whose help is that of `command_help`."""

    def get_help(self, context: Any) -> str:
        """Its text and its options."""
        return command_help(context)


def command_help(context: Any) -> str:
    """The help of a command: usage, text, examples, and its options by section."""
    return _joined([*_beginning(context), *_sections(context)])


def group_help(context: Any, summaries: Mapping[str, str]) -> str:
    """The help of a group.

    Args:
        context: Typer's, of the group.
        summaries: Each command to a line that says what it does.
    """
    commands = [_heading("Commands"), *columns(summaries.items(), _columns())]
    epilog = [context.command.epilog] if context.command.epilog else []
    return _joined([*_beginning(context), commands, *_sections(context), *map(_paragraph, epilog)])


def width(screen: int) -> int:
    """Columns of help and lists on a screen; a longer line is hard to read."""
    return max(NARROWEST, min(screen, WIDEST))


def columns(rows: Iterable[Row], width: int, *, indent: int = 2) -> Iterator[str]:
    """Lines of two columns; where one is too narrow, the right one begins a line below.

    Args:
        rows: Left and right.
        width: Columns of the screen.
        indent: Spaces before the left one.
    """
    for name, text in rows:
        words = text.split()
        wide = max(map(len, words), default=0) > width - _NAMES
        margin = " " * (indent + 2 if wide else _NAMES)
        lines = wrap(" ".join(words), width - len(margin), break_on_hyphens=False)
        left = " " * indent + name
        if lines and len(left) <= _NAMES - 2 and not wide:
            yield left.ljust(_NAMES) + lines.pop(0)
        else:
            yield left
        yield from (margin + line for line in lines)


def _beginning(context: Any) -> Iterator[list[str]]:
    usage = " ".join(context.command.collect_usage_pieces(context))
    yield [f"{_heading('Usage')} {context.command_path} {usage}"]
    for text in (context.command.help or "").split("\n\n"):
        yield _paragraph(text)


def _paragraph(text: str) -> list[str]:
    """Wrapped lines; what is indented stays as it is, below its heading."""
    if "\n  " in text:
        heading, *lines = text.splitlines()
        return [_heading(heading.rstrip(":")), *lines]
    return wrap(" ".join(text.split()), _columns(), break_on_hyphens=False)


def _sections(context: Any) -> Iterator[list[str]]:
    """The options by section: the main ones in their own order, and last what commands share."""
    command = context.command
    main = getattr(getattr(command.callback, "config_class", None), "main", ())
    order = {name: place for place, name in enumerate(main)}
    sections: dict[str, list[Row]] = {}
    for one in sorted(command.get_params(context), key=lambda one: order.get(one.name, len(order))):
        if row := one.get_help_record(context):
            # --help, which is Typer's own and comes last, has no section.
            shared = one.rich_help_panel or ("Run" if "Run" in sections else "Options")
            panel = MAIN if one.name in order else shared
            sections.setdefault(panel, []).append(row)
    own = [panel for panel in sections if panel not in SHARED]
    for panel in (*own, *(panel for panel in SHARED if panel in sections)):
        yield [_heading(panel), *columns(sections[panel], _columns())]


def _columns() -> int:
    return width(get_terminal_size().columns)


def _heading(text: str) -> str:
    """In bold on a terminal that is not told to do without."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return f"{text}:" if plain or not sys.stdout.isatty() else f"\x1b[1m{text}:\x1b[0m"


def _joined(paragraphs: Iterable[list[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in paragraphs)
