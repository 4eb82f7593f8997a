"""Attacks chosen by name, made on each of several classifiers, and tried on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from xaitool import registry
from xaitool.core.attacks.base import Attack, FixedBudgetAttack
from xaitool.core.attacks.engine.outcome import AttackResult
from xaitool.core.memory import Rows
from xaitool.core.metrics.robustness.robustness import AttackedSamples
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.options import Options, option_fields
from xaitool.options.assignments import assigned
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import first_samples, rows_for
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context


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
        rows: Images in one forward pass.
    """

    def __init__(self, seed: int, rows: Rows) -> None:
        self.rows = rows
        self._seed = seed

    def attack(
        self, chosen: ChosenAttack, classifier: Classifier, images: Tensor, labels: Tensor
    ) -> AttackResult:
        """Images ``(N, C, H, W)`` of the classes `labels`, moved.

        Raises:
            ModelError: The attack cannot be made on such a classifier.
        """
        generator = torch.Generator().manual_seed(self._seed)
        return self.rows.run(
            lambda most: chosen.built(most).run(
                classifier.model, images, labels, generator=generator
            )
        )

    def logits(self, classifier: Classifier, images: Tensor) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)``.

        Raises:
            ModelError: They are no logits.
        """
        return self.rows.run(partial(classifier.logits, images))


def attack_classifiers(
    classifiers: Sequence[Classifier],
    attacks: Sequence[ChosenAttack],
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> list[Trial]:
    """Make every attack on every classifier with the true labels, and try it on all.

    Args:
        classifiers: Of the same images and classes.
        attacks: The attacks.
        dataset: The images; ``config.limit`` says how many.
        context: The options, where it computes, and whom it tells.

    Returns:
        For each classifier that is tried, for each that an attack is made on, one for each attack.

    Raises:
        ModelError: An attack cannot be made on such a classifier.
    """
    config = context.config
    samples = first_samples(dataset, config)
    rows = rows_for(dataset, context)
    attacker = Attacker(config.seed, rows)
    parts: list[list[Trial]] = []
    total = len(samples) * len(attacks) * len(classifiers)
    with context.reporter.task("attack", total, "image") as task:
        for indices in samples.split(rows.most):
            images = context.runtime.place(dataset.images(indices))
            labels = dataset.labels[indices].to(context.runtime.device)
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


@dataclass(frozen=True)
class ChosenAttack:
    """An attack with its options.

    Attributes:
        name: Of the registry.
        attack: Its class.
        options: As plain values, with its budget.
    """

    name: str
    attack: type[Attack]
    options: dict[str, Any]

    @property
    def epsilon(self) -> float | None:
        """Largest change of a pixel value; None for an attack that looks for the nearest image."""
        return self.options.get("epsilon")

    def built(self, rows: int) -> Attack:
        """The attack, at most `rows` images in a forward pass."""
        return self.attack(rows=rows, **self.options)


def chosen_attacks(
    config: EvaluateConfig, names: Sequence[str], epsilons: Sequence[float]
) -> list[ChosenAttack]:
    """Each attack with each budget, the budgets growing; without a budget where it has none.

    Args:
        config: The options; ``attack_option`` is read.
        names: Of the attacks; one twice is there once.
        epsilons: Budgets, in pixel values.

    Raises:
        ConfigError: An option is of no attack, its value does not fit, or it is the budget.
        UnknownNameError: An option is for an attack that is not among them.
    """
    kinds: dict[str, type[Attack]] = {name: registry.load("attack", name) for name in names}
    if "epsilon" in assigned_names(config):
        raise ConfigError(
            "--attack-option sets epsilon, but --epsilon is wanted for it", hint="--epsilon 0.1,0.2"
        )
    options_of = {name: kind.Options for name, kind in kinds.items()}
    given = assigned(config.attack_option, options_of, "attack", hint=_hint(options_of))
    budgets = sorted(set(epsilons))
    return [
        ChosenAttack(name, kind, given[name].to_dict() | budget)
        for name, kind in kinds.items()
        for budget in _budgets(kind, budgets)
    ]


def assigned_names(config: EvaluateConfig) -> set[str]:
    """The options that ``--attack-option`` sets, whatever attack they are for."""
    return {one.partition("=")[0].rpartition(".")[2] for one in config.attack_option}


def _budgets(kind: type[Attack], epsilons: list[float]) -> list[dict[str, float]]:
    if issubclass(kind, FixedBudgetAttack):
        return [{"epsilon": epsilon} for epsilon in epsilons]
    return [{}]


def _hint(kinds: dict[str, type[Options]]) -> str:
    names_of = {
        name: ", ".join(field.name for field in option_fields(kind) if field.name != "epsilon")
        for name, kind in kinds.items()
    }
    return "; ".join(f"{name} has {options}" for name, options in names_of.items())
