"""What the network says of an image: in the file, in words, and each likeliest class explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.special
import torch

from tests.trained import classifier_run
from xaitool.errors import ConfigError, StoppedBySignal
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import ExplainResult, explain
from xaitool.workflows.explanations.network_answer import answer_text, likeliest
from xaitool.workflows.runs.progress import SilentReporter


class Notes(SilentReporter):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options(**values: Any) -> ExplainConfig:
    common: dict[str, Any] = {
        "model": str(classifier_run()),
        "dataset": "digits",
        "method": "input-x-gradient",
        "limit": 3,
        "heat_maps": 0,
        "out": Path("a.h5"),
        "device": "cpu",
    }
    return ExplainConfig(**common | values)


def test_the_most_probable_classes_and_their_probabilities() -> None:
    logits = torch.randn(4, 7, generator=torch.Generator().manual_seed(0))
    classes, probabilities = likeliest(logits, 1)
    shares = scipy.special.softmax(logits.double().numpy(), axis=1)
    order = np.argsort(-shares, axis=1)[:, :5]
    assert classes.tolist() == order.tolist()
    np.testing.assert_allclose(probabilities, np.take_along_axis(shares, order, 1), rtol=1e-6)
    assert likeliest(logits, 6)[0].shape == (4, 6)
    assert likeliest(logits[:, :3], 1)[0].shape == (4, 3)


def test_in_words() -> None:
    said = [
        {"class": 1, "name": "goldfish", "probability": 0.931},
        {"class": 29, "name": "axolotl", "probability": 0.022},
    ]
    assert answer_text(said) == "goldfish (93.1 %), axolotl (2.2 %)"
    assert answer_text([]) == ""


def test_what_the_network_says_is_kept_recorded_and_told() -> None:
    notes, records = Notes(), list[dict[str, Any]]()
    explain(options(), notes, records.append)
    with h5py.File("a.h5") as file:
        logits = torch.from_numpy(file["prediction"][:]).double()
        assert file["top_classes"][:].tolist() == logits.topk(5).indices.tolist()
        np.testing.assert_allclose(
            file["top_probabilities"][:], logits.softmax(1).topk(5).values, rtol=1e-5
        )
    with AttributionFile(Path("a.h5")) as attributions:
        assert attributions.attributes["class_names"] == [str(digit) for digit in range(10)]
    for row, record in enumerate(records):
        first = record["top"][0]
        assert (first["class"], first["name"]) == (record["prediction"], str(record["prediction"]))
        share = logits[row].softmax(0).max().item()
        assert first["probability"] == pytest.approx(share)
        assert notes.messages[row + 1].startswith(
            f"digits/test/0000{row}: {first['name']} ({100 * share:.1f} %), "
        )


def test_a_file_without_what_the_network_says_still_loads() -> None:
    explain(options())
    with h5py.File("a.h5", "a") as file:
        del file["top_classes"], file["top_probabilities"]
    with AttributionFile(Path("a.h5")) as attributions:
        rows = attributions.read()
    assert rows.top_classes is None
    assert len(evaluate(EvaluateConfig(artifacts=(Path("a.h5"),), metric=("gini",)))) == 1


def test_each_of_the_most_probable_classes_is_explained_by_itself() -> None:
    """The same as one run for each of the classes."""
    records: list[dict[str, Any]] = []
    result = explain(options(target="top3", heat_maps=2, grid=True), emit=records.append)
    assert isinstance(result, ExplainResult)
    assert result.samples == 3
    with AttributionFile(Path("a.h5")) as file:
        rows = file.read()
    assert rows.index.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert rows.target.tolist() == rows.prediction[::3].topk(3).indices.flatten().tolist()
    assert [Path(record["heat_map"]).name for record in records[:6]] == [
        f"{image:06d}-{image:05d}-top{rank}.png" for image in range(2) for rank in (1, 2, 3)
    ]
    for target in set(rows.target.tolist()):
        explain(options(target=str(target), overwrite=True))
        with AttributionFile(Path("a.h5")) as file:
            alone = file.read()
        for row in (rows.target == target).nonzero().flatten().tolist():
            wanted = alone.attribution[int(rows.index[row])]
            torch.testing.assert_close(rows.attribution[row], wanted, rtol=1e-4, atol=1e-6)


def test_an_interrupted_run_of_several_classes_continues_to_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explain(options(target="top2", batch_size=2, out=Path("whole.h5")))
    parted = {"target": "top2", "batch_size": 2, "out": Path("parted.h5")}

    def stop(record: dict[str, Any]) -> None:
        raise StoppedBySignal(2, "stopped")

    with pytest.raises(StoppedBySignal):
        explain(options(**parted), emit=stop)
    records: list[dict[str, Any]] = []
    explain(options(**parted, resume=True), emit=records.append)
    assert [record["index"] for record in records] == [1, 1, 2, 2]
    assert Path("parted.h5").read_bytes() == Path("whole.h5").read_bytes()


def test_more_classes_than_there_are() -> None:
    with pytest.raises(ConfigError, match="--target is top11, but the model has 10 classes"):
        explain(options(target="top11"))
