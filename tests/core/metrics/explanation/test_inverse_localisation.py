import pytest
import torch

from xaitool.core.metrics.explanation.inverse_localisation import inverse_localisation
from xaitool.errors import ShapeError

LEFT = torch.tensor([[[[True, False, False, False]]]])


def ratio(values, region=LEFT):
    return inverse_localisation(torch.tensor([[[values]]]), region).item()


def test_hand_made_maps():
    assert ratio([1.0, 1.0, 1.0, 1.0]) == 1
    assert ratio([-4.0, 1.0, -2.0, 0.0]) == pytest.approx(0.25)
    assert ratio([5.0, 0.0, 0.0, 0.0]) == 0
    assert ratio([-4.0, 1.0, -2.0, 0.0], ~LEFT) == pytest.approx(4)


def test_channels_are_features():
    values = torch.tensor([[[[2.0, 1.0]], [[-4.0, 1.0]]]])
    region = torch.tensor([[[[True, False]]]])
    assert inverse_localisation(values, region).item() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ([0.0, 1.0, 0.0, 0.0], LEFT),
        ([0.0] * 4, LEFT),
        ([1.0] * 4, LEFT | True),
        ([1.0] * 4, LEFT & False),
    ],
)
def test_undefined(values, region):
    assert torch.tensor(ratio(values, region)).isnan()


def test_each_sample_has_its_own_region():
    maps = torch.tensor([[[[1.0, 3.0]]], [[[1.0, 3.0]]]])
    regions = torch.tensor([[[[True, False]]], [[[False, True]]]])
    assert inverse_localisation(maps, regions).tolist() == pytest.approx([3, 1 / 3])


def test_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"\(2, 1, 1, 4\)"):
        inverse_localisation(torch.ones(2, 1, 1, 4), LEFT)
    with pytest.raises(ShapeError, match="NaN"):
        ratio([1.0, torch.nan, 1.0, 1.0])
