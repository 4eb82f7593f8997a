"""What ``--features`` may name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.features.sources import images, source
from tests.workflows.tiny_runs import Recorder, make_quick
from xaitool.core.models.classifiers import torchvision_models
from xaitool.errors import ModelError, UnknownNameError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.features import source as image_features
from xaitool.workflows.features.classifier import ClassifierFeatures
from xaitool.workflows.features.lenet import FeatureNetwork
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier


def test_code_is_loaded_only_where_it_may_be(factory: str) -> None:
    with pytest.raises(ModelError, match="is code"):
        source(factory, allow_code=False)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ModelError, match="'incepton' does not exist"):
        source("incepton")
    with pytest.raises(UnknownNameError):
        source("torchvision:incepton_v3")


def test_warnings_are_passed_on(factory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load = load_classifier

    def warning(*arguments: Any, **options: Any) -> Classifier:
        return replace(load(*arguments, **options), warnings=("beware",))

    monkeypatch.setattr(image_features, "load_classifier", warning)
    reporter = Recorder()
    source(factory, reporter)
    assert reporter.warnings == ["beware"]


def test_lenet_is_the_feature_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = source("lenet")
    assert isinstance(found, FeatureNetwork)
    assert found.name == "lenet5"
    assert found.classes == tuple("0123456789")
    batch = images(5, 1, 28, 28)
    features, logits = found.both(batch)
    assert logits is not None
    torch.testing.assert_close(features, found.features(batch))
    torch.testing.assert_close(logits, found.model(batch))
    torch.testing.assert_close(found.logits(batch), logits)


@pytest.mark.slow
def test_inception_sees_whole_images(tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = torchvision_models.build(
        "inception_v3", 1000, shape=(3, 299, 299), mean=[0.5] * 3, standard_deviation=[0.5] * 3
    )
    weights = tmp_path / "inception.pt"
    torch.save(own.network.state_dict(), weights)
    found = source("inception", options=ModelOptions(weights=weights))
    assert isinstance(found, ClassifierFeatures)
    assert (found.classifier.input.resize, found.classifier.input.crop) == (299, 299)
    features, logits = found.both(images(2, 1, 28, 28))
    assert (features.shape, logits) == ((2, 2048), None)
    assert (found.name, found.classes, found.accuracy) == ("inception", (), None)


def test_absent_weights_of_inception_are_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str) -> None:
        raise ModelError(f"weights of {name} cannot be downloaded")

    monkeypatch.setattr(torchvision_models, "download_weights", offline)
    with pytest.raises(ModelError, match="features inception: weights of inception_v3") as error:
        source("inception")
    assert "checkpoints, or --features lenet" in str(error.value.hint)
