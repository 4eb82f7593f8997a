"""What of a model's operations is seen, and what is refused because it is not."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from xaitool.core.frozen.sight import (
    check_in_sight,
    check_initialised,
    computed_once,
    in_sight,
    is_recomputed,
    scripted_part,
)
from xaitool.core.frozen.users_model import guarded
from xaitool.errors import ModelError


def scripted() -> nn.Sequential:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(nn.Flatten(), torch.jit.script(nn.Linear(4, 2)))


def test_a_lazy_module_has_values_once_it_has_seen_a_batch() -> None:
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
    with pytest.raises(ModelError, match=r"parameter '1\.weight' of Sequential has no values yet"):
        check_initialised(guarded(model))
    model(torch.ones(1, 4))
    check_initialised(model)


def test_what_is_scripted_is_named_as_the_user_knows_it() -> None:
    assert scripted_part(nn.Linear(4, 2)) is None
    assert scripted_part(guarded(scripted())) == "the model's module '1'"
    assert scripted_part(scripted()[1]) == "the model"
    wanted = r"the model's module '1' runs inside TorchScript, .*, but Grad-CAM looks at layers"
    with pytest.raises(ModelError, match=wanted):
        check_in_sight(scripted(), "Grad-CAM looks at layers")
    check_in_sight(nn.Sequential(nn.Linear(4, 2)), "Grad-CAM looks at layers")


def test_copies_for_other_devices_do_not_run() -> None:
    model = nn.DataParallel(nn.Linear(4, 2), device_ids=[])
    model.device_ids = [0, 1]
    with in_sight(model):
        assert model.device_ids == []
        assert model(torch.ones(3, 4)).shape == (3, 2)
    assert model.device_ids == [0, 1]


def test_a_checkpointed_part_is_computed_again_and_its_tensors_can_be_kept() -> None:
    seen: list[bool] = []
    kept: list[int] = []

    def count(source: Tensor) -> Tensor:
        kept.append(len(source))
        return source

    def part(images: Tensor) -> Tensor:
        seen.append(is_recomputed())
        with computed_once(), torch.autograd.graph.saved_tensors_hooks(count, count):
            images = images.exp()
        return images * 2

    leaf = torch.ones(3, requires_grad=True)
    checkpoint(part, leaf, use_reentrant=False).sum().backward()
    assert seen[0]
    assert kept
    torch.testing.assert_close(leaf.grad, 2 * leaf.detach().exp())
    seen.clear()
    part(leaf)
    assert seen == [False]
