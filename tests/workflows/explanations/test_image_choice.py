"""``--only`` and classes that an image may already have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.pictures import save_picture
from xaitool.data.load import load_dataset
from xaitool.errors import DataError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Warned(SilentReporter):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def explained(reporter: SilentReporter | None = None, **options: Any) -> AttributionRows:
    common: dict[str, Any] = {
        "model": str(classifier_run()),
        "dataset": "digits",
        "method": "saliency",
        "out": "a.h5",
        "heat_maps": 0,
        "overwrite": True,
    }
    explain(ExplainConfig(**common | options), reporter)
    with AttributionFile(Path("a.h5")) as file:
        assert file.attributes["images"] == len(file)
        return file.read()


def answers() -> tuple[list[int], list[int]]:
    """What the classifier says of the test images, and what they are."""
    runtime = Runtime(torch.device("cpu"), torch.float32)
    data = load_dataset("digits", "test")
    classifier = load_classifier(str(classifier_run()), None, runtime)
    logits = classifier.logits(data.images(range(len(data))), 512)
    return logits.argmax(1).tolist(), data.labels.tolist()


def test_only_the_mistakes_prediction_against_label() -> None:
    predicted, labels = answers()
    rows = explained(only="misclassified")
    mistakes = [place for place, (a, b) in enumerate(zip(predicted, labels, strict=True)) if a != b]
    assert len(mistakes) > 3
    assert rows.index.tolist() == mistakes
    assert rows.target.tolist() == [predicted[place] for place in mistakes]
    assert rows.against.tolist() == rows.label.tolist() == [labels[place] for place in mistakes]


def test_only_what_is_right() -> None:
    predicted, labels = answers()
    rows = explained(only="correct", limit=20)
    right = [place for place, (a, b) in enumerate(zip(predicted, labels, strict=True)) if a == b]
    assert rows.index.tolist() == right[:20]
    assert rows.against.tolist() == [-1] * 20


def test_the_limit_counts_mistakes_and_the_classes_can_be_turned_round() -> None:
    rows = explained(only="misclassified", limit=2, target="label", against="predicted")
    assert rows.target.tolist() == rows.label.tolist()
    assert rows.against.tolist() == rows.prediction.argmax(1).tolist()
    assert len(rows) == 2


def test_heat_maps_are_those_of_the_first_mistakes() -> None:
    rows = explained(only="misclassified", heat_maps=2)
    pictures = sorted(int(path.name[:6]) for path in Path("a-heat-maps").iterdir())
    assert pictures == rows.index.tolist()[:2]


def test_a_mistake_needs_a_label() -> None:
    save_picture(Path("a.png"))
    with pytest.raises(DataError, match="--only misclassified has images without a label"):
        explained(only="misclassified", images=("a.png",), dataset=None)


def test_no_mistakes() -> None:
    predicted, labels = answers()
    right = [place for place, (a, b) in enumerate(zip(predicted, labels, strict=True)) if a == b]
    assert right[0] == 0
    with pytest.raises(DataError, match="none of 1 images is of two different classes"):
        explained(target="label", against="predicted", limit=1, on_error="skip", images=())


def test_images_of_the_second_class_stop_before_any_work_or_are_skipped() -> None:
    predicted, _ = answers()
    other = predicted[0]
    with pytest.raises(DataError, match=f"--against {other} is the target of image 'digits/test/"):
        explained(against=str(other), limit=30)
    assert not Path("a.h5").exists()
    warned = Warned()
    rows = explained(warned, against=str(other), limit=30, on_error="skip")
    kept = [place for place in range(30) if predicted[place] != other]
    assert rows.index.tolist() == kept
    assert len(warned.warnings) == 30 - len(kept) > 0
