"""An autoencoder that is measured, and the images that fit it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.colour_models import DATA, HALVES, save_cvae
from xaitool.data.load import load_dataset
from xaitool.errors import DataError, ModelError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.cvaes.subject import load_cvae_and_data
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def loaded(cvae: Path, **options: Any) -> Any:
    return load_cvae_and_data(cvae, EvaluateConfig(artifacts=(cvae,), **options), CPU)


def test_the_images_are_those_of_its_training_unless_others_are_named(tmp_path: Path) -> None:
    cvae = save_cvae(tmp_path / "cvae.pt")
    found, dataset = loaded(cvae)
    assert found.dataset == DATA
    assert dataset.digest == load_dataset(DATA, "test").digest
    assert dataset.classes == HALVES
    assert loaded(cvae, split="train")[1].digest == load_dataset(DATA, "train").digest


def test_images_that_do_not_fit(tmp_path: Path) -> None:
    cvae = save_cvae(tmp_path / "cvae.pt")
    with pytest.raises(DataError, match="'digits' has no sensitive attribute, but CVAE"):
        loaded(cvae, dataset="digits")
    other = save_cvae(tmp_path / "other.pt", classes=["low", "high"])
    with pytest.raises(ModelError):
        loaded(other)
