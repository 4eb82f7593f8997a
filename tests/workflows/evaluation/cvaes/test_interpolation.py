"""What judges say of interpolations, and the bound, against plain loops."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.workflows.colour_models import COLOURS, DATA, HALVES, save_cvae, save_lenet, wild_cvae
from tests.workflows.evaluation.cvaes.measured import COUNT, measure, of, parts
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError, ModelError
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
DIGITS = tuple(map(str, range(10)))


@torch.no_grad()
def decoded(delta: float) -> Tensor:
    images, labels, colours = parts()
    own, model = torch.eye(2)[colours], wild_cvae()
    codes, _ = model.encode(images, labels, own)
    return model.decode(codes, labels, (1 - delta) * own + delta * (1 - own))


def test_agreement_is_counted_image_by_image(tmp_path: Path) -> None:
    """The judge may know other classes than the autoencoder."""
    judge = save_lenet(tmp_path / "judge.pt", DIGITS)
    rows = measure(
        save_cvae(tmp_path / "cvae.pt"), "interpolation", judge=(str(judge),), batch_size=11
    )
    network = load_classifier(str(judge), None, CPU)
    wanted = network.logits(parts()[0], COUNT).argmax(1)
    assert len(wanted.unique()) > 1
    for delta in (0.0, 0.5, 1.0):
        (row,) = of(rows, path="cvae", quantity="agreement", delta=delta)
        hits = int((network.logits(decoded(delta), COUNT).argmax(1) == wanted).sum())
        assert (row["value"], row["n"]) == (hits / COUNT, COUNT)
        assert (row["low"], row["high"]) == wilson_interval(hits, COUNT)
        # Ten digits are nothing that these data are labelled by.
        assert (row["accuracy"], row["judge_accuracy"], row["attribute"]) == (None, None, None)
    assert of(rows, path="recolour", quantity="agreement", delta=0.0)[0]["value"] == 1


def test_whether_the_colour_has_moved(tmp_path: Path) -> None:
    judge = save_lenet(tmp_path / "judge.pt", HALVES)
    rows = of(
        measure(save_cvae(tmp_path / "cvae.pt"), "interpolation", judge=(str(judge),)),
        judge="brightest-channel",
    )
    colours = parts()[2]
    for delta, asked in ((0.0, colours), (1.0, 1 - colours)):
        light = decoded(delta)[:, :2].sum((2, 3))
        (row,) = of(rows, path="cvae", delta=delta)
        hits = (light.argmax(1) == asked).double().mean().item()
        assert row["value"] == pytest.approx(hits)
        assert (row["quantity"], row["attribute"], row["judge_accuracy"]) == (
            "attribute",
            "colour",
            1,
        )
        assert of(rows, path="recolour", delta=delta)[0]["value"] == 1
    assert not of(rows, delta=0.5)


@pytest.mark.parametrize(("label", "truth"), [(None, "label"), ("shape", "shape")])
def test_accuracy_of_a_judge(tmp_path: Path, label: str | None, truth: str) -> None:
    """By the attribute on which it was trained, else by the labels, noise and all."""
    judge = save_lenet(tmp_path / "judge.pt", HALVES, label=label)
    rows = measure(save_cvae(tmp_path / "cvae.pt"), "interpolation", judge=(str(judge),))
    dataset, network = load_dataset(DATA, "test"), load_classifier(str(judge), None, CPU)
    right = {"label": dataset.labels, "shape": dataset.attributes["shape"].values}[truth][:COUNT]
    for delta, images in ((None, parts()[0]), (1.0, decoded(1.0))):
        share = (network.logits(images, COUNT).argmax(1) == right).double().mean().item()
        (row,) = of(rows, path="cvae", judge=str(judge), delta=1.0)
        assert row["judge_accuracy" if delta is None else "accuracy"] == pytest.approx(share)


def test_a_judge_of_the_attribute(tmp_path: Path) -> None:
    judge = save_lenet(tmp_path / "judge.pt", COLOURS, label="colour")
    rows = measure(save_cvae(tmp_path / "cvae.pt"), "interpolation", judge=(str(judge),))
    said = of(rows, judge=str(judge), path="cvae")
    assert [(row["quantity"], row["attribute"], row["delta"]) for row in said] == [
        ("attribute", "colour", 0.0),
        ("attribute", "colour", 1.0),
    ]
    network, colours = load_classifier(str(judge), None, CPU), parts()[2]
    hits = network.logits(decoded(1.0), COUNT).argmax(1) == 1 - colours
    assert said[1]["value"] == pytest.approx(hits.double().mean().item())


def test_what_does_not_fit(tmp_path: Path) -> None:
    cvae = save_cvae(tmp_path / "cvae.pt")
    with pytest.raises(ConfigError, match="has no judge, but a classifier") as caught:
        measure(cvae, "interpolation")
    assert caught.value.hint == "--judge MODEL"
    with pytest.raises(ModelError, match=r"takes images 3x224x224, but the CVAE makes 3x28x28"):
        measure(cvae, "interpolation", judge=("tests.workflows.colour_models:ByShape",))
    with pytest.raises(DataError, match="'digits' has no sensitive attribute, but CVAE"):
        measure(cvae, dataset="digits")
    with pytest.raises(ModelError, match=r"trained for the labels a, b, but 0-4, 5-9"):
        measure(save_cvae(tmp_path / "other.pt", classes=["a", "b"]))
