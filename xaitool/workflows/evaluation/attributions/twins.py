"""Whether an explanation stays when a sensitive attribute alone changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.attribution_similarity import attribution_similarity
from xaitool.core.metrics.statistics.bootstrap import mean_with_interval
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.data.sensitive import require_sensitive
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.explained_attributions import explained_attributions
from xaitool.workflows.evaluation.attributions.explained_scores import explained_scores
from xaitool.workflows.evaluation.path_walk import PathWalk, required_paths
from xaitool.workflows.evaluation.subjects import load_classifier_and_data, rows_for, spread_samples
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.plan import MethodSetup, method_setups
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]

IMAGES = 200
"""Where ``--limit`` is not given."""


def measure_twins(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of a classifier: how alike an image and its twin are explained, by every method.

    The twin differs in the sensitive attributes alone: the two are the ends of a counterfactual
    path, by ``--cvae``, which is told the predicted class and begins at the reconstruction; and by
    recolouring, where the attribute is the channel. The same class is explained of both, by default
    the image's label. Unasked it is held against no other.

    CGI along the line between the twins goes to and fro on it: whatever the model, both have the
    same magnitudes, with the opposite sign.

    Args:
        path: The classifier.
        metrics: ``twin-similarity``.
        context: The options; without ``limit`` 200 images, evenly spaced.

    Yields:
        For each path of a twin and every method and baseline ``value``, the mean over ``n`` images
        of Spearman's correlation of the pixels' magnitudes (see `attribution_similarity`), with its
        bootstrap interval ``low`` and ``high``; ``ssim`` and ``cosine`` of the magnitudes;
        ``signed_spearman``, of the signed sums over the channels; ``undefined``, images of which a
        attribution is constant, which ``value`` leaves out; ``twin``, ``cvae`` or ``recolour``;
        ``method``; ``baseline``; ``seed``.

    Raises:
        InputError: The classifier, the dataset, a method or a baseline does not fit, or nothing
            makes twins.
    """
    config = context.config
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    require_sensitive(dataset, "--metric twin-similarity")
    rows = rows_for(dataset, context)
    paths = required_paths(dataset, config, context.runtime, "twin-similarity")
    asked = replace(config, against=config.against or "none")
    samples = spread_samples(dataset, config, IMAGES)
    explained = explained_scores(dataset, classifier, replace(context, config=asked), samples)
    methods = [
        (one, _explainer(one, asked, classifier, dataset, context)) for one in method_setups(asked)
    ]
    predicted = rows.run(partial(classifier.logits, explained.images)).argmax(1).cpu()
    walk = PathWalk(dataset, samples, predicted, rows, context.runtime, context.reporter)
    with context.reporter.task("explain", 2 * len(paths) * len(methods), "explanation") as task:
        for name, twins in paths.items():
            ends = walk.read(twins.points, torch.tensor([0.0, 1.0]), lambda images, _: images)
            sides = zip(ends.unbind(1), (walk.attributes, walk.counterfactual), strict=True)
            placed = [(context.runtime.place(images), values) for images, values in sides]
            for one, explainer in methods:
                score = replace(explained.score, output=one.output)
                attributions = []
                for images, attributes in placed:
                    attributions.append(
                        explained_attributions(explainer, images, score, attributes).values
                    )
                    task.advance()
                yield _row(str(path), one, name, attributions[0], attributions[1], config.seed)


def _explainer(
    setup: MethodSetup,
    config: EvaluateConfig,
    classifier: Classifier,
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> Explainer:
    opened = explained_baseline(
        setup,
        config,
        classifier,
        context.runtime,
        against=config.against != "none",
        sensitive=dataset.sensitive_names,
    )
    return Explainer(
        setup.bound(classifier.model, config.seed),
        None if opened is None else opened.baseline,
        rows_for(dataset, context),
    )


def _row(
    source: str, setup: MethodSetup, twin: str, first: Tensor, second: Tensor, seed: int
) -> Row:
    """How alike attributions ``(N, C, H, W)`` of images and of their twins are."""
    similarity = attribution_similarity(first, second)
    undefined = similarity.spearman.isnan()
    mean = mean_with_interval(
        similarity.spearman[~undefined], random_stream(seed, "twin-similarity")
    )
    signed = rank_correlation(first.sum(1).flatten(1), second.sum(1).flatten(1))
    return {
        "metric": "twin-similarity",
        "value": mean.value,
        "n": mean.count,
        "source": source,
        "method": setup.name,
        "baseline": setup.baseline,
        "twin": twin,
        "low": mean.low,
        "high": mean.high,
        "signed_spearman": defined_mean(signed).value,
        "ssim": defined_mean(similarity.ssim).value,
        "cosine": defined_mean(similarity.cosine).value,
        "undefined": int(undefined.sum()),
        "seed": seed,
    }
