"""The order of a training's samples, and what its steps draw."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.workflows.tiny_runs import classifier_config
from xaitool.core.seeding import derive_seed
from xaitool.workflows.runs.batches import batches, step_draws
from xaitool.workflows.runs.runtime import Runtime


def test_an_epoch_has_every_sample_once_in_an_order_of_its_own() -> None:
    first, second = (batches(5, 23, 10, epoch) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [10, 10, 3]
    assert torch.equal(torch.cat(first).sort().values, torch.arange(23))
    assert not torch.equal(torch.cat(first), torch.cat(second))


def test_the_order_is_that_of_the_seed_and_the_epoch_alone() -> None:
    torch.manual_seed(1)
    found = torch.cat(batches(5, 23, 10, 1))
    keyed = torch.Generator().manual_seed(derive_seed(5, "order", 1))
    assert torch.equal(found, torch.randperm(23, generator=keyed))
    assert torch.equal(found, torch.cat(batches(5, 23, 4, 1)))


def test_a_step_repeats_its_draws_and_those_of_its_layers() -> None:
    config = classifier_config(None)
    runtime = Runtime.from_options(config)
    dropout = nn.Dropout(0.5)

    def drawn(seed: int, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        random = step_draws(seed, epoch, step, runtime)
        return torch.rand(20, generator=random), dropout(torch.ones(20))

    first = drawn(5, 1, 2)
    others = [drawn(*keys) for keys in ((5, 2, 1), (5, 1, 3), (6, 1, 2))]
    again = drawn(5, 1, 2)
    for kind in (0, 1):
        assert torch.equal(first[kind], again[kind])
        assert not any(torch.equal(first[kind], other[kind]) for other in others)
