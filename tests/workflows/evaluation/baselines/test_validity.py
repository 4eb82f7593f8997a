"""Baseline validity: closed forms on a made-up world, and the metric on digits."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.golden import missing
from tests.trained import baseline_gan_run, classifier_run, gan_run, three_digits_run
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, InputError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.features import lenet as feature_network
from xaitool.workflows.runs.progress import SilentReporter


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = feature_network.Recipe(epochs=1, least_steps=1)
    monkeypatch.setattr(feature_network, "RECIPE", recipe)


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
