"""What the steps of a command share."""

import pytest
import torch

from tests.workflows.tiny_runs import Recorder
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def context(reporter=None):
    return Context(EvaluateConfig(), CPU, reporter or Recorder())


def test_rows_are_those_wanted_or_fit_the_caches():
    assert context().rows(784, 7).most == 7
    # 1,310,720 numbers at once, but no more than 256 images and no fewer than one.
    assert context().rows(10_000, None).most == 131
    assert context().rows(1, None).most == 256
    assert context().rows(2_000_000, None).most == 1
    with pytest.raises(ConfigError):
        context().rows(784, -1)


def test_the_reporter_hears_where_they_become_fewer():
    reporter, tried = Recorder(), []

    def step(rows):
        tried.append(rows)
        if rows > 2:
            raise torch.OutOfMemoryError
        return rows

    assert context(reporter).rows(784, 8).run(step) == 2
    assert tried == [8, 4, 2]
    told = [f"out of memory: going on with {rows} rows" for rows in (4, 2)]
    assert reporter.warnings == told
