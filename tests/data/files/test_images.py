from __future__ import annotations

import contextlib
import logging
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from tests.data.conftest import encoded, picture
from xaitool.data.files import images
from xaitool.data.files.images import fit, prepare, read_image, to_tensor
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


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp", "ppm"])
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


def test_sixteen_bit_grey_with_a_transparent_level():
    levels = np.array([[0, 257, 32768, 65535]], dtype=np.uint16)
    read = read_image(encoded(Image.fromarray(levels), transparency=257))
    assert np.asarray(read).tolist() == [[0, 255, 128, 255]]


@pytest.mark.parametrize(
    ("order", "photometric", "expected"),
    [("<", 1, [0, 1, 255]), (">", 1, [0, 1, 255]), ("<", 0, [255, 254, 0])],
)
def test_sixteen_bits_of_tiff(order: str, photometric: int, expected: list[int]):
    content = tiff([[0, 257, 65535]], order, bits=16, photometric=photometric)
    assert np.asarray(read_image(content)).tolist() == [expected]


def test_twelve_bits_of_tiff_are_all_of_the_range():
    packed = np.array([[0x00, 0x08, 0x00, 0xFF, 0xF0, 0x00]], np.uint8)  # 0, 2048, 4095, 0
    content = tiff(packed, "<", bits=12, width=4)
    assert np.asarray(read_image(content)).tolist() == [[0, 128, 255, 0]]


@pytest.mark.parametrize(("depth", "sample"), [(32, 1), (32, 2), (16, 2)])
def test_pixels_without_a_range_are_refused(depth: int, sample: int):
    content = tiff(np.zeros((1, 4), f"i{depth // 8}"), "<", bits=depth, width=4, sample=sample)
    with pytest.raises(DataError, match="has 32-bit or signed pixels, but 8 or 16 bits"):
        read_image(content)


def tiff(rows, order, *, bits, photometric=1, width=None, sample=1) -> bytes:
    """One strip of grey pixels, with the tags that every TIFF has."""
    pixels = np.asarray(rows, None if isinstance(rows, np.ndarray) else f"{order}u2")
    width = width or pixels.shape[1]
    tags = [(256, width), (257, 1), (258, bits), (259, 1), (262, photometric), (273, 8)]
    tags += [(277, 1), (278, 1), (279, pixels.nbytes), (339, sample)]
    place = 8 + pixels.nbytes
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, place)
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)
    return head + pixels.tobytes() + struct.pack(order + "H", len(tags)) + entries + b"\0" * 4


def test_damage_is_not_logged_beside_the_error():
    with_too_many_samples = tiff([[0, 1, 2]], "<", bits=16).replace(
        struct.pack("<HHII", 277, 4, 1, 1), struct.pack("<HHII", 277, 4, 1, 4097)
    )
    with pytest.raises(DataError, match="image 'given bytes' is"):
        read_image(with_too_many_samples)
    # Without a handler Python would print what is logged.
    assert logging.getLogger("PIL").handlers


def test_grey_maps_are_of_their_own_range():
    for content, expected in [
        (b"P5 3 1 255 \0\x80\xff", [0, 128, 255]),
        (b"P5 2 1 1023 \0\0\3\xff", [0, 255]),
        (b"P5 2 1 65535 \1\1\xff\xff", [1, 255]),
        (b"P2 3 1 15 0 5 15", [0, 85, 255]),
        (b"P1 2 1 0 1", [255, 0]),
    ]:
        read = read_image(content)
        assert (read.mode, np.asarray(read).tolist()) == ("L", [expected])


def test_large_pictures_are_converted_in_strips(monkeypatch: pytest.MonkeyPatch):
    sixteen = Image.fromarray(np.arange(7 * 5, dtype=np.uint16).reshape(7, 5) * 1800)
    contents = [encoded(sixteen), encoded(picture(6, (5, 7), mode="RGBA"))]
    whole = [read_image(content) for content in contents]
    monkeypatch.setattr(images, "STRIP_PIXELS", 10)
    for one, content in zip(whole, contents, strict=True):
        assert same_pixels(read_image(content), one)


def test_the_first_of_many_frames_alone_is_decoded():
    frames = [Image.new("RGB", (4, 4), (level, 0, 0)) for level in range(200)]
    for kind in ("png", "tiff", "webp"):
        lossless = {"lossless": True} if kind == "webp" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
        assert read_image(content).getpixel((0, 0)) == (0, 0, 0)


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


@pytest.mark.parametrize(("name", "hinted"), [("epoch=3.ckpt", True), ("poem.png", False)])
def test_weights_in_place_of_a_picture_lead_on(name: str, hinted: bool, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(DataError, match="is in no format") as caught:
        read_image(path)
    assert ("--weights" in str(caught.value.hint)) is hinted


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


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(9_460, 9_460), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bombs_are_refused_before_decoding(size: tuple[int, int]):
    with pytest.raises(DataError, match=r"'bomb' has .* pixels, but at most 89,478,485 are read"):
        read_image(png_header(*size), name="bomb")


@pytest.mark.parametrize("size", [(1, 80_000_000), (80_000_000, 1), (65_536, 2)])
def test_thin_pictures_are_refused_before_decoding(size: tuple[int, int]):
    shape = "{}x{}".format(*size)
    with pytest.raises(DataError, match=f"'thin' is {shape}, but at most 65,535 pixels a side"):
        read_image(png_header(*size), name="thin")


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
