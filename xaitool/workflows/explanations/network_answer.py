"""What a network says of images before it is explained: its most probable classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.explanations.class_choice import class_label, top_classes

# Classes that a file keeps of each image, at least, where there are as many.
KEPT = 5
# Classes in a line of text.
SHOWN = 3


def likeliest(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The most probable classes and their probabilities.

    Args:
        logits: ``(N, K)``.
        count: How many are explained of each image; as many are kept, and `KEPT` at least.

    Returns:
        int64 and float32 ``(N, T)`` on the CPU, the most probable one first.
    """
    logits = logits.cpu().double()
    classes = top_classes(logits, min(max(KEPT, count), logits.shape[1]))
    return classes, logits.softmax(1).gather(1, classes).float()


def answers(rows: AttributionRows, row: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a network says of a sample: ``class``, ``name`` and ``probability`` of each class.

    Args:
        rows: Explained samples.
        row: Which of them.
        names: Of the classes; empty where unknown.
    """
    if rows.top_classes is None or rows.top_probabilities is None:
        return []
    classes, shares = rows.top_classes[row].tolist(), rows.top_probabilities[row].tolist()
    return [
        {"class": label, "name": class_label(label, names), "probability": share}
        for label, share in zip(classes, shares, strict=True)
    ]


def answer_text(answered: list[dict[str, Any]]) -> str:
    """Such as ``goldfish (93.1 %), axolotl (2.2 %)``.

    Args:
        answered: From `answers`.
    """
    return ", ".join(
        f"{one['name']} ({100 * one['probability']:.1f} %)" for one in answered[:SHOWN]
    )


def rank(rows: AttributionRows, row: int) -> int | None:
    """Place of a sample's target among the most probable classes, from 1; None of another."""
    if rows.top_classes is None:
        return None
    known = rows.top_classes[row].tolist()
    target = int(rows.target[row])
    return known.index(target) + 1 if target in known else None
