"""Splitting work into bounded chunks."""

import pytest
import torch

from xaitool.core.batching import row_chunks


@pytest.mark.parametrize(("total", "rows", "sizes"), [(0, 3, []), (7, 3, [3, 3, 1]), (2, 9, [2])])
def test_chunks_are_bounded_and_cover_everything_in_order(total, rows, sizes):
    chunks = list(row_chunks(total, rows, torch.device("cpu")))
    assert [len(chunk) for chunk in chunks] == sizes
    assert torch.cat([torch.empty(0), *chunks]).tolist() == list(range(total))
