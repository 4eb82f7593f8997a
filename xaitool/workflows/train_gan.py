"""``train-gan``: options in, run directory out."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.training.gan_step import gan_step
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, DataError, InputError
from xaitool.io.atomic import atomic_write
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.feature_network import FeatureNetwork, feature_network
from xaitool.workflows.generated_images import RealFeatures, from_pixels, noise, sample
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.run_directory import RunDirectory
from xaitool.workflows.run_place import open_run
from xaitool.workflows.runtime import Runtime
from xaitool.workflows.stopwatch import Stopwatch
from xaitool.workflows.training_data import load_training_data
from xaitool.workflows.training_run import Choice, TrainingResult, TrainingRun

KID_SUBSETS = 10  # an epoch's estimate; `evaluate` takes more


def train_gan(
    config: TrainGanConfig, reporter: Reporter | None = None
) -> TrainingResult | dict[str, Any]:
    """Train a GAN whose generator is guided by an explanation of its discriminator.

    Each epoch writes a grid of samples from fixed noise and, where the dataset has two classes or
    more, FID and KID against training images; the epoch with the lowest FID becomes ``best.pt``.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data or the run to resume does not fit.
        DivergenceError: A loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.

    Source: Graves et al. 2020, "LogicGAN", Algorithm 1 and section 5.1.
    """
    reporter = reporter or SilentReporter()
    if config.fid_samples == 1:
        raise ConfigError("--fid-samples is 1, but 0 or at least 2 is wanted")
    runtime = Runtime.from_options(config)
    place = open_run(config, "train-gan", config.xai, runtime)
    dataset = load_training_data(config, runtime)
    if len(dataset) < 2:
        raise DataError(f"dataset {dataset.name} has {len(dataset)} images, but 2 are wanted")
    trainer = GanTrainer(config, runtime, dataset, reporter)
    return TrainingRun(
        config,
        place,
        kind="gan",
        epochs=config.epochs,
        batch_size=config.batch_size,
        samples=len(dataset),
        choice=Choice("fid", "lower"),
        trainer=trainer,
        reporter=reporter,
    ).start()


class GanTrainer:
    """A GAN, its optimisers, its guidance and its judge."""

    charts: ClassVar[dict[str, tuple[str, ...]]] = {
        "losses": ("loss_d", "loss_g"),
        "fid": ("fid",),
        "kid": ("kid",),
    }

    def __init__(
        self, config: TrainGanConfig, runtime: Runtime, dataset: ImageDataset, reporter: Reporter
    ) -> None:
        self.config = config
        self.runtime = runtime
        self.dataset = dataset
        self.reporter = reporter
        torch.manual_seed(config.seed)
        gan = runtime.place(
            registry.load("gan", config.architecture)(dataset.shape, latent=config.latent)
        )
        self.generator: nn.Module = gan.generator
        self.discriminator: nn.Module = gan.discriminator
        self.guidance = registry.load("guidance", config.xai)(
            references=config.references, output=config.explained_output
        )
        self.optimisers = (
            self._optimiser(self.generator),
            self._optimiser(self.discriminator),
        )
        self.explaining = Stopwatch(runtime.device)
        self.fixed_noise = self._noise(config.grid, "grid")
        self._real_features: RealFeatures | None = None
        self.description = {
            "architecture": config.architecture,
            "shape": list(dataset.shape),
            "latent": config.latent,
            "classes": list(dataset.classes),
            "dataset_digest": dataset.digest,
        }

    def prepare(self) -> None:
        """Make the judge ready: its feature network may have to be trained first."""
        if self.config.fid_samples == 0:
            return
        network = self._feature_network()
        if network is None:
            self.reporter.warning(
                f"dataset {self.dataset.name} has one class: no feature network, no FID, no KID"
            )
            return
        self._real_features = RealFeatures(
            network, self.dataset, self.config.fid_samples, self.config.seed, self.runtime.device
        )
        self.description["features"] = {
            "network": "lenet5",
            "sha256": network.sha256,
            "accuracy": network.accuracy,
        }

    def _feature_network(self) -> FeatureNetwork | None:
        try:
            return feature_network(
                self.config.dataset,
                image_size=self.config.image_size,
                data_dir=self.config.data_dir,
                workers=self.config.workers,
                device=self.runtime.device,
                reporter=self.reporter,
            )
        except InputError as error:
            hint = "--fid-samples 0 trains without FID and KID"
            raise InputError(f"feature network: {error}", hint=hint) from error

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """One step of the discriminator and one of the generator."""
        self.generator.train()
        self.discriminator.train()
        real = from_pixels(self.runtime.place(self.dataset.images(indices)))
        return gan_step(
            self.generator,
            self.discriminator,
            self.optimisers,
            real,
            torch.randn(len(real), self.config.latent, generator=random).to(real),
            self.guidance,
            random,
            explaining=self.explaining,
        )

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """The sample grid, FID and KID; of the time, what the explanations took."""
        grid = sample_grid(sample(self.generator, self.fixed_noise).float().cpu())
        with atomic_write(directory.samples / f"epoch-{epoch:04d}.png") as file:
            grid.save(file, format="PNG")
        metrics: dict[str, Any] = {"explain_seconds": self.explaining.take()}
        if self._real_features is not None:
            distances = self._real_features.distances(
                self.generator, self._noise(self.config.fid_samples, "fid"), subsets=KID_SUBSETS
            )
            metrics |= {
                "fid": distances.fid,
                "kid": distances.kid.mean,
                "kid_std": distances.kid.standard_deviation,
            }
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        return {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)

    def _optimiser(self, network: nn.Module) -> torch.optim.Adam:
        config = self.config
        return torch.optim.Adam(
            network.parameters(),
            lr=config.learning_rate,
            betas=(config.beta1, config.beta2),
            fused=True,
        )

    def _noise(self, count: int, purpose: str) -> Tensor:
        like = next(self.generator.parameters())
        return noise(count, self.config.latent, self.config.seed, purpose, like=like)
