"""New heads on networks of torchvision."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenet_v2, shufflenet_v2_x0_5

from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.core.models.classifiers.transfer import TransferClassifier, build_transfer
from xaitool.errors import ModelError, UnknownNameError

FACTS: dict[str, Any] = {
    "shape": (3, 64, 64),
    "mean": [0.5] * 3,
    "standard_deviation": [0.25] * 3,
}
IMAGES = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_head_of_ganmex_on_a_frozen_mobilenet():
    """Pooling, 1024 units, ReLU, K units, on weights that are kept."""
    weights = mobilenet_v2().state_dict()
    model = build_transfer("mobilenet_v2", 2, head=1024, freeze=True, weights=weights, **FACTS)
    trained = [name for name, one in model.named_parameters() if one.requires_grad]
    assert trained == ["head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"]
    assert model.get_parameter("head.0.weight").shape == (1024, 1280)
    assert model(IMAGES).shape == (4, 2)
    peer = mobilenet_v2()
    peer.load_state_dict(weights)
    peer.classifier = nn.Identity()
    torch.testing.assert_close(model.backbone(IMAGES), peer.eval()((IMAGES - 0.5) / 0.25))
    assert penultimate(model, IMAGES).shape == (4, 1024)


def step(model: nn.Module) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    F.cross_entropy(model.train()(IMAGES), torch.tensor([0, 1, 0, 1])).backward()
    optimiser.step()


def changed(model: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {
        name.partition(".")[0]
        for name, value in model.state_dict().items()
        if not torch.equal(value, before[name])
    }


@pytest.mark.parametrize(("freeze", "moving"), [(True, {"head"}), (False, {"head", "backbone"})])
@pytest.mark.parametrize("head", [None, 16])
def test_a_frozen_backbone_is_not_changed_by_training(freeze: bool, moving: set[str], head: Any):
    model = build_transfer("shufflenet_v2_x0_5", 2, head=head, freeze=freeze, **FACTS)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    step(model)
    assert changed(model, before) == moving
    assert model.training
    assert model.backbone.training is not freeze
    assert not model.eval().backbone.training


def test_gradients_reach_the_images_of_a_frozen_network():
    model = build_transfer("shufflenet_v2_x0_5", 2, freeze=True, **FACTS).eval()
    images = IMAGES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(images)[:, 0].sum(), images)
    assert gradient.any()


def test_a_checkpoint_rebuilds_it():
    options: dict[str, Any] = {"classes": 3, "head": 8, "freeze_backbone": True, **FACTS}
    trained = build_classifier("torchvision:shufflenet_v2_x0_5", **options)
    assert isinstance(trained, TransferClassifier)
    step(trained)
    rebuilt = build_classifier("torchvision:shufflenet_v2_x0_5", **options)
    rebuilt.load_state_dict(trained.state_dict())
    torch.testing.assert_close(rebuilt.eval()(IMAGES), trained.eval()(IMAGES), rtol=0, atol=0)


def test_weights_alone_are_fine_tuned():
    weights = shufflenet_v2_x0_5().state_dict()
    model = build_classifier("shufflenet_v2_x0_5", classes=3, weights=weights, **FACTS)
    rebuilt = build_classifier("shufflenet_v2_x0_5", classes=3, transfer=True, **FACTS)
    rebuilt.load_state_dict(model.state_dict())
    assert all(parameter.requires_grad for parameter in model.parameters())
    torch.testing.assert_close(
        model.state_dict()["backbone.network.conv5.0.weight"], weights["conv5.0.weight"]
    )


def test_what_has_no_backbone():
    with pytest.raises(ModelError, match="lenet5 is trained as a whole, but a new head"):
        build_classifier("lenet5", classes=3, head=8, **FACTS)
    with pytest.raises(ModelError, match="squeezenet1_1 ends in no linear layer"):
        build_transfer("squeezenet1_1", 3, **FACTS)
    with pytest.raises(ModelError, match="a head of 0 units for 3 classes, but at least 1"):
        build_transfer("shufflenet_v2_x0_5", 3, head=0, **FACTS)
    with pytest.raises(ModelError, match="weights do not fit"):
        build_transfer("mobilenet_v2", 3, weights=shufflenet_v2_x0_5().state_dict(), **FACTS)
    with pytest.raises(UnknownNameError, match="mobilenet_v2"):
        build_classifier("mobilenet_v22", classes=3, head=8, **FACTS)
