"""Integrated and expected gradients beside Captum and SHAP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from shap import GradientExplainer
from torch import Tensor, nn

from tests.benchmarks.material import (
    RUNTIME,
    OneClass,
    as_loaded,
    digit_network,
    digits,
    finish,
    network,
    relative,
    some_photos,
)
from tests.benchmarks.measure import Row, fastest, seconds
from xaitool.core.attribution.expected_gradients import ExpectedGradients
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.score import Score

STEPS, SAMPLES = 50, 200


def run() -> Iterator[Row]:
    """Photos by two networks of torchvision, then digits."""
    yield _integrated("resnet18")
    yield _integrated("mobilenet_v2")
    yield from _expected()


def _integrated(name: str) -> Row:
    """Captum explains the network as torchvision gives it: that is how it is called."""
    photos = some_photos(2)
    black = torch.zeros_like(photos)
    model, given = as_loaded(network(name)), network(name)
    target = given(photos).argmax(1)
    method = IntegratedGradients(model, steps=STEPS)
    rows = RUNTIME.rows(photos[0].numel(), None)
    captum = CaptumIntegratedGradients(given)
    maps: dict[str, Tensor] = {}

    def ours() -> None:
        given = method.attribute(photos, Score(target), black.unsqueeze(1), rows=rows)
        maps["ours"] = given.values

    def peer(batch: int, steps: int = STEPS) -> None:
        maps["peer"] = captum.attribute(
            photos, black, target=target, n_steps=steps, internal_batch_size=batch
        )

    batch = fastest((2, 4, 8, 20), lambda batch: peer(batch, 10), finish)
    times = seconds(ours, lambda: peer(batch), rounds=2, finish=finish)
    return Row(
        "attribution", f"integrated gradients, {name}", times[0], times[1],
        f"Captum on torchvision's network, internal_batch_size={batch}", "s", 1 / 1.2,
        relative(maps["ours"], maps["peer"]), 3e-3, "difference of the maps",
    )  # fmt: skip


def _expected() -> Iterator[Row]:
    """The error is against all references enumerated: first the same points, then fewer of ours."""
    images, labels = digits()
    label = 3
    photos, references = images[labels == label][:20], images[:100]
    model = digit_network()
    loaded = as_loaded(model)
    score = Score(torch.full((len(photos),), label, device=photos.device))
    shared = references.expand(len(photos), *references.shape)
    maps: dict[str, Tensor] = {}

    def explained(**options: Any) -> Tensor:
        rows = RUNTIME.rows(photos[0].numel(), None)
        method = ExpectedGradients(loaded, **options)
        return method.attribute(photos, score, shared, rows=rows).values

    def ours(samples: int) -> None:
        maps["ours"] = explained(samples=samples)

    def peer(batch: int) -> None:
        maps["peer"] = _shap(model, label, photos, references, batch)

    batch = fastest((10, 50, 100, 200), peer, finish)
    exact = explained(sampling="enumerated", steps=20)
    for samples, target in ((SAMPLES, 1.0), (len(references), 1 / 1.5)):
        times = seconds(partial(ours, samples), lambda: peer(batch), rounds=5, finish=finish)
        yield Row(
            "attribution", f"expected gradients, {samples} samples", times[0], times[1],
            f"shap.GradientExplainer, {SAMPLES} samples, batch_size={batch}", "s", target,
            relative(maps["ours"], exact), relative(maps["peer"], exact), "error, at most shap's:",
        )  # fmt: skip


def _shap(model: nn.Module, label: int, images: Tensor, references: Tensor, batch: int) -> Tensor:
    explainer = GradientExplainer(OneClass(model, label), references, batch_size=batch)
    values = explainer.shap_values(images, nsamples=SAMPLES, rseed=0)
    return torch.from_numpy(np.asarray(values)).view(images.shape).to(images)
