"""DeepSHAP and Occlusion-1 on digits, beside Captum and SHAP."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from captum.attr import DeepLiftShap
from captum.attr import Occlusion as CaptumOcclusion
from shap import DeepExplainer
from torch import Tensor, nn

from tests.benchmarks.material import (
    RUNTIME,
    OneClass,
    as_loaded,
    digit_network,
    digits,
    finish,
    relative,
)
from tests.benchmarks.measure import Row, fastest, seconds
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.occlusion import Occlusion
from xaitool.core.score import Score

LABEL = 3
DIFFERENCE = "difference of the maps"

# Captum says at every call that it hooks the model.
warnings.filterwarnings("ignore", message="Setting forward, backward hooks")


def run() -> Iterator[Row]:
    """One class of a network whose modules both peers treat rightly."""
    images, labels = digits()
    model = digit_network()
    explained = images[labels == LABEL]
    yield _deep_shap(model, explained[:100], images[:100])
    black, mean = torch.zeros_like(images[:1]), images.mean(0, keepdim=True)
    uniform = torch.rand(mean.shape, generator=torch.Generator().manual_seed(0)).to(mean)
    for name, baseline in (("zero", black), ("mean", mean), ("uniform", uniform)):
        yield _occlusion(model, explained[:20], baseline, name)


def _deep_shap(model: nn.Module, images: Tensor, references: Tensor) -> Row:
    """Captum takes as many images at once as suit it, SHAP always one."""
    shared = references.expand(len(images), *references.shape)
    method = DeepShap(as_loaded(model))
    maps: dict[str, Tensor] = {}

    def ours() -> None:
        given = method.attribute(images, _score(images), shared, rows=_rows(images))
        maps["ours"] = given.values

    def shap(explained: Tensor = images) -> None:
        explainer = DeepExplainer(OneClass(model, LABEL), references)
        values = explainer.shap_values(explained, check_additivity=False)
        maps["peer"] = torch.from_numpy(values).view(explained.shape).to(images)

    def captum(batch: int, explained: Tensor = images) -> None:
        method = DeepLiftShap(model)
        parts = [method.attribute(part, references, LABEL) for part in explained.split(batch)]
        maps["peer"] = torch.cat(parts).detach()

    few = images[:10]
    peers = {f"Captum DeepLiftShap, {size} at once": size for size in (1, 2, 10)}
    name = fastest(
        ("shap.DeepExplainer", *peers),
        lambda name: captum(peers[name], few) if name in peers else shap(few),
        finish,
    )
    peer = (lambda: captum(peers[name])) if name in peers else shap
    times = seconds(ours, peer, rounds=2, finish=finish)
    difference = relative(maps["ours"], maps["peer"])
    return Row(
        "attribution", f"DeepSHAP, {len(images)} x {len(references)} references",
        times[0], times[1], name, "s", 1 / 3, difference, 1e-4, DIFFERENCE,
    )  # fmt: skip


def _occlusion(model: nn.Module, images: Tensor, baseline: Tensor, name: str) -> Row:
    method = Occlusion(as_loaded(model), window=1)
    hidden = baseline.expand(len(images), 1, *baseline.shape[1:])
    captum = CaptumOcclusion(model)
    maps: dict[str, Tensor] = {}

    def ours() -> None:
        given = method.attribute(images, _score(images), hidden, rows=_rows(images))
        maps["ours"] = given.values

    @torch.no_grad()
    def peer(perturbations: int) -> None:
        maps["peer"] = captum.attribute(
            images, (1, 1, 1), 1, baseline, LABEL, perturbations_per_eval=perturbations
        )

    perturbations = fastest((1, 8, 16, 32, 64, 196), peer, finish)
    times = seconds(ours, lambda: peer(perturbations), rounds=3, finish=finish)
    return Row(
        "attribution", f"Occlusion-1, {name} baseline", times[0], times[1],
        f"Captum Occlusion, perturbations_per_eval={perturbations}", "s", 1 / 1.3,
        relative(maps["ours"], maps["peer"]), 1e-3, DIFFERENCE,
    )  # fmt: skip


def _score(images: Tensor) -> Score:
    return Score(torch.full((len(images),), LABEL, device=images.device))


def _rows(images: Tensor) -> int:
    return RUNTIME.rows(images[0].numel(), None)
