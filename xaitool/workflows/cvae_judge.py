"""What a conditional variational autoencoder is worth on images that it did not learn from."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import torch
from PIL import Image
from torch import Tensor

from xaitool.core.counterfactuals.base import counterfactual_values
from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.models.cvae import Cvae
from xaitool.core.seeding import generator
from xaitool.core.training.cvae_step import CvaeDraws, CvaeObjective, cvae_draws, cvae_terms
from xaitool.data.dataset import ImageDataset
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.runtime import Runtime


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
        draws = cvae_draws(model, attributes, generator(self.seed, "held-out draws"))
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
        points = CvaePath(model, self.rows).points(images, labels, values, others, self.places)
        cells = torch.cat([images[:, None], points], 1).cpu().float().nan_to_num()
        return sample_grid(cells.flatten(0, 1), columns=cells.shape[1])

    def _batch(self, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        device = self.runtime.device
        return (
            self.runtime.place(self.dataset.images(samples)),
            self.dataset.labels[samples].to(device),
            self.dataset.sensitive_values(samples).to(device),
        )


def _one_of_each(groups: Tensor) -> Tensor:
    """All places, first one of each group, then a second of each, and so on."""
    seen: Counter[int] = Counter()
    keys = []
    for place, group in enumerate(groups.tolist()):
        keys.append((seen[group], group, place))
        seen[group] += 1
    return torch.tensor([place for _, _, place in sorted(keys)])
