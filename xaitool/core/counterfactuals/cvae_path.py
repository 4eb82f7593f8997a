"""The path of CIA and CGI: the code stays, the attributes that the decoder sees move."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from xaitool.core.batching import ROWS, row_chunks
from xaitool.core.counterfactuals.base import CounterfactualPath
from xaitool.core.counterfactuals.cvae_losses import kl_divergence, reconstruction_error
from xaitool.core.frozen.untouched import untouched
from xaitool.core.models.counterfactuals.cvae import Cvae


class CvaePath(CounterfactualPath):
    """``g(x, (1 - δ) s + δ s')`` of Qiang et al. 2022 (CIA), sections 3.3 and 4.3.

    The code is the mean of ``q(z | x, y, s)`` with the image's own attributes, and stays the same
    along the path. The published code for CelebA changes the encoder's attributes, too, so that its
    code moves, starts at one and the same value whatever the image's own is, and goes on to three
    times the other. At place 0 is the reconstruction, which is not the image.

    Args:
        model: The autoencoder; left as it was.
    """

    def __init__(self, model: Cvae) -> None:
        self.model = model

    def points(
        self,
        images: Tensor,
        labels: Tensor,
        attributes: Tensor,
        counterfactual: Tensor,
        places: Tensor,
        rows: int = ROWS,
    ) -> Tensor:
        """See `CounterfactualPath.points`."""
        model, count = self.model, len(places)
        condition, target_condition = model.one_hot(attributes), model.one_hot(counterfactual)
        places = places.to(condition)
        made = images.new_empty(len(images) * count, *images.shape[1:])
        with untouched(model), torch.no_grad():
            codes = self._codes(images, labels, condition, rows)
            for chunk in row_chunks(len(made), rows, images.device):
                sample = chunk // count
                share = places[chunk % count, None]
                moved = torch.lerp(condition[sample], target_condition[sample], share)
                made[chunk] = model.decode(codes[sample], labels[sample], moved)
        return made.view(len(images), count, *images.shape[1:])

    def infer(self, images: Tensor, labels: Tensor, rows: int = ROWS) -> Tensor:
        """Those attributes under which the image has the largest evidence lower bound.

        For each combination of values, pixels count as Bernoulli variables and the bound is taken
        at the code's mean instead of at a draw, so that the answer is always the same. Of several
        attributes, every combination is tried.
        """
        model = self.model
        combinations = list(itertools.product(*(range(size) for size in model.attributes)))
        tried = torch.tensor(combinations, device=images.device)
        bounds = torch.empty(len(images), len(tried), dtype=torch.float64, device=images.device)
        with untouched(model), torch.no_grad():
            for chunk in row_chunks(bounds.numel(), rows, images.device):
                sample, values = chunk // len(tried), tried[chunk % len(tried)]
                found = self._bound(images[sample], labels[sample], model.one_hot(values))
                bounds.view(-1)[chunk] = found.double()
        return tried[bounds.argmax(1)]

    def _codes(self, images: Tensor, labels: Tensor, attributes: Tensor, rows: int) -> Tensor:
        codes = images.new_empty(len(images), self.model.latent)
        for chunk in row_chunks(len(images), rows, images.device):
            codes[chunk] = self.model.encode(images[chunk], labels[chunk], attributes[chunk])[0]
        return codes

    def _bound(self, images: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        mean, log_variance = self.model.encode(images, labels, attributes)
        logits = self.model.decode_logits(mean, labels, attributes)
        return -reconstruction_error(logits, images, "bce") - kl_divergence(mean, log_variance)
