"""``train-baseline-gan``: what a run leaves behind, what it must not touch, and that it learns."""

from __future__ import annotations

import itertools
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from tests.golden import missing
from tests.trained import (
    baseline_gan_config,
    baseline_gan_run,
    call_kind_generator,
    three_digits_run,
)
from tests.workflows.tiny_runs import (
    Recorder,
    classifier_config,
    files,
    make_quick,
    metrics,
    pictures,
)
from xaitool.data.load import load_dataset, stratified_split
from xaitool.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    InputError,
    ModelError,
    StoppedBySignal,
)
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.presets import BASELINE_GANS
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.generator import KIND, load_generator
from xaitool.workflows.counterfactuals.judges import other_classes
from xaitool.workflows.counterfactuals.train_baseline_gan import (
    CounterfactualTrainer,
    _schedule,
    train_baseline_gan,
)
from xaitool.workflows.counterfactuals.training_data import load_targeted_data, load_teacher
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult

STEPS_PER_EPOCH = 4
CPU = Runtime(torch.device("cpu"), torch.float32)
ALONE: dict[str, Any] = {
    "generator_kind": "standalone",
    "classifier": None,
    "classes": ("0", "1", "2"),
}

NETWORKS = """
import torch
from torch import nn

def make(logits=10, side=28):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(side * side, logits))

class Stiff(nn.Module):
    def forward(self, images):
        return torch.eye(10)[(images.flatten(1).sum(1) % 10).long()]
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "digit_networks", raising=False)
    Path("digit_networks.py").write_text(NETWORKS)


def trainer(config: TrainBaselineGanConfig) -> CounterfactualTrainer:
    classifier = load_teacher(config, CPU)
    dataset = load_targeted_data(Context(config, CPU, Recorder()), classifier)
    train, held_out = stratified_split(dataset.labels, config.judged / len(dataset), config.seed)
    return CounterfactualTrainer(config, CPU, dataset, train, held_out, classifier)


def weights(run: Path) -> dict[str, torch.Tensor]:
    """Of the generator that is used, in its own range."""
    state = load_generator(run, CPU).model.state_dict()
    return {name.removeprefix("generator."): value for name, value in state.items()}


def test_the_files_of_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    run = tmp_path / "run"
    result = train_baseline_gan(baseline_gan_config(run), Recorder())
    assert isinstance(result, TrainingResult)
    assert (result.run_dir, result.checkpoint) == (str(run), str(run / "best.pt"))
    assert result.step == 2 * STEPS_PER_EPOCH
    names = {"config.json", "environment.json", "status.json", "metrics.jsonl"}
    names |= {"last.pt", "best.pt", "samples/epoch-0001.png", "samples/epoch-0002.png"}
    assert files(run) == names | {"plots/losses.png", "plots/hit_rate.png", "plots/l1.png"}
    assert json.loads((run / "status.json").read_text())["state"] == "completed"
    assert json.loads((run / "config.json").read_text())["command"] == "train-baseline-gan"
    with Image.open(run / "samples" / "epoch-0002.png") as picture:
        # Four images beside three classes each, of 28 pixels enlarged twice, with names.
        assert picture.width > 4 * 58 + 2
        assert picture.height > 4 * 58 + 2


def test_the_metrics_and_the_checkpoint_of_a_run() -> None:
    run = baseline_gan_run()
    for entry in metrics(run):
        assert not missing([*entry, "train_seconds", "seconds"], "train_baseline_gan", "metrics")
    plain = torch.load(run / "last.pt", weights_only=True)
    assert not missing(plain, "train_baseline_gan", "checkpoint")
    assert not missing(plain["state"], "train_baseline_gan", "state")
    assert plain["classifier_sha256"] == load_teacher(baseline_gan_config(None), CPU).sha256  # type: ignore[union-attr]


@pytest.mark.parametrize("generator", ["ganmex", "standalone"])
def test_the_checkpoint_rebuilds_the_generator_that_was_judged(generator: str) -> None:
    run = baseline_gan_run(generator)
    counterfactual = load_generator(run, CPU)
    config = baseline_gan_config(None, generator_kind=generator)
    classifier = load_teacher(config, CPU)
    assert classifier is not None
    dataset = load_dataset("digits", "train", classes=("0", "1", "2"))
    held_out = stratified_split(dataset.labels, 330 / len(dataset), 0)[1]
    images, labels = dataset.images(held_out), dataset.labels[held_out]
    targets, seen = [], [0, 0, 0]
    for label in labels.tolist():
        targets.append((label + 1 + seen[label] % 2) % 3)
        seen[label] += 1
    made = counterfactual.model(images, torch.tensor(targets))
    hits = classifier.model(made).argmax(1) == torch.tensor(targets)
    last = metrics(run)[-1]
    assert last["hit_rate"] == pytest.approx(hits.double().mean().item())
    assert last["l1"] == pytest.approx((made - images).abs().mean().item(), rel=1e-5)


def test_the_last_epoch_is_the_best() -> None:
    run = baseline_gan_run()
    assert (run / "best.pt").read_bytes() == (run / "last.pt").read_bytes()
    assert load_checkpoint(run, kind=KIND)["position"]["epoch"] == 2


@pytest.mark.parametrize(
    ("at_step", "options"),
    [
        (1, {}),
        (STEPS_PER_EPOCH, {"schedule": "constant", "adversarial_loss": "log", "n_critic": 2}),
        (STEPS_PER_EPOCH + 3, {"lambda_reconstruction": 0, "include_source": True}),
        (STEPS_PER_EPOCH + 2, {**ALONE, "ema_decay": 0}),
        (2, {"generator_kind": "standalone", "precision": "float64"}),
    ],
)
def test_an_interrupted_run_ends_as_the_uninterrupted_one(
    at_step: int, options: dict[str, Any], tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_baseline_gan(baseline_gan_config(whole, **options), Recorder())
    with pytest.raises(StoppedBySignal) as stopped:
        train_baseline_gan(baseline_gan_config(parts, **options), Recorder(signal.SIGTERM, at_step))
    assert stopped.value.hint == f"continue with xaitool train-baseline-gan --resume {parts}"
    train_baseline_gan(baseline_gan_config(None, **options, resume=str(parts)), Recorder())
    for name in ("last.pt", "best.pt"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()
    assert metrics(whole) == metrics(parts)
    assert pictures(whole) == pictures(parts)


@pytest.mark.parametrize(
    "options",
    [{}, {"classifier": "digit_networks:make", "channels": 1, "input_size": 28, "judged": 1300}],
    ids=["checkpoint", "code"],
)
def test_a_run_of_before_calls_the_kind_generator(
    options: dict[str, Any], networks: None, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_baseline_gan(baseline_gan_config(whole, **options), Recorder())
    with pytest.raises(StoppedBySignal):
        train_baseline_gan(baseline_gan_config(parts, **options), Recorder(signal.SIGTERM, 2))
    call_kind_generator(parts)
    other = {**options, "generator_kind": "standalone", "resume": str(parts)}
    with pytest.raises(ConfigError, match=r"^--generator-kind is 'standalone', but the run has"):
        train_baseline_gan(baseline_gan_config(None, **other), Recorder())
    train_baseline_gan(baseline_gan_config(None, **options, resume=str(parts)), Recorder())
    assert (whole / "last.pt").read_bytes() == (parts / "last.pt").read_bytes()


def test_a_finished_run_trains_on(tmp_path: Path) -> None:
    longer, run = tmp_path / "longer", tmp_path / "run"
    train_baseline_gan(baseline_gan_config(longer, epochs=2, schedule="constant"), Recorder())
    train_baseline_gan(baseline_gan_config(run, epochs=1, schedule="constant"), Recorder())
    again = baseline_gan_config(None, epochs=2, schedule="constant", resume=str(run))
    train_baseline_gan(again, Recorder())
    for name in ("last.pt", "best.pt"):
        assert (longer / name).read_bytes() == (run / name).read_bytes()
    assert metrics(longer) == metrics(run)


def test_what_cannot_be_resumed(tmp_path: Path) -> None:
    run, classifier = tmp_path / "run", tmp_path / "classifier.pt"
    classifier.write_bytes((three_digits_run() / "best.pt").read_bytes())
    options: dict[str, Any] = {"classifier": str(classifier)}
    with pytest.raises(StoppedBySignal):
        train_baseline_gan(baseline_gan_config(run, **options), Recorder(signal.SIGTERM, 2))
    for other in ({"epochs": 3}, {"width": 8}, {"lambda_class": 2}, {"preset": "small"}):
        config = baseline_gan_config(None, **{**options, **other, "resume": str(run)})
        with pytest.raises(ConfigError, match=f"--{next(iter(other)).replace('_', '-')} is"):
            train_baseline_gan(config, Recorder())
    changed = load_checkpoint(classifier, kind="classifier")
    next(iter(changed["state"]["model"].values())).add_(1)
    save_checkpoint(
        classifier, "classifier", {key: changed[key] for key in changed if key not in HEADER}
    )
    with pytest.raises(DataError, match=r"the classifier's weights of run .* have changed"):
        train_baseline_gan(baseline_gan_config(None, **options, resume=str(run)), Recorder())


def test_the_classifier_stays_as_it_was(tmp_path: Path) -> None:
    run = three_digits_run()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    trained = trainer(baseline_gan_config(None))
    assert trained.teacher is not None
    weights = {name: value.clone() for name, value in trained.teacher.state_dict().items()}
    for step in range(3):
        trained.step(torch.arange(64), torch.Generator().manual_seed(step))
    trained.judge.measure(trained.counterfactual)
    assert all(part.grad is None for part in trained.teacher.parameters())
    assert not trained.teacher.training
    torch.testing.assert_close(trained.teacher.state_dict(), weights, rtol=0, atol=0)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_the_ablation_never_asks_the_classifier_but_is_measured_by_it(tmp_path: Path) -> None:
    assert trainer(baseline_gan_config(None, generator_kind="standalone")).teacher is None
    train_baseline_gan(baseline_gan_config(tmp_path / "run", **ALONE), Recorder())
    states = [
        load_checkpoint(run, kind=KIND)["state"]["generator"]
        for run in (tmp_path / "run", baseline_gan_run("standalone"))
    ]
    torch.testing.assert_close(*states, rtol=0, atol=0)
    alone, measured = metrics(tmp_path / "run"), metrics(baseline_gan_run("standalone"))
    assert all("hit_rate" not in entry and "classification_real" in entry for entry in alone)
    assert [{**entry, "hit_rate": entry["l1"]} for entry in alone] == [
        {**entry, "hit_rate": entry["l1"]} for entry in measured
    ]
    assert load_generator(tmp_path / "run", CPU).classifier is None


def test_without_a_running_mean_the_weights_themselves_are_used(tmp_path: Path) -> None:
    train_baseline_gan(baseline_gan_config(tmp_path / "run", ema_decay=0), Recorder())
    state = load_checkpoint(tmp_path / "run", kind=KIND)["state"]
    assert state["average"] is None
    torch.testing.assert_close(weights(tmp_path / "run"), state["generator"], rtol=0, atol=0)
    with_mean = load_checkpoint(baseline_gan_run(), kind=KIND)["state"]
    torch.testing.assert_close(with_mean["generator"], state["generator"], rtol=0, atol=0)
    mean = weights(baseline_gan_run())
    assert with_mean["average"]["n_averaged"] == 2 * STEPS_PER_EPOCH
    for name, value in mean.items():
        assert torch.equal(value, with_mean["average"][f"module.{name}"])
    assert any(not torch.equal(value, state["generator"][name]) for name, value in mean.items())


def test_the_rates_fall_to_nearly_nothing_over_the_second_half() -> None:
    rates = [_schedule("linear", 100)(step) for step in range(100)]
    assert rates[:50] == [1.0] * 50
    assert all(one > other for one, other in itertools.pairwise(rates[49:]))
    assert 0 < rates[-1] < 0.03
    assert {_schedule("constant", 10)(step) for step in range(10)} == {1.0}
    trained = trainer(baseline_gan_config(None, learning_rate=1e-3, critic_learning_rate=2e-3))
    for step in range(2 * STEPS_PER_EPOCH - 1):
        trained.step(torch.arange(4), torch.Generator().manual_seed(step))
    rates = [group["lr"] for one in trained.optimisers for group in one.param_groups]
    assert rates == pytest.approx([1e-3 * 2 / 9, 2e-3 * 2 / 9])


@pytest.mark.parametrize("weights", [False, True])
def test_a_factory_is_a_classifier_too(weights: bool, networks: None, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "classifier": "digit_networks:make(logits=10)",
        "channels": 1,
        "input_size": 28,
        "epochs": 1,
        "judged": 1300,
    }
    if weights:
        torch.manual_seed(1)
        torch.save(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).state_dict(), "weights.pt")
        options["weights"] = tmp_path / "weights.pt"
    train_baseline_gan(baseline_gan_config(tmp_path / "run", **options), Recorder())
    found = load_generator(tmp_path / "run", CPU)
    assert (found.dataset, found.shape, len(found.classes)) == ("digits", (1, 28, 28), 10)
    assert found.classifier == "digit_networks:make(logits=10)"


def test_an_exported_program_is_a_classifier_too(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    batch = {"input": {0: torch.export.Dim("batch")}}
    program = torch.export.export(network, (torch.rand(2, 1, 28, 28),), dynamic_shapes=batch)
    torch.export.save(program, tmp_path / "net.pt2")
    config = baseline_gan_config(
        tmp_path / "run", classifier=str(tmp_path / "net.pt2"), epochs=1, judged=1300
    )
    train_baseline_gan(config, Recorder())
    assert metrics(tmp_path / "run")[0]["hit_rate"] >= 0


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"classifier": None}, ConfigError, "--generator-kind ganmex has no --classifier"),
        ({"dataset": "digits", "classes": ("0", "1")}, DataError, "has the classes 0, 1, but"),
        ({"image_size": 32}, ConfigError, "--image-size is 32, but .* takes images of 28 pixels"),
        ({"input_size": 32}, ModelError, "is a checkpoint, but --input-size is for the others"),
        (
            {"judged": 999},
            ConfigError,
            "--judged is 999, but fewer than the [0-9]+ training images",
        ),
        ({**ALONE, "mean": 0.5, "std": 1}, ConfigError, "--mean is 0.5, but nothing in this run"),
        ({**ALONE, "weights": "w.pth"}, ConfigError, "--weights is w.pth, but nothing in"),
        ({**ALONE, "classes": ("3",)}, DataError, "has one class"),
        ({**ALONE, "image_size": 4}, ModelError, "images are 4x4, but the generator wants"),
        (
            {"classifier": "digit_networks:make(logits=1)", "channels": 1, "input_size": 28},
            DataError,
            "has 10 classes, but digit_networks:make.logits=1. tells 2 apart",
        ),
        (
            {"classifier": "digit_networks:make(logits=7)", "channels": 1, "input_size": 28},
            DataError,
            "has 10 classes, but digit_networks:make.logits=7. tells 7 apart",
        ),
        (
            {"classifier": "digit_networks:make(side=32)", "channels": 1, "input_size": 28},
            ModelError,
            r"fails on an image \(1, 28, 28\)",
        ),
        (
            {"classifier": "digit_networks:Stiff", "channels": 1, "input_size": 28},
            ModelError,
            "gives its logits no gradient",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    options: dict[str, Any], kind: type[InputError], message: str, networks: None, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message) as error:
        train_baseline_gan(baseline_gan_config(tmp_path / "run", **options), Recorder())
    assert error.value.exit_code == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")
@pytest.mark.parametrize("count", [0, 1])
def test_a_class_without_enough_images_is_named(count: int, tmp_path: Path) -> None:
    for name, images in (("cats", 4), ("dogs", count)):
        (tmp_path / "data" / "train" / name).mkdir(parents=True)
        (tmp_path / "data" / "test" / name).mkdir(parents=True)
        for index in range(images):
            Image.new("L", (12, 12), index).save(tmp_path / "data/train" / name / f"{index}.png")
        Image.new("L", (12, 12)).save(tmp_path / "data/test" / name / "0.png")
    options = {**ALONE, "dataset": f"folder:{tmp_path / 'data'}", "classes": None, "judged": 2}
    with pytest.raises(DataError, match="dogs"):
        train_baseline_gan(baseline_gan_config(tmp_path / "run", **options), Recorder())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("batch_size", [16, 500], ids=["steps", "one step"])
def test_divergence_stops_with_the_state_saved(batch_size: int, tmp_path: Path) -> None:
    config = baseline_gan_config(
        tmp_path / "run", learning_rate=1e30, ema_decay=0, batch_size=batch_size, epochs=1
    )
    with pytest.raises(DivergenceError, match="became NaN or infinite in epoch 1") as error:
        train_baseline_gan(config, Recorder())
    assert (error.value.exit_code, error.value.hint) == (1, "try a smaller --learning-rate")
    load_checkpoint(tmp_path / "run" / "diverged.pt", kind=KIND)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "diverged"


def test_the_data_are_the_classifiers_own_unless_others_are_named() -> None:
    config = baseline_gan_config(None)
    classifier = load_teacher(config, CPU)
    dataset = load_targeted_data(Context(config, CPU, Recorder()), classifier)
    assert (dataset.name, dataset.classes) == ("digits", ("0", "1", "2"))
    alone = baseline_gan_config(None, generator_kind="standalone", classifier=None, image_size=16)
    dataset = load_targeted_data(Context(alone, CPU, Recorder()), None)
    assert (dataset.shape, len(dataset.classes)) == ((1, 16, 16), 10)


def test_presets_hold_only_options_and_what_is_given_wins() -> None:
    for name, values in BASELINE_GANS.items():
        config = TrainBaselineGanConfig(preset=name)
        assert {key: getattr(config, key) for key in values} == values
    head = TrainBaselineGanConfig(preset="authors-head", n_critic=5)
    assert (head.n_critic, head.lambda_class, head.lambda_reconstruction) == (5, 1000, 0)
    assert TrainBaselineGanConfig(preset="small", epochs=3).width == 16
    assert TrainBaselineGanConfig() == TrainBaselineGanConfig(preset="stargan")


@pytest.mark.slow
def test_it_learns_to_write_other_digits(tmp_path: Path) -> None:
    """Digits that another classifier reads, too: not only noise that fools the one it knows."""
    config = TrainBaselineGanConfig(
        preset="small",
        classifier=str(three_digits_run()),
        out=tmp_path / "run",
        epochs=6,
        batch_size=16,
        n_critic=1,
        lambda_similarity=10,
        learning_rate=5e-4,
        critic_learning_rate=5e-4,
        judged=60,
        device="cpu",
    )
    train_baseline_gan(config, Recorder())
    last = metrics(tmp_path / "run")[-1]
    assert last["hit_rate"] >= 0.95
    assert last["l1"] < 0.2
    other = classifier_config(tmp_path / "other", architecture="ganmex-cnn", seed=5, epochs=4)
    train_classifier(other, Recorder())
    dataset = load_dataset("digits", "test", classes=("0", "1", "2"))
    targets = other_classes(dataset.labels, 3)
    made = load_generator(tmp_path / "run", CPU).model(
        dataset.images(torch.arange(len(dataset))), targets
    )
    judge = load_classifier(str(tmp_path / "other"), None, CPU)
    assert (judge.logits(made, 256).argmax(1) == targets).double().mean() >= 0.8
