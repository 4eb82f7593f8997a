"""Walks from images to their counterfactuals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.workflows.colour_models import DATA, save_cvae
from tests.workflows.coloured import coloured
from tests.workflows.tiny_runs import Recorder
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.memory import Rows
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.path_walk import PathWalk, counterfactual_paths, required_paths
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
COLOURS = (0, 1, 1, 0, 1)
NAMES = ("red", "green", "blue")


def walk(rows: int = 100, samples: tuple[int, ...] = (0, 1, 2, 3, 4), **options: int) -> PathWalk:
    chosen = torch.tensor(samples)
    recorder = Recorder()
    dataset = coloured(COLOURS)
    labels = dataset.labels[chosen]
    return PathWalk(dataset, chosen, labels, Rows(rows, recorder.warning), CPU, recorder)


def channels(images: Tensor, rows: int) -> Tensor:
    return images.mean((2, 3))


@pytest.mark.parametrize("rows", [1, 3, 4, 100])
def test_readings_are_of_each_place_of_each_image(rows: int) -> None:
    found = walk(rows).read(RecolouringPath().points, torch.tensor([0.0, 0.25, 1.0]), channels)
    assert found.shape == (5, 3, 3)
    for place, colour in enumerate(COLOURS):
        grey = (50 + 10 * place) / 255
        wanted = torch.zeros(3, 3)
        wanted[:, colour] = torch.tensor([grey, 0.75 * grey, 0])
        wanted[:, 1 - colour] = torch.tensor([0, 0.25 * grey, grey])
        torch.testing.assert_close(found[place], wanted)


def test_images_themselves_are_read_in_their_order() -> None:
    found = walk(2, samples=(4, 0)).read_images(channels)
    torch.testing.assert_close(found, torch.tensor([[0, 90, 0], [50, 0, 0]]) / 255)


def test_of_more_than_two_values_it_is_the_next() -> None:
    one = walk()
    dataset = coloured((0, 1, 2), names=NAMES)
    three = PathWalk(dataset, torch.tensor([2, 1, 0]), one.labels[:3], one.rows, CPU, one.reporter)
    assert three.attributes.flatten().tolist() == [2, 1, 0]
    assert three.counterfactual.flatten().tolist() == [0, 2, 1]


def test_where_memory_is_short_fewer_images_are_made_at_once() -> None:
    most = []

    def narrow(images: Tensor, rows: int) -> Tensor:
        most.append(len(images))
        if len(images) > 4:
            raise torch.OutOfMemoryError
        return channels(images, rows)

    one = walk(10)
    found = one.read(RecolouringPath().points, torch.tensor([0.0, 1.0]), narrow)
    torch.testing.assert_close(found[:, 0], walk().read_images(channels))
    assert isinstance(one.reporter, Recorder)
    assert one.reporter.warnings == ["out of memory: going on with 5 rows"]
    assert most == [10, 4, 4, 2]


def test_the_paths_that_there_are(tmp_path: Path) -> None:
    config = EvaluateConfig(artifacts=(Path("a"),))
    assert list(counterfactual_paths(coloured(COLOURS), config, CPU)) == ["recolour"]
    cvae = EvaluateConfig(artifacts=(Path("a"),), cvae=save_cvae(tmp_path / "cvae.pt"))
    dataset = load_dataset(DATA, "test")
    assert list(counterfactual_paths(dataset, cvae, CPU)) == ["cvae", "recolour"]
    plain = coloured(COLOURS, attribute="paint")
    assert counterfactual_paths(plain, config, CPU) == {}
    with pytest.raises(ConfigError, match="'coloured' is not coloured by channel, but --met"):
        required_paths(plain, config, CPU, "balance")
