"""How well a conditional variational autoencoder describes images that it did not see."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from xaitool.core.metrics.generation.elbo import ElboTerms, elbo_terms
from xaitool.core.metrics.statistics.bootstrap import mean_with_interval
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.io.damage import damage_as_error
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.cvae import LoadedCvae
from xaitool.workflows.evaluation.cvaes.subject import load_cvae_and_data
from xaitool.workflows.evaluation.subjects import (
    first_samples,
    rows_for,
)
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]


def measure_elbo(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row of the evidence lower bound, and one of each of its terms.

    Args:
        path: The autoencoder.
        metrics: ``elbo``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, the mean over ``n`` images, in nats an image, of ``quantity``: ``elbo``,
        ``reconstruction`` or ``kl``; its bootstrap interval ``low`` and ``high``; ``std`` over
        images, None of one; ``error``, ``bce`` or ``squared-error``, whichever reconstruction it
        was trained with; ``seed``.

    Raises:
        InputError: The autoencoder or the dataset does not fit.
    """
    config = context.config
    cvae, dataset = load_cvae_and_data(path, config, context.runtime)
    with damage_as_error(cvae.path):
        kind = cvae.config["reconstruction"]
    terms = _terms(cvae, kind, dataset, context)
    quantities = {"elbo": terms.bound, "reconstruction": terms.reconstruction, "kl": terms.kl}
    for quantity, values in quantities.items():
        mean = mean_with_interval(values, random_stream(config.seed, "elbo", quantity))
        spread = float(values.std()) if len(values) > 1 else math.nan
        yield {
            "metric": "elbo",
            "value": mean.value,
            "n": mean.count,
            "source": str(path),
            "quantity": quantity,
            "low": mean.low,
            "high": mean.high,
            "std": None if math.isnan(spread) else spread,
            "error": kind,
            "seed": config.seed,
        }


def _terms(
    cvae: LoadedCvae,
    kind: Any,
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> ElboTerms:
    config = context.config
    samples = first_samples(dataset, config)
    rows = rows_for(dataset, context)
    # Of all images at once, so that their draws do not depend on the batches.
    noise = torch.randn(
        len(samples), cvae.model.latent, generator=random_stream(config.seed, "codes of elbo")
    )

    def terms_of(part: torch.Tensor, most: int) -> list[ElboTerms]:
        return [
            elbo_terms(
                cvae.model,
                context.runtime.place(dataset.images(samples[few])),
                dataset.labels[samples[few]].to(context.runtime.device),
                dataset.sensitive_values(samples[few]).to(context.runtime.device),
                context.runtime.place(noise[few]),
                kind,
            )
            for few in part.split(most)
        ]

    parts: list[ElboTerms] = []
    with context.reporter.task("elbo", len(samples), "image") as task:
        for part in torch.arange(len(samples)).split(rows.most):
            parts += rows.run(partial(terms_of, part))
            task.advance(len(part))
    return ElboTerms(
        torch.cat([part.reconstruction.cpu() for part in parts]),
        torch.cat([part.kl.cpu() for part in parts]),
    )
