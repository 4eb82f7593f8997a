"""The baseline that ``explain`` gives to a method that needs one."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.zero import Zero
from xaitool.core.seeding import generator
from xaitool.errors import ConfigError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explained_images import dataset_for
from xaitool.workflows.model_source import Classifier
from xaitool.workflows.runtime import Runtime


def make_baseline(
    config: ExplainConfig,
    method: type[AttributionMethod],
    classifier: Classifier,
    runtime: Runtime,
) -> Baseline | None:
    """The baseline that the options name, or the method's own; None for methods without one.

    References of ``dataset`` are drawn, seeded, from the training split of ``--dataset``, else of
    the data that the model was trained on.

    Raises:
        ConfigError: The method takes no baseline, or there is no dataset to draw from.
    """
    if not method.needs_baseline:
        if config.baseline is not None:
            raise ConfigError(f"method '{config.method}' takes no baseline, but --baseline is set")
        return None
    name = config.baseline or method.default_baseline
    if name == "zero":
        return Zero()
    return DatasetReferences(runtime.place(_references(config, classifier)))


def _references(config: ExplainConfig, classifier: Classifier) -> Tensor:
    name = config.dataset or classifier.dataset
    if name is None:
        raise ConfigError(
            "baseline 'dataset' has nothing to draw from, but --dataset NAME is wanted with it",
            hint="or --baseline zero",
        )
    dataset = dataset_for(name, "train", classifier, config)
    if len(dataset) < config.references:
        raise ConfigError(
            f"--references is {config.references}, but dataset {name} has {len(dataset)} images"
        )
    order = torch.randperm(len(dataset), generator=generator(config.seed, "references"))
    return dataset.images(order[: config.references])
