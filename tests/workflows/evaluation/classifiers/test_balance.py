"""Both sides of the prediction balance, with N and the weights of the training."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.golden import missing
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset, stratified_split
from xaitool.errors import DataError
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


Run = Callable[..., Path]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trains a LeNet-5 on some digits, once for the same options."""

    @functools.cache
    def trained(loss: str, classes: tuple[str, ...], weights: str = "none", **more: Any) -> Path:
        config = TrainClassifierConfig(
            out=tmp_path_factory.mktemp("balance") / "run",
            loss=loss,
            classes=classes,
            class_weights=weights,
            epochs=2,
            device="cpu",
            **more,
        )
        train_classifier(config)
        assert config.out is not None
        return config.out

    return trained


def measure(artifact: Path, **options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    recorder = Recorder()
    config = EvaluateConfig(
        artifacts=(artifact,), metric=("prediction-balance",), device="cpu", **options
    )
    rows = evaluate(config, recorder)
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", "prediction-balance")
    return rows, recorder.warnings


def sides(artifact: Path, classes: tuple[str, ...], weights: list[float]) -> list[list[float]]:
    """The paper's equation 9 in plain loops, with softmax or sigmoid by the name of the run."""
    test = load_dataset("digits", "test", classes=classes)
    train = load_dataset("digits", "train", classes=classes)
    trained, _ = stratified_split(train.labels, TrainClassifierConfig().validation, 0)
    network = load_classifier(str(artifact), None, CPU)
    logits = network.logits(test.images(range(len(test))), 512).double()
    sigmoid = network.training["loss"] != "cross-entropy"
    probabilities: Tensor = logits.sigmoid() if sigmoid else logits.softmax(1)
    kinds = range(len(classes))
    mass = [weights[k] * int((train.labels[trained] == k).sum()) for k in kinds]
    mean = [[float(probabilities[test.labels == j, k].mean()) for k in kinds] for j in kinds]
    return [
        [mass[k] * (1 - mean[k][k]), sum(mass[j] * mean[j][k] for j in kinds if j != k)]
        for k in kinds
    ]


@pytest.mark.parametrize(
    ("loss", "classes", "weights"),
    [("cross-entropy", ("3", "8"), [1.0, 3.0]), ("logistic", ("0", "1", "2"), [1.0, 2.0, 0.5])],
)
def test_is_equation_9(run: Run, loss: str, classes: tuple[str, ...], weights: list[float]) -> None:
    artifact = run(loss, classes, ",".join(map(str, weights)))
    rows, warnings = measure(artifact)
    assert not warnings
    assert [row["label"] for row in rows] == list(classes)
    for row, (left, right) in zip(rows, sides(artifact, classes, weights), strict=True):
        assert row["left"] == pytest.approx(left, rel=1e-5)
        assert row["right"] == pytest.approx(right, rel=1e-5)
        assert row["value"] == pytest.approx(left / right, rel=1e-5)
        assert row["loss"] == loss
        assert row["probability"] == ("sigmoid" if loss == "logistic" else "softmax")


def test_two_classes_have_equation_10_once(run: Run) -> None:
    (first, second), _ = measure(run("cross-entropy", ("3", "8"), "1.0,3.0"))
    # The two equations say the same.
    assert first["value"] == pytest.approx(first["ratio"] / first["wanted_ratio"])
    train = load_dataset("digits", "train", classes=("3", "8"))
    trained, _ = stratified_split(train.labels, TrainClassifierConfig().validation, 0)
    counts = torch.bincount(train.labels[trained]).tolist()
    assert first["wanted_ratio"] == pytest.approx(3 * counts[1] / counts[0])
    assert second["ratio"] is second["wanted_ratio"] is None


def test_a_loss_that_promises_nothing_says_so(run: Run) -> None:
    rows, warnings = measure(run("pc", ("0", "1")))
    assert warnings == ["loss 'pc' promises no prediction balance: the sides may differ"]
    assert {row["probability"] for row in rows} == {"softmax"}


def test_adversarial_training_says_so(run: Run) -> None:
    _, warnings = measure(
        run("cross-entropy", ("0", "1"), adversarial="fgsm", adversarial_epsilon=(0.1,))
    )
    assert len(warnings) == 1
    assert "promises balance on these and the clean ones together" in warnings[0]


def test_an_unknown_training_counts_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[4])
    name = Path("tests.workflows.evaluation.classifiers.test_balance:constant")
    rows, warnings = measure(name, dataset="digits", input_size=28, channels=1, limit=100)
    assert len(warnings) == 1
    assert "is taken for cross-entropy without class weights" in warnings[0]
    assert len(rows) == 10
    assert sum(row["n"] for row in rows) == 100
    for row in rows:
        assert row["left"] == pytest.approx(row["n"] * 0.9, rel=1e-6)
        assert row["right"] == pytest.approx((100 - row["n"]) * 0.1, rel=1e-6)
        assert row["loss"] is None


def constant() -> torch.nn.Module:
    """A model that gives every class the same."""
    layer = torch.nn.Linear(784, 10)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    return torch.nn.Sequential(torch.nn.Flatten(), layer)


def test_a_class_without_images_is_refused(run: Run) -> None:
    with pytest.raises(DataError, match="class '3' has no image among the 1 of") as caught:
        measure(run("cross-entropy", ("3", "8"), "1.0,3.0"), limit=1)
    assert "--limit" in str(caught.value.hint)
