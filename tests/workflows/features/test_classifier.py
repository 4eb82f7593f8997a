"""Any classifier as a source of features, for images that are not of its size and colour."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder, make_quick
from xaitool.core.models.classifiers import torchvision_models
from xaitool.errors import ModelError, UnknownNameError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.features import source as image_features
from xaitool.workflows.features.classifier import ClassifierFeatures
from xaitool.workflows.features.lenet import FeatureNetwork
from xaitool.workflows.features.source import ImageFeatures, feature_source
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float32)

MODULE = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    return nn.Sequential(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(27, 5))

def without_a_layer():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
"""


def source(name: str, reporter: Recorder | None = None, **options: Any) -> ImageFeatures:
    facts: dict[str, Any] = {"image_size": None, "data_dir": None, "workers": 1}
    facts |= {"runtime": RUNTIME, "reporter": reporter or Recorder(), **options}
    found = feature_source(name, "digits", **facts)
    assert found is not None
    return found


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "some_features", raising=False)
    Path("some_features.py").write_text(MODULE)
    return "some_features:make"


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_a_checkpoint_gives_what_its_last_layer_receives() -> None:
    found = source(str(classifier_run()))
    assert isinstance(found, ClassifierFeatures)
    model: Any = found.classifier.model
    batch = images(7, 1, 28, 28)
    features, logits = found.both(batch)
    assert logits is not None
    torch.testing.assert_close(features, model.features(batch))
    torch.testing.assert_close(logits, model(batch).detach())
    torch.testing.assert_close(found.features(batch), features)
    torch.testing.assert_close(found.logits(batch), logits)
    assert found.classes == tuple("0123456789")
    assert found.accuracy is None
    assert not features.requires_grad
    assert not logits.requires_grad


def test_the_model_is_left_as_it_was() -> None:
    found = source(str(classifier_run()))
    assert isinstance(found, ClassifierFeatures)
    modules = list(found.classifier.model.modules())
    found.features(images(2, 1, 28, 28))
    assert list(found.classifier.model.modules()) == modules
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in modules)
    assert all(one.grad is None for one in found.classifier.model.parameters())


class Seen(nn.Module):
    """Keeps the images that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.batches: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.batches.append(images)
        logits: torch.Tensor = self.linear(images.mean((2, 3)).expand(-1, 3))
        return logits


def seen_by(channels: int, resize: int, crop: int, given: torch.Tensor) -> torch.Tensor:
    model = Seen()
    seen = ModelInput(channels, resize, crop, "bilinear", (0.5,), (1.0,))
    classifier = Classifier(model, "seen", None, "0", seen, ("a", "b"))
    features = ClassifierFeatures(classifier, "seen", RUNTIME).features(given)
    assert features.shape == (len(given), 3)
    return torch.cat(model.batches)


def test_images_of_its_size_are_seen_as_they_are() -> None:
    given = images(5, 1, 28, 28)
    assert torch.equal(seen_by(1, 28, 28, given), given)


def test_grey_is_repeated_and_resized() -> None:
    given = images(3, 1, 20, 20)
    wanted = F.interpolate(given, size=(37, 37), mode="bilinear", antialias=True)
    torch.testing.assert_close(seen_by(3, 37, 37, given), wanted.expand(-1, 3, -1, -1))


def test_the_middle_is_cut_out() -> None:
    given = images(3, 3, 32, 32)
    wanted = F.interpolate(given, size=(16, 16), mode="bilinear", antialias=True)
    torch.testing.assert_close(seen_by(3, 16, 10, given), wanted[..., 3:13, 3:13])


def test_colour_becomes_grey() -> None:
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    given = images(3, 3, 8, 8)
    wanted = (given * weights).sum(1, keepdim=True)
    torch.testing.assert_close(seen_by(1, 8, 8, given), wanted, atol=2e-4, rtol=0)


def test_large_images_are_taken_a_few_at_a_time() -> None:
    batch = images(9, 1, 16, 16)
    seen = seen_by(3, 512, 512, batch)
    assert seen.shape == (9, 3, 512, 512)
    assert RUNTIME.rows(3 * 512 * 512, None) < 9


def test_a_factory_has_no_names(factory: str) -> None:
    found = source(factory, options=ModelOptions(input_size=12))
    features, logits = found.both(images(4, 1, 28, 28))
    assert features.shape == (4, 27)
    assert logits is None
    assert found.name == factory


def test_a_factory_gets_names(factory: str, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("a\nb\nc\nd\ne\n")
    found = source(factory, options=ModelOptions(input_size=12, classes_file=names))
    logits = found.logits(images(4, 1, 28, 28))
    assert logits is not None
    assert logits.shape == (4, 5)


def test_the_hash_is_of_what_is_seen_too(factory: str) -> None:
    sizes = [source(factory, options=ModelOptions(input_size=size)) for size in (12, 12, 14)]
    hashes = [found.sha256 for found in sizes]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_network_without_a_layer_is_refused(factory: str) -> None:
    with pytest.raises(ModelError, match="no linear layer"):
        source(factory.replace("make", "without_a_layer"))


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
