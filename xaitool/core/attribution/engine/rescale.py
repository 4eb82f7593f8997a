"""The DeepLIFT engine: multipliers by the rescale rule, on a model exactly as it is.

The reference passes first and leaves what each activation receives; then the input passes, and each
activation's gradient is exchanged for the slope between the two. The exchange happens where torch
dispatches its functions, so that functional activations, reused modules and in-place operations
need nothing. An operation is never treated wrongly in silence: what has no rule must be linear, and
the autograd graph proves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor, nn

from xaitool.core.attribution.engine.linearity import check_linear, unsupported
from xaitool.core.attribution.engine.rescale_modes import Record, Rescale, Substituted
from xaitool.core.attribution.engine.rescale_rules import Activation, Ramp
from xaitool.core.frozen.image_convolution import ImageConvolution
from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import class_name, guarded
from xaitool.core.gradients import CUT, gradients
from xaitool.errors import ModelError

ScoreFunction = Callable[[Tensor], Tensor]

UNKNOWN_OPERATIONS = ("error", "gradient")


class Multipliers(NamedTuple):
    """DeepLIFT's multipliers for M pairs of an input and a reference.

    Attributes:
        multiplier: Change of the score per change of the input, shape of the inputs.
        score_input: Score at the input, ``(M,)``.
        score_reference: Score at the reference, ``(M,)``.
    """

    multiplier: Tensor
    score_input: Tensor
    score_reference: Tensor


def multipliers(
    model: nn.Module,
    inputs: Tensor,
    references: Tensor,
    score_function: ScoreFunction,
    *,
    unknown_operations: str = "error",
) -> Multipliers:
    """DeepLIFT's multipliers of each input against its reference, by the rescale rule.

    ``sum(multiplier * (input - reference)) = score_input - score_reference`` to rounding.

    Source: Shrikumar et al. 2017, section 3.5.2. Where an activation's two inputs are equal (and
    only there: no threshold) its derivative is used, or 0 where that is not finite. The paper pairs
    the activations of one network; we let input and reference pass one after the other, not
    concatenated as common libraries do, so that the model sees what it always sees, the batch may
    move to another dimension, and nothing is propagated back for the reference.

    Args:
        model: Explained in eval mode with frozen parameters; left as it was.
        inputs: ``(M, ...)``, floating.
        references: Same shape, one for each input.
        score_function: From the model's output to ``(M,)``.
        unknown_operations: ``error``, or ``gradient`` for the plain gradient at the input of every
            operation that has no rule; the sum is then not kept.

    Returns:
        Detached tensors.

    Raises:
        UnsupportedOperationError: The score depends on the input through an operation that has no
            rule.
        ModelError: No gradient reaches the input.
    """
    passed = ForwardPass(model, inputs, strict=unknown_operations == "error")
    return passed.against(references, score_function)


class ForwardPass:
    """Images that have passed through a model, to be compared with others as often as wanted.

    All that is not an activation is linear, and a slope is the same from either end. So what leads
    back from the score is one and the same for all that the images are compared with, and their
    forward pass, the larger part of the work, is made once.

    Args:
        model: Explained in eval mode with frozen parameters; left as it was.
        images: ``(M, ...)``, floating.
        strict: Refuse what has no rule; otherwise its gradient at the images is taken.
        as_references: The images are the references, and what they are compared with the inputs.
    """

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        *,
        strict: bool = True,
        as_references: bool = False,
    ) -> None:
        self.model = guarded(model)
        self.as_references = as_references
        self.strict = strict
        self.count = len(images)
        self.leaf = images.detach().requires_grad_()
        with (
            untouched(model),
            torch.enable_grad(),
            self._rescale() as rescale,
        ):
            self.output = self.model(self.leaf)
        self.activations, self.called = rescale.activations, rescale.called

    def against(self, others: Tensor, score_function: ScoreFunction) -> Multipliers:
        """Multipliers of the images against others.

        Args:
            others: ``(K, ...)`` with M a multiple of K: each is compared with the next M / K
                images. It passes once where each of the model's activations has one dimension for
                the batch, M / K times elsewhere.
            score_function: From the model's output for M images to ``(M,)``. It writes nothing.

        Returns:
            Detached tensors for M pairs.

        Raises:
            UnsupportedOperationError: The score depends on the images through an operation that
                has no rule.
            ModelError: No gradient reaches the images.
        """
        with untouched(self.model), torch.enable_grad():
            score, activations = self._scored(score_function)
            score_others = self._meet(activations, others, score_function)
            (multiplier,) = gradients(score.sum(), self.leaf, retain_graph=True)
        scores = score.detach(), score_others
        return Multipliers(multiplier, *(reversed(scores) if self.as_references else scores))

    def mean_contributions(
        self, others: Tensor, score_function: ScoreFunction, choice: Tensor | None = None
    ) -> Tensor:
        """``multiplier * (image - other)``, the mean over several others; these pass together.

        M images against K others cost M + K forward passes and K times M backward ones.

        Args:
            others: ``(U, ...)``.
            score_function: From the model's output for M images to ``(M,)``. It writes nothing.
            choice: int64 ``(K, M)``, which of the others each image is compared with; None: every
                image with every other, K = U.

        Returns:
            Shape of the images, detached.

        Raises:
            UnsupportedOperationError: As `against`.
            ModelError: As `against`.
        """
        rows = [slice(k, k + 1) for k in range(len(others))] if choice is None else list(choice)
        with untouched(self.model), torch.enable_grad():
            score, activations = self._scored(score_function)
            with torch.no_grad(), Record() as record:
                output = self.model(others)
            together = self._pass_together(record.received, len(others))
            of_score = len(activations) > len(self.activations)

            def meet(chosen: slice | Tensor) -> None:
                if not together:
                    self._meet(activations, others[chosen], score_function)
                    return
                received = [(name, point[chosen]) for name, point in record.received]
                if of_score:
                    with torch.no_grad(), Record() as last:
                        score_function(output[chosen].expand_as(self.output))
                    received += last.received
                self._meet_all(activations, received, len(output[chosen]))

            def total() -> Tensor:
                sums = torch.zeros_like(self.leaf)
                for chosen in rows:
                    meet(chosen)
                    with torch._C.DisableTorchFunction():  # modes are for the way forth
                        (multiplier,) = gradients(whole, self.leaf, retain_graph=True)
                        sums.addcmul_(multiplier, images - others[chosen])
                return sums

            whole, images = score.sum(), self.leaf.detach()
            # On other devices a look for NaN would wait for them, and comparisons cost nothing.
            on_cpu = images.device.type == "cpu"
            with _quick_ramps(activations if on_cpu else []):
                contributions = total()
            if on_cpu and not math.isfinite(contributions.sum()):
                contributions = total()
        return contributions / len(rows)

    def _pass_together(self, received: list[tuple[str, Tensor]], others: int) -> bool:
        """Whether rows of what the activations received when others passed are these others'."""
        return len(received) == len(self.activations) and all(
            activation is None or _batch_is_first(activation, point, others, self.count)
            for activation, (_, point) in zip(self.activations, received, strict=True)
        )

    def _scored(self, score_function: ScoreFunction) -> tuple[Tensor, list[Activation | None]]:
        """The score of the images, and every activation on the way to it."""
        with self._rescale() as rescale:
            score = score_function(self.output)
        if not score.requires_grad:
            raise ModelError(
                f"the score of {class_name(self.model)} has no gradient with respect to its "
                "input, but DeepLIFT needs one",
                hint=CUT,
            )
        if self.strict:
            check_linear(
                score,
                allowed=(Substituted.__name__, ImageConvolution.__name__),
                called=self.called | rescale.called,
            )
        return score, self.activations + rescale.activations

    def _rescale(self) -> Rescale:
        return Rescale(strict=self.strict, as_references=self.as_references)

    def _meet(
        self, activations: list[Activation | None], others: Tensor, score_function: ScoreFunction
    ) -> Tensor:
        """Let the others pass, tell every activation what it receives, and return their score."""
        times = self.count // len(others)
        with torch.no_grad(), Record() as record:
            output = self.model(others)
            score = score_function(output.repeat_interleave(times, 0) if times > 1 else output)
        if not self._meet_all(activations, record.received, len(others)):
            # Somewhere the batch has no dimension of its own.
            return self._meet(activations, others.repeat_interleave(times, 0), score_function)
        return score

    def _meet_all(
        self,
        activations: list[Activation | None],
        received: list[tuple[str, Tensor]],
        count: int,
    ) -> bool:
        """Tell every activation what it receives; False: it is wanted once for every image."""
        for activation, met in zip_longest(activations, received):
            name, point = met or ("", self.leaf)
            if activation is None or activation.meet(name, point, count):
                continue
            if self.count > count:
                return False
            if self.strict:
                raise unsupported(f"'{activation.name}'")
        return True


@contextmanager
def _quick_ramps(activations: list[Activation | None]) -> Iterator[None]:
    """Within it, slopes of ramps are NaN where two points are equal, and cheap; see `Ramp`."""
    ramps = [one for one in activations if isinstance(one, Ramp)]
    for ramp in ramps:
        ramp.quick = True
    try:
        yield
    finally:
        for ramp in ramps:
            ramp.quick = False


def _batch_is_first(activation: Activation, point: Tensor, others: int, images: int) -> bool:
    """Whether the batch is the first dimension of what an activation received, and no other."""
    here, there = activation.point.shape, point.shape
    return (
        len(there) > 0
        and (here[0], there[0]) == (images, others)
        and here[1:] == there[1:]
        and (images != others or others not in there[1:])
    )
