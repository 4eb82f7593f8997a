"""What the base class of losses does for each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.core.losses.batch import WEIGHTS
from xaitool.core.losses.base import Loss
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.errors import ConfigError, ShapeError


def test_weights_are_no_part_of_the_state():
    assert not CrossEntropy(class_weights=WEIGHTS).state_dict()


class Lead(Loss):
    """The mean weighted logit of the true class, and what it was given."""

    weighted = True
    fewest_classes = 3

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        self.seen = logits.dtype
        return self._sample_weights(logits.gather(1, labels[:, None]).squeeze(1), labels).mean()


def test_each_sample_has_the_weight_of_its_class() -> None:
    logits = torch.tensor([[1.0, 2, 4], [8, 16, 32]], dtype=torch.float64)
    labels = torch.tensor([2, 0])
    assert Lead()(logits, labels) == (4 + 8) / 2
    assert Lead(class_weights=[0.5, 7.0, 3.0])(logits, labels) == (3 * 4 + 0.5 * 8) / 2


def test_half_precision_is_counted_in_float32_and_float64_as_it_is() -> None:
    loss, labels = Lead(class_weights=[1, 0, 0]), torch.tensor([0])
    for dtype, counted in (
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float64, torch.float64),
    ):
        assert loss(torch.ones(1, 3, dtype=dtype), labels).dtype == counted
        assert loss.seen == counted


def test_weights_move_with_the_loss() -> None:
    loss = Lead(class_weights=[1.0, 2.0, 3.0]).to("meta")
    assert loss.class_weights is not None
    assert loss.class_weights.is_meta


def test_refusals() -> None:
    with pytest.raises(ShapeError, match="logits have 2 classes, but Lead wants at least 3"):
        Lead()(torch.ones(1, 2), torch.tensor([0]))
    with pytest.raises(ShapeError, match=r"Lead has \(2,\) class weights, but \(3,\) are wanted"):
        Lead(class_weights=[1.0, 1.0])(torch.ones(1, 3), torch.tensor([0]))
    with pytest.raises(ShapeError, match=r"logits are torch\.float32 \(0, 3\), but floating"):
        Lead()(torch.ones(0, 3), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ConfigError, match=r"Lead has class weights \[0\.0, 0\.0\], but finite"):
        Lead(class_weights=[0.0, 0.0])
