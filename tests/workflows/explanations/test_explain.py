import dataclasses
import json
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from tests.trained import classifier_run, gan_run
from tests.workflows.pictures import save_picture, truncated_picture
from xaitool import registry
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    InputError,
    ModelError,
    StoppedBySignal,
    UnknownNameError,
)
from xaitool.io.attributions import AttributionFile, AttributionWriter
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations import explainer
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.explain import ExplainResult, explain
from xaitool.workflows.explanations.plan import planned_files
from xaitool.workflows.models import classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

DOUBLE = Runtime(torch.device("cpu"), torch.float64)
METHODS = [name for name in registry.names("method") if name != "cgi"]  # digits have no colour
COLUMNS = ("attribution", "prediction", "score_input", "score_baseline")


class Notes(SilentReporter):
    """Keeps what is said."""

    def __init__(self):
        self.messages = []
        self.warnings = []

    def message(self, text):
        self.messages.append(text)

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def options(**values):
    return ExplainConfig(**{"model": str(classifier_run()), "device": "cpu", **values})


def of_digits(method="saliency", limit=4, **values):
    return options(**{"method": method, "dataset": "digits", "limit": limit, **values})


def run(config, *arguments):
    result = explain(config, *arguments)
    assert isinstance(result, ExplainResult)
    return result


def content(path):
    with AttributionFile(Path(path)) as file:
        return file.attributes, file.references, file.read()


def load_method(name):
    return registry.load("method", name)


def close(found, wanted, tolerance=1e-6):
    found, wanted = found.double(), wanted.double()
    scale = wanted.nan_to_num().abs().max().item() or 1
    return torch.allclose(found, wanted, rtol=0, atol=tolerance * scale, equal_nan=True)


def stop_after(count):
    """An `emit` that sends SIGTERM to this process with a certain record."""
    seen = []

    def emit(record):
        seen.append(record)
        if len(seen) == count:
            os.kill(os.getpid(), signal.SIGTERM)

    return emit


def assert_refused(error, message, config, hint=None):
    """In one line, and without a trace."""
    before = sorted(Path.cwd().rglob("*"))
    with pytest.raises(error, match=message) as caught:
        explain(config)
    assert isinstance(caught.value, InputError)
    assert "\n" not in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)
    assert sorted(Path.cwd().rglob("*")) == before


# What the file holds


@pytest.mark.parametrize("method", METHODS)
def test_the_file_holds_what_the_method_gives(method):
    config = of_digits(method, limit=2, seed=3, precision="float64")
    [explanation] = planned_files(config)
    result = run(config)
    attributes, shared, rows = content(f"{method}.h5")
    dataset = load_dataset("digits", "test")
    images = dataset.images(range(2))
    network = load_classifier(config.model, None, DOUBLE)
    kind = load_method(method)
    logits = network.logits(images.double(), 2)
    score = Score(logits.argmax(1), output=kind.default_output)
    opened = explained_baseline(explanation, config, network, DOUBLE, against=False)
    baselines = None if opened is None else opened.baseline.for_images(images.double(), score)
    wanted = kind(network.model, seed=3).attribute(images.double(), score, baselines)
    assert close(rows.attribution, wanted.values)
    assert close(rows.prediction, logits)
    for name in ("score_input", "score_baseline", "completeness_gap"):
        difference = getattr(rows, name) - getattr(wanted, name)
        assert difference.nan_to_num().abs().max() < 1e-9, name
        assert torch.equal(getattr(rows, name).isnan(), getattr(wanted, name).isnan()), name
    assert rows.extra.keys() == wanted.extras.keys()
    assert all(close(rows.extra[name], value) for name, value in wanted.extras.items())
    assert torch.equal(rows.input, images)
    assert torch.equal(rows.target, logits.argmax(1))
    assert rows.against.tolist() == [-1] * 2
    assert rows.label.tolist() == dataset.labels[:2].tolist()
    assert rows.index.tolist() == [0, 1]
    assert rows.filename == [f"digits/test/0000{index}" for index in range(2)]
    assert attributes["score"] == kind.default_output
    assert result.samples == 2
    if attributes["baseline"] == "dataset":
        assert shared is not None
        assert baselines is not None
        assert torch.equal(shared.double(), baselines[0])
    else:
        assert shared is None
    if baselines is None or shared is not None:
        assert rows.baseline is None
    else:
        assert rows.baseline is not None
        assert close(rows.baseline, baselines[:, 0])


def test_the_attributes():
    explain(of_digits("agi", method_option=("steps=2",), against="second", limit=2, seed=4))
    attributes, _, rows = content("agi.h5")
    network = load_classifier(str(classifier_run()), None, DOUBLE)
    versions = attributes.pop("versions")
    assert set(versions) == {"python", "xaitool", "torch", "torchvision", "numpy", "h5py"}
    assert attributes == {
        "method": "agi",
        "method_options": load_method("agi").Options(steps=2).to_dict(),
        "score": "probability",
        "target_rule": "predicted",
        "against_rule": "second",
        "baseline": None,
        "baseline_options": {},
        "dataset": "digits",
        "split": "test",
        "only": None,
        "images": 2,
        "images_sha256": load_dataset("digits", "test").digest,
        "class_names": [str(digit) for digit in range(10)],
        "model_source": str(classifier_run()),
        "model_weights": None,
        "model_options": {},
        "model_sha256": network.sha256,
        "normalisation_mean": list(network.input.mean),
        "normalisation_std": list(network.input.standard_deviation),
        "seed": 4,
        "precision": "float32",
        "command": f"xaitool explain --seed 4 --method agi --method-option steps=2 "
        "--dataset digits "
        f"--against second --model {classifier_run()} --limit 2",
    }
    assert rows.against.tolist() == rows.prediction.topk(2).indices[:, 1].tolist()


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("a.png", "L", (28, 28)),
        ("a.png", "RGBA", (300, 41)),
        ("a.jpg", "RGB", (29, 64)),
        ("a.jpg", "L", (8, 8)),
        ("a.webp", "RGB", (33, 33)),
    ],
)
def test_picture_files_of_any_kind(name, mode, size):
    save_picture(Path(name), size=size, mode=mode)
    explain(options(method="saliency", images=(Path(name),)))
    _, _, rows = content("saliency.h5")
    assert rows.input.shape == rows.attribution.shape == (1, 1, 28, 28)
    assert (rows.label.tolist(), rows.filename) == ([-1], [name])
    assert rows.attribution.abs().sum() > 0


def test_the_same_command_writes_the_same_bytes(here, monkeypatch):
    files = []
    for folder in ("one", "two"):
        (here / folder).mkdir()
        monkeypatch.chdir(here / folder)
        explain(of_digits("agi", limit=3, method_option=("steps=4",)))
        paths = sorted(path for path in Path().rglob("*") if path.is_file())
        files.append({str(path): path.read_bytes() for path in paths})
    assert len(files[0]) == 4
    assert files[0] == files[1]


@pytest.mark.parametrize("method", ["saliency", "agi", "deep-shap"])
def test_the_batch_size_does_not_matter(method):
    common = {
        "method_option": ("steps=4",) if method == "agi" else (),
        **({"references": 3} if method == "deep-shap" else {}),
        "precision": "float64",
        "limit": 3,
    }
    for size in (2, 100):
        explain(of_digits(method, batch_size=size, out=Path(f"{size}.h5"), **common))
    rows, whole = content("2.h5")[2], content("100.h5")[2]
    assert all(close(getattr(rows, name), getattr(whole, name)) for name in COLUMNS)
    assert (rows.completeness_gap - whole.completeness_gap).nan_to_num().abs().max() < 1e-6
    assert torch.equal(rows.index, whole.index)


def test_memory_does_not_grow_with_the_images(monkeypatch):
    sizes = []
    append = AttributionWriter.append

    def noting(self, rows):
        sizes.append(len(rows))
        append(self, rows)

    monkeypatch.setattr(AttributionWriter, "append", noting)
    result = run(of_digits(limit=300, batch_size=40, heat_maps=0))
    assert sizes == [40] * 7 + [20]
    assert result.files == [Path("saliency.h5")]


# Targets and scores


@pytest.mark.parametrize(
    ("target", "against", "targets", "seconds"),
    [
        ("7", None, [7] * 4, [-1] * 4),
        ("label", None, "labels", [-1] * 4),
        ("7", "2", [7] * 4, [2] * 4),
        ("7", "second", [7] * 4, "best but 7"),
        ("label", "second", "labels", "best but label"),
    ],
)
def test_targets(target, against, targets, seconds):
    explain(of_digits(target=target, against=against, precision="float64"))
    _, _, rows = content("saliency.h5")
    if targets == "labels":
        targets = rows.label.tolist()
    if isinstance(seconds, str):
        others = rows.prediction.clone()
        others[range(4), targets] = -math.inf
        seconds = others.argmax(1).tolist()
    assert (rows.target.tolist(), rows.against.tolist()) == (targets, seconds)
    wanted = rows.prediction[range(4), targets]
    if against is not None:
        wanted = wanted - rows.prediction[range(4), seconds]
    assert close(rows.score_input, wanted)


def test_targets_by_name():
    saved = load_checkpoint(classifier_run(), kind="classifier")
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    named = {key: value for key, value in saved.items() if key not in HEADER} | {"classes": names}
    save_checkpoint(Path("named.pt"), "classifier", named)
    save_picture(Path("a.png"))
    common = {"method": "saliency", "model": "named.pt", "images": ("a.png",)}
    records: list[dict[str, Any]] = []
    explain(options(**common, target="three", against="eight"), emit=records.append)
    _, _, rows = content("saliency.h5")
    assert (rows.target.tolist(), rows.against.tolist()) == ([3], [8])
    assert (records[0]["target_name"], records[0]["against"]) == ("three", 8)
    again = options(**common, target="eleven", overwrite=True)
    assert_refused(UnknownNameError, "unknown class 'eleven'; did you mean 'seven'", again)


@pytest.mark.parametrize(
    ("error", "message", "values"),
    [
        (ConfigError, "--target is 10, but the model's classes are 0 to 9", {"target": "10"}),
        (ConfigError, "--target is -1, but", {"target": "-1"}),
        (UnknownNameError, "unknown class 'cat'", {"target": "cat"}),
        (ConfigError, "--against is 10, but", {"against": "10"}),
        (UnknownNameError, "unknown class 'cat'", {"against": "cat"}),
        (DataError, "--against 3 is the target of an image", {"target": "3", "against": "3"}),
        (DataError, "--against 1 is the target", {"target": "label", "against": "1"}),
    ],
)
def test_classes_that_do_not_fit_are_refused_before_any_work(monkeypatch, error, message, values):
    monkeypatch.setattr(explainer.Explainer, "explain", None)
    assert_refused(error, message, of_digits(limit=None, **values))


def test_the_label_of_a_file_is_not_known(monkeypatch):
    monkeypatch.setattr(explainer.Explainer, "explain", None)
    save_picture(Path("a.png"))
    config = options(method="saliency", images=("a.png",), target="label")
    assert_refused(DataError, "--target label has images without a label", config)


def test_the_prediction_held_against_itself():
    explain(of_digits(limit=1, out=Path("first.h5")))
    predicted = str(content("first.h5")[2].target.item())
    message = f"--against {predicted} is the target of image 'digits/test/00000'"
    assert_refused(DataError, message, of_digits(limit=1, against=predicted), "--against second")


@pytest.mark.parametrize("output", ["logit", "probability", "log-probability"])
def test_scores(output):
    explain(of_digits("integrated-gradients", score=output, precision="float64"))
    attributes, _, rows = content("integrated-gradients.h5")
    assert attributes["score"] == output
    scales = {"logit": lambda logits: logits, "probability": lambda logits: logits.softmax(1)}
    scale = scales.get(output, lambda logits: logits.log_softmax(1))
    wanted = scale(rows.prediction.double()).max(1).values
    assert close(rows.score_input, wanted)


# Refusals


@pytest.mark.parametrize(
    ("error", "message", "values"),
    [
        (
            ConfigError,
            "method 'agi' has no option 'epsilom'; did you mean 'epsilon'",
            {"method": "agi", "method_option": ("epsilom=3",)},
        ),
        (
            ConfigError,
            "'steps' has no value, but name=value",
            {"method": "agi", "method_option": ("steps",)},
        ),
        (
            ConfigError,
            ": steps is 0, but at least 1",
            {"method": "agi", "method_option": ("steps=0",)},
        ),
        (ConfigError, "--baseline is zero, but nothing", {"baseline": "zero"}),
        (
            ConfigError,
            "--references is 5000, but dataset digits has",
            {"method": "deep-shap", "references": 5000},
        ),
        (UnknownNameError, "unknown dataset 'digit'; did you mean 'digits'", {"dataset": "digit"}),
        (ConfigError, r"--out is a\.hdf, but a folder, or a name in \.h5", {"out": "a.hdf"}),
        (ConfigError, "--device is cuda, but this machine has no CUDA", {"device": "cuda"}),
        (ModelError, "model 'nosuch' does not exist", {"model": "nosuch"}),
        (
            UnknownNameError,
            "unknown torchvision model 'resnet81'",
            {"model": "torchvision:resnet81"},
        ),
    ],
)
def test_options_that_do_not_fit(error, message, values):
    if values.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert_refused(error, message, of_digits(**{"method": "saliency", **values}))


def test_no_images():
    assert_refused(ConfigError, "no images are given", options(method="saliency"))


def test_deep_shap_without_a_dataset(untrained_weights):
    save_picture(Path("a.png"))
    config = options(
        method="deep-shap",
        images=("a.png",),
        model="torchvision:squeezenet1_1",
        weights=untrained_weights,
    )
    message = "baseline 'dataset' has nothing to draw from, but --dataset NAME is wanted"
    assert_refused(ConfigError, message, config, "--baseline zero")


@pytest.fixture
def untrained_weights(here):
    from torchvision.models import squeezenet1_1

    path = here / "weights.pth"
    torch.save(squeezenet1_1(weights=None).state_dict(), path)
    return path


def test_a_model_that_is_no_classifier():
    assert_refused(ArtifactError, "is a gan, but a classifier", of_digits(model=str(gan_run())))


def bad_picture(name):
    path = Path(name)
    if name == "cut.png":
        truncated_picture(path)
    elif name == "text.png":
        path.write_text("no picture")
    elif name == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", r"'missing\.png' does not exist"),
        ("folder", "folder 'folder' has no images, but a PNG"),
        ("text.png", r"'text\.png' is in no format"),
        ("cut.png", r"'cut\.png' is damaged"),
    ],
)
def test_pictures_that_cannot_be_read(monkeypatch, name, message):
    monkeypatch.setattr(explainer.Explainer, "explain", None)
    good = save_picture(Path("good.png"))
    config = options(method="saliency", images=(good, bad_picture(name)))
    assert_refused(DataError, message, config)


def test_unreadable_pictures_are_skipped_and_listed():
    good = [save_picture(Path(f"{index}.png")) for index in range(3)]
    images = (good[0], bad_picture("cut.png"), good[1], Path("missing.png"), good[2])
    notes = Notes()
    result = run(options(method="saliency", images=images, on_error="skip", batch_size=1), notes)
    _, _, rows = content("saliency.h5")
    assert rows.index.tolist() == [0, 2, 4]
    assert rows.filename == ["0.png", "1.png", "2.png"]
    assert result.samples == 3
    assert [text.partition(" is ")[0].partition(" does ")[0] for text in notes.warnings] == [
        "skipped: image 'cut.png'",
        "skipped: image 'missing.png'",
    ]
    assert result.skipped == [text.removeprefix("skipped: ") for text in notes.warnings]


def test_nothing_is_left_to_explain():
    images = (bad_picture("cut.png"), bad_picture("text.png"))
    config = options(method="saliency", images=images, on_error="skip", out=Path("new/a.h5"))
    Path("new").mkdir()
    with pytest.warns(UserWarning, match="skipped: image"):
        assert_refused(DataError, "none of 2 images can be read and explained, but", config)


def test_a_failure_after_the_first_images_keeps_them(monkeypatch):
    explain_one = explainer.Explainer.explain
    explained: list[torch.Tensor] = []

    def failing(self, images, *rest):
        if len(explained) == 2:
            raise ModelError("the model fails")
        explained.append(images)
        return explain_one(self, images, *rest)

    config = of_digits(batch_size=1)
    with monkeypatch.context() as patch:
        patch.setattr(explainer.Explainer, "explain", failing)
        with pytest.raises(DataError, match="'digits/test/00002' cannot be explained"):
            explain(config)
    assert run(dataclasses.replace(config, resume=True)).samples == 4


BLACK_FAILS = """
import torch
from torch import nn

class Distance(nn.Module):
    # To prototypes, the first of which is black: there its square root has no gradient.
    def forward(self, x):
        prototypes = torch.arange(5.0, dtype=x.dtype)[:, None] * torch.ones(5, 48) * 0.1
        means = nn.functional.avg_pool2d(x, 8).flatten(1)
        return -(means[:, None] - prototypes).square().sum(-1).sqrt()

class Logits(Distance):
    def forward(self, x):
        return super().forward(x) + 0 / x.amax((1, 2, 3))[:, None]

class Blind(Distance):
    def forward(self, x):
        return (x > 0.5).float().mean((2, 3)) @ torch.ones(3, 5) + 0 * x.sum()
"""


@pytest.fixture
def black_and_grey(here, monkeypatch):
    monkeypatch.syspath_prepend(here)
    monkeypatch.delitem(sys.modules, "black_fails", raising=False)
    Path("black_fails.py").write_text(BLACK_FAILS)
    for name, value in (("grey", 90), ("black", 0), ("light", 200)):
        Image.new("RGB", (32, 32), (value,) * 3).save(f"{name}.png")

    def explained(model, **values):
        images = tuple(Path(f"{name}.png") for name in ("grey", "black", "light"))
        chosen = {"target": "0", **values}
        return options(model=f"black_fails:{model}", images=images, input_size=32, **chosen)

    return explained


@pytest.mark.parametrize(
    ("model", "method", "reason"),
    [
        ("Distance", "saliency", "its attribution has NaN or infinite values"),
        ("Distance", "integrated-gradients", "its attribution has NaN or infinite values"),
        ("Logits", "occlusion", "returns NaN or infinity"),
    ],
)
def test_an_image_without_finite_values_is_named(black_and_grey, model, method, reason):
    config = black_and_grey(model, method=method, out=Path("a.h5"))
    message = rf"image 'black\.png' cannot be explained by {method}.*: .*{reason}"
    with pytest.raises(DataError, match=message) as caught:
        explain(config)
    assert "--on-error skip" in str(caught.value.hint)
    skipping = dataclasses.replace(config, on_error="skip", overwrite=True)
    with pytest.warns(UserWarning, match=f"skipped: {message}"):
        assert run(skipping).samples == 2
    _, _, rows = content("a.h5")
    assert rows.filename == ["grey.png", "light.png"]
    assert rows.index.tolist() == [0, 2]
    assert rows.attribution.isfinite().all()


def test_an_image_without_finite_logits_is_named_while_images_are_chosen(black_and_grey):
    config = black_and_grey(
        "Logits", method="occlusion", target="predicted", against="1", on_error="skip"
    )
    with pytest.warns(UserWarning, match=r"skipped: image 'black\.png'"):
        assert run(config).samples == 2


def test_maps_of_zeros_are_said(black_and_grey):
    config = black_and_grey("Blind", method="integrated-gradients")
    with pytest.warns(UserWarning, match=r"0 everywhere for 1 of 3 images .* 'light\.png'"):
        explain(config)


# Where it goes


def test_a_missing_folder_is_made():
    out = Path("deep/er/a.h5")
    assert run(of_digits(limit=1, out=out)).files == [
        out,
        Path("deep/er/a-heat-maps/000000-00000.png"),
    ]


def test_an_existing_file_is_replaced_only_when_asked():
    explain(of_digits(limit=3, out=Path("a.h5")))
    other = of_digits(limit=1, target="3", out=Path("a.h5"))
    hint = "replace it with --overwrite"
    assert_refused(ConfigError, r"a\.h5 exists, but a new file was asked for", other, hint)
    explain(dataclasses.replace(other, overwrite=True))
    assert len(content("a.h5")[2]) == 1
    assert [path.name for path in Path("a-heat-maps").iterdir()] == ["000000-00000.png"]


def test_a_dry_run_writes_nothing():
    plan = explain(of_digits("agi", dry_run=True, out=Path("new/a.h5")))
    assert isinstance(plan, dict)
    assert plan["command"] == "explain"
    assert (plan["out"], plan["images"], plan["method"]) == ("new/a.h5", 4, "agi")
    assert json.loads(json.dumps(plan)) == plan
    assert list(Path().iterdir()) == []


# Heat maps and records


def test_heat_maps_of_the_first_images():
    notes = Notes()
    result = run(of_digits(limit=5, heat_maps=2), notes)
    names = ["000000-00000.png", "000001-00001.png"]
    assert result.files[1:] == [Path("saliency-heat-maps") / name for name in names]
    assert sorted(path.name for path in Path("saliency-heat-maps").iterdir()) == names
    assert any("the first 2 of 5 images have a heat map" in text for text in notes.messages)
    with Image.open(result.files[1]) as picture:
        assert picture.width > 3 * 300


def test_names_of_heat_maps_are_safe_and_unique():
    names = ["a b/ü$(x).png", "c/same.png", "d/same.png", f"{'é' * 120}.png"]
    paths = tuple(save_picture(Path(name)) for name in names)
    result = run(options(method="saliency", images=paths))
    assert [path.name for path in result.files[1:]] == [
        "000000-ü-x-.png",
        "000001-same.png",
        "000002-same.png",
        f"000003-{'é' * 50}.png",
    ]
    assert all(path.is_file() for path in result.files)


def test_records():
    records: list[dict[str, Any]] = []
    result = run(of_digits("saliency", limit=2, heat_maps=1), SilentReporter(), records.append)
    _, _, rows = content("saliency.h5")
    seconds = [record.pop("seconds") for record in records]
    tops = [record.pop("top") for record in records]
    assert [top[0]["class"] for top in tops] == rows.target.tolist()
    gaps = [record.pop("completeness_gap") for record in records]
    assert all(one >= 0 for one in seconds)
    assert all(math.isnan(one) for one in gaps)
    target = rows.target.tolist()
    assert records == [
        {
            "image": f"digits/test/0000{index}",
            "output": "saliency.h5",
            "index": index,
            "method": "saliency",
            "baseline": None,
            "target": target[index],
            "target_name": str(target[index]),
            "against": None,
            "prediction": target[index],
            "score_input": pytest.approx(rows.score_input[index].item()),
            "baseline_reached": None,
            "classes": None,
            "classes_reached": None,
            "heat_map": str(result.files[1]) if index == 0 else None,
            "path_picture": None,
        }
        for index in range(2)
    ]


def test_records_of_agi_say_which_classes_were_reached():
    records: list[dict[str, Any]] = []
    steps = ("steps=3", "classes=4")
    run(of_digits("agi", limit=3, method_option=steps), SilentReporter(), records.append)
    _, _, rows = content("agi.h5")
    assert [record["classes"] for record in records] == [4] * 3
    assert [record["classes_reached"] for record in records] == rows.extra["reached"].sum(
        1
    ).tolist()


# Interruption


@pytest.mark.parametrize("method", ["saliency", "agi", "deep-shap"])
def test_an_interrupted_run_continues_to_the_same_bytes(method):
    paths = tuple(save_picture(Path(f"{index}.png")) for index in range(6))
    images = (paths[0], Path("missing.png"), *paths[1:])
    common = {
        "method": method,
        "images": images,
        "on_error": "skip",
        "batch_size": 2,
        **({"dataset": "digits", "references": 3} if method == "deep-shap" else {}),
        "method_option": ("steps=4",) if method == "agi" else (),
        "heat_maps": 4,
    }
    explain(options(**common, out=Path("whole.h5")), Notes())
    config = options(**common, out=Path("parted.h5"))
    with pytest.raises(StoppedBySignal) as caught:
        explain(config, Notes(), stop_after(2))
    assert caught.value.exit_code == 143
    assert caught.value.hint == "continue with the same command and --resume"
    assert Path("parted.h5.partial").is_dir()
    assert not Path("parted.h5").exists()
    assert_refused(ConfigError, "is unfinished, but a new file", config, "--resume")
    records: list[dict[str, Any]] = []
    result = run(dataclasses.replace(config, resume=True), Notes(), records.append)
    assert [record["index"] for record in records] == [4, 5, 6]
    assert result.samples == 6
    assert Path("parted.h5").read_bytes() == Path("whole.h5").read_bytes()
    assert not Path("parted.h5.partial").exists()
    pictures = [sorted(Path(f"{name}-heat-maps").iterdir()) for name in ("whole", "parted")]
    assert [path.name for path in pictures[0]] == [path.name for path in pictures[1]]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(*pictures, strict=True))


@pytest.mark.parametrize(
    ("values", "differing"),
    [
        ({"method": "integrated-gradients"}, "method"),
        ({"seed": 1}, "seed"),
        ({"target": "3"}, "target_rule"),
        ({"precision": "float64"}, "precision"),
        ({"limit": 3}, "images"),
        ({"split": "train"}, "images_sha256, split"),
        ({"dataset": None, "limit": None, "images": ("a.png",)}, "images_sha256"),
    ],
)
def test_another_run_is_not_continued(values, differing):
    save_picture(Path("a.png"))
    config = of_digits(batch_size=1, out=Path("a.h5"))
    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop_after(2))
    other = dataclasses.replace(config, resume=True, **values)
    assert_refused(ArtifactError, f"written with another .*{differing}", other, "--overwrite")


def test_other_files_are_not_the_same_run():
    a, b, c = (save_picture(Path(f"{name}.png")) for name in "abc")
    config = options(method="saliency", images=(a, b), batch_size=1)
    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop_after(1))
    other = dataclasses.replace(config, resume=True, images=(a, c))
    assert_refused(ArtifactError, "written with another images_sha256,", other)
    more = dataclasses.replace(config, resume=True, images=(a, b, c))
    assert_refused(ArtifactError, "written with another images, images_sha256,", more)


def test_a_run_that_needs_less_memory_continues():
    config = of_digits(limit=5, batch_size=2, precision="float64")
    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop_after(1))
    explain(dataclasses.replace(config, resume=True, batch_size=1))
    assert content("saliency.h5")[2].index.tolist() == [0, 1, 2, 3, 4]


def test_the_same_command_begins_and_is_content_with_what_is_done():
    config = of_digits(resume=True, batch_size=1)
    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop_after(2))
    assert run(config).samples == 4
    before = Path("saliency.h5").read_bytes()
    assert run(config).files == [Path("saliency.h5")]
    assert Path("saliency.h5").read_bytes() == before
    other = dataclasses.replace(config, target="3")
    assert_refused(ArtifactError, "written with another target_rule", other, "--overwrite")


def test_resuming_removes_half_written_heat_maps_and_nothing_else():
    config = of_digits(batch_size=1, heat_maps=4)
    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop_after(2))
    folder = Path("saliency-heat-maps")
    left = [folder / ".000002-00002.png.17.partial", Path(".saliency.h5.17.partial")]
    others = [folder / ".notes.txt.17.partial", folder / "notes.png", Path(".other.h5.17.partial")]
    for path in left + others:
        path.touch()
    explain(dataclasses.replace(config, resume=True))
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in others)


def test_an_overwrite_discards_the_unfinished_file():
    with pytest.raises(StoppedBySignal):
        explain(of_digits(batch_size=1), emit=stop_after(1))
    explain(of_digits(batch_size=1, target="3", overwrite=True))
    assert content("saliency.h5")[2].target.tolist() == [3] * 4


# Memory


def test_fewer_rows_where_memory_is_short(monkeypatch):
    logits = classifier.Classifier.logits

    def short(self, images, rows):
        if rows > 2:
            raise torch.OutOfMemoryError("out of memory")
        return logits(self, images, rows)

    notes = Notes()
    with monkeypatch.context() as patch:
        patch.setattr(classifier.Classifier, "logits", short)
        explain(of_digits("agi", limit=5, batch_size=8, precision="float64"), notes)
    explain(of_digits("agi", limit=5, precision="float64", out=Path("whole.h5")))
    assert notes.warnings == [f"out of memory: going on with {rows} rows" for rows in (4, 2)]
    found, whole = content("agi.h5")[2], content("whole.h5")[2]
    assert close(found.attribution, whole.attribution)


def test_virelay_reads_the_names():
    explain(of_digits(limit=2))
    with h5py.File("saliency.h5") as file:
        assert file["attribution"].dtype == np.float32
        assert {"attribution", "label", "prediction", "index"} <= set(file)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "method_option"), [("saliency", ()), ("agi", ("classes=2", "steps=3"))]
)
def test_photographs(real_data, method, method_option):
    photos = sorted((real_data / "imagenet/photos").glob("*.jpg"))[:2]
    explain(
        ExplainConfig(
            method=method,
            method_option=method_option,
            model="torchvision:mobilenet_v2",
            weights=real_data / "imagenet/weights/mobilenet_v2.pth",
            images=tuple(photos),
        )
    )
    attributes, _, rows = content(f"{method}.h5")
    assert rows.target.tolist() == [1, 3]
    assert rows.attribution.shape == (2, 3, 224, 224)
    assert rows.attribution.isfinite().all()
    assert attributes["model_source"] == "torchvision:mobilenet_v2"
    assert len(list(Path(f"{method}-heat-maps").iterdir())) == 2
