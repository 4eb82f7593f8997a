"""The baseline of a call from Python: a name, an object, or the images themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.labelled import LabelledImages
from xaitool.core.batching import ROWS
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ShapeError
from xaitool.workflows.counterfactuals.cvae import check_cvae, check_label_count, load_cvae
from xaitool.workflows.counterfactuals.generator import (
    check_count,
    check_shape,
    load_counterfactual,
)
from xaitool.workflows.explanations.baseline_choice import check_fit

_SHAPES = {3: "(C, H, W)", 4: "(N, C, H, W)", 5: "(N, R, C, H, W)"}

# What fills a baseline's need that nothing but an argument can.
_SOURCES = {
    "image": "baseline=IMAGE, a tensor (C, H, W),",
    "references": "references=IMAGES, a tensor (R, C, H, W),",
    "data": "data=(IMAGES, LABELS)",
    "generator": "baseline='ganmex:CHECKPOINT'",
    "cvae": "baseline='cvae:CHECKPOINT'",
}


def given_baseline(
    kind: type[AttributionMethod],
    given: str | Baseline | Tensor | float | None,
    supply: dict[str, Any],
) -> Baseline | None:
    """What a method gets its references from; None for a method without any.

    Args:
        kind: The method.
        given: A registry's name, ``ganmex:CHECKPOINT``, ``cvae:CHECKPOINT``, a `Baseline`, images
            ``(C, H, W)``, ``(N, C, H, W)`` or ``(N, R, C, H, W)`` in [0, 1], a number that all
            pixels have, or None: the method's own.
        supply: What fills a baseline's `needs`, None where the caller has nothing; ``attributes``,
            which only a path uses; the images' ``shape``; and for a checkpoint ``runtime`` and
            ``count_classes``, which counts the model's.

    Raises:
        UnknownNameError: There is no such baseline.
        ConfigError: The method takes none or another kind, or what it needs is missing, or what is
            there is unused.
        ShapeError: The images are no pixels.
        ArtifactError: The checkpoint cannot be loaded.
        ModelError: It was trained for other images or classes than the model's.
    """
    if given is not None and not kind.needs_baseline:
        raise ConfigError(f"{kind.__name__} takes no baseline, but one is given")
    if supply["references"] is not None:
        check_pixels("references", supply["references"], 4)
    if given is None and kind.needs_baseline:
        given = kind.default_baseline if supply["references"] is None else "dataset"
    if isinstance(given, str):
        found: Baseline | None = _named(given, supply)
    else:
        _refuse_unused(supply, frozenset())
        found = None if given is None else _object(given, tuple(supply["shape"]))
    if supply["attributes"] is not None and (found is None or not found.is_path):
        raise ConfigError("attributes are given, but no baseline that is used wants them")
    if found is not None and (isinstance(given, str) or found.is_path):
        title = given if isinstance(given, str) else type(found).__name__
        check_fit(kind, kind.__name__, type(found), title, found.options.to_dict())
    return found


def _object(given: Baseline | Tensor | float, shape: tuple[int, ...]) -> Baseline:
    if isinstance(given, Baseline):
        return given
    if isinstance(given, Real) and not isinstance(given, bool):
        return _Given(torch.full(shape, float(given)))
    if not isinstance(given, Tensor):
        raise ConfigError(
            f"baseline is a {type(given).__name__}, but a name, a number, images or a Baseline is "
            "wanted"
        )
    return _Given(given)


def _named(name: str, supply: dict[str, Any]) -> Baseline:
    base, colon, file = name.partition(":")
    kind: type[Baseline] = registry.load("baseline", base)
    _refuse_unused(supply, kind.needs)
    loads = _LOADS.keys() & kind.needs
    if colon and not loads:
        raise ConfigError(
            f"baseline is '{name}', but NAME or ganmex:CHECKPOINT is wanted",
            hint="or cvae:CHECKPOINT, for method 'cgi'",
        )
    filled = supply | {need: _LOADS[need](Path(file), supply) for need in loads if file}
    for need in sorted(kind.needs):
        if filled.get(need) is None:
            source = _SOURCES.get(need, "baseline=OBJECT that was made with it")
            raise ConfigError(f"baseline '{name}' has no {need}, but {source} is wanted")
    return kind(**{need: filled[need] for need in kind.needs})


def _generator(path: Path, supply: dict[str, Any]) -> nn.Module:
    found = load_counterfactual(path, supply["runtime"])
    check_shape(found, tuple(supply["shape"]))
    check_count(found, supply["count_classes"]())
    return found.generator


def _cvae(path: Path, supply: dict[str, Any]) -> Cvae:
    found = load_cvae(path, supply["runtime"])
    check_cvae(found, shape=supply["shape"])
    check_label_count(found, supply["count_classes"]())
    return found.model


# What fills a baseline's need from a checkpoint.
_LOADS: dict[str, Callable[[Path, dict[str, Any]], nn.Module]] = {
    "generator": _generator,
    "cvae": _cvae,
}


def _refuse_unused(supply: dict[str, Any], needs: frozenset[str]) -> None:
    for name in ("references", "data"):
        if supply[name] is not None and name not in needs:
            raise ConfigError(f"{name} are given, but no baseline that is used wants them")


class _Given(Baseline):
    """References that the caller made."""

    def __init__(self, references: Tensor) -> None:
        super().__init__()
        check_pixels("baselines", references, 3, 4, 5)
        self.references = references.unsqueeze(1) if references.ndim == 4 else references

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        references = self.references.to(images)
        if references.ndim == 5:
            return references
        return references.expand(len(images), 1, *references.shape)


@dataclass
class _Labelled:
    """Images and labels as a dataset."""

    pixels: Tensor
    labels: Tensor

    def images(self, indices: Tensor, /) -> Tensor:
        return self.pixels[indices.to(self.pixels.device)]


def labelled_images(data: LabelledImages | tuple[Tensor, Tensor] | None) -> LabelledImages | None:
    """A dataset of images ``(M, C, H, W)`` in [0, 1] and labels ``(M,)``, or what is one already.

    Raises:
        ShapeError: They are not that.
    """
    if not isinstance(data, tuple):
        return data
    images, labels = data
    check_pixels("the data's images", images, 4)
    if labels.shape != (len(images),):
        raise ShapeError(
            f"the data's labels are {tuple(labels.shape)}, but one for each of {len(images)} "
            "images is wanted"
        )
    return _Labelled(images, labels.to("cpu"))


def check_pixels(name: str, images: Tensor, *dimensions: int, none: bool = False) -> None:
    """Refuse what are no images in [0, 1].

    Args:
        name: How the message calls them.
        images: What the caller gave.
        *dimensions: How many they may have: 3, 4 or 5.
        none: Whether there may be no images at all.

    Raises:
        ShapeError: Another type, shape or range.
    """
    if not isinstance(images, Tensor):
        raise ShapeError(f"{name} are a {type(images).__name__}, but a torch.Tensor is wanted")
    if images.ndim not in dimensions:
        wanted = " or ".join(_SHAPES[number] for number in dimensions)
        raise ShapeError(
            f"{name} are {tuple(images.shape)}, but {wanted} is wanted",
            hint="image[None] is a batch of one image" if images.ndim == 3 else None,
        )
    counted = images.shape[1:] if none else images.shape
    if not images.is_floating_point() or not counted.numel():
        raise ShapeError(
            f"{name} are {images.dtype} {tuple(images.shape)}, but floating pixels are wanted",
            hint="images / 255 are floating" if images.dtype == torch.uint8 else None,
        )
    if not len(images):
        return
    least, most = (bound.item() for bound in torch.aminmax(images.detach()))
    if not (least >= 0 and most <= 1):
        raise ShapeError(
            f"{name} are from {least:.3g} to {most:.3g}, but pixels in [0, 1] are wanted",
            hint="leave normalisation to the model: nn.Sequential(Normalise(mean, deviation), "
            "model), from xaitool.core.models.normalise",
        )
