"""Explains a batch of images in one call from Python."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import Attribution, AttributionMethod, is_silent
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.labelled import LabelledImages
from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.memory import Rows
from xaitool.core.score import Output, Score, are_probabilities
from xaitool.errors import (
    ConfigError,
    DataError,
    ModelError,
    ShapeError,
    XaitoolError,
    is_out_of_memory,
)
from xaitool.workflows.explanations.given_baseline import (
    check_pixels,
    given_baseline,
    labelled_images,
)
from xaitool.workflows.models.exported_program import as_model
from xaitool.workflows.runs.runtime import Runtime

Classes = int | Sequence[int] | Tensor


def attribute(
    model: nn.Module,
    inputs: Tensor,
    method: str | type[AttributionMethod] = "integrated-gradients",
    *,
    target: Classes | None = None,
    against: Classes | Literal["second"] | None = None,
    score: Output | None = None,
    baseline: str | Baseline | Tensor | float | None = None,
    references: Tensor | None = None,
    data: LabelledImages | tuple[Tensor, Tensor] | None = None,
    attributes: Tensor | None = None,
    rows: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Attribution:
    """Explain what a classifier says about some images.

    Everything is computed where `inputs` are and in their dtype, so bring them to the model's. The
    model is explained in eval mode and left exactly as it was. Words mean what they mean in
    Captum, with two differences: there a method's options are named one by one, such as `n_steps`,
    here as on the command line, such as `steps`; and inputs and baselines are pixels, because
    the model normalises.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``, or to several things
            the only one of which, or the one called ``logits``, is that. A single logit z is two
            classes, of logits ``(-z/2, z/2)``. A model that wants normalised images becomes one on
            pixels by ``nn.Sequential(Normalise(mean, deviation), model)`` with
            `xaitool.core.models.normalise.Normalise`.
        inputs: ``(N, C, H, W)``, floating, in [0, 1]; never written. Of no images, N = 0, the
            result is empty.
        method: A name of the registry, as ``xaitool explain --list`` shows them, or a class.
        target: Class that is explained, one for all or one a sample; by default the predicted one.
        against: One-vs-one: the class that the target is held against; ``second`` is the most
            probable one but the target.
        score: Scale of the score; by default the method's own, logit for all but AGI.
        baseline: For methods that want one: a registry's name, ``ganmex:CHECKPOINT`` with one of
            ``xaitool train-baseline-gan``, for ``cgi`` ``cvae:CHECKPOINT`` with another of it, a
            `Baseline`, a number (an image of that pixel value alone), or the images: one for all
            ``(C, H, W)``, one a sample ``(N, C, H, W)`` or several ``(N, R, C, H, W)``, which for
            ``cgi`` are the points of its path. By default the method's own; ``cgi`` has none.
        references: Images ``(R, C, H, W)`` in [0, 1] that all samples are compared with: the
            baseline ``dataset``.
        data: Labelled images that a baseline chooses from, such as ``nearest-target``: a dataset of
            xaitool, or images ``(M, C, H, W)`` in [0, 1] and labels ``(M,)``.
        attributes: For a path of ``cgi``: the inputs' sensitive attributes, int64 ``(N, A)``, or
            ``(N,)`` of a single one. By default they are inferred from the inputs.
        rows: Largest number of images in one forward pass; by default as the device likes it. It is
            halved, with a warning, when memory is short.
        seed: Of methods and baselines that draw.
        **options: The method's own, such as ``steps=200``.

    Returns:
        Values ``(N, C, H, W)``, the scores and the completeness gap; its `score` says which
        classes were explained.

    Raises:
        UnknownNameError: There is no such method or baseline.
        ConfigError: An option, class or baseline does not fit.
        DataError: A class is held against itself, or the data have no image that is wanted.
        ModelError: The model fails on the inputs or returns no finite logits, or several things
            that may be these, or the checkpoint is for other images or classes.
        ArtifactError: The checkpoint cannot be loaded.
        ShapeError: Images of a wrong shape, dtype or range, or attributes of a wrong shape.

    Example:
        >>> import torch
        >>> import xaitool
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(4, 3, 8, 8)

        Why the predicted class, measured from black:

        >>> result = xaitool.attribute(model, images, "integrated-gradients", steps=100)
        >>> result.values.shape
        torch.Size([4, 3, 8, 8])
        >>> bool((result.completeness_gap.abs() < 0.01).all())
        True

        Why class 3 and not class 5, from the image without its details:

        >>> result = xaitool.attribute(
        ...     model, images, "deeplift", target=3, against=5, baseline="blur"
        ... )
        >>> result.score.against
        tensor([5, 5, 5, 5])

        Against all other classes, which needs no baseline; and against a data set:

        >>> result = xaitool.attribute(model, images, "agi", epsilon=0.02)
        >>> sorted(result.extras)
        ['class_steps', 'classes', 'reached']
        >>> training_images = torch.rand(50, 3, 8, 8)
        >>> result = xaitool.attribute(model, images, "deep-shap", references=training_images)
    """
    if not isinstance(model, nn.Module):
        raise ModelError(f"the model is a {type(model).__name__}, but a torch.nn.Module is wanted")
    check_pixels("inputs", inputs, 4, none=True)
    model = as_model(model)
    kind: type[AttributionMethod] = (
        registry.load("method", method) if isinstance(method, str) else method
    )
    runtime = Runtime(inputs.device, inputs.dtype)
    together = Rows(
        runtime.rows(inputs.shape[1:].numel(), None) if rows is None else rows,
        lambda text: warnings.warn(text, stacklevel=4),
    )
    users = UsersClassifier(model)
    explainer = kind(users, seed=seed, **options)
    if not len(inputs):
        return _nothing(explainer, inputs, score or kind.default_output)
    supply = {
        "references": references,
        "data": labelled_images(data),
        "attributes": attributes,
        "model": users,
        "seed": seed,
        "runtime": runtime,
        "shape": inputs.shape[1:],
        "count_classes": lambda: _logits(users, inputs[:1], 1).shape[1],
    }

    known = None if attributes is None else _attribute_values(attributes, inputs)

    def explain(most: int) -> Attribution:
        source = given_baseline(kind, baseline, supply)
        logits = _logits(users, inputs, most)
        what = _score(logits, target, against, score or kind.default_output)
        baselines = None if source is None else source.for_samples(inputs, what, known, rows=most)
        return explainer.attribute(inputs, what, baselines, rows=most)

    result = together.run(explain)
    _warn_of_odd_maps(result, method if isinstance(method, str) else kind.__name__)
    return result


def _nothing(method: AttributionMethod, inputs: Tensor, output: Output) -> Attribution:
    """The result for no images, whatever else is asked: there is no class to look at."""
    score = Score(torch.empty(0, dtype=torch.int64, device=inputs.device), None, output)
    return method.attribute(inputs, score, inputs.unsqueeze(1))


def _warn_of_odd_maps(result: Attribution, method: str) -> None:
    broken = ~result.values.flatten(1).isfinite().all(1)
    silent = is_silent(result.values, result.score_input, result.score_baseline)
    for found, what in (
        (broken, "has NaN or infinite values"),
        (silent, "is 0 everywhere, though the score is not that of a baseline,"),
    ):
        if found.any():
            warnings.warn(
                f"{method} {what} for {int(found.sum())} of {len(found)} inputs, the first is "
                f"input {int(found.nonzero()[0])}",
                stacklevel=3,
            )


def _attribute_values(attributes: Tensor, inputs: Tensor) -> Tensor:
    """As int64 ``(N, A)``."""
    values = attributes.unsqueeze(1) if attributes.ndim == 1 else attributes
    if values.ndim != 2 or len(values) != len(inputs) or values.is_floating_point():
        raise ShapeError(
            f"attributes are {attributes.dtype} {tuple(attributes.shape)}, but whole numbers "
            f"({len(inputs)}, A) are wanted"
        )
    return values.long()


def _logits(model: UsersClassifier, inputs: Tensor, rows: int) -> Tensor:
    try:
        with untouched(model) as own, torch.no_grad():
            logits = torch.cat([own(part) for part in inputs.split(rows)])
    except Exception as error:
        if is_out_of_memory(error) or isinstance(error, XaitoolError):
            raise
        raise ModelError(
            f"the model fails on {inputs.dtype} {tuple(inputs.shape)} on {inputs.device} "
            f"({' '.join(str(error).split())[:200]}), but logits are wanted"
        ) from error
    if logits.ndim != 2 or len(logits) != len(inputs):
        raise ModelError(
            f"the model returns {tuple(logits.shape)}, but logits ({len(inputs)}, classes) "
            "are wanted"
        )
    if not logits.isfinite().all():
        raise ModelError("the model returns NaN or infinity, but finite logits are wanted")
    with untouched(model):
        if model.is_sigmoid(inputs[:1], logits):
            raise ModelError(
                "the model ends in a sigmoid, so it returns a probability, but a logit is wanted",
                hint="remove its sigmoid",
            )
    if are_probabilities(logits):
        warnings.warn("the model seems to return probabilities, not logits", stacklevel=5)
    return logits


def _score(
    logits: Tensor,
    target: Classes | None,
    against: Classes | Literal["second"] | None,
    output: Output,
) -> Score:
    first = logits.argmax(1) if target is None else _classes("target", target, logits)
    if against is None:
        return Score(first, None, output)
    if isinstance(against, str) and against == "second":
        return Score(first, logits.scatter(1, first[:, None], -torch.inf).argmax(1), output)
    second = _classes("against", against, logits)
    if (second == first).any():
        raise DataError(
            f"against is {int(second[second == first][0])}, which is the target too, but another "
            "class is wanted",
            hint="against='second'",
        )
    return Score(first, second, output)


def _classes(name: str, wanted: Classes, logits: Tensor) -> Tensor:
    samples, count = logits.shape
    try:
        classes = torch.as_tensor(wanted, device=logits.device)
        torch.iinfo(classes.dtype)
    except (TypeError, ValueError, RuntimeError):
        raise ConfigError(f"{name} is {wanted!r}, but whole numbers are wanted") from None
    if classes.ndim == 0:
        classes = classes.expand(samples)
    if classes.shape != (samples,):
        raise ShapeError(
            f"{name} is {tuple(classes.shape)}, but one class, or one for each of {samples} "
            "inputs, is wanted"
        )
    outside = classes[(classes < 0) | (classes >= count)]
    if len(outside):
        raise ConfigError(
            f"{name} is {int(outside[0])}, but the model's classes are 0 to {count - 1}"
        )
    return classes.long()
