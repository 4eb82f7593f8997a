import pytest
import torch

from xaitool.report.pixels import reduced


def test_a_small_image_stays_as_it_is():
    image = torch.rand(3, 20, 30)
    assert reduced(image, 30) is image


@pytest.mark.parametrize(
    ("shape", "size"),
    [((3, 448, 448), (224, 224)), ((1, 500, 330), (224, 148)), ((1, 2, 900), (1, 224))],
)
def test_the_longer_side_is_at_most_what_is_wanted(shape, size):
    assert reduced(torch.zeros(shape), 224).shape == (shape[0], *size)


def test_squares_are_averaged():
    image = torch.rand(3, 448, 448, dtype=torch.float64)
    means = image.view(3, 224, 2, 224, 2).mean((2, 4))
    torch.testing.assert_close(reduced(image, 224), means)


def test_opposite_values_cancel():
    image = torch.ones(1, 448, 448)
    image[:, ::2] = -1
    assert (reduced(image, 224) == 0).all()


def test_what_is_no_number_stays_none():
    image = torch.zeros(1, 300, 300)
    image[0, 7, 7] = float("nan")
    assert reduced(image, 224).isnan().any()
