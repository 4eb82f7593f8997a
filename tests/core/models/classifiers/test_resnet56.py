"""ResNet-56 beside the paper's text."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.core.models.classifiers.cifar import build, count
from xaitool.core.models.classifiers.resnet56 import PaddedShortcut


def test_resnet56_has_the_papers_layers_and_size():
    model = build("resnet56")
    layers = [one for one in model.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    assert len(layers) == 56
    assert count(model) == 853_018  # "0.85M" in the paper's Table 6


def test_shortcut_subsamples_and_pads():
    maps = torch.rand(2, 3, 7, 8)
    out = PaddedShortcut(2)(maps)
    assert out.shape == (2, 5, 4, 4)
    torch.testing.assert_close(out[:, :3], F.max_pool2d(maps, 1, stride=2))
    assert not out[:, 3:].any()
