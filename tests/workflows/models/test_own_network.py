"""A user's own network, made ready."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from xaitool.errors import ModelError
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.own_network import guarded_classifier, normalised, own_network


def test_a_factory_gives_its_network_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    text = (
        "from torch import nn\ndef make(lazy): return nn.LazyLinear(3) if lazy else nn.Linear(2, 3)"
    )
    (tmp_path / "plain_net.py").write_text(text)
    network, stated = own_network("plain_net:make(false)")
    assert isinstance(network, nn.Linear)
    assert stated is None
    with pytest.raises(ModelError, match="has no values yet"):
        own_network("plain_net:make(true)")


def test_normalisation_stands_before_the_network() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    assert normalised(network, None) is network
    images = torch.rand(3, 1, 2, 2)
    seen = ModelInput(1, 2, 2, "bilinear", (0.25,), (0.5,))
    model = guarded_classifier(normalised(network, seen), "net")
    (logit,) = network((images - 0.25) / 0.5).T
    # A single logit makes two classes.
    torch.testing.assert_close(model(images), torch.stack([-logit / 2, logit / 2], 1))
