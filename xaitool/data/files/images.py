"""Reading pictures: any format and mode people have, and one clear line for what is no picture."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from xaitool.data.files.file_bytes import file_bytes
from xaitool.errors import DataError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)

MAXIMUM_PIXELS = 89_478_485
"""Pillow's own limit: a quarter of a gibibyte as RGB. A larger picture is taken for an attack."""

MAXIMUM_SIDE = 65_535
"""JPEG's and GIF's own limit. Pillow keeps an address a row, so that a thin picture costs more
than its pixels, and to resize its shorter side makes it larger by far."""

WEIGHTS = (".pt", ".pth", ".ckpt")
"""Of files that people give in place of pictures."""

WANTED = "a PNG, JPEG, WebP, BMP, TIFF, GIF, PPM or PGM picture is wanted"

STRIP_PIXELS = 2**20
"""Pixels that are converted at once: the copies of a whole large picture would take gigabytes."""

# What Pillow's decoders log of damage they raise as well: it is told once, by whoever catches it.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_GREY_MODES = ("1", "L", "LA", "La")
_SIXTEEN_BIT_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_BITS, _PHOTOMETRIC, _ORIENTATION = 258, 262, 274
"""Tags of TIFF and EXIF: bits a sample, what is white, and which side is up."""

Interpolation = Literal["bilinear", "bicubic"]


@dataclass(frozen=True)
class Framing:
    """How a picture of any size becomes the square that a model sees.

    Attributes:
        resize: Side to which the shorter side is resized, pixels.
        crop: Side of the central square that is cut out, pixels.
        interpolation: Of the resizing, with antialias.
    """

    resize: int
    crop: int
    interpolation: Interpolation = "bilinear"

    @classmethod
    def of(cls, size: int | Framing) -> Framing:
        """Of a side alone: the whole shorter side is seen."""
        return size if isinstance(size, Framing) else cls(size, size)


def read_image(
    source: Path | str | bytes, *, channels: int | None = None, name: str | None = None
) -> Image.Image:
    """Read a picture as 8-bit grey (``L``) or colour (``RGB``), turned upright by its EXIF tag.

    Transparency is composited on white, as a page would show it. 12- and 16-bit grey is scaled to
    8 bits, CMYK and palettes become RGB, and of several frames the first is read.

    Args:
        source: A path, or the bytes of the file.
        channels: 1 converts to grey (ITU-R 601 luma), 3 to RGB; None keeps what the picture is.
        name: How messages call it; by default the path.

    Raises:
        DataError: There is no such file, it is no regular one, empty, larger than `MAXIMUM_BYTES`,
            `MAXIMUM_PIXELS` or `MAXIMUM_SIDE`, damaged, or no picture; or `channels` is neither 1
            nor 3.
    """
    if not isinstance(source, bytes):
        name = name or str(source)
        source = file_bytes(Path(source), f"image '{name}'", WANTED)
    name = name or "given bytes"
    image = _opened(source, name, pixels=True)
    _turn_upright(image)
    return as_channels(_eight_bit(image, name), channels)


def as_eight_bit(image: Image.Image, name: str) -> Image.Image:
    """A picture that somebody opened, as `read_image` reads its file; theirs stays as it is.

    Args:
        image: Of any mode.
        name: How messages call it.

    Raises:
        DataError: It is damaged, or its pixels are floating or have 32 bits.
    """
    try:
        image.load()
    except Exception as error:
        raise _damaged(name, error) from None
    return _eight_bit(_upright(image), name)


def check_picture(path: Path, wanted: str = WANTED) -> None:
    """Refuse what is no picture by its beginning alone; damage further on shows when it is read.

    Args:
        path: The file.
        wanted: What messages say that is wanted.

    Raises:
        DataError: There is no such file, it is no regular one, empty, too large, or no picture.
    """
    _opened(file_bytes(path, f"image '{path}'", wanted), str(path))


def as_channels(image: Image.Image, channels: int | None) -> Image.Image:
    """Convert an ``L`` or ``RGB`` picture to 1 or 3 channels; None leaves it.

    Raises:
        DataError: `channels` is neither 1 nor 3.
    """
    if channels not in (None, 1, 3):
        raise DataError(f"an image with {channels} channels is asked for, but 1 or 3 is wanted")
    mode = {None: image.mode, 1: "L", 3: "RGB"}[channels]
    return image if image.mode == mode else image.convert(mode)


def fit(
    image: Image.Image,
    *,
    resize: int | None,
    crop: int | None,
    interpolation: Interpolation = "bilinear",
    name: str = "given",
) -> Image.Image:
    """Resize the shorter side to `resize` with antialias, then cut the central square `crop`.

    These are torchvision's own operations on Pillow images, so the result is the one that its
    models were evaluated on.

    Args:
        image: ``L`` or ``RGB``.
        resize: Wanted length of the shorter side, pixels; None leaves the size.
        crop: Side of the square, pixels; None cuts nothing.
        interpolation: Of the resizing.
        name: How messages call the picture.

    Raises:
        DataError: The picture is so long and thin that it would exceed `MAXIMUM_PIXELS`, or it is
            smaller than `crop`.
    """
    if resize is not None and min(image.size) != resize:
        long, short = max(image.size), min(image.size)
        if resize * (resize * long // short) > MAXIMUM_PIXELS:
            raise DataError(
                f"image '{name}' is {image.width}x{image.height}, but a picture that has at most "
                f"{MAXIMUM_PIXELS:,} pixels when its shorter side is {resize} is wanted"
            )
        image = transforms.resize(image, [resize], InterpolationMode(interpolation))
    if crop is None or image.size == (crop, crop):
        return image
    if crop > min(image.size):
        raise DataError(
            f"image '{name}' is {image.width}x{image.height}, but at least {crop}x{crop} is wanted"
        )
    centre: Image.Image = transforms.center_crop(image, [crop, crop])
    return centre


def prepare(
    image: Image.Image,
    *,
    resize: int | None = None,
    crop: int | None = None,
    channels: int | None = None,
    interpolation: Interpolation = "bilinear",
    name: str = "given",
) -> Tensor:
    """Turn a picture into a model's input: `as_channels`, `fit`, `to_tensor`.

    Returns:
        float32 ``(C, H, W)`` in [0, 1], not normalised: a model's first layer does that.

    Raises:
        DataError: See `fit` and `as_channels`.
    """
    image = as_channels(image, channels)
    return to_tensor(fit(image, resize=resize, crop=crop, interpolation=interpolation, name=name))


def to_tensor(image: Image.Image) -> Tensor:
    """float32 ``(C, H, W)`` in [0, 1] from an ``L`` or ``RGB`` picture."""
    return torch.from_numpy(to_array(image)).float().div_(255)


def to_array(image: Image.Image) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """uint8 ``(C, H, W)``, contiguous, from an ``L`` or ``RGB`` picture."""
    pixels = np.asarray(image)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return np.array(pixels, order="C")


def _opened(content: bytes, name: str, *, pixels: bool = False) -> Image.Image:
    """Open, and decode, whatever the decoders of damaged or hostile files may raise."""
    if not content:
        raise DataError(f"image '{name}' is empty, but {WANTED}")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        _check_pixels(image, name)
        if pixels:
            image.load()
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(
            f"image '{name}' has too many pixels, but at most {MAXIMUM_PIXELS:,} are read"
        ) from None
    except UnidentifiedImageError:
        weights = name.lower().endswith(WEIGHTS)
        hint = "weights are given by --weights, a run or checkpoint by --model" if weights else None
        message = f"image '{name}' is in no format that can be read, but {WANTED}"
        raise DataError(message, hint=hint) from None
    except Exception as error:
        raise _damaged(name, error) from None
    return image


def _damaged(name: str, error: Exception) -> DataError:
    reason = str(error).partition("\n")[0] or type(error).__name__
    return DataError(f"image '{name}' is damaged ({reason}), but {WANTED}")


def _check_pixels(image: Image.Image, name: str) -> None:
    """Refuse a picture by its header alone: the smallest files unpack to the largest pictures."""
    pixels = image.width * image.height
    if pixels > MAXIMUM_PIXELS:
        raise DataError(
            f"image '{name}' has {pixels:,} pixels, but at most {MAXIMUM_PIXELS:,} are read"
        )
    if max(image.size) > MAXIMUM_SIDE:
        raise DataError(
            f"image '{name}' is {image.width}x{image.height}, but at most {MAXIMUM_SIDE:,} pixels "
            "a side are read"
        )


def _upright(image: Image.Image) -> Image.Image:
    """The image, or a copy where its EXIF tag turns it."""
    try:
        turned = image.getexif().get(_ORIENTATION, 1) != 1
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # as below
        return image


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # damaged EXIF data does not damage the pixels
        return


def _eight_bit(image: Image.Image, name: str) -> Image.Image:
    if image.mode in _SIXTEEN_BIT_MODES:
        return _from_sixteen_bits(image, name)
    if image.mode == "F":
        raise DataError(
            f"image '{name}' has floating pixels, but 8 or 16 bits a channel are wanted"
        )
    mode = "L" if image.mode in _GREY_MODES else "RGB"
    if image.has_transparency_data:
        return _in_strips(image, mode, lambda strip: _on_white(strip).convert(mode))
    return image if image.mode == mode else image.convert(mode)


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _from_sixteen_bits(image: Image.Image, name: str) -> Image.Image:
    tags = getattr(image, "tag_v2", {})
    bits = min(tags.get(_BITS, (16,)))
    # Pillow reads whole numbers of 32 bits and signed ones from TIFF, and scales those of PGM.
    if bits > 16 or (image.mode == "I" and image.format == "TIFF"):
        raise DataError(f"image '{name}' has 32-bit or signed pixels, but 8 or 16 bits are wanted")
    highest, transparent = 2**bits - 1, image.info.get("transparency")
    white_is_zero = tags.get(_PHOTOMETRIC) == 0

    def scaled(strip: Image.Image) -> Image.Image:
        levels = np.asarray(strip).astype(np.int64).clip(0, highest)
        shades = (levels * 255 + highest // 2) // highest
        shades = 255 - shades if white_is_zero else shades
        if isinstance(transparent, int):
            shades[levels == transparent] = 255
        return Image.fromarray(shades.astype(np.uint8))

    return _in_strips(image, "L", scaled)


def _in_strips(
    image: Image.Image, mode: str, change: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """`change` of a picture, some rows after the other."""
    result = Image.new(mode, image.size)
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        result.paste(change(image.crop(box)), box)
    return result
