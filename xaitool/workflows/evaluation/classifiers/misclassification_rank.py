"""Into which classes attacks lead: ranks in the prediction of the clean image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.robustness.misclassification_rank import misclassification_ranks
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.attacks import (
    Attacker,
    ChosenAttack,
    assigned_names,
    chosen_attacks,
)
from xaitool.workflows.evaluation.subjects import first_samples, load_classifier_and_data, rows_for
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]

ATTACKS = ("fgsm", "mim")
"""Where ``--attack`` is not given: those of the paper."""

EPSILONS = tuple(step / 50 for step in range(1, 11))
"""Where ``--epsilon`` is not given: 0.02 to 0.2 in steps of 0.02."""


def measure_misclassification_rank(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row for each attack and budget (PC paper, Figure 2).

    Iterated attacks take all their steps, as the paper's, unless ``stop_early`` is given: the
    class that an image reaches first need not be the one where it ends.

    Args:
        path: The classifier.
        metrics: ``misclassification-rank``.
        context: The options; attacks without a budget are left out.

    Yields:
        ``value``, the share of newly successful attacks that reach the most probable false class
        of the clean image, None where there are none, its Wilson interval ``low`` and ``high``,
        and ``n``, their number; ``attack``; ``epsilon``; ``after``, the next smaller budget,
        0 for the first; ``ranks``, how many reach each rank, 2 for the most probable false class;
        ``seed``.

    Raises:
        InputError: The classifier, the dataset or an attack does not fit.
    """
    config = context.config
    attacks = _attacks(config)
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    logits, attacked = _predictions(classifier, attacks, dataset, context)
    labels = dataset.labels[first_samples(dataset, config)]
    for name in dict.fromkeys(attack.name for attack in attacks):
        places = [place for place, attack in enumerate(attacks) if attack.name == name]
        epsilons = [attacks[place].epsilon for place in places]
        counts = misclassification_ranks(logits, labels, attacked[places])
        for after, epsilon, ranks in zip([0, *epsilons], epsilons, counts.tolist(), strict=False):
            facts = {"attack": name, "epsilon": epsilon, "after": after}
            yield _row(classifier.source, facts, ranks, config.seed)


def _attacks(config: EvaluateConfig) -> list[ChosenAttack]:
    """Those with a budget, growing for each.

    Raises:
        ConfigError: There are none.
    """
    attacks = chosen_attacks(config, config.attack or ATTACKS, config.epsilon or EPSILONS)
    budgeted = [attack for attack in attacks if attack.epsilon is not None]
    if not budgeted:
        raise ConfigError(
            f"--attack is {', '.join(config.attack)}, which has no budget, but "
            "misclassification-rank wants one with",
            hint="--attack fgsm",
        )
    if "stop_early" not in {name.replace("-", "_") for name in assigned_names(config)}:
        for attack in budgeted:
            if "stop_early" in attack.options:
                attack.options["stop_early"] = False
    return budgeted


def _predictions(
    classifier: Classifier,
    attacks: list[ChosenAttack],
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> tuple[Tensor, Tensor]:
    """Logits of the clean images ``(N, K)``, predictions of the attacked ones ``(attacks, N)``."""
    config = context.config
    samples = first_samples(dataset, config)
    rows = rows_for(dataset, context)
    attacker = Attacker(config.seed, rows)
    clean, attacked = [], []
    with context.reporter.task("attack", len(samples) * len(attacks), "image") as task:
        for indices in samples.split(rows.most):
            images = context.runtime.place(dataset.images(indices))
            labels = dataset.labels[indices].to(context.runtime.device)
            clean.append(attacker.logits(classifier, images).cpu())
            predicted = []
            for attack in attacks:
                moved = attacker.attack(attack, classifier, images, labels).images
                predicted.append(attacker.logits(classifier, moved).argmax(1).cpu())
                task.advance(len(indices))
            attacked.append(torch.stack(predicted))
    return torch.cat(clean), torch.cat(attacked, 1)


def _row(source: str, facts: dict[str, Any], ranks: list[int], seed: int) -> Row:
    count, second = sum(ranks), ranks[1]
    low, high = wilson_interval(second, count) if count else (None, None)
    return {
        "metric": "misclassification-rank",
        "value": second / count if count else None,
        "n": count,
        "source": source,
        **facts,
        "low": low,
        "high": high,
        "ranks": {str(rank): number for rank, number in enumerate(ranks, 1) if number},
        "seed": seed,
    }
