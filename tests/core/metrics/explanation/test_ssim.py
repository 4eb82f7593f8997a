import pytest
import torch

from xaitool.core.metrics.explanation.ssim import structural_similarity
from xaitool.errors import ShapeError


def images(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.oracle
@pytest.mark.parametrize("size", [(11, 11), (28, 31)])
def test_equals_scikit_image(size):
    metrics = pytest.importorskip("skimage.metrics")
    first, noise = images(0, 3, 1, *size), images(1, 3, 1, *size)
    second = 0.7 * first + 0.3 * noise
    wanted = [
        metrics.structural_similarity(
            one[0].numpy(),
            other[0].numpy(),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
        )
        for one, other in zip(first, second, strict=True)
    ]
    found = structural_similarity(first, second)
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64))


def test_properties():
    first, second = images(0, 2, 1, 16, 16), images(1, 2, 1, 16, 16)
    assert structural_similarity(first, first).tolist() == pytest.approx([1, 1])
    there, back = structural_similarity(first, second), structural_similarity(second, first)
    torch.testing.assert_close(there, back)
    assert (there < 0.5).all()
    nothing = torch.zeros(1, 1, 16, 16)
    assert structural_similarity(nothing, nothing).item() == 1


def test_closed_form_of_constant_images():
    dark, light = torch.full((1, 1, 11, 11), 0.2), torch.full((1, 1, 11, 11), 0.8)
    wanted = (2 * 0.2 * 0.8 + 1e-4) / (0.2**2 + 0.8**2 + 1e-4)
    assert structural_similarity(dark, light).item() == pytest.approx(wanted)


def test_undefined_on_images_smaller_than_the_window():
    assert structural_similarity(torch.ones(2, 1, 8, 20), torch.ones(2, 1, 8, 20)).isnan().all()


def test_refuses_other_shapes():
    with pytest.raises(ShapeError, match=r"\(1, 3, 16, 16\)"):
        structural_similarity(torch.ones(1, 3, 16, 16), torch.ones(1, 3, 16, 16))
