"""A model is in eval mode and frozen for as long as it is used, and then as it was."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.frozen.untouched import in_eval_mode, untouched
from xaitool.core.frozen.users_model import guarded
from xaitool.errors import ModelError


def network() -> nn.Sequential:
    """Its parts in different modes, one parameter frozen."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    model.train()
    model[2].eval()
    next(model[1].parameters()).requires_grad_(False)
    return model


def state(model: nn.Module) -> list[bool]:
    flags = [parameter.requires_grad for parameter in model.parameters()]
    return [module.training for module in model.modules()] + flags


def test_it_is_frozen_in_eval_mode_and_then_as_it_was() -> None:
    model = network()
    before = state(model)
    assert len(set(before)) == 2
    with torch.no_grad(), untouched(model):
        assert not any(state(model))
        assert torch.is_grad_enabled()
    assert state(model) == before
    with pytest.raises(RuntimeError, match="on purpose"), untouched(model):
        raise RuntimeError("broken on purpose")
    assert state(model) == before


def test_images_have_gradients_and_weights_have_none() -> None:
    model, images = network(), torch.rand(2, 4).requires_grad_()
    with untouched(model) as own:
        own(images).sum().backward()
    assert images.grad is not None
    assert all(parameter.grad is None for parameter in model.parameters())


def test_what_is_yielded_writes_into_nobodys_images() -> None:
    class Writes(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.mul_(0).flatten(1)

    model, images = Writes(), torch.ones(2, 1, 1, 2)
    with untouched(model) as own:
        assert own(images).tolist() == [[0, 0], [0, 0]]
        assert guarded(own) is own
    assert images.eq(1).all()


def test_a_model_without_values_is_refused_before_anything_is_changed() -> None:
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(3)).train()
    with pytest.raises(ModelError, match=r"parameter '1\.weight' of Sequential has no values yet"):
        untouched(model).__enter__()
    assert model.training


def test_an_exported_program_stays_as_it_was_exported() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).eval()
    program = torch.export.export(model, (torch.ones(3, 2),)).module()
    with pytest.raises(NotImplementedError):
        program.eval()
    assert in_eval_mode(program) is program
    assert not any(module.training for module in program.modules())
    with untouched(program) as own:
        torch.testing.assert_close(own(torch.ones(3, 2)), model(torch.ones(3, 2)))
