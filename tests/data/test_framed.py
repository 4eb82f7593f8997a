"""Squares of images in memory."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from xaitool.data.files.images import Framing, fit, to_array
from xaitool.data.framed import framed
from xaitool.data.memory import MemoryDataset


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("resize", "crop"), [(20, 15), (9, 9), (12, 8)])
def test_images_in_memory_become_what_files_become(
    resize: int, crop: int, interpolation: str
) -> None:
    pixels = torch.randint(0, 256, (2, 3, 12, 12), generator=torch.manual_seed(0))
    pixels = pixels.to(torch.uint8)
    framing = Framing(resize, crop, interpolation)  # type: ignore[arg-type]
    dataset = MemoryDataset(pixels, torch.tensor([0, 1]), "ab", name="t", split="test")
    found = dataset.adapted(framing, None)
    assert found.shape == (3, crop, crop)
    for row, image in enumerate(pixels):
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        wanted = to_array(
            fit(picture, resize=resize, crop=crop, interpolation=framing.interpolation)
        )
        # Pillow rounds and clips between rows and columns; of noise another pixel is 85 away.
        difference = (found.pixels[row].int() - torch.from_numpy(wanted).int()).abs()
        assert difference.float().mean() < 0.5


def test_nothing_changes_where_nothing_has_to() -> None:
    values = torch.rand(2, 1, 5, 5)
    assert framed(values, Framing(5, 5, "bicubic"), torch.Tensor.round) is values
