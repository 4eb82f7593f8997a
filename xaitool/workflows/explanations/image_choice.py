"""Which of the images are explained, where the model's own answer decides it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.errors import DataError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.images import Batch, ExplainedImages, each_that_can
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context


def chosen_images(
    images: ExplainedImages,
    classifier: Classifier,
    choice: ClassChoice,
    context: Context[ExplainConfig],
) -> ExplainedImages:
    """Those that ``--only`` means, without those whose two classes are one.

    The model predicts all images once, before anything long begins, where its predictions matter.

    Raises:
        DataError: None is left, none has a label, or an image's two classes are one and it may not
            be skipped.
    """
    config = context.config
    check_only(config.only, images.labels)
    places: list[int] = []
    for batch, logits in _answers(images, classifier, choice, context):
        wanted = _meant(batch.labels, logits, config.only)
        places += _without_clash(batch, logits, wanted, choice, config.on_error, images.skipped)
        if config.limit is not None and len(places) >= config.limit:
            break
    if not places:
        what = config.only or "of two different classes"
        raise DataError(f"none of {len(images)} images is {what}, but at least one is wanted")
    return images.only(places[: config.limit])


def check_only(only: str | None, labels: Tensor) -> None:
    """Refuse ``--only`` for images of which none has a label.

    Raises:
        DataError: None has one.
    """
    if only and not (labels >= 0).any():
        raise DataError(
            f"--only {only} has images without a label of the model, but a labelled "
            "--dataset is wanted with it"
        )


def _answers(
    images: ExplainedImages,
    classifier: Classifier,
    choice: ClassChoice,
    context: Context[ExplainConfig],
) -> Iterator[tuple[Batch, Tensor]]:
    """Batches with their logits on the CPU."""
    rows = context.runtime.rows(images.pixels, context.config.batch_size)
    with context.reporter.task("predict", len(images), "image") as task:
        for batch in images.batches(rows):
            yield from each_that_can(
                batch,
                lambda some: classifier.logits(context.runtime.place(some.images), rows).cpu(),
                lambda name, error: images.leave_out(
                    f"image '{name}': {error}", context.config.on_error
                ),
            )
            task.advance(len(batch.names))


def _meant(labels: Tensor, logits: Tensor, only: str | None) -> Tensor:
    if only is None:
        return torch.ones_like(labels, dtype=torch.bool)
    right = logits.argmax(1) == labels
    return right if only == "correct" else ~right & (labels >= 0)


def _without_clash(
    batch: Batch,
    logits: Tensor,
    wanted: Tensor,
    choice: ClassChoice,
    on_error: str,
    skipped: list[str],
) -> list[int]:
    rows = wanted.nonzero().squeeze(1)
    clash = choice.clash(logits[rows], batch.labels[rows])
    for row in rows[clash].tolist():
        reason = f"--against {choice.against} is the target of image '{batch.names[row]}'"
        if on_error == "stop":
            raise DataError(
                f"{reason}, but another class is wanted",
                hint="--against second, or --on-error skip",
            )
        skipped.append(reason)
    return [int(place) for place in batch.indices[rows[~clash]]]
