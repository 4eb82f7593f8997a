"""Every registered method on networks, images and scores that hypothesis makes up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.score import Output, Score

METHODS = registry.names("method")
# What draws: the others do not know the seed.
RANDOM = {"smooth-grad", "expected-gradients", "agi"}
# Small, because a property does not depend on how well an integral is approximated. A step along
# the gradient is a continuous function of it, one along its sign is not.
OPTIONS: dict[str, dict[str, Any]] = {
    "agi": {"epsilon": 0.01, "classes": 2, "steps": 3, "step": "gradient"},
    "blur-ig": {"steps": 4},
    "expected-gradients": {"samples": 5},
    "grad-cam": {"relu": False},
    "integrated-gradients": {"steps": 4},
    "smooth-grad": {"samples": 3},
}
# Why a method is not linear in the score, even with a network that is.
NOT_LINEAR = {
    "guided-backprop": "a ReLU drops what is negative of the gradient",
    "agi": "a score with a second class asks for the path to that class",
}
# A softmax has no rule, by design.
LOGITS_ONLY = {"deeplift", "deep-shap"}


@dataclass(frozen=True)
class Case:
    """What is explained, in float64 but exact in float32."""

    model: nn.Module
    images: Tensor
    references: Tensor
    target: Tensor
    against: Tensor
    output: Output

    def __repr__(self) -> str:
        classes = f"{self.target.tolist()} against {self.against.tolist()}"
        return f"{tuple(self.references.shape)}, {self.output} {classes}, {self.model}"

    def score(self, name: str, *, one_vs_one: bool = False) -> Score:
        output: Output = "logit" if name in LOGITS_ONLY else self.output
        return Score(self.target, self.against if one_vs_one else None, output)


SMOOTH: list[type[nn.Module]] = [nn.Softplus, nn.Tanh, nn.Sigmoid]
KINKED: list[type[nn.Module]] = [nn.ReLU, nn.LeakyReLU, nn.ELU]


@st.composite
def cases(draw: st.DrawFn, *, smooth: bool = False, least_classes: int = 3) -> Case:
    """Networks of one or two convolutions, with all that a method could leave changed."""
    random = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    channels, classes = draw(st.sampled_from([1, 3])), draw(st.integers(least_classes, 6))
    height, width = draw(st.integers(6, 9)), draw(st.integers(6, 9))
    samples, references = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    images = torch.rand(samples, channels, height, width, generator=random)
    model = _network(draw, images, classes, random, smooth)
    target = torch.randint(classes, (samples,), generator=random)
    step = torch.randint(1, classes, (samples,), generator=random)
    shape = (samples, references, channels, height, width)
    return Case(
        model,
        images.double(),
        torch.rand(shape, generator=random).double(),
        target,
        (target + step) % classes,
        draw(st.sampled_from(["logit", "probability", "log-probability"])),
    )


def _network(
    draw: st.DrawFn, images: Tensor, classes: int, random: torch.Generator, smooth: bool
) -> nn.Sequential:
    activations = SMOOTH if smooth else SMOOTH + KINKED
    layers: list[nn.Module] = []
    channels = images.shape[1]
    for _ in range(draw(st.integers(1, 2))):
        layers.append(nn.Conv2d(channels, 4, 3, stride=draw(st.integers(1, 2)), padding=1))
        if draw(st.booleans()):
            layers.append(nn.BatchNorm2d(4))
        layers.append(draw(st.sampled_from(activations))())
        channels = 4
    pools = [nn.Identity(), nn.AvgPool2d(2), nn.MaxPool2d(2, 1)]
    layers.append(draw(st.sampled_from(pools[:2] if smooth else pools)))
    layers += [nn.Flatten(), nn.Dropout(0.5)]
    body = nn.Sequential(*layers)
    features = body.eval()(images).shape[1]
    model = nn.Sequential(*body, nn.Linear(features, classes))
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            tensor.data.copy_(torch.randn(tensor.shape, generator=random) / 2)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            module.running_var.abs_().add_(0.5)
    return model.double().train()


def for_cases(examples: int) -> settings:
    """The same cases in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
    )


def make(name: str, model: nn.Module, **arguments: Any) -> AttributionMethod:
    method: AttributionMethod = registry.load("method", name)(
        model, **OPTIONS.get(name, {}), **arguments
    )
    return method


def explain(
    name: str,
    case: Case,
    rows: int = 64,
    seed: int = 0,
    samples: Any = slice(None),
    *,
    one_vs_one: bool = False,
) -> Attribution:
    score = case.score(name, one_vs_one=one_vs_one).select(samples)
    method = make(name, case.model, seed=seed)
    return method.attribute(case.images[samples], score, case.references[samples], rows=rows)


def tensors(result: Attribution) -> dict[str, Tensor]:
    own = ("values", "score_input", "score_baseline", "completeness_gap")
    return {name: getattr(result, name) for name in own} | result.extras


def assert_same(one: Attribution, other: Attribution, samples: Any = slice(None)) -> None:
    """Equal to rounding; `other` is of these samples of `one`."""
    expected = tensors(one)
    assert expected.keys() == tensors(other).keys()
    scale = float(one.values.abs().max()) + float(one.score_input.abs().max())
    for name, tensor in tensors(other).items():
        torch.testing.assert_close(
            tensor, expected[name][samples], rtol=1e-8, atol=1e-11 * scale, equal_nan=True
        )


def assert_near(values: Tensor, expected: Attribution) -> None:
    """Equal as far as float32 tells a saturated score from its neighbours."""
    rounding = 1e-6 * max(1.0, float(expected.score_input.abs().max()))
    atol = 1e-3 * float(expected.values.abs().max()) + rounding
    torch.testing.assert_close(values, expected.values, rtol=1e-3, atol=atol)


def state(model: nn.Module) -> dict[str, Any]:
    """Everything about a model that somebody may see."""
    found: dict[str, Any] = {}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            kept = dict(value) if isinstance(value, dict) else value
            found[f"{path}.{name}"] = kept
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        found[f"{name}: values"] = tensor.detach().clone()
        found[f"{name}: object"] = id(tensor)
        found[f"{name}: gradient"] = None if tensor.grad is None else tensor.grad.clone()
        found[f"{name}: flag"] = tensor.requires_grad
    return found


def assert_equal_states(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for key, value in one.items():
        if isinstance(value, Tensor):
            assert torch.equal(value, other[key]), key
        elif not key.endswith(("._parameters", "._buffers")):  # compared tensor by tensor
            assert value == other[key], key


@pytest.mark.parametrize("name", METHODS)
@for_cases(6)
@given(case=cases(), rows=st.integers(1, 70), order=st.randoms(use_true_random=False))
def test_batches_budgets_and_order_change_nothing(name: str, case: Case, rows: int, order: Any):
    whole = explain(name, case)
    samples = list(range(len(case.images)))
    order.shuffle(samples)
    assert_same(whole, explain(name, case, rows, samples=torch.tensor(samples)), samples)
    for sample in samples:
        single = explain(name, case, rows, samples=slice(sample, sample + 1))
        assert_same(whole, single, slice(sample, sample + 1))


@pytest.mark.parametrize("name", METHODS)
@for_cases(6)
@given(case=cases(), one_vs_one=st.booleans())
def test_results_look_as_they_should(name: str, case: Case, one_vs_one: bool):
    result = explain(name, case, one_vs_one=one_vs_one)
    samples = len(case.images)
    assert result.values.shape == case.images.shape
    assert result.values.isfinite().all()
    assert result.score_input.isfinite().all()
    for key, tensor in tensors(result).items():
        assert not tensor.requires_grad, key
        assert len(tensor) == samples, key
        if key != "values" and key not in result.extras:
            assert tensor.shape == (samples,), key
            assert tensor.dtype == torch.float64, key
    assert result.score is not None
    assert torch.equal(result.score.target, case.target)
    assert (result.score.against is not None) == one_vs_one
    promised = result.values.sum((1, 2, 3)) - (result.score_input - result.score_baseline)
    if result.completeness_gap.isnan().any():
        assert result.completeness_gap.isnan().all()
    else:
        torch.testing.assert_close(result.completeness_gap, promised, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", METHODS)
@for_cases(6)
@given(case=cases(), fails_at=st.integers(0, 3))
def test_model_and_arguments_stay_as_they_were(name: str, case: Case, fails_at: int):
    """Also when the model fails, at its first or a later call; 0: not at all."""
    calls: list[None] = []

    def fail(module: nn.Module, arguments: Any) -> None:
        calls.append(None)
        if len(calls) == fails_at:
            raise RuntimeError("failed on purpose")

    model = case.model
    model.register_forward_pre_hook(fail)
    first = next(iter(model.parameters()))
    first.requires_grad_(False)
    model[-1].weight.grad = torch.ones_like(model[-1].weight)  # type: ignore[index]
    model[0].eval()  # type: ignore[index]
    images, references = case.images.clone(), case.references.clone()
    score = case.score(name, one_vs_one=True)
    classes = score.target.clone()
    before, random = state(model), torch.get_rng_state()
    try:
        make(name, model).attribute(case.images, score, case.references, rows=3)
    except RuntimeError as error:
        assert "on purpose" in str(error)  # noqa: PT017
    assert_equal_states(before, state(model))
    assert torch.equal(case.images, images)
    assert torch.equal(case.references, references)
    assert torch.equal(score.target, classes)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("name", METHODS)
@for_cases(5)
@given(case=cases(), seed=st.integers(1, 2**40))
def test_seeds(name: str, case: Case, seed: int):
    one, same, other = (explain(name, case, seed=seed).values for seed in (seed, seed, seed + 1))
    assert torch.equal(one, same)
    if name not in RANDOM:
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", sorted(RANDOM))
@for_cases(3)
@given(case=cases(least_classes=6))
def test_another_seed_draws_something_else(name: str, case: Case):
    one, *others = (explain(name, case, seed=seed).values for seed in range(6))
    assert not all(torch.equal(one, other) for other in others)


@pytest.mark.parametrize("name", METHODS)
@for_cases(5)
@given(case=cases(smooth=True))
def test_float32_is_float64_rounded(name: str, case: Case):
    exact = explain(name, case)
    method = make(name, case.model.float())
    score = case.score(name)
    result = method.attribute(case.images.float(), score, case.references.float())
    assert result.values.dtype == torch.float32
    assert_near(result.values.double(), exact)


@pytest.mark.parametrize("name", METHODS)
@for_cases(4)
@given(case=cases())
def test_memory_format_views_and_leaves_change_nothing(name: str, case: Case):
    plain = explain(name, case)
    score = case.score(name)
    strided = case.images.mT.contiguous().mT
    for images in (
        case.images.contiguous(memory_format=torch.channels_last),
        strided,
        case.images.clone().requires_grad_(),
    ):
        result = make(name, case.model).attribute(images, score, case.references.requires_grad_())
        assert_same(plain, result)
        assert images.grad is None
        assert case.references.grad is None


@pytest.mark.parametrize("name", [name for name in METHODS if name not in NOT_LINEAR])
@for_cases(6)
@given(case=cases())
def test_one_vs_one_is_the_difference_of_two_explanations(name: str, case: Case):
    method = make(name, case.model)
    output = case.score(name).output
    scores = (
        Score(case.target, output=output),
        Score(case.against, output=output),
        Score(case.target, case.against, output),
    )
    target, against, pair = (
        method.attribute(case.images, score, case.references) for score in scores
    )
    for key in ("values", "score_input", "score_baseline", "completeness_gap"):
        difference = getattr(target, key) - getattr(against, key)
        torch.testing.assert_close(
            getattr(pair, key), difference, rtol=1e-8, atol=1e-11, equal_nan=True
        )


@pytest.mark.parametrize("name", sorted(NOT_LINEAR))
def test_the_exceptions_are_exceptions(name: str):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4)).double()
    images = torch.rand(2, 1, 6, 6, dtype=torch.float64)
    target, against = torch.tensor([0, 1]), torch.tensor([2, 3])
    one, other, pair = (
        make(name, model).attribute(images, score).values
        for score in (Score(target), Score(against), Score(target, against))
    )
    assert not torch.allclose(pair, one - other)


@pytest.mark.parametrize("name", ["integrated-gradients", "expected-gradients"])
@for_cases(6)
@given(case=cases(smooth=True))
def test_integrals_of_smooth_networks_are_complete(name: str, case: Case):
    options = {"sampling": "enumerated"} if name == "expected-gradients" else {}
    method = registry.load("method", name)(case.model, steps=64, **options)
    result = method.attribute(case.images, case.score(name), case.references)
    assert result.completeness_gap.abs().max() < 1e-8


@pytest.mark.parametrize("name", sorted(LOGITS_ONLY))
@for_cases(12)
@given(case=cases(), one_vs_one=st.booleans())
def test_rescaled_differences_are_complete(name: str, case: Case, one_vs_one: bool):
    result = explain(name, case, one_vs_one=one_vs_one)
    scale = max(1.0, float(result.score_input.abs().max()))
    assert result.completeness_gap.abs().max() < 1e-9 * scale


def devices() -> list[Any]:
    """Those beside the CPU; a machine without any skips them by name."""
    cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    mps = pytest.mark.skipif(not torch.backends.mps.is_available(), reason="no MPS device")
    return [pytest.param("cuda", marks=cuda), pytest.param("mps", marks=mps)]


@pytest.mark.parametrize("device", devices())
@pytest.mark.parametrize("name", METHODS)
@for_cases(3)
@given(case=cases(smooth=True))
def test_every_device_computes_the_same(name: str, device: str, case: Case):
    model = case.model.float()
    images, references = case.images.float(), case.references.float()
    score = case.score(name)
    here = make(name, model).attribute(images, score, references)
    there_score = Score(score.target.to(device), output=score.output)
    there = make(name, model.to(device)).attribute(
        images.to(device), there_score, references.to(device)
    )
    for key, tensor in tensors(there).items():
        assert tensor.device.type == device, key
    assert_near(there.values.cpu(), here)
