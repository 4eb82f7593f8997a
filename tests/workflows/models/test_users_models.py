"""Commands on a user's own model: what it does to images and logits changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.workflows.colour_models import DATA
from tests.workflows.tiny_runs import Recorder, make_quick
from tests.workflows.tiny_runs import metrics as metrics_of
from xaitool import registry
from xaitool.data.load import load_dataset
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import explain


class Net(nn.Module):
    """Two classes.

    Args:
        own_way: Write into the images, and return a single logit among other things.
    """

    def __init__(self, own_way: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 4, 5, stride=4)
        self.head = nn.Linear(144, 1)
        self.own_way = own_way

    def forward(self, images: Tensor) -> Any:
        if self.own_way:
            images -= 0.3
            images /= 0.2
        else:
            images = (images - 0.3) / 0.2
        hidden = F.relu(self.convolution(images), inplace=self.own_way)
        logit = self.head(hidden.flatten(1))
        return (logit, "beside") if self.own_way else torch.cat([-logit / 2, logit / 2], 1)


SEEN: dict[str, Any] = {"channels": 3, "input_size": 28, "device": "cpu"}
SOURCES = [f"{__name__}:Net({own_way})" for own_way in ("false", "true")]
COMPOSED = "composite:objects=digits,scenes=textures,object-classes=0+1,scene-classes=0,test=2"
OF_METRIC: dict[str, dict[str, Any]] = {
    "robustness": {
        "attack": ("fgsm", "square"),
        "attack_option": ("square.queries=5",),
        "epsilon": (0.1,),
    },
    "misclassification-rank": {"attack": ("fgsm",), "epsilon": (0.1,)},
    "features": {"attack": ("fgsm",), "epsilon": (0.1,)},
    "inverse-localisation": {"method": ("saliency",), "dataset": COMPOSED},
    "parameter-randomisation": {"method": ("saliency",)},
    "twin-similarity": {"method": ("saliency",)},
}
# Measured of baselines, and of the logs of runs.
NOT_HERE = ("baseline-validity", "training")
MEASURED = [name for name in registry.METRICS_OF["classifier"] if name not in NOT_HERE]


def same(one: Any, other: Any) -> bool:
    """Equal to rounding, but for names and times."""
    if isinstance(one, dict):
        told = {"artifact", "made_on", "model_sha256", "source", "seconds"}
        return one.keys() == other.keys() and all(
            name in told or same(value, other[name]) for name, value in one.items()
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return bool(one == pytest.approx(other, rel=1e-5, abs=1e-6, nan_ok=True))
    return bool(one == other)


@pytest.mark.parametrize("metric", MEASURED)
def test_every_metric_of_a_classifier(metric: str) -> None:
    wanted, found = (
        evaluate(
            EvaluateConfig(
                artifacts=(Path(source),),
                metric=(metric,),
                limit=12,
                **SEEN,
                **({"dataset": DATA} | OF_METRIC.get(metric, {})),
            ),
            Recorder(),
        )
        for source in SOURCES
    )
    assert wanted
    assert same(found, wanted), f"{found}\n{wanted}"


def test_maps_and_what_is_measured_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = []
    for source, name in zip(SOURCES, ("plain.h5", "own.h5"), strict=True):
        explain(
            ExplainConfig(
                model=source,
                dataset=DATA,
                limit=6,
                method=("integrated-gradients",),
                baseline=("optimised-target",),
                method_option=("steps=4",),
                against="second",
                out=Path(name),
                heat_maps=0,
                **SEEN,
            )
        )
        files.append(Path(name))
    with AttributionFile(files[0]) as wanted, AttributionFile(files[1]) as found:
        one, other = wanted.read(), found.read()
    for name in ("attribution", "prediction", "baseline", "score_input", "input"):
        torch.testing.assert_close(getattr(other, name), getattr(one, name))
    assert torch.equal(other.input, load_dataset(DATA, "test").images(torch.arange(6)))
    asked = ("insertion", "deletion", "gini")
    rows = [
        evaluate(EvaluateConfig(artifacts=(file,), metric=asked, model=source, device="cpu"))
        for file, source in zip(files, SOURCES, strict=True)
    ]
    assert same(*rows), rows


def test_training_against_a_classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)
    monkeypatch.chdir(tmp_path)
    logs = []
    for source, out in zip(SOURCES, ("plain", "own"), strict=True):
        config = TrainBaselineGanConfig(
            classifier=source,
            dataset=DATA,
            epochs=1,
            batch_size=32,
            n_critic=2,
            width=2,
            blocks=1,
            critic_layers=2,
            judged=1300,
            grid=2,
            out=Path(out),
            **SEEN,
        )
        train_baseline_gan(config)
        logs.append(metrics_of(Path(out)))
    assert same(*logs), logs
