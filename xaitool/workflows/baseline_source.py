"""The baseline that ``explain`` gives to a method that needs one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from xaitool import registry
from xaitool.core.baselines.base import Baseline
from xaitool.core.seeding import generator
from xaitool.data.dataset import ImageDataset
from xaitool.data.images import prepare, read_image
from xaitool.errors import ConfigError
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.explained_images import dataset_for
from xaitool.workflows.explanations import Explanation
from xaitool.workflows.runtime import Runtime


def make_baseline(
    explanation: Explanation,
    options: ExplanationOptions,
    classifier: Classifier,
    runtime: Runtime,
    *,
    against: bool,
) -> Baseline | None:
    """The baseline of an explanation, with its options; None for a method without one.

    Images that a baseline draws or chooses from are the training split of ``--dataset``, else of
    the data that the model was trained on.

    Args:
        explanation: Which baseline, and its options.
        options: The dataset to draw from, the seed, the rows in a forward pass.
        classifier: What is explained.
        runtime: Where it computes.
        against: Whether a second class is known.

    Raises:
        ConfigError: There is no dataset to draw from, or no class to look for.
        DataError: ``image:FILE`` cannot be read.
    """
    name = explanation.baseline
    if name is None:
        return None
    baseline: type[Baseline] = registry.load("baseline", name.partition(":")[0])
    if baseline.needs_against and not against:
        raise ConfigError(
            f"baseline '{name}' looks for images of a second class, but --against is not set",
            hint="--against second",
        )
    supply = _Supply(name, options, classifier, runtime)
    needed = {need: getattr(supply, need)() for need in sorted(baseline.needs)}
    return baseline(**needed, **explanation.baseline_options)


class _Supply:
    """What only the caller of a baseline's constructor can give; one method a need."""

    def __init__(
        self, name: str, options: ExplanationOptions, classifier: Classifier, runtime: Runtime
    ) -> None:
        self._name = name
        self._options = options
        self._classifier = classifier
        self._runtime = runtime

    def model(self) -> torch.nn.Module:
        return self._classifier.model

    def rows(self) -> int:
        pixels = self._classifier.channels * self._classifier.crop**2
        return self._runtime.rows(pixels, self._options.batch_size)

    def seed(self) -> int:
        return self._options.seed

    def image(self) -> Tensor:
        file = self._name.partition(":")[2]
        classifier = self._classifier
        image = prepare(
            read_image(Path(file)),
            resize=classifier.resize,
            crop=classifier.crop,
            channels=classifier.channels,
            interpolation=classifier.interpolation,
            name=file,
        )
        return self._runtime.place(image)

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
