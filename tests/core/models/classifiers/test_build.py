"""Classifiers by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.models.classifiers.mnist import build, parameters
from xaitool import registry
from xaitool.core.models.classifiers import torchvision_models
from xaitool.errors import ModelError, UnknownNameError


def test_names():
    assert parameters(build("torchvision:squeezenet1_1")) == parameters(build("squeezenet1_1"))
    with pytest.raises(UnknownNameError, match=r"'lenet'; did you mean 'lenet5'\?"):
        build("lenet")
    with pytest.raises(UnknownNameError, match=r"'resnet81'; did you mean 'resnet18'\?") as caught:
        build("resnet81")
    assert "any classification network of torchvision" in str(caught.value.hint)


def test_a_registered_name_is_never_one_of_torchvisions() -> None:
    own = {name: type(build(name)).__module__ for name in ("lenet5", "resnet56", "cnn2c")}
    assert all(module.startswith("xaitool.core.models.classifiers.") for module in own.values())
    assert not set(registry.names("architecture")) & set(torchvision_models.names())


@pytest.mark.parametrize(
    "given", [{"transfer": True}, {"head": 16}, {"freeze_backbone": True}, {"weights": {}}]
)
def test_what_is_trained_as_a_whole_has_no_new_head(given: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="architecture lenet5 is trained as a whole") as refused:
        build("lenet5", **given)
    assert refused.value.hint == "--architecture mobilenet_v2"
