"""Weights of another network than the file says cost no memory before they are refused."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.trained import baseline_gan_run, classifier_run, gan_run, recommender_run
from tests.workflows.cvae_runs import cvae_run
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.errors import ArtifactError, ModelError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.io.stored_weights import check_weights, rebuilt
from xaitool.workflows.counterfactuals.cvae import load_cvae
from xaitool.workflows.counterfactuals.generator import load_generator
from xaitool.workflows.gans.networks import generator_of
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.recommenders.recommender import load_recommender
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
# What would be made of these claims does not fit in any memory.
HUGE = 10**9


def claims(run: Path, kind: str, **changes: Any) -> Path:
    content = load_checkpoint(run, kind=kind)
    content = {name: value for name, value in content.items() if name not in HEADER}
    for name, value in changes.items():
        inner = isinstance(value, dict) and name in content
        content[name] = content[name] | value if inner else value
    save_checkpoint(Path("a.pt"), kind, content)
    return Path("a.pt")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(load: Any) -> str:
    tracemalloc.start()
    with pytest.raises(ArtifactError) as caught:
        load()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**28
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [1, 3000, 3000]},
        {"shape": [1, 65536, 65536]},
        {"shape": [1, HUGE, HUGE]},
        {"architecture": "vgg16", "shape": [1, 64, 64]},
        {"classes": [str(number) for number in range(3000)]},
        {"transfer": {"transfer": True, "head": HUGE, "freeze_backbone": False}},
        {
            "architecture": "resnet18",
            "transfer": {"transfer": True, "head": HUGE, "freeze_backbone": True},
        },
    ],
)
def test_a_classifier(changes: dict[str, Any]) -> None:
    path = claims(classifier_run(), "classifier", **changes)
    with pytest.raises((ArtifactError, ModelError)) as caught:
        load_classifier(str(path), None, CPU)
    assert "\n" not in str(caught.value)


def test_a_gan() -> None:
    for changes in ({"latent": HUGE}, {"shape": [1, 3000, 3000]}, {"architecture": "dcgan"}):
        content = load_checkpoint(claims(gan_run(), "gan", **changes), kind="gan")
        assert "weights" in refused(lambda content=content: generator_of(content))


@pytest.mark.parametrize("options", [{"width": 10**6}, {"blocks": HUGE}])
def test_a_generator_of_counterfactuals(options: dict[str, int]) -> None:
    path = claims(baseline_gan_run(), "baseline-gan", architecture=options)
    assert "weights" in refused(lambda: load_generator(path, CPU))


def test_sizes_that_no_number_holds() -> None:
    path = claims(baseline_gan_run(), "baseline-gan", architecture={"width": HUGE})
    assert "overflowed" in refused(lambda: load_generator(path, CPU))


@pytest.mark.parametrize(
    "changes", [{"architecture": {"latent": HUGE}}, {"shape": [3, 3000, 3000]}]
)
def test_an_autoencoder(changes: dict[str, Any]) -> None:
    path = claims(cvae_run(), "cvae", **changes)
    assert "weights" in refused(lambda: load_cvae(path, CPU))


@pytest.mark.parametrize("base", ["svd", "ncf", "fm"])
def test_a_recommender(base: str) -> None:
    options = load_checkpoint(recommender_run(base), kind="recommender")["recipe"]["base_options"]
    recipe = {"base_options": options | {"factors": HUGE}}
    path = claims(recommender_run(base), "recommender", recipe=recipe)
    assert "weights" in refused(lambda: load_recommender(path, CPU))


def assert_same(first: nn.Module, second: nn.Module) -> None:
    for mine, other in ((first, second), (second, first)):
        found = dict(other.named_buffers()) | dict(other.named_parameters())
        for name, tensor in [*mine.named_buffers(), *mine.named_parameters()]:
            assert tensor.device.type == "cpu"
            assert torch.equal(tensor, found[name])


@pytest.mark.parametrize("name", ["lenet5", "regnet_x_400mf"])
def test_what_is_rebuilt_is_what_was_saved_and_nothing_is_drawn_for_the_look(name: str) -> None:
    def make() -> nn.Module:
        side = 32 if name == "lenet5" else 64
        return build_classifier(
            name, shape=(3, side, side), classes=3, mean=[0.5] * 3, standard_deviation=[0.2] * 3
        )

    network = make()
    state = torch.get_rng_state()
    check_weights(make, network.state_dict(), "a")
    assert torch.equal(torch.get_rng_state(), state)
    assert_same(rebuilt(make, network.state_dict(), "a"), network)


def test_weights_of_another_network() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))

    weights = make().state_dict()
    check_weights(make, weights | {"0.bias": torch.zeros(3).double()}, "a")
    lacking = {name: one for name, one in weights.items() if name != "0.bias"}
    for found, said in (
        (weights | {"0.weight": torch.zeros(3, 3)}, "'0.weight' float32 (3, 3), but its network"),
        (weights | {"0.weight": torch.zeros(3, 2).int()}, "'0.weight' int32 (3, 2), but its"),
        (lacking, "a has no weights '0.bias', but its network wants them"),
        (weights | {"2.bias": torch.zeros(1)}, "a has weights '2.bias', but its network wants no"),
    ):
        assert said in refused(lambda found=found: check_weights(make, found, "a"))
