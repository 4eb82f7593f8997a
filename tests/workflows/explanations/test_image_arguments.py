"""Images that a call from Python gives."""

from typing import Any

import numpy as np
import pytest
import torch

from xaitool.errors import ShapeError
from xaitool.workflows.explanations.image_arguments import check_pixels, labelled_images

BATCH = torch.linspace(0, 1, 24).view(2, 3, 2, 2)


def test_pixels_in_the_unit_interval_are_what_is_wanted() -> None:
    check_pixels("images", BATCH, 4)
    check_pixels("images", BATCH.double(), 3, 4)
    check_pixels("images", BATCH[:0], 4, none=True)


@pytest.mark.parametrize(
    ("images", "message", "hint"),
    [
        (np.zeros((2, 3, 2, 2)), "images are a ndarray, but a torch.Tensor is wanted", ""),
        (BATCH[0], r"images are \(3, 2, 2\), but \(N, C, H, W\) is wanted", "image[None]"),
        (BATCH.byte(), "images are torch.uint8 .*, but floating pixels are wanted", "images / 255"),
        (BATCH[:0], "but floating pixels are wanted", ""),
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
