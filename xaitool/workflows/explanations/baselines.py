"""The baseline that ``explain`` gives to a method that needs one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.seeding import generator
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.images import read_image
from xaitool.errors import ConfigError
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.counterfactuals.cvae import check_cvae, check_label_count, load_cvae
from xaitool.workflows.counterfactuals.generator import fitting, load_counterfactual
from xaitool.workflows.explanations.baseline_choice import baseline_class
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.runs.runtime import Runtime


@dataclass(frozen=True)
class OpenedBaseline:
    """A baseline that is ready to be used.

    Attributes:
        baseline: The baseline.
        facts: What a file should say of a trained generator, as plain values; else empty.
        warnings: What people should know of it.
    """

    baseline: Baseline
    facts: dict[str, str]
    warnings: tuple[str, ...]


def open_baseline(
    name: str,
    own_options: Mapping[str, Any],
    options: ExplanationOptions,
    classifier: Classifier,
    runtime: Runtime,
    *,
    against: bool,
    sensitive: Mapping[str, tuple[str, ...]] | None = None,
) -> OpenedBaseline:
    """A baseline by its name, with its options.

    Images that a baseline draws or chooses from are the training split of ``--dataset``, else of
    the data that the model was trained on.

    Args:
        name: ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or ``cvae:CHECKPOINT``.
        own_options: The baseline's.
        options: The dataset to draw from, the seed.
        classifier: What is explained.
        runtime: Where it computes.
        against: Whether a second class is known.
        sensitive: Names of the values of each sensitive attribute of the images that it is for, by
            its name; None where nobody tells them.

    Raises:
        ConfigError: There is no dataset to draw from, or no class to look for.
        DataError: ``image:FILE`` cannot be read.
        ArtifactError: A checkpoint cannot be loaded.
        ModelError: It was trained for other images or classes than the classifier's, or for other
            sensitive attributes.
    """
    kind = baseline_class(name)
    if kind.needs_against and not against:
        raise ConfigError(
            f"baseline '{name}' looks for images of a second class, but --against is not set",
            hint="--against second",
        )
    supply = _Supply(name, options, classifier, runtime, sensitive)
    needed = {need: getattr(supply, need)() for need in sorted(kind.needs)}
    return OpenedBaseline(kind(**needed, **own_options), supply.facts, supply.warnings)


class _Supply:
    """What only the caller of a baseline's constructor can give; one method a need."""

    def __init__(
        self,
        name: str,
        options: ExplanationOptions,
        classifier: Classifier,
        runtime: Runtime,
        sensitive: Mapping[str, tuple[str, ...]] | None,
    ) -> None:
        self._name = name
        self._options = options
        self._classifier = classifier
        self._runtime = runtime
        self._sensitive = sensitive
        self.facts: dict[str, str] = {}
        self.warnings: tuple[str, ...] = ()

    def model(self) -> torch.nn.Module:
        return self._classifier.model

    def seed(self) -> int:
        return self._options.seed

    def image(self) -> Tensor:
        file = self._name.partition(":")[2]
        image = self._classifier.input.prepared(read_image(Path(file)), file)
        return self._runtime.place(image)

    def generator(self) -> torch.nn.Module:
        path = Path(self._name.partition(":")[2])
        found = load_counterfactual(path, self._runtime)
        self.warnings = fitting(found, self._classifier, self._runtime)
        self.facts = {
            "baseline_generator": found.kind,
            "baseline_checkpoint": str(found.path),
            "baseline_sha256": found.sha256,
        }
        return found.generator

    def cvae(self) -> Cvae:
        classifier = self._classifier
        found = load_cvae(Path(self._name.partition(":")[2]), self._runtime)
        shape = classifier.input.shape
        names = classifier.classes or None
        check_cvae(found, shape=shape, classes=names, sensitive=self._sensitive)
        check_label_count(found, classifier.class_count(shape, self._runtime))
        self.facts = {
            "baseline_generator": "cvae",
            "baseline_checkpoint": str(found.path),
            "baseline_sha256": found.sha256,
        }
        return found.model

    def data(self) -> ImageDataset:
        name = self._options.dataset or self._classifier.dataset
        if name is None:
            raise ConfigError(
                f"baseline '{self._name}' has nothing to draw from, "
                "but --dataset NAME is wanted with it",
                hint="or --baseline zero",
            )
        return dataset_for(name, "train", self._classifier, self._options)

    def references(self) -> Tensor:
        dataset, count = self.data(), self._options.references
        if len(dataset) < count:
            raise ConfigError(
                f"--references is {count}, but dataset {dataset.name} has {len(dataset)} images"
            )
        order = torch.randperm(len(dataset), generator=generator(self._options.seed, "references"))
        return self._runtime.place(dataset.images(order[:count]))
