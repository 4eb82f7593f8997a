"""Whether explanations change when the network that they explain forgets what it learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.attribution_similarity import (
    AttributionSimilarity,
    attribution_similarity,
)
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.randomisation import cascading_randomisation, weight_layers
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.explained_scores import (
    ExplainedScores,
    explained_scores,
)
from xaitool.workflows.evaluation.attributions.randomised_attributions import (
    RandomisedAttributions,
    randomised_attributions,
)
from xaitool.workflows.evaluation.picture_path import picture_path
from xaitool.workflows.evaluation.subjects import load_classifier_and_data
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.pictures import write_picture

Row = dict[str, Any]

IMAGES = 16


def measure_randomisation(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of a classifier: how alike attributions stay as layers become random; lower is better.

    The sanity check of Adebayo et al. 2018 as in GANMEX (Shih et al. 2021, section 4.1), for every
    method and baseline that the options name. Each image keeps the classes that were chosen on the
    original network, and so do a baseline's images, unless the baseline asks the network: then the
    randomised one is asked. With ``config.retrain`` a ``ganmex:CHECKPOINT`` is there twice: with
    its own generator, which never saw the randomised networks, and with one that is trained anew
    against each of them. The attributions of the latter are compared with those of a generator that
    was trained in the same way, from the same seed, against the original network.

    Args:
        path: The classifier.
        metrics: ``parameter-randomisation``.
        context: The options; ``limit`` images, 16 by default.

    Yields:
        For every method and baseline a row a layer, from the output on, then one of the mean over
        the layers, whose ``layer`` is ``mean``: ``value``, which is ``spearman``, and ``ssim`` are
        means over the images (see `attribution_similarity`), ``undefined`` counts the attributions
        that are constant and so left out of ``spearman``, and ``baseline_reached`` is the share of
        baselines that the randomised network puts into the second class.

    Raises:
        InputError: The classifier, the dataset, a method or a baseline does not fit.
    """
    config = context.config
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    indices = torch.arange(len(dataset))[: config.limit or IMAGES]
    explained = explained_scores(dataset, classifier, context, indices)
    methods = randomised_attributions(explained, classifier, dataset, context)
    layers = list(weight_layers(classifier.model, explained.images[:1]))[::-1]
    pictures = RandomisationPictures(path, config, explained, layers, classifier.classes)
    changes_of: list[list[_Change]] = [[] for _ in methods]
    with context.reporter.task(
        "randomise", len(methods) * (len(layers) + 1), "explanation"
    ) as task:
        originals = []
        for method in methods:
            originals.append(method.of(classifier).values)
            pictures.add(method.title, originals[-1])
            task.advance()
        for layer, model in cascading_randomisation(
            classifier.model, explained.images[:1], seed=config.seed
        ):
            source = f"{classifier.source} with random weights from {layer} on"
            randomised = replace(classifier, model=model, source=source)
            for method, original, changes in zip(methods, originals, changes_of, strict=True):
                attributions = method.of(randomised)
                changes.append(
                    _Change(
                        layer,
                        attribution_similarity(original, attributions.values),
                        attributions.reached,
                    )
                )
                pictures.add(method.title, attributions.values)
                task.advance()
    for picture in pictures.write():
        context.reporter.message(f"picture: {picture}")
    for method, changes in zip(methods, changes_of, strict=True):
        yield from _rows(method, changes, str(path))


@dataclass(frozen=True)
class _Change:
    """How alike attributions are once the layers from this one on are random."""

    layer: str
    similarity: AttributionSimilarity
    reached: float | None


def _rows(method: RandomisedAttributions, changes: list[_Change], source: str) -> Iterator[Row]:
    facts = [_facts(one) for one in changes]
    means = {name: _mean(facts, name) for name in ("spearman", "ssim", "baseline_reached")}
    overall = {
        "n": len(changes[0].similarity.spearman),
        "layer": "mean",
        "undefined": sum(one["undefined"] for one in facts),
        **means,
    }
    for one in (*facts, overall):
        yield {
            "metric": "parameter-randomisation",
            "value": one["spearman"],
            "n": one["n"],
            "source": source,
            "method": method.name,
            "baseline": method.baseline,
            **{name: one[name] for name in ("layer", *means, "undefined")},
        }


def _facts(change: _Change) -> Row:
    spearman = defined_mean(change.similarity.spearman)
    return {
        "n": spearman.count,
        "layer": change.layer,
        "spearman": spearman.value,
        "ssim": defined_mean(change.similarity.ssim).value,
        "baseline_reached": change.reached,
        "undefined": spearman.undefined,
    }


def _mean(rows: list[Row], name: str) -> float | None:
    """Mean over the layers of which there is a number."""
    numbers = [row[name] for row in rows if row[name] is not None]
    return sum(numbers) / len(numbers) if numbers else None


PICTURES = 4


class RandomisationPictures:
    """A picture for each of the first four images: methods as rows, layers as columns.

    Without ``--out`` there are none.

    Args:
        source: The classifier.
        config: Where they go.
        explained: Images and classes.
        layers: Names, from the output on.
        classes: Class names; empty where unknown.

    Raises:
        ConfigError: One cannot go there.
    """

    def __init__(
        self,
        source: Path,
        config: EvaluateConfig,
        explained: ExplainedScores,
        layers: list[str],
        classes: tuple[str, ...],
    ) -> None:
        self._explained = explained
        self._layers = layers
        self._classes = classes
        self._attributions: dict[str, list[Tensor]] = {}
        paths = [
            picture_path(source, config, f"parameter-randomisation-{index:06d}")
            for index in explained.indices[:PICTURES]
        ]
        self._overwrite = config.overwrite
        self._paths = [path for path in paths if path is not None]

    def add(self, title: str, attributions: Tensor) -> None:
        """The next column of a method: attributions ``(N, C, H, W)``, the original ones first."""
        self._attributions.setdefault(title, []).append(attributions[: len(self._paths)].float())

    def write(self) -> Iterator[Path]:
        """Write them."""
        for row, path in enumerate(self._paths):
            image = self._explained.images[row].float().cpu()
            picture = attribution_grid(
                [
                    GridRow(image, title.splitlines(), [maps[row] for maps in columns])
                    for title, columns in self._attributions.items()
                ],
                ["original", *self._layers],
                caption=[
                    f"{self._explained.question(row, self._classes)}. Each column randomises one "
                    "layer more, from the output to the input."
                ],
            )
            write_picture(path, picture, overwrite=self._overwrite)
            yield path
