"""What ``train-gan`` guides its generator with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.guidance.background import Background
from xaitool.core.guidance.guidance import Guidance, GuidedImages
from xaitool.core.guidance.schedule import GuidanceSchedule
from xaitool.core.models.gans.images import from_pixels, to_pixels
from xaitool.core.seeding import random_stream as keyed
from xaitool.data.class_selection import one_class
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, UnknownNameError, UnsupportedOperationError
from xaitool.options import can_name_code
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.features.lenet import FeatureNetwork, feature_network
from xaitool.workflows.models.factory import find_attribute
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime


class GanGuidance:
    """An explanation, what it compares with, and when it guides.

    Args:
        config: The options.
        boundary: Logit below which the discriminator says 'fake'; None: nowhere.
        dataset: The training images.
        runtime: Where it computes.

    Raises:
        ConfigError: Options contradict one another.
        UnknownNameError: There is no such explanation.
        DataError: There are fewer real images than references.
        ModelError: The user's function cannot be found.
    """

    def __init__(
        self,
        config: TrainGanConfig,
        boundary: float | None,
        dataset: ImageDataset,
        runtime: Runtime,
    ) -> None:
        _check(config, boundary)
        self.config = config
        self.guidance = Guidance(_source(config.xai), boundary=boundary or 0.0, options=config)
        self.schedule = GuidanceSchedule(
            config.mask_start, config.mask_stop, config.mask_every, config.mask_anneal
        )
        self._dataset = dataset
        self._runtime = runtime
        self._classifier: FeatureNetwork | None = None
        self._columns: list[int] = []
        self._background = self._make_background()

    @property
    def _by_class(self) -> bool:
        return self._background is not None and self.config.background == "class"

    def prepare(self, reporter: Reporter) -> None:
        """Make the classifier ready that chooses references; it may have to be trained first.

        Raises:
            DataError: The dataset has a single class.
            InputError: The classifier cannot be trained.
        """
        if self.config.mask_start > self.config.epochs:
            reporter.warning(
                f"--mask-start is {self.config.mask_start}, but --epochs is {self.config.epochs}: "
                "no step is guided"
            )
        if not self._by_class:
            return
        config = self.config
        self._classifier = feature_network(
            config.dataset,
            image_size=config.image_size,
            data_dir=config.data_dir,
            workers=config.workers,
            device=self._runtime.device,
            reporter=reporter,
        )
        if self._classifier is None:
            raise one_class(self._dataset.name, "--background class wants two")
        self._columns = [self._classifier.classes.index(name) for name in self._dataset.classes]

    def probe(self, discriminator: nn.Module) -> None:
        """Explain two images: what cannot be explained is refused before the long work.

        Raises:
            ModelError: The user's function fails, or returns something else than it has to.
            UnsupportedOperationError: The explanation has no rule for an operation.
        """
        images = from_pixels(self._runtime.place(self._dataset.images(torch.arange(2))))
        try:
            self._guided(images, discriminator, keyed(self.config.seed, "probe"), 1.0)
        except UnsupportedOperationError as error:
            raise UnsupportedOperationError(
                f"--xai {self.config.xai}: {error}",
                hint="--xai integrated-gradients, or for a control --xai-option "
                "of=integrated-gradients, takes any differentiable operation",
            ) from error

    def of_step(
        self, step: int, steps_per_epoch: int, discriminator: nn.Module, random: torch.Generator
    ) -> Callable[[Tensor], GuidedImages] | None:
        """What guides the images of a step, counted from 0; None where it is a plain one."""
        share = self.schedule.share(step, steps_per_epoch)
        if share is None:
            return None
        strength = self.config.mask_strength * share
        return lambda generated: self._guided(generated, discriminator, random, strength)

    def _guided(
        self, generated: Tensor, discriminator: nn.Module, random: torch.Generator, strength: float
    ) -> GuidedImages:
        references = None
        if self._background is not None:
            references = self._background.draw(random, self._classes(generated.detach()))
        return self.guidance.guided(generated, discriminator, references, random, strength)

    def _make_background(self) -> Background | None:
        count = self.guidance.references
        if count == 0:
            return None
        dataset, config = self._dataset, self.config
        order = torch.randperm(len(dataset), generator=keyed(config.seed, "reservoir"))
        chosen = order[: config.reservoir]
        images = from_pixels(self._runtime.place(dataset.images(chosen)))
        labels = dataset.labels[chosen] if config.background == "class" else None
        return Background(images, count, labels, dataset.classes)

    def _classes(self, generated: Tensor) -> Tensor | None:
        """The class that the classifier sees in each image; None where nobody asks for it."""
        if self._classifier is None:
            return None
        with torch.no_grad():
            logits: Tensor = self._classifier.model(to_pixels(generated).float())
        return logits[:, self._columns].argmax(1)


def check_guidance(config: TrainGanConfig, boundary: float | None) -> None:
    """Refuse options that contradict one another, and explanations that are none, before the data.

    Raises:
        As `GanGuidance`.
    """
    if config.xai != "none":
        _check(config, boundary)
        _source(config.xai)


def _source(xai: str) -> str | Callable[..., Tensor]:
    if can_name_code(xai):
        function: Callable[..., Tensor] = find_attribute(xai)
        return function
    if xai not in registry.GUIDANCE:
        known = {"none": None, **registry.GUIDANCE}
        raise UnknownNameError("guidance", xai, known, also=", or package.module:function")
    return xai


def _check(config: TrainGanConfig, boundary: float | None) -> None:
    if config.mask_anneal and config.mask_stop is None:
        raise ConfigError("--mask-anneal wants an end, but --mask-stop is not given")
    if config.mask_stop is not None and config.mask_stop < config.mask_start:
        raise ConfigError(
            f"--mask-stop is {config.mask_stop}, but at least the {config.mask_start} of "
            "--mask-start is wanted"
        )
    if config.mask_samples == "fake" and boundary is None:
        raise ConfigError(
            f"--mask-samples is fake, but the logits of {config.objective} have no place below "
            "which an image is judged fake"
        )
