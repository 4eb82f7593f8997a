"""Calibration and probability gaps of trained classifiers, and which probabilities they are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.golden import missing
from tests.trained import classifier_run
from xaitool.core.metrics.classification.calibration import Calibration
from xaitool.core.metrics.classification.probability_gap import ProbabilityGap
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import HEADER, checkpoint_path, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def measure(artifact: Path, **options: Any) -> list[dict[str, Any]]:
    rows = evaluate(EvaluateConfig(artifacts=(artifact,), device="cpu", **options))
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    return rows


def with_loss(folder: Path, name: str | None) -> Path:
    """The classifier of `classifier_run`, as if another loss had trained it."""
    checkpoint = load_checkpoint(checkpoint_path(classifier_run()), kind="classifier")
    content = {key: value for key, value in checkpoint.items() if key not in HEADER}
    content["config"] = {key: value for key, value in content["config"].items() if key != "loss"}
    if name is not None:
        content["config"]["loss"] = name
    save_checkpoint(folder / "changed.pt", "classifier", content)
    return folder / "changed.pt"


def logits_and_labels() -> tuple[Tensor, Tensor]:
    dataset = load_dataset("digits", "test")
    network = load_classifier(str(classifier_run()), None, CPU)
    return network.logits(dataset.images(range(len(dataset))), 512).double(), dataset.labels


def test_unasked_there_are_still_accuracy_and_confusion_only() -> None:
    rows = measure(classifier_run(), limit=5)
    assert [row["metric"] for row in rows] == ["accuracy"] + 10 * ["confusion"]


def test_accuracy_by_class_is_the_confusions() -> None:
    accuracy, *confusion = measure(classifier_run())
    assert accuracy["per_class"] == {row["label"]: row["value"] for row in confusion}
    few = measure(classifier_run(), metric=("accuracy",), limit=1)[0]
    assert sorted(value is None for value in few["per_class"].values()) == [False] + 9 * [True]


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("cross-entropy", "softmax"),
        ("pc", "softmax"),
        ("logistic", "sigmoid"),
        ("lgl-inr", "sigmoid"),
    ],
)
def test_calibration_and_gaps_are_of_what_the_loss_makes_of_outputs(
    tmp_path: Path, loss: str, name: str
) -> None:
    logits, labels = logits_and_labels()
    probabilities = logits.softmax(1) if name == "softmax" else logits.sigmoid()
    calibration, gap = Calibration(), ProbabilityGap()
    calibration.update(probabilities, labels)
    gap.update(probabilities, labels)
    metrics = ("accuracy", "probability-gaps")
    first, second = measure(with_loss(tmp_path, loss), metric=metrics)
    assert first["probability"] == second["probability"] == name
    assert first["ece"] == pytest.approx(calibration.compute().error, abs=1e-6)
    assert first["confidence"] == pytest.approx(calibration.compute().confidence, abs=1e-6)
    wanted = gap.compute()
    assert second["value"] == pytest.approx(wanted.mean, abs=1e-6)
    assert second["std"] == pytest.approx(wanted.standard_deviation, abs=1e-6)
    assert second["n"] == wanted.count
    assert list(second["per_class"].values()) == pytest.approx(list(wanted.per_class), abs=1e-6)


def test_a_checkpoint_that_names_no_loss_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"changed\.pt is damaged \(KeyError: 'loss'\)"):
        measure(with_loss(tmp_path, None), metric=("accuracy",))
