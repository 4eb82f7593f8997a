"""Loading a counterfactual generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import HEADER, file_sha256, load_checkpoint, save_checkpoint
from xaitool.workflows.counterfactuals.generator import KIND, load_generator
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.mark.parametrize("kind", ["ganmex", "standalone"])
def test_what_is_known_of_a_generator(kind: str) -> None:
    run = baseline_gan_run(kind)
    found = load_generator(run, CPU)
    assert (found.kind, found.shape, found.classes) == (kind, (1, 28, 28), ("0", "1", "2"))
    assert (found.dataset, found.config["width"]) == ("digits", 4)
    assert found.classifier == str(three_digits_run())
    assert found.classifier_sha256 == load_classifier(str(three_digits_run()), None, CPU).sha256
    assert (found.path, found.sha256) == (run / "best.pt", file_sha256(run / "best.pt"))


def test_pixels_to_pixels_frozen_in_eval_mode() -> None:
    generator = load_generator(baseline_gan_run(), CPU).model
    images = torch.rand(3, 1, 28, 28)
    made = generator(images, torch.tensor([0, 1, 2]))
    assert made.shape == images.shape
    assert made.min() >= 0
    assert made.max() <= 1
    assert not made.requires_grad
    assert not generator.training
    double = load_generator(baseline_gan_run(), Runtime(torch.device("cpu"), torch.float64))
    same = double.model(images.double(), torch.tensor([0, 1, 2]))
    torch.testing.assert_close(same.float(), made, rtol=0, atol=1e-4)


def test_other_kinds_are_refused() -> None:
    with pytest.raises(ArtifactError, match="is a classifier, but a baseline-gan is wanted"):
        load_generator(classifier_run(), CPU)


def test_damage_and_unknown_generators_are_refused(tmp_path: Path) -> None:
    content = load_checkpoint(baseline_gan_run(), kind=KIND)
    content = {name: value for name, value in content.items() if name not in HEADER}
    path = tmp_path / "a.pt"
    save_checkpoint(path, KIND, content | {"generator": "dreamt"})
    with pytest.raises(ArtifactError, match="has the generator 'dreamt', but one of ganmex, stand"):
        load_generator(path, CPU)
    changes: list[dict[str, Any]] = [
        {"classes": ["0", "1"]},
        {"state": {}},
        {"architecture": {"depth": 3}},
    ]
    for damaged in changes:
        save_checkpoint(path, KIND, content | damaged)
        with pytest.raises(ArtifactError, match=r"checkpoint .* has .*, but"):
            load_generator(path, CPU)
