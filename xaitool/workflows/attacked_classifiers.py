"""Attacks made on each of several classifiers, and tried on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.attacks.outcome import AttackResult
from xaitool.core.metrics.robustness import AttackedSamples
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.attack_choice import ChosenAttack
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.measured_classifier import measured_rows, measured_samples
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches


@dataclass(frozen=True)
class Trial:
    """An attack that was made on one classifier and tried on the same or another.

    Attributes:
        attack: The attack.
        made_on: The classifier whose images and gradients it used.
        tried_on: The classifier that it is to fool.
        samples: What it did.
    """

    attack: ChosenAttack
    made_on: Classifier
    tried_on: Classifier
    samples: AttackedSamples

    @property
    def transferred(self) -> bool:
        """Whether it knew nothing of the classifier that it is to fool."""
        return self.made_on is not self.tried_on


class Attacker:
    """Attacks batches, with fewer rows at once where memory is short.

    Args:
        seed: Of all random draws.
        rows: Images in one forward pass, at most.
        reporter: Told when memory is short.
    """

    def __init__(self, seed: int, rows: int, reporter: Reporter) -> None:
        self.rows = rows
        self._seed = seed
        self._reporter = reporter

    def attack(
        self, chosen: ChosenAttack, classifier: Classifier, images: Tensor, labels: Tensor
    ) -> AttackResult:
        """Images ``(N, C, H, W)`` of the classes `labels`, moved.

        Raises:
            ModelError: The attack cannot be made on such a classifier.
        """
        generator = torch.Generator().manual_seed(self._seed)
        result, self.rows = with_smaller_batches(
            lambda most: chosen.built(most).run(
                classifier.model, images, labels, generator=generator
            ),
            self.rows,
            self._smaller,
        )
        return result

    def logits(self, classifier: Classifier, images: Tensor) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)``.

        Raises:
            ModelError: They are no logits.
        """
        result, self.rows = with_smaller_batches(
            lambda most: classifier.logits(images, most), self.rows, self._smaller
        )
        return result

    def _smaller(self, rows: int) -> None:
        self._reporter.warning(f"out of memory: going on with {rows} rows")


def attack_classifiers(
    classifiers: Sequence[Classifier],
    attacks: Sequence[ChosenAttack],
    dataset: ImageDataset,
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> list[Trial]:
    """Make every attack on every classifier with the true labels, and try it on all.

    Args:
        classifiers: Of the same images and classes.
        attacks: The attacks.
        dataset: The images; ``config.limit`` says how many.
        config: The options.
        runtime: Where it computes.
        reporter: Told how it goes.

    Returns:
        For each classifier that is tried, for each that an attack is made on, one for each attack.

    Raises:
        ModelError: An attack cannot be made on such a classifier.
    """
    samples = measured_samples(dataset, config)
    rows = measured_rows(dataset, config, runtime)
    attacker = Attacker(config.seed, rows, reporter)
    parts: list[list[Trial]] = []
    total = len(samples) * len(attacks) * len(classifiers)
    with reporter.task("attack", total, "image") as task:
        for indices in samples.split(rows):
            images = runtime.place(dataset.images(indices))
            labels = dataset.labels[indices].to(runtime.device)
            right = [attacker.logits(one, images).argmax(1) == labels for one in classifiers]
            trials = []
            for made_on in classifiers:
                for attack in attacks:
                    result = attacker.attack(attack, made_on, images, labels)
                    for tried_on, known in zip(classifiers, right, strict=True):
                        other = None if tried_on is made_on else tried_on
                        facts = _samples(attacker, result, labels, known, other)
                        trials.append(Trial(attack, made_on, tried_on, facts))
                    task.advance(len(indices))
            parts.append(trials)
    joined = [_joined(of_one) for of_one in zip(*parts, strict=True)]
    return [trial for one in classifiers for trial in joined if trial.tried_on is one]


def _samples(
    attacker: Attacker,
    result: AttackResult,
    labels: Tensor,
    right: Tensor,
    other: Classifier | None,
) -> AttackedSamples:
    """What an attack did to the classifier that it was made on, or to another."""
    wrong, zero_gradient = result.success, result.zero_gradient
    if other is not None:
        wrong = attacker.logits(other, result.images).argmax(1) != labels
        zero_gradient = torch.zeros_like(wrong)
    return AttackedSamples(right.cpu(), wrong.cpu(), result.l2.cpu(), zero_gradient.cpu())


def _joined(trials: Sequence[Trial]) -> Trial:
    """One trial of all batches."""
    first, parts = trials[0], [trial.samples for trial in trials]
    samples = AttackedSamples(
        right=torch.cat([part.right for part in parts]),
        wrong=torch.cat([part.wrong for part in parts]),
        l2=torch.cat([part.l2 for part in parts]),
        zero_gradient=torch.cat([part.zero_gradient for part in parts]),
    )
    return Trial(first.attack, first.made_on, first.tried_on, samples)
