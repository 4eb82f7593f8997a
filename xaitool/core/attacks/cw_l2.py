"""C&W L2: the nearest misclassified image, by gradient descent and a binary search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import MinimumNormAttack
from xaitool.core.attacks.engine.adam import adam_step
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import margin, margin_gradient, rounding_noise
from xaitool.core.attacks.engine.outcome import Outcome
from xaitool.core.attacks.engine.samples import Samples
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.options import Options, option

# Pixels of exactly 0 or 1 would be infinitely far out.
_WITHIN = 0.999999
_PROGRESS = 0.9999
_TENTHS = 10
_LARGEST_CONSTANT = 1e10


@dataclass(frozen=True, kw_only=True)
class CarliniWagnerOptions(Options):
    """Options of `CarliniWagnerL2`."""

    search_steps: int = option(9, "Steps of the binary search for the constant.", minimum=1)
    steps: int = option(1000, "Most steps of Adam for each constant.", minimum=1)
    step_size: float = option(0.01, "Of Adam, in the space of atanh(2x - 1).", above=0)
    confidence: float = option(
        0.0, "By how many logits the image must be misclassified.", minimum=0
    )
    initial_constant: float = option(
        1e-3, "Where the search begins: the weight of the margin beside the distance.", above=0
    )


@dataclass
class Search(Samples):
    """Samples that are searched, each with its own constant and clock.

    Attributes:
        labels: int64 ``(n,)``.
        start: ``atanh`` of the squeezed images, where Adam begins.
        origin: The squeezed images, from which distances are measured.
        place: Where it is.
        first: Of Adam.
        second: Of Adam.
        time: Steps with this constant, int64 ``(n,)``.
        constant: Weight of the margin, ``(n,)``.
        lower: Largest constant that failed, ``(n,)``.
        upper: Smallest that did not, ``(n,)``; infinite while there is none.
        succeeded: Whether this constant has, bool ``(n,)``.
        searches: Constants that are done, int64 ``(n,)``.
        lowest: Least loss with this constant since the last check, ``(n,)``.
        before: Least loss before, ``(n,)``.
        distance: Of the best, ``(n,)``; infinite while there is none.
        best: Nearest misclassified image, ``(n, C, H, W)``.
    """

    labels: Tensor
    start: Tensor
    origin: Tensor
    place: Tensor
    first: Tensor
    second: Tensor
    time: Tensor
    constant: Tensor
    lower: Tensor
    upper: Tensor
    succeeded: Tensor
    searches: Tensor
    lowest: Tensor
    before: Tensor
    distance: Tensor
    best: Tensor


class CarliniWagnerL2(MinimumNormAttack):
    """The L2 attack of Carlini and Wagner (2017, section V.D and their code).

    Minimises ``|x' - x|^2 + c * max(confidence - margin(x'), 0)`` over ``x' = (tanh(w) + 1) / 2``
    by Adam; the smallest c that finds a misclassified image is searched for, ten times larger
    after every failure until the first success and then by bisection. Images are squeezed by
    0.999999 before ``atanh``, so that pixels of exactly 0 and 1 move, too, and distances are from
    there, as in the authors' code. To be misclassified by more than `confidence` is success;
    samples that are it before are left as they are, at distance 0. Only the logits' gradient at the
    image goes through autograd; those of the margin, the distance and the tanh are written out.

    Differences from the authors' code: 1,000 steps instead of 10,000; each sample stops by itself
    once a tenth of the steps has not lowered its least loss by 0.01 %, where theirs looks at the
    loss of the whole batch at one moment, so that here the batch changes no result; a sample goes
    to its next constant without waiting for the others. `steps` that are no multiple of 10 are
    rounded up to whole tenths.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.cw_l2 import CarliniWagnerL2
        >>> from xaitool.core.attacks.fgsm import FastGradientSign
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = CarliniWagnerL2(search_steps=4, steps=50, initial_constant=1.0)
        >>> result = attack.run(model, images, labels, generator=torch.Generator())
        >>> bool(result.success.all())
        True
        >>> fgsm = FastGradientSign(epsilon=0.1)
        >>> other = fgsm.run(model, images, labels, generator=torch.Generator())
        >>> bool((result.l2 < other.l2).all())
        True
    """

    Options: ClassVar[type[Options]] = CarliniWagnerOptions

    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        search = self._begin(model, images, labels, outcome)
        tenth = -(-self.options.steps // _TENTHS)
        while len(search):
            for _ in range(tenth):
                self._step(model, search, outcome)
            self._check_progress(search)
            going = search.searches < self.options.search_steps
            _note(search.select((~going).nonzero().squeeze(1)), outcome)
            # The one host synchronisation of so many steps.
            search = search.select(going.nonzero().squeeze(1))

    def _begin(self, model: nn.Module, images: Tensor, labels: Tensor, outcome: Outcome) -> Search:
        with torch.no_grad():
            clean = margin(model(images), labels)
        wrong = clean > self.options.confidence
        everyone = torch.arange(len(images), device=images.device)
        outcome.note(everyone, images, wrong, clean)
        row = (~wrong).nonzero().squeeze(1)
        images, labels = images[row], labels[row]
        start = ((2 * images - 1) * _WITHIN).atanh()
        number, count = images.new_zeros(len(row)), torch.zeros_like(labels)
        nowhere = torch.full_like(number, torch.inf)
        return Search(
            row,
            labels,
            start,
            origin=(start.tanh() + 1) / 2,
            place=start.clone(),
            first=torch.zeros_like(start),
            second=torch.zeros_like(start),
            time=count,
            constant=torch.full_like(number, self.options.initial_constant),
            lower=number,
            upper=nowhere,
            succeeded=count.bool(),
            searches=count.clone(),
            lowest=nowhere.clone(),
            before=nowhere.clone(),
            distance=nowhere.clone(),
            best=images.clone(),
        )

    def _step(self, model: nn.Module, search: Search, outcome: Outcome) -> None:
        """One step of every sample."""
        tanh = search.place.tanh()
        point = tanh.add(1).div_(2)
        lead, gradient, noise = self._penalty(model, point, search)
        outcome.count(search.row, gradient, lead <= 0, noise)
        moved = point.sub(search.origin)
        distance = torch.linalg.vector_norm(moved, dim=(1, 2, 3))
        self._keep_best(search, point, lead, distance)
        penalty = search.constant * (self.options.confidence - lead).clamp(min=0)
        search.lowest = search.lowest.minimum(penalty + distance.square())
        # By the chain rule, through the image and x = (tanh + 1) / 2.
        slope = moved.add_(gradient, alpha=0.5)
        slope.addcmul_(slope, tanh.square_(), value=-1)
        search.time += 1
        adam_step(
            search.place, slope, search.first, search.second, search.time, self.options.step_size
        )

    def _penalty(
        self, model: nn.Module, point: Tensor, search: Search
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The false logit's lead ``(n,)``, the penalty's gradient, and what of it is noise."""
        leaf = point.detach().requires_grad_()
        logits = logits_with_graph(model, leaf)
        lead = margin(logits.detach(), search.labels)
        weight = search.constant * (lead <= self.options.confidence)
        upstream = margin_gradient(logits.detach(), search.labels) * -weight[:, None]
        (gradient,) = gradients(logits, leaf, upstream)
        return lead, gradient, rounding_noise(logits, upstream, reach=1.0)

    def _keep_best(self, search: Search, point: Tensor, lead: Tensor, distance: Tensor) -> None:
        fools = lead > self.options.confidence
        better = fools & (distance < search.distance)
        search.succeeded |= fools
        torch.where(better.view(-1, 1, 1, 1), point, search.best, out=search.best)
        search.distance = torch.where(better, distance, search.distance)

    def _check_progress(self, search: Search) -> None:
        """Send those that are done with their constant to the next."""
        stuck = ~(search.lowest < _PROGRESS * search.before)
        done = stuck | (search.time >= self.options.steps)
        search.before = torch.where(done, torch.inf, search.lowest)
        search.lowest = torch.full_like(search.lowest, torch.inf)
        search.time = search.time.masked_fill(done, 0)
        search.searches = search.searches + done
        search.upper = torch.where(done & search.succeeded, search.constant, search.upper)
        search.lower = torch.where(done & ~search.succeeded, search.constant, search.lower)
        search.constant = torch.where(done, self._next_constant(search), search.constant)
        search.succeeded = search.succeeded & ~done
        again = done.view(-1, 1, 1, 1)
        search.place = torch.where(again, search.start, search.place)
        search.first.masked_fill_(again, 0)
        search.second.masked_fill_(again, 0)

    def _next_constant(self, search: Search) -> Tensor:
        halfway = (search.lower + search.upper) / 2
        following = torch.where(search.upper.isinf(), search.constant * 10, halfway)
        if self.options.search_steps < _TENTHS:
            return following
        # As the authors: the last of many is the best that was found, once more.
        last = search.searches == self.options.search_steps - 1
        return torch.where(last, search.upper.clamp(max=_LARGEST_CONSTANT), following)


def _note(search: Search, outcome: Outcome) -> None:
    found = search.distance.isfinite()
    outcome.note(search.row, search.best, found, torch.full_like(search.distance, -torch.inf))
