"""Saturation along paths of models whose output is known in closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.golden import missing
from tests.workflows.colour_models import (
    DATA,
    ByColour,
    ByLight,
    ByPattern,
    ByShape,
    factory,
    save_cvae,
    wild_cvae,
)
from tests.workflows.tiny_runs import Recorder
from xaitool.core.metrics.explanation.saturation import saturation
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate


def measure(
    model: type[torch.nn.Module], arguments: str = "", **options: Any
) -> tuple[dict[str, dict[str, Any]], Recorder]:
    recorder = Recorder()
    values: dict[str, Any] = {"dataset": DATA, "channels": 3, "input_size": 28, "device": "cpu"}
    config = EvaluateConfig(
        artifacts=(factory(model, arguments),), metric=("saturation",), **{**values, **options}
    )
    rows = evaluate(config, recorder)
    assert isinstance(rows, list)
    assert not any(missing(row, "evaluate", "row") for row in rows)
    return {row["path"]: row for row in rows}, recorder


def test_an_output_that_is_linear_along_both_paths() -> None:
    found, _ = measure(ByLight, limit=20)
    black, recoloured = found["black"], found["recolour"]
    # From 0.55 up by 0.4 of the mean of the image, in a straight line.
    light = load_dataset(DATA, "test").images(range(20)).double().flatten(1).mean(1)
    assert 0.4 * light.min() > 0.01
    assert black["value"] == pytest.approx(0.9, abs=1e-3)
    assert (black["flat"], black["n"], black["points"]) == (0, 20, 51)
    wanted = [0.55 + tenth / 10 * 0.4 * light.mean().item() for tenth in range(11)]
    assert list(black["curve"].values()) == pytest.approx(wanted, abs=1e-5)
    assert list(black["curve"]) == [f"{tenth / 10:.1f}" for tenth in range(11)]
    assert (black["start"], black["end"]) == (black["curve"]["0.0"], black["curve"]["1.0"])
    # A recolouring keeps the light: nothing changes, and that is said.
    assert (recoloured["value"], recoloured["low"], recoloured["high"]) == (0, 0, 0)
    assert recoloured["flat"] == 20
    assert recoloured["start"] == pytest.approx(black["end"], abs=1e-5)


def test_an_output_that_reads_the_colour() -> None:
    """CGI goes from the other colour to the image's own: from 0.1 to 0.9, in a straight line."""
    found, _ = measure(ByColour, limit=20)
    recoloured = found["recolour"]
    assert recoloured["value"] == pytest.approx(0.9, abs=1e-3)
    wanted = [0.1 + 0.08 * tenth for tenth in range(11)]
    assert list(recoloured["curve"].values()) == pytest.approx(wanted, abs=1e-5)


def test_the_path_of_a_cvae(tmp_path: Path) -> None:
    """The curve point by point: from the other attribute to the own, told the predicted class."""
    found, _ = measure(ByPattern, limit=12, cvae=save_cvae(tmp_path / "cvae.pt"), batch_size=20)
    assert list(found) == ["black", "cvae"]
    dataset, model, cvae = load_dataset(DATA, "test"), ByPattern(), wild_cvae()
    images, places = dataset.images(range(12)), torch.linspace(0, 1, 51)
    own = torch.eye(2)[dataset.attributes["colour"].values[:12]]
    predicted = model(images).argmax(1)
    curves = []
    with torch.no_grad():
        codes, _ = cvae.encode(images, predicted, own)
        for place in places:
            decoded = cvae.decode(codes, predicted, place * own + (1 - place) * (1 - own))
            curves.append(model(decoded).double().softmax(1)[torch.arange(12), predicted])
    outputs = torch.stack(curves, 1)
    row = found["cvae"]
    assert list(row["curve"].values()) == pytest.approx(outputs.mean(0)[::5].tolist(), abs=1e-4)
    shares = saturation(outputs, places)
    assert row["value"] == pytest.approx(shares.unsaturated.mean().item(), abs=1e-3)
    assert row["flat"] == int(shares.flat.sum())
    assert row["low"] < row["value"] < row["high"]


def test_unasked_some_images_evenly_spaced() -> None:
    found, _ = measure(ByLight)
    assert found["black"]["n"] == 180  # every second of 359
    light = load_dataset(DATA, "test").images(range(0, 359, 2)).double().flatten(1).mean(1)
    assert found["black"]["end"] == pytest.approx(0.55 + 0.4 * light.mean().item(), abs=1e-5)


def test_a_picture(tmp_path: Path) -> None:
    found, recorder = measure(ByColour, limit=12, out=tmp_path / "pictures")
    path = Path(found["black"]["picture"])
    assert found["recolour"]["picture"] == str(path)
    assert path.parent == tmp_path / "pictures"
    with Image.open(path) as picture:
        assert picture.width == 1760
    assert recorder.messages[-1] == f"picture: {path}"
    with pytest.raises(ConfigError, match="exists, but a new file was asked for"):
        measure(ByColour, limit=12, out=tmp_path / "pictures")


def test_what_does_not_fit() -> None:
    with pytest.raises(ConfigError, match="is not coloured by channel, but") as caught:
        measure(ByShape, channels=1, limit=4)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("--cvae RUN")
    with pytest.raises(DataError, match="no sensitive attribute, but --metric saturation wants"):
        measure(ByPattern, "(classes=10)", dataset="digits", limit=4)
