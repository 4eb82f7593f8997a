"""Losses, warm-up, presets, augmentation, adversarial training and transfer in a training."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from tests.workflows.tiny_runs import Recorder, classifier_config, make_quick, metrics
from xaitool import registry
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.losses.pc import ProbabilisticallyCompact
from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.training.group_losses import GroupDro, Reweighted
from xaitool.errors import (
    ConfigError,
    DataError,
    InputError,
    ModelError,
    StoppedBySignal,
    UnknownNameError,
)
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.classifiers.recipe import ClassifierRecipe
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.presets import CLASSIFIERS
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

STEPS_PER_EPOCH = 4
LARGE_BATCHES: dict[str, Any] = {"batch_size": 128, "classes": ("0", "1", "2")}

EVERYTHING: dict[str, Any] = {
    **LARGE_BATCHES,
    "architecture": "ganmex-cnn",
    "loss": "pc",
    "epochs": 3,
    "warm_up": 1,
    "optimiser": "sgd",
    "schedule": "steps",
    "milestones": (1,),
    "learning_rate": 0.05,
    "augment": ("flip", "rotate", "crop"),
    "adversarial": "pgd",
    "adversarial_epsilon": (0.0, 0.1),
    "adversarial_steps": 2,
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def recipe(**options: Any) -> ClassifierRecipe:
    return ClassifierRecipe(TrainClassifierConfig(**options))


def state(run: Path, name: str = "last.pt") -> dict[str, Any]:
    found: dict[str, Any] = load_checkpoint(run / name, kind="classifier")["state"]
    return found


def test_a_resumed_run_is_the_same_across_the_switch_bit_for_bit(tmp_path: Path) -> None:
    """Interrupted within the warm-up, at its last step, and in the middle of what follows."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_classifier(classifier_config(whole, **EVERYTHING), Recorder())
    options = dict(EVERYTHING)
    # Steps of each part: stopped after the 2nd, the 4th and the 6th of 12.
    for _ in range(3):
        with pytest.raises(StoppedBySignal):
            train_classifier(classifier_config(parts, **options), Recorder(signal.SIGTERM, 2))
        options["resume"] = str(parts)
    train_classifier(classifier_config(parts, **options), Recorder())
    for name in ("last.pt", "best.pt"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()
    assert metrics(whole) == metrics(parts)
    assert "adversarial_accuracy" in metrics(whole)[0]


def test_after_the_warm_up_the_optimiser_is_new_and_the_rest_stays(tmp_path: Path) -> None:
    common = {**LARGE_BATCHES, "schedule": "constant", "optimiser": "sgd", "learning_rate": 0.01}
    plain, warmed = tmp_path / "plain", tmp_path / "warmed"
    train_classifier(classifier_config(plain, epochs=1, **common), Recorder())
    options = {**common, "epochs": 2, "warm_up": 1, "loss": "logistic"}
    with pytest.raises(StoppedBySignal):
        train_classifier(
            classifier_config(warmed, **options), Recorder(signal.SIGTERM, STEPS_PER_EPOCH + 1)
        )
    assert metrics(plain)[0] == metrics(warmed)[0]
    # One step of the second loss without the momentum of the first: the buffer is the gradient.
    after = state(warmed)
    moved = state(plain)["model"]["head.bias"] - after["model"]["head.bias"]
    momenta = [one["momentum_buffer"] for one in after["optimiser"]["state"].values()]
    torch.testing.assert_close(moved, 0.01 * momenta[-1], rtol=1e-4, atol=1e-7)


def test_the_best_epoch_is_one_of_the_loss_itself(tmp_path: Path) -> None:
    """With a rate at which the second half unlearns, its best is still not the warm-up's."""
    run = tmp_path / "run"
    options = {**LARGE_BATCHES, "epochs": 4, "warm_up": 2, "loss": "gce", "learning_rate": 0.003}
    train_classifier(classifier_config(run, **options), Recorder())
    accuracies = [entry["validation_accuracy"] for entry in metrics(run)]
    best = load_checkpoint(run / "best.pt", kind="classifier")["position"]["epoch"]
    assert best == 3 + accuracies[2:].index(max(accuracies[2:]))


@pytest.mark.parametrize("loss", registry.names("loss"))
def test_every_loss_trains(loss: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_classifier(classifier_config(run, **LARGE_BATCHES, loss=loss, epochs=4), Recorder())
    assert metrics(run)[-1]["validation_accuracy"] > 0.5
    assert (
        metrics(run)[-1]["validation_worst_class_accuracy"]
        <= (metrics(run)[-1]["validation_accuracy"])
    )


@pytest.mark.parametrize(
    ("options", "warm_up"),
    [
        ({"loss": "pc"}, 5),
        ({"loss": "pc", "epochs": 1}, 0),
        ({"loss": "pc", "warm_up": 0}, 0),
        ({"loss": "gce"}, 0),
        ({"loss": "gce", "warm_up": 9}, 9),
        ({"preset": "pc-mnist"}, 50),
        ({"preset": "pc-mnist", "loss": "cross-entropy"}, 0),
        ({"preset": "pc-cifar10", "epochs": 20}, 10),
    ],
)
def test_how_long_the_warm_up_is(options: dict[str, Any], warm_up: int) -> None:
    assert recipe(**options).warm_up == warm_up


def test_options_of_the_loss_and_class_weights_reach_it() -> None:
    labels, classes = torch.tensor([0, 0, 0, 1]), ("a", "b")
    first, then = recipe(
        loss="pc", loss_option=("margin=0.5", "logit=max", "constraint=0.25")
    ).losses(labels, classes)
    assert isinstance(first, CrossEntropy)
    assert isinstance(then, ProbabilisticallyCompact)
    assert (then.options.margin, then.options.logit, then.options.constraint) == (0.5, "max", 0.25)
    given = recipe(class_weights="1,3", warm_up=1)
    for loss in given.losses(labels, classes):
        logits = torch.tensor([[1.0, 0.0], [2.0, 0.5]])
        each = F.cross_entropy(logits, torch.tensor([0, 1]), reduction="none")
        wanted = (each * torch.tensor([1.0, 3.0])).mean()
        torch.testing.assert_close(loss(logits, torch.tensor([0, 1])), wanted)
    (_, balanced) = recipe(class_weights="inverse-frequency").losses(labels, classes)
    assert balanced.class_weights is not None
    assert (balanced.class_weights[1] / balanced.class_weights[0]).item() == pytest.approx(3)


def test_class_weights_change_what_is_learnt(tmp_path: Path) -> None:
    for name, weights in (("even", "none"), ("odd", "1,1,0")):
        config = classifier_config(tmp_path / name, **LARGE_BATCHES, epochs=4)
        options = {**config.to_dict(), "class_weights": weights}
        train_classifier(TrainClassifierConfig(**options), Recorder())
    assert metrics(tmp_path / "even")[-1]["validation_worst_class_accuracy"] > 0.5
    assert metrics(tmp_path / "odd")[-1]["validation_worst_class_accuracy"] == 0


def test_the_schedule_counts_epochs_of_its_own_half() -> None:
    given = recipe(preset="pc-cifar10")
    for warming_up in (True, False):
        factor = given.rate_factor(10, warming_up=warming_up)
        found = [factor(epoch * 10) for epoch in (0, 49, 50, 99, 100, 149)]
        assert found == pytest.approx([1, 1, 0.2, 0.2, 0.04, 0.04])
    cosine = recipe(epochs=4, warm_up=1)
    assert cosine.rate_factor(10, warming_up=True)(9) < 0.1
    assert cosine.rate_factor(10, warming_up=False)(9) > 0.7


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_presets_are_defaults(name: str) -> None:
    config = TrainClassifierConfig(preset=name)
    for option, value in CLASSIFIERS[name].items():
        assert getattr(config, option) == value
    changed = TrainClassifierConfig(preset=name, learning_rate=0.5, epochs=7, batch_size=3)
    assert (changed.learning_rate, changed.epochs, changed.batch_size) == (0.5, 7, 3)
    assert changed.architecture == config.architecture
    assert ClassifierRecipe(config).warm_up < config.epochs
    with torch.device("meta"):  # VGG-16 has 500 MB of weights
        build_classifier(
            config.architecture,
            shape=(3, config.image_size or 32, config.image_size or 32),
            classes=10,
            mean=[0.5] * 3,
            standard_deviation=[0.2] * 3,
        )


def test_without_options_nothing_has_changed() -> None:
    config = TrainClassifierConfig()
    found = ClassifierRecipe(config)
    assert (config.optimiser, config.schedule, config.learning_rate) == ("adamw", "cosine", 1e-3)
    assert (found.warm_up, found.adversarial, bool(found.augmentation)) == (0, None, False)
    assert (found.counterfactual, found.grouped) == (False, False)


@pytest.mark.parametrize(
    ("options", "metric"),
    [
        ({}, "validation_accuracy"),
        ({"debias": "reweight"}, "validation_worst_group_accuracy"),
        ({"debias": "group-dro", "loss": "pc"}, "validation_worst_group_accuracy"),
        ({"augment": ("cia",), "cvae": "recolour"}, "validation_worst_group_accuracy"),
    ],
)
def test_by_what_the_best_epoch_is_chosen(options: dict[str, Any], metric: str) -> None:
    assert recipe(**options).chosen_by == metric


def test_groups_count_as_debiasing_says() -> None:
    counts, names = torch.tensor([6, 2]), ("a", "b")
    even = recipe(debias="reweight").debiased(CrossEntropy(), counts, names)
    assert isinstance(even, Reweighted)
    assert even.weights.tolist() == pytest.approx([8 / 12, 8 / 4])
    worst = recipe(debias="group-dro", group_step=0.3).debiased(CrossEntropy(), counts, names)
    assert isinstance(worst, GroupDro)
    assert (worst.step, worst.count) == (0.3, 2)
    with pytest.raises(DataError, match="group 'b' has no training image, but --debias reweight"):
        recipe(debias="reweight").debiased(CrossEntropy(), torch.tensor([6, 0]), names)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"loss": "pce"}, UnknownNameError, "unknown loss 'pce'; did you mean 'pc'"),
        ({"preset": "pc"}, UnknownNameError, "unknown preset 'pc'"),
        ({"loss": "pc", "loss_option": ("magin=1",)}, ConfigError, "loss 'pc' has no option"),
        ({"loss_option": ("beta=1",)}, ConfigError, "'cross-entropy' has no option 'beta'"),
        ({"loss": "lgl-inr", "loss_option": ("beta",)}, ConfigError, "has no value"),
        ({"loss": "lgl-inr", "loss_option": ("beta=-1",)}, ConfigError, "at least 0 is wanted"),
        ({"loss": "gce", "class_weights": "1,2,3"}, ConfigError, "--class-weights is 1,2,3"),
        ({"class_weights": "1,2"}, ConfigError, "has 2 weights, but 3, one a class"),
        ({"class_weights": "frequency"}, UnknownNameError, "unknown class weights 'frequency'"),
        ({"loss": "gce", "classes": ("0", "1")}, ConfigError, "at least 3 classes, but"),
        ({"loss": "pc", "warm_up": 2}, ConfigError, "less than the 2 of --epochs is wanted"),
        ({"schedule": "steps"}, ConfigError, "--milestones says at no epoch"),
        ({"augment": ("none", "flip")}, ConfigError, "none is wanted alone"),
        ({"augment": ("mirror",)}, UnknownNameError, "unknown augmentation 'mirror'"),
        ({"adversarial": "fgsm"}, ConfigError, "but --adversarial-epsilon LOW,HIGH is wanted"),
        *(
            ({"adversarial": "pgd", "adversarial_epsilon": bad}, ConfigError, "one value or LOW")
            for bad in ((0.3, 0.1), (0.0,), (0.1, 0.2, 0.3))
        ),
        ({"adversarial_epsilon": (0.1, 2.0)}, ConfigError, "at most 1 is wanted"),
        ({"head": 64}, ModelError, "lenet5 is trained as a whole, but a new head"),
        ({"freeze_backbone": True}, ModelError, "lenet5 is trained as a whole, but --weights"),
        (
            {"architecture": "squeezenet1_1", "weights": "nowhere.pth", "image_size": 64},
            ModelError,
            "weights 'nowhere.pth' are no file",
        ),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    options: dict[str, Any], kind: type[InputError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        train_classifier(classifier_config(tmp_path / "run", **options), Recorder())
    assert not (tmp_path / "run").exists()


def test_a_class_with_no_sample_has_no_weight() -> None:
    given = recipe(class_weights="inverse-frequency")
    with pytest.raises(DataError, match="class 'c' has no training sample"):
        given.losses(torch.tensor([0, 1]), ("a", "b", "c"))


def test_a_batch_smaller_than_the_classes_works_and_is_said_once(tmp_path: Path) -> None:
    recorder = Recorder()
    options: dict[str, Any] = {"loss": "lgl-inr", "batch_size": 2, "epochs": 1}
    train_classifier(classifier_config(tmp_path / "run", **options), recorder)
    (warning,) = recorder.warnings
    assert "--batch-size 2 is less than the 3 classes that --loss lgl-inr compares" in warning
    assert recipe(loss="lgl-inr", batch_size=10).small_batch(10) is None
    assert recipe(loss="pc", batch_size=1).small_batch(10) is None


def test_a_last_batch_of_one_is_refused_where_the_network_cannot_take_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    plan = train_classifier(classifier_config(run, dry_run=True), Recorder())
    assert isinstance(plan, dict)
    size = plan["samples"] - 1
    options: dict[str, Any] = {"batch_size": size, "dry_run": True}
    with pytest.raises(ConfigError, match=r"leaves 1 of .* images for the last step") as refused:
        train_classifier(classifier_config(run, architecture="ganmex-cifar-cnn", **options))
    assert refused.value.hint == f"--batch-size {size + 1}"
    assert train_classifier(classifier_config(run, architecture="lenet5", **options))
    assert not run.exists()


@pytest.fixture(scope="module")
def imagenet_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(7)
    network = torchvision_models.build(
        "shufflenet_v2_x0_5", 1000, shape=(3, 32, 32), mean=[0.5] * 3, standard_deviation=[0.2] * 3
    ).network
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(network.state_dict(), path)
    return path


def transfer(run: Path, weights: Path, **options: Any) -> TrainClassifierConfig:
    common: dict[str, Any] = {**LARGE_BATCHES, "classes": ("0", "1"), "image_size": 32, "epochs": 1}
    common |= {"architecture": "shufflenet_v2_x0_5", "weights": str(weights)}
    return classifier_config(run, **{**common, **options})


def test_a_frozen_backbone_stays_and_its_checkpoint_rebuilds(
    imagenet_weights: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = transfer(run, imagenet_weights, freeze_backbone=True, head=16, adversarial="fgsm")
    config = TrainClassifierConfig(**{**config.to_dict(), "adversarial_epsilon": (0.01, 0.02)})
    train_classifier(config, Recorder())
    given = torch.load(imagenet_weights, weights_only=True)
    trained = state(run)["model"]
    kept = {
        name.removeprefix("backbone.network."): value
        for name, value in trained.items()
        if name.startswith("backbone.network.")
    }
    assert kept.keys() == {name for name in given if not name.startswith("fc.")}
    assert all(value.equal(given[name]) for name, value in kept.items())
    assert len(state(run)["optimiser"]["state"]) == 4  # weights and biases of two layers

    loaded = load_classifier(str(run), None, Runtime.from_options(config))
    assert loaded.input.mean == pytest.approx([sum((0.485, 0.456, 0.406)) / 3])
    images = torch.rand(3, 1, 32, 32)
    logits = loaded.logits(images, 3)
    assert logits.shape == (3, 2)
    checkpoint = load_checkpoint(run, kind="classifier")
    assert checkpoint["weights_sha256"]
    assert json.dumps(checkpoint["transfer"])


@pytest.mark.parametrize("options", [{}, {"head": 8}])
def test_a_whole_network_is_tuned_from_weights(
    options: dict[str, Any], imagenet_weights: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = transfer(run, imagenet_weights, **options)
    train_classifier(config, Recorder())
    given = torch.load(imagenet_weights, weights_only=True)
    trained = state(run)["model"]
    assert not trained["backbone.network.conv1.0.weight"].equal(given["conv1.0.weight"])
    loaded = load_classifier(str(run), None, Runtime.from_options(config))
    assert loaded.logits(torch.rand(2, 1, 32, 32), 2).shape == (2, 2)
