"""Training a user's own network, and using it afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.workflows.own_module import work_beside
from tests.workflows.tiny_runs import classifier_config
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, InputError, ModelError, ModelWarning
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs import training as training_run
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
OWN = "own_nets:make(classes=3)"
NETS = """
from torch import nn

class Net(nn.Module):
    def __init__(self, classes, width):
        super().__init__()
        self.convolution = nn.Conv2d(1, width, 5, stride=4)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(36 * width, classes)

    def forward(self, images):
        features = self.dropout(self.norm(self.convolution(images)).relu())
        # As people write it, which wants the layout that images come in.
        return {"logits": self.linear(features.view(len(images), -1)), "features": features}

def make(classes=10, width=4): return Net(classes, width)
def by_name(**options): return Net(options.get("num_classes", 10), 4)
def ten(): return Net(10, 4)
def softmax(): return nn.Sequential(nn.Flatten(), nn.Linear(784, 3), nn.Softmax(1))
def idle(): return nn.Sequential(nn.AdaptiveAvgPool2d((1, 3)), nn.Flatten())

def timm_like():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 3))
    facts = {"input_size": (1, 28, 28), "crop_pct": 1.0, "mean": (0.25,), "std": (0.5,)}
    network.pretrained_cfg = facts
    return network
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work_beside(tmp_path, monkeypatch, "own_nets", NETS)
    monkeypatch.setattr(training_run, "write_curves", lambda *arguments: None)


def trained(out: str, architecture: str = OWN, **options: Any) -> Path:
    config = classifier_config(Path(out), architecture=architecture, schedule="constant", **options)
    train_classifier(config)
    return Path(out)


def loaded(run: Path, architecture: str | None) -> Classifier:
    options = ModelOptions(architecture=architecture)
    return load_classifier(str(run), None, CPU, options=options)


def state(run: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = load_checkpoint(run / "last.pt", kind="classifier")["state"]["model"]
    return found


def test_a_run_goes_on_bit_for_bit_and_is_loaded_by_its_factory() -> None:
    whole, parted = trained("whole"), trained("parted", epochs=1)
    trained("parted", resume="parted")
    assert all(torch.equal(value, state(parted)[name]) for name, value in state(whole).items())
    checkpoint = load_checkpoint(whole, kind="classifier")
    assert (checkpoint["architecture"], checkpoint["normalised"]) == (OWN, False)
    with pytest.raises(ConfigError, match=r"--architecture is 'own_nets:make\(3\)', but the run"):
        trained("parted", "own_nets:make(3)", resume="parted", epochs=3)
    classifier = loaded(whole, OWN)
    import own_nets  # type: ignore[import-not-found]

    network = own_nets.make(3).eval()
    network.load_state_dict(load_checkpoint(whole, kind="classifier")["state"]["model"])
    images = load_dataset("digits", "test", classes=("0", "1", "2")).images(range(20))
    with torch.no_grad():
        assert torch.equal(classifier.logits(images, 20), network(images)["logits"])
    assert classifier.input.shape == (1, 28, 28)
    assert classifier.classes == ("0", "1", "2")


def test_a_checkpoint_alone_imports_nothing() -> None:
    run = trained("run", epochs=1)
    del sys.modules["own_nets"]
    with pytest.raises(
        ArtifactError, match=r"was made by 'own_nets:make\(classes=3\)', but code is"
    ) as caught:
        loaded(run, None)
    assert "type --architecture 'own_nets:make(classes=3)'," in str(caught.value.hint)
    assert "own_nets" not in sys.modules
    with pytest.raises(ModelError, match=r"own_nets:make does not fit the weights of run.best\.pt"):
        loaded(run, "own_nets:make")
    plain = trained("plain", "cnn2c", epochs=1)
    with pytest.raises(ConfigError, match=r"but the network of plain.best\.pt is cnn2c"):
        loaded(plain, OWN)
    # Of several models some may be the user's own.
    options = EvaluateConfig(artifacts=(plain, run), architecture=OWN)
    for one in (plain, run):
        assert load_classifier(str(one), None, CPU, options=options).source == str(one)


def test_what_a_network_says_of_its_input_is_put_before_it() -> None:
    with pytest.warns(ModelWarning, match=r"images and normalisation are its pretrained_cfg's"):
        run = trained("run", "own_nets:timm_like", epochs=1)
    checkpoint = load_checkpoint(run, kind="classifier")
    assert (checkpoint["mean"], checkpoint["standard_deviation"]) == ([0.25], [0.5])
    classifier = loaded(run, "own_nets:timm_like")
    weights = checkpoint["state"]["model"]
    images = torch.rand(2, 1, 28, 28)
    flat = ((images - 0.25) / 0.5).flatten(1)
    wanted = flat @ weights["1.1.weight"].T + weights["1.1.bias"]
    torch.testing.assert_close(classifier.logits(images, 2), wanted)


def test_its_weights_may_begin_from_a_file() -> None:
    first = trained("first", epochs=1)
    torch.save({"state_dict": state(first)}, "first.pth")
    run = trained("run", weights="first.pth", learning_rate=1e-12, epochs=1)
    for name, value in state(run).items():
        if name.endswith(("weight", "bias")):
            torch.testing.assert_close(value, state(first)[name])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "own_nets:make"}, "returns 10 logits, but dataset digits has 3 classes"),
        ({"architecture": "own_nets:softmax"}, "returns probabilities, but logits are wanted"),
        ({"architecture": "own_nets:idle"}, "idle has no weights that can be trained"),
        ({"head": 5}, "is trained as a whole, but"),
        ({"weights": "torchvision"}, "is trained as a whole, but"),
        ({"image_size": 16}, r"fails on an image \(1, 16, 16\) .* but logits are wanted"),
        ({"architecture": "own_nets:absent"}, "'own_nets:absent' does not exist"),
        ({"architecture": "net.pt2"}, "'net.pt2' is no place of code"),
    ],
)
def test_what_cannot_be_trained(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        train_classifier(classifier_config(Path("run"), **{"architecture": OWN, **options}))
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("architecture", "hint"),
    [
        ("own_nets:make", "--architecture 'own_nets:make(classes=3)'"),
        ("own_nets:make(7)", "--architecture 'own_nets:make(classes=3)'"),
        ("own_nets:by_name(num_classes=4)", "--architecture 'own_nets:by_name(num_classes=3)'"),
        ("own_nets:by_name", None),
        ("own_nets:ten", None),
    ],
)
def test_a_factory_of_other_classes_is_told_how_many(architecture: str, hint: str | None) -> None:
    with pytest.raises(ModelError, match="logits, but dataset digits has 3 classes") as caught:
        train_classifier(classifier_config(Path("run"), architecture=architecture))
    assert (caught.value.hint or "").endswith(hint or "")
    assert (caught.value.hint is None) == (hint is None)
