from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from tests.data.conftest import encoded, picture
from xaitool.data import images
from xaitool.data.images import fit, prepare, read_image, to_tensor
from xaitool.errors import DataError


def same_pixels(one: Image.Image, other: Image.Image) -> bool:
    return one.mode == other.mode and np.array_equal(np.asarray(one), np.asarray(other))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds almost nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
def test_lossless_formats_give_the_pixels_that_were_written(kind: str, tmp_path: Path):
    original = picture(0)
    path = tmp_path / f"image.{kind}"
    original.save(path, kind, **({"lossless": True} if kind == "webp" else {}))
    assert same_pixels(read_image(path), original)
    assert same_pixels(read_image(path.read_bytes()), original)


def test_jpeg_is_close_to_what_was_written():
    smooth = Image.linear_gradient("L")
    read = read_image(encoded(smooth, "jpeg", quality=95))
    assert read.mode == "L"
    assert np.abs(np.asarray(read, int) - np.asarray(smooth, int)).max() <= 4


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    animation = encoded(frames[0], "gif", save_all=True, append_images=frames[1:])
    assert read_image(animation).getpixel((0, 0)) == (255, 0, 0)


def test_transparency_is_composited_on_white():
    half = Image.new("RGBA", (1, 1), (255, 0, 0, 51))
    assert read_image(encoded(half)).getpixel((0, 0)) == (255, 204, 204)
    clear = Image.new("LA", (1, 1), (0, 0))
    assert read_image(encoded(clear)).mode == "L"
    assert read_image(encoded(clear)).getpixel((0, 0)) == 255


def test_transparent_palette_entry_is_white():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    read = read_image(encoded(palette, transparency=0))
    assert [read.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (40, 50, 60)]


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    levels = np.array([[0, 257, 32768, 65535]], dtype=np.uint16)
    read = read_image(encoded(Image.fromarray(levels)))
    assert read.mode == "L"
    assert np.asarray(read).tolist() == [[0, 1, 128, 255]]


def test_one_bit_and_cmyk():
    assert np.asarray(read_image(encoded(Image.new("1", (1, 1), 1)))).tolist() == [[255]]
    black = Image.new("CMYK", (8, 8), (0, 0, 0, 255))
    assert np.asarray(read_image(encoded(black, "tiff"))).max() == 0


def test_floating_pixels_are_refused():
    with pytest.raises(DataError, match="has floating pixels, but 8 or 16 bits"):
        read_image(encoded(Image.new("F", (2, 2), 0.5), "tiff"))


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (2, 1)), (6, (1, 0))])
def test_exif_orientation_is_applied(orientation: int, corner: tuple[int, int]):
    stored = Image.new("L", (3, 2))
    stored.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = read_image(encoded(stored, "png", exif=exif))
    assert read.size == ((2, 3) if orientation == 6 else (3, 2))
    assert read.getpixel(corner) == 255


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_matter():
    content = encoded(picture(0), "jpeg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_image(content).size == (8, 8)


def test_channels():
    colour = picture(1)
    assert same_pixels(read_image(encoded(colour), channels=1), colour.convert("L"))
    grey = read_image(encoded(colour.convert("L")), channels=3)
    assert same_pixels(grey, colour.convert("L").convert("RGB"))
    with pytest.raises(DataError, match="2 channels is asked for, but 1 or 3"):
        read_image(encoded(colour), channels=2)


def test_messages_for_what_is_no_picture(tmp_path: Path):
    text, empty = tmp_path / "text.png", tmp_path / "empty.png"
    text.write_text("I am a poem\nof two lines")
    empty.touch()
    for path, message in [
        (tmp_path / "absent.png", "absent.png' does not exist, but a PNG"),
        (tmp_path, "is a folder, but a file is wanted"),
        (text, "text.png' is in no format that can be read, but a PNG"),
        (empty, "empty.png' is empty, but a PNG"),
    ]:
        with pytest.raises(DataError, match=message) as caught:
            read_image(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff", "gif", "bmp"])
def test_truncated_pictures_are_damaged(kind: str):
    whole = encoded(picture(2, (64, 64)), kind)
    with pytest.raises(DataError, match=r"^image 'cut' is (damaged|in no format)"):
        read_image(whole[: len(whole) * 2 // 3], name="cut")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_any_bytes_give_a_picture_or_a_data_error():
    rng = np.random.default_rng(3)
    for kind in ("png", "jpeg", "webp", "tiff", "gif", "bmp"):
        whole = np.frombuffer(encoded(picture(3, (16, 16)), kind), np.uint8)
        for _ in range(30):
            broken = whole.copy()
            broken[rng.integers(0, len(whole), 4)] = rng.integers(0, 256, 4)
            with contextlib.suppress(DataError):
                assert read_image(broken.tobytes()).mode in ("L", "RGB")


@pytest.mark.parametrize("size", [(9_460, 9_460), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bombs_are_refused_before_decoding(size: tuple[int, int]):
    with pytest.raises(DataError, match="'bomb' has more than 89,478,485 pixels"):
        read_image(png_header(*size), name="bomb")


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(images, "MAXIMUM_BYTES", 1024)
    path = tmp_path / "large.bmp"
    picture(0, (64, 64)).save(path)
    with pytest.raises(DataError, match="but a smaller one is wanted"):
        read_image(path)


def test_resizing_a_hair_is_refused_before_memory_is_taken():
    hair = Image.new("L", (1, 60_000))
    with pytest.raises(DataError, match="1x60000, but a picture that has at most"):
        fit(hair, resize=224, crop=224)


def test_crop_of_a_small_picture_is_refused():
    with pytest.raises(DataError, match="'x' is 8x8, but at least 9x9 is wanted"):
        fit(picture(0), resize=None, crop=9, name="x")


@pytest.mark.parametrize(
    "name", ["ResNet18_Weights", "ViT_B_16_Weights", "EfficientNet_B0_Weights"]
)
@pytest.mark.parametrize("size", [(300, 200), (180, 411), (256, 256)])
def test_prepare_is_torchvisions_preset_without_its_normalisation(name: str, size: tuple[int, int]):
    preset = getattr(torchvision.models, name).DEFAULT.transforms()
    image = picture(4, size)
    ours = prepare(
        image,
        resize=preset.resize_size[0],
        crop=preset.crop_size[0],
        interpolation=preset.interpolation.value,
    )
    mean, deviation = torch.tensor(preset.mean), torch.tensor(preset.std)
    torch.testing.assert_close(
        (ours - mean[:, None, None]) / deviation[:, None, None], preset(image)
    )


def test_to_tensor_is_pixels_over_255():
    assert to_tensor(picture(5)).shape == (3, 8, 8)
    grey = Image.fromarray(np.array([[0, 51, 255]], np.uint8))
    assert to_tensor(grey).tolist() == [[[0.0, pytest.approx(0.2), 1.0]]]


@pytest.mark.data
def test_real_photos_are_read(real_data: Path):
    photos = sorted((real_data / "imagenet" / "photos").iterdir())[:5]
    for photo in photos:
        tensor = prepare(read_image(photo, channels=3), resize=256, crop=224)
        assert tensor.shape == (3, 224, 224)
        assert 0 <= tensor.min() < tensor.mean() < tensor.max() <= 1
