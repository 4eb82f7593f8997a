import math

import pytest
import torch

from xaitool.core.metrics.generation.pixel_deviation import PixelStatistics, pixel_deviation
from xaitool.errors import ShapeError


def images(count, seed, *, scale=1.0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(count, 2, 5, 4, generator=generator, dtype=torch.float64)
    return scale * drawn + shift


def gathered(values, batch=None):
    statistics = PixelStatistics()
    for part in values.split(batch or len(values)):
        statistics.update(part)
    return statistics


@pytest.mark.parametrize("batch", [1, 7, 60])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_streaming_equals_one_shot(batch, shift):
    values = images(60, 1, shift=shift)
    wanted = values.std(0, correction=1).mean().item()
    assert gathered(values, batch).mean_deviation == pytest.approx(wanted, rel=1e-9)


def test_it_is_a_ratio_of_means_over_pixels():
    real, generated = images(50, 1), images(30, 2, scale=0.5)
    real[:, 0, 0, 0] = 0.3  # a pixel that never varies divides nothing by zero
    wanted = generated.std(0).mean() / real.std(0).mean()
    assert pixel_deviation(gathered(generated), gathered(real)) == pytest.approx(wanted.item())


def test_ends_of_the_range():
    real = gathered(images(50, 1))
    assert pixel_deviation(real, real) == 1
    equal = gathered(images(1, 2).expand(9, 2, 5, 4))
    assert pixel_deviation(equal, real) == pytest.approx(0, abs=1e-12)
    assert pixel_deviation(gathered(images(50, 1, scale=0.25)), real) == pytest.approx(0.25)


def test_equal_real_images_leave_it_undefined():
    real = gathered(torch.zeros(4, 2, 5, 4))
    assert math.isnan(pixel_deviation(gathered(images(4, 1)), real))


def test_float32_images_are_summed_in_float64():
    values = images(50, 1).float()
    assert gathered(values).mean_deviation == gathered(values.double()).mean_deviation


def test_state_survives():
    own = gathered(images(20, 1))
    again = PixelStatistics.from_dict(own.to_dict())
    again.update(images(10, 2))
    own.update(images(10, 2))
    assert again.count == own.count == 30
    assert again.mean_deviation == own.mean_deviation


def test_update_never_reads_a_value():
    statistics = PixelStatistics()
    for _ in range(2):
        statistics.update(torch.zeros(3, 1, 4, 4, device="meta"))
    assert statistics.count == 6


def test_wrong_images_are_refused():
    statistics = gathered(images(3, 1))
    with pytest.raises(ShapeError, match=r"\(2, 4, 4\), but \(2, 5, 4\)"):
        statistics.update(torch.zeros(3, 2, 4, 4))
    with pytest.raises(ShapeError, match="floating"):
        statistics.update(torch.zeros(3, 2, 5, 4, dtype=torch.uint8))
    with pytest.raises(ShapeError, match="1 images, but at least 2"):
        pixel_deviation(gathered(images(1, 1)), statistics)
