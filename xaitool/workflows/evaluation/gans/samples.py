"""Images of a GAN as files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from xaitool.core.models.gans.images import noise, sample
from xaitool.errors import ConfigError
from xaitool.io.atomic import remove_partials, write_png
from xaitool.io.damage import damage_as_error
from xaitool.io.folders import check_folder, check_out_folder, remove_files
from xaitool.report.pixels import to_pixels
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.picture_path import source_name
from xaitool.workflows.gans.networks import load_gan
from xaitool.workflows.runs.context import Context

AT_ONCE = 500
IN_GRID = 64
SHORTEST_NUMBER = 4
GRID = "grid.png"
NAME = re.compile(rf"(\d{{4,}}\.png|{re.escape(GRID)})")


def write_samples(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[dict[str, Any]]:
    """Write ``--samples`` images of a GAN into ``--out``, and a grid of the first 64.

    The images are ``0000.png``, ``0001.png`` and so on, in the size and the channels that the GAN
    makes; the grid, which enlarges small ones, is ``grid.png``. Of several GANs each has a folder
    of its name in there.

    Args:
        path: Its checkpoint or run; the running mean of its weights is used where there is one.
        metrics: ``samples``.
        context: The options; equal seeds give equal images.

    Yields:
        One row: ``value`` and ``n``, the images written, and ``folder``.

    Raises:
        ConfigError: There is no ``--out``, or it holds such files already.
        InputError: The checkpoint does not fit.
    """
    config = context.config
    count = min(config.samples, config.limit or config.samples)
    folder = samples_folder(path, config)
    generator, checkpoint = load_gan(path, config.generator, context.runtime)
    with damage_as_error(path):
        like = next(generator.parameters())
        latent = noise(count, checkpoint["latent"], config.seed, "samples", like=like)
    folder.mkdir(parents=True, exist_ok=True)
    remove_files(folder.resolve(), NAME)
    if config.overwrite:
        remove_partials(folder.resolve(), NAME.pattern)
    digits = max(SHORTEST_NUMBER, len(str(count - 1)))
    first: list[Tensor] = []
    with context.reporter.task("samples", count, "image") as task:
        for start in range(0, count, AT_ONCE):
            images = sample(generator, latent[start : start + AT_ONCE]).float().cpu()
            for number, picture in enumerate(_pictures(images), start):
                write_png(folder / f"{number:0{digits}}.png", picture)
            first.append(images[: max(0, IN_GRID - start)])
            task.advance(len(images))
    write_png(folder / GRID, sample_grid(torch.cat(first)))
    context.reporter.message(f"{count + 1} pictures: {folder}")
    yield {
        "metric": "samples",
        "value": count,
        "n": count,
        "source": str(path),
        "folder": str(folder),
    }


def samples_folder(path: Path, config: EvaluateConfig) -> Path:
    """Where the images of a GAN go.

    Raises:
        ConfigError: There is no ``--out``, or it holds such files already.
    """
    if config.out is None:
        raise ConfigError(
            "--metric samples has no --out, but the images want a folder", hint="--out FOLDER"
        )
    check_out_folder(config.out)
    folder = config.out
    if len(config.artifacts) > 1:
        folder /= source_name(path.resolve())
        check_folder(folder)
    taken = _written(folder)
    if taken and not config.overwrite:
        raise ConfigError(
            f"{taken[0]} exists, but new files were asked for", hint="replace them with --overwrite"
        )
    return folder


def _written(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.png") if NAME.fullmatch(file.name))


def _pictures(images: Tensor) -> Iterator[Image.Image]:
    grey = images.shape[1] == 1
    for pixels in to_pixels(images):
        yield Image.fromarray(pixels[..., 0] if grey else pixels)
