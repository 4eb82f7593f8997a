"""Likeness of maps of twins, of models whose maps are known in closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from tests.golden import missing
from tests.workflows.colour_models import (
    DATA,
    ByLight,
    ByPattern,
    ByShape,
    factory,
    save_cvae,
    wild_cvae,
)
from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError, InputError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate


def measure(
    model: type[torch.nn.Module], *methods: str, arguments: str = "", **options: Any
) -> list[dict[str, Any]]:
    values: dict[str, Any] = {"dataset": DATA, "channels": 3, "input_size": 28, "device": "cpu"}
    config = EvaluateConfig(
        artifacts=(factory(model, arguments),),
        metric=("twin-similarity",),
        method=methods,
        **{**values, "limit": 10, **options},
    )
    rows = evaluate(config)
    assert isinstance(rows, list)
    assert not any(
        missing(row, "evaluate", part) for row in rows for part in ("row", row["metric"])
    )
    return rows


def test_a_model_that_sees_light_alone_explains_twins_alike() -> None:
    (row,) = measure(ByLight, "integrated-gradients")
    assert row["value"] == row["low"] == row["high"] == pytest.approx(1)
    assert (row["signed_spearman"], row["cosine"]) == (pytest.approx(1), pytest.approx(1))
    assert (row["twin"], row["n"], row["undefined"]) == ("recolour", 10, 0)


def test_a_linear_model_against_scipy() -> None:
    """From black, integrated gradients of a linear logit are the weights times the pixels."""
    (row,) = measure(ByPattern, "integrated-gradients", target="label")
    dataset = load_dataset(DATA, "test")
    images, labels = dataset.images(range(10)).double(), dataset.labels[:10]
    weights = ByPattern().get_buffer("weights").double()
    absolute, signed, cosine = [], [], []
    for image, label in zip(images, labels, strict=True):
        pixels = weights[:, label].view(3, 28, 28)
        twin = image[[1, 0, 2]]
        one, other = (pixels * image).float(), (pixels * twin).float()
        flat = [maps.abs().sum(0).flatten().numpy() for maps in (one, other)]
        absolute.append(spearmanr(*flat).statistic)
        cosine.append(flat[0] @ flat[1] / (flat[0] @ flat[0] * (flat[1] @ flat[1])) ** 0.5)
        signed.append(spearmanr(one.sum(0).flatten(), other.sum(0).flatten()).statistic)
    assert row["value"] == pytest.approx(sum(absolute) / 10, abs=1e-4)
    assert row["cosine"] == pytest.approx(sum(cosine) / 10, abs=1e-4)
    assert row["signed_spearman"] == pytest.approx(sum(signed) / 10, abs=1e-4)
    assert row["low"] < row["value"] < row["high"]


def test_cgi_along_the_twins_own_path_turns_its_sign() -> None:
    """To and fro on one line: the same magnitudes for whatever model."""
    rows = measure(ByPattern, "cgi", "integrated-gradients", path="recolour")
    cgi, plain = rows
    assert (cgi["method"], cgi["baseline"], plain["baseline"]) == ("cgi", "recolour", "zero")
    assert cgi["value"] == pytest.approx(1, abs=1e-6)
    assert cgi["signed_spearman"] == pytest.approx(-1, abs=1e-6)
    assert plain["value"] < 0.99


def test_what_is_constant_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(
        self: Saliency, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        values, unknown = inputs.clone(), torch.full((len(inputs),), torch.nan)
        values[:4] = 0
        return Attribution(values, unknown, unknown, unknown)

    monkeypatch.setattr(Saliency, "_attribute", nothing)
    (row,) = measure(ByShape, "saliency", batch_size=10)
    assert (row["n"], row["undefined"]) == (6, 4)
    assert row["value"] == pytest.approx(1)


def test_twins_by_a_cvae(tmp_path: Path) -> None:
    """Its reconstruction and its counterfactual, told the predicted class.

    Saliency of a linear model does not look at the image; integrated gradients do.
    """
    rows = measure(
        ByPattern,
        "saliency",
        "integrated-gradients",
        cvae=save_cvae(tmp_path / "cvae.pt"),
        target="1",
    )
    assert [(row["twin"], row["method"]) for row in rows] == [
        ("cvae", "saliency"),
        ("cvae", "integrated-gradients"),
        ("recolour", "saliency"),
        ("recolour", "integrated-gradients"),
    ]
    assert rows[0]["value"] == rows[2]["value"] == pytest.approx(1)
    dataset, model, autoencoder = load_dataset(DATA, "test"), ByPattern(), wild_cvae()
    images, own = dataset.images(range(10)), torch.eye(2)[dataset.attributes["colour"].values[:10]]
    predicted = model(images).argmax(1)
    with torch.no_grad():
        codes, _ = autoencoder.encode(images, predicted, own)
        ends = [autoencoder.decode(codes, predicted, values) for values in (own, 1 - own)]
    weights = model.get_buffer("weights")[:, 1].view(3, 28, 28)
    maps = [(weights * end).abs().sum(1).flatten(1).double().numpy() for end in ends]
    wanted = [spearmanr(one, other).statistic for one, other in zip(*maps, strict=True)]
    assert rows[1]["value"] == pytest.approx(sum(wanted) / 10, abs=1e-3)


def test_the_second_class_and_the_sampled_images() -> None:
    (row,) = measure(ByPattern, "saliency", limit=None)
    assert row["n"] == 180  # every second of 359
    alone = measure(ByPattern, "integrated-gradients", target="0")
    against = measure(ByPattern, "integrated-gradients", target="0", against="1")
    assert alone[0]["signed_spearman"] != against[0]["signed_spearman"]


def test_what_does_not_fit() -> None:
    with pytest.raises(ConfigError, match="not coloured by channel, but --metric twin-similarity"):
        measure(ByShape, "saliency", channels=1)
    with pytest.raises(DataError, match="no sensitive attribute, but --metric twin-similarity"):
        measure(ByPattern, "saliency", arguments="(classes=10)", dataset="digits")
    with pytest.raises(InputError, match="method 'cgi' has no path to follow"):
        measure(ByPattern, "cgi")


def test_few_rows_at_once_give_the_same(tmp_path: Path) -> None:
    """A path's 51 points share the rows, so that images are explained one by one."""
    baseline = (f"cvae:{save_cvae(tmp_path / 'cvae.pt')}",)
    (whole,) = measure(ByPattern, "cgi", baseline=baseline, limit=3, batch_size=1000)
    (few,) = measure(ByPattern, "cgi", baseline=baseline, limit=3, batch_size=60)
    assert whole["value"] < 0.999
    for name in ("value", "signed_spearman", "cosine"):
        assert few[name] == pytest.approx(whole[name], abs=1e-4)
