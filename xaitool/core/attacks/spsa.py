"""SPSA: descent along gradients that are estimated from the logits alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import AttackKind, BudgetOptions, FixedBudgetAttack
from xaitool.core.attacks.engine.adam import adam_step
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import margin
from xaitool.core.attacks.engine.outcome import Outcome
from xaitool.core.attacks.engine.samples import Samples
from xaitool.core.batching import row_chunks
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class SpsaOptions(BudgetOptions):
    """Options of `Spsa`."""

    steps: int = option(100, "Steps.", minimum=1)
    pairs: int = option(64, "Random directions a step, each tried both ways.", minimum=1)
    probe: float = option(
        0.01, "How far a direction is tried, in pixel values.", above=0, maximum=1
    )
    step_size: float = option(0.01, "Of Adam, in pixel values.", above=0, maximum=1)


@dataclass
class Probed(Samples):
    """Samples on their way.

    Attributes:
        images: ``(n, C, H, W)``.
        labels: int64 ``(n,)``.
        point: Where they are.
        first: Of Adam.
        second: Of Adam.
        time: Steps, int64 ``(n,)``.
    """

    images: Tensor
    labels: Tensor
    point: Tensor
    first: Tensor
    second: Tensor
    time: Tensor


class Spsa(FixedBudgetAttack):
    """Simultaneous perturbation stochastic approximation (Uesato et al. 2018, algorithm 1).

    Needs no gradient of the network: ``(f(x + probe * v) - f(x - probe * v)) / (2 * probe) * v``,
    averaged over directions v of random signs, estimates that of the margin f, and Adam follows
    it, projected into the budget at every step. A sample goes as soon as it is misclassified. As
    in the paper a probe may leave [0, 1] by `probe`; the result never does.

    Differences from the paper: 64 directions (128 images) a step by default, as in cleverhans;
    the paper uses up to 8,192 images. cleverhans' PyTorch version and torchattacks take one step
    by default, which moves no pixel by more than 0.01, and the first estimates the gradient at
    another point.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.spsa import Spsa
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = Spsa(epsilon=0.1, steps=20, pairs=32)
        >>> result = attack.run(model, images, labels, generator=torch.Generator().manual_seed(0))
        >>> bool(result.success.all() and (result.linf <= 0.1 + 1e-6).all())
        True
    """

    Options: ClassVar[type[Options]] = SpsaOptions
    kind: ClassVar[AttackKind] = "black-box"

    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        row, nothing = torch.arange(len(images), device=images.device), torch.zeros_like(labels)
        still = torch.zeros_like(images)
        probed = Probed(row, images, labels, images, still, still.clone(), nothing)
        with torch.no_grad():
            for _ in range(self.options.steps):
                probed = self._remaining(model, probed, outcome)
                if not len(probed):
                    return
                self._step(model, probed, draws, outcome)
            self._remaining(model, probed, outcome)

    def _remaining(self, model: nn.Module, probed: Probed, outcome: Outcome) -> Probed:
        lead = margin(model(probed.point), probed.labels)
        outcome.note(probed.row, probed.point, lead > 0, lead)
        return probed.select((lead <= 0).nonzero().squeeze(1))

    def _step(self, model: nn.Module, probed: Probed, draws: Draws, outcome: Outcome) -> None:
        slope = torch.empty_like(probed.point)
        # As many samples at once as their probes fit into one forward pass.
        together = max(1, self.rows // (2 * self.options.pairs))
        for some in row_chunks(len(probed), together, slope.device):
            slope[some] = self._slope(model, probed.select(some), draws)
        outcome.count(probed.row, slope, torch.ones_like(probed.labels, dtype=torch.bool))
        probed.time = probed.time + 1
        ahead = probed.point.clone()
        adam_step(ahead, -slope, probed.first, probed.second, probed.time, self.options.step_size)
        probed.point = self._inside(ahead, probed.images)

    def _slope(self, model: nn.Module, probed: Probed, draws: Draws) -> Tensor:
        """The estimated gradient of the margin, ``(n, C, H, W)``."""
        pairs, probe = self.options.pairs, self.options.probe
        signs = draws.signs(probed.row, (pairs, *probed.point.shape[1:]))
        offsets = torch.stack((signs, -signs), 1) * probe
        points = (probed.point[:, None, None] + offsets).flatten(0, 2)
        labels = probed.labels.repeat_interleave(2 * pairs)
        leads = points.new_empty(len(points))
        for some in row_chunks(len(points), self.rows, points.device):
            leads[some] = margin(model(points[some]), labels[some])
        ahead, behind = leads.view(-1, 2, pairs).unbind(1)
        rise = (ahead - behind) / (2 * probe)
        slope: Tensor = torch.einsum("np,npchw->nchw", rise, signs) / pairs
        return slope
