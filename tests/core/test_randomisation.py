import copy
from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.attribution.input_x_gradient import InputXGradient
from xaitool.core.metrics.explanation.attribution_similarity import attribution_similarity
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.randomisation import cascading_randomisation, weight_layers
from xaitool.core.score import Score
from xaitool.errors import ModelError
from xaitool.workflows.models.exported_program import ExportedModel

IMAGES = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def classifier():
    torch.manual_seed(0)
    return build_classifier(
        "ganmex-cnn", shape=(1, 16, 16), classes=4, mean=[0.1], standard_deviation=[0.3]
    ).eval()


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


class Backwards(nn.Module):
    """Lists its layers in the wrong order, and uses one of them as a function."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.unused = nn.Linear(2, 2)
        self.norm = nn.BatchNorm2d(4)
        self.first = nn.Conv2d(1, 4, 3)
        self.weight = nn.Parameter(torch.randn(4, 4, 1, 1))
        self.entry = nn.BatchNorm2d(1)

    def forward(self, images):
        assert next(self.parameters()).device == images.device
        maps = self.norm(self.first(self.entry(images))).relu()
        return self.head(nn.functional.conv2d(maps, self.weight).mean((2, 3)))


def test_from_the_output_to_the_first_layer():
    model = classifier()
    found = list(cascading_randomisation(model, IMAGES, seed=0))
    assert [name for name, _ in found] == ["9", "6", "3", "1"]
    done = set()
    for name, randomised in found:
        done |= {f"{name}.weight", f"{name}.bias"}
        assert changed(model.state_dict(), randomised.state_dict()) == done


def test_same_norms_and_what_was_randomised_stays():
    earlier: dict[str, Any] = {}
    model = classifier()
    for _, randomised in cascading_randomisation(model, IMAGES, seed=0):
        for name, parameter in randomised.named_parameters():
            original = model.get_parameter(name)
            assert parameter.norm().item() == pytest.approx(original.norm().item(), rel=1e-5)
            if not torch.equal(original, parameter):
                assert torch.equal(earlier.setdefault(name, parameter), parameter)
    assert len(earlier) == 8


def test_the_weights_are_gaussian():
    model = nn.Sequential(nn.Flatten(), nn.Linear(256, 500, bias=False))
    with torch.no_grad():
        model.get_submodule("1").weight.fill_(0.5)  # type: ignore[operator]
    [(_, randomised)] = cascading_randomisation(model, IMAGES, seed=3)
    weight = randomised.get_parameter("1.weight") / 0.5
    assert weight.mean().item() == pytest.approx(0, abs=0.01)
    assert weight.pow(4).mean().item() == pytest.approx(3, abs=0.05)


def test_the_model_is_left_as_it_was():
    model = classifier()
    model[1].weight.requires_grad_(False)
    model.train()
    before = state(model)
    copies = [randomised for _, randomised in cascading_randomisation(model, IMAGES, seed=0)]
    assert not changed(before, model.state_dict())
    assert model.training
    assert not model[1].weight.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(one.training for one in copies)
    assert len({id(one) for one in (model, *copies)}) == 5


def test_the_seed_decides():
    model = classifier()
    first, again, other = (
        state(list(cascading_randomisation(model, IMAGES, seed=seed))[-1][1]) for seed in (0, 0, 1)
    )
    assert not changed(first, again)
    assert len(changed(first, other)) == 8


def test_the_order_is_that_of_use():
    layers = weight_layers(Backwards(), IMAGES)
    assert list(layers) == ["first", "Backwards", "head"]
    assert layers["first"] == [
        "entry.weight", "entry.bias", "first.weight", "first.bias", "norm.weight", "norm.bias"
    ]  # fmt: skip


def test_statistics_and_unused_weights_stay():
    model = Backwards().eval()
    randomised = list(cascading_randomisation(model, IMAGES, seed=0))[-1][1]
    kept = set(model.state_dict()) - changed(model.state_dict(), randomised.state_dict())
    assert kept >= {"unused.weight", "unused.bias", "norm.running_mean", "norm.running_var"}
    assert "norm.bias" in kept  # zeros have no norm to keep


def test_an_exported_program():
    model = classifier()
    program = ExportedModel(torch.export.export(model, (IMAGES,)).module(), 2, 2).eval()
    found = list(cascading_randomisation(program, IMAGES, seed=0))
    assert [name for name, _ in found] == [f"program.{name}" for name in "9631"]
    assert not torch.equal(found[0][1](IMAGES), program(IMAGES))
    torch.testing.assert_close(program(IMAGES), model(IMAGES))


def test_a_network_of_vectors_only():
    assert list(weight_layers(nn.BatchNorm2d(1), IMAGES)) == ["BatchNorm2d"]


def test_refusals():
    with pytest.raises(ModelError, match="no weights"):
        next(cascading_randomisation(nn.Flatten(), IMAGES, seed=0))
    model = classifier()
    model.cache = (part for part in tuple[Any, ...]())
    with pytest.raises(ModelError, match="cannot be copied"):
        next(cascading_randomisation(model, IMAGES, seed=0))


def test_similarity_falls_for_a_gradient_and_not_for_an_edge_detector():
    model = classifier()
    score = Score(torch.tensor([0, 1]), torch.tensor([2, 3]))

    def gradient(network):
        return InputXGradient(network).attribute(IMAGES, score).values

    def edges(network):
        return IMAGES.diff(dim=3, append=IMAGES[..., -1:])

    for explain, sees_the_model in ((gradient, True), (edges, False)):
        original = explain(copy.deepcopy(model))
        last = list(cascading_randomisation(model, IMAGES, seed=0))[-1][1]
        found = attribution_similarity(original, explain(last))
        assert ((found.spearman < 0.9) == sees_the_model).all()
        if not sees_the_model:
            assert found.spearman.tolist() == pytest.approx([1, 1])
            assert found.ssim.tolist() == pytest.approx([1, 1])
