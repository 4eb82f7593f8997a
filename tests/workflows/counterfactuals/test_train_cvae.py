"""``train-baseline-gan --generator-kind cvae``: what a run leaves behind, and that it learns."""

from __future__ import annotations

import copy
import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.workflows.cvae_runs import DATA, STEPS_PER_EPOCH, cvae_config, cvae_run
from tests.workflows.tiny_runs import Recorder, files, make_quick, metrics, pictures
from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.seeding import random_stream
from xaitool.core.training.cvae_step import CvaeObjective, cvae_draws, cvae_terms
from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.load import load_dataset, stratified_split
from xaitool.data.memory import MemoryDataset
from xaitool.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    InputError,
    ModelError,
    StoppedBySignal,
)
from xaitool.io.checkpoints import load_checkpoint
from xaitool.options.unread import refuse_unread
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals import judges
from xaitool.workflows.counterfactuals.cvae import KIND, load_cvae
from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan
from xaitool.workflows.counterfactuals.train_cvae import CvaeTrainer
from xaitool.workflows.models import datasets
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def made_dataset(*groups: tuple[int, int, int, int], side: int = 6) -> MemoryDataset:
    """So many grey images of each label, hue and size: ``(count, label, hue, size)``."""
    rows = torch.tensor([group[1:] for group in groups for _ in range(group[0])])
    pixels = torch.randint(0, 256, (len(rows), 1, side, side), generator=random_stream("made"))
    attributes = {
        name: Attribute(rows[:, column], names)
        for column, (name, names) in enumerate(
            {"hue": ("warm", "cold"), "size": ("small", "large")}.items(), 1
        )
    }
    return MemoryDataset(
        pixels.to(torch.uint8),
        rows[:, 0],
        ("cat", "dog"),
        name="made",
        split="train",
        annotations=Annotations(attributes=attributes, sensitive=("hue", "size")),
    )


def trainer(dataset: MemoryDataset, **options: Any) -> CvaeTrainer:
    config = cvae_config(None, **{"judged": 4, "batch_size": 8, **options})
    return CvaeTrainer(Context(config, CPU, Recorder()), dataset)


def test_the_files_of_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    run = tmp_path / "run"
    result = train_baseline_gan(cvae_config(run), Recorder())
    assert isinstance(result, TrainingResult)
    assert (result.run_dir, result.checkpoint) == (str(run), str(run / "best.pt"))
    assert result.step == 2 * STEPS_PER_EPOCH
    names = {"config.json", "environment.json", "status.json", "metrics.jsonl"}
    names |= {"last.pt", "best.pt", "samples/epoch-0001.png", "samples/epoch-0002.png"}
    names |= {f"plots/{name}.png" for name in ("loss", "reconstruction", "kl", "tie")}
    assert files(run) == names
    assert json.loads((run / "status.json").read_text())["state"] == "completed"
    assert json.loads((run / "config.json").read_text())["command"] == "train-baseline-gan"
    with Image.open(run / "samples" / "epoch-0002.png") as picture:
        # Five images beside three points each, of 8 pixels enlarged seven times, with names.
        assert picture.width > 4 * 58 + 2
        assert picture.height > 5 * 58 + 2


def test_the_metrics_and_the_checkpoint_of_a_run() -> None:
    run = cvae_run()
    terms = {"loss", "reconstruction", "kl", "tie"}
    for entry in metrics(run):
        assert entry.keys() == {"epoch", "step"} | terms | {f"held_out_{name}" for name in terms}
    checkpoint = load_checkpoint(run / "last.pt", kind=KIND)
    wanted = {"latent": 2, "network": "mlp", "blind": True, "labelled": False}
    assert checkpoint["architecture"] == wanted
    assert checkpoint["sensitive"] == {"colour": ["red", "green"]}
    assert checkpoint["classes"] == ["0-4", "5-9"]
    assert checkpoint["dataset"] == DATA
    assert checkpoint["dataset_digest"] == load_dataset(DATA, "train", image_size=8).digest
    assert checkpoint["state"].keys() == {"model", "optimiser"}


def held_out() -> tuple[Tensor, Tensor, Tensor]:
    dataset = load_dataset(DATA, "train", image_size=8)
    groups = dataset.labels * 2 + dataset.sensitive_values()[:, 0]
    samples = stratified_split(groups, 1237 / len(dataset), 0)[1]
    return dataset.images(samples), dataset.labels[samples], dataset.sensitive_values(samples)


def test_the_held_out_images_judge_and_the_best_epoch_has_the_lowest_loss(tmp_path: Path) -> None:
    run = tmp_path / "run"
    # So large a step that the loss goes up again.
    train_baseline_gan(cvae_config(run, epochs=4, learning_rate=0.004, beta=0.5), Recorder())
    losses = [entry["held_out_loss"] for entry in metrics(run)]
    best = load_checkpoint(run, kind=KIND)
    assert best["position"]["epoch"] == 1 + losses.index(min(losses))
    model = load_cvae(run, CPU).model
    images, labels, values = held_out()
    draws = cvae_draws(model, values, random_stream(0, "held-out draws"))
    terms = cvae_terms(model, images, labels, values, draws, CvaeObjective(beta=0.5, tie=1.0))
    chosen = metrics(run)[best["position"]["epoch"] - 1]
    for name, value in terms.items():
        assert chosen[f"held_out_{name}"] == pytest.approx(value.double().mean().item(), rel=1e-5)


def unnamed(images: Tensor, columns: list[str], rows: list[str], **_: Any) -> Image.Image:
    """The grid alone, whose columns and rows were named."""
    assert columns == ["input", "0", "0.5", "1"]
    assert rows[:2] == ["0-4: red to green", "0-4: green to red"]
    return sample_grid(images.flatten(0, 1), columns=len(columns))


def test_the_picture_shows_the_paths_of_held_out_images() -> None:
    checkpoint = load_checkpoint(cvae_run() / "last.pt", kind=KIND)
    dataset = load_dataset(DATA, "train", image_size=8)
    own = CvaeTrainer(Context(cvae_config(None), CPU, Recorder()), dataset)
    own.load_state_dict(checkpoint["state"])
    shown = own.judge.shown
    assert not set(shown.tolist()) & set(own.train.tolist())
    labels, values = dataset.labels[shown], dataset.sensitive_values(shown)
    assert torch.stack([labels, values[:, 0]], 1).unique(dim=0).tolist() == [
        [0, 0], [0, 1], [1, 0], [1, 1]
    ]  # fmt: skip
    picture = own.judge.picture(own.model.eval())
    with Image.open(cvae_run() / "samples" / "epoch-0002.png") as saved:
        assert saved.tobytes() == picture.tobytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "named_grid", unnamed)
        picture = own.judge.picture(own.model.eval())
    path = CvaePath(own.model).points(
        dataset.images(shown), labels, values, 1 - values, torch.linspace(0, 1, 3)
    )
    cells = torch.cat([dataset.images(shown)[:, None], path], 1)
    for row, column in ((0, 0), (0, 1), (3, 2), (4, 3)):
        # Inside a pixel that is enlarged seven times.
        seen = picture.getpixel((2 + 58 * column + 7 * 3 + 2, 2 + 58 * row + 7 * 4 + 2))
        wanted = (cells[row, column, :, 4, 3] * 255).round()
        assert seen == tuple(int(level) for level in wanted)


@pytest.mark.parametrize(
    ("at_step", "options"),
    [
        (1, {}),
        (STEPS_PER_EPOCH, {"tie": 0.0, "beta": 0.5}),
        (STEPS_PER_EPOCH + 3, {"reconstruction": "squared-error", "precision": "float64"}),
    ],
)
def test_an_interrupted_run_ends_as_the_uninterrupted_one(
    at_step: int, options: dict[str, Any], tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_baseline_gan(cvae_config(whole, **options), Recorder())
    with pytest.raises(StoppedBySignal) as stopped:
        train_baseline_gan(cvae_config(parts, **options), Recorder(signal.SIGTERM, at_step))
    assert stopped.value.hint == f"continue with xaitool train-baseline-gan --resume {parts}"
    train_baseline_gan(cvae_config(None, **options, resume=str(parts)), Recorder())
    for name in ("last.pt", "best.pt"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()
    assert metrics(whole) == metrics(parts)
    assert pictures(whole) == pictures(parts)


def test_a_finished_run_trains_on(tmp_path: Path) -> None:
    longer, run = tmp_path / "longer", tmp_path / "run"
    train_baseline_gan(cvae_config(longer, epochs=2), Recorder())
    train_baseline_gan(cvae_config(run, epochs=1), Recorder())
    again = cvae_config(None, epochs=2, resume=str(run))
    train_baseline_gan(again, Recorder())
    for name in ("last.pt", "best.pt"):
        assert (longer / name).read_bytes() == (run / name).read_bytes()
    assert metrics(longer) == metrics(run)


def test_statistics_of_batch_normalisation_are_restored_too() -> None:
    dataset = made_dataset(
        *((4, label, hue, size) for label in (0, 1) for hue in (0, 1) for size in (0, 1)), side=16
    )
    options = {"cvae_network": "convolutional", "batch_size": 14}
    whole, first, second = (trainer(dataset, **options) for _ in range(3))
    for step in range(3):
        whole.step(torch.arange(14), random_stream(step))
    for step in range(2):
        first.step(torch.arange(14), random_stream(step))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    second.step(torch.arange(14), random_stream(2))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def test_other_options_or_data_are_not_resumed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(StoppedBySignal):
        train_baseline_gan(cvae_config(run), Recorder(signal.SIGTERM, 2))
    for other in ({"beta": 2.0}, {"tie": 0.5}, {"latent": 3}, {"batch_size": 50}):
        flag = next(iter(other)).replace("_", "-")
        with pytest.raises(ConfigError, match=f"--{flag} is"):
            train_baseline_gan(cvae_config(None, **other, resume=str(run)), Recorder())


def test_the_test_split_is_never_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def watched(name: str, split: Any, **options: Any) -> Any:
        asked.append(split)
        return load_dataset(name, split, **options)

    monkeypatch.setattr(datasets, "load_dataset", watched)
    train_baseline_gan(cvae_config(tmp_path / "run", epochs=1), Recorder())
    assert asked == ["train"]


def test_defaults_are_the_generators_own() -> None:
    cvae, ganmex = TrainBaselineGanConfig(generator_kind="cvae"), TrainBaselineGanConfig()
    names = ("epochs", "batch_size", "learning_rate", "beta1", "schedule", "dataset")
    assert [getattr(cvae, name) for name in names] == [50, 64, 1e-3, 0.9, "constant", DATA]
    assert [getattr(ganmex, name) for name in names] == [20, 16, 1e-4, 0.5, "linear", None]
    assert TrainBaselineGanConfig(generator_kind="cvae", epochs=20).epochs == 20
    again = TrainBaselineGanConfig.from_mapping(cvae.to_dict(), source="config.json")
    assert again == cvae
    refuse_unread(again)


def test_presets_are_the_papers() -> None:
    digits = TrainBaselineGanConfig(preset="cia-biased-mnist")
    faces = TrainBaselineGanConfig(preset="cia-celeba")
    names = ("generator_kind", "dataset", "latent", "beta", "tie", "epochs", "batch_size")
    assert [getattr(digits, name) for name in names] == ["cvae", "biased-mnist", 2, 1, 0, 50, 64]
    assert [getattr(faces, name) for name in names] == ["cvae", "celeba", 128, 1.95, 0, 20, 64]
    for config in (digits, faces):
        assert config.learning_rate == 1e-3
        refuse_unread(config)


@pytest.mark.parametrize(
    ("shape", "options", "architecture"),
    [
        ((1, 6, 6), {}, {"network": "mlp", "blind": False}),
        ((1, 33, 33), {}, {"network": "convolutional", "blind": False}),
        ((1, 33, 33), {"cvae_network": "mlp", "latent": 5}, {"network": "mlp", "blind": False}),
        ((1, 20, 20), {"cvae_network": "convolutional"}, {"network": "convolutional"}),
        ((1, 6, 6), {"tie": 0.5}, {"network": "mlp", "blind": True}),
        ((1, 6, 6), {"condition": "both"}, {"network": "mlp", "labelled": True}),
    ],
)
def test_the_network_fits_the_images_and_only_colours_are_tied_unasked(
    shape: tuple[int, int, int], options: dict[str, Any], architecture: dict[str, Any]
) -> None:
    dataset = made_dataset(
        *((3, label, hue, size) for label in (0, 1) for hue in (0, 1) for size in (0, 1)),
        side=shape[1],
    )
    own = trainer(dataset, **options)
    found = own.description["architecture"]
    plain = {"latent": options.get("latent", 2), "blind": False, "labelled": False}
    assert found == {**plain, **architecture}
    assert own.model.attributes == (2, 2)
    assert own.objective.tie == options.get("tie", 0)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"classifier": "resnet18"}, ConfigError, "--classifier is resnet18, but nothing"),
        ({"mean": 0.5, "std": 1}, ConfigError, "--mean is 0.5, but nothing"),
        ({"lambda_class": 3}, ConfigError, "--lambda-class is 3.0, but nothing"),
        ({"ema_decay": 0.5}, ConfigError, "--ema-decay is 0.5, but nothing"),
        (
            {"generator_kind": "ganmex", "latent": 4},
            ConfigError,
            "--latent is 4, but nothing",
        ),
        ({"generator_kind": "standalone", "tie": 0}, ConfigError, "--tie is 0.0, but nothing"),
        (
            {"dataset": "digits"},
            DataError,
            "has no sensitive attribute, but --generator-kind cvae wants",
        ),
        ({"judged": 5000}, ConfigError, "--judged is 5000, but fewer than the 1[0-9]+ training"),
        (
            {"cvae_network": "convolutional", "image_size": 12},
            ModelError,
            "images are 12x12, but the convolutional CVAE wants sides of at least 16",
        ),
        (
            {"cvae_network": "convolutional", "image_size": 16, "batch_size": 1},
            ConfigError,
            "--batch-size 1 leaves 1 of [0-9]+ images for the last step",
        ),
        (
            {"dataset": f"{DATA},noise=0,train-flip=0"},
            DataError,
            "no image of class 0-4 with the colour green",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    options: dict[str, Any], kind: type[InputError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message) as error:
        train_baseline_gan(cvae_config(tmp_path / "run", **options), Recorder())
    assert error.value.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_a_missing_pair_is_refused_and_a_missing_group_of_several_attributes_is_told() -> None:
    pairs = [(3, label, hue, size) for label in (0, 1) for hue in (0, 1) for size in (0, 1)]
    with pytest.raises(DataError, match="no image of class dog with the size large"):
        trainer(made_dataset(*(pair for pair in pairs if pair[1::2] != (1, 1))))
    own = trainer(made_dataset(*(pair for pair in pairs if pair[1:] != (1, 0, 1))))
    own.prepare()
    assert isinstance(own.reporter, Recorder)
    assert len(own.reporter.warnings) == 1
    assert own.reporter.warnings[0].startswith("1 of 8 groups of label and attributes have no")
    complete = trainer(made_dataset(*pairs))
    complete.prepare()
    assert complete.reporter.warnings == []  # type: ignore[attr-defined]


def test_every_group_is_trained_on_and_judges() -> None:
    groups = [(count, label, hue, 0) for count, (label, hue) in enumerate(
        [(0, 0), (0, 1), (1, 0), (1, 1)], 2
    )]  # fmt: skip
    own = trainer(made_dataset(*groups, (1, 0, 0, 1), (1, 1, 1, 1)))
    held_out = own.judge.samples
    assert set(own.groups[own.train].tolist()) == set(own.groups.tolist())
    # Those of one image are trained on.
    assert set(own.groups[held_out].tolist()) == {0, 2, 4, 6}
    assert not set(own.train.tolist()) & set(held_out.tolist())


def test_divergence_stops_with_the_state_saved(tmp_path: Path) -> None:
    config = cvae_config(tmp_path / "run", learning_rate=1e30, epochs=1)
    with pytest.raises(DivergenceError, match="became NaN or infinite in epoch 1"):
        train_baseline_gan(config, Recorder())
    load_checkpoint(tmp_path / "run" / "diverged.pt", kind=KIND)


@pytest.mark.slow
def test_tied_paths_change_the_colour_and_keep_the_shape(tmp_path: Path) -> None:
    """The published objective changes the digit with the colour: its end is seldom the same one."""
    dataset, grey = load_dataset(DATA, "test"), load_dataset("digits", "train")
    images, labels = dataset.images(torch.arange(len(dataset))), dataset.labels
    values, known = dataset.sensitive_values(), grey.images(torch.arange(len(grey)))

    def nearest(coloured: Tensor) -> Tensor:
        return grey.labels[torch.cdist(coloured.amax(1).flatten(1), known.flatten(1)).argmin(1)]

    same = {}
    for tie, condition in ((0.0, "both"), (1.0, "attributes")):
        config = cvae_config(
            tmp_path / str(tie),
            tie=tie,
            condition=condition,
            latent=16,
            epochs=30,
            batch_size=64,
            image_size=28,
            judged=100,
        )
        train_baseline_gan(config, Recorder())
        path = CvaePath(load_cvae(tmp_path / str(tie), CPU).model)
        places = torch.tensor([0.0, 0.5, 1.0])
        points = path.points(images, labels, values, 1 - values, places)
        start, middle, end = points.unbind(1)
        assert (RecolouringPath().infer(end, labels) == 1 - values).double().mean() > 0.95
        same[tie] = [(nearest(start) == nearest(one)).double().mean() for one in (middle, end)]
    assert min(same[1.0]) > 0.75
    assert max(same[0.0]) < 0.4
