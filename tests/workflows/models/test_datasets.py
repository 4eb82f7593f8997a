"""The images that the options of a training name."""

from __future__ import annotations

import pytest
import torch

from tests.workflows.tiny_runs import classifier_config
from xaitool.errors import UnknownNameError
from xaitool.workflows.models.datasets import load_training_data
from xaitool.workflows.runs.runtime import Runtime


def test_the_options_name_the_images() -> None:
    config = classifier_config(None, classes=("7", "3"), image_size=12)
    found = load_training_data(config, Runtime.from_options(config))
    assert (found.classes, found.shape, found.split) == (("7", "3"), (1, 12, 12), "train")
    with pytest.raises(UnknownNameError):
        load_training_data(classifier_config(None, classes=("x",)), Runtime.from_options(config))


def test_the_options_name_label_and_sensitive_attributes() -> None:
    options = {"dataset": "biased-mnist:of=digits", "label": "shape", "classes": None}
    config = classifier_config(None, **options)
    clean = load_training_data(config, Runtime.from_options(config))
    assert (clean.classes, list(clean.sensitive)) == (("0-4", "5-9"), ["colour"])
    assert torch.equal(clean.labels, clean.attributes["shape"].values)
    config = classifier_config(None, **options | {"label": None, "sensitive": ("shape",)})
    noisy = load_training_data(config, Runtime.from_options(config))
    assert list(noisy.sensitive) == ["shape"]
    assert not torch.equal(noisy.labels, clean.labels)
    assert config.to_dict("experiment")["sensitive"] == ["shape"]
