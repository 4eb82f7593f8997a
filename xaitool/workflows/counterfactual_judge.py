"""What a generator of counterfactual images is worth: how often they are of the class asked for."""

from __future__ import annotations

import math

import torch
from PIL import Image
from torch import Tensor, nn

from xaitool.data.dataset import ImageDataset
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.runtime import Runtime


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
        whole = torch.cat([images.cpu().float()[:, None], cells], 1)
        return sample_grid(whole.flatten(0, 1), columns=columns + 1)

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
    """All places, first one of each class, then a second of each, and so on."""
    return torch.argsort(_turns(labels) * (int(labels.max()) + 1) + labels)


def _turns(labels: Tensor) -> Tensor:
    """How many images of the same class come before each; int64 ``(N,)``."""
    order = labels.argsort(stable=True)
    counts = torch.bincount(labels)
    first = (counts.cumsum(0) - counts)[labels[order]]
    turns = torch.empty_like(labels)
    turns[order] = torch.arange(len(labels)) - first
    return turns
