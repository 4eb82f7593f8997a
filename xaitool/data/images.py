"""Reading pictures: any format and mode people have, and one clear line for what is no picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from xaitool.errors import DataError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")

MAXIMUM_PIXELS = 89_478_485
"""Pillow's own limit: a quarter of a gibibyte as RGB. A larger picture is taken for an attack."""

MAXIMUM_BYTES = 256 * 2**20
"""Largest picture file that is read."""

WANTED = "a PNG, JPEG, WebP, BMP, TIFF or GIF picture is wanted"

_GREY_MODES = ("1", "L", "LA", "La")
_SIXTEEN_BIT_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")

Interpolation = Literal["bilinear", "bicubic"]


def read_image(
    source: Path | str | bytes, *, channels: int | None = None, name: str | None = None
) -> Image.Image:
    """Read a picture as 8-bit grey (``L``) or colour (``RGB``), turned upright by its EXIF tag.

    Transparency is composited on white, as a page would show it. 16-bit grey is scaled to 8 bits,
    CMYK and palettes become RGB, and of several frames the first is read.

    Args:
        source: A path, or the bytes of the file.
        channels: 1 converts to grey (ITU-R 601 luma), 3 to RGB; None keeps what the picture is.
        name: How messages call it; by default the path.

    Raises:
        DataError: There is no such file, it is a folder, empty, larger than `MAXIMUM_BYTES` or
            `MAXIMUM_PIXELS`, damaged, or no picture; or `channels` is neither 1 nor 3.
    """
    if not isinstance(source, bytes):
        name = name or str(source)
        source = _file_bytes(Path(source), name)
    name = name or "given bytes"
    if not source:
        raise DataError(f"image '{name}' is empty, but {WANTED}")
    image = _upright(_decode(source, name))
    return as_channels(_eight_bit(image, name), channels)


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


def _file_bytes(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise DataError(
            f"image '{name}' is a folder, but a file is wanted",
            hint=f"a folder of images is a dataset: folder:{name}",
        )
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"image '{name}' does not exist, but {WANTED}") from None
    except OSError as error:
        raise DataError(f"image '{name}' cannot be read ({error.strerror}), but {WANTED}") from None
    if len(content) > MAXIMUM_BYTES:
        raise DataError(
            f"image '{name}' is a file of more than {MAXIMUM_BYTES // 2**20} MiB, but a smaller "
            "one is wanted"
        )
    return content


def _decode(content: bytes, name: str) -> Image.Image:
    """Decode, whatever the decoders of damaged or hostile files may raise."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MAXIMUM_PIXELS:
            raise Image.DecompressionBombError
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(
            f"image '{name}' has more than {MAXIMUM_PIXELS:,} pixels, but a smaller one is wanted"
        ) from None
    except UnidentifiedImageError:
        raise DataError(f"image '{name}' is in no format that can be read, but {WANTED}") from None
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"image '{name}' is damaged ({reason}), but {WANTED}") from None
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data does not damage the pixels
        return image


def _eight_bit(image: Image.Image, name: str) -> Image.Image:
    if image.mode in _SIXTEEN_BIT_MODES:
        return _from_sixteen_bits(image, name)
    if image.mode == "F":
        raise DataError(
            f"image '{name}' has floating pixels, but 8 or 16 bits a channel are wanted"
        )
    mode = "L" if image.mode in _GREY_MODES else "RGB"
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
    return image if image.mode == mode else image.convert(mode)


def _from_sixteen_bits(image: Image.Image, name: str) -> Image.Image:
    pixels = np.asarray(image).astype(np.int64)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise DataError(f"image '{name}' has 32-bit pixels, but 8 or 16 bits are wanted")
    return Image.fromarray(((pixels + 128) // 257).astype(np.uint8))
