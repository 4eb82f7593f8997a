"""The result of a call from Python: its summary, its picture and its file."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from PIL import Image
from torch import nn

import xaitool
from xaitool import Attribution, EvaluateConfig, attribute, evaluate
from xaitool.errors import ArtifactError, ConfigError, DataError, ShapeError
from xaitool.io.attributions import AttributionFile

RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 1, 8, 8, generator=RANDOM)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    pyplot.close("all")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 5))


def make() -> nn.Module:
    """For ``--model``."""
    return network()


def result(images: Any = IMAGES, method: str = "integrated-gradients", **given: Any) -> Attribution:
    return attribute(network(), images, method, **given)


def test_the_summary_has_what_matters_and_the_numbers_of_the_result() -> None:
    found = result(target=2, against=4, baseline="blur", steps=7)
    first, second, heading, *lines = str(found).splitlines()
    assert first == "integrated-gradients of 3 images (1, 8, 8), baseline blur"
    assert second == "score logit, steps 7, rule gauss-legendre"
    titles = ["image", "target", "against", "predicted", "score", "baseline", "sum", "gap"]
    assert heading.split() == titles
    assert len(lines) == 3
    logits = network()(IMAGES).detach()
    for row, line in enumerate(lines):
        number, target, against, predicted, share, *numbers = line.split()
        assert (number, target, against) == (str(row), "2", "4")
        assert int(predicted) == int(logits[row].argmax())
        assert share == f"({logits[row].softmax(0).max():.0%})"
        score, before, total, gap = map(float, numbers)
        assert score == pytest.approx(float(logits[row, 2] - logits[row, 4]), rel=1e-3)
        assert total - (score - before) == pytest.approx(gap, abs=1e-3)
    assert repr(found) == str(found)


def test_a_summary_leaves_out_what_says_nothing_and_is_never_wider_than_a_terminal() -> None:
    assert "gap" not in str(result(method="saliency"))
    assert "against" not in str(result())
    many = result(IMAGES.repeat(7, 1, 1, 1))
    assert str(many).splitlines()[-1] == "... and 13 more"
    assert str(result(IMAGES[:0])).splitlines()[0].startswith("integrated-gradients of 0 images")
    assert "of 1 image (1, 8, 8)" in str(result(IMAGES[0]))
    long = dataclasses.replace(many.samples, filename=[f"/photos/{'cat' * 40}.png"] * 21)
    for found in (many, dataclasses.replace(many, samples=long), result(method="agi", classes=2)):
        assert max(map(len, str(found).splitlines())) <= 80


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "zero"),
        ({"baseline": 0.5}, "0.5"),
        ({"baseline": IMAGES}, "given images"),
        ({"references": IMAGES}, "dataset"),
        ({"baseline": "blur"}, "blur"),
        ({"method": "saliency"}, None),
    ],
)
def test_the_record_names_the_baseline(given: dict[str, Any], said: str | None) -> None:
    assert result(**given).record["baseline"] == said


def test_a_plot_has_the_images_beside_their_maps() -> None:
    axes = result(target=1).plot(["ant", "bee", "cat", "dog", "elk"])
    assert axes.shape == (3, 2)
    assert [one.get_title() for one in axes[:, 0]] == ["input 0", "input 1", "input 2"]
    assert all(one.get_title().startswith("bee, logit ") for one in axes[:, 1])
    assert pyplot.get_fignums() == [axes[0, 0].figure.number]
    assert axes[0, 0].figure.get_suptitle() == "integrated-gradients, baseline zero"
    assert (
        result(target=1, against=2)
        .plot(limit=1)[0, 1]
        .get_title()
        .startswith("class 1 against 2, logit ")
    )


def test_a_plot_of_some_says_of_how_many() -> None:
    axes = result(method="saliency").plot(limit=2)
    assert axes.shape == (2, 2)
    assert axes[0, 0].figure.get_suptitle() == "saliency, the first 2 of 3 images"


def test_nothing_to_draw_leaves_no_figure() -> None:
    for images in (IMAGES[:0], torch.rand(1, 64, 1, 1)):
        found = result(images)
        with pytest.raises(ShapeError):
            found.plot()
        assert found._repr_png_() is None
    assert pyplot.get_fignums() == []


def test_a_notebook_is_given_a_png_and_no_figure_stays() -> None:
    shown = result()._repr_png_()
    assert shown is not None
    assert shown.startswith(PNG)
    assert min(Image.open(io.BytesIO(shown)).size) > 100
    assert pyplot.get_fignums() == []


def test_a_file_holds_what_was_explained(tmp_path: Path) -> None:
    images = IMAGES.clone()
    found = result(images, target=2, against="second", baseline=0.5)
    images.zero_()  # the caller's own
    path = found.save(tmp_path / "new" / "folder" / "maps.h5")
    with AttributionFile(path) as file:
        rows, facts = file.read(), file.attributes
    assert torch.equal(rows.attribution, found.values)
    assert torch.equal(rows.input, IMAGES)
    assert rows.baseline is not None
    assert (rows.baseline == 0.5).all()
    torch.testing.assert_close(rows.prediction, network()(IMAGES).detach())
    assert rows.target.tolist() == [2, 2, 2]
    assert rows.label.tolist() == [-1, -1, -1]
    assert rows.filename == ["input 0", "input 1", "input 2"]
    assert facts["model_source"] is None
    assert facts["model_class"] == "torch.nn.modules.container.Sequential"
    assert (facts["target_rule"], facts["against_rule"]) == ("2", "second")
    assert facts["method_options"]["steps"] == 50


def test_a_file_says_all_that_explain_says(tmp_path: Path) -> None:
    golden = (Path(__file__).parents[2] / "golden" / "explain.json").read_text()
    plan = set(re.findall(r'"([^"]+)"', golden.partition('"plan"')[2])) - {"out"}
    with AttributionFile(result().save(tmp_path / "maps.h5")) as file:
        assert plan <= file.attributes.keys()


def test_shared_references_are_kept_once(tmp_path: Path) -> None:
    found = result(method="deep-shap", references=IMAGES[:2])
    with AttributionFile(found.save(tmp_path / "maps.h5")) as file:
        assert file.references is not None
        assert torch.equal(file.references, IMAGES[:2])
        assert file.read().baseline is None


def test_pictures_are_told_by_their_files(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "cat.png")
    with Image.open(tmp_path / "cat.png") as cat:
        found = result(cat)
    assert "\ncat.png " in str(found)
    with AttributionFile(found.save(tmp_path / "maps.h5")) as file:
        assert file.read().filename == [str(tmp_path / "cat.png")]


def test_a_file_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    path = result().save(tmp_path / "maps.h5")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists, but a new file") as caught:
        result(IMAGES[:1]).save(str(path))
    assert caught.value.hint == "overwrite=True replaces it"
    assert path.read_bytes() == before
    result(IMAGES[:1]).save(path, overwrite=True)
    with AttributionFile(path) as file:
        assert len(file) == 1
    with pytest.raises(ConfigError, match=r"but a name in \.h5 is wanted"):
        result().save(tmp_path / "maps")
    with pytest.raises(DataError, match="there are no images"):
        result(IMAGES[:0]).save(tmp_path / "none.h5")
    assert [one.name for one in tmp_path.iterdir()] == ["maps.h5"]


def test_evaluate_reads_the_file_and_asks_for_the_model_that_has_no_name(tmp_path: Path) -> None:
    path = result(method="input-x-gradient", target=1).save(tmp_path / "maps.h5")
    [row] = rows(EvaluateConfig(artifacts=(path,), metric=("gini",)))
    assert row["n"] == 3
    with pytest.raises(ArtifactError, match="a Sequential that was given from Python") as caught:
        evaluate(EvaluateConfig(artifacts=(path,)))
    assert "--model" in str(caught.value.hint)
    with pytest.raises(ArtifactError, match="has no name"):
        evaluate(EvaluateConfig(artifacts=(path,), dry_run=True))
    measured = rows(EvaluateConfig(artifacts=(path,), model=f"{__name__}:make", channels=1))
    assert {row["metric"] for row in measured} >= {"insertion", "deletion"}


def rows(config: EvaluateConfig) -> list[dict[str, Any]]:
    found = evaluate(config)
    assert isinstance(found, list)
    return found


def test_the_result_is_the_public_one_and_a_methods_own() -> None:
    found = result()
    assert type(found) is xaitool.Attribution
    assert found == found
    assert hash(found)
