"""Baseline validity: closed forms on a made-up world, and the metric on digits."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from tests.core.baselines.brighten import Brighten
from tests.golden import missing
from tests.trained import baseline_gan_run, classifier_run, gan_run, three_digits_run
from tests.workflows.tiny_runs import Recorder
from xaitool.core.baselines.counterfactual import CounterfactualBaseline
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.target_class import TargetClass
from xaitool.core.baselines.zero import Zero
from xaitool.core.memory import Rows
from xaitool.core.metrics.generation.kid import kid
from xaitool.core.seeding import generator
from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.errors import ArtifactError, ConfigError, InputError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.baselines.class_features import RealClassFeatures
from xaitool.workflows.evaluation.baselines.measurement import BaselineJudge, BaselineMeasurement
from xaitool.workflows.evaluation.baselines.pairs import every_pair
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.features import lenet as feature_network
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

DOUBLE = Runtime(torch.device("cpu"), torch.float64)
CLASSES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = feature_network.Recipe(epochs=1, least_steps=1)
    monkeypatch.setattr(feature_network, "RECIPE", recipe)


class Shade(nn.Module):
    """Images of brightness 0, 51 and 102 of 255 are of the three classes; the nearest wins."""

    def __init__(self, shift=0):
        super().__init__()
        self.shift = shift

    def forward(self, images):
        mean = images.flatten(1).mean(1, keepdim=True)
        return -(mean - 0.2 * torch.arange(3)).abs().roll(self.shift, 1)


def shade(shift=0):
    seen = ModelInput(1, 4, 4, "bilinear", (0.0,), (1.0,))
    return Classifier(
        Shade(shift), source="shade", weights=None, sha256="0", input=seen, classes=CLASSES
    )


def grey(split, each=4):
    """Images that are of one grey, but for a dot whose place differs."""
    labels = torch.arange(3).repeat_interleave(each)
    pixels = (labels * 51).to(torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    places = torch.arange(each).repeat(3) + (8 if split == "test" else 0)
    pixels.flatten(1)[torch.arange(3 * each), places] += 5
    return MemoryDataset(pixels, labels, CLASSES, name="grey", split=split)


def measurement(rows=64, features=None, others=()):
    test = grey("test")
    return BaselineMeasurement(
        dataset=test,
        pairs=every_pair(torch.arange(12), test.labels, 3),
        judge=BaselineJudge(shade(), others, grey("train")),
        features=features,
        samples=100,
        subsets=3,
        seed=0,
        rows=Rows(rows, print),
        runtime=DOUBLE,
    )


class Shift(nn.Module):
    """Turns a grey image into one of the class asked for, the dot kept."""

    def forward(self, images, targets):
        own = (images.flatten(1).amin(1) * 5).round()
        return (images + 0.2 * (targets - own).view(-1, 1, 1, 1)).clamp(0, 1)


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_a_generator_that_is_right(rows):
    done: list[Any] = []
    baseline = CounterfactualBaseline(generator=Shift())
    found, distance = measurement(rows, others=[shade(1)]).measure(baseline, done.append)
    assert (found.hit_rate, found.count, distance) == (1.0, 24, None)
    assert found.agreements == (0.0,)
    # Of the six ordered pairs of classes four are one step of 0.2 apart and two are two steps.
    step = 0.2 * (4 * 1 + 2 * 2) / 6
    assert found.l1 == pytest.approx(step)
    assert found.l2 == pytest.approx(4 * step)
    # Nearest is a training image of that grey whose dot is elsewhere: two pixels differ.
    assert found.nearest_target == pytest.approx(2**0.5 * 5 / 255, rel=1e-6)
    assert found.nearest == pytest.approx(found.nearest_target)
    assert sum(done) == 24


def test_black_and_the_nearest_image():
    black, _ = measurement().measure(Zero(), lambda count: None)
    # Black stands for the first class in a third of the pairs, and is of it.
    assert black.hit_rate == pytest.approx(1 / 3)
    assert black.l1 == pytest.approx(0.2 + 5 / 255 / 16)
    assert black.nearest == pytest.approx(5 / 255)
    near, _ = measurement().measure(NearestTarget(data=grey("train")), lambda count: None)
    assert (near.hit_rate, near.nearest, near.nearest_target) == (1.0, 0.0, 0.0)


def test_all_references_count():
    found, _ = measurement(rows=5).measure(
        TargetClass(data=grey("train"), references=3), lambda count: None
    )
    assert (found.count, found.hit_rate, found.nearest_target) == (72, 1.0, 0.0)


def test_kernel_distance_class_by_class():
    class Network:
        def features(self, images):
            return images.flatten(1)[:, :3]

    features = RealClassFeatures(
        Network(),  # type: ignore[arg-type]
        grey("train"),
        0,
        torch.device("cpu"),
    )
    one = measurement(rows=5, features=features)
    _, distance = one.measure(CounterfactualBaseline(generator=Brighten()), lambda count: None)
    images, train = grey("test").images(one.pairs.images), grey("train")
    made = images + 0.1 * one.pairs.targets.view(-1, 1, 1, 1)
    expected = [
        kid(
            made[one.pairs.targets == label].flatten(1)[:, :3].double(),
            train.images((train.labels == label).nonzero()[:, 0]).flatten(1)[:, :3].double(),
            subsets=3,
            generator=generator(0, "kid subsets", label),
        ).mean
        for label in range(3)
    ]
    assert distance == pytest.approx(sum(expected) / 3, rel=1e-3)


def measure(*artifacts, reporter=None, **options):
    config = EvaluateConfig(artifacts=tuple(map(Path, artifacts)), device="cpu", **options)
    rows = evaluate(config, reporter or SilentReporter())
    for row in rows:
        assert not missing(row, "evaluate", "baseline-validity")
        json.dumps(row)
    return rows


VALIDITY = {"metric": ("baseline-validity",)}


def test_a_classifier_on_digits():
    ganmex, standalone = baseline_gan_run(), baseline_gan_run("standalone")
    names = ("zero", "nearest-target", f"ganmex:{ganmex}", f"ganmex:{standalone}")
    recorder = Recorder()
    options = {**VALIDITY, "baseline": names, "limit": 9, "samples": 12, "out": Path("pictures")}
    rows = measure(three_digits_run(), reporter=recorder, **options)
    assert [row["baseline"] for row in rows] == list(names)
    assert [row["generator"] for row in rows] == [None, None, "ganmex", "standalone"]
    assert {row["n"] for row in rows} == {18}
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert rows[1]["nearest"] == rows[1]["nearest_target"] == 0
    test = load_dataset("digits", "test", classes=("0", "1", "2")).images(range(9))
    assert rows[0]["l1"] == pytest.approx(test.mean().item())
    assert rows[0]["l2"] == pytest.approx(test.flatten(1).norm(dim=1).mean().item())
    assert all(isinstance(row["kid"], float) for row in rows)
    [picture] = Path("pictures").iterdir()
    assert f"picture: {picture}" in recorder.messages
    with Image.open(picture) as image:
        assert image.width > 5 * 140
        assert image.height > 3 * 140
    with pytest.raises(ConfigError, match="exists, but a new file was asked for"):
        measure(three_digits_run(), **options)
    options |= {"out": None, "batch_size": 5}
    again = measure(three_digits_run(), **options)
    for row, other in zip(rows, again, strict=True):
        assert other.pop("judges") == row.pop("judges") == {}
        assert other.keys() == row.keys()
        for name, value in row.items():
            expected = pytest.approx(value, rel=1e-5) if isinstance(value, float) else value
            assert other[name] == expected, name


def test_a_generator_for_its_own_classifier():
    run = baseline_gan_run()
    [own, black] = measure(run, limit=5, baseline=("zero",), targets="one")
    assert (own["baseline"], own["generator"], own["n"]) == (f"ganmex:{run}", "ganmex", 5)
    assert black["baseline"] == "zero"
    [alone] = measure(run, limit=5, targets="one")
    assert alone == own
    [named] = measure(run, limit=5, targets="one", model=str(three_digits_run()))
    assert named == own


def changed(name, **values):
    checkpoint = load_checkpoint(baseline_gan_run(), kind="baseline-gan")
    content = {key: value for key, value in checkpoint.items() if key not in HEADER}
    save_checkpoint(Path(name), "baseline-gan", content | values)
    return name


def test_what_does_not_fit():
    own = str(three_digits_run())
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (own, {**VALIDITY, "judge": (own,)}, "is the classifier itself"),
        (own, {**VALIDITY, "judge": (str(classifier_run()),)}, "has the classes 0, 1, 2, but"),
        (own, {**VALIDITY, "judge": ("nosuch",)}, "model 'nosuch' does not exist"),
        (own, {**VALIDITY, "baseline": ("ganmex",)}, "ganmex:CHECKPOINT or cvae:CHECKPOINT"),
        (own, {**VALIDITY, "baseline": ("recolour",)}, "moves a sensitive attribute"),
        (own, {**VALIDITY, "out": Path("file")}, "--out file is a file, but a folder"),
        (own, {**VALIDITY, "targets": "two"}, "unknown targets 'two'"),
        (gan_run(), VALIDITY, "does not measure"),
        (baseline_gan_run(), {"metric": ("accuracy",)}, "does not measure"),
        (changed("a.pt", classifier=None), {}, "was trained without a classifier"),
        (changed("b.pt", classifier_sha256="0"), {}, "has changed since b.pt was trained"),
        (changed("c.pt", classifier="os:getcwd"), {}, "classifier of c.pt cannot be loaded"),
    ]
    Path("file").touch()
    for artifact, options, message in cases:
        with pytest.raises(InputError, match=message):
            measure(artifact, **options)


def test_a_dataset_without_a_feature_network_has_no_kernel_distance(monkeypatch):
    from xaitool.workflows.evaluation.baselines import class_features

    monkeypatch.setattr(class_features, "feature_network", lambda *given, **options: None)
    recorder = Recorder()
    [row] = measure(three_digits_run(), reporter=recorder, **VALIDITY, baseline=("zero",), limit=2)
    assert row["kid"] is None
    assert recorder.warnings == [
        "dataset digits is of one class: no kernel distance to real images"
    ]


def test_other_kinds_are_still_refused():
    save_checkpoint(Path("features.pt"), "features", {})
    with pytest.raises(ArtifactError, match="is of kind 'features', but what is measured is"):
        measure("features.pt")
