"""How far a classifier's classes lie apart below its logits, and where attacks move images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.classification.feature_layout import class_separation, flat_layout
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.core.seeding import derive_seed
from xaitool.data.dataset import ImageDataset
from xaitool.errors import DataError
from xaitool.report.feature_scatter import Points, feature_scatter
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.attacks import Attacker, ChosenAttack, chosen_attacks
from xaitool.workflows.evaluation.picture_path import picture_path, source_name
from xaitool.workflows.evaluation.subjects import first_samples, load_classifier_and_data, rows_for
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.pictures import write_picture

Row = dict[str, Any]

IMAGES = 1000
"""Where ``--limit`` is not given: t-SNE takes long with more, and dots hide one another."""

ATTACKS = ("fgsm",)
GREY_EPSILON, COLOUR_EPSILON = 0.3, 8 / 255
"""Where ``--attack`` and ``--epsilon`` are not given; for grey images as the paper's figure 3."""


@dataclass(frozen=True)
class SeenImages:
    """What the network made of the images, clean or attacked.

    Attributes:
        attack: None for the clean ones.
        features: ``(N, F)`` on the CPU.
        right: Whether the prediction is right, bool ``(N,)``.
    """

    attack: ChosenAttack | None
    features: Tensor
    right: Tensor


def measure_features(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row of the clean images, and one for each attack and budget.

    Features are what the last layer receives, see `penultimate`. With ``--out`` a picture lays
    them out by t-SNE, clean and attacked ones together, as figure 3 of the PC paper.

    Args:
        path: The classifier.
        metrics: ``features``.
        context: The options; without ``limit`` 1,000 images, evenly spaced.

    Yields:
        ``value``, the mean silhouette of the true classes among the features (see
        `class_separation`), None where there is one class only; ``n``, the images; ``attack`` and
        ``epsilon``, None for the clean ones; ``accuracy``; ``successes``, images that were
        classified right until they were attacked, None for the clean ones; ``width``, the number
        of features; ``picture``, None without ``--out``.

    Raises:
        InputError: The classifier, the dataset or an attack does not fit, or the picture cannot
            be written.
    """
    config = context.config
    picture = FeaturePicture(path, config)
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    usual = (GREY_EPSILON if classifier.input.channels == 1 else COLOUR_EPSILON,)
    attacks = chosen_attacks(config, config.attack or ATTACKS, config.epsilon or usual)
    samples = _samples(dataset, config)
    labels = dataset.labels[samples]
    clean, *attacked = _seen(classifier, attacks, dataset, samples, context)
    written = picture.write(
        clean.features,
        [(_title(one), one.features, clean.right & ~one.right) for one in attacked],
        labels,
        dataset.classes,
    )
    if written is not None:
        context.reporter.message(f"picture: {written}")
    for one in (clean, *attacked):
        yield _row(one, clean, labels, str(path), written)


def _samples(dataset: ImageDataset, config: EvaluateConfig) -> Tensor:
    samples = first_samples(dataset, config)
    if config.limit is None:
        samples = samples[:: max(1, -(-len(samples) // IMAGES))]
    if len(samples) < 2:
        raise DataError(
            f"features are asked of {len(samples)} image of dataset {dataset.name}, "
            "but at least 2 are wanted"
        )
    return samples


def _seen(
    classifier: Classifier,
    attacks: Sequence[ChosenAttack],
    dataset: ImageDataset,
    samples: Tensor,
    context: Context[EvaluateConfig],
) -> list[SeenImages]:
    rows = rows_for(dataset, context)
    attacker = Attacker(context.config.seed, rows)
    parts: list[list[SeenImages]] = []
    with context.reporter.task("features", len(samples) * (1 + len(attacks)), "image") as task:
        for indices in samples.split(rows.most):
            images = context.runtime.place(dataset.images(indices))
            labels = dataset.labels[indices].to(context.runtime.device)
            part = [_of(None, classifier, images, labels, attacker)]
            for attack in attacks:
                moved = attacker.attack(attack, classifier, images, labels).images
                part.append(_of(attack, classifier, moved, labels, attacker))
            parts.append(part)
            task.advance(len(indices) * len(part))
    return [_joined(of_one) for of_one in zip(*parts, strict=True)]


def _of(
    attack: ChosenAttack | None,
    classifier: Classifier,
    images: Tensor,
    labels: Tensor,
    attacker: Attacker,
) -> SeenImages:
    right = attacker.logits(classifier, images).argmax(1) == labels
    # As many at once as the logits took.
    features = [penultimate(classifier.model, part) for part in images.split(attacker.rows.most)]
    return SeenImages(attack, torch.cat(features).cpu(), right.cpu())


def _joined(parts: Sequence[SeenImages]) -> SeenImages:
    return SeenImages(
        parts[0].attack,
        torch.cat([part.features for part in parts]),
        torch.cat([part.right for part in parts]),
    )


def _title(seen: SeenImages) -> str:
    if seen.attack is None or seen.attack.epsilon is None:
        return "clean" if seen.attack is None else seen.attack.name
    return f"{seen.attack.name}, ε = {seen.attack.epsilon:.3g}"


def _row(
    seen: SeenImages, clean: SeenImages, labels: Tensor, source: str, picture: Path | None
) -> Row:
    attack = seen.attack
    return {
        "metric": "features",
        "value": class_separation(seen.features, labels),
        "n": len(labels),
        "source": source,
        "attack": attack and attack.name,
        "epsilon": attack and attack.epsilon,
        "accuracy": float(seen.right.double().mean()),
        "successes": None if attack is None else int((clean.right & ~seen.right).sum()),
        "width": seen.features.shape[1],
        "picture": None if picture is None else str(picture),
    }


class FeaturePicture:
    """A panel of the clean images and one of the successes of each attack.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes, and the seed.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._name = source_name(source)
        self._seed = config.seed
        self._overwrite = config.overwrite
        self._path = picture_path(source, config, "features", config.figure_format)

    def write(
        self,
        clean: Tensor,
        attacked: Sequence[tuple[str, Tensor, Tensor]],
        labels: Tensor,
        classes: Sequence[str],
    ) -> Path | None:
        """Write it.

        All features are laid out together, so that a place means the same in every panel.

        Args:
            clean: Features ``(N, F)``.
            attacked: Of each attack its title, features ``(N, F)`` and successes, bool ``(N,)``.
            labels: True classes, int64 ``(N,)``.
            classes: Their names.
        """
        if self._path is None:
            return None
        features = torch.cat([clean, *(features for _, features, _ in attacked)])
        first, *others = flat_layout(features, derive_seed(self._seed, "features")).split(
            len(labels)
        )
        picture = feature_scatter(
            Points(f"{len(labels)} clean images", first, labels),
            [
                Points(f"{title}: {int(success.sum())} successes", places[success], labels[success])
                for places, (title, _, success) in zip(others, attacked, strict=True)
            ],
            classes,
            f"t-SNE of the features of {self._name}, coloured by true class; crosses are attacked",
        )
        write_picture(self._path, picture, overwrite=self._overwrite)
        return self._path
