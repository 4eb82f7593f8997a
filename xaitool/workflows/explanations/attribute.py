"""Explains a batch of images in one call from Python."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from functools import partial
from numbers import Integral
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution import base
from xaitool.core.attribution.base import AttributionMethod, is_silent
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.labelled import LabelledImages
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.memory import Rows
from xaitool.core.score import Output, Score, are_probabilities
from xaitool.errors import ConfigError, ModelError, ShapeError
from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.explanations.attribution import Attribution
from xaitool.workflows.explanations.baseline_argument import (
    BaselineArgument,
    Call,
    argument_baseline,
)
from xaitool.workflows.explanations.call_record import call_record
from xaitool.workflows.explanations.class_arguments import (
    Classes,
    checked_logits,
    chosen_score,
    target_count,
)
from xaitool.workflows.explanations.explainer import ExplainedBatch, Explainer
from xaitool.workflows.explanations.file_rows import file_rows
from xaitool.workflows.explanations.image_arguments import (
    Images,
    Labels,
    home,
    image_batch,
    image_names,
    labelled_images,
)
from xaitool.workflows.explanations.images import Batch
from xaitool.workflows.explanations.option_arguments import (
    layer_by_name,
    our_arguments,
    our_method,
)
from xaitool.workflows.models.exported_program import as_model
from xaitool.workflows.runs.runtime import Runtime


def attribute(
    model: nn.Module,
    inputs: Images,
    method: str | type[AttributionMethod] = "integrated-gradients",
    *,
    target: Classes | str | None = None,
    against: Classes | Literal["second"] | None = None,
    score: Output | None = None,
    baseline: BaselineArgument | None = None,
    references: Images | None = None,
    data: LabelledImages | tuple[Images, Labels] | None = None,
    attributes: Tensor | NDArray[np.integer] | Sequence[int] | None = None,
    rows: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Attribution:
    """Explain what a classifier says about some images.

    Everything is computed where `inputs` are and in their dtype, so bring tensors to the model's;
    what is no tensor is brought there. The model is explained in eval mode and left exactly as it
    was. Words mean what they mean in Captum, with two differences: inputs and baselines are pixels,
    because the model normalises; and a method's options have the names of the command line, such
    as `steps`. Captum's, such as `n_steps`, `baselines` and `internal_batch_size`, are understood,
    with a warning that says ours.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``, or to several things
            the only one of which, or the one called ``logits``, is that. A single logit z is two
            classes, of logits ``(-z/2, z/2)``. A model that wants normalised images becomes one on
            pixels by ``torch.nn.Sequential(xaitool.Normalise(mean, deviation), model)``; a bare one
            of torchvision, timm or transformers is warned of.
        inputs: Pixels in [0, 1], or uint8, which is divided by 255; of the size that the model
            wants, and never written. A tensor is ``(N, C, H, W)``, or one image ``(C, H, W)``. A
            NumPy array has its 1 or 3 channels last, ``(N, H, W, C)`` or ``(H, W, C)``, or if they
            are not there, first, as a tensor; ``(H, W)`` is one grey image. Or a PIL image, or a
            list with one image each, all of one shape. Of no images, N = 0, the result is empty.
        method: A name of the registry, as ``xaitool explain --list`` shows them, or a class.
        target: Class that is explained, one for all or one a sample; by default the predicted one.
            ``top5``: each of the five most probable classes by itself (``topN`` in general), which
            gives 5 N attributions, those of an input side by side.
        against: One-vs-one: the class that the target is held against; ``second`` is the most
            probable one but the target.
        score: Scale of the score; by default the method's own, logit for all but AGI.
        baseline: For methods that want one: a registry's name, ``ganmex:CHECKPOINT`` with one of
            ``xaitool train-baseline-gan``, for ``cgi`` ``cvae:CHECKPOINT`` with another of it, a
            `Baseline`, a number (an image of that pixel value alone), or images as `inputs` may be:
            one for all ``(C, H, W)``, one a sample ``(N, C, H, W)`` or several
            ``(N, R, C, H, W)``, which for ``cgi`` are the points of its path; what is 1 is
            repeated, as in ``(C, 1, 1)``, a colour. By default the method's own; ``cgi`` has none.
        references: Images that all samples are compared with, as `inputs` may be, R of them: the
            baseline ``dataset``.
        data: Labelled images that a baseline chooses from, such as ``nearest-target``: a dataset of
            xaitool, or M images, as `inputs` may be, and labels ``(M,)``.
        attributes: For a path of ``cgi``: the inputs' sensitive attributes, int64 ``(N, A)``, or
            ``(N,)`` of a single one. By default they are inferred from the inputs.
        rows: Largest number of images in one forward pass; by default as the device likes it. It is
            halved, with a warning, when memory is short.
        seed: Of methods and baselines that draw.
        **options: The method's own, such as ``steps=200``; the ``layer`` of Grad-CAM is a name or
            the module itself.

    Returns:
        Values ``(N, C, H, W)``, the scores and the completeness gap; its `score` says which
        classes were explained. It prints a summary, `plot` draws it, and `save` writes the file
        that ``xaitool evaluate`` reads.

    Raises:
        UnknownNameError: There is no such method, baseline or score.
        ConfigError: An option, class or baseline does not fit, or rows are no whole number.
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
    _warn_of_missing_normalisation(model)
    kind = _kind(our_method(method, _warn))
    own: dict[str, Any] = {"baseline": baseline, "references": references, "rows": rows}
    own, options = our_arguments(kind, own, options, _warn)
    images = image_batch("inputs", inputs, home(model), none=True)
    runtime = Runtime(images.device, images.dtype)
    users = UsersClassifier(as_model(model))
    bound = kind(users, seed=seed, **layer_by_name(users.model, options))
    output = score or kind.default_output
    asked = {name: own[name] for name in ("baseline", "references")}
    asked |= {"target": target, "against": against}
    record = call_record(model, bound, output, runtime, **asked)
    batch = _kept(inputs, images)
    if not len(images):
        return _nothing(bound, batch, output, record)
    if own["references"] is not None:
        own["references"] = image_batch("references", own["references"], runtime)
    given = labelled_images(data, runtime)
    known = None if attributes is None else _attribute_values(attributes, images)
    call = Call(users, images, own["references"], given, known, seed, runtime)
    source = argument_baseline(kind, own["baseline"], call)
    together = Rows(_rows(own["rows"], images, runtime), _warn)
    logits = together.run(partial(checked_logits, users, images))
    if are_probabilities(logits):
        _warn("the model seems to return probabilities, not logits")
    what = chosen_score(logits, target, against, output)
    if (times := target_count(target)) > 1:
        batch = batch.repeated(times)
        images, logits = (one.repeat_interleave(times, 0) for one in (images, logits))
        known = None if known is None else known.repeat_interleave(times, 0)
    explained = Explainer(bound, source, together).explain(images, what, known)
    _warn_of_odd_attributions(explained.attribution, record["method"], times)
    samples = file_rows(batch, logits, what, explained, source, times)
    shared = source.references if isinstance(source, DatasetReferences) else None
    return _result(explained, samples, record, shared)


def _kind(method: Any) -> type[AttributionMethod]:
    found = registry.load("method", method) if isinstance(method, str) else method
    if not isinstance(found, type) or not issubclass(found, AttributionMethod):
        raise ConfigError(f"method is {method!r}, but a name or an AttributionMethod is wanted")
    return found


def _rows(wanted: Any, images: Tensor, runtime: Runtime) -> int:
    if wanted is None:
        return runtime.rows(images.shape[1:].numel(), None)
    if not isinstance(wanted, Integral):
        raise ConfigError(f"rows is {wanted!r}, but a whole number is wanted")
    return int(wanted)


def _kept(inputs: Images, images: Tensor) -> Batch:
    """The images as the result keeps them, whatever the caller does to a tensor afterwards."""
    count = len(images)
    own = images.detach().clone() if isinstance(inputs, Tensor) else images
    no_labels = torch.full((count,), -1)
    return Batch(own, no_labels, image_names(inputs, count), torch.arange(count))


def _result(
    explained: ExplainedBatch,
    samples: AttributionRows,
    record: dict[str, Any],
    references: Tensor | None = None,
) -> Attribution:
    facts = vars(explained.attribution)
    return Attribution(**facts, samples=samples, record=record, references=references)


def _nothing(
    method: AttributionMethod, batch: Batch, output: Output, record: dict[str, Any]
) -> Attribution:
    """The result for no images, whatever else is asked: there is no class to look at."""
    inputs = batch.images
    score = Score(torch.empty(0, dtype=torch.int64, device=inputs.device), None, output)
    nothing = ExplainedBatch(method.attribute(inputs, score, inputs.unsqueeze(1)), None)
    return _result(nothing, file_rows(batch, inputs.new_empty(0, 1), score, nothing, None), record)


def _warn_of_missing_normalisation(model: nn.Module) -> None:
    """Networks of these libraries are trained on normalised images; pixels are no error to them."""
    library = type(model).__module__.partition(".")[0]
    if library in ("torchvision", "timm", "transformers"):
        _warn(
            f"the model is {library}'s {type(model).__name__}, which wants normalised images, but "
            "is given pixels: torch.nn.Sequential(xaitool.Normalise(mean, deviation), model)"
        )


def _warn_of_odd_attributions(result: base.Attribution, method: str, times: int) -> None:
    """Say what is wrong with the attributions of some inputs, so many an input."""
    broken = ~result.values.flatten(1).isfinite().all(1)
    silent = is_silent(result.values, result.score_input, result.score_baseline)
    for wrong, what in (
        (broken, "has NaN or infinite values"),
        (silent, "is 0 everywhere, though the score is not that of a baseline,"),
    ):
        inputs = wrong.view(-1, times).any(1)
        if inputs.any():
            _warn(
                f"{method} {what} for {int(inputs.sum())} of {len(inputs)} inputs, the first is "
                f"input {int(inputs.nonzero()[0])}"
            )


def _warn(text: str) -> None:
    """Warn at the line that calls us, however deep in the package the reason lies."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals["__name__"].partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level + 1)


def _attribute_values(attributes: Any, inputs: Tensor) -> Tensor:
    """As int64 ``(N, A)``."""
    given = torch.as_tensor(attributes)
    values = given.unsqueeze(1) if given.ndim == 1 else given
    if values.ndim != 2 or len(values) != len(inputs) or values.is_floating_point():
        raise ShapeError(
            f"attributes are {given.dtype} {tuple(given.shape)}, but whole numbers "
            f"({len(inputs)}, A) are wanted"
        )
    return values.long()
