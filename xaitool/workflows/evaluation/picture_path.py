"""Where ``evaluate`` puts a picture of what it measured, and how it gets there."""

from __future__ import annotations

import re
from pathlib import Path

from xaitool.errors import ConfigError
from xaitool.io.folders import check_file, check_out_folder
from xaitool.workflows.configs.evaluate import EvaluateConfig


def picture_path(
    source: Path, config: EvaluateConfig, ending: str, file_format: str = "png"
) -> Path | None:
    """``OUT/SOURCE-ENDING.FORMAT``, or None without ``--out``.

    Args:
        source: The artifact that is measured.
        config: Where pictures go, and whether they replace what is there.
        ending: What the picture shows.
        file_format: ``config.figure_format`` of a figure with axes.

    Raises:
        ConfigError: It cannot go there.
    """
    if config.out is None:
        return None
    check_out_folder(config.out)
    path = config.out / f"{source_name(source)}-{ending}.{file_format}"
    check_file(path)
    if path.exists() and not config.overwrite:
        raise ConfigError(
            f"{path} exists, but a new file was asked for", hint="replace it with --overwrite"
        )
    return path


def source_name(source: Path) -> str:
    """The name of an artifact as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", source.name.removesuffix(".pt"))
