"""``train-baseline-gan --generator-kind cvae``: the conditional variational autoencoder of CIA."""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar

import torch
from torch import Tensor

from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.training.cvae_step import CvaeObjective, cvae_step
from xaitool.core.training.optimiser import build_optimiser, restore_optimiser
from xaitool.data.annotations import Attribute
from xaitool.data.dataset import ImageDataset
from xaitool.data.groups import groups_of
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.cvae import KIND, describe
from xaitool.workflows.counterfactuals.judges import CvaeJudge
from xaitool.workflows.counterfactuals.training_data import judged_split, load_targeted_data
from xaitool.workflows.runs.choice import Choice
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.curves import Chart
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.place import open_run
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult, TrainingRun

LARGEST_MLP_SIDE = 32


def train_cvae(
    config: TrainBaselineGanConfig, reporter: Reporter
) -> TrainingResult | dict[str, Any]:
    """Train an autoencoder of images under their sensitive attributes, and label where asked for.

    Some training images, of every pair of label and attributes, are held out and judge each epoch;
    ``best.pt`` is the epoch of the smallest loss on them. The test split is never read. With
    ``condition="both"``, as in the paper, the labels are the training labels, noise and all, and
    what they say is painted into the images that are decoded with them.

    Args:
        config: The options, with ``generator_kind="cvae"``.
        reporter: Told how it goes.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data or the run to resume does not fit.
        DivergenceError: A loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.

    Source: Qiang et al. 2022, "Counterfactual Interpolation Augmentation (CIA)", section 3.3 and
    equation 4. Its objective leaves open which image of another attribute a code stands for.
    ``tie`` settles that where the attribute is a colour, and is ours: the encoder sees neither
    colour nor attributes, and whatever is decoded between the image's own attributes and others
    keeps the largest channel of each pixel. ``tie=0`` is the paper's.
    """
    runtime = Runtime.from_options(config)
    place = open_run(config, "train-baseline-gan", config.generator_kind, runtime)
    context = Context(config, runtime, reporter)
    dataset = load_targeted_data(context, None)
    trainer = CvaeTrainer(context, dataset)
    return TrainingRun(
        config,
        place,
        kind=KIND,
        epochs=config.epochs,
        batch_size=config.batch_size,
        samples=len(trainer.train),
        choice=Choice("held_out_loss", "lower"),
        trainer=trainer,
        reporter=reporter,
    ).start()


class CvaeTrainer:
    """The autoencoder, its optimiser, and what judges it.

    Args:
        context: The options, where it computes, and whom it tells.
        dataset: The images; some are held out.

    Raises:
        DataError: There is no sensitive attribute, or no image of some label and attribute.
        ConfigError: ``--judged`` or ``--batch-size`` does not fit the number of images.
        ModelError: The images are too small.
    """

    charts: ClassVar[dict[str, Chart]] = {
        name: Chart(title, quantity, {name: "training", f"held_out_{name}": "held out"})
        for name, title, quantity in (
            ("loss", "Loss", "loss per image (nats)"),
            ("reconstruction", "Reconstruction", "reconstruction error per image (nats)"),
            ("kl", "Divergence of codes", "Kullback-Leibler divergence per image (nats)"),
            ("tie", "Tie to other attributes", "error under other attributes, per image (nats)"),
        )
    }
    planned_by: str | None = None

    def __init__(
        self,
        context: Context[TrainBaselineGanConfig],
        dataset: ImageDataset,
    ) -> None:
        config = context.config
        self.config = config
        self.runtime = context.runtime
        self.dataset = dataset
        self.reporter = context.reporter
        sensitive = require_sensitive(dataset, "--generator-kind cvae")
        _check_pairs(dataset, sensitive)
        self.sizes = dataset.sensitive_sizes
        self.groups = groups_of(dataset)
        self.train, held_out = judged_split(dataset, self.groups, config)
        self.labels = dataset.labels.to(context.runtime.device)
        self.attributes = dataset.sensitive_values().to(context.runtime.device)
        self.objective = CvaeObjective(
            beta=config.beta,
            reconstruction=config.reconstruction,  # type: ignore[arg-type]
            tie=_tie(config, dataset, sensitive),
        )
        architecture = _architecture(config, dataset, blind=self.objective.tie > 0)
        self.description = describe(architecture, dataset)
        self._build()
        self.judge = CvaeJudge(
            dataset,
            held_out,
            self.groups[held_out],
            context.runtime,
            self.objective,
            seed=config.seed,
            images=config.grid,
            places=config.interpolations_shown,
        )

    def _build(self) -> None:
        config, dataset = self.config, self.dataset
        torch.manual_seed(config.seed)
        self.model = Cvae(
            dataset.shape, len(dataset.classes), self.sizes, **self.description["architecture"]
        )
        self.runtime.place(self.model).to(memory_format=torch.channels_last)
        self.model.train()
        self.optimiser = build_optimiser(
            "adam",
            self.model,
            learning_rate=config.learning_rate,
            beta1=config.beta1,
            beta2=config.beta2,
        )
        self._check_last_batch()

    def prepare(self) -> None:
        """Say what of several attributes together cannot be learnt."""
        count = len(self.dataset.classes) * math.prod(self.sizes)
        absent = count - len(self.groups[self.train].unique())
        if absent:
            self.reporter.warning(
                f"{absent} of {count} groups of label and attributes have no training image: what "
                "is decoded for them is a guess"
            )

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """One optimisation step."""
        batch = self._batch(self.train[indices])
        return cvae_step(self.model, self.optimiser, *batch, random, self.objective)

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """The grid of paths; the losses on held-out images."""
        self.model.eval()
        picture = self.judge.picture(self.model)
        write_picture(directory.samples / f"epoch-{epoch:04d}.png", picture)
        measured = self.judge.measure(self.model)
        self.model.train()
        return dict(measured)

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        return {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        self.model.load_state_dict(state["model"])
        restore_optimiser(self.optimiser, state["optimiser"])

    def _batch(self, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = samples.to(self.labels.device)
        images = self.runtime.place(self.dataset.images(samples))
        return images, self.labels[rows], self.attributes[rows]

    def _check_last_batch(self) -> None:
        """Statistics of a batch need more than one value, which small images leave not."""
        size = self.config.batch_size
        if (len(self.train) - 1) % size:
            return
        images, labels, values = self._batch(self.train[:1])
        model = copy.deepcopy(self.model)
        try:
            model(images, labels, model.one_hot(values))
        except ValueError as error:
            raise ConfigError(
                f"--batch-size {size} leaves 1 of {len(self.train)} images for the last step, "
                "but batch normalisation in the convolutional CVAE wants 2",
                hint=f"--batch-size {size + 1}",
            ) from error


def _check_pairs(dataset: ImageDataset, sensitive: dict[str, Attribute]) -> None:
    """Of a label without an attribute's value the decoder would have to invent the images."""
    for name, attribute in sensitive.items():
        size, count = len(attribute.names), len(dataset.classes)
        pairs = torch.bincount(dataset.labels * size + attribute.values, minlength=count * size)
        if (empty := (pairs == 0).nonzero()).numel():
            label, value = divmod(int(empty[0]), size)
            raise DataError(
                f"dataset {dataset.name} has no image of class {dataset.classes[label]} with the "
                f"{name} {attribute.names[value]}, but one of each label and {name} is wanted"
            )


def _tie(
    config: TrainBaselineGanConfig, dataset: ImageDataset, sensitive: dict[str, Attribute]
) -> float:
    """Its own weight where the attribute is the colour and nothing but it may change."""
    if config.tie is not None:
        return config.tie
    coloured = list(sensitive) == ["colour"] and dataset.shape[0] >= len(sensitive["colour"].names)
    return float(coloured)


def _architecture(
    config: TrainBaselineGanConfig, dataset: ImageDataset, *, blind: bool
) -> dict[str, Any]:
    small = max(dataset.shape[1:]) <= LARGEST_MLP_SIDE
    automatic = "mlp" if small else "convolutional"
    return {
        "latent": config.latent,
        "network": automatic if config.cvae_network == "auto" else config.cvae_network,
        "blind": blind,
        "labelled": config.condition == "both",
    }
