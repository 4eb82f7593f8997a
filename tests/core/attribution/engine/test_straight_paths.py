"""Weighted gradients along straight paths, beside a plain loop."""

from __future__ import annotations

import pytest
import torch

from tests.core.attribution.engine.test_linear_stem import LINEAR, SCORE, Network, images
from xaitool.core.attribution.engine.linear_stem import LinearStem
from xaitool.core.attribution.engine.straight_paths import PathPoints, path_attributions
from xaitool.core.frozen.untouched import untouched


@pytest.mark.parametrize("form", LINEAR)
@pytest.mark.parametrize("rows", [1, 4, 100])
def test_equals_the_sum_over_pixel_gradients(form, rows):
    network = Network(**LINEAR[form])
    inputs, generator = images(), torch.Generator().manual_seed(1)
    references = torch.rand(3, 2, 3, 8, 8, dtype=torch.float64, generator=generator)
    points = PathPoints(
        torch.tensor([0, 2, 0, 1, 2, 0]),
        torch.tensor([1, 0, 1, 0, 0, 0]),
        torch.rand(6, dtype=torch.float64, generator=generator),
        torch.rand(6, dtype=torch.float64, generator=generator),
    )
    wanted = torch.zeros_like(inputs)
    for sample, reference, place, weight in zip(*(part.tolist() for part in points), strict=True):
        start, end = references[sample, reference], inputs[sample]
        point = (start + place * (end - start))[None].requires_grad_()
        value = SCORE.select(slice(sample, sample + 1))(network(point.clone())).sum()
        (gradient,) = torch.autograd.grad(value, point)
        wanted[sample] += weight * (end - start) * gradient[0]
    with untouched(network):
        found = path_attributions(network, inputs, references, SCORE, points, rows)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-13)


def test_the_first_layer_is_not_computed_for_every_point(monkeypatch):
    network, entered = Network(), []
    enter = LinearStem.enter

    def counting(self, images):
        entered.append(len(images))
        return enter(self, images)

    points = PathPoints(
        torch.zeros(40, dtype=torch.int64),
        torch.zeros(40, dtype=torch.int64),
        torch.linspace(0, 1, 40, dtype=torch.float64),
        torch.full((40,), 1 / 40, dtype=torch.float64),
    )
    black = torch.zeros(1, 1, 3, 8, 8, dtype=torch.float64)
    monkeypatch.setattr(LinearStem, "enter", counting)
    with untouched(network):
        path_attributions(network, images(1), black, SCORE.select(slice(1)), points, 10)
    assert entered == [10, 2, 1, 1, 1]  # three trials, then both ends
