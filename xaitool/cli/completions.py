"""Writes or checks the shell completions that ship in ``completions/``.

``python -m xaitool.cli.completions --write [FOLDER]`` and ``--check [FOLDER]``; the folder is
``completions`` unless named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from xaitool.cli.output import Output
from xaitool.cli.tab.scripts import SCRIPTS
from xaitool.errors import ConfigError, XaitoolError

NAMES = {"bash": "xaitool.bash", "zsh": "_xaitool", "fish": "xaitool.fish"}


def scripts() -> dict[str, str]:
    """File name to content, for bash, zsh and fish."""
    return {NAMES[shell]: script for shell, script in SCRIPTS.items()}


def stale(folder: Path) -> list[str]:
    """Names of the files in `folder` that differ from what they should be."""
    return [
        name
        for name, content in scripts().items()
        if not (folder / name).is_file() or (folder / name).read_text() != content
    ]


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit status."""
    output = Output()
    folder = Path(arguments[1]) if len(arguments) > 1 else Path("completions")
    try:
        if arguments[:1] == ["--write"]:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in scripts().items():
                (folder / name).write_text(content)
                output.line(folder / name)
            return 0
        if arguments[:1] == ["--check"]:
            for name in (names := stale(folder)):
                output.warning(f"{folder / name} is out of date; --write renews it")
            return 1 if names else 0
        raise ConfigError("--write or --check is wanted")
    except XaitoolError as error:
        output.error(error)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
