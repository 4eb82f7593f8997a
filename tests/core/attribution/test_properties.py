"""What every registered attribution method promises."""

from typing import Any

import pytest
import torch
from torch import nn

from xaitool import registry
from xaitool.core.score import Score
from xaitool.errors import ShapeError

METHODS = registry.names("method")
GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(4, 3, 8, 8, dtype=torch.float64, generator=GENERATOR)
REFERENCES = torch.rand(4, 2, 3, 8, 8, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 3, 1, 4])
AGAINST = torch.tensor([2, 1, 0, 0])
# A path of sign steps is as exact as its steps are short.
OPTIONS: dict[str, dict[str, Any]] = {
    "agi": {"epsilon": 0.002, "classes": 3, "steps": 12},
    "blur-ig": {"steps": 40},
    "cgi": {"residual": True},  # else its path ends at a reference, not at the input
    "expected-gradients": {"samples": 30},
    "grad-cam": {"relu": False},  # with it, no method is linear in the score
    "smooth-grad": {"samples": 7},
}
GAP_TOLERANCE = {"agi": 1e-5, "blur-ig": 2e-5, "expected-gradients": 0.05}


def smooth_network(dtype=torch.float64):
    """Small, smooth, and with everything that a method could leave changed."""
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(3, 6, 3),
        nn.BatchNorm2d(6),
        nn.Softplus(),
        nn.Conv2d(6, 6, 3, stride=2),
        nn.Softplus(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(24, 5),
    ]
    return nn.Sequential(*layers).to(dtype)


def make(name, model, **arguments):
    return registry.load("method", name)(model, **OPTIONS.get(name, {}), **arguments)


def attribute(name, model, rows=64, seed=0, samples=slice(None), against=None):
    method = make(name, model, seed=seed)
    score = Score(TARGET, against, method.default_output).select(samples)
    return method.attribute(IMAGES[samples], score, REFERENCES[samples], rows=rows)


def assert_same(one, other, precision=1e-9):
    for field in ("values", "score_input", "score_baseline", "completeness_gap"):
        torch.testing.assert_close(
            getattr(one, field), getattr(other, field), rtol=precision, atol=1e-12, equal_nan=True
        )
    assert one.extras.keys() == other.extras.keys()
    for name, extra in one.extras.items():
        torch.testing.assert_close(extra, other.extras[name], equal_nan=True)


@pytest.mark.parametrize("name", METHODS)
def test_completeness_where_it_is_promised(name):
    model = smooth_network()
    result = attribute(name, model)
    difference = result.score_input - result.score_baseline
    gap = result.completeness_gap
    if gap.isnan().all():
        return
    torch.testing.assert_close(gap, result.values.sum((1, 2, 3)) - difference)
    assert gap.abs().max() <= GAP_TOLERANCE.get(name, 1e-9) * difference.abs().max()


@pytest.mark.parametrize("name", METHODS)
def test_score_input_is_the_score_of_the_input(name):
    model = smooth_network().eval()
    result = attribute(name, model)
    score = Score(TARGET, output=registry.load("method", name).default_output)
    torch.testing.assert_close(result.score_input, score(model(IMAGES)).detach())


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_are_detached_and_look_like_the_inputs(name, dtype):
    images, references = IMAGES.to(dtype), REFERENCES.to(dtype)
    method = make(name, smooth_network(dtype))
    result = method.attribute(images.requires_grad_(), Score(TARGET), references)
    assert result.values.shape == images.shape
    tensors = (
        result.values,
        result.score_input,
        result.score_baseline,
        result.completeness_gap,
    )
    assert all(tensor.dtype == dtype for tensor in tensors)
    assert all(tensor.shape == (4,) for tensor in tensors[1:])
    assert not any(tensor.requires_grad for tensor in (*tensors, *result.extras.values()))
    assert all(len(extra) == 4 for extra in result.extras.values())
    assert result.values.isfinite().all()


@pytest.mark.parametrize("name", METHODS)
def test_batched_equals_single(name):
    model = smooth_network()
    batched = attribute(name, model)
    for row in range(4):
        single = attribute(name, model, samples=slice(row, row + 1))
        torch.testing.assert_close(single.values[0], batched.values[row], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_any_row_budget_gives_the_same(name, rows):
    model = smooth_network()
    assert_same(attribute(name, model, rows=rows), attribute(name, model))


@pytest.mark.parametrize("name", METHODS)
def test_row_budget_bounds_every_forward_pass(name):
    model = smooth_network()
    sizes = []
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    attribute(name, model, rows=4)
    assert max(sizes) <= 4


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_left_on_the_model(name, training):
    model = smooth_network().train(training)
    model[0].weight.requires_grad_(False)
    model[2].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    attributes = {module: set(vars(module)) for module in model.modules()}
    modes = [module.training for module in model.modules()]
    flags = [parameter.requires_grad for parameter in model.parameters()]
    images, references = IMAGES.clone(), REFERENCES.clone()

    attribute(name, model)

    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == flags
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert {module: set(vars(module)) for module in model.modules()} == attributes
    for module in model.modules():
        for hooks in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"):
            assert not getattr(module, hooks)
    assert torch.equal(images, IMAGES)
    assert torch.equal(references, REFERENCES)


@pytest.mark.parametrize("name", METHODS)
def test_nothing_is_left_on_the_model_after_an_error(name):
    class Breaks(nn.Module):
        def forward(self, images):
            raise RuntimeError("broken on purpose")

    model = nn.Sequential(smooth_network(), Breaks()).train()
    with pytest.raises(RuntimeError, match="on purpose"):
        attribute(name, model)
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_gives_the_same_bits(name):
    one, other = (attribute(name, smooth_network(), seed=3) for _ in range(2))
    assert torch.equal(one.values, other.values)


@pytest.mark.parametrize("name", METHODS)
def test_neither_order_nor_global_random_state_changes_a_sample(name):
    model = smooth_network()
    straight = attribute(name, model)
    order = torch.tensor([2, 0, 3, 1])
    torch.manual_seed(99)
    state = torch.get_rng_state()
    shuffled = attribute(name, model, samples=order)
    torch.testing.assert_close(shuffled.values, straight.values[order], rtol=1e-9, atol=1e-12)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", METHODS)
def test_works_where_gradients_are_switched_off(name):
    model = smooth_network()
    with torch.no_grad():
        switched_off = attribute(name, model)
    assert torch.equal(switched_off.values, attribute(name, model).values)


# An AGI with `against` climbs to that class, which is another path and no difference of values.
@pytest.mark.parametrize("name", [name for name in METHODS if name != "agi"])
def test_one_against_one_is_the_difference_for_a_linear_model(name):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 5)).double()
    method = make(name, model)
    target, against, pair = (
        method.attribute(IMAGES, score, REFERENCES)
        for score in (Score(TARGET), Score(AGAINST), Score(TARGET, AGAINST))
    )
    torch.testing.assert_close(pair.values, target.values - against.values)
    torch.testing.assert_close(pair.score_input, target.score_input - against.score_input)


@pytest.mark.parametrize("name", METHODS)
def test_wrong_shapes_are_clear_errors(name):
    method = make(name, smooth_network())
    with pytest.raises(ShapeError, match="inputs are"):
        method.attribute(IMAGES[0], Score(TARGET), REFERENCES)
    with pytest.raises(ShapeError, match=r"torch\.uint8"):
        method.attribute((IMAGES * 255).byte(), Score(TARGET), REFERENCES)
    with pytest.raises(ShapeError, match="3 samples"):
        method.attribute(IMAGES, Score(TARGET[:3]), REFERENCES)
    if method.needs_baseline:
        with pytest.raises(ShapeError, match="no baselines"):
            method.attribute(IMAGES, Score(TARGET))
        with pytest.raises(ShapeError, match="baselines are"):
            method.attribute(IMAGES, Score(TARGET), REFERENCES[:, :, :1])


@pytest.mark.parametrize("name", METHODS)
def test_a_model_without_a_class_axis_is_a_clear_error(name):
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus()).double()
    with pytest.raises(ShapeError, match="the model's output is"):
        attribute(name, model)


@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.inference_mode, "autocast"])
@pytest.mark.parametrize("name", METHODS)
def test_the_callers_modes_do_not_matter(name, surroundings):
    network = smooth_network(torch.float32)
    method = make(name, network)
    images, references = IMAGES.float(), REFERENCES.float()

    def values():
        # Copies, so that in inference mode they are inference tensors.
        score = Score(TARGET + 0, None, method.default_output)
        return method.attribute(images + 0, score, references + 0).values

    wanted = values()
    around = torch.autocast("cpu") if surroundings == "autocast" else surroundings()
    with around:
        found = values()
    assert torch.equal(found, wanted)
