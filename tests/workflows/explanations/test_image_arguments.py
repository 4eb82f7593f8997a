"""Images that a call from Python gives."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from xaitool.errors import DataError, ShapeError
from xaitool.workflows.explanations.image_arguments import (
    CPU,
    check_pixels,
    fitting_images,
    home,
    image_batch,
    image_names,
    labelled_images,
)

BATCH = torch.linspace(0, 1, 24).view(2, 3, 2, 2)


def test_pixels_in_the_unit_interval_are_what_is_wanted() -> None:
    check_pixels("images", BATCH, 4)
    check_pixels("images", BATCH.double(), 3, 4)
    check_pixels("images", BATCH[:0], 4, none=True)


@pytest.mark.parametrize(
    ("images", "message", "hint"),
    [
        (BATCH[0], r"images are \(3, 2, 2\), but \(N, C, H, W\) is wanted", ""),
        (BATCH.int(), "images are torch.int32 .*, but floating pixels or uint8 are wanted", ""),
        (BATCH[:0], "but floating pixels or uint8 are wanted", ""),
        (BATCH * 255, r"images are from 0 to 255, but pixels in \[0, 1\]", "divide by 255"),
        (BATCH * 2 - 1, r"images are from -1 to 1, but pixels in \[0, 1\] are wanted", "Normalise"),
        (BATCH / 0, "images are from nan to nan", "Normalise"),
    ],
)
def test_what_is_no_pixels(images: Any, message: str, hint: str) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        check_pixels("images", images, 4)
    assert hint == "" or hint in str(caught.value.hint)


def test_images_and_labels_are_a_dataset() -> None:
    found = labelled_images((BATCH, torch.tensor([4, 7])))
    assert found is not None
    assert torch.equal(found.images(torch.tensor([1, 0])), BATCH[[1, 0]])
    assert found.labels.tolist() == [4, 7]
    assert labelled_images(found) is found
    assert labelled_images(None) is None


def test_one_label_an_image() -> None:
    with pytest.raises(ShapeError, match=r"labels are \(3,\), but one for each of 2 images"):
        labelled_images((BATCH, torch.zeros(3)))
    with pytest.raises(ShapeError, match="the data's images are from 0 to 2"):
        labelled_images((BATCH * 2, torch.zeros(2)))


def test_a_model_is_at_home_where_its_weights_are() -> None:
    assert home(nn.Flatten()) == CPU
    assert home(nn.Linear(2, 2).double()).dtype == torch.float64
    counts = nn.BatchNorm2d(2, affine=False, dtype=torch.float16)
    assert home(counts).dtype == torch.float16


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((5, 4), (1, 1, 5, 4)),
        ((5, 4, 3), (1, 3, 5, 4)),
        ((5, 4, 1), (1, 1, 5, 4)),
        ((3, 5, 4), (1, 3, 5, 4)),
        ((1, 5, 4), (1, 1, 5, 4)),
        ((3, 4, 3), (1, 3, 3, 4)),  # both: last
        ((2, 5, 4, 3), (2, 3, 5, 4)),
        ((2, 3, 5, 4), (2, 3, 5, 4)),
        ((2, 5, 4, 1), (2, 1, 5, 4)),
    ],
)
def test_where_an_array_has_its_channels(shape: tuple[int, ...], found: tuple[int, ...]) -> None:
    assert image_batch("images", np.zeros(shape, np.uint8), CPU).shape == found


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            np.zeros((5, 4, 4)),
            r"an array \(5, 4, 4\) is given as images, but \(H, W, C\)",
            "[..., :3]",
        ),
        (np.zeros((9, 5, 4)), r"an array \(9, 5, 4\) is given as images", ""),
        (np.zeros((1, 2, 3, 4, 3)), r"an array \(1, 2, 3, 4, 3\) is given as images", ""),
        (np.zeros(3), r"an array \(3,\) is given as images, but images", ""),
        (np.zeros((5, 4, 3), int), "images are torch.int64", ""),
        (np.zeros((5, 4, 3), bool), "images are torch.bool", ""),
        (np.array(["a"] * 6).reshape(2, 3, 1), "of <U1 is given as images, but pixels", ""),
        ([], "images are an empty list", ""),
        ([BATCH], r"images\[0\] is \(2, 3, 2, 2\), but one image of images\[0\]'s shape", "RGB"),
        ([BATCH[0], BATCH[0, :1]], r"images\[1\] is \(1, 2, 2\), .* \(3, 2, 2\) is wanted", "RGB"),
        (["cat.png"], r"a str is given as images\[0\], but tensors", "PIL.Image.open"),
    ],
)
def test_what_is_no_image(given: Any, message: str, hint: str) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        image_batch("images", given, CPU)
    assert hint in str(caught.value.hint)


def test_arrays_of_every_floating_dtype_and_order_are_copied() -> None:
    wanted = BATCH.permute(0, 2, 3, 1)
    for dtype in ("f2", "f4", "f8", ">f4", ">f8"):
        array = np.asfortranarray(wanted.numpy().astype(dtype)[:, ::-1])
        found = image_batch("images", array, CPU)
        torch.testing.assert_close(found, BATCH.flip(2), rtol=1e-3, atol=1e-3)
        assert found.dtype == torch.float32
        array[:] = 0
        assert found.any()


def test_pictures_of_every_mode_and_upright() -> None:
    picture = Image.new("RGB", (4, 5), (255, 0, 0))
    picture.getexif()[274] = 6  # lies on its side
    assert image_batch("images", picture, CPU).shape == (1, 3, 4, 5)
    assert picture.size == (4, 5)
    clear = Image.new("RGBA", (4, 5), (0, 0, 0, 0))
    assert (image_batch("images", clear, CPU) == 1).all()
    assert (image_batch("images", Image.new("I;16", (4, 5), 65535), CPU) == 1).all()
    assert image_batch("images", Image.new("P", (4, 5)), CPU).shape == (1, 3, 5, 4)
    with pytest.raises(DataError, match="image 'images' has floating pixels"):
        image_batch("images", Image.new("F", (4, 5)), CPU)


def test_names_are_those_of_the_files(tmp_path: Any) -> None:
    Image.new("L", (4, 5)).save(tmp_path / "cat.png")
    assert image_names(BATCH, 2) == ["input 0", "input 1"]
    with Image.open(tmp_path / "cat.png") as opened:
        assert image_names([opened, BATCH[0]], 2) == [str(tmp_path / "cat.png"), "input 1"]
        assert image_names(opened, 1) == [str(tmp_path / "cat.png")]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (torch.zeros(3, 1, 1), (1, 3, 5, 4)),
        (torch.zeros(1, 1, 1), (1, 3, 5, 4)),
        (np.zeros((3, 1, 1)), (1, 3, 5, 4)),
        (np.zeros((1, 1, 3)), (1, 3, 5, 4)),
        (np.zeros((5, 4)), (1, 3, 5, 4)),
        (torch.zeros(1, 3, 5, 4), (1, 3, 5, 4)),
        (torch.zeros(2, 3, 5, 4), (2, 3, 5, 4)),
        (torch.zeros(2, 1, 1, 1), (2, 3, 5, 4)),
        (np.zeros((2, 5, 4, 3)), (2, 3, 5, 4)),
        (torch.zeros(1, 7, 3, 1, 1), (2, 7, 3, 5, 4)),
        (np.zeros((2, 7, 5, 4, 3)), (2, 7, 3, 5, 4)),
        ([np.zeros((5, 4), np.uint8)] * 2, (2, 3, 5, 4)),
    ],
)
def test_what_belongs_to_images_fits_them(given: Any, found: tuple[int, ...]) -> None:
    assert fitting_images("baselines", given, (2, 3, 5, 4), CPU).shape == found


@pytest.mark.parametrize("shape", [(3,), (5, 4), (3, 4, 5), (4, 3, 5, 4), (4, 7, 3, 5, 4)])
def test_what_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="baselines are"):
        fitting_images("baselines", torch.zeros(shape), (2, 3, 5, 4), CPU)
