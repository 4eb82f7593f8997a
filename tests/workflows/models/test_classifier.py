"""Logits that were checked, and what makes probabilities of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from tests.trained import classifier_run
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.errors import ConfigError, ModelError
from xaitool.workflows.models.classifier import (
    Classifier,
    fast,
    probabilities_of,
    probability_name,
    training_loss,
)
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


class Function(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function
        self.calls: list[int] = []

    def forward(self, images: torch.Tensor) -> Any:
        self.calls.append(len(images))
        return self.function(images)


def classifier(function: Any, **facts: Any) -> Classifier:
    model = function if isinstance(function, nn.Module) else Function(function)
    values: dict[str, Any] = {"classes": (), **facts}
    return Classifier(model, "mine:make", None, "", ModelInput.unknown(3, 8), **values)


def means(images: torch.Tensor) -> torch.Tensor:
    return images.mean((2, 3))


IMAGES = torch.rand(7, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_logits_come_a_few_at_a_time_without_a_graph() -> None:
    model = Function(lambda images: means(images.requires_grad_()))
    logits = classifier(model).logits(IMAGES.clone(), 3)
    torch.testing.assert_close(logits, IMAGES.mean((2, 3)))
    assert model.calls == [3, 3, 1]
    assert not logits.requires_grad


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda images: images, r"returns \(7, 3, 8, 8\) for 7 images, but logits"),
        (lambda images: means(images)[:4], r"returns \(4, 3\) for 7 images"),
        (lambda images: [images], "returns list for 7 images"),
        (lambda images: means(images) / 0, "returns NaN or infinity, but finite logits"),
    ],
)
def test_what_is_no_logits(function: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"model mine:make {message}"):
        classifier(function).logits(IMAGES, 7)


def test_classes_are_counted_on_one_image() -> None:
    assert classifier(means).class_count((3, 8, 8), CPU) == 3
    assert classifier(means, classes=("a", "b", "c")).class_count((3, 8, 8), CPU) == 3
    with pytest.raises(ConfigError, match="has 2 names, but model mine:make has 3 classes"):
        classifier(means, classes=("a", "b")).class_count((3, 8, 8), CPU)
    with pytest.raises(ModelError, match=r"fails on an image \(3, 8\) \(.*\), but logits"):
        classifier(means).class_count((3, 8), CPU)
    # An image that differs from pixel to pixel can be standardised.
    standard = classifier(lambda images: means((images - images.mean()) / images.std()))
    assert standard.class_count((3, 8, 8), CPU) == 3


def test_a_single_probability_is_refused_and_a_single_logit_is_not() -> None:
    def one(images: torch.Tensor) -> torch.Tensor:
        return means(images)[:, 0]

    plain = UsersClassifier(Function(one))
    logits = classifier(plain).tried(IMAGES)
    torch.testing.assert_close(logits[:, 1] - logits[:, 0], one(IMAGES))
    sigmoid = UsersClassifier(Function(lambda images: one(images).sigmoid()))
    with pytest.raises(
        ModelError, match="ends in a sigmoid, so it returns a probability"
    ) as caught:
        classifier(sigmoid).tried(IMAGES)
    assert caught.value.hint == "remove its sigmoid"


def test_names_are_of_one_system() -> None:
    # The same letter, as one character and as two.
    assert classifier(means, classes=("e\u0301",)).classes == ("\u00e9",)


def test_one_vs_all_losses_make_sigmoids_in_float64() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5]])
    softmax = classifier(means, training={"loss": "cross-entropy"})
    sigmoid = classifier(means, training={"loss": "logistic"})
    assert probability_name(sigmoid) == "sigmoid"
    for made, wanted in (
        (softmax, logits.double().exp() / logits.double().exp().sum()),
        (sigmoid, 1 / (1 + (-logits.double()).exp())),
    ):
        torch.testing.assert_close(probabilities_of(made, logits), wanted, rtol=1e-12, atol=0)


def test_an_unknown_training_means_softmax() -> None:
    classifier = replace(load_classifier(str(classifier_run()), None, CPU), training={})
    assert training_loss(classifier) is None
    assert probability_name(classifier) == "softmax"


def test_in_the_fastest_layout_it_is_the_same_in_eval_mode() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(), nn.Flatten())
    wanted = network.eval()(IMAGES)
    made = fast(network.train())
    assert not made.training
    torch.testing.assert_close(made(IMAGES), wanted)
    assert made[0].weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[index]
