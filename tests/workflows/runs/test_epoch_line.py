"""What is said of an epoch when it is done."""

from __future__ import annotations

import pytest

from xaitool.workflows.classifiers.train_classifier import ClassifierTrainer
from xaitool.workflows.counterfactuals.train_baseline_gan import CounterfactualTrainer
from xaitool.workflows.counterfactuals.train_cvae import CvaeTrainer
from xaitool.workflows.gans.train_gan import GanTrainer
from xaitool.workflows.runs.epoch_line import epoch_line, telling_metrics


def test_the_most_telling_figures_and_the_time() -> None:
    names = telling_metrics(ClassifierTrainer.charts, "validation_accuracy")
    metrics = dict.fromkeys(sorted(names), 0.123456) | {"train_seconds": 1.0, "seconds": 2.0}
    assert epoch_line(3, 10, metrics, names) == (
        "epoch 3/10 loss=0.1235 validation_accuracy=0.1235 accuracy=0.1235 seconds=2"
    )


def test_what_was_not_measured_is_left_out() -> None:
    assert epoch_line(1, 2, {"fid": None, "loss": 0.5}, ["fid", "kid", "loss"]) == (
        "epoch 1/2 loss=0.5"
    )


def test_all_epochs_have_the_same_figures() -> None:
    names = ["loss", "validation_accuracy", "accuracy"]
    first, last = (
        epoch_line(epoch, 10, dict(zip(names, values, strict=True)) | {"seconds": seconds}, names)
        for epoch, *values, seconds in [
            (1, 2.5, 0.97, 0.9, 0.2),
            (10, 0.0796249, 0.951712, 0.951712, 0.234912),
        ]
    )
    assert first == "epoch 1/10 loss=2.5 validation_accuracy=0.97 accuracy=0.9 seconds=0.2"
    assert last == (
        "epoch 10/10 loss=0.0796 validation_accuracy=0.9517 accuracy=0.9517 seconds=0.235"
    )
    assert len(last) == 80


@pytest.mark.parametrize("value", [0.0, 1.5, -0.0123456, 1.23456e-9, 28350.4, -1234.5, 1.5e12])
def test_no_number_is_wider_than_its_room(value: float) -> None:
    line = epoch_line(1, 1, {"loss": value}, ["loss"])
    text = line.removeprefix("epoch 1/1 loss=")
    assert len(text) <= 6
    assert float(text) == pytest.approx(value, rel=0.5)


TRAINERS = {
    ClassifierTrainer: "validation_worst_group_accuracy",
    GanTrainer: "fid",
    CounterfactualTrainer: None,
    CvaeTrainer: "held_out_loss",
}


@pytest.mark.parametrize(("trainer", "chosen_by"), TRAINERS.items())
def test_no_terminal_breaks_the_line(trainer: type, chosen_by: str | None) -> None:
    names = telling_metrics(trainer.charts, chosen_by)  # type: ignore[attr-defined]
    metrics = dict.fromkeys(names, 0.12345) | {"seconds": 1234.5}
    line = epoch_line(1000, 1000, metrics, names)
    assert len(line) <= 80
    assert 3 <= line.count("=") <= 5
    assert chosen_by is None or chosen_by in line
