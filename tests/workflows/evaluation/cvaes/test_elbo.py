"""The bound, against plain loops."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.workflows.colour_models import DATA, save_cvae, wild_cvae
from tests.workflows.evaluation.cvaes.measured import COUNT, measure, parts
from xaitool.errors import ArtifactError


def test_unasked_there_is_the_bound(tmp_path: Path) -> None:
    cvae = save_cvae(tmp_path / "cvae.pt")
    rows = measure(cvae)
    assert [row["quantity"] for row in rows] == ["elbo", "reconstruction", "kl"]
    elbo, reconstruction, kl = rows
    assert elbo["value"] == pytest.approx(-(reconstruction["value"] + kl["value"]))
    images, labels, colours = parts()
    mean, log_variance = wild_cvae().encode(images, labels, torch.eye(2)[colours])
    by_hand = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2
    assert kl["value"] == pytest.approx(by_hand.mean().item(), rel=1e-4)
    assert kl["std"] == pytest.approx(by_hand.std().item(), rel=1e-4)
    for row in rows:
        assert row["low"] < row["value"] < row["high"]
        assert (row["n"], row["error"]) == (COUNT, "bce")
    again = measure(cvae, batch_size=7)
    assert [row["value"] for row in again] == pytest.approx([row["value"] for row in rows])
    assert measure(cvae, seed=1)[1]["value"] != reconstruction["value"]
    assert [row["std"] for row in measure(cvae, limit=1)] == [None] * 3


def test_of_one_image_there_is_no_spread(tmp_path: Path) -> None:
    rows = measure(save_cvae(tmp_path / "cvae.pt"), "elbo", limit=1)
    assert [(row["n"], row["std"]) for row in rows] == [(1, None)] * 3
    bound, reconstruction, kl = (row["value"] for row in rows)
    assert bound == pytest.approx(-(reconstruction + kl))
    assert kl > 0


def test_a_reconstruction_that_is_not_known(tmp_path: Path) -> None:
    cvae = save_cvae(tmp_path / "cvae.pt", config={"dataset": DATA})
    with pytest.raises(ArtifactError, match=r"cvae\.pt is damaged \(KeyError: 'reconstruction'\)"):
        measure(cvae, "elbo")
