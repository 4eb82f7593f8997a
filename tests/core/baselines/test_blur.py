"""The blurred image, against SciPy."""

import pytest
import torch

from xaitool.core.baselines.blur import Blur, gaussian_blur
from xaitool.core.score import Score
from xaitool.errors import ConfigError

IMAGES = torch.rand(3, 2, 9, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.zeros(3, dtype=torch.int64))


@pytest.mark.oracle
@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.25, 3.0, 10.0, 47.0])
def test_equals_scipy_also_where_the_kernel_is_wider_than_the_image(sigma):
    scipy = pytest.importorskip("scipy.ndimage")
    expected = scipy.gaussian_filter(IMAGES.numpy(), sigma, axes=(2, 3))
    torch.testing.assert_close(
        gaussian_blur(IMAGES, sigma), torch.from_numpy(expected), rtol=1e-12, atol=1e-14
    )


def test_a_flat_image_stays_and_the_mean_is_kept():
    flat = torch.full((1, 1, 7, 7), 0.3, dtype=torch.float64)
    torch.testing.assert_close(gaussian_blur(flat, 2.0), flat)
    blurred = gaussian_blur(IMAGES, 2.0)
    torch.testing.assert_close(blurred.mean((2, 3)), IMAGES.mean((2, 3)))
    assert (blurred.var((2, 3)) < IMAGES.var((2, 3))).all()


@pytest.mark.parametrize(("size", "sigma"), [((224, 224), 10), ((28, 28), 1.25), ((112, 300), 5)])
def test_default_is_the_papers_share_of_the_shorter_side(size, sigma):
    images = torch.rand(3, 1, *size, generator=torch.Generator().manual_seed(0))
    references = Blur().for_images(images, SCORE)
    torch.testing.assert_close(references, gaussian_blur(images, sigma).unsqueeze(1))


def test_sigma_is_an_option():
    torch.testing.assert_close(
        Blur(sigma=3).for_images(IMAGES, SCORE), gaussian_blur(IMAGES, 3.0).unsqueeze(1)
    )
    with pytest.raises(ConfigError, match="more than 0"):
        Blur(sigma=0)


def test_white_stays_in_the_pixel_range():
    white = torch.ones(3, 1, 28, 28)
    assert Blur().for_images(white, SCORE).max() <= 1
