"""The unsaturated share of a path: closed forms."""

import math

import pytest
import torch

from xaitool.core.metrics.explanation.saturation import LEAST_CHANGE, saturation
from xaitool.errors import ShapeError

PLACES = torch.linspace(0, 1, 101, dtype=torch.float64)


def share(outputs, places=PLACES):
    return saturation(outputs[None], places).unsaturated.item()


@pytest.mark.parametrize("slope", [1.0, -0.3])
@pytest.mark.parametrize("points", [2, 3, 11, 101])
def test_a_linear_output_is_unsaturated_over_nine_tenths(slope, points):
    places = torch.linspace(0, 1, points, dtype=torch.float64)
    assert share(0.5 + slope * places, places) == pytest.approx(0.9, abs=1e-12)


@pytest.mark.parametrize("step", [0.005, 0.303, 0.995])
def test_a_step_is_unsaturated_up_to_where_it_steps(step):
    # Somewhere between the two points around it.
    assert share((step < PLACES).double()) == pytest.approx(step, abs=0.01)


def test_an_exponential_approach():
    """1 - exp(-k a) has made 90 % of what it makes at 1 where a solves it."""
    outputs = 1 - torch.exp(-5 * PLACES)
    wanted = -math.log(1 - 0.9 * (1 - math.exp(-5))) / 5
    assert share(outputs) == pytest.approx(wanted, abs=1e-3)


def test_a_sigmoid_is_flat_before_and_after():
    """Up to where it is done: what it does before is part of it."""
    outputs = torch.sigmoid(80 * (PLACES - 0.4))
    assert share(outputs) == pytest.approx(0.4 + math.log(9) / 80, abs=1e-3)


def test_changes_for_good_only():
    """An output that is done at 0.2, but dips at 0.7, is done after the dip."""
    outputs = (PLACES / 0.2).clamp(max=1) - 0.5 * (1 - (PLACES - 0.7).abs() / 0.1).clamp(min=0)
    # The dip comes back to 0.9 where half a tenth's slope leaves 0.1: at 0.78.
    assert share(outputs) == pytest.approx(0.78, abs=1e-9)


def test_an_output_that_comes_back_has_changed():
    tent = 1 - (2 * PLACES - 1).abs()
    assert share(tent) == pytest.approx(0.95, abs=1e-9)


def test_no_change():
    wiggle = 0.7 + 0.4 * LEAST_CHANGE * torch.sin(20 * PLACES)
    found = saturation(torch.stack([torch.full_like(PLACES, 0.7), wiggle, PLACES]), PLACES)
    assert found.flat.tolist() == [True, True, False]
    assert found.unsaturated.tolist() == [0, 0, pytest.approx(0.9)]


def test_turning_the_output_upside_down_changes_nothing():
    outputs = torch.rand(20, 101, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found, turned = saturation(outputs, PLACES), saturation(1 - outputs, PLACES)
    torch.testing.assert_close(found.unsaturated, turned.unsaturated)
    assert not found.flat.any()


def test_uneven_places():
    places = torch.tensor([0, 0.5, 0.6, 1], dtype=torch.float64)
    assert share(torch.tensor([0.0, 0.5, 0.6, 1.0]), places) == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize(
    ("outputs", "places"),
    [
        (torch.zeros(3, 1), torch.zeros(1)),
        (torch.zeros(3, 4), torch.linspace(0, 1, 5)),
        (torch.zeros(4), torch.linspace(0, 1, 4)),
        (torch.zeros(3, 2), torch.tensor([0, 0.9])),
        (torch.zeros(3, 3), torch.tensor([0, 1, 1])),
    ],
)
def test_what_does_not_fit(outputs, places):
    with pytest.raises(ShapeError, match=r"but .* wanted"):
        saturation(outputs, places)
