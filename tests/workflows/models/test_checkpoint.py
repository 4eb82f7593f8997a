"""A classifier's checkpoint: what is described of a training makes the classifier again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.memory import MemoryDataset
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.models.checkpoint import KIND, Construction, describe, load_saved
from xaitool.workflows.runs.runtime import Runtime

DOUBLE = Runtime(torch.device("cpu"), torch.float64)
SHAPE, CLASSES = (1, 28, 28), ("a", "b", "c")
GREY: dict[str, Any] = {"mean": [0.25], "standard_deviation": [0.5]}


def dataset() -> MemoryDataset:
    pixels = torch.zeros(3, *SHAPE, dtype=torch.uint8)
    return MemoryDataset(pixels, torch.arange(3), list(CLASSES), name="own", split="train")


def construction(**facts: Any) -> Construction:
    plain: dict[str, Any] = {"transfer": {}, "weights_sha256": None}
    return Construction(**{"architecture": "lenet5", **GREY, **plain, **facts})


def test_only_what_there_is_is_said() -> None:
    plain = describe(construction(), dataset())
    assert list(plain) == [
        "architecture",
        "mean",
        "standard_deviation",
        "shape",
        "classes",
        "dataset_digest",
    ]
    assert (plain["shape"], plain["classes"]) == ([1, 28, 28], ["a", "b", "c"])
    transfer = {"transfer": True, "head": None, "freeze_backbone": True}
    more = construction(transfer=transfer, weights_sha256="1")
    everything = describe(more, dataset(), augmented=True, cvae_sha256="2")
    added = {"transfer": transfer, "weights_sha256": "1", "cvae_sha256": "2"}
    assert everything == plain | added
    assert describe(construction(), dataset(), augmented=True) == plain | {"cvae_sha256": None}


def test_what_is_described_is_loaded(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_classifier("lenet5", shape=SHAPE, classes=3, **GREY)
    content = {
        **describe(construction(), dataset()),
        "config": {"dataset": "own", "classes": None, "loss": "pc"},
        "state": {"model": network.state_dict()},
    }
    path = tmp_path / "best.pt"
    save_checkpoint(path, KIND, content)
    found = load_saved(str(tmp_path), DOUBLE)
    images = torch.rand(2, *SHAPE, dtype=torch.float64)
    wanted = network.double().eval()(images)
    torch.testing.assert_close(found.logits(images, 2), wanted, rtol=0, atol=1e-12)
    assert (found.input.shape, found.input.mean, found.input.resize) == (SHAPE, (0.25,), 28)
    assert (found.classes, found.dataset, found.training["loss"]) == (CLASSES, "own", "pc")
    save_checkpoint(path, KIND, content | {"classes": ["a", "b"]})
    with pytest.raises(ArtifactError, match=r"best\.pt"):
        load_saved(str(tmp_path), DOUBLE)
