"""``train-gan``: options in, run directory out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, ClassVar, TypedDict

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.frozen.users_model import bare
from xaitool.core.metrics.generation.mode_collapse import mode_collapse
from xaitool.core.models.gans.images import from_pixels, noise, sample
from xaitool.core.objectives.base import GanObjective
from xaitool.core.seeding import random_stream as keyed
from xaitool.core.training.gan_step import gan_step
from xaitool.core.training.optimiser import build_optimiser, restore_optimiser
from xaitool.core.training.running_mean import running_mean
from xaitool.core.training.stopwatch import Stopwatch
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, DataError, InputError
from xaitool.io.atomic import write_png
from xaitool.io.plain import Count, Positive, checked
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.features.source import check_features, feature_source
from xaitool.workflows.gans.guidance import GanGuidance, check_guidance
from xaitool.workflows.gans.judge import GanJudge
from xaitool.workflows.gans.networks import KIND, describe, describe_judge, gan_networks
from xaitool.workflows.gans.probe import check_single
from xaitool.workflows.models.datasets import load_training_data
from xaitool.workflows.runs.choice import Choice
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.curves import Chart
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.place import open_run
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult, TrainingRun

KID_SUBSETS = 10  # an epoch's estimate; `evaluate` takes more


def train_gan(
    config: TrainGanConfig, reporter: Reporter | None = None
) -> TrainingResult | dict[str, Any]:
    """Train a GAN whose generator is guided by an explanation of its discriminator.

    Each epoch writes a grid of samples from fixed noise and, where the dataset has two classes or
    more, the figures of `GanJudge` against training images; the epoch with the lowest FID becomes
    ``best.pt``.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data, a network or the run to resume does not fit.
        DivergenceError: A loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.

    Source: Graves et al. 2020, "LogicGAN", Algorithm 1 and section 5.1.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> config = xaitool.TrainGanConfig(
        ...     classes=("0", "1"), xai="shap", epochs=1, fid_samples=0, out=out / "run"
        ... )
        >>> result = xaitool.train_gan(config)
        >>> 0 < result.metrics["mask_mean"] < 1
        True
        >>> (out / "run" / "samples").is_dir()
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    if config.fid_samples == 1:
        raise ConfigError("--fid-samples is 1, but 0 or at least 2 is wanted")
    runtime = Runtime.from_options(config)
    place = open_run(config, "train-gan", config.xai.replace(":", "."), runtime)
    place.check_code(config, KIND)
    check_guidance(config, _objective(config).boundary)
    if config.fid_samples:
        with _of_features():
            check_features(config.features)
    everything = load_training_data(config, runtime)
    dataset = _share_of(everything, config)
    trainer = GanTrainer(Context(config, runtime, reporter), dataset, everything)
    return TrainingRun(
        config,
        place,
        kind=KIND,
        epochs=config.epochs,
        batch_size=config.batch_size * trainer.critic_steps,
        samples=len(dataset),
        choice=Choice("fid", "lower"),
        trainer=trainer,
        reporter=reporter,
    ).start()


class _SavedState(TypedDict):
    """What of `GanTrainer.state_dict` a training that begins does not have."""

    done: Count
    early: dict[Positive, Tensor]
    features: str | None


class GanTrainer:
    """A GAN, its optimisers, its guidance and its judge.

    Args:
        context: The options, where it computes, and whom it tells.
        dataset: The images that are trained on.
        everything: The images that the judge compares with.

    Attributes:
        done: Steps taken.
        critic_steps: Updates of the discriminator in a step.
    """

    charts: ClassVar[dict[str, Chart]] = {
        "losses": Chart(
            "Losses",
            "loss, mean over images",
            {"loss_d": "discriminator", "loss_g": "generator"},
        ),
        "fid": Chart("FID: lower is better", "Fréchet distance of features", {"fid": "FID"}),
        "kid": Chart("KID: lower is better", "kernel distance of features", {"kid": "KID"}),
        "variety": Chart(
            "Variety of the images",
            "share, or ratio to real images",
            {
                "coverage": "coverage (share of real images)",
                "recall": "recall (share of real images)",
                "pixel_deviation": "deviation of pixels (real images: 1)",
            },
        ),
        "collapse": Chart(
            "Signs of mode collapse",
            "share, or ratio to real images",
            {
                "feature_distance": "distance of features (real images: 1)",
                "class_coverage": "classes covered (share)",
            },
        ),
        "mask": Chart(
            "Guidance",
            "value of the mask, or share of images",
            {"mask_mean": "mean of the mask", "unguided": "images without evidence (share)"},
        ),
    }
    planned_by: str | None = None

    def __init__(
        self,
        context: Context[TrainGanConfig],
        dataset: ImageDataset,
        everything: ImageDataset,
    ) -> None:
        config = context.config
        self.config = config
        self.runtime = context.runtime
        self.dataset = dataset
        self.everything = everything
        self.reporter = context.reporter
        self.objective = _objective(config)
        self.critic_steps = config.n_critic or self.objective.default_critic_steps
        self.guidance = (
            None
            if config.xai == "none"
            else GanGuidance(config, self.objective.boundary, dataset, context.runtime)
        )
        torch.manual_seed(config.seed)
        self.generator, self.discriminator = gan_networks(
            config.architecture,
            dataset.shape,
            config.latent,
            context.runtime,
            generator_source=config.generator,
            discriminator_source=config.discriminator,
            per_sample_critic=self.objective.per_sample_critic,
        )
        self._check_last_step()
        if self.guidance is not None:
            self.guidance.probe(self.discriminator)
        self.average = running_mean(self.generator, config.ema_decay)
        self.optimisers = (
            self._optimiser(self.generator),
            self._optimiser(self.discriminator),
        )
        self.explaining = Stopwatch(context.runtime.device)
        self.done = 0
        self.steps_per_epoch = -(-len(dataset) // (config.batch_size * self.critic_steps))
        self.fixed_noise = self._noise(config.grid, "grid")
        self._early_steps = _spread(config.first_epoch_grids, self.steps_per_epoch)
        self._early: dict[int, Tensor] = {}
        self._features_before: str | None = None
        self._judge: GanJudge | None = None
        self._collapsed = True  # as untrained generators are: that is no news
        self.description = describe(config, dataset)

    def prepare(self) -> None:
        """Make judge and guidance ready: their networks may have to be trained first."""
        if self.guidance is not None:
            self.guidance.prepare(self.reporter)
        if self.config.fid_samples == 0:
            return
        config = self.config
        with _of_features():
            features = feature_source(
                config.features,
                config.dataset,
                image_size=config.image_size,
                data_dir=config.data_dir,
                workers=config.workers,
                runtime=self.runtime,
                reporter=self.reporter,
            )
        if features is None:
            self.reporter.warning(
                f"dataset {self.dataset.name} has one class: no feature network, no FID, no KID"
            )
            return
        if self._features_before not in (None, features.sha256):
            self.reporter.warning(
                "the feature network is not the one that judged the run so far: figures from here "
                "on do not compare with those before"
            )
        self._judge = GanJudge(
            features, self.everything, config.fid_samples, config.seed, self.runtime.device
        )
        self.description |= describe_judge(features, self.everything)

    @property
    def used_generator(self) -> nn.Module:
        """The generator that is judged: the running mean where there is one."""
        return self.generator if self.average is None else self.average.module

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """Some steps of the discriminator and one of the generator."""
        self.generator.train()
        self.discriminator.train()
        real = from_pixels(self.runtime.place(self.dataset.images(indices)))
        guide = None
        if self.guidance is not None:
            guide = self.guidance.of_step(
                self.done, self.steps_per_epoch, self.discriminator, random
            )
        values = gan_step(
            self.generator,
            self.discriminator,
            self.optimisers,
            real,
            torch.randn(len(real), self.config.latent, generator=random).to(real),
            self.objective,
            random,
            guide=guide,
            critic_steps=self.critic_steps,
            clip=self.config.clip_gradient,
            explaining=self.explaining,
        )
        if self.average is not None:
            self.average.update_parameters(self.generator)
        self.done += 1
        if self.done in self._early_steps:
            self._early[self.done] = self._samples()
        if self.guidance is not None and guide is None:
            values |= {"mask_mean": torch.ones(()), "unguided": torch.zeros(())}
        return values

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """The sample grids and the judge's figures; of the time, what the explanations took.

        Returns:
            The metrics; only ``samples``, NaN, where the generator makes no numbers any more.
        """
        for step, images in self._early.items():
            path = directory.samples / f"epoch-0001-step-{step:05d}.png"
            write_png(path, sample_grid(images))
        self._early = {}
        samples = self._samples()
        if not samples.isfinite().all():
            # The last step can spoil the weights without a loss that says so.
            return {"samples": math.nan}
        write_png(directory.samples / f"epoch-{epoch:04d}.png", sample_grid(samples))
        metrics: dict[str, Any] = {"explain_seconds": self.explaining.take()}
        if self._judge is not None:
            figures = self._judge.judge(
                self.used_generator,
                self._noise(self.config.fid_samples, "fid"),
                kid_subsets=KID_SUBSETS,
            )
            collapse = mode_collapse(figures)
            if collapse and (not self._collapsed or epoch == self.config.epochs):
                self.reporter.warning(f"epoch {epoch}: {collapse}")
            self._collapsed = collapse is not None
            # Of very few images some figures are not defined.
            metrics |= {name: value for name, value in figures.items() if not math.isnan(value)}
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        return {
            "generator": self.generator.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "discriminator": bare(self.discriminator).state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "done": self.done,
            "early": dict(self._early),
            "features": None if self._judge is None else self._judge.features.sha256,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        checked(state, _SavedState, "the checkpoint's state")
        self.generator.load_state_dict(state["generator"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        bare(self.discriminator).load_state_dict(state["discriminator"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            restore_optimiser(optimiser, saved)
        self.done = state["done"]
        self._early = dict(state["early"])
        self._features_before = state["features"]

    def _check_last_step(self) -> None:
        """The rest of an epoch may be a single image, which batch normalisation cannot train on."""
        step = self.config.batch_size * self.critic_steps
        rest = torch.arange(len(self.dataset) % step or step)
        if len(rest.chunk(self.critic_steps)[-1]) > 1:
            return
        image = from_pixels(self.runtime.place(self.dataset.images(rest[:1])))
        check_single("the generator", self.generator, self._noise(1, "probe"))
        check_single("the discriminator", self.discriminator, image)

    def _samples(self) -> Tensor:
        return sample(self.used_generator, self.fixed_noise).float().cpu()

    def _optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        config = self.config
        return build_optimiser(
            config.optimiser,
            network,
            learning_rate=config.learning_rate,
            momentum=config.momentum,
            beta1=config.beta1,
            beta2=config.beta2,
        )

    def _noise(self, count: int, purpose: str) -> Tensor:
        like = next(self.generator.parameters())
        return noise(count, self.config.latent, self.config.seed, purpose, like=like)


@contextlib.contextmanager
def _of_features() -> Iterator[None]:
    """Say of an error that it is the feature network's, and what does without one."""
    try:
        yield
    except InputError as error:
        without = "--fid-samples 0 trains without FID and KID"
        hint = f"{error.hint}; {without}" if error.hint else without
        raise InputError(f"feature network: {error}", hint=hint) from error


def _spread(wanted: int, steps_per_epoch: int) -> frozenset[int]:
    """Evenly spaced steps inside an epoch, as many as wanted where it has so many."""
    steps = {round(number * steps_per_epoch / (wanted + 1)) for number in range(1, wanted + 1)}
    return frozenset(steps - {0, steps_per_epoch})


def _share_of(dataset: ImageDataset, config: TrainGanConfig) -> ImageDataset:
    count = round(config.fraction * len(dataset))
    if count < 2:
        share = "" if config.fraction == 1 else f"--fraction {config.fraction} of "
        raise DataError(f"{share}dataset {dataset.name} has {count} images, but 2 are wanted")
    if count == len(dataset):
        return dataset
    order = torch.randperm(len(dataset), generator=keyed(config.seed, "fraction"))
    return dataset.subset(order[:count])


def _objective(config: TrainGanConfig) -> GanObjective:
    kind: type[GanObjective] = registry.load("objective", config.objective)
    options = kind.Options.from_assignments(
        config.objective_option, source=f"objective '{config.objective}'"
    )
    return kind(**options.to_dict())
