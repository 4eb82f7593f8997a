"""Whether baselines are of the class that they stand for."""

from __future__ import annotations

import torch
from torch import nn

from tests.core.baselines.test_optimised_target import linear
from xaitool.core.baselines.reached import predictions, reached


def test_reached_is_the_prediction_of_every_reference():
    model = linear()
    references = torch.rand(4, 3, 1, 5, 5, dtype=torch.float64)
    classes = torch.tensor([0, 1, 2, 0])
    expected = [
        [model(one[None]).argmax().item() == label for one in row]
        for row, label in zip(references, classes.tolist(), strict=True)
    ]
    for rows in (1, 5, 64):
        assert reached(model, references, classes, rows=rows).tolist() == expected


def test_predictions_are_those_of_a_model_in_eval_mode_that_is_left_as_it_was():
    layer = nn.Linear(4, 4, bias=False)
    layer.weight.data.copy_(torch.eye(4))
    model = nn.Sequential(nn.Dropout(1.0), nn.Flatten(), layer).train()
    references = torch.eye(4).view(2, 2, 1, 2, 2)
    assert predictions(model, references).tolist() == [[0, 1], [2, 3]]
    shared = references[:1].expand(3, -1, -1, -1, -1)
    assert predictions(model, shared, rows=2).tolist() == [[0, 1]] * 3
    assert model[0].training
    assert all(value.requires_grad for value in model.parameters())
