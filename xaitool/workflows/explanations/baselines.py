"""The baseline of an explanation, as the options of a command name it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.baselines.base import Need
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.images import check_picture, read_image
from xaitool.errors import ConfigError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.counterfactuals import cvae, generator
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, check_cvae, check_label_count
from xaitool.workflows.counterfactuals.generator import LoadedGenerator, check_generator
from xaitool.workflows.explanations.baseline_choice import baseline_class
from xaitool.workflows.explanations.plan import MethodSetup
from xaitool.workflows.explanations.supply import OpenedBaseline, Supply
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.runs.runtime import Runtime


def check_baseline(name: str, options: ExplanationOptions, *, against: bool, knows: bool) -> None:
    """Refuse a baseline that could not be opened, before any weights are loaded.

    Args:
        name: ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or ``cvae:CHECKPOINT``.
        options: The dataset to draw from.
        against: Whether a second class is known.
        knows: Whether the model may know the data that it was trained on.

    Raises:
        ConfigError: There is no class to look for, or no dataset to draw from.
        DataError: ``image:FILE`` is no picture.
        ArtifactError: A checkpoint is absent, damaged or of another kind.
    """
    kind, file = baseline_class(name), Path(name.partition(":")[2])
    if Need.SECOND_CLASS in kind.needs and not against:
        raise _no_second_class(name)
    if kind.needs & {Need.DATA, Need.REFERENCES} and options.dataset is None and not knows:
        raise _no_data(name)
    if Need.IMAGE in kind.needs:
        check_picture(file)
    for need, saved in ((Need.GENERATOR, generator.KIND), (Need.CVAE, cvae.KIND)):
        if need in kind.needs:
            load_checkpoint(file, kind=saved)


def explained_baseline(
    setup: MethodSetup,
    options: ExplanationOptions,
    classifier: Classifier,
    runtime: Runtime,
    *,
    against: bool,
    sensitive: Mapping[str, tuple[str, ...]] | None = None,
) -> OpenedBaseline | None:
    """The baseline of an explanation; None for a method without one. See `open_baseline`."""
    if setup.baseline is None:
        return None
    return open_baseline(
        setup.baseline,
        setup.baseline_options,
        options,
        classifier,
        runtime,
        against=against,
        sensitive=sensitive,
    )


def open_baseline(
    name: str,
    baseline_options: Mapping[str, Any],
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
        baseline_options: Its own.
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
    if Need.SECOND_CLASS in kind.needs and not against:
        raise _no_second_class(name)
    return OptionSupply(name, options, classifier, runtime, sensitive).opened(
        kind, baseline_options
    )


class OptionSupply(Supply):
    """Fed from the options of a command and what is known of a loaded classifier.

    Images are the training split of ``--dataset``, else of the data that the model was trained on.

    Args:
        name: What people call the baseline.
        options: The dataset to draw from, the seed, how many references.
        classifier: What is explained.
        runtime: Where it computes.
        sensitive: As of `open_baseline`.
    """

    def __init__(
        self,
        name: str,
        options: ExplanationOptions,
        classifier: Classifier,
        runtime: Runtime,
        sensitive: Mapping[str, tuple[str, ...]] | None,
    ) -> None:
        super().__init__(name, classifier.model, options.seed, runtime)
        self._options = options
        self._classifier = classifier
        self._sensitive = sensitive

    def image(self) -> Tensor:
        """The file behind the name, as the model wants it."""
        file = self.name.partition(":")[2]
        image = self._classifier.input.prepared(read_image(Path(file)), file)
        return self._runtime.place(image)

    def data(self) -> ImageDataset:
        """The training split of a dataset."""
        name = self._options.dataset or self._classifier.dataset
        if name is None:
            raise _no_data(self.name)
        return dataset_for(name, "train", self._classifier, self._options)

    def references(self) -> Tensor:
        """Drawn from the data, with the seed."""
        dataset, count = self.data(), self._options.references
        if len(dataset) < count:
            raise ConfigError(
                f"--references is {count}, but dataset {dataset.name} has {len(dataset)} images"
            )
        order = torch.randperm(
            len(dataset), generator=random_stream(self._options.seed, "references")
        )
        return self._runtime.place(dataset.images(order[:count]))

    def _check_generator(self, loaded: LoadedGenerator) -> tuple[str, ...]:
        return check_generator(loaded, self._classifier, self._runtime)

    def _check_cvae(self, loaded: LoadedCvae) -> None:
        classifier = self._classifier
        shape, names = classifier.input.shape, classifier.classes or None
        check_cvae(loaded, shape=shape, classes=names, sensitive=self._sensitive)
        check_label_count(loaded, classifier.class_count(shape, self._runtime))


def _no_second_class(name: str) -> ConfigError:
    return ConfigError(
        f"baseline '{name}' looks for images of a second class, but --against is not set",
        hint="--against second",
    )


def _no_data(name: str) -> ConfigError:
    return ConfigError(
        f"baseline '{name}' has nothing to draw from, but --dataset NAME is wanted with it",
        hint="or --baseline zero",
    )
