"""Fairness of classifiers whose behaviour is known, and against counts by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.golden import missing
from tests.workflows.colour_models import (
    COLOURS,
    DATA,
    HALVES,
    ByColour,
    ByPattern,
    ByShape,
    factory,
    save_cvae,
    wild_cvae,
)
from tests.workflows.tiny_runs import Recorder
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.data.load import load_dataset
from xaitool.errors import DataError, ModelError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate

Rows = list[dict[str, Any]]


def measure(
    model: type[torch.nn.Module], arguments: str = "", **options: Any
) -> tuple[Rows, Recorder]:
    recorder = Recorder()
    values: dict[str, Any] = {"dataset": DATA, "channels": 3, "input_size": 28, "device": "cpu"}
    config = EvaluateConfig(
        artifacts=(factory(model, arguments),), metric=("fairness",), **{**values, **options}
    )
    rows = evaluate(config, recorder)
    assert isinstance(rows, list)
    assert not any(missing(row, "evaluate", "row") for row in rows)
    assert len({tuple(row) for row in rows}) == 1
    return rows, recorder


def of(rows: Rows, quantity: str, **facts: Any) -> Rows:
    return [
        row
        for row in rows
        if row["quantity"] == quantity and all(row[key] == fact for key, fact in facts.items())
    ]


def value(rows: Rows, quantity: str, **facts: Any) -> Any:
    (row,) = of(rows, quantity, **facts)
    return row["value"]


def test_a_classifier_that_reads_the_colour() -> None:
    rows, recorder = measure(ByColour)
    for row in of(rows, "accuracy"):
        agrees = HALVES.index(row["label"]) == COLOURS.index(row["group"]["colour"])
        assert row["value"] == agrees
        assert row["conflicting"] == (not agrees)
    wanted = {"unbiased": 0.5, "worst-group": 0, "bias-conflict": 0}
    wanted |= {"demographic-parity-gap": 1, "equalised-odds-gap": 1}
    for quantity, one in wanted.items():
        # Nothing is left to chance where each group is wholly right or wholly wrong.
        (row,) = of(rows, quantity)
        assert (row["value"], row["low"], row["high"]) == (one, one, one)
    consistency = of(rows, "consistency")
    assert [(row["label"], row["path"], row["value"]) for row in consistency] == [
        (label, "recolour", 0) for label in (None, *HALVES)
    ]
    assert sum(row["n"] for row in consistency[1:]) == consistency[0]["n"] == 359
    assert not recorder.warnings


def test_a_classifier_that_reads_the_shape_against_counts_by_hand() -> None:
    rows, _ = measure(ByShape)
    dataset = load_dataset(DATA, "test")
    labels = dataset.labels.numpy()
    colours = dataset.attributes["colour"].values.numpy()
    predicted = ByShape()(dataset.images(range(len(dataset)))).argmax(1).numpy()
    accuracies, sizes, odds = [], {}, []
    for y, label in enumerate(HALVES):
        shares = []
        for s, colour in enumerate(COLOURS):
            mine = predicted[(labels == y) & (colours == s)]
            (row,) = of(rows, "accuracy", label=label, group={"colour": colour})
            assert (row["value"], row["n"]) == (pytest.approx((mine == y).mean()), len(mine))
            low, high = wilson_interval(int((mine == y).sum()), len(mine))
            assert (row["low"], row["high"]) == (low, high)
            accuracies.append((mine == y).mean())
            sizes[row["value"]] = len(mine)
            shares.append((mine == 1).mean())
        odds.append(abs(shares[0] - shares[1]))
    rates = [(predicted[colours == s] == 1).mean() for s in range(2)]
    assert value(rows, "unbiased") == pytest.approx(np.mean(accuracies))
    (worst,) = of(rows, "worst-group")
    assert worst["value"] == pytest.approx(min(accuracies))
    assert worst["n"] == sizes[worst["value"]]
    assert value(rows, "accuracy", label=worst["label"], group=worst["group"]) == worst["value"]
    # The train split has red with the first half: green ones of it conflict.
    assert value(rows, "bias-conflict") == pytest.approx((accuracies[1] + accuracies[2]) / 2)
    assert value(rows, "demographic-parity-gap") == pytest.approx(abs(rates[0] - rates[1]))
    assert value(rows, "equalised-odds-gap") == pytest.approx(max(odds))
    for quantity in ("unbiased", "bias-conflict", "demographic-parity-gap"):
        (row,) = of(rows, quantity)
        assert 0 <= row["low"] < row["value"] < row["high"] <= 1
    assert [row["value"] for row in of(rows, "consistency")] == [1, 1, 1]
    assert not of(rows, "input-consistency")


def test_the_seed_and_the_batches() -> None:
    rows, _ = measure(ByPattern, limit=90)
    assert measure(ByPattern, limit=90, batch_size=7)[0] == rows
    other, _ = measure(ByPattern, limit=90, seed=1)
    assert of(other, "accuracy") == [row | {"seed": 1} for row in of(rows, "accuracy")]
    assert of(other, "unbiased")[0]["low"] != of(rows, "unbiased")[0]["low"]


def test_the_cvae_is_told_the_predicted_class(tmp_path: Path) -> None:
    rows, _ = measure(ByPattern, limit=90, cvae=save_cvae(tmp_path / "cvae.pt"))
    dataset, model, cvae = load_dataset(DATA, "test"), ByPattern(), wild_cvae()
    images, labels = dataset.images(range(90)), dataset.labels[:90]
    own = torch.eye(2)[dataset.attributes["colour"].values[:90]]
    predicted = model(images).argmax(1)

    def ends(told: torch.Tensor) -> list[torch.Tensor]:
        with torch.no_grad():
            codes, _ = cvae.encode(images, told, own)
            decoded = [cvae.decode(codes, told, colour) for colour in (own, 1 - own)]
            return [model(one).argmax(1) for one in decoded]

    start, end = ends(predicted)
    same = {"consistency": start == end, "input-consistency": predicted == end}
    for quantity, hits in same.items():
        assert value(rows, quantity, path="cvae", label=None) == pytest.approx(
            hits.double().mean().item()
        )
        for number, label in enumerate(HALVES):
            wanted = hits[labels == number].double().mean().item()
            assert value(rows, quantity, path="cvae", label=label) == pytest.approx(wanted)
    # With the true labels it would be another number, so that the test can tell.
    start, end = ends(labels)
    wrong = (start == end).double().mean().item()
    assert value(rows, "consistency", path="cvae", label=None) != pytest.approx(wrong)
    assert len(of(rows, "consistency", path="recolour")) == 3


def test_empty_groups_are_left_out() -> None:
    """Colour and label are the same thing in both splits."""
    rows, recorder = measure(ByShape, dataset=f"{DATA},noise=0,train-flip=0,test-flip=0")
    assert recorder.warnings == [
        f"no image of {label} with colour {colour}: left out of means and gaps"
        for label, colour in (("0-4", "green"), ("5-9", "red"))
    ]
    empty = of(rows, "accuracy", conflicting=True)
    assert [(row["value"], row["low"], row["n"]) for row in empty] == [(None, None, 0)] * 2
    there = [row["value"] for row in of(rows, "accuracy", conflicting=False)]
    assert value(rows, "unbiased") == pytest.approx(np.mean(there))
    assert value(rows, "worst-group") == min(there)
    (conflict,) = of(rows, "bias-conflict")
    assert (conflict["value"], conflict["low"], conflict["n"]) == (None, None, 0)
    assert value(rows, "equalised-odds-gap") == 0


def test_grey_images_have_no_path() -> None:
    rows, recorder = measure(ByShape, channels=1, limit=60)
    assert not of(rows, "consistency")
    assert any(text.startswith("no consistency: it wants --cvae") for text in recorder.messages)


def test_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'digits' has no sensitive attribute, but --metric fair"):
        measure(ByPattern, "(classes=10)", dataset="digits")
    with pytest.raises(DataError, match=r"has 0 of 1 images with colour .*, but") as caught:
        measure(ByShape, limit=1)
    assert caught.value.hint == "a larger --limit"
    other = save_cvae(tmp_path / "cvae.pt", sensitive={"hue": ["red", "green"]})
    with pytest.raises(ModelError, match=r"trained for the attributes hue \(red, green\), but"):
        measure(ByShape, cvae=other)
