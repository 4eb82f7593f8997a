"""The example of guidance runs as it is printed."""

import doctest

import torch

from xaitool.core.guidance import guidance


def test_the_example_runs() -> None:
    with torch.random.fork_rng(devices=[]):
        result = doctest.testmod(guidance)
    assert result.attempted > 5
    assert not result.failed
