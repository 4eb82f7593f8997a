"""AGI against a plain loop, closed forms and its own promises."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.reference.agi import individual_agi
from xaitool.core.attribution.agi import AdversarialGradientIntegration
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ModelError, ShapeError

IMAGES = torch.rand(4, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
CLASSES = 6


def network(seed=0, activation=nn.ReLU):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(2, 8, 3), activation(), nn.Flatten(), nn.Linear(128, CLASSES)]
    return nn.Sequential(*layers).double()


def predicted(model, output="probability"):
    with torch.no_grad():
        return Score(model(IMAGES).argmax(1), output=output)


@pytest.mark.parametrize("rule", ["trapezoid", "left"])
@pytest.mark.parametrize("output", ["probability", "logit"])
def test_equals_the_plain_loop(rule, output):
    model = network()
    score = predicted(model, output)
    method = AdversarialGradientIntegration(model, epsilon=0.03, steps=4, classes=3, rule=rule)
    result = method.attribute(IMAGES, score, rows=5)
    assert result.extras["reached"].any()
    assert not result.extras["reached"].all()
    for row, image in enumerate(IMAGES):
        paths = [
            individual_agi(model, image, score.target[row], label, 0.03, 4, rule, output)
            for label in result.extras["classes"][row]
        ]
        expected = torch.stack([path[0] for path in paths]).mean(0)
        torch.testing.assert_close(result.values[row], expected, rtol=1e-10, atol=1e-14)
        assert result.extras["class_steps"][row].tolist() == [path[2] for path in paths]
        assert result.extras["reached"][row].tolist() == [path[3] for path in paths]
        ends = torch.stack([path[1] for path in paths])
        end_score = Score(score.target[row].expand(3), output=output)(model(ends)).mean()
        torch.testing.assert_close(result.score_baseline[row], end_score.detach())


def test_gap_is_what_is_missing():
    model = network()
    score = predicted(model)
    result = AdversarialGradientIntegration(model).attribute(IMAGES, score)
    torch.testing.assert_close(result.score_input, score(model(IMAGES)).detach())
    difference = result.score_input - result.score_baseline
    torch.testing.assert_close(result.values.sum((1, 2, 3)) - difference, result.completeness_gap)
    assert (difference > 0).all()


@pytest.mark.parametrize(("rule", "lowest", "highest"), [("trapezoid", 3, 5), ("left", 1.5, 2.5)])
def test_gap_shrinks_with_epsilon(rule, lowest, highest):
    """Paths of the same length 0.2: nothing is reached, because the target has a head start.

    The gradients of logits do not see the head start.
    """
    model = network(activation=nn.Softplus)
    model[3].bias.data[0] += 1000
    score = Score(torch.zeros(4, dtype=torch.int64), output="logit")
    gaps = []
    for epsilon, steps in ((0.02, 10), (0.01, 20)):
        method = AdversarialGradientIntegration(model, epsilon=epsilon, steps=steps, rule=rule)
        result = method.attribute(IMAGES, score)
        assert (result.extras["class_steps"] == steps).all()
        gaps.append(result.completeness_gap.abs().mean())
    assert lowest < gaps[0] / gaps[1] < highest


def test_linear_model_in_closed_form():
    """The path is straight, so values are the target's weights times the displacement."""
    torch.manual_seed(0)
    linear = nn.Linear(72, 2).double()
    linear.bias.data[0] += 1000
    model = nn.Sequential(nn.Flatten(), linear)
    image = torch.full((1, 2, 6, 6), 0.5, dtype=torch.float64)
    score = Score(torch.tensor([0]), output="logit")
    result = AdversarialGradientIntegration(model, epsilon=0.1, steps=8).attribute(image, score)
    weights = linear.weight.detach().view(2, 2, 6, 6)
    expected = -weights[0] * weights[1].sign() * 0.5
    torch.testing.assert_close(result.values[0], expected)
    assert result.completeness_gap.abs().item() < 1e-12


def test_no_step_towards_a_class_that_is_predicted_already():
    model = network()
    best = predicted(model).target
    score = Score((best + 1) % CLASSES, best, "probability")
    result = AdversarialGradientIntegration(model).attribute(IMAGES, score)
    assert (result.values == 0).all()
    assert (result.completeness_gap == 0).all()
    assert result.extras["reached"].all()
    assert (result.extras["class_steps"] == 0).all()


def test_against_is_the_individual_agi_of_that_class():
    model = network()
    target = predicted(model).target
    against = (target + 2) % CLASSES
    result = AdversarialGradientIntegration(model, epsilon=0.02).attribute(
        IMAGES, Score(target, against, "probability")
    )
    assert torch.equal(result.extras["classes"], against[:, None])
    torch.testing.assert_close(
        result.score_input, Score(target, output="probability")(model(IMAGES)).detach()
    )
    expected, *_ = individual_agi(model, IMAGES[1], target[1], against[1], 0.02, 20, "trapezoid")
    torch.testing.assert_close(result.values[1], expected, rtol=1e-10, atol=1e-14)


def test_classes_are_false_distinct_and_keyed_by_the_seed():
    model = network()
    score = predicted(model)
    drawn = [
        AdversarialGradientIntegration(model, classes=3, steps=1, seed=seed)
        .attribute(IMAGES, score)
        .extras["classes"]
        for seed in (0, 0, 1)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert (drawn[0] != score.target[:, None]).all()
    assert all(len(set(row)) == 3 and set(row) <= set(range(6)) for row in drawn[0].tolist())
    assert drawn[0].dtype == torch.int64


def test_all_false_classes_when_there_are_few():
    model = network()
    score = predicted(model)
    classes = AdversarialGradientIntegration(model).attribute(IMAGES, score).extras["classes"]
    for row, target in zip(classes.tolist(), score.target.tolist(), strict=True):
        assert sorted([*row, target]) == list(range(CLASSES))


@pytest.mark.parametrize("rows", [1, 2, 3, 19, 20, 1000])
def test_any_rows_give_the_same(rows):
    model = network()
    score = predicted(model)
    method = AdversarialGradientIntegration(model, epsilon=0.02)
    whole, other = (method.attribute(IMAGES, score, rows=most) for most in (64, rows))
    torch.testing.assert_close(other.values, whole.values, rtol=1e-12, atol=1e-15)
    assert torch.equal(other.extras["class_steps"], whole.extras["class_steps"])


def test_no_forward_pass_is_larger_than_rows_and_finished_work_leaves():
    model = network()
    sizes = []
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    method = AdversarialGradientIntegration(model, epsilon=0.02)
    result = method.attribute(IMAGES, predicted(model), rows=7)
    sizes = sizes[1:]
    assert max(sizes) == 7
    # One row to count the classes, one for each sample's first point, one for each later point,
    # and once more the few that go on from a batch in which most have arrived.
    points = 1 + len(IMAGES) + result.extras["class_steps"].sum().item()
    again = sum(sizes) - points
    assert 0 <= again < 0.1 * points


def test_path_stays_in_the_pixel_range():
    model = network()
    seen = []
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    AdversarialGradientIntegration(model, epsilon=0.4).attribute(IMAGES, predicted(model))
    assert min(points.min() for points in seen[1:]) >= 0
    assert max(points.max() for points in seen[1:]) <= 1


def test_climbs_where_the_probability_underflows():
    model = network()
    model[3].weight.data *= 20000
    score = predicted(model)
    with torch.no_grad():
        assert (model(IMAGES).softmax(1) == 0).any()
    result = AdversarialGradientIntegration(model).attribute(IMAGES, score)
    assert (result.extras["class_steps"] > 0).all()
    assert result.extras["reached"].any()


def test_a_single_class_is_a_clear_error():
    model = nn.Sequential(nn.Flatten(), nn.Linear(72, 1)).double()
    with pytest.raises(ModelError, match="single class"):
        AdversarialGradientIntegration(model).attribute(
            IMAGES, Score(torch.zeros(4, dtype=torch.int64))
        )


def test_options_are_checked():
    with pytest.raises(ConfigError, match="more than 0"):
        AdversarialGradientIntegration(network(), epsilon=0)
    with pytest.raises(ShapeError, match="model's output"):
        AdversarialGradientIntegration(nn.Conv2d(2, 3, 3).double()).attribute(
            IMAGES, Score(torch.zeros(4, dtype=torch.int64))
        )


@pytest.mark.data
def test_reaches_classes_on_a_photograph():
    if "XAITOOL_DATA" not in os.environ:
        pytest.skip("XAITOOL_DATA is not set")
    from PIL import Image
    from torchvision.models import mobilenet_v2
    from torchvision.transforms.functional import center_crop, to_tensor

    folder = Path(os.environ["XAITOOL_DATA"]) / "imagenet"
    network = mobilenet_v2()
    weights = torch.load(folder / "weights" / "mobilenet_v2.pth", weights_only=True)
    network.load_state_dict(weights)
    model = nn.Sequential(Normalise((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), network)
    with Image.open(folder / "photos" / "n01443537_goldfish.jpg") as photo:
        image = center_crop(to_tensor(photo.convert("RGB")), [224, 224])[None]
    method = AdversarialGradientIntegration(model, classes=2)
    result = method.attribute(image, Score(torch.tensor([1]), output="probability"), rows=2)
    assert result.extras["reached"].all()
    assert result.score_input.item() > 0.5
    assert result.score_baseline.item() < 0.5
