"""Options of a call from Python: Captum's names against Captum itself, and layers as modules."""

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from xaitool import attribute, registry
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import Saliency
from xaitool.errors import ConfigError
from xaitool.workflows.explanations.option_arguments import (
    METHODS,
    NAMES,
    NOT_OPTIONS,
    WITHOUT_EQUAL,
    layer_by_name,
    our_arguments,
    our_method,
)

RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 3, 8, 8, generator=RANDOM, dtype=torch.float64)
BASELINES = torch.rand(1, 3, 8, 8, generator=RANDOM, dtype=torch.float64)
NOTHING: dict[str, Any] = dict.fromkeys(NOT_OPTIONS)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(96, 5)).double()


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("method", "given", "ours"),
    [
        ("Saliency", {"abs": True}, "saliency"),
        ("Saliency", {"abs": False}, "saliency"),
        ("InputXGradient", {}, "input-x-gradient"),
        ("GuidedBackprop", {}, "guided-backprop"),
        (
            "IntegratedGradients",
            {"baselines": BASELINES, "n_steps": 20, "internal_batch_size": 12},
            "integrated-gradients",
        ),
        ("IntegratedGradients", {"baselines": 0.25, "n_steps": 30}, "integrated-gradients"),
        ("DeepLift", {"baselines": BASELINES}, "deeplift"),
        ("DeepLift", {"baselines": BASELINES.expand(3, -1, -1, -1)}, "deeplift"),
        ("DeepLiftShap", {"baselines": IMAGES.flip(2)}, "deep-shap"),
    ],
)
def test_a_call_with_captums_names_has_captums_values(
    method: str, given: dict[str, Any], ours: str
) -> None:
    captum = pytest.importorskip("captum.attr")
    model, target = network(), torch.tensor([1, 2, 4])
    explainer = getattr(captum, method)(model)
    theirs = explainer.attribute(IMAGES.clone().requires_grad_(), target=target, **given).detach()
    for name in (method, ours):
        with (
            pytest.warns(UserWarning, match="Captum's name; here it is")
            if (name == method or given)
            else pytest.MonkeyPatch.context()
        ):
            found = attribute(network(), IMAGES, name, target=target, **given)
        torch.testing.assert_close(found.values, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.oracle
def test_a_layer_is_a_module_as_in_captum() -> None:
    captum = pytest.importorskip("captum.attr")
    model = network()
    coarse = captum.LayerGradCam(model, model[0]).attribute(IMAGES, target=2)
    theirs = captum.LayerAttribution.interpolate(coarse, (8, 8), "bilinear").detach()
    with pytest.warns(UserWarning, match="relu_attributions is Captum's name; here it is relu"):
        found = attribute(
            model, IMAGES, "grad-cam", target=2, layer=model[0], relu_attributions=False
        )
    torch.testing.assert_close(found.values.sum(1, keepdim=True), theirs)


def test_every_name_stands_for_something_of_ours() -> None:
    assert {ours for ours, _ in METHODS.values()} <= set(registry.names("method"))
    options = {
        name
        for method in registry.names("method")
        for name in registry.load("method", method).Options.from_mapping({}, source="").to_dict()
    }
    assert set(NAMES.values()) <= options | set(NOT_OPTIONS)
    assert not (NAMES.keys() | WITHOUT_EQUAL.keys()) & options
    assert set(NOT_OPTIONS) <= inspect.signature(attribute).parameters.keys()


def test_names_are_taken_for_ours_and_said() -> None:
    said: list[str] = []
    given = {"n_steps": 7, "baselines": 0.5, "internal_batch_size": 3, "rule": "trapezoid"}
    own, options = our_arguments(IntegratedGradients, NOTHING, given, said.append)
    assert own == {"baseline": 0.5, "references": None, "rows": 3}
    assert options == {"steps": 7, "rule": "trapezoid"}
    assert said[0] == "n_steps is Captum's name; here it is steps"
    assert len(said) == 3
    own, _ = our_arguments(DeepShap, NOTHING, {"baselines": IMAGES}, said.append)
    assert own["references"] is IMAGES
    own, _ = our_arguments(DeepShap, NOTHING, {"baselines": 0.5}, said.append)
    assert own["baseline"] == 0.5


@pytest.mark.parametrize("name", WITHOUT_EQUAL)
def test_what_has_no_equal_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is Captum's, and has no equal here") as caught:
        attribute(network(), IMAGES, target=1, **{name: torch.ones(2)})
    assert caught.value.hint == WITHOUT_EQUAL[name]


def test_what_captum_is_given_by_those_who_want_nothing_is_nothing() -> None:
    nothing: dict[str, Any] = {"additional_forward_args": None, "return_convergence_delta": False}
    found = attribute(network(), IMAGES, target=1, **nothing)
    assert torch.equal(found.values, attribute(network(), IMAGES, target=1).values)


@pytest.mark.oracle
def test_captums_classes_are_understood_and_ours_of_the_same_name_are_ours() -> None:
    captum = pytest.importorskip("captum.attr")
    said: list[str] = []
    assert our_method(captum.InputXGradient, said.append) == "input-x-gradient"
    assert our_method(Saliency, said.append) is Saliency
    assert our_method("saliency", said.append) == "saliency"
    assert said == ["InputXGradient is Captum's name; here it is method='input-x-gradient'"]


def test_other_defaults_are_said() -> None:
    with pytest.warns(UserWarning, match="'saliency', signed unless absolute=True"):
        attribute(network(), IMAGES, "Saliency", target=1)


def test_both_names_at_once_are_refused() -> None:
    for given in ({"n_steps": 5, "steps": 5}, {"baselines": 0, "baseline": 0.0}):
        with pytest.raises(ConfigError, match=r"and Captum's .* are given, but one of them"):
            attribute(network(), IMAGES, target=1, **given)


def test_a_layer_of_another_model_is_refused() -> None:
    model = network()
    assert layer_by_name(model, {"layer": model[2]}) == {"layer": "2"}
    assert layer_by_name(model, {"layer": "2"}) == {"layer": "2"}
    for other in (nn.ReLU(), model):
        with pytest.raises(ConfigError, match="that is no part of the model, but one of its"):
            layer_by_name(model, {"layer": other})
