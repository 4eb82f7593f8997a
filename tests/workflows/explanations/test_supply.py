"""What a baseline needs, by the method of its name."""

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.trained import baseline_gan_run
from xaitool import registry
from xaitool.core.baselines.base import Need
from xaitool.core.baselines.zero import Zero
from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.checkpoints import file_sha256
from xaitool.workflows.explanations.supply import Supply
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


class Shelf(Supply):
    """Has one image, and finds a warning in each generator."""

    def image(self):
        return torch.full((1, 2, 2), 0.5)

    def references(self):
        raise self._missing(Need.REFERENCES, "references=IMAGES")

    def data(self):
        raise self._missing(Need.DATA, "data=(IMAGES, LABELS)")

    def _check_generator(self, loaded):
        return ("trained on other images",)

    def _check_cvae(self, loaded):
        raise AssertionError("not asked for")


def shelf(name):
    return Shelf(name, nn.Flatten(), 3, CPU)


def test_a_baseline_without_needs_gets_its_options():
    found = shelf("zero").opened(Zero, {})
    assert isinstance(found.baseline, Zero)
    assert (found.facts, found.warnings) == ({}, ())


def test_a_generator_comes_with_what_a_file_should_say_of_it():
    found = shelf(f"ganmex:{baseline_gan_run()}").opened(registry.load("baseline", "ganmex"), {})
    path = Path(found.facts["baseline_checkpoint"])
    assert path.parent == baseline_gan_run()
    assert found.facts["baseline_generator"] == "ganmex"
    assert found.facts["baseline_sha256"] == file_sha256(path)
    assert found.warnings == ("trained on other images",)


def test_what_is_missing_is_said_with_where_it_comes_from():
    with pytest.raises(ConfigError, match="'ganmex' has no generator, but baseline='ganmex:CHECK"):
        shelf("ganmex").opened(registry.load("baseline", "ganmex"), {})
    with pytest.raises(ConfigError, match="'dataset' has no references, but references=IMAGES is"):
        shelf("dataset").opened(registry.load("baseline", "dataset"), {})
    with pytest.raises(ArtifactError, match=r"nowhere\.pt does not exist"):
        shelf("cvae:nowhere.pt").opened(registry.load("baseline", "cvae"), {})


def test_model_and_seed_are_those_of_the_run():
    one = shelf("zero")
    assert isinstance(one.model(), nn.Flatten)
    assert one.seed() == 3
