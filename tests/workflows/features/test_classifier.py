"""Any classifier as a source of features, for images that are not of its size and colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.trained import classifier_run
from tests.workflows.features.sources import RUNTIME, images, source
from xaitool.errors import ModelError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.features.classifier import ClassifierFeatures
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput


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
