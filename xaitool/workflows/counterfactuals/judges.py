"""What generators of counterfactuals are worth while they are trained: figures and a picture."""

from __future__ import annotations

import math
from collections import defaultdict

import torch
from PIL import Image
from torch import Tensor, nn

from xaitool.core.counterfactuals.base import counterfactual_values
from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.seeding import random_stream
from xaitool.core.training.cvae_step import CvaeDraws, CvaeObjective, cvae_draws, cvae_terms
from xaitool.data.dataset import ImageDataset
from xaitool.report.named_grid import named_grid
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime


class CounterfactualJudge:
    """Judges generators by the same images and target classes.

    Args:
        dataset: The images.
        samples: Indices of those that are used, int64.
        classifier: Decides whether an image is of the class asked for; None: nobody does.
        runtime: Where it computes.
        grid: Images, and target classes, in a picture, at most.
        include_source: Whether the generator was trained to leave an image in its class.
    """

    def __init__(
        self,
        dataset: ImageDataset,
        samples: Tensor,
        classifier: Classifier | None,
        runtime: Runtime,
        *,
        grid: int,
        include_source: bool,
    ) -> None:
        self.dataset = dataset
        self.samples = samples
        self.classifier = classifier
        self.runtime = runtime
        self.labels = dataset.labels[samples]
        self.targets = other_classes(self.labels, len(dataset.classes))
        self.rows = runtime.rows(math.prod(dataset.shape), None)
        self.shown = _one_of_each(self.labels)[:grid]
        self.shown_classes = torch.arange(len(dataset.classes))[:grid]
        self.include_source = include_source

    @torch.no_grad()
    def measure(self, generator: nn.Module) -> dict[str, float]:
        """Judge a generator.

        Args:
            generator: From images in [0, 1] and targets ``(N,)`` to images in [0, 1].

        Returns:
            ``l1``, the mean absolute difference of a generated image from its input in pixel units
            of [0, 1]; and, where there is a classifier, ``hit_rate``, the share of the images that
            it takes for the class asked for.
        """
        difference = torch.zeros((), dtype=torch.float64, device=self.runtime.device)
        hits = torch.zeros_like(difference)
        for part in torch.arange(len(self.samples)).split(self.rows):
            images = self._images(part)
            targets = self.targets[part].to(images.device)
            generated = generator(images, targets)
            difference += (generated - images).abs().flatten(1).mean(1).double().sum()
            if self.classifier is not None:
                hits += (self.classifier.model(generated).argmax(1) == targets).sum()
        shares = {"l1": difference} | ({"hit_rate": hits} if self.classifier is not None else {})
        return {name: value.item() / len(self.samples) for name, value in shares.items()}

    @torch.no_grad()
    def picture(self, generator: nn.Module) -> Image.Image:
        """Images in the first column, and what the generator makes of them in each class.

        A cell is white where an image would be asked to become of its own class and the generator
        was not trained for that.
        """
        images = self._images(self.shown)
        rows, columns = len(images), len(self.shown_classes)
        targets = self.shown_classes.repeat(rows)
        inputs = images.repeat_interleave(columns, 0)
        made = [
            generator(part, wanted.to(part.device))
            for part, wanted in zip(inputs.split(self.rows), targets.split(self.rows), strict=True)
        ]
        cells = torch.cat(made).cpu().float().nan_to_num()
        if not self.include_source:
            cells[targets == self.labels[self.shown].repeat_interleave(columns)] = 1
        cells = cells.view(rows, columns, *images.shape[1:])
        names = self.dataset.classes
        return named_grid(
            torch.cat([images.cpu().float()[:, None], cells], 1),
            ["input", *(f"to {names[index]}" for index in self.shown_classes)],
            [names[label] for label in self.labels[self.shown]],
            caption=["Rows: true class of the input. Columns: the class asked for."],
        )

    def _images(self, places: Tensor) -> Tensor:
        return self.runtime.place(self.dataset.images(self.samples[places]))


def other_classes(labels: Tensor, count: int) -> Tensor:
    """For each image a class that is not its own; within a class the others take turns.

    Args:
        labels: int64 ``(N,)``, in 0 to `count` - 1.
        count: Classes, at least two.
    """
    turn = _turns(labels)
    return (labels + 1 + turn % (count - 1)) % count


def _one_of_each(labels: Tensor) -> Tensor:
    """All places, first one of each label, then a second of each, and so on; of int64 ``(N,)``."""
    return torch.argsort(_turns(labels) * (int(labels.max()) + 1) + labels)


def _turns(labels: Tensor) -> Tensor:
    """How many images of the same class come before each; int64 ``(N,)``."""
    order = labels.argsort(stable=True)
    counts = torch.bincount(labels)
    first = (counts.cumsum(0) - counts)[labels[order]]
    turns = torch.empty_like(labels)
    turns[order] = torch.arange(len(labels)) - first
    return turns


class CvaeJudge:
    """Judges every epoch by the same images and the same draws.

    Args:
        dataset: The images.
        samples: Indices of those that are used, int64.
        groups: int64, the group of each of these, for the picture to show all.
        runtime: Where it computes.
        objective: What is measured.
        seed: The run's seed.
        images: Rows of the picture, at most.
        places: Columns of the picture, beside the image itself.
    """

    def __init__(
        self,
        dataset: ImageDataset,
        samples: Tensor,
        groups: Tensor,
        runtime: Runtime,
        objective: CvaeObjective,
        *,
        seed: int,
        images: int,
        places: int,
    ) -> None:
        self.dataset = dataset
        self.samples = samples
        self.runtime = runtime
        self.objective = objective
        self.seed = seed
        self.shown = samples[_one_of_each(groups)[:images]]
        self.places = torch.linspace(0, 1, places)
        self.rows = runtime.rows(math.prod(dataset.shape), None)

    @torch.no_grad()
    def measure(self, model: Cvae) -> dict[str, float]:
        """Means over the images of `cvae_terms`, named ``held_out_...``.

        Args:
            model: In eval mode.
        """
        attributes = self.dataset.sensitive_values(self.samples)
        # Of all images at once, so that their draws do not depend on the batches.
        draws = cvae_draws(model, attributes, random_stream(self.seed, "held-out draws"))
        sums: defaultdict[str, float] = defaultdict(float)
        for part in torch.arange(len(self.samples)).split(self.rows):
            images, labels, values = self._batch(self.samples[part])
            own = CvaeDraws(*(one[part.to(one.device)].to(values.device) for one in draws))
            terms = cvae_terms(model, images, labels, values, own, self.objective)
            for name, of_images in terms.items():
                sums[f"held_out_{name}"] += of_images.double().sum().item()
        return {name: value / len(self.samples) for name, value in sums.items()}

    def picture(self, model: Cvae) -> Image.Image:
        """Images in the first column, then their path from their own attributes to others.

        Args:
            model: In eval mode.
        """
        images, labels, values = self._batch(self.shown)
        others = counterfactual_values(values, model.attributes)
        points = CvaePath(model).points(images, labels, values, others, self.places, self.rows)
        cells = torch.cat([images[:, None], points], 1).cpu().float().nan_to_num()
        return named_grid(
            cells,
            ["input", *(f"{place:.2g}" for place in self.places.tolist())],
            [self._name(*one) for one in zip(labels, values, others, strict=True)],
            caption=[
                "Rows: class, and the sensitive attributes from the image's own to others. "
                "Columns: place on the path, 0 at the image's own."
            ],
        )

    def _name(self, label: Tensor, own: Tensor, other: Tensor) -> str:
        attributes = [attribute.names for attribute in self.dataset.sensitive.values()]
        before, after = (
            ", ".join(names[value] for names, value in zip(attributes, values, strict=True))
            for values in (own, other)
        )
        return f"{self.dataset.classes[label]}: {before} to {after}"

    def _batch(self, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        device = self.runtime.device
        return (
            self.runtime.place(self.dataset.images(samples)),
            self.dataset.labels[samples].to(device),
            self.dataset.sensitive_values(samples).to(device),
        )
