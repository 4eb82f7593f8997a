"""The baseline of a call from Python: a name, an object, a number, or the images themselves."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.labelled import LabelledImages
from xaitool.core.batching import ROWS
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.score import Score
from xaitool.errors import ConfigError
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, check_cvae, check_label_count
from xaitool.workflows.counterfactuals.generator import LoadedGenerator, check_count, check_shape
from xaitool.workflows.explanations.baseline_choice import IN_A_CHECKPOINT, check_fit
from xaitool.workflows.explanations.class_arguments import checked_logits
from xaitool.workflows.explanations.image_arguments import Images, fitting_images
from xaitool.workflows.explanations.supply import Supply
from xaitool.workflows.runs.runtime import Runtime

_KINDS = (Real, Tensor, np.ndarray, np.generic, Image.Image, list, tuple)
BaselineArgument: TypeAlias = str | float | Baseline | Images


@dataclass(frozen=True)
class Call:
    """What a call from Python gives to whatever baseline it names.

    Attributes:
        model: The explained one.
        inputs: The explained images, ``(N, C, H, W)`` in [0, 1].
        references: ``(R, C, H, W)`` in [0, 1], or None.
        data: Images to choose from, or None.
        attributes: Of the inputs, or None; only a path uses them.
        seed: Of baselines that draw.
        runtime: Where it computes.
    """

    model: UsersClassifier
    inputs: Tensor
    references: Tensor | None
    data: LabelledImages | None
    attributes: Tensor | None
    seed: int
    runtime: Runtime

    def refuse_unused(self, needs: frozenset[Need]) -> None:
        """Refuse images that a baseline with these needs does not use.

        Raises:
            ConfigError: There are some.
        """
        for need, images in ((Need.REFERENCES, self.references), (Need.DATA, self.data)):
            if images is not None and need not in needs:
                raise ConfigError(f"{need} are given, but no baseline that is used wants them")


def argument_baseline(
    method: type[AttributionMethod],
    given: BaselineArgument | None,
    call: Call,
) -> Baseline | None:
    """What a method gets its references from; None for a method without any.

    Args:
        method: The method.
        given: A registry's name, ``ganmex:CHECKPOINT``, ``cvae:CHECKPOINT``, a `Baseline`, a
            number that all pixels have, images (`fitting_images`), or None: the method's own.
        call: What else is given.

    Raises:
        UnknownNameError: There is no such baseline.
        ConfigError: The method takes none or another kind, or what it needs is missing, or what is
            there is unused.
        ShapeError: The images are no pixels, or do not fit the inputs.
        ArtifactError: The checkpoint cannot be loaded.
        ModelError: It was trained for other images or classes than the model's.
    """
    if given is not None and not method.needs_baseline:
        raise ConfigError(f"{method.__name__} takes no baseline, but one is given")
    if given is None and method.needs_baseline:
        given = method.default_baseline if call.references is None else "dataset"
    if isinstance(given, str):
        opened: Baseline | None = _named(given, call)
    else:
        call.refuse_unused(frozenset())
        opened = None if given is None else _object(given, call)
    if call.attributes is not None and (opened is None or not opened.is_path):
        raise ConfigError("attributes are given, but no baseline that is used wants them")
    if opened is not None and (isinstance(given, str) or opened.is_path):
        title = given if isinstance(given, str) else type(opened).__name__
        check_fit(method, method.__name__, type(opened), title, opened.options.to_dict())
    return opened


def _named(name: str, call: Call) -> Baseline:
    base, colon, _ = name.partition(":")
    kind: type[Baseline] = registry.load("baseline", base)
    call.refuse_unused(kind.needs)
    if colon and not kind.needs & IN_A_CHECKPOINT:
        raise ConfigError(
            f"baseline is '{name}', but NAME or ganmex:CHECKPOINT is wanted",
            hint="or cvae:CHECKPOINT, for method 'cgi'",
        )
    return CallSupply(name, call).opened(kind, {}).baseline


def _object(given: Any, call: Call) -> Baseline:
    if isinstance(given, Baseline):
        return given
    if isinstance(given, bool) or not isinstance(given, _KINDS):
        raise ConfigError(
            f"baseline is a {type(given).__name__}, but a name, a number, images or a Baseline is "
            "wanted"
        )
    images: Any = given
    if isinstance(given, Real) or getattr(given, "ndim", None) == 0:
        images = torch.full((1, 1, 1), float(images))
    return _Given(fitting_images("baselines", images, tuple(call.inputs.shape), call.runtime))


class CallSupply(Supply):
    """Fed from the arguments of a call.

    Args:
        name: What people call the baseline.
        call: The arguments.
    """

    def __init__(self, name: str, call: Call) -> None:
        super().__init__(name, call.model, call.seed, call.runtime)
        self._call = call

    def image(self) -> Tensor:
        """None: an image is given as the baseline itself."""
        raise self._missing(Need.IMAGE, "baseline=IMAGE, a tensor (C, H, W),")

    def references(self) -> Tensor:
        """Those that are given."""
        if self._call.references is None:
            raise self._missing(Need.REFERENCES, "references=IMAGES, a tensor (R, C, H, W),")
        return self._call.references

    def data(self) -> LabelledImages:
        """Those that are given."""
        if self._call.data is None:
            raise self._missing(Need.DATA, "data=(IMAGES, LABELS)")
        return self._call.data

    def _check_generator(self, loaded: LoadedGenerator) -> tuple[str, ...]:
        check_shape(loaded, tuple(self._call.inputs.shape[1:]))
        check_count(loaded, self._class_count())
        return ()

    def _check_cvae(self, loaded: LoadedCvae) -> None:
        check_cvae(loaded, shape=self._call.inputs.shape[1:])
        check_label_count(loaded, self._class_count())

    def _class_count(self) -> int:
        return checked_logits(self._call.model, self._call.inputs[:1], 1).shape[1]


class _Given(Baseline):
    """References that the caller made: ``(1, C, H, W)``, or for N samples one or several each."""

    def __init__(self, references: Tensor) -> None:
        super().__init__()
        self.references = references.unsqueeze(1) if references.ndim == 4 else references

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        references = self.references.to(images)
        if len(references) > 1:
            # A sample may have several attributions.
            return references.repeat_interleave(len(images) // len(references), 0)
        return references.expand(len(images), -1, -1, -1, -1)
