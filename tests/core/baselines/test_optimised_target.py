"""GANMEX's equation 2 without realism, against closed forms and a general optimiser."""

import pytest
import torch
from torch import nn

from xaitool.core.baselines.optimised_target import OptimisedTarget
from xaitool.core.baselines.reached import reached
from xaitool.core.score import Score
from xaitool.errors import ConfigError

IMAGES = (
    torch.rand(6, 1, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.2
    + 0.4
)


def linear(scale=2.0):
    torch.manual_seed(1)
    layer = nn.Linear(25, 3).double()
    layer.weight.data *= scale * 5
    return nn.Sequential(nn.Flatten(), layer)


def predicted(model):
    with torch.no_grad():
        target = model(IMAGES).argmax(1)
    return Score(target, (target + 1) % 3)


def objective(model, images, found, against, weight=1.0):
    distance = (found - images).flatten(1).square().sum(1).sqrt()
    return distance - weight * model(found).log_softmax(1).gather(1, against[:, None]).squeeze(1)


def test_stops_where_the_objective_is_least():
    """At a minimum inside the pixel range the two terms' gradients cancel."""
    model = linear()
    score = predicted(model)
    found = OptimisedTarget(model=model, steps=2000).for_images(IMAGES, score)[:, 0]
    assert reached(model, found[:, None], score.against).all()
    inside = (found > 0) & (found < 1)
    assert inside.all()
    point = found.clone().requires_grad_()
    (slope,) = torch.autograd.grad(objective(model, IMAGES, point, score.against).sum(), point)
    # The distance alone has slope 1.
    assert slope.flatten(1).norm(dim=1).max() < 0.05


def test_two_classes_in_closed_form():
    """One way leads there: along w, as far as 1 = |w| * (1 - p)."""
    layer = nn.Linear(25, 2).double()
    model = nn.Sequential(nn.Flatten(), layer)
    direction = torch.zeros(25, dtype=torch.float64)
    direction[:4] = 0.5
    layer.weight.data[:] = torch.stack([0 * direction, 8 * direction])
    # The second class's lead is -2 at the grey image.
    layer.bias.data[:] = torch.tensor([0.0, -8 * direction.sum() * 0.5 - 2])
    grey = torch.full((1, 1, 5, 5), 0.5, dtype=torch.float64)
    score = Score(torch.tensor([0]), torch.tensor([1]))
    found = OptimisedTarget(model=model, steps=1000).for_images(grey, score)[0, 0]
    probability = 1 - 1 / 8
    way = (torch.logit(torch.tensor(probability)).item() + 2) / 8
    expected = grey[0].flatten() + way * direction
    torch.testing.assert_close(found.flatten(), expected, rtol=0, atol=2e-3)


@pytest.mark.oracle
def test_no_general_optimiser_finds_less():
    optimize = pytest.importorskip("scipy.optimize")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(25, 12), nn.Softplus(), nn.Linear(12, 3)).double()
    for name, parameter in model.named_parameters():
        parameter.data *= 5 if name.endswith("weight") else 1
    score = predicted(model)
    found = OptimisedTarget(model=model, steps=400).for_images(IMAGES, score)[:, 0]
    least = objective(model, IMAGES, found, score.against).detach()
    for row in range(2):
        image, against = IMAGES[row : row + 1], score.against[row : row + 1]

        def function(pixels, image=image, against=against):
            point = torch.from_numpy(pixels).view(1, 1, 5, 5).requires_grad_()
            value = objective(model, image, point, against).sum()
            (slope,) = torch.autograd.grad(value, point)
            return value.item(), slope.flatten().numpy()

        start = found[row].flatten().numpy()
        best = optimize.minimize(
            function, start, jac=True, bounds=[(0, 1)] * 25, method="L-BFGS-B"
        ).fun
        assert least[row] < best + 1e-3


def test_weight_moves_it_into_the_class():
    model = linear()
    score = predicted(model)
    shares = []
    for weight in (0.3, 1, 10):
        found = OptimisedTarget(model=model, weight=weight).for_images(IMAGES, score)[:, 0]
        shares.append(model(found).softmax(1).gather(1, score.against[:, None]).mean().item())
    assert shares == sorted(shares)


def test_a_point_of_the_class_is_preferred():
    """With a tiny weight the objective is least at the image, which is not of the class."""
    model = linear()
    score = predicted(model)
    found = OptimisedTarget(model=model, weight=1e-3).for_images(IMAGES, score)[:, 0]
    assert reached(model, found[:, None], score.against).all()
    at_image = objective(model, IMAGES, IMAGES, score.against, 1e-3)
    assert (objective(model, IMAGES, found, score.against, 1e-3) > at_image).all()


def test_an_image_of_the_class_already_may_stay():
    model = linear()
    score = predicted(model)
    swapped = Score(score.against, score.target)
    found = OptimisedTarget(model=model, weight=1e-3).for_images(IMAGES, swapped)
    assert torch.equal(found[:, 0], IMAGES)


def test_one_point_is_the_image():
    model = linear()
    found = OptimisedTarget(model=model, steps=1).for_images(IMAGES, predicted(model))
    assert torch.equal(found[:, 0], IMAGES)


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_rows_bound_every_forward_pass_and_change_nothing(rows):
    model = linear()
    score = predicted(model)
    whole = OptimisedTarget(model=model, steps=20).for_images(IMAGES, score)
    sizes = []
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    parts = OptimisedTarget(model=model, steps=20).for_images(IMAGES, score, rows=rows)
    torch.testing.assert_close(parts, whole, rtol=1e-9, atol=1e-12)
    assert max(sizes) == min(rows, 6)


def test_works_where_gradients_are_switched_off():
    model = linear()
    score = predicted(model)
    with torch.no_grad():
        found = OptimisedTarget(model=model).for_images(IMAGES, score)
    assert torch.equal(found, OptimisedTarget(model=model).for_images(IMAGES, score))
    assert not found.requires_grad


def test_options_are_checked():
    for option in ("weight", "step_size"):
        with pytest.raises(ConfigError, match="more than 0"):
            OptimisedTarget(model=linear(), **{option: 0})
