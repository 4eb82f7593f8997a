"""The weights of a classifier's last linear layer, wherever it is."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaitool.core.attribution.engine.last_layer import class_weights
from xaitool.core.frozen.users_model import guarded
from xaitool.errors import ModelError

IMAGE = torch.rand(1, 2, 6, 6, generator=torch.Generator().manual_seed(0))


class FunctionalHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.rand(5, 72))

    def forward(self, images):
        return F.linear(images.flatten(1), weight=self.matrix)


def test_a_linear_layer():
    layer = nn.Linear(9, 5)
    model = nn.Sequential(nn.Flatten(), nn.Linear(72, 9), nn.ReLU(), layer)
    assert torch.equal(class_weights(model, IMAGE), layer.weight)


def test_layers_after_it_that_do_nothing():
    layer = nn.Linear(72, 5)
    model = nn.Sequential(nn.Flatten(), layer, nn.Identity(), nn.Dropout(0.5)).eval()
    assert torch.equal(class_weights(model, IMAGE), layer.weight)


def test_a_layer_under_autocast():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(72, 5)

        def forward(self, images):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return self.layer(images.flatten(1))

    network = Network()
    assert torch.equal(class_weights(guarded(network), IMAGE), network.layer.weight)


def test_a_linear_function():
    model = FunctionalHead()
    assert torch.equal(class_weights(model, IMAGE), model.matrix)


@pytest.mark.parametrize("pooling", [nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(6)])
def test_a_convolution_and_the_mean_over_positions(pooling):
    layer = nn.Conv2d(2, 5, 1)
    model = nn.Sequential(layer, pooling, nn.Flatten())
    assert torch.equal(class_weights(model, IMAGE), layer.weight.flatten(1))


@pytest.mark.parametrize("inplace", [True, False])
def test_a_relu_between(inplace):
    """As in SqueezeNet."""
    layer = nn.Conv2d(2, 5, 1)
    model = nn.Sequential(layer, nn.ReLU(inplace), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert torch.equal(class_weights(model, IMAGE), layer.weight.flatten(1))


def test_a_convolution_over_the_whole_feature_map():
    layer = nn.Conv2d(2, 5, 6)
    model = nn.Sequential(layer, nn.Flatten())
    assert torch.equal(class_weights(model, IMAGE), layer.weight.flatten(1))


def test_an_exported_program():
    layer = nn.Linear(48, 5)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), layer).eval()
    exported = torch.export.export(model, (IMAGE,)).module()
    assert torch.equal(class_weights(exported, IMAGE), layer.weight)


@pytest.mark.parametrize(
    "model",
    [
        nn.Flatten(),
        nn.Sequential(nn.Flatten(), nn.Linear(72, 5), nn.Softmax(1)),
        nn.Sequential(nn.Flatten(), nn.Linear(72, 10), nn.GLU()),
        nn.Sequential(nn.Conv2d(2, 5, 1), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
    ],
    ids=["no layer", "softmax", "other classes", "maximum over positions"],
)
def test_logits_from_elsewhere_are_refused(model):
    with pytest.raises(ModelError, match="no output of a linear layer") as error:
        class_weights(model, IMAGE)
    assert "random" in str(error.value.hint)


def test_nothing_is_recorded():
    model = FunctionalHead()
    class_weights(model, IMAGE.requires_grad_())
    assert not class_weights(model, IMAGE.detach()).grad_fn
    assert model.matrix.grad is None
