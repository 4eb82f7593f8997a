"""Where ``evaluate`` puts a picture of what it measured, and how it gets there."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from xaitool.errors import ConfigError
from xaitool.io.atomic import remove_partials, write_png
from xaitool.io.folders import check_file, check_out_folder
from xaitool.workflows.configs.evaluate import EvaluateConfig


def picture_path(source: Path, config: EvaluateConfig, ending: str) -> Path | None:
    """``OUT/SOURCE-ENDING.png``, or None without ``--out``.

    Args:
        source: The artifact that is measured.
        config: Where pictures go, and whether they replace what is there.
        ending: What the picture shows.

    Raises:
        ConfigError: It cannot go there.
    """
    if config.out is None:
        return None
    check_out_folder(config.out)
    path = config.out / f"{source_name(source)}-{ending}.png"
    check_file(path)
    if path.exists() and not config.overwrite:
        raise ConfigError(
            f"{path} exists, but a new file was asked for", hint="replace it with --overwrite"
        )
    return path


def save_picture(picture: Image.Image, path: Path, *, overwrite: bool) -> None:
    """Write a picture, and the folder that it lies in, where it is missing.

    Args:
        picture: The picture.
        path: From `picture_path`.
        overwrite: Also remove what a killed run left of it, half-written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        remove_partials(path.parent.resolve(), re.escape(path.name))
    write_png(path, picture)


def source_name(source: Path) -> str:
    """The name of an artifact as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", source.name.removesuffix(".pt"))
