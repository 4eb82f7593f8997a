"""Whether a CVAE's interpolations keep the class and move the attribute, as CIA supposes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.metrics.fairness.path_agreement import path_agreement
from xaitool.core.metrics.statistics.estimate import Estimate, share_of
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.paths import CVAE, RECOLOUR, path_by_recolouring
from xaitool.workflows.evaluation.cvaes.subject import load_cvae_and_data
from xaitool.workflows.evaluation.path_walk import PathWalk, Points, Reading
from xaitool.workflows.evaluation.subjects import (
    first_samples,
    load_beside,
    rows_for,
)
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]

PLACES = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Judge:
    """Something that says what an image is.

    Attributes:
        name: Of the classifier, or of the rule.
        read: From images ``(M, C, H, W)`` to classes or values, int64 ``(M,)``.
        attribute: The place of the sensitive attribute that it tells; None: it tells a class.
        truth: What it should say of the dataset's images, int64 ``(len(dataset),)``; None where
            they are known by no such classes.
    """

    name: str
    read: Reading
    attribute: int | None
    truth: Tensor | None


def measure_interpolation(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """What judges say of images whose sensitive attributes move, at the ends and half way.

    This judges the generator, so its encoder is told the dataset's own label and attributes, as it
    is when training data are made with it. A judge may tell other classes apart, such as ten digits
    where the labels are two: only what it says of two images is compared. One that was trained on a
    sensitive attribute, by ``--label``, says instead whether that has moved; where the attribute is
    the channel, the channel with most light does as well. Coloured images are also recoloured,
    which changes no shape: where a judge disagrees there, it looks at the colour itself.

    Args:
        path: The autoencoder.
        metrics: ``interpolation``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, a share of ``n`` images, and its Wilson interval ``low`` and ``high``, at the
        place ``delta`` of ``path``, ``cvae`` or ``recolour``, according to ``judge``. ``quantity``
        is ``agreement``, with what the judge says of the image itself, or ``attribute``: it finds
        the image's own value at 0 and the other one at 1, for the attribute named ``attribute``.
        ``accuracy``: the share that is of the true class or value of the image itself, None where
        that is not known in the judge's terms or is no question; ``judge_accuracy``, the same of
        the images themselves.

    Raises:
        InputError: The autoencoder, the dataset or a judge does not fit, or there is no judge.
    """
    config = context.config
    if not config.judge:
        raise ConfigError(
            f"interpolation of {path} has no judge, but a classifier of what should not change is "
            "wanted",
            hint="--judge MODEL",
        )
    cvae, dataset = load_cvae_and_data(path, config, context.runtime)
    judges = [
        _classifier_judge(load_beside(source, None, dataset, context, "judge"), dataset)
        for source in config.judge
    ]
    colours = path_by_recolouring(dataset)
    rows = rows_for(dataset, context)
    paths: dict[str, Points] = {CVAE: CvaePath(cvae.model).points}
    if colours is not None:
        judges.append(_colour_judge(colours, dataset))
        paths[RECOLOUR] = colours.points
    samples = first_samples(dataset, config)
    walk = PathWalk(
        dataset, samples, dataset.labels[samples], rows, context.runtime, context.reporter
    )
    of_inputs = walk.read_images(_all_of(judges))
    for name, points in paths.items():
        of_points = walk.read(points, torch.tensor(PLACES), _all_of(judges))
        for number, judge in enumerate(judges):
            answers = _Answers(judge, of_inputs[:, number], of_points[..., number], walk)
            yield from answers.rows(str(path), name)


@dataclass(frozen=True)
class _Answers:
    """What one judge says of N inputs ``(N,)`` and of their paths ``(N, P)``."""

    judge: Judge
    inputs: Tensor
    points: Tensor
    walk: PathWalk

    def rows(self, source: str, path: str) -> Iterator[Row]:
        quantity = "agreement" if self.judge.attribute is None else "attribute"
        for place, estimate, accuracy in self._shares():
            yield {
                "metric": "interpolation",
                "value": estimate.value,
                "n": estimate.count,
                "source": source,
                "quantity": quantity,
                "path": path,
                "delta": place,
                "judge": self.judge.name,
                "low": estimate.low,
                "high": estimate.high,
                "attribute": self._attribute_name(),
                "accuracy": accuracy,
                "judge_accuracy": self._accuracy(self.inputs),
            }

    def _shares(self) -> Iterator[tuple[float, Estimate, float | None]]:
        if self.judge.attribute is None:
            agreement = path_agreement(self.points, self.inputs)
            for place, estimate, answers in zip(
                PLACES, agreement, self.points.unbind(1), strict=True
            ):
                yield place, estimate, self._accuracy(answers)
        else:
            # Half way no value is asked for.
            asked = {0: self.walk.attributes, -1: self.walk.counterfactual}
            for end, values in asked.items():
                wanted = values[:, self.judge.attribute]
                yield PLACES[end], share_of(self.points[:, end] == wanted), None

    def _accuracy(self, answers: Tensor) -> float | None:
        truth = self.judge.truth
        return None if truth is None else share_of(answers == truth[self.walk.samples]).value

    def _attribute_name(self) -> str | None:
        place = self.judge.attribute
        return None if place is None else list(self.walk.dataset.sensitive)[place]


def _classifier_judge(judge: Classifier, dataset: ImageDataset) -> Judge:
    names, label = list(dataset.sensitive), judge.training.get("label")
    return Judge(
        name=judge.source,
        read=lambda images, most: judge.logits(images, most).argmax(1),
        attribute=names.index(label) if label in names else None,
        truth=_truth(judge, dataset),
    )


def _truth(judge: Classifier, dataset: ImageDataset) -> Tensor | None:
    """The attribute on which the judge was trained, else labels, else an attribute, by names."""
    attribute = dataset.attributes.get(str(judge.training.get("label")))
    if attribute is not None and attribute.names == judge.classes:
        return attribute.values
    if judge.classes == dataset.classes:
        return dataset.labels
    known = (one.values for one in dataset.attributes.values() if one.names == judge.classes)
    return next(known, None)


def _colour_judge(path: RecolouringPath, dataset: ImageDataset) -> Judge:
    return Judge(
        name="brightest-channel",
        # A recolouring looks at no label.
        read=lambda images, most: path.infer(images, torch.empty(0)).squeeze(1),
        attribute=0,
        truth=dataset.sensitive_values()[:, 0],
    )


def _all_of(judges: Sequence[Judge]) -> Reading:
    """What all judges say: int64 ``(M, J)``."""

    def read(images: Tensor, most: int) -> Tensor:
        return torch.stack([judge.read(images, most) for judge in judges], 1)

    return read
