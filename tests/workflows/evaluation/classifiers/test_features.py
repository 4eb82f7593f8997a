"""Features below the logits: how far classes lie apart, under attack too, and the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.golden import missing
from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attacks.fgsm import FastGradientSign
from xaitool.core.metrics.classification.feature_layout import class_separation
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers import features as measure_features
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def measure(**options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    recorder = Recorder()
    config = EvaluateConfig(
        artifacts=(classifier_run(),), metric=("features",), device="cpu", **options
    )
    rows = evaluate(config, recorder)
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", "features")
    assert not recorder.warnings
    return rows, [text for text in recorder.messages if text.startswith("picture")]


def test_rows_of_clean_and_attacked_images() -> None:
    (clean, attacked), pictures = measure(limit=60)
    model = load_classifier(str(classifier_run()), None, CPU).model
    dataset = load_dataset("digits", "test")
    images, labels = dataset.images(range(60)), dataset.labels[:60]
    moved = FastGradientSign(epsilon=0.3)(model, images, labels, generator=torch.Generator())
    right = [(model(one).argmax(1) == labels).double() for one in (images, moved)]
    for row, one, accuracy in zip((clean, attacked), (images, moved), right, strict=True):
        wanted = class_separation(penultimate(model, one), labels)
        assert row["value"] == pytest.approx(wanted, abs=1e-4)
        assert row["accuracy"] == pytest.approx(float(accuracy.mean()), abs=0.02)
        assert (row["n"], row["width"], row["picture"]) == (60, 84, None)
    assert (clean["attack"], clean["epsilon"], clean["successes"]) == (None, None, None)
    assert (attacked["attack"], attacked["epsilon"]) == ("fgsm", 0.3)
    assert attacked["successes"] == pytest.approx(float((right[0] * (1 - right[1])).sum()), abs=1)
    assert not pictures


def test_a_picture_of_several_attacks_and_budgets(tmp_path: Path) -> None:
    options: dict[str, Any] = {"limit": 20, "attack": ("fgsm", "bim"), "epsilon": (0.1, 0.3)}
    rows, pictures = measure(out=tmp_path, **options)
    path = tmp_path / f"{classifier_run().name}-features.png"
    assert pictures == [f"picture: {path}"]
    assert {row["picture"] for row in rows} == {str(path)}
    found = [(row["attack"], row["epsilon"]) for row in rows]
    assert found == [(None, None), ("fgsm", 0.1), ("fgsm", 0.3), ("bim", 0.1), ("bim", 0.3)]
    first = path.read_bytes()
    with Image.open(path) as picture:
        assert picture.width > 1500
    with pytest.raises(ConfigError, match="exists, but a new file") as caught:
        measure(out=tmp_path, **options)
    assert "--overwrite" in str(caught.value.hint)
    again, _ = measure(out=tmp_path, overwrite=True, **options)
    assert again == rows
    assert path.read_bytes() == first


def test_without_a_limit_images_are_evenly_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_features, "IMAGES", 100)
    rows, _ = measure()
    assert {row["n"] for row in rows} == {90}  # every fourth of 359


def test_the_batch_size_does_not_matter() -> None:
    wanted, _ = measure(limit=30)
    found, _ = measure(limit=30, batch_size=7)
    for one, other in zip(found, wanted, strict=True):
        assert one["value"] == pytest.approx(other["value"], abs=1e-4)
        assert one["successes"] == other["successes"]


def test_an_attack_without_a_budget(tmp_path: Path) -> None:
    options = ("steps=2", "search_steps=1")
    (_, row), _ = measure(limit=2, attack=("cw-l2",), attack_option=options, out=tmp_path)
    assert (row["attack"], row["epsilon"]) == ("cw-l2", None)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="features are asked of 1 image of dataset digits"):
        measure(limit=1)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"--out .* is a file, but a folder is wanted"):
        measure(limit=2, out=tmp_path / "file")
