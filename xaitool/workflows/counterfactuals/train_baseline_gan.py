"""``train-baseline-gan``: options in, run directory out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from xaitool.core.models.counterfactuals.patch_critic import PatchCritic
from xaitool.core.models.counterfactuals.stargan import CounterfactualGenerator
from xaitool.core.objectives.critic_losses import LossWeights
from xaitool.core.training.counterfactual_step import counterfactual_step
from xaitool.core.training.optimiser import restore_optimiser
from xaitool.core.training.running_mean import running_mean
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.generator import KIND, build_generator, describe
from xaitool.workflows.counterfactuals.judges import CounterfactualJudge
from xaitool.workflows.counterfactuals.train_cvae import train_cvae
from xaitool.workflows.counterfactuals.training_data import (
    check_fit,
    judged_split,
    known_teacher,
    load_targeted_data,
    load_teacher,
)
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.curves import Chart
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.place import open_run
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult, TrainingRun


def train_baseline_gan(
    config: TrainBaselineGanConfig, reporter: Reporter | None = None
) -> TrainingResult | dict[str, Any]:
    """Train a generator whose images serve as counterfactual baselines of a classifier.

    ``cvae`` is trained otherwise, see `train_cvae`. For the others some training images, stratified
    by class, are held out; each epoch is judged by them: how often the classifier takes a generated
    image for the class asked for (``hit_rate``), and how far it is from its input (``l1``). The
    test split is never read. ``best.pt`` is the last epoch: hit rate and distance are traded for
    one another by the weights of the losses, so that neither alone says which epoch is best, and
    the last one has the smallest steps and the longest running mean behind it.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data, the classifier or the run to resume does not fit.
        DivergenceError: A loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.

    Source: Shih et al. 2021, "GANMEX: One-vs-One Attributions Guided by GAN-based Counterfactual
    Explanation Baselines", section 3. Its published code also draws an image's own class as a
    target and has no running mean of the weights; ``include_source`` and ``ema_decay=0`` do so.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> classifier = xaitool.TrainClassifierConfig(epochs=3, out=out / "classifier")
        >>> run = xaitool.train_classifier(classifier).run_dir
        >>> config = xaitool.TrainBaselineGanConfig(
        ...     classifier=run, preset="small", epochs=1, judged=1200, out=out / "generator"
        ... )
        >>> result = xaitool.train_baseline_gan(config)
        >>> result.state, result.step
        ('completed', 4)
        >>> sorted({"hit_rate", "l1"} & set(result.metrics))  # of the images held out
        ['hit_rate', 'l1']
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    if config.generator_kind == "cvae":
        return train_cvae(config, reporter)
    runtime = Runtime.from_options(config)
    place = open_run(config, "train-baseline-gan", config.generator_kind, runtime)
    place.check_code(config, KIND)
    dataset, classifier = _data_and_teacher(Context(config, runtime, reporter))
    train, held_out = judged_split(dataset, dataset.labels, config)
    trainer = CounterfactualTrainer(config, runtime, dataset, train, held_out, classifier)
    return TrainingRun(
        config,
        place,
        kind=KIND,
        epochs=config.epochs,
        batch_size=config.n_critic * config.batch_size,
        samples=len(train),
        choice=None,
        trainer=trainer,
        reporter=reporter,
    ).start()


def _data_and_teacher(
    context: Context[TrainBaselineGanConfig],
) -> tuple[ImageDataset, Classifier | None]:
    """The data before weights that are downloaded; where a checkpoint names them, after it."""
    facts = known_teacher(context.config)
    early = None if facts is None else load_targeted_data(context, facts)
    classifier = load_teacher(context.config, context.runtime)
    dataset = load_targeted_data(context, classifier) if early is None else early
    if classifier is not None:
        check_fit(dataset, classifier, context.runtime, context.reporter)
    return dataset, classifier


class CounterfactualTrainer:
    """Generator, critic, their optimisers, and the classifier that the generator learns from.

    Args:
        config: The options.
        runtime: Where it computes.
        dataset: The images.
        train: Indices of those that are trained on, int64.
        held_out: Indices of those that judge an epoch.
        classifier: What is explained, frozen; None for ``standalone`` without one.
    """

    charts: ClassVar[dict[str, Chart]] = {
        "losses": Chart(
            "Losses",
            "loss, mean over images",
            {"loss_critic": "critic", "loss_generator": "generator"},
        ),
        "hit_rate": Chart(
            "Images that become of the class asked for", "share of images", {"hit_rate": "held out"}
        ),
        "l1": Chart("Change of images", "mean change of a pixel (white is 1)", {"l1": "held out"}),
    }

    def __init__(
        self,
        config: TrainBaselineGanConfig,
        runtime: Runtime,
        dataset: ImageDataset,
        train: Tensor,
        held_out: Tensor,
        classifier: Classifier | None,
    ) -> None:
        self.config = config
        self.planned_by = "--schedule linear" if config.schedule == "linear" else None
        self.runtime = runtime
        self.dataset = dataset
        self.train = train
        self.labels = dataset.labels.to(runtime.device)
        taught = config.generator_kind == "ganmex"
        self.teacher = classifier.model if classifier and taught else None
        self.weights = LossWeights(
            adversarial_loss=config.adversarial_loss,  # type: ignore[arg-type]
            classification=config.lambda_class,
            reconstruction=config.lambda_reconstruction,
            similarity=config.lambda_similarity,
            gradient_penalty=config.lambda_penalty,
        )
        self.description = describe(config, dataset, classifier)
        self._build(config, dataset)
        steps = config.epochs * -(-len(train) // (config.n_critic * config.batch_size))
        self.schedules = [
            LambdaLR(optimiser, _schedule(config.schedule, steps)) for optimiser in self.optimisers
        ]
        self.judge = CounterfactualJudge(
            dataset,
            held_out,
            classifier,
            runtime,
            grid=config.grid,
            include_source=config.include_source,
        )

    def _build(self, config: TrainBaselineGanConfig, dataset: ImageDataset) -> None:
        torch.manual_seed(config.seed)
        classes = len(dataset.classes)
        self.generator = build_generator(
            config.generator_kind, dataset.shape, classes, self.description["architecture"]
        )
        self.critic = PatchCritic(
            dataset.shape,
            None if self.teacher is not None else classes,
            width=config.width,
            layers=config.critic_layers,
        )
        for network in (self.generator, self.critic):
            self.runtime.place(network)
        self.average = running_mean(self.generator, config.ema_decay)
        self.optimisers = (
            self._optimiser(self.generator, config.learning_rate),
            self._optimiser(self.critic, config.critic_learning_rate),
        )

    @property
    def counterfactual(self) -> CounterfactualGenerator:
        """The generator that is judged and used: images in [0, 1] and targets to such images."""
        network: Any = self.generator if self.average is None else self.average.module
        return CounterfactualGenerator(network)

    def prepare(self) -> None:
        """Nothing is left to make ready."""

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """``n_critic`` steps of the critic and one of the generator."""
        config = self.config
        samples = self.train[indices]
        values = counterfactual_step(
            self.generator,
            self.critic,
            self.optimisers,
            self.runtime.place(self.dataset.images(samples)),
            self.labels[samples.to(self.labels.device)],
            random,
            weights=self.weights,
            critic_steps=config.n_critic,
            classifier=self.teacher,
            include_source=config.include_source,
        )
        if self.average is not None:
            self.average.update_parameters(self.generator)
        for schedule in self.schedules:
            schedule.step()
        return values

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """The grid of images and target classes; hit rate and distance on held-out images."""
        generator = self.counterfactual
        picture = self.judge.picture(generator)
        write_picture(directory.samples / f"epoch-{epoch:04d}.png", picture)
        return dict(self.judge.measure(generator))

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        return {
            "generator": self.generator.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "critic": self.critic.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "schedules": [schedule.state_dict() for schedule in self.schedules],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        self.generator.load_state_dict(state["generator"])
        self.critic.load_state_dict(state["critic"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            restore_optimiser(optimiser, saved)
        for schedule, saved in zip(self.schedules, state["schedules"], strict=True):
            schedule.load_state_dict(saved)

    def _optimiser(self, network: nn.Module, learning_rate: float) -> torch.optim.Adam:
        betas = (self.config.beta1, self.config.beta2)
        return torch.optim.Adam(network.parameters(), lr=learning_rate, betas=betas, fused=True)


def _schedule(name: str, steps: int) -> Callable[[int], float]:
    if name == "constant":
        return lambda step: 1.0
    # The last step still has a rate above zero, so that none is wasted.
    return lambda step: min(1.0, 2 * (steps - step) / (steps + 1))
