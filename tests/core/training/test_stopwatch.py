"""Stretches are added up, and only they."""

from __future__ import annotations

import time

import pytest
import torch

from xaitool.core.training.stopwatch import Stopwatch


def test_stretches_are_added_up_until_taken() -> None:
    stopwatch = Stopwatch(torch.device("cpu"))
    start = time.perf_counter()
    for _ in range(2):
        with stopwatch():
            time.sleep(0.02)
    inside = time.perf_counter() - start
    time.sleep(0.05)
    assert 0.04 <= stopwatch.take() <= inside
    assert stopwatch.take() == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda_the_work_is_timed_and_not_its_launch() -> None:
    stopwatch = Stopwatch(torch.device("cuda"))
    matrix = torch.randn(4096, 4096, device="cuda")
    (matrix @ matrix).sum().item()
    start = time.perf_counter()
    with stopwatch():
        for _ in range(20):
            matrix = (matrix @ matrix).clamp(-1, 1)
    launched = time.perf_counter() - start
    seconds = stopwatch.take()
    assert launched < seconds <= time.perf_counter() - start
    assert stopwatch.take() == 0
