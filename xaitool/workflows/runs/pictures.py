"""Pictures as files: in which formats, how they are written, and which a run has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from xaitool.io.atomic import atomic_write, remove_partials, write_png
from xaitool.report.figure import figure_bytes
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.progress import Reporter

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_picture(
    path: Path, picture: Image.Image | Figure, *, overwrite: bool = False, follow: bool = False
) -> None:
    """Write a picture, and the folder that it lies in, where it is missing.

    Args:
        path: Where; for a figure its ending says the format. Pixels are always written as PNG.
        picture: Pixels or a figure with axes.
        overwrite: Also remove what a killed run left of it, half-written.
        follow: Write where a link leads to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        remove_partials(path.parent.resolve(), re.escape(path.name))
    if isinstance(picture, Image.Image):
        write_png(path, picture, follow=follow)
    else:
        with atomic_write(path, follow=follow) as file:
            file.write(figure_bytes(picture, path.suffix[1:].lower()))


def run_pictures(directory: RunDirectory) -> list[Path]:
    """All pictures of a run: its samples by epoch, then its curves."""
    return [
        path
        for folder in (directory.samples, directory.plots)
        for path in sorted(folder.glob("*.*"))
        if path.suffix in (".png", ".pdf", ".svg") and not path.name.startswith(".")
    ]


def tell_pictures(directory: RunDirectory, reporter: Reporter) -> None:
    """Say in which folders of a run pictures lie."""
    folders = [path.parent for path in run_pictures(directory)]
    for folder in dict.fromkeys(folders):
        count = folders.count(folder)
        reporter.message(f"{count} picture{'s' * (count > 1)}: {folder}")
