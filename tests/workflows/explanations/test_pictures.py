"""What the pictures beside an attribution file say."""

from __future__ import annotations

from typing import Any

import torch

from xaitool.io.attributions import AttributionRows
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.pictures import (
    classes_reached,
    image_name,
    question,
    worth_seeing,
)


def rows(**parts: Any) -> AttributionRows:
    values: dict[str, Any] = {
        "attribution": torch.zeros(2, 1, 2, 2),
        "label": torch.tensor([-1, -1]),
        "prediction": torch.zeros(2, 3),
        "index": torch.arange(2),
        "input": torch.zeros(2, 1, 2, 2),
        "target": torch.tensor([0, 2]),
        "against": torch.tensor([1, -1]),
        "score_input": torch.zeros(2),
        "score_baseline": torch.zeros(2),
        "completeness_gap": torch.zeros(2),
        "filename": ["a", "b"],
        "extra": {},
    }
    return AttributionRows(**{**values, **parts})


def test_what_was_asked_by_name_or_by_number() -> None:
    assert question(rows(), 0, ("cat", "dog", "cow")) == ["cat", "against dog"]
    assert question(rows(), 1, ("cat", "dog", "cow")) == ["cow"]
    assert question(rows(), 0, ()) == ["0", "against 1"]


def test_the_papers_colours_are_those_of_signed_maps() -> None:
    assert ExplainConfig(colours="paper").drawn == "reversed"
    assert ExplainConfig(colours="paper", rendering="absolute").drawn == "absolute"
    assert ExplainConfig().drawn == "signed"


def test_an_image_is_named_with_its_label_where_it_has_one() -> None:
    assert image_name(rows(), 1, ("cat",)) == ["b"]
    known = rows(label=torch.tensor([0, 1]), filename=["a/" * 80 + "end.png", "b"])
    first, label = image_name(known, 0, ("cat",))
    assert len(first) < 62
    assert first.endswith("end.png,")
    assert label == "label cat"
    assert image_name(known, 1, ()) == ["b,", "label 1"]


def test_classes_that_agi_reached() -> None:
    classes = torch.tensor([[1, 2, -1], [0, -1, -1]])
    # A column without a class counts neither way.
    reached = torch.tensor([[True, False, True], [True, True, True]])
    found = rows(extra={"classes": classes, "reached": reached})
    assert classes_reached(found, 0) == (1, 2)
    assert classes_reached(found, 1) == (1, 1)
    assert classes_reached(rows(), 0) is None


def test_a_baseline_of_one_colour_is_not_shown() -> None:
    red = torch.tensor([1.0, 0.0, 0.2]).view(3, 1, 1).expand(3, 4, 5)
    assert worth_seeing(red) is None
    spotted = red.clone()
    spotted[2, 3, 4] = 0.3
    assert worth_seeing(spotted) is spotted
