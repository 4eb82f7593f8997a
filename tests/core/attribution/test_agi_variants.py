"""AGI's other steps, paths and classes, and the individual AGI of every class."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from tests.core.attribution.test_agi import CLASSES, IMAGES, network, predicted
from tests.reference.agi import individual_agi, published_agi, straight_agi
from xaitool.core.attribution.agi import AdversarialGradientIntegration
from xaitool.core.score import Score
from xaitool.errors import ConfigError, UnknownNameError

VARIANTS: list[dict[str, Any]] = [
    {"step": "gradient"},
    {"path": "published"},
    {"path": "straight"},
    {"path": "straight", "step": "gradient", "separate": True},
    {"path": "published", "separate": True, "class_choice": "evenly-spaced"},
    {"separate": True, "class_list": (0, 3, 5)},
]


def attribute(model, score, rows=64, **options):
    return AdversarialGradientIntegration(model, **options).attribute(IMAGES, score, rows=rows)


def assert_close(one, other):
    torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-14)


def individual(model, score, result, loop):
    """The loop's attributions of each sample and class, and what else it returns."""
    for row, image in enumerate(IMAGES):
        for column, label in enumerate(result.extras["classes"][row].tolist()):
            yield row, column, loop(model, image, score.target[row], label)


@pytest.mark.parametrize("rule", ["trapezoid", "left"])
@pytest.mark.parametrize("output", ["probability", "logit"])
def test_gradient_steps_equal_the_plain_loop(rule, output):
    model = network()
    score = predicted(model, output)
    result = attribute(
        model, score, step="gradient", epsilon=0.03, steps=4, rule=rule, separate=True, rows=5
    )
    assert result.extras["reached"].any()
    assert not result.extras["reached"].all()

    def loop(model, image, target, label):
        return individual_agi(model, image, target, label, 0.03, 4, rule, output, "gradient")

    for row, column, (values, _, steps, reached) in individual(model, score, result, loop):
        assert_close(result.extras["class_values"][row, column], values)
        assert result.extras["class_steps"][row, column] == steps
        assert result.extras["reached"][row, column] == reached


@pytest.mark.parametrize("step", ["sign", "gradient"])
def test_epsilon_is_the_root_mean_square_of_a_step(step):
    model = network()
    score = predicted(model)
    seen = []
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    attribute(model, score, step=step, epsilon=1e-4, steps=1, classes=1)
    moved = (seen[-1] - IMAGES).square().mean((1, 2, 3)).sqrt()
    torch.testing.assert_close(moved, torch.full_like(moved, 1e-4), rtol=1e-9, atol=0)


@pytest.mark.parametrize("rule", ["trapezoid", "left"])
def test_published_path_equals_the_authors_code(rule):
    model = network()
    score = predicted(model)
    result = attribute(
        model, score, path="published", rule=rule, epsilon=0.1, steps=6, separate=True, rows=5
    )
    assert result.extras["reached"].any()
    assert not result.extras["reached"].all()

    def loop(model, image, target, label):
        return published_agi(model, image, target, label, 0.1, 6)

    for row, column, (values, _, steps, reached) in individual(model, score, result, loop):
        assert_close(result.extras["class_values"][row, column], values)
        assert result.extras["class_steps"][row, column] == steps
        assert result.extras["reached"][row, column] == reached


def test_published_sum_over_the_authors_classes():
    """Their main script takes every class of a range and skips the predicted one."""
    model = network()
    score = predicted(model)
    result = attribute(
        model, score, path="published", class_choice="evenly-spaced", classes=3, epsilon=0.1
    )
    for row, image in enumerate(IMAGES):
        target = score.target[row].item()
        false = [label for label in range(0, CLASSES - 1, CLASSES // 3) if label != target]
        total = sum(published_agi(model, image, target, label, 0.1, 20)[0] for label in false)
        assert_close(result.values[row] * len(false), total)


def test_published_path_stays_within_one_step_and_reaches_less():
    model = network()
    score = predicted(model)
    seen = []
    handle = model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    published = attribute(model, score, path="published", epsilon=0.04, rows=1)
    handle.remove()
    distance = torch.cat(seen)[:, None].sub(IMAGES).abs().amax((2, 3, 4)).amin(1)
    assert distance.max() <= 0.04 + 1e-12
    true = attribute(model, score, epsilon=0.04)
    assert true.extras["reached"].all()
    assert published.extras["reached"].double().mean() < 0.9
    assert true.completeness_gap.abs().max() < published.completeness_gap.abs().max()


@pytest.mark.parametrize("points", [None, 3])
def test_straight_path_equals_the_plain_loop(points):
    model = network(activation=nn.Softplus)
    score = predicted(model)
    result = attribute(
        model, score, path="straight", points=points, epsilon=0.03, steps=5, separate=True, rows=7
    )

    def loop(model, image, target, label):
        _, end, steps, reached = individual_agi(model, image, target, label, 0.03, 5, "left")
        return straight_agi(model, image, target, end, points or 5), end, steps, reached

    for row, column, (values, _, steps, reached) in individual(model, score, result, loop):
        assert_close(result.extras["class_values"][row, column], values)
        assert result.extras["class_steps"][row, column] == steps
        assert result.extras["reached"][row, column] == reached


def test_gap_of_the_straight_path_vanishes_with_points():
    model = network(activation=nn.Softplus)
    score = predicted(model)
    gaps = [
        attribute(model, score, path="straight", points=points).completeness_gap.abs().max()
        for points in (1, 2, 4, 8)
    ]
    assert all(after < before / 10 for before, after in pairwise(gaps))


def test_straight_and_true_path_have_the_same_ends():
    model = network()
    score = predicted(model)
    true, straight = (attribute(model, score, path=path) for path in ("true", "straight"))
    assert torch.equal(true.score_baseline, straight.score_baseline)
    assert torch.equal(true.extras["class_steps"], straight.extras["class_steps"])
    assert not torch.allclose(true.values, straight.values)


@pytest.mark.parametrize("path", ["true", "published", "straight"])
@pytest.mark.parametrize("step", ["sign", "gradient"])
def test_separate_is_the_individual_agi_of_each_class(path, step):
    model = network()
    score = predicted(model)
    options = {"path": path, "step": step, "epsilon": 0.03, "rows": 3}
    result = attribute(model, score, separate=True, **options)
    assert_close(result.values, attribute(model, score, **options).values)
    assert_close(result.values, result.extras["class_values"].mean(1))
    assert_close(result.completeness_gap, result.extras["class_gap"].mean(1))
    for column, against in enumerate(result.extras["classes"].unbind(1)):
        alone = attribute(model, Score(score.target, against, "probability"), **options)
        assert_close(result.extras["class_values"][:, column], alone.values)
        assert_close(result.extras["class_gap"][:, column], alone.completeness_gap)


@pytest.mark.parametrize("path", ["true", "published", "straight"])
def test_target_is_left_out_of_listed_classes(path):
    model = network()
    score = Score(torch.tensor([0, 5, 1, 3]), output="probability")
    listed = attribute(model, score, path=path, class_list="5,0,3", separate=True, rows=4)
    assert listed.extras["classes"].tolist() == [[5, -1, 3], [-1, 0, 3], [5, 0, 3], [5, 0, -1]]
    left_out = listed.extras["classes"] == -1
    assert not listed.extras["reached"][left_out].any()
    assert (listed.extras["class_steps"][left_out] == 0).all()
    assert (listed.extras["class_values"][left_out] == 0).all()
    assert (listed.extras["class_gap"][left_out] == 0).all()
    assert_close(listed.values[2], listed.extras["class_values"][2].mean(0))
    others = listed.extras["class_values"][0, [0, 2]]
    assert_close(listed.values[0], others.mean(0))
    difference = listed.score_input - listed.score_baseline
    assert_close(listed.values.sum((1, 2, 3)) - difference, listed.completeness_gap)


def test_every_class_by_its_index():
    """What one map for each class is made from."""
    model = network()
    score = predicted(model)
    result = attribute(model, score, class_list=tuple(range(CLASSES)), separate=True)
    assert result.extras["class_values"].shape == (4, CLASSES, *IMAGES.shape[1:])
    for row, target in enumerate(score.target.tolist()):
        expected = [-1 if label == target else label for label in range(CLASSES)]
        assert result.extras["classes"][row].tolist() == expected
    torch.testing.assert_close(result.values, attribute(model, score).values)


def test_nearest_classes_are_climbed():
    model = network()
    score = predicted(model)
    classes = attribute(model, score, class_choice="nearest", classes=2).extras["classes"]
    rows = model[3].weight.detach()
    for target, chosen in zip(score.target.tolist(), classes.tolist(), strict=True):
        distances = {
            label: (rows[label] - rows[target]).norm().item()
            for label in range(CLASSES)
            if label != target
        }
        assert chosen == sorted(distances, key=distances.__getitem__)[:2]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_any_rows_give_the_same(options, rows):
    model = network(activation=nn.Softplus)
    score = predicted(model)
    whole = attribute(model, score, epsilon=0.02, **options)
    other = attribute(model, score, epsilon=0.02, rows=rows, **options)
    torch.testing.assert_close(other.values, whole.values, rtol=1e-9, atol=1e-14)
    assert whole.extras.keys() == other.extras.keys()
    for name, extra in whole.extras.items():
        torch.testing.assert_close(other.extras[name], extra, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_no_forward_pass_is_larger_than_rows(options):
    model = network()
    sizes = []
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    score = predicted(model)
    sizes.clear()
    attribute(model, score, rows=3, **options)
    assert max(sizes) == 3


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_float32_stays_float32(options):
    model = network().float()
    images = IMAGES.float()
    score = Score(torch.tensor([0, 1, 2, 3]), output="probability")
    result = AdversarialGradientIntegration(model, **options).attribute(images, score)
    floating = [extra for extra in result.extras.values() if extra.is_floating_point()]
    for tensor in (result.values, result.score_baseline, result.completeness_gap, *floating):
        assert tensor.dtype == torch.float32
        assert tensor.isfinite().all()
        assert not tensor.requires_grad


def test_gradient_steps_stand_still_where_nothing_matters():
    constant = nn.Linear(72, 3).double()
    constant.weight.data.zero_()
    constant.bias.data[:] = torch.tensor([1.0, 0.0, 0.0])
    model = nn.Sequential(nn.Flatten(), constant)
    score = Score(torch.zeros(4, dtype=torch.int64), output="probability")
    result = attribute(model, score, step="gradient")
    assert (result.values == 0).all()
    assert (result.completeness_gap == 0).all()


def test_options_are_checked():
    model = network()
    unknown: list[dict[str, Any]] = [
        {"class_choice": "other"},
        {"step": "other"},
        {"path": "other"},
    ]
    for options in unknown:
        with pytest.raises(UnknownNameError, match=r"unknown (class choice|step|path) 'other'"):
            AdversarialGradientIntegration(model, **options)
    with pytest.raises(ConfigError, match="--class-list is 1,1, but every class once"):
        AdversarialGradientIntegration(model, class_list="1,1")
    with pytest.raises(ConfigError, match="at least 0"):
        AdversarialGradientIntegration(model, class_list="-1")
    with pytest.raises(ConfigError, match="--class-list has 6, but the model's classes are 0 to 5"):
        attribute(model, predicted(model), class_list="6")
