"""Weights of a network of torchvision in a file of another program."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import squeezenet1_1

from xaitool.errors import ModelError, ModelWarning
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def test_the_network_inside_a_checkpoint_says_how_many_classes_there_are(tmp_path: Path) -> None:
    network = squeezenet1_1(num_classes=7).eval()
    state = {f"model.{name}": value for name, value in network.state_dict().items()}
    # What comes last is no layer of the network.
    torch.save({"state_dict": state | {"loss.weight": torch.ones(5)}}, tmp_path / "net.ckpt")
    options = ModelOptions(input_size=64, mean=(0.0,), std=(1.0,))
    with pytest.warns(ModelWarning, match=r"'model\.' are taken; 'loss.weight' left out"):
        classifier = load_classifier(
            "torchvision:squeezenet1_1", tmp_path / "net.ckpt", CPU, options=options
        )
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(images, 2), network(images))
    del state["model.classifier.1.bias"]
    torch.save({"state_dict": state}, tmp_path / "net.ckpt")
    message = r"'model\.' before most of .*, but lack 'model\.classifier\.1\.bias'$"
    with pytest.raises(ModelError, match=message):
        load_classifier("torchvision:squeezenet1_1", tmp_path / "net.ckpt", CPU, options=options)


def test_safetensors_whose_last_tensor_is_not_the_last_layers(tmp_path: Path) -> None:
    network = squeezenet1_1(num_classes=7).eval()
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    options = ModelOptions(input_size=64, mean=(0.0,), std=(1.0,))
    classifier = load_classifier(
        "torchvision:squeezenet1_1", tmp_path / "net.safetensors", CPU, options=options
    )
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(images, 2), network(images))
