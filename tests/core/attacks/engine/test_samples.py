"""Samples of which some go on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.attacks.engine.samples import Samples


@dataclass
class Coloured(Samples):
    colour: Tensor


def test_every_field_is_selected_together_and_rows_keep_their_names() -> None:
    everyone = Coloured(torch.arange(4), torch.tensor([[10, 1], [20, 2], [30, 3], [40, 4]]))
    some = everyone.select(torch.tensor([3, 1, 2])).select(torch.tensor([0, 1]))
    assert isinstance(some, Coloured)
    assert some.row.tolist() == [3, 1]
    assert some.colour.tolist() == [[40, 4], [20, 2]]
    assert (len(everyone), len(some)) == (4, 2)


def test_all_is_itself_and_none_is_empty() -> None:
    everyone = Coloured(torch.arange(2), torch.zeros(2, 3))
    assert everyone.select(torch.arange(2)) is everyone
    nobody = everyone.select(torch.zeros(0, dtype=torch.int64))
    assert len(nobody) == 0
    assert nobody.colour.shape == (0, 3)
