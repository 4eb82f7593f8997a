"""CIA in a training: which images it uses, how many it holds, its groups, and that it resumes."""

from __future__ import annotations

import signal
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.workflows.tiny_runs import Recorder, classifier_config, make_quick, metrics
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.training.augmentation import epoch_draws
from xaitool.core.training.interpolated_batch import interpolated_batch
from xaitool.data.groups import TrainingGroups
from xaitool.data.load import load_dataset, stratified_split
from xaitool.data.loader import Loaded
from xaitool.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    InputError,
    ModelError,
    StoppedBySignal,
)
from xaitool.io.checkpoints import file_sha256, load_checkpoint, save_checkpoint
from xaitool.workflows.classifiers import counterfactual_augmentation
from xaitool.workflows.classifiers.counterfactual_augmentation import CounterfactualAugmentation
from xaitool.workflows.classifiers.recipe import ClassifierRecipe
from xaitool.workflows.classifiers.train_classifier import ClassifierTrainer, train_classifier
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.models import datasets as training_data
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

BIASED: dict[str, Any] = {
    "dataset": "biased-mnist:of=digits,label=digit,noise=0",
    "classes": ("0", "9"),
    "image_size": 12,
    "epochs": 1,
}
CIA: dict[str, Any] = {**BIASED, "augment": ("cia",), "cvae": "recolour", "interpolations": 3}
THREE_COLOURS = {**CIA, "dataset": "coloured-mnist:of=digits", "sensitive": ("colour",)}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def images_of(config: TrainClassifierConfig) -> Loaded:
    return load_dataset(
        config.dataset,
        "train",
        classes=config.classes,
        image_size=config.image_size,
        sensitive=config.sensitive,
    )


def split_of(config: TrainClassifierConfig) -> tuple[Loaded, Tensor, Tensor]:
    dataset = images_of(config)
    return (dataset, *stratified_split(dataset.labels, config.validation, config.seed))


def augmentation(**options: Any) -> tuple[CounterfactualAugmentation, Loaded, Tensor]:
    config = classifier_config(None, **{**CIA, **options})
    dataset, train, _ = split_of(config)
    runtime = Runtime.from_options(config)
    return CounterfactualAugmentation(config, dataset, train, runtime), dataset, train


def cvae_at(path: Path, seed: int = 0, **changes: Any) -> Path:
    """A checkpoint of an autoencoder with random weights for the images of `BIASED`."""
    torch.manual_seed(seed)
    content: dict[str, Any] = {
        "shape": [3, 12, 12],
        "classes": ["0", "9"],
        "sensitive": {"colour": ["red", "green"]},
        "dataset": BIASED["dataset"],
        "dataset_digest": "",
        "architecture": {"latent": 2, "network": "mlp"},
        "config": {},
        **changes,
    }
    sizes = [len(names) for names in content["sensitive"].values()]
    model = Cvae(tuple(content["shape"]), len(content["classes"]), sizes)
    save_checkpoint(path, "cvae", {**content, "state": {"model": model.state_dict()}})
    return path


class Spy:
    """Sees the images that a training's path is asked for, and those that it gives."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked: list[bytes] = []
        self.made: list[int] = []
        points = RecolouringPath.points

        def seen(path: RecolouringPath, images: Tensor, *arguments: Any) -> Tensor:
            self.asked += [image.numpy().tobytes() for image in images]
            found = points(path, images, *arguments)
            self.made.append(found.shape[0] * found.shape[1])
            return found

        patch.setattr(RecolouringPath, "points", seen)


@pytest.mark.parametrize("limit", [None, 20])
def test_neither_test_nor_held_out_images_get_interpolations(
    limit: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits, load = [], load_dataset

    def recorded(name: str, split: Any, **options: Any) -> Loaded:
        splits.append(split)
        return load(name, split, **options)

    monkeypatch.setattr(training_data, "load_dataset", recorded)
    spy = Spy(monkeypatch)
    options = {**CIA, "augment_limit": limit, "epochs": 2}
    config = classifier_config(tmp_path / "run", **options)
    train_classifier(config, Recorder())
    assert splits == ["train"]
    dataset, train, held_out = split_of(config)
    trained, kept = (
        {image.numpy().tobytes() for image in dataset.images(part)} for part in (train, held_out)
    )
    assert not trained & kept
    assert set(spy.asked) <= trained
    count = len(train) if limit is None else limit
    # The same ones in both epochs, each once in each.
    assert len(spy.asked) == 2 * count
    assert len(set(spy.asked)) == count


def test_no_more_than_a_batch_is_ever_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy, make = Spy(monkeypatch), interpolated_batch
    alive: list[weakref.ref[Tensor]] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        assert [old() for old in alive] == [None] * len(alive)
        batch = make(*arguments, **options)
        alive.append(weakref.ref(batch.images))
        return batch

    monkeypatch.setattr(counterfactual_augmentation, "interpolated_batch", watched)
    train_classifier(classifier_config(tmp_path / "run", **CIA, batch_size=32), Recorder())
    assert len(alive) > 5
    assert max(spy.made) == 3 * 32


def test_a_cvae_sees_the_training_label_and_its_decoder_alone_another_attribute(
    tmp_path: Path,
) -> None:
    path = cvae_at(tmp_path / "cvae.pt")
    found, dataset, train = augmentation(cvae=str(path))
    assert found.cvae_sha256 == file_sha256(path)
    torch.manual_seed(0)
    model = Cvae((3, 12, 12), 2, [2]).eval()
    samples = train[:4]
    images, labels = dataset.images(samples), dataset.labels[samples]
    colours = dataset.attributes["colour"].values[samples]
    batch = found(images, labels, samples, 0)
    own = torch.eye(2)[colours]
    with torch.no_grad():
        code = model.encode(images, labels, own)[0]
        wanted = [
            model.decode(code, labels, (1 - place) * own + place * own.flip(1))
            for place in (0.0, 0.5, 1.0)
        ]
    torch.testing.assert_close(batch.images[4:], torch.stack(wanted, 1).flatten(0, 1))


def trainer_of(config: TrainClassifierConfig) -> ClassifierTrainer:
    dataset, train, held_out = split_of(config)
    runtime = Runtime.from_options(config)
    return ClassifierTrainer(
        Context(config, runtime, Recorder()), ClassifierRecipe(config), dataset, train, held_out
    )


def test_interpolations_are_varied_as_their_image_is() -> None:
    config = classifier_config(
        None, **{**CIA, "augment": ("cia", "flip", "rotate"), "debias": "reweight"}
    )
    trainer = trainer_of(config)
    samples = trainer.train[:6]
    images, labels, groups = trainer._batch(samples)
    assert groups is not None
    assert len(images) == len(labels) == len(groups) == 6 * 4
    draws = epoch_draws(0, 0, len(trainer.dataset))[samples]
    assert 0 < (draws[:, 1] < 0.5).sum() < 6
    varied = trainer.recipe.augmentation(trainer.dataset.images(samples), draws)
    torch.testing.assert_close(images[:6], varied)
    for number, image in enumerate(varied):
        # A recolouring of the varied image is what varying the recoloured one gives.
        own, half, moved = images[6 + 3 * number : 9 + 3 * number]
        torch.testing.assert_close(own, image)
        torch.testing.assert_close(moved, image[[1, 0, 2]])
        torch.testing.assert_close(half, (image + image[[1, 0, 2]]) / 2)


def test_of_more_than_two_values_each_image_draws_its_own_whatever_its_batch() -> None:
    found, dataset, train = augmentation(**THREE_COLOURS)

    def ends(samples: Tensor, epoch: int) -> dict[int, int]:
        images, labels = dataset.images(samples), dataset.labels[samples]
        batch = found(images, labels, samples, epoch)
        last = batch.images[len(samples) :][2::3]
        return dict(zip(samples.tolist(), last.flatten(2).sum(2).argmax(1).tolist(), strict=True))

    first = ends(train, 0)
    own = dataset.attributes["colour"].values
    steps = Counter((after - int(own[sample])) % 3 for sample, after in first.items())
    assert steps.keys() == {1, 2}
    assert min(steps.values()) > 0.35 * len(train)
    assert ends(train, 1) != first
    again = ends(train.flip(0)[:7], 0)
    assert again.items() <= first.items()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"interpolations": 1},
        {"interpolations": 4, "augment_limit": 30},
        {"augment_limit": 30, "replace_originals": True},
        THREE_COLOURS,
    ],
    ids=str,
)
def test_groups_are_those_of_the_nearer_end_and_their_counts_of_all_images(
    options: dict[str, Any],
) -> None:
    found, dataset, train = augmentation(**options)
    groups = TrainingGroups(dataset)
    assert groups.names[:2] == ("0, colour=red", "0, colour=green")
    total = torch.zeros(len(groups.names), dtype=torch.int64)
    colours = dataset.attributes["colour"]
    for samples in train.split(50):
        batch = found(dataset.images(samples), dataset.labels[samples], samples, 0)
        assigned = found.groups(batch, samples, 0, groups)
        total += groups.count(assigned)
        sums = batch.images.flatten(2).sum(2)
        for group, label, sum_ in zip(assigned, batch.labels, sums, strict=True):
            name = groups.names[int(group)]
            assert name.startswith(dataset.classes[int(label)])
            channel = colours.names.index(name.partition("=")[2])
            torch.testing.assert_close(sum_[channel], sum_.max())
    assert found.group_counts(groups, train).equal(total)


EVERYTHING: dict[str, Any] = {
    **CIA,
    "epochs": 2,
    "batch_size": 128,
    "interpolations": 2,
    "augment": ("cia", "flip"),
    "augment_limit": 100,
    "debias": "group-dro",
    "group_step": 0.5,
    "loss": "gce",
    "classes": ("0", "5", "9"),
    "warm_up": 1,
    "adversarial": "fgsm",
    "adversarial_epsilon": (0.0, 0.1),
}


def test_a_resumed_run_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_classifier(classifier_config(whole, **EVERYTHING), Recorder())
    options = dict(EVERYTHING)
    for at_step in (2, 4):
        with pytest.raises(StoppedBySignal):
            train_classifier(classifier_config(parts, **options), Recorder(signal.SIGTERM, at_step))
        options["resume"] = str(parts)
    train_classifier(classifier_config(parts, **options), Recorder())
    for name in ("last.pt", "best.pt"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()
    assert metrics(whole) == metrics(parts)
    weights = metrics(whole)[-1]["group_weights"]
    assert sum(weights.values()) == pytest.approx(1)
    assert len(set(weights.values())) == 6


def test_a_run_does_not_go_on_with_another_cvae(tmp_path: Path) -> None:
    run, cvae = tmp_path / "run", cvae_at(tmp_path / "cvae.pt")
    options = {**CIA, "cvae": str(cvae)}
    with pytest.raises(StoppedBySignal):
        train_classifier(classifier_config(run, **options), Recorder(signal.SIGTERM, 1))
    sha256 = file_sha256(cvae)
    assert load_checkpoint(run, kind="classifier")["cvae_sha256"] == sha256
    cvae_at(cvae, seed=1)
    options["resume"] = str(run)
    with pytest.raises(DataError, match=r"the CVAE's weights of run .* have changed"):
        train_classifier(classifier_config(None, **options), Recorder())
    with pytest.raises(ConfigError, match="--cvae is 'recolour', but the run has"):
        train_classifier(classifier_config(None, **{**options, "cvae": "recolour"}), Recorder())
    cvae_at(cvae)
    train_classifier(classifier_config(None, **options), Recorder())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [3, 8, 8]}, r"images \(3, 8, 8\), but \(3, 12, 12\) is wanted"),
        ({"classes": ["0", "8"]}, "the labels 0, 8, but 0, 9 is wanted"),
        ({"sensitive": {"hue": ["red", "green"]}}, r"attributes hue .*, but colour \(red, green\)"),
    ],
)
def test_a_cvae_of_something_else(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = cvae_at(tmp_path / "cvae.pt", **changes)
    with pytest.raises(ModelError, match=message):
        augmentation(cvae=str(path))


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({**BIASED, "augment": ("cia",)}, ConfigError, "--augment is cia, but no --cvae says"),
        ({**BIASED, "cvae": "recolour"}, ConfigError, "--cvae is recolour, but nothing in this"),
        ({**BIASED, "augment_limit": 9}, ConfigError, "--augment-limit is 9, but nothing"),
        (
            {**BIASED, "replace_originals": True},
            ConfigError,
            "--replace-originals is on, but nothing",
        ),
        ({**CIA, "augment": ("cia", "none")}, ConfigError, "none is wanted alone"),
        ({**CIA, "interpolations": 0}, ConfigError, "--interpolations is 0, but at least 1"),
        ({**CIA, "cvae": "nowhere.pt"}, ArtifactError, "nowhere.pt does not exist"),
        ({**CIA, "dataset": "digits"}, DataError, "no sensitive attribute, but --augment cia"),
        ({**BIASED, "dataset": "digits", "debias": "reweight"}, DataError, "but --debias reweight"),
        (
            {**CIA, "sensitive": ("colour", "shape")},
            ConfigError,
            "--cvae recolour moves light from channel to channel, but .* colour, shape",
        ),
        ({**BIASED, "debias": "reweight", "loss": "pc"}, ConfigError, "--loss pc takes no weights"),
        ({**BIASED, "debias": "group-dro", "loss": "lgl-inr"}, ConfigError, "compares classes"),
        (
            {**BIASED, "dataset": BIASED["dataset"] + ",train-flip=0", "debias": "group-dro"},
            DataError,
            "group '0, colour=green' has no training image, but --debias group-dro wants at least",
        ),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    options: dict[str, Any], kind: type[InputError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        train_classifier(classifier_config(tmp_path / "run", **options), Recorder())
    assert not (tmp_path / "run").exists()


def test_interpolations_fill_a_group_that_the_images_leave_empty(tmp_path: Path) -> None:
    options = {**CIA, "dataset": BIASED["dataset"] + ",train-flip=0", "debias": "reweight"}
    recorder = Recorder()
    train_classifier(classifier_config(tmp_path / "run", **options), recorder)
    assert [text for text in recorder.warnings if "has no held-out image" in text] == [
        "group '0, colour=green' has no held-out image and is not judged",
        "group '9, colour=red' has no held-out image and is not judged",
    ]


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, "validation_accuracy"),
        ({"augment": ("cia",), "cvae": "recolour"}, "validation_worst_group_accuracy"),
    ],
)
def test_the_worst_group_is_measured_and_chooses_where_a_bias_is_fought(
    options: dict[str, Any], chosen: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = classifier_config(run, **{**BIASED, "epochs": 3, "validation": 0.4, **options})
    train_classifier(config, Recorder())
    values = [entry[chosen] for entry in metrics(run)]
    best = load_checkpoint(run / "best.pt", kind="classifier")["position"]
    assert (best["epoch"], best["best"]) == (values.index(max(values)) + 1, max(values))

    dataset, _, held_out = split_of(config)
    model = load_classifier(str(run / "last.pt"), None, Runtime.from_options(config))
    right = model.logits(dataset.images(held_out), 64).argmax(1) == dataset.labels[held_out]
    pairs = [
        (int(dataset.labels[i]), int(dataset.attributes["colour"].values[i])) for i in held_out
    ]
    hits: dict[tuple[int, int], list[bool]] = {pair: [] for pair in pairs}
    for pair, one in zip(pairs, right.tolist(), strict=True):
        hits[pair].append(one)
    worst = min(sum(group) / len(group) for group in hits.values())
    assert metrics(run)[-1]["validation_worst_group_accuracy"] == pytest.approx(worst)


@pytest.mark.slow
def test_where_the_colour_misleads_cia_knows_the_shape_and_plain_training_does_not(
    tmp_path: Path,
) -> None:
    """Digits in halves: of the labels the colour tells 95 % in training and 10 % in test."""
    data = "biased-mnist:of=digits,noise=0.25,train-flip=0.05"
    found = {}
    for name in ("plain", "cia"):
        config = TrainClassifierConfig(
            dataset=data,
            epochs=5,
            device="cpu",
            out=tmp_path / name,
            augment=("cia",) if name == "cia" else None,
            cvae="recolour" if name == "cia" else None,
        )
        train_classifier(config, Recorder())
        model = load_classifier(str(tmp_path / name), None, Runtime.from_options(config))
        test = load_dataset(data, "test")
        predicted = model.logits(test.images(torch.arange(len(test))), 256).argmax(1)
        found[name] = (predicted == test.attributes["shape"].values).double().mean().item()
    assert found["plain"] < 0.5
    assert found["cia"] > 0.7
