"""``train-classifier``: what a run leaves behind, what is held out, and that it learns."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.conftest import Program
from tests.golden import missing
from tests.workflows.tiny_runs import Recorder, classifier_config, files, make_quick, metrics
from xaitool import registry
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.load import load_dataset, stratified_split
from xaitool.data.statistics import channel_statistics
from xaitool.errors import DataError, ModelError, UnknownNameError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.jsonl import MetricsLog
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.runs.training import TrainingResult


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    result = train_classifier(classifier_config(path, epochs=4), Recorder())
    assert isinstance(result, TrainingResult)
    assert (result.run_dir, result.checkpoint) == (str(path), str(path / "best.pt"))
    return path


def test_the_files_of_a_run(run: Path) -> None:
    names = {"config.json", "environment.json", "status.json", "metrics.jsonl"}
    assert files(run) == names | {"last.pt", "best.pt", "plots/loss.png", "plots/accuracy.png"}
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["epoch"]) == ("completed", 4)
    assert not missing(status, "run_directory", "status")
    for path in run.glob("plots/*.png"):
        with Image.open(path) as picture:
            picture.load()


def test_the_metrics_of_a_run(run: Path) -> None:
    entries = MetricsLog(run / "metrics.jsonl").read()
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4]
    for entry in entries:
        assert not missing(entry, "train_classifier", "metrics")
        assert 0 < entry["train_seconds"] <= entry["seconds"]
    assert entries[-1]["loss"] < entries[0]["loss"]
    assert entries[-1]["validation_accuracy"] > 0.9


def test_the_checkpoint_rebuilds_the_network_that_was_judged(run: Path) -> None:
    for name in ("last.pt", "best.pt"):
        plain = torch.load(run / name, weights_only=True)
        assert not missing(plain, "train_classifier", "checkpoint")
        assert not missing(plain["state"], "train_classifier", "state")
        model = build_classifier(
            plain["architecture"],
            shape=tuple(plain["shape"]),
            classes=len(plain["classes"]),
            mean=plain["mean"],
            standard_deviation=plain["standard_deviation"],
        )
        model.load_state_dict(plain["state"]["model"])
        dataset = load_dataset("digits", "train", classes=("0", "1", "2"))
        train, held_out = stratified_split(dataset.labels, 0.1, 0)
        assert (plain["mean"], plain["standard_deviation"]) == channel_statistics(dataset, train)
        with torch.no_grad():
            right = model.eval()(dataset.images(held_out)).argmax(1) == dataset.labels[held_out]
        entry = metrics(run)[plain["position"]["epoch"] - 1]
        assert right.double().mean().item() == pytest.approx(entry["validation_accuracy"])


def test_the_best_epoch_has_the_highest_accuracy_and_is_the_first_such(run: Path) -> None:
    accuracies = [entry["validation_accuracy"] for entry in metrics(run)]
    best = load_checkpoint(run / "best.pt", kind="classifier")["position"]
    assert best["epoch"] == accuracies.index(max(accuracies)) + 1
    assert best["best"] == max(accuracies)


# Other sides than the dataset's: what a network needs, or what saves time.
SIDES = {
    "squeezenet1_1": 64,
    "cifar-vgg13": 32,
    "cifar-mobilenet-v2": 16,
    "cifar-resnet18": 16,
    "resnet56": 16,
}


@pytest.mark.parametrize("architecture", [*registry.names("architecture"), "squeezenet1_1"])
def test_every_architecture_trains(architecture: str, quick: None, tmp_path: Path) -> None:
    config = classifier_config(
        tmp_path / "run",
        architecture=architecture,
        epochs=1,
        classes=("0", "1"),
        image_size=SIDES.get(architecture),
        batch_size=256,
    )
    train_classifier(config, Recorder())
    assert math.isfinite(metrics(tmp_path / "run")[0]["loss"])


def test_in_float64(quick: None, tmp_path: Path) -> None:
    train_classifier(classifier_config(tmp_path / "run", precision="float64"), Recorder())
    model = load_checkpoint(tmp_path / "run", kind="classifier")["state"]["model"]
    assert {value.dtype for value in model.values()} == {torch.float64}


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"classes": ("3",)}, DataError, "has one class, but a classifier wants two or more"),
        ({"architecture": "resnet19"}, UnknownNameError, "unknown architecture 'resnet19'"),
        ({"image_size": 8}, ModelError, "images are 8x8, but lenet5 wants larger ones"),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    options: dict[str, Any], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        train_classifier(classifier_config(tmp_path / "run", **options), Recorder())
    assert not (tmp_path / "run").exists()


def test_nothing_to_hold_out(tmp_path: Path) -> None:
    for place in ("train/a", "train/b", "test/a"):
        (tmp_path / "pictures" / place).mkdir(parents=True)
        Image.new("L", (28, 28)).save(tmp_path / "pictures" / place / "one.png")
    config = classifier_config(
        tmp_path / "run", dataset=f"folder:{tmp_path / 'pictures'}", classes=None
    )
    with pytest.raises(
        DataError, match=r"--validation 0\.1 of 2 images leaves one part empty"
    ) as caught:
        train_classifier(config, Recorder())
    assert caught.value.hint == "--validation 0 holds none out"


def test_nothing_is_held_out_and_the_last_epoch_is_used(quick: None, tmp_path: Path) -> None:
    plan = train_classifier(classifier_config(None, validation=0.0, dry_run=True))
    images = load_dataset("digits", "train", classes=("0", "1", "2"))
    assert isinstance(plan, dict)
    assert plan["samples"] == len(images)
    train_classifier(classifier_config(tmp_path / "run", validation=0.0), Recorder())
    assert all(not name.startswith("validation") for name in metrics(tmp_path / "run")[-1])
    best = load_checkpoint(tmp_path / "run" / "best.pt", kind="classifier")["position"]
    assert (best["epoch"], best["best"]) == (2, None)


@pytest.mark.slow
@pytest.mark.data
def test_it_learns_mnist(real_data: Path, xaitool: Program) -> None:
    line = ("--dataset", "mnist", "--data-dir", real_data, "--device", "cpu", "-q")
    trained = xaitool(
        "train-classifier", *line, "--architecture", "lenet5", "--epochs", "3", "--out", "run"
    )
    assert (trained.returncode, trained.stdout) == (0, "run\n")
    judged = xaitool("evaluate", "run", "--metric", "accuracy", "--json", *line)
    assert judged.returncode == 0, judged.stderr
    (entry,) = map(json.loads, judged.stdout.splitlines())
    assert entry["value"] >= 0.985
