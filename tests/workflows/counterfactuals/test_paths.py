"""Which ways there are to move a sensitive attribute."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.workflows.colour_models import DATA, save_cvae, wild_cvae
from tests.workflows.coloured import coloured
from xaitool.data.load import load_dataset
from xaitool.errors import ModelError
from xaitool.workflows.counterfactuals.paths import path_by_cvae, path_by_recolouring
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def test_a_colour_that_is_a_channel_moves_to_another() -> None:
    dataset = coloured([0, 1, 1])
    path = path_by_recolouring(dataset)
    assert path is not None
    images = dataset.images([0, 1, 2])
    own = torch.tensor([[0], [1], [1]])
    points = path.points(images, dataset.labels, own, 1 - own, torch.tensor([0.0, 1.0]))
    assert torch.equal(points[:, 0], images)
    assert torch.equal(points[:, 1], images[:, [1, 0, 2]])


def test_names_alone_do_not_tell() -> None:
    # Called red, yet bright in the other channel as well.
    apples = coloured([0, 1])
    apples.pixels[1, 0, 2, 2] = 1
    assert path_by_recolouring(apples) is None
    assert path_by_recolouring(coloured([0, 1], names=("blue", "green"))) is None
    assert path_by_recolouring(coloured([0, 1], attribute="paint")) is None
    grey = coloured([0, 1]).adapted(None, 1)
    assert path_by_recolouring(grey) is None


def test_the_first_images_are_looked_at() -> None:
    many = coloured([0, 1] * 33)
    many.pixels[65, 0] = 9
    assert path_by_recolouring(many) is not None
    many.pixels[63, 0] = 9
    assert path_by_recolouring(many) is None


def test_an_autoencoder_of_such_images(tmp_path: Path) -> None:
    dataset = load_dataset(DATA, "test")
    path, found = path_by_cvae(save_cvae(tmp_path / "cvae.pt"), dataset, CPU)
    images, labels = dataset.images(range(3)), dataset.labels[:3]
    own = dataset.sensitive_values(torch.arange(3))
    points = path.points(images, labels, own, 1 - own, torch.tensor([1.0]))[:, 0]
    model = wild_cvae()
    with torch.no_grad():
        codes, _ = model.encode(images, labels, torch.eye(2)[own[:, 0]])
        wanted = model.decode(codes, labels, torch.eye(2)[1 - own[:, 0]])
    torch.testing.assert_close(points, wanted)
    assert found.dataset == DATA
    with pytest.raises(ModelError):
        path_by_cvae(tmp_path / "cvae.pt", coloured([0, 1]), CPU)
