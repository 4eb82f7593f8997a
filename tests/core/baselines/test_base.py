"""What the base class of baselines does for each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.errors import ConfigError

IMAGES, TARGET = torch.rand(2, 1, 3, 3), torch.tensor([0, 1])


class Darker(Baseline):
    """Remembers how many rows it was allowed."""

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        self.rows = rows
        return images[:, None] / (2 + self._against(score).view(-1, 1, 1, 1, 1))


def test_a_baseline_has_no_use_for_attributes_unless_it_says_so() -> None:
    baseline, score = Darker(), Score(TARGET, torch.tensor([2, 0]))
    attributes = torch.tensor([[1], [0]])
    references = baseline.for_samples(IMAGES, score, attributes, rows=3)
    assert baseline.rows == 3
    torch.testing.assert_close(references[:, 0], IMAGES / torch.tensor([4.0, 2]).view(2, 1, 1, 1))
    assert baseline.for_samples(IMAGES, score, None).equal(references)


def test_a_score_without_a_second_class_is_refused_by_who_looks_for_one() -> None:
    with pytest.raises(ConfigError, match="no second class, but Darker looks for images") as found:
        Darker().for_images(IMAGES, Score(TARGET))
    assert found.value.hint == "--against second"


def test_options_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ConfigError, match="Darker has no option 'sigma'"):
        Darker(sigma=1)
