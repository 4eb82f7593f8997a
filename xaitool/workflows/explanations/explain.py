"""``explain``: images in, attribution files and pictures out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from xaitool.options.unread import refuse_unread
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.baselines import check_baseline
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.image_choice import check_only, chosen_images
from xaitool.workflows.explanations.images import ExplainedImages, named_images, open_images
from xaitool.workflows.explanations.job import AttributionJob, Record
from xaitool.workflows.explanations.network_answer import answer_text
from xaitool.workflows.explanations.pictures import write_grid
from xaitool.workflows.explanations.plan import PlannedFile, planned_files
from xaitool.workflows.models.classifier import ClassifierFacts
from xaitool.workflows.models.probe import probe
from xaitool.workflows.models.source import known_facts, load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.stop_signal import StopSignal

# Images of which standard error says what the model says.
MOST_SAID = 5


@dataclass(frozen=True)
class ExplainResult:
    """What was written.

    Attributes:
        files: Each attribution file followed by its heat maps and pictures of paths; the grid comes
            last.
        samples: How many images were explained.
        skipped: Images that were left out, with the reason.
    """

    files: list[Path]
    samples: int
    skipped: list[str]

    @property
    def attributions(self) -> list[Path]:
        """The attribution files alone."""
        return [path for path in self.files if path.suffix == ".h5"]


def explain(
    config: ExplainConfig,
    reporter: Reporter | None = None,
    emit: Callable[[Record], None] | None = None,
) -> ExplainResult | dict[str, Any]:
    """Attribute a classifier's score to the pixels of images.

    Several methods or baselines make one file each, one after the other.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.
        emit: Called with a plain record for every image of every file once it is explained:
            ``image``, ``output`` (the attribution file), ``index`` (its place among the images),
            ``method``, ``baseline`` (None without), ``target``, ``target_name``, ``against`` (None
            without), ``prediction``, ``top`` (``class``, ``name`` and ``probability`` of the
            most probable classes), ``score_input``, ``completeness_gap`` (NaN where none is
            promised), ``baseline_reached`` (share of its baselines that the model puts into the
            class that they stand for, None where they stand for none), ``classes`` and
            ``classes_reached`` (of AGI, else None), ``heat_map`` and ``path_picture`` (None
            without) and ``seconds``.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, an image or the model does not fit.
        StoppedBySignal: A signal came; ``--resume`` continues the unfinished files.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> classifier = xaitool.TrainClassifierConfig(epochs=3, out=out / "classifier")
        >>> run = xaitool.train_classifier(classifier).run_dir
        >>> config = xaitool.ExplainConfig(
        ...     model=run, dataset="digits", limit=2, method=("deeplift",), out=out / "maps.h5"
        ... )
        >>> records = []
        >>> result = xaitool.explain(config, emit=records.append)
        >>> result.samples, [path.name for path in result.files]
        (2, ['maps.h5', '000000-00000.png', '000001-00001.png'])
        >>> all(abs(record["completeness_gap"]) < 1e-4 for record in records)
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    refuse_unread(config)
    runtime = Runtime.from_options(config)
    jobs, images = _prepared(Context(config, runtime, reporter))
    if config.dry_run:
        return _plan(jobs)
    runtime.announce(reporter)
    told = _Told(emit)
    try:
        with StopSignal() as stop:
            done = [job.run(told.record, stop) for job in jobs]
            files = [path for one in done for path in one.files]
            if len(jobs) > 1 or config.grid:
                setups = [job.setup for job in jobs]
                files.append(write_grid(setups, config, jobs[0].classifier.classes, reporter))
    finally:
        _report(images, config, reporter)
    told.say(reporter)
    _report_pictures([path for path in files if path.suffix != ".h5"], reporter)
    return ExplainResult(files, max(one.samples for one in done), images.skipped)


class _Told:
    """Hands records on, and remembers what the model said of the first images.

    Args:
        emit: Who gets them; None: nobody.
    """

    def __init__(self, emit: Callable[[Record], None] | None) -> None:
        self._emit = emit
        self._images: set[int] = set()
        self._lines: list[str] = []

    def record(self, record: Record) -> None:
        """Of an image that was explained."""
        if record["index"] not in self._images and len(self._lines) < MOST_SAID:
            self._lines.append(f"{record['image']}: {answer_text(record['top'])}")
        self._images.add(record["index"])
        if self._emit is not None:
            self._emit(record)

    def say(self, reporter: Reporter) -> None:
        """A line an image."""
        for line in self._lines:
            reporter.message(line)
        if (more := len(self._images) - len(self._lines)) > 0:
            reporter.message(f"{more} more images: what the model says of them is in the files")


def _prepared(context: Context[ExplainConfig]) -> tuple[list[AttributionJob], ExplainedImages]:
    """Everything checked and loaded, nothing written yet."""
    config = context.config
    plan = planned_files(config)
    paths = named_images(config)
    facts = known_facts(config.model, config.weights, options=config)
    _check_choices(plan, config, facts)
    # Before weights that are downloaded; where a checkpoint says what it takes, it lies here.
    opened = None if facts is None else open_images(config, facts, paths)
    classifier = load_classifier(config.model, config.weights, context.runtime, options=config)
    images = open_images(config, classifier, paths) if opened is None else opened
    trial = probe(classifier, images.shape, context.runtime)
    for warning in trial.warnings:
        context.reporter.warning(warning)
    count = trial.class_count
    choice = ClassChoice(config.target, config.held_against, classifier.classes)
    choice.check(count)
    if config.only is None:
        choice.check_labels(images.labels, count)
    if config.only or choice.may_clash:
        images = chosen_images(images, classifier, choice, context)
    jobs = [AttributionJob(setup, context, classifier, images, choice, count) for setup in plan]
    for warning in dict.fromkeys(warning for job in jobs for warning in job.warnings):
        context.reporter.warning(warning)
    return jobs, images


def _check_choices(
    plan: list[PlannedFile], config: ExplainConfig, facts: ClassifierFacts | None
) -> None:
    """Refuse baselines and classes that cannot be, as far as that is known without weights."""
    for name in {file.baseline for file in plan if file.baseline is not None}:
        against = config.held_against is not None
        check_baseline(name, config, against=against, knows=facts is None)
    classes = () if facts is None else facts.classes
    choice = ClassChoice(config.target, config.held_against, classes)
    if classes:
        choice.check(len(classes))
    if config.images:
        no_label = torch.tensor([-1])
        check_only(config.only, no_label)
        choice.check_labels(no_label, len(classes))


def _plan(jobs: list[AttributionJob]) -> dict[str, Any]:
    """What would be done: of a single file, or of each in a list."""
    plans = [job.attributes() | {"out": str(job.out)} for job in jobs]
    for plan in plans:
        plan.pop("class_names", None)  # a thousand, it may be, and nothing that was chosen
    return (plans[0] if len(plans) == 1 else {"files": plans}) | {"command": "explain"}


def _report(images: ExplainedImages, config: ExplainConfig, reporter: Reporter) -> None:
    """Say what was left out or changed."""
    for reason in dict.fromkeys(images.skipped):
        reporter.warning(f"skipped: {reason}")
    if images.converted:
        have, takes = ("colour", "grey") if images.shape[0] == 1 else ("grey", "colour")
        reporter.message(
            f"{len(images.converted)} of {len(images)} images are {have}, but the model takes "
            f"{takes}: converted"
        )
    if 0 < config.heat_maps < len(images):
        reporter.message(
            f"the first {config.heat_maps} of {len(images)} images have a heat map; "
            "--heat-maps sets how many"
        )


def _report_pictures(pictures: list[Path], reporter: Reporter) -> None:
    """Say what was drawn: a single picture by its name, several by their folder."""
    for folder, count in Counter(path.parent for path in pictures).items():
        only = next(path for path in pictures if path.parent == folder)
        reporter.message(f"picture: {only}" if count == 1 else f"{count} pictures: {folder}")
