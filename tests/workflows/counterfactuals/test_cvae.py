"""Loading an autoencoder, and refusing one that was trained for something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.cvae_runs import DATA, cvae_run
from xaitool.errors import ArtifactError, ModelError
from xaitool.io.checkpoints import HEADER, file_sha256, load_checkpoint, save_checkpoint
from xaitool.workflows.counterfactuals.cvae import KIND, check_cvae, load_cvae
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def test_what_is_known_of_an_autoencoder() -> None:
    found = load_cvae(cvae_run(), CPU)
    assert (found.shape, found.classes) == ((3, 8, 8), ("0-4", "5-9"))
    assert found.sensitive == {"colour": ("red", "green")}
    assert (found.dataset, found.config["latent"]) == (DATA, 2)
    best = cvae_run() / "best.pt"
    assert (found.path, found.sha256) == (best, file_sha256(best))
    assert (found.model.classes, found.model.attributes, found.model.latent) == (2, (2,), 2)


def test_the_weights_are_those_of_the_checkpoint_frozen_in_eval_mode() -> None:
    model = load_cvae(cvae_run(), CPU).model
    assert not any(part.training for part in model.modules())
    assert not any(part.requires_grad for part in model.parameters())
    saved = load_checkpoint(cvae_run(), kind=KIND)["state"]["model"]
    torch.testing.assert_close(dict(model.state_dict()), dict(saved), rtol=0, atol=0)
    double = load_cvae(cvae_run(), Runtime(torch.device("cpu"), torch.float64)).model
    images, labels = torch.rand(3, 3, 8, 8), torch.tensor([0, 1, 1])
    vectors = model.one_hot(torch.tensor([[0], [1], [0]]))
    same = double(images.double(), labels, vectors.double())
    torch.testing.assert_close(same.float(), model(images, labels, vectors), rtol=0, atol=1e-5)


def test_other_kinds_and_damage_are_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "other.pt", "classifier", {})
    with pytest.raises(ArtifactError, match="is a classifier, but a cvae is wanted"):
        load_cvae(tmp_path / "other.pt", CPU)
    content = load_checkpoint(cvae_run(), kind=KIND)
    content = {name: value for name, value in content.items() if name not in HEADER}
    changes: list[dict[str, Any]] = [
        {"classes": None},
        {"sensitive": {"colour": ["red", "green", "blue"]}},
        {"sensitive": ["colour"]},
        {"state": {}},
        {"shape": [3, 8, 9]},
        {"architecture": {"depth": 3}},
        {"architecture": {"latent": 2}},
    ]
    for change in changes:
        save_checkpoint(tmp_path / "a.pt", KIND, content | change)
        with pytest.raises(ArtifactError, match=r"checkpoint .*a\.pt has .*, but .* want"):
            load_cvae(tmp_path / "a.pt", CPU)


def test_what_an_autoencoder_was_not_trained_for_is_refused() -> None:
    found = load_cvae(cvae_run(), CPU)
    check_cvae(found)
    check_cvae(
        found,
        shape=[3, 8, 8],
        classes=["0-4", "5-9"],
        sensitive={"colour": ["red", "green"]},
    )
    others: list[tuple[dict[str, Any], str]] = [
        ({"shape": (1, 8, 8)}, r"images \(3, 8, 8\), but \(1, 8, 8\) is wanted"),
        ({"classes": ("5-9", "0-4")}, "the labels 0-4, 5-9, but 5-9, 0-4 is wanted"),
        ({"classes": [str(place) for place in range(20)]}, "but 0, 1, .* 9, ... is wanted"),
        ({"sensitive": {}}, r"the attributes colour \(red, green\), but none is wanted"),
        ({"sensitive": {"colour": ("green", "red")}}, r"but colour \(green, red\) is wanted"),
        ({"sensitive": {"hue": ("red", "green")}}, r"but hue \(red, green\) is wanted"),
    ]
    for wanted, message in others:
        with pytest.raises(ModelError, match=f"best.pt was trained for .*{message}"):
            check_cvae(found, **wanted)


def test_the_order_of_attributes_matters() -> None:
    found = load_cvae(cvae_run(), CPU)
    both = {"colour": ("red", "green"), "size": ("small", "large")}
    found.sensitive.update(both)
    check_cvae(found, sensitive=both)
    with pytest.raises(ModelError, match=r"size \(small, large\); colour"):
        check_cvae(found, sensitive=dict(reversed(both.items())))
