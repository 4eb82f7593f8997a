"""The baseline that ``explain`` gives to a method that needs one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.seeding import generator
from xaitool.data.dataset import ImageDataset
from xaitool.data.images import prepare, read_image
from xaitool.errors import ConfigError
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explained_images import dataset_for
from xaitool.workflows.runtime import Runtime


def make_baseline(
    config: ExplainConfig,
    method: type[AttributionMethod],
    classifier: Classifier,
    runtime: Runtime,
) -> Baseline | None:
    """The baseline of `baseline_name`, with its options; None for methods without one.

    Images that a baseline draws or chooses from are the training split of ``--dataset``, else of
    the data that the model was trained on.

    Raises:
        ConfigError: The method takes no baseline, an option is unknown, there is no dataset to draw
            from, or no class to look for.
        DataError: ``image:FILE`` cannot be read.
    """
    name = baseline_name(config, method)
    if name is None:
        return None
    baseline: type[Baseline] = registry.load("baseline", name.partition(":")[0])
    if baseline.needs_against and config.against is None:
        raise ConfigError(
            f"baseline '{name}' looks for images of a second class, but --against is not set",
            hint="--against second",
        )
    supply = _Supply(name, config, classifier, runtime)
    needed = {need: getattr(supply, need)() for need in sorted(baseline.needs)}
    return baseline(**needed, **baseline_options(config, method))


def baseline_name(config: ExplainConfig, method: type[AttributionMethod]) -> str | None:
    """The baseline that the options name, or the method's own; None for methods without one.

    Raises:
        UnknownNameError: There is no such baseline.
        ConfigError: The method takes no baseline, but one is named; or only ``image`` names a file.
    """
    if not method.needs_baseline:
        if config.baseline is not None:
            raise ConfigError(f"method '{config.method}' takes no baseline, but --baseline is set")
        return None
    name = config.baseline or method.default_baseline
    base, colon, file = name.partition(":")
    registry.entry("baseline", base)
    if bool(file) != (base == "image") or (colon and not file):
        raise ConfigError(f"--baseline is '{name}', but NAME or image:FILE is wanted")
    return name


def baseline_options(config: ExplainConfig, method: type[AttributionMethod]) -> dict[str, Any]:
    """The baseline's own options as plain values; ``--references`` where it draws some.

    Raises:
        ConfigError: An option is unknown or out of range.
    """
    name = baseline_name(config, method)
    if name is None:
        return {}
    kind: type[Baseline] = registry.load("baseline", name.partition(":")[0])
    given = kind.Options.from_assignments(config.baseline_option, source=f"baseline '{name}'")
    named = {assignment.partition("=")[0] for assignment in config.baseline_option}
    options = given.to_dict()
    if "references" in options and "references" not in named:
        options["references"] = config.references
    return options


class _Supply:
    """What only the caller of a baseline's constructor can give; one method a need."""

    def __init__(
        self, name: str, config: ExplainConfig, classifier: Classifier, runtime: Runtime
    ) -> None:
        self._name = name
        self._config = config
        self._classifier = classifier
        self._runtime = runtime

    def model(self) -> torch.nn.Module:
        return self._classifier.model

    def rows(self) -> int:
        pixels = self._classifier.channels * self._classifier.crop**2
        return self._runtime.rows(pixels, self._config.batch_size)

    def seed(self) -> int:
        return self._config.seed

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
        name = self._config.dataset or self._classifier.dataset
        if name is None:
            raise ConfigError(
                f"baseline '{self._name}' has nothing to draw from, "
                "but --dataset NAME is wanted with it",
                hint="or --baseline zero",
            )
        return dataset_for(name, "train", self._classifier, self._config)

    def references(self) -> Tensor:
        dataset, count = self.data(), self._config.references
        if len(dataset) < count:
            raise ConfigError(
                f"--references is {count}, but dataset {dataset.name} has {len(dataset)} images"
            )
        order = torch.randperm(len(dataset), generator=generator(self._config.seed, "references"))
        return self._runtime.place(dataset.images(order[:count]))
