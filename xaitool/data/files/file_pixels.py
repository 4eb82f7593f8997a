"""Decoding many picture files at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import torch
from torch import Tensor

from xaitool.data.files.file_sources import FileSource
from xaitool.data.files.images import Framing, fit, read_image, to_array
from xaitool.errors import DataError

OnError = Literal["stop", "skip"]

SKIP = "--on-error skip leaves such images out"


def read_pixels(
    source: FileSource,
    names: Sequence[str],
    shape: tuple[int, int, int],
    *,
    workers: int,
    on_error: OnError = "stop",
    crop: int | None = None,
    framing: Framing | None = None,
) -> tuple[Tensor, list[int]]:
    """Decode pictures, resize their shorter side and cut the central square.

    Args:
        source: Where the files lie.
        names: N of them.
        shape: Wanted ``(C, S, S)``.
        workers: Threads.
        on_error: ``skip`` leaves a picture that cannot be used black and goes on.
        crop: Side of the central square of which alone the rest is done, pixels of the file; None:
            the whole picture.
        framing: How the square of `shape` is made; None: the shorter side becomes its side.

    Returns:
        Pixels, uint8 ``(N, C, S, S)``, and the positions of pictures that could not be used.

    Raises:
        DataError: A picture cannot be used, and `on_error` is ``stop``.
    """
    framing = framing or Framing.of(shape[1])
    pixels = torch.zeros((len(names), *shape), dtype=torch.uint8)
    rows = pixels.numpy()

    def read_chunk(chunk: range) -> list[int]:
        failed = []
        for row in chunk:
            try:
                rows[row] = _read(source, names[row], shape[0], crop, framing)
            except DataError as error:
                if on_error == "stop":
                    raise DataError(str(error), hint=error.hint or SKIP) from error
                failed.append(row)
        return failed

    length = max(1, min(256, len(names) // (4 * max(workers, 1))))
    chunks = [
        range(start, min(start + length, len(names))) for start in range(0, len(names), length)
    ]
    if workers <= 1:
        return pixels, [row for chunk in chunks for row in read_chunk(chunk)]
    with ThreadPoolExecutor(workers) as pool:
        try:
            return pixels, [row for failed in pool.map(read_chunk, chunks) for row in failed]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _read(
    source: FileSource, name: str, channels: int, crop: int | None, framing: Framing
) -> object:
    image = read_image(source.read(name), channels=channels, name=name)
    image = fit(image, resize=None, crop=crop, name=name)
    return to_array(
        fit(
            image,
            resize=framing.resize,
            crop=framing.crop,
            interpolation=framing.interpolation,
            name=name,
        )
    )
