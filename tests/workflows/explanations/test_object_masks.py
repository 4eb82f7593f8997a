"""Object masks on their way from a dataset into an attribution file."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest
import torch
from torch import nn

from xaitool.data.load import load_dataset
from xaitool.errors import StoppedBySignal
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.explanations.images import DatasetImages

DATASET = "composite:objects=digits,scenes=textures,object-classes=0+1,scene-classes=0+1,test=2"
CLASSES = ("0-checks", "0-clouds", "1-checks", "1-clouds")


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def options(**values):
    return ExplainConfig(
        **{
            "model": "tests.workflows.explanations.test_object_masks:network",
            "input_size": 8,
            "channels": 3,
            "method": "saliency",
            "dataset": DATASET,
            "device": "cpu",
            "heat_maps": 0,
            "out": Path("a.h5"),
            **values,
        }
    )


def content(path):
    with AttributionFile(Path(path)) as file:
        return file.attributes, file.read()


def test_masks_and_class_parts_reach_the_file():
    explain(options(limit=6, batch_size=4))
    attributes, rows = content("a.h5")
    dataset = load_dataset(DATASET, "test", image_size=8)
    expected = dataset.mask(range(6))
    assert expected is not None
    assert torch.equal(rows.object_mask, expected.to(torch.uint8))
    assert attributes["class_parts"] == [list(part) for part in dataset.class_parts]
    assert [attributes["class_parts"][label][0] for label in rows.label] == [*"001100"]


def test_parts_are_those_of_the_models_classes():
    Path("names.txt").write_text("\n".join(CLASSES[::-1]))
    explain(options(classes_file=Path("names.txt")))
    attributes, rows = content("a.h5")
    assert attributes["class_parts"] == [name.split("-") for name in CLASSES[::-1]]
    assert rows.label.tolist() == [3, 2, 1, 0] * 2


def test_a_model_of_other_classes_gets_masks_and_no_parts():
    images = DatasetImages(load_dataset(DATASET, "test"), ("0-checks", "cat"))
    assert images.class_parts == ()
    masks = images.read([0]).masks
    assert masks is not None
    assert masks.shape == (1, 1, 32, 32)


def test_chosen_images_keep_their_own_masks():
    explain(options(only="misclassified"))
    rows = content("a.h5")[1]
    masks = load_dataset(DATASET, "test", image_size=8).mask(rows.index)
    assert 0 < len(rows) < 8
    assert masks is not None
    assert torch.equal(rows.object_mask, masks.to(torch.uint8))


def test_a_dataset_without_masks_writes_neither():
    explain(options(dataset="textures", limit=2))
    attributes, rows = content("a.h5")
    assert rows.object_mask is None
    assert "class_parts" not in attributes


def test_an_interrupted_run_continues_to_the_same_bytes():
    explain(options(batch_size=2))
    config = options(batch_size=2, out=Path("parted.h5"))
    seen = []

    def stop(record):
        seen.append(record)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedBySignal):
        explain(config, emit=stop)
    explain(dataclasses.replace(config, resume=True))
    assert Path("parted.h5").read_bytes() == Path("a.h5").read_bytes()
