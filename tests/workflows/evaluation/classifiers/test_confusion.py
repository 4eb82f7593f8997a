"""Confusion of predictions that are written down."""

from typing import Any, cast

import torch

from xaitool.workflows.evaluation.classifiers.confusion import MeasuredConfusion


def rows_of(classes, *batches):
    measured = MeasuredConfusion(cast(Any, None), classes)
    for predicted, labels in batches:
        logits = torch.eye(len(classes))[predicted]
        measured.update(logits, torch.tensor(labels))
    return list(measured.rows("some.pt"))


def test_each_true_class_says_what_it_was_taken_for():
    batches = ([0, 1, 1], [0, 0, 1]), ([2, 0], [0, 0])
    cat, dog, cow = rows_of(("cat", "dog", "cow"), *batches)
    assert (cat["label"], cat["value"], cat["n"]) == ("cat", 0.5, 4)
    assert cat["predicted"] == {"cat": 2, "dog": 1, "cow": 1}
    # What never happened is left out.
    assert (dog["value"], dog["n"], dog["predicted"]) == (1, 1, {"dog": 1})
    # Without images there is no accuracy.
    assert (cow["value"], cow["n"], cow["predicted"]) == (None, 0, {})
    assert {(row["metric"], row["source"]) for row in (cat, dog, cow)} == {("confusion", "some.pt")}


def test_batches_change_nothing():
    predicted, labels = [1, 0, 1, 1], [1, 1, 0, 1]
    apart = [([one], [label]) for one, label in zip(predicted, labels, strict=True)]
    assert rows_of(("a", "b"), *apart) == rows_of(("a", "b"), (predicted, labels))
